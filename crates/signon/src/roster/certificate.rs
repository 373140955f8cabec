//! Enrolment certificates: the registrar's word that a leaf is a person's.
//!
//! A certificate counts only with the proof that it stands in an edition's certificate tree, so
//! that a registrar can't make one for an occasion. The salt keeps strangers from guessing at
//! the tree's leaves.

use std::collections::{BTreeMap, BTreeSet};

use demur_encoding::{
    Bytes, CanonicalError, Digest, Time, canonical, hash, json_fields, merkle, sha256,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{CohortName, EditionHead, MAX_COHORTS, edition::check_origin};
use crate::Element;

/// The longest certificate in its canonical form, in bytes.
pub const MAX_CERTIFICATE_BYTES: usize = 32 * 1024;

/// The longest name, title or e-mail address, in characters.
pub const MAX_CERTIFICATE_TEXT: usize = 200;

/// The longest inclusion proof: that of a tree of 2^20.
const MAX_INCLUSION: usize = 20;

/// The root and size of the tree of certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CertificatesHead {
    /// The root of the RFC 6962 tree over the certificates' canonical bytes.
    pub root: Digest,
    /// How many there are.
    pub size: u64,
}

json_fields!(CertificatesHead only { root, size });

/// The field `type`, always `certificate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CertificateKind {
    /// The only one.
    #[default]
    Certificate,
}

/// The field `v`, always 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CertificateVersion;

impl Serialize for CertificateVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(1)
    }
}

impl<'de> Deserialize<'de> for CertificateVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            1 => Ok(Self),
            v => Err(D::Error::custom(format!(
                "a certificate of version {v}; this program reads version 1"
            ))),
        }
    }
}

/// What the registrar signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateBody {
    /// `certificate`.
    #[serde(rename = "type")]
    pub kind: CertificateKind,
    /// 1.
    pub v: CertificateVersion,
    /// The log's name.
    pub origin: String,
    /// The person's name.
    pub name: String,
    /// Their title.
    pub title: String,
    /// Their e-mail address.
    pub email: String,
    /// Their cohorts beside `all`.
    pub cohorts: BTreeSet<CohortName>,
    /// Their leaf.
    pub leaf: Element,
    /// When the leaf was enrolled.
    pub enrolled: Time,
    /// 32 random bytes.
    pub salt: Digest,
}

json_fields!(CertificateBody { kind = "type", v, origin, name, title, email, cohorts, leaf, enrolled, salt });

/// A signed certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Fields", into = "Fields")]
pub struct Certificate {
    /// What is signed.
    pub body: CertificateBody,
    /// The registrar's signature over `H("demur/certificate", canonical body)`.
    pub signature: Bytes,
}

/// A certificate as it is written: body and signature side by side.
#[derive(Clone, Serialize)]
struct Fields {
    #[serde(rename = "type")]
    kind: CertificateKind,
    v: CertificateVersion,
    origin: String,
    name: String,
    title: String,
    email: String,
    cohorts: BTreeSet<CohortName>,
    leaf: Element,
    enrolled: Time,
    salt: Digest,
    signature: Bytes,
}

json_fields!(Fields { kind = "type", v, origin, name, title, email, cohorts, leaf, enrolled, salt, signature });

impl From<Fields> for Certificate {
    fn from(fields: Fields) -> Self {
        Self {
            body: CertificateBody {
                kind: fields.kind,
                v: fields.v,
                origin: fields.origin,
                name: fields.name,
                title: fields.title,
                email: fields.email,
                cohorts: fields.cohorts,
                leaf: fields.leaf,
                enrolled: fields.enrolled,
                salt: fields.salt,
            },
            signature: fields.signature,
        }
    }
}

impl From<Certificate> for Fields {
    fn from(certificate: Certificate) -> Self {
        let Certificate { body, signature } = certificate;
        Self {
            kind: body.kind,
            v: body.v,
            origin: body.origin,
            name: body.name,
            title: body.title,
            email: body.email,
            cohorts: body.cohorts,
            leaf: body.leaf,
            enrolled: body.enrolled,
            salt: body.salt,
            signature,
        }
    }
}

