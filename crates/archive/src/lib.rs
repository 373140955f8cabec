//! An archive: which of many memos, and which version, is a copy or a quotation from?
//!
//! In scope: the index ([`Segment`]), finding ([`Archive::match_copy`], [`Archive::match_quote`], [`Archive::search`]), the documents of bundles and of
//! memos' files ([`Document::of_verified`], [`Document::of_file`]), and what is said of a match ([`words`]).
//! The index only chooses candidates, loosely; these are judged by `demur-check`, as a copy is against a bundle, so that what is
//! said of a match is what `demur check` would say. Out of scope: sealing, where files lie and come from.
//!
//! Everything here is pure: no I/O, no clock, no randomness. How it works, and the format: `docs/archive.md`.
//!
//! ```
//! use demur_archive::{Archive, Document};
//! use demur_memo::{Memo, marking::Rules};
//!
//! let rules = Rules::new("state", "SBU", &["NODIS"], "refuse")?;
//! let text = "+++\ntitle = \"(U) The ferry\"\n+++\n\n(SBU) It carries four hundred where two hundred may stand.\n";
//! let memo = Memo::parse(text, &rules)?;
//!
//! let mut archive = Archive::default();
//! archive.add(vec![Document::of_memo("ferry", 1, &memo)])?;
//! let found = archive.match_quote("four hundred where two hundred may stand")?;
//! assert_eq!((found.matches[0].memo.as_str(), found.matches[0].verdict.places[0].version), ("ferry", 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bytes;
mod find;
mod grams;
mod segment;
mod share;
mod source;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use demur_check::copy::{Place, Run, Text};
use demur_memo::Memo;

pub use find::{CopyMatch, CopyMatches, Hit, Hits, MAX_JUDGED_VERSIONS, QuoteMatch, QuoteMatches};
pub use segment::{FULL, MAGIC, MAX_DOCUMENTS, MAX_NAME, MAX_PARAGRAPHS, MAX_SEGMENT, Segment};
pub use share::{MAX_JUDGED, MAX_PROBES, MAX_READ};
pub use source::SourceError;

/// The most segments of an archive.
pub const MAX_SEGMENTS: usize = 256;

/// One version of one memo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Which memo: its identifier, or a name.
    pub memo: String,
    /// The version's number.
    pub version: u32,
    /// Whether a bundle proved that the record has it.
    pub proved: bool,
    /// Its title.
    pub title: String,
    /// The banner that printed copies carry; empty: none is known.
    pub banner: String,
    /// Its text, of which nothing may be hidden.
    pub text: Text,
}

impl Document {
    /// A version of which nothing but the text is known.
    #[must_use]
    pub fn of_memo(name: &str, version: u32, memo: &Memo) -> Self {
        Self {
            memo: name.to_owned(),
            version,
            proved: false,
            title: memo.head().title.clone(),
            banner: memo.banner(),
            text: Text::of_memo(version, memo),
        }
    }

    /// A version that a bundle discloses; `None` unless it does so whole. `banner` as the bundle's verification gives it.
    #[must_use]
    pub fn of_bundle(memo: &str, text: Text, banner: &str) -> Option<Self> {
        let hidden = |run: &Run| matches!(run, Run::Hidden(_));
        if { text.paragraphs.iter() }.any(|p| p.runs.iter().any(hidden)) {
            return None;
        }
        let title = { text.paragraphs.iter() }
            .find(|p| matches!(&p.place, Place::Head(name) if name == "title"))
            .map(|p| p.to_text());
        Some(Self {
            memo: memo.to_owned(),
            version: text.version,
            proved: true,
            title: title.unwrap_or_default(),
            banner: banner.to_owned(),
            text,
        })
    }
}

/// Why an archive was not read, or not added to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// Another format.
    #[error("not a part of an archive, or of a later format than this program knows")]
    Magic,
    /// It ends too early.
    #[error("the archive's file is cut off")]
    Cut,
    /// It says what it can't.
    #[error("the archive's file is damaged (byte {0})")]
    Damaged(usize),
    /// Over a cap.
    #[error("too many or too long: {0}")]
    TooMuch(&'static str),
    /// No name, or one over [`MAX_NAME`].
    #[error("a memo's name has 1 to {MAX_NAME} bytes")]
    Name,
    /// A text of which something is hidden.
    #[error("a part of the text is hidden; an archive takes whole texts")]
    Hidden,
    /// Another text stands under the same name and number.
    #[error("the archive has another text as version {version} of {memo}; a version never changes")]
    Conflict {
        /// The memo.
        memo: String,
        /// The version.
        version: u32,
    },
    /// Nothing to look for.
    #[error("{0}")]
    Question(String),
}

/// What [`Archive::add`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// How many documents are new.
    pub new: usize,
    /// How many were there before, word for word.
    pub known: usize,
    /// How many stand in the place of another text that nothing had proved.
    pub replaced: usize,
    /// The segments that are new or have changed: these are to be written.
    pub segments: BTreeSet<usize>,
}

/// An archive: its segments.
#[derive(Debug, Default)]
pub struct Archive {
    segments: Vec<Segment>,
    /// By memo: its versions, and in which segment and at which place there each is.
    memos: BTreeMap<String, BTreeMap<u32, (usize, u32)>>,
}

