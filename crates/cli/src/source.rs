//! A record's files, from a folder or from a URL.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use demur_record::source::{MAX_FILE_BYTES, RecordSource, SourceError};

use crate::{
    fail::{Failure, Outcome},
    http::Http,
};

/// How deep a record's folders may lie in each other: `tile/entries/x123/x456/…`.
const MAX_DEPTH: usize = 12;

/// The most files of a folder that are listed.
const MAX_FILES: usize = 4_000_000;

/// Where a record is read from.
pub(crate) enum Source {
    /// A folder with `checkpoint` in it.
    Folder(PathBuf),
    /// A URL under which `checkpoint` stands.
    Url(Http),
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
        Ok(Self::Folder(dir))
    }

    /// The folder, if it is one.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(dir) => Some(dir),
            Self::Url(_) => None,
        }
    }
}

impl RecordSource for Source {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        match self {
            Self::Folder(dir) => read_file(&dir.join(path)).map_err(|e| error(path, &e)),
            Self::Url(http) => http.file(path, MAX_FILE_BYTES).map_err(|e| error(path, &e)),
        }
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        let Self::Folder(dir) = self else {
            return Ok(None);
        };
        let mut files = Vec::new();
        walk(dir, String::new(), 0, &mut files)?;
        files.sort_unstable();
        Ok(Some(files))
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
