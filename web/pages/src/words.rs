//! Facts of the record in words.

use demur_channel::{Obligation, Step};
use demur_encoding::Time;
use demur_record::{
    entry::{Entry, KeyState, Role},
    event::Event,
    policy::Policy,
    replay::{EntryTime, FiledMemo, Replay, TakenStep},
};

/// The longest text of a profile that a page repeats, in characters.
pub(crate) const TEXT: usize = 600;

/// A text of the record as a page shows it: characters that can't be seen or turn the direction of what follows are replaced, and
/// what is over `most` characters is left out.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let visible = |c: char| if is_hidden(c) { '\u{fffd}' } else { c };
    let mut shown: String = text.chars().take(most).map(visible).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// A control character but for the line's end, one of the bidirectional controls, or one without width.
pub(crate) fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// `2026-11-23 21:50 UTC`.
pub(crate) fn moment(time: Time) -> String {
    let text = time.to_string();
    format!(
        "{} {} UTC",
        text.get(..10).unwrap_or_default(),
        text.get(11..16).unwrap_or_default()
    )
}

/// `2026-11-23`, in UTC.
pub(crate) fn day(time: Time) -> String {
    time.to_string().chars().take(10).collect()
}

/// When an entry was in the record.
pub(crate) fn when(time: Option<EntryTime>) -> String {
    time.map_or_else(|| "not published yet".to_owned(), |at| moment(at.time))
}

/// Up to when the record was read.
pub(crate) fn as_of(replay: &Replay) -> String {
    match replay.as_of() {
        Some(at) if at.witnessed => format!("As of {} (witnessed).", moment(at.time)),
        Some(at) => format!(
            "As of {} by the log's own clock: no witness has confirmed it.",
            moment(at.time)
        ),
        None => "No checkpoint has been published yet.".to_owned(),
    }
}

/// How many witnesses must have cosigned a checkpoint.
pub(crate) fn quorum(policy: &Policy) -> String {
    let Some(name) = policy.quorum() else {
        return "none".to_owned();
    };
    match policy.groups().iter().find(|group| group.name == name) {
        Some(group) => format!("{} of {}", group.threshold, group.members.join(", ")),
        None => name.to_owned(),
    }
}

pub(crate) const fn obligation(what: Obligation) -> &'static str {
    match what {
        Obligation::Acknowledge => "acknowledgement",
        Obligation::Respond => "response, normally",
        Obligation::RespondAtMost => "response, at the latest",
    }
}

/// A step of a case as a sentence.
pub(crate) fn step(filed: &FiledMemo, step: &TakenStep) -> String {
    shown(&sentence(filed, step), TEXT)
}

fn sentence(filed: &FiledMemo, step: &TakenStep) -> String {
    match &step.what {
        Entry::Filed(e) => format!(
            "Filed with the office: version {} of {}, with the word of {} of {} authors",
            e.version,
            e.versions,
            e.approvals.len(),
            filed.log().opening().body.authors.len(),
        ),
        Entry::Returned(e) => {
            let reason = filed.profile().reason(&e.reason);
            let (text, elsewhere) =
                reason.map_or(("", ""), |r| (r.text.as_str(), r.elsewhere.as_str()));
            format!("Returned as out of scope: {text} Where to go instead: {elsewhere}")
        }
        Entry::Distributed(e) => {
            let title = |id: &String| {
                filed
                    .profile()
                    .principal(id)
                    .map_or_else(|| id.clone(), |p| p.title.clone())
            };
            let to: Vec<_> = e.to.iter().map(title).collect();
            format!("Distributed to {}", to.join("; "))
        }
        Entry::Responded(e) if e.points == 1 => "Answered, 1 point".to_owned(),
        Entry::Responded(e) => format!("Answered, {} points", e.points),
        _ => match step.step {
            Step::Acknowledged => "Acknowledged by the office",
            Step::Rejoined => "The authors replied to the response",
            Step::Withdrawn => "Withdrawn by its authors",
            other => other.as_str(),
        }
        .to_owned(),
    }
}

/// An entry in a few words.
pub(crate) fn summary(entry: &Entry) -> String {
    match entry {
        Entry::Profile(e) => format!("version {} of the channel's rules", e.version),
        Entry::Keys(e) => {
            let state = match e.state {
                KeyState::Active => "in force",
                KeyState::Revoked => "revoked",
            };
            format!("{} {}: {state}", role(e.role), e.name)
        }
        Entry::Edition(e) => {
            let members = e.cohort("all").map_or(0, |all| all.size);
            format!("roster edition {} of {members} members", e.number)
        }
        Entry::Attestation(e) => {
            format!(
                "the overseer attests edition {}: {} letters",
                e.edition, e.letters
            )
        }
        Entry::Opaque(e) => format!("{} slots that show nothing", e.slots.len()),
        Entry::Opened(e) => format!("{}, opened at filing", event(&e.event)),
        Entry::Version(e) => format!("version {}, after filing", e.event.body.number),
        Entry::SignOn(_) => "an act of a member after filing".to_owned(),
        Entry::Filed(e) => format!("memo {}: version {}", e.memo.short(), e.version),
        Entry::Acknowledged(e) => format!("memo {}", e.memo.short()),
        Entry::Returned(e) => format!("memo {}: {}", e.memo.short(), e.reason),
        Entry::Distributed(e) => format!("memo {}: to {}", e.memo.short(), e.to.join(", ")),
        Entry::Responded(e) => format!("memo {}: {} points", e.memo.short(), e.points),
        Entry::Rejoined(e) => format!("memo {}", e.memo.short()),
        Entry::Withdrawn(e) => format!("memo {}", e.memo.short()),
        Entry::Released(e) => format!("memo {}: a bundle", e.memo.short()),
        Entry::Fingerprint(e) => {
            format!("memo {}: of the text of version {}", e.memo.short(), e.of)
        }
        Entry::State(_) => "the end of a batch".to_owned(),
        Entry::Software(e) => format!("{} {}", e.name, e.version),
        other => other.kind().to_owned(),
    }
}

fn event(event: &Event) -> String {
    match event {
        Event::Opening(_) => "the memo's opening".to_owned(),
        Event::Version(e) => format!("version {}", e.body.number),
        Event::SignOn(_) => "an act of a member".to_owned(),
        Event::Access(_) => "a file was given to an official".to_owned(),
        _ => "an event".to_owned(),
    }
}

/// Whose key.
pub(crate) const fn role(role: Role) -> &'static str {
    match role {
        Role::Office => "office",
        Role::Recovery => "recovery key",
        Role::Overseer => "overseer",
        Role::Registrar => "registrar",
        Role::Steward => "steward",
        Role::Principal => "official",
        Role::Witness => "witness",
    }
}
