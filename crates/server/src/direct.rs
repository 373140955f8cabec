//! Entries of their own: judged on top of the record and of all that waits, so that what was accepted can stand.

use std::{collections::BTreeSet, sync::Arc};

use demur_channel::{Profile, Step};
use demur_encoding::{Digest, Time, canonical};
use demur_record::{
    batch::{self, MAX_BATCH_DIRECT, MAX_BATCH_SIGN_ONS, Pending, PendingEntry, Waiting},
    entry::{ApprovalBody, Entry},
    memo_log::MemoError,
    replay::{Published, Replay, Violation},
    tiles::leaf_hash,
};
use demur_store::{EventKind, Held, NewDirect, NewFile, Store};
use tokio::sync::{RwLockReadGuard, RwLockWriteGuard};

use crate::{
    app::{App, room_before_change},
    limits::MAX_LATE_WAITING,
    problem::Refusal,
    view::{Seen, View},
};

/// An entry, and what comes with it.
pub(crate) struct Direct {
    pub(crate) entry: Entry,
    /// The memo that it is a step of.
    pub(crate) memo: Option<Digest>,
    /// The file that it names.
    pub(crate) file: Option<NewFile>,
    /// The hash under which approvals waited.
    pub(crate) approved: Option<Digest>,
}

/// An edition, and what comes with it.
pub(crate) struct NewEdition {
    pub(crate) number: u32,
    pub(crate) entry: Entry,
    pub(crate) file: Vec<u8>,
    pub(crate) register: Vec<u8>,
}

/// Judges an entry and queues it.
pub(crate) async fn accept<S: Store>(app: &App<S>, direct: Direct) -> Result<Held, Refusal> {
    let guard = app.entries_lock().await;
    accept_locked(app, &guard, direct).await
}

/// [`accept`] for a caller that holds the lock.
pub(crate) async fn accept_locked<S: Store>(
    app: &App<S>,
    guard: &RwLockWriteGuard<'_, ()>,
    direct: Direct,
) -> Result<Held, Refusal> {
    let Direct {
        entry,
        memo,
        file,
        approved,
    } = direct;
    let bytes = bytes(&entry)?;
    let leaf = leaf_hash(&bytes);
    if !there(app, leaf).await? {
        judge(app, guard, &entry).await?;
    }
    let new = NewDirect {
        entry: bytes,
        leaf,
        memo,
        claim: None,
        file,
        approved,
    };
    Ok(app.store().accept_direct(new).await?.held)
}

/// Judges a changed profile and queues it. Events are judged by the profile at the checkpoint that they name, so that a
/// change takes nothing from what was admitted; but it may shrink the batches, or end the time for sign-ons on a memo
/// whose filing waits. While something waits that it would harm, it waits itself (503).
pub(crate) async fn accept_profile<S: Store>(
    app: &App<S>,
    profile: Arc<Profile>,
    entry: Entry,
) -> Result<Held, Refusal> {
    let guard = app.entries_lock().await;
    let bytes = bytes(&entry)?;
    let leaf = leaf_hash(&bytes);
    if !there(app, leaf).await? {
        judge(app, &guard, &entry).await?;
        let pending = app.store().pending(0, u32::MAX).await?;
        let view = app.view().await?;
        let now = view.profile()?;
        // A version takes two slots.
        let versions = pending
            .slots
            .iter()
            .filter(|slot| slot.kind == EventKind::Version);
        let slots = (pending.slots.len() + versions.count()) as u64;
        let filings: BTreeSet<_> = pending.filings.iter().map(|row| row.memo).collect();
        let waits_for_filing = |row: &demur_store::DirectRow| {
            row.refused.is_none() && row.memo.is_some_and(|memo| filings.contains(&memo))
        };
        let shorter = profile.signing.late_seconds < now.record.promise_max_delay_seconds;
        if slots > room_before_change(&now.record, &profile.record)
            || pending.late.len() > MAX_BATCH_SIGN_ONS
            || shorter && pending.late.iter().any(waits_for_filing)
        {
            return Err(Refusal::Busy);
        }
    }
    // Before it is there: who is admitted in between is bounded by it.
    app.set_profile_ahead(profile);
    let new = NewDirect {
        entry: bytes,
        leaf,
        memo: None,
        claim: None,
        file: None,
        approved: None,
    };
    Ok(app.store().accept_direct(new).await?.held)
}

/// Judges an edition and queues it.
pub(crate) async fn accept_edition<S: Store>(
    app: &App<S>,
    new: NewEdition,
) -> Result<Held, Refusal> {
    let guard = app.entries_lock().await;
    let NewEdition {
        number,
        entry,
        file,
        register,
    } = new;
    let bytes = bytes(&entry)?;
    let leaf = leaf_hash(&bytes);
    if !there(app, leaf).await? {
        judge(app, &guard, &entry).await?;
    }
    let claim = Some(format!("edition/{number}"));
    let direct = NewDirect {
        entry: bytes,
        leaf,
        memo: None,
        claim,
        file: None,
        approved: None,
    };
    Ok(app
        .store()
        .accept_edition(number, direct, file, register)
        .await?
        .held)
}

