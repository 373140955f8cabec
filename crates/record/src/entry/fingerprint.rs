//! A fingerprint of a version's text: docs/protocol.md, section 11.
//!
//! Here is its form alone; `demur_check::fingerprint` computes it and holds copies against it.

use demur_encoding::{Digest, hash, json_fields};
use demur_memo::approval::Approval;
use serde::{Deserialize, Serialize};

/// The normal form that a text is brought to before it is hashed.
pub const NORMAL_FORM: &str = "demur-text/1";

/// The most fingerprints of one memo: whoever checks a copy tries each that has about as many words.
pub const MAX_FINGERPRINTS: usize = 16;

/// The only cost that is accepted: the second recommended choice of RFC 9106, section 4. Weaker ones would make
/// guessing cheap, and stronger ones would let one entry hold up everybody who checks a copy.
pub const COST: SlowHash = SlowHash {
    name: SlowHashName::Argon2id,
    version: 19,
    memory_kib: 65_536,
    passes: 3,
    lanes: 4,
};

/// See [`Entry::Fingerprint`](super::Entry::Fingerprint).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// [`FORMAT`](super::FORMAT).
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// The number of the version whose text it is of.
    pub of: u32,
    /// The latest version.
    pub version: u32,
    /// Its hash.
    pub version_hash: Digest,
    /// The fingerprint.
    pub text: TextFingerprint,
    /// The authors' signatures, sorted by key.
    pub approvals: Vec<Approval>,
}

json_fields!(Fingerprint only { v, memo, of, version, version_hash, text, approvals });

/// The slow hashes of a text, and how they are computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TextFingerprint {
    /// [`NORMAL_FORM`].
    pub form: String,
    /// [`COST`].
    pub hash: SlowHash,
    /// Of the title, the addressees, the date, the points and the body.
    pub whole: Digest,
    /// Of the body alone.
    pub body: Digest,
}

json_fields!(TextFingerprint only { form, hash, whole, body });

/// A password hash and its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SlowHash {
    /// Which function.
    pub name: SlowHashName,
    /// Which version of it.
    pub version: u32,
    /// The memory, in KiB.
    pub memory_kib: u32,
    /// How often the memory is filled.
    pub passes: u32,
    /// Into how many lanes it is divided.
    pub lanes: u32,
}

json_fields!(SlowHash only { name, version, memory_kib, passes, lanes });

/// A password hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SlowHashName {
    /// RFC 9106.
    Argon2id,
}

/// Which of the two hashes of a [`TextFingerprint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// Head and body.
    Whole,
    /// The body.
    Body,
}

impl Extent {
    /// As it is hashed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Body => "body",
        }
    }
}

/// Why a fingerprint can't stand in the record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FingerprintError {
    /// The profile that the case was filed under does not allow any.
    #[error("the profile of the case allows no fingerprints (disclosure.fingerprint = \"none\")")]
    Forbidden,
    /// Of a version that the memo does not have.
    #[error("the memo has no version {0}")]
    NoVersion(u32),
    /// The version has one already.
    #[error("version {0} has a fingerprint already: one for each version")]
    Twice(u32),
    /// The memo has [`MAX_FINGERPRINTS`].
    #[error("the memo has {MAX_FINGERPRINTS} fingerprints already")]
    TooMany,
    /// Another normal form.
    #[error("the normal form is {0:?}; this program knows {NORMAL_FORM:?}")]
    Form(String),
    /// Another hash, or weaker or stronger parameters.
    #[error(
        "the hash is {found}; only {COST} is accepted: less would be guessed cheaply, more would hold up who checks"
    )]
    Cost {
        /// What the entry says.
        found: SlowHash,
    },
    /// One hash for both extents.
    #[error("head and body have the fingerprint of the body alone")]
    Equal,
}

impl std::fmt::Display for SlowHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let SlowHashName::Argon2id = self.name;
        write!(
            f,
            "argon2id version {} with {} KiB, {} passes, {} lanes",
            self.version, self.memory_kib, self.passes, self.lanes
        )
    }
}

impl TextFingerprint {
    /// Whether its form is one that a device can and will compute. That it is the text's only the text's holders
    /// can tell.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self) -> Result<(), FingerprintError> {
        if self.form != NORMAL_FORM {
            return Err(FingerprintError::Form(self.form.clone()));
        }
        if self.hash != COST {
            return Err(FingerprintError::Cost { found: self.hash });
        }
        if self.whole == self.body {
            return Err(FingerprintError::Equal);
        }
        Ok(())
    }

    /// The hash over that much of the text.
    #[must_use]
    pub const fn digest(&self, extent: Extent) -> Digest {
        match extent {
            Extent::Whole => self.whole,
            Extent::Body => self.body,
        }
    }

    /// The salt of a version's hash: `H("demur/fingerprint-salt", memo, version's hash, extent)`. Each version has its
    /// own, so that nothing that was computed against one serves against another.
    #[must_use]
    pub fn salt(memo: Digest, version_hash: Digest, extent: Extent) -> Digest {
        hash(
            "demur/fingerprint-salt",
            &[
                memo.as_ref(),
                version_hash.as_ref(),
                extent.as_str().as_bytes(),
            ],
        )
    }
}
