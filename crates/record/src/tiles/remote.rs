//! Entries and proofs from files that somebody else serves.

use std::{
    cell::RefCell,
    collections::{BTreeMap, btree_map::Entry},
};

use demur_encoding::{Digest, merkle::EMPTY_ROOT};
use tlog_tiles::{
    Error, Hash, HashReader, Tile, prove_record, prove_tree, stored_hash_index, tree_hash,
};

use super::{
    BundleError, OutOfRange, TILE_HEIGHT, TILE_WIDTH, TileId, TileKind, bundles, decode_bundle,
    digests, verify_consistency, verify_inclusion,
};
use crate::{
    entry::CheckpointRef,
    source::{RecordSource, SourceError},
};

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
/// verified: push them to a `Frontier` or `Tree` and compare its root with the checkpoint's.
///
/// # Errors
/// When a bundle is missing or malformed.
pub fn read_entries<S: RecordSource + ?Sized>(
    source: &S,
    from: u64,
    size: u64,
) -> Result<Vec<Vec<u8>>, ReadError> {
    let mut entries = Vec::new();
    for tile in bundles(from, size) {
        let path = tile.path();
        let bytes = source
            .read(&path)?
            .ok_or_else(|| ReadError::Missing(path.clone()))?;
        let bundle =
            decode_bundle(&bytes, tile.width).map_err(|error| ReadError::Bundle { path, error })?;
        let skip = from.saturating_sub(tile.index * TILE_WIDTH);
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        entries.extend(bundle.into_iter().skip(skip));
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
