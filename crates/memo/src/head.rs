//! The memo's head: TOML between two lines `+++`.

use std::ops::Range;

use demur_encoding::{
    Digest,
    table::{Field, Spanned, Table, TableError},
};

use crate::{
    clean::{clean, single_spaced},
    marking::{Marking, Rules},
    text::Problem,
};

/// The most addressees.
pub const MAX_TO: usize = 64;

/// The most authors.
pub const MAX_AUTHORS: usize = 32;

/// The most points of dissent.
pub const MAX_POINTS: usize = 64;

/// What stands in the head. Texts are in NFC with single white space.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// The title's marking.
    pub title_marking: Marking,
    /// The title, without its marking.
    pub title: String,
    /// The addressees.
    pub to: Vec<String>,
    /// A civil date, `YYYY-MM-DD`.
    pub date: Option<String>,
    /// The authors' Ed25519 public keys, none twice. The program fills them in: a text that
    /// somebody has just begun has none.
    pub authors: Vec<Digest>,
    /// How many of the authors must agree to file or withdraw: 1 to their number; 0 where there
    /// are no authors yet.
    pub threshold: u32,
    /// The points of dissent; the first is number 1.
    pub points: Vec<Point>,
}

/// One point of dissent: what a response must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The marking of its three texts.
    pub marking: Marking,
    /// The policy contested.
    pub policy: String,
    /// The argument, in short or by reference to portions.
    pub argument: String,
    /// What to do instead.
    pub recommendation: String,
}

/// A problem, and the byte of the head's TOML where it is.
pub(crate) type HeadProblem = (usize, Problem);

impl Head {
    pub(crate) fn parse(source: &str, rules: &Rules) -> Result<Self, HeadProblem> {
        let known = &["title", "to", "date", "authors", "threshold", "point"];
        let mut table = Table::parse(source, known).map_err(shape)?;
        let raw_title = table.need("title").and_then(Field::string).map_err(shape)?;
        let raw_to = strings(&mut table, "to")?;
        let raw_date = table.take("date").map(Field::string).transpose();
        let raw_date = raw_date.map_err(shape)?;
        let raw_authors = strings(&mut table, "authors")?;
        let raw_threshold = table.take("threshold");
        let raw_points = table.take("point").map(Field::array).transpose();
        let raw_points = raw_points.map_err(shape)?.unwrap_or_default();

        let at = raw_title.span().start;
        let title = text_of(&raw_title, "title")?;
        let (title_marking, title) = rules.leading(&title).map_err(|problem| {
            (
                at,
                Problem::Marking {
                    what: "the title".to_owned(),
                    problem,
                },
            )
        })?;
        if title.is_empty() {
            return Err((at, Problem::Empty("title".to_owned())));
        }
        let title = title.to_owned();
        too_many(raw_to.len(), MAX_TO, "to", at)?;
        let to = raw_to
            .iter()
            .map(|t| text_of(t, "to"))
            .collect::<Result<_, _>>()?;
        let date = match raw_date {
            None => None,
            Some(date) if is_civil_date(date.get_ref()) => Some(date.into_inner()),
            Some(date) => return Err((date.span().start, Problem::Date)),
        };
        let (authors, threshold) = authors(&raw_authors, raw_threshold, at)?;
        too_many(raw_points.len(), MAX_POINTS, "point", at)?;
        let points = raw_points
            .into_iter()
            .zip(1..)
            .map(|(point, number)| Point::parse(point, number, rules))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            title_marking,
            title,
            to,
            date,
            authors,
            threshold,
            points,
        })
    }

    /// The head's TOML, without the lines `+++`.
    pub(crate) fn write(&self, out: &mut String) {
        for lines in self.scalar_lines() {
            out.push_str(&lines);
        }
        for (point, number) in self.points.iter().zip(1_u32..) {
            out.push('\n');
            point.write(number, out);
        }
    }

    /// The lines before the points: title, addressees, date, authors; empty where there are none.
    pub(crate) fn scalar_lines(&self) -> [String; 4] {
        let title = quoted(&format!("({}) {}", self.title_marking, self.title));
        let mut lines = [
            format!("title = {title}\n"),
            String::new(),
            String::new(),
            String::new(),
        ];
        if !self.to.is_empty() {
            lines[1] = format!("to = {}\n", list(self.to.iter().map(String::as_str)));
        }
        if let Some(date) = &self.date {
            lines[2] = format!("date = {}\n", quoted(date));
        }
        if !self.authors.is_empty() {
            let keys: Vec<String> = self.authors.iter().map(Digest::to_string).collect();
            let keys = list(keys.iter().map(String::as_str));
            lines[3] = format!("authors = {keys}\nthreshold = {}\n", self.threshold);
        }
        lines
    }
}

