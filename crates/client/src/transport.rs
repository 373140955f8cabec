//! Requests and answers, apart from how they travel.
//!
//! A [`Call`] is a request that has been built and the way to read its answer. The program sends
//! it with a [`Transport`] at once ([`Call::send`]); a page takes [`Call::request`], fetches, and
//! gives the answer to [`Call::read`].

use std::fmt;

use demur_encoding::json;
use serde::{Serialize, de::DeserializeOwned};

use crate::api::Problem;

/// The longest JSON answer that is read, in bytes.
pub const MAX_ANSWER: usize = 64 << 20;

/// The longest refusal that is read, in bytes.
pub const MAX_REFUSAL: usize = 1 << 20;

/// The methods that the interface uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

impl Method {
    /// As it stands in a request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A request that is ready to be sent, with these headers and no others that tell anything.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// From the server's root, for example `/api/channel`.
    pub path: String,
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// JSON, where there is one.
    pub body: Option<Vec<u8>>,
    /// The longest answer that the sender reads, in bytes; a longer one is a [`TransportError`].
    pub limit: usize,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bodies hold passwords, headers hold sessions and access tokens.
        write!(f, "{} {}", self.method.as_str(), self.path)
    }
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}, {} bytes", self.status, self.body.len())
    }
}

/// No answer came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TransportError(pub String);

/// How requests travel: the program's HTTP client, a page's `fetch`, a test's table.
pub trait Transport {
    /// Sends one request and waits for the answer, whatever its status.
    ///
    /// # Errors
    /// When no answer came, or a longer one than [`Request::limit`].
    fn send(&self, request: &Request) -> Result<Response, TransportError>;
}

impl<T: Transport + ?Sized> Transport for &T {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        (**self).send(request)
    }
}

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// No answer came. The request may have been carried out: the same one may be sent again.
    #[error("{path}: {source}")]
    Transport {
        /// Where to.
        path: String,
        /// What happened.
        source: TransportError,
    },
    /// The server refused.
    #[error("the server refused ({}, status {status}): {}", problem.code, problem.message)]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why, in its words.
        problem: Box<Problem>,
    },
    /// The answer is not of the form that the interface has.
    #[error("{path}: the server's answer cannot be read: {why}")]
    Answer {
        /// Where to.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

impl CallError {
    /// The problem's code, where the server refused.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { problem, .. } => Some(&problem.code),
            _ => None,
        }
    }

    /// Whether a refusal is the server's last word: the others may change when the same is sent again.
    #[must_use]
    pub const fn is_definite(&self) -> bool {
        match self {
            Self::Refused { status, .. } => {
                *status >= 400 && *status < 500 && !matches!(*status, 401 | 408 | 425 | 429)
            }
            _ => false,
        }
    }

    /// Whether the server refused with status 404.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

/// A request and how its answer is read.
pub struct Call<T> {
    request: Request,
    read: fn(&Request, Vec<u8>) -> Result<T, CallError>,
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}

impl Call<Vec<u8>> {
    /// A file: its bytes as they are, at most `limit`.
    pub(crate) fn file(path: String, limit: usize) -> Self {
        let request = Request {
            method: Method::Get,
            path,
            headers: Vec::new(),
            body: None,
            limit,
        };
        Self {
            request,
            read: |_, body| Ok(body),
        }
    }
}

impl<T: DeserializeOwned> Call<T> {
    /// A request without a body whose answer is JSON.
    pub(crate) fn json(method: Method, path: String) -> Self {
        let request = Request {
            method,
            path,
            headers: Vec::new(),
            body: None,
            limit: MAX_ANSWER,
        };
        let read = |request: &Request, body: Vec<u8>| {
            json::from_slice(&body).map_err(|e| CallError::Answer {
                path: request.path.clone(),
                why: e.to_string(),
            })
        };
        Self { request, read }
    }
}

impl<T> Call<T> {
    /// With a JSON body.
    pub(crate) fn body(mut self, body: &impl Serialize) -> Self {
        // The wire types are structs of texts, numbers and lists: they always serialize.
        self.request.body = Some(json::to_vec(body).expect("wire types serialize"));
        self.request
            .headers
            .push(("content-type", "application/json".to_owned()));
        self
    }

    /// With one more header.
    pub(crate) fn header(mut self, name: &'static str, value: String) -> Self {
        self.request.headers.push((name, value));
        self
    }

    /// What is to be sent.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// When the status is not 2xx, or the body not of the form that belongs here.
    pub fn read(&self, response: Response) -> Result<T, CallError> {
        let Response { status, body } = response;
        if (200..300).contains(&status) {
            return (self.read)(&self.request, body);
        }
        // A proxy's refusal is no `Problem`; then the status must do.
        let problem = body
            .get(..body.len().min(MAX_REFUSAL))
            .and_then(|body| json::from_slice(body).ok())
            .unwrap_or_else(|| Problem {
                code: format!("http-{status}"),
                message: format!("{} gave no reason", self.request.path),
                latest: None,
            });
        Err(CallError::Refused {
            status,
            problem: Box::new(problem),
        })
    }

    /// Sends and reads.
    ///
    /// # Errors
    /// As [`Transport::send`] and [`Call::read`].
    pub fn send(&self, transport: &(impl Transport + ?Sized)) -> Result<T, CallError> {
        let response = transport
            .send(&self.request)
            .map_err(|source| CallError::Transport {
                path: self.request.path.clone(),
                source,
            })?;
        self.read(response)
    }
}

/// The answer `{}`: done, and nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Done {}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &str) -> Response {
        Response {
            status,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn answers_are_read_and_refusals_told() {
        let call: Call<Done> = Call::json(Method::Post, "/api/x".to_owned()).body(&1);
        assert_eq!(call.read(response(200, "{}")), Ok(Done {}));
        assert!(matches!(
            call.read(response(200, "<html>")),
            Err(CallError::Answer { .. })
        ));
        let refused = call
            .read(response(409, r#"{"code":"sequence","message":"m"}"#))
            .unwrap_err();
        assert_eq!(refused.code(), Some("sequence"));
        let proxy = call.read(response(502, "<html>")).unwrap_err();
        assert_eq!(proxy.code(), Some("http-502"));
        assert!(call.read(response(404, "")).unwrap_err().is_not_found());
    }

    #[test]
    fn debug_shows_no_body_and_no_header() {
        let call: Call<Done> = Call::json(Method::Post, "/api/session".to_owned())
            .body(&"hunter2")
            .header("authorization", "Bearer t0ken".to_owned());
        assert_eq!(format!("{call:?}"), "POST /api/session");
    }
}
