//! What holders of a memo's link see.

use axum::{Json, extract::State, response::Response};
use demur_client::api::{DraftView, Placed};
use demur_encoding::Digest;
use demur_record::event::Version;
use demur_store::{FileKind, MemoPhase, MemoRow, Store};

use super::rows;
use crate::{
    app::App,
    http::{AccessToken, MemoPath, Numbered},
    problem::Refusal,
    token,
};

/// `GET /api/memos/{memo}`.
pub(crate) async fn view<S: Store>(
    State(app): State<App<S>>,
    MemoPath(memo): MemoPath,
    access: AccessToken,
) -> Result<Json<DraftView>, Refusal> {
    let (row, versions) = open(&app, memo, &access).await?;
    let sign_ons = app.store().sign_ons(memo).await?;
    let waiting = app.store().waiting(memo).await?;
    Ok(Json(DraftView {
        opening: rows::opening(&row.opening)?,
        versions,
        sign_ons: sign_ons
            .iter()
            .map(rows::sign_on)
            .collect::<Result<_, _>>()?,
        filed: !matches!(row.phase, MemoPhase::Draft),
        waiting: waiting
            .into_iter()
            .map(rows::waiting)
            .collect::<Result<_, _>>()?,
    }))
}

/// `GET /api/memos/{memo}/versions/{n}/sealed`.
pub(crate) async fn sealed<S: Store>(
    State(app): State<App<S>>,
    MemoPath(memo): MemoPath,
    Numbered(number): Numbered,
    access: AccessToken,
) -> Result<Response, Refusal> {
    let (_, versions) = open(&app, memo, &access).await?;
    let missing = || Refusal::missing("not-found", "the memo has no version of that number");
    let version = versions
        .iter()
        .find(|v| v.event.body.number == number)
        .ok_or_else(missing)?;
    let file = app
        .store()
        .case_file(memo, version.event.body.sealed)
        .await?;
    let file = file
        .filter(|file| file.kind == FileKind::Version)
        .ok_or_else(missing)?;
    Ok(super::file(file.bytes))
}

/// The memo and its versions, for whoever holds the link of the latest.
///
/// The answer to a wrong token is that there is no such memo, so that nobody learns which memos there are; the
/// holder of an older link, who knew already, is told to ask for the new one.
async fn open<S: Store>(
    app: &App<S>,
    memo: Digest,
    AccessToken(token): &AccessToken,
) -> Result<(MemoRow, Vec<Placed<Version>>), Refusal> {
    let row = app
        .store()
        .memo(memo)
        .await?
        .ok_or_else(Refusal::unknown_memo)?;
    let versions = app.store().versions(memo).await?;
    let versions: Vec<_> = versions
        .iter()
        .map(rows::version)
        .collect::<Result<_, _>>()?;
    let Some((latest, older)) = versions.split_last() else {
        return Err(Refusal::unknown_memo());
    };
    if token::opens(token, latest.event.body.access) {
        return Ok((row, versions));
    }
    // Each is compared, whichever matches.
    let known = older.iter().fold(false, |known, v| {
        known | token::opens(token, v.event.body.access)
    });
    if known {
        let message = "the authors have replaced this link: ask them for the new one";
        return Err(Refusal::forbidden("link-replaced", message));
    }
    Err(Refusal::unknown_memo())
}