impl Point {
    fn parse(raw: Field<'_>, number: u32, rules: &Rules) -> Result<Self, HeadProblem> {
        let known = &["number", "marking", "policy", "argument", "recommendation"];
        let mut raw = raw.table(known).map_err(shape)?;
        let at = raw.span().start;
        let (found, place) = number_of(&raw.need("number").map_err(shape)?)?;
        let raw_marking = raw.take("marking").map(Field::string).transpose();
        let raw_marking = raw_marking.map_err(shape)?;
        let mut string = |name| raw.need(name).and_then(Field::string).map_err(shape);
        let [policy, argument, recommendation] = [
            string("policy")?,
            string("argument")?,
            string("recommendation")?,
        ];
        if found != number {
            return Err((
                place.start,
                Problem::PointNumber {
                    found,
                    expected: number,
                },
            ));
        }
        let marked = |at: usize| {
            move |problem| {
                (
                    at,
                    Problem::Marking {
                        what: format!("point {number}"),
                        problem,
                    },
                )
            }
        };
        let marking = match &raw_marking {
            Some(marking) => rules
                .marking(marking.get_ref())
                .map_err(marked(marking.span().start))?,
            None => match rules.unmarked() {
                crate::marking::Unmarked::InheritLowest => rules.lowest(),
                crate::marking::Unmarked::Refuse => {
                    return Err((at, Problem::PointUnmarked { number }));
                }
            },
        };
        let text = |field: &Spanned<String>, name: &str| {
            text_of(field, &format!("{name} of point {number}"))
        };
        Ok(Self {
            marking,
            policy: text(&policy, "policy")?,
            argument: text(&argument, "argument")?,
            recommendation: text(&recommendation, "recommendation")?,
        })
    }

    /// The point's table, as it stands in a head.
    pub(crate) fn write(&self, number: u32, out: &mut String) {
        out.push_str("[[point]]\n");
        out.push_str(&format!("number = {number}\n"));
        for (name, value) in [
            ("marking", self.marking.to_string()),
            ("policy", self.policy.clone()),
            ("argument", self.argument.clone()),
            ("recommendation", self.recommendation.clone()),
        ] {
            out.push_str(&format!("{name} = {}\n", quoted(&value)));
        }
    }
}

/// Not TOML, or not of the wanted fields.
fn shape(error: TableError) -> HeadProblem {
    (error.at, Problem::Toml(error.problem))
}

/// A list of strings; empty where there is none.
fn strings(table: &mut Table<'_>, name: &str) -> Result<Vec<Spanned<String>>, HeadProblem> {
    let list = table.take(name).map(Field::strings).transpose();
    Ok(list.map_err(shape)?.unwrap_or_default())
}

fn number_of(field: &Field<'_>) -> Result<(u32, Range<usize>), HeadProblem> {
    let span = field.span();
    let number = field.integer().and_then(|n| u32::try_from(n).ok());
    let number = number.ok_or_else(|| {
        let problem = "expected a whole number".to_owned();
        (span.start, Problem::Toml(problem))
    })?;
    Ok((number, span))
}

fn authors(
    raw: &[Spanned<String>],
    threshold: Option<Field<'_>>,
    at: usize,
) -> Result<(Vec<Digest>, u32), HeadProblem> {
    too_many(raw.len(), MAX_AUTHORS, "authors", at)?;
    let mut authors: Vec<Digest> = Vec::with_capacity(raw.len());
    for author in raw {
        let at = author.span().start;
        let key = author
            .get_ref()
            .parse()
            .map_err(|_| (at, Problem::AuthorKey))?;
        if authors.contains(&key) {
            return Err((at, Problem::AuthorTwice));
        }
        authors.push(key);
    }
    let threshold = match &threshold {
        None if authors.is_empty() => 0,
        None => {
            return Err((
                at,
                Problem::Threshold {
                    authors: authors.len(),
                },
            ));
        }
        Some(threshold) => {
            let (n, place) = number_of(threshold)?;
            // At most MAX_AUTHORS, so the comparison in usize is exact.
            if n == 0 || n as usize > authors.len() {
                let authors = authors.len();
                return Err((place.start, Problem::Threshold { authors }));
            }
            n
        }
    };
    Ok((authors, threshold))
}

fn too_many(len: usize, max: usize, what: &'static str, at: usize) -> Result<(), HeadProblem> {
    if len > max {
        Err((at, Problem::TooMany { what, max }))
    } else {
        Ok(())
    }
}

/// A text of the head: clean, single-spaced, not empty. TOML escapes can spell any character,
/// so that cleaning the whole file beforehand is not enough.
fn text_of(field: &Spanned<String>, name: &str) -> Result<String, HeadProblem> {
    let at = field.span().start;
    let text = clean(field.get_ref()).map_err(|e| (at, Problem::Character(e.character)))?;
    let text = single_spaced(&text);
    if text.is_empty() {
        Err((at, Problem::Empty(name.to_owned())))
    } else {
        Ok(text)
    }
}

/// Whether `text` is a day of the Gregorian calendar, `YYYY-MM-DD`.
pub(crate) fn is_civil_date(text: &str) -> bool {
    let number = |range: Range<usize>| -> Option<u32> {
        let digits = text.get(range)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    let dashed = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
    text.len() == 10 && dashed && (1..=days).contains(&day)
}

/// A TOML basic string. The text holds no control characters: [`clean`] refused them.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", items.map(quoted).collect::<Vec<_>>().join(", "))
}
