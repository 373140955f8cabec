//! The styles (ECMA-376 Part 1, 17.7), from those of the layout.

use super::xml::{W, Xml};
use crate::{
    PaperError,
    compose::{Style, Weight},
};

/// The typeface: every office has it, or one of its measures.
const TYPEFACE: &str = "Times New Roman";

/// A style of paragraphs by its identifier, and one that its text is told by.
struct Paragraph {
    id: &'static str,
    /// As word processors know it.
    name: &'static str,
    style: Style,
    /// Where it stands in the outline: 0 is the highest.
    outline: Option<u8>,
}

const fn paragraph(id: &'static str, name: &'static str, style: Style) -> Paragraph {
    Paragraph {
        id,
        name,
        style,
        outline: None,
    }
}

const fn heading(id: &'static str, name: &'static str, style: Style, outline: u8) -> Paragraph {
    Paragraph {
        id,
        name,
        style,
        outline: Some(outline),
    }
}

const ITEM: Style = Style::Item {
    first: false,
    inner: false,
};
const INNER: Style = Style::Item {
    first: false,
    inner: true,
};

/// Those of blocks. What stands within a table begins at its column's edge.
const PARAGRAPHS: [Paragraph; 16] = [
    paragraph("Institution", "Institution", Style::Institution),
    paragraph("Title", "Title", Style::Title),
    paragraph("Fact", "Fact", Style::Fact),
    paragraph("PointText", "Point Text", Style::PointRow),
    paragraph("Rule", "Rule", Style::Rule),
    heading("Section", "Section", Style::Section, 0),
    heading("Point", "Point", Style::Point, 1),
    heading("Heading1", "heading 1", Style::Heading(1), 0),
    heading("Heading2", "heading 2", Style::Heading(2), 1),
    heading("Heading3", "heading 3", Style::Heading(3), 2),
    heading("Heading4", "heading 4", Style::Heading(4), 3),
    heading("Heading5", "heading 5", Style::Heading(5), 4),
    heading("Heading6", "heading 6", Style::Heading(6), 5),
    paragraph("Quote", "Quote", Style::Quote),
    paragraph("ListItem", "List Item", ITEM),
    paragraph("InnerItem", "Inner List Item", INNER),
];

/// The style of a block's text.
pub(super) const fn id(style: Style) -> &'static str {
    match style {
        Style::Institution => "Institution",
        Style::Title => "Title",
        Style::Fact => "Fact",
        Style::PointRow => "PointText",
        Style::Rule => "Rule",
        Style::Section => "Section",
        Style::Point => "Point",
        Style::Heading(1) => "Heading1",
        Style::Heading(2) => "Heading2",
        Style::Heading(3) => "Heading3",
        Style::Heading(4) => "Heading4",
        Style::Heading(5) => "Heading5",
        Style::Heading(_) => "Heading6",
        Style::Body => "BodyText",
        Style::Quote => "Quote",
        Style::Item { inner: true, .. } => "InnerItem",
        Style::Item { .. } => "ListItem",
    }
}

/// The style of what stands in a row's first cell.
pub(super) const fn label_id(style: Style) -> &'static str {
    match style {
        Style::PointRow => "PointLabel",
        _ => "FactLabel",
    }
}

/// The banners', and that of the line that says which page it is.
pub(super) const BANNER: &str = "Banner";
pub(super) const FOOT: &str = "Foot";

/// Their sizes, in points.
const BANNER_SIZE: f32 = 11.0;
const FOOT_SIZE: f32 = 8.0;

/// A length in twentieths of a point.
pub(super) fn twentieths(points: f32) -> String {
    format!("{:.0}", points * 20.0)
}

