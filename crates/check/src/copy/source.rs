//! The copy that somebody holds, as text.

use std::{borrow::Cow, collections::HashSet};

use serde::Deserialize;

use crate::copy::{
    fold::{Rule, Rules},
    pages,
    slips::has_number,
    token::{self, Token},
};
use demur_memo::marking;

/// The longest copy that is read, in bytes.
pub const MAX_COPY: usize = 4 << 20;

/// The most words that a copy may have.
pub const MAX_COPY_WORDS: usize = 200_000;

/// The fewest words that are worth a verdict: shorter passages stand in many texts.
pub const MIN_COPY_WORDS: usize = 5;

/// The line before and after a memo's head.
const FENCE: &str = "+++";

/// No marking is forbidden in a copy.
const NONE: &[&str] = &[];

/// The longest marking that is looked for, in bytes.
const MAX_MARKING: usize = 256;

/// Why a copy can't be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// Not UTF-8.
    #[error("the copy is not UTF-8 text (byte {at}); save it as UTF-8 plain text or Markdown")]
    Utf8 {
        /// The offset of the first bad byte.
        at: usize,
    },
    /// Over [`MAX_COPY`] or [`MAX_COPY_WORDS`].
    #[error(
        "the copy is too long: at most {MAX_COPY} bytes and {MAX_COPY_WORDS} words; cut it to what you want to check"
    )]
    TooLong,
    /// Under [`MIN_COPY_WORDS`].
    #[error(
        "the copy has {words} words; give at least {MIN_COPY_WORDS}, since fewer stand in many texts"
    )]
    TooShort {
        /// How many it has.
        words: usize,
    },
}

/// A text of the copy's own head, where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeadText {
    pub(crate) name: String,
    pub(crate) marking: Option<String>,
    pub(crate) text: String,
}

/// A block of the copy: lines between blank lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Block {
    /// The marking at its beginning, in canonical spelling.
    pub(crate) marking: Option<String>,
    /// Whether it has the sign of a heading or a quotation.
    pub(crate) sign: bool,
    /// Nothing but a page's number.
    pub(crate) page_number: bool,
    /// Its text in one line, for banners.
    pub(crate) text: String,
    /// Its lines, without marking and signs.
    pub(crate) lines: Vec<String>,
}

/// The copy that somebody holds: plain text or Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyText {
    pub(crate) head: Option<Vec<HeadText>>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) tokens: Vec<Token>,
    /// Word pairs that a line's end divides, or a page's with its number between: the index of the token before it.
    pub(crate) divided: Vec<usize>,
    /// The last word outside of pages' numbers, and the index of its last token.
    last: Option<(String, usize)>,
}

/// How many digits a bare number at a copy's edge has that is taken for a page's.
const PAGE_DIGITS: usize = 3;

/// A line of a block.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    text: &'a str,
    /// It is a page's number.
    page: bool,
    /// A page ends between it and the text before it.
    opens: bool,
}

impl CopyText {
    /// Reads a copy.
    ///
    /// # Errors
    /// When it is too long, too short or not UTF-8.
    pub fn parse(bytes: &[u8]) -> Result<Self, CopyError> {
        let text = with_stroke(&with_its_head(with_feeds(bytes)?));
        let (head, body) = split_head(&text);
        let pages = pages::numbers(body);
        let mut copy = Self {
            head,
            blocks: Vec::new(),
            tokens: Vec::new(),
            divided: Vec::new(),
            last: None,
        };
        let mut lines: Vec<Line<'_>> = Vec::new();
        let mut opens = false;
        for (text, n) in body.split('\n').chain([""]).zip(0..) {
            let heading = heading(text).is_some();
            let blank = text.trim().is_empty();
            let page = pages.contains(&n);
            if (blank || heading) && !lines.is_empty() {
                copy.block(&lines)?;
                lines.clear();
            }
            let line = Line { text, page, opens };
            if heading {
                copy.block(&[line])?;
            } else if !blank {
                lines.push(line);
            }
            opens = page || text == "\u{c}" || blank && opens;
        }
        copy.number_at_the_edges();
        let words = copy.words();
        if words < MIN_COPY_WORDS {
            return Err(CopyError::TooShort { words });
        }
        Ok(copy)
    }

