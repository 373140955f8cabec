//! Backups: a copy that is taken while the server runs, and a data folder made from one.
//!
//! A copy holds the record up to its newest batch, the drafts and cases, accounts, and the log's key. It does not hold
//! what waits for the next batch (docs/decisions/0009-operator.md), so that what was acknowledged in between is lost with
//! the original, and the promises of it show that.
//!
//! A record goes on from a copy only if nobody saw a later one: else the log would sign two.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use demur_encoding::Digest;
use demur_record::{checkpoint::Checkpoint, keys::LogSigner, policy::Policy, tiles::Tree};
use demur_store::{MetaStore as _, RecordStore as _};
use demur_store_sqlite::{Mode, SqliteStore};
use serde::{Deserialize, Serialize};

use crate::{
    files,
    sequencer::{
        Gathered, HttpWitness, SequencerError, WITNESS_TIMEOUT, gather, rebuild, record_tree,
    },
    server::open_store,
    setup::{ChannelConfig, Folder, SetupError},
};

/// Says what a backup is.
const MANIFEST: &str = "backup.json";

/// Its files beside the database; the last two are there where `demur channel init` made the folder.
const FILES: [(&str, bool, files::Mode); 5] = [
    ("channel.toml", true, files::Mode::Public),
    ("profile.toml", true, files::Mode::Public),
    ("log.key", true, files::Mode::Private),
    ("policy", false, files::Mode::Public),
    ("channel.vkey", false, files::Mode::Public),
];

/// The largest of them, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    v: u32,
    origin: String,
    /// The record's entries, published or not.
    entries: u64,
    /// Their root.
    root: Digest,
}

/// A backup that was made, or a data folder that was made from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backup {
    /// How many entries of the record it holds.
    pub entries: u64,
}

/// Copies the channel in the data folder at `dir` into a new folder `to`, while its server runs or not.
///
/// # Errors
/// When `dir` is no channel's folder, `to` holds something, or the copy can't be written: nothing is left then.
pub async fn back_up(dir: &Path, to: &Path) -> Result<Backup, SetupError> {
    let source = Folder::new(dir);
    let config = source.read_config()?;
    source.load_key(&config)?;
    let unfinished = Unfinished::beside(to)?;
    let target = unfinished.folder.clone();
    target.create()?;
    copy_files(dir, target.dir())?;
    let store = open_store(&source, Mode::Tool).await?;
    let copied = store.copy_to(&target.database()).await;
    store.close().await;
    copied?;
    let copy = open_store(&target, Mode::Tool).await?;
    let tree = whole_tree(&copy).await;
    copy.close().await;
    let tree = tree?;
    let manifest = Manifest {
        v: 1,
        origin: config.origin,
        entries: tree.size(),
        root: tree.root(),
    };
    // Two numbers and two texts.
    let text = serde_json::to_vec_pretty(&manifest)
        .map_err(|e| SetupError::content(&target.dir().join(MANIFEST), e))?;
    let path = target.dir().join(MANIFEST);
    files::write(&path, &text, files::Mode::Public).map_err(|e| SetupError::file(&path, e))?;
    // The record's folder is made from the database.
    let _ = std::fs::remove_dir(target.record());
    unfinished.finish()?;
    Ok(Backup {
        entries: manifest.entries,
    })
}

/// Makes the data folder `dir` from the backup at `from`. `published` is the newest checkpoint file that anybody is
/// known to have, if there is one; the channel's witnesses are asked too.
///
/// # Errors
/// [`SequencerError::Behind`] or [`SequencerError::WitnessAhead`], as [`SetupError::Record`], where the record was
/// published beyond the backup; [`SetupError::Option`] where that can't be found out; when `from` is no backup or a
/// damaged one, or `dir` holds something. Nothing is left then.
pub async fn restore(
    from: &Path,
    dir: &Path,
    published: Option<&[u8]>,
) -> Result<Backup, SetupError> {
    let source = Folder::new(from);
    let path = from.join(MANIFEST);
    let bytes = files::read(&path, MAX_FILE).map_err(|e| SetupError::file(&path, e))?;
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|e| SetupError::content(&path, e))?;
    if manifest.v != 1 {
        let form = manifest.v;
        return Err(SetupError::content(
            &path,
            format_args!("a backup of form {form}; this program knows 1"),
        ));
    }
    let config = source.read_config()?;
    let signer = source.load_key(&config)?;
    let policy = crate::app::policy(&config, &signer)?;
    let unfinished = Unfinished::beside(dir)?;
    let target = unfinished.folder.clone();
    target.create()?;
    copy_files(from, target.dir())?;
    let database = source.database();
    std::fs::copy(&database, target.database()).map_err(|e| SetupError::file(&database, e))?;
    let store = open_store(&target, Mode::Server).await?;
    let restored = go_on(
        &store,
        &target,
        &manifest,
        (&config, &signer, &policy),
        published,
    )
    .await;
    store.close().await;
    restored?;
    unfinished.finish()?;
    Ok(Backup {
        entries: manifest.entries,
    })
}

