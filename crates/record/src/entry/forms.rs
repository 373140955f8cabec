//! The entries' fields.

use demur_encoding::{Bytes, Digest, Time, json_fields};
use demur_memo::approval::Approval;
use serde::{Deserialize, Serialize};

use crate::event::Event;

/// A tree that the record published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointRef {
    /// The number of entries.
    pub size: u64,
    /// The root hash.
    pub hash: Digest,
}

json_fields!(CheckpointRef only { size, hash });

/// See [`Entry::Profile`](super::Entry::Profile).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// [`FORMAT`](super::FORMAT).
    pub v: u32,
    /// 1 for the first profile of the record, then one more each time.
    pub version: u32,
    /// The whole TOML text.
    pub text: String,
}

json_fields!(Profile only { v, version, text });

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

/// See [`Entry::Keys`](super::Entry::Keys).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// [`FORMAT`](super::FORMAT).
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

json_fields!(Keys only { v, role, name, sign, seal, vkey, state, by, signature });

/// The size and root of one cohort's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cohort {
    /// `all`, or a cohort's name.
    pub name: String,
    /// How many members.
    pub size: u64,
    /// The root of its Poseidon tree, canonical bytes.
    pub root: Digest,
}

json_fields!(Cohort only { name, size, root });

/// The root of a list that is committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SizedRoot {
    /// RFC 6962 root.
    pub root: Digest,
    /// How many leaves.
    pub size: u64,
}

json_fields!(SizedRoot only { root, size });

/// See [`Entry::Edition`](super::Entry::Edition).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// [`FORMAT`](super::FORMAT).
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

json_fields!(Edition only { v, number, digest, published, cohorts, certificates, by, signature });

impl Edition {
    /// The cohort of that name.
    #[must_use]
    pub fn cohort(&self, name: &str) -> Option<&Cohort> {
        self.cohorts.iter().find(|cohort| cohort.name == name)
    }
}

/// See [`Entry::Attestation`](super::Entry::Attestation).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// [`FORMAT`](super::FORMAT).
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

json_fields!(Attestation only { v, edition, digest, letters, by, signature });

/// See [`Entry::Opaque`](super::Entry::Opaque).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Opaque {
    /// [`FORMAT`](super::FORMAT).
    pub v: u32,
    /// As many as the profile says, places and padding alike.
    pub slots: Vec<Digest>,
}

json_fields!(Opaque only { v, slots });

/// Where an event stood before it was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The index of the opaque entry.
    pub entry: u64,
    /// The slot in it, from 0.
    pub slot: u32,
}

json_fields!(Place only { entry, slot });

/// See [`Entry::Opened`](super::Entry::Opened).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// [`FORMAT`](super::FORMAT).
    pub v: u32,
    /// Where its salted hash stands.
    pub at: Place,
    /// The salt.
    pub salt: Digest,
    /// What was hashed.
    pub event: Event,
}

json_fields!(Opened only { v, at, salt, event });

/// An event that is an entry of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Direct<T> {
    /// [`FORMAT`](super::FORMAT).
    pub v: u32,
    /// The event.
    pub event: T,
}

json_fields!(Direct<T> only { v, event });

/// See [`Entry::Filed`](super::Entry::Filed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Filed {
    /// [`FORMAT`](super::FORMAT).
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

json_fields!(Filed only { v, memo, version, version_hash, content_root, sealed, versions, sign_ons, approvals });

/// See [`Entry::Acknowledged`](super::Entry::Acknowledged).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// [`FORMAT`](super::FORMAT).
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// The office's key.
    pub by: Digest,
    /// Its signature.
    pub signature: Bytes,
}

json_fields!(Acknowledged only { v, memo, by, signature });

/// See [`Entry::Returned`](super::Entry::Returned).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// [`FORMAT`](super::FORMAT).
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

json_fields!(Returned only { v, memo, reason, text, by, signature });

/// See [`Entry::Distributed`](super::Entry::Distributed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Distributed {
    /// [`FORMAT`](super::FORMAT).
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

json_fields!(Distributed only { v, memo, to, sealed, by, signature });

/// See [`Entry::Responded`](super::Entry::Responded).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Responded {
    /// [`FORMAT`](super::FORMAT).
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

json_fields!(Responded only { v, memo, points, root, sealed, by, signature });

/// See [`Entry::Rejoined`](super::Entry::Rejoined).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rejoined {
    /// [`FORMAT`](super::FORMAT).
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

json_fields!(Rejoined only { v, memo, responded, text, approvals });

/// See [`Entry::Withdrawn`](super::Entry::Withdrawn).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// [`FORMAT`](super::FORMAT).
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

json_fields!(Withdrawn only { v, memo, filed, version, version_hash, approvals });

/// See [`Entry::Released`](super::Entry::Released).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// [`FORMAT`](super::FORMAT).
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

json_fields!(Released only { v, memo, version, version_hash, bundle, approvals });

/// See [`Entry::State`](super::Entry::State).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// [`FORMAT`](super::FORMAT).
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

json_fields!(State only { v, root, memos, profiles, keys, editions, time, previous });

/// A checkpoint as it was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// The number of entries.
    pub size: u64,
    /// The root hash.
    pub hash: Digest,
    /// SHA-256 of the file `history/<size>`.
    pub digest: Digest,
}

json_fields!(Previous only { size, hash, digest });

/// See [`Entry::Software`](super::Entry::Software).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Software {
    /// [`FORMAT`](super::FORMAT).
    pub v: u32,
    /// What: `demur` for the program, a file's name for what pages load.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

json_fields!(Software only { v, name, version, digest });
