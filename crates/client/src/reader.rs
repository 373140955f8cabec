//! A reader's device: a draft held against the record.
//!
//! Before filing the record shows opaque places only. What the server shows of a draft counts here if
//! it opens such a place (or says that it still waits for one), if the versions form one chain
//! signed by the authors of the memo's opening, and if each proof proves. What a server could
//! still do is to leave something out: who sent it holds a promise, and sees it with
//! [`missing`]. Once a memo is filed the record alone is read.

use std::num::NonZeroUsize;

use demur_encoding::{Bytes, Digest, Time, sha256};
use demur_memo::{
    Memo, Sealed, SealedError,
    content::Content,
    marking::Rules,
    version::{Link as ChainLink, OpeningBody, VersionError},
};
use demur_record::{
    entry::Place,
    event::{Event, SignOn, mark},
    memo_log::{MemoError, MemoLog, Position, ProofTask},
};
use demur_signon::{
    Element, Verifier,
    act::Action,
    tally::{Tally, VersionTally},
};
use rand_core::CryptoRng;

use crate::{
    api::{DraftView, Placed, Waiting},
    device::Mirror,
    keys::SealingError,
    link::ReaderKey,
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
        /// The log's time of its batch.
        time: Time,
    },
}

impl Standing {
    /// The entry that commits to it.
    #[must_use]
    pub const fn entry(&self) -> Option<u64> {
        match self {
            Self::Waiting => None,
            Self::Recorded { entry, .. } => Some(*entry),
        }
    }

    /// Since when the record commits to it.
    #[must_use]
    pub const fn since(&self) -> Option<Time> {
        match self {
            Self::Waiting => None,
            Self::Recorded { time, .. } => Some(*time),
        }
    }
}

/// One version of a memo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftVersion {
    /// Its hash and what is registered.
    pub link: ChainLink,
    /// Since when.
    pub standing: Standing,
}

/// A sign-on that the record commits to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftSignOn {
    /// The event.
    pub event: SignOn,
    /// Its entry.
    pub entry: u64,
    /// The log's time of its batch.
    pub time: Time,
    /// Recorded after its expiry: it counts for nothing.
    pub void: bool,
}

/// A memo as its link or the record shows it, verified.
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
    /// The sign-ons that the record commits to, in its order.
    pub sign_ons: Vec<DraftSignOn>,
    /// Their count.
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
    /// A place that holds something else.
    #[error("{what} does not stand at entry {}, slot {} of the record, as the server says", at.entry, at.slot)]
    NotInRecord {
        /// What.
        what: String,
        /// Where it should.
        at: Place,
    },
    /// A place beyond what this device has of the record.
    #[error(
        "{what} is said to stand at entry {entry}; this device has the record up to entry {size}: fetch it and try again"
    )]
    Behind {
        /// What.
        what: String,
        /// Where it should.
        entry: u64,
        /// What is there.
        size: u64,
    },
    /// The record's mark of the version is not the one that this version stands behind.
    #[error(
        "version {0} that the server shows is not the one that the record marks as such: another one may be shown to \
         others; don't sign, and tell the authors"
    )]
    Sibling(u32),
    /// The record marks a version that the server doesn't show.
    #[error(
        "the record holds a version {0} of this memo, which the server does not show: don't sign, and tell the authors"
    )]
    Hidden(u32),
    /// The record shows the memo as filed.
    #[error("the record shows the memo as filed, the server as a draft")]
    Filed,
    /// The device holds nothing of the record.
    #[error("this device holds nothing of the record yet: fetch it first")]
    NoRecord,
    /// Something that can't stand.
    #[error("{what}: {error}")]
    Memo {
        /// What.
        what: String,
        /// Why not.
        #[source]
        error: Box<MemoError>,
    },
    /// See there.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// A wrong proof.
    #[error("{0} of the proofs that are shown do not prove what they must")]
    Proofs(usize),
}

/// How proofs are verified.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    /// Its keys.
    pub verifier: &'a Verifier,
    /// In how many threads.
    pub threads: NonZeroUsize,
}

