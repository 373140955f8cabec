//! The verdict on each paragraph of one version, and the choice among versions.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use demur_memo::Kind;

use crate::copy::{
    Change, Comparison, Distance, Inserted, MarkingChange, Overall, ParagraphState,
    ParagraphVerdict, Place, Text,
    align::align,
    fold::{Rule, Rules},
    registered::Paragraph,
    source::{CopyText, TITLE, canonical_marking},
    token::Token,
};

/// Words shown on each side of a part of a paragraph.
const CONTEXT: usize = 6;

/// The most characters of inserted text that a verdict repeats.
const MAX_SHOWN: usize = 400;

/// So many words in one piece are no chance.
const EVIDENCE: usize = 12;

pub(super) fn compare(copy: &CopyText, versions: &[Text], banners: &[String]) -> Comparison {
    let mut judged: Vec<Judged> = versions
        .iter()
        .map(|v| Version::new(v, copy, banners).judge())
        .collect();
    let distances: Vec<Distance> = judged.iter().map(|j| j.distance).collect();
    let words = copy.words() as u64;
    let best = (0..judged.len())
        .filter(|i| judged[*i].distance.found)
        .min_by_key(|i| {
            let d = &judged[*i].distance;
            (
                d.different,
                u8::from(d.missing > 0),
                std::cmp::Reverse(d.version),
            )
        });
    let Some(best) = best else {
        return Comparison {
            overall: Overall::NotFound,
            nearest: None,
            also: Vec::new(),
            distances,
            paragraphs: Vec::new(),
            inserted: Vec::new(),
            markings: Vec::new(),
            disregarded: Vec::new(),
            words,
            not_compared: 0,
            hidden: 0,
        };
    };
    let judged = judged.swap_remove(best);
    let agrees = judged.overall != Overall::Altered;
    let also = distances.iter().filter(|d| {
        let whole = d.missing == 0 || judged.distance.missing > 0;
        agrees && d.found && d.different == 0 && whole && d.version != judged.distance.version
    });
    Comparison {
        overall: judged.overall,
        nearest: Some(judged.distance.version),
        also: also.map(|d| d.version).collect(),
        distances,
        paragraphs: judged.paragraphs,
        inserted: judged.inserted,
        markings: judged.markings,
        disregarded: judged.rules.to_vec(),
        words,
        not_compared: judged.not_compared,
        hidden: judged.hidden,
    }
}

struct Judged {
    overall: Overall,
    distance: Distance,
    paragraphs: Vec<ParagraphVerdict>,
    inserted: Vec<Inserted>,
    markings: Vec<MarkingChange>,
    rules: Rules,
    not_compared: u64,
    hidden: u64,
}

/// What the alignment says about one registered paragraph.
#[derive(Default)]
struct Findings {
    changes: Vec<Change>,
    /// Changed words, for the distance.
    different: u64,
    /// Words not there at its beginning or end, where nothing stands in their place.
    cut_head: usize,
    cut_tail: usize,
    rules: Rules,
    matched: usize,
    moved: bool,
    /// A marking that stands within a line of the copy, before the paragraph.
    marking: Option<String>,
    not_compared: u64,
}

/// One version beside the copy.
struct Version<'a> {
    text: &'a Text,
    copy: &'a CopyText,
    banners: &'a [String],
    /// Registered tokens, and where each paragraph's begin and end.
    r: Vec<Token>,
    spans: Vec<std::ops::Range<usize>>,
    c: Vec<Token>,
    /// The partner of each token.
    of_r: Vec<Option<usize>>,
    of_c: Vec<Option<usize>>,
    /// Copy tokens of paragraphs that stand elsewhere.
    elsewhere: Vec<bool>,
    findings: Vec<Findings>,
    inserted: Vec<Inserted>,
    /// Texts of the head that stand in the copy as blocks, and their words.
    heads: Vec<ParagraphVerdict>,
    head_words: usize,
    different: u64,
    not_compared: u64,
    rules: Rules,
}

