//! The routes with what goes around them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::StatusCode,
    middleware,
    response::{IntoResponse as _, Response},
    routing::any,
};
use demur_pages::Source;
use demur_store::Store;
use tokio::sync::Semaphore;
use tower_http::timeout::RequestBodyTimeoutLayer;

use super::{
    cors, host,
    layers::{self, BodyBudget},
    relay::{self, Relay},
    table::{Route, Size, table},
};
use crate::{
    app::App,
    limits::{
        BODY_BUDGET_BYTES, BODY_IDLE_TIMEOUT, MAX_BODY_BYTES, MAX_CONCURRENT_REQUESTS,
        MAX_RELAYED_AT_ONCE, MAX_ROSTER_BODY_BYTES, MAX_ROSTER_UPLOADS, MAX_SMALL_BODY_BYTES,
        REQUEST_TIMEOUT, ROSTER_BUDGET_BYTES, ROSTER_TIMEOUT,
    },
    problem::Refusal,
};

/// Every route with its bounds.
pub(crate) fn router<S: Store>(app: App<S>) -> Router {
    let everyday = Bounds {
        places: Arc::new(Semaphore::new(MAX_CONCURRENT_REQUESTS)),
        budget: BodyBudget::new(BODY_BUDGET_BYTES, MAX_BODY_BYTES),
        time: REQUEST_TIMEOUT,
    };
    let small = Bounds {
        places: Arc::clone(&everyday.places),
        budget: everyday.budget.up_to(MAX_SMALL_BODY_BYTES),
        time: REQUEST_TIMEOUT,
    };
    // What the registrar sends for the whole institution at once.
    let roster = Bounds {
        places: Arc::new(Semaphore::new(MAX_ROSTER_UPLOADS)),
        budget: BodyBudget::new(ROSTER_BUDGET_BYTES, MAX_ROSTER_BODY_BYTES),
        time: ROSTER_TIMEOUT,
    };
    // Pages take no body and are bounded as the small ones.
    let pages = demur_pages::router(app.clone()).with_state(());
    let pages = bounded(pages, small.clone());
    let of = |wanted: Size, bounds: Bounds| {
        let routes = table::<S>();
        let routes = routes.into_iter().filter(|route| route.size == wanted);
        let router = routes.fold(Router::new(), |router, Route { path, handler, .. }| {
            router.route(path, handler)
        });
        bounded(router, bounds)
    };
    of(Size::Small, small)
        .merge(of(Size::Everyday, everyday))
        .merge(of(Size::Roster, roster))
        .merge(pages)
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(RequestBodyTimeoutLayer::new(BODY_IDLE_TIMEOUT))
        .layer(middleware::from_fn(cors::share))
        .layer(middleware::from_fn(layers::headers))
        .with_state(app)
}

#[derive(Clone)]
struct Bounds {
    /// For requests whose body has come.
    places: Arc<Semaphore>,
    budget: BodyBudget,
    time: Duration,
}

/// The pages alone. `own`: those of this machine, at this address; who asks by another name is refused, and what the pages ask of the
/// channel is handed on.
pub(crate) fn pages_router(source: impl Source, own: Option<(SocketAddr, Relay)>) -> Router {
    let bounds = Bounds {
        places: Arc::new(Semaphore::new(MAX_CONCURRENT_REQUESTS)),
        budget: BodyBudget::new(BODY_BUDGET_BYTES, MAX_SMALL_BODY_BYTES),
        time: REQUEST_TIMEOUT,
    };
    let pages = bounded(demur_pages::router(source), bounds);
    let finished = |router: Router| {
        router
            .fallback(not_found)
            .method_not_allowed_fallback(not_allowed)
            .layer(RequestBodyTimeoutLayer::new(BODY_IDLE_TIMEOUT))
    };
    let router = match own {
        None => finished(pages),
        Some((address, relay)) => finished(pages.merge(relayed(relay)))
            .layer(middleware::from_fn_with_state(address, host::own)),
    };
    router.layer(middleware::from_fn(layers::headers))
}

/// What the pages of one machine ask of the channel: one person's requests, the largest included.
fn relayed(relay: Relay) -> Router {
    let bounds = Bounds {
        places: Arc::new(Semaphore::new(MAX_RELAYED_AT_ONCE)),
        budget: BodyBudget::new(ROSTER_BUDGET_BYTES, MAX_ROSTER_BODY_BYTES),
        time: ROSTER_TIMEOUT,
    };
    let router = Router::new()
        .route("/api/{*path}", any(relay::hand_on))
        .route("/record/{*path}", any(relay::hand_on))
        .with_state(relay);
    bounded(router, bounds)
}

fn bounded<T: Clone + Send + Sync + 'static>(router: Router<T>, bounds: Bounds) -> Router<T> {
    let Bounds {
        places,
        budget,
        time,
    } = bounds;
    let most = budget.most();
    router
        .layer(DefaultBodyLimit::max(most))
        .layer(middleware::from_fn_with_state(places, layers::place_limit))
        .layer(middleware::from_fn_with_state(budget, layers::whole_body))
        .layer(middleware::from_fn_with_state(time, layers::time_limit))
}

async fn not_found(request: Request) -> Response {
    // A person who mistyped an address gets a page, a program a problem.
    let path = request.uri().path();
    if path.starts_with("/api/") || path.starts_with("/record/") {
        return Refusal::missing("not-found", "there is no such path: see the list of routes")
            .into_response();
    }
    demur_pages::not_found()
}

async fn not_allowed() -> Response {
    let message = "this path does not take this method: see the list of routes";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", message).into_response()
}
