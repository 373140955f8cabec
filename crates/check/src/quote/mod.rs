//! Quoted passages held against the registered versions.
//!
//! In scope: a quotation with its ellipses and brackets, and the passages that a text quotes ([`quotations`]). Each is
//! verbatim, has slips, is altered, or is not found, with the paragraphs and versions. Out of scope: who is quoted.

mod almost;
mod find;
mod pattern;

use serde::{Deserialize, Serialize};

pub use self::find::{MAX_QUOTATIONS, Quotation, quotations};
use self::{
    almost::Almost,
    pattern::{GaveUp, Item, Match},
};
use crate::copy::{
    Because, Change, Comparison, CopyError, CopyText, MIN_COPY_WORDS, Overall, ParagraphState,
    Place, Rule, Text, compare_prepared,
    prepared::Prepared,
    slips::{Vocabulary, core, has_number, is_negation, is_number_word},
    source::with_stroke,
    token::Token,
};

/// The fewest words of a quotation that are worth a verdict.
pub const MIN_QUOTE_WORDS: usize = 3;

/// The longest quotation that is read, in bytes.
pub const MAX_QUOTE: usize = 64 << 10;

/// How many characters are shown of one that is longer.
const SHOWN: usize = 200;

/// An ellipsis that leaves out at most so many words, a number among them, alters.
const MAX_SHORT_GAP: usize = 3;

/// Beside an ellipsis that leaves out more words than this a piece of under [`MIN_QUOTE_WORDS`] words tells nothing.
const MAX_SCRAP_GAP: usize = 20;

/// What turns the words before it: a quotation that ends just there says the opposite.
const TURNING: [&str; 2] = ["not", "never"];

/// What a quotation is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteVerdict {
    /// The quotation.
    pub quote: String,
    /// The line where it begins in the text that quotes, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// In one word.
    pub verdict: QuoteState,
    /// Where it stands, in each version that has it, the newest first.
    pub places: Vec<QuotePlace>,
    /// What the ellipses leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// What stands in brackets, and what is registered there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brackets: Vec<Bracket>,
    /// What differs, slips of retyping among it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Whether what ellipses divide stands in another order.
    #[serde(default)]
    pub reordered: bool,
    /// What was disregarded because it is layout.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disregarded: Vec<Rule>,
}

/// See [`QuoteVerdict::verdict`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum QuoteState {
    /// Each word outside brackets stands so, in this order.
    Verbatim,
    /// The same but for slips of retyping.
    Slips,
    /// Words differ.
    Altered,
    /// No version has it, and all of each is shown.
    NotFound,
    /// It, or a part of it, does not stand in what is shown, but other words are hidden: nobody can tell.
    NotShown,
    /// Under [`MIN_QUOTE_WORDS`] words: it stands in many texts.
    TooShort,
    /// Over [`MAX_QUOTE`], with too many ellipses and brackets, of words that stand in too many places, or put together of pieces under
    /// [`MIN_QUOTE_WORDS`] words from far apart: nobody knows.
    Undecided,
}

/// Where a quotation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotePlace {
    /// The version.
    pub version: u32,
    /// The paragraphs, in order.
    pub places: Vec<Place>,
}

/// Words in brackets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bracket {
    /// What the quotation has in brackets.
    pub copy: String,
    /// What is registered in its place; empty where it was only put in.
    pub registered: String,
}

/// Holds a quotation against the versions.
///
/// # Errors
/// When it is longer than [`MAX_QUOTE`].
pub fn check_quote(quote: &str, versions: &[Text]) -> Result<QuoteVerdict, CopyError> {
    if quote.len() > MAX_QUOTE {
        return Err(CopyError::TooLong);
    }
    Ok(check(quote, &Lists::of(versions)))
}

/// The versions, the newest first.
struct Lists<'v>(Vec<Held<'v>>);

/// A version as lists of words on end: the body, and each text of the head.
struct Held<'v> {
    version: [Prepared<'v>; 1],
    heads: Vec<Vec<Token>>,
    vocabulary: Vocabulary<'v>,
}

impl<'v> Lists<'v> {
    fn of(versions: &'v [Text]) -> Self {
        let mut newest: Vec<&Text> = versions.iter().collect();
        newest.sort_by_key(|version| std::cmp::Reverse(version.version));
        Self(newest.into_iter().map(Held::of).collect())
    }
}

