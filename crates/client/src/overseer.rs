//! The overseer's device: each edition against its certificates, letters, attestation.

use std::collections::BTreeMap;

use demur_encoding::{Bytes, CanonicalError, Digest, canonical};
use demur_record::entry::{self, Attestation, Entry, EntryError, FORMAT};
use demur_signon::{
    Element,
    roster::{Certificate, CertificateError, CertificateTree, Edition},
};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::keys::{self, RoleKeys};

/// All certificates of one edition, as the overseer gets them from the registrar, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedRegister {
    #[serde(rename = "type")]
    kind: RegisterKind,
    v: u32,
    /// The log's name.
    pub origin: String,
    /// The edition's number.
    pub edition: u64,
    /// One for each leaf.
    pub certificates: Vec<Certificate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RegisterKind {
    Register,
}

/// Why a register is not that of an edition.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OverseerError {
    /// See there.
    #[error("the register: {0}")]
    Seal(#[from] keys::SealingError),
    /// See there.
    #[error("the register: {0}")]
    Form(#[from] CanonicalError),
    /// It is another edition's, or another channel's.
    #[error("the register is of edition {found} of {origin}, not of edition {expected}")]
    Edition {
        /// The edition looked at.
        expected: u64,
        /// The register's.
        found: u64,
        /// The register's channel.
        origin: String,
    },
    /// A certificate that doesn't count, or two for one leaf.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificates are not those that the edition commits to.
    #[error(
        "the certificates have the root {found} and are {found_size}; the edition says {expected} and {expected_size}"
    )]
    Root {
        /// The edition's root.
        expected: Digest,
        /// The edition's number of certificates.
        expected_size: u64,
        /// What the certificates give.
        found: Digest,
        /// How many there are.
        found_size: u64,
    },
    /// One person has two leaves.
    #[error("{email} has two leaves in the edition: {first} and {second}")]
    TwoLeaves {
        /// Who.
        email: String,
        /// One leaf.
        first: Element,
        /// The other.
        second: Element,
    },
    /// A leaf without a person.
    #[error("leaf {leaf} of cohort {cohort} belongs to no certificate")]
    Nobody {
        /// Which.
        leaf: Element,
        /// In which cohort.
        cohort: String,
    },
    /// A person whom a cohort leaves out.
    #[error(
        "{email} is in cohort {cohort} by certificate, and the edition's cohort lacks the leaf"
    )]
    LeftOut {
        /// Who.
        email: String,
        /// Of which cohort.
        cohort: String,
    },
    /// The file is not the one of the entry.
    #[error("the edition file is not the one that the record's entry {0} commits to")]
    File(u32),
    /// See there.
    #[error(transparent)]
    Entry(#[from] EntryError),
}

/// What is to be told to a person, by another way than the registrar's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// To whom.
    pub name: String,
    /// Where.
    pub email: String,
    /// Why.
    pub reason: Reason,
    /// The letter.
    pub text: String,
}

/// Why a person is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// A leaf was enrolled in their name.
    New,
    /// Another leaf took the place of theirs.
    Changed,
    /// Their leaf was taken out.
    Removed,
}

impl OpenedRegister {
    pub(crate) fn new(origin: &str, edition: u64, certificates: Vec<Certificate>) -> Self {
        let origin = origin.to_owned();
        Self {
            kind: RegisterKind::Register,
            v: 1,
            origin,
            edition,
            certificates,
        }
    }

    pub(crate) fn seal(&self, overseer: &str) -> Result<Bytes, crate::registrar::PublishError> {
        let plain = Zeroizing::new(canonical::to_vec(self)?);
        Ok(keys::seal(&plain, &[overseer])?)
    }

    /// Opens what [`calls::register`](crate::calls::register) gave (purpose `register`, the subject is the edition's
    /// number).
    ///
    /// # Errors
    /// When it isn't sealed to these keys, or no register.
    pub fn open(sealed: &Bytes, keys: &RoleKeys) -> Result<Self, OverseerError> {
        let plain = keys.seal.open(sealed)?;
        Ok(canonical::from_slice(&plain)?)
    }

