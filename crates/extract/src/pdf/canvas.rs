//! What a page paints, in order: glyphs, and what lies over and under them.

use std::collections::HashMap;

use hayro_interpret::{
    BlendMode, ClipPath, Device, DrawMode, DrawProps, FillRule, Image, ImageDrawProps, Paint,
    SoftMask,
    font::GlyphRun,
    hayro_syntax::object::{Dict, String as PdfString},
    kurbo::{Affine, BezPath, Join, PathSeg, Point, Rect, Shape as _},
};

use crate::{
    doubt::DoubtKind,
    limits::{MAX_DOUBT_TEXT, MAX_PAINTED, MAX_TEXT},
    pdf::{
        glyph::{decode, letters},
        outline::{filled, is_rectangle},
        seen::{BULLET, OFTEN, is_line},
        shape::Room,
    },
    script::Script,
};

/// Below this share of opacity text can hardly be seen.
const LEAST_OPACITY: f32 = 0.4;

/// Half of the thinnest line that is reckoned with, in points.
const THINNEST: f64 = 0.25;

/// Joins at right angles reach less far; they add nothing to what their pieces cover.
const RIGHT_ANGLE: f64 = 1.5;

/// The most of a file's texts beside its text that are held against what is drawn, in bytes.
pub(super) const MAX_ACTUAL: usize = 2 * MAX_TEXT;

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
    /// The same along its shorter side, where it is pressed.
    pub(super) least: f64,
    /// Whether it runs from left to right.
    pub(super) upright: bool,
    /// Whether its font sets it above or below the line.
    pub(super) script: Option<Script>,
    /// What of it is inked.
    pub(super) ink: Rect,
    pub(super) colour: Option<[f32; 3]>,
    /// How much of its colour is seen, the rest being what is under it.
    pub(super) share: f32,
    pub(super) order: usize,
    pub(super) trouble: Option<DoubtKind>,
    pub(super) shape: Option<usize>,
    /// The room that such a letter has beside it.
    pub(super) room: Option<Room>,
}

