//! What a replay knows of batches and filed memos.

use std::{num::NonZeroU64, sync::Arc};

use demur_channel::{Case, Profile, Step};
use demur_encoding::{Digest, Time};

use crate::{
    entry::{CheckpointRef, Entry, Filed, Fingerprint, MemoState, Released},
    memo_log::MemoLog,
    tiles::leaf_hash,
};

/// A batch that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The index of its first entry.
    pub first: u64,
    /// The size and root of the tree that it ended with.
    pub checkpoint: CheckpointRef,
    /// The log's time: its state entry's.
    pub time: Time,
    /// How its checkpoint was published; `None` until that is known.
    pub published: Option<Published>,
}

/// What is known of a published checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// SHA-256 of the file, with its cosignatures; `None` for a device that did not fetch it, which
    /// then can't check the next state entry's `previous.digest`.
    pub digest: Option<Digest>,
    /// The time by which a quorum of the policy's witnesses had cosigned.
    pub time: Option<Time>,
}

/// When an entry was in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryTime {
    /// The time of the first checkpoint that covers it and has a witnessed time, else the log's.
    pub time: Time,
    /// Whether a witness says so.
    pub witnessed: bool,
}

/// A memo after filing.
#[derive(Debug, Clone)]
pub struct FiledMemo {
    pub(super) log: MemoLog,
    pub(super) filed: Filed,
    pub(super) profile: Arc<Profile>,
    /// By the log's times: what the rules go by.
    pub(super) case: Case,
    pub(super) steps: Vec<TakenStep>,
    /// The index of the attestation of its edition.
    pub(super) attestation: Option<u64>,
    pub(super) released: Vec<(u64, Released)>,
    pub(super) fingerprints: Vec<(u64, Fingerprint)>,
}

/// A step of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenStep {
    /// Which.
    pub step: Step,
    /// The index of its entry.
    pub entry: u64,
    /// The log's time of its batch.
    pub time: Time,
    /// The entry.
    pub what: Entry,
}

impl FiledMemo {
    /// Its opening, versions and sign-ons.
    #[must_use]
    pub const fn log(&self) -> &MemoLog {
        &self.log
    }

    /// The filed entry.
    #[must_use]
    pub const fn filed(&self) -> &Filed {
        &self.filed
    }

    /// The profile that it was filed under.
    #[must_use]
    pub const fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// The case by the log's times: what the record's rules go by. For deadlines use
    /// `Replay::case`.
    #[must_use]
    pub const fn case_by_log(&self) -> &Case {
        &self.case
    }

    /// The steps in order, the filing first.
    #[must_use]
    pub fn steps(&self) -> &[TakenStep] {
        &self.steps
    }

    /// The releases, each with the index of its entry.
    #[must_use]
    pub fn released(&self) -> &[(u64, Released)] {
        &self.released
    }

    /// The fingerprints, each with the index of its entry.
    #[must_use]
    pub fn fingerprints(&self) -> &[(u64, Fingerprint)] {
        &self.fingerprints
    }

    /// The leaf hash of the entry in which a step was taken, for the last time where it was repeated.
    #[must_use]
    pub fn leaf_of(&self, step: Step) -> Option<Digest> {
        let taken = self.steps.iter().rev().find(|taken| taken.step == step)?;
        Some(leaf_hash(&taken.what.to_vec().ok()?))
    }

    /// Its leaf in the state map.
    #[must_use]
    pub fn state(&self) -> MemoState {
        let latest = self.log.latest();
        let last = self.steps.last();
        MemoState {
            memo: self.log.memo(),
            step: last.map_or(Step::Filed, |step| step.step),
            step_entry: last.map_or(0, |step| step.entry),
            steps: self.steps.len() as u64,
            releases: self.released.len() as u64,
            fingerprints: NonZeroU64::new(self.fingerprints.len() as u64),
            version: latest.map_or(self.filed.version, |link| link.body.number),
            version_hash: latest.map_or(self.filed.version_hash, |link| link.hash),
            content_root: latest.map_or(self.filed.content_root, |link| link.body.content_root),
            sign_ons: self.log.sign_ons().into(),
            attestation: self.attestation,
            tallies: self.log.tallies(),
        }
    }
}
