//! Lines and pages: greedy lines, no heading at a page's foot, no line of a block alone.

use super::face::Faces;
use crate::{
    MAX_PAGES, PaperError, Size,
    compose::{Block, Composed, MARGIN, Style, Weight},
};

/// The side of the QR code at the first page's top right, in points: 23 mm.
pub(super) const CODE: f32 = 65.0;

/// What stays free beside it, in points.
const BESIDE: f32 = 14.0;

/// The line height, as a multiple of the size.
const LEADING: f32 = 1.35;

/// How many lines of a block stand together at least.
const TOGETHER: usize = 2;

/// A page.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) lines: Vec<Line>,
    /// The heights of lines across the page, from its top, in points.
    pub(super) rules: Vec<f32>,
}

/// A line in its place.
pub(super) struct Line {
    pub(super) text: String,
    /// From the page's left.
    pub(super) x: f32,
    /// The baseline, from the page's top.
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) weight: Weight,
    /// Which block it is of.
    pub(super) block: usize,
    /// Whether it is the block's label.
    pub(super) label: bool,
}

pub(super) fn lay_out(
    composed: &Composed,
    size: Size,
    faces: &Faces,
) -> Result<Vec<Sheet>, PaperError> {
    let (width, height) = size.points();
    let (top, bottom) = (MARGIN, height - MARGIN);
    // The title stands beside the code, the table below it.
    let code_ends = match composed.record {
        Some(_) => top + CODE + BESIDE,
        None => top,
    };
    let mut sheets = vec![Sheet::default()];
    let mut y = top;
    for (n, block) in composed.blocks.iter().enumerate() {
        let style = block.style;
        if y > top {
            y += style.before();
        }
        if style == Style::Rule {
            if y > top && y < bottom {
                if let Some(sheet) = sheets.last_mut() {
                    sheet.rules.push(y);
                }
                y += 2.0;
            }
            continue;
        }
        let mut room = width - 2.0 * MARGIN - style.text_at() - style.short();
        if sheets.len() == 1 && matches!(style, Style::Institution | Style::Title) {
            if composed.record.is_some() {
                room -= CODE + BESIDE;
            }
        } else if sheets.len() == 1 {
            y = y.max(code_ends);
        }
        let leading = style.size() * LEADING;
        let texts = broken(block, room, faces)?;
        let count = texts.len();
        // A heading wants the first lines of what follows.
        let ahead = if style.is_heading() { 3 * TOGETHER } else { 0 };
        for (i, text) in texts.into_iter().enumerate() {
            // The first lines stand together, and so do the last.
            let left = count - i;
            let want = match (i, left) {
                (0, _) if count <= TOGETHER + 1 => count,
                (0, _) | (_, TOGETHER) => TOGETHER,
                _ => 1,
            } + ahead;
            if y + leading * want as f32 > bottom && y > top {
                if sheets.len() == MAX_PAGES {
                    return Err(PaperError::Pages);
                }
                sheets.push(Sheet::default());
                y = top;
            }
            let line = |text, x, weight, label| Line {
                text,
                x: MARGIN + x,
                y: y + style.size(),
                size: style.size(),
                weight,
                block: n,
                label,
            };
            if let Some(sheet) = sheets.last_mut() {
                if let (0, Some(label)) = (i, &block.label)
                    && !label.is_empty()
                {
                    let at = style.label_at();
                    let mut line = line(label.clone(), at, style.label_weight(), true);
                    line.size = style.label_size();
                    sheet.lines.push(line);
                }
                let line = line(text, style.text_at(), style.weight(), false);
                sheet.lines.push(line);
            }
            y += leading;
        }
    }
    Ok(sheets)
}

/// The text in lines no wider than `room`, one at least; a word that is wider is broken where it must.
fn broken(block: &Block, room: f32, faces: &Faces) -> Result<Vec<String>, PaperError> {
    let (style, place) = (block.style, &block.place);
    let face = faces.of(style.weight());
    let room = room / style.size();
    let space = face.width(" ", place)?;
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    for word in block.text.split_whitespace() {
        let glyphs = face.glyphs(word, place)?;
        let width: f32 = glyphs.iter().map(|g| g.x_advance).sum();
        if !line.is_empty() && used + space + width > room {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += space;
        }
        if width <= room {
            line.push_str(word);
            used += width;
            continue;
        }
        // Marks have no width: they stay with their letter.
        for (c, glyph) in word.chars().zip(&glyphs) {
            if used + glyph.x_advance > room && glyph.x_advance > 0.0 {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push(c);
            used += glyph.x_advance;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: usize) -> Composed {
        let block = |_| Block {
            style: Style::Title,
            label: None,
            text: "W".to_owned(),
            place: String::new(),
        };
        Composed {
            banner: String::new(),
            foot: String::new(),
            title: String::new(),
            blocks: (0..count).map(block).collect(),
            time: "2026-11-27T00:00:00Z".parse().unwrap(),
            record: None,
        }
    }

    #[test]
    fn there_are_no_more_pages_than_the_cap() {
        let faces = Faces::new();
        let a_page = { lay_out(&of(100), Size::A4, &faces).unwrap() }[0]
            .lines
            .len();
        let most = lay_out(&of(MAX_PAGES * a_page), Size::A4, &faces).unwrap();
        assert_eq!(most.len(), MAX_PAGES);
        let over = lay_out(&of(MAX_PAGES * a_page + 1), Size::A4, &faces);
        assert_eq!(over.err(), Some(PaperError::Pages));
    }
}