/// Whether the entry can stand in the next batch after all that waits, and in the last one that keeps the promise, and
/// nothing that waits falls because of it.
pub(crate) async fn judge<S: Store>(
    app: &App<S>,
    _guard: &RwLockWriteGuard<'_, ()>,
    entry: &Entry,
) -> Result<(), Refusal> {
    let pending = app.store().pending(u32::MAX, MAX_LATE_WAITING).await?;
    let (fresh, refused): (Vec<_>, Vec<_>) = pending
        .direct
        .into_iter()
        .partition(|row| row.refused.is_none());
    if fresh.len() >= MAX_BATCH_DIRECT {
        return Err(Refusal::Busy);
    }
    let bytes = bytes(entry)?;
    let view = app.view().await?;
    let record = ahead(&view)?;
    let times = soonest_and_latest(&view);
    drop(view);
    let numbered = |rows: Vec<demur_store::DirectRow>| {
        (0_u64..)
            .zip(rows)
            .map(|(id, row)| PendingEntry {
                id,
                bytes: row.entry,
            })
            .collect()
    };
    let late = numbered(pending.late);
    let waiting = |direct: Vec<demur_store::DirectRow>| Pending {
        slots: Vec::new(),
        direct: numbered(direct),
        filings: Vec::new(),
        sign_ons: late.clone(),
    };
    // What a batch has refused comes after the others, and may come in before this one all the same: by a batch that is being made.
    let mut worlds = vec![waiting(fresh.clone())];
    if !refused.is_empty() {
        worlds.push(waiting(fresh.into_iter().chain(refused).collect()));
    }
    let judged = tokio::task::spawn_blocking(move || {
        worlds.iter().try_for_each(|waiting| {
            times
                .iter()
                .try_for_each(|time| judge_at(&record, waiting, &bytes, *time))
        })
    });
    judged.await.map_err(|e| Refusal::Internal(e.to_string()))?
}

/// Whether `entry` can stand after `waiting` in a batch at `time`. What is refused without it as well is not its fault.
fn judge_at(record: &Replay, waiting: &Pending, entry: &[u8], time: Time) -> Result<(), Refusal> {
    let build = |waiting: &Pending| {
        let mut rng = rand_core::UnwrapErr(getrandom::SysRng);
        batch::build(record, waiting, time, &mut rng).map(|built| built.refused)
    };
    let mine = waiting.direct.len() as u64;
    let mut with = waiting.clone();
    with.direct.push(PendingEntry {
        id: mine,
        bytes: entry.to_vec(),
    });
    let mut refused = build(&with)?;
    if let Some(at) = refused
        .iter()
        .position(|refused| (refused.what, refused.id) == (Waiting::Direct, mine))
    {
        return Err(refused.swap_remove(at).violation.into());
    }
    // A late sign-on was promised its place: the step that closes the case waits for the batch that has it. One that
    // can't stand anyway (its memo's filing is stuck, say) must not hold up the steps of all other memos.
    let fallen = |refused: Vec<batch::Refused>| -> BTreeSet<u64> {
        refused
            .into_iter()
            .filter(|refused| refused.what == Waiting::SignOn)
            .map(|refused| refused.id)
            .collect()
    };
    let fallen_with = fallen(refused);
    if !fallen_with.is_empty() && !fallen_with.is_subset(&fallen(build(waiting)?)) {
        return Err(Refusal::Busy);
    }
    Ok(())
}

/// When the next batch may be made, and when the one at the end of the time that is promised.
fn soonest_and_latest(view: &Seen) -> Vec<Time> {
    let now = view.next().time;
    // Before the first batch there is no profile, and no deadline.
    let latest = view
        .profile()
        .map(|profile| now.plus(profile.record.promise_max_delay_seconds));
    std::iter::once(now).chain(latest).collect()
}

/// Whether a step of the authors could stand, its approvals and the version that it names apart.
pub(crate) async fn step_possible<S: Store>(
    app: &App<S>,
    body: &ApprovalBody,
) -> Result<(), Refusal> {
    if let ApprovalBody::Fingerprint { memo, of, text, .. } = body {
        let view = app.view().await?;
        let filed = view.record().memo(*memo).ok_or(Refusal::Busy)?;
        return filed
            .log()
            .check_fingerprint(*of, text, filed.profile())
            .map_err(|e| Refusal::rule("fingerprint", e.to_string()));
    }
    let step = match body {
        ApprovalBody::Withdraw { .. } => Step::Withdrawn,
        ApprovalBody::Rejoin { .. } => Step::Rejoined,
        _ => return Ok(()),
    };
    let view = app.view().await?;
    let filed = view.record().memo(body.memo()).ok_or(Refusal::Busy)?;
    for time in soonest_and_latest(&view) {
        filed
            .case_by_log()
            .clone()
            .apply(step, time)
            .map_err(|e| Refusal::conflict("step", e.to_string()))?;
    }
    let (named, at) = match body {
        ApprovalBody::Withdraw { filed, .. } => (*filed, Step::Filed),
        ApprovalBody::Rejoin { responded, .. } => (Some(*responded), Step::Responded),
        _ => return Ok(()),
    };
    if named == filed.leaf_of(at) {
        Ok(())
    } else {
        Err(MemoError::OtherStep(at).into())
    }
}

