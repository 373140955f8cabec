//! Accounts of stewards and principals, and the office's key among stewards.

use demur_encoding::{Bytes, CanonicalError, Digest, Time, canonical};
use demur_record::{
    entry::{Entry, EntryError, FORMAT, KeyState, Keys, Role},
    replay::ActiveKey,
};
use zeroize::Zeroizing;

use crate::{
    api::{Account, PostAccount, PostEntry, SignIn},
    device::Mirror,
    keys::{RoleKeys, SealingError, is_recipient, seal, sign_entry},
};

/// Why an account can't be admitted, or a key not be handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// The invitation wasn't taken up yet.
    #[error("the account {0} has no keys yet: its invitation was not taken up")]
    NoKeys(String),
    /// The account's recipient is none.
    #[error("the account {0} has no valid age recipient")]
    Recipient(String),
    /// The server shows other keys than the holder told.
    #[error(
        "the server shows other keys for the account {0} than its holder told you: don't admit it, and tell the overseer"
    )]
    OtherKeys(String),
    /// These keys are not the office's.
    #[error("these are not the office's keys")]
    NotOffice,
    /// What the server gave as the office's keys are not those of the record.
    #[error("the server gave keys as the office's that are not the record's: tell the overseer")]
    OtherOffice,
    /// See there.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// See there.
    #[error(transparent)]
    Seal(#[from] SealingError),
    /// See there.
    #[error("the office's key: {0}")]
    Form(#[from] CanonicalError),
}

/// An account's public keys as their holder told them, by another way than the server, which could put its own in
/// their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldKeys {
    /// The Ed25519 key.
    pub sign: Digest,
    /// The age recipient.
    pub seal: String,
}

/// What takes up an invitation, for [`calls::create_account`](crate::calls::create_account).
#[must_use]
pub fn invite_reply(invitation: &str, password: &str, keys: &RoleKeys) -> PostAccount {
    PostAccount {
        invitation: invitation.to_owned(),
        password: password.to_owned(),
        sign: keys.sign.public(),
        seal: keys.seal.recipient(),
    }
}

/// What signs an account in, for [`calls::sign_in`](crate::calls::sign_in): the password and the word of the account's key.
#[must_use]
pub fn sign_in(account: &str, password: &str, keys: &RoleKeys, now: Time) -> SignIn {
    SignIn {
        account: account.to_owned(),
        password: password.to_owned(),
        request: keys.request("sign-in", account, now),
    }
}

/// The `keys` entry with which the office admits an account, for [`calls::entry`](crate::calls::entry).
///
/// # Errors
/// When the account has no keys, or others than were told, or `office` isn't the office.
pub fn admit(
    account: &Account,
    told: &ToldKeys,
    office: &RoleKeys,
) -> Result<PostEntry, AccountError> {
    let entry = keys_entry(account, KeyState::Active, office)?;
    if account.sign != Some(told.sign) || account.seal.as_ref() != Some(&told.seal) {
        return Err(AccountError::OtherKeys(account.name.clone()));
    }
    Ok(entry)
}

/// The `keys` entry with which the office takes an account's keys out of use.
///
/// # Errors
/// As [`admit`].
pub fn revoke(account: &Account, office: &RoleKeys) -> Result<PostEntry, AccountError> {
    keys_entry(account, KeyState::Revoked, office)
}

fn keys_entry(
    account: &Account,
    state: KeyState,
    office: &RoleKeys,
) -> Result<PostEntry, AccountError> {
    if office.role != Role::Office {
        return Err(AccountError::NotOffice);
    }
    let missing = || AccountError::NoKeys(account.name.clone());
    let sign = account.sign.ok_or_else(missing)?;
    let seal = account.seal.clone().ok_or_else(missing)?;
    if !is_recipient(&seal) {
        return Err(AccountError::Recipient(account.name.clone()));
    }
    // A principal's key stands under the identifier in the distribution list, which is the role.
    let (role, name) = if account.role == "steward" {
        (Role::Steward, account.name.clone())
    } else {
        (Role::Principal, account.role.clone())
    };
    let entry = Entry::Keys(Keys {
        v: FORMAT,
        role,
        name,
        sign: Some(sign),
        seal: Some(seal),
        vkey: None,
        state,
        by: None,
        signature: None,
    });
    Ok(PostEntry {
        entry: sign_entry(entry, &office.sign)?,
    })
}

/// The office's keys, sealed to a colleague, for [`calls::give_office_key`](crate::calls::give_office_key). What the
/// server shows as the colleague's key has no say in it.
///
/// # Errors
/// When `office` isn't the office.
pub fn give_key(office: &RoleKeys, to: &ToldKeys) -> Result<Bytes, AccountError> {
    if office.role != Role::Office {
        return Err(AccountError::NotOffice);
    }
    let plain = Zeroizing::new(canonical::to_vec(office)?);
    Ok(seal(&plain, &[&to.seal])?)
}

/// The office's keys from [`calls::office_key`](crate::calls::office_key).
///
/// # Errors
/// When they are not sealed to this account, or not the office's in the record: anyone can seal to this account.
pub fn accept_key(
    sealed: &Bytes,
    account: &RoleKeys,
    mirror: &Mirror,
) -> Result<RoleKeys, AccountError> {
    let plain = account.seal.open(sealed)?;
    let office: RoleKeys = canonical::from_slice(&plain)?;
    if office.role != Role::Office || office.origin != account.origin {
        return Err(AccountError::NotOffice);
    }
    let (sign, seal) = (office.sign.public(), office.seal.recipient());
    let known = |key: &ActiveKey| key.sign == Some(sign) && key.seal.as_ref() == Some(&seal);
    if mirror.keys().of(Role::Office).any(known) {
        Ok(office)
    } else {
        Err(AccountError::OtherOffice)
    }
}
