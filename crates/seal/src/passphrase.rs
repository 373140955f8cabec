//! Sealing under a passphrase.

use age::{DecryptError, Encryptor, scrypt};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::{
    OpenError, SealError,
    open::{dearmor, header_error, read_all, start},
    seal::{Form, write},
};

/// scrypt's work factor: log2 of N, with r = 8 and p = 1. Opening takes N KiB of memory and time in
/// proportion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkFactor(u8);

/// Not an accepted work factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("work factor {0}: give 1 to {max}", max = WorkFactor::MAX.0)]
pub struct WorkFactorError(u8);

impl WorkFactor {
    /// What people's key stores are sealed with: 128 MiB, about 0.4 seconds on a machine of 2026.
    pub const NATIVE: Self = Self(17);

    /// The highest that is made or opened: 256 MiB. A hostile file can cost no more than that.
    pub const MAX: Self = Self(18);

    /// For tests only: milliseconds, no protection against guessing.
    pub const FAST: Self = Self(4);

    /// The work factor `log2_n`.
    ///
    /// # Errors
    /// When it is 0 or above [`MAX`](Self::MAX).
    pub const fn new(log2_n: u8) -> Result<Self, WorkFactorError> {
        if log2_n == 0 || log2_n > Self::MAX.0 {
            Err(WorkFactorError(log2_n))
        } else {
            Ok(Self(log2_n))
        }
    }

    /// log2 of N.
    #[must_use]
    pub const fn log2_n(self) -> u8 {
        self.0
    }
}

impl Default for WorkFactor {
    fn default() -> Self {
        Self::NATIVE
    }
}

/// Seals `plaintext` under a passphrase.
///
/// # Errors
/// Only if the library fails.
pub fn seal_with_passphrase(
    passphrase: &SecretString,
    work_factor: WorkFactor,
    form: Form,
    plaintext: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(work_factor.0);
    let only = std::iter::once(&recipient as &dyn age::Recipient);
    let encryptor =
        Encryptor::with_recipients(only).map_err(|e| SealError::Failed(e.to_string()))?;
    write(encryptor, form, plaintext)
}

/// Opens a file, armored or binary, that is sealed under a passphrase, with at most
/// [`WorkFactor::MAX`] of work.
///
/// # Errors
/// When the passphrase is wrong, the file damaged, too large, or too much work.
pub fn open_with_passphrase(
    passphrase: &SecretString,
    sealed: &[u8],
    max_plaintext: usize,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let raw = dearmor(sealed)?;
    let decryptor = start(&raw)?;
    if !decryptor.is_scrypt() {
        return Err(OpenError::NeedsKey);
    }
    let mut identity = scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(WorkFactor::MAX.0);
    let only = std::iter::once(&identity as &dyn age::Identity);
    let reader = decryptor.decrypt(only).map_err(|error| match error {
        DecryptError::NoMatchingKeys
        | DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed => OpenError::WrongPassphrase,
        DecryptError::ExcessiveWork { required, .. } => OpenError::TooMuchWork {
            required,
            accepted: WorkFactor::MAX.0,
        },
        other => header_error(&other),
    })?;
    read_all(reader, raw.len(), max_plaintext)
}
