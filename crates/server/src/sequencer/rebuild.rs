//! The record's files from the database alone.

use std::{collections::BTreeSet, path::Path};

use demur_record::{
    checkpoint::Checkpoint,
    keys::LogSigner,
    policy::Policy,
    tiles::{Tree, bundles, hash_tiles},
};
use demur_store::{CheckpointRow, MetaStore as _, Store};
use demur_store_sqlite::Mode;

use super::{
    CHUNK,
    error::SequencerError,
    folder::{NewFile, RecordFolder, is_ours},
    publish::new_tile,
};
use crate::setup::{Folder, SetupError};

/// How a file that is there is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    /// By being there: files are written whole or not at all.
    Presence,
    /// By its bytes.
    Content,
}

/// What was done to make the files what they must be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Restored {
    /// Files that were missing or wrong.
    pub written: u64,
    /// Files that had no business there.
    pub removed: u64,
}

/// Writes the record of the data folder at `dir` anew from its database, where it is missing or wrong: for
/// `demur doctor --rebuild-record`. The server must not run.
///
/// # Errors
/// When the folder is no channel's or in use, the database is damaged, or the folder's checkpoint is
/// one of this log that the database doesn't know: the folder is then the better copy.
pub async fn rebuild_record(dir: &Path) -> Result<Restored, SetupError> {
    let folder = Folder::new(dir);
    let config = folder.read_config()?;
    let signer = folder.load_key(&config)?;
    let policy = crate::app::policy(&config, &signer)?;
    let store = crate::server::open_store(&folder, Mode::Server).await?;
    store.bind_origin(&config.origin).await?;
    let done = rebuild(&store, &folder.record(), &signer, &policy).await;
    store.close().await;
    Ok(done?)
}

/// [`rebuild_record`] on any store.
///
/// # Errors
/// [`SequencerError::Behind`] where the folder shows a checkpoint of this log that the database doesn't
/// know: the folder is then the better copy.
pub(crate) async fn rebuild<S: Store>(
    store: &S,
    record_dir: &Path,
    signer: &LogSigner,
    policy: &Policy,
) -> Result<Restored, SequencerError> {
    let folder = RecordFolder::new(record_dir);
    let tree = tree(store, store.size().await?).await?;
    if let Some(newest) = store.newest_checkpoint().await?
        && (newest.size, newest.root) != (tree.size(), tree.root())
    {
        return Err(SequencerError::damaged(
            "the newest checkpoint is not that of the entries",
        ));
    }
    match adopt(store, &folder, signer, policy, &tree).await {
        // It is what is to be repaired.
        Ok(_) | Err(SequencerError::Checkpoint { .. }) => {}
        Err(error) => return Err(error),
    }
    restore(store, &folder, &tree, Compare::Content).await
}

/// The tree over the database's entries, up to `size`. Each leaf hash is computed anew.
pub(crate) async fn tree<S: Store>(store: &S, size: u64) -> Result<Tree, SequencerError> {
    let mut tree = Tree::default();
    while tree.size() < size {
        let limit = u32::try_from(size - tree.size())
            .unwrap_or(CHUNK)
            .min(CHUNK);
        let rows = store.entries(tree.size(), limit).await?;
        if rows.is_empty() {
            return Err(SequencerError::damaged(format!(
                "entry {} is missing",
                tree.size()
            )));
        }
        for row in rows {
            if row.index != tree.size() || tree.push(&row.bytes) != row.leaf {
                return Err(SequencerError::damaged(format!(
                    "entry {} is not as it was committed",
                    row.index
                )));
            }
        }
    }
    Ok(tree)
}

