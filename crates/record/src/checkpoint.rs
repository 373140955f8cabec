//! Checkpoints: the signed size and root of the record's tree.
//!
//! Format: [C2SP tlog-checkpoint](https://c2sp.org/tlog-checkpoint), a
//! [signed note](https://c2sp.org/signed-note). In scope: writing, signing, opening with a known
//! key. Which cosignatures are enough is for [`crate::policy`].

use demur_encoding::Digest;
use signed_note::{Note, NoteError, Signature, Signer, VerifierList};
use tlog_tiles::Hash;

use crate::{
    entry::CheckpointRef,
    keys::{Cosigner, LogSigner, VerifierKey},
};

/// The largest file that is read as a checkpoint, in bytes.
pub const MAX_CHECKPOINT_BYTES: usize = 64 * 1024;

/// The most entries a record may have: every JSON reader holds the number exactly.
pub const MAX_TREE_SIZE: u64 = demur_encoding::canonical::MAX_INTEGER;

/// The size and root of a log's tree: the text of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// The number of entries.
    pub size: u64,
    /// The root hash.
    pub hash: Digest,
    /// Lines that follow, each ended by a newline: Demur writes none, and refuses them from its own log.
    pub extension: String,
}

/// Why bytes are not an acceptable checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Longer than [`MAX_CHECKPOINT_BYTES`].
    #[error("a checkpoint of {0} bytes; at most {MAX_CHECKPOINT_BYTES} are read")]
    TooLong(usize),
    /// Not a signed note.
    #[error("not a signed note")]
    Note,
    /// The text is not that of a checkpoint.
    #[error("not a checkpoint: {0}")]
    Text(&'static str),
    /// The origin is another log's.
    #[error("the checkpoint is of {found:?}, expected {expected:?}")]
    Origin {
        /// The name of the key.
        expected: String,
        /// What stands in the checkpoint.
        found: String,
    },
    /// The log's key has not signed it.
    #[error("no signature by {0}")]
    Unsigned(String),
    /// A signature by a known key is wrong.
    #[error("the signature by {0} is wrong")]
    Signature(String),
}

impl Checkpoint {
    /// The checkpoint of the log `origin`.
    #[must_use]
    pub fn new(origin: &str, size: u64, hash: Digest) -> Self {
        Self {
            origin: origin.to_owned(),
            size,
            hash,
            extension: String::new(),
        }
    }

    /// Size and root, as entries name them.
    #[must_use]
    pub const fn reference(&self) -> CheckpointRef {
        CheckpointRef {
            size: self.size,
            hash: self.hash,
        }
    }

    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let hash = Hash(*self.hash.as_bytes());
        format!("{}\n{}\n{hash}\n{}", self.origin, self.size, self.extension)
    }

    /// Reads the text of a checkpoint.
    ///
    /// # Errors
    /// When it is not exactly as [`Self::text`] writes it.
    pub fn from_text(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.splitn(4, '\n');
        let mut line = |what| lines.next().ok_or(CheckpointError::Text(what));
        let origin = line("the origin is missing")?;
        let size = line("the size is missing")?;
        let hash = line("the hash is missing")?;
        let extension = line("the last newline is missing")?;
        if origin.is_empty() {
            return Err(CheckpointError::Text("the origin is empty"));
        }
        let number = parse_decimal(size).filter(|n| *n <= MAX_TREE_SIZE);
        let size = number.ok_or(CheckpointError::Text("the size is not a plain number"))?;
        let hash = Hash::parse_hash(hash)
            .map_err(|_| CheckpointError::Text("the hash is not 32 bytes in base64"))?;
        let whole = extension.is_empty() || extension.ends_with('\n');
        if !whole || extension.starts_with('\n') || extension.contains("\n\n") {
            return Err(CheckpointError::Text("a line is empty or not ended"));
        }
        Ok(Self {
            origin: origin.to_owned(),
            size,
            hash: Digest::new(hash.0),
            extension: extension.to_owned(),
        })
    }

    /// The note with the log's signature.
    ///
    /// # Errors
    /// When the origin is not the key's name, or the text can't be a note's.
    pub fn sign(&self, signer: &LogSigner) -> Result<Vec<u8>, CheckpointError> {
        same_origin(signer.verifier(), self)?;
        sign_text(&self.text(), &[signer])
    }

    /// Opens a note that the log's key has signed. Other signatures are not looked at: a device
    /// uses [`crate::policy::Policy::evaluate`].
    ///
    /// # Errors
    /// When the note is not a checkpoint of that log with a valid signature.
    pub fn open(note: &[u8], key: &VerifierKey) -> Result<Self, CheckpointError> {
        let opened = OpenNote::open(note, std::slice::from_ref(key))?;
        let checkpoint = Self::from_text(&opened.text)?;
        same_origin(key, &checkpoint)?;
        Ok(checkpoint)
    }
}

fn same_origin(key: &VerifierKey, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
    if key.name() == checkpoint.origin {
        Ok(())
    } else {
        Err(CheckpointError::Origin {
            expected: key.name().to_owned(),
            found: checkpoint.origin.clone(),
        })
    }
}

