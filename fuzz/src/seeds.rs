//! Small valid inputs for each target, made by the code under test.

use std::collections::{BTreeMap, BTreeSet};

use demur_encoding::{Time, canonical, sha256};
use demur_memo::{
    Memo, Sealed,
    content::{Content, Seed, Selection},
};
use demur_record::{
    checkpoint::{Checkpoint, cosign},
    entry::{Acknowledged, Entry, Opaque, State},
    keys::{LogSigner, VerifierKey, WitnessSigner},
    policy::Policy,
    promise::{Promise, Subject},
    receipt::Receipt,
    tiles::{Tree, encode_bundle},
};
use demur_signon::{
    MemberSecret, Prover,
    roster::{
        CertificateBody, CertificateKind, CertificateVersion, CertificatesHead, Edition,
        EditionDraft, Enrolled,
    },
};
use ed25519_dalek::SigningKey;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use crate::common;

/// A paragraph that copies are held against.
pub const PARAGRAPH: &str =
    "We do not agree that the Lower Sluice can be closed without harm to the 1,200 farms below it.";

const ORIGIN: &str = "rivers.example";

const MEMO: &str = "+++
title = \"(U) On the Lower Sluice\"
date = \"2026-11-23\"

[[point]]
number = 1
marking = \"SBU\"
policy = \"To close it\"
argument = \"Paragraph 1\"
recommendation = \"Keep it\"
+++

# (U) What is wrong

(SBU) We do not agree.

- (U) first
- second

> (U) quoted
";

pub fn log() -> LogSigner {
    LogSigner::new(ORIGIN, SigningKey::from_bytes(&[1; 32])).expect("a valid name")
}

pub fn witness() -> WitnessSigner {
    WitnessSigner::new("bridge.example", SigningKey::from_bytes(&[2; 32])).expect("a valid name")
}

pub fn note() -> Vec<u8> {
    let checkpoint = Checkpoint::new(ORIGIN, 9, tree().root());
    checkpoint.sign(&log()).expect("it is this log's")
}

pub fn policy() -> Policy {
    policy_text().parse().expect("a valid policy")
}

/// The key of the bundle's channel.
pub fn channel_key() -> VerifierKey {
    let key = SigningKey::from_bytes(&[1; 32]);
    let log = LogSigner::new(common::channel::ORIGIN, key).expect("a valid name");
    log.verifier().clone()
}

fn policy_text() -> String {
    let (log, witness) = (log().verifier().clone(), witness().verifier().clone());
    format!(
        "# trust\nlog {log} https://rivers.example\nwitness w {witness}\ngroup g any w\nquorum g\n"
    )
}

fn tree() -> Tree {
    Tree::rebuild((0..9_u8).map(|n| [n]))
}

/// The same lines with a manifest that fits them.
pub fn resealed(bundle: &[u8]) -> Vec<u8> {
    let body = bundle.strip_suffix(b"\n").unwrap_or(bundle);
    let mut lines: Vec<&[u8]> = body.split(|b| *b == b'\n').collect();
    lines.pop();
    let digests: Vec<_> = lines.iter().map(|l| sha256(l)).collect();
    let all: Vec<u8> = digests.iter().flat_map(|d| *d.as_bytes()).collect();
    let manifest =
        serde_json::json!({"section": "manifest", "check": sha256(&all), "lines": digests});
    let manifest = canonical::to_vec(&manifest).expect("digests only");
    let mut out = Vec::new();
    for line in lines.into_iter().chain([manifest.as_slice()]) {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out
}

fn entries() -> Vec<Vec<u8>> {
    let state = State {
        v: 1,
        root: sha256(b""),
        memos: 0,
        profiles: 1,
        keys: 6,
        editions: 0,
        time: Time::from_unix(1_800_000_000),
        previous: None,
    };
    let opaque = Opaque {
        v: 1,
        slots: vec![sha256(b"a"), sha256(b"b")],
    };
    let acknowledged = Acknowledged {
        v: 1,
        memo: sha256(b"memo"),
        by: sha256(b"key"),
        signature: vec![7; 64].into(),
    };
    let entries = [
        Entry::State(state),
        Entry::Opaque(opaque),
        Entry::Acknowledged(acknowledged),
    ];
    entries.iter().map(|e| e.to_vec().expect("small")).collect()
}

fn edition() -> Vec<u8> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let members: Vec<Enrolled> = (0..6)
        .map(|_| Enrolled {
            leaf: MemberSecret::generate(&mut rng).leaf(),
            cohorts: BTreeSet::new(),
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
            size: 6,
        },
    };
    Edition::build(&draft).expect("six members").to_bytes()
}

fn certificate() -> Vec<u8> {
    let leaf = MemberSecret::generate(&mut ChaCha20Rng::seed_from_u64(1)).leaf();
    let body = CertificateBody {
        kind: CertificateKind::default(),
        v: CertificateVersion::default(),
        origin: ORIGIN.to_owned(),
        name: "Ada".to_owned(),
        title: "Engineer".to_owned(),
        email: "ada@example.org".to_owned(),
        cohorts: BTreeSet::new(),
        leaf,
        enrolled: Time::from_unix(1_800_000_000),
        salt: sha256(b"salt"),
    };
    let signed = body
        .sign(&SigningKey::from_bytes(&[3; 32]))
        .expect("a small certificate");
    signed.to_bytes().expect("a small certificate")
}

