//! Openings, versions, chains, approvals and sealed envelopes.

use demur_encoding::{Bytes, Digest, canonical};
use demur_memo::{
    MAX_AUTHORS, MAX_POINTS, MAX_SEALED, MAX_TO, Memo, Sealed, SealedError,
    content::{Content, Counts, Seed, Selection},
    marking::Rules,
    version::{
        Author, Chain, CheckpointRef, EditionRef, OpeningBody, SignedVersion, VersionBody,
        VersionError,
    },
};
use ed25519_dalek::SigningKey;

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

fn digest(n: u8) -> Digest {
    Digest::new([n; 32])
}

fn public(key: &SigningKey) -> Digest {
    Digest::new(key.verifying_key().to_bytes())
}

/// Opened by the keys 1, 2 and 3, of whom two must agree.
fn opening() -> OpeningBody {
    let author = |n: u8| Author {
        sign: public(&key(n)),
        seal: format!("age1author{n}"),
    };
    OpeningBody {
        origin: "rivers.example/dissent".to_owned(),
        edition: EditionRef {
            number: 1,
            root: digest(20),
        },
        authors: (1..=3).map(author).collect(),
        threshold: 2,
        month: "2026-11".to_owned(),
        counter: 0,
        salt: digest(21),
        checkpoint: CheckpointRef {
            size: 10,
            hash: digest(22),
        },
    }
}

fn body(number: u32, previous: Option<Digest>) -> VersionBody {
    VersionBody {
        memo: opening().id().unwrap(),
        number,
        previous,
        content_root: digest(100 + u8::try_from(number).unwrap()),
        counts: Counts {
            portions: 2,
            words: 9,
        },
        sealed: digest(31),
        access: digest(32),
        checkpoint: CheckpointRef {
            size: 11,
            hash: digest(33),
        },
    }
}

#[test]
fn an_identifier_binds_every_field() {
    let id = opening().id().unwrap();
    let changes: [fn(&mut OpeningBody); 10] = [
        |o| o.origin.push('x'),
        |o| o.edition.number = 2,
        |o| o.edition.root = digest(99),
        |o| o.authors.swap(0, 1),
        |o| o.authors[0].seal.push('x'),
        |o| o.threshold = 1,
        |o| o.month = "2026-12".to_owned(),
        |o| o.counter = 1,
        |o| o.salt = digest(99),
        |o| o.checkpoint.size = 9,
    ];
    for change in changes {
        let mut other = opening();
        change(&mut other);
        assert_ne!(other.id().unwrap(), id);
    }
}

#[test]
fn an_opening_is_checked() {
    assert_eq!(opening().check(), Ok(()));
    let changes: [fn(&mut OpeningBody); 14] = [
        |o| o.authors[1].seal = "age1".to_owned(),
        |o| o.authors[1].seal = "age1X".to_owned(),
        |o| o.origin.clear(),
        |o| o.origin = "a b".to_owned(),
        |o| o.origin = "a".repeat(256),
        |o| o.edition.number = 0,
        |o| o.authors.clear(),
        |o| o.authors[1].sign = o.authors[0].sign,
        |o| o.authors[1].seal = "ssh-rsa x".to_owned(),
        |o| {
            o.authors = (0..33)
                .map(|n| Author {
                    sign: digest(n),
                    seal: "age1x".to_owned(),
                })
                .collect();
        },
        |o| o.threshold = 0,
        |o| o.threshold = 4,
        |o| o.month = "2026-13".to_owned(),
        |o| o.month = "2026-1".to_owned(),
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut other = opening();
        change(&mut other);
        assert!(other.check().is_err(), "change {i}");
        assert!(Chain::new(other).is_err(), "change {i}");
    }
}

#[test]
fn what_was_verified_before_is_held_to_all_else() {
    let versions: Vec<VersionBody> = {
        let first = body(1, None);
        let second = body(2, Some(first.hash().unwrap()));
        let third = body(3, Some(second.hash().unwrap()));
        vec![first, second, third]
    };
    let (mut verified, mut signed) = (
        Chain::new(opening()).unwrap(),
        Chain::new(opening()).unwrap(),
    );
    for version in &versions {
        let changes: [fn(&mut VersionBody); 5] = [
            |v| v.memo = digest(98),
            |v| v.number += 1,
            |v| v.number -= 1,
            |v| v.previous = Some(digest(97)),
            |v| v.content_root = body(1, None).content_root,
        ];
        // The first one's root is taken from the second version on.
        let changes = &changes[..if version.number == 1 { 4 } else { 5 }];
        for change in changes {
            let mut other = version.clone();
            change(&mut other);
            let error = verified.push_verified(&other).unwrap_err();
            assert_eq!(signed.push(&other.sign(&key(1)).unwrap()), Err(error));
        }
        let hash = verified.push_verified(version).unwrap();
        assert_eq!(
            signed.push(&version.clone().sign(&key(1)).unwrap()),
            Ok(hash)
        );
    }
    assert_eq!(verified.links(), signed.links());
    // The next one is verified, whatever came before.
    let next = body(4, verified.latest().map(|link| link.hash));
    let mut forged = next.clone().sign(&key(1)).unwrap();
    forged.signature.0[9] ^= 1;
    assert!(matches!(
        verified.push(&forged),
        Err(VersionError::Signature(_))
    ));
    verified.push(&next.sign(&key(1)).unwrap()).unwrap();
}

