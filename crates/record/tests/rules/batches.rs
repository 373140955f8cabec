//! The form of a batch, its first entries, times and state entries.

use super::*;

#[test]
fn batches_have_a_form() {
    let world = founded();
    let mut replay = world.replay.clone();
    let software = Entry::Software(Software {
        v: FORMAT,
        name: "demur".to_owned(),
        version: "2".to_owned(),
        digest: sha256(b"2"),
    });
    assert_eq!(
        replay.apply(replay.size(), &bytes(&opaque())),
        Err(Violation::NoBatch)
    );
    replay.begin_batch(world.now).unwrap();
    assert_eq!(replay.begin_batch(world.now), Err(Violation::NoBatch));
    assert!(matches!(
        replay.apply(replay.size() + 1, &bytes(&opaque())),
        Err(Violation::Index { .. })
    ));
    assert!(matches!(
        replay.apply(replay.size(), b"{}"),
        Err(Violation::Entry(_))
    ));
    assert!(matches!(
        replay.apply(replay.size(), &bytes(&software)),
        Err(Violation::Section { .. })
    ));
    replay.apply(replay.size(), &bytes(&opaque())).unwrap();
    assert!(matches!(
        replay.apply(replay.size(), &bytes(&opaque())),
        Err(Violation::Section { .. })
    ));
    replay.apply(replay.size(), &bytes(&software)).unwrap();
    let state = Entry::State(replay.state_entry().unwrap());
    replay.apply(replay.size(), &bytes(&state)).unwrap();
    assert_eq!(
        replay.begin_batch(world.now),
        Err(Violation::NoBatch),
        "the checkpoint is not published"
    );
    let (index, violation) = world
        .replay
        .clone()
        .apply_batch(&[bytes(&opaque())])
        .unwrap_err();
    assert_eq!(
        (index, violation),
        (world.replay.size(), Violation::NoState)
    );
    assert!(world.replay.clone().apply_batch::<Vec<u8>>(&[]).is_err());
    // Order of the parts: a late sign-on before a direct entry.
    let mut world = filed();
    let late = world.sign_on(3, 2, Action::Sign, 1, None);
    let acknowledged = world.acknowledged();
    let wrong = batch(&world, &[opaque(), act(late.clone()), acknowledged.clone()]);
    assert!(matches!(wrong, Err(Violation::Section { .. })));
    batch(&world, &[opaque(), acknowledged, act(late)]).unwrap();
    // And a direct entry after a filing.
    let world = drafted();
    let mut entries = vec![opaque()];
    entries.extend(world.opened().into_iter().map(Entry::Opened));
    entries.push(Entry::Filed(world.filed_entry()));
    batch(&world, &entries).unwrap();
    entries.insert(1, software.clone());
    batch(&world, &entries).unwrap();
    entries.remove(1);
    entries.push(software);
    let wrong = batch(&world, &entries);
    assert!(matches!(wrong, Err(Violation::Section { .. })), "{wrong:?}");
    // What can't be read as the last entry is told as that.
    let end = world.replay.clone().apply_batch(&[b"{}"]).unwrap_err();
    assert_eq!(end.0, world.replay.size());
    assert!(matches!(end.1, Violation::Entry(_)), "{end:?}");
}

#[test]
fn software_has_a_name_and_both_have_a_bound() {
    let world = founded();
    let software = |name: usize, version: usize| {
        let digest = sha256(b"2");
        let (name, version) = ("n".repeat(name), "v".repeat(version));
        let v = FORMAT;
        Entry::Software(Software {
            v,
            name,
            version,
            digest,
        })
    };
    for (name, version) in [(1, 0), (255, 255)] {
        batch(&world, &[opaque(), software(name, version)]).unwrap();
    }
    for (name, version) in [(0, 1), (256, 1), (257, 1), (1, 256), (1, 257)] {
        refuses!(world, software(name, version), Violation::Field(_));
    }
}

#[test]
fn the_record_begins_with_its_profile() {
    let world = World::new(false);
    let first = |entry: Entry| batch(&world, &[entry]).unwrap_err();
    assert_eq!(
        first(Entry::Keys(keys(
            Role::Office,
            "office",
            Some(public(OFFICE))
        ))),
        Violation::NoProfile
    );
    assert_eq!(first(opaque()), Violation::NoProfile);
    let profile = |version, text: String| {
        Entry::Profile(Profile {
            v: FORMAT,
            version,
            text,
        })
    };
    assert!(matches!(
        first(profile(1, "x".to_owned())),
        Violation::Profile(_)
    ));
    assert!(matches!(
        first(profile(2, profile_text())),
        Violation::ProfileVersion {
            expected: 1,
            found: 2
        }
    ));
    let two = profile_text().replace("version = 1", "version = 2");
    assert!(matches!(
        first(profile(1, two.clone())),
        Violation::ProfileVersion {
            expected: 1,
            found: 2
        }
    ));
    // The next one is version 2.
    let world = founded();
    refuses!(
        world,
        profile(1, profile_text()),
        Violation::ProfileVersion {
            expected: 2,
            found: 1
        }
    );
    batch(&world, &[opaque(), profile(2, two.clone())]).unwrap();
    // It doesn't spare a batch its opaque entry.
    let wrong = batch(&world, &[profile(2, two)]);
    assert!(matches!(wrong, Err(Violation::Section { .. })), "{wrong:?}");
}

