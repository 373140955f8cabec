//! Forging: whole assignments in which one thing is wrong and all else follows.

use std::collections::HashMap;

use halo2_gadgets::poseidon::primitives::{Mds, P128Pow5T3, Spec};
use halo2_proofs::plonk::Any;
use pasta_curves::Fp;

use super::harness::{At, Layout, Region};
use crate::circuit::row;

/// A whole assignment that follows from some forced cells: the harness reads the layout as a
/// data flow and computes everything after them, so that nothing else is wrong.
pub(super) struct Flow {
    pub(super) cells: HashMap<At, Fp>,
    pub(super) instance: [Fp; row::COUNT],
}

impl Flow {
    /// The assignment with `pins` forced, and the copy constraint `dropped` not followed.
    pub(super) fn follow(
        layout: &Layout,
        instance: [Fp; row::COUNT],
        dropped: Option<usize>,
        pins: &HashMap<At, Fp>,
    ) -> Self {
        let classes = classes(layout, dropped);
        let class = |at: &At| classes.get(at).copied();
        // What a class of equal cells holds, once one of them is known.
        let mut held: HashMap<usize, Fp> = HashMap::new();
        for (at, id) in &classes {
            if *at.0.column_type() == Any::Fixed {
                held.insert(*id, layout.values[at]);
            } else if layout.is_instance(at) && at.1 == row::SCOPE {
                held.insert(*id, instance[row::SCOPE]);
            }
        }
        let mut cells = HashMap::new();
        for region in &layout.regions {
            let inputs = if region.is_permutation() || region.is_swap() {
                3
            } else {
                4
            };
            for at in &region.cells[..inputs] {
                let copied = class(at).and_then(|id| held.get(&id));
                let value = pins.get(at).or(copied).unwrap_or(&layout.values[at]);
                cells.insert(*at, *value);
            }
            if region.is_permutation() {
                permute(region, &mut cells, pins);
            } else if region.is_swap() {
                let [a, b, bit, left, right] = region.swap();
                let (a, b, bit) = (cells[a], cells[b], cells[bit]);
                let (l, r) = (a + bit * (b - a), b + bit * (a - b));
                cells.insert(*left, *pins.get(left).unwrap_or(&l));
                cells.insert(*right, *pins.get(right).unwrap_or(&r));
            }
            for at in &region.cells {
                if let Some(id) = class(at) {
                    held.entry(id).or_insert(cells[at]);
                }
            }
        }
        let mut public = instance;
        for at in classes.keys().filter(|at| layout.is_instance(at)) {
            if at.1 != row::SCOPE {
                public[at.1] = held[&classes[at]];
            }
        }
        for (at, value) in pins.iter().filter(|(at, _)| layout.is_instance(at)) {
            public[at.1] = *value;
        }
        Self {
            cells,
            instance: public,
        }
    }
}

/// Numbers the classes of cells that the copy constraints make equal.
pub(super) fn classes(layout: &Layout, dropped: Option<usize>) -> HashMap<At, usize> {
    let mut classes: HashMap<At, usize> = HashMap::new();
    for (number, (a, b)) in layout.copies.iter().enumerate() {
        if Some(number) == dropped {
            continue;
        }
        let a = *classes.entry(*a).or_insert(2 * number);
        let b = *classes.entry(*b).or_insert(2 * number + 1);
        for id in classes.values_mut() {
            if *id == b {
                *id = a;
            }
        }
    }
    classes
}

pub(super) fn mds() -> Mds<Fp, 3> {
    <P128Pow5T3 as Spec<Fp, 3, 2>>::constants().1
}

/// Fills a permutation's cells after its first row; forced ones are gone on from.
fn permute(region: &Region, cells: &mut HashMap<At, Fp>, pins: &HashMap<At, Fp>) {
    let (constants, mds, _) = <P128Pow5T3 as Spec<Fp, 3, 2>>::constants();
    let mix = |s: [Fp; 3]| mds.map(|row| row[0] * s[0] + row[1] * s[1] + row[2] * s[2]);
    let sbox = |x: Fp| x.square().square() * x;
    let mut state = [0, 1, 2].map(|i| cells[&region.cells[i]]);
    let mut number = 0;
    let mut plus_constants = |state: &mut [Fp; 3]| {
        for (word, constant) in state.iter_mut().zip(&constants[number]) {
            *word += constant;
        }
        number += 1;
    };
    for round in region.rounds() {
        plus_constants(&mut state);
        if let Some(at) = round.sbox {
            let value = *pins.get(at).unwrap_or(&sbox(state[0]));
            cells.insert(*at, value);
            state = mix([value, state[1], state[2]]);
            plus_constants(&mut state);
            state = mix([sbox(state[0]), state[1], state[2]]);
        } else {
            state = mix(state.map(sbox));
        }
        for (at, word) in round.next.iter().zip(&mut state) {
            *word = *pins.get(at).unwrap_or(word);
            cells.insert(*at, *word);
        }
    }
}
