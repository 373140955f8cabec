//! From rows to the store's types and back.

use demur_encoding::Digest;
use demur_store::{EventKind, EventRow, FileKind, Held, NewFile, PlaceRow};
use sqlx::{Row, sqlite::SqliteRow};

use crate::fail::{Fail, corrupt};

/// In a slot of an opaque entry.
pub(crate) const IN_SLOT: i64 = 0;
/// An entry of its own whose place in the batch is drawn at random.
pub(crate) const LATE: i64 = 1;
/// An entry of its own, in the order of acceptance.
pub(crate) const DIRECT: i64 = 2;

pub(crate) const OPENING: i64 = 0;
pub(crate) const VERSION: i64 = 1;
pub(crate) const SIGN_ON: i64 = 2;
pub(crate) const ACCESS: i64 = 3;

/// Events that have a place; `$tail` goes on from the table.
macro_rules! placed {
    ($tail:literal) => {
        concat!(
            "SELECT key, form, kind, memo, salt, event, at_entry, at_slot FROM event ",
            $tail
        )
    };
}

/// Events that wait, in the same columns.
macro_rules! waiting {
    ($tail:literal) => {
        concat!(
            "SELECT key, form, kind, memo, salt, event, NULL AS at_entry, NULL AS at_slot FROM waiting_event ",
            $tail
        )
    };
}

/// Both.
macro_rules! either {
    ($tail:literal) => {
        concat!(
            crate::row::placed!($tail),
            " UNION ALL ",
            crate::row::waiting!($tail)
        )
    };
}

pub(crate) use {either, placed, waiting};

pub(crate) fn digest(row: &SqliteRow, column: &str) -> Result<Digest, Fail> {
    let bytes: &[u8] = row.try_get(column)?;
    let bytes: [u8; 32] = bytes
        .try_into()
        .map_err(|_| corrupt(format!("{column} has {} bytes in place of 32", bytes.len())))?;
    Ok(Digest::new(bytes))
}

pub(crate) fn digest_or_null(row: &SqliteRow, column: &str) -> Result<Option<Digest>, Fail> {
    let there: Option<&[u8]> = row.try_get(column)?;
    there.map(|_| digest(row, column)).transpose()
}

/// A number that is never negative.
pub(crate) fn number<T: TryFrom<i64>>(row: &SqliteRow, column: &str) -> Result<T, Fail> {
    let number: i64 = row.try_get(column)?;
    narrow(number, column)
}

pub(crate) fn narrow<T: TryFrom<i64>>(number: i64, column: &str) -> Result<T, Fail> {
    T::try_from(number).map_err(|_| corrupt(format!("{column} is {number}")))
}

/// SQLite's integers have 63 bits beside the sign. Nothing that is counted here comes near.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) const fn event_kind(kind: EventKind) -> i64 {
    match kind {
        EventKind::Opening => OPENING,
        EventKind::Version => VERSION,
        EventKind::SignOn => SIGN_ON,
        EventKind::Access => ACCESS,
    }
}

pub(crate) fn event_kind_from(kind: i64) -> Result<EventKind, Fail> {
    [
        EventKind::Opening,
        EventKind::Version,
        EventKind::SignOn,
        EventKind::Access,
    ]
    .into_iter()
    .find(|k| event_kind(*k) == kind)
    .ok_or_else(|| corrupt(format!("event kind {kind}")))
}

pub(crate) const fn file_kind(kind: FileKind) -> i64 {
    match kind {
        FileKind::Version => 0,
        FileKind::Note => 1,
        FileKind::Filing => 2,
        FileKind::Returned => 3,
        FileKind::Distributed => 4,
        FileKind::Responded => 5,
        FileKind::Rejoined => 6,
        FileKind::Bundle => 7,
        FileKind::Manifest => 8,
    }
}

pub(crate) fn file_kind_from(kind: i64) -> Result<FileKind, Fail> {
    [
        FileKind::Version,
        FileKind::Note,
        FileKind::Filing,
        FileKind::Returned,
        FileKind::Distributed,
        FileKind::Responded,
        FileKind::Rejoined,
        FileKind::Bundle,
        FileKind::Manifest,
    ]
    .into_iter()
    .find(|k| file_kind(*k) == kind)
    .ok_or_else(|| corrupt(format!("file kind {kind}")))
}

/// A row of [`placed!`], [`waiting!`] or [`either!`].
pub(crate) fn event_row(row: &SqliteRow) -> Result<EventRow, Fail> {
    let key = digest(row, "key")?;
    let at = match row.try_get::<Option<i64>, _>("at_entry")? {
        None => None,
        Some(entry) => Some(PlaceRow {
            entry: narrow(entry, "at_entry")?,
            slot: row
                .try_get::<Option<i64>, _>("at_slot")?
                .map(|slot| narrow(slot, "at_slot"))
                .transpose()?,
        }),
    };
    Ok(EventRow {
        held: if row.try_get::<i64, _>("form")? == IN_SLOT {
            Held::Slot(key)
        } else {
            Held::Entry(key)
        },
        salt: digest(row, "salt")?,
        kind: event_kind_from(row.try_get("kind")?)?,
        memo: digest(row, "memo")?,
        event: row.try_get("event")?,
        at,
    })
}

/// The columns `file_kind`, `file_digest` and `file`; none where they are null.
pub(crate) fn file_row(row: &SqliteRow) -> Result<Option<NewFile>, Fail> {
    let Some(digest) = digest_or_null(row, "file_digest")? else {
        return Ok(None);
    };
    Ok(Some(NewFile {
        kind: file_kind_from(row.try_get("file_kind")?)?,
        digest,
        bytes: row.try_get("file")?,
    }))
}
