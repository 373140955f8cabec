//! The office's response, point by point, and the authors' rejoinder.
//!
//! A steward writes a response as text: a TOML head between two lines `+++`, then, if wanted, general
//! remarks, then one section for each point of the memo, in any order:
//!
//! ```text
//! +++
//! memo = "<64 hexadecimal digits>"
//! +++
//! General remarks, in Markdown.
//!
//! ## Point 1: accepted
//! The answer, in Markdown.
//!
//! ## Point 2: rejected
//! The answer.
//! ```
//!
//! The outcomes are `accepted`, `partly`, `rejected` and `noted`. A line that begins with `## Point` is
//! always a heading of ours, in a code block too.
//!
//! What is sealed to the authors is a [`ResponseFile`]: the response and a random salt. Its root stands in
//! the public record; with the salt nobody can try guesses of a short answer against the root, and
//! single answers can be shown later, each with its leaf and inclusion proof
//! ([`demur_encoding::merkle`]).

mod file;
mod rejoinder;

use std::{collections::BTreeMap, fmt};

use demur_encoding::{
    Digest, ParseDigestError,
    table::{Table, TableError},
};
use serde::{Deserialize, Serialize};

pub use file::ResponseFile;
pub use rejoinder::{REJOINDER_BYTES_MAX, Rejoinder, RejoinderError};

/// The longest response text that is read, in bytes.
pub const RESPONSE_BYTES_MAX: usize = 1 << 20;
/// The highest number of a point.
pub const POINTS_MAX: u32 = 64;

/// What becomes of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The recommendation is followed.
    Accepted,
    /// It is followed in part.
    Partly,
    /// It is not followed.
    Rejected,
    /// It was heard; nothing is decided.
    Noted,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Accepted, Self::Partly, Self::Rejected, Self::Noted];

    /// As the text has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Partly => "partly",
            Self::Rejected => "rejected",
            Self::Noted => "noted",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The answer to one point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointAnswer {
    /// The point's number in the memo, from 1.
    pub number: u32,
    /// What becomes of it.
    pub outcome: Outcome,
    /// The answer, in Markdown; not empty.
    pub answer: String,
}

/// A response. Its answers ascend by number, none twice, none empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawResponse")]
pub struct Response {
    memo: Digest,
    general: Option<String>,
    points: Vec<PointAnswer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawResponse {
    memo: Digest,
    general: Option<String>,
    points: Vec<PointAnswer>,
}

/// Why a text is not a response, or not a complete one. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// Over [`RESPONSE_BYTES_MAX`].
    #[error("the response has {0} bytes; at most {RESPONSE_BYTES_MAX} are read")]
    TooLong(usize),
    /// No head.
    #[error("line 1: expected a head: a line +++, then memo = \"...\", then a line +++")]
    NoHead,
    /// The head is wrong.
    #[error("line {line}: {problem}")]
    Head {
        /// Where.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A heading that begins as a point's does, but is none.
    #[error(
        "line {line}: expected a heading such as \"## Point 1: accepted\" (or partly, rejected, noted), with a number from 1 to {POINTS_MAX}"
    )]
    Heading {
        /// Where.
        line: usize,
    },
    /// A point answered twice.
    #[error("line {line}: point {number} is answered twice; keep one answer")]
    Twice {
        /// Where the second answer begins.
        line: usize,
        /// The point.
        number: u32,
    },
    /// The answers of a response that was not read from text do not ascend by number.
    #[error(
        "point {number} is out of its place: answers ascend by number, from 1 to {POINTS_MAX}, none twice"
    )]
    Place {
        /// The first point that is out of its place.
        number: u32,
    },
    /// A point with a heading and no answer.
    #[error("point {number} has a heading but no answer; write one below it")]
    Empty {
        /// The point.
        number: u32,
    },
    /// Points that the memo has and the response does not answer.
    #[error("unanswered: {}; a response answers every point", list(.0))]
    Unanswered(Vec<u32>),
    /// Answers to points that the memo does not have.
    #[error("the memo has {count} points, but there is an answer to {}", list(.numbers))]
    NoSuchPoint {
        /// The memo's number of points.
        count: u32,
        /// The numbers that it does not have.
        numbers: Vec<u32>,
    },
    /// A response to another memo.
    #[error("the response is to memo {found}, not to {wanted}; correct its head")]
    OtherMemo {
        /// In the head.
        found: Digest,
        /// The memo that is to be answered.
        wanted: Digest,
    },
}

fn list(numbers: &[u32]) -> String {
    let numbers: Vec<_> = numbers.iter().map(|n| format!("point {n}")).collect();
    numbers.join(", ")
}

/// The memo that a response's head names.
fn memo_of(head: &str) -> Result<Digest, TableError> {
    let memo = Table::parse(head, &["memo"])?.need("memo")?.string()?;
    { memo.get_ref().parse() }
        .map_err(|e: ParseDigestError| TableError::new(&memo.span(), e.to_string()))
}

