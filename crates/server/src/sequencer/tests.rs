//! The sequencer against a real database, real files and witnesses that keep to the rules.

mod bench;
mod crash;
mod refused;
#[path = "../../../record/tests/common/mod.rs"]
mod world;

use std::num::NonZeroUsize;

use demur_encoding::sha256;
use demur_record::{
    audit::{Options, audit},
    checkpoint::{Checkpoint, add_cosignatures},
    entry::Entry,
    event::{Action, Event},
};
use demur_store::{
    CaseStore as _, EventStore as _, FileKind, NewFile, NewFiling, RecordStore as _, testing,
};

use self::{bench::Bench, world::World};
use super::{
    rebuild::rebuild,
    witness::{Gathered, gather},
    *,
};

/// The whole life of a memo, with real proofs, up to an audit of the folder.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audit_accepts_what_it_publishes() {
    let bench = Bench::new();
    let mut world = World::new(true);
    let mut sequencer = bench.open().await.unwrap();
    bench.found(&mut world).await;
    for _ in 0..2 {
        bench.step(&mut sequencer, &mut world).await;
    }
    let edition = world.edition_entry(1);
    let attestation = world.attestation(&edition);
    bench
        .accept_edition(&edition, world.record.files["editions/1"].clone())
        .await;
    bench.accept(&attestation, None).await;
    for _ in 0..3 {
        bench.step(&mut sequencer, &mut world).await;
    }
    let opening = world.opening();
    world.memo = Some(opening.body.id().unwrap());
    bench.event(&mut world, Event::Opening(opening)).await;
    let version = world.version();
    world.versions.push(version.body.clone());
    bench.event(&mut world, Event::Version(version)).await;
    for _ in 0..3 {
        bench.step(&mut sequencer, &mut world).await;
    }
    for member in 0..3 {
        let sign_on = world.sign_on(member, 1, Action::Sign, 1, None);
        bench.event(&mut world, Event::SignOn(sign_on)).await;
    }
    bench.step(&mut sequencer, &mut world).await;
    // One of them again, still waiting when the memo is filed; one comes late, before the batch.
    let again = world.sign_on(0, 1, Action::Withdraw, 2, None);
    bench.event(&mut world, Event::SignOn(again)).await;
    let filed = world.filed_entry();
    let entry = Entry::Filed(filed.clone()).to_vec().unwrap();
    let sealed = NewFile {
        kind: FileKind::Filing,
        digest: filed.sealed,
        bytes: b"for the office".to_vec(),
    };
    let filing = NewFiling {
        memo: filed.memo,
        body_hash: sha256(b"body"),
        version: 1,
        sealed,
    };
    bench
        .store()
        .file(filing, |counts| {
            assert_eq!(
                (counts.versions, counts.sign_ons),
                (filed.versions, filed.sign_ons)
            );
            (entry.clone(), demur_record::tiles::leaf_hash(&entry))
        })
        .await
        .unwrap();
    let late = world.sign_on(3, 1, Action::Sign, 1, Some("field"));
    bench.event(&mut world, Event::SignOn(late)).await;
    let step = bench.step(&mut sequencer, &mut world).await;
    assert_eq!(step.refused, 0);
    assert_eq!(bench.store().pending_count().await.unwrap(), 0);
    let (acknowledged, distributed) = (world.acknowledged(), world.distributed());
    bench.accept(&acknowledged, Some(filed.memo)).await;
    bench.step(&mut sequencer, &mut world).await;
    bench.accept(&distributed, Some(filed.memo)).await;
    bench.step(&mut sequencer, &mut world).await;

    let memo = sequencer.replay.memo(filed.memo).unwrap();
    assert_eq!(
        (
            memo.steps().len(),
            memo.state().tallies[0].signed,
            memo.state().tallies[0].late
        ),
        (3, 3, 1)
    );
    let source = bench.source();
    let options = Options {
        policy: &world.policy,
        threads: NonZeroUsize::MIN,
        progress: &|_| {},
    };
    let report = audit(&source, options, &mut UnwrapErr(SysRng)).unwrap();
    assert!(report.failure.is_none(), "{:?}", report.failure);
}

