//! What of a page is seen: which glyphs are covered, faint or struck out, and what is drawn beside them that could be read.

use std::collections::BTreeMap;

use hayro_interpret::kurbo::{Point, Rect};

use crate::{
    doubt::{DoubtKind, Doubts},
    html::{LEAST_CONTRAST, contrast},
    pdf::{
        canvas::{Canvas, Mark, Painted},
        shape::{Judged, Shapes},
    },
};

/// The smallest size that a person reads, in points.
const SMALLEST: f64 = 3.5;

/// How much of a glyph may be covered before it counts as not seen.
const MOST_COVERED: f64 = 0.2;

/// The same for what has not the glyph's own colour, and for what is cut off: little of that makes an `E` an `F`.
pub(super) const MOST_COVERED_BY_OTHER: f64 = 0.04;

/// How unlike two colours are that can be told from each other.
const UNLIKE: f32 = 1.2;

/// How many places of a glyph, along each side, are held against what is under them.
const PLACES: usize = 5;

/// How much of their bounds list signs fill: discs, squares, diamonds, and no letters.
const BULLET_FILL: f64 = 0.45;

/// The smallest letters by the height of a page that is shown whole.
const SMALLEST_SHARE: f64 = 1.0 / 400.0;

/// How thick a rule or underline is at most, in points.
const THIN: f64 = 4.0;

/// How long a rule or underline is at least, in points.
const LONG: f64 = 10.0;

/// How long an upright rule, a table's border, is at least, in points.
const TALL: f64 = 40.0;

/// A list item's sign is at most so wide, in points.
pub(super) const BULLET: f64 = 8.0;

/// The most glyphs times painted shapes of a file's pages that are held against each other.
pub(super) const MAX_COMPARED: usize = 300_000_000;

/// So much of a glyph's ink, on each side, is its edge.
const EDGE: f64 = 0.15;

/// Letters of at most this width, by their size, are stems and points.
const NARROW: f64 = 0.3;

/// How often one page's doubts of a kind are told.
pub(super) const OFTEN: usize = 4;

