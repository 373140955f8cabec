//! The record.

use demur_encoding::Digest;
use demur_store::{
    Batch, CheckpointRow, ConflictKind, DirectRow, EntryRow, EntrySource, EventRow, FilingRow,
    KeptOut, MAX_READ_BYTES, Pending, PendingSlot, PlaceRow, RecordStore, StoreError,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    SqliteStore,
    fail::{Fail, named, not_found},
    moving::settle,
    refused::{self, since},
    row::{
        SIGN_ON, digest, digest_or_null, either, event_kind_from, event_row, int, narrow, number,
    },
};

impl RecordStore for SqliteStore {
    async fn pending(&self, direct: u32, late: u32) -> Result<Pending, StoreError> {
        named("pending", async {
            let mut tx = self.read().await?;
            // What is left of an erased draft belongs to no memo and follows nothing: it is placed like an access.
            let slots = sqlx::query(
                "SELECT key, memo, kind, who, number, since FROM waiting_event WHERE form = 0
                 UNION ALL SELECT key, key, 3, x'', 0, since FROM bare_slot ORDER BY key",
            )
            .fetch_all(&mut *tx)
            .await?;
            let direct = sqlx::query("SELECT leaf, entry, memo, refused_since FROM direct ORDER BY refused_since IS NOT NULL, number LIMIT ?")
                .bind(direct)
                .fetch_all(&mut *tx)
                .await?;
            // Lower numbers first: never one without the earlier ones of its nullifier.
            let late = sqlx::query(
                "SELECT key, waiting_event.entry, waiting_event.memo, who, waiting_event.number, waiting_event.refused_since
                     FROM waiting_event LEFT JOIN filing ON filing.memo = waiting_event.memo
                 WHERE form = 1 AND filing.given_up IS NOT 1
                 ORDER BY waiting_event.refused_since IS NOT NULL, filing.at_entry IS NULL, waiting_event.number, key LIMIT ?",
            )
            .bind(late)
            .fetch_all(&mut *tx)
            .await?;
            let filings = sqlx::query(
                "SELECT memo, entry, leaf, refused_since FROM filing WHERE at_entry IS NULL AND given_up = 0
                 ORDER BY refused_since IS NOT NULL, number",
            )
                .fetch_all(&mut *tx)
                .await?;
            Ok(Pending {
                slots: slots.iter().map(pending_slot).collect::<Result<_, _>>()?,
                direct: direct.iter().map(direct_row).collect::<Result<_, Fail>>()?,
                late: late
                    .iter()
                    .map(|row| {
                        Ok(DirectRow {
                            leaf: digest(row, "key")?,
                            entry: row.try_get("entry")?,
                            memo: digest_or_null(row, "memo")?,
                            nullifier: digest_or_null(row, "who")?,
                            number: number(row, "number")?,
                            refused: since(row)?,
                        })
                    })
                    .collect::<Result<_, Fail>>()?,
                filings: filings.iter().map(filing_row).collect::<Result<_, Fail>>()?,
            })
        })
        .await
    }

    async fn pending_of(&self, memo: Digest) -> Result<Pending, StoreError> {
        named("pending_of", async {
            let mut tx = self.read().await?;
            let direct =
                sqlx::query("SELECT leaf, entry, memo, refused_since FROM direct WHERE memo = ? ORDER BY number")
                    .bind(memo.as_ref())
                    .fetch_all(&mut *tx)
                    .await?;
            let filings = sqlx::query(
                "SELECT memo, entry, leaf, refused_since FROM filing WHERE memo = ? AND at_entry IS NULL",
            )
            .bind(memo.as_ref())
            .fetch_all(&mut *tx)
            .await?;
            Ok(Pending {
                slots: Vec::new(),
                direct: direct.iter().map(direct_row).collect::<Result<_, Fail>>()?,
                late: Vec::new(),
                filings: filings
                    .iter()
                    .map(filing_row)
                    .collect::<Result<_, Fail>>()?,
            })
        })
        .await
    }

