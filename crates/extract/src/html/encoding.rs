//! The charset of a page.

use encoding_rs::{Encoding, UTF_8};

use super::{lossy, tokens};
use crate::{Rule, charset, doubt::Doubts};
use html5gum::Token;

/// How far into a page its charset may be declared, in bytes (WHATWG, 13.2.3.2).
const PRESCAN: usize = 1_024;

/// The page's characters; `told` is the charset that a message names.
pub(super) fn decode(
    bytes: &[u8],
    told: Option<&str>,
    doubts: &mut Doubts,
    rules: &mut Vec<Rule>,
) -> String {
    let mark = Encoding::for_bom(bytes).is_some();
    // Shift sequences are ASCII, too.
    let plain = bytes.is_ascii() && !bytes.contains(&0x1b);
    let start = lossy(&bytes[..bytes.len().min(PRESCAN)]);
    let declared = declared(&start);
    let first = told
        .map(str::to_owned)
        .or_else(|| declared.first().cloned());
    let text = charset::decode(bytes, first.as_deref()).tell(doubts, rules);
    let encodings = { told.iter() }
        .map(|label| (*label).to_owned())
        .chain(declared)
        .map(|label| (Encoding::for_label(label.as_bytes()), label));
    let encodings: Vec<(Option<&Encoding>, String)> = encodings.collect();
    let differ = encodings.windows(2).any(|pair| pair[0].0 != pair[1].0);
    let unknown = encodings.iter().any(|(encoding, _)| encoding.is_none());
    if !plain && !mark && (differ || unknown) {
        let labels: Vec<&str> = encodings.iter().map(|(_, l)| l.as_str()).collect();
        charset::doubtful(&labels.join(" and "), doubts);
    }
    text
}

/// A page that says of itself that it has two bytes a character says so in one: it is UTF-8.
fn of_page(label: String) -> String {
    if Encoding::for_label(label.as_bytes()).is_some_and(|e| e.output_encoding() != e) {
        UTF_8.name().to_ascii_lowercase()
    } else {
        label
    }
}

/// Every charset that a page declares in its beginning.
fn declared(start: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    if let Some(rest) = start.strip_prefix("<?xml")
        && let Some((head, _)) = rest.split_once('>')
        && let Some((_, after)) = head.split_once("encoding=")
    {
        out.push(label(after));
    }
    for token in tokens(start) {
        let Token::StartTag(tag) = token else {
            continue;
        };
        if &**tag.name != b"meta" {
            continue;
        }
        if let Some(value) = tag.attributes.get(b"charset".as_slice()) {
            out.push(lossy(value).trim().to_ascii_lowercase());
        }
        let typed = tag.attributes.get(b"http-equiv".as_slice());
        if typed.is_some_and(|v| lossy(v).trim().eq_ignore_ascii_case("content-type"))
            && let Some(value) = tag.attributes.get(b"content".as_slice())
            && let Some((_, after)) = lossy(value).to_ascii_lowercase().split_once("charset=")
        {
            out.push(label(after));
        }
    }
    out.retain(|label| !label.is_empty());
    out.into_iter().map(of_page).collect()
}

fn label(after: &str) -> String {
    let name = after.trim_start_matches(['"', '\'', ' ']);
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c)));
    name[..end.unwrap_or(name.len())].to_ascii_lowercase()
}
