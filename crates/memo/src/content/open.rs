//! Opening a disclosure: nothing in it is believed before.

use std::ops::Range;

use demur_encoding::Digest;

use super::{
    Counts, Disclosed, DisclosedPart, DisclosedRun, Disclosure, Field, Label, Portion, Run, Seed,
    tree,
};
use crate::{
    Kind, MAX_AUTHORS, MAX_POINTS, MAX_PORTIONS, MAX_TO, MAX_WORDS, clean, clean::single_spaced,
    marking::MAX_MARKING,
};

/// The most texts that a head has: title, date, threshold, addressees, authors, points.
const MAX_HEAD: usize = 3 + MAX_TO + MAX_AUTHORS + 3 * MAX_POINTS;

/// Why a disclosure proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DisclosureError {
    /// More of something than a memo may have.
    #[error("the disclosure has more {0} than a memo may have")]
    TooMany(&'static str),
    /// The number of portions or words is not the one that is signed.
    #[error(
        "the disclosure has {found} {what}, the signed version has {signed}: something was left out or put in"
    )]
    Counts {
        /// Of what.
        what: &'static str,
        /// How many the disclosure has.
        found: usize,
        /// How many are signed.
        signed: u32,
    },
    /// A part that no memo has, or in the wrong place.
    #[error("the disclosure's part \"{0}\" is not one that stands there in a memo")]
    Label(String),
    /// Words or a marking that no memo could hold.
    #[error("{0}: what is shown is not the form of a memo's text")]
    Form(String),
    /// Fewer or more seeds or hashes than what is shown and hidden needs.
    #[error("the disclosure's proof is incomplete or has parts that prove nothing")]
    Proof,
    /// Other content.
    #[error("what is shown is not in the signed version: its content root differs")]
    Root,
}

impl Disclosure {
    /// Verifies the disclosure against a version's signed content root and counts.
    ///
    /// What comes back is exactly what the signed version says at those places, and each place
    /// that is hidden is named as hidden.
    ///
    /// # Errors
    /// When anything in it does not stand under the root, is left over, or is not a memo's form.
    pub fn open(&self, content_root: Digest, counts: Counts) -> Result<Disclosed, DisclosureError> {
        let (head_parts, body_parts) = self.checked(counts)?;
        let mut reader = Reader {
            seeds: self.seeds.iter(),
            hashes: self.hashes.iter(),
        };
        let whole = |parts: &[Shown<'_>]| parts.iter().all(Shown::is_whole);
        let root = if whole(&head_parts) && whole(&body_parts) {
            Some(reader.seed()?)
        } else {
            None
        };
        let mut head = Vec::with_capacity(head_parts.len());
        reader.parts(&head_parts, root.as_ref().map(Seed::left), &mut head)?;
        let mut body = Vec::with_capacity(body_parts.len());
        reader.parts(&body_parts, root.as_ref().map(Seed::right), &mut body)?;
        if reader.seeds.next().is_some() || reader.hashes.next().is_some() {
            return Err(DisclosureError::Proof);
        }
        if tree::root_of(&head, &body, counts) != content_root {
            return Err(DisclosureError::Root);
        }
        self.proved()
    }

    /// The parts in the form in which they are hashed, if their form and number are right.
    fn checked(&self, counts: Counts) -> Result<(Vec<Shown<'_>>, Vec<Shown<'_>>), DisclosureError> {
        if self.head.len() > MAX_HEAD || self.portions.len() > MAX_PORTIONS {
            return Err(DisclosureError::TooMany("parts"));
        }
        check_labels(&self.head)?;
        let mut budget = MAX_WORDS;
        let mut read = |parts: &'_ [DisclosedPart]| -> Result<usize, DisclosureError> {
            let before = budget;
            for part in parts {
                let words = count_words(part)?;
                budget = budget
                    .checked_sub(words)
                    .ok_or(DisclosureError::TooMany("words"))?;
            }
            Ok(before - budget)
        };
        read(&self.head)?;
        let words = read(&self.portions)?;
        let compare = |what, found: usize, signed: u32| {
            if found == signed as usize {
                Ok(())
            } else {
                Err(DisclosureError::Counts {
                    what,
                    found,
                    signed,
                })
            }
        };
        compare("portions", self.portions.len(), counts.portions)?;
        compare("words", words, counts.words)?;
        Ok((
            self.head.iter().map(Shown::new).collect(),
            self.portions.iter().map(Shown::new).collect(),
        ))
    }

