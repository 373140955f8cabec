//! A quotation as a pattern: words, ellipses, brackets.

use crate::copy::{
    fold::{Rule, Rules},
    slips::{core, is_negation},
    token::{self, Token},
};

/// The longest text in brackets, in characters.
const MAX_BRACKET: usize = 200;

/// The most registered words that a bracket may stand for.
const MAX_REPLACED: usize = 12;

/// The most registered words that an ellipsis may stand for.
const MAX_LEFT_OUT: usize = 1_000;

/// The most ellipses and brackets of one quotation.
pub(super) const MAX_GAPS: usize = 64;

/// The fewest letters before a bracket in which an ending stands: `ask[ed]`.
const MIN_STEM: usize = 3;

/// The endings of English words that a bracket may put in the place of each other, by their kind: `high[er]`, `an[y]` and `the[n]` are
/// other words.
const ENDINGS: [&[&str]; 3] = [
    &["", "e", "s", "es", "ed", "d", "ing"],
    &["y", "ies", "ied"],
    &["", "s", "'s"],
];

/// What whoever quotes says of the quotation: it stands for no words.
const REMARKS: [&str; 5] = [
    "sic",
    "sic!",
    "emphasis added",
    "emphasis in original",
    "italics added",
];

/// The most comparisons for one quotation and version.
const MAX_STEPS: usize = 400_000;

/// A part of a quotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Item {
    Word {
        key: String,
        raw: String,
        rules: Rules,
        /// Marks at its beginning or end may differ: it stands beside an ellipsis, a bracket or an end.
        loose: (bool, bool),
    },
    /// A word of which a part stands in brackets: `[T]he`, `want[ed]`.
    Partly {
        whole: String,
        /// The letters before the bracket.
        before: String,
        raw: String,
        /// As a word's.
        loose: (bool, bool),
    },
    Ellipsis,
    /// Words in brackets, without these.
    Bracket(String),
}

/// Where a pattern stands, and what its ellipses and brackets stand for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Match {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) left_out: Vec<std::ops::Range<usize>>,
    /// What stands in brackets, and the registered words in its place.
    pub(super) brackets: Vec<(String, std::ops::Range<usize>)>,
    pub(super) rules: Rules,
}

/// Reads a quotation.
pub(super) fn parse(text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for piece in pieces(text) {
        match piece {
            // Several say no more than one.
            Piece::Ellipsis if items.last() == Some(&Item::Ellipsis) => {}
            Piece::Ellipsis => items.push(Item::Ellipsis),
            Piece::Bracket(inside) => items.push(Item::Bracket(inside)),
            Piece::Partly { whole, before, raw } => items.push(Item::Partly {
                whole,
                before,
                raw,
                loose: (false, false),
            }),
            Piece::Word(raw) => {
                for token in token::of_words(&[&raw], 0, 0, false) {
                    items.push(Item::Word {
                        key: token.key,
                        raw: raw.clone(),
                        rules: token.rules,
                        loose: (false, false),
                    });
                }
            }
        }
    }
    // An ellipsis at an end says only that the text goes on.
    while matches!(items.first(), Some(Item::Ellipsis)) {
        items.remove(0);
    }
    while matches!(items.last(), Some(Item::Ellipsis)) {
        items.pop();
    }
    let word = |item: Option<&Item>| matches!(item, Some(Item::Word { .. }));
    let edges: Vec<(bool, bool)> = (0..items.len())
        .map(|i| {
            let before = i.checked_sub(1).and_then(|i| items.get(i));
            (!word(before), !word(items.get(i + 1)))
        })
        .collect();
    for (item, edge) in items.iter_mut().zip(edges) {
        if let Item::Word { loose, .. } | Item::Partly { loose, .. } = item {
            *loose = edge;
        }
    }
    items
}

enum Piece {
    Word(String),
    Ellipsis,
    Bracket(String),
    Partly {
        whole: String,
        before: String,
        raw: String,
    },
}

fn pieces(text: &str) -> Vec<Piece> {
    let text = text
        .replace(". . . .", "…")
        .replace(". . .", "…")
        .replace("....", "…")
        .replace("...", "…");
    let text = text
        .replace("[…]", " … ")
        .replace("(…)", " … ")
        .replace('…', " … ");
    let mut out = Vec::new();
    let mut rest = text.as_str();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return out;
        }
        let space = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let bracket = rest[..space].find('[').and_then(|from| {
            let inside = &rest[from + 1..];
            let length = inside.find(']').filter(|n| *n <= MAX_BRACKET)?;
            Some((from, from + 1 + length))
        });
        let Some((from, to)) = bracket else {
            let word = &rest[..space];
            rest = &rest[space..];
            out.push(match word {
                "…" => Piece::Ellipsis,
                word => Piece::Word(word.to_owned()),
            });
            continue;
        };
        let (before, inside) = (&rest[..from], &rest[from + 1..to]);
        let after = &rest[to + 1..];
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let tail = &after[..end];
        let letters = |t: &str| t.chars().any(char::is_alphanumeric);
        rest = &after[end..];
        if inside.trim().is_empty() {
            let word = format!("{before}{tail}");
            if !word.is_empty() {
                out.push(Piece::Word(word));
            }
        } else if letters(before) || letters(tail) {
            out.push(Piece::Partly {
                whole: format!("{before}{inside}{tail}"),
                before: before.to_owned(),
                raw: format!("{before}[{inside}]{tail}"),
            });
        } else {
            out.push(Piece::Bracket(inside.to_owned()));
        }
    }
}

