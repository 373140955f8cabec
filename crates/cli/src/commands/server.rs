//! `demur channel | serve | account | doctor`: the operator's work.

use std::{fs, path::Path};

use demur_client::key_line::KeyLine;
use demur_record::{
    policy::{Log, Policy},
    source::RecordSource as _,
};
use demur_server::{InitOptions, PublicKeys, Witness};
use serde_json::json;

use crate::{
    args::{BackupArgs, DoctorArgs, InitArgs, RestoreArgs, ServeArgs},
    fail::{Failure, Outcome},
    out::{Out, complain},
    source::Source,
    sys,
};

/// Makes a channel's data folder, and beside its files the ones to hand out.
pub(crate) fn init(args: &InitArgs, out: Out) -> Outcome<Policy> {
    let profile = match demur_channel::shipped(&args.profile) {
        Some(text) => text.to_owned(),
        None => {
            let path = Path::new(&args.profile);
            if !path.exists() {
                let known: Vec<&str> = demur_channel::SHIPPED.iter().map(|(id, _)| *id).collect();
                let (given, known) = (&args.profile, known.join(", "));
                return Err(Failure::input(format!(
                    "--profile {given}: neither a file nor one of {known}"
                )));
            }
            sys::read_text(path)?
        }
    };
    let line = |what: &str, text: &str, role| -> Outcome<KeyLine> {
        let line: KeyLine = text
            .parse()
            .map_err(|e| Failure::input(format!("--{what}: {e}")))?;
        if line.role == role {
            Ok(line)
        } else {
            Err(Failure::input(format!(
                "--{what}: this is another role's key"
            )))
        }
    };
    use demur_record::entry::Role;
    let keys = |line: KeyLine, signs: bool| PublicKeys {
        name: line.name,
        sign: signs.then_some(line.sign),
        seal: line.seal,
    };
    let witnesses: Vec<Witness> = args
        .witness
        .iter()
        .map(|text| witness(text))
        .collect::<Outcome<_>>()?;
    let options = InitOptions {
        origin: args.origin.clone(),
        listen: args.listen,
        profile,
        office: keys(line("office", &args.office, Role::Office)?, true),
        recovery: keys(line("recovery", &args.recovery, Role::Recovery)?, false),
        overseer: keys(line("overseer", &args.overseer, Role::Overseer)?, true),
        registrar: keys(line("registrar", &args.registrar, Role::Registrar)?, true),
        witnesses: witnesses.clone(),
        quorum: args.quorum,
    };
    let made = runtime()?
        .block_on(demur_server::init(&args.data, options))
        .map_err(setup)?;
    let quorum = args.quorum.map_or(witnesses.len(), |n| n as usize);
    let log = Log {
        key: made.vkey.clone(),
        url: None,
    };
    let named = witnesses
        .iter()
        .map(|w| demur_record::policy::Witness {
            name: w.vkey.name().replace('/', "-"),
            key: w.vkey.clone(),
            url: Some(w.url.clone()),
        })
        .collect();
    let policy = Policy::simple(log, named, quorum).map_err(Failure::input)?;
    sys::write(
        &args.data.join("channel.vkey"),
        format!("{}\n", made.vkey).as_bytes(),
    )?;
    sys::write(&args.data.join("policy"), policy.to_string().as_bytes())?;
    out.result(
        format_args!(
            "{}: the channel {}\nlog's key  {}\nHand {} to everybody, by another way than this server; then: demur serve --data {}",
            args.data.display(),
            args.origin,
            made.vkey,
            args.data.join("policy").display(),
            args.data.display()
        ),
        &json!({ "origin": args.origin, "vkey": made.vkey.to_string() }),
    )?;
    Ok(policy)
}

fn witness(text: &str) -> Outcome<Witness> {
    let (vkey, url) = text
        .trim()
        .rsplit_once(char::is_whitespace)
        .ok_or_else(|| {
            Failure::input(format!(
                "--witness {text}: expected a verifier key, a space, a URL"
            ))
        })?;
    let vkey = vkey
        .trim()
        .parse()
        .map_err(|e| Failure::input(format!("--witness: {e}")))?;
    Ok(Witness {
        vkey,
        url: url.trim_end_matches('/').to_owned(),
    })
}

