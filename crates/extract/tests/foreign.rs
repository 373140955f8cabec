//! What is said of files that are no copy that can be read: what each is, and what to do.

mod common;

use std::io::{Cursor, Write as _};

use common::{Docx, p, refused, zipped};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// Words of libraries and standards, of which a person knows nothing.
const JARGON: [&str; 8] = [
    "EOCD",
    "Zip archive",
    "syntax",
    "tag",
    "deflate",
    "IllFormed",
    "I/O",
    "stream",
];

#[track_caller]
fn says(bytes: &[u8], what: &str, advice: &str) {
    let said = refused(bytes);
    assert!(said.contains(what) && said.contains(advice), "{said}");
    for word in JARGON {
        assert!(!said.contains(word), "{word}: {said}");
    }
}

/// An archive whose files are kept as they are.
fn stored(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in parts {
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An OLE compound file with a stream of that name, as far as its look goes.
fn compound(stream: &str) -> Vec<u8> {
    let mut out = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    out.resize(2_048, 0);
    out.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
    out.resize(4_096, 0);
    out
}

#[test]
fn documents_of_other_programs() {
    let odt = stored(&[
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", b"<x/>"),
    ]);
    says(
        &odt,
        "an OpenDocument text (.odt)",
        "save it as DOCX, PDF or plain text",
    );
    // Cut off, it is still told as what it is.
    says(
        &odt[..odt.len() - 40],
        "an OpenDocument text (.odt)",
        "save it as",
    );
    let pages = stored(&[("Index/Document.iwa", b"x"), ("preview.jpg", b"x")]);
    says(
        &pages,
        "Apple's Pages",
        "save it as DOCX, PDF or plain text",
    );
    says(
        b"{\\rtf1\\ansi We do not agree.}",
        "an RTF document",
        "save it as DOCX",
    );
    says(
        &compound("WordDocument"),
        "an old Word document (.doc)",
        "save it as DOCX",
    );
    says(
        &compound("Workbook"),
        "an old Excel file",
        "save it as DOCX",
    );
    says(
        &compound("EncryptedPackage"),
        "with a password",
        "without a password",
    );
    says(
        &compound("__substg1.0_0037001F"),
        "Outlook",
        "save it as .eml",
    );
    says(&compound("Other"), "an old office file", "save it as DOCX");
}

#[test]
fn pictures() {
    let advice = "type what it shows into a text file";
    says(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a picture (PNG)", advice);
    says(b"\xff\xd8\xff\xe0\0\x10JFIF\0", "a picture (JPEG)", advice);
    says(
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "a picture (HEIC)",
        advice,
    );
    says(b"\0\0\0\x18ftypavif\0\0\0\0", "a picture (AVIF)", advice);
    says(b"RIFF\0\0\0\0WEBPVP8 ", "a picture (WebP)", advice);
    says(b"BM\x36\0\0\0", "a picture (BMP)", advice);
    // Text that begins so is text.
    assert!(
        demur_extract::extract(
            b"BM will not sign what is asked.",
            demur_extract::Hint::default()
        )
        .is_ok()
    );
}

#[test]
fn archives() {
    let plain = zipped(&[("memo.txt".to_owned(), b"We do not agree.".to_vec())]);
    says(&plain, "a ZIP archive", "unpack it");
    says(&plain[..plain.len() - 30], "a ZIP archive", "unpack it");
    // The names of a document within it are not its own.
    let docx = Docx::new(&p("We do not agree.")).bytes();
    says(
        &stored(&[("memo.docx", &docx)]),
        "a ZIP archive",
        "unpack it",
    );
    says(&stored(&[]), "a ZIP archive", "unpack it");
    says(b"\x1f\x8b\x08\0\0\0\0\0", "a gzip archive", "unpack it");
}

#[test]
fn a_damaged_document() {
    let again = "ask for it again, or save its text as .txt";
    let whole = Docx::new(&p("We do not agree that the weir can be closed.")).bytes();
    // Cut off anywhere: in the first part's name, in a part, in the table of files.
    for end in [
        10,
        whole.len() / 3,
        whole.len() / 2,
        whole.len() - 60,
        whole.len() - 5,
    ] {
        says(&whole[..end], "damaged DOCX: it is cut off", again);
    }
    // The text's part does not unpack any more.
    let name = b"word/document.xml";
    let at = whole.windows(name.len()).position(|w| w == name).unwrap() + name.len();
    let mut hurt = whole.clone();
    hurt[at..at + 24].fill(0xff);
    says(
        &hurt,
        "damaged DOCX: its part word/document.xml can't be unpacked",
        again,
    );
    // It unpacks, and is no XML.
    for body in ["<w:p", "<w:p a=b/>", "<w:p></w:r>"] {
        says(
            &Docx::new(body).bytes(),
            "damaged DOCX: word/document.xml: its XML is broken",
            again,
        );
    }
}

#[cfg(feature = "pdf")]
#[test]
fn a_damaged_pdf() {
    let whole = common::Pdf::new()
        .page(&common::lines(&["We do not agree."]))
        .bytes();
    for end in [9, whole.len() / 2, whole.len() - 20] {
        let again = "ask for it again, or save its text as .txt";
        says(&whole[..end], "damaged PDF: it is cut off", again);
    }
}
