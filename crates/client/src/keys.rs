//! Secret keys as they lie in a key store, and what is made of them.

use std::fmt;

use demur_encoding::{Bytes, Digest, Time, json_fields};
use demur_record::{
    entry::{Entry, EntryError, FORMAT, KeyState, Keys, Role, verify_signature},
    replay::KeyRing,
};
use demur_seal::{
    ExposeSecret as _, Identity, OpenError, ParseKeyError, Recipient, SealError, SecretString,
};
use ed25519_dalek::{Signer as _, SigningKey};
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::api::SignedRequest;

/// 32 secret bytes: 64 hexadecimal digits in a key store, wiped when dropped.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct Secret([u8; 32]);

impl Secret {
    /// 32 random bytes.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        let secret = Self(bytes);
        bytes.zeroize();
        secret
    }

    /// These bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = Zeroizing::new(Digest::new(self.0).to_string());
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let digest: Digest = text.parse().map_err(D::Error::custom)?;
        Ok(Self(*digest.as_bytes()))
    }
}

/// An Ed25519 key that signs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignKey(Secret);

impl SignKey {
    /// A new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Secret::generate(rng))
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> Digest {
        Digest::new(self.key().verifying_key().to_bytes())
    }

    /// Signs the 32 bytes of a hash.
    #[must_use]
    pub fn sign(&self, hash: Digest) -> Bytes {
        Bytes(self.key().sign(hash.as_ref()).to_bytes().to_vec())
    }

    /// The key in the form of the library.
    #[must_use]
    pub fn key(&self) -> SigningKey {
        SigningKey::from_bytes(self.0.as_bytes())
    }
}

impl fmt::Debug for SignKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignKey({})", self.public().short())
    }
}

/// Whether `signature` is that of the holder of `key` over the 32 bytes of `hash`, strictly.
#[must_use]
pub fn verify(key: Digest, hash: Digest, signature: &Bytes) -> bool {
    verify_signature(hash, key, signature)
}

/// The longest plaintext that is opened, in bytes.
pub const MAX_PLAINTEXT: usize = 32 << 20;

/// Sealing or opening failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealingError {
    /// See there.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// See there.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Not an age recipient.
    #[error(transparent)]
    Key(#[from] ParseKeyError),
}

/// An age identity, `AGE-SECRET-KEY-1…`: opens what is sealed to its recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey(Identity);

impl SealKey {
    /// A new key. `rng` is what its 32 bytes come from.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        let key = Self::from_bytes(bytes);
        bytes.zeroize();
        key
    }

    /// The key with this X25519 secret.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let bytes = Zeroizing::new(bytes);
        // The library reads keys as text only; Bech32 of 32 bytes always is one.
        let text = bech32::encode_upper::<bech32::Bech32>(HRP, bytes.as_slice())
            .expect("32 bytes fit into Bech32");
        let key = Identity::from_secret(&SecretString::from(text));
        Self(key.expect("any 32 bytes are an X25519 secret"))
    }

    /// The public recipient, `age1…`.
    #[must_use]
    pub fn recipient(&self) -> String {
        self.0.to_recipient().to_string()
    }

    /// `AGE-SECRET-KEY-1…`, for a file that stock `age -i` reads.
    #[must_use]
    pub fn to_secret(&self) -> SecretString {
        self.0.to_secret()
    }

    /// Opens an age file, of at most [`MAX_PLAINTEXT`] bytes inside.
    ///
    /// # Errors
    /// When it is not sealed to this key, damaged, or too large.
    pub fn open(&self, sealed: &Bytes) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        Ok(demur_seal::open(
            std::slice::from_ref(&self.0),
            &sealed.0,
            MAX_PLAINTEXT,
        )?)
    }
}

const HRP: bech32::Hrp = bech32::Hrp::parse_unchecked("age-secret-key-");

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey({})", self.recipient())
    }
}

impl Serialize for SealKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.to_secret().expose_secret())
    }
}

impl<'de> Deserialize<'de> for SealKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = SecretString::from(String::deserialize(deserializer)?);
        Identity::from_secret(&text)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// Whether the text is an age recipient.
#[must_use]
pub fn is_recipient(text: &str) -> bool {
    text.parse::<Recipient>().is_ok()
}

/// Seals `plain` to each of `recipients`.
///
/// # Errors
/// When one is not an age recipient, or there are none or too many.
pub fn seal(plain: &[u8], recipients: &[&str]) -> Result<Bytes, SealingError> {
    let recipients: Result<Vec<Recipient>, _> = recipients.iter().map(|r| r.parse()).collect();
    Ok(Bytes(demur_seal::seal(&recipients?, plain)?))
}

/// How many recipients an age file has, by its header.
#[must_use]
pub fn recipient_count(sealed: &Bytes) -> usize {
    let lines = sealed.0.split(|byte| *byte == b'\n');
    // A grease stanza, which age writers may add, is no recipient.
    lines
        .take_while(|l| !l.starts_with(b"---"))
        .filter(|l| l.starts_with(b"-> X25519 "))
        .count()
}

/// The keys of one who acts in the channel: registrar, overseer, office, recovery, a steward's or
/// a principal's account.
#[derive(Debug, Clone, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RoleKeys {
    /// The log's name.
    pub origin: String,
    /// Whose.
    pub role: Role,
    /// A slug; for a principal the identifier in the distribution list.
    pub name: String,
    /// Signs entries and requests.
    pub sign: SignKey,
    /// Opens what is sealed for the role.
    pub seal: SealKey,
}

json_fields!(RoleKeys only { origin, role, name, sign, seal });

