//! From match to match: each difference to its paragraph.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use demur_memo::Kind;

use super::{
    Version,
    words::{change_words, show, show_registered},
};
use crate::copy::{Change, Inserted, ParagraphState, fold::Rule, source::canonical_marking};

/// The most characters of inserted text that a verdict repeats.
const MAX_SHOWN: usize = 400;

impl Version<'_> {
    /// Goes from match to match and gives each difference to its paragraph.
    pub(super) fn walk(&mut self) {
        let matched: Vec<(usize, usize)> = self
            .of_c
            .iter()
            .enumerate()
            .filter_map(|(j, i)| i.map(|i| (i, j)))
            .collect();
        let body: usize = self.spans.iter().map(ExactSizeIterator::len).sum();
        let quote = matched.len() * 2 < body;
        let mut before: Option<(usize, usize)> = None;
        for next in matched.iter().copied().map(Some).chain([None]) {
            self.between(before, next, quote);
            before = next.or(before);
        }
    }

    pub(super) fn between(
        &mut self,
        before: Option<(usize, usize)>,
        next: Option<(usize, usize)>,
        quote: bool,
    ) {
        let u0 = before.map_or(0, |(_, j)| j + 1);
        let u1 = next.map_or(self.c.len(), |(_, j)| j);
        let extra: Vec<usize> = (u0..u1).filter(|j| !self.elsewhere[*j]).collect();
        let home = |s: &Self, m: Option<(usize, usize)>| m.map(|(i, _)| s.r[i].home as usize);
        let (p, q) = (home(self, before), home(self, next));
        if let (Some(p), Some((i, _)), Some((k, _))) = (p, before, next)
            && Some(p) == q
        {
            self.change(p, i + 1..k, &extra, false);
            return;
        }
        let tail = before.map_or(0..0, |(i, _)| i + 1..self.spans[p.unwrap_or(0)].end);
        let head = next.map_or(0..0, |(k, _)| self.spans[q.unwrap_or(0)].start..k);
        let block = |m: Option<(usize, usize)>| m.map(|(_, j)| self.c[j].home);
        let (left, right) = (block(before), block(next));
        let (mut t, mut h, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for j in extra {
            let here = Some(self.c[j].home);
            match (here == left, here == right) {
                (true, true) if tail.is_empty() && !head.is_empty() => h.push(j),
                (true, _) => t.push(j),
                (false, true) => h.push(j),
                (false, false) => rest.push(j),
            }
        }
        let apart = left != right;
        if let Some(q) = q {
            for list in [&mut t, &mut h] {
                if let Some(marking) = self.marking_of(list) {
                    self.findings[q].marking = Some(marking);
                    list.clear();
                }
            }
        }
        // Paragraphs in between that nobody may see: what stands there can't be told.
        let (from, to) = (p.map_or(0, |p| p + 1), q.unwrap_or(self.spans.len()));
        let unseen = (from..to).any(|m| self.r[self.spans[m].clone()].iter().any(|t| t.hidden > 0));
        if let Some(p) = p {
            if t.is_empty()
                && !tail.is_empty()
                && apart
                && (quote || (next.is_none() && rest.is_empty()))
            {
                self.findings[p].cut_tail = tail.len();
            } else {
                self.change(p, tail, &t, unseen);
            }
        } else {
            h.splice(0..0, t);
        }
        if let Some(q) = q {
            if h.is_empty()
                && !head.is_empty()
                && apart
                && (quote || (before.is_none() && rest.is_empty()))
            {
                self.findings[q].cut_head = head.len();
            } else {
                self.change(q, head, &h, unseen);
            }
        }
        self.insert(p, &rest, unseen);
    }

    /// The marking that the words spell, if they are one.
    pub(super) fn marking_of(&self, tokens: &[usize]) -> Option<String> {
        if tokens.is_empty() || tokens.len() > 8 {
            return None;
        }
        let words: Vec<&str> = tokens.iter().map(|j| self.c[*j].raw.as_str()).collect();
        let words = words.join(" ");
        canonical_marking(words.strip_prefix('(')?.strip_suffix(')')?)
    }

    /// A difference in paragraph `p`: registered tokens `gone`, the copy's tokens `here`.
    pub(super) fn change(
        &mut self,
        p: usize,
        gone: std::ops::Range<usize>,
        here: &[usize],
        unseen: bool,
    ) {
        if gone.is_empty() && here.is_empty() {
            return;
        }
        let hidden: u64 = self.r[gone.clone()].iter().map(|t| t.hidden).sum();
        let registered = show_registered(&self.r[gone.clone()]);
        let copy = show(here.iter().map(|j| &self.c[*j]));
        let words = here.iter().filter(|j| self.c[**j].part == 0).count() as u64;
        if hidden > 0 || (unseen && !here.is_empty()) {
            // The copy may say in the bundle's own words that something is hidden.
            if registered == copy {
                return;
            }
            if !here.is_empty() {
                self.findings[p].not_compared += words;
                self.not_compared += words;
                return;
            }
        }
        let lost = self.r[gone.clone()]
            .iter()
            .filter(|t| t.part == 0)
            .map(|t| t.hidden.max(1))
            .sum::<u64>();
        let at = gone.start.min(self.spans[p].end.saturating_sub(1));
        let word = self.r.get(at).map_or(0, |t| t.word) + 1 + u32::from(gone.start > at);
        self.findings[p].changes.push(Change {
            word,
            registered,
            copy,
        });
        self.findings[p].different += lost.max(words).max(1);
    }

    /// Blocks that belong to no registered paragraph.
    pub(super) fn insert(&mut self, after: Option<usize>, tokens: &[usize], unseen: bool) {
        let mut blocks: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for j in tokens {
            blocks.entry(self.c[*j].home).or_default().push(*j);
        }
        for (b, list) in blocks {
            let block = &self.copy.blocks[b as usize];
            let banner = self.banners.contains(&block.text);
            if block.page_number || banner {
                self.rules.add(Rule::Page);
                continue;
            }
            let words = list.iter().filter(|j| self.c[**j].part == 0).count() as u64;
            if unseen && self.hidden_notes.contains(&block.text) {
                continue;
            }
            if unseen {
                self.not_compared += words;
                continue;
            }
            if let Some(verdict) = self.head_text(&list) {
                if let ParagraphState::Altered { changes } = &verdict.verdict {
                    self.different += changes.iter().map(change_words).sum::<u64>();
                }
                self.head_words += list.len();
                self.heads.push(verdict);
                continue;
            }
            let text: String = show(list.iter().map(|j| &self.c[*j]))
                .chars()
                .take(MAX_SHOWN)
                .collect();
            self.different += words;
            let after = after.map(|p| self.text.paragraphs[p].place.clone());
            self.inserted.push(Inserted { after, words, text });
        }
    }

    /// What differs in layout only, and how many words each paragraph has in the copy.
    pub(super) fn layout(&mut self) {
        let mut blocks_of: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); self.spans.len()];
        let mut homes_of: HashMap<u32, BTreeSet<u32>> = HashMap::new();
        for (j, i) in self.of_c.iter().enumerate() {
            let Some(i) = *i else { continue };
            let (r, c) = (&self.r[i], &self.c[j]);
            let found = &mut self.findings[r.home as usize];
            found.matched += 1;
            let mut rules = c.space;
            if r.raw != c.raw {
                let differing = r.rules.differing(c.rules);
                rules = rules.union(if differing.is_empty() {
                    r.rules.union(c.rules)
                } else {
                    differing
                });
            }
            found.rules = found.rules.union(rules);
            blocks_of[r.home as usize].insert(c.home);
            homes_of.entry(c.home).or_default().insert(r.home);
        }
        for (p, blocks) in blocks_of.iter().enumerate() {
            let shared = blocks
                .iter()
                .any(|b| homes_of.get(b).is_some_and(|h| h.len() > 1));
            if blocks.len() > 1 || shared {
                self.findings[p].rules.add(Rule::Paragraphs);
            }
            let sign = |kind: Kind| matches!(kind, Kind::Heading(_) | Kind::Quote);
            let kind = self.text.paragraphs[p].kind;
            let starts = self.of_r.get(self.spans[p].start).copied().flatten();
            if let Some(j) = starts.filter(|_| !self.spans[p].is_empty() && !shared)
                && sign(kind) != self.copy.blocks[self.c[j].home as usize].sign
            {
                self.findings[p].rules.add(Rule::Markdown);
            }
        }
    }
}
