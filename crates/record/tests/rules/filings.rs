//! What a filing must hold, and in which order.

use super::*;

#[test]
fn opaque_entries_have_the_profiles_size() {
    let world = founded();
    for n in [0, SLOTS - 1, SLOTS + 1] {
        let slots = vec![sha256(b"a"); n];
        let wrong = batch(&world, &[Entry::Opaque(Opaque { v: FORMAT, slots })]);
        assert!(matches!(wrong, Err(Violation::Slots { .. })));
    }
}

#[test]
fn a_filing_is_complete_and_in_order() {
    let world = drafted();
    filing(&world, |_, _| {}).unwrap();
    let fails = |change: &dyn Fn(&mut Vec<Opened>, &mut demur_record::entry::Filed)| {
        filing(&world, change).unwrap_err()
    };
    // An event left out: the count tells; a later one of the same member even before.
    let n = world.opened().len();
    assert_eq!(
        fails(&|opened, _| drop(opened.remove(n - 1))),
        Violation::Filed { what: "sign_ons" }
    );
    assert!(matches!(
        fails(&|opened, _| drop(opened.remove(1))),
        Violation::Memo { .. }
    ));
    assert!(matches!(
        fails(&|opened, _| drop(opened.remove(0))),
        Violation::OpeningFirst
    ));
    assert!(matches!(
        fails(&|opened, _| opened.clear()),
        Violation::NothingOpened(_)
    ));
    // Out of order, twice, elsewhere.
    assert!(matches!(
        fails(&|opened, _| opened.swap(n - 1, n - 2)),
        Violation::OpenedOrder(_)
    ));
    assert!(matches!(
        fails(&|opened, _| {
            let again = opened[1].clone();
            opened.insert(2, again);
        }),
        Violation::OpenedTwice(_)
    ));
    assert!(matches!(
        fails(&|opened, _| opened[1].at.slot ^= 1),
        Violation::NotAtPlace(_)
    ));
    assert!(matches!(
        fails(&|opened, _| opened[1].at.slot = 1000),
        Violation::NoPlace(_)
    ));
    assert!(matches!(
        fails(&|opened, _| opened[1].at.entry += 1),
        Violation::NoPlace(_)
    ));
    assert!(matches!(
        fails(&|opened, _| opened[1].salt = sha256(b"x")),
        Violation::NotAtPlace(_)
    ));
    // Another text than the one that stood there.
    assert!(matches!(
        fails(&|opened, _| {
            if let Event::Version(version) = &mut opened[1].event {
                version.body.counts.words += 1;
            }
        }),
        Violation::NotAtPlace(_)
    ));
    // What the filed entry says.
    assert_eq!(
        fails(&|_, filed| filed.version = 1),
        Violation::Filed { what: "version" }
    );
    assert_eq!(
        fails(&|_, filed| filed.version_hash = sha256(b"x")),
        Violation::Filed {
            what: "version_hash"
        }
    );
    assert_eq!(
        fails(&|_, filed| filed.content_root = sha256(b"x")),
        Violation::Filed {
            what: "content_root"
        }
    );
    assert_eq!(
        fails(&|_, filed| filed.versions += 1),
        Violation::Filed { what: "versions" }
    );
    assert_eq!(
        fails(&|_, filed| filed.sign_ons -= 1),
        Violation::Filed { what: "sign_ons" }
    );
    assert!(matches!(
        fails(&|_, filed| filed.memo = sha256(b"x")),
        Violation::FilingInterrupted(_)
    ));
    let approvals =
        |change: &dyn Fn(&mut demur_record::entry::Filed)| match fails(&|_, filed| change(filed)) {
            Violation::Memo { error, .. } => *error,
            other => panic!("{other:?}"),
        };
    assert!(matches!(
        approvals(&|filed| drop(filed.approvals.pop())),
        MemoError::Threshold {
            given: 1,
            needed: 2
        }
    ));
    assert!(matches!(
        approvals(&|filed| filed.approvals.swap(0, 1)),
        MemoError::ApprovalOrder
    ));
    assert!(matches!(
        approvals(&|filed| filed.approvals[1] = filed.approvals[0].clone()),
        MemoError::ApprovalOrder
    ));
    assert!(matches!(
        approvals(&|filed| filed.sealed = sha256(b"x")),
        MemoError::Approval(_)
    ));
    assert!(matches!(
        approvals(&|filed| {
            let body = ApprovalBody::Withdraw {
                memo: filed.memo,
                filed: None,
                version: filed.version,
                version_hash: filed.version_hash,
            };
            filed.approvals = world.approvals(&body);
        }),
        MemoError::Approval(_)
    ));
    assert!(matches!(
        approvals(&|filed| {
            let body = ApprovalBody::File {
                memo: filed.memo,
                version: filed.version,
                version_hash: filed.version_hash,
                sealed: filed.sealed,
            };
            filed.approvals = vec![body.approve(&key(77))];
        }),
        MemoError::NotAnAuthor(_)
    ));
    // An event of another memo, and a memo without a version.
    let mut other = drafted();
    let mut stray = other.sign_on(5, 1, Action::Sign, 1, None);
    stray.memo = sha256(b"another memo");
    other.publish_events(vec![Event::SignOn(stray)]);
    match filing(&other, |_, _| {}).unwrap_err() {
        Violation::Memo { error, .. } => assert!(matches!(*error, MemoError::OtherMemo(_))),
        other => panic!("{other:?}"),
    }
    match fails(&|opened, _| opened.truncate(1)) {
        Violation::Memo { error, .. } => assert_eq!(*error, MemoError::Empty),
        other => panic!("{other:?}"),
    }
    // Interrupted by something else.
    let mut entries: Vec<_> = vec![opaque()];
    entries.extend(world.opened().into_iter().map(Entry::Opened));
    let state = Entry::State(State {
        v: FORMAT,
        root: sha256(b""),
        memos: 0,
        profiles: 0,
        keys: 0,
        editions: 0,
        time: world.now,
        previous: None,
    });
    entries.push(state);
    assert!(matches!(
        batch(&world, &entries),
        Err(Violation::FilingInterrupted(_))
    ));
    // A second time.
    let world = filed();
    assert!(matches!(
        filing(&world, |_, _| {}),
        Err(Violation::OpenedTwice(_))
    ));
}

#[test]
fn accesses_stay_opaque() {
    let mut world = drafted();
    let access = Event::Access(Access {
        v: 1,
        memo: world.memo.unwrap(),
        account: "ada".to_owned(),
        role: "steward".to_owned(),
        file: sha256(b"file"),
        time: world.now,
    });
    world.publish_events(vec![access]);
    assert_eq!(
        filing(&world, |_, _| {}).unwrap_err(),
        Violation::AccessOpened
    );
}
