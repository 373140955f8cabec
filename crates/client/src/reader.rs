//! A reader's device: a draft held against the record.
//!
//! Before filing the record shows opaque places only. What the server shows of a draft counts here if
//! it opens such a place (or says that it still waits for one), if the versions form one chain
//! signed by the authors of the memo's opening, and if each proof proves. What a server could
//! still do is to leave something out: who sent it holds a promise, and sees it with
//! [`missing`].

use std::{collections::BTreeMap, num::NonZeroUsize};

use demur_encoding::{Bytes, Digest, Time, sha256};
use demur_memo::{
    Memo, Sealed, SealedError,
    content::Content,
    marking::Rules,
    version::{Chain, OpeningBody, SignedVersion, VersionBody, VersionError},
};
use demur_record::{
    entry::{Direct, Entry, FORMAT, Place},
    event::{Event, Opening, SignOn, Version},
};
use demur_signon::{
    CircuitId, Element, Proof, Statement, Verifier,
    act::{Month, OpeningContext, SignOnContext},
    tally::{Fact, Tally, TallyError, VersionTally},
};
use rand_core::CryptoRng;

use crate::{
    api::{DraftView, Placed, Waiting},
    device::Mirror,
    keys::SealingError,
    link::{Link, ReaderKey},
};

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The server has it; the record doesn't show it yet.
    Waiting,
    /// The record commits to it.
    Recorded {
        /// The entry that does.
        entry: u64,
        /// The time of the first checkpoint over it.
        time: Time,
    },
}

impl Standing {
    /// Since when the record commits to it.
    #[must_use]
    pub const fn since(&self) -> Option<Time> {
        match self {
            Self::Waiting => None,
            Self::Recorded { time, .. } => Some(*time),
        }
    }
}

/// One version of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftVersion {
    /// Its hash.
    pub hash: Digest,
    /// What is registered.
    pub body: VersionBody,
    /// The author's key.
    pub author: Digest,
    /// Since when.
    pub standing: Standing,
}

/// A memo as its link shows it, verified.
#[derive(Debug)]
pub struct Draft {
    /// The memo.
    pub memo: Digest,
    /// Who its authors are, and what it is pinned to.
    pub opening: OpeningBody,
    /// Since when it is open.
    pub standing: Standing,
    /// The versions, from the first.
    pub versions: Vec<DraftVersion>,
    /// The sign-ons that the record commits to, in their order.
    pub sign_ons: Vec<SignOn>,
    /// Their count, by version.
    pub tally: Tally,
    /// Whether the memo is with the office.
    pub filed: bool,
    /// What authors have proposed.
    pub waiting: Vec<Waiting>,
}

