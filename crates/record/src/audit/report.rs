//! What an audit says.

use demur_channel::{Deadline, Step};
use demur_encoding::{Digest, Time};
use serde::Serialize;

use crate::{
    entry::{Entry, Fingerprint, TextFingerprint},
    policy::Accepted,
    replay::{Applied, FiledMemo, Replay},
};

/// The result of an audit.
#[derive(Debug, Clone, Serialize)]
pub struct AuditReport {
    /// Whether everything was verified and nothing was wrong.
    pub ok: bool,
    /// The log's name, once its checkpoint was accepted.
    pub origin: Option<String>,
    /// The number of entries that the newest checkpoint covers.
    pub size: u64,
    /// The newest checkpoint's root.
    pub root: Option<Digest>,
    /// What "as of" means: the newest checkpoint's time.
    pub as_of: Option<Time>,
    /// Whether a witness says so, or the log alone.
    pub witnessed: bool,
    /// The policy's witnesses that cosigned the newest checkpoint, each with its time.
    pub witnesses: Vec<(String, Time)>,
    /// What was verified, how much of it.
    pub rows: Vec<Row>,
    /// The first thing that is wrong.
    pub failure: Option<Failure>,
    /// The cases and their deadlines, in the order of filing.
    pub cases: Vec<CaseRow>,
    /// The fingerprints of texts that authors published, in the record's order.
    pub fingerprints: Vec<FingerprintRow>,
}

/// One kind of thing that was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What.
    pub what: &'static str,
    /// How many of them.
    pub count: u64,
    /// How it went.
    pub check: Check,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// All of them are right.
    Verified,
    /// The audit ended before all of them were verified.
    Unfinished,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Where.
    #[serde(flatten)]
    pub found: Found,
    /// What.
    pub reason: String,
}

/// Where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// In the entry with this index.
    Entry(u64),
    /// In the file with this path.
    File(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.found {
            Found::Entry(index) => write!(f, "entry {index}: {}", self.reason),
            Found::File(path) => write!(f, "{path}: {}", self.reason),
        }
    }
}

/// A case as of the newest checkpoint.
#[derive(Debug, Clone, Serialize)]
pub struct CaseRow {
    /// The memo.
    pub memo: Digest,
    /// The index of its filed entry.
    pub entry: u64,
    /// The last step.
    pub step: Step,
    /// When it was filed.
    pub filed: Time,
    /// What the office owed, and whether it kept it.
    pub deadlines: Vec<Deadline>,
}

/// A fingerprint of a version's text. Whether it is the text's only those can tell who have the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FingerprintRow {
    /// The memo.
    pub memo: Digest,
    /// The index of its entry.
    pub entry: u64,
    /// When the record first held it.
    pub published: Time,
    /// The version whose text it is of.
    pub version: u32,
    /// That version's hash.
    pub version_hash: Digest,
    /// When the record first held that version, or the slot that it was opened from.
    pub registered: Time,
    /// The words of that version's body.
    pub words: u32,
    /// How many signed that version and stand by it.
    pub signed: u64,
    /// Out of how many.
    pub members: u64,
    /// The memo's latest version.
    pub latest: u32,
    /// The fingerprint.
    pub text: TextFingerprint,
}

impl FingerprintRow {
    fn of(replay: &Replay, memo: &FiledMemo) -> Vec<Self> {
        let log = memo.log();
        let latest = log.latest().map_or(0, |link| link.body.number);
        let edition = &log.edition().edition;
        let tallies = log.tallies();
        let row = |(entry, fingerprint): &(u64, Fingerprint)| {
            let (link, at) = log.version(fingerprint.of)?;
            let tally = tallies.iter().find(|t| t.version == fingerprint.of);
            Some(Self {
                memo: log.memo(),
                entry: *entry,
                published: replay.time_of(*entry)?.time,
                version: fingerprint.of,
                version_hash: link.hash,
                registered: replay.time_of(at.entry)?.time,
                words: link.body.counts.words,
                signed: tally.map_or(0, |tally| tally.signed),
                members: edition.cohort("all").map_or(0, |all| all.size),
                latest,
                text: fingerprint.text.clone(),
            })
        };
        memo.fingerprints().iter().filter_map(row).collect()
    }
}

