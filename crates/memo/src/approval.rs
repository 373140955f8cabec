//! What authors must agree on: filing, withdrawal, rejoinder, release.

use demur_encoding::{Bytes, Digest, canonical, hash};
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use crate::{
    MAX_AUTHORS,
    version::{OpeningBody, VersionError, sign, verify},
};

/// What is agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Action {
    /// To file a version.
    File,
    /// To withdraw the memo.
    Withdraw,
    /// To reply to the response.
    Rejoin,
    /// To publish a bundle.
    Release,
}

impl Action {
    /// The hash domain under which authors agree on it.
    #[must_use]
    pub const fn domain(self) -> &'static str {
        match self {
            Self::File => "demur/filing",
            Self::Withdraw => "demur/withdrawal",
            Self::Rejoin => "demur/rejoinder",
            Self::Release => "demur/release",
        }
    }
}

/// An action on a memo that its authors agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionBody {
    /// The memo's identifier.
    pub memo: Digest,
    /// What is done.
    pub action: Action,
    /// The number of the version that it is done with.
    pub version: u32,
    /// The hash of that version.
    pub version_hash: Digest,
    /// SHA-256 of the file that belongs to the action: for a filing the age file for the office,
    /// for a rejoinder its sealed text, for a release the bundle; `null` for a withdrawal.
    pub sealed: Option<Digest>,
}

impl ActionBody {
    /// What each author signs: `H(domain of the action, canonical body)`.
    ///
    /// # Errors
    /// When the body has no canonical form, or a file where none belongs or none where one does.
    pub fn hash(&self) -> Result<Digest, VersionError> {
        if self.sealed.is_none() != (self.action == Action::Withdraw) {
            return Err(VersionError::Field(
                "a withdrawal names no file, every other action names one",
            ));
        }
        Ok(hash(self.action.domain(), &[&canonical::to_vec(self)?]))
    }

    /// One author's approval.
    ///
    /// # Errors
    /// As [`hash`](Self::hash).
    pub fn approve(&self, key: &SigningKey) -> Result<Approval, VersionError> {
        let (author, signature) = sign(self.hash()?, key);
        Ok(Approval { author, signature })
    }
}

/// One author's signature on an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The author's Ed25519 public key.
    pub author: Digest,
    /// 64 bytes.
    pub signature: Bytes,
}

impl Approval {
    /// Whether an author of the memo signed `body` here.
    ///
    /// # Errors
    /// When the key is not an author's, or the signature is another's or over something else.
    pub fn verify(&self, body: &ActionBody, opening: &OpeningBody) -> Result<(), VersionError> {
        let (found, expected) = (body.memo, opening.id()?);
        if found != expected {
            return Err(VersionError::OtherMemo { found, expected });
        }
        if !opening.has_author(self.author) {
            return Err(VersionError::NotAnAuthor(self.author));
        }
        verify(body.hash()?, self.author, &self.signature)
    }
}

/// The authors' approvals of one action.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Approvals(pub Vec<Approval>);

impl Approvals {
    /// Whether as many distinct authors as the opening demands approve `body`, and nobody else.
    ///
    /// # Errors
    /// When a signature does not count, an author stands twice, or they are too few.
    pub fn verify(&self, body: &ActionBody, opening: &OpeningBody) -> Result<(), VersionError> {
        opening.check()?;
        if self.0.len() > MAX_AUTHORS {
            return Err(VersionError::Field(
                "more approvals than a memo may have authors",
            ));
        }
        for (i, approval) in self.0.iter().enumerate() {
            if self.0[..i].iter().any(|a| a.author == approval.author) {
                return Err(VersionError::Twice(approval.author));
            }
            approval.verify(body, opening)?;
        }
        if self.0.len() < opening.threshold as usize {
            let (given, needed) = (self.0.len(), opening.threshold);
            return Err(VersionError::Threshold { given, needed });
        }
        Ok(())
    }
}
