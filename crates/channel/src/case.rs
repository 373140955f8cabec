//! The life of a case: from filing to closing.
//!
//! filed → acknowledged → (returned | distributed, once or more) → responded → rejoined. The authors may
//! withdraw at any time from filing to closing; nobody else can. A case is closed by a return, a
//! withdrawal, a rejoinder, or when the time for a rejoinder has passed after the response. There
//! is no other end: a case cannot be deleted.
//!
//! Everything is a pure function of the facts in the record, their times and the profile that the
//! case was filed under, so that server, client and auditor compute the same. Facts are applied in the
//! order of the record; their times are witnesses' times and need not ascend.

mod deadline;

use std::{fmt, sync::Arc};

use demur_encoding::Time;
use serde::{Deserialize, Serialize};

pub use deadline::{Deadline, DeadlineState, Obligation, status};

use crate::{
    calendar::{DueDate, Term},
    profile::Profile,
};

/// One step of a case. (A release is a fact beside the steps.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// With the office, not acknowledged yet.
    Filed,
    /// The office has said that it has it.
    Acknowledged,
    /// Sent back as out of scope.
    Returned,
    /// Sent to officials of the list.
    Distributed,
    /// Answered, point by point.
    Responded,
    /// The authors replied to the response.
    Rejoined,
    /// Taken back by its authors.
    Withdrawn,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Filed,
        Self::Acknowledged,
        Self::Returned,
        Self::Distributed,
        Self::Responded,
        Self::Rejoined,
        Self::Withdrawn,
    ];

    /// As the record has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Acknowledged => "acknowledged",
            Self::Returned => "returned",
            Self::Distributed => "distributed",
            Self::Responded => "responded",
            Self::Rejoined => "rejoined",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The steps that may come next while the case is open.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Filed => &[Self::Acknowledged, Self::Withdrawn],
            Self::Acknowledged => &[Self::Returned, Self::Distributed, Self::Withdrawn],
            Self::Distributed => &[Self::Distributed, Self::Responded, Self::Withdrawn],
            Self::Responded => &[Self::Rejoined, Self::Withdrawn],
            Self::Returned | Self::Rejoined | Self::Withdrawn => &[],
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A step out of order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderError {
    /// Another step must come first, or this one came already.
    #[error("a memo that is {at} cannot be {step} now; expected: {}", names(.expected))]
    NotNow {
        /// The step that was refused.
        step: Step,
        /// The last step.
        at: Step,
        /// What may come next.
        expected: &'static [Step],
    },
    /// The case is over.
    #[error("the case is closed ({by}) since {at}; a memo cannot be {step} after that")]
    Closed {
        /// The step that was refused.
        step: Step,
        /// What closed it.
        by: ClosedBy,
        /// When.
        at: Time,
    },
}

fn names(steps: &[Step]) -> String {
    let names: Vec<_> = steps.iter().map(|step| step.as_str()).collect();
    names.join(" or ")
}

/// What closed a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClosedBy {
    /// It was out of scope.
    Returned,
    /// Its authors took it back.
    Withdrawn,
    /// The authors replied to the response.
    Rejoined,
    /// The time for a reply passed.
    RejoinTimePassed,
}

impl fmt::Display for ClosedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
            Self::Rejoined => "rejoined",
            Self::RejoinTimePassed => "answered, and the time for a rejoinder is over",
        })
    }
}

/// That a case is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// What closed it.
    pub by: ClosedBy,
    /// When: the time of the step, or the last second in which a rejoinder was in time.
    pub at: Time,
}

/// A memo after filing, under the profile that it was filed under.
#[derive(Debug, Clone)]
pub struct Case {
    profile: Arc<Profile>,
    step: Step,
    filed: Time,
    acknowledged: Option<Time>,
    returned: Option<Time>,
    distributed: Option<Time>,
    responded: Option<Time>,
    rejoined: Option<Time>,
    withdrawn: Option<Time>,
}

