//! Which elements are open (WHATWG HTML, 13.2.6, as far as it is needed), and the text between them.
//!
//! What a browser would rearrange and this does not is a doubt: formatting that is opened again after its end, text that is moved out of
//! a table, parts of tables elsewhere.

mod dress;
mod text;

use std::ops::Range;

use html5gum::{Error, StartTag};

use super::{
    element::{self, FORMATTING, Kind, TABLE_PARTS, VOID, is_heading},
    gather::Gathered,
    hint,
    look::Look,
    lossy, mistake,
    property::Effect,
    sheet::Sheets,
};
use crate::{
    ExtractError, Rule,
    doubt::{DoubtKind, Doubts},
    limits::MAX_HTML_DEPTH,
};

/// What bounds the search for an element that an end tag closes.
const BOUNDS: &[&str] = &["td", "th", "caption", "table"];

/// Elements in which nothing but parts of a table may stand.
const BARE: &[&str] = &["table", "tbody", "thead", "tfoot", "tr", "colgroup"];

/// Elements whose content is never shown as text.
const SILENT: &[&str] = &[
    "script", "style", "title", "template", "noscript", "noframes", "noembed",
];

struct Open {
    name: String,
    kind: Kind,
    look: Look,
    /// A list's next number.
    number: u32,
    /// Where its text begins in the line, for raised and lowered text.
    from: usize,
    /// Whether its look is more than that of bold and slanted letters: it matters where it ends.
    telling: bool,
    /// Of a table: which of its parts came last; whether cells reach over rows and over columns.
    part: i8,
    over: (bool, bool),
}

/// What stands between `<![if ...]>` and `<![endif]>`.
struct Revealed {
    condition: String,
    text: String,
}

pub(in crate::html) struct Page<'a> {
    doubts: &'a mut Doubts,
    rules: &'a mut Vec<Rule>,
    sheets: Sheets,
    quirks: bool,
    links: Vec<Effect>,
    /// The size of the page's letters.
    root: (f32, f32),
    /// The colours of the page's text, which tables have again.
    body: Look,
    /// Blocks that are complete.
    out: String,
    /// Where block quotations stand in it.
    quoted: Vec<Range<usize>>,
    /// The block that is being read.
    line: String,
    /// Whether all of it so far stands in a block quotation.
    quotes: Option<bool>,
    stack: Vec<Open>,
    /// The sign of the list item that begins with the next text.
    item: Option<String>,
    revealed: Option<Revealed>,
    /// Whether Word would put a sign before the next text, which stands nowhere.
    unsigned: bool,
    /// Whether a language is named that is not English.
    foreign: bool,
    /// Whether the direction of a text is by its first letter.
    auto: bool,
}

impl<'a> Page<'a> {
    pub(super) fn new(
        gathered: Gathered,
        doubts: &'a mut Doubts,
        rules: &'a mut Vec<Rule>,
    ) -> Self {
        let Gathered {
            sheets,
            html,
            body,
            quirks,
        } = gathered;
        let mut out = Self {
            doubts,
            rules,
            sheets,
            quirks,
            links: hint::links(&body),
            root: Look::default().size,
            body: Look::default(),
            out: String::new(),
            quoted: Vec::new(),
            line: String::new(),
            quotes: None,
            stack: Vec::new(),
            item: None,
            revealed: None,
            unsigned: false,
            foreign: false,
            auto: false,
        };
        for (name, tag) in [("html", &html), ("body", &body)] {
            out.told(name, tag);
            out.push(name, tag);
            if name == "html" {
                out.root = out.look().size;
            }
        }
        out.body = out.look();
        out
    }

    pub(super) fn length(&self) -> usize {
        self.out.len() + self.line.len()
    }

