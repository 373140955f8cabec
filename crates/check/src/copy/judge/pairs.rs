//! Which word of the copy is which registered word: the alignment, cleaned.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Version;
use crate::copy::{align::align, fold::Rule, slips, token::Token};

/// So many words in one piece are no chance.
const EVIDENCE: usize = 12;

/// The shortest paragraph that is sought elsewhere though words of it differ, in words; how many, among how many blocks.
const MIN_MOVED: usize = 8;
const MAX_MOVED: usize = 200;

/// How far a stretch is moved to where a paragraph begins, in words.
const MAX_SLIDE: usize = 200;

impl Version<'_> {
    pub(super) fn align(&mut self) {
        // Token counts are bounded by MAX_COPY_WORDS and the memo's MAX_WORDS: ids fit u32.
        let mut ids: HashMap<&str, u32> = HashMap::new();
        let c: Vec<u32> = { self.c.iter() }
            .map(|token| {
                let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                *ids.entry(token.key.as_str()).or_insert(next)
            })
            .collect();
        // Only words of both sides are ever held against each other: hidden runs, and the words that a copy lacks, are all one.
        let r: Vec<u32> = { self.r.iter() }
            .map(|token| {
                let id = ids.get(token.key.as_str());
                id.copied()
                    .filter(|_| token.hidden == 0)
                    .unwrap_or(u32::MAX)
            })
            .collect();
        for (i, j) in align(&r, &c) {
            self.pair(i, j);
        }
    }

    pub(super) fn pair(&mut self, i: usize, j: usize) {
        self.of_r[i] = Some(j);
        self.of_c[j] = Some(i);
    }

    /// Undoes matches of single words that two unrelated texts share.
    pub(super) fn drop_chance(&mut self) {
        for span in self.spans {
            let pairs: Vec<(usize, usize)> = span
                .clone()
                .filter_map(|i| self.of_r[i].map(|j| (i, j)))
                .collect();
            let (Some(first), Some(last)) = (pairs.first(), pairs.last()) else {
                continue;
            };
            let reach = (last.0 - first.0).max(last.1 - first.1) + 1;
            let dense = pairs.len() >= 4 && pairs.len() * 5 >= reach * 3;
            let most = pairs.len() * 5 >= span.len() * 2 && pairs.len() * 3 >= reach;
            if longest_run(&pairs) < 5 && !dense && !most {
                for (i, j) in pairs {
                    self.of_r[i] = None;
                    self.of_c[j] = None;
                }
            }
        }
    }

    /// Lengthens runs over equal neighbours that chance matches had taken.
    pub(super) fn extend(&mut self) {
        let equal = |s: &Self, i: usize, j: usize, beside: usize| {
            s.r[i].home == s.r[beside].home
                && s.of_r[i].is_none()
                && s.of_c[j].is_none()
                && s.r[i].hidden == 0
                && s.r[i].key == s.c[j].key
        };
        for i in 1..self.r.len() {
            if let Some(j) = self.of_r[i - 1].map(|j| j + 1)
                && j < self.c.len()
                && equal(self, i, j, i - 1)
            {
                self.pair(i, j);
            }
        }
        for i in (0..self.r.len().saturating_sub(1)).rev() {
            if let Some(j) = self.of_r[i + 1].and_then(|j| j.checked_sub(1))
                && equal(self, i, j, i + 1)
            {
                self.pair(i, j);
            }
        }
    }

    /// A quoted passage may stand in quotation marks and end with another mark.
    pub(super) fn quotation_ends(&mut self) {
        if self.c.len() >= self.r.len() || self.c.len() < 2 {
            return;
        }
        let quotes = ['"', '\''];
        let start = |t: &Token| t.key.trim_start_matches(quotes).to_owned();
        let end = |t: &Token| {
            t.key
                .trim_end_matches(['"', '\'', '.', ',', ';', ':'])
                .to_owned()
        };
        if self.of_c[0].is_none()
            && let Some(i) = self.of_c[1].and_then(|i| i.checked_sub(1))
            && self.of_r[i].is_none()
            && self.r[i].hidden == 0
            && start(&self.r[i]) == start(&self.c[0])
        {
            self.pair(i, 0);
            self.rules.add(Rule::QuotationEnds);
        }
        let last = self.c.len() - 1;
        if self.of_c[last].is_none()
            && let Some(i) = self.of_c[last - 1].map(|i| i + 1)
            && i < self.r.len()
            && self.of_r[i].is_none()
            && self.r[i].hidden == 0
            && end(&self.r[i]) == end(&self.c[last])
        {
            self.pair(i, last);
            self.rules.add(Rule::QuotationEnds);
        }
    }

    pub(super) fn found(&self) -> bool {
        let pairs: Vec<(usize, usize)> = self
            .of_c
            .iter()
            .enumerate()
            .filter_map(|(j, i)| i.map(|i| (i, j)))
            .collect();
        let words = pairs.len() + self.head_words;
        longest_run(&pairs) >= EVIDENCE || (words >= 5 && words * 5 >= self.c.len() * 3)
    }

    /// Whole paragraphs that stand, word for word, where they don't belong.
    pub(super) fn find_moved(&mut self) {
        let mut starts: HashMap<&str, Vec<usize>> = HashMap::new();
        for (j, token) in self.c.iter().enumerate() {
            if self.of_c[j].is_none() {
                starts.entry(token.key.as_str()).or_default().push(j);
            }
        }
        let mut moved: Vec<(usize, usize)> = Vec::new();
        let mut taken = vec![false; self.c.len()];
        for (p, span) in self.spans.iter().enumerate() {
            let whole = span.len() >= 5
                && span
                    .clone()
                    .all(|i| self.of_r[i].is_none() && self.r[i].hidden == 0);
            if !whole {
                continue;
            }
            let keys = self.r[span.clone()].iter().map(|t| &t.key);
            // Bounded: a hostile copy may repeat a paragraph's first word very often.
            let places = starts
                .get(self.r[span.start].key.as_str())
                .into_iter()
                .flatten()
                .take(1000);
            for j in places {
                let Some(window) = self.c.get(*j..j + span.len()) else {
                    continue;
                };
                let free = (*j..j + span.len()).all(|k| self.of_c[k].is_none() && !taken[k]);
                if free && window.iter().map(|t| &t.key).eq(keys.clone()) {
                    taken[*j..j + span.len()].fill(true);
                    moved.push((p, *j));
                    break;
                }
            }
        }
        for (p, j) in moved {
            self.findings[p].moved = true;
            self.elsewhere[j..j + self.spans[p].len()].fill(true);
        }
        self.find_moved_with_changes();
    }

    /// Paragraphs that stand elsewhere and differ in some words: blocks that share most words with one.
    fn find_moved_with_changes(&mut self) {
        let mut blocks: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        let mut all: HashMap<u32, usize> = HashMap::new();
        for (j, token) in self.c.iter().enumerate() {
            *all.entry(token.home).or_default() += 1;
            if self.of_c[j].is_none() && !self.elsewhere[j] {
                blocks.entry(token.home).or_default().push(j);
            }
        }
        // Whole blocks only.
        blocks.retain(|home, list| list.len() >= MIN_MOVED && all.get(home) == Some(&list.len()));
        let mut of_key: HashMap<&str, BTreeSet<u32>> = HashMap::new();
        for (home, list) in blocks.iter().take(MAX_MOVED) {
            for j in list {
                of_key.entry(&self.c[*j].key).or_default().insert(*home);
            }
        }
        let mut moved: Vec<(usize, u32)> = Vec::new();
        for (p, span) in self.spans.iter().enumerate() {
            let free = span.len() >= MIN_MOVED
                && !self.findings[p].moved
                && span
                    .clone()
                    .all(|i| self.of_r[i].is_none() && self.r[i].hidden == 0);
            if !free || moved.len() >= MAX_MOVED {
                continue;
            }
            let mut votes: BTreeMap<u32, usize> = BTreeMap::new();
            for token in &self.r[span.clone()] {
                for home in of_key.get(token.key.as_str()).into_iter().flatten() {
                    *votes.entry(*home).or_default() += 1;
                }
            }
            let best = votes
                .into_iter()
                .filter(|(home, _)| moved.iter().all(|(_, taken)| taken != home))
                .max_by_key(|(home, votes)| (*votes, std::cmp::Reverse(*home)));
            if let Some((home, votes)) = best
                && votes * 5 >= span.len().max(blocks[&home].len()) * 3
            {
                moved.push((p, home));
            }
        }
        for (p, home) in moved {
            let list = &blocks[&home];
            self.beside_each_other(p, list);
            self.findings[p].moved = true;
            self.unlike.insert(home);
            for j in list {
                self.elsewhere[*j] = true;
            }
        }
    }

    /// What differs between paragraph `p` and the copy's tokens, wherever they stand.
    fn beside_each_other(&mut self, p: usize, tokens: &[usize]) {
        let span = self.spans[p].clone();
        let registered: Vec<&Token> = self.r[span].iter().collect();
        let copy: Vec<&Token> = tokens.iter().map(|j| &self.c[*j]).collect();
        let mut ids: HashMap<&str, u32> = HashMap::new();
        let (mut r, mut c) = (Vec::new(), Vec::new());
        for (list, out) in [(&registered, &mut r), (&copy, &mut c)] {
            for token in list {
                let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                out.push(*ids.entry(token.key.as_str()).or_insert(next));
            }
        }
        let mut pairs = align(&r, &c);
        pairs.push((r.len(), c.len()));
        let (mut i0, mut j0) = (0, 0);
        for (i, j) in pairs {
            let (gone, here) = (&registered[i0..i], &copy[j0..j]);
            let behind = [registered.get(i).copied(), copy.get(j).copied()];
            let steps = slips::explain(gone, here, self.vocabulary, None, behind);
            let word = |at: usize| match registered.get(i0 + at) {
                Some(token) => token.word + 1,
                None => registered.last().map_or(1, |last| last.word + 2),
            };
            self.findings[p].take(&steps, gone, here, &word);
            (i0, j0) = (i + 1, j + 1);
        }
    }
}

