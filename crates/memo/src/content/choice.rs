//! The short list by which a person says what to show or hide: `2,4.1-4.3,3:14-20,title`.

use std::{fmt, ops::Range, str::FromStr};

use crate::clean;

use super::{Content, Label, PartName, SelectionError, sentence::sentences};

/// The longest list that is read, in bytes.
pub const MAX_CHOICE: usize = 64 << 10;

/// A list of places in a memo: whole parts, sentences, spans of words.
///
/// Items stand between commas: `all`, `head`, `body`; a text of the head by its label, `to`, `author` and
/// `point/1` for all of these; `2` or `2-5`, portions; `4.1` or `4.1-4.3`, sentences of portion 4; `3:14` or
/// `3:14-20`, words of portion 3. Labels take sentences and words as numbers do. Everything is counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice(Vec<Piece>);

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    All,
    Head,
    Body,
    To,
    Authors,
    Point(u32),
    Part(PartName),
    Portions { from: u32, to: u32 },
    Sentences { part: PartName, from: u32, to: u32 },
    Words { part: PartName, from: u32, to: u32 },
}

/// Why a list can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{item}\": {why}")]
pub struct ChoiceError {
    /// The item, as it stands there.
    pub item: String,
    /// What is wrong with it, and what to write.
    pub why: &'static str,
}

const EXPECTED: &str = "expected a portion (2 or 2-5), sentences (4.1 or 4.1-4.3), words (3:14 or 3:14-20), a text of the head (title, to/1, date, point/1/argument), head, body or all";
const ORDER: &str = "the range ends before it begins";
const ONE_PART: &str =
    "a range of sentences or words stays in one portion, for example 4.1-4.3 or 4:1-9";
const TOO_LONG: &str = "the list is too long";

impl FromStr for Choice {
    type Err = ChoiceError;

    fn from_str(list: &str) -> Result<Self, ChoiceError> {
        if list.len() > MAX_CHOICE {
            return Err(ChoiceError {
                item: list.chars().take(40).collect(),
                why: TOO_LONG,
            });
        }
        let item = |item: &str| {
            let item = item.trim();
            Piece::parse(item).map_err(|why| ChoiceError {
                item: item.to_owned(),
                why,
            })
        };
        list.split(',')
            .map(item)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Piece {
    fn parse(item: &str) -> Result<Self, &'static str> {
        if let Some((part, words)) = item.split_once(':') {
            let part = part_name(part).ok_or(EXPECTED)?;
            let (from, to) = words.split_once('-').unwrap_or((words, words));
            if to.contains([':', '.']) {
                return Err(ONE_PART);
            }
            let (from, to) = range(from, to)?;
            return Ok(Self::Words { part, from, to });
        }
        if let Some((from, to)) = item.split_once('-') {
            let sentences = from.contains('.') || to.contains('.');
            if !sentences {
                let (from, to) = range(from, to)?;
                return Ok(Self::Portions { from, to });
            }
            let ((part, from), (other, to)) = (
                from.rsplit_once('.').ok_or(ONE_PART)?,
                to.rsplit_once('.').ok_or(ONE_PART)?,
            );
            if part != other {
                return Err(ONE_PART);
            }
            let part = part_name(part).ok_or(EXPECTED)?;
            let (from, to) = range(from, to)?;
            return Ok(Self::Sentences { part, from, to });
        }
        if let Some((part, sentence)) = item.rsplit_once('.') {
            let part = part_name(part).ok_or(EXPECTED)?;
            let (from, to) = range(sentence, sentence)?;
            return Ok(Self::Sentences { part, from, to });
        }
        match item {
            "all" => Ok(Self::All),
            "head" => Ok(Self::Head),
            "body" => Ok(Self::Body),
            "to" => Ok(Self::To),
            "author" => Ok(Self::Authors),
            _ => match item.strip_prefix("point/").and_then(number) {
                Some(point) => Ok(Self::Point(point)),
                None => part_name(item).map(Self::Part).ok_or(EXPECTED),
            },
        }
    }
}

/// A number from 1, in digits alone.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits)?;
    (number > 0).then_some(number)
}

fn range(from: &str, to: &str) -> Result<(u32, u32), &'static str> {
    let (from, to) = (number(from).ok_or(EXPECTED)?, number(to).ok_or(EXPECTED)?);
    if to < from {
        Err(ORDER)
    } else {
        Ok((from, to))
    }
}

fn part_name(text: &str) -> Option<PartName> {
    match number(text) {
        Some(number) => Some(PartName::Portion(number)),
        None => Label::parse(text).map(PartName::Head),
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |part: &PartName| match part {
            PartName::Head(label) => label.to_string(),
            PartName::Portion(number) => number.to_string(),
        };
        match self {
            Self::All => f.write_str("all"),
            Self::Head => f.write_str("head"),
            Self::Body => f.write_str("body"),
            Self::To => f.write_str("to"),
            Self::Authors => f.write_str("author"),
            Self::Point(n) => write!(f, "point/{n}"),
            Self::Part(part) => f.write_str(&short(part)),
            Self::Portions { from, to } => write!(f, "{from}-{to}"),
            Self::Sentences { part, from, to } => {
                let part = short(part);
                write!(f, "{part}.{from}-{part}.{to}")
            }
            Self::Words { part, from, to } => write!(f, "{}:{from}-{to}", short(part)),
        }
    }
}

impl fmt::Display for Choice {
    /// A list that reads back as the same choice.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, piece) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{piece}")?;
        }
        Ok(())
    }
}

