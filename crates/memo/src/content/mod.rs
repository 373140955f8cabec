//! The content root, and what is disclosed under it.
//!
//! The root commits to each text of the head, each portion, its kind, its marking and its words,
//! every word salted, so that any of them can be shown and proved while the rest stays hidden
//! and can't be guessed. `docs/memo.md` gives the construction exactly.

mod choice;
mod disclosure;
mod open;
mod outline;
mod seed;
mod sentence;
mod tree;
mod view;

use std::fmt;

use demur_encoding::Digest;
use serde::{Deserialize, Serialize};

pub use choice::{Choice, ChoiceError, MAX_CHOICE};
pub use disclosure::{DisclosedPart, DisclosedRun, Disclosure, Selection, SelectionError};
pub use open::DisclosureError;
pub use outline::{OutlinePart, Sentence};
pub use seed::Seed;
pub use view::{Disclosed, Field, HiddenSpan, Portion, Run};

use crate::{Memo, portion::Kind};

/// How much a memo's body is; signed beside the content root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// The number of portions.
    pub portions: u32,
    /// The number of their words, all together.
    pub words: u32,
}

/// One text of the head that is committed to, and shown or hidden, by itself.
///
/// The order is the order in which they are committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// `title`
    Title,
    /// `to/1`, `to/2`, …
    To(u32),
    /// `date`
    Date,
    /// `author/1`, …: an author's key.
    Author(u32),
    /// `threshold`
    Threshold,
    /// `point/1/policy`, …
    Point(u32, PointText),
}

/// Which text of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PointText {
    /// `policy`
    Policy,
    /// `argument`
    Argument,
    /// `recommendation`
    Recommendation,
}

impl PointText {
    const ALL: [Self; 3] = [Self::Policy, Self::Argument, Self::Recommendation];
}

impl fmt::Display for PointText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Policy => "policy",
            Self::Argument => "argument",
            Self::Recommendation => "recommendation",
        })
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Title => f.write_str("title"),
            Self::To(n) => write!(f, "to/{n}"),
            Self::Date => f.write_str("date"),
            Self::Author(n) => write!(f, "author/{n}"),
            Self::Threshold => f.write_str("threshold"),
            Self::Point(n, text) => write!(f, "point/{n}/{text}"),
        }
    }
}

impl Label {
    /// Reads what [`Display`](fmt::Display) writes, and no other spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let label = match text {
            "title" => Self::Title,
            "date" => Self::Date,
            "threshold" => Self::Threshold,
            _ => {
                let (kind, rest) = text.split_once('/')?;
                match (kind, rest.split_once('/')) {
                    ("to", None) => Self::To(rest.parse().ok()?),
                    ("author", None) => Self::Author(rest.parse().ok()?),
                    ("point", Some((n, which))) => {
                        let which = PointText::ALL
                            .into_iter()
                            .find(|t| t.to_string() == which)?;
                        Self::Point(n.parse().ok()?, which)
                    }
                    _ => return None,
                }
            }
        };
        // `+1` and `01` parse as numbers too.
        (label.to_string() == text).then_some(label)
    }

    /// The labels of a head with that much in it, in order.
    fn all(to: u32, date: bool, authors: u32, points: u32) -> Vec<Self> {
        let mut labels = vec![Self::Title];
        labels.extend((1..=to).map(Self::To));
        labels.extend(date.then_some(Self::Date));
        labels.extend((1..=authors).map(Self::Author));
        labels.extend((authors > 0).then_some(Self::Threshold));
        labels.extend((1..=points).flat_map(|n| PointText::ALL.map(|text| Self::Point(n, text))));
        labels
    }
}

/// Which part of the content: a text of the head, or a portion of the body by its number, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartName {
    /// A text of the head.
    Head(Label),
    /// A portion.
    Portion(u32),
}

impl fmt::Display for PartName {
    /// `title`, `portion 3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(label) => label.fmt(f),
            Self::Portion(number) => write!(f, "portion {number}"),
        }
    }
}

/// What one part of the content is: a text of the head, or a portion of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// A [`Label`] or a [`Kind`], as text.
    pub(crate) label: String,
    /// Empty where such a part has none.
    pub(crate) marking: String,
    /// At least one.
    pub(crate) words: Vec<String>,
}

impl Part {
    fn new(label: String, marking: String, text: &str) -> Self {
        Self {
            label,
            marking,
            words: text.split_whitespace().map(str::to_owned).collect(),
        }
    }
}

/// A memo with its salts: what its authors and readers hold, and disclosures are made from.
///
/// `Debug` shows the root only.
pub struct Content {
    head: Vec<Part>,
    body: Vec<Part>,
    seed: Seed,
    root: Digest,
    counts: Counts,
}

impl Content {
    /// The content of `memo` under salts from `seed`.
    ///
    /// The seed must be 32 fresh random bytes for each version: with one seed for two versions,
    /// what is hidden in both could be compared.
    #[must_use]
    pub fn new(memo: &Memo, seed: Seed) -> Self {
        let (head, body) = (head_parts(memo), body_parts(memo));
        // A memo is at most MAX_PORTIONS and MAX_WORDS long.
        let narrow = |n: usize| u32::try_from(n).expect("a memo's size is bounded");
        let counts = Counts {
            portions: narrow(body.len()),
            words: narrow(body.iter().map(|p| p.words.len()).sum()),
        };
        let root = tree::content_root(&head, &body, &seed, counts);
        Self {
            head,
            body,
            seed,
            root,
            counts,
        }
    }

    /// The content root.
    #[must_use]
    pub const fn root(&self) -> Digest {
        self.root
    }

    /// How much the body is.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// The labels of the head, in order.
    pub fn labels(&self) -> impl Iterator<Item = Label> {
        self.head.iter().filter_map(|p| Label::parse(&p.label))
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

pub(crate) fn head_parts(memo: &Memo) -> Vec<Part> {
    let head = memo.head();
    let mut parts = Vec::new();
    let mut add = |label: Label, marking: String, text: &str| {
        parts.push(Part::new(label.to_string(), marking, text));
    };
    add(Label::Title, head.title_marking.to_string(), &head.title);
    for (to, n) in head.to.iter().zip(1..) {
        add(Label::To(n), String::new(), to);
    }
    if let Some(date) = &head.date {
        add(Label::Date, String::new(), date);
    }
    for (author, n) in head.authors.iter().zip(1..) {
        add(Label::Author(n), String::new(), &author.to_string());
    }
    if head.threshold > 0 {
        add(Label::Threshold, String::new(), &head.threshold.to_string());
    }
    for (point, n) in head.points.iter().zip(1..) {
        let marking = point.marking.to_string();
        add(
            Label::Point(n, PointText::Policy),
            marking.clone(),
            &point.policy,
        );
        add(
            Label::Point(n, PointText::Argument),
            marking.clone(),
            &point.argument,
        );
        add(
            Label::Point(n, PointText::Recommendation),
            marking,
            &point.recommendation,
        );
    }
    parts
}

fn body_parts(memo: &Memo) -> Vec<Part> {
    let portions = memo.portions().iter();
    portions
        .map(|p| {
            Part::new(
                Kind::to_string(&p.kind()),
                p.marking().to_string(),
                p.text(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
