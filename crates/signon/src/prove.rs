//! Proving and verifying.

use std::{
    fmt,
    num::NonZeroUsize,
    str::FromStr,
    sync::atomic::{AtomicUsize, Ordering},
};

use demur_encoding::{Bytes, Digest, hash_wide};
use ff::FromUniformBytes as _;
use halo2_proofs::{
    circuit::Value,
    plonk::{
        self, ProvingKey, SingleVerifier, VerificationStrategy, VerifyingKey, create_proof,
        keygen_pk, keygen_vk, verify_proof,
    },
    poly::commitment::{Guard, MSM, Params},
    transcript::{Blake2bRead, Blake2bWrite, Challenge255, EncodedChallenge},
};
use pasta_curves::{Fp, vesta};
use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    Element, MemberSecret,
    circuit::{K, LANES, SignOn, Witness, row},
    tree::Path,
};

/// The length of every proof, in bytes. A proof of another length is refused, because halo2
/// reads what it needs and leaves what follows.
pub const PROOF_BYTES: usize = 5_568;

/// The circuit's identity: `H("demur/circuit", pinned)` of the verifying key's pinned form. It
/// changes with any change to the circuit, the parameters or the proof system's shape.
pub const CIRCUIT_ID: &str = "88099e538c3954add6928a1072305d227567019d1acfd76569e6f474f7f32f4a";

/// SHA-256 of the parameters that come with the crate.
pub(crate) const PARAMS_SHA256: &str =
    "96d2448c483f4df37e69b4f72db328cd8520b09d49f5e7c801da7994150b9b33";

/// The parameters of the inner-product argument for `2^K` rows: points that hash-to-curve gives,
/// with nothing secret about them. They are a file because reading them is faster than making
/// them; a test makes them anew and compares.
const PARAMS: &[u8] = include_bytes!("../params/k8.bin");

/// The most proofs whose equations are held at once in a batch: 16 KiB each.
const CHUNK: usize = 64;

/// A circuit's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CircuitId(pub Digest);

impl CircuitId {
    /// The identity of this version's circuit, [`CIRCUIT_ID`].
    #[must_use]
    pub fn current() -> Self {
        Self(CIRCUIT_ID.parse().expect("the constant is a digest"))
    }

    fn of(vk: &VerifyingKey<vesta::Affine>) -> Self {
        let pinned = format!("{:?}", vk.pinned());
        Self(demur_encoding::hash("demur/circuit", &[pinned.as_bytes()]))
    }
}

impl fmt::Display for CircuitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for CircuitId {
    type Err = demur_encoding::ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What a proof says: a member of the tree with `root` has `nullifier` in `scope`, and means
/// `message`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The root of a published cohort's tree, or of a tree of one.
    pub root: Element,
    /// What makes one member count once in `scope`.
    pub nullifier: Element,
    /// See [`crate::act`].
    pub scope: Element,
    /// See [`crate::act`].
    pub message: Element,
}

impl Statement {
    pub(crate) fn instance(&self) -> [Fp; row::COUNT] {
        let mut instance = [Fp::default(); row::COUNT];
        instance[row::ROOT] = self.root.fp();
        instance[row::NULLIFIER] = self.nullifier.fp();
        instance[row::SCOPE] = self.scope.fp();
        instance[row::MESSAGE] = self.message.fp();
        instance
    }
}

/// A proof: [`PROOF_BYTES`] bytes, written as base64.
///
/// That it has the length says nothing yet: see [`Verifier`].
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proof(Vec<u8>);

/// The bytes are not as many as a proof has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a proof of {0} bytes; it must have {PROOF_BYTES}")]
pub struct ProofLengthError(pub usize);

impl Proof {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for Proof {
    type Error = ProofLengthError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, ProofLengthError> {
        if bytes.len() == PROOF_BYTES {
            Ok(Self(bytes))
        } else {
            Err(ProofLengthError(bytes.len()))
        }
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof(..)")
    }
}

impl Serialize for Proof {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Bytes(self.0.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Proof {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Bytes::deserialize(deserializer)?.0).map_err(D::Error::custom)
    }
}

/// Why a [`Prover`] or [`Verifier`] can't be set up. It means that this build differs from the
/// one that was reviewed; nothing that a user does leads to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The parameters are not the pinned ones.
    #[error("the built-in parameters are damaged: SHA-256 {0}, expected {PARAMS_SHA256}")]
    Params(Digest),
    /// The circuit is not the pinned one.
    #[error("this build has another circuit: {0}, expected {CIRCUIT_ID}")]
    Circuit(CircuitId),
    /// halo2 refuses the circuit.
    #[error("key generation failed: {0}")]
    Keys(plonk::Error),
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// The path doesn't lead from the secret's leaf to any root that was meant.
    #[error("the path does not lead from this member's leaf to the root {0}")]
    NotInTree(Element),
    /// halo2 failed.
    #[error("proving failed: {0}")]
    Halo2(plonk::Error),
}

/// Makes proofs. Setting it up takes as long as about one proof: keep it.
#[derive(Debug)]
pub struct Prover {
    params: Params<vesta::Affine>,
    key: ProvingKey<vesta::Affine>,
}

