//! What the record's rules keep out: marked, tried again after the others, given up in the end.

use demur_encoding::{Digest, Time};
use demur_store::{KeptOut, RefusedRow, WaitingList};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    fail::Fail,
    row::{DIRECT, LATE, digest, digest_or_null, int, number},
};

/// Lists as numbers; those of `given_up` among them.
const fn list(list: WaitingList) -> i64 {
    match list {
        WaitingList::Direct => 0,
        WaitingList::Filing => 1,
        WaitingList::Late => 2,
    }
}

const fn list_from(number: i64) -> WaitingList {
    match number {
        0 => WaitingList::Direct,
        1 => WaitingList::Filing,
        _ => WaitingList::Late,
    }
}

/// Marks what a batch could not take, or lets it go.
pub(crate) async fn settle(db: &mut SqliteConnection, refused: &[RefusedRow]) -> Result<(), Fail> {
    for row in refused {
        mark(db, row).await?;
        if row.give_up {
            give_up(db, row).await?;
        }
    }
    Ok(())
}

async fn mark(db: &mut SqliteConnection, row: &RefusedRow) -> Result<(), Fail> {
    let statement = match row.list {
        WaitingList::Direct => {
            "UPDATE direct SET refused = ?2, refused_since = coalesce(refused_since, ?3) WHERE leaf = ?1"
        }
        WaitingList::Filing => {
            "UPDATE filing SET refused = ?2, refused_since = coalesce(refused_since, ?3), given_up = ?4 WHERE leaf = ?1"
        }
        WaitingList::Late => {
            "UPDATE waiting_event SET refused = ?2, refused_since = coalesce(refused_since, ?3) WHERE key = ?1"
        }
    };
    let query = sqlx::query(statement)
        .bind(row.leaf.as_ref())
        .bind(&row.reason)
        .bind(int(row.time.unix()));
    let query = if row.list == WaitingList::Filing {
        query.bind(row.give_up)
    } else {
        query
    };
    query.execute(db).await?;
    Ok(())
}

async fn give_up(db: &mut SqliteConnection, row: &RefusedRow) -> Result<(), Fail> {
    match row.list {
        WaitingList::Filing => Ok(()),
        WaitingList::Late => chain(db, row, LATE).await,
        WaitingList::Direct => {
            // A version is one of a chain, too.
            chain(db, row, DIRECT).await?;
            if let Some(file) = row.file {
                sqlx::query(
                    "DELETE FROM file WHERE digest = ?2 AND memo = (SELECT memo FROM direct WHERE leaf = ?1)",
                )
                .bind(row.leaf.as_ref())
                .bind(file.as_ref())
                .execute(&mut *db)
                .await?;
            }
            keep(db, row.leaf, WaitingList::Direct, &row.reason, row.time).await?;
            for statement in [
                "DELETE FROM direct WHERE leaf = ?",
                "DELETE FROM claim WHERE leaf = ?",
                "DELETE FROM bundle WHERE leaf = ?",
                "DELETE FROM edition WHERE leaf = ?",
            ] {
                sqlx::query(statement)
                    .bind(row.leaf.as_ref())
                    .execute(&mut *db)
                    .await?;
            }
            Ok(())
        }
    }
}

/// Lets an event go, and those of the same chain that come after it: without it they can't stand.
async fn chain(db: &mut SqliteConnection, row: &RefusedRow, form: i64) -> Result<(), Fail> {
    let keys = sqlx::query(
        "SELECT later.key FROM waiting_event AS this JOIN waiting_event AS later
             ON later.memo = this.memo AND later.kind = this.kind AND later.who = this.who AND later.number >= this.number
         WHERE this.key = ?1 AND this.form = ?2 AND later.form = ?2 ORDER BY later.key",
    )
    .bind(row.leaf.as_ref())
    .bind(form)
    .fetch_all(&mut *db)
    .await?;
    for key in keys {
        let key = digest(&key, "key")?;
        let list = if form == LATE {
            WaitingList::Late
        } else {
            WaitingList::Direct
        };
        keep(db, key, list, &row.reason, row.time).await?;
        for statement in [
            "DELETE FROM waiting_event WHERE key = ?",
            "DELETE FROM direct WHERE leaf = ?",
        ] {
            sqlx::query(statement)
                .bind(key.as_ref())
                .execute(&mut *db)
                .await?;
        }
    }
    Ok(())
}

