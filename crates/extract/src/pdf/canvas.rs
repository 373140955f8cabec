//! What a page paints, in order: glyphs, and what lies over and under them.

use std::collections::{BTreeMap, HashMap};

use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, Paint, SoftMask,
    font::{Glyph, GlyphRun},
    hayro_cmap::BfString,
    hayro_syntax::object::{Dict, String as PdfString},
    kurbo::{Affine, BezPath, PathEl, Point, Rect, Shape as _},
};

use crate::{
    doubt::{DoubtKind, Doubts},
    html::contrast,
    limits::MAX_PAINTED,
    pdf::shape::{self, Shapes},
    script::Script,
    text::ligature,
};

/// Below this ratio of contrast text can hardly be seen.
const LEAST_CONTRAST: f32 = 1.6;

/// Below this share of opacity text can hardly be seen.
const LEAST_OPACITY: f32 = 0.4;

/// The smallest size that a person reads, in points.
const SMALLEST: f64 = 3.5;

/// How much of a glyph may be covered or cut before it counts as not seen.
const MOST_COVERED: f64 = 0.2;

/// How thick a rule or underline is at most, in points.
const THIN: f64 = 4.0;

/// How long a rule or underline is at least, in points.
const LONG: f64 = 10.0;

/// How long an upright rule, a table's border, is at least, in points.
const TALL: f64 = 40.0;

/// A list item's sign is at most so wide, in points.
const BULLET: f64 = 8.0;

/// The most glyphs times painted shapes of a page that are held against each other.
const MAX_COMPARED: usize = 100_000_000;

/// How often one page's doubts of a kind are told.
const OFTEN: usize = 4;

/// A glyph on the page.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    /// The characters that its font names.
    pub(super) text: String,
    /// Its origin on the base line, in points from the page's upper left.
    pub(super) origin: Point,
    /// How far the next glyph's origin would be.
    pub(super) advance: f64,
    /// Its size in points.
    pub(super) size: f64,
    /// Whether it runs from left to right.
    pub(super) upright: bool,
    /// Whether its font sets it above or below the line.
    pub(super) script: Option<Script>,
    /// What of it is inked.
    ink: Rect,
    colour: Option<[f32; 3]>,
    order: usize,
    trouble: Option<DoubtKind>,
    shape: Option<usize>,
}

#[derive(Debug, Clone)]
struct Painted {
    area: Rect,
    colour: Option<[f32; 3]>,
    order: usize,
    /// Whether it is a rectangle through and through.
    solid: bool,
}

/// A stretch of text with a text of its own (14.9.4).
struct Actual {
    told: Option<String>,
    drawn: String,
}

pub(super) struct Canvas {
    sheet: Rect,
    marks: Vec<Mark>,
    painted: Vec<Painted>,
    /// Shapes that are neither rules nor grounds.
    drawings: usize,
    clips: Vec<(Rect, bool)>,
    groups: Vec<(f32, bool)>,
    actual: Vec<Actual>,
    contradictions: Vec<(String, String)>,
    pictures: usize,
    order: usize,
    most: usize,
    full: bool,
    /// Outlines of glyphs, each once, with what they stand for.
    outlines: Vec<(u128, String, BezPath)>,
    places: HashMap<(u128, String), usize>,
}

impl Canvas {
    pub(super) fn new(sheet: Rect, most: usize) -> Self {
        Self {
            sheet,
            marks: Vec::new(),
            painted: Vec::new(),
            drawings: 0,
            clips: Vec::new(),
            groups: Vec::new(),
            actual: Vec::new(),
            contradictions: Vec::new(),
            pictures: 0,
            order: 0,
            most,
            full: false,
            outlines: Vec::new(),
            places: HashMap::new(),
        }
    }

    pub(super) const fn count(&self) -> usize {
        if self.full {
            self.most
        } else {
            self.marks.len()
        }
    }

    /// Whether what is painted now shows as it is.
    fn veil(&self, mask: bool, blend: BlendMode) -> Option<DoubtKind> {
        let faint = self
            .groups
            .iter()
            .map(|(opacity, _)| opacity)
            .product::<f32>()
            < LEAST_OPACITY;
        let masked = mask || self.groups.iter().any(|(_, masked)| *masked);
        if faint || masked {
            return Some(DoubtKind::Colour);
        }
        (!matches!(
            blend,
            BlendMode::Normal | BlendMode::Multiply | BlendMode::Darken
        ))
        .then_some(DoubtKind::Colour)
    }