#[tokio::test]
async fn without_the_quorum_nothing_is_published_and_no_batch_made() {
    let bench = Bench::new();
    let mut world = World::new(false);
    let mut sequencer = bench.open().await.unwrap();
    bench.found(&mut world).await;
    let first = bench.step(&mut sequencer, &mut world).await;
    bench.online(1, false);
    let second = sequencer.step().await.unwrap();
    assert_eq!((second.batch.is_some(), second.published), (true, None));
    let shown = bench.files()["checkpoint"].clone();
    for _ in 0..2 {
        bench.clock.advance(600);
        assert_eq!(sequencer.step().await.unwrap(), Step::default());
        assert_eq!(bench.files()["checkpoint"], shown);
    }
    // What is accepted meanwhile waits; a new start changes nothing.
    bench.event_by_name("a").await;
    drop(sequencer);
    let mut sequencer = bench.open().await.unwrap();
    assert_eq!(sequencer.step().await.unwrap(), Step::default());
    bench.online(1, true);
    let third = sequencer.step().await.unwrap();
    assert_eq!(third.published, third.batch);
    assert!(third.published > second.batch);
    let history: Vec<_> = bench
        .files()
        .into_keys()
        .filter(|path| path.starts_with("history/"))
        .collect();
    let size = |step: &Step| format!("history/{}", step.batch.unwrap());
    let mut expected = [size(&first), size(&second)];
    expected.sort();
    assert_eq!(history, expected);
    assert_eq!(bench.store().pending_count().await.unwrap(), 0);
}

#[tokio::test]
async fn a_silent_witness_is_not_waited_for_for_ever() {
    let mut bench = Bench::new();
    bench.quorum = 1;
    bench.silent(0);
    let mut world = World::new(false);
    bench.found(&mut world).await;
    let mut sequencer = bench.open().await.unwrap();
    let step = sequencer.step().await.unwrap();
    assert_eq!(step.published, step.batch);
}

#[tokio::test]
async fn a_witness_of_another_time_does_not_date_the_record() {
    let mut bench = Bench::new();
    bench.quorum = 1;
    let year_2100: Time = "2100-01-01T00:00:00Z".parse().unwrap();
    bench.ahead(0, year_2100.since(bench::START));
    let mut world = World::new(false);
    bench.found(&mut world).await;
    let mut sequencer = bench.open().await.unwrap();
    for _ in 0..3 {
        let now = bench.clock.now();
        let step = bench.step(&mut sequencer, &mut world).await;
        assert!(step.published.is_some());
        let accepted = bench
            .policy()
            .evaluate_exact(&bench.files()["checkpoint"])
            .unwrap();
        assert_eq!((accepted.witnesses.len(), accepted.time), (1, Some(now)));
    }
    // Alone it is worth no more than one that is silent.
    bench.online(1, false);
    assert_eq!(sequencer.step().await.unwrap().published, None);
    bench.ahead(0, 300);
    assert!(sequencer.step().await.unwrap().published.is_some());
}

#[tokio::test]
async fn more_events_than_slots_wait_in_their_order() {
    let bench = Bench::new();
    let mut world = World::new(false);
    let mut sequencer = bench.open().await.unwrap();
    bench.found(&mut world).await;
    bench.step(&mut sequencer, &mut world).await;
    let store = bench.store();
    // As many as one batch takes: of the two intervals that the profile promises, some is for publishing.
    store.accept_opening(testing::opening("b")).await.unwrap();
    let mut accepted = 1;
    while store
        .accept_version(testing::version("b", accepted))
        .await
        .is_ok()
    {
        accepted += 1;
    }
    // The opening takes one slot, each version two.
    let versions = accepted as usize - 1;
    assert_eq!(versions, (world::SLOTS - 1) / 2);
    store.erase_draft(testing::d("b")).await.unwrap();
    store.limit_waiting(1000);
    store.accept_opening(testing::opening("a")).await.unwrap();
    store
        .accept_version(testing::version("a", 1))
        .await
        .unwrap();
    let members = world::SLOTS;
    for seq in 1..=2 {
        for member in 0..members {
            store
                .accept_sign_on(testing::sign_on("a", &member.to_string(), seq))
                .await
                .unwrap();
        }
    }
    // The slots of the withdrawn draft were promised, too, but for its marks.
    let mut before = 1 + versions + 2 + 2 * members;
    while before > 0 {
        sequencer.step().await.unwrap();
        let left = usize::try_from(store.pending_count().await.unwrap()).unwrap();
        let taken = before - left;
        // A version takes two slots, and one stays free where it does not fit.
        let full = members.min(before);
        assert!(taken == full || taken + 1 == full, "{taken} of {full}");
        before = left;
    }
    for member in 0..members {
        let place = async |seq| {
            let new = testing::sign_on("a", &member.to_string(), seq);
            store.event(new.slot).await.unwrap().unwrap().at.unwrap()
        };
        assert!(place(1).await < place(2).await, "member {member}");
    }
    let opening = store
        .memo(testing::d("a"))
        .await
        .unwrap()
        .unwrap()
        .opening
        .at;
    assert!(opening < store.versions(testing::d("a")).await.unwrap()[0].at);
}

