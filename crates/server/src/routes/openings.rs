//! `POST /api/openings`: a member opens a memo, by proof alone.

use axum::{Json, extract::State};
use demur_client::api::{Accepted, PostOpening};
use demur_encoding::canonical;
use demur_record::{event::Event, memo_log::MemoLog};
use demur_store::{NewOpening, Store};

use crate::{admit::fits, app::App, http::Body, problem::Refusal};

pub(crate) async fn post<S: Store>(
    State(app): State<App<S>>,
    Body(PostOpening {
        salt,
        event: opening,
    }): Body<PostOpening>,
) -> Result<Json<Accepted>, Refusal> {
    let malformed = |e: demur_encoding::CanonicalError| Refusal::malformed(e.to_string());
    let event = Event::Opening(opening);
    fits(&event, salt)?;
    let slot = event.slot(salt).map_err(malformed)?;
    let bytes = canonical::to_vec(&event).map_err(malformed)?;
    let Event::Opening(opening) = event else {
        return Err(Refusal::malformed("not an opening"));
    };
    // A retry: what was admitted need not be proved again.
    if app
        .store()
        .event(slot)
        .await?
        .is_some_and(|row| row.event == bytes)
    {
        return app.promised(demur_store::Held::Slot(slot)).await;
    }
    app.room().await?;
    let (memo, task) = {
        let view = app.view().await?;
        let (log, task) = MemoLog::open(&opening, view.next(), view.record())?;
        app.in_time(&view, opening.expires)?;
        (log.memo(), task)
    };
    app.verify(vec![task]).await?;
    let new = NewOpening {
        slot,
        salt,
        memo,
        nullifier: opening.nullifier,
        event: bytes,
    };
    let accepted = app.store().accept_opening(new).await?;
    app.promised(accepted.held).await
}
