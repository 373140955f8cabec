//! Runs the circuit with faults: cells overwritten, a copy constraint left out, a selector
//! switched off in a row. The faults are put in between the floor planner and the constraint
//! system, so that the circuit's own code is the one that ships.

use std::{cell::RefCell, collections::HashMap, slice};

use ff::Field;
use halo2_proofs::{
    circuit::{Layouter, Value, floor_planner::V1},
    dev::{MockProver, VerifyFailure},
    plonk::{
        Advice, Any, Assigned, Assignment, Circuit, Column, ConstraintSystem, Error, Fixed,
        FloorPlanner, Instance, Selector,
    },
};
use pasta_curves::Fp;

use crate::{
    Element, MemberSecret, Statement, Tree,
    circuit::{Config, K, LANES, SignOn, Witness, row},
};

/// A cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct At(pub(super) Column<Any>, pub(super) usize);

/// What is wrong with a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Fault {
    pub(super) cells: HashMap<At, Fp>,
    /// The number of the copy constraint left out.
    pub(super) copy: Option<usize>,
    /// The number of the selector's activation left out.
    pub(super) selector: Option<usize>,
}

impl Fault {
    pub(super) fn cells(cells: impl IntoIterator<Item = (At, Fp)>) -> Self {
        Self {
            cells: cells.into_iter().collect(),
            ..Self::default()
        }
    }
}

/// What a run laid out, in the order in which it did.
#[derive(Debug, Clone, Default)]
pub(super) struct Layout {
    pub(super) regions: Vec<Region>,
    /// Of advice cells and the fixed cells of constants.
    pub(super) values: HashMap<At, Fp>,
    pub(super) copies: Vec<(At, At)>,
    pub(super) selectors: Vec<Activation>,
}

/// A selector switched on in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Activation {
    /// The number of the region that did it.
    pub(super) region: usize,
    pub(super) selector: Selector,
    pub(super) row: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Region {
    name: String,
    /// Advice cells.
    pub(super) cells: Vec<At>,
}

/// One row of a permutation and the row after it.
pub(super) struct Round<'a> {
    /// The S-box cell of a row of two partial rounds.
    pub(super) sbox: Option<&'a At>,
    pub(super) next: &'a [At],
}

impl Region {
    pub(super) fn is_permutation(&self) -> bool {
        self.name == "permute state"
    }

    pub(super) fn is_swap(&self) -> bool {
        self.name == "swap"
    }

    /// a, b, the bit, left, right.
    pub(super) fn swap(&self) -> [&At; 5] {
        let [a, b, bit, left, right] = &self.cells[..] else {
            panic!("a swap has five cells: {self:?}");
        };
        [a, b, bit, left, right]
    }

    pub(super) fn rounds(&self) -> impl Iterator<Item = Round<'_>> {
        let mut cells: slice::Iter<'_, At> = self.cells[3..].iter();
        (0..36).map(move |row| {
            let partial = (4..32).contains(&row);
            let sbox = if partial { cells.next() } else { None };
            let (next, rest) = cells.as_slice().split_at(3);
            cells = rest.iter();
            Round { sbox, next }
        })
    }
}

impl Layout {
    pub(super) fn advice(&self) -> impl Iterator<Item = &At> {
        self.regions.iter().flat_map(|region| &region.cells)
    }

    /// Whether the cell takes its value from elsewhere or from the prover, not from a gate.
    pub(super) fn is_input(&self, at: &At) -> bool {
        self.regions.iter().any(|region| {
            let inputs = if region.is_permutation() {
                3
            } else if region.is_swap() {
                1
            } else {
                region.cells.len()
            };
            region.cells[..inputs].contains(at) && !self.is_secret(at)
        })
    }

    /// s, r1, r2: nothing is copied into these.
    fn is_secret(&self, at: &At) -> bool {
        self.regions[1].cells[..3].contains(at)
    }