    /// Checks that these certificates are the edition's: each signed by the registrar, one for each leaf of
    /// `all`, no person twice, every cohort exactly those who are certified for it.
    ///
    /// # Errors
    /// The first thing that is not so.
    pub fn check(&self, edition: &Edition, registrar: &VerifyingKey) -> Result<(), OverseerError> {
        let head = edition.head();
        if self.edition != head.number || self.origin != head.origin {
            return Err(OverseerError::Edition {
                expected: head.number,
                found: self.edition,
                origin: self.origin.clone(),
            });
        }
        let mut persons: BTreeMap<String, Element> = BTreeMap::new();
        for certificate in &self.certificates {
            certificate.verify_signature(registrar)?;
            let body = &certificate.body;
            if body.origin != head.origin {
                let (expected, found) = (head.origin.clone(), body.origin.clone());
                return Err(CertificateError::Origin { expected, found }.into());
            }
            let email = body.email.to_lowercase();
            if let Some(first) = persons.insert(email.clone(), body.leaf) {
                return Err(OverseerError::TwoLeaves {
                    email,
                    first,
                    second: body.leaf,
                });
            }
        }
        let tree = CertificateTree::new(&self.certificates)?.head();
        if tree != head.certificates {
            return Err(OverseerError::Root {
                expected: head.certificates.root,
                expected_size: head.certificates.size,
                found: tree.root,
                found_size: tree.size,
            });
        }
        for cohort in &head.cohorts {
            let name = cohort.name.as_str();
            let mut certified: BTreeMap<Element, &str> = self
                .certificates
                .iter()
                .filter(|c| cohort.name.is_all() || c.body.cohorts.contains(&cohort.name))
                .map(|c| (c.body.leaf, c.body.email.as_str()))
                .collect();
            for leaf in edition.leaves_of(name).unwrap_or_default() {
                if certified.remove(leaf).is_none() {
                    return Err(OverseerError::Nobody {
                        leaf: *leaf,
                        cohort: name.to_owned(),
                    });
                }
            }
            if let Some(email) = certified.into_values().next() {
                let (email, cohort) = (email.to_owned(), name.to_owned());
                return Err(OverseerError::LeftOut { email, cohort });
            }
        }
        Ok(())
    }

    /// The letters that this edition calls for, given the register of the edition before it: to each person
    /// whose leaf is new, changed or gone.
    #[must_use]
    pub fn letters(&self, previous: Option<&Self>) -> Vec<Letter> {
        let leaves = |register: &Self| -> BTreeMap<String, Element> {
            let pair = |c: &Certificate| (c.body.email.to_lowercase(), c.body.leaf);
            register.certificates.iter().map(pair).collect()
        };
        let before = previous.map(leaves).unwrap_or_default();
        let now = leaves(self);
        let changed = self.certificates.iter().filter_map(|c| {
            let reason = match before.get(&c.body.email.to_lowercase()) {
                None => Reason::New,
                Some(leaf) if *leaf != c.body.leaf => Reason::Changed,
                Some(_) => return None,
            };
            Some(self.letter(c, reason))
        });
        let gone = previous
            .map(|p| p.certificates.as_slice())
            .unwrap_or_default()
            .iter();
        let gone = gone
            .filter(|c| !now.contains_key(&c.body.email.to_lowercase()))
            .map(|c| self.letter(c, Reason::Removed));
        changed.chain(gone).collect()
    }

    fn letter(&self, certificate: &Certificate, reason: Reason) -> Letter {
        let body = &certificate.body;
        let (name, origin, edition, leaf) = (&body.name, &self.origin, self.edition, body.leaf);
        let what = match reason {
            Reason::New => format!(
                "A commitment was enrolled in your name:\n\n    {leaf}\n\nIt lets its holder sign dissent memos as one member of the roster.\nIf you enrolled, compare it with what your own device shows (demur identity show).\nIf you did not enrol, or the two differ, somebody else holds it: tell us at once."
            ),
            Reason::Changed => format!(
                "Another commitment took the place of the one that was enrolled in your name. It is now:\n\n    {leaf}\n\nIf you enrolled again, compare it with what your own device shows (demur identity show).\nIf you did not, or the two differ, somebody else holds it: tell us at once."
            ),
            Reason::Removed => format!(
                "The commitment that was enrolled in your name is no longer on the roster. It was:\n\n    {leaf}\n\nYou can't sign memos that are pinned to this edition or a later one. What you signed before\nstands. If you did not expect this, tell us."
            ),
        };
        let text = format!(
            "To {name} <{}>\n\nDissent channel {origin}, roster edition {edition}\n\n{what}\n\nThis letter comes from the channel's overseer, not from the registrar who keeps the register.\n",
            body.email
        );
        Letter {
            name: name.clone(),
            email: body.email.clone(),
            reason,
            text,
        }
    }
}

/// The overseer's word that the persons of an edition were written to, for
/// [`calls::entry`](crate::calls::entry).
///
/// # Errors
/// When `file` is not the edition of `entry`, or the entry has no canonical form.
pub fn attest(
    entry: &entry::Edition,
    edition: &Edition,
    letters: usize,
    keys: &RoleKeys,
) -> Result<Entry, OverseerError> {
    if edition.digest() != entry.digest {
        return Err(OverseerError::File(entry.number));
    }
    let attestation = Entry::Attestation(Attestation {
        v: FORMAT,
        edition: entry.number,
        digest: entry.digest,
        letters: u32::try_from(letters).unwrap_or(u32::MAX),
        by: Digest::new([0; 32]),
        signature: Bytes::default(),
    });
    Ok(keys::sign_entry(attestation, &keys.sign)?)
}
