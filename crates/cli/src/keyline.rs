//! A role's public keys as one line of text: `demur-key:<role>:<name>:<sign>:<recipient>`.

use std::{fmt, str::FromStr};

use demur_client::keys::{RoleKeys, is_recipient};
use demur_encoding::Digest;
use demur_record::entry::Role;

/// What `demur key new` prints and `demur channel init` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyLine {
    pub(crate) role: Role,
    pub(crate) name: String,
    pub(crate) sign: Digest,
    pub(crate) seal: String,
}

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
pub(crate) fn role_name(role: Role) -> String {
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
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "not a key line: expected demur-key:<role>:<name>:<64 hexadecimal digits>:<age recipient>";
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
    use super::*;

    #[test]
    fn a_line_is_read_as_it_is_written() {
        let keys = RoleKeys::generate(
            "a.example/x",
            Role::Office,
            "office",
            &mut crate::sys::rng(),
        );
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
