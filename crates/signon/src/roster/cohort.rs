//! Cohorts.

use std::{fmt, str::FromStr};

use demur_encoding::json_fields;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::Element;

/// A cohort's name: 1 to 64 of `a-z`, `0-9` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CohortName(String);

/// The text is not a cohort's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a cohort's name: 1 to 64 of a-z, 0-9 and -")]
pub struct ParseCohortError(String);

impl CohortName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// The cohort of everyone.
    #[must_use]
    pub fn all() -> Self {
        Self("all".to_owned())
    }

    /// Whether it is the cohort of everyone.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0 == "all"
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CohortName {
    type Err = ParseCohortError;

    fn from_str(text: &str) -> Result<Self, ParseCohortError> {
        let valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=Self::MAX_BYTES).contains(&text.len()) && text.bytes().all(valid) {
            Ok(Self(text.to_owned()))
        } else {
            // At most as much as a name may have is shown of it.
            Err(ParseCohortError(
                text.chars().take(Self::MAX_BYTES).collect(),
            ))
        }
    }
}

impl fmt::Display for CohortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for CohortName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CohortName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// A cohort as the edition's head names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CohortHead {
    /// Its name.
    pub name: CohortName,
    /// How many leaves it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Element,
}

json_fields!(CohortHead only { name, size, root });