/// Serves until it is told to stop.
pub(crate) fn serve(args: &ServeArgs, out: Out) -> Outcome {
    is_data_folder(&args.data)?;
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    let profile = args.profile.as_deref().map(sys::read_text).transpose()?;
    runtime()?.block_on(async {
        let options = demur_server::ServeOptions {
            listen: args.listen,
            profile,
        };
        let running = demur_server::serve(&args.data, options)
            .await
            .map_err(setup)?;
        out.line(format_args!("serving on http://{}", running.address()));
        tokio::select! {
            () = stop_signal() => complain("stopping: the batch under way is finished first"),
            // `shutdown` says why.
            () = running.failed() => complain("stopping: a part of the server has failed"),
        }
        running.shutdown().await.map_err(setup)
    })
}

/// Waits for Ctrl-C, or for the termination signal of a service manager.
pub(crate) async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut term) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
            }
            return;
        }
    }
    // Without a handler there is nothing to wait for but the process's end.
    let _ = tokio::signal::ctrl_c().await;
}

/// Makes an invitation; returns the code.
pub(crate) fn invite(data: &Path, account: &str, role: &str, out: Out) -> Outcome<String> {
    is_data_folder(data)?;
    let invitation = runtime()?
        .block_on(demur_server::invite(data, account, role))
        .map_err(setup)?;
    out.result(
        format_args!(
            "invitation for {account} ({role}), good until {}:\n\n    {}\n\nTo be taken up with: demur office join {account} --invitation CODE",
            invitation.expires, *invitation.code
        ),
        &json!({ "account": account, "role": role, "invitation": *invitation.code, "expires": invitation.expires }),
    )?;
    Ok(invitation.code.to_string())
}

/// Copies a data folder.
pub(crate) fn backup(args: &BackupArgs, out: Out) -> Outcome {
    let made = runtime()?
        .block_on(demur_server::back_up(&args.data, &args.to))
        .map_err(setup)?;
    out.result(
        format_args!(
            "{}: a backup of {} entries. It holds the log's key. What was acknowledged since the newest batch is not in it, nor \
             is anything that tells in which order sign-ons came in",
            args.to.display(),
            made.entries
        ),
        &json!({ "backup": args.to, "entries": made.entries }),
    )
}

/// Makes a data folder from a backup.
pub(crate) fn restore(args: &RestoreArgs, proxy: Option<&str>, out: Out) -> Outcome {
    let published = match &args.record {
        None => None,
        Some(record) => {
            let source = Source::new(record, proxy)?;
            let note = source.read("checkpoint").map_err(Failure::outside)?;
            Some(note.ok_or_else(|| Failure::input(format!("{record}: no checkpoint there")))?)
        }
    };
    let made = runtime()?
        .block_on(demur_server::restore(
            &args.backup,
            &args.data,
            published.as_deref(),
        ))
        .map_err(setup)?;
    out.result(
        format_args!(
            "{}: the channel as of {} entries. What was acknowledged after the backup is lost, and those who hold a promise of it \
             will see that",
            args.data.display(),
            made.entries
        ),
        &json!({ "data": args.data, "entries": made.entries }),
    )
}

/// Looks after a data folder.
pub(crate) fn doctor(args: &DoctorArgs, out: Out) -> Outcome {
    is_data_folder(&args.data)?;
    if !args.rebuild_record {
        return examine(&args.data, out);
    }
    let restored = runtime()?
        .block_on(demur_server::rebuild_record(&args.data))
        .map_err(setup)?;
    out.result(
        format_args!(
            "{}: {} files written that were missing or wrong, {} removed that had no business there",
            args.data.join("record").display(),
            restored.written,
            restored.removed
        ),
        &json!({ "written": restored.written, "removed": restored.removed }),
    )
}

/// Refuses a folder that `demur channel init` did not make.
fn is_data_folder(data: &Path) -> Outcome {
    if fs::exists(data.join("channel.toml")).map_err(Failure::outside)? {
        return Ok(());
    }
    Err(Failure::input(format!(
        "{}: no channel.toml in it: not a channel's data folder (demur channel init makes one)",
        data.display()
    )))
}

