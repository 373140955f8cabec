//! X25519 keys as `age` writes them.

use std::{fmt, str::FromStr};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// Not a key of the kind that was wanted. The text is not repeated: it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseKeyError {
    /// Not a recipient.
    #[error(
        "not an age recipient: expected \"age1\" and 58 more letters and digits (what age-keygen prints as the public key)"
    )]
    Recipient,
    /// Not an identity.
    #[error(
        "not an age identity: expected \"AGE-SECRET-KEY-1\" and 58 more letters and digits, nothing before or after"
    )]
    Identity,
}

/// A public key that files are sealed to: `age1…` (Bech32).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Recipient(age::x25519::Recipient);

impl Recipient {
    pub(crate) const fn as_age(&self) -> &age::x25519::Recipient {
        &self.0
    }
}

impl FromStr for Recipient {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let key = Self(text.parse().map_err(|_| ParseKeyError::Recipient)?);
        // Bech32 may also be all upper case; one key has one spelling here.
        if key.to_string() == text {
            Ok(key)
        } else {
            Err(ParseKeyError::Recipient)
        }
    }
}

impl TryFrom<String> for Recipient {
    type Error = ParseKeyError;

    fn try_from(text: String) -> Result<Self, ParseKeyError> {
        text.parse()
    }
}

impl From<Recipient> for String {
    fn from(key: Recipient) -> Self {
        key.to_string()
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A secret key that opens what is sealed to its [`Recipient`]. Overwritten on drop.
///
/// There is no way to print it but [`to_secret`](Self::to_secret).
#[derive(Clone)]
pub struct Identity(age::x25519::Identity);

impl Identity {
    /// A new one, from the operating system's random generator.
    #[must_use]
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    /// Reads `AGE-SECRET-KEY-1…`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_secret(text: &SecretString) -> Result<Self, ParseKeyError> {
        let text = text.expose_secret();
        // Upper case is the one spelling that age writes.
        if text.bytes().any(|b| b.is_ascii_lowercase()) {
            return Err(ParseKeyError::Identity);
        }
        text.parse().map(Self).map_err(|_| ParseKeyError::Identity)
    }

    /// `AGE-SECRET-KEY-1…`, as a file for stock `age -i` has it.
    #[must_use]
    pub fn to_secret(&self) -> SecretString {
        self.0.to_string()
    }

    /// The public key.
    #[must_use]
    pub fn to_recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }

    pub(crate) const fn as_age(&self) -> &age::x25519::Identity {
        &self.0
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity([redacted])")
    }
}

/// Compared by their public keys, so that no secret is compared in variable time.
impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.to_recipient() == other.to_recipient()
    }
}

impl Eq for Identity {}
