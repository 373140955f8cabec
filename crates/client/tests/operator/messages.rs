//! Words put into the mouths of authors or office, and cases exchanged.

use demur_client::{
    api::{AuthorView, MessageView},
    author,
    keys::{RoleKeys, seal},
    office::{self, OpenCaseError, StepError},
};
use demur_encoding::{Bytes, Digest};
use demur_record::entry::Role;

use crate::common::{
    ORIGIN, check,
    story::{Story, rules},
};

fn shown(number: u32, from: &str, sealed: Bytes) -> MessageView {
    MessageView {
        number,
        from: from.to_owned(),
        day: "2026-11-23".to_owned(),
        sealed,
    }
}

fn author_view(messages: Vec<MessageView>) -> AuthorView {
    AuthorView {
        accesses: Vec::new(),
        messages,
        returned: None,
        response: None,
        waiting: Vec::new(),
    }
}

/// The operator writes to the authors as the office ("tell us your names") and to the office as the authors ("we take
/// it back"): it knows all recipients. It seals plain text, text that another office's key signed, and honest messages
/// about another memo; it shows one twice, and calls the office's words the authors'. Whose a message is follows from
/// its signature.
#[test]
fn a_message_that_nobody_wrote() {
    let mut story = Story::begin(111);
    story.file();
    let mut other = Story::begin(112);
    other.file();
    let (memo, now) = (story.memo, story.world.now);
    let mirror = story.world.mirror();
    let operator = RoleKeys::generate(ORIGIN, Role::Office, "office", &mut story.world.rng);
    let keys = story.world.office.clone();
    let to: Vec<String> = [keys.seal.recipient()]
        .into_iter()
        .chain(story.ann.opening.authors.iter().map(|a| a.seal.clone()))
        .collect();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let honest = office::message(&keys, memo, "A question.", &mirror, now).unwrap();
    let answer = author::message(&story.ann, "An answer.", &mirror, now).unwrap();
    let plain = seal(b"Tell us your names.", &to).unwrap();
    let signed = office::message(&operator, memo, "Tell us your names.", &mirror, now).unwrap();
    // About another memo, re-sealed to these authors: the office's true words, in another place.
    let elsewhere = other.world.mirror();
    let about = office::message(&other.world.office, other.memo, "Yes.", &elsewhere, now).unwrap();
    let about = other.world.office.seal.open(&about).unwrap();
    let about = seal(&about, &to).unwrap();
    let words = story.world.office.seal.open(&honest).unwrap();
    let altered = String::from_utf8(words.to_vec()).unwrap();
    let altered = seal(altered.replace("A question", "No question").as_bytes(), &to).unwrap();
    let messages = vec![
        shown(1, "authors", honest.clone()),
        shown(2, "office", answer.sealed),
        shown(3, "office", plain),
        shown(4, "office", signed),
        shown(5, "office", about),
        shown(6, "office", altered),
        shown(7, "office", honest),
    ];
    let case = author::open_case(&story.bo, author_view(messages.clone()), &mirror).unwrap();
    let file = &story.world.sealed[&mirror.case_files(memo).filed.unwrap().sealed].clone();
    let view = story.case_view(None, messages);
    let (rules, rng) = (rules(&mirror), &mut story.world.rng);
    let opened = office::open(&keys, memo, view, file, &rules, &mirror, check(), rng).unwrap();
    for lines in [case.messages, opened.messages] {
        let said: Vec<_> = lines
            .iter()
            .map(|l| (l.from.as_str(), l.text.as_deref().ok()))
            .collect();
        assert_eq!(
            said,
            [
                ("office", Some("A question.")),
                ("authors", Some("An answer.")),
                ("office?", None),
                ("office?", None),
                ("office?", None),
                ("office?", None),
                ("office?", None),
            ]
        );
    }
}

/// The operator shows a steward another case than the one that was asked for, so that the wrong memo is answered or sent
/// back.
#[test]
fn another_case_than_was_asked_for() {
    let mut story = Story::begin(113);
    story.file();
    let (keys, mirror) = (story.world.office.clone(), story.world.mirror());
    let asked = Digest::new([9; 32]);
    let view = story.case_view(None, Vec::new());
    let file = story.world.sealed[&mirror.case_files(story.memo).filed.unwrap().sealed].clone();
    let (rules, rng) = (rules(&mirror), &mut story.world.rng);
    let opened = office::open(&keys, asked, view, &file, &rules, &mirror, check(), rng);
    assert!(matches!(opened, Err(OpenCaseError::OtherCase(_))));
}

/// The operator gives the office an opening with its own recipients among the authors', to read what the office writes
/// to them. The office seals to the recipients of the record, and to nobody for a memo that the record doesn't show.
#[test]
fn the_authors_keys_in_the_api() {
    let mut story = Story::begin(114);
    story.file();
    let (keys, mirror, now) = (
        story.world.office.clone(),
        story.world.mirror(),
        story.world.now,
    );
    let sealed = office::message(&keys, story.memo, "A question.", &mirror, now).unwrap();
    assert!(story.bo.keys.seal.open(&sealed).is_ok());
    assert_eq!(demur_client::keys::recipient_count(&sealed), 3);
    let draft = Digest::new([9; 32]);
    let nowhere = office::message(&keys, draft, "A question.", &mirror, now);
    assert!(matches!(nowhere, Err(StepError::UnknownCase)));
}

/// The operator changes the profile so that notes have another size: names that were given before would be unreadable
/// to the office.
#[test]
fn a_profile_that_makes_names_unreadable() {
    use demur_client::signer::Choice;
    use demur_record::entry::{Entry, FORMAT, Profile};
    let mut story = Story::begin(115);
    story
        .act(2, 1, demur_signon::act::Action::Sign, Choice::Named(None))
        .unwrap();
    story.world.tick();
    let text = crate::common::profile_text()
        .replace("note_bytes = 16384", "note_bytes = 16000")
        .replacen("version = 1", "version = 2", 1);
    let (v, version) = (FORMAT, 2);
    story
        .world
        .direct
        .push(Entry::Profile(Profile { v, version, text }));
    story.file();
    let (keys, mirror, memo) = (story.world.office.clone(), story.world.mirror(), story.memo);
    assert_eq!(mirror.profile().unwrap().signing.note_bytes, 16_000);
    let view = story.case_view(None, Vec::new());
    let file = story.world.sealed[&mirror.case_files(memo).filed.unwrap().sealed].clone();
    let (rules, rng) = (rules(&mirror), &mut story.world.rng);
    let opened = office::open(&keys, memo, view, &file, &rules, &mirror, check(), rng).unwrap();
    assert_eq!((opened.problems.len(), opened.named.len()), (0, 1));
}
