//! What a stranger can check: bundles, copies, verdicts.
//!
//! In scope: the comparison of a copy with the registered versions ([`copy`]). Out of scope:
//! reading PDF and DOCX, sealed files (`demur-seal`), the whole record (`demur-record`'s audit).
//!
//! Everything here is pure: no I/O, no clock, no randomness of its own.

pub mod bundle;
pub mod copy;
