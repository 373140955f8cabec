//! Making an edition from the register.

use std::collections::{BTreeMap, BTreeSet};

use demur_encoding::Time;

use super::{
    CertificatesHead, CohortHead, CohortName, Edition, EditionError, EditionHead,
    edition::check_origin,
};
use crate::{Element, Tree, tree::TreeError};

/// A member as the register has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The member's leaf.
    pub leaf: Element,
    /// The cohorts beside `all`, in which everyone is.
    pub cohorts: BTreeSet<CohortName>,
}

/// What an edition is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditionDraft<'a> {
    /// The log's name.
    pub origin: &'a str,
    /// The edition's number, from 1.
    pub number: u64,
    /// When it is made.
    pub published: Time,
    /// The members, in any order.
    pub members: &'a [Enrolled],
    /// The smallest size of a cohort, from the profile.
    pub cohort_floor: u32,
    /// The tree of the members' certificates.
    pub certificates: CertificatesHead,
}

/// Why there is no edition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A cohort would single people out.
    #[error(
        "cohort {cohort} has {size} members, the profile's floor is {floor}: leave the cohort out or wait for more members"
    )]
    UnderFloor {
        /// Which.
        cohort: CohortName,
        /// Its size.
        size: u64,
        /// The least that is allowed.
        floor: u32,
    },
    /// The leaves of a cohort make no tree.
    #[error("cohort {cohort}: {error}")]
    Tree {
        /// Which.
        cohort: CohortName,
        /// Why not.
        error: TreeError,
    },
    /// The head or the cohorts are not those of an edition.
    #[error(transparent)]
    Edition(#[from] EditionError),
}

/// The cohorts of `members` that have fewer than `floor`, with their sizes; `all` is one of the
/// cohorts.
#[must_use]
pub fn cohorts_under_floor(members: &[Enrolled], floor: u32) -> Vec<(CohortName, u64)> {
    by_cohort(members)
        .into_iter()
        .map(|(name, leaves)| (name, leaves.len() as u64))
        .filter(|(_, size)| *size < u64::from(floor))
        .collect()
}

impl Edition {
    /// Makes an edition.
    ///
    /// # Errors
    /// When a cohort is under the floor (see [`cohorts_under_floor`]), a leaf stands twice, or
    /// there is not one certificate for each member.
    pub fn build(draft: &EditionDraft<'_>) -> Result<Self, BuildError> {
        check_origin(draft.origin)?;
        let floor = draft.cohort_floor;
        if let Some((cohort, size)) = cohorts_under_floor(draft.members, floor).into_iter().next() {
            return Err(BuildError::UnderFloor {
                cohort,
                size,
                floor,
            });
        }
        let mut cohorts = Vec::new();
        let mut leaves = Vec::new();
        for (name, mut members) in by_cohort(draft.members) {
            members.sort_by_cached_key(|leaf| leaf.to_bytes());
            let tree = Tree::new(&members).map_err(|error| BuildError::Tree {
                cohort: name.clone(),
                error,
            })?;
            cohorts.push(CohortHead {
                name,
                size: members.len() as u64,
                root: tree.root(),
            });
            leaves.push(members);
        }
        let head = EditionHead {
            origin: draft.origin.to_owned(),
            number: draft.number,
            published: draft.published,
            cohorts,
            certificates: draft.certificates,
        };
        head.check()?;
        Ok(Self::assemble(head, leaves)?)
    }
}

/// The leaves of each cohort, in the order of the names.
fn by_cohort(members: &[Enrolled]) -> BTreeMap<CohortName, Vec<Element>> {
    let mut cohorts = BTreeMap::from([(CohortName::all(), Vec::new())]);
    for member in members {
        // A set, in case the register names `all` too.
        let names: BTreeSet<_> = member
            .cohorts
            .iter()
            .cloned()
            .chain([CohortName::all()])
            .collect();
        for name in names {
            cohorts
                .entry(name)
                .or_insert_with(Vec::new)
                .push(member.leaf);
        }
    }
    cohorts
}
