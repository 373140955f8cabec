//! Making an edition from the register.

use std::collections::BTreeSet;

use demur_encoding::{Bytes, CanonicalError, Digest, Time, canonical};
use demur_record::entry::{self, Entry, EntryError, FORMAT, SizedRoot};
use demur_signon::roster::{
    BuildError, CertificateError, CertificateTree, CohortName, Edition, EditionDraft, Enrolled,
    cohorts_under_floor,
};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{
    Person,
    register::{EnrolledAs, Register, certify, cohorts_of},
};
use crate::{
    api::{Enrolment, PostEdition},
    identity::{EnrolmentReply, ReplyKind},
    keys::{self, RoleKeys},
    overseer::OpenedRegister,
};

/// What to do with cohorts under the profile's floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmallCohorts {
    /// Leave them out of the edition and say so. Their members stay in `all`.
    LeaveOut,
    /// Make no edition.
    Refuse,
}

/// An edition, ready to be published.
#[derive(Debug)]
pub struct Publication {
    /// Its number.
    pub number: u64,
    /// For [`crate::calls::publish_edition`].
    pub post: PostEdition,
    /// Each member's certificate and its place, sorted by mailbox: to be sent in [`parts`](super::parts).
    pub replies: Vec<Enrolment>,
    /// Cohorts that were under the floor, and their sizes.
    pub left_out: Vec<(CohortName, u64)>,
    /// The edition itself.
    pub edition: Edition,
}

/// Why there is no edition.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// Nobody has enrolled.
    #[error("nobody has enrolled yet: collect enrolments first")]
    Empty,
    /// See there.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// See there.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A name that can't be a cohort's.
    #[error(transparent)]
    Cohort(#[from] demur_signon::roster::ParseCohortError),
    /// See there.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// See there.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// Sealing to the overseer or a member failed.
    #[error(transparent)]
    Seal(#[from] keys::SealingError),
    /// The record counts editions in 32 bits.
    #[error("edition numbers end at {}", u32::MAX)]
    Number,
}

impl Register {
    /// Makes edition `number`: the file, its signed entry, the certificates sealed to the overseer, and a
    /// sealed reply for each member. Save the register before sending.
    ///
    /// # Errors
    /// When nobody has enrolled, `all` or (with [`SmallCohorts::Refuse`]) another cohort is under `floor`.
    #[allow(
        clippy::too_many_arguments,
        reason = "each is one plain fact of the edition"
    )]
    pub fn publish(
        &mut self,
        number: u64,
        keys: &RoleKeys,
        overseer: &str,
        floor: u32,
        small: SmallCohorts,
        now: Time,
        rng: &mut impl CryptoRng,
    ) -> Result<Publication, PublishError> {
        self.renew_certificates(keys, rng)?;
        let enrolled: Vec<(&Person, &EnrolledAs)> = self
            .members
            .values()
            .filter_map(|m| m.enrolled.as_ref().map(|e| (&m.person, e)))
            .collect();
        if enrolled.is_empty() {
            return Err(PublishError::Empty);
        }
        let mut members = Vec::with_capacity(enrolled.len());
        for (person, enrolled) in &enrolled {
            members.push(Enrolled {
                leaf: enrolled.leaf,
                cohorts: cohorts_of(person)?,
            });
        }
        let mut left_out = Vec::new();
        if small == SmallCohorts::LeaveOut {
            left_out = cohorts_under_floor(&members, floor);
            // `all` can't be left out: `build` refuses it.
            left_out.retain(|(name, _)| !name.is_all());
            let out: BTreeSet<_> = left_out.iter().map(|(name, _)| name.clone()).collect();
            for member in &mut members {
                member.cohorts.retain(|name| !out.contains(name));
            }
        }
        let certificates: Vec<_> = enrolled
            .iter()
            .map(|(_, e)| e.certificate.clone())
            .collect();
        let tree = CertificateTree::new(&certificates)?;
        let edition = Edition::build(&EditionDraft {
            origin: &self.origin,
            number,
            published: now,
            members: &members,
            cohort_floor: floor,
            certificates: tree.head(),
        })?;
        let entry = keys::sign_entry(edition_entry(&edition)?, &keys.sign)?;
        let mut replies = Vec::with_capacity(enrolled.len());
        for (_, enrolled) in &enrolled {
            // The tree was made from these very certificates.
            let inclusion = tree
                .prove(number, enrolled.leaf)
                .ok_or(PublishError::Empty)?;
            let reply = EnrolmentReply {
                kind: ReplyKind::Enrolled,
                v: 1,
                origin: self.origin.clone(),
                certificate: enrolled.certificate.clone(),
                inclusion,
            };
            let plain = Zeroizing::new(canonical::to_vec(&reply)?);
            let sealed = keys::seal(&plain, &[&enrolled.reply])?;
            replies.push(Enrolment {
                ticket: enrolled.ticket,
                sealed,
            });
        }
        replies.sort_by_key(|reply| reply.ticket);
        let register = OpenedRegister::new(&self.origin, number, certificates).seal(overseer)?;
        Ok(Publication {
            number,
            post: PostEdition {
                file: Bytes(edition.to_bytes()),
                entry,
                register,
            },
            replies,
            left_out,
            edition,
        })
    }

    /// Makes the certificates say what the register says now.
    fn renew_certificates(
        &mut self,
        keys: &RoleKeys,
        rng: &mut impl CryptoRng,
    ) -> Result<(), PublishError> {
        let registrar = keys.sign.key().verifying_key();
        for member in self.members.values_mut() {
            let Some(enrolled) = &mut member.enrolled else {
                continue;
            };
            let (body, person) = (&enrolled.certificate.body, &member.person);
            // A registrar's new key takes over what the old one certified.
            let same = enrolled.certificate.verify_signature(&registrar).is_ok()
                && body.name == person.name
                && body.title == person.title
                && body.email == person.email
                && body.cohorts == cohorts_of(person)?;
            if !same {
                let since = body.enrolled;
                enrolled.certificate =
                    certify(&self.origin, person, enrolled.leaf, since, keys, rng)?;
            }
        }
        Ok(())
    }
}

/// The entry that makes an edition known, not signed yet.
fn edition_entry(edition: &Edition) -> Result<Entry, PublishError> {
    let head = edition.head();
    let cohorts = head.cohorts.iter().map(|cohort| entry::Cohort {
        name: cohort.name.as_str().to_owned(),
        size: cohort.size,
        root: Digest::new(cohort.root.to_bytes()),
    });
    Ok(Entry::Edition(entry::Edition {
        v: FORMAT,
        number: u32::try_from(head.number).map_err(|_| PublishError::Number)?,
        digest: edition.digest(),
        published: head.published,
        cohorts: cohorts.collect(),
        certificates: SizedRoot {
            root: head.certificates.root,
            size: head.certificates.size,
        },
        by: Digest::new([0; 32]),
        signature: Bytes::default(),
    }))
}
