//! What only the authors of a memo may see and send. They have no account: each request is signed by an author's key.

use axum::{Json, extract::State};
use demur_client::api::{AuthorRequest, AuthorView, MessageView, PostAuthorMessage, SignedRequest};
use demur_encoding::{Bytes, Digest, sha256};
use demur_store::{FileKind, MessageSide, Store};

use super::rows;
use crate::{
    app::App,
    http::{Body, MemoPath},
    limits::MAX_CASE_MESSAGE_BYTES,
    problem::Refusal,
    signature,
};

/// `POST /api/memos/{memo}/author`.
pub(crate) async fn view<S: Store>(
    State(app): State<App<S>>,
    MemoPath(memo): MemoPath,
    Body(AuthorRequest { request }): Body<AuthorRequest>,
) -> Result<Json<AuthorView>, Refusal> {
    by_author(&app, memo, &request, "case", &memo.to_string()).await?;
    let store = app.store();
    let accesses = store.accesses(memo).await?;
    let messages = store.messages(memo).await?;
    let waiting = store.waiting(memo).await?;
    Ok(Json(AuthorView {
        accesses: accesses
            .iter()
            .map(rows::access)
            .collect::<Result<_, _>>()?,
        messages: messages.into_iter().map(rows::message).collect(),
        returned: only_file(&app, memo, FileKind::Returned).await?,
        response: only_file(&app, memo, FileKind::Responded).await?,
        waiting: waiting
            .into_iter()
            .map(rows::waiting)
            .collect::<Result<_, _>>()?,
    }))
}

/// `POST /api/memos/{memo}/messages`.
pub(crate) async fn message<S: Store>(
    State(app): State<App<S>>,
    MemoPath(memo): MemoPath,
    Body(PostAuthorMessage { request, sealed }): Body<PostAuthorMessage>,
) -> Result<Json<MessageView>, Refusal> {
    super::small(&sealed, MAX_CASE_MESSAGE_BYTES)?;
    by_author(
        &app,
        memo,
        &request,
        "messages",
        &sha256(&sealed.0).to_string(),
    )
    .await?;
    add_message(&app, memo, MessageSide::Authors, sealed)
        .await
        .map(Json)
}

/// Adds a message; the same file from the same side again is the same message.
pub(crate) async fn add_message<S: Store>(
    app: &App<S>,
    memo: Digest,
    from: MessageSide,
    sealed: Bytes,
) -> Result<MessageView, Refusal> {
    // To the day only: the hour would tell when an author sat down.
    let day = app.now().to_string().chars().take(10).collect();
    let row = app.store().add_message(memo, from, day, sealed.0).await?;
    Ok(rows::message(row))
}

/// Whether an author of the memo signed the request. To all others no such memo exists.
async fn by_author<S: Store>(
    app: &App<S>,
    memo: Digest,
    request: &SignedRequest,
    purpose: &str,
    subject: &str,
) -> Result<(), Refusal> {
    let row = app
        .store()
        .memo(memo)
        .await?
        .ok_or_else(Refusal::unknown_memo)?;
    let opening = rows::opening(&row.opening)?.event;
    if !opening.body.has_author(request.key) {
        return Err(Refusal::unknown_memo());
    }
    signature::authorize(request, purpose, subject, &[request.key], app.now())
}

/// The file of a kind of which a case has one at most.
pub(crate) async fn only_file<S: Store>(
    app: &App<S>,
    memo: Digest,
    kind: FileKind,
) -> Result<Option<Bytes>, Refusal> {
    let mut files = app.store().case_files(memo, kind).await?;
    Ok(files.pop().map(|file| file.bytes.into()))
}