impl<'a> Version<'a> {
    fn new(text: &'a Text, copy: &'a CopyText, banners: &'a [String]) -> Self {
        let (mut r, mut spans) = (Vec::new(), Vec::new());
        for (paragraph, i) in text.paragraphs.iter().zip(0_u32..) {
            let start = r.len();
            if !paragraph.is_head() {
                r.extend(paragraph.tokens(i).into_iter().filter(|t| !t.optional));
            }
            spans.push(start..r.len());
        }
        let known: HashSet<&str> = r.iter().map(|t: &Token| t.key.as_str()).collect();
        let mut c = copy.joined(&|key| known.contains(key));
        c.retain(|t| !t.optional);
        let findings = text
            .paragraphs
            .iter()
            .map(|_| Findings::default())
            .collect();
        let (of_r, of_c) = (vec![None; r.len()], vec![None; c.len()]);
        let elsewhere = vec![false; c.len()];
        Self {
            text,
            copy,
            banners,
            r,
            spans,
            c,
            of_r,
            of_c,
            elsewhere,
            findings,
            inserted: Vec::new(),
            heads: Vec::new(),
            head_words: 0,
            different: 0,
            not_compared: 0,
            rules: Rules::NONE,
        }
    }

    fn judge(mut self) -> Judged {
        self.align();
        self.drop_chance();
        self.extend();
        slide(&self.c, &mut self.of_c, &mut self.of_r);
        slide(&self.r, &mut self.of_r, &mut self.of_c);
        self.quotation_ends();
        self.find_moved();
        self.walk();
        let found = self.found();
        self.layout();
        let (head, head_different) = self.compare_head();
        self.finish(found, head, head_different)
    }

    fn align(&mut self) {
        let mut ids: HashMap<&str, u32> = HashMap::new();
        let (mut r, mut c) = (vec![0; self.r.len()], vec![0; self.c.len()]);
        // Token counts are bounded by MAX_COPY_WORDS and the memo's MAX_WORDS: ids fit u32, and
        // those of hidden runs, from the other end, never meet them.
        let mut hidden = u32::MAX;
        for (tokens, out) in [(&self.r, &mut r), (&self.c, &mut c)] {
            for (token, id) in tokens.iter().zip(out) {
                if token.hidden > 0 {
                    *id = hidden;
                    hidden -= 1;
                } else {
                    let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                    *id = *ids.entry(token.key.as_str()).or_insert(next);
                }
            }
        }
        for (i, j) in align(&r, &c) {
            self.pair(i, j);
        }
    }

    fn pair(&mut self, i: usize, j: usize) {
        self.of_r[i] = Some(j);
        self.of_c[j] = Some(i);
    }

