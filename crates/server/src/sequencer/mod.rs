//! The sequencer: what was accepted becomes entries, tiles, a checkpoint.
//!
//! One step is one batch. Its order is what makes it safe to stop it anywhere:
//!
//! 1. what waits is read, judged and built (`demur_record`);
//! 2. entries, places and checkpoint are committed in one transaction;
//! 3. tiles and editions are written, which nobody looks for before the checkpoint is published;
//! 4. the checkpoint is signed, and the witnesses are asked for their cosignatures;
//! 5. with the quorum, the bytes to publish are stored: from here on they are never others;
//! 6. the superseded checkpoint goes to `history/`, the new one to `checkpoint`, superseded tiles go.
//!
//! What was begun is finished at the next start or step, from the database alone. Without the quorum the
//! last published checkpoint stays, no batch is made (a checkpoint that no file shows would break
//! the chain of `state` entries), and the next step asks again.

mod error;
mod fault;
mod folder;
mod plan;
mod publish;
mod rebuild;
mod witness;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use demur_encoding::Time;
use demur_record::{
    batch::{self, Built, MAX_BATCH_DIRECT, MAX_BATCH_FILINGS, MAX_BATCH_SIGN_ONS},
    entry::CheckpointRef,
    keys::LogSigner,
    memo_log::RecordView as _,
    policy::Policy,
    replay::{OpenedPlaces, Replay},
    tiles::Tree,
};
use demur_store::{RefusedRow, Store};
use getrandom::SysRng;
use rand_core::{CryptoRng, UnwrapErr};
use tokio::sync::watch;

pub use self::error::SequencerError;
pub use self::rebuild::{Restored, rebuild_record};
pub(crate) use self::rebuild::{rebuild, tree as record_tree};
pub(crate) use self::witness::{Gathered, HttpWitness, WITNESS_TIMEOUT, WitnessClient, gather};
use self::{
    fault::{FaultPoint, Faults, OfThisBuild},
    folder::RecordFolder,
    plan::{Plan, Waits},
};
use crate::{
    clock::Clock,
    setup::{ChannelConfig, SetupError},
    view::{View, recall},
};

/// How soon what failed is tried again, at most: the interval where that is shorter.
const RETRY: Duration = Duration::from_secs(10);

/// How often the journal is tried to be emptied after a batch, and how long between.
const SCRUBS: (u32, Duration) = (20, Duration::from_millis(50));

/// How many seconds of a promise's term are left for publishing, where the term is long enough.
const PUBLISHING: u64 = 30;

/// How many entries are read from the database at a time.
const CHUNK: u32 = 256;

/// The sequencer of a server: its channel's witnesses are asked over HTTP, the system gives randomness.
///
/// # Errors
/// As [`Sequencer::open`].
pub(crate) async fn open<S: Store>(
    store: S,
    clock: Arc<dyn Clock>,
    signer: LogSigner,
    config: &ChannelConfig,
    record_dir: &Path,
) -> Result<Sequencer<S, HttpWitness, UnwrapErr<SysRng>>, SetupError> {
    let parts = Parts {
        store,
        clock,
        rng: UnwrapErr(SysRng),
        policy: crate::app::policy(config, &signer)?,
        signer,
        witnesses: config
            .witnesses
            .iter()
            .map(|w| HttpWitness::new(w.vkey.clone(), &w.url))
            .collect(),
        witness_timeout: WITNESS_TIMEOUT,
        record_dir: record_dir.to_owned(),
        faults: Arc::new(OfThisBuild::default()),
    };
    Ok(Sequencer::open(parts).await?)
}

/// What a sequencer is made of.
pub(crate) struct Parts<S, W, R> {
    pub(crate) store: S,
    pub(crate) clock: Arc<dyn Clock>,
    /// Draws places and padding.
    pub(crate) rng: R,
    pub(crate) signer: LogSigner,
    /// What a checkpoint needs to be published.
    pub(crate) policy: Policy,
    /// Who is asked; all of the policy's witnesses.
    pub(crate) witnesses: Vec<W>,
    pub(crate) witness_timeout: Duration,
    pub(crate) record_dir: PathBuf,
    pub(crate) faults: Arc<dyn Faults>,
}

