//! A copy beside the registered text, paragraph by paragraph, with what differs marked: for pages and reports.

use crate::copy::{Change, Comparison, Inserted, Paragraph, ParagraphState, Place, Run, Text};

/// One paragraph of the registered version, or one that the copy put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Where it stands; `None` for what the copy put in.
    pub place: Option<Place>,
    /// What became of it.
    pub mark: Mark,
    /// Its words in order.
    pub pieces: Vec<Piece>,
}

/// What became of a paragraph, in a letter and a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Mark {
    /// Word for word.
    Identical,
    /// Word for word but for layout.
    Layout,
    /// A part of it, word for word.
    Part,
    /// Word for word but for slips of retyping.
    Retyped,
    /// Words differ.
    Altered,
    /// At another place.
    Moved,
    /// Not in the copy.
    Missing,
    /// Hidden by the bundle.
    Hidden,
    /// Put in by the copy.
    New,
    /// Names that the copy put after the text.
    Names,
}

impl Mark {
    /// All of them, in the order of a legend.
    pub const ALL: [Self; 10] = [
        Self::Identical,
        Self::Layout,
        Self::Part,
        Self::Retyped,
        Self::Altered,
        Self::Moved,
        Self::Missing,
        Self::New,
        Self::Names,
        Self::Hidden,
    ];

    /// One capital letter, for where there is no room for a word; each has another.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Identical => 'I',
            Self::Layout => 'L',
            Self::Part => 'P',
            Self::Retyped => 'R',
            Self::Altered => 'A',
            Self::Moved => 'M',
            Self::Missing => 'X',
            Self::Hidden => 'H',
            Self::New => 'N',
            Self::Names => 'S',
        }
    }

    /// For people.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Layout => "identical but for layout",
            Self::Part => "a part of it",
            Self::Retyped => "slips of retyping",
            Self::Altered => "altered",
            Self::Moved => "moved",
            Self::Missing => "not in the copy",
            Self::Hidden => "hidden in the bundle",
            Self::New => "not in the registered text",
            Self::Names => "what may be names, which no registered text has",
        }
    }

    /// Whether the copy says here what is registered, as far as it goes.
    #[must_use]
    pub const fn is_faithful(self) -> bool {
        matches!(self, Self::Identical | Self::Layout | Self::Part)
    }
}

/// Words of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// In both.
    Same(String),
    /// Registered, and not in the copy, which has only a part of the paragraph.
    Absent(String),
    /// So many words that the bundle hides.
    Hidden(u64),
    /// What is registered and what the copy has in its place; either may be empty.
    Change {
        /// The registered words.
        registered: String,
        /// The copy's.
        copy: String,
        /// Whether it is a slip of retyping by a rule, and no change of wording.
        slip: bool,
    },
    /// A difference whose place in the paragraph can't be shown: the same as a change.
    Elsewhere {
        /// The registered words.
        registered: String,
        /// The copy's.
        copy: String,
    },
}

/// The paragraphs of `text`, the version that `comparison` is nearest to, with what the copy made of each, and what it put in where it did.
#[must_use]
pub fn marked(comparison: &Comparison, text: &Text) -> Vec<Marked> {
    let mut out = Vec::new();
    let put_in = |after: Option<&Place>, out: &mut Vec<Marked>| {
        let here = comparison
            .inserted
            .iter()
            .filter(|i| i.after.as_ref() == after);
        out.extend(here.map(of_inserted));
    };
    put_in(None, &mut out);
    for verdict in &comparison.paragraphs {
        let registered = text.paragraphs.iter().find(|p| p.place == verdict.place);
        out.push(of_paragraph(&verdict.place, &verdict.verdict, registered));
        put_in(Some(&verdict.place), &mut out);
    }
    out
}

fn of_inserted(inserted: &Inserted) -> Marked {
    let names = !inserted.names.is_empty();
    let copy = if names {
        inserted.names.join("; ")
    } else {
        inserted.text.clone()
    };
    Marked {
        place: None,
        mark: if names { Mark::Names } else { Mark::New },
        pieces: vec![Piece::Change {
            registered: String::new(),
            copy,
            slip: false,
        }],
    }
}

