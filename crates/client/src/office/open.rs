//! Opening a case: the text against its root, the names against their proofs.

use std::collections::BTreeMap;

use demur_channel::{Closed, Deadline, Rejoinder, Step};
use demur_encoding::{Bytes, Digest, Time, canonical, sha256};
use demur_memo::{
    Memo, Sealed, SealedError, content::Content, marking::Rules, version::VersionError,
};
use demur_record::{
    event::{Access, SignOn},
    memo_log::RecordView as _,
};
use demur_signon::{
    Element, Verifier,
    act::{Action, Checkpoint, SignOnContext},
    roster::verify_certificate,
};
use rand_core::CryptoRng;
use serde::Serialize;

use crate::{
    api::{CaseView, Cases},
    author::{Line, open_messages},
    device::Mirror,
    keys::{RoleKeys, SealKey, SealingError},
    reader::{Check, Draft, DraftError, DraftVersion, read_filed},
    signer::{Name, field, open_note, pinned_root},
};

/// A line of the inbox.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InboxLine {
    /// The memo.
    pub memo: Digest,
    /// Where it stands, by the record.
    pub step: Option<Step>,
    /// When it was filed.
    pub filed: Option<Time>,
    /// The latest version.
    pub version: u32,
    /// Messages of the authors.
    pub messages: u32,
    /// What is owed, and by when.
    pub deadlines: Vec<Deadline>,
    /// Whether it is over.
    #[serde(skip)]
    pub closed: Option<Closed>,
}

/// The inbox with deadlines computed from the record. Cases that the record shows and the server leaves out
/// are there too; those that the record doesn't show yet have no step.
#[must_use]
pub fn inbox(cases: &Cases, mirror: &Mirror) -> Vec<InboxLine> {
    let line = |memo: Digest, version: u32, messages: u32| {
        let case = mirror.case(memo);
        let now = mirror.as_of();
        InboxLine {
            memo,
            step: case.as_ref().map(|c| c.step()),
            filed: case.as_ref().and_then(|c| c.time_of(Step::Filed)),
            version,
            messages,
            deadlines: case
                .as_ref()
                .zip(now)
                .map(|(c, now)| c.deadlines(now))
                .unwrap_or_default(),
            closed: case.as_ref().zip(now).and_then(|(c, now)| c.closed(now)),
        }
    };
    let mut lines: Vec<_> = cases
        .cases
        .iter()
        .map(|c| line(c.memo, c.version, c.messages))
        .collect();
    for memo in mirror.filed_memos() {
        if !cases.cases.iter().any(|c| c.memo == memo) {
            let version = mirror
                .memo(memo)
                .and_then(|log| log.latest())
                .map_or(0, |l| l.body.number);
            lines.push(line(memo, version, 0));
        }
    }
    lines
}

/// Somebody who showed a name to the office, every proof verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedSigner {
    /// By the registrar's certificate.
    pub name: String,
    /// Title.
    pub title: String,
    /// E-mail address.
    pub email: String,
    /// The version acted on.
    pub version: u32,
    /// What was done.
    pub action: Action,
    /// The act's number.
    pub seq: u64,
    /// Whether it is the signer's last act on that version: else a later one, named or not, took its place.
    pub stands: bool,
    /// The member's nullifier on the memo: other acts with it are the same person's.
    pub nullifier: Digest,
}

/// A note that doesn't hold what it must. The sign-on itself stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteProblem {
    /// The sign-on's.
    pub nullifier: Digest,
    /// Its number.
    pub seq: u64,
    /// What is wrong.
    pub why: String,
}

/// A case as the office has it before it.
#[derive(Debug)]
pub struct OpenedCase {
    /// All that the record shows of the memo.
    pub draft: Draft,
    /// The version that the file holds.
    pub version: u32,
    /// What was sealed: to be distributed.
    pub envelope: Sealed,
    /// The text.
    pub memo: Memo,
    /// The text with its salts.
    pub content: Content,
    /// Who showed a name.
    pub named: Vec<NamedSigner>,
    /// Notes that are not in order.
    pub problems: Vec<NoteProblem>,
    /// Both ways.
    pub messages: Vec<Line>,
    /// The authors' reply to the response.
    pub rejoinder: Option<String>,
    /// Who had the sealed file before.
    pub accesses: Vec<Access>,
}

/// Why a case can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenCaseError {
    /// See there.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The server gave another case.
    #[error("the server gave the case of memo {0} instead of the one that was asked for")]
    OtherCase(Digest),
    /// The server gave another file.
    #[error("the file that the server gave is none that the record commits to for this memo")]
    OtherFile,
    /// See there.
    #[error(transparent)]
    Seal(#[from] SealingError),
    /// See there.
    #[error(transparent)]
    Content(#[from] SealedError),
    /// See there.
    #[error(transparent)]
    Head(#[from] VersionError),
    /// The rejoinder is not the record's.
    #[error("the rejoinder that the server gave is not the one that the record commits to")]
    Rejoinder,
    /// The server may know a distribution a batch earlier than the record.
    #[error(
        "the record does not show yet that the memo was distributed: look again after its next batch"
    )]
    NotDistributed,
    /// The device holds no record yet.
    #[error("this device holds nothing of the record yet: fetch it first")]
    NoRecord,
}

