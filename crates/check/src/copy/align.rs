//! Which word of a copy is which registered word.
//!
//! Both are lists of numbers, one per comparable word. The result is a list of pairs that rises
//! on both sides. Time is bounded for any input: groups of words that stand once on each side
//! are anchors (as in patience diff), and only short stretches between them are compared fully.

use std::collections::HashMap;

/// Stretches are compared word by word when their lengths multiply to at most this.
const MAX_TABLE: usize = 250_000;

/// A passage is sought by local alignment when its length times the version's is at most this.
const MAX_LOCAL: usize = 8_000_000;

/// The longest copy that is taken for a passage, in words.
const MAX_PASSAGE: usize = 400;

/// How often anchors are sought within anchors.
const MAX_DEPTH: usize = 16;

/// Equal words: the index in the registered text and in the copy.
pub(crate) type Pair = (usize, usize);

/// Aligns `copy` with `registered`.
pub(crate) fn align(registered: &[u32], copy: &[u32]) -> Vec<Pair> {
    let small = registered.len().saturating_mul(copy.len()) <= MAX_LOCAL;
    if copy.len() <= MAX_PASSAGE && copy.len() * 2 < registered.len() && small {
        let pairs = local(registered, copy);
        // A passage stands in one place; if most words have none there, the copy is more.
        if pairs.len() * 5 >= copy.len() * 4 {
            return pairs;
        }
    }
    // The other way about: a bundle that discloses a passage, and a copy of the whole.
    if registered.len() <= MAX_PASSAGE && registered.len() * 2 < copy.len() && small {
        let pairs = local(copy, registered);
        if pairs.len() * 5 >= registered.len() * 4 {
            return pairs.into_iter().map(|(j, i)| (i, j)).collect();
        }
    }
    let mut pairs = Vec::new();
    between(registered, copy, (0, 0), 0, &mut pairs);
    pairs.sort_unstable();
    close_up(registered, copy, &mut pairs);
    pairs
}

/// Moves each pair up to the one after it where the words allow that: of equally long alignments the one in
/// fewer pieces, so that the "the" that begins a passage is not found three paragraphs earlier.
fn close_up(registered: &[u32], copy: &[u32], pairs: &mut [Pair]) {
    for k in (1..pairs.len()).rev() {
        let (i2, j2) = pairs[k];
        let (i, j) = pairs[k - 1];
        if i + 1 == i2 && j + 1 < j2 && copy[j2 - 1] == registered[i] {
            pairs[k - 1] = (i, j2 - 1);
        } else if j + 1 == j2 && i + 1 < i2 && registered[i2 - 1] == copy[j] {
            pairs[k - 1] = (i2 - 1, j);
        }
    }
}

fn between(a: &[u32], b: &[u32], (a0, b0): Pair, depth: usize, out: &mut Vec<Pair>) {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    out.extend((0..head).map(|i| (a0 + i, b0 + i)));
    let (a, b, a0, b0) = (&a[head..], &b[head..], a0 + head, b0 + head);
    let tail = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    out.extend((0..tail).map(|i| (a0 + a.len() - 1 - i, b0 + b.len() - 1 - i)));
    let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    if a.is_empty() || b.is_empty() {
        return;
    }
    if a.len().saturating_mul(b.len()) <= MAX_TABLE {
        out.extend(common(a, b).into_iter().map(|(i, j)| (a0 + i, b0 + j)));
        return;
    }
    if depth == MAX_DEPTH {
        return;
    }
    for width in [4, 2, 1] {
        let anchors = anchors(a, b, width);
        if anchors.is_empty() {
            continue;
        }
        let (mut i0, mut j0) = (0, 0);
        for (i, j) in anchors {
            if i < i0 || j < j0 {
                continue;
            }
            between(&a[i0..i], &b[j0..j], (a0 + i0, b0 + j0), depth + 1, out);
            out.extend((0..width).map(|k| (a0 + i + k, b0 + j + k)));
            (i0, j0) = (i + width, j + width);
        }
        between(&a[i0..], &b[j0..], (a0 + i0, b0 + j0), depth + 1, out);
        return;
    }
}

/// Groups of `width` words that stand once in each, as the longest list that rises in both.
fn anchors(a: &[u32], b: &[u32], width: usize) -> Vec<Pair> {
    // At most four numbers of 32 bits.
    let packed = |group: &[u32]| {
        group
            .iter()
            .fold(0_u128, |all, n| all << 32 | u128::from(*n))
    };
    let unique = |list: &[u32]| -> HashMap<u128, Option<usize>> {
        let mut map = HashMap::with_capacity(list.len());
        for (i, group) in list.windows(width).enumerate() {
            map.entry(packed(group))
                .and_modify(|at| *at = None)
                .or_insert(Some(i));
        }
        map
    };
    let (left, right) = (unique(a), unique(b));
    let mut pairs: Vec<Pair> = left
        .iter()
        .filter_map(|(group, i)| Some(((*i)?, (*right.get(group)?)?)))
        .collect();
    pairs.sort_unstable();
    rising(&pairs)
}

/// The longest subsequence of `pairs`, sorted by their first, whose seconds rise.
fn rising(pairs: &[Pair]) -> Vec<Pair> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (i, pair) in pairs.iter().enumerate() {
        let at = ends.partition_point(|e| pairs[*e].1 < pair.1);
        before[i] = at.checked_sub(1).map(|k| ends[k]);
        if at == ends.len() {
            ends.push(i);
        } else {
            ends[at] = i;
        }
    }
    let mut out = Vec::with_capacity(ends.len());
    let mut at = ends.last().copied();
    while let Some(i) = at {
        out.push(pairs[i]);
        at = before[i];
    }
    out.reverse();
    out
}

