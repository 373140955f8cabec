//! An author's approval of an act that authors agree on: filing, withdrawal, rejoinder, release.
//!
//! What is signed is the act's own business: docs/protocol.md, section 3 (`demur_record::entry::ApprovalBody`).

use demur_encoding::{Bytes, Digest, json_fields};
use serde::Serialize;

/// One author's signature on an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The author's Ed25519 public key.
    pub author: Digest,
    /// 64 bytes.
    pub signature: Bytes,
}

json_fields!(Approval only { author, signature });
