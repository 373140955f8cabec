//! Openings, versions, sign-ons, accesses.

use super::{access, batch, conflict, d, file_memo, missing, opened, opening, sign_on, version};
use crate::{Accepted, ConflictKind, EventKind, Held, MemoPhase, PlaceRow, Store, StoreError};

pub(super) async fn openings<S: Store>(store: S) {
    let new = opening("a");
    assert_eq!(store.memo(d("a")).await.unwrap(), None);
    let accepted = store.accept_opening(new.clone()).await.unwrap();
    assert_eq!(
        accepted,
        Accepted {
            held: Held::Slot(new.slot),
            fresh: true
        }
    );
    let memo = store.memo(d("a")).await.unwrap().unwrap();
    assert_eq!(memo.phase, MemoPhase::Draft);
    assert_eq!(memo.opening.event, new.event);
    assert_eq!(
        (memo.opening.kind, memo.opening.salt, memo.opening.at),
        (EventKind::Opening, new.salt, None)
    );
    assert_eq!(store.event(new.slot).await.unwrap(), Some(memo.opening));

    let mut twice = opening("b");
    twice.nullifier = new.nullifier;
    assert_eq!(
        conflict(store.accept_opening(twice.clone()).await),
        ConflictKind::OpeningTaken
    );
    let mut same = opening("b");
    same.memo = d("a");
    assert_eq!(
        conflict(store.accept_opening(same.clone()).await),
        ConflictKind::MemoExists
    );
    // The same rules hold once the first has its place.
    batch(&store).await.unwrap();
    assert_eq!(
        conflict(store.accept_opening(twice).await),
        ConflictKind::OpeningTaken
    );
    assert_eq!(
        conflict(store.accept_opening(same).await),
        ConflictKind::MemoExists
    );
    let placed = store.memo(d("a")).await.unwrap().unwrap().opening.at;
    assert_eq!(
        placed,
        Some(PlaceRow {
            entry: 0,
            slot: Some(0)
        })
    );
}

pub(super) async fn versions_form_one_chain<S: Store>(store: S) {
    missing(store.accept_version(version("a", 1)).await);
    store.accept_opening(opening("a")).await.unwrap();
    assert_eq!(
        conflict(store.accept_version(version("a", 2)).await),
        ConflictKind::VersionGap { next: 1 }
    );
    assert_eq!(
        conflict(store.accept_version(version("a", 0)).await),
        ConflictKind::VersionGap { next: 1 }
    );
    store.accept_version(version("a", 1)).await.unwrap();
    for placed in [false, true] {
        let mut sibling = version("a", 1);
        sibling.slot = d("sibling slot");
        sibling.leaf = d("sibling leaf");
        let ConflictKind::Sibling(first) = conflict(store.accept_version(sibling).await) else {
            panic!()
        };
        assert_eq!(first.event, version("a", 1).event);
        assert_eq!(first.at.is_some(), placed);
        assert_eq!(
            conflict(store.accept_version(version("a", 3)).await),
            ConflictKind::VersionGap { next: 2 }
        );
        batch(&store).await.unwrap();
    }
    store.accept_version(version("a", 2)).await.unwrap();
    let versions = store.versions(d("a")).await.unwrap();
    let events: Vec<_> = versions.iter().map(|row| &row.event[..]).collect();
    assert_eq!(events, [b"a version 1", b"a version 2"]);
    for (row, number) in versions.iter().zip([1, 2]) {
        let one = store.version(d("a"), number).await.unwrap();
        assert_eq!(one.as_ref(), Some(row), "placed, and waiting");
    }
    assert_eq!(store.version(d("a"), 0).await.unwrap(), None);
    assert_eq!(store.version(d("a"), 3).await.unwrap(), None);
    assert_eq!(store.version(d("b"), 1).await.unwrap(), None);
    // The sealed text is there at once and afterwards.
    for _ in 0..2 {
        for number in [1, 2] {
            let sealed = version("a", number).sealed;
            assert_eq!(
                store.case_file(d("a"), sealed.digest).await.unwrap(),
                Some(sealed)
            );
        }
        batch(&store).await.unwrap();
    }
}

