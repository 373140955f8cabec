//! The verdict on each paragraph of one version, and the choice among versions.

mod head;
mod pairs;
mod walk;
mod words;

use std::collections::{HashMap, HashSet};

use self::{
    pairs::slide,
    words::{hidden_words, part_of},
};
use crate::copy::{
    Change, Comparison, Distance, Inserted, MarkingChange, Overall, ParagraphState,
    ParagraphVerdict, Place, Run, Text, fold::Rules, registered::Paragraph, source::CopyText,
    token::Token,
};

/// The lowest marking of both schemes.
const UNMARKED: &str = "U";

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
    /// How wholly hidden paragraphs read in a text made from the bundle.
    hidden_notes: HashSet<String>,
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
            hidden_notes: text
                .paragraphs
                .iter()
                .filter(|p| p.runs.iter().all(|run| matches!(run, Run::Hidden(_))))
                .map(Paragraph::to_text)
                .collect(),
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
            if differs(registered, copy.as_ref()) {
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

/// Whether a copy's marking says something else. A profile may let what is unmarked be `U`, so
/// that no marking and `U` say the same.
fn differs(registered: &str, copy: Option<&String>) -> bool {
    copy.map_or(registered != UNMARKED, |copy| copy != registered)
}
