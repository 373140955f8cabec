//! Accounts of stewards and principals, and the office's key among stewards.

use demur_encoding::{Bytes, CanonicalError, canonical};
use demur_record::entry::{Entry, EntryError, FORMAT, KeyState, Keys, Role};
use zeroize::Zeroizing;

use crate::{
    api::{Account, PostAccount, PostEntry},
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
    /// These keys are not the office's.
    #[error("these are not the office's keys")]
    NotOffice,
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

/// The `keys` entry with which the office admits an account, for [`calls::entry`](crate::calls::entry). Compare
/// the keys with what the person's own program shows before: the server hands them on.
///
/// # Errors
/// When the account has no keys, or `office` isn't the office.
pub fn admit(account: &Account, office: &RoleKeys) -> Result<PostEntry, AccountError> {
    keys_entry(account, KeyState::Active, office)
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

/// The office's keys, sealed to a colleague, for [`calls::give_office_key`](crate::calls::give_office_key).
///
/// # Errors
/// When `office` isn't the office, or the colleague has no recipient.
pub fn give_key(office: &RoleKeys, to: &Account) -> Result<Bytes, AccountError> {
    if office.role != Role::Office {
        return Err(AccountError::NotOffice);
    }
    let recipient = to
        .seal
        .as_deref()
        .ok_or_else(|| AccountError::NoKeys(to.name.clone()))?;
    let plain = Zeroizing::new(canonical::to_vec(office)?);
    Ok(seal(&plain, &[recipient])?)
}

/// The office's keys from [`calls::office_key`](crate::calls::office_key).
///
/// # Errors
/// When they are not sealed to this account, or not the office's of the same channel.
pub fn accept_key(sealed: &Bytes, account: &RoleKeys) -> Result<RoleKeys, AccountError> {
    let plain = account.seal.open(sealed)?;
    let office: RoleKeys = canonical::from_slice(&plain)?;
    if office.role == Role::Office && office.origin == account.origin {
        Ok(office)
    } else {
        Err(AccountError::NotOffice)
    }
}
