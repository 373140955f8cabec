//! Opening a memo, and the chain of its versions.

use super::*;

/// Begins another memo by the same member, with `counter`.
fn another(world: &mut World, counter: u32) -> Violation {
    let mut body = world.opening_body();
    (body.counter, body.salt) = (counter, sha256(b"another"));
    let opening = world.opening_of(body);
    world.memo = Some(opening.body.id().unwrap());
    (world.versions, world.events) = (Vec::new(), Vec::new());
    world.publish_events(vec![Event::Opening(opening)]);
    world.add_version();
    match filing(world, |_, _| {}) {
        Ok(_) => Violation::NoBatch,
        Err(violation) => violation,
    }
}

#[test]
fn one_opening_opens_one_memo() {
    assert!(matches!(
        another(&mut filed(), 1),
        Violation::OpeningUsed(_)
    ));
    assert_eq!(
        another(&mut filed(), 2),
        Violation::NoBatch,
        "nothing was wrong"
    );
    // A memo that was filed can't be filed from other slots either.
    let mut world = filed();
    let events: Vec<_> = world
        .events
        .iter()
        .map(|event| event.event.clone())
        .collect();
    world.events.clear();
    world.publish_events(events);
    assert!(matches!(
        filing(&world, |_, _| {}),
        Err(Violation::FiledTwice(_))
    ));
}

/// Devices hold a second version of one number against its mark, so none is filed without.
#[test]
fn a_version_is_opened_behind_its_mark_alone() {
    let mut world = founded();
    let opening = world.opening();
    let memo = opening.body.id().unwrap();
    world.memo = Some(memo);
    let version = world.version();
    world.versions.push(version.body.clone());
    let (entry, salt) = (world.replay.size(), sha256(b"salt"));
    let placed = [(0, Event::Opening(opening)), (3, Event::Version(version))];
    world.events = placed
        .into_iter()
        .map(|(slot, event)| FilingEvent {
            at: Placement::At(demur_record::entry::Place { entry, slot }),
            salt,
            event,
        })
        .collect();
    let file = |marks: &[(usize, Digest)]| {
        let Entry::Opaque(mut places) = opaque() else {
            panic!("places")
        };
        places.slots[0] = world.events[0].event.slot(salt).unwrap();
        places.slots[3] = world.events[1].event.slot(salt).unwrap();
        for (slot, mark) in marks {
            places.slots[*slot] = *mark;
        }
        let mut entries = vec![Entry::Opaque(places)];
        entries.extend(world.opened().into_iter().map(Entry::Opened));
        entries.push(Entry::Filed(world.filed_entry()));
        batch(&world, &entries).map(|_| ())
    };
    let right = mark(memo, 1);
    file(&[(2, right)]).unwrap();
    let refused = Err(Violation::Mark { memo, version: 1 });
    assert_eq!(file(&[]), refused);
    assert_eq!(file(&[(1, right), (4, right)]), refused);
    assert_eq!(file(&[(2, mark(memo, 2))]), refused);
    assert_eq!(file(&[(2, mark(sha256(b"another"), 1))]), refused);
}

#[test]
fn a_filing_opens_one_memo() {
    let mut world = drafted();
    let first = world.memo.unwrap();
    let mut body = world.opening_body();
    body.counter = 2;
    let other = world.opening_of(body);
    world.publish_events(vec![Event::Opening(other)]);
    let wrong = filing(&world, |_, _| {}).unwrap_err();
    assert_eq!(wrong, Violation::FilingInterrupted(first));
}

