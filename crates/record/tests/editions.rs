//! The edition that a memo is pinned to: the newest that is old enough at the opening's checkpoint.

mod common;

use common::World;
use demur_memo::version::CheckpointRef;
use demur_record::{
    entry,
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
