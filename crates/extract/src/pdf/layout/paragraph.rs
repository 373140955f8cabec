//! Which lines of a column begin a paragraph.

use super::Row;

/// Lines that are further apart than this share of the usual begin a paragraph.
const APART: f64 = 1.3;

/// Where lines are usually so far apart, by their size, it may be paragraphs of one line each that are: beyond any leading but that of
/// text set double, whose lines are full.
const LOOSE: f64 = 1.9;

/// From so many loose lines on that end within a sentence where the next word has no room, text is set double: the longest line alone
/// never has room.
const SET_DOUBLE: usize = 2;

/// Of each of a column's lines, whether a paragraph begins with it; `alone` where the column is the page's only one.
pub(super) fn begin(rows: &[Row], width: f64, alone: bool) -> Vec<bool> {
    let pitch = pitch(rows);
    let margins = Margins::new(rows, width, alone);
    let begins = |before: &Row, row: &Row| {
        let gap = row.baseline - before.baseline;
        gap > APART * pitch
            || gap <= 0.0
            || (row.size - before.size).abs() > 0.15 * before.size
            || is_loose(before, row) && margins.ends_at(before, row)
    };
    let pairs = rows.windows(2).map(|pair| begins(&pair[0], &pair[1]));
    std::iter::once(true)
        .chain(pairs)
        .take(rows.len())
        .collect()
}

/// Whether two lines are further apart than lines of a paragraph usually are.
fn is_loose(before: &Row, row: &Row) -> bool {
    row.baseline - before.baseline > LOOSE * row.size
}

/// How far the lines of a column reach.
struct Margins {
    /// Where the longest ends.
    right: f64,
    /// Whether the lines show by themselves that a margin is there: then it is text that is set double.
    known: bool,
    /// Where a page ends whose margins are alike, as browsers print it.
    page: Option<f64>,
}

impl Margins {
    fn new(rows: &[Row], width: f64, alone: bool) -> Self {
        let right = rows.iter().map(Row::end).fold(f64::MIN, f64::max);
        let left = rows.iter().map(|row| row.x0).fold(f64::MAX, f64::min);
        let full = rows.windows(2).filter(|pair| {
            let [before, row] = pair else { return false };
            is_loose(before, row)
                && before.end() + row.first_word() >= right
                && !is_sentence_between(before, row)
        });
        Self {
            right,
            known: full.count() >= SET_DOUBLE,
            page: alone.then_some(width - left),
        }
    }

    /// Whether a line was ended on purpose: the next word had room, or, where the longest line alone says how far lines reach, it has
    /// on the page, or a sentence ends there.
    fn ends_at(&self, before: &Row, row: &Row) -> bool {
        let needed = before.end() + row.first_word();
        if needed < self.right {
            return true;
        }
        let has_room = self.page.is_some_and(|page| needed < page);
        !self.known && !before.is_divided() && (has_room || is_sentence_between(before, row))
    }
}

/// Whether a sentence ends and another begins where the line ends: within a paragraph that is chance.
fn is_sentence_between(before: &Row, row: &Row) -> bool {
    before.ends_sentence() && row.begins_sentence()
}

/// The usual distance of lines.
fn pitch(rows: &[Row]) -> f64 {
    let mut gaps: Vec<f64> = rows
        .windows(2)
        .map(|pair| pair[1].baseline - pair[0].baseline)
        .filter(|gap| *gap > 1.0)
        .collect();
    gaps.sort_by(f64::total_cmp);
    // Paragraphs' gaps are fewer than lines', and larger.
    gaps.get(gaps.len() / 3).copied().unwrap_or(f64::MAX)
}
