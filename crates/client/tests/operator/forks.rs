//! A forked record: one for these, another for those.

use std::collections::BTreeMap;

use demur_client::device::{Compared, Mirror, SyncError};
use demur_record::{
    checkpoint::{Checkpoint, add_cosignatures, cosign},
    witness::{Witness, WitnessReply, request},
};

use crate::common::{ORIGIN, World};

/// Two records of one log, the same until the operator forked them: other slots in the last two batches.
fn forked() -> (World, World) {
    let make = || World::witnessed(91, 2, 2);
    let (honest, mut fork) = (make(), make());
    // From here on the operator draws other random slots for some.
    for _ in 0..100 {
        let _ = rand_core::Rng::next_u64(&mut fork.rng);
    }
    let (mut honest, mut fork) = (honest, fork);
    for _ in 0..2 {
        honest.tick();
        fork.tick();
    }
    assert_eq!(honest.tree.size(), fork.tree.size());
    assert_ne!(honest.tree.root(), fork.tree.root());
    (honest, fork)
}

/// Cuts the honest witnesses' cosignatures off: they saw the other record, and cosign no fork of it.
fn with_one_witness(world: &mut World) {
    let colluding = world.others[0].0.verifier().name().to_owned();
    for (path, file) in &mut world.files {
        if path == "checkpoint" || path.starts_with("history/") {
            let text = String::from_utf8(file.clone()).unwrap();
            let keep = |line: &&str| {
                !line.starts_with('\u{2014}')
                    || line.contains(ORIGIN)
                    || line.contains(colluding.as_str())
            };
            let lines: Vec<_> = text.lines().filter(keep).collect();
            *file = format!("{}\n", lines.join("\n")).into_bytes();
        }
    }
}

/// The operator shows a new device a fork that the log and one colluding witness signed, where two of three must. The
/// device takes nothing of it.
#[test]
fn a_fork_with_one_witness_below_the_quorum() {
    let (_, mut fork) = forked();
    let policy = fork.policy.to_string();
    let mut whole = Mirror::new(&policy).unwrap();
    whole.sync(&fork).unwrap();
    with_one_witness(&mut fork);
    let mut device = Mirror::new(&policy).unwrap();
    assert!(matches!(device.sync(&fork), Err(SyncError::Refused(_))));
    assert_eq!(device.size(), 0);
}

/// The operator asks an honest witness to cosign the fork: with the old size that the witness knows and any proof, with
/// an older size, and after a restart of the witness from what it stored.
#[test]
fn an_honest_witness_is_asked_for_both() {
    let (honest, fork) = forked();
    let note = |world: &World| {
        let checkpoint = Checkpoint::new(ORIGIN, world.tree.size(), world.tree.root());
        checkpoint.sign(&world.log).unwrap()
    };
    let logs = vec![honest.log.verifier().clone()];
    let mut witness = Witness::new(honest.witness.clone(), logs.clone(), BTreeMap::new()).unwrap();
    let now = honest.now;
    let first = witness.add_checkpoint(&request(0, &[], &note(&honest)), now);
    assert!(matches!(first, WitnessReply::Cosigned(_)));
    let mut restarted =
        Witness::new(honest.witness.clone(), logs, witness.latest().clone()).unwrap();
    let mut later = fork.tree.clone();
    later.push(b"more");
    let more = Checkpoint::new(ORIGIN, later.size(), later.root());
    let more = more.sign(&honest.log).unwrap();
    let size = honest.tree.size();
    for (old, note) in [(0, note(&fork)), (size, note(&fork)), (size, more)] {
        let proof = later.prove_consistency(old, later.size()).unwrap();
        for witness in [&mut witness, &mut restarted] {
            let reply = witness.add_checkpoint(&request(old, &proof, &note), now);
            assert!(!matches!(reply, WitnessReply::Cosigned(_)), "{reply:?}");
        }
    }
}

