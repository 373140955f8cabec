//! Building a batch from what waits.

use super::*;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(3)
}

#[test]
fn a_batch_has_room_for_as_many_slots_as_the_profile_says() {
    let world = founded();
    let slots: Vec<_> = (0..20u64)
        .map(|id| PendingSlot {
            id,
            slot: sha256(&id.to_be_bytes()),
            memo: sha256(b"memo"),
            order: SlotOrder::Access,
        })
        .collect();
    let built = build(
        &world.replay,
        &Pending {
            slots: slots.clone(),
            ..Pending::default()
        },
        world.now,
        &mut rng(),
    )
    .unwrap();
    let mut placed: Vec<_> = built.places.iter().map(|(id, _)| *id).collect();
    placed.sort_unstable();
    assert_eq!(
        placed,
        (0..SLOTS as u64).collect::<Vec<_>>(),
        "first come, first served"
    );
    let Entry::Opaque(opaque) = Entry::from_slice(&built.entries[0]).unwrap() else {
        panic!()
    };
    for (id, place) in &built.places {
        assert_eq!(place.entry, built.first);
        assert_eq!(
            opaque.slots[place.slot as usize],
            slots[usize::try_from(*id).unwrap()].slot
        );
    }
    // Another draw, other places.
    let other = build(
        &world.replay,
        &Pending {
            slots,
            ..Pending::default()
        },
        world.now,
        &mut ChaCha20Rng::seed_from_u64(4),
    );
    assert_ne!(other.unwrap().places, built.places);
}

#[test]
fn places_keep_what_must_be_in_order() {
    let world = founded();
    let member = |n: u8| sha256(&[n]);
    for seed in 0..30 {
        let orders = [
            SlotOrder::SignOn {
                nullifier: member(1),
                seq: 3,
            },
            SlotOrder::SignOn {
                nullifier: member(2),
                seq: 1,
            },
            SlotOrder::Version(2),
            SlotOrder::SignOn {
                nullifier: member(1),
                seq: 2,
            },
            SlotOrder::Opening,
            SlotOrder::Version(1),
        ];
        let slots = orders.iter().enumerate().map(|(id, order)| PendingSlot {
            id: id as u64,
            slot: member(u8::try_from(id).unwrap()),
            memo: sha256(b"memo"),
            order: *order,
        });
        let pending = Pending {
            slots: slots.collect(),
            ..Pending::default()
        };
        let built = build(
            &world.replay,
            &pending,
            world.now,
            &mut ChaCha20Rng::seed_from_u64(seed),
        )
        .unwrap();
        let place = |id: u64| {
            built
                .places
                .iter()
                .find(|(other, _)| *other == id)
                .unwrap()
                .1
        };
        assert!(place(4) < place(5) && place(5) < place(2));
        assert!(place(2) < place(3) && place(3) < place(0) && place(2) < place(1));
    }
}

#[test]
fn what_the_rules_forbid_is_left_out_and_named() {
    let mut world = drafted();
    let wait = |id, entry: &Entry| PendingEntry {
        id,
        bytes: bytes(entry),
    };
    let steps = [world.acknowledged(), world.distributed()];
    let (a, b) = (
        world.sign_on(3, 2, Action::Sign, 1, None),
        world.sign_on(3, 2, Action::Withdraw, 2, None),
    );
    let mut short = world.filed_entry();
    short.sign_ons -= 1;
    let due = |id, filed: demur_record::entry::Filed| DueFiling {
        id,
        filed: bytes(&Entry::Filed(filed)),
        events: world.events.clone(),
    };
    let waiting = DueFiling {
        id: 9,
        filed: vec![],
        events: vec![FilingEvent {
            at: Placement::Waiting(5),
            ..world.events[0].clone()
        }],
    };
    let pending = Pending {
        direct: vec![
            wait(1, &steps[0]),
            PendingEntry {
                id: 2,
                bytes: b"x".to_vec(),
            },
            wait(3, &opaque()),
        ],
        filings: vec![
            due(1, short),
            waiting,
            due(2, world.filed_entry()),
            due(3, world.filed_entry()),
        ],
        sign_ons: vec![wait(7, &act(b)), wait(6, &act(a)), wait(8, &steps[1])],
        ..Pending::default()
    };
    let mut replay = world.replay.clone();
    world.recall(&mut replay, pending.opened_places());
    let built = build(&replay, &pending, world.now, &mut rng()).unwrap();
    let mut refused: Vec<_> = built
        .refused
        .iter()
        .map(|refused| (refused.what, refused.id))
        .collect();
    refused.sort_unstable();
    let (direct, filing, sign_on) = (Waiting::Direct, Waiting::Filing, Waiting::SignOn);
    assert_eq!(
        refused,
        [
            (direct, 1),
            (direct, 2),
            (direct, 3),
            (filing, 1),
            (filing, 3),
            (sign_on, 8)
        ]
    );
    assert_eq!(built.filings.len(), 1);
    assert_eq!(
        built.sign_ons.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        [6, 7]
    );
    for (id, index) in built
        .direct
        .iter()
        .chain(&built.filings)
        .chain(&built.sign_ons)
    {
        assert!(
            *index >= built.first && *index < built.checkpoint.size,
            "{id}"
        );
    }
    // What was built is what a replay accepts.
    let mut replay = world.replay.clone();
    world.recall(&mut replay, opened_places(&built.entries));
    assert_eq!(replay.apply_batch(&built.entries).unwrap(), built.applied);
    assert_eq!(replay.root(), built.checkpoint.hash);
    assert_eq!(replay.checkpoint_time(built.checkpoint), Some(world.now));
}

#[test]
fn an_event_may_be_placed_and_opened_in_one_batch() {
    let mut world = drafted();
    let last = world.sign_on(4, 2, Action::Sign, 1, None);
    let event = Event::SignOn(last);
    let slot = PendingSlot {
        id: 77,
        slot: event.slot(sha256(b"s")).unwrap(),
        memo: world.memo.unwrap(),
        order: SlotOrder::of(&event),
    };
    world.events.push(FilingEvent {
        at: Placement::Waiting(77),
        salt: sha256(b"s"),
        event,
    });
    let filing = DueFiling {
        id: 1,
        filed: bytes(&Entry::Filed(world.filed_entry())),
        events: world.events.clone(),
    };
    let built = world.commit(&Pending {
        slots: vec![slot],
        filings: vec![filing],
        ..Pending::default()
    });
    assert_eq!(built.filings.len(), 1);
    let state = world.replay.memo(world.memo.unwrap()).unwrap().state();
    assert_eq!((state.tallies[1].signed, state.tallies[1].late), (2, 0));
}

#[test]
fn without_witnesses_the_logs_time_counts_and_is_said_so() {
    let world = founded();
    let mut replay = batch(&world, &[opaque()]).unwrap();
    let ended = *replay.batches().last().unwrap();
    replay
        .close_batch(
            ended.checkpoint,
            Published {
                digest: None,
                time: None,
            },
        )
        .unwrap();
    let time = replay.time_of(ended.first).unwrap();
    assert_eq!((time.time, time.witnessed), (world.now, false));
    assert_eq!(replay.as_of(), Some(time));
    assert_eq!(
        replay.covering(ended.first).unwrap().checkpoint,
        ended.checkpoint
    );
}