    /// The part of an area that its clips leave, and whether a clip is no rectangle.
    fn clipped(&self, area: Rect) -> (Rect, bool) {
        let start = (area.intersect(self.sheet), false);
        { self.clips.iter() }.fold(start, |(area, odd), (clip, is_odd)| {
            (area.intersect(*clip), odd || *is_odd)
        })
    }

    fn paint(&mut self, area: Rect, colour: Option<[f32; 3]>, solid: bool) {
        self.order += 1;
        if self.painted.len() >= MAX_PAINTED {
            self.full = true;
            return;
        }
        self.painted.push(Painted {
            area,
            colour,
            order: self.order,
            solid,
        });
    }

    /// What the page shows; tells what of it can't be seen.
    pub(super) fn finish(
        mut self,
        place: &str,
        shapes: &mut Shapes,
        doubts: &mut Doubts,
    ) -> Vec<Mark> {
        let mut told = Told {
            place,
            doubts,
            counts: BTreeMap::new(),
        };
        let bad: Vec<bool> = { self.outlines.iter() }
            .map(|(key, text, outline)| !shapes.fits(*key, text, outline))
            .collect();
        self.doubles();
        if self.marks.len().saturating_mul(self.painted.len()) > MAX_COMPARED {
            told.tell(DoubtKind::Picture, "too many drawn shapes to look at");
            self.painted.clear();
        }
        let mut runs: Vec<(DoubtKind, String)> = Vec::new();
        let mut last: Option<(DoubtKind, usize)> = None;
        for (i, mark) in self.marks.iter().enumerate() {
            let wrong = mark.shape.is_some_and(|shape| bad[shape]);
            let blank = mark.text.trim().is_empty();
            let trouble = mark
                .trouble
                .filter(|kind| !blank || *kind == DoubtKind::Glyphs)
                .or_else(|| if blank { None } else { self.trouble(mark) })
                .or_else(|| wrong.then_some(DoubtKind::Glyphs));
            let Some(kind) = trouble else {
                continue;
            };
            match (&mut runs.last_mut(), last) {
                (Some((_, text)), Some((before, at))) if before == kind && at + 1 == i => {
                    text.push_str(&mark.text);
                }
                _ => runs.push((kind, mark.text.clone())),
            }
            last = Some((kind, i));
        }
        for (kind, text) in runs {
            told.tell(kind, &text);
        }
        for (drawn, actual) in &self.contradictions {
            told.tell(DoubtKind::Contradiction, &format!("{drawn} / {actual}"));
        }
        if self.pictures > 0 {
            told.tell(DoubtKind::Picture, "");
        }
        let drawings = self.drawings + self.painted.iter().filter(|p| !self.is_plain(p)).count();
        if drawings > 0 {
            told.tell(DoubtKind::Picture, "drawn shapes");
        }
        self.marks
    }

    /// Text that is drawn twice at one place, as some programs make bold, counts once.
    fn doubles(&mut self) {
        let mut kept: Vec<Mark> = Vec::with_capacity(self.marks.len());
        for mark in std::mem::take(&mut self.marks) {
            let near = |m: &Mark| {
                m.text == mark.text
                    && m.shape == mark.shape
                    && m.trouble == mark.trouble
                    && m.origin.distance(mark.origin) < 0.06 * mark.size
            };
            if mark.text.trim().is_empty() || !kept.iter().rev().take(400).any(near) {
                kept.push(mark);
            }
        }
        self.marks = kept;
    }

    /// Why a glyph is not seen as it is.
    fn trouble(&self, mark: &Mark) -> Option<DoubtKind> {
        let area = mark.ink.area().max(f64::MIN_POSITIVE);
        if mark.size < SMALLEST {
            return Some(DoubtKind::Tiny);
        }
        let centre = mark.ink.center();
        let mut ground = Some([1.0; 3]);
        let mut hidden = 0.0;
        for painted in &self.painted {
            let over = painted.area.intersect(mark.ink).area() / area;
            if painted.order > mark.order {
                // A thin line is looked at by itself.
                if over > MOST_COVERED && !is_line(painted.area) {
                    hidden += over;
                }
            } else if painted.area.contains(centre) {
                ground = painted.colour;
            }
            if is_line(painted.area) && strikes(painted.area, mark) {
                return Some(DoubtKind::Struck);
            }
        }
        if hidden > MOST_COVERED {
            return Some(DoubtKind::Hidden);
        }
        match (mark.colour, ground) {
            (Some(colour), Some(ground)) if contrast(colour, ground) >= LEAST_CONTRAST => None,
            _ => Some(DoubtKind::Colour),
        }
    }

