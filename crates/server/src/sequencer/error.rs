//! Why the sequencer did not do a step.

use std::path::PathBuf;

use demur_record::{
    checkpoint::CheckpointError, entry::EntryError, replay::Violation, tiles::BundleError,
};
use demur_store::{ConflictKind, StoreError};

use super::fault::FaultPoint;
use crate::{setup::SetupError, view::CatchUpError};

/// Why the sequencer did not do a step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SequencerError {
    /// The database failed.
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    /// What the database holds is no record of this log.
    #[error("the record in the database is damaged: {0}; restore a backup")]
    Damaged(String),
    /// The published record is newer than the database.
    #[error(
        "the published record has {published} entries, of which the database knows {known} or other ones: it was \
         restored from an old backup. Going on would fork the record. Restore a newer backup, or begin a new channel"
    )]
    Behind {
        /// The size of the checkpoint in the record's folder.
        published: u64,
        /// The entries in the database.
        known: u64,
    },
    /// A witness has cosigned more than the database knows.
    #[error(
        "the witness {witness} has cosigned {size} entries, the database has {known}: it was restored from an old \
         backup. Going on would fork the record"
    )]
    WitnessAhead {
        /// The witness's key.
        witness: String,
        /// What it has cosigned.
        size: u64,
        /// The entries in the database.
        known: u64,
    },
    /// A file of the record can't be read or written.
    #[error("{}: {reason}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// The checkpoint in the record's folder can't be read.
    #[error("{}: {reason}; `demur doctor --rebuild-record` writes it anew", path.display())]
    Checkpoint {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The record takes no batch now.
    #[error("no batch can be made now: {0}")]
    Violation(#[from] Violation),
    /// A test stopped it.
    #[error("stopped at {0}")]
    Stopped(String),
}

impl SequencerError {
    pub(crate) fn stopped(point: FaultPoint) -> Self {
        Self::Stopped(format!("{point:?}"))
    }

    pub(crate) fn damaged(reason: impl std::fmt::Display) -> Self {
        Self::Damaged(reason.to_string())
    }

    /// Whether trying again can't help.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Damaged(_)
                | Self::Behind { .. }
                | Self::Checkpoint { .. }
                | Self::Stopped(_)
                | Self::Store(
                    StoreError::Corrupt { .. } | StoreError::Conflict(ConflictKind::TakenOver)
                )
        )
    }
}

impl From<CatchUpError> for SequencerError {
    fn from(error: CatchUpError) -> Self {
        match error {
            CatchUpError::Store(error) => Self::Store(error),
            CatchUpError::Record(reason) => Self::Damaged(reason),
        }
    }
}

impl From<EntryError> for SequencerError {
    fn from(error: EntryError) -> Self {
        Self::damaged(error)
    }
}

impl From<BundleError> for SequencerError {
    fn from(error: BundleError) -> Self {
        Self::damaged(error)
    }
}

impl From<CheckpointError> for SequencerError {
    fn from(error: CheckpointError) -> Self {
        Self::damaged(error)
    }
}

impl From<SequencerError> for SetupError {
    fn from(error: SequencerError) -> Self {
        match error {
            SequencerError::Store(error) => Self::Store(error),
            SequencerError::Folder { path, reason } => Self::File { path, reason },
            SequencerError::Checkpoint { path, reason } => Self::Content { path, reason },
            other => Self::Record(other.to_string()),
        }
    }
}
