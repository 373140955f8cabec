//! Header fields that say how a part is to be read: where programs would read them in different ways.

use std::collections::HashSet;

use mailparse::ParsedMail;

/// Fields of which there may be one.
const SINGLE: &[&str] = &[
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "mime-version",
];

/// Parameters that decide what text is read, so that each may stand there once, in its plain form.
const DECISIVE: &[&str] = &["boundary", "charset", "delsp", "format", "start", "type"];

const ENCODINGS: &[&str] = &["7bit", "8bit", "base64", "binary", "quoted-printable"];

/// What is ambiguous in the fields of a part.
pub(super) fn ambiguities(part: &ParsedMail<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let mut seen = HashSet::new();
    for field in &part.headers {
        let key = field.get_key_ref().to_ascii_lowercase();
        let name = key.trim();
        if !SINGLE.contains(&name) {
            continue;
        }
        if name.len() < key.len() {
            out.push(format!("a blank before the colon of {name}"));
        }
        if !seen.insert(name.to_owned()) {
            out.push(format!("more than one field {name}"));
        }
        let value = String::from_utf8_lossy(field.get_value_raw()).to_ascii_lowercase();
        let told = match name {
            "content-type" => of_type(&value, part),
            "content-transfer-encoding" => {
                let value = value.trim();
                let unknown = !ENCODINGS.contains(&value);
                let coded = matches!(value, "base64" | "quoted-printable");
                if unknown {
                    Some(format!("the transfer encoding {value}"))
                } else if coded && !part.subparts.is_empty() {
                    Some("a transfer encoding around parts".to_owned())
                } else {
                    None
                }
            }
            _ => None,
        };
        out.extend(told);
    }
    out
}

fn of_type(value: &str, part: &ParsedMail<'_>) -> Option<String> {
    let mut pieces = pieces(value).into_iter();
    let kind = pieces.next().unwrap_or_default().trim();
    let token = |t: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        !t.is_empty() && t.bytes().all(plain)
    };
    if !kind
        .split_once('/')
        .is_some_and(|(a, b)| token(a) && token(b))
    {
        return Some(format!("the type {kind}"));
    }
    if kind.starts_with("multipart/") && part.subparts.is_empty() {
        return Some(format!("{kind} without parts"));
    }
    let mut seen = HashSet::new();
    for piece in pieces {
        let Some((key, value)) = piece.split_once('=') else {
            if piece.trim().is_empty() {
                continue;
            }
            return Some(format!("the parameter {}", piece.trim()));
        };
        let key = key.trim();
        let base = key.split('*').next().unwrap_or_default();
        if !DECISIVE.contains(&base) {
            continue;
        }
        if base.len() < key.len() || !seen.insert(base.to_owned()) {
            return Some(format!("more than one {base}"));
        }
        let value = value.trim();
        let quoted = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
        let inner = value.trim_matches('"');
        let plain =
            !inner.contains(['"', '\\']) && (quoted || !inner.contains(['(', ')', ' ', '\t']));
        if !plain || inner.contains("=?") {
            return Some(format!("{base}={value}"));
        }
    }
    None
}

/// What stands between semicolons outside of quotation marks.
fn pieces(value: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (i, b) in value.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                out.push(&value[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    out.push(&value[start..]);
    out
}

/// Lines between parts that some programs take for such, and others do not.
pub(super) fn odd_boundary(message: &[u8], boundaries: &[String]) -> Option<String> {
    for (n, one) in boundaries.iter().enumerate() {
        let nested =
            |other: &String| other.starts_with(one.as_str()) || one.starts_with(other.as_str());
        if one.is_empty() || boundaries[n + 1..].iter().any(nested) {
            return Some(format!("boundary={one}"));
        }
    }
    for line in message.split(|b| *b == b'\n') {
        let Some(rest) = line.strip_prefix(b"--") else {
            continue;
        };
        for boundary in boundaries {
            if let Some(after) = rest.strip_prefix(boundary.as_bytes()) {
                let after = after.strip_prefix(b"--").unwrap_or(after);
                if !after.trim_ascii().is_empty() {
                    return Some(String::from_utf8_lossy(line).into_owned());
                }
            }
        }
    }
    None
}

/// Whether quoted-printable text has what is no such: programs leave it, or drop it.
pub(super) fn is_badly_quoted(raw: &[u8]) -> bool {
    let mut rest = raw;
    while let Some(at) = rest.iter().position(|b| *b == b'=') {
        rest = &rest[at + 1..];
        let end = rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r'));
        match rest {
            [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {}
            _ if end.is_none_or(|end| rest[end] == b'\n') => {}
            _ => return true,
        }
    }
    false
}
