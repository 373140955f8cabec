//! Formats that are not read: what a file is instead, in a person's words, and what to do.

use crate::ExtractError;

/// What a file is, and what to do with it.
type Told = (&'static str, &'static str);

const SAVE: &str = "open it in the program that made it, and save it as DOCX, PDF or plain text";
const RETYPE: &str = "type what it shows into a text file (or have it read by OCR and hold that against the picture), and give that";
const UNPACK: &str = "unpack it, and give the document in it";

/// Signs at a file's beginning. Those of two bytes count with a zero byte after them alone, which no text has.
const SIGNS: &[(&[u8], &str, &str)] = &[
    (b"{\\rtf", "an RTF document", SAVE),
    (b"\xffWPC", "a WordPerfect document", SAVE),
    (b"%!PS", "a PostScript file", "save it as PDF or plain text"),
    (b"\x89PNG", "a picture (PNG)", RETYPE),
    (b"\xff\xd8\xff", "a picture (JPEG)", RETYPE),
    (b"GIF8", "a picture (GIF)", RETYPE),
    (b"II*\0", "a picture (TIFF)", RETYPE),
    (b"MM\0*", "a picture (TIFF)", RETYPE),
    (b"BM", "a picture (BMP)", RETYPE),
    (b"\x1f\x8b", "a gzip archive", UNPACK),
    (b"7z\xbc\xaf", "a 7z archive", UNPACK),
    (b"Rar!", "a RAR archive", UNPACK),
];

/// How an OLE compound file begins (MS-CFB 2.2), and what the names of its streams say that it is.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const STREAMS: &[(&str, &str, &str)] = &[
    (
        "EncryptedPackage",
        "an office file with a password",
        "save it without a password, as DOCX, PDF or plain text",
    ),
    ("WordDocument", "an old Word document (.doc)", SAVE),
    ("Workbook", "an old Excel file (.xls)", SAVE),
    ("PowerPoint Document", "an old PowerPoint file (.ppt)", SAVE),
    (
        "__substg1.0_",
        "a message of Outlook (.msg)",
        "save it as .eml or plain text",
    ),
];

/// Where brands of ISO base media files stand (ISO/IEC 14496-12, 4.3), and those of pictures.
const BRAND_AT: usize = 4;
const BRAND: &[u8] = b"ftyp";
const PICTURES: &[(&[u8], &str)] = &[
    (b"heic", "a picture (HEIC)"),
    (b"heix", "a picture (HEIC)"),
    (b"heim", "a picture (HEIC)"),
    (b"heis", "a picture (HEIC)"),
    (b"hevc", "a picture (HEIC)"),
    (b"hevx", "a picture (HEIC)"),
    (b"mif1", "a picture (HEIC)"),
    (b"msf1", "a picture (HEIC)"),
    (b"avif", "a picture (AVIF)"),
    (b"avis", "a picture (AVIF)"),
];

/// What programs other than word processors of DOCX keep in their archives: an entry's name that begins so, or the type that ODF and EPUB
/// write at the archive's beginning (ODF 1.3, Part 2, 3.3).
const TYPES: &[(&[u8], &str)] = &[
    (
        b"application/vnd.oasis.opendocument.text",
        "an OpenDocument text (.odt)",
    ),
    (
        b"application/vnd.oasis.opendocument.spreadsheet",
        "an OpenDocument spreadsheet (.ods)",
    ),
    (
        b"application/vnd.oasis.opendocument",
        "an OpenDocument file",
    ),
    (b"application/epub+zip", "an EPUB book"),
];
const APPLE: &str = "a document of Apple's Pages, Numbers or Keynote";
const ENTRIES: &[(&[u8], &str)] = &[
    (b"xl/", "an Excel file (.xlsx)"),
    (b"ppt/", "a PowerPoint file (.pptx)"),
    (b"Index/Document.iwa", APPLE),
    (b"Index.zip", APPLE),
    (b"index.apxl", APPLE),
];

