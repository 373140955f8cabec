//! Short names that stand in the record.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest slug, in bytes.
pub const SLUG_BYTES_MAX: usize = 64;

/// A short name: lower-case ASCII letters and digits in groups, with one hyphen between two groups;
/// the first character is a letter; at most [`SLUG_BYTES_MAX`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a short name such as \"deputy-secretary\": lower-case letters, digits, single hyphens, a letter first, at most 64"
)]
pub struct ParseSlugError;

impl TryFrom<String> for Slug {
    type Error = ParseSlugError;

    fn try_from(text: String) -> Result<Self, ParseSlugError> {
        let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let good = text.len() <= SLUG_BYTES_MAX
            && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
            && text
                .split('-')
                .all(|group| !group.is_empty() && group.bytes().all(known));
        good.then_some(Self(text)).ok_or(ParseSlugError)
    }
}

impl FromStr for Slug {
    type Err = ParseSlugError;

    fn from_str(text: &str) -> Result<Self, ParseSlugError> {
        text.to_owned().try_into()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl AsRef<str> for Slug {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_slugs() {
        for good in ["a", "minister", "permanent-secretary", "d2-mr"] {
            let slug: Slug = good.parse().unwrap();
            assert_eq!(slug.as_str(), good);
            assert_eq!(slug.as_ref(), good);
            assert_eq!(slug.to_string(), good);
            assert_eq!(String::from(slug), good);
        }
        let long = "a".repeat(65);
        for bad in ["", "-a", "a-", "a--b", "A", "1a", "a b", "ä", "a/b", &long] {
            assert_eq!(bad.parse::<Slug>(), Err(ParseSlugError), "{bad}");
        }
    }
}