impl Mark {
    /// What is half seen through is as faint as its colour mixed with that of its ground.
    pub(super) fn colour_on(&self, ground: [f32; 3]) -> Option<[f32; 3]> {
        let mut out = self.colour?;
        for (part, under) in out.iter_mut().zip(ground) {
            *part = *part * self.share + under * (1.0 - self.share);
        }
        Some(out)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Painted {
    pub(super) area: Rect,
    pub(super) colour: Option<[f32; 3]>,
    pub(super) order: usize,
    /// Whether it is a rectangle through and through.
    pub(super) solid: bool,
    /// How much of its bounds it fills.
    pub(super) fill: f64,
}

/// A stretch of text with a text of its own (14.9.4).
pub(super) struct Actual {
    told: Option<String>,
    /// Where what is drawn in it begins, in all that is drawn so.
    from: usize,
}

pub(super) struct Canvas {
    pub(super) sheet: Rect,
    pub(super) marks: Vec<Mark>,
    pub(super) painted: Vec<Painted>,
    /// Of links.
    pub(super) frames: Vec<Rect>,
    /// Shapes that are neither rules nor grounds.
    pub(super) drawings: usize,
    clips: Vec<(Rect, bool)>,
    groups: Vec<(f32, bool)>,
    pub(super) actual: Vec<Actual>,
    /// What is drawn within the outermost of them.
    pub(super) drawn: String,
    /// How much of such texts may still be held against what is drawn, in bytes.
    pub(super) comparable: usize,
    pub(super) contradictions: Vec<(String, String)>,
    pub(super) pictures: usize,
    pub(super) order: usize,
    most: usize,
    pub(super) full: bool,
    /// Outlines of glyphs, each once, with what they stand for.
    pub(super) outlines: Vec<(u128, String, BezPath)>,
    pub(super) places: HashMap<(u128, String), usize>,
}

impl Canvas {
    pub(super) fn new(sheet: Rect, most: usize) -> Self {
        Self {
            sheet,
            marks: Vec::new(),
            painted: Vec::new(),
            frames: Vec::new(),
            drawings: 0,
            clips: Vec::new(),
            groups: Vec::new(),
            actual: Vec::new(),
            drawn: String::new(),
            comparable: MAX_ACTUAL,
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

    fn opacity(&self) -> f32 {
        self.groups.iter().map(|(opacity, _)| opacity).product()
    }

    /// Whether what is painted now shows as it is.
    fn veil(&self, mask: bool, blend: BlendMode) -> Option<DoubtKind> {
        let faint = self.opacity() < LEAST_OPACITY;
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
    pub(super) fn clipped(&self, area: Rect) -> (Rect, bool) {
        let start = (area.intersect(self.sheet), false);
        { self.clips.iter() }.fold(start, |(area, odd), (clip, is_odd)| {
            (area.intersect(*clip), odd || *is_odd)
        })
    }

    fn paint(&mut self, area: Rect, colour: Option<[f32; 3]>, solid: bool, fill: f64) {
        self.order += 1;
        if self.painted.len() >= MAX_PAINTED {
            // A map: it is told, and what it covers is not looked at any more.
            self.drawings += 1;
            return;
        }
        self.painted.push(Painted {
            area,
            colour,
            order: self.order,
            solid,
            fill,
        });
    }
}

impl Canvas {
    /// Whether so much more may be compared; what may not is told.
    fn affords(&mut self, bytes: usize) -> bool {
        let left = self.comparable.checked_sub(bytes);
        if left.is_none() {
            self.contradict("too many texts within texts".to_owned(), String::new());
        }
        self.comparable = left.unwrap_or(0);
        left.is_some()
    }

    /// So many as are told, and no longer than is told.
    fn contradict(&mut self, drawn: String, told: String) {
        if self.contradictions.len() <= OFTEN {
            let short = |text: String| text.chars().take(MAX_DOUBT_TEXT).collect();
            self.contradictions.push((short(drawn), short(told)));
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

/// How far a line's ink reaches from its middle, across and up, in points: the circle of its pen after the transform. The thinnest line
/// of a device, which a width of nothing asks for, is seen.
fn pen(width: f32, transform: Affine) -> (f64, f64) {
    let [a, b, c, d, ..] = transform.as_coeffs();
    let half = f64::from(width) / 2.0;
    let seen = |reach: f64| (half * reach).max(THINNEST);
    (seen(a.hypot(c)), seen(b.hypot(d)))
}

/// How much further the joins of a straight piece with its neighbours reach (8.4.3.5).
fn mitre(pieces: &[PathSeg], n: usize, limit: f64) -> f64 {
    let neighbours = [n.checked_sub(1), Some(n + 1)];
    let join = |other: Option<&PathSeg>| {
        let (PathSeg::Line(a), PathSeg::Line(b)) = (pieces[n], other?) else {
            return None;
        };
        let meet = a.p0 == b.p1 || a.p1 == b.p0;
        let (a, b) = (a.p1 - a.p0, b.p1 - b.p0);
        let turn = (a.dot(b) / (a.hypot() * b.hypot()).max(f64::MIN_POSITIVE)).clamp(-1.0, 1.0);
        // Half of the angle between the two: its sine.
        let sine = f64::midpoint(1.0, turn).sqrt();
        let reach = 1.0 / sine.max(1e-6);
        (meet && reach > RIGHT_ANGLE && reach <= limit).then_some(reach)
    };
    neighbours
        .into_iter()
        .filter_map(|n| join(pieces.get(n?)))
        .fold(1.0, f64::max)
}

/// An axis-parallel rectangle after the transform; else its bounds and `false`. Beside it how much of the bounds is filled, where that
/// matters: in what is as small as a list's sign.
fn area(path: &BezPath, rule: FillRule, transform: Affine) -> (Rect, bool, f64) {
    let path = transform * path.clone();
    let bounds = path.bounding_box();
    let full = is_rectangle(&path, bounds);
    let fill = match full {
        true => 1.0,
        false if bounds.width() <= BULLET => filled(&path, rule, bounds),
        false => 0.0,
    };
    (bounds, full, fill)
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
                let (wide, high) = pen(stroke.line_width, props.transform);
                let pieces: Vec<_> = path.segments().take(MAX_PAINTED).collect();
                for (n, piece) in pieces.iter().enumerate() {
                    let reach = match stroke.line_join {
                        Join::Miter => mitre(&pieces, n, stroke.miter_limit.into()),
                        _ => 1.0,
                    };
                    let bounds = piece.bounding_box().inflate(wide * reach, high * reach);
                    let line = matches!(piece, PathSeg::Line(_));
                    let bounds = self.clipped(bounds).0;
                    if bounds.width() > 0.0 && bounds.height() > 0.0 {
                        self.paint(bounds, colour, false, 1.0);
                        self.drawings += usize::from(!line || !is_line(bounds));
                    }
                }
            }
            DrawMode::Fill(rule) | DrawMode::FillAndStroke(rule, _) => {
                let (bounds, solid, fill) = area(path, *rule, props.transform);
                let (bounds, odd) = self.clipped(bounds);
                if bounds.width() <= 0.0 || bounds.height() <= 0.0 || alpha == 0.0 {
                    return;
                }
                // What can't be said to be of one colour may hide and be anything.
                let colour = colour.filter(|_| solid && !odd && veil.is_none() && alpha > 0.99);
                self.paint(bounds, colour, solid && !odd, fill);
            }
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        let (bounds, solid, _) = area(&clip.path, clip.fill, Affine::IDENTITY);
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
        self.paint(bounds, None, true, 1.0);
    }

    fn begin_marked_content(&mut self, _: &[u8], properties: Option<&Dict<'_>>) {
        let told = properties.and_then(|p| p.get::<PdfString<'_>>(b"ActualText"));
        let told = told.and_then(|told| self.affords(told.as_bytes().len()).then_some(told));
        self.actual.push(Actual {
            told: told.map(|t| decode(t.as_bytes())),
            from: self.drawn.len(),
        });
    }

    fn end_marked_content(&mut self) {
        let Some(actual) = self.actual.pop() else {
            return;
        };
        let length = self.drawn.len() - actual.from;
        if let Some(told) = actual.told
            && self.affords(length)
        {
            let drawn = &self.drawn[actual.from..];
            if letters(&told) != letters(drawn) {
                self.contradict(drawn.to_owned(), told);
            }
        }
        if self.actual.is_empty() {
            self.drawn.clear();
        }
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        self.order += 1;
        let (paint, alpha) = colour(&props.paint);
        let mut trouble = self.veil(props.soft_mask.is_some(), props.blend_mode);
        let share = self.opacity() * alpha;
        if share < LEAST_OPACITY {
            trouble = Some(DoubtKind::Colour);
        }
        if matches!(mode, DrawMode::Invisible) {
            trouble = Some(DoubtKind::Hidden);
        }
        let line = match mode {
            DrawMode::Stroke(stroke) | DrawMode::FillAndStroke(_, stroke) => {
                let (wide, high) = pen(stroke.line_width, props.transform);
                Some(2.0 * wide.max(high))
            }
            DrawMode::Fill(_) | DrawMode::Invisible => None,
        };
        for glyph in run.glyphs() {
            if self.marks.len() >= self.most {
                self.full = true;
                return;
            }
            self.glyph(
                glyph,
                props.transform * glyph.transform(),
                (paint, share),
                trouble,
                line,
            );
        }
    }
}
