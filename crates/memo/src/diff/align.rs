//! Which item of one list answers to which of another.

use std::{collections::HashMap, ops::Range};

use similar::{
    DiffOp,
    algorithms::{Capture, Compact, Replace, myers},
};

/// The most pairs of items that are compared word by word between two equal stretches. Beyond
/// it, items are compared at their places only.
const MAX_PAIRS: usize = 1 << 16;

/// How alike two items must be, in thousandths, to be taken for one that was changed.
const ALIKE: u64 = 400;

/// An item of a list, by what it says.
pub(crate) struct Item<'a> {
    /// Equal for items that say the same in the same form.
    pub(crate) key: String,
    /// What it is compared by where the keys differ.
    pub(crate) words: Vec<&'a str>,
}

/// A step through both lists at once. Each index stands in exactly one step, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The same item, perhaps changed.
    Both(usize, usize),
    /// An item of the old list only.
    Old(usize),
    /// An item of the new list only.
    New(usize),
}

/// Aligns two lists: first what is equal, then, in the gaps, what is alike.
pub(crate) fn align(old: &[Item<'_>], new: &[Item<'_>]) -> Vec<Step> {
    let old_keys: Vec<&str> = old.iter().map(|item| item.key.as_str()).collect();
    let new_keys: Vec<&str> = new.iter().map(|item| item.key.as_str()).collect();
    let bags = (bags(old), bags(new));
    let mut steps = Vec::with_capacity(old.len().max(new.len()));
    let (mut from_old, mut from_new) = (0, 0);
    for op in compare(&old_keys, &new_keys) {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = op
        {
            gap(
                &bags.0,
                &bags.1,
                from_old..old_index,
                from_new..new_index,
                &mut steps,
            );
            steps.extend((0..len).map(|i| Step::Both(old_index + i, new_index + i)));
            (from_old, from_new) = (old_index + len, new_index + len);
        }
    }
    gap(
        &bags.0,
        &bags.1,
        from_old..old.len(),
        from_new..new.len(),
        &mut steps,
    );
    steps
}

/// What is equal in two lists of texts, and what is not.
///
/// Texts are compared as numbers, so that the library's code is there once, whatever the texts are held in.
pub(crate) fn compare(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let all = old.iter().chain(new).map(|text| {
        let next = numbers.len();
        *numbers.entry(text).or_insert(next)
    });
    let all: Vec<usize> = all.collect();
    let (old, new) = all.split_at(old.len());
    // What `capture_diff_slices` does, without the other algorithms that it could do it by.
    let mut ops = Compact::new(Replace::new(Capture::new()), old, new);
    match myers::diff(&mut ops, old, 0..old.len(), new, 0..new.len()) {
        Ok(()) => ops.into_inner().into_inner().into_ops(),
        Err(never) => match never {},
    }
}

/// Each item's words, sorted, so that two can be compared in one pass.
fn bags<'a>(items: &[Item<'a>]) -> Vec<Vec<&'a str>> {
    let bag = |item: &Item<'a>| {
        let mut words = item.words.clone();
        words.sort_unstable();
        words
    };
    items.iter().map(bag).collect()
}

/// How alike two items are: twice the words in common over all words, in thousandths.
fn likeness(a: &[&str], b: &[&str]) -> u64 {
    let (mut i, mut j, mut common) = (0, 0, 0_u64);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                common += 1;
                i += 1;
                j += 1;
            }
        }
    }
    let all = (a.len() + b.len()) as u64;
    (common * 2000).checked_div(all).unwrap_or(0)
}

