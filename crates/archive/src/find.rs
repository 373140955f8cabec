//! Finding: the judgement of candidates.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use demur_check::{
    copy::{Comparison, CopyText, Overall, Place, Text, compare, keys},
    quote::{MAX_QUOTE, MIN_QUOTE_WORDS, QuoteState, QuoteVerdict, check_quote},
};
use serde::{Deserialize, Serialize};

use crate::{
    Archive, ArchiveError,
    grams::{grams, singles},
    segment::Card,
    share::{Candidate, Shares, sampled, weight},
};

/// The most versions of one memo that are judged: those that share most.
pub const MAX_JUDGED_VERSIONS: usize = 16;

/// The most memos that a search lists.
const MAX_HITS: usize = 20;

/// The most words of a search.
const MAX_WORDS: usize = 64;

/// How many words of a paragraph a search shows.
const SHOWN: usize = 30;

/// What a copy is from, the likeliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyMatches {
    /// The memos that have its text, or some of it.
    pub matches: Vec<CopyMatch>,
    /// How many words and groups of words were looked up.
    pub looked_up: usize,
    /// How many more memos share as much as the best one and were not compared.
    pub more: usize,
}

/// A memo that has a copy's text, or some of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyMatch {
    /// The memo.
    pub memo: String,
    /// The nearest version's title.
    pub title: String,
    /// Whether a bundle proved the nearest version.
    pub proved: bool,
    /// How many of the words and groups of words that were looked up the memo has, in the version that has most.
    pub shared: usize,
    /// The copy beside the memo's versions, as `demur check` compares it.
    pub comparison: Comparison,
}

/// What a quotation is from, the likeliest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteMatches {
    /// The memos that have it, or have it nearly.
    pub matches: Vec<QuoteMatch>,
    /// How many words and groups of words were looked up.
    pub looked_up: usize,
    /// How many more memos share as much as the best one and were not compared.
    pub more: usize,
}

/// A memo that has a quotation, or has it nearly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteMatch {
    /// The memo.
    pub memo: String,
    /// The title of the newest version that has it.
    pub title: String,
    /// Whether a bundle proved that version.
    pub proved: bool,
    /// How many of the words and groups of words that were looked up the memo has, in the version that has most.
    pub shared: usize,
    /// The quotation beside the memo's versions, as `demur check --quote` compares it.
    pub verdict: QuoteVerdict,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hits {
    /// Memos that have all words; where none has, those that have most.
    pub hits: Vec<Hit>,
    /// How many memos have so many of the words; at most 20 are listed.
    pub memos: usize,
    /// Words that no memo has.
    pub unknown: Vec<String>,
}

/// A memo that has the words of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The memo.
    pub memo: String,
    /// The versions that have most of the words, the newest first.
    pub versions: Vec<u32>,
    /// The newest one's title.
    pub title: String,
    /// Whether a bundle proved it.
    pub proved: bool,
    /// How many of the words it has.
    pub words: usize,
    /// Its paragraph that has most of them.
    pub place: Place,
    /// From there, at most 30 words.
    pub text: String,
}

impl Archive {
    /// Which memo a copy is from, and which version.
    #[must_use]
    pub fn match_copy(&self, copy: &CopyText) -> CopyMatches {
        let keys = copy.keys();
        let probes = sampled(grams(keys.iter().map(String::as_str)));
        let shares = self.shares(&probes);
        let (candidates, more) = self.candidates(&shares);
        let mut matches = Vec::new();
        for candidate in &candidates {
            let (texts, banners) = self.texts(candidate);
            let comparison = compare(copy, &texts, &banners);
            let Some(nearest) = comparison.nearest else {
                continue;
            };
            if comparison.overall == Overall::NotFound {
                continue;
            }
            let Some(card) = self.card(candidate.memo, nearest) else {
                continue;
            };
            matches.push(CopyMatch {
                memo: candidate.memo.to_owned(),
                title: card.title.clone(),
                proved: card.proved,
                shared: candidate.best.count,
                comparison,
            });
        }
        matches.sort_by(|a, b| {
            (distance(&a.comparison), Reverse(a.shared), &a.memo).cmp(&(
                distance(&b.comparison),
                Reverse(b.shared),
                &b.memo,
            ))
        });
        CopyMatches {
            matches,
            looked_up: probes.len(),
            more,
        }
    }

    /// Which memo a quotation is from, and which versions have it.
    ///
    /// # Errors
    /// When it has too few words, or is too long.
    pub fn match_quote(&self, quote: &str) -> Result<QuoteMatches, ArchiveError> {
        if quote.len() > MAX_QUOTE {
            return Err(ArchiveError::Question(format!(
                "the quotation is longer than {MAX_QUOTE} bytes; give a copy instead"
            )));
        }
        let spaced = quote.replace('…', " ").replace("...", " ");
        let keys = keys(&spaced);
        let probes = sampled(grams(keys.iter().map(String::as_str)));
        let shares = self.shares(&probes);
        let (candidates, more) = self.candidates(&shares);
        let mut matches = Vec::new();
        for candidate in &candidates {
            let (texts, _) = self.texts(candidate);
            let verdict =
                check_quote(quote, &texts).map_err(|e| ArchiveError::Question(e.to_string()))?;
            if matches!(
                verdict.verdict,
                QuoteState::NotFound | QuoteState::NotShown | QuoteState::Undecided
            ) {
                continue;
            }
            if verdict.verdict == QuoteState::TooShort {
                return Err(too_short());
            }
            let newest = verdict.places.first().map(|place| place.version);
            let Some(card) = newest.and_then(|version| self.card(candidate.memo, version)) else {
                continue;
            };
            matches.push(QuoteMatch {
                memo: candidate.memo.to_owned(),
                title: card.title.clone(),
                proved: card.proved,
                shared: candidate.best.count,
                verdict,
            });
        }
        if candidates.is_empty() && keys.len() < MIN_QUOTE_WORDS {
            return Err(too_short());
        }
        matches.sort_by(|a, b| {
            (nearness(&a.verdict), Reverse(a.shared), &a.memo).cmp(&(
                nearness(&b.verdict),
                Reverse(b.shared),
                &b.memo,
            ))
        });
        Ok(QuoteMatches {
            matches,
            looked_up: probes.len(),
            more,
        })
    }

