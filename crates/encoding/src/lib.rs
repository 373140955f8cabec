//! Encodings that every protocol crate shares.
//!
//! In scope: domain-separated hashing, canonical JSON ([RFC 8785]), JSON read and written by way of one tree, 32-byte digests as
//! hexadecimal, byte strings as base64, times as [RFC 3339], TOML read field by field, and the binary
//! Merkle tree of [RFC 6962] over small lists held in memory. Out of scope: the public record's tiles
//! (`demur-record`), the Poseidon trees of rosters (`demur-signon`), any I/O.
//!
//! [RFC 8785]: https://www.rfc-editor.org/rfc/rfc8785
//! [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339
//! [RFC 6962]: https://www.rfc-editor.org/rfc/rfc6962#section-2.1

mod bytes;
pub mod canonical;
mod digest;
mod hash;
pub mod json;
pub mod merkle;
pub mod table;
mod time;

pub use bytes::Bytes;
pub use canonical::CanonicalError;
pub use digest::{Digest, ParseDigestError};
pub use hash::{hash, hash_wide, sha256};
pub use time::{ParseTimeError, Time};
