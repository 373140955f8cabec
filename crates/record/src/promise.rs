//! Promises: the log's signed word, given after the commit, that the record will hold something by
//! a stated time. Format: docs/protocol.md, section 7.

use demur_encoding::{Digest, Time};
use tlog_tiles::Hash;

use crate::{
    checkpoint::{CheckpointError, OpenNote, sign_text},
    entry::Entry,
    keys::{LogSigner, VerifierKey},
    tiles::leaf_hash,
};

const HEADER: &str = "demur-promise/1";

/// What the record will hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A slot of an opaque entry.
    Opaque(Digest),
    /// An entry, by its leaf hash ([`leaf_hash`]).
    Entry(Digest),
}

/// The log's promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// The log's name.
    pub origin: String,
    /// What the record will hold.
    pub subject: Subject,
    /// By when.
    pub by: Time,
}

/// Why a note is not a promise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PromiseError {
    /// Not a note that the log signed.
    #[error(transparent)]
    Note(#[from] CheckpointError),
    /// The text is not a promise's.
    #[error("not a promise: {0}")]
    Text(&'static str),
}

/// What became of a promise, as far as a record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// The record holds it, and did in time.
    InTime {
        /// The entry's index.
        entry: u64,
        /// The slot, for an opaque one.
        slot: Option<u32>,
    },
    /// The record holds it, but did so only after the promised time.
    Late {
        /// The entry's index.
        entry: u64,
        /// The slot, for an opaque one.
        slot: Option<u32>,
        /// When.
        time: Time,
    },
    /// The record doesn't hold it yet, and need not.
    Waiting,
    /// The record goes beyond the promised time and doesn't hold it: with the promise and a
    /// checkpoint this convicts the log.
    Broken,
}

impl Promise {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        let (word, digest) = match self.subject {
            Subject::Opaque(digest) => ("opaque", digest),
            Subject::Entry(digest) => ("entry", digest),
        };
        format!("{HEADER}\n{}\n{word} {digest}\n{}\n", self.origin, self.by)
    }

    /// The signed note.
    ///
    /// # Errors
    /// When the origin is not the signer's name.
    pub fn sign(&self, signer: &LogSigner) -> Result<String, PromiseError> {
        if signer.verifier().name() != self.origin {
            return Err(PromiseError::Text("the origin is not the signer's"));
        }
        let note = sign_text(&self.text(), &[signer])?;
        String::from_utf8(note).map_err(|_| PromiseError::Text("not UTF-8"))
    }

    /// Opens a promise by the log with `key`. Nothing but the log's signature may stand on it.
    ///
    /// # Errors
    /// When it is not one.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, PromiseError> {
        let opened = OpenNote::open(note.as_bytes(), std::slice::from_ref(key))?;
        if !opened.exact {
            return Err(PromiseError::Text(
                "more than the log's signature stands on it",
            ));
        }
        let promise = Self::from_text(&opened.text)?;
        if promise.origin != key.name() {
            return Err(PromiseError::Text("the origin is not the signer's"));
        }
        Ok(promise)
    }

    fn from_text(text: &str) -> Result<Self, PromiseError> {
        let lines: Vec<_> = text.split('\n').collect();
        let [HEADER, origin, subject, by, ""] = lines[..] else {
            return Err(PromiseError::Text(
                "expected four lines, the first demur-promise/1",
            ));
        };
        let (word, digest) = subject.split_once(' ').ok_or(PromiseError::Text(
            "expected: opaque <hash> or entry <hash>",
        ))?;
        let digest = digest
            .parse()
            .map_err(|_| PromiseError::Text("expected a hash of 64 hexadecimal digits"))?;
        let subject = match word {
            "opaque" => Subject::Opaque(digest),
            "entry" => Subject::Entry(digest),
            _ => return Err(PromiseError::Text("expected opaque or entry")),
        };
        let by = by
            .parse()
            .map_err(|_| PromiseError::Text("expected a time"))?;
        Ok(Self {
            origin: origin.to_owned(),
            subject,
            by,
        })
    }

    /// Looks for what was promised among `entries`: their canonical bytes, each with its index and
    /// the time of the first checkpoint that covers it. `as_of` is the time of the newest
    /// checkpoint. Give all entries that the record got since the promise was made.
    pub fn kept<'a>(
        &self,
        entries: impl IntoIterator<Item = (u64, &'a [u8], Time)>,
        as_of: Time,
    ) -> Kept {
        for (entry, bytes, time) in entries {
            let found = match self.subject {
                Subject::Entry(leaf) => (leaf_hash(bytes) == leaf).then_some(None),
                Subject::Opaque(slot) => match Entry::from_slice(bytes) {
                    Ok(Entry::Opaque(opaque)) => {
                        let place = opaque.slots.iter().position(|other| *other == slot);
                        place.and_then(|place| u32::try_from(place).ok()).map(Some)
                    }
                    _ => None,
                },
            };
            match found {
                Some(slot) if time <= self.by => return Kept::InTime { entry, slot },
                Some(slot) => return Kept::Late { entry, slot, time },
                None => {}
            }
        }
        if as_of > self.by {
            Kept::Broken
        } else {
            Kept::Waiting
        }
    }
}

