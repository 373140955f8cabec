//! Opaque entries are forgotten, and shown again where an event of theirs is opened.

mod common;

use std::collections::BTreeSet;

use common::World;
use demur_record::{
    batch::{DueFiling, Pending, build},
    entry::{Entry, Place},
    replay::{Replay, Violation, opened_places},
};

fn filing(world: &World) -> Pending {
    Pending {
        filings: vec![DueFiling {
            id: 1,
            filed: Entry::Filed(world.filed_entry()).to_vec().unwrap(),
            events: world.events.clone(),
        }],
        ..Pending::default()
    }
}

#[test]
fn a_filing_needs_its_opaque_entries_again() {
    let mut world = World::drafted(false);
    let pending = filing(&world);
    let mut build = |replay: &Replay| build(replay, &pending, world.now, &mut world.rng).unwrap();
    let refused = build(&world.replay).refused;
    let first = pending.opened_places().into_keys().next().unwrap();
    assert_eq!(refused[0].violation, Violation::NotRecalled(first));
    // All but one.
    let mut replay = world.replay.clone();
    let mut places = pending.opened_places();
    let (last, slots) = places.pop_last().unwrap();
    for (index, slots) in &places {
        let bytes = &world.entries[usize::try_from(*index).unwrap()];
        replay.recall(*index, bytes, slots).unwrap();
    }
    assert_eq!(
        build(&replay).refused[0].violation,
        Violation::NotRecalled(last)
    );
    // Another entry in its place, and another opaque one.
    for other in [0, usize::try_from(first).unwrap()] {
        assert_eq!(
            replay.recall(last, &world.entries[other], &slots),
            Err(Violation::OtherEntry(last))
        );
    }
    let bytes = &world.entries[usize::try_from(last).unwrap()];
    // A slot that it doesn't have, and an index at which none stood, change nothing.
    replay
        .recall(last, bytes, &BTreeSet::from([9_999]))
        .unwrap();
    replay.recall(0, &world.entries[0], &slots).unwrap();
    replay.recall(last, bytes, &slots).unwrap();
    let built = build(&replay);
    assert!(built.refused.is_empty(), "{:?}", built.refused);
    // What a batch opens is read off its entries alone.
    assert_eq!(opened_places(&built.entries), pending.opened_places());
}

#[test]
fn what_was_recalled_is_forgotten_with_the_batch() {
    let mut world = World::drafted(false);
    let pending = filing(&world);
    let mut replay = world.replay.clone();
    world.recall(&mut replay, pending.opened_places());
    world.replay = replay;
    world.publish(vec![]);
    let built = build(&world.replay, &pending, world.now, &mut world.rng).unwrap();
    assert!(matches!(
        built.refused[0].violation,
        Violation::NotRecalled(_)
    ));
    world.file();
}

#[test]
fn places_are_read_of_opened_entries_alone() {
    let world = World::whole(false);
    let mut expected = Vec::new();
    for bytes in &world.entries {
        if let Ok(Entry::Opened(opened)) = Entry::from_slice(bytes) {
            expected.push(opened.at);
        }
    }
    let found: Vec<_> = opened_places(&world.entries)
        .into_iter()
        .flat_map(|(entry, slots)| slots.into_iter().map(move |slot| Place { entry, slot }))
        .collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
    for none in [
        &b"{\"at\":"[..],
        b"{\"at\":{\"entry\":-1,\"slot\":0}",
        b"{\"at\":}",
        b"",
    ] {
        assert!(opened_places(&[none]).is_empty());
    }
}
