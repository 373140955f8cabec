//! One glyph of a page: its place, its size, what it stands for, whether it is cut off.

use hayro_interpret::{
    font::Glyph,
    hayro_cmap::BfString,
    kurbo::{Affine, BezPath, Point, Rect, Shape as _},
};

use crate::{
    doubt::DoubtKind,
    pdf::{
        canvas::{Canvas, Mark},
        seen::MOST_COVERED_BY_OTHER,
        shape,
    },
    text::ligature,
};

/// Letters that are so much higher than wide, or wider than high, than their font draws them are not read any more.
const MOST_PRESSED: f64 = 0.5;

/// The cosine between a letter's base line and its stems, where italics have less than 0.4.
const MOST_SLANTED: f64 = 0.6;

/// The most characters that one glyph may stand for: ligatures have fewer.
const MOST_CHARACTERS: usize = 8;

/// The thickest line, by the size, that outlines of letters are drawn in.
const THICKEST: f64 = 0.08;

impl Canvas {
    /// Takes a glyph; `line` is how thick its outline is drawn, in points.
    pub(super) fn glyph(
        &mut self,
        glyph: &Glyph<'_>,
        transform: Affine,
        (colour, share): (Option<[f32; 3]>, f32),
        mut trouble: Option<DoubtKind>,
        line: Option<f64>,
    ) {
        let text = match glyph.as_unicode() {
            Some(BfString::Char(c)) => c.to_string(),
            // No letter stands for so many characters.
            Some(BfString::String(s)) if s.chars().nth(MOST_CHARACTERS).is_some() => {
                trouble = Some(DoubtKind::Glyphs);
                "\u{fffd}".to_owned()
            }
            Some(BfString::String(s)) => s,
            None => String::new(),
        };
        let [a, b, c, d, ..] = transform.as_coeffs();
        // A thousandth of the size: outlines stand in units of that.
        let size = (a * d - b * c).abs().sqrt() * 1_000.0;
        // Along and across the line: letters may be pressed in one direction, or slanted until they are strokes.
        let (along, across) = (a.hypot(b) * 1_000.0, c.hypot(d) * 1_000.0);
        let least = along.min(across);
        let ratio = least / along.max(across).max(f64::MIN_POSITIVE);
        let slant = (a * c + b * d).abs() * 1e6 / (along * across).max(f64::MIN_POSITIVE);
        if ratio < MOST_PRESSED || ratio.is_nan() {
            trouble = trouble.or(Some(DoubtKind::Tiny));
        } else if slant > MOST_SLANTED {
            trouble = trouble.or(Some(DoubtKind::Glyphs));
        }
        let upright = a > 0.0 && b.abs() < 0.02 * a.abs() && d < 0.0;
        let (outline, advance, key) = match glyph {
            Glyph::Outline(outline) => (
                Some(outline.outline()),
                outline.advance_width(),
                outline.identifier().cache_key(),
            ),
            Glyph::Type3(glyph) => (None, glyph.advance_width(), 0),
        };
        let advance = f64::from(advance.unwrap_or(500.0)) * a.hypot(b);
        let ink = outline
            .as_ref()
            .map(|o| (transform * o.clone()).bounding_box());
        let shown = outline.as_ref().is_some_and(|o| !o.elements().is_empty());
        let blank = text.trim().is_empty();
        let mut script = None;
        let shape = match outline {
            // A glyph that is drawn by commands has no outline to look at.
            None => {
                trouble = Some(DoubtKind::Glyphs);
                None
            }
            Some(_) if text.is_empty() => {
                if shown {
                    trouble = Some(DoubtKind::Glyphs);
                }
                None
            }
            Some(_) if !shown => {
                if !blank {
                    trouble = Some(DoubtKind::Hidden);
                }
                None
            }
            Some(_) if blank => {
                trouble = Some(DoubtKind::Glyphs);
                None
            }
            Some(outline) => {
                let off = shape::off_the_line(&text, &outline);
                // What is as large as the others is seen on the line, or off it.
                if off.is_some_and(|(_, small)| !small) {
                    trouble = trouble.or(Some(DoubtKind::Raised));
                }
                script = off.filter(|(_, small)| *small).map(|(script, _)| script);
                let outline = match script {
                    Some(_) => shape::on_the_line(&outline),
                    None => outline,
                };
                Some(self.outline(key, &text, outline))
            }
        };
        if line.is_some_and(|line| line > THICKEST * size) {
            trouble = Some(DoubtKind::Glyphs);
        }
        let ink = ink.filter(|_| shown).unwrap_or_else(|| {
            let origin = transform * Point::ORIGIN;
            Rect::new(
                origin.x,
                origin.y - 0.5 * size,
                origin.x + advance,
                origin.y,
            )
        });
        let (seen, odd) = self.clipped(ink);
        let lost = 1.0 - seen.area() / ink.area().max(f64::MIN_POSITIVE);
        if shown && (odd || lost > MOST_COVERED_BY_OTHER) {
            trouble = Some(DoubtKind::Hidden);
        }
        let sign = if text.is_empty() && shown {
            "\u{fffd}"
        } else {
            &text
        };
        if !self.actual.is_empty() {
            self.drawn.push_str(sign);
        }
        if sign.is_empty() {
            return;
        }
        self.marks.push(Mark {
            text: sign.to_owned(),
            origin: transform * Point::ORIGIN,
            advance,
            size,
            least,
            upright,
            script,
            ink,
            colour,
            share,
            order: self.order,
            trouble,
            shape,
            room: None,
        });
    }

    fn outline(&mut self, key: u128, text: &str, outline: BezPath) -> usize {
        *self
            .places
            .entry((key, text.to_owned()))
            .or_insert_with(|| {
                self.outlines.push((key, text.to_owned(), outline));
                self.outlines.len() - 1
            })
    }
}

/// A text string: UTF-16 with a byte order mark, UTF-8 with one, else PDFDocEncoding, which is Latin-1 where it matters.
pub(super) fn decode(bytes: &[u8]) -> String {
    if let Some(wide) = bytes.strip_prefix(&[0xfe, 0xff]) {
        let units = wide
            .chunks_exact(2)
            .map(|c| u16::from_be_bytes([c[0], c[1]]));
        return char::decode_utf16(units)
            .map(|c| c.unwrap_or('\u{fffd}'))
            .collect();
    }
    if let Some(text) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
        return String::from_utf8_lossy(text).into_owned();
    }
    bytes.iter().map(|b| char::from(*b)).collect()
}

/// What must be the same in both texts: all but white space and hyphens, ligatures as letters.
pub(super) fn letters(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '-' | '\u{ad}' | '\u{2010}' | '\u{2011}' | '\u{200b}' => {}
            c if c.is_whitespace() || c.is_control() => {}
            c => match ligature(c) {
                Some(letters) => out.push_str(letters),
                None => out.push(c),
            },
        }
    }
    out
}
