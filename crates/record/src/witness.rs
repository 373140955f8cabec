//! A witness: it cosigns a log's checkpoint only if the log did not take back what it published.
//!
//! The logic of `add-checkpoint` of [C2SP tlog-witness](https://c2sp.org/tlog-witness); the shell
//! serves it over HTTP and keeps the state. **The shell must store the state before it answers**
//! with a cosignature, and must not run two requests at once ([`Witness::add_checkpoint`] takes
//! `&mut self`).

use std::collections::BTreeMap;

use demur_encoding::{Digest, Time, merkle::EMPTY_ROOT};
use tlog_tiles::Hash;

use crate::{
    checkpoint::{
        Checkpoint, CheckpointError, MAX_CHECKPOINT_BYTES, OpenNote, cosign, parse_decimal,
    },
    entry::CheckpointRef,
    keys::{KeyKind, VerifierKey, WitnessSigner},
    tiles::{MAX_PROOF_HASHES, verify_consistency},
};

/// The largest request body that is read, in bytes.
pub const MAX_REQUEST_BYTES: usize = MAX_CHECKPOINT_BYTES + 4096;

/// A witness, the logs that it knows, and the newest checkpoint of each that it cosigned.
#[derive(Debug)]
pub struct Witness {
    signer: WitnessSigner,
    logs: Vec<VerifierKey>,
    latest: BTreeMap<String, CheckpointRef>,
}

/// A key in the list of logs is a witness's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not the key of a log: those have type 0x01")]
pub struct NotALogKey(pub Box<VerifierKey>);

/// The answer to `add-checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WitnessReply {
    /// 200: the cosignature line. The state changed and must be stored first.
    Cosigned(Vec<u8>),
    /// 409: the size of the newest checkpoint that was cosigned.
    Conflict(u64),
    /// 400.
    Malformed(&'static str),
    /// 403: no signature by a key known for the log.
    Forbidden,
    /// 404: the log is unknown.
    UnknownLog,
    /// 422: the consistency proof doesn't verify.
    Inconsistent,
}

impl WitnessReply {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Cosigned(_) => 200,
            Self::Malformed(_) => 400,
            Self::Forbidden => 403,
            Self::UnknownLog => 404,
            Self::Conflict(_) => 409,
            Self::Inconsistent => 422,
        }
    }

    /// The `Content-Type`.
    #[must_use]
    pub const fn content_type(&self) -> &'static str {
        match self {
            Self::Conflict(_) => "text/x.tlog.size",
            _ => "text/plain; charset=utf-8",
        }
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        match self {
            Self::Cosigned(line) => line.clone(),
            Self::Conflict(size) => format!("{size}\n").into_bytes(),
            Self::Malformed(why) => format!("malformed request: {why}\n").into_bytes(),
            Self::Forbidden => b"no signature by a known key of this log\n".to_vec(),
            Self::UnknownLog => b"this witness does not know the log\n".to_vec(),
            Self::Inconsistent => b"the consistency proof does not verify\n".to_vec(),
        }
    }
}

/// The body of a request.
struct Request<'a> {
    old: u64,
    proof: Vec<Digest>,
    note: &'a [u8],
}

impl Witness {
    /// A witness of `logs` that had cosigned `latest`, by origin.
    ///
    /// # Errors
    /// When a key is not a log's.
    pub fn new(
        signer: WitnessSigner,
        logs: Vec<VerifierKey>,
        latest: BTreeMap<String, CheckpointRef>,
    ) -> Result<Self, NotALogKey> {
        match logs.iter().find(|key| key.kind() != KeyKind::Log) {
            Some(key) => Err(NotALogKey(Box::new(key.clone()))),
            None => Ok(Self {
                signer,
                logs,
                latest,
            }),
        }
    }

