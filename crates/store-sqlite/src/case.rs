//! Approvals, filings, entries of their own, files, messages.

use std::collections::BTreeSet;

use demur_encoding::Digest;
use demur_store::{
    Accepted, CaseStore, ConflictKind, FileKind, FilingCounts, Held, MAX_FILE_BYTES,
    MAX_MESSAGE_BYTES, MAX_MESSAGES, MAX_WAITING, MemoPhase, MessageRow, MessageSide, NewApproval,
    NewDirect, NewFile, NewFiling, StoreError, WaitingRow,
};
use sqlx::{Row, SqliteConnection};

use crate::{
    SqliteStore,
    direct::direct,
    fail::{Fail, capped, corrupt, named},
    lookup::{last_version, phase},
    row::{digest, file_kind, file_kind_from, file_row, int, narrow, number},
};

impl CaseStore for SqliteStore {
    async fn add_approval(&self, new: NewApproval) -> Result<WaitingRow, StoreError> {
        named("add_approval", async {
            if let Some(file) = &new.file {
                capped("file", &file.bytes, MAX_FILE_BYTES)?;
            }
            capped("approval", &new.approval, MAX_MESSAGE_BYTES)?;
            capped("approval body", &new.body, MAX_MESSAGE_BYTES)?;
            let mut tx = self.begin().await?;
            phase(&mut tx, new.memo).await?;
            if let Some(other) = new.instead_of {
                clear(&mut tx, new.memo, other).await?;
            }
            let others: i64 = sqlx::query_scalar("SELECT count(*) FROM waiting_act WHERE memo = ? AND body_hash <> ?")
                .bind(new.memo.as_ref())
                .bind(new.body_hash.as_ref())
                .fetch_one(&mut *tx)
                .await?;
            if others >= int(MAX_WAITING) {
                return Err(StoreError::Busy { what: "approvals that wait for this memo" }.into());
            }
            sqlx::query(
                "INSERT INTO waiting_act (memo, body_hash, body, file_kind, file_digest, file) VALUES (?, ?, ?, ?, ?, ?)
                 ON CONFLICT (memo, body_hash) DO UPDATE SET file_kind = excluded.file_kind,
                 file_digest = excluded.file_digest, file = excluded.file WHERE file IS NULL",
            )
            .bind(new.memo.as_ref())
            .bind(new.body_hash.as_ref())
            .bind(&new.body)
            .bind(new.file.as_ref().map(|file| file_kind(file.kind)))
            .bind(new.file.as_ref().map(|file| file.digest.as_ref()))
            .bind(new.file.as_ref().map(|file| &file.bytes[..]))
            .execute(&mut *tx)
            .await?;
            sqlx::query("INSERT INTO approval (memo, body_hash, author, approval) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
                .bind(new.memo.as_ref())
                .bind(new.body_hash.as_ref())
                .bind(new.author.as_ref())
                .bind(&new.approval)
                .execute(&mut *tx)
                .await?;
            let row = waiting(&mut tx, new.memo, Some(new.body_hash)).await?.pop();
            tx.commit().await?;
            row.ok_or_else(|| corrupt("an approval that was just written is gone"))
        })
        .await
    }

    async fn waiting(&self, memo: Digest) -> Result<Vec<WaitingRow>, StoreError> {
        named("waiting", async {
            waiting(&mut *self.read().await?, memo, None).await
        })
        .await
    }

    async fn file<F>(&self, new: NewFiling, entry: F) -> Result<Accepted, StoreError>
    where
        F: Fn(FilingCounts) -> (Vec<u8>, Digest) + Send + Sync,
    {
        named("file", async {
            capped("sealed memo", &new.sealed.bytes, MAX_FILE_BYTES)?;
            let mut tx = self.begin().await?;
            let there = sqlx::query("SELECT body_hash, leaf FROM filing WHERE memo = ?")
                .bind(new.memo.as_ref())
                .fetch_optional(&mut *tx)
                .await?;
            if let Some(row) = there {
                if digest(&row, "body_hash")? != new.body_hash {
                    return Err(ConflictKind::Filed.into());
                }
                return Ok(Accepted {
                    held: Held::Entry(digest(&row, "leaf")?),
                    fresh: false,
                });
            }
            phase(&mut tx, new.memo).await?;
            let versions = last_version(&mut tx, new.memo).await?;
            if new.version != versions {
                return Err(ConflictKind::VersionGap { next: versions + 1 }.into());
            }
            let sign_ons: i64 = sqlx::query_scalar(
                "SELECT (SELECT count(*) FROM event WHERE memo = ?1 AND kind = 2)
                      + (SELECT count(*) FROM waiting_event WHERE memo = ?1 AND kind = 2)",
            )
            .bind(new.memo.as_ref())
            .fetch_one(&mut *tx)
            .await?;
            let (bytes, leaf) = entry(FilingCounts {
                versions,
                sign_ons: narrow(sign_ons, "sign-ons")?,
            });
            sqlx::query("INSERT INTO filing (memo, body_hash, leaf, entry) VALUES (?, ?, ?, ?)")
                .bind(new.memo.as_ref())
                .bind(new.body_hash.as_ref())
                .bind(leaf.as_ref())
                .bind(&bytes)
                .execute(&mut *tx)
                .await?;
            put_file(&mut tx, new.memo, &new.sealed).await?;
            // Whatever waits is about the draft: another filing, or its withdrawal. It comes to nothing.
            sqlx::query("DELETE FROM waiting_act WHERE memo = ?")
                .bind(new.memo.as_ref())
                .execute(&mut *tx)
                .await?;
            tx.commit().await?;
            Ok(Accepted {
                held: Held::Entry(leaf),
                fresh: true,
            })
        })
        .await
    }

    async fn accept_direct(&self, new: NewDirect) -> Result<Accepted, StoreError> {
        named("accept_direct", async {
            let mut tx = self.begin().await?;
            let accepted = direct(&mut tx, &new).await?;
            tx.commit().await?;
            Ok(accepted)
        })
        .await
    }

    async fn case_file(&self, memo: Digest, digest: Digest) -> Result<Option<NewFile>, StoreError> {
        named("case_file", async {
            let row = sqlx::query(
                "SELECT kind AS file_kind, digest AS file_digest, bytes AS file FROM file WHERE memo = ?1 AND digest = ?2
                 UNION ALL SELECT file_kind, file_digest, file FROM waiting_event WHERE memo = ?1 AND file_digest = ?2",
            )
            .bind(memo.as_ref())
            .bind(digest.as_ref())
            .fetch_optional(self.pool())
            .await?;
            Ok(row.as_ref().map(file_row).transpose()?.flatten())
        })
        .await
    }

    async fn case_files(&self, memo: Digest, kind: FileKind) -> Result<Vec<NewFile>, StoreError> {
        named("case_files", async {
            let rows =
                sqlx::query("SELECT kind, digest, bytes FROM file WHERE memo = ? AND kind = ?")
                    .bind(memo.as_ref())
                    .bind(file_kind(kind))
                    .fetch_all(self.pool())
                    .await?;
            rows.iter()
                .map(|row| {
                    let kind = file_kind_from(row.try_get("kind")?)?;
                    Ok(NewFile {
                        kind,
                        digest: digest(row, "digest")?,
                        bytes: row.try_get("bytes")?,
                    })
                })
                .collect()
        })
        .await
    }

    async fn bundle(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        named("bundle", async {
            Ok(sqlx::query_scalar(
                "SELECT bytes FROM bundle WHERE digest = ? AND leaf IN (SELECT leaf FROM entry)",
            )
            .bind(digest.as_ref())
            .fetch_optional(self.pool())
            .await?)
        })
        .await
    }

    async fn manifest(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        named("manifest", async {
            Ok(
                sqlx::query_scalar("SELECT bytes FROM manifest WHERE digest = ?")
                    .bind(digest.as_ref())
                    .fetch_optional(self.pool())
                    .await?,
            )
        })
        .await
    }

    async fn manifests(&self) -> Result<BTreeSet<Digest>, StoreError> {
        named("manifests", async {
            let rows = sqlx::query("SELECT digest FROM manifest")
                .fetch_all(self.pool())
                .await?;
            rows.iter().map(|row| digest(row, "digest")).collect()
        })
        .await
    }

    async fn add_message(
        &self,
        memo: Digest,
        from: MessageSide,
        day: String,
        sealed: Vec<u8>,
    ) -> Result<MessageRow, StoreError> {
        named("add_message", async {
            capped("message", &sealed, MAX_MESSAGE_BYTES)?;
            let mut tx = self.begin().await?;
            if phase(&mut tx, memo).await? == MemoPhase::Draft {
                return Err(ConflictKind::NotFiled.into());
            }
            // A retry after a lost answer must not put the message in twice.
            let again = sqlx::query(
                "SELECT number, day FROM message WHERE memo = ? AND side = ? AND sealed = ?",
            )
            .bind(memo.as_ref())
            .bind(side(from))
            .bind(&sealed)
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(row) = again {
                return Ok(MessageRow {
                    number: number(&row, "number")?,
                    from,
                    day: row.try_get("day")?,
                    sealed,
                });
            }
            let last: i64 =
                sqlx::query_scalar("SELECT coalesce(max(number), 0) FROM message WHERE memo = ?")
                    .bind(memo.as_ref())
                    .fetch_one(&mut *tx)
                    .await?;
            if last >= MAX_MESSAGES.into() {
                return Err(ConflictKind::TooManyMessages { most: MAX_MESSAGES }.into());
            }
            sqlx::query(
                "INSERT INTO message (memo, number, side, day, sealed) VALUES (?, ?, ?, ?, ?)",
            )
            .bind(memo.as_ref())
            .bind(last + 1)
            .bind(side(from))
            .bind(&day)
            .bind(&sealed)
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(MessageRow {
                number: narrow(last + 1, "number")?,
                from,
                day,
                sealed,
            })
        })
        .await
    }

    async fn messages(&self, memo: Digest) -> Result<Vec<MessageRow>, StoreError> {
        named("messages", async {
            let rows = sqlx::query(
                "SELECT number, side, day, sealed FROM message WHERE memo = ? ORDER BY number",
            )
            .bind(memo.as_ref())
            .fetch_all(self.pool())
            .await?;
            rows.iter()
                .map(|row| {
                    let from = match row.try_get::<i64, _>("side")? {
                        0 => MessageSide::Authors,
                        1 => MessageSide::Office,
                        other => return Err(corrupt(format!("message side {other}"))),
                    };
                    let (day, sealed) = (row.try_get("day")?, row.try_get("sealed")?);
                    Ok(MessageRow {
                        number: number(row, "number")?,
                        from,
                        day,
                        sealed,
                    })
                })
                .collect()
        })
        .await
    }

    async fn author_messages(&self, memo: Digest) -> Result<u32, StoreError> {
        named("author_messages", async {
            let count: i64 =
                sqlx::query_scalar("SELECT count(*) FROM message WHERE memo = ? AND side = 0")
                    .bind(memo.as_ref())
                    .fetch_one(self.pool())
                    .await?;
            narrow(count, "messages")
        })
        .await
    }
}

const fn side(side: MessageSide) -> i64 {
    match side {
        MessageSide::Authors => 0,
        MessageSide::Office => 1,
    }
}

/// What waits for the memo's authors, sorted by hash; only `body_hash` where one is given.
async fn waiting(
    db: &mut SqliteConnection,
    memo: Digest,
    body_hash: Option<Digest>,
) -> Result<Vec<WaitingRow>, Fail> {
    let rows = sqlx::query(
        "SELECT body_hash, body, file_kind, file_digest, file FROM waiting_act
         WHERE memo = ?1 AND (?2 IS NULL OR body_hash = ?2) ORDER BY body_hash",
    )
    .bind(memo.as_ref())
    .bind(body_hash.as_ref().map(|hash| hash.as_ref()))
    .fetch_all(&mut *db)
    .await?;
    let mut acts = Vec::with_capacity(rows.len());
    for row in &rows {
        let body_hash = digest(row, "body_hash")?;
        let approvals = sqlx::query_scalar(
            "SELECT approval FROM approval WHERE memo = ? AND body_hash = ? ORDER BY author",
        )
        .bind(memo.as_ref())
        .bind(body_hash.as_ref())
        .fetch_all(&mut *db)
        .await?;
        acts.push(WaitingRow {
            body_hash,
            body: row.try_get("body")?,
            approvals,
            file: file_row(row)?,
        });
    }
    Ok(acts)
}

pub(crate) async fn clear(
    db: &mut SqliteConnection,
    memo: Digest,
    body_hash: Digest,
) -> Result<(), Fail> {
    sqlx::query("DELETE FROM waiting_act WHERE memo = ? AND body_hash = ?")
        .bind(memo.as_ref())
        .bind(body_hash.as_ref())
        .execute(db)
        .await?;
    Ok(())
}

pub(crate) async fn put_file(
    db: &mut SqliteConnection,
    memo: Digest,
    file: &NewFile,
) -> Result<(), Fail> {
    sqlx::query(
        "INSERT INTO file (memo, digest, kind, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(memo.as_ref())
    .bind(file.digest.as_ref())
    .bind(file_kind(file.kind))
    .bind(&file.bytes)
    .execute(db)
    .await?;
    Ok(())
}