pub(super) async fn sign_ons_are_numbered<S: Store>(store: S) {
    missing(store.accept_sign_on(sign_on("a", "ann", 1)).await);
    opened(&store, "a").await;
    opened(&store, "b").await;
    let next = |next| ConflictKind::Sequence { next };
    assert_eq!(
        conflict(store.accept_sign_on(sign_on("a", "ann", 2)).await),
        next(1)
    );
    assert_eq!(
        conflict(store.accept_sign_on(sign_on("a", "ann", 0)).await),
        next(1)
    );
    assert_eq!(
        conflict(store.accept_sign_on(sign_on("a", "ann", u64::MAX)).await),
        next(1)
    );
    store.accept_sign_on(sign_on("a", "ann", 1)).await.unwrap();
    for _ in 0..2 {
        let mut other = sign_on("a", "ann", 1);
        other.slot = d("another slot");
        other.leaf = d("another leaf");
        assert_eq!(conflict(store.accept_sign_on(other).await), next(2));
        assert_eq!(
            conflict(store.accept_sign_on(sign_on("a", "ann", 3)).await),
            next(2)
        );
        batch(&store).await.unwrap();
    }
    store.accept_sign_on(sign_on("a", "ann", 2)).await.unwrap();
    store.accept_sign_on(sign_on("a", "bob", 1)).await.unwrap();
    store.accept_sign_on(sign_on("b", "ann", 1)).await.unwrap();
    let ann = sign_on("a", "ann", 1).nullifier;
    assert_eq!(store.last_seq(d("a"), ann).await.unwrap(), 2);
    assert_eq!(store.last_seq(d("b"), ann).await.unwrap(), 0);
    for seq in [1, 2] {
        let row = store.sign_on(d("a"), ann, seq).await.unwrap().unwrap();
        assert_eq!(row.event, sign_on("a", "ann", seq).event);
        assert_eq!(row.at.is_some(), seq == 1);
    }
    assert_eq!(store.sign_on(d("a"), ann, 3).await.unwrap(), None);
}

pub(super) async fn retries_change_nothing<S: Store>(store: S) {
    opened(&store, "a").await;
    store.accept_sign_on(sign_on("a", "ann", 1)).await.unwrap();
    for round in 0..3 {
        let again = [
            store.accept_opening(opening("a")).await.unwrap(),
            store.accept_version(version("a", 1)).await.unwrap(),
            store.accept_sign_on(sign_on("a", "ann", 1)).await.unwrap(),
        ];
        let slots = [
            opening("a").slot,
            version("a", 1).slot,
            sign_on("a", "ann", 1).slot,
        ];
        for (accepted, slot) in again.into_iter().zip(slots) {
            assert_eq!(
                accepted,
                Accepted {
                    held: Held::Slot(slot),
                    fresh: false
                }
            );
        }
        assert_eq!(
            store.pending_count().await.unwrap(),
            if round == 0 { 3 } else { 0 }
        );
        if round == 1 {
            file_memo(&store, "a", 1).await;
        }
        batch(&store).await.unwrap();
    }
}

pub(super) async fn waiting_sign_ons_are_not_shown<S: Store>(store: S) {
    opened(&store, "a").await;
    for member in ["ann", "bob", "cy"] {
        store.accept_sign_on(sign_on("a", member, 1)).await.unwrap();
    }
    assert_eq!(store.sign_ons(d("a")).await.unwrap(), []);
    assert_eq!(store.notes(d("a")).await.unwrap(), []);
    let (first, _) = batch(&store).await.unwrap();
    store.accept_sign_on(sign_on("a", "dee", 1)).await.unwrap();
    let shown = store.sign_ons(d("a")).await.unwrap();
    assert_eq!(shown.len(), 3);
    assert!(shown.is_sorted_by_key(|row| row.at));
    assert!(
        shown
            .iter()
            .all(|row| row.at.is_some_and(|at| at.entry == first.first))
    );
    let notes = store.notes(d("a")).await.unwrap();
    assert_eq!(notes.len(), 3);
    assert!(notes.is_sorted_by_key(|note| (note.nullifier, note.seq)));
    let ann = notes
        .iter()
        .find(|note| note.nullifier == sign_on("a", "ann", 1).nullifier)
        .unwrap();
    assert_eq!(ann.sealed, sign_on("a", "ann", 1).note.bytes);
}

