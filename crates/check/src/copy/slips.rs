//! Slips of retyping, told from changes of wording by stated rules.
//!
//! A copy that was photographed and read by a machine, or typed again by hand, has slips: `tbe` for `the`, `govemment`
//! for `government`. A difference is a slip only if a rule of [`Slip`] makes the copy's words from the registered ones,
//! and it never is one where it touches a number, a negation, a name that may be another's, or where the copy's word is a word
//! itself ([`Because`]). A slip is shown and listed like any change: a copy with slips is never said to be identical.

mod words;

use std::{cell::RefCell, ops::Range};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use self::words::is_negating;
pub(crate) use self::words::{Vocabulary, is_negation, is_number_word};
use crate::copy::{fold::DASH, token::Token};

/// A rule by which words of a copy are registered words with a slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Slip {
    /// Letters that look alike in print: `rn` and `m`, `cl` and `d`, `l` and `1`, `O` and `0`; the table is in
    /// `docs/bundle.md`. At most one in a word of three letters, two up to seven, three in a longer one.
    Lookalikes,
    /// An accent that was dropped, put in or changed.
    Accents,
    /// Joined letters (`ff`, `fi`, `fl`, `ffi`, `ffl`, `œ`, `æ`) of which some were lost or taken for others.
    Ligatures,
    /// A word that was split, or words that run together.
    Spacing,
    /// A hyphen that was lost or put in.
    Hyphens,
    /// A comma, point, colon, semicolon, bracket, apostrophe, quotation mark or dash that was dropped, put in or changed.
    Punctuation,
    /// Two neighbouring letters exchanged, or a letter doubled or once too few, in a word of five letters or more.
    Typing,
}

impl Slip {
    /// All rules, in the order of the table in `docs/bundle.md`.
    pub const ALL: [Self; 7] = [
        Self::Lookalikes,
        Self::Accents,
        Self::Ligatures,
        Self::Spacing,
        Self::Hyphens,
        Self::Punctuation,
        Self::Typing,
    ];

    /// For people: what slipped.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Lookalikes => "letters that look alike",
            Self::Accents => "accents",
            Self::Ligatures => "joined letters",
            Self::Spacing => "words split or run together",
            Self::Hyphens => "hyphens",
            Self::Punctuation => "punctuation",
            Self::Typing => "letters exchanged or doubled",
        }
    }
}

/// Why a difference that looks like a slip, or might, is a change of wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Because {
    /// It touches a number: a digit, a superscript, a fraction.
    Number,
    /// It puts in, leaves out or changes a word that turns the sentence round.
    Negation,
    /// The copy has letters of another script that look like the registered ones.
    Script,
    /// It may be another name.
    Name,
    /// What stands in the copy is a word, too.
    Word,
    /// The same words in other letter case, throughout.
    Case,
}

impl Because {
    /// For people.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Negation => "a negation",
            Self::Script => "letters of another script",
            Self::Name => "a name",
            Self::Word => "another word",
            Self::Case => "letter case",
        }
    }
}

/// A set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Slips(u8);

impl Slips {
    const NONE: Self = Self(0);

    pub(crate) const fn of(slip: Slip) -> Self {
        Self(1 << slip as u8)
    }

    const fn with(self, slip: Slip) -> Self {
        Self(self.0 | Self::of(slip).0)
    }

    pub(crate) fn to_vec(self) -> Vec<Slip> {
        Slip::ALL
            .into_iter()
            .filter(|slip| self.0 & Self::of(*slip).0 != 0)
            .collect()
    }
}

/// Letters and groups of letters that are taken for each other, either way.
const LOOKALIKES: [(&str, &str); 48] = [
    ("rn", "m"),
    ("in", "m"),
    ("ni", "m"),
    ("iii", "m"),
    ("ri", "n"),
    ("ii", "u"),
    ("li", "h"),
    ("cl", "d"),
    ("tl", "d"),
    ("vv", "w"),
    ("VV", "W"),
    ("c", "e"),
    ("c", "o"),
    ("h", "b"),
    ("n", "u"),
    ("f", "t"),
    ("t", "l"),
    ("i", "l"),
    ("i", "j"),
    ("v", "y"),
    ("g", "q"),
    ("C", "G"),
    ("D", "O"),
    ("E", "F"),
    ("P", "F"),
    ("V", "Y"),
    ("Q", "O"),
    ("B", "R"),
    ("I", "l"),
    ("I", "i"),
    ("l", "1"),
    ("I", "1"),
    ("i", "1"),
    ("l", "|"),
    ("I", "|"),
    ("i", "|"),
    ("l", "!"),
    ("I", "!"),
    ("i", "!"),
    ("O", "0"),
    ("o", "0"),
    ("S", "5"),
    ("s", "5"),
    ("B", "8"),
    ("g", "9"),
    ("q", "9"),
    ("Z", "2"),
    ("b", "6"),
];