impl Case {
    /// A memo was filed.
    #[must_use]
    pub const fn filed(profile: Arc<Profile>, at: Time) -> Self {
        Self {
            profile,
            step: Step::Filed,
            filed: at,
            acknowledged: None,
            returned: None,
            distributed: None,
            responded: None,
            rejoined: None,
            withdrawn: None,
        }
    }

    /// The next step, at the time that the record gives it. On an error nothing has changed.
    ///
    /// # Errors
    /// When the step is out of order, or the case is closed.
    pub fn apply(&mut self, step: Step, at: Time) -> Result<(), OrderError> {
        if let Some(closed) = self.closed(at) {
            let Closed { by, at } = closed;
            return Err(OrderError::Closed { step, by, at });
        }
        let expected = self.step.next();
        if !expected.contains(&step) {
            return Err(OrderError::NotNow {
                step,
                at: self.step,
                expected,
            });
        }
        let fact = match step {
            // No step has it as its next.
            Step::Filed => return Ok(()),
            Step::Acknowledged => &mut self.acknowledged,
            Step::Returned => &mut self.returned,
            Step::Distributed => &mut self.distributed,
            Step::Responded => &mut self.responded,
            Step::Rejoined => &mut self.rejoined,
            Step::Withdrawn => &mut self.withdrawn,
        };
        // A distribution may be repeated, to more officials: the first one's time stands.
        fact.get_or_insert(at);
        self.step = step;
        Ok(())
    }

    /// The profile that the case was filed under, which stays its own.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The last step.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// When a step was taken; for a distribution the first time.
    #[must_use]
    pub const fn time_of(&self, step: Step) -> Option<Time> {
        match step {
            Step::Filed => Some(self.filed),
            Step::Acknowledged => self.acknowledged,
            Step::Returned => self.returned,
            Step::Distributed => self.distributed,
            Step::Responded => self.responded,
            Step::Rejoined => self.rejoined,
            Step::Withdrawn => self.withdrawn,
        }
    }

    /// What may come next at `now`.
    #[must_use]
    pub fn expected(&self, now: Time) -> &'static [Step] {
        if self.closed(now).is_some() {
            &[]
        } else {
            self.step.next()
        }
    }

    /// Whether, and by what, the case is closed at `now`.
    #[must_use]
    pub fn closed(&self, now: Time) -> Option<Closed> {
        let by = |by, at: Option<Time>| at.map(|at| Closed { by, at });
        by(ClosedBy::Returned, self.returned)
            .or_else(|| by(ClosedBy::Withdrawn, self.withdrawn))
            .or_else(|| by(ClosedBy::Rejoined, self.rejoined))
            .or_else(|| {
                let until = self.rejoin_until()?.end;
                (now > until).then_some(Closed {
                    by: ClosedBy::RejoinTimePassed,
                    at: until,
                })
            })
    }

    /// Until when the authors may reply to the response, once there is one.
    #[must_use]
    pub fn rejoin_until(&self) -> Option<DueDate> {
        let days = Term::Days(self.profile.case.rejoin_days);
        self.responded.map(|at| self.profile.due(at, days))
    }

    /// Until when sign-ons are accepted. The filing itself is the end where the profile has no late
    /// sign-ons.
    #[must_use]
    pub fn sign_on_until(&self) -> Time {
        self.filed.plus(self.profile.signing.late_seconds)
    }

    /// Whether a late sign-on is accepted at `at`: within the time for it, and neither returned nor
    /// withdrawn.
    #[must_use]
    pub fn accepts_sign_on(&self, at: Time) -> bool {
        at <= self.sign_on_until() && self.returned.is_none() && self.withdrawn.is_none()
    }

    /// Whether an amendment is accepted at `at`: until the case is closed.
    #[must_use]
    pub fn accepts_version(&self, at: Time) -> bool {
        self.closed(at).is_none()
    }

    /// What the office owes and whether it has kept it, as of `now`: [`status`].
    #[must_use]
    pub fn deadlines(&self, now: Time) -> Vec<Deadline> {
        status(self, now)
    }
}