/// A certificate's place in an edition's tree of certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateInclusion {
    /// The edition's number.
    pub edition: u64,
    /// The place, from 0.
    pub index: u64,
    /// The RFC 6962 inclusion proof, from the leaf's sibling up.
    pub path: Vec<Digest>,
}

json_fields!(CertificateInclusion only { edition, index, path });

/// Why a certificate doesn't count, or can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A field is too long, empty, or not plain ([`is_plain`]).
    #[error(
        "the certificate's {0} must be at most {MAX_CERTIFICATE_TEXT} characters without control, invisible or direction characters, and the name not empty"
    )]
    Text(&'static str),
    /// Over [`MAX_COHORTS`].
    #[error("the certificate names {0} cohorts; at most {MAX_COHORTS}")]
    TooManyCohorts(usize),
    /// Over [`MAX_CERTIFICATE_BYTES`].
    #[error("a certificate of {0} bytes; at most {MAX_CERTIFICATE_BYTES}")]
    TooLong(usize),
    /// The bytes are not the canonical JSON that they must be.
    #[error("the certificate: {0}")]
    Canonical(#[from] CanonicalError),
    /// Not the registrar's signature.
    #[error("the certificate of {0:?} is not signed by the registrar's key")]
    Signature(String),
    /// Of another channel.
    #[error("the certificate is of {found:?}, the edition of {expected:?}")]
    Origin {
        /// The edition's.
        expected: String,
        /// The certificate's.
        found: String,
    },
    /// The proof is one for another edition.
    #[error("the certificate's proof is for edition {found}, not {expected}")]
    Edition {
        /// The edition looked at.
        expected: u64,
        /// The proof's.
        found: u64,
    },
    /// The proof doesn't lead to the edition's root.
    #[error("the certificate of {0:?} does not stand in the edition's tree of certificates")]
    NotIncluded(String),
    /// Two certificates for one leaf.
    #[error("leaf {0} has two certificates")]
    Duplicate(Element),
}

/// Whether `text` shows as it is read: no control characters, and none that can't be seen or turn
/// the direction of what follows. A name could otherwise be made to look like another's, or to
/// swallow the words beside it.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control()
            || matches!(c,
                '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}')
    })
}

impl CertificateBody {
    fn check(&self) -> Result<(), CertificateError> {
        let texts = [
            ("name", &self.name),
            ("title", &self.title),
            ("e-mail address", &self.email),
        ];
        for (what, text) in texts {
            if text.chars().count() > MAX_CERTIFICATE_TEXT || !is_plain(text) {
                return Err(CertificateError::Text(what));
            }
        }
        check_origin(&self.origin).map_err(|_| CertificateError::Text("origin"))?;
        if self.name.trim().is_empty() {
            return Err(CertificateError::Text("name"));
        }
        if self.cohorts.len() > MAX_COHORTS {
            return Err(CertificateError::TooManyCohorts(self.cohorts.len()));
        }
        Ok(())
    }

    fn digest(&self) -> Result<Digest, CertificateError> {
        Ok(hash("demur/certificate", &[&canonical::to_vec(self)?]))
    }

    /// Signs it with the registrar's key.
    ///
    /// # Errors
    /// When a field breaks its bounds.
    pub fn sign(self, registrar: &SigningKey) -> Result<Certificate, CertificateError> {
        self.check()?;
        let signature = registrar.sign(self.digest()?.as_bytes());
        Ok(Certificate {
            body: self,
            signature: Bytes(signature.to_bytes().to_vec()),
        })
    }
}

