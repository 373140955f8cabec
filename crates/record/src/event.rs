//! What members and authors do, before it is an entry: docs/protocol.md, sections 4 and 6.

use demur_encoding::{
    Bytes, CanonicalError, Digest, Time, canonical, hash, json_fields, json_tagged,
};
use demur_memo::version::{OpeningBody, VersionBody, VersionError};
use serde::{Deserialize, Serialize};

use crate::entry::CheckpointRef;

/// Something that stands in a slot of an opaque batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A memo begins.
    Opening(Opening),
    /// A memo's text was registered.
    Version(Version),
    /// A member signed, withdrew or endorsed.
    SignOn(SignOn),
    /// The server gave a sealed file to an official.
    Access(Access),
}

json_tagged!(Event by "type");

impl Event {
    /// Its slot: `H("demur/opaque", salt, canonical event)`.
    ///
    /// # Errors
    /// When the event has no canonical form.
    pub fn slot(&self, salt: Digest) -> Result<Digest, CanonicalError> {
        Ok(hash(
            "demur/opaque",
            &[salt.as_ref(), &canonical::to_vec(self)?],
        ))
    }

    /// The memo that it belongs to.
    ///
    /// # Errors
    /// When an opening's body has no canonical form.
    pub fn memo(&self) -> Result<Digest, VersionError> {
        match self {
            Self::Opening(e) => e.body.id(),
            Self::Version(e) => Ok(e.body.memo),
            Self::SignOn(e) => Ok(e.memo),
            Self::Access(e) => Ok(e.memo),
        }
    }
}

/// The mark of a memo's version: `H("demur/mark", memo, number as 4 bytes)`. Before filing it stands in the slot just
/// before the version's own, so that whoever knows the memo sees in the record that there is a version of that
/// number, and that there is one alone. To everybody else it is as random as any slot.
#[must_use]
pub fn mark(memo: Digest, number: u32) -> Digest {
    hash("demur/mark", &[memo.as_ref(), &number.to_be_bytes()])
}

/// A memo's opening: who may act as its authors, and the edition that it is pinned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// 1.
    pub v: u32,
    /// Its hash is the memo's identifier.
    pub body: OpeningBody,
    /// The circuit of the proof.
    pub circuit: Digest,
    /// Makes one member's openings countable within a month.
    pub nullifier: Digest,
    /// Void when recorded later.
    pub expires: Time,
    /// That a member of the edition opens this memo.
    pub proof: Bytes,
}

json_fields!(Opening only { v, body, circuit, nullifier, expires, proof });

/// A version, signed by one of the memo's authors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// 1.
    pub v: u32,
    /// What is registered.
    pub body: VersionBody,
    /// The author's Ed25519 key.
    pub author: Digest,
    /// Over the version's hash.
    pub signature: Bytes,
}

json_fields!(Version only { v, body, author, signature });

/// What a sign-on does: `sign` (I dissent with you), `withdraw` (I take back what I did on this
/// version) or `endorse` (I transmit with approval, without signing).
pub use demur_signon::act::Action;

/// One member's act on one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignOn {
    /// 1.
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// The version's number.
    pub version: u32,
    /// The version's content root.
    pub content_root: Digest,
    /// What is done.
    pub action: Action,
    /// 1 for the member's first act on this memo, then one more each time.
    pub seq: u64,
    /// Makes one member count once.
    pub nullifier: Digest,
    /// The circuit of the proofs.
    pub circuit: Digest,
    /// The cohort that is shown, fixed by the member's first act on the memo.
    pub cohort: Option<String>,
    /// SHA-256 of the note sealed to the office.
    pub note: Digest,
    /// The newest checkpoint that the member's device accepted.
    pub checkpoint: CheckpointRef,
    /// Void when recorded later.
    pub expires: Time,
    /// For cohort `all`, then for `cohort` where there is one.
    pub proofs: Vec<Bytes>,
}

json_fields!(SignOn only { v, memo, version, content_root, action, seq, nullifier, circuit, cohort, note, checkpoint, expires, proofs });

/// The server gave a sealed file to an official.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// 1.
    pub v: u32,
    /// The memo.
    pub memo: Digest,
    /// The account.
    pub account: String,
    /// `steward` or a distribution identifier.
    pub role: String,
    /// SHA-256 of the file that was given.
    pub file: Digest,
    /// The server's clock.
    pub time: Time,
}

json_fields!(Access only { v, memo, account, role, file, time });

#[cfg(test)]
mod tests {
    use super::*;

    /// The events that `interop/python/signon.py` reads are events.
    #[test]
    fn the_vectors_are_events() {
        let vectors = include_str!("../../signon/tests/vectors.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        for (name, cohort) in [("event", None), ("event-cohort", Some("field"))] {
            let bytes = canonical::to_vec(&vectors[name]["event"]).unwrap();
            let Event::SignOn(event) = canonical::from_slice(&bytes).unwrap() else {
                panic!("{name} is no sign-on");
            };
            assert_eq!(event.cohort.as_deref(), cohort);
            assert_eq!(event.proofs.len(), 1 + usize::from(cohort.is_some()));
        }
    }
}