/// Refuses a late sign-on while a step waits that ends the time for them.
pub(crate) async fn takes_sign_ons<S: Store>(
    app: &App<S>,
    _guard: &RwLockReadGuard<'_, ()>,
    memo: Digest,
) -> Result<(), Refusal> {
    let pending = app.store().pending_of(memo).await?;
    for row in &pending.direct {
        let entry =
            canonical::from_slice(&row.entry).map_err(|e| Refusal::Internal(e.to_string()))?;
        if matches!(entry, Entry::Returned(_) | Entry::Withdrawn(_)) {
            return Err(Refusal::rule(
                "too-late",
                "this memo takes no sign-ons any more",
            ));
        }
    }
    Ok(())
}

/// What an act of the authors came to, if it was done before: their answer may have been lost.
pub(crate) async fn done_before<S: Store>(
    app: &App<S>,
    body: &ApprovalBody,
) -> Result<Option<(Held, Entry)>, Refusal> {
    let memo = body.memo();
    let pending = app.store().pending_of(memo).await?;
    let filings = pending.filings.iter().map(|row| (row.leaf, &row.entry));
    let direct = pending.direct.iter().map(|row| (row.leaf, &row.entry));
    for (leaf, bytes) in filings.chain(direct) {
        let entry = canonical::from_slice(bytes).map_err(|e| Refusal::Internal(e.to_string()))?;
        if is_act(&entry, body) {
            return Ok(Some((Held::Entry(leaf), entry)));
        }
    }
    let view = app.view().await?;
    let Some(filed) = view.record().memo(memo) else {
        return Ok(None);
    };
    let steps = filed.steps().iter().map(|step| step.what.clone());
    let released = filed
        .released()
        .iter()
        .map(|(_, released)| Entry::Released(released.clone()));
    let fingerprints = filed
        .fingerprints()
        .iter()
        .map(|(_, fingerprint)| Entry::Fingerprint(fingerprint.clone()));
    let done = steps
        .chain(released)
        .chain(fingerprints)
        .find(|entry| is_act(entry, body));
    done.map(|entry| Ok((Held::Entry(leaf_hash(&bytes(&entry)?)), entry)))
        .transpose()
}

/// Whether the entry is the act that the authors agree on.
fn is_act(entry: &Entry, body: &ApprovalBody) -> bool {
    entry.agreed().is_some_and(|(agreed, _)| agreed == *body)
}

/// The record as it will be when the next batch begins.
fn ahead(view: &View) -> Result<Replay, Refusal> {
    let mut record = view.record().clone();
    let last = record.batches().last().copied();
    if let Some(last) = last.filter(|batch| batch.published.is_none()) {
        // Its cosignatures are still being gathered; the next batch begins when they are there.
        let published = Published {
            digest: Some(Digest::new([0; 32])),
            time: None,
        };
        record.close_batch(last.checkpoint, published)?;
    }
    Ok(record)
}

fn bytes(entry: &Entry) -> Result<Vec<u8>, Refusal> {
    entry
        .to_vec()
        .map_err(|e| Refusal::rule("form", e.to_string()))
}

/// Whether the record holds the entry, or it waits: a retry.
async fn there<S: Store>(app: &App<S>, leaf: Digest) -> Result<bool, Refusal> {
    if app.store().entry_of_leaf(leaf).await?.is_some() {
        return Ok(true);
    }
    let pending = app.store().pending(u32::MAX, 0).await?;
    Ok(pending.direct.iter().any(|row| row.leaf == leaf))
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        let message = violation.to_string();
        match violation {
            Violation::Memo { error, .. } => (*error).into(),
            Violation::Order { .. } | Violation::FiledTwice(_) => Self::conflict("step", message),
            Violation::TooLate { .. } => Self::rule("too-late", message),
            Violation::UnknownMemo(_) => Self::missing("unknown-memo", message),
            Violation::Authority { .. } | Violation::Signature(_) | Violation::Unsigned => {
                Self::forbidden("signature", message)
            }
            Violation::EditionNumber { .. } | Violation::AttestedTwice(_) => {
                Self::conflict("edition", message)
            }
            Violation::NoEdition(_) => Self::rule("edition", message),
            Violation::CohortFloor { .. } => Self::rule("cohort-floor", message),
            Violation::Reason(_) => Self::rule("reason", message),
            Violation::Distribution(_) => Self::rule("distribution", message),
            Violation::NothingToRevoke { .. } => Self::conflict("keys", message),
            Violation::Entry(_) | Violation::Field(_) | Violation::WitnessKey(_) => {
                Self::rule("form", message)
            }
            Violation::NoProfile
            | Violation::NoBatch
            | Violation::ClockBackwards { .. }
            | Violation::Clock { .. } => Self::Busy,
            _ => Self::rule("rule", message),
        }
    }
}
