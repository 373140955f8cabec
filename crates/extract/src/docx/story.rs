//! One story of a document: its body, a head, a foot, the notes (ECMA-376, 17.2 and 17.3).

use crate::{
    Rule,
    docx::{
        list::{Counts, Lists, Sign},
        look::{Look, Styles},
        xml::{Item, Node, Ns},
    },
    doubt::{DoubtKind, Doubts},
    script::{OnLine, on_line},
};

/// Fields whose shown text is what they mean: page numbers and links.
const PLAIN_FIELDS: &[&str] = &["PAGE", "NUMPAGES", "SECTIONPAGES", "HYPERLINK"];

/// The readings of [`Writer`].
const ACCEPTED: usize = 0;
const BEFORE: usize = 1;

/// Whether a text was put in or taken out with changes tracked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Track {
    No,
    Inserted,
    Deleted,
}

impl Track {
    const fn shown(self, reading: usize) -> bool {
        !matches!(
            (self, reading),
            (Self::Inserted, BEFORE) | (Self::Deleted, ACCEPTED)
        )
    }
}

/// The text in both readings.
#[derive(Default)]
pub(super) struct Writer {
    out: [String; 2],
    line: [String; 2],
    /// Whether the last paragraph was a list's item.
    item: [bool; 2],
    counts: [Counts; 2],
    tracked: bool,
}

impl Writer {
    pub(super) const fn tracked(&self) -> bool {
        self.tracked
    }

    pub(super) fn texts(&self) -> [String; 2] {
        self.out.clone()
    }

    pub(super) fn append(&mut self, other: Self) {
        self.tracked |= other.tracked;
        for (out, more) in self.out.iter_mut().zip(other.out) {
            if !out.is_empty() && !more.is_empty() {
                out.push_str("\n\n");
            }
            out.push_str(&more);
        }
    }

    fn put(&mut self, text: &str, track: Track) {
        self.tracked |= track != Track::No;
        for (reading, line) in self.line.iter_mut().enumerate() {
            if track.shown(reading) {
                line.push_str(text);
            }
        }
    }

    /// Ends a paragraph whose mark was tracked so; what has lost its mark goes on in the next.
    fn end(&mut self, mark: Track, signs: [Option<String>; 2]) {
        self.tracked |= mark != Track::No;
        for (reading, sign) in signs.into_iter().enumerate() {
            if !mark.shown(reading) {
                continue;
            }
            let line = std::mem::take(&mut self.line[reading]);
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            let item = sign.is_some();
            let out = &mut self.out[reading];
            if !out.is_empty() {
                out.push_str(if item && self.item[reading] {
                    "\n"
                } else {
                    "\n\n"
                });
            }
            out.push_str(&sign.unwrap_or_default());
            out.push_str(line);
            self.item[reading] = item;
        }
    }
}

/// A field that is open: what computes it, and whether its result has begun.
struct Field {
    code: String,
    result: bool,
}

pub(super) struct Story<'a> {
    place: &'a str,
    styles: &'a Styles<'a>,
    lists: &'a Lists<'a>,
    doubts: &'a mut Doubts,
    rules: &'a mut Vec<Rule>,
    fields: Vec<Field>,
    /// Text boxes of the paragraph that is being read.
    boxes: Vec<(&'a Node, Track)>,
    /// Whether what is read stands in a text box, whose own boxes are read at once.
    ground: Option<&'a Node>,
}

impl<'a> Story<'a> {
    pub(super) fn new(
        kind: &'a str,
        styles: &'a Styles<'a>,
        lists: &'a Lists<'a>,
        doubts: &'a mut Doubts,
        rules: &'a mut Vec<Rule>,
    ) -> Self {
        Self {
            place: if kind == "body" { "" } else { kind },
            styles,
            lists,
            doubts,
            rules,
            fields: Vec::new(),
            boxes: Vec::new(),
            ground: None,
        }
    }

    pub(super) fn read(&mut self, node: &'a Node, writer: &mut Writer) {
        self.blocks(node, Track::No, writer);
        writer.end(Track::No, [None, None]);
        if !self.fields.is_empty() {
            self.doubt(DoubtKind::Field, "a field without an end");
        }
    }

    fn doubt(&mut self, kind: DoubtKind, text: &str) {
        self.doubts.add(kind, self.place, text);
    }

