//! A record's files, from a folder or from a URL.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use demur_record::{
    source::{MAX_FILE_BYTES, RecordSource, SourceError},
    tiles::{TileId, TileKind, decode_bundle, encode_bundle},
};

use crate::{
    fail::{Failure, Outcome},
    http::Http,
};

/// How deep a record's folders may lie in each other: `tile/entries/x123/x456/…`.
const MAX_DEPTH: usize = 12;

/// The most files of a folder that are listed.
const MAX_FILES: usize = 4_000_000;

/// How many entries or hashes a full tile has.
const FULL_TILE: u16 = 256;

/// Where a record is read from.
pub(crate) enum Source {
    /// A folder with `checkpoint` in it.
    Folder(Folder),
    /// A URL under which `checkpoint` stands.
    Url(Http),
}

/// A record's folder, which a server may be writing to while it is read.
pub(crate) struct Folder {
    dir: PathBuf,
    /// The checkpoint as it was read first.
    checkpoint: Mutex<Option<Vec<u8>>>,
}

impl Source {
    /// A folder's path, or a URL.
    pub(crate) fn new(place: &str, proxy: Option<&str>) -> Outcome<Self> {
        if place.starts_with("http://") || place.starts_with("https://") {
            return Ok(Self::Url(Http::new(place, proxy)?));
        }
        let dir = PathBuf::from(place);
        if !dir.is_dir() {
            return Err(Failure::input(format!(
                "{place}: no such folder; give a record's folder or its URL"
            )));
        }
        if !dir.join("checkpoint").is_file() {
            return Err(Failure::input(format!(
                "{place}: no file `checkpoint` in it: a record's folder holds checkpoint, tile/ and history/"
            )));
        }
        Ok(Self::Folder(Folder {
            dir,
            checkpoint: Mutex::new(None),
        }))
    }

    /// The folder, if it is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(&folder.dir),
            Self::Url(_) => None,
        }
    }
}

impl RecordSource for Source {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        match self {
            Self::Folder(folder) => folder.read(path).map_err(|e| error(path, &e)),
            Self::Url(http) => http.file(path, MAX_FILE_BYTES).map_err(|e| error(path, &e)),
        }
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        let Self::Folder(folder) = self else {
            return Ok(None);
        };
        let mut files = Vec::new();
        walk(&folder.dir, String::new(), 0, &mut files)?;
        if folder.moved_on() {
            // Tiles of the next checkpoint are there already: the list is not this one's.
            return Ok(None);
        }
        files.sort_unstable();
        Ok(Some(files))
    }
}

impl Folder {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = read_file(&self.dir.join(path))?;
        if bytes.is_none() {
            bytes = self.narrowed(path)?;
        }
        if path == "checkpoint" {
            let mut first = self
                .checkpoint
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            first.clone_from(&bytes);
        }
        Ok(bytes)
    }

    /// Whether the checkpoint is another one than was read.
    fn moved_on(&self) -> bool {
        let first = self
            .checkpoint
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        first.is_some() && read_file(&self.dir.join("checkpoint")).is_ok_and(|now| now != *first)
    }

    /// A partial tile that gave way to a wider one, made from that: a tile's beginning never changes.
    fn narrowed(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(tile) = TileId::parse(path).filter(|tile| !tile.is_full()) else {
            return Ok(None);
        };
        let wider = (tile.width..=FULL_TILE)
            .skip(1)
            .map(|width| TileId { width, ..tile });
        for wider in wider {
            let Some(bytes) = read_file(&self.dir.join(wider.path()))? else {
                continue;
            };
            return Ok(match tile.kind {
                TileKind::Hashes(_) => bytes
                    .get(..usize::from(tile.width) * 32)
                    .map(<[u8]>::to_vec),
                TileKind::Entries => decode_bundle(&bytes, wider.width).ok().and_then(|entries| {
                    encode_bundle(entries.get(..usize::from(tile.width))?).ok()
                }),
            });
        }
        Ok(None)
    }
}

fn read_file(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(meta) if meta.len() > MAX_FILE_BYTES as u64 => Err(io::Error::other(format!(
            "{} bytes; at most {MAX_FILE_BYTES} are read",
            meta.len()
        ))),
        Ok(_) => fs::read(path).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn walk(
    dir: &Path,
    prefix: String,
    depth: usize,
    files: &mut Vec<String>,
) -> Result<(), SourceError> {
    let told = |e: io::Error| error(&prefix, &e);
    if depth > MAX_DEPTH {
        return Err(error(&prefix, &"folders lie deeper than a record's do"));
    }
    for item in fs::read_dir(dir).map_err(told)? {
        let item = item.map_err(told)?;
        // A name that is not UTF-8 is no file of a record; shown with marks, it fails the audit by that name.
        let name = format!("{prefix}{}", item.file_name().to_string_lossy());
        if item.file_type().map_err(told)?.is_dir() {
            walk(&item.path(), format!("{name}/"), depth + 1, files)?;
        } else if files.len() == MAX_FILES {
            return Err(error(&name, &format!("more than {MAX_FILES} files")));
        } else {
            files.push(name);
        }
    }
    Ok(())
}

fn error(path: &str, reason: &impl ToString) -> SourceError {
    SourceError {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
