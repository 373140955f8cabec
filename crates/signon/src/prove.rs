//! Proving and verifying.

mod statement;
mod verify;

use std::{fmt, str::FromStr};

use demur_encoding::Digest;
#[cfg(any(target_family = "wasm", test))]
use group::{Curve as _, CurveAffine as _, GroupEncoding as _};
use halo2_proofs::{
    circuit::Value,
    plonk::{self, ProvingKey, VerifyingKey, create_proof, keygen_pk},
    poly::commitment::Params,
    transcript::{Blake2bWrite, Challenge255},
};
#[cfg(any(target_family = "wasm", test))]
use pasta_curves::arithmetic::CurveExt as _;
use pasta_curves::vesta;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

pub use self::{
    statement::{Proof, ProofLengthError, Statement},
    verify::{InvalidBatch, InvalidProof, Verifier},
};
use crate::{
    Element, MemberSecret, UnsuitableProcessor,
    circuit::{K, LANES, SignOn, Witness},
    tree::Path,
};

/// The length of every proof, in bytes. A proof of another length is refused, because halo2
/// reads what it needs and leaves what follows.
pub const PROOF_BYTES: usize = 3_424;

/// The circuit's identity: `H("demur/circuit", pinned)` of the verifying key's pinned form. It
/// changes with any change to the circuit, the parameters or the proof system's shape.
pub const CIRCUIT_ID: &str = "10ef7e8162d68b5aa11fa3c4d7e417d5c54594078e9e7006439a4dac828d327d";

/// SHA-256 of the parameters that come with the crate.
pub(crate) const PARAMS_SHA256: &str =
    "b7ea13dd3cfe5db384fab28fd90c4ca7327fb20d3fde16c12eb8b3f81538cb62";

/// The parameters of the inner-product argument for `2^K` rows: points that hash-to-curve gives,
/// with nothing secret about them. They are a file because reading them is faster than making
/// them; a test makes them anew and compares.
const PARAMS: &[u8] = include_bytes!("../params/k9.bin");

/// How many bytes a point has.
#[cfg(any(target_family = "wasm", test))]
const POINT_BYTES: usize = 32;

/// How many bytes the points of one of the two bases have.
#[cfg(any(target_family = "wasm", test))]
const BASIS_BYTES: usize = POINT_BYTES << K;

/// Of the parameters the Lagrange basis: where the program is loaded over the network it alone comes with it, since the
/// other points are made again in a moment, and no compression makes any of them smaller.
#[cfg(any(target_family = "wasm", test))]
static LAGRANGE: [u8; BASIS_BYTES] = {
    let mut basis = [0; BASIS_BYTES];
    let (_, from) = PARAMS.split_at(size_of::<u32>() + BASIS_BYTES);
    let mut at = 0;
    while at < BASIS_BYTES {
        basis[at] = from[at];
        at += 1;
    }
    basis
};

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

/// Why a [`Prover`] or [`Verifier`] can't be set up. It means that this build differs from the
/// one that was reviewed; nothing that a user does leads to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The machine's processor lacks what this build's arithmetic needs.
    #[error(transparent)]
    Processor(#[from] UnsuitableProcessor),
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

fn pinned_params() -> Result<Params<vesta::Affine>, SetupError> {
    #[cfg(target_family = "wasm")]
    let bytes = &assembled()[..];
    #[cfg(not(target_family = "wasm"))]
    let bytes = PARAMS;
    let digest = demur_encoding::sha256(bytes);
    if digest.to_string() != PARAMS_SHA256 {
        return Err(SetupError::Params(digest));
    }
    let params = Params::read(&mut &bytes[..]).map_err(|_| SetupError::Params(digest))?;
    debug_assert_eq!(params.k(), K);
    Ok(params)
}

/// The bytes of [`PARAMS`], made of the Lagrange basis and, as `Params::new` of halo2 makes them, of the points that the hash to
/// the curve gives.
#[cfg(any(target_family = "wasm", test))]
fn assembled() -> Vec<u8> {
    let hasher = vesta::Point::hash_to_curve("Halo2-Parameters");
    let points = (0..1_u32 << K).map(|i| {
        let [a, b, c, d] = i.to_le_bytes();
        hasher(&[0, a, b, c, d])
    });
    let mut points: Vec<_> = points.collect();
    points.extend([hasher(&[1]), hasher(&[2])]);
    let mut affine = vec![vesta::Affine::identity(); points.len()];
    vesta::Point::batch_normalize(&points, &mut affine);
    let (monomial, blinding) = affine.split_at(1 << K);
    let mut bytes = K.to_le_bytes().to_vec();
    monomial
        .iter()
        .for_each(|point| bytes.extend(point.to_bytes()));
    bytes.extend(LAGRANGE);
    blinding
        .iter()
        .for_each(|point| bytes.extend(point.to_bytes()));
    bytes
}

#[cfg(test)]
mod tests;
