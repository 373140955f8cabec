use std::collections::BTreeSet;

use demur_encoding::{Bytes, Digest, Time, canonical};
use ed25519_dalek::SigningKey;

use super::*;
use crate::{Element, MemberSecret, Tree, tree::TreeError};

const ORIGIN: &str = "rivers.example/dissent";

fn leaf(n: u8) -> Element {
    MemberSecret::from_bytes([n; 32]).leaf()
}

fn name(text: &str) -> CohortName {
    text.parse().unwrap()
}

/// Twelve members, the first five in cohort `fs`, the last six in `cs`.
fn members() -> Vec<Enrolled> {
    (0..12)
        .map(|n| Enrolled {
            leaf: leaf(n),
            cohorts: [(n < 5).then(|| name("fs")), (n >= 6).then(|| name("cs"))]
                .into_iter()
                .flatten()
                .collect(),
        })
        .collect()
}

fn registrar() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn certificates() -> Vec<Certificate> {
    members()
        .into_iter()
        .zip(0..)
        .map(|(member, n)| {
            CertificateBody {
                kind: CertificateKind::Certificate,
                v: CertificateVersion,
                origin: ORIGIN.to_owned(),
                name: format!("Person {n}"),
                title: "Hydrologist".to_owned(),
                email: format!("p{n}@rivers.example"),
                cohorts: member.cohorts,
                leaf: member.leaf,
                enrolled: Time::from_unix(1_790_000_000),
                salt: Digest::new([n; 32]),
            }
            .sign(&registrar())
            .unwrap()
        })
        .collect()
}

fn build(
    members: &[Enrolled],
    floor: u32,
    certificates: CertificatesHead,
) -> Result<Edition, BuildError> {
    Edition::build(&EditionDraft {
        origin: ORIGIN,
        number: 1,
        published: Time::from_unix(1_790_000_000),
        members,
        cohort_floor: floor,
        certificates,
    })
}

fn edition() -> Edition {
    let tree = CertificateTree::new(&certificates()).unwrap();
    build(&members(), 5, tree.head()).unwrap()
}

/// The edition's file with its head changed as text.
fn with_head(edition: &Edition, change: impl Fn(String) -> String) -> Vec<u8> {
    let bytes = edition.to_bytes();
    let mut lines = bytes.splitn(3, |b| *b == b'\n');
    let (first, head, body) = (
        lines.next().unwrap(),
        lines.next().unwrap(),
        lines.next().unwrap(),
    );
    let head = change(String::from_utf8(head.to_vec()).unwrap());
    [first, b"\n", head.as_bytes(), b"\n", body].concat()
}

#[test]
fn an_edition_reads_as_it_was_written() {
    let edition = edition();
    let again = Edition::parse(&edition.to_bytes()).unwrap();
    assert_eq!(again, edition);
    again.verify().unwrap();
    assert_eq!(again.digest(), edition.digest());
    let names: Vec<_> = edition
        .head()
        .cohorts
        .iter()
        .map(|c| (c.name.as_str(), c.size))
        .collect();
    assert_eq!(names, [("all", 12), ("cs", 6), ("fs", 5)]);
    assert!(edition.contains("fs", leaf(0)) && !edition.contains("fs", leaf(7)));
    let tree = edition.tree("all").unwrap().unwrap();
    let kept = edition.clone().verify_and_keep().unwrap();
    assert_eq!(kept, edition);
    for cohort in &edition.head().cohorts {
        let name = cohort.name.as_str();
        let (anew, kept) = (edition.tree(name).unwrap(), kept.tree(name).unwrap());
        assert_eq!(anew.unwrap().root(), kept.unwrap().root());
    }
    assert_eq!(tree.root(), edition.root());
    assert!(edition.tree("nobody").is_none());
}

#[test]
fn the_order_of_members_does_not_matter() {
    let mut reversed = members();
    reversed.reverse();
    let head = edition().head().certificates;
    assert_eq!(build(&reversed, 5, head).unwrap(), edition());
    // Naming `all` for a member changes nothing.
    reversed[0].cohorts.insert(CohortName::all());
    assert_eq!(build(&reversed, 5, head).unwrap(), edition());
}

