//! The verdict on quoted passages.

use demur_encoding::Digest;
use serde::Serialize;

use super::{
    MAX_DIFFERENCES, Support, as_of_words,
    headline::hidden_words,
    keys_words,
    layout::{IN_JSON, Page, Section},
    list, minute, shorten, support,
};
use crate::{
    bundle::{KeyInfo, Verified, Witnessed},
    copy::{Change, Place},
    quote::{Bracket, QuoteState, QuoteVerdict},
};

/// The most quotations that a rendering shows one by one; the rest are counted.
const MAX_SHOWN: usize = 100;

/// The most brackets that the headline repeats.
const MAX_BRACKETS: usize = 2;

/// What quoted passages are worth, against a verified bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotesVerdict {
    /// The answer in one line.
    pub headline: String,
    /// Each passage, in order.
    pub quotes: Vec<QuoteVerdict>,
    /// Whose memo: the institution.
    pub institution: String,
    /// The log's name.
    pub origin: String,
    /// The memo's identifier.
    pub memo: Digest,
    /// The latest version.
    pub latest: u32,
    /// Each version that has a passage, the newest first.
    pub versions: Vec<QuotedVersion>,
    /// Up to when all this holds.
    pub as_of: Witnessed,
    /// Whose keys this rests on.
    pub keys: KeyInfo,
    /// How many anonymous proofs were verified.
    pub proofs: u64,
}

/// A version that has a passage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuotedVersion {
    /// Its number.
    pub version: u32,
    /// When the record first held it.
    pub registered: Witnessed,
    /// Whether there is a later one.
    pub amended_since: bool,
    /// Who stands behind it.
    pub support: Support,
}

impl QuotesVerdict {
    /// The verdict on passages that were held against [`Verified::texts`].
    #[must_use]
    pub fn new(verified: &Verified, mut quotes: Vec<QuoteVerdict>) -> Self {
        // A version of which nothing is shown was not looked at.
        for quote in &mut quotes {
            if quote.verdict == QuoteState::NotFound && verified.hides_words() {
                quote.verdict = QuoteState::NotShown;
            }
        }
        let latest = verified.latest().number;
        // From which of several that have a passage it was taken, nobody can tell.
        let mut numbers: Vec<u32> = { quotes.iter() }
            .flat_map(|quote| &quote.places)
            .map(|place| place.version)
            .collect();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        numbers.dedup();
        let versions = numbers.iter().filter_map(|n| verified.version(*n));
        Self {
            headline: headline(verified, &quotes),
            quotes,
            institution: verified.institution.clone(),
            origin: verified.origin.clone(),
            memo: verified.memo,
            latest,
            versions: versions
                .map(|version| QuotedVersion {
                    version: version.number,
                    registered: version.registered.clone(),
                    amended_since: version.number < latest,
                    support: support(verified, version),
                })
                .collect(),
            as_of: verified.as_of.time.clone(),
            keys: verified.keys.clone(),
            proofs: verified.proofs,
        }
    }

    /// Whether at least one passage is verbatim, and none is altered, has slips or is not found.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        let count = |state| self.quotes.iter().filter(|q| q.verdict == state).count();
        let rest = count(QuoteState::Verbatim) + count(QuoteState::TooShort);
        count(QuoteState::Verbatim) > 0 && rest == self.quotes.len()
    }

    /// Whether a passage is altered or not found; else what is not verbatim has slips, or nobody can tell.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        let bad = [QuoteState::Altered, QuoteState::NotFound];
        self.quotes.iter().any(|quote| bad.contains(&quote.verdict))
    }

    /// Whether a passage that some version has does not stand so in the latest one.
    #[must_use]
    pub fn is_of_an_earlier_version(&self) -> bool {
        { self.quotes.iter() }
            .filter_map(|quote| quote.places.first())
            .any(|newest| newest.version < self.latest)
    }

    /// Plain text: a few lines for each passage.
    #[must_use]
    pub fn render(&self) -> String {
        self.page().finish_long()
    }

    /// What [`Self::render`] says below the headline, for a page that lays it out itself.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        self.page().sections()
    }

    fn page(&self) -> Page {
        let mut page = Page::new(&self.headline);
        let memo = self.memo.short();
        page.text(&format!("{}, dissent memo {memo}", self.institution));
        for quote in self.quotes.iter().take(MAX_SHOWN) {
            page.blank();
            one(&mut page, quote);
        }
        if self.quotes.len() > MAX_SHOWN {
            page.text(&format!(
                "... and {} more{IN_JSON}",
                self.quotes.len() - MAX_SHOWN
            ));
        }
        page.blank();
        for version in &self.versions {
            let amended = if version.amended_since {
                format!("; AMENDED SINCE: the latest is version {}", self.latest)
            } else {
                "; the latest".to_owned()
            };
            let since = minute(version.registered.time);
            page.row(
                "Version",
                &format!("{}, on record since {since}{amended}", version.version),
            );
            page.row("Signed by", &version.support.words());
        }
        page.row("As of", &as_of_words(&self.as_of, &self.keys));
        page.row("Rests on", &keys_words(&self.keys, self.proofs));
        page
    }
}

