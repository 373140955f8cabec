//! Whether a glyph's shape is that of the character that it stands for.
//!
//! A font's own tables may be as false as the text layer: whoever can change the one can change the other. So the drawn
//! shape itself is held against those of known fonts, the substitutes for the standard 14 fonts that come with
//! `hayro-font` (sans, serif and typewriter, each upright, oblique, bold). A shape passes if it is nearest to the
//! character's own, or nearly so; one that is not like it, and any character that the known fonts do not have, does not.

use std::{collections::HashMap, sync::LazyLock};

use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask,
    font::{Glyph, GlyphRun},
    hayro_cmap::BfString,
    hayro_syntax::Pdf,
    interpret_page,
    kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape as _},
};

use super::write::write_pdf;
use crate::{script::Script, text::ligature};

/// The grid that shapes are drawn on.
const GRID: usize = 24;

/// Samples along one side of a cell.
const SAMPLES: usize = 2;

/// The farthest that a shape may be from its character's nearest known shape.
const FARTHEST: f32 = 0.34;

/// By how much another character may be nearer.
const MARGIN: f32 = 0.05;

/// Above this a letter or figure does not stand on the line, in thousandths of the font's size.
const RAISED: f64 = 180.0;

/// Below this a small one does not.
const LOWERED: f64 = -60.0;

/// A figure on the line, old ones too, is at least so high.
const SMALL: f64 = 520.0;

/// By how much more than the least, by the size, known fonts leave beside letters that stand alike in all of them.
const UNEVEN: f64 = 0.06;

/// By how much farther than the nearest another font's character may be and still tell of the room beside it.
const LIKE: f32 = 0.08;

/// How high figures are.
const FIGURE: f64 = 680.0;

/// The known fonts.
const FONTS: [&str; 12] = [
    "Helvetica",
    "Helvetica-Bold",
    "Helvetica-Oblique",
    "Helvetica-BoldOblique",
    "Times-Roman",
    "Times-Bold",
    "Times-Italic",
    "Times-BoldItalic",
    "Courier",
    "Courier-Bold",
    "Courier-Oblique",
    "Courier-BoldOblique",
];

/// Characters that the known fonts' shapes can't tell from each other, or whose difference is size alone.
const ALIKE: &[&str] = &[
    "cC",
    "oO0",
    "sS",
    "vV",
    "wW",
    "xX",
    "zZ",
    "kK",
    "pP",
    "uU",
    "Il1|",
    "'’‘,‚`´",
    "\"”“„",
    "-–—¯_",
    ".·•",
    "iíì",
    "yÿý",
    "µu",
    "^ˆ",
    "~˜",
    "º°",
    "<‹",
    ">›",
    "ºo",
    "ªa",
    "fſ",
    "×x",
    "¦|",
    "DÐ",
    "¸,",
];

/// A shape on a grid, with its measures.
struct Shape {
    /// Ink of each cell from 0 to 1, blurred; within the shape's own bounds.
    cells: Vec<f32>,
    /// Width over height, as a logarithm.
    aspect: f32,
    /// By the size of the font: height, and how far its foot is above the base line.
    height: f32,
    foot: f32,
}

/// The known fonts' shapes: made once.
static KNOWN: LazyLock<Known> = LazyLock::new(Known::learn);

struct Known {
    shapes: HashMap<char, Vec<Face>>,
    /// Outlines and advances of single letters in each font, for ligatures.
    letters: Vec<HashMap<char, (BezPath, f64)>>,
}

/// A character in one font: its shape, and the room beside it, by the size.
struct Face {
    shape: Shape,
    before: f64,
    behind: f64,
}

/// The room that known fonts leave beside a character, by the size: the least of those whose character is like the drawn one, and the most of all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Room {
    pub(super) before: (f64, f64),
    pub(super) behind: (f64, f64),
}

/// What was judged of one file.
#[derive(Default)]
pub(super) struct Shapes(HashMap<(u128, String), Judged>);

/// What is known of an outline that stands for a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judged {
    /// Whether it is drawn as that.
    pub(super) fits: bool,
    /// The room beside it.
    pub(super) room: Option<Room>,
}

impl Shapes {
    /// Judges an outline, in thousandths of the font's size, that stands for `text`.
    pub(super) fn judge(&mut self, key: u128, text: &str, outline: &BezPath) -> Judged {
        let judged = self.0.entry((key, text.to_owned()));
        *judged.or_insert_with(|| KNOWN.judge(text, outline))
    }
}

