//! The office's steps: each a signed entry and, where one belongs to it, a sealed file.

use std::collections::BTreeSet;

use demur_channel::{OrderError, Profile, Response, ResponseError, ResponseFile, Step};
use demur_encoding::{Bytes, CanonicalError, Digest, Time, sha256};
use demur_memo::{Sealed, version::OpeningBody};
use demur_record::entry::{
    Acknowledged, Distributed, Entry, EntryError, FORMAT, Responded, Returned, Role,
};
use rand_core::CryptoRng;

use crate::{
    api::PostStep,
    author::{MessageError, Signed, random, seal_message, seal_text},
    device::Mirror,
    keys::{RoleKeys, SealingError, seal, sign_entry},
};

/// Why a step can't be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// The record doesn't show the case.
    #[error("the record does not show the memo as filed")]
    UnknownCase,
    /// Out of order, or the case is closed.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// A code that the profile doesn't have.
    #[error("the profile has no reason {code:?}; it has: {known}")]
    Reason {
        /// What was given.
        code: String,
        /// The profile's.
        known: String,
    },
    /// Nobody, or somebody who is not on the list.
    #[error("{id:?} is not on the distribution list; it has: {known}")]
    Principal {
        /// What was given.
        id: String,
        /// The profile's.
        known: String,
    },
    /// Nobody to distribute to.
    #[error("name at least one official of the distribution list")]
    Nobody,
    /// A principal without a key in the record.
    #[error("the record has no key of {0}: admit the account first")]
    NoKey(String),
    /// The response doesn't answer every point.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// The letter of return.
    #[error(transparent)]
    Letter(#[from] MessageError),
    /// See there.
    #[error(transparent)]
    Seal(#[from] SealingError),
    /// See there.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// See there.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

/// "We have it."
///
/// # Errors
/// When the case isn't there to be acknowledged.
pub fn acknowledge(
    office: &RoleKeys,
    memo: Digest,
    mirror: &Mirror,
) -> Result<PostStep, StepError> {
    may(mirror, memo, Step::Acknowledged)?;
    let (by, signature) = unsigned();
    let entry = Entry::Acknowledged(Acknowledged {
        v: FORMAT,
        memo,
        by,
        signature,
    });
    post(entry, None, office)
}

/// "This is out of scope: here is why, and where to go instead." The letter is sealed to the authors and the
/// office; the reason's text and its "elsewhere" of the profile are put before it.
///
/// # Errors
/// When the profile has no such reason, or the case is not there to be returned.
pub fn return_memo(
    office: &RoleKeys,
    memo: Digest,
    code: &str,
    letter: &str,
    mirror: &Mirror,
) -> Result<PostStep, StepError> {
    let profile = may(mirror, memo, Step::Returned)?;
    let reason = profile.reason(code).ok_or_else(|| StepError::Reason {
        code: code.to_owned(),
        known: list(profile.scope.reasons.iter().map(|r| r.code.as_str())),
    })?;
    let text = format!("{}\n\n{}\n\n{letter}", reason.text, reason.elsewhere);
    let opening = opening(mirror, memo)?;
    let authors = opening.authors.iter().map(|a| a.seal.as_str());
    let sealed = seal_text(&text, &office.seal.recipient(), authors)?;
    let (by, signature) = unsigned();
    let text = sha256(&sealed.0);
    let reason = code.to_owned();
    let entry = Entry::Returned(Returned {
        v: FORMAT,
        memo,
        reason,
        text,
        by,
        signature,
    });
    post(entry, Some(sealed), office)
}

/// The identifiers to whom the profile sends every memo.
#[must_use]
pub fn default_distribution(profile: &Profile) -> Vec<String> {
    profile
        .default_distribution()
        .map(|p| p.id.as_str().to_owned())
        .collect()
}

/// Seals the opened memo to officials of the list, whose recipients are those of the record.
///
/// # Errors
/// When one is not on the list or has no key, or the case is not there to be distributed.
pub fn distribute(
    office: &RoleKeys,
    memo: Digest,
    envelope: &Sealed,
    to: &[String],
    mirror: &Mirror,
) -> Result<PostStep, StepError> {
    let profile = may(mirror, memo, Step::Distributed)?;
    let to: BTreeSet<&str> = to.iter().map(String::as_str).collect();
    if to.is_empty() {
        return Err(StepError::Nobody);
    }
    let mut recipients = Vec::with_capacity(to.len() + 1);
    for id in &to {
        if profile.principal(id).is_none() {
            return Err(StepError::Principal {
                id: (*id).to_owned(),
                known: list(profile.distribution.iter().map(|p| p.id.as_str())),
            });
        }
        let recipient = mirror.recipient_of(Role::Principal, id);
        recipients.push(recipient.ok_or_else(|| StepError::NoKey((*id).to_owned()))?);
    }
    // The office can show later what it sent.
    recipients.push(office.seal.recipient());
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let sealed = seal(&envelope.to_bytes(), &recipients)?;
    let (by, signature) = unsigned();
    let entry = Entry::Distributed(Distributed {
        v: FORMAT,
        memo,
        to: to.into_iter().map(str::to_owned).collect(),
        sealed: sha256(&sealed.0),
        by,
        signature,
    });
    post(entry, Some(sealed), office)
}

/// The answer to each point, sealed to the authors and the office.
///
/// # Errors
/// When a point is unanswered or one too many is answered, or the case is not there to be answered.
pub fn respond(
    office: &RoleKeys,
    memo: Digest,
    points: u32,
    response: Response,
    mirror: &Mirror,
    rng: &mut impl CryptoRng,
) -> Result<PostStep, StepError> {
    may(mirror, memo, Step::Responded)?;
    response.check_complete(memo, points)?;
    let file = ResponseFile {
        salt: random(rng),
        response,
    };
    let root = file.tree()?.root();
    let recipient = office.seal.recipient();
    let opening = opening(mirror, memo)?;
    let authors = opening.authors.iter().map(|a| a.seal.as_str());
    let to: Vec<&str> = authors.chain([recipient.as_str()]).collect();
    let sealed = seal(&file.to_vec()?, &to)?;
    let (by, signature) = unsigned();
    let entry = Entry::Responded(Responded {
        v: FORMAT,
        memo,
        points,
        root,
        sealed: sha256(&sealed.0),
        by,
        signature,
    });
    post(entry, Some(sealed), office)
}

/// A message to the authors, signed by the office, for [`calls::office_message`](crate::calls::office_message).
///
/// # Errors
/// When it is empty or too long, or the record doesn't show the memo.
pub fn message(
    office: &RoleKeys,
    memo: Digest,
    text: &str,
    mirror: &Mirror,
    now: Time,
) -> Result<Bytes, StepError> {
    let opening = opening(mirror, memo)?;
    let authors = opening.authors.iter().map(|a| a.seal.as_str());
    let signed = Signed::new(&office.sign, memo, text, now)?;
    Ok(seal_message(&signed, &office.seal.recipient(), authors)?)
}

/// What opened the memo, from the record: the authors' recipients that the server names could be its own.
fn opening(mirror: &Mirror, memo: Digest) -> Result<OpeningBody, StepError> {
    mirror.opening(memo).ok_or(StepError::UnknownCase)
}

/// The case's profile, if the step may come now by what the mirror knows.
fn may(mirror: &Mirror, memo: Digest, step: Step) -> Result<Profile, StepError> {
    let mut case = mirror.case(memo).ok_or(StepError::UnknownCase)?;
    case.apply(step, mirror.time().ok_or(StepError::UnknownCase)?)?;
    Ok(case.profile().clone())
}

fn post(entry: Entry, sealed: Option<Bytes>, office: &RoleKeys) -> Result<PostStep, StepError> {
    Ok(PostStep {
        entry: sign_entry(entry, &office.sign)?,
        sealed,
    })
}

/// What stands in an entry before [`sign_entry`].
fn unsigned() -> (Digest, Bytes) {
    (Digest::new([0; 32]), Bytes::default())
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}
