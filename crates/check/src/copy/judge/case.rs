//! What differs in letter case alone, where this did not matter to what is equal.

use super::{
    Version,
    words::{show, show_registered},
};
use crate::copy::{Because, Change, ParagraphState, ParagraphVerdict, token::Token};

impl Version<'_> {
    /// The paragraph's words as they are registered and as the copy has them, if their letter case differs.
    pub(super) fn case_of(&self, p: usize) -> Option<Change> {
        if !self.capitals {
            return None;
        }
        let pairs: Vec<(&Token, &Token)> = { self.spans[p].clone() }
            .filter_map(|i| Some((&self.r[i], &self.c[self.of_r[i]?])))
            .collect();
        let differs = |(r, c): &(&Token, &Token)| letters(&r.raw) != letters(&c.raw);
        pairs.iter().any(differs).then(|| Change {
            word: pairs.first().map_or(0, |(r, _)| r.word) + 1,
            registered: show_registered(pairs.iter().map(|(r, _)| *r)),
            copy: show(pairs.iter().map(|(_, c)| *c)),
            slips: Vec::new(),
            because: Some(Because::Case),
        })
    }

    /// The same for a text of the head that the copy has; whether it is altered so.
    pub(super) fn head_in_case(&self, verdict: &mut ParagraphVerdict) -> bool {
        let same = matches!(
            verdict.verdict,
            ParagraphState::Identical
                | ParagraphState::LayoutOnly { .. }
                | ParagraphState::Part { .. }
        );
        let paragraphs = &self.text.paragraphs;
        let Some(paragraph) = paragraphs.iter().find(|p| p.place == verdict.place) else {
            return false;
        };
        let registered = paragraph.to_text();
        let copy = registered.to_uppercase();
        if !same || registered == copy || self.copy.head.is_some() {
            return false;
        }
        let change = Change {
            word: 1,
            registered,
            copy,
            slips: Vec::new(),
            because: Some(Because::Case),
        };
        verdict.verdict = ParagraphState::Altered {
            changes: vec![change],
        };
        true
    }
}

fn letters(raw: &str) -> String {
    raw.chars().filter(|c| c.is_alphabetic()).collect()
}
