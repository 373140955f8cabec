//! People: the registrar's list, certificates, edition files, proofs, claims.

use std::{collections::BTreeSet, sync::LazyLock};

use demur_client::{
    registrar::{Person, parse_people},
    signer::Claim,
};
use demur_signon::{
    Proof, Statement, Verifier,
    roster::{Certificate, Edition},
};

use self::seeds::PROVED;
use crate::spellings;

/// A proof: of a true statement, only the bytes that were proved verify.
pub fn proof(data: &[u8]) -> bool {
    static VERIFIER: LazyLock<Verifier> =
        LazyLock::new(|| Verifier::new().expect("the parameters are built in"));
    let Ok(proof) = Proof::try_from(data.to_vec()) else {
        return false;
    };
    let (statement, good) = &*PROVED;
    let verdict = VERIFIER.verify(statement, &proof);
    assert_eq!(verdict.is_ok(), data == good, "no other bytes verify");
    let other = Statement {
        message: statement.scope,
        ..*statement
    };
    assert!(
        VERIFIER.verify(&other, &proof).is_err(),
        "nobody proved this"
    );
    verdict.is_ok()
}

/// An edition file.
pub fn edition(data: &[u8]) -> bool {
    let Ok(edition) = Edition::parse(data) else {
        return false;
    };
    assert_eq!(edition.to_bytes(), data);
    // Hashing the leaves is slow; a few show as much as many.
    if data.len() < 2_000 && edition.verify().is_ok() {
        let tree = edition.tree("all").expect("every edition has it");
        let tree = tree.expect("it was verified");
        for leaf in edition.leaves_of("all").expect("every edition has it") {
            assert!(tree.path(*leaf).is_some());
        }
    }
    true
}

/// A certificate of enrolment.
pub fn certificate(data: &[u8]) -> bool {
    let mut read = false;
    for data in spellings(data) {
        if let Ok(certificate) = Certificate::parse(&data) {
            assert_eq!(certificate.to_bytes().as_deref(), Ok(data.as_slice()));
            let verdict = certificate.verify_signature(&seeds::registrar().verifying_key());
            assert_eq!(verdict.is_ok(), data == seeds::certificate()[0]);
            read = true;
        }
    }
    read
}

/// What a signer shows to an inspector.
pub fn claim(data: &[u8]) -> bool {
    let mut read = false;
    for data in spellings(data) {
        if let Ok(claim) = Claim::from_slice(&data) {
            assert_eq!(claim.to_vec().ok().as_ref(), Some(&data));
            read = true;
        }
    }
    read
}

/// The registrar's list of people: what is read, written again, is read alike.
pub fn csv(data: &[u8]) -> bool {
    match parse_people(data) {
        Ok(people) => {
            let emails: BTreeSet<&str> = people.iter().map(|p| p.email.as_str()).collect();
            assert_eq!(emails.len(), people.len(), "nobody stands twice");
            assert_eq!(
                parse_people(written(&people).as_bytes()).as_ref(),
                Ok(&people)
            );
            true
        }
        Err(error) => {
            assert!(!error.0.is_empty());
            assert!(error.0.iter().all(|problem| problem.row > 0), "{error}");
            false
        }
    }
}

fn written(people: &[Person]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut csv = "name,title,email,cohorts\n".to_owned();
    for person in people {
        let cohorts: Vec<&str> = person.cohorts.iter().map(String::as_str).collect();
        let fields = [
            &person.name,
            &person.title,
            &person.email,
            &cohorts.join(";"),
        ];
        csv += &fields.map(|field| quoted(field)).join(",");
        csv.push('\n');
    }
    csv
}

/// See the module.
pub(crate) mod seeds {
    use demur_encoding::{Time, canonical, sha256};
    use demur_signon::{
        CircuitId, Element, MemberSecret, Prover, Tree,
        roster::{
            CertificateBody, CertificateKind, CertificateVersion, CertificatesHead, EditionDraft,
            Enrolled,
        },
    };
    use ed25519_dalek::SigningKey;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
    use serde_json::json;

