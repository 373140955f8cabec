//! The case as its authors see it after filing.

use demur_channel::{Case, Deadline, Response, ResponseFile};
use demur_encoding::{Time, sha256};
use demur_record::event::Event;

use super::{
    keys::MyMemo,
    message::{Line, open_messages, read_text},
};
use crate::{
    api::{AuthorView, Waiting},
    device::Mirror,
    keys::signed_request,
};

/// All that the authors can know of their case.
#[derive(Debug)]
pub struct AuthorCase {
    /// Steps and due dates, from the record alone; `None` before the record shows the filing.
    pub case: Option<Case>,
    /// As of the newest checkpoint that this device holds.
    pub deadlines: Vec<Deadline>,
    /// The newest checkpoint's time.
    pub as_of: Option<Time>,
    /// Each time that an official was given the sealed file.
    pub accesses: Vec<AccessLine>,
    /// Both ways, in order.
    pub messages: Vec<Line>,
    /// The letter of return.
    pub returned: Option<Returned>,
    /// The response, checked against the record.
    pub response: Option<Response>,
    /// The same with the salt, by which others can hold it against the record.
    pub response_file: Option<ResponseFile>,
    /// What other authors propose.
    pub waiting: Vec<Waiting>,
}

/// That an official was given the sealed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLine {
    /// The account.
    pub account: String,
    /// `steward`, or a distribution identifier.
    pub role: String,
    /// When, by the server's clock.
    pub time: Time,
    /// Whether the record commits to it already.
    pub recorded: bool,
}

/// The letter of return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The reason's code.
    pub reason: String,
    /// The letter, or why it can't be read.
    pub letter: Result<String, String>,
}

/// What the server shows is not what the record says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorCaseError {
    /// An access that is about another memo, or stands elsewhere than the server says.
    #[error(
        "an access record does not stand where the server says: keep this answer, it is evidence"
    )]
    Access,
    /// The response is not the one that the record commits to.
    #[error("the response is not the one that the record commits to: {0}")]
    Response(String),
    /// The letter is not the one that the record commits to.
    #[error("the letter of return is not the one that the record commits to")]
    Letter,
    /// The record shows one, and the server doesn't give it.
    #[error("the record shows a {0}, and the server does not give it")]
    Missing(&'static str),
    /// See there.
    #[error(transparent)]
    Seal(#[from] crate::keys::SealingError),
}

/// The request for [`calls::author_view`](crate::calls::author_view).
#[must_use]
pub fn view_request(my: &MyMemo, now: Time) -> crate::api::SignedRequest {
    signed_request(&my.keys.sign, "case", &my.memo.to_string(), now)
}

/// Opens the server's answer and holds it against the record.
///
/// # Errors
/// When the two differ.
pub fn open_case(
    my: &MyMemo,
    view: AuthorView,
    mirror: &Mirror,
) -> Result<AuthorCase, AuthorCaseError> {
    let as_of = mirror.as_of();
    let case = mirror.case(my.memo);
    let deadlines = match (&case, as_of) {
        (Some(case), Some(now)) => case.deadlines(now),
        _ => Vec::new(),
    };
    let mut accesses = Vec::new();
    for placed in view.accesses {
        if placed.event.memo != my.memo {
            return Err(AuthorCaseError::Access);
        }
        let recorded = match placed.at {
            None => false,
            // Committed and not published yet, or published since this device looked: not evidence of anything.
            Some(at) if at.entry >= mirror.size() => false,
            Some(at) => {
                let slot = Event::Access(placed.event.clone()).slot(placed.salt);
                if mirror.slot_at(at).is_none() || slot.ok() != mirror.slot_at(at) {
                    return Err(AuthorCaseError::Access);
                }
                true
            }
        };
        let e = placed.event;
        accesses.push(AccessLine {
            account: e.account,
            role: e.role,
            time: e.time,
            recorded,
        });
    }
    let facts = mirror.case_files(my.memo);
    let response_file = match (facts.responded, view.response) {
        // The server has it as soon as it came, the record with the next batch: it counts then.
        (None, _) => None,
        (Some(_), None) => return Err(AuthorCaseError::Missing("response")),
        (Some(entry), Some(file)) => {
            if sha256(&file.0) != entry.sealed {
                return Err(AuthorCaseError::Response("another file".to_owned()));
            }
            let plain = my.keys.seal.open(&file)?;
            let bad = |e: &dyn std::fmt::Display| AuthorCaseError::Response(e.to_string());
            let file = ResponseFile::from_slice(&plain).map_err(|e| bad(&e))?;
            let root = file.tree().map_err(|e| bad(&e))?.root();
            if root != entry.root {
                return Err(AuthorCaseError::Response("another root".to_owned()));
            }
            file.response
                .check_complete(my.memo, entry.points)
                .map_err(|e| bad(&e))?;
            Some(file)
        }
    };
    let returned = match (facts.returned, view.returned) {
        (None, _) => None,
        (Some(_), None) => return Err(AuthorCaseError::Missing("letter of return")),
        (Some(entry), Some(file)) => {
            if sha256(&file.0) != entry.text {
                return Err(AuthorCaseError::Letter);
            }
            Some(Returned {
                reason: entry.reason,
                letter: read_text(&my.keys.seal, &file),
            })
        }
    };
    let messages = open_messages(&my.keys.seal, view.messages, &my.opening, mirror);
    Ok(AuthorCase {
        case,
        deadlines,
        as_of,
        accesses,
        messages,
        returned,
        response: response_file.as_ref().map(|file| file.response.clone()),
        response_file,
        waiting: view.waiting,
    })
}
