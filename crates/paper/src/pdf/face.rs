//! The typeface: DejaVu Serif Condensed, a glyph for each character.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::{
    FontRef, MetadataProvider as _,
    charmap::Charmap,
    instance::{LocationRef, Size as FontSize},
    metrics::GlyphMetrics,
};

use crate::{PaperError, compose::Weight, script};

/// How far a combining mark stays from what it stands over or under, in ems.
const MARK_GAP: f32 = 0.04;

/// Both weights, read.
pub(super) struct Faces {
    regular: Face,
    bold: Face,
}

/// One of them.
pub(super) struct Face {
    /// For the writer.
    pub(super) font: Font,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
}

impl Faces {
    pub(super) fn new() -> Self {
        Self {
            regular: Face::new(dejavu::serif_condensed::regular()),
            bold: Face::new(dejavu::serif_condensed::bold()),
        }
    }

    pub(super) const fn of(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

impl Face {
    /// # Panics
    /// Never: the files are linked whole, as each test of a paper shows.
    fn new(bytes: &'static [u8]) -> Self {
        let font = FontRef::new(bytes).expect("a whole font file");
        Self {
            font: Font::new(bytes.into(), 0).expect("a whole font file"),
            charmap: font.charmap(),
            metrics: font.glyph_metrics(FontSize::new(1.0), LocationRef::default()),
        }
    }

    /// The text's glyphs, their widths in ems. `place` is where the text stands, for the error.
    pub(super) fn glyphs(&self, text: &str, place: &str) -> Result<Vec<KrillaGlyph>, PaperError> {
        let mut glyphs = Vec::with_capacity(text.len());
        let mut base: Option<Base> = None;
        for (at, c) in text.char_indices() {
            let fail = |why| PaperError::Character {
                place: place.to_owned(),
                c,
                why,
            };
            if let Some(trouble) = script::trouble(c) {
                return Err(fail(trouble.describe()));
            }
            const LACKS: &str = "its typeface, DejaVu Serif, has no such character in this weight";
            let id = self.charmap.map(c).filter(|id| id.to_u32() != 0);
            let id = id.ok_or_else(|| fail(LACKS))?;
            let width = self.metrics.advance_width(id).ok_or_else(|| fail(LACKS))?;
            let bounds = self.metrics.bounds(id).unwrap_or_default();
            let (mut x, mut y) = (0.0, 0.0);
            if script::is_mark(c) {
                let Some(base) = base.as_mut() else {
                    return Err(fail("there is nothing before it that it could stand over"));
                };
                x = (base.left + base.right - bounds.x_min - bounds.x_max) / 2.0;
                // Of several on one side readers take the outer ones for another line.
                let (above, below) = (bounds.y_min > 0.0, bounds.y_max <= 0.0);
                if (above && base.over) || (below && base.under) {
                    return Err(fail("it would stand over or under another mark"));
                }
                if above {
                    y = (base.top + MARK_GAP - bounds.y_min).max(0.0);
                } else if below {
                    y = (base.bottom - MARK_GAP - bounds.y_max).min(0.0);
                }
                base.over |= above;
                base.under |= below;
            } else if c.is_whitespace() {
                base = None;
            } else {
                base = Some(Base {
                    left: bounds.x_min - width,
                    right: bounds.x_max - width,
                    top: bounds.y_max,
                    bottom: bounds.y_min,
                    over: false,
                    under: false,
                });
            }
            let range = at..at + c.len_utf8();
            let id = GlyphId::new(id.to_u32());
            glyphs.push(KrillaGlyph::new(id, width, x, y, 0.0, range, None));
        }
        Ok(glyphs)
    }

    /// How wide the text is, in ems.
    pub(super) fn width(&self, text: &str, place: &str) -> Result<f32, PaperError> {
        let glyphs = self.glyphs(text, place)?;
        Ok(glyphs.iter().map(|g| g.x_advance).sum())
    }
}

/// What marks are placed by: a glyph's box, from where the next glyph begins, in ems, and whether one stands there already.
struct Base {
    left: f32,
    right: f32,
    top: f32,
    bottom: f32,
    over: bool,
    under: bool,
}