/// Holds the folder's checkpoint against the database. True where the database was the one of
/// moments before it was published, and knows it now.
pub(crate) async fn adopt<S: Store>(
    store: &S,
    folder: &RecordFolder,
    signer: &LogSigner,
    policy: &Policy,
    tree: &Tree,
) -> Result<bool, SequencerError> {
    let Some(note) = folder.read("checkpoint").await? else {
        return Ok(false);
    };
    let shown =
        Checkpoint::open(&note, signer.verifier()).map_err(|e| SequencerError::Checkpoint {
            path: folder.path("checkpoint"),
            reason: e.to_string(),
        })?;
    let behind = || SequencerError::Behind {
        published: shown.size,
        known: tree.size(),
    };
    if tree.root_at(shown.size).ok() != Some(shown.hash) {
        return Err(behind());
    }
    let row = store
        .checkpoints(shown.size, 1)
        .await?
        .pop()
        .filter(|row| row.size == shown.size);
    match row {
        Some(CheckpointRow {
            note: Some(known), ..
        }) if known == note => Ok(false),
        Some(CheckpointRow { note: None, .. }) if policy.evaluate_exact(&note).is_ok() => {
            store.publish(shown.size, note).await?;
            Ok(true)
        }
        // The tree is ours and the signatures are others: not a file that this database published.
        _ => Err(SequencerError::Checkpoint {
            path: folder.path("checkpoint"),
            reason: "its signatures are not those that were published".to_owned(),
        }),
    }
}

/// Makes the folder hold the record of the newest published checkpoint and nothing else of ours. The
/// checkpoint is written last.
pub(crate) async fn restore<S: Store>(
    store: &S,
    folder: &RecordFolder,
    tree: &Tree,
    compare: Compare,
) -> Result<Restored, SequencerError> {
    let mut done = Restored::default();
    let there: BTreeSet<String> = folder.list().await?.into_iter().collect();
    let mut expected = BTreeSet::new();
    if let Some(CheckpointRow {
        size,
        note: Some(note),
        ..
    }) = store.published_checkpoint().await?
    {
        let mut work = Work {
            folder,
            there: &there,
            expected: &mut expected,
            compare,
            written: 0,
        };
        for tile in hash_tiles(size).chain(bundles(0, size)) {
            let path = tile.path();
            if work.wanted(&path) {
                work.put(new_tile(store, folder, tree, &tile).await?)
                    .await?;
            }
        }
        for number in store.editions(size).await? {
            let path = format!("editions/{number}");
            if work.wanted(&path) {
                work.put_whole(&path, edition(store, number).await?).await?;
            }
        }
        let mut from = 0;
        loop {
            let rows = store.checkpoints(from, CHUNK).await?;
            let Some(last) = rows.last() else { break };
            from = last.size + 1;
            for row in rows {
                if let Some(note) = row.note.filter(|_| row.size < size) {
                    let path = format!("history/{}", row.size);
                    if work.wanted(&path) {
                        work.put_whole(&path, note).await?;
                    }
                }
            }
        }
        // Its content always counts: it is what a crash leaves behind the database.
        work.expected.insert("checkpoint".to_owned());
        work.put_whole("checkpoint", note).await?;
        done.written = work.written;
    }
    for path in there.difference(&expected) {
        if is_ours(path) || path == "checkpoint" {
            folder.remove(path).await?;
            done.removed += 1;
        } else {
            tracing::warn!(
                file = path,
                "the record's folder holds a file that is not the record's; an audit fails on it"
            );
        }
    }
    Ok(done)
}

struct Work<'a> {
    folder: &'a RecordFolder,
    there: &'a BTreeSet<String>,
    expected: &'a mut BTreeSet<String>,
    compare: Compare,
    written: u64,
}

impl Work<'_> {
    /// Notes that the file belongs there; false where being there is enough.
    fn wanted(&mut self, path: &str) -> bool {
        self.expected.insert(path.to_owned());
        self.compare == Compare::Content || !self.there.contains(path)
    }

    async fn put_whole(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), SequencerError> {
        self.put(self.folder.begin(path).await?.append(bytes).await?)
            .await
    }

    async fn put(&mut self, file: NewFile) -> Result<(), SequencerError> {
        if file.keep_if_other().await? {
            self.written += 1;
        }
        Ok(())
    }
}

/// An edition's file.
pub(crate) async fn edition<S: Store>(store: &S, number: u32) -> Result<Vec<u8>, SequencerError> {
    let file = store.edition_file(number).await?;
    file.ok_or_else(|| SequencerError::damaged(format!("the file of edition {number} is missing")))
}
