//! What the record's rules keep out.

use demur_encoding::Time;

use super::{batch, conflict, d, direct, file, file_memo, opened, sign_on, version};
use crate::{
    Batch, BatchEntry, ConflictKind, EntrySource, FileKind, MemoPhase, NewDirect, RefusedRow,
    Store, WaitingList,
};

const FIRST: Time = Time::from_unix(1_800_000_000);
const LATER: Time = Time::from_unix(1_800_003_600);

/// A batch of nothing that refuses these.
async fn refuse<S: Store>(store: &S, time: Time, what: &[(WaitingList, &str, bool)]) {
    let refused = what.iter().map(|(list, leaf, give_up)| RefusedRow {
        list: *list,
        leaf: d(leaf),
        reason: format!("{leaf} can't stand"),
        time,
        give_up: *give_up,
        file: None,
    });
    empty_batch(store, refused.collect()).await;
}

/// A batch that takes nothing of what waits.
async fn empty_batch<S: Store>(store: &S, refused: Vec<RefusedRow>) {
    let first = store.size().await.unwrap();
    let state = BatchEntry {
        bytes: format!("state {first}").into_bytes(),
        leaf: d(&format!("state {first}")),
        source: EntrySource::Log,
    };
    let batch = Batch {
        first,
        entries: vec![state],
        root: d("root"),
        refused,
    };
    store.commit_batch(batch).await.unwrap();
}

pub(super) async fn what_is_refused_comes_last_and_holds_no_place<S: Store>(store: S) {
    opened(&store, "a").await;
    file_memo(&store, "a", 1).await;
    batch(&store).await.unwrap();
    for name in ["x", "y"] {
        store.accept_direct(direct(name)).await.unwrap();
    }
    for member in ["ann", "bob"] {
        store.accept_sign_on(sign_on("a", member, 1)).await.unwrap();
    }
    let before = store.pending(9, 9).await.unwrap();
    assert!(before.direct.iter().all(|row| row.refused.is_none()));
    let (late, other) = ("a sign-on ann 1 leaf", "a sign-on bob 1 leaf");
    let both = [
        (WaitingList::Direct, "x leaf", false),
        (WaitingList::Late, late, false),
    ];
    refuse(&store, FIRST, &both).await;
    // Refused again: the first time counts.
    refuse(&store, LATER, &both).await;
    let pending = store.pending(9, 9).await.unwrap();
    let direct: Vec<_> = pending.direct.iter().map(|r| (r.leaf, r.refused)).collect();
    assert_eq!(direct, [(d("y leaf"), None), (d("x leaf"), Some(FIRST))]);
    let lates: Vec<_> = pending.late.iter().map(|r| (r.leaf, r.refused)).collect();
    assert_eq!(lates, [(d(other), None), (d(late), Some(FIRST))]);
    // Cut short, it is what was refused that is left out.
    let pending = store.pending(1, 1).await.unwrap();
    assert_eq!(
        (pending.direct[0].leaf, pending.late[0].leaf),
        (d("y leaf"), d(other))
    );
    assert_eq!(store.pending_count().await.unwrap(), 2);
    store.limit_waiting(2);
    store.accept_sign_on(sign_on("a", "cyd", 1)).await.unwrap();

    assert_eq!(
        store.refusal(d("x leaf")).await.unwrap().as_deref(),
        Some("x leaf can't stand")
    );
    assert_eq!(store.refusal(d("y leaf")).await.unwrap(), None);
    let kept: Vec<_> = store.kept_out().await.unwrap();
    let seen: Vec<_> = kept.iter().map(|k| (k.list, k.leaf, k.given_up)).collect();
    let mut expected = [
        (WaitingList::Direct, d("x leaf"), false),
        (WaitingList::Late, d(late), false),
    ];
    expected.sort_by_key(|(_, leaf, _)| *leaf);
    assert_eq!(seen, expected);
    // In the record after all: nothing is kept out any more.
    batch(&store).await.unwrap();
    assert_eq!(store.kept_out().await.unwrap(), []);
    assert_eq!(store.refusal(d("x leaf")).await.unwrap(), None);
}