impl<'v> Held<'v> {
    fn of(version: &'v Text) -> Self {
        let all = version.paragraphs.iter().zip(0..);
        let heads = all.filter(|(paragraph, _)| paragraph.is_head());
        Self {
            version: [Prepared::of(version)],
            heads: heads
                .map(|(paragraph, n)| {
                    let mut tokens = paragraph.tokens(n);
                    tokens.retain(|token| !token.optional);
                    tokens
                })
                .collect(),
            vocabulary: Vocabulary::of(std::slice::from_ref(version)),
        }
    }

    fn text(&self) -> &'v Text {
        self.version[0].text
    }

    fn lists(&self) -> impl Iterator<Item = &[Token]> {
        let heads = self.heads.iter().map(Vec::as_slice);
        std::iter::once(&self.version[0].body[..]).chain(heads)
    }
}

fn check(quote: &str, versions: &Lists<'_>) -> QuoteVerdict {
    let bare = quote
        .trim()
        .trim_matches(['“', '”', '"', '«', '»', '„'])
        .trim();
    if bare.len() > MAX_QUOTE {
        let beginning: String = bare.chars().take(SHOWN).collect();
        return QuoteVerdict::new(&format!("{beginning} …"), QuoteState::Undecided);
    }
    let items = pattern::parse(&with_stroke(bare));
    let mut verdict = QuoteVerdict::new(bare, QuoteState::NotFound);
    let words = pattern::words(&items);
    if words < MIN_QUOTE_WORDS {
        verdict.verdict = QuoteState::TooShort;
        return verdict;
    }
    if pattern::is_broken_up(&items) {
        verdict.verdict = QuoteState::Undecided;
        return verdict;
    }
    let mut gave_up = false;
    for held in &versions.0 {
        for tokens in held.lists() {
            let found = match pattern::find(&items, tokens, 0) {
                Ok(Some(found)) => found,
                Ok(None) => continue,
                Err(GaveUp) => {
                    gave_up = true;
                    continue;
                }
            };
            verdict.places.push(QuotePlace {
                version: held.text().version,
                places: places(held.text(), &tokens[found.from..found.to]),
            });
            if verdict.places.len() == 1 {
                verdict.take(&found, tokens, &items);
            }
            break;
        }
    }
    if verdict.places.is_empty() && words >= MIN_COPY_WORDS {
        verdict.nearest(&items, versions);
    }
    if verdict.places.is_empty() && items.iter().all(|item| matches!(item, Item::Word { .. })) {
        verdict.almost(&plain(&items), versions);
    }
    if verdict.verdict == QuoteState::NotFound {
        let hides = |held: &Held<'_>| held.text().hides_words();
        if gave_up {
            verdict.verdict = QuoteState::Undecided;
        } else if versions.0.iter().any(hides) {
            verdict.verdict = QuoteState::NotShown;
        }
    }
    verdict
}

/// Holds each passage that a text quotes against the versions. Of a passage that is not found, those quoted within
/// it are tried; at most [`MAX_QUOTATIONS`] in all.
#[must_use]
pub fn check_quotations(text: &str, versions: &[Text]) -> Vec<QuoteVerdict> {
    let versions = Lists::of(versions);
    let none = |v: &QuoteVerdict| {
        matches!(
            v.verdict,
            QuoteState::NotFound
                | QuoteState::NotShown
                | QuoteState::TooShort
                | QuoteState::Undecided
        )
    };
    let mut out = Vec::new();
    let mut left = MAX_QUOTATIONS;
    for quotation in quotations(text) {
        let of = |text: &str| {
            let mut verdict = check(text, &versions);
            verdict.line = Some(quotation.line);
            verdict
        };
        let Some(rest) = left.checked_sub(1) else {
            break;
        };
        left = rest;
        let verdict = of(&quotation.text);
        let mut inner = Vec::new();
        if none(&verdict) {
            inner.extend(quotation.within.iter().take(left).map(|text| of(text)));
            left -= inner.len();
        }
        if inner.iter().any(|v| !none(v)) {
            out.extend(inner);
        } else {
            out.push(verdict);
        }
    }
    out
}

