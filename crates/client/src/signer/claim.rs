//! A claim: what a signer shows to an inspector, on paper or as a file, never to the server.

use demur_encoding::{Bytes, CanonicalError, Digest, Time, canonical};
use demur_record::{entry::CheckpointRef, memo_log::ProofTask};
use demur_signon::{
    CircuitId, Element, Proof, Prover, Tree, Verifier,
    act::{Action, Checkpoint, ClaimContext},
    prove::ProveError,
    roster::{Certificate, CertificateError, CertificateInclusion, is_plain, verify_certificate},
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{field, pinned_root};
use crate::{device::Mirror, identity::Identity, reader::Draft};

/// The longest claim that is read, in bytes.
pub const MAX_CLAIM: usize = 64 * 1024;

/// How many days a claim is good for, unless its signer says otherwise: as long as an inspector may take to come to it.
pub const CLAIM_DAYS: u32 = 90;

/// The longest audience, in bytes.
pub const MAX_AUDIENCE: usize = 255;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ClaimKind {
    Claim,
}

/// A claim of authorship: docs/protocol.md, section 6.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    #[serde(rename = "type")]
    kind: ClaimKind,
    v: u32,
    /// The log's name.
    pub origin: String,
    /// The memo.
    pub memo: Digest,
    /// The number of the version that the claim speaks of.
    pub version: u32,
    /// Its content root.
    pub content_root: Digest,
    /// The signer's, as the record has it.
    pub nullifier: Digest,
    /// The circuit of the proof.
    pub circuit: Digest,
    /// The signer's leaf.
    pub leaf: Digest,
    /// Whom it is for.
    pub audience: String,
    /// It says nothing after this.
    pub expires: Time,
    /// A checkpoint that the signer's device accepted.
    pub checkpoint: CheckpointRef,
    /// On the tree of one.
    pub proof: Bytes,
    /// Whose leaf it is.
    pub certificate: Certificate,
    /// That the certificate is in the memo's edition.
    pub inclusion: CertificateInclusion,
}

/// Why there is no claim, or it doesn't hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// Over [`MAX_CLAIM`].
    #[error("a claim of {0} bytes; at most {MAX_CLAIM} are read")]
    TooLong(usize),
    /// See there.
    #[error("the claim: {0}")]
    Form(#[from] CanonicalError),
    /// Empty, too long, or with control, invisible or direction characters.
    #[error(
        "the audience must be 1 to {MAX_AUDIENCE} bytes without control, invisible or direction characters: say whom the claim is for"
    )]
    Audience,
    /// It is for somebody else.
    #[error("the claim is for {0:?}, not for you")]
    OtherAudience(String),
    /// Too late.
    #[error("the claim expired at {0}")]
    Expired(Time),
    /// The device holds no record yet.
    #[error("this device holds nothing of the record yet: fetch it first")]
    NoRecord,
    /// This identity has not signed.
    #[error("this identity has no act on the memo that the record shows")]
    NotSigned,
    /// No certificate.
    #[error("there is no certificate of edition {0} on this device: fetch the registrar's reply")]
    NoCertificate(u64),
    /// Another channel's.
    #[error("the claim is of {0}, not of this record")]
    Origin(String),
    /// A field that can't be.
    #[error("the claim's {0}")]
    Field(&'static str),
    /// The record doesn't have the memo.
    #[error("the record does not show the memo (it shows memos once they are filed)")]
    UnknownMemo,
    /// The record doesn't have the nullifier.
    #[error("no act on the memo in the record is by this member: the claim is refused")]
    UnknownNullifier,
    /// An act of the record whose proof is wrong.
    #[error(
        "the act at entry {0} of the record is not proved: the log entered it wrongly; tell the overseer"
    )]
    Unproved(u64),
    /// Names a checkpoint that was never published.
    #[error("the claim names a checkpoint that the record never published")]
    Checkpoint,
    /// See there.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The proof is wrong.
    #[error("the claim's proof does not prove it")]
    Proof,
    /// See there.
    #[error(transparent)]
    Prove(#[from] ProveError),
}

