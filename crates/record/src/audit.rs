//! The audit: the whole record verified again, from its files alone.
//!
//! Every byte counts: each tile is recomputed from the entries, each checkpoint of the past is
//! verified, each entry judged by [`Replay`], each edition's roots recomputed, each proof
//! verified. The first thing that is wrong is named by its file or entry.

mod files;
mod report;

use std::num::NonZeroUsize;

use demur_encoding::sha256;
use demur_signon::{InvalidBatch, Verifier};
use rand_core::CryptoRng;

use self::{files::Blame, report::Counts};
pub use self::{
    files::check_edition,
    report::{AuditReport, CaseRow, Check, Failure, FingerprintRow, Found, Row},
};
use crate::{
    checkpoint::MAX_TREE_SIZE,
    entry::{CheckpointRef, Entry},
    memo_log::ProofTask,
    policy::{Accepted, Policy},
    replay::{Published, Replay, opened_places},
    source::{RecordSource, SourceError},
    tiles::{TILE_WIDTH, TileKind, Tree, bundles, decode_bundle, hash_tiles},
};

/// How many proofs are held before they are verified together.
pub const PROOFS_AT_ONCE: usize = 8192;

/// No state entry is longer, in bytes: what is need not be read twice to find the end of a batch.
const MAX_STATE_BYTES: usize = 1024;

/// How far the audit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Entries read and judged.
    Entries {
        /// So far.
        done: u64,
        /// Of so many.
        total: u64,
    },
    /// Tiles compared.
    Tiles {
        /// So far.
        done: u64,
        /// Of so many.
        total: u64,
    },
    /// Proofs verified.
    Proofs {
        /// So far.
        done: u64,
        /// Of those found so far.
        total: u64,
    },
}

/// How an audit is done.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Which log, witnesses and quorum are believed.
    pub policy: &'a Policy,
    /// How many threads verify proofs.
    pub threads: NonZeroUsize,
    /// Told how far it is, from any thread.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// Audits a record. `rng` weighs the proofs of a batch against each other.
///
/// # Errors
/// When the source can't be read; everything that is wrong with the record is in the report.
pub fn audit<S: RecordSource + ?Sized>(
    source: &S,
    options: Options<'_>,
    rng: &mut impl CryptoRng,
) -> Result<AuditReport, SourceError> {
    let mut audit = Audit {
        source,
        options,
        counts: Counts::default(),
        replay: None,
        newest: None,
        tree: Tree::default(),
        tasks: Vec::new(),
        verifier: None,
    };
    match audit.run(rng) {
        Ok(()) => Ok(audit.report(None)),
        Err(Stop::Found(failure)) => Ok(audit.report(Some(failure))),
        Err(Stop::Source(error)) => Err(error),
    }
}

/// Why an audit ended early.
enum Stop {
    Found(Failure),
    Source(SourceError),
}

impl From<SourceError> for Stop {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

fn in_file(path: &str, reason: impl ToString) -> Stop {
    Stop::Found(Failure {
        found: Found::File(path.to_owned()),
        reason: reason.to_string(),
    })
}

fn in_entry(entry: u64, reason: impl ToString) -> Stop {
    Stop::Found(Failure {
        found: Found::Entry(entry),
        reason: reason.to_string(),
    })
}

struct Audit<'a, S: ?Sized> {
    source: &'a S,
    options: Options<'a>,
    counts: Counts,
    replay: Option<Replay>,
    newest: Option<Accepted>,
    tree: Tree,
    tasks: Vec<ProofTask>,
    verifier: Option<Verifier>,
}

