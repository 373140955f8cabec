//! What the server answers: docs of the routes are in `demur_client::api`.

pub(crate) mod accounts;
pub(crate) mod approvals;
pub(crate) mod authors;
pub(crate) mod channel;
pub(crate) mod drafts;
pub(crate) mod editions;
pub(crate) mod enrol;
pub(crate) mod entries;
pub(crate) mod office;
pub(crate) mod openings;
pub(crate) mod principal;
mod room;
pub(crate) mod rows;
pub(crate) mod sign_ons;
pub(crate) mod steps;
pub(crate) mod versions;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use demur_encoding::Bytes;

use crate::problem::Refusal;

/// Refuses what is larger than its kind may be, or empty.
pub(crate) fn small(bytes: &Bytes, max: usize) -> Result<(), Refusal> {
    let size = bytes.0.len();
    if size == 0 {
        return Err(Refusal::rule("empty", "the sealed file is empty"));
    }
    if size > max {
        let message = format!("a sealed file of {size} bytes; at most {max} are taken here");
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            message,
        ));
    }
    Ok(())
}

/// Bytes that a browser must not make sense of.
pub(crate) fn file(bytes: Vec<u8>) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment"),
        ),
    ];
    (headers, bytes).into_response()
}
