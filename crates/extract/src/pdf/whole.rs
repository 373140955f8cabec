//! Whether a PDF is whole: its end is there, and its tables lead to its objects.
//!
//! Readers mend what is not, each in its own way, by what looks like an object: what one shows another may not. A file that is cut off says less
//! than it did, and nothing in it says so. So none of that is read.

use hayro_interpret::hayro_syntax::{
    Pdf,
    object::{Object, ObjectIdentifier},
};

use crate::ExtractError;

/// How near to its end a file must say where its tables begin: what a mail program or a disk adds is less (ISO 32000-1, Annex H, note 18
/// of its implementation, has 1,024 bytes).
const END: usize = 2_048;

/// An object that no table names, since the file does not have it. The reader finds it only if it looks for objects by itself: if there is no
/// table, or where one does not lead to what it names.
const LURE: u32 = 8_388_607;

/// What is wrong with a file that is not whole.
pub(super) fn broken() -> ExtractError {
    ExtractError::Damaged {
        format: "PDF",
        reason: "it is cut off, or its tables do not lead to its objects".to_owned(),
    }
}

/// Whether it ends as a PDF does (7.5.5).
pub(super) fn check_end(bytes: &[u8]) -> Result<(), ExtractError> {
    let padding = |b: &u8| b.is_ascii_whitespace() || *b == 0;
    let end = bytes
        .iter()
        .rposition(|b| !padding(b))
        .map_or(0, |at| at + 1);
    let end = &bytes[end.saturating_sub(END)..end];
    let word = b"startxref";
    let at = end.windows(word.len()).rposition(|w| w == word);
    let place = at.map(|at| end[at + word.len()..].trim_ascii_start());
    let rest = place.and_then(|place| {
        let digits = place.iter().take_while(|b| b.is_ascii_digit()).count();
        (digits > 0).then(|| place[digits..].trim_ascii_start())
    });
    match rest {
        Some(rest) if rest.starts_with(b"%%EOF") => Ok(()),
        _ => Err(broken()),
    }
}

/// The file with what tells whether the reader had to look for its objects.
pub(super) fn with_lure(bytes: &[u8]) -> Vec<u8> {
    let lure = format!("\n{LURE} 0 obj\n(none)\nendobj\n");
    [bytes, lure.as_bytes()].concat()
}

/// Whether the reader went by the file's tables alone, in all that it has read so far.
pub(super) fn check_tables(pdf: &Pdf) -> Result<(), ExtractError> {
    let lure = ObjectIdentifier::new(LURE, 0);
    match pdf.xref().get::<Object<'_>>(lure) {
        None => Ok(()),
        Some(_) => Err(broken()),
    }
}