    /// Paragraphs, tables, and what holds them.
    fn blocks(&mut self, parent: &'a Node, track: Track, writer: &mut Writer) {
        for node in parent.nodes() {
            if node.ns == Ns::Mc && node.name == "AlternateContent" {
                self.alternatives(node, track, writer, false);
                continue;
            }
            match node.name.as_str() {
                "p" if node.ns == Ns::W => self.paragraph(node, track, writer),
                "footnote" | "endnote" if node.attribute("type").is_some_and(|t| t != "normal") => {
                }
                "tc" => {
                    let outer = self.ground;
                    let shading = node.child("tcPr").and_then(|p| p.child("shd"));
                    self.ground = shading.or(outer);
                    self.blocks(node, track, writer);
                    self.ground = outer;
                }
                "tr" => {
                    let properties = node.child("trPr");
                    let row = match properties {
                        Some(p) if p.child("del").is_some() => Track::Deleted,
                        Some(p) if p.child("ins").is_some() => Track::Inserted,
                        _ => track,
                    };
                    if properties
                        .and_then(|p| p.child("hidden"))
                        .is_some_and(Node::is_on)
                    {
                        self.doubt(DoubtKind::Hidden, "a row of a table");
                    }
                    self.blocks(node, row, writer);
                }
                "ins" | "moveTo" => self.blocks(node, Track::Inserted, writer),
                "del" | "moveFrom" => self.blocks(node, Track::Deleted, writer),
                "altChunk" => self.doubt(DoubtKind::Embedded, "another document"),
                "sdt" => {
                    self.control(node);
                    self.blocks(node, track, writer);
                }
                "pPr" | "rPr" | "sectPr" | "tblPr" | "tblGrid" | "tcPr" | "trPr" | "sdtPr"
                | "sdtEndPr" => {}
                _ if node.ns == Ns::W => self.blocks(node, track, writer),
                "oMathPara" | "oMath" => {
                    self.formula(node, track, writer);
                    writer.end(Track::No, [None, None]);
                }
                _ => {}
            }
        }
    }

    fn paragraph(&mut self, node: &'a Node, track: Track, writer: &mut Writer) {
        let properties = node.child("pPr");
        let style = properties
            .and_then(|p| p.child("pStyle"))
            .and_then(Node::val);
        let mut look = self.styles.paragraph(style);
        if let Some(shading) = self
            .ground
            .or_else(|| properties.and_then(|p| p.child("shd")))
        {
            look.ground(shading);
        }
        let mark = properties
            .and_then(|p| p.child("rPr"))
            .map_or(track, |mark| {
                if mark.child("del").is_some() || mark.child("moveFrom").is_some() {
                    Track::Deleted
                } else if mark.child("ins").is_some() || mark.child("moveTo").is_some() {
                    Track::Inserted
                } else {
                    track
                }
            });
        if properties.is_some_and(|p| p.child("framePr").is_some()) {
            self.doubt(DoubtKind::Moved, "a frame");
        }
        self.inline(node, &look, track, writer);
        let list = properties
            .and_then(|p| p.child("numPr"))
            .or_else(|| style.and_then(|id| self.styles.numbering(id)));
        let signs = match list {
            Some(list) => [ACCEPTED, BEFORE].map(|reading| {
                if writer.line[reading].trim().is_empty() || !mark.shown(reading) {
                    return None;
                }
                match self.lists.next(list, &mut writer.counts[reading]) {
                    Some(Sign::Text(text)) => Some(text),
                    Some(Sign::Unknown) => {
                        self.doubts
                            .add(DoubtKind::Field, self.place, "a list's numbers");
                        None
                    }
                    None => None,
                }
            }),
            None => [None, None],
        };
        if signs.iter().any(Option::is_some) {
            self.rules.push(Rule::ListNumbers);
        }
        writer.end(mark, signs);
        for (content, track) in std::mem::take(&mut self.boxes) {
            let fields = std::mem::take(&mut self.fields);
            self.blocks(content, track, writer);
            self.fields = fields;
        }
    }

