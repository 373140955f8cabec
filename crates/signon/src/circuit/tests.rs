//! Negative tests of the circuit. `docs/circuit.md` says what each group shows.

mod flow;
mod harness;
mod netlist;
mod oracle;

use std::collections::{BTreeSet, HashMap};

use ff::Field as _;
use halo2_proofs::dev::VerifyFailure;
use pasta_curves::Fp;
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng as _, SeedableRng as _},
};

use self::{
    flow::{Flow, mds},
    harness::{At, Case, Fault, Layout, Region},
    oracle::oracle,
};
use super::{DEPTH, row};

/// Cells that a prover assigns: 4 tags, 4 inputs, 20 swaps of 5, 23 permutations of 139.
const ADVICE_CELLS: usize = 4 + 4 + 20 * 5 + 23 * 139;

/// Copy constraints: 4 tags to constants, scope, root and nullifier to the instance, 20 swaps'
/// first words, 23 permutations' three initial words.
const COPIES: usize = 4 + 3 + 20 + 23 * 3;

/// Distinct gate polynomials that are active: for each lane 3 of full rounds and 4 of partial
/// rounds, and 3 of the swap.
const POLYNOMIALS: usize = super::LANES * 7 + 3;

#[test]
fn a_true_statement_is_accepted_and_laid_out_as_counted() {
    let case = Case::new(1);
    case.run(&Fault::default(), case.instance).unwrap();
    let layout = case.layout();
    assert_eq!(layout.advice().count(), ADVICE_CELLS);
    assert_eq!(layout.copies.len(), COPIES);
    assert_eq!(layout.selectors.len(), 23 * 36 + 20);
    let cells: BTreeSet<_> = layout.advice().map(|at| format!("{at:?}")).collect();
    assert_eq!(cells.len(), ADVICE_CELLS, "a cell is assigned twice");
    // The harness's own reading of the layout agrees with the circuit on every cell.
    let flow = Flow::follow(&layout, case.instance, None, &HashMap::new());
    assert_eq!(flow.instance, case.instance);
    assert!(
        layout
            .advice()
            .all(|at| flow.cells[at] == layout.values[at])
    );
}

#[test]
fn the_circuit_and_the_oracle_agree() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..60 {
        let mut case = Case::new(seed);
        // A third is left true; the others have one thing changed.
        match seed % 12 {
            0..4 => {}
            4 => case.witness.keys.s += Fp::ONE,
            5 => case.witness.keys.r1 += Fp::ONE,
            6 => case.witness.keys.r2 += Fp::ONE,
            7 => case.witness.path.index ^= 1 << (rng.next_u32() % 20),
            8 => case.witness.path.siblings[(rng.next_u32() % 20) as usize] += Fp::ONE,
            9 => case.instance[row::ROOT] += Fp::ONE,
            10 => case.instance[row::NULLIFIER] = Fp::random(&mut rng),
            _ => case.instance[row::SCOPE] = -case.instance[row::SCOPE],
        }
        let circuit = case.run(&Fault::default(), case.instance).is_ok();
        assert_eq!(circuit, oracle(&case.instance, &case.witness), "{seed}");
        *(if circuit { &mut accepted } else { &mut refused }) += 1;
    }
    assert_eq!((accepted, refused), (20, 40));
}

#[test]
fn every_public_input_but_the_message_is_constrained() {
    let case = Case::new(3);
    for row in 0..row::COUNT {
        for value in [case.instance[row] + Fp::ONE, Fp::ZERO, -case.instance[row]] {
            let mut instance = case.instance;
            instance[row] = value;
            let accepted = case.run(&Fault::default(), instance).is_ok();
            // The message is bound by the transcript: see tests/negative.rs.
            assert_eq!(accepted, row == row::MESSAGE, "row {row}");
        }
    }
    // Two inputs exchanged.
    let mut instance = case.instance;
    instance.swap(row::ROOT, row::NULLIFIER);
    assert!(case.run(&Fault::default(), instance).is_err());
}

