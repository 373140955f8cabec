//! The mirror: sync, refusal, forks.

mod common;

use std::collections::BTreeMap;

use common::World;
use demur_client::device::{Mirror, MirrorError, MirrorState, SYNC_STRIDE, SyncError};
use demur_record::{
    checkpoint::{Checkpoint, add_cosignatures, cosign},
    entry::Role,
    keys::WitnessSigner,
};
use ed25519_dalek::SigningKey;

#[test]
fn it_grows_with_the_record_and_is_kept() {
    let mut world = World::new(1);
    let mut mirror = world.mirror();
    assert_eq!(mirror.size(), world.tree.size());
    assert_eq!(
        mirror.recipient(Role::Office),
        Some(world.office.seal.recipient())
    );
    for _ in 0..3 {
        world.tick();
    }
    let synced = mirror.sync(&world).unwrap();
    assert!(synced.to > synced.from);
    assert_eq!(mirror.checkpoint().unwrap().hash, world.tree.root());
    assert_eq!(mirror.as_of(), world.replay.as_of().map(|at| at.time));
    // Nothing new: one file is asked for.
    world.asked.borrow_mut().clear();
    mirror.sync(&world).unwrap();
    assert_eq!(*world.asked.borrow(), ["/record/checkpoint"]);
    // Across bundles of 256.
    for _ in 0..140 {
        world.tick();
    }
    mirror.sync(&world).unwrap();
    assert_eq!(mirror.size(), world.tree.size());
    let json = serde_json::to_vec(mirror.state()).unwrap();
    let loaded = Mirror::load(serde_json::from_slice(&json).unwrap()).unwrap();
    assert_eq!(loaded.checkpoint(), mirror.checkpoint());
    assert_eq!(loaded.state(), mirror.state());
    let mut damaged = mirror.state().clone();
    damaged.entries[3].0[20] ^= 1;
    assert!(matches!(Mirror::load(damaged), Err(MirrorError::Kept(_))));
    let mut short = mirror.state().clone();
    short.entries.pop();
    assert!(matches!(Mirror::load(short), Err(MirrorError::Kept(_))));
}

/// What a device asks for that has this copy, in its first sync and in the next.
fn asked(world: &World, copy: &MirrorState) -> [Vec<String>; 2] {
    let mut mirror = Mirror::load(copy.clone()).unwrap();
    [(); 2].map(|()| {
        world.asked.borrow_mut().clear();
        mirror.sync(world).unwrap();
        world.asked.borrow().clone()
    })
}

#[test]
fn how_old_a_copy_is_shows_in_steps() {
    let mut world = World::new(9);
    let mut mirror = Mirror::new(&world.policy.to_string()).unwrap();
    let mut copies: Vec<MirrorState> = Vec::new();
    let mut served = Vec::new();
    mirror.sync(&world).unwrap();
    while copies.len() < 3 * SYNC_STRIDE {
        copies.push(mirror.state().clone());
        served.push(world.files.clone());
        world.tick();
        mirror.sync(&world).unwrap();
    }
    let step = |copy: &MirrorState| copy.checkpoints.len() / SYNC_STRIDE;

    // The newest checkpoint, and an old one, as somebody might serve who wants to know which copies are newer.
    let newest = world.files.clone();
    for (served, files) in [
        (usize::MAX, newest),
        (2 * SYNC_STRIDE - 3, served[2 * SYNC_STRIDE - 3].clone()),
    ] {
        let shown = copies.get(served).map_or(usize::MAX, &step);
        world.files = files;
        let mut by_step: BTreeMap<usize, Vec<Vec<String>>> = BTreeMap::new();
        for copy in &copies {
            let [first, next] = asked(&world, copy);
            assert_eq!(next, ["/record/checkpoint"]);
            by_step
                .entry(step(copy).min(shown))
                .or_default()
                .push(first);
        }
        for alike in by_step.values() {
            assert!(alike.windows(2).all(|two| two[0] == two[1]), "{alike:?}");
        }
        assert!(by_step.values().any(|alike| alike.len() >= SYNC_STRIDE));
        let all: Vec<_> = by_step.values().map(|alike| &alike[0]).collect();
        assert!(all.windows(2).all(|two| two[0] != two[1]));
    }
}

