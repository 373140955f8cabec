//! How an element's text looks: what is known of it, and what it may be where sheets speak of it.

use super::{
    colour::{BLACK, Colour, Rgb, WHITE, is_lost},
    length::Length,
    property::{Effect, Line, Marker, SMALLEST, Size},
    sheet::Likely,
};
use crate::{doubt::DoubtKind, script::Script};

/// The size of a page's letters, in points.
pub(super) const MEDIUM: f32 = 12.0;

/// The most colours that a text may have, one or the other.
const MAX_COLOURS: usize = 12;

/// Of letters of this size lines overlap when they stand nearer than so many times it.
const LEAST_LINE: f32 = 0.85;

/// The room for the signs of a list's items, in points.
const LIST_ROOM: f32 = 20.0;

/// How far from the margin a text may begin, in points.
const MOST_LEFT: f32 = 450.0;

/// What is declared for one element: by its attributes, by sheets, by itself.
#[derive(Debug, Default)]
pub(super) struct Declared<'s> {
    /// By old attributes, and by what the element is.
    pub(super) hints: Vec<Effect>,
    pub(super) sheets: &'s [Likely],
    /// By its own `style`, with whether it is important.
    pub(super) own: Vec<(Effect, bool)>,
}

/// How a text may look.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) colours: Vec<Rgb>,
    pub(super) grounds: Vec<Rgb>,
    /// Those of the block around: a block within a line lies on them.
    block_grounds: Vec<Rgb>,
    /// Every ground around: what does not wrap may reach out to them.
    outer_grounds: Vec<Rgb>,
    wraps: bool,
    /// The size of its letters, from and to, in points.
    pub(super) size: (f32, f32),
    /// How far lines stand apart, as a fixed length, from the least on; and in letters.
    lines: (Option<f32>, f32),
    /// How far to the right its box begins, from and to.
    left: (f32, f32),
    indents: Vec<Length>,
    /// Whether its first line may begin beyond the margin.
    outside: bool,
    /// Whether what is beyond a box's edge is not seen, and can't be scrolled to.
    scrolls: bool,
    /// Whether boxes around may be too small for it.
    cut: bool,
    narrow: bool,
    pub(super) struck: bool,
    pub(super) silent: bool,
    pub(super) pre: bool,
    pub(super) script: Option<Script>,
    pub(super) markers: Vec<Marker>,
    /// The size of letters of the block around.
    pub(super) block_size: (f32, f32),
    /// Why its text may not be seen.
    pub(super) troubles: Vec<DoubtKind>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            colours: vec![BLACK],
            grounds: vec![WHITE],
            block_grounds: vec![WHITE],
            outer_grounds: vec![WHITE],
            wraps: true,
            size: (MEDIUM, MEDIUM),
            lines: (None, 1.2),
            left: (0.0, 0.0),
            indents: vec![Length::Points(0.0)],
            outside: false,
            scrolls: false,
            cut: false,
            narrow: false,
            struck: false,
            silent: false,
            pre: false,
            script: None,
            markers: vec![Marker::Bullet],
            block_size: (MEDIUM, MEDIUM),
            troubles: Vec::new(),
        }
    }
}

impl Look {
    /// That of an element within this one.
    pub(super) fn within(&self, declared: &Declared<'_>, root: (f32, f32), block: bool) -> Self {
        let mut out = self.clone();
        out.colours = colours(
            &self.colours,
            declared.candidates(|e| match e {
                Effect::Colour(c) => Some(c),
                _ => None,
            }),
            BLACK,
        );
        let mut around = self.grounds.clone();
        if block {
            around.extend_from_slice(&self.block_grounds);
        }
        let found = declared.candidates(|e| match e {
            Effect::Ground(c) => Some(c),
            _ => None,
        });
        out.grounds = colours(&around, found, WHITE);
        if block {
            out.block_grounds.clone_from(&out.grounds);
        }
        out.outer_grounds.extend_from_slice(&out.grounds);
        out.outer_grounds.sort_unstable();
        out.outer_grounds.dedup();
        let found = declared.candidates(|e| match e {
            Effect::Wraps(wraps) => Some(wraps),
            _ => None,
        });
        out.wraps = found.list(&[self.wraps]).iter().all(|wraps| *wraps);
        let may = |effect: Effect| declared.all().any(|e| e == effect);
        let scrolls = may(Effect::Scrolls);
        out.scrolls |= scrolls;
        out.narrow |= may(Effect::Narrow);
        out.cut |= scrolls
            && (!may(Effect::MayScroll) || may(Effect::Limited) || may(Effect::Tall))
            || may(Effect::AsBlock) && may(Effect::Tall);
        out.size = self.sized(declared, root);
        out.lined(declared);
        if block {
            out.block_size = out.size;
            out.placed(declared);
        }
        let found = declared.candidates(|e| match e {
            Effect::Marker(m) => Some(m),
            _ => None,
        });
        out.markers = found.list(&self.markers);
        let found = declared.candidates(|e| match e {
            Effect::Pre(pre) => Some(pre),
            _ => None,
        });
        out.pre = found.list(&[self.pre]).iter().all(|pre| *pre);
        out.struck |= declared.all().any(|e| e == Effect::Struck);
        out.script = out.scripted(declared);
        out.find_troubles();
        out
    }

