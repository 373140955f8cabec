//! The normal form `demur-text/1`: what a version and every copy that differs from it in layout alone have in common.
//!
//! It is the words by the folding table of `crate::copy`, one after the other, without markings. A copy can have more
//! than one: whether the hyphen at a line's end belongs to the word, whether a line with a number alone is a page's,
//! only the registered text would tell. Each reading is tried; a changed word is in none of them.
//!
//! Published fingerprints rest on this: it must never change. The vectors in the tests hold it fast; another form gets
//! another name.

use demur_encoding::{Digest, hash};
use demur_memo::{Kind, Memo};
use demur_record::entry::{Extent, NORMAL_FORM};

use crate::copy::{
    CopyError, MAX_COPY_WORDS, MIN_COPY_WORDS,
    fold::fold,
    slips::has_number,
    source::{self, DATE, THRESHOLD, TITLE, addressee, canonical_marking, point_text},
    token::{is_bullet, without_emphasis},
};

/// The most readings of a copy that are tried: each costs one slow hash for every published fingerprint.
pub const MAX_READINGS: usize = 16;

/// A copy's, or a memo's, words in normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyForms {
    /// The named texts of the head, where there is one.
    head: Option<Vec<(String, Vec<String>)>>,
    /// The readings of the body, the likeliest first.
    bodies: Vec<Vec<String>>,
    untried: usize,
}

impl CopyForms {
    /// Reads a copy: plain text or Markdown, with the memo's head or without.
    ///
    /// # Errors
    /// When it is too long, too short or not UTF-8.
    pub fn parse(bytes: &[u8]) -> Result<Self, CopyError> {
        let text = source::plain(bytes)?;
        let (head, body) = source::split_head(&text);
        let head = head.map(|texts| {
            // The authors' keys and their number are the program's lines, not the memo's text.
            let keys = |name: &str| name == THRESHOLD || name.starts_with("author ");
            let texts = texts.into_iter().filter(|text| !keys(&text.name));
            texts
                .map(|text| (text.name, words_of(&text.text)))
                .collect()
        });
        let body = Body::parse(body);
        let words = body.items.len();
        if words > MAX_COPY_WORDS {
            return Err(CopyError::TooLong);
        }
        if words < MIN_COPY_WORDS {
            return Err(CopyError::TooShort { words });
        }
        let (bodies, untried) = body.readings();
        Ok(Self {
            head,
            bodies,
            untried,
        })
    }

    /// Whether it has the head of a memo.
    #[must_use]
    pub const fn has_head(&self) -> bool {
        self.head.is_some()
    }

    /// How many words the body has, in its likeliest reading.
    #[must_use]
    pub fn words(&self) -> usize {
        self.bodies.first().map_or(0, Vec::len)
    }

    /// How many readings are tried: at least one, at most [`MAX_READINGS`].
    #[must_use]
    pub const fn readings(&self) -> usize {
        self.bodies.len()
    }

    /// How many readings are not tried, because there are more than [`MAX_READINGS`].
    #[must_use]
    pub const fn untried(&self) -> usize {
        self.untried
    }

    /// What is hashed slowly, for each reading.
    pub(super) fn digests(&self, extent: Extent) -> impl Iterator<Item = Digest> {
        self.bodies
            .iter()
            .map(move |body| self.digest(extent, body))
    }

    fn digest(&self, extent: Extent, body: &[String]) -> Digest {
        let mut counts: Vec<[u8; 8]> = Vec::new();
        let count = |words: &[String]| (words.len() as u64).to_be_bytes();
        let head = self.head.as_ref().filter(|_| extent == Extent::Whole);
        let texts: Vec<(&str, &[String])> = { head.iter() }
            .flat_map(|texts| texts.iter())
            .map(|(name, words)| (name.as_str(), words.as_slice()))
            .chain([("body", body)])
            .collect();
        counts.extend(texts.iter().map(|(_, words)| count(words)));
        let mut parts: Vec<&[u8]> = vec![NORMAL_FORM.as_bytes(), extent.as_str().as_bytes()];
        for ((name, words), count) in texts.iter().zip(&counts) {
            parts.extend([name.as_bytes(), count]);
            parts.extend(words.iter().map(String::as_bytes));
        }
        hash("demur/fingerprint-text", &parts)
    }
}

