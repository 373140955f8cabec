//! The record's files: docs/protocol.md, section 2. A cache of what the database holds, but for who reads it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use demur_record::{checkpoint::MAX_CHECKPOINT_BYTES, source::MAX_FILE_BYTES};

use super::error::SequencerError;
use crate::files::{self, Mode};

/// What [`files::write`] calls a file that it has not renamed yet; a crash leaves it behind.
const UNFINISHED: &str = ".demur-";

/// The folder; all its files are written whole or not at all.
#[derive(Debug, Clone)]
pub(crate) struct RecordFolder {
    root: PathBuf,
}

impl RecordFolder {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn failed(&self, path: &str) -> impl Fn(io::Error) -> SequencerError {
        failed(self.path(path))
    }

    /// Writes a file and has it on the disk, its folders included.
    pub(crate) async fn write(&self, path: &str, bytes: Vec<u8>) -> Result<(), SequencerError> {
        self.begin(path).await?.append(bytes).await?.keep().await
    }

    /// Begins a file that is written in parts.
    pub(crate) async fn begin(&self, path: &str) -> Result<NewFile, SequencerError> {
        let target = self.path(path);
        let root = self.root.clone();
        let file = blocking(move || {
            if let Some(dir) = target.parent() {
                make_folders(&root, dir)?;
            }
            files::NewFile::begin(&target, Mode::Public)
        })
        .await
        .map_err(self.failed(path))?;
        Ok(NewFile {
            file,
            path: self.path(path),
        })
    }

    /// A file's bytes; `None` where there is none.
    pub(crate) async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SequencerError> {
        let target = self.path(path);
        let limit = if path == "checkpoint" {
            MAX_CHECKPOINT_BYTES
        } else {
            MAX_FILE_BYTES
        };
        let read = blocking(move || files::read(&target, limit as u64)).await;
        match read {
            Ok(bytes) => Ok(Some(bytes)),
            Err(reason) if reason.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(reason) => Err(self.failed(path)(reason)),
        }
    }

    /// Removes a file; one that is not there is removed already.
    pub(crate) async fn remove(&self, path: &str) -> Result<(), SequencerError> {
        let target = self.path(path);
        let root = self.root.clone();
        let removed = blocking(move || {
            fs::remove_file(&target)?;
            // A folder of partial tiles, now empty, goes too.
            for dir in target.ancestors().skip(1).take_while(|dir| *dir != root) {
                if fs::remove_dir(dir).is_err() {
                    break;
                }
            }
            Ok(())
        })
        .await;
        match removed {
            Err(reason) if reason.kind() != io::ErrorKind::NotFound => {
                Err(self.failed(path)(reason))
            }
            _ => Ok(()),
        }
    }

    /// The paths of all files, with `/`, in no order.
    pub(crate) async fn list(&self) -> Result<Vec<String>, SequencerError> {
        let root = self.root.clone();
        blocking(move || {
            let mut found = Vec::new();
            let mut folders = vec![root.clone()];
            while let Some(folder) = folders.pop() {
                let entries = match fs::read_dir(&folder) {
                    Err(reason) if reason.kind() == io::ErrorKind::NotFound => continue,
                    entries => entries?,
                };
                for entry in entries {
                    let entry = entry?;
                    if entry.file_type()?.is_dir() {
                        folders.push(entry.path());
                    } else if let Ok(path) = entry.path().strip_prefix(&root) {
                        let parts: Vec<_> =
                            path.iter().map(|part| part.to_string_lossy()).collect();
                        found.push(parts.join("/"));
                    }
                }
            }
            Ok(found)
        })
        .await
        .map_err(self.failed(""))
    }
}

/// A file of the record that is being written. Until it is kept, what was there before is there.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: files::NewFile,
    path: PathBuf,
}

impl NewFile {
    /// Adds to its end.
    pub(crate) async fn append(mut self, bytes: Vec<u8>) -> Result<Self, SequencerError> {
        let path = self.path.clone();
        blocking(move || {
            self.file.append(&bytes)?;
            Ok(self)
        })
        .await
        .map_err(failed(path))
    }

    /// Puts it in its place and has it on the disk, its folders included.
    pub(crate) async fn keep(self) -> Result<(), SequencerError> {
        let Self { file, path } = self;
        blocking(move || file.keep()).await.map_err(failed(path))
    }

    /// [`NewFile::keep`], unless the file in its place holds the same; whether it was kept.
    pub(crate) async fn keep_if_other(self) -> Result<bool, SequencerError> {
        let Self { file, path } = self;
        blocking(move || {
            let other = !file.is_there()?;
            if other {
                file.keep()?;
            }
            Ok(other)
        })
        .await
        .map_err(failed(path))
    }
}

fn failed(path: PathBuf) -> impl Fn(io::Error) -> SequencerError {
    move |reason| SequencerError::Folder {
        path: path.clone(),
        reason,
    }
}

/// Whether a file of that path is the sequencer's to remove: of the record's own names, or left by a crash.
pub(crate) fn is_ours(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    ["tile/", "history/", "editions/"]
        .iter()
        .any(|folder| path.starts_with(folder))
        || name.starts_with(UNFINISHED)
}

/// Makes the folders down to `dir`, and has them on the disk.
fn make_folders(root: &Path, dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir)?;
    #[cfg(unix)]
    for parent in dir.ancestors().skip(1) {
        fs::File::open(parent)?.sync_all()?;
        if parent == root {
            break;
        }
    }
    #[cfg(not(unix))]
    let _ = root;
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|e| Err(io::Error::other(e)))
}
