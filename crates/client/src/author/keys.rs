//! The keys of one memo, and what an author's device keeps of it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use demur_encoding::{Digest, json_fields};
use demur_memo::version::{Author, OpeningBody};
use demur_record::{
    entry::Entry,
    event::{Event, Opening, Version},
};
use rand_core::CryptoRng;
use serde::Serialize;

use crate::{
    device::Mirror,
    keys::{SealKey, SignKey},
    link::{Link, ReaderKey},
};

/// The longest token that is read, in bytes.
pub const MAX_TOKEN: usize = 8192;

const PREFIX: &str = "demur-author";

/// An author's keys for one memo: made for it, used for no other, tied to no person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorKeys {
    /// Signs versions and approvals.
    pub sign: SignKey,
    /// Opens what was filed, and the office's answers.
    pub seal: SealKey,
}

json_fields!(AuthorKeys only { sign, seal });

impl AuthorKeys {
    /// New keys.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self {
            sign: SignKey::generate(rng),
            seal: SealKey::generate(rng),
        }
    }

    /// The public halves, to be handed to the author who opens the memo.
    #[must_use]
    pub fn token(&self) -> AuthorToken {
        AuthorToken {
            sign: self.sign.public(),
            seal: self.seal.recipient(),
        }
    }
}

/// An author's public keys as one line of text: `demur-author:<sign>:<recipient>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorToken {
    /// The Ed25519 key.
    pub sign: Digest,
    /// The age recipient.
    pub seal: String,
}

/// The text is not an author's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an author's token: expected demur-author:<64 hexadecimal digits>:<age recipient>")]
pub struct ParseTokenError;

impl FromStr for AuthorToken {
    type Err = ParseTokenError;

    fn from_str(text: &str) -> Result<Self, ParseTokenError> {
        let text = text.trim();
        if text.len() > MAX_TOKEN {
            return Err(ParseTokenError);
        }
        let mut parts = text.splitn(3, ':');
        let (Some(PREFIX), Some(sign), Some(seal)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(ParseTokenError);
        };
        if !crate::keys::is_recipient(seal) {
            return Err(ParseTokenError);
        }
        let sign = sign.parse().map_err(|_| ParseTokenError)?;
        Ok(Self {
            sign,
            seal: seal.to_owned(),
        })
    }
}

impl fmt::Display for AuthorToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}:{}:{}", self.sign, self.seal)
    }
}

impl AuthorToken {
    pub(crate) fn author(&self) -> Author {
        Author {
            sign: self.sign,
            seal: self.seal.clone(),
        }
    }
}

/// What an author's device keeps of one memo, sealed in a key store.
#[derive(Debug, Clone, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MyMemo {
    /// 1.
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// This author's keys.
    pub keys: AuthorKeys,
    /// What opened the memo.
    pub opening: OpeningBody,
    /// The readers' key of the latest version that this device knows.
    pub reader: ReaderKey,
    /// Earlier readers' keys, by the last version that was sealed to each.
    pub earlier: BTreeMap<u32, ReaderKey>,
    /// The opening as it was sent, if this device sent it: for sending it again, and as evidence.
    pub opened: Option<OwnOpening>,
    /// Versions as this device sent them, by number.
    pub versions: BTreeMap<u32, OwnVersion>,
    /// What the authors agreed on, as it was promised.
    #[serde(default)]
    pub agreed: Vec<OwnEntry>,
}

json_fields!(MyMemo only { v, memo, keys, opening, reader, earlier, opened, versions, agreed or default });

/// An entry that was sent, and that the log has promised to record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OwnEntry {
    /// The entry.
    pub entry: Entry,
    /// The signed promise, which names the entry by its leaf hash.
    pub promise: String,
}

json_fields!(OwnEntry only { entry, promise });

/// An opening that this device sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OwnOpening {
    /// The salt of its place.
    pub salt: Digest,
    /// The event.
    pub event: Opening,
    /// The server's signed promise; `None` until it came.
    pub promise: Option<String>,
}

json_fields!(OwnOpening only { salt, event, promise });

impl OwnOpening {
    /// The entry in whose slot it stands, if the record has it.
    pub(super) fn stands(&self, mirror: &Mirror) -> Option<u64> {
        let slot = Event::Opening(self.event.clone()).slot(self.salt).ok()?;
        mirror.find_slot(slot).map(|at| at.entry)
    }
}

/// A version that this device sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OwnVersion {
    /// The salt of its place.
    pub salt: Digest,
    /// The event.
    pub event: Version,
    /// The server's signed promise; `None` until it came.
    pub promise: Option<String>,
}

json_fields!(OwnVersion only { salt, event, promise });

impl MyMemo {
    /// A memo that a co-author opened with this author's token, found by the link to it.
    ///
    /// # Errors
    /// When `opening` is not the link's memo, or these keys are not among its authors'.
    pub fn join(keys: AuthorKeys, link: &Link, opening: &OpeningBody) -> Result<Self, JoinError> {
        let memo = opening.id().map_err(|_| JoinError::OtherMemo)?;
        if memo != link.memo {
            return Err(JoinError::OtherMemo);
        }
        if !opening.authors.contains(&keys.token().author()) {
            return Err(JoinError::NotAnAuthor);
        }
        Ok(Self {
            v: 1,
            memo,
            keys,
            opening: opening.clone(),
            reader: link.reader.clone(),
            earlier: BTreeMap::new(),
            opened: None,
            versions: BTreeMap::new(),
            agreed: Vec::new(),
        })
    }

    /// The link for readers of the latest version.
    #[must_use]
    pub fn link(&self, server: &str) -> Link {
        let server = server.trim_end_matches('/').to_owned();
        Link {
            server,
            memo: self.memo,
            reader: self.reader.clone(),
        }
    }

    /// Takes over a link that a co-author made when a reader was removed.
    ///
    /// # Errors
    /// When it is a link to another memo.
    pub fn relink(&mut self, link: &Link, latest: u32) -> Result<(), JoinError> {
        if link.memo != self.memo {
            return Err(JoinError::OtherMemo);
        }
        if link.reader != self.reader {
            let old = std::mem::replace(&mut self.reader, link.reader.clone());
            self.earlier.insert(latest.saturating_sub(1), old);
        }
        Ok(())
    }
}

/// Why a memo can't be joined as its author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The opening is another memo's.
    #[error("the link is to another memo")]
    OtherMemo,
    /// The keys are not in it.
    #[error("these keys are not among the memo's authors: was it opened with your token?")]
    NotAnAuthor,
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_written() {
        let token = AuthorKeys::generate(&mut ChaCha20Rng::seed_from_u64(1)).token();
        let text = token.to_string();
        assert_eq!(text.parse(), Ok(token));
        for bad in [
            "",
            "demur-author:",
            &text[1..],
            &text.to_uppercase(),
            &text[..80],
            &format!("{text}:"),
        ] {
            assert_eq!(bad.parse::<AuthorToken>(), Err(ParseTokenError), "{bad}");
        }
    }
}
