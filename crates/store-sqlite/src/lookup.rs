//! What the transactions ask of both tables of events, waiting and placed.

use demur_encoding::Digest;
use demur_store::{Accepted, EventRow, MemoPhase, NewFile, StoreError};
use sqlx::SqliteConnection;

use crate::{
    fail::{Fail, not_found},
    row::{SIGN_ON, VERSION, either, event_row, file_kind, narrow},
};

/// A row of `waiting_event`.
pub(crate) struct Waiting<'a> {
    pub(crate) key: Digest,
    pub(crate) form: i64,
    pub(crate) kind: i64,
    pub(crate) memo: Digest,
    pub(crate) salt: Digest,
    pub(crate) who: &'a [u8],
    pub(crate) number: i64,
    pub(crate) event: &'a [u8],
    pub(crate) entry: Option<&'a [u8]>,
    pub(crate) file: Option<&'a NewFile>,
}

impl Waiting<'_> {
    pub(crate) async fn insert(&self, db: &mut SqliteConnection) -> Result<(), Fail> {
        sqlx::query(
            "INSERT INTO waiting_event (key, form, kind, memo, salt, who, number, since, event, entry, file_kind, file_digest, file)
             VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(number) + 1, 0) FROM entry), ?, ?, ?, ?, ?)",
        )
        .bind(self.key.as_ref())
        .bind(self.form)
        .bind(self.kind)
        .bind(self.memo.as_ref())
        .bind(self.salt.as_ref())
        .bind(self.who)
        .bind(self.number)
        .bind(self.event)
        .bind(self.entry)
        .bind(self.file.map(|file| file_kind(file.kind)))
        .bind(self.file.map(|file| file.digest.as_ref()))
        .bind(self.file.map(|file| &file.bytes[..]))
        .execute(db)
        .await?;
        Ok(())
    }
}

/// What was answered to the same request before.
pub(crate) async fn known(
    db: &mut SqliteConnection,
    slot: Digest,
    leaf: Digest,
) -> Result<Option<Accepted>, Fail> {
    for key in [slot, leaf] {
        if let Some(event) = event(db, key).await? {
            return Ok(Some(Accepted {
                held: event.held,
                fresh: false,
            }));
        }
    }
    Ok(None)
}

/// How many more slots may be waited for: counted once in a transaction.
#[derive(Debug)]
pub(crate) struct Room {
    limit: u64,
    waiting: Option<u64>,
    asked: u64,
}

impl Room {
    /// Where as many as `limit` may be taken.
    pub(crate) const fn new(limit: u64) -> Self {
        Self {
            limit,
            waiting: None,
            asked: 0,
        }
    }

    /// Whether an event that takes so many slots may wait.
    pub(crate) async fn check(
        &mut self,
        db: &mut SqliteConnection,
        slots: u64,
    ) -> Result<(), Fail> {
        let waiting = match self.waiting {
            Some(waiting) => waiting,
            None => {
                let count: i64 = sqlx::query_scalar(
                    // A version in a slot takes a second one for its mark.
                    // What was refused, or waits for a filing that was given up, holds no place.
                    "SELECT (SELECT count(*) FROM waiting_event) + (SELECT count(*) FROM bare_slot)
                          + (SELECT count(*) FROM waiting_event WHERE form = 0 AND kind = 1)
                          - (SELECT count(*) FROM waiting_event WHERE refused_since IS NOT NULL)
                          - (SELECT count(*) FROM waiting_event WHERE form = 1 AND refused_since IS NULL
                                 AND memo IN (SELECT memo FROM filing WHERE given_up = 1))",
                )
                .fetch_one(db)
                .await?;
                *self.waiting.insert(narrow(count, "waiting events")?)
            }
        };
        if waiting.saturating_add(slots) > self.limit {
            return Err(StoreError::Busy {
                what: "events that wait for their batch",
            }
            .into());
        }
        self.asked = slots;
        Ok(())
    }

    /// What was asked for last is waited for now, by this transaction.
    pub(crate) fn taken(&mut self) {
        let asked = std::mem::take(&mut self.asked);
        if let Some(waiting) = &mut self.waiting {
            *waiting = waiting.saturating_add(asked);
        }
    }
}

pub(crate) async fn event(
    db: &mut SqliteConnection,
    key: Digest,
) -> Result<Option<EventRow>, Fail> {
    let row = sqlx::query(either!("WHERE key = ?1"))
        .bind(key.as_ref())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(event_row).transpose()
}

pub(crate) async fn opening(
    db: &mut SqliteConnection,
    memo: Digest,
) -> Result<Option<EventRow>, Fail> {
    let row = sqlx::query(either!("WHERE memo = ?1 AND kind = 0"))
        .bind(memo.as_ref())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(event_row).transpose()
}

pub(crate) async fn version(
    db: &mut SqliteConnection,
    memo: Digest,
    number: u32,
) -> Result<Option<EventRow>, Fail> {
    let row = sqlx::query(either!(
        "WHERE memo = ?1 AND kind = 1 AND who = x'' AND number = ?2"
    ))
    .bind(memo.as_ref())
    .bind(number)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(event_row).transpose()
}

/// Whether the nullifier opened a memo before, be it erased since.
pub(crate) async fn opened_with(
    db: &mut SqliteConnection,
    nullifier: Digest,
) -> Result<bool, Fail> {
    let row = sqlx::query(either!("WHERE kind = 0 AND who = ?1"))
        .bind(nullifier.as_ref())
        .fetch_optional(&mut *db)
        .await?;
    let spent: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM spent_opening WHERE nullifier = ?)")
            .bind(nullifier.as_ref())
            .fetch_one(db)
            .await?;
    Ok(row.is_some() || spent)
}

/// How far the memo is; an error where there is none.
pub(crate) async fn phase(db: &mut SqliteConnection, memo: Digest) -> Result<MemoPhase, Fail> {
    let filing: Option<Option<i64>> =
        sqlx::query_scalar("SELECT at_entry FROM filing WHERE memo = ?")
            .bind(memo.as_ref())
            .fetch_optional(&mut *db)
            .await?;
    Ok(match filing {
        Some(Some(entry)) => MemoPhase::Filed {
            entry: narrow(entry, "at_entry")?,
        },
        Some(None) => MemoPhase::Filing,
        None if opening(db, memo).await?.is_some() => MemoPhase::Draft,
        None => return Err(not_found("memo")),
    })
}

/// The latest version's number; 0 for none.
pub(crate) async fn last_version(db: &mut SqliteConnection, memo: Digest) -> Result<u32, Fail> {
    last_number(db, memo, VERSION, &[]).await
}

pub(crate) async fn last_seq(
    db: &mut SqliteConnection,
    memo: Digest,
    nullifier: Digest,
) -> Result<u64, Fail> {
    last_number(db, memo, SIGN_ON, nullifier.as_ref()).await
}

pub(crate) async fn last_number<T: TryFrom<i64>>(
    db: &mut SqliteConnection,
    memo: Digest,
    kind: i64,
    who: &[u8],
) -> Result<T, Fail> {
    let last: i64 = sqlx::query_scalar(
        "SELECT max(
             (SELECT coalesce(max(number), 0) FROM event WHERE memo = ?1 AND kind = ?2 AND who = ?3),
             (SELECT coalesce(max(number), 0) FROM waiting_event WHERE memo = ?1 AND kind = ?2 AND who = ?3))",
    )
    .bind(memo.as_ref())
    .bind(kind)
    .bind(who)
    .fetch_one(db)
    .await?;
    narrow(last, "number")
}
