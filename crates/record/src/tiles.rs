//! The record's Merkle tree as tiles and entry bundles.
//!
//! Format: [C2SP tlog-tiles](https://c2sp.org/tlog-tiles), the tree of RFC 6962. In scope: paths,
//! bundles, the tree in memory, which tiles a size has, proofs from tiles that somebody else
//! serves. Hashing and proofs are `tlog_tiles`'.

mod remote;
mod tree;

use std::{collections::BTreeSet, fmt};

use demur_encoding::{Digest, merkle::EMPTY_ROOT};
use tlog_tiles::{Hash, TreeProof, check_record, check_tree, record_hash};

pub use self::{
    remote::{ReadError, RemoteTree, read_entries},
    tree::{Frontier, OutOfRange, Tree},
};
use crate::{
    checkpoint::{MAX_TREE_SIZE, parse_decimal},
    entry::{CheckpointRef, MAX_ENTRY_BYTES},
};

/// A tile's height in levels, as C2SP tlog-tiles has it.
pub const TILE_HEIGHT: u8 = 8;

/// The number of hashes or entries of a full tile.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// The most lines of an inclusion or consistency proof.
pub const MAX_PROOF_HASHES: usize = 63;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of the level, 0 for the entries' hashes.
    Hashes(u8),
    /// Entries.
    Entries,
}

/// A tile or entry bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// What it holds.
    pub kind: TileKind,
    /// Its number within the level.
    pub index: u64,
    /// How many hashes or entries it holds: 1 to [`TILE_WIDTH`].
    pub width: u16,
}

impl TileId {
    /// Whether it has its full width.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width as u64 == TILE_WIDTH
    }

    /// The path below the record, for example `tile/0/x001/234.p/5` or `tile/entries/000`.
    #[must_use]
    pub fn path(&self) -> String {
        self.to_string()
    }

    /// Reads a path.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("tile/")?;
        let (kind, rest) = rest.split_once('/')?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes(u8::try_from(parse_decimal(level)?).ok()?),
        };
        let (number, width) = match rest.split_once(".p/") {
            None => (rest, u16::try_from(TILE_WIDTH).ok()?),
            Some((number, width)) => (number, u16::try_from(parse_decimal(width)?).ok()?),
        };
        let mut index = 0u64;
        for part in number.split('/') {
            let digits = part.strip_prefix('x').unwrap_or(part);
            let part: u64 = digits.parse().ok().filter(|n| *n < 1000)?;
            index = index.checked_mul(1000)?.checked_add(part)?;
        }
        let tile = Self { kind, index, width };
        // One tile has one path: this also refuses a width of 256 or 0 and misplaced `x`.
        (tile.width > 0 && u64::from(tile.width) <= TILE_WIDTH && tile.path() == path)
            .then_some(tile)
    }
}

impl fmt::Display for TileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            number = format!("x{:03}/{number}", rest % 1000);
            rest /= 1000;
        }
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/{number}")?,
            TileKind::Entries => write!(f, "tile/entries/{number}")?,
        }
        if !self.is_full() {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

/// The hash tiles of a record of `size` entries, partial ones only at the right edge, one after the other: a
/// checkpoint may say any size, and who reads the files stops at the first that is missing.
pub fn hash_tiles(size: u64) -> impl Iterator<Item = TileId> {
    levels(size).flat_map(|(level, has)| tiles_between(TileKind::Hashes(level), 0, has))
}

/// The entry bundles of a record of `size` entries, in order, from the one that holds entry `from` on; one after
/// the other, as [`hash_tiles`].
pub fn bundles(from: u64, size: u64) -> impl Iterator<Item = TileId> {
    tiles_between(TileKind::Entries, from, size.min(MAX_TREE_SIZE))
}

/// Whether a record of `size` entries has this tile or bundle, in this width.
#[must_use]
pub fn has_tile(size: u64, tile: &TileId) -> bool {
    let level = match tile.kind {
        TileKind::Hashes(level) => level,
        TileKind::Entries => 0,
    };
    let has = levels(size).find_map(|(of, has)| (of == level).then_some(has));
    has.and_then(|has| has.checked_sub(tile.index.checked_mul(TILE_WIDTH)?))
        .is_some_and(|left| left > 0 && left.min(TILE_WIDTH) == u64::from(tile.width))
}

/// The tiles and bundles that a record of `new` entries has and one of `old` entries has not.
#[must_use]
pub fn changed_tiles(old: u64, new: u64) -> Vec<TileId> {
    let old = old.min(MAX_TREE_SIZE);
    let mut tiles = Vec::new();
    for (level, has) in levels(new) {
        let had = hashes_of(old, level);
        for tile in tiles_between(TileKind::Hashes(level), had, has) {
            tiles.push(tile);
            if level == 0 {
                let kind = TileKind::Entries;
                tiles.push(TileId { kind, ..tile });
            }
        }
    }
    tiles
}

/// The levels that have full hashes, each with their number.
fn levels(size: u64) -> impl Iterator<Item = (u8, u64)> {
    let size = size.min(MAX_TREE_SIZE);
    (0..)
        .map(move |level| (level, hashes_of(size, level)))
        .take_while(|(_, has)| *has > 0)
}

fn hashes_of(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT))
        .unwrap_or(0)
}

