//! The record's entries: docs/protocol.md, section 3.
//!
//! An entry is public: commitments and facts that anyone may know, never a name, a text or a key
//! that opens something.

mod approval;
mod fingerprint;
mod forms;
mod state;

use demur_encoding::{Bytes, CanonicalError, Digest, canonical, hash, json_tagged};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

pub use self::{
    approval::ApprovalBody,
    fingerprint::{
        COST, Extent, Fingerprint, FingerprintError, MAX_FINGERPRINTS, NORMAL_FORM, SlowHash,
        SlowHashName, TextFingerprint,
    },
    forms::{
        Acknowledged, Attestation, CheckpointRef, Cohort, Direct, Distributed, Edition, Filed,
        KeyState, Keys, Opaque, Opened, Place, Previous, Profile, Rejoined, Released, Responded,
        Returned, Role, SizedRoot, Software, State, Withdrawn,
    },
    state::{MemoState, Step, Tally},
};
use crate::event::{SignOn, Version};

/// The largest entry, in bytes: an entry bundle gives each a length of 16 bits (C2SP tlog-tiles).
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// The only version of the entry format.
pub const FORMAT: u32 = 1;

/// One line of the public record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
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
    /// The authors published a slow hash of a version's text.
    Fingerprint(Fingerprint),
    /// The end of a batch.
    State(State),
    /// The code that the server runs and serves.
    Software(Software),
}

json_tagged!(Entry by "type");

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
            Self::Fingerprint(_) => "fingerprint",
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
            Self::Fingerprint(e) => e.v,
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
