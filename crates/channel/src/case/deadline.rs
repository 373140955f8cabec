//! What the office owes, and whether it has kept it.

use std::fmt;

use demur_encoding::Time;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Case;
use crate::calendar::{DueDate, Term};

/// What the office owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obligation {
    /// To acknowledge receipt.
    Acknowledge,
    /// To respond, in the normal time.
    Respond,
    /// To respond, at the latest.
    RespondAtMost,
}

impl fmt::Display for Obligation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Acknowledge => "acknowledge",
            Self::Respond => "respond (normally)",
            Self::RespondAtMost => "respond (at most)",
        })
    }
}

/// How it stands with a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DeadlineState {
    /// Not done; there is still time.
    Due,
    /// Done in time.
    DoneInTime,
    /// Done, after the time.
    DoneLate,
    /// Not done, and the time is over.
    Overdue,
    /// Not done, and no longer owed: the authors withdrew the memo while there was still time.
    NoLongerOwed,
}

impl fmt::Display for DeadlineState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Due => "due",
            Self::DoneInTime => "done in time",
            Self::DoneLate => "done late",
            Self::Overdue => "overdue",
            Self::NoLongerOwed => "no longer owed",
        })
    }
}

/// One deadline of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Deadline {
    /// What is owed.
    pub what: Obligation,
    /// The time allowed.
    pub term: Term,
    /// The last second in which it is in time.
    pub due: Time,
    /// The day of `due` in the profile's time zone.
    #[serde(serialize_with = "as_text")]
    pub date: Date,
    /// When it was done.
    pub done: Option<Time>,
    /// How it stands.
    pub state: DeadlineState,
}

fn as_text<S: serde::Serializer>(date: &Date, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(date)
}

/// The deadlines of a case as of `now`, by the profile that it was filed under.
///
/// Each is counted from the filing. A return answers the memo (with where to go instead), and so
/// fulfils the deadlines for a response. What was missed stays visible: a later withdrawal does not
/// hide an overdue deadline.
#[must_use]
pub fn status(case: &Case, now: Time) -> Vec<Deadline> {
    let deadlines = &case.profile.deadlines;
    let answered = case.responded.or(case.returned);
    [
        (
            Obligation::Acknowledge,
            Some(deadlines.acknowledge),
            case.acknowledged,
        ),
        (Obligation::Respond, deadlines.respond, answered),
        (
            Obligation::RespondAtMost,
            Some(deadlines.respond_at_most),
            answered,
        ),
    ]
    .into_iter()
    .filter_map(|(what, term, done)| {
        let term = term?;
        let DueDate { date, end: due } = case.profile.due(case.filed, term);
        // A fact that is later than the moment asked about has not happened yet.
        let done = done.filter(|at| *at <= now);
        let withdrawn = case.withdrawn.filter(|at| *at <= now);
        let state = match (done, withdrawn) {
            (Some(done), _) if done <= due => DeadlineState::DoneInTime,
            (Some(_), _) => DeadlineState::DoneLate,
            (None, Some(withdrawn)) if withdrawn <= due => DeadlineState::NoLongerOwed,
            (None, Some(_)) => DeadlineState::Overdue,
            (None, None) if now <= due => DeadlineState::Due,
            (None, None) => DeadlineState::Overdue,
        };
        Some(Deadline {
            what,
            term,
            due,
            date,
            done,
            state,
        })
    })
    .collect()
}
