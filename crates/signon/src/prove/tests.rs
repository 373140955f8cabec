use std::num::NonZeroUsize;

use ff::{Field as _, PrimeField as _};
use halo2_proofs::plonk::keygen_vk;
use pasta_curves::Fp;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use super::*;

#[test]
fn the_circuit_is_the_pinned_one() {
    let params = pinned_params().unwrap();
    let key = keygen_vk(&params, &empty()).unwrap();
    assert_eq!(CircuitId::of(&key).to_string(), CIRCUIT_ID);
    assert_eq!(Verifier::new().unwrap().circuit(), CircuitId::current());
}

#[test]
fn the_parameters_are_those_that_hashing_to_the_curve_gives() {
    assert_eq!(regenerated(), PARAMS);
    assert_eq!(demur_encoding::sha256(PARAMS).to_string(), PARAMS_SHA256);
}

fn regenerated() -> Vec<u8> {
    let mut bytes = Vec::new();
    Params::<vesta::Affine>::new(K).write(&mut bytes).unwrap();
    bytes
}

#[test]
#[ignore = "writes params/k8.bin and shows what to pin; for a change of K only"]
#[expect(clippy::print_stdout, reason = "shows what to pin")]
fn write_params() {
    let bytes = regenerated();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/params/k8.bin");
    std::fs::write(path, &bytes).unwrap();
    let params = Params::read(&mut &bytes[..]).unwrap();
    let key = keygen_vk(&params, &empty()).unwrap();
    println!("PARAMS_SHA256 {}", demur_encoding::sha256(&bytes));
    println!("CIRCUIT_ID {}", CircuitId::of(&key));
}

/// Two proofs whose errors cancel out where all weights are one: the last scalar of a proof stands
/// alone before a fixed point in the final equation, and no challenge follows it.
#[test]
fn proofs_that_are_wrong_together_do_not_cancel_out() {
    let prover = Prover::new().unwrap();
    let verifier = prover.verifier();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let secret = MemberSecret::from_bytes([1; 32]);
    let tree = crate::Tree::of_one(secret.leaf()).unwrap();
    let path = tree.path(secret.leaf()).unwrap();
    let scope = Element::from_wide(&[1; 64]);
    let mut batch: Vec<_> = (0..4)
        .map(|_| {
            prover
                .prove(&secret, &path, tree.root(), scope, scope, &mut rng)
                .unwrap()
        })
        .collect();
    for (i, delta) in [(1, Fp::ONE), (2, -Fp::ONE)] {
        let mut bytes = batch[i].1.as_bytes().to_vec();
        let last = bytes.last_chunk_mut::<32>().unwrap();
        *last = (Fp::from_repr(*last).unwrap() + delta).to_repr();
        batch[i].1 = Proof::try_from(bytes).unwrap();
    }
    for threads in [1, 2] {
        let threads = NonZeroUsize::new(threads).unwrap();
        let verdict = verifier.verify_batch(&batch, threads, &mut rng, &|_| ());
        assert_eq!(verdict.unwrap_err().invalid, [1, 2]);
    }
}
