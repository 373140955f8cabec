//! The log's promises, held against what was sent.

use demur_encoding::{Digest, Time};
use demur_record::{
    entry::{Direct, Entry, EntryError, FORMAT},
    event::Event,
    promise::{Promise, Subject},
    tiles::leaf_hash,
};

use super::Mirror;
use crate::watch::{PromiseError, Promised};

impl Mirror {
    /// Opens a promise of the log.
    ///
    /// # Errors
    /// When it is not one.
    pub fn promise(&self, note: &str) -> Result<Promise, PromiseError> {
        Ok(Promise::open(note, self.log_key())?)
    }

    /// Whether `note` is the log's promise to record `event` in a slot under `salt`, or as an entry of its
    /// own.
    ///
    /// # Errors
    /// When it is not, or promises it later than the profile allows (an hour is allowed for clocks that differ).
    pub fn check_promise(
        &self,
        note: &str,
        event: &Event,
        salt: Digest,
        now: Time,
    ) -> Result<Promised, PromiseError> {
        let direct = match event {
            Event::Version(e) => Some(Entry::Version(Direct {
                v: FORMAT,
                event: e.clone(),
            })),
            Event::SignOn(e) => Some(Entry::SignOn(Direct {
                v: FORMAT,
                event: e.clone(),
            })),
            _ => None,
        };
        let slot = event.slot(salt).map_err(|_| PromiseError::Form)?;
        self.check(note, now, |subject| match subject {
            Subject::Opaque(promised) => promised == slot,
            Subject::Entry(promised) => direct
                .as_ref()
                .and_then(|entry| entry.to_vec().ok())
                .is_some_and(|bytes| leaf_hash(&bytes) == promised),
        })
    }

    /// Whether `note` is the log's promise to record `entry`.
    ///
    /// # Errors
    /// As [`Self::check_promise`].
    pub fn check_entry_promise(
        &self,
        note: &str,
        entry: &Entry,
        now: Time,
    ) -> Result<Promised, PromiseError> {
        let bytes = entry.to_vec().map_err(|_: EntryError| PromiseError::Form)?;
        let leaf = leaf_hash(&bytes);
        self.check(note, now, |subject| subject == Subject::Entry(leaf))
    }

    fn check(
        &self,
        note: &str,
        now: Time,
        is_it: impl Fn(Subject) -> bool,
    ) -> Result<Promised, PromiseError> {
        let Promise { subject, by, .. } = self.promise(note)?;
        if !is_it(subject) {
            return Err(PromiseError::OtherSubject);
        }
        // Before the first sync the profile isn't known.
        let most = self
            .profile()
            .map_or(u64::MAX, |p| p.record.promise_max_delay_seconds);
        if by.since(now) > most.saturating_add(CLOCK_TOLERANCE_SECONDS) {
            return Err(PromiseError::TooLate { by, most });
        }
        Ok(Promised { subject, by })
    }
}

/// By how much clocks may differ before a promise counts as too late.
const CLOCK_TOLERANCE_SECONDS: u64 = 3600;