impl QuoteVerdict {
    fn new(quote: &str, verdict: QuoteState) -> Self {
        Self {
            quote: quote.split_whitespace().collect::<Vec<_>>().join(" "),
            line: None,
            verdict,
            places: Vec::new(),
            left_out: Vec::new(),
            brackets: Vec::new(),
            changes: Vec::new(),
            reordered: false,
            disregarded: Vec::new(),
        }
    }

    /// Takes what the ellipses and brackets of an exact match stand for.
    fn take(&mut self, found: &Match, tokens: &[Token], items: &[Item]) {
        self.verdict = QuoteState::Verbatim;
        self.disregarded = found.rules.to_vec();
        for range in &found.left_out {
            let text = shown(&tokens[range.clone()]);
            if let Some(because) = turns(tokens, range) {
                self.alter(tokens, range, &text, "…", because);
            }
            if !text.is_empty() {
                self.left_out.push(text);
            }
        }
        for (bracket, change) in brackets(found, tokens) {
            if let Some(change) = change {
                self.verdict = QuoteState::Altered;
                self.changes.push(change);
            }
            self.brackets.push(bracket);
        }
        // What nobody may see may turn the sentence.
        let ranges = { found.left_out.iter() }.chain(found.brackets.iter().map(|(_, at)| at));
        let mut ranges = ranges.flat_map(|at| &tokens[at.clone()]);
        if self.verdict == QuoteState::Verbatim && ranges.any(|token| token.hidden > 0) {
            self.verdict = QuoteState::NotShown;
        }
        if self.verdict == QuoteState::Verbatim && is_of_scraps(found, tokens, items) {
            self.verdict = QuoteState::Undecided;
        }
        // A quotation that ends just before the word that turns its sentence.
        let end = &tokens[..found.to];
        if self.verdict == QuoteState::Verbatim
            && let (Some(last), Some(next)) = (end.last(), tokens.get(found.to))
            && !pattern::is_sentence_end(last, Some(next))
            && !last.raw.ends_with([',', ';', ':'])
            && TURNING.contains(&core(&next.key).1.to_lowercase().as_str())
        {
            let at = found.to..found.to + 1;
            self.alter(
                tokens,
                &at,
                &shown(&tokens[at.clone()]),
                "",
                Because::Negation,
            );
        }
    }

    /// Takes where all but a word or two stand.
    fn almost(&mut self, text: &str, versions: &Lists<'_>) {
        let ways = [Some(text.to_owned()), other_first_letter(text)];
        // With the first letter as it is, or else the other way.
        let nearest = ways.iter().flatten().find_map(|way| {
            let all = versions.0.iter();
            let all = all.filter_map(|held| Some((Almost::of(way, held)?, held)));
            all.min_by_key(|(found, _)| found.score)
        });
        let Some((found, held)) = nearest else {
            return;
        };
        let tokens = held.lists().nth(found.list).unwrap_or_default();
        self.verdict = QuoteState::Altered;
        self.places = vec![QuotePlace {
            version: held.text().version,
            places: places(held.text(), &tokens[found.at]),
        }];
        self.changes = found.changes;
    }

    /// The brackets that stand for words, in the quoter's own: not remarks such as `[sic]`.
    pub fn in_own_words(&self) -> impl Iterator<Item = &Bracket> {
        let own = |bracket: &&Bracket| !pattern::is_remark(&bracket.copy);
        self.brackets.iter().filter(own)
    }

    fn alter(
        &mut self,
        tokens: &[Token],
        at: &std::ops::Range<usize>,
        registered: &str,
        copy: &str,
        because: Because,
    ) {
        self.verdict = QuoteState::Altered;
        self.changes.push(Change {
            word: tokens.get(at.start).map_or(0, |token| token.word) + 1,
            registered: registered.to_owned(),
            copy: copy.to_owned(),
            slips: Vec::new(),
            because: Some(because),
        });
    }

    /// The version and paragraphs that it is nearest to, and what differs.
    fn nearest(&mut self, items: &[Item], versions: &Lists<'_>) {
        let near = { versions.0.iter() }
            .filter_map(|held| Some((Near::of(items, held)?, held.text().version)));
        let Some((near, version)) = near.min_by_key(|(near, _)| near.distance()) else {
            return;
        };
        self.reordered = near.reordered;
        self.verdict = if near.reordered || near.changes.iter().any(|c| c.slips.is_empty()) {
            QuoteState::Altered
        } else if near.unseen {
            QuoteState::NotShown
        } else if near.changes.is_empty() {
            QuoteState::Verbatim
        } else {
            QuoteState::Slips
        };
        self.changes = near.changes;
        self.brackets = near.brackets;
        self.disregarded = near.rules;
        self.places = vec![QuotePlace {
            version,
            places: near.places,
        }];
    }
}