/// An entry's sign in an archive; how long its head is; where its flags, the length of what it holds, of its name and of further fields
/// stand there; the flag that says that the length stands elsewhere (APPNOTE 4.3.7, 4.4.4).
const ENTRY: &[u8] = b"PK\x03\x04";
const ENTRY_HEAD: usize = 30;
const FLAGS: usize = 6;
const LENGTH: usize = 18;
const NAME_LENGTH: usize = 26;
const EXTRA_LENGTH: usize = 28;
const LENGTH_ELSEWHERE: usize = 1 << 3;

/// The first bytes of the first entry's content that may be a type's name.
const TYPE_WINDOW: usize = 128;

/// What a file is that is neither text nor a document that can be read; `None` where nothing says so.
pub(crate) fn told(bytes: &[u8]) -> Option<Told> {
    if bytes.starts_with(COMPOUND) {
        return Some(compound(bytes));
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some(("a picture (WebP)", RETYPE));
    }
    if bytes.get(BRAND_AT..BRAND_AT + BRAND.len()) == Some(BRAND) {
        let brand = &bytes[BRAND_AT + BRAND.len()..];
        let picture = PICTURES.iter().find(|(sign, _)| brand.starts_with(sign));
        let what = picture.map_or("a film or sound", |(_, what)| *what);
        return Some((what, RETYPE));
    }
    let zero = bytes.iter().take(TYPE_WINDOW).any(|b| *b == 0);
    let is = |sign: &[u8]| bytes.starts_with(sign) && (sign.len() > 2 || zero);
    let found = SIGNS.iter().find(|(sign, ..)| is(sign));
    found.map(|(_, what, advice)| (*what, *advice))
}

/// The names of streams are in UTF-16.
fn compound(bytes: &[u8]) -> Told {
    let has = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(wide.len()).any(|w| w == wide)
    };
    let found = STREAMS.iter().find(|(name, ..)| has(name));
    found.map_or(
        ("an old office file, or one with a password", SAVE),
        |(_, what, advice)| (*what, *advice),
    )
}

/// Why an archive is no DOCX, by what can be seen of it without its directory, which may be damaged; `None` where it looks like one.
pub(crate) fn archive(bytes: &[u8]) -> Option<ExtractError> {
    let names = entries(bytes);
    let has = |start: &[u8]| names.iter().any(|name| name.starts_with(start));
    if has(b"word/") {
        return None;
    }
    let first = bytes.get(ENTRY_HEAD..).unwrap_or_default();
    let first = &first[..first.len().min(TYPE_WINDOW)];
    let has_type = |sign: &[u8]| first.windows(sign.len()).any(|w| w == sign);
    let typed = TYPES.iter().find(|(sign, _)| has_type(sign));
    let known = typed.or_else(|| ENTRIES.iter().find(|(start, _)| has(start)));
    let (what, advice) = match known.map(|(_, what)| *what) {
        Some(what) => (what, SAVE),
        // A document whose first part alone is left, or one by another program.
        None if bytes.starts_with(ENTRY) && names.is_empty() => return None,
        None if has(b"[Content_Types].xml") || has(b"_rels/") => return None,
        None => ("a ZIP archive, but no DOCX", UNPACK),
    };
    Some(ExtractError::Unsupported { what, advice })
}

/// The names of an archive's entries, in order. Each is stepped over, so that those of an archive within it are none of its own.
fn entries(bytes: &[u8]) -> Vec<&[u8]> {
    let number = |at: usize, length: usize| -> Option<usize> {
        let bytes = bytes.get(at..at + length)?.iter().rev();
        Some(bytes.fold(0, |n, b| n << 8 | usize::from(*b)))
    };
    let entry = |at: usize| {
        let name = number(at + NAME_LENGTH, 2)?;
        let elsewhere = number(at + FLAGS, 2)? & LENGTH_ELSEWHERE != 0;
        let length = if elsewhere {
            0
        } else {
            number(at + LENGTH, 4)?
        };
        let begin = at + ENTRY_HEAD;
        let end = begin + name + number(at + EXTRA_LENGTH, 2)?;
        Some((bytes.get(begin..begin + name)?, end.saturating_add(length)))
    };
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..) {
        let Some(found) = rest.windows(ENTRY.len()).position(|w| w == ENTRY) else {
            break;
        };
        let Some((name, next)) = entry(at + found) else {
            break;
        };
        out.push(name);
        at = next;
    }
    out
}