    /// One page alone has its number above its text or below it: a bare one there is taken for that, but not a year's, nor one that the text before
    /// leads up to.
    fn number_at_the_edges(&mut self) {
        let ends = |block: &Block| block.text.ends_with(['.', '!', '?', '"', '”', ')']);
        let may = |block: &Block| is_page_number(&block.text) && block.text.len() <= PAGE_DIGITS;
        if let [.., before, last] = self.blocks.as_mut_slice() {
            last.page_number |= may(last) && ends(before);
        }
        if let [first, _, ..] = self.blocks.as_mut_slice() {
            first.page_number |= may(first);
        }
    }

    /// How many words its text has, without a head.
    #[must_use]
    pub fn words(&self) -> usize {
        self.tokens
            .iter()
            .filter(|t| t.part == 0 && !t.optional)
            .count()
    }

    /// Whether it has words in capitals alone, as telegrams have: no small letter.
    pub(crate) fn is_in_capitals(&self) -> bool {
        let capitals = |token: &&Token| token.raw.contains(char::is_uppercase);
        let small = |token: &Token| token.raw.contains(char::is_lowercase);
        self.tokens.iter().filter(capitals).count() >= MIN_COPY_WORDS
            && !self.tokens.iter().any(small)
    }

    /// The same with every word compared in capitals.
    pub(crate) fn in_capitals(&self) -> Self {
        let mut copy = self.clone();
        copy.tokens.iter_mut().for_each(Token::capitalise);
        copy
    }

