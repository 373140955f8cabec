//! Words as they are compared.

use crate::copy::{
    fold::{DASH, Rule, Rules, fold, is_plain},
    slips::has_number,
};

/// How far apart the two ends of an emphasis may be, in words.
const MAX_EMPHASIS: usize = 60;

/// One comparable word, or part of a word beside a dash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// What is compared; empty for a hidden run.
    pub(crate) key: String,
    /// The word that it comes from, as it stands there.
    pub(crate) raw: String,
    /// Which part of its word this is; only part 0 shows `raw`.
    pub(crate) part: u32,
    /// Rules that made `key` from `raw`.
    pub(crate) rules: Rules,
    /// Rules that the space before it needs.
    pub(crate) space: Rules,
    /// Registered: the index of its paragraph. Copy: of its block.
    pub(crate) home: u32,
    /// The index of its word there.
    pub(crate) word: u32,
    /// A bullet: its presence does not matter.
    pub(crate) optional: bool,
    /// Hidden words; 0 for a word that is shown.
    pub(crate) hidden: u64,
    /// Copy: of a line that is a page's number, as the pages' ends or the lines like it show.
    pub(crate) page: bool,
}

impl Token {
    /// Letter case does not matter to it from now on. What is told of it must.
    pub(crate) fn capitalise(&mut self) {
        self.key = self.key.to_uppercase();
    }

    pub(crate) fn hidden(home: u32, words: u64) -> Self {
        Self {
            key: String::new(),
            raw: String::new(),
            part: 0,
            rules: Rules::NONE,
            space: Rules::NONE,
            home,
            word: 0,
            optional: false,
            hidden: words.max(1),
            page: false,
        }
    }
}

/// Adds the tokens of one word.
pub(crate) fn put_word(
    raw: &str,
    shown: &str,
    extra: Rules,
    home: u32,
    word: usize,
    out: &mut Vec<Token>,
) {
    let word = u32::try_from(word).unwrap_or(u32::MAX);
    let token = |key: String, rules: Rules, part: u32| Token {
        key,
        raw: raw.to_owned(),
        part,
        rules: rules.union(extra),
        space: Rules::NONE,
        home,
        word,
        optional: false,
        hidden: 0,
        page: false,
    };
    if is_plain(shown) {
        out.push(token(shown.to_owned(), Rules::NONE, 0));
        return;
    }
    let parts = fold(shown).into_iter().zip(0..);
    out.extend(parts.map(|(folded, part)| token(folded.key, folded.rules, part)));
}

/// The tokens of words that stand next to each other; the first is word `from` of its home.
pub(crate) fn of_words(words: &[&str], home: u32, from: usize, list: bool) -> Vec<Token> {
    let plain = without_emphasis(words);
    let mut out = Vec::with_capacity(words.len());
    for (i, (raw, plain)) in words.iter().zip(&plain).enumerate() {
        if list && is_bullet(raw) {
            out.push(bullet(raw, words.get(i + 1).copied(), home, from + i));
            continue;
        }
        let extra = if plain == raw {
            Rules::NONE
        } else {
            Rules::of(Rule::Markdown)
        };
        put_word(raw, plain, extra, home, from + i, &mut out);
    }
    out
}

/// A list item's sign as an optional token; not before a number, whose sign it may be.
pub(crate) fn bullet(raw: &str, next: Option<&str>, home: u32, word: usize) -> Token {
    Token {
        key: DASH.to_owned(),
        raw: raw.to_owned(),
        part: 0,
        rules: Rules::of(Rule::Markdown),
        space: Rules::NONE,
        home,
        word: u32::try_from(word).unwrap_or(u32::MAX),
        optional: !next.is_some_and(has_number),
        hidden: 0,
        page: false,
    }
}

pub(crate) fn is_bullet(word: &str) -> bool {
    matches!(word, "-" | "*" | "+" | "•" | "◦" | "▪" | "·")
}

/// The words without the signs of Markdown emphasis, where both ends of it are there.
pub(crate) fn without_emphasis<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut out: Vec<&str> = words.to_vec();
    let mut from = 0;
    while from < out.len() {
        let word = out[from];
        let sign = word.chars().next().filter(|c| matches!(c, '*' | '_'));
        let width = sign.map_or(0, |s| word.chars().take_while(|c| *c == s).count());
        if !(1..=3).contains(&width) || word.len() == width {
            from += 1;
            continue;
        }
        // The sign is one byte long, so that `width` counts bytes as well.
        let (run, rest) = word.split_at(width);
        let end = (from..out.len().min(from + MAX_EMPHASIS)).find(|i| {
            let text = if *i == from { rest } else { out[*i] };
            text.len() > width
                && text.ends_with(run)
                && !text[..text.len() - width].ends_with(['*', '_'])
        });
        if let Some(end) = end {
            out[from] = rest;
            out[end] = &out[end][..out[end].len() - width];
        }
        from += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emphasis_needs_both_ends() {
        let strip = |t: &str| without_emphasis(&t.split(' ').collect::<Vec<_>>()).join(" ");
        assert_eq!(strip("a *very good* one"), "a very good one");
        assert_eq!(strip("a **b** _c_"), "a b c");
        assert_eq!(strip("a note* and *nothing"), "a note* and *nothing");
        assert_eq!(strip("2 * 3 snake_case"), "2 * 3 snake_case");
    }
}
