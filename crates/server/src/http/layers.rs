//! What goes around every request: headers, time, how many at once.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use bytes::BytesMut;
use demur_pages::PLAIN_POLICY;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::Refusal;

const SECURITY_HEADERS: [(&str, &str); 7] = [
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
    // A page whose script works on the visitor's device has a policy of its own.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(PLAIN_POLICY));
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

/// What bodies may take in memory until their requests are answered.
#[derive(Clone)]
pub(crate) struct BodyBudget {
    /// In bytes.
    left: Arc<Semaphore>,
    /// The largest body.
    most: usize,
}

impl BodyBudget {
    /// Of `total` bytes for all of them.
    pub(crate) fn new(total: usize, most: usize) -> Self {
        Self {
            left: Arc::new(Semaphore::new(total)),
            most,
        }
    }

    /// Out of the same total, for bodies of another size.
    pub(crate) fn up_to(&self, most: usize) -> Self {
        Self {
            left: Arc::clone(&self.left),
            most,
        }
    }

    pub(crate) const fn most(&self) -> usize {
        self.most
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let bytes = u32::try_from(bytes).map_err(|_| Refusal::Busy)?;
        Arc::clone(&self.left)
            .try_acquire_many_owned(bytes)
            .map_err(|_| Refusal::Busy)
    }
}

/// Takes the whole body in before the request gets a place: who sends slowly holds a connection, and of the memory for bodies what
/// came so far, but none of the places of those who have sent theirs.
pub(crate) async fn whole_body(
    State(budget): State<BodyBudget>,
    request: Request,
    next: Next,
) -> Response {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::DELETE
    ) {
        // Nobody reads it.
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match read_whole(&budget, &parts.headers, body).await {
        Ok((bytes, _held)) => {
            let request = Request::from_parts(parts, Body::from(bytes));
            next.run(request).await
        }
        Err(refusal) => {
            let mut response = refusal.into_response();
            // The rest of the body is not read: the connection can't be used again.
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
    }
}

async fn read_whole(
    budget: &BodyBudget,
    headers: &HeaderMap,
    mut body: Body,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), Refusal> {
    let too_large = || {
        let message = "the body is larger than this path takes";
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", message)
    };
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|n| n.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|n| n > budget.most) {
        return Err(too_large());
    }
    let mut bytes = BytesMut::new();
    let mut held: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::malformed("the body broke off"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if data.len() > budget.most - bytes.len() {
            return Err(too_large());
        }
        let more = budget.take(data.len())?;
        match &mut held {
            Some(held) => held.merge(more),
            None => held = Some(more),
        }
        bytes.extend_from_slice(&data);
    }
    Ok((bytes.freeze(), held))
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
    use axum::{
        Router, middleware,
        routing::{get, post},
    };
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

    /// A body that never ends holds none of the places, and no more memory than what came of it.
    #[tokio::test]
    async fn a_slow_body_takes_no_place() {
        let places = Arc::new(Semaphore::new(1));
        let budget = BodyBudget::new(100, 60);
        let router = Router::new()
            .route("/", post(|body: Bytes| async move { body }))
            .layer(middleware::from_fn_with_state(places, place_limit))
            .layer(middleware::from_fn_with_state(budget.clone(), whole_body));
        let send = |body: Body| {
            let request = Request::post("/").body(body).unwrap();
            router.clone().oneshot(request)
        };
        // Its sender has sent ten bytes and keeps the rest back.
        let (mut sender, slow) = http_body_util::channel::Channel::<Bytes>::new(1);
        sender
            .send_data(Bytes::from_static(&[7; 10]))
            .await
            .unwrap();
        let slow = tokio::spawn(send(Body::new(slow)));
        while budget.left.available_permits() == 100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(budget.left.available_permits(), 90);
        assert_eq!(
            send(Body::from(vec![1; 60])).await.unwrap().status(),
            StatusCode::OK
        );
        let large = send(Body::from(vec![1; 61])).await.unwrap();
        assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(large.headers()[header::CONNECTION], "close");
        // All that there is was taken: told to come again.
        let taken = budget.take(80).unwrap();
        let busy = send(Body::from(vec![1; 11])).await.unwrap();
        assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(taken);
        drop(sender);
        let answer = slow.await.unwrap().unwrap();
        assert_eq!(
            answer.into_body().collect().await.unwrap().to_bytes().len(),
            10
        );
        assert_eq!(budget.left.available_permits(), 100);
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