/// Why a draft is not to be believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// Another memo's.
    #[error("the server shows another memo than the link's")]
    OtherMemo,
    /// Of another channel.
    #[error("the memo is of {found}, this device trusts {expected}")]
    Origin {
        /// Of this device.
        expected: String,
        /// The memo's.
        found: String,
    },
    /// A place that holds something else.
    #[error("{what} does not stand at entry {}, slot {} of the record, as the server says", at.entry, at.slot)]
    NotInRecord {
        /// What.
        what: String,
        /// Where it should.
        at: Place,
    },
    /// A place beyond what this device has of the record.
    #[error("{what} is said to stand at entry {entry}; this device has the record up to entry {size}: fetch it and try again")]
    Behind {
        /// What.
        what: String,
        /// Where it should.
        entry: u64,
        /// What is there.
        size: u64,
    },
    /// An edition that the record doesn't have, or with another root.
    #[error("the memo is pinned to edition {0}, which the record does not have so")]
    Edition(u32),
    /// A version that doesn't belong, or a broken chain.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// A checkpoint that the record never published.
    #[error("{what} names a checkpoint that the record never published: the server may show you another record than others")]
    Checkpoint {
        /// What.
        what: String,
    },
    /// A field of a sign-on that can't be.
    #[error("sign-on {number} of {nullifier}: {why}")]
    SignOn {
        /// Whose.
        nullifier: Digest,
        /// Its number.
        number: u64,
        /// What is wrong.
        why: String,
    },
    /// The opening's fields.
    #[error("the memo's opening: {0}")]
    Opening(&'static str),
    /// A wrong proof.
    #[error("{0} of the proofs that the server shows do not prove what they must")]
    Proofs(usize),
    /// Sign-ons that can't stand after each other.
    #[error(transparent)]
    Tally(#[from] TallyError),
}

/// Verifies what [`calls::draft`](crate::calls::draft) gave. `mirror` must be fresh: sync it after the draft was
/// fetched if this says [`DraftError::Behind`].
///
/// # Errors
/// The first thing that the record doesn't bear out.
pub fn read_draft(
    view: DraftView,
    memo: Digest,
    mirror: &Mirror,
    verifier: &Verifier,
    threads: NonZeroUsize,
    rng: &mut impl CryptoRng,
) -> Result<Draft, DraftError> {
    let opening = &view.opening.event;
    if opening.body.id()? != memo {
        return Err(DraftError::OtherMemo);
    }
    if opening.body.origin != mirror.origin() {
        let (expected, found) = (mirror.origin().to_owned(), opening.body.origin.clone());
        return Err(DraftError::Origin { expected, found });
    }
    let pinned = opening.body.edition;
    let edition = mirror
        .edition(pinned.number.into())
        .filter(|e| e.entry.cohort("all").is_some_and(|all| all.root == pinned.root))
        .ok_or(DraftError::Edition(pinned.number))?;
    let standing = place(&view.opening, &Event::Opening(opening.clone()), None, mirror, "the opening")?;
    let mut proofs = vec![opening_proof(opening, memo, mirror)?];

    let mut chain = Chain::new(opening.body.clone())?;
    let mut versions = Vec::with_capacity(view.versions.len());
    for placed in &view.versions {
        let Version { body, author, signature, .. } = placed.event.clone();
        let what = format!("version {}", body.number);
        let direct = Entry::Version(Direct { v: FORMAT, event: placed.event.clone() });
        let event = Event::Version(placed.event.clone());
        let standing = place(placed, &event, Some(&direct), mirror, &what)?;
        let signed = SignedVersion { body, author, signature };
        let hash = chain.push(&signed)?;
        if !mirror.published(signed.body.checkpoint.size, signed.body.checkpoint.hash) {
            return Err(DraftError::Checkpoint { what });
        }
        versions.push(DraftVersion { hash, body: signed.body, author, standing });
    }

    let mut tally = Tally::new();
    let mut recorded = Vec::with_capacity(view.sign_ons.len());
    let filed_at = mirror.filed_entry(memo);
    for placed in &view.sign_ons {
        let event = &placed.event;
        let what = format!("sign-on {} of {}", event.seq, event.nullifier.short());
        let direct = Entry::SignOn(Direct { v: FORMAT, event: event.clone() });
        let standing =
            place(placed, &Event::SignOn(event.clone()), Some(&direct), mirror, &what)?;
        proofs.extend(sign_on_proofs(event, memo, &edition.entry, &versions, mirror)?);
        let Standing::Recorded { entry, time } = standing else { continue };
        let fact = Fact {
            nullifier: element(event.nullifier, event, "nullifier")?,
            version: event.version.into(),
            action: event.action,
            seq: event.seq,
            cohort: event.cohort.clone(),
            late: filed_at.is_some_and(|filed| entry > filed),
            expired: time > event.expires,
        };
        recorded.push((entry, fact, event.clone()));
    }
    let mut sign_ons = Vec::with_capacity(recorded.len());
    for (_, fact, event) in recorded {
        tally.apply(fact)?;
        sign_ons.push(event);
    }
    if let Err(wrong) = verifier.verify_batch(&proofs, threads, rng, &|_| {}) {
        return Err(DraftError::Proofs(wrong.invalid.len()));
    }
    Ok(Draft {
        memo,
        opening: opening.body.clone(),
        standing,
        versions,
        sign_ons,
        tally,
        filed: view.filed,
        waiting: view.waiting,
    })
}

/// Where an event stands, by the record.
fn place<T>(
    placed: &Placed<T>,
    event: &Event,
    direct: Option<&Entry>,
    mirror: &Mirror,
    what: &str,
) -> Result<Standing, DraftError> {
    let Some(at) = placed.at else {
        // After filing an event is an entry of its own.
        let entry = direct.and_then(|entry| mirror.find_entry(entry));
        return Ok(entry.map_or(Standing::Waiting, |(entry, time)| Standing::Recorded { entry, time }));
    };
    let what = || what.to_owned();
    if at.entry >= mirror.size() {
        return Err(DraftError::Behind { what: what(), entry: at.entry, size: mirror.size() });
    }
    let slot = event.slot(placed.salt).ok();
    match (mirror.slot_at(at), mirror.time_of(at.entry)) {
        (Some(there), Some(time)) if Some(there) == slot => {
            Ok(Standing::Recorded { entry: at.entry, time })
        }
        _ => Err(DraftError::NotInRecord { what: what(), at }),
    }
}

fn opening_proof(
    opening: &Opening,
    memo: Digest,
    mirror: &Mirror,
) -> Result<(Statement, Proof), DraftError> {
    let bad = DraftError::Opening;
    let body = &opening.body;
    if opening.circuit != CircuitId::current().0 {
        return Err(bad("its proof is of a circuit that this program does not know"));
    }
    if !mirror.published(body.checkpoint.size, body.checkpoint.hash) {
        return Err(DraftError::Checkpoint { what: "the opening".to_owned() });
    }
    let month: Month = body.month.parse().map_err(|_| bad("its month is none"))?;
    let field = |digest: Digest| Element::from_bytes(*digest.as_bytes());
    let root = field(body.edition.root).map_err(|_| bad("its edition's root is no field element"))?;
    let nullifier = field(opening.nullifier).map_err(|_| bad("its nullifier is no field element"))?;
    let proof = Proof::try_from(opening.proof.0.clone()).map_err(|_| bad("its proof has another length"))?;
    let context = OpeningContext {
        origin: &body.origin,
        edition_root: root,
        month: &month,
        counter: body.counter,
        memo,
        checkpoint: demur_signon::act::Checkpoint {
            size: body.checkpoint.size,
            hash: body.checkpoint.hash,
        },
        expires: opening.expires,
    };
    Ok((context.statement(nullifier), proof))
}

fn element(digest: Digest, event: &SignOn, what: &str) -> Result<Element, DraftError> {
    Element::from_bytes(*digest.as_bytes()).map_err(|_| DraftError::SignOn {
        nullifier: event.nullifier,
        number: event.seq,
        why: format!("its {what} is no field element"),
    })
}

/// The statements of a sign-on and its proofs, all other fields checked.
fn sign_on_proofs(
    event: &SignOn,
    memo: Digest,
    edition: &demur_record::entry::Edition,
    versions: &[DraftVersion],
    mirror: &Mirror,
) -> Result<Vec<(Statement, Proof)>, DraftError> {
    let bad = |why: &str| DraftError::SignOn {
        nullifier: event.nullifier,
        number: event.seq,
        why: why.to_owned(),
    };
    let version = versions.iter().find(|v| v.body.number == event.version);
    if event.memo != memo || version.is_none_or(|v| v.body.content_root != event.content_root) {
        return Err(bad("it is of no version of this memo"));
    }
    if event.circuit != CircuitId::current().0 {
        return Err(bad("its proof is of a circuit that this program does not know"));
    }
    if !mirror.published(event.checkpoint.size, event.checkpoint.hash) {
        return Err(DraftError::Checkpoint { what: format!("sign-on {}", event.seq) });
    }
    let root = |name: &str| -> Result<Element, DraftError> {
        let cohort = edition.cohort(name).ok_or_else(|| bad("it shows a cohort that the edition lacks"))?;
        element(cohort.root, event, "cohort's root")
    };
    let all = root("all")?;
    let cohort = event.cohort.as_deref().map(root).transpose()?;
    let context = SignOnContext {
        origin: mirror.origin(),
        edition_root: all,
        memo,
        content_root: event.content_root,
        action: event.action,
        seq: event.seq,
        checkpoint: demur_signon::act::Checkpoint {
            size: event.checkpoint.size,
            hash: event.checkpoint.hash,
        },
        expires: event.expires,
    };
    let nullifier = element(event.nullifier, event, "nullifier")?;
    let statements = context.statements(nullifier, cohort, event.note);
    if event.proofs.len() != statements.len() {
        return Err(bad("it has not one proof for each cohort that it shows"));
    }
    let proofs = event.proofs.iter().map(|proof| Proof::try_from(proof.0.clone()));
    statements
        .into_iter()
        .zip(proofs)
        .map(|(statement, proof)| {
            Ok((statement, proof.map_err(|_| bad("a proof has another length"))?))
        })
        .collect()
}

impl Draft {
    /// The latest version.
    #[must_use]
    pub fn latest(&self) -> Option<&DraftVersion> {
        self.versions.last()
    }

    /// The version with that number.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&DraftVersion> {
        self.versions.iter().find(|v| v.body.number == number)
    }

    /// How many stand behind a version.
    #[must_use]
    pub fn tally(&self, number: u32) -> VersionTally {
        self.tally.version(number.into())
    }

    /// How many signed each version, by its number.
    #[must_use]
    pub fn tallies(&self) -> BTreeMap<u32, VersionTally> {
        self.versions.iter().map(|v| (v.body.number, self.tally(v.body.number))).collect()
    }
}

