//! A short quotation of which a word differs: too short to be found as a copy is, it is sought window by window.

use std::ops::Range;

use super::{Held, shown};
use crate::copy::{
    Change, MIN_COPY_WORDS,
    slips::{self, Slip, Slips, Step, What, core},
    token::{self, Token},
};

/// The longest quotation that is sought so, in words; a longer one is found as a copy is.
const MAX_WORDS: usize = 8;

/// From so many words on two may differ.
const LONG: usize = 8;

/// The fewest of its words with at least [`TELLING`] letters that must stand there: the others stand everywhere.
const MIN_TELLING: usize = 2;

/// See [`MIN_TELLING`].
const TELLING: usize = 4;

/// Where a quotation stands but for a word or two.
pub(super) struct Almost {
    /// Which list of words of the version, and the words there.
    pub(super) list: usize,
    pub(super) at: Range<usize>,
    pub(super) changes: Vec<Change>,
    /// How far it is.
    pub(super) score: (usize, usize, usize),
}

impl Almost {
    /// The nearest place in a version, if there is one.
    pub(super) fn of(text: &str, held: &Held<'_>) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        if !(MIN_COPY_WORDS..=MAX_WORDS).contains(&words.len()) {
            return None;
        }
        let quote = token::of_words(&words, 0, 0, false);
        let allowed = 1 + usize::from(words.len() >= LONG);
        let lists = held.lists().enumerate();
        let found = lists.filter_map(|(list, tokens)| {
            let (at, steps, score) = nearest(&quote, tokens, held, allowed)?;
            Some(Self {
                list,
                changes: changes(&steps, &quote, &tokens[at.clone()]),
                at,
                score,
            })
        });
        found.min_by_key(|found| found.score)
    }
}

type Found = (Range<usize>, Vec<Step>, (usize, usize, usize));

/// The stretch of the words that is nearest to the quotation, if at most so many words differ.
fn nearest(quote: &[Token], tokens: &[Token], held: &Held<'_>, allowed: usize) -> Option<Found> {
    let words: Vec<&str> = quote.iter().map(|token| word(&token.key)).collect();
    let is_known = |token: &Token| words.contains(&word(&token.key));
    let known: Vec<bool> = tokens.iter().map(is_known).collect();
    let size = quote.len();
    let mut best: Option<Found> = None;
    for start in 0..tokens.len() {
        let reach = &known[start..(start + size + 1).min(tokens.len())];
        if reach.iter().filter(|known| **known).count() + allowed < size {
            continue;
        }
        for wide in size.saturating_sub(1)..=size + 1 {
            let Some(there) = tokens.get(start..start + wide) else {
                continue;
            };
            let whole = there
                .iter()
                .all(|t| t.hidden == 0 && t.home == there[0].home);
            if !whole {
                continue;
            }
            let (theirs, mine): (Vec<&Token>, Vec<&Token>) =
                (there.iter().collect(), quote.iter().collect());
            let steps = slips::explain(&theirs, &mine, &held.vocabulary, None, [None; 2]);
            let (mut other, mut slips, mut telling) = (0, 0, 0);
            for step in &steps {
                match step.what {
                    What::Other(_) | What::Unseen => {
                        other += step.registered.len().max(step.copy.len());
                    }
                    What::Equal | What::Slip(_) => {
                        slips += usize::from(step.what != What::Equal);
                        let long = |t: &&Token| t.key.chars().count() >= TELLING;
                        telling += there[step.registered.clone()].iter().filter(long).count();
                    }
                }
            }
            let score = (other, slips, wide.abs_diff(size));
            if (1..=allowed).contains(&other)
                && telling >= MIN_TELLING
                && best.as_ref().is_none_or(|(_, _, least)| score < *least)
            {
                best = Some((start..start + wide, steps, score));
            }
        }
    }
    best
}

/// A word without the marks around it.
fn word(key: &str) -> &str {
    let bare = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    // Most have none: looking closer would take most of the time.
    if bare(key.as_bytes().first()) && bare(key.as_bytes().last()) {
        return key;
    }
    core(key).1
}

fn changes(steps: &[Step], quote: &[Token], there: &[Token]) -> Vec<Change> {
    // The marks at its ends are the quoter's.
    let end = |step: &Step| step.registered.start == 0 || step.registered.end == there.len();
    let mark = |step: &Step| step.what == What::Slip(Slips::of(Slip::Punctuation));
    let changed = steps
        .iter()
        .filter(|step| step.what != What::Equal && !(mark(step) && end(step)));
    let change = |step: &Step| {
        let at = step.registered.start.min(there.len().saturating_sub(1));
        let (slips, because) = match step.what {
            What::Slip(slips) => (slips.to_vec(), None),
            What::Other(because) => (Vec::new(), because),
            What::Equal | What::Unseen => (Vec::new(), None),
        };
        Change {
            word: there.get(at).map_or(0, |token| token.word) + 1,
            registered: shown(&there[step.registered.clone()]),
            copy: shown(&quote[step.copy.clone()]),
            slips,
            because,
        }
    };
    changed.map(change).collect()
}