    pub(super) fn is_instance(&self, at: &At) -> bool {
        *at.0.column_type() == Any::Instance
    }

    pub(super) fn value(&self, at: &At, instance: &[Fp; row::COUNT]) -> Fp {
        if self.is_instance(at) {
            instance[at.1]
        } else {
            self.values[at]
        }
    }

    /// The number of the activation that is the `step`th of region `region`.
    pub(super) fn selector(&self, region: usize, step: usize) -> usize {
        let mut of_region =
            (0..self.selectors.len()).filter(|i| self.selectors[*i].region == region);
        of_region.nth(step).unwrap()
    }
}

/// A witness and the statement that it makes true, until a test changes one of them.
pub(super) struct Case {
    pub(super) witness: Witness,
    pub(super) instance: [Fp; row::COUNT],
}

impl Case {
    pub(super) fn new(seed: u64) -> Self {
        let wide = |n: u8| {
            let mut bytes = [n; 64];
            bytes[..8].copy_from_slice(&seed.to_le_bytes());
            bytes
        };
        let secret = |n: u8| {
            let mut bytes = [n; 32];
            bytes[..8].copy_from_slice(&seed.to_le_bytes());
            MemberSecret::from_bytes(bytes)
        };
        let leaves = (0..40).map(|n| secret(n).leaf()).collect();
        let tree = Tree::from_unsorted(leaves).unwrap();
        let me = secret(u8::try_from(seed % 40).unwrap());
        let scope = Element::from_wide(&wide(1));
        let statement = Statement {
            root: tree.root(),
            nullifier: me.nullifier(scope),
            scope,
            message: Element::from_wide(&wide(2)),
        };
        Self {
            witness: Witness {
                keys: me.keys(),
                path: tree.path(me.leaf()).unwrap(),
            },
            instance: statement.instance(),
        }
    }

    pub(super) fn run(
        &self,
        fault: &Fault,
        instance: [Fp; row::COUNT],
    ) -> Result<(), Vec<VerifyFailure>> {
        FAULT.set(fault.clone());
        LAYOUT.set(Layout::default());
        let circuit = Faulty(SignOn {
            witness: Value::known(self.witness.clone()),
        });
        MockProver::run(K, &circuit, vec![instance.to_vec()])
            .unwrap()
            .verify()
    }

    pub(super) fn layout(&self) -> Layout {
        let _ = self.run(&Fault::default(), self.instance);
        LAYOUT.take()
    }
}

thread_local! {
    static FAULT: RefCell<Fault> = RefCell::default();
    static LAYOUT: RefCell<Layout> = RefCell::default();
}

/// The circuit with its floor planner's output tampered with.
struct Faulty(SignOn<LANES>);

impl Circuit<Fp> for Faulty {
    type Config = Config;
    type FloorPlanner = FaultyPlanner;

    fn without_witnesses(&self) -> Self {
        Self(self.0.without_witnesses())
    }

    fn configure(meta: &mut ConstraintSystem<Fp>) -> Config {
        SignOn::<LANES>::configure(meta)
    }

    fn synthesize(&self, config: Config, layouter: impl Layouter<Fp>) -> Result<(), Error> {
        self.0.synthesize(config, layouter)
    }
}

struct FaultyPlanner;

impl FloorPlanner for FaultyPlanner {
    fn synthesize<F: Field, CS: Assignment<F>, C: Circuit<F>>(
        cs: &mut CS,
        circuit: &C,
        config: C::Config,
        constants: Vec<Column<Fixed>>,
    ) -> Result<(), Error> {
        V1::synthesize(&mut FaultyAssignment(cs), circuit, config, constants)
    }
}

struct FaultyAssignment<'a, CS>(&'a mut CS);

/// All fields here are Pallas' base field; the trait doesn't know.
fn same<F: Field, G: Field>(value: F) -> G {
    let value: &dyn std::any::Any = &value;
    *value.downcast_ref().expect("the same field")
}

