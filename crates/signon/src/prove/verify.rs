//! Verifying, one by one and in batches.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
};

use demur_encoding::hash_wide;
use ff::FromUniformBytes as _;
use halo2_proofs::{
    plonk::{self, SingleVerifier, VerificationStrategy, VerifyingKey, keygen_vk, verify_proof},
    poly::commitment::{Guard, MSM, Params},
    transcript::{Blake2bRead, Challenge255, EncodedChallenge},
};
use pasta_curves::{Fp, vesta};
use rand_core::CryptoRng;

use super::{CircuitId, Proof, SetupError, Statement, empty, pinned_params};
use crate::check_processor;

/// The most proofs that one multi-scalar multiplication serves: the more, the less each costs. A
/// thread's sum takes about 10 KiB a proof.
pub(super) const CHUNK: usize = 4096;

/// The most proofs whose equations a thread holds apart, to find the wrong ones without reading
/// them anew: about 30 KiB each.
pub(super) const HELD: usize = 64;

/// Checks proofs.
#[derive(Debug)]
pub struct Verifier {
    pub(super) params: Params<vesta::Affine>,
    pub(super) key: VerifyingKey<vesta::Affine>,
}

/// A proof is not one of its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not prove its statement")]
pub struct InvalidProof;

/// Some proofs of a batch are not proofs of their statements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} of {total} proofs do not prove their statements; the first is number {} (from 0)", invalid.len(), invalid.first().copied().unwrap_or_default())]
pub struct InvalidBatch {
    /// Their places in the batch, ascending; at least one.
    pub invalid: Vec<usize>,
    /// The size of the batch.
    pub total: usize,
}

impl Verifier {
    /// Sets up the verifying key.
    ///
    /// # Errors
    /// When this build's parameters or circuit are not the pinned ones.
    pub fn new() -> Result<Self, SetupError> {
        check_processor()?;
        let params = pinned_params()?;
        let key = keygen_vk(&params, &empty()).map_err(SetupError::Keys)?;
        let id = CircuitId::of(&key);
        if id != CircuitId::current() {
            return Err(SetupError::Circuit(id));
        }
        Ok(Self { params, key })
    }

    /// The circuit's identity, computed from the key.
    #[must_use]
    pub fn circuit(&self) -> CircuitId {
        CircuitId::of(&self.key)
    }

    /// Checks one proof.
    ///
    /// # Errors
    /// When it doesn't prove the statement.
    pub fn verify(&self, statement: &Statement, proof: &Proof) -> Result<(), InvalidProof> {
        self.run(SingleVerifier::new(&self.params), statement, proof)
    }

    /// Checks many proofs, several times faster than one by one, in up to `threads` threads
    /// (WebAssembly always has one).
    ///
    /// `rng` gives the 32 bytes from which the random weights of the proofs follow: proofs that
    /// are wrong together can't cancel out, but with negligible probability. `progress` is told
    /// how many are done, from any of the threads.
    ///
    /// # Errors
    /// When some are not proofs of their statements; all of these are named.
    pub fn verify_batch(
        &self,
        batch: &[(Statement, Proof)],
        threads: NonZeroUsize,
        rng: &mut impl CryptoRng,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(), InvalidBatch> {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let size = chunk_size(batch.len(), threads);
        let chunks: Vec<_> = batch.chunks(size).enumerate().collect();
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let read = || progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        let work = || {
            let mut invalid = Vec::new();
            while let Some((number, chunk)) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let weights = Weights {
                    seed,
                    chunk: *number,
                };
                let wrong = self.verify_chunk(chunk, &weights, &read);
                invalid.extend(wrong.into_iter().map(|i| number * size + i));
            }
            invalid
        };
        let threads = threads.get().min(chunks.len());
        let mut invalid = if cfg!(target_family = "wasm") || threads <= 1 {
            work()
        } else {
            std::thread::scope(|scope| {
                let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
                handles
                    .into_iter()
                    .flat_map(|handle| match handle.join() {
                        Ok(invalid) => invalid,
                        Err(panic) => std::panic::resume_unwind(panic),
                    })
                    .collect()
            })
        };
        invalid.sort_unstable();
        if invalid.is_empty() {
            Ok(())
        } else {
            Err(InvalidBatch {
                invalid,
                total: batch.len(),
            })
        }
    }

    /// The places of the wrong proofs in `chunk`. `read` is called once for each proof.
    fn verify_chunk(
        &self,
        chunk: &[(Statement, Proof)],
        weights: &Weights,
        read: &dyn Fn(),
    ) -> Vec<usize> {
        if chunk.len() <= HELD {
            return self.search(chunk, 0, weights, read);
        }
        if self.all_hold(chunk, weights, read) {
            return Vec::new();
        }
        (0..)
            .step_by(HELD)
            .zip(chunk.chunks(HELD))
            .flat_map(|(first, group)| self.search(group, first, weights, &|| ()))
            .collect()
    }

