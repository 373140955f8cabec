//! What a paper was made of, found in it.

use std::ops::Range;

use demur_channel::ResponseFile;
use demur_check::bundle::{HEADER, MAX_BUNDLE_BYTES, Verified};
use demur_encoding::{CanonicalError, canonical};
use krilla::embed::AssociationKind;

use crate::{
    BUNDLE_NAME, PaperError, RESPONSE_NAME, SETTING_NAME, Setting, compose, face::Faces, layout,
    response, write,
};

/// The first line of the attached setting; its canonical JSON is the second.
pub const PAPER_HEADER: &str = "demur-paper/1";

/// The longest setting that is read, in bytes.
const MAX_SETTING: usize = 4096;

/// The first line of the attached response; the canonical JSON of a [`ResponseFile`] is the second.
pub const RESPONSE_HEADER: &str = "demur-response/1";

/// The longest that is read, in bytes: its text has at most 1 MiB, of which JSON may make six times as much.
const MAX_RESPONSE: usize = 8 << 20;

/// What a stream of a PDF ends with.
const STREAM_END: &[u8] = b"\nendstream";

/// The bundle and what else is inside a paper, unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The bundle's file.
    pub bundle: &'a [u8],
    /// What else it was made by.
    pub setting: Setting,
    /// The response, if that is what stands on it.
    pub response: Option<ResponseFile>,
}

impl<'a> Parts<'a> {
    /// Those of a paper of ours, where it has exactly one of each.
    ///
    /// All stand in the file as they are, and are found by their first lines: no PDF is parsed. What is found proves
    /// nothing about the paper, which must be made once more from it.
    #[must_use]
    pub fn of(pdf: &'a [u8]) -> Option<Self> {
        let bundle = attached(pdf, HEADER, MAX_BUNDLE_BYTES).one()?;
        let beside = |first, most| match attached(pdf, first, most) {
            Found::One(range) if bundle.contains(&range.start) => Found::Wrong,
            found => found,
        };
        let setting = beside(PAPER_HEADER, MAX_SETTING).one()?;
        let response = match beside(RESPONSE_HEADER, MAX_RESPONSE) {
            Found::None => None,
            found => Some(found.one()?),
        };
        let json = |range: Range<usize>, first: &str| {
            let line = pdf[range].get(first.len() + 1..)?;
            line.strip_suffix(b"\n")
        };
        let setting = canonical::from_slice(json(setting, PAPER_HEADER)?).ok()?;
        let response = match response {
            Some(range) => Some(ResponseFile::from_slice(json(range, RESPONSE_HEADER)?).ok()?),
            None => None,
        };
        let bundle = &pdf[bundle];
        Some(Self {
            bundle,
            setting,
            response,
        })
    }

    /// The paper that they make; `verified` is what the bundle proves by the log's key alone. The file that they were found in is a paper
    /// if it is this, byte for byte.
    ///
    /// # Errors
    /// If no paper can be made of them: [`PaperError`].
    pub fn make(&self, verified: &Verified) -> Result<Vec<u8>, PaperError> {
        if verified.keys.own_policy {
            return Err(PaperError::OwnPolicy);
        }
        let composed = match &self.response {
            None => compose::memo(verified, &self.setting)?,
            Some(response) => response::compose(verified, response, &self.setting)?,
        };
        let faces = Faces::new();
        let sheets = layout::lay_out(&composed, self.setting.size, &faces)?;
        write::pdf(&composed, &sheets, &faces, self)
    }

    /// What is attached: name, content, what it is.
    pub(crate) fn files(&self) -> Result<Vec<Attached>, PaperError> {
        let failed = |e: CanonicalError| PaperError::Rule(e.to_string());
        let file = |first: &str, json: Vec<u8>| [first.as_bytes(), b"\n", &json, b"\n"].concat();
        let setting = canonical::to_vec(&self.setting).map_err(failed)?;
        let mut files = vec![
            Attached {
                name: BUNDLE_NAME,
                data: self.bundle.to_vec(),
                what: "The bundle that proves what this paper says",
                kind: AssociationKind::Source,
            },
            Attached {
                name: SETTING_NAME,
                data: file(PAPER_HEADER, setting),
                what: "What else this paper was made by",
                kind: AssociationKind::Supplement,
            },
        ];
        if let Some(response) = &self.response {
            files.push(Attached {
                name: RESPONSE_NAME,
                data: file(RESPONSE_HEADER, response.to_vec().map_err(failed)?),
                what: "The response, whose root is in the bundle",
                kind: AssociationKind::Source,
            });
        }
        Ok(files)
    }
}

/// A file in the paper.
pub(crate) struct Attached {
    pub(crate) name: &'static str,
    pub(crate) data: Vec<u8>,
    pub(crate) what: &'static str,
    pub(crate) kind: AssociationKind,
}

/// What was looked for.
enum Found {
    None,
    One(Range<usize>),
    /// Several, or one too long or in a wrong place.
    Wrong,
}

impl Found {
    fn one(self) -> Option<Range<usize>> {
        match self {
            Self::One(range) => Some(range),
            Self::None | Self::Wrong => None,
        }
    }
}

/// Where the stream stands that begins with that line.
fn attached(pdf: &[u8], first: &str, most: usize) -> Found {
    let first = format!("{first}\n");
    let mut starts = find_all(pdf, first.as_bytes());
    let Some(start) = starts.next() else {
        return Found::None;
    };
    if starts.next().is_some() {
        return Found::Wrong;
    }
    match find_all(&pdf[start..], STREAM_END).next() {
        Some(length) if length <= most => Found::One(start..start + length),
        _ => Found::Wrong,
    }
}

fn find_all<'a>(bytes: &'a [u8], what: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let windows = bytes.windows(what.len()).enumerate();
    windows.filter(move |(_, w)| *w == what).map(|(at, _)| at)
}