/// Pairs alike items of two ranges without crossing, so that the sum of likeness is greatest.
fn gap(
    old: &[Vec<&str>],
    new: &[Vec<&str>],
    old_range: Range<usize>,
    new_range: Range<usize>,
    steps: &mut Vec<Step>,
) {
    let (n, m) = (old_range.len(), new_range.len());
    let alike = |i: usize, j: usize| {
        let score = likeness(&old[old_range.start + i], &new[new_range.start + j]);
        // One item in the place of one: changed, however little it has kept.
        if n == 1 && m == 1 {
            score.max(ALIKE)
        } else {
            score
        }
    };
    let mut pairs = Vec::new();
    if n.saturating_mul(m) > MAX_PAIRS {
        pairs.extend(
            (0..n.min(m))
                .filter(|i| alike(*i, *i) >= ALIKE)
                .map(|i| (i, i)),
        );
    } else {
        // best[i][j]: the greatest sum over the items from i and from j on.
        let scores: Vec<u64> = (0..n * m).map(|at| alike(at / m, at % m)).collect();
        let width = m + 1;
        let mut best = vec![0_u64; (n + 1) * width];
        for i in (0..n).rev() {
            for j in (0..m).rev() {
                let score = scores[i * m + j];
                let paired = if score >= ALIKE {
                    score + best[(i + 1) * width + j + 1]
                } else {
                    0
                };
                let skipped = best[(i + 1) * width + j].max(best[i * width + j + 1]);
                best[i * width + j] = paired.max(skipped);
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < n && j < m {
            let here = best[i * width + j];
            if here == best[(i + 1) * width + j] {
                i += 1;
            } else if here == best[i * width + j + 1] {
                j += 1;
            } else {
                pairs.push((i, j));
                i += 1;
                j += 1;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    for (at_old, at_new) in pairs.into_iter().chain([(n, m)]) {
        steps.extend((i..at_old).map(|i| Step::Old(old_range.start + i)));
        steps.extend((j..at_new).map(|j| Step::New(new_range.start + j)));
        if at_old < n {
            steps.push(Step::Both(
                old_range.start + at_old,
                new_range.start + at_new,
            ));
        }
        (i, j) = (at_old + 1, at_new + 1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn items<'a>(texts: &[&'a str], side: &str) -> Vec<Item<'a>> {
        let item = |(at, text): (usize, &&'a str)| Item {
            key: format!("{side}{at}"),
            words: text.split(' ').collect(),
        };
        texts.iter().enumerate().map(item).collect()
    }

    /// How alike two texts are, word by word.
    fn alike(old: &str, new: &str) -> u64 {
        let mut rest: Vec<&str> = new.split(' ').collect();
        let all = old.split(' ').count() + rest.len();
        let mut common = 0;
        for word in old.split(' ') {
            if let Some(at) = rest.iter().position(|other| *other == word) {
                rest.remove(at);
                common += 1;
            }
        }
        common * 2000 / all as u64
    }

    /// The greatest sum of likeness that pairs which do not cross can have.
    fn greatest(old: &[&str], new: &[&str]) -> u64 {
        let (Some((first, old_rest)), Some((_, new_rest))) = (old.split_first(), new.split_first())
        else {
            return 0;
        };
        let score = alike(first, new[0]);
        let paired = if score >= ALIKE {
            score + greatest(old_rest, new_rest)
        } else {
            0
        };
        paired
            .max(greatest(old_rest, new))
            .max(greatest(old, new_rest))
    }

    fn pairs(steps: &[Step]) -> Vec<(usize, usize)> {
        let pair = |step: &Step| match step {
            Step::Both(old, new) => Some((*old, *new)),
            _ => None,
        };
        steps.iter().filter_map(pair).collect()
    }

    fn shifted(count: usize) -> Vec<(usize, usize)> {
        // The second list is the first one, each text with a word more, behind one that is like none.
        let old: Vec<String> = (0..count).map(|n| format!("a{n} b{n} c{n}")).collect();
        let more = old.iter().map(|text| format!("{text} more"));
        let new: Vec<String> = std::iter::once("quite another".to_owned())
            .chain(more.take(count - 1))
            .collect();
        let old: Vec<&str> = old.iter().map(String::as_str).collect();
        let new: Vec<&str> = new.iter().map(String::as_str).collect();
        pairs(&align(&items(&old, "old"), &items(&new, "new")))
    }

    #[test]
    fn very_many_are_compared_at_their_places() {
        let side = 1 << 8;
        assert_eq!(side * side, MAX_PAIRS);
        let each: Vec<(usize, usize)> = (0..side - 1).map(|n| (n, n + 1)).collect();
        assert_eq!(shifted(side), each);
        assert_eq!(shifted(side + 1), []);
    }

    #[test]
    fn one_in_the_place_of_one_was_changed() {
        let paired =
            |old: &[&str], new: &[&str]| pairs(&align(&items(old, "old"), &items(new, "new")));
        assert_eq!(paired(&["a b"], &["c d"]), [(0, 0)]);
        assert_eq!(paired(&["a b"], &["c d", "e f"]), []);
        assert_eq!(paired(&["a b", "e f"], &["c d"]), []);
        // Two fifths of the words are enough, and no less.
        assert_eq!(paired(&["a b c d e", "x"], &["a b v w y", "z"]), [(0, 0)]);
        assert_eq!(paired(&["a b c d e f", "x"], &["a b u v w y", "z"]), []);
    }

    proptest! {
        #[test]
        fn the_most_alike_are_paired(
            old in prop::collection::vec("[abc]( [abcd]){0,3}", 0..6),
            new in prop::collection::vec("[abc]( [abcd]){0,3}", 0..6),
        ) {
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            prop_assume!((old.len(), new.len()) != (1, 1));
            let steps = align(&items(&old, "old"), &items(&new, "new"));
            let (mut next_old, mut next_new) = (0, 0);
            let mut sum = 0;
            for step in &steps {
                let (from_old, from_new) = match *step {
                    Step::Both(a, b) => (Some(a), Some(b)),
                    Step::Old(a) => (Some(a), None),
                    Step::New(b) => (None, Some(b)),
                };
                if let Some(at) = from_old {
                    prop_assert_eq!(at, next_old);
                    next_old += 1;
                }
                if let Some(at) = from_new {
                    prop_assert_eq!(at, next_new);
                    next_new += 1;
                }
                if let (Some(a), Some(b)) = (from_old, from_new) {
                    prop_assert!(alike(old[a], new[b]) >= ALIKE);
                    sum += alike(old[a], new[b]);
                }
            }
            prop_assert_eq!((next_old, next_new), (old.len(), new.len()));
            prop_assert_eq!(sum, greatest(&old, &new));
        }
    }
}
