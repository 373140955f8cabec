//! What was distributed to an official.

use axum::{Json, extract::State, response::Response};
use demur_client::api::Cases;
use demur_record::entry::Step;
use demur_store::{FileKind, Store};

use super::{accounts::principal, office::give};
use crate::{
    app::App,
    http::{Bearer, MemoPath},
    problem::Refusal,
};

/// `GET /api/principal/cases`. Messages are the office's and the authors': their number is not told here.
pub(crate) async fn cases<S: Store>(
    State(app): State<App<S>>,
    bearer: Bearer,
) -> Result<Json<Cases>, Refusal> {
    let account = principal(&app, bearer).await?;
    let view = app.view().await?;
    let mut cases = view.cases();
    cases.retain(|case| view.distributed_to(case.memo, &account.role).is_some());
    Ok(Json(Cases { cases }))
}

/// `GET /api/principal/cases/{memo}/sealed`.
pub(crate) async fn sealed<S: Store>(
    State(app): State<App<S>>,
    bearer: Bearer,
    MemoPath(memo): MemoPath,
) -> Result<Response, Refusal> {
    let account = principal(&app, bearer).await?;
    // To an official, a case that was not distributed to them is as unknown as one that isn't there.
    let missing = || {
        Refusal::missing(
            "unknown-memo",
            "no memo of this name was distributed to you",
        )
    };
    let (digest, withdrawn) = {
        let view = app.view().await?;
        let digest = view
            .distributed_to(memo, &account.role)
            .ok_or_else(missing)?;
        (
            digest,
            view.case(memo)
                .is_some_and(|case| case.step == Step::Withdrawn),
        )
    };
    if withdrawn {
        return Err(Refusal::rule(
            "withdrawn",
            "the authors have taken this memo back: it is not given out any more",
        ));
    }
    let file = app.store().case_file(memo, digest).await?;
    let file = file.filter(|file| file.kind == FileKind::Distributed);
    let file =
        file.ok_or_else(|| Refusal::Internal(format!("a distribution of {memo} has no file")))?;
    give(&app, memo, &account, &account.role, file).await
}
