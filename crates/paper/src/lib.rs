//! A memo as an official paper: a PDF or a DOCX with the bundle that proves it inside.
//!
//! In scope: making the paper out of what a bundle proves ([`paper`]), taking out of such a paper what it was made of
//! ([`Parts::of`], [`Parts::of_docx`]), and making it once more to compare ([`Parts::make`]). The same bundle, [`Setting`] and [`Form`] give the same
//! bytes, always: that is how a paper is verified (`docs/decisions/0018-paper.md`). Nothing is read from a clock. What another file shows is held
//! against what the paper shows ([`Held`], [`Beside`]).
//!
//! Out of scope: reading what stands on a file's pages (`demur-extract`).

mod address;
mod beside;
mod compose;
mod docx;
mod job;
mod list;
mod parts;
mod pdf;
mod response;
mod script;

use demur_channel::ResponseFile;
use demur_check::bundle::Verified;
use serde::{Deserialize, Serialize};

pub use address::{Address, AddressError, MAX_ADDRESS};
pub use beside::{Beside, Held, Known, WHOLE, settings};
pub use docx::{Difference, NoParts, difference};
pub use job::Job;
pub use parts::{PAPER_HEADER, Parts, RESPONSE_HEADER};

/// The most pages of a PDF. A DOCX has as many as a word processor makes of it.
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
    /// A DOCX would be longer than those that are read.
    #[error(
        "the DOCX would have more than {} bytes, which is more than is read of one: make a PDF of it",
        demur_extract::limits::MAX_FILE
    )]
    Large,
    /// The writer of PDF found a rule of PDF/A-3A broken.
    #[error("no PDF/A could be made of it: {0}")]
    Rule(String),
    /// It could not be written.
    #[error("the paper could not be written: {0}")]
    Write(String),
}

/// What file a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// PDF/A-3, which nobody changes.
    Pdf,
    /// Office Open XML, WordprocessingML, for offices that work in it.
    Docx,
}

impl Form {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Pdf, Self::Docx];

    /// What file begins so; `None` where it is neither. It need not be a paper.
    #[must_use]
    pub fn of(file: &[u8]) -> Option<Self> {
        // ISO 32000-1, 7.5.2; ECMA-376 Part 2, 7.3 (a ZIP archive, whose first part begins it).
        let begins = |sign: &[u8]| file.starts_with(sign);
        match () {
            () if begins(b"%PDF-") => Some(Self::Pdf),
            () if begins(b"PK\x03\x04") => Some(Self::Docx),
            () => None,
        }
    }

    /// For people.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Docx => "DOCX",
        }
    }
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
    /// A page that shows the memo's record: it stands on the paper, on a PDF as a QR code, too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub record: Option<Address>,
}

/// The paper of the version that was filed: `bundle` is the file that `verified` came from, by the log's key alone, and
/// goes inside.
///
/// # Errors
/// See [`PaperError`].
pub fn paper(
    verified: &Verified,
    bundle: &[u8],
    setting: &Setting,
    form: Form,
) -> Result<Vec<u8>, PaperError> {
    let parts = Parts {
        bundle: bundle.into(),
        setting: setting.clone(),
        response: None,
    };
    parts.make(verified, form)
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
    form: Form,
) -> Result<Vec<u8>, PaperError> {
    let parts = Parts {
        bundle: bundle.into(),
        setting: setting.clone(),
        response: Some(response.clone()),
    };
    parts.make(verified, form)
}
