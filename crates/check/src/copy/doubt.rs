//! Copies whose file may show something else than the text that was read out of it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::copy::{
    Comparison, CopyText, Overall, Paragraph, Place, Text, fold::fold, slips::core, token::Token,
};

/// The most characters of a registered paragraph that stand beside a doubt.
const MAX_BESIDE: usize = 300;

/// How many words on each side of a doubt say where it stands, and how many places are looked at.
const NEIGHBOURS: usize = 12;
const MAX_PLACES: usize = 64;

/// One reason why what a file shows may differ from the text that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// What was seen, for people.
    pub reason: String,
    /// Where in the file; empty where it concerns the whole.
    pub place: String,
    /// The text concerned; empty where it is not known.
    pub text: String,
    /// What is registered there, as far as it can be told: see [`Comparison::doubted`].
    pub beside: Option<Beside>,
}

/// A registered paragraph beside a doubt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// Which.
    pub place: Place,
    /// How it begins.
    pub text: String,
}

impl Comparison {
    /// The same where the file is doubted: what would be a good answer is [`Overall::NotComparable`] then. Each doubt gets the
    /// paragraph of the nearest version that has the words around it in `copy`, if it can be told.
    #[must_use]
    pub fn doubted(mut self, doubts: Vec<Doubt>, copy: &CopyText, versions: &[Text]) -> Self {
        let nearest = versions.iter().find(|v| Some(v.version) == self.nearest);
        let beside = |doubt: Doubt| Doubt {
            beside: nearest.and_then(|text| beside(&doubt.text, copy, text)),
            ..doubt
        };
        self.doubts.extend(doubts.into_iter().map(beside));
        if !self.doubts.is_empty() && self.overall.is_good() {
            self.overall = Overall::NotComparable;
        }
        self
    }
}

/// The words of a text as they are compared, without the marks around them: a doubt's text may be cut out of a sentence.
fn words<'k>(keys: impl IntoIterator<Item = &'k str>) -> Vec<String> {
    let cores = keys.into_iter().map(|key| core(key).1.to_owned());
    cores.filter(|word| !word.is_empty()).collect()
}

fn words_of(text: &str) -> Vec<String> {
    let folded: Vec<String> = { text.split_whitespace().flat_map(fold) }
        .map(|folded| folded.key)
        .collect();
    words(folded.iter().map(String::as_str))
}

/// The registered paragraph in whose place the text stands in the copy. The same words may stand in many places: each is looked at with
/// its neighbours in its block, and where they don't all say the same paragraph, none is named.
fn beside(text: &str, copy: &CopyText, version: &Text) -> Option<Beside> {
    let wanted = words_of(text);
    if wanted.is_empty() {
        return None;
    }
    let paragraphs: Vec<(&Paragraph, Vec<String>)> = { version.paragraphs.iter() }
        .map(|p| {
            let shown = p.tokens(0).into_iter().filter(|t| t.hidden == 0);
            let keys: Vec<String> = shown.map(|t| t.key).collect();
            (p, words(keys.iter().map(String::as_str)))
        })
        .collect();
    let around = around(&wanted, copy);
    let mut found: Vec<&Paragraph> = Vec::new();
    for window in &around {
        found.push(nearest(window, &paragraphs)?);
    }
    if around.is_empty() {
        // What is not in the text that was compared has its own words alone.
        found.extend(nearest(&wanted, &paragraphs));
    }
    let paragraph = found.first()?;
    let same = found.iter().all(|p| p.place == paragraph.place);
    same.then(|| {
        let text = paragraph.to_text();
        let mut start: String = text.chars().take(MAX_BESIDE).collect();
        if start.len() < text.len() {
            start.push_str("...");
        }
        Beside {
            place: paragraph.place.clone(),
            text: start,
        }
    })
}

/// The places of the copy that have these words on end: each with its neighbours in the same blocks.
fn around(wanted: &[String], copy: &CopyText) -> Vec<Vec<String>> {
    let tokens: Vec<(&Token, &str)> = { copy.tokens.iter() }
        .map(|token| (token, core(&token.key).1))
        .filter(|(_, word)| !word.is_empty())
        .collect();
    let starts = tokens.windows(wanted.len()).enumerate();
    let starts = starts.filter(|(_, here)| here.iter().map(|(_, word)| word).eq(wanted));
    starts
        .take(MAX_PLACES)
        .map(|(start, here)| {
            let blocks = here.iter().map(|(token, _)| token.home);
            let (first, last) = (blocks.clone().min(), blocks.max());
            let from = start.saturating_sub(NEIGHBOURS);
            let to = (start + wanted.len() + NEIGHBOURS).min(tokens.len());
            let near = tokens[from..to].iter().filter(|(token, _)| {
                first.is_some_and(|first| first <= token.home)
                    && last.is_some_and(|last| token.home <= last)
            });
            near.map(|(_, word)| (*word).to_owned()).collect()
        })
        .collect()
}

/// The paragraph that has most pairs of neighbouring words of the window; none where two have as many, or none has half of them. Of a
/// single word it is the paragraph that alone has it.
fn nearest<'p>(
    window: &[String],
    paragraphs: &[(&'p Paragraph, Vec<String>)],
) -> Option<&'p Paragraph> {
    let size = window.len().min(2);
    let pairs: HashSet<&[String]> = window.windows(size.max(1)).collect();
    let shared = |words: &[String]| {
        let theirs: HashSet<&[String]> = words.windows(size.max(1)).collect();
        theirs.intersection(&pairs).count()
    };
    let mut all: Vec<(usize, &Paragraph)> = { paragraphs.iter() }
        .map(|(p, words)| (shared(words), *p))
        .collect();
    all.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
    let (best, paragraph) = *all.first()?;
    let alone = all.get(1).is_none_or(|(second, _)| *second < best);
    (alone && best > 0 && 2 * best >= pairs.len()).then_some(paragraph)
}
