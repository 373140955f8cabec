//! Where the QR code points.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest address, in bytes: its code can still be read from paper.
pub const MAX_ADDRESS: usize = 300;

/// The address of a page that shows the record: `https://` or `http://` (an onion service, a machine within), a host,
/// then visible ASCII. No name or password, no fragment: those may be secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

/// Why a text is no [`Address`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Another scheme, or no host.
    #[error("an address begins with https:// or http:// and a host")]
    Begin,
    /// Too long.
    #[error(
        "an address has at most {MAX_ADDRESS} characters, so that its code can be read from paper"
    )]
    Long,
    /// A character that stands in no address.
    #[error("{0:?} can't stand in the address")]
    Character(char),
}

impl Address {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.len() > MAX_ADDRESS {
            return Err(AddressError::Long);
        }
        let bad = |c: &char| !c.is_ascii_graphic() || "\"<>\\^`{|}@#".contains(*c);
        if let Some(c) = text.chars().find(bad) {
            return Err(AddressError::Character(c));
        }
        let rest = text
            .strip_prefix("https://")
            .or(text.strip_prefix("http://"));
        let host = rest.and_then(|rest| rest.split(['/', '?']).next());
        match host {
            Some(host) if !host.is_empty() => Ok(Self(text.to_owned())),
            _ => Err(AddressError::Begin),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
