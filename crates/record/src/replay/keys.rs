//! Who may sign what: the table of docs/protocol.md, section 3.

use std::collections::BTreeMap;

use demur_encoding::Digest;

use super::Violation;
use crate::{
    entry::{Entry, KeyState, Keys, Role, verify_signature},
    keys::{KeyKind, VerifierKey},
};

/// The longest name of a key's holder, in bytes.
pub const MAX_HOLDER_NAME: usize = 64;

/// The longest age recipient, in bytes.
pub const MAX_SEAL: usize = demur_memo::version::MAX_RECIPIENT;

/// A key in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveKey {
    /// Whose.
    pub role: Role,
    /// The holder's name.
    pub name: String,
    /// The Ed25519 key that signs.
    pub sign: Option<Digest>,
    /// The age recipient.
    pub seal: Option<String>,
    /// A witness's verifier key.
    pub vkey: Option<VerifierKey>,
    /// The index of the entry that set it.
    pub entry: u64,
}

/// All keys in force.
#[derive(Debug, Clone, Default)]
pub struct KeyRing {
    keys: BTreeMap<(Role, String), ActiveKey>,
    entries: u64,
}

impl KeyRing {
    /// The keys of a role, sorted by name.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &ActiveKey> {
        let first = (role, String::new());
        let keys = self.keys.range(first..);
        keys.map(|(_, key)| key)
            .take_while(move |key| key.role == role)
    }

    /// The key of one holder.
    #[must_use]
    pub fn holder(&self, role: Role, name: &str) -> Option<&ActiveKey> {
        self.keys.get(&(role, name.to_owned()))
    }

    /// Whether `key` is an active signing key of that role.
    #[must_use]
    pub fn may_sign(&self, role: Role, key: Digest) -> bool {
        self.of(role).any(|active| active.sign == Some(key))
    }

    /// How many `keys` entries were applied.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// Who signed `entry`, if that is an active key of the role.
    ///
    /// # Errors
    /// When the entry is not signed, by another key, or wrongly.
    pub fn check_signed(&self, role: Role, entry: &Entry) -> Result<Digest, Violation> {
        let (by, signature) = entry.signature().ok_or(Violation::Unsigned)?;
        if !self.may_sign(role, by) {
            let expected = key_of(role);
            return Err(Violation::Authority { by, expected });
        }
        if verify_signature(entry.signed_hash()?, by, signature) {
            Ok(by)
        } else {
            Err(Violation::Signature(by))
        }
    }

    /// Sets or revokes a key by the `keys` entry of index `entry`. `first_batch`: it stands in the
    /// record's first batch.
    ///
    /// # Errors
    /// When the entry can't stand; nothing has changed then.
    pub fn apply(&mut self, keys: &Keys, entry: u64, first_batch: bool) -> Result<(), Violation> {
        let vkey = form(keys)?;
        let slot = (keys.role, keys.name.clone());
        let replaced = self.keys.get(&slot);
        self.authorize(keys, replaced, first_batch)?;
        match keys.state {
            KeyState::Active => {
                let key = ActiveKey {
                    role: keys.role,
                    name: keys.name.clone(),
                    sign: keys.sign,
                    seal: keys.seal.clone(),
                    vkey,
                    entry,
                };
                self.keys.insert(slot, key);
            }
            KeyState::Revoked => {
                if self.keys.remove(&slot).is_none() {
                    return Err(Violation::NothingToRevoke {
                        role: keys.role,
                        name: keys.name.clone(),
                    });
                }
            }
        }
        self.entries += 1;
        Ok(())
    }

    fn authorize(
        &self,
        keys: &Keys,
        replaced: Option<&ActiveKey>,
        first_batch: bool,
    ) -> Result<(), Violation> {
        let founding = !matches!(keys.role, Role::Steward | Role::Principal);
        let unsigned = keys.by.is_none() && keys.signature.is_none();
        // The first keys of the record are trusted because the checkpoint is; nothing could sign them.
        if unsigned && first_batch && founding && replaced.is_none() {
            return Ok(());
        }
        let (Some(by), Some(signature)) = (keys.by, &keys.signature) else {
            return Err(Violation::Unsigned);
        };
        let (allowed, expected) = match keys.role {
            Role::Office | Role::Recovery | Role::Overseer | Role::Registrar => (
                replaced.is_some_and(|key| key.sign == Some(by)),
                "the key that is replaced",
            ),
            Role::Steward | Role::Principal | Role::Witness => {
                (self.may_sign(Role::Office, by), key_of(Role::Office))
            }
        };
        if !allowed {
            return Err(Violation::Authority { by, expected });
        }
        let signed = Entry::Keys(keys.clone()).signed_hash()?;
        if verify_signature(signed, by, signature) {
            Ok(())
        } else {
            Err(Violation::Signature(by))
        }
    }
}

const fn key_of(role: Role) -> &'static str {
    match role {
        Role::Office => "the office's key",
        Role::Recovery => "the recovery key",
        Role::Overseer => "the overseer's key",
        Role::Registrar => "the registrar's key",
        Role::Steward => "a steward's key",
        Role::Principal => "a principal's key",
        Role::Witness => "a witness's key",
    }
}

/// Checks which fields a role's key has, and reads a witness's.
fn form(keys: &Keys) -> Result<Option<VerifierKey>, Violation> {
    let name = keys.name.as_bytes();
    let slug = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    if name.is_empty() || name.len() > MAX_HOLDER_NAME || !name.iter().all(slug) {
        return Err(Violation::Field(
            "a key holder's name has 1 to 64 lower-case letters, digits, dots and hyphens",
        ));
    }
    if let Some(seal) = &keys.seal {
        let body = seal.strip_prefix("age1").unwrap_or_default().as_bytes();
        let fine = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if body.is_empty() || seal.len() > MAX_SEAL || !body.iter().all(fine) {
            return Err(Violation::Field("\"seal\" is not an age recipient"));
        }
    }
    let (sign, seal, vkey) = (
        keys.sign.is_some(),
        keys.seal.is_some(),
        keys.vkey.is_some(),
    );
    let fits = match keys.role {
        Role::Witness => !sign && !seal && vkey,
        Role::Recovery | Role::Principal => seal && !vkey,
        Role::Office | Role::Overseer | Role::Registrar => sign && seal && !vkey,
        Role::Steward => sign && !vkey,
    };
    if !fits {
        return Err(Violation::Field(
            "a witness has a vkey alone; office, overseer and registrar have sign and seal; recovery and \
             principals have seal; stewards have sign",
        ));
    }
    let Some(vkey) = &keys.vkey else {
        return Ok(None);
    };
    let vkey: VerifierKey = vkey.parse()?;
    if vkey.kind() != KeyKind::Witness {
        return Err(Violation::Field("a witness's vkey has type 0x04"));
    }
    Ok(Some(vkey))
}
