//! Automatic numbers of list items (ECMA-376, 17.9), written out as a word processor shows them.

use std::collections::HashMap;

use crate::docx::{
    styles::File,
    xml::{Node, Ns},
};

/// A list has nine levels (17.9.3).
const LEVELS: usize = 9;

#[derive(Default)]
pub(super) struct Lists<'a> {
    /// From `numId`: the abstract list, and what it sets anew.
    lists: HashMap<&'a str, List<'a>>,
    levels: HashMap<(&'a str, usize), &'a Node>,
    /// Lists that have their levels from a style.
    linked: Vec<&'a str>,
}

#[derive(Default)]
struct List<'a> {
    base: &'a str,
    starts: HashMap<usize, u32>,
    levels: HashMap<usize, &'a Node>,
}

/// What is written for a sign that means nothing but an item.
pub(super) const DASH: &str = "- ";

/// How far each list has been counted.
#[derive(Clone, Default)]
pub(super) struct Counts(HashMap<String, [Option<u32>; LEVELS]>);

/// What stands before an item.
pub(super) enum Sign {
    Text(String),
    /// A way to count that is not written out here.
    Unknown,
}

/// What a paragraph says of its list.
#[derive(Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) id: &'a str,
    /// The level that it names.
    pub(super) level: Option<usize>,
    /// The style that puts it in the list: then the level that names the style goes before (17.9.23).
    pub(super) style: Option<&'a str>,
}

impl<'a> Lists<'a> {
    pub(super) fn new(root: &'a Node) -> Self {
        let mut out = Self::default();
        let number = |n: &Node, name| n.attribute(name).and_then(|l| l.parse().ok());
        for node in root.nodes() {
            if node.is("abstractNum")
                && let Some(id) = node.attribute("abstractNumId")
            {
                if node.child("numStyleLink").is_some() {
                    out.linked.push(id);
                }
                for level in node.nodes().filter(|n| n.is("lvl")) {
                    if let Some(n) = number(level, "ilvl") {
                        out.levels.insert((id, n), level);
                    }
                }
            } else if node.is("num")
                && let Some(id) = node.attribute("numId")
                && let Some(base) = node.child("abstractNumId").and_then(Node::val)
            {
                let mut list = List {
                    base,
                    ..List::default()
                };
                for anew in node.nodes().filter(|n| n.is("lvlOverride")) {
                    let Some(at) = number(anew, "ilvl") else {
                        continue;
                    };
                    let start = anew.child("startOverride").and_then(Node::val);
                    if let Some(start) = start.and_then(|s| s.parse().ok()) {
                        list.starts.insert(at, start);
                    }
                    list.levels
                        .extend(anew.child("lvl").map(|level| (at, level)));
                }
                out.lists.insert(id, list);
            }
        }
        out
    }

    /// The level that an item stands on: what defines it, where that is known.
    pub(super) fn level(&self, item: Item<'_>) -> Option<&'a Node> {
        let list = self.lists.get(item.id)?;
        self.definition(list, self.at(list, item))
    }

    fn at(&self, list: &List<'a>, item: Item<'_>) -> usize {
        let named = |at: &usize| {
            let style = self.definition(list, *at).and_then(|l| l.child("pStyle"));
            style.and_then(Node::val) == item.style
        };
        let by_style = (0..LEVELS).find(named).filter(|_| item.style.is_some());
        by_style.or(item.level).unwrap_or(0)
    }

    fn definition(&self, list: &List<'a>, at: usize) -> Option<&'a Node> {
        let own = list.levels.get(&at);
        own.or_else(|| self.levels.get(&(list.base, at))).copied()
    }

    /// Counts one item; the sign before it. `None`: no list, or none that shows a sign.
    pub(super) fn next(
        &self,
        item: Item<'_>,
        counts: &mut Counts,
        file: &File<'_>,
    ) -> Option<Sign> {
        let list = self.lists.get(item.id)?;
        let level = self.at(list, item);
        if level >= LEVELS || self.linked.contains(&list.base) {
            return Some(Sign::Unknown);
        }
        let Some(definition) = self.definition(list, level) else {
            return Some(Sign::Unknown);
        };
        // What stands between a sign and its words (17.9.28).
        let blank = match definition.child("suff").and_then(Node::val) {
            Some("nothing") => "",
            _ => " ",
        };
        let mut odd = false;
        definition.each(&mut |n| odd |= n.ns == Ns::Mc || n.is("lvlPicBulletId"));
        if odd {
            return Some(Sign::Unknown);
        }
        let setting = |at: usize, name: &str| {
            let level = self.definition(list, at)?;
            level.child(name)?.val()
        };
        let start = |at: usize| {
            let own = setting(at, "start").and_then(|s| s.parse().ok());
            list.starts.get(&at).copied().or(own).unwrap_or(0)
        };
        // A list that sets a start anew counts by itself.
        let key = if list.starts.is_empty() {
            list.base.to_owned()
        } else {
            format!("{}/{}", list.base, item.id)
        };
        let counted = counts.0.entry(key).or_default();
        counted[level] = Some(counted[level].map_or_else(|| start(level), |n| n.saturating_add(1)));
        for (deeper, count) in counted.iter_mut().enumerate().skip(level + 1) {
            // It begins anew after each level above it, or after one that it names (17.9.11).
            let after = setting(deeper, "lvlRestart").and_then(|n| n.parse::<usize>().ok());
            if after.is_none_or(|after| level < after) {
                *count = None;
            }
        }
        let legal = definition.child("isLgl").is_some_and(Node::is_on);
        let format = |at: usize| {
            let format = setting(at, "numFmt").unwrap_or("decimal");
            if legal && format != "bullet" && format != "none" {
                "decimal"
            } else {
                format
            }
        };
        let text = definition
            .child("lvlText")
            .and_then(Node::val)
            .unwrap_or_default();
        match format(level) {
            "bullet" => return bullet(text, blank, definition, file),
            "none" if !text.contains('%') => {
                return (!text.is_empty()).then(|| Sign::Text(format!("{text}{blank}")));
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
        (!out.is_empty()).then(|| Sign::Text(format!("{out}{blank}")))
    }
}

/// Signs that mean nothing but an item: of ordinary fonts, and what Word's own lists take from Symbol and Wingdings.
const BULLETS: &str = "-–—*•‣⁃◦▪▫●○■□◆◇❖➢➤⮚·o";
const SYMBOLS: &str =
    "§Ølnqvu\u{f0a7}\u{f0a8}\u{f0b7}\u{f0d8}\u{f06c}\u{f06e}\u{f071}\u{f075}\u{f076}·•o";

fn bullet(text: &str, blank: &str, definition: &Node, file: &File<'_>) -> Option<Sign> {
    let mut symbol = false;
    if let Some(fonts) = definition.child("rPr").and_then(|p| p.child("rFonts")) {
        let names = ["ascii", "hAnsi", "cs", "eastAsia"];
        let mut names = names.iter().filter_map(|n| fonts.attribute(n));
        symbol = names.any(|font| file.is_symbol(font));
    }
    let text = text.trim();
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (None, _) => None,
        (Some(c), None) if (if symbol { SYMBOLS } else { BULLETS }).contains(c) => {
            Some(Sign::Text(DASH.to_owned()))
        }
        // LibreOffice writes Symbol's bullet without its font.
        (Some('\u{f0b7}'), None) => Some(Sign::Text(DASH.to_owned())),
        // What it draws can't be told from its code.
        _ if symbol => Some(Sign::Unknown),
        // A word is a word wherever it is kept.
        _ => Some(Sign::Text(format!("{text}{blank}"))),
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
