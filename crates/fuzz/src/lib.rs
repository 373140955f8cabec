//! What each fuzz target does with its input, and the seeds that it starts from.
//!
//! In scope: every parser that reads bytes from strangers, and what is done with that which parses. A target
//! panics where a promise of the code is broken: what is read is written again byte for byte, what was signed
//! is what is read, what is disclosed is what was hashed, a refusal leaves the state unchanged. Out of scope: HTTP
//! (`cargo xtask hostile`), files.
//!
//! The library is free of libFuzzer, so that the tests run every target on stable: `fuzz/` at the repository's
//! root holds the binaries for cargo-fuzz.

mod channel;
pub mod mutate;
mod targets;

pub use targets::{
    archive::archive,
    check::{bundle, copy, quotes},
    copies::{docx, html, mail, pdf},
    device::{key_store, line, request},
    memo::{disclosure, marking, memo, merge, sealed_envelope},
    office::{profile, response},
    paper::paper,
    record::{checkpoint, cosignature, entry, policy, promise, receipt, tile, witness},
    replay::replay,
    roster::{certificate, claim, csv, edition, proof},
};

/// A fuzz target.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, that of the binary under `fuzz/fuzz_targets/` too.
    pub name: &'static str,
    /// Takes any bytes; panics if a promise is broken. Says whether they were read as something, so that tests see that
    /// the seeds reach what lies behind the parser.
    pub run: fn(&[u8]) -> bool,
    /// Small valid inputs, made by the code under test.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Whether one input costs milliseconds: it gets fewer in the tests.
    pub slow: bool,
}

macro_rules! target {
    ($name:ident, $seeds:path, $slow:literal) => {
        Target {
            name: stringify!($name),
            run: $name,
            seeds: $seeds,
            slow: $slow,
        }
    };
}

/// Every target.
pub const TARGETS: [Target; 33] = [
    target!(memo, targets::memo::seeds::memo, false),
    target!(merge, targets::memo::seeds::merge, false),
    target!(marking, targets::memo::seeds::marking, false),
    target!(
        sealed_envelope,
        targets::memo::seeds::sealed_envelope,
        false
    ),
    target!(disclosure, targets::memo::seeds::disclosure, false),
    target!(entry, targets::record::seeds::entry, false),
    target!(tile, targets::record::seeds::tile, false),
    target!(checkpoint, targets::record::seeds::checkpoint, false),
    target!(cosignature, targets::record::seeds::cosignature, false),
    target!(policy, targets::record::seeds::policy, false),
    target!(promise, targets::record::seeds::promise, false),
    target!(receipt, targets::record::seeds::receipt, false),
    target!(witness, targets::record::seeds::witness, false),
    target!(replay, targets::replay::seeds::replay, true),
    target!(proof, targets::roster::seeds::proof, true),
    target!(edition, targets::roster::seeds::edition, false),
    target!(certificate, targets::roster::seeds::certificates, false),
    target!(claim, targets::roster::seeds::claim, false),
    target!(csv, targets::roster::seeds::csv, false),
    target!(profile, targets::office::seeds::profile, false),
    target!(response, targets::office::seeds::response, false),
    target!(bundle, targets::check::seeds::bundle, true),
    target!(copy, targets::check::seeds::copy, false),
    target!(quotes, targets::check::seeds::quotes, false),
    target!(archive, targets::archive::seeds::archive, false),
    target!(docx, targets::copies::seeds::docx, false),
    target!(html, targets::copies::seeds::html, false),
    target!(mail, targets::copies::seeds::mail, false),
    target!(pdf, targets::copies::seeds::pdf, true),
    target!(paper, targets::paper::seeds::paper, true),
    target!(key_store, targets::device::seeds::key_store, false),
    target!(line, targets::device::seeds::line, false),
    target!(request, targets::device::seeds::request, false),
];

/// The target of that name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

/// The same JSON in canonical form, so that mutations get past the rule of one spelling.
fn canonicalised(data: &[u8]) -> Option<Vec<u8>> {
    let value: serde_json::Value = serde_json::from_slice(data).ok()?;
    demur_encoding::canonical::to_vec(&value).ok()
}

/// The input and, where it is JSON of another spelling, the same in canonical form.
fn spellings(data: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let canonical = canonicalised(data).filter(|canonical| canonical != data);
    std::iter::once(data.to_vec()).chain(canonical)
}
