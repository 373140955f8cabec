//! A verdict in lines: as a screen of text, labelled rows, wrapped; or as what a page lays out itself.

use super::{MAX_COLUMNS, MAX_LINES, list, shorten};
use crate::copy::{Because, Change, Comparison, Doubt, ParagraphState, Place, Source};

/// Where the text of a row begins.
const INDENT: usize = 14;

/// The most lines of one row.
const MAX_ROW: usize = 3;

/// How a line ends that has counted what it does not say: what the program has for it, a page has below.
pub(super) const IN_JSON: &str = ": --json has all";

/// The label of the rows that tell how the copy differs.
pub(super) const COPY: &str = "Copy";

/// A verdict's line.
enum Line {
    Text(String),
    Blank,
    /// Of a label that is empty, the text belongs to the row before.
    Row(&'static str, String),
}

/// What stands together in a verdict: lines, then what is said of each of some things.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Whole sentences.
    pub lines: Vec<String>,
    /// Labelled.
    pub facts: Vec<Fact>,
}

/// What is said of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Which.
    pub label: &'static str,
    /// What is said, in order; at least one.
    pub texts: Vec<String>,
}

/// A verdict that is being written.
pub(crate) struct Page {
    headline: String,
    lines: Vec<Line>,
}

impl Page {
    pub(crate) fn new(headline: &str) -> Self {
        Self {
            headline: headline.to_owned(),
            lines: Vec::new(),
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.lines.push(Line::Text(text.to_owned()));
    }

    pub(crate) fn blank(&mut self) {
        self.lines.push(Line::Blank);
    }

    pub(crate) fn row(&mut self, label: &'static str, text: &str) {
        self.lines.push(Line::Row(label, text.to_owned()));
    }

    /// What it says below its headline, whole.
    pub(crate) fn sections(self) -> Vec<Section> {
        let mut sections = vec![Section::default()];
        for line in self.lines {
            let begun = { sections.last() }.is_some_and(|last| !last.facts.is_empty());
            if begun && !matches!(line, Line::Row(..)) {
                sections.push(Section::default());
            }
            let Some(last) = sections.last_mut() else {
                continue;
            };
            let said = |text: String| text.trim_end_matches(IN_JSON).to_owned();
            match (line, last.facts.last_mut()) {
                (Line::Blank, _) => {}
                (Line::Text(text), _) => last.lines.push(said(text)),
                (Line::Row("", text), Some(fact)) => fact.texts.push(said(text)),
                (Line::Row(label, text), _) => last.facts.push(Fact {
                    label,
                    texts: vec![said(text)],
                }),
            }
        }
        sections
    }

    /// In lines: of a row at most so many, of one that tells a difference at most `differences`.
    fn wrapped(&self, differences: usize) -> Vec<String> {
        let mut lines = wrap(&self.headline, MAX_COLUMNS, 2);
        let mut most = MAX_ROW;
        for line in &self.lines {
            match line {
                Line::Text(text) => lines.push(shorten(text, MAX_COLUMNS)),
                Line::Blank => lines.push(String::new()),
                Line::Row(label, text) => {
                    let mut label = *label;
                    if !label.is_empty() {
                        most = if label == COPY { differences } else { MAX_ROW };
                    }
                    for line in wrap(text, MAX_COLUMNS - INDENT, most) {
                        lines.push(format!("{label:INDENT$}{line}"));
                        label = "";
                    }
                }
            }
        }
        lines
    }

    /// A screen where that is enough: each difference is shortened to a line before it is longer, and none is left out.
    pub(crate) fn finish(self) -> String {
        let lines = self.wrapped(MAX_ROW);
        if lines.len() <= MAX_LINES {
            return joined(&lines);
        }
        joined(&self.wrapped(1))
    }

    /// As long as it is.
    pub(super) fn finish_long(self) -> String {
        joined(&self.wrapped(MAX_ROW))
    }
}

fn joined(lines: &[String]) -> String {
    let mut out = lines.join("\n");
    out.push('\n');
    out
}

/// Lines of at most `width` characters, at most `most` of them.
fn wrap(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let word = shorten(word, width);
        let line = lines.last_mut().expect("there is always one");
        let used = line.chars().count();
        if used == 0 {
            line.push_str(&word);
        } else if used + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = shorten(&format!("{last} ..."), width);
            if !last.ends_with("...") {
                last.push_str("...");
            }
        }
    }
    lines
}

/// Why a file may show something else than its text, in one line, with what is registered beside it.
#[must_use]
pub fn doubt_line(doubt: &Doubt) -> String {
    let mut line = String::new();
    if !doubt.place.is_empty() {
        line.push_str(&format!("{}: ", doubt.place));
    }
    line.push_str(&doubt.reason);
    if !doubt.text.is_empty() {
        line.push_str(&format!(": \"{}\"", shorten(&doubt.text, 48)));
    }
    if let Some(beside) = &doubt.beside {
        let text = shorten(&beside.text, 48);
        line.push_str(&format!("; registered, {}: \"{text}\"", beside.place));
    }
    line
}

