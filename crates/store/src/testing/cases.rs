//! Approvals, filings, entries of their own, files, messages.

use std::collections::BTreeSet;

use super::{
    batch, conflict, d, direct, file, file_memo, filing, missing, opened, sign_on, version,
};
use crate::{
    Accepted, ConflictKind, FileKind, FilingCounts, Held, MAX_MANIFEST_BYTES, MAX_MANIFESTS,
    MAX_WAITING, MemoPhase, MessageSide, NewApproval, NewDirect, Store, StoreError,
};

pub(super) fn approval(memo: &str, act: &str, author: &str) -> NewApproval {
    let body = format!("{memo} {act}");
    NewApproval {
        memo: d(memo),
        body_hash: d(&format!("{body} body")),
        author: d(author),
        approval: format!("{author} approves {body}").into_bytes(),
        body: body.into_bytes(),
        file: None,
        instead_of: None,
    }
}

pub(super) async fn approvals<S: Store>(store: S) {
    missing(store.add_approval(approval("a", "file", "x")).await);
    opened(&store, "a").await;
    let mut first = approval("a", "filing 1", "x");
    first.file = Some(file(FileKind::Filing, "a filing 1"));
    let waiting = store.add_approval(first.clone()).await.unwrap();
    assert_eq!(waiting.approvals, [first.approval.clone()]);
    assert_eq!(waiting.file, first.file);
    assert_eq!(store.add_approval(first.clone()).await.unwrap(), waiting);
    // Another author need not bring the file, and can't put another in its place.
    let mut second = approval("a", "filing 1", "y");
    second.file = Some(file(FileKind::Filing, "something else"));
    let both = store.add_approval(second.clone()).await.unwrap();
    assert_eq!(both.file, first.file);
    assert_eq!(both.approvals.len(), 2);
    assert!(both.approvals.contains(&second.approval));
    let alone = store
        .add_approval(approval("a", "withdraw", "y"))
        .await
        .unwrap();
    let mut all = vec![both, alone];
    all.sort_by_key(|row| row.body_hash);
    assert_eq!(store.waiting(d("a")).await.unwrap(), all);
    // The filing clears all that waited: it was about the draft.
    store
        .add_approval(NewApproval {
            file: Some(file(FileKind::Filing, "older")),
            ..approval("a", "older", "y")
        })
        .await
        .unwrap();
    file_memo(&store, "a", 1).await;
    assert_eq!(store.waiting(d("a")).await.unwrap(), []);

    // So does a version what is about the one before; a rejoinder is about the response.
    let rejoinder = NewApproval {
        file: Some(file(FileKind::Rejoined, "a reply")),
        ..approval("a", "rejoin", "y")
    };
    let release = NewApproval {
        file: Some(file(FileKind::Bundle, "a bundle")),
        ..approval("a", "release", "y")
    };
    let kept = store.add_approval(rejoinder).await.unwrap();
    store.add_approval(release).await.unwrap();
    store
        .add_approval(approval("a", "withdraw again", "y"))
        .await
        .unwrap();
    store.accept_version(version("a", 2)).await.unwrap();
    assert_eq!(store.waiting(d("a")).await.unwrap(), [kept]);

    for act in 1..MAX_WAITING {
        store
            .add_approval(approval("a", &act.to_string(), "y"))
            .await
            .unwrap();
    }
    let over = store.add_approval(approval("a", "one too many", "y")).await;
    assert!(matches!(over, Err(StoreError::Busy { .. })), "{over:?}");
    store.add_approval(approval("a", "1", "x")).await.unwrap();
    // One goes, and the other comes.
    let gone = approval("a", "2", "y").body_hash;
    let instead = NewApproval {
        instead_of: Some(gone),
        ..approval("a", "one too many", "y")
    };
    store.add_approval(instead.clone()).await.unwrap();
    let there = store.waiting(d("a")).await.unwrap();
    assert_eq!(there.len() as u64, MAX_WAITING);
    assert!(there.iter().all(|row| row.body_hash != gone));
    assert!(there.iter().any(|row| row.body_hash == instead.body_hash));
}

