//! When the record held what: by its own clock, and by witnesses where there are any.

use std::collections::BTreeMap;

use demur_encoding::{Digest, Time, sha256};
use demur_record::{
    entry::{CheckpointRef, Entry, State},
    memo_log::Position,
    policy::{Accepted, Policy},
    tiles::verify_consistency,
};
use serde::Serialize;

use crate::bundle::{Bundle, BundleError};

/// An instant and who vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Witnessed {
    /// The time by which a quorum of witnesses had cosigned, or the log's.
    pub time: Time,
    /// The witnesses that cosigned, by name; where there are none it is the channel's own clock,
    /// and nobody else vouches for it.
    pub witnesses: Vec<String>,
}

/// The batches that a bundle shows.
pub(super) struct Clock {
    /// By the size of the tree that the batch ended with.
    batches: BTreeMap<u64, Batch>,
    /// The roots of earlier trees that the newest one begins with.
    trees: BTreeMap<u64, Digest>,
}

struct Batch {
    /// The size before the batch.
    from: u64,
    /// The log's time.
    log: Time,
    /// What witnesses say, where the bundle has the checkpoint as it was published.
    witnessed: Option<Witnessed>,
}

impl Clock {
    /// `policy` names the log and the witnesses, and demands none.
    pub(super) fn new(
        bundle: &Bundle,
        accepted: &Accepted,
        policy: &Policy,
    ) -> Result<Self, BundleError> {
        let newest = accepted.checkpoint.reference();
        let states: BTreeMap<u64, &State> = bundle
            .entries
            .iter()
            .filter_map(|(index, at)| match &at.it.entry {
                Entry::State(state) => Some((*index, state)),
                _ => None,
            })
            .collect();
        let mut trees = BTreeMap::from([(newest.size, newest.hash)]);
        for (size, at) in &bundle.trees {
            let reference = CheckpointRef {
                size: *size,
                hash: at.it.hash,
            };
            if *size >= newest.size || !verify_consistency(reference, newest, &at.it.proof) {
                return Err(at.fail(at.it.name(), "the newest tree does not begin with this one"));
            }
            trees.insert(*size, at.it.hash);
        }
        let mut published: BTreeMap<u64, Accepted> = BTreeMap::new();
        for (size, at) in &bundle.history {
            let name = at.it.name();
            let note = policy
                .evaluate(at.it.note.as_bytes())
                .map_err(|e| at.fail(&name, e))?;
            let reference = note.checkpoint.reference();
            if reference.size != *size || trees.get(size) != Some(&reference.hash) {
                return Err(at.fail(&name, "the newest tree does not begin with this one"));
            }
            // The note's times count only as they were published: a later batch commits to them.
            let digest = sha256(at.it.note.as_bytes());
            let mut later = states
                .range(*size..)
                .filter_map(|(_, state)| state.previous);
            if !later.any(|p| (p.size, p.hash, p.digest) == (*size, reference.hash, digest)) {
                return Err(at.fail(&name, "no state entry of the bundle commits to this note"));
            }
            published.insert(*size, note);
        }
        let batches = states.iter().map(|(index, state)| {
            let size = index + 1;
            let note = if size == newest.size {
                Some(accepted)
            } else {
                published.get(&size)
            };
            let witnessed = note.map(|note| Witnessed {
                time: note.time.unwrap_or(state.time),
                witnesses: note
                    .witnesses
                    .iter()
                    .map(|(name, _)| name.clone())
                    .collect(),
            });
            let from = state.previous.map_or(0, |p| p.size);
            (
                size,
                Batch {
                    from,
                    log: state.time,
                    witnessed,
                },
            )
        });
        Ok(Self {
            batches: batches.collect(),
            trees,
        })
    }

    /// The batch that entry `index` stands in, if its end is shown.
    fn batch(&self, index: u64) -> Option<&Batch> {
        let (_, batch) = self.batches.range(index.checked_add(1)?..).next()?;
        (batch.from <= index).then_some(batch)
    }

    /// Where entry `index` stands, by the log's clock.
    pub(super) fn position(&self, index: u64) -> Option<Position> {
        let batch = self.batch(index)?;
        Some(Position {
            entry: index,
            time: batch.log,
            published: batch.from,
        })
    }

    /// The time of the first checkpoint that covers entry `index`.
    pub(super) fn witnessed(&self, index: u64) -> Option<Witnessed> {
        self.batch(index)?.witnessed.clone()
    }

    /// The log's time of a checkpoint, if the record published it.
    pub(super) fn published(&self, reference: CheckpointRef) -> Option<Time> {
        let same = self.trees.get(&reference.size) == Some(&reference.hash);
        self.batches
            .get(&reference.size)
            .filter(|_| same)
            .map(|batch| batch.log)
    }
}
