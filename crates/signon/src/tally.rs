//! Counting the sign-ons of one memo.
//!
//! Facts are applied in the order of the record. The rules, of DESIGN section 3:
//!
//! - A nullifier's sequence numbers on a memo are 1, 2, 3 without a gap; the first recorded at
//!   each uses it up, and another of the same number is refused.
//! - Its cohort is fixed at its first act: another cohort later, one where there was none, or
//!   none where there was one, is refused.
//! - An act that was recorded after its expiry is **void**: it doesn't count. It uses its number
//!   and fixes the cohort all the same, so that whoever takes acts before they are recorded (a
//!   server, a device) need not know which of them will be void: the next number is the same.
//! - A version's tally counts the nullifiers whose last act on *that* version is to sign.
//!
//! The proofs must have been verified before: here a fact is taken as it is.

use std::collections::{BTreeMap, HashMap};

use demur_encoding::json_fields;
use serde::Serialize;

use crate::{Element, act::Action};

/// One recorded act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Whose act.
    pub nullifier: Element,
    /// The number of the version acted on.
    pub version: u64,
    /// What was done.
    pub action: Action,
    /// The nullifier's sequence number on this memo.
    pub seq: u64,
    /// The cohort that a second proof showed.
    pub cohort: Option<String>,
    /// Whether it was recorded after filing.
    pub late: bool,
    /// Whether it was recorded after its expiry.
    pub expired: bool,
}

/// What became of an accepted fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It stands.
    Stands,
    /// It came after its expiry: it used its number, fixed the cohort if it was the first, and
    /// counts for nothing.
    Void,
}

/// Why a fact can't be one of the record. A refused fact changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TallyError {
    /// An act of that number was recorded before.
    #[error("sequence number {seq} of {nullifier} was used before; the next is {next}")]
    Replayed {
        /// Whose act.
        nullifier: Element,
        /// Its number.
        seq: u64,
        /// The number that is due.
        next: u64,
    },
    /// Numbers were left out.
    #[error("sequence number {seq} of {nullifier} leaves a gap; the next is {next}")]
    Gap {
        /// Whose act.
        nullifier: Element,
        /// Its number.
        seq: u64,
        /// The number that is due.
        next: u64,
    },
    /// The cohort is not that of the first act.
    #[error("{nullifier} showed {} at first and now {}: the cohort is fixed at the first act", describe(first.as_deref()), describe(now.as_deref()))]
    Cohort {
        /// Whose act.
        nullifier: Element,
        /// The cohort at the first act.
        first: Option<String>,
        /// The cohort of this one.
        now: Option<String>,
    },
}

fn describe(cohort: Option<&str>) -> String {
    cohort.map_or_else(|| "no cohort".to_owned(), |name| format!("cohort {name:?}"))
}

/// The count of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VersionTally {
    /// The version's number.
    pub version: u64,
    /// How many signed it and stand by that.
    pub signed: u64,
    /// How many of these showed which cohort; the others showed none.
    pub cohorts: BTreeMap<String, u64>,
    /// How many endorse it.
    pub endorsed: u64,
    /// How many of `signed` did so after filing.
    pub late: u64,
}

json_fields!(VersionTally only { version, signed, cohorts, endorsed, late });

/// The running count of one memo.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    members: HashMap<Element, Member>,
    versions: BTreeMap<u64, Counts>,
}

#[derive(Debug, Clone)]
struct Member {
    cohort: Option<String>,
    next: u64,
    /// The last act on each version that is not void, and whether it was late.
    last: BTreeMap<u64, (Action, bool)>,
}

#[derive(Debug, Clone, Default)]
struct Counts {
    signed: u64,
    cohorts: BTreeMap<String, u64>,
    endorsed: u64,
    late: u64,
}

