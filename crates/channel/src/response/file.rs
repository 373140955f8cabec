//! A response with the commitment that stands in the record.

use demur_encoding::{CanonicalError, Digest, canonical, hash, merkle};
use serde::{Deserialize, Serialize};

use super::Response;

/// What is sealed to the authors and the office: a response and the salt of its root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponseFile {
    /// 32 random bytes that the office draws.
    pub salt: Digest,
    /// The response.
    pub response: Response,
}

#[derive(Serialize)]
struct Leaf<'a, T> {
    memo: Digest,
    salt: Digest,
    #[serde(flatten)]
    part: &'a T,
}

#[derive(Serialize)]
struct General<'a> {
    general: Option<&'a str>,
}

impl ResponseFile {
    /// Canonical JSON, to be sealed.
    ///
    /// # Errors
    /// Never for a response that was parsed; the type says so because canonical JSON may fail.
    pub fn to_vec(&self) -> Result<Vec<u8>, CanonicalError> {
        canonical::to_vec(self)
    }

    /// Reads what [`to_vec`](Self::to_vec) wrote.
    ///
    /// # Errors
    /// When `bytes` are anything else.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, CanonicalError> {
        canonical::from_slice(bytes)
    }

    /// The leaves of the commitment: first the general remarks, `{"general","memo","salt"}` (null
    /// where there are none), then each answer, `{"answer","memo","number","outcome","salt"}`, as
    /// canonical JSON. A leaf's salt is `H("demur/response-salt", salt, number as 4 bytes
    /// big-endian)`, with 0 for the general remarks.
    ///
    /// # Errors
    /// As [`to_vec`](Self::to_vec).
    pub fn leaves(&self) -> Result<Vec<Vec<u8>>, CanonicalError> {
        let Response {
            memo,
            general,
            points,
        } = &self.response;
        let salt = |number: u32| {
            let number = number.to_be_bytes();
            hash("demur/response-salt", &[self.salt.as_ref(), &number])
        };
        let general = canonical::to_vec(&Leaf {
            memo: *memo,
            salt: salt(0),
            part: &General {
                general: general.as_deref(),
            },
        });
        let answers = points.iter().map(|point| {
            canonical::to_vec(&Leaf {
                memo: *memo,
                salt: salt(point.number),
                part: point,
            })
        });
        std::iter::once(general).chain(answers).collect()
    }

    /// The tree over [`leaves`](Self::leaves): its root stands in the record, its proofs show single
    /// answers.
    ///
    /// # Errors
    /// As [`to_vec`](Self::to_vec).
    pub fn tree(&self) -> Result<merkle::Tree, CanonicalError> {
        self.leaves().map(merkle::Tree::new)
    }
}
