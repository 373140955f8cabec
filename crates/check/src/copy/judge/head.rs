//! The texts of the head.

use std::collections::HashSet;

use demur_memo::Kind;

use super::{
    Version,
    words::{change_words, head_text, hidden_head_text, hidden_words, part_of},
};
use crate::copy::{
    Change, ParagraphState, ParagraphVerdict, Place,
    registered::Paragraph,
    source::{HeadText, THRESHOLD, TITLE},
    token::Token,
};

/// The most blocks of a copy that are held against the head.
const MAX_BLOCKS: usize = 512;

/// Whether a text of the head may stand in a copy as a block of its own.
fn is_block(name: &str) -> bool {
    name == TITLE || name.starts_with("point ")
}

/// How many words of a head's text differ, and how many slips it has.
pub(super) fn weigh(verdict: &ParagraphState) -> (u64, u64) {
    match verdict {
        ParagraphState::Altered { changes } | ParagraphState::Slips { changes } => {
            let (slips, words): (Vec<&Change>, Vec<&Change>) =
                changes.iter().partition(|change| !change.slips.is_empty());
            (
                words.into_iter().map(change_words).sum(),
                slips.len() as u64,
            )
        }
        ParagraphState::Missing => (1, 0),
        _ => (0, 0),
    }
}

impl Version<'_> {
    /// A block that is, or nearly is, a text of the head or a part of one.
    pub(super) fn head_text(&self, tokens: &[usize]) -> Option<ParagraphVerdict> {
        if self.heads.len() + self.inserted.len() > MAX_BLOCKS {
            return None;
        }
        // Between the body's paragraphs a head's text, or a stretch of one, is a paragraph that somebody put in.
        let (begun, goes_on) = self.around(tokens);
        if begun && goes_on {
            return None;
        }
        let copy: Vec<Token> = tokens.iter().map(|j| self.c[*j].clone()).collect();
        let keys: Vec<&str> = copy.iter().map(|t| t.key.as_str()).collect();
        self.text.paragraphs.iter().find_map(|paragraph| {
            let Place::Head(name) = &paragraph.place else {
                return None;
            };
            if self.copy.head.is_some() || !is_block(name) {
                return None;
            }
            // So it is where it stands a second time.
            if self.heads.iter().any(|head| head.place == paragraph.place) {
                return None;
            }
            let registered = self.tokens_of(paragraph);
            let theirs: Vec<&str> = registered.iter().map(|t| t.key.as_str()).collect();
            let start = keys.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
            let end = keys
                .iter()
                .rev()
                .zip(theirs.iter().rev())
                .take_while(|(a, b)| a == b)
                .count();
            let near = (start + end) * 5 >= keys.len().max(theirs.len()) * 3;
            let part = theirs.windows(keys.len().max(1)).position(|w| w == keys);
            let verdict =
                match part.filter(|_| !begun && keys.len() >= 5 && keys.len() < theirs.len()) {
                    Some(from) => part_of(&registered, from, from + keys.len()),
                    None if near => head_text(&registered, &copy, self.vocabulary),
                    None => return None,
                };
            Some(ParagraphVerdict {
                place: paragraph.place.clone(),
                verdict,
                division: None,
            })
        })
    }

    /// The words of a text of the head; in a copy with a head of its own letter case matters to it.
    fn tokens_of(&self, paragraph: &Paragraph) -> Vec<Token> {
        let mut tokens = paragraph.tokens(0);
        if self.capitals {
            tokens.iter_mut().for_each(Token::capitalise);
        }
        tokens
    }

    /// Whether words of the body stand before these, and behind them.
    fn around(&self, tokens: &[usize]) -> (bool, bool) {
        let first = tokens.first().copied().unwrap_or_default();
        let last = tokens.last().copied().unwrap_or_default();
        let body = |j: usize| self.of_c[j].is_some() || self.elsewhere[j];
        ((0..first).any(body), (last + 1..self.c.len()).any(body))
    }

    /// Whether a block of so many words before or after the body may be a text of the head that the bundle hides.
    pub(super) fn may_be_hidden_head(&self, tokens: &[usize], words: u64) -> bool {
        let hidden: u64 = { self.text.paragraphs.iter() }
            .filter(|p| matches!(&p.place, Place::Head(name) if is_block(name)))
            .map(hidden_words)
            .sum();
        let room = hidden.saturating_sub(self.head_unseen);
        self.copy.head.is_none() && words <= room && self.around(tokens) != (true, true)
    }

    /// The copy's own head against the registered one, text by text.
    pub(super) fn compare_head(&mut self) -> (Vec<ParagraphVerdict>, u64) {
        let Some(head) = &self.copy.head else {
            return (std::mem::take(&mut self.heads), 0);
        };
        let (mut out, mut different) = (Vec::new(), 0);
        let tokens_of_copy = |copy: &HeadText| {
            let place = Place::Head(copy.name.clone());
            Paragraph::shown(place, None, Kind::Paragraph, &copy.text).tokens(0)
        };
        let registered = self.text.paragraphs.iter().filter(|p| p.is_head());
        let mut seen: HashSet<&str> = HashSet::new();
        for paragraph in registered {
            let Place::Head(name) = &paragraph.place else {
                continue;
            };
            seen.insert(name);
            let hidden: u64 = hidden_words(paragraph);
            let copy = head.iter().find(|t| t.name == *name);
            let verdict = match copy {
                // As in the body: what stands where the text is hidden can't be compared; what stands beside it is.
                Some(copy) if hidden > 0 && paragraph.to_text() != copy.text => {
                    let mine = tokens_of_copy(copy);
                    let registered = paragraph.tokens(0);
                    let (state, unseen) = hidden_head_text(&registered, &mine, self.vocabulary);
                    self.not_compared += unseen;
                    state
                }
                Some(_) if hidden > 0 => ParagraphState::Hidden { words: hidden },
                None if hidden > 0 => ParagraphState::Hidden { words: hidden },
                // The program fills in the keys; the text that its author wrote has none.
                None if name == THRESHOLD || name.starts_with("author ") => continue,
                None => ParagraphState::Missing,
                Some(copy) => {
                    let mine = tokens_of_copy(copy);
                    head_text(&paragraph.tokens(0), &mine, self.vocabulary)
                }
            };
            let (words, slips) = weigh(&verdict);
            different += words;
            self.slips += slips;
            out.push(ParagraphVerdict {
                place: paragraph.place.clone(),
                verdict,
                division: None,
            });
        }
        for more in head.iter().filter(|t| !seen.contains(t.name.as_str())) {
            let words = more.text.split_whitespace().count() as u64;
            different += words;
            let change = Change {
                word: 1,
                registered: String::new(),
                copy: more.text.clone(),
                slips: Vec::new(),
                because: None,
            };
            let verdict = ParagraphState::Altered {
                changes: vec![change],
            };
            out.push(ParagraphVerdict {
                place: Place::Head(more.name.clone()),
                verdict,
                division: None,
            });
        }
        (out, different)
    }
}
