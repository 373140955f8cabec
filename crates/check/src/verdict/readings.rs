//! A copy that can be read in several ways: a file with tracked changes, a mail with two bodies.

use super::Verdict;
use crate::{
    bundle::Verified,
    copy::{CopyError, CopyText, Doubt, Overall, compare},
};

/// Holds each way to read a copy, under a label of the caller's, against the bundle's versions; `doubts` speak against all of them. Of several
/// readings those without any text say nothing and are left out.
///
/// # Errors
/// When a reading can't be compared: too long, or too short.
pub fn judge_readings<'r, L>(
    verified: &Verified,
    readings: impl IntoIterator<Item = (L, &'r str)>,
    doubts: &[Doubt],
) -> Result<Vec<(L, Verdict)>, CopyError> {
    let (texts, banners) = (verified.texts(), verified.banners());
    let mut readings: Vec<(L, &str)> = readings.into_iter().collect();
    if readings.len() > 1 {
        readings.retain(|(_, text)| !text.trim().is_empty());
    }
    let judge = |(label, text): (L, &str)| {
        let copy = CopyText::parse(text.as_bytes())?;
        let comparison = compare(&copy, &texts, &banners).doubted(doubts.to_vec(), &copy, &texts);
        Ok((label, Verdict::new(verified, Some(comparison))))
    };
    readings.into_iter().map(judge).collect()
}

/// The place of the gravest verdict, the first of equal ones: a copy is as good as its worst reading. `None` of none.
#[must_use]
pub fn gravest<L>(verdicts: &[(L, Verdict)]) -> Option<usize> {
    let of = |verdict: &Verdict| verdict.copy.as_ref().map_or(0, |c| gravity(c.overall));
    let all = verdicts.iter().enumerate().rev();
    all.max_by_key(|(_, (_, verdict))| of(verdict))
        .map(|(place, _)| place)
}

/// What a reader must be told before what: an alteration goes before all else.
pub(crate) const fn gravity(overall: Overall) -> u8 {
    match overall {
        Overall::Identical => 0,
        Overall::LayoutOnly => 1,
        Overall::Excerpt => 2,
        Overall::NotComparable => 3,
        Overall::Slips => 4,
        Overall::NotShown => 5,
        Overall::NotFound => 6,
        Overall::NamesAdded => 7,
        Overall::Incomplete => 8,
        Overall::Mixed => 9,
        Overall::Altered => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_not_good_is_graver_than_what_is() {
        let all = [
            Overall::Identical,
            Overall::LayoutOnly,
            Overall::Excerpt,
            Overall::NotComparable,
            Overall::Slips,
            Overall::NotShown,
            Overall::NotFound,
            Overall::NamesAdded,
            Overall::Incomplete,
            Overall::Mixed,
            Overall::Altered,
        ];
        for good in all.iter().filter(|o| o.is_good()) {
            for bad in all.iter().filter(|o| !o.is_good()) {
                assert!(gravity(*good) < gravity(*bad), "{good:?} {bad:?}");
            }
        }
        assert!(all.iter().all(|o| gravity(*o) <= gravity(Overall::Altered)));
    }
}
