//! The edition file: reading, writing, verifying.

use std::sync::Arc;

use demur_encoding::{CanonicalError, Digest, Time, canonical, hash, json_fields};
use serde::Serialize;

use super::{CertificatesHead, CohortHead, CohortName};
use crate::{
    Element, Tree,
    tree::{self, CAPACITY, TreeError},
};

const FIRST_LINE: &[u8] = b"demur-edition/1\n";

/// The most cohorts of an edition, `all` among them.
pub const MAX_COHORTS: usize = 256;

/// The longest head, in bytes.
pub const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The longest edition file, in bytes: 8 million leaves over all cohorts.
pub const MAX_EDITION_BYTES: usize = 256 * 1024 * 1024;

/// The longest origin, in bytes.
pub const MAX_ORIGIN_BYTES: usize = 255;

/// What an edition says of itself; the same facts stand in its `edition` entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EditionHead {
    /// The log's name.
    pub origin: String,
    /// 1, 2, 3.
    pub number: u64,
    /// When the registrar made it.
    pub published: Time,
    /// The cohorts, sorted by name.
    pub cohorts: Vec<CohortHead>,
    /// The tree of enrolment certificates, one for each leaf of cohort `all`.
    pub certificates: CertificatesHead,
}

json_fields!(EditionHead only { origin, number, published, cohorts, certificates });

impl EditionHead {
    /// The cohort with that name.
    #[must_use]
    pub fn cohort(&self, name: &str) -> Option<&CohortHead> {
        self.cohorts.iter().find(|c| c.name.as_str() == name)
    }

    /// The cohort of everyone. Every head that was read or built has it.
    #[must_use]
    pub fn all(&self) -> Option<&CohortHead> {
        self.cohort("all")
    }

    pub(super) fn check(&self) -> Result<(), EditionError> {
        check_origin(&self.origin)?;
        if self.number == 0 {
            return Err(EditionError::Number);
        }
        if self.cohorts.len() > MAX_COHORTS {
            return Err(EditionError::TooManyCohorts(self.cohorts.len()));
        }
        for pair in self.cohorts.windows(2) {
            if pair[0].name >= pair[1].name {
                return Err(EditionError::CohortOrder(pair[1].name.clone()));
            }
        }
        for cohort in &self.cohorts {
            if cohort.size == 0 || cohort.size > CAPACITY as u64 {
                return Err(EditionError::CohortSize {
                    cohort: cohort.name.clone(),
                    size: cohort.size,
                });
            }
        }
        let all = self.all().ok_or(EditionError::NoAll)?;
        if self.certificates.size != all.size {
            return Err(EditionError::Certificates {
                certificates: self.certificates.size,
                leaves: all.size,
            });
        }
        Ok(())
    }
}

/// Why bytes are not an edition, or not a right one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditionError {
    /// Over [`MAX_EDITION_BYTES`].
    #[error("an edition file of {0} bytes; at most {MAX_EDITION_BYTES}")]
    TooLong(usize),
    /// Another kind of file.
    #[error("not an edition file: the first line must be demur-edition/1")]
    FirstLine,
    /// No line end within [`MAX_HEAD_BYTES`].
    #[error("the edition's head is not a line of at most {MAX_HEAD_BYTES} bytes")]
    HeadTooLong,
    /// The head is not the canonical JSON that it must be.
    #[error("the edition's head: {0}")]
    Head(CanonicalError),
    /// The log's name.
    #[error(
        "the origin must be 1 to {MAX_ORIGIN_BYTES} printable ASCII characters without spaces and plus signs, and not end in a slash"
    )]
    Origin,
    /// Zero.
    #[error("editions are numbered from 1")]
    Number,
    /// Over [`MAX_COHORTS`].
    #[error("{0} cohorts; at most {MAX_COHORTS}")]
    TooManyCohorts(usize),
    /// Names out of order, or twice.
    #[error("cohort {0} is not after the one before it")]
    CohortOrder(CohortName),
    /// Empty, or over the capacity of a tree.
    #[error("cohort {cohort} has {size} leaves; it must have 1 to {CAPACITY}")]
    CohortSize {
        /// Which.
        cohort: CohortName,
        /// How many.
        size: u64,
    },
    /// There is no cohort `all`.
    #[error("there is no cohort \"all\"")]
    NoAll,
    /// There must be one certificate for each leaf.
    #[error("{certificates} certificates for {leaves} leaves: there must be one for each")]
    Certificates {
        /// How many certificates.
        certificates: u64,
        /// How many leaves in cohort `all`.
        leaves: u64,
    },
    /// More or fewer leaves than the head says.
    #[error("{found} bytes of leaves where the head calls for {expected}")]
    Length {
        /// As the head says.
        expected: u64,
        /// What is there.
        found: usize,
    },
    /// Bytes that are no field element.
    #[error("leaf number {index} (from 0) of cohort {cohort} is not a canonical field element")]
    Leaf {
        /// In which cohort.
        cohort: CohortName,
        /// Which.
        index: usize,
    },
    /// Leaves that make no tree.
    #[error("cohort {cohort}: {error}")]
    Tree {
        /// Which.
        cohort: CohortName,
        /// Why not.
        error: TreeError,
    },
    /// A leaf outside cohort `all`.
    #[error("cohort {cohort}: leaf {leaf} is not in cohort \"all\"")]
    NotInAll {
        /// In which cohort.
        cohort: CohortName,
        /// Which.
        leaf: Element,
    },
    /// The leaves have another root than the head says.
    #[error("cohort {cohort}: the leaves have the root {found}, the head says {expected}")]
    Root {
        /// Which.
        cohort: CohortName,
        /// As the head says.
        expected: Element,
        /// What the leaves give.
        found: Element,
    },
}