/// A running number and whether the check was finished.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    pub(super) count: u64,
    pub(super) done: bool,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) checkpoints: Count,
    pub(super) cosignatures: Count,
    pub(super) entries: Count,
    pub(super) tiles: Count,
    pub(super) slots: Count,
    pub(super) opened: Count,
    pub(super) sign_ons: Count,
    pub(super) steps: Count,
    pub(super) states: Count,
    pub(super) editions: Count,
    pub(super) proofs: Count,
}

impl Counts {
    pub(super) fn entry(&mut self, applied: &Applied) {
        self.entries.count += 1;
        let sign_on = |event: &crate::event::Event| matches!(event, crate::event::Event::SignOn(_));
        match &applied.entry {
            Entry::Opaque(opaque) => self.slots.count += opaque.slots.len() as u64,
            Entry::Opened(opened) => {
                self.opened.count += 1;
                self.sign_ons.count += u64::from(sign_on(&opened.event));
            }
            Entry::SignOn(_) => self.sign_ons.count += 1,
            Entry::Filed(_)
            | Entry::Acknowledged(_)
            | Entry::Returned(_)
            | Entry::Distributed(_)
            | Entry::Responded(_)
            | Entry::Rejoined(_)
            | Entry::Withdrawn(_) => self.steps.count += 1,
            Entry::State(_) => self.states.count += 1,
            _ => {}
        }
    }

    fn rows(&self) -> Vec<Row> {
        [
            (
                "checkpoints, by the log's key and the quorum",
                self.checkpoints,
            ),
            ("cosignatures by witnesses of the policy", self.cosignatures),
            (
                "entries, by form and by the rules of the record",
                self.entries,
            ),
            ("tiles and entry bundles, recomputed", self.tiles),
            ("opaque slots", self.slots),
            ("opened events, each at its opaque slot", self.opened),
            (
                "sign-ons, in sequence and under published checkpoints",
                self.sign_ons,
            ),
            ("steps of cases, in the order of a case's life", self.steps),
            ("state roots and tallies, recomputed", self.states),
            ("edition files, every root recomputed", self.editions),
            (
                "zero-knowledge proofs of openings and sign-ons",
                self.proofs,
            ),
        ]
        .into_iter()
        .map(|(what, Count { count, done })| Row {
            what,
            count,
            check: if done {
                Check::Verified
            } else {
                Check::Unfinished
            },
        })
        .collect()
    }
}

pub(super) fn make(
    replay: Option<Replay>,
    newest: Option<Accepted>,
    counts: Counts,
    failure: Option<Failure>,
) -> AuditReport {
    let as_of = replay.as_ref().and_then(Replay::as_of);
    let (mut cases, mut fingerprints) = (Vec::new(), Vec::new());
    if let (Some(replay), Some(as_of)) = (&replay, as_of) {
        for (memo, filed) in replay.memos() {
            let (Some(case), Some(first)) = (replay.case(memo), filed.steps().first()) else {
                continue;
            };
            cases.push(CaseRow {
                memo,
                entry: first.entry,
                step: case.step(),
                filed: case.time_of(Step::Filed).unwrap_or(as_of.time),
                deadlines: case.deadlines(as_of.time),
            });
            fingerprints.extend(FingerprintRow::of(replay, filed));
        }
    }
    cases.sort_by_key(|case| case.entry);
    fingerprints.sort_by_key(|row| row.entry);
    AuditReport {
        ok: failure.is_none(),
        origin: newest
            .as_ref()
            .map(|newest| newest.checkpoint.origin.clone()),
        size: newest.as_ref().map_or(0, |newest| newest.checkpoint.size),
        root: newest.as_ref().map(|newest| newest.checkpoint.hash),
        as_of: as_of.map(|as_of| as_of.time),
        witnessed: as_of.is_some_and(|as_of| as_of.witnessed),
        witnesses: newest.map(|newest| newest.witnesses).unwrap_or_default(),
        rows: counts.rows(),
        failure,
        cases,
        fingerprints,
    }
}
