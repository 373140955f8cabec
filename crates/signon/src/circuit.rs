//! The sign-on circuit. `docs/circuit.md` goes through it constraint by constraint.
//!
//! Statement: for the public inputs (root, nullifier, scope, message) the prover knows s, r1, r2
//! and a path such that
//!
//! - `leaf = P(leaf, P(mid, s, r1), r2)`,
//! - `nullifier = P(null, s, scope)`,
//! - folding the path's siblings over the leaf with `P(node, left, right)` gives `root`.
//!
//! No gate touches the message: it stands in the instance column, which the proof's transcript
//! commits to.
//!
//! All gates are those of `halo2_gadgets`: the permutation is its `Pow5Chip`, laid side by side
//! `LANES` times, the conditional swap its `CondSwapChip`. What is ours is the wiring: copy
//! constraints between their cells, to constants and to the instance column.

use halo2_gadgets::{
    poseidon::{PoseidonInstructions, Pow5Chip, Pow5Config, StateWord, primitives::P128Pow5T3},
    utilities::cond_swap::{CondSwapChip, CondSwapConfig, CondSwapInstructions as _},
};
use halo2_proofs::{
    circuit::{AssignedCell, Layouter, Value, floor_planner::V1},
    plonk::{Advice, Circuit, Column, ConstraintSystem, Error, Instance},
};
use pasta_curves::Fp;

use crate::{
    poseidon::Tag,
    secret::MemberKeys,
    tree::{DEPTH, Path},
};

/// The rows are `2^K`.
pub(crate) const K: u32 = 9;

/// The permutation chips side by side. The 23 hashes of 37 rows each and the 20 swaps fit 512
/// rows with two; `docs/circuit.md` has the measurement that chose two.
pub(crate) const LANES: usize = 2;

/// Where each public input stands in the instance column.
pub(crate) mod row {
    pub(crate) const ROOT: usize = 0;
    pub(crate) const NULLIFIER: usize = 1;
    pub(crate) const SCOPE: usize = 2;
    pub(crate) const MESSAGE: usize = 3;
    pub(crate) const COUNT: usize = 4;
}

/// What the prover knows.
#[derive(Clone, Debug)]
pub(crate) struct Witness {
    pub(crate) keys: MemberKeys,
    pub(crate) path: Path,
}

/// The circuit with `N` permutation chips.
#[derive(Clone, Debug)]
pub(crate) struct SignOn<const N: usize> {
    pub(crate) witness: Value<Witness>,
}

#[derive(Clone, Debug)]
pub(crate) struct Config {
    lanes: Vec<Pow5Config<Fp, 3, 2>>,
    swap: CondSwapConfig,
    /// The first lane's state columns: also where the inputs stand.
    inputs: [Column<Advice>; 3],
    instance: Column<Instance>,
}

type Word = AssignedCell<Fp, Fp>;

impl<const N: usize> Circuit<Fp> for SignOn<N> {
    type Config = Config;
    type FloorPlanner = V1;

    fn without_witnesses(&self) -> Self {
        Self {
            witness: Value::unknown(),
        }
    }

