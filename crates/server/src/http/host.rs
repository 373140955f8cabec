//! Pages for one machine are not for those whom a name server sends there.
//!
//! A page from anywhere can have its own name answered with this machine's address (DNS rebinding), and would then count as the
//! same origin as what is served here. Its requests still say its name.

use std::net::SocketAddr;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

/// Refuses what was not sent to this machine by its own name.
pub(crate) async fn own(
    State(address): State<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if is_own(request.headers(), address) && request.uri().authority().is_none() {
        return next.run(request).await;
    }
    let message =
        "this address was asked for by another name; use the one that `demur open` printed\n";
    (StatusCode::MISDIRECTED_REQUEST, message).into_response()
}

fn is_own(headers: &HeaderMap, address: SocketAddr) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let port = address.port();
    [address.to_string(), format!("localhost:{port}")]
        .iter()
        .any(|own| host.as_bytes() == own.as_bytes())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_this_machines_own_names() {
        let asked = |hosts: &[&'static str], address: &str| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(header::HOST, HeaderValue::from_static(host));
            }
            is_own(&headers, address.parse().unwrap())
        };
        for good in ["127.0.0.1:8080", "localhost:8080"] {
            assert!(asked(&[good], "127.0.0.1:8080"), "{good}");
        }
        assert!(asked(&["[::1]:8080"], "[::1]:8080"));
        for bad in [
            "rivers.example:8080",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1:8080.rivers.example",
            "localhost.rivers.example:8080",
            "LOCALHOST:8080",
            "",
        ] {
            assert!(!asked(&[bad], "127.0.0.1:8080"), "{bad}");
        }
        assert!(!asked(&[], "127.0.0.1:8080"));
        assert!(!asked(
            &["localhost:8080", "rivers.example"],
            "127.0.0.1:8080"
        ));
    }
}
