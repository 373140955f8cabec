//! The record's entries: docs/protocol.md, section 3.
//!
//! An entry is public: commitments and facts that anyone may know, never a name, a text or a key
//! that opens something.

use std::collections::BTreeMap;

use demur_encoding::{Bytes, CanonicalError, Digest, Time, canonical, hash};
use demur_memo::approval::Approval;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::event::{Event, SignOn, Version};

/// The largest entry, in bytes: an entry bundle gives each a length of 16 bits (C2SP tlog-tiles).
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// The only version of the entry format.
pub const FORMAT: u32 = 1;

/// One line of the public record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Entry {
    /// The rules of the channel from here on.
    Profile(Profile),
    /// A key of somebody who acts in the channel.
    Keys(Keys),
    /// A roster edition.
    Edition(Edition),
    /// The overseer's word that an edition's enrolments were made known to each person.
    Attestation(Attestation),
    /// A batch of salted hashes that show nothing.
    Opaque(Opaque),
    /// An event that stood in an opaque batch, published at filing.
    Opened(Opened),
    /// A version made after filing.
    Version(Direct<Version>),
    /// A sign-on made after filing.
    SignOn(Direct<SignOn>),
    /// A memo handed to the office by its authors.
    Filed(Filed),
    /// The office has the memo.
    Acknowledged(Acknowledged),
    /// The office sent the memo back as out of scope.
    Returned(Returned),
    /// The memo was sealed to officials on the distribution list.
    Distributed(Distributed),
    /// The answer to each point.
    Responded(Responded),
    /// The authors' reply to the response.
    Rejoined(Rejoined),
    /// The authors took the memo back.
    Withdrawn(Withdrawn),
    /// The authors made a bundle public.
    Released(Released),
    /// The end of a batch.
    State(State),
    /// The code that the server runs and serves.
    Software(Software),
}

