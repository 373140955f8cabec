//! What a verifier must refuse, as an outsider sees it: through the public interface only.

use std::{
    num::NonZeroUsize,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use demur_encoding::{Bytes, Digest, Time};
use demur_signon::{
    CircuitId, Element, InvalidBatch, InvalidProof, MemberSecret, PROOF_BYTES, Proof, ProveError,
    Prover, Statement, Tree, Verifier,
    act::{Action, Checkpoint, ClaimContext, ShownCohort, SignOnContext},
    prove::ProofLengthError,
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

/// The orders of the two Pasta fields, little-endian: a proof's scalars lie below the first, its
/// points' coordinates below the second.
const FIELD_ORDERS: [&str; 2] = [
    "01000000ed302d991bf94c09fc98462200000000000000000000000000000040",
    "0100000021eb468cdda89409fc98462200000000000000000000000000000040",
];

struct Fixture {
    prover: Prover,
    verifier: Verifier,
    secret: MemberSecret,
    tree: Tree,
    context: SignOnContext<'static>,
    note: Digest,
    statement: Statement,
    proof: Proof,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let secret = member(7);
    let tree = Tree::from_unsorted((0..30).map(|n| member(n).leaf()).collect()).unwrap();
    let context = SignOnContext {
        origin: "rivers.example/dissent",
        edition_root: tree.root(),
        memo: Digest::new([1; 32]),
        content_root: Digest::new([2; 32]),
        version: 1,
        action: Action::Sign,
        seq: 1,
        checkpoint: Checkpoint {
            size: 7,
            hash: Digest::new([3; 32]),
        },
        expires: Time::from_unix(1_795_470_610),
    };
    let note = Digest::new([4; 32]);
    let prover = Prover::new().unwrap();
    let (statement, proof) = prove(
        &prover,
        &secret,
        &tree,
        context.scope(),
        context.message(None, note),
    );
    Fixture {
        verifier: prover.verifier(),
        prover,
        secret,
        tree,
        context,
        note,
        statement,
        proof,
    }
});

fn shown(cohort: &Tree) -> Option<ShownCohort<'static>> {
    let (name, root) = ("field", cohort.root());
    Some(ShownCohort { name, root })
}

fn member(n: u8) -> MemberSecret {
    MemberSecret::from_bytes([n; 32])
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(11)
}

fn prove(
    prover: &Prover,
    secret: &MemberSecret,
    tree: &Tree,
    scope: Element,
    message: Element,
) -> (Statement, Proof) {
    let path = tree.path(secret.leaf()).unwrap();
    prover
        .prove(secret, &path, tree.root(), scope, message, &mut rng())
        .unwrap()
}

fn refused(statement: &Statement, proof: &Proof) -> bool {
    let single = FIXTURE.verifier.verify(statement, proof);
    let batch = FIXTURE.verifier.verify_batch(
        &[(*statement, proof.clone())],
        NonZeroUsize::MIN,
        &mut rng(),
        &|_| (),
    );
    assert_eq!(
        single.is_err(),
        batch.is_err(),
        "single and batched disagree"
    );
    single == Err(InvalidProof)
}

#[test]
fn the_true_statement_is_accepted() {
    let f = &*FIXTURE;
    assert_eq!(f.proof.as_bytes().len(), PROOF_BYTES);
    assert_eq!(
        f.context
            .statements(f.secret.nullifier(f.context.scope()), None, f.note),
        [f.statement]
    );
    f.verifier.verify(&f.statement, &f.proof).unwrap();
    Verifier::new()
        .unwrap()
        .verify(&f.statement, &f.proof)
        .unwrap();
    assert_eq!(f.verifier.circuit(), CircuitId::current());
}

