//! What all requests share.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::Json;
use demur_channel::profile::RecordRules;
use demur_client::api::{Accepted, SignedRequest};
use demur_encoding::Time;
use demur_record::{
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
    policy: Policy,
    record_dir: PathBuf,
    signer: LogSigner,
    desk: SignInDesk,
    failures: Failures,
    verifier: VerifyPool,
    /// Held alone while an entry is judged on top of what waits and committed; shared while an event is committed whose
    /// place depends on which entries wait.
    entries: RwLock<()>,
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
            policy: policy(&config, &signer)?,
            view: Arc::new(RwLock::new(View::new(&config.origin))),
            desk: SignInDesk::new(sign_in),
            failures: Failures::new(),
            entries: RwLock::new(()),
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
            view.catch_up(self.store(), &self.0.policy).await?;
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

    /// Refuses an event while more wait than the record can hold by the time that would be promised.
    pub(crate) async fn room(&self) -> Result<(), Refusal> {
        let waiting = self.store().pending_count().await?;
        if has_room(waiting, &self.view().await?.profile()?.record) {
            Ok(())
        } else {
            Err(Refusal::Busy)
        }
    }

    /// Verifies proofs off the async threads.
    pub(crate) async fn verify(&self, tasks: Vec<ProofTask>) -> Result<(), Refusal> {
        self.0.verifier.verify(tasks).await
    }

    /// The log's word for what was committed just now or before.
    pub(crate) async fn promise(&self, held: Held) -> Result<String, Refusal> {
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
    // The next batch may have been built already, and the last one may end just too late.
    let batches = (rules.promise_max_delay_seconds / rules.interval_seconds.max(1))
        .saturating_sub(2)
        .max(1);
    waiting < batches.saturating_mul(u64::from(rules.opaque_slots))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_promised_than_can_be_kept() {
        let profile =
            demur_channel::Profile::parse(demur_channel::shipped("demo").unwrap()).unwrap();
        // 64 slots a second, 60 seconds.
        assert!(has_room(64 * 58 - 1, &profile.record));
        assert!(!has_room(64 * 58, &profile.record));
    }
}
