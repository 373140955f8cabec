//! What a stranger can check: bundles, copies, verdicts.
//!
//! In scope: the `.demur` file that proves a memo to a stranger ([`bundle`]), the comparison of a
//! copy with the registered versions ([`copy`]), of quoted passages ([`quote`]), of a copy with published fingerprints
//! ([`fingerprint`]), and all in words that anyone understands ([`verdict`]). Out of scope: reading PDF and DOCX, sealed
//! files (`demur-seal`), the whole record (`demur-record`'s audit).
//!
//! Everything here is pure: no I/O, no clock, no randomness of its own.

pub mod bundle;
pub mod copy;
pub mod fingerprint;
pub mod quote;
pub mod verdict;