impl Entry {
    /// Reads the canonical bytes of an entry.
    ///
    /// # Errors
    /// When the bytes are over [`MAX_ENTRY_BYTES`], not canonical, or of no known form.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(EntryError::TooLong { bytes: bytes.len() });
        }
        let entry: Self = canonical::from_slice(bytes)?;
        match entry.format() {
            FORMAT => Ok(entry),
            v => Err(EntryError::Format { v }),
        }
    }

    /// The canonical bytes.
    ///
    /// # Errors
    /// When the entry would be over [`MAX_ENTRY_BYTES`].
    pub fn to_vec(&self) -> Result<Vec<u8>, EntryError> {
        let bytes = canonical::to_vec(self)?;
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(EntryError::TooLong { bytes: bytes.len() });
        }
        Ok(bytes)
    }

    /// The entry's `type` as it is written.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Profile(_) => "profile",
            Self::Keys(_) => "keys",
            Self::Edition(_) => "edition",
            Self::Attestation(_) => "attestation",
            Self::Opaque(_) => "opaque",
            Self::Opened(_) => "opened",
            Self::Version(_) => "version",
            Self::SignOn(_) => "sign-on",
            Self::Filed(_) => "filed",
            Self::Acknowledged(_) => "acknowledged",
            Self::Returned(_) => "returned",
            Self::Distributed(_) => "distributed",
            Self::Responded(_) => "responded",
            Self::Rejoined(_) => "rejoined",
            Self::Withdrawn(_) => "withdrawn",
            Self::Released(_) => "released",
            Self::State(_) => "state",
            Self::Software(_) => "software",
        }
    }

    const fn format(&self) -> u32 {
        match self {
            Self::Profile(e) => e.v,
            Self::Keys(e) => e.v,
            Self::Edition(e) => e.v,
            Self::Attestation(e) => e.v,
            Self::Opaque(e) => e.v,
            Self::Opened(e) => e.v,
            Self::Version(e) => e.v,
            Self::SignOn(e) => e.v,
            Self::Filed(e) => e.v,
            Self::Acknowledged(e) => e.v,
            Self::Returned(e) => e.v,
            Self::Distributed(e) => e.v,
            Self::Responded(e) => e.v,
            Self::Rejoined(e) => e.v,
            Self::Withdrawn(e) => e.v,
            Self::Released(e) => e.v,
            Self::State(e) => e.v,
            Self::Software(e) => e.v,
        }
    }

    /// The key that signed the entry and its signature, where the table of docs/protocol.md,
    /// section 3, has them as fields; `None` for the other types and for keys in the first batch.
    #[must_use]
    pub const fn signature(&self) -> Option<(Digest, &Bytes)> {
        match self {
            Self::Keys(e) => match (&e.by, &e.signature) {
                (Some(by), Some(signature)) => Some((*by, signature)),
                _ => None,
            },
            Self::Edition(e) => Some((e.by, &e.signature)),
            Self::Attestation(e) => Some((e.by, &e.signature)),
            Self::Acknowledged(e) => Some((e.by, &e.signature)),
            Self::Returned(e) => Some((e.by, &e.signature)),
            Self::Distributed(e) => Some((e.by, &e.signature)),
            Self::Responded(e) => Some((e.by, &e.signature)),
            _ => None,
        }
    }

    /// What the authors agreed on, and their approvals, where the entry is an act of theirs.
    #[must_use]
    pub fn agreed(&self) -> Option<(ApprovalBody, &[Approval])> {
        match self {
            Self::Filed(e) => {
                let body = ApprovalBody::File {
                    memo: e.memo,
                    version: e.version,
                    version_hash: e.version_hash,
                    sealed: e.sealed,
                };
                Some((body, &e.approvals))
            }
            Self::Withdrawn(e) => {
                let body = ApprovalBody::Withdraw {
                    memo: e.memo,
                    filed: Some(e.filed),
                    version: e.version,
                    version_hash: e.version_hash,
                };
                Some((body, &e.approvals))
            }
            Self::Rejoined(e) => {
                let body = ApprovalBody::Rejoin {
                    memo: e.memo,
                    responded: e.responded,
                    text: e.text,
                };
                Some((body, &e.approvals))
            }
            Self::Released(e) => {
                let body = ApprovalBody::Release {
                    memo: e.memo,
                    version: e.version,
                    version_hash: e.version_hash,
                    bundle: e.bundle,
                };
                Some((body, &e.approvals))
            }
            _ => None,
        }
    }

    /// Signs the entry with `key`: sets its `by` and `signature`. The types without these fields
    /// stay as they are.
    ///
    /// # Errors
    /// When the entry has no canonical form.
    pub fn sign(mut self, key: &SigningKey) -> Result<Self, EntryError> {
        let public = Digest::new(key.verifying_key().to_bytes());
        self.set_signature(public, Bytes::default());
        let signed = self.signed_hash()?;
        self.set_signature(
            public,
            Bytes(key.sign(signed.as_bytes()).to_bytes().to_vec()),
        );
        Ok(self)
    }

    fn set_signature(&mut self, key: Digest, value: Bytes) {
        let (by, signature) = match self {
            Self::Keys(e) => {
                (e.by, e.signature) = (Some(key), Some(value));
                return;
            }
            Self::Edition(e) => (&mut e.by, &mut e.signature),
            Self::Attestation(e) => (&mut e.by, &mut e.signature),
            Self::Acknowledged(e) => (&mut e.by, &mut e.signature),
            Self::Returned(e) => (&mut e.by, &mut e.signature),
            Self::Distributed(e) => (&mut e.by, &mut e.signature),
            Self::Responded(e) => (&mut e.by, &mut e.signature),
            _ => return,
        };
        (*by, *signature) = (key, value);
    }

    /// Whether the entry carries a valid signature by the key that it names.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        let Some((by, signature)) = self.signature() else {
            return false;
        };
        self.signed_hash()
            .is_ok_and(|signed| verify_signature(signed, by, signature))
    }

    /// What a signature of this entry signs: `H("demur/entry", the entry without "signature")`.
    ///
    /// # Errors
    /// When the entry has no canonical form.
    pub fn signed_hash(&self) -> Result<Digest, EntryError> {
        let shape =
            |e: serde_json::Error| EntryError::Canonical(CanonicalError::Shape(e.to_string()));
        let mut value = serde_json::to_value(self).map_err(shape)?;
        if let Some(map) = value.as_object_mut() {
            map.remove("signature");
        }
        Ok(hash("demur/entry", &[&canonical::to_vec(&value)?]))
    }
}

