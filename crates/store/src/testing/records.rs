//! Batches, entries, checkpoints.

use super::{batch, conflict, d, direct, file_memo, missing, opened, sign_on};
use crate::{
    Batch, BatchEntry, ConflictKind, EntrySource, MAX_READ_BYTES, NewDirect, Pending, Store,
};

pub(super) async fn batches<S: Store>(store: S) {
    assert_eq!(store.size().await.unwrap(), 0);
    assert_eq!(store.newest_checkpoint().await.unwrap(), None);
    opened(&store, "a").await;
    store.accept_direct(direct("x")).await.unwrap();
    let (first, _) = batch(&store).await.unwrap();
    let (second, pending) = batch(&store).await.unwrap();
    assert_eq!(pending, Pending::default());
    assert_eq!(
        (first.first, second.first, store.size().await.unwrap()),
        (0, 3, 5)
    );
    let all: Vec<_> = first.entries.iter().chain(&second.entries).collect();
    let rows = store.entries(0, 100).await.unwrap();
    assert_eq!(rows.len(), all.len());
    for (i, (row, entry)) in rows.iter().zip(all).enumerate() {
        assert_eq!(
            (row.index, &row.bytes, row.leaf),
            (i as u64, &entry.bytes, entry.leaf)
        );
        assert_eq!(
            store.entry_of_leaf(row.leaf).await.unwrap().as_ref(),
            Some(row)
        );
    }
    assert_eq!(store.entries(2, 2).await.unwrap(), rows[2..4]);
    assert_eq!(store.entries(5, 2).await.unwrap(), []);
    assert_eq!(store.entry_of_leaf(d("no")).await.unwrap(), None);
    let sizes: Vec<_> = store
        .checkpoints(0, 9)
        .await
        .unwrap()
        .iter()
        .map(|c| (c.size, c.root))
        .collect();
    assert_eq!(sizes, [(3, first.root), (5, second.root)]);
    assert!(store.scrub().await.unwrap());
    store.check().await.unwrap();
}

pub(super) async fn large_entries_are_read_in_parts<S: Store>(store: S) {
    let large = vec![b'x'; MAX_READ_BYTES / 3];
    let mut first = batch(&store).await.unwrap().0;
    first.first = store.size().await.unwrap();
    first.entries = (0..7_u8)
        .map(|n| {
            // The fifth is over the limit by itself.
            let mut bytes = large.repeat(if n == 4 { 4 } else { 1 });
            bytes.push(n);
            BatchEntry {
                leaf: d(&n.to_string()),
                bytes,
                source: EntrySource::Log,
            }
        })
        .collect();
    first.root = d("large");
    let entries = first.entries.clone();
    let begin = first.first;
    store.commit_batch(first).await.unwrap();

    let mut read = Vec::new();
    let mut parts = Vec::new();
    while read.len() < entries.len() {
        let part = store.entries(begin + read.len() as u64, 100).await.unwrap();
        let bytes: usize = part.iter().map(|row| row.bytes.len()).sum();
        assert!(part.len() == 1 || bytes <= MAX_READ_BYTES);
        parts.push(part.len());
        read.extend(part.into_iter().map(|row| row.bytes));
    }
    let whole: Vec<_> = entries.into_iter().map(|entry| entry.bytes).collect();
    assert_eq!(read, whole);
    assert_eq!(parts, [2, 2, 1, 2]);
}

pub(super) async fn a_stale_batch_changes_nothing<S: Store>(store: S) {
    opened(&store, "a").await;
    let (first, _) = batch(&store).await.unwrap();
    store.accept_sign_on(sign_on("a", "ann", 1)).await.unwrap();
    let slots = EntrySource::Slots(vec![(sign_on("a", "ann", 1).slot, 0)]);
    let entry = BatchEntry {
        bytes: b"opaque".to_vec(),
        leaf: d("opaque"),
        source: slots,
    };
    for wrong in [0, 3] {
        let stale = Batch {
            first: wrong,
            entries: vec![entry.clone()],
            root: d("root"),
            refused: Vec::new(),
        };
        let kind = conflict(store.commit_batch(stale).await);
        assert_eq!(
            kind,
            ConflictKind::Stale {
                have: first.entries.len() as u64,
                got: wrong
            }
        );
    }
    assert_eq!(store.size().await.unwrap(), 2);
    assert_eq!(store.pending(9, 9).await.unwrap().slots.len(), 1);
    assert_eq!(store.sign_ons(d("a")).await.unwrap(), []);
}