impl Known {
    fn learn() -> Self {
        let mut out = Self {
            shapes: HashMap::new(),
            letters: Vec::new(),
        };
        for font in FONTS {
            let letters = learn(font);
            for (c, (outline, advance)) in &letters {
                let known = out.shapes.entry(*c).or_default();
                let bounds = outline.bounding_box();
                let face = |shape| Face {
                    shape,
                    before: bounds.x0 / 1_000.0,
                    behind: (advance - bounds.x1) / 1_000.0,
                };
                known.extend(Shape::of(outline).map(face));
                if *c == 'J' {
                    // In many fonts it goes below the line.
                    let lower =
                        Affine::translate((0.0, -182.0)) * Affine::scale_non_uniform(1.0, 1.27);
                    known.extend(Shape::of(&(lower * outline.clone())).map(face));
                }
            }
            out.letters.push(letters);
        }
        out
    }

    fn judge(&self, text: &str, outline: &BezPath) -> Judged {
        let text = plain(text);
        let shape = Shape::of(outline);
        Judged {
            fits: shape.as_ref().is_some_and(|shape| self.fits(&text, shape)),
            room: self.rooms(&text, shape.as_ref()),
        }
    }

    /// The room beside what stands for a text.
    fn rooms(&self, text: &str, shape: Option<&Shape>) -> Option<Room> {
        let (first, last) = (text.chars().next()?, text.chars().next_back()?);
        // Letters that are joined have no shape by themselves, and signs are alike in fonts that leave them other room.
        let letter = text.chars().nth(1).is_none() && first.is_alphabetic();
        let shape = shape.filter(|_| letter);
        Some(Room {
            before: self.room(first, shape, |face| face.before)?,
            behind: self.room(last, shape, |face| face.behind)?,
        })
    }

    /// The room on one side of a character that is drawn as `shape`.
    fn room(&self, c: char, shape: Option<&Shape>, side: fn(&Face) -> f64) -> Option<(f64, f64)> {
        let faces = self.shapes.get(&c)?;
        let far = |face: &Face| shape.map_or(0.0, |shape| face.shape.distance(shape));
        let nearest = faces.iter().map(far).min_by(f32::total_cmp)?;
        let like = faces.iter().filter(|face| far(face) <= nearest + LIKE);
        let like: Vec<f64> = like.map(side).collect();
        let most = faces.iter().map(side).max_by(f64::total_cmp)?;
        Some((least(&like)?, most))
    }

    fn fits(&self, text: &str, shape: &Shape) -> bool {
        let mut chars = text.chars();
        let (own, only) = match (chars.next(), chars.next()) {
            (Some(c), None) => (self.distance(shape, c), Some(c)),
            (Some(_), Some(_)) => (self.composed(shape, text), None),
            (None, _) => return false,
        };
        let Some(own) = own.filter(|own| *own <= FARTHEST) else {
            return false;
        };
        let alike = |c: char| {
            only.is_some_and(|o| {
                o == c || ALIKE.iter().any(|set| set.contains(o) && set.contains(c))
            })
        };
        let others = self.shapes.iter().filter(|(c, _)| !alike(**c));
        let nearer = own - MARGIN;
        !others
            .flat_map(|(_, faces)| faces.iter().map(|face| &face.shape))
            .any(|other| other.measures(shape) < nearer && other.distance(shape) < nearer)
    }

    fn distance(&self, shape: &Shape, c: char) -> Option<f32> {
        let known = self.shapes.get(&c)?.iter();
        { known.map(|face| face.shape.distance(shape)) }.min_by(f32::total_cmp)
    }

    /// The distance to the letters set side by side.
    fn composed(&self, shape: &Shape, text: &str) -> Option<f32> {
        let fonts = self.letters.iter().filter_map(|letters| {
            let mut path = BezPath::new();
            let mut x = 0.0;
            for c in text.chars() {
                let (outline, advance) = letters.get(&c)?;
                path.extend(Affine::translate((x, 0.0)) * outline.clone());
                x += advance;
            }
            Shape::of(&path)
        });
        fonts.map(|k| k.distance(shape)).min_by(f32::total_cmp)
    }
}