pub(super) async fn filing_fixes_the_counts<S: Store>(store: S) {
    missing(store.file(filing("a", 1), |_| unreachable!()).await);
    opened(&store, "a").await;
    store.accept_sign_on(sign_on("a", "ann", 1)).await.unwrap();
    batch(&store).await.unwrap();
    store.accept_version(version("a", 2)).await.unwrap();
    store.accept_sign_on(sign_on("a", "ann", 2)).await.unwrap();
    let entry = |counts| {
        assert_eq!(
            counts,
            FilingCounts {
                versions: 2,
                sign_ons: 2
            }
        );
        (b"filed".to_vec(), d("filed leaf"))
    };
    let accepted = store.file(filing("a", 2), entry).await.unwrap();
    assert_eq!(
        accepted,
        Accepted {
            held: Held::Entry(d("filed leaf")),
            fresh: true
        }
    );
    // Sent again, before and after the batch, it changes nothing.
    store.accept_sign_on(sign_on("a", "bob", 1)).await.unwrap();
    assert_eq!(
        store.file(filing("a", 2), entry).await.unwrap(),
        Accepted {
            fresh: false,
            ..accepted
        }
    );
    let (_, pending) = batch(&store).await.unwrap();
    assert_eq!(pending.filings.len(), 1);
    assert_eq!(
        (&pending.filings[0].entry[..], pending.filings[0].leaf),
        (&b"filed"[..], d("filed leaf"))
    );
    assert_eq!(
        store.file(filing("a", 2), entry).await.unwrap(),
        Accepted {
            fresh: false,
            ..accepted
        }
    );
    assert_eq!(
        conflict(store.file(filing("a", 1), entry).await),
        ConflictKind::Filed
    );
    assert_eq!(store.pending(9, 9).await.unwrap().filings, []);
    let sealed = filing("a", 2).sealed;
    assert_eq!(
        store.case_file(d("a"), sealed.digest).await.unwrap(),
        Some(sealed)
    );
}

pub(super) async fn filing_needs_the_latest_version<S: Store>(store: S) {
    opened(&store, "a").await;
    store.accept_version(version("a", 2)).await.unwrap();
    let old = store.file(filing("a", 1), |_| unreachable!()).await;
    assert_eq!(conflict(old), ConflictKind::VersionGap { next: 3 });
    assert_eq!(
        store.memo(d("a")).await.unwrap().unwrap().phase,
        MemoPhase::Draft
    );
}

pub(super) async fn entries_of_their_own<S: Store>(store: S) {
    let step = NewDirect {
        memo: Some(d("a")),
        claim: Some("acknowledged/a".to_owned()),
        file: Some(file(FileKind::Returned, "letter")),
        ..direct("step")
    };
    missing(store.accept_direct(step.clone()).await);
    opened(&store, "a").await;
    assert_eq!(
        conflict(store.accept_direct(step.clone()).await),
        ConflictKind::NotFiled
    );
    file_memo(&store, "a", 1).await;
    store
        .add_approval(approval("a", "rejoin", "x"))
        .await
        .unwrap();
    for name in ["z", "m", "b"] {
        assert!(store.accept_direct(direct(name)).await.unwrap().fresh);
    }
    let approved = Some(approval("a", "rejoin", "x").body_hash);
    let accepted = store
        .accept_direct(NewDirect {
            approved,
            ..step.clone()
        })
        .await
        .unwrap();
    assert_eq!(
        accepted,
        Accepted {
            held: Held::Entry(step.leaf),
            fresh: true
        }
    );
    assert_eq!(store.waiting(d("a")).await.unwrap(), []);
    for _ in 0..2 {
        assert_eq!(
            store.accept_direct(step.clone()).await.unwrap(),
            Accepted {
                fresh: false,
                ..accepted
            }
        );
        let other = NewDirect {
            claim: step.claim.clone(),
            ..direct("another")
        };
        assert!(matches!(
            conflict(store.accept_direct(other).await),
            ConflictKind::Claimed { .. }
        ));
        batch(&store).await.unwrap();
    }
    // In the order of acceptance, behind the opaque entry of the first batch.
    let rows = store.entries(1, 4).await.unwrap();
    let entries: Vec<_> = rows
        .iter()
        .map(|row| String::from_utf8_lossy(&row.bytes).into_owned())
        .collect();
    assert_eq!(
        entries,
        ["entry of z", "entry of m", "entry of b", "entry of step"]
    );
    assert_eq!(
        store.entry_of_leaf(step.leaf).await.unwrap().unwrap().index,
        4
    );
    assert_eq!(
        store.case_files(d("a"), FileKind::Returned).await.unwrap(),
        [step.file.unwrap()]
    );
}