fn of_paragraph(place: &Place, state: &ParagraphState, registered: Option<&Paragraph>) -> Marked {
    let words = registered.map(Words::of).unwrap_or_default();
    let (mark, pieces) = match state {
        ParagraphState::Identical => (Mark::Identical, words.all(Piece::Same)),
        ParagraphState::LayoutOnly { .. } => (Mark::Layout, words.all(Piece::Same)),
        ParagraphState::Part { from, to, .. } => (Mark::Part, words.part(*from, *to)),
        ParagraphState::Slips { changes } => (Mark::Retyped, words.changed(changes)),
        ParagraphState::Altered { changes } => (Mark::Altered, words.changed(changes)),
        ParagraphState::Moved { changes } => (Mark::Moved, words.changed(changes)),
        ParagraphState::Missing => (Mark::Missing, words.all(Piece::Absent)),
        ParagraphState::Hidden { words: hidden } if words.0.is_empty() => {
            (Mark::Hidden, vec![Piece::Hidden(*hidden)])
        }
        ParagraphState::Hidden { .. } => (Mark::Hidden, words.all(Piece::Same)),
    };
    Marked {
        place: Some(place.clone()),
        mark,
        pieces,
    }
}

/// A paragraph's words; what is hidden stands in its place.
#[derive(Default)]
struct Words<'t>(Vec<Word<'t>>);

#[derive(Clone, Copy)]
enum Word<'t> {
    Shown(&'t str),
    Hidden(u64),
}

impl<'t> Words<'t> {
    fn of(paragraph: &'t Paragraph) -> Self {
        let mut words = Vec::new();
        for run in &paragraph.runs {
            match run {
                Run::Shown(shown) => words.extend(shown.iter().map(|w| Word::Shown(w))),
                Run::Hidden(n) => words.push(Word::Hidden(*n)),
            }
        }
        Self(words)
    }

    fn all(&self, piece: fn(String) -> Piece) -> Vec<Piece> {
        pieces(&self.0, piece)
    }

    /// The words `from` to `to`, from 1, are the copy's.
    fn part(&self, from: u32, to: u32) -> Vec<Piece> {
        let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX).min(self.0.len());
        let (from, to) = (at(from.saturating_sub(1)), at(to));
        let mut out = pieces(&self.0[..from.min(to)], Piece::Absent);
        out.extend(pieces(&self.0[from.min(to)..to], Piece::Same));
        out.extend(pieces(&self.0[to..], Piece::Absent));
        out
    }

    fn changed(&self, changes: &[Change]) -> Vec<Piece> {
        let (mut out, mut at) = (Vec::new(), 0);
        for change in changes {
            let Some(place) = self.place(change, at) else {
                out.push(Piece::Elsewhere {
                    registered: change.registered.clone(),
                    copy: change.copy.clone(),
                });
                continue;
            };
            out.extend(pieces(&self.0[at..place.start], Piece::Same));
            out.push(Piece::Change {
                registered: change.registered.clone(),
                copy: change.copy.clone(),
                slip: !change.slips.is_empty(),
            });
            at = place.end;
        }
        out.extend(pieces(&self.0[at..], Piece::Same));
        out
    }

    /// Where a change's registered words stand, not before `from`: at the word that it names, where they are the same.
    fn place(&self, change: &Change, from: usize) -> Option<std::ops::Range<usize>> {
        let wanted: Vec<&str> = change.registered.split_whitespace().collect();
        let named = usize::try_from(change.word).ok()?.checked_sub(1)?;
        let start = self.index(named)?;
        let end = start.checked_add(wanted.len())?;
        let here = self.0.get(start..end)?;
        let same = here.iter().zip(&wanted).all(|(word, wanted)| match word {
            Word::Shown(word) => word == wanted,
            Word::Hidden(_) => false,
        });
        (start >= from && same).then_some(start..end)
    }

    /// Where the shown word of that number, from 0, stands; one after the last may be named.
    fn index(&self, number: usize) -> Option<usize> {
        let shown = self.0.iter().enumerate();
        let mut shown = shown.filter(|(_, word)| matches!(word, Word::Shown(_)));
        match shown.nth(number) {
            Some((at, _)) => Some(at),
            None => {
                let count = self
                    .0
                    .iter()
                    .filter(|w| matches!(w, Word::Shown(_)))
                    .count();
                (count == number).then_some(self.0.len())
            }
        }
    }
}

fn pieces(words: &[Word<'_>], piece: fn(String) -> Piece) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut shown: Vec<&str> = Vec::new();
    for word in words {
        match word {
            Word::Shown(word) => shown.push(word),
            Word::Hidden(n) => {
                if !shown.is_empty() {
                    out.push(piece(shown.join(" ")));
                    shown.clear();
                }
                out.push(Piece::Hidden(*n));
            }
        }
    }
    if !shown.is_empty() {
        out.push(piece(shown.join(" ")));
    }
    out
}
