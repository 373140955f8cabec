//! What goes around every request: headers, time, how many at once.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use tokio::sync::Semaphore;

use crate::problem::Refusal;

/// Nothing but our own style sheet; no script, no frame, no form to elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SECURITY_HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
    ("x-robots-tag", "noarchive"),
];

/// Headers on every answer. `Set-Cookie` is taken off, whoever set it: no path of this server has a cookie.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    dress(response.headers_mut());
    response
}

fn dress(headers: &mut HeaderMap) {
    headers.remove(header::SET_COOKIE);
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Ends a request that takes longer than `limit`, a body that trickles included. What it had committed stays.
pub(crate) async fn time_limit(
    State(limit): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let seconds = limit.as_secs();
            let message = format!("the request took longer than {seconds} seconds: send it again");
            let mut response =
                Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", message).into_response();
            // The rest of the body is not read: the connection can't be used again.
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
    }
}

/// Sends away what is more than the places there are.
pub(crate) async fn place_limit(
    State(places): State<Arc<Semaphore>>,
    request: Request,
    next: Next,
) -> Response {
    match places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => Refusal::Busy.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(router: &Router) -> Response {
        router
            .clone()
            .oneshot(Request::new(Body::empty()))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn what_takes_too_long_is_ended() {
        let slow = Router::new()
            .route("/", get(|| tokio::time::sleep(Duration::from_secs(30))))
            .layer(middleware::from_fn_with_state(
                Duration::from_millis(20),
                time_limit,
            ));
        let response = ask(&slow).await;
        assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(response.headers()[header::CONNECTION], "close");
    }

    #[tokio::test]
    async fn what_is_too_much_is_told_to_come_again() {
        let places = Arc::new(Semaphore::new(1));
        let router = Router::new()
            .route(
                "/",
                get(|| async { ([(header::SET_COOKIE, "a=b")], "fine") }),
            )
            .layer(middleware::from_fn_with_state(
                Arc::clone(&places),
                place_limit,
            ))
            .layer(middleware::from_fn(headers));
        let fine = ask(&router).await;
        assert_eq!(fine.status(), StatusCode::OK);
        assert!(
            !fine.headers().contains_key(header::SET_COOKIE),
            "no cookie gets out, whoever sets it"
        );
        let taken = places.acquire().await.unwrap();
        let busy = ask(&router).await;
        assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(busy.headers()[header::RETRY_AFTER], "5");
        drop(taken);
        assert_eq!(ask(&router).await.status(), StatusCode::OK);
    }
}