#[test]
fn the_newest_checkpoint_is_replaced_by_its_final_form() {
    let mut world = World::new(2);
    world.tick();
    let last = world.files["checkpoint"].clone();
    // The device comes when the file has another set of signature lines than it will have in the end.
    let stranger = WitnessSigner::new("w.example", SigningKey::from_bytes(&[9; 32])).unwrap();
    let line = cosign(&last, stranger.at(world.now)).unwrap();
    world
        .files
        .insert("checkpoint".to_owned(), [last.clone(), line].concat());
    let mut mirror = world.mirror();
    let old = mirror.size();
    assert_ne!(mirror.state().checkpoints[&old].as_bytes(), last);
    world.files.insert("checkpoint".to_owned(), last.clone());
    world.tick();
    mirror.sync(&world).unwrap();
    assert_eq!(mirror.state().checkpoints[&old].as_bytes(), last);
    // A history that is not what the next state entry commits to is refused.
    world.tick();
    let new = mirror.size();
    world.tick();
    let file = world.files.get_mut(&format!("history/{new}")).unwrap();
    let line = cosign(file, stranger.at(world.now)).unwrap();
    file.extend(line);
    assert!(matches!(mirror.sync(&world), Err(SyncError::Rules { .. })));
}

#[test]
fn what_is_altered_or_unsigned_is_refused() {
    let mut world = World::new(3);
    let mut mirror = world.mirror();
    world.tick();
    let good = world.files.clone();
    let bundle = good
        .keys()
        .find(|p| p.starts_with("tile/entries/"))
        .unwrap()
        .clone();
    let before = mirror.checkpoint();
    let mut bytes = good[&bundle].clone();
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    world.files.insert(bundle.clone(), bytes);
    assert!(matches!(
        mirror.sync(&world),
        Err(SyncError::Damaged { .. })
    ));
    world
        .files
        .insert(bundle.clone(), good[&bundle][..40].to_vec());
    assert!(matches!(mirror.sync(&world), Err(SyncError::Bundle { .. })));
    world.files = good.clone();
    let note = String::from_utf8(good["checkpoint"].clone()).unwrap();
    let unwitnessed: Vec<_> = note.lines().filter(|l| !l.starts_with("— union")).collect();
    let unwitnessed = format!("{}\n", unwitnessed.join("\n")).into_bytes();
    world.files.insert("checkpoint".to_owned(), unwitnessed);
    assert!(matches!(mirror.sync(&world), Err(SyncError::Refused(_))));
    world.files.remove("checkpoint");
    assert!(matches!(mirror.sync(&world), Err(SyncError::Call(_))));
    assert_eq!(mirror.checkpoint(), before);
    world.files = good;
    mirror.sync(&world).unwrap();
}

#[test]
fn an_old_checkpoint_rolls_nothing_back() {
    let mut world = World::new(4);
    let old = world.files.clone();
    world.tick();
    let mut mirror = world.mirror();
    let size = mirror.size();
    world.files = old;
    let synced = mirror.sync(&world).unwrap();
    assert_eq!((synced.from, synced.to, mirror.size()), (size, size, size));
}

#[test]
fn a_fork_is_named_with_its_evidence() {
    let mut world = World::new(5);
    world.tick();
    let mut mirror = world.mirror();
    // The same log and witness, another history: other random slots.
    let mut other = World::new(6);
    for _ in 0..3 {
        other.tick();
    }
    let Err(SyncError::Fork(fork)) = mirror.sync(&other) else {
        panic!("a fork");
    };
    assert!(fork.first.is_some());
    assert_eq!(Some(fork.ours.as_str()), mirror.checkpoint_note());
    assert_eq!(fork.theirs.as_bytes(), other.files["checkpoint"]);
    // The same size and another root needs no entries.
    let checkpoint = Checkpoint::new(common::ORIGIN, mirror.size(), other.tree.root());
    let note = checkpoint.sign(&world.log).unwrap();
    let line = cosign(&note, world.witness.at(world.now)).unwrap();
    let note = add_cosignatures(&note, &line, &[world.witness.verifier().clone()]).unwrap();
    world.files.insert("checkpoint".to_owned(), note);
    assert!(matches!(mirror.sync(&world), Err(SyncError::Fork(_))));
}

#[test]
fn a_sync_can_be_made_in_steps() {
    let mut world = World::new(7);
    world.tick();
    let mut mirror = Mirror::new(&world.policy.to_string()).unwrap();
    let mut fetch = mirror.fetch();
    while !fetch.wants().is_empty() {
        let answers = fetch
            .wants()
            .iter()
            .map(|call| call.send(&world).unwrap())
            .collect();
        fetch.give(answers, &mirror).unwrap();
    }
    let synced = mirror.finish(fetch).unwrap();
    assert_eq!(synced.to, world.tree.size());
    let mut fetch = mirror.fetch();
    assert!(matches!(
        fetch.give(vec![], &mirror),
        Err(SyncError::Answers { .. })
    ));
}

#[test]
fn another_log_is_not_trusted() {
    let world = World::new(8);
    let policy = world.policy.to_string();
    assert!(matches!(
        Mirror::new("nonsense"),
        Err(MirrorError::Policy(_))
    ));
    let text = policy
        .lines()
        .filter(|l| !l.starts_with("log"))
        .collect::<Vec<_>>()
        .join("\n");
    assert!(matches!(
        Mirror::new(&format!("{text}\n")),
        Err(MirrorError::Logs(0))
    ));
}
