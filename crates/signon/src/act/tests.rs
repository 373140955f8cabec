use super::*;

fn element(n: u8) -> Element {
    Element::from_wide(&[n; 64])
}

fn digest(n: u8) -> Digest {
    Digest::new([n; 32])
}

fn shown(name: &str, root: u8) -> Option<ShownCohort<'_>> {
    let root = element(root);
    Some(ShownCohort { name, root })
}

fn base() -> SignOnContext<'static> {
    SignOnContext {
        origin: "rivers.example/dissent",
        edition_root: element(1),
        memo: digest(2),
        content_root: digest(3),
        version: 1,
        action: Action::Sign,
        seq: 1,
        checkpoint: Checkpoint {
            size: 9,
            hash: digest(4),
        },
        expires: Time::from_unix(1_795_470_610),
    }
}

#[test]
fn every_part_changes_the_message() {
    let b = base();
    let cohort = shown("field", 5);
    let note = digest(6);
    let mut contexts = vec![b.clone()];
    contexts.push(SignOnContext {
        origin: "rivers.example/dissen",
        ..b.clone()
    });
    contexts.push(SignOnContext {
        edition_root: element(2),
        ..b.clone()
    });
    contexts.push(SignOnContext {
        memo: digest(9),
        ..b.clone()
    });
    contexts.push(SignOnContext {
        content_root: digest(2),
        ..b.clone()
    });
    contexts.push(SignOnContext {
        version: 2,
        ..b.clone()
    });
    contexts.push(SignOnContext {
        action: Action::Withdraw,
        ..b.clone()
    });
    contexts.push(SignOnContext {
        action: Action::Endorse,
        ..b.clone()
    });
    contexts.push(SignOnContext {
        seq: 2,
        ..b.clone()
    });
    let checkpoint = Checkpoint {
        size: 10,
        hash: digest(4),
    };
    contexts.push(SignOnContext {
        checkpoint,
        ..b.clone()
    });
    let checkpoint = Checkpoint {
        size: 9,
        hash: digest(5),
    };
    contexts.push(SignOnContext {
        checkpoint,
        ..b.clone()
    });
    contexts.push(SignOnContext {
        expires: b.expires.plus(1),
        ..b.clone()
    });
    let mut messages: Vec<_> = contexts.iter().map(|c| c.message(cohort, note)).collect();
    messages.push(b.message(None, note));
    messages.push(b.message(shown("field", 7), note));
    messages.push(b.message(shown("fields", 5), note));
    messages.push(b.message(cohort, digest(7)));
    messages.push(b.named_message(element(1)));
    let claim = ClaimContext {
        origin: b.origin,
        edition_root: b.edition_root,
        memo: b.memo,
        content_root: b.content_root,
        version: b.version,
        audience: OFFICE,
        checkpoint: b.checkpoint,
        expires: b.expires,
    };
    messages.push(claim.message(element(1)));
    messages.push(
        ClaimContext {
            audience: "inspector",
            ..claim.clone()
        }
        .message(element(1)),
    );
    messages.push(
        ClaimContext {
            version: 2,
            ..claim
        }
        .message(element(1)),
    );
    for (i, one) in messages.iter().enumerate() {
        for (j, other) in messages.iter().enumerate().skip(i + 1) {
            assert_ne!(one, other, "{i} {j}");
        }
    }
}

#[test]
fn an_action_is_shown_as_it_is_written() {
    for (action, word) in [
        (Action::Sign, "sign"),
        (Action::Withdraw, "withdraw"),
        (Action::Endorse, "endorse"),
    ] {
        assert_eq!(
            (action.to_string(), action.as_str()),
            (word.to_owned(), word)
        );
    }
}

#[test]
fn a_month_is_shown_as_it_is_written() {
    let month: Month = "2026-11".parse().unwrap();
    assert_eq!(
        (month.to_string().as_str(), month.as_str()),
        ("2026-11", "2026-11")
    );
}

#[test]
fn a_claim_is_about_the_tree_of_one() {
    let claim = ClaimContext {
        origin: "rivers.example/dissent",
        edition_root: element(1),
        memo: digest(1),
        content_root: digest(2),
        version: 1,
        audience: OFFICE,
        checkpoint: Checkpoint {
            size: 9,
            hash: digest(5),
        },
        expires: Time::from_unix(1_800_000_000),
    };
    let (leaf, nullifier) = (element(3), element(4));
    let root = Tree::of_one(leaf).unwrap().root();
    let statement = claim.statement(leaf, nullifier).unwrap();
    assert_eq!(
        (statement.root, statement.nullifier, statement.scope),
        (root, nullifier, claim.scope())
    );
    assert_eq!(statement.message, claim.message(root));
    assert_eq!(claim.statement(Element::ZERO, nullifier), None);
}

#[test]
fn scopes_differ_by_each_part() {
    let (a, b): (Month, Month) = ("2026-11".parse().unwrap(), "2026-12".parse().unwrap());
    let scopes = [
        memo_scope("a", element(1), digest(1)),
        memo_scope("b", element(1), digest(1)),
        memo_scope("a", element(2), digest(1)),
        memo_scope("a", element(1), digest(2)),
        opening_scope("a", &a, 1),
        opening_scope("a", &a, 2),
        opening_scope("a", &b, 1),
        opening_scope("b", &a, 1),
    ];
    for (i, one) in scopes.iter().enumerate() {
        assert!(scopes[i + 1..].iter().all(|other| one != other));
    }
}

/// A member's openings of a month are bounded over all editions that the month has.
#[test]
fn an_opening_counts_once_whatever_the_edition() {
    let month: Month = "2026-11".parse().unwrap();
    let opening = |edition_root| OpeningContext {
        origin: "a",
        edition_root,
        month: &month,
        counter: 1,
        memo: digest(1),
        checkpoint: base().checkpoint,
        expires: base().expires,
    };
    let (one, other) = (opening(element(1)), opening(element(2)));
    assert_eq!(one.scope(), other.scope());
    assert_ne!(one.message(), other.message());
}

#[test]
fn named_and_anonymous_share_the_scope() {
    let b = base();
    let (leaf, nullifier) = (element(8), element(9));
    let anonymous = b.statements(nullifier, shown("field", 5), digest(6));
    let named = b.named_statement(leaf, nullifier).unwrap();
    assert_eq!(anonymous.len(), 2);
    assert_eq!(anonymous[0].root, b.edition_root);
    assert_eq!(anonymous[1].root, element(5));
    assert_eq!(anonymous[0].message, anonymous[1].message);
    assert_eq!(named.scope, anonymous[0].scope);
    assert_ne!(named.message, anonymous[0].message);
    assert_eq!(b.named_statement(Element::ZERO, nullifier), None);
}

#[test]
fn months() {
    assert_eq!(Month::of(base().expires).as_str(), "2026-11");
    for bad in ["2026-13", "2026-1", "26-11", "2026-11-01", ""] {
        assert_eq!(bad.parse::<Month>(), Err(ParseMonthError), "{bad}");
    }
}
