//! Glyphs to lines, in the order in which they stand on the page, not in which they were painted.

mod paragraph;

use hayro_interpret::kurbo::Rect;

use crate::{
    doubt::{DoubtKind, Doubts},
    pdf::canvas::Mark,
    script::{OnLine, Script, on_line},
};

/// A gap of so much of the size divides words, where the font has no blank between them.
const WORD_GAP: f64 = 0.16;

/// The same on a line that has blanks of its own.
const WIDE_GAP: f64 = 0.33;

/// From here on a gap between letters, by their size, is seen as a blank, and below it a blank is not seen.
const SEEN_GAP: f64 = 0.22;
const UNSEEN_GAP: f64 = 0.06;

/// The same between what is inked, beyond the most that known fonts leave there.
const SEEN_INK: f64 = 0.16;

/// Letters whose middles are nearer than this share of the narrower one, and that have at least so much of their heights in common, are drawn
/// one in the other: in italics an f reaches over its neighbours (two in Times come to 0.49), but not so far.
const IN_EACH_OTHER: f64 = 0.4;
const COMMON_HEIGHT: f64 = 0.5;

/// How far from the base line a glyph still belongs to it, by its size.
const ON_LINE: f64 = 0.12;

/// Raised or lowered glyphs stand at most so far from the base line, by the line's size.
const RAISE: f64 = 0.75;
const LOWER: f64 = 0.4;

/// Letters of less than this share of the line's size that stand off it are raised or lowered.
const SMALL: f64 = 0.86;

/// A gutter between columns is at least so wide, by the size of the text.
const GUTTER: f64 = 1.2;

/// The same where the lines beyond it begin at one place: at least so many of a hundred, within so much of their size.
const LINED_GUTTER: f64 = 0.8;
const LINED_UP: usize = 60;
const IN_LINE: f64 = 0.25;

/// A line of a column has more letters than this.
const COLUMN_LETTERS: usize = 8;

/// Lines above the columns, and below them, may go over the whole page, so many at most; then each column has more lines, and most of them fill more
/// of it than a table's cells do.
const ABOVE: usize = 12;
const BELOW: usize = 6;
const FULL_LINES: usize = 8;
const FULL: f64 = 0.6;

/// On pages with more letters no lines are looked for that go over the columns, and of gaps the widest alone are looked at.
const MAX_BANDED: usize = 50_000;
const MAX_GAPS: usize = 16;

/// No more columns are looked for: beyond two all are told.
const MAX_COLUMNS: usize = 8;

/// A column has at least so many lines.
const COLUMN_LINES: usize = 5;

/// A line of a page.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) baseline: f64,
    /// Whether a paragraph begins with it.
    pub(super) begins: bool,
    /// Whether it is one of the page's first or last, where heads and feet stand.
    pub(super) is_edge: bool,
    /// Whether raised st, nd, rd, th stand in it.
    pub(super) ordinals: bool,
}

/// The most lines of a page that are held against each other.
const MAX_ROWS: usize = 4_000;

/// How many lines from a page's top or bottom may be heads and feet.
const EDGE: usize = 3;

/// Glyphs that stand on one base line.
struct Row {
    marks: Vec<Mark>,
    baseline: f64,
    size: f64,
    x0: f64,
    x1: f64,
}