/// Figures and letters that a font itself sets above or below the line, though it names them as those on it; and whether they are small, so
/// that they are seen as raised or lowered, not as carelessly set.
pub(super) fn off_the_line(text: &str, outline: &BezPath) -> Option<(Script, bool)> {
    let mut chars = text.chars();
    let c = chars.next().filter(|c| c.is_ascii_alphanumeric())?;
    if chars.next().is_some() {
        return None;
    }
    let bounds = outline.bounding_box();
    let small = bounds.height() < SMALL;
    if bounds.y0 > RAISED {
        Some((Script::Raised, small))
    } else if bounds.y0 < LOWERED && small && c.is_ascii_digit() {
        Some((Script::Lowered, true))
    } else {
        None
    }
}

/// Such a glyph as it would stand on the line.
pub(super) fn on_the_line(outline: &BezPath) -> BezPath {
    let bounds = outline.bounding_box();
    let scale = Affine::scale(FIGURE / bounds.height().max(1.0));
    scale * Affine::translate((0.0, -bounds.y0)) * outline.clone()
}

/// The least of what fonts leave. Where they are near each other their middle is the least; where they are not, as in
/// italics, whose letters reach over each other, it is truly that.
fn least(rooms: &[f64]) -> Option<f64> {
    let least = rooms.iter().copied().min_by(f64::total_cmp)?;
    let middle = rooms.iter().sum::<f64>() / rooms.len() as f64;
    let near = middle - least <= UNEVEN;
    Some(if near { middle } else { least })
}

/// Characters with one shape under several names.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\u{2010}' | '\u{2011}' | '\u{ad}' => out.push('-'),
            '\u{2212}' | '\u{2012}' => out.push('–'),
            '\u{2015}' => out.push('—'),
            '\u{2044}' | '\u{2215}' => out.push('/'),
            '\u{2219}' | '\u{22c5}' => out.push('·'),
            '\u{2032}' => out.push('\''),
            '\u{2033}' => out.push('"'),
            c => match ligature(c) {
                Some(letters) => out.push_str(letters),
                None => out.push(c),
            },
        }
    }
    out
}

impl Shape {
    fn of(outline: &BezPath) -> Option<Self> {
        let bounds = outline.bounding_box();
        let (width, height) = (bounds.width(), bounds.height());
        if !(width > 1.0 && height > 1.0 && width < 20_000.0 && height < 20_000.0) {
            return None;
        }
        Some(Self {
            cells: blurred(&drawn(outline, bounds)),
            aspect: (width / height).ln() as f32,
            height: (height / 1_000.0) as f32,
            foot: (bounds.y0 / 1_000.0) as f32,
        })
    }

    /// What their measures alone put between two shapes.
    fn measures(&self, other: &Self) -> f32 {
        let aspect = ((self.aspect - other.aspect).abs() - 0.25).max(0.0);
        let height = ((self.height - other.height).abs() - 0.12).max(0.0);
        let foot = ((self.foot - other.foot).abs() - 0.06).max(0.0);
        0.25 * aspect + 0.8 * height + 0.8 * foot
    }

    fn distance(&self, other: &Self) -> f32 {
        let pairs = self.cells.iter().zip(&other.cells);
        let (mut apart, mut both) = (0.0, 0.0);
        for (a, b) in pairs {
            apart += (a - b).abs();
            both += a.max(*b);
        }
        let cells = apart / f32::max(both, 1.0);
        0.6 * cells + self.measures(other)
    }
}

/// The ink of each cell, by the non-zero rule, at samples on lines through the cells.
fn drawn(outline: &BezPath, bounds: Rect) -> Vec<f32> {
    // Straight pieces on a grid of its own bounds.
    let mut pieces: Vec<(Point, Point)> = Vec::new();
    let (mut start, mut last) = (Point::ZERO, Point::ZERO);
    let scale =
        Affine::scale_non_uniform(GRID as f64 / bounds.width(), GRID as f64 / bounds.height())
            * Affine::translate((-bounds.x0, -bounds.y0));
    hayro_interpret::kurbo::flatten(scale * outline.clone(), 0.05, |element| match element {
        PathEl::MoveTo(p) => {
            pieces.push((last, start));
            (start, last) = (p, p);
        }
        PathEl::LineTo(p) => {
            pieces.push((last, p));
            last = p;
        }
        PathEl::ClosePath => {
            pieces.push((last, start));
            last = start;
        }
        PathEl::QuadTo(..) | PathEl::CurveTo(..) => {}
    });
    pieces.push((last, start));
    let mut cells = vec![0.0; GRID * GRID];
    let step = 1.0 / SAMPLES as f64;
    let ink = 1.0 / (SAMPLES * SAMPLES) as f32;
    let mut crossings: Vec<(f64, i32)> = Vec::new();
    for row in 0..GRID * SAMPLES {
        let y = (row as f64 + 0.5) * step;
        crossings.clear();
        for (a, b) in &pieces {
            let (low, high, sign) = if a.y < b.y { (a, b, 1) } else { (b, a, -1) };
            if low.y <= y && y < high.y {
                let t = (y - low.y) / (high.y - low.y);
                crossings.push((low.x + t * (high.x - low.x), sign));
            }
        }
        crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut winding, mut next) = (0, 0);
        for column in 0..GRID * SAMPLES {
            let x = (column as f64 + 0.5) * step;
            while crossings.get(next).is_some_and(|(at, _)| *at <= x) {
                winding += crossings[next].1;
                next += 1;
            }
            if winding != 0 {
                cells[row / SAMPLES * GRID + column / SAMPLES] += ink;
            }
        }
    }
    cells
}

