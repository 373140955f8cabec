//! Who is who: persons, their codes, their leaves.

use std::collections::{BTreeMap, BTreeSet};

use demur_encoding::{Digest, Time, canonical};
use demur_signon::{
    Element,
    roster::{
        Certificate, CertificateBody, CertificateError, CertificateKind, CertificateVersion,
        CohortName,
    },
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{Code, Person};
use crate::{
    api::Enrolment,
    identity::EnrolmentRequest,
    keys::{self, RoleKeys},
};

/// The register: to be kept sealed on the registrar's device and nowhere else.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// 1.
    pub v: u32,
    /// The log's name.
    pub origin: String,
    /// By e-mail address.
    pub(super) members: BTreeMap<String, Member>,
}

/// One person of the register.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Who.
    pub person: Person,
    /// The code that is out and not used yet.
    pub code: Option<Code>,
    /// What came of the code that was used last.
    pub enrolled: Option<EnrolledAs>,
}

/// A person's enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolledAs {
    /// The mailbox, for replies.
    pub ticket: Digest,
    /// The member's leaf.
    pub leaf: Element,
    /// What replies are sealed to.
    pub reply: String,
    /// The registrar's word.
    pub certificate: Certificate,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Changes {
    /// E-mail addresses of new persons: each has a code now.
    pub added: Vec<String>,
    /// Of persons whose name, title or cohorts changed.
    pub changed: Vec<String>,
    /// How many are as they were.
    pub same: usize,
    /// Of persons who are in the register and not in the file; they stay until removed.
    pub absent: Vec<String>,
}

/// What was found in the mailboxes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// E-mail addresses of those who enrolled now.
    pub enrolled: Vec<String>,
    /// How many were known already.
    pub known: usize,
    /// What was not accepted.
    pub refused: Vec<Refused>,
}

/// An enrolment that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mailbox {}: {why}", ticket.short())]
pub struct Refused {
    /// The mailbox.
    pub ticket: Digest,
    /// Why.
    pub why: Refusal,
}

/// Why an enrolment was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Can't be opened with the registrar's key.
    #[error("it can't be opened with the registrar's key")]
    Unreadable,
    /// Not an enrolment of this channel.
    #[error("it is not an enrolment of this channel: {0}")]
    Form(String),
    /// The code inside is not the mailbox's.
    #[error("the code in it is not the one of this mailbox")]
    OtherCode,
    /// Nobody has this code.
    #[error("its code is not one that was given out, or was replaced")]
    UnknownCode,
    /// The code was used, for another leaf.
    #[error(
        "its code was used before, for another leaf: {email} needs a new code to enrol again, and should be asked"
    )]
    Used {
        /// Whose code.
        email: String,
    },
    /// The leaf is somebody else's.
    #[error("its leaf is enrolled for another person")]
    LeafTaken,
    /// A certificate can't be made.
    #[error("no certificate can be made: {0}")]
    Certificate(#[from] CertificateError),
}

/// How the register stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Persons.
    pub persons: usize,
    /// Of them, enrolled.
    pub enrolled: usize,
    /// Codes that are out.
    pub codes: usize,
}

impl Member {
    /// The letter with this person's code, if one is out; to be given by a way that reaches them alone.
    #[must_use]
    pub fn letter(&self, origin: &str) -> Option<String> {
        let (code, person) = (self.code.as_ref()?.reveal(), &self.person);
        Some(format!(
            "To {} <{}>\n\nYour one-time code for the dissent channel {origin}:\n\n    {code}\n\n\
             On your own machine: demur identity new --code {code}\nIn a browser: \"I have a code from the registrar\", on the channel's page \
             /desk\n\nThe code enrols one person, once. Nobody who works on the channel will ever ask you for it, or for the 24 words that \
             you will be shown.\n",
            person.name, person.email,
        ))
    }
}

