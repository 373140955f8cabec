//! All that one person's device keeps secret, as one value.
//!
//! It is sealed under the person's passphrase (`demur_seal::lock`) and is the same in the program
//! and in a browser, so that a device is moved by handing over one file.

use std::collections::BTreeMap;

use demur_encoding::{Digest, json_fields};
use demur_memo::version::OpeningBody;
use demur_record::entry::Role;
use rand_core::CryptoRng;
use serde::Serialize;

use crate::{
    api::Session,
    author::{AuthorKeys, JoinError, MyMemo, OwnEntry},
    identity::Identity,
    key_line::{TOLD_ROLES, is_name, is_origin, role_name},
    keys::RoleKeys,
    link::{Link, ReaderKey},
};

/// The format of a key store.
const FORMAT: u32 = 1;

/// The key store was made by another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("key store format {found}; this program knows {FORMAT}")]
pub struct FormatError {
    /// What it says.
    pub found: u32,
}

/// Why no keys of a role are made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NewRoleError {
    /// Accounts get theirs with an invitation, witnesses with their program.
    #[error("keys of this role are not made so: {}", role_name(*.0))]
    Role(Role),
    /// No name of a key.
    #[error("{0}: use lowercase letters, digits and dashes")]
    Name(String),
    /// No name of a record.
    #[error(
        "{0}: the record's name is a URL without its scheme and without a slash at its end, for example \
         rivers.example/dissent"
    )]
    Origin(String),
    /// One of a role is enough.
    #[error("this key store holds a key of the {} already", role_name(*.0))]
    Held(Role),
}

/// The name that new keys of a role get, if there can be such keys.
///
/// # Errors
/// When the role has no keys that are made so, or a name can't be used.
pub fn new_role_name(origin: &str, role: Role, name: Option<&str>) -> Result<String, NewRoleError> {
    if !TOLD_ROLES.contains(&role) {
        return Err(NewRoleError::Role(role));
    }
    let name = name.map_or_else(|| role_name(role), str::to_owned);
    if !is_name(&name) {
        return Err(NewRoleError::Name(name));
    }
    if !is_origin(origin) {
        return Err(NewRoleError::Origin(origin.to_owned()));
    }
    Ok(name)
}

/// Everything of a person that must stay secret. One file, sealed under the person's passphrase.
#[derive(Clone, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyStore {
    v: u32,
    /// The member's secret, certificate and acts.
    pub identity: Option<Identity>,
    /// Of a registrar, an overseer, the office, its recovery.
    pub roles: Vec<RoleKeys>,
    /// A steward's or a principal's account.
    pub account: Option<AccountKeys>,
    /// Author's keys that were made for memos which a co-author opens.
    pub offered: Vec<AuthorKeys>,
    /// Memos of which this person is an author.
    pub memos: BTreeMap<Digest, MyMemo>,
    /// Links that this person was given, by memo.
    pub links: BTreeMap<Digest, String>,
    /// By memo: readers whom an author noted down.
    pub readers: BTreeMap<Digest, Readers>,
    /// Entries that were sent under the keys of a role, as they were promised, until the record has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<OwnEntry>,
}

json_fields!(KeyStore only { v, identity, roles, account, offered, memos, links, readers, sent or default });

/// Whom an author gave the link to. Only a note for the author: the server does not know readers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Readers {
    /// Who has the link.
    pub names: Vec<String>,
    /// Whether the next version gets a new link, because somebody was removed.
    pub renew: bool,
}

json_fields!(Readers only { names, renew });

/// What an account's holder keeps.
#[derive(Clone, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccountKeys {
    /// The account's name.
    pub name: String,
    /// Signs and opens.
    pub keys: RoleKeys,
    /// The session that was opened last.
    pub session: Option<Session>,
}

json_fields!(AccountKeys only { name, keys, session });

impl Default for KeyStore {
    fn default() -> Self {
        Self {
            v: FORMAT,
            identity: None,
            roles: Vec::new(),
            account: None,
            offered: Vec::new(),
            memos: BTreeMap::new(),
            links: BTreeMap::new(),
            readers: BTreeMap::new(),
            sent: Vec::new(),
        }
    }
}

impl KeyStore {
    /// Whether this program knows the format.
    ///
    /// # Errors
    /// When it does not.
    pub const fn check(&self) -> Result<(), FormatError> {
        if self.v == FORMAT {
            Ok(())
        } else {
            Err(FormatError { found: self.v })
        }
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.identity.is_none()
            && self.roles.is_empty()
            && self.account.is_none()
            && self.offered.is_empty()
            && self.memos.is_empty()
            && self.links.is_empty()
    }

    /// The keys of a role that this person holds.
    #[must_use]
    pub fn role(&self, role: Role) -> Option<&RoleKeys> {
        self.roles.iter().find(|keys| keys.role == role)
    }

