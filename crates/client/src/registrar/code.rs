//! One-time enrolment codes.

use std::{fmt, str::FromStr};

use demur_encoding::{Digest, hash};
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroize;

/// Crockford's base 32: no I, L, O and U, so that a code can be read out and typed.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a code, 5 bits each: 100 bits.
const LENGTH: usize = 20;

/// A one-time code with which a member enrols: 100 random bits, written as five groups of four
/// characters, for example `7Q2M-XK4D-0AYV-R9TC-H3EN`.
///
/// It goes to the member by a way outside of Demur (a letter, a visit). Who has it can enrol in
/// the member's place, once; the overseer's notice is what shows that.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code([u8; LENGTH]);

impl Code {
    /// A new code.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut code = [0; LENGTH];
        rng.fill_bytes(&mut code);
        // 256 is a multiple of 32: each character is equally likely.
        for byte in &mut code {
            *byte = ALPHABET[usize::from(*byte % 32)];
        }
        Self(code)
    }

    /// The text as it is printed. Not `Display`, so that no message holds a code by accident.
    #[must_use]
    pub fn reveal(&self) -> String {
        let groups: Vec<&str> = self
            .0
            .chunks(4)
            .map(|group| std::str::from_utf8(group).expect("the alphabet is ASCII"))
            .collect();
        groups.join("-")
    }

    /// The name of the mailbox that belongs to the code: `H("demur/ticket", printed text)`.
    #[must_use]
    pub fn ticket(&self) -> Digest {
        hash("demur/ticket", &[self.reveal().as_bytes()])
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

/// The text is no enrolment code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an enrolment code: expected five groups of four letters and digits, such as 7Q2M-XK4D-0AYV-R9TC-H3EN"
)]
pub struct ParseCodeError;

impl FromStr for Code {
    type Err = ParseCodeError;

    /// Reads a code as a person types it: case, spaces and hyphens don't matter, and I, L and O
    /// count as the digits that they look like.
    fn from_str(text: &str) -> Result<Self, ParseCodeError> {
        let mut code = [0; LENGTH];
        let mut places = code.iter_mut();
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let c = match c.to_ascii_uppercase() {
                'I' | 'L' => '1',
                'O' => '0',
                c => c,
            };
            let byte = u8::try_from(c)
                .ok()
                .filter(|b| ALPHABET.contains(b))
                .ok_or(ParseCodeError)?;
            *places.next().ok_or(ParseCodeError)? = byte;
        }
        if places.next().is_some() {
            Err(ParseCodeError)
        } else {
            Ok(Self(code))
        }
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.reveal())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    #[test]
    fn a_code_is_read_as_a_person_types_it() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let code = Code::generate(&mut rng);
        let text = code.reveal();
        assert_eq!(text.len(), 24);
        for typed in [
            text.clone(),
            text.to_lowercase(),
            text.replace('-', " "),
            format!(" {text}\n"),
        ] {
            assert_eq!(typed.parse(), Ok(code.clone()));
        }
        let typed: Code = "oil0-oil0-oil0-oil0-oil0".parse().unwrap();
        assert_eq!(typed.reveal(), "0110-0110-0110-0110-0110");
        for bad in [
            "",
            &text[1..],
            &format!("{text}0"),
            &text.replace(&text[..1], "U"),
            &text.replace(&text[..1], "é"),
        ] {
            assert_eq!(bad.parse::<Code>(), Err(ParseCodeError), "{bad}");
        }
        assert_ne!(Code::generate(&mut rng).ticket(), code.ticket());
        assert_eq!(format!("{code:?}"), "Code(..)");
    }
}
