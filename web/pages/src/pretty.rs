//! Canonical JSON as people read it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::words::is_hidden;

/// The longest string that is shown whole, in characters.
const STRING: usize = 200;

/// How much of a longer one is shown, in characters.
const BEGINNING: usize = 48;

/// The longest list that is shown whole.
const LIST: usize = 64;

/// How much of a longer one is shown.
const FIRST: usize = 16;

/// The JSON with line breaks; of long strings and lists only the beginning, and how long they are. What can't be seen stands
/// as an escape.
///
/// # Errors
/// When the bytes are no JSON.
pub(crate) fn json(bytes: &[u8]) -> Result<String, serde_json::Error> {
    let mut value = serde_json::from_slice(bytes)?;
    shorten(&mut value);
    serde_json::to_string_pretty(&value).map(|text| visible(&text))
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((at, _)) = text.char_indices().nth(STRING) {
                let all = text.chars().count();
                let cut = text.char_indices().nth(BEGINNING).map_or(at, |(at, _)| at);
                text.truncate(cut);
                let _ = write!(text, "… ({all} characters)");
            }
        }
        Value::Array(list) => {
            let all = list.len();
            if all > LIST {
                list.truncate(FIRST);
                list.push(Value::String(format!("… ({} more)", all - FIRST)));
            }
            list.iter_mut().for_each(shorten);
        }
        Value::Object(map) => map.values_mut().for_each(shorten),
        _ => {}
    }
}

/// The text with what can't be seen as JSON writes it.
pub(crate) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            let _ = write!(visible, "{}", c.escape_unicode());
        } else {
            visible.push(c);
        }
    }
    visible
}

/// How many bytes the text takes as HTML.
pub(crate) fn size(text: &str) -> usize {
    text.chars().map(sent).sum()
}

const fn sent(c: char) -> usize {
    // askama writes these as numbers: `&#60;`.
    if matches!(c, '<' | '>' | '&' | '"' | '\'') {
        5
    } else {
        c.len_utf8()
    }
}

/// The beginning of the text that takes at most `most` bytes as HTML, and whether that is all of it.
pub(crate) fn cut(text: &str, most: usize) -> (String, bool) {
    let mut left = most;
    for (at, c) in text.char_indices() {
        match left.checked_sub(sent(c)) {
            Some(rest) => left = rest,
            None => return (text.get(..at).unwrap_or_default().to_owned(), false),
        }
    }
    (text.to_owned(), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_parts_are_shortened_and_what_hides_is_seen() {
        let list = vec!["x"; 65];
        let bytes = serde_json::to_vec(&serde_json::json!({
            "a": "y".repeat(201), "b": list, "c": "z".repeat(200), "d": "left\u{202e}thgir", "e": 7
        }));
        let text = json(&bytes.unwrap()).unwrap();
        assert!(text.contains(&format!("\"{}… (201 characters)\"", "y".repeat(48))));
        assert_eq!(text.matches("\"x\"").count(), 16);
        assert!(text.contains("… (49 more)"));
        assert!(text.contains(&"z".repeat(200)));
        assert!(text.contains("left\\u{202e}thgir") && text.contains("\"e\": 7"));
        assert!(json(b"{").is_err());
    }

    #[test]
    fn what_is_cut_is_counted_as_it_is_sent() {
        assert_eq!(cut("abc", 3), ("abc".to_owned(), true));
        assert_eq!(cut("abcd", 3), ("abc".to_owned(), false));
        assert_eq!(cut("<<<", 12), ("<<".to_owned(), false));
        assert_eq!(cut("äöü", 5), ("äö".to_owned(), false));
        assert_eq!(cut("", 0), (String::new(), true));
        assert_eq!(size("<ä\"b"), 13);
    }
}