/// Vowels that are taken for each other, either way; not in a name, which may be another's then.
const VOWELS: [(&str, &str); 2] = [("a", "o"), ("e", "o")];

/// Joined letters.
const LIGATURES: [&str; 5] = ["ffi", "ffl", "ff", "fi", "fl"];

/// What joined letters are taken for; `?` and U+FFFD are what a program puts for what it can't read.
const LIGATURES_LOST: [&str; 8] = ["", "f", "fi", "fl", "ff", "h", "?", "\u{fffd}"];

/// Joined letters of other languages, and their letters.
const LETTERS: [(&str, &str); 6] = [
    ("œ", "oe"),
    ("æ", "ae"),
    ("ß", "ss"),
    ("Œ", "OE"),
    ("Æ", "AE"),
    ("Œ", "Oe"),
];

/// Stretches of words are explained when their lengths multiply to at most this.
const MAX_STRETCH: usize = 2_500;

/// The most words that run together, or pieces that one is split into.
const MAX_PIECES: usize = 3;

/// The longest word that is looked into, in characters.
const MAX_WORD: usize = 60;

/// From so many letters on a word has slips of typing.
const TYPING: usize = 5;

/// From so many letters on a name has slips of letters for letters.
const NAME: usize = 5;

/// What one stretch of the copy is to one of the registered words; ranges count from where the lists begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) registered: Range<usize>,
    pub(crate) copy: Range<usize>,
    pub(crate) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Equal,
    Slip(Slips),
    Other(Option<Because>),
    /// The copy's words stand where the bundle hides words: nothing can be said of them.
    Unseen,
}

