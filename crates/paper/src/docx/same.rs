//! Whether two DOCX papers say the same, and where not.

use std::collections::HashMap;

/// How the text of a DOCX differs from that of the one that its parts make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Paragraphs that it lacks.
    pub missing: Vec<String>,
    /// Paragraphs that it has beside.
    pub added: Vec<String>,
}

/// How `copy` differs from the text of the DOCX whose text is `made`, as `demur-extract` takes both out; `None` where it is the
/// same but for the number of the page and of the pages in the line before the last, which word processors count anew. Where both lists
/// are empty the order differs.
#[must_use]
pub fn difference(made: &str, copy: &str) -> Option<Difference> {
    let (made, copy) = (Paper::of(made), Paper::of(copy));
    if made.is_whole && copy.is_whole && made.paragraphs == copy.paragraphs {
        return None;
    }
    Some(Difference {
        missing: beside(&made, &copy),
        added: beside(&copy, &made),
    })
}

/// A text as it is compared.
struct Paper<'a> {
    paragraphs: Vec<&'a str>,
    /// Whether it ends with a foot that counts pages, whose numbers were left out, and a banner.
    is_whole: bool,
}

impl<'a> Paper<'a> {
    fn of(text: &'a str) -> Self {
        let mut paragraphs: Vec<&str> = text.split("\n\n").collect();
        let mut is_whole = false;
        if let [.., foot, _banner] = &mut paragraphs[..]
            && let Some(line) = uncounted(foot)
        {
            *foot = line;
            is_whole = true;
        }
        Self {
            paragraphs,
            is_whole,
        }
    }
}

/// What a foot's line says before `1 of 1`.
fn uncounted(foot: &str) -> Option<&str> {
    let line = counted(counted(foot)?.strip_suffix(" of ")?)?;
    line.ends_with("\tpage ").then_some(line)
}

/// What stands before the number that it ends with.
fn counted(line: &str) -> Option<&str> {
    let before = line.trim_end_matches(|c: char| c.is_ascii_digit());
    (before.len() < line.len()).then_some(before)
}

/// The paragraphs of one that the other has not, or not so often.
fn beside(one: &Paper<'_>, other: &Paper<'_>) -> Vec<String> {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for paragraph in &other.paragraphs {
        *left.entry(paragraph).or_default() += 1;
    }
    let mut out = Vec::new();
    for paragraph in &one.paragraphs {
        match left.get_mut(paragraph) {
            Some(times) if *times > 0 => *times -= 1,
            _ => out.push((*paragraph).to_owned()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: &str = "U\n\npage 1 of 1\n\nMemo ab, version 2\tpage 1 of 1\n\nU";

    fn with(from: &str, to: &str) -> String {
        assert!(MADE.contains(from));
        MADE.replace(from, to)
    }

    #[test]
    fn page_numbers_alone_may_differ_and_only_in_the_foot() {
        assert_eq!(difference(MADE, MADE), None);
        let again = with("\tpage 1 of 1", "\tpage 12 of 34");
        assert_eq!(difference(MADE, &again), None);
        for other in [
            with("\n\npage 1 of 1", "\n\npage 2 of 2"),
            with("\tpage 1 of 1", "\tpage one of 1"),
            with("\tpage 1 of 1", "\tpage of "),
            with("\tpage 1 of 1", "\tpage 1 of 1."),
            with("\tpage 1 of 1", ""),
            with("version 2", "version 3"),
            with("\n\nU", "\n\nTS"),
            with("U\n\npage", "U\n\nmore\n\npage"),
            with("U\n\npage 1 of 1", "page 1 of 1\n\nU"),
            format!("{MADE}\n\nU"),
            String::new(),
        ] {
            assert!(difference(MADE, &other).is_some(), "{other}");
        }
        assert!(difference("", "").is_some());
    }

    #[test]
    fn what_differs_is_named() {
        let told = |copy: &str| {
            let told = difference(MADE, copy).unwrap();
            (told.missing.join("|"), told.added.join("|"))
        };
        let (missing, added) = ("Memo ab, version 2\tpage ", "Memo ab, version 3\tpage ");
        assert_eq!(
            told(&with("version 2", "version 3")),
            (missing.to_owned(), added.to_owned())
        );
        assert_eq!(told(&with("U\n\npage", "page")), ("U".into(), "".into()));
        assert_eq!(
            told(&with("U\n\npage 1 of 1", "page 1 of 1\n\nU")),
            ("".into(), "".into())
        );
    }
}