/// The lines of a page that is `width` wide.
pub(super) fn lines(marks: Vec<Mark>, width: f64, place: &str, doubts: &mut Doubts) -> Vec<Line> {
    let mut marks = marks;
    if marks.len() > MAX_ROWS {
        // Base lines are told apart by less than is seen: on a page with more of them than any has, letters are put on common ones.
        let mut heights: Vec<f64> = marks.iter().map(|m| m.origin.y).collect();
        heights.sort_by(f64::total_cmp);
        heights.dedup();
        if heights.len() > MAX_ROWS {
            doubts.add(DoubtKind::Moved, place, "too many lines to look at");
            let span = heights[heights.len() - 1] - heights[0];
            let step = span / MAX_ROWS as f64;
            for mark in &mut marks {
                mark.origin.y = (mark.origin.y / step).round() * step;
            }
        }
    }
    let (upright, turned): (Vec<Mark>, Vec<Mark>) = marks.into_iter().partition(|m| m.upright);
    let mut out = Vec::new();
    let mut tell = Tell { place, doubts };
    let (above, beside, below) = bands(sorted(rows(upright)));
    let columns = columns(beside, MAX_COLUMNS);
    if columns.len() > 2 {
        tell.doubts
            .add(DoubtKind::Moved, place, "more than two columns");
    }
    let alone = columns.len() == 1;
    let all = std::iter::once(above).chain(columns).chain([below]);
    for rows in all.filter(|rows| !rows.is_empty()) {
        let begins = paragraph::begin(&rows, width, alone);
        for (row, begins) in rows.into_iter().zip(begins) {
            let baseline = row.baseline;
            let (text, ordinals) = row.text(&mut tell);
            if !text.trim().is_empty() {
                out.push(Line {
                    text: text.trim().to_owned(),
                    baseline,
                    begins,
                    is_edge: false,
                    ordinals,
                });
            }
        }
    }
    let count = out.len();
    for (n, line) in out.iter_mut().enumerate() {
        line.is_edge = n < EDGE || n + EDGE >= count;
    }
    // Text that runs another way is told, and read as it was painted.
    let text: String = turned.iter().map(|m| m.text.as_str()).collect();
    if !text.trim().is_empty() {
        tell.doubts.add(DoubtKind::Moved, place, &text);
        out.push(Line {
            text,
            baseline: f64::MAX,
            begins: true,
            is_edge: false,
            ordinals: false,
        });
    }
    out
}

struct Tell<'a, 'd> {
    place: &'a str,
    doubts: &'d mut Doubts,
}

/// Groups glyphs by base line, the largest first, so that raised and lowered ones find theirs.
fn rows(mut marks: Vec<Mark>) -> Vec<Row> {
    // Glyphs of a line's usual size make the lines.
    marks.sort_by(|a, b| a.origin.y.total_cmp(&b.origin.y));
    let mut groups: Vec<Vec<Mark>> = Vec::new();
    for mark in marks {
        match groups.last_mut() {
            Some(group)
                if group.last().is_some_and(|m| {
                    mark.origin.y - m.origin.y <= 0.25 * ON_LINE * m.size.min(mark.size)
                }) =>
            {
                group.push(mark);
            }
            _ => groups.push(vec![mark]),
        }
    }
    let mut rows: Vec<Row> = groups.into_iter().map(Row::new).collect();
    // A row within the band of a larger one that has room for it is raised or lowered there.
    let mut by_size: Vec<usize> = (0..rows.len()).collect();
    by_size.sort_by(|a, b| rows[*b].weight().total_cmp(&rows[*a].weight()));
    let mut home: Vec<Option<usize>> = vec![None; rows.len()];
    for (rank, small) in by_size.iter().enumerate() {
        let row = &rows[*small];
        let host = by_size[..rank]
            .iter()
            .copied()
            .filter(|big| home[*big].is_none())
            .find(|big| {
                let host = &rows[*big];
                let above = host.baseline - row.baseline;
                let band = above <= RAISE * host.size && -above <= LOWER * host.size;
                let smaller =
                    row.size <= SMALL * host.size || above.abs() <= ON_LINE * 3.0 * host.size;
                band && smaller
                    && row.x0 <= host.x1 + 2.0 * host.size
                    && row.x1 >= host.x0 - 2.0 * host.size
            });
        home[*small] = host;
    }
    for at in 0..rows.len() {
        if let Some(host) = home[at] {
            let marks = std::mem::take(&mut rows[at].marks);
            rows[host].take(marks);
        }
    }
    rows.retain(|row| !row.marks.is_empty());
    rows
}

impl Row {
    fn new(marks: Vec<Mark>) -> Self {
        let mut out = Self {
            baseline: marks.first().map_or(0.0, |m| m.origin.y),
            size: 0.0,
            x0: f64::MAX,
            x1: f64::MIN,
            marks: Vec::new(),
        };
        // The size of most letters, and their base line.
        let mut sizes: Vec<f64> = marks
            .iter()
            .filter(|m| !m.text.trim().is_empty())
            .map(|m| m.size)
            .collect();
        sizes.sort_by(f64::total_cmp);
        out.size = sizes.get(sizes.len() / 2).copied().unwrap_or(1.0);
        out.take(marks);
        out
    }

