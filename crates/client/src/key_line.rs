//! A role's public keys as one line of text: `demur-key:<role>:<name>:<sign>:<recipient>`.

use std::{fmt, str::FromStr};

use demur_encoding::Digest;
use demur_record::entry::Role;

use crate::keys::{RoleKeys, is_recipient};

/// The longest line that is read, in bytes.
pub const MAX_LINE: usize = 8192;

/// The longest origin, in bytes.
pub const MAX_ORIGIN: usize = 200;

/// The roles whose keys their holders make by themselves and tell the channel's operator.
pub const TOLD_ROLES: [Role; 4] = [
    Role::Office,
    Role::Recovery,
    Role::Overseer,
    Role::Registrar,
];

/// Whether `text` can name a log, as its origin: the rule for key names (no spaces, no `+`; C2SP signed-note), and no
/// scheme and no slash at an end (C2SP tlog-checkpoint).
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let allowed =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':' | '~');
    !text.is_empty()
        && text.len() <= MAX_ORIGIN
        && text.chars().all(allowed)
        && !text.contains("//")
        && !text.starts_with('/')
        && !text.ends_with('/')
}

/// Whether `text` can be the name of a role's keys, as it stands in their line and in the record.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty() && text.bytes().all(allowed)
}

/// What people tell each other, by another way than the server, so that a key is entered that is theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLine {
    /// The role.
    pub role: Role,
    /// Who holds it.
    pub name: String,
    /// The Ed25519 key.
    pub sign: Digest,
    /// The age recipient.
    pub seal: String,
}

/// The text is no key line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key line: expected demur-key:<role>:<name>:<64 hexadecimal digits>:<age recipient>")]
pub struct ParseKeyLineError;

impl From<&RoleKeys> for KeyLine {
    fn from(keys: &RoleKeys) -> Self {
        Self {
            role: keys.role,
            name: keys.name.clone(),
            sign: keys.sign.public(),
            seal: keys.seal.recipient(),
        }
    }
}

/// A role as it is written in the record.
#[must_use]
pub fn role_name(role: Role) -> String {
    serde_json::to_value(role)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

impl fmt::Display for KeyLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "demur-key:{}:{}:{}:{}",
            role_name(self.role),
            self.name,
            self.sign,
            self.seal
        )
    }
}

impl FromStr for KeyLine {
    type Err = ParseKeyLineError;

    fn from_str(text: &str) -> Result<Self, ParseKeyLineError> {
        const FORM: ParseKeyLineError = ParseKeyLineError;
        if text.len() > MAX_LINE {
            return Err(FORM);
        }
        let parts: Vec<&str> = text.trim().splitn(5, ':').collect();
        let ["demur-key", role, name, sign, seal] = parts[..] else {
            return Err(FORM);
        };
        let role = serde_json::from_value(role.into()).map_err(|_| FORM)?;
        let sign = sign.parse().map_err(|_| FORM)?;
        if !is_recipient(seal) || name.is_empty() {
            return Err(FORM);
        }
        Ok(Self {
            role,
            name: name.to_owned(),
            sign,
            seal: seal.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn a_line_is_read_as_it_is_written() {
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([3; 32]);
        let keys = RoleKeys::generate("a.example/x", Role::Office, "office", &mut rng);
        let line = KeyLine::from(&keys);
        let text = line.to_string();
        assert_eq!(text.parse(), Ok(line));
        for bad in [
            "",
            "demur-key:office",
            &text[1..],
            &text.replace("office", "king"),
            &text[..90],
        ] {
            assert!(bad.parse::<KeyLine>().is_err(), "{bad}");
        }
    }
}
