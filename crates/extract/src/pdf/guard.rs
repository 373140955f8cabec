//! A look at a PDF's streams before anything unpacks them: what is packed too often or too tightly is refused.

use std::{borrow::Cow, io::Read as _};

use flate2::read::ZlibDecoder;

use crate::{
    ExtractError,
    limits::{MAX_PDF_STREAM, MAX_PDF_STREAMS, MAX_PDF_UNPACKED},
};

/// How often one stream may be packed in another.
const MAX_LAYERS: usize = 4;

/// Unpacks each deflated stream as far as allowed, and throws it away.
pub(super) fn check(bytes: &[u8]) -> Result<(), ExtractError> {
    let mut total = 0;
    let mut streams = 0;
    let mut at = 0;
    while let Some(found) = find(&bytes[at..], b"stream") {
        at += found + b"stream".len();
        let data = &bytes[at..];
        let data = data.strip_prefix(b"\r").unwrap_or(data);
        let data = data.strip_prefix(b"\n").unwrap_or(data);
        if !is_zlib(data) {
            continue;
        }
        streams += 1;
        if streams > MAX_PDF_STREAMS {
            return Err(ExtractError::Limit {
                what: "too many streams in the PDF",
                limit: MAX_PDF_STREAMS,
            });
        }
        let mut packed = Cow::Borrowed(data);
        for _ in 0..MAX_LAYERS {
            let mut unpacked = Vec::new();
            // What can't be unpacked to its end is read as far as it goes, as readers do.
            let _ = ZlibDecoder::new(packed.as_ref())
                .take(MAX_PDF_STREAM as u64 + 1)
                .read_to_end(&mut unpacked);
            total += unpacked.len();
            if unpacked.len() > MAX_PDF_STREAM || total > MAX_PDF_UNPACKED {
                return Err(ExtractError::Limit {
                    what: "the PDF's streams unpack to too much",
                    limit: if unpacked.len() > MAX_PDF_STREAM {
                        MAX_PDF_STREAM
                    } else {
                        MAX_PDF_UNPACKED
                    },
                });
            }
            if !is_zlib(&unpacked) {
                break;
            }
            packed = Cow::Owned(unpacked);
        }
    }
    Ok(())
}

/// The two bytes that zlib data begins with (RFC 1950, 2.2).
fn is_zlib(data: &[u8]) -> bool {
    data.len() > 2
        && data[0] & 0x0f == 8
        && (u16::from(data[0]) << 8 | u16::from(data[1])).is_multiple_of(31)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}
