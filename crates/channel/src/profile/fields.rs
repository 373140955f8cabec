//! Single fields: their ranges, and errors that name them.
//!
//! Each function reads one value, so that `toml` adds the place to the error.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de::Error as _};

/// The longest text field, in bytes.
pub const MAX_TEXT_BYTES: usize = 4_096;
/// The longest span in seconds: ten years.
pub const MAX_SECONDS: u64 = 10 * 366 * 86_400;
/// The most slots in an opaque batch: 900 digests of 64 digits fit into an entry.
pub const OPAQUE_SLOTS_MAX: u32 = 900;
/// The smallest note: room for a name's certificate, inclusion proof and zero-knowledge proof.
pub const NOTE_BYTES_MIN: u32 = 8_192;
/// The largest note.
pub const NOTE_BYTES_MAX: u32 = 65_536;

/// A civil date: TOML's local date.
pub(super) struct CivilDate(pub(super) Date);

impl<'de> Deserialize<'de> for CivilDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = || {
            D::Error::custom(
                "expected a date of the calendar, without quotes or time, such as 2025-01-09",
            )
        };
        match toml::value::Datetime::deserialize(deserializer) {
            Ok(toml::value::Datetime {
                date: Some(date),
                time: None,
                offset: None,
            }) => date.to_string().parse().map(Self).map_err(|_| wanted()),
            _ => Err(wanted()),
        }
    }
}

fn within(
    value: Result<u64, impl std::error::Error>,
    least: u64,
    most: u64,
) -> Result<u64, String> {
    match value {
        Ok(value) if (least..=most).contains(&value) => Ok(value),
        Ok(value) => Err(format!("{value} is out of range; give {least} to {most}")),
        Err(_) => Err(format!("expected a whole number; give {least} to {most}")),
    }
}

pub(crate) fn within_u32<'de, D: Deserializer<'de>>(
    d: D,
    least: u32,
    most: u32,
) -> Result<u32, D::Error> {
    let value = within(u64::deserialize(d), least.into(), most.into()).map_err(D::Error::custom)?;
    u32::try_from(value).map_err(D::Error::custom)
}

pub(super) fn text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let text = String::deserialize(d)?;
    check_text(&text).map_err(D::Error::custom)?;
    Ok(text)
}

pub(super) fn check_text(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty; write what it says to people".to_owned());
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(format!("is over {MAX_TEXT_BYTES} bytes; shorten it"));
    }
    Ok(())
}

pub(super) fn version<'de, D: Deserializer<'de>>(d: D) -> Result<u32, D::Error> {
    within_u32(d, 1, 1_000_000)
}

pub(super) fn cohort_floor<'de, D: Deserializer<'de>>(d: D) -> Result<u32, D::Error> {
    within_u32(d, 2, 100_000)
}

pub(super) fn openings<'de, D: Deserializer<'de>>(d: D) -> Result<u32, D::Error> {
    within_u32(d, 1, 1_000)
}

pub(super) fn note_bytes<'de, D: Deserializer<'de>>(d: D) -> Result<u32, D::Error> {
    within_u32(d, NOTE_BYTES_MIN, NOTE_BYTES_MAX)
}

pub(super) fn opaque_slots<'de, D: Deserializer<'de>>(d: D) -> Result<u32, D::Error> {
    // A version takes two.
    within_u32(d, 2, OPAQUE_SLOTS_MAX)
}

pub(super) fn day_count<'de, D: Deserializer<'de>>(d: D) -> Result<u32, D::Error> {
    within_u32(d, 1, crate::calendar::MAX_DAYS)
}

pub(super) fn seconds<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    within(u64::deserialize(d), 0, MAX_SECONDS).map_err(D::Error::custom)
}

pub(super) fn positive_seconds<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    within(u64::deserialize(d), 1, MAX_SECONDS).map_err(D::Error::custom)
}
