//! A second reader's text beside the first's.

use std::collections::{BTreeMap, HashSet};

use crate::text::ligature;

/// The most words that are named.
const MAX_WORDS: usize = 8;

/// Words that two readers of one file do not have in common; `None` if they read the same letters and digits.
///
/// White space, hyphens, signs and order are left out: readers differ in these without any harm, and the order is judged by
/// what the pages show. Ligatures and raised figures are compared as letters and figures.
#[must_use]
pub fn contradiction(text: &str, other: &str) -> Option<String> {
    if letters(text) == letters(other) {
        return None;
    }
    let only = |a: &str, b: &str| {
        let known: HashSet<String> = b.split_whitespace().map(plain).collect();
        let words = a.split_whitespace().filter(|w| !known.contains(&plain(w)));
        words.take(MAX_WORDS).collect::<Vec<_>>().join(" ")
    };
    Some(format!("{} / {}", only(text, other), only(other, text)))
}

/// How often each letter and digit stands in a text.
fn letters(text: &str) -> BTreeMap<char, usize> {
    let mut out = BTreeMap::new();
    for c in plain(text).chars() {
        *out.entry(c).or_default() += 1;
    }
    out
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '⁰'..='⁹' => out.extend(char::from_digit(u32::from(c) - 0x2070, 10)),
            '₀'..='₉' => out.extend(char::from_digit(u32::from(c) - 0x2080, 10)),
            '¹' => out.push('1'),
            '²' => out.push('2'),
            '³' => out.push('3'),
            'ⁿ' => out.push('n'),
            // A ligature is a letter.
            c if c.is_alphanumeric() => match ligature(c) {
                Some(letters) => out.push_str(letters),
                None => out.push(c),
            },
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_that_agree_and_that_do_not() {
        assert_eq!(
            contradiction("10² of ﬁve first-rate", "five 10\n2 of firstrate"),
            None
        );
        assert_eq!(
            contradiction("We do not agree", "We do now agree").as_deref(),
            Some("not / now")
        );
    }
}