/// Makes a claim for `audience`, valid until `expires`.
///
/// # Errors
/// When this identity has no recorded act on `version`, or no certificate.
#[allow(
    clippy::too_many_arguments,
    reason = "each is one plain fact of the claim"
)]
pub fn claim(
    identity: &Identity,
    draft: &Draft,
    version: u32,
    audience: &str,
    expires: Time,
    mirror: &Mirror,
    prover: &Prover,
    rng: &mut impl CryptoRng,
) -> Result<Claim, ClaimError> {
    check_audience(audience)?;
    let checkpoint = mirror.checkpoint().ok_or(ClaimError::NoRecord)?;
    let root = pinned_root(&draft.opening).ok_or(ClaimError::Field("edition is none"))?;
    let version = draft.version(version).ok_or(ClaimError::NotSigned)?;
    let number = u64::from(draft.opening.edition.number);
    let membership = identity
        .memberships
        .get(&number)
        .ok_or(ClaimError::NoCertificate(number))?
        .clone();
    let context = ClaimContext {
        origin: mirror.origin(),
        edition_root: root,
        memo: draft.memo,
        content_root: version.link.body.content_root,
        version: u64::from(version.link.body.number),
        audience,
        checkpoint: Checkpoint {
            size: checkpoint.size,
            hash: checkpoint.hash,
        },
        expires,
    };
    let secret = identity.secret();
    let nullifier = secret.nullifier(context.scope());
    if draft
        .last_action(nullifier, version.link.body.number)
        .is_none()
    {
        return Err(ClaimError::NotSigned);
    }
    let one = Tree::of_one(identity.leaf).map_err(|_| ClaimError::Field("leaf is none"))?;
    let path = one
        .path(identity.leaf)
        .ok_or(ClaimError::Field("leaf is none"))?;
    let message = context.message(one.root());
    let (_, proof) = prover.prove(&secret, &path, one.root(), context.scope(), message, rng)?;
    Ok(Claim {
        kind: ClaimKind::Claim,
        v: 1,
        origin: mirror.origin().to_owned(),
        memo: draft.memo,
        version: version.link.body.number,
        content_root: version.link.body.content_root,
        nullifier: Digest::new(nullifier.to_bytes()),
        circuit: CircuitId::current().0,
        leaf: Digest::new(identity.leaf.to_bytes()),
        audience: audience.to_owned(),
        expires,
        checkpoint,
        proof: Bytes(proof.as_bytes().to_vec()),
        certificate: membership.certificate,
        inclusion: membership.inclusion,
    })
}

impl Claim {
    /// The file: canonical JSON.
    ///
    /// # Errors
    /// When it has no canonical form.
    pub fn to_vec(&self) -> Result<Vec<u8>, ClaimError> {
        Ok(canonical::to_vec(self)?)
    }

    /// Reads the file; [`verify_claim`] says whether it holds.
    ///
    /// # Errors
    /// When it is no claim.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, ClaimError> {
        if bytes.len() > MAX_CLAIM {
            return Err(ClaimError::TooLong(bytes.len()));
        }
        let claim: Self = canonical::from_slice(bytes)?;
        if claim.v != 1 {
            return Err(ClaimError::Field("form is a later one"));
        }
        Ok(claim)
    }
}

/// One act of the claimant, as the record shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// The version.
    pub version: u32,
    /// Its content root.
    pub content_root: Digest,
    /// What was done.
    pub action: Action,
    /// The number.
    pub seq: u64,
    /// The time of the first checkpoint over it.
    pub time: Time,
}

/// A claim that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifiedClaim {
    /// The person, by the registrar's certificate.
    pub name: String,
    /// Their title.
    pub title: String,
    /// Their e-mail address.
    pub email: String,
    /// The memo.
    pub memo: Digest,
    /// All their acts on it that the record shows, in order.
    pub acts: Vec<Shown>,
    /// The record was looked at up to here.
    pub as_of: Time,
}