#[test]
fn the_floor_holds() {
    let head = edition().head().certificates;
    assert_eq!(cohorts_under_floor(&members(), 6), [(name("fs"), 5)]);
    let error = build(&members(), 6, head).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cohort fs has 5 members, the profile's floor is 6: leave the cohort out or wait for more members"
    );
    assert_eq!(cohorts_under_floor(&members(), 13).len(), 3);
    assert_eq!(cohorts_under_floor(&members(), 5), []);
}

#[test]
fn builds_that_are_refused() {
    let head = edition().head().certificates;
    let mut twice = members();
    twice[3].leaf = twice[4].leaf;
    assert_eq!(
        build(&twice, 5, head).unwrap_err(),
        BuildError::Tree {
            cohort: CohortName::all(),
            error: TreeError::Duplicate(leaf(4))
        }
    );
    let fewer = CertificatesHead { size: 11, ..head };
    assert_eq!(
        build(&members(), 5, fewer).unwrap_err(),
        BuildError::Edition(EditionError::Certificates {
            certificates: 11,
            leaves: 12
        })
    );
    assert!(matches!(
        build(&[], 0, head).unwrap_err(),
        BuildError::Tree {
            error: TreeError::Empty,
            ..
        }
    ));
    for origin in [
        "",
        "a b",
        "a/",
        "a+b",
        "ä",
        &"x".repeat(MAX_ORIGIN_BYTES + 1),
    ] {
        let members = members();
        let draft = EditionDraft {
            origin,
            number: 1,
            published: Time::from_unix(0),
            members: &members,
            cohort_floor: 1,
            certificates: head,
        };
        assert_eq!(
            Edition::build(&draft).unwrap_err(),
            BuildError::Edition(EditionError::Origin),
            "{origin}"
        );
    }
}

#[test]
fn every_flipped_byte_is_refused() {
    let edition = edition();
    let bytes = edition.to_bytes();
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        // A leaf may still be canonical and in order: then the root is another. A change of the
        // head that reads well changes the digest, which the record has.
        let refused = match Edition::parse(&bad) {
            Err(_) => true,
            Ok(other) => {
                assert_ne!(other.digest(), edition.digest());
                at < bytes.len() - 23 * 32 || other.verify().is_err()
            }
        };
        assert!(refused, "byte {at}");
    }
}

#[test]
fn trailing_and_missing_bytes_are_refused() {
    let bytes = edition().to_bytes();
    let mut long = bytes.clone();
    long.push(0);
    assert!(matches!(
        Edition::parse(&long),
        Err(EditionError::Length { .. })
    ));
    for n in 0..bytes.len() {
        assert!(Edition::parse(&bytes[..n]).is_err(), "{n}");
    }
    assert_eq!(
        Edition::parse(b"demur-edition/2\n"),
        Err(EditionError::FirstLine)
    );
    let endless = [&b"demur-edition/1\n"[..], &vec![b' '; MAX_HEAD_BYTES + 2]].concat();
    assert_eq!(Edition::parse(&endless), Err(EditionError::HeadTooLong));
}

#[test]
fn what_an_edition_may_have_at_most() {
    let first_line = edition().to_bytes();
    let first_line = &first_line[..=first_line.iter().position(|b| *b == b'\n').unwrap()];
    let head = |spaces: usize| {
        let bytes = [first_line, &vec![b' '; spaces][..], b"\n"].concat();
        Edition::parse(&bytes).unwrap_err()
    };
    assert!(matches!(head(MAX_HEAD_BYTES), EditionError::Head(_)));
    assert_eq!(head(MAX_HEAD_BYTES + 1), EditionError::HeadTooLong);
    // Zeroed memory that is not touched: the length is all that is looked at.
    let file = |length: usize| Edition::parse(&vec![0; length]).unwrap_err();
    assert_eq!(file(MAX_EDITION_BYTES), EditionError::FirstLine);
    assert_eq!(
        file(MAX_EDITION_BYTES + 1),
        EditionError::TooLong(MAX_EDITION_BYTES + 1)
    );
    let cohorts = |count: usize| {
        let bytes = with_head(&edition(), |text| {
            let mut head: EditionHead = serde_json::from_str(&text).unwrap();
            let all = head.all().unwrap().clone();
            head.cohorts = (1..count)
                .map(|n| CohortHead {
                    name: name(&format!("c{n:03}")),
                    ..all.clone()
                })
                .collect();
            head.cohorts.insert(0, all);
            String::from_utf8(canonical::to_vec(&head).unwrap()).unwrap()
        });
        Edition::parse(&bytes).unwrap_err()
    };
    assert!(matches!(cohorts(MAX_COHORTS), EditionError::Length { .. }));
    assert_eq!(
        cohorts(MAX_COHORTS + 1),
        EditionError::TooManyCohorts(MAX_COHORTS + 1)
    );
}

