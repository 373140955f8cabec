//! What the record's rules keep out does not keep out others, and is not tried for ever.

use demur_record::{
    batch::MAX_BATCH_DIRECT,
    entry::{FORMAT, Software},
};
use demur_store::WaitingList;

use super::*;

/// The promise's term of the world's profile.
const TERM: u64 = 1200;

/// Entries that no rule lets in: software has a name.
fn nameless(number: usize) -> Entry {
    Entry::Software(Software {
        v: FORMAT,
        name: String::new(),
        version: number.to_string(),
        digest: sha256(b"program"),
    })
}

#[tokio::test]
async fn a_queue_of_refused_entries_lets_others_pass() {
    let bench = Bench::new();
    let mut world = World::new(false);
    let mut sequencer = bench.open().await.unwrap();
    bench.found(&mut world).await;
    bench.step(&mut sequencer, &mut world).await;
    for number in 0..MAX_BATCH_DIRECT {
        bench.accept(&nameless(number), None).await;
    }
    bench.accept(&bench::software("good"), None).await;
    let refused = async |sequencer: &mut bench::TestSequencer| {
        bench.clock.advance(600);
        sequencer.step().await.unwrap().refused
    };
    // As many as a batch reads; from then on they come last.
    assert_eq!(refused(&mut sequencer).await, MAX_BATCH_DIRECT);
    assert_eq!(refused(&mut sequencer).await, MAX_BATCH_DIRECT - 1);
    assert!(sequencer.replay.software().contains_key("good"));
    let kept = bench.store().kept_out().await.unwrap();
    assert_eq!(kept.len(), MAX_BATCH_DIRECT);
    assert!(kept.iter().all(|one| !one.given_up));
    // The promises have fallen due: given up, each with its reason, and nothing waits any more. The one that the last batch left out
    // was refused before, too.
    bench.clock.advance(TERM);
    while refused(&mut sequencer).await > 0 {}
    assert_eq!(bench.store().pending(9, 9).await.unwrap().direct, []);
    let kept = bench.store().kept_out().await.unwrap();
    assert_eq!(kept.len(), MAX_BATCH_DIRECT);
    for one in kept {
        assert!(one.given_up && one.list == WaitingList::Direct);
        assert!(one.reason.contains("name"), "{}", one.reason);
    }
}

#[tokio::test]
async fn a_filing_that_is_refused_waits_for_the_next_start() {
    let bench = Bench::new();
    let mut world = World::new(false);
    let mut sequencer = bench.open().await.unwrap();
    bench.found(&mut world).await;
    for _ in 0..2 {
        bench.step(&mut sequencer, &mut world).await;
    }
    let edition = world.edition_entry(1);
    bench
        .accept_edition(&edition, world.record.files["editions/1"].clone())
        .await;
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
    // What can't happen: it counts another number of sign-ons than there are.
    let mut filed = world.filed_entry();
    filed.sign_ons += 1;
    let entry = Entry::Filed(filed.clone()).to_vec().unwrap();
    let leaf = demur_record::tiles::leaf_hash(&entry);
    let filing = NewFiling {
        memo: filed.memo,
        body_hash: sha256(b"body"),
        version: 1,
        sealed: NewFile {
            kind: FileKind::Filing,
            digest: filed.sealed,
            bytes: b"for the office".to_vec(),
        },
    };
    let store = bench.store();
    store.file(filing, |_| (entry.clone(), leaf)).await.unwrap();
    let late = world.sign_on(3, 1, Action::Sign, 1, None);
    bench.event(&mut world, Event::SignOn(late)).await;
    // The late sign-on only waits for it: it is not refused itself, however long that takes.
    for given_up in [false, false, true] {
        bench.clock.advance(600);
        assert_eq!(sequencer.step().await.unwrap().refused, 1);
        let kept = store.kept_out().await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].list, kept[0].leaf), (WaitingList::Filing, leaf));
        assert_eq!(kept[0].given_up, given_up);
        assert!(store.refusal(leaf).await.unwrap().is_some());
    }
    bench.clock.advance(600);
    assert_eq!(sequencer.step().await.unwrap().refused, 0);
    assert_eq!(store.pending_count().await.unwrap(), 0);
    drop(sequencer);
    let mut sequencer = bench.open().await.unwrap();
    assert_eq!(store.kept_out().await.unwrap(), []);
    bench.clock.advance(600);
    assert_eq!(sequencer.step().await.unwrap().refused, 1);
}