/// A version that was opened and is what its author signed.
#[derive(Debug)]
pub struct OpenedVersion {
    /// What was sealed.
    pub envelope: Sealed,
    /// The text.
    pub memo: Memo,
    /// The text with its salts.
    pub content: Content,
}

/// Why a version can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenVersionError {
    /// The version was sealed to another readers' key.
    #[error("version {0} was sealed for a newer link: ask for that one")]
    OtherLink(u32),
    /// The server gave another file.
    #[error("the server gave another file than version {0} names")]
    OtherFile(u32),
    /// See there.
    #[error(transparent)]
    Seal(#[from] SealingError),
    /// See there.
    #[error(transparent)]
    Content(#[from] SealedError),
    /// The head lists others than the opening.
    #[error(transparent)]
    Head(#[from] VersionError),
}

/// Opens a version's file from [`calls::draft_sealed`](crate::calls::draft_sealed) and holds its text against what
/// its author signed.
///
/// # Errors
/// When the link's key doesn't open it, or the text is another.
pub fn open_version(
    draft: &Draft,
    version: &DraftVersion,
    file: &Bytes,
    reader: &ReaderKey,
    rules: &Rules,
) -> Result<OpenedVersion, OpenVersionError> {
    let body = &version.body;
    if body.access != reader.access() {
        return Err(OpenVersionError::OtherLink(body.number));
    }
    if sha256(&file.0) != body.sealed {
        return Err(OpenVersionError::OtherFile(body.number));
    }
    let plain = reader.seal_key().open(file)?;
    let envelope = Sealed::parse(&plain)?;
    let (memo, content) = envelope.open(rules, body.number, body.content_root, body.counts)?;
    draft.opening.check_head(memo.head())?;
    Ok(OpenedVersion { envelope, memo, content })
}

/// Something that this device sent, that was promised, and that the draft doesn't show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `opening`, `version 2`, `sign-on 1`.
    pub what: String,
    /// The evidence.
    pub promise: String,
}

/// Own sign-ons that were promised and are recorded in the mirror, but left out of the draft: they were
/// hidden from its readers.
#[must_use]
pub fn missing(draft: &Draft, acts: &crate::identity::MemoActs, mirror: &Mirror) -> Vec<Missing> {
    let hidden = acts.acts.iter().filter_map(|act| {
        let promise = act.promise.clone()?;
        let slot = Event::SignOn(act.event.clone()).slot(act.salt).ok()?;
        mirror.find_slot(slot)?;
        let shown = draft.sign_ons.contains(&act.event);
        (!shown).then(|| Missing { what: format!("sign-on {}", act.event.seq), promise })
    });
    hidden.collect()
}

/// Own versions that were promised and are recorded, but left out of the draft.
#[must_use]
pub fn missing_versions(
    draft: &Draft,
    my: &crate::author::MyMemo,
    mirror: &Mirror,
) -> Vec<Missing> {
    let hidden = my.versions.iter().filter_map(|(number, own)| {
        let promise = own.promise.clone()?;
        let slot = Event::Version(own.event.clone()).slot(own.salt).ok()?;
        mirror.find_slot(slot)?;
        let shown = draft.version(*number).is_some_and(|v| v.body == own.event.body);
        (!shown).then(|| Missing { what: format!("version {number}"), promise })
    });
    hidden.collect()
}

/// Whether a link is to this draft.
#[must_use]
pub fn is_link_of(draft: &Draft, link: &Link) -> bool {
    draft.memo == link.memo
}