/// The cheapest way from registered words to the copy's.
///
/// Words that the copy lacks cost nothing at the end that is `open`: it begins or ends within a paragraph there. Where words are hidden stand at
/// most as many of the copy's; what is shown beside them is compared. `behind` is what follows each of the two.
pub(crate) fn explain(
    registered: &[&Token],
    copy: &[&Token],
    vocabulary: &Vocabulary,
    open: Option<End>,
    behind: [Option<&Token>; 2],
) -> Vec<Step> {
    let (n, m) = (registered.len(), copy.len());
    if n.saturating_mul(m) > MAX_STRETCH {
        let hidden = registered.iter().any(|token| token.hidden > 0);
        return vec![Step {
            registered: 0..n,
            copy: 0..m,
            what: if hidden {
                What::Unseen
            } else {
                What::Other(reason(registered, copy))
            },
        }];
    }
    // A word for another is nearer than one left out and one put in, where leaving out costs nothing, too.
    let other = if open.is_some() { 7 } else { 14 };
    // The cost of the rest from each place on, and the first step of the cheapest way.
    let width = m + 1;
    let mut cost = vec![u32::MAX; (n + 1) * width];
    let mut first: Vec<(u8, u16, What)> = vec![(0, 0, What::Equal); (n + 1) * width];
    for i in (0..=n).rev() {
        for j in (0..=m).rev() {
            if (i, j) == (n, m) {
                cost[i * width + j] = 0;
                continue;
            }
            let mut best: Option<(u32, (u8, u16, What))> = None;
            let mut offer = |a: usize, b: usize, what: What, price: u32| {
                let total = cost[(i + a) * width + j + b].saturating_add(price);
                let step = (a as u8, b as u16, what);
                if best.is_none_or(|(least, _)| total < least) {
                    best = Some((total, step));
                }
            };
            let free = match open {
                Some(End::Head) => j == 0,
                Some(End::Tail) => j == m,
                None => false,
            };
            let outer_first = open == Some(End::Head);
            if outer_first {
                lone(registered, copy, (i, j), free, behind, &mut offer);
            }
            // No word is made of pieces on both sides of what is hidden.
            let shown = registered[i..].iter().take_while(|t| t.hidden == 0).count();
            if shown > 0 || i == n {
                pairs(
                    &registered[..i + shown],
                    copy,
                    (i, j),
                    vocabulary,
                    other,
                    &mut offer,
                );
            } else {
                unseen(registered[i], &copy[j..], &mut offer);
            }
            if !outer_first {
                lone(registered, copy, (i, j), free, behind, &mut offer);
            }
            if let Some((total, step)) = best {
                cost[i * width + j] = total;
                first[i * width + j] = step;
            }
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while (i, j) != (n, m) {
        let (a, b, what) = first[i * width + j];
        let (a, b) = (usize::from(a), usize::from(b));
        out.push(Step {
            registered: i..i + a,
            copy: j..j + b,
            what,
        });
        (i, j) = (i + a, j + b);
    }
    out
}

/// An end of a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Head,
    Tail,
}

type Offer<'o> = &'o mut dyn FnMut(usize, usize, What, u32);

/// How many words may stand where so many are hidden: a few more, since a machine that reads divides words.
pub(crate) const fn room(hidden: u64) -> u64 {
    hidden.saturating_add(hidden / 10)
}

/// The copy's words that may stand where words are hidden. Of those that need not be there, none does.
fn unseen(hidden: &Token, copy: &[&Token], offer: Offer<'_>) {
    if hidden.optional {
        offer(1, 0, What::Unseen, 0);
    }
    let mut words = 0;
    for (token, k) in copy.iter().zip(1..) {
        words += u64::from(token.part == 0);
        if words > room(hidden.hidden) {
            break;
        }
        offer(1, k, What::Unseen, 0);
    }
}

/// A word left out or put in.
fn lone(
    registered: &[&Token],
    copy: &[&Token],
    (i, j): (usize, usize),
    free: bool,
    behind: [Option<&Token>; 2],
    offer: Offer<'_>,
) {
    let lists = [(registered, i, (1, 0)), (copy, j, (0, 1))];
    for ((list, at, (a, b)), behind) in lists.into_iter().zip(behind) {
        let Some(token) = list.get(at) else { continue };
        let (_, word, _) = core(&token.key);
        let sign = (word.is_empty() || token.key == DASH) && token.hidden == 0;
        // A lone dash before a number may be its sign.
        let next = list.get(at + 1).copied().or(behind);
        let number = next.is_some_and(|next| has_number(&next.key));
        let free = free && a == 1;
        if sign && !number && !free {
            offer(a, b, What::Slip(Slips::of(Slip::Punctuation)), 2);
        } else {
            let side: &[&Token] = &list[at..=at];
            let because = if a == 1 {
                reason(side, &[])
            } else {
                reason(&[], side)
            };
            offer(a, b, What::Other(because), if free { 0 } else { 8 });
        }
    }
}

/// Words for words.
fn pairs(
    registered: &[&Token],
    copy: &[&Token],
    (i, j): (usize, usize),
    vocabulary: &Vocabulary,
    other: u32,
    offer: Offer<'_>,
) {
    let (left, right) = (&registered[i..], &copy[j..]);
    if let ([r, ..], [c, ..]) = (left, right)
        && r.hidden == 0
    {
        match of_word(&r.key, &c.key, vocabulary) {
            What::Equal => offer(1, 1, What::Equal, 0),
            What::Slip(slips) => offer(1, 1, What::Slip(slips), 4),
            // Two words that have nothing to do with each other still stand in each other's place.
            What::Other(because) => offer(1, 1, What::Other(because), other),
            What::Unseen => {}
        }
    }
    for a in 1..=left.len().min(MAX_PIECES) {
        for b in 1..=right.len().min(MAX_PIECES) {
            if a + b > 2
                && a + b <= 4
                && let Some(what) = spacing(&left[..a], &right[..b], vocabulary)
            {
                offer(
                    a,
                    b,
                    what,
                    if matches!(what, What::Slip(_)) { 6 } else { 13 },
                );
            }
        }
    }
}

/// What one word of a copy is to a registered one. Both are as they are compared.
pub(crate) fn of_word(registered: &str, copy: &str, vocabulary: &Vocabulary) -> What {
    if registered == copy {
        return What::Equal;
    }
    let ((before, word, after), (copy_before, copied, copy_after)) = (core(registered), core(copy));
    if word == copied {
        // A point or sign before a number, or brackets around it, change it.
        let fixed = has_number(word)
            && (before.trim_matches(['"', '\'']) != copy_before.trim_matches(['"', '\''])
                || (before.contains('(') && after.contains(')'))
                    != (copy_before.contains('(') && copy_after.contains(')')));
        return if fixed {
            What::Other(Some(Because::Number))
        } else {
            What::Slip(Slips::of(Slip::Punctuation))
        };
    }
    let number = |word: &str| has_number(word) && !word.chars().any(char::is_alphabetic);
    if has_number(word) || number(copied) {
        return What::Other(Some(Because::Number));
    }
    if is_negation(word) || is_negation(copied) {
        return What::Other(Some(Because::Negation));
    }
    if foreign(word, copied) {
        return What::Other(Some(Because::Script));
    }
    let (r, c): (Vec<char>, Vec<char>) = (word.chars().collect(), copied.chars().collect());
    let Some(mut slips) = similar(&r, &c) else {
        let name = vocabulary.is_name(word) && copied.starts_with(char::is_uppercase);
        return What::Other(name.then_some(Because::Name));
    };
    if vocabulary.knows(copied) {
        return What::Other(Some(Because::Word));
    }
    if vocabulary.is_name(word) && !same_name(&r, &c) {
        return What::Other(Some(Because::Name));
    }
    if before != copy_before || after != copy_after {
        slips = slips.with(Slip::Punctuation);
    }
    What::Slip(slips)
}

/// A name with a slip is still that name: letters for letters only in a long one, once, and not at its beginning.
fn same_name(name: &[char], copy: &[char]) -> bool {
    let signs = |list: &[char]| list.iter().any(|c| !c.is_alphabetic());
    let plain = |list: &[char]| -> String {
        list.iter()
            .collect::<String>()
            .nfd()
            .filter(char::is_ascii)
            .collect()
    };
    if plain(name) == plain(copy) || signs(name) != signs(copy) {
        return true;
    }
    name.len() >= NAME && name.first() == copy.first() && fits(name, copy, 1, true).is_some()
}

/// Words split or run together; `None` where they are not the same letters.
fn spacing(registered: &[&Token], copy: &[&Token], vocabulary: &Vocabulary) -> Option<What> {
    let all = || registered.iter().chain(copy);
    if all().any(|t| t.hidden > 0 || t.key == DASH) {
        return None;
    }
    let letters = |list: &[&Token]| list.iter().map(|t| t.key.len()).sum::<usize>();
    let begin = |list: &[&Token]| list.first().and_then(|t| core(&t.key).1.chars().next());
    if letters(registered).abs_diff(letters(copy)) > 4 || begin(registered) != begin(copy) {
        return None;
    }
    let joined = |list: &[&Token]| list.iter().map(|t| t.key.as_str()).collect::<String>();
    let (left, right) = (joined(registered), joined(copy));
    let ((_, r, _), (_, c, _)) = (core(&left), core(&right));
    let slips = if left == right || r == c {
        Slips::NONE
    } else {
        let (r, c): (Vec<char>, Vec<char>) = (r.chars().collect(), c.chars().collect());
        within(&r, &c, 1)?
    };
    if all().any(|t| has_number(&t.key)) {
        return Some(What::Other(Some(Because::Number)));
    }
    let word = |t: &&&Token| core(&t.key).1.to_owned();
    if all().any(|t| is_negation(&word(&t))) || is_negation(r) || is_negation(c) {
        return Some(What::Other(Some(Because::Negation)));
    }
    // A syllable that turns a word round, parted from it.
    let parted = |t: &&&Token| {
        let piece = core(&t.key).1;
        is_negating(piece) && registered.iter().all(|r| core(&r.key).1 != piece)
    };
    if registered.len() <= copy.len() && copy.iter().any(|t| parted(&t)) {
        return Some(What::Other(Some(Because::Negation)));
    }
    let hyphen = slips == Slips::of(Slip::Hyphens);
    if !hyphen && copy.iter().all(|t| vocabulary.knows(core(&t.key).1)) {
        return Some(What::Other(Some(Because::Word)));
    }
    Some(What::Slip(if hyphen {
        slips
    } else {
        slips.with(Slip::Spacing)
    }))
}

/// Why a stretch that no rule explains is grave.
fn reason(registered: &[&Token], copy: &[&Token]) -> Option<Because> {
    let any = |test: &dyn Fn(&str) -> bool| {
        registered
            .iter()
            .chain(copy)
            .any(|t| t.hidden == 0 && test(core(&t.key).1))
    };
    if any(&is_negation) {
        Some(Because::Negation)
    } else if any(&has_number) {
        Some(Because::Number)
    } else {
        None
    }
}

/// A word without the signs around it.
pub(crate) fn core(key: &str) -> (&str, &str, &str) {
    let sign = |c: char| {
        matches!(
            c,
            '.' | ',' | ';' | ':' | '\'' | '"' | '(' | ')' | '[' | ']' | '`' | '´'
        )
    };
    let rest = key.trim_start_matches(sign);
    let before = &key[..key.len() - rest.len()];
    let word = rest.trim_end_matches(sign);
    (before, word, &rest[word.len()..])
}

/// Digits of any kind, superscripts, fractions; signs that belong to numbers.
pub(crate) fn has_number(word: &str) -> bool {
    word.chars().any(|c| {
        c.is_numeric()
            || matches!(
                c,
                '%' | '‰' | '°' | '$' | '£' | '€' | '¥' | '¢' | '+' | '−' | '±' | '=' | '<' | '>'
            )
    })
}

/// Whether the copy has a letter of another script than Latin that the registered word lacks.
fn foreign(registered: &str, copy: &str) -> bool {
    copy.chars()
        .any(|c| is_foreign(c) && !registered.contains(c))
}

/// Whether it is a letter and none of the Latin script as it is typed.
pub(crate) fn is_foreign(c: char) -> bool {
    let latin = matches!(c, 'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | 'ª' | 'º');
    c.is_alphabetic() && !latin
}

/// The rules that make one word of the other, with as few slips as can be; `None`: no rules do.
fn similar(r: &[char], c: &[char]) -> Option<Slips> {
    let most = match r.len() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    (1..=most).find_map(|budget| within(r, c, budget))
}

/// The rules that make one word of the other with at most `budget` slips.
fn within(r: &[char], c: &[char], budget: usize) -> Option<Slips> {
    fits(r, c, budget, false)
}

fn fits(r: &[char], c: &[char], budget: usize, name: bool) -> Option<Slips> {
    // No rule takes or gives more than three letters.
    if r.len().abs_diff(c.len()) > 3 * budget || r.len() > MAX_WORD || c.len() > MAX_WORD {
        return None;
    }
    let failed = RefCell::new(Vec::new());
    Pair { r, c, name, failed }.walk((0, 0), budget, Slips::NONE)
}

/// Two words beside each other.
struct Pair<'w> {
    r: &'w [char],
    c: &'w [char],
    /// Whether they are names.
    name: bool,
    /// Places from which no way leads on, with what was left of the budget: made when the first is found.
    failed: RefCell<Vec<bool>>,
}

impl Pair<'_> {
    fn walk(&self, (i, j): (usize, usize), budget: usize, slips: Slips) -> Option<Slips> {
        let at = (budget * (self.r.len() + 1) + i) * (self.c.len() + 1) + j;
        if self.failed.borrow().get(at) == Some(&true) {
            return None;
        }
        let found = self.try_all((i, j), budget, slips);
        if found.is_none() {
            let mut failed = self.failed.borrow_mut();
            if failed.len() <= at {
                failed.resize(at + 1, false);
            }
            failed[at] = true;
        }
        found
    }

    fn try_all(&self, (i, j): (usize, usize), budget: usize, slips: Slips) -> Option<Slips> {
        let (left, right) = (&self.r[i..], &self.c[j..]);
        if left.is_empty() && right.is_empty() {
            return Some(slips);
        }
        if let ([a, ..], [b, ..]) = (left, right)
            && a == b
            && let Some(found) = self.walk((i + 1, j + 1), budget, slips)
        {
            return Some(found);
        }
        if budget == 0 {
            return None;
        }
        let go = |a: usize, b: usize, slip: Slip| {
            self.walk((i + a, j + b), budget - 1, slips.with(slip))
        };
        let vowels: &[(&str, &str)] = if self.name { &[] } else { &VOWELS };
        for (a, b) in LOOKALIKES.iter().chain(vowels).copied() {
            for (a, b) in [(a, b), (b, a)] {
                if let (Some(a), Some(b)) = (begins(left, a), begins(right, b))
                    && let Some(found) = go(a, b, Slip::Lookalikes)
                {
                    return Some(found);
                }
            }
        }
        if let ([a, ..], [b, ..]) = (left, right)
            && a != b
            && base(*a) == base(*b)
            && let Some(found) = go(1, 1, Slip::Accents)
        {
            return Some(found);
        }
        for (a, b) in LETTERS {
            for (a, b) in [(a, b), (b, a)] {
                if let (Some(a), Some(b)) = (begins(left, a), begins(right, b))
                    && let Some(found) = go(a, b, Slip::Ligatures)
                {
                    return Some(found);
                }
            }
        }
        for a in LIGATURES {
            let Some(a) = begins(left, a) else { continue };
            for b in LIGATURES_LOST {
                if let Some(b) = begins(right, b)
                    && let Some(found) = go(a, b, Slip::Ligatures)
                {
                    return Some(found);
                }
            }
        }
        for (sign, slip) in [
            ('-', Slip::Hyphens),
            ('\'', Slip::Punctuation),
            ('.', Slip::Punctuation),
        ] {
            if left.first() == Some(&sign)
                && let Some(found) = go(1, 0, slip)
            {
                return Some(found);
            }
            if right.first() == Some(&sign)
                && let Some(found) = go(0, 1, slip)
            {
                return Some(found);
            }
        }
        typing(self.r, self.c, (i, j), &go)
    }
}

