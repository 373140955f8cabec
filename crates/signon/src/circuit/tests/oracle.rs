//! The statement, checked natively and written from its definition, with nothing of the crate's
//! own hashing: Poseidon's rounds as in the paper, over upstream's constants.

use ff::{Field as _, PrimeField as _};
use halo2_gadgets::poseidon::primitives::{P128Pow5T3, Spec};
use pasta_curves::Fp;

use crate::circuit::Witness;

/// Whether the witness makes the statement (root, nullifier, scope, message) true.
pub(super) fn oracle(instance: &[Fp; 4], witness: &Witness) -> bool {
    let [root, nullifier, scope, _message] = *instance;
    let (s, r1, r2) = (witness.keys.s, witness.keys.r1, witness.keys.r2);
    let mut node = poseidon(2, poseidon(4, s, r1), r2);
    let mut index = witness.path.index;
    for sibling in witness.path.siblings {
        node = match index % 2 {
            0 => poseidon(1, node, sibling),
            _ => poseidon(1, sibling, node),
        };
        index /= 2;
    }
    node == root && poseidon(3, s, scope) == nullifier
}

fn poseidon(tag: u64, left: Fp, right: Fp) -> Fp {
    let (constants, matrix, _) = <P128Pow5T3 as Spec<Fp, 3, 2>>::constants();
    let mut state = vec![left, right, Fp::from_u128(1 << 65) + Fp::from(tag)];
    assert_eq!(constants.len(), 64);
    for (round, constants) in constants.iter().enumerate() {
        for word in 0..3 {
            state[word] += constants[word];
            if word == 0 || !(4..60).contains(&round) {
                state[word] = state[word].pow_vartime([5]);
            }
        }
        let before = state.clone();
        for (word, row) in matrix.iter().enumerate() {
            state[word] = row.iter().zip(&before).map(|(m, x)| *m * x).sum();
        }
    }
    state[0]
}