#[test]
fn openings_are_held_against_the_record() {
    let mut world = founded();
    let at = world.replay.pending(world.now);
    let good = world.opening();
    let open = |opening: &demur_record::event::Opening| {
        MemoLog::open(opening, at, &world.replay).map(|_| ())
    };
    open(&good).unwrap();
    let with = |change: &dyn Fn(&mut demur_record::event::Opening)| {
        let mut opening = good.clone();
        change(&mut opening);
        open(&opening).unwrap_err()
    };
    assert_eq!(with(&|o| o.v = 2), MemoError::Format(2));
    assert!(matches!(
        with(&|o| o.body.threshold = 3),
        MemoError::Version(_)
    ));
    assert!(matches!(
        with(&|o| o.body.origin = "lakes.example".to_owned()),
        MemoError::Origin(_)
    ));
    assert_eq!(with(&|o| o.body.edition.number = 2), MemoError::Edition(2));
    assert_eq!(
        with(&|o| o.body.edition.root = sha256(b"x")),
        MemoError::Edition(1)
    );
    assert!(matches!(
        with(&|o| o.body.month = "2026-10".to_owned()),
        MemoError::Month { .. }
    ));
    assert!(matches!(
        with(&|o| o.body.counter = 0),
        MemoError::Counter { .. }
    ));
    assert!(matches!(
        with(&|o| o.body.counter = 4),
        MemoError::Counter {
            counter: 4,
            most: 3
        }
    ));
    assert!(matches!(
        with(&|o| o.body.checkpoint.hash = sha256(b"x")),
        MemoError::Checkpoint(_)
    ));
    assert!(matches!(
        with(&|o| o.body.checkpoint.size += 1),
        MemoError::Checkpoint(_)
    ));
    assert!(matches!(
        with(&|o| o.expires = o.expires.plus(9999)),
        MemoError::Expiry { .. }
    ));
    // An outage that holds it up past its expiry does not make the draft unfilable.
    let mut delayed = good.clone();
    delayed.expires = Time::from_unix(at.time.unix() - 1);
    open(&delayed).unwrap();
    assert!(matches!(
        with(&|o| o.circuit = sha256(b"x")),
        MemoError::Circuit(_)
    ));
    assert_eq!(
        with(&|o| o.nullifier = Digest::new([0xff; 32])),
        MemoError::Nullifier
    );
    assert_eq!(
        with(&|o| o.proof.0.push(0)),
        MemoError::Proofs { expected: 1 }
    );
    // The checkpoint at which the edition was too young.
    let young = world.replay.batches()[1].checkpoint;
    let error =
        with(&|o| (o.body.checkpoint.size, o.body.checkpoint.hash) = (young.size, young.hash));
    assert!(matches!(
        error,
        MemoError::YoungEdition {
            age: 0,
            minimum: 600,
            ..
        }
    ));
    // The checkpoint before the edition.
    let before = world.replay.batches()[0].checkpoint;
    let error =
        with(&|o| (o.body.checkpoint.size, o.body.checkpoint.hash) = (before.size, before.hash));
    assert_eq!(error, MemoError::Edition(1));
}

#[test]
fn versions_form_one_chain() {
    let world = filed();
    let entry = |version| {
        Entry::Version(Direct {
            v: FORMAT,
            event: version,
        })
    };
    batch(&world, &[opaque(), entry(world.version())]).unwrap();
    let with = |author: u8, change: &dyn Fn(&mut demur_memo::version::VersionBody)| {
        let mut body = world.version_body();
        change(&mut body);
        match refused(&world, entry(signed(body, author))) {
            Violation::Memo { error, .. } => *error,
            other => panic!("{other:?}"),
        }
    };
    for error in [
        with(AUTHORS[0], &|body| body.number = 2),
        with(AUTHORS[0], &|body| body.number = 4),
        with(AUTHORS[0], &|body| body.previous = None),
        with(AUTHORS[0], &|body| body.previous = Some(sha256(b"sibling"))),
        with(77, &|_| {}),
    ] {
        assert!(matches!(error, MemoError::Version(_)), "{error:?}");
    }
    assert!(matches!(
        with(AUTHORS[1], &|body| body.checkpoint.size += 1),
        MemoError::Checkpoint(_)
    ));
    let mut other = world.version_body();
    other.memo = sha256(b"other");
    refuses!(
        world,
        entry(signed(other, AUTHORS[0])),
        Violation::UnknownMemo(_)
    );
}
