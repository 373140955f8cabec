//! Enrolment mailboxes and editions.

use std::future::Future;

use demur_encoding::Digest;

use crate::{Accepted, NewDirect, StoreError};

/// One mailbox's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRow {
    /// The mailbox's name.
    pub ticket: Digest,
    /// An age file.
    pub sealed: Vec<u8>,
}

/// Enrolments travel through here, sealed; editions and their sealed registers are kept here.
pub trait RosterStore {
    /// Opens mailboxes; known ones stay as they are.
    ///
    /// # Errors
    /// Storage errors only.
    fn add_tickets(
        &self,
        tickets: Vec<Digest>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Puts an enrolment into a mailbox. The same again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown mailbox; [`crate::ConflictKind::Exists`] where
    /// another enrolment was put in; [`StoreError::TooLarge`].
    fn enrol(&self, mail: MailRow) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The enrolments without a reply in the mailboxes after `after`, sorted by mailbox: at most `limit`, and no more than `bytes`
    /// together unless one alone is larger.
    ///
    /// # Errors
    /// Storage errors only.
    fn enrolments(
        &self,
        after: Option<Digest>,
        limit: u32,
        bytes: usize,
    ) -> impl Future<Output = Result<Vec<MailRow>, StoreError>> + Send;

    /// Puts the registrar's replies into mailboxes; a later one takes the place of an earlier.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where a mailbox is unknown: then none is put.
    fn put_replies(
        &self,
        replies: Vec<MailRow>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The reply in a mailbox.
    ///
    /// # Errors
    /// Storage errors only.
    fn reply(
        &self,
        ticket: Digest,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// Takes an edition: its entry, its file, and the register sealed to the overseer.
    /// `entry.claim` should be `edition/<number>`.
    ///
    /// # Errors
    /// As [`crate::CaseStore::accept_direct`]; [`StoreError::TooLarge`].
    fn accept_edition(
        &self,
        number: u32,
        entry: NewDirect,
        file: Vec<u8>,
        register: Vec<u8>,
    ) -> impl Future<Output = Result<Accepted, StoreError>> + Send;

    /// The edition's file, in the record or waiting for it.
    ///
    /// # Errors
    /// Storage errors only.
    fn edition_file(
        &self,
        number: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// The numbers of the editions whose entries lie before index `size`, in order: those whose
    /// files a record of that size needs.
    ///
    /// # Errors
    /// Storage errors only.
    fn editions(&self, size: u64) -> impl Future<Output = Result<Vec<u32>, StoreError>> + Send;

    /// The register of an edition, sealed to the overseer.
    ///
    /// # Errors
    /// Storage errors only.
    fn register(
        &self,
        number: u32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
}