/// How many words of a quotation are the quoted ones.
pub(super) fn words(items: &[Item]) -> usize {
    items
        .iter()
        .filter(|item| matches!(item, Item::Word { .. } | Item::Partly { .. }))
        .count()
}

/// Whether it has more ellipses and brackets than are tried.
pub(super) fn is_broken_up(items: &[Item]) -> bool {
    let gap = |item: &&Item| matches!(item, Item::Ellipsis | Item::Bracket(_));
    items.iter().filter(gap).count() > MAX_GAPS
}

/// The search was given up: whether the pattern stands there is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GaveUp;

/// Where the pattern stands in the registered tokens: the first place from `start` on.
///
/// # Errors
/// [`GaveUp`] after [`MAX_STEPS`] comparisons.
pub(super) fn find(
    items: &[Item],
    tokens: &[Token],
    start: usize,
) -> Result<Option<Match>, GaveUp> {
    let mut search = Search {
        items,
        tokens,
        steps: 0,
    };
    let found = (start..tokens.len()).find_map(|from| {
        let start = Match {
            from,
            to: from,
            ..Match::default()
        };
        search.walk(0, from, start)
    });
    if found.is_none() && search.steps > MAX_STEPS {
        return Err(GaveUp);
    }
    Ok(found)
}

struct Search<'s> {
    items: &'s [Item],
    tokens: &'s [Token],
    steps: usize,
}

impl Search<'_> {
    fn walk(&mut self, mut item: usize, mut at: usize, mut found: Match) -> Option<Match> {
        loop {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return None;
            }
            let Some(next) = self.items.get(item) else {
                found.to = at;
                return Some(found);
            };
            match next {
                Item::Word { .. } | Item::Partly { .. } => {
                    let token = self.tokens.get(at)?;
                    found.rules = found.rules.union(fits(next, token, self.is_first(item))?);
                    // Another ending is shown beside the registered one.
                    if let Item::Partly { whole, raw, .. } = next
                        && core(whole).1.to_lowercase() != core(&token.key).1.to_lowercase()
                    {
                        found.brackets.push((raw.clone(), at..at + 1));
                    }
                    (item, at) = (item + 1, at + 1);
                }
                Item::Ellipsis => {
                    let most = (at + MAX_LEFT_OUT).min(self.tokens.len());
                    return (at..most).find_map(|to| {
                        let mut with = found.clone();
                        with.left_out.push(at..to);
                        self.walk(item + 1, to, with)
                    });
                }
                Item::Bracket(inside) => {
                    let remark = is_remark(inside);
                    let bracket = |item: &Item| matches!(item, Item::Bracket(_));
                    let first = self.is_first(item);
                    let last = self.items[item + 1..].iter().all(bracket);
                    let inner = !first && !last && !remark;
                    let most = at + if inner { MAX_REPLACED } else { 0 };
                    let most = most.min(self.tokens.len());
                    // `[a] flood` is `A flood`.
                    let same =
                        |token: &Token| core(&token.key).1.to_lowercase() == inside.to_lowercase();
                    if self.tokens.get(at).is_some_and(same)
                        && let Some(found) = self.walk(item + 1, at + 1, found.clone())
                    {
                        return Some(found);
                    }
                    // Of the words that it may stand for as few as can be.
                    return (at..=most).find_map(|to| {
                        let mut with = found.clone();
                        // At an end of the quotation nothing that is quoted stands behind it: its neighbour is what it may stand for.
                        let beside = |item: Option<usize>| {
                            item.and_then(|item| self.items.get(item))
                                .is_some_and(|item| !bracket(item) && *item != Item::Ellipsis)
                        };
                        let range = if remark || inner {
                            at..to
                        } else if first && beside(Some(item + 1)) {
                            self.before(at)
                        } else if last && beside(item.checked_sub(1)) {
                            self.after(at)
                        } else {
                            at..to
                        };
                        with.brackets.push((inside.clone(), range));
                        self.walk(item + 1, to, with)
                    });
                }
            }
        }
    }
}

impl Search<'_> {
    /// Whether nothing stands before an item but brackets.
    fn is_first(&self, item: usize) -> bool {
        let before = &self.items[..item];
        before.iter().all(|item| matches!(item, Item::Bracket(_)))
    }

    /// The registered word before a place in the same sentence, or none.
    fn before(&self, at: usize) -> std::ops::Range<usize> {
        match at.checked_sub(1) {
            Some(before) if !self.is_divided(before) => before..at,
            _ => at..at,
        }
    }

    /// The registered word at a place, if the sentence goes on there.
    fn after(&self, at: usize) -> std::ops::Range<usize> {
        let goes_on = at > 0 && at < self.tokens.len() && !self.is_divided(at - 1);
        at..at + usize::from(goes_on)
    }

    /// Whether a sentence or a paragraph ends with this word.
    fn is_divided(&self, at: usize) -> bool {
        let next = self.tokens.get(at + 1);
        next.is_none_or(|next| next.home != self.tokens[at].home)
            || is_sentence_end(&self.tokens[at], next)
    }
}

