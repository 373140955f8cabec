//! Openings, versions, sign-ons, accesses.

use std::sync::atomic::Ordering;

use demur_encoding::Digest;
use demur_store::{
    Accepted, ConflictKind, DraftRow, EventRow, EventStore, FileKind, Held, MAX_FILE_BYTES,
    MAX_MESSAGE_BYTES, MAX_PENDING, MemoPhase, MemoRow, NewAccess, NewOpening, NewSignOn,
    NewVersion, NoteRow, StoreError,
};
use sqlx::{Row, SqliteConnection};

use crate::{
    SqliteStore,
    fail::{Fail, named, within},
    group::NewEvent,
    lookup::{self, Room, Waiting, event, known, last_seq, last_version, opened_with, phase},
    row::{
        ACCESS, DIRECT, IN_SLOT, LATE, OPENING, SIGN_ON, VERSION, digest, either, event_row,
        file_kind, int, number, placed,
    },
};

impl EventStore for SqliteStore {
    async fn accept_opening(&self, new: NewOpening) -> Result<Accepted, StoreError> {
        within("opening", &new.event, MAX_MESSAGE_BYTES)?;
        self.accept(NewEvent::Opening(new)).await
    }

    async fn accept_version(&self, new: NewVersion) -> Result<Accepted, StoreError> {
        within("sealed version", &new.sealed.bytes, MAX_FILE_BYTES)?;
        within("version", &new.event, MAX_MESSAGE_BYTES)?;
        self.accept(NewEvent::Version(new)).await
    }

    async fn accept_sign_on(&self, new: NewSignOn) -> Result<Accepted, StoreError> {
        within("note", &new.note.bytes, MAX_MESSAGE_BYTES)?;
        within("sign-on", &new.event, MAX_MESSAGE_BYTES)?;
        self.accept(NewEvent::SignOn(new)).await
    }

    async fn accept_access(&self, new: NewAccess) -> Result<Accepted, StoreError> {
        within("access", &new.event, MAX_MESSAGE_BYTES)?;
        self.accept(NewEvent::Access(new)).await
    }

    fn limit_waiting(&self, events: u64) {
        self.inner
            .limit
            .store(events.min(MAX_PENDING), Ordering::Relaxed);
    }

    async fn erase_draft(&self, memo: Digest) -> Result<(), StoreError> {
        named("erase_draft", async {
            let mut tx = self.begin().await?;
            if phase(&mut tx, memo).await? != MemoPhase::Draft {
                return Err(ConflictKind::Filed.into());
            }
            for statement in [
                "INSERT INTO spent_opening (nullifier)
                 SELECT who FROM event WHERE memo = ?1 AND kind = 0
                 UNION SELECT who FROM waiting_event WHERE memo = ?1 AND kind = 0 ON CONFLICT DO NOTHING",
                "INSERT INTO bare_slot (key, since)
                 SELECT key, since FROM waiting_event WHERE memo = ? AND form = 0 ON CONFLICT DO NOTHING",
                "DELETE FROM waiting_event WHERE memo = ?",
                "DELETE FROM event WHERE memo = ?",
                "DELETE FROM file WHERE memo = ?",
                "DELETE FROM approval WHERE memo = ?",
                "DELETE FROM waiting_act WHERE memo = ?",
            ] {
                sqlx::query(statement)
                    .bind(memo.as_ref())
                    .execute(&mut *tx)
                    .await?;
            }
            // Journal and pages still hold traces: they are wiped by the next batch, or scrub.
            sqlx::query(
                "INSERT INTO meta (name, value) VALUES ('erased', x'01') ON CONFLICT DO NOTHING",
            )
            .execute(&mut *tx)
            .await?;
            tx.commit().await?;
            Ok(())
        })
        .await
    }

    async fn event(&self, key: Digest) -> Result<Option<EventRow>, StoreError> {
        named("event", async {
            event(&mut *self.read().await?, key).await
        })
        .await
    }

    async fn memo(&self, memo: Digest) -> Result<Option<MemoRow>, StoreError> {
        named("memo", async {
            let mut tx = self.read().await?;
            let Some(opening) = lookup::opening(&mut tx, memo).await? else {
                return Ok(None);
            };
            Ok(Some(MemoRow {
                opening,
                phase: phase(&mut tx, memo).await?,
            }))
        })
        .await
    }

