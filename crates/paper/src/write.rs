//! The pages as PDF/A-3A, tagged, by `krilla`.

use std::num::NonZeroU16;

use demur_encoding::Time;
use krilla::{
    Document, SerializeSettings,
    configure::{Archival, ConfigurationBuilder},
    embed::{AssociationKind, EmbeddedFile, MimeType},
    geom::Point,
    metadata::{DateTime, Metadata},
    page::PageSettings,
    surface::Surface,
    tagging::{Artifact, ArtifactType, ContentTag, SpanTag, Tag, TagGroup, TagTree},
    text::Font,
};

use crate::{
    ATTACHED, PaperError, Size,
    compose::{Composed, Style},
    face::{self, Weight},
    layout::{Line, MARGIN},
};

/// The banner's size, in points.
const BANNER: f32 = 11.0;

/// The foot's size, in points.
const FOOT: f32 = 8.0;

/// How far the banners' baselines are from the edges, in points.
const EDGE: f32 = 36.0;

/// The attached bundle's media type: it has no registered one and is lines of JSON.
const MEDIA_TYPE: &str = "application/octet-stream";

pub(crate) fn pdf(
    composed: &Composed,
    sheets: &[Vec<Line>],
    bundle: &[u8],
    size: Size,
) -> Result<Vec<u8>, PaperError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .finish()
        .map_err(|e| PaperError::Rule(format!("{e:?}")))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let fonts = Fonts {
        regular: Weight::Regular.font(),
        bold: Weight::Bold.font(),
    };
    let blocks = composed.blocks.iter();
    let mut groups: Vec<TagGroup> = blocks
        .map(|block| group(block.style, &block.text))
        .collect();
    let (width, height) = size.points();
    let settings = PageSettings::from_wh(width, height)
        .ok_or_else(|| PaperError::Rule("a page without a size".to_owned()))?;
    for (sheet, number) in sheets.iter().zip(1_usize..) {
        let mut page = document.start_page_with(settings.clone());
        let mut surface = page.surface();
        let banner = |surface: &mut Surface<'_>, y: f32, kind| {
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(kind)));
            let drawn = fonts.centred(surface, &composed.banner, width, y);
            surface.end_tagged();
            drawn
        };
        banner(&mut surface, EDGE + BANNER, ArtifactType::Header)?;
        for line in sheet {
            let id = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            let at = Point::from_xy(line.x, line.y);
            fonts.draw(
                &mut surface,
                &line.text,
                line.style.weight(),
                line.style.size(),
                at,
            )?;
            surface.end_tagged();
            groups[line.block].push(id);
        }
        let foot = format!("{}, page {number} of {}", composed.foot, sheets.len());
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(
            ArtifactType::Footer,
        )));
        let at = Point::from_xy(MARGIN, height - EDGE - 2.0 * BANNER);
        fonts.draw(&mut surface, &foot, Weight::Regular, FOOT, at)?;
        surface.end_tagged();
        banner(&mut surface, height - EDGE, ArtifactType::Footer)?;
        surface.finish();
        page.finish();
    }
    let mut tree = TagTree::new();
    for group in groups {
        tree.push(group);
    }
    document.set_tag_tree(tree);
    let date = date(composed.time);
    document.set_metadata(
        Metadata::new()
            .title(composed.title.clone())
            .language("en".to_owned())
            .creator("Demur".to_owned())
            .creation_date(date),
    );
    let attached = document.embed_file(EmbeddedFile {
        path: ATTACHED.to_owned(),
        mime_type: MimeType::new(MEDIA_TYPE),
        description: Some("The bundle that proves this paper's text".to_owned()),
        association_kind: AssociationKind::Source,
        data: bundle.to_vec().into(),
        modification_date: Some(date),
        // As it is, so that it is found without reading any PDF.
        compress: Some(false),
        location: None,
    });
    attached.ok_or_else(|| PaperError::Rule("the bundle could not be attached".to_owned()))?;
    document
        .finish()
        .map_err(|e| PaperError::Rule(format!("{e:?}")))
}

fn group(style: Style, text: &str) -> TagGroup {
    let heading = |level: u16| {
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        TagGroup::new(Tag::Hn(level, Some(text.to_owned())))
    };
    match style {
        Style::Title => heading(1),
        Style::Heading => heading(2),
        Style::Institution | Style::Fact | Style::Body | Style::Inset => TagGroup::new(Tag::P),
    }
}

fn date(time: Time) -> DateTime {
    let at = jiff::tz::Offset::UTC.to_datetime(time.into());
    let part = |n: i8| n.unsigned_abs();
    DateTime::new(at.year().unsigned_abs())
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

struct Fonts {
    regular: Font,
    bold: Font,
}

impl Fonts {
    fn draw(
        &self,
        surface: &mut Surface<'_>,
        text: &str,
        weight: Weight,
        size: f32,
        at: Point,
    ) -> Result<(), PaperError> {
        let glyphs = face::glyphs(text, weight)?;
        let font = match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        };
        surface.draw_glyphs(at, &glyphs, font.clone(), text, size, false);
        Ok(())
    }

    fn centred(
        &self,
        surface: &mut Surface<'_>,
        text: &str,
        width: f32,
        y: f32,
    ) -> Result<(), PaperError> {
        let wide = face::width(&face::glyphs(text, Weight::Bold)?) * BANNER;
        let at = Point::from_xy((width - wide) / 2.0, y);
        self.draw(surface, text, Weight::Bold, BANNER, at)
    }
}
