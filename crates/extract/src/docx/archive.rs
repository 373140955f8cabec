//! The archive of a DOCX (by `zip`): names, sizes, bounded unpacking.

use std::{
    collections::HashMap,
    io::{Cursor, Read as _},
};

use zip::{ZipArchive, result::ZipError};

use crate::{
    ExtractError,
    docx::{damaged, package::normal},
    foreign,
    limits::{MAX_PART, MAX_UNPACKED, MAX_ZIP_ENTRIES},
};

/// The end record's sign, and where in it the count of entries stands (APPNOTE 4.3.16).
const END: &[u8] = b"PK\x05\x06";
const END_COUNT: usize = 10;
/// Where the length of its comment stands, and its own length without that.
const END_COMMENT: usize = 20;
const END_LENGTH: usize = 22;

pub(super) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// From a part's normal name to the one that it has.
    names: HashMap<String, String>,
    /// How many bytes may still be unpacked.
    left: usize,
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, ExtractError> {
        // An archive of another kind is told as that, whatever else is wrong with it.
        Self::of(bytes).map_err(|e| match e {
            ExtractError::Damaged { .. } => foreign::archive(bytes).unwrap_or(e),
            other => other,
        })
    }

    fn of(bytes: &'a [u8]) -> Result<Self, ExtractError> {
        // What the library says of it, people can do nothing with.
        let broken = || damaged("it is cut off, or its table of files is broken".to_owned());
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| broken())?;
        if zip.len() > MAX_ZIP_ENTRIES {
            return Err(ExtractError::Limit {
                what: "too many files in the archive",
                limit: MAX_ZIP_ENTRIES,
            });
        }
        // Programs look for the archive's end in different ways: there may be one alone, and nothing after it.
        if !ends_once(bytes) {
            return Err(damaged("its archive has more than one end".to_owned()));
        }
        let names: Result<Vec<String>, ZipError> = zip
            .file_names()
            .map(|name| name.map(std::borrow::Cow::into_owned))
            .collect();
        let names = names.map_err(|_| broken())?;
        let mut distinct = HashMap::new();
        // The library keeps one of two files with one name; a word processor may take the other.
        let mut doubled =
            zip.has_duplicate_names() || count(bytes).is_some_and(|n| n != names.len());
        for name in names.into_iter().filter(|name| !name.ends_with('/')) {
            let normal = normal(&name).ok_or_else(|| damaged(format!("a part is named {name}")))?;
            // A part in pieces (Part 2, 7.2.4): programs put them together or not.
            doubled |= normal.ends_with(".piece");
            doubled |= distinct.insert(normal, name).is_some();
        }
        if doubled {
            return Err(damaged("two parts of its archive have one name".to_owned()));
        }
        Ok(Self {
            zip,
            names: distinct,
            left: MAX_UNPACKED,
        })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// A part's bytes, `None` where there is none of that name.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, ExtractError> {
        let Some(name) = normal(name).and_then(|n| self.names.get(&n)).cloned() else {
            return Ok(None);
        };
        let file = match self.zip.by_name(&name) {
            Ok(file) => file,
            Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => {
                return Err(ExtractError::Encrypted {
                    what: "the document",
                });
            }
            Err(_) => return Err(lost(&name)),
        };
        let most = self.left.min(MAX_PART);
        let mut bytes = Vec::new();
        file.take(most as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| lost(&name))?;
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

/// What is wrong with a part that can't be unpacked.
fn lost(name: &str) -> ExtractError {
    damaged(format!("its part {name} can't be unpacked"))
}

/// Whether the last sign of an end is that of a record that reaches to the file's own end.
fn ends_once(bytes: &[u8]) -> bool {
    let Some(at) = bytes.windows(END.len()).rposition(|w| w == END) else {
        return false;
    };
    let Some(comment) = bytes.get(at + END_COMMENT..at + END_LENGTH) else {
        return false;
    };
    let comment = usize::from(u16::from_le_bytes([comment[0], comment[1]]));
    at + END_LENGTH + comment == bytes.len()
}

/// How many entries the archive's end names; `None` where it does not say (ZIP64).
fn count(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(END.len()).rposition(|w| w == END)?;
    let count = bytes.get(at + END_COUNT..at + END_COUNT + 2)?;
    let count = u16::from_le_bytes([count[0], count[1]]);
    (count != u16::MAX).then_some(usize::from(count))
}
