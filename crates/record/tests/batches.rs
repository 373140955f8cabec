//! Which of what waits a batch takes, and in what order.

mod common;

use common::World;
use demur_encoding::sha256;
use demur_record::{
    batch::{Pending, PendingEntry, PendingSlot, SlotOrder, build, fitting},
    entry::{Direct, Entry, FORMAT},
    event::Action,
};

#[test]
fn a_version_takes_two_places_with_its_mark() {
    let slot = |id: u64, order| PendingSlot {
        id,
        slot: sha256(&id.to_be_bytes()),
        memo: sha256(b"memo"),
        order,
    };
    let pending = [
        slot(1, SlotOrder::Version(1)),
        slot(2, SlotOrder::Version(2)),
        slot(3, SlotOrder::Access),
        slot(4, SlotOrder::Opening),
    ];
    for (room, taken) in [
        (0, 0),
        (1, 0),
        (2, 1),
        (3, 1),
        (4, 2),
        (5, 3),
        (6, 4),
        (9, 4),
    ] {
        assert_eq!(fitting(&pending, room), taken, "in {room} places");
    }
}

/// Late sign-ons are shuffled, but a member's own acts stand in sequence, whoever comes between.
#[test]
fn late_acts_of_one_nullifier_stand_in_sequence() {
    let mut world = World::drafted(false);
    world.file();
    let acts = [
        world.sign_on(4, 2, Action::Endorse, 3, None),
        world.sign_on(5, 2, Action::Sign, 1, None),
        world.sign_on(4, 2, Action::Withdraw, 2, None),
        world.sign_on(6, 2, Action::Sign, 1, None),
        world.sign_on(4, 2, Action::Sign, 1, None),
    ];
    let mine = acts[0].nullifier;
    let wait = |(id, event): (usize, demur_record::event::SignOn)| PendingEntry {
        id: id as u64,
        bytes: Entry::SignOn(Direct { v: FORMAT, event }).to_vec().unwrap(),
    };
    let pending = Pending {
        sign_ons: acts.into_iter().enumerate().map(wait).collect(),
        ..Pending::default()
    };
    let mut first = std::collections::BTreeSet::new();
    for _ in 0..32 {
        let built = build(&world.replay, &pending, world.now, &mut world.rng).unwrap();
        assert_eq!((built.refused.len(), built.sign_ons.len()), (0, 5));
        let of = |bytes: &Vec<u8>| match Entry::from_slice(bytes).unwrap() {
            Entry::SignOn(act) => Some((act.event.nullifier, act.event.seq)),
            _ => None,
        };
        let placed: Vec<_> = built.entries.iter().filter_map(of).collect();
        let own = placed.iter().filter(|(nullifier, _)| *nullifier == mine);
        assert_eq!(own.map(|(_, seq)| *seq).collect::<Vec<_>>(), [1, 2, 3]);
        first.insert(placed[0].0);
    }
    assert_eq!(first.len(), 3, "the order beside that is random");
}
