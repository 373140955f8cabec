//! Lines and pages: greedy lines, no heading at a page's foot, no line of a block alone.

use crate::{
    MAX_PAGES, PaperError, Size,
    compose::{Composed, Style},
    face::{self, Weight},
};

/// In points.
pub(crate) const MARGIN: f32 = 72.0;

/// The line height, as a multiple of the size.
const LEADING: f32 = 1.35;

/// How many lines of a block stand together at least.
const TOGETHER: usize = 2;

/// A line in its place.
pub(crate) struct Line {
    pub(crate) text: String,
    /// From the page's left.
    pub(crate) x: f32,
    /// The baseline, from the page's top.
    pub(crate) y: f32,
    pub(crate) style: Style,
    /// Which block it is of.
    pub(crate) block: usize,
}

pub(crate) fn lay_out(composed: &Composed, size: Size) -> Result<Vec<Vec<Line>>, PaperError> {
    let (width, height) = size.points();
    let (top, bottom) = (MARGIN, height - MARGIN);
    let mut sheets: Vec<Vec<Line>> = vec![Vec::new()];
    let mut y = top;
    for (n, block) in composed.blocks.iter().enumerate() {
        let style = block.style;
        let leading = style.size() * LEADING;
        let texts = broken(&block.text, style, width - 2.0 * MARGIN - style.inset())?;
        let count = texts.len();
        if y > top {
            y += style.before();
        }
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
                sheets.push(Vec::new());
                y = top;
            }
            let line = Line {
                text,
                x: MARGIN + style.inset(),
                y: y + style.size(),
                style,
                block: n,
            };
            if let Some(sheet) = sheets.last_mut() {
                sheet.push(line);
            }
            y += leading;
        }
    }
    Ok(sheets)
}

/// The text in lines no wider than `room`; a word that is wider is broken where it must.
fn broken(text: &str, style: Style, room: f32) -> Result<Vec<String>, PaperError> {
    let weight = style.weight();
    let room = room / style.size();
    let space = measure(" ", weight)?;
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0.0;
    for word in text.split_whitespace() {
        let width = measure(word, weight)?;
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
        for c in word.chars() {
            let width = measure(c.encode_utf8(&mut [0; 4]), weight)?;
            if used + width > room {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push(c);
            used += width;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    Ok(lines)
}

fn measure(text: &str, weight: Weight) -> Result<f32, PaperError> {
    Ok(face::width(&face::glyphs(text, weight)?))
}
