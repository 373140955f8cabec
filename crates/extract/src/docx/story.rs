//! One story of a document: its body, a head, a foot, a note (ECMA-376, 17.2 and 17.3): its paragraphs, and what holds them.
//!
//! What is not known to be harmless is told by its name.

use crate::{
    Rule,
    docx::{
        field::Field,
        list::{DASH, Item as ListItem, Sign},
        look::Look,
        styles::File,
        table::Cell,
        writer::{ACCEPTED, BEFORE, Track, Writer},
        xml::{Item, Node, Ns},
    },
    doubt::{DoubtKind, Doubts},
};

/// Marks that hold no text (17.13, 17.15.1): bounds of comments, permissions, bookmarks and moves, and what was checked.
pub(super) const MARKS: &[&str] = &[
    "bookmarkStart",
    "bookmarkEnd",
    "commentRangeStart",
    "commentRangeEnd",
    "permStart",
    "permEnd",
    "proofErr",
    "moveFromRangeStart",
    "moveFromRangeEnd",
    "moveToRangeStart",
    "moveToRangeEnd",
    "customXmlInsRangeStart",
    "customXmlInsRangeEnd",
    "customXmlDelRangeStart",
    "customXmlDelRangeEnd",
    "customXmlMoveFromRangeStart",
    "customXmlMoveFromRangeEnd",
    "customXmlMoveToRangeStart",
    "customXmlMoveToRangeEnd",
];

/// Properties of what holds text, which are read where they stand.
pub(super) const PROPERTIES: &[&str] = &[
    "pPr",
    "rPr",
    "sectPr",
    "tblPr",
    "tblPrEx",
    "tblGrid",
    "tcPr",
    "trPr",
    "sdtPr",
    "sdtEndPr",
    "smartTagPr",
    "customXmlPr",
    "rubyPr",
];

