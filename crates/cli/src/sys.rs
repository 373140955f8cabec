//! The machine: clock, randomness, files. The only places where they are touched.

use std::{
    fs,
    io::Write as _,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use demur_encoding::Time;
use zeroize::Zeroizing;

use crate::fail::{Failure, Outcome};

/// The largest file that a command reads into memory, in bytes.
pub(crate) const MAX_FILE_BYTES: u64 = 256 << 20;

/// Now, by this machine's clock.
pub(crate) fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time::from_unix(since.as_secs())
}

/// The system's randomness.
pub(crate) type Rng = rand_core::UnwrapErr<getrandom::SysRng>;

/// The operating system's random numbers.
pub(crate) fn rng() -> Rng {
    rand_core::UnwrapErr(getrandom::SysRng)
}

/// A file's bytes; the error names it.
pub(crate) fn read(path: &Path) -> Outcome<Vec<u8>> {
    let named = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => Failure::input(format!("{}: no such file", path.display())),
        _ => Failure::outside(format!("{}: {e}", path.display())),
    };
    let metadata = fs::metadata(path).map_err(named)?;
    if metadata.is_dir() {
        let path = path.display();
        return Err(Failure::input(format!("{path}: a folder; name a file")));
    }
    let size = metadata.len();
    if size > MAX_FILE_BYTES {
        let path = path.display();
        return Err(Failure::input(format!(
            "{path}: {size} bytes; at most {MAX_FILE_BYTES} are read"
        )));
    }
    fs::read(path).map_err(named)
}

/// A file's text.
pub(crate) fn read_text(path: &Path) -> Outcome<String> {
    String::from_utf8(read(path)?).map_err(|e| {
        Failure::input(format!(
            "{}: {}: save it as UTF-8",
            path.display(),
            e.utf8_error()
        ))
    })
}

/// Writes a file whole or not at all: a neighbour is written, synced and renamed.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Outcome {
    write_mode(path, bytes, 0o644)
}

/// [`write()`] for a file that only its owner may read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Outcome {
    write_mode(path, bytes, 0o600)
}

fn write_mode(path: &Path, bytes: &[u8], mode: u32) -> Outcome {
    let named = |e: std::io::Error| Failure::outside(format!("{}: {e}", path.display()));
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(dir).map_err(named)?;
    let mut file = tempfile::Builder::new()
        .prefix(".demur-")
        .tempfile_in(dir)
        .map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file()
            .set_permissions(fs::Permissions::from_mode(mode))
            .map_err(named)?;
    }
    #[cfg(not(unix))]
    let _ = mode;
    file.as_file().sync_all().map_err(named)?;
    file.persist(path).map_err(|e| named(e.error))?;
    Ok(())
}

/// Where a passphrase comes from.
#[derive(Clone)]
pub(crate) enum Passphrase {
    /// Asked at the terminal.
    Ask,
    /// Given by the environment or a file.
    Given(Zeroizing<String>),
}

impl Passphrase {
    /// The passphrase; `twice` when a new one is chosen.
    pub(crate) fn reveal(&self, what: &str, twice: bool) -> Outcome<Zeroizing<String>> {
        if let Self::Given(text) = self {
            return Ok(text.clone());
        }
        let ask = |prompt: String| {
            rpassword::prompt_password(prompt)
                .map(Zeroizing::new)
                .map_err(|e| {
                    Failure::input(format!(
                        "no passphrase for {what} ({e}): set DEMUR_PASSPHRASE or --passphrase-file"
                    ))
                })
        };
        let first = ask(format!("Passphrase for {what}: "))?;
        if twice && *ask("The same again: ".to_owned())? != *first {
            return Err(Failure::input(
                "the two passphrases differ; nothing was written",
            ));
        }
        Ok(first)
    }
}