impl Certificate {
    /// Reads the canonical form.
    ///
    /// # Errors
    /// When the bytes are something else, or a field breaks its bounds. The signature is not
    /// looked at: see [`verify_certificate`].
    pub fn parse(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateError::TooLong(bytes.len()));
        }
        let certificate: Self = canonical::from_slice(bytes)?;
        certificate.body.check()?;
        Ok(certificate)
    }

    /// The canonical form.
    ///
    /// # Errors
    /// When it has none within the bounds.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CertificateError> {
        self.body.check()?;
        let bytes = canonical::to_vec(self)?;
        if bytes.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateError::TooLong(bytes.len()));
        }
        Ok(bytes)
    }

    /// Checks the registrar's signature, strictly.
    ///
    /// # Errors
    /// When it is not the registrar's.
    pub fn verify_signature(&self, registrar: &VerifyingKey) -> Result<(), CertificateError> {
        let refuse = || CertificateError::Signature(self.body.name.clone());
        let signature = Signature::from_slice(&self.signature.0).map_err(|_| refuse())?;
        registrar
            .verify_strict(self.body.digest()?.as_bytes(), &signature)
            .map_err(|_| refuse())
    }
}

/// The tree of an edition's certificates, sorted by their RFC 6962 leaf hashes, so that the
/// order says nothing of people.
#[derive(Debug, Clone)]
pub struct CertificateTree {
    /// Where in the tree the certificate of each member's leaf stands.
    places: BTreeMap<Element, u64>,
    tree: merkle::Tree,
}

impl CertificateTree {
    /// The tree over `certificates`, given in any order.
    ///
    /// # Errors
    /// When one has no canonical form within the bounds, or a leaf has two.
    pub fn new(certificates: &[Certificate]) -> Result<Self, CertificateError> {
        // A roster may have a million: their bytes are not held.
        let mut sorted = Vec::with_capacity(certificates.len());
        for certificate in certificates {
            let bytes = certificate.to_bytes()?;
            sorted.push((sha256(&[&[0], &bytes[..]].concat()), certificate.body.leaf));
        }
        sorted.sort_by_key(|(hash, _)| *hash);
        let mut places = BTreeMap::new();
        for (place, (_, leaf)) in (0..).zip(&sorted) {
            if places.insert(*leaf, place).is_some() {
                return Err(CertificateError::Duplicate(*leaf));
            }
        }
        Ok(Self {
            places,
            tree: merkle::Tree::of_hashes(sorted.into_iter().map(|(hash, _)| hash)),
        })
    }

    /// Its root and size.
    #[must_use]
    pub fn head(&self) -> CertificatesHead {
        CertificatesHead {
            root: self.tree.root(),
            size: self.tree.size(),
        }
    }

    /// The place of the certificate for `leaf` in `edition`; `None` if it has none.
    #[must_use]
    pub fn prove(&self, edition: u64, leaf: Element) -> Option<CertificateInclusion> {
        let index = *self.places.get(&leaf)?;
        let path = self.tree.prove(index)?;
        Some(CertificateInclusion {
            edition,
            index,
            path,
        })
    }
}

/// Checks that `certificate` is the registrar's word, given for `edition`.
///
/// It says that the leaf is that person's, and that someone knows its secret is for a proof. That the
/// leaf is in the edition's cohort `all` it rests on the edition: there are as many certificates as
/// leaves, and the overseer attests that they are one for each. Who has the edition's file can see for
/// themselves, by [`super::Edition::contains`].
///
/// # Errors
/// When the signature, the origin or the inclusion proof is wrong.
pub fn verify_certificate(
    certificate: &Certificate,
    inclusion: &CertificateInclusion,
    edition: &EditionHead,
    registrar: &VerifyingKey,
) -> Result<(), CertificateError> {
    certificate.verify_signature(registrar)?;
    let body = &certificate.body;
    if body.origin != edition.origin {
        return Err(CertificateError::Origin {
            expected: edition.origin.clone(),
            found: body.origin.clone(),
        });
    }
    if inclusion.edition != edition.number {
        return Err(CertificateError::Edition {
            expected: edition.number,
            found: inclusion.edition,
        });
    }
    let CertificatesHead { root, size } = edition.certificates;
    let bytes = certificate.to_bytes()?;
    if inclusion.path.len() > MAX_INCLUSION
        || !merkle::verify(root, size, inclusion.index, &bytes, &inclusion.path)
    {
        return Err(CertificateError::NotIncluded(body.name.clone()));
    }
    Ok(())
}