/// A quotation beside one version, piece by piece between the ellipses.
#[derive(Default)]
struct Near {
    changes: Vec<Change>,
    brackets: Vec<Bracket>,
    places: Vec<Place>,
    rules: Vec<Rule>,
    /// Words of the pieces that were found, and of those that were not.
    found: usize,
    lost: usize,
    reordered: bool,
    /// Whether a piece may stand where words are hidden.
    unseen: bool,
    /// Where the piece before stands word for word: the list of words, and its end in it.
    after: Option<(usize, usize)>,
}

impl Near {
    /// `None`: the version does not have it. The whole quotation does not stand there word for word.
    fn of(items: &[Item], held: &Held<'_>) -> Option<Self> {
        let paragraphs = &held.text().paragraphs;
        let whole = !items.contains(&Item::Ellipsis);
        let mut near = Self::default();
        let mut last = 0;
        for piece in items.split(|item| *item == Item::Ellipsis) {
            let words = pattern::words(piece);
            let before = near.places.len();
            if (!whole && near.stands(piece, held)) || near.resembles(piece, held) {
                near.found += words;
            } else if words > 0 {
                near.lost += words;
                if held.text().hides_words() {
                    near.unseen = true;
                    continue;
                }
                near.changes.push(Change {
                    word: 0,
                    registered: String::new(),
                    copy: plain(piece),
                    slips: Vec::new(),
                    because: None,
                });
            }
            let place = near.places.get(before);
            let at = place.and_then(|p| paragraphs.iter().position(|q| q.place == *p));
            near.reordered |= at.is_some_and(|at| at < last);
            last = at.unwrap_or(last);
        }
        near.places.dedup();
        near.rules.sort_unstable();
        near.rules.dedup();
        (near.found > near.lost).then_some(near)
    }

    /// Takes a piece that stands there word for word.
    fn stands(&mut self, items: &[Item], held: &Held<'_>) -> bool {
        let before = self.after.take();
        let lists: Vec<&[Token]> = held.lists().collect();
        let found_in = |list: usize, start: usize| {
            let found = pattern::find(items, lists.get(list)?, start);
            Some((list, found.ok()??))
        };
        // The same words may stand in several places: behind the piece before, if they do.
        let found = before
            .and_then(|(list, end)| found_in(list, end))
            .or_else(|| (0..lists.len()).find_map(|list| found_in(list, 0)));
        let Some((list, found)) = found else {
            return false;
        };
        self.reordered |= before.is_some_and(|(of, end)| of == list && found.from < end);
        self.after = Some((list, found.to));
        self.places
            .extend(places(held.text(), &lists[list][found.from..found.to]));
        self.rules.extend(found.rules.to_vec());
        for (bracket, change) in brackets(&found, lists[list]) {
            self.brackets.push(bracket);
            self.changes.extend(change);
        }
        true
    }

    /// Takes a piece that stands there with differences.
    fn resembles(&mut self, items: &[Item], held: &Held<'_>) -> bool {
        let text = plain(items);
        let Some(mut found) = held_against(&text, held) else {
            return false;
        };
        // A quotation may begin within a sentence, or with a word that does not begin one.
        if !found.overall.is_good()
            && matches!(items.first(), Some(Item::Word { .. }))
            && let Some(other) = other_first_letter(&text)
            && let Some(other) = held_against(&other, held)
            && different(&other) < different(&found)
        {
            found = other;
            self.rules.push(Rule::FirstLetter);
        }
        // Where the bundle hides the text, nothing can be said.
        if matches!(
            found.overall,
            Overall::NotFound | Overall::NotShown | Overall::NotComparable
        ) {
            return false;
        }
        let mut changes = Vec::new();
        for paragraph in found.paragraphs {
            match paragraph.verdict {
                ParagraphState::Missing | ParagraphState::Hidden { .. } => continue,
                ParagraphState::Altered { changes: more }
                | ParagraphState::Slips { changes: more } => changes.extend(more),
                ParagraphState::Moved { changes: more } => {
                    self.reordered = true;
                    changes.extend(more);
                }
                _ => {}
            }
            self.places.push(paragraph.place);
        }
        changes.extend(found.inserted.into_iter().map(|inserted| Change {
            word: 0,
            registered: String::new(),
            copy: inserted.text,
            slips: Vec::new(),
            because: None,
        }));
        for change in &mut changes {
            if change.copy.starts_with('[') {
                change.because = change.because.or_else(|| graver(change));
            }
        }
        changes.retain(|change| {
            let own = in_brackets(change, items);
            if own {
                self.brackets.push(Bracket {
                    copy: change.copy.trim_matches(['[', ']']).to_owned(),
                    registered: change.registered.clone(),
                });
            }
            !own
        });
        // A quotation may begin within a sentence.
        if let (Some(Item::Word { raw, .. }), Some(change)) = (items.first(), changes.first())
            && change.copy == *raw
            && pattern::same_but_first(&change.registered, raw)
            && self.changes.is_empty()
        {
            changes.remove(0);
            self.rules.push(Rule::FirstLetter);
        }
        self.changes.extend(changes);
        self.rules.extend(found.disregarded);
        true
    }