#[test]
fn heads_that_are_refused() {
    let edition = edition();
    let parse = |from: &str, to: &str| {
        let bytes = with_head(&edition, |head| {
            assert!(head.contains(from), "{head}");
            head.replacen(from, to, 1)
        });
        Edition::parse(&bytes).unwrap_err()
    };
    assert!(matches!(parse("{", "{ "), EditionError::Head(_)));
    assert_eq!(
        parse("\"name\":\"cs\"", "\"name\":\"zs\""),
        EditionError::CohortOrder(name("fs"))
    );
    assert_eq!(
        parse("\"name\":\"cs\"", "\"name\":\"fs\""),
        EditionError::CohortOrder(name("fs"))
    );
    assert_eq!(
        parse("\"name\":\"all\"", "\"name\":\"alk\""),
        EditionError::NoAll
    );
    assert_eq!(parse("\"number\":1", "\"number\":0"), EditionError::Number);
    // Huge sizes are refused before anything is set aside for them.
    let bytes = with_head(&edition, |head| {
        head.replace("\"size\":5", "\"size\":9007199254740991")
    });
    assert!(matches!(
        Edition::parse(&bytes),
        Err(EditionError::CohortSize { .. })
    ));
    let bytes = with_head(&edition, |head| {
        head.replace("\"size\":5", "\"size\":1048576")
    });
    assert!(matches!(
        Edition::parse(&bytes),
        Err(EditionError::Length { .. })
    ));
}

#[test]
fn leaves_that_are_refused() {
    let edition = edition();
    let bytes = edition.to_bytes();
    let start = bytes.len() - 23 * 32;
    let place = |n: usize| start + n * 32..start + (n + 1) * 32;
    // Two leaves exchanged.
    let mut bad = bytes.clone();
    bad[place(0)].copy_from_slice(&bytes[place(1)]);
    bad[place(1)].copy_from_slice(&bytes[place(0)]);
    assert!(matches!(
        Edition::parse(&bad),
        Err(EditionError::Tree {
            error: TreeError::NotSorted(1),
            ..
        })
    ));
    // The same leaf twice.
    let mut bad = bytes.clone();
    bad[place(1)].copy_from_slice(&bytes[place(0)]);
    assert!(matches!(
        Edition::parse(&bad),
        Err(EditionError::Tree {
            error: TreeError::Duplicate(_),
            ..
        })
    ));
    // Not canonical.
    let mut bad = bytes.clone();
    bad[place(11)].fill(0xff);
    assert_eq!(
        Edition::parse(&bad),
        Err(EditionError::Leaf {
            cohort: CohortName::all(),
            index: 11
        })
    );
    // In cohort `fs` but not in `all`: the last, which stays in order.
    let stranger = (100..)
        .map(leaf)
        .find(|l| *l > edition.leaves_of("fs").unwrap()[3])
        .unwrap();
    let mut bad = bytes.clone();
    bad[place(22)].copy_from_slice(&stranger.to_bytes());
    assert_eq!(
        Edition::parse(&bad),
        Err(EditionError::NotInAll {
            cohort: name("fs"),
            leaf: stranger
        })
    );
    // Another root.
    let root = edition.head().cohort("fs").unwrap().root.to_string();
    let with_root =
        |other: Element| with_head(&edition, |head| head.replace(&root, &other.to_string()));
    let bytes = with_root(leaf(0));
    let other = Edition::parse(&bytes).unwrap();
    assert!(matches!(other.verify(), Err(EditionError::Root { .. })));
    assert!(matches!(
        other.tree("fs"),
        Some(Err(EditionError::Root { .. }))
    ));
    assert!(matches!(other.tree("all"), Some(Ok(_))));
    assert!(other.clone().verify_and_keep().is_err());
}

