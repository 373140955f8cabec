//! The memo as a text file.

use demur_encoding::Digest;

use crate::{
    clean::clean,
    head::{Head, MAX_AUTHORS},
    marking::{self, Marking, MarkingError, Rules},
    portion::{MAX_PORTIONS, Portion, heading},
};

/// The longest memo that is read, in bytes.
pub const MAX_TEXT: usize = 1 << 20;

/// The most words that a memo may have, head and body together.
pub const MAX_WORDS: usize = 100_000;

/// The line before and after the head.
pub(crate) const FENCE: &str = "+++";

/// The lines that [`merge`](crate::merge) leaves around what two authors changed differently.
pub(crate) const CONFLICT_MINE: &str = "<<<<<<< mine";
pub(crate) const CONFLICT_MIDDLE: &str = "=======";
pub(crate) const CONFLICT_THEIRS: &str = ">>>>>>> theirs";

/// A memo: a head, and a body of portions.
///
/// Only [`Memo::parse`] makes one, so that every memo is within the limits, clean, and marked
/// under the rules that it was read with. `Memo::parse(&memo.to_text(), rules)` gives it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memo {
    head: Head,
    portions: Vec<Portion>,
}

/// Why a text is not a memo, and on which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    #[source]
    pub problem: Problem,
}

/// What is wrong with a memo's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Not UTF-8.
    #[error("not UTF-8; save the memo as UTF-8 text")]
    Utf8,
    /// Over [`MAX_TEXT`].
    #[error("the memo is longer than {MAX_TEXT} bytes; shorten it")]
    TooLong,
    /// More than is allowed of something.
    #[error("more than {max} of \"{what}\"; shorten the memo")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are allowed.
        max: usize,
    },
    /// A character that nobody sees.
    #[error("the character U+{:04X} can't be seen and is not allowed; delete it", *.0 as u32)]
    Character(char),
    /// No head.
    #[error("a memo begins with a line +++, its head in TOML, and another line +++")]
    NoHead,
    /// The head is not TOML, or not of the wanted fields.
    #[error("the head: {0}")]
    Toml(String),
    /// An empty text.
    #[error("the {0} is empty; write it or take it out")]
    Empty(String),
    /// Not a date.
    #[error("write the date as \"YYYY-MM-DD\", a day of the calendar")]
    Date,
    /// Not a key.
    #[error("an author's key is 64 lowercase hexadecimal digits; let the program fill it in")]
    AuthorKey,
    /// A key twice.
    #[error("this author's key stands twice; delete one")]
    AuthorTwice,
    /// The threshold does not fit the authors.
    #[error("threshold must be 1 to the number of authors, {authors}")]
    Threshold {
        /// How many authors there are.
        authors: usize,
    },
    /// A gap in the points' numbers.
    #[error("point {found} stands where point {expected} must: number them 1, 2, 3 in order")]
    PointNumber {
        /// The number that stands there.
        found: u32,
        /// The number that must.
        expected: u32,
    },
    /// A point without a marking.
    #[error("point {number} has no marking; give it one, for example marking = \"U\"")]
    PointUnmarked {
        /// Its number.
        number: u32,
    },
    /// A marking that is missing, wrong, or above the ceiling.
    #[error("{what} {problem}")]
    Marking {
        /// What it marks: `the title`, `point 2`, `portion 7`.
        what: String,
        /// Why it is refused.
        problem: MarkingError,
    },
    /// A marking with nothing after it.
    #[error("portion {number} has no text after its marking; write it or delete the block")]
    EmptyPortion {
        /// Its number.
        number: u32,
    },
    /// A heading whose sign follows its marking.
    #[error(
        "portion {number}: the sign of a heading stands before its marking; write {level} ({marking}) and the heading"
    )]
    SignAfterMarking {
        /// Its number.
        number: u32,
        /// The sign, as it stands there.
        level: String,
        /// The marking, in canonical spelling.
        marking: String,
    },
    /// No body.
    #[error("the memo has no text after its head; write at least one paragraph")]
    NoBody,
    /// What a merge left.
    #[error(
        "here are two texts of a merge; keep what is wanted and delete the lines <<<<<<<, ======= and >>>>>>>"
    )]
    Conflict,
}

impl Memo {
    /// Reads a memo under a profile's marking rules.
    ///
    /// Line ends `\r\n` become `\n`, the text becomes NFC, and white space within a block single.
    ///
    /// # Errors
    /// The first problem and its line, among them a marking above the ceiling.
    pub fn parse(text: &str, rules: &Rules) -> Result<Self, ParseError> {
        let fail = |line, problem| ParseError { line, problem };
        if text.len() > MAX_TEXT {
            return Err(fail(1, Problem::TooLong));
        }
        let text = clean(text).map_err(|e| {
            // `clean` counts in the text whose line ends are normalised; so does this.
            let before = text.replace("\r\n", "\n");
            let line = before.bytes().take(e.at).filter(|b| *b == b'\n').count() + 1;
            fail(line, Problem::Character(e.character))
        })?;
        // NFC can lengthen a text, at most threefold.
        if text.len() > MAX_TEXT {
            return Err(fail(1, Problem::TooLong));
        }
        let lines: Vec<&str> = text.split('\n').map(|l| l.trim_end()).collect();
        if let Some(at) = lines.iter().position(|l| is_conflict_line(l)) {
            return Err(fail(at + 1, Problem::Conflict));
        }
        if lines.first() != Some(&FENCE) {
            return Err(fail(1, Problem::NoHead));
        }
        let end = lines
            .iter()
            .skip(1)
            .position(|l| *l == FENCE)
            .map(|i| i + 1);
        let end = end.ok_or_else(|| fail(1, Problem::NoHead))?;
        let source = lines[1..end].join("\n");
        let head = Head::parse(&source, rules).map_err(|(at, problem)| {
            let line = source.bytes().take(at).filter(|b| *b == b'\n').count() + 2;
            fail(line, problem)
        })?;
        let portions = body(&lines, end + 1, rules)?;
        let memo = Self { head, portions };
        if memo.portions.is_empty() {
            return Err(fail(lines.len(), Problem::NoBody));
        }
        if memo.word_count() > MAX_WORDS {
            return Err(fail(
                1,
                Problem::TooMany {
                    what: "words",
                    max: MAX_WORDS,
                },
            ));
        }
        Ok(memo)
    }

