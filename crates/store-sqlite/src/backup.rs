//! A copy of the database for a backup.

use std::path::Path;

use demur_store::StoreError;
use sqlx::{
    ConnectOptions as _, Connection as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{SqliteStore, fail::named};

/// What a copy does not hold, in the order in which it goes.
///
/// Events that wait for their batch: that they are in this copy and not in an earlier one would tell when they came
/// in, more closely than the record does. With them go filings that count them, which can't stand without them, and
/// what authors have proposed on memos whose opening waits. Versions of filed memos wait in the open, in the order of
/// their acceptance, and stay. Sessions of accounts have no business in a copy.
const LEFT_OUT: [&str; 9] = [
    "DELETE FROM file WHERE kind = 2 AND memo IN (SELECT memo FROM filing WHERE at_entry IS NULL
         AND memo IN (SELECT memo FROM waiting_event WHERE form = 0))",
    "DELETE FROM filing WHERE at_entry IS NULL AND memo IN (SELECT memo FROM waiting_event WHERE form = 0)",
    "DELETE FROM waiting_event WHERE form <> 2",
    "DELETE FROM bare_slot",
    "DELETE FROM approval WHERE memo NOT IN (SELECT memo FROM event WHERE kind = 0)",
    "DELETE FROM waiting_act WHERE memo NOT IN (SELECT memo FROM event WHERE kind = 0)",
    "DELETE FROM file WHERE memo NOT IN (SELECT memo FROM event WHERE kind = 0)",
    "DELETE FROM session",
    "DELETE FROM meta WHERE name = 'owner'",
];

impl SqliteStore {
    /// Writes a copy of the database to `path`, where nothing must be, while a server goes on with it.
    ///
    /// The copy is that of one moment, written row by row in the order of the keys: nothing in it tells in which order
    /// its rows came in. It leaves out what waits for the next batch, and is one file, without a journal.
    ///
    /// # Errors
    /// When the file can't be written, or what was written is not sound. A part of it may then be left.
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let target = path.to_str().ok_or_else(|| StoreError::Io {
            what: "the backup's path".to_owned(),
            source: "it is not UTF-8".into(),
        })?;
        named("copy", async {
            sqlx::query("VACUUM INTO ?")
                .bind(target)
                .execute(self.pool())
                .await?;
            let mut db = SqliteConnectOptions::new()
                .filename(path)
                // No file beside it, and nothing of what goes stays in this one.
                .journal_mode(SqliteJournalMode::Memory)
                .synchronous(SqliteSynchronous::Full)
                .pragma("secure_delete", "ON")
                .pragma("temp_store", "MEMORY")
                .pragma("trusted_schema", "OFF")
                .connect()
                .await?;
            let mut tx = db.begin().await?;
            for statement in LEFT_OUT {
                sqlx::query(statement).execute(&mut *tx).await?;
            }
            tx.commit().await?;
            sqlx::query("VACUUM").execute(&mut db).await?;
            let sound: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
                .fetch_one(&mut db)
                .await?;
            db.close().await?;
            if sound == "ok" {
                Ok(())
            } else {
                Err(StoreError::Corrupt { what: sound }.into())
            }
        })
        .await
    }
}
