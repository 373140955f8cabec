//! Sign-ons: each held against what stands in the record.

use super::*;

/// A server asks so for each sign-on: its answer must be that of the whole memo.
#[test]
fn one_version_tells_of_a_sign_on_what_all_tell() {
    let mut world = filed();
    let view = world.replay.clone();
    let mut all = view.memo(world.memo.unwrap()).unwrap().log().clone();
    let at = view.pending(world.now);
    let early = world.sign_on(3, 1, Action::Sign, 1, Some("field"));
    all.apply_sign_on(&early, at, &view, true).unwrap();
    for number in [1, 2] {
        let version = signed(world.versions[number as usize - 1].clone(), AUTHORS[0]);
        let (_, stands) = all.version(number).unwrap();
        let one = MemoLog::from_verified(all.opening(), all.opened(), &version, stands, &view);
        let mut one = one.unwrap();
        // On another version, as the case may be.
        one.count_verified(&early, at, true).unwrap();
        assert_eq!(one.version(number), all.version(number));
        assert_eq!(one.version(3 - number), None);
        let good = world.sign_on(3, number, Action::Withdraw, 2, Some("field"));
        let changes: [fn(&mut SignOn); 9] = [
            |_| {},
            |a| a.seq = 1,
            |a| a.seq = 3,
            |a| a.cohort = None,
            |a| a.content_root = sha256(b"x"),
            |a| a.version = 3,
            |a| a.checkpoint.size += 1,
            |a| a.nullifier = Digest::new([0xff; 32]),
            |a| drop(a.proofs.pop()),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut act = good.clone();
            change(&mut act);
            let told = all.check_sign_on(&act, at, &view, true);
            assert_eq!(told.is_ok(), n == 0, "change {n}: {told:?}");
            assert_eq!(one.check_sign_on(&act, at, &view, true), told, "change {n}");
        }
        // Whether it stood long enough is told by its place.
        let quiet = view.pending(world.now);
        let young = MemoLog::from_verified(all.opening(), all.opened(), &version, quiet, &view)
            .map(|log| log.check_sign_on(&good, at, &view, true));
        assert!(
            matches!(young, Ok(Err(MemoError::Quiet { .. }))),
            "{young:?}"
        );
    }
    // What is of another memo, or out of order, is not counted.
    let version = signed(world.versions[0].clone(), AUTHORS[0]);
    let (_, stands) = all.version(1).unwrap();
    let mut one =
        MemoLog::from_verified(all.opening(), all.opened(), &version, stands, &view).unwrap();
    for change in [
        (|a| a.memo = sha256(b"x")) as fn(&mut SignOn),
        |a| a.seq = 2,
        |a| a.nullifier = Digest::new([0xff; 32]),
    ] {
        let mut act = early.clone();
        change(&mut act);
        one.count_verified(&act, at, true).unwrap_err();
        assert_eq!((one.sign_ons(), one.tallies()[0].signed), (0, 0));
    }
    let mut other = version;
    other.body.memo = sha256(b"x");
    MemoLog::from_verified(all.opening(), all.opened(), &other, stands, &view).unwrap_err();
}