impl RoleKeys {
    /// New keys.
    pub fn generate(origin: &str, role: Role, name: &str, rng: &mut impl CryptoRng) -> Self {
        Self {
            origin: origin.to_owned(),
            role,
            name: name.to_owned(),
            sign: SignKey::generate(rng),
            seal: SealKey::generate(rng),
        }
    }

    /// Whether the record has these keys under this role and name: the recipient, and the signing key where it has one. Somebody who put another signing key
    /// into the line on its way would hold the role, and the recipient would still be the own one.
    #[must_use]
    pub fn is_in(&self, ring: &KeyRing) -> bool {
        ring.holder(self.role, &self.name).is_some_and(|active| {
            let signs = active.sign.is_none_or(|sign| sign == self.sign.public());
            signs && active.seal == Some(self.seal.recipient())
        })
    }

    /// The `keys` entry that makes these keys known, unsigned: for the record's first batch, or
    /// to be signed by [`sign_entry`] with the key that may.
    #[must_use]
    pub fn entry(&self) -> Entry {
        Entry::Keys(Keys {
            v: FORMAT,
            role: self.role,
            name: self.name.clone(),
            sign: Some(self.sign.public()),
            seal: Some(self.seal.recipient()),
            vkey: None,
            state: KeyState::Active,
            by: None,
            signature: None,
        })
    }

    /// A request that only these keys' holder may make.
    #[must_use]
    pub fn request(&self, purpose: &str, subject: &str, now: Time) -> SignedRequest {
        signed_request(&self.sign, purpose, subject, now)
    }
}

/// A request that only the holder of `key` may make.
#[must_use]
pub fn signed_request(key: &SignKey, purpose: &str, subject: &str, now: Time) -> SignedRequest {
    SignedRequest {
        purpose: purpose.to_owned(),
        subject: subject.to_owned(),
        time: now,
        key: key.public(),
        signature: key.sign(SignedRequest::signed_hash(purpose, subject, now)),
    }
}

/// Puts `key` and its signature into an entry that is signed by a single key. Entries that are
/// signed by authors or by nobody stay as they are.
///
/// # Errors
/// When the entry has no canonical form within the bounds.
pub fn sign_entry(entry: Entry, key: &SignKey) -> Result<Entry, EntryError> {
    let entry = entry.sign(&key.key())?;
    entry.to_vec()?;
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use demur_record::entry::{Acknowledged, FORMAT};
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

    use super::*;

    fn keys() -> RoleKeys {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        RoleKeys::generate("rivers.example/dissent", Role::Office, "office", &mut rng)
    }

    #[test]
    fn keys_come_back_from_a_key_store_and_show_nothing() {
        let keys = keys();
        let json = serde_json::to_string(&keys).unwrap();
        let again: RoleKeys = serde_json::from_str(&json).unwrap();
        assert_eq!((&again.sign, &again.seal), (&keys.sign, &keys.seal));
        let shown = format!("{keys:?}");
        let secret = keys.seal.to_secret();
        assert!(!shown.contains(secret.expose_secret()));
        assert!(json.contains(secret.expose_secret()));
        let sign = serde_json::to_string(&keys.sign).unwrap();
        assert!(!shown.contains(sign.trim_matches('"')));
        assert_eq!(format!("{:?}", Secret::from_bytes([7; 32])), "Secret(..)");
    }

    #[test]
    fn an_age_key_of_known_bytes() {
        // Read back by the library itself: the text form is Bech32 of just these bytes.
        let key = SealKey::from_bytes([9; 32]);
        let text = key.to_secret();
        assert!(text.expose_secret().starts_with("AGE-SECRET-KEY-1"));
        let again = Identity::from_secret(&text).unwrap();
        assert_eq!(again.to_recipient().to_string(), key.recipient());
        assert_ne!(SealKey::from_bytes([8; 32]).recipient(), key.recipient());
    }

    #[test]
    fn sealing_opening_counting() {
        let (a, b) = (SealKey::from_bytes([1; 32]), SealKey::from_bytes([2; 32]));
        let (to_a, to_b) = (a.recipient(), b.recipient());
        let file = seal(b"text", &[&to_a, &to_b]).unwrap();
        assert_eq!(recipient_count(&file), 2);
        assert_eq!(a.open(&file).unwrap().as_slice(), b"text");
        assert_eq!(b.open(&file).unwrap().as_slice(), b"text");
        let stranger = SealKey::from_bytes([3; 32]);
        assert_eq!(
            stranger.open(&file).unwrap_err(),
            SealingError::Open(OpenError::WrongKey)
        );
        assert!(matches!(
            seal(b"text", &["age1x"]),
            Err(SealingError::Key(_))
        ));
        assert!(matches!(seal(b"text", &[]), Err(SealingError::Seal(_))));
        assert!(is_recipient(&to_a) && !is_recipient(&to_a.to_uppercase()));
    }

    #[test]
    fn signatures_are_by_the_key_over_the_hash() {
        let keys = keys();
        let (by, signature) = (Digest::new([0; 32]), Bytes::default());
        let memo = Digest::new([4; 32]);
        let entry = Entry::Acknowledged(Acknowledged {
            v: FORMAT,
            memo,
            by,
            signature,
        });
        let signed = sign_entry(entry, &keys.sign).unwrap();
        assert!(signed.is_signed());
        let now = Time::from_unix(1_800_000_000);
        let request = keys.request("case", "subject", now);
        let hash = SignedRequest::signed_hash("case", "subject", now);
        assert!(verify(request.key, hash, &request.signature));
        let other = SignedRequest::signed_hash("case", "subject", now.plus(1));
        assert!(!verify(request.key, other, &request.signature));
        assert!(!verify(Digest::new([0; 32]), hash, &request.signature));
        assert!(!verify(request.key, hash, &Bytes(vec![0; 63])));
    }
}