pub(super) async fn erasing_a_draft<S: Store>(store: S) {
    missing(store.erase_draft(d("a")).await);
    for memo in ["a", "b", "c"] {
        opened(&store, memo).await;
        store.accept_sign_on(sign_on(memo, "ann", 1)).await.unwrap();
    }
    batch(&store).await.unwrap();
    store.accept_sign_on(sign_on("a", "bob", 1)).await.unwrap();
    store.accept_version(version("a", 2)).await.unwrap();
    store
        .add_approval(super::cases::approval("a", "withdraw", "x"))
        .await
        .unwrap();
    store.erase_draft(d("a")).await.unwrap();
    assert_eq!(store.memo(d("a")).await.unwrap(), None);
    for key in [
        opening("a").slot,
        version("a", 1).slot,
        version("a", 2).slot,
        sign_on("a", "bob", 1).slot,
    ] {
        assert_eq!(store.event(key).await.unwrap(), None);
    }
    assert_eq!(store.versions(d("a")).await.unwrap(), []);
    assert_eq!(store.sign_ons(d("a")).await.unwrap(), []);
    assert_eq!(store.waiting(d("a")).await.unwrap(), []);
    assert_eq!(
        store
            .case_file(d("a"), version("a", 1).sealed.digest)
            .await
            .unwrap(),
        None
    );
    // The promises stand: bare slots, of no memo, wait on. The opening stays used.
    let mut left: Vec<_> = store.pending(9, 9).await.unwrap().slots;
    left.sort_by_key(|slot| slot.slot);
    let mut promised = [version("a", 2).slot, sign_on("a", "bob", 1).slot];
    promised.sort();
    assert_eq!(
        left.iter().map(|slot| slot.slot).collect::<Vec<_>>(),
        promised
    );
    assert!(
        left.iter()
            .all(|slot| slot.memo != d("a") && slot.nullifier.is_none())
    );
    assert_eq!(store.pending_count().await.unwrap(), 2);
    assert_eq!(
        conflict(store.accept_opening(opening("a")).await),
        ConflictKind::OpeningTaken
    );
    missing(store.accept_sign_on(sign_on("a", "cy", 1)).await);
    batch(&store).await.unwrap();
    assert_eq!(store.pending_count().await.unwrap(), 0);
    assert_eq!(store.event(version("a", 2).slot).await.unwrap(), None);
    assert_eq!(store.sign_ons(d("b")).await.unwrap().len(), 1);
    file_memo(&store, "b", 1).await;
    assert_eq!(
        conflict(store.erase_draft(d("b")).await),
        ConflictKind::Filed
    );
    batch(&store).await.unwrap();
    assert_eq!(
        conflict(store.erase_draft(d("b")).await),
        ConflictKind::Filed
    );
}

pub(super) async fn drafts<S: Store>(store: S) {
    store.accept_opening(opening("a")).await.unwrap();
    store.accept_opening(opening("c")).await.unwrap();
    batch(&store).await.unwrap();
    store.accept_version(version("a", 1)).await.unwrap();
    let newest = async |memo: &str| {
        let drafts = store.drafts().await.unwrap();
        drafts
            .into_iter()
            .find(|draft| draft.memo == d(memo))
            .map(|draft| draft.newest)
    };
    assert_eq!(newest("a").await, Some(None));
    assert_eq!(newest("c").await, Some(Some(0)));
    let (second, _) = batch(&store).await.unwrap();
    store.accept_sign_on(sign_on("a", "ann", 1)).await.unwrap();
    assert_eq!(newest("a").await, Some(Some(second.first)));
    file_memo(&store, "a", 1).await;
    assert_eq!(newest("a").await, None);
    assert_eq!(newest("c").await, Some(Some(0)));
}

pub(super) async fn accesses<S: Store>(store: S) {
    missing(store.accept_access(access("a", 1)).await);
    opened(&store, "a").await;
    assert_eq!(
        conflict(store.accept_access(access("a", 1)).await),
        ConflictKind::NotFiled
    );
    file_memo(&store, "a", 1).await;
    batch(&store).await.unwrap();
    let accepted = store.accept_access(access("a", 1)).await.unwrap();
    assert_eq!(accepted.held, Held::Slot(access("a", 1).slot));
    batch(&store).await.unwrap();
    store.accept_access(access("a", 2)).await.unwrap();
    let shown = store.accesses(d("a")).await.unwrap();
    let events: Vec<_> = shown.iter().map(|row| &row.event[..]).collect();
    assert_eq!(events, [b"a access 1", b"a access 2"]);
    assert!(shown[0].at.is_some() && shown[1].at.is_none());
    // What was noted of officials is never opened.
    let opened = store.slot_events(d("a")).await.unwrap();
    assert!(opened.iter().all(|row| row.kind != EventKind::Access));
}

