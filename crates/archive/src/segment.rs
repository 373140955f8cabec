//! A part of an archive: its documents, and their index. One file, sealed by whoever keeps it.
//!
//! The format is described in `docs/archive.md`. A segment is held as its bytes; texts are read from them when they are wanted.

use std::{fmt, ops::Range};

use demur_check::copy::{Paragraph, Place, Run, Text};
use demur_memo::Kind;
use zeroize::Zeroizing;

use crate::{
    ArchiveError, Document,
    bytes::{Reader, put, put_text},
    grams::grams,
};

/// How a segment begins.
pub const MAGIC: &[u8] = b"demur-archive/1\n";

/// The largest segment that is read, in bytes.
pub const MAX_SEGMENT: usize = 32 << 20;

/// A segment takes no more documents once their texts have so many bytes.
pub const FULL: usize = 6 << 20;

/// The most documents of a segment.
pub const MAX_DOCUMENTS: u32 = 65_536;

/// The longest name of a memo, in bytes.
pub const MAX_NAME: usize = 256;

/// The most paragraphs of a document, texts of the head among them.
pub const MAX_PARAGRAPHS: usize = 8_192;

/// The longest single text (a title, a paragraph), in bytes.
const MAX_FIELD: usize = 4 << 20;

/// Every so many numbers of the index one is kept at hand.
const STRIDE: usize = 32;

/// Documents and their index.
pub struct Segment {
    bytes: Zeroizing<Vec<u8>>,
    documents: Vec<Card>,
    /// Where the index lies in `bytes`.
    index: Range<usize>,
    /// Numbers of the index, and where what follows them begins, counted from the index's beginning.
    marks: Vec<(u32, usize)>,
    entries: usize,
}

/// What is known of a document without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Card {
    pub(crate) memo: String,
    pub(crate) version: u32,
    pub(crate) proved: bool,
    pub(crate) title: String,
    pub(crate) banner: String,
    body: Range<usize>,
}

impl Segment {
    /// The segment of these documents.
    ///
    /// # Errors
    /// When they are too many or too long, two have one name and version, or one hides words.
    pub fn new(documents: &[Document]) -> Result<Self, ArchiveError> {
        let mut bodies = Vec::with_capacity(documents.len());
        for document in documents {
            bodies.push(body(document)?);
        }
        let parts: Vec<(&Document, &[u8])> = documents
            .iter()
            .zip(bodies.iter().map(|body| body.as_slice()))
            .collect();
        Self::build(&parts)
    }

    fn build(documents: &[(&Document, &[u8])]) -> Result<Self, ArchiveError> {
        let count = u32::try_from(documents.len()).unwrap_or(u32::MAX);
        if count > MAX_DOCUMENTS {
            return Err(ArchiveError::TooMuch("documents of a segment"));
        }
        let mut bytes = Zeroizing::new(MAGIC.to_vec());
        put(&mut bytes, u64::from(count));
        let mut postings: Vec<(u32, u32)> = Vec::new();
        for ((document, body), number) in documents.iter().zip(0_u32..) {
            put_text(&mut bytes, &document.memo);
            put(&mut bytes, u64::from(document.version));
            bytes.push(u8::from(document.proved));
            put_text(&mut bytes, &document.title);
            put_text(&mut bytes, &document.banner);
            put(&mut bytes, body.len() as u64);
            bytes.extend_from_slice(body);
            postings.extend(document.grams().into_iter().map(|gram| (gram, number)));
        }
        postings.sort_unstable();
        let index = index(&postings);
        put(&mut bytes, index.len() as u64);
        bytes.extend_from_slice(&index);
        Self::parse(bytes)
    }

