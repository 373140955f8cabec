//! A block of names after the text: a list of signers, which no registered text carries.

use crate::copy::slips::Vocabulary;

/// The longest line that may be one of names, in words; the longest name.
const MAX_LINE: usize = 24;
const MAX_NAME: usize = 8;

/// Small words within names and the titles beside them.
const PARTICLES: [&str; 24] = [
    "de", "da", "di", "del", "der", "den", "des", "du", "la", "le", "van", "von", "zu", "bin",
    "ibn", "al", "el", "y", "e", "of", "the", "for", "and", "ter",
];

/// What may stand before names.
const HEADINGS: [&str; 8] = [
    "signed",
    "signed by",
    "signatures",
    "signatories",
    "signers",
    "respectfully",
    "names",
    "s",
];

/// The lines of a block, if they are names and nothing else.
pub(super) fn of_block(lines: &[String], vocabulary: &Vocabulary) -> Vec<String> {
    let mut out = Vec::new();
    for line in lines {
        if is_heading(line) {
            continue;
        }
        let line = without_heading(line);
        let words = line.split_whitespace().count();
        let parts: Vec<&str> = line
            .split([',', ';'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        if words > MAX_LINE
            || parts.is_empty()
            || !parts
                .iter()
                .enumerate()
                .all(|(n, part)| is_name(part, n > 0, vocabulary))
        {
            return Vec::new();
        }
        // One capitalised word alone may be anything, but for the way a telegram is signed.
        let [first, ..] = parts[..] else {
            return Vec::new();
        };
        let one = first.split_whitespace().count() == 1;
        if one && lines.len() == 1 && first.chars().any(char::is_lowercase) {
            return Vec::new();
        }
        // Names one after another; two parts are a name and a title.
        if parts.len() > 2 && parts.iter().all(|part| part.split_whitespace().count() > 1) {
            out.extend(parts.iter().map(|part| (*part).to_owned()));
        } else {
            out.push(line.to_owned());
        }
    }
    out
}

/// Whether it is what stands above names.
pub(super) fn is_heading(line: &str) -> bool {
    let bare = line.trim_matches(|c: char| !c.is_alphanumeric());
    HEADINGS.contains(&bare.to_lowercase().as_str())
}

/// A line without its number, bullet, `/s/` or `Signed:`.
fn without_heading(line: &str) -> &str {
    let mut rest = line.trim();
    for start in [
        "/s/",
        "s/",
        "Signed by:",
        "Signed by",
        "Signed:",
        "(Signed)",
        "Signed",
        "-",
        "*",
        "•",
    ] {
        if let Some(after) = rest.strip_prefix(start)
            && (after.starts_with(char::is_whitespace) || start.ends_with(['/', ':', ')']))
        {
            rest = after.trim_start();
        }
    }
    if let Some((number, after)) = rest.split_once(['.', ')'])
        && (1..=3).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        rest = after.trim_start();
    }
    rest
}

/// Capitalised words, initials and particles; the first is none that the registered text has in small letters, unless it
/// may be a title.
fn is_name(part: &str, title: bool, vocabulary: &Vocabulary) -> bool {
    let words: Vec<&str> = part.split_whitespace().collect();
    let (mut capitals, mut plain) = (0, 0);
    for word in &words {
        let bare = word.trim_matches(|c: char| matches!(c, '.' | '(' | ')' | '"' | '\''));
        if PARTICLES.contains(&bare) {
            continue;
        }
        let letters = bare
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.'));
        if !bare.starts_with(char::is_uppercase) || !letters {
            return false;
        }
        let common = bare.chars().count() > 1 && vocabulary.stands_plain(bare);
        if common && capitals == 0 && !title {
            return false;
        }
        capitals += 1;
        plain += usize::from(common);
    }
    (1..=MAX_NAME).contains(&words.len()) && capitals > 0 && (title || plain < capitals)
}
