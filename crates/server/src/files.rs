//! Files that are written whole or not at all.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::Path,
};

use demur_encoding::Digest;
use sha2::{Digest as _, Sha256};

/// How much of a file is in memory while it is hashed, in bytes.
const DIGEST_PART: usize = 64 << 10;

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everybody on the machine.
    Public,
    /// Its owner.
    Private,
}

/// Writes a neighbour, syncs it, renames it to `path`, and syncs the folder: after a crash the old file or the
/// new one is there, never a part.
pub(crate) fn write(path: &Path, bytes: &[u8], mode: Mode) -> io::Result<()> {
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".demur-")
        .tempfile_in(dir)?;
    file.write_all(bytes)?;
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
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    #[cfg(unix)]
    fs::File::open(dir)?.sync_all()?;
    Ok(())
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
    let (mut hasher, mut part) = (Sha256::new(), vec![0; DIGEST_PART]);
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
        for size in [
            0,
            1,
            DIGEST_PART - 1,
            DIGEST_PART,
            DIGEST_PART + 1,
            3 * DIGEST_PART,
        ] {
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            fs::write(&path, &bytes).unwrap();
            let most = size as u64;
            assert_eq!(digest(&path, most).unwrap(), sha256(&bytes));
            assert_eq!(size == 0, digest(&path, most.saturating_sub(1)).is_ok());
        }
    }
}