impl Check<'_> {
    /// Verifies proofs in a batch.
    ///
    /// # Errors
    /// How many are wrong.
    pub fn proofs(&self, tasks: Vec<ProofTask>, rng: &mut impl CryptoRng) -> Result<(), usize> {
        let batch: Vec<_> = tasks
            .into_iter()
            .map(|task| (task.statement, task.proof))
            .collect();
        let checked = self
            .verifier
            .verify_batch(&batch, self.threads, rng, &|_| {});
        checked.map_err(|wrong| wrong.invalid.len())
    }
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
    check: Check<'_>,
    rng: &mut impl CryptoRng,
) -> Result<Draft, DraftError> {
    if view.opening.event.body.id()? != memo {
        return Err(DraftError::OtherMemo);
    }
    if mirror.memo(memo).is_some() {
        let mut draft = read_filed(memo, mirror, check, rng)?;
        draft.waiting = view.waiting;
        return Ok(draft);
    }
    let wrong = |what: &str| {
        let what = what.to_owned();
        move |error| DraftError::Memo {
            what,
            error: Box::new(error),
        }
    };
    let opening = &view.opening.event;
    let (at, standing) = place(
        &view.opening,
        Event::Opening(opening.clone()),
        mirror,
        "the opening",
    )?;
    let (mut log, task) = MemoLog::open(opening, at, mirror).map_err(wrong("the opening"))?;
    let mut tasks = vec![task];
    let mut standings = Vec::with_capacity(view.versions.len());
    for placed in &view.versions {
        let what = format!("version {}", placed.event.body.number);
        let (at, standing) = place(placed, Event::Version(placed.event.clone()), mirror, &what)?;
        log.apply_version(&placed.event, at, mirror)
            .map_err(wrong(&what))?;
        if let Some(at) = placed.at {
            first_marked(placed.event.body.number, at, memo, mirror)?;
        }
        standings.push(standing);
    }
    // The latest version is the record's, not the server's.
    let next = u32::try_from(view.versions.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    if mirror.find_slot(mark(memo, next)).is_some() {
        return Err(DraftError::Hidden(next));
    }
    let mut sign_ons = Vec::with_capacity(view.sign_ons.len());
    for placed in view.sign_ons {
        let event = &placed.event;
        let what = format!("sign-on {} of {}", event.seq, event.nullifier.short());
        let (at, standing) = place(&placed, Event::SignOn(event.clone()), mirror, &what)?;
        // One that still waits for its place counts when it has it.
        let Standing::Recorded { entry, time } = standing else {
            continue;
        };
        let signed = log
            .apply_sign_on(event, at, mirror, false)
            .map_err(wrong(&what))?;
        tasks.extend(signed.tasks);
        sign_ons.push(DraftSignOn {
            event: placed.event,
            entry,
            time,
            void: signed.void,
        });
    }
    check.proofs(tasks, rng).map_err(DraftError::Proofs)?;
    Ok(Draft {
        memo,
        opening: log.opening().body.clone(),
        standing,
        versions: versions(&log, standings),
        sign_ons,
        tally: log.tally().clone(),
        filed: view.filed,
        waiting: view.waiting,
    })
}

/// A filed memo, from the record alone.
///
/// # Errors
/// When the record doesn't show it, or a proof is wrong.
pub fn read_filed(
    memo: Digest,
    mirror: &Mirror,
    check: Check<'_>,
    rng: &mut impl CryptoRng,
) -> Result<Draft, DraftError> {
    let log = mirror.memo(memo).ok_or(DraftError::OtherMemo)?;
    check
        .proofs(mirror.proof_tasks(memo), rng)
        .map_err(DraftError::Proofs)?;
    for (number, at) in mirror.opened_versions(memo) {
        first_marked(number, at, memo, mirror)?;
    }
    let recorded = |at: Position| Standing::Recorded {
        entry: at.entry,
        time: at.time,
    };
    let numbers = log.versions().iter().map(|link| link.body.number);
    let standings = numbers.map(|n| {
        log.version(n)
            .map_or(Standing::Waiting, |(_, at)| recorded(at))
    });
    Ok(Draft {
        memo,
        opening: log.opening().body.clone(),
        standing: recorded(log.opened()),
        versions: versions(log, standings.collect()),
        sign_ons: mirror.sign_ons(memo),
        tally: log.tally().clone(),
        filed: true,
        waiting: Vec::new(),
    })
}

fn versions(log: &MemoLog, standings: Vec<Standing>) -> Vec<DraftVersion> {
    let links = log.versions().iter().cloned();
    links
        .zip(standings)
        .map(|(link, standing)| DraftVersion { link, standing })
        .collect()
}

/// Whether the version at `at` stands just behind the first mark of its number: then nobody was shown another one.
fn first_marked(number: u32, at: Place, memo: Digest, mirror: &Mirror) -> Result<(), DraftError> {
    let before = { at.slot.checked_sub(1) }.map(|slot| Place { slot, ..at });
    if before.is_some() && mirror.find_slot(mark(memo, number)) == before {
        Ok(())
    } else {
        Err(DraftError::Sibling(number))
    }
}

/// Where an event stands, by the record.
fn place<T>(
    placed: &Placed<T>,
    event: Event,
    mirror: &Mirror,
    what: &str,
) -> Result<(Position, Standing), DraftError> {
    let Some(at) = placed.at else {
        let next = mirror.next_position().ok_or(DraftError::NoRecord)?;
        return Ok((next, Standing::Waiting));
    };
    let what = || what.to_owned();
    if at.entry >= mirror.size() {
        return Err(DraftError::Behind {
            what: what(),
            entry: at.entry,
            size: mirror.size(),
        });
    }
    let slot = event.slot(placed.salt).ok();
    match (mirror.slot_at(at), mirror.position_of(at.entry)) {
        (Some(there), Some(position)) if Some(there) == slot => {
            let standing = Standing::Recorded {
                entry: at.entry,
                time: position.time,
            };
            Ok((position, standing))
        }
        _ => Err(DraftError::NotInRecord { what: what(), at }),
    }
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
        self.versions.iter().find(|v| v.link.body.number == number)
    }

    /// How many stand behind a version.
    #[must_use]
    pub fn count(&self, number: u32) -> VersionTally {
        self.tally.version(number.into())
    }

    /// The last act of a nullifier on a version.
    #[must_use]
    pub fn last_action(&self, nullifier: Element, number: u32) -> Option<Action> {
        self.tally.last_action(nullifier, number.into())
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
    let body = &version.link.body;
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
    Ok(OpenedVersion {
        envelope,
        memo,
        content,
    })
}

/// Something that this device sent, that the record commits to, and that the server leaves out of the draft: it
/// is hidden from the readers. Salt, event and place prove it to anyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `version 2`, `sign-on 1`.
    pub what: String,
    /// Its number alone.
    pub seq: u64,
    /// Where the record commits to it.
    pub at: Place,
    /// The log's promise, where it came.
    pub promise: Option<String>,
}