#[test]
fn one_chain_without_siblings() {
    let mut chain = Chain::new(opening()).unwrap();
    let first = body(1, None).sign(&key(1)).unwrap();
    let first_hash = chain.push(&first).unwrap();
    // Another author may amend.
    let second = body(2, Some(first_hash)).sign(&key(2)).unwrap();
    let sibling = VersionBody {
        content_root: digest(40),
        ..body(2, Some(first_hash))
    };
    let sibling = sibling.sign(&key(3)).unwrap();
    let second_hash = chain.push(&second).unwrap();
    assert_eq!(
        chain.push(&sibling),
        Err(VersionError::Number {
            found: 2,
            expected: 3
        })
    );
    assert_eq!(
        chain.push(&second),
        Err(VersionError::Number {
            found: 2,
            expected: 3
        })
    );
    let stale = body(3, Some(first_hash)).sign(&key(1)).unwrap();
    assert_eq!(chain.push(&stale), Err(VersionError::Sibling { number: 3 }));
    let rootless = body(3, None).sign(&key(1)).unwrap();
    assert_eq!(
        chain.push(&rootless),
        Err(VersionError::Sibling { number: 3 })
    );
    // A sign-on names its version by the content root: none stands twice, next to each other or not.
    for earlier in [1, 2] {
        let repeated = VersionBody {
            content_root: body(earlier, None).content_root,
            ..body(3, Some(second_hash))
        };
        assert_eq!(
            chain.push(&repeated.sign(&key(1)).unwrap()),
            Err(VersionError::Repeated { number: 3, earlier })
        );
    }
    assert_eq!(chain.latest().map(|l| l.hash), Some(second_hash));
    assert_eq!(chain.links().len(), 2);

    let mut empty = Chain::new(opening()).unwrap();
    for bad in [body(0, None), body(2, None), body(1, Some(first_hash))] {
        assert!(empty.push(&bad.sign(&key(1)).unwrap()).is_err());
    }
}

#[test]
fn a_version_is_an_authors_and_unchanged() {
    let version = body(1, None).sign(&key(1)).unwrap();
    assert_eq!(
        version.verify(&opening()),
        Ok(body(1, None).hash().unwrap())
    );
    let stranger = body(1, None).sign(&key(9)).unwrap();
    assert_eq!(
        stranger.verify(&opening()),
        Err(VersionError::NotAnAuthor(public(&key(9))))
    );
    let changes: [fn(&mut SignedVersion); 10] = [
        |v| v.body.memo = digest(1),
        |v| v.body.number = 2,
        |v| v.body.previous = Some(digest(1)),
        |v| v.body.content_root = digest(1),
        |v| v.body.counts.words = 1,
        |v| v.body.sealed = digest(1),
        |v| v.body.access = digest(1),
        |v| v.body.checkpoint.size = 1,
        |v| v.author = public(&key(2)),
        |v| v.signature = Bytes(vec![0; 64]),
    ];
    for change in changes {
        let mut other = version.clone();
        change(&mut other);
        assert!(other.verify(&opening()).is_err());
    }
    for length in [0, 63, 65] {
        let mut signature = version.signature.0.clone();
        signature.resize(length, 0);
        let other = SignedVersion {
            signature: Bytes(signature),
            ..version.clone()
        };
        assert!(other.verify(&opening()).is_err());
    }
    let json = canonical::to_vec(&version).unwrap();
    assert_eq!(
        canonical::from_slice::<SignedVersion>(&json).unwrap(),
        version
    );
    let extra = String::from_utf8(json)
        .unwrap()
        .replacen('{', "{\"a\":1,", 1);
    assert!(canonical::from_slice::<SignedVersion>(extra.as_bytes()).is_err());
}

/// With the identity point as key, `R = identity`, `s = 0` verifies over everything unless
/// verification is strict.
#[test]
fn a_key_of_small_order_is_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut opening = opening();
    opening.authors[0].sign = Digest::new(identity);
    let signature = [identity, [0; 32]].concat();
    let memo = opening.id().unwrap();
    let version = SignedVersion {
        body: VersionBody {
            memo,
            ..body(1, None)
        },
        author: Digest::new(identity),
        signature: Bytes(signature),
    };
    assert_eq!(
        version.verify(&opening),
        Err(VersionError::Signature(version.author))
    );
}

#[test]
fn the_head_lists_the_openings_authors() {
    let rules = Rules::new("state", "SBU", &[] as &[&str], "refuse").unwrap();
    let memo = Memo::parse("+++\ntitle = \"(U) T\"\n+++\n(U) x", &rules).unwrap();
    let opening = opening();
    assert!(opening.check_head(memo.head()).is_err());
    let keys: Vec<_> = opening.authors.iter().map(|a| a.sign).collect();
    let listed = memo.clone().with_authors(keys.clone(), 2).unwrap();
    assert_eq!(opening.check_head(listed.head()), Ok(()));
    let other = memo.clone().with_authors(keys.clone(), 1).unwrap();
    assert!(opening.check_head(other.head()).is_err());
    let fewer = memo.with_authors(keys[..2].to_vec(), 2).unwrap();
    assert!(opening.check_head(fewer.head()).is_err());
}

