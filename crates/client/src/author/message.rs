//! Messages between the authors and the office: docs/protocol.md, section 10.
//!
//! Both sides' recipients are known to the server, so that it could seal a message itself. So each is
//! signed by who wrote it, inside what is sealed, and whose it is follows from the signature, not from
//! what the server says.

use std::collections::BTreeSet;

use demur_encoding::{Bytes, Digest, Time, canonical, hash, sha256};
use demur_memo::version::OpeningBody;
use demur_record::entry::{Entry, Role};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::keys::MyMemo;
use crate::{
    api::{MessageView, PostAuthorMessage},
    device::Mirror,
    keys::{SealKey, SignKey, seal, signed_request, verify},
};

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

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u32,
    /// By its signature: `authors`, `office`, or `office (a former key)`. By the server's word, with a question mark,
    /// where it can't be read.
    pub from: String,
    /// To the day, by the sender's clock; by the server's where it can't be read.
    pub day: String,
    /// The text, or why it can't be read.
    pub text: Result<String, String>,
}

/// The first line of a message: canonical JSON; the text follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    #[serde(rename = "type")]
    kind: Kind,
    v: u32,
    memo: Digest,
    /// The sender's clock.
    time: Time,
    /// The sender's Ed25519 key.
    by: Digest,
    signature: Bytes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Message,
}

impl Head {
    /// What is signed: `H("demur/message", canonical head with an empty signature, text)`.
    fn signed_hash(&self, text: &str) -> Digest {
        let unsigned = Self {
            signature: Bytes::default(),
            ..self.clone()
        };
        let head = canonical::to_vec(&unsigned).expect("digests, a time and a number");
        hash("demur/message", &[&head, text.as_bytes()])
    }
}

/// A message as it is sealed.
pub(crate) struct Signed(Zeroizing<Vec<u8>>);

impl Signed {
    pub(crate) fn new(
        key: &SignKey,
        memo: Digest,
        text: &str,
        now: Time,
    ) -> Result<Self, MessageError> {
        fits(text)?;
        let mut head = Head {
            kind: Kind::Message,
            v: 1,
            memo,
            time: now,
            by: key.public(),
            signature: Bytes::default(),
        };
        head.signature = key.sign(head.signed_hash(text));
        let mut bytes = canonical::to_vec(&head).expect("digests, a time and a number");
        bytes.push(b'\n');
        bytes.extend_from_slice(text.as_bytes());
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// Reads a message on `memo` and verifies its signature; whose key it is, is the caller's to say.
    fn open(plain: &[u8], memo: Digest) -> Result<(Head, String), String> {
        let end = plain.iter().position(|byte| *byte == b'\n');
        let (head, text) = plain.split_at(end.ok_or("not a signed message")?);
        let head: Head =
            canonical::from_slice(head).map_err(|_| "not a signed message".to_owned())?;
        let text = std::str::from_utf8(&text[1..]).map_err(|_| "not UTF-8 text".to_owned())?;
        if head.v != 1 {
            return Err("a later form of message".to_owned());
        }
        if head.memo != memo {
            return Err("it was written about another memo".to_owned());
        }
        if !verify(head.by, head.signed_hash(text), &head.signature) {
            return Err("its signature does not verify".to_owned());
        }
        Ok((head, text.to_owned()))
    }
}

fn fits(text: &str) -> Result<(), MessageError> {
    if text.trim().is_empty() {
        return Err(MessageError::Empty);
    }
    if text.len() > MAX_MESSAGE {
        return Err(MessageError::TooLong(text.len()));
    }
    Ok(())
}

/// A message to the office, signed by this author and sealed to the office and the authors, for
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
    let office = mirror.recipient(Role::Office).ok_or(MessageError::NoKey)?;
    let signed = Signed::new(&my.keys.sign, my.memo, text, now)?;
    let authors = my.opening.authors.iter().map(|a| a.seal.as_str());
    let sealed = seal_message(&signed, &office, authors)?;
    let subject = sha256(&sealed.0).to_string();
    let request = signed_request(&my.keys.sign, "messages", &subject, now);
    Ok(PostAuthorMessage { request, sealed })
}

/// A message's age file, for both sides.
pub(crate) fn seal_message<'a>(
    message: &Signed,
    office: &'a str,
    authors: impl Iterator<Item = &'a str>,
) -> Result<Bytes, MessageError> {
    seal_both(&message.0, office, authors)
}

/// A text's age file, for both sides: of a letter that a signed entry commits to.
pub(crate) fn seal_text<'a>(
    text: &str,
    office: &'a str,
    authors: impl Iterator<Item = &'a str>,
) -> Result<Bytes, MessageError> {
    fits(text)?;
    seal_both(text.as_bytes(), office, authors)
}

fn seal_both<'a>(
    plain: &[u8],
    office: &'a str,
    authors: impl Iterator<Item = &'a str>,
) -> Result<Bytes, MessageError> {
    let to: Vec<&str> = [office].into_iter().chain(authors).collect();
    Ok(seal(plain, &to)?)
}

/// Opens the messages on the memo that `opening` opened. One that is signed by nobody who may, or that was shown
/// before, says so in place of its text.
pub(crate) fn open_messages(
    key: &SealKey,
    messages: Vec<MessageView>,
    opening: &OpeningBody,
    mirror: &Mirror,
) -> Vec<Line> {
    let memo = opening.id().unwrap_or(Digest::new([0; 32]));
    let mut seen = BTreeSet::new();
    let mut lines = Vec::with_capacity(messages.len());
    for message in messages {
        let number = message.number;
        let repeated = !seen.insert(sha256(&message.sealed.0));
        let opened = if repeated {
            Err("the server shows it a second time".to_owned())
        } else {
            open_one(key, &message.sealed, memo, opening, mirror)
        };
        lines.push(match opened {
            Ok((from, time, text)) => Line {
                number,
                from: from.to_owned(),
                day: time.to_string().chars().take(10).collect(),
                text: Ok(text),
            },
            Err(why) => Line {
                number,
                from: format!("{}?", message.from),
                day: message.day,
                text: Err(why),
            },
        });
    }
    lines
}

fn open_one(
    key: &SealKey,
    sealed: &Bytes,
    memo: Digest,
    opening: &OpeningBody,
    mirror: &Mirror,
) -> Result<(&'static str, Time, String), String> {
    let plain = key.open(sealed).map_err(|e| e.to_string())?;
    let (head, text) = Signed::open(&plain, memo)?;
    let from = if opening.has_author(head.by) {
        "authors"
    } else if mirror.keys().may_sign(Role::Office, head.by) {
        "office"
    } else if was_office(head.by, mirror) {
        "office (a former key)"
    } else {
        return Err("it is signed by neither the authors nor the office".to_owned());
    };
    Ok((from, head.time, text))
}

/// Whether the key was the office's at some time.
fn was_office(key: Digest, mirror: &Mirror) -> bool {
    mirror.entries().any(|(_, entry)| match entry {
        Entry::Keys(keys) => keys.role == Role::Office && keys.sign == Some(key),
        _ => false,
    })
}

/// Opens a letter's text.
pub(crate) fn read_text(key: &SealKey, file: &Bytes) -> Result<String, String> {
    let plain: Zeroizing<Vec<u8>> = key.open(file).map_err(|e| e.to_string())?;
    String::from_utf8(plain.to_vec()).map_err(|_| "not UTF-8 text".to_owned())
}
