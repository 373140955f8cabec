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
    } else if n > 0 && m > 0 {
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