    async fn drafts(&self) -> Result<Vec<DraftRow>, StoreError> {
        named("drafts", async {
            let rows = sqlx::query(
                "SELECT memo, CASE WHEN count(at_entry) = count(*) THEN max(at_entry) END AS newest FROM (
                     SELECT memo, at_entry FROM event WHERE kind IN (0, 1)
                     UNION ALL SELECT memo, NULL FROM waiting_event WHERE kind IN (0, 1)
                 ) WHERE memo NOT IN (SELECT memo FROM filing) GROUP BY memo",
            )
            .fetch_all(self.pool())
            .await?;
            rows.iter()
                .map(|row| {
                    let newest = row.try_get::<Option<i64>, _>("newest")?;
                    let newest = newest.map(|_| number(row, "newest")).transpose()?;
                    Ok(DraftRow { memo: digest(row, "memo")?, newest })
                })
                .collect()
        })
        .await
    }

    async fn versions(&self, memo: Digest) -> Result<Vec<EventRow>, StoreError> {
        named("versions", async {
            let rows = sqlx::query(
                "SELECT key, form, kind, memo, salt, event, at_entry, at_slot, number FROM event WHERE memo = ?1 AND kind = 1
                 UNION ALL
                 SELECT key, form, kind, memo, salt, event, NULL, NULL, number FROM waiting_event WHERE memo = ?1 AND kind = 1
                 ORDER BY number",
            )
            .bind(memo.as_ref())
            .fetch_all(self.pool())
            .await?;
            rows.iter().map(event_row).collect()
        })
        .await
    }

    async fn version(&self, memo: Digest, number: u32) -> Result<Option<EventRow>, StoreError> {
        named("version", async {
            lookup::version(&mut *self.read().await?, memo, number).await
        })
        .await
    }

    async fn sign_ons(&self, memo: Digest) -> Result<Vec<EventRow>, StoreError> {
        named("sign_ons", async {
            let rows = sqlx::query(placed!(
                "WHERE memo = ? AND kind = 2 ORDER BY at_entry, at_slot"
            ))
            .bind(memo.as_ref())
            .fetch_all(self.pool())
            .await?;
            rows.iter().map(event_row).collect()
        })
        .await
    }

    async fn accesses(&self, memo: Digest) -> Result<Vec<EventRow>, StoreError> {
        named("accesses", async {
            let rows = sqlx::query(either!("WHERE memo = ?1 AND kind = 3"))
                .bind(memo.as_ref())
                .fetch_all(self.pool())
                .await?;
            let mut events = rows.iter().map(event_row).collect::<Result<Vec<_>, _>>()?;
            events.sort_by_key(|event| (event.at.is_none(), event.at, event.held.key()));
            Ok(events)
        })
        .await
    }

    async fn last_seq(&self, memo: Digest, nullifier: Digest) -> Result<u64, StoreError> {
        named("last_seq", async {
            last_seq(&mut *self.read().await?, memo, nullifier).await
        })
        .await
    }

    async fn sign_on(
        &self,
        memo: Digest,
        nullifier: Digest,
        seq: u64,
    ) -> Result<Option<EventRow>, StoreError> {
        named("sign_on", async {
            let row = sqlx::query(either!(
                "WHERE memo = ?1 AND kind = 2 AND who = ?2 AND number = ?3"
            ))
            .bind(memo.as_ref())
            .bind(nullifier.as_ref())
            .bind(int(seq))
            .fetch_optional(self.pool())
            .await?;
            row.as_ref().map(event_row).transpose()
        })
        .await
    }

    async fn notes(&self, memo: Digest) -> Result<Vec<NoteRow>, StoreError> {
        named("notes", async {
            let rows = sqlx::query(
                "SELECT who, number, bytes FROM event JOIN file ON file.memo = event.memo AND file.digest = event.file_digest
                 WHERE event.memo = ? AND event.kind = 2 ORDER BY who, number",
            )
            .bind(memo.as_ref())
            .fetch_all(self.pool())
            .await?;
            rows.iter()
                .map(|row| {
                    Ok(NoteRow { nullifier: digest(row, "who")?, seq: number(row, "number")?, sealed: row.try_get("bytes")? })
                })
                .collect()
        })
        .await
    }
}

/// Takes a memo's opening.
pub(crate) async fn opening(
    db: &mut SqliteConnection,
    room: &mut Room,
    new: &NewOpening,
) -> Result<Accepted, Fail> {
    if let Some(known) = known(db, new.slot, new.slot).await? {
        return Ok(known);
    }
    room.check(db, 1).await?;
    if lookup::opening(db, new.memo).await?.is_some() {
        return Err(ConflictKind::MemoExists.into());
    }
    if opened_with(db, new.nullifier).await? {
        return Err(ConflictKind::OpeningTaken.into());
    }
    let row = Waiting {
        key: new.slot,
        form: IN_SLOT,
        kind: OPENING,
        memo: new.memo,
        salt: new.salt,
        who: new.nullifier.as_ref(),
        number: 0,
        event: &new.event,
        entry: None,
        file: None,
    };
    row.insert(db).await?;
    Ok(Accepted {
        held: Held::Slot(new.slot),
        fresh: true,
    })
}