#[test]
fn every_public_input_is_bound() {
    let f = &*FIXTURE;
    let s = f.statement;
    let other = Element::from_wide(&[9; 64]);
    for statement in [
        Statement { root: other, ..s },
        Statement {
            nullifier: other,
            ..s
        },
        Statement { scope: other, ..s },
        Statement {
            message: other,
            ..s
        },
        Statement {
            message: Element::ZERO,
            ..s
        },
        Statement {
            scope: s.message,
            message: s.scope,
            ..s
        },
        Statement {
            root: s.nullifier,
            nullifier: s.root,
            ..s
        },
    ] {
        assert!(refused(&statement, &f.proof), "{statement:?}");
    }
}

#[test]
fn another_act_is_another_statement() {
    let f = &*FIXTURE;
    let c = &f.context;
    let nullifier = f.statement.nullifier;
    let old = Tree::from_unsorted((0..29).map(|n| member(n).leaf()).collect()).unwrap();
    for context in [
        SignOnContext {
            origin: "other.example",
            ..c.clone()
        },
        SignOnContext {
            edition_root: old.root(),
            ..c.clone()
        },
        SignOnContext {
            memo: Digest::new([9; 32]),
            ..c.clone()
        },
        SignOnContext {
            content_root: Digest::new([9; 32]),
            ..c.clone()
        },
        SignOnContext {
            version: 2,
            ..c.clone()
        },
        SignOnContext {
            action: Action::Withdraw,
            ..c.clone()
        },
        SignOnContext {
            seq: 2,
            ..c.clone()
        },
        SignOnContext {
            expires: c.expires.plus(1),
            ..c.clone()
        },
    ] {
        assert!(refused(
            &context.statements(nullifier, None, f.note)[0],
            &f.proof
        ));
    }
    // A note exchanged, a cohort proof stripped or added.
    let note = Digest::new([5; 32]);
    assert!(refused(&c.statements(nullifier, None, note)[0], &f.proof));
    assert!(refused(
        &c.statements(nullifier, shown(&old), f.note)[0],
        &f.proof
    ));
    // The same proof offered as a named one or as a claim.
    let named = c.named_statement(f.secret.leaf(), nullifier).unwrap();
    assert!(refused(&named, &f.proof));
    let claim = ClaimContext {
        origin: c.origin,
        edition_root: c.edition_root,
        memo: c.memo,
        content_root: c.content_root,
        version: c.version,
        audience: "the inspector",
        checkpoint: c.checkpoint,
        expires: c.expires,
    };
    assert!(refused(
        &claim.statement(f.secret.leaf(), nullifier).unwrap(),
        &f.proof
    ));
}

#[test]
fn cohort_stripped_from_an_act_that_showed_one() {
    let f = &*FIXTURE;
    let cohort = Tree::from_unsorted((5..12).map(|n| member(n).leaf()).collect()).unwrap();
    let (scope, message) = (f.context.scope(), f.context.message(shown(&cohort), f.note));
    let all = prove(&f.prover, &f.secret, &f.tree, scope, message);
    let part = prove(&f.prover, &f.secret, &cohort, scope, message);
    let nullifier = f.secret.nullifier(scope);
    let expected = f.context.statements(nullifier, shown(&cohort), f.note);
    assert_eq!(expected, [all.0, part.0]);
    assert!(!refused(&expected[0], &all.1) && !refused(&expected[1], &part.1));
    assert!(refused(&expected[1], &all.1) && refused(&expected[0], &part.1));
    let stripped = f.context.statements(nullifier, None, f.note);
    assert!(refused(&stripped[0], &all.1));
    // The same tree under another name, as that of a cohort with the very same members: counted for neither.
    let renamed = ShownCohort {
        name: "front",
        root: cohort.root(),
    };
    let renamed = f.context.statements(nullifier, Some(renamed), f.note);
    assert!(refused(&renamed[0], &all.1) && refused(&renamed[1], &part.1));
}

