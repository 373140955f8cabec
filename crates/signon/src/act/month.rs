//! Calendar months.

use std::{fmt, str::FromStr};

use demur_encoding::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A calendar month in UTC, written as `2026-11`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(String);

/// The text is not a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a month such as 2026-11")]
pub struct ParseMonthError;

impl Month {
    /// The month that `time` lies in.
    #[must_use]
    pub fn of(time: Time) -> Self {
        // RFC 3339 begins with year and month in ASCII: 2026-11-23T...
        Self(time.to_string().chars().take(7).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Month {
    type Err = ParseMonthError;

    fn from_str(text: &str) -> Result<Self, ParseMonthError> {
        let time: Time = format!("{text}-01T00:00:00Z")
            .parse()
            .map_err(|_| ParseMonthError)?;
        Ok(Self::of(time))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}
