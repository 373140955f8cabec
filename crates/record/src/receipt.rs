//! Receipts: an offline proof that an entry is in the record.
//!
//! Format: [C2SP tlog-proof](https://c2sp.org/tlog-proof).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use demur_encoding::{Bytes, Digest};
use tlog_tiles::Hash;

use crate::{
    checkpoint::{MAX_CHECKPOINT_BYTES, parse_decimal},
    policy::{Accepted, Policy, Refusal},
    tiles::{MAX_PROOF_HASHES, leaf_hash, verify_inclusion},
};

/// The longest receipt that is read, in bytes.
pub const MAX_RECEIPT_BYTES: usize = MAX_CHECKPOINT_BYTES + 16 * 1024;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// That an entry stands at an index of the record, under a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Data beside the proof, which nothing vouches for. Demur writes none.
    pub extra: Option<Bytes>,
    /// The entry's index.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling up.
    pub proof: Vec<Digest>,
    /// The checkpoint: a signed note.
    pub checkpoint: String,
}

/// Why bytes are not a receipt, or a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Longer than [`MAX_RECEIPT_BYTES`].
    #[error("a receipt of {0} bytes; at most {MAX_RECEIPT_BYTES} are read")]
    TooLong(usize),
    /// Malformed.
    #[error("line {line} of the receipt: {problem}")]
    Line {
        /// From 1.
        line: usize,
        /// What was expected.
        problem: &'static str,
    },
    /// The checkpoint is not accepted.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The proof doesn't lead from the entry to the checkpoint's root.
    #[error("the entry is not at index {index} of the tree of {size} entries")]
    NotIncluded {
        /// Where it should stand.
        index: u64,
        /// The checkpoint's size.
        size: u64,
    },
}

impl Receipt {
    /// Reads a receipt.
    ///
    /// # Errors
    /// When it is malformed. Nothing is verified yet: see [`Self::verify`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReceiptError> {
        if bytes.len() > MAX_RECEIPT_BYTES {
            return Err(ReceiptError::TooLong(bytes.len()));
        }
        let fail = |line, problem| ReceiptError::Line { line, problem };
        let text = std::str::from_utf8(bytes).map_err(|_| fail(1, "not UTF-8 text"))?;
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or_else(|| fail(1, "expected an empty line before the checkpoint"))?;
        let mut lines = head
            .split('\n')
            .enumerate()
            .map(|(i, line)| (i + 1, line))
            .peekable();
        if lines.next() != Some((1, HEADER)) {
            return Err(fail(1, "expected c2sp.org/tlog-proof@v1"));
        }
        let mut extra = None;
        if let Some((line, data)) = lines
            .peek()
            .and_then(|(n, line)| Some((*n, line.strip_prefix("extra ")?)))
        {
            let data = STANDARD
                .decode(data)
                .map_err(|_| fail(line, "expected base64"))?;
            extra = Some(Bytes(data));
            lines.next();
        }
        let (line, index) = lines.next().unwrap_or((2, ""));
        let index = index
            .strip_prefix("index ")
            .and_then(parse_decimal)
            .ok_or_else(|| fail(line, "expected: index <number>"))?;
        let mut proof = Vec::new();
        for (line, hash) in lines {
            if proof.len() == MAX_PROOF_HASHES {
                return Err(fail(line, "too many hashes"));
            }
            let hash =
                Hash::parse_hash(hash).map_err(|_| fail(line, "expected a hash in base64"))?;
            proof.push(Digest::new(hash.0));
        }
        Ok(Self {
            extra,
            index,
            proof,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Checks that the policy accepts the checkpoint and that `entry`, by its bytes, stands at the
    /// index under it.
    ///
    /// # Errors
    /// The reason why not.
    pub fn verify(&self, policy: &Policy, entry: &[u8]) -> Result<Accepted, ReceiptError> {
        let accepted = policy.evaluate(self.checkpoint.as_bytes())?;
        let reference = accepted.checkpoint.reference();
        if verify_inclusion(reference, self.index, leaf_hash(entry), &self.proof) {
            Ok(accepted)
        } else {
            Err(ReceiptError::NotIncluded {
                index: self.index,
                size: reference.size,
            })
        }
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {extra}")?;
        }
        writeln!(f, "index {}", self.index)?;
        for digest in &self.proof {
            writeln!(f, "{}", Hash(*digest.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::{checkpoint::Checkpoint, keys::LogSigner, tiles::Tree};

    fn made() -> (Receipt, Policy) {
        let tree = Tree::rebuild((0..9u8).map(|n| [n]));
        let log = LogSigner::new("rivers.example", SigningKey::from_bytes(&[1; 32])).unwrap();
        let note = Checkpoint::new("rivers.example", 9, tree.root())
            .sign(&log)
            .unwrap();
        let receipt = Receipt {
            extra: None,
            index: 4,
            proof: tree.prove_inclusion(4, 9).unwrap(),
            checkpoint: String::from_utf8(note).unwrap(),
        };
        let policy = format!("log {}\nquorum none\n", log.verifier());
        (receipt, policy.parse().unwrap())
    }

    #[test]
    fn a_receipt_reads_what_it_writes_and_proves_its_entry_alone() {
        let (mut receipt, policy) = made();
        assert_eq!(
            Receipt::parse(receipt.to_string().as_bytes()),
            Ok(receipt.clone())
        );
        assert_eq!(receipt.verify(&policy, &[4]).unwrap().checkpoint.size, 9);
        assert!(matches!(
            receipt.verify(&policy, &[5]),
            Err(ReceiptError::NotIncluded { .. })
        ));
        receipt.extra = Some(Bytes(vec![1, 2]));
        assert_eq!(Receipt::parse(receipt.to_string().as_bytes()), Ok(receipt));
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let (receipt, policy) = made();
        let bytes = receipt.to_string().into_bytes();
        for i in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[i / 8] ^= 1 << (i % 8);
            let verdict = Receipt::parse(&bad).and_then(|receipt| receipt.verify(&policy, &[4]));
            assert!(verdict.is_err(), "bit {i}");
        }
    }

    #[test]
    fn a_receipt_may_have_just_so_many_bytes() {
        let parse = |bytes: usize| Receipt::parse(&vec![b'a'; bytes]).unwrap_err();
        assert!(matches!(
            parse(MAX_RECEIPT_BYTES),
            ReceiptError::Line { line: 1, .. }
        ));
        for bytes in [MAX_RECEIPT_BYTES + 1, MAX_RECEIPT_BYTES + 2] {
            assert_eq!(parse(bytes), ReceiptError::TooLong(bytes));
        }
    }

    #[test]
    fn errors_name_the_line() {
        let good = made().0.to_string();
        for (bad, line) in [
            (good.replace("index 4", "index 04"), 2),
            (good.replace("index 4\n", ""), 2),
            (good.replace("index 4", "extra !\nindex 4"), 2),
            (good.replace("index 4", "index 4\nAAAA"), 3),
            (good.replace("tlog-proof@v1", "tlog-proof@v2"), 1),
            (
                good.replace(
                    "index 4",
                    &format!(
                        "index 4{}",
                        "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".repeat(64)
                    ),
                ),
                66,
            ),
        ] {
            assert!(
                matches!(Receipt::parse(bad.as_bytes()), Err(ReceiptError::Line { line: l, .. }) if l == line),
                "{bad}"
            );
        }
    }
}
