//! Caps.

/// Caps of the readers; those of one reader alone stand in its files. A file over one of them is refused with the cap's value, and nothing of it is used.
pub mod limits {
    /// The largest file that is read, in bytes.
    pub const MAX_FILE: usize = 32 << 20;
    /// The longest text that is taken out of a file, in bytes.
    pub const MAX_TEXT: usize = 4 << 20;
    /// The most files in a DOCX's archive.
    pub const MAX_ZIP_ENTRIES: usize = 4_096;
    /// The most that one part of a DOCX may unpack to, in bytes.
    pub const MAX_PART: usize = 32 << 20;
    /// The most that all parts of a DOCX that are read may unpack to, in bytes.
    pub const MAX_UNPACKED: usize = 64 << 20;
    /// The most heads, feet and notes of a DOCX that are read.
    pub const MAX_STORIES: usize = 256;
    /// The most parts of custom XML of a DOCX that are taken out.
    pub const MAX_CUSTOM: usize = 64;
    /// The deepest nesting of elements in XML.
    pub const MAX_XML_DEPTH: usize = 256;
    /// The deepest nesting of elements in HTML that is followed.
    pub const MAX_HTML_DEPTH: usize = 512;
    /// How often a page's rules of style are held against its kinds of elements; what is beyond is a doubt.
    pub const MAX_STYLE_WORK: usize = 2_000_000;
    /// The most parts that a message may have.
    pub const MAX_MAIL_PARTS: usize = 128;
    /// The most multipart entities that a message may name: a bound of their nesting.
    pub const MAX_MULTIPARTS: usize = 32;
    /// The most words, and characters, that a message says itself beside an attached document and that are taken for a covering line. A text that has
    /// no more is no copy.
    pub const MAX_COVER_WORDS: usize = 4;
    /// See [`MAX_COVER_WORDS`].
    pub const MAX_COVER_CHARS: usize = 40;
    /// The longest chain of styles, each based on the next.
    pub const MAX_STYLE_CHAIN: usize = 32;
    /// The most styles of a document.
    pub const MAX_STYLES: usize = 10_000;
    /// The most pages of a PDF.
    pub const MAX_PAGES: usize = 500;
    /// The most glyphs on a PDF's pages.
    pub const MAX_GLYPHS: usize = 2_000_000;
    /// The most shapes that a page of a PDF may paint beside its text and still be looked at.
    pub const MAX_PAINTED: usize = 20_000;
    /// The most compressed streams of a PDF.
    pub const MAX_PDF_STREAMS: usize = 50_000;
    /// The most that one stream of a PDF may unpack to, in bytes.
    pub const MAX_PDF_STREAM: usize = 64 << 20;
    /// The most that all streams of a PDF may unpack to, in bytes.
    pub const MAX_PDF_UNPACKED: usize = 256 << 20;
    /// The most that the drawings that a PDF's pages draw, and those in them, come to, each as often as it is drawn, in bytes.
    pub const MAX_FORMS: usize = 64 << 20;
    /// The most lines of a message that may divide its parts.
    pub const MAX_DIVIDERS: usize = 20_000;
    /// The most doubts that are listed; the rest are counted.
    pub const MAX_DOUBTS: usize = 32;
    /// The most characters of a text that a doubt names.
    pub const MAX_DOUBT_TEXT: usize = 200;
}
