//! Bytes to characters.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// A text, and whether it was anything but plain UTF-8.
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) recoded: bool,
    /// Whether bytes could not be decoded.
    pub(crate) broken: bool,
    pub(crate) charset: &'static str,
}

/// By the byte order mark, else as told, else as UTF-8 where it is that, else as Windows-1252, which every byte fits.
pub(crate) fn decode(bytes: &[u8], told: Option<&str>) -> Decoded {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return with(encoding, &bytes[mark..], true);
    }
    if let Some(encoding) = told.and_then(|label| Encoding::for_label(label.as_bytes()))
        && encoding != UTF_8
    {
        return with(encoding, bytes, !bytes.is_ascii());
    }
    match str::from_utf8(bytes) {
        Ok(text) => Decoded {
            text: text.to_owned(),
            recoded: false,
            broken: false,
            charset: "UTF-8",
        },
        Err(_) if told.is_some() => with(UTF_8, bytes, true),
        Err(_) => with(WINDOWS_1252, bytes, true),
    }
}

fn with(encoding: &'static Encoding, bytes: &[u8], recoded: bool) -> Decoded {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    Decoded {
        text: text.into_owned(),
        recoded,
        broken,
        charset: encoding.name(),
    }
}
