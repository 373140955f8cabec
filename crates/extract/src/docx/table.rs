//! Tables (ECMA-376, 17.4): cells in the order of their rows, and what a table's style gives them (17.7.6).

use crate::{
    docx::{
        colour::Colours,
        look::measure,
        story::{MARKS, Story},
        writer::{Track, Writer},
        xml::{Node, Ns},
    },
    doubt::DoubtKind,
};

/// Columns under this are too narrow for a letter, in twentieths of a point.
const NARROWEST: f32 = 160.0;

/// What a cell gives the text in it.
#[derive(Clone)]
pub(super) struct Cell<'a> {
    /// The table style's properties of runs and of paragraphs, the most basic first.
    pub(super) runs: Vec<&'a Node>,
    pub(super) paragraphs: Vec<&'a Node>,
    pub(super) ground: Colours,
}

impl Cell<'_> {
    /// No cell: the page.
    pub(super) fn outside(page: &Colours) -> Self {
        Self {
            runs: Vec::new(),
            paragraphs: Vec::new(),
            ground: page.clone(),
        }
    }
}

/// A table's style and which of its special rows and columns hold (17.4.55).
struct Dress<'a> {
    chain: Vec<&'a Node>,
    rows: usize,
    columns: usize,
    bands: [usize; 2],
    /// First row, last row, first column, last column, bands of rows, bands of columns.
    holds: [bool; 6],
}