/// A note that the text refers to.
pub(super) type Reference = (&'static str, String);

pub(super) struct Story<'a, 'd> {
    pub(super) place: &'a str,
    pub(super) file: &'a File<'a>,
    doubts: &'d mut Doubts,
    pub(super) rules: &'d mut Vec<Rule>,
    pub(super) fields: Vec<Field>,
    /// Text boxes of the paragraph that is being read.
    pub(super) boxes: Vec<(&'a Node, Track)>,
    /// What the cell gives that is being read.
    pub(super) cell: Cell<'a>,
    /// The notes that are referred to, in order.
    pub(super) notes: Vec<Reference>,
    /// Whether text was seen since this was last cleared.
    pub(super) wrote: bool,
    /// How large, and how high, the last letters on the line stand.
    pub(super) beside: (f32, f32),
    /// How deep alternatives stand in each other.
    pub(super) alternatives: usize,
}

impl<'a, 'd> Story<'a, 'd> {
    pub(super) fn new(
        kind: &'a str,
        file: &'a File<'a>,
        doubts: &'d mut Doubts,
        rules: &'d mut Vec<Rule>,
    ) -> Self {
        Self {
            place: if kind == "body" { "" } else { kind },
            file,
            doubts,
            rules,
            fields: Vec::new(),
            boxes: Vec::new(),
            cell: Cell::outside(&file.page.ground),
            notes: Vec::new(),
            wrote: false,
            beside: (0.0, 0.0),
            alternatives: 0,
        }
    }

    /// Reads it all; the notes that it refers to.
    pub(super) fn read(mut self, node: &'a Node, writer: &mut Writer) -> Vec<Reference> {
        self.blocks(node, Track::No, writer);
        writer.end(Track::No, [None, None], false);
        if !self.fields.is_empty() {
            self.doubt(DoubtKind::Field, "a field without an end");
        }
        self.notes
    }

    pub(super) fn doubt(&mut self, kind: DoubtKind, text: &str) {
        self.doubts.add(kind, self.place, text);
    }

    /// An element that is not known to be harmless.
    pub(super) fn unknown(&mut self, node: &Node) {
        self.doubt(DoubtKind::Style, &format!("the element {}", node.name));
    }

    /// Paragraphs, tables, and what holds them.
    pub(super) fn blocks(&mut self, parent: &'a Node, track: Track, writer: &mut Writer) {
        for node in parent.nodes() {
            match (node.ns, node.name.as_str()) {
                (Ns::Mc, "AlternateContent") => {
                    self.alternatives(node, &Holder::Blocks, track, writer);
                }
                (Ns::W, "p") => self.paragraph(node, track, writer),
                (Ns::W, "tbl") => self.table(node, track, writer),
                (Ns::W, "ins" | "moveTo") => {
                    self.blocks(node, track.and(Track::Inserted), writer);
                }
                (Ns::W, "del" | "moveFrom") => {
                    self.blocks(node, track.and(Track::Deleted), writer);
                }
                (Ns::W, "altChunk") => self.doubt(DoubtKind::Embedded, "another document"),
                (Ns::W, "sdt") => {
                    if let Some(content) = self.control(node) {
                        self.blocks(content, track, writer);
                    }
                }
                (Ns::W, "customXml") => self.blocks(node, track, writer),
                (Ns::M, "oMathPara" | "oMath") => {
                    self.formula(node, track, writer);
                    writer.end(Track::No, [None, None], false);
                }
                (Ns::W, name) if MARKS.contains(&name) || PROPERTIES.contains(&name) => {}
                (Ns::W, _) => {
                    self.unknown(node);
                    self.blocks(node, track, writer);
                }
                _ => self.unknown(node),
            }
        }
    }

    fn paragraph(&mut self, node: &'a Node, track: Track, writer: &mut Writer) {
        let file = self.file;
        if node.nodes().filter(|n| n.is("pPr")).count() > 1 {
            self.doubt(DoubtKind::Contradiction, "a paragraph's properties");
        }
        let properties = node.child("pPr");
        let style = properties
            .and_then(|p| p.child("pStyle"))
            .and_then(Node::val);
        let list = self.list(properties, style);
        let mut block = file.styles.block();
        for set in &self.cell.paragraphs {
            block.set(set);
        }
        // A list's indents go before its style's where the paragraph itself is in the list; either way they are looked at.
        let level = list.and_then(|list| file.lists.level(list));
        for set in level
            .and_then(|l| l.child("pPr"))
            .into_iter()
            .chain(file.styles.properties(style, "paragraph", "pPr"))
            .chain(properties)
        {
            block.set(set);
        }
        let ground = block.ground(&self.cell.ground, &file.theme);
        let mut look = file.styles.look(&ground, file);
        look.lines = block.lines;
        look.style(&self.cell.runs, file);
        look.style(&file.styles.properties(style, "paragraph", "rPr"), file);
        let mark = properties.and_then(|p| p.child("rPr"));
        let tracked = mark.map_or(track, |mark| {
            let has = |names: [&str; 2]| names.iter().any(|n| mark.child(n).is_some());
            match (has(["del", "moveFrom"]), has(["ins", "moveTo"])) {
                (true, true) => Track::Both,
                (true, false) => track.and(Track::Deleted),
                (false, true) => track.and(Track::Inserted),
                (false, false) => track,
            }
        });
        self.wrote = false;
        self.beside = look.stands();
        self.inline(node, &look, track, writer);
        let mut end = look.clone();
        if let Some(mark) = mark {
            let style = mark.child("rStyle").and_then(Node::val);
            end.style(&file.styles.properties(style, "character", "rPr"), file);
            end.set(mark, file);
        }
        let wrote = self.wrote;
        // What ends a paragraph is not shown: the next one goes on in its line.
        if wrote && end.is_hidden() && !look.is_hidden() {
            self.doubt(DoubtKind::Hidden, "a paragraph's end");
        }
        let signs = match list {
            Some(list) => self.signs(list, level, &end, tracked, writer),
            None => [None, None],
        };
        if wrote || signs.iter().flatten().any(|sign| sign != DASH) {
            for (kind, what) in block.doubts(&file.page) {
                self.doubt(kind, &what);
            }
        }
        writer.end(tracked, signs, file.styles.quotes(style));
        for (content, track) in std::mem::take(&mut self.boxes) {
            self.text_box(content, track, writer);
        }
    }

    /// A text box stands in its paragraph, but none of that paragraph's settings hold in it.
    pub(super) fn text_box(&mut self, content: &'a Node, track: Track, writer: &mut Writer) {
        let fields = std::mem::take(&mut self.fields);
        let outside = Cell::outside(&self.file.page.ground);
        let cell = std::mem::replace(&mut self.cell, outside);
        self.blocks(content, track, writer);
        self.cell = cell;
        self.fields = fields;
    }

    /// The list that a paragraph is in.
    fn list(&self, properties: Option<&'a Node>, style: Option<&str>) -> Option<ListItem<'a>> {
        let own = properties.and_then(|p| p.child("numPr"));
        let by_style = self.file.styles.numbering(style);
        let value = |node: &'a Node, name| node.child(name).and_then(Node::val);
        let level = |node: &'a Node| value(node, "ilvl").and_then(|l| l.parse().ok());
        if let Some(id) = own.and_then(|own| value(own, "numId")) {
            return Some(ListItem {
                id,
                level: own.and_then(level),
                style: None,
            });
        }
        let (list, of) = by_style?;
        Some(ListItem {
            id: value(list, "numId")?,
            level: own.and_then(level).or_else(|| level(list)),
            style: of.filter(|_| own.is_none()),
        })
    }

    /// What a list puts before its item, in each reading.
    fn signs(
        &mut self,
        list: ListItem<'a>,
        level: Option<&'a Node>,
        look: &Look,
        mark: Track,
        writer: &mut Writer,
    ) -> [Option<String>; 2] {
        let file = self.file;
        let signs = [ACCEPTED, BEFORE].map(|reading| {
            if !mark.shown(reading) {
                return None;
            }
            // What has no words of its own is counted, and has its sign, all the same.
            let blank = writer.line[reading].trim().is_empty();
            match file.lists.next(list, &mut writer.counts[reading], file) {
                Some(Sign::Text(text)) => Some(text).filter(|sign| !blank || sign != DASH),
                Some(Sign::Unknown) => {
                    self.doubt(DoubtKind::Field, "a list's numbers");
                    None
                }
                None => None,
            }
        });
        let shown = signs.iter().flatten().next();
        if let Some(sign) = shown {
            self.rules.push(Rule::ListNumbers);
            let mut look = look.clone();
            if let Some(own) = level.and_then(|l| l.child("rPr")) {
                look.set(own, file);
            }
            let sign = sign.clone();
            // A sign that means nothing by itself may look as it will.
            if sign != DASH {
                if look.is_hidden() {
                    self.doubt(DoubtKind::Hidden, &sign);
                }
                for (kind, what) in look.doubts() {
                    self.doubt(kind, &what.unwrap_or_else(|| sign.clone()));
                }
            }
        }
        signs
    }

    /// Runs, and what holds them.
    pub(super) fn inline(
        &mut self,
        parent: &'a Node,
        look: &Look,
        track: Track,
        writer: &mut Writer,
    ) {
        for node in parent.nodes() {
            match (node.ns, node.name.as_str()) {
                (Ns::Mc, "AlternateContent") => {
                    self.alternatives(node, &Holder::Inline(look), track, writer);
                }
                (Ns::W, "r") => self.run(node, look, track, writer),
                (Ns::W, "ins" | "moveTo") => {
                    self.inline(node, look, track.and(Track::Inserted), writer);
                }
                (Ns::W, "del" | "moveFrom") => {
                    self.inline(node, look, track.and(Track::Deleted), writer);
                }
                (Ns::W, "fldSimple") => {
                    let code = node.attribute("instr").unwrap_or_default();
                    let start = self.shown(writer);
                    self.inline(node, look, track, writer);
                    self.field(code, &start, writer);
                }
                (Ns::W, "sdt") => {
                    if let Some(content) = self.control(node) {
                        self.inline(content, look, track, writer);
                    }
                }
                (Ns::W, "bdo" | "dir") => {
                    self.doubt(DoubtKind::Direction, "");
                    self.inline(node, look, track, writer);
                }
                (Ns::W, "ruby") => {
                    self.doubt(DoubtKind::Moved, "ruby text");
                    self.inline(node, look, track, writer);
                }
                (Ns::W, "subDoc") => self.doubt(DoubtKind::Embedded, "another document"),
                (Ns::W, "hyperlink" | "smartTag" | "customXml" | "rt" | "rubyBase") => {
                    self.inline(node, look, track, writer);
                }
                (Ns::M, "oMath" | "oMathPara") => self.formula(node, track, writer),
                (Ns::W, name) if MARKS.contains(&name) || PROPERTIES.contains(&name) => {}
                (Ns::W, _) => {
                    self.unknown(node);
                    self.inline(node, look, track, writer);
                }
                _ => self.unknown(node),
            }
        }
    }

    /// A content control: what it holds, `None` where it holds nothing. A bound one's text is kept elsewhere.
    pub(super) fn control(&mut self, node: &'a Node) -> Option<&'a Node> {
        if let Some(properties) = node.child("sdtPr") {
            for setting in properties.nodes() {
                match setting.name.as_str() {
                    "dataBinding" => {
                        self.doubt(DoubtKind::Field, "a control that is bound to data");
                    }
                    "showingPlcHdr" if setting.is_on() => {
                        self.doubt(DoubtKind::Field, "a control that was not filled in");
                    }
                    "AlternateContent" => {
                        self.doubt(DoubtKind::Contradiction, "a control's settings");
                    }
                    _ => {}
                }
            }
        }
        for other in node.nodes() {
            if !(other.is("sdtContent") || other.is("sdtPr") || other.is("sdtEndPr")) {
                self.unknown(other);
            }
        }
        if node.nodes().filter(|n| n.is("sdtContent")).count() > 1 {
            self.doubt(DoubtKind::Contradiction, "a control's text");
        }
        node.child("sdtContent")
    }

    fn formula(&mut self, node: &'a Node, track: Track, writer: &mut Writer) {
        let mut text = String::new();
        node.each(&mut |n| {
            if n.name == "t" {
                for item in &n.items {
                    if let Item::Text(t) = item {
                        text.push_str(t);
                    }
                }
            }
        });
        self.doubt(DoubtKind::Formula, &text);
        writer.put(&text, track);
        self.wrote = true;
    }
}

/// What holds an element, and so what may stand in it.
pub(super) enum Holder<'l> {
    Blocks,
    Inline(&'l Look),
    Run(&'l Look),
}