    /// Undoes matches of single words that two unrelated texts share.
    fn drop_chance(&mut self) {
        for span in self.spans.clone() {
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
    fn extend(&mut self) {
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
    fn quotation_ends(&mut self) {
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

    fn found(&self) -> bool {
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
    fn find_moved(&mut self) {
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
    }

    /// Goes from match to match and gives each difference to its paragraph.
    fn walk(&mut self) {
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

    fn between(
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
    fn marking_of(&self, tokens: &[usize]) -> Option<String> {
        if tokens.is_empty() || tokens.len() > 8 {
            return None;
        }
        let words: Vec<&str> = tokens.iter().map(|j| self.c[*j].raw.as_str()).collect();
        let words = words.join(" ");
        canonical_marking(words.strip_prefix('(')?.strip_suffix(')')?)
    }

    /// A difference in paragraph `p`: registered tokens `gone`, the copy's tokens `here`.
    fn change(&mut self, p: usize, gone: std::ops::Range<usize>, here: &[usize], unseen: bool) {
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
    fn insert(&mut self, after: Option<usize>, tokens: &[usize], unseen: bool) {
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
            let hidden_note = self.text.paragraphs.iter().any(|p| {
                p.runs.iter().all(|r| matches!(r, super::Run::Hidden(_)))
                    && p.to_text() == block.text
            });
            if unseen && hidden_note {
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

    /// A block that is, or nearly is, a text of the head or a part of one.
    fn head_text(&self, tokens: &[usize]) -> Option<ParagraphVerdict> {
        let copy: Vec<Token> = tokens.iter().map(|j| self.c[*j].clone()).collect();
        let keys: Vec<&str> = copy.iter().map(|t| t.key.as_str()).collect();
        self.text.paragraphs.iter().find_map(|paragraph| {
            let Place::Head(name) = &paragraph.place else {
                return None;
            };
            if self.copy.head.is_some() || !(name == TITLE || name.starts_with("point ")) {
                return None;
            }
            let registered = paragraph.tokens(0);
            let theirs: Vec<&str> = registered.iter().map(|t| t.key.as_str()).collect();
            let start = keys.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
            let end = keys
                .iter()
                .rev()
                .zip(theirs.iter().rev())
                .take_while(|(a, b)| a == b)
                .count();
            let near = (start + end) * 5 >= keys.len().max(theirs.len()) * 3;
            let part = theirs.windows(keys.len().max(1)).position(|w| w == keys);
            let verdict = match part.filter(|_| keys.len() >= 5 && keys.len() < theirs.len()) {
                Some(from) => part_of(&registered, from, from + keys.len()),
                None if near => head_text(&registered, &copy),
                None => return None,
            };
            Some(ParagraphVerdict {
                place: paragraph.place.clone(),
                verdict,
            })
        })
    }

    /// What differs in layout only, and how many words each paragraph has in the copy.
    fn layout(&mut self) {
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

    /// The copy's own head against the registered one, text by text.
    fn compare_head(&mut self) -> (Vec<ParagraphVerdict>, u64) {
        let Some(head) = &self.copy.head else {
            return (std::mem::take(&mut self.heads), 0);
        };
        let (mut out, mut different) = (Vec::new(), 0);
        let registered = self.text.paragraphs.iter().filter(|p| p.is_head());
        let mut seen: HashSet<&str> = HashSet::new();
        for paragraph in registered {
            let Place::Head(name) = &paragraph.place else {
                continue;
            };
            seen.insert(name);
            let hidden: u64 = hidden_words(paragraph);
            let copy = head.iter().find(|t| t.name == *name);
            let verdict = match copy {
                _ if hidden > 0 => ParagraphState::Hidden { words: hidden },
                None => ParagraphState::Missing,
                Some(copy) => {
                    let mine = Paragraph::shown(
                        paragraph.place.clone(),
                        None,
                        Kind::Paragraph,
                        &copy.text,
                    )
                    .tokens(0);
                    head_text(&paragraph.tokens(0), &mine)
                }
            };
            match &verdict {
                ParagraphState::Altered { changes } => {
                    different += changes.iter().map(change_words).sum::<u64>();
                }
                ParagraphState::Missing => different += 1,
                _ => {}
            }
            out.push(ParagraphVerdict {
                place: paragraph.place.clone(),
                verdict,
            });
        }
        for more in head.iter().filter(|t| !seen.contains(t.name.as_str())) {
            let words = more.text.split_whitespace().count() as u64;
            different += words;
            let change = Change {
                word: 1,
                registered: String::new(),
                copy: more.text.clone(),
            };
            let verdict = ParagraphState::Altered {
                changes: vec![change],
            };
            out.push(ParagraphVerdict {
                place: Place::Head(more.name.clone()),
                verdict,
            });
        }
        (out, different)
    }

    fn markings(&self) -> Vec<MarkingChange> {
        let mut out = Vec::new();
        let mut first_of: HashMap<u32, u32> = HashMap::new();
        for (j, i) in self.of_c.iter().enumerate() {
            if let Some(i) = i {
                first_of.entry(self.c[j].home).or_insert(self.r[*i].home);
            }
        }
        for (p, paragraph) in self.text.paragraphs.iter().enumerate() {
            let Some(registered) = &paragraph.marking else {
                continue;
            };
            let place = paragraph.place.clone();
            if let (Place::Head(name), Some(head)) = (&place, &self.copy.head) {
                if let Some(text) = head.iter().find(|t| t.name == *name)
                    && text.marking.as_ref() != Some(registered)
                {
                    out.push(MarkingChange {
                        place,
                        registered: registered.clone(),
                        copy: text.marking.clone(),
                    });
                }
                continue;
            }
            // The marking stands before the first word, so that a later part needs none.
            let Some(j) = self.of_r.get(self.spans[p].start).copied().flatten() else {
                continue;
            };
            if self.spans[p].is_empty() {
                continue;
            }
            let block = self.c[j].home;
            let own = first_of.get(&block).is_some_and(|home| *home as usize == p);
            let copy = match &self.findings[p].marking {
                Some(marking) => Some(marking.clone()),
                None if own => self.copy.blocks[block as usize].marking.clone(),
                None => None,
            };
            if copy.as_ref() != Some(registered) {
                out.push(MarkingChange {
                    place,
                    registered: registered.clone(),
                    copy,
                });
            }
        }
        out
    }

    fn finish(mut self, found: bool, head: Vec<ParagraphVerdict>, head_different: u64) -> Judged {
        let markings = self.markings();
        let mut paragraphs = head;
        let mut altered = paragraphs.iter().any(|p| {
            matches!(
                p.verdict,
                ParagraphState::Altered { .. } | ParagraphState::Missing
            )
        });
        let (mut missing, mut hidden, mut different) = (0, 0, self.different + head_different);
        let mut partial = false;
        for (p, paragraph) in self.text.paragraphs.iter().enumerate() {
            hidden += hidden_words(paragraph);
            let span = self.spans[p].clone();
            if span.is_empty() {
                continue;
            }
            let found = &mut self.findings[p];
            let words = |range: std::ops::Range<usize>| {
                self.r[range]
                    .iter()
                    .filter(|t| t.part == 0)
                    .map(|t| t.hidden.max(1))
                    .sum::<u64>()
            };
            let all_hidden = self.r[span.clone()].iter().all(|t| t.hidden > 0);
            different += found.different;
            let verdict = if found.moved {
                altered = true;
                different += words(span);
                ParagraphState::Moved
            } else if all_hidden {
                ParagraphState::Hidden { words: words(span) }
            } else if found.matched == 0 {
                partial = true;
                missing += words(span);
                ParagraphState::Missing
            } else if !found.changes.is_empty() {
                altered = true;
                missing += words(span.start..span.start + found.cut_head);
                missing += words(span.end - found.cut_tail..span.end);
                ParagraphState::Altered {
                    changes: std::mem::take(&mut found.changes),
                }
            } else if found.cut_head + found.cut_tail > 0 {
                partial = true;
                let (from, to) = (span.start + found.cut_head, span.end - found.cut_tail);
                missing += words(span.start..from) + words(to..span.end);
                part_of(&self.r[span.clone()], from - span.start, to - span.start)
            } else if found.rules.is_empty() {
                ParagraphState::Identical
            } else {
                ParagraphState::LayoutOnly {
                    rules: found.rules.to_vec(),
                }
            };
            self.rules = self.rules.union(self.findings[p].rules);
            paragraphs.push(ParagraphVerdict {
                place: paragraph.place.clone(),
                verdict,
            });
        }
        for paragraph in &paragraphs {
            if let ParagraphState::LayoutOnly { rules } = &paragraph.verdict {
                rules.iter().for_each(|rule| self.rules.add(*rule));
            }
        }
        altered |= !self.inserted.is_empty();
        altered |= markings.iter().any(|m| m.copy.is_some());
        different += markings.iter().filter(|m| m.copy.is_some()).count() as u64;
        let whole_hidden = paragraphs
            .iter()
            .any(|p| matches!(p.verdict, ParagraphState::Hidden { .. }));
        let overall = if !found {
            Overall::NotFound
        } else if altered {
            Overall::Altered
        } else if self.not_compared > 0 {
            Overall::NotComparable
        } else if partial || whole_hidden {
            Overall::Excerpt
        } else if self.rules.is_empty() && markings.is_empty() {
            Overall::Identical
        } else {
            Overall::LayoutOnly
        };
        let version = self.text.version;
        Judged {
            overall,
            distance: Distance {
                version,
                different,
                missing,
                found,
            },
            paragraphs,
            inserted: self.inserted,
            markings,
            rules: self.rules,
            not_compared: self.not_compared,
            hidden,
        }
    }
}

/// Moves stretches of `a` without a partner to where a block or paragraph begins, if the words at
/// both ends allow it: of two equal words either may be the one that was put in.
fn slide(a: &[Token], of_a: &mut [Option<usize>], of_b: &mut [Option<usize>]) {
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
        let left = (1..=u0)
            .take_while(|k| of_a[u0 - k].is_some() && a[u0 - k].key == a[u1 - k].key)
            .find(|k| starts(u0 - k));
        let right = (1..=a.len() - u1)
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

fn change_words(change: &Change) -> u64 {
    let words = |t: &str| t.split_whitespace().count() as u64;
    words(&change.registered).max(words(&change.copy)).max(1)
}

/// The registered words `from..to` of a paragraph whose tokens are all there.
fn part_of(tokens: &[Token], from: usize, to: usize) -> ParagraphState {
    let words = |range: &[Token]| {
        let words = range
            .iter()
            .filter(|t| t.part == 0)
            .map(|t| t.hidden.max(1))
            .sum::<u64>();
        u32::try_from(words).unwrap_or(u32::MAX)
    };
    ParagraphState::Part {
        from: words(&tokens[..from]) + 1,
        to: words(&tokens[..to]),
        of: words(tokens),
        before: show_registered(&tokens[from.saturating_sub(CONTEXT)..from]),
        after: show_registered(&tokens[to..(to + CONTEXT).min(tokens.len())]),
    }
}

fn hidden_words(paragraph: &Paragraph) -> u64 {
    let hidden = paragraph.runs.iter().map(|run| match run {
        super::Run::Hidden(n) => *n,
        super::Run::Shown(_) => 0,
    });
    hidden.sum()
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

/// Two short texts of a head.
fn head_text(registered: &[Token], copy: &[Token]) -> ParagraphState {
    let keys = |tokens: &[Token]| tokens.iter().map(|t| t.key.clone()).collect::<Vec<_>>();
    let (a, b) = (keys(registered), keys(copy));
    if a == b {
        let mut rules = Rules::NONE;
        for (r, c) in registered.iter().zip(copy) {
            if r.raw != c.raw {
                rules = rules.union(r.rules.union(c.rules));
            }
        }
        return if rules.is_empty() {
            ParagraphState::Identical
        } else {
            ParagraphState::LayoutOnly {
                rules: rules.to_vec(),
            }
        };
    }
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let end = a[start..]
        .iter()
        .rev()
        .zip(b[start..].iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let change = Change {
        word: u32::try_from(start + 1).unwrap_or(u32::MAX),
        registered: show_registered(&registered[start..registered.len() - end]),
        copy: show(&copy[start..copy.len() - end]),
    };
    ParagraphState::Altered {
        changes: vec![change],
    }
}

/// Words as they stand, with characters that show nothing or turn the line made visible.
fn show<'t>(tokens: impl IntoIterator<Item = &'t Token>) -> String {
    let mut out = String::new();
    let mut last: Option<(u32, u32)> = None;
    for token in tokens {
        // A word that a dash divides shows once.
        if last.replace((token.home, token.word)) == Some((token.home, token.word)) {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        for c in token.raw.chars() {
            let unseen = c.is_control()
                || matches!(c,
                '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
            if unseen {
                out.extend(c.escape_unicode());
            } else {
                out.push(c);
            }
        }
    }
    out
}

fn show_registered(tokens: &[Token]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for group in tokens.chunk_by(|a, b| a.hidden == 0 && b.hidden == 0) {
        parts.push(match group {
            [one] if one.hidden == 1 => "[1 word hidden]".to_owned(),
            [one] if one.hidden > 1 => format!("[{} words hidden]", one.hidden),
            words => show(words),
        });
    }
    parts.join(" ")
}
