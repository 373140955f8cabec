//! Verdicts beside what was done.

use std::{collections::BTreeMap, fmt};

use demur_check::copy::{
    Change as Difference, Comparison, CopyText, Doubt, Overall, ParagraphState, Place, compare,
};
use demur_extract::{Hint, extract};

use crate::{Case, Change, Changed, Form, Label, Registered};

/// The verdicts, in the order of the table.
pub const VERDICTS: [Overall; 10] = [
    Overall::Identical,
    Overall::LayoutOnly,
    Overall::Excerpt,
    Overall::Slips,
    Overall::Incomplete,
    Overall::NamesAdded,
    Overall::Mixed,
    Overall::Altered,
    Overall::NotComparable,
    Overall::NotFound,
];

/// What came of one case.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What was done to the copy.
    pub label: Label,
    /// The verdict.
    pub comparison: Comparison,
    /// Whether the single change is named as a change of wording, at its place.
    pub named: Option<bool>,
}

/// Holds the copy against both versions.
#[must_use]
pub fn judge(case: &Case, registered: &Registered) -> Option<Outcome> {
    let (text, doubts) = match &case.file {
        None => (case.copy.clone(), Vec::new()),
        Some((name, bytes)) => {
            let mut file = extract(bytes, Hint::name(name)).ok()?;
            let doubt = |d: &demur_extract::Doubt| Doubt {
                reason: d.kind.describe().to_owned(),
                place: d.place.clone(),
                text: d.text.clone(),
                beside: None,
            };
            let doubts = file.doubts.iter().map(doubt).collect();
            // An exact copy is read in one way.
            (
                file.readings
                    .pop()
                    .filter(|_| file.readings.is_empty())?
                    .text,
                doubts,
            )
        }
    };
    let copy = CopyText::parse(text.as_bytes()).ok()?;
    let versions = &registered.versions;
    let comparison = compare(&copy, versions, &[]).doubted(doubts, &copy, versions);
    let named = { case.change.as_ref() }.map(|changed| names(&comparison, changed));
    Some(Outcome {
        label: case.label,
        comparison,
        named,
    })
}

/// Whether a change of wording is told at this word of this paragraph.
fn names(comparison: &Comparison, changed: &Changed) -> bool {
    let word = changed.word;
    let covers = |change: &Difference| {
        let words = change.registered.split_whitespace().count() as u32;
        // What was put in stands before this word, or after the one before.
        let reach = u32::from(changed.was.is_empty());
        change.slips.is_empty() && change.word <= word && word < change.word + words.max(1) + reach
    };
    comparison.paragraphs.iter().any(|p| {
        p.place == Place::Paragraph(changed.paragraph)
            && match &p.verdict {
                ParagraphState::Altered { changes } | ParagraphState::Moved { changes } => {
                    changes.iter().any(covers)
                }
                _ => false,
            }
    })
}

impl Outcome {
    /// Whether the verdict is one that this case may have.
    #[must_use]
    pub fn is_right(&self) -> bool {
        let newest = self.comparison.nearest == Some(2);
        let overall = self.comparison.overall;
        match self.label {
            Label::Exact(Form::Text | Form::Markdown) => overall == Overall::Identical && newest,
            // A program that keeps a text in a file breaks its lines elsewhere, at least.
            Label::Exact(_) | Label::Layout => {
                matches!(overall, Overall::LayoutOnly | Overall::Identical) && newest
            }
            // An error that hits a number or a "not", or makes another word, must be told as a change.
            Label::Ocr(_) => matches!(overall, Overall::Slips | Overall::Altered) && newest,
            Label::Changed(..) => overall == Overall::Altered && self.named == Some(true),
            Label::Sentence | Label::ExcerptChanged => overall == Overall::Altered,
            Label::Moved => overall == Overall::Altered,
            Label::Mixed => overall == Overall::Mixed,
            Label::Excerpt(_) => overall == Overall::Excerpt,
            Label::Unrelated => overall == Overall::NotFound,
        }
    }

    /// Whether an altered copy is said to be the same: it never may be.
    #[must_use]
    pub fn is_false_same(&self) -> bool {
        let altered = !matches!(
            self.label,
            Label::Exact(_) | Label::Layout | Label::Excerpt(_)
        );
        let same = matches!(
            self.comparison.overall,
            Overall::Identical | Overall::LayoutOnly | Overall::Excerpt
        );
        altered && same
    }

