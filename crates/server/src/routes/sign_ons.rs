//! `POST /api/sign-ons`: a member signs, withdraws or endorses, by proof alone.

use axum::{Json, extract::State};
use demur_client::api::{Accepted, PostSignOn};
use demur_encoding::{Bytes, canonical, sha256};
use demur_record::{
    entry::{self, Entry, FORMAT},
    event::{Event, SignOn},
    memo_log::{MemoError, RecordView as _},
    tiles::leaf_hash,
};
use demur_store::{FileKind, MemoPhase, NewFile, NewSignOn, Store};

use super::rows;
use crate::{
    admit::{MemoRows, SignOnRows, fits},
    app::App,
    direct,
    http::Body,
    limits::AGE_OVERHEAD_BYTES,
    problem::Refusal,
    view::View,
};

pub(crate) async fn post<S: Store>(
    State(app): State<App<S>>,
    Body(PostSignOn {
        salt,
        event: sign_on,
        note,
    }): Body<PostSignOn>,
) -> Result<Json<Accepted>, Refusal> {
    let malformed = |e: demur_encoding::CanonicalError| Refusal::malformed(e.to_string());
    let SignOn {
        memo,
        nullifier,
        seq,
        ..
    } = sign_on;
    let event = Event::SignOn(sign_on.clone());
    fits(&event, salt)?;
    let slot = event.slot(salt).map_err(malformed)?;
    let bytes = canonical::to_vec(&event).map_err(malformed)?;
    let entry = Entry::SignOn(entry::Direct {
        v: FORMAT,
        event: sign_on.clone(),
    });
    let entry = entry
        .to_vec()
        .map_err(|e| Refusal::malformed(e.to_string()))?;
    let leaf = leaf_hash(&entry);
    if sha256(&note.0) != sign_on.note {
        return Err(Refusal::rule(
            "note",
            "the note's SHA-256 is not the one that the sign-on names",
        ));
    }

    let mut known = MemoRows::read(&app, memo).await?;
    let there = app.store().sign_on(memo, nullifier, seq).await?;
    // A retry need not be proved again: the store gives it the same place.
    let retried = match &there {
        Some(row) if rows::sign_on(row)?.event == sign_on => true,
        Some(_) => {
            return Err(Refusal::conflict(
                "sequence",
                format!("this member's act number {seq} on this memo is another one"),
            ));
        }
        None => false,
    };
    if !retried {
        app.room().await?;
        let before = SignOnRows::read(&app, memo, sign_on.version, nullifier, seq).await?;
        let tasks = {
            let view = app.view().await?;
            right_size(&view, &sign_on, &note)?;
            let late = late(&app, &view, &known)?;
            let signed = before.log(&known, &view)?.check_sign_on(
                &sign_on,
                view.next(),
                view.record(),
                late,
            )?;
            app.in_time(&view, sign_on.expires)?;
            signed.tasks
        };
        app.verify(tasks).await?;
    }

    // While the proofs were verified the memo may have been filed, withdrawn or returned.
    let guard = app.entries_shared().await;
    if !retried {
        known.memo = app
            .store()
            .memo(memo)
            .await?
            .ok_or_else(Refusal::unknown_memo)?;
        let late = late(&app, &*app.view().await?, &known)?;
        if late {
            direct::takes_sign_ons(&app, &guard, memo).await?;
        }
    }
    let note = NewFile {
        kind: FileKind::Note,
        digest: sign_on.note,
        bytes: note.0,
    };
    let new = NewSignOn {
        slot,
        salt,
        memo,
        nullifier,
        seq,
        event: bytes,
        entry,
        leaf,
        note,
    };
    let accepted = app.store().accept_sign_on(new).await?;
    drop(guard);
    app.promised(accepted.held).await
}

/// Notes have one size, so that it doesn't show who gave a name: that of the profile which the sign-on is judged by.
fn right_size(view: &View, sign_on: &SignOn, note: &Bytes) -> Result<(), Refusal> {
    let unknown = || MemoError::Checkpoint(sign_on.checkpoint.size);
    let profile = view.record().profile_at(sign_on.checkpoint.size);
    let plain = profile.ok_or_else(unknown)?.signing.note_bytes as usize;
    if (plain..=plain + AGE_OVERHEAD_BYTES).contains(&note.0.len()) {
        return Ok(());
    }
    let message = format!(
        "a sealed note holds exactly {plain} bytes of plaintext; this one has {} bytes sealed",
        note.0.len()
    );
    Err(Refusal::rule("note", message))
}

/// Whether it would come after the filing, if the memo still takes sign-ons at all.
fn late<S: Store>(app: &App<S>, view: &View, known: &MemoRows) -> Result<bool, Refusal> {
    let over = || Refusal::rule("too-late", "this memo takes no sign-ons any more");
    match known.memo.phase {
        MemoPhase::Draft => Ok(false),
        MemoPhase::Filing => {
            // The filing's batch says under which profile; until the promised time both will stand in the record.
            let now = view.profile()?;
            let ahead = app.profile_ahead(view);
            let least = ahead.map_or(u64::MAX, |ahead| ahead.signing.late_seconds);
            let late = now.signing.late_seconds.min(least);
            if late >= now.record.promise_max_delay_seconds {
                return Ok(true);
            }
            let message = "the record does not hold the filing yet: try again after the next batch";
            Err(Refusal::conflict("filed", message))
        }
        MemoPhase::Filed { .. } => {
            let memo = known
                .opening
                .body
                .id()
                .map_err(|e| Refusal::Internal(e.to_string()))?;
            let case = view.lifecycle(memo).ok_or(Refusal::Busy)?;
            // Until the promised time at the latest it will stand in the record: it must be in time then, too.
            let recorded = app
                .now()
                .plus(view.profile()?.record.promise_max_delay_seconds);
            if case.accepts_sign_on(recorded) {
                Ok(true)
            } else {
                Err(over())
            }
        }
    }
}
