//! Files that are written whole or not at all.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use demur_encoding::Digest;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

/// How much of a file is in memory while it is hashed or compared, in bytes.
const PART: usize = 64 << 10;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everybody on the machine.
    Public,
    /// Its owner.
    Private,
}

/// Writes a file whole: see [`NewFile`].
pub(crate) fn write(path: &Path, bytes: &[u8], mode: Mode) -> io::Result<()> {
    let mut file = NewFile::begin(path, mode)?;
    file.append(bytes)?;
    file.keep()
}

/// A file that is being written beside the one that it replaces. Dropping it removes it.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: NamedTempFile,
    path: PathBuf,
}

impl NewFile {
    /// An empty neighbour of `path`.
    pub(crate) fn begin(path: &Path, mode: Mode) -> io::Result<Self> {
        let file = tempfile::Builder::new()
            .prefix(".demur-")
            .tempfile_in(folder_of(path))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let bits = match mode {
                Mode::Public => 0o644,
                Mode::Private => 0o600,
            };
            file.as_file()
                .set_permissions(fs::Permissions::from_mode(bits))?;
        }
        #[cfg(not(unix))]
        let _ = mode;
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// Adds to its end.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Whether the file in its place holds the same already; one that can't be read doesn't.
    pub(crate) fn is_there(&self) -> io::Result<bool> {
        let mut own = fs::File::open(self.file.path())?;
        Ok(fs::File::open(&self.path)
            .and_then(|mut there| same(&mut own, &mut there))
            .unwrap_or(false))
    }

    /// Syncs it, renames it to its place, and syncs the folder: after a crash the old file or the new one is there, never a part.
    pub(crate) fn keep(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path).map_err(|e| e.error)?;
        #[cfg(unix)]
        fs::File::open(folder_of(&self.path))?.sync_all()?;
        Ok(())
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

fn same(a: &mut fs::File, b: &mut fs::File) -> io::Result<bool> {
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let (mut of_a, mut of_b) = (Vec::with_capacity(PART), Vec::with_capacity(PART));
    loop {
        of_a.clear();
        of_b.clear();
        let read = a.take(PART as u64).read_to_end(&mut of_a)?;
        b.take(PART as u64).read_to_end(&mut of_b)?;
        if of_a != of_b {
            return Ok(false);
        }
        if read == 0 {
            return Ok(true);
        }
    }
}

/// A small file's bytes; one over `limit` bytes is refused before it is read.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    within(fs::metadata(path)?.len(), limit)?;
    fs::read(path)
}

/// The SHA-256 of a large file, which is never in memory as a whole; one over `limit` bytes is refused before it is read.
pub(crate) fn digest(path: &Path, limit: u64) -> io::Result<Digest> {
    let mut file = fs::File::open(path)?;
    within(file.metadata()?.len(), limit)?;
    let (mut hasher, mut part) = (Sha256::new(), vec![0; PART]);
    loop {
        let read = file.read(&mut part)?;
        match part.get(..read) {
            Some([]) | None => break,
            Some(bytes) => hasher.update(bytes),
        }
    }
    Ok(Digest::new(hasher.finalize().into()))
}

fn within(size: u64, limit: u64) -> io::Result<()> {
    if size > limit {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{size} bytes; at most {limit} are read"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use demur_encoding::sha256;

    use super::*;

    #[test]
    fn a_large_file_is_hashed_in_parts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("program");
        for size in [0, 1, PART - 1, PART, PART + 1, 3 * PART] {
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            fs::write(&path, &bytes).unwrap();
            let most = size as u64;
            assert_eq!(digest(&path, most).unwrap(), sha256(&bytes));
            assert_eq!(size == 0, digest(&path, most.saturating_sub(1)).is_ok());
        }
    }

    #[test]
    fn a_new_file_is_compared_with_the_one_in_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bundle");
        let bytes: Vec<u8> = (0..2 * PART + 1).map(|n| (n % 251) as u8).collect();
        let begun = |bytes: &[u8]| {
            let mut file = NewFile::begin(&path, Mode::Public).unwrap();
            file.append(&bytes[..1]).unwrap();
            file.append(&bytes[1..]).unwrap();
            file
        };
        assert!(!begun(&bytes).is_there().unwrap());
        begun(&bytes).keep().unwrap();
        assert!(begun(&bytes).is_there().unwrap());
        for at in [0, PART - 1, PART, 2 * PART] {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert!(!begun(&other).is_there().unwrap());
        }
        assert!(!begun(&bytes[..2 * PART]).is_there().unwrap());
        // What was not kept is gone.
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}
