//! Approvals, filings, the office's steps, their files, and messages.

use std::{collections::BTreeSet, future::Future};

use demur_encoding::Digest;

use crate::{Accepted, StoreError};

/// What a file is. All but bundles and manifests are age files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A version, for the memo's circle.
    Version,
    /// A sign-on's note, for the office.
    Note,
    /// The memo as filed, for the office.
    Filing,
    /// The letter of return, for the authors.
    Returned,
    /// The memo for officials on the list.
    Distributed,
    /// The response.
    Responded,
    /// The authors' reply.
    Rejoined,
    /// A released bundle.
    Bundle,
    /// The list of the web part's files that a `software` entry names: of no memo.
    Manifest,
}

/// A file that comes with something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// What it is.
    pub kind: FileKind,
    /// SHA-256 of `bytes`.
    pub digest: Digest,
    /// The file.
    pub bytes: Vec<u8>,
}

/// One author's word for an act that may need more of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApproval {
    /// The memo.
    pub memo: Digest,
    /// What every author signs: `ApprovalBody::signed_hash`.
    pub body_hash: Digest,
    /// The canonical approval body.
    pub body: Vec<u8>,
    /// The author's key.
    pub author: Digest,
    /// The canonical approval.
    pub approval: Vec<u8>,
    /// The file that the body speaks of; must come with the first approval of a body that names one.
    pub file: Option<NewFile>,
    /// An act that waits and makes room for this one: cleared in the same transaction.
    pub instead_of: Option<Digest>,
}

/// An act that waits for more authors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRow {
    /// What every author signs.
    pub body_hash: Digest,
    /// The canonical approval body.
    pub body: Vec<u8>,
    /// The canonical approvals, sorted by the author's key.
    pub approvals: Vec<Vec<u8>>,
    /// The file.
    pub file: Option<NewFile>,
}

/// A filing on which enough authors agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFiling {
    /// The memo.
    pub memo: Digest,
    /// What every author signed; what waited under it is cleared.
    pub body_hash: Digest,
    /// The number of the version that is filed: must be the latest.
    pub version: u32,
    /// The memo sealed to the office.
    pub sealed: NewFile,
}

/// What the filing will open; fixed by accepting it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilingCounts {
    /// How many versions.
    pub versions: u32,
    /// How many sign-ons.
    pub sign_ons: u32,
}

/// An entry of its own: it goes into the record in the order of acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDirect {
    /// The canonical entry.
    pub entry: Vec<u8>,
    /// Its RFC 6962 leaf hash.
    pub leaf: Digest,
    /// The memo that it is a step of; the memo must be filed.
    pub memo: Option<Digest>,
    /// A name that only one entry may ever hold, for example `acknowledged/<memo>` or `edition/3`.
    pub claim: Option<String>,
    /// A file that comes with it; needs a `memo`, but for a manifest.
    pub file: Option<NewFile>,
    /// What waited for authors under this hash is cleared.
    pub approved: Option<Digest>,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageSide {
    /// An author.
    Authors,
    /// The office.
    Office,
}

/// A message between authors and office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// From 1, per case.
    pub number: u32,
    /// Who wrote it.
    pub from: MessageSide,
    /// To the day, UTC: `2026-11-23`.
    pub day: String,
    /// An age file.
    pub sealed: Vec<u8>,
}

/// Cases, and what the authors agree on.
pub trait CaseStore {
    /// Adds an author's approval and gives all that there are for the same body. The same author's
    /// approval again changes nothing.
    ///
    /// When there are enough, the caller acts ([`CaseStore::file`], [`CaseStore::accept_direct`],
    /// [`crate::EventStore::erase_draft`]), each of which clears what waited. If it is stopped
    /// before, any author's repeated request has the same effect.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown memo; [`StoreError::Busy`] where more than
    /// [`crate::MAX_WAITING`] bodies wait for this memo.
    fn add_approval(
        &self,
        new: NewApproval,
    ) -> impl Future<Output = Result<WaitingRow, StoreError>> + Send;

    /// The acts of this memo that wait for more authors, sorted by hash.
    ///
    /// # Errors
    /// Storage errors only.
    fn waiting(
        &self,
        memo: Digest,
    ) -> impl Future<Output = Result<Vec<WaitingRow>, StoreError>> + Send;

    /// Files the memo: from here on its events are fixed, and what comes in later is late.
    /// `entry` makes the canonical `filed` entry and its leaf hash from the counts.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`crate::ConflictKind::Filed`] where another filing came first;
    /// [`crate::ConflictKind::VersionGap`] where the version is not the latest.
    fn file<F>(
        &self,
        new: NewFiling,
        entry: F,
    ) -> impl Future<Output = Result<Accepted, StoreError>> + Send
    where
        F: Fn(FilingCounts) -> (Vec<u8>, Digest) + Send + Sync;

    /// Takes an entry of its own. A manifest is kept also where the entry is there already.
    ///
    /// # Errors
    /// [`crate::ConflictKind::Claimed`]; [`crate::ConflictKind::NotFiled`];
    /// [`StoreError::NotFound`] for an unknown memo.
    fn accept_direct(
        &self,
        new: NewDirect,
    ) -> impl Future<Output = Result<Accepted, StoreError>> + Send;

    /// A memo's file.
    ///
    /// # Errors
    /// Storage errors only.
    fn case_file(
        &self,
        memo: Digest,
        digest: Digest,
    ) -> impl Future<Output = Result<Option<NewFile>, StoreError>> + Send;

    /// A memo's files of one kind, in no order.
    ///
    /// # Errors
    /// Storage errors only.
    fn case_files(
        &self,
        memo: Digest,
        kind: FileKind,
    ) -> impl Future<Output = Result<Vec<NewFile>, StoreError>> + Send;

    /// A bundle whose `released` entry stands in the record.
    ///
    /// # Errors
    /// Storage errors only.
    fn bundle(
        &self,
        digest: Digest,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// A manifest.
    ///
    /// # Errors
    /// Storage errors only.
    fn manifest(
        &self,
        digest: Digest,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// The manifests that are kept, at most [`crate::MAX_MANIFESTS`]: beyond, the oldest ones have gone.
    ///
    /// # Errors
    /// Storage errors only.
    fn manifests(&self) -> impl Future<Output = Result<BTreeSet<Digest>, StoreError>> + Send;

    /// Adds a message to a filed memo's case.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`crate::ConflictKind::NotFiled`]; [`StoreError::Busy`] where there
    /// are [`crate::MAX_MESSAGES`]; [`StoreError::TooLarge`].
    fn add_message(
        &self,
        memo: Digest,
        from: MessageSide,
        day: String,
        sealed: Vec<u8>,
    ) -> impl Future<Output = Result<MessageRow, StoreError>> + Send;

    /// A case's messages in order.
    ///
    /// # Errors
    /// Storage errors only.
    fn messages(
        &self,
        memo: Digest,
    ) -> impl Future<Output = Result<Vec<MessageRow>, StoreError>> + Send;

    /// How many messages the authors wrote.
    ///
    /// # Errors
    /// Storage errors only.
    fn author_messages(&self, memo: Digest)
    -> impl Future<Output = Result<u32, StoreError>> + Send;
}