impl Register {
    /// An empty register.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self {
            v: 1,
            origin: origin.to_owned(),
            members: BTreeMap::new(),
        }
    }

    /// Takes in a list of persons from [`parse_people`](super::parse_people). New ones get a code;
    /// known ones (by e-mail address) take over name, title and cohorts.
    pub fn import(&mut self, people: Vec<Person>, rng: &mut impl CryptoRng) -> Changes {
        let mut changes = Changes::default();
        let listed: BTreeSet<_> = people.iter().map(|p| p.email.clone()).collect();
        changes.absent = self
            .members
            .keys()
            .filter(|e| !listed.contains(*e))
            .cloned()
            .collect();
        for person in people {
            let email = person.email.clone();
            match self.members.get_mut(&email) {
                Some(member) if member.person == person => changes.same += 1,
                Some(member) => {
                    member.person = person;
                    changes.changed.push(email);
                }
                None => {
                    let member = Member {
                        person,
                        code: Some(Code::generate(rng)),
                        enrolled: None,
                    };
                    self.members.insert(email.clone(), member);
                    changes.added.push(email);
                }
            }
        }
        changes
    }

    /// Gives a person a new code; the one that was out counts no more. `None` for an unknown address.
    pub fn new_code(&mut self, email: &str, rng: &mut impl CryptoRng) -> Option<&Code> {
        let member = self.members.get_mut(&email.to_lowercase())?;
        Some(member.code.insert(Code::generate(rng)))
    }

    /// Takes a person out: the next edition doesn't have their leaf.
    pub fn remove(&mut self, email: &str) -> Option<Member> {
        self.members.remove(&email.to_lowercase())
    }

    /// The persons, by e-mail address.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// How many there are.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            persons: self.members.len(),
            enrolled: self.members().filter(|m| m.enrolled.is_some()).count(),
            codes: self.members().filter(|m| m.code.is_some()).count(),
        }
    }

    /// The mailboxes of all codes that are out: for [`RoleKeys::tickets`], at most
    /// [`MAX_TICKETS`](crate::api::MAX_TICKETS) at a time.
    #[must_use]
    pub fn tickets(&self) -> Vec<Digest> {
        // Sorted by their hash: the order tells nothing of the persons.
        let tickets: BTreeSet<_> = self
            .members()
            .filter_map(|m| m.code.as_ref())
            .map(Code::ticket)
            .collect();
        tickets.into_iter().collect()
    }

    /// Works through the mailboxes, page by page from [`calls::enrolments`](crate::calls::enrolments).
    ///
    /// Each code enrols one leaf, once. What is bad is refused and told, the rest is done.
    pub fn receive(
        &mut self,
        enrolments: &[Enrolment],
        keys: &RoleKeys,
        now: Time,
        rng: &mut impl CryptoRng,
    ) -> Received {
        let mut received = Received::default();
        let mut index = Index::of(self);
        for enrolment in enrolments {
            match self.receive_one(enrolment, &mut index, keys, now, rng) {
                Ok(Some(email)) => received.enrolled.push(email),
                Ok(None) => received.known += 1,
                Err(why) => received.refused.push(Refused {
                    ticket: enrolment.ticket,
                    why,
                }),
            }
        }
        received
    }

    fn receive_one(
        &mut self,
        enrolment: &Enrolment,
        index: &mut Index,
        keys: &RoleKeys,
        now: Time,
        rng: &mut impl CryptoRng,
    ) -> Result<Option<String>, Refusal> {
        let plain = keys
            .seal
            .open(&enrolment.sealed)
            .map_err(|_| Refusal::Unreadable)?;
        let request: EnrolmentRequest =
            canonical::from_slice(&plain).map_err(|e| Refusal::Form(e.to_string()))?;
        if request.origin != self.origin || request.v != 1 {
            return Err(Refusal::Form(format!("it names {}", request.origin)));
        }
        let ticket = request.code.ticket();
        if ticket != enrolment.ticket {
            return Err(Refusal::OtherCode);
        }
        // Seen before?
        let used = index.used.get(&ticket);
        if let Some(member) = used.and_then(|email| self.members.get(email)) {
            let same = member
                .enrolled
                .as_ref()
                .is_some_and(|e| e.leaf == request.leaf);
            return if same {
                Ok(None)
            } else {
                Err(Refusal::Used {
                    email: member.person.email.clone(),
                })
            };
        }
        let holder = index.out.get(&ticket);
        let holder = holder.and_then(|email| self.members.get(email));
        let holder = holder.filter(|m| m.code.as_ref() == Some(&request.code));
        let person = holder.ok_or(Refusal::UnknownCode)?.person.clone();
        let leaf = request.leaf.to_bytes();
        if index
            .leaves
            .get(&leaf)
            .is_some_and(|email| *email != person.email)
        {
            return Err(Refusal::LeafTaken);
        }
        if !keys::is_recipient(&request.reply) {
            return Err(Refusal::Form(
                "its reply address is not an age recipient".to_owned(),
            ));
        }
        let certificate = certify(&self.origin, &person, request.leaf, now, keys, rng)?;
        let email = person.email;
        let member = self.members.get_mut(&email).ok_or(Refusal::UnknownCode)?;
        member.code = None;
        if let Some(before) = &member.enrolled {
            index.leaves.remove(&before.leaf.to_bytes());
            index.used.remove(&before.ticket);
        }
        index.out.remove(&ticket);
        index.used.insert(ticket, email.clone());
        index.leaves.insert(leaf, email.clone());
        member.enrolled = Some(EnrolledAs {
            ticket,
            leaf: request.leaf,
            reply: request.reply,
            certificate,
        });
        Ok(Some(email))
    }
}

/// Whose is which, by e-mail address: a register may have 100,000 persons.
struct Index {
    /// By the mailboxes of codes that are out.
    out: BTreeMap<Digest, String>,
    /// By the mailboxes of codes that were used last.
    used: BTreeMap<Digest, String>,
    leaves: BTreeMap<[u8; 32], String>,
}

impl Index {
    fn of(register: &Register) -> Self {
        let (mut out, mut used, mut leaves) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for member in register.members() {
            let email = || member.person.email.clone();
            if let Some(code) = &member.code {
                out.insert(code.ticket(), email());
            }
            if let Some(enrolled) = &member.enrolled {
                used.insert(enrolled.ticket, email());
                leaves.insert(enrolled.leaf.to_bytes(), email());
            }
        }
        Self { out, used, leaves }
    }
}

pub(super) fn cohorts_of(
    person: &Person,
) -> Result<BTreeSet<CohortName>, demur_signon::roster::ParseCohortError> {
    person.cohorts.iter().map(|name| name.parse()).collect()
}

pub(super) fn certify(
    origin: &str,
    person: &Person,
    leaf: Element,
    enrolled: Time,
    keys: &RoleKeys,
    rng: &mut impl CryptoRng,
) -> Result<Certificate, CertificateError> {
    let mut salt = [0; 32];
    rng.fill_bytes(&mut salt);
    // The names were checked when the file was read; a register that was changed by hand fails later.
    let cohorts = cohorts_of(person).unwrap_or_default();
    CertificateBody {
        kind: CertificateKind::Certificate,
        v: CertificateVersion,
        origin: origin.to_owned(),
        name: person.name.clone(),
        title: person.title.clone(),
        email: person.email.clone(),
        cohorts,
        leaf,
        enrolled,
        salt: Digest::new(salt),
    }
    .sign(&keys.sign.key())
}