#[tokio::test]
async fn an_old_backup_does_not_fork_the_record() {
    let bench = Bench::new();
    let mut world = World::new(false);
    let mut sequencer = bench.open().await.unwrap();
    bench.found(&mut world).await;
    bench.step(&mut sequencer, &mut world).await;
    let backup = bench.copy();
    bench.step(&mut sequencer, &mut world).await;
    drop(sequencer);

    // The old database beside the new record.
    bench.copy_record(&backup);
    let refused = backup.open().await.map(drop).unwrap_err();
    assert!(
        matches!(refused, SequencerError::Behind { .. }),
        "{refused}"
    );
    assert!(refused.is_fatal());
    let files = backup.files();
    let policy = backup.policy();
    let refused = rebuild(
        &backup.store(),
        &backup.record_dir(),
        &bench::signer(),
        &policy,
    )
    .await
    .unwrap_err();
    assert!(
        matches!(refused, SequencerError::Behind { .. }),
        "{refused}"
    );
    assert_eq!(backup.files(), files);

    // The old database, the record lost too: the witnesses remember, and nothing is published.
    std::fs::remove_dir_all(backup.record_dir()).unwrap();
    let mut sequencer = backup.open().await.unwrap();
    backup.event_by_name("something else").await;
    let step = sequencer.step().await.unwrap();
    assert_eq!(step.published, None);
    assert_eq!(
        sequencer.published().size,
        backup
            .store()
            .published_checkpoint()
            .await
            .unwrap()
            .unwrap()
            .size
    );
}

#[tokio::test]
async fn a_database_of_moments_before_the_publication_learns_of_it() {
    let bench = Bench::new();
    let mut world = World::new(false);
    bench.found(&mut world).await;
    bench.stop_at(Some(FaultPoint::Cosigned));
    let mut sequencer = bench.open().await.unwrap();
    sequencer.step().await.unwrap_err();
    let backup = bench.copy();
    bench.stop_at(None);
    let step = sequencer.step().await.unwrap();
    drop(sequencer);
    // Up to the first of the two checkpoints that were published since.
    bench.copy_record(&backup);
    let first = bench.files()[&format!(
        "history/{}",
        bench.store().checkpoints(0, 1).await.unwrap()[0].size
    )]
        .clone();
    std::fs::write(backup.record_dir().join("checkpoint"), &first).unwrap();
    let sequencer = backup.open().await.unwrap();
    assert!(sequencer.size() < step.batch.unwrap());
    assert_eq!(
        backup
            .store()
            .published_checkpoint()
            .await
            .unwrap()
            .unwrap()
            .note,
        Some(first)
    );
}