pub(super) async fn erased_slots_are_passed_over<S: Store>(store: S) {
    opened(&store, "a").await;
    let waiting = store.pending(9, 9).await.unwrap().slots;
    store.erase_draft(d("a")).await.unwrap();
    let slots = waiting
        .iter()
        .zip(0..)
        .map(|(slot, n)| (slot.slot, n))
        .collect();
    let entry = BatchEntry {
        bytes: b"opaque".to_vec(),
        leaf: d("opaque"),
        source: EntrySource::Slots(slots),
    };
    store
        .commit_batch(Batch {
            first: 0,
            entries: vec![entry],
            root: d("root"),
            refused: Vec::new(),
        })
        .await
        .unwrap();
    assert_eq!(store.size().await.unwrap(), 1);
    assert_eq!(store.pending(9, 9).await.unwrap().slots, []);
    assert_eq!(store.memo(d("a")).await.unwrap(), None);
}

pub(super) async fn publishing<S: Store>(store: S) {
    missing(store.publish(2, b"note".to_vec()).await);
    for _ in 0..3 {
        batch(&store).await.unwrap();
    }
    assert_eq!(store.published_checkpoint().await.unwrap(), None);
    assert_eq!(store.newest_checkpoint().await.unwrap().unwrap().size, 6);
    store.publish(4, b"note 4".to_vec()).await.unwrap();
    store.publish(4, b"note 4".to_vec()).await.unwrap();
    assert_eq!(
        conflict(store.publish(4, b"other".to_vec()).await),
        ConflictKind::Published { size: 4 }
    );
    assert_eq!(
        conflict(store.publish(2, b"note 2".to_vec()).await),
        ConflictKind::Published { size: 2 }
    );
    missing(store.publish(5, b"note".to_vec()).await);
    let published = store.published_checkpoint().await.unwrap().unwrap();
    assert_eq!(
        (published.size, published.note),
        (4, Some(b"note 4".to_vec()))
    );
    store.publish(6, b"note 6".to_vec()).await.unwrap();
    let notes: Vec<_> = store
        .checkpoints(4, 9)
        .await
        .unwrap()
        .into_iter()
        .map(|c| c.note)
        .collect();
    assert_eq!(notes, [Some(b"note 4".to_vec()), Some(b"note 6".to_vec())]);
    assert_eq!(store.checkpoints(0, 1).await.unwrap()[0].note, None);
}

pub(super) async fn limits_keep_the_order<S: Store>(store: S) {
    opened(&store, "a").await;
    file_memo(&store, "a", 1).await;
    for name in ["c", "b", "a"] {
        store.accept_direct(direct(name)).await.unwrap();
    }
    for seq in 1..=3 {
        for member in ["ann", "bob"] {
            store
                .accept_sign_on(sign_on("a", member, seq))
                .await
                .unwrap();
        }
    }
    let pending = store.pending(2, 3).await.unwrap();
    let direct: Vec<_> = pending.direct.iter().map(|row| &row.entry[..]).collect();
    assert_eq!(direct, [b"entry of c", b"entry of b"]);
    let numbers: Vec<_> = pending.late.iter().map(|row| row.number).collect();
    assert_eq!(numbers, [1, 1, 2]);
    assert!(
        pending
            .late
            .iter()
            .all(|row| row.memo == Some(d("a")) && row.nullifier.is_some())
    );
    assert!(pending.slots.is_sorted_by_key(|slot| slot.slot));
}

pub(super) async fn what_waits_of_one_memo<S: Store>(store: S) {
    for memo in ["a", "b"] {
        opened(&store, memo).await;
        file_memo(&store, memo, 1).await;
        let step = NewDirect {
            memo: Some(d(memo)),
            ..direct(&format!("step on {memo}"))
        };
        store.accept_direct(step).await.unwrap();
    }
    store.accept_direct(direct("step on none")).await.unwrap();
    let leaves = |pending: &Pending| {
        let direct: Vec<_> = pending.direct.iter().map(|row| row.leaf).collect();
        let filings: Vec<_> = pending.filings.iter().map(|row| row.leaf).collect();
        (direct, filings)
    };
    let of_a = store.pending_of(d("a")).await.unwrap();
    assert_eq!(
        leaves(&of_a),
        (vec![d("step on a leaf")], vec![d("a filed leaf")])
    );
    assert!(of_a.slots.is_empty() && of_a.late.is_empty());
    assert_eq!(of_a.filings[0].entry, b"filed a");
    batch(&store).await.unwrap();
    assert_eq!(
        leaves(&store.pending_of(d("a")).await.unwrap()),
        (vec![], vec![])
    );
}
