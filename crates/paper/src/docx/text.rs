//! Body, head and foot (ECMA-376 Part 1, 17.2 to 17.4, 17.10).
//!
//! Numbers and signs of lists are text, as they are in the memo: no program counts them anew.

use super::{
    FOOTER_ID, HEADER_ID, RELATION, styles,
    xml::{W, Xml},
};
use crate::{
    PaperError, Size,
    compose::{Block, COLUMN, Composed, EDGE, MARGIN, Style},
    script::{Trouble, trouble},
};

/// What stands beside the body, on each page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    Header,
    Footer,
}

pub(super) fn document(composed: &Composed, size: Size) -> Result<Vec<u8>, PaperError> {
    let mut xml = Xml::new();
    xml.open("w:document", &[("xmlns:w", W), ("xmlns:r", RELATION)]);
    xml.open("w:body", &[]);
    let mut blocks = composed.blocks.as_slice();
    while let Some(block) = blocks.first() {
        let style = block.style;
        let rows = match style {
            Style::Fact | Style::PointRow => blocks.iter().take_while(|b| b.style == style).count(),
            _ => 0,
        };
        if rows == 0 {
            paragraph(&mut xml, block)?;
            blocks = &blocks[1..];
            continue;
        }
        let (table, rest) = blocks.split_at(rows);
        write_table(&mut xml, table, size)?;
        blocks = rest;
        // Tables without a paragraph between are one, and a body ends with a paragraph.
        if blocks
            .first()
            .is_none_or(|b| matches!(b.style, Style::Fact | Style::PointRow))
        {
            xml.empty("w:p", &[]);
        }
    }
    section(&mut xml, size);
    xml.close();
    xml.close();
    xml.finish()
}

/// A head or foot.
pub(super) fn edge(story: Story, composed: &Composed, size: Size) -> Result<Vec<u8>, PaperError> {
    let mut xml = Xml::new();
    let name = match story {
        Story::Header => "w:hdr",
        Story::Footer => "w:ftr",
    };
    xml.open(name, &[("xmlns:w", W)]);
    if story == Story::Footer {
        begin(&mut xml, styles::FOOT);
        xml.open("w:tabs", &[]);
        let right = styles::twentieths(width(size));
        xml.empty("w:tab", &[("w:val", "right"), ("w:pos", &right)]);
        xml.close();
        xml.close();
        run(&mut xml, &clean(&composed.foot, "the foot")?);
        tab(&mut xml);
        run(&mut xml, "page ");
        field(&mut xml, "PAGE");
        run(&mut xml, " of ");
        field(&mut xml, "NUMPAGES");
        xml.close();
    }
    begin(&mut xml, styles::BANNER);
    xml.close();
    run(&mut xml, &clean(&composed.banner, "the banner")?);
    xml.close();
    xml.close();
    xml.finish()
}

/// The text with single blanks, if each of its characters stands for itself wherever it is shown.
pub(super) fn clean(text: &str, place: &str) -> Result<String, PaperError> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    match text.chars().find_map(|c| Some((c, refused(c)?))) {
        None => Ok(text),
        Some((c, why)) => Err(PaperError::Character {
            place: place.to_owned(),
            c,
            why,
        }),
    }
}

/// A word processor shapes what a PDF of ours can't, but turns text by signs that are set for that.
fn refused(c: char) -> Option<&'static str> {
    match (trouble(c), c) {
        (Some(trouble @ (Trouble::RightToLeft | Trouble::Unseen)), _) => Some(trouble.describe()),
        (_, c) if c.is_control() => Some("it is a control character"),
        // XML 1.0, 2.2 allows some of them; they stand for nothing.
        (_, c) if u32::from(c) & 0xfffe == 0xfffe => Some("it is no character"),
        (_, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..) => Some("fonts draw it as they will"),
        _ => None,
    }
}

/// The width of the text, in points.
fn width(size: Size) -> f32 {
    size.points().0 - 2.0 * MARGIN
}

/// Opens a paragraph and its properties, with the style.
fn begin(xml: &mut Xml, style: &str) {
    xml.open("w:p", &[]);
    xml.open("w:pPr", &[]);
    xml.val("w:pStyle", style);
}

