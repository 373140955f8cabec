//! The whole story, and what a state leaf says of it.

use super::*;

#[test]
fn the_whole_story_is_accepted_and_counted() {
    let world = World::whole(false);
    let memo = world.replay.memo(world.memo.unwrap()).unwrap();
    let state = memo.state();
    assert_eq!((state.step, state.version), (Step::Responded, 2));
    let [v1, v2] = &state.tallies[..] else {
        panic!("two versions")
    };
    assert_eq!(
        (v1.signed, v1.endorsed, v1.late, v1.cohorts["field"]),
        (2, 0, 0, 1)
    );
    assert_eq!(
        (v2.signed, v2.endorsed, v2.late, v2.cohorts.len()),
        (2, 1, 1, 0)
    );
    // A fresh replay of the bytes comes to the same.
    let mut again = Replay::new(common::ORIGIN);
    let mut from = 0;
    for ended in world.replay.batches() {
        let to = usize::try_from(ended.checkpoint.size).unwrap();
        world.recall(&mut again, opened_places(&world.entries[from..to]));
        again.apply_batch(&world.entries[from..to]).unwrap();
        again
            .close_batch(ended.checkpoint, ended.published.unwrap())
            .unwrap();
        from = to;
    }
    assert_eq!(again.root(), world.replay.root());
    assert_eq!(again.memo(world.memo.unwrap()).unwrap().state(), state);
}

#[test]
fn witnessed_times_are_what_deadlines_go_by() {
    let world = World::whole(false);
    let memo = world.memo.unwrap();
    let filed = &world.replay.memo(memo).unwrap().steps()[0];
    let at = world.replay.time_of(filed.entry).unwrap();
    assert!(at.witnessed);
    assert_eq!(
        at.time,
        filed.time.plus(3),
        "when both witnesses had cosigned"
    );
    let case = world.replay.case(memo).unwrap();
    assert_eq!(case.time_of(Step::Filed), Some(at.time));
    let states: Vec<_> = case.deadlines(world.now).iter().map(|d| d.state).collect();
    assert_eq!(states, [DeadlineState::DoneInTime; 3]);
    assert_eq!(world.replay.time_of(world.replay.size()), None);
    // The checkpoint that dates it, for a receipt; the batch that holds it.
    let covering = world.replay.covering(filed.entry).unwrap();
    assert_eq!(covering.published.unwrap().time, Some(at.time));
    assert!(covering.checkpoint.size > filed.entry);
    let batch = world.replay.batch(filed.entry).unwrap();
    assert!((batch.first..batch.checkpoint.size).contains(&filed.entry));
    assert_eq!(world.replay.batch(world.replay.size()), None);
    assert_eq!(world.replay.covering(world.replay.size()), None);
    let (entry, first) = &world.replay.profiles()[0];
    assert_eq!((*entry < batch.first, first.version), (true, 1));
}

#[test]
fn a_state_leaf_proves_itself_and_nothing_else() {
    let world = filed();
    let Entry::State(state) = Entry::from_slice(world.entries.last().unwrap()).unwrap() else {
        panic!("a state")
    };
    let map: StateMap = world.replay.state_map().unwrap();
    let mut proof = map.prove(world.memo.unwrap()).unwrap();
    assert!(proof.verify(&state));
    proof.leaf.tallies[0].signed += 1;
    assert!(!proof.verify(&state));
    assert_eq!(map.prove(sha256(b"other")), None);
}
