use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use super::*;
use crate::{checkpoint::add_cosignatures, keys::LogSigner, tiles::Tree};

const ORIGIN: &str = "rivers.example/dissent";

fn log(seed: u8) -> LogSigner {
    LogSigner::new(ORIGIN, SigningKey::from_bytes(&[seed; 32])).unwrap()
}

fn signer() -> WitnessSigner {
    WitnessSigner::new("w.example", SigningKey::from_bytes(&[9; 32])).unwrap()
}

fn witness() -> Witness {
    Witness::new(signer(), vec![log(1).verifier().clone()], BTreeMap::new()).unwrap()
}

fn tree(n: u64) -> Tree {
    Tree::rebuild((0..n).map(|n| n.to_be_bytes()))
}

fn note(tree: &Tree, size: u64) -> Vec<u8> {
    Checkpoint::new(ORIGIN, size, tree.root_at(size).unwrap())
        .sign(&log(1))
        .unwrap()
}

fn ask(witness: &mut Witness, tree: &Tree, old: u64, new: u64) -> WitnessReply {
    let proof = tree.prove_consistency(old, new).unwrap();
    witness.add_checkpoint(
        &request(old, &proof, &note(tree, new)),
        Time::from_unix(1000 + new),
    )
}

#[test]
fn follows_a_growing_log() {
    let (mut witness, tree) = (witness(), tree(40));
    for (old, new) in [(0, 1), (1, 7), (7, 7), (7, 32), (32, 40)] {
        let WitnessReply::Cosigned(line) = ask(&mut witness, &tree, old, new) else {
            panic!("{old} to {new}");
        };
        let note = note(&tree, new);
        let full = add_cosignatures(&note, &line, &[signer().verifier().clone()]).unwrap();
        assert!(full.len() > note.len());
        let policy = format!(
            "log {}\nwitness w {}\nquorum w\n",
            log(1).verifier(),
            signer().verifier()
        );
        let accepted = policy
            .parse::<crate::policy::Policy>()
            .unwrap()
            .evaluate_exact(&full)
            .unwrap();
        assert_eq!(accepted.time, Some(Time::from_unix(1000 + new)));
        assert_eq!(witness.latest()[ORIGIN].size, new);
    }
}

#[test]
fn refuses_a_rollback_and_tells_what_it_knows() {
    let (mut witness, tree) = (witness(), tree(40));
    ask(&mut witness, &tree, 0, 20);
    let reply = ask(&mut witness, &tree, 0, 10);
    assert_eq!(reply, WitnessReply::Conflict(20));
    assert_eq!((reply.status(), reply.body()), (409, b"20\n".to_vec()));
    assert_eq!(reply.content_type(), "text/x.tlog.size");
    assert_eq!(ask(&mut witness, &tree, 30, 40), WitnessReply::Conflict(20));
    assert_eq!(witness.latest()[ORIGIN].size, 20);
}

#[test]
fn refuses_equivocation() {
    let (mut witness, honest) = (witness(), tree(40));
    ask(&mut witness, &honest, 0, 20);
    let other = Tree::rebuild((0..40u64).map(|n| (n + 1).to_be_bytes()));
    // The same size with another root.
    let body = request(20, &[], &note(&other, 20));
    assert_eq!(
        witness.add_checkpoint(&body, Time::from_unix(1)),
        WitnessReply::Conflict(20)
    );
    // A larger tree that does not begin with the known one.
    assert_eq!(
        ask(&mut witness, &other, 20, 40),
        WitnessReply::Inconsistent
    );
    // No proof at all.
    let body = request(20, &[], &note(&honest, 40));
    assert_eq!(
        witness.add_checkpoint(&body, Time::from_unix(1)),
        WitnessReply::Inconsistent
    );
    // From zero the proof must be empty.
    let fresh = &mut self::witness();
    let body = request(0, &[honest.root()], &note(&honest, 40));
    assert_eq!(
        fresh.add_checkpoint(&body, Time::from_unix(1)),
        WitnessReply::Inconsistent
    );
    assert_eq!(
        witness.latest()[ORIGIN],
        CheckpointRef {
            size: 20,
            hash: honest.root_at(20).unwrap()
        }
    );
}

#[test]
fn knows_its_logs() {
    let tree = tree(4);
    let now = Time::from_unix(1);
    let signed = |signer: &LogSigner, origin: &str| {
        let checkpoint = Checkpoint::new(origin, 4, tree.root());
        request(0, &[], &checkpoint.sign(signer).unwrap())
    };
    let stranger = LogSigner::new("lakes.example", SigningKey::from_bytes(&[1; 32])).unwrap();
    let reply = witness().add_checkpoint(&signed(&stranger, "lakes.example"), now);
    assert_eq!(reply.status(), 404);
    assert_eq!(
        witness()
            .add_checkpoint(&signed(&log(2), ORIGIN), now)
            .status(),
        403
    );
    // Another's signature beside the log's is ignored, the log's own must be right.
    let good = request(0, &[], &note(&tree, 4));
    let line = cosign(&note(&tree, 4), signer().at(now)).unwrap();
    assert_eq!(
        witness()
            .add_checkpoint(&[good.clone(), line].concat(), now)
            .status(),
        200
    );
    let mut bad = good;
    let end = bad.len() - 9;
    bad[end] = if bad[end] == b'A' { b'B' } else { b'A' };
    assert_eq!(witness().add_checkpoint(&bad, now).status(), 403);
}

#[test]
fn malformed_requests() {
    let note = note(&tree(4), 4);
    for head in [
        "",
        "old",
        "old -1\n\n",
        "old 00\n\n",
        "old 1\nx\n\n",
        "new 0\n\n",
        "old 5\n\n",
        "old 0\n",
    ] {
        let reply =
            witness().add_checkpoint(&[head.as_bytes(), &note].concat(), Time::from_unix(1));
        assert_eq!(reply.status(), 400, "{head:?}");
    }
    let long = request(0, &[tree(1).root(); 64], &note);
    assert_eq!(
        witness().add_checkpoint(&long, Time::from_unix(1)).status(),
        400
    );
    for (bytes, said) in [
        (MAX_REQUEST_BYTES, "a line does not end"),
        (MAX_REQUEST_BYTES + 1, "too long"),
        (MAX_REQUEST_BYTES + 2, "too long"),
    ] {
        let reply = witness().add_checkpoint(&vec![b'a'; bytes], Time::from_unix(1));
        assert_eq!(reply, WitnessReply::Malformed(said));
    }
    assert!(Witness::new(signer(), vec![signer().verifier().clone()], BTreeMap::new()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_are_no_trouble(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_ne!(witness().add_checkpoint(&bytes, Time::from_unix(1)).status(), 200);
    }

    #[test]
    fn a_flipped_bit_is_never_cosigned_as_something_else(at in 0usize..4000) {
        let tree = tree(9);
        let mut witness = witness();
        ask(&mut witness, &tree, 0, 5);
        let proof = tree.prove_consistency(5, 9).unwrap();
        let mut body = request(5, &proof, &note(&tree, 9));
        let at = at % (body.len() * 8);
        body[at / 8] ^= 1 << (at % 8);
        prop_assert_ne!(witness.add_checkpoint(&body, Time::from_unix(1)).status(), 200);
    }
}
