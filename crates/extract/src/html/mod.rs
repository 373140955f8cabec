//! A web page, or the HTML part of a message (WHATWG HTML, the tokens by `html5gum`).
//!
//! Elements are followed with a stack of our own, not with a browser's tree: it decides where blocks end. That is not
//! enough to know what a browser would hide, so any style that hides, moves or changes text is a doubt wherever it
//! stands, even around nothing.

mod style;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

use self::style::{Style, declarations, sheet};
pub(crate) use self::style::{contrast, is_symbol_font};
use crate::{
    ExtractError, Extracted, Format, Label, Rule, charset,
    doubt::{DoubtKind, Doubts},
    limits::{MAX_HTML_DEPTH, MAX_TEXT},
    script::{OnLine, Script, on_line},
    text::finish,
};

/// How far into a page its charset may be declared, in bytes (WHATWG, 13.2.3.2).
const PRESCAN: usize = 1_024;

/// Elements that begin and end a block.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

/// Elements without an end tag.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Elements whose content is never shown as text.
const SILENT: &[&str] = &[
    "script", "style", "title", "template", "noscript", "noframes", "noembed",
];

/// Elements that show something that is not read.
const EMBEDDED: &[&str] = &[
    "applet",
    "audio",
    "button",
    "canvas",
    "embed",
    "frame",
    "frameset",
    "iframe",
    "input",
    "marquee",
    "meter",
    "object",
    "noembed",
    "noframes",
    "option",
    "plaintext",
    "progress",
    "select",
    "svg",
    "textarea",
    "video",
    "xmp",
];

/// A page by itself; `told` is the charset that a message names.
pub(crate) fn read(bytes: &[u8], told: Option<&str>) -> Result<Extracted, ExtractError> {
    let mut doubts = Doubts::default();
    let mut rules = Vec::new();
    let text = to_text(bytes, told, &mut doubts, &mut rules)?;
    finish(
        Format::Html,
        vec![(Label::Only, text)],
        doubts,
        rules,
        Vec::new(),
    )
}

/// The text that a page shows.
pub(crate) fn to_text(
    bytes: &[u8],
    told: Option<&str>,
    doubts: &mut Doubts,
    rules: &mut Vec<Rule>,
) -> Result<String, ExtractError> {
    let declared = told.map(str::to_owned).or_else(|| declared(bytes));
    let decoded = charset::decode(bytes, declared.as_deref());
    if decoded.recoded {
        rules.push(Rule::Charset);
    }
    if decoded.broken {
        doubts.add(
            DoubtKind::Contradiction,
            "",
            "bytes that are no characters of its charset",
        );
    }
    rules.push(Rule::HtmlMarkup);
    let mut page = Page {
        doubts,
        rules,
        out: String::new(),
        line: String::new(),
        stack: Vec::new(),
        item: None,
    };
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    for token in Tokenizer::new_with_emitter(decoded.text.as_str(), emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => page.start(&tag)?,
            Token::EndTag(tag) => page.end(&lossy(&tag.name)),
            Token::String(text) => page.text(&lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
        if page.out.len() + page.line.len() > MAX_TEXT {
            return Err(ExtractError::Limit {
                what: "the text is too long",
                limit: MAX_TEXT,
            });
        }
    }
    page.block();
    Ok(page.out)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The charset that a page declares in its beginning.
fn declared(bytes: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(PRESCAN)]).to_ascii_lowercase();
    let (_, after) = start.split_once("charset=")?;
    let name = after.trim_start_matches(['"', '\'', ' ']);
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c)));
    Some(name[..end.unwrap_or(name.len())].to_owned())
}

struct Open {
    name: String,
    style: Style,
    /// A list's next number; `None` for bullets.
    number: Option<u32>,
    /// Where its text begins in the line, for raised and lowered text.
    from: usize,
}

struct Page<'a> {
    doubts: &'a mut Doubts,
    rules: &'a mut Vec<Rule>,
    /// Blocks that are complete.
    out: String,
    /// The block that is being read.
    line: String,
    stack: Vec<Open>,
    /// The sign of the list item that begins with the next text.
    item: Option<String>,
}

