//! Proofs are verified in batches, off the async threads.
//!
//! One thread takes what waits, up to [`MAX_BATCH`] proofs, and verifies it together: that is several
//! times cheaper than one by one. A batch that holds a wrong proof is halved until the wrong ones are
//! found, so k wrong ones among n cost at most about 2k·log2(n/k) more checks: a flood of them slows the rest by
//! that factor and no more, since requests are taken in turn and at most [`MAX_QUEUE`] wait.

use std::{
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
    time::{Duration, Instant},
};

use demur_record::memo_log::ProofTask;
use demur_signon::prove::{InvalidBatch, Proof, SetupError, Statement, Verifier};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use tokio::sync::oneshot;

use crate::problem::Refusal;

/// The most requests that wait; more are told to come again.
pub(crate) const MAX_QUEUE: usize = 512;

/// The most proofs that are verified together: few enough that nobody waits long for the others.
pub(crate) const MAX_BATCH: usize = 64;

/// How long a batch waits for company at least.
pub(crate) const MIN_WAIT: Duration = Duration::from_millis(3);

/// How long it waits at most. A batch waits as long as the one before it took: a proof alone costs seven times as much as
/// one of 64, so that a busy server would otherwise spend its time on many small batches. Full ones don't wait.
pub(crate) const MAX_WAIT: Duration = Duration::from_millis(20);

/// As many proofs give a thread of their own work enough: each thread's part has the cost of one multiplication.
const SHARE: usize = 32;

/// Why proofs were not found valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VerifyError {
    /// Too much waits.
    #[error("too many proofs wait to be verified; send the same again in a moment")]
    Busy,
    /// One of them does not prove its statement.
    #[error("a proof does not prove its statement")]
    Invalid,
    /// The thread is gone.
    #[error("proofs can't be verified: the verifier has stopped")]
    Stopped,
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Busy => Self::Busy,
            VerifyError::Invalid => {
                Self::rule("proof", "a proof does not prove its statement: prove again")
            }
            VerifyError::Stopped => Self::Internal(error.to_string()),
        }
    }
}

/// Verifies on a thread of its own, which ends when the pool is dropped.
#[derive(Debug)]
pub(crate) struct VerifyPool {
    queue: SyncSender<Job>,
}

#[derive(Debug)]
struct Job {
    proofs: Vec<(Statement, Proof)>,
    answer: oneshot::Sender<Result<(), VerifyError>>,
}

impl VerifyPool {
    /// A pool that verifies proofs of this version's circuit with all cores.
    ///
    /// # Errors
    /// When this build's circuit is not the pinned one.
    pub(crate) fn new() -> Result<Self, SetupError> {
        let verifier = Verifier::new()?;
        let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Ok(Self::with(move |batch| {
            let shares = NonZeroUsize::new(batch.len() / SHARE).unwrap_or(NonZeroUsize::MIN);
            let threads = shares.min(cores);
            let mut rng = UnwrapErr(SysRng);
            match verifier.verify_batch(batch, threads, &mut rng, &|_| {}) {
                Ok(()) => Vec::new(),
                Err(InvalidBatch { invalid, .. }) => invalid,
            }
        }))
    }

    /// A pool that asks `check` for the places of the wrong proofs.
    pub(crate) fn with(
        check: impl Fn(&[(Statement, Proof)]) -> Vec<usize> + Send + 'static,
    ) -> Self {
        let (queue, jobs) = sync_channel(MAX_QUEUE);
        // Detached: it ends with the queue.
        thread::spawn(move || work(&jobs, &check));
        Self { queue }
    }

    /// Whether all of `tasks` are valid, as an answer to a request.
    pub(crate) async fn verify(&self, tasks: Vec<ProofTask>) -> Result<(), Refusal> {
        Ok(self
            .check(
                tasks
                    .into_iter()
                    .map(|task| (task.statement, task.proof))
                    .collect(),
            )
            .await?)
    }

    /// Whether all of `proofs` are valid.
    pub(crate) async fn check(&self, proofs: Vec<(Statement, Proof)>) -> Result<(), VerifyError> {
        if proofs.is_empty() {
            return Ok(());
        }
        let (answer, verdict) = oneshot::channel();
        match self.queue.try_send(Job { proofs, answer }) {
            Ok(()) => verdict.await.unwrap_or(Err(VerifyError::Stopped)),
            Err(TrySendError::Full(_)) => Err(VerifyError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(VerifyError::Stopped),
        }
    }
}

fn work(jobs: &Receiver<Job>, check: &impl Fn(&[(Statement, Proof)]) -> Vec<usize>) {
    let (mut ended, mut took) = (Instant::now(), Duration::ZERO);
    while let Ok(first) = jobs.recv() {
        let batch = gather(first, jobs, until(Instant::now(), ended, took));
        let begun = Instant::now();
        let proofs: Vec<_> = batch
            .iter()
            .flat_map(|job| job.proofs.iter().cloned())
            .collect();
        let invalid = wrong(&proofs, check);
        let mut start = 0;
        for job in batch {
            let end = start + job.proofs.len();
            let verdict = if invalid.iter().any(|i| (start..end).contains(i)) {
                Err(VerifyError::Invalid)
            } else {
                Ok(())
            };
            start = end;
            // Nobody listens any more where the client has gone.
            let _ = job.answer.send(verdict);
        }
        ended = Instant::now();
        took = ended - begun;
    }
}

/// Until when a batch waits that began at `now`; the one before it `took` a while and `ended`.
fn until(now: Instant, ended: Instant, took: Duration) -> Instant {
    (now + MIN_WAIT).max(ended + took.min(MAX_WAIT))
}

/// Takes what waits. Requests whose clients have gone are left out.
fn gather(first: Job, jobs: &Receiver<Job>, until: Instant) -> Vec<Job> {
    let mut batch = Vec::new();
    let mut proofs = 0;
    let mut next = Some(first);
    while let Some(job) = next.take() {
        if !job.answer.is_closed() {
            proofs += job.proofs.len();
            batch.push(job);
        }
        if proofs < MAX_BATCH {
            let left = until.saturating_duration_since(Instant::now());
            next = jobs.recv_timeout(left).ok();
        }
    }
    batch
}

/// The places of the wrong proofs. Should the library ever panic on one, that one is wrong and the
/// thread goes on.
fn wrong(
    proofs: &[(Statement, Proof)],
    check: &impl Fn(&[(Statement, Proof)]) -> Vec<usize>,
) -> Vec<usize> {
    let caught = |batch: &[(Statement, Proof)]| catch_unwind(AssertUnwindSafe(|| check(batch)));
    caught(proofs).unwrap_or_else(|_| {
        tracing::error!("the verifier panicked on a batch; each of its proofs is verified alone");
        let alone = |i: &usize| !caught(&proofs[*i..=*i]).is_ok_and(|invalid| invalid.is_empty());
        (0..proofs.len()).filter(alone).collect()
    })
}

#[cfg(test)]
mod tests;