    /// [`parse`](Self::parse) from a file's bytes.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and for bytes that are not UTF-8.
    pub fn parse_bytes(bytes: &[u8], rules: &Rules) -> Result<Self, ParseError> {
        if bytes.len() > MAX_TEXT {
            return Err(ParseError {
                line: 1,
                problem: Problem::TooLong,
            });
        }
        let text = str::from_utf8(bytes).map_err(|e| {
            let line = bytes
                .iter()
                .take(e.valid_up_to())
                .filter(|b| **b == b'\n')
                .count()
                + 1;
            ParseError {
                line,
                problem: Problem::Utf8,
            }
        })?;
        Self::parse(text, rules)
    }

    /// The head.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The portions, in order; at least one.
    #[must_use]
    pub fn portions(&self) -> &[Portion] {
        &self.portions
    }

    /// The banner: the roll-up of the markings of title, points and portions.
    #[must_use]
    pub fn banner(&self) -> String {
        marking::banner(self.markings())
    }

    fn markings(&self) -> impl Iterator<Item = &Marking> {
        std::iter::once(&self.head.title_marking)
            .chain(self.head.points.iter().map(|p| &p.marking))
            .chain(self.portions.iter().map(Portion::marking))
    }

    /// The memo with these authors, by their Ed25519 public keys, of whom `threshold` must agree.
    ///
    /// # Errors
    /// When there are none, too many, one stands twice, or the threshold does not fit.
    pub fn with_authors(mut self, authors: Vec<Digest>, threshold: u32) -> Result<Self, Problem> {
        if authors.len() > MAX_AUTHORS {
            return Err(Problem::TooMany {
                what: "authors",
                max: MAX_AUTHORS,
            });
        }
        if threshold == 0 || threshold as usize > authors.len() {
            return Err(Problem::Threshold {
                authors: authors.len(),
            });
        }
        if authors
            .iter()
            .enumerate()
            .any(|(i, a)| authors[..i].contains(a))
        {
            return Err(Problem::AuthorTwice);
        }
        self.head.authors = authors;
        self.head.threshold = threshold;
        Ok(self)
    }

    /// The canonical text: reading it gives the same memo, and equal memos give equal texts.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = format!("{FENCE}\n");
        self.head.write(&mut out);
        out.push_str(FENCE);
        out.push('\n');
        for portion in &self.portions {
            out.push('\n');
            out.push_str(&portion.to_text());
            out.push('\n');
        }
        out
    }

    /// How many words the head's texts and the body have.
    fn word_count(&self) -> usize {
        let words = |t: &str| t.split_whitespace().count();
        let head = &self.head;
        let points = head.points.iter();
        let points =
            points.map(|p| words(&p.policy) + words(&p.argument) + words(&p.recommendation));
        words(&head.title)
            + head.to.iter().map(|t| words(t)).sum::<usize>()
            + points.sum::<usize>()
            + self
                .portions
                .iter()
                .map(|p| p.words().count())
                .sum::<usize>()
            + head.authors.len()
            + 2
    }
}

/// Reads the body, which begins at index `from` of the memo's lines.
fn body(lines: &[&str], from: usize, rules: &Rules) -> Result<Vec<Portion>, ParseError> {
    let mut portions = Vec::new();
    let mut at = from;
    while let Some(line) = lines.get(at) {
        if line.is_empty() {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        // A heading is one line, and begins a new block even without a blank line before it.
        if heading(line.trim_start()).is_none() {
            while lines
                .get(end)
                .is_some_and(|l| !l.is_empty() && heading(l).is_none())
            {
                end += 1;
            }
        }
        // Bounded by MAX_PORTIONS, so that it fits.
        let number = u32::try_from(portions.len() + 1).unwrap_or(u32::MAX);
        if portions.len() == MAX_PORTIONS {
            let problem = Problem::TooMany {
                what: "portions",
                max: MAX_PORTIONS,
            };
            return Err(ParseError {
                line: at + 1,
                problem,
            });
        }
        let portion = Portion::parse(number, at + 1, &lines[at..end], rules)
            .map_err(|(line, problem)| ParseError { line, problem })?;
        portions.push(portion);
        at = end;
    }
    Ok(portions)
}

fn is_conflict_line(line: &str) -> bool {
    line.starts_with("<<<<<<<") || line == CONFLICT_MIDDLE || line.starts_with(CONFLICT_THEIRS)
}
