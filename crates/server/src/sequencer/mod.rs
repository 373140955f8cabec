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
    policy::Policy,
    replay::{OpenedPlaces, Replay},
    tiles::Tree,
};
use demur_store::Store;
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
    plan::Plan,
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
        let interval = profile.record.interval_seconds;
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
        let limit = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut waiting = self
            .store
            .pending(limit(MAX_BATCH_DIRECT), limit(MAX_BATCH_SIGN_ONS))
            .await?;
        // The events of those that don't get into this batch need not be read.
        waiting.filings.truncate(MAX_BATCH_FILINGS);
        let mut events = Vec::new();
        for filing in &waiting.filings {
            events.push(self.store.slot_events(filing.memo).await?);
        }
        let now = self.now();
        let (plan, built) = self.build(waiting, events, now).await?;
        for refused in &built.refused {
            let what = plan.name(refused.what, refused.id);
            tracing::error!(what, reason = %refused.violation, "not taken into the record now; it waits");
        }
        let batch = plan.batch(&built)?;
        self.fault(FaultPoint::Built)?;
        let leaves: Vec<_> = batch.entries.iter().map(|entry| entry.leaf).collect();
        self.store.commit_batch(batch).await?;
        let tree = Arc::make_mut(&mut self.tree);
        for leaf in leaves {
            tree.push_leaf(leaf);
        }
        let refused = built.refused.len();
        self.replay = built.replay;
        self.made = Instant::now();
        self.limit_waiting();
        self.scrub().await?;
        self.fault(FaultPoint::Committed)?;
        Ok(refused)
    }

    /// The batch, built off the async threads: a filing may have thousands of sign-ons.
    async fn build(
        &mut self,
        waiting: demur_store::Pending,
        events: Vec<Vec<demur_store::EventRow>>,
        now: Time,
    ) -> Result<(Plan, Built), SequencerError> {
        let mut places = OpenedPlaces::new();
        for at in events.iter().flatten().filter_map(|row| row.at) {
            if let Some(slot) = at.slot {
                places.entry(at.entry).or_default().insert(slot);
            }
        }
        let replay = recall(self.replay.clone(), &self.store, places).await?;
        let mut rng = self
            .rng
            .take()
            .ok_or_else(|| SequencerError::damaged("an earlier batch could not be built"))?;
        let build = move || {
            let built = Plan::new(waiting, events, &mut rng).and_then(|plan| {
                let built = batch::build(&replay, &plan.pending, now, &mut rng)?;
                Ok((plan, built))
            });
            (rng, built)
        };
        let (rng, built) = tokio::task::spawn_blocking(build)
            .await
            .map_err(SequencerError::damaged)?;
        self.rng = Some(rng);
        built
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

#[cfg(test)]
mod tests;