    /// Its words, those of its head first, in the spelling in which they are compared; words that a line's end divides
    /// are put together. For indexes: see [`keys`](crate::copy::keys).
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let head = self.head.iter().flatten();
        let mut out: Vec<String> = head
            .flat_map(|text| crate::copy::keys(&text.text))
            .collect();
        let body = self.joined(&|_| false);
        out.extend(body.iter().map(|token| token.key.clone()));
        out
    }

    /// Takes a block.
    fn block(&mut self, all: &[Line<'_>]) -> Result<(), CopyError> {
        let lines: Vec<&str> = all.iter().map(|line| line.text).collect();
        let lines = &lines[..];
        let home = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
        let mut block = Block {
            text: lines.join(" ").trim().to_owned(),
            ..Block::default()
        };
        // A bare number between paragraphs may be anything; here the pages' ends or the numbers like it say what it is.
        block.page_number = lines.len() == 1
            && is_page_number(&block.text)
            && (all[0].page || !is_bare(&block.text));
        let mut raws: Vec<&str> = Vec::new();
        let mut spaces: Vec<Rules> = Vec::new();
        let mut bullets: Vec<bool> = Vec::new();
        let mut divided: HashSet<usize> = HashSet::new();
        let mut of_page: HashSet<usize> = HashSet::new();
        // Which of the words is the last that is no page's number.
        let mut last: Option<usize> = None;
        let unquoted = unquoted(lines);
        for (n, (line, unquoted)) in lines.iter().zip(unquoted).enumerate() {
            let before = raws.len();
            let mut rest = line.trim_start();
            let mut first = Rules::NONE;
            if rest.len() < line.len() && n == 0 {
                first.add(Rule::Spaces);
            }
            if let Some(quoted) = unquoted {
                rest = quoted;
                block.sign = true;
            } else if let Some(heading) = heading(rest) {
                rest = heading;
                block.sign = true;
            }
            let mut item = false;
            if let Some((sign, after)) = rest.split_once(char::is_whitespace)
                && token::is_bullet(sign)
            {
                raws.push(sign);
                spaces.push(Rules::NONE);
                bullets.push(true);
                rest = after.trim_start();
                item = true;
            } else if rest.split_whitespace().next().is_some_and(is_number_sign) {
                // `26-` above `14.` is one number, whose end looks like a list's.
                let number = |word: &str| {
                    word.strip_suffix('-')
                        .is_some_and(|w| w.ends_with(|c: char| c.is_ascii_digit()))
                };
                item = !last.is_some_and(|last| number(raws[last]));
            }
            if n == 0
                && let Some((marking, after)) = leading_marking(rest)
            {
                block.marking = Some(marking);
                rest = after;
            }
            if n > 0 && !item && self.head.is_none() {
                first.add(Rule::LineBreaks);
            }
            let may_go_on = !item && !all[n].page;
            match last {
                Some(last) if may_go_on && is_divided(raws[last], rest) => {
                    divided.insert(last);
                }
                // Of another page: no sign begins what goes on there.
                None if may_go_on && all[n].opens && !block.sign && block.marking.is_none() => {
                    let before = { self.last.as_ref() }.filter(|(word, _)| is_divided(word, rest));
                    self.divided.extend(before.map(|(_, token)| *token));
                }
                _ => {}
            }
            block.lines.push(rest.trim().to_owned());
            words(rest, first, &mut raws, &mut spaces, &mut bullets);
            if all[n].page {
                of_page.extend(before..raws.len());
            } else if raws.len() > before {
                last = Some(raws.len() - 1);
            }
        }
        let plain = token::without_emphasis(&raws);
        let mut carried = Rules::NONE;
        for (i, raw) in raws.iter().enumerate() {
            let start = self.tokens.len();
            if bullets[i] {
                self.tokens
                    .push(token::bullet(raw, raws.get(i + 1).copied(), home, i));
            } else {
                let extra = if plain[i] == *raw {
                    Rules::NONE
                } else {
                    Rules::of(Rule::Markdown)
                };
                token::put_word(raw, plain[i], extra, home, i, &mut self.tokens);
            }
            for token in &mut self.tokens[start..] {
                token.page = of_page.contains(&i);
            }
            // A word that shows nothing leaves its trace on the next.
            let unseen = std::mem::take(&mut carried);
            match self.tokens.get_mut(start) {
                Some(first) => first.space = spaces[i].union(unseen),
                None => carried = spaces[i].union(unseen).union(Rules::of(Rule::Invisible)),
            }
            if divided.contains(&i) && self.tokens.len() > start {
                self.divided.push(self.tokens.len() - 1);
            }
            if last == Some(i) {
                let shows = self.tokens.len() > start;
                self.last = shows.then(|| ((*raw).to_owned(), self.tokens.len() - 1));
            }
        }
        if self.tokens.len() > MAX_COPY_WORDS {
            return Err(CopyError::TooLong);
        }
        self.blocks.push(block);
        Ok(())
    }

    /// The tokens, bullets left out, with divided words put together as `known` has them.
    pub(crate) fn joined(&self, known: &dyn Fn(&str) -> bool) -> Cow<'_, [Token]> {
        if self.divided.is_empty() && self.tokens.iter().all(|token| !token.optional) {
            return Cow::Borrowed(&self.tokens);
        }
        let mut out: Vec<Token> = Vec::with_capacity(self.tokens.len());
        let mut divided = self.divided.iter().peekable();
        let mut tokens = self.tokens.iter().enumerate();
        while let Some((i, token)) = tokens.next() {
            if divided.peek() != Some(&&i) {
                out.push(token.clone());
                continue;
            }
            divided.next();
            // A page's number may stand between.
            let between = self.tokens[i + 1..].iter().take_while(|t| t.page);
            let second = i + 1 + between.count();
            let Some(next) = self.tokens.get(second) else {
                out.push(token.clone());
                continue;
            };
            let stem = token.key.strip_suffix('-').unwrap_or(&token.key);
            let (with, without) = (
                format!("{stem}-{}", next.key),
                format!("{stem}{}", next.key),
            );
            // A soft hyphen at a line's end is seen as one, or not at all: never does it stand between two words.
            let soft = token.raw.ends_with(SOFT);
            // A hyphen beside a digit belongs to the number and is never dropped.
            let digit = stem.ends_with(|c: char| c.is_numeric())
                || next.key.starts_with(|c: char| c.is_numeric());
            let key = if known(&with) || (soft && digit) {
                Some(with)
            } else if (known(&token.key) || digit) && !soft {
                None
            } else {
                Some(without)
            };
            let Some(key) = key else {
                out.push(token.clone());
                continue;
            };
            let mut space = token.space;
            space.add(Rule::Hyphenation);
            out.push(Token {
                key,
                raw: format!("{}{}", token.raw, next.raw),
                rules: token.rules.union(next.rules),
                space,
                ..token.clone()
            });
            out.extend_from_slice(&self.tokens[i + 1..second]);
            tokens.nth(second - i - 1);
            // The second half may itself end a line.
            if divided.peek() == Some(&&second) {
                divided.next();
            }
        }
        out.retain(|token| !token.optional);
        Cow::Owned(out)
    }
}

/// A copy's text with one kind of line end.
pub(crate) fn plain(bytes: &[u8]) -> Result<String, CopyError> {
    Ok(with_feeds(bytes)?.replace(FEED, "\n\n"))
}