    /// Words that differ, then slips.
    fn distance(&self) -> (usize, usize) {
        let words = |change: &Change| {
            let count = |text: &str| text.split_whitespace().count();
            count(&change.registered).max(count(&change.copy))
        };
        let wording = self.changes.iter().filter(|c| c.slips.is_empty());
        let slips = self.changes.iter().filter(|c| !c.slips.is_empty());
        (
            wording.map(words).sum::<usize>()
                + usize::from(self.reordered)
                + if self.unseen { self.lost } else { 0 },
            slips.count(),
        )
    }
}

/// Whether it is put together of scraps: a piece is so short that it stands anywhere, and what is left out is long or ends a paragraph.
fn is_of_scraps(found: &Match, tokens: &[Token], items: &[Item]) -> bool {
    let pieces = items.split(|item| *item == Item::Ellipsis);
    let short = pieces
        .map(pattern::words)
        .any(|words| (1..MIN_QUOTE_WORDS).contains(&words));
    let far = |gap: &std::ops::Range<usize>| {
        let home = |at: usize| tokens.get(at).map(|token| token.home);
        gap.len() > MAX_SCRAP_GAP || gap.start > 0 && home(gap.start - 1) != home(gap.end)
    };
    short && found.left_out.iter().any(far)
}

fn held_against(text: &str, held: &Held<'_>) -> Option<Comparison> {
    let copy = CopyText::parse(text.as_bytes()).ok()?;
    Some(compare_prepared(
        &copy,
        &held.version,
        &held.vocabulary,
        &[],
    ))
}

/// How many words differ, then how many slips; the most where it is not found.
fn different(found: &Comparison) -> (u64, u64) {
    let found = found.distances.iter().find(|d| d.found);
    found.map_or((u64::MAX, 0), |d| (d.different, d.slips))
}

/// A text whose first letter is large where it was small, and the other way about; none where it does not begin with a letter.
fn other_first_letter(text: &str) -> Option<String> {
    let at = text.find(char::is_alphanumeric)?;
    let first = text[at..].chars().next()?;
    let other: String = if first.is_lowercase() {
        first.to_uppercase().collect()
    } else {
        first.to_lowercase().collect()
    };
    let rest = &text[at + first.len_utf8()..];
    (other != first.to_string()).then(|| format!("{}{other}{rest}", &text[..at]))
}

/// What each bracket stands for, and the change that it is where it turns the sentence.
fn brackets(found: &Match, tokens: &[Token]) -> Vec<(Bracket, Option<Change>)> {
    let one = |(copy, range): &(String, std::ops::Range<usize>)| {
        let registered = shown(&tokens[range.clone()]);
        let because = grave(copy).or_else(|| grave_in(&tokens[range.clone()]));
        let hidden = tokens[range.clone()].iter().any(|token| token.hidden > 0);
        let because = because.filter(|_| !hidden && !pattern::is_remark(copy));
        let change = because.map(|because| Change {
            word: tokens.get(range.start).map_or(0, |token| token.word) + 1,
            registered: registered.clone(),
            copy: bracketed(copy),
            slips: Vec::new(),
            because: Some(because),
        });
        let bracket = Bracket {
            copy: copy.clone(),
            registered,
        };
        (bracket, change)
    };
    found.brackets.iter().map(one).collect()
}

