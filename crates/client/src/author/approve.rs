//! What authors decide together: filing, withdrawal, rejoinder, release, fingerprint.

use std::collections::BTreeSet;

use demur_channel::{Rejoinder, Step};
use demur_encoding::{Bytes, Digest, Time, sha256};
use demur_memo::{Memo, Sealed, SealedError, approval::Approval, marking::Rules};
use demur_record::entry::{ApprovalBody, Entry, FingerprintError, Role, TextFingerprint};

use super::keys::{MyMemo, OwnEntry};
use crate::{
    api::{PostApproval, Waiting},
    device::Mirror,
    keys::{seal, verify},
    reader::{Draft, DraftVersion, OpenedVersion},
    watch::{PromiseError, Promised},
};

/// Why something can't be proposed or approved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// Of another memo.
    #[error("it is about another memo")]
    OtherMemo,
    /// There is nothing to file.
    #[error("the memo has no version yet")]
    NoVersion,
    /// Only the latest version can be filed, and what is agreed on is about that.
    #[error("it is about version {found} or another text of it; the latest is {latest}")]
    NotLatest {
        /// What it is about.
        found: u32,
        /// What it would have to be about.
        latest: u32,
    },
    /// It is about another state of the case than this device's copy of the record shows.
    #[error(
        "it is about another state of the case than the record shows: fetch the record and try again"
    )]
    OtherState,
    /// There is no response to reply to.
    #[error("the record shows no response to this memo yet: a rejoinder replies to one")]
    NoResponse,
    /// The record has no key to seal to.
    #[error("the record names no key of the {0} to seal to")]
    NoKey(&'static str),
    /// See there.
    #[error(transparent)]
    Seal(#[from] crate::keys::SealingError),
    /// The file that a co-author brought is not the one that the proposal names.
    #[error("the file is not the one that is to be approved")]
    OtherFile,
    /// No file came with the proposal.
    #[error("the proposal came without its file: don't approve it")]
    NoFile,
    /// The file is sealed to fewer than it must be.
    #[error(
        "the file is sealed to {found} recipients; the office, its recovery key and the authors are {expected}"
    )]
    Recipients {
        /// In the file.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// The file does not hold the registered version.
    #[error("the sealed file does not hold the registered version: {0}")]
    Content(#[from] SealedError),
    /// The rejoinder is not one.
    #[error("the rejoinder: {0}")]
    Rejoinder(String),
    /// Nothing of a draft is published.
    #[error("the record does not show the memo's filing: a fingerprint is published after it")]
    NotFiled,
    /// The record would not take the fingerprint.
    #[error(transparent)]
    Fingerprint(#[from] FingerprintError),
    /// A co-author's approval that is none.
    #[error("the approval by {0} does not verify")]
    Signature(Digest),
}

/// What is to be approved, shown so that an author can judge it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Proposal {
    /// File this version; the file was opened and holds exactly its text.
    File {
        /// The version's number.
        version: u32,
        /// Its text.
        memo: Memo,
    },
    /// Withdraw the memo.
    Withdraw,
    /// Send this rejoinder. Its author shows the text by another way: it is sealed to the office.
    Rejoin {
        /// The text, where this author is one of the recipients.
        text: Option<String>,
    },
    /// Publish this bundle.
    Release {
        /// The bundle's bytes, for `demur verify`.
        bundle: Vec<u8>,
    },
    /// Publish this fingerprint of a version's text. Whether it is the text's is for the caller to compute
    /// (`demur_check::fingerprint::of_memo`), who has the text: it must not be approved before.
    Fingerprint {
        /// The version.
        of: u32,
        /// The fingerprint.
        text: TextFingerprint,
    },
}

/// A proposal that was looked at.
#[derive(Debug)]
pub struct Proposed {
    /// What it is.
    pub proposal: Proposal,
    /// What [`approve`] signs.
    pub body: ApprovalBody,
    /// Who has approved, each signature verified.
    pub approved: Vec<Digest>,
}

/// Proposes to file the latest version: seals it to the office, its recovery key and the authors.
///
/// # Errors
/// When `version` is not the draft's latest, or the record names no keys.
pub fn propose_filing(
    my: &MyMemo,
    draft: &Draft,
    version: &OpenedVersion,
    mirror: &Mirror,
) -> Result<PostApproval, ApprovalError> {
    let latest = latest_of(my, draft)?;
    if version.envelope.version() != latest.link.body.number {
        let (found, latest) = (version.envelope.version(), latest.link.body.number);
        return Err(ApprovalError::NotLatest { found, latest });
    }
    let to = filing_recipients(my, mirror)?;
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let file = seal(&version.envelope.to_bytes(), &to)?;
    let body = ApprovalBody::File {
        memo: my.memo,
        version: latest.link.body.number,
        version_hash: latest.link.hash,
        sealed: sha256(&file.0),
    };
    Ok(approve(my, body, Some(file)))
}

/// Proposes to withdraw the memo: before filing it is erased, after filing the case ends.
///
/// # Errors
/// When the draft is another memo's.
pub fn propose_withdrawal(
    my: &MyMemo,
    draft: &Draft,
    mirror: &Mirror,
) -> Result<PostApproval, ApprovalError> {
    let (version, version_hash) = subject(my, draft)?;
    let body = ApprovalBody::Withdraw {
        memo: my.memo,
        filed: leaf_of(my, mirror, Step::Filed),
        version,
        version_hash,
    };
    Ok(approve(my, body, None))
}

/// Proposes a reply to the response: sealed to the office, its recovery key and the authors.
///
/// # Errors
/// When the text is not a rejoinder, or the record shows no response or names no keys.
pub fn propose_rejoinder(
    my: &MyMemo,
    text: &str,
    mirror: &Mirror,
) -> Result<PostApproval, ApprovalError> {
    let wrong = |e: &dyn std::fmt::Display| ApprovalError::Rejoinder(e.to_string());
    let rejoinder = Rejoinder::new(my.memo, text).map_err(|e| wrong(&e))?;
    let plain = demur_encoding::canonical::to_vec(&rejoinder).map_err(|e| wrong(&e))?;
    let responded = leaf_of(my, mirror, Step::Responded).ok_or(ApprovalError::NoResponse)?;
    let to = filing_recipients(my, mirror)?;
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let file = seal(&plain, &to)?;
    let body = ApprovalBody::Rejoin {
        memo: my.memo,
        responded,
        text: sha256(&file.0),
    };
    Ok(approve(my, body, Some(file)))
}

/// Proposes to publish a bundle.
///
/// # Errors
/// When the draft is another memo's.
pub fn propose_release(
    my: &MyMemo,
    draft: &Draft,
    bundle: Vec<u8>,
) -> Result<PostApproval, ApprovalError> {
    let (version, version_hash) = subject(my, draft)?;
    let body = ApprovalBody::Release {
        memo: my.memo,
        version,
        version_hash,
        bundle: sha256(&bundle),
    };
    Ok(approve(my, body, Some(Bytes(bundle))))
}

/// Proposes to publish the fingerprint of version `of`, which the caller computed from its text.
///
/// # Errors
/// When the draft is another memo's, or the record would not take it.
pub fn propose_fingerprint(
    my: &MyMemo,
    draft: &Draft,
    of: u32,
    text: TextFingerprint,
    mirror: &Mirror,
) -> Result<PostApproval, ApprovalError> {
    check_fingerprint(my, of, &text, mirror)?;
    let (version, version_hash) = subject(my, draft)?;
    let body = ApprovalBody::Fingerprint {
        memo: my.memo,
        of,
        version,
        version_hash,
        text,
    };
    Ok(approve(my, body, None))
}

/// Whether this device's copy of the record would take the fingerprint.
///
/// # Errors
/// When it would not: the profile allows none, the version has one, the parameters are others.
pub fn check_fingerprint(
    my: &MyMemo,
    of: u32,
    text: &TextFingerprint,
    mirror: &Mirror,
) -> Result<(), ApprovalError> {
    let filed = mirror.replay().memo(my.memo);
    let filed = filed.ok_or(ApprovalError::NotFiled)?;
    Ok(filed.log().check_fingerprint(of, text, filed.profile())?)
}

/// This author's signature on `body`; the first author brings the file.
#[must_use]
pub fn approve(my: &MyMemo, body: ApprovalBody, file: Option<Bytes>) -> PostApproval {
    let signature = my.keys.sign.sign(body.signed_hash());
    let approval = Approval {
        author: my.keys.sign.public(),
        signature,
    };
    PostApproval {
        body,
        approval,
        file,
    }
}

/// Looks at what a co-author proposes: the sealed file is opened with this author's key, and must hold
/// exactly what the proposal says.
///
/// # Errors
/// When it is not so: then it must not be approved.
pub fn review(
    my: &MyMemo,
    waiting: &Waiting,
    draft: &Draft,
    rules: &Rules,
    mirror: &Mirror,
) -> Result<Proposed, ApprovalError> {
    let body = waiting.body.clone();
    if body.memo() != my.memo {
        return Err(ApprovalError::OtherMemo);
    }
    let hash = body.signed_hash();
    let mut approved = Vec::new();
    for Approval { author, signature } in &waiting.approvals {
        if !my.opening.has_author(*author) || !verify(*author, hash, signature) {
            return Err(ApprovalError::Signature(*author));
        }
        approved.push(*author);
    }
    let found = subject(my, draft)?;
    if let Some(named) = body.version()
        && named != found
    {
        let (found, latest) = (named.0, found.0);
        return Err(ApprovalError::NotLatest { found, latest });
    }
    let file = |digest: Digest| {
        let file = waiting.sealed.as_ref().ok_or(ApprovalError::NoFile)?;
        if sha256(&file.0) == digest {
            Ok(file)
        } else {
            Err(ApprovalError::OtherFile)
        }
    };
    let proposal = match &body {
        ApprovalBody::File {
            version, sealed, ..
        } => {
            let latest = latest_of(my, draft)?;
            let file = file(*sealed)?;
            let expected = filing_recipients(my, mirror)?.len();
            let found = crate::keys::recipient_count(file);
            if found != expected {
                return Err(ApprovalError::Recipients { found, expected });
            }
            let envelope = Sealed::parse(&my.keys.seal.open(file)?)?;
            let signed = &latest.link.body;
            let (memo, _) =
                envelope.open(rules, signed.number, signed.content_root, signed.counts)?;
            Proposal::File {
                version: *version,
                memo,
            }
        }
        ApprovalBody::Withdraw { filed, .. } => {
            if *filed != leaf_of(my, mirror, Step::Filed) {
                return Err(ApprovalError::OtherState);
            }
            Proposal::Withdraw
        }
        ApprovalBody::Rejoin {
            responded, text, ..
        } => {
            if Some(*responded) != leaf_of(my, mirror, Step::Responded) {
                return Err(ApprovalError::OtherState);
            }
            let plain = my.keys.seal.open(file(*text)?)?;
            let rejoinder = demur_encoding::canonical::from_slice::<Rejoinder>(&plain)
                .map_err(|e| ApprovalError::Rejoinder(e.to_string()))?;
            if rejoinder.memo() != my.memo {
                return Err(ApprovalError::OtherMemo);
            }
            Proposal::Rejoin {
                text: Some(rejoinder.text().to_owned()),
            }
        }
        ApprovalBody::Release { bundle, .. } => Proposal::Release {
            bundle: file(*bundle)?.0.clone(),
        },
        ApprovalBody::Fingerprint { of, text, .. } => {
            check_fingerprint(my, *of, text, mirror)?;
            Proposal::Fingerprint {
                of: *of,
                text: text.clone(),
            }
        }
        _ => return Err(ApprovalError::OtherFile),
    };
    Ok(Proposed {
        proposal,
        body,
        approved,
    })
}

/// What the server answered to an approval is not the promise of what was agreed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgreedError {
    /// No promise, or no entry with it.
    #[error("the server says that it is done, and promises nothing: send it again")]
    Nothing,
    /// An entry of something else, or without enough approvals of this memo's authors.
    #[error("the server promises another entry than the authors agreed on")]
    OtherEntry,
    /// See there.
    #[error(transparent)]
    Promise(#[from] PromiseError),
}

/// Takes the server's promise for what `body` says, once enough authors have agreed. Save `my` afterwards: where the
/// record doesn't hold the entry by then, entry and promise prove it.
///
/// # Errors
/// When it is not the log's promise for an entry of just this, approved by as many authors as must agree.
pub fn agreed(
    my: &mut MyMemo,
    body: &ApprovalBody,
    promise: Option<&str>,
    entry: Option<Entry>,
    mirror: &Mirror,
    now: Time,
) -> Result<Promised, AgreedError> {
    let (promise, entry) = promise.zip(entry).ok_or(AgreedError::Nothing)?;
    let (of, approvals) = entry.agreed().ok_or(AgreedError::OtherEntry)?;
    let hash = body.signed_hash();
    let by: BTreeSet<Digest> = approvals
        .iter()
        .filter(|a| my.opening.has_author(a.author) && verify(a.author, hash, &a.signature))
        .map(|a| a.author)
        .collect();
    if of != *body || by.len() < my.opening.threshold as usize {
        return Err(AgreedError::OtherEntry);
    }
    let promised = mirror.check_entry_promise(promise, &entry, now)?;
    let own = OwnEntry {
        entry,
        promise: promise.to_owned(),
    };
    // The same again gives a fresh promise; the first one is the stricter.
    if !my.agreed.iter().any(|known| known.entry == own.entry) {
        my.agreed.push(own);
    }
    Ok(promised)
}

fn latest_of<'d>(my: &MyMemo, draft: &'d Draft) -> Result<&'d DraftVersion, ApprovalError> {
    if draft.memo != my.memo {
        return Err(ApprovalError::OtherMemo);
    }
    draft.latest().ok_or(ApprovalError::NoVersion)
}

/// The version that an act of the authors is about: the latest; 0 and zeros where there is none yet.
fn subject(my: &MyMemo, draft: &Draft) -> Result<(u32, Digest), ApprovalError> {
    match latest_of(my, draft) {
        Ok(latest) => Ok((latest.link.body.number, latest.link.hash)),
        Err(ApprovalError::NoVersion) => Ok((0, Digest::new([0; 32]))),
        Err(other) => Err(other),
    }
}

/// The leaf hash of the entry in which the record shows that a step was taken.
fn leaf_of(my: &MyMemo, mirror: &Mirror, step: Step) -> Option<Digest> {
    mirror.replay().memo(my.memo)?.leaf_of(step)
}

/// The office, its recovery key, and each author.
fn filing_recipients(my: &MyMemo, mirror: &Mirror) -> Result<Vec<String>, ApprovalError> {
    let key = |role, what| mirror.recipient(role).ok_or(ApprovalError::NoKey(what));
    let mut to = vec![
        key(Role::Office, "office")?,
        key(Role::Recovery, "recovery")?,
    ];
    to.extend(my.opening.authors.iter().map(|a| a.seal.clone()));
    Ok(to)
}
