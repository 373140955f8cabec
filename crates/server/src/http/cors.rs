//! The interface and the record for pages of other origins: a union's, a witness's, the program's own on somebody's machine.
//!
//! Any origin may ask, and learns what any program could: no answer depends on what a browser adds by itself, as there are no
//! cookies. What a request needs beside its body it says in headers that its page must know.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

/// For how long a browser may keep what it was told, in seconds: a day. Some keep it for two hours at most.
const MAX_AGE: &str = "86400";

/// The headers that calls of the interface have: `demur_client::calls`.
const HEADERS: &str = "authorization, content-type, demur-access";

/// Answers what a browser asks before a call, and lets pages of any origin read the answers.
pub(crate) async fn share(request: Request, next: Next) -> Response {
    let Some(methods) = methods(request.uri().path()) else {
        return next.run(request).await;
    };
    let asks = request.headers().contains_key(header::ORIGIN)
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if request.method() == Method::OPTIONS && asks {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        open(headers);
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        return response;
    }
    let mut response = next.run(request).await;
    open(response.headers_mut());
    response
}

fn open(headers: &mut HeaderMap) {
    let any = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    let told = HeaderValue::from_static("retry-after");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, told);
}

/// The methods of what lies at `path`; none for pages and their files, which are for this origin alone.
fn methods(path: &str) -> Option<&'static str> {
    if path.starts_with("/api/") {
        Some("GET, POST, PUT, DELETE")
    } else if path.starts_with("/record/") {
        Some("GET")
    } else {
        None
    }
}