impl Canvas {
    /// What the page shows; tells what of it can't be seen.
    pub(super) fn finish(
        mut self,
        place: &str,
        shapes: &mut Shapes,
        comparable: &mut usize,
        doubts: &mut Doubts,
    ) -> Vec<Mark> {
        let mut told = Told {
            place,
            doubts,
            counts: BTreeMap::new(),
        };
        let judged: Vec<Judged> = { self.outlines.iter() }
            .map(|(key, text, outline)| shapes.judge(*key, text, outline))
            .collect();
        let things = self.marks.len().max(self.painted.len());
        let shapes_and_frames = self.painted.len() + self.frames.len();
        let left = comparable.checked_sub(things.saturating_mul(shapes_and_frames));
        *comparable = left.unwrap_or(*comparable);
        if left.is_none() {
            told.tell(DoubtKind::Picture, "too many drawn shapes to look at");
            self.painted.clear();
            self.frames.clear();
        }
        self.doubles();
        let mut runs: Vec<(DoubtKind, String)> = Vec::new();
        let mut last: Option<(DoubtKind, usize)> = None;
        for (i, mark) in self.marks.iter().enumerate() {
            let wrong = mark.shape.is_some_and(|shape| !judged[shape].fits);
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
        for mark in &mut self.marks {
            mark.room = mark.shape.and_then(|shape| judged[shape].room);
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
            let near = |m: &&mut Mark| {
                m.text == mark.text
                    && m.shape == mark.shape
                    && m.trouble == mark.trouble
                    && m.origin.distance(mark.origin) < 0.06 * mark.size
            };
            if mark.text.trim().is_empty() {
                kept.push(mark);
                continue;
            }
            match kept.iter_mut().rev().take(400).find(near) {
                // In the colour of its ground the second hides the first.
                Some(first) if (first.colour, first.share) != (mark.colour, mark.share) => {
                    first.trouble = first.trouble.or_else(|| self.trouble(&mark));
                }
                Some(_) => {}
                None => kept.push(mark),
            }
        }
        self.marks = kept;
    }

    /// Why a glyph is not seen as it is.
    fn trouble(&self, mark: &Mark) -> Option<DoubtKind> {
        let area = mark.ink.area().max(f64::MIN_POSITIVE);
        if mark.least < SMALLEST.max(self.sheet.height() * SMALLEST_SHARE) {
            return Some(DoubtKind::Tiny);
        }
        if self.frames.iter().any(|frame| crosses(*frame, mark)) {
            return Some(DoubtKind::Struck);
        }
        let mut grounds = [Some([1.0; 3]); PLACES * PLACES];
        // All that lies over it counts together, however small each is.
        let (mut own, mut other) = (0.0, 0.0);
        for painted in &self.painted {
            let common = painted.area.intersect(mark.ink).area();
            if common <= 0.0 && !is_line(painted.area) {
                continue;
            }
            if painted.order > mark.order {
                let alike = match (painted.colour, mark.colour_on([1.0; 3])) {
                    (Some(a), Some(b)) => contrast(a, b) < UNLIKE,
                    _ => false,
                };
                // An underline in the text's colour is looked at by itself.
                if alike && !is_line(painted.area) {
                    own += common / area;
                } else if !alike {
                    other += common / area;
                }
            } else if !is_line(painted.area) {
                for (n, ground) in grounds.iter_mut().enumerate() {
                    if painted.area.contains(place(mark.ink, n)) {
                        *ground = painted.colour;
                    }
                }
            }
            if is_line(painted.area) && strikes(painted.area, mark) {
                return Some(DoubtKind::Struck);
            }
        }
        if own > MOST_COVERED || other > MOST_COVERED_BY_OTHER {
            return Some(DoubtKind::Hidden);
        }
        let unread = grounds.iter().filter(|ground| {
            let seen = ground.and_then(|ground| Some((mark.colour_on(ground)?, ground)));
            seen.is_none_or(|(colour, ground)| contrast(colour, ground) < LEAST_CONTRAST)
        });
        let unread = unread.count() as f64 / grounds.len() as f64;
        (unread > MOST_COVERED).then_some(DoubtKind::Colour)
    }

    /// Whether something painted is a rule, a border, or a ground under text: nothing that could be read.
    fn is_plain(&self, painted: &Painted) -> bool {
        let area = painted.area;
        if area.area() == 0.0 && !is_line(area) {
            return true;
        }
        let faint = |least: f32| {
            painted
                .colour
                .is_some_and(|c| contrast(c, [1.0; 3]) < least)
        };
        // White on white shows nothing; what it covers is told by the text. On another ground it may be a letter.
        if faint(UNLIKE) {
            return !self.painted.iter().any(|under| {
                under.order < painted.order
                    && under.colour.is_none_or(|c| contrast(c, [1.0; 3]) >= UNLIKE)
                    && !is_line(under.area)
                    && under.area.intersect(area).area() > 0.0
            });
        }
        if is_line(area) || (painted.fill >= BULLET_FILL && self.is_bullet(area)) {
            return true;
        }
        // A ground has text on it; without any it is a thing to be seen, unless it hardly is.
        let is_ground = || {
            let on = |m: &Mark| m.order >= painted.order && area.contains(m.ink.center());
            faint(LEAST_CONTRAST) || self.marks.iter().any(on)
        };
        painted.solid && area.width() > 2.0 * LONG && area.height() > 2.0 * THIN && is_ground()
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

/// One of the places in a glyph's ink, in rows.
fn place(ink: Rect, n: usize) -> Point {
    let at = |n: usize| (n as f64 + 0.5) / PLACES as f64;
    Point::new(
        ink.x0 + at(n % PLACES) * ink.width(),
        ink.y0 + at(n / PLACES) * ink.height(),
    )
}

/// A rule, an underline or a border.
pub(super) fn is_line(area: Rect) -> bool {
    (area.height() <= THIN && area.width() >= LONG)
        || (area.width() <= THIN && area.height() >= TALL)
}

/// Whether a side of a frame goes through a glyph, and not along its edge. An upright side through a narrow one, as the full stop behind a
/// link, makes nothing else of it.
fn crosses(frame: Rect, mark: &Mark) -> bool {
    let ink = mark.ink;
    let inner = ink.inset((-EDGE * ink.width(), -EDGE * ink.height()));
    let through = |at: f64, from: f64, to: f64| from < at && at < to;
    let level = [frame.y0, frame.y1];
    let upright = [frame.x0, frame.x1];
    (frame.x0 < inner.x1
        && frame.x1 > inner.x0
        && level.iter().any(|y| through(*y, inner.y0, inner.y1)))
        || (ink.width() > NARROW * mark.size
            && frame.y0 < inner.y1
            && frame.y1 > inner.y0
            && upright.iter().any(|x| through(*x, inner.x0, inner.x1)))
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
