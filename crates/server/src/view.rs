//! The record as this server knows it, kept up with the database.

use std::{ops::Deref, sync::Arc};

use demur_channel::{Case, Profile};
use demur_client::api::CaseLine;
use demur_encoding::{Digest, Time, sha256};
use demur_record::{
    entry::{CheckpointRef, Entry, Role},
    memo_log::Position,
    policy::Policy,
    replay::{FiledMemo, OpenedPlaces, Published, Replay, opened_places},
};
use demur_store::{CheckpointRow, RecordStore, StoreError};
use tokio::sync::OwnedRwLockReadGuard;

use crate::problem::Refusal;

/// How many entries are read from the database at a time.
const CHUNK: u32 = 256;

/// How many checkpoints are read from the database at a time.
const CHECKPOINTS: u32 = 256;

/// The record as far as it was read.
#[derive(Debug)]
pub(crate) struct View {
    replay: Replay,
}

/// The record at one moment. Don't ask for another while one is held: whoever brings the record up to date in
/// between would wait for this one, and the second for them.
pub(crate) struct Seen {
    view: OwnedRwLockReadGuard<View>,
    now: Time,
}

impl Seen {
    pub(crate) const fn new(view: OwnedRwLockReadGuard<View>, now: Time) -> Self {
        Self { view, now }
    }

    /// Where something stands that waits for the next batch.
    pub(crate) fn next(&self) -> Position {
        let last = self
            .replay
            .batches()
            .last()
            .map_or(self.now, |batch| batch.time);
        self.replay.pending(self.now.max(last))
    }

    /// Where something stands whose entry has that index.
    pub(crate) fn position(&self, entry: u64) -> Position {
        self.replay.position(entry).unwrap_or_else(|| self.next())
    }
}

impl Deref for Seen {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl View {
    pub(crate) fn new(origin: &str) -> Self {
        Self {
            replay: Replay::new(origin),
        }
    }

    /// Whether nothing happened since: `newest` is the database's newest checkpoint.
    pub(crate) fn is_current(&self, newest: Option<&CheckpointRow>) -> bool {
        let last = self.replay.batches().last();
        match (last, newest) {
            (None, None) => true,
            (Some(last), Some(newest)) => {
                last.checkpoint.size == newest.size
                    && last.published.is_some() == newest.note.is_some()
            }
            _ => false,
        }
    }

    /// Reads what the database has got since.
    ///
    /// # Errors
    /// When the database fails, or what it holds is no record; in the latter case the view begins anew the next time.
    /// Where the future is dropped before its end, the view stays as it was.
    pub(crate) async fn catch_up(
        &mut self,
        store: &impl RecordStore,
        policy: &Policy,
    ) -> Result<(), CatchUpError> {
        // On a copy: whoever asked may have gone away in between, and the next one goes by what is here.
        match advance(self.replay.clone(), store, policy).await {
            Ok(replay) => {
                self.replay = replay;
                Ok(())
            }
            Err(error) => {
                if matches!(error, CatchUpError::Record(_)) {
                    self.replay = Replay::new(self.replay.origin());
                }
                Err(error)
            }
        }
    }

    pub(crate) const fn record(&self) -> &Replay {
        &self.replay
    }

    pub(crate) const fn size(&self) -> u64 {
        self.replay.size()
    }

    /// The profile in force; before the record's first batch there is none.
    pub(crate) fn profile(&self) -> Result<Arc<Profile>, Refusal> {
        self.replay.profile().cloned().ok_or(Refusal::Busy)
    }

    /// The signing keys of a role.
    pub(crate) fn signing_keys(&self, role: Role) -> Vec<Digest> {
        self.replay
            .keys()
            .of(role)
            .filter_map(|key| key.sign)
            .collect()
    }

    /// Whether the key may sign for the role.
    pub(crate) fn may_sign(&self, role: Role, key: Digest) -> bool {
        self.replay.keys().may_sign(role, key)
    }

    /// A filed memo's case by the log's times: what the rules go by.
    pub(crate) fn lifecycle(&self, memo: Digest) -> Option<&Case> {
        self.replay.memo(memo).map(FiledMemo::case_by_log)
    }

    /// The line of the inbox, messages not counted.
    pub(crate) fn case(&self, memo: Digest) -> Option<CaseLine> {
        self.replay.memo(memo).map(line)
    }

    /// All cases in the order of filing, messages not counted.
    pub(crate) fn cases(&self) -> Vec<CaseLine> {
        self.by_filing().into_iter().map(line).collect()
    }