    /// Runs, and what holds them.
    fn inline(&mut self, parent: &'a Node, look: &Look, track: Track, writer: &mut Writer) {
        for node in parent.nodes() {
            if node.ns == Ns::Mc && node.name == "AlternateContent" {
                self.alternatives(node, track, writer, true);
                continue;
            }
            match node.name.as_str() {
                "r" if node.ns == Ns::W => self.run(node, look, track, writer),
                "ins" | "moveTo" => self.inline(node, look, Track::Inserted, writer),
                "del" | "moveFrom" => self.inline(node, look, Track::Deleted, writer),
                "fldSimple" => {
                    self.field(node.attribute("instr").unwrap_or_default());
                    self.inline(node, look, track, writer);
                }
                "sdt" => {
                    self.control(node);
                    self.inline(node, look, track, writer);
                }
                "bdo" | "dir" => {
                    self.doubt(DoubtKind::Direction, "");
                    self.inline(node, look, track, writer);
                }
                "ruby" => {
                    self.doubt(DoubtKind::Moved, "ruby text");
                    self.inline(node, look, track, writer);
                }
                "pPr" | "rPr" | "sdtPr" | "sdtEndPr" => {}
                "oMath" | "oMathPara" => self.formula(node, track, writer),
                _ if node.ns == Ns::W => self.inline(node, look, track, writer),
                _ => {}
            }
        }
    }

    fn run(&mut self, run: &'a Node, base: &Look, track: Track, writer: &mut Writer) {
        let mut look = base.clone();
        if let Some(properties) = run.child("rPr") {
            if let Some(style) = properties.child("rStyle").and_then(Node::val) {
                self.styles.apply(style, &mut look);
            }
            look.set(properties);
        }
        let mut text = String::new();
        for node in run.nodes() {
            if node.ns == Ns::Mc && node.name == "AlternateContent" {
                self.alternatives(node, track, writer, true);
                continue;
            }
            match node.name.as_str() {
                "t" | "delText" if node.ns == Ns::W => text.push_str(&node.text()),
                "instrText" | "delInstrText" => {
                    if let Some(field) = self.fields.last_mut().filter(|f| !f.result) {
                        field.code.push_str(&node.text());
                    }
                }
                "fldChar" => {
                    self.write(&std::mem::take(&mut text), &look, track, writer);
                    self.field_char(node);
                }
                "tab" | "ptab" => text.push('\t'),
                "br" if matches!(node.attribute("type"), Some("page" | "column")) => {
                    self.rules.push(Rule::RunningHeads);
                    text.push('\n');
                }
                "br" | "cr" => text.push('\n'),
                "lastRenderedPageBreak" => self.rules.push(Rule::RunningHeads),
                "noBreakHyphen" => text.push('\u{2011}'),
                "softHyphen" => text.push('\u{ad}'),
                "sym" => self.doubt(DoubtKind::Glyphs, "a sign from a font of symbols"),
                "pgNum" | "dayShort" | "dayLong" | "monthShort" | "monthLong" | "yearShort"
                | "yearLong" => {
                    self.doubt(DoubtKind::Field, &node.name);
                }
                "footnoteReference" | "endnoteReference" | "footnoteRef" | "endnoteRef"
                | "annotationRef" | "commentReference" => self.rules.push(Rule::NoteMarks),
                "drawing" | "pict" | "object" => self.drawing(node, track),
                "ruby" => {
                    self.doubt(DoubtKind::Moved, "ruby text");
                    self.inline(node, &look, track, writer);
                }
                _ => {}
            }
        }
        self.write(&text, &look, track, writer);
    }

    /// A run's text as it is seen.
    fn write(&mut self, text: &str, look: &Look, track: Track, writer: &mut Writer) {
        // What computes a field is not shown.
        if text.is_empty() || self.fields.iter().any(|f| !f.result) {
            return;
        }
        if look.vanish {
            self.doubt(DoubtKind::Hidden, text);
            return;
        }
        if !text.trim().is_empty() {
            let seen = [
                (look.is_unreadable() || look.effect, DoubtKind::Colour),
                (look.is_tiny(), DoubtKind::Tiny),
                (look.struck, DoubtKind::Struck),
                (look.symbol, DoubtKind::Glyphs),
                (look.turned, DoubtKind::Direction),
            ];
            for (_, kind) in seen.into_iter().filter(|(is, _)| *is) {
                self.doubt(kind, text);
            }
        }
        let mut text = if look.caps {
            text.to_uppercase()
        } else {
            text.to_owned()
        };
        if let Some(script) = look.script {
            let before = writer.line[ACCEPTED].chars().next_back();
            match on_line(&text, script, before) {
                OnLine::Signs(signs) => text = signs,
                OnLine::Ordinal => self.rules.push(Rule::Ordinals),
                OnLine::Lost => self.doubt(DoubtKind::Raised, &text),
            }
        }
        writer.put(&text, track);
    }

