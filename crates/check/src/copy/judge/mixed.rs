//! A copy that was mixed from several versions: of which each block is.

use std::collections::BTreeMap;

use super::{Judged, Version};
use crate::copy::{Place, Source};

/// The fewest words of a block that say of which version it is.
const MIN_WORDS: usize = 5;

/// What a block of the copy is in one version.
pub(super) struct BlockOf {
    /// The first paragraph of which it has words.
    place: Place,
    /// How many words have a partner.
    matched: usize,
    /// Whether nothing in it differs but layout and slips.
    like: bool,
}

impl Version<'_> {
    /// What each block of the copy is in this version, as far as it is something.
    pub(super) fn blocks(&self) -> BTreeMap<u32, BlockOf> {
        let mut out: BTreeMap<u32, BlockOf> = BTreeMap::new();
        for (j, i) in self.of_c.iter().enumerate() {
            let Some(i) = *i else { continue };
            let home = self.c[j].home;
            let block = out.entry(home).or_insert_with(|| BlockOf {
                place: self.text.paragraphs[self.r[i].home as usize].place.clone(),
                matched: 0,
                like: !self.unlike.contains(&home),
            });
            block.matched += 1;
        }
        out
    }
}

/// Of which version each block is, if not all are of `best`; and whether that explains all that differs.
pub(super) fn mixture(judged: &[Judged], best: usize) -> (Vec<Source>, bool) {
    let like = |v: &Judged, b: u32| v.blocks.get(&b).is_some_and(|block| block.like);
    let long = |v: &Judged, b: u32| {
        v.blocks
            .get(&b)
            .is_some_and(|block| block.matched >= MIN_WORDS)
    };
    let mut numbers: Vec<u32> = judged
        .iter()
        .flat_map(|v| v.blocks.keys().copied())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut newest: Vec<&Judged> = judged.iter().filter(|v| v.distance.found).collect();
    newest.sort_by_key(|v| std::cmp::Reverse(v.distance.version));
    let nearest = &judged[best];
    // It is mixed if a block is not the nearest version's but another's, which lacks one that the nearest has.
    let mixed = newest.iter().any(|other| {
        let theirs = |b: &u32| like(other, *b) && long(other, *b) && !like(nearest, *b);
        let ours = |b: &u32| like(nearest, *b) && long(nearest, *b) && !like(other, *b);
        numbers.iter().any(theirs) && numbers.iter().any(ours)
    });
    if !mixed {
        return (Vec::new(), false);
    }
    let source = |b: &u32| {
        let versions: Vec<&Judged> = newest.iter().copied().filter(|v| like(v, *b)).collect();
        let of = if like(nearest, *b) || versions.is_empty() {
            nearest.blocks.get(b)
        } else {
            versions.first().and_then(|v| v.blocks.get(b))
        };
        Some(Source {
            place: of?.place.clone(),
            versions: versions.iter().map(|v| v.distance.version).collect(),
        })
    };
    let mixture: Vec<Source> = numbers.iter().filter_map(source).collect();
    let all = nearest
        .unlike
        .iter()
        .all(|b| newest.iter().any(|v| like(v, *b)));
    let explained = all && !nearest.beside && nearest.not_compared == 0;
    (mixture, explained)
}
