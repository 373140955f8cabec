//! A draft's existence, read from the record.

use demur_client::signer::Choice;
use demur_record::entry::Entry;
use demur_signon::act::Action;

use crate::common::{World, story::Story};

/// What a stranger sees of each entry: type and size; of an opaque entry the number of slots.
fn outside(world: &World) -> Vec<(&'static str, usize, usize)> {
    let look = |bytes: &Vec<u8>| {
        let entry = Entry::from_slice(bytes).unwrap();
        let slots = match &entry {
            Entry::Opaque(opaque) => opaque.slots.len(),
            _ => 0,
        };
        (entry.kind(), bytes.len(), slots)
    };
    world.entries.iter().map(look).collect()
}

/// A stranger, or a later operator with the record alone, compares the record of days with a draft, its versions and
/// sign-ons with one of days without. Entry by entry they have the same types and sizes; no slot stands twice; and
/// nothing that the draft's people hold stands in it in the clear.
#[test]
fn a_draft_seen_in_the_record() {
    let mut story = Story::begin(121);
    for member in [1, 2] {
        story.act(member, 1, Action::Sign, Choice::All).unwrap();
    }
    story.world.tick();
    let mut idle = World::new(121);
    idle.roster(&["field", "field", "field", "", ""]);
    while idle.entries.len() < story.world.entries.len() {
        idle.tick();
    }
    assert_eq!(outside(&story.world), outside(&idle));
    let text: String = story
        .world
        .entries
        .iter()
        .map(|bytes| String::from_utf8(bytes.clone()).unwrap())
        .collect();
    let mut held = vec![story.memo];
    for stored in &story.world.events {
        held.push(stored.salt);
        match &stored.event {
            demur_record::event::Event::Opening(e) => held.push(e.nullifier),
            demur_record::event::Event::Version(e) => {
                held.extend([e.author, e.body.content_root, e.body.sealed, e.body.access]);
            }
            demur_record::event::Event::SignOn(e) => held.extend([e.nullifier, e.note]),
            _ => {}
        }
    }
    assert!(held.len() > 10);
    for digest in held {
        assert!(!text.contains(&digest.to_string()), "{digest}");
    }
    let mut slots: Vec<_> = story
        .world
        .entries
        .iter()
        .filter_map(|bytes| match Entry::from_slice(bytes) {
            Ok(Entry::Opaque(opaque)) => Some(opaque.slots),
            _ => None,
        })
        .flatten()
        .collect();
    let all = slots.len();
    slots.sort_unstable();
    slots.dedup();
    assert_eq!(slots.len(), all);
}

/// Where in its batch an event stands tells nothing: over many batches each place is as likely as any other, for an
/// opening, a version with its mark, and a sign-on.
#[test]
fn the_place_of_an_event_in_its_batch() {
    use demur_encoding::{Digest, sha256};
    use demur_record::batch::{Pending, PendingSlot, SlotOrder, build};
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
    const ROUNDS: u64 = 2_000;
    const SLOTS: usize = 8;
    let world = World::new(122);
    let mut rng = ChaCha20Rng::seed_from_u64(122);
    // Of one memo each: a memo's own events are in order among themselves.
    let orders = [
        SlotOrder::Opening,
        SlotOrder::Version(1),
        SlotOrder::SignOn {
            nullifier: Digest::new([1; 32]),
            seq: 1,
        },
    ];
    let mut counts = [[0_u64; SLOTS]; 3];
    for round in 0..ROUNDS {
        let slots = (0..).zip(orders).map(|(id, order)| PendingSlot {
            id,
            slot: sha256(&[round.to_be_bytes(), id.to_be_bytes()].concat()),
            memo: sha256(&id.to_be_bytes()),
            order,
        });
        let pending = Pending {
            slots: slots.collect(),
            ..Pending::default()
        };
        let built = build(&world.replay, &pending, world.now, &mut rng).unwrap();
        assert_eq!(built.places.len(), 3);
        for (id, place) in built.places {
            counts[id as usize][place.slot as usize] += 1;
        }
    }
    // A version never stands first, as its mark stands before it; it has the other places alike.
    assert_eq!(counts[1][0], 0);
    let even = |counts: &[u64]| {
        let mean = ROUNDS as f64 / counts.len() as f64;
        let chi: f64 = counts
            .iter()
            .map(|n| (*n as f64 - mean).powi(2) / mean)
            .sum();
        // Chance below one in ten million for 7 degrees of freedom; the seed is fixed.
        assert!(chi < 45.0, "{counts:?}: {chi}");
    };
    even(&counts[1][1..]);
}