/// Each cell changed alone must be refused. The sample takes every 17th, from a start that
/// differs by case, so that all kinds of cell and all columns are met.
#[test]
fn each_cell_tampered_with_is_refused() {
    tamper_singly(17);
}

#[test]
#[ignore = "exhaustive: some minutes"]
fn each_cell_tampered_with_is_refused_exhaustively() {
    tamper_singly(1);
}

fn tamper_singly(step: usize) {
    let case = Case::new(4);
    let layout = case.layout();
    for at in layout.advice().step_by(step) {
        let fault = Fault::cells([(*at, layout.values[at] + Fp::ONE)]);
        assert!(case.run(&fault, case.instance).is_err(), "{at:?}");
    }
}

#[test]
fn random_sets_of_cells_tampered_with_are_refused() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let case = Case::new(5);
    let layout = case.layout();
    let cells: Vec<_> = layout.advice().collect();
    for round in 0..60 {
        let count = 2 + rng.next_u32() as usize % 60;
        let fault = Fault::cells((0..count).map(|_| {
            let at = *cells[rng.next_u32() as usize % cells.len()];
            // Small and random values, and those of other cells.
            let value = match rng.next_u32() % 3 {
                0 => Fp::from(u64::from(rng.next_u32() % 2)),
                1 => Fp::random(&mut rng),
                _ => layout.values[cells[rng.next_u32() as usize % cells.len()]],
            };
            (at, value)
        }));
        if fault
            .cells
            .iter()
            .all(|(at, value)| layout.values[at] == *value)
        {
            continue;
        }
        assert!(case.run(&fault, case.instance).is_err(), "{round}");
    }
}

/// Every copy constraint (ours and those within upstream's chips) deleted in turn: the weakened
/// circuit accepts a forged assignment, which the full one refuses.
#[test]
fn each_copy_constraint_is_load_bearing() {
    let case = Case::new(6);
    let layout = case.layout();
    for (number, (a, b)) in layout.copies.iter().enumerate() {
        // What loses its source: a copied cell of a region, else the public input itself.
        let loose = *[a, b]
            .into_iter()
            .find(|at| layout.is_input(at))
            .unwrap_or_else(|| {
                [a, b]
                    .into_iter()
                    .find(|at| layout.is_instance(at))
                    .unwrap()
            });
        let value = layout.value(&loose, &case.instance) + Fp::ONE;
        let pins = HashMap::from([(loose, value)]);
        let forged = Flow::follow(&layout, case.instance, Some(number), &pins);
        assert_ne!(
            (forged.instance, &forged.cells),
            (case.instance, &layout.values),
        );
        let mut fault = Fault::cells(forged.cells);
        let full = case.run(&fault, forged.instance).unwrap_err();
        assert!(
            full.iter()
                .all(|f| matches!(f, VerifyFailure::Permutation { .. })),
            "{number}: {full:?}"
        );
        fault.copy = Some(number);
        case.run(&fault, forged.instance)
            .unwrap_or_else(|e| panic!("copy {number} ({a:?}, {b:?}) is redundant: {e:?}"));
    }
}

/// Every gate polynomial deleted in turn: there is an assignment which fails that polynomial in
/// one row and nothing else, so that the circuit without it would accept. The sample takes all
/// polynomials of one full round and one row of partial rounds of each permutation, which ones
/// differing by permutation, and every fourth swap.
#[test]
fn each_gate_polynomial_is_load_bearing() {
    let seen = polynomials(|region, number, step| {
        if region.is_swap() {
            number % 4 == 1
        } else {
            let full = (number + 4) % 8;
            step == 4 + number % 28 || step == if full < 4 { full } else { full + 28 }
        }
    });
    assert_eq!(seen.len(), POLYNOMIALS, "{seen:#?}");
}

#[test]
#[ignore = "exhaustive: some minutes"]
fn each_gate_polynomial_is_load_bearing_in_each_row() {
    let seen = polynomials(|_, _, _| true);
    assert_eq!(seen.len(), POLYNOMIALS, "{seen:#?}");
}