/// A digest as C2SP formats write hashes: base64.
#[must_use]
pub fn base64_hash(digest: Digest) -> String {
    Hash(*digest.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use demur_encoding::sha256;
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::entry::{FORMAT, Opaque};

    fn signer() -> LogSigner {
        LogSigner::new("rivers.example", SigningKey::from_bytes(&[1; 32])).unwrap()
    }

    fn promise(subject: Subject) -> Promise {
        Promise {
            origin: "rivers.example".to_owned(),
            subject,
            by: Time::from_unix(1000),
        }
    }

    #[test]
    fn opens_what_it_signs_and_no_flipped_bit() {
        for subject in [Subject::Entry, Subject::Opaque] {
            let promise = promise(subject(sha256(b"slot")));
            let note = promise.sign(&signer()).unwrap();
            assert_eq!(Promise::open(&note, signer().verifier()), Ok(promise));
        }
        let promise = promise(Subject::Opaque(sha256(b"slot")));
        let note = promise.sign(&signer()).unwrap();
        for i in 0..note.len() * 8 {
            let mut bad = note.clone().into_bytes();
            bad[i / 8] ^= 1 << (i % 8);
            if let Ok(bad) = String::from_utf8(bad) {
                assert!(Promise::open(&bad, signer().verifier()).is_err(), "bit {i}");
            }
        }
    }

    #[test]
    fn other_notes_of_the_log_are_no_promises() {
        for text in [
            "demur-promise/2\nrivers.example\nentry 00\n1970-01-01T00:16:40Z\n",
            "rivers.example\n1\nAAAA\n",
            "demur-promise/1\nlakes.example\nentry 0000000000000000000000000000000000000000000000000000000000000000\n1970-01-01T00:16:40Z\n",
        ] {
            let note = String::from_utf8(sign_text(text, &[&signer()]).unwrap()).unwrap();
            assert!(matches!(
                Promise::open(&note, signer().verifier()),
                Err(PromiseError::Text(_))
            ));
        }
    }

    #[test]
    fn hashes_are_written_as_c2sp_does() {
        let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(base64_hash(sha256(b"")), empty);
    }

    #[test]
    fn kept_late_waiting_broken() {
        let slot = sha256(b"slot");
        let opaque = |slots| Entry::Opaque(Opaque { v: FORMAT, slots }).to_vec().unwrap();
        let (empty, full) = (opaque(vec![sha256(b"a")]), opaque(vec![sha256(b"a"), slot]));
        let time = Time::from_unix;
        for subject in [Subject::Opaque(slot), Subject::Entry(leaf_hash(&full))] {
            let promise = promise(subject);
            let slot = matches!(subject, Subject::Opaque(_)).then_some(1);
            let kept = |at, as_of| {
                promise.kept(
                    [(4, &empty[..], time(at)), (9, &full[..], time(at))],
                    time(as_of),
                )
            };
            assert_eq!(kept(1000, 1000), Kept::InTime { entry: 9, slot });
            assert_eq!(
                kept(1001, 1001),
                Kept::Late {
                    entry: 9,
                    slot,
                    time: time(1001)
                }
            );
            let kept = |as_of| promise.kept([(4, &empty[..], time(900))], time(as_of));
            assert_eq!(kept(1000), Kept::Waiting);
            assert_eq!(kept(1001), Kept::Broken);
        }
    }
}