/// An edition that was read or built: well-formed, its roots not recomputed until
/// [`Self::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    head: EditionHead,
    /// As many as the head has cohorts, in its order.
    leaves: Vec<Vec<Element>>,
    kept: Kept,
}

/// The trees of an edition whose holder wants paths, in the head's order; or none. They follow from the leaves, and so are no part of what an
/// edition is equal to.
#[derive(Clone, Default)]
struct Kept(Vec<Arc<Tree>>);

impl PartialEq for Kept {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Kept {}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({})", self.0.len())
    }
}

impl Edition {
    /// Reads an edition file. The roots are taken as the head says: see [`Self::verify`].
    ///
    /// # Errors
    /// When the bytes are not exactly an edition file.
    pub fn parse(bytes: &[u8]) -> Result<Self, EditionError> {
        if bytes.len() > MAX_EDITION_BYTES {
            return Err(EditionError::TooLong(bytes.len()));
        }
        let rest = bytes
            .strip_prefix(FIRST_LINE)
            .ok_or(EditionError::FirstLine)?;
        let end = rest
            .iter()
            .take(MAX_HEAD_BYTES + 1)
            .position(|b| *b == b'\n')
            .ok_or(EditionError::HeadTooLong)?;
        let (head, body) = (&rest[..end], &rest[end + 1..]);
        let head: EditionHead = canonical::from_slice(head).map_err(EditionError::Head)?;
        head.check()?;

        // Sizes are at most 2^20 each and 256 in number: no overflow.
        let expected: u64 = head.cohorts.iter().map(|c| c.size * 32).sum();
        if body.len() as u64 != expected {
            return Err(EditionError::Length {
                expected,
                found: body.len(),
            });
        }
        let mut chunks = body.as_chunks::<32>().0.iter();
        let mut leaves = Vec::with_capacity(head.cohorts.len());
        for cohort in &head.cohorts {
            let size = usize::try_from(cohort.size).unwrap_or(CAPACITY);
            let read: Result<Vec<_>, _> = chunks
                .by_ref()
                .take(size)
                .enumerate()
                .map(|(index, bytes)| {
                    Element::from_bytes(*bytes).map_err(|_| EditionError::Leaf {
                        cohort: cohort.name.clone(),
                        index,
                    })
                })
                .collect();
            leaves.push(read?);
        }
        Self::assemble(head, leaves)
    }

