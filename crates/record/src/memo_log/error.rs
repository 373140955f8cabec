//! Why an act can't stand.

use demur_channel::Step;
use demur_encoding::Digest;
use demur_memo::version::VersionError;
use demur_signon::{PROOF_BYTES, tally::TallyError};

use crate::entry::FingerprintError;

/// Why an act can't stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoError {
    /// Another version of the event format.
    #[error("event format {0}; this program knows 1")]
    Format(u32),
    /// The opening, the chain of versions or a signature is wrong.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// Opened for another record.
    #[error("the memo was opened for {0:?}")]
    Origin(String),
    /// No profile is in force.
    #[error("no profile is in force")]
    NoProfile,
    /// An edition that the record doesn't have, or with another root.
    #[error("the record has no edition {0} with that root")]
    Edition(u32),
    /// The edition was too young.
    #[error("edition {number} was {age} seconds old; a memo can be pinned to it from {minimum} on")]
    YoungEdition {
        /// Its number.
        number: u32,
        /// Its age at the checkpoint that the opening names.
        age: u64,
        /// The profile's minimum.
        minimum: u64,
    },
    /// A newer edition could have been used: who chooses among editions chooses the crowd.
    #[error(
        "a memo is pinned to the newest edition that is old enough: to {newer} or a later one, not to {number}"
    )]
    OldEdition {
        /// Its number.
        number: u32,
        /// One that is old enough.
        newer: u32,
    },
    /// The month is not that of the checkpoint that the opening names.
    #[error("the opening's month is {found}, its checkpoint's is {expected}")]
    Month {
        /// The month in UTC of the checkpoint's time.
        expected: String,
        /// What the opening says.
        found: String,
    },
    /// More openings than the profile allows in a month.
    #[error("opening {counter} of the month; the profile allows 1 to {most}")]
    Counter {
        /// The opening's.
        counter: u32,
        /// The profile's.
        most: u32,
    },
    /// A checkpoint that the record did not publish before.
    #[error("the checkpoint of size {0} is none that the record published before")]
    Checkpoint(u64),
    /// It expires later than the profile allows.
    #[error("it expires {seconds} seconds after its checkpoint; the profile allows {most}")]
    Expiry {
        /// How long it is valid.
        seconds: u64,
        /// The profile's most.
        most: u64,
    },
    /// An unknown circuit.
    #[error("circuit {0} is not known to this program")]
    Circuit(Digest),
    /// A nullifier that is not a field element.
    #[error("the nullifier is not a canonical field element")]
    Nullifier,
    /// A proof of another length, or another number of proofs.
    #[error("expected {expected} proofs of {PROOF_BYTES} bytes")]
    Proofs {
        /// How many.
        expected: usize,
    },
    /// Another memo's event.
    #[error("the event is of memo {0}")]
    OtherMemo(Digest),
    /// A version that doesn't exist, or with another content.
    #[error("the memo has no version {0} with that content root")]
    NoVersion(u32),
    /// The version had not stood long enough.
    #[error(
        "version {version} had stood {stood} seconds at the checkpoint; the quiet period is {quiet}"
    )]
    Quiet {
        /// The version's number.
        version: u32,
        /// How long, by the log's clock.
        stood: u64,
        /// The profile's quiet period.
        quiet: u64,
    },
    /// A cohort that the edition doesn't have, or `all`.
    #[error("the edition has no cohort {0:?} to be shown beside \"all\"")]
    Cohort(String),
    /// Sequence number or cohort out of line.
    #[error(transparent)]
    Tally(#[from] TallyError),
    /// The memo has no version yet.
    #[error("the memo has no version")]
    Empty,
    /// The authors' act is about another version than the latest, or another text of it.
    #[error(
        "the authors agreed on it for version {found}, or another text of it; the latest is {latest}"
    )]
    NotLatest {
        /// What they agreed on.
        found: u32,
        /// What there is.
        latest: u32,
    },
    /// The authors' act is about a step that was not taken, or in another entry.
    #[error(
        "the authors agreed on it at another state of the case: it names another \"{0}\" entry than the record's"
    )]
    OtherStep(Step),
    /// A fingerprint that can't be published.
    #[error(transparent)]
    Fingerprint(#[from] FingerprintError),
    /// Approvals not sorted by key, or a key twice.
    #[error("approvals stand in the order of their keys, each key once")]
    ApprovalOrder,
    /// An approval by somebody who is not an author.
    #[error("{0} is not a key of the memo's authors")]
    NotAnAuthor(Digest),
    /// An approval's signature is wrong.
    #[error("the approval by {0} does not verify")]
    Approval(Digest),
    /// Too few approvals.
    #[error("{given} of the authors agree, {needed} must")]
    Threshold {
        /// How many.
        given: usize,
        /// How many must.
        needed: u32,
    },
}