    async fn pending_count(&self) -> Result<u64, StoreError> {
        named("pending_count", async {
            // Versions of form 2 stand in both tables.
            let count: i64 = sqlx::query_scalar(
                "SELECT (SELECT count(*) FROM waiting_event WHERE form <> 2) + (SELECT count(*) FROM bare_slot)
                      - (SELECT count(*) FROM waiting_event WHERE refused_since IS NOT NULL)
                      - (SELECT count(*) FROM waiting_event WHERE form = 1 AND refused_since IS NULL
                             AND memo IN (SELECT memo FROM filing WHERE given_up = 1))
                      + (SELECT count(*) FROM direct WHERE refused_since IS NULL)
                      + (SELECT count(*) FROM filing WHERE at_entry IS NULL AND refused_since IS NULL)",
            )
            .fetch_one(self.pool())
            .await?;
            narrow(count, "pending")
        })
        .await
    }

    async fn filings_waiting(&self) -> Result<u64, StoreError> {
        named("filings_waiting", async {
            let count: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM filing WHERE at_entry IS NULL AND refused_since IS NULL",
            )
            .fetch_one(self.pool())
            .await?;
            narrow(count, "filings")
        })
        .await
    }

    async fn slot_events(&self, memo: Digest) -> Result<Vec<EventRow>, StoreError> {
        named("slot_events", async {
            let rows = sqlx::query(either!(
                "WHERE memo = ?1 AND kind IN (0, 1, 2) AND form = 0"
            ))
            .bind(memo.as_ref())
            .fetch_all(self.pool())
            .await?;
            rows.iter().map(event_row).collect()
        })
        .await
    }

    async fn commit_batch(&self, batch: Batch) -> Result<(), StoreError> {
        named("commit_batch", async {
            let mut tx = self.begin().await?;
            append(&mut tx, &batch).await?;
            tx.commit().await?;
            self.tidy().await?;
            Ok(())
        })
        .await
    }

    async fn kept_out(&self) -> Result<Vec<KeptOut>, StoreError> {
        named("kept_out", async {
            refused::kept_out(&mut *self.read().await?).await
        })
        .await
    }

    async fn refusal(&self, leaf: Digest) -> Result<Option<String>, StoreError> {
        named("refusal", async {
            refused::refusal(&mut *self.read().await?, leaf).await
        })
        .await
    }

    async fn retry_filings(&self) -> Result<u64, StoreError> {
        named("retry_filings", async {
            let mut tx = self.begin().await?;
            let retried = refused::retry_filings(&mut tx).await?;
            tx.commit().await?;
            Ok(retried)
        })
        .await
    }

    async fn scrub(&self) -> Result<bool, StoreError> {
        named("scrub", self.tidy()).await
    }

    async fn size(&self) -> Result<u64, StoreError> {
        named("size", async { size(&mut *self.read().await?).await }).await
    }

    async fn entries(&self, from: u64, limit: u32) -> Result<Vec<EntryRow>, StoreError> {
        named("entries", async {
            // SQLite knows a blob's length without reading it. Entries never change: no transaction is needed.
            let lengths: Vec<i64> = sqlx::query_scalar(
                "SELECT length(bytes) FROM entry WHERE number >= ? ORDER BY number LIMIT ?",
            )
            .bind(int(from))
            .bind(limit)
            .fetch_all(self.pool())
            .await?;
            // Each row is taken over as it comes: the driver's copy is gone before the next ones are there.
            sqlx::query(
                "SELECT number, leaf, bytes FROM entry WHERE number >= ? ORDER BY number LIMIT ?",
            )
            .bind(int(from))
            .bind(at_once(&lengths))
            .map(|row| entry_row(&row))
            .fetch_all(self.pool())
            .await?
            .into_iter()
            .collect()
        })
        .await
    }

    async fn entry_of_leaf(&self, leaf: Digest) -> Result<Option<EntryRow>, StoreError> {
        named("entry_of_leaf", async {
            let row = sqlx::query(
                "SELECT number, leaf, bytes FROM entry WHERE leaf = ? ORDER BY number LIMIT 1",
            )
            .bind(leaf.as_ref())
            .fetch_optional(self.pool())
            .await?;
            row.as_ref().map(entry_row).transpose()
        })
        .await
    }

    async fn publish(&self, size: u64, note: Vec<u8>) -> Result<(), StoreError> {
        named("publish", async {
            let mut tx = self.begin().await?;
            let there: Option<Option<Vec<u8>>> =
                sqlx::query_scalar("SELECT note FROM checkpoint WHERE size = ?")
                    .bind(int(size))
                    .fetch_optional(&mut *tx)
                    .await?;
            match there {
                None => return Err(not_found("checkpoint")),
                Some(Some(before)) if before == note => return Ok(()),
                Some(Some(_)) => return Err(ConflictKind::Published { size }.into()),
                Some(None) => {}
            }
            let later: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM checkpoint WHERE size > ? AND note IS NOT NULL)",
            )
            .bind(int(size))
            .fetch_one(&mut *tx)
            .await?;
            if later {
                return Err(ConflictKind::Published { size }.into());
            }
            sqlx::query("UPDATE checkpoint SET note = ? WHERE size = ?")
                .bind(&note)
                .bind(int(size))
                .execute(&mut *tx)
                .await?;
            tx.commit().await
        })
        .await
    }

    async fn newest_checkpoint(&self) -> Result<Option<CheckpointRow>, StoreError> {
        named("newest_checkpoint", async {
            let row =
                sqlx::query("SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1")
                    .fetch_optional(self.pool())
                    .await?;
            row.as_ref().map(checkpoint_row).transpose()
        })
        .await
    }

    async fn published_checkpoint(&self) -> Result<Option<CheckpointRow>, StoreError> {
        named("published_checkpoint", async {
            let row = sqlx::query(
                "SELECT size, root, note FROM checkpoint WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1",
            )
            .fetch_optional(self.pool())
            .await?;
            row.as_ref().map(checkpoint_row).transpose()
        })
        .await
    }

    async fn checkpoints(&self, from: u64, limit: u32) -> Result<Vec<CheckpointRow>, StoreError> {
        named("checkpoints", async {
            let rows = sqlx::query(
                "SELECT size, root, note FROM checkpoint WHERE size >= ? ORDER BY size LIMIT ?",
            )
            .bind(int(from))
            .bind(limit)
            .fetch_all(self.pool())
            .await?;
            rows.iter().map(checkpoint_row).collect()
        })
        .await
    }
}

