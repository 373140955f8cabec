//! Which characters a memo may hold.

/// A character that a memo may not hold, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the character U+{:04X} can't be seen and is not allowed; delete it", *.character as u32)]
pub struct Uncleanable {
    /// The character.
    pub character: char,
    /// Its offset in the text, in bytes.
    pub at: usize,
}

/// `text` in Unicode normalization form C with `\n` as its only line end, if it holds no
/// character that is refused.
///
/// Refused are control characters other than tab and line feed, and characters that nobody sees
/// but a program does: zero-width spaces, soft hyphens, bidirectional overrides, tags. With them
/// two copies that look alike could differ, which would mark the person each was given to.
/// Joiners that scripts need (U+200C, U+200D) are allowed.
///
/// # Errors
/// The first refused character.
pub fn clean(text: &str) -> Result<String, Uncleanable> {
    let text = text.replace("\r\n", "\n");
    if let Some((at, character)) = text.char_indices().find(|(_, c)| is_refused(*c)) {
        return Err(Uncleanable { character, at });
    }
    Ok(composed(&text))
}

/// Normalization form C.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
fn composed(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;

    text.nfc().collect()
}

/// Normalization form C, by the browser, whose tables need not be loaded. By the standard's stability policy all versions of
/// it agree on every character that they know. A character that only one of the two knows makes a version's root
/// differ from what its author signed: it is refused then, and nothing else happens.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
fn composed(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    js_sys::JsString::from(text).normalize("NFC").into()
}

/// Normalization form KD: accents by themselves, and the letters that stand for a ligature or a wide letter.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(crate) fn decomposed(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;

    text.nfkd().collect()
}

/// Normalization form KD, by the browser.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(crate) fn decomposed(text: &str) -> String {
    js_sys::JsString::from(text).normalize("NFKD").into()
}

/// `text` with every run of white space as one space, and none at its ends.
pub(crate) fn single_spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn is_refused(c: char) -> bool {
    if c == '\n' || c == '\t' {
        return false;
    }
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_refused() {
        for bad in [
            "a\u{200b}b",
            "\u{feff}a",
            "a\rb",
            "\0",
            "a\u{202e}b",
            "a\u{ad}",
            "\u{e0041}",
        ] {
            assert!(clean(bad).is_err(), "{bad:?}");
        }
        assert_eq!(
            clean("a\u{301}\r\nb\tc\u{a0}d").unwrap(),
            "\u{e1}\nb\tc\u{a0}d"
        );
    }
}
