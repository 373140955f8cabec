//! Which words are words: in the place of one another word of these is a change of wording, never a slip.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use super::core;
use crate::copy::{
    Run, Text,
    fold::{fold, is_plain},
};

/// Words that turn a sentence round.
const NEGATIONS: [&str; 31] = [
    "not", "no", "nor", "non", "never", "none", "nobody", "nothing", "nowhere", "neither",
    "cannot", "without", "unless", "except", "cant", "wont", "dont", "isnt", "arent", "wasnt",
    "werent", "doesnt", "didnt", "hasnt", "havent", "hadnt", "shouldnt", "wouldnt", "couldnt",
    "mustnt", "neednt",
];

/// Syllables that turn a word round where they stand before it.
const NEGATING: [&str; 8] = ["un", "in", "im", "ir", "il", "dis", "non", "mis"];

/// Short words that stand in any text, and the words for numbers and times.
const COMMON: &str = "a an the and or but if then than that this these those there here he she it we you they i his her \
    hers its our ours your their theirs him them me my mine us who whom whose which what when where why how is are was were be been \
    being am do does did done has have had having may might must can could shall should will would of in on at by to \
    from for with into onto over under up down out off as so such some any all both each few more most less least other \
    another own same too very now just only also again once twice ever still yet about after before above below between \
    through during against because until till while new old high low yes next last first second third half one two three \
    four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty hundred thousand million billion \
    today day days week month months year years per via re ex co";

/// Words that a hyphen or an accent tells from others, and pairs that only capitals would.
const APART: &str = "resign recover reform resent represent recreation repress resort retreat relay release reserve \
    recount remark replace resume expose rose pate lame divorce attache ill well hell shell shed wed were cons its modem bum tum dam";

fn list() -> &'static HashSet<&'static str> {
    static WORDS: OnceLock<HashSet<&'static str>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let lines = include_str!("words.txt").lines();
        let words = lines
            .filter(|line| !line.starts_with('#'))
            .flat_map(str::split_whitespace);
        words
            .chain(COMMON.split_whitespace())
            .chain(APART.split_whitespace())
            .chain(NEGATIONS)
            .collect()
    })
}

/// The words of registered versions, beside those that any text has. Most comparisons never ask for a word: they are gathered
/// when one does.
#[derive(Debug)]
pub(crate) struct Vocabulary<'v> {
    versions: &'v [Text],
    /// In small letters, and whether it stands somewhere without a capital: then it is no name.
    gathered: OnceCell<HashMap<String, bool>>,
}

impl<'v> Vocabulary<'v> {
    pub(crate) const fn of(versions: &'v [Text]) -> Self {
        Self {
            versions,
            gathered: OnceCell::new(),
        }
    }

    fn words(&self) -> &HashMap<String, bool> {
        self.gathered.get_or_init(|| gather(self.versions))
    }

    /// Whether it is a word of the registered text, or one of the lists.
    pub(crate) fn knows(&self, word: &str) -> bool {
        let small = word.to_lowercase();
        list().contains(small.as_str()) || self.words().contains_key(small.as_str())
    }

    /// Whether it stands in the registered text, or surely in any, without a capital.
    pub(crate) fn stands_plain(&self, word: &str) -> bool {
        let small = word.to_lowercase();
        COMMON.split_whitespace().any(|common| common == small)
            || self.words().get(small.as_str()) == Some(&true)
    }

    /// Whether a registered word is a name: it never stands there without a capital.
    pub(crate) fn is_name(&self, word: &str) -> bool {
        word.starts_with(char::is_uppercase) && !self.stands_plain(word)
    }
}

/// Every word of every version, the head's too.
fn gather(versions: &[Text]) -> HashMap<String, bool> {
    let mut out: HashMap<String, bool> = HashMap::new();
    let mut put = |word: &str, small: bool| match out.get_mut(word) {
        Some(known) => *known |= small,
        None => {
            out.insert(word.to_owned(), small);
        }
    };
    let runs = { versions.iter().flat_map(|v| &v.paragraphs) }.flat_map(|p| &p.runs);
    for run in runs {
        let Run::Shown(words) = run else { continue };
        for word in words {
            // Most words are as they are.
            if is_plain(word) && !word.contains(|c: char| c.is_ascii_uppercase()) {
                let (_, word, _) = core(word);
                if !word.is_empty() {
                    put(word, true);
                }
                continue;
            }
            for folded in fold(word) {
                let (_, word, _) = core(&folded.key);
                let small = word.to_lowercase();
                if !word.is_empty() {
                    put(&small, small == word);
                }
            }
        }
    }
    out
}

/// The words for numbers, beside those with an ending for order (`fifth`) or more than one (`fifths`, `tens`).
const NUMBERS: &str = "zero nought one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen \
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion dozen \
    first second third fifth eighth ninth twelfth half halves quarter once twice thrice double triple treble both pair couple";

/// Whether it is a number in words: `nine`, `ninth`, `twenty-one`, `two-thirds`, `dozens`.
pub(crate) fn is_number_word(word: &str) -> bool {
    let small = word.to_lowercase();
    let one = |part: &str| {
        let is = |part: &str| NUMBERS.split_whitespace().any(|number| number == part);
        let stem = part.strip_suffix('s').unwrap_or(part);
        // `twentieth` is of `twenty`.
        let ordinal = stem.strip_suffix("th").is_some_and(|stem| {
            let tens = stem.strip_suffix("ie").map(|stem| format!("{stem}y"));
            is(stem) || tens.is_some_and(|tens| is(&tens))
        });
        is(part) || is(stem) || ordinal
    };
    let parts = small.split(['-', '\u{2010}', '\u{2011}', '\u{2013}', '\u{2014}', '/']);
    parts.filter(|part| !part.is_empty()).any(one)
}

pub(crate) fn is_negation(word: &str) -> bool {
    let small = word.to_lowercase();
    let letters: String = small.chars().filter(|c| *c != '\'').collect();
    NEGATIONS.contains(&letters.as_str()) || small.ends_with("n't")
}

pub(crate) fn is_negating(piece: &str) -> bool {
    NEGATING.contains(&piece.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use demur_memo::Kind;

    use super::*;
    use crate::copy::{Paragraph, Place};

    #[test]
    fn words_of_every_version_are_known() {
        let text = |version, words: &str| Text {
            version,
            paragraphs: vec![Paragraph::shown(
                Place::Paragraph(1),
                None,
                Kind::Paragraph,
                words,
            )],
        };
        let versions = [
            text(1, "(Sluice) sluice, Veldt McX"),
            text(2, "Eau—Caf\u{e9} -- the “Ferry”"),
        ];
        let words = Vocabulary::of(&versions);
        for known in ["sluice", "VELDT", "mcx", "eau", "caf\u{e9}", "ferry"] {
            assert!(words.knows(known), "{known}");
        }
        assert!(!words.knows("veldts"));
        for (word, name) in [
            ("Sluice", false),
            ("Veldt", true),
            ("Eau", true),
            ("The", false),
            ("eau", false),
        ] {
            assert_eq!(words.is_name(word), name, "{word}");
        }
    }
}