fn proof() -> Vec<u8> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let secret = MemberSecret::generate(&mut rng);
    let tree = demur_signon::Tree::of_one(secret.leaf()).expect("one leaf");
    let path = tree.path(secret.leaf()).expect("it is there");
    let scope = demur_signon::Element::from_wide(&[3; 64]);
    let prover = Prover::new().expect("the parameters are built in");
    let (_, proof) = prover
        .prove(&secret, &path, tree.root(), scope, scope, &mut rng)
        .expect("a member");
    proof.as_bytes().to_vec()
}

fn bundle() -> Vec<u8> {
    let mut channel = common::channel::Channel::new(1);
    channel.open();
    channel.version(1, common::channel::FIRST);
    channel.file();
    channel.bundle().to_bytes().expect("what was built")
}

/// The seeds of a target; `None` if there is no such target.
#[must_use]
pub fn of(target: &str) -> Option<Vec<Vec<u8>>> {
    let memo = || Memo::parse(MEMO, &crate::rules()).expect("a valid memo");
    let content = || Content::new(&memo(), Seed::new([9; 32]));
    let disclosed = |selection: &Selection| {
        let disclosure = content()
            .disclose(selection)
            .expect("it selects what is there");
        canonical::to_vec(&disclosure).expect("text and digests")
    };
    Some(match target {
        "memo" => vec![MEMO.into(), memo().to_text().into_bytes()],
        "sealed_envelope" => {
            let mut envelope = b"demur-sealed/1\nversion: 1\nseed: ".to_vec();
            envelope.extend_from_slice("09".repeat(32).as_bytes());
            envelope.extend_from_slice(b"\n\n");
            envelope.extend_from_slice(memo().to_text().as_bytes());
            assert!(Sealed::parse(&envelope).is_ok());
            vec![envelope]
        }
        "disclosure" => vec![
            disclosed(&Selection::whole()),
            disclosed(&Selection::nothing()),
            disclosed(&Selection::nothing().with_portion(2).with_words(1, 0..2)),
        ],
        "entry" => entries(),
        "entry_bundle" => {
            let mut bytes = vec![2];
            bytes.extend(encode_bundle(&entries()).expect("small"));
            vec![bytes]
        }
        "checkpoint" => vec![
            note(),
            Checkpoint::new(ORIGIN, 9, tree().root())
                .text()
                .into_bytes(),
        ],
        "cosignature" => {
            vec![cosign(&note(), witness().at(Time::from_unix(1_800_000_000))).expect("a note")]
        }
        "policy" => vec![policy_text().into_bytes()],
        "promise" => {
            let subject = Subject::Opaque(sha256(b"slot"));
            let by = Time::from_unix(1_800_000_000);
            let promise = Promise {
                origin: ORIGIN.to_owned(),
                subject,
                by,
            };
            vec![promise.sign(&log()).expect("it is this log's").into_bytes()]
        }
        "receipt" => {
            let receipt = Receipt {
                extra: None,
                index: 4,
                proof: tree().prove_inclusion(4, 9).expect("within"),
                checkpoint: String::from_utf8(note()).expect("text"),
            };
            vec![receipt.to_string().into_bytes()]
        }
        "proof" => vec![proof()],
        "edition" => vec![edition()],
        "certificate" => vec![certificate()],
        "bundle" => vec![bundle()],
        "profile" => {
            let shipped = demur_channel::SHIPPED.iter();
            shipped.map(|(_, text)| text.as_bytes().to_vec()).collect()
        }
        "csv" => {
            vec![b"name,title,email,cohorts\nAda,Engineer,ada@example.org,field;north\n".to_vec()]
        }
        "key_store" => {
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            let (identity, _) = demur_client::identity::Identity::new(ORIGIN, &mut rng);
            let passphrase = demur_seal::SecretString::from("a passphrase");
            let locked = demur_seal::lock(&identity, &passphrase, demur_seal::WorkFactor::FAST);
            vec![
                serde_json::to_vec(&identity).expect("JSON"),
                locked.expect("small"),
            ]
        }
        "copy" => vec![
            PARAGRAPH.into(),
            format!("> {PARAGRAPH}\n\n* one\n* two\n").into_bytes(),
            MEMO.into(),
        ],
        _ => return None,
    })
}

/// Every target and what it does.
#[must_use]
pub fn targets() -> BTreeMap<&'static str, fn(&[u8])> {
    let list: [(&str, fn(&[u8])); 18] = [
        ("memo", crate::memo),
        ("sealed_envelope", crate::sealed_envelope),
        ("disclosure", crate::disclosure),
        ("entry", crate::entry),
        ("entry_bundle", crate::entry_bundle),
        ("checkpoint", crate::checkpoint),
        ("cosignature", crate::cosignature),
        ("policy", crate::policy),
        ("promise", crate::promise),
        ("receipt", crate::receipt),
        ("proof", crate::proof),
        ("edition", crate::edition),
        ("certificate", crate::certificate),
        ("bundle", crate::bundle),
        ("profile", crate::profile),
        ("csv", crate::csv),
        ("key_store", crate::key_store),
        ("copy", crate::copy),
    ];
    BTreeMap::from(list)
}