    /// Reads a segment.
    ///
    /// # Errors
    /// When it is too long, of another format, cut off or damaged.
    pub fn parse(bytes: Zeroizing<Vec<u8>>) -> Result<Self, ArchiveError> {
        if bytes.len() > MAX_SEGMENT {
            return Err(ArchiveError::TooMuch("bytes of a segment"));
        }
        let mut reader = Reader::new(&bytes);
        if reader.take(MAGIC.len()).ok() != Some(MAGIC) {
            return Err(ArchiveError::Magic);
        }
        let count = reader.number32(MAX_DOCUMENTS)?;
        let mut documents: Vec<Card> = Vec::new();
        for _ in 0..count {
            let memo = reader.text(MAX_NAME)?.to_owned();
            if memo.is_empty() {
                return Err(ArchiveError::Name);
            }
            let version = reader.number32(u32::MAX)?;
            let proved = reader.number(1)? == 1;
            let title = reader.text(MAX_FIELD)?.to_owned();
            let banner = reader.text(MAX_FIELD)?.to_owned();
            let body = reader.sized(MAX_SEGMENT)?;
            let at = reader.at();
            paragraphs(body)?;
            documents.push(Card {
                memo,
                version,
                proved,
                title,
                banner,
                body: at - body.len()..at,
            });
        }
        let mut names: Vec<(&str, u32)> = documents
            .iter()
            .map(|card| (card.memo.as_str(), card.version))
            .collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let (memo, version) = pair[0];
            return Err(ArchiveError::Conflict {
                memo: memo.to_owned(),
                version,
            });
        }
        let index = reader.sized(MAX_SEGMENT)?;
        let at = reader.at();
        if !reader.is_done() {
            return Err(ArchiveError::Damaged(at));
        }
        let (marks, entries) = marks(index, count)?;
        let index = at - index.len()..at;
        Ok(Self {
            bytes,
            documents,
            index,
            marks,
            entries,
        })
    }

    /// The segment as bytes: [`parse`](Self::parse) gives it again.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many documents it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The bytes of the index.
    #[must_use]
    pub fn index_bytes(&self) -> usize {
        self.index.len()
    }

    /// The bytes of the documents' texts, with what says where they stand.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.documents.iter().map(|card| card.body.len()).sum()
    }

    pub(crate) fn cards(&self) -> &[Card] {
        &self.documents
    }

    /// A document's text.
    pub(crate) fn text(&self, document: u32) -> Option<Text> {
        let card = self.documents.get(document as usize)?;
        let paragraphs = paragraphs(&self.bytes[card.body.clone()]).ok()?;
        let paragraphs = paragraphs
            .into_iter()
            .map(|p| Paragraph::shown(p.place, p.marking.map(str::to_owned), p.kind, p.text));
        Some(Text {
            version: card.version,
            paragraphs: paragraphs.collect(),
        })
    }

    /// Its documents, whole.
    pub(crate) fn documents(&self) -> Vec<Document> {
        let all = self.documents.iter().zip(0_u32..);
        all.filter_map(|(card, number)| {
            Some(Document {
                memo: card.memo.clone(),
                proved: card.proved,
                title: card.title.clone(),
                banner: card.banner.clone(),
                version: card.version,
                text: self.text(number)?,
            })
        })
        .collect()
    }

    /// Where the index lists the documents that have this word or group of words; `None`: none has it.
    pub(crate) fn look_up(&self, gram: u32) -> Option<Listed> {
        let index = &self.bytes[self.index.clone()];
        let at = self.marks.partition_point(|(first, _)| *first <= gram);
        let (first, offset) = self.marks.get(at.checked_sub(1)?)?;
        let mut reader = Reader::new(&index[*offset..]);
        let mut number = *first;
        // `parse` has read all of it once: nothing fails here.
        for i in 0..STRIDE {
            if i > 0 {
                number = number.saturating_add(reader.number32(u32::MAX).ok()?);
            }
            if number > gram {
                return None;
            }
            let at = offset + reader.at();
            let lead = reader.number(u64::MAX).ok()?;
            let several = if lead & 1 == 1 { 0 } else { lead >> 1 };
            let several = usize::try_from(several).ok()?;
            if number == gram {
                let count = several.max(1);
                return Some(Listed { count, at });
            }
            reader.skip(several).ok()?;
        }
        None
    }

    /// The documents of a list, in order.
    pub(crate) fn documents_of(&self, list: &Listed, mut keep: impl FnMut(u32)) {
        let mut reader = Reader::new(&self.bytes[self.index.clone()][list.at..]);
        let most = u32::try_from(self.documents.len()).unwrap_or(u32::MAX);
        // As above: nothing fails.
        let _ = postings(&mut reader, most, &mut keep);
    }
}

/// A list of the index: the documents that have a word or group of words.
pub(crate) struct Listed {
    /// How many they are.
    pub(crate) count: usize,
    /// Where it lies, counted from the index's beginning.
    at: usize,
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("documents", &self.documents.len())
            .field("bytes", &self.bytes.len())
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

/// The index of sorted pairs of a number and a document: for each number the step from the one before, then its documents.
fn index(pairs: &[(u32, u32)]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(pairs.len() * 4));
    let mut before = 0;
    for group in pairs.chunk_by(|a, b| a.0 == b.0) {
        put(&mut out, u64::from(group[0].0 - before));
        before = group[0].0;
        // One document, as for most groups of words, is one number.
        if let [(_, document)] = group {
            put(&mut out, u64::from(*document) << 1 | 1);
            continue;
        }
        put(&mut out, (group.len() as u64) << 1);
        let mut last = 0;
        for (_, document) in group {
            put(&mut out, u64::from(document - last));
            last = *document;
        }
    }
    out
}

