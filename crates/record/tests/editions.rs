//! The edition that a memo is pinned to: the newest that is old enough at the opening's checkpoint.

mod common;

use common::World;
use demur_encoding::sha256;
use demur_memo::version::CheckpointRef;
use demur_record::{
    audit::check_edition,
    entry::{self, Entry},
    memo_log::{MemoError, MemoLog, RecordView as _},
};

/// Judges an opening that names the newest checkpoint, or `checkpoint`, and this edition.
fn open(world: &mut World, edition: u32, checkpoint: Option<CheckpointRef>) -> Option<MemoError> {
    let mut body = world.opening_body();
    body.edition.number = edition;
    body.checkpoint = checkpoint.unwrap_or(body.checkpoint);
    let (size, hash) = (body.checkpoint.size, body.checkpoint.hash);
    let mut opening = world.opening_of(body);
    let named = world
        .replay
        .checkpoint_time(entry::CheckpointRef { size, hash });
    opening.expires = named.unwrap().plus(3000);
    let at = world.replay.pending(world.now);
    MemoLog::open(&opening, at, &world.replay).err()
}

#[test]
fn a_memo_is_pinned_to_the_newest_edition_that_is_old_enough() {
    let mut world = World::founded(false);
    assert_eq!(open(&mut world, 1, None), None);
    let edition = world.edition_entry(2);
    world.publish(vec![edition]);
    // Too young: the one before it still is the one.
    let before = world.opening_body().checkpoint;
    assert_eq!(open(&mut world, 1, None), None);
    assert!(matches!(
        open(&mut world, 2, None),
        Some(MemoError::YoungEdition {
            number: 2,
            age: 0,
            minimum: 600
        })
    ));
    world.publish(vec![]);
    assert_eq!(open(&mut world, 2, None), None);
    assert_eq!(
        open(&mut world, 1, None),
        Some(MemoError::OldEdition {
            number: 1,
            newer: 2
        })
    );
    // It goes by the checkpoint that the opening names, not by when it is recorded.
    assert_eq!(open(&mut world, 1, Some(before)), None);
    assert!(matches!(
        open(&mut world, 2, Some(before)),
        Some(MemoError::YoungEdition { .. })
    ));
}

/// An edition's file is held against its entry in all that the entry says.
#[test]
fn an_edition_is_the_file_that_the_record_names() {
    let mut world = World::founded(false);
    let Entry::Edition(entry) = world.edition_entry(1) else {
        panic!("an edition")
    };
    let bytes = world.edition.as_ref().unwrap().to_bytes();
    assert!(check_edition(&entry, common::ORIGIN, &bytes).is_ok());
    assert!(entry.cohorts.len() >= 2, "{:?}", entry.cohorts);
    let with = |change: &dyn Fn(&mut entry::Edition)| {
        let mut entry = entry.clone();
        change(&mut entry);
        check_edition(&entry, common::ORIGIN, &bytes).unwrap_err()
    };
    for (said, what) in [
        (with(&|e| e.digest = sha256(b"x")), "digest"),
        (with(&|e| e.number = 2), "number"),
        (with(&|e| e.published = e.published.plus(1)), "time"),
        (with(&|e| e.cohorts[1].name.push('s')), "cohorts"),
        (with(&|e| e.cohorts[1].size += 1), "cohorts"),
        (with(&|e| e.cohorts[1].root = sha256(b"x")), "cohorts"),
        (with(&|e| drop(e.cohorts.pop())), "cohorts"),
        (
            with(&|e| e.certificates.root = sha256(b"x")),
            "certificates",
        ),
        (with(&|e| e.certificates.size += 1), "certificates"),
        (
            check_edition(&entry, "lakes.example", &bytes).unwrap_err(),
            "origin",
        ),
    ] {
        assert!(said.contains(what), "{what}: {said}");
    }
}