    use super::*;

    const ORIGIN: &str = "rivers.example";

    /// A statement and its proof.
    pub(crate) static PROVED: LazyLock<(Statement, Vec<u8>)> = LazyLock::new(|| {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let secret = MemberSecret::generate(&mut rng);
        let tree = Tree::of_one(secret.leaf()).expect("one leaf");
        let path = tree.path(secret.leaf()).expect("it is there");
        let (scope, message) = (Element::from_wide(&[3; 64]), Element::from_wide(&[4; 64]));
        let prover = Prover::new().expect("the parameters are built in");
        let (statement, proof) = prover
            .prove(&secret, &path, tree.root(), scope, message, &mut rng)
            .expect("a member");
        (statement, proof.as_bytes().to_vec())
    });

    pub(crate) fn proof() -> Vec<Vec<u8>> {
        vec![PROVED.1.clone()]
    }

    pub(crate) fn edition() -> Vec<Vec<u8>> {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let field = BTreeSet::from(["field".parse().expect("a cohort's name")]);
        let members: Vec<Enrolled> = (0..7)
            .map(|n| Enrolled {
                leaf: MemberSecret::generate(&mut rng).leaf(),
                cohorts: if n < 5 {
                    field.clone()
                } else {
                    BTreeSet::new()
                },
            })
            .collect();
        let draft = EditionDraft {
            origin: ORIGIN,
            number: 1,
            published: Time::from_unix(1_800_000_000),
            members: &members,
            cohort_floor: 5,
            certificates: CertificatesHead {
                root: sha256(b"c"),
                size: 7,
            },
        };
        vec![Edition::build(&draft).expect("seven members").to_bytes()]
    }

    pub(crate) fn registrar() -> SigningKey {
        SigningKey::from_bytes(&[3; 32])
    }

    pub(crate) fn certificate() -> &'static [Vec<u8>] {
        static ONE: LazyLock<[Vec<u8>; 1]> = LazyLock::new(|| {
            let leaf = MemberSecret::generate(&mut ChaCha20Rng::seed_from_u64(1)).leaf();
            let body = CertificateBody {
                kind: CertificateKind::default(),
                v: CertificateVersion,
                origin: ORIGIN.to_owned(),
                name: "Ada".to_owned(),
                title: "Engineer".to_owned(),
                email: "ada@example.org".to_owned(),
                cohorts: BTreeSet::new(),
                leaf,
                enrolled: Time::from_unix(1_800_000_000),
                salt: sha256(b"salt"),
            };
            [body
                .sign(&registrar())
                .expect("small")
                .to_bytes()
                .expect("small")]
        });
        &*ONE
    }

    pub(crate) fn certificates() -> Vec<Vec<u8>> {
        certificate().to_vec()
    }

    pub(crate) fn claim() -> Vec<Vec<u8>> {
        let (statement, proof) = &*PROVED;
        let certificate: serde_json::Value =
            serde_json::from_slice(&certificate()[0]).expect("JSON");
        let digest = sha256(b"something");
        let claim = json!({
            "type": "claim", "v": 1, "origin": ORIGIN, "memo": digest, "version": 1,
            "content_root": digest, "nullifier": statement.nullifier, "circuit": CircuitId::current().0,
            "leaf": digest, "audience": "The Inspector General", "expires": "2027-01-01T00:00:00Z",
            "checkpoint": {"size": 3, "hash": digest},
            "proof": demur_encoding::Bytes(proof.clone()),
            "certificate": certificate,
            "inclusion": {"edition": 1, "index": 0, "path": [digest]},
        });
        vec![canonical::to_vec(&claim).expect("small")]
    }

    pub(crate) fn csv() -> Vec<Vec<u8>> {
        vec![
            b"name,title,email,cohorts\nAda,Engineer,ada@example.org,field;north\n".to_vec(),
            b"\xef\xbb\xbfEmail,cohorts,NAME,title\r\n ann@x.example ,mid-level; far ,\"Lund, \"\"A\"\"\",Clerk\r\n"
                .to_vec(),
        ]
    }
}
