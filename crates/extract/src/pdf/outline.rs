//! Drawn outlines: which are rectangles, and how much of their bounds they fill.

use hayro_interpret::{
    FillRule,
    kurbo::{BezPath, PathEl, Point, Rect, Shape as _},
};

/// How many places of a shape, along each side, are asked whether it fills them.
const PLACES: usize = 9;

/// The most pieces of an outline that are looked at for that: list signs have few.
const MAX_PIECES: usize = 48;

/// How far a corner may lie from that of the bounds, by the side.
const CORNER: f64 = 0.01;

/// Whether it is one axis-parallel rectangle, drawn round once: four corners, no hole, nothing else.
pub(super) fn is_rectangle(path: &BezPath, bounds: Rect) -> bool {
    let (mut corners, mut closed): (Vec<Point>, bool) = (Vec::new(), false);
    for (n, element) in path.elements().iter().enumerate() {
        match element {
            PathEl::MoveTo(p) if n == 0 => corners.push(*p),
            PathEl::LineTo(p) if !closed => corners.push(*p),
            PathEl::ClosePath if n > 2 && !closed => closed = true,
            // Where the next shape would begin.
            PathEl::MoveTo(_) if n + 1 == path.elements().len() => break,
            _ => return false,
        }
        // Points that are one with the last, or on the way between two.
        while let [.., a, b, c] = corners.as_slice()
            && is_between(*a, *b, *c)
        {
            corners.remove(corners.len() - 2);
        }
        if corners.len() > 6 {
            return false;
        }
    }
    // Its end may be its beginning, which may lie on a side.
    while corners.len() > 4 {
        let count = corners.len();
        if corners[0] == corners[count - 1] {
            corners.pop();
        } else if is_between(corners[count - 1], corners[0], corners[1]) {
            corners.remove(0);
        } else if is_between(corners[count - 2], corners[count - 1], corners[0]) {
            corners.pop();
        } else {
            return false;
        }
    }
    let [a, b, c, d] = corners.as_slice() else {
        return false;
    };
    let (wide, high) = (slack(bounds.width()), slack(bounds.height()));
    let near = |value: f64, side: f64, slack: f64| (value - side).abs() <= slack;
    let place = |p: &Point| {
        let x = [bounds.x0, bounds.x1].map(|x| near(p.x, x, wide));
        let y = [bounds.y0, bounds.y1].map(|y| near(p.y, y, high));
        (x.contains(&true) && y.contains(&true)).then_some((x[0], y[0]))
    };
    let (Some(a), Some(b), Some(c), Some(d)) = (place(a), place(b), place(c), place(d)) else {
        return false;
    };
    // Round: each corner shares one side with the next.
    let beside = |a: (bool, bool), b: (bool, bool)| (a.0 == b.0) != (a.1 == b.1);
    bounds.area() > 0.0 && beside(a, b) && beside(b, c) && beside(c, d) && a != c && b != d
}

/// Coordinates are no better than a thousandth of a point.
fn slack(side: f64) -> f64 {
    (CORNER * side).max(1e-3)
}

/// Whether the second lies on the straight line from the first to the third.
fn is_between(a: Point, b: Point, c: Point) -> bool {
    let (to, on) = (c - a, b - a);
    let length = to.hypot();
    let along = to.dot(on);
    on.hypot() <= 1e-9
        || (c - b).hypot() <= 1e-9
        || (to.cross(on).abs() <= 1e-4 * length && (0.0..=length * length).contains(&along))
}

/// How much of its bounds a shape fills, however often and in whatever direction it goes round; none where it is too rich to tell.
pub(super) fn filled(path: &BezPath, rule: FillRule, bounds: Rect) -> f64 {
    if path.elements().len() > MAX_PIECES {
        return 0.0;
    }
    let at = |n: usize| (n as f64 + 0.5) / PLACES as f64;
    let inside = (0..PLACES * PLACES).filter(|n| {
        let winding = path.winding(Point::new(
            bounds.x0 + at(n % PLACES) * bounds.width(),
            bounds.y0 + at(n / PLACES) * bounds.height(),
        ));
        match rule {
            FillRule::NonZero => winding != 0,
            FillRule::EvenOdd => winding % 2 != 0,
        }
    });
    inside.count() as f64 / (PLACES * PLACES) as f64
}