#[test]
fn a_name_in_anothers_place() {
    let f = &*FIXTURE;
    let (me, other) = (&f.secret, member(8));
    let named =
        |leaf: Element, nullifier: Element| f.context.named_statement(leaf, nullifier).unwrap();
    let scope = f.context.scope();
    let alone = Tree::of_one(me.leaf()).unwrap();
    let (statement, proof) = prove(
        &f.prover,
        me,
        &alone,
        scope,
        f.context.named_message(alone.root()),
    );
    assert_eq!(statement, named(me.leaf(), me.nullifier(scope)));
    assert!(!refused(&statement, &proof));
    // The named and the unnamed act of one person are one.
    assert_eq!(statement.nullifier, f.statement.nullifier);
    // A colleague's leaf with my nullifier, or with theirs.
    assert!(refused(&named(other.leaf(), me.nullifier(scope)), &proof));
    assert!(refused(
        &named(other.leaf(), other.nullifier(scope)),
        &proof
    ));
    assert!(refused(&named(me.leaf(), other.nullifier(scope)), &proof));
    // And I can't prove on a colleague's tree of one.
    let theirs = Tree::of_one(other.leaf()).unwrap();
    let path = theirs.path(other.leaf()).unwrap();
    let error = f
        .prover
        .prove(me, &path, theirs.root(), scope, scope, &mut rng());
    assert!(matches!(error, Err(ProveError::NotInTree(_))));
}

#[test]
fn roots_that_the_member_is_not_under() {
    let f = &*FIXTURE;
    let stranger = member(200);
    let old = Tree::from_unsorted((8..30).map(|n| member(n).leaf()).collect()).unwrap();
    assert!(old.path(f.secret.leaf()).is_none());
    assert!(f.tree.path(stranger.leaf()).is_none());
    let path = f.tree.path(f.secret.leaf()).unwrap();
    for (secret, root) in [
        (&stranger, f.tree.root()),
        (&f.secret, old.root()),
        (&member(8), f.tree.root()),
    ] {
        let scope = f.context.scope();
        let result = f
            .prover
            .prove(secret, &path, root, scope, scope, &mut rng());
        assert!(matches!(result, Err(ProveError::NotInTree(r)) if r == root));
    }
    assert!(refused(
        &Statement {
            root: old.root(),
            ..f.statement
        },
        &f.proof
    ));
}

#[test]
fn only_the_exact_length_is_a_proof() {
    let bytes = FIXTURE.proof.as_bytes();
    for n in [0, 1, PROOF_BYTES / 2, PROOF_BYTES - 32, PROOF_BYTES - 1] {
        assert_eq!(
            Proof::try_from(bytes[..n].to_vec()),
            Err(ProofLengthError(n))
        );
    }
    for n in [1, 32, PROOF_BYTES] {
        let long = [bytes, &vec![0; n]].concat();
        assert_eq!(
            Proof::try_from(long),
            Err(ProofLengthError(PROOF_BYTES + n))
        );
    }
    let json = serde_json::to_string(&Bytes(bytes[1..].to_vec())).unwrap();
    assert!(serde_json::from_str::<Proof>(&json).is_err());
    let json = serde_json::to_string(&FIXTURE.proof).unwrap();
    assert_eq!(serde_json::from_str::<Proof>(&json).unwrap(), FIXTURE.proof);
}

/// The sample takes every 37th byte, in a bit that differs.
#[test]
fn flipped_bytes_are_refused() {
    flip(37);
}

#[test]
#[ignore = "exhaustive: a minute"]
fn each_flipped_byte_is_refused() {
    flip(1);
}

fn flip(step: usize) {
    let f = &*FIXTURE;
    for at in (0..PROOF_BYTES).step_by(step).chain([PROOF_BYTES - 1]) {
        let mut bytes = f.proof.as_bytes().to_vec();
        bytes[at] ^= 1 << (at % 8);
        let proof = Proof::try_from(bytes).unwrap();
        assert!(
            f.verifier.verify(&f.statement, &proof).is_err(),
            "byte {at}"
        );
    }
}

