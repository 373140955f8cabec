//! What a story says, in both readings of its tracked changes.

use std::ops::Range;

use crate::docx::list::Counts;

/// The readings of [`Writer`].
pub(super) const ACCEPTED: usize = 0;
pub(super) const BEFORE: usize = 1;

/// Whether a text was put in or taken out with changes tracked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Track {
    No,
    Inserted,
    Deleted,
    /// Put in and taken out again: in neither reading.
    Both,
}

impl Track {
    pub(super) const fn shown(self, reading: usize) -> bool {
        !matches!(
            (self, reading),
            (Self::Inserted, BEFORE) | (Self::Deleted, ACCEPTED) | (Self::Both, _)
        )
    }

    /// A change within another.
    pub(super) const fn and(self, inner: Self) -> Self {
        match (self, inner) {
            (Self::No, other) | (other, Self::No) => other,
            (Self::Inserted, Self::Inserted) => Self::Inserted,
            (Self::Deleted, Self::Deleted) => Self::Deleted,
            _ => Self::Both,
        }
    }
}

/// The text in both readings.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) out: [String; 2],
    pub(super) line: [String; 2],
    /// Whether the last paragraph was a list's item.
    item: [bool; 2],
    pub(super) counts: [Counts; 2],
    tracked: bool,
    /// Where in each text block quotations stand.
    pub(super) quoted: [Vec<Range<usize>>; 2],
}

impl Writer {
    /// One that goes on counting lists.
    pub(super) fn counting(counts: &[Counts; 2]) -> Self {
        Self {
            counts: counts.clone(),
            ..Self::default()
        }
    }

    pub(super) const fn tracked(&self) -> bool {
        self.tracked
    }

    pub(super) fn texts(&self) -> [String; 2] {
        self.out.clone()
    }

    pub(super) fn append(&mut self, other: Self) {
        self.tracked |= other.tracked;
        let quoted = self.quoted.iter_mut().zip(other.quoted);
        for ((out, more), (quoted, others)) in self.out.iter_mut().zip(other.out).zip(quoted) {
            if !out.is_empty() && !more.is_empty() {
                out.push_str("\n\n");
            }
            let at = out.len();
            quoted.extend(others.into_iter().map(|q| q.start + at..q.end + at));
            out.push_str(&more);
        }
        for (line, more) in self.line.iter_mut().zip(other.line) {
            line.push_str(&more);
        }
    }

    pub(super) fn put(&mut self, text: &str, track: Track) {
        self.tracked |= track != Track::No;
        for (reading, line) in self.line.iter_mut().enumerate() {
            if track.shown(reading) {
                line.push_str(text);
            }
        }
    }

    /// Ends a paragraph whose mark was tracked so, perhaps one of a block quotation; what has lost its mark goes on in the next.
    pub(super) fn end(&mut self, mark: Track, signs: [Option<String>; 2], quotes: bool) {
        self.tracked |= mark != Track::No;
        for (reading, sign) in signs.into_iter().enumerate() {
            if !mark.shown(reading) {
                continue;
            }
            let line = std::mem::take(&mut self.line[reading]);
            let line = line.trim();
            let item = sign.is_some();
            if line.is_empty() && !item {
                continue;
            }
            let out = &mut self.out[reading];
            if !out.is_empty() {
                out.push_str(if item && self.item[reading] {
                    "\n"
                } else {
                    "\n\n"
                });
            }
            // A sign may stand alone.
            let line = format!("{}{line}", sign.unwrap_or_default());
            let from = out.len();
            out.push_str(line.trim());
            if quotes {
                self.quoted[reading].push(from..out.len());
            }
            self.item[reading] = item;
        }
    }
}
