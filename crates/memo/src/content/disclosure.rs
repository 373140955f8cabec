//! Choosing what to show, and the disclosure that shows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use demur_encoding::Digest;
use serde::{Deserialize, Serialize};

use super::{Choice, Content, Label, Part, PartName, Seed, tree};

/// What a disclosure is to show. Begin with [`Selection::nothing`] or [`Selection::whole`].
///
/// Where any word of a part is shown, so is its marking: a passage does not travel without it. What is hidden stays
/// hidden, whatever else is to be shown and in whichever order that was said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    whole: bool,
    whole_head: bool,
    labels: BTreeSet<Label>,
    portions: BTreeSet<u32>,
    spans: BTreeMap<PartName, Vec<Range<u32>>>,
    hidden: BTreeMap<PartName, Vec<Range<u32>>>,
}

impl Selection {
    /// Nothing but kinds and counts.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Everything.
    #[must_use]
    pub fn whole() -> Self {
        Self {
            whole: true,
            ..Self::default()
        }
    }

    /// And the whole head.
    #[must_use]
    pub fn with_head(mut self) -> Self {
        self.whole_head = true;
        self
    }

    /// And one text of the head.
    #[must_use]
    pub fn with_label(mut self, label: Label) -> Self {
        self.labels.insert(label);
        self
    }

    /// And the portion `number`, from 1.
    #[must_use]
    pub fn with_portion(mut self, number: u32) -> Self {
        self.portions.insert(number);
        self
    }

    /// And the words of the portion `number` that stand at `words`, the first word at 0.
    #[must_use]
    pub fn with_words(mut self, number: u32, words: Range<u32>) -> Self {
        let spans = self.spans.entry(PartName::Portion(number)).or_default();
        spans.push(words);
        self
    }

    /// And all that `choice` names.
    ///
    /// # Errors
    /// When `content` does not have it: says where.
    pub fn showing(mut self, content: &Content, choice: &Choice) -> Result<Self, SelectionError> {
        for (part, span) in content.spans(choice)? {
            self.spans.entry(part).or_default().push(span);
        }
        Ok(self)
    }

    /// Without what `choice` names.
    ///
    /// # Errors
    /// When `content` does not have it: says where.
    pub fn hiding(mut self, content: &Content, choice: &Choice) -> Result<Self, SelectionError> {
        for (part, span) in content.spans(choice)? {
            self.hidden.entry(part).or_default().push(span);
        }
        Ok(self)
    }

    /// Without these words wherever they stand one after the other, in head and body. Small and capital letters are
    /// the same, and marks around and within words don't count: "gibson" hides "Gibson's" too.
    ///
    /// # Errors
    /// When they stand nowhere in `content`.
    pub fn hiding_phrase(
        mut self,
        content: &Content,
        phrase: &str,
    ) -> Result<Self, SelectionError> {
        for (part, span) in content.phrase(phrase)? {
            self.hidden.entry(part).or_default().push(span);
        }
        Ok(self)
    }
}

/// Why a selection does not fit a memo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// No such portion.
    #[error("there is no portion {number}: the memo has {portions}")]
    Portion {
        /// The number asked for.
        number: u32,
        /// How many there are.
        portions: u32,
    },
    /// No such text in the head.
    #[error("the head has no {0}")]
    Label(String),
    /// No such words.
    #[error("{place} has no words {from} to {to}: it has {words}")]
    Words {
        /// The part.
        place: PartName,
        /// The first word asked for, from 1.
        from: u32,
        /// The last.
        to: u32,
        /// How many there are.
        words: usize,
    },
    /// No such sentence.
    #[error("{place} has no sentence {number}: it has {sentences}")]
    Sentence {
        /// The part.
        place: PartName,
        /// The number asked for.
        number: u32,
        /// How many there are.
        sentences: usize,
    },
    /// Words to hide that stand nowhere.
    #[error("\"{0}\" stands nowhere in the memo: nothing would be hidden")]
    Phrase(String),
}

/// Chosen parts of a memo, with the proof that they stand under its content root.
///
/// Canonical JSON. Nothing in it is believed before [`Disclosure::open`](Self::open).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// All texts of the head, shown or hidden, in order.
    pub head: Vec<DisclosedPart>,
    /// All portions of the body, shown or hidden, in order.
    pub portions: Vec<DisclosedPart>,
    /// The seeds of the largest subtrees that are shown wholly, in the tree's order.
    pub seeds: Vec<Digest>,
    /// The hashes of the largest subtrees that are hidden wholly, in the tree's order.
    pub hashes: Vec<Digest>,
}

/// One part of a [`Disclosure`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisclosedPart {
    /// In the head a [`Label`], in the body a [`Kind`](crate::Kind).
    pub label: String,
    /// The marking; empty where such a part has none, `null` where it is hidden.
    pub marking: Option<String>,
    /// Its words: shown and hidden runs in turn, none empty.
    pub runs: Vec<DisclosedRun>,
}

/// Some words of a part on end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DisclosedRun {
    /// The words, with single spaces between.
    Shown(String),
    /// How many.
    Hidden(u32),
}

/// Which of a part's leaves are shown.
struct Shown {
    marking: bool,
    words: Vec<bool>,
}

impl Shown {
    fn none(part: &Part) -> Self {
        Self {
            marking: false,
            words: vec![false; part.words.len()],
        }
    }

    fn all(part: &Part) -> Self {
        Self {
            marking: true,
            words: vec![true; part.words.len()],
        }
    }

    fn is_whole(&self) -> bool {
        self.marking && self.words.iter().all(|w| *w)
    }

