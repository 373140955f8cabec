//! The channel's interface and record, for pages that are served on their reader's own machine (`demur open`).
//!
//! A browser that asks the channel itself adds what tells people apart: the address of the page that asks (`Origin`), with a port that is this
//! home's own, and what it is and speaks. It also goes its own way, whatever proxy the program was given. So the pages ask
//! here, and the program asks the channel, as its commands do.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method as HttpMethod, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use demur_client::transport::{self, MAX_ANSWER, Method, Transport};
use http_body_util::BodyExt as _;

use crate::{limits::MAX_ROSTER_BODY_BYTES, problem::Refusal};

/// The way to the channel.
pub type Relay = Arc<dyn Transport + Send + Sync>;

/// The longest answer that is handed on, in bytes: no call of `demur_client` reads a longer one.
const MAX_RELAYED: usize = MAX_ANSWER;

/// What a call of the interface says in headers: `demur_client::calls`. Nothing else is handed on.
const HANDED_ON: [(&str, HeaderName); 3] = [
    ("authorization", header::AUTHORIZATION),
    ("content-type", header::CONTENT_TYPE),
    ("demur-access", HeaderName::from_static("demur-access")),
];

/// Asks the channel what one of this machine's pages asks. The address was told apart by `host` before.
pub(crate) async fn hand_on(State(relay): State<Relay>, request: Request) -> Response {
    match handed_on(relay, request).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn handed_on(relay: Relay, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if !is_of_own_page(&parts.headers) {
        let message = "this address hands on what its own pages ask, and not what other pages do";
        return Err(Refusal::forbidden("origin", message));
    }
    let method = match parts.method {
        HttpMethod::GET => Method::Get,
        HttpMethod::POST => Method::Post,
        HttpMethod::PUT => Method::Put,
        HttpMethod::DELETE => Method::Delete,
        _ => {
            let message = "GET, POST, PUT and DELETE are handed on";
            let status = StatusCode::METHOD_NOT_ALLOWED;
            return Err(Refusal::new(status, "method", message));
        }
    };
    let path = { parts.uri.path_and_query() }
        .ok_or_else(|| Refusal::malformed("a path is missing"))?
        .to_string();
    let headers = HANDED_ON.into_iter().filter_map(|(name, header)| {
        let value = parts.headers.get(header)?.to_str().ok()?;
        Some((name, value.to_owned()))
    });
    let headers = headers.collect();
    let bytes = whole(body).await?;
    let asked = transport::Request {
        method,
        path,
        headers,
        body: (!bytes.is_empty()).then(|| bytes.to_vec()),
        limit: MAX_RELAYED,
    };
    let answer = tokio::task::spawn_blocking(move || relay.send(&asked)).await;
    let answer = answer.map_err(|e| Refusal::Internal(e.to_string()))?;
    let answer = answer.map_err(|e| {
        let message = format!("the channel gave no answer: {e}");
        Refusal::new(StatusCode::BAD_GATEWAY, "no-answer", message)
    })?;
    let status = StatusCode::from_u16(answer.status)
        .map_err(|e| Refusal::new(StatusCode::BAD_GATEWAY, "no-answer", e.to_string()))?;
    Ok((status, answer.body).into_response())
}

/// Whether the page that asks, if it is one, was served here. Browsers say so of every request that a page makes; programs say nothing.
fn is_of_own_page(headers: &HeaderMap) -> bool {
    let own = |name: &str, is_own: &dyn Fn(&[u8]) -> bool| {
        { headers.get_all(name).iter() }.all(|value| is_own(value.as_bytes()))
    };
    let host = headers
        .get(header::HOST)
        .map_or(&b""[..], |host| host.as_bytes());
    own("sec-fetch-site", &|site| site == b"same-origin")
        && own("origin", &|origin| {
            origin.strip_prefix(b"http://") == Some(host)
        })
}

/// The body, which `layers` has bounded and taken in.
async fn whole(body: axum::body::Body) -> Result<Bytes, Refusal> {
    let body = http_body_util::Limited::new(body, MAX_ROSTER_BODY_BYTES);
    let collected = body.collect().await;
    let collected = collected.map_err(|e| Refusal::malformed(format!("the body: {e}")))?;
    Ok(collected.to_bytes())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_pages_that_were_served_here_ask() {
        let asks = |site: &[&'static str], origin: &[&'static str]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
            for site in site {
                headers.append("sec-fetch-site", HeaderValue::from_static(site));
            }
            for origin in origin {
                headers.append("origin", HeaderValue::from_static(origin));
            }
            is_of_own_page(&headers)
        };
        assert!(asks(&[], &[]));
        assert!(asks(&["same-origin"], &[]));
        assert!(asks(&["same-origin"], &["http://127.0.0.1:8080"]));
        for site in ["cross-site", "same-site", "none", ""] {
            assert!(!asks(&[site], &[]), "{site}");
        }
        for origin in [
            "null",
            "https://127.0.0.1:8080",
            "http://127.0.0.1:80",
            "http://rivers.example",
            "",
        ] {
            assert!(!asks(&[], &[origin]), "{origin}");
        }
        assert!(!asks(&["same-origin", "cross-site"], &[]));
        assert!(!asks(
            &[],
            &["http://127.0.0.1:8080", "http://rivers.example"]
        ));
    }
}