/// Takes a version.
pub(crate) async fn version(
    db: &mut SqliteConnection,
    room: &mut Room,
    new: &NewVersion,
) -> Result<Accepted, Fail> {
    if let Some(known) = known(db, new.slot, new.leaf).await? {
        return Ok(known);
    }
    let phase = phase(db, new.memo).await?;
    // In a slot it takes a second one for its mark.
    let slots = if phase == MemoPhase::Draft { 2 } else { 1 };
    room.check(db, slots).await?;
    if let Some(first) = lookup::version(db, new.memo, new.number).await? {
        return Err(ConflictKind::Sibling(Box::new(first)).into());
    }
    let next = last_version(db, new.memo).await? + 1;
    if new.number != next {
        return Err(ConflictKind::VersionGap { next }.into());
    }
    let (held, form) = match phase {
        MemoPhase::Draft => (Held::Slot(new.slot), IN_SLOT),
        MemoPhase::Filing | MemoPhase::Filed { .. } => (Held::Entry(new.leaf), DIRECT),
    };
    let row = Waiting {
        key: held.key(),
        form,
        kind: VERSION,
        memo: new.memo,
        salt: new.salt,
        who: &[],
        number: new.number.into(),
        event: &new.event,
        entry: None,
        file: Some(&new.sealed),
    };
    row.insert(db).await?;
    // What waits is about the version before, and would wait for ever; all but a rejoinder, which is about the
    // response.
    sqlx::query("DELETE FROM waiting_act WHERE memo = ? AND file_kind IS NOT ?")
        .bind(new.memo.as_ref())
        .bind(file_kind(FileKind::Rejoined))
        .execute(&mut *db)
        .await?;
    if form == DIRECT {
        sqlx::query("INSERT INTO direct (leaf, memo, entry) VALUES (?, ?, ?)")
            .bind(new.leaf.as_ref())
            .bind(new.memo.as_ref())
            .bind(&new.entry)
            .execute(&mut *db)
            .await?;
    }
    Ok(Accepted { held, fresh: true })
}

/// Takes a sign-on.
pub(crate) async fn sign_on(
    db: &mut SqliteConnection,
    room: &mut Room,
    new: &NewSignOn,
) -> Result<Accepted, Fail> {
    if let Some(known) = known(db, new.slot, new.leaf).await? {
        return Ok(known);
    }
    room.check(db, 1).await?;
    let phase = phase(db, new.memo).await?;
    let next = last_seq(db, new.memo, new.nullifier)
        .await?
        .saturating_add(1);
    if new.seq != next {
        return Err(ConflictKind::Sequence { next }.into());
    }
    let (held, form, entry) = match phase {
        MemoPhase::Draft => (Held::Slot(new.slot), IN_SLOT, None),
        MemoPhase::Filing | MemoPhase::Filed { .. } => {
            (Held::Entry(new.leaf), LATE, Some(&new.entry[..]))
        }
    };
    let row = Waiting {
        key: held.key(),
        form,
        kind: SIGN_ON,
        memo: new.memo,
        salt: new.salt,
        who: new.nullifier.as_ref(),
        number: int(new.seq),
        event: &new.event,
        entry,
        file: Some(&new.note),
    };
    row.insert(db).await?;
    Ok(Accepted { held, fresh: true })
}

/// Notes an access.
pub(crate) async fn access(
    db: &mut SqliteConnection,
    room: &mut Room,
    new: &NewAccess,
) -> Result<Accepted, Fail> {
    if let Some(known) = known(db, new.slot, new.slot).await? {
        return Ok(known);
    }
    room.check(db, 1).await?;
    if phase(db, new.memo).await? == MemoPhase::Draft {
        return Err(ConflictKind::NotFiled.into());
    }
    let row = Waiting {
        key: new.slot,
        form: IN_SLOT,
        kind: ACCESS,
        memo: new.memo,
        salt: new.salt,
        who: new.slot.as_ref(),
        number: 0,
        event: &new.event,
        entry: None,
        file: None,
    };
    row.insert(db).await?;
    Ok(Accepted {
        held: Held::Slot(new.slot),
        fresh: true,
    })
}
