//! What is done to the wording and the order.

use crate::{
    Change, Rng,
    corpus::{Words, bare},
};

/// A paragraph with one change.
pub(crate) struct Edit {
    pub(crate) text: String,
    /// The registered word concerned, from 1; for one put in the word before which it stands.
    pub(crate) word: u32,
    pub(crate) was: String,
    pub(crate) now: String,
}

/// After these "not" can stand.
const AUXILIARIES: [&str; 22] = [
    "is", "are", "was", "were", "will", "would", "should", "can", "could", "may", "might", "must",
    "has", "have", "had", "do", "does", "did", "shall", "been", "be", "am",
];

impl Edit {
    /// `None` where the paragraph has nothing to change so.
    pub(crate) fn new(change: Change, text: &str, words: &Words, rng: &mut Rng) -> Option<Self> {
        let all: Vec<&str> = text.split(' ').collect();
        // Not the first and the last: without these a copy may be an excerpt.
        let inner: Vec<usize> = (1..all.len().saturating_sub(1)).collect();
        let small = |i: &usize| {
            let word = bare(all[*i]);
            word.chars().count() >= 4
                && word.chars().all(char::is_alphabetic)
                && word.chars().all(char::is_lowercase)
        };
        match change {
            Change::Word | Change::NearWord => {
                let at = *rng.pick(&inner.into_iter().filter(small).collect::<Vec<_>>())?;
                let was = bare(all[at]);
                let now = if change == Change::Word {
                    let length = was.chars().count();
                    let list = words.any(length);
                    rng.pick(list).filter(|now| *now != was)?.clone()
                } else {
                    words.nearest(was)?
                };
                Some(replace(&all, at, was, &now))
            }
            Change::Not => {
                let is = |i: &usize, list: &[&str]| list.contains(&all[*i]);
                let gone: Vec<usize> = inner.iter().copied().filter(|i| is(i, &["not"])).collect();
                if let Some(at) = rng.pick(&gone).copied().filter(|_| rng.chance(500)) {
                    let mut left = all.clone();
                    left.remove(at);
                    return Some(Self {
                        text: left.join(" "),
                        word: at as u32 + 1,
                        was: "not".to_owned(),
                        now: String::new(),
                    });
                }
                let after: Vec<usize> = { inner.iter().copied() }
                    .filter(|i| is(i, &AUXILIARIES) && all[i + 1] != "not")
                    .collect();
                let at = *rng.pick(&after)? + 1;
                let mut more = all.clone();
                more.insert(at, "not");
                Some(Self {
                    text: more.join(" "),
                    word: at as u32 + 1,
                    was: String::new(),
                    now: "not".to_owned(),
                })
            }
            Change::Number => {
                let digits: Vec<usize> = { inner.into_iter() }
                    .filter(|i| bare(all[*i]).bytes().any(|b| b.is_ascii_digit()))
                    .collect();
                let at = *rng.pick(&digits)?;
                let was = bare(all[at]);
                let places: Vec<usize> = (0..was.len())
                    .filter(|i| was.as_bytes()[*i].is_ascii_digit())
                    .collect();
                let place = *rng.pick(&places)?;
                let digit = usize::from(was.as_bytes()[place] - b'0');
                let other = (digit + 1 + rng.below(9)) % 10;
                let now = format!("{}{other}{}", &was[..place], &was[place + 1..]);
                Some(replace(&all, at, was, &now))
            }
            Change::Name => {
                let names: Vec<usize> = { inner.into_iter() }
                    .filter(|i| words.names.iter().any(|name| name == bare(all[*i])))
                    .collect();
                let at = *rng.pick(&names)?;
                let was = bare(all[at]);
                let now = rng.pick(&words.names).filter(|now| *now != was)?.clone();
                Some(replace(&all, at, was, &now))
            }
        }
    }
}

fn replace(all: &[&str], at: usize, was: &str, now: &str) -> Edit {
    let word = all[at].replacen(was, now, 1);
    let mut words = all.to_vec();
    words[at] = &word;
    Edit {
        text: words.join(" "),
        word: at as u32 + 1,
        was: was.to_owned(),
        now: now.to_owned(),
    }
}

/// The sentences of a paragraph; abbreviations of one capital letter end none.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let mut out = Vec::new();
    let mut sentence: Vec<&str> = Vec::new();
    for (i, word) in words.iter().enumerate() {
        sentence.push(word);
        let ends = word.ends_with(['.', '?', '!']) && bare(word).chars().count() > 3;
        let next = words
            .get(i + 1)
            .is_none_or(|next| next.starts_with(char::is_uppercase));
        if ends && next {
            out.push(sentence.join(" "));
            sentence.clear();
        }
    }
    if !sentence.is_empty() {
        out.push(sentence.join(" "));
    }
    out
}

/// Without one sentence of a paragraph that has several, but not the first of all or the last.
pub(crate) fn without_sentence(paragraphs: &[String], rng: &mut Rng) -> Option<Vec<String>> {
    let several: Vec<usize> = (0..paragraphs.len())
        .filter(|p| sentences(&paragraphs[*p]).len() > 1)
        .collect();
    let p = *rng.pick(&several)?;
    let mut left = sentences(&paragraphs[p]);
    let first = usize::from(p == 0);
    let last = left.len() - usize::from(p + 1 == paragraphs.len());
    if first >= last {
        return None;
    }
    left.remove(first + rng.below(last - first));
    let mut copy = paragraphs.to_vec();
    copy[p] = left.join(" ");
    Some(copy)
}

/// With one paragraph of eight words or more at another place, two further on at least.
pub(crate) fn moved(paragraphs: &[String], rng: &mut Rng) -> Option<Vec<String>> {
    let long: Vec<usize> = (0..paragraphs.len())
        .filter(|p| paragraphs[*p].split(' ').count() >= 8)
        .collect();
    let p = *rng.pick(&long)?;
    let places: Vec<usize> = (0..paragraphs.len())
        .filter(|q| q.abs_diff(p) >= 2)
        .collect();
    let to = *rng.pick(&places)?;
    let mut copy = paragraphs.to_vec();
    let paragraph = copy.remove(p);
    copy.insert(to, paragraph);
    Some(copy)
}

/// So many sentences on end, of eight words at least; over the end of a paragraph there is an empty line.
pub(crate) fn excerpt(paragraphs: &[String], n: usize, rng: &mut Rng) -> Option<String> {
    let all: Vec<(usize, String)> = { paragraphs.iter().enumerate() }
        .flat_map(|(p, text)| sentences(text).into_iter().map(move |s| (p, s)))
        .collect();
    if all.len() < n {
        return None;
    }
    for _ in 0..20 {
        let from = rng.below(all.len() - n + 1);
        let mut out = String::new();
        let mut before = None;
        for (p, sentence) in &all[from..from + n] {
            if let Some(before) = before {
                out.push_str(if before == *p { " " } else { "\n\n" });
            }
            before = Some(*p);
            out.push_str(sentence);
        }
        if out.split_whitespace().count() >= 8 {
            return Some(out);
        }
    }
    None
}
