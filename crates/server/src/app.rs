//! What all requests share.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use axum::Json;
use demur_channel::{Profile, profile::RecordRules};
use demur_client::api::{Accepted, SignedRequest};
use demur_encoding::Time;
use demur_pages::{Served, Site};
use demur_record::{
    batch::MAX_BATCH_FILINGS,
    entry::Role,
    keys::LogSigner,
    memo_log::ProofTask,
    policy::{Log, Policy, Witness},
    promise::{Promise, Subject},
};
use demur_store::{Held, Store};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::{
    clock::Clock,
    limits::MAX_CONCURRENT_REQUESTS,
    problem::Refusal,
    setup::{ChannelConfig, SetupError},
    sign_in::{Failures, SignInDesk, SignInMethod},
    signature,
    verify::VerifyPool,
    view::{Seen, View},
};

/// The server's state; a cheap handle.
pub(crate) struct App<S>(Arc<Inner<S>>);

impl<S> Clone for App<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Inner<S> {
    store: S,
    clock: Arc<dyn Clock>,
    config: ChannelConfig,
    site: Site,
    record_dir: PathBuf,
    signer: LogSigner,
    desk: SignInDesk,
    failures: Failures,
    verifier: VerifyPool,
    /// Held alone while an entry is judged on top of what waits and committed; shared while an event is committed whose
    /// place depends on which entries wait.
    entries: RwLock<()>,
    /// A changed profile that waits for its batch.
    profile_ahead: std::sync::Mutex<Option<Arc<Profile>>>,
    view: Arc<RwLock<View>>,
}

/// What an [`App`] is made of.
pub(crate) struct Parts<S> {
    pub(crate) store: S,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) config: ChannelConfig,
    pub(crate) record_dir: PathBuf,
    pub(crate) signer: LogSigner,
    pub(crate) sign_in: Arc<dyn SignInMethod>,
    pub(crate) verifier: VerifyPool,
}

impl<S: Store> App<S> {
    pub(crate) fn new(parts: Parts<S>) -> Result<Self, SetupError> {
        let Parts {
            store,
            clock,
            config,
            record_dir,
            signer,
            sign_in,
            verifier,
        } = parts;
        Ok(Self(Arc::new(Inner {
            site: Site::new(Served::Channel, "", policy(&config, &signer)?)
                .map_err(|e| SetupError::option("policy", e))?,
            view: Arc::new(RwLock::new(View::new(&config.origin))),
            desk: SignInDesk::new(sign_in),
            failures: Failures::new(),
            entries: RwLock::new(()),
            profile_ahead: std::sync::Mutex::default(),
            store,
            clock,
            config,
            record_dir,
            signer,
            verifier,
        })))
    }

    pub(crate) fn now(&self) -> Time {
        self.0.clock.now()
    }

    pub(crate) fn store(&self) -> &S {
        &self.0.store
    }

    pub(crate) fn config(&self) -> &ChannelConfig {
        &self.0.config
    }

    pub(crate) fn origin(&self) -> &str {
        &self.0.config.origin
    }

    /// What the pages go by.
    pub(crate) fn site(&self) -> &Site {
        &self.0.site
    }

    pub(crate) fn signer(&self) -> &LogSigner {
        &self.0.signer
    }

    pub(crate) fn record_dir(&self) -> &Path {
        &self.0.record_dir
    }

    pub(crate) fn desk(&self) -> &SignInDesk {
        &self.0.desk
    }

    pub(crate) fn failures(&self) -> &Failures {
        &self.0.failures
    }

