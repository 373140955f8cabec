//! Sign-on: member secrets, rosters, the zero-knowledge proof that an unnamed member of a roster
//! acts on a memo, and the count of such acts.
//!
//! In scope: DESIGN section 3, "Roster" and "Sign-on"; `docs/protocol.md`, sections 5 and 6;
//! `docs/circuit.md`. Out of scope: events and entries as JSON (`demur-record`), sealed notes
//! (`demur-seal`), any I/O, clock or ambient randomness: times and random generators come in as
//! arguments.
//!
//! The proof system is halo2 with the inner-product argument over Pasta ([halo2 book]), the
//! hash Poseidon `P128Pow5T3` with a domain tag in the capacity element.
//!
//! # The parts
//!
//! - [`MemberSecret`]: `generate`, `from_bytes`, [`leaf`](MemberSecret::leaf),
//!   [`nullifier`](MemberSecret::nullifier).
//! - [`Element`]: a field element: leaf, root, nullifier, scope, message.
//! - [`Tree`]: `new`, `from_unsorted`, `of_one`, `root`, [`path`](Tree::path).
//! - [`roster`]: [`Edition`](roster::Edition) (`parse`, `verify`, `build`, `to_bytes`, `digest`,
//!   `tree("all")`), [`CertificateBody::sign`](roster::CertificateBody::sign),
//!   [`CertificateTree`](roster::CertificateTree),
//!   [`verify_certificate`](roster::verify_certificate).
//! - [`act`]: what a proof means: [`SignOnContext`](act::SignOnContext) (anonymous, by cohort,
//!   named), [`ClaimContext`](act::ClaimContext), [`OpeningContext`](act::OpeningContext); each
//!   gives `scope()`, the message and the [`Statement`] that a verifier expects.
//! - [`Prover::prove`], [`Verifier::verify`], [`Verifier::verify_batch`], [`CircuitId`].
//! - [`tally::Tally`]: the count of one memo's acts, fed in the record's order.
//!
//! # A sign-on from end to end
//!
//! ```
//! use demur_encoding::{Digest, Time};
//! use demur_signon::{MemberSecret, Prover, Tree, act::{Action, Checkpoint, SignOnContext}};
//! # use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
//! # let mut rng = ChaCha20Rng::seed_from_u64(1);
//! // The member's leaf stands in the edition's tree with the others'.
//! let secret = MemberSecret::generate(&mut rng);
//! let others: Vec<_> = (0..9).map(|_| MemberSecret::generate(&mut rng).leaf()).collect();
//! let tree = Tree::from_unsorted([others, vec![secret.leaf()]].concat())?;
//! let path = tree.path(secret.leaf()).expect("the leaf is in the tree");
//!
//! let context = SignOnContext {
//!     origin: "rivers.example/dissent",
//!     edition_root: tree.root(),
//!     memo: Digest::new([1; 32]),
//!     content_root: Digest::new([2; 32]),
//!     version: 1,
//!     action: Action::Sign,
//!     seq: 1,
//!     checkpoint: Checkpoint { size: 7, hash: Digest::new([3; 32]) },
//!     expires: "2026-12-01T00:00:00Z".parse()?,
//! };
//! let note = Digest::new([4; 32]); // SHA-256 of the sealed note
//! let prover = Prover::new()?;
//! let (scope, message) = (context.scope(), context.message(None, note));
//! let (statement, proof) =
//!     prover.prove(&secret, &path, tree.root(), scope, message, &mut rng)?;
//!
//! // A verifier computes the statement itself, from the event's public fields.
//! let expected = context.statements(secret.nullifier(scope), None, note);
//! assert_eq!(expected, [statement]);
//! prover.verifier().verify(&expected[0], &proof)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [halo2 book]: https://zcash.github.io/halo2/

pub mod act;
mod circuit;
mod element;
mod poseidon;
mod processor;
pub mod prove;
pub mod roster;
mod secret;
pub mod tally;
pub mod tree;
#[cfg(test)]
mod vectors;

pub use element::{Element, ParseElementError};
pub use processor::{UnsuitableProcessor, check_processor};
pub use prove::{
    CircuitId, InvalidBatch, InvalidProof, PROOF_BYTES, Proof, ProveError, Prover, SetupError,
    Statement, Verifier,
};
pub use secret::MemberSecret;
pub use tree::{Path, Tree, TreeError};