/// Opens the case of `memo` with the office's keys: `view` from [`calls::office_case`](crate::calls::office_case), `file`
/// from [`calls::office_sealed`](crate::calls::office_sealed).
///
/// # Errors
/// When the text is not what the record commits to. Bad notes are no error: they are told.
#[allow(
    clippy::too_many_arguments,
    reason = "each is one plain thing that the case is held against"
)]
pub fn open(
    office: &RoleKeys,
    memo: Digest,
    view: CaseView,
    file: &Bytes,
    rules: &Rules,
    mirror: &Mirror,
    check: Check<'_>,
    rng: &mut impl CryptoRng,
) -> Result<OpenedCase, OpenCaseError> {
    let id = memo;
    if view.case.memo != id {
        return Err(OpenCaseError::OtherCase(view.case.memo));
    }
    let draft = read_filed(id, mirror, check, rng)?;
    let (version, envelope, memo, content) = open_text(&office.seal, &draft, file, rules, mirror)?;
    let (mut named, mut problems) = (Vec::new(), Vec::new());
    for sign_on in &draft.sign_ons {
        let event = &sign_on.event;
        let problem = |why: String| NoteProblem {
            nullifier: event.nullifier,
            seq: event.seq,
            why,
        };
        let note = view.notes.iter().find(|n| {
            n.nullifier == event.nullifier
                && n.seq == event.seq
                && sha256(&n.sealed.0) == event.note
        });
        let Some(note) = note else {
            problems.push(problem("the server gave no note of this digest".to_owned()));
            continue;
        };
        // Its size is that of the profile that the act was judged by.
        let then = mirror.profile_at(event.checkpoint.size);
        let profiles: Vec<_> = { then.map(AsRef::as_ref) }
            .into_iter()
            .chain(mirror.profile())
            .collect();
        let opened = open_note(&note.sealed, &office.seal, &profiles)
            .map_err(|e| e.to_string())
            .and_then(|name| {
                name.map(|name| signer(&draft, event, &name, mirror, check.verifier))
                    .transpose()
            });
        match opened {
            Ok(Some(signer)) => named.push(signer),
            Ok(None) => {}
            Err(why) => problems.push(problem(why)),
        }
    }
    problems.extend(shared_nullifiers(&named));
    let rejoinder = match (mirror.case_files(id).rejoined, view.rejoinder) {
        // The server has it as soon as it came, the record with the next batch: it counts then.
        (None, _) => None,
        (Some(entry), Some(file)) if sha256(&file.0) == entry.text => {
            let plain = office.seal.open(&file)?;
            let rejoinder: Rejoinder =
                canonical::from_slice(&plain).map_err(|_| OpenCaseError::Rejoinder)?;
            if rejoinder.memo() != id {
                return Err(OpenCaseError::Rejoinder);
            }
            Some(rejoinder.text().to_owned())
        }
        _ => return Err(OpenCaseError::Rejoinder),
    };
    let messages = open_messages(&office.seal, view.messages, &draft.opening, mirror);
    let accesses = view.accesses;
    Ok(OpenedCase {
        draft,
        version,
        envelope,
        memo,
        content,
        named,
        problems,
        messages,
        rejoinder,
        accesses,
    })
}

/// Names under one nullifier that are not one person's. A nullifier follows from a part of the secret that two members who
/// collude may share: they count once, together, and that one sign-on is not the word of two people.
fn shared_nullifiers(named: &[NamedSigner]) -> Vec<NoteProblem> {
    let mut first: BTreeMap<Digest, &NamedSigner> = BTreeMap::new();
    let mut problems = Vec::new();
    for signer in named {
        let known = *first.entry(signer.nullifier).or_insert(signer);
        if known.email != signer.email {
            problems.push(NoteProblem {
                nullifier: signer.nullifier,
                seq: signer.seq,
                why: format!(
                    "the note names {} <{}>, and another note under the same nullifier {} <{}>: the two share a secret, and count once",
                    signer.name, signer.email, known.name, known.email
                ),
            });
        }
    }
    problems
}

/// A memo as it was distributed.
#[derive(Debug)]
pub struct DistributedMemo {
    /// All that the record shows of the memo.
    pub draft: Draft,
    /// The version that the file holds.
    pub version: u32,
    /// The text.
    pub memo: Memo,
    /// The text with its salts.
    pub content: Content,
}