impl Archive {
    /// An archive of these segments.
    ///
    /// # Errors
    /// When they are too many, or two have a version of the same name and number.
    pub fn new(segments: Vec<Segment>) -> Result<Self, ArchiveError> {
        if segments.len() > MAX_SEGMENTS {
            return Err(ArchiveError::TooMuch("segments of an archive"));
        }
        let mut memos: BTreeMap<String, BTreeMap<u32, (usize, u32)>> = BTreeMap::new();
        for (segment, at) in segments.iter().zip(0..) {
            for (card, number) in segment.cards().iter().zip(0..) {
                let versions = memos.entry(card.memo.clone()).or_default();
                if versions.insert(card.version, (at, number)).is_some() {
                    return Err(ArchiveError::Conflict {
                        memo: card.memo.clone(),
                        version: card.version,
                    });
                }
            }
        }
        Ok(Self { segments, memos })
    }

    /// Adds documents. Those that are there already, word for word, are passed over; one that now is proved becomes so. What a
    /// bundle proves takes the place of another text that nothing proves: whoever gave that one the memo's name was wrong, and
    /// must not be able to keep the memo out.
    ///
    /// # Errors
    /// When a text else differs from that which is there, or is too long. Then nothing is added.
    pub fn add(&mut self, documents: Vec<Document>) -> Result<Added, ArchiveError> {
        let mut added = Added::default();
        let mut fresh: BTreeMap<(String, u32), Document> = BTreeMap::new();
        // By segment and place there: what stands there from now on.
        let mut better: BTreeMap<usize, BTreeMap<u32, Document>> = BTreeMap::new();
        for document in documents {
            let name = (document.memo.clone(), document.version);
            let conflict = || ArchiveError::Conflict {
                memo: document.memo.clone(),
                version: document.version,
            };
            if let Some((segment, number)) = self.place(&document.memo, document.version) {
                let becoming = { better.get(&segment) }.and_then(|all| all.get(&number));
                let (text, proved) = match becoming {
                    Some(becoming) => (Some(respaced(&becoming.text)), becoming.proved),
                    None => {
                        let held = &self.segments[segment];
                        (held.text(number), held.cards()[number as usize].proved)
                    }
                };
                let same = text.as_ref() == Some(&respaced(&document.text));
                let proves = document.proved && !proved;
                match (same, proves) {
                    (true, _) => added.known += 1,
                    (false, true) => added.replaced += 1,
                    (false, false) => return Err(conflict()),
                }
                if proves {
                    better.entry(segment).or_default().insert(number, document);
                }
            } else if let Some(before) = fresh.get_mut(&name) {
                let same = respaced(&before.text) == respaced(&document.text);
                let proves = document.proved && !before.proved;
                match (same, proves) {
                    (true, _) => added.known += 1,
                    (false, true) => added.replaced += 1,
                    (false, false) => return Err(conflict()),
                }
                if proves {
                    *before = document;
                }
            } else {
                fresh.insert(name, document);
            }
        }
        added.new = fresh.len();
        let mut rebuilt: BTreeMap<usize, Segment> = BTreeMap::new();
        for (at, mut numbers) in better {
            let mut documents = self.segments[at].documents();
            for (document, number) in documents.iter_mut().zip(0..) {
                if let Some(better) = numbers.remove(&number) {
                    *document = better;
                }
            }
            rebuilt.insert(at, Segment::new(&documents)?);
        }
        let mut rest = fresh.into_values().peekable();
        let mut at = self.segments.len();
        if let Some(last) = at.checked_sub(1)
            && rest.peek().is_some()
            && has_room(self.segments[last].text_bytes(), self.segments[last].len())
        {
            at = last;
        }
        while rest.peek().is_some() {
            let before = rebuilt.get(&at).or_else(|| self.segments.get(at));
            let mut documents = before.map(Segment::documents).unwrap_or_default();
            let mut bytes: usize = documents.iter().map(Document::bytes).sum();
            while has_room(bytes, documents.len()) {
                let Some(document) = rest.next() else { break };
                bytes += document.bytes();
                documents.push(document);
            }
            rebuilt.insert(at, Segment::new(&documents)?);
            at += 1;
        }
        if at > MAX_SEGMENTS {
            return Err(ArchiveError::TooMuch("segments of an archive"));
        }
        added.segments = rebuilt.keys().copied().collect();
        let mut segments = std::mem::take(&mut self.segments);
        for (at, segment) in rebuilt {
            if at < segments.len() {
                segments[at] = segment;
            } else {
                segments.push(segment);
            }
        }
        *self = Self::new(segments)?;
        Ok(added)
    }

    /// The segments, in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// How many memos it has.
    #[must_use]
    pub fn memos(&self) -> usize {
        self.memos.len()
    }

    /// How many versions of memos it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.iter().map(Segment::len).sum()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.memos.is_empty()
    }

    fn place(&self, memo: &str, version: u32) -> Option<(usize, u32)> {
        self.memos.get(memo)?.get(&version).copied()
    }
}

const fn has_room(bytes: usize, documents: usize) -> bool {
    bytes < FULL && documents < MAX_DOCUMENTS as usize
}

/// The text as a segment gives it again: each paragraph one run of words, no marking for an empty one.
fn respaced(text: &Text) -> Text {
    let mut text = text.clone();
    for paragraph in &mut text.paragraphs {
        let words = paragraph.to_text();
        let words = words.split_whitespace().map(str::to_owned).collect();
        paragraph.runs = vec![Run::Shown(words)];
        paragraph.marking = paragraph.marking.take().filter(|m| !m.is_empty());
    }
    text
}
