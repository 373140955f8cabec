//! Openings, signed versions, and the chain that they form.

use std::collections::BTreeMap;

use demur_encoding::{Bytes, CanonicalError, Digest, canonical, hash, json_fields};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::Serialize;

use crate::{Head, MAX_AUTHORS, content::Counts};

/// The longest log origin, in bytes.
pub const MAX_ORIGIN: usize = 255;

/// The longest age recipient, in bytes; the hybrid ones have about 2,000.
pub const MAX_RECIPIENT: usize = 4096;

/// A tree of the public record, by its size and root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointRef {
    /// The number of entries.
    pub size: u64,
    /// The root.
    pub hash: Digest,
}

json_fields!(CheckpointRef only { size, hash });

/// A roster edition, by its number and the root of its cohort "all".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EditionRef {
    /// From 1.
    pub number: u32,
    /// The root of cohort "all".
    pub root: Digest,
}

json_fields!(EditionRef only { number, root });

/// An author's public keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Author {
    /// The Ed25519 public key that signs versions and approvals.
    pub sign: Digest,
    /// The age recipient that the filed version is sealed to.
    pub seal: String,
}

json_fields!(Author only { sign, seal });

/// What opens a memo. Its hash is the memo's identifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningBody {
    /// The log's origin.
    pub origin: String,
    /// The edition that the memo is pinned to.
    pub edition: EditionRef,
    /// The authors, each key once.
    pub authors: Vec<Author>,
    /// How many of them must agree to file or withdraw.
    pub threshold: u32,
    /// The month of the opening's nullifier, `YYYY-MM`.
    pub month: String,
    /// The counter of the opening's nullifier within the month.
    pub counter: u32,
    /// 32 random bytes, so that the identifier tells nothing.
    pub salt: Digest,
    /// The checkpoint that the author's device had accepted.
    pub checkpoint: CheckpointRef,
}

json_fields!(OpeningBody only { origin, edition, authors, threshold, month, counter, salt, checkpoint });

/// Why an opening, a version or an approval does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionError {
    /// A field that can't be.
    #[error("{0}")]
    Field(&'static str),
    /// Not expressible as canonical JSON.
    #[error("{0}")]
    Canonical(#[from] CanonicalError),
    /// It names another memo.
    #[error("it is of memo {found}, not of {expected}")]
    OtherMemo {
        /// The memo that it names.
        found: Digest,
        /// The memo that it was held against.
        expected: Digest,
    },
    /// Signed by somebody who is not an author.
    #[error("{0} is not a key of the memo's authors")]
    NotAnAuthor(Digest),
    /// The signature is not the key's over this.
    #[error("the signature by {0} does not verify")]
    Signature(Digest),
    /// A gap or a repetition in the chain.
    #[error("version {found} stands where version {expected} must")]
    Number {
        /// Its number.
        found: u32,
        /// The next number of the chain.
        expected: u32,
    },
    /// It follows another version than the chain's last: a sibling.
    #[error(
        "version {number} does not follow the chain's last version: fetch that, merge, and amend it"
    )]
    Sibling {
        /// Its number.
        number: u32,
    },
    /// A content root that the chain has: two versions of one content could not be told apart by it.
    #[error(
        "version {number} has the content root of version {earlier}: each version's is its own"
    )]
    Repeated {
        /// Its number.
        number: u32,
        /// That of the earlier version.
        earlier: u32,
    },
    /// The head lists others than the opening.
    #[error("the head's authors or threshold are not those that the memo was opened with")]
    Head,
}

impl OpeningBody {
    /// The memo's identifier: `H("demur/opening", canonical body)`.
    ///
    /// # Errors
    /// When the body has no canonical form.
    pub fn id(&self) -> Result<Digest, VersionError> {
        Ok(hash("demur/opening", &[&canonical::to_vec(self)?]))
    }

