//! Copies whose file may show something else than the text that was read out of it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::copy::{Comparison, Overall, Place, Text, fold::fold};

/// The most characters of a registered paragraph that stand beside a doubt.
const MAX_BESIDE: usize = 300;

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
    /// paragraph of the nearest version that has most of its words.
    #[must_use]
    pub fn doubted(mut self, doubts: Vec<Doubt>, versions: &[Text]) -> Self {
        let nearest = versions.iter().find(|v| Some(v.version) == self.nearest);
        let beside = |doubt: Doubt| Doubt {
            beside: nearest.and_then(|text| beside(&doubt.text, text)),
            ..doubt
        };
        self.doubts.extend(doubts.into_iter().map(beside));
        if !self.doubts.is_empty() && self.overall.is_good() {
            self.overall = Overall::NotComparable;
        }
        self
    }
}

fn keys(text: &str) -> HashSet<String> {
    let words = text.split_whitespace().flat_map(fold);
    words.map(|folded| folded.key).collect()
}

fn beside(text: &str, version: &Text) -> Option<Beside> {
    let wanted = keys(text);
    let shared = |text: &str| keys(text).intersection(&wanted).count();
    let texts = version.paragraphs.iter().map(|p| (p, p.to_text()));
    let best = texts
        .map(|(p, text)| (shared(&text), p, text))
        .filter(|(shared, ..)| 2 * shared > wanted.len())
        .max_by_key(|(shared, ..)| *shared)?;
    let (_, paragraph, text) = best;
    let mut start: String = text.chars().take(MAX_BESIDE).collect();
    if start.len() < text.len() {
        start.push_str("...");
    }
    Some(Beside {
        place: paragraph.place.clone(),
        text: start,
    })
}
