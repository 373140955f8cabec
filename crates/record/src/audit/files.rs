//! Files beside the entries: editions, what should not be there, and which entry was changed.

use std::collections::BTreeSet;

use demur_encoding::{Digest, Time};
use demur_signon::roster;

use super::{Audit, Failure, Found, Stop, in_file};
use crate::{
    entry::{CheckpointRef, Edition},
    source::{RecordSource, SourceError},
    tiles::{
        TILE_WIDTH, TileId, TileKind, Tree, bundles, decode_bundle, has_tile, hash_tiles, leaf_hash,
    },
};

impl<S: RecordSource + ?Sized> Audit<'_, S> {
    pub(super) fn editions(&mut self) -> Result<(), Stop> {
        let known = self
            .replay
            .as_ref()
            .map(|replay| replay.editions().to_vec());
        let origin = self
            .replay
            .as_ref()
            .map(|replay| replay.origin().to_owned());
        for known in known.unwrap_or_default() {
            let path = format!("editions/{}", known.edition.number);
            let bytes = self
                .source
                .read(&path)?
                .ok_or_else(|| in_file(&path, "missing"))?;
            check_edition(
                &known.edition,
                origin.as_deref().unwrap_or_default(),
                &bytes,
            )
            .map_err(|reason| in_file(&path, reason))?;
            self.counts.editions.count += 1;
        }
        self.counts.editions.done = true;
        Ok(())
    }

    /// Where the source can list its files: nothing but the record's.
    pub(super) fn unexpected(&self, size: u64) -> Result<(), Stop> {
        let Some(found) = self.source.list()? else {
            return Ok(());
        };
        let mut expected = BTreeSet::from(["checkpoint".to_owned()]);
        if let Some(replay) = &self.replay {
            let past = replay.batches().iter().map(|batch| batch.checkpoint.size);
            let past = past.filter(|past| *past != size);
            expected.extend(past.map(|size| format!("history/{size}")));
            let editions = replay.editions().iter();
            expected.extend(editions.map(|known| format!("editions/{}", known.edition.number)));
        }
        let is_tile = |path: &String| TileId::parse(path).is_some_and(|tile| has_tile(size, &tile));
        match found
            .into_iter()
            .find(|path| !expected.contains(path) && !is_tile(path))
        {
            Some(path) => Err(in_file(&path, "unexpected file")),
            None => Ok(()),
        }
    }
}

/// Checks an edition file against its entry: the digest, every root, and what the head says.
///
/// # Errors
/// What is wrong with it.
pub fn check_edition(
    entry: &Edition,
    origin: &str,
    bytes: &[u8],
) -> Result<roster::Edition, String> {
    let edition = roster::Edition::parse(bytes).map_err(|error| error.to_string())?;
    if edition.digest() != entry.digest {
        return Err(format!(
            "its digest is {}, the record says {}",
            edition.digest(),
            entry.digest
        ));
    }
    edition.verify().map_err(|error| error.to_string())?;
    let head = edition.head();
    let same_cohorts = head.cohorts.len() == entry.cohorts.len()
        && head
            .cohorts
            .iter()
            .zip(&entry.cohorts)
            .all(|(file, entry)| {
                file.name.as_str() == entry.name
                    && file.size == entry.size
                    && Digest::new(file.root.to_bytes()) == entry.root
            });
    let same = |what: &str, same: bool| {
        if same {
            Ok(())
        } else {
            Err(format!("its {what} is not the one in the record"))
        }
    };
    same("origin", head.origin == origin)?;
    same("number", head.number == u64::from(entry.number))?;
    same(
        "publishing time",
        Time::unix(head.published) == entry.published.unix(),
    )?;
    same("list of cohorts", same_cohorts)?;
    same(
        "tree of certificates",
        head.certificates.root == entry.certificates.root
            && head.certificates.size == entry.certificates.size,
    )?;
    Ok(edition)
}

/// Finds the entry that was changed, by the hash tiles.
pub(super) struct Blame<'a, S: ?Sized> {
    source: &'a S,
    checkpoint: CheckpointRef,
}

impl<'a, S: RecordSource + ?Sized> Blame<'a, S> {
    pub(super) const fn new(source: &'a S, checkpoint: CheckpointRef) -> Self {
        Self { source, checkpoint }
    }

    /// The first entry that is not the one that the checkpoint commits to. `None` where that is not
    /// what is wrong, or can't be told, because hash tiles were changed too.
    pub(super) fn first(&self, failure: &Failure) -> Result<Option<Failure>, SourceError> {
        let Some(leaves) = self.leaves()? else {
            return Ok(None);
        };
        let mut index = 0usize;
        for tile in bundles(0, self.checkpoint.size) {
            let Some(bytes) = self.source.read(&tile.path())? else {
                return Ok(None);
            };
            let Ok(bundle) = decode_bundle(&bytes, tile.width) else {
                return Ok(None);
            };
            for entry in bundle {
                if leaves.get(index) != Some(&leaf_hash(&entry)) {
                    return Ok(Some(Failure {
                        found: Found::Entry(index as u64),
                        reason: format!(
                            "not the entry that the checkpoint commits to ({}); {}",
                            tile.path(),
                            failure.reason
                        ),
                    }));
                }
                index += 1;
            }
        }
        Ok(None)
    }

    /// The leaf hashes that the checkpoint commits to, from the tiles of level 0.
    fn leaves(&self) -> Result<Option<Vec<Digest>>, SourceError> {
        let mut tree = Tree::default();
        let mut leaves = Vec::new();
        let level_0 = |tile: &TileId| tile.kind == TileKind::Hashes(0);
        for tile in hash_tiles(self.checkpoint.size).take_while(level_0) {
            let Some(bytes) = self.source.read(&tile.path())? else {
                return Ok(None);
            };
            let (hashes, rest) = bytes.as_chunks::<32>();
            if !rest.is_empty() || hashes.len() as u64 > TILE_WIDTH {
                return Ok(None);
            }
            for hash in hashes {
                tree.push_leaf(Digest::new(*hash));
                leaves.push(Digest::new(*hash));
            }
        }
        let same = tree.size() == self.checkpoint.size && tree.root() == self.checkpoint.hash;
        Ok(same.then_some(leaves))
    }
}