/// Each 32-byte word of the proof with a field's order added, where that fits: the same value
/// in another spelling.
#[test]
fn non_canonical_words_are_refused() {
    let f = &*FIXTURE;
    let mut tried = 0;
    for order in FIELD_ORDERS {
        let order: Digest = order.parse().unwrap();
        for word in 0..PROOF_BYTES / 32 {
            let mut bytes = f.proof.as_bytes().to_vec();
            let word = &mut bytes[word * 32..][..32];
            let mut carry = 0;
            for (a, b) in word.iter_mut().zip(order.as_bytes()) {
                let sum = u16::from(*a) + u16::from(*b) + carry;
                *a = sum.to_le_bytes()[0];
                carry = sum >> 8;
            }
            if carry == 0 {
                tried += 1;
                let proof = Proof::try_from(bytes).unwrap();
                assert!(f.verifier.verify(&f.statement, &proof).is_err());
            }
        }
    }
    assert!(tried > PROOF_BYTES / 32, "{tried}");
}

#[test]
fn non_canonical_public_inputs_do_not_parse() {
    let json = serde_json::to_string(&FIXTURE.statement).unwrap();
    let again: Statement = serde_json::from_str(&json).unwrap();
    assert_eq!(again, FIXTURE.statement);
    for field in ["root", "nullifier", "scope", "message"] {
        let mut value: serde_json::Value = serde_json::from_str(&json).unwrap();
        value[field] = FIELD_ORDERS[0].into();
        assert!(
            serde_json::from_value::<Statement>(value).is_err(),
            "{field}"
        );
    }
}

#[test]
fn no_bytes_make_the_verifier_panic() {
    let f = &*FIXTURE;
    for fill in [0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xff] {
        let proof = Proof::try_from(vec![fill; PROOF_BYTES]).unwrap();
        assert!(refused(&f.statement, &proof));
    }
}

#[test]
fn a_batch_names_the_wrong_ones() {
    let f = &*FIXTURE;
    let second = prove(
        &f.prover,
        &member(9),
        &f.tree,
        f.context.scope(),
        f.statement.message,
    );
    let good = [(f.statement, f.proof.clone()), second];
    let mut batch: Vec<_> = good.iter().cycle().take(150).cloned().collect();
    let seen = AtomicUsize::new(0);
    let verify = |batch: &[(Statement, Proof)], threads| {
        seen.store(0, Ordering::Relaxed);
        let threads = NonZeroUsize::new(threads).unwrap();
        let progress = |n: usize| {
            seen.fetch_max(n, Ordering::Relaxed);
        };
        f.verifier
            .verify_batch(batch, threads, &mut rng(), &progress)
    };
    for threads in [1, 2, 64] {
        assert_eq!(verify(&batch, threads), Ok(()));
        assert_eq!(seen.load(Ordering::Relaxed), 150);
    }
    assert_eq!(verify(&[], 2), Ok(()));

    // Two proofs exchanged, that are wrong only together with their statements; a damaged one;
    // one in the last place.
    let (a, b) = (batch[10].1.clone(), batch[11].1.clone());
    (batch[10].1, batch[11].1) = (b, a);
    let mut bytes = batch[63].1.as_bytes().to_vec();
    bytes[PROOF_BYTES - 1] ^= 1;
    batch[63].1 = Proof::try_from(bytes).unwrap();
    batch[149].0.message = Element::ZERO;
    for threads in [1, 2] {
        let error = verify(&batch, threads).unwrap_err();
        let invalid = vec![10, 11, 63, 149];
        assert_eq!(
            error,
            InvalidBatch {
                invalid,
                total: 150
            }
        );
    }
    let text = verify(&batch, 1).unwrap_err().to_string();
    assert_eq!(
        text,
        "4 of 150 proofs do not prove their statements; the first is number 10 (from 0)"
    );
}

#[test]
fn proofs_of_one_statement_differ() {
    let f = &*FIXTURE;
    let path = f.tree.path(f.secret.leaf()).unwrap();
    let mut rng = ChaCha20Rng::seed_from_u64(12);
    let (statement, proof) = f
        .prover
        .prove(
            &f.secret,
            &path,
            f.tree.root(),
            f.statement.scope,
            f.statement.message,
            &mut rng,
        )
        .unwrap();
    assert_eq!(statement, f.statement);
    assert_ne!(proof, f.proof);
    assert!(!refused(&statement, &proof));
}