/// Adds cosignatures, the lines of a C2SP tlog-witness answer, to a note; lines by keys that are
/// not among `witnesses` are left out.
///
/// # Errors
/// When `note` or `lines` are malformed, a cosignature by one of `witnesses` is wrong or there is none, or the note would be
/// too long or have more signatures than a note may.
pub fn add_cosignatures(
    note: &[u8],
    lines: &[u8],
    witnesses: &[VerifierKey],
) -> Result<Vec<u8>, CheckpointError> {
    let old = parse_note(note)?;
    let text = std::str::from_utf8(old.text()).map_err(|_| CheckpointError::Note)?;
    // By themselves: how many lines may come does not depend on how many there are.
    let alone = [text.as_bytes(), b"\n", lines].concat();
    let mut new = OpenNote::verified(&alone, witnesses)?;
    let kept = signatures(note, text)?;
    new.retain(|s| {
        !kept
            .iter()
            .any(|k| (k.name(), k.id()) == (s.name(), s.id()))
    });
    let mut bytes = note.to_vec();
    for signature in new {
        bytes.extend(signature.to_bytes());
    }
    // A note has at most 100 signatures: nobody could read it with more.
    parse_note(&bytes)?;
    Ok(bytes)
}

/// One cosignature line over the text of `note`.
///
/// # Errors
/// When `note` is malformed.
pub fn cosign(note: &[u8], cosigner: Cosigner<'_>) -> Result<Vec<u8>, CheckpointError> {
    let note = parse_note(note)?;
    let name = Signer::name(&cosigner).to_owned();
    let signature = cosigner
        .sign(note.text())
        .map_err(|_| CheckpointError::Note)?;
    let line = Signature::new(name, cosigner.key_id(), signature);
    Ok(line.map_err(|_| CheckpointError::Note)?.to_bytes())
}

pub(crate) fn sign_text(text: &str, signers: &[&dyn Signer]) -> Result<Vec<u8>, CheckpointError> {
    let mut note = Note::new(text.as_bytes(), &[]).map_err(|_| CheckpointError::Note)?;
    note.add_sigs(signers).map_err(|_| CheckpointError::Note)?;
    Ok(note.to_bytes())
}

/// Decimal digits without a leading zero.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn parse_note(bytes: &[u8]) -> Result<Note, CheckpointError> {
    if bytes.len() > MAX_CHECKPOINT_BYTES {
        return Err(CheckpointError::TooLong(bytes.len()));
    }
    Note::from_bytes(bytes).map_err(|_| CheckpointError::Note)
}

fn signatures(note: &[u8], text: &str) -> Result<Vec<Signature>, CheckpointError> {
    // `note` was parsed: the text, an empty line, the signature lines.
    let lines = note.get(text.len() + 1..).ok_or(CheckpointError::Note)?;
    let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
    lines
        .split(|byte| *byte == b'\n')
        .map(|line| Signature::from_bytes(line).map_err(|_| CheckpointError::Note))
        .collect()
}

/// A note whose signatures by known keys were verified.
pub(crate) struct OpenNote {
    pub(crate) text: String,
    /// By the known keys, in the note's order, each key once.
    pub(crate) verified: Vec<Signature>,
    /// Whether the note holds nothing but these, each exactly once.
    pub(crate) exact: bool,
}

impl OpenNote {
    /// # Errors
    /// When the bytes are no note, a signature by a known key is wrong, or there is none.
    pub(crate) fn open(bytes: &[u8], known: &[VerifierKey]) -> Result<Self, CheckpointError> {
        let note = parse_note(bytes)?;
        let verified = Self::verified(bytes, known)?;
        let text = std::str::from_utf8(note.text()).map_err(|_| CheckpointError::Note)?;
        let mut exact = format!("{text}\n").into_bytes();
        for signature in &verified {
            exact.extend(signature.to_bytes());
        }
        Ok(Self {
            exact: exact == bytes,
            text: text.to_owned(),
            verified,
        })
    }

    fn verified(bytes: &[u8], known: &[VerifierKey]) -> Result<Vec<Signature>, CheckpointError> {
        let note = parse_note(bytes)?;
        let mut list: Vec<Box<dyn signed_note::Verifier>> = Vec::new();
        for (i, key) in known.iter().enumerate() {
            // The library takes two equal keys for an ambiguity.
            if !known[..i].contains(key) {
                list.push(Box::new(key.clone()));
            }
        }
        match note.verify(&VerifierList::new(list)) {
            Ok((verified, _)) => Ok(verified),
            Err(NoteError::InvalidSignature { name, .. }) => Err(CheckpointError::Signature(name)),
            Err(NoteError::UnverifiedNote) => {
                let names: Vec<_> = known.iter().map(VerifierKey::name).collect();
                Err(CheckpointError::Unsigned(names.join(", ")))
            }
            Err(_) => Err(CheckpointError::Note),
        }
    }
}

