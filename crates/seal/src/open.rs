//! Opening sealed files, which may be hostile.

use std::{borrow::Cow, io::Read};

use age::{DecryptError, Decryptor, armor::ArmoredReader};
use zeroize::Zeroizing;

use crate::{Identity, PLAINTEXT_BYTES_MAX, RECIPIENTS_MAX};

/// Why a file was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is sealed to other keys (or the part that names them was damaged: the two can't be told
    /// apart).
    #[error("the file is not sealed to any of the keys given; use the key of one of its readers")]
    WrongKey,
    /// The passphrase does not open it.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// It is sealed under a passphrase, and a key was given.
    #[error("the file is sealed under a passphrase, not to a key; give the passphrase")]
    NeedsPassphrase,
    /// It is sealed to keys, and a passphrase was given.
    #[error("the file is sealed to keys, not under a passphrase; give the key of a reader")]
    NeedsKey,
    /// It was altered or cut short on its way, or its end is missing.
    #[error("the file is damaged: it was altered or cut short; fetch it again")]
    Damaged,
    /// Not an age file.
    #[error("not a sealed file: it does not begin as an age file does")]
    NotSealed,
    /// What is inside is larger than what the caller expects.
    #[error("what the file holds is larger than {0} bytes, the most that is expected here")]
    TooLarge(usize),
    /// Over [`RECIPIENTS_MAX`].
    #[error("the file names over {RECIPIENTS_MAX} recipients; it was not made by this system")]
    TooManyRecipients,
    /// Opening it would take more work than is accepted.
    #[error(
        "opening the file would take scrypt work factor {required}; at most {accepted} is accepted"
    )]
    TooMuchWork {
        /// What the file demands: log2 of scrypt's N.
        required: u8,
        /// What is accepted.
        accepted: u8,
    },
}

/// Opens a file, armored or binary, that is sealed to one of `identities`.
///
/// At most `max_plaintext` bytes are accepted, and never more than [`PLAINTEXT_BYTES_MAX`]. Nothing is
/// returned unless all of it is authentic.
///
/// # Errors
/// When the file is not sealed to these keys, damaged, or too large.
pub fn open(
    identities: &[Identity],
    sealed: &[u8],
    max_plaintext: usize,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let raw = dearmor(sealed)?;
    let decryptor = start(&raw)?;
    if decryptor.is_scrypt() {
        return Err(OpenError::NeedsPassphrase);
    }
    let keys = identities
        .iter()
        .map(|key| key.as_age() as &dyn age::Identity);
    let reader = decryptor.decrypt(keys).map_err(|error| match error {
        DecryptError::NoMatchingKeys => OpenError::WrongKey,
        other => header_error(&other),
    })?;
    read_all(reader, raw.len(), max_plaintext)
}

/// The binary form. Its size is at most that of the input.
pub(crate) fn dearmor(sealed: &[u8]) -> Result<Cow<'_, [u8]>, OpenError> {
    if !sealed.trim_ascii_start().starts_with(b"-----BEGIN AGE") {
        return Ok(Cow::Borrowed(sealed));
    }
    let mut raw = Vec::with_capacity(sealed.len());
    ArmoredReader::new(sealed)
        .read_to_end(&mut raw)
        .map_err(|_| OpenError::Damaged)?;
    Ok(Cow::Owned(raw))
}

/// Reads the header, after a look at its size: each recipient costs work with each key.
pub(crate) fn start(raw: &[u8]) -> Result<Decryptor<&[u8]>, OpenError> {
    if !raw.starts_with(b"age-encryption.org/") {
        return Err(OpenError::NotSealed);
    }
    let recipients = raw
        .split(|byte| *byte == b'\n')
        .take_while(|line| !line.starts_with(b"---"))
        .filter(|line| line.starts_with(b"-> "));
    if recipients.take(RECIPIENTS_MAX + 1).count() > RECIPIENTS_MAX {
        return Err(OpenError::TooManyRecipients);
    }
    Decryptor::new_buffered(raw).map_err(|error| header_error(&error))
}

pub(crate) const fn header_error(error: &DecryptError) -> OpenError {
    match error {
        DecryptError::UnknownFormat => OpenError::NotSealed,
        _ => OpenError::Damaged,
    }
}

/// Reads to the end, which authenticates the whole. The buffer is never reallocated, so that no copy
/// of the plaintext stays behind in freed memory.
pub(crate) fn read_all(
    mut reader: impl Read,
    sealed_bytes: usize,
    max_plaintext: usize,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let most = max_plaintext.min(PLAINTEXT_BYTES_MAX);
    // One byte more, to see that there is more; a plaintext is never larger than its file.
    let mut buffer = Zeroizing::new(vec![0; sealed_bytes.min(most + 1)]);
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(_) => return Err(OpenError::Damaged),
        }
    }
    if filled > most {
        return Err(OpenError::TooLarge(most));
    }
    // A buffer that was filled exactly has not seen the end yet.
    if filled == buffer.len() {
        match reader.read(&mut [0; 1]) {
            Ok(0) => {}
            Ok(_) => return Err(OpenError::TooLarge(most)),
            Err(_) => return Err(OpenError::Damaged),
        }
    }
    buffer.truncate(filled);
    Ok(buffer)
}
