//! Where a sentence ends, computed from the words alone.
//!
//! The content root commits to words, not to sentences: a sentence is only a short way to name a span of
//! words, and `docs/memo.md`, section 4, states the rule. It errs towards longer sentences, and what a
//! choice shows is seen before anything is written.

use std::ops::Range;

/// Marks that may follow the sign that ends a sentence, or the end of an emphasis.
const CLOSING: &[char] = &['"', '\'', '”', '’', '»', '›', ')', ']', '}', '*', '_'];

/// Marks that may stand before the first letter of a sentence.
const OPENING: &[char] = &[
    '"', '\'', '“', '‘', '„', '«', '‹', '(', '[', '{', '*', '_', '¿', '¡',
];

/// What ends a sentence.
const ENDS: &[char] = &['.', '?', '!', '…', '。', '？', '！', '؟', '।'];

/// Words whose point is no end, in small letters and without it.
const ABBREVIATIONS: &[&str] = &[
    "adm", "al", "amb", "apr", "approx", "art", "arts", "aug", "brig", "capt", "cf", "ch", "cmdr",
    "co", "col", "corp", "dec", "dept", "dr", "ed", "eds", "feb", "fig", "figs", "gen", "gov",
    "hon", "inc", "jan", "jr", "jul", "jun", "lt", "ltd", "maj", "mar", "messrs", "mr", "mrs",
    "ms", "no", "nos", "nov", "oct", "p", "para", "paras", "pp", "pres", "prof", "rep", "reps",
    "rev", "sec", "secs", "sen", "sens", "sep", "sept", "sgt", "sr", "st", "vol", "vols", "vs",
];

/// The digits of the longest number that is the sign of a list's item.
const MAX_ITEM_DIGITS: usize = 3;

/// The sentences of `words` as spans, the first word at 0; together they are all of them. In a list each item
/// begins a sentence.
pub(super) fn sentences<W: AsRef<str>>(words: &[W], list: bool) -> Vec<Range<u32>> {
    let mut out = Vec::new();
    let mut start = 0;
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    for at in 1..words.len() {
        let (before, next) = (words[at - 1].as_ref(), words[at].as_ref());
        let item = list && is_item_sign(next);
        let sign = list && is_item_sign(before);
        if item || !sign && ends(before) && begins(next) {
            out.push(narrow(start)..narrow(at));
            start = at;
        }
    }
    if !words.is_empty() {
        out.push(narrow(start)..narrow(words.len()));
    }
    out
}

fn is_item_sign(word: &str) -> bool {
    let number = |word: &str| {
        let digits = word.strip_suffix(['.', ')']).unwrap_or_default();
        (1..=MAX_ITEM_DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    };
    matches!(word, "-" | "*" | "+") || number(word)
}

fn ends(word: &str) -> bool {
    let word = word.trim_end_matches(CLOSING);
    if !word.ends_with(ENDS) {
        return false;
    }
    let Some(stem) = word.strip_suffix('.') else {
        return true;
    };
    let stem = stem.trim_start_matches(OPENING);
    let short = ABBREVIATIONS.contains(&stem.to_lowercase().as_str());
    // An initial, or several: "J.", "U.S."
    let initials = stem.split('.').all(|part| {
        let mut letters = part.chars();
        letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
    });
    !(short || initials)
}

fn begins(word: &str) -> bool {
    let first = word.trim_start_matches(OPENING).chars().next();
    first.is_some_and(|c| !c.is_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, list: bool) -> Vec<String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let spans = sentences(&words, list).into_iter();
        spans
            .map(|s| words[s.start as usize..s.end as usize].join(" "))
            .collect()
    }

    #[test]
    fn where_a_sentence_ends() {
        for (text, parts) in [
            ("We would run it.", &["We would run it."] as &[&str]),
            ("It pays. It runs.", &["It pays.", "It runs."]),
            (
                "\"Why?\" he said. \"No!\" We go.",
                &["\"Why?\" he said.", "\"No!\"", "We go."],
            ),
            (
                "Mr. Blood wrote. Dr. Yunus read it.",
                &["Mr. Blood wrote.", "Dr. Yunus read it."],
            ),
            (
                "The U.S. Government (see para. 4) knew. 20 signed.",
                &["The U.S. Government (see para. 4) knew.", "20 signed."],
            ),
            (
                "J. F. Kennedy came. In 1971. Then war.",
                &["J. F. Kennedy came.", "In 1971.", "Then war."],
            ),
            (
                "It cost 4.5 million. and so on. Then...",
                &["It cost 4.5 million. and so on.", "Then..."],
            ),
            (
                "*It pays.* (It runs.) End",
                &["*It pays.*", "(It runs.)", "End"],
            ),
            ("no end at all", &["no end at all"]),
            (
                "Wait… What? «Oui.» «Non.»",
                &["Wait…", "What?", "«Oui.»", "«Non.»"],
            ),
        ] {
            assert_eq!(split(text, false), parts, "{text}");
        }
        assert!(sentences::<&str>(&[], false).is_empty());
    }

    #[test]
    fn items_begin_sentences_in_a_list_only() {
        let text = "- at six. At seven too. - at noon 2. Never";
        assert_eq!(
            split(text, true),
            ["- at six.", "At seven too.", "- at noon", "2. Never",]
        );
        assert_eq!(
            split("1. Run it. 2. Pay for it.", true),
            ["1. Run it.", "2. Pay for it."]
        );
        assert_eq!(split("a - bee. C", false), ["a - bee.", "C"]);
    }
}