    /// Whether all proofs of `chunk` are right. Only the sum of their equations is held.
    fn all_hold(&self, chunk: &[(Statement, Proof)], weights: &Weights, read: &dyn Fn()) -> bool {
        let mut sum = MSM::new(&self.params);
        let mut legible = true;
        for (place, (statement, proof)) in chunk.iter().enumerate() {
            if legible {
                match self.run(Collect(MSM::new(&self.params)), statement, proof) {
                    Ok(mut equation) => {
                        equation.scale(weights.of(0, chunk.len(), place));
                        sum.add_msm(&equation);
                    }
                    Err(InvalidProof) => legible = false,
                }
            }
            read();
        }
        legible && sum.eval()
    }

    /// The places of the wrong proofs in `group`, whose first place is `first`.
    fn search(
        &self,
        group: &[(Statement, Proof)],
        first: usize,
        weights: &Weights,
        read: &dyn Fn(),
    ) -> Vec<usize> {
        let mut invalid = Vec::new();
        let mut equations = Vec::new();
        for (i, (statement, proof)) in (first..).zip(group) {
            match self.run(Collect(MSM::new(&self.params)), statement, proof) {
                Ok(msm) => equations.push((i, msm)),
                Err(InvalidProof) => invalid.push(i),
            }
            read();
        }
        let sums = Sums {
            params: &self.params,
            weights,
        };
        sums.search(&mut equations, false, &mut invalid);
        invalid
    }

    fn run<'a, S: VerificationStrategy<'a, vesta::Affine>>(
        &'a self,
        strategy: S,
        statement: &Statement,
        proof: &Proof,
    ) -> Result<S::Output, InvalidProof> {
        let mut transcript =
            Blake2bRead::<_, vesta::Affine, Challenge255<vesta::Affine>>::init(&proof.0[..]);
        let instance = statement.instance();
        verify_proof(
            &self.params,
            &self.key,
            strategy,
            &[&[&instance]],
            &mut transcript,
        )
        .map_err(|_| InvalidProof)
    }
}

/// How many of `proofs` go into a chunk: as many chunks for each thread, so that none waits for another.
pub(super) fn chunk_size(proofs: usize, threads: NonZeroUsize) -> usize {
    let rounds = proofs.div_ceil(threads.get().saturating_mul(CHUNK)).max(1);
    proofs.div_ceil(threads.get().saturating_mul(rounds)).max(1)
}

/// Gives back a proof's final equation instead of evaluating it: the proof is right if the
/// multi-scalar multiplication gives the identity.
struct Collect<'a>(MSM<'a, vesta::Affine>);

impl<'a> VerificationStrategy<'a, vesta::Affine> for Collect<'a> {
    type Output = MSM<'a, vesta::Affine>;

    fn process<E: EncodedChallenge<vesta::Affine>>(
        self,
        f: impl FnOnce(MSM<'a, vesta::Affine>) -> Result<Guard<'a, vesta::Affine, E>, plonk::Error>,
    ) -> Result<Self::Output, plonk::Error> {
        Ok(f(self.0)?.use_challenges())
    }
}

/// The random weights of the equations in a sum. A fresh weight for each equation and each sum
/// that it is part of: `H512("demur/batch", seed, chunk, first, count, place)`, reduced.
struct Weights {
    seed: [u8; 32],
    chunk: usize,
}

impl Weights {
    fn of(&self, first: usize, count: usize, place: usize) -> Fp {
        let numbers = [self.chunk, first, count, place].map(|n| (n as u64).to_be_bytes());
        let parts = [&self.seed[..], &numbers.concat()];
        Fp::from_uniform_bytes(&hash_wide("demur/batch", &parts))
    }
}

/// Looks for the equations that don't hold.
struct Sums<'a> {
    params: &'a Params<vesta::Affine>,
    weights: &'a Weights,
}

impl<'a> Sums<'a> {
    /// Adds to `invalid` the places of the equations that don't hold; whether there are any. All
    /// hold if their weighted sum does; else each half is looked at. `wrong` says that one is
    /// known not to hold, which spares a sum.
    fn search(
        &self,
        equations: &mut [(usize, MSM<'a, vesta::Affine>)],
        wrong: bool,
        invalid: &mut Vec<usize>,
    ) -> bool {
        if equations.is_empty() || (!wrong && self.hold(equations)) {
            return false;
        }
        if let [(i, _)] = equations {
            invalid.push(*i);
            return true;
        }
        let (left, right) = equations.split_at_mut(equations.len() / 2);
        let in_left = self.search(left, false, invalid);
        self.search(right, !in_left, invalid);
        true
    }

    /// Whether the weighted sum holds. The equations stay multiplied by their weights: what holds
    /// does so in any multiple, and a further weight is as random as the first.
    fn hold(&self, equations: &mut [(usize, MSM<'a, vesta::Affine>)]) -> bool {
        let first = equations.first().map_or(0, |(i, _)| *i);
        let count = equations.len();
        let mut sum = MSM::new(self.params);
        for (place, (_, equation)) in equations.iter_mut().enumerate() {
            equation.scale(self.weights.of(first, count, place));
            sum.add_msm(equation);
        }
        sum.eval()
    }
}
