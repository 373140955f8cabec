//! A member's identity: the secret, its 24 words, the enrolment, and what was done with it.

use std::{collections::BTreeMap, fmt, str::FromStr};

use demur_encoding::{Bytes, CanonicalError, Digest, Time, canonical, json_fields};
use demur_record::event::{Action, SignOn};
use demur_signon::{
    Element, MemberSecret,
    roster::{Certificate, CertificateError, CertificateInclusion, verify_certificate},
};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    device::Mirror,
    keys::{SealKey, Secret},
    registrar::Code,
};

/// The number of words of a recovery phrase: 32 bytes and 8 bits of checksum.
pub const WORDS: usize = 24;

/// The longest text that is looked at as a phrase, in bytes.
const MAX_PHRASE: usize = 1024;

/// A member secret as 24 words of the English list of BIP-39. Shown once; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Phrase(Zeroizing<String>);

/// The text is not a recovery phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhraseError {
    /// More or fewer words.
    #[error("{0} words; a recovery phrase has {WORDS}")]
    Count(usize),
    /// A word that is not in the list. It is not repeated here: it may be right but for a letter.
    #[error("word {0} is not in the word list (BIP-39, English): look at its spelling")]
    Word(usize),
    /// Some word is wrong, or two stand in each other's place.
    #[error("the words do not fit together: one is wrong, or two have changed places")]
    Checksum,
}

impl Phrase {
    /// The words of a secret.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        let words = bip39::Mnemonic::from_entropy(secret.as_bytes())
            .expect("32 bytes are one of BIP-39's lengths");
        let mut text = Zeroizing::new(String::with_capacity(MAX_PHRASE));
        for (i, word) in words.words().enumerate() {
            if i > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
        Self(text)
    }

    /// The words, single spaces between them. Not `Display`, so that no message holds them by accident.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    fn secret(&self) -> Result<Secret, PhraseError> {
        let words = bip39::Mnemonic::parse_in_normalized(bip39::Language::English, &self.0);
        let words = words.map_err(|e| match e {
            bip39::Error::UnknownWord(i) => PhraseError::Word(i + 1),
            bip39::Error::BadWordCount(n) => PhraseError::Count(n),
            _ => PhraseError::Checksum,
        })?;
        let entropy = Zeroizing::new(words.to_entropy());
        let bytes = <[u8; 32]>::try_from(entropy.as_slice());
        bytes
            .map(Secret::from_bytes)
            .map_err(|_| PhraseError::Count(words.word_count()))
    }
}

impl FromStr for Phrase {
    type Err = PhraseError;

    /// Reads words as a person types them: case and the white space between don't matter.
    fn from_str(text: &str) -> Result<Self, PhraseError> {
        let count = text.split_whitespace().count();
        if count != WORDS || text.len() > MAX_PHRASE {
            return Err(PhraseError::Count(count));
        }
        let mut clean = Zeroizing::new(String::with_capacity(MAX_PHRASE));
        for (i, word) in text.split_whitespace().enumerate() {
            if i > 0 {
                clean.push(' ');
            }
            clean.extend(word.chars().map(|c| c.to_ascii_lowercase()));
        }
        let phrase = Self(clean);
        phrase.secret()?;
        Ok(phrase)
    }
}

impl fmt::Debug for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phrase(..)")
    }
}

/// All that a member's device keeps, sealed in a key store.
#[derive(Clone, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// 1.
    pub v: u32,
    /// The log's name.
    pub origin: String,
    secret: Secret,
    /// What the register ties to the person.
    pub leaf: Element,
    /// The enrolment that was sent last.
    pub enrolment: Option<Enrolment>,
    /// By edition: the registrar's word that the leaf is this person's.
    pub memberships: BTreeMap<u64, Membership>,
    /// By memo: what this member did there.
    pub memos: BTreeMap<Digest, MemoActs>,
    /// By month (`2026-11`): how many memos were opened.
    pub openings: BTreeMap<String, u32>,
}

json_fields!(Identity only { v, origin, secret, leaf, enrolment, memberships, memos, openings });

/// An enrolment that was sent.
#[derive(Debug, Clone, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// The one-time code.
    pub code: Code,
    /// The mailbox.
    pub ticket: Digest,
    /// What the reply is sealed to; made for this enrolment.
    pub reply: SealKey,
}

