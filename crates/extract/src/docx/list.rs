//! Automatic numbers of list items (ECMA-376, 17.9), written out as a word processor shows them.

use std::collections::HashMap;

use crate::docx::xml::Node;

/// A list has nine levels (17.9.3).
const LEVELS: usize = 9;

#[derive(Default)]
pub(super) struct Lists<'a> {
    /// From `numId`: the abstract list, and the starts that it sets anew.
    lists: HashMap<&'a str, (&'a str, HashMap<usize, u32>)>,
    levels: HashMap<(&'a str, usize), &'a Node>,
}

/// How far each list has been counted.
#[derive(Default)]
pub(super) struct Counts(HashMap<String, [Option<u32>; LEVELS]>);

/// What stands before an item.
pub(super) enum Sign {
    Text(String),
    /// A way to count that is not written out here.
    Unknown,
}

impl<'a> Lists<'a> {
    pub(super) fn new(root: &'a Node) -> Self {
        let mut out = Self::default();
        for node in root.nodes() {
            if node.is("abstractNum")
                && let Some(id) = node.attribute("abstractNumId")
            {
                for level in node.nodes().filter(|n| n.is("lvl")) {
                    if let Some(n) = level.attribute("ilvl").and_then(|l| l.parse().ok()) {
                        out.levels.insert((id, n), level);
                    }
                }
            } else if node.is("num")
                && let Some(id) = node.attribute("numId")
                && let Some(base) = node.child("abstractNumId").and_then(Node::val)
            {
                let starts = node
                    .nodes()
                    .filter(|n| n.is("lvlOverride"))
                    .filter_map(|n| {
                        let level = n.attribute("ilvl")?.parse().ok()?;
                        Some((level, n.child("startOverride")?.val()?.parse().ok()?))
                    });
                out.lists.insert(id, (base, starts.collect()));
            }
        }
        out
    }

    /// Counts one item; the sign before it. `None`: no list, or none that shows a sign.
    pub(super) fn next(&self, properties: &Node, counts: &mut Counts) -> Option<Sign> {
        let id = properties.child("numId").and_then(Node::val)?;
        let level = properties.child("ilvl").and_then(Node::val);
        let level: usize = level.and_then(|l| l.parse().ok()).unwrap_or(0);
        let (base, starts) = self.lists.get(id)?;
        if level >= LEVELS {
            return Some(Sign::Unknown);
        }
        let definition = self.levels.get(&(*base, level))?;
        let start = |at: usize| {
            let own = self
                .levels
                .get(&(*base, at))
                .and_then(|l| l.child("start"))
                .and_then(Node::val);
            starts
                .get(&at)
                .copied()
                .or_else(|| own.and_then(|s| s.parse().ok()))
                .unwrap_or(0)
        };
        // A list that sets a start anew counts by itself.
        let key = if starts.is_empty() {
            (*base).to_owned()
        } else {
            format!("{base}/{id}")
        };
        let counted = counts.0.entry(key).or_default();
        counted[level] = Some(counted[level].map_or_else(|| start(level), |n| n.saturating_add(1)));
        for deeper in &mut counted[level + 1..] {
            *deeper = None;
        }
        let format = |at: usize| {
            let format = self
                .levels
                .get(&(*base, at))
                .and_then(|l| l.child("numFmt"))
                .and_then(Node::val);
            format.unwrap_or("decimal")
        };
        let text = definition
            .child("lvlText")
            .and_then(Node::val)
            .unwrap_or_default();
        match format(level) {
            "bullet" => return Some(Sign::Text("- ".to_owned())),
            "none" if !text.contains('%') => {
                return (!text.is_empty()).then(|| Sign::Text(format!("{text} ")));
            }
            _ => {}
        }
        let mut out = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let Some(at) = chars
                .next()
                .and_then(|d| d.to_digit(10))
                .filter(|d| (1..=9).contains(d))
            else {
                return Some(Sign::Unknown);
            };
            let at = at as usize - 1;
            let number = counted[at].unwrap_or_else(|| start(at));
            let Some(number) = written(number, format(at)) else {
                return Some(Sign::Unknown);
            };
            out.push_str(&number);
        }
        (!out.is_empty()).then(|| Sign::Text(format!("{out} ")))
    }
}

/// A number as `numFmt` writes it (17.18.59).
fn written(number: u32, format: &str) -> Option<String> {
    let letters = |first: u8| {
        let n = number.checked_sub(1)?;
        // After z comes aa, then bb.
        let times = n / 26 + 1;
        (times <= 8).then(|| {
            char::from(first + (n % 26) as u8)
                .to_string()
                .repeat(times as usize)
        })
    };
    match format {
        "decimal" => Some(number.to_string()),
        "decimalZero" => Some(format!("{number:02}")),
        "lowerLetter" => letters(b'a'),
        "upperLetter" => letters(b'A'),
        "lowerRoman" => roman(number).map(|r| r.to_lowercase()),
        "upperRoman" => roman(number),
        "none" => Some(String::new()),
        _ => None,
    }
}

fn roman(mut number: u32) -> Option<String> {
    if !(1..4_000).contains(&number) {
        return None;
    }
    let signs = [
        (1_000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut out = String::new();
    for (value, sign) in signs {
        while number >= value {
            out.push_str(sign);
            number -= value;
        }
    }
    Some(out)
}
