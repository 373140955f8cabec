//! What handlers take from a request. None of it reads a cookie; only [`Bearer`] reads `Authorization`.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request, rejection::BytesRejection},
    http::{StatusCode, header, request::Parts},
};
use demur_client::api::ACCESS_HEADER;
use demur_encoding::Digest;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::{limits::MAX_BODY_VALUES, problem::Refusal};

/// A JSON body. The content type is not looked at: there is nothing else that it could be.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(refuse_body)?;
        if too_many_values(&bytes) {
            return Err(Refusal::malformed(format!(
                "more than {MAX_BODY_VALUES} values in the JSON"
            )));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|e| {
            // serde's message may quote what was sent; what was sent may be a password.
            let what = match e.classify() {
                serde_json::error::Category::Data => {
                    "the JSON is not of the form that this path takes"
                }
                _ => "not JSON",
            };
            let place = match e.line() {
                0 => String::new(),
                line => format!(" (line {line}, column {})", e.column()),
            };
            Refusal::malformed(format!("{what}{place}: see the list of routes"))
        })
    }
}

/// Whether JSON has more values than [`MAX_BODY_VALUES`]: each takes many times more memory than the two bytes of `0,`. What stands
/// before and between them is counted, outside of texts.
fn too_many_values(json: &[u8]) -> bool {
    let (mut text, mut escaped, mut values) = (false, false, 1);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b',' | b'[' | b'{' if !text => values += 1,
            _ => {}
        }
    }
    values > MAX_BODY_VALUES
}

fn refuse_body(rejection: BytesRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            "the body is larger than this path takes",
        )
    } else {
        Refusal::malformed("the body broke off")
    }
}

/// The path's `{memo}`.
pub(crate) struct MemoPath(pub(crate) Digest);

impl<S: Send + Sync> FromRequestParts<S> for MemoPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        // What can't be a memo is treated like one that isn't there.
        let text = param(parts, state, "memo")
            .await
            .ok_or_else(Refusal::unknown_memo)?;
        text.parse().map(Self).map_err(|_| Refusal::unknown_memo())
    }
}

/// The path's `{n}`: a number without sign or leading zero.
pub(crate) struct Numbered(pub(crate) u32);

impl<S: Send + Sync> FromRequestParts<S> for Numbered {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let missing = || Refusal::missing("not-found", "no such number here");
        let text = param(parts, state, "n").await.ok_or_else(missing)?;
        let number: u32 = text.parse().map_err(|_| missing())?;
        if number.to_string() == text {
            Ok(Self(number))
        } else {
            Err(missing())
        }
    }
}

/// The path's `{name}`: a ticket, a digest, an account, as it was written.
pub(crate) struct Named(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let text = param(parts, state, "name").await;
        text.map(Self)
            .ok_or_else(|| Refusal::missing("not-found", "nothing of that name here"))
    }
}

impl Named {
    /// As a digest.
    pub(crate) fn digest(&self) -> Result<Digest, Refusal> {
        self.0
            .parse()
            .map_err(|_| Refusal::missing("not-found", "nothing of that name here"))
    }
}

async fn param<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Option<String> {
    let params = RawPathParams::from_request_parts(parts, state).await.ok()?;
    params
        .iter()
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// The token of the header `Demur-Access`.
pub(crate) struct AccessToken(pub(crate) Zeroizing<[u8; 32]>);

impl<S: Send + Sync> FromRequestParts<S> for AccessToken {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // Without a token a draft does not exist.
        let value = parts
            .headers
            .get(ACCESS_HEADER)
            .ok_or_else(Refusal::unknown_memo)?;
        let token: Digest = value
            .to_str()
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(Refusal::unknown_memo)?;
        Ok(Self(Zeroizing::new(*token.as_bytes())))
    }
}

/// The token of `Authorization: Bearer`.
pub(crate) struct Bearer(pub(crate) Zeroizing<[u8; 32]>);

impl<S: Send + Sync> FromRequestParts<S> for Bearer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let value = parts
            .headers
            .get(header::AUTHORIZATION)
            .ok_or_else(Refusal::session)?;
        let text = value.to_str().map_err(|_| Refusal::session())?;
        let (scheme, token) = text.split_once(' ').ok_or_else(Refusal::session)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Refusal::session());
        }
        let token: Digest = token.trim().parse().map_err(|_| Refusal::session())?;
        Ok(Self(Zeroizing::new(*token.as_bytes())))
    }
}
