//! What a document's parts settle for its text: styles, theme, fonts, the page (ECMA-376, 17.7, 17.6).

use std::collections::{HashMap, HashSet};

use crate::{
    docx::{
        colour::{Colours, Theme, WHITE},
        list::Lists,
        look::{Lines, Look, measure},
        xml::{Node, Ns},
    },
    doubt::{DoubtKind, Doubts},
    limits::{MAX_STYLE_CHAIN, MAX_STYLES},
};

/// Twentieths of a point in an inch.
const INCH: f32 = 1_440.0;

/// The narrowest column that words are read in, and the most beside each other.
const LEAST_COLUMN: f32 = 0.9 * INCH;
const MAX_COLUMNS: usize = 4;

/// Names of styles for block quotations, without blanks: Word's, LibreOffice's and pandoc's.
const QUOTATIONS: [&str; 6] = [
    "quote",
    "intensequote",
    "blocktext",
    "blockquote",
    "blockquotation",
    "quotations",
];

/// What all text of a document depends on.
pub(super) struct File<'a> {
    pub(super) styles: Styles<'a>,
    pub(super) lists: Lists<'a>,
    pub(super) theme: Theme,
    /// Fonts that are said to stand for a font of symbols.
    pub(super) symbols: HashSet<String>,
    pub(super) page: Page,
}

impl File<'_> {
    pub(super) fn is_symbol(&self, font: &str) -> bool {
        crate::html::is_symbol_font(font) || self.symbols.contains(&font.to_ascii_lowercase())
    }
}

/// The narrowest page of a document, in twentieths of a point.
pub(super) struct Page {
    pub(super) width: f32,
    pub(super) left: f32,
    pub(super) right: f32,
    pub(super) ground: Colours,
}

impl Page {
    /// By the document's sections and background; tells of pages that text may not be seen on.
    pub(super) fn new(
        sections: &[&Node],
        document: &Node,
        settings: &Node,
        theme: &Theme,
        doubts: &mut Doubts,
    ) -> Self {
        let mut out = Self {
            width: 8.5 * INCH,
            left: INCH,
            right: INCH,
            ground: Colours::default(),
        };
        let number = |node: Option<&Node>, name, usual| {
            let value = node.and_then(|n| n.attribute(name));
            value.map_or(usual, |v| measure(Some(v), 20.0).unwrap_or(f32::NAN))
        };
        for (n, section) in sections.iter().enumerate() {
            let (size, edge) = (section.child("pgSz"), section.child("pgMar"));
            let width = number(size, "w", 8.5 * INCH);
            let height = number(size, "h", 11.0 * INCH);
            let (left, right) = (number(edge, "left", INCH), number(edge, "right", INCH));
            let (top, bottom) = (number(edge, "top", INCH), number(edge, "bottom", INCH));
            let (head, foot) = (
                number(edge, "header", 0.5 * INCH),
                number(edge, "footer", 0.5 * INCH),
            );
            let gutter = number(edge, "gutter", 0.0);
            let line = width - left - right - gutter;
            let fits = line >= INCH
                && gutter >= 0.0
                && height - top.abs() - bottom.abs() >= INCH
                && left >= 0.0
                && right >= 0.0
                && (0.0..height / 2.0).contains(&head)
                && (0.0..height / 2.0).contains(&foot);
            if !fits {
                doubts.add(DoubtKind::Moved, "", "margins that leave no page");
            }
            for node in section.nodes() {
                match (node.ns, node.name.as_str()) {
                    (Ns::W, "bidi" | "rtlGutter") if node.is_on() => {
                        doubts.add(DoubtKind::Direction, "", "a section from right to left");
                    }
                    (Ns::W, "textDirection") if node.val() != Some("lrTb") => {
                        doubts.add(DoubtKind::Direction, "", "a section of turned text");
                    }
                    (Ns::W, "noEndnote") if node.is_on() => {
                        doubts.add(DoubtKind::Hidden, "", "endnotes that are not shown");
                    }
                    (Ns::Mc, _) => {
                        doubts.add(DoubtKind::Contradiction, "", "settings of a section");
                    }
                    _ => {}
                }
            }
            for name in ["pgSz", "pgMar", "cols"] {
                if section.nodes().filter(|n| n.is(name)).count() > 1 {
                    doubts.add(DoubtKind::Contradiction, "", "settings of a section");
                }
            }
            let columns = Columns::of(section.child("cols"), line);
            if !columns.fit(line) {
                doubts.add(DoubtKind::Hidden, "", "columns that leave no line");
            }
            // Beside a column stands another: its lines reach into the room between them at most.
            let (width, left, right) = match columns.narrowest() {
                Some((column, space)) => {
                    let (left, right) = (left.min(space), right.min(space));
                    (column + left + right, left, right)
                }
                None => (width, left, right),
            };
            if n == 0 {
                (out.width, out.left, out.right) = (width, left, right);
            } else {
                out.width = out.width.min(width);
                out.left = out.left.min(left);
                out.right = out.right.min(right);
            }
        }
        if let Some(background) = document.child("background") {
            if background.nodes().next().is_some() {
                doubts.add(DoubtKind::Picture, "", "behind the page");
            }
            // Whether it is shown is a setting of the program, too.
            let shown = settings.child("displayBackgroundShape");
            if shown.is_some_and(Node::is_on) || background.attribute("color").is_some() {
                // Its colour stands where that of a text would.
                let colour = theme.background(background);
                if !colour.is_auto() {
                    out.ground = Colours::one(WHITE).and(&colour);
                }
            }
        }
        out
    }
}

