//! Candidates: what documents share with a question, the rare most of all, and which are worth judging.

use std::collections::HashMap;

use crate::{Archive, segment::Listed};

/// The most words and groups of words that are looked up for one copy; of more, so many are taken evenly by their numbers.
pub const MAX_PROBES: usize = 4_096;

/// The most places that are read for one question: the rarest words come first.
pub const MAX_READ: usize = 60_000;

/// The most memos that are judged for one question.
pub const MAX_JUDGED: usize = 8;

/// A version is judged if it shares at least this part of what the best one shares.
const WORTH: f64 = 0.1;

/// A memo shares as much as the best one from this part on.
const AS_MUCH: f64 = 0.95;

/// By segment, where its index lists the documents that have something.
pub(crate) type Lists = Vec<(usize, Listed)>;

/// What a document shares with a question.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Share {
    pub(crate) weight: f64,
    pub(crate) count: usize,
}

/// What each document shares, by segment and number there; none of a segment of which none shares anything.
pub(crate) struct Shares(pub(crate) Vec<Vec<Share>>);

/// A memo that shares something, and its versions that do, the most first.
pub(crate) struct Candidate<'a> {
    pub(crate) memo: &'a str,
    pub(crate) best: Share,
    pub(crate) places: Vec<(usize, u32)>,
}

impl Archive {
    /// How many documents have a word or group of words, and where they are listed.
    pub(crate) fn lists(&self, gram: u32) -> (usize, Lists) {
        let lists = self.segments.iter().map(|segment| segment.look_up(gram));
        let lists: Lists = { lists.enumerate() }
            .filter_map(|(segment, list)| Some((segment, list?)))
            .collect();
        (lists.iter().map(|(_, list)| list.count).sum(), lists)
    }

    /// What each document shares with a question. The rarest first, so that what is left out, if anything, tells least.
    pub(crate) fn shares(&self, probes: &[u32]) -> Shares {
        let all = self.len();
        let mut found: Vec<(usize, u32, Lists)> = { probes.iter() }
            .map(|gram| {
                let (count, lists) = self.lists(*gram);
                (count, *gram, lists)
            })
            .filter(|(count, ..)| *count > 0)
            .collect();
        // In this order whatever the segments are: sums of fractions depend on it.
        found.sort_unstable_by_key(|(count, gram, _)| (*count, *gram));
        let mut shares = Shares(vec![Vec::new(); self.segments.len()]);
        let mut read = 0;
        for (count, _, lists) in &found {
            read += count;
            if read > MAX_READ {
                break;
            }
            self.share(&mut shares, lists, weight(all, *count));
        }
        shares
    }

    /// The documents of these lists have one thing more in common with the question.
    pub(crate) fn share(&self, shares: &mut Shares, lists: &Lists, weight: f64) {
        for (at, list) in lists {
            let segment = &self.segments[*at];
            let shares = &mut shares.0[*at];
            if shares.is_empty() {
                shares.resize(segment.len(), Share::default());
            }
            segment.documents_of(list, |document| {
                let share = &mut shares[document as usize];
                share.weight += weight;
                share.count += 1;
            });
        }
    }

    /// The memos worth judging, the likeliest first, and how many share as much as the best and are left out.
    pub(crate) fn candidates(&self, shares: &Shares) -> (Vec<Candidate<'_>>, usize) {
        let best = shares.all().map(|(_, share)| share.weight);
        let best = best.fold(0.0, f64::max);
        let worth = { shares.all() }.filter(|(_, share)| share.weight >= best * WORTH);
        let mut memos = self.by_memo(worth);
        let left_out = memos.iter().skip(MAX_JUDGED);
        let more = left_out
            .filter(|memo| memo.best.weight >= best * AS_MUCH)
            .count();
        memos.truncate(MAX_JUDGED);
        (memos, more)
    }