    fn take(&mut self, marks: Vec<Mark>) {
        for mark in &marks {
            self.x0 = self.x0.min(mark.origin.x);
            self.x1 = self.x1.max(mark.origin.x + mark.advance);
        }
        self.marks.extend(marks);
        self.marks.sort_by(|a, b| a.origin.x.total_cmp(&b.origin.x));
    }

    /// Where its last letter ends.
    fn end(&self) -> f64 {
        let letters = self.marks.iter().filter(|m| !m.text.trim().is_empty());
        let ends = letters.map(|m| m.origin.x + m.advance);
        ends.fold(f64::MIN, f64::max)
    }

    /// How much room its first word takes, with a blank before it.
    fn first_word(&self) -> f64 {
        let blank = |m: &&Mark| m.text.trim().is_empty();
        let word = self.marks.iter().skip_while(blank);
        let mut end: Option<(f64, f64)> = None;
        for mark in word {
            let (from, to) = end.unwrap_or((mark.origin.x, mark.origin.x));
            if blank(&mark) || mark.origin.x - to > WIDE_GAP * self.size {
                break;
            }
            end = Some((from, to.max(mark.origin.x + mark.advance)));
        }
        end.map_or(f64::MAX, |(from, to)| to - from) + WIDE_GAP * self.size
    }

    /// Its letters and signs, in order.
    fn signs(&self) -> impl DoubleEndedIterator<Item = char> {
        let marks = self.marks.iter().flat_map(|m| m.text.chars());
        marks.filter(|c| !c.is_whitespace())
    }

    /// Whether it may end within a word.
    fn is_divided(&self) -> bool {
        matches!(self.signs().next_back(), Some('-' | '\u{2010}' | '\u{ad}'))
    }

    fn ends_sentence(&self) -> bool {
        let closes = |c: &char| matches!(c, ')' | ']' | '"' | '\'' | '”' | '’' | '»');
        let last = self.signs().rev().find(|c| !closes(c));
        matches!(last, Some('.' | '!' | '?' | ':'))
    }

    fn begins_sentence(&self) -> bool {
        self.signs().next().is_some_and(|c| !c.is_lowercase())
    }

    /// Large letters and many of them make a line.
    fn weight(&self) -> f64 {
        self.size * 1_000.0 + self.marks.len() as f64
    }

    fn text(&self, tell: &mut Tell<'_, '_>) -> (String, bool) {
        let blanks = self.marks.iter().any(|m| m.text == " ");
        let gap = if blanks { WIDE_GAP } else { WORD_GAP };
        let mut out = String::new();
        let mut ordinals = false;
        let mut raised: Option<(Script, bool, String)> = None;
        let mut end: Option<f64> = None;
        let mut flush = |raised: &mut Option<(Script, bool, String)>, out: &mut String| {
            let Some((script, small, text)) = raised.take() else {
                return;
            };
            match on_line(&text, script, out.chars().next_back()) {
                OnLine::Signs(signs) if small => out.push_str(&signs),
                OnLine::Ordinal => {
                    ordinals = true;
                    out.push_str(&text);
                }
                // What is as large as its line and a little off it is seen as on it.
                OnLine::Signs(_) | OnLine::Lost => {
                    tell.doubts
                        .add(DoubtKind::Raised, tell.place, &format!("{out}{text}"));
                    out.push_str(&text);
                }
            }
        };
        // Where the last letter ends, and whether a blank was there since.
        let mut letter: Option<&Mark> = None;
        let mut parted = false;
        let mut false_gaps = 0;
        let (mut ink, mut blots): (Option<Rect>, usize) = (None, 0);
        for mark in &self.marks {
            let blank = mark.text.trim().is_empty();
            let above = self.baseline - mark.origin.y;
            let script = if blank || above.abs() <= ON_LINE * self.size {
                mark.script
            } else if above > 0.0 {
                Some(Script::Raised)
            } else {
                Some(Script::Lowered)
            };
            let apart = end.is_some_and(|end| mark.origin.x - end > gap * mark.size.min(self.size));
            if blank {
                parted = true;
            } else {
                blots += usize::from(ink.is_some_and(|before| is_blot(before, mark.ink)));
                ink = Some(mark.ink);
                // What is seen as two words must be held as two, and the other way round.
                if let Some(before) = letter
                    && script.is_none()
                {
                    let (unseen, seen) = gaps(before, mark);
                    let held = parted || apart;
                    false_gaps += usize::from(held && unseen || !held && seen);
                }
                letter = script.is_none().then_some(mark);
                parted = false;
            }
            let small = mark.script.is_some() || mark.size <= SMALL * self.size;
            let goes_on = |(s, small_too, _): &(Script, bool, String)| {
                Some(*s) == script && *small_too == small
            };
            if raised.as_ref().is_some_and(|r| !goes_on(r)) || apart || blank {
                flush(&mut raised, &mut out);
            }
            if blank {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            } else {
                if apart && !out.ends_with(' ') && !out.is_empty() {
                    out.push(' ');
                }
                match script {
                    Some(script) => raised
                        .get_or_insert_with(|| (script, small, String::new()))
                        .2
                        .push_str(&mark.text),
                    None => out.push_str(&mark.text),
                }
            }
            let reach = mark.origin.x + mark.advance;
            end = Some(if blank {
                reach
            } else {
                end.map_or(reach, |e: f64| e.max(reach))
            });
        }
        flush(&mut raised, &mut out);
        if blots > 0 {
            tell.doubts.add(DoubtKind::Tiny, tell.place, &out);
        }
        if false_gaps > 0 {
            let what = format!("blanks that are not seen, or gaps that are no blanks: {out}");
            tell.doubts.add(DoubtKind::Contradiction, tell.place, &what);
        }
        (out, ordinals)
    }
}