/// Lists what was promised and is kept out of the record, and audits the folder's own record under its own policy: what a
/// stranger would find.
fn examine(data: &Path, out: Out) -> Outcome {
    let kept = runtime()?
        .block_on(demur_server::kept_out(data))
        .map_err(setup)?;
    for one in &kept {
        out.line(kept_out_line(one));
    }
    let policy: Policy = sys::read_text(&data.join("policy"))?
        .parse()
        .map_err(|e| Failure::input(format!("policy: {e}")))?;
    let report = super::audit::audit_folder(&data.join("record"), &policy, out)?;
    let text = match report.failure {
        None => format!(
            "{}: {} entries, everything verified",
            data.display(),
            report.size
        ),
        Some(_) => format!("{}: {} entries", data.display(), report.size),
    };
    let kept: Vec<_> = kept.iter().map(kept_out_value).collect();
    out.result(text, &json!({ "kept_out": kept, "audit": report }))?;
    match &report.failure {
        None => Ok(()),
        Some(failure) => Err(Failure::negative(format!(
            "{}: the record's files fail the audit at {failure}; if the database is sound: demur doctor --data {} --rebuild-record",
            data.display(),
            data.display()
        ))),
    }
}

/// [`kept_out_line`] for programs.
fn kept_out_value(one: &demur_server::KeptOut) -> serde_json::Value {
    json!({
        "what": what_waits(one),
        "leaf": one.leaf,
        "memo": one.memo,
        "reason": one.reason,
        "since": one.since,
        "given_up": one.given_up,
    })
}

const fn what_waits(one: &demur_server::KeptOut) -> &'static str {
    use demur_server::WaitingList;
    match one.list {
        WaitingList::Filing => "filing",
        WaitingList::Late => "late sign-on",
        WaitingList::Direct => "entry",
    }
}

/// What is kept out, since when, why, and what becomes of it.
fn kept_out_line(one: &demur_server::KeptOut) -> String {
    use demur_server::WaitingList;
    let what = what_waits(one);
    let of = one
        .memo
        .map_or_else(String::new, |memo| format!(" of memo {memo}"));
    let fate = match (one.given_up, one.list) {
        (false, _) => "tried with every batch",
        (true, WaitingList::Filing) => "tried again when the server starts",
        (true, _) => "given up",
    };
    format!(
        "kept out of the record since {}: {what} {}{of}: {} ({fate})",
        one.since, one.leaf, one.reason
    )
}

/// The asynchronous runtime of a command that needs one.
pub(crate) fn runtime() -> Outcome<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::outside)
}

/// What can't be used is input, what fails is the outside's.
pub(super) fn setup(error: demur_server::SetupError) -> Failure {
    use demur_server::SetupError;
    match error {
        SetupError::Content { .. }
        | SetupError::KeyMode { .. }
        | SetupError::NotEmpty { .. }
        | SetupError::InUse { .. }
        | SetupError::Option { .. } => Failure::input(error),
        _ => Failure::outside(error),
    }
}

#[cfg(test)]
mod tests {
    use demur_encoding::{Digest, Time};
    use demur_server::{KeptOut, WaitingList};

    use super::*;

    #[test]
    fn what_is_kept_out_is_told_to_people_and_programs() {
        let mut one = KeptOut {
            list: WaitingList::Late,
            leaf: Digest::new([1; 32]),
            memo: Some(Digest::new([2; 32])),
            reason: "the case is closed".to_owned(),
            since: Time::from_unix(1_800_000_000),
            given_up: false,
            entry: Vec::new(),
        };
        let (leaf, memo) = ("01".repeat(32), "02".repeat(32));
        assert_eq!(
            kept_out_line(&one),
            format!(
                "kept out of the record since 2027-01-15T08:00:00Z: late sign-on {leaf} of memo {memo}: the case is closed \
                 (tried with every batch)"
            )
        );
        assert_eq!(
            kept_out_value(&one),
            json!({
                "what": "late sign-on",
                "leaf": leaf,
                "memo": memo,
                "reason": "the case is closed",
                "since": "2027-01-15T08:00:00Z",
                "given_up": false,
            })
        );
        (one.list, one.memo, one.given_up) = (WaitingList::Filing, None, true);
        assert!(
            kept_out_line(&one).ends_with("closed (tried again when the server starts)"),
            "{}",
            kept_out_line(&one)
        );
        assert_eq!(kept_out_value(&one)["memo"], serde_json::Value::Null);
    }
}