/// Whether a sentence ends with this word: by its mark, and what comes next. A point after a single letter or within a word is an
/// abbreviation's.
pub(super) fn is_sentence_end(token: &Token, next: Option<&Token>) -> bool {
    if next.is_some_and(|next| next.home != token.home) {
        return true;
    }
    let word = token
        .raw
        .trim_end_matches(['"', '\'', '”', '’', '»', ')', ']']);
    let Some(mark) = word.chars().last().filter(|c| matches!(c, '.' | '?' | '!')) else {
        return false;
    };
    let bare = word.trim_end_matches(mark);
    let abbreviation = mark == '.' && (bare.contains('.') || bare.chars().count() < 2);
    let begins = next.is_none_or(|next| {
        let first = next.raw.chars().find(|c| c.is_alphanumeric());
        first.is_none_or(|c| c.is_uppercase() || c.is_numeric())
    });
    !abbreviation && begins
}

/// Whether a word of the pattern is a registered one, and by which rules.
fn fits(item: &Item, token: &Token, first: bool) -> Option<Rules> {
    if token.hidden > 0 {
        return None;
    }
    match item {
        Item::Word {
            key,
            raw,
            rules,
            loose,
        } => {
            if *key == token.key {
                return Some(if *raw == token.raw {
                    Rules::NONE
                } else {
                    let differing = rules.differing(token.rules);
                    if differing.is_empty() {
                        rules.union(token.rules)
                    } else {
                        differing
                    }
                });
            }
            let (mine, theirs) = (core(key), core(&token.key));
            let mut out = rules.differing(token.rules);
            let capital = first && mine.1 != theirs.1;
            if capital {
                if !same_but_first(mine.1, theirs.1) {
                    return None;
                }
                out.add(Rule::FirstLetter);
            } else if mine.1 != theirs.1 || mine.1.is_empty() {
                return None;
            }
            marks_fit(mine, theirs, *loose, out)
        }
        Item::Partly {
            whole,
            before,
            loose,
            ..
        } => {
            // Folded as a word is, for its marks.
            let folded = token::of_words(&[whole], 0, 0, false);
            let [whole] = folded.as_slice() else {
                return None;
            };
            let (mine, theirs) = (core(&whole.key), core(&token.key));
            let (_, before, _) = core(before);
            let same = mine.1.to_lowercase() == theirs.1.to_lowercase();
            if !same && !is_inflected(before, mine.1, theirs.1) {
                return None;
            }
            marks_fit(mine, theirs, *loose, Rules::NONE)
        }
        Item::Ellipsis | Item::Bracket(_) => None,
    }
}

/// Whether the marks around a word fit, and by which rules beside `out`.
fn marks_fit(
    mine: (&str, &str, &str),
    theirs: (&str, &str, &str),
    loose: (bool, bool),
    mut out: Rules,
) -> Option<Rules> {
    for (mine, theirs, loose) in [(mine.0, theirs.0, loose.0), (mine.2, theirs.2, loose.1)] {
        if mine == theirs {
            continue;
        }
        let single = |t: &str| t.replace('"', "'");
        if single(mine) == single(theirs) {
            out.add(Rule::NestedQuotes);
        } else if loose && is_end(mine) && is_end(theirs) {
            out.add(Rule::QuotationEnds);
        } else {
            return None;
        }
    }
    Some(out)
}

/// Whether what stands in brackets is a remark on the quotation.
pub(super) fn is_remark(inside: &str) -> bool {
    let inside = inside.trim().to_lowercase();
    REMARKS.contains(&inside.as_str())
}

/// Whether two words that begin with `stem` differ in their ending alone, as `want[ed]` and `wants` do, and mean the same:
/// `not[e]` is another word than `not`.
pub(super) fn is_inflected(stem: &str, mine: &str, theirs: &str) -> bool {
    let ending = |word: &str| {
        let ending = word.strip_prefix(stem)?;
        Some(ending.replace('’', "'").to_lowercase())
    };
    let (Some(my), Some(their)) = (ending(mine), ending(theirs)) else {
        return false;
    };
    let of = |kind: &&[&str]| kind.contains(&my.as_str()) && kind.contains(&their.as_str());
    stem.chars().count() >= MIN_STEM
        && stem.chars().all(char::is_alphabetic)
        && ENDINGS.iter().any(of)
        && is_negation(mine) == is_negation(theirs)
}

/// Marks that may stand or not at the ends of what is quoted.
fn is_end(marks: &str) -> bool {
    marks
        .chars()
        .all(|c| matches!(c, '"' | '\'' | '.' | ',' | ';' | ':'))
}

pub(super) fn same_but_first(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.chars(), b.chars());
    let (Some(x), Some(y)) = (a.next(), b.next()) else {
        return false;
    };
    x.to_lowercase().eq(y.to_lowercase()) && a.eq(b)
}