pub(super) fn styles() -> Result<Vec<u8>, PaperError> {
    let mut xml = Xml::new();
    xml.open("w:styles", &[("xmlns:w", W)]);
    xml.open("w:docDefaults", &[]);
    xml.open("w:rPrDefault", &[]);
    xml.open("w:rPr", &[]);
    let fonts = ["w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"].map(|a| (a, TYPEFACE));
    xml.empty("w:rFonts", &fonts);
    size(&mut xml, Style::Body.size());
    xml.close();
    xml.close();
    xml.open("w:pPrDefault", &[]);
    xml.open("w:pPr", &[]);
    xml.empty("w:widowControl", &[]);
    xml.empty(
        "w:spacing",
        &[
            ("w:before", "0"),
            ("w:after", "0"),
            ("w:line", "276"),
            ("w:lineRule", "auto"),
        ],
    );
    xml.close();
    xml.close();
    xml.close();

    xml.open(
        "w:style",
        &[
            ("w:type", "paragraph"),
            ("w:default", "1"),
            ("w:styleId", "Normal"),
        ],
    );
    xml.val("w:name", "Normal");
    xml.close();
    let body = paragraph("BodyText", "Body Text", Style::Body);
    for Paragraph {
        id,
        name,
        style,
        outline,
    } in [&body].into_iter().chain(&PARAGRAPHS)
    {
        begin(&mut xml, id, name);
        xml.open("w:pPr", &[]);
        if style.is_heading() {
            xml.empty("w:keepNext", &[]);
            xml.empty("w:keepLines", &[]);
        }
        if *style == Style::Rule {
            xml.open("w:pBdr", &[]);
            xml.empty(
                "w:bottom",
                &[
                    ("w:val", "single"),
                    ("w:sz", "4"),
                    ("w:space", "1"),
                    ("w:color", "auto"),
                ],
            );
            xml.close();
        }
        xml.empty("w:spacing", &[("w:before", &twentieths(style.before()))]);
        if !matches!(style, Style::Fact | Style::PointRow) {
            let (at, label) = (style.text_at(), style.label_at());
            let hanging = if matches!(style, Style::Item { .. }) {
                at - label
            } else {
                0.0
            };
            xml.empty(
                "w:ind",
                &[
                    ("w:left", &twentieths(at)),
                    ("w:right", &twentieths(style.short())),
                    ("w:hanging", &twentieths(hanging)),
                ],
            );
        }
        if let Some(level) = outline {
            xml.val("w:outlineLvl", &level.to_string());
        }
        xml.close();
        look(&mut xml, style.weight(), style.size());
        xml.close();
    }
    for (id, name, style) in [
        ("FactLabel", "Fact Label", Style::Fact),
        ("PointLabel", "Point Label", Style::PointRow),
    ] {
        begin(&mut xml, id, name);
        xml.open("w:pPr", &[]);
        xml.empty("w:spacing", &[("w:before", &twentieths(style.before()))]);
        xml.close();
        look(&mut xml, style.label_weight(), style.label_size());
        xml.close();
    }
    begin(&mut xml, BANNER, "Banner");
    xml.open("w:pPr", &[]);
    xml.val("w:jc", "center");
    xml.close();
    look(&mut xml, Weight::Bold, BANNER_SIZE);
    xml.close();
    begin(&mut xml, FOOT, "Foot");
    look(&mut xml, Weight::Regular, FOOT_SIZE);
    xml.close();
    xml.close();
    xml.finish()
}

fn begin(xml: &mut Xml, id: &str, name: &str) {
    xml.open("w:style", &[("w:type", "paragraph"), ("w:styleId", id)]);
    xml.val("w:name", name);
    xml.val("w:basedOn", "Normal");
    xml.empty("w:qFormat", &[]);
}

fn look(xml: &mut Xml, weight: Weight, points: f32) {
    xml.open("w:rPr", &[]);
    if weight == Weight::Bold {
        xml.empty("w:b", &[]);
        xml.empty("w:bCs", &[]);
    }
    size(xml, points);
    xml.close();
}

/// In half points.
fn size(xml: &mut Xml, points: f32) {
    let half = format!("{:.0}", points * 2.0);
    xml.val("w:sz", &half);
    xml.val("w:szCs", &half);
}