impl SqliteStore {
    /// Copies the journal into the database and cuts it to nothing, and writes the database anew where
    /// something was erased. False where readers stood in the way.
    async fn tidy(&self) -> Result<bool, Fail> {
        let erased: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'erased')")
                .fetch_one(self.pool())
                .await?;
        if erased && !self.rewrite().await? {
            return Ok(false);
        }
        self.truncate_journal().await
    }

    /// `secure_delete` overwrites what is deleted, but not what the trees leave behind when they move rows
    /// from page to page; nothing of that is in a database that is written anew.
    async fn rewrite(&self) -> Result<bool, Fail> {
        let turn = self.inner.writer.lock().await;
        let done = sqlx::query("VACUUM").execute(self.pool()).await;
        let done = done.map_err(Fail::from);
        match done {
            // Still nobody else's turn: what is erased later sets the flag again.
            Ok(_) => {
                sqlx::query("DELETE FROM meta WHERE name = 'erased'")
                    .execute(self.pool())
                    .await?;
                drop(turn);
                Ok(true)
            }
            Err(fail) if fail.is_busy() => Ok(false),
            Err(fail) => Err(fail),
        }
    }

    /// Copies the journal into the database and cuts it to nothing. False where readers stood in
    /// the way.
    async fn truncate_journal(&self) -> Result<bool, Fail> {
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(self.pool())
            .await;
        match row.map_err(Fail::from) {
            Ok(row) => Ok(row.try_get::<i64, _>(0)? == 0),
            Err(fail) if fail.is_busy() => Ok(false),
            Err(fail) => Err(fail),
        }
    }
}

