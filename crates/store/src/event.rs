//! Openings, versions, sign-ons and accesses.

use std::future::Future;

use demur_encoding::Digest;

use crate::{NewFile, StoreError};

/// Where an event stands: in a slot of an opaque entry, or as an entry of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceRow {
    /// The index of the entry.
    pub entry: u64,
    /// The slot in an opaque entry; `None` where the event is an entry of its own.
    pub slot: Option<u32>,
}

/// What the record will hold, as the promise names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Held {
    /// The slot, in an opaque entry.
    Slot(Digest),
    /// The RFC 6962 leaf hash of the entry.
    Entry(Digest),
}

impl Held {
    /// The slot or leaf hash.
    #[must_use]
    pub const fn key(self) -> Digest {
        match self {
            Self::Slot(key) | Self::Entry(key) => key,
        }
    }
}

/// The answer to something that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// What to promise.
    pub held: Held,
    /// False where the same had been accepted before.
    pub fresh: bool,
}

/// What kind of event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A memo begins.
    Opening,
    /// A version.
    Version,
    /// A sign-on.
    SignOn,
    /// A sealed file was given to an official.
    Access,
}

/// An event that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// The slot, or the leaf hash where it is an entry of its own.
    pub held: Held,
    /// The slot's salt.
    pub salt: Digest,
    /// What it is.
    pub kind: EventKind,
    /// The memo.
    pub memo: Digest,
    /// The canonical event.
    pub event: Vec<u8>,
    /// `None` while it waits for its batch.
    pub at: Option<PlaceRow>,
}

/// How far a memo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoPhase {
    /// Its authors work on it.
    Draft,
    /// Its filing waits for the batch. What is accepted from now on comes after the filing.
    Filing,
    /// The record says that it is filed.
    Filed {
        /// The index of the `filed` entry.
        entry: u64,
    },
}

/// A memo that the store knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoRow {
    /// Its opening.
    pub opening: EventRow,
    /// How far it is.
    pub phase: MemoPhase,
}

/// A draft, for the decision whether it has lapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftRow {
    /// The memo.
    pub memo: Digest,
    /// The newest opaque entry that holds its opening or one of its versions; `None` where one of
    /// them still waits.
    pub newest: Option<u64>,
}

/// A sign-on's sealed note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteRow {
    /// The sign-on's nullifier.
    pub nullifier: Digest,
    /// The sign-on's number.
    pub seq: u64,
    /// An age file for the office.
    pub sealed: Vec<u8>,
}

/// A memo's opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOpening {
    /// `H("demur/opaque", salt, event)`.
    pub slot: Digest,
    /// The slot's salt.
    pub salt: Digest,
    /// The memo that it opens.
    pub memo: Digest,
    /// The opening's nullifier.
    pub nullifier: Digest,
    /// The canonical event.
    pub event: Vec<u8>,
}

/// A version. The store decides whether it goes into a slot or becomes an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// `H("demur/opaque", salt, event)`.
    pub slot: Digest,
    /// The slot's salt.
    pub salt: Digest,
    /// The memo.
    pub memo: Digest,
    /// The version's number.
    pub number: u32,
    /// The canonical event.
    pub event: Vec<u8>,
    /// The canonical `version` entry that it becomes where the memo's filing came first.
    pub entry: Vec<u8>,
    /// That entry's leaf hash.
    pub leaf: Digest,
    /// The sealed text; its kind is [`crate::FileKind::Version`].
    pub sealed: NewFile,
}

/// A sign-on. The store decides whether it goes into a slot or becomes an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSignOn {
    /// `H("demur/opaque", salt, event)`.
    pub slot: Digest,
    /// The slot's salt.
    pub salt: Digest,
    /// The memo.
    pub memo: Digest,
    /// The nullifier.
    pub nullifier: Digest,
    /// The nullifier's next number on this memo.
    pub seq: u64,
    /// The canonical event.
    pub event: Vec<u8>,
    /// The canonical `sign-on` entry that it becomes where the memo's filing came first.
    pub entry: Vec<u8>,
    /// That entry's leaf hash.
    pub leaf: Digest,
    /// The sealed note; its kind is [`crate::FileKind::Note`].
    pub note: NewFile,
}

/// That an official was given a sealed file of a filed memo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccess {
    /// `H("demur/opaque", salt, event)`.
    pub slot: Digest,
    /// The slot's salt.
    pub salt: Digest,
    /// The memo.
    pub memo: Digest,
    /// The canonical event.
    pub event: Vec<u8>,
}

