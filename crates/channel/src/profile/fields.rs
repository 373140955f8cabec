//! Single fields: their ranges, and errors that name them.

use demur_encoding::table::{Field, TableError};
use jiff::civil::Date;

use super::Slug;

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
pub(super) fn civil_date(field: &Field<'_>) -> Result<Date, TableError> {
    let civil = field.date().and_then(|date| {
        let (month, day) = (date.month.try_into().ok()?, date.day.try_into().ok()?);
        Date::new(date.year.try_into().ok()?, month, day).ok()
    });
    civil.ok_or_else(|| {
        let problem = "expected a date of the calendar, without quotes or time, such as 2025-01-09";
        TableError::new(&field.span(), problem)
    })
}

pub(super) fn within(field: &Field<'_>, least: u64, most: u64) -> Result<u64, TableError> {
    match field.integer() {
        Some(value) if (least..=most).contains(&value) => Ok(value),
        Some(value) => Err(TableError::new(
            &field.span(),
            format!("{value} is out of range; give {least} to {most}"),
        )),
        None => Err(TableError::new(
            &field.span(),
            format!("expected a whole number; give {least} to {most}"),
        )),
    }
}

pub(super) fn within_u32(field: &Field<'_>, least: u32, most: u32) -> Result<u32, TableError> {
    // At most `most`, which fits.
    within(field, least.into(), most.into()).map(|value| u32::try_from(value).unwrap_or(most))
}

pub(super) fn text(field: Field<'_>) -> Result<String, TableError> {
    let text = field.string()?;
    check_text(text.get_ref()).map_err(|why| TableError::new(&text.span(), why))?;
    Ok(text.into_inner())
}

pub(super) fn slug(field: Field<'_>) -> Result<Slug, TableError> {
    let text = field.string()?;
    let span = text.span();
    let slug = Slug::try_from(text.into_inner());
    slug.map_err(|why| TableError::new(&span, why.to_string()))
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

/// A number of days.
pub(super) fn day_count(field: &Field<'_>) -> Result<u32, TableError> {
    within_u32(field, 1, crate::calendar::MAX_DAYS)
}

/// A span in seconds that may be none.
pub(super) fn seconds(field: &Field<'_>) -> Result<u64, TableError> {
    within(field, 0, MAX_SECONDS)
}

/// A span in seconds.
pub(super) fn positive_seconds(field: &Field<'_>) -> Result<u64, TableError> {
    within(field, 1, MAX_SECONDS)
}
