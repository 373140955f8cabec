//! What can be asked of a replay.

use std::{collections::BTreeMap, sync::Arc};

use demur_channel::{Case, Profile};
use demur_encoding::{Digest, Time};

use super::{Batch, EntryTime, FiledMemo, KeyRing, Replay};
use crate::{
    entry::{CheckpointRef, Place, Software},
    memo_log::{KnownEdition, Position, RecordView},
};

impl Replay {
    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of entries so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over the entries so far.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.frontier.root()
    }

    /// The batches that ended, in order.
    #[must_use]
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// The profile in force.
    #[must_use]
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        self.profiles.last().map(|(_, profile)| profile)
    }

    /// The keys in force.
    #[must_use]
    pub const fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// All editions, the first first.
    #[must_use]
    pub fn editions(&self) -> &[KnownEdition] {
        &self.editions
    }

    /// The newest software entry of each name.
    #[must_use]
    pub const fn software(&self) -> &BTreeMap<String, Software> {
        &self.software
    }

    /// Every software entry with its index, in order.
    #[must_use]
    pub fn served(&self) -> &[(u64, Software)] {
        &self.served
    }

    /// Every profile with the index of its entry, in order.
    #[must_use]
    pub fn profiles(&self) -> &[(u64, Arc<Profile>)] {
        &self.profiles
    }

    /// The batch that holds the entry; `None` while none does that ended.
    #[must_use]
    pub fn batch(&self, entry: u64) -> Option<&Batch> {
        self.batches.get(self.batch_of(entry)?)
    }

    /// The batch of the first published checkpoint that covers the entry and has a witnessed time; of the first that covers it,
    /// where none has.
    #[must_use]
    pub fn covering(&self, entry: u64) -> Option<&Batch> {
        let from = self.batch_of(entry)?;
        // Where no batch from here on has a witnessed time there is none to look for.
        let witnessed = self.batches.get(from..self.witnessed).unwrap_or_default();
        let dated = |batch: &&Batch| {
            batch
                .published
                .is_some_and(|published| published.time.is_some())
        };
        let first = || {
            self.batches
                .get(from)
                .filter(|batch| batch.published.is_some())
        };
        witnessed.iter().find(dated).or_else(first)
    }

    /// The filed memos, by identifier.
    pub fn memos(&self) -> impl Iterator<Item = (Digest, &FiledMemo)> {
        self.memos.iter().map(|(id, memo)| (*id, &**memo))
    }

    /// A filed memo.
    #[must_use]
    pub fn memo(&self, memo: Digest) -> Option<&FiledMemo> {
        self.memos.get(&memo).map(|memo| &**memo)
    }

    /// Whether the slot at `place` was opened.
    #[must_use]
    pub fn is_opened(&self, place: Place) -> bool {
        self.opened.contains(&place)
    }

    /// Where an act stands whose entry, or whose slot's entry, has that index; `None` for an entry
    /// that the record doesn't have, or whose batch has not begun.
    #[must_use]
    pub fn position(&self, entry: u64) -> Option<Position> {
        if entry >= self.size() {
            return None;
        }
        match self.batch_of(entry) {
            Some(i) => Some(Position {
                entry,
                time: self.batches.get(i)?.time,
                published: i
                    .checked_sub(1)
                    .and_then(|i| self.batches.get(i))
                    .map_or(0, |batch| batch.checkpoint.size),
            }),
            None => Some(Position {
                entry,
                time: self.open?.time,
                published: self.published_size(),
            }),
        }
    }

    /// Where an act stands that waits for the next batch.
    #[must_use]
    pub fn pending(&self, now: Time) -> Position {
        Position {
            entry: self.size(),
            time: now,
            published: self.published_size(),
        }
    }

    /// When the entry was in the record; `None` while no closed batch holds it.
    #[must_use]
    pub fn time_of(&self, entry: u64) -> Option<EntryTime> {
        let covering = self.covering(entry)?;
        let witnessed = covering.published.and_then(|published| published.time);
        Some(EntryTime {
            time: witnessed.unwrap_or(covering.time),
            witnessed: witnessed.is_some(),
        })
    }

    /// The time of the newest closed batch: what "as of" means.
    #[must_use]
    pub fn as_of(&self) -> Option<EntryTime> {
        let last = self
            .batches
            .iter()
            .rev()
            .find(|batch| batch.published.is_some())?;
        let witnessed = last.published.and_then(|published| published.time);
        Some(EntryTime {
            time: witnessed.unwrap_or(last.time),
            witnessed: witnessed.is_some(),
        })
    }

    /// A filed memo's case by the times that everybody can check: witnesses', where there are any.
    /// Deadlines are computed from this. `None` while its filing is in no closed batch.
    #[must_use]
    pub fn case(&self, memo: Digest) -> Option<Case> {
        let memo = self.memos.get(&memo)?;
        let mut steps = memo.steps.iter();
        let filed = self.time_of(steps.next()?.entry)?;
        let mut case = Case::filed(Arc::clone(&memo.profile), filed.time);
        for step in steps {
            let Some(at) = self.time_of(step.entry) else {
                break;
            };
            // The rules went by the log's clock: at the very end of a term the witnesses' may be past it.
            if case.apply(step.step, at.time).is_err() && case.apply(step.step, step.time).is_err()
            {
                break;
            }
        }
        Some(case)
    }

    pub(super) fn batch_of(&self, entry: u64) -> Option<usize> {
        let i = self
            .batches
            .partition_point(|batch| batch.checkpoint.size <= entry);
        (i < self.batches.len()).then_some(i)
    }

    /// The size of the newest published checkpoint. While a batch is open that is the last one's.
    pub(super) fn published_size(&self) -> u64 {
        let mut closed = self
            .batches
            .iter()
            .rev()
            .filter(|batch| batch.published.is_some());
        closed.next().map_or(0, |batch| batch.checkpoint.size)
    }
}

impl RecordView for Replay {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn profile_at(&self, size: u64) -> Option<&Arc<Profile>> {
        let later = self.profiles.partition_point(|(entry, _)| *entry < size);
        self.profiles
            .get(later.checked_sub(1)?)
            .map(|(_, profile)| profile)
    }

    fn edition(&self, number: u32) -> Option<&KnownEdition> {
        self.editions
            .get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    fn checkpoint_time(&self, reference: CheckpointRef) -> Option<Time> {
        let find = |batch: &Batch| batch.checkpoint.size.cmp(&reference.size);
        let batch = self
            .batches
            .get(self.batches.binary_search_by(find).ok()?)?;
        (batch.checkpoint == reference).then_some(batch.time)
    }
}
