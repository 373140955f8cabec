//! A registered version as far as it is disclosed.

use std::fmt;

use serde::{Deserialize, Serialize};

use demur_memo::{
    Kind, Memo,
    content::{self, Disclosed, Label, PartName},
};

use crate::copy::{
    source::{DATE, THRESHOLD, TITLE, addressee, author_key, point_text},
    token::{self, Token},
};

/// Where a paragraph stands in a memo.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Place {
    /// A text of the head, for example `title` or `point 2, argument`.
    Head(String),
    /// A portion of the body, from 1.
    Paragraph(u32),
}

impl Place {
    /// Where a part of the content stands, in a verdict's words.
    pub(crate) fn of(part: PartName) -> Self {
        match part {
            PartName::Head(label) => Self::Head(name_of(label)),
            PartName::Portion(number) => Self::Paragraph(number),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(name) => f.write_str(name),
            Self::Paragraph(number) => write!(f, "paragraph {number}"),
        }
    }
}

/// What one version says, as far as the holder of the bundle may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The version's number.
    pub version: u32,
    /// The head's texts, then the portions, in order.
    pub paragraphs: Vec<Paragraph>,
}

/// One text of the head, or one portion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// Where it stands.
    pub place: Place,
    /// Its marking in canonical spelling, without parentheses; `None` where it has none or the
    /// marking is hidden.
    pub marking: Option<String>,
    /// What kind of block it is; a text of the head is a paragraph.
    pub kind: Kind,
    /// Its words in order, shown and hidden.
    pub runs: Vec<Run>,
}

/// Words next to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Words that are disclosed.
    Shown(Vec<String>),
    /// So many words that are not.
    Hidden(u64),
}

impl Text {
    /// A version of which everything is known: its memo.
    #[must_use]
    pub fn of_memo(version: u32, memo: &Memo) -> Self {
        let head = memo.head();
        let mut paragraphs = Vec::new();
        let mut put = |name: String, marking: Option<String>, text: &str| {
            paragraphs.push(Paragraph::shown(
                Place::Head(name),
                marking,
                Kind::Paragraph,
                text,
            ));
        };
        put(
            TITLE.to_owned(),
            Some(head.title_marking.to_string()),
            &head.title,
        );
        for (to, n) in head.to.iter().zip(1..) {
            put(addressee(n), None, to);
        }
        if let Some(date) = &head.date {
            put(DATE.to_owned(), None, date);
        }
        for (author, n) in head.authors.iter().zip(1..) {
            put(author_key(n), None, &author.to_string());
        }
        if !head.authors.is_empty() {
            put(THRESHOLD.to_owned(), None, &head.threshold.to_string());
        }
        for (point, n) in head.points.iter().zip(1..) {
            let marking = Some(point.marking.to_string());
            put(point_text(n, "policy"), marking.clone(), &point.policy);
            put(point_text(n, "argument"), marking.clone(), &point.argument);
            put(
                point_text(n, "recommendation"),
                marking,
                &point.recommendation,
            );
        }
        paragraphs.extend(memo.portions().iter().map(|p| {
            let place = Place::Paragraph(p.number());
            Paragraph::shown(place, Some(p.marking().to_string()), p.kind(), p.text())
        }));
        Self {
            version,
            paragraphs,
        }
    }

    /// Whether words of it are hidden.
    pub(crate) fn hides_words(&self) -> bool {
        let mut runs = self.paragraphs.iter().flat_map(|p| &p.runs);
        runs.any(|run| matches!(run, Run::Hidden(_)))
    }

    /// A version as far as a disclosure shows it.
    #[must_use]
    pub fn of_disclosed(version: u32, disclosed: &Disclosed) -> Self {
        let runs = |runs: &[content::Run]| -> Vec<Run> {
            let run = |run: &content::Run| match run {
                content::Run::Shown(text) => {
                    Run::Shown(text.split_whitespace().map(str::to_owned).collect())
                }
                content::Run::Hidden(n) => Run::Hidden((*n).into()),
            };
            runs.iter().map(run).collect()
        };
        let marking = |marking: &Option<String>| marking.clone().filter(|m| !m.is_empty());
        let head = disclosed.head().iter().map(|field| Paragraph {
            place: Place::Head(name_of(field.label)),
            marking: marking(&field.marking),
            kind: Kind::Paragraph,
            runs: runs(&field.runs),
        });
        let body = disclosed.portions().iter().map(|portion| Paragraph {
            place: Place::Paragraph(portion.number),
            marking: marking(&portion.marking),
            kind: portion.kind,
            runs: runs(&portion.runs),
        });
        Self {
            version,
            paragraphs: head.chain(body).collect(),
        }
    }
}

fn name_of(label: Label) -> String {
    match label {
        Label::Title => TITLE.to_owned(),
        Label::To(n) => addressee(n),
        Label::Date => DATE.to_owned(),
        Label::Author(n) => author_key(n),
        Label::Threshold => THRESHOLD.to_owned(),
        Label::Point(n, text) => point_text(n, &text.to_string()),
    }
}

impl Paragraph {
    /// A paragraph that is shown whole.
    #[must_use]
    pub fn shown(place: Place, marking: Option<String>, kind: Kind, text: &str) -> Self {
        let words = text.split_whitespace().map(str::to_owned).collect();
        Self {
            place,
            marking,
            kind,
            runs: vec![Run::Shown(words)],
        }
    }

    /// The disclosed words with `[14 words hidden]` for what is not.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut parts = Vec::with_capacity(self.runs.len());
        for run in &self.runs {
            parts.push(match run {
                Run::Shown(words) => words.join(" "),
                Run::Hidden(1) => "[1 word hidden]".to_owned(),
                Run::Hidden(n) => format!("[{n} words hidden]"),
            });
        }
        parts.join(" ")
    }

    pub(crate) const fn is_head(&self) -> bool {
        matches!(self.place, Place::Head(_))
    }

    /// Its tokens; a hidden run is one token that equals nothing.
    pub(crate) fn tokens(&self, paragraph: u32) -> Vec<Token> {
        let mut out = Vec::new();
        let mut at = 0;
        for run in &self.runs {
            match run {
                Run::Hidden(n) => out.push(Token::hidden(paragraph, *n)),
                Run::Shown(words) => {
                    let refs: Vec<&str> = words.iter().map(String::as_str).collect();
                    out.extend(token::of_words(
                        &refs,
                        paragraph,
                        at,
                        self.kind == Kind::List,
                    ));
                    at += words.len();
                }
            }
        }
        out
    }
}
