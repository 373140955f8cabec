//! The record's Merkle tree as tiles and entry bundles.
//!
//! Format: [C2SP tlog-tiles](https://c2sp.org/tlog-tiles), the tree of RFC 6962. In scope: paths,
//! bundles, the tree in memory, which tiles a size has, proofs from tiles that somebody else
//! serves. Hashing and proofs are `tlog_tiles`'.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fmt,
};

use demur_encoding::{Digest, merkle::EMPTY_ROOT};
use tlog_tiles::{
    Error, Hash, HashReader, Tile, TreeProof, check_record, check_tree, node_hash, prove_record,
    prove_tree, record_hash, stored_hash_index, tree_hash,
};

use crate::{
    checkpoint::{MAX_TREE_SIZE, parse_decimal},
    entry::{CheckpointRef, MAX_ENTRY_BYTES},
    source::{RecordSource, SourceError},
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

/// All tiles and bundles of a record of `size` entries, partial ones only at the right edge.
#[must_use]
pub fn tiles_of(size: u64) -> Vec<TileId> {
    changed_tiles(0, size)
}

/// The tiles and bundles that a record of `new` entries has and one of `old` entries has not.
#[must_use]
pub fn changed_tiles(old: u64, new: u64) -> Vec<TileId> {
    let (old, new) = (old.min(MAX_TREE_SIZE), new.min(MAX_TREE_SIZE));
    let mut tiles = Vec::new();
    let mut level = 0u8;
    loop {
        let shift = u32::from(level) * u32::from(TILE_HEIGHT);
        let (had, has) = (
            old.checked_shr(shift).unwrap_or(0),
            new.checked_shr(shift).unwrap_or(0),
        );
        if has == 0 {
            return tiles;
        }
        if has > had {
            for index in had / TILE_WIDTH..has.div_ceil(TILE_WIDTH) {
                let width = (has - index * TILE_WIDTH).min(TILE_WIDTH);
                let width = u16::try_from(width).unwrap_or(u16::MAX);
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
        level += 1;
    }
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

/// Why an entry or proof could not be had from a record's files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file that the record must have is not there.
    #[error("{0} is missing")]
    Missing(String),
    /// A bundle is malformed.
    #[error("{path}: {error}")]
    Bundle {
        /// Which.
        path: String,
        /// Why.
        error: BundleError,
    },
    /// The tiles do not lead to the checkpoint's root.
    #[error("the tiles do not belong to the checkpoint")]
    Tiles,
    /// Not in the tree.
    #[error(transparent)]
    OutOfRange(#[from] OutOfRange),
}

/// The entries from `from` up to `size`, the size of the record's checkpoint. They are **not**
/// verified: push them to a [`Frontier`] or [`Tree`] and compare its root with the checkpoint's.
///
/// # Errors
/// When a bundle is missing or malformed.
pub fn read_entries<S: RecordSource + ?Sized>(
    source: &S,
    from: u64,
    size: u64,
) -> Result<Vec<Vec<u8>>, ReadError> {
    let mut entries = Vec::new();
    let mut next = from;
    while next < size {
        let index = next / TILE_WIDTH;
        let width = (size - index * TILE_WIDTH).min(TILE_WIDTH);
        let width = u16::try_from(width).unwrap_or(u16::MAX);
        let tile = TileId {
            kind: TileKind::Entries,
            index,
            width,
        };
        let path = tile.path();
        let bytes = source
            .read(&path)?
            .ok_or_else(|| ReadError::Missing(path.clone()))?;
        let bundle =
            decode_bundle(&bytes, width).map_err(|error| ReadError::Bundle { path, error })?;
        let skip = usize::try_from(next % TILE_WIDTH).unwrap_or(usize::MAX);
        entries.extend(bundle.into_iter().skip(skip));
        next = (index + 1) * TILE_WIDTH;
    }
    Ok(entries)
}

/// Proofs from the tiles of a record that somebody serves. Each proof is checked against the
/// checkpoint's root before it is returned.
///
/// (`tlog_tiles::TileHashReader` is not used: it leaves tiles unchecked where several of the hashes
/// that make up the root lie in one tile.)
#[derive(Debug)]
pub struct RemoteTree<'a, S: ?Sized> {
    source: &'a S,
    checkpoint: CheckpointRef,
}

impl<'a, S: RecordSource + ?Sized> RemoteTree<'a, S> {
    /// The tree that `checkpoint` names; the source must hold the tiles of exactly this size.
    pub const fn new(source: &'a S, checkpoint: CheckpointRef) -> Self {
        Self { source, checkpoint }
    }

    /// The leaf hash and the inclusion proof of entry `index`.
    ///
    /// # Errors
    /// When the entry is not in the tree, or the tiles are missing or wrong.
    pub fn prove_inclusion(&self, index: u64) -> Result<(Digest, Vec<Digest>), ReadError> {
        let CheckpointRef { size, .. } = self.checkpoint;
        if index >= size {
            return Err(OutOfRange {
                wanted: index,
                size,
            }
            .into());
        }
        let (leaf, proof) = self.run(|hashes| {
            let leaf = hashes.read_hashes(&[stored_hash_index(0, index)])?;
            let leaf = leaf.first().copied().ok_or(Error::IndexesNotInTree)?;
            Ok((leaf, prove_record(size, index, hashes)?))
        })?;
        let (leaf, proof) = (Digest::new(leaf.0), digests(&proof));
        if verify_inclusion(self.checkpoint, index, leaf, &proof) {
            Ok((leaf, proof))
        } else {
            Err(ReadError::Tiles)
        }
    }

    /// The root of the tree of `old` entries, and the consistency proof from it to the checkpoint.
    ///
    /// # Errors
    /// When `old` is above the checkpoint's size, or the tiles are missing or wrong.
    pub fn prove_consistency(&self, old: u64) -> Result<(Digest, Vec<Digest>), ReadError> {
        let CheckpointRef { size, .. } = self.checkpoint;
        if old > size {
            return Err(OutOfRange { wanted: old, size }.into());
        }
        if old == 0 {
            return Ok((EMPTY_ROOT, Vec::new()));
        }
        let (hash, proof) =
            self.run(|hashes| Ok((tree_hash(old, hashes)?, prove_tree(size, old, hashes)?)))?;
        let (hash, proof) = (Digest::new(hash.0), digests(&proof));
        if verify_consistency(CheckpointRef { size: old, hash }, self.checkpoint, &proof) {
            Ok((hash, proof))
        } else {
            Err(ReadError::Tiles)
        }
    }

    fn run<T>(
        &self,
        read: impl FnOnce(&Served<'_, S>) -> Result<T, Error>,
    ) -> Result<T, ReadError> {
        let served = Served {
            source: self.source,
            size: self.checkpoint.size,
            tiles: RefCell::default(),
            failure: RefCell::default(),
        };
        let result = read(&served);
        match served.failure.into_inner() {
            Some(failure) => Err(failure),
            None => result.map_err(|_| ReadError::Tiles),
        }
    }
}

/// Hashes from tiles that are not yet trusted.
struct Served<'a, S: ?Sized> {
    source: &'a S,
    size: u64,
    tiles: RefCell<BTreeMap<TileId, Vec<u8>>>,
    /// `tlog_tiles`' error can't carry ours.
    failure: RefCell<Option<ReadError>>,
}

impl<S: RecordSource + ?Sized> Served<'_, S> {
    fn read(&self, index: u64) -> Result<Hash, ReadError> {
        let tile = Tile::from_index(TILE_HEIGHT, index);
        let tile = tile.parent(0, self.size).ok_or(ReadError::Tiles)?;
        let id = TileId {
            kind: TileKind::Hashes(tile.level()),
            index: tile.level_index(),
            width: u16::try_from(tile.width()).map_err(|_| ReadError::Tiles)?,
        };
        let mut tiles = self.tiles.borrow_mut();
        let bytes = match tiles.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let path = id.path();
                let bytes = self.source.read(&path)?.ok_or(ReadError::Missing(path))?;
                place.insert(bytes)
            }
        };
        tile.hash_at_index(bytes, index)
            .map_err(|_| ReadError::Tiles)
    }
}

impl<S: RecordSource + ?Sized> HashReader for Served<'_, S> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let hashes = indexes.iter().map(|index| self.read(*index));
        hashes.collect::<Result<_, _>>().map_err(|error| {
            self.failure.replace(Some(error));
            Error::InvalidTile
        })
    }
}

fn digests(hashes: &[Hash]) -> Vec<Digest> {
    hashes.iter().map(|hash| Digest::new(hash.0)).collect()
}

#[cfg(test)]
#[path = "tiles_tests.rs"]
mod tests;