impl Response {
    /// Reads a steward's text.
    ///
    /// # Errors
    /// When it is not a response: says in which line, and what to do. Use
    /// [`check_complete`](Self::check_complete) before it is sent.
    pub fn parse(text: &str) -> Result<Self, ResponseError> {
        if text.len() > RESPONSE_BYTES_MAX {
            return Err(ResponseError::TooLong(text.len()));
        }
        // A carriage return that stayed would be a part of a line end when the text is written and read again.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, line)| line.trim_end()) != Some("+++") {
            return Err(ResponseError::NoHead);
        }
        let mut head = String::new();
        loop {
            let (_, line) = lines.next().ok_or(ResponseError::NoHead)?;
            if line.trim_end() == "+++" {
                break;
            }
            head.push_str(line);
            head.push('\n');
        }
        let memo = memo_of(&head).map_err(|error| {
            let before = head.get(..error.at).unwrap_or_default();
            ResponseError::Head {
                // The line +++ stands before the head's first.
                line: before.bytes().filter(|b| *b == b'\n').count() + 2,
                problem: error.problem,
            }
        })?;

        let mut general = String::new();
        let mut answers: BTreeMap<u32, (Outcome, String)> = BTreeMap::new();
        let mut current = None;
        for (index, line) in lines {
            let number_of_line = index + 1;
            if line.starts_with("## Point") {
                let (number, outcome) = heading(line).ok_or(ResponseError::Heading {
                    line: number_of_line,
                })?;
                if answers.insert(number, (outcome, String::new())).is_some() {
                    return Err(ResponseError::Twice {
                        line: number_of_line,
                        number,
                    });
                }
                current = Some(number);
                continue;
            }
            let section = current
                .and_then(|number| answers.get_mut(&number))
                .map_or(&mut general, |(_, answer)| answer);
            section.push_str(line);
            section.push('\n');
        }

        let points = answers
            .into_iter()
            .map(|(number, (outcome, answer))| PointAnswer {
                number,
                outcome,
                answer: answer.trim().to_owned(),
            })
            .collect();
        let general = general.trim();
        RawResponse {
            memo,
            general: (!general.is_empty()).then(|| general.to_owned()),
            points,
        }
        .try_into()
    }

    /// The text of a response that is still to be written: what a steward is given to fill in.
    #[must_use]
    pub fn template(memo: Digest, point_count: u32) -> String {
        let mut text = format!("+++\nmemo = \"{memo}\"\n+++\n");
        for number in 1..=point_count.min(POINTS_MAX) {
            text.push_str(&format!("\n## Point {number}: noted\n\n"));
        }
        text
    }

    /// The text form. [`parse`](Self::parse) gives the same response back if it came from there.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("+++\nmemo = \"{}\"\n+++\n", self.memo);
        if let Some(general) = &self.general {
            text.push_str(&format!("\n{general}\n"));
        }
        for point in &self.points {
            let PointAnswer {
                number,
                outcome,
                answer,
            } = point;
            text.push_str(&format!("\n## Point {number}: {outcome}\n\n{answer}\n"));
        }
        text
    }

    /// The memo that is answered.
    #[must_use]
    pub const fn memo(&self) -> Digest {
        self.memo
    }

    /// Remarks that belong to no point.
    #[must_use]
    pub fn general(&self) -> Option<&str> {
        self.general.as_deref()
    }

    /// The answers, ascending by number.
    #[must_use]
    pub fn points(&self) -> &[PointAnswer] {
        &self.points
    }

    /// Holds the response against the memo: it must be this memo's, and answer each of its
    /// `point_count` points and no others.
    ///
    /// # Errors
    /// Names the points that are unanswered, or that the memo does not have.
    pub fn check_complete(&self, memo: Digest, point_count: u32) -> Result<(), ResponseError> {
        if self.memo != memo {
            return Err(ResponseError::OtherMemo {
                found: self.memo,
                wanted: memo,
            });
        }
        let answered = |n: &u32| self.points.binary_search_by_key(n, |p| p.number).is_ok();
        let numbers = self.points.iter().map(|p| p.number);
        let numbers: Vec<_> = numbers.filter(|n| *n > point_count).collect();
        if !numbers.is_empty() {
            let count = point_count;
            return Err(ResponseError::NoSuchPoint { count, numbers });
        }
        // More points than POINTS_MAX cannot all be answered; naming the first ones is enough.
        let all = 1..=point_count.min(POINTS_MAX + 1);
        let missing: Vec<_> = all.filter(|n| !answered(n)).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(ResponseError::Unanswered(missing))
        }
    }
}

fn heading(line: &str) -> Option<(u32, Outcome)> {
    let (number, outcome) = line.strip_prefix("## Point ")?.split_once(':')?;
    // No sign, no zero in front: one number, one spelling.
    let digits = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    let number = number.parse().ok().filter(|n| digits && *n <= POINTS_MAX)?;
    let outcome = outcome.trim();
    let outcome = Outcome::ALL.into_iter().find(|o| o.as_str() == outcome)?;
    Some((number, outcome))
}

impl TryFrom<RawResponse> for Response {
    type Error = ResponseError;

    fn try_from(raw: RawResponse) -> Result<Self, ResponseError> {
        let RawResponse {
            memo,
            general,
            points,
        } = raw;
        let mut last = 0;
        for point in &points {
            let number = point.number;
            if number <= last || number > POINTS_MAX {
                return Err(ResponseError::Place { number });
            }
            last = number;
            if point.answer.trim().is_empty() {
                return Err(ResponseError::Empty { number });
            }
        }
        Ok(Self {
            memo,
            general,
            points,
        })
    }
}
