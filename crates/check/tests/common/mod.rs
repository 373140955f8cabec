//! What the tests share.
#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(unreachable_pub, reason = "shared by several test binaries")]

#[allow(dead_code, reason = "the copies need no record")]
pub mod channel;

use demur_check::copy::{Comparison, Text};
use demur_memo::{
    Memo,
    content::{Content, Seed, Selection},
    marking::Rules,
};
use serde_json::Value;

/// A real dissent, read from outside the repository.
pub struct Dissent {
    pub id: String,
    pub paragraphs: Vec<String>,
}

/// The dissents of the shared data, where they are there.
pub fn dissents() -> Option<Vec<Dissent>> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/frus/dissents.jsonl"
    );
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: no {path}");
        return None;
    };
    let read = |line: &str| {
        let value: Value = serde_json::from_str(line).unwrap();
        let texts = value["paragraphs"].as_array().unwrap();
        Dissent {
            id: value["id"].as_str().unwrap().to_owned(),
            paragraphs: texts
                .iter()
                .map(|t| t.as_str().unwrap().to_owned())
                .collect(),
        }
    };
    Some(text.lines().map(read).collect())
}

pub fn rules() -> Rules {
    Rules::new("state", "TS", &[] as &[&str], "refuse").unwrap()
}

/// The dissent as a memo.
pub fn memo_of(dissent: &Dissent) -> Memo {
    let mut text = "+++\ntitle = \"(S) A dissent\"\n+++\n".to_owned();
    for paragraph in &dissent.paragraphs {
        text.push_str(&format!(
            "\n(S) {}\n",
            paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
        ));
    }
    Memo::parse(&text, &rules()).unwrap_or_else(|e| panic!("{}: {e}", dissent.id))
}

/// The memo as a bundle's reader gets it: committed to, disclosed, opened.
pub fn disclosed(version: u32, memo: &Memo) -> Text {
    let content = Content::new(memo, Seed::new([7; 32]));
    let disclosure = content.disclose(&Selection::whole()).unwrap();
    let opened = disclosure.open(content.root(), content.counts()).unwrap();
    Text::of_disclosed(version, &opened)
}

/// The memo's text with its `n`-th word changed: text, paragraph, word before, word after.
pub fn alter(memo: &Memo, n: usize) -> Option<(String, u32, String, String)> {
    let mut left = n;
    for portion in memo.portions() {
        let words: Vec<&str> = portion.words().collect();
        if left >= words.len() {
            left -= words.len();
            continue;
        }
        let word = words[left];
        if words.len() < 6 || !word.chars().all(char::is_alphanumeric) {
            return None;
        }
        let changed = format!("{word}x");
        let mut all: Vec<&str> = words;
        all[left] = &changed;
        let mut out = String::new();
        for other in memo.portions() {
            let text = if other.number() == portion.number() {
                all.join(" ")
            } else {
                other.text().to_owned()
            };
            out.push_str(&format!("({}) {text}\n\n", other.marking()));
        }
        return Some((out, portion.number(), word.to_owned(), changed));
    }
    None
}

/// The same words in another layout: lines of 40 characters, straight quotation marks,
/// hyphenated where a word is long.
pub fn noise(body: &str) -> String {
    let mut out = String::new();
    for block in body.split("\n\n") {
        let mut width = 0;
        for word in block.split_whitespace() {
            let word = word
                .replace(['’', '‘'], "'")
                .replace(['“', '”'], "\"")
                .replace('—', " -- ");
            let letters = word.chars().all(char::is_alphabetic) && word.is_ascii();
            if letters && word.len() > 9 && width > 30 {
                out.push_str(&format!("{}-\n{} ", &word[..4], &word[4..]));
                width = word.len() - 3;
            } else {
                out.push_str(&word);
                width += word.len() + 1;
                out.push(if width > 40 { '\n' } else { ' ' });
                if width > 40 {
                    width = 0;
                }
            }
        }
        out.push_str("\n\n");
    }
    out
}

pub fn kinds(verdict: &Comparison) -> Vec<String> {
    let odd = verdict
        .paragraphs
        .iter()
        .filter(|p| p.verdict != demur_check::copy::ParagraphState::Identical);
    odd.map(|p| format!("{}: {:?}", p.place, p.verdict))
        .collect()
}
