//! A reader's link: docs/protocol.md, section 9.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use demur_encoding::{Digest, hash};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::keys::{SealKey, Secret};

/// The longest link that is read, in bytes.
pub const MAX_LINK: usize = 2048;

/// The secret of a memo's readers. It travels in the fragment of a link, which browsers don't send.
///
/// From it follow, apart from each other: the age identity that opens a draft, and the access token
/// that the server asks for before it gives out the sealed draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReaderKey(Secret);

impl ReaderKey {
    /// A new one: for a new memo, or for the versions after a reader was removed.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Secret::generate(rng))
    }

    /// What the server is shown: `H("demur/access-token", secret)`.
    #[must_use]
    pub fn token(&self) -> Digest {
        hash("demur/access-token", &[self.0.as_bytes()])
    }

    /// What a version holds: `H("demur/access", token)`.
    #[must_use]
    pub fn access(&self) -> Digest {
        hash("demur/access", &[self.token().as_ref()])
    }

    /// The age identity with the X25519 secret `H("demur/reader-key", secret)`.
    #[must_use]
    pub fn seal_key(&self) -> SealKey {
        SealKey::from_bytes(*hash("demur/reader-key", &[self.0.as_bytes()]).as_bytes())
    }
}

/// A link to a memo: `https://<server>/m/<memo>#<secret>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Scheme, host and path before `/m/`.
    pub server: String,
    /// The memo.
    pub memo: Digest,
    /// Opens the draft.
    pub reader: ReaderKey,
}

/// The text is not a link to a memo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseLinkError {
    /// Neither of the two schemes.
    #[error("a link begins with https:// (or http:// for an onion service or this machine)")]
    Scheme,
    /// No memo in it.
    #[error("not a link to a memo: expected …/m/ and 64 hexadecimal digits before the #")]
    Memo,
    /// No fragment, or a damaged one.
    #[error("the part after # is missing or cut off: ask for the link again, and paste all of it")]
    Secret,
    /// Over [`MAX_LINK`].
    #[error("longer than {MAX_LINK} characters")]
    TooLong,
}

impl Link {
    /// The link's text. Not `Display`, so that no message holds the secret by accident.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(self.reader.0.as_bytes()));
        Zeroizing::new(format!("{}/m/{}#{}", self.server, self.memo, *secret))
    }
}

impl FromStr for Link {
    type Err = ParseLinkError;

    fn from_str(text: &str) -> Result<Self, ParseLinkError> {
        let text = text.trim();
        if text.len() > MAX_LINK {
            return Err(ParseLinkError::TooLong);
        }
        if !text.starts_with("https://") && !text.starts_with("http://") {
            return Err(ParseLinkError::Scheme);
        }
        let (place, secret) = text.split_once('#').ok_or(ParseLinkError::Secret)?;
        let (server, memo) = place.rsplit_once("/m/").ok_or(ParseLinkError::Memo)?;
        let memo = memo
            .trim_end_matches('/')
            .parse()
            .map_err(|_| ParseLinkError::Memo)?;
        let mut bytes = Zeroizing::new(
            URL_SAFE_NO_PAD
                .decode(secret)
                .map_err(|_| ParseLinkError::Secret)?,
        );
        let secret = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| ParseLinkError::Secret)?;
        bytes.zeroize();
        let reader = ReaderKey(Secret::from_bytes(secret));
        Ok(Self {
            server: server.to_owned(),
            memo,
            reader,
        })
    }
}

impl fmt::Display for Link {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/m/{}#…", self.server, self.memo)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    fn link() -> Link {
        let reader = ReaderKey::generate(&mut ChaCha20Rng::seed_from_u64(1));
        Link {
            server: "https://dissent.example".to_owned(),
            memo: Digest::new([7; 32]),
            reader,
        }
    }

    #[test]
    fn a_link_is_read_as_it_is_written() {
        let link = link();
        assert_eq!(link.reveal().parse(), Ok(link.clone()));
        let text = link.reveal();
        let cut = &text[..text.len() - 1];
        assert_eq!(cut.parse::<Link>(), Err(ParseLinkError::Secret));
        let bare = text.split('#').next().unwrap_or_default();
        assert_eq!(bare.parse::<Link>(), Err(ParseLinkError::Secret));
        assert_eq!("ftp://x/m/1#2".parse::<Link>(), Err(ParseLinkError::Scheme));
        assert_eq!("https://x/m/1#2".parse::<Link>(), Err(ParseLinkError::Memo));
        assert!(
            !link
                .to_string()
                .contains(text.rsplit('#').next().unwrap_or_default())
        );
        assert!(!format!("{link:?}").contains(text.rsplit('#').next().unwrap_or_default()));
    }

    #[test]
    fn what_follows_from_the_secret_stands_apart() {
        let reader = link().reader;
        assert_ne!(reader.token(), reader.access());
        assert_eq!(
            reader.access(),
            hash("demur/access", &[reader.token().as_ref()])
        );
        assert_ne!(reader.token().as_bytes(), reader.0.as_bytes());
        assert!(reader.seal_key().recipient().starts_with("age1"));
    }
}
