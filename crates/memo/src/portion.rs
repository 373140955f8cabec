//! The body's portions.

use std::fmt;

use crate::{
    clean::single_spaced,
    marking::{Marking, Rules},
    text::Problem,
};

/// The most portions that a memo may have.
pub const MAX_PORTIONS: usize = 4096;

/// The widest indentation of a list item, in spaces, that is kept.
const MAX_INDENT: usize = 16;

/// What kind of block a portion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A heading of level 1 to 6.
    Heading(u8),
    /// A paragraph.
    Paragraph,
    /// A list: all its items are one portion.
    List,
    /// A quotation.
    Quote,
}

impl fmt::Display for Kind {
    /// `heading/2`, `paragraph`, `list` or `quote`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Heading(level) => write!(f, "heading/{level}"),
            Self::Paragraph => f.write_str("paragraph"),
            Self::List => f.write_str("list"),
            Self::Quote => f.write_str("quote"),
        }
    }
}

impl Kind {
    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "paragraph" => Some(Self::Paragraph),
            "list" => Some(Self::List),
            "quote" => Some(Self::Quote),
            _ => match text.strip_prefix("heading/")?.as_bytes() {
                [digit @ b'1'..=b'6'] => Some(Self::Heading(digit - b'0')),
                _ => None,
            },
        }
    }
}

/// One block of the body with its own marking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portion {
    pub(crate) number: u32,
    pub(crate) marking: Marking,
    pub(crate) kind: Kind,
    pub(crate) text: String,
}

impl Portion {
    /// Its place in the body, from 1.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Its marking.
    #[must_use]
    pub const fn marking(&self) -> &Marking {
        &self.marking
    }

    /// What kind of block it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Its text without the marking and without the signs of its kind (`#`, `>`); list items
    /// keep theirs, each on its own line. White space is single.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its words: what stands between white space.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split_whitespace()
    }

    /// Whether the two say the same in the same form, wherever they stand.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.kind == other.kind && self.marking == other.marking && self.text == other.text
    }

    /// The block as it stands in a memo, without a line end.
    #[must_use]
    pub fn to_text(&self) -> String {
        let marking = &self.marking;
        match self.kind {
            Kind::Paragraph => format!("({marking}) {}", self.text),
            Kind::Heading(level) => {
                format!("{} ({marking}) {}", "#".repeat(level.into()), self.text)
            }
            Kind::Quote => format!("({marking}) {}", self.text)
                .lines()
                .map(|line| format!("> {line}"))
                .collect::<Vec<_>>()
                .join("\n"),
            Kind::List => {
                // The text of a list begins with an item's sign: `list_text` put it there.
                let (sign, rest) = split_sign(&self.text).unwrap_or(("-", &self.text));
                let gap = if rest.is_empty() || rest.starts_with('\n') {
                    ""
                } else {
                    " "
                };
                format!("{sign} ({marking}){gap}{rest}")
            }
        }
    }

    /// Reads a block from its lines (at least one, none blank), which begin at line `line`.
    pub(crate) fn parse(
        number: u32,
        line: usize,
        lines: &[&str],
        rules: &Rules,
    ) -> Result<Self, (usize, Problem)> {
        let mut lines = lines.to_vec();
        if let Some(first) = lines.first_mut() {
            *first = first.trim_start();
        }
        let first = lines.first().copied().unwrap_or_default();
        let (kind, sign, lines) = if let Some((level, rest)) = heading(first) {
            (Kind::Heading(level), "", vec![rest])
        } else if first.starts_with('>') {
            let strip = |line: &&str| -> String {
                let rest = line.strip_prefix('>').unwrap_or(line);
                rest.strip_prefix(' ').unwrap_or(rest).to_owned()
            };
            let stripped: Vec<String> = lines.iter().map(strip).collect();
            let refs: Vec<&str> = stripped.iter().map(String::as_str).collect();
            return Self::finish(number, line, Kind::Quote, "", &refs, rules);
        } else if let Some((sign, rest)) = split_sign(first) {
            if let Some(first) = lines.first_mut() {
                *first = rest;
            }
            (Kind::List, sign, lines)
        } else {
            (Kind::Paragraph, "", lines)
        };
        Self::finish(number, line, kind, sign, &lines, rules)
    }

    fn finish(
        number: u32,
        line: usize,
        kind: Kind,
        sign: &str,
        lines: &[&str],
        rules: &Rules,
    ) -> Result<Self, (usize, Problem)> {
        let at = |problem| (line, problem);
        let (first, others) = lines.split_first().map_or(("", lines), |(f, o)| (*f, o));
        let (marking, rest) = rules.leading(first.trim_start()).map_err(|problem| {
            at(Problem::Marking {
                what: format!("portion {number}"),
                problem,
            })
        })?;
        let mut text = fold_lines(rest, others);
        if kind == Kind::List {
            text = match (text.is_empty(), text.starts_with('\n')) {
                (true, _) => sign.to_owned(),
                (_, true) => format!("{sign}{text}"),
                _ => format!("{sign} {text}"),
            };
        } else {
            text = text.trim_start().to_owned();
        }
        if text.is_empty() {
            return Err(at(Problem::EmptyPortion { number }));
        }
        // `(U) # Summary` would be a paragraph that begins with `#`: nobody means that.
        if kind == Kind::Paragraph
            && let Some((level, _)) = heading(&text)
        {
            return Err(at(Problem::SignAfterMarking {
                number,
                level: "#".repeat(usize::from(level)),
                marking: marking.to_string(),
            }));
        }
        Ok(Self {
            number,
            marking,
            kind,
            text,
        })
    }
}

/// Joins a block's lines: those that begin a list item stay lines, all others run on.
fn fold_lines(first: &str, others: &[&str]) -> String {
    let mut text = single_spaced(first);
    for line in others {
        let item = line.trim_start();
        let flat = single_spaced(item);
        if split_sign(&flat).is_some() {
            let spaces: usize = line[..line.len() - item.len()]
                .chars()
                .map(|c| if c == '\t' { 4 } else { 1 })
                .sum();
            text.push('\n');
            text.push_str(&" ".repeat(spaces.min(MAX_INDENT)));
        } else if !text.is_empty() && !flat.is_empty() {
            text.push(' ');
        }
        text.push_str(&flat);
    }
    text
}

/// The level and the rest of a heading line.
pub(crate) fn heading(line: &str) -> Option<(u8, &str)> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    let level = u8::try_from(level).ok().filter(|l| (1..=6).contains(l))?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| (level, rest.trim_start()))
}

/// The sign of a list item (`-`, `*`, `+`, `1.`, `1)`) and what follows it.
fn split_sign(line: &str) -> Option<(&str, &str)> {
    let end = match line.as_bytes().first()? {
        b'-' | b'*' | b'+' => 1,
        b'0'..=b'9' => {
            let digits = line.bytes().take_while(u8::is_ascii_digit).count();
            // CommonMark's bound; without one a telegram's long serial number would be an item.
            if digits > 9 || !matches!(line.as_bytes().get(digits), Some(b'.' | b')')) {
                return None;
            }
            digits + 1
        }
        _ => return None,
    };
    let (sign, rest) = line.split_at(end);
    if rest.is_empty() || rest.starts_with('\n') {
        return Some((sign, rest));
    }
    rest.strip_prefix([' ', '\t'])
        .map(|rest| (sign, rest.trim_start_matches([' ', '\t'])))
}