/// Opens the memo as it was distributed, with a principal's keys: `file` from
/// [`calls::principal_sealed`](crate::calls::principal_sealed).
///
/// # Errors
/// When the file or its text is not what the record commits to.
pub fn open_as_principal(
    principal: &RoleKeys,
    memo: Digest,
    file: &Bytes,
    rules: &Rules,
    mirror: &Mirror,
    check: Check<'_>,
    rng: &mut impl CryptoRng,
) -> Result<DistributedMemo, OpenCaseError> {
    let draft = read_filed(memo, mirror, check, rng)?;
    let distributed = !mirror.case_files(memo).distributed.is_empty();
    let (version, _, memo, content) = open_text(&principal.seal, &draft, file, rules, mirror)
        .map_err(|e| match e {
            OpenCaseError::OtherFile if !distributed => OpenCaseError::NotDistributed,
            e => e,
        })?;
    Ok(DistributedMemo {
        draft,
        version,
        memo,
        content,
    })
}

/// Opens a file that the record commits to (the filing's, a distribution's, or a later version's) and holds
/// its text against the version's root.
fn open_text(
    key: &SealKey,
    draft: &Draft,
    file: &Bytes,
    rules: &Rules,
    mirror: &Mirror,
) -> Result<(u32, Sealed, Memo, Content), OpenCaseError> {
    let digest = sha256(&file.0);
    let files = mirror.case_files(draft.memo);
    let of_case = files.filed.is_some_and(|f| f.sealed == digest)
        || files.distributed.iter().any(|d| d.sealed == digest);
    let of_version = |v: &&DraftVersion| v.link.body.sealed == digest;
    if !of_case && !draft.versions.iter().any(|v| of_version(&v)) {
        return Err(OpenCaseError::OtherFile);
    }
    let envelope = Sealed::parse(&key.open(file)?)?;
    let version = draft
        .version(envelope.version())
        .ok_or(OpenCaseError::OtherFile)?;
    let body = &version.link.body;
    let (memo, content) = envelope.open(rules, body.number, body.content_root, body.counts)?;
    draft.opening.check_head(memo.head())?;
    Ok((body.number, envelope, memo, content))
}

/// Verifies a name: the certificate in the memo's edition, and the proof on the tree of the one leaf.
fn signer(
    draft: &Draft,
    event: &SignOn,
    name: &Name,
    mirror: &Mirror,
    verifier: &Verifier,
) -> Result<NamedSigner, String> {
    let number = u64::from(draft.opening.edition.number);
    let (head, registrar) = mirror
        .edition_head(number)
        .ok_or_else(|| format!("edition {number} is not in the record"))?;
    verify_certificate(&name.certificate, &name.inclusion, &head, &registrar)
        .map_err(|e| e.to_string())?;
    let context = SignOnContext {
        origin: mirror.origin(),
        edition_root: pinned_root(&draft.opening).ok_or("the edition's root is none")?,
        memo: draft.memo,
        content_root: event.content_root,
        version: u64::from(event.version),
        action: event.action,
        seq: event.seq,
        checkpoint: Checkpoint {
            size: event.checkpoint.size,
            hash: event.checkpoint.hash,
        },
        expires: event.expires,
    };
    let nullifier: Element = field(event.nullifier).ok_or("the nullifier is no field element")?;
    let body = &name.certificate.body;
    let statement = context
        .named_statement(body.leaf, nullifier)
        .ok_or("the certificate's leaf is zero")?;
    verifier.verify(&statement, &name.proof).map_err(|_| {
        format!(
            "the note names {}, and its proof does not: somebody else signed",
            body.name
        )
    })?;
    let last = draft
        .sign_ons
        .iter()
        .filter(|s| {
            s.event.nullifier == event.nullifier && s.event.version == event.version && !s.void
        })
        .map(|s| s.event.seq)
        .max();
    Ok(NamedSigner {
        name: body.name.clone(),
        title: body.title.clone(),
        email: body.email.clone(),
        version: event.version,
        action: event.action,
        seq: event.seq,
        stands: last == Some(event.seq),
        nullifier: event.nullifier,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(email: &str, nullifier: u8, seq: u64) -> NamedSigner {
        NamedSigner {
            name: email.to_uppercase(),
            title: "Clerk".to_owned(),
            email: email.to_owned(),
            version: 1,
            action: Action::Sign,
            seq,
            stands: true,
            nullifier: Digest::new([nullifier; 32]),
        }
    }

    #[test]
    fn two_names_under_one_nullifier_are_told() {
        let fine = [named("a", 1, 1), named("a", 1, 2), named("b", 2, 1)];
        assert_eq!(shared_nullifiers(&fine), []);
        let shared = [named("a", 1, 1), named("b", 2, 1), named("b", 1, 2)];
        let problems = shared_nullifiers(&shared);
        let [problem] = &problems[..] else {
            panic!("{problems:?}")
        };
        assert_eq!((problem.nullifier, problem.seq), (Digest::new([1; 32]), 2));
        assert!(problem.why.contains("<a>") && problem.why.contains("<b>"));
    }
}