fn typing(
    r: &[char],
    c: &[char],
    (i, j): (usize, usize),
    go: &dyn Fn(usize, usize, Slip) -> Option<Slips>,
) -> Option<Slips> {
    if r.len() < TYPING || !r.iter().all(|c| c.is_alphabetic()) {
        return None;
    }
    let (left, right) = (&r[i..], &c[j..]);
    if let ([a, b, ..], [x, y, ..]) = (left, right)
        && (a, b) == (y, x)
        && a != b
        && let Some(found) = go(2, 2, Slip::Typing)
    {
        return Some(found);
    }
    let doubled = |list: &[char], at: usize| {
        let twice = at > 0 && at < list.len() && list[at] == list[at - 1];
        (twice && list[at].is_alphabetic()).then(|| match list[at] {
            'f' => Slip::Ligatures,
            _ => Slip::Typing,
        })
    };
    if let Some(slip) = doubled(r, i)
        && let Some(found) = go(1, 0, slip)
    {
        return Some(found);
    }
    go(0, 1, doubled(c, j)?)
}

/// How many characters `text` has, if the list begins with it.
fn begins(list: &[char], text: &str) -> Option<usize> {
    // Most pairs differ here, and this is asked very often.
    if let (Some(byte), Some(first)) = (text.as_bytes().first(), list.first())
        && byte.is_ascii()
        && char::from(*byte) != *first
    {
        return None;
    }
    let n = text.chars().count();
    (list.len() >= n && text.chars().eq(list[..n].iter().copied())).then_some(n)
}

/// A Latin letter without its accent.
fn base(c: char) -> Option<char> {
    let plain = match c {
        'ø' => 'o',
        'Ø' => 'O',
        'ł' => 'l',
        'Ł' => 'L',
        'ı' => 'i',
        'đ' => 'd',
        'Đ' => 'D',
        _ => std::iter::once(c).nfd().next()?,
    };
    plain.is_ascii_alphabetic().then_some(plain)
}

/// The rule by which a word in a marking's place is that marking with a slip; it is no marking itself.
pub(crate) fn of_marking(registered: &str, copy: &str) -> Option<Slip> {
    let (_, inside, _) = core(copy);
    let bracket = copy.starts_with('(') || copy.ends_with(')');
    if inside == registered && bracket {
        return Some(Slip::Punctuation);
    }
    let inside = copy.strip_prefix('(')?.strip_suffix(')')?;
    let (r, c): (Vec<char>, Vec<char>) = (registered.chars().collect(), inside.chars().collect());
    let found = within(&r, &c, 1) == Some(Slips::of(Slip::Lookalikes));
    found.then_some(Slip::Lookalikes)
}
