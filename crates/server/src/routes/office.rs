//! The stewards' view of cases.

use axum::{Json, extract::State, response::Response};
use demur_client::api::{CaseLine, CaseView, Cases, MessageView, NoteView, Sealed};
use demur_encoding::{Digest, canonical};
use demur_record::event::{Access, Event};
use demur_store::{AccountRow, FileKind, MessageSide, NewAccess, NewFile, Store};

use super::{
    accounts::{STEWARD, steward},
    authors::{add_message, only_file},
    rows,
};
use crate::{
    app::App,
    http::{Bearer, Body, MemoPath},
    limits::MAX_CASE_MESSAGE_BYTES,
    problem::Refusal,
    token,
};

/// `GET /api/office/cases`.
pub(crate) async fn cases<S: Store>(
    State(app): State<App<S>>,
    bearer: Bearer,
) -> Result<Json<Cases>, Refusal> {
    steward(&app, bearer).await?;
    let lines = app.view().await?.cases();
    let mut cases = Vec::with_capacity(lines.len());
    for line in lines {
        cases.push(with_messages(&app, line).await?);
    }
    Ok(Json(Cases { cases }))
}

/// `GET /api/office/cases/{memo}`.
pub(crate) async fn case<S: Store>(
    State(app): State<App<S>>,
    bearer: Bearer,
    MemoPath(memo): MemoPath,
) -> Result<Json<CaseView>, Refusal> {
    steward(&app, bearer).await?;
    let case = with_messages(&app, line(&app, memo).await?).await?;
    let store = app.store();
    let row = store.memo(memo).await?.ok_or_else(Refusal::unknown_memo)?;
    let notes = store.notes(memo).await?;
    let messages = store.messages(memo).await?;
    let accesses = store.accesses(memo).await?;
    let accesses = accesses.iter().map(|row| Ok(rows::access(row)?.event));
    Ok(Json(CaseView {
        case,
        opening: rows::opening(&row.opening)?.event,
        notes: notes
            .into_iter()
            .map(|note| NoteView {
                nullifier: note.nullifier,
                seq: note.seq,
                sealed: note.sealed.into(),
            })
            .collect(),
        messages: messages.into_iter().map(rows::message).collect(),
        accesses: accesses.collect::<Result<_, Refusal>>()?,
        response: only_file(&app, memo, FileKind::Responded).await?,
        rejoinder: only_file(&app, memo, FileKind::Rejoined).await?,
    }))
}

/// `GET /api/office/cases/{memo}/sealed`.
pub(crate) async fn sealed<S: Store>(
    State(app): State<App<S>>,
    bearer: Bearer,
    MemoPath(memo): MemoPath,
) -> Result<Response, Refusal> {
    let account = steward(&app, bearer).await?;
    line(&app, memo).await?;
    let mut files = app.store().case_files(memo, FileKind::Filing).await?;
    let file = files
        .pop()
        .ok_or_else(|| Refusal::Internal(format!("the filed memo {memo} has no file")))?;
    give(&app, memo, &account, STEWARD, file).await
}

/// `POST /api/office/cases/{memo}/messages`.
pub(crate) async fn message<S: Store>(
    State(app): State<App<S>>,
    bearer: Bearer,
    MemoPath(memo): MemoPath,
    Body(Sealed { sealed }): Body<Sealed>,
) -> Result<Json<MessageView>, Refusal> {
    steward(&app, bearer).await?;
    super::small(&sealed, MAX_CASE_MESSAGE_BYTES)?;
    line(&app, memo).await?;
    add_message(&app, memo, MessageSide::Office, sealed)
        .await
        .map(Json)
}

/// Gives an official a sealed file. That it was given is committed before the first byte leaves.
pub(crate) async fn give<S: Store>(
    app: &App<S>,
    memo: Digest,
    account: &AccountRow,
    role: &str,
    file: NewFile,
) -> Result<Response, Refusal> {
    // One at a time, so that two requests at once don't each note an access.
    let _one_at_a_time = app.entries_lock().await;
    if noted(app, memo, account, role, file.digest).await? {
        return Ok(super::file(file.bytes));
    }
    app.room().await?;
    let event = Event::Access(Access {
        v: 1,
        memo,
        account: account.name.clone(),
        role: role.to_owned(),
        file: file.digest,
        time: app.now(),
    });
    let salt = token::random::<32>().map_err(|e| Refusal::Internal(e.to_string()))?;
    let salt = Digest::new(*salt);
    let internal = |e: demur_encoding::CanonicalError| Refusal::Internal(e.to_string());
    let slot = event.slot(salt).map_err(internal)?;
    let event = canonical::to_vec(&event).map_err(internal)?;
    app.store()
        .accept_access(NewAccess {
            slot,
            salt,
            memo,
            event,
        })
        .await?;
    Ok(super::file(file.bytes))
}

/// Whether the next batch says already that this account was given this file: once in an interval is enough, and keeps
/// one official's reloads from taking the places of members' events.
async fn noted<S: Store>(
    app: &App<S>,
    memo: Digest,
    account: &AccountRow,
    role: &str,
    file: Digest,
) -> Result<bool, Refusal> {
    let accesses = app.store().accesses(memo).await?;
    for row in accesses.iter().filter(|row| row.at.is_none()) {
        let access = rows::access(row)?.event;
        if access.account == account.name && access.role == role && access.file == file {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The case, once the record has it.
async fn line<S: Store>(app: &App<S>, memo: Digest) -> Result<CaseLine, Refusal> {
    let line = app.view().await?.case(memo);
    line.ok_or_else(|| {
        Refusal::missing(
            "unknown-memo",
            "the record has no filed memo of this name (yet)",
        )
    })
}

async fn with_messages<S: Store>(app: &App<S>, mut line: CaseLine) -> Result<CaseLine, Refusal> {
    line.messages = app.store().author_messages(line.memo).await?;
    Ok(line)
}
