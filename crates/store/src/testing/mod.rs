//! The behavioural suite that every store must pass.
//!
//! An implementation's test calls [`suite`] with a function that makes an empty store; every
//! behaviour gets one of its own. A behaviour that is missing panics, as tests do.

mod cases;
mod events;
mod people;
mod records;
mod refused;

use demur_encoding::{Digest, hash};

use crate::{
    Batch, BatchEntry, ConflictKind, EntrySource, FileKind, NewAccess, NewDirect, NewFile,
    NewFiling, NewOpening, NewSignOn, NewVersion, Pending, Store, StoreError,
};

/// Runs every behaviour, each on a store of its own.
///
/// # Panics
/// Where the store does not behave.
pub async fn suite<S: Store>(make: impl AsyncFn() -> S) {
    events::openings(make().await).await;
    events::versions_form_one_chain(make().await).await;
    events::sign_ons_are_numbered(make().await).await;
    events::retries_change_nothing(make().await).await;
    events::waiting_sign_ons_are_not_shown(make().await).await;
    events::erasing_a_draft(make().await).await;
    events::drafts(make().await).await;
    events::accesses(make().await).await;
    events::no_more_than_the_limit_may_wait(make().await).await;
    events::what_comes_after_filing_is_an_entry(make().await).await;
    events::at_the_same_time_one_wins(make().await).await;
    events::many_at_once_are_each_accepted_or_refused(make().await).await;
    events::whoever_goes_away_disturbs_nobody(make().await).await;
    cases::approvals(make().await).await;
    cases::filing_fixes_the_counts(make().await).await;
    cases::filing_needs_the_latest_version(make().await).await;
    cases::entries_of_their_own(make().await).await;
    cases::files_and_bundles(make().await).await;
    cases::manifests(make().await).await;
    cases::messages(make().await).await;
    records::batches(make().await).await;
    records::large_entries_are_read_in_parts(make().await).await;
    records::a_stale_batch_changes_nothing(make().await).await;
    records::erased_slots_are_passed_over(make().await).await;
    records::publishing(make().await).await;
    records::limits_keep_the_order(make().await).await;
    records::what_waits_of_one_memo(make().await).await;
    refused::what_is_refused_comes_last_and_holds_no_place(make().await).await;
    refused::what_is_given_up_frees_its_number(make().await).await;
    refused::a_filing_is_tried_again_when_told(make().await).await;
    people::accounts(make().await).await;
    people::sessions(make().await).await;
    people::office_keys(make().await).await;
    people::mailboxes(make().await).await;
    people::editions(make().await).await;
    people::origin(make().await).await;
    people::caps(make().await).await;
}

/// A value that looks random, made from a text.
#[must_use]
pub fn d(text: &str) -> Digest {
    hash("demur/store-test", &[text.as_bytes()])
}

/// An opening of the memo of that name.
#[must_use]
pub fn opening(memo: &str) -> NewOpening {
    NewOpening {
        slot: d(&format!("{memo} opening slot")),
        salt: d(&format!("{memo} opening salt")),
        memo: d(memo),
        nullifier: d(&format!("{memo} opener")),
        event: format!("opening of {memo}").into_bytes(),
    }
}

/// A version of the memo of that name.
#[must_use]
pub fn version(memo: &str, number: u32) -> NewVersion {
    let name = format!("{memo} version {number}");
    NewVersion {
        slot: d(&format!("{name} slot")),
        salt: d(&format!("{name} salt")),
        memo: d(memo),
        number,
        event: name.clone().into_bytes(),
        entry: format!("entry of {name}").into_bytes(),
        leaf: d(&format!("{name} leaf")),
        sealed: file(FileKind::Version, &name),
    }
}

/// A sign-on by the member of that name.
#[must_use]
pub fn sign_on(memo: &str, member: &str, seq: u64) -> NewSignOn {
    let name = format!("{memo} sign-on {member} {seq}");
    NewSignOn {
        slot: d(&format!("{name} slot")),
        salt: d(&format!("{name} salt")),
        memo: d(memo),
        nullifier: d(&format!("{memo} {member}")),
        seq,
        event: name.clone().into_bytes(),
        entry: format!("entry of {name}").into_bytes(),
        leaf: d(&format!("{name} leaf")),
        note: file(FileKind::Note, &name),
    }
}

