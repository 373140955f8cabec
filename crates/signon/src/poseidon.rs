//! Poseidon outside the circuit.
//!
//! The permutation is `P128Pow5T3` of `halo2_poseidon` (width 3, rate 2, 8 full and 56 partial
//! rounds, x^5), with that crate's constants. Its own permutation is private and its hash has no
//! place for a tag, so that the rounds are written out here; tests hold them against that crate's
//! hash and the circuit's own chip.

use std::sync::LazyLock;

use ff::PrimeField as _;
use halo2_gadgets::poseidon::primitives::{Mds, P128Pow5T3, Spec};
use pasta_curves::Fp;

/// What a hash is for. The tag is part of the capacity element, so that hashes of different
/// purpose never meet, whatever their inputs: otherwise a chosen scope could make a nullifier
/// equal to a leaf and unmask its member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// An inner node of a roster tree.
    Node = 1,
    /// A leaf, over the mid value and r2.
    Leaf = 2,
    /// A nullifier, over s and a scope.
    Null = 3,
    /// The mid value of a leaf, over s and r1.
    Mid = 4,
}

impl Tag {
    /// The initial capacity element: `2 << 64` as for a sponge over two elements, plus the tag.
    pub(crate) fn capacity(self) -> Fp {
        Fp::from_u128((2 << 64) + self as u128)
    }
}

/// Poseidon of two elements under `tag`: the first element of the permuted `[left, right, tag]`.
pub(crate) fn hash(tag: Tag, left: Fp, right: Fp) -> Fp {
    permute([left, right, tag.capacity()])[0]
}

struct Constants {
    rounds: Vec<[Fp; 3]>,
    mds: Mds<Fp, 3>,
}

static CONSTANTS: LazyLock<Constants> = LazyLock::new(|| {
    let (rounds, mds, _) = <P128Pow5T3 as Spec<Fp, 3, 2>>::constants();
    Constants { rounds, mds }
});

fn permute(mut state: [Fp; 3]) -> [Fp; 3] {
    let Constants { rounds, mds } = &*CONSTANTS;
    let half_full = <P128Pow5T3 as Spec<Fp, 3, 2>>::full_rounds() / 2;
    let partial = half_full..rounds.len() - half_full;
    for (number, constants) in rounds.iter().enumerate() {
        for (word, constant) in state.iter_mut().zip(constants) {
            *word += constant;
        }
        if partial.contains(&number) {
            state[0] = pow5(state[0]);
        } else {
            state = state.map(pow5);
        }
        state = mds.map(|row| row[0] * state[0] + row[1] * state[1] + row[2] * state[2]);
    }
    state
}

fn pow5(x: Fp) -> Fp {
    x.square().square() * x
}

#[cfg(test)]
mod tests {
    use ff::Field as _;
    use halo2_gadgets::poseidon::primitives::{ConstantLength, Hash};

    use super::*;

    #[test]
    fn the_permutation_is_upstreams() {
        for (a, b) in [(0, 0), (6, 42), (u64::MAX, 1)] {
            let (a, b) = (Fp::from(a), -Fp::from(b));
            let theirs = Hash::<_, P128Pow5T3, ConstantLength<2>, 3, 2>::init().hash([a, b]);
            let untagged = Tag::Node.capacity() - Fp::ONE;
            assert_eq!(permute([a, b, untagged])[0], theirs);
        }
    }

    #[test]
    fn no_two_tags_agree() {
        let all = [Tag::Node, Tag::Leaf, Tag::Null, Tag::Mid]
            .map(|tag| hash(tag, Fp::from(1), Fp::from(2)));
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b));
        }
    }
}
