//! What came of a version that was sent.

use demur_encoding::{Digest, Time};
use demur_memo::version::SignedVersion;
use demur_record::event::{Event, Version};

use super::keys::MyMemo;
use crate::{
    api::{Accepted, Placed},
    device::Mirror,
    transport::CallError,
    watch::PromiseError,
};

/// What came of sending a version.
#[derive(Debug)]
pub enum WriteOutcome {
    /// It stands; the record will hold it by this time.
    Accepted {
        /// The latest time.
        by: Time,
    },
    /// A co-author was first.
    Sibling(Box<Sibling>),
}

/// Another author amended at the same time and was first. Fetch that version
/// ([`calls::draft_sealed`](crate::calls::draft_sealed)), show both, merge (`demur_memo::merge` with the version
/// before both as the base), and write again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sibling {
    /// The number of both.
    pub number: u32,
    /// The version that stands.
    pub theirs: Placed<Version>,
    /// Whether the readers' key is still the one that this device holds; if not, the co-author has a new link.
    pub same_link: bool,
}

/// Why an answer is neither.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutcomeError {
    /// See there.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The promise is not one.
    #[error(transparent)]
    Promise(#[from] PromiseError),
    /// The version that the server put in the way is not a sibling by a co-author.
    #[error("the server refuses the version for another one that is not the memo's: {0}")]
    FalseSibling(String),
}

/// Reads the server's answer to version `number` of `my`. Save `my` afterwards.
///
/// # Errors
/// When the call failed, the promise is not the log's for this version, or the sibling is no author's.
pub fn read_outcome(
    my: &mut MyMemo,
    number: u32,
    answer: Result<Accepted, CallError>,
    mirror: &Mirror,
    now: Time,
) -> Result<WriteOutcome, OutcomeError> {
    match answer {
        Ok(accepted) => {
            let own = my.versions.get_mut(&number).ok_or(PromiseError::NotSent)?;
            let event = Event::Version(own.event.clone());
            let promise = mirror.check_promise(&accepted.promise, &event, own.salt, now)?;
            own.promise = Some(accepted.promise);
            Ok(WriteOutcome::Accepted { by: promise.by })
        }
        Err(CallError::Refused { status, problem }) => {
            let Some(theirs) = problem.latest.clone().filter(|_| problem.code == "sibling") else {
                let refusal = CallError::Refused { status, problem };
                if refusal.is_definite() {
                    forget(my, number, None);
                }
                return Err(refusal.into());
            };
            let body = &theirs.event.body;
            let signed = SignedVersion {
                body: body.clone(),
                author: theirs.event.author,
                signature: theirs.event.signature.clone(),
            };
            let verified = signed.verify(&my.opening);
            verified.map_err(|e| OutcomeError::FalseSibling(e.to_string()))?;
            let own = my.versions.get(&number);
            if body.number < number || own.is_some_and(|own| own.event == theirs.event) {
                let why = format!(
                    "version {} is not in the way of version {number}",
                    body.number
                );
                return Err(OutcomeError::FalseSibling(why));
            }
            forget(my, number, Some(body.access));
            let same_link = body.access == my.reader.access();
            let number = body.number;
            Ok(WriteOutcome::Sibling(Box::new(Sibling {
                number,
                theirs,
                same_link,
            })))
        }
        Err(e) => Err(e.into()),
    }
}

/// Forgets a version that does not stand, and the readers' key that was made for it: both would be in the
/// way of the next one. `standing` is the access of the version that stands: its key is kept.
fn forget(my: &mut MyMemo, number: u32, standing: Option<Digest>) {
    let Some(own) = my.versions.remove(&number) else {
        return;
    };
    let access = my.reader.access();
    if own.event.body.access == access
        && standing != Some(access)
        && let Some(reader) = my.earlier.remove(&number.saturating_sub(1))
    {
        my.reader = reader;
    }
}