/// A page's end: a form feed on a line of its own, which is as good as an empty one.
const FEED: &str = "\n\u{c}\n";

/// Stands in a copy for a space that is seen as a stroke in some fonts, U+1680: it is a word, which no text has.
pub(crate) const STROKE: char = '\u{fdd0}';

/// A text in which U+1680 is no space. Fingerprints rest on its being one.
pub(crate) fn with_stroke(text: &str) -> String {
    text.replace('\u{1680}', " \u{fdd0} ")
}

/// A head in which a page ends would be none: then the ends of pages are not told.
fn with_its_head(text: String) -> String {
    if !text.contains(FEED) || split_head(&text).0.is_some() {
        return text;
    }
    let plain = text.replace(FEED, "\n\n");
    if split_head(&plain).0.is_some() {
        plain
    } else {
        text
    }
}

/// The same, in which the ends of pages can still be told.
fn with_feeds(bytes: &[u8]) -> Result<String, CopyError> {
    if bytes.len() > MAX_COPY {
        return Err(CopyError::TooLong);
    }
    let text = str::from_utf8(bytes).map_err(|e| CopyError::Utf8 {
        at: e.valid_up_to(),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}'], "\n");
    Ok(text.replace('\u{c}', FEED).replace('\u{2029}', "\n\n"))
}

fn words<'a>(
    line: &'a str,
    first: Rules,
    raws: &mut Vec<&'a str>,
    spaces: &mut Vec<Rules>,
    bullets: &mut Vec<bool>,
) {
    let mut space = first;
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        raws.push(word);
        spaces.push(space);
        bullets.push(false);
        rest = after.trim_start();
        let gap = &after[..after.len() - rest.len()];
        space = if matches!(gap, "" | " ") {
            Rules::NONE
        } else {
            Rules::of(Rule::Spaces)
        };
    }
}

/// The hyphen that is seen only where a line ends at it.
pub(crate) const SOFT: char = '\u{ad}';

/// A block's lines without the signs of a quotation, each that has one: `>` and a blank, if the first line has them. Before a
/// number it is more than the number, unless every line of several has it.
pub(crate) fn unquoted<'a>(lines: &[&'a str]) -> Vec<Option<&'a str>> {
    let one = |line: &&'a str| {
        let line = line.trim_start();
        let rest = line.strip_prefix('>')?;
        // One within another.
        let rest = rest.trim_start_matches(['>', ' ']);
        let signs = &line[..line.len() - rest.len()];
        (rest.is_empty() || signs.ends_with(' ') || rest.starts_with(char::is_whitespace))
            .then(|| rest.trim_start())
    };
    let mut out: Vec<Option<&str>> = lines.iter().map(one).collect();
    if out.first().is_none_or(Option::is_none) {
        return vec![None; lines.len()];
    }
    let all = out.len() > 1 && out.iter().all(Option::is_some);
    let number = |rest: &str| rest.split_whitespace().next().is_some_and(has_number);
    for rest in out.iter_mut().filter(|_| !all) {
        *rest = rest.filter(|rest| !number(rest));
    }
    out
}

pub(crate) fn is_divided(last: &str, next: &str) -> bool {
    let Some(stem) = last.strip_suffix(['-', '\u{2010}', SOFT]) else {
        return false;
    };
    stem.ends_with(char::is_alphanumeric) && next.starts_with(char::is_alphanumeric)
}

fn is_number_sign(word: &str) -> bool {
    let number = word.strip_suffix(['.', ')']);
    number.is_some_and(|n| (1..=9).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Digits and nothing else.
fn is_bare(line: &str) -> bool {
    line.bytes().all(|b| b.is_ascii_digit())
}

/// A page's number alone, perhaps between dashes or as `Page 3 of 7`.
pub(crate) fn is_page_number(line: &str) -> bool {
    page_number(line).is_some()
}

/// The same, and which number it is.
pub(crate) fn page_number(line: &str) -> Option<u32> {
    let line = line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | '—'));
    let line = line.to_ascii_lowercase();
    let line = line.strip_prefix("page ").unwrap_or(&line);
    let number = |t: &str| -> Option<u32> {
        let digits = (1..=4).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| t.parse().ok()).flatten()
    };
    match line.split_once(" of ").or_else(|| line.split_once('/')) {
        Some((page, pages)) => number(pages.trim()).and(number(page.trim())),
        None => number(line),
    }
}

