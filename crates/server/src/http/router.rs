//! The table of routes.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse as _, Response},
    routing::{delete, get, post, put},
};
use demur_store::Store;
use tokio::sync::Semaphore;
use tower_http::timeout::RequestBodyTimeoutLayer;

use super::{layers, record};
use crate::{
    app::App,
    limits::{
        BODY_IDLE_TIMEOUT, MAX_BODY_BYTES, MAX_CONCURRENT_REQUESTS, MAX_ROSTER_BODY_BYTES,
        MAX_ROSTER_UPLOADS, MAX_SMALL_BODY_BYTES, REQUEST_TIMEOUT, ROSTER_TIMEOUT,
    },
    pages,
    problem::Refusal,
    routes::{
        accounts, approvals, authors, channel, drafts, editions, enrol, entries, office, openings,
        principal, sign_ons, steps, versions,
    },
};

/// Every route with its bounds.
pub(crate) fn router<S: Store>(app: App<S>) -> Router {
    // What anyone may send, without a known key: small.
    let small = Router::new()
        .route("/api/openings", post(openings::post::<S>))
        .route("/api/sign-ons", post(sign_ons::post::<S>))
        .route("/api/session", post(accounts::sign_in::<S>))
        .route("/api/session", delete(accounts::sign_out::<S>))
        .route("/api/accounts", post(accounts::take_up::<S>))
        .route("/api/entries", post(entries::post::<S>))
        .route("/api/memos/{memo}/author", post(authors::view::<S>))
        .route("/api/enrolments/list", post(enrol::list::<S>))
        .route("/api/editions/{n}/register", post(editions::register::<S>))
        .layer(DefaultBodyLimit::max(MAX_SMALL_BODY_BYTES));
    let plain = Router::new()
        .route("/", get(pages::index::<S>))
        .route("/m/{memo}", get(pages::memo::<S>))
        .route("/static/demur.css", get(pages::style))
        .route("/api/channel", get(channel::get::<S>))
        .route("/record/{*path}", get(record::get::<S>))
        .route("/api/versions", post(versions::post::<S>))
        .route("/api/memos/{memo}", get(drafts::view::<S>))
        .route(
            "/api/memos/{memo}/versions/{n}/sealed",
            get(drafts::sealed::<S>),
        )
        .route("/api/memos/{memo}/approvals", post(approvals::post::<S>))
        .route("/api/memos/{memo}/messages", post(authors::message::<S>))
        .route("/api/bundles/{name}", get(channel::bundle::<S>))
        .route(
            "/api/enrolments/{name}",
            post(enrol::enrol::<S>).get(enrol::reply::<S>),
        )
        .route("/api/office/accounts", get(accounts::list::<S>))
        .route("/api/office/cases", get(office::cases::<S>))
        .route("/api/office/cases/{memo}", get(office::case::<S>))
        .route("/api/office/cases/{memo}/sealed", get(office::sealed::<S>))
        .route("/api/office/cases/{memo}/steps", post(steps::post::<S>))
        .route(
            "/api/office/cases/{memo}/messages",
            post(office::message::<S>),
        )
        .route("/api/office/key/{name}", put(accounts::put_office_key::<S>))
        .route("/api/office/key", get(accounts::office_key::<S>))
        .route("/api/principal/cases", get(principal::cases::<S>))
        .route(
            "/api/principal/cases/{memo}/sealed",
            get(principal::sealed::<S>),
        )
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES));
    let everyday = bounded(small.merge(plain), MAX_CONCURRENT_REQUESTS, REQUEST_TIMEOUT);
    // What the registrar sends for the whole institution at once.
    let roster = Router::new()
        .route("/api/editions/{n}", put(editions::put::<S>))
        .route("/api/enrolments/tickets", put(enrol::tickets::<S>))
        .route("/api/enrolments/replies", put(enrol::replies::<S>))
        .layer(DefaultBodyLimit::max(MAX_ROSTER_BODY_BYTES));
    let roster = bounded(roster, MAX_ROSTER_UPLOADS, ROSTER_TIMEOUT);
    everyday
        .merge(roster)
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(RequestBodyTimeoutLayer::new(BODY_IDLE_TIMEOUT))
        .layer(middleware::from_fn(layers::headers))
        .with_state(app)
}

fn bounded<S: Store>(router: Router<App<S>>, places: usize, limit: Duration) -> Router<App<S>> {
    let places = Arc::new(Semaphore::new(places));
    router
        .layer(middleware::from_fn_with_state(limit, layers::time_limit))
        .layer(middleware::from_fn_with_state(places, layers::place_limit))
}

async fn not_found(request: Request) -> Response {
    // A person who mistyped an address gets a page, a program a problem.
    let path = request.uri().path();
    if path.starts_with("/api/") || path.starts_with("/record/") {
        return Refusal::missing("not-found", "there is no such path: see the list of routes")
            .into_response();
    }
    let html = (
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    (StatusCode::NOT_FOUND, [html], pages::NOT_FOUND).into_response()
}

async fn not_allowed() -> Response {
    let message = "this path does not take this method: see the list of routes";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", message).into_response()
}
