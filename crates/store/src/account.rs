//! Accounts of stewards and principals.

use std::{fmt, future::Future};

use demur_encoding::{Digest, Time};

use crate::StoreError;

/// An account.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its name.
    pub name: String,
    /// `steward` or a distribution identifier.
    pub role: String,
    /// The password's hash in PHC form; `None` until the invitation was taken up.
    pub password: Option<String>,
    /// The Ed25519 key.
    pub sign: Option<Digest>,
    /// The age recipient.
    pub seal: Option<String>,
}

impl fmt::Debug for AccountRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountRow")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// An invitation to take up an account. Of the one-time code only a hash is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InvitationRow {
    /// A hash of the code.
    pub code: Digest,
    /// The account's name.
    pub account: String,
    /// Void from this time on.
    pub expires: Time,
}

/// What the holder of an invitation makes of it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The password's hash in PHC form.
    pub password: String,
    /// The Ed25519 key.
    pub sign: Digest,
    /// The age recipient.
    pub seal: String,
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount")
            .field("sign", &self.sign)
            .finish_non_exhaustive()
    }
}

/// A session. Of the token only a hash is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionRow {
    /// A hash of the token.
    pub token: Digest,
    /// The account's name.
    pub account: String,
    /// Void from this time on.
    pub expires: Time,
}

/// Accounts, invitations, sessions, and the office's key sealed to each steward.
pub trait AccountStore {
    /// Makes an account that waits for its holder; a new invitation for one that waits takes the
    /// place of the old.
    ///
    /// # Errors
    /// [`crate::ConflictKind::Exists`] where the account was taken up, or has another role.
    fn invite(
        &self,
        invitation: InvitationRow,
        role: String,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes up an invitation; it is used up.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown, used or expired one.
    fn take_up(
        &self,
        code: Digest,
        now: Time,
        account: NewAccount,
    ) -> impl Future<Output = Result<AccountRow, StoreError>> + Send;

    /// The account.
    ///
    /// # Errors
    /// Storage errors only.
    fn account(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<AccountRow>, StoreError>> + Send;

    /// All accounts, sorted by name.
    ///
    /// # Errors
    /// Storage errors only.
    fn accounts(&self) -> impl Future<Output = Result<Vec<AccountRow>, StoreError>> + Send;

    /// Removes an account with its sessions, invitation and wrapped key.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    fn remove_account(&self, name: &str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Begins a session, and forgets those that expired before `now`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown account.
    fn begin_session(
        &self,
        session: SessionRow,
        now: Time,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The account of a session that has not expired at `now`.
    ///
    /// # Errors
    /// Storage errors only.
    fn session(
        &self,
        token: Digest,
        now: Time,
    ) -> impl Future<Output = Result<Option<AccountRow>, StoreError>> + Send;

    /// Ends a session; one that is unknown is ended already.
    ///
    /// # Errors
    /// Storage errors only.
    fn end_session(&self, token: Digest) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps the office's key, sealed to an account; a later one takes the place of an earlier.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown account; [`StoreError::TooLarge`].
    fn put_office_key(
        &self,
        account: &str,
        sealed: Vec<u8>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The office's key, sealed to that account.
    ///
    /// # Errors
    /// Storage errors only.
    fn office_key(
        &self,
        account: &str,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;
}
