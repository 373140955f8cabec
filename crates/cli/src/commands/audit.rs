//! `demur audit`: the whole record, by anybody.

use std::{fmt::Write as _, path::Path};

use demur_record::{
    audit::{self, AuditReport, Options, Progress},
    checkpoint::Checkpoint,
    entry::{Entry, Keys, Role},
    keys::VerifierKey,
    policy::{Log, Policy, Witness},
    source::RecordSource as _,
    tiles::read_entries,
};

use super::believed::{Believed, beside};
use crate::{
    args::{AuditArgs, Common},
    desk::threads,
    fail::{Failure, Outcome},
    out::Out,
    source::Source,
    sys,
};

/// How often an audit begins anew because the record grew while it was read.
const MAX_TRIES: u32 = 8;

/// Verifies the whole record.
pub(crate) fn audit(args: &AuditArgs, common: &Common, out: Out) -> Outcome {
    let threads = args.threads.unwrap_or_else(threads);
    let report = audited_by(&args.record, args.key.as_deref(), threads, common, out)?;
    out.result(audit_text(&report), &report)?;
    match &report.failure {
        None => Ok(()),
        Some(failure) => Err(Failure::negative(format!("audit failed at {failure}"))),
    }
}

/// The audit of the record at `place`, by `key` or by what is found to believe.
pub(super) fn audited(
    place: &str,
    key: Option<&str>,
    common: &Common,
    out: Out,
) -> Outcome<AuditReport> {
    audited_by(place, key, threads(), common, out)
}

fn audited_by(
    place: &str,
    key: Option<&str>,
    threads: std::num::NonZeroUsize,
    common: &Common,
    out: Out,
) -> Outcome<AuditReport> {
    let source = Source::new(place, common.proxy.as_deref())?;
    let beside = source
        .folder()
        .map(|dir| beside(&dir.join("x"), 2))
        .unwrap_or_default();
    let policy = match Believed::find(key, common, &beside)? {
        Believed::Policy(policy) => *policy,
        Believed::Key(key) => policy_of_record(&source, *key)?,
    };
    run_audit(&source, &policy, threads, out)
}

pub(super) fn run_audit(
    source: &Source,
    policy: &Policy,
    threads: std::num::NonZeroUsize,
    out: Out,
) -> Outcome<AuditReport> {
    let bar = out.bar("entries");
    let progress = |progress: Progress| {
        let (what, done, total) = match progress {
            Progress::Entries { done, total } => ("entries", done, total),
            Progress::Tiles { done, total } => ("tiles", done, total),
            Progress::Proofs { done, total } => ("proofs", done, total),
        };
        bar.set_message(what);
        bar.set_length(total);
        bar.set_position(done);
    };
    let options = Options {
        policy,
        threads,
        progress: &progress,
    };
    let mut tries = 0;
    let report = loop {
        tries += 1;
        let before = source.read("checkpoint").map_err(Failure::outside)?;
        let report = audit::audit(source, options, &mut sys::rng()).map_err(Failure::outside)?;
        // A log that is running replaces partial tiles as it grows: what was missing may only have moved on.
        let moved = || source.read("checkpoint").is_ok_and(|now| now != before);
        if report.ok || tries == MAX_TRIES || !moved() {
            break report;
        }
    };
    bar.finish_and_clear();
    Ok(report)
}

/// The audit as the demo runs it.
pub(crate) fn audit_folder(dir: &Path, policy: &Policy, out: Out) -> Outcome<AuditReport> {
    let source = Source::new(&dir.display().to_string(), None)?;
    run_audit(&source, policy, threads(), out)
}

fn audit_text(report: &AuditReport) -> String {
    let mut text = String::new();
    let origin = report.origin.as_deref().unwrap_or("an unknown log");
    let _ = writeln!(text, "record of {origin}, {} entries", report.size);
    for row in &report.rows {
        let check = match row.check {
            audit::Check::Verified => "verified",
            audit::Check::Unfinished => "unfinished",
        };
        let _ = writeln!(text, "  {:<56} {:>7}  {check}", row.what, row.count);
    }
    for case in &report.cases {
        let _ = writeln!(
            text,
            "  memo {} {}, filed {}",
            case.memo.short(),
            case.step,
            case.filed
        );
        for deadline in &case.deadlines {
            let _ = writeln!(
                text,
                "    {:<54} due {}  {}",
                deadline.what.to_string(),
                deadline.date,
                deadline.state
            );
        }
    }
    if let Some(as_of) = report.as_of {
        let by: Vec<&str> = report
            .witnesses
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let by = if report.witnessed {
            format!("witnessed by {}", by.join(", "))
        } else {
            "by the log's own clock: no witness".to_owned()
        };
        let _ = writeln!(text, "as of {as_of}, {by}");
    }
    let verdict = match &report.failure {
        None => "everything verified".to_owned(),
        Some(failure) => format!("FAILED at {failure}"),
    };
    text.push_str(&verdict);
    text
}

/// The log's key and the witnesses that its record names: what can be said without a trust policy. No quorum is
/// demanded, since only the record itself says who its witnesses are.
pub(super) fn policy_of_record(source: &Source, key: VerifierKey) -> Outcome<Policy> {
    let note = source
        .read("checkpoint")
        .map_err(Failure::outside)?
        .ok_or_else(|| Failure::input("the record has no file `checkpoint`"))?;
    let size = Checkpoint::open(&note, &key)
        .map_err(|e| Failure::negative(format!("checkpoint: {e}")))?
        .size;
    let entries = read_entries(source, 0, size).map_err(Failure::negative)?;
    let mut witnesses: Vec<Witness> = Vec::new();
    for bytes in &entries {
        // An entry that can't be read is the audit's to name.
        let Ok(Entry::Keys(Keys {
            role: Role::Witness,
            vkey: Some(vkey),
            ..
        })) = Entry::from_slice(bytes)
        else {
            continue;
        };
        let Ok(key) = vkey.parse::<VerifierKey>() else {
            continue;
        };
        if !witnesses.iter().any(|known| known.key == key) {
            let name = format!("{}-{}", key.name().replace('/', "-"), witnesses.len() + 1);
            witnesses.push(Witness {
                name,
                key,
                url: None,
            });
        }
    }
    Policy::simple(Log { key, url: None }, witnesses, 0).map_err(Failure::negative)
}