    /// The view, once everything is verified.
    fn proved(&self) -> Result<Disclosed, DisclosureError> {
        let runs = |part: &DisclosedPart| -> Vec<Run> {
            let run = |run: &DisclosedRun| match run {
                DisclosedRun::Shown(text) => Run::Shown(text.clone()),
                DisclosedRun::Hidden(n) => Run::Hidden(*n),
            };
            part.runs.iter().map(run).collect()
        };
        let bad = |part: &DisclosedPart| DisclosureError::Label(part.label.clone());
        let head = self.head.iter().map(|part| {
            let label = Label::parse(&part.label).ok_or_else(|| bad(part))?;
            Ok(Field {
                label,
                marking: part.marking.clone(),
                runs: runs(part),
            })
        });
        let portions = self.portions.iter().zip(1..).map(|(part, number)| {
            let kind = Kind::parse(&part.label).ok_or_else(|| bad(part))?;
            Ok(Portion {
                number,
                kind,
                marking: part.marking.clone(),
                runs: runs(part),
            })
        });
        Ok(Disclosed {
            head: head.collect::<Result<_, _>>()?,
            portions: portions.collect::<Result<_, _>>()?,
        })
    }
}

/// The head's labels are those of some head, none missing, none twice, all in order.
fn check_labels(head: &[DisclosedPart]) -> Result<(), DisclosureError> {
    let count = |prefix: &str, suffix: &str| {
        let n = head
            .iter()
            .filter(|p| p.label.starts_with(prefix) && p.label.ends_with(suffix))
            .count();
        u32::try_from(n).unwrap_or(u32::MAX)
    };
    let date = count("date", "") > 0;
    let wanted = Label::all(
        count("to/", ""),
        date,
        count("author/", ""),
        count("point/", "/policy"),
    );
    let mut wanted = wanted.iter();
    for part in head {
        if wanted.next().is_none_or(|w| w.to_string() != part.label) {
            return Err(DisclosureError::Label(part.label.clone()));
        }
    }
    match wanted.next() {
        Some(missing) => Err(DisclosureError::Label(missing.to_string())),
        None => Ok(()),
    }
}

/// How many words a part has, if its form is right.
fn count_words(part: &DisclosedPart) -> Result<usize, DisclosureError> {
    let bad = || DisclosureError::Form(part.label.clone());
    // A marked passage does not travel without its marking.
    let any_shown = part
        .runs
        .iter()
        .any(|r| matches!(r, DisclosedRun::Shown(_)));
    match &part.marking {
        None if any_shown => return Err(bad()),
        Some(marking) if marking.len() > MAX_MARKING || !is_clean(marking) => return Err(bad()),
        _ => {}
    }
    let mut words = 0_usize;
    let mut last = None;
    for run in &part.runs {
        let (shown, count) = match run {
            DisclosedRun::Shown(text) if is_clean(text) => (true, text.split(' ').count()),
            DisclosedRun::Shown(_) => return Err(bad()),
            DisclosedRun::Hidden(n) => (false, *n as usize),
        };
        let empty = count == 0 || matches!(run, DisclosedRun::Shown(text) if text.is_empty());
        if empty || last == Some(shown) {
            return Err(bad());
        }
        last = Some(shown);
        words = words.checked_add(count).ok_or_else(bad)?;
    }
    if words == 0 { Err(bad()) } else { Ok(words) }
}

