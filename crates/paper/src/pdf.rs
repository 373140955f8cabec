//! The pages as PDF/A-3A, tagged, by `krilla`.

mod code;
mod face;
mod find;
mod layout;
mod tags;

use demur_encoding::Time;
use krilla::{
    Document, SerializeSettings,
    configure::{Archival, ConfigurationBuilder},
    embed::{AssociationKind, EmbeddedFile, MimeType},
    geom::{Path, PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    page::PageSettings,
    surface::Surface,
    tagging::{Artifact, ArtifactType, ContentTag, SpanTag},
};

pub(crate) use self::find::find;
use self::{
    face::Faces,
    layout::{CODE, Sheet},
};
use crate::{
    PaperError, Parts, SETTING_NAME,
    compose::{Composed, EDGE, MARGIN, Weight},
};

/// The banner's size, in points.
const BANNER: f32 = 11.0;

/// The foot's size, in points.
const FOOT: f32 = 8.0;

/// How thick the lines across the page are, in points.
const RULE: f32 = 0.5;

pub(crate) fn write(composed: &Composed, parts: &Parts<'_>) -> Result<Vec<u8>, PaperError> {
    let faces = Faces::new();
    let sheets = layout::lay_out(composed, parts.setting.size, &faces)?;
    draw(composed, &sheets, &faces, parts)
}

fn draw(
    composed: &Composed,
    sheets: &[Sheet],
    faces: &Faces,
    parts: &Parts<'_>,
) -> Result<Vec<u8>, PaperError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .finish()
        .map_err(|e| PaperError::Rule(format!("{e:?}")))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let mut tags = tags::Tags::new(composed);
    let (width, height) = parts.setting.size.points();
    let page_settings = PageSettings::from_wh(width, height)
        .ok_or_else(|| PaperError::Rule("a page without a size".to_owned()))?;
    for (sheet, number) in sheets.iter().zip(1_usize..) {
        let mut page = document.start_page_with(page_settings.clone());
        let mut surface = page.surface();
        let mut pen = Pen {
            surface: &mut surface,
            faces,
            width,
        };
        pen.banner(&composed.banner, EDGE + BANNER, ArtifactType::Header)?;
        for rule in &sheet.rules {
            pen.rule(*rule);
        }
        for line in &sheet.lines {
            let id = pen.surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            pen.text(&line.text, line.weight, line.size, line.x, line.y)?;
            pen.surface.end_tagged();
            tags.line(line, id);
        }
        if let (1, Some(address)) = (number, &composed.record) {
            let id = pen.surface.start_tagged(ContentTag::Other);
            let code = code::path(address, width - MARGIN - CODE, MARGIN, CODE)?;
            pen.surface.draw_path(&code);
            pen.surface.end_tagged();
            tags.code(address, id);
        }
        pen.foot(&composed.foot, number, sheets.len(), height)?;
        pen.banner(&composed.banner, height - EDGE, ArtifactType::Footer)?;
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(tags.tree());
    let date = date(composed.time);
    document.set_metadata(
        Metadata::new()
            .title(composed.title.clone())
            .language("en".to_owned())
            .creator("Demur".to_owned())
            .creation_date(date),
    );
    for file in parts.files()? {
        let name = file.name;
        let attached = document.embed_file(EmbeddedFile {
            path: name.to_owned(),
            // None is registered; they are JSON but for their first lines.
            mime_type: MimeType::new("application/octet-stream"),
            description: Some(file.what.to_owned()),
            association_kind: if name == SETTING_NAME {
                AssociationKind::Supplement
            } else {
                AssociationKind::Source
            },
            data: file.data.into(),
            modification_date: Some(date),
            // As it is, so that it is found without reading any PDF.
            compress: Some(false),
            location: None,
        });
        attached.ok_or_else(|| PaperError::Rule(format!("{name} could not be attached")))?;
    }
    document
        .finish()
        .map_err(|e| PaperError::Rule(format!("{e:?}")))
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

/// Draws on one page.
struct Pen<'a, 'b> {
    surface: &'a mut Surface<'b>,
    faces: &'a Faces,
    /// The page's.
    width: f32,
}

impl Pen<'_, '_> {
    fn text(
        &mut self,
        text: &str,
        weight: Weight,
        size: f32,
        x: f32,
        y: f32,
    ) -> Result<(), PaperError> {
        let face = self.faces.of(weight);
        let glyphs = face.glyphs(text, "")?;
        let (at, font) = (Point::from_xy(x, y), face.font.clone());
        self.surface
            .draw_glyphs(at, &glyphs, font, text, size, false);
        Ok(())
    }

    fn artifact(&mut self, kind: ArtifactType) {
        let artifact = Artifact::with_kind(kind);
        self.surface.start_tagged(ContentTag::Artifact(artifact));
    }

    fn banner(&mut self, text: &str, y: f32, kind: ArtifactType) -> Result<(), PaperError> {
        let wide = self.faces.of(Weight::Bold).width(text, "the banner")? * BANNER;
        self.artifact(kind);
        self.text(text, Weight::Bold, BANNER, (self.width - wide) / 2.0, y)?;
        self.surface.end_tagged();
        Ok(())
    }

    /// What paper it is at the left, which page at the right.
    fn foot(&mut self, text: &str, page: usize, of: usize, height: f32) -> Result<(), PaperError> {
        let y = height - EDGE - 2.0 * BANNER;
        let page = format!("page {page} of {of}");
        let wide = self.faces.of(Weight::Regular).width(&page, "the foot")? * FOOT;
        self.artifact(ArtifactType::Footer);
        self.text(text, Weight::Regular, FOOT, MARGIN, y)?;
        self.text(&page, Weight::Regular, FOOT, self.width - MARGIN - wide, y)?;
        self.surface.end_tagged();
        Ok(())
    }

    /// A line across the page.
    fn rule(&mut self, y: f32) {
        let long = self.width - 2.0 * MARGIN;
        let path = Rect::from_xywh(MARGIN, y, long, RULE).and_then(|rect| rectangles([rect]));
        if let Some(path) = path {
            self.artifact(ArtifactType::Layout);
            self.surface.draw_path(&path);
            self.surface.end_tagged();
        }
    }
}

fn rectangles(all: impl IntoIterator<Item = Rect>) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for rect in all {
        builder.push_rect(rect);
    }
    builder.finish()
}
