//! The Merkle tree of [RFC 6962, section 2.1][rfc] over a list held in memory.
//!
//! Used where a small list is committed to by one root: certificates, the state map, an
//! answer's points. The record's own tree has the same hashes and is kept in tiles by
//! `demur-record`. The work is done by `tlog_tiles`, which is what the record uses too.
//!
//! [rfc]: https://www.rfc-editor.org/rfc/rfc6962#section-2.1

use tlog_tiles::{
    Error, Hash, HashReader, check_record, prove_record, record_hash, stored_hash_index,
    stored_hashes_for_record_hash, tree_hash,
};

use crate::Digest;

/// The hash of the empty list: SHA-256 of nothing.
pub const EMPTY_ROOT: Digest = Digest::new([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// A Merkle tree with all its nodes.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: Vec<Hash>,
    size: u64,
}

struct Nodes<'a>(&'a [Hash]);

impl HashReader for Nodes<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        indexes
            .iter()
            .map(|i| {
                let hash = usize::try_from(*i).ok().and_then(|i| self.0.get(i));
                hash.copied()
                    .ok_or_else(|| Error::InvalidInput(format!("no node {i}")))
            })
            .collect()
    }
}

impl Tree {
    /// The tree over `leaves`, each hashed as `SHA-256(0x00 | leaf)`.
    pub fn new<T: AsRef<[u8]>>(leaves: impl IntoIterator<Item = T>) -> Self {
        let mut tree = Self::default();
        for leaf in leaves {
            tree.push(record_hash(leaf.as_ref()));
        }
        tree
    }

    /// The tree over leaves whose hashes, `SHA-256(0x00 | leaf)`, are known.
    pub fn of_hashes(hashes: impl IntoIterator<Item = Digest>) -> Self {
        let mut tree = Self::default();
        for hash in hashes {
            tree.push(Hash(*hash.as_bytes()));
        }
        tree
    }

    fn push(&mut self, leaf: Hash) {
        debug_assert_eq!(stored_hash_index(0, self.size), self.nodes.len() as u64);
        let new = stored_hashes_for_record_hash(self.size, leaf, &Nodes(&self.nodes))
            .expect("every node of the smaller tree is held");
        self.nodes.extend(new);
        self.size += 1;
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root; [`EMPTY_ROOT`] for no leaves.
    #[must_use]
    pub fn root(&self) -> Digest {
        if self.size == 0 {
            return EMPTY_ROOT;
        }
        let hash = tree_hash(self.size, &Nodes(&self.nodes)).expect("every node is held");
        Digest::new(hash.0)
    }

    /// The inclusion proof of leaf `index`, from the leaf's sibling up; `None` beyond the end.
    #[must_use]
    pub fn prove(&self, index: u64) -> Option<Vec<Digest>> {
        if index >= self.size {
            return None;
        }
        let proof =
            prove_record(self.size, index, &Nodes(&self.nodes)).expect("every node is held");
        Some(proof.iter().map(|hash| Digest::new(hash.0)).collect())
    }
}

/// Whether `leaf` stands at `index` in the tree of `size` leaves with that `root`.
#[must_use]
pub fn verify(root: Digest, size: u64, index: u64, leaf: &[u8], proof: &[Digest]) -> bool {
    if index >= size {
        return false;
    }
    let proof = proof
        .iter()
        .map(|digest| Hash(*digest.as_bytes()))
        .collect();
    check_record(
        &proof,
        size,
        Hash(*root.as_bytes()),
        index,
        record_hash(leaf),
    )
    .is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sha256;

    #[test]
    fn the_hashes_are_those_of_the_rfc() {
        assert_eq!(Tree::default().root(), sha256(b""));
        let leaf = |b: &[u8]| sha256(&[&[0], b].concat());
        let node = |a: Digest, b: Digest| sha256(&[&[1], a.as_ref(), b.as_ref()].concat());
        assert_eq!(Tree::new([b"a"]).root(), leaf(b"a"));
        let three = node(node(leaf(b"a"), leaf(b"b")), leaf(b"c"));
        assert_eq!(Tree::new([b"a", b"b", b"c"]).root(), three);
    }

    proptest! {
        #[test]
        fn each_leaf_proves_its_place_and_no_other(leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 1..40)) {
            let tree = Tree::new(&leaves);
            for (i, leaf) in leaves.iter().enumerate() {
                let i = i as u64;
                let proof = tree.prove(i).unwrap();
                prop_assert!(verify(tree.root(), tree.size(), i, leaf, &proof));
                let mut other = leaf.clone();
                other.push(9);
                prop_assert!(!verify(tree.root(), tree.size(), i, &other, &proof));
                for (j, there) in leaves.iter().enumerate() {
                    if there != leaf {
                        prop_assert!(!verify(tree.root(), tree.size(), j as u64, leaf, &proof));
                    }
                }
            }
            prop_assert_eq!(tree.prove(tree.size()), None);
        }
    }
}
