//! The plaintext that is sealed: a version's seed and text.

use std::fmt;

use demur_encoding::Digest;
use zeroize::Zeroizing;

use crate::{
    Memo, ParseError,
    content::{Content, Counts, Seed},
    marking::Rules,
    text::MAX_TEXT,
};

/// The first line.
const MAGIC: &str = "demur-sealed/1";

/// The longest envelope that is read, in bytes: a memo and its lines before it.
pub const MAX_SEALED: usize = MAX_TEXT + 256;

/// What goes into a version's age file: the version's number, the root of its salts, its text.
///
/// ```text
/// demur-sealed/1
/// version: 2
/// seed: <64 hexadecimal digits>
///
/// +++
/// …
/// ```
///
/// Seed and text are erased when dropped, and `Debug` shows neither.
#[derive(Clone)]
pub struct Sealed {
    version: u32,
    seed: Seed,
    text: Zeroizing<String>,
}

/// Why an envelope can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealedError {
    /// Over [`MAX_SEALED`].
    #[error("the sealed version is longer than {MAX_SEALED} bytes")]
    TooLong,
    /// Not an envelope, or of a later form.
    #[error("not a sealed version: {0}; it may need a newer program")]
    Form(&'static str),
    /// The text is not a memo.
    #[error("the sealed version's text, {0}")]
    Memo(#[from] ParseError),
    /// The text is another than the one that was signed.
    #[error(
        "the sealed version's text is not the one that was signed: its content root or counts differ"
    )]
    Root,
    /// The envelope says another version's number.
    #[error("the sealed file says version {found}, the record says {signed}")]
    Version {
        /// In the envelope.
        found: u32,
        /// In the signed version.
        signed: u32,
    },
}

impl Sealed {
    /// An envelope of a memo's canonical text.
    #[must_use]
    pub fn new(version: u32, seed: Seed, memo: &Memo) -> Self {
        Self {
            version,
            seed,
            text: Zeroizing::new(memo.to_text()),
        }
    }

    /// The number of the version.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The root of its salts.
    #[must_use]
    pub const fn seed(&self) -> &Seed {
        &self.seed
    }

    /// The memo's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The envelope's bytes, to be sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Hexadecimal by hand into one buffer of full size: no copies of the seed left behind.
        let mut out = Zeroizing::new(Vec::with_capacity(self.text.len() + 256));
        out.extend_from_slice(format!("{MAGIC}\nversion: {}\nseed: ", self.version).as_bytes());
        for byte in self.seed.as_bytes() {
            for digit in [byte >> 4, byte & 15] {
                out.push(b"0123456789abcdef"[usize::from(digit)]);
            }
        }
        out.extend_from_slice(b"\n\n");
        out.extend_from_slice(self.text.as_bytes());
        out
    }

    /// Reads an envelope. The text is not looked at: see [`open`](Self::open).
    ///
    /// # Errors
    /// When it is not an envelope.
    pub fn parse(bytes: &[u8]) -> Result<Self, SealedError> {
        if bytes.len() > MAX_SEALED {
            return Err(SealedError::TooLong);
        }
        let form = |why| move || SealedError::Form(why);
        let text = str::from_utf8(bytes).map_err(|_| SealedError::Form("not UTF-8"))?;
        let mut rest = text;
        let mut line = || {
            let (line, after) = rest.split_once('\n')?;
            rest = after;
            Some(line)
        };
        if line() != Some(MAGIC) {
            return Err(SealedError::Form("its first line is not demur-sealed/1"));
        }
        let number = line().and_then(|l| l.strip_prefix("version: "));
        let number = number.ok_or_else(form("it does not say its version"))?;
        let version = number
            .parse()
            .ok()
            .filter(|v: &u32| *v > 0 && v.to_string() == number);
        let version = version.ok_or_else(form("its version is not a number from 1"))?;
        let seed = line().and_then(|l| l.strip_prefix("seed: "));
        let seed = seed.and_then(|s| s.parse::<Digest>().ok());
        let seed = seed.ok_or_else(form("its seed is not 64 hexadecimal digits"))?;
        if line() != Some("") {
            return Err(SealedError::Form("there is no blank line before the memo"));
        }
        Ok(Self {
            version,
            seed: Seed::new(*seed.as_bytes()),
            text: Zeroizing::new(rest.to_owned()),
        })
    }

    /// The memo and its content, if they are what was signed as version `number` with
    /// `content_root` and `counts`.
    ///
    /// # Errors
    /// When they are not, or the text is not a memo under `rules`.
    pub fn open(
        &self,
        rules: &Rules,
        number: u32,
        content_root: Digest,
        counts: Counts,
    ) -> Result<(Memo, Content), SealedError> {
        if self.version != number {
            return Err(SealedError::Version {
                found: self.version,
                signed: number,
            });
        }
        let memo = Memo::parse(&self.text, rules)?;
        let content = Content::new(&memo, self.seed.clone());
        if content.root() != content_root || content.counts() != counts {
            return Err(SealedError::Root);
        }
        Ok((memo, content))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