json_fields!(Enrolment only { code, ticket, reply });

/// The registrar's word, and its place in one edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// The certificate.
    pub certificate: Certificate,
    /// Its place.
    pub inclusion: CertificateInclusion,
}

json_fields!(Membership only { certificate, inclusion });

/// What one member did on one memo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MemoActs {
    /// The member's nullifier on the memo.
    pub nullifier: Element,
    /// The number that the next act has.
    pub next: u64,
    /// The cohort that the first act fixed; `None` before the first act, `Some(None)` where it showed none.
    pub cohort: Option<Option<String>>,
    /// In order; empty for those that a restored identity found in the record. Those that were not sent yet are among them.
    pub acts: Vec<OwnAct>,
}

json_fields!(MemoActs only { nullifier, next, cohort, acts });

/// One act, as it was sent, or is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OwnAct {
    /// The salt of its place.
    pub salt: Digest,
    /// The event.
    pub event: SignOn,
    /// The sealed note: with salt and event all that is needed to send it again. Emptied when the record
    /// holds the act.
    pub note: Bytes,
    /// Whether it names the member to the office.
    pub named: bool,
    /// The server's signed promise; `None` until it came.
    pub promise: Option<String>,
    /// When it is to be sent; `None` from when sending began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Time>,
}

json_fields!(OwnAct only { salt, event, note, named, promise, due or default });

/// What a registrar's mailbox receives, sealed to the registrar.
#[derive(Clone, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnrolmentRequest {
    #[serde(rename = "type")]
    pub(crate) kind: RequestKind,
    pub(crate) v: u32,
    pub(crate) origin: String,
    pub(crate) code: Code,
    pub(crate) leaf: Element,
    pub(crate) reply: String,
}

json_fields!(EnrolmentRequest only { kind = "type", v, origin, code, leaf, reply });

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RequestKind {
    Enrolment,
}

/// What the member's mailbox receives, sealed to the enrolment's own key.
#[derive(Clone, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnrolmentReply {
    #[serde(rename = "type")]
    pub(crate) kind: ReplyKind,
    pub(crate) v: u32,
    pub(crate) origin: String,
    pub(crate) certificate: Certificate,
    pub(crate) inclusion: CertificateInclusion,
}

json_fields!(EnrolmentReply only { kind = "type", v, origin, certificate, inclusion });

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ReplyKind {
    Enrolled,
}

