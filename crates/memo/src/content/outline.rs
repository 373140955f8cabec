//! What can be chosen in a memo: its parts and their sentences, numbered as [`Choice`](super::Choice) counts.

use serde::Serialize;

use super::{Content, Label, Part, PartName, SelectionError, sentence::sentences};
use crate::Kind;

/// One text of the head, or one portion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutlinePart {
    /// As a [`Choice`](super::Choice) names it: `title`, `4`.
    pub name: String,
    /// In the head the label, in the body the kind of block.
    pub kind: String,
    /// Its marking; empty where it has none.
    pub marking: String,
    /// How many words it has.
    pub words: u32,
    /// Its sentences: at least one.
    pub sentences: Vec<Sentence>,
}

/// One sentence of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// As a [`Choice`](super::Choice) names it: `4.1`.
    pub name: String,
    /// Its first word, from 1.
    pub from: u32,
    /// Its last word.
    pub to: u32,
    /// Its words, with single spaces between.
    pub text: String,
}

impl Content {
    /// All parts with their sentences.
    #[must_use]
    pub fn outline(&self) -> Vec<OutlinePart> {
        let head = self.head.iter().map(|part| outline(part, &part.label));
        let body = self.body.iter().zip(1_u32..);
        let body = body.map(|(part, number)| outline(part, &number.to_string()));
        head.chain(body).collect()
    }

    /// The names of all parts, in order.
    pub(super) fn part_names(&self) -> impl Iterator<Item = PartName> {
        let body = (1..=self.counts.portions).map(PartName::Portion);
        self.labels().map(PartName::Head).chain(body)
    }

    pub(super) fn words_of(&self, name: PartName) -> Result<&[String], SelectionError> {
        Ok(&self.part(name)?.words)
    }

    pub(super) fn is_list(&self, name: PartName) -> bool {
        self.part(name).is_ok_and(is_list)
    }

    fn part(&self, name: PartName) -> Result<&Part, SelectionError> {
        let found = match name {
            PartName::Head(label) => {
                let label = label.to_string();
                self.head.iter().find(|part| part.label == label)
            }
            PartName::Portion(number) => {
                let at = number.checked_sub(1).map(|n| n as usize);
                at.and_then(|at| self.body.get(at))
            }
        };
        found.ok_or_else(|| self.no_such(name))
    }

    pub(super) fn no_such(&self, name: PartName) -> SelectionError {
        match name {
            PartName::Head(label) => SelectionError::Label(Label::to_string(&label)),
            PartName::Portion(number) => SelectionError::Portion {
                number,
                portions: self.counts.portions,
            },
        }
    }
}

fn is_list(part: &Part) -> bool {
    // No text of the head has this label.
    part.label == Kind::List.to_string()
}

fn outline(part: &Part, name: &str) -> OutlinePart {
    let spans = sentences(&part.words, is_list(part)).into_iter();
    let sentences = spans.zip(1_u32..).map(|(span, number)| Sentence {
        name: format!("{name}.{number}"),
        from: span.start + 1,
        to: span.end,
        text: part.words[span.start as usize..span.end as usize].join(" "),
    });
    OutlinePart {
        name: name.to_owned(),
        kind: part.label.clone(),
        marking: part.marking.clone(),
        words: u32::try_from(part.words.len()).unwrap_or(u32::MAX),
        sentences: sentences.collect(),
    }
}