/// Whether `signature` is `key`'s over the 32 bytes of `signed`. Strict: no small-order keys, no
/// second form of a signature.
#[must_use]
pub fn verify_signature(signed: Digest, key: Digest, signature: &Bytes) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(key.as_bytes()) else {
        return false;
    };
    Signature::from_slice(signature.as_ref())
        .is_ok_and(|signature| key.verify_strict(signed.as_bytes(), &signature).is_ok())
}

/// Why bytes are not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// Longer than [`MAX_ENTRY_BYTES`].
    #[error("an entry of {bytes} bytes; at most {MAX_ENTRY_BYTES} are allowed")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not canonical JSON of a known form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// Another version of the format.
    #[error("entry format {v}; this program knows {FORMAT}")]
    Format {
        /// The `v` that stood there.
        v: u32,
    },
}

/// A tree that the record published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointRef {
    /// The number of entries.
    pub size: u64,
    /// The root hash.
    pub hash: Digest,
}

/// See [`Entry::Profile`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// [`FORMAT`].
    pub v: u32,
    /// 1 for the first profile of the record, then one more each time.
    pub version: u32,
    /// The whole TOML text.
    pub text: String,
}

/// Who a key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The office that runs the channel.
    Office,
    /// The key kept apart that can open what the office can.
    Recovery,
    /// Who checks the channel.
    Overseer,
    /// Who keeps the register.
    Registrar,
    /// A person of the office.
    Steward,
    /// An official on the distribution list.
    Principal,
    /// Who cosigns the record.
    Witness,
}

/// Whether a key is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// From here on.
    Active,
    /// Not any more.
    Revoked,
}

/// See [`Entry::Keys`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// [`FORMAT`].
    pub v: u32,
    /// Whose.
    pub role: Role,
    /// A slug; for a principal the identifier in the profile's distribution list.
    pub name: String,
    /// The Ed25519 key that signs.
    pub sign: Option<Digest>,
    /// The age recipient that files are sealed to.
    pub seal: Option<String>,
    /// A witness's verifier key (C2SP signed-note).
    pub vkey: Option<String>,
    /// In use or not.
    pub state: KeyState,
    /// The key that signed this entry; null in the record's first batch.
    pub by: Option<Digest>,
    /// Its signature; null in the record's first batch.
    pub signature: Option<Bytes>,
}

/// The size and root of one cohort's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cohort {
    /// `all`, or a cohort's name.
    pub name: String,
    /// How many members.
    pub size: u64,
    /// The root of its Poseidon tree, canonical bytes.
    pub root: Digest,
}

/// The root of a list that is committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SizedRoot {
    /// RFC 6962 root.
    pub root: Digest,
    /// How many leaves.
    pub size: u64,
}

/// See [`Entry::Edition`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// [`FORMAT`].
    pub v: u32,
    /// 1, 2, 3…
    pub number: u32,
    /// Of the edition file.
    pub digest: Digest,
    /// When the registrar made it, by the registrar's clock.
    pub published: Time,
    /// Sorted by name; `all` is among them.
    pub cohorts: Vec<Cohort>,
    /// The salted tree of enrolment certificates.
    pub certificates: SizedRoot,
    /// The registrar's key.
    pub by: Digest,
    /// The registrar's signature.
    pub signature: Bytes,
}

impl Edition {
    /// The cohort of that name.
    #[must_use]
    pub fn cohort(&self, name: &str) -> Option<&Cohort> {
        self.cohorts.iter().find(|cohort| cohort.name == name)
    }
}

/// See [`Entry::Attestation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// [`FORMAT`].
    pub v: u32,
    /// The edition's number.
    pub edition: u32,
    /// The edition file's digest.
    pub digest: Digest,
    /// How many persons were written to, because a leaf in their name is new or changed.
    pub letters: u32,
    /// The overseer's key.
    pub by: Digest,
    /// The overseer's signature.
    pub signature: Bytes,
}

/// See [`Entry::Opaque`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opaque {
    /// [`FORMAT`].
    pub v: u32,
    /// As many as the profile says, places and padding alike.
    pub slots: Vec<Digest>,
}

/// Where an event stood before it was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The index of the opaque entry.
    pub entry: u64,
    /// The slot in it, from 0.
    pub slot: u32,
}