    /// Keeps others from having an entry judged and committed at the same time.
    pub(crate) async fn entries_lock(&self) -> RwLockWriteGuard<'_, ()> {
        self.0.entries.write().await
    }

    /// Keeps others from having an entry committed, but not from committing events.
    pub(crate) async fn entries_shared(&self) -> RwLockReadGuard<'_, ()> {
        self.0.entries.read().await
    }

    /// A changed profile was queued: until its batch as little may wait as both profiles can hold.
    pub(crate) fn set_profile_ahead(&self, profile: Arc<Profile>) {
        let ahead = self.0.profile_ahead.lock();
        *ahead.unwrap_or_else(PoisonError::into_inner) = Some(profile);
    }

    /// The changed profile that waits for its batch.
    pub(crate) fn profile_ahead(&self, view: &View) -> Option<Arc<Profile>> {
        let ahead = self.0.profile_ahead.lock();
        let ahead = ahead.unwrap_or_else(PoisonError::into_inner).clone();
        let in_force = view.record().profile().map_or(0, |now| now.version);
        ahead.filter(|ahead| ahead.version > in_force)
    }

    /// The record as the database has it now.
    pub(crate) async fn view(&self) -> Result<Seen, Refusal> {
        let newest = self.store().newest_checkpoint().await?;
        let view = Arc::clone(&self.0.view).read_owned().await;
        if view.is_current(newest.as_ref()) {
            return Ok(Seen::new(view, self.now()));
        }
        drop(view);
        let mut view = Arc::clone(&self.0.view).write_owned().await;
        if !view.is_current(newest.as_ref()) {
            view.catch_up(self.store(), self.0.site.policy()).await?;
        }
        Ok(Seen::new(view.downgrade(), self.now()))
    }

    /// Whether the registrar signed the request.
    pub(crate) async fn registrar(
        &self,
        request: &SignedRequest,
        purpose: &str,
        subject: &str,
    ) -> Result<(), Refusal> {
        let keys = self.view().await?.signing_keys(Role::Registrar);
        signature::authorize(request, purpose, subject, &keys, self.now())
    }

    /// Refuses what would be void before the record must hold it.
    pub(crate) fn in_time(&self, view: &Seen, expires: Time) -> Result<(), Refusal> {
        let delay = view.profile()?.record.promise_max_delay_seconds;
        let by = view.next().time.plus(delay);
        if expires >= by {
            return Ok(());
        }
        let message = format!(
            "it expires at {expires}, and the record may hold it only by {by}: prove again with a later expiry"
        );
        Err(Refusal::rule("expired", message))
    }

    /// Refuses a filing while as many wait as the batches can hold by the time that would be promised.
    pub(crate) async fn room_for_filing(&self) -> Result<(), Refusal> {
        let waiting = self.store().filings_waiting().await?;
        let batches = batches_in_time(&self.view().await?.profile()?.record);
        if waiting < batches.saturating_mul(MAX_BATCH_FILINGS as u64) {
            Ok(())
        } else {
            Err(Refusal::Busy)
        }
    }

    /// Refuses an event while more wait than the record can hold by the time that would be promised.
    pub(crate) async fn room(&self) -> Result<(), Refusal> {
        let waiting = self.store().pending_count().await?;
        let view = self.view().await?;
        let rules = &view.profile()?.record;
        let room = match self.profile_ahead(&view) {
            None => has_room(waiting, rules),
            Some(ahead) => waiting < room_before_change(rules, &ahead.record),
        };
        if room { Ok(()) } else { Err(Refusal::Busy) }
    }

    /// Verifies proofs off the async threads.
    pub(crate) async fn verify(&self, tasks: Vec<ProofTask>) -> Result<(), Refusal> {
        self.0.verifier.verify(tasks).await
    }

    /// The log's word for what was committed just now or before. None for what the record's rules keep out: that it would be
    /// there in time is more than the log knows.
    pub(crate) async fn promise(&self, held: Held) -> Result<String, Refusal> {
        if let Held::Entry(leaf) = held
            && let Some(reason) = self.store().refusal(leaf).await?
        {
            let message = format!(
                "the record can't take it at present: {reason}. It is tried with every batch; the promise that was given is not \
                 renewed. Keep it: it convicts the log"
            );
            return Err(Refusal::conflict("kept-out", message));
        }
        let view = self.view().await?;
        let delay = view.profile()?.record.promise_max_delay_seconds;
        let promise = Promise {
            origin: self.origin().to_owned(),
            subject: match held {
                Held::Slot(slot) => Subject::Opaque(slot),
                Held::Entry(leaf) => Subject::Entry(leaf),
            },
            // From the record's time on, where the clock was set back behind it: a promise of the past could not be kept.
            by: view.next().time.plus(delay),
        };
        drop(view);
        promise
            .sign(self.signer())
            .map_err(|e| Refusal::Internal(e.to_string()))
    }

    /// [`Self::promise`] as an answer.
    pub(crate) async fn promised(&self, held: Held) -> Result<Json<Accepted>, Refusal> {
        self.promise(held)
            .await
            .map(|promise| Json(Accepted { promise }))
    }
}

/// The channel's own policy: its log, its witnesses, its quorum.
pub(crate) fn policy(config: &ChannelConfig, signer: &LogSigner) -> Result<Policy, SetupError> {
    let witnesses = config
        .witnesses
        .iter()
        .enumerate()
        .map(|(i, witness)| Witness {
            name: format!("witness-{}", i + 1),
            key: witness.vkey.clone(),
            url: None,
        });
    let log = Log {
        key: signer.verifier().clone(),
        url: None,
    };
    Policy::simple(log, witnesses.collect(), config.quorum as usize)
        .map_err(|e| SetupError::option("witnesses", e))
}

/// Whether one more than `waiting` will have its slot within the promised time.
fn has_room(waiting: u64, rules: &RecordRules) -> bool {
    waiting < batches_in_time(rules).saturating_mul(u64::from(rules.opaque_slots))
}

/// How many events may wait while a change of profile does. What comes in while the change's batch is made waits for the
/// one after it, which has the new profile's slots; after that the intervals may be longer than what was promised.
pub(crate) fn room_before_change(now: &RecordRules, ahead: &RecordRules) -> u64 {
    let slots = u64::from(now.opaque_slots.min(ahead.opaque_slots));
    // As many may be admitted at the same time, each by the same count.
    slots
        .saturating_sub(MAX_CONCURRENT_REQUESTS as u64)
        .max(slots.div_ceil(2))
}

/// How many batches are sure to be made within the promised time.
fn batches_in_time(rules: &RecordRules) -> u64 {
    // The next batch may have been built already, and the last one may end just too late.
    (rules.promise_max_delay_seconds / rules.interval_seconds.max(1))
        .saturating_sub(2)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_promised_than_can_be_kept() {
        let profile = Profile::parse(demur_channel::shipped("demo").unwrap()).unwrap();
        // 64 slots a second, 60 seconds.
        assert!(has_room(64 * 58 - 1, &profile.record));
        assert!(!has_room(64 * 58, &profile.record));
    }
}