/// The operator has a whole quorum on its side and shows one device the one record, then the other: after a restart of
/// the device, too, which begins from what it kept. The device names the fork, with both checkpoints as evidence, and
/// stays with what it had.
#[test]
fn the_other_record_for_a_device_that_saw_the_first() {
    let (mut honest, mut fork) = forked();
    let mut mirror = honest.mirror();
    let mut restarted = Mirror::load(mirror.state().clone()).unwrap();
    for further in [false, true] {
        if further {
            fork.tick();
        }
        for device in [&mut mirror, &mut restarted] {
            let before = device.checkpoint();
            let Err(SyncError::Fork(evidence)) = device.sync(&fork) else {
                panic!("a fork")
            };
            let log = honest.log.verifier();
            for note in [&evidence.ours, &evidence.theirs] {
                assert!(Checkpoint::open(note.as_bytes(), log).is_ok());
            }
            assert_ne!(evidence.ours, evidence.theirs);
            assert_eq!(device.checkpoint(), before);
        }
    }
    honest.tick();
    restarted.sync(&honest).unwrap();
    assert_eq!(restarted.size(), honest.tree.size());
}

/// The operator shows a device that was restarted an older checkpoint, so that it forgets a step. It forgets nothing.
#[test]
fn an_older_checkpoint_after_a_restart() {
    let mut world = World::new(92);
    let old = world.files.clone();
    world.tick();
    let state = world.mirror().state().clone();
    world.files = old;
    let mut restarted = Mirror::load(state.clone()).unwrap();
    let synced = restarted.sync(&world).unwrap();
    assert_eq!(
        (synced.from, synced.to),
        (restarted.size(), restarted.size())
    );
    assert_eq!(*restarted.state(), state);
}

/// The operator has a whole quorum on its side and keeps two devices apart, each with a record of its own. When the two
/// people compare their checkpoints, the fork shows, with the log's signature on both.
#[test]
fn two_devices_compare() {
    let (mut honest, fork) = forked();
    let (a, b) = (honest.mirror(), fork.mirror());
    let note = |mirror: &Mirror| mirror.checkpoint_note().unwrap().as_bytes().to_vec();
    for (one, other) in [(&a, &b), (&b, &a)] {
        let Err(SyncError::Fork(evidence)) = one.compare(&note(other)) else {
            panic!("a fork")
        };
        assert_eq!(evidence.theirs.as_bytes(), note(other));
        assert_eq!(one.compare(&note(one)).unwrap(), Compared::Same(one.size()));
    }
    honest.tick();
    let newer = honest.mirror();
    assert_eq!(newer.compare(&note(&a)).unwrap(), Compared::Same(a.size()));
    assert_eq!(
        a.compare(&note(&newer)).unwrap(),
        Compared::Ahead(newer.size())
    );
    // What another log signed says nothing of this one.
    let stranger = demur_record::keys::LogSigner::new(
        ORIGIN,
        ed25519_dalek::SigningKey::from_bytes(&[66; 32]),
    )
    .unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, a.size(), b.tree().root());
    let foreign = checkpoint.sign(&stranger).unwrap();
    assert!(matches!(a.compare(&foreign), Err(SyncError::Refused(_))));
}

/// The operator serves a checkpoint with a cosignature that it copied from another one.
#[test]
fn a_cosignature_from_another_checkpoint() {
    let mut world = World::new(93);
    let mut mirror = world.mirror();
    let old = String::from_utf8(world.files["checkpoint"].clone()).unwrap();
    let copied = old
        .lines()
        .find(|l| l.contains("union.example"))
        .unwrap()
        .to_owned();
    world.tick();
    let checkpoint = Checkpoint::new(ORIGIN, world.tree.size(), world.tree.root());
    let mut note = checkpoint.sign(&world.log).unwrap();
    note.extend_from_slice(format!("{copied}\n").as_bytes());
    world.files.insert("checkpoint".to_owned(), note);
    assert!(matches!(mirror.sync(&world), Err(SyncError::Refused(_))));
    // With its own it is taken.
    let note = checkpoint.sign(&world.log).unwrap();
    let line = cosign(&note, world.witness.at(world.now)).unwrap();
    let note = add_cosignatures(&note, &line, &[world.witness.verifier().clone()]).unwrap();
    world.files.insert("checkpoint".to_owned(), note);
    assert!(mirror.sync(&world).is_ok());
}
