//! The roster's edition file, its cohorts and enrolment certificates.
//!
//! An edition file is, in this order, and with nothing after it:
//!
//! 1. the line `demur-edition/1`,
//! 2. one line of canonical JSON, the [`EditionHead`],
//! 3. for each cohort of the head, in its order, its leaves: 32 bytes each, the canonical form
//!    of an [`Element`], strictly ascending.
//!
//! Every cohort is a subset of cohort `all`. The file's digest is `H("demur/edition", file)`.

mod build;
mod certificate;
mod cohort;
mod edition;

pub use build::{BuildError, EditionDraft, Enrolled, cohorts_under_floor};
pub use certificate::{
    Certificate, CertificateBody, CertificateError, CertificateInclusion, CertificateKind,
    CertificateTree, CertificateVersion, CertificatesHead, MAX_CERTIFICATE_BYTES,
    MAX_CERTIFICATE_TEXT, is_plain, verify_certificate,
};
pub use cohort::{CohortHead, CohortName, ParseCohortError};
pub use edition::{
    Edition, EditionError, EditionHead, MAX_COHORTS, MAX_EDITION_BYTES, MAX_HEAD_BYTES,
    MAX_ORIGIN_BYTES,
};

#[allow(unused_imports, reason = "linked from the page above")]
use crate::Element;

#[cfg(test)]
mod tests;