    /// Shows or hides a span. The marking goes with the words: it is shown if any of them is.
    fn fill(
        &mut self,
        place: PartName,
        span: &Range<u32>,
        show: bool,
    ) -> Result<(), SelectionError> {
        let error = SelectionError::Words {
            place,
            from: span.start.saturating_add(1),
            to: span.end,
            words: self.words.len(),
        };
        let words = self.words.get_mut(span.start as usize..span.end as usize);
        let words = words.filter(|s| !s.is_empty()).ok_or(error)?;
        words.fill(show);
        self.marking = show || self.words.iter().any(|w| *w);
        Ok(())
    }
}

impl Content {
    /// Shows what `selection` names and hides the rest.
    ///
    /// # Errors
    /// When it names what the memo does not have.
    pub fn disclose(&self, selection: &Selection) -> Result<Disclosure, SelectionError> {
        let (head, body) = self.shown(selection)?;
        let mut cover = Cover {
            seeds: Vec::new(),
            hashes: Vec::new(),
        };
        if head.iter().chain(&body).all(Shown::is_whole) {
            cover.show(&self.seed);
        } else {
            cover.parts(&self.head, &head, 0..head.len(), &self.seed.left());
            cover.parts(&self.body, &body, 0..body.len(), &self.seed.right());
        }
        let wire = |parts: &[Part], shown: &[Shown]| {
            parts
                .iter()
                .zip(shown)
                .map(|(part, shown)| disclosed_part(part, shown))
                .collect()
        };
        Ok(Disclosure {
            head: wire(&self.head, &head),
            portions: wire(&self.body, &body),
            seeds: cover.seeds,
            hashes: cover.hashes,
        })
    }

    fn shown(&self, selection: &Selection) -> Result<(Vec<Shown>, Vec<Shown>), SelectionError> {
        let either = |whole: bool| if whole { Shown::all } else { Shown::none };
        let mut head: Vec<_> = self
            .head
            .iter()
            .map(either(selection.whole || selection.whole_head))
            .collect();
        let mut body: Vec<_> = self.body.iter().map(either(selection.whole)).collect();
        for label in &selection.labels {
            let label = label.to_string();
            let at = self.head.iter().position(|p| p.label == label);
            let at = at.ok_or(SelectionError::Label(label))?;
            head[at] = Shown::all(&self.head[at]);
        }
        let place = |number: u32| {
            let at = number
                .checked_sub(1)
                .map(|n| n as usize)
                .filter(|n| *n < self.body.len());
            at.ok_or(SelectionError::Portion {
                number,
                portions: self.counts.portions,
            })
        };
        for number in &selection.portions {
            let at = place(*number)?;
            body[at] = Shown::all(&self.body[at]);
        }
        for (spans, show) in [(&selection.spans, true), (&selection.hidden, false)] {
            for (name, spans) in spans {
                let shown = match name {
                    PartName::Portion(number) => &mut body[place(*number)?],
                    PartName::Head(label) => {
                        let label = label.to_string();
                        let at = self.head.iter().position(|p| p.label == label);
                        &mut head[at.ok_or(SelectionError::Label(label))?]
                    }
                };
                for span in spans {
                    shown.fill(*name, span, show)?;
                }
            }
        }
        Ok((head, body))
    }
}

fn disclosed_part(part: &Part, shown: &Shown) -> DisclosedPart {
    let mut runs: Vec<DisclosedRun> = Vec::new();
    for (word, shown) in part.words.iter().zip(&shown.words) {
        match (runs.last_mut(), *shown) {
            (Some(DisclosedRun::Shown(text)), true) => {
                text.push(' ');
                text.push_str(word);
            }
            (Some(DisclosedRun::Hidden(n)), false) => *n += 1,
            (_, true) => runs.push(DisclosedRun::Shown(word.clone())),
            (_, false) => runs.push(DisclosedRun::Hidden(1)),
        }
    }
    let marking = shown.marking.then(|| part.marking.clone());
    DisclosedPart {
        label: part.label.clone(),
        marking,
        runs,
    }
}

/// The seeds of what is shown and the hashes of what is hidden.
struct Cover {
    seeds: Vec<Digest>,
    hashes: Vec<Digest>,
}

impl Cover {
    fn show(&mut self, seed: &Seed) {
        self.seeds.push(Digest::new(*seed.as_bytes()));
    }

    fn parts(&mut self, parts: &[Part], shown: &[Shown], range: Range<usize>, seed: &Seed) {
        if shown[range.clone()].iter().all(Shown::is_whole) {
            self.show(seed);
        } else if range.len() == 1 {
            let (part, shown) = (&parts[range.start], &shown[range.start]);
            let salt = seed.left();
            if shown.marking {
                self.show(&salt);
            } else {
                self.hashes.push(tree::leaf(&salt, part.marking.as_bytes()));
            }
            self.words(part, &shown.words, 0..part.words.len(), &seed.right());
        } else {
            let middle = tree::middle(&range);
            self.parts(parts, shown, range.start..middle, &seed.left());
            self.parts(parts, shown, middle..range.end, &seed.right());
        }
    }

    fn words(&mut self, part: &Part, shown: &[bool], range: Range<usize>, seed: &Seed) {
        let here = &shown[range.clone()];
        if here.iter().all(|w| *w) {
            self.show(seed);
        } else if here.iter().all(|w| !*w) {
            self.hashes.push(tree::words_root(&part.words, range, seed));
        } else {
            let middle = tree::middle(&range);
            self.words(part, shown, range.start..middle, &seed.left());
            self.words(part, shown, middle..range.end, &seed.right());
        }
    }
}
