//! Keys of signed notes: the log's and the witnesses'.
//!
//! Formats: [C2SP signed-note](https://c2sp.org/signed-note) for verifier keys and signatures,
//! [C2SP tlog-cosignature](https://c2sp.org/tlog-cosignature) for what witnesses sign.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use demur_encoding::Time;
use ed25519_dalek::{Signature, SignatureError, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use signed_note::{is_key_name_valid, key_id};

/// The longest name of a key, in bytes.
pub const MAX_KEY_NAME: usize = 255;

/// The length of a cosignature: a timestamp of 8 bytes and an Ed25519 signature.
const COSIGNATURE_BYTES: usize = 8 + ed25519_dalek::SIGNATURE_LENGTH;

/// What a key of a signed note signs: the signature type's byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// Ed25519 over the note's text (type 0x01): logs.
    Log,
    /// Ed25519 over a time and the note's text (type 0x04, `cosignature/v1`): witnesses.
    Witness,
}

impl KeyKind {
    const fn byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Witness => 0x04,
        }
    }
}

/// The public key of a log or a witness, written as a C2SP verifier key:
/// `<name>+<key id as 8 hexadecimal digits>+<base64 of type byte and key>`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    key: VerifyingKey,
}

/// The text is not a verifier key that this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseKeyError {
    /// Not of the form `name+id+key`.
    #[error("expected a verifier key such as example.org/log+1a2b3c4d+AW…")]
    Form,
    /// The name is empty, too long, or holds a plus, a space or a control character.
    #[error(
        "the name of a verifier key has 1 to {MAX_KEY_NAME} bytes and no plus, space or control character"
    )]
    Name,
    /// A type of key other than Ed25519 for logs (0x01) and witnesses (0x04).
    #[error("verifier keys of type {0:#04x} are not supported; 0x01 (log) and 0x04 (witness) are")]
    Kind(u8),
    /// Not an Ed25519 public key, or one of small order.
    #[error("not an Ed25519 public key")]
    Key,
    /// The identifier doesn't belong to name and key.
    #[error("the key's identifier should be {0:08x}: a letter was mistyped, or the name changed")]
    Id(u32),
}

impl VerifierKey {
    /// The key `key` under `name`.
    ///
    /// # Errors
    /// When the name can't be a key's name, or the key is of small order.
    pub fn new(name: &str, kind: KeyKind, key: VerifyingKey) -> Result<Self, ParseKeyError> {
        let clean = !name.chars().any(char::is_control);
        if !is_key_name_valid(name) || !clean || name.len() > MAX_KEY_NAME {
            return Err(ParseKeyError::Name);
        }
        if key.is_weak() {
            return Err(ParseKeyError::Key);
        }
        Ok(Self {
            name: name.to_owned(),
            kind,
            key,
        })
    }

    /// The name: a log's origin, or a witness's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the key signs.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The Ed25519 key.
    #[must_use]
    pub const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The first four bytes of SHA-256 over name, newline, type and key.
    #[must_use]
    pub fn id(&self) -> u32 {
        key_id(&self.name, &self.typed())
    }

    fn typed(&self) -> Vec<u8> {
        [&[self.kind.byte()], self.key.as_bytes().as_slice()].concat()
    }

    /// Checks one signature of `text`; for a witness gives the time of its cosignature.
    pub(crate) fn check(&self, text: &[u8], signature: &[u8]) -> Option<Option<Time>> {
        match self.kind {
            KeyKind::Log => {
                let signature = Signature::from_slice(signature).ok()?;
                self.key.verify_strict(text, &signature).ok()?;
                Some(None)
            }
            KeyKind::Witness => {
                if signature.len() != COSIGNATURE_BYTES {
                    return None;
                }
                let (time, signature) = signature.split_first_chunk::<8>()?;
                let time = exact(u64::from_be_bytes(*time))?;
                let signature = Signature::from_slice(signature).ok()?;
                self.key
                    .verify_strict(&cosigned(text, time), &signature)
                    .ok()?;
                Some(Some(time))
            }
        }
    }
}

/// The instant, unless it is later than a [`Time`] can be.
fn exact(seconds: u64) -> Option<Time> {
    Some(Time::from_unix(seconds)).filter(|time| time.unix() == seconds)
}

/// What a witness signs.
fn cosigned(text: &[u8], time: Time) -> Vec<u8> {
    [
        format!("cosignature/v1\ntime {}\n", time.unix()).as_bytes(),
        text,
    ]
    .concat()
}

impl FromStr for VerifierKey {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let (name, rest) = text.split_once('+').ok_or(ParseKeyError::Form)?;
        let (id, typed) = rest.split_once('+').ok_or(ParseKeyError::Form)?;
        let typed = STANDARD.decode(typed).map_err(|_| ParseKeyError::Form)?;
        let (kind, key) = typed.split_first().ok_or(ParseKeyError::Form)?;
        let kind = match kind {
            0x01 => KeyKind::Log,
            0x04 => KeyKind::Witness,
            other => return Err(ParseKeyError::Kind(*other)),
        };
        let key = key.try_into().map_err(|_| ParseKeyError::Key)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| ParseKeyError::Key)?;
        let key = Self::new(name, kind, key)?;
        // One key has one spelling.
        if id == format!("{:08x}", key.id()) {
            Ok(key)
        } else {
            Err(ParseKeyError::Id(key.id()))
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = STANDARD.encode(self.typed());
        write!(f, "{}+{:08x}+{typed}", self.name, self.id())
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for VerifierKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerifierKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl signed_note::Verifier for VerifierKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id()
    }

    fn verify(&self, msg: &[u8], sig: &[u8]) -> bool {
        self.check(msg, sig).is_some()
    }
}

