//! What a copy says: the text of a file that somebody holds, and what speaks against it.
//!
//! In scope: plain text and Markdown, HTML (WHATWG syntax), mail (RFC 5322, MIME), DOCX (ECMA-376), and with
//! the feature `pdf` PDF (ISO 32000). A file is told by its content; a name is a hint and never believed. Out of scope: comparing (`demur-check`), running
//! anything that is embedded, fetching anything, OCR.
//!
//! A copy is not its text alone: a file may show something else than a program reads out of it. What the
//! readers see of that is a [`Doubt`]. While there is one, no copy may be called identical.
//!
//! Everything here is pure: bytes in, text out. Each cap is a constant of [`limits`].

mod charset;
mod docx;
mod doubt;
mod foreign;
mod html;
mod limit;
mod mail;
#[cfg(feature = "pdf")]
mod pdf;
mod quoted;
mod script;
mod second;
mod sniff;
mod text;

use serde::{Deserialize, Serialize};

pub use docx::custom_xml;
pub use doubt::{Doubt, DoubtKind};
pub use limit::limits;
#[cfg(feature = "pdf")]
pub use pdf::write_pdf;
pub use second::contradiction;

/// What kind of file a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// Plain text.
    Text,
    /// Markdown, perhaps with a memo's head.
    Markdown,
    /// A web page.
    Html,
    /// A message (RFC 5322 with MIME).
    Mail,
    /// Office Open XML, WordprocessingML.
    Docx,
    /// Portable Document Format; read with the feature `pdf`.
    Pdf,
}

impl Format {
    /// For people: what kind of file.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Text => "plain text",
            Self::Markdown => "Markdown",
            Self::Html => "a web page",
            Self::Mail => "a mail message",
            Self::Docx => "a DOCX document",
            Self::Pdf => "a PDF",
        }
    }
}

/// What is known of a file beside its bytes; it decides only between forms of text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint<'a> {
    /// The file's name.
    pub name: Option<&'a str>,
    /// Its media type, for example `text/html`.
    pub media_type: Option<&'a str>,
}

impl<'a> Hint<'a> {
    /// A file of that name.
    #[must_use]
    pub const fn name(name: &'a str) -> Self {
        Self {
            name: Some(name),
            media_type: None,
        }
    }
}

/// What a copy says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extracted {
    /// What kind of file it is.
    pub format: Format,
    /// Its text; more than one where the file can be read in more than one way. Never empty.
    pub readings: Vec<Reading>,
    /// What speaks against taking the text for what the file shows.
    pub doubts: Vec<Doubt>,
    /// What was disregarded when the text was taken out, in the order of [`Rule::ALL`].
    pub disregarded: Vec<Rule>,
    /// What else the reader of a verdict should know: attachments, comments.
    pub notes: Vec<String>,
    /// Text that stands in the file more often than in its reading: heads and feet that repeat.
    pub repeated: String,
}

/// One way to read a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Which.
    pub label: Label,
    /// Paragraphs with an empty line between them.
    pub text: String,
    /// Where in it blocks stand that the file's markup, or signs before their lines, set apart as quotations, in bytes: whole paragraphs, in order.
    pub quoted: Vec<std::ops::Range<usize>>,
}

impl Reading {
    /// Its text for whoever looks for quotations: block quotations by markup have the sign `>` before each line, as in plain text. Lines keep
    /// their numbers.
    #[must_use]
    pub fn article(&self) -> String {
        let mut out = String::with_capacity(self.text.len() + 2 * self.quoted.len());
        let (mut at, mut ranges) = (0, self.quoted.iter().peekable());
        for line in self.text.split_inclusive('\n') {
            while ranges.next_if(|range| range.end <= at).is_some() {}
            let quoted = ranges.peek().is_some_and(|range| range.contains(&at));
            if quoted && !line.trim().is_empty() {
                out.push_str("> ");
            }
            out.push_str(line);
            at += line.len();
        }
        out
    }
}

/// Which way a copy was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Label {
    /// There is one only.
    Only,
    /// A document as its tracked changes would leave it.
    Accepted,
    /// A document as it was before its tracked changes.
    Before,
    /// A message's `text/plain` part.
    PlainPart,
    /// A message's `text/html` part.
    HtmlPart,
    /// A document that is attached to a message.
    Attachment,
    /// What the message that brought it says itself.
    Message,
}