/// A section's columns (17.6.4): the width of each, and the room behind it.
struct Columns(Vec<(f32, f32)>);

impl Columns {
    /// `line` is the room between the margins.
    fn of(columns: Option<&Node>, line: f32) -> Self {
        let Some(columns) = columns else {
            return Self(Vec::new());
        };
        let number = |node: &Node, name, usual| {
            let value = node.attribute(name);
            value.map_or(usual, |v| measure(Some(v), 20.0).unwrap_or(f32::NAN))
        };
        let space = number(columns, "space", 0.5 * INCH);
        let count = number(columns, "num", 1.0);
        let own: Vec<(f32, f32)> = { columns.nodes().filter(|n| n.is("col")) }
            .map(|column| (number(column, "w", 0.0), number(column, "space", 0.0)))
            .take(MAX_COLUMNS + 1)
            .collect();
        let equal = columns.attribute("equalWidth");
        let equal = equal.is_none_or(|e| !matches!(e, "0" | "false" | "off"));
        if !own.is_empty() {
            // Which of two counts holds, and whether they hold where columns are said to be equal, programs see differently.
            let counted = columns.attribute("num").is_none() || own.len() as f32 == count;
            let sure = counted && (!equal || own.len() == 1);
            return Self(if sure { own } else { vec![(f32::NAN, space)] });
        }
        if !(1.0..=MAX_COLUMNS as f32).contains(&count) {
            return Self(vec![(f32::NAN, space)]);
        }
        let width = (line - (count - 1.0) * space) / count;
        Self(vec![(width, space); count as usize])
    }

    /// Whether each can be read and all are on the page.
    fn fit(&self, line: f32) -> bool {
        let Some(((last, _), others)) = self.0.split_last() else {
            return true;
        };
        let all = others
            .iter()
            .fold(*last, |all, (width, space)| all + width + space);
        let wide = |(width, space): &(f32, f32)| *width >= LEAST_COLUMN && *space >= 0.0;
        self.0.len() <= MAX_COLUMNS && self.0.iter().all(wide) && all <= line + 0.1 * INCH
    }

    /// The narrowest column, and the least room between two; none where there is one only.
    fn narrowest(&self) -> Option<(f32, f32)> {
        let (_, others) = self
            .0
            .split_last()
            .filter(|(_, others)| !others.is_empty())?;
        let width = self.0.iter().map(|(width, _)| *width);
        let space = others.iter().map(|(_, space)| *space);
        Some((
            width.fold(f32::MAX, f32::min),
            space.fold(f32::MAX, f32::min),
        ))
    }
}

/// What paragraph properties (17.3.1) settle for the text.
#[derive(Clone, Default)]
pub(super) struct Block<'a> {
    pub(super) lines: Option<Lines>,
    line: Option<f32>,
    rule: Option<&'a str>,
    left: f32,
    right: f32,
    first: f32,
    shading: Option<&'a Node>,
    /// What may show the text elsewhere, or not at all.
    odd: Vec<(DoubtKind, String)>,
}