/// See [`Entry::Opened`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// [`FORMAT`].
    pub v: u32,
    /// Where its salted hash stands.
    pub at: Place,
    /// The salt.
    pub salt: Digest,
    /// What was hashed.
    pub event: Event,
}

/// An event that is an entry of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Direct<T> {
    /// [`FORMAT`].
    pub v: u32,
    /// The event.
    pub event: T,
}

/// See [`Entry::Filed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filed {
    /// [`FORMAT`].
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// The version that was filed: the latest.
    pub version: u32,
    /// Its hash.
    pub version_hash: Digest,
    /// Its content root.
    pub content_root: Digest,
    /// SHA-256 of the age file for the office.
    pub sealed: Digest,
    /// How many versions were opened just before.
    pub versions: u32,
    /// How many sign-ons were opened just before.
    pub sign_ons: u32,
    /// The authors' signatures, sorted by key.
    pub approvals: Vec<Approval>,
}

/// See [`Entry::Acknowledged`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// [`FORMAT`].
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// The office's key.
    pub by: Digest,
    /// Its signature.
    pub signature: Bytes,
}

/// See [`Entry::Returned`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// [`FORMAT`].
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// A code of the profile's list of reasons, which also says where to go instead.
    pub reason: String,
    /// SHA-256 of the letter sealed to the authors.
    pub text: Digest,
    /// The office's key.
    pub by: Digest,
    /// Its signature.
    pub signature: Bytes,
}

/// See [`Entry::Distributed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distributed {
    /// [`FORMAT`].
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// Identifiers of the profile's distribution list, sorted.
    pub to: Vec<String>,
    /// SHA-256 of the age file that is sealed to them.
    pub sealed: Digest,
    /// The office's key.
    pub by: Digest,
    /// Its signature.
    pub signature: Bytes,
}

/// See [`Entry::Responded`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Responded {
    /// [`FORMAT`].
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// How many points were answered: all of the memo's.
    pub points: u32,
    /// The root over the answers.
    pub root: Digest,
    /// SHA-256 of the age file that holds the response, sealed to the authors and the office.
    pub sealed: Digest,
    /// The office's key.
    pub by: Digest,
    /// Its signature.
    pub signature: Bytes,
}

/// See [`Entry::Rejoined`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejoined {
    /// [`FORMAT`].
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// The leaf hash of the `responded` entry that it replies to.
    pub responded: Digest,
    /// SHA-256 of the rejoinder sealed to the office.
    pub text: Digest,
    /// The authors' signatures, sorted by key.
    pub approvals: Vec<Approval>,
}

/// See [`Entry::Withdrawn`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// [`FORMAT`].
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// The leaf hash of the `filed` entry.
    pub filed: Digest,
    /// The latest version.
    pub version: u32,
    /// Its hash.
    pub version_hash: Digest,
    /// The authors' signatures, sorted by key.
    pub approvals: Vec<Approval>,
}

/// See [`Entry::Released`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// [`FORMAT`].
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// The latest version.
    pub version: u32,
    /// Its hash.
    pub version_hash: Digest,
    /// SHA-256 of the bundle.
    pub bundle: Digest,
    /// The authors' signatures, sorted by key.
    pub approvals: Vec<Approval>,
}

/// See [`Entry::State`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// [`FORMAT`].
    pub v: u32,
    /// The root of the map from memo to state.
    pub root: Digest,
    /// How many leaves the map has.
    pub memos: u64,
    /// How many `profile` entries the record has.
    pub profiles: u64,
    /// How many `keys` entries the record has.
    pub keys: u64,
    /// How many `edition` entries the record has.
    pub editions: u64,
    /// The log's clock.
    pub time: Time,
    /// The checkpoint before, as it was published with its cosignatures; null in the first batch.
    pub previous: Option<Previous>,
}

/// A checkpoint as it was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// The number of entries.
    pub size: u64,
    /// The root hash.
    pub hash: Digest,
    /// SHA-256 of the file `history/<size>`.
    pub digest: Digest,
}

/// See [`Entry::Software`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Software {
    /// [`FORMAT`].
    pub v: u32,
    /// What: `demur` for the program, a file's name for what pages load.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