    fn field_char(&mut self, node: &Node) {
        match node.attribute("fldCharType") {
            Some("begin") => self.fields.push(Field {
                code: String::new(),
                result: false,
            }),
            Some("separate") => {
                if let Some(field) = self.fields.last_mut() {
                    field.result = true;
                }
            }
            Some("end") => {
                if let Some(field) = self.fields.pop() {
                    self.field(&field.code);
                }
            }
            _ => {}
        }
    }

    fn field(&mut self, code: &str) {
        let name = code.split_whitespace().next().unwrap_or_default();
        if PLAIN_FIELDS
            .iter()
            .any(|plain| plain.eq_ignore_ascii_case(name))
        {
            self.rules.push(Rule::FieldCodes);
        } else {
            self.doubt(DoubtKind::Field, code);
        }
    }

    /// A content control whose text is kept elsewhere.
    fn control(&mut self, node: &Node) {
        let bound = node
            .child("sdtPr")
            .is_some_and(|p| p.nodes().any(|n| n.name == "dataBinding"));
        if bound {
            self.doubt(DoubtKind::Field, "a control that is bound to data");
        }
    }

    /// Pictures, shapes, text boxes.
    fn drawing(&mut self, node: &'a Node, track: Track) {
        let mut boxes: Vec<&'a Node> = Vec::new();
        let (mut picture, mut floats, mut words, mut shape) = (false, false, None, false);
        node.each(&mut |n| match n.name.as_str() {
            "txbxContent" => boxes.push(n),
            "pic" | "imagedata" | "blip" => picture = true,
            "OLEObject" | "control" | "chart" | "relIds" => shape = true,
            "anchor" => floats = true,
            "textpath" => words = Some(n.attribute("string").unwrap_or_default().to_owned()),
            _ => {}
        });
        floats |= node.name == "pict";
        if picture {
            self.doubt(DoubtKind::Picture, "");
        }
        if shape || node.name == "object" {
            self.doubt(DoubtKind::Embedded, "");
        }
        if let Some(words) = words {
            self.doubt(DoubtKind::Picture, &words);
        }
        if floats && !picture {
            self.doubt(
                DoubtKind::Moved,
                "a text box or shape, which may cover other text",
            );
        }
        // A box within a box is read with it.
        let inner = |a: &Node| {
            boxes.iter().any(|b| {
                let mut found = false;
                if !std::ptr::eq(*b, a) {
                    b.each(&mut |n| found |= std::ptr::eq(n, a));
                }
                found
            })
        };
        let outer: Vec<&'a Node> = boxes.iter().copied().filter(|n| !inner(n)).collect();
        self.boxes
            .extend(outer.into_iter().map(|content| (content, track)));
    }

    /// What a word processor shows one of: the first that it knows, which is read; the others must say the same.
    fn alternatives(&mut self, node: &'a Node, track: Track, writer: &mut Writer, inline: bool) {
        let mut texts: Vec<String> = Vec::new();
        for (n, choice) in node.nodes().enumerate() {
            let mut text = String::new();
            choice.each(&mut |n| {
                if n.is("t") {
                    text.push_str(&n.text());
                }
            });
            texts.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
            if n > 0 {
                continue;
            }
            let mut drawings = Vec::new();
            for node in choice.nodes() {
                if matches!(node.name.as_str(), "drawing" | "pict" | "object") {
                    drawings.push(node);
                }
            }
            if drawings.is_empty() && inline {
                self.inline(choice, &Look::default(), track, writer);
            } else if drawings.is_empty() {
                self.blocks(choice, track, writer);
            }
            for drawing in drawings {
                self.drawing(drawing, track);
            }
        }
        if let Some(other) = texts.iter().find(|text| **text != texts[0]) {
            let both = format!("{} / {other}", texts[0]);
            self.doubt(DoubtKind::Contradiction, &both);
        }
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
    }
}