#[test]
fn clocks_are_bounded() {
    let world = founded();
    let last = *world.replay.batches().last().unwrap();
    let begin = |time: Time| world.replay.clone().begin_batch(time);
    assert!(matches!(
        begin(Time::from_unix(last.time.unix() - 1)),
        Err(Violation::ClockBackwards { .. })
    ));
    begin(last.time).unwrap();
    // Far ahead of the witnesses.
    let mut replay = batch(&world, &[opaque()]).unwrap();
    let ended = *replay.batches().last().unwrap();
    let at = |seconds: u64| Published {
        digest: Some(sha256(b"file")),
        time: Some(Time::from_unix(ended.time.unix() - seconds)),
    };
    let late = replay
        .clone()
        .close_batch(ended.checkpoint, at(CLOCK_TOLERANCE_SECONDS + 1));
    assert!(matches!(late, Err(Violation::Clock { side: "after", .. })));
    replay
        .clone()
        .close_batch(ended.checkpoint, at(CLOCK_TOLERANCE_SECONDS))
        .unwrap();
    // Behind the witnesses of the checkpoint before.
    let ahead = Published {
        digest: Some(sha256(b"file")),
        time: Some(ended.time.plus(CLOCK_TOLERANCE_SECONDS + 1)),
    };
    let other = CheckpointRef {
        size: ended.checkpoint.size,
        hash: sha256(b"other"),
    };
    assert!(matches!(
        replay.close_batch(other, ahead),
        Err(Violation::Checkpoint(_))
    ));
    replay.close_batch(ended.checkpoint, ahead).unwrap();
    assert!(matches!(
        replay.clone().begin_batch(ended.time),
        Err(Violation::Clock { side: "before", .. })
    ));
    replay.begin_batch(ended.time.plus(1)).unwrap();
    assert_eq!(
        replay.close_batch(ended.checkpoint, ahead),
        Err(Violation::NoBatch)
    );
}

#[test]
fn state_entries_are_recomputed() {
    let world = filed();
    let mut replay = world.replay.clone();
    replay.begin_batch(world.now).unwrap();
    replay.apply(replay.size(), &bytes(&opaque())).unwrap();
    let good = replay.state_entry().unwrap();
    let mut apply = |state: State| {
        replay
            .apply(replay.size(), &bytes(&Entry::State(state)))
            .unwrap_err()
    };
    assert!(matches!(
        apply(State {
            root: sha256(b"x"),
            ..good.clone()
        }),
        Violation::State { .. }
    ));
    assert!(matches!(
        apply(State {
            memos: 2,
            ..good.clone()
        }),
        Violation::State { .. }
    ));
    for (what, wrong) in [
        (
            "profile",
            State {
                profiles: 2,
                ..good.clone()
            },
        ),
        (
            "keys",
            State {
                keys: good.keys - 1,
                ..good.clone()
            },
        ),
        (
            "edition",
            State {
                editions: 0,
                ..good.clone()
            },
        ),
    ] {
        assert!(matches!(apply(wrong), Violation::StateCount { what: found, .. } if found == what));
    }
    assert!(matches!(
        apply(State {
            time: good.time.plus(1),
            ..good.clone()
        }),
        Violation::Time { .. }
    ));
    let previous = good.previous.unwrap();
    for wrong in [
        None,
        Some(demur_record::entry::Previous {
            size: previous.size - 1,
            ..previous
        }),
        Some(demur_record::entry::Previous {
            hash: sha256(b"x"),
            ..previous
        }),
        Some(demur_record::entry::Previous {
            digest: sha256(b"x"),
            ..previous
        }),
    ] {
        assert_eq!(
            apply(State {
                previous: wrong,
                ..good.clone()
            }),
            Violation::Previous
        );
    }
    replay
        .apply(replay.size(), &bytes(&Entry::State(good)))
        .unwrap();
}

#[test]
fn a_state_counts_what_stands_before_it() {
    let world = filed();
    let read = |bytes: &Vec<u8>| Entry::from_slice(bytes).unwrap();
    let entries: Vec<Entry> = world.entries.iter().map(read).collect();
    let Some(Entry::State(state)) = entries.last() else {
        panic!("a state")
    };
    let count = |kind: &str| entries.iter().filter(|e| e.kind() == kind).count() as u64;
    assert_eq!(state.keys, count("keys"));
    assert_eq!(state.profiles, count("profile"));
    assert_eq!(state.editions, count("edition"));
    assert_eq!(state.memos, count("filed"));
    assert!(state.keys > 5);
}

#[test]
fn a_key_that_is_half_signed_founds_no_record() {
    let world = World::new(false);
    let mut founding = world.founding();
    batch(&world, &founding).unwrap();
    let whole = keys(Role::Office, "office", Some(public(OFFICE)));
    for half in [
        Keys {
            by: Some(public(OFFICE)),
            ..whole.clone()
        },
        Keys {
            signature: Some(Bytes(vec![0; 64])),
            ..whole
        },
    ] {
        founding[1] = Entry::Keys(half);
        let refused = batch(&world, &founding[..2]).unwrap_err();
        assert_eq!(refused, Violation::Unsigned);
    }
}
