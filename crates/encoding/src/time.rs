//! Instants in whole seconds.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// An instant in whole seconds since the Unix epoch, written as RFC 3339 in UTC, for example
/// `2026-11-23T21:50:10Z`.
///
/// The range is the years 1970 to 9999: any value can be written and read back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

/// 9999-12-30T22:00:00Z, the last second that `jiff` can show in every timezone.
const LAST_SECOND: u64 = 253_402_207_200;

impl Time {
    /// The instant `seconds` after the Unix epoch; later ones than the year 9999 are held there.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        Self(if seconds > LAST_SECOND {
            LAST_SECOND
        } else {
            seconds
        })
    }

    /// Seconds since the Unix epoch.
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.0
    }

    /// This instant and `seconds` more.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self::from_unix(self.0.saturating_add(seconds))
    }

    /// The seconds from `earlier` to this instant; zero where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<Time> for jiff::Timestamp {
    fn from(time: Time) -> Self {
        // A `Time` is at most the year 9999, which fits both.
        Self::from_second(time.0.cast_signed()).unwrap_or(Self::MAX)
    }
}

/// The text is not an instant in UTC with whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as 2026-11-23T21:50:10Z")]
pub struct ParseTimeError;

impl FromStr for Time {
    type Err = ParseTimeError;

    fn from_str(text: &str) -> Result<Self, ParseTimeError> {
        let stamp: jiff::Timestamp = text.parse().map_err(|_| ParseTimeError)?;
        let time = Self(u64::try_from(stamp.as_second()).map_err(|_| ParseTimeError)?);
        // One instant has one spelling.
        if time.to_string() == text {
            Ok(time)
        } else {
            Err(ParseTimeError)
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&jiff::Timestamp::from(*self), f)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for seconds in [0, 1, 951_782_400, 1_795_470_610, LAST_SECOND, u64::MAX] {
            let time = Time::from_unix(seconds);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
        assert_eq!(Time::from_unix(0).to_string(), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn refuses_other_spellings() {
        for bad in [
            "2026-11-23T21:50:10+00:00",
            "2026-11-23T21:50:10.5Z",
            "2026-11-23t21:50:10Z",
            "1969-12-31T23:59:59Z",
            "2026-11-23",
        ] {
            assert_eq!(bad.parse::<Time>(), Err(ParseTimeError), "{bad}");
        }
    }
}
