//! What authors agree on.

use demur_encoding::{Bytes, Digest, canonical, hash, json};
use demur_memo::approval::Approval;
use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Entry, TextFingerprint};

/// What the authors approve together; each kind has its own domain, so that an approval of one act can't
/// serve for another. Each names what it is about as it stood then, so that an approval that was kept back
/// can't serve later, when the authors might think otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
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
    /// Publish a slow hash of a version's text.
    Fingerprint {
        /// The memo.
        memo: Digest,
        /// The number of the version whose text it is of.
        of: u32,
        /// The latest version's number.
        version: u32,
        /// The latest version's hash.
        version_hash: Digest,
        /// The fingerprint.
        text: TextFingerprint,
    },
}

impl Serialize for ApprovalBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::write_tagged(serializer, "action", |serializer| {
            Self::serialize(self, serializer)
        })
    }
}

impl<'de> Deserialize<'de> for ApprovalBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::read_variants(deserializer, "action", |action, fields| {
            let memo = fields.take("memo")?;
            Ok(match action {
                "file" => Self::File {
                    memo,
                    version: fields.take("version")?,
                    version_hash: fields.take("version_hash")?,
                    sealed: fields.take("sealed")?,
                },
                "withdraw" => Self::Withdraw {
                    memo,
                    filed: fields.take("filed")?,
                    version: fields.take("version")?,
                    version_hash: fields.take("version_hash")?,
                },
                "rejoin" => Self::Rejoin {
                    memo,
                    responded: fields.take("responded")?,
                    text: fields.take("text")?,
                },
                "release" => Self::Release {
                    memo,
                    version: fields.take("version")?,
                    version_hash: fields.take("version_hash")?,
                    bundle: fields.take("bundle")?,
                },
                "fingerprint" => Self::Fingerprint {
                    memo,
                    of: fields.take("of")?,
                    version: fields.take("version")?,
                    version_hash: fields.take("version_hash")?,
                    text: fields.take("text")?,
                },
                other => return Err(json::unknown_variant(other, ACTIONS)),
            })
        })
    }
}

/// The values of `action`.
const ACTIONS: &[&str] = &["file", "withdraw", "rejoin", "release", "fingerprint"];

impl ApprovalBody {
    /// The memo that it is about.
    #[must_use]
    pub const fn memo(&self) -> Digest {
        match self {
            Self::File { memo, .. }
            | Self::Withdraw { memo, .. }
            | Self::Rejoin { memo, .. }
            | Self::Release { memo, .. }
            | Self::Fingerprint { memo, .. } => *memo,
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
            }
            | Self::Fingerprint {
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
            Self::Fingerprint { .. } => "demur/fingerprint",
        };
        let body = canonical::to_vec(self).expect("digests, short texts and small integers");
        hash(domain, &[&body])
    }
}

impl Entry {
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
            Self::Fingerprint(e) => {
                let body = ApprovalBody::Fingerprint {
                    memo: e.memo,
                    of: e.of,
                    version: e.version,
                    version_hash: e.version_hash,
                    text: e.text.clone(),
                };
                Some((body, &e.approvals))
            }
            _ => None,
        }
    }
}