    /// The file of the newest distribution that names this official.
    pub(crate) fn distributed_to(&self, memo: Digest, id: &str) -> Option<Digest> {
        let steps = self.replay.memo(memo)?.steps();
        steps.iter().rev().find_map(|step| match &step.what {
            Entry::Distributed(e) if e.to.iter().any(|to| to == id) => Some(e.sealed),
            _ => None,
        })
    }

    fn by_filing(&self) -> Vec<&FiledMemo> {
        let mut all: Vec<_> = self.replay.memos().map(|(_, memo)| memo).collect();
        all.sort_by_key(|memo| memo.steps().first().map(|step| step.entry));
        all
    }
}

/// Why the view can't be kept up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatchUpError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the record in the database is damaged: {0}")]
    Record(String),
}

impl From<CatchUpError> for Refusal {
    fn from(error: CatchUpError) -> Self {
        match error {
            CatchUpError::Store(error) => error.into(),
            CatchUpError::Record(reason) => Self::Internal(reason),
        }
    }
}

fn damaged(reason: impl std::fmt::Display) -> CatchUpError {
    CatchUpError::Record(reason.to_string())
}

async fn advance(
    mut replay: Replay,
    store: &impl RecordStore,
    policy: &Policy,
) -> Result<Replay, CatchUpError> {
    loop {
        // The last batch again: it may have been published since.
        let from = replay
            .batches()
            .last()
            .map_or(0, |batch| batch.checkpoint.size);
        let rows = store.checkpoints(from, CHECKPOINTS).await?;
        let before = (
            replay.size(),
            replay
                .batches()
                .last()
                .is_some_and(|batch| batch.published.is_some()),
        );
        for row in rows {
            if row.size > replay.size() {
                replay = batch(replay, store, row.size).await?;
            }
            let last = replay
                .batches()
                .last()
                .copied()
                .ok_or_else(|| damaged("a checkpoint without a batch"))?;
            if last.checkpoint
                != (CheckpointRef {
                    size: row.size,
                    hash: row.root,
                })
            {
                return Err(damaged(format!(
                    "checkpoint {} is not that of the entries",
                    row.size
                )));
            }
            let Some(note) = row.note.filter(|_| last.published.is_none()) else {
                continue;
            };
            let accepted = policy.evaluate(&note).map_err(damaged)?;
            let published = Published {
                digest: Some(sha256(&note)),
                time: accepted.time,
            };
            replay
                .close_batch(last.checkpoint, published)
                .map_err(damaged)?;
        }
        let after = (
            replay.size(),
            replay
                .batches()
                .last()
                .is_some_and(|batch| batch.published.is_some()),
        );
        if before == after {
            return Ok(replay);
        }
    }
}

/// Shows the opaque entries again of which events are opened.
pub(crate) async fn recall(
    mut replay: Replay,
    store: &impl RecordStore,
    places: OpenedPlaces,
) -> Result<Replay, CatchUpError> {
    for (index, slots) in places {
        // What this batch holds, or nothing, needs no recalling.
        if let Some(row) = store.entries(index, 1).await?.pop()
            && row.index == index
        {
            replay.recall(index, &row.bytes, &slots).map_err(damaged)?;
        }
    }
    Ok(replay)
}

/// Applies the entries up to `size`, a part at a time: a filing may have tens of thousands.
async fn batch(
    mut replay: Replay,
    store: &impl RecordStore,
    size: u64,
) -> Result<Replay, CatchUpError> {
    let missing = || damaged(format!("entries before {size} are missing"));
    let last = store
        .entries(size.saturating_sub(1), 1)
        .await?
        .pop()
        .ok_or_else(missing)?;
    let Entry::State(state) = Entry::from_slice(&last.bytes).map_err(damaged)? else {
        return Err(damaged(format!(
            "entry {} ends a batch and is no state",
            last.index
        )));
    };
    replay.begin_batch(state.time).map_err(damaged)?;
    while replay.size() < size {
        let want = u32::try_from(size - replay.size())
            .unwrap_or(CHUNK)
            .min(CHUNK);
        let rows = store.entries(replay.size(), want).await?;
        if rows.is_empty() {
            return Err(missing());
        }
        let bytes: Vec<_> = rows.iter().map(|row| &row.bytes).collect();
        replay = recall(replay, store, opened_places(&bytes)).await?;
        let applied = tokio::task::spawn_blocking(move || {
            for row in rows {
                replay
                    .apply(row.index, &row.bytes)
                    .map_err(|e| damaged(format!("entry {}: {e}", row.index)))?;
            }
            Ok::<_, CatchUpError>(replay)
        });
        replay = applied.await.map_err(damaged)??;
    }
    Ok(replay)
}

fn line(filed: &FiledMemo) -> CaseLine {
    let state = filed.state();
    CaseLine {
        memo: state.memo,
        step: state.step,
        version: state.version,
        messages: 0,
    }
}
