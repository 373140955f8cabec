//! Moving events that got a place, so that the order in which they came in can't be read afterwards.
//!
//! SQLite writes a row's bytes where the page has room and takes pages for long rows from a list, so
//! where a row lies tells when it was written, even where the table is sorted by a random key. So
//! rows are copied in one order drawn at random and deleted in another: neither where the copies lie nor the list
//! of free pages says anything about how the originals lay. `secure_delete` overwrites the
//! originals; the journal is truncated by the caller.

use demur_encoding::Digest;
use demur_store::{PlaceRow, StoreError};
use sqlx::SqliteConnection;

use crate::{fail::Fail, row::int};

/// Moves waiting events to their places. Of those of erased drafts nothing is left to move.
pub(crate) async fn settle(
    db: &mut SqliteConnection,
    mut places: Vec<(Digest, PlaceRow)>,
) -> Result<(), Fail> {
    shuffle(&mut places)?;
    for (key, at) in &places {
        sqlx::query(
            "INSERT INTO event (key, form, kind, memo, salt, who, number, event, file_digest, at_entry, at_slot)
             SELECT key, form, kind, memo, salt, who, number, event, file_digest, ?2, ?3 FROM waiting_event WHERE key = ?1",
        )
        .bind(key.as_ref())
        .bind(int(at.entry))
        .bind(at.slot)
        .execute(&mut *db)
        .await?;
    }
    shuffle(&mut places)?;
    for (key, _) in &places {
        sqlx::query(
            "INSERT INTO file (memo, digest, kind, bytes)
             SELECT memo, file_digest, file_kind, file FROM waiting_event WHERE key = ? AND file IS NOT NULL
             ON CONFLICT DO NOTHING",
        )
        .bind(key.as_ref())
        .execute(&mut *db)
        .await?;
    }
    shuffle(&mut places)?;
    for (key, _) in &places {
        for statement in [
            "DELETE FROM waiting_event WHERE key = ?",
            "DELETE FROM bare_slot WHERE key = ?",
        ] {
            sqlx::query(statement)
                .bind(key.as_ref())
                .execute(&mut *db)
                .await?;
        }
    }
    Ok(())
}

/// A uniform order, by the system's random numbers (Fisher-Yates; a draw of 64 bits over at most
/// 2^17 places is biased by less than 2^-46).
fn shuffle<T>(list: &mut [T]) -> Result<(), Fail> {
    let mut random = vec![0; list.len() * 8];
    getrandom::fill(&mut random).map_err(|error| StoreError::Io {
        what: "the system's random numbers".to_owned(),
        source: error.to_string().into(),
    })?;
    for (i, draw) in random.chunks_exact(8).enumerate().skip(1) {
        let draw = draw.iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
        // The remainder is at most i, which is a usize.
        list.swap(i, (draw % (i as u64 + 1)) as usize);
    }
    Ok(())
}