fn access(memo: &str, number: u32) -> NewAccess {
    let name = format!("{memo} access {number}");
    NewAccess {
        slot: d(&format!("{name} slot")),
        salt: d(&format!("{name} salt")),
        memo: d(memo),
        event: name.into_bytes(),
    }
}

fn file(kind: FileKind, name: &str) -> NewFile {
    NewFile {
        kind,
        digest: d(&format!("{name} file")),
        bytes: format!("sealed {name}").into_bytes(),
    }
}

fn filing(memo: &str, version: u32) -> NewFiling {
    let name = format!("{memo} filing {version}");
    NewFiling {
        memo: d(memo),
        body_hash: d(&format!("{name} body")),
        version,
        sealed: file(FileKind::Filing, &name),
    }
}

fn direct(name: &str) -> NewDirect {
    NewDirect {
        entry: format!("entry of {name}").into_bytes(),
        leaf: d(&format!("{name} leaf")),
        memo: None,
        claim: None,
        file: None,
        approved: None,
    }
}

async fn opened<S: Store>(store: &S, memo: &str) {
    store.accept_opening(opening(memo)).await.unwrap();
    store.accept_version(version(memo, 1)).await.unwrap();
}

async fn file_memo<S: Store>(store: &S, memo: &str, number: u32) {
    store
        .file(filing(memo, number), |_| {
            (
                format!("filed {memo}").into_bytes(),
                d(&format!("{memo} filed leaf")),
            )
        })
        .await
        .unwrap();
}

/// Opens a memo and files its first version, each in the record.
///
/// # Errors
/// As the store's.
///
/// # Panics
/// Where the store refuses what it must take.
pub async fn filed<S: Store>(store: &S, memo: &str) -> Result<(), StoreError> {
    opened(store, memo).await;
    batch(store).await?;
    file_memo(store, memo, 1).await;
    batch(store).await?;
    Ok(())
}

/// Puts all that waits into a batch: an opaque entry, direct entries, filings, late sign-ons, state.
///
/// # Errors
/// As the store's.
pub async fn batch<S: Store>(store: &S) -> Result<(Batch, Pending), StoreError> {
    let pending = store.pending(u32::MAX, u32::MAX).await?;
    let first = store.size().await?;
    let mut entries = Vec::new();
    let mut push = |bytes: Vec<u8>, leaf: Option<Digest>, source| {
        let leaf = leaf.unwrap_or_else(|| hash("leaf", &[&bytes]));
        entries.push(BatchEntry {
            bytes,
            leaf,
            source,
        });
    };
    let slots = pending
        .slots
        .iter()
        .zip(0..)
        .map(|(slot, number)| (slot.slot, number))
        .collect();
    push(
        format!("opaque {first}").into_bytes(),
        None,
        EntrySource::Slots(slots),
    );
    for row in &pending.direct {
        push(row.entry.clone(), Some(row.leaf), EntrySource::Direct);
    }
    for row in &pending.filings {
        push(
            row.entry.clone(),
            Some(row.leaf),
            EntrySource::Filing(row.memo),
        );
    }
    for row in &pending.late {
        push(row.entry.clone(), Some(row.leaf), EntrySource::Late);
    }
    push(
        format!("state {first}").into_bytes(),
        None,
        EntrySource::Log,
    );
    let batch = Batch {
        first,
        entries,
        root: d(&format!("root {first}")),
        refused: Vec::new(),
    };
    store.commit_batch(batch.clone()).await?;
    Ok((batch, pending))
}

fn conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) -> ConflictKind {
    match result {
        Err(StoreError::Conflict(kind)) => kind,
        other => panic!("expected a conflict, got {other:?}"),
    }
}

fn missing<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert!(
        matches!(result, Err(StoreError::NotFound { .. })),
        "expected not found, got {result:?}"
    );
}
