//! The folding table: which differences between two words are not differences of the text.
//!
//! Each rule has a name, and a verdict lists the rules without which the texts would differ.
//! Nothing else folds: no digit, superscript, letter case or word; no accent beyond Unicode
//! normalization form C, which makes equal only what Unicode declares the same.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// A difference that is layout and not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// The same character composed in another way (Unicode normalization form C).
    Composition,
    /// Several spaces, tabs, no-break and other spaces as one space.
    Spaces,
    /// Lines that end at another place within a paragraph.
    LineBreaks,
    /// Paragraphs that are divided at another place.
    Paragraphs,
    /// A word divided at a line's end.
    Hyphenation,
    /// Typographic and straight quotation marks and apostrophes.
    Quotes,
    /// Dashes and hyphens of different lengths, `--` for a dash, space around a dash.
    Dashes,
    /// `ﬁ`, `ﬂ` and the like as their letters.
    Ligatures,
    /// `…` as three points.
    Ellipsis,
    /// Characters that show nothing: soft hyphen, zero-width space, byte order mark.
    Invisible,
    /// Signs of Markdown: `#`, `>`, bullets, `*` and `_` around emphasised words.
    Markdown,
    /// A line with nothing but a page's number, or with the banner.
    Page,
    /// Quotation marks around, and the last punctuation mark of, a quoted passage.
    QuotationEnds,
    /// The first letter of a quotation, large or small.
    FirstLetter,
    /// Double quotation marks that are single ones within a quotation.
    NestedQuotes,
}

impl Rule {
    /// All rules, in the order of the table in `docs/bundle.md`.
    pub const ALL: [Self; 15] = [
        Self::Composition,
        Self::Spaces,
        Self::LineBreaks,
        Self::Paragraphs,
        Self::Hyphenation,
        Self::Quotes,
        Self::Dashes,
        Self::Ligatures,
        Self::Ellipsis,
        Self::Invisible,
        Self::Markdown,
        Self::Page,
        Self::QuotationEnds,
        Self::FirstLetter,
        Self::NestedQuotes,
    ];

    /// For people: what was disregarded.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Composition => "how accented letters are coded",
            Self::Spaces => "spaces",
            Self::LineBreaks => "line breaks",
            Self::Paragraphs => "where paragraphs divide",
            Self::Hyphenation => "words divided at line ends",
            Self::Quotes => "the form of quotation marks",
            Self::Dashes => "the form of dashes",
            Self::Ligatures => "joined letters",
            Self::Ellipsis => "the form of \"...\"",
            Self::Invisible => "characters that show nothing",
            Self::Markdown => "Markdown signs",
            Self::Page => "page numbers and banners",
            Self::QuotationEnds => "marks at the ends of the quotation",
            Self::FirstLetter => "whether its first letter is a capital",
            Self::NestedQuotes => "single marks for a quotation within it",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

/// A set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rules(u16);

impl Rules {
    pub(crate) const NONE: Self = Self(0);

    const fn bit(rule: Rule) -> u16 {
        1 << rule as u16
    }

    pub(crate) const fn of(rule: Rule) -> Self {
        Self(Self::bit(rule))
    }

