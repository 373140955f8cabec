//! Mailboxes between members and the registrar. What lies in them is sealed.

use axum::{Json, extract::State};
use demur_client::api::{
    Enrolment, Enrolments, MAX_PART, MAX_PART_BYTES, MAX_TICKETS, PostReplies, PostTickets, Sealed,
    SignedRequest,
};
use demur_encoding::{Digest, canonical, sha256};
use demur_store::{MailRow, Store};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    app::App,
    http::{Body, Named},
    limits::MAX_MESSAGE_BYTES,
    problem::Refusal,
};

/// `PUT /api/enrolments/tickets`.
pub(crate) async fn tickets<S: Store>(
    State(app): State<App<S>>,
    Body(PostTickets { request, tickets }): Body<PostTickets>,
) -> Result<Json<Value>, Refusal> {
    at_most(tickets.len(), MAX_TICKETS)?;
    app.registrar(&request, "tickets", &subject(&tickets)?)
        .await?;
    app.store().add_tickets(tickets).await?;
    Ok(Json(json!({})))
}

/// `POST /api/enrolments/{ticket}`.
pub(crate) async fn enrol<S: Store>(
    State(app): State<App<S>>,
    name: Named,
    Body(Sealed { sealed }): Body<Sealed>,
) -> Result<Json<Value>, Refusal> {
    let ticket = name.digest()?;
    super::small(&sealed, MAX_MESSAGE_BYTES)?;
    app.store()
        .enrol(MailRow {
            ticket,
            sealed: sealed.0,
        })
        .await
        .map_err(|e| match e {
            demur_store::StoreError::NotFound { .. } => Refusal::missing(
                "unknown-code",
                "no enrolment is expected under this code: check it, or ask the registrar",
            ),
            other => other.into(),
        })?;
    Ok(Json(json!({})))
}

/// `GET /api/enrolments/{ticket}`.
pub(crate) async fn reply<S: Store>(
    State(app): State<App<S>>,
    name: Named,
) -> Result<Json<Sealed>, Refusal> {
    let ticket: Digest = name.digest()?;
    let sealed = app.store().reply(ticket).await?;
    let missing = || {
        Refusal::missing(
            "not-found",
            "no reply yet: the registrar takes enrolments in at set times",
        )
    };
    Ok(Json(Sealed {
        sealed: sealed.ok_or_else(missing)?.into(),
    }))
}

/// `POST /api/enrolments/list`: a page of them. The subject is the last ticket of the page before; empty for the first.
pub(crate) async fn list<S: Store>(
    State(app): State<App<S>>,
    Body(request): Body<SignedRequest>,
) -> Result<Json<Enrolments>, Refusal> {
    app.registrar(&request, "enrolments", &request.subject)
        .await?;
    let after = match &request.subject[..] {
        "" => None,
        text => Some(
            text.parse()
                .map_err(|_| Refusal::rule("page", "the subject is a ticket, or empty"))?,
        ),
    };
    let limit = u32::try_from(MAX_PART).unwrap_or(u32::MAX);
    let enrolments = app.store().enrolments(after, limit, MAX_PART_BYTES).await?;
    let more = match enrolments.last() {
        Some(last) => !app
            .store()
            .enrolments(Some(last.ticket), 1, 0)
            .await?
            .is_empty(),
        None => false,
    };
    let enrolments = enrolments
        .into_iter()
        .map(|mail| Enrolment {
            ticket: mail.ticket,
            sealed: mail.sealed.into(),
        })
        .collect();
    Ok(Json(Enrolments { enrolments, more }))
}

/// `PUT /api/enrolments/replies`.
pub(crate) async fn replies<S: Store>(
    State(app): State<App<S>>,
    Body(PostReplies { request, replies }): Body<PostReplies>,
) -> Result<Json<Value>, Refusal> {
    at_most(replies.len(), MAX_PART)?;
    for reply in &replies {
        super::small(&reply.sealed, MAX_MESSAGE_BYTES)?;
    }
    app.registrar(&request, "replies", &subject(&replies)?)
        .await?;
    let replies = replies
        .into_iter()
        .map(|r| MailRow {
            ticket: r.ticket,
            sealed: r.sealed.0,
        })
        .collect();
    app.store().put_replies(replies).await?;
    Ok(Json(json!({})))
}

fn at_most(count: usize, most: usize) -> Result<(), Refusal> {
    if count <= most {
        return Ok(());
    }
    Err(Refusal::rule(
        "too-many",
        format!("{count} at once; at most {most}: send them in parts"),
    ))
}

fn subject<T: Serialize + ?Sized>(value: &T) -> Result<String, Refusal> {
    let bytes = canonical::to_vec(value).map_err(|e| Refusal::malformed(e.to_string()))?;
    Ok(sha256(&bytes).to_string())
}
