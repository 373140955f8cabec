//! Documents out of what people hold: bundles, and memos as text files.

use demur_check::bundle::Verified;
use demur_memo::{Memo, ParseError, Problem, marking::Rules};

use crate::Document;

/// A file is no memo's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Not text.
    #[error("not UTF-8 text (byte {0})")]
    Utf8(usize),
    /// Text, and no memo.
    #[error(transparent)]
    Memo(#[from] ParseError),
}

impl Document {
    /// The versions that a bundle discloses whole.
    #[must_use]
    pub fn of_verified(verified: &Verified) -> Vec<Self> {
        let texts = verified.texts();
        let banners = verified.banners();
        let each = banners.len() == texts.len();
        let banner = |at: usize| {
            let own = banners.get(at).filter(|_| each);
            own.or(banners.last()).map_or("", String::as_str)
        };
        let memo = verified.memo.to_string();
        { texts.into_iter().enumerate() }
            .filter_map(|(at, text)| Self::of_bundle(&memo, text, banner(at)))
            .collect()
    }

    /// A memo's text file. It goes by the file's name (`ferry.v2.md` is version 2 of `ferry`), unless `memo` and `version` say otherwise.
    ///
    /// # Errors
    /// When it is no text, or no memo's.
    pub fn of_file(
        file_name: &str,
        bytes: &[u8],
        memo: Option<&str>,
        version: Option<u32>,
    ) -> Result<Self, SourceError> {
        let text = str::from_utf8(bytes).map_err(|e| SourceError::Utf8(e.valid_up_to()))?;
        let parsed = parse(text)?;
        let (name, numbered) = named(file_name);
        Ok(Self::of_memo(
            memo.unwrap_or(&name),
            version.or(numbered).unwrap_or(1),
            &parsed,
        ))
    }
}

/// A memo under the rules of either scheme and the highest ceiling: whether it was allowed is not asked here.
fn parse(text: &str) -> Result<Memo, ParseError> {
    let rules = |scheme, top| Rules::new(scheme, top, &[""; 0], "refuse");
    let mut first = None;
    for (scheme, top) in [("state", "TS"), ("cui", "CUI")] {
        let Ok(rules) = rules(scheme, top) else {
            continue;
        };
        match Memo::parse(text, &rules) {
            Ok(memo) => return Ok(memo),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or(ParseError {
        line: 1,
        problem: Problem::NoHead,
    }))
}

/// A memo's name and version by its file's name.
fn named(file_name: &str) -> (String, Option<u32>) {
    let stem = { file_name.rsplit_once('.') }.filter(|(stem, _)| !stem.is_empty());
    let stem = stem.map_or(file_name, |(stem, _)| stem);
    let version = stem.rsplit_once(".v").and_then(|(name, number)| {
        let version = number.parse().ok().filter(|n| *n > 0)?;
        (!name.is_empty()).then(|| (name.to_owned(), Some(version)))
    });
    version.unwrap_or_else(|| (stem.to_owned(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        assert_eq!(named("ferry.v2.md"), ("ferry".to_owned(), Some(2)));
        assert_eq!(named("ferry.md"), ("ferry".to_owned(), None));
        assert_eq!(named("ferry"), ("ferry".to_owned(), None));
        assert_eq!(named(".ferry"), (".ferry".to_owned(), None));
        assert_eq!(named("ferry.v0.md"), ("ferry.v0".to_owned(), None));
        assert_eq!(named("ferry.vague.md"), ("ferry.vague".to_owned(), None));
    }
}