    /// The witness's key.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        self.signer.verifier()
    }

    /// The newest checkpoint that was cosigned of each log, by origin: the state to store.
    #[must_use]
    pub const fn latest(&self) -> &BTreeMap<String, CheckpointRef> {
        &self.latest
    }

    /// Answers one request, with the witness's clock at `now`.
    pub fn add_checkpoint(&mut self, body: &[u8], now: Time) -> WitnessReply {
        match self.judge(body, now) {
            Ok(reply) | Err(reply) => reply,
        }
    }

    fn judge(&mut self, body: &[u8], now: Time) -> Result<WitnessReply, WitnessReply> {
        let request = Request::parse(body).map_err(WitnessReply::Malformed)?;
        let malformed = |_| WitnessReply::Malformed("not a checkpoint");
        let text = note_text(request.note).ok_or(WitnessReply::Malformed("not a signed note"))?;
        let checkpoint = Checkpoint::from_text(text).map_err(malformed)?;
        let keys: Vec<_> = self
            .logs
            .iter()
            .filter(|key| key.name() == checkpoint.origin)
            .cloned()
            .collect();
        if keys.is_empty() {
            return Err(WitnessReply::UnknownLog);
        }
        let opened = OpenNote::open(request.note, &keys).map_err(|error| match error {
            CheckpointError::Unsigned(_) | CheckpointError::Signature(_) => WitnessReply::Forbidden,
            _ => WitnessReply::Malformed("not a signed note"),
        })?;
        // What was signed is what was read.
        if opened.text != text {
            return Err(WitnessReply::Malformed("not a signed note"));
        }
        let new = checkpoint.reference();
        if request.old > new.size {
            return Err(WitnessReply::Malformed(
                "the old size is above the checkpoint's",
            ));
        }
        let known = self.latest.get(&checkpoint.origin).copied();
        let known = known.unwrap_or(CheckpointRef {
            size: 0,
            hash: EMPTY_ROOT,
        });
        if request.old != known.size {
            return Err(WitnessReply::Conflict(known.size));
        }
        if new.size == known.size && new.hash != known.hash {
            return Err(WitnessReply::Conflict(known.size));
        }
        if !verify_consistency(known, new, &request.proof) {
            return Err(WitnessReply::Inconsistent);
        }
        let line = cosign(request.note, self.signer.at(now));
        let line = line.map_err(|_| WitnessReply::Malformed("not a signed note"))?;
        self.latest.insert(checkpoint.origin, new);
        Ok(WitnessReply::Cosigned(line))
    }
}

/// The body of an `add-checkpoint` request, for a log that asks.
#[must_use]
pub fn request(old: u64, proof: &[Digest], note: &[u8]) -> Vec<u8> {
    let mut body = format!("old {old}\n");
    for digest in proof {
        body += &format!("{}\n", Hash(*digest.as_bytes()));
    }
    body.push('\n');
    [body.as_bytes(), note].concat()
}

impl<'a> Request<'a> {
    fn parse(body: &'a [u8]) -> Result<Self, &'static str> {
        if body.len() > MAX_REQUEST_BYTES {
            return Err("too long");
        }
        let mut rest = body;
        let mut line = || -> Result<&'a str, &'static str> {
            let end = rest
                .iter()
                .position(|b| *b == b'\n')
                .ok_or("a line does not end")?;
            let line = rest.get(..end).unwrap_or_default();
            rest = rest.get(end + 1..).unwrap_or_default();
            std::str::from_utf8(line).map_err(|_| "not UTF-8")
        };
        let old = line()?.strip_prefix("old ").and_then(parse_decimal);
        let old = old.ok_or("expected: old <size>")?;
        let mut proof = Vec::new();
        loop {
            match line()? {
                "" => break,
                _ if proof.len() == MAX_PROOF_HASHES => return Err("too many proof lines"),
                hash => {
                    let hash = Hash::parse_hash(hash).map_err(|_| "a proof line is not a hash")?;
                    proof.push(Digest::new(hash.0));
                }
            }
        }
        Ok(Self {
            old,
            proof,
            note: rest,
        })
    }
}

/// The text of a signed note, as the last empty line ends it.
fn note_text(note: &[u8]) -> Option<&str> {
    let note = std::str::from_utf8(note).ok()?;
    let end = note.rfind("\n\n")?;
    note.get(..=end)
}

#[cfg(test)]
#[path = "witness_tests.rs"]
mod tests;
