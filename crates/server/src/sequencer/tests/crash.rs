//! Stopped at each point, twice in a row, from the files that a crash would leave.

use demur_record::{checkpoint::Checkpoint, entry::Entry};
use demur_store::{EventStore as _, RecordStore as _, testing};

use super::{
    super::{FaultPoint, rebuild::rebuild},
    bench::{self, Bench, TestSequencer},
    world::World,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_in_the_record_wherever_it_is_stopped() {
    for point in FaultPoint::ALL {
        let (bench, shown) = begun().await;
        let mut sequencer = bench.open().await.unwrap();
        bench.stop_at(Some(point));
        assert!(sequencer.step().await.is_err(), "{point:?}");
        let after_one = bench.copy();
        check_shown(&after_one, &shown, point);
        bench.store().close().await;

        // Stopped again while it recovers, at the same point.
        bench_event(&after_one, "accepted between").await;
        let mut sequencer = after_one.open().await.unwrap();
        after_one.stop_at(Some(point));
        assert!(sequencer.step().await.is_err(), "{point:?}");
        let after_two = after_one.copy();
        check_shown(&after_two, &shown, point);
        after_one.store().close().await;

        let mut sequencer = after_two.open().await.unwrap();
        check_finished(&after_two, &mut sequencer, point).await;
        check_shown(&after_two, &shown, point);
    }
}

/// The same without a new process: the step fails, and the next goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_step_goes_on_where_one_failed() {
    for point in FaultPoint::ALL {
        let (bench, shown) = begun().await;
        let mut sequencer = bench.open().await.unwrap();
        bench.stop_at(Some(point));
        assert!(sequencer.step().await.is_err(), "{point:?}");
        bench.stop_at(None);
        bench_event(&bench, "accepted between").await;
        check_finished(&bench, &mut sequencer, point).await;
        check_shown(&bench, &shown, point);
    }
}

/// Two batches published, and something waits.
async fn begun() -> (Bench, Checkpoint) {
    let bench = Bench::new();
    let mut world = World::new(false);
    let mut sequencer = bench.open().await.unwrap();
    bench.found(&mut world).await;
    for _ in 0..2 {
        bench.step(&mut sequencer, &mut world).await;
    }
    let shown = checkpoint(&bench);
    bench_event(&bench, "accepted before").await;
    bench
        .accept(&bench::software("accepted before"), None)
        .await;
    (bench, shown)
}

async fn bench_event(bench: &Bench, memo: &str) {
    bench.event_by_name(memo).await;
    bench
        .store()
        .accept_version(testing::version(memo, 1))
        .await
        .unwrap();
    bench
        .store()
        .accept_sign_on(testing::sign_on(memo, "ann", 1))
        .await
        .unwrap();
}

fn checkpoint(bench: &Bench) -> Checkpoint {
    Checkpoint::open(&bench.files()["checkpoint"], bench::signer().verifier()).unwrap()
}

/// The folder shows what it showed before, or something that extends it; what was superseded is kept.
fn check_shown(bench: &Bench, before: &Checkpoint, point: FaultPoint) {
    let now = checkpoint(bench);
    assert!(now.size >= before.size, "{point:?}");
    if now.size == before.size {
        assert_eq!(now, *before, "{point:?}");
    } else {
        let kept = &bench.files()[&format!("history/{}", before.size)];
        assert_eq!(
            Checkpoint::open(kept, bench::signer().verifier()).unwrap(),
            *before,
            "{point:?}"
        );
    }
}

async fn check_finished(bench: &Bench, sequencer: &mut TestSequencer, point: FaultPoint) {
    bench.stop_at(None);
    bench.clock.advance(600);
    let step = sequencer.step().await.unwrap();
    assert_eq!(step.published, step.batch, "{point:?}");
    let store = bench.store();
    assert_eq!(store.pending_count().await.unwrap(), 0, "{point:?}");
    for memo in ["accepted before", "accepted between"] {
        let keys = [
            testing::opening(memo).slot,
            testing::version(memo, 1).slot,
            testing::sign_on(memo, "ann", 1).slot,
        ];
        for key in keys {
            let at = store.event(key).await.unwrap().unwrap().at.unwrap();
            // The record says so too, not only the database.
            let row = store.entries(at.entry, 1).await.unwrap().pop().unwrap();
            let Entry::Opaque(opaque) = Entry::from_slice(&row.bytes).unwrap() else {
                panic!("{point:?}: entry {} is no opaque one", at.entry)
            };
            assert_eq!(opaque.slots[at.slot.unwrap() as usize], key, "{point:?}");
        }
    }
    let entry = bench::software("accepted before").to_vec().unwrap();
    let leaf = demur_record::tiles::leaf_hash(&entry);
    assert!(
        store.entry_of_leaf(leaf).await.unwrap().is_some(),
        "{point:?}"
    );
    // The files are those that a rebuild makes.
    let policy = bench.policy();
    let again = rebuild(&store, &bench.record_dir(), &bench::signer(), &policy)
        .await
        .unwrap();
    assert_eq!((again.written, again.removed), (0, 0), "{point:?}");
    assert_eq!(checkpoint(bench).size, sequencer.size());
}
