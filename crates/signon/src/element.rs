//! Field elements as bytes and text.

use std::{cmp::Ordering, fmt, hash, str::FromStr};

use demur_encoding::Digest;
use ff::{Field as _, FromUniformBytes as _, PrimeField as _};
use pasta_curves::Fp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// An element of Pallas' base field: a leaf, a root, a nullifier, a scope, a message.
///
/// Its byte form is the canonical 32-byte little-endian integer below the field's order, its
/// text form the 64 lowercase hexadecimal digits of those bytes. Other forms are refused, so
/// that one value has one spelling. The order is that of the bytes, as a string of bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element(Fp);

impl Element {
    /// Zero, which stands for "no leaf" in a tree.
    pub const ZERO: Self = Self(Fp::ZERO);

    /// Reduces 64 uniform bytes, such as those of [`demur_encoding::hash_wide`], read as a
    /// little-endian integer, modulo the field's order. The bias is below 2^-256.
    #[must_use]
    pub fn from_wide(bytes: &[u8; 64]) -> Self {
        Self(Fp::from_uniform_bytes(bytes))
    }

    /// Reads the canonical byte form.
    ///
    /// # Errors
    /// When the bytes are not below the field's order.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, ParseElementError> {
        Option::from(Fp::from_repr(bytes))
            .map(Self)
            .ok_or(ParseElementError)
    }

    /// The canonical byte form.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.to_repr()
    }

    pub(crate) const fn new(value: Fp) -> Self {
        Self(value)
    }

    pub(crate) const fn fp(self) -> Fp {
        self.0
    }
}

/// The bytes or the text are not the canonical form of a field element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a field element: 64 lowercase hexadecimal digits of 32 little-endian bytes, below the order of Pallas' base field"
)]
pub struct ParseElementError;

impl FromStr for Element {
    type Err = ParseElementError;

    fn from_str(text: &str) -> Result<Self, ParseElementError> {
        let digest: Digest = text.parse().map_err(|_| ParseElementError)?;
        Self::from_bytes(*digest.as_bytes())
    }
}

impl Ord for Element {
    fn cmp(&self, other: &Self) -> Ordering {
        self.to_bytes().cmp(&other.to_bytes())
    }
}

impl PartialOrd for Element {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl hash::Hash for Element {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.to_bytes().hash(state);
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Digest::new(self.to_bytes()), f)
    }
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hasher as _};

    use super::*;

    /// The order of Pallas' base field, little-endian.
    const ORDER: &str = "01000000ed302d991bf94c09fc98462200000000000000000000000000000040";

    #[test]
    fn only_the_canonical_form_is_read() {
        let order: Digest = ORDER.parse().unwrap();
        assert_eq!(
            Element::from_bytes(*order.as_bytes()),
            Err(ParseElementError)
        );
        assert_eq!(Element::from_bytes([0xff; 32]), Err(ParseElementError));
        assert_eq!(ORDER.parse::<Element>(), Err(ParseElementError));
        let mut last = *order.as_bytes();
        last[0] = 0;
        let last = Element::from_bytes(last).unwrap();
        assert_eq!(last, Element(-Fp::ONE));
        assert_eq!(last.to_string().parse(), Ok(last));
        assert!(last.to_string().to_uppercase().parse::<Element>().is_err());
        let json = serde_json::to_string(&last).unwrap();
        assert_eq!(serde_json::from_str::<Element>(&json).unwrap(), last);
        assert!(serde_json::from_str::<Element>(&format!("\"{ORDER}\"")).is_err());
    }

    #[test]
    fn what_is_equal_has_one_hash_and_others_have_others() {
        let hash = |n: u64| {
            let mut hasher = DefaultHasher::new();
            hash::Hash::hash(&Element(Fp::from(n)), &mut hasher);
            hasher.finish()
        };
        assert_eq!(hash(7), hash(7));
        assert_ne!(hash(7), hash(8));
        let one = Element(Fp::ONE);
        assert_eq!(format!("{one:?}"), format!("01{}", "00".repeat(31)));
        assert_eq!(format!("{one:?}"), one.to_string());
    }

    #[test]
    fn the_order_is_that_of_the_bytes() {
        // 256 is 00 01 00..., 1 is 01 00 00...
        assert!(Element(Fp::from(256)) < Element(Fp::from(1)));
        assert!(Element::ZERO < Element(Fp::from(256)));
    }
}