/// A span of a part's words, the first at 0.
pub(super) type Span = (PartName, Range<u32>);

impl Content {
    /// The spans that `choice` names, each of which the memo has.
    pub(super) fn spans(&self, choice: &Choice) -> Result<Vec<Span>, SelectionError> {
        let mut out = Vec::new();
        for piece in &choice.0 {
            self.piece(piece, &mut out)?;
        }
        Ok(out)
    }

    fn piece(&self, piece: &Piece, out: &mut Vec<Span>) -> Result<(), SelectionError> {
        match piece {
            Piece::All => {
                out.extend(self.head_spans(|_| true));
                out.extend(self.body_spans(1, self.counts().portions)?);
            }
            Piece::Head => out.extend(self.head_spans(|_| true)),
            Piece::Body => out.extend(self.body_spans(1, self.counts().portions)?),
            Piece::To => {
                self.some(out, "to", |label| matches!(label, Label::To(_)))?;
            }
            Piece::Authors => {
                self.some(out, "author", |label| matches!(label, Label::Author(_)))?;
            }
            Piece::Point(n) => {
                let name = format!("point/{n}");
                self.some(
                    out,
                    &name,
                    |label| matches!(label, Label::Point(m, _) if m == *n),
                )?;
            }
            Piece::Part(part) => {
                let words = self.words_of(*part)?.len();
                out.push((*part, 0..narrow(words)));
            }
            Piece::Portions { from, to } => out.extend(self.body_spans(*from, *to)?),
            Piece::Sentences { part, from, to } => {
                let words = self.words_of(*part)?;
                let all = sentences(words, self.is_list(*part));
                let (first, last) = (all.get(*from as usize - 1), all.get(*to as usize - 1));
                let (Some(first), Some(last)) = (first, last) else {
                    let missing = if first.is_none() { *from } else { *to };
                    return Err(SelectionError::Sentence {
                        place: *part,
                        number: missing,
                        sentences: all.len(),
                    });
                };
                out.push((*part, first.start..last.end));
            }
            Piece::Words { part, from, to } => {
                let words = self.words_of(*part)?.len();
                if *to as usize > words {
                    return Err(SelectionError::Words {
                        place: *part,
                        from: *from,
                        to: *to,
                        words,
                    });
                }
                out.push((*part, *from - 1..*to));
            }
        }
        Ok(())
    }

    fn head_spans(&self, which: impl Fn(Label) -> bool) -> Vec<Span> {
        let labels = self.head.iter().filter_map(|part| {
            let label = Label::parse(&part.label).filter(|label| which(*label))?;
            Some((PartName::Head(label), 0..narrow(part.words.len())))
        });
        labels.collect()
    }

    fn some(
        &self,
        out: &mut Vec<Span>,
        name: &str,
        which: impl Fn(Label) -> bool,
    ) -> Result<(), SelectionError> {
        let found = self.head_spans(which);
        if found.is_empty() {
            return Err(SelectionError::Label(name.to_owned()));
        }
        out.extend(found);
        Ok(())
    }

    fn body_spans(&self, from: u32, to: u32) -> Result<Vec<Span>, SelectionError> {
        let span = |number| {
            let part = PartName::Portion(number);
            Ok((part, 0..narrow(self.words_of(part)?.len())))
        };
        // A range of four billion ends at the first portion that there is not.
        (from..=to).map(span).collect()
    }

    /// The spans in which `phrase` stands, whatever marks are around or within its words.
    pub(super) fn phrase(&self, phrase: &str) -> Result<Vec<Span>, SelectionError> {
        let wanted: String = bare(phrase).concat();
        if wanted.is_empty() {
            return Err(SelectionError::Phrase(phrase.to_owned()));
        }
        let mut out = Vec::new();
        let names: Vec<PartName> = self.part_names().collect();
        for name in names {
            let words = self.words_of(name)?;
            let pieces: Vec<(String, u32)> = words
                .iter()
                .zip(0_u32..)
                .flat_map(|(word, at)| bare(word).into_iter().map(move |piece| (piece, at)))
                .collect();
            for (from, (_, first)) in pieces.iter().enumerate() {
                let mut rest = wanted.as_str();
                for (piece, last) in &pieces[from..] {
                    let Some(left) = rest.strip_prefix(piece.as_str()) else {
                        break;
                    };
                    if left.is_empty() {
                        out.push((name, *first..last + 1));
                        break;
                    }
                    rest = left;
                }
            }
        }
        if out.is_empty() {
            return Err(SelectionError::Phrase(phrase.to_owned()));
        }
        Ok(out)
    }
}

/// The letters and digits of a text in small letters without accents, divided wherever something else stands: "Gibson's" is
/// `gibson`, `s`. How they are divided does not matter where they are compared, so that `Gib*son*` is hidden, too.
fn bare(text: &str) -> Vec<String> {
    let text = clean::decomposed(text);
    let letters: String = text.chars().filter(|c| !is_accent(*c)).collect();
    let pieces = letters.split(|c: char| !c.is_alphanumeric());
    let pieces = pieces.filter(|piece| !piece.is_empty());
    pieces.map(str::to_lowercase).collect()
}

/// An accent by itself (U+0300 to U+036F), a soft hyphen, or a sign of no width.
const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

fn narrow(n: usize) -> u32 {
    // A memo has at most MAX_WORDS words.
    u32::try_from(n).unwrap_or(u32::MAX)
}