#[cfg(test)]
mod tests {
    use demur_encoding::{Time, sha256};
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::keys::WitnessSigner;

    fn signer(seed: u8) -> LogSigner {
        LogSigner::new(
            "rivers.example/dissent",
            SigningKey::from_bytes(&[seed; 32]),
        )
        .unwrap()
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint::new("rivers.example/dissent", 7, sha256(b"root"))
    }

    #[test]
    fn opens_what_it_signs() {
        let note = checkpoint().sign(&signer(1)).unwrap();
        assert_eq!(
            Checkpoint::open(&note, signer(1).verifier()),
            Ok(checkpoint())
        );
        let other = Checkpoint::open(&note, signer(2).verifier());
        assert!(matches!(other, Err(CheckpointError::Unsigned(_))));
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let note = checkpoint().sign(&signer(1)).unwrap();
        for i in 0..note.len() * 8 {
            let mut bad = note.clone();
            bad[i / 8] ^= 1 << (i % 8);
            assert!(
                Checkpoint::open(&bad, signer(1).verifier()).is_err(),
                "bit {i}"
            );
        }
    }

    #[test]
    fn another_log_is_refused() {
        let other = Checkpoint::new("lakes.example", 7, sha256(b"root"));
        assert!(matches!(
            other.sign(&signer(1)),
            Err(CheckpointError::Origin { .. })
        ));
        let note = sign_text(&other.text(), &[&signer(1)]).unwrap();
        let opened = Checkpoint::open(&note, signer(1).verifier());
        assert!(matches!(opened, Err(CheckpointError::Origin { .. })));
    }

    #[test]
    fn texts_are_exact() {
        let text = checkpoint().text();
        assert_eq!(Checkpoint::from_text(&text), Ok(checkpoint()));
        let extended = format!("{text}more\n");
        assert_eq!(Checkpoint::from_text(&extended).unwrap().text(), extended);
        for bad in [
            text.replace("\n7\n", "\n07\n"),
            text.replace("\n7\n", "\n+7\n"),
            text.replace("\n7\n", "\n9007199254740992\n"),
            text.replace("rivers.example/dissent", ""),
            text.trim_end().to_owned(),
            format!("{text}\n"),
            format!("{text}a\n\nb\n"),
            format!("{text}a"),
            String::new(),
        ] {
            assert!(Checkpoint::from_text(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn cosignatures_are_gathered_once_each() {
        let note = checkpoint().sign(&signer(1)).unwrap();
        let witness = WitnessSigner::new("w", SigningKey::from_bytes(&[5; 32])).unwrap();
        let stranger = WitnessSigner::new("x", SigningKey::from_bytes(&[6; 32])).unwrap();
        let known = [witness.verifier().clone()];
        let line = cosign(&note, witness.at(Time::from_unix(100))).unwrap();
        let noise = cosign(&note, stranger.at(Time::from_unix(100))).unwrap();
        let lines = [noise, line.clone()].concat();
        let full = add_cosignatures(&note, &lines, &known).unwrap();
        assert_eq!(full, [note.clone(), line.clone()].concat());
        assert_eq!(add_cosignatures(&full, &line, &known).unwrap(), full);
        let mut bad = line;
        bad[20] ^= 1;
        assert!(add_cosignatures(&note, &bad, &known).is_err());
        let none = Err(CheckpointError::Unsigned("w".to_owned()));
        assert_eq!(add_cosignatures(&full, &noise_of(99, &note), &known), none);
    }

    /// Lines of that many strangers.
    fn noise_of(strangers: u8, note: &[u8]) -> Vec<u8> {
        let line = |n: u8| {
            let key = SigningKey::from_bytes(&[n; 32]);
            let stranger = WitnessSigner::new(&format!("x{n}"), key).unwrap();
            cosign(note, stranger.at(Time::from_unix(100))).unwrap()
        };
        (1..=strangers).flat_map(line).collect()
    }

    /// Found by fuzzing: the same lines were refused the second time, since 100 are the most that a note may have.
    #[test]
    fn as_many_lines_may_come_again_as_came() {
        let note = checkpoint().sign(&signer(1)).unwrap();
        let witness = WitnessSigner::new("w", SigningKey::from_bytes(&[200; 32])).unwrap();
        let known = [witness.verifier().clone()];
        let line = cosign(&note, witness.at(Time::from_unix(100))).unwrap();
        let most = [noise_of(99, &note), line.clone()].concat();
        let full = add_cosignatures(&note, &most, &known).unwrap();
        assert_eq!(full, [note.clone(), line.clone()].concat());
        assert_eq!(add_cosignatures(&full, &most, &known).unwrap(), full);
        let more = [noise_of(100, &note), line.clone()].concat();
        assert_eq!(
            add_cosignatures(&note, &more, &known),
            Err(CheckpointError::Note)
        );
        // A note that could not be read is not made.
        let crowded = [note, noise_of(99, &full)].concat();
        assert_eq!(
            add_cosignatures(&crowded, &line, &known),
            Err(CheckpointError::Note)
        );
    }
}
