//! The documents, and their words.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

use serde_json::Value;

/// A cable.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its identifier in the collection.
    pub id: String,
    /// Its paragraphs, each in one line.
    pub paragraphs: Vec<String>,
}

impl Document {
    /// Whether it is of the half that is reported; on the other the rules are tuned.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        self.id.bytes().map(u32::from).sum::<u32>() % 2 == 1
    }
}

/// The dissents, and so many ordinary cables.
///
/// # Errors
/// When a file is missing or is not what it should be.
pub fn read(folder: &Path, ordinary: usize) -> io::Result<(Vec<Document>, Vec<Document>)> {
    let dissents = file(&folder.join("dissents.jsonl"))?;
    let all = file(&folder.join("background.jsonl"))?;
    let step = (all.len() / ordinary.max(1)).max(1);
    let some = all.into_iter().step_by(step).take(ordinary).collect();
    Ok((dissents, some))
}

fn file(path: &Path) -> io::Result<Vec<Document>> {
    let text = std::fs::read_to_string(path)?;
    let bad = || io::Error::other(format!("{}: not a list of documents", path.display()));
    text.lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).map_err(|_| bad())?;
            let id = value["id"].as_str().ok_or_else(bad)?.to_owned();
            let list = value["paragraphs"].as_array().ok_or_else(bad)?;
            let paragraphs = list
                .iter()
                .filter_map(Value::as_str)
                .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
                .filter(|text| !text.is_empty())
                .collect();
            Ok(Document { id, paragraphs })
        })
        .collect()
}

/// The words of the documents.
#[derive(Debug, Default)]
pub struct Words {
    /// Words without a capital, by their length.
    plain: BTreeMap<usize, Vec<String>>,
    /// Words that only stand with a capital.
    pub(crate) names: Vec<String>,
}

impl Words {
    /// Those that stand twice at least.
    #[must_use]
    pub fn of<'d>(documents: impl IntoIterator<Item = &'d Document>) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for paragraph in documents.into_iter().flat_map(|d| &d.paragraphs) {
            for word in paragraph.split_whitespace() {
                let word = bare(word);
                if word.chars().count() >= 3 && word.chars().all(char::is_alphabetic) {
                    *counts.entry(word).or_default() += 1;
                }
            }
        }
        let small: BTreeSet<String> = { counts.keys() }
            .filter(|word| word.starts_with(char::is_lowercase))
            .map(|word| (*word).to_owned())
            .collect();
        let mut out = Self::default();
        for (word, n) in counts {
            if n < 2 {
                continue;
            }
            if word.starts_with(char::is_lowercase) {
                let length = word.chars().count();
                out.plain.entry(length).or_default().push(word.to_owned());
            } else if !small.contains(&word.to_lowercase())
                && word.chars().skip(1).all(char::is_lowercase)
            {
                out.names.push(word.to_owned());
            }
        }
        out
    }

    /// The words of so many letters without a capital.
    pub(crate) fn any(&self, length: usize) -> &[String] {
        self.plain.get(&length).map_or(&[], Vec::as_slice)
    }

    /// The word that is most like this one and another: by letters changed, put in or left out.
    pub(crate) fn nearest(&self, word: &str) -> Option<String> {
        let length = word.chars().count();
        let all = (length.saturating_sub(1)..=length + 1).flat_map(|n| self.any(n));
        all.filter(|other| *other != word)
            .map(|other| (distance(word, other), other))
            .min()
            .map(|(_, other)| other.clone())
    }
}

/// A word without the marks around it.
pub(crate) fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Levenshtein's.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (before + usize::from(x != *y))
                .min(row[j] + 1)
                .min(row[j + 1] + 1);
            before = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}