pub(super) async fn what_is_given_up_frees_its_number<S: Store>(store: S) {
    opened(&store, "a").await;
    file_memo(&store, "a", 1).await;
    batch(&store).await.unwrap();
    for seq in 1..=3 {
        store
            .accept_sign_on(sign_on("a", "ann", seq))
            .await
            .unwrap();
    }
    for number in 2..=3 {
        store.accept_version(version("a", number)).await.unwrap();
    }
    let step = NewDirect {
        memo: Some(d("a")),
        claim: Some("returned/a".to_owned()),
        file: Some(file(FileKind::Returned, "letter")),
        ..direct("step")
    };
    store.accept_direct(step.clone()).await.unwrap();
    let refused = |list, leaf: &str| RefusedRow {
        list,
        leaf: d(leaf),
        reason: "too late".to_owned(),
        time: LATER,
        give_up: true,
        file: (leaf == "step leaf").then(|| d("letter file")),
    };
    let all = vec![
        refused(WaitingList::Late, "a sign-on ann 2 leaf"),
        refused(WaitingList::Direct, "a version 2 leaf"),
        refused(WaitingList::Direct, "step leaf"),
    ];
    empty_batch(&store, all).await;
    let pending = store.pending(9, 9).await.unwrap();
    assert_eq!(pending.direct, []);
    assert_eq!(pending.late.len(), 1);
    // With each went what came after it in its chain; nothing was lost silently.
    let kept = store.kept_out().await.unwrap();
    assert!(kept.iter().all(|k| k.given_up
        && k.reason == "too late"
        && k.since == LATER
        && k.memo == Some(d("a"))));
    let mut entries: Vec<_> = kept.iter().map(|k| &k.entry[..]).collect();
    entries.sort_unstable();
    assert_eq!(
        entries,
        [
            &b"entry of a sign-on ann 2"[..],
            b"entry of a sign-on ann 3",
            b"entry of a version 2",
            b"entry of a version 3",
            b"entry of step",
        ]
    );
    assert_eq!(
        store.case_files(d("a"), FileKind::Returned).await.unwrap(),
        []
    );
    // Numbers and claims are free: for the same, and for another.
    assert_eq!(
        conflict(store.accept_sign_on(sign_on("a", "ann", 3)).await),
        ConflictKind::Sequence { next: 2 }
    );
    assert!(
        store
            .accept_sign_on(sign_on("a", "ann", 2))
            .await
            .unwrap()
            .fresh
    );
    assert!(store.accept_version(version("a", 2)).await.unwrap().fresh);
    let other = NewDirect {
        leaf: d("another step leaf"),
        ..step
    };
    assert!(store.accept_direct(other).await.unwrap().fresh);
    store.check().await.unwrap();
}

pub(super) async fn a_filing_is_tried_again_when_told<S: Store>(store: S) {
    for memo in ["a", "b"] {
        opened(&store, memo).await;
        file_memo(&store, memo, 1).await;
    }
    store.accept_sign_on(sign_on("a", "ann", 1)).await.unwrap();
    let filing = |give_up| [(WaitingList::Filing, "a filed leaf", give_up)];
    refuse(&store, FIRST, &filing(false)).await;
    let memos = async || {
        let pending = store.pending(9, 9).await.unwrap();
        let memos: Vec<_> = pending
            .filings
            .iter()
            .map(|f| (f.memo, f.refused))
            .collect();
        (memos, pending.late.len())
    };
    assert_eq!(
        memos().await,
        (vec![(d("b"), None), (d("a"), Some(FIRST))], 1)
    );
    refuse(&store, LATER, &filing(true)).await;
    // What waits for it waits with it, and holds no place.
    assert_eq!(memos().await, (vec![(d("b"), None)], 0));
    assert_eq!(store.filings_waiting().await.unwrap(), 1);
    // Four slots and the other filing.
    assert_eq!(store.pending_count().await.unwrap(), 5);
    let kept = store.kept_out().await.unwrap();
    assert_eq!(
        (kept.len(), kept[0].list, kept[0].given_up, kept[0].since),
        (1, WaitingList::Filing, true, FIRST)
    );
    assert_eq!(
        store.memo(d("a")).await.unwrap().unwrap().phase,
        MemoPhase::Filing
    );
    assert_eq!(store.retry_filings().await.unwrap(), 1);
    assert_eq!(store.retry_filings().await.unwrap(), 0);
    assert_eq!(memos().await, (vec![(d("a"), None), (d("b"), None)], 1));
    assert_eq!(store.kept_out().await.unwrap(), []);
    batch(&store).await.unwrap();
    assert_eq!(store.pending_count().await.unwrap(), 0);
}