    fn sized(&self, declared: &Declared<'_>, root: (f32, f32)) -> (f32, f32) {
        let found = declared.candidates(|e| match e {
            Effect::Size(s) => Some(s),
            _ => None,
        });
        let sizes = found.list(&[Size::Times(1.0)]);
        let of = |around: f32, root: f32| {
            sizes.iter().map(move |size| match size {
                Size::Is(n) => *n,
                Size::Times(n) => n * around,
                Size::Root(n) => n * root,
            })
        };
        let least = of(self.size.0, root.0).fold(f32::INFINITY, f32::min);
        let most = of(self.size.1, root.1).fold(0.0, f32::max);
        (least, most)
    }

    fn lined(&mut self, declared: &Declared<'_>) {
        let found = declared.candidates(|e| match e {
            Effect::Line(l) => Some(l),
            _ => None,
        });
        if found.values.is_empty() {
            return;
        }
        let (mut fixed, mut times) = if found.around {
            self.lines
        } else {
            (None, f32::INFINITY)
        };
        for line in found.values {
            match line {
                Line::Times(n) => times = times.min(n),
                Line::Fixed(length) => {
                    let points = length.points(self.size.0);
                    fixed = Some(fixed.map_or(points, |least: f32| least.min(points)));
                }
            }
        }
        self.lines = (fixed, times);
    }

    fn placed(&mut self, declared: &Declared<'_>) {
        let margins = declared.candidates(|e| match e {
            Effect::Margin(l) => Some(l),
            _ => None,
        });
        let margins = margins.list(&[Length::Points(0.0)]);
        let paddings = declared.candidates(|e| match e {
            Effect::Padding(l) => Some(l),
            _ => None,
        });
        let paddings = paddings.list(&[Length::Points(0.0)]);
        let indents = declared.candidates(|e| match e {
            Effect::Indent(l) => Some(l),
            _ => None,
        });
        self.indents = indents.list(&self.indents);
        let least = |list: &[Length], letters: f32| {
            { list.iter() }
                .map(|l| l.points(letters))
                .fold(f32::INFINITY, f32::min)
        };
        let most = |list: &[Length], letters: f32| {
            { list.iter() }
                .map(|l| l.points(letters))
                .fold(0.0, f32::max)
        };
        let from =
            |letters: f32| self.left.0 + least(&margins, letters) + least(&paddings, letters);
        let begins =
            [self.size.0, self.size.1].map(|letters| from(letters) + least(&self.indents, letters));
        self.outside = begins.iter().any(|begin| *begin < -1.0);
        let left = from(self.size.0);
        // Before the edge of a box that scrolls nothing is seen: no first line, no sign of a list.
        let list = declared
            .hints
            .iter()
            .any(|e| matches!(e, Effect::Marker(_)));
        let room = least(&paddings, self.size.0) + least(&self.indents, self.size.0);
        let signs = left - self.left.0;
        self.cut |= self.scrolls && (room < -1.0 || list && signs < LIST_ROOM);
        let right = self.left.1 + most(&margins, self.size.1) + most(&paddings, self.size.1);
        self.left = (left, right);
    }

    fn scripted(&self, declared: &Declared<'_>) -> Option<Script> {
        // What is raised by its own element is raised; another place for it is told where it is declared.
        let hint = declared.hints.iter().rev().find_map(|e| match e {
            Effect::Script(s) => Some(*s),
            _ => None,
        });
        let own = declared.own.iter().rev().find_map(|(e, _)| match e {
            Effect::Script(s) => Some(*s),
            _ => None,
        });
        hint.or(own).flatten().or(self.script)
    }