/// See the module.
pub(crate) struct Sequencer<S, W, R> {
    store: S,
    clock: Arc<dyn Clock>,
    /// Out only while a batch is being built.
    rng: Option<R>,
    signer: LogSigner,
    policy: Policy,
    witnesses: Vec<Arc<W>>,
    /// What each witness probably cosigned last.
    known: Vec<u64>,
    witness_timeout: Duration,
    folder: RecordFolder,
    faults: Arc<dyn Faults>,
    replay: Replay,
    tree: Arc<Tree>,
    /// The size of the record whose files were written last, whether or not it is published.
    written: u64,
    /// When this process made its last batch, or began: by no clock that anybody sets.
    made: Instant,
}

/// What a step did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// The size of the record with the batch that was made; `None` where none could be.
    pub(crate) batch: Option<u64>,
    /// The size of the newest checkpoint that this step published.
    pub(crate) published: Option<u64>,
    /// What the record's rules do not let in now.
    pub(crate) refused: usize,
}

impl<S: Store, W: WitnessClient, R: CryptoRng + Send + 'static> Sequencer<S, W, R> {
    /// Reads the record from the database and finishes what was left half done, but for asking witnesses.
    ///
    /// # Errors
    /// [`SequencerError::Behind`] where the record's folder shows a checkpoint that the database doesn't
    /// know; where the database or the folder can't be read.
    pub(crate) async fn open(parts: Parts<S, W, R>) -> Result<Self, SequencerError> {
        let Parts {
            store,
            clock,
            rng,
            signer,
            policy,
            witnesses,
            witness_timeout,
            record_dir,
            faults,
        } = parts;
        let mut sequencer = Self {
            replay: Replay::new(signer.verifier().name()),
            tree: Arc::default(),
            written: 0,
            made: Instant::now(),
            known: vec![0; witnesses.len()],
            witnesses: witnesses.into_iter().map(Arc::new).collect(),
            rng: Some(rng),
            folder: RecordFolder::new(&record_dir),
            store,
            clock,
            signer,
            policy,
            witness_timeout,
            faults,
        };
        sequencer.load().await?;
        if rebuild::adopt(
            &sequencer.store,
            &sequencer.folder,
            &sequencer.signer,
            &sequencer.policy,
            &sequencer.tree,
        )
        .await?
        {
            sequencer.load().await?;
        }
        rebuild::restore(
            &sequencer.store,
            &sequencer.folder,
            &sequencer.tree,
            rebuild::Compare::Presence,
        )
        .await?;
        let published = sequencer.published().size;
        sequencer.known.fill(published);
        // A newer program may know better.
        let retried = sequencer.store.retry_filings().await?;
        if retried > 0 {
            tracing::warn!(retried, "filings that were given up are tried again");
        }
        sequencer.scrub().await?;
        Ok(sequencer)
    }

    /// Makes a batch at each interval of the profile until `stop` says so; a step that is under way
    /// is finished.
    ///
    /// # Errors
    /// Where going on can't help: [`SequencerError::is_fatal`].
    pub(crate) async fn run(
        mut self,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), SequencerError> {
        loop {
            let wait = match self.tick().await {
                Ok(()) => self.until_due(),
                Err(error) if error.is_fatal() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "no batch; it is tried again");
                    self.retry()
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => return Ok(()),
            }
        }
    }

    /// Finishes what is unpublished, then makes a batch if one is due.
    async fn tick(&mut self) -> Result<(), SequencerError> {
        self.refresh().await?;
        if self.unpublished().is_some() && !self.publish().await? {
            return Ok(());
        }
        if self.until_due().is_zero() {
            self.step().await?;
        }
        Ok(())
    }

    /// Finishes what is unpublished, makes one batch and publishes its checkpoint.
    ///
    /// # Errors
    /// Where it stopped half done; the next step goes on from there.
    pub(crate) async fn step(&mut self) -> Result<Step, SequencerError> {
        let mut step = Step::default();
        self.refresh().await?;
        if let Some(checkpoint) = self.unpublished() {
            if !self.publish().await? {
                return Ok(step);
            }
            step.published = Some(checkpoint.size);
        }
        self.fault(FaultPoint::Begin)?;
        step.refused = self.batch().await?;
        step.batch = Some(self.replay.size());
        if self.publish().await? {
            step.published = step.batch;
        }
        Ok(step)
    }

    /// The number of entries.
    #[cfg(test)]
    const fn size(&self) -> u64 {
        self.replay.size()
    }

    /// How long until the next batch is due; nothing waits for a record's first.
    fn until_due(&self) -> Duration {
        if self.unpublished().is_some() {
            return self.retry();
        }
        let (Some(last), Some(profile)) = (self.replay.batches().last(), self.replay.profile())
        else {
            return if self.replay.batches().is_empty() {
                Duration::ZERO
            } else {
                RETRY
            };
        };
        // What was promised while a change of profile waited goes by the interval before it.
        let before = self.replay.profile_at(last.first).unwrap_or(profile);
        let interval = profile
            .record
            .interval_seconds
            .min(before.record.interval_seconds);
        let by_clock = last.time.plus(interval).since(self.clock.now());
        wait(
            Duration::from_secs(by_clock),
            Duration::from_secs(interval),
            self.made.elapsed(),
        )
    }

    fn retry(&self) -> Duration {
        let interval = self
            .replay
            .profile()
            .map(|profile| Duration::from_secs(profile.record.interval_seconds));
        interval.unwrap_or(RETRY).min(RETRY)
    }

    fn fault(&self, point: FaultPoint) -> Result<(), SequencerError> {
        if self.faults.stop_at(point) {
            Err(SequencerError::stopped(point))
        } else {
            Ok(())
        }
    }

    /// The newest published checkpoint; of size 0 before the first.
    fn published(&self) -> CheckpointRef {
        let mut batches = self.replay.batches().iter().rev();
        let last = batches.find(|batch| batch.published.is_some());
        last.map_or(
            CheckpointRef {
                size: 0,
                hash: demur_encoding::merkle::EMPTY_ROOT,
            },
            |batch| batch.checkpoint,
        )
    }

    /// The checkpoint of the last batch where it is not published.
    fn unpublished(&self) -> Option<CheckpointRef> {
        let last = self.replay.batches().last()?;
        last.published.is_none().then_some(last.checkpoint)
    }

    /// Where a step failed after its commit, memory is behind the database: reads it anew.
    async fn refresh(&mut self) -> Result<(), SequencerError> {
        let newest = self.store.newest_checkpoint().await?;
        let stored = newest.as_ref().map(|row| (row.size, row.note.is_some()));
        let held = self
            .replay
            .batches()
            .last()
            .map(|batch| (batch.checkpoint.size, batch.published.is_some()));
        if stored != held || self.tree.size() != self.replay.size() {
            self.load().await?;
            // What is not published is removed, and is to be written again.
            self.written = 0;
            // A checkpoint may be published by the database and not yet by its file.
            rebuild::restore(
                &self.store,
                &self.folder,
                &self.tree,
                rebuild::Compare::Presence,
            )
            .await?;
        }
        Ok(())
    }

    async fn load(&mut self) -> Result<(), SequencerError> {
        let mut view = View::new(self.signer.verifier().name());
        view.catch_up(&self.store, &self.policy).await?;
        self.tree = Arc::new(rebuild::tree(&self.store, view.record().size()).await?);
        self.replay = view.record().clone();
        if self.tree.root() != self.replay.root() {
            return Err(SequencerError::damaged(
                "leaf hashes and entries do not belong together",
            ));
        }
        self.limit_waiting();
        Ok(())
    }

    /// Builds and commits a batch; says how much was refused.
    async fn batch(&mut self) -> Result<usize, SequencerError> {
        let now = self.now();
        let term = self
            .replay
            .profile()
            .map_or(0, |profile| profile.record.promise_max_delay_seconds);
        let waits = self.waits().await?;
        let (plan, built) = self.build(waits, now).await?;
        let refused = plan.refused(&built, now, term);
        for (row, first) in &refused {
            report(row, *first);
        }
        let count = refused.len();
        let rows = refused.into_iter().map(|(row, _)| row).collect();
        let batch = plan.batch(&built, rows)?;
        self.fault(FaultPoint::Built)?;
        let leaves: Vec<_> = batch.entries.iter().map(|entry| entry.leaf).collect();
        self.store.commit_batch(batch).await?;
        let tree = Arc::make_mut(&mut self.tree);
        for leaf in leaves {
            tree.push_leaf(leaf);
        }
        self.replay = built.replay;
        self.made = Instant::now();
        self.limit_waiting();
        self.scrub().await?;
        self.fault(FaultPoint::Committed)?;
        Ok(count)
    }

    /// What waits and is tried in the next batch. What was refused before comes last in each list, so that it takes only the room that
    /// the others leave.
    async fn waits(&mut self) -> Result<Waits, SequencerError> {
        let limit = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let waiting = self
            .store
            .pending(limit(MAX_BATCH_DIRECT), limit(MAX_BATCH_SIGN_ONS))
            .await?;
        let slots = waiting.slots;
        let slots = self.off_thread(move |rng| plan::drawn(slots, rng)).await?;
        let room = self
            .replay
            .profile()
            .map_or(0, |profile| profile.record.opaque_slots as usize);
        let placed = plan::placed(&slots, room);
        let unfiled = waiting.filings.iter().map(|filing| filing.memo).collect();
        let mut filings = Vec::new();
        for filing in waiting.filings {
            if filings.len() == MAX_BATCH_FILINGS {
                break;
            }
            let events = self.store.slot_events(filing.memo).await?;
            if plan::placeable(&events, &placed) {
                filings.push((filing, events));
            }
        }
        Ok(Waits {
            slots,
            direct: waiting.direct,
            late: waiting.late,
            filings,
            unfiled,
        })
    }

    /// The batch, built off the async threads: a filing may have thousands of sign-ons.
    async fn build(&mut self, waits: Waits, now: Time) -> Result<(Plan, Built), SequencerError> {
        let mut places = OpenedPlaces::new();
        let events = waits.filings.iter().flat_map(|(_, events)| events);
        for at in events.filter_map(|row| row.at) {
            if let Some(slot) = at.slot {
                places.entry(at.entry).or_default().insert(slot);
            }
        }
        let replay = recall(self.replay.clone(), &self.store, places).await?;
        self.off_thread(move |rng| {
            let plan = Plan::new(waits)?;
            let built = batch::build(&replay, &plan.pending, now, rng)?;
            Ok((plan, built))
        })
        .await?
    }

    async fn off_thread<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut R) -> T + Send + 'static,
    ) -> Result<T, SequencerError> {
        let mut rng = self
            .rng
            .take()
            .ok_or_else(|| SequencerError::damaged("an earlier batch could not be built"))?;
        let work = move || (work(&mut rng), rng);
        let (done, rng) = tokio::task::spawn_blocking(work)
            .await
            .map_err(SequencerError::damaged)?;
        self.rng = Some(rng);
        Ok(done)
    }

    /// Lets no more events wait than can be placed before their promises fall due. Earlier intervals come first,
    /// so that none waits longer.
    fn limit_waiting(&self) {
        if let Some(profile) = self.replay.profile() {
            let rules = &profile.record;
            let delay = rules.promise_max_delay_seconds;
            let batches =
                delay.saturating_sub(PUBLISHING.min(delay / 4)) / rules.interval_seconds.max(1);
            let slots = u64::from(rules.opaque_slots).saturating_mul(batches.max(1));
            self.store.limit_waiting(slots);
        }
    }

    /// The log's time never runs backwards.
    fn now(&self) -> Time {
        let last = self.replay.batches().last().map(|batch| batch.time);
        last.map_or_else(|| self.clock.now(), |last| last.max(self.clock.now()))
    }

    async fn scrub(&self) -> Result<(), SequencerError> {
        for _ in 0..SCRUBS.0 {
            if self.store.scrub().await? {
                return Ok(());
            }
            tokio::time::sleep(SCRUBS.1).await;
        }
        tracing::warn!(
            "the database's journal could not be emptied while it is read; the next batch tries again"
        );
        Ok(())
    }
}

/// How long until a batch is due: until the clock says so, and no longer than an interval after the last one. A clock that
/// was set back would hold up all batches until it has caught up.
fn wait(by_clock: Duration, interval: Duration, since: Duration) -> Duration {
    by_clock.min(interval.saturating_sub(since))
}

/// Tells the operator what the record's rules keep out: when that begins, and when it is given up.
fn report(row: &RefusedRow, first: bool) {
    let (list, leaf, reason) = (row.list, row.leaf, &row.reason);
    if row.give_up {
        tracing::error!(?list, %leaf, %reason, "given up, a promise is broken: demur doctor shows it");
    } else if first {
        tracing::error!(?list, %leaf, %reason, "not taken into the record now; it is tried again for the term of a promise");
    }
}

#[cfg(test)]
mod tests;
