//! What stands where a page can't be shown.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{Assets, PLAIN_POLICY, Unavailable};

/// What `Retry-After` says when the record can't be read at this moment, in seconds.
const RETRY_AFTER_SECONDS: u64 = 5;

/// A page that is not shown.
#[derive(Debug)]
pub(crate) enum Failure {
    NotFound,
    Unavailable(Unavailable),
    /// A page could not be made: the reason is logged, never sent.
    Broken(String),
}

#[derive(Template)]
#[template(path = "failure.html")]
struct Page {
    style: &'static str,
    title: &'static str,
    text: &'static str,
}

impl From<Unavailable> for Failure {
    fn from(reason: Unavailable) -> Self {
        Self::Unavailable(reason)
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "There is no such page",
                "Nothing stands at this address, or no longer.",
            ),
            Self::Unavailable(Unavailable::Busy) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Not at this moment",
                "The record can't be read at this moment. Load the page again in a few seconds.",
            ),
            Self::Unavailable(Unavailable::Failed(reason)) | Self::Broken(reason) => {
                tracing::error!(%reason, "a page failed");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "The server failed",
                    "Nothing was changed. Load the page again; if it stays so, tell whoever runs this server.",
                )
            }
        };
        let page = Page {
            style: Assets::embedded().style.path,
            title,
            text,
        };
        let body = page.render().unwrap_or_else(|_| title.to_owned());
        let mut response = (
            status,
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, PLAIN_POLICY),
            ],
            body,
        )
            .into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let after = HeaderValue::from(RETRY_AFTER_SECONDS);
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        response
    }
}

/// The page of an address that leads nowhere.
#[must_use]
pub fn not_found() -> Response {
    Failure::NotFound.into_response()
}
