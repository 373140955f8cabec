//! A memo as an official paper: PDF/A-3 with the bundle that proves it attached inside.
//!
//! In scope: making the paper out of what a bundle proves ([`paper`]), and taking the bundle out of such a
//! paper ([`attached`]). The same bundle gives the same bytes, always: a paper is verified by making it once
//! more from the bundle in it and comparing every byte (`docs/decisions/0018-paper.md`). Nothing is read from a clock.
//!
//! Out of scope: reading PDFs that others made (`demur-extract`).

mod compose;
mod face;
mod layout;
mod write;

use demur_check::bundle::{HEADER, MAX_BUNDLE_BYTES, Verified};

/// The most pages of a paper.
pub const MAX_PAGES: usize = 2_000;

/// The name of the attached bundle.
pub const ATTACHED: &str = "memo.demur";

/// What a stream of a PDF ends with.
const STREAM_END: &[u8] = b"\nendstream";

/// Why there is no paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PaperError {
    /// The bundle shows nothing of the version that was filed.
    #[error(
        "the bundle shows nothing of version {0}, the one that was filed: make a bundle that shows it"
    )]
    NotShown(u32),
    /// The typeface has no such character, and a blank is no character.
    #[error("the paper's typeface (DejaVu Serif) has no character for {0:?} (U+{code:04X})", code = u32::from(*.0))]
    Character(char),
    /// It is too long.
    #[error("the paper would have more than {MAX_PAGES} pages")]
    Pages,
    /// The writer of PDF found a rule of PDF/A-3A broken.
    #[error("no PDF/A could be made of it: {0}")]
    Rule(String),
}

/// The paper's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 210 by 297 mm (ISO 216).
    A4,
    /// 8.5 by 11 inches, as offices of the United States print.
    Letter,
}

impl Size {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::A4, Self::Letter];

    /// Width and height in points.
    const fn points(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.276, 841.89),
            Self::Letter => (612.0, 792.0),
        }
    }
}

/// The paper of the version that was filed: `bundle` is the file that `verified` came from, and goes inside.
///
/// # Errors
/// See [`PaperError`].
pub fn paper(verified: &Verified, bundle: &[u8], size: Size) -> Result<Vec<u8>, PaperError> {
    let composed = compose::compose(verified)?;
    let sheets = layout::lay_out(&composed, size)?;
    write::pdf(&composed, &sheets, bundle, size)
}

/// The bundle inside a paper of ours, where there is exactly one, unverified.
///
/// The attachment stands in the file as it is, and it is found by its first line: no PDF is parsed. What is found
/// proves nothing about the paper, which must be made once more from it.
#[must_use]
pub fn attached(pdf: &[u8]) -> Option<&[u8]> {
    let first = format!("{HEADER}\n");
    let mut starts = find_all(pdf, first.as_bytes());
    let start = starts.next()?;
    if starts.next().is_some() {
        return None;
    }
    let rest = &pdf[start..];
    let end = find_all(rest, STREAM_END).next()?;
    (end <= MAX_BUNDLE_BYTES).then(|| &rest[..end])
}

/// The size that the paper was made in, if it is one that this bundle makes, byte for byte.
///
/// # Errors
/// If no paper can be made of the bundle: [`PaperError`].
pub fn made_as(pdf: &[u8], verified: &Verified, bundle: &[u8]) -> Result<Option<Size>, PaperError> {
    for size in Size::ALL {
        if paper(verified, bundle, size)? == pdf {
            return Ok(Some(size));
        }
    }
    Ok(None)
}

fn find_all<'a>(bytes: &'a [u8], what: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let windows = bytes.windows(what.len()).enumerate();
    windows.filter(move |(_, w)| *w == what).map(|(at, _)| at)
}