    /// Words that are told as changed.
    #[must_use]
    pub fn different(&self) -> u64 {
        let nearest = self.comparison.nearest;
        { self.comparison.distances.iter() }
            .find(|d| Some(d.version) == nearest)
            .map_or(0, |d| d.different)
    }
}

/// One row of the matrix.
#[derive(Debug, Default)]
pub struct Row {
    /// How many cases.
    pub cases: usize,
    /// How many have each verdict.
    pub verdicts: [usize; VERDICTS.len()],
    /// How many are right.
    pub right: usize,
    /// How many single changes are named.
    pub named: usize,
    /// How many are nearest to the version that the copy was made from.
    pub newest: usize,
    /// Words of the copies, words told as changed, slips told.
    pub words: u64,
    /// See `words`.
    pub different: u64,
    /// See `words`.
    pub slips: u64,
}

/// The confusion matrix.
#[derive(Debug, Default)]
pub struct Matrix {
    /// A row for each label.
    pub rows: BTreeMap<Label, Row>,
    /// Altered copies that were said to be the same.
    pub false_same: usize,
}

impl Matrix {
    /// Counts an outcome.
    pub fn add(&mut self, outcome: &Outcome) {
        let row = self.rows.entry(outcome.label).or_default();
        row.cases += 1;
        let at = { VERDICTS.iter() }.position(|v| *v == outcome.comparison.overall);
        if let Some(at) = at {
            row.verdicts[at] += 1;
        }
        row.right += usize::from(outcome.is_right());
        row.named += usize::from(outcome.named == Some(true));
        row.newest += usize::from(outcome.comparison.nearest == Some(2));
        row.words += outcome.comparison.words;
        row.different += outcome.different();
        row.slips += outcome.comparison.slips;
        self.false_same += usize::from(outcome.is_false_same());
    }

    /// Of the single changes under this noise, how many are named: named, all.
    #[must_use]
    pub fn named(&self, rate: u32) -> (usize, usize) {
        let rows = { self.rows.iter() }
            .filter(|(label, _)| matches!(label, Label::Changed(_, r) if *r == rate));
        rows.fold((0, 0), |(named, all), (_, row)| {
            (named + row.named, all + row.cases)
        })
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |rate: u32| format!("{}.{} %", rate / 10, rate % 10);
        match self {
            Self::Exact(Form::Text) => f.write_str("exact, txt"),
            Self::Exact(Form::Markdown) => f.write_str("exact, md"),
            Self::Exact(Form::Html) => f.write_str("exact, html"),
            Self::Exact(Form::Mail) => f.write_str("exact, eml"),
            Self::Exact(Form::Docx) => f.write_str("exact, docx"),
            Self::Exact(Form::Pdf) => f.write_str("exact, pdf"),
            Self::Layout => f.write_str("layout noise"),
            Self::Ocr(r) => write!(f, "OCR noise {}", rate(*r)),
            Self::Changed(change, 0) => write!(f, "{change}"),
            Self::Changed(change, r) => write!(f, "{change}, OCR {}", rate(*r)),
            Self::Sentence => f.write_str("sentence removed"),
            Self::Moved => f.write_str("paragraph moved"),
            Self::Mixed => f.write_str("two versions mixed"),
            Self::Excerpt(1) => f.write_str("excerpt, 1 sentence"),
            Self::Excerpt(n) => write!(f, "excerpt, {n} sentences"),
            Self::ExcerptChanged => f.write_str("excerpt, word changed"),
            Self::Unrelated => f.write_str("unrelated"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Word => "word changed",
            Self::NearWord => "word changed to a like one",
            Self::Not => "\"not\" in or out",
            Self::Number => "number changed",
            Self::Name => "name changed",
        })
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| what was done | cases | identical | layout only | excerpt | slips | incomplete | names added | mixed | altered | not comparable | not found | change named | slips per 1,000 words | words called changed per 1,000 |"
        )?;
        writeln!(
            f,
            "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
        )?;
        for (label, row) in &self.rows {
            let counts: Vec<String> = { row.verdicts.iter() }
                .map(|n| {
                    if *n == 0 {
                        String::new()
                    } else {
                        n.to_string()
                    }
                })
                .collect();
            let named = match label {
                Label::Changed(..) => format!("{}", row.named),
                _ => String::new(),
            };
            let per = |n: u64| format!("{:.1}", n as f64 * 1000.0 / row.words.max(1) as f64);
            writeln!(
                f,
                "| {label} | {} | {} | {named} | {} | {} |",
                row.cases,
                counts.join(" | "),
                per(row.slips),
                per(row.different),
            )?;
        }
        Ok(())
    }
}