fn headline(verified: &Verified, quotes: &[QuoteVerdict]) -> String {
    let count = |state| quotes.iter().filter(|q| q.verdict == state).count();
    let said = [
        (QuoteState::Verbatim, "verbatim"),
        (QuoteState::Slips, "with slips of retyping"),
        (QuoteState::Altered, "altered"),
        (QuoteState::NotFound, "not found"),
        (
            QuoteState::NotShown,
            "not to be told from what the bundle shows",
        ),
        (QuoteState::TooShort, "too short to tell"),
        (QuoteState::Undecided, "too long or broken up to tell"),
    ];
    let parts: Vec<String> = said
        .iter()
        .filter(|(state, _)| count(*state) > 0)
        .map(|(state, words)| format!("{} {words}", count(*state)))
        .collect();
    // What stands there in other words than the registered ones: nobody can tell by rules whether they say the same.
    let own: Vec<&Bracket> = { quotes.iter() }
        .filter(|quote| quote.verdict == QuoteState::Verbatim)
        .flat_map(QuoteVerdict::in_own_words)
        .collect();
    let bad = count(QuoteState::Altered) + count(QuoteState::NotFound) + count(QuoteState::Slips);
    let word = match (bad, count(QuoteState::Verbatim)) {
        (0, 0) => "UNDECIDED",
        (0, _) if count(QuoteState::Undecided) + count(QuoteState::NotShown) > 0 => "UNDECIDED",
        (0, _) if !own.is_empty() => "VERBATIM BUT FOR BRACKETS",
        (0, _) => "VERBATIM",
        _ if count(QuoteState::Altered) > 0 => "ALTERED",
        _ if count(QuoteState::Slips) > 0 => "SLIPS",
        _ => "NOT ALL FOUND",
    };
    let s = if quotes.len() == 1 { "" } else { "s" };
    let hidden = match count(QuoteState::NotShown) {
        0 => String::new(),
        _ => format!("; {}", hidden_words(verified)),
    };
    format!(
        "{word}: {} quotation{s}: {}{}{hidden}.",
        quotes.len(),
        list(&parts),
        brackets(&own),
    )
}

/// The first brackets and what they stand for, for the headline.
fn brackets(own: &[&Bracket]) -> String {
    let all: Vec<String> = own.iter().map(|own| bracket(own)).collect();
    let mut out = String::new();
    for words in all.iter().take(MAX_BRACKETS) {
        out.push_str(&format!("; {words}"));
    }
    if all.len() > MAX_BRACKETS {
        out.push_str(&format!("; {} more brackets", all.len() - MAX_BRACKETS));
    }
    out
}

fn bracket(bracket: &Bracket) -> String {
    let copy = match bracket.copy.as_str() {
        // A part of a word has its brackets.
        copy if copy.contains('[') => copy.to_owned(),
        copy => format!("[{copy}]"),
    };
    let copy = shorten(&copy, 60);
    match bracket.registered.as_str() {
        "" => format!("{copy} was put in"),
        words => format!("{copy} stands for \"{}\"", shorten(words, 100)),
    }
}

fn one(page: &mut Page, quote: &QuoteVerdict) {
    let word = match quote.verdict {
        QuoteState::Verbatim => "Verbatim",
        QuoteState::Slips => "Slips",
        QuoteState::Altered => "ALTERED",
        QuoteState::NotFound => "NOT FOUND",
        QuoteState::NotShown => "Not shown",
        QuoteState::TooShort => "Too short",
        QuoteState::Undecided => "Undecided",
    };
    let line = quote
        .line
        .map_or(String::new(), |line| format!(" (line {line})"));
    page.row(word, &format!("\"{}\"{line}", shorten(&quote.quote, 150)));
    if let Some(first) = quote.places.first() {
        page.row(
            "",
            &places(
                &first.places,
                first.version,
                &quote.places[1..]
                    .iter()
                    .map(|p| p.version)
                    .collect::<Vec<_>>(),
            ),
        );
    }
    if quote.reordered {
        page.row("", "its pieces stand in another order");
    }
    for change in quote.changes.iter().take(MAX_DIFFERENCES) {
        page.row("", &difference(change));
    }
    if quote.changes.len() > MAX_DIFFERENCES {
        page.row(
            "",
            &format!(
                "... and {} more differences{IN_JSON}",
                quote.changes.len() - MAX_DIFFERENCES
            ),
        );
    }
    for words in &quote.left_out {
        page.row(
            "",
            &format!("left out at \"...\": \"{}\"", shorten(words, 100)),
        );
    }
    for words in quote.brackets.iter().map(bracket) {
        page.row("", &words);
    }
    if !quote.disregarded.is_empty() {
        let rules: Vec<String> = quote.disregarded.iter().map(ToString::to_string).collect();
        page.row("", &format!("disregarded: {}", rules.join(", ")));
    }
}

fn places(places: &[Place], version: u32, also: &[u32]) -> String {
    let places: Vec<String> = places.iter().map(ToString::to_string).collect();
    let also: Vec<String> = also.iter().map(u32::to_string).collect();
    let also = if also.is_empty() {
        String::new()
    } else {
        format!(", and in version {} too", list(&also))
    };
    format!("{} of version {version}{also}", list(&places))
}

/// A difference in words.
pub(super) fn difference(change: &Change) -> String {
    let quote = |text: &str| format!("\"{}\"", shorten(text, 48));
    let (was, now) = (quote(&change.registered), quote(&change.copy));
    let slip = !change.slips.is_empty();
    let mut line = match (change.registered.as_str(), change.copy.as_str()) {
        (_, "") if slip => format!("a slip: {was} is lost"),
        ("", _) if slip => format!("a slip: {now} is put in"),
        _ if slip => format!("a slip: {now} for {was}"),
        (_, "") => format!("{was} is left out"),
        ("", _) => format!("{now} is put in"),
        _ => format!("{was} became {now}"),
    };
    if let Some(because) = change.because {
        line.push_str(&format!(" ({})", because.describe()));
    }
    line
}