impl Label {
    /// For people: which reading.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Only => "the text",
            Self::Accepted => "with its tracked changes accepted",
            Self::Before => "as before its tracked changes",
            Self::PlainPart => "the message's plain text",
            Self::HtmlPart => "the message's HTML text",
            Self::Attachment => "the attached document",
            Self::Message => "the message's own text",
        }
    }
}

/// What is disregarded when a text is taken out of a file. The rules of the text itself are those of `demur-check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Rule {
    /// How characters are coded: another charset than UTF-8, a byte order mark.
    Charset,
    /// Quoted-printable and base64.
    TransferEncoding,
    /// The signs `>` before each line of several quoted paragraphs.
    QuoteSigns,
    /// A message's header fields: sender, date, subject.
    MailHeaders,
    /// HTML's elements, attributes, comments and character references.
    HtmlMarkup,
    /// What a browser shows beside the page: its title.
    HtmlTitle,
    /// Fonts, sizes, colours, alignment, tables, links.
    Formatting,
    /// Numbers and signs that a program puts before list items, written out.
    ListNumbers,
    /// What computes a text, where the file holds the text that it gave: page numbers, links.
    FieldCodes,
    /// `st`, `nd`, `rd` and `th` raised after a number, written on the line.
    Ordinals,
    /// Marks that refer to notes; the notes' text counts.
    NoteMarks,
    /// Where pages end; heads and feet that are the same on each page are read once.
    RunningHeads,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 12] = [
        Self::Charset,
        Self::TransferEncoding,
        Self::QuoteSigns,
        Self::MailHeaders,
        Self::HtmlMarkup,
        Self::HtmlTitle,
        Self::Formatting,
        Self::ListNumbers,
        Self::FieldCodes,
        Self::Ordinals,
        Self::NoteMarks,
        Self::RunningHeads,
    ];

    /// For people: what was disregarded.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Charset => "how characters are coded",
            Self::TransferEncoding => "the mail's transfer encoding",
            Self::QuoteSigns => "signs `>` before quoted lines",
            Self::MailHeaders => "the mail's header fields",
            Self::HtmlMarkup => "HTML markup",
            Self::HtmlTitle => "the page's title",
            Self::Formatting => "formatting",
            Self::ListNumbers => "automatic list numbers",
            Self::FieldCodes => "fields, by the text they show",
            Self::Ordinals => "raised st, nd, rd, th",
            Self::NoteMarks => "marks of notes",
            Self::RunningHeads => "page ends, heads and feet that repeat",
        }
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.describe())
    }
}

/// Why a file can't be read as a copy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractError {
    /// Over [`limits::MAX_FILE`].
    #[error(
        "the file has {size} bytes, at most {} are read; save its text alone",
        limits::MAX_FILE
    )]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// A format that is not read.
    #[error("this is {what}: {advice}")]
    Unsupported {
        /// What it is.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// It is a PDF, or has one in it, and this build reads none (feature `pdf`).
    #[error("PDF can't be read here: save its text as .txt, or use the program")]
    Pdf,
    /// Its content can't be read without a password.
    #[error("{what} is encrypted; save it without a password")]
    Encrypted {
        /// What.
        what: &'static str,
    },
    /// It breaks the rules of its format, or is cut off.
    #[error("damaged {format}: {reason}; ask for it again, or save its text as .txt")]
    Damaged {
        /// The format.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// It would grow over a limit when it is read.
    #[error("{what} (limit {limit}): no document of a memo's kind needs that, so it is not read")]
    Limit {
        /// What exceeds.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// There is no text in it.
    #[error("there is no text in this {format}: {advice}")]
    Empty {
        /// The format.
        format: &'static str,
        /// What to do.
        advice: &'static str,
    },
}

/// Reads a file.
///
/// # Errors
/// When it is of no known format, damaged, encrypted, empty, or over a limit; nothing of it is then believed.
pub fn extract(bytes: &[u8], hint: Hint<'_>) -> Result<Extracted, ExtractError> {
    if bytes.len() > limits::MAX_FILE {
        return Err(ExtractError::TooLarge { size: bytes.len() });
    }
    match sniff::sniff(bytes, hint)? {
        sniff::Kind::Text(format) => text::read(bytes, format),
        sniff::Kind::Html => html::read(bytes, None),
        sniff::Kind::Mail => mail::read(bytes),
        sniff::Kind::Zip => docx::read(bytes),
        #[cfg(feature = "pdf")]
        sniff::Kind::Pdf => pdf::read(bytes),
    }
}
