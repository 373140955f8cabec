//! What comes after filing, in the order of a case.

use super::*;

#[test]
fn late_sign_ons_and_amendments_end() {
    let mut world = filed();
    let memo = world.memo.unwrap();
    let until = world
        .replay
        .memo(memo)
        .unwrap()
        .case_by_log()
        .sign_on_until();
    world.now = until;
    world.publish(vec![]);
    world.now = until;
    let sign = |world: &mut World| act(world.sign_on(3, 2, Action::Sign, 1, None));
    let late = sign(&mut world);
    batch(&world, &[opaque(), late]).unwrap();
    world.now = until.plus(1);
    let late = sign(&mut world);
    refuses!(
        world,
        late,
        Violation::TooLate {
            what: "sign-on",
            ..
        }
    );
    // Nothing more after the authors took it back.
    let mut world = filed();
    let withdrawn = world.withdrawn();
    world.publish(vec![Entry::Withdrawn(withdrawn)]);
    let late = sign(&mut world);
    refuses!(
        world,
        late,
        Violation::TooLate {
            what: "sign-on",
            ..
        }
    );
    let version = Entry::Version(Direct {
        v: FORMAT,
        event: world.version(),
    });
    refuses!(
        world,
        version,
        Violation::TooLate {
            what: "version",
            ..
        }
    );
    refuses!(world, world.acknowledged(), Violation::Order { .. });
}

#[test]
fn steps_come_in_the_order_of_a_case() {
    let mut world = filed();
    let memo = world.memo.unwrap();
    let returned = |reason: &str| {
        Entry::Returned(Returned {
            v: FORMAT,
            memo,
            reason: reason.to_owned(),
            text: sha256(b"letter"),
            by: public(OFFICE),
            signature: Bytes::default(),
        })
        .sign(&key(OFFICE))
        .unwrap()
    };
    let too_early = Entry::Rejoined(world.rejoined(sha256(b"a response")));
    for early in [
        world.distributed(),
        world.responded(),
        returned("personnel"),
        too_early,
    ] {
        refuses!(world, early, Violation::Order { .. });
    }
    let Entry::Acknowledged(by_steward) = world.acknowledged() else {
        panic!()
    };
    let by_steward = Entry::Acknowledged(by_steward).sign(&key(STEWARD)).unwrap();
    refuses!(world, by_steward, Violation::Authority { .. });
    let acknowledged = world.acknowledged();
    world.publish(vec![acknowledged.clone()]);
    refuses!(world, acknowledged, Violation::Order { .. });
    refuses!(world, returned("weather"), Violation::Reason(_));
    batch(&world, &[opaque(), returned("personnel")]).unwrap();
    for to in [
        &[][..],
        &["minister", "inspector"],
        &["minister", "minister"],
        &["king"],
        &["permanent-secretary"],
    ] {
        refuses!(world, world.distributed_to(to), Violation::Distribution(_));
    }
    let distributed = world.distributed_to(&["minister"]);
    world.publish(vec![distributed]);
    refuses!(world, returned("personnel"), Violation::Order { .. });
    let Entry::Responded(mut empty) = world.responded() else {
        panic!()
    };
    empty.points = 0;
    refuses!(
        world,
        Entry::Responded(empty).sign(&key(OFFICE)).unwrap(),
        Violation::Field(_)
    );
    let responded = world.responded();
    world.publish(vec![responded]);
    let rejoined = world.rejoined(world.leaf_of(Step::Responded));
    let alone = Entry::Rejoined(Rejoined {
        approvals: rejoined.approvals[..1].to_vec(),
        ..rejoined.clone()
    });
    refuses!(world, alone, Violation::Memo { .. });
    let released = world.released(b"bundle");
    let other = Entry::Released(Released {
        bundle: sha256(b"x"),
        ..released.clone()
    });
    refuses!(world, other, Violation::Memo { .. });
    world.publish(vec![Entry::Rejoined(rejoined), Entry::Released(released)]);
    assert_eq!(world.replay.memo(memo).unwrap().released().len(), 1);
    assert_eq!(
        world.replay.memo(memo).unwrap().state().step,
        Step::Rejoined
    );
    let unknown = Entry::Withdrawn(Withdrawn {
        memo: sha256(b"x"),
        ..world.withdrawn()
    });
    refuses!(world, unknown, Violation::UnknownMemo(_));
}

#[test]
fn each_act_is_judged_by_the_profile_of_its_time() {
    let mut world = drafted();
    let text = profile_text().replace("version = 1", "version = 2");
    let text = text.replace("quiet_period_seconds = 600", "quiet_period_seconds = 6000");
    let text = text.replace(&format!("opaque_slots = {SLOTS}"), "opaque_slots = 3");
    world.publish(vec![Entry::Profile(Profile {
        v: FORMAT,
        version: 2,
        text,
    })]);
    // The acts before filing had stood long enough by the profile of their time.
    world.file();
    let memo = world.replay.memo(world.memo.unwrap()).unwrap();
    assert_eq!(memo.profile().version, 2);
    let late = world.sign_on(3, 2, Action::Sign, 1, None);
    match world.replay.admit(&bytes(&act(late)), world.now) {
        Err(Violation::Memo { error, .. }) => {
            assert!(matches!(*error, MemoError::Quiet { quiet: 6000, .. }));
        }
        other => panic!("{other:?}"),
    }
    let first = usize::try_from(world.replay.batches().last().unwrap().first).unwrap();
    assert!(matches!(
        Entry::from_slice(&world.entries[first]),
        Ok(Entry::Opaque(opaque)) if opaque.slots.len() == 3
    ));
}

/// What the record tells of its profiles and its software, and when each began.
#[test]
fn profiles_and_software_are_found_by_where_they_stand() {
    let mut world = founded();
    let software = |version: &str| {
        Entry::Software(Software {
            v: FORMAT,
            name: "demur".to_owned(),
            version: version.to_owned(),
            digest: sha256(version.as_bytes()),
        })
    };
    world.publish(vec![software("2")]);
    let served = world.replay.served();
    let versions: Vec<_> = served.iter().map(|(_, s)| s.version.as_str()).collect();
    assert_eq!(versions, ["0.1.0", "2"]);
    for (entry, software) in served {
        let bytes = &world.entries[usize::try_from(*entry).unwrap()];
        assert_eq!(*bytes, self::bytes(&Entry::Software(software.clone())));
    }
    let newest = world.replay.software();
    assert_eq!((newest.len(), newest["demur"].version.as_str()), (1, "2"));
    // The profile stands in the first entry: the record had none before it.
    assert!(world.replay.profile_at(0).is_none());
    assert_eq!(world.replay.profile_at(1).unwrap().version, 1);
    let second = world.tree.size() + 1;
    world.publish(vec![Entry::Profile(Profile {
        v: FORMAT,
        version: 2,
        text: profile_text().replace("version = 1", "version = 2"),
    })]);
    assert_eq!(world.replay.profile_at(second).unwrap().version, 1);
    assert_eq!(world.replay.profile_at(second + 1).unwrap().version, 2);
}

/// A memo is told the attestation of its own edition.
#[test]
fn another_edition_s_attestation_is_not_a_memo_s() {
    let mut world = filed();
    let of = |world: &World| {
        let memo = world.replay.memo(world.memo.unwrap()).unwrap();
        memo.state().attestation
    };
    let own = of(&world);
    assert!(own.is_some());
    let edition = world.edition_entry(2);
    let attestation = world.attestation(&edition);
    world.publish(vec![edition, attestation]);
    assert_eq!(of(&world), own);
}
