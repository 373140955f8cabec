//! Entries of their own that wait in the order of acceptance.

use demur_store::{
    Accepted, ConflictKind, FileKind, Held, MAX_FILE_BYTES, MAX_MANIFEST_BYTES, MAX_MANIFESTS,
    MemoPhase, NewDirect, NewFile,
};
use sqlx::SqliteConnection;

use crate::{
    case::{clear, put_file},
    fail::{Fail, capped},
    lookup::phase,
};

/// Takes an entry of its own, with its claim and its file.
pub(crate) async fn direct(db: &mut SqliteConnection, new: &NewDirect) -> Result<Accepted, Fail> {
    let held = Held::Entry(new.leaf);
    let known: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM direct WHERE leaf = ?1) OR EXISTS (SELECT 1 FROM entry WHERE leaf = ?1)",
    )
    .bind(new.leaf.as_ref())
    .fetch_one(&mut *db)
    .await?;
    // Also of an entry that is there: the server that wrote it may have kept none yet.
    if let Some(file) = new.file.as_ref().filter(|f| f.kind == FileKind::Manifest) {
        keep_manifest(db, file).await?;
    }
    if known {
        return Ok(Accepted { held, fresh: false });
    }
    if let Some(memo) = new.memo
        && phase(db, memo).await? == MemoPhase::Draft
    {
        return Err(ConflictKind::NotFiled.into());
    }
    if let Some(claim) = &new.claim {
        let first =
            sqlx::query("INSERT INTO claim (name, leaf) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .bind(claim)
                .bind(new.leaf.as_ref())
                .execute(&mut *db)
                .await?;
        if first.rows_affected() == 0 {
            return Err(ConflictKind::Claimed {
                claim: claim.clone(),
            }
            .into());
        }
    }
    sqlx::query("INSERT INTO direct (leaf, memo, entry) VALUES (?, ?, ?)")
        .bind(new.leaf.as_ref())
        .bind(new.memo.as_ref().map(|memo| memo.as_ref()))
        .bind(&new.entry)
        .execute(&mut *db)
        .await?;
    if let (Some(memo), Some(file)) = (new.memo, &new.file) {
        capped("file", &file.bytes, MAX_FILE_BYTES)?;
        if file.kind == FileKind::Bundle {
            sqlx::query("INSERT INTO bundle (digest, memo, leaf, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
                .bind(file.digest.as_ref())
                .bind(memo.as_ref())
                .bind(new.leaf.as_ref())
                .bind(&file.bytes)
                .execute(&mut *db)
                .await?;
        } else {
            put_file(db, memo, file).await?;
        }
    }
    if let (Some(memo), Some(body_hash)) = (new.memo, new.approved) {
        clear(db, memo, body_hash).await?;
    }
    Ok(Accepted { held, fresh: true })
}

/// Keeps a manifest; the oldest ones go where there are too many.
async fn keep_manifest(db: &mut SqliteConnection, file: &NewFile) -> Result<(), Fail> {
    capped("manifest", &file.bytes, MAX_MANIFEST_BYTES)?;
    sqlx::query("INSERT INTO manifest (digest, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .bind(file.digest.as_ref())
        .bind(&file.bytes)
        .execute(&mut *db)
        .await?;
    sqlx::query("DELETE FROM manifest WHERE number <= (SELECT max(number) FROM manifest) - ?")
        .bind(i64::from(MAX_MANIFESTS))
        .execute(&mut *db)
        .await?;
    Ok(())
}
