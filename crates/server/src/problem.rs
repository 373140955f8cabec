//! Refusals: what was wrong, as a client is told.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use demur_client::api;
use demur_client::api::Placed;
use demur_record::event::Version;
use demur_store::{ConflictKind, StoreError};

use crate::limits::RETRY_AFTER_SECONDS;

/// A request that is not carried out.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// What the client sent is not acceptable: 4xx.
    Client(Box<ClientRefusal>),
    /// Too much to do at this moment: 503 with `Retry-After`.
    Busy,
    /// Storage or the machine failed: 500. The reason is logged, never sent.
    Internal(String),
}

/// See [`Refusal::Client`].
#[derive(Debug)]
pub(crate) struct ClientRefusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    latest: Option<Placed<Version>>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self::Client(Box::new(ClientRefusal {
            status,
            code,
            message: message.into(),
            latest: None,
        }))
    }

    /// 400: the bytes can't be read as what the path takes.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    /// 422: well formed, and against the rules.
    pub(crate) fn rule(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// 409: against what is there already.
    pub(crate) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 403: the signature, token or session doesn't allow it.
    pub(crate) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 404.
    pub(crate) fn missing(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// 401: no session, or one that has ended.
    pub(crate) fn session() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "session",
            "no session, or it has ended: sign in again",
        )
    }

    /// 404 for a memo: the same whether it never was, lapsed or was withdrawn.
    pub(crate) fn unknown_memo() -> Self {
        Self::missing(
            "unknown-memo",
            "no such memo, or this token doesn't open it: check the link",
        )
    }

    /// 409 with the version that came first.
    pub(crate) fn sibling(latest: Placed<Version>) -> Self {
        let number = latest.event.body.number;
        Self::Client(Box::new(ClientRefusal {
            status: StatusCode::CONFLICT,
            code: "sibling",
            message: format!(
                "version {number} was registered first: read it, merge, and send yours as version {}",
                number.saturating_add(1)
            ),
            latest: Some(latest),
        }))
    }

    /// In words, for the operator.
    pub(crate) fn reason(self) -> String {
        match self {
            Self::Client(refusal) => refusal.message,
            Self::Busy => "busy: try again".to_owned(),
            Self::Internal(reason) => reason,
        }
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Client(refusal) => refusal.code,
            Self::Busy => "busy",
            Self::Internal(_) => "internal",
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::NotFound { what: "memo" } => Self::unknown_memo(),
            StoreError::NotFound { .. } => Self::missing("not-found", message),
            StoreError::Busy { .. } => Self::Busy,
            StoreError::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", message)
            }
            StoreError::Conflict(kind) => match kind {
                ConflictKind::OpeningTaken => Self::conflict("opening-taken", message),
                ConflictKind::MemoExists => Self::conflict("memo-exists", message),
                // Callers answer with the sibling itself.
                ConflictKind::Sibling(_) => Self::conflict("sibling", message),
                ConflictKind::VersionGap { .. } => Self::conflict("version-gap", message),
                ConflictKind::Sequence { .. } => Self::conflict("sequence", message),
                ConflictKind::Filed => Self::conflict("filed", message),
                ConflictKind::NotFiled => Self::conflict("not-filed", message),
                ConflictKind::Claimed { .. } => Self::conflict("step", message),
                ConflictKind::TooManyMessages { .. } => Self::rule("too-many", message),
                ConflictKind::Exists { .. } => Self::conflict("exists", message),
                _ => Self::Internal(message),
            },
            _ => Self::Internal(message),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, message, latest) = match self {
            Self::Client(refusal) => {
                let ClientRefusal {
                    status,
                    code,
                    message,
                    latest,
                } = *refusal;
                (status, code, message, latest)
            }
            Self::Busy => {
                let message = format!(
                    "too much to do at this moment: send the same again in {RETRY_AFTER_SECONDS} seconds"
                );
                (StatusCode::SERVICE_UNAVAILABLE, "busy", message, None)
            }
            Self::Internal(reason) => {
                tracing::error!(%reason, "a request failed");
                let message = "the server failed; nothing was changed unless you hold a promise: send the same again".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", message, None)
            }
        };
        let body = api::Problem {
            code: code.to_owned(),
            message,
            latest,
        };
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }
}
