//! `demur sign | unsign | endorse | claim`: a signer's work.

use std::{fmt::Write as _, path::Path, thread, time::Duration};

use demur_client::{
    calls,
    reader::Draft,
    signer::{self, ActRequest, ActStatus, Choice, Claim, Prepared},
};
use demur_encoding::Digest;
use demur_record::event::Action;
use serde_json::json;

use crate::{
    args::{ClaimArgs, ClaimCommand, SignArgs},
    desk::{Desk, from_call, prover, verifier},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

/// Signs, withdraws or endorses; returns the memo and the act's number.
pub(crate) fn act(
    action: Action,
    args: &SignArgs,
    home: &Home,
    out: Out,
) -> Outcome<Option<(Digest, u64)>> {
    // The registrar's reply is not looked for here: its mailbox tells who asks.
    let mut desk = Desk::open(home, out)?;
    let named = desk.named(&args.link)?;
    if action == Action::Withdraw && !args.dry_run && throw_away(&mut desk, named.memo)? {
        return Ok(None);
    }
    let link = desk.link(&named)?;
    let draft = desk.draft(&link)?;
    let edition = desk.edition(u64::from(draft.opening.edition.number))?;
    let mut identity = desk.keys.identity.clone().ok_or_else(|| {
        Failure::input("this home holds no member secret: demur identity new --code CODE")
    })?;
    let followed = signer::follow(&identity, &draft, &desk.mirror, desk.asked);
    if let Some(why) = left_out(&followed) {
        return Err(Failure::negative(why));
    }
    signer::recall(&mut identity, &draft, &desk.mirror);
    let prepared = signer::prepare(&identity, &draft, &edition, &desk.mirror)
        .ok_or_else(|| Failure::negative("the memo has no version yet"))?;
    let choice = choice(args, &prepared);
    out.line(crowd_text(&prepared, &choice));
    if args.dry_run {
        out.result("nothing was sent (--dry-run)", &prepared)?;
        return Ok(None);
    }
    let version = match action {
        // What was signed on an earlier version is taken back there.
        Action::Withdraw if prepared.last.is_none_or(|last| last == Action::Withdraw) => {
            prepared.signed_earlier.unwrap_or(prepared.version)
        }
        _ => prepared.version,
    };
    let same = (version, action);
    let submission = match signer::unanswered(&identity, draft.memo, same, &choice, &desk.mirror) {
        Some(again) => again,
        None => {
            let request = ActRequest {
                draft: &draft,
                edition: &edition,
                version,
                action,
                choice,
            };
            signer::act(
                &mut identity,
                &request,
                &desk.mirror,
                prover()?,
                sys::now(),
                &mut sys::rng(),
            )
            .map_err(Failure::input)?
        }
    };
    desk.keys.identity = Some(identity);
    if let Some(due) = submission.due {
        let delay = Duration::from_secs(due.since(sys::now()));
        if !args.now && !delay.is_zero() {
            // As what was not sent yet: if this is stopped, it is told so.
            desk.save()?;
            wait(delay, out);
            // Meanwhile another command may have thrown it away, or sent it.
            desk.keys = desk.home.keys()?;
        }
        let identity = desk.keys.identity.as_mut();
        identity
            .and_then(|identity| signer::sending(identity, draft.memo))
            .filter(|own| own.salt == submission.post.salt)
            .ok_or_else(|| {
                Failure::negative(
                    "nothing was sent: another command has sent the act, or thrown it away, meanwhile",
                )
            })?;
    }
    // Saved before it is sent: if the answer is lost, the very same act is sent again.
    desk.save()?;
    let answer = calls::sign_on(&submission.post).send(&desk.http.apart());
    let identity = desk
        .keys
        .identity
        .as_mut()
        .ok_or_else(|| Failure::outside("no identity"))?;
    let accepted = match answer {
        Ok(accepted) => accepted,
        Err(e) => {
            if e.is_definite() {
                signer::refused(identity, draft.memo, submission.seq);
                desk.save()?;
            }
            return Err(from_call(e));
        }
    };
    let promised = signer::accepted(
        identity,
        draft.memo,
        submission.seq,
        &accepted,
        &desk.mirror,
        sys::now(),
    )
    .map_err(Failure::negative)?;
    desk.save()?;
    let did = match action {
        Action::Sign => "signed",
        Action::Withdraw => "withdrew from",
        Action::Endorse => "endorsed",
    };
    out.result(
        format_args!(
            "You {did} version {version} (act {} on this memo). The server has promised, under its key, that the record\n\
             commits to it by {}. See it there: demur memo status {}",
            submission.seq,
            promised.by,
            draft.memo.short()
        ),
        &json!({ "memo": draft.memo, "version": version, "action": action, "seq": submission.seq, "by": promised.by }),
    )?;
    Ok(Some((draft.memo, submission.seq)))
}

/// Throws away what was kept to be sent later, if there is such an act; whether there was.
fn throw_away(desk: &mut Desk, memo: Digest) -> Outcome<bool> {
    let waits = desk.keys.identity.as_ref().is_some_and(|identity| {
        signer::unsent(identity, &desk.mirror).any(|act| act.event.memo == memo)
    });
    let identity = desk.keys.identity.as_mut().filter(|_| waits);
    let gone = identity.is_some_and(|identity| signer::throw_away(identity, memo));
    if gone {
        desk.save()?;
        desk.out.result(
            "Your act was not sent yet, and is thrown away: nobody has seen it.",
            &json!({ "memo": memo, "thrown_away": true }),
        )?;
    }
    Ok(gone)
}

/// How the own acts on a memo stand in the record.
pub(crate) fn confirm(memo: Digest, home: &Home, out: Out) -> Outcome<Vec<(u64, ActStatus)>> {
    let desk = Desk::open(home, out)?;
    let identity = desk
        .keys
        .identity
        .as_ref()
        .ok_or_else(|| Failure::input("this home holds no member secret"))?;
    Ok(signer::confirm(identity, memo, &desk.mirror))
}

/// The own acts on a memo as the record and the draft show them.
pub(crate) fn followed(desk: &Desk, draft: &Draft) -> Vec<(u64, ActStatus)> {
    let identity = desk.keys.identity.as_ref();
    identity.map_or_else(Vec::new, |identity| {
        signer::follow(identity, draft, &desk.mirror, desk.asked)
    })
}

/// What an own act has come to, in words.
pub(crate) fn status_text(status: &ActStatus) -> String {
    match status {
        ActStatus::Recorded { entry, time } => {
            format!("in the record since {time} (entry {entry})")
        }
        ActStatus::LeftOut { entry, time } => format!(
            "LEFT OUT: the record commits to it in entry {entry} since {time}, and it is not shown with the memo"
        ),
        ActStatus::Void { time } => {
            format!("recorded on {time}, after it expired: void, act again")
        }
        ActStatus::Waiting { by: Some(by) } => format!("waits; promised by {by}"),
        ActStatus::Waiting { by: None } => "sent; no promise came: send it again".to_owned(),
        ActStatus::Unsent { due, expires } => format!(
            "NOT SENT yet; due at {due}, void after {expires}: the same command sends it, demur unsign throws it away"
        ),
        ActStatus::Broken { by } => {
            format!("PROMISE BROKEN: it should have been in the record by {by}")
        }
        _ => "unknown to this program".to_owned(),
    }
}

/// Whether something that this device did is hidden from the others: whoever runs the server must then be asked by another way.
pub(crate) fn left_out(followed: &[(u64, ActStatus)]) -> Option<String> {
    let bad =
        |status: &ActStatus| matches!(status, ActStatus::LeftOut { .. } | ActStatus::Broken { .. });
    let lines: Vec<String> = followed
        .iter()
        .filter(|(_, status)| bad(status))
        .map(|(seq, status)| format!("your act {seq}: {}", status_text(status)))
        .collect();
    (!lines.is_empty()).then(|| {
        format!(
            "{}\nKeep this home: its copy of the act, the promise and the record prove it. Tell the overseer.",
            lines.join("\n")
        )
    })
}

fn choice(args: &SignArgs, prepared: &Prepared) -> Choice {
    // After the first act there is one crowd: what that act showed.
    let fixed = match &prepared.crowds[..] {
        [only] => only.cohort.clone(),
        _ => None,
    };
    let cohort = args.cohort.clone().or(fixed);
    match (args.named, cohort) {
        (true, cohort) => Choice::Named(cohort),
        (false, Some(cohort)) => Choice::Cohort(cohort),
        (false, None) => Choice::All,
    }
}

fn crowd_text(prepared: &Prepared, choice: &Choice) -> String {
    let mut text = format!(
        "version {}: {} have signed",
        prepared.version, prepared.tally.signed
    );
    if let Some(earlier) = prepared.signed_earlier {
        let _ = write!(text, "; you signed version {earlier}");
    }
    for crowd in &prepared.crowds {
        let chosen = crowd.cohort.as_deref() == choice.cohort();
        let name = crowd.cohort.as_deref().unwrap_or("everyone on the roster");
        let mark = if chosen { "→" } else { " " };
        let _ = write!(text, "\n {mark} among {} ({name}), at most", crowd.members);
    }
    if choice.is_named() {
        text.push_str("\n   and your name, to the office alone, for all your acts on this memo");
    }
    text.push_str("\n   The crowd is no larger than those who had the link.");
    text
}

fn wait(delay: Duration, out: Out) {
    out.line(format_args!(
        "waiting {} s before sending, so that the time tells nothing (--now to skip). Until then nothing is sent: if you stop\n\
         this, the same command goes on, and demur unsign throws it away",
        delay.as_secs()
    ));
    let bar = out.bar("waiting");
    bar.set_length(delay.as_secs());
    for _ in 0..delay.as_secs() {
        thread::sleep(Duration::from_secs(1));
        bar.inc(1);
    }
    bar.finish_and_clear();
}

pub(crate) fn claim(args: ClaimArgs, home: &Home, out: Out) -> Outcome {
    match args {
        ClaimArgs {
            command: Some(ClaimCommand::Verify { claim, audience }),
            ..
        } => verify_claim(&claim, audience.as_deref(), home, out),
        ClaimArgs { new: Some(new), .. } => {
            new_claim(&new.link, &new.audience, new.days, &new.out, home, out)
        }
        // clap demands one of the two.
        ClaimArgs { .. } => Err(Failure::input("give a link, or `verify` and a file")),
    }
}

/// Writes a claim for a named audience.
pub(crate) fn new_claim(
    memo: &str,
    audience: &str,
    days: u32,
    file: &Path,
    home: &Home,
    out: Out,
) -> Outcome {
    const DAY: u64 = 86_400;
    let mut desk = Desk::open(home, out)?;
    let named = desk.named(memo)?;
    let link = desk.link(&named)?;
    let draft = desk.draft(&link)?;
    let identity = desk
        .keys
        .identity
        .as_ref()
        .ok_or_else(|| Failure::input("this home holds no member secret"))?;
    let version = identity
        .memos
        .get(&draft.memo)
        .and_then(|acts| acts.acts.last())
        .map(|act| act.event.version)
        .ok_or_else(|| {
            Failure::negative("this identity has not acted on the memo: there is nothing to claim")
        })?;
    let expires = sys::now().plus(DAY * u64::from(days));
    let claim = signer::claim(
        identity,
        &draft,
        version,
        audience,
        expires,
        &desk.mirror,
        prover()?,
        &mut sys::rng(),
    )
    .map_err(Failure::negative)?;
    sys::write_private(file, &claim.to_vec().map_err(Failure::outside)?)?;
    out.result(
        format_args!(
            "{}: shows whoever holds it your name and what you did on memo {}. Made for “{audience}”, good until {expires}.",
            file.display(),
            draft.memo.short()
        ),
        &json!({ "file": file, "audience": audience, "expires": expires }),
    )
}

/// Checks a claim against the record.
pub(crate) fn verify_claim(file: &Path, audience: Option<&str>, home: &Home, out: Out) -> Outcome {
    let desk = Desk::open(home, out)?;
    let claim = Claim::from_slice(&sys::read(file)?)
        .map_err(|e| Failure::input(format!("{}: {e}", file.display())))?;
    let audience = audience.unwrap_or(&claim.audience).to_owned();
    let verified = signer::verify_claim(&claim, &audience, &desk.mirror, verifier()?, sys::now())
        .map_err(Failure::negative)?;
    let mut text = format!(
        "{} ({}) <{}> is the member behind {} of memo {}",
        verified.name,
        verified.title,
        verified.email,
        claim.nullifier.short(),
        claim.memo
    );
    for shown in &verified.acts {
        let _ = write!(
            text,
            "\n  act {}: {} version {}, {}",
            shown.seq,
            shown.action.as_str(),
            shown.version,
            shown.time
        );
    }
    let _ = write!(
        text,
        "\nmade for “{audience}”, good until {}",
        claim.expires
    );
    out.result(text, &verified)
}

#[cfg(test)]
mod tests {
    use demur_encoding::Time;

    use super::*;

    /// What is hidden from the others, and a promise that was broken, is told, and by what to do; all else is no alarm.
    #[test]
    fn an_act_that_is_left_out_is_told() {
        let time: Time = "2026-11-27T09:00:00Z".parse().unwrap();
        let fine = [
            (1, ActStatus::Recorded { entry: 7, time }),
            (2, ActStatus::Void { time }),
            (3, ActStatus::Waiting { by: Some(time) }),
            (4, ActStatus::Waiting { by: None }),
            (
                5,
                ActStatus::Unsent {
                    due: time,
                    expires: time,
                },
            ),
        ];
        assert_eq!(left_out(&fine), None);
        let bad = [
            fine[0].clone(),
            (2, ActStatus::LeftOut { entry: 9, time }),
            (3, ActStatus::Broken { by: time }),
        ];
        let told = left_out(&bad).unwrap();
        assert_eq!(
            told,
            "your act 2: LEFT OUT: the record commits to it in entry 9 since 2026-11-27T09:00:00Z, and it is not shown with the memo\n\
             your act 3: PROMISE BROKEN: it should have been in the record by 2026-11-27T09:00:00Z\n\
             Keep this home: its copy of the act, the promise and the record prove it. Tell the overseer."
        );
    }
}
