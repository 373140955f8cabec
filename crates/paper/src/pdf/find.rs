//! A paper's files in a PDF: they stand in it as they are, so no PDF is parsed.

use std::ops::Range;

use demur_check::bundle::{HEADER, MAX_BUNDLE_BYTES};

use crate::parts::{MAX_RESPONSE, MAX_SETTING, PAPER_HEADER, RESPONSE_HEADER};

/// What a stream of a PDF ends with.
const STREAM_END: &[u8] = b"\nendstream";

/// The files' contents.
pub(crate) struct Files<'a> {
    pub(crate) bundle: &'a [u8],
    pub(crate) setting: &'a [u8],
    pub(crate) response: Option<&'a [u8]>,
}

/// Finds them, where there is exactly one of each.
pub(crate) fn find(pdf: &[u8]) -> Option<Files<'_>> {
    let bundle = attached(pdf, HEADER, MAX_BUNDLE_BYTES).one()?;
    let beside = |first, most| match attached(pdf, first, most) {
        Found::One(range) if bundle.contains(&range.start) => Found::Wrong,
        found => found,
    };
    let setting = beside(PAPER_HEADER, MAX_SETTING).one()?;
    let response = match beside(RESPONSE_HEADER, MAX_RESPONSE) {
        Found::None => None,
        found => Some(&pdf[found.one()?]),
    };
    let (bundle, setting) = (&pdf[bundle], &pdf[setting]);
    Some(Files {
        bundle,
        setting,
        response,
    })
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