/// Events: what members and authors do, and what the server notes of officials.
///
/// Nothing in this trait keeps a time, or an order of arrival finer than from batch to batch.
pub trait EventStore {
    /// Takes a memo's opening.
    ///
    /// # Errors
    /// [`crate::ConflictKind::OpeningTaken`], [`crate::ConflictKind::MemoExists`];
    /// [`StoreError::Busy`] where too much waits.
    fn accept_opening(
        &self,
        new: NewOpening,
    ) -> impl Future<Output = Result<Accepted, StoreError>> + Send;

    /// Takes a version: into a slot while the memo is a draft, else as an entry of its own.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown memo; [`crate::ConflictKind::Sibling`] with the one
    /// that came first; [`crate::ConflictKind::VersionGap`]; [`StoreError::Busy`].
    fn accept_version(
        &self,
        new: NewVersion,
    ) -> impl Future<Output = Result<Accepted, StoreError>> + Send;

    /// Takes a sign-on whose proofs were verified: into a slot while the memo is a draft, else as an
    /// entry of its own.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown memo; [`crate::ConflictKind::Sequence`];
    /// [`StoreError::Busy`].
    fn accept_sign_on(
        &self,
        new: NewSignOn,
    ) -> impl Future<Output = Result<Accepted, StoreError>> + Send;

    /// Notes that a file was given out. To be called *before* it is given.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`crate::ConflictKind::NotFiled`] before the filing;
    /// [`StoreError::Busy`].
    fn accept_access(
        &self,
        new: NewAccess,
    ) -> impl Future<Output = Result<Accepted, StoreError>> + Send;

    /// Sets how many events may wait, at most [`crate::MAX_PENDING`], until the store is opened again: as many as
    /// the batches can take in the time that is promised.
    fn limit_waiting(&self, events: u64);

    /// Erases what is kept of a draft: its authors withdrew it, or it lapsed. Its last traces are
    /// overwritten by the next batch, or [`crate::RecordStore::scrub`]. Two things stay: the slots that wait, which
    /// were promised and of which nobody can tell what they held, and that the opening's nullifier was used.
    ///
    /// # Errors
    /// [`crate::ConflictKind::Filed`] once its filing was accepted; [`StoreError::NotFound`].
    fn erase_draft(&self, memo: Digest) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The event with that slot or leaf hash, waiting or placed.
    ///
    /// # Errors
    /// Storage errors only.
    fn event(
        &self,
        key: Digest,
    ) -> impl Future<Output = Result<Option<EventRow>, StoreError>> + Send;

    /// The memo.
    ///
    /// # Errors
    /// Storage errors only.
    fn memo(
        &self,
        memo: Digest,
    ) -> impl Future<Output = Result<Option<MemoRow>, StoreError>> + Send;

    /// Every draft, in no order.
    ///
    /// # Errors
    /// Storage errors only.
    fn drafts(&self) -> impl Future<Output = Result<Vec<DraftRow>, StoreError>> + Send;

    /// The memo's versions by number, waiting and placed.
    ///
    /// # Errors
    /// Storage errors only.
    fn versions(
        &self,
        memo: Digest,
    ) -> impl Future<Output = Result<Vec<EventRow>, StoreError>> + Send;

    /// The memo's version of that number, waiting or placed.
    ///
    /// # Errors
    /// Storage errors only.
    fn version(
        &self,
        memo: Digest,
        number: u32,
    ) -> impl Future<Output = Result<Option<EventRow>, StoreError>> + Send;

    /// The memo's sign-ons that have a place, in the order of their places. Those that wait are
    /// not shown.
    ///
    /// # Errors
    /// Storage errors only.
    fn sign_ons(
        &self,
        memo: Digest,
    ) -> impl Future<Output = Result<Vec<EventRow>, StoreError>> + Send;

    /// The accesses to the memo that have a place, in the order of their places; those that wait
    /// come last, in no order.
    ///
    /// # Errors
    /// Storage errors only.
    fn accesses(
        &self,
        memo: Digest,
    ) -> impl Future<Output = Result<Vec<EventRow>, StoreError>> + Send;

    /// The number of the nullifier's last sign-on on this memo, waiting or placed; 0 for none.
    ///
    /// # Errors
    /// Storage errors only.
    fn last_seq(
        &self,
        memo: Digest,
        nullifier: Digest,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The nullifier's sign-on with that number, waiting or placed.
    ///
    /// # Errors
    /// Storage errors only.
    fn sign_on(
        &self,
        memo: Digest,
        nullifier: Digest,
        seq: u64,
    ) -> impl Future<Output = Result<Option<EventRow>, StoreError>> + Send;

    /// The notes of the memo's placed sign-ons, sorted by nullifier and number.
    ///
    /// # Errors
    /// Storage errors only.
    fn notes(&self, memo: Digest) -> impl Future<Output = Result<Vec<NoteRow>, StoreError>> + Send;
}