#[test]
fn plain_text() {
    for plain in ["", "Łucja Ó Briain-Šimić", "佐藤", "דנה", "a b"] {
        assert!(is_plain(plain), "{plain}");
    }
    for bad in [
        "a\nb",
        "a\u{7f}",
        "\u{202e}nnA",
        "a\u{202a}",
        "a\u{2066}",
        "a\u{2069}",
        "a\u{200b}b",
        "a\u{200f}",
        "\u{feff}a",
    ] {
        assert!(!is_plain(bad), "{bad:?}");
        let mut body = certificates()[0].body.clone();
        body.title = bad.to_owned();
        let error = body.sign(&registrar()).unwrap_err();
        assert_eq!(error, CertificateError::Text("title"), "{bad:?}");
    }
}

/// They have one root; an act's message binds the name, so that a proof for one is none for the other.
#[test]
fn cohorts_may_have_the_same_members() {
    let mut twins = members();
    for member in &mut twins {
        if member.cohorts.contains(&name("fs")) {
            member.cohorts.insert(name("fs-again"));
        }
    }
    let head = edition().head().certificates;
    let edition = build(&twins, 5, head).unwrap();
    let root = |cohort: &str| edition.head().cohort(cohort).unwrap().root;
    assert_eq!(root("fs"), root("fs-again"));
    let read = Edition::parse(&edition.to_bytes()).unwrap();
    read.verify().unwrap();
    assert_eq!(read, edition);
}

#[test]
fn cohort_names() {
    for good in ["all", "a", "foreign-service-2", &"x".repeat(64)] {
        assert_eq!(name(good).as_str(), good);
        assert_eq!(name(good).is_all(), good == "all");
    }
    for bad in ["", "A", "a b", "a_b", "ä", &"x".repeat(65)] {
        assert!(bad.parse::<CohortName>().is_err(), "{bad}");
    }
}

#[test]
fn certificates_count_with_their_inclusion_only() {
    let (edition, certificates) = (edition(), certificates());
    let tree = CertificateTree::new(&certificates).unwrap();
    let key = registrar().verifying_key();
    let mut shuffled = certificates.clone();
    shuffled.rotate_left(5);
    assert_eq!(CertificateTree::new(&shuffled).unwrap().head(), tree.head());
    for certificate in &certificates {
        let bytes = certificate.to_bytes().unwrap();
        assert_eq!(&Certificate::parse(&bytes).unwrap(), certificate);
        let proof = tree.prove(1, certificate.body.leaf).unwrap();
        verify_certificate(certificate, &proof, edition.head(), &key).unwrap();
        let json = canonical::to_vec(&proof).unwrap();
        assert_eq!(
            canonical::from_slice::<CertificateInclusion>(&json).unwrap(),
            proof
        );
    }
    let (one, other) = (&certificates[0], &certificates[1]);
    let proof = tree.prove(1, one.body.leaf).unwrap();
    let check = |c: &Certificate, p: &CertificateInclusion| {
        verify_certificate(c, p, edition.head(), &key).unwrap_err()
    };
    assert!(matches!(
        check(other, &proof),
        CertificateError::NotIncluded(_)
    ));
    // Signed by the registrar for the occasion, in a colleague's place: not in the tree.
    let forged = CertificateBody {
        leaf: leaf(40),
        ..one.body.clone()
    }
    .sign(&registrar())
    .unwrap();
    assert!(matches!(
        check(&forged, &proof),
        CertificateError::NotIncluded(_)
    ));
    // Signed by somebody else.
    let foreign = one
        .body
        .clone()
        .sign(&SigningKey::from_bytes(&[8; 32]))
        .unwrap();
    assert!(matches!(
        check(&foreign, &proof),
        CertificateError::Signature(_)
    ));
    let mut renamed = one.clone();
    renamed.body.name = "Person 1".to_owned();
    assert!(matches!(
        check(&renamed, &proof),
        CertificateError::Signature(_)
    ));
    let mut short = one.clone();
    short.signature = Bytes(vec![0; 63]);
    assert!(matches!(
        check(&short, &proof),
        CertificateError::Signature(_)
    ));
    let elsewhere = CertificateBody {
        origin: "other.example".to_owned(),
        ..one.body.clone()
    }
    .sign(&registrar())
    .unwrap();
    assert!(matches!(
        check(&elsewhere, &proof),
        CertificateError::Origin { .. }
    ));
    let mut later = proof.clone();
    later.edition = 2;
    assert!(matches!(
        check(one, &later),
        CertificateError::Edition { .. }
    ));
    let mut moved = proof.clone();
    moved.index ^= 1;
    assert!(matches!(
        check(one, &moved),
        CertificateError::NotIncluded(_)
    ));
    let mut long = proof.clone();
    long.path = vec![Digest::new([0; 32]); 10_000];
    assert!(matches!(
        check(one, &long),
        CertificateError::NotIncluded(_)
    ));
    let twice = [one.clone(), one.clone()];
    assert!(matches!(
        CertificateTree::new(&twice),
        Err(CertificateError::Duplicate(_))
    ));
}