pub(super) async fn no_more_than_the_limit_may_wait<S: Store>(store: S) {
    opened(&store, "a").await;
    // The opening, the version with its mark, and one more.
    store.limit_waiting(4);
    store.accept_sign_on(sign_on("a", "ann", 1)).await.unwrap();
    for new in [sign_on("a", "bob", 1), sign_on("a", "ann", 2)] {
        let over = store.accept_sign_on(new).await;
        assert!(matches!(over, Err(StoreError::Busy { .. })), "{over:?}");
    }
    let over = store.accept_opening(opening("b")).await;
    assert!(matches!(over, Err(StoreError::Busy { .. })), "{over:?}");
    // What was accepted is still answered.
    assert!(
        !store
            .accept_sign_on(sign_on("a", "ann", 1))
            .await
            .unwrap()
            .fresh
    );
    let (first, pending) = batch(&store).await.unwrap();
    assert!(pending.slots.iter().all(|slot| slot.since == 0));
    store.accept_sign_on(sign_on("a", "bob", 1)).await.unwrap();
    let pending = store.pending(9, 9).await.unwrap();
    assert_eq!(pending.slots[0].since, first.entries.len() as u64);
}

pub(super) async fn what_comes_after_filing_is_an_entry<S: Store>(store: S) {
    opened(&store, "a").await;
    store.accept_sign_on(sign_on("a", "ann", 1)).await.unwrap();
    file_memo(&store, "a", 1).await;
    assert_eq!(
        store.memo(d("a")).await.unwrap().unwrap().phase,
        MemoPhase::Filing
    );
    let late = sign_on("a", "bob", 1);
    let accepted = store.accept_sign_on(late.clone()).await.unwrap();
    assert_eq!(
        accepted,
        Accepted {
            held: Held::Entry(late.leaf),
            fresh: true
        }
    );
    assert_eq!(
        store.accept_sign_on(late.clone()).await.unwrap(),
        Accepted {
            fresh: false,
            ..accepted
        }
    );
    let second = version("a", 2);
    let accepted = store.accept_version(second.clone()).await.unwrap();
    assert_eq!(accepted.held, Held::Entry(second.leaf));
    assert_eq!(
        store.accept_version(second.clone()).await.unwrap(),
        Accepted {
            fresh: false,
            ..accepted
        }
    );
    store.accept_sign_on(sign_on("a", "ann", 2)).await.unwrap();

    let pending = store.pending(9, 9).await.unwrap();
    assert_eq!(pending.slots.len(), 3);
    assert_eq!(pending.direct.len(), 1);
    assert_eq!(
        (pending.direct[0].leaf, &pending.direct[0].entry),
        (second.leaf, &second.entry)
    );
    assert_eq!(pending.direct[0].memo, Some(d("a")));
    assert_eq!(pending.late.len(), 2);
    assert!(
        pending
            .late
            .iter()
            .any(|row| row.leaf == late.leaf && row.entry == late.entry && row.number == 1)
    );
    assert_eq!(pending.filings.len(), 1);
    assert_eq!(store.slot_events(d("a")).await.unwrap().len(), 3);
    assert_eq!(store.pending_count().await.unwrap(), 3 + 1 + 2 + 1);

    let (done, _) = batch(&store).await.unwrap();
    assert_eq!(store.pending_count().await.unwrap(), 0);
    let at = |leaf| {
        let (_, index) = done
            .entries
            .iter()
            .zip(done.first..)
            .find(|(entry, _)| entry.leaf == leaf)
            .unwrap();
        Some(PlaceRow {
            entry: index,
            slot: None,
        })
    };
    assert_eq!(
        store.event(late.leaf).await.unwrap().unwrap().at,
        at(late.leaf)
    );
    assert_eq!(store.versions(d("a")).await.unwrap()[1].at, at(second.leaf));
    assert_eq!(store.sign_ons(d("a")).await.unwrap().len(), 3);
    assert_eq!(store.notes(d("a")).await.unwrap().len(), 3);
    assert_eq!(store.slot_events(d("a")).await.unwrap().len(), 3);
    let MemoPhase::Filed { entry } = store.memo(d("a")).await.unwrap().unwrap().phase else {
        panic!()
    };
    assert_eq!(store.entries(entry, 1).await.unwrap()[0].bytes, b"filed a");
    assert!(!store.accept_sign_on(late).await.unwrap().fresh);
}