/// Each cell with its neighbours, so that thin strokes that are a little off still meet.
fn blurred(cells: &[f32]) -> Vec<f32> {
    let at = |x: isize, y: isize| {
        let inside = (0..GRID as isize).contains(&x) && (0..GRID as isize).contains(&y);
        if inside {
            cells[y as usize * GRID + x as usize]
        } else {
            0.0
        }
    };
    let mut out = Vec::with_capacity(cells.len());
    for y in 0..GRID as isize {
        for x in 0..GRID as isize {
            let mut sum = 0.0;
            for (dx, dy, weight) in [
                (0, 0, 4.0),
                (1, 0, 2.0),
                (-1, 0, 2.0),
                (0, 1, 2.0),
                (0, -1, 2.0),
                (1, 1, 1.0),
                (1, -1, 1.0),
                (-1, 1, 1.0),
                (-1, -1, 1.0),
            ] {
                sum += weight * at(x + dx, y + dy);
            }
            out.push(sum / 16.0);
        }
    }
    out
}

/// A font's outlines and advances by character: what a page shows that has them all.
fn learn(font: &str) -> HashMap<char, (BezPath, f64)> {
    let mut learner = Learner::default();
    let Ok(pdf) = Pdf::new(specimen(font)) else {
        return learner.0;
    };
    let cache = InterpreterCache::new();
    for page in pdf.pages().iter() {
        let mut context = Context::new(
            Affine::IDENTITY,
            Rect::new(0.0, 0.0, 1_000.0, 1_000.0),
            &cache,
            pdf.xref(),
            InterpreterSettings::default(),
        );
        interpret_page(page, &mut context, &mut learner);
    }
    learner.0
}

/// A PDF that shows all characters of `WinAnsiEncoding` in one of the standard fonts.
fn specimen(font: &str) -> Vec<u8> {
    let codes: String = (0x21..=0xff_u8).map(|code| format!("{code:02x}")).collect();
    let content = format!("BT /F 10 Tf <{codes}> Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1000 1000] /Contents 5 0 R /Resources << /Font << /F 4 0 R >> >> >>"
            .to_owned(),
        format!("<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>"),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
    ];
    write_pdf(&objects)
}

#[derive(Default)]
struct Learner(HashMap<char, (BezPath, f64)>);

impl<'a> Device<'a> for Learner {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {
        for glyph in run.glyphs() {
            let Glyph::Outline(outline) = &**glyph else {
                continue;
            };
            if let Some(BfString::Char(c)) = outline.as_unicode() {
                let advance = outline.advance_width().unwrap_or(500.0);
                self.0.insert(c, (outline.outline(), f64::from(advance)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_off_the_line() {
        let two = &KNOWN.letters[0][&'2'].0;
        assert_eq!(off_the_line("2", two), None);
        let higher = Affine::translate((0.0, 250.0)) * two.clone();
        assert_eq!(off_the_line("2", &higher), Some((Script::Raised, false)));
        let small = Affine::translate((0.0, 300.0)) * Affine::scale(0.6) * two.clone();
        assert_eq!(off_the_line("2", &small), Some((Script::Raised, true)));
        let low = Affine::translate((0.0, -150.0)) * Affine::scale(0.6) * two.clone();
        assert_eq!(off_the_line("2", &low), Some((Script::Lowered, true)));
    }
}