async fn append(db: &mut SqliteConnection, batch: &Batch) -> Result<(), Fail> {
    let have = size(db).await?;
    if have != batch.first {
        return Err(ConflictKind::Stale {
            have,
            got: batch.first,
        }
        .into());
    }
    let mut places = Vec::new();
    for (index, entry) in (batch.first..).zip(&batch.entries) {
        sqlx::query("INSERT INTO entry (number, leaf, bytes) VALUES (?, ?, ?)")
            .bind(int(index))
            .bind(entry.leaf.as_ref())
            .bind(&entry.bytes)
            .execute(&mut *db)
            .await?;
        let whole = PlaceRow {
            entry: index,
            slot: None,
        };
        match &entry.source {
            EntrySource::Log => {}
            EntrySource::Slots(slots) => {
                places.extend(slots.iter().map(|(key, slot)| {
                    (
                        *key,
                        PlaceRow {
                            entry: index,
                            slot: Some(*slot),
                        },
                    )
                }));
            }
            EntrySource::Late => places.push((entry.leaf, whole)),
            EntrySource::Direct => {
                sqlx::query("DELETE FROM direct WHERE leaf = ?")
                    .bind(entry.leaf.as_ref())
                    .execute(&mut *db)
                    .await?;
                // A version waits among the events too.
                places.push((entry.leaf, whole));
            }
            EntrySource::Filing(memo) => {
                sqlx::query("UPDATE filing SET at_entry = ?, entry = NULL, refused = NULL, refused_since = NULL WHERE memo = ?")
                    .bind(int(index))
                    .bind(memo.as_ref())
                    .execute(&mut *db)
                    .await?;
            }
        }
    }
    settle(db, places).await?;
    refused::settle(db, &batch.refused).await?;
    let empty: bool = sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM waiting_event)")
        .fetch_one(&mut *db)
        .await?;
    if empty {
        // Without a condition this wipes the pages of table and indexes, the last one's unused part too.
        sqlx::query("DELETE FROM waiting_event")
            .execute(&mut *db)
            .await?;
    }
    sqlx::query("INSERT INTO checkpoint (size, root) VALUES (?, ?)")
        .bind(int(batch.first + batch.entries.len() as u64))
        .bind(batch.root.as_ref())
        .execute(db)
        .await?;
    Ok(())
}

async fn size(db: &mut SqliteConnection) -> Result<u64, Fail> {
    let size: i64 = sqlx::query_scalar("SELECT coalesce(max(number) + 1, 0) FROM entry")
        .fetch_one(db)
        .await?;
    narrow(size, "size")
}

fn direct_row(row: &SqliteRow) -> Result<DirectRow, Fail> {
    Ok(DirectRow {
        leaf: digest(row, "leaf")?,
        entry: row.try_get("entry")?,
        memo: digest_or_null(row, "memo")?,
        nullifier: None,
        number: 0,
        refused: since(row)?,
    })
}

fn filing_row(row: &SqliteRow) -> Result<FilingRow, Fail> {
    Ok(FilingRow {
        memo: digest(row, "memo")?,
        entry: row.try_get("entry")?,
        leaf: digest(row, "leaf")?,
        refused: since(row)?,
    })
}

fn pending_slot(row: &SqliteRow) -> Result<PendingSlot, Fail> {
    let kind = row.try_get("kind")?;
    Ok(PendingSlot {
        slot: digest(row, "key")?,
        memo: digest(row, "memo")?,
        kind: event_kind_from(kind)?,
        nullifier: if kind == SIGN_ON {
            Some(digest(row, "who")?)
        } else {
            None
        },
        number: number(row, "number")?,
        since: number(row, "since")?,
    })
}

/// How many of the entries with these lengths are read at a time: see [`MAX_READ_BYTES`].
fn at_once(lengths: &[i64]) -> u32 {
    let mut room = i64::try_from(MAX_READ_BYTES).unwrap_or(i64::MAX);
    let fit = lengths.iter().take_while(|length| {
        room -= **length;
        room >= 0
    });
    u32::try_from(fit.count().max(1)).unwrap_or(u32::MAX)
}

fn entry_row(row: &SqliteRow) -> Result<EntryRow, Fail> {
    Ok(EntryRow {
        index: number(row, "number")?,
        leaf: digest(row, "leaf")?,
        bytes: row.try_get("bytes")?,
    })
}

fn checkpoint_row(row: &SqliteRow) -> Result<CheckpointRow, Fail> {
    Ok(CheckpointRow {
        size: number(row, "size")?,
        root: digest(row, "root")?,
        note: row.try_get("note")?,
    })
}
