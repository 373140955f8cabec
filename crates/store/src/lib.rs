//! What the server keeps, and how it may be asked for it.
//!
//! In scope: the storage traits, their row types and their errors, and (feature `testing`) the
//! behavioural suite that every implementation must pass. Out of scope: any database
//! (`demur-store-sqlite`), what the bytes mean (`demur-record`), HTTP (`demur-server`).
//!
//! Each method is **one transaction**, named after the method: it happens entirely or not at all,
//! and when a method that writes has returned, a crash at any instant does not lose what it wrote.
//! A method that accepts something may be called again with the same argument, also after a crash,
//! and gives the same answer ([`Accepted`] says whether anything was new).
//!
//! # What must not be readable afterwards
//!
//! Events that wait for their batch ([`EventStore`]) are kept apart from those that have a place.
//! A store keeps no time and no order of arrival for them; when a batch is committed
//! ([`RecordStore::commit_batch`]) it moves them in an order drawn at random, overwrites where they
//! stood, and empties its journals, so that whoever reads all its files after a batch can't tell in
//! which order the batch's events came in.

mod account;
mod case;
mod error;
mod event;
mod meta;
mod record;
mod roster;
#[cfg(feature = "testing")]
pub mod testing;

pub use account::{AccountRow, AccountStore, InvitationRow, NewAccount, SessionRow};
pub use case::{
    CaseStore, FileKind, FilingCounts, MessageRow, MessageSide, NewApproval, NewDirect, NewFile,
    NewFiling, WaitingRow,
};
pub use error::{ConflictKind, StoreError};
pub use event::{
    Accepted, DraftRow, EventKind, EventRow, EventStore, Held, MemoPhase, MemoRow, NewAccess,
    NewOpening, NewSignOn, NewVersion, NoteRow, PlaceRow,
};
pub use meta::MetaStore;
pub use record::{
    Batch, BatchEntry, CheckpointRow, DirectRow, EntryRow, EntrySource, FilingRow, KeptOut,
    Pending, PendingSlot, RecordStore, RefusedRow, WaitingList,
};
pub use roster::{MailRow, RosterStore};

/// The most events and late sign-ons that may wait for a batch; more are answered with
/// [`StoreError::Busy`].
pub const MAX_PENDING: u64 = 100_000;

/// The largest sealed file, bundle or edition file, in bytes.
pub const MAX_FILE_BYTES: usize = 16 << 20;

/// The most bytes of entries that are read at a time, one entry that is larger by itself aside: so much is in memory, however
/// large the entries are.
pub const MAX_READ_BYTES: usize = 128 << 10;

/// The largest note or message, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// The most messages of one case.
pub const MAX_MESSAGES: u32 = 200;

/// The most manifests of the web part that are kept: each is another build of the program that the server ran.
pub const MAX_MANIFESTS: u32 = 500;

/// The largest manifest, in bytes.
pub const MAX_MANIFEST_BYTES: usize = 64 << 10;

/// The most approvals of one memo that wait at the same time for more authors.
pub const MAX_WAITING: u64 = 64;

/// All that the server keeps.
///
/// An implementation is a cheap handle: its clones share one store.
pub trait Store:
    MetaStore
    + EventStore
    + CaseStore
    + RecordStore
    + AccountStore
    + RosterStore
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<T> Store for T where
    T: MetaStore
        + EventStore
        + CaseStore
        + RecordStore
        + AccountStore
        + RosterStore
        + Clone
        + Send
        + Sync
        + 'static
{
}