impl<S: RecordSource + ?Sized> Audit<'_, S> {
    fn run(&mut self, rng: &mut impl CryptoRng) -> Result<(), Stop> {
        let newest = self.checkpoint("checkpoint")?;
        let checkpoint = newest.0.checkpoint.reference();
        if checkpoint.size == 0 || checkpoint.size > MAX_TREE_SIZE {
            return Err(in_file("checkpoint", "the record is empty"));
        }
        self.replay = Some(Replay::new(&newest.0.checkpoint.origin));
        self.newest = Some(newest.0);
        let read = self.entries(checkpoint, rng);
        if let Err(Stop::Found(failure)) = read {
            // The reason may lie in an entry that was changed: the hash tiles then tell which.
            let blamed = self.blame(checkpoint, &failure)?;
            return Err(Stop::Found(blamed.unwrap_or(failure)));
        }
        read?;
        self.tiles(checkpoint.size)?;
        self.editions()?;
        self.unexpected(checkpoint.size)?;
        self.proofs(rng)?;
        Ok(())
    }

    /// Reads and verifies a checkpoint's file; also gives its digest.
    fn checkpoint(&mut self, path: &str) -> Result<(Accepted, demur_encoding::Digest), Stop> {
        let bytes = self
            .source
            .read(path)?
            .ok_or_else(|| in_file(path, "missing"))?;
        let accepted = self
            .options
            .policy
            .evaluate_exact(&bytes)
            .map_err(|e| in_file(path, e))?;
        self.counts.checkpoints.count += 1;
        self.counts.cosignatures.count += accepted.witnesses.len() as u64;
        Ok((accepted, sha256(&bytes)))
    }

    fn entries(&mut self, checkpoint: CheckpointRef, rng: &mut impl CryptoRng) -> Result<(), Stop> {
        let total = checkpoint.size;
        let mut batch: Vec<Vec<u8>> = Vec::new();
        for tile in bundles(0, total) {
            let path = tile.path();
            let bytes = self
                .source
                .read(&path)?
                .ok_or_else(|| in_file(&path, "missing"))?;
            let bundle = decode_bundle(&bytes, tile.width).map_err(|e| in_file(&path, e))?;
            self.counts.tiles.count += 1;
            for bytes in bundle {
                self.tree.push(&bytes);
                let ends = bytes.len() <= MAX_STATE_BYTES
                    && matches!(Entry::from_slice(&bytes), Ok(Entry::State(_)));
                batch.push(bytes);
                if ends {
                    self.batch(&batch, checkpoint)?;
                    batch.clear();
                    if self.tasks.len() >= PROOFS_AT_ONCE {
                        self.proofs(rng)?;
                    }
                }
            }
            let done = self.tree.size();
            (self.options.progress)(Progress::Entries { done, total });
        }
        if !batch.is_empty() {
            // The violation of the first entry that can't stand, or that the batch has no end.
            self.batch(&batch, checkpoint)?;
        }
        if self.tree.root() != checkpoint.hash {
            return Err(in_file(
                "checkpoint",
                "it commits to other entries than the bundles hold",
            ));
        }
        self.counts.entries.done = true;
        self.counts.checkpoints.done = true;
        self.counts.cosignatures.done = true;
        for row in [
            &mut self.counts.slots,
            &mut self.counts.opened,
            &mut self.counts.sign_ons,
            &mut self.counts.steps,
            &mut self.counts.states,
        ] {
            row.done = true;
        }
        Ok(())
    }

    fn batch(&mut self, entries: &[Vec<u8>], newest: CheckpointRef) -> Result<(), Stop> {
        let Some(mut replay) = self.replay.take() else {
            return Ok(());
        };
        self.recall(&mut replay, entries, newest.size)?;
        let applied = replay.apply_batch(entries);
        let ended = replay.batches().last().copied();
        self.replay = Some(replay);
        let applied = applied.map_err(|(entry, violation)| in_entry(entry, violation))?;
        for one in applied {
            self.counts.entry(&one);
            self.tasks.extend(one.tasks);
        }
        let Some(ended) = ended else {
            return Ok(());
        };
        let end = ended.checkpoint;
        let last = end.size == newest.size;
        let path = if last {
            "checkpoint".to_owned()
        } else {
            format!("history/{}", end.size)
        };
        // The newest was verified and counted at the beginning: the same file, read again for its digest.
        let (accepted, digest) = match (last, &self.newest) {
            (true, Some(accepted)) => (accepted.clone(), None),
            _ => {
                let (accepted, digest) = self.checkpoint(&path)?;
                (accepted, Some(digest))
            }
        };
        let found = accepted.checkpoint.reference();
        let published = Published {
            digest,
            time: accepted.time,
        };
        if found != end
            || self
                .replay
                .as_ref()
                .is_some_and(|r| r.origin() != accepted.checkpoint.origin)
        {
            return Err(in_file(
                &path,
                format!(
                    "it commits to {} entries with another root than the entries before it have",
                    found.size
                ),
            ));
        }
        match self
            .replay
            .as_mut()
            .map(|replay| replay.close_batch(found, published))
        {
            Some(Err(violation)) => Err(in_entry(end.size - 1, violation)),
            _ => Ok(()),
        }
    }

    /// Reads again the opaque entries of the events that this batch opens.
    fn recall(&self, replay: &mut Replay, entries: &[Vec<u8>], size: u64) -> Result<(), Stop> {
        let mut held: Option<(u64, Vec<Vec<u8>>)> = None;
        for (index, slots) in opened_places(entries) {
            // What names an entry that was not read yet is refused where it stands.
            let first = replay.size();
            let Some(tile) = bundles(index, size).next().filter(|_| index < first) else {
                continue;
            };
            let bundle = match held.take() {
                Some((number, bundle)) if number == tile.index => bundle,
                _ => {
                    let path = tile.path();
                    let bytes = self
                        .source
                        .read(&path)?
                        .ok_or_else(|| in_file(&path, "missing"))?;
                    decode_bundle(&bytes, tile.width).map_err(|e| in_file(&path, e))?
                }
            };
            let at = usize::try_from(index % TILE_WIDTH).unwrap_or(usize::MAX);
            if let Some(bytes) = bundle.get(at) {
                let recalled = replay.recall(index, bytes, &slots);
                recalled.map_err(|violation| in_entry(index, violation))?;
            }
            held = Some((tile.index, bundle));
        }
        Ok(())
    }

    fn proofs(&mut self, rng: &mut impl CryptoRng) -> Result<(), Stop> {
        let tasks = std::mem::take(&mut self.tasks);
        let before = self.counts.proofs.count;
        if !tasks.is_empty() {
            let verifier = match self.verifier.take() {
                Some(verifier) => verifier,
                None => Verifier::new().map_err(|error| in_file("checkpoint", error))?,
            };
            let batch: Vec<_> = tasks
                .iter()
                .map(|t| (t.statement, t.proof.clone()))
                .collect();
            let total = before + batch.len() as u64;
            let progress = self.options.progress;
            let told = move |done: usize| {
                let done = before + done as u64;
                progress(Progress::Proofs { done, total });
            };
            let verdict = verifier.verify_batch(&batch, self.options.threads, rng, &told);
            self.verifier = Some(verifier);
            if let Err(InvalidBatch { invalid, .. }) = verdict {
                let first = invalid.first().and_then(|i| tasks.get(*i));
                let entry = first.map_or(0, |task| task.entry);
                return Err(in_entry(entry, "a proof does not prove its statement"));
            }
            self.counts.proofs.count = total;
        }
        self.counts.proofs.done = true;
        Ok(())
    }

    fn report(self, failure: Option<Failure>) -> AuditReport {
        report::make(self.replay, self.newest, self.counts, failure)
    }

    fn tiles(&mut self, size: u64) -> Result<(), Stop> {
        // All entries were read before: the size is true.
        let total = hash_tiles(size).count() as u64;
        for (done, tile) in hash_tiles(size).enumerate() {
            let path = tile.path();
            let found = self
                .source
                .read(&path)?
                .ok_or_else(|| in_file(&path, "missing"))?;
            let computed = self.tree.tile(&tile).unwrap_or_default();
            if found != computed {
                let same = found
                    .iter()
                    .zip(&computed)
                    .take_while(|(a, b)| a == b)
                    .count();
                let level = match tile.kind {
                    TileKind::Hashes(level) => level,
                    TileKind::Entries => 0,
                };
                let number = tile.index * TILE_WIDTH + (same / 32) as u64;
                let reason = format!(
                    "not the hashes of the entries: the first difference is at byte {same}, hash {number} of level {level}"
                );
                return Err(in_file(&path, reason));
            }
            self.counts.tiles.count += 1;
            (self.options.progress)(Progress::Tiles {
                done: done as u64 + 1,
                total,
            });
        }
        self.counts.tiles.done = true;
        Ok(())
    }

    fn blame(&self, checkpoint: CheckpointRef, failure: &Failure) -> Result<Option<Failure>, Stop> {
        Ok(Blame::new(self.source, checkpoint).first(failure)?)
    }
}