impl<'a> Block<'a> {
    /// Takes what `pPr` sets.
    pub(super) fn set(&mut self, properties: &'a Node) {
        if let Some(twice) = properties.twice() {
            self.odd(
                DoubtKind::Contradiction,
                &format!("the property {}", twice.name),
            );
        }
        for node in properties.nodes() {
            if node.ns != Ns::W {
                match (node.ns, node.name.as_str()) {
                    // What stands under a heading is folded away.
                    (Ns::Other, "collapsed") if node.any_attribute("val") != Some("0") => {
                        self.odd(DoubtKind::Hidden, "text folded under a heading");
                    }
                    (Ns::Other, "collapsed") => {}
                    _ => self.odd(DoubtKind::Style, &format!("the property {}", node.name)),
                }
                continue;
            }
            match node.name.as_str() {
                "spacing" => {
                    if let Some(line) = node.attribute("line") {
                        self.line = Some(measure(Some(line), 20.0).unwrap_or(f32::NAN));
                    }
                    self.rule = node.attribute("lineRule").or(self.rule);
                    self.lines = match (self.line, self.rule.unwrap_or("auto")) {
                        (None, _) | (_, "atLeast") => None,
                        (Some(line), "auto") => Some(Lines::Times(line.abs() / 240.0)),
                        (Some(line), _) => Some(Lines::Exact(line.abs())),
                    };
                    if self.line.is_some_and(f32::is_nan) {
                        self.odd(DoubtKind::Hidden, "a line height that is none");
                    }
                }
                "ind" => self.indents(node),
                "framePr" => self.odd(DoubtKind::Moved, "a frame"),
                "bidi" if node.is_on() => {
                    self.odd(DoubtKind::Direction, "a paragraph from right to left");
                }
                "textDirection" if node.val() != Some("lrTb") => {
                    self.odd(DoubtKind::Direction, "turned text");
                }
                "shd" => self.shading = Some(node),
                "tabs" => self.tabs(node),
                "pStyle"
                | "keepNext"
                | "keepLines"
                | "pageBreakBefore"
                | "widowControl"
                | "numPr"
                | "suppressLineNumbers"
                | "pBdr"
                | "suppressAutoHyphens"
                | "kinsoku"
                | "wordWrap"
                | "overflowPunct"
                | "topLinePunct"
                | "autoSpaceDE"
                | "autoSpaceDN"
                | "bidi"
                | "textDirection"
                | "adjustRightInd"
                | "snapToGrid"
                | "contextualSpacing"
                | "mirrorIndents"
                | "suppressOverlap"
                | "jc"
                | "textAlignment"
                | "textboxTightWrap"
                | "outlineLvl"
                | "divId"
                | "cnfStyle"
                | "rPr"
                | "sectPr"
                | "pPrChange" => {}
                name => self.odd(DoubtKind::Style, &format!("the property {name}")),
            }
        }
    }

    fn indents(&mut self, node: &Node) {
        let number = |names: [&str; 2]| {
            let value = names.iter().find_map(|n| node.attribute(n));
            value.map(|v| measure(Some(v), 20.0).unwrap_or(f32::NAN))
        };
        // In hundredths of a character, which go before the others; a character is taken for a fifth of an inch.
        let chars = |names: [&str; 2]| number(names).map(|n| n / 500.0 * INCH);
        let either = |plain, by_chars| chars(by_chars).or_else(|| number(plain));
        if let Some(left) = either(["left", "start"], ["leftChars", "startChars"]) {
            self.left = left;
        }
        if let Some(right) = either(["right", "end"], ["rightChars", "endChars"]) {
            self.right = right;
        }
        let hanging = either(["hanging", ""], ["hangingChars", ""]).map(|h| -h);
        if let Some(first) = hanging.or_else(|| either(["firstLine", ""], ["firstLineChars", ""])) {
            self.first = first;
        }
    }

    fn tabs(&mut self, node: &Node) {
        for tab in node.nodes() {
            let at = measure(tab.attribute("pos"), 20.0).unwrap_or(f32::NAN);
            if tab.val() == Some("bar") {
                self.odd(DoubtKind::Picture, "a bar between words");
            } else if matches!(tab.attribute("leader"), Some("hyphen" | "middleDot")) {
                self.odd(DoubtKind::Struck, "signs that fill a tab");
            } else if at.is_nan() || at.abs() > 15.0 * INCH {
                self.odd(DoubtKind::Moved, "a tab off the page");
            }
        }
    }

    fn odd(&mut self, kind: DoubtKind, what: &str) {
        if !self.odd.iter().any(|(k, w)| *k == kind && w == what) {
            self.odd.push((kind, what.to_owned()));
        }
    }

    /// The paragraph's ground over what is under it.
    pub(super) fn ground(&self, under: &Colours, theme: &Theme) -> Colours {
        match self.shading {
            Some(shading) => theme.shading(shading, under),
            None => under.clone(),
        }
    }

    /// What speaks against its text being seen where it stands. In a cell the indents are measured by less than a page.
    pub(super) fn doubts(&self, page: &Page) -> Vec<(DoubtKind, String)> {
        let mut out = self.odd.clone();
        let starts = self.left + self.first.min(0.0);
        let room = page.width - page.left - page.right - self.left - self.right;
        let fits = starts >= -page.left
            && self.right >= -page.right
            && room >= 0.5 * INCH
            && room - self.first >= 0.25 * INCH;
        if !fits {
            out.push((DoubtKind::Moved, "indents that leave no line".to_owned()));
        }
        out
    }
}

/// A document's styles: what each sets, and what it is based on.
#[derive(Default)]
pub(super) struct Styles<'a> {
    defaults: [Option<&'a Node>; 2],
    styles: HashMap<&'a str, &'a Node>,
    /// The styles of paragraphs, runs and tables that have none.
    usual: HashMap<&'a str, &'a str>,
}