    fn configure(meta: &mut ConstraintSystem<Fp>) -> Config {
        let mut states = Vec::with_capacity(N);
        let mut partials = Vec::with_capacity(N);
        let mut constants = None;
        let lanes = (0..N)
            .map(|_| {
                let state = [(); 3].map(|()| meta.advice_column());
                let partial = meta.advice_column();
                let rc_a = [(); 3].map(|()| meta.fixed_column());
                let rc_b = [(); 3].map(|()| meta.fixed_column());
                states.push(state);
                partials.push(partial);
                if constants.is_none() {
                    // The planner puts constants in rows that no permutation uses.
                    constants = Some(rc_b[0]);
                    meta.enable_constant(rc_b[0]);
                }
                Pow5Chip::configure::<P128Pow5T3>(meta, state, partial, rc_a, rc_b)
            })
            .collect();
        // The swap needs five columns: the first lane's four and one of the next lane.
        let inputs = states[0];
        let fifth = partials
            .get(1)
            .copied()
            .unwrap_or_else(|| meta.advice_column());
        let swap =
            CondSwapChip::configure(meta, [inputs[0], partials[0], inputs[1], inputs[2], fifth]);
        let instance = meta.instance_column();
        meta.enable_equality(instance);
        Config {
            lanes,
            swap,
            inputs,
            instance,
        }
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fp>) -> Result<(), Error> {
        let tags = Tags::assign(&config, &mut layouter)?;
        let (s, r1, r2, scope) = self.inputs(&config, &mut layouter)?;

        let mut hasher = Hasher::new(&config);
        let mid = hasher.hash(&mut layouter, &tags.mid, s.clone(), r1)?;
        let leaf = hasher.hash(&mut layouter, &tags.leaf, mid, r2)?;
        let nullifier = hasher.hash(&mut layouter, &tags.null, s, scope)?;

        let swap = CondSwapChip::construct(config.swap.clone());
        let mut node = leaf;
        for level in 0..DEPTH {
            let sibling = self.witness.as_ref().map(|w| w.path.siblings[level]);
            let is_right = self.witness.as_ref().map(|w| w.path.is_right(level));
            let (left, right) =
                swap.swap(layouter.namespace(|| "swap"), (node, sibling), is_right)?;
            node = hasher.hash(&mut layouter, &tags.node, left, right)?;
        }

        layouter.constrain_instance(node.cell(), config.instance, row::ROOT)?;
        layouter.constrain_instance(nullifier.cell(), config.instance, row::NULLIFIER)
    }
}

impl<const N: usize> SignOn<N> {
    /// The secrets, each witnessed once, and the scope, copied from the instance column.
    fn inputs(
        &self,
        config: &Config,
        layouter: &mut impl Layouter<Fp>,
    ) -> Result<(Word, Word, Word, Word), Error> {
        let keys = self.witness.as_ref().map(|w| &w.keys);
        layouter.assign_region(
            || "inputs",
            |mut region| {
                let [first, second, third] = config.inputs;
                let s = region.assign_advice(|| "s", first, 0, || keys.map(|k| k.s))?;
                let r1 = region.assign_advice(|| "r1", second, 0, || keys.map(|k| k.r1))?;
                let r2 = region.assign_advice(|| "r2", third, 0, || keys.map(|k| k.r2))?;
                let scope = region.assign_advice_from_instance(
                    || "scope",
                    config.instance,
                    row::SCOPE,
                    first,
                    1,
                )?;
                Ok((s, r1, r2, scope))
            },
        )
    }
}

/// The capacity elements. Each stands in an advice cell that is bound to a constant, and a
/// permutation's third initial word is a copy of one of them, so that a prover can't choose it.
struct Tags {
    mid: Word,
    leaf: Word,
    null: Word,
    node: Word,
}

impl Tags {
    fn assign(config: &Config, layouter: &mut impl Layouter<Fp>) -> Result<Self, Error> {
        layouter.assign_region(
            || "tags",
            |mut region| {
                let mut constant = |tag: Tag, offset| {
                    region.assign_advice_from_constant(
                        || format!("{tag:?}"),
                        config.inputs[2],
                        offset,
                        tag.capacity(),
                    )
                };
                Ok(Self {
                    mid: constant(Tag::Mid, 0)?,
                    leaf: constant(Tag::Leaf, 1)?,
                    null: constant(Tag::Null, 2)?,
                    node: constant(Tag::Node, 3)?,
                })
            },
        )
    }
}

/// Gives the hashes to the lanes in turn.
struct Hasher<'a> {
    config: &'a Config,
    done: usize,
}

impl<'a> Hasher<'a> {
    const fn new(config: &'a Config) -> Self {
        Self { config, done: 0 }
    }

    fn hash(
        &mut self,
        layouter: &mut impl Layouter<Fp>,
        tag: &Word,
        left: Word,
        right: Word,
    ) -> Result<Word, Error> {
        self.done += 1;
        // The second lane comes first: it has one hash more, the first has the swaps, tags and inputs.
        let lane = &self.config.lanes[self.done % self.config.lanes.len()];
        let chip = Pow5Chip::construct(lane.clone());
        let initial = [left, right, tag.clone()].map(StateWord::from);
        let [output, _, _] =
            PoseidonInstructions::<Fp, P128Pow5T3, 3, 2>::permute(&chip, layouter, &initial)?;
        Ok(output.into())
    }
}

#[cfg(test)]
mod tests;