/// Whether what stands between two letters is seen as no blank, and whether it is seen as one. Their widths in the file's tables may be others
/// than those that are drawn, so that the ink counts, too, by the room that known fonts leave beside it.
fn gaps(before: &Mark, mark: &Mark) -> (bool, bool) {
    let size = before.size.min(mark.size).max(f64::MIN_POSITIVE);
    let told = (mark.origin.x - before.origin.x - before.advance) / size;
    let (mut unseen, mut seen) = (told < UNSEEN_GAP, told > SEEN_GAP);
    if let (Some(left), Some(right)) = (before.room, mark.room) {
        let drawn = (mark.ink.x0 - before.ink.x1) / size;
        unseen |= drawn - left.behind.0 - right.before.0 < UNSEEN_GAP;
        seen |= drawn - left.behind.1 - right.before.1 > SEEN_INK;
    }
    (unseen, seen)
}

/// Whether two letters stand one in the other; accents stand above theirs.
fn is_blot(a: Rect, b: Rect) -> bool {
    let apart = (a.center().x - b.center().x).abs();
    let common = a.y1.min(b.y1) - a.y0.max(b.y0);
    apart < IN_EACH_OTHER * a.width().min(b.width())
        && common > COMMON_HEIGHT * a.height().min(b.height())
}

/// The lines above a page's columns, those that stand beside each other, and those below: all are of the second kind where the page has no columns, or
/// has them from top to bottom.
fn bands(mut rows: Vec<Row>) -> (Vec<Row>, Vec<Row>, Vec<Row>) {
    let letters: usize = rows.iter().map(|row| row.marks.len()).sum();
    let most = if letters > MAX_BANDED {
        0
    } else {
        rows.len().saturating_sub(COLUMN_LINES)
    };
    for cut in 0..=(ABOVE + BELOW).min(most) {
        for below in 0..=cut.min(BELOW) {
            let above = cut - below;
            if above <= ABOVE && gutter(&rows[above..rows.len() - below], cut > 0).is_some() {
                let last = rows.split_off(rows.len() - below);
                let beside = rows.split_off(above);
                return (rows, beside, last);
            }
        }
    }
    (Vec::new(), rows, Vec::new())
}

/// One column, or more where empty gutters divide the page's lines.
fn columns(rows: Vec<Row>, most: usize) -> Vec<Vec<Row>> {
    let Some(gutter) = gutter(&rows, false).filter(|_| most > 1) else {
        return vec![rows];
    };
    let (mut left, mut right): (Vec<Mark>, Vec<Mark>) = (Vec::new(), Vec::new());
    for mark in rows.into_iter().flat_map(|row| row.marks) {
        if mark.origin.x < gutter {
            left.push(mark);
        } else {
            right.push(mark);
        }
    }
    let mut out = columns(sorted(self::rows(left)), most - 1);
    let left = most.saturating_sub(out.len());
    out.append(&mut columns(sorted(self::rows(right)), left));
    out
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    rows
}

