//! What a member is told before signing.

use demur_encoding::Time;
use demur_signon::{
    act::{Action, memo_scope},
    roster::Edition,
    tally::VersionTally,
};
use serde::Serialize;

use super::{
    act::{fixed_cohort, quiet_period, seen_since, sent_until},
    pinned_root,
};
use crate::{
    device::Mirror,
    identity::Identity,
    reader::{Draft, Standing},
};

/// What a member shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// One of everyone on the roster.
    All,
    /// One of this cohort. The first act on a memo fixes it.
    Cohort(String),
    /// The name, to the office alone; to all others as one of everyone, or of the cohort.
    Named(Option<String>),
}

impl Choice {
    /// The cohort that everyone sees.
    #[must_use]
    pub fn cohort(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Cohort(name) => Some(name),
            Self::Named(cohort) => cohort.as_deref(),
        }
    }

    /// Whether the office is shown the name.
    #[must_use]
    pub const fn is_named(&self) -> bool {
        matches!(self, Self::Named(_))
    }
}

/// How many one hides among.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Crowd {
    /// `None` for everyone.
    pub cohort: Option<String>,
    /// Its size.
    pub members: u64,
    /// How many of them have signed the version showing just this.
    pub signed: u64,
}

/// What a member is told before acting on a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prepared {
    /// The latest version: the only one that is acted on, unless an earlier act is withdrawn.
    pub version: u32,
    /// When the quiet period is over; `None` while the version is not in the record.
    pub from: Option<Time>,
    /// Until when a sign-on can be sent, once the memo is filed.
    pub until: Option<Time>,
    /// The count of the version.
    #[serde(skip)]
    pub tally: VersionTally,
    /// Whom one can hide among, everyone first, then the cohorts that this member is in. Once this member
    /// has acted on the memo, only what that act fixed.
    pub crowds: Vec<Crowd>,
    /// This member's last act on the latest version.
    pub last: Option<Action>,
    /// The latest version on which this member's last act was to sign, where it is an earlier one: to
    /// re-affirm is to sign again.
    pub signed_earlier: Option<u32>,
    /// Whether this member can show a name: there is a certificate in the memo's edition.
    pub can_name: bool,
    /// Whether this member is in the memo's edition at all.
    pub in_edition: bool,
}

/// Gathers what a member should know. `edition` is the memo's, verified. `None` where the draft has no
/// version yet.
#[must_use]
pub fn prepare(
    identity: &Identity,
    draft: &Draft,
    edition: &Edition,
    mirror: &Mirror,
) -> Option<Prepared> {
    let latest = draft.latest()?;
    let number = latest.link.body.number;
    let quiet = quiet_period(draft, mirror)?;
    let from = match latest.standing {
        Standing::Waiting => None,
        Standing::Recorded { entry, .. } => Some(seen_since(entry, mirror)?.plus(quiet)),
    };
    let until = sent_until(draft, mirror);
    let tally = draft.count(number);
    let scope = memo_scope(mirror.origin(), pinned_root(&draft.opening)?, draft.memo);
    let nullifier = identity.secret().nullifier(scope);
    let fixed = fixed_cohort(identity, draft, nullifier);
    let in_cohorts: u64 = tally.cohorts.values().sum();
    let mut crowds = Vec::new();
    for cohort in &edition.head().cohorts {
        let name = (!cohort.name.is_all()).then(|| cohort.name.as_str().to_owned());
        if !edition.contains(cohort.name.as_str(), identity.leaf) {
            continue;
        }
        if fixed.as_ref().is_some_and(|fixed| *fixed != name) {
            continue;
        }
        let signed = match &name {
            None => tally.signed.saturating_sub(in_cohorts),
            Some(name) => tally.cohorts.get(name).copied().unwrap_or(0),
        };
        crowds.push(Crowd {
            cohort: name,
            members: cohort.size,
            signed,
        });
    }
    crowds.sort_by(|a, b| a.cohort.cmp(&b.cohort));
    let earlier = draft
        .versions
        .iter()
        .rev()
        .map(|v| v.link.body.number)
        .filter(|n| *n < number);
    let signed = |n: &u32| draft.last_action(nullifier, *n) == Some(Action::Sign);
    Some(Prepared {
        version: number,
        from,
        until,
        crowds,
        last: draft.last_action(nullifier, number),
        signed_earlier: { earlier }.find(signed),
        can_name: identity.memberships.contains_key(&edition.head().number),
        in_edition: edition.contains("all", identity.leaf),
        tally,
    })
}