/// A longest common subsequence.
fn common(a: &[u32], b: &[u32]) -> Vec<Pair> {
    let width = b.len() + 1;
    let mut table = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i * width + j] = if a[i] == b[j] {
                table[(i + 1) * width + j + 1] + 1
            } else {
                table[(i + 1) * width + j].max(table[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            out.push((i, j));
            i += 1;
            j += 1;
        } else if table[(i + 1) * width + j] >= table[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    out
}

/// The best place of a passage (Smith and Waterman, 1981): equal 3, other -2, left out -1.
fn local(a: &[u32], b: &[u32]) -> Vec<Pair> {
    const STOP: u8 = 0;
    const BOTH: u8 = 1;
    const LEFT: u8 = 2;
    const UP: u8 = 3;
    let width = b.len() + 1;
    let mut from = vec![STOP; (a.len() + 1) * width];
    let (mut row, mut above) = (vec![0_i32; width], vec![0_i32; width]);
    let (mut best, mut at) = (0, (0, 0));
    for i in 1..=a.len() {
        std::mem::swap(&mut row, &mut above);
        row[0] = 0;
        for j in 1..width {
            let both = above[j - 1] + if a[i - 1] == b[j - 1] { 3 } else { -2 };
            let mut cell = (0, STOP);
            for next in [(both, BOTH), (above[j] - 1, UP), (row[j - 1] - 1, LEFT)] {
                if next.0 > cell.0 {
                    cell = next;
                }
            }
            row[j] = cell.0;
            from[i * width + j] = cell.1;
            // The last of equal places: later text is nearer to what was decided.
            if cell.0 > best {
                (best, at) = (cell.0, (i, j));
            }
        }
    }
    let (mut i, mut j) = at;
    let mut out = Vec::new();
    loop {
        match from[i * width + j] {
            BOTH => {
                (i, j) = (i - 1, j - 1);
                if a[i] == b[j] {
                    out.push((i, j));
                }
            }
            UP => i -= 1,
            LEFT => j -= 1,
            _ => break,
        }
    }
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn pairs_are_equal_words_and_rise(a in prop::collection::vec(0_u32..30, 0..900), b in prop::collection::vec(0_u32..30, 0..900)) {
            let pairs = align(&a, &b);
            for (i, j) in &pairs {
                prop_assert_eq!(a[*i], b[*j]);
            }
            for two in pairs.windows(2) {
                prop_assert!(two[0].0 < two[1].0 && two[0].1 < two[1].1);
            }
        }

        /// As the comparison gives them: the words that the copy lacks are all one.
        #[test]
        fn words_of_one_side_do_not_matter(a in prop::collection::vec(0_u32..40, 0..900), b in prop::collection::vec(20_u32..60, 0..900)) {
            let blind = |list: &[u32], other: &[u32]| -> Vec<u32> {
                { list.iter() }.map(|n| if other.contains(n) { *n } else { u32::MAX }).collect()
            };
            prop_assert_eq!(align(&blind(&a, &b), &b), align(&a, &b));
        }

        #[test]
        fn one_edit_costs_one_word(a in prop::collection::vec(0_u32..3000, 2..1500), at in any::<prop::sample::Index>()) {
            let mut b = a.clone();
            let at = at.index(b.len());
            b[at] = 9999;
            prop_assert_eq!(align(&a, &b).len(), a.len() - 1);
            b.remove(at);
            prop_assert_eq!(align(&a, &b).len(), a.len() - 1);
        }
    }

    #[test]
    fn a_passage_is_found_as_one_piece() {
        let a: Vec<u32> = (0..4000).map(|i| i * i % 97).collect();
        let b = &a[1234..1260];
        let pairs = align(&a, b);
        assert_eq!(pairs.len(), b.len());
        assert_eq!(pairs[25].0 - pairs[0].0, 25);
    }

    #[test]
    fn a_whole_copy_of_a_disclosed_passage_keeps_it_in_one_piece() {
        let copy: Vec<u32> = (0..4000).map(|i| i * i % 97).collect();
        let pairs = align(&copy[1234..1260], &copy);
        assert_eq!(pairs.len(), 26);
        assert_eq!(pairs[25].1 - pairs[0].1, 25);
    }

    #[test]
    fn two_disclosed_passages_are_each_in_one_piece() {
        // 1 stands everywhere, as "the" does.
        let word = |i: u32| if i.is_multiple_of(5) { 1 } else { i };
        let copy: Vec<u32> = (0..900).map(word).collect();
        let shown: Vec<u32> = (300..340).chain(700..740).map(word).collect();
        let pairs = align(&shown, &copy);
        let at: Vec<usize> = pairs.iter().map(|(_, j)| *j).collect();
        assert_eq!(at, (300..340).chain(700..740).collect::<Vec<_>>());
    }

    #[test]
    fn hostile_lists_take_bounded_time() {
        let a = vec![1; 200_000];
        let mut b = vec![2; 200_000];
        assert!(align(&a, &b).is_empty());
        b[100_000] = 1;
        assert!(align(&a, &b).len() <= 1);
    }
}
