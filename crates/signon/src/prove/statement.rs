//! Statements and proofs as data.

use std::fmt;

use demur_encoding::Bytes;
use pasta_curves::Fp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::PROOF_BYTES;
use crate::{Element, circuit::row};

/// What a proof says: a member of the tree with `root` has `nullifier` in `scope`, and means
/// `message`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The root of a published cohort's tree, or of a tree of one.
    pub root: Element,
    /// What makes one member count once in `scope`.
    pub nullifier: Element,
    /// See [`crate::act`].
    pub scope: Element,
    /// See [`crate::act`].
    pub message: Element,
}

impl Statement {
    pub(crate) fn instance(&self) -> [Fp; row::COUNT] {
        let mut instance = [Fp::default(); row::COUNT];
        instance[row::ROOT] = self.root.fp();
        instance[row::NULLIFIER] = self.nullifier.fp();
        instance[row::SCOPE] = self.scope.fp();
        instance[row::MESSAGE] = self.message.fp();
        instance
    }
}

/// A proof: [`PROOF_BYTES`] bytes, written as base64.
///
/// That it has the length says nothing yet: see [`Verifier`](super::Verifier).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proof(pub(super) Vec<u8>);

/// The bytes are not as many as a proof has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a proof of {0} bytes; it must have {PROOF_BYTES}")]
pub struct ProofLengthError(pub usize);

impl Proof {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for Proof {
    type Error = ProofLengthError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, ProofLengthError> {
        if bytes.len() == PROOF_BYTES {
            Ok(Self(bytes))
        } else {
            Err(ProofLengthError(bytes.len()))
        }
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof(..)")
    }
}

impl Serialize for Proof {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Bytes(self.0.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Proof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Bytes::deserialize(deserializer)?.0).map_err(D::Error::custom)
    }
}