async fn keep(
    db: &mut SqliteConnection,
    leaf: Digest,
    of: WaitingList,
    reason: &str,
    time: Time,
) -> Result<(), Fail> {
    // The same may have been sent, and given up, before.
    sqlx::query(
        "INSERT INTO given_up (leaf, list, memo, entry, reason, since)
         SELECT leaf, ?2, memo, entry, ?3, ?4 FROM direct WHERE leaf = ?1
         UNION ALL SELECT key, ?2, memo, entry, ?3, ?4 FROM waiting_event WHERE key = ?1 AND form = ?5
         ON CONFLICT DO UPDATE SET reason = excluded.reason, since = excluded.since",
    )
    .bind(leaf.as_ref())
    .bind(list(of))
    .bind(reason)
    .bind(int(time.unix()))
    .bind(LATE)
    .execute(db)
    .await?;
    Ok(())
}

/// What is still tried, filings that are not tried now, what was given up.
pub(crate) async fn kept_out(db: &mut SqliteConnection) -> Result<Vec<KeptOut>, Fail> {
    let rows = sqlx::query(
        "SELECT 0 AS given_up, 0 AS list, leaf, memo, refused AS reason, refused_since AS since, entry
             FROM direct WHERE refused_since IS NOT NULL
         UNION ALL SELECT given_up, 1, leaf, memo, refused, refused_since, entry
             FROM filing WHERE refused_since IS NOT NULL AND at_entry IS NULL
         UNION ALL SELECT 0, 2, key, memo, refused, refused_since, entry
             FROM waiting_event WHERE refused_since IS NOT NULL
         UNION ALL SELECT 1, list, leaf, memo, reason, since, entry FROM given_up
         ORDER BY 1, 6, 3",
    )
    .fetch_all(db)
    .await?;
    rows.iter().map(kept_out_row).collect()
}

fn kept_out_row(row: &SqliteRow) -> Result<KeptOut, Fail> {
    Ok(KeptOut {
        list: list_from(row.try_get("list")?),
        leaf: digest(row, "leaf")?,
        memo: digest_or_null(row, "memo")?,
        reason: row.try_get("reason")?,
        since: Time::from_unix(number(row, "since")?),
        given_up: row.try_get("given_up")?,
        entry: row.try_get("entry")?,
    })
}

pub(crate) async fn refusal(
    db: &mut SqliteConnection,
    leaf: Digest,
) -> Result<Option<String>, Fail> {
    Ok(sqlx::query_scalar(
        "SELECT refused FROM direct WHERE leaf = ?1 AND refused IS NOT NULL
         UNION ALL SELECT refused FROM waiting_event WHERE key = ?1 AND refused IS NOT NULL
         UNION ALL SELECT refused FROM filing WHERE leaf = ?1 AND refused IS NOT NULL AND at_entry IS NULL",
    )
    .bind(leaf.as_ref())
    .fetch_optional(db)
    .await?)
}

pub(crate) async fn retry_filings(db: &mut SqliteConnection) -> Result<u64, Fail> {
    let done = sqlx::query(
        "UPDATE filing SET given_up = 0, refused = NULL, refused_since = NULL WHERE given_up = 1",
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// When it was refused first.
pub(crate) fn since(row: &SqliteRow) -> Result<Option<Time>, Fail> {
    let there: Option<i64> = row.try_get("refused_since")?;
    there
        .map(|_| number(row, "refused_since").map(Time::from_unix))
        .transpose()
}