/// The tiles that hold the hashes or entries `had..has` of a level, as wide as they are with `has`.
fn tiles_between(kind: TileKind, had: u64, has: u64) -> impl Iterator<Item = TileId> {
    let end = if has > had {
        has.div_ceil(TILE_WIDTH)
    } else {
        0
    };
    (had / TILE_WIDTH..end).map(move |index| {
        let width = (has - index * TILE_WIDTH).min(TILE_WIDTH);
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        TileId { kind, index, width }
    })
}

/// The partial tiles and bundles of a record of `old` entries that one of `new` entries has not.
#[must_use]
pub fn superseded_tiles(old: u64, new: u64) -> Vec<TileId> {
    let kept: BTreeSet<_> = edge_tiles(new).into_iter().collect();
    edge_tiles(old)
        .into_iter()
        .filter(|tile| !kept.contains(tile))
        .collect()
}

/// The partial tiles at the right edge.
fn edge_tiles(size: u64) -> Vec<TileId> {
    let mut tiles = Vec::new();
    let size = size.min(MAX_TREE_SIZE);
    for level in 0..TILE_HEIGHT {
        let has = size
            .checked_shr(u32::from(level) * u32::from(TILE_HEIGHT))
            .unwrap_or(0);
        let width = u16::try_from(has % TILE_WIDTH).unwrap_or(0);
        let index = has / TILE_WIDTH;
        if width > 0 {
            tiles.push(TileId {
                kind: TileKind::Hashes(level),
                index,
                width,
            });
            if level == 0 {
                tiles.push(TileId {
                    kind: TileKind::Entries,
                    index,
                    width,
                });
            }
        }
    }
    tiles
}

/// Why entries can't be bundled, or bytes are not a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// An entry over [`MAX_ENTRY_BYTES`].
    #[error("entry {0} of the bundle has {1} bytes; at most {MAX_ENTRY_BYTES} are allowed")]
    TooLong(usize, usize),
    /// The bytes end within an entry.
    #[error("the bundle ends within its entry {0}")]
    Truncated(usize),
    /// Another number of entries than its width.
    #[error("the bundle holds {found} entries, expected {expected}")]
    Count {
        /// The width.
        expected: usize,
        /// What it holds; at least that many.
        found: usize,
    },
}

/// An entry bundle: each entry preceded by its length, 2 bytes big-endian.
///
/// # Errors
/// When an entry is too long.
pub fn encode_bundle<T: AsRef<[u8]>>(entries: &[T]) -> Result<Vec<u8>, BundleError> {
    let mut bytes = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        let entry = entry.as_ref();
        let length =
            u16::try_from(entry.len()).map_err(|_| BundleError::TooLong(i, entry.len()))?;
        bytes.extend(length.to_be_bytes());
        bytes.extend(entry);
    }
    Ok(bytes)
}

/// Reads a bundle of exactly `width` entries.
///
/// # Errors
/// When it holds more, fewer, or ends early.
pub fn decode_bundle(mut bytes: &[u8], width: u16) -> Result<Vec<Vec<u8>>, BundleError> {
    let expected = usize::from(width);
    let mut entries = Vec::with_capacity(expected);
    while !bytes.is_empty() {
        let found = entries.len();
        if found == expected {
            return Err(BundleError::Count {
                expected,
                found: found + 1,
            });
        }
        let (length, rest) = bytes
            .split_first_chunk::<2>()
            .ok_or(BundleError::Truncated(found))?;
        let (entry, rest) = rest
            .split_at_checked(usize::from(u16::from_be_bytes(*length)))
            .ok_or(BundleError::Truncated(found))?;
        entries.push(entry.to_vec());
        bytes = rest;
    }
    match entries.len() {
        found if found == expected => Ok(entries),
        found => Err(BundleError::Count { expected, found }),
    }
}

/// The hash of an entry as a leaf of the tree: SHA-256(0x00 | entry).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest::new(record_hash(entry).0)
}

/// Whether `leaf` is the hash of entry `index` in the tree that `checkpoint` names.
#[must_use]
pub fn verify_inclusion(
    checkpoint: CheckpointRef,
    index: u64,
    leaf: Digest,
    proof: &[Digest],
) -> bool {
    if index >= checkpoint.size || proof.len() > MAX_PROOF_HASHES {
        return false;
    }
    let root = Hash(*checkpoint.hash.as_bytes());
    let leaf = Hash(*leaf.as_bytes());
    check_record(&hashes(proof), checkpoint.size, root, index, leaf).is_ok()
}

/// Whether the tree that `new` names begins with the tree that `old` names. Anything begins with
/// the empty tree; its proof is empty.
#[must_use]
pub fn verify_consistency(old: CheckpointRef, new: CheckpointRef, proof: &[Digest]) -> bool {
    if proof.len() > MAX_PROOF_HASHES || old.size > new.size {
        return false;
    }
    if old.size == 0 {
        return proof.is_empty() && old.hash == EMPTY_ROOT;
    }
    let (old_root, new_root) = (Hash(*old.hash.as_bytes()), Hash(*new.hash.as_bytes()));
    check_tree(&hashes(proof), new.size, new_root, old.size, old_root).is_ok()
}

fn hashes(proof: &[Digest]) -> TreeProof {
    proof
        .iter()
        .map(|digest| Hash(*digest.as_bytes()))
        .collect()
}

fn digests(hashes: &[Hash]) -> Vec<Digest> {
    hashes.iter().map(|hash| Digest::new(hash.0)).collect()
}

#[cfg(test)]
#[path = "tiles_tests.rs"]
mod tests;