    pub(crate) fn add(&mut self, rule: Rule) {
        self.0 |= Self::bit(rule);
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn differing(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn to_vec(self) -> Vec<Rule> {
        Rule::ALL
            .into_iter()
            .filter(|rule| self.0 & Self::bit(*rule) != 0)
            .collect()
    }
}

/// A dash between words is a token of its own.
pub(crate) const DASH: &str = "—";

/// One word, or the part of one before or after a dash, as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folded {
    pub(crate) key: String,
    pub(crate) rules: Rules,
}

/// The comparable forms of a word without white space: none when nothing of it shows, several
/// when dashes divide it.
pub(crate) fn fold(word: &str) -> Vec<Folded> {
    if is_plain(word) {
        return vec![Folded {
            key: word.to_owned(),
            rules: Rules::NONE,
        }];
    }
    fold_any(word)
}

fn fold_any(word: &str) -> Vec<Folded> {
    let mut rules = Rules::NONE;
    let composed = if is_nfc(word) {
        word.to_owned()
    } else {
        rules.add(Rule::Composition);
        word.nfc().collect()
    };
    let mut key = String::with_capacity(composed.len());
    for c in composed.chars() {
        match c {
            '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => rules.add(Rule::Invisible),
            // Not U+201A: it looks like a comma.
            '‘' | '’' | '‛' => put(&mut key, "'", &mut rules, Rule::Quotes),
            '“' | '”' | '„' | '‟' => put(&mut key, "\"", &mut rules, Rule::Quotes),
            '‐' | '‑' => put(&mut key, "-", &mut rules, Rule::Dashes),
            '―' | '–' => put(&mut key, DASH, &mut rules, Rule::Dashes),
            'ﬀ' => put(&mut key, "ff", &mut rules, Rule::Ligatures),
            'ﬁ' => put(&mut key, "fi", &mut rules, Rule::Ligatures),
            'ﬂ' => put(&mut key, "fl", &mut rules, Rule::Ligatures),
            'ﬃ' => put(&mut key, "ffi", &mut rules, Rule::Ligatures),
            'ﬄ' => put(&mut key, "ffl", &mut rules, Rule::Ligatures),
            'ﬅ' | 'ﬆ' => put(&mut key, "st", &mut rules, Rule::Ligatures),
            '…' => put(&mut key, "...", &mut rules, Rule::Ellipsis),
            _ => key.push(c),
        }
    }
    divide(&key, rules)
}

/// Whether no rule touches the word, as is so of nearly all: it is its own key. A text has many words, and this is quick.
pub(crate) fn is_plain(word: &str) -> bool {
    word.is_ascii() && !matches!(word, "" | "-") && !word.contains("--")
}

fn put(key: &mut String, text: &str, rules: &mut Rules, rule: Rule) {
    key.push_str(text);
    rules.add(rule);
}

/// Divides at dashes. Between digits a dash of any length is the hyphen of a range or number.
fn divide(key: &str, mut rules: Rules) -> Vec<Folded> {
    if key.chars().all(|c| matches!(c, '-' | '—')) && !key.is_empty() {
        if key != DASH {
            rules.add(Rule::Dashes);
        }
        return vec![Folded {
            key: DASH.to_owned(),
            rules,
        }];
    }
    let text = key.replace("---", DASH).replace("--", DASH);
    if text != key {
        rules.add(Rule::Dashes);
    }
    let mut parts: Vec<String> = vec![String::new()];
    let mut before: Option<char> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let digit = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
        let part = parts.last_mut().expect("there is always one");
        if c != '—' {
            part.push(c);
        } else if digit(before.as_ref()) && digit(chars.peek()) {
            part.push('-');
        } else {
            // Spaced or not, a dash is the same.
            rules.add(Rule::Dashes);
            parts.push(DASH.to_owned());
            parts.push(String::new());
        }
        before = Some(c);
    }
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.map(|key| Folded { key, rules }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_word_is_its_own_key(word in "[ -~]{0,6}|[-a—ﬁ’]{0,4}") {
            prop_assert_eq!(fold(&word), fold_any(&word));
        }
    }

    fn keys(word: &str) -> Vec<String> {
        fold(word).into_iter().map(|f| f.key).collect()
    }

    #[test]
    fn what_folds() {
        for (a, b) in [
            ("don’t", "don't"),
            ("“no”", "\"no\""),
            ("well‑known", "well-known"),
            ("policy--which", "policy—which"),
            ("policy–which", "policy—which"),
            ("1968–71", "1968-71"),
            ("ofﬁce", "office"),
            ("on…", "on..."),
            ("co\u{ad}operate", "cooperate"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("-", "—"),
        ] {
            assert_eq!(keys(a), keys(b), "{a} {b}");
            assert!(
                fold(a).iter().chain(&fold(b)).any(|f| !f.rules.is_empty()),
                "{a} {b}"
            );
        }
        assert_eq!(keys("policy—which"), ["policy", "—", "which"]);
        assert!(keys("\u{200b}").is_empty());
    }

    #[test]
    fn what_never_folds() {
        for (a, b) in [
            ("10²", "102"),
            ("１", "1"),
            ("½", "1/2"),
            ("can't", "can"),
            ("US", "us"),
            ("resume", "résumé"),
            ("а", "a"),
            ("abc\u{202e}", "abc"),
            ("5.", "5"),
            ("₂", "2"),
            ("№", "No"),
            ("−5", "5"),
            ("-5", "5"),
            ("well-known", "wellknown"),
            ("farms\u{201a}", "farms'"),
            ("farms\u{201a}", "farms,"),
        ] {
            assert_ne!(keys(a), keys(b), "{a} {b}");
        }
    }

    #[test]
    fn each_rule_has_its_own_bit_and_name() {
        let mut all = Rules::NONE;
        for (i, rule) in Rule::ALL.into_iter().enumerate() {
            assert_eq!(rule as usize, i);
            all.add(rule);
        }
        assert_eq!(all.to_vec(), Rule::ALL);
    }
}
