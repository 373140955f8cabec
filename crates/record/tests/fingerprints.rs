//! Fingerprints of a text: what can't stand in the record, what the state and an audit say of what can.

mod common;

use common::World;
use demur_encoding::{canonical, sha256};
use demur_record::{
    entry::{
        COST, Direct, Entry, EntryError, FORMAT, Fingerprint, FingerprintError, MAX_FINGERPRINTS,
        MemoState, NORMAL_FORM, Profile, SlowHash, TextFingerprint,
    },
    memo_log::MemoError,
    replay::Violation,
};

fn allowed() -> World {
    let mut world = World::drafted(false);
    world.file();
    world
}

fn text() -> TextFingerprint {
    TextFingerprint {
        form: NORMAL_FORM.to_owned(),
        hash: COST,
        whole: sha256(b"whole"),
        body: sha256(b"body"),
    }
}

fn of(world: &World, of: u32, text: TextFingerprint) -> Entry {
    let latest = world.versions.last().unwrap();
    world.approved(Entry::Fingerprint(Fingerprint {
        v: FORMAT,
        memo: world.memo.unwrap(),
        of,
        version: latest.number,
        version_hash: latest.hash().unwrap(),
        text,
        approvals: Vec::new(),
    }))
}

fn refused(world: &World, entry: &Entry) -> MemoError {
    let bytes = entry.to_vec().unwrap();
    match world.replay.admit(&bytes, world.now).unwrap_err() {
        Violation::Memo { error, .. } => *error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn where_the_profile_allows_none_none_can_stand() {
    let mut world = World::drafted(false);
    let text_of_none = common::profile_text()
        .replace("fingerprint = \"whole-text\"", "fingerprint = \"none\"")
        .replacen("version = 1", "version = 2", 1);
    assert!(text_of_none.contains("fingerprint = \"none\""));
    world.publish(vec![Entry::Profile(Profile {
        v: FORMAT,
        version: 2,
        text: text_of_none,
    })]);
    world.file();
    let error = refused(&world, &of(&world, 1, text()));
    assert_eq!(error, MemoError::Fingerprint(FingerprintError::Forbidden));
}

#[test]
fn other_parameters_are_refused_weaker_ones_and_stronger_ones() {
    let world = allowed();
    let hash = |change: &dyn Fn(&mut SlowHash)| {
        let mut text = text();
        change(&mut text.hash);
        text
    };
    for text in [
        hash(&|h| h.memory_kib = 8),
        hash(&|h| h.memory_kib = u32::MAX),
        hash(&|h| h.passes = 1),
        hash(&|h| h.passes = 4),
        hash(&|h| h.lanes = 1),
        hash(&|h| h.version = 16),
    ] {
        let error = refused(&world, &of(&world, 1, text));
        assert!(
            matches!(error, MemoError::Fingerprint(FingerprintError::Cost { .. })),
            "{error}"
        );
    }
    let other = TextFingerprint {
        form: "demur-text/2".to_owned(),
        ..text()
    };
    let error = refused(&world, &of(&world, 1, other.clone()));
    assert_eq!(
        error,
        MemoError::Fingerprint(FingerprintError::Form(other.form))
    );
    let equal = TextFingerprint {
        body: text().whole,
        ..text()
    };
    let error = refused(&world, &of(&world, 1, equal));
    assert_eq!(error, MemoError::Fingerprint(FingerprintError::Equal));
}

#[test]
fn a_version_has_one_at_most_and_only_a_version_has_one() {
    let mut world = allowed();
    for missing in [0, 3, u32::MAX] {
        let error = refused(&world, &of(&world, missing, text()));
        assert_eq!(
            error,
            MemoError::Fingerprint(FingerprintError::NoVersion(missing))
        );
    }
    let first = of(&world, 1, text());
    world.publish(vec![first.clone()]);
    let other = TextFingerprint {
        whole: sha256(b"another text"),
        ..text()
    };
    for again in [first, of(&world, 1, other.clone())] {
        let error = refused(&world, &again);
        assert_eq!(error, MemoError::Fingerprint(FingerprintError::Twice(1)));
    }
    let second = of(&world, 2, other);
    world.publish(vec![second]);
    let memo = world.replay.memo(world.memo.unwrap()).unwrap();
    let of: Vec<u32> = memo.fingerprints().iter().map(|(_, f)| f.of).collect();
    assert_eq!(of, [1, 2]);
    assert_eq!(memo.state().fingerprints.unwrap().get(), 2);
}

#[test]
fn a_memo_has_so_many_at_most() {
    let mut world = allowed();
    for number in 1..=MAX_FINGERPRINTS as u32 + 1 {
        if number > 2 {
            let event = world.version();
            world.versions.push(event.body.clone());
            world.publish(vec![Entry::Version(Direct { v: FORMAT, event })]);
        }
        let entry = of(&world, number, text());
        if number as usize > MAX_FINGERPRINTS {
            let error = refused(&world, &entry);
            assert_eq!(error, MemoError::Fingerprint(FingerprintError::TooMany));
        } else {
            world.publish(vec![entry]);
        }
    }
}

#[test]
fn it_needs_the_authors_and_the_latest_version() {
    let mut world = allowed();
    let kept = of(&world, 1, text());
    let Entry::Fingerprint(mut alone) = kept.clone() else {
        panic!("{kept:?}")
    };
    alone.approvals.truncate(1);
    let error = refused(&world, &Entry::Fingerprint(alone.clone()));
    assert!(matches!(error, MemoError::Threshold { .. }), "{error}");
    // The approvals are of this hash, of this version: for another they don't serve.
    let Entry::Fingerprint(mut other) = kept.clone() else {
        panic!("{kept:?}")
    };
    other.of = 2;
    let error = refused(&world, &Entry::Fingerprint(other));
    assert!(matches!(error, MemoError::Approval(_)), "{error}");
    let event = world.version();
    world.versions.push(event.body.clone());
    world.publish(vec![Entry::Version(Direct { v: FORMAT, event })]);
    let error = refused(&world, &kept);
    assert!(matches!(error, MemoError::NotLatest { .. }), "{error}");
    let fresh = of(&world, 1, text());
    world.publish(vec![fresh]);
}

#[test]
fn the_state_of_a_memo_without_any_is_written_as_before() {
    let mut world = allowed();
    let leaf = |world: &World| {
        let memo = world.replay.memo(world.memo.unwrap()).unwrap();
        canonical::to_string(&memo.state()).unwrap()
    };
    let before = leaf(&world);
    assert!(!before.contains("fingerprints"), "{before}");
    let entry = of(&world, 2, text());
    world.publish(vec![entry]);
    let after = leaf(&world);
    assert!(after.contains("\"fingerprints\":1"), "{after}");
    assert!(canonical::from_slice::<MemoState>(after.as_bytes()).is_ok());
    // No second way to write that there is none.
    for none in ["\"fingerprints\":0", "\"fingerprints\":null"] {
        let other = after.replace("\"fingerprints\":1", none);
        assert!(canonical::from_slice::<MemoState>(other.as_bytes()).is_err());
    }
}

#[test]
fn form() {
    let world = allowed();
    let bytes = of(&world, 1, text()).to_vec().unwrap();
    let written = String::from_utf8(bytes).unwrap();
    assert!(Entry::from_slice(written.as_bytes()).is_ok());
    for (was, now) in [
        ("\"argon2id\"", "\"argon2i\""),
        ("\"passes\":3", "\"passes\":3.5"),
        ("\"passes\":3,", ""),
        ("\"lanes\":4", "\"lanes\":4,\"leans\":4"),
        ("\"type\":\"fingerprint\"", "\"type\":\"fingerprint/2\""),
    ] {
        assert!(written.contains(was), "{written}");
        assert!(
            Entry::from_slice(written.replace(was, now).as_bytes()).is_err(),
            "{now}"
        );
    }
    let error = Entry::from_slice(written.replace("\"v\":1", "\"v\":2").as_bytes()).unwrap_err();
    assert_eq!(error, EntryError::Format { v: 2 });
}
