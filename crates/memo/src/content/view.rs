//! What an opened disclosure shows.

use std::fmt;

use super::{Label, PartName};
use crate::Kind;

/// What a disclosure shows, proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosed {
    pub(super) head: Vec<Field>,
    pub(super) portions: Vec<Portion>,
}

/// One text of the head, shown or hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Which.
    pub label: Label,
    /// Its marking, without parentheses: empty where it has none, `None` where it is hidden.
    pub marking: Option<String>,
    /// Its words.
    pub runs: Vec<Run>,
}

/// One portion, shown or hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portion {
    /// Its place in the body, from 1.
    pub number: u32,
    /// What kind of block.
    pub kind: Kind,
    /// Its marking, without parentheses; `None` where it is hidden.
    pub marking: Option<String>,
    /// Its words.
    pub runs: Vec<Run>,
}

/// Some words on end. Two runs beside each other are never both shown or both hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// The words, with single spaces between.
    Shown(String),
    /// How many words are hidden.
    Hidden(u32),
}

/// Words of a part that are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HiddenSpan {
    /// Where.
    pub part: PartName,
    /// The first of them, from 1.
    pub from: u32,
    /// The last.
    pub to: u32,
    /// How many words the part has.
    pub of: u32,
}

impl HiddenSpan {
    /// How many words.
    #[must_use]
    pub const fn words(&self) -> u32 {
        self.to - self.from + 1
    }

    /// Whether the whole part is hidden.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.words() == self.of
    }
}

impl fmt::Display for Run {
    /// The words, or `[14 words hidden]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown(words) => f.write_str(words),
            Self::Hidden(1) => f.write_str("[1 word hidden]"),
            Self::Hidden(n) => write!(f, "[{n} words hidden]"),
        }
    }
}

impl Run {
    /// How many words.
    #[must_use]
    pub fn words(&self) -> u32 {
        match self {
            // A disclosure that opened has at most MAX_WORDS words.
            Self::Shown(text) => u32::try_from(text.split(' ').count()).unwrap_or(u32::MAX),
            Self::Hidden(n) => *n,
        }
    }
}

/// The whole text, if nothing of it is hidden.
fn whole(runs: &[Run]) -> Option<&str> {
    match runs {
        [Run::Shown(text)] => Some(text),
        _ => None,
    }
}

fn joined(runs: &[Run]) -> String {
    runs.iter()
        .map(Run::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

impl Field {
    /// Its whole text, if nothing of it is hidden.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        whole(&self.runs)
    }
}

impl Portion {
    /// Its whole text, if nothing of it is hidden. White space is single, also between the items
    /// of a list: the content root commits to words, not to lines.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        whole(&self.runs)
    }
}

impl Disclosed {
    /// The texts of the head, in order.
    #[must_use]
    pub fn head(&self) -> &[Field] {
        &self.head
    }

    /// The portions, in order.
    #[must_use]
    pub fn portions(&self) -> &[Portion] {
        &self.portions
    }

    /// A text of the head, if the head has it and nothing of it is hidden.
    #[must_use]
    pub fn field(&self, label: Label) -> Option<&str> {
        self.head.iter().find(|f| f.label == label)?.text()
    }

    /// The places where words are hidden, in order.
    #[must_use]
    pub fn hidden(&self) -> Vec<HiddenSpan> {
        let head = self.head.iter().map(|f| (PartName::Head(f.label), &f.runs));
        let body = self.portions.iter();
        let body = body.map(|p| (PartName::Portion(p.number), &p.runs));
        let mut out = Vec::new();
        for (part, runs) in head.chain(body) {
            let of = runs.iter().map(Run::words).sum();
            let mut before = 0;
            for run in runs {
                let to = before + run.words();
                if matches!(run, Run::Hidden(_)) {
                    let from = before + 1;
                    out.push(HiddenSpan { part, from, to, of });
                }
                before = to;
            }
        }
        out
    }

    /// How many words head and body have, shown or hidden.
    #[must_use]
    pub fn words(&self) -> u32 {
        let head = self.head.iter().flat_map(|f| &f.runs);
        let body = self.portions.iter().flat_map(|p| &p.runs);
        head.chain(body).map(Run::words).sum()
    }

    /// Whether nothing is hidden.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let shown =
            |runs: &[Run], marking: &Option<String>| marking.is_some() && whole(runs).is_some();
        self.head.iter().all(|f| shown(&f.runs, &f.marking))
            && self.portions.iter().all(|p| shown(&p.runs, &p.marking))
    }
}

impl fmt::Display for Disclosed {
    /// One line for each part; what is hidden is said at its place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marking = |marking: &Option<String>| match marking.as_deref() {
            None => "[marking hidden] ".to_owned(),
            Some("") => String::new(),
            Some(marking) => format!("({marking}) "),
        };
        for field in &self.head {
            let marked = matches!(field.label, Label::Title | Label::Point(..));
            let marking = if marked {
                marking(&field.marking)
            } else {
                String::new()
            };
            writeln!(f, "{}: {marking}{}", field.label, joined(&field.runs))?;
        }
        for portion in &self.portions {
            let (number, kind) = (portion.number, portion.kind);
            writeln!(
                f,
                "\n{number} ({kind}): {}{}",
                marking(&portion.marking),
                joined(&portion.runs)
            )?;
        }
        Ok(())
    }
}
