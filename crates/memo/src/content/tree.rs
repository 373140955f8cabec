//! The hashes of the content tree.

use std::ops::Range;

use demur_encoding::{Digest, hash, merkle};
use sha2::{Digest as _, Sha256};

use super::{Counts, Part, Seed};

/// `SHA-256(0x00 | salt | bytes)`.
pub(super) fn leaf(salt: &Seed, bytes: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(salt.as_bytes());
    hasher.update(bytes);
    Digest::new(hasher.finalize().into())
}

/// `SHA-256(0x01 | left | right)`.
pub(super) fn node(left: Digest, right: Digest) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    Digest::new(hasher.finalize().into())
}

/// Where a subtree over `range`, of at least two leaves, is split: the left half has the
/// largest power of two smaller than its size, as in RFC 6962.
pub(super) fn middle(range: &Range<usize>) -> usize {
    let size = range.len();
    debug_assert!(size > 1);
    range.start + (1 << (size - 1).ilog2())
}

/// The root of the words in `range`, all of whose salts come from `seed`.
pub(super) fn words_root(words: &[String], range: Range<usize>, seed: &Seed) -> Digest {
    if range.len() == 1 {
        return leaf(seed, words[range.start].as_bytes());
    }
    let middle = middle(&range);
    node(
        words_root(words, range.start..middle, &seed.left()),
        words_root(words, middle..range.end, &seed.right()),
    )
}

/// A part's hash from what it commits to.
pub(super) fn part_hash(
    label: &str,
    words: usize,
    marking_leaf: Digest,
    words_root: Digest,
) -> Digest {
    let count = (words as u64).to_be_bytes();
    hash(
        "demur/part",
        &[
            label.as_bytes(),
            &count,
            marking_leaf.as_ref(),
            words_root.as_ref(),
        ],
    )
}

/// The content root from the parts' hashes.
pub(super) fn root_of(head: &[Digest], body: &[Digest], counts: Counts) -> Digest {
    let head_root = merkle::Tree::new(head).root();
    let body_root = merkle::Tree::new(body).root();
    let count = |n: usize| (n as u64).to_be_bytes();
    hash(
        "demur/content-root",
        &[
            head_root.as_ref(),
            &count(head.len()),
            body_root.as_ref(),
            &count(body.len()),
            &u64::from(counts.words).to_be_bytes(),
        ],
    )
}

/// The content root of parts whose salts come from `seed`.
pub(super) fn content_root(head: &[Part], body: &[Part], seed: &Seed, counts: Counts) -> Digest {
    let mut head_hashes = Vec::with_capacity(head.len());
    part_hashes(head, 0..head.len(), &seed.left(), &mut head_hashes);
    let mut body_hashes = Vec::with_capacity(body.len());
    part_hashes(body, 0..body.len(), &seed.right(), &mut body_hashes);
    root_of(&head_hashes, &body_hashes, counts)
}

fn part_hashes(parts: &[Part], range: Range<usize>, seed: &Seed, out: &mut Vec<Digest>) {
    if range.len() == 1 {
        let part = &parts[range.start];
        let marking = leaf(&seed.left(), part.marking.as_bytes());
        let words = words_root(&part.words, 0..part.words.len(), &seed.right());
        out.push(part_hash(&part.label, part.words.len(), marking, words));
        return;
    }
    let middle = middle(&range);
    part_hashes(parts, range.start..middle, &seed.left(), out);
    part_hashes(parts, middle..range.end, &seed.right(), out);
}