/// Own sign-ons that stand in the record and not in the draft.
#[must_use]
pub fn missing(draft: &Draft, acts: &crate::identity::MemoActs, mirror: &Mirror) -> Vec<Missing> {
    let hidden = acts.acts.iter().filter_map(|act| {
        let slot = Event::SignOn(act.event.clone()).slot(act.salt).ok()?;
        let at = mirror.find_slot(slot)?;
        let shown = draft.sign_ons.iter().any(|s| s.event == act.event);
        let what = format!("sign-on {}", act.event.seq);
        (!shown).then(|| Missing {
            what,
            seq: act.event.seq,
            at,
            promise: act.promise.clone(),
        })
    });
    hidden.collect()
}

/// Own versions that stand in the record and not in the draft.
#[must_use]
pub fn missing_versions(
    draft: &Draft,
    my: &crate::author::MyMemo,
    mirror: &Mirror,
) -> Vec<Missing> {
    let hidden = my.versions.iter().filter_map(|(number, own)| {
        let slot = Event::Version(own.event.clone()).slot(own.salt).ok()?;
        let at = mirror.find_slot(slot)?;
        let shown = draft
            .version(*number)
            .is_some_and(|v| v.link.body == own.event.body);
        let what = format!("version {number}");
        (!shown).then(|| Missing {
            what,
            seq: u64::from(*number),
            at,
            promise: own.promise.clone(),
        })
    });
    hidden.collect()
}
