//! `POST /api/entries`: keys and attestations, by their signatures alone.

use axum::{Json, extract::State};
use demur_client::api::{Accepted, PostEntry};
use demur_record::entry::Entry;
use demur_store::Store;

use crate::{
    app::App,
    direct::{self, Direct},
    http::Body,
    problem::Refusal,
};

pub(crate) async fn post<S: Store>(
    State(app): State<App<S>>,
    Body(PostEntry { entry }): Body<PostEntry>,
) -> Result<Json<Accepted>, Refusal> {
    if !matches!(entry, Entry::Keys(_) | Entry::Attestation(_)) {
        let message = format!(
            "a {} entry is not taken here: keys and attestation entries are",
            entry.kind()
        );
        return Err(Refusal::rule("entry", message));
    }
    let held = direct::accept(
        &app,
        Direct {
            entry,
            memo: None,
            file: None,
            approved: None,
        },
    )
    .await?;
    app.promised(held).await
}
