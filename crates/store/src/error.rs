//! What can go wrong.

use crate::event::EventRow;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What the call was about is not there.
    #[error("no such {what}")]
    NotFound {
        /// What kind of thing, for example `memo`.
        what: &'static str,
    },
    /// What is already there does not allow it. Asking again does not help.
    #[error(transparent)]
    Conflict(ConflictKind),
    /// Too much at once; asking again later may help.
    #[error("the store is busy with {what}; try again")]
    Busy {
        /// The transaction's name, or what there is too much of.
        what: &'static str,
    },
    /// Larger than its cap.
    #[error("{what}: {bytes} bytes; at most {max} are allowed")]
    TooLarge {
        /// What.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The cap.
        max: usize,
    },
    /// What was read can't have been written by this program.
    #[error("the database is damaged: {what}; restore a backup")]
    Corrupt {
        /// What was wrong and where.
        what: String,
    },
    /// The database was written by another version of the program.
    #[error(
        "the database has schema {found}; this program knows {known}: use the program that wrote it, or a newer one"
    )]
    UnknownSchema {
        /// What the database says.
        found: String,
        /// What this program knows.
        known: i64,
    },
    /// The data folder is in use by another server.
    #[error("another server uses this data folder ({what}); stop it first")]
    Locked {
        /// The lock.
        what: String,
    },
    /// The database or a file could not be read or written.
    #[error("storage failed in {what}: {source}")]
    Io {
        /// The transaction's name, or the file.
        what: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Which rule stood against it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConflictKind {
    /// The nullifier was used for another opening.
    #[error("this opening's number was used for another memo in this month; count one higher")]
    OpeningTaken,
    /// The memo is open already, by another event.
    #[error("a memo with this head is open already")]
    MemoExists,
    /// The version's number is taken; the first one stands.
    #[error("another version with this number came first")]
    Sibling(Box<EventRow>),
    /// The version's number is not the next.
    #[error("the next version's number is {next}")]
    VersionGap {
        /// The next free number.
        next: u32,
    },
    /// The sign-on's number is not the nullifier's next.
    #[error("the next sign-on of this member on this memo has the number {next}")]
    Sequence {
        /// The next free number.
        next: u64,
    },
    /// The memo is filed, or its filing waits for the batch.
    #[error("the memo is filed")]
    Filed,
    /// The memo is not filed yet.
    #[error("the memo is not filed")]
    NotFiled,
    /// Another entry has made this step, or holds this number.
    #[error("another entry came first for {claim}")]
    Claimed {
        /// The claim, for example `acknowledged/<memo>`.
        claim: String,
    },
    /// The batch was not built on what the store holds.
    #[error("the batch begins at entry {got}; the record has {have}")]
    Stale {
        /// Entries that the store holds.
        have: u64,
        /// The batch's first index.
        got: u64,
    },
    /// The checkpoint was published before, with other bytes, or a later one was.
    #[error("the checkpoint of size {size} can't be published")]
    Published {
        /// The checkpoint's size.
        size: u64,
    },
    /// The case has [`crate::MAX_MESSAGES`] messages.
    #[error("a case has at most {most} messages")]
    TooManyMessages {
        /// How many.
        most: u32,
    },
    /// A name that is taken.
    #[error("{what} exists already")]
    Exists {
        /// What.
        what: &'static str,
    },
    /// The store belongs to another channel.
    #[error("this data folder belongs to {origin}")]
    Origin {
        /// The log's name that it was made for.
        origin: String,
    },
    /// Another server took the store over.
    #[error("another server has taken this data folder over; this one must stop")]
    TakenOver,
}

impl From<ConflictKind> for StoreError {
    fn from(kind: ConflictKind) -> Self {
        Self::Conflict(kind)
    }
}
