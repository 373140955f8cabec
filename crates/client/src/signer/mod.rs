//! A member's device: sign, withdraw, endorse, re-affirm, late; and the claim of authorship.

mod act;
mod claim;
mod follow;
mod prepare;

pub use act::{ActError, ActRequest, MAX_DELAY, Submission, act};
pub use claim::{
    CLAIM_DAYS, Claim, ClaimError, MAX_AUDIENCE, MAX_CLAIM, Shown, VerifiedClaim, claim,
    verify_claim,
};
pub use follow::{
    ActStatus, accepted, confirm, follow, recall, refused, sending, throw_away, unanswered, unsent,
};
pub use prepare::{Choice, Crowd, Prepared, prepare};

use demur_channel::Profile;
use demur_encoding::{Bytes, Digest, json_fields};
use demur_memo::version::OpeningBody;
use demur_seal::{pad_note, unpad_note};
use demur_signon::{
    Element, Proof,
    roster::{Certificate, CertificateInclusion},
};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::keys::{SealKey, SealingError, seal};

/// What a note holds where the signer shows a name to the office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// Who.
    pub certificate: Certificate,
    /// That the certificate is in the memo's edition.
    pub inclusion: CertificateInclusion,
    /// That the one who signed is the one certified.
    pub proof: Proof,
}

json_fields!(Name only { certificate, inclusion, proof });

/// Why a note can't be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// See there.
    #[error(transparent)]
    Size(#[from] demur_seal::NoteError),
    /// See there.
    #[error(transparent)]
    Seal(#[from] SealingError),
    /// See there.
    #[error("the note: {0}")]
    Form(#[from] demur_encoding::CanonicalError),
}

/// A note, sealed to the office: of one size, whether it holds a name or none.
pub(crate) fn seal_note(
    name: Option<&Name>,
    office: &str,
    profile: &Profile,
) -> Result<Bytes, NoteError> {
    let json = Zeroizing::new(demur_encoding::canonical::to_vec(&name)?);
    let note = pad_note(&json, note_bytes(profile))?;
    Ok(seal(&note, &[office])?)
}

/// Opens a note with the office's key. `profiles` are those under which it may have been made: a profile that the log
/// enters later must not make earlier names unreadable.
///
/// # Errors
/// When it is not sealed to it, of another size, or of another form.
pub fn open_note(
    note: &Bytes,
    office: &SealKey,
    profiles: &[&Profile],
) -> Result<Option<Name>, NoteError> {
    let plain = office.open(note)?;
    let mut sizes = profiles.iter().map(|profile| note_bytes(profile));
    let size = { sizes.clone() }
        .find(|size| *size == plain.len())
        .or_else(|| sizes.next())
        .unwrap_or_default();
    let json = unpad_note(&plain, size)?;
    Ok(demur_encoding::canonical::from_slice(json)?)
}

fn note_bytes(profile: &Profile) -> usize {
    usize::try_from(profile.signing.note_bytes).unwrap_or(usize::MAX)
}

/// The root of cohort `all` that a memo is pinned to; `None` if it is no field element.
pub(crate) fn pinned_root(opening: &OpeningBody) -> Option<Element> {
    field(opening.edition.root)
}

pub(crate) fn field(digest: Digest) -> Option<Element> {
    Element::from_bytes(*digest.as_bytes()).ok()
}