impl Tally {
    /// Nothing counted yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies the next fact of the record.
    ///
    /// # Errors
    /// When it can't stand after those before it; nothing has changed then.
    pub fn apply(&mut self, fact: Fact) -> Result<Applied, TallyError> {
        self.check(&fact)?;
        let member = self
            .members
            .entry(fact.nullifier)
            .or_insert_with(|| Member {
                cohort: fact.cohort,
                next: 1,
                last: BTreeMap::new(),
            });
        member.next += 1;
        if fact.expired {
            return Ok(Applied::Void);
        }
        let now = (fact.action, fact.late);
        let before = member.last.insert(fact.version, now);
        let counts = self.versions.entry(fact.version).or_default();
        if let Some(before) = before {
            counts.shift(before, member.cohort.as_deref(), |n| *n -= 1);
        }
        counts.shift(now, member.cohort.as_deref(), |n| *n += 1);
        Ok(Applied::Stands)
    }

    /// Whether [`Self::apply`] would take `fact`: the same rules, nothing changes.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn check(&self, fact: &Fact) -> Result<(), TallyError> {
        let nullifier = fact.nullifier;
        let (seq, next) = (fact.seq, self.next_seq(nullifier));
        if seq < next {
            return Err(TallyError::Replayed {
                nullifier,
                seq,
                next,
            });
        }
        if seq > next {
            return Err(TallyError::Gap {
                nullifier,
                seq,
                next,
            });
        }
        match self.members.get(&nullifier) {
            Some(member) if member.cohort != fact.cohort => Err(TallyError::Cohort {
                nullifier,
                first: member.cohort.clone(),
                now: fact.cohort.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// The sequence number that is due from `nullifier`.
    #[must_use]
    pub fn next_seq(&self, nullifier: Element) -> u64 {
        self.members.get(&nullifier).map_or(1, |member| member.next)
    }

    /// Whether `nullifier` has an act that stands: a claim needs one.
    #[must_use]
    pub fn knows(&self, nullifier: Element) -> bool {
        self.members
            .get(&nullifier)
            .is_some_and(|member| !member.last.is_empty())
    }

    /// The cohort that `nullifier`'s first act fixed, void or not: `Some(None)` if that showed none,
    /// `None` if there is no act.
    #[must_use]
    pub fn cohort(&self, nullifier: Element) -> Option<Option<&str>> {
        let member = self.members.get(&nullifier)?;
        Some(member.cohort.as_deref())
    }

    /// The last act of `nullifier` on `version`.
    #[must_use]
    pub fn last_action(&self, nullifier: Element, version: u64) -> Option<Action> {
        let member = self.members.get(&nullifier)?;
        member.last.get(&version).map(|(action, _)| *action)
    }

    /// The count of `version`; all zero if nobody acted on it.
    #[must_use]
    pub fn version(&self, version: u64) -> VersionTally {
        let counts = self.versions.get(&version).cloned().unwrap_or_default();
        VersionTally {
            version,
            signed: counts.signed,
            cohorts: counts.cohorts,
            endorsed: counts.endorsed,
            late: counts.late,
        }
    }

    /// The counts of all versions that anybody acted on, ascending.
    #[must_use]
    pub fn versions(&self) -> Vec<VersionTally> {
        self.versions.keys().map(|v| self.version(*v)).collect()
    }
}

impl Counts {
    /// Changes by `step` what an act counts in.
    fn shift(
        &mut self,
        (action, late): (Action, bool),
        cohort: Option<&str>,
        step: impl Fn(&mut u64),
    ) {
        match action {
            Action::Sign => {
                step(&mut self.signed);
                if late {
                    step(&mut self.late);
                }
                if let Some(cohort) = cohort {
                    let count = self.cohorts.entry(cohort.to_owned()).or_default();
                    step(count);
                    if *count == 0 {
                        self.cohorts.remove(cohort);
                    }
                }
            }
            Action::Endorse => step(&mut self.endorsed),
            Action::Withdraw => {}
        }
    }
}

#[cfg(test)]
mod tests;
