//! Words for what the record says.

use demur_channel::{Case, DeadlineState, Obligation};
use demur_client::{device::Mirror, signer::ActStatus};
use demur_encoding::Time;
use demur_record::event::Action;

/// `2026-11-23 21:50 UTC`.
pub(crate) fn moment(time: Time) -> String {
    let text = time.to_string();
    format!(
        "{} {} UTC",
        text.get(..10).unwrap_or_default(),
        text.get(11..16).unwrap_or_default()
    )
}

/// What somebody else wrote, for a page: characters that can't be seen, or that turn the direction of what follows, are
/// replaced. A memo's text can't hold any; a message, a letter, a name can.
#[cfg(feature = "full")]
pub(crate) fn plain(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c,
                '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
    };
    let shown = |c: char| if hidden(c) { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

/// As of when, and by whose word.
pub(crate) fn as_of(mirror: &Mirror) -> String {
    match mirror.as_of() {
        Some(time) if mirror.has_witnesses() => format!("as of {} (witnessed)", moment(time)),
        Some(time) => format!("as of {} (the log's own clock: no witness)", moment(time)),
        None => "no checkpoint was read yet".to_owned(),
    }
}

pub(crate) const fn obligation(what: Obligation) -> &'static str {
    match what {
        Obligation::Acknowledge => "acknowledgement",
        Obligation::Respond => "response, normally",
        Obligation::RespondAtMost => "response, at the latest",
    }
}

/// A case in one line.
pub(crate) fn case_state(case: &Case, now: Option<Time>) -> String {
    let Some(now) = now else {
        return "filed".to_owned();
    };
    if let Some(closed) = case.closed(now) {
        return format!("closed: {}", closed.by);
    }
    let deadlines = case.deadlines(now);
    let open = deadlines
        .iter()
        .find(|d| matches!(d.state, DeadlineState::Due | DeadlineState::Overdue));
    match open {
        Some(due) if due.state == DeadlineState::Overdue => {
            format!("{} overdue since {}", obligation(due.what), due.date)
        }
        Some(due) => format!("{} due by {}", obligation(due.what), due.date),
        None => "nothing is due".to_owned(),
    }
}

/// What a member did, in the past tense.
pub(crate) const fn did(action: Action) -> &'static str {
    match action {
        Action::Sign => "signed",
        Action::Withdraw => "withdrew from",
        Action::Endorse => "endorsed",
    }
}

/// What an own act has come to, and whether it is an alarm.
pub(crate) fn act_status(status: &ActStatus) -> (String, bool) {
    match status {
        ActStatus::Recorded { entry, time } => (
            format!("in the record since {} (entry {entry})", moment(*time)),
            false,
        ),
        ActStatus::LeftOut { entry, time } => (
            format!(
                "LEFT OUT: the record commits to it in entry {entry} since {}, and it is not shown with the memo. Keep this \
                 browser's data, and tell the overseer.",
                moment(*time)
            ),
            true,
        ),
        ActStatus::Void { time } => (
            format!(
                "recorded on {}, after it expired: void. Act again.",
                moment(*time)
            ),
            true,
        ),
        ActStatus::Waiting { by: Some(by) } => (
            format!(
                "waiting for the next batch; promised under the log's key by {}",
                moment(*by)
            ),
            false,
        ),
        ActStatus::Waiting { by: None } => (
            "sent, and no promise came back: do the same again, it counts once".to_owned(),
            true,
        ),
        ActStatus::Unsent { .. } => ("not sent yet".to_owned(), false),
        ActStatus::Broken { by } => (
            format!(
                "PROMISE BROKEN: it should have been in the record by {}. Keep this browser's data, and tell the overseer.",
                moment(*by)
            ),
            true,
        ),
        _ => ("unknown to this page".to_owned(), true),
    }
}