/// Verifies a claim from the record alone.
///
/// # Errors
/// When it is for another audience, expired, of a nullifier that the record doesn't have, or wrong in any part.
pub fn verify_claim(
    claim: &Claim,
    audience: &str,
    mirror: &Mirror,
    verifier: &Verifier,
    now: Time,
) -> Result<VerifiedClaim, ClaimError> {
    check_audience(&claim.audience)?;
    if claim.audience != audience {
        return Err(ClaimError::OtherAudience(claim.audience.clone()));
    }
    if now > claim.expires {
        return Err(ClaimError::Expired(claim.expires));
    }
    if claim.origin != mirror.origin() {
        return Err(ClaimError::Origin(claim.origin.clone()));
    }
    if claim.circuit != CircuitId::current().0 {
        return Err(ClaimError::Field(
            "circuit is not one that this program knows",
        ));
    }
    let as_of = mirror.as_of().ok_or(ClaimError::NoRecord)?;
    if !mirror.published(claim.checkpoint.size, claim.checkpoint.hash) {
        return Err(ClaimError::Checkpoint);
    }
    let opening = mirror.opening(claim.memo).ok_or(ClaimError::UnknownMemo)?;
    let acts: Vec<Shown> = mirror
        .sign_ons(claim.memo)
        .into_iter()
        .filter(|s| s.event.nullifier == claim.nullifier && !s.void)
        .map(|s| Shown {
            version: s.event.version,
            content_root: s.event.content_root,
            action: s.event.action,
            seq: s.event.seq,
            time: mirror.time_of(s.entry).unwrap_or(s.time),
        })
        .collect();
    if !acts
        .iter()
        .any(|act| act.version == claim.version && act.content_root == claim.content_root)
    {
        return Err(ClaimError::UnknownNullifier);
    }
    let number = u64::from(opening.edition.number);
    if claim.inclusion.edition != number {
        return Err(ClaimError::Field(
            "certificate is of another edition than the memo's",
        ));
    }
    let (head, registrar) = mirror.edition_head(number).ok_or(ClaimError::UnknownMemo)?;
    verify_certificate(&claim.certificate, &claim.inclusion, &head, &registrar)?;
    let element = |digest, what| field(digest).ok_or(ClaimError::Field(what));
    let leaf: Element = element(claim.leaf, "leaf is no field element")?;
    if claim.certificate.body.leaf != leaf {
        return Err(ClaimError::Field("leaf is not the certificate's"));
    }
    let context = ClaimContext {
        origin: mirror.origin(),
        edition_root: pinned_root(&opening).ok_or(ClaimError::Field("edition is none"))?,
        memo: claim.memo,
        content_root: claim.content_root,
        version: u64::from(claim.version),
        audience,
        checkpoint: Checkpoint {
            size: claim.checkpoint.size,
            hash: claim.checkpoint.hash,
        },
        expires: claim.expires,
    };
    let nullifier = element(claim.nullifier, "nullifier is no field element")?;
    // The log could have entered an act with this nullifier that nobody proved.
    let acts_of = |task: &ProofTask| task.statement.nullifier == nullifier;
    for task in mirror.proof_tasks(claim.memo).iter().filter(|t| acts_of(t)) {
        verifier
            .verify(&task.statement, &task.proof)
            .map_err(|_| ClaimError::Unproved(task.entry))?;
    }
    let statement = context
        .statement(leaf, nullifier)
        .ok_or(ClaimError::Proof)?;
    let proof = Proof::try_from(claim.proof.0.clone()).map_err(|_| ClaimError::Proof)?;
    verifier
        .verify(&statement, &proof)
        .map_err(|_| ClaimError::Proof)?;
    let body = &claim.certificate.body;
    Ok(VerifiedClaim {
        name: body.name.clone(),
        title: body.title.clone(),
        email: body.email.clone(),
        memo: claim.memo,
        acts,
        as_of,
    })
}

fn check_audience(audience: &str) -> Result<(), ClaimError> {
    let fits = (1..=MAX_AUDIENCE).contains(&audience.len());
    if fits && is_plain(audience) {
        Ok(())
    } else {
        Err(ClaimError::Audience)
    }
}