/// The names of the polynomials that were shown to be load-bearing.
fn polynomials(take: impl Fn(&Region, usize, usize) -> bool) -> BTreeSet<String> {
    let case = Case::new(7);
    let layout = case.layout();
    let mut seen = BTreeSet::new();
    for (number, region) in layout.regions.iter().enumerate() {
        for (step, forgeries) in forgeries(&layout, region).into_iter().enumerate() {
            if take(region, number, step) {
                for pins in forgeries {
                    seen.insert(fails_alone(&case, &layout, &pins));
                }
            }
        }
    }
    seen
}

/// For each enabled row of a region, for each polynomial of its gate, cells to change so that
/// the polynomial doesn't hold and, followed through, everything else does.
fn forgeries(layout: &Layout, region: &Region) -> Vec<Vec<HashMap<At, Fp>>> {
    let plus = |at: &At, delta: Fp| (*at, layout.values[at] + delta);
    if region.is_swap() {
        let [_, _, bit, left, right] = region.swap();
        return vec![vec![
            HashMap::from([plus(left, Fp::ONE)]),
            HashMap::from([plus(right, Fp::ONE)]),
            HashMap::from([(*bit, Fp::from(2))]),
        ]];
    }
    if !region.is_permutation() {
        return Vec::new();
    }
    let mds = mds();
    region
        .rounds()
        .map(|round| match round.sbox {
            None => round
                .next
                .iter()
                .map(|at| HashMap::from([plus(at, Fp::ONE)]))
                .collect(),
            Some(sbox) => {
                // The last three compare M^-1 next: a column of M changes one of them.
                let next = (0..3).map(|column| {
                    let change = |(at, row): (&At, [Fp; 3])| plus(at, row[column]);
                    round.next.iter().zip(mds).map(change).collect()
                });
                [HashMap::from([plus(sbox, Fp::ONE)])]
                    .into_iter()
                    .chain(next)
                    .collect()
            }
        })
        .collect()
}

/// Follows `pins` through, and demands that one polynomial fails in one row, and nothing else.
fn fails_alone(case: &Case, layout: &Layout, pins: &HashMap<At, Fp>) -> String {
    let forged = Flow::follow(layout, case.instance, None, pins);
    let failures = case
        .run(&Fault::cells(forged.cells), forged.instance)
        .unwrap_err();
    let [VerifyFailure::ConstraintNotSatisfied { constraint, .. }] = &failures[..] else {
        panic!("{pins:?}: {failures:?}");
    };
    constraint.to_string()
}

/// The same by deletion: a selector switched off in one row, the forged assignment is accepted.
#[test]
fn each_gate_switched_off_lets_a_forgery_pass() {
    let case = Case::new(8);
    let layout = case.layout();
    let mut rng = ChaCha20Rng::seed_from_u64(8);
    // Every fifth region: permutations of all lanes and swaps. What the row-by-row test above
    // shows by elimination is shown here by deletion.
    for (number, region) in layout.regions.iter().enumerate().skip(2).step_by(5) {
        let steps = forgeries(&layout, region);
        let step = rng.next_u32() as usize % steps.len();
        for pins in &steps[step] {
            let forged = Flow::follow(&layout, case.instance, None, pins);
            let mut fault = Fault::cells(forged.cells);
            assert!(case.run(&fault, forged.instance).is_err());
            fault.selector = Some(layout.selector(number, step));
            case.run(&fault, forged.instance).unwrap();
        }
    }
}

/// Roles can't be exchanged: a hash under another tag in any place is another statement.
#[test]
fn another_tag_in_any_place_is_refused() {
    let case = Case::new(9);
    let layout = case.layout();
    let tags: Vec<_> = layout.regions[0].cells.clone();
    for (i, tag) in tags.iter().enumerate() {
        for other in &tags[i + 1..] {
            let pins = HashMap::from([(*tag, layout.values[other]), (*other, layout.values[tag])]);
            let forged = Flow::follow(&layout, case.instance, None, &pins);
            assert!(
                case.run(&Fault::cells(forged.cells), forged.instance)
                    .is_err()
            );
        }
    }
    assert_eq!(tags.len(), 4);
    assert_eq!(layout.regions.iter().filter(|r| r.is_swap()).count(), DEPTH);
}
