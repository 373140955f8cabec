//! The verdict on each paragraph of one version, and the choice among versions.

mod case;
mod findings;
mod head;
mod mixed;
mod names;
mod pairs;
mod walk;
mod words;

use std::{
    borrow::Cow,
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

use self::{
    findings::Findings,
    mixed::BlockOf,
    pairs::slide,
    words::{count, hidden_words, part_of},
};
use crate::copy::{
    Comparison, Distance, Edge, Inserted, MarkingChange, Overall, ParagraphState, ParagraphVerdict,
    Place, Run, Text, Truncated, fold::Rules, prepared::Prepared, registered::Paragraph,
    slips::Vocabulary, source::CopyText, token::Token,
};

/// The lowest marking of both schemes.
const UNMARKED: &str = "U";

/// Holds a copy against versions, of which `vocabulary` has the words.
///
/// A copy in capitals alone, or one of a version that is, has no word as it stands there: it is held against it without regard to letter
/// case once more, and never called good.
pub(crate) fn compare(
    copy: &CopyText,
    versions: &[Prepared<'_>],
    vocabulary: &Vocabulary<'_>,
    banners: &[String],
) -> Comparison {
    let plain = compare_plainly(copy, versions, vocabulary, banners);
    let telegram = copy.is_in_capitals() || versions.iter().any(Prepared::is_in_capitals);
    if !telegram || plain.overall.is_good() {
        return plain;
    }
    let versions: Vec<Prepared<'_>> = versions.iter().map(Prepared::in_capitals).collect();
    let mut other = compare_plainly(&copy.in_capitals(), &versions, vocabulary, banners);
    let different = |c: &Comparison| {
        let nearest = c.distances.iter().find(|d| Some(d.version) == c.nearest);
        nearest.map_or(u64::MAX, |d| d.different)
    };
    if other.letter_case && different(&other) < different(&plain) {
        other.overall = Overall::Altered;
        other
    } else {
        plain
    }
}

fn compare_plainly(
    copy: &CopyText,
    versions: &[Prepared<'_>],
    vocabulary: &Vocabulary<'_>,
    banners: &[String],
) -> Comparison {
    let mut judged: Vec<Judged> = versions
        .iter()
        .map(|v| Version::new(v, copy, banners, vocabulary).judge())
        .collect();
    let distances: Vec<Distance> = judged.iter().map(|j| j.distance).collect();
    let words = copy.words() as u64;
    let best = (0..judged.len())
        .filter(|i| judged[*i].distance.found)
        .min_by_key(|i| {
            let d = &judged[*i].distance;
            (
                d.different,
                d.slips,
                u8::from(d.missing > 0),
                std::cmp::Reverse(d.version),
            )
        });
    let Some(best) = best else {
        let unseen = distances.iter().any(|d| d.hidden > 0);
        return Comparison {
            overall: if unseen {
                Overall::NotShown
            } else {
                Overall::NotFound
            },
            nearest: None,
            also: Vec::new(),
            distances,
            paragraphs: Vec::new(),
            inserted: Vec::new(),
            markings: Vec::new(),
            disregarded: Vec::new(),
            dropped: Vec::new(),
            words,
            not_compared: 0,
            hidden: 0,
            slips: 0,
            letter_case: false,
            truncated: None,
            mixture: Vec::new(),
            doubts: Vec::new(),
        };
    };
    let (mixture, explained) = mixed::mixture(&judged, best);
    let judged = judged.swap_remove(best);
    let agrees = judged.overall != Overall::Altered;
    let also = distances.iter().filter(|d| {
        let whole = d.missing == 0 || judged.distance.missing > 0;
        let same = d.different == 0 && d.slips == judged.distance.slips;
        agrees && d.found && same && whole && d.version != judged.distance.version
    });
    Comparison {
        overall: if explained {
            Overall::Mixed
        } else {
            judged.overall
        },
        nearest: Some(judged.distance.version),
        also: also.map(|d| d.version).collect(),
        distances,
        paragraphs: judged.paragraphs,
        inserted: judged.inserted,
        markings: judged.markings,
        disregarded: judged.rules.to_vec(),
        dropped: judged.dropped,
        words,
        not_compared: judged.not_compared,
        hidden: judged.hidden,
        slips: judged.distance.slips,
        letter_case: judged.letter_case,
        truncated: judged.truncated,
        mixture,
        doubts: Vec::new(),
    }
}

struct Judged {
    overall: Overall,
    distance: Distance,
    paragraphs: Vec<ParagraphVerdict>,
    inserted: Vec<Inserted>,
    markings: Vec<MarkingChange>,
    rules: Rules,
    dropped: Vec<String>,
    not_compared: u64,
    hidden: u64,
    letter_case: bool,
    truncated: Option<Truncated>,
    /// What each block of the copy is in this version.
    blocks: BTreeMap<u32, BlockOf>,
    /// Blocks in which wording differs, or that the version does not have.
    unlike: BTreeSet<u32>,
    /// Whether something is wrong beside the words of single blocks: order, markings, head.
    beside: bool,
}

/// One version beside the copy.
struct Version<'a> {
    text: &'a Text,
    /// Whether letter case does not matter to what is equal.
    capitals: bool,
    copy: &'a CopyText,
    banners: &'a [String],
    vocabulary: &'a Vocabulary<'a>,
    /// Registered tokens, and where each paragraph's begin and end.
    r: &'a [Token],
    spans: &'a [std::ops::Range<usize>],
    c: Cow<'a, [Token]>,
    /// The partner of each token.
    of_r: Vec<Option<usize>>,
    of_c: Vec<Option<usize>>,
    /// Copy tokens of paragraphs that stand elsewhere.
    elsewhere: Vec<bool>,
    findings: Vec<Findings>,
    inserted: Vec<Inserted>,
    /// How wholly hidden paragraphs read in a text made from the bundle.
    hidden_notes: HashSet<String>,
    /// Texts of the head that stand in the copy as blocks, and their words.
    heads: Vec<ParagraphVerdict>,
    head_words: usize,
    /// Words of blocks that may be texts of the head which nobody may see.
    head_unseen: u64,
    /// Words that differ and slips, beside those of paragraphs.
    different: u64,
    slips: u64,
    not_compared: u64,
    rules: Rules,
    /// Page numbers and banners, each with where it stands in the copy.
    dropped: Vec<(usize, String)>,
    /// Whether the copy has less than half of the version.
    quote: bool,
    /// Blocks in which wording differs, or that the version does not have.
    unlike: BTreeSet<u32>,
}

impl<'a> Version<'a> {
    fn new(
        version: &'a Prepared<'a>,
        copy: &'a CopyText,
        banners: &'a [String],
        vocabulary: &'a Vocabulary<'a>,
    ) -> Self {
        let (text, r, spans) = (version.text, &version.body[..], &version.spans[..]);
        // Asked only where a line's end divides a word.
        let known: OnceCell<HashSet<&str>> = OnceCell::new();
        let all = || r.iter().map(|token| token.key.as_str()).collect();
        let c = copy.joined(&|key| known.get_or_init(all).contains(key));
        let findings = text
            .paragraphs
            .iter()
            .map(|_| Findings::default())
            .collect();
        let (of_r, of_c) = (vec![None; r.len()], vec![None; c.len()]);
        let elsewhere = vec![false; c.len()];
        Self {
            text,
            capitals: version.capitals,
            copy,
            banners,
            vocabulary,
            r,
            spans,
            c,
            of_r,
            of_c,
            elsewhere,
            findings,
            inserted: Vec::new(),
            hidden_notes: text
                .paragraphs
                .iter()
                .filter(|p| p.runs.iter().all(|run| matches!(run, Run::Hidden(_))))
                .map(Paragraph::to_text)
                .collect(),
            heads: Vec::new(),
            head_words: 0,
            head_unseen: 0,
            different: 0,
            slips: 0,
            not_compared: 0,
            rules: Rules::NONE,
            dropped: Vec::new(),
            quote: false,
            unlike: BTreeSet::new(),
        }
    }

    fn judge(mut self) -> Judged {
        self.align();
        self.drop_chance();
        self.extend();
        slide(&self.c, &mut self.of_c, &mut self.of_r);
        slide(self.r, &mut self.of_r, &mut self.of_c);
        self.quotation_ends();
        self.find_moved();
        self.walk();
        let found = self.found();
        self.layout();
        let (head, head_different) = self.compare_head();
        self.finish(found, head, head_different)
    }

    fn markings(&self) -> Vec<MarkingChange> {
        let mut out = Vec::new();
        // The registered word with which each block begins.
        let mut first_of: HashMap<u32, usize> = HashMap::new();
        for (j, i) in self.of_c.iter().enumerate() {
            if let Some(i) = i {
                first_of.entry(self.c[j].home).or_insert(*i);
            }
        }
        for (p, paragraph) in self.text.paragraphs.iter().enumerate() {
            let Some(registered) = &paragraph.marking else {
                continue;
            };
            let place = paragraph.place.clone();
            if let (Place::Head(name), Some(head)) = (&place, &self.copy.head) {
                if let Some(text) = head.iter().find(|t| t.name == *name)
                    && differs(registered, text.marking.as_ref())
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
            if self.spans[p].is_empty() {
                continue;
            }
            let start = self.of_r[self.spans[p].start].or(self.findings[p].start);
            let Some(j) = start else { continue };
            let block = self.c[j].home;
            let own = first_of
                .get(&block)
                .is_none_or(|i| self.r[*i].home as usize == p);
            let copy = match &self.findings[p].marking {
                Some(marking) => Some(marking.clone()),
                None if own => self.copy.blocks[block as usize].marking.clone(),
                None => None,
            };
            if differs(registered, copy.as_ref()) {
                out.push(MarkingChange {
                    place,
                    registered: registered.clone(),
                    copy,
                });
            }
        }
        self.markings_within(&first_of, &mut out);
        out
    }

    /// Markings before later blocks of a paragraph that the copy divides: of each block that begins within one.
    fn markings_within(&self, first_of: &HashMap<u32, usize>, out: &mut Vec<MarkingChange>) {
        let mut blocks: Vec<(u32, usize)> = first_of.iter().map(|(b, i)| (*b, *i)).collect();
        blocks.sort_unstable();
        for (block, i) in blocks {
            let p = self.r[i].home as usize;
            let paragraph = &self.text.paragraphs[p];
            let start = self.of_r[self.spans[p].start].or(self.findings[p].start);
            if start.is_some_and(|j| self.c[j].home == block) {
                continue;
            }
            let (Some(registered), Some(copy)) = (
                &paragraph.marking,
                &self.copy.blocks[block as usize].marking,
            ) else {
                continue;
            };
            // What looks like a marking may be the text's own: `(C)` of an enumeration, where an excerpt begins.
            let before = self.r[self.spans[p].start..i].last();
            let own = before.is_some_and(|token| token.raw == format!("({copy})"));
            if !own && differs(registered, Some(copy)) {
                out.push(MarkingChange {
                    place: paragraph.place.clone(),
                    registered: registered.clone(),
                    copy: Some(copy.clone()),
                });
            }
        }
    }

    fn finish(mut self, found: bool, head: Vec<ParagraphVerdict>, head_different: u64) -> Judged {
        let markings = self.markings();
        let mut paragraphs = head;
        let wrong = |p: &ParagraphVerdict| {
            matches!(
                p.verdict,
                ParagraphState::Altered { .. } | ParagraphState::Missing
            )
        };
        let mut beside = paragraphs.iter().any(wrong);
        let mut altered = false;
        let (mut missing, mut hidden, mut different) = (0, 0, self.different + head_different);
        let mut slips = self.slips;
        let (mut partial, mut moved) = (false, 0);
        let truncated = self.truncated();
        let mut letter_case = false;
        for paragraph in paragraphs.iter_mut().filter(|_| self.capitals) {
            letter_case |= self.head_in_case(paragraph);
        }
        for (p, paragraph) in self.text.paragraphs.iter().enumerate() {
            hidden += hidden_words(paragraph);
            let case = self.case_of(p);
            letter_case |= case.is_some();
            let span = self.spans[p].clone();
            if span.is_empty() {
                continue;
            }
            let found = &mut self.findings[p];
            let words = |range: std::ops::Range<usize>| count(&self.r[range]);
            let all_hidden = self.r[span.clone()].iter().all(|t| t.hidden > 0);
            different += found.different;
            slips += found.slips;
            let (from, to) = (span.start + found.cut_head, span.end - found.cut_tail);
            let cut = found.cut_head + found.cut_tail > 0;
            if cut && !found.moved && found.matched > 0 {
                missing += words(span.start..from) + words(to..span.end);
                partial = true;
            }
            let verdict = if found.moved {
                beside = true;
                different += words(span.clone());
                moved += words(span);
                ParagraphState::Moved {
                    changes: std::mem::take(&mut found.changes),
                }
            } else if all_hidden {
                ParagraphState::Hidden { words: words(span) }
            } else if found.matched == 0 {
                partial = true;
                missing += words(span);
                ParagraphState::Missing
            } else if let Some(case) = case.filter(|_| found.changes.is_empty()) {
                ParagraphState::Altered {
                    changes: vec![case],
                }
            } else if !found.changes.is_empty() {
                altered |= found.is_altered();
                found.state()
            } else if cut {
                part_of(&self.r[span.clone()], from - span.start, to - span.start)
            } else if self.r[span.clone()].iter().any(|t| t.hidden > 0) {
                let hidden = self.r[span].iter().map(|t| t.hidden).sum();
                ParagraphState::Hidden { words: hidden }
            } else if found.rules.is_empty() {
                ParagraphState::Identical
            } else {
                ParagraphState::LayoutOnly {
                    rules: found.rules.to_vec(),
                }
            };
            let found = &mut self.findings[p];
            self.rules = self.rules.union(found.rules);
            paragraphs.push(ParagraphVerdict {
                place: paragraph.place.clone(),
                verdict,
                division: found.division.take(),
            });
        }
        for paragraph in &paragraphs {
            if let ParagraphState::LayoutOnly { rules } = &paragraph.verdict {
                rules.iter().for_each(|rule| self.rules.add(*rule));
            }
        }
        let named = self.inserted.iter().any(|i| !i.names.is_empty());
        altered |= self.inserted.iter().any(|i| i.names.is_empty());
        beside |= markings.iter().any(|m| m.copy.is_some());
        different += markings.iter().filter(|m| m.copy.is_some()).count() as u64;
        let whole_hidden = paragraphs
            .iter()
            .any(|p| matches!(p.verdict, ParagraphState::Hidden { .. }));
        let overall = if !found {
            Overall::NotFound
        } else if altered || beside || letter_case {
            Overall::Altered
        } else if self.not_compared > 0 {
            Overall::NotComparable
        } else if !self.quote && gaps(&paragraphs) {
            Overall::Incomplete
        } else if named {
            Overall::NamesAdded
        } else if slips > 0 {
            Overall::Slips
        } else if partial || whole_hidden {
            Overall::Excerpt
        } else if self.rules.is_empty() && markings.is_empty() {
            Overall::Identical
        } else {
            Overall::LayoutOnly
        };
        let version = self.text.version;
        let blocks = self.blocks();
        Judged {
            overall,
            distance: Distance {
                version,
                different,
                moved,
                missing,
                slips,
                hidden,
                found,
            },
            truncated: truncated.filter(|_| found && !gaps(&paragraphs)),
            paragraphs,
            inserted: self.inserted,
            markings,
            rules: self.rules,
            dropped: self.dropped.into_iter().map(|(_, text)| text).collect(),
            not_compared: self.not_compared,
            hidden,
            letter_case,
            blocks,
            unlike: self.unlike,
            beside,
        }
    }

    /// Where one long piece of the version begins and ends.
    fn truncated(&self) -> Option<Truncated> {
        let here = |p: &usize| !self.spans[*p].is_empty() && self.findings[*p].matched > 0;
        let present: Vec<usize> = (0..self.spans.len()).filter(here).collect();
        let (first, last) = (*present.first()?, *present.last()?);
        let body: Vec<usize> = (0..self.spans.len())
            .filter(|p| !self.spans[*p].is_empty())
            .collect();
        let edge = |p: usize, word: u64| {
            let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
            Edge {
                place: self.text.paragraphs[p].place.clone(),
                word: number(word),
                of: number(count(&self.r[self.spans[p].clone()])),
            }
        };
        let (head, tail) = (self.findings[first].cut_head, self.findings[last].cut_tail);
        let (start, end) = (self.spans[first].clone(), self.spans[last].clone());
        let begins = (body.first() != Some(&first) || head > 0)
            .then(|| edge(first, count(&self.r[start.start..start.start + head]) + 1));
        let ends = (body.last() != Some(&last) || tail > 0)
            .then(|| edge(last, count(&self.r[end.start..end.end - tail])));
        let one_edge = begins.is_none() != ends.is_none() && present.len() >= 3;
        let most = !self.quote && (begins.is_some() || ends.is_some());
        (one_edge || most).then_some(Truncated { begins, ends })
    }
}

/// Whether a paragraph is missing between two that the copy has.
fn gaps(paragraphs: &[ParagraphVerdict]) -> bool {
    let body: Vec<bool> = paragraphs
        .iter()
        .filter(|p| matches!(p.place, Place::Paragraph(_)))
        .map(|p| matches!(p.verdict, ParagraphState::Missing))
        .collect();
    let first = body.iter().position(|missing| !missing);
    let last = body.iter().rposition(|missing| !missing);
    match (first, last) {
        (Some(first), Some(last)) => body[first..=last].iter().any(|missing| *missing),
        _ => false,
    }
}

/// Whether a copy's marking says something else. A profile may let what is unmarked be `U`, so
/// that no marking and `U` say the same.
fn differs(registered: &str, copy: Option<&String>) -> bool {
    copy.map_or(registered != UNMARKED, |copy| copy != registered)
}