    pub(crate) fn by_memo(
        &self,
        shares: impl Iterator<Item = ((usize, u32), Share)>,
    ) -> Vec<Candidate<'_>> {
        type Versions = Vec<((usize, u32), Share)>;
        let mut memos: HashMap<&str, Versions> = HashMap::new();
        for (place, share) in shares {
            let card = &self.segments[place.0].cards()[place.1 as usize];
            memos.entry(&card.memo).or_default().push((place, share));
        }
        let mut out: Vec<Candidate<'_>> = { memos.into_iter() }
            .map(|(memo, mut versions)| {
                let number =
                    |place: (usize, u32)| self.segments[place.0].cards()[place.1 as usize].version;
                versions.sort_by(|(a, x), (b, y)| {
                    { y.weight.total_cmp(&x.weight) }.then(number(*b).cmp(&number(*a)))
                });
                Candidate {
                    memo,
                    best: versions[0].1,
                    places: versions.into_iter().map(|(place, _)| place).collect(),
                }
            })
            .collect();
        out.sort_by(|a, b| {
            { b.best.weight.total_cmp(&a.best.weight) }.then_with(|| a.memo.cmp(b.memo))
        });
        out
    }
}

impl Shares {
    /// The documents that share something.
    pub(crate) fn all(&self) -> impl Iterator<Item = ((usize, u32), Share)> {
        let segments = self.0.iter().enumerate();
        let all = segments.flat_map(|(segment, shares)| {
            { shares.iter().zip(0..) }.map(move |(share, number)| ((segment, number), *share))
        });
        all.filter(|(_, share)| share.count > 0)
    }
}

/// What it tells that a document has something which `count` of `all` have.
pub(crate) fn weight(all: usize, count: usize) -> f64 {
    (1.0 + all as f64 / count.max(1) as f64).ln()
}

/// At most [`MAX_PROBES`], the lowest: the numbers are as good as random, and the same for the same words.
pub(crate) fn sampled(mut grams: Vec<u32>) -> Vec<u32> {
    grams.truncate(MAX_PROBES);
    grams
}

#[cfg(test)]
mod tests {
    use demur_check::copy::{Paragraph, Place, Text, keys};
    use demur_memo::Kind;
    use proptest::prelude::*;

    use super::*;
    use crate::{Document, Segment, grams::grams};

    fn document(name: usize, words: &str) -> Document {
        Document {
            memo: format!("memo-{name}"),
            version: 1,
            proved: false,
            title: String::new(),
            banner: String::new(),
            text: Text {
                version: 1,
                paragraphs: vec![Paragraph::shown(
                    Place::Paragraph(1),
                    None,
                    Kind::Paragraph,
                    words,
                )],
            },
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// What the index says that documents share with a question is what they share.
        #[test]
        fn shares_are_what_documents_share(texts in prop::collection::vec("([a-e]{1,2} ){0,60}", 1..12), cut in 0_usize..12, question in "([a-f]{1,2} ){0,20}") {
            let documents: Vec<Document> = texts.iter().enumerate().map(|(n, text)| document(n, text)).collect();
            let (first, second) = documents.split_at(cut.min(documents.len()));
            let archive = Archive::new(vec![Segment::new(first).unwrap(), Segment::new(second).unwrap()]).unwrap();
            let of = |text: &str| grams(keys(text).iter().map(String::as_str));
            let probes = of(&question);
            let shares = archive.shares(&probes);
            let mut counts = vec![0; documents.len()];
            for ((segment, number), share) in shares.all() {
                counts[segment * first.len() + number as usize] = share.count;
            }
            for (text, count) in texts.iter().zip(counts) {
                let has = of(text);
                prop_assert_eq!(probes.iter().filter(|gram| has.contains(gram)).count(), count);
            }
            for gram in &probes {
                let having = texts.iter().filter(|text| of(text).contains(gram)).count();
                prop_assert_eq!(archive.lists(*gram).0, having);
            }
        }
    }
}