    /// Whether something painted is a rule, a border, or a ground under text: nothing that could be read.
    fn is_plain(&self, painted: &Painted) -> bool {
        let area = painted.area;
        if area.area() == 0.0 && !is_line(area) {
            return true;
        }
        // White on white shows nothing; what it covers is told by the text.
        if painted.colour.is_some_and(|c| contrast(c, [1.0; 3]) < 1.2) {
            return true;
        }
        if is_line(area) || self.is_bullet(area) {
            return true;
        }
        painted.solid && area.width() > 2.0 * LONG && area.height() > 2.0 * THIN
    }
}

impl Canvas {
    /// The sign of a list's item, before all text of its line.
    fn is_bullet(&self, area: Rect) -> bool {
        let aspect = area.width() / area.height();
        if area.width() > BULLET || !(0.6..1.7).contains(&aspect) {
            return false;
        }
        let y = area.center().y;
        let mut line = { self.marks.iter() }
            .filter(|m| !m.text.trim().is_empty())
            .filter(|m| y < m.origin.y && y > m.origin.y - m.size)
            .peekable();
        let near = |m: &&Mark| m.ink.x0 < area.x1 + 4.0 * BULLET;
        line.peek().is_some()
            && line.clone().all(|m| m.ink.x0 > area.x1 + 0.25 * m.size)
            && line.any(|m| near(&m))
    }
}

/// A rule, an underline or a border.
fn is_line(area: Rect) -> bool {
    (area.height() <= THIN && area.width() >= LONG)
        || (area.width() <= THIN && area.height() >= TALL)
}

/// Whether a line goes through a glyph, or stands in its line of text where a sign could stand.
fn strikes(line: Rect, mark: &Mark) -> bool {
    if line.width() < line.height() {
        return line.intersect(mark.ink).area() > 0.0;
    }
    let y = line.center().y;
    let within = y < mark.origin.y - 0.05 * mark.size && y > mark.origin.y - 0.75 * mark.size;
    let near = line.x0 < mark.ink.x1 + 2.0 * mark.size && line.x1 > mark.ink.x0 - 2.0 * mark.size;
    within && near
}

/// Tells each kind a few times for a page.
struct Told<'a> {
    place: &'a str,
    doubts: &'a mut Doubts,
    counts: BTreeMap<DoubtKind, usize>,
}

impl Told<'_> {
    fn tell(&mut self, kind: DoubtKind, text: &str) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= OFTEN {
            self.doubts.add(kind, self.place, text);
        }
    }
}

fn colour(paint: &Paint<'_>) -> (Option<[f32; 3]>, f32) {
    match paint {
        Paint::Color(colour) => {
            let [r, g, b, a] = colour.to_rgba().components();
            (Some([r, g, b]), a)
        }
        Paint::Pattern(_) => (None, 1.0),
    }
}

/// An axis-parallel rectangle after the transform; else its bounds and `false`.
fn area(path: &BezPath, transform: Affine) -> (Rect, bool) {
    let path = transform * path.clone();
    let straight = path
        .elements()
        .iter()
        .all(|e| matches!(e, PathEl::MoveTo(_) | PathEl::LineTo(_) | PathEl::ClosePath));
    let bounds = path.bounding_box();
    let full =
        straight && (path.area().abs() - bounds.area()).abs() <= 0.02 * bounds.area().max(1.0);
    (bounds, full)
}

