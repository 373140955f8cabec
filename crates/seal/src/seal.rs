//! Sealing to recipients.

use std::io::{self, Write};

use age::armor::{ArmoredWriter, Format};

use crate::{RECIPIENTS_MAX, Recipient};

/// How a sealed file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Form {
    /// Bytes.
    #[default]
    Binary,
    /// Text between `-----BEGIN AGE ENCRYPTED FILE-----` and its end, for mail and paper.
    Armored,
}

/// Why nothing was sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// Nobody could open it.
    #[error("no recipients: nobody could open the file; name at least one")]
    NoRecipients,
    /// Over [`RECIPIENTS_MAX`].
    #[error("{0} recipients; at most {RECIPIENTS_MAX} can be sealed to at once")]
    TooManyRecipients(usize),
    /// The library refused; this does not happen with keys and sizes that this crate allows.
    #[error("sealing failed: {0}")]
    Failed(String),
}

/// Seals `plaintext` so that each of `recipients` can open it, in binary form.
///
/// A recipient that stands twice is sealed to once, so that the file tells the true number.
///
/// # Errors
/// When there are no recipients, or too many.
pub fn seal(recipients: &[Recipient], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    seal_in(Form::Binary, recipients, plaintext)
}

/// [`seal`] in the form wanted.
///
/// # Errors
/// As [`seal`].
pub fn seal_in(
    form: Form,
    recipients: &[Recipient],
    plaintext: &[u8],
) -> Result<Vec<u8>, SealError> {
    if recipients.is_empty() {
        return Err(SealError::NoRecipients);
    }
    if recipients.len() > RECIPIENTS_MAX {
        return Err(SealError::TooManyRecipients(recipients.len()));
    }
    let once = recipients
        .iter()
        .enumerate()
        .filter(|(i, key)| !recipients[..*i].contains(key))
        .map(|(_, key)| key.as_age() as &dyn age::Recipient);
    let encryptor =
        age::Encryptor::with_recipients(once).map_err(|e| SealError::Failed(e.to_string()))?;
    write(encryptor, form, plaintext)
}

pub(crate) fn write(
    encryptor: age::Encryptor,
    form: Form,
    plaintext: &[u8],
) -> Result<Vec<u8>, SealError> {
    let format = match form {
        Form::Binary => Format::Binary,
        Form::Armored => Format::AsciiArmor,
    };
    let into = |mut out: Vec<u8>| -> io::Result<Vec<u8>> {
        let armor = ArmoredWriter::wrap_output(&mut out, format)?;
        let mut writer = encryptor.wrap_output(armor)?;
        writer.write_all(plaintext)?;
        writer.finish()?.finish()?;
        Ok(out)
    };
    into(Vec::new()).map_err(|e| SealError::Failed(e.to_string()))
}
