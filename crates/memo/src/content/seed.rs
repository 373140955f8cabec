//! The binary tree of seeds that salts come from (Goldreich, Goldwasser and Micali, 1986).

use std::fmt;

use demur_encoding::hash;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A node of the seed tree: 32 bytes from which everything below it follows, and nothing above
/// or beside it.
///
/// The root must be 32 fresh random bytes. Erased when dropped; `Debug` does not show it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    /// Wraps 32 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `H("demur/seed", seed, 0x00)`.
    pub(super) fn left(&self) -> Self {
        Self(*hash("demur/seed", &[&self.0, &[0]]).as_bytes())
    }

    /// `H("demur/seed", seed, 0x01)`.
    pub(super) fn right(&self) -> Self {
        Self(*hash("demur/seed", &[&self.0, &[1]]).as_bytes())
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(…)")
    }
}