    /// Whether every field is one that an opening may have.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), VersionError> {
        let field = |ok: bool, why| {
            if ok {
                Ok(())
            } else {
                Err(VersionError::Field(why))
            }
        };
        let origin = self.origin.as_bytes();
        field(
            (1..=MAX_ORIGIN).contains(&origin.len()) && origin.iter().all(u8::is_ascii_graphic),
            "the origin is not a log's name",
        )?;
        field(self.edition.number > 0, "editions are numbered from 1")?;
        field(
            (1..=MAX_AUTHORS).contains(&self.authors.len()),
            "a memo has 1 to 32 authors",
        )?;
        let twice = |i: usize, a: &Author| self.authors[..i].iter().any(|b| b.sign == a.sign);
        field(
            !self.authors.iter().enumerate().any(|(i, a)| twice(i, a)),
            "an author's key stands twice",
        )?;
        field(
            self.authors.iter().all(|a| is_recipient(&a.seal)),
            "an author's \"seal\" is not an age recipient",
        )?;
        field(
            (1..=self.authors.len()).contains(&(self.threshold as usize)),
            "the threshold must be 1 to the number of authors",
        )?;
        field(
            is_month(&self.month),
            "the month is not of the form YYYY-MM",
        )
    }

    /// Whether a memo's head lists these authors, in this order, with this threshold.
    ///
    /// # Errors
    /// [`VersionError::Head`] when it does not.
    pub fn check_head(&self, head: &Head) -> Result<(), VersionError> {
        let same = head.threshold == self.threshold
            && head.authors.iter().eq(self.authors.iter().map(|a| &a.sign));
        if same {
            Ok(())
        } else {
            Err(VersionError::Head)
        }
    }

    /// Whether `key` is an author's.
    #[must_use]
    pub fn has_author(&self, key: Digest) -> bool {
        self.authors.iter().any(|a| a.sign == key)
    }
}

fn is_recipient(text: &str) -> bool {
    text.len() <= MAX_RECIPIENT
        && text.strip_prefix("age1").is_some_and(|rest| {
            !rest.is_empty()
                && rest
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

fn is_month(text: &str) -> bool {
    crate::head::is_civil_date(&format!("{text}-01"))
}

/// One version of a memo, as the record commits to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VersionBody {
    /// The memo's identifier.
    pub memo: Digest,
    /// From 1.
    pub number: u32,
    /// The hash of the version before; `null` for version 1 only.
    pub previous: Option<Digest>,
    /// The root of its content.
    pub content_root: Digest,
    /// How much its body is.
    pub counts: Counts,
    /// SHA-256 of the age file that it is sealed in.
    pub sealed: Digest,
    /// The hash of the token that gives readers access to that file.
    pub access: Digest,
    /// The checkpoint that the author's device had accepted.
    pub checkpoint: CheckpointRef,
}

json_fields!(VersionBody only { memo, number, previous, content_root, counts, sealed, access, checkpoint });

impl VersionBody {
    /// The version's hash: `H("demur/version", canonical body)`.
    ///
    /// # Errors
    /// When the body has no canonical form.
    pub fn hash(&self) -> Result<Digest, VersionError> {
        Ok(hash("demur/version", &[&canonical::to_vec(self)?]))
    }

    /// Signs the version with an author's key.
    ///
    /// # Errors
    /// When the body has no canonical form.
    pub fn sign(self, key: &SigningKey) -> Result<SignedVersion, VersionError> {
        let hash = self.hash()?;
        let (author, signature) = sign(hash, key);
        Ok(SignedVersion {
            body: self,
            author,
            signature,
        })
    }
}

/// A version with an author's signature over its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignedVersion {
    /// What is signed.
    pub body: VersionBody,
    /// The author's Ed25519 public key.
    pub author: Digest,
    /// 64 bytes.
    pub signature: Bytes,
}

json_fields!(SignedVersion only { body, author, signature });

impl SignedVersion {
    /// The version's hash, if it is of the opening's memo and signed by one of its authors.
    ///
    /// # Errors
    /// When it is not.
    pub fn verify(&self, opening: &OpeningBody) -> Result<Digest, VersionError> {
        let (found, expected) = (self.body.memo, opening.id()?);
        if found != expected {
            return Err(VersionError::OtherMemo { found, expected });
        }
        if !opening.has_author(self.author) {
            return Err(VersionError::NotAnAuthor(self.author));
        }
        let hash = self.body.hash()?;
        verify(hash, self.author, &self.signature)?;
        Ok(hash)
    }
}

/// Signs a hash: the public key and 64 bytes.
fn sign(hash: Digest, key: &SigningKey) -> (Digest, Bytes) {
    let author = Digest::new(key.verifying_key().to_bytes());
    (author, Bytes(key.sign(hash.as_bytes()).to_bytes().to_vec()))
}

/// Verifies strictly: no small-order keys, no second form of a signature.
fn verify(hash: Digest, author: Digest, signature: &Bytes) -> Result<(), VersionError> {
    let bad = || VersionError::Signature(author);
    let key = VerifyingKey::from_bytes(author.as_bytes()).map_err(|_| bad())?;
    let signature = Signature::from_slice(signature.as_ref()).map_err(|_| bad())?;
    key.verify_strict(hash.as_bytes(), &signature)
        .map_err(|_| bad())
}

/// One link of a [`Chain`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The version's hash.
    pub hash: Digest,
    /// The version.
    pub body: VersionBody,
}

