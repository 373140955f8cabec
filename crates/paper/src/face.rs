//! The typeface: DejaVu Serif Condensed, with what its characters measure.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::{
    FontRef, MetadataProvider as _,
    instance::{LocationRef, Size as FontSize},
};

use crate::PaperError;

/// Upright or bold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => dejavu::serif_condensed::regular(),
            Self::Bold => dejavu::serif_condensed::bold(),
        }
    }

    /// For the writer.
    ///
    /// # Panics
    /// Never: the files are whole, as each test of a paper shows.
    pub(crate) fn font(self) -> Font {
        Font::new(self.bytes().into(), 0).expect("a whole font file")
    }

    fn font_ref(self) -> FontRef<'static> {
        FontRef::new(self.bytes()).expect("a whole font file")
    }
}

/// The text's glyphs, one for a character, their widths in ems.
pub(crate) fn glyphs(text: &str, weight: Weight) -> Result<Vec<KrillaGlyph>, PaperError> {
    let font = weight.font_ref();
    let charmap = font.charmap();
    let metrics = font.glyph_metrics(FontSize::new(1.0), LocationRef::default());
    let glyph = |(at, c): (usize, char)| {
        let id = charmap.map(c).filter(|id| id.to_u32() != 0);
        let id = id.ok_or(PaperError::Character(c))?;
        let width = metrics.advance_width(id).ok_or(PaperError::Character(c))?;
        let range = at..at + c.len_utf8();
        let id = GlyphId::new(id.to_u32());
        Ok(KrillaGlyph::new(id, width, 0.0, 0.0, 0.0, range, None))
    };
    text.char_indices().map(glyph).collect()
}

/// How wide the text is, in ems.
pub(crate) fn width(glyphs: &[KrillaGlyph]) -> f32 {
    glyphs.iter().map(|g| g.x_advance).sum()
}
