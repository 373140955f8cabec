//! Bytes to characters.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use crate::{
    Rule,
    doubt::{DoubtKind, Doubts},
};

/// A text, and whether it was anything but plain UTF-8.
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) recoded: bool,
    /// Whether bytes could not be decoded.
    pub(crate) broken: bool,
    pub(crate) charset: &'static str,
}

impl Decoded {
    /// The text; what reading it took is told.
    pub(crate) fn tell(self, doubts: &mut Doubts, rules: &mut Vec<Rule>) -> String {
        if self.recoded {
            rules.push(Rule::Charset);
        }
        if self.broken {
            doubts.add(
                DoubtKind::Contradiction,
                "",
                "bytes that are no characters of its charset",
            );
        }
        self.text
    }
}

/// The charset is said to be what is unknown, or several.
pub(crate) fn doubtful(labels: &str, doubts: &mut Doubts) {
    let what = format!("its charset is said to be {labels}");
    doubts.add(DoubtKind::Contradiction, "", &what);
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