#[tokio::test]
async fn the_files_are_rebuilt_byte_for_byte() {
    let bench = Bench::new();
    let mut world = World::new(false);
    let mut sequencer = bench.open().await.unwrap();
    bench.found(&mut world).await;
    bench.step(&mut sequencer, &mut world).await;
    let edition = world.edition_entry(1);
    bench
        .accept_edition(&edition, world.record.files["editions/1"].clone())
        .await;
    // Beyond one full tile.
    while sequencer.size() < 300 {
        for i in 0..40 {
            bench
                .accept(&bench::software(&format!("{} {i}", sequencer.size())), None)
                .await;
        }
        bench.step(&mut sequencer, &mut world).await;
    }
    let files = bench.files();
    assert!(
        files.contains_key("tile/0/000")
            && files.contains_key("tile/entries/000")
            && files.contains_key("tile/1/000.p/1")
    );
    assert!(files.contains_key("editions/1"));
    let (policy, store) = (bench.policy(), bench.store());
    let again = || async {
        rebuild(&store, &bench.record_dir(), &bench::signer(), &policy)
            .await
            .unwrap()
    };
    assert_eq!(again().await, Restored::default());
    for (i, path) in files.keys().enumerate() {
        let target = bench.record_dir().join(path);
        if i % 2 == 0 {
            std::fs::remove_file(target)
        } else {
            std::fs::write(target, b"damaged")
        }
        .unwrap();
    }
    std::fs::write(bench.record_dir().join("history/1"), b"never published").unwrap();
    std::fs::write(
        bench.record_dir().join("tile/0/.demur-left"),
        b"half a file",
    )
    .unwrap();
    let done = again().await;
    assert_eq!((done.written, done.removed), (files.len() as u64, 2));
    assert_eq!(bench.files(), files);
    std::fs::remove_dir_all(bench.record_dir()).unwrap();
    again().await;
    assert_eq!(bench.files(), files);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_runs_until_it_is_told_to_stop() {
    let bench = Bench::new();
    let mut world = World::new(false);
    bench.found(&mut world).await;
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(bench.open().await.unwrap().run(stopped));
    // Nothing waits for the first batch; the next is due in an interval.
    while bench
        .store()
        .published_checkpoint()
        .await
        .unwrap()
        .is_none()
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.send(true).unwrap();
    running.await.unwrap().unwrap();
    assert_eq!(bench.store().checkpoints(0, 9).await.unwrap().len(), 1);
    // Started again within the interval, it makes none.
    let mut sequencer = bench.open().await.unwrap();
    sequencer.tick().await.unwrap();
    assert_eq!(bench.store().checkpoints(0, 9).await.unwrap().len(), 1);
    bench.clock.advance(600);
    sequencer.tick().await.unwrap();
    assert_eq!(bench.store().checkpoints(0, 9).await.unwrap().len(), 2);
}

/// Over HTTP, with a witness that says what it knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_over_http() {
    use axum::{Router, body::Bytes, http::StatusCode, response::IntoResponse, routing::post};
    let bench = Bench::new();
    let mut world = World::new(false);
    bench.found(&mut world).await;
    let witness = bench.witnesses[0].witness();
    let answer = move |body: Bytes| async move {
        let reply = witness.lock().unwrap().add_checkpoint(&body, bench::START);
        (StatusCode::from_u16(reply.status()).unwrap(), reply.body()).into_response()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/prefix/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        axum::serve(
            listener,
            Router::new().route("/prefix/add-checkpoint", post(answer)),
        )
        .await
    });
    let client = HttpWitness::new(bench.witnesses[0].key().clone(), &url);
    let mut sequencer = bench.open().await.unwrap();
    bench.step(&mut sequencer, &mut world).await;
    let (tree, size) = (Arc::clone(&sequencer.tree), sequencer.size());
    let note = Checkpoint::new(world::ORIGIN, size, tree.root())
        .sign(&bench::signer())
        .unwrap();
    // Wrong about what the witness knows, and told so.
    let witnesses = [
        Arc::new(client),
        Arc::new(HttpWitness::new(
            bench.witnesses[1].key().clone(),
            "http://127.0.0.1:9",
        )),
    ];
    let answers = gather(&witnesses, &[0, 0], &tree, &note, WITNESS_TIMEOUT).await;
    let Gathered::Lines(lines) = &answers[0] else {
        panic!("{answers:?}")
    };
    let cosigned = add_cosignatures(&note, lines, &[bench.witnesses[0].key().clone()]).unwrap();
    assert!(cosigned.len() > note.len());
    assert!(matches!(&answers[1], Gathered::Nothing(_)));
    server.abort();
}

#[test]
fn a_clock_that_was_set_back_holds_up_no_batch() {
    let seconds = Duration::from_secs;
    let (minute, day) = (seconds(60), seconds(86_400));
    // The clock is right: it says when, also across a restart.
    assert_eq!(wait(seconds(10), minute, seconds(50)), seconds(10));
    assert_eq!(wait(seconds(10), minute, seconds(0)), seconds(10));
    assert_eq!(wait(seconds(0), minute, seconds(3)), seconds(0));
    // It was set back by a day.
    assert_eq!(wait(day, minute, seconds(0)), minute);
    assert_eq!(wait(day, minute, seconds(59)), seconds(1));
    assert_eq!(wait(day, minute, seconds(61)), seconds(0));
}