/// Moves stretches of `a` without a partner to where a block or paragraph begins, if the words at
/// both ends allow it: of two equal words either may be the one that was put in.
pub(super) fn slide(a: &[Token], of_a: &mut [Option<usize>], of_b: &mut [Option<usize>]) {
    let starts = |i: usize| i == 0 || i >= a.len() || a[i].home != a[i - 1].home;
    let mut u0 = 0;
    while u0 < a.len() {
        if of_a[u0].is_some() {
            u0 += 1;
            continue;
        }
        let u1 = (u0..a.len())
            .find(|i| of_a[*i].is_some())
            .unwrap_or(a.len());
        let left = (1..=u0.min(MAX_SLIDE))
            .take_while(|k| of_a[u0 - k].is_some() && a[u0 - k].key == a[u1 - k].key)
            .find(|k| starts(u0 - k));
        let right = (1..=(a.len() - u1).min(MAX_SLIDE))
            .take_while(|k| of_a[u1 + k - 1].is_some() && a[u0 + k - 1].key == a[u1 + k - 1].key)
            .find(|k| starts(u0 + k));
        let mut move_to = |from: usize, to: usize| {
            if let Some(partner) = of_a[from].take() {
                of_a[to] = Some(partner);
                of_b[partner] = Some(to);
            }
        };
        let mut next = u1;
        if !starts(u0) {
            if let Some(k) = left {
                (1..=k).for_each(|t| move_to(u0 - t, u1 - t));
            } else if let Some(k) = right {
                (1..=k).for_each(|t| move_to(u1 + t - 1, u0 + t - 1));
                next = u1 + k;
            }
        }
        u0 = next;
    }
}

fn longest_run(pairs: &[(usize, usize)]) -> usize {
    let (mut best, mut run) = (0, 0);
    let mut before: Option<(usize, usize)> = None;
    for (i, j) in pairs {
        run = if before == Some((i.wrapping_sub(1), j.wrapping_sub(1))) {
            run + 1
        } else {
            1
        };
        best = best.max(run);
        before = Some((*i, *j));
    }
    best
}
