//! The tree in memory: whole, or its right edge.

use demur_encoding::{Digest, merkle::EMPTY_ROOT};
use tlog_tiles::{
    Error, Hash, HashReader, node_hash, prove_record, prove_tree, record_hash, stored_hash_index,
    tree_hash,
};

use super::{TILE_HEIGHT, TILE_WIDTH, TileId, TileKind, digests, leaf_hash};

/// The whole tree in memory: about 64 bytes an entry.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// In `tlog_tiles`' storage order.
    nodes: Vec<Hash>,
    size: u64,
}

struct Nodes<'a>(&'a [Hash]);

impl HashReader for Nodes<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let node = |i: &u64| {
            usize::try_from(*i)
                .ok()
                .and_then(|i| self.0.get(i))
                .copied()
        };
        indexes
            .iter()
            .map(|i| node(i).ok_or_else(|| Error::InvalidInput(format!("no node {i}"))))
            .collect()
    }
}

/// A size that the tree doesn't have, or an entry that is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("entry or size {wanted} is not within the tree of {size} entries")]
pub struct OutOfRange {
    /// What was asked for.
    pub wanted: u64,
    /// The tree's size, or the size that was given.
    pub size: u64,
}

impl Tree {
    /// The tree over all `entries`.
    pub fn rebuild<T: AsRef<[u8]>>(entries: impl IntoIterator<Item = T>) -> Self {
        let mut tree = Self::default();
        for entry in entries {
            tree.push(entry.as_ref());
        }
        tree
    }

    /// Appends an entry and returns its leaf hash.
    pub fn push(&mut self, entry: &[u8]) -> Digest {
        let leaf = leaf_hash(entry);
        self.push_leaf(leaf);
        leaf
    }

    /// Appends an entry by its leaf hash.
    pub fn push_leaf(&mut self, leaf: Digest) {
        debug_assert_eq!(stored_hash_index(0, self.size), self.nodes.len() as u64);
        let mut hash = Hash(*leaf.as_bytes());
        self.nodes.push(hash);
        // Each trailing one of the size is a subtree that this leaf completes.
        for level in 0..u8::try_from(self.size.trailing_ones()).unwrap_or(u8::MAX) {
            let left = stored_hash_index(level, (self.size >> level) - 1);
            let left = usize::try_from(left).expect("an index of a node that is in memory");
            hash = node_hash(self.nodes[left], hash);
            self.nodes.push(hash);
        }
        self.size += 1;
    }

    /// The number of entries.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over all entries.
    #[must_use]
    pub fn root(&self) -> Digest {
        let root = tree_hash(self.size, &Nodes(&self.nodes)).expect("every node is held");
        Digest::new(root.0)
    }

    /// The root when the tree had `size` entries.
    ///
    /// # Errors
    /// When it never had.
    pub fn root_at(&self, size: u64) -> Result<Digest, OutOfRange> {
        if size > self.size {
            return Err(OutOfRange {
                wanted: size,
                size: self.size,
            });
        }
        let root = tree_hash(size, &Nodes(&self.nodes)).expect("every node is held");
        Ok(Digest::new(root.0))
    }

    /// The inclusion proof of entry `index` in the tree of `size` entries, from the leaf's sibling up.
    ///
    /// # Errors
    /// When the entry or the size is beyond the tree.
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Result<Vec<Digest>, OutOfRange> {
        self.root_at(size)?;
        let proof = prove_record(size, index, &Nodes(&self.nodes));
        let proof = proof.map_err(|_| OutOfRange {
            wanted: index,
            size,
        })?;
        Ok(digests(&proof))
    }

    /// The consistency proof from `old` entries to `new`; empty where `old` is 0.
    ///
    /// # Errors
    /// When `old` is above `new` or `new` beyond the tree.
    pub fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>, OutOfRange> {
        self.root_at(new)?;
        if old == 0 {
            return Ok(Vec::new());
        }
        let proof = prove_tree(new, old, &Nodes(&self.nodes));
        let proof = proof.map_err(|_| OutOfRange {
            wanted: old,
            size: new,
        })?;
        Ok(digests(&proof))
    }

    /// The content of a hash tile; `None` for a bundle, or where the tree has no such tile.
    #[must_use]
    pub fn tile(&self, tile: &TileId) -> Option<Vec<u8>> {
        let TileKind::Hashes(level) = tile.kind else {
            return None;
        };
        let level = level.checked_mul(TILE_HEIGHT).filter(|level| *level < 64)?;
        let first = tile.index.checked_mul(TILE_WIDTH)?;
        let end = first.checked_add(u64::from(tile.width))?;
        if end > self.size >> level {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::from(tile.width) * 32);
        for n in first..end {
            let index = usize::try_from(stored_hash_index(level, n)).ok()?;
            bytes.extend(self.nodes.get(index)?.0);
        }
        Some(bytes)
    }
}

/// The right edge of the tree: enough to append and to know the root, some 50 hashes at most.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frontier {
    /// Roots of the complete subtrees, the largest first.
    peaks: Vec<Hash>,
    size: u64,
}

impl Frontier {
    /// Appends an entry.
    pub fn push(&mut self, entry: &[u8]) {
        let mut hash = record_hash(entry);
        for _ in 0..self.size.trailing_ones() {
            let left = self.peaks.pop().expect("a peak for each one of the size");
            hash = node_hash(left, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The number of entries.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else {
            return EMPTY_ROOT;
        };
        Digest::new(peaks.fold(*last, |right, left| node_hash(*left, right)).0)
    }
}