fn paragraph(xml: &mut Xml, block: &Block) -> Result<(), PaperError> {
    begin(xml, styles::id(block.style));
    if let Style::Item { first: true, .. } = block.style {
        let before = styles::twentieths(block.style.before());
        xml.empty("w:spacing", &[("w:before", &before)]);
    }
    xml.close();
    if let Style::Item { .. } = block.style {
        let label = block.label.as_deref().unwrap_or_default();
        if !label.is_empty() {
            run(xml, &clean(label, &block.place)?);
        }
        tab(xml);
    }
    let text = clean(&block.text, &block.place)?;
    if !text.is_empty() {
        run(xml, &text);
    }
    xml.close();
    Ok(())
}

/// Rows of a label and a text.
fn write_table(xml: &mut Xml, rows: &[Block], size: Size) -> Result<(), PaperError> {
    let columns = [COLUMN, width(size) - COLUMN].map(styles::twentieths);
    xml.open("w:tbl", &[]);
    xml.open("w:tblPr", &[]);
    let all = styles::twentieths(width(size));
    xml.empty("w:tblW", &[("w:w", &all), ("w:type", "dxa")]);
    xml.empty("w:tblLayout", &[("w:type", "fixed")]);
    xml.open("w:tblCellMar", &[]);
    for side in ["w:left", "w:right"] {
        xml.empty(side, &[("w:w", "0"), ("w:type", "dxa")]);
    }
    xml.close();
    // The first column is the rows' head.
    xml.empty(
        "w:tblLook",
        &[
            ("w:val", "0680"),
            ("w:firstRow", "0"),
            ("w:lastRow", "0"),
            ("w:firstColumn", "1"),
            ("w:lastColumn", "0"),
            ("w:noHBand", "1"),
            ("w:noVBand", "1"),
        ],
    );
    xml.close();
    xml.open("w:tblGrid", &[]);
    for column in &columns {
        xml.empty("w:gridCol", &[("w:w", column)]);
    }
    xml.close();
    for row in rows {
        xml.open("w:tr", &[]);
        let label = row.label.as_deref().unwrap_or_default();
        let (label_style, style) = (styles::label_id(row.style), styles::id(row.style));
        for ((text, style), column) in [(label, label_style), (&row.text, style)]
            .into_iter()
            .zip(&columns)
        {
            xml.open("w:tc", &[]);
            xml.open("w:tcPr", &[]);
            xml.empty("w:tcW", &[("w:w", column), ("w:type", "dxa")]);
            xml.close();
            begin(xml, style);
            xml.close();
            let text = clean(text, &row.place)?;
            if !text.is_empty() {
                run(xml, &text);
            }
            xml.close();
            xml.close();
        }
        xml.close();
    }
    xml.close();
    Ok(())
}

/// The page (17.6): head and foot are on each.
fn section(xml: &mut Xml, size: Size) {
    xml.open("w:sectPr", &[]);
    for (name, id) in [
        ("w:headerReference", HEADER_ID),
        ("w:footerReference", FOOTER_ID),
    ] {
        xml.empty(name, &[("w:type", "default"), ("r:id", id)]);
    }
    let (wide, high) = size.points();
    let (wide, high) = (styles::twentieths(wide), styles::twentieths(high));
    xml.empty("w:pgSz", &[("w:w", &wide), ("w:h", &high)]);
    let (margin, edge) = (styles::twentieths(MARGIN), styles::twentieths(EDGE));
    xml.empty(
        "w:pgMar",
        &[
            ("w:top", &margin),
            ("w:right", &margin),
            ("w:bottom", &margin),
            ("w:left", &margin),
            ("w:header", &edge),
            ("w:footer", &edge),
            ("w:gutter", "0"),
        ],
    );
    xml.close();
}

fn run(xml: &mut Xml, text: &str) {
    xml.open("w:r", &[]);
    xml.element("w:t", &[("xml:space", "preserve")], text);
    xml.close();
}

fn tab(xml: &mut Xml) {
    xml.open("w:r", &[]);
    xml.empty("w:tab", &[]);
    xml.close();
}

/// A number that word processors put in when they lay out the page (17.16.4.1).
fn field(xml: &mut Xml, name: &str) {
    xml.open("w:fldSimple", &[("w:instr", &format!(" {name} "))]);
    run(xml, "1");
    xml.close();
}