pub(super) async fn at_the_same_time_one_wins<S: Store>(store: S) {
    opened(&store, "a").await;
    let mut tries = Vec::new();
    for i in 0..8 {
        let mut new = sign_on("a", "ann", 1);
        new.slot = d(&format!("slot {i}"));
        new.leaf = d(&format!("leaf {i}"));
        tries.push(store.accept_sign_on(new));
    }
    let results = at_once(tries).await;
    let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 7));
    for result in lost {
        assert_eq!(conflict(result), ConflictKind::Sequence { next: 2 });
    }
}

/// What is refused takes nothing with it, and leaves nothing behind, whatever is accepted with it.
pub(super) async fn many_at_once_are_each_accepted_or_refused<S: Store>(store: S) {
    opened(&store, "a").await;
    let mut tries = Vec::new();
    for i in 0..40 {
        let member = format!("member {i}");
        let mut gap = sign_on("a", &member, 3);
        gap.slot = d(&format!("gap {i}"));
        // The same twice, as after a lost answer, and one that can't be.
        for new in [sign_on("a", &member, 1), gap, sign_on("a", &member, 1)] {
            tries.push(store.accept_sign_on(new));
        }
    }
    for (i, three) in at_once(tries).await.chunks(3).enumerate() {
        let [first, gap, again] = three else { panic!() };
        let fresh = |result: &Result<Accepted, StoreError>| result.as_ref().unwrap().fresh;
        assert!(fresh(first) && !fresh(again), "{i}");
        assert!(
            matches!(
                gap,
                Err(StoreError::Conflict(ConflictKind::Sequence { next: 2 }))
            ),
            "{i}: {gap:?}"
        );
        assert_eq!(store.event(d(&format!("gap {i}"))).await.unwrap(), None);
    }
    let (_, pending) = batch(&store).await.unwrap();
    let sign_ons = pending
        .slots
        .iter()
        .filter(|slot| slot.kind == EventKind::SignOn);
    assert_eq!(sign_ons.count(), 40);

    // Of versions that contend one is the version, and only its text is kept.
    let versions = (0..6).map(|i| {
        let mut new = version("a", 2);
        new.slot = d(&format!("version slot {i}"));
        new.leaf = d(&format!("version leaf {i}"));
        new.sealed.digest = d(&format!("text {i}"));
        new
    });
    let results = at_once(versions.map(|new| store.accept_version(new)).collect()).await;
    let won: Vec<_> = (0..6).filter(|i| results[*i].is_ok()).collect();
    assert_eq!(won.len(), 1);
    for i in 0..6 {
        let text = store
            .case_file(d("a"), d(&format!("text {i}")))
            .await
            .unwrap();
        assert_eq!(text.is_some(), i == won[0], "{i}");
    }
}

/// Whoever goes away before the answer does not disturb the others, and may come again.
pub(super) async fn whoever_goes_away_disturbs_nobody<S: Store>(store: S) {
    use std::{future::Future as _, task::Poll};
    opened(&store, "a").await;
    let mut gone = Box::pin(store.accept_sign_on(sign_on("a", "ann", 1)));
    let mut stays = Box::pin(store.accept_sign_on(sign_on("a", "bob", 1)));
    std::future::poll_fn(|cx| {
        // Both have begun.
        let _ = gone.as_mut().poll(cx);
        let _ = stays.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
    drop(gone);
    drop(stays);
    assert!(
        store
            .accept_sign_on(sign_on("a", "cid", 1))
            .await
            .unwrap()
            .fresh
    );
    for member in ["ann", "bob"] {
        store.accept_sign_on(sign_on("a", member, 1)).await.unwrap();
        assert_eq!(
            store
                .last_seq(d("a"), d(&format!("a {member}")))
                .await
                .unwrap(),
            1
        );
    }
}

/// The results of futures that are polled in turn on one thread: enough for transactions to overlap where they may.
async fn at_once<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    use std::task::Poll;
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut results: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, result) in futures.iter_mut().zip(&mut results) {
            if result.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(cx)
            {
                *result = Some(ready);
            }
        }
        if results.iter().all(Option::is_some) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    results.into_iter().flatten().collect()
}