    /// Checks the leaves against each other.
    pub(super) fn assemble(
        head: EditionHead,
        leaves: Vec<Vec<Element>>,
    ) -> Result<Self, EditionError> {
        for (cohort, leaves) in head.cohorts.iter().zip(&leaves) {
            tree::check(leaves).map_err(|error| EditionError::Tree {
                cohort: cohort.name.clone(),
                error,
            })?;
        }
        let edition = Self {
            head,
            leaves,
            kept: Kept::default(),
        };
        for (cohort, leaves) in edition.head.cohorts.iter().zip(&edition.leaves) {
            // Both are sorted: one walk through `all` meets every leaf in turn.
            let mut all = edition.leaves_of("all").unwrap_or_default().iter();
            if let Some(leaf) = leaves.iter().find(|leaf| !all.any(|other| other == *leaf)) {
                return Err(EditionError::NotInAll {
                    cohort: cohort.name.clone(),
                    leaf: *leaf,
                });
            }
        }
        Ok(edition)
    }

    /// Recomputes the root of every cohort: about 14 microseconds for each leaf.
    ///
    /// # Errors
    /// When one is not as the head says.
    pub fn verify(&self) -> Result<(), EditionError> {
        for cohort in &self.head.cohorts {
            self.tree(cohort.name.as_str())
                .ok_or(EditionError::NoAll)??;
        }
        Ok(())
    }

    /// [`Self::verify`] for a device that will want paths: the trees are kept, so that none is hashed again. They take as much memory as
    /// two editions.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub fn verify_and_keep(mut self) -> Result<Self, EditionError> {
        let trees = self.head.cohorts.iter().map(|cohort| {
            let tree = self.tree(cohort.name.as_str());
            tree.ok_or(EditionError::NoAll)?
        });
        self.kept = Kept(trees.collect::<Result<_, _>>()?);
        Ok(self)
    }

    /// The tree of the cohort `name`, for paths; `None` if there is no such cohort.
    ///
    /// # Errors
    /// When its root is not as the head says.
    #[must_use]
    pub fn tree(&self, name: &str) -> Option<Result<Arc<Tree>, EditionError>> {
        let cohort = self.head.cohort(name)?;
        let place = self.head.cohorts.iter().position(|c| c.name == cohort.name);
        if let Some(tree) = place.and_then(|place| self.kept.0.get(place)) {
            return Some(Ok(tree.clone()));
        }
        let leaves = self.leaves_of(name)?;
        let tree = Tree::new(leaves)
            .map_err(|error| EditionError::Tree {
                cohort: cohort.name.clone(),
                error,
            })
            .and_then(|tree| {
                if tree.root() == cohort.root {
                    Ok(Arc::new(tree))
                } else {
                    Err(EditionError::Root {
                        cohort: cohort.name.clone(),
                        expected: cohort.root,
                        found: tree.root(),
                    })
                }
            });
        Some(tree)
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = canonical::to_vec(&self.head)
            .expect("a head that was read or built has a canonical form");
        let mut bytes = FIRST_LINE.to_vec();
        bytes.extend_from_slice(&head);
        bytes.push(b'\n');
        for leaf in self.leaves.iter().flatten() {
            bytes.extend_from_slice(&leaf.to_bytes());
        }
        bytes
    }

    /// The digest of the file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        hash("demur/edition", &[&self.to_bytes()])
    }

    /// What it says of itself.
    #[must_use]
    pub const fn head(&self) -> &EditionHead {
        &self.head
    }

    /// The root of cohort `all`.
    #[must_use]
    pub fn root(&self) -> Element {
        let all = self.head.all().expect("every edition has cohort \"all\"");
        all.root
    }

    /// The leaves of the cohort `name`, ascending.
    #[must_use]
    pub fn leaves_of(&self, name: &str) -> Option<&[Element]> {
        let at = self
            .head
            .cohorts
            .iter()
            .position(|c| c.name.as_str() == name)?;
        self.leaves.get(at).map(Vec::as_slice)
    }

    /// Whether `leaf` is in the cohort `name`.
    #[must_use]
    pub fn contains(&self, name: &str, leaf: Element) -> bool {
        self.leaves_of(name)
            .is_some_and(|leaves| leaves.binary_search(&leaf).is_ok())
    }
}

/// Whether `origin` can be a log's name.
pub(super) fn check_origin(origin: &str) -> Result<(), EditionError> {
    let valid = (1..=MAX_ORIGIN_BYTES).contains(&origin.len())
        && origin.bytes().all(|b| b.is_ascii_graphic() && b != b'+')
        && !origin.ends_with('/');
    if valid {
        Ok(())
    } else {
        Err(EditionError::Origin)
    }
}
