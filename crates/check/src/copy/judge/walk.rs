//! From match to match: each difference to its paragraph.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use demur_memo::Kind;

use super::{
    Version,
    head::weigh,
    names,
    words::{count, show, show_registered, unseen_words},
};
use crate::copy::{
    Change, Division, Inserted,
    fold::Rule,
    slips::{self, End, Step, What},
    source::canonical_marking,
    token::Token,
};

/// The most characters of inserted text that a verdict repeats.
const MAX_SHOWN: usize = 400;

/// The longest block that is sought among short paragraphs, in words, and among how many.
const MAX_SHORT: usize = 12;
const MAX_TRIED: usize = 24;

/// A stretch without partners, between two matches.
pub(super) struct Gap<'g> {
    /// Registered tokens, all of one paragraph.
    pub(super) gone: std::ops::Range<usize>,
    /// The copy's tokens.
    pub(super) here: &'g [usize],
    /// How many words of hidden paragraphs may stand here, and at which end of the paragraph's.
    pub(super) unseen: Option<(u64, End)>,
    /// The end of the paragraph where words that the copy lacks are not missed: an excerpt has its edges there.
    pub(super) cut: Option<End>,
    /// A block of the copy beside it.
    pub(super) beside: Option<u32>,
}

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
        self.quote = matched.len() * 2 < body;
        let mut before: Option<(usize, usize)> = None;
        for next in matched.iter().copied().map(Some).chain([None]) {
            self.between(before, next);
            before = next.or(before);
        }
    }

    /// The tokens without those of page numbers, which are told.
    fn without_pages(&mut self, tokens: Vec<usize>) -> Vec<usize> {
        let (pages, rest): (Vec<usize>, Vec<usize>) =
            tokens.into_iter().partition(|j| self.c[*j].page);
        // Two lines never touch: text or a page's end stands between, or they are blocks of their own.
        let together = |a: &usize, b: &usize| a + 1 == *b && self.c[*a].home == self.c[*b].home;
        let lines: Vec<Vec<usize>> = pages.chunk_by(together).map(<[usize]>::to_vec).collect();
        for line in lines {
            self.drop_line(&line);
        }
        rest
    }

    fn drop_line(&mut self, tokens: &[usize]) {
        let Some(first) = tokens.first() else { return };
        self.rules.add(Rule::Page);
        let text: String = show(tokens.iter().map(|j| &self.c[*j]));
        let text = text.chars().take(MAX_SHOWN).collect();
        self.dropped.push((*first, text));
    }

    fn between(&mut self, before: Option<(usize, usize)>, next: Option<(usize, usize)>) {
        let u0 = before.map_or(0, |(_, j)| j + 1);
        let u1 = next.map_or(self.c.len(), |(_, j)| j);
        let extra: Vec<usize> = (u0..u1).filter(|j| !self.elsewhere[*j]).collect();
        let extra = self.without_pages(extra);
        let home = |s: &Self, m: Option<(usize, usize)>| m.map(|(i, _)| s.r[i].home as usize);
        let (p, q) = (home(self, before), home(self, next));
        let block = |m: Option<(usize, usize)>| m.map(|(_, j)| self.c[j].home);
        let (left, right) = (block(before), block(next));
        if let (Some(p), Some((i, _)), Some((k, _))) = (p, before, next)
            && Some(p) == q
        {
            let gap = Gap {
                gone: i + 1..k,
                here: &extra,
                unseen: None,
                cut: None,
                beside: left,
            };
            self.change(p, gap);
            return;
        }
        let tail = before.map_or(0..0, |(i, _)| i + 1..self.spans[p.unwrap_or(0)].end);
        let head = next.map_or(0..0, |(k, _)| self.spans[q.unwrap_or(0)].start..k);
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
            self.marking_slip(q, &mut h);
        }
        if next.is_none() && tail.is_empty() {
            self.names_below(p, &mut t);
        }
        // Paragraphs in between that nobody may see: what stands there can't be told.
        let (from, to) = (p.map_or(0, |p| p + 1), q.unwrap_or(self.spans.len()));
        // Of one that is hidden in part the rest may stand there, too.
        let tokens = |m: usize| &self.r[self.spans[m].clone()];
        let unseen: u64 = (from..to)
            .filter(|m| tokens(*m).iter().any(|t| t.hidden > 0))
            .map(|m| count(tokens(m)))
            .sum();
        let edge = |open: bool, end: End| {
            (apart && (self.quote || (open && rest.is_empty()))).then_some(end)
        };
        let cuts = (
            edge(next.is_none(), End::Tail),
            edge(before.is_none(), End::Head),
        );
        if let Some(p) = p {
            let gap = Gap {
                gone: tail,
                here: &t,
                unseen: (unseen > 0).then_some((unseen, End::Tail)),
                cut: cuts.0,
                beside: left,
            };
            self.change(p, gap);
        } else {
            h.splice(0..0, t);
        }
        if let Some(q) = q {
            let gap = Gap {
                gone: head,
                here: &h,
                unseen: (unseen > 0).then_some((unseen, End::Head)),
                cut: cuts.1,
                beside: right,
            };
            self.change(q, gap);
        }
        self.insert(p, from..to, &rest, unseen, next.is_none());
    }

    /// The marking that the words spell, if they are one.
    fn marking_of(&self, tokens: &[usize]) -> Option<String> {
        if tokens.is_empty() || tokens.len() > 8 {
            return None;
        }
        let words: Vec<&str> = tokens.iter().map(|j| self.c[*j].raw.as_str()).collect();
        let words = words.join(" ");
        canonical_marking(words.strip_prefix('(')?.strip_suffix(')')?)
    }

    /// Takes a marking with a slip, such as `(S8U)`, from the words before paragraph `q`: it is no marking itself.
    fn marking_slip(&mut self, q: usize, words: &mut Vec<usize>) {
        let Some(registered) = &self.text.paragraphs[q].marking else {
            return;
        };
        let Some(token) = words.first().map(|j| &self.c[*j]) else {
            return;
        };
        let Some(slip) = slips::of_marking(registered, &token.raw) else {
            return;
        };
        // A marking without a slip was read as one; what has brackets of its own and stands alone is one, too.
        if token.word != 0 || token.raw == format!("({registered})") {
            return;
        }
        let change = Change {
            word: 1,
            registered: format!("({registered})"),
            copy: token.raw.clone(),
            slips: vec![slip],
            because: None,
        };
        let found = &mut self.findings[q];
        found.marking = Some(registered.clone());
        found.changes.push(change);
        found.slips += 1;
        words.remove(0);
    }

    /// A difference in paragraph `p`.
    pub(super) fn change(&mut self, p: usize, gap: Gap<'_>) {
        let Gap { gone, here, .. } = gap;
        if gone.is_empty() && here.is_empty() {
            return;
        }
        if here.is_empty()
            && let Some(end) = gap.cut
        {
            match end {
                End::Head => self.findings[p].cut_head = gone.len(),
                End::Tail => self.findings[p].cut_tail = gone.len(),
            }
            return;
        }
        let hidden = self.r[gone.clone()].iter().any(|t| t.hidden > 0);
        // The copy may say in the bundle's own words that something is hidden.
        if hidden
            && show_registered(&self.r[gone.clone()]) == show(here.iter().map(|j| &self.c[*j]))
        {
            return;
        }
        let mut registered: Vec<&Token> = self.r[gone.clone()].iter().collect();
        let copy: Vec<&Token> = here.iter().map(|j| &self.c[*j]).collect();
        // Hidden paragraphs beside this one, of which the copy need not have a word.
        let beside = gap.unseen.filter(|_| !here.is_empty()).map(|(words, end)| {
            let mut token = Token::hidden(u32::MAX, words);
            token.optional = true;
            (token, end)
        });
        let mut shift = 0;
        match &beside {
            Some((token, End::Head)) => {
                registered.insert(0, token);
                shift = 1;
            }
            Some((token, End::Tail)) => registered.push(token),
            None => {}
        }
        let span = self.spans[p].clone();
        let behind = [
            self.r.get(gone.end).filter(|_| gone.end < span.end),
            here.last().and_then(|j| self.c.get(j + 1)),
        ];
        let steps = slips::explain(&registered, &copy, self.vocabulary, gap.cut, behind);
        let unseen = unseen_words(&steps, &copy);
        self.findings[p].not_compared += unseen;
        self.not_compared += unseen;
        let steps: Vec<Step> = { steps.into_iter() }
            .filter(|step| step.what != What::Unseen)
            .collect();
        let mut steps = steps.as_slice();
        let left_out = |step: &Step| step.copy.is_empty();
        let found = &mut self.findings[p];
        match gap.cut {
            Some(End::Head) => {
                while let [first, rest @ ..] = steps
                    && left_out(first)
                {
                    found.cut_head += first.registered.len();
                    steps = rest;
                }
            }
            Some(End::Tail) => {
                while let [rest @ .., last] = steps
                    && left_out(last)
                {
                    found.cut_tail += last.registered.len();
                    steps = rest;
                }
            }
            None => {}
        }
        if gone.start == span.start
            && let Some(first) = steps.iter().find(|step| !step.copy.is_empty())
            && first.registered.start == shift
        {
            found.start = Some(here[first.copy.start]);
        }
        let r = &self.r;
        let word = |at: usize| {
            let start = gone.start + at.saturating_sub(shift);
            let at = start.min(span.end.saturating_sub(1));
            r.get(at).map_or(0, |t| t.word) + 1 + u32::from(start > at)
        };
        let before = found.different;
        found.take(steps, &registered, &copy, &word);
        if found.different > before {
            let blocks = here.iter().map(|j| self.c[*j].home).chain(gap.beside);
            self.unlike.extend(blocks);
        }
    }

    /// Blocks that belong to no registered paragraph that was found: paragraphs `between` were not.
    fn insert(
        &mut self,
        after: Option<usize>,
        between: std::ops::Range<usize>,
        tokens: &[usize],
        mut unseen: u64,
        last: bool,
    ) {
        let mut blocks: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for j in tokens {
            blocks.entry(self.c[*j].home).or_default().push(*j);
        }
        let mut open = between;
        // `Signed:` above names belongs to them.
        let mut heading: Vec<usize> = Vec::new();
        let only = blocks.len() == 1;
        let mut blocks = blocks.into_iter().peekable();
        while let Some((b, list)) = blocks.next() {
            let block = &self.copy.blocks[b as usize];
            let banner = self.banners.contains(&block.text);
            if block.page_number || banner {
                self.drop_line(&list);
                continue;
            }
            let words = list.iter().filter(|j| self.c[**j].part == 0).count() as u64;
            if unseen > 0 && self.hidden_notes.contains(&block.text) {
                continue;
            }
            if unseen > 0
                && let Some(p) = self.partly_hidden(open.clone(), &list)
            {
                open.start = p + 1;
                unseen = unseen.saturating_sub(words);
                continue;
            }
            if unseen > 0 && words <= slips::room(unseen) {
                unseen = unseen.saturating_sub(words);
                self.not_compared += words;
                continue;
            }
            if only && self.piece(open.clone(), after.is_none(), last, &list) {
                continue;
            }
            if let Some(p) = self.short(open.clone(), after.is_none(), &list) {
                open.start = p + 1;
                continue;
            }
            if let Some(verdict) = self.head_text(&list) {
                let (different, slips) = weigh(&verdict.verdict);
                self.different += different;
                self.slips += slips;
                self.head_words += list.len();
                self.heads.push(verdict);
                continue;
            }
            let names = |b: u32, list: &[usize]| {
                if last && self.is_whole(b, list) {
                    names::of_block(&self.copy.blocks[b as usize].lines, self.vocabulary)
                } else {
                    Vec::new()
                }
            };
            if names::is_heading(&block.text)
                && let Some((next, after)) = blocks.peek()
                && !names(*next, after).is_empty()
            {
                heading = list;
                continue;
            }
            let names = names(b, &list);
            // It may be a text of the head that nobody may see.
            if names.is_empty() && self.may_be_hidden_head(&list, words) {
                self.head_unseen += words;
                self.not_compared += words;
                continue;
            }
            let list = [std::mem::take(&mut heading), list].concat();
            if names.is_empty() {
                self.different += words;
                self.unlike.insert(b);
            }
            let words = list.iter().filter(|j| self.c[**j].part == 0).count() as u64;
            let text: String = show(list.iter().map(|j| &self.c[*j]))
                .chars()
                .take(MAX_SHOWN)
                .collect();
            let after = after.map(|p| self.text.paragraphs[p].place.clone());
            self.inserted.push(Inserted {
                after,
                words,
                text,
                names,
            });
        }
    }

    /// Takes names from the lines right below the last paragraph: no empty line stands between.
    fn names_below(&mut self, p: Option<usize>, words: &mut Vec<usize>) {
        let (Some(p), Some(first)) = (p, words.first().map(|j| &self.c[*j])) else {
            return;
        };
        let block = &self.copy.blocks[first.home as usize];
        let mut before = 0;
        let line = block.lines.iter().position(|line| {
            let here = before == first.word as usize;
            before += line.split_whitespace().count();
            here
        });
        let Some(line) = line.filter(|line| *line > 0 && first.part == 0) else {
            return;
        };
        let names = names::of_block(&block.lines[line..], self.vocabulary);
        if names.is_empty() {
            return;
        }
        self.inserted.push(Inserted {
            after: Some(self.text.paragraphs[p].place.clone()),
            words: words.iter().filter(|j| self.c[**j].part == 0).count() as u64,
            text: show(words.iter().map(|j| &self.c[*j]))
                .chars()
                .take(MAX_SHOWN)
                .collect(),
            names,
        });
        words.clear();
    }

    /// Whether the tokens are all those of their block.
    fn is_whole(&self, block: u32, tokens: &[usize]) -> bool {
        let all = self.c.iter().filter(|t| t.home == block).count();
        all == tokens.len()
    }

    /// A few words at an end of the copy that are the beginning of the next paragraph, or the end of the one before: too few
    /// to be found by themselves.
    fn piece(
        &mut self,
        between: std::ops::Range<usize>,
        first: bool,
        last: bool,
        tokens: &[usize],
    ) -> bool {
        let n = tokens.len();
        let mut open = between.filter(|p| !self.spans[*p].is_empty());
        let p = match (first, last) {
            (true, false) => open.next_back(),
            (false, true) => open.next(),
            _ => None,
        };
        let Some(p) = p.filter(|p| n <= MAX_SHORT && n < self.spans[*p].len()) else {
            return false;
        };
        let span = self.spans[p].clone();
        let part = if first {
            span.end - n..span.end
        } else {
            span.start..span.start + n
        };
        let free = span.clone().all(|i| self.of_r[i].is_none()) && !self.findings[p].moved;
        let same = { part.clone().zip(tokens) }
            .all(|(i, j)| self.r[i].hidden == 0 && self.r[i].key == self.c[*j].key);
        if !free || !same {
            return false;
        }
        if first {
            self.findings[p].cut_head = span.len() - n;
        } else {
            self.findings[p].cut_tail = span.len() - n;
        }
        for (i, j) in part.zip(tokens) {
            self.pair(i, *j);
        }
        true
    }

    /// A short paragraph whose every word has a slip, or nearly so, has no match: it is sought among those
    /// that were not found between the same two, from the nearest on: at the copy's beginning from the last.
    fn short(
        &mut self,
        between: std::ops::Range<usize>,
        last_first: bool,
        tokens: &[usize],
    ) -> Option<usize> {
        if tokens.len() > MAX_SHORT {
            return None;
        }
        let copy: Vec<&Token> = tokens.iter().map(|j| &self.c[*j]).collect();
        let near = if last_first {
            between.end.saturating_sub(MAX_TRIED).max(between.start)..between.end
        } else {
            between.start..between.end.min(between.start + MAX_TRIED)
        };
        let mut all: Vec<usize> = near.collect();
        if last_first {
            all.reverse();
        }
        let p = all.into_iter().find(|p| {
            let span = self.spans[*p].clone();
            let found = &self.findings[*p];
            let tokens: Vec<&Token> = self.r[span.clone()].iter().collect();
            if tokens.is_empty()
                || tokens.len().abs_diff(copy.len()) > 2
                || found.moved
                || found.matched > 0
                || tokens.iter().any(|t| t.hidden > 0)
                || span.clone().any(|i| self.of_r[i].is_some())
            {
                return false;
            }
            let steps = slips::explain(&tokens, &copy, self.vocabulary, None, [None; 2]);
            let good = steps.iter().filter(|s| !matches!(s.what, What::Other(_)));
            good.map(|s| s.registered.len()).sum::<usize>() * 2 > tokens.len()
        })?;
        self.take_block(p, tokens);
        Some(p)
    }

    /// A block that is all that the copy has of paragraph `p`.
    fn take_block(&mut self, p: usize, tokens: &[usize]) {
        let gap = Gap {
            gone: self.spans[p].clone(),
            here: tokens,
            unseen: None,
            cut: None,
            beside: None,
        };
        self.change(p, gap);
        self.findings[p].matched += 1;
    }

    /// A paragraph of which words are hidden, and too few are shown for a match, is sought among those that were not found: most of what it shows must
    /// stand in the block, in order.
    fn partly_hidden(
        &mut self,
        between: std::ops::Range<usize>,
        tokens: &[usize],
    ) -> Option<usize> {
        let copy: Vec<&Token> = tokens.iter().map(|j| &self.c[*j]).collect();
        let p = between.into_iter().take(MAX_TRIED).find(|p| {
            let span = self.spans[*p].clone();
            let registered: Vec<&Token> = self.r[span.clone()].iter().collect();
            let shown = registered.iter().filter(|t| t.hidden == 0).count();
            if shown == 0
                || shown == registered.len()
                || self.findings[*p].matched > 0
                || span.clone().any(|i| self.of_r[i].is_some())
            {
                return false;
            }
            let steps = slips::explain(&registered, &copy, self.vocabulary, None, [None; 2]);
            let good = { steps.iter() }
                .filter(|step| matches!(step.what, What::Equal | What::Slip(_)))
                .map(|step| step.registered.len());
            good.sum::<usize>() * 2 > shown
        })?;
        self.take_block(p, tokens);
        Some(p)
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
                let mut joined: BTreeSet<u32> = BTreeSet::new();
                for home in blocks.iter().filter_map(|b| homes_of.get(b)) {
                    joined.extend(home.iter().filter(|home| **home as usize != p));
                }
                self.findings[p].division = Some(Division {
                    blocks: u32::try_from(blocks.len()).unwrap_or(u32::MAX),
                    joined: joined
                        .into_iter()
                        .map(|home| self.text.paragraphs[home as usize].place.clone())
                        .collect(),
                });
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