#[test]
fn sign_ons_are_held_against_the_record() {
    let mut world = filed();
    let good = world.sign_on(3, 2, Action::Sign, 1, Some("field"));
    batch(&world, &[opaque(), act(good.clone())]).unwrap();
    let with = |change: &dyn Fn(&mut SignOn)| {
        let mut act = good.clone();
        change(&mut act);
        act
    };
    refuses_act!(world, with(&|a| a.v = 2), MemoError::Format(2));
    refuses_act!(
        world,
        with(&|a| a.circuit = sha256(b"x")),
        MemoError::Circuit(_)
    );
    refuses_act!(
        world,
        with(&|a| a.nullifier = Digest::new([0xff; 32])),
        MemoError::Nullifier
    );
    refuses_act!(world, with(&|a| a.version = 3), MemoError::NoVersion(3));
    refuses_act!(world, with(&|a| a.version = 0), MemoError::NoVersion(0));
    refuses_act!(
        world,
        with(&|a| a.content_root = sha256(b"x")),
        MemoError::NoVersion(2)
    );
    refuses_act!(
        world,
        with(&|a| a.cohort = Some("sea".to_owned())),
        MemoError::Cohort(_)
    );
    refuses_act!(
        world,
        with(&|a| a.cohort = Some("all".to_owned())),
        MemoError::Cohort(_)
    );
    // A cohort's proof stripped, with or without the cohort's name; one too many; a byte too many.
    refuses_act!(
        world,
        with(&|a| drop(a.proofs.pop())),
        MemoError::Proofs { expected: 2 }
    );
    refuses_act!(
        world,
        with(&|a| a.cohort = None),
        MemoError::Proofs { expected: 1 }
    );
    refuses_act!(
        world,
        with(&|a| a.proofs[0].0.push(0)),
        MemoError::Proofs { .. }
    );
    refuses_act!(
        world,
        with(&|a| a.proofs[1] = Bytes::default()),
        MemoError::Proofs { .. }
    );
    // Sequence: a gap, a replay, zero.
    refuses_act!(
        world,
        with(&|a| a.seq = 2),
        MemoError::Tally(TallyError::Gap { .. })
    );
    refuses_act!(
        world,
        with(&|a| a.seq = 0),
        MemoError::Tally(TallyError::Replayed { .. })
    );
    let again = world.sign_on(0, 2, Action::Sign, 3, None);
    refuses_act!(world, again, MemoError::Tally(TallyError::Replayed { .. }));
    // A cohort fixed at the first act.
    let other = world.sign_on(1, 2, Action::Sign, 2, None);
    refuses_act!(world, other, MemoError::Tally(TallyError::Cohort { .. }));
    // Checkpoints: unknown, not yet published, too early for the quiet period.
    refuses_act!(
        world,
        with(&|a| a.checkpoint.hash = sha256(b"x")),
        MemoError::Checkpoint(_)
    );
    refuses_act!(
        world,
        with(&|a| a.checkpoint.size += 1),
        MemoError::Checkpoint(_)
    );
    let version = world
        .replay
        .memo(world.memo.unwrap())
        .unwrap()
        .log()
        .version(2)
        .unwrap()
        .1;
    let batches = world.replay.batches().to_vec();
    let covering = batches
        .iter()
        .position(|b| b.checkpoint.size > version.entry)
        .unwrap();
    for (early, good) in [
        (covering - 1, false),
        (covering, false),
        (covering + 1, true),
    ] {
        let checkpoint = batches[early].checkpoint;
        let expires = batches[early].time.plus(3600);
        let act = world.sign_on_at(3, 2, Action::Sign, 1, None, checkpoint, expires);
        if good {
            batch(&world, &[opaque(), self::act(act)]).unwrap();
        } else {
            refuses_act!(world, act, MemoError::Quiet { version: 2, .. });
        }
    }
    refuses_act!(
        world,
        with(&|a| a.expires = a.expires.plus(3600)),
        MemoError::Expiry { .. }
    );
    // Twice in one batch.
    let twice = batch(&world, &[opaque(), act(good.clone()), act(good.clone())]);
    assert!(matches!(twice, Err(Violation::Memo { .. })));
    // Another memo, or one that was never filed.
    refuses!(
        world,
        act(with(&|a| a.memo = sha256(b"x"))),
        Violation::UnknownMemo(_)
    );
    refuses!(drafted(), act(good), Violation::UnknownMemo(_));
}

#[test]
fn an_act_recorded_after_its_expiry_is_void_and_its_number_used() {
    let mut world = filed();
    let (checkpoint, memo) = (world.checkpoint(), world.memo.unwrap());
    let before = world.replay.memo(memo).unwrap().state();
    let expired = Time::from_unix(world.now.unix() - 1);
    let void = world.sign_on_at(3, 2, Action::Sign, 1, Some("field"), checkpoint, expired);
    let applied = world
        .replay
        .admit(&bytes(&act(void.clone())), world.now)
        .unwrap();
    assert!(applied.void && applied.tasks.len() == 2);
    world.publish_with(vec![], vec![void]);
    // It is counted among what there is, and in no tally.
    let after = MemoState {
        sign_ons: before.sign_ons + 1,
        ..before
    };
    assert_eq!(world.replay.memo(memo).unwrap().state(), after);
    // The same number again, and another cohort than the void act fixed.
    for (seq, cohort) in [(1, Some("field")), (2, None), (3, Some("field"))] {
        let wrong = act(world.sign_on(3, 2, Action::Sign, seq, cohort));
        refuses!(world, wrong, Violation::Memo { .. });
    }
    let next = world.sign_on(3, 2, Action::Sign, 2, Some("field"));
    world.publish_with(vec![], vec![next]);
    assert_eq!(world.replay.memo(memo).unwrap().state().tallies[1].late, 1);
}