fn record<F: Field>(at: At, value: &Assigned<F>) {
    LAYOUT.with_borrow_mut(|layout| layout.values.insert(at, same(value.evaluate())));
}

impl<F: Field, CS: Assignment<F>> Assignment<F> for FaultyAssignment<'_, CS> {
    fn enter_region<NR: Into<String>, N: FnOnce() -> NR>(&mut self, name: N) {
        let name = name().into();
        LAYOUT.with_borrow_mut(|layout| {
            layout.regions.push(Region {
                name: name.clone(),
                cells: Vec::new(),
            });
        });
        self.0.enter_region(|| name);
    }

    fn exit_region(&mut self) {
        self.0.exit_region();
    }

    fn enable_selector<A: FnOnce() -> AR, AR: Into<String>>(
        &mut self,
        annotation: A,
        selector: &Selector,
        row: usize,
    ) -> Result<(), Error> {
        let number = LAYOUT.with_borrow_mut(|layout| {
            let region = layout.regions.len() - 1;
            layout.selectors.push(Activation {
                region,
                selector: *selector,
                row,
            });
            layout.selectors.len() - 1
        });
        if FAULT.with_borrow(|fault| fault.selector == Some(number)) {
            return Ok(());
        }
        self.0.enable_selector(annotation, selector, row)
    }

    fn query_instance(&self, column: Column<Instance>, row: usize) -> Result<Value<F>, Error> {
        self.0.query_instance(column, row)
    }

    fn assign_advice<V, VR, A, AR>(
        &mut self,
        annotation: A,
        column: Column<Advice>,
        row: usize,
        to: V,
    ) -> Result<(), Error>
    where
        V: FnOnce() -> Value<VR>,
        VR: Into<Assigned<F>>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        let at = At(column.into(), row);
        LAYOUT.with_borrow_mut(|layout| {
            let region = layout.regions.last_mut().expect("cells stand in regions");
            region.cells.push(at);
        });
        let forged = FAULT.with_borrow(|fault| fault.cells.get(&at).copied());
        let value = to().map(|value| {
            let value: Assigned<F> = value.into();
            record(at, &value);
            forged.map_or(value, |forged| Assigned::from(same::<Fp, F>(forged)))
        });
        self.0.assign_advice(annotation, column, row, || value)
    }

    fn assign_fixed<V, VR, A, AR>(
        &mut self,
        annotation: A,
        column: Column<Fixed>,
        row: usize,
        to: V,
    ) -> Result<(), Error>
    where
        V: FnOnce() -> Value<VR>,
        VR: Into<Assigned<F>>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        let value = to().map(|value| {
            let value: Assigned<F> = value.into();
            record(At(column.into(), row), &value);
            value
        });
        self.0.assign_fixed(annotation, column, row, || value)
    }

    fn copy(
        &mut self,
        left_column: Column<Any>,
        left_row: usize,
        right_column: Column<Any>,
        right_row: usize,
    ) -> Result<(), Error> {
        let pair = (At(left_column, left_row), At(right_column, right_row));
        let number = LAYOUT.with_borrow_mut(|layout| {
            layout.copies.push(pair);
            layout.copies.len() - 1
        });
        if FAULT.with_borrow(|fault| fault.copy == Some(number)) {
            return Ok(());
        }
        self.0.copy(left_column, left_row, right_column, right_row)
    }

    fn fill_from_row(
        &mut self,
        column: Column<Fixed>,
        row: usize,
        to: Value<Assigned<F>>,
    ) -> Result<(), Error> {
        self.0.fill_from_row(column, row, to)
    }

    fn push_namespace<NR: Into<String>, N: FnOnce() -> NR>(&mut self, name: N) {
        self.0.push_namespace(name);
    }

    fn pop_namespace(&mut self, gadget_name: Option<String>) {
        self.0.pop_namespace(gadget_name);
    }
}