impl<'a> Story<'a, '_> {
    pub(super) fn table(&mut self, table: &'a Node, track: Track, writer: &mut Writer) {
        let outer = self.cell.clone();
        let properties = table.child("tblPr");
        let setting = |name| properties.and_then(|p| p.child(name));
        if setting("tblpPr").is_some() {
            self.doubt(DoubtKind::Moved, "a table that floats");
        }
        if setting("bidiVisual").is_some_and(Node::is_on) {
            self.doubt(DoubtKind::Direction, "a table from right to left");
        }
        if let Some(indent) = setting("tblInd") {
            let width = measure(indent.attribute("w"), 20.0).unwrap_or(f32::NAN);
            let page = &self.file.page;
            if !(-page.left..page.width - page.left).contains(&width) {
                self.doubt(DoubtKind::Moved, "a table off the page");
            }
        }
        let fixed = setting("tblLayout").is_some_and(|l| l.attribute("type") == Some("fixed"));
        let narrow = |w: Option<&str>| measure(w, 20.0).is_some_and(|w| w > 0.0 && w < NARROWEST);
        let columns = table.child("tblGrid").into_iter().flat_map(Node::nodes);
        if fixed && columns.into_iter().any(|c| narrow(c.attribute("w"))) {
            self.doubt(DoubtKind::Hidden, "a column too narrow for its text");
        }
        let mut rows = Vec::new();
        self.gather(table, "tr", track, &mut rows);
        let cells: Vec<Vec<(&'a Node, Track)>> = { rows.iter() }
            .map(|(row, track)| {
                let mut cells = Vec::new();
                self.gather(row, "tc", self.row_track(row, *track), &mut cells);
                cells
            })
            .collect();
        let dress = self.dress(properties, &cells);
        for (n, ((row, _), cells)) in rows.iter().zip(&cells).enumerate() {
            self.row(row, n, &dress);
            let mut column = 0;
            for (cell, track) in cells {
                let span = span(cell);
                self.cell = self.dressed(&dress, n, (column, span), properties, row, cell, &outer);
                column += span;
                self.one_cell(cell, *track, writer);
            }
        }
        self.cell = outer;
    }

    /// The rows of a table or the cells of a row, through what may hold them.
    fn gather(
        &mut self,
        parent: &'a Node,
        what: &str,
        track: Track,
        out: &mut Vec<(&'a Node, Track)>,
    ) {
        for node in parent.nodes() {
            match (node.ns, node.name.as_str()) {
                (Ns::W, name) if name == what => out.push((node, track)),
                (Ns::W, "sdt") => {
                    if let Some(content) = self.control(node) {
                        self.gather(content, what, track, out);
                    }
                }
                (Ns::W, "customXml") => self.gather(node, what, track, out),
                (Ns::W, "ins" | "moveTo") => {
                    self.gather(node, what, track.and(Track::Inserted), out);
                }
                (Ns::W, "del" | "moveFrom") => {
                    self.gather(node, what, track.and(Track::Deleted), out);
                }
                (Ns::W, "tblPr" | "tblPrEx" | "tblGrid" | "trPr") => {}
                (Ns::W, "sdtPr" | "sdtEndPr" | "customXmlPr") => {}
                (Ns::W, name) if MARKS.contains(&name) => {}
                _ => {
                    self.unknown(node);
                    let mut text = String::new();
                    node.each(&mut |n| {
                        if n.is("t") {
                            text.push_str(&n.text());
                        }
                    });
                    if !text.is_empty() {
                        self.doubt(DoubtKind::Hidden, &text);
                    }
                }
            }
        }
    }

    fn row_track(&self, row: &Node, track: Track) -> Track {
        let has = |name| row.child("trPr").is_some_and(|p| p.child(name).is_some());
        match (has("ins"), has("del")) {
            (true, true) => Track::Both,
            (true, false) => track.and(Track::Inserted),
            (false, true) => track.and(Track::Deleted),
            (false, false) => track,
        }
    }

    fn row(&mut self, row: &'a Node, n: usize, dress: &Dress<'a>) {
        for set in row.child("trPr").into_iter().flat_map(Node::nodes) {
            match (set.ns, set.name.as_str()) {
                (Ns::W, "hidden") if set.is_on() => {
                    self.doubt(DoubtKind::Hidden, "a row of a table");
                }
                (Ns::W, "trHeight") if set.attribute("hRule") == Some("exact") => {
                    self.doubt(DoubtKind::Hidden, "a row whose height is fixed");
                }
                // Programs differ in which of them are dressed as the first.
                (Ns::W, "tblHeader") if set.is_on() && n > 0 && dress.has("firstRow") => {
                    self.doubt(DoubtKind::Style, "a second head of a table");
                }
                (
                    Ns::W,
                    "hidden" | "trHeight" | "tblHeader" | "cnfStyle" | "divId" | "gridBefore"
                    | "gridAfter" | "wBefore" | "wAfter" | "cantSplit" | "tblCellSpacing" | "jc"
                    | "ins" | "del" | "trPrChange",
                ) => {}
                _ => self.doubt(DoubtKind::Style, &format!("the property {}", set.name)),
            }
        }
    }

    fn one_cell(&mut self, cell: &'a Node, track: Track, writer: &mut Writer) {
        let mut track = track;
        let mut seen = Vec::new();
        for set in cell.child("tcPr").into_iter().flat_map(Node::nodes) {
            match (set.ns, set.name.as_str()) {
                // What a cell says that is one with the cell before or above it is not shown.
                (Ns::W, "vMerge" | "hMerge") if set.val() != Some("restart") => {
                    seen.push((DoubtKind::Hidden, "a cell that is one with another"));
                }
                (Ns::W, "textDirection") if set.val() != Some("lrTb") => {
                    seen.push((DoubtKind::Direction, "turned text"));
                }
                (Ns::W, "tcFitText") if set.is_on() => {
                    seen.push((DoubtKind::Tiny, "text pressed into a cell"));
                }
                (Ns::W, "tcW") if set.attribute("type") == Some("dxa") => {
                    let width = measure(set.attribute("w"), 20.0).unwrap_or(f32::NAN);
                    if width > 0.0 && width < NARROWEST {
                        seen.push((DoubtKind::Hidden, "a column too narrow for its text"));
                    }
                }
                (Ns::W, "cellIns") => track = track.and(Track::Inserted),
                (Ns::W, "cellDel") => track = track.and(Track::Deleted),
                (Ns::W, "cellMerge") => {
                    seen.push((DoubtKind::Contradiction, "cells that were made one"));
                }
                (
                    Ns::W,
                    "vMerge" | "hMerge" | "textDirection" | "tcFitText" | "tcW" | "cnfStyle"
                    | "gridSpan" | "tcBorders" | "shd" | "noWrap" | "tcMar" | "vAlign" | "hideMark"
                    | "headers" | "tcPrChange",
                ) => {}
                _ => self.doubt(DoubtKind::Style, &format!("the property {}", set.name)),
            }
        }
        let before = [writer.out[0].len(), writer.out[1].len()];
        self.blocks(cell, track, writer);
        if before != [writer.out[0].len(), writer.out[1].len()] {
            for (kind, what) in seen {
                self.doubt(kind, what);
            }
        }
    }

    fn dress(&self, properties: Option<&'a Node>, cells: &[Vec<(&'a Node, Track)>]) -> Dress<'a> {
        let style = properties.and_then(|p| p.child("tblStyle"));
        let chain = self.file.styles.style(style.and_then(Node::val), "table");
        let look = properties.and_then(|p| p.child("tblLook"));
        let bits = look.and_then(Node::val);
        let bits = bits.and_then(|v| u16::from_str_radix(v, 16).ok());
        let bits = bits.unwrap_or(0);
        let on = |name: &str, bit: u16| {
            let own = look.and_then(|l| l.attribute(name));
            own.map_or(bits & bit != 0, |v| !matches!(v, "0" | "false" | "off"))
        };
        let band = |name: &str| {
            let mut set = chain
                .iter()
                .filter_map(|s| s.child("tblPr")?.child(name)?.val());
            set.next().and_then(|v| v.parse().ok()).unwrap_or(1).max(1)
        };
        let width = |row: &Vec<(&Node, Track)>| row.iter().map(|(c, _)| span(c)).sum();
        Dress {
            rows: cells.len(),
            columns: cells.iter().map(width).max().unwrap_or(0),
            bands: [band("tblStyleRowBandSize"), band("tblStyleColBandSize")],
            holds: [
                on("firstRow", 0x20),
                on("lastRow", 0x40),
                on("firstColumn", 0x80),
                on("lastColumn", 0x100),
                !on("noHBand", 0x200),
                !on("noVBand", 0x400),
            ],
            chain,
        }
    }

    /// What a cell gets from the table's style, the table, its row and itself.
    #[expect(
        clippy::too_many_arguments,
        reason = "each level of a table sets something"
    )]
    fn dressed(
        &self,
        dress: &Dress<'a>,
        row: usize,
        columns: (usize, usize),
        table: Option<&'a Node>,
        tr: &'a Node,
        tc: &'a Node,
        outer: &Cell<'a>,
    ) -> Cell<'a> {
        let theme = &self.file.theme;
        let mut out = outer.clone();
        let mut take = |holder: &'a Node, cells: &[&str]| {
            out.runs.extend(holder.child("rPr"));
            out.paragraphs.extend(holder.child("pPr"));
            for name in cells {
                if let Some(shading) = holder.child(name).and_then(|p| p.child("shd")) {
                    out.ground = theme.shading(shading, &out.ground);
                }
            }
        };
        let whole: Vec<&'a Node> = dress.chain.iter().rev().copied().collect();
        for style in &whole {
            take(style, &["tblPr", "tcPr"]);
        }
        for part in dress.parts(row, columns) {
            for style in &whole {
                let special = style
                    .nodes()
                    .filter(|n| n.is("tblStylePr") && n.attribute("type") == Some(part));
                for special in special {
                    take(special, &["tblPr", "tcPr"]);
                }
            }
        }
        let own = [
            table.and_then(|p| p.child("shd")),
            tr.child("tblPrEx").and_then(|p| p.child("shd")),
            tc.child("tcPr").and_then(|p| p.child("shd")),
        ];
        for shading in own.into_iter().flatten() {
            out.ground = theme.shading(shading, &out.ground);
        }
        out
    }
}