    /// Which memos have these words, in any order.
    ///
    /// # Errors
    /// When there is no word, or there are too many.
    pub fn search(&self, words: &str) -> Result<Hits, ArchiveError> {
        let asked: Vec<&str> = words.split_whitespace().collect();
        if asked.len() > MAX_WORDS {
            return Err(ArchiveError::Question(format!(
                "at most {MAX_WORDS} words are searched for; give a copy or a quotation to match instead"
            )));
        }
        let mut wanted: BTreeMap<u32, &str> = BTreeMap::new();
        for word in asked {
            for gram in singles(keys(word).iter().map(String::as_str)) {
                wanted.entry(gram).or_insert(word);
            }
        }
        if wanted.is_empty() {
            return Err(ArchiveError::Question(
                "give a word to search for".to_owned(),
            ));
        }
        let mut unknown = Vec::new();
        let mut shares = Shares(vec![Vec::new(); self.segments.len()]);
        let all = self.len();
        for (gram, word) in &wanted {
            let (found, lists) = self.lists(*gram);
            if found == 0 {
                unknown.push((*word).to_owned());
            }
            self.share(&mut shares, &lists, weight(all, found));
        }
        let most = shares.all().map(|(_, share)| share.count).max();
        let most = { shares.all() }.filter(|(_, share)| Some(share.count) == most);
        let mut memos = self.by_memo(most);
        let count = memos.len();
        memos.truncate(MAX_HITS);
        let grams: BTreeSet<u32> = wanted.into_keys().collect();
        Ok(Hits {
            hits: { memos.iter() }
                .filter_map(|memo| self.hit(memo, &grams))
                .collect(),
            memos: count,
            unknown,
        })
    }

    /// The texts of a candidate's versions, and the banners of its printed copies.
    fn texts(&self, candidate: &Candidate<'_>) -> (Vec<Text>, Vec<String>) {
        let places = candidate.places.iter().take(MAX_JUDGED_VERSIONS);
        let mut texts: Vec<Text> = Vec::new();
        let mut banners = BTreeSet::new();
        for (segment, number) in places {
            let segment = &self.segments[*segment];
            texts.extend(segment.text(*number));
            let banner = &segment.cards()[*number as usize].banner;
            if !banner.is_empty() {
                banners.insert(banner.clone());
            }
        }
        texts.sort_by_key(|text| text.version);
        (texts, banners.into_iter().collect())
    }

    fn card(&self, memo: &str, version: u32) -> Option<&Card> {
        let (segment, number) = self.place(memo, version)?;
        self.segments[segment].cards().get(number as usize)
    }

    fn hit(&self, candidate: &Candidate<'_>, grams: &BTreeSet<u32>) -> Option<Hit> {
        let mut versions: Vec<(u32, (usize, u32))> = { candidate.places.iter() }
            .map(|place| {
                let card = &self.segments[place.0].cards()[place.1 as usize];
                (card.version, *place)
            })
            .collect();
        versions.sort_unstable_by_key(|(version, _)| Reverse(*version));
        let (version, (segment, number)) = *versions.first()?;
        let card = self.card(candidate.memo, version)?;
        let text = self.segments[segment].text(number)?;
        let paragraphs = text.paragraphs.iter().map(|paragraph| {
            let text = paragraph.to_text();
            let words: Vec<&str> = text.split_whitespace().collect();
            let mut seen = BTreeSet::new();
            let mut first = None;
            for (word, at) in words.iter().zip(0_usize..) {
                for gram in singles(keys(word).iter().map(String::as_str)) {
                    if grams.contains(&gram) {
                        seen.insert(gram);
                        first.get_or_insert(at);
                    }
                }
            }
            let from = first.unwrap_or(0).saturating_sub(SHOWN / 3);
            let shown = words.iter().skip(from).take(SHOWN).copied();
            let shown = shown.collect::<Vec<_>>().join(" ");
            (seen.len(), &paragraph.place, shown)
        });
        // Of several the first.
        let (_, place, text) = paragraphs.rev().max_by_key(|(count, ..)| *count)?;
        Some(Hit {
            memo: candidate.memo.to_owned(),
            versions: versions.into_iter().map(|(version, _)| version).collect(),
            title: card.title.clone(),
            proved: card.proved,
            words: candidate.best.count,
            place: place.clone(),
            text,
        })
    }
}

/// How far a copy is from the nearest version of a memo: changes and insertions, slips, what it lacks.
fn distance(comparison: &Comparison) -> (u64, u64, u64) {
    let nearest = { comparison.distances.iter() }
        .find(|distance| Some(distance.version) == comparison.nearest);
    nearest.map_or((u64::MAX, u64::MAX, u64::MAX), |d| {
        (d.different, d.slips, d.missing)
    })
}

fn nearness(verdict: &QuoteVerdict) -> (u8, usize) {
    let rank = match verdict.verdict {
        QuoteState::Verbatim => 0,
        QuoteState::Slips => 1,
        QuoteState::Altered => 2,
        _ => 3,
    };
    (rank, verdict.changes.len())
}

fn too_short() -> ArchiveError {
    ArchiveError::Question(format!(
        "give at least {MIN_QUOTE_WORDS} words of the quotation: fewer stand in many texts"
    ))
}
