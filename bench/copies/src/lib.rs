//! Copies of real texts, each with what was done to it.
//!
//! From cables (the dissents and the ordinary ones of `shared/data/frus`) memos of two versions are made, and from these, by
//! program and from a seed, copies: exact ones, with layout noise, with the errors of reading machines, with one word
//! changed, with sentences left out or paragraphs moved, mixed, cut to excerpts. [`score`] holds the verdicts against what was done.

mod alter;
pub mod corpus;
mod form;
mod noise;
mod rng;
pub mod score;

use demur_check::copy::{Paragraph, Place, Text};
use demur_memo::Memo;

pub use self::rng::Rng;
use self::{
    alter::Edit,
    corpus::{Document, Words},
};

/// What was done to a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// Nothing: as text, or as a file of another form.
    Exact(Form),
    /// Lines broken elsewhere, words divided, quotation marks, dashes and ligatures of another form, page numbers, markings gone.
    Layout,
    /// Errors of a reading machine, in so many of a thousand characters.
    Ocr(u32),
    /// One change, with errors in so many of a thousand characters.
    Changed(Change, u32),
    /// A sentence left out.
    Sentence,
    /// A paragraph moved.
    Moved,
    /// Of the paragraphs that differ between two versions, some of each.
    Mixed,
    /// So many sentences on end.
    Excerpt(u32),
    /// Two to five sentences, a word of them changed.
    ExcerptChanged,
    /// Another text, whole or some sentences of it.
    Unrelated,
}

/// How an exact copy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// The body as plain text.
    Text,
    /// The whole memo with its head.
    Markdown,
    /// The body as a web page.
    Html,
    /// The body as a mail message.
    Mail,
    /// The body as DOCX.
    Docx,
    /// The body as PDF, in a standard font.
    Pdf,
}

/// A single change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// A word became another of the corpus.
    Word,
    /// A word became the one of the corpus that looks most like it.
    NearWord,
    /// "not" was put in or left out.
    Not,
    /// A digit became another.
    Number,
    /// A name became another of the corpus.
    Name,
}

/// All single changes.
pub const CHANGES: [Change; 5] = [
    Change::Word,
    Change::NearWord,
    Change::Not,
    Change::Number,
    Change::Name,
];

/// A copy and what was done to it.
#[derive(Debug, Clone)]
pub struct Case {
    /// What was done.
    pub label: Label,
    /// The copy's text, as it is known to whoever made it.
    pub copy: String,
    /// The file that it is in, with its name; `None` for plain text.
    pub file: Option<(&'static str, Vec<u8>)>,
    /// A single change, where there is one.
    pub change: Option<Changed>,
}

/// Where a single change is.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The paragraph, from 1.
    pub paragraph: u32,
    /// The registered word, from 1; for one put in the word before which it stands.
    pub word: u32,
    /// What was registered; empty where something was put in.
    pub was: String,
    /// What stands there now.
    pub now: String,
}

/// A text as a memo of two versions.
#[derive(Debug)]
pub struct Registered {
    /// The document's identifier.
    pub id: String,
    first: Vec<String>,
    second: Vec<String>,
    /// The second version with its head.
    whole: String,
    /// Both versions, as a bundle discloses them.
    pub versions: [Text; 2],
}

impl Registered {
    /// Two versions: the second differs in two to four paragraphs. `None` where the document is no memo or too short.
    #[must_use]
    pub fn new(document: &Document, words: &Words, rng: &mut Rng) -> Option<Self> {
        let first: Vec<String> = document.paragraphs.clone();
        let mut second = first.clone();
        let mut long: Vec<usize> = (0..first.len())
            .filter(|p| first[*p].split_whitespace().count() >= 15)
            .collect();
        rng.shuffle(&mut long);
        if long.len() < 4 {
            return None;
        }
        for p in long.iter().take(2 + rng.below(3)) {
            // An amendment changes more than a word.
            for _ in 0..3 {
                if let Some(edit) = Edit::new(Change::Word, &second[*p], words, rng) {
                    second[*p] = edit.text;
                }
            }
        }
        let memos = [memo(&first)?, memo(&second)?];
        let differs = (0..first.len()).filter(|p| first[*p] != second[*p]).count();
        let whole = memos[1].to_text();
        let body = |memo: &Memo| -> Vec<String> {
            memo.portions()
                .iter()
                .map(|p| p.text().to_owned())
                .collect()
        };
        // A paragraph that the memo's grammar reads otherwise would be another text.
        if differs < 2 || body(&memos[0]) != first || body(&memos[1]) != second {
            return None;
        }
        let versions = [Text::of_memo(1, &memos[0]), Text::of_memo(2, &memos[1])];
        Some(Self {
            id: document.id.clone(),
            first,
            second,
            whole,
            versions,
        })
    }

    /// The second version's words.
    #[must_use]
    pub fn words(&self) -> usize {
        self.second
            .iter()
            .map(|p| p.split_whitespace().count())
            .sum()
    }

    /// The second version's body as a copy has it.
    #[must_use]
    pub fn body(&self) -> String {
        page(&self.second)
    }

    /// Both versions' bodies as a copy has them.
    #[must_use]
    pub fn bodies(&self) -> [String; 2] {
        [page(&self.first), page(&self.second)]
    }

