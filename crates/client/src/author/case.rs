//! The case as its authors see it after filing.

use demur_channel::{Case, Deadline, Response, ResponseFile};
use demur_encoding::{Bytes, Time, sha256};
use demur_record::event::Event;
use zeroize::Zeroizing;

use super::keys::MyMemo;
use crate::{
    api::{AuthorView, MessageView, PostAuthorMessage, Waiting},
    device::Mirror,
    keys::{seal, signed_request},
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

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u32,
    /// `authors` or `office`.
    pub from: String,
    /// To the day.
    pub day: String,
    /// The text, or why it can't be read.
    pub text: Result<String, String>,
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
    let response = match (facts.responded, view.response) {
        (None, None) => None,
        (Some(_), None) => return Err(AuthorCaseError::Missing("response")),
        (None, Some(_)) => return Err(AuthorCaseError::Response("there is none".to_owned())),
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
            let response = file.response;
            response
                .check_complete(my.memo, entry.points)
                .map_err(|e| bad(&e))?;
            Some(response)
        }
    };
    let returned = match (facts.returned, view.returned) {
        (None, None) => None,
        (Some(_), None) => return Err(AuthorCaseError::Missing("letter of return")),
        (None, Some(_)) => return Err(AuthorCaseError::Letter),
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
    let messages = open_messages(&my.keys.seal, view.messages);
    Ok(AuthorCase {
        case,
        deadlines,
        as_of,
        accesses,
        messages,
        returned,
        response,
        waiting: view.waiting,
    })
}

/// The longest message, in bytes.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// Why a message can't be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// Nothing in it.
    #[error("the message is empty")]
    Empty,
    /// Over [`MAX_MESSAGE`].
    #[error("the message has {0} bytes; at most {MAX_MESSAGE}")]
    TooLong(usize),
    /// The record has no key to seal to.
    #[error("the record names no key of the office to seal to")]
    NoKey,
    /// See there.
    #[error(transparent)]
    Seal(#[from] crate::keys::SealingError),
}

/// A message to the office, sealed to it and the authors, for
/// [`calls::author_message`](crate::calls::author_message).
///
/// # Errors
/// When it is empty or too long, or the record names no office.
pub fn message(
    my: &MyMemo,
    text: &str,
    mirror: &Mirror,
    now: Time,
) -> Result<PostAuthorMessage, MessageError> {
    let office = mirror
        .recipient(demur_record::entry::Role::Office)
        .ok_or(MessageError::NoKey)?;
    let sealed = seal_message(
        text,
        &office,
        my.opening.authors.iter().map(|a| a.seal.as_str()),
    )?;
    let subject = sha256(&sealed.0).to_string();
    let request = signed_request(&my.keys.sign, "messages", &subject, now);
    Ok(PostAuthorMessage { request, sealed })
}

/// A message's age file, for both sides.
pub(crate) fn seal_message<'a>(
    text: &str,
    office: &'a str,
    authors: impl Iterator<Item = &'a str>,
) -> Result<Bytes, MessageError> {
    if text.trim().is_empty() {
        return Err(MessageError::Empty);
    }
    if text.len() > MAX_MESSAGE {
        return Err(MessageError::TooLong(text.len()));
    }
    let to: Vec<&str> = [office].into_iter().chain(authors).collect();
    Ok(seal(text.as_bytes(), &to)?)
}

pub(crate) fn open_messages(key: &crate::keys::SealKey, messages: Vec<MessageView>) -> Vec<Line> {
    let line = |m: MessageView| Line {
        number: m.number,
        from: m.from,
        day: m.day,
        text: read_text(key, &m.sealed),
    };
    messages.into_iter().map(line).collect()
}

pub(crate) fn read_text(key: &crate::keys::SealKey, file: &Bytes) -> Result<String, String> {
    let plain: Zeroizing<Vec<u8>> = key.open(file).map_err(|e| e.to_string())?;
    String::from_utf8(plain.to_vec()).map_err(|_| "not UTF-8 text".to_owned())
}
