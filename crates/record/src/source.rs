//! Where a record's files come from: a folder, a URL, memory. The shells implement it.

use std::collections::BTreeMap;

/// A place to read a record's files from.
///
/// Paths are those of docs/protocol.md, section 2, with `/` and no leading slash, and are made by
/// this crate alone: digits, lower-case letters, `.` and `/`.
pub trait RecordSource {
    /// The file's bytes; `None` where there is none. Implementations bound what they read by
    /// [`MAX_FILE_BYTES`].
    ///
    /// # Errors
    /// When the file can't be read.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError>;

    /// All files' paths, where the source can know them (a folder); `None` where it can't (a URL).
    ///
    /// # Errors
    /// When the source can't be listed.
    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(None)
    }
}

/// The largest file of a record, in bytes: an
/// edition file. (An entry bundle has at most 16 MiB.)
pub const MAX_FILE_BYTES: usize = demur_signon::roster::MAX_EDITION_BYTES;

/// A file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct SourceError {
    /// Which.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// A record in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryRecord {
    /// Path to content.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl RecordSource for MemoryRecord {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self.files.get(path).cloned())
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(Some(self.files.keys().cloned().collect()))
    }
}