impl Prover {
    /// Sets up the proving key.
    ///
    /// # Errors
    /// When this build's parameters or circuit are not the pinned ones.
    pub fn new() -> Result<Self, SetupError> {
        let Verifier { params, key } = Verifier::new()?;
        let key = keygen_pk(&params, key, &empty()).map_err(SetupError::Keys)?;
        Ok(Self { params, key })
    }

    /// Proves that the member with `secret` stands in the tree with `root`, at `path`, and means
    /// `message` in `scope`; returns the statement that the proof is of.
    ///
    /// # Errors
    /// When the path doesn't lead from the member's leaf to `root`.
    pub fn prove(
        &self,
        secret: &MemberSecret,
        path: &Path,
        root: Element,
        scope: Element,
        message: Element,
        rng: &mut impl CryptoRng,
    ) -> Result<(Statement, Proof), ProveError> {
        let keys = secret.keys();
        if path.root(Element::new(keys.leaf())) != root {
            return Err(ProveError::NotInTree(root));
        }
        let statement = Statement {
            root,
            nullifier: secret.nullifier(scope),
            scope,
            message,
        };
        let circuit = SignOn::<LANES> {
            witness: Value::known(Witness {
                keys,
                path: path.clone(),
            }),
        };
        let bytes = prove_with(&self.params, &self.key, circuit, &statement, rng)
            .map_err(ProveError::Halo2)?;
        debug_assert_eq!(bytes.len(), PROOF_BYTES);
        Ok((statement, Proof(bytes)))
    }

    /// The verifier with the same keys.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier {
            params: self.params.clone(),
            key: self.key.get_vk().clone(),
        }
    }
}

fn empty() -> SignOn<LANES> {
    SignOn {
        witness: Value::unknown(),
    }
}

pub(crate) fn prove_with<const N: usize>(
    params: &Params<vesta::Affine>,
    key: &ProvingKey<vesta::Affine>,
    circuit: SignOn<N>,
    statement: &Statement,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, plonk::Error> {
    let mut transcript =
        Blake2bWrite::<_, vesta::Affine, Challenge255<vesta::Affine>>::init(Vec::new());
    let instance = statement.instance();
    create_proof(
        params,
        key,
        &[circuit],
        &[&[&instance]],
        rng,
        &mut transcript,
    )?;
    Ok(transcript.finalize())
}

/// Checks proofs.
#[derive(Debug)]
pub struct Verifier {
    params: Params<vesta::Affine>,
    key: VerifyingKey<vesta::Affine>,
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
        let chunks: Vec<_> = batch.chunks(CHUNK).enumerate().collect();
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            let mut invalid = Vec::new();
            while let Some((number, chunk)) = chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                let weights = Weights {
                    seed,
                    chunk: *number,
                };
                let wrong = self.verify_chunk(chunk, &weights);
                invalid.extend(wrong.into_iter().map(|i| number * CHUNK + i));
                progress(done.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len());
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

    /// The places of the wrong proofs in `chunk`.
    fn verify_chunk(&self, chunk: &[(Statement, Proof)], weights: &Weights) -> Vec<usize> {
        let mut invalid = Vec::new();
        let mut equations = Vec::new();
        for (i, (statement, proof)) in chunk.iter().enumerate() {
            match self.run(Collect(MSM::new(&self.params)), statement, proof) {
                Ok(msm) => equations.push((i, msm)),
                Err(InvalidProof) => invalid.push(i),
            }
        }
        bisect(&self.params, &equations, weights, &mut invalid);
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
    fn of(&self, sum: &[(usize, MSM<'_, vesta::Affine>)], place: usize) -> Fp {
        let first = sum.first().map_or(0, |(i, _)| *i);
        let numbers = [self.chunk, first, sum.len(), place].map(|n| (n as u64).to_be_bytes());
        let parts = [&self.seed[..], &numbers.concat()];
        Fp::from_uniform_bytes(&hash_wide("demur/batch", &parts))
    }
}

/// Adds to `invalid` the places of the equations that don't hold: all are right if their
/// weighted sum is; else each half is looked at.
fn bisect(
    params: &Params<vesta::Affine>,
    equations: &[(usize, MSM<'_, vesta::Affine>)],
    weights: &Weights,
    invalid: &mut Vec<usize>,
) {
    let mut sum = MSM::new(params);
    for (place, (_, equation)) in equations.iter().enumerate() {
        let mut equation = equation.clone();
        equation.scale(weights.of(equations, place));
        sum.add_msm(&equation);
    }
    if equations.is_empty() || sum.eval() {
        return;
    }
    if let [(i, _)] = equations {
        invalid.push(*i);
        return;
    }
    let (left, right) = equations.split_at(equations.len() / 2);
    bisect(params, left, weights, invalid);
    bisect(params, right, weights, invalid);
}

fn pinned_params() -> Result<Params<vesta::Affine>, SetupError> {
    let digest = demur_encoding::sha256(PARAMS);
    if digest.to_string() != PARAMS_SHA256 {
        return Err(SetupError::Params(digest));
    }
    let params = Params::read(&mut &PARAMS[..]).map_err(|_| SetupError::Params(digest))?;
    debug_assert_eq!(params.k(), K);
    Ok(params)
}

#[cfg(test)]
mod tests;