/// The one form of a memo, of which everything is known.
pub(super) fn of_memo(memo: &Memo) -> CopyForms {
    let head = memo.head();
    let mut texts = vec![(TITLE.to_owned(), words_of(&head.title))];
    let mut put = |name: String, text: &str| texts.push((name, words_of(text)));
    for (to, n) in head.to.iter().zip(1..) {
        put(addressee(n), to);
    }
    if let Some(date) = &head.date {
        put(DATE.to_owned(), date);
    }
    for (point, n) in head.points.iter().zip(1..) {
        put(point_text(n, "policy"), &point.policy);
        put(point_text(n, "argument"), &point.argument);
        put(point_text(n, "recommendation"), &point.recommendation);
    }
    let mut body = Vec::new();
    for portion in memo.portions() {
        let list = portion.kind() == Kind::List;
        let mut words: Vec<&str> = Vec::new();
        for line in portion.text().lines() {
            let mut line = line.split_whitespace().peekable();
            if list && line.peek().is_some_and(|word| is_bullet(word)) {
                line.next();
            }
            words.extend(line);
        }
        body.extend(folded(&without_emphasis(&words)));
    }
    CopyForms {
        head: Some(texts),
        bodies: vec![body],
        untried: 0,
    }
}

fn words_of(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    folded(&without_emphasis(&words)).collect()
}

fn folded(words: &[&str]) -> impl Iterator<Item = String> {
    let keys: Vec<String> = { words.iter() }
        // `demur-text/1` takes U+201A for an apostrophe, as the folding table did when it was made.
        .flat_map(|word| fold(&word.replace('\u{201a}', "'")))
        .map(|folded| folded.key)
        .collect();
    keys.into_iter()
}

/// A piece of a copy's body.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// Words that read in one way.
    Plain(String),
    /// A sign at the beginning of a line, of a list's item or a dash.
    Sign(String),
    /// A word of a line that may be a page's number or banner.
    Page(String),
    /// A word that a line's end divides: its halves, without the hyphen.
    Divided(Vec<String>),
}

/// How an ambiguous body is read.
#[derive(Debug, Clone, Copy)]
struct Reading {
    signs: bool,
    pages: bool,
    /// For each of the first divided words one bit: whether the hyphen stays. The last bit goes for all further ones.
    hyphens: u32,
}

#[derive(Debug, Default)]
struct Body {
    items: Vec<Item>,
}

impl Body {
    fn parse(body: &str) -> Self {
        let mut out = Self::default();
        let mut lines: Vec<&str> = Vec::new();
        for line in body.split('\n').chain([""]) {
            let heading = source::heading(line).is_some();
            if (line.trim().is_empty() || heading) && !lines.is_empty() {
                out.block(&lines);
                lines.clear();
            }
            if heading {
                out.block(&[line]);
            } else if !line.trim().is_empty() {
                lines.push(line);
            }
        }
        out
    }

    fn block(&mut self, lines: &[&str]) {
        if let [line] = lines
            && (source::is_page_number(line.trim()) || canonical_marking(line.trim()).is_some())
        {
            let words: Vec<&str> = line.split_whitespace().collect();
            self.items.extend(folded(&words).map(Item::Page));
            return;
        }
        let mut words: Vec<&str> = Vec::new();
        // The words before which a sign stands, and those that a line's end divides.
        let (mut signs, mut divided) = (Vec::new(), Vec::new());
        let unquoted = source::unquoted(lines);
        let begins = |line: &&str| line.split_whitespace().next().is_some_and(is_bullet);
        let listed = lines.first().is_some_and(begins)
            || lines.iter().filter(|line| begins(line)).count() > 1;
        for (n, (line, unquoted)) in lines.iter().zip(unquoted).enumerate() {
            let mut rest = line.trim_start();
            if let Some(quoted) = unquoted {
                rest = quoted;
            } else if let Some(heading) = source::heading(rest) {
                rest = heading;
            }
            let mut item = false;
            if let Some((sign, after)) = rest.split_once(char::is_whitespace)
                && is_bullet(sign)
            {
                // Of a line that goes on it may be a number's sign.
                let number = after.split_whitespace().next().is_some_and(has_number);
                if n == 0 || listed || !number {
                    signs.push(words.len());
                }
                words.push(sign);
                rest = after.trim_start();
                item = true;
            }
            if n == 0
                && let Some((_, after)) = source::leading_marking(rest)
            {
                rest = after;
            }
            // "pre- and post-war": not one word, though a line ends there.
            let joins = rest.split_whitespace().next();
            let joins = joins.is_some_and(|word| matches!(word, "and" | "or" | "to"));
            let soft = words
                .last()
                .is_some_and(|word| word.ends_with(source::SOFT));
            let whole = item || (joins && !soft);
            if !whole
                && words
                    .last()
                    .is_some_and(|word| source::is_divided(word, rest))
            {
                divided.push(words.len() - 1);
            }
            words.extend(rest.split_whitespace());
        }
        self.words(&without_emphasis(&words), &signs, &divided);
    }