/// What the authors approve together; each kind has its own domain, so that an approval of one act can't
/// serve for another. Each names what it is about as it stood then, so that an approval that was kept back
/// can't serve later, when the authors might think otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ApprovalBody {
    /// Hand this version to the office.
    File {
        /// The memo.
        memo: Digest,
        /// The version's number.
        version: u32,
        /// The version's hash.
        version_hash: Digest,
        /// SHA-256 of the age file for the office.
        sealed: Digest,
    },
    /// Take the memo back, before or after filing.
    Withdraw {
        /// The memo.
        memo: Digest,
        /// The leaf hash of its `filed` entry; null in a draft.
        filed: Option<Digest>,
        /// The latest version's number; 0 in a draft that has none yet.
        version: u32,
        /// The latest version's hash; zeros where there is none yet.
        version_hash: Digest,
    },
    /// Reply to the response.
    Rejoin {
        /// The memo.
        memo: Digest,
        /// The leaf hash of the `responded` entry.
        responded: Digest,
        /// SHA-256 of the sealed rejoinder.
        text: Digest,
    },
    /// Make a bundle public.
    Release {
        /// The memo.
        memo: Digest,
        /// The latest version's number.
        version: u32,
        /// The latest version's hash.
        version_hash: Digest,
        /// SHA-256 of the bundle.
        bundle: Digest,
    },
}

impl ApprovalBody {
    /// The memo that it is about.
    #[must_use]
    pub const fn memo(&self) -> Digest {
        match self {
            Self::File { memo, .. }
            | Self::Withdraw { memo, .. }
            | Self::Rejoin { memo, .. }
            | Self::Release { memo, .. } => *memo,
        }
    }

    /// The version that it is about: number and hash. A rejoinder is about the response.
    #[must_use]
    pub const fn version(&self) -> Option<(u32, Digest)> {
        match self {
            Self::File {
                version,
                version_hash,
                ..
            }
            | Self::Withdraw {
                version,
                version_hash,
                ..
            }
            | Self::Release {
                version,
                version_hash,
                ..
            } => Some((*version, *version_hash)),
            Self::Rejoin { .. } => None,
        }
    }

    /// One author's approval.
    #[must_use]
    pub fn approve(&self, key: &SigningKey) -> Approval {
        Approval {
            author: Digest::new(key.verifying_key().to_bytes()),
            signature: Bytes(key.sign(self.signed_hash().as_bytes()).to_bytes().to_vec()),
        }
    }

    /// What each author signs.
    ///
    /// # Panics
    /// Never: the body always has a canonical form.
    #[must_use]
    pub fn signed_hash(&self) -> Digest {
        let domain = match self {
            Self::File { .. } => "demur/filing",
            Self::Withdraw { .. } => "demur/withdrawal",
            Self::Rejoin { .. } => "demur/rejoinder",
            Self::Release { .. } => "demur/release",
        };
        let body = canonical::to_vec(self).expect("digests and a small integer");
        hash(domain, &[&body])
    }
}

/// The step that a case is at, as the state map says it.
pub use demur_channel::Step;

/// How many stand behind one version, from the record alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// The version's number.
    pub version: u32,
    /// Members whose last action on this version is to sign.
    pub signed: u64,
    /// Of these, how many showed that they belong to a cohort.
    pub cohorts: BTreeMap<String, u64>,
    /// Members whose last action on this version is to endorse.
    pub endorsed: u64,
    /// Of those who signed, how many did so after filing.
    pub late: u64,
}

/// A leaf of the state map: docs/protocol.md, section 8.
///
/// It counts every entry of the memo, so that who is shown some of them knows whether these are all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoState {
    /// The memo.
    pub memo: Digest,
    /// The last step.
    pub step: Step,
    /// The index of the entry that made it.
    pub step_entry: u64,
    /// How many steps were taken, the filing among them.
    pub steps: u64,
    /// How many `released` entries there are.
    pub releases: u64,
    /// The latest version's number.
    pub version: u32,
    /// The latest version's hash.
    pub version_hash: Digest,
    /// The latest version's content root.
    pub content_root: Digest,
    /// How many sign-ons were recorded, void ones among them.
    pub sign_ons: u64,
    /// The index of the entry that attests the memo's edition; null while there is none.
    pub attestation: Option<u64>,
    /// One for each version, in order.
    pub tallies: Vec<Tally>,
}
