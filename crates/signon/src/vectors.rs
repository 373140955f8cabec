//! Named vectors, for other implementations and against change: `tests/vectors.json`. Those of
//! sign-on events have proofs, and the statements that a verifier must come to.
//! `interop/python/signon.py` recomputes all of them.
//!
//! `DEMUR_WRITE_VECTORS=1 cargo test -p demur-signon vectors` writes the file anew; a
//! change of it is a change of the protocol.

use std::fmt::Write as _;

use demur_encoding::{Digest, Time, hash_wide};
use pasta_curves::Fp;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use serde_json::{Map, Value, json};

use crate::{
    Element, MemberSecret, PROOF_BYTES, Proof, Prover, Statement, Tree, Verifier,
    act::{
        Action, Checkpoint, ClaimContext, Month, OpeningContext, ShownCohort, SignOnContext,
        memo_scope,
    },
    poseidon::{Tag, hash},
    prove::CIRCUIT_ID,
};

#[test]
fn the_vectors_hold() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors.json");
    let writing = std::env::var_os("DEMUR_WRITE_VECTORS").is_some();
    let mut vectors = vectors();
    for (name, cohort) in [("event", None), ("event-cohort", Some("field"))] {
        vectors.insert(name.to_owned(), event(cohort));
    }
    if writing {
        let prover = Prover::new().unwrap();
        for name in ["event", "event-cohort"] {
            prove(&prover, &mut vectors[name]);
        }
        let text = serde_json::to_string_pretty(&vectors).unwrap() + "\n";
        std::fs::write(path, text).unwrap();
    }
    let written: Map<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for name in ["event", "event-cohort"] {
        let proofs = written[name]["event"]["proofs"].clone();
        verify(&vectors[name]["statements"], &proofs);
        vectors[name]["event"]["proofs"] = proofs;
    }
    let mut wrong = String::new();
    for (name, value) in &vectors {
        if written.get(name) != Some(value) {
            writeln!(
                wrong,
                "{name}: {value}, the file has {:?}",
                written.get(name)
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(written.len(), vectors.len());
}

/// A sign-on event, its proofs left out, with what a verifier must know beside it.
fn event(cohort: Option<&str>) -> Value {
    let context = context();
    let member = MemberSecret::from_bytes([1; 32]);
    let nullifier = member.nullifier(context.scope());
    let note = Digest::new([7; 32]);
    let root = Tree::of_one(member.leaf()).unwrap().root();
    let shown = cohort.map(|name| ShownCohort { name, root });
    json!({
        "what": "sign-on event by the member with the secret of bytes 01 in the edition with root-3 and cohort field with root-1; its proofs are valid",
        "origin": context.origin,
        "edition_root": context.edition_root,
        "cohort_root": shown.map(|cohort| cohort.root),
        "event": {
            "type": "sign-on",
            "v": 1,
            "memo": context.memo,
            "version": context.version,
            "content_root": context.content_root,
            "action": context.action,
            "seq": context.seq,
            "nullifier": nullifier,
            "circuit": CIRCUIT_ID,
            "cohort": cohort,
            "note": note,
            "checkpoint": context.checkpoint,
            "expires": context.expires,
            "proofs": [],
        },
        "statements": context.statements(nullifier, shown, note),
    })
}

fn prove(prover: &Prover, vector: &mut Value) {
    let member = MemberSecret::from_bytes([1; 32]);
    let statements: Vec<Statement> = serde_json::from_value(vector["statements"].clone()).unwrap();
    let trees = [edition(), Tree::of_one(member.leaf()).unwrap()];
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let proofs = statements.iter().zip(trees).map(|(of, tree)| {
        let path = tree.path(member.leaf()).unwrap();
        let made = prover.prove(&member, &path, of.root, of.scope, of.message, &mut rng);
        made.unwrap().1
    });
    vector["event"]["proofs"] = json!(proofs.collect::<Vec<_>>());
}

fn verify(statements: &Value, proofs: &Value) {
    let statements: Vec<Statement> = serde_json::from_value(statements.clone()).unwrap();
    let proofs: Vec<Proof> = serde_json::from_value(proofs.clone()).unwrap();
    assert_eq!(statements.len(), proofs.len());
    let verifier = Verifier::new().unwrap();
    for (statement, proof) in statements.iter().zip(&proofs) {
        verifier.verify(statement, proof).unwrap();
    }
}

/// The tree over the leaves of the secrets of bytes 01, 02, 03.
fn edition() -> Tree {
    let leaves = [1, 2, 3].map(|n| MemberSecret::from_bytes([n; 32]).leaf());
    Tree::from_unsorted(leaves.to_vec()).unwrap()
}

/// The act that the messages and events are of.
fn context() -> SignOnContext<'static> {
    SignOnContext {
        origin: "rivers.example/dissent",
        edition_root: edition().root(),
        memo: Digest::new([4; 32]),
        content_root: Digest::new([5; 32]),
        version: 2,
        action: Action::Sign,
        seq: 258,
        checkpoint: Checkpoint {
            size: 300,
            hash: Digest::new([6; 32]),
        },
        expires: Time::from_unix(1_795_470_610),
    }
}

fn vectors() -> Map<String, Value> {
    let secret = |n: u8| MemberSecret::from_bytes([n; 32]);
    let digest = |n: u8| Digest::new([n; 32]);
    let element = |n: u8| Element::from_wide(&[n; 64]);
    let mut all = Map::new();
    let mut put = |name: &str, what: &str, value: String| {
        all.insert(name.to_owned(), json!({ "what": what, "value": value }));
    };

    put(
        "wide",
        "H512(\"demur/test\", \"abc\") reduced",
        Element::from_wide(&hash_wide("demur/test", &[b"abc"])).to_string(),
    );
    for (name, tag) in [
        ("hash-node", Tag::Node),
        ("hash-leaf", Tag::Leaf),
        ("hash-null", Tag::Null),
        ("hash-mid", Tag::Mid),
    ] {
        put(
            name,
            "Poseidon P128Pow5T3, first word of the permuted [6, 42, 2^65 + tag], tags node 1, leaf 2, null 3, mid 4",
            Element::new(hash(tag, Fp::from(6), Fp::from(42))).to_string(),
        );
    }
    put(
        "leaf",
        "leaf of the secret of 32 bytes 01",
        secret(1).leaf().to_string(),
    );
    put(
        "nullifier",
        "nullifier of the secret of 32 bytes 01 in scope: 64 bytes 02 reduced",
        secret(1).nullifier(element(2)).to_string(),
    );
    put(
        "root-1",
        "tree of one over the leaf of the secret of bytes 01",
        Tree::of_one(secret(1).leaf()).unwrap().root().to_string(),
    );
    let tree = edition();
    put(
        "root-3",
        "tree over the leaves of the secrets of bytes 01, 02, 03",
        tree.root().to_string(),
    );

    let context = context();
    let (origin, checkpoint) = (context.origin, context.checkpoint);
    put(
        "scope",
        "memo scope: origin rivers.example/dissent, edition root root-3, memo 32 bytes 04",
        memo_scope(origin, tree.root(), digest(4)).to_string(),
    );
    put(
        "message",
        "sign-on: as scope, content root bytes 05, version 2, sign, seq 258, root-3 alone, note bytes 07, checkpoint 300 and bytes 06, expiry 1795470610",
        context.message(None, digest(7)).to_string(),
    );
    put(
        "message-cohort",
        "the same with root-1 shown as the cohort \"field\"",
        context
            .message(
                Some(ShownCohort {
                    name: "field",
                    root: Tree::of_one(secret(1).leaf()).unwrap().root(),
                }),
                digest(7),
            )
            .to_string(),
    );
    put(
        "message-named",
        "the same act, kind named, on root-1",
        context
            .named_message(Tree::of_one(secret(1).leaf()).unwrap().root())
            .to_string(),
    );
    let claim = ClaimContext {
        origin,
        edition_root: tree.root(),
        memo: digest(4),
        content_root: digest(5),
        version: 2,
        audience: "inspector general",
        checkpoint,
        expires: Time::from_unix(1_795_470_610),
    };
    put(
        "message-claim",
        "claim on root-1 for \"inspector general\", the rest as above",
        claim
            .message(Tree::of_one(secret(1).leaf()).unwrap().root())
            .to_string(),
    );
    let month = "2026-11".parse::<Month>().unwrap();
    let opening = OpeningContext {
        origin,
        edition_root: tree.root(),
        month: &month,
        counter: 2,
        memo: digest(4),
        checkpoint,
        expires: Time::from_unix(1_795_470_610),
    };
    put(
        "scope-opening",
        "opening: origin as above, month 2026-11, counter 2; no edition",
        opening.scope().to_string(),
    );
    put(
        "message-opening",
        "opening of memo bytes 04, version 0, the rest as above",
        opening.message().to_string(),
    );
    put("circuit", "identity of the circuit", CIRCUIT_ID.to_owned());
    put("proof-bytes", "length of a proof", PROOF_BYTES.to_string());
    all
}