pub(crate) fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    ((1..=6).contains(&level) && rest.starts_with([' ', '\t'])).then(|| rest.trim_start())
}

/// The marking in parentheses at the beginning of a block, in canonical spelling.
pub(crate) fn leading_marking(text: &str) -> Option<(String, &str)> {
    let (inside, rest) = text.strip_prefix('(')?.split_once(')')?;
    let apart = rest.is_empty() || rest.starts_with(char::is_whitespace);
    Some((
        canonical_marking(inside).filter(|_| apart)?,
        rest.trim_start(),
    ))
}

/// The canonical spelling of a marking of either scheme.
pub(crate) fn canonical_marking(inside: &str) -> Option<String> {
    if inside.len() > MAX_MARKING {
        return None;
    }
    let schemes = [("state", "TS"), ("cui", "CUI")];
    let mut rules = schemes
        .iter()
        .filter_map(|(scheme, top)| marking::Rules::new(scheme, top, NONE, "refuse").ok());
    rules
        .find_map(|rules| rules.marking(inside).ok())
        .map(|marking| marking.to_string())
}

// What a memo's head does not have makes it no head: text like any other, of which every word counts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHead {
    title: Option<String>,
    #[serde(default)]
    to: Vec<String>,
    date: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    threshold: Option<u32>,
    #[serde(default)]
    point: Vec<RawPoint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPoint {
    number: u32,
    marking: Option<String>,
    policy: Option<String>,
    argument: Option<String>,
    recommendation: Option<String>,
}

/// A memo's head and what follows it; a head that can't be read is text like any other.
pub(crate) fn split_head(text: &str) -> (Option<Vec<HeadText>>, &str) {
    let none = (None, text);
    let Some(rest) = text.strip_prefix("+++\n") else {
        return none;
    };
    let Some(end) = rest.find("\n+++\n") else {
        return none;
    };
    let body = &rest[end + FENCE.len() + 2..];
    let Ok(raw) = toml::from_str::<RawHead>(&rest[..end]) else {
        return none;
    };
    // A reader sees comments, and a second point of one number.
    let numbers = raw.point.iter().map(|point| point.number);
    let ordered = numbers.clone().zip(numbers.skip(1)).all(|(a, b)| a < b);
    if !ordered || has_comment(&rest[..end]) {
        return none;
    }
    (Some(head_texts(raw)), body)
}

fn has_comment(toml: &str) -> bool {
    let mut tokens = toml_parser::Source::new(toml).lex();
    tokens.any(|token| token.kind() == toml_parser::lexer::TokenKind::Comment)
}

fn head_texts(raw: RawHead) -> Vec<HeadText> {
    let mut out = Vec::new();
    let mut put = |name: String, marking: Option<&str>, text: Option<String>| {
        if let Some(text) = text {
            let marking = marking.map(|m| canonical_marking(m).unwrap_or_else(|| m.to_owned()));
            out.push(HeadText {
                name,
                marking,
                text,
            });
        }
    };
    let title = raw.title.map(|t| match leading_marking(t.trim_start()) {
        Some((marking, rest)) => (Some(marking), rest.to_owned()),
        None => (None, t.clone()),
    });
    if let Some((marking, title)) = title {
        put(TITLE.to_owned(), marking.as_deref(), Some(title));
    }
    for (to, n) in raw.to.into_iter().zip(1_u32..) {
        put(addressee(n), None, Some(to));
    }
    put(DATE.to_owned(), None, raw.date);
    for (author, n) in raw.authors.into_iter().zip(1_u32..) {
        put(author_key(n), None, Some(author));
    }
    put(
        THRESHOLD.to_owned(),
        None,
        raw.threshold.map(|t| t.to_string()),
    );
    for point in raw.point {
        let texts = [
            ("policy", point.policy),
            ("argument", point.argument),
            ("recommendation", point.recommendation),
        ];
        for (name, text) in texts {
            put(
                point_text(point.number, name),
                point.marking.as_deref(),
                text,
            );
        }
    }
    out
}

/// The names of the head's texts.
pub(crate) const TITLE: &str = "title";
pub(crate) const DATE: &str = "date";
pub(crate) const THRESHOLD: &str = "threshold";

pub(crate) fn addressee(n: u32) -> String {
    format!("addressee {n}")
}

pub(crate) fn author_key(n: u32) -> String {
    format!("author {n}")
}

pub(crate) fn point_text(point: u32, name: &str) -> String {
    format!("point {point}, {name}")
}