    fn find_troubles(&mut self) {
        self.troubles.clear();
        let grounds = if self.wraps {
            &self.grounds
        } else {
            &self.outer_grounds
        };
        let lost = |c: &Rgb| grounds.iter().any(|g| is_lost(*c, *g));
        if self.colours.len() > MAX_COLOURS
            || grounds.len() > MAX_COLOURS
            || self.colours.iter().any(lost)
        {
            self.troubles.push(DoubtKind::Colour);
        }
        if self.size.0 < SMALLEST {
            self.troubles.push(DoubtKind::Tiny);
        }
        let (fixed, times) = self.lines;
        if self.cut || self.narrow && !self.wraps {
            self.troubles.push(DoubtKind::Hidden);
        }
        if times < LEAST_LINE || fixed.is_some_and(|points| points < LEAST_LINE * self.size.1) {
            self.troubles.push(DoubtKind::Hidden);
        }
        if self.outside || self.left.1 > MOST_LEFT {
            self.troubles.push(DoubtKind::Moved);
        }
        if self.struck {
            self.troubles.push(DoubtKind::Struck);
        }
    }

    /// Whether blanks may look like none, or their ground may cover the lines around.
    pub(super) fn has_odd_blanks(&self) -> bool {
        self.size.0 < 0.7 * self.block_size.1 || self.troubles.contains(&DoubtKind::Hidden)
    }
}

fn colours(around: &[Rgb], found: Candidates<Colour>, initial: Rgb) -> Vec<Rgb> {
    let mut out = Vec::new();
    let keep = found.around || found.values.is_empty();
    let clear = |c: &Colour| matches!(c, Colour::Around | Colour::Clear);
    if keep || found.values.iter().any(clear) {
        out.extend_from_slice(around);
    }
    for value in found.values {
        match value {
            Colour::Is(rgb) => out.push(rgb),
            Colour::Initial => out.push(initial),
            Colour::Around | Colour::Clear => {}
        }
    }
    out.sort_unstable();
    out.dedup();
    out.truncate(MAX_COLOURS + 1);
    out
}

/// What a property of an element may be.
struct Candidates<T> {
    values: Vec<T>,
    /// Whether it may be as around.
    around: bool,
}

impl<T: Copy> Candidates<T> {
    fn list(self, around: &[T]) -> Vec<T> {
        let mut out = self.values;
        if self.around || out.is_empty() {
            out.extend_from_slice(around);
        }
        out
    }
}

impl Declared<'_> {
    fn candidates<T: Copy>(&self, pick: impl Fn(Effect) -> Option<T>) -> Candidates<T> {
        let own: Vec<(T, bool)> = { self.own.iter() }
            .filter_map(|(effect, important)| Some((pick(*effect)?, *important)))
            .collect();
        let sheets: Vec<(T, &Likely)> = { self.sheets.iter() }
            .filter_map(|likely| Some((pick(likely.effect)?, likely)))
            .collect();
        let hints: Vec<T> = self
            .hints
            .iter()
            .filter_map(|effect| pick(*effect))
            .collect();
        // Its own come last, unless a sheet's are important.
        if let Some((last, important)) = own.last() {
            let mixed = own.iter().any(|(_, i)| i != important);
            let mut values: Vec<T> = if mixed {
                own.iter().map(|(v, _)| *v).collect()
            } else {
                vec![*last]
            };
            values.extend(sheets.iter().filter(|(_, l)| l.important).map(|(v, _)| *v));
            return Candidates {
                values,
                around: false,
            };
        }
        let sure = sheets.iter().any(|(_, l)| l.sure);
        let mut values: Vec<T> = sheets.into_iter().map(|(v, _)| v).collect();
        let hinted = !hints.is_empty();
        if !sure {
            values.extend(hints);
        }
        Candidates {
            values,
            around: !sure && !hinted,
        }
    }

    fn all(&self) -> impl Iterator<Item = Effect> + '_ {
        let own = self.own.iter().map(|(effect, _)| *effect);
        let sheets = self.sheets.iter().map(|likely| likely.effect);
        own.chain(sheets).chain(self.hints.iter().copied())
    }
}
