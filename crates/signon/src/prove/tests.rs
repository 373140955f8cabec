use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
};

use ff::{Field as _, PrimeField as _};
use halo2_proofs::plonk::keygen_vk;
use pasta_curves::Fp;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use super::{
    verify::{CHUNK, HELD, chunk_size},
    *,
};

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

#[test]
fn half_of_the_parameters_gives_them_all() {
    assert_eq!(assembled(), PARAMS);
}

fn regenerated() -> Vec<u8> {
    let mut bytes = Vec::new();
    Params::<vesta::Affine>::new(K).write(&mut bytes).unwrap();
    bytes
}

#[test]
#[ignore = "writes params/k9.bin and shows what to pin; for a change of K only"]
#[expect(clippy::print_stdout, reason = "shows what to pin")]
fn write_params() {
    let bytes = regenerated();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/params/k9.bin");
    std::fs::write(path, &bytes).unwrap();
    let params = Params::read(&mut &bytes[..]).unwrap();
    let key = keygen_vk(&params, &empty()).unwrap();
    println!("PARAMS_SHA256 {}", demur_encoding::sha256(&bytes));
    println!("CIRCUIT_ID {}", CircuitId::of(&key));
}

#[test]
fn each_thread_gets_as_many_chunks() {
    let size = |proofs, threads| chunk_size(proofs, NonZeroUsize::new(threads).unwrap());
    assert_eq!((size(0, 2), size(1, 2), size(3, 2)), (1, 1, 2));
    assert_eq!((size(CHUNK, 1), size(CHUNK + 1, 1)), (CHUNK, CHUNK / 2 + 1));
    assert_eq!(size(10_000, 2), 2_500);
    assert_eq!(size(10_000, usize::MAX), 1);
}

/// More than are held apart, so that they are first summed, then looked at in groups.
#[test]
fn wrong_proofs_of_a_long_batch_are_named() {
    let prover = Prover::new().unwrap();
    let verifier = prover.verifier();
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let secret = MemberSecret::from_bytes([1; 32]);
    let tree = crate::Tree::of_one(secret.leaf()).unwrap();
    let path = tree.path(secret.leaf()).unwrap();
    let scope = Element::from_wide(&[1; 64]);
    let right = prover
        .prove(&secret, &path, tree.root(), scope, scope, &mut rng)
        .unwrap();
    let mut batch = vec![right; 2 * HELD + 3];
    let total = batch.len();
    let mut check = |batch: &[_]| {
        let done = AtomicUsize::new(0);
        let progress = |n| {
            done.fetch_max(n, Ordering::Relaxed);
        };
        let verdict = verifier.verify_batch(batch, NonZeroUsize::MIN, &mut rng, &progress);
        assert_eq!(done.into_inner(), total);
        verdict.map_err(|e| e.invalid)
    };
    assert_eq!(check(&batch), Ok(()));
    // One of another statement, one that is no proof of anything, in the last group and the first.
    batch[2 * HELD + 1].0.message = Element::ZERO;
    assert_eq!(check(&batch), Err(vec![2 * HELD + 1]));
    batch[3].1 = Proof(vec![0xff; PROOF_BYTES]);
    assert_eq!(check(&batch), Err(vec![3, 2 * HELD + 1]));
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
