//! What a paper was made of, found in it.

use std::ops::Range;

use demur_check::bundle::{HEADER, MAX_BUNDLE_BYTES, Verified};
use demur_encoding::canonical;

use crate::{PaperError, Setting, paper};

/// The first line of the attached setting; its canonical JSON is the second.
pub const PAPER_HEADER: &str = "demur-paper/1";

/// The longest setting that is read, in bytes.
const MAX_SETTING: usize = 4096;

/// What a stream of a PDF ends with.
const STREAM_END: &[u8] = b"\nendstream";

/// The bundle and the setting inside a paper, unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The bundle's file.
    pub bundle: &'a [u8],
    /// What else it was made by.
    pub setting: Setting,
}

impl<'a> Parts<'a> {
    /// Those of a paper of ours, where it has exactly one of each.
    ///
    /// Both stand in the file as they are, and are found by their first lines: no PDF is parsed. What is found proves
    /// nothing about the paper, which must be made once more from it.
    #[must_use]
    pub fn of(pdf: &'a [u8]) -> Option<Self> {
        let bundle = attached(pdf, HEADER, MAX_BUNDLE_BYTES)?;
        let setting = attached(pdf, PAPER_HEADER, MAX_SETTING)?;
        if bundle.contains(&setting.start) {
            return None;
        }
        let (bundle, setting) = (&pdf[bundle], &pdf[setting]);
        let line = setting.get(PAPER_HEADER.len() + 1..)?;
        let setting = canonical::from_slice(line.strip_suffix(b"\n")?).ok()?;
        Some(Self { bundle, setting })
    }

    /// The paper that they make; `verified` is what the bundle proves by the log's key alone. The file that they were found in is a paper
    /// if it is this, byte for byte.
    ///
    /// # Errors
    /// If no paper can be made of them: [`PaperError`].
    pub fn make(&self, verified: &Verified) -> Result<Vec<u8>, PaperError> {
        paper(verified, self.bundle, &self.setting)
    }
}

/// The setting as it is attached.
pub(crate) fn setting_file(setting: &Setting) -> Result<Vec<u8>, PaperError> {
    let json = canonical::to_vec(setting).map_err(|e| PaperError::Rule(e.to_string()))?;
    Ok([PAPER_HEADER.as_bytes(), b"\n", &json, b"\n"].concat())
}

/// Where the stream stands that begins with that line, if there is exactly one.
fn attached(pdf: &[u8], first: &str, most: usize) -> Option<Range<usize>> {
    let first = format!("{first}\n");
    let mut starts = find_all(pdf, first.as_bytes());
    let start = starts.next()?;
    if starts.next().is_some() {
        return None;
    }
    let length = find_all(&pdf[start..], STREAM_END).next()?;
    (length <= most).then(|| start..start + length)
}

fn find_all<'a>(bytes: &'a [u8], what: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let windows = bytes.windows(what.len()).enumerate();
    windows.filter(move |(_, w)| *w == what).map(|(at, _)| at)
}