/// Whether the record may go on from the copied database; then its files are made.
async fn go_on(
    store: &SqliteStore,
    target: &Folder,
    manifest: &Manifest,
    (config, signer, policy): (&ChannelConfig, &LogSigner, &Policy),
    published: Option<&[u8]>,
) -> Result<(), SetupError> {
    store.bind_origin(&config.origin).await?;
    let tree = whole_tree(store).await?;
    if (manifest.entries, manifest.root) != (tree.size(), tree.root())
        || manifest.origin != config.origin
    {
        return Err(SetupError::Record(
            "the backup's database is not the one that it was made with: it is damaged".to_owned(),
        ));
    }
    if let Some(note) = published {
        not_behind(note, signer, &tree)?;
    }
    let answered = ask_witnesses(config, signer, &tree).await?;
    let enough = config.quorum > 0 && answered >= config.quorum as usize;
    if published.is_none() && !enough {
        return Err(SetupError::option(
            "record",
            format_args!(
                "{answered} of the {} witnesses that must cosign could be asked whether the record went on after this \
                 backup: show the record as it was published last, from the old data folder or a copy of it",
                config.quorum
            ),
        ));
    }
    rebuild(store, &target.record(), signer, policy).await?;
    Ok(())
}

/// Whether the checkpoint that somebody has is one of this tree.
fn not_behind(note: &[u8], signer: &LogSigner, tree: &Tree) -> Result<(), SetupError> {
    let shown = Checkpoint::open(note, signer.verifier())
        .map_err(|e| SetupError::option("record", format_args!("its checkpoint: {e}")))?;
    if tree.root_at(shown.size).ok() == Some(shown.hash) {
        return Ok(());
    }
    Err(SequencerError::Behind {
        published: shown.size,
        known: tree.size(),
    }
    .into())
}

/// Asks every witness to cosign the newest checkpoint of the backup, which it does, or says that it knows a later one.
/// Gives how many answered.
async fn ask_witnesses(
    config: &ChannelConfig,
    signer: &LogSigner,
    tree: &Tree,
) -> Result<usize, SetupError> {
    let witnesses: Vec<_> = config
        .witnesses
        .iter()
        .map(|w| Arc::new(HttpWitness::new(w.vkey.clone(), &w.url)))
        .collect();
    let note = Checkpoint::new(&config.origin, tree.size(), tree.root())
        .sign(signer)
        .map_err(SequencerError::from)?;
    let known = vec![tree.size(); witnesses.len()];
    let answers = gather(
        &witnesses,
        &known,
        &Arc::new(tree.clone()),
        &note,
        WITNESS_TIMEOUT,
    )
    .await;
    let mut answered = 0;
    for (witness, answer) in config.witnesses.iter().zip(answers) {
        match answer {
            Gathered::Lines(_) => answered += 1,
            Gathered::Ahead(size) => {
                return Err(SequencerError::WitnessAhead {
                    witness: witness.vkey.to_string(),
                    size,
                    known: tree.size(),
                }
                .into());
            }
            Gathered::Nothing(reason) => {
                tracing::warn!(witness = %witness.vkey, reason, "no answer");
            }
        }
    }
    Ok(answered)
}

async fn whole_tree(store: &SqliteStore) -> Result<Tree, SetupError> {
    Ok(record_tree(store, store.size().await?).await?)
}

fn copy_files(from: &Path, to: &Path) -> Result<(), SetupError> {
    for (name, needed, mode) in FILES {
        let path = from.join(name);
        match files::read(&path, MAX_FILE) {
            Ok(bytes) => {
                let bytes = zeroize::Zeroizing::new(bytes);
                let target = to.join(name);
                files::write(&target, &bytes, mode).map_err(|e| SetupError::file(&target, e))?;
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound && !needed => {}
            Err(e) => return Err(SetupError::file(&path, e)),
        }
    }
    Ok(())
}

/// A folder that gets its name when it is complete, and goes when it doesn't become so.
struct Unfinished {
    target: PathBuf,
    folder: Folder,
}

impl Unfinished {
    /// A neighbour of `target`, where nothing must be.
    fn beside(target: &Path) -> Result<Self, SetupError> {
        let empty = || SetupError::NotEmpty {
            path: target.to_owned(),
        };
        match std::fs::read_dir(target) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(empty());
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(SetupError::file(target, e)),
        }
        let name = target.file_name().ok_or_else(empty)?.to_string_lossy();
        let folder = Folder::new(&target.with_file_name(format!(".{name}.unfinished")));
        Ok(Self {
            target: target.to_owned(),
            folder,
        })
    }

    fn finish(self) -> Result<(), SetupError> {
        // An empty folder of the name gives way; nothing else is there.
        let _ = std::fs::remove_dir(&self.target);
        std::fs::rename(self.folder.dir(), &self.target)
            .map_err(|e| SetupError::file(&self.target, e))?;
        #[cfg(unix)]
        if let Some(parent) = self.target.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::File::open(parent)
                .and_then(|dir| dir.sync_all())
                .map_err(|e| SetupError::file(parent, e))?;
        }
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After `finish` it is not there any more.
        let _ = std::fs::remove_dir_all(self.folder.dir());
    }
}