#[test]
fn an_envelope_is_read_as_written_and_held_against_the_root() {
    let rules = Rules::new("state", "SBU", &[] as &[&str], "refuse").unwrap();
    let memo = Memo::parse(
        "+++\ntitle = \"(U) T\"\n+++\n(SBU) The ferry stays.",
        &rules,
    )
    .unwrap();
    let seed = Seed::new([7; 32]);
    let content = Content::new(&memo, seed.clone());
    let sealed = Sealed::new(3, seed, &memo);
    let bytes = sealed.to_bytes();
    assert!(
        bytes.starts_with(
            format!(
                "demur-sealed/1\nversion: 3\nseed: {}\n\n+++\n",
                "07".repeat(32)
            )
            .as_bytes()
        )
    );
    let read = Sealed::parse(&bytes).unwrap();
    assert_eq!(*read.to_bytes(), *bytes);
    assert_eq!((read.version(), read.text()), (3, memo.to_text().as_str()));
    let (root, counts) = (content.root(), content.counts());
    let (same, opened) = read.open(&rules, 3, root, counts).unwrap();
    assert_eq!((same, opened.root()), (memo, root));
    let check = |n, root, counts| read.open(&rules, n, root, counts).map(|_| ()).unwrap_err();
    assert_eq!(
        check(2, root, counts),
        SealedError::Version {
            found: 3,
            signed: 2
        }
    );
    assert_eq!(check(3, digest(1), counts), SealedError::Root);
    assert_eq!(
        check(3, root, Counts { words: 4, ..counts }),
        SealedError::Root
    );
    let altered = String::from_utf8(bytes.to_vec())
        .unwrap()
        .replace("stays", "goes");
    let altered = Sealed::parse(altered.as_bytes()).unwrap();
    assert_eq!(
        altered.open(&rules, 3, root, counts).map(|_| ()),
        Err(SealedError::Root)
    );

    // Nothing secret is shown, and what was meant to be is.
    let debug = format!("{sealed:?} {:?} {content:?}", sealed.seed());
    for shown in ["Sealed { version: 3, .. }", "Seed(…)", "Content { root: "] {
        assert!(debug.contains(shown), "{debug}");
    }
    assert!(
        !debug.contains("0707") && !debug.contains("ferry") && !debug.contains("7, 7"),
        "{debug}"
    );

    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let filled = format!("{text}{}", " ".repeat(MAX_SEALED - text.len()));
    assert!(Sealed::parse(filled.as_bytes()).is_ok());
    for longer in [format!("{filled} "), format!("{filled}  ")] {
        let refused = Sealed::parse(longer.as_bytes()).map(|_| ());
        assert_eq!(refused, Err(SealedError::TooLong));
    }
    for bad in [
        String::new(),
        text.replace("sealed/1", "sealed/2"),
        text.replace("version: 3", "version: 0"),
        text.replace("version: 3", "version: 03"),
        text.replace("version: 3", "version: +3"),
        text.replace("seed: 07", "seed: 0G"),
        text.replace("seed: 07", "seed: "),
        text.replace("\n\n+++", "\n+++"),
        text.replace('\n', "\r\n"),
    ] {
        assert!(Sealed::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

/// A memo whose head has all that a head may have is disclosed as any other.
#[test]
fn the_fullest_head_is_disclosed() {
    let list = |n: usize, item: &dyn Fn(usize) -> String| {
        (0..n)
            .map(|i| format!("\"{}\"", item(i)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let points: String = (1..=MAX_POINTS)
        .map(|n| {
            format!(
                "\n[[point]]\nnumber = {n}\nmarking = \"U\"\npolicy = \"p\"\nargument = \"a\"\nrecommendation = \"r\"\n"
            )
        })
        .collect();
    let text = format!(
        "+++\ntitle = \"(U) T\"\nto = [{}]\ndate = \"2026-11-23\"\nauthors = [{}]\nthreshold = 1\n{points}+++\n\n(U) x\n",
        list(MAX_TO, &|i| format!("Office {i}")),
        list(MAX_AUTHORS, &|i| format!("{i:064x}")),
    );
    let rules = Rules::new("state", "SBU", &[] as &[&str], "refuse").unwrap();
    let content = Content::new(&Memo::parse(&text, &rules).unwrap(), Seed::new([7; 32]));
    for selection in [Selection::whole(), Selection::nothing().with_head()] {
        let disclosure = content.disclose(&selection).unwrap();
        let shown = disclosure.open(content.root(), content.counts()).unwrap();
        assert_eq!(
            shown.head().len(),
            3 + MAX_TO + MAX_AUTHORS + 3 * MAX_POINTS
        );
    }
}