/// A memo's versions: one chain without siblings, each signed by an author.
#[derive(Debug, Clone)]
pub struct Chain {
    opening: OpeningBody,
    memo: Digest,
    links: Vec<Link>,
    /// The number of the version with that content root.
    roots: BTreeMap<Digest, u32>,
}

impl Chain {
    /// The empty chain of a memo.
    ///
    /// # Errors
    /// When the opening is not one that may be.
    pub fn new(opening: OpeningBody) -> Result<Self, VersionError> {
        opening.check()?;
        let memo = opening.id()?;
        Ok(Self {
            opening,
            memo,
            links: Vec::new(),
            roots: BTreeMap::new(),
        })
    }

    /// The chain from a version on that the caller has verified before ([`Self::push`]), together with those before it, of
    /// which this chain knows nothing: for who asks about that version alone.
    ///
    /// # Errors
    /// When the opening is not one that may be, or the version is of another memo.
    pub fn from_verified(opening: OpeningBody, body: &VersionBody) -> Result<Self, VersionError> {
        let mut chain = Self::new(opening)?;
        let hash = chain.hash_of(body)?;
        chain.roots.insert(body.content_root, body.number);
        chain.links.push(Link {
            hash,
            body: body.clone(),
        });
        Ok(chain)
    }

    /// Adds the next version and gives its hash.
    ///
    /// # Errors
    /// When it is not of this memo, not by one of its authors, not the next one, or of a content
    /// root that an earlier one has.
    pub fn push(&mut self, version: &SignedVersion) -> Result<Digest, VersionError> {
        let hash = version.verify(&self.opening)?;
        self.append(hash, &version.body)?;
        Ok(hash)
    }

    /// [`Self::push`] of a version that the caller has verified before ([`SignedVersion::verify`]), for example a server
    /// before it stored it: whether an author signed it is not looked at again, all else is.
    ///
    /// # Errors
    /// When it is not of this memo, not the next one, or of a content root that an earlier one has.
    pub fn push_verified(&mut self, body: &VersionBody) -> Result<Digest, VersionError> {
        let hash = self.hash_of(body)?;
        self.append(hash, body)?;
        Ok(hash)
    }

    /// The version's hash, if it is of this memo.
    fn hash_of(&self, body: &VersionBody) -> Result<Digest, VersionError> {
        if body.memo != self.memo {
            return Err(VersionError::OtherMemo {
                found: body.memo,
                expected: self.memo,
            });
        }
        body.hash()
    }

    fn append(&mut self, hash: Digest, body: &VersionBody) -> Result<(), VersionError> {
        let last = self.links.last();
        let expected = last.map_or(1, |l| l.body.number.saturating_add(1));
        if body.number != expected {
            return Err(VersionError::Number {
                found: body.number,
                expected,
            });
        }
        if body.previous != last.map(|l| l.hash) {
            return Err(VersionError::Sibling {
                number: body.number,
            });
        }
        if let Some(earlier) = self.roots.get(&body.content_root) {
            return Err(VersionError::Repeated {
                number: body.number,
                earlier: *earlier,
            });
        }
        self.roots.insert(body.content_root, body.number);
        self.links.push(Link {
            hash,
            body: body.clone(),
        });
        Ok(())
    }

    /// The memo's identifier.
    #[must_use]
    pub const fn memo(&self) -> Digest {
        self.memo
    }

    /// What opened the memo.
    #[must_use]
    pub const fn opening(&self) -> &OpeningBody {
        &self.opening
    }

    /// All versions, from the first; of [`Self::from_verified`] those that it knows.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The last version.
    #[must_use]
    pub fn latest(&self) -> Option<&Link> {
        self.links.last()
    }
}
