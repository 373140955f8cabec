//! Key stores: a JSON value in a file sealed under a passphrase.

use std::io;

use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{Form, OpenError, SealError, WorkFactor, open_with_passphrase, seal_with_passphrase};

/// The largest key store that is written or read, in bytes of JSON: 4 MiB.
pub const KEY_STORE_BYTES_MAX: usize = 1 << 22;

/// Why a key store was not written or read. Never holds a part of its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file can't be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The content is not the JSON of a key store, or of another version of one.
    #[error(
        "the key store was opened, but is not of the form that this program reads (line {line}, column {column}); was it written by another version?"
    )]
    Form {
        /// Line of the JSON, from 1; 0 where there is none.
        line: usize,
        /// Column of the JSON.
        column: usize,
    },
    /// The value can't be written as JSON.
    #[error("the value can't be written as JSON")]
    Value,
    /// Over [`KEY_STORE_BYTES_MAX`].
    #[error("the key store would have {0} bytes; at most {KEY_STORE_BYTES_MAX} are written")]
    TooLarge(usize),
}

/// Seals `value` as JSON under a passphrase.
///
/// # Errors
/// When the value is not JSON or too large.
pub fn lock<T: Serialize>(
    value: &T,
    passphrase: &SecretString,
    work_factor: WorkFactor,
) -> Result<Vec<u8>, StoreError> {
    // Written twice, first to measure: a buffer that grows would leave copies in freed memory.
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value).map_err(|_| StoreError::Value)?;
    if count.0 > KEY_STORE_BYTES_MAX {
        return Err(StoreError::TooLarge(count.0));
    }
    let mut json = Zeroizing::new(Vec::with_capacity(count.0));
    serde_json::to_writer(&mut *json, value).map_err(|_| StoreError::Value)?;
    let sealed = seal_with_passphrase(passphrase, work_factor, Form::Binary, &json)?;
    Ok(sealed)
}

/// Opens what [`lock`] sealed.
///
/// # Errors
/// When the passphrase is wrong, the file damaged, or the content not a `T`.
pub fn unlock<T: DeserializeOwned>(
    sealed: &[u8],
    passphrase: &SecretString,
) -> Result<T, StoreError> {
    let json = open_with_passphrase(passphrase, sealed, KEY_STORE_BYTES_MAX)?;
    // The parser's own message may quote the content, which is secret.
    serde_json::from_slice(&json).map_err(|error| StoreError::Form {
        line: error.line(),
        column: error.column(),
    })
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
