//! A screen of text: labelled rows, wrapped.

use super::{MAX_COLUMNS, MAX_LINES, shorten};
use crate::copy::{Comparison, ParagraphState};

/// Where the text of a row begins.
const INDENT: usize = 14;

/// The most lines of one row.
const MAX_ROW: usize = 3;

/// A screen that is being filled.
pub(super) struct Page {
    lines: Vec<String>,
}

impl Page {
    pub(super) fn new(headline: &str) -> Self {
        Self {
            lines: wrap(headline, MAX_COLUMNS, 2),
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.lines.push(shorten(text, MAX_COLUMNS));
    }

    pub(super) fn blank(&mut self) {
        self.lines.push(String::new());
    }

    pub(super) fn row(&mut self, label: &str, text: &str) {
        let mut label = label;
        for line in wrap(text, MAX_COLUMNS - INDENT, MAX_ROW) {
            self.lines.push(format!("{label:INDENT$}{line}"));
            label = "";
        }
    }

    /// At most a screen: what is over is cut in the middle, where the differences stand.
    pub(super) fn finish(mut self) -> String {
        while self.lines.len() > MAX_LINES {
            let middle = self
                .lines
                .iter()
                .rposition(|l| l.starts_with(' '))
                .unwrap_or(MAX_LINES / 2);
            self.lines.remove(middle);
        }
        let mut out = self.lines.join("\n");
        out.push('\n');
        out
    }
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

/// One line for each thing that differs, the gravest first.
pub(super) fn difference_lines(copy: &Comparison) -> Vec<String> {
    let quote = |text: &str| format!("\"{}\"", shorten(text, 48));
    let mut lines = Vec::new();
    for paragraph in &copy.paragraphs {
        let place = &paragraph.place;
        match &paragraph.verdict {
            ParagraphState::Altered { changes } => lines.extend(changes.iter().map(|c| {
                match (c.registered.as_str(), c.copy.as_str()) {
                    (was, "") => format!("{place}: the copy leaves out {}", quote(was)),
                    ("", now) => format!("{place}: the copy puts in {}", quote(now)),
                    (was, now) => format!("{place}: {} became {}", quote(was), quote(now)),
                }
            })),
            ParagraphState::Moved => lines.push(format!("{place}: stands elsewhere in the copy")),
            ParagraphState::Part {
                from,
                to,
                of,
                before,
                after,
            } => {
                let mut line = format!("{place}: words {from} to {to} of {of}");
                if !before.is_empty() {
                    line.push_str(&format!("; before it stands {}", quote(before)));
                }
                if !after.is_empty() {
                    line.push_str(&format!("; after it {}", quote(after)));
                }
                lines.push(line);
            }
            _ => {}
        }
    }
    for inserted in &copy.inserted {
        let after = inserted
            .after
            .as_ref()
            .map_or("at the beginning".to_owned(), |p| format!("after {p}"));
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
        lines.push(format!("the copy leaves out {stripped} markings"));
    }
    lines
}
