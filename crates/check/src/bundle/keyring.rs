//! The keys of a channel, as the record's entries give them.

use std::collections::BTreeMap;

use demur_encoding::{Bytes, Digest};
use demur_record::entry::{Entry, KeyState, Keys, Role, verify_signature};

/// Which key acts for whom, up to some entry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keyring {
    active: BTreeMap<(Role, String), Digest>,
    witnesses: BTreeMap<String, String>,
}

impl Keyring {
    /// The next `keys` entry.
    pub(crate) fn apply(
        &mut self,
        entry: &Entry,
        keys: &Keys,
        first_batch: bool,
    ) -> Result<(), String> {
        match (keys.by, &keys.signature) {
            (None, None) => {
                let named = matches!(
                    keys.role,
                    Role::Office
                        | Role::Recovery
                        | Role::Overseer
                        | Role::Registrar
                        | Role::Witness
                );
                if !first_batch || !named {
                    return Err(
                        "only the record's first batch may name keys that nobody signed".to_owned(),
                    );
                }
            }
            (Some(by), Some(signature)) => {
                let own = matches!(
                    keys.role,
                    Role::Office | Role::Recovery | Role::Overseer | Role::Registrar
                );
                let expected = if own {
                    self.active.get(&(keys.role, keys.name.clone())).copied()
                } else {
                    self.key_of(Role::Office)
                };
                if expected != Some(by) {
                    return Err("it is not signed by the key that may change it".to_owned());
                }
                verify_entry(entry, by, signature)?;
            }
            _ => return Err("a key and its signature stand together, or neither does".to_owned()),
        }
        let place = (keys.role, keys.name.clone());
        match (keys.state, keys.sign) {
            (KeyState::Active, Some(key)) => {
                self.active.insert(place, key);
            }
            (KeyState::Active, None) => {}
            (KeyState::Revoked, _) => {
                self.active.remove(&place);
            }
        }
        if keys.role == Role::Witness {
            match (keys.state, &keys.vkey) {
                (KeyState::Active, Some(vkey)) => {
                    self.witnesses.insert(keys.name.clone(), vkey.clone());
                }
                _ => {
                    self.witnesses.remove(&keys.name);
                }
            }
        }
        Ok(())
    }

    /// The first active key of a role.
    pub(crate) fn key_of(&self, role: Role) -> Option<Digest> {
        self.active
            .iter()
            .find(|((r, _), _)| *r == role)
            .map(|(_, key)| *key)
    }

    /// Whether `key` acts for `role` now.
    fn is(&self, role: Role, key: Digest) -> bool {
        self.active
            .iter()
            .any(|((r, _), k)| *r == role && *k == key)
    }

    /// Witnesses by name, with their verifier keys.
    pub(crate) fn witnesses(&self) -> impl Iterator<Item = (&String, &String)> {
        self.witnesses.iter()
    }

    /// Who signed `entry`, if that is an active key of `role`.
    pub(crate) fn signed(&self, role: Role, entry: &Entry) -> Result<Digest, String> {
        let (by, signature) = entry.signature().ok_or("it is not signed")?;
        if !self.is(role, by) {
            let role = format!("{role:?}").to_lowercase();
            return Err(format!(
                "it is signed by {}, which is not the {role}'s key",
                by.short()
            ));
        }
        verify_entry(entry, by, signature)?;
        Ok(by)
    }
}

fn verify_entry(entry: &Entry, by: Digest, signature: &Bytes) -> Result<(), String> {
    let hash = entry.signed_hash().map_err(|e| e.to_string())?;
    if verify_signature(hash, by, signature) {
        Ok(())
    } else {
        Err(format!("the signature by {} is wrong", by.short()))
    }
}