    /// The text, and where block quotations stand in it.
    pub(super) fn finish(mut self) -> (String, Vec<Range<usize>>) {
        self.block();
        let turns = |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}');
        if self.auto && self.out.contains(turns) {
            self.doubts.add(DoubtKind::Direction, "", "dir=\"auto\"");
        }
        (self.out, self.quoted)
    }

    pub(super) fn mistake(&mut self, error: Error) {
        mistake(error, self.doubts);
    }

    pub(super) fn start(&mut self, tag: &StartTag<()>) -> Result<(), ExtractError> {
        let name = lossy(&tag.name);
        let name = name.as_str();
        if matches!(name, "html" | "body") {
            return Ok(());
        }
        self.told(name, tag);
        if name == "head" {
            return Ok(());
        }
        let kind = element::kind(name).unwrap_or(Kind::Inline);
        self.condition(name, kind);
        if TABLE_PARTS.contains(&name) {
            if !self.table_part(name, tag) {
                return Ok(());
            }
        } else if self.is_bare() && kind != Kind::Silent && name != "script" {
            self.doubts.add(
                DoubtKind::Moved,
                "",
                &format!("<{name}> in a table, outside of its cells"),
            );
        }
        self.close_for(name, kind);
        if kind.is_block() {
            self.block();
        }
        if name == "br" {
            self.line.push('\n');
        }
        if name == "wbr" {
            self.line.push(text::WORD_BREAK);
        }
        if self.stack.len() >= MAX_HTML_DEPTH {
            return Err(ExtractError::Limit {
                what: "HTML elements stand too deep in each other",
                limit: MAX_HTML_DEPTH,
            });
        }
        self.push(name, tag);
        if VOID.contains(&name) {
            self.stack.pop();
            return Ok(());
        }
        if tag.self_closing && !name.contains(':') {
            self.doubts.add(
                DoubtKind::Contradiction,
                "",
                &format!("<{name}/>, which some programs take for closed"),
            );
        }
        match name {
            "li" => {
                let sign = self.next_sign(tag);
                self.item = Some(sign);
            }
            "title" => self.rules.push(Rule::HtmlTitle),
            "q" => self.quote(),
            _ => {}
        }
        Ok(())
    }

    /// What an element and its attributes tell by their mere presence.
    fn told(&mut self, name: &str, tag: &StartTag<()>) {
        if let Some(kind) = element::presence(name) {
            let alt = tag.attributes.get(b"alt".as_slice()).map(|v| lossy(v));
            let text = match alt {
                Some(alt) if kind == DoubtKind::Picture => alt,
                _ => format!("<{name}>"),
            };
            self.doubts.add(kind, "", &text);
        }
        for (kind, text) in element::attributes(name, tag) {
            self.doubts.add(kind, "", &text);
        }
        let lang = tag
            .attributes
            .get(b"lang".as_slice())
            .map(|v| lossy(v).to_ascii_lowercase());
        self.foreign |= lang.is_some_and(|l| !l.is_empty() && !l.starts_with("en"));
        let auto = tag.attributes.get(b"dir".as_slice());
        self.auto |=
            auto.is_some_and(|v| lossy(v).trim().eq_ignore_ascii_case("auto")) || name == "bdi";
    }

    /// What a start tag ends.
    fn close_for(&mut self, name: &str, kind: Kind) {
        if kind.is_block()
            && !TABLE_PARTS.contains(&name)
            && (name != "table" || !self.quirks)
            && let Some(at) = self.within(&["p"], &[])
        {
            self.close(at);
        }
        if is_heading(name) && self.stack.last().is_some_and(|open| is_heading(&open.name)) {
            let top = self.stack.len() - 1;
            self.close(top);
        }
        if matches!(name, "li" | "dd" | "dt") {
            let same = |open: &Open| {
                open.name == name || (name != "li" && matches!(open.name.as_str(), "dd" | "dt"))
            };
            for at in (0..self.stack.len()).rev() {
                if same(&self.stack[at]) {
                    self.close(at);
                    break;
                }
                let through = matches!(self.stack[at].name.as_str(), "address" | "div" | "p");
                if self.stack[at].kind.is_block() && !through {
                    break;
                }
            }
        }
        if matches!(name, "a" | "nobr") && self.within(&[name], &[]).is_some() {
            self.end(name);
        }
    }

    /// A part of a table: opens what it needs around it. `false`: a browser passes it over.
    fn table_part(&mut self, name: &str, tag: &StartTag<()>) -> bool {
        let Some(table) = self.stack.iter().rposition(|open| open.name == "table") else {
            self.doubts.add(
                DoubtKind::Moved,
                "",
                &format!("<{name}> outside of a table"),
            );
            return false;
        };
        let around: &[&str] = match name {
            "td" | "th" => &["tr", "tbody", "thead", "tfoot"],
            "tr" => &["tbody", "thead", "tfoot"],
            "col" => &["colgroup"],
            _ => &[],
        };
        let at = (table + 1..self.stack.len())
            .rev()
            .find(|at| around.contains(&self.stack[*at].name.as_str()));
        self.close(at.unwrap_or(table) + 1);
        if matches!(name, "td" | "th" | "tr") && at.is_none() {
            self.in_order(table, "tbody");
            self.push("tbody", &StartTag::default());
        }
        if matches!(name, "td" | "th") && self.stack.last().is_some_and(|open| open.name != "tr") {
            self.push("tr", &StartTag::default());
        }
        if !matches!(name, "td" | "th" | "tr" | "col") {
            self.in_order(table, name);
        }
        let reaches = |key: &str| {
            let value = tag.attributes.get(key.as_bytes()).map(|v| lossy(v));
            value.is_some_and(|v| v.trim() != "1")
        };
        let over = &mut self.stack[table].over;
        over.0 |= reaches("rowspan");
        over.1 |= reaches("colspan");
        if *over == (true, true) {
            self.doubts.add(
                DoubtKind::Moved,
                "",
                "cells of a table that may lie over each other",
            );
        }
        true
    }

    /// A browser shows a table's head first and its foot last, wherever they stand.
    fn in_order(&mut self, table: usize, part: &str) {
        let (rank, once) = match part {
            "caption" => (0, true),
            "colgroup" => (1, false),
            "thead" => (2, true),
            "tfoot" => (4, true),
            _ => (3, false),
        };
        let last = &mut self.stack[table].part;
        if rank < *last || (once && rank == *last) {
            self.doubts.add(
                DoubtKind::Moved,
                "",
                &format!("<{part}> that is not shown where it stands"),
            );
        } else {
            *last = rank;
        }
    }

    fn is_bare(&self) -> bool {
        self.stack
            .last()
            .is_some_and(|open| BARE.contains(&open.name.as_str()))
    }

    /// The innermost open element of such a name, but not beyond what bounds the search.
    fn within(&self, names: &[&str], further: &[&str]) -> Option<usize> {
        for (at, open) in self.stack.iter().enumerate().rev() {
            let name = open.name.as_str();
            if names.contains(&name) {
                return Some(at);
            }
            if BOUNDS.contains(&name) || further.contains(&name) {
                return None;
            }
        }
        None
    }

    pub(super) fn end(&mut self, name: &str) {
        match name {
            // What stands behind them goes on in the body.
            "html" | "body" | "head" => return,
            "br" => return self.line.push('\n'),
            _ => {}
        }
        let kind = element::kind(name).unwrap_or(Kind::Inline);
        let found = match name {
            _ if is_heading(name) => self.within(&["h1", "h2", "h3", "h4", "h5", "h6"], &[]),
            "li" => self.within(&["li"], &["ol", "ul"]),
            "table" => self.stack.iter().rposition(|open| open.name == "table"),
            _ if TABLE_PARTS.contains(&name) => {
                let table = self.stack.iter().rposition(|open| open.name == "table");
                let found = self.stack.iter().rposition(|open| open.name == name);
                found.filter(|at| Some(*at) > table)
            }
            _ if FORMATTING.contains(&name) => {
                let found = self.within(&[name], &[]);
                if let Some(at) = found
                    && self.stack[at + 1..].iter().any(|open| open.kind.is_block())
                {
                    self.take_out(at);
                    return;
                }
                found
            }
            _ if kind.is_block() => self.within(&[name], &[]),
            // Not beyond a block.
            _ => { self.stack.iter().rposition(|open| open.name == name) }
                .filter(|at| !self.stack[at + 1..].iter().any(|open| open.kind.is_block())),
        };
        if let Some(at) = found {
            self.close(at + 1);
            self.pop();
        }
        // An end tag that ends nothing is passed over, but for that of a paragraph, which makes one.
        if (found.is_some() && kind.is_block()) || name == "p" {
            self.block();
        }
    }

    /// Ends formatting around blocks that stay open: a browser gives each block its own.
    fn take_out(&mut self, at: usize) {
        let open = self.stack.remove(at);
        if open.telling {
            self.left_open(&open.name);
        }
    }

    fn left_open(&mut self, name: &str) {
        let told = format!("<{name}> that does not end within its block");
        self.doubts.add(DoubtKind::Style, "", &told);
    }

    /// Closes the elements from there on, as others end or begin.
    fn close(&mut self, at: usize) {
        while self.stack.len() > at {
            let open = self.stack.last();
            let reopened = open.is_some_and(|o| o.telling && FORMATTING.contains(&o.name.as_str()));
            if reopened && let Some(name) = open.map(|o| o.name.clone()) {
                self.left_open(&name);
            }
            self.pop();
        }
    }
}