pub(super) async fn manifests<S: Store>(store: S) {
    let named = |entry: &str, text: &str| NewDirect {
        file: Some(file(FileKind::Manifest, text)),
        ..direct(entry)
    };
    let digest = |text: &str| file(FileKind::Manifest, text).digest;
    // With its entry, and again with an entry that is there: once each.
    for fresh in [true, false] {
        let done = store.accept_direct(named("web 1", "one")).await.unwrap();
        assert_eq!(done.fresh, fresh);
    }
    let bare = store.accept_direct(direct("web 2")).await.unwrap();
    let kept = store.accept_direct(named("web 2", "two")).await.unwrap();
    assert_eq!((bare.fresh, kept.fresh), (true, false));
    batch(&store).await.unwrap();
    for text in ["one", "two"] {
        let bytes = store.manifest(digest(text)).await.unwrap();
        assert_eq!(bytes, Some(file(FileKind::Manifest, text).bytes), "{text}");
    }
    assert_eq!(store.manifest(d("other")).await.unwrap(), None);
    let both = [digest("one"), digest("two")];
    assert_eq!(store.manifests().await.unwrap(), BTreeSet::from(both));
    // What is too large is not kept, and neither is its entry.
    let mut large = named("web 3", "three");
    large.file.as_mut().unwrap().bytes = vec![b' '; MAX_MANIFEST_BYTES + 1];
    assert!(matches!(
        store.accept_direct(large).await,
        Err(StoreError::TooLarge { .. })
    ));
    assert!(store.accept_direct(direct("web 3")).await.unwrap().fresh);
    // Of too many the oldest go.
    for n in 3..MAX_MANIFESTS + 2 {
        let text = n.to_string();
        store.accept_direct(named(&text, &text)).await.unwrap();
    }
    let kept = store.manifests().await.unwrap();
    assert_eq!(kept.len(), MAX_MANIFESTS as usize);
    assert!(!kept.contains(&digest("one")) && kept.contains(&digest("two")));
}

pub(super) async fn files_and_bundles<S: Store>(store: S) {
    opened(&store, "a").await;
    file_memo(&store, "a", 1).await;
    batch(&store).await.unwrap();
    let bundle = file(FileKind::Bundle, "bundle");
    let release = NewDirect {
        memo: Some(d("a")),
        file: Some(bundle.clone()),
        ..direct("release")
    };
    store.accept_direct(release).await.unwrap();
    // Only once the record says so.
    assert_eq!(store.bundle(bundle.digest).await.unwrap(), None);
    batch(&store).await.unwrap();
    assert_eq!(
        store.bundle(bundle.digest).await.unwrap(),
        Some(bundle.bytes)
    );
    assert_eq!(store.bundle(d("other")).await.unwrap(), None);
    assert_eq!(
        store.case_files(d("a"), FileKind::Bundle).await.unwrap(),
        []
    );
    // One memo's files are not another's.
    let sealed = version("a", 1).sealed;
    assert_eq!(store.case_file(d("b"), sealed.digest).await.unwrap(), None);
}

pub(super) async fn messages<S: Store>(store: S) {
    let say = |from, text: &str| {
        store.add_message(
            d("a"),
            from,
            "2026-11-23".to_owned(),
            text.as_bytes().to_vec(),
        )
    };
    missing(say(MessageSide::Office, "one").await);
    opened(&store, "a").await;
    assert_eq!(
        conflict(say(MessageSide::Office, "one").await),
        ConflictKind::NotFiled
    );
    file_memo(&store, "a", 1).await;
    let one = say(MessageSide::Office, "one").await.unwrap();
    assert_eq!(
        (one.number, one.from, &one.day[..]),
        (1, MessageSide::Office, "2026-11-23")
    );
    let two = say(MessageSide::Authors, "two").await.unwrap();
    assert_eq!(two.number, 2);
    // A retry after a lost answer.
    assert_eq!(say(MessageSide::Office, "one").await.unwrap(), one);
    assert_eq!(store.messages(d("a")).await.unwrap(), [one, two]);
    assert_eq!(store.messages(d("b")).await.unwrap(), []);
    assert_eq!(store.author_messages(d("a")).await.unwrap(), 1);
}
