//! The log's key file: it holds what signs promises and checkpoints.

use std::path::Path;

use demur_encoding::Bytes;
use demur_record::keys::LogSigner;
use ed25519_dalek::SigningKey;
use serde::Deserialize as _;
use signed_note::StandardSigner;
use zeroize::Zeroizing;

use crate::{
    files::{self, Mode},
    setup::SetupError,
};

/// The largest key file, in bytes.
const MAX_KEY_FILE: u64 = 4_096;

/// Draws a new key for `origin` and writes it to `path` as a C2SP signer key, readable by its owner only.
///
/// # Errors
/// When the origin is no key name, or the file can't be written.
pub(crate) fn create(path: &Path, origin: &str) -> Result<LogSigner, SetupError> {
    let (skey, _) = signed_note::generate_key(&mut rand_core_06::OsRng, origin);
    let skey = Zeroizing::new(skey);
    let signer = parse(path, &skey)?;
    let line = Zeroizing::new(format!("{}\n", *skey));
    files::write(path, line.as_bytes(), Mode::Private).map_err(|e| SetupError::file(path, e))?;
    Ok(signer)
}

/// Reads the key file.
///
/// # Errors
/// When it isn't there, can be read by others, or is not a signer key.
pub(crate) fn load(path: &Path) -> Result<LogSigner, SetupError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(path)
            .map_err(|e| SetupError::file(path, e))?
            .permissions()
            .mode();
        if mode & 0o077 != 0 {
            return Err(SetupError::KeyMode {
                path: path.to_owned(),
                mode: mode & 0o777,
            });
        }
    }
    let bytes =
        Zeroizing::new(files::read(path, MAX_KEY_FILE).map_err(|e| SetupError::file(path, e))?);
    let text = std::str::from_utf8(&bytes).map_err(|e| SetupError::key(path, e))?;
    parse(path, text.strip_suffix('\n').unwrap_or(text))
}

fn parse(path: &Path, skey: &str) -> Result<LogSigner, SetupError> {
    // The library checks form, type and identifier; it does not give the key out, so that is read again here.
    let checked = StandardSigner::new(skey).map_err(|e| SetupError::key(path, e))?;
    let key = signing_key(skey).ok_or_else(|| SetupError::key(path, "not a signer key"))?;
    LogSigner::new(signed_note::Signer::name(&checked), key).map_err(|e| SetupError::key(path, e))
}

fn signing_key(skey: &str) -> Option<SigningKey> {
    // A `+` is a digit of base64 too: the key is all that follows the fourth separator.
    let encoded = skey.splitn(5, '+').nth(4)?;
    let text = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(encoded);
    let typed = Zeroizing::new(Bytes::deserialize(text).ok()?.0);
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(typed.get(1..)?.try_into().ok()?);
    Some(SigningKey::from_bytes(&seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_same_after_reading() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.key");
        for _ in 0..20 {
            let made = create(&path, "rivers.example/dissent").unwrap();
            let read = load(&path).unwrap();
            assert_eq!(made.verifier(), read.verifier());
            assert!(
                made.verifier()
                    .to_string()
                    .starts_with("rivers.example/dissent+")
            );
        }
        assert!(!format!("{:?}", load(&path).unwrap()).contains("PRIVATE"));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.key");
        create(&path, "rivers.example/dissent").unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(load(&path), Err(SetupError::KeyMode { .. })));
    }
}
