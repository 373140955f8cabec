//! What the channel says of itself, and released bundles.

use axum::{Json, extract::State, response::Response};
use demur_client::api::Channel;
use demur_store::Store;

use crate::{app::App, http::Named, problem::Refusal};

/// `GET /api/channel`.
pub(crate) async fn get<S: Store>(State(app): State<App<S>>) -> Result<Json<Channel>, Refusal> {
    let profile = app.view().await?.profile()?;
    Ok(Json(Channel {
        origin: app.origin().to_owned(),
        vkey: app.signer().verifier().to_string(),
        software: env!("CARGO_PKG_VERSION").to_owned(),
        profile: profile.id.to_string(),
    }))
}

/// `GET /api/bundles/{digest}`.
pub(crate) async fn bundle<S: Store>(
    State(app): State<App<S>>,
    name: Named,
) -> Result<Response, Refusal> {
    let bundle = app.store().bundle(name.digest()?).await?;
    let missing = || Refusal::missing("not-found", "no released bundle has this SHA-256");
    Ok(super::file(bundle.ok_or_else(missing)?))
}