impl<'a> Styles<'a> {
    pub(super) fn new(root: &'a Node, doubts: &mut Doubts) -> Self {
        let defaults = |outer, inner| {
            let defaults = root.child("docDefaults").and_then(|n| n.child(outer));
            defaults.and_then(|n| n.child(inner))
        };
        let mut out = Self {
            defaults: [defaults("rPrDefault", "rPr"), defaults("pPrDefault", "pPr")],
            ..Self::default()
        };
        for style in root.nodes().filter(|n| n.is("style")).take(MAX_STYLES) {
            let Some(id) = style.attribute("styleId") else {
                continue;
            };
            let kind = style.attribute("type").unwrap_or("paragraph");
            if style
                .attribute("default")
                .is_some_and(|d| !matches!(d, "0" | "false" | "off"))
            {
                out.usual.insert(kind, id);
            }
            if out.styles.insert(id, style).is_some() {
                doubts.add(
                    DoubtKind::Contradiction,
                    "",
                    &format!("two styles named {id}"),
                );
            }
        }
        let too_many = root.nodes().filter(|n| n.is("style")).count() > MAX_STYLES;
        if too_many
            || out
                .styles
                .keys()
                .any(|id| out.chain(id).len() >= MAX_STYLE_CHAIN)
        {
            doubts.add(DoubtKind::Style, "", "more styles than are followed");
        }
        let mut two = false;
        root.each(&mut |n| two |= n.ns == Ns::Mc);
        if two {
            doubts.add(DoubtKind::Contradiction, "", "styles in two versions");
        }
        out
    }

    /// What the defaults set for a run; the rest is put on it.
    pub(super) fn look(&self, ground: &Colours, file: &File<'_>) -> Look {
        let mut look = Look::on(ground);
        if let Some(defaults) = self.defaults[0] {
            look.set(defaults, file);
        }
        look
    }

    /// The same for a paragraph.
    pub(super) fn block(&self) -> Block<'a> {
        let mut block = Block::default();
        if let Some(defaults) = self.defaults[1] {
            block.set(defaults);
        }
        block
    }

    /// A style's `rPr` or `pPr` with those of the styles that it is based on, the most basic first.
    pub(super) fn properties(&self, id: Option<&str>, kind: &str, child: &str) -> Vec<&'a Node> {
        let chain = self.style(id, kind).into_iter().rev();
        chain.filter_map(|s| s.child(child)).collect()
    }

    /// A style and those that it is based on; the usual one of its kind where none is named that there is.
    pub(super) fn style(&self, id: Option<&str>, kind: &str) -> Vec<&'a Node> {
        let is = |id: &&str| {
            let style = self.styles.get(*id);
            style.is_some_and(|s| s.attribute("type").unwrap_or("paragraph") == kind)
        };
        let id = id.filter(is).or_else(|| self.usual.get(kind).copied());
        id.map(|id| self.chain(id)).unwrap_or_default()
    }

    /// Whether a paragraph of that style is a block quotation, by the names that word processors give such styles, or those that they are based
    /// on.
    pub(super) fn quotes(&self, id: Option<&str>) -> bool {
        let Some(id) = id else {
            return false;
        };
        let chain = self.chain(id).into_iter();
        let names = chain.flat_map(|style| {
            let name = style.child("name").and_then(Node::val);
            [name, style.attribute("styleId")]
        });
        // One that the document has no styles for is known by its name all the same.
        names.flatten().chain([id]).any(|name| {
            let letters = name.chars().filter(|c| c.is_ascii_alphanumeric());
            let plain: String = letters.map(|c| c.to_ascii_lowercase()).collect();
            QUOTATIONS.contains(&plain.as_str())
        })
    }

    /// The list that a paragraph's style puts it in, and the style that says so.
    pub(super) fn numbering(&self, id: Option<&str>) -> Option<(&'a Node, Option<&'a str>)> {
        let mut all = self.style(id, "paragraph").into_iter().filter_map(|s| {
            let list = s.child("pPr").and_then(|p| p.child("numPr"))?;
            Some((list, s.attribute("styleId")))
        });
        all.next()
    }

    fn chain(&self, id: &str) -> Vec<&'a Node> {
        let mut out: Vec<&'a Node> = Vec::new();
        let mut next = self.styles.get(id).copied();
        while let Some(style) = next
            && out.len() < MAX_STYLE_CHAIN
        {
            if out.iter().any(|s| std::ptr::eq(*s, style)) {
                break;
            }
            out.push(style);
            let base = style.child("basedOn").and_then(Node::val);
            next = base.and_then(|id| self.styles.get(id)).copied();
        }
        out
    }
}