/// Why an enrolment can't be sent, or its reply not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolmentError {
    /// Sealing or opening failed.
    #[error("the enrolment: {0}")]
    Seal(#[from] crate::keys::SealingError),
    /// The reply is not what a registrar writes.
    #[error("the registrar's reply: {0}")]
    Form(#[from] CanonicalError),
    /// Nothing was sent.
    #[error("no enrolment was sent from this device: enrol with the code that you were given")]
    NotSent,
    /// Sealed for another channel.
    #[error("the registrar's reply is for {found}; this identity is for {expected}")]
    Origin {
        /// This identity's.
        expected: String,
        /// The reply's.
        found: String,
    },
    /// The reply is about another leaf.
    #[error("the registrar certified another leaf than this identity's: tell the overseer")]
    Leaf,
    /// The record doesn't have the edition yet.
    #[error("the record does not hold edition {0} yet: try again later")]
    Edition(u64),
    /// The certificate doesn't count.
    #[error("the registrar's reply: {0}")]
    Certificate(#[from] CertificateError),
}

impl Identity {
    /// A new identity, and the words that bring it back.
    pub fn new(origin: &str, rng: &mut impl CryptoRng) -> (Self, Phrase) {
        let secret = Secret::generate(rng);
        let phrase = Phrase::of(&secret);
        (Self::with(origin, secret), phrase)
    }

    /// The identity of these words. What it did on a memo is found again by
    /// [`recall`](crate::signer::recall).
    #[must_use]
    pub fn restore(origin: &str, phrase: &Phrase) -> Self {
        let secret = phrase
            .secret()
            .expect("a phrase was checked when it was read");
        Self::with(origin, secret)
    }

    fn with(origin: &str, secret: Secret) -> Self {
        let leaf = MemberSecret::from_bytes(*secret.as_bytes()).leaf();
        Self {
            v: 1,
            origin: origin.to_owned(),
            secret,
            leaf,
            enrolment: None,
            memberships: BTreeMap::new(),
            memos: BTreeMap::new(),
            openings: BTreeMap::new(),
        }
    }

    /// The member secret.
    #[must_use]
    pub fn secret(&self) -> MemberSecret {
        MemberSecret::from_bytes(*self.secret.as_bytes())
    }

    /// Begins an enrolment: the mailbox and the sealed request for
    /// [`calls::enrol`](crate::calls::enrol). Save the identity before sending.
    ///
    /// # Errors
    /// When the recipient is not one.
    pub fn enrol(
        &mut self,
        code: &Code,
        registrar: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<(Digest, Bytes), EnrolmentError> {
        // The same code again: the same request, so that the registrar sees one enrolment.
        let reply = match &self.enrolment {
            Some(sent) if sent.code == *code => sent.reply.clone(),
            _ => SealKey::generate(rng),
        };
        let request = EnrolmentRequest {
            kind: RequestKind::Enrolment,
            v: 1,
            origin: self.origin.clone(),
            code: code.clone(),
            leaf: self.leaf,
            reply: reply.recipient(),
        };
        let plain = Zeroizing::new(canonical::to_vec(&request)?);
        let sealed = crate::keys::seal(&plain, &[registrar])?;
        let ticket = code.ticket();
        self.enrolment = Some(Enrolment {
            code: code.clone(),
            ticket,
            reply,
        });
        Ok((ticket, sealed))
    }

    /// The mailbox to look into: `None` without an enrolment, and where this identity has its certificate of the record's newest edition.
    /// The mailbox was made for this member, so that whoever looks into it says who is there: no more often than needed.
    #[must_use]
    pub fn mailbox(&self, mirror: &Mirror) -> Option<Digest> {
        let newest = mirror.latest_edition();
        let newest = newest.map(|newest| u64::from(newest.edition.number));
        let is_held = newest.is_some_and(|newest| self.memberships.contains_key(&newest));
        self.enrolment
            .as_ref()
            .filter(|_| !is_held)
            .map(|enrolment| enrolment.ticket)
    }

    /// Takes the registrar's reply, checked against the record; returns the edition's number.
    ///
    /// # Errors
    /// When the reply is not for this identity, or the certificate doesn't stand in an edition of the record.
    pub fn receive(&mut self, sealed: &Bytes, mirror: &Mirror) -> Result<u64, EnrolmentError> {
        let sent = self.enrolment.as_ref().ok_or(EnrolmentError::NotSent)?;
        let plain = sent.reply.open(sealed)?;
        let reply: EnrolmentReply = canonical::from_slice(&plain)?;
        if reply.origin != self.origin {
            return Err(EnrolmentError::Origin {
                expected: self.origin.clone(),
                found: reply.origin,
            });
        }
        if reply.certificate.body.leaf != self.leaf {
            return Err(EnrolmentError::Leaf);
        }
        let number = reply.inclusion.edition;
        let (head, registrar) = mirror
            .edition_head(number)
            .ok_or(EnrolmentError::Edition(number))?;
        verify_certificate(&reply.certificate, &reply.inclusion, &head, &registrar)?;
        let membership = Membership {
            certificate: reply.certificate,
            inclusion: reply.inclusion,
        };
        self.memberships.insert(number, membership);
        Ok(number)
    }

    /// What this member did on a memo, for `scope`'s nullifier.
    pub(crate) fn acts_mut(&mut self, memo: Digest, nullifier: Element) -> &mut MemoActs {
        self.memos.entry(memo).or_insert_with(|| MemoActs {
            nullifier,
            next: 1,
            cohort: None,
            acts: Vec::new(),
        })
    }
}

impl MemoActs {
    /// The last act on `version`, of those that this device knows.
    #[must_use]
    pub fn last_on(&self, version: u32) -> Option<Action> {
        let on = |act: &&OwnAct| act.event.version == version;
        self.acts.iter().rev().find(on).map(|act| act.event.action)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The leaf names the member; memos say what the member did.
        f.debug_struct("Identity")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