/// Whether `text` is what reading a memo leaves of it.
fn is_clean(text: &str) -> bool {
    clean(text).is_ok_and(|c| c == text) && single_spaced(text) == text
}

/// A part's words, `None` where hidden.
struct Shown<'a> {
    part: &'a DisclosedPart,
    words: Vec<Option<&'a str>>,
}

impl<'a> Shown<'a> {
    fn new(part: &'a DisclosedPart) -> Self {
        let mut words = Vec::new();
        for run in &part.runs {
            match run {
                DisclosedRun::Shown(text) => words.extend(text.split(' ').map(Some)),
                // Within the budget of MAX_WORDS, which was checked before.
                DisclosedRun::Hidden(n) => words.extend(std::iter::repeat_n(None, *n as usize)),
            }
        }
        Self { part, words }
    }

    fn is_whole(&self) -> bool {
        self.part.marking.is_some() && self.words.iter().all(Option::is_some)
    }
}

/// Walks the tree as the maker of the disclosure did, and takes seeds and hashes in turn.
struct Reader<'a> {
    seeds: std::slice::Iter<'a, Digest>,
    hashes: std::slice::Iter<'a, Digest>,
}

impl Reader<'_> {
    fn seed(&mut self) -> Result<Seed, DisclosureError> {
        let seed = self.seeds.next().ok_or(DisclosureError::Proof)?;
        Ok(Seed::new(*seed.as_bytes()))
    }

    fn hash(&mut self) -> Result<Digest, DisclosureError> {
        self.hashes.next().copied().ok_or(DisclosureError::Proof)
    }

    /// The hashes of `parts`, at least one; `seed` where a larger subtree gave it.
    fn parts(
        &mut self,
        parts: &[Shown<'_>],
        seed: Option<Seed>,
        out: &mut Vec<Digest>,
    ) -> Result<(), DisclosureError> {
        let seed = match seed {
            None if parts.iter().all(Shown::is_whole) => Some(self.seed()?),
            seed => seed,
        };
        let (left, right) = (
            seed.as_ref().map(Seed::left),
            seed.as_ref().map(Seed::right),
        );
        if let [part] = parts {
            let marking = match (&part.part.marking, left) {
                (Some(text), Some(salt)) => tree::leaf(&salt, text.as_bytes()),
                (Some(text), None) => tree::leaf(&self.seed()?, text.as_bytes()),
                (None, _) => self.hash()?,
            };
            let words = self.words(&part.words, right)?;
            out.push(tree::part_hash(
                &part.part.label,
                part.words.len(),
                marking,
                words,
            ));
            return Ok(());
        }
        if parts.is_empty() {
            return Err(DisclosureError::Proof);
        }
        let middle = tree::middle(&(0..parts.len()));
        self.parts(&parts[..middle], left, out)?;
        self.parts(&parts[middle..], right, out)
    }

    fn words(
        &mut self,
        words: &[Option<&str>],
        seed: Option<Seed>,
    ) -> Result<Digest, DisclosureError> {
        let seed = match seed {
            Some(seed) => Some(seed),
            None if words.iter().all(Option::is_some) => Some(self.seed()?),
            None if words.iter().all(Option::is_none) => return self.hash(),
            None => None,
        };
        match (words, &seed) {
            ([Some(word)], Some(salt)) => return Ok(tree::leaf(salt, word.as_bytes())),
            // A single word is wholly shown or wholly hidden, and no part is empty.
            ([] | [_], _) => return Err(DisclosureError::Proof),
            _ => {}
        }
        let middle = tree::middle(&Range {
            start: 0,
            end: words.len(),
        });
        let left = self.words(&words[..middle], seed.as_ref().map(Seed::left))?;
        let right = self.words(&words[middle..], seed.as_ref().map(Seed::right))?;
        Ok(tree::node(left, right))
    }
}
