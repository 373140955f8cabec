//! The archive of a DOCX (by `zip`): names, sizes, bounded unpacking.

use std::{
    collections::HashSet,
    io::{Cursor, Read as _},
};

use zip::{ZipArchive, result::ZipError};

use crate::{
    ExtractError,
    docx::damaged,
    limits::{MAX_PART, MAX_UNPACKED, MAX_ZIP_ENTRIES},
};

/// The end record's sign, and where in it the count of entries stands (APPNOTE 4.3.16).
const END: &[u8] = b"PK\x05\x06";
const END_COUNT: usize = 10;

pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    /// How many bytes may still be unpacked.
    left: usize,
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, ExtractError> {
        let zip = ZipArchive::new(Cursor::new(bytes))
            .map_err(|e| damaged(format!("its archive: {e}")))?;
        if zip.len() > MAX_ZIP_ENTRIES {
            return Err(ExtractError::Limit {
                what: "too many files in the archive",
                limit: MAX_ZIP_ENTRIES,
            });
        }
        let names: Result<Vec<String>, ZipError> = zip
            .file_names()
            .map(|name| name.map(std::borrow::Cow::into_owned))
            .collect();
        let names = names.map_err(|e| damaged(format!("its archive: {e}")))?;
        let distinct: HashSet<String> =
            names.iter().map(|name| name.to_ascii_lowercase()).collect();
        // The library keeps one of two files with one name; a word processor may take the other.
        if distinct.len() != names.len() || count(bytes).is_some_and(|n| n != names.len()) {
            return Err(damaged("two parts of its archive have one name".to_owned()));
        }
        Ok(Self {
            zip,
            names,
            left: MAX_UNPACKED,
        })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// A part's bytes, `None` where there is none of that name.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, ExtractError> {
        let Some(name) = self
            .names
            .iter()
            .find(|n| n.eq_ignore_ascii_case(name))
            .cloned()
        else {
            return Ok(None);
        };
        let file = match self.zip.by_name(&name) {
            Ok(file) => file,
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => {
                return Err(ExtractError::Encrypted {
                    what: "the document",
                });
            }
            Err(e) => return Err(damaged(format!("{name}: {e}"))),
        };
        let most = self.left.min(MAX_PART);
        let mut bytes = Vec::new();
        file.take(most as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|e| damaged(format!("{name}: {e}")))?;
        if bytes.len() > most {
            return Err(ExtractError::Limit {
                what: "the archive unpacks to too much",
                limit: if most == MAX_PART {
                    MAX_PART
                } else {
                    MAX_UNPACKED
                },
            });
        }
        self.left -= bytes.len();
        Ok(Some(bytes))
    }
}

/// How many entries the archive's end names; `None` where it does not say (ZIP64).
fn count(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(END.len()).rposition(|w| w == END)?;
    let count = bytes.get(at + END_COUNT..at + END_COUNT + 2)?;
    let count = u16::from_le_bytes([count[0], count[1]]);
    (count != u16::MAX).then_some(usize::from(count))
}