impl<'a> Device<'a> for Canvas {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        if path.elements().len() > MAX_PAINTED {
            self.drawings += 1;
            return;
        }
        let (colour, alpha) = colour(&props.paint);
        let veil = self.veil(props.soft_mask.is_some(), props.blend_mode);
        match mode {
            DrawMode::Invisible => {}
            DrawMode::Stroke(stroke) => {
                // Each straight piece is a line by itself.
                let path = props.transform * path.clone();
                let [a, b, c, d, ..] = props.transform.as_coeffs();
                let width = f64::from(stroke.line_width) * (a * d - b * c).abs().sqrt();
                let pieces: Vec<_> = path.segments().take(MAX_PAINTED).collect();
                for piece in pieces {
                    let bounds = piece.bounding_box().inflate(width / 2.0, width / 2.0);
                    let line = matches!(piece, hayro_interpret::kurbo::PathSeg::Line(_));
                    let bounds = self.clipped(bounds).0;
                    if bounds.width() > 0.0 && bounds.height() > 0.0 {
                        self.paint(bounds, colour, false);
                        self.drawings += usize::from(!line || !is_line(bounds));
                    }
                }
            }
            DrawMode::Fill(_) | DrawMode::FillAndStroke(..) => {
                let (bounds, solid) = area(path, props.transform);
                let (bounds, odd) = self.clipped(bounds);
                if bounds.width() <= 0.0 || bounds.height() <= 0.0 || alpha == 0.0 {
                    return;
                }
                // What can't be said to be of one colour may hide and be anything.
                let colour = colour.filter(|_| solid && !odd && veil.is_none() && alpha > 0.99);
                self.paint(bounds, colour, solid && !odd);
            }
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        let (bounds, solid) = area(&clip.path, Affine::IDENTITY);
        self.clips.push((bounds, !solid));
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn push_transparency_group(
        &mut self,
        opacity: f32,
        mask: Option<SoftMask<'a>>,
        blend: BlendMode,
    ) {
        let odd = mask.is_some() || !matches!(blend, BlendMode::Normal);
        self.groups.push((opacity, odd));
    }

    fn pop_transparency_group(&mut self) {
        self.groups.pop();
    }

    fn draw_image(&mut self, _: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let unit = Rect::new(0.0, 0.0, 1.0, 1.0);
        // The unit square, or pixels: whichever the transform maps is bounded by the sheet.
        let bounds = props.transform.transform_rect_bbox(unit);
        let (bounds, _) = self.clipped(bounds);
        self.pictures += 1;
        self.paint(bounds, None, true);
    }

    fn begin_marked_content(&mut self, _: &[u8], properties: Option<&Dict<'_>>) {
        let told = properties.and_then(|p| p.get::<PdfString<'_>>(b"ActualText"));
        self.actual.push(Actual {
            told: told.map(|t| decode(t.as_bytes())),
            drawn: String::new(),
        });
    }

    fn end_marked_content(&mut self) {
        let Some(actual) = self.actual.pop() else {
            return;
        };
        if let Some(outer) = self.actual.last_mut() {
            outer.drawn.push_str(&actual.drawn);
        }
        if let Some(told) = actual.told
            && letters(&told) != letters(&actual.drawn)
            && self.contradictions.len() < MAX_PAINTED
        {
            self.contradictions.push((actual.drawn, told));
        }
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        self.order += 1;
        let (paint, alpha) = colour(&props.paint);
        let mut trouble = self.veil(props.soft_mask.is_some(), props.blend_mode);
        if alpha < LEAST_OPACITY {
            trouble = Some(DoubtKind::Colour);
        }
        if matches!(mode, DrawMode::Invisible) {
            trouble = Some(DoubtKind::Hidden);
        }
        for glyph in run.glyphs() {
            if self.marks.len() >= self.most {
                self.full = true;
                return;
            }
            self.glyph(
                glyph,
                props.transform * glyph.transform(),
                paint,
                trouble,
                mode,
            );
        }
    }
}

impl Canvas {
    fn glyph(
        &mut self,
        glyph: &Glyph<'_>,
        transform: Affine,
        colour: Option<[f32; 3]>,
        mut trouble: Option<DoubtKind>,
        mode: &DrawMode,
    ) {
        let text = match glyph.as_unicode() {
            Some(BfString::Char(c)) => c.to_string(),
            Some(BfString::String(s)) => s,
            None => String::new(),
        };
        let [a, b, c, d, ..] = transform.as_coeffs();
        // A thousandth of the size: outlines stand in units of that.
        let size = (a * d - b * c).abs().sqrt() * 1_000.0;
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
                script = shape::off_the_line(&text, &outline);
                let outline = match script {
                    Some(_) => shape::on_the_line(&outline),
                    None => outline,
                };
                Some(self.outline(key, &text, outline))
            }
        };
        if let DrawMode::Stroke(stroke) | DrawMode::FillAndStroke(_, stroke) = mode
            && f64::from(stroke.line_width) > 0.2 * size
        {
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
        if shown && (odd || lost > MOST_COVERED) {
            trouble = Some(DoubtKind::Hidden);
        }
        let sign = if text.is_empty() && shown {
            "\u{fffd}"
        } else {
            &text
        };
        if let Some(actual) = self.actual.last_mut() {
            actual.drawn.push_str(sign);
        }
        if sign.is_empty() {
            return;
        }
        self.marks.push(Mark {
            text: sign.to_owned(),
            origin: transform * Point::ORIGIN,
            advance,
            size,
            upright,
            script,
            ink,
            colour,
            order: self.order,
            trouble,
            shape,
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
fn decode(bytes: &[u8]) -> String {
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
fn letters(text: &str) -> String {
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