/// Why a change turns a sentence, by the words of either side.
fn graver(change: &Change) -> Option<Because> {
    grave(&change.copy).or_else(|| grave(&change.registered))
}

/// What stands in brackets, with these; a part of a word has them already.
fn bracketed(copy: &str) -> String {
    if copy.contains('[') {
        copy.to_owned()
    } else {
        format!("[{copy}]")
    }
}

/// A piece of a quotation as a text.
fn plain(items: &[Item]) -> String {
    let mut out = String::new();
    let mut last: Option<&str> = None;
    for item in items {
        let word = match item {
            Item::Ellipsis => continue,
            // A word that a dash divides shows once.
            Item::Word { raw, key, .. } => {
                if last == Some(raw) && raw != key {
                    continue;
                }
                last = Some(raw);
                raw.clone()
            }
            Item::Partly { whole, .. } => whole.clone(),
            Item::Bracket(inside) => format!("[{inside}]"),
        };
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

/// Whether a difference is what a bracket owns up to.
fn in_brackets(change: &Change, items: &[Item]) -> bool {
    if change
        .because
        .is_some_and(|because| because != Because::Word && because != Because::Name)
    {
        return false;
    }
    items.iter().any(|item| match item {
        Item::Bracket(inside) => {
            let put_in = !pattern::is_remark(inside) || change.registered.is_empty();
            put_in && change.copy == format!("[{inside}]")
        }
        Item::Partly { whole, before, .. } => {
            let same = whole.to_lowercase() == change.registered.to_lowercase();
            let inflected = pattern::is_inflected(before, whole, &change.registered);
            *whole == change.copy && (same || inflected)
        }
        _ => false,
    })
}

fn places(version: &Text, tokens: &[Token]) -> Vec<Place> {
    let mut homes: Vec<u32> = tokens.iter().map(|token| token.home).collect();
    homes.dedup();
    let place = |home: u32| version.paragraphs[home as usize].place.clone();
    homes.into_iter().map(place).collect()
}

fn shown(tokens: &[Token]) -> String {
    let words = tokens.iter().filter(|token| token.part == 0);
    words
        .map(|token| match token.hidden {
            0 => token.raw.clone(),
            1 => "[1 word hidden]".to_owned(),
            n => format!("[{n} words hidden]"),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Why leaving out this stretch turns what stands beside it: a negation in the rest of the sentence that was begun before it, or
/// in the beginning of the one that goes on after it; a number where hardly more is left out. A sentence that is left out whole
/// is another matter.
fn turns(tokens: &[Token], gap: &std::ops::Range<usize>) -> Option<Because> {
    let ends = |at: usize| pattern::is_sentence_end(&tokens[at], tokens.get(at + 1));
    let mut head = gap.start;
    if gap.start > 0 && !ends(gap.start - 1) {
        head = { gap.clone() }
            .find(|at| ends(*at))
            .map_or(gap.end, |at| at + 1);
    }
    let tail = { gap.clone() }
        .rfind(|at| ends(*at))
        .map_or(gap.start, |at| at + 1);
    let graver = |range: std::ops::Range<usize>| tokens.get(range).and_then(grave_in);
    let cut = { graver(gap.start..head).into_iter() }
        .chain(graver(tail..gap.end))
        .find(|because| *because == Because::Negation);
    let short = gap.len() <= MAX_SHORT_GAP;
    cut.or_else(|| graver(gap.clone()).filter(|_| short))
}

/// The same of registered words; of hidden ones nothing is known.
fn grave_in(tokens: &[Token]) -> Option<Because> {
    let shown: Vec<Token> = { tokens.iter() }
        .filter(|token| token.hidden == 0)
        .cloned()
        .collect();
    grave(&self::shown(&shown))
}

/// Why leaving out or putting in these words turns a sentence.
fn grave(words: &str) -> Option<Because> {
    let any = |test: &dyn Fn(&str) -> bool| {
        words.split_whitespace().any(|word| {
            let (_, word, _) = core(word);
            test(&word.replace('’', "'"))
        })
    };
    if any(&is_negation) {
        Some(Because::Negation)
    } else if any(&|word| has_number(word) || is_number_word(word)) {
        Some(Because::Number)
    } else {
        None
    }
}