impl Dress<'_> {
    fn has(&self, part: &str) -> bool {
        let own = |s: &&Node| {
            s.nodes()
                .any(|n| n.is("tblStylePr") && n.attribute("type") == Some(part))
        };
        self.chain.iter().any(own)
    }

    /// The special parts of a table that a cell belongs to, in the order in which they hold (17.7.6.6).
    fn parts(&self, row: usize, (column, span): (usize, usize)) -> Vec<&'static str> {
        let [
            first_row,
            last_row,
            first_column,
            last_column,
            rows,
            columns,
        ] = self.holds;
        let is = [
            first_row && row == 0,
            last_row && row + 1 == self.rows,
            first_column && column == 0,
            last_column && column + span >= self.columns,
        ];
        let mut out = vec!["wholeTable"];
        let band = |at: usize, skip: bool, size: usize| {
            at.checked_sub(usize::from(skip))
                .map(|n| (n / size).is_multiple_of(2))
        };
        if columns && let Some(odd) = band(column, first_column, self.bands[1]) {
            out.push(if odd { "band1Vert" } else { "band2Vert" });
        }
        if rows && let Some(odd) = band(row, first_row, self.bands[0]) {
            out.push(if odd { "band1Horz" } else { "band2Horz" });
        }
        for (holds, name) in [
            (is[2], "firstCol"),
            (is[3], "lastCol"),
            (is[0], "firstRow"),
            (is[1], "lastRow"),
            (is[0] && is[3], "neCell"),
            (is[0] && is[2], "nwCell"),
            (is[1] && is[3], "seCell"),
            (is[1] && is[2], "swCell"),
        ] {
            if holds {
                out.push(name);
            }
        }
        out
    }
}

fn span(cell: &Node) -> usize {
    let span = cell.child("tcPr").and_then(|p| p.child("gridSpan"));
    let span = span.and_then(Node::val).and_then(|v| v.parse().ok());
    span.unwrap_or(1).clamp(1, 100)
}