/// Where no line has ink, and many have some on both sides, or stand beside each other there; `full` where they must be those of running text.
fn gutter(rows: &[Row], full: bool) -> Option<f64> {
    let size = {
        let mut sizes: Vec<f64> = rows.iter().map(|row| row.size).collect();
        sizes.sort_by(f64::total_cmp);
        *sizes.get(sizes.len() / 2)?
    };
    let mut spans: Vec<(f64, f64)> = rows
        .iter()
        .flat_map(|row| &row.marks)
        .filter(|m| !m.text.trim().is_empty())
        .map(|m| (m.origin.x, m.origin.x + m.advance))
        .collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut reach = spans.first()?.1;
    let mut gaps: Vec<(f64, f64)> = Vec::new();
    for (x0, x1) in spans {
        if x0 - reach > LINED_GUTTER * size {
            gaps.push((reach, x0));
        }
        reach = reach.max(x1);
    }
    gaps.sort_by(|a, b| (b.1 - b.0).total_cmp(&(a.1 - a.0)));
    gaps.truncate(MAX_GAPS);
    let is_gutter = |(from, to): &(f64, f64)| {
        let sides = Sides::new(rows, f64::midpoint(*from, *to));
        let wide = to - from > GUTTER * size;
        sides.stand_beside(size)
            && (wide && !full || sides.line_up(*to, size))
            && (!full || sides.are_full())
    };
    let found = gaps.iter().find(|gap| is_gutter(gap))?;
    Some(f64::midpoint(found.0, found.1))
}

/// The lines on both sides of a gap: where each begins, its base line, and where it ends.
struct Sides {
    left: Vec<(f64, f64, f64)>,
    right: Vec<(f64, f64, f64)>,
}

impl Sides {
    fn new(rows: &[Row], at: f64) -> Self {
        let mut out = Self {
            left: Vec::new(),
            right: Vec::new(),
        };
        for row in rows {
            let marks = { row.marks.iter() }.filter(|m| !m.text.trim().is_empty());
            let (left, right): (Vec<&Mark>, Vec<&Mark>) = marks.partition(|m| m.origin.x < at);
            for (side, marks) in [(&mut out.left, left), (&mut out.right, right)] {
                if let Some(first) = marks.first()
                    && marks.len() > COLUMN_LETTERS
                {
                    let ends = marks.iter().map(|m| m.origin.x + m.advance);
                    let end = ends.fold(f64::MIN, f64::max);
                    side.push((first.origin.x, first.origin.y, end));
                }
            }
        }
        out
    }

    /// Whether many lines of each stand at the height of the other's.
    fn stand_beside(&self, size: f64) -> bool {
        let reach = |side: &[(f64, f64, f64)]| {
            let heights = side.iter().map(|line| line.1);
            heights.fold((f64::MAX, f64::MIN), |(a, b), y| (a.min(y), b.max(y)))
        };
        let (left, right) = (reach(&self.left), reach(&self.right));
        let (top, bottom) = (left.0.max(right.0) - size, left.1.min(right.1) + size);
        [&self.left, &self.right].into_iter().all(|side| {
            let beside = side.iter().filter(|line| (top..=bottom).contains(&line.1));
            beside.count() >= COLUMN_LINES
        })
    }

    /// Whether most lines on the right begin where the gap ends, and most on the left at one place.
    fn line_up(&self, end: f64, size: f64) -> bool {
        let begin = self.left.iter().map(|line| line.0).fold(f64::MAX, f64::min);
        [(&self.left, begin), (&self.right, end)]
            .into_iter()
            .all(|(side, at)| {
                let lined = side.iter().filter(|line| line.0 - at <= IN_LINE * size);
                100 * lined.count() >= LINED_UP * side.len()
            })
    }
    /// Whether most lines of each are nearly as long as the longest.
    fn are_full(&self) -> bool {
        [&self.left, &self.right].into_iter().all(|side| {
            let lengths = side.iter().map(|line| line.2 - line.0);
            let longest = lengths.clone().fold(0.0, f64::max);
            let full = lengths.filter(|length| *length > FULL * longest).count();
            full >= FULL_LINES && 100 * full >= LINED_UP * side.len()
        })
    }
}