    fn words(&mut self, words: &[&str], signs: &[usize], divided: &[usize]) {
        let mut at = 0;
        while at < words.len() {
            let mut end = at;
            while divided.contains(&end) && end + 1 < words.len() {
                end += 1;
            }
            if end > at {
                let halves = words[at..=end].iter().enumerate().map(|(i, half)| {
                    let hyphen: &[char] = &['-', '\u{2010}', '\u{ad}'];
                    let half = if at + i < end {
                        half.strip_suffix(hyphen).unwrap_or(half)
                    } else {
                        half
                    };
                    half.to_owned()
                });
                self.items.push(Item::Divided(halves.collect()));
            } else if signs.contains(&at) {
                let sign = folded(&words[at..=at]).map(Item::Sign);
                self.items.extend(sign);
            } else {
                self.items.extend(folded(&words[at..=at]).map(Item::Plain));
            }
            at = end + 1;
        }
    }

    /// The readings, the likeliest first and none twice, and how many more there would be.
    fn readings(&self) -> (Vec<Vec<String>>, usize) {
        let has = |is: &dyn Fn(&Item) -> bool| self.items.iter().any(is);
        let both = |ambiguous: bool| {
            if ambiguous {
                &[false, true][..]
            } else {
                &[false]
            }
        };
        let signs = both(has(&|item| matches!(item, Item::Sign(_))));
        let pages = both(has(&|item| matches!(item, Item::Page(_))));
        let divided = { self.items.iter() }
            .filter(|item| matches!(item, Item::Divided(_)))
            .count();
        let around = signs.len() * pages.len();
        // 16, 8 or 4 readings of the hyphens.
        let bits = (MAX_READINGS / around).ilog2();
        let known = u32::try_from(divided).unwrap_or(u32::MAX).min(bits);
        let mut out: Vec<Vec<String>> = Vec::new();
        for hyphens in 0..1_u32 << known {
            for signs in signs {
                for pages in pages {
                    let reading = Reading {
                        signs: *signs,
                        pages: *pages,
                        hyphens,
                    };
                    let words = self.read(reading, known);
                    if !out.contains(&words) {
                        out.push(words);
                    }
                }
            }
        }
        let all = 1_usize.checked_shl(u32::try_from(divided).unwrap_or(u32::MAX));
        let all = all.map_or(usize::MAX, |n| n.saturating_mul(around));
        (out, all.saturating_sub(around << known))
    }

    fn read(&self, reading: Reading, known: u32) -> Vec<String> {
        let mut out = Vec::with_capacity(self.items.len());
        let mut seen = 0;
        for item in &self.items {
            match item {
                Item::Plain(word) => out.push(word.clone()),
                Item::Sign(word) if reading.signs => out.push(word.clone()),
                Item::Page(word) if reading.pages => out.push(word.clone()),
                Item::Sign(_) | Item::Page(_) => {}
                Item::Divided(halves) => {
                    let bit = seen.min(known.saturating_sub(1));
                    seen += 1;
                    // A hyphen beside a digit belongs to the number and is never dropped.
                    let digit = halves.windows(2).any(|pair| {
                        pair[0].ends_with(char::is_numeric) || pair[1].starts_with(char::is_numeric)
                    });
                    let keep = digit || reading.hyphens >> bit & 1 == 1;
                    let word = halves.join(if keep { "-" } else { "" });
                    out.extend(folded(&[&word]));
                }
            }
        }
        out
    }
}