/// Reads the documents of one number.
fn postings(
    reader: &mut Reader<'_>,
    documents: u32,
    keep: &mut impl FnMut(u32),
) -> Result<(), ArchiveError> {
    let damaged = ArchiveError::Damaged(reader.at());
    let lead = reader.number(u64::from(MAX_DOCUMENTS) << 1 | 1)?;
    if lead & 1 == 1 {
        let document = u32::try_from(lead >> 1).unwrap_or(u32::MAX);
        if document >= documents {
            return Err(damaged);
        }
        keep(document);
        return Ok(());
    }
    let count = lead >> 1;
    if count < 2 {
        return Err(damaged);
    }
    let mut document = 0;
    for i in 0..count {
        let step = reader.number32(MAX_DOCUMENTS)?;
        if i > 0 && step == 0 {
            return Err(damaged);
        }
        document += step;
        if document >= documents {
            return Err(damaged);
        }
        keep(document);
    }
    Ok(())
}

/// Reads the whole index once: the numbers kept at hand, and how many there are.
fn marks(index: &[u8], documents: u32) -> Result<(Vec<(u32, usize)>, usize), ArchiveError> {
    let mut reader = Reader::new(index);
    let mut marks = Vec::new();
    let mut entries = 0;
    let mut number = 0_u32;
    while !reader.is_done() {
        let step = reader.number32(u32::MAX)?;
        if entries > 0 && step == 0 {
            return Err(ArchiveError::Damaged(reader.at()));
        }
        number = { number.checked_add(step) }.ok_or(ArchiveError::Damaged(reader.at()))?;
        if entries % STRIDE == 0 {
            marks.push((number, reader.at()));
        }
        postings(&mut reader, documents, &mut |_| {})?;
        entries += 1;
    }
    Ok((marks, entries))
}

/// A document's paragraphs as bytes.
fn body(document: &Document) -> Result<Zeroizing<Vec<u8>>, ArchiveError> {
    let paragraphs = &document.text.paragraphs;
    if document.memo.is_empty() || document.memo.len() > MAX_NAME {
        return Err(ArchiveError::Name);
    }
    if paragraphs.len() > MAX_PARAGRAPHS {
        return Err(ArchiveError::TooMuch("paragraphs of a memo"));
    }
    let mut out = Zeroizing::new(Vec::new());
    put(&mut out, paragraphs.len() as u64);
    for paragraph in paragraphs {
        match &paragraph.place {
            Place::Paragraph(number) => put(&mut out, u64::from(*number)),
            Place::Head(name) => {
                put(&mut out, 0);
                put_text(&mut out, name);
            }
            _ => return Err(ArchiveError::Hidden),
        }
        put_text(&mut out, paragraph.marking.as_deref().unwrap_or_default());
        put_text(&mut out, &paragraph.kind.to_string());
        if paragraph
            .runs
            .iter()
            .any(|run| matches!(run, Run::Hidden(_)))
        {
            return Err(ArchiveError::Hidden);
        }
        let text = paragraph.to_text();
        if text.len() > MAX_FIELD {
            return Err(ArchiveError::TooMuch("bytes of a paragraph"));
        }
        put_text(&mut out, &text);
    }
    Ok(out)
}

struct Read<'b> {
    place: Place,
    marking: Option<&'b str>,
    kind: Kind,
    text: &'b str,
}

fn paragraphs(body: &[u8]) -> Result<Vec<Read<'_>>, ArchiveError> {
    let mut reader = Reader::new(body);
    let count = reader.number(MAX_PARAGRAPHS as u64)?;
    let mut out = Vec::new();
    for _ in 0..count {
        let place = match reader.number32(u32::MAX)? {
            0 => Place::Head(reader.text(MAX_NAME)?.to_owned()),
            number => Place::Paragraph(number),
        };
        let marking = Some(reader.text(MAX_FIELD)?).filter(|marking| !marking.is_empty());
        let kind =
            { Kind::parse(reader.text(MAX_NAME)?) }.ok_or(ArchiveError::Damaged(reader.at()))?;
        out.push(Read {
            place,
            marking,
            kind,
            text: reader.text(MAX_FIELD)?,
        });
    }
    if !reader.is_done() {
        return Err(ArchiveError::Damaged(reader.at()));
    }
    Ok(out)
}

impl Document {
    fn grams(&self) -> Vec<u32> {
        let keys: Vec<String> = { self.text.paragraphs.iter() }
            .flat_map(|paragraph| demur_check::copy::keys(&paragraph.to_text()))
            .collect();
        grams(keys.iter().map(String::as_str))
    }

    pub(crate) fn bytes(&self) -> usize {
        let paragraphs = self.text.paragraphs.iter();
        paragraphs.map(|paragraph| paragraph.to_text().len()).sum()
    }
}