/// One line for each thing that differs, the gravest first.
pub(super) fn difference_lines(copy: &Comparison) -> Vec<String> {
    let quote = |text: &str| format!("\"{}\"", shorten(text, 48));
    let mut lines = mixture(copy);
    let mut slips = Vec::new();
    for paragraph in &copy.paragraphs {
        let place = &paragraph.place;
        let changes: &[Change] = match &paragraph.verdict {
            ParagraphState::Altered { changes }
            | ParagraphState::Slips { changes }
            | ParagraphState::Moved { changes } => changes,
            _ => &[],
        };
        if matches!(paragraph.verdict, ParagraphState::Moved { .. }) {
            lines.push(format!("{place}: stands elsewhere in the copy"));
        }
        for change in changes.iter().filter(|c| c.because != Some(Because::Case)) {
            let (was, now) = (quote(&change.registered), quote(&change.copy));
            if !change.slips.is_empty() {
                slips.push(match (change.registered.as_str(), change.copy.as_str()) {
                    (_, "") => format!("{place}, a slip: {was} is lost"),
                    ("", _) => format!("{place}, a slip: {now} is put in"),
                    _ => format!("{place}, a slip: {now} for {was}"),
                });
                continue;
            }
            let mut line = match (change.registered.as_str(), change.copy.as_str()) {
                (_, "") => format!("{place}: the copy leaves out {was}"),
                ("", _) => format!("{place}: the copy puts in {now}"),
                _ => format!("{place}: {was} became {now}"),
            };
            if let Some(because) = change.because {
                line.push_str(&format!(" ({})", because.describe()));
            }
            lines.push(line);
        }
        if let ParagraphState::Part {
            from,
            to,
            of,
            before,
            after,
        } = &paragraph.verdict
        {
            let mut line = format!("{place}: words {from} to {to} of {of}");
            if !before.is_empty() {
                line.push_str(&format!("; before it stands {}", quote(before)));
            }
            if !after.is_empty() {
                line.push_str(&format!("; after it {}", quote(after)));
            }
            lines.push(line);
        }
    }
    for inserted in &copy.inserted {
        let after = inserted
            .after
            .as_ref()
            .map_or("at the beginning".to_owned(), |p| format!("after {p}"));
        if !inserted.names.is_empty() {
            lines.push(format!(
                "{after} what may be {} was added: {}",
                if inserted.names.len() == 1 {
                    "a name"
                } else {
                    "names"
                },
                quote(&inserted.names.join(", "))
            ));
            continue;
        }
        lines.push(format!(
            "{after} the copy has text that is not registered: {}",
            quote(&inserted.text)
        ));
    }
    for marking in &copy.markings {
        if let Some(now) = &marking.copy {
            lines.push(format!(
                "{}: marked ({}), the copy says ({now})",
                marking.place, marking.registered
            ));
        }
    }
    let of = |is: &dyn Fn(&ParagraphState) -> bool| -> Vec<String> {
        let those = copy.paragraphs.iter().filter(|p| is(&p.verdict));
        those
            .map(|p| p.place.to_string().replace("paragraph ", ""))
            .collect()
    };
    if copy.letter_case {
        lines
            .push("letter case differs throughout; these words are compared without it".to_owned());
    }
    lines.append(&mut slips);
    let missing = of(&|p| matches!(p, ParagraphState::Missing));
    if !missing.is_empty() {
        let s = if missing.len() == 1 { "" } else { "s" };
        lines.push(format!(
            "the copy does not have paragraph{s} {}",
            shorten(&missing.join(", "), 40)
        ));
    }
    let hidden = of(&|p| matches!(p, ParagraphState::Hidden { .. }));
    if !hidden.is_empty() {
        lines.push(format!(
            "hidden in the bundle: {}",
            shorten(&hidden.join(", "), 60)
        ));
    }
    let stripped = copy.markings.iter().filter(|m| m.copy.is_none()).count();
    if stripped > 0 {
        let s = if stripped == 1 { "" } else { "s" };
        lines.push(format!("the copy leaves out {stripped} marking{s}"));
    }
    let plain = |place: &Place| place.to_string().replace("paragraph ", "");
    let divided: Vec<String> = { copy.paragraphs.iter() }
        .filter_map(|p| Some((&p.place, p.division.as_ref()?)))
        .map(|(place, division)| {
            let mut how: Vec<String> = Vec::new();
            if division.blocks > 1 {
                how.push(format!("split into {}", division.blocks));
            }
            if !division.joined.is_empty() {
                let with: Vec<String> = division.joined.iter().map(plain).collect();
                how.push(format!("joined with {}", list(&with)));
            }
            format!("{} {}", plain(place), how.join(", "))
        })
        .collect();
    if !divided.is_empty() {
        let divided = shorten(&divided.join("; "), 60);
        lines.push(format!("divided otherwise: {divided}"));
    }
    lines
}

/// Of which version the paragraphs are: those of one version, one after another, together.
fn mixture(copy: &Comparison) -> Vec<String> {
    let piece = |group: &[Source]| {
        let versions: Vec<String> = group[0].versions.iter().map(u32::to_string).collect();
        let places = match group {
            [first, .., last] => format!(
                "{} to {}",
                first.place,
                last.place.to_string().replace("paragraph ", "")
            ),
            some => some.iter().map(|s| s.place.to_string()).collect(),
        };
        match &versions[..] {
            [] => format!("{places}: of no version"),
            [one] => format!("{places}: of version {one}"),
            some => format!("{places}: of versions {}", list(some)),
        }
    };
    let same = |a: &Source, b: &Source| a.versions == b.versions;
    copy.mixture.chunk_by(same).map(piece).collect()
}