    /// Every case of this document; `other` is an unrelated text.
    #[must_use]
    pub fn cases(&self, other: &Document, words: &Words, rng: &mut Rng) -> Vec<Case> {
        let plain = |label: Label, copy: String| Case {
            label,
            copy,
            file: None,
            change: None,
        };
        let body = self.body();
        let mut out = vec![
            plain(Label::Exact(Form::Text), body.clone()),
            plain(Label::Exact(Form::Markdown), self.whole.clone()),
            plain(Label::Layout, noise::layout(&self.second, rng)),
        ];
        for form in [Form::Html, Form::Mail, Form::Docx, Form::Pdf] {
            if let Some(file) = form::file(form, &self.second) {
                out.push(Case {
                    file: Some(file),
                    ..plain(Label::Exact(form), body.clone())
                });
            }
        }
        for rate in [5, 10, 20] {
            out.push(plain(Label::Ocr(rate), noise::ocr(&body, rate, rng)));
        }
        for change in CHANGES {
            for rate in [0, 10] {
                if let Some((copy, changed)) = self.change(change, words, rng) {
                    out.push(Case {
                        label: Label::Changed(change, rate),
                        copy: noise::ocr(&copy, rate, rng),
                        file: None,
                        change: Some(changed),
                    });
                }
            }
        }
        if let Some(copy) = alter::without_sentence(&self.second, rng) {
            out.push(plain(Label::Sentence, page(&copy)));
        }
        if let Some(copy) = alter::moved(&self.second, rng) {
            out.push(plain(Label::Moved, page(&copy)));
        }
        out.push(plain(Label::Mixed, page(&self.mixed(rng))));
        for n in 1..=5 {
            if let Some(copy) = alter::excerpt(&self.second, n, rng) {
                out.push(plain(Label::Excerpt(n as u32), copy));
            }
        }
        let some = 2 + rng.below(4);
        if let Some(copy) = alter::excerpt(&self.second, some, rng)
            && let Some(edit) = Edit::new(Change::Word, &copy, words, rng)
        {
            out.push(plain(Label::ExcerptChanged, edit.text));
        }
        let unrelated = match rng.below(2) {
            0 => page(&other.paragraphs),
            _ => {
                alter::excerpt(&other.paragraphs, 3, rng).unwrap_or_else(|| page(&other.paragraphs))
            }
        };
        out.push(plain(Label::Unrelated, unrelated));
        out
    }

    fn change(&self, change: Change, words: &Words, rng: &mut Rng) -> Option<(String, Changed)> {
        let mut order: Vec<usize> = (0..self.second.len()).collect();
        rng.shuffle(&mut order);
        order.into_iter().find_map(|p| {
            if self.second[p].split_whitespace().count() < 8 {
                return None;
            }
            let edit = Edit::new(change, &self.second[p], words, rng)?;
            let mut copy = self.second.clone();
            copy[p] = edit.text;
            let changed = Changed {
                paragraph: p as u32 + 1,
                word: edit.word,
                was: edit.was,
                now: edit.now,
            };
            Some((page(&copy), changed))
        })
    }

    fn mixed(&self, rng: &mut Rng) -> Vec<String> {
        let mut differ: Vec<usize> = (0..self.first.len())
            .filter(|p| self.first[*p] != self.second[*p])
            .collect();
        rng.shuffle(&mut differ);
        let mut copy = self.second.clone();
        for p in &differ[..differ.len() / 2] {
            copy[*p].clone_from(&self.first[*p]);
        }
        copy
    }
}

/// Paragraphs as a page has them, with their markings.
fn page(paragraphs: &[String]) -> String {
    let marked: Vec<String> = paragraphs.iter().map(|p| format!("(S) {p}")).collect();
    marked.join("\n\n")
}

fn memo(paragraphs: &[String]) -> Option<Memo> {
    let rules = demur_memo::marking::Rules::new("state", "TS", &[] as &[&str], "refuse").ok()?;
    let text = format!(
        "+++\ntitle = \"(S) A cable\"\n+++\n\n{}\n",
        page(paragraphs)
    );
    Memo::parse(&text, &rules).ok()
}

/// A text of about so many words, in so many versions: each differs from the one before in some words.
#[must_use]
pub fn long(
    documents: &[Document],
    words: usize,
    versions: u32,
    known: &Words,
    rng: &mut Rng,
) -> (Vec<Text>, String) {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut have = 0;
    for paragraph in documents.iter().flat_map(|d| &d.paragraphs) {
        if have >= words {
            break;
        }
        have += paragraph.split_whitespace().count();
        paragraphs.push(paragraph.clone());
    }
    let mut out = Vec::new();
    for version in 1..=versions {
        let shown = paragraphs.iter().zip(1..).map(|(text, n)| {
            let kind = demur_memo::Kind::Paragraph;
            Paragraph::shown(Place::Paragraph(n), Some("S".to_owned()), kind, text)
        });
        out.push(Text {
            version,
            paragraphs: shown.collect(),
        });
        if version < versions {
            for _ in 0..40 {
                let p = rng.below(paragraphs.len());
                if let Some(edit) = Edit::new(Change::Word, &paragraphs[p], known, rng) {
                    paragraphs[p] = edit.text;
                }
            }
        }
    }
    (out, page(&paragraphs))
}

/// A copy with the errors of a reading machine in so many of a thousand characters.
#[must_use]
pub fn with_errors(copy: &str, rate: u32, rng: &mut Rng) -> String {
    noise::ocr(copy, rate, rng)
}