    /// Makes the keys of a role that its holder tells the channel's operator. Without a `name` the role's is taken.
    ///
    /// # Errors
    /// When there are keys of that role already, or a name can't be used. Then nothing changes.
    pub fn new_role(
        &mut self,
        origin: &str,
        role: Role,
        name: Option<&str>,
        rng: &mut impl CryptoRng,
    ) -> Result<&RoleKeys, NewRoleError> {
        let name = new_role_name(origin, role, name)?;
        if self.role(role).is_some() {
            return Err(NewRoleError::Held(role));
        }
        let at = self.roles.len();
        self.roles
            .push(RoleKeys::generate(origin, role, &name, rng));
        Ok(&self.roles[at])
    }

    /// Keeps a link that this person was given.
    pub fn keep_link(&mut self, link: &Link) {
        self.links.insert(link.memo, link.reveal().to_string());
    }

    /// The link to a memo: an author's own, or one that was given. `server` goes into an author's.
    #[must_use]
    pub fn link(&self, memo: Digest, server: &str) -> Option<Link> {
        match (self.memos.get(&memo), self.links.get(&memo)) {
            (Some(mine), _) => Some(mine.link(server)),
            (None, Some(link)) => link.parse().ok(),
            (None, None) => None,
        }
    }

    /// The readers' key that opens a version whose access hash is `access`: an author keeps those of earlier versions.
    #[must_use]
    pub fn reader_of<'k>(&'k self, link: &'k Link, access: Digest) -> &'k ReaderKey {
        let my = self.memos.get(&link.memo);
        let earlier = my.into_iter().flat_map(|my| my.earlier.values());
        earlier
            .chain([&link.reader])
            .find(|key| key.access() == access)
            .unwrap_or(&link.reader)
    }

    /// Takes a link to a memo to heart that was verified: who offered one of its authors' keys becomes one of its authors here, and an
    /// author's readers' key is kept up to date. Whether anything changed, and the key store is to be saved.
    ///
    /// # Errors
    /// When the link, or the offered key, does not belong to the memo.
    pub fn join(
        &mut self,
        link: &Link,
        opening: &OpeningBody,
        latest: u32,
    ) -> Result<bool, JoinError> {
        if let Some(my) = self.memos.get_mut(&link.memo) {
            if my.reader == link.reader {
                return Ok(false);
            }
            my.relink(link, latest)?;
            return Ok(true);
        }
        let offered = |keys: &AuthorKeys| opening.has_author(keys.sign.public());
        let Some(at) = self.offered.iter().position(offered) else {
            return Ok(false);
        };
        let my = MyMemo::join(self.offered.remove(at), link, opening)?;
        self.memos.insert(link.memo, my);
        Ok(true)
    }

    /// The memos that this person wrote, was given a link to, or acted on; sorted, none twice.
    #[must_use]
    pub fn known_memos(&self) -> Vec<Digest> {
        let mut known: Vec<Digest> = self
            .memos
            .keys()
            .chain(self.links.keys())
            .copied()
            .collect();
        if let Some(identity) = &self.identity {
            known.extend(identity.memos.keys().copied());
        }
        known.sort_unstable();
        known.dedup();
        known
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    #[test]
    fn keys_of_a_role_are_made_once_and_under_good_names() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut store = KeyStore::default();
        let mut made = |origin: &str, role, name| {
            let keys = store.new_role(origin, role, name, &mut rng);
            keys.map(|keys| keys.name.clone())
        };
        let origin = "rivers.example/dissent";
        let witness = Err(NewRoleError::Role(Role::Witness));
        assert_eq!(made(origin, Role::Witness, None), witness);
        for bad in ["", "Vera", "a b", "a:b", "\u{e4}"] {
            let told = Err(NewRoleError::Name(bad.to_owned()));
            assert_eq!(made(origin, Role::Office, Some(bad)), told);
        }
        let long = "a".repeat(crate::key_line::MAX_ORIGIN + 1);
        for bad in [
            "",
            "https://rivers.example",
            "a/",
            "/a",
            "a b",
            "a+b",
            &long,
        ] {
            let told = Err(NewRoleError::Origin(bad.to_owned()));
            assert_eq!(made(bad, Role::Office, None), told);
        }
        let (office, own) = (Ok("office".to_owned()), Ok("emil-2".to_owned()));
        assert_eq!(made(origin, Role::Office, None), office);
        assert_eq!(made(origin, Role::Registrar, Some("emil-2")), own);
        let held = Err(NewRoleError::Held(Role::Office));
        assert_eq!(made(origin, Role::Office, Some("again")), held);
        assert_eq!(store.roles.len(), 2);
    }
}
