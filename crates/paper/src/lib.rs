//! A memo as an official paper: a PDF with the bundle that proves it attached inside.
//!
//! In scope: making the paper out of what a bundle proves ([`paper`]), taking out of such a paper what it was made of
//! ([`Parts::of`]), and making it once more to compare ([`Parts::make`]). The same bundle and [`Setting`] give the same bytes, always: that is how
//! a paper is verified (`docs/decisions/0018-paper.md`). Nothing is read from a clock.
//!
//! Out of scope: reading PDFs that others made (`demur-extract`).

mod address;
mod compose;
mod face;
mod layout;
mod list;
mod parts;
mod response;
mod script;
mod write;

use demur_channel::ResponseFile;
use demur_check::bundle::Verified;
use serde::{Deserialize, Serialize};

pub use address::{Address, AddressError, MAX_ADDRESS};
pub use parts::{PAPER_HEADER, Parts, RESPONSE_HEADER};

/// The most pages of a paper.
pub const MAX_PAGES: usize = 2_000;

/// The name of the attached bundle.
pub const BUNDLE_NAME: &str = "memo.demur";

/// The name of the attached setting.
pub const SETTING_NAME: &str = "paper.json";

/// The name of the attached response.
pub const RESPONSE_NAME: &str = "response.json";

/// Why there is no paper.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PaperError {
    /// The bundle was verified under somebody's own policy, whose witnesses may give other times.
    #[error(
        "a paper has the times that the record's own witnesses give: verify the bundle with the log's key alone"
    )]
    OwnPolicy,
    /// The bundle shows nothing of the version that was filed.
    #[error(
        "the bundle shows nothing of version {0}, the one that was filed: make a bundle that shows it"
    )]
    NotShown(u32),
    /// The office did not respond, or otherwise.
    #[error("the response is not the one that the record commits to")]
    Response,
    /// A character that can't be set. A blank is no character.
    #[error("{place}: {c:?} (U+{code:04X}) can't be set on the paper: {why}", code = u32::from(*.c))]
    Character {
        /// Where it stands.
        place: String,
        /// The character.
        c: char,
        /// What about it.
        why: &'static str,
    },
    /// It is too long.
    #[error("the paper would have more than {MAX_PAGES} pages")]
    Pages,
    /// The writer of PDF found a rule of PDF/A-3A broken.
    #[error("no PDF/A could be made of it: {0}")]
    Rule(String),
}

/// The paper's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// What a paper is made by, beside the bundle. It goes inside, too. **The bundle proves nothing of it.**
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Its size.
    pub size: Size,
    /// Where the QR code points: a page that shows the memo's record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub record: Option<Address>,
}

/// The paper of the version that was filed: `bundle` is the file that `verified` came from, by the log's key alone, and
/// goes inside.
///
/// # Errors
/// See [`PaperError`].
pub fn paper(verified: &Verified, bundle: &[u8], setting: &Setting) -> Result<Vec<u8>, PaperError> {
    let (bundle, setting) = (bundle, setting.clone());
    let response = None;
    Parts {
        bundle,
        setting,
        response,
    }
    .make(verified)
}

/// The paper of the office's response, with the bundle and the response inside.
///
/// # Errors
/// See [`PaperError`]; [`PaperError::Response`] if the bundle's record commits to another response, or to none.
pub fn response_paper(
    verified: &Verified,
    bundle: &[u8],
    response: &ResponseFile,
    setting: &Setting,
) -> Result<Vec<u8>, PaperError> {
    let (bundle, setting) = (bundle, setting.clone());
    let response = Some(response.clone());
    Parts {
        bundle,
        setting,
        response,
    }
    .make(verified)
}
