//! What a memo's authors may still do with it, by the rules that the record applies: so that nobody is offered what would be refused.

use demur_channel::{Case, Closed, Step};
use demur_encoding::{Digest, Time};

use crate::device::Mirror;

/// How far a memo is.
#[derive(Debug, Clone)]
pub enum Standing {
    /// Not filed.
    Draft,
    /// Filed; the record does not show it before the next batch.
    Filing,
    /// Its case, and the record's time.
    Filed(Box<Case>, Time),
}

/// Why its authors can't do something now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotNow {
    /// It comes after the filing, of which the record knows nothing yet.
    #[error(
        "the memo is filed, and the record does not hold the filing yet: try again after the next batch"
    )]
    Filing,
    /// A memo is filed once.
    #[error("the memo was filed already: that is done once")]
    Filed,
    /// The case is over.
    #[error("the case is closed ({}) since {}: {what}", .closed.by, .closed.at)]
    Closed {
        /// What closed it.
        closed: Closed,
        /// What can't be done any more.
        what: &'static str,
    },
}

impl Standing {
    /// How far `memo` is; `filed`: whether the server says so.
    #[must_use]
    pub fn of(memo: Digest, filed: bool, mirror: &Mirror) -> Self {
        match (mirror.case(memo), mirror.time()) {
            (Some(case), Some(now)) => Self::Filed(Box::new(case), now),
            _ if filed => Self::Filing,
            _ => Self::Draft,
        }
    }

    /// Whether the memo takes a next version.
    ///
    /// # Errors
    /// When it takes none.
    pub fn amend(&self) -> Result<(), NotNow> {
        let accepts = |case: &Case, now| case.accepts_version(now);
        self.open(accepts, "the memo takes no version any more")
    }

    /// Whether the memo can be filed.
    ///
    /// # Errors
    /// When it was.
    pub const fn file(&self) -> Result<(), NotNow> {
        match self {
            Self::Draft => Ok(()),
            Self::Filing | Self::Filed(..) => Err(NotNow::Filed),
        }
    }

    /// Whether the memo can be taken back.
    ///
    /// # Errors
    /// When it can't.
    pub fn withdraw(&self) -> Result<(), NotNow> {
        let accepts = |case: &Case, now| case.expected(now).contains(&Step::Withdrawn);
        self.open(accepts, "the memo can't be taken back any more")
    }

    fn open(
        &self,
        accepts: impl Fn(&Case, Time) -> bool,
        what: &'static str,
    ) -> Result<(), NotNow> {
        match self {
            Self::Draft => Ok(()),
            Self::Filing => Err(NotNow::Filing),
            Self::Filed(case, now) => match case.closed(*now) {
                Some(closed) if !accepts(case, *now) => Err(NotNow::Closed { closed, what }),
                _ => Ok(()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use demur_channel::{ClosedBy, Profile};

    use super::*;

    fn case(steps: &[Step]) -> Case {
        let text = demur_channel::shipped("demo").unwrap();
        let profile = Arc::new(Profile::parse(text).unwrap());
        let mut case = Case::filed(profile, Time::from_unix(1_800_000_000));
        for step in steps {
            case.apply(*step, Time::from_unix(1_800_000_100)).unwrap();
        }
        case
    }

    /// Amending and taking back end with the case and not before: not with the filing, nor with the response.
    #[test]
    fn what_may_be_done_ends_with_the_case() {
        use Step::{Acknowledged, Distributed, Rejoined, Responded, Returned, Withdrawn};
        let soon = Time::from_unix(1_800_000_200);
        let answered = [Acknowledged, Distributed, Responded];
        assert_eq!(Standing::Draft.amend(), Ok(()));
        assert_eq!(Standing::Draft.file(), Ok(()));
        assert_eq!(Standing::Draft.withdraw(), Ok(()));
        assert_eq!(Standing::Filing.amend(), Err(NotNow::Filing));
        assert_eq!(Standing::Filing.file(), Err(NotNow::Filed));
        assert_eq!(Standing::Filing.withdraw(), Err(NotNow::Filing));
        for steps in [&[][..], &answered[..1], &answered[..2], &answered] {
            let standing = Standing::Filed(Box::new(case(steps)), soon);
            assert_eq!(standing.amend(), Ok(()), "{steps:?}");
            assert_eq!(standing.withdraw(), Ok(()), "{steps:?}");
            assert_eq!(standing.file(), Err(NotNow::Filed), "{steps:?}");
        }
        let over = [
            (vec![Acknowledged, Returned], soon, ClosedBy::Returned),
            (vec![Withdrawn], soon, ClosedBy::Withdrawn),
            (
                [&answered[..], &[Rejoined]].concat(),
                soon,
                ClosedBy::Rejoined,
            ),
            (
                answered.to_vec(),
                soon.plus(400 * 86_400),
                ClosedBy::RejoinTimePassed,
            ),
        ];
        for (steps, now, by) in over {
            let standing = Standing::Filed(Box::new(case(&steps)), now);
            for told in [standing.amend(), standing.withdraw()] {
                assert!(
                    matches!(told, Err(NotNow::Closed { closed, .. }) if closed.by == by),
                    "{steps:?}: {told:?}"
                );
            }
        }
    }
}
