//! What the server promised, held against its record.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use anyhow::{Result, ensure};
use demur_client::device::Mirror;
use demur_encoding::{Digest, Time};
use demur_record::{
    audit::{AuditReport, Options, audit},
    entry::Entry,
    keys::VerifierKey,
    policy::Policy,
    promise::{Promise, Subject},
    source::RecordSource,
    tiles::leaf_hash,
};

use crate::{rng, threads};

/// Promises that were given and checked.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    promises: BTreeMap<Digest, (Subject, Time)>,
    /// Every slot and leaf hash of the record as far as it was looked at, and the entries that hold it.
    places: HashMap<Digest, Vec<u64>>,
    looked_at: u64,
}

/// How promises stand against a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The record holds them, once, since the promised time or earlier.
    pub kept: usize,
    /// The record does not hold them yet, and need not.
    pub waiting: usize,
    /// The record holds them since a later time than was promised.
    pub late: Vec<Digest>,
    /// The record is beyond the promised time and does not hold them.
    pub broken: Vec<Digest>,
    /// The record holds them more than once.
    pub doubled: Vec<Digest>,
}

impl Standing {
    /// Whether every promise is kept, or can be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.late.is_empty() && self.broken.is_empty() && self.doubled.is_empty()
    }

    /// Whether every promise is kept.
    #[must_use]
    pub fn all_kept(&self) -> bool {
        self.is_good() && self.waiting == 0
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} in the record exactly once and in time, {} still promised, {} late, {} broken, {} doubled",
            self.kept,
            self.waiting,
            self.late.len(),
            self.broken.len(),
            self.doubled.len()
        )
    }
}

impl Ledger {
    /// Takes a promise in.
    ///
    /// # Errors
    /// When it is not the log's.
    pub fn take(&mut self, note: &str, log: &VerifierKey) -> Result<Subject> {
        let Promise { subject, by, .. } = Promise::open(note, log)?;
        let (Subject::Opaque(key) | Subject::Entry(key)) = subject;
        // Promised again after a retry: the first word binds.
        self.promises.entry(key).or_insert((subject, by));
        Ok(subject)
    }

    /// How many different things were promised.
    #[must_use]
    pub fn len(&self) -> usize {
        self.promises.len()
    }

    /// Whether nothing was promised.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.promises.is_empty()
    }

    /// Holds all promises against a record: always the same mirror, which never goes back.
    #[must_use]
    pub fn hold(&mut self, mirror: &Mirror) -> Standing {
        self.look(mirror);
        let places = &self.places;
        let as_of = mirror.as_of();
        let mut standing = Standing::default();
        for (key, (_, by)) in &self.promises {
            match places.get(key).map(Vec::as_slice) {
                None if as_of.is_some_and(|now| now > *by) => standing.broken.push(*key),
                None => standing.waiting += 1,
                Some([entry]) if mirror.time_of(*entry).is_some_and(|time| time <= *by) => {
                    standing.kept += 1;
                }
                Some([_]) => standing.late.push(*key),
                Some(_) => standing.doubled.push(*key),
            }
        }
        standing
    }

    fn look(&mut self, mirror: &Mirror) {
        while let Some(bytes) = mirror.entry_bytes(self.looked_at) {
            let index = self.looked_at;
            let mut note = |key| self.places.entry(key).or_default().push(index);
            // What is no entry was not let into the mirror.
            if let Ok(Entry::Opaque(opaque)) = Entry::from_slice(bytes) {
                opaque.slots.iter().copied().for_each(&mut note);
            }
            note(leaf_hash(bytes));
            self.looked_at += 1;
        }
    }
}

/// Audits a record, with all cores.
///
/// # Errors
/// When it fails, with the first thing that is wrong; when it can't be read.
pub fn audited<S: RecordSource + ?Sized>(source: &S, policy: &Policy) -> Result<AuditReport> {
    let options = Options {
        policy,
        threads: threads(),
        progress: &|_| {},
    };
    let report = audit(source, options, &mut rng())?;
    if let Some(failure) = &report.failure {
        anyhow::bail!("the audit fails: {failure}");
    }
    ensure!(report.size > 0, "the record is empty");
    Ok(report)
}