impl Page<'_> {
    fn start(&mut self, tag: &StartTag<()>) -> Result<(), ExtractError> {
        let name = lossy(&tag.name);
        let name = name.as_str();
        let attribute = |key: &[u8]| tag.attributes.get(key).map(|v| lossy(v));
        self.look_at(name, &attribute);
        match name {
            "br" => self.line.push('\n'),
            "wbr" => {}
            "hr" => self.block(),
            "li" => {
                self.close_item("li", &["ol", "ul", "menu", "dir"]);
                self.block();
                self.item = Some(self.next_sign());
            }
            "td" | "th" => self.close_item(name, &["tr", "table"]),
            _ => {}
        }
        if BLOCKS.contains(&name) {
            self.close_paragraph();
            self.block();
        }
        if VOID.contains(&name) {
            return Ok(());
        }
        if self.stack.len() >= MAX_HTML_DEPTH {
            return Err(ExtractError::Limit {
                what: "HTML elements stand too deep in each other",
                limit: MAX_HTML_DEPTH,
            });
        }
        let mut style = self.style();
        self.dress(name, &attribute, &mut style);
        let start = attribute(b"start").and_then(|s| s.trim().parse().ok());
        self.stack.push(Open {
            name: name.to_owned(),
            style,
            number: (name == "ol").then(|| start.unwrap_or(1)),
            from: self.line.len(),
        });
        Ok(())
    }

    /// What an element tells by its mere presence.
    fn look_at(&mut self, name: &str, attribute: &dyn Fn(&[u8]) -> Option<String>) {
        let mut doubt = |kind, text: &str| self.doubts.add(kind, "", text);
        match name {
            "script" | "noscript" => doubt(DoubtKind::Script, ""),
            "img" | "picture" | "map" => {
                doubt(DoubtKind::Picture, &attribute(b"alt").unwrap_or_default());
            }
            "math" => doubt(DoubtKind::Formula, ""),
            "ruby" | "rt" => doubt(DoubtKind::Moved, "ruby text"),
            "bdo" => doubt(DoubtKind::Direction, ""),
            "link" => {
                let rel = attribute(b"rel").unwrap_or_default().to_ascii_lowercase();
                if rel.split_whitespace().any(|r| r == "stylesheet") {
                    doubt(DoubtKind::Style, &attribute(b"href").unwrap_or_default());
                }
            }
            "meta" => {
                let refresh = attribute(b"http-equiv").unwrap_or_default();
                if refresh.eq_ignore_ascii_case("refresh") {
                    doubt(DoubtKind::Script, "the page is replaced by another");
                }
            }
            "details" if attribute(b"open").is_none() => doubt(DoubtKind::Hidden, "folded away"),
            "dialog" if attribute(b"open").is_none() => doubt(DoubtKind::Hidden, "a closed dialog"),
            "input" => {
                let kind = attribute(b"type").unwrap_or_default().to_ascii_lowercase();
                if kind != "hidden" {
                    doubt(DoubtKind::Embedded, "a form's field");
                }
            }
            _ if EMBEDDED.contains(&name) => doubt(DoubtKind::Embedded, name),
            _ => {}
        }
        if attribute(b"hidden").is_some() || attribute(b"popover").is_some() {
            doubt(DoubtKind::Hidden, "");
        }
        if attribute(b"dir").is_some_and(|d| !d.eq_ignore_ascii_case("ltr")) {
            doubt(DoubtKind::Direction, "");
        }
        if attribute(b"srcdoc").is_some() {
            doubt(DoubtKind::Embedded, "a frame");
        }
        if attribute(b"background").is_some() {
            doubt(DoubtKind::Picture, "a background");
        }
    }

    /// What an element does to the look of its text.
    fn dress(
        &mut self,
        name: &str,
        attribute: &dyn Fn(&[u8]) -> Option<String>,
        style: &mut Style,
    ) {
        match name {
            "s" | "strike" | "del" => style.struck = true,
            "sup" => style.script = Some(Script::Raised),
            "sub" => style.script = Some(Script::Lowered),
            "pre" => style.pre = true,
            "title" => self.rules.push(Rule::HtmlTitle),
            "q" => self.text("\""),
            _ => {}
        }
        if let Some(colour) = attribute(b"color").or_else(|| attribute(b"text")) {
            style.colour(&colour);
        }
        if let Some(ground) = attribute(b"bgcolor") {
            style.ground(&ground);
        }
        if name == "font" && attribute(b"face").is_some_and(|f| is_symbol_font(&f)) {
            self.doubts.add(DoubtKind::Glyphs, "", "a font of symbols");
        }
        if let Some(text) = attribute(b"style") {
            for kind in declarations(&text, style) {
                self.doubts.add(kind, "", &text);
            }
        }
        style.silent |= SILENT.contains(&name);
    }

    fn end(&mut self, name: &str) {
        if name == "p" && !self.stack.iter().any(|open| open.name == "p") {
            self.block();
            return;
        }
        if name == "br" {
            self.line.push('\n');
            return;
        }
        let Some(at) = self.stack.iter().rposition(|open| open.name == name) else {
            return;
        };
        while self.stack.len() > at {
            self.pop();
        }
        if name == "q" {
            self.text("\"");
        }
        if BLOCKS.contains(&name) || name == "li" {
            self.block();
        }
    }

    fn pop(&mut self) {
        let Some(open) = self.stack.pop() else {
            return;
        };
        let outer = self.stack.last().and_then(|open| open.style.script);
        let (Some(script), None) = (open.style.script, outer) else {
            return;
        };
        let Some(text) = self.line.get(open.from..).map(str::to_owned) else {
            return;
        };
        if text.trim().is_empty() {
            return;
        }
        let before = self.line[..open.from].chars().next_back();
        match on_line(&text, script, before) {
            OnLine::Signs(signs) => self.line.replace_range(open.from.., &signs),
            OnLine::Ordinal => self.rules.push(Rule::Ordinals),
            OnLine::Lost => self.doubts.add(DoubtKind::Raised, "", &text),
        }
    }

    fn text(&mut self, text: &str) {
        let style = self.style();
        if self.stack.last().is_some_and(|open| open.name == "style") {
            for kind in sheet(text) {
                self.doubts.add(kind, "a style sheet", "");
            }
        }
        if style.silent {
            return;
        }
        if !text.trim().is_empty() {
            if style.is_unreadable() {
                self.doubts.add(DoubtKind::Colour, "", text);
            }
            if style.struck {
                self.doubts.add(DoubtKind::Struck, "", text);
            }
            if let Some(sign) = self.item.take() {
                self.rules.push(Rule::ListNumbers);
                self.line.push_str(&sign);
                // A raised beginning of an item would begin before its sign.
                for open in &mut self.stack {
                    open.from = self.line.len();
                }
            }
        }
        if style.pre {
            self.line.push_str(text);
            return;
        }
        for c in text.chars() {
            let blank = matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}');
            if !blank {
                self.line.push(c);
            } else if !self.line.is_empty() && !self.line.ends_with([' ', '\n']) {
                self.line.push(' ');
            }
        }
    }

    fn style(&self) -> Style {
        self.stack
            .last()
            .map(|open| open.style.clone())
            .unwrap_or_default()
    }

    /// Ends the block that is being read.
    fn block(&mut self) {
        let line = std::mem::take(&mut self.line);
        for open in &mut self.stack {
            open.from = 0;
        }
        let lines: Vec<&str> = line.lines().map(str::trim).collect();
        let text = lines.join("\n");
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if !self.out.is_empty() {
            self.out.push_str("\n\n");
        }
        self.out.push_str(text);
    }

    /// A block element ends a paragraph that is open.
    fn close_paragraph(&mut self) {
        if let Some(at) = self.stack.iter().rposition(|open| open.name == "p") {
            while self.stack.len() > at {
                self.pop();
            }
        }
    }

    /// An item or cell ends the one before.
    fn close_item(&mut self, name: &str, within: &[&str]) {
        let from = self
            .stack
            .iter()
            .rposition(|open| within.contains(&open.name.as_str()));
        let from = from.map_or(0, |at| at + 1);
        let open = self.stack[from..].iter().position(|open| {
            open.name == name || (name != "li" && matches!(open.name.as_str(), "td" | "th"))
        });
        if let Some(at) = open {
            while self.stack.len() > from + at {
                self.pop();
            }
        }
    }

    /// The sign of the next item of the innermost list.
    fn next_sign(&mut self) -> String {
        let list = self
            .stack
            .iter_mut()
            .rev()
            .find(|open| matches!(open.name.as_str(), "ol" | "ul" | "menu" | "dir"));
        match list.and_then(|open| open.number.as_mut()) {
            Some(number) => {
                let sign = format!("{number}. ");
                *number = number.saturating_add(1);
                sign
            }
            None => "- ".to_owned(),
        }
    }
}
