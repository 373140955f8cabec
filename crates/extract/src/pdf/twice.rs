//! Dictionaries that say one thing twice: readers take the first or the last (ISO 32000-1, 7.3.7, has none of them).

use std::collections::{HashMap, hash_map::Entry};

use hayro_interpret::hayro_syntax::object::Dict;

use crate::pdf::guard::{name, without_space};

/// The name that a dictionary has twice, with two values.
pub(super) fn twice(dict: &Dict<'_>) -> Option<String> {
    let data = dict.data();
    let all = data.strip_prefix(b"<<").unwrap_or(data);
    let all = all.strip_suffix(b">>").unwrap_or(all);
    let mut seen: HashMap<Vec<u8>, &[u8]> = HashMap::new();
    let mut rest = all;
    // The last key, and where its value begins; whether there is one already.
    let mut key: Option<(Vec<u8>, usize)> = None;
    let mut held = false;
    loop {
        rest = without_space(rest);
        let at = all.len() - rest.len();
        // The first name behind a value is the next key: a name may be a value, and a reference is three.
        let is_key = rest.first() == Some(&b'/') && (key.is_none() || held);
        if is_key || rest.is_empty() {
            if let Some((name, from)) = key.take() {
                let value = all[from..at].trim_ascii();
                match seen.entry(name) {
                    Entry::Occupied(other) if *other.get() != value => {
                        return Some(String::from_utf8_lossy(other.key()).into_owned());
                    }
                    Entry::Occupied(_) => {}
                    Entry::Vacant(place) => {
                        place.insert(value);
                    }
                }
            }
            if rest.is_empty() {
                return None;
            }
        }
        if is_key {
            let (name, behind) = name(&rest[1..]);
            key = Some((name, all.len() - behind.len()));
            rest = behind;
        } else {
            rest = &rest[token(rest)..];
        }
        held = !is_key;
    }
}

/// How long the first token is, a string or all that stands in brackets being one; never nothing.
fn token(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'/') => 1 + plain(&bytes[1..]),
        Some(b'(') => string(bytes),
        Some(b'[' | b'<') => nested(bytes),
        _ => plain(bytes).max(1),
    }
    .min(bytes.len())
}

fn plain(bytes: &[u8]) -> usize {
    let ends = |b: &u8| b.is_ascii_whitespace() || *b == 0 || b"()<>[]{}/%".contains(b);
    bytes.iter().position(ends).unwrap_or(bytes.len())
}

fn string(bytes: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}

fn nested(bytes: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'(' => {
                at += string(&bytes[at..]);
                continue;
            }
            b'%' => {
                let end = bytes[at..].iter().position(|b| matches!(b, b'\r' | b'\n'));
                at += end.unwrap_or(bytes.len() - at);
                continue;
            }
            b'[' | b'<' => depth += 1,
            b']' | b'>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}
