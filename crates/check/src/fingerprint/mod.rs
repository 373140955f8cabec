//! Fingerprints: holding a copy against a slow hash that the authors published.
//!
//! For a stranger who has the whole text and no bundle. In scope: the normal form of a text and of a copy
//! (`demur-text/1`, the module `form`), the hash ([`of_memo`]), the search among published ones ([`find`]), the
//! verdict in words ([`FingerprintVerdict`]). Out of scope: the entry and its rules (`demur_record::entry::Fingerprint`).
//! docs/protocol.md, section 11, gives the construction; docs/decisions says why it is slow, and its risk.

mod form;
#[cfg(test)]
mod tests;
mod verdict;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use demur_encoding::Digest;
use demur_memo::Memo;
use demur_record::entry::{COST, Extent, NORMAL_FORM, TextFingerprint};

pub use form::{CopyForms, MAX_READINGS};
pub use verdict::{FingerprintVerdict, RISK, published};

/// The fewest words, head and body together, of a text that may be given a fingerprint by this program: whoever has
/// nearly all of a shorter one would find the rest by trying.
pub const MIN_WORDS: usize = 100;

/// The length of a hash, in bytes.
const HASH_BYTES: usize = 32;

/// Why no fingerprint was computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// Under [`MIN_WORDS`].
    #[error(
        "the text has {0} words: under {MIN_WORDS} a fingerprint would be found by trying, and is not made"
    )]
    TooShort(usize),
    /// The function refused its input.
    #[error("the slow hash can't be computed: {0}")]
    Hash(argon2::Error),
}

/// A fingerprint of the record, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The memo.
    pub memo: Digest,
    /// The number of the version.
    pub version: u32,
    /// The version's hash.
    pub version_hash: Digest,
    /// How many words its body has, as the record says: the nearest are tried first.
    pub words: u32,
    /// What the authors published.
    pub text: TextFingerprint,
}

/// Which fingerprint a copy has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Its place among those that were given.
    pub index: usize,
    /// How much of the copy it covers: the whole copy, or the body of a copy whose head is another.
    pub extent: Extent,
}

/// The fingerprint of a version's text. It takes twice the time of one slow hash.
///
/// # Errors
/// When the body, which has a hash of its own, is shorter than [`MIN_WORDS`].
pub fn of_memo(
    memo: &Memo,
    id: Digest,
    version_hash: Digest,
) -> Result<TextFingerprint, HashError> {
    let forms = form::of_memo(memo);
    if forms.words() < MIN_WORDS {
        return Err(HashError::TooShort(forms.words()));
    }
    let mut hasher = Hasher::new()?;
    let mut digest = |extent| {
        let salt = TextFingerprint::salt(id, version_hash, extent);
        // A memo has one form.
        let form = forms.digests(extent).next().unwrap_or(salt);
        hasher.hash(form, salt)
    };
    Ok(TextFingerprint {
        form: NORMAL_FORM.to_owned(),
        hash: COST,
        whole: digest(Extent::Whole)?,
        body: digest(Extent::Body)?,
    })
}

/// The first of `published` that is a fingerprint of the copy. Those are tried that have about as many words as it, the
/// nearest first; `progress` is told how many of how many were tried.
///
/// A copy with a head is held against the fingerprints of head and body, and, where these differ, of the body
/// alone; one without a head against those of the body.
///
/// # Errors
/// When the hash can't be computed.
pub fn find(
    copy: &CopyForms,
    published: &[Published],
    progress: &dyn Fn(usize, usize),
) -> Result<Option<Match>, HashError> {
    let words = copy.words();
    let mut order: Vec<usize> = { 0..published.len() }
        .filter(|i| about_as_many(words, published[*i].words as usize))
        .collect();
    order.sort_by_key(|i| (published[*i].words as usize).abs_diff(words));
    let mut hasher = Hasher::new()?;
    let mut body_alone = None;
    let count = order.len();
    for (done, index) in order.into_iter().enumerate() {
        progress(done, count);
        let known = &published[index];
        // A form that this program does not know was refused by the audit already.
        if known.text.check().is_err() {
            continue;
        }
        let mut has = |extent: Extent| -> Result<bool, HashError> {
            let salt = TextFingerprint::salt(known.memo, known.version_hash, extent);
            for form in copy.digests(extent) {
                if hasher.hash(form, salt)? == known.text.digest(extent) {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        if copy.has_head() && has(Extent::Whole)? {
            let extent = Extent::Whole;
            return Ok(Some(Match { index, extent }));
        }
        if body_alone.is_none() && has(Extent::Body)? {
            let found = Match {
                index,
                extent: Extent::Body,
            };
            if !copy.has_head() {
                return Ok(Some(found));
            }
            // Another version may have the same body, and this head.
            body_alone = Some(found);
        }
    }
    Ok(body_alone)
}

/// Whether texts of so many words could be one. The record counts a version's words as they are written, list signs and
/// all, and a copy's may be divided at line ends: far less than twice as many, but for short texts.
fn about_as_many(copy: usize, registered: usize) -> bool {
    let (fewer, more) = (copy.min(registered), copy.max(registered));
    more <= fewer.saturating_mul(2).saturating_add(MIN_WORDS)
}

/// The slow hash, with its memory.
struct Hasher {
    argon2: Argon2<'static>,
    memory: Vec<Block>,
}

impl Hasher {
    fn new() -> Result<Self, HashError> {
        let params = Params::new(COST.memory_kib, COST.passes, COST.lanes, Some(HASH_BYTES))
            .map_err(HashError::Hash)?;
        let memory = vec![Block::default(); params.block_count()];
        // The version that COST names.
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Ok(Self { argon2, memory })
    }

    fn hash(&mut self, form: Digest, salt: Digest) -> Result<Digest, HashError> {
        let mut out = [0; HASH_BYTES];
        self.argon2
            .hash_password_into_with_memory(
                form.as_bytes(),
                salt.as_bytes(),
                &mut out,
                &mut self.memory,
            )
            .map_err(HashError::Hash)?;
        Ok(Digest::new(out))
    }
}