#[test]
fn certificates_that_are_refused() {
    let body = certificates()[0].body.clone();
    let long = "x".repeat(MAX_CERTIFICATE_TEXT + 1);
    for bad in [
        CertificateBody {
            name: String::new(),
            ..body.clone()
        },
        CertificateBody {
            name: "a\nb".to_owned(),
            ..body.clone()
        },
        CertificateBody {
            title: long.clone(),
            ..body.clone()
        },
        CertificateBody {
            email: long,
            ..body.clone()
        },
        CertificateBody {
            origin: "a b".to_owned(),
            ..body.clone()
        },
    ] {
        assert!(matches!(
            bad.sign(&registrar()),
            Err(CertificateError::Text(_))
        ));
    }
    let cohorts: BTreeSet<_> = (0..=MAX_COHORTS).map(|n| name(&format!("c{n}"))).collect();
    let many = CertificateBody {
        cohorts,
        ..body.clone()
    };
    assert!(matches!(
        many.sign(&registrar()),
        Err(CertificateError::TooManyCohorts(_))
    ));
    // The bounds themselves are within.
    let most: BTreeSet<_> = (0..MAX_COHORTS).map(|n| name(&format!("c{n}"))).collect();
    let text = "ä".repeat(MAX_CERTIFICATE_TEXT);
    let full = CertificateBody {
        cohorts: most,
        name: text.clone(),
        title: text.clone(),
        email: text,
        ..body.clone()
    };
    let bytes = full.sign(&registrar()).unwrap().to_bytes().unwrap();
    Certificate::parse(&bytes).unwrap();
    let text = String::from_utf8(body.sign(&registrar()).unwrap().to_bytes().unwrap()).unwrap();
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("\"certificate\"", "\"certificatf\""),
        ("{", "{\"a\":1,"),
        ("{", " {"),
    ] {
        let bad = text.replacen(from, to, 1);
        assert!(Certificate::parse(bad.as_bytes()).is_err(), "{bad}");
    }
    assert!(matches!(
        Certificate::parse(&vec![b' '; MAX_CERTIFICATE_BYTES + 1]),
        Err(CertificateError::TooLong(_))
    ));
    assert!(matches!(
        Certificate::parse(&vec![b' '; MAX_CERTIFICATE_BYTES]),
        Err(CertificateError::Canonical(_))
    ));
    let later = Certificate::parse(text.replacen("\"v\":1", "\"v\":2", 1).as_bytes());
    let told = later.unwrap_err().to_string();
    assert!(told.contains("a certificate of version 2"), "{told}");
}

#[test]
fn a_tree_of_one_is_not_a_cohort() {
    let edition = edition();
    let alone = Tree::of_one(leaf(0)).unwrap().root();
    assert!(edition.head().cohorts.iter().all(|c| c.root != alone));
}