/// The log's signing key under its name, the origin. Debug output shows the public key only.
#[derive(Clone)]
pub struct LogSigner {
    key: SigningKey,
    public: VerifierKey,
}

impl LogSigner {
    /// The key of the log `origin`.
    ///
    /// # Errors
    /// When `origin` can't be a key's name.
    pub fn new(origin: &str, key: SigningKey) -> Result<Self, ParseKeyError> {
        let public = VerifierKey::new(origin, KeyKind::Log, key.verifying_key())?;
        Ok(Self { key, public })
    }

    /// The verifier key.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.public
    }
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LogSigner").field(&self.public).finish()
    }
}

impl signed_note::Signer for LogSigner {
    fn name(&self) -> &str {
        self.public.name()
    }

    fn key_id(&self) -> u32 {
        self.public.id()
    }

    fn sign(&self, msg: &[u8]) -> Result<Vec<u8>, SignatureError> {
        Ok(self.key.try_sign(msg)?.to_vec())
    }
}

/// A witness's signing key under its name. Debug output shows the public key only.
#[derive(Clone)]
pub struct WitnessSigner {
    key: SigningKey,
    public: VerifierKey,
}

impl WitnessSigner {
    /// The key of the witness `name`.
    ///
    /// # Errors
    /// When `name` can't be a key's name.
    pub fn new(name: &str, key: SigningKey) -> Result<Self, ParseKeyError> {
        let public = VerifierKey::new(name, KeyKind::Witness, key.verifying_key())?;
        Ok(Self { key, public })
    }

    /// The verifier key.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.public
    }

    /// The signer at one instant, for a note.
    #[must_use]
    pub const fn at(&self, time: Time) -> Cosigner<'_> {
        Cosigner { signer: self, time }
    }
}

impl fmt::Debug for WitnessSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WitnessSigner").field(&self.public).finish()
    }
}

/// A witness that cosigns at one instant: [`WitnessSigner::at`].
#[derive(Debug, Clone, Copy)]
pub struct Cosigner<'a> {
    signer: &'a WitnessSigner,
    time: Time,
}

impl signed_note::Signer for Cosigner<'_> {
    fn name(&self) -> &str {
        self.signer.public.name()
    }

    fn key_id(&self) -> u32 {
        self.signer.public.id()
    }

    fn sign(&self, msg: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let signature = self.signer.key.try_sign(&cosigned(msg, self.time))?;
        let time = self.time.unix().to_be_bytes();
        Ok([time.as_slice(), &signature.to_bytes()].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    #[test]
    fn a_key_reads_what_it_writes() {
        for kind in [KeyKind::Log, KeyKind::Witness] {
            let vkey = VerifierKey::new("example.org/log", kind, key(1).verifying_key()).unwrap();
            assert_eq!(vkey.to_string().parse(), Ok(vkey));
        }
    }

    #[test]
    fn log_keys_are_those_of_the_library() {
        let public = key(3).verifying_key();
        let ours = VerifierKey::new("example.org/log", KeyKind::Log, public).unwrap();
        let theirs = signed_note::new_ed25519_verifier_key("example.org/log", &public);
        assert_eq!(ours.to_string(), theirs);
    }

    #[test]
    fn kinds_have_other_identifiers() {
        let id = |kind| {
            VerifierKey::new("a", kind, key(1).verifying_key())
                .unwrap()
                .id()
        };
        assert_ne!(id(KeyKind::Log), id(KeyKind::Witness));
    }

    #[test]
    fn refuses_other_spellings() {
        let good = VerifierKey::new("a", KeyKind::Log, key(1).verifying_key())
            .unwrap()
            .to_string();
        for bad in [
            good.to_uppercase(),
            good[1..].to_owned(),
            format!("b{}", &good[1..]),
            format!("{good}="),
            format!("{good}\n"),
            "a+00000000+".to_owned(),
            "a".to_owned(),
            "a+00000000+AgAA".to_owned(),
            format!("a b{}", &good[1..]),
        ] {
            assert!(bad.parse::<VerifierKey>().is_err(), "{bad}");
        }
        let small =
            VerifyingKey::from_bytes(&[1; 32]).map(|k| VerifierKey::new("a", KeyKind::Log, k));
        assert!(!matches!(small, Ok(Ok(k)) if k.key().is_weak()));
    }

    #[test]
    fn a_cosignature_binds_its_time() {
        let signer = WitnessSigner::new("w", key(2)).unwrap();
        let time = Time::from_unix(1_679_315_147);
        let text =
            b"example.com/behind-the-sofa\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let mut sig = signed_note::Signer::sign(&signer.at(time), text).unwrap();
        let public = signer.verifier();
        assert_eq!(public.check(text, &sig), Some(Some(time)));
        sig[7] ^= 1;
        assert_eq!(public.check(text, &sig), None);
        // Not a plain signature of the text, and not a log's.
        assert_eq!(public.check(text, &key(2).sign(text).to_bytes()), None);
    }

    #[test]
    fn a_cosignature_is_over_the_documented_text() {
        let signer = WitnessSigner::new("w", key(2)).unwrap();
        let sig = signed_note::Signer::sign(&signer.at(Time::from_unix(7)), b"t\n").unwrap();
        let plain = key(2).sign(b"cosignature/v1\ntime 7\nt\n").to_bytes();
        assert_eq!(sig, [7u64.to_be_bytes().as_slice(), &plain].concat());
    }

    #[test]
    fn secrets_are_not_shown() {
        let signer = LogSigner::new("a", key(9)).unwrap();
        assert_eq!(
            format!("{signer:?}"),
            format!("LogSigner({})", signer.verifier())
        );
    }
}
