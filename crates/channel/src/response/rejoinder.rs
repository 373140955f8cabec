//! What the authors reply to a response.

use demur_encoding::{Digest, hash};
use serde::{Deserialize, Serialize};

/// The longest rejoinder, in bytes.
pub const REJOINDER_BYTES_MAX: usize = 1 << 18;

/// The authors' reply to a response: plain text, not empty, at most [`REJOINDER_BYTES_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawRejoinder")]
pub struct Rejoinder {
    memo: Digest,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRejoinder {
    memo: Digest,
    text: String,
}

impl TryFrom<RawRejoinder> for Rejoinder {
    type Error = RejoinderError;

    fn try_from(raw: RawRejoinder) -> Result<Self, RejoinderError> {
        Self::new(raw.memo, &raw.text)
    }
}

/// Why a text is not a rejoinder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RejoinderError {
    /// No text.
    #[error("the rejoinder is empty; write what you reply to the response")]
    Empty,
    /// Over [`REJOINDER_BYTES_MAX`].
    #[error("the rejoinder has {0} bytes; at most {REJOINDER_BYTES_MAX} are taken")]
    TooLong(usize),
}

impl Rejoinder {
    /// A rejoinder to the response to `memo`.
    ///
    /// # Errors
    /// When the text is empty or too long.
    pub fn new(memo: Digest, text: &str) -> Result<Self, RejoinderError> {
        if text.trim().is_empty() {
            return Err(RejoinderError::Empty);
        }
        if text.len() > REJOINDER_BYTES_MAX {
            return Err(RejoinderError::TooLong(text.len()));
        }
        let text = text.to_owned();
        Ok(Self { memo, text })
    }

    /// The memo.
    #[must_use]
    pub const fn memo(&self) -> Digest {
        self.memo
    }

    /// The reply.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `H("demur/rejoinder-text", memo, text)`.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let parts = [self.memo.as_ref(), self.text.as_bytes()];
        hash("demur/rejoinder-text", &parts)
    }
}
