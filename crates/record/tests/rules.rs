//! The rules of the record: for each of them something that breaks it.
//!
//! Replay hands proofs out and does not verify them, so that zeros stand for them here.

mod common;

use std::sync::OnceLock;

use common::{
    AUTHORS, OFFICE, OVERSEER, REGISTRAR, SEAL, SLOTS, STEWARD, World, key, keys, profile_text,
    public, signed,
};
use demur_channel::{DeadlineState, Step};
use demur_encoding::{Bytes, Digest, Time, sha256};
use demur_record::{
    batch::{
        DueFiling, FilingEvent, Pending, PendingEntry, PendingSlot, Placement, SlotOrder, Waiting,
        build,
    },
    entry::{
        ApprovalBody, CheckpointRef, Direct, Entry, FORMAT, KeyState, Keys, MemoState, Opaque,
        Opened, Profile, Rejoined, Released, Returned, Role, Software, State, Withdrawn,
    },
    event::{Access, Action, Event, SignOn, mark},
    memo_log::{MemoError, MemoLog, RecordView},
    replay::{CLOCK_TOLERANCE_SECONDS, Published, Replay, Violation, opened_places},
    state::StateMap,
};
use demur_signon::tally::TallyError;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

fn once(cell: &'static OnceLock<World>, make: impl Fn() -> World) -> World {
    cell.get_or_init(make).clone()
}

fn drafted() -> World {
    static WORLD: OnceLock<World> = OnceLock::new();
    once(&WORLD, || World::drafted(false))
}

fn filed() -> World {
    static WORLD: OnceLock<World> = OnceLock::new();
    once(&WORLD, || {
        let mut world = drafted();
        world.file();
        world
    })
}

fn founded() -> World {
    static WORLD: OnceLock<World> = OnceLock::new();
    once(&WORLD, || World::founded(false))
}

fn bytes(entry: &Entry) -> Vec<u8> {
    entry.to_vec().unwrap()
}

/// Applies a batch of these entries and a state entry.
fn batch(world: &World, entries: &[Entry]) -> Result<Replay, Violation> {
    let mut replay = world.replay.clone();
    let all: Vec<_> = entries.iter().map(bytes).collect();
    world.recall(&mut replay, opened_places(&all));
    replay.begin_batch(world.now)?;
    for entry in entries {
        replay.apply(replay.size(), &bytes(entry))?;
    }
    let state = Entry::State(replay.state_entry()?);
    replay.apply(replay.size(), &bytes(&state))?;
    Ok(replay)
}

fn opaque() -> Entry {
    let slots = (0..SLOTS)
        .map(|i| sha256(&[i.try_into().unwrap()]))
        .collect();
    Entry::Opaque(Opaque { v: FORMAT, slots })
}

fn refused(world: &World, entry: Entry) -> Violation {
    let violation = batch(world, &[opaque(), entry.clone()]).unwrap_err();
    assert_eq!(
        world.replay.admit(&bytes(&entry), world.now),
        Err(violation.clone())
    );
    violation
}

macro_rules! refuses {
    ($world:expr, $entry:expr, $pattern:pat) => {{
        let violation = refused(&$world, $entry);
        assert!(matches!(violation, $pattern), "{violation:?}");
    }};
}

fn act(event: SignOn) -> Entry {
    Entry::SignOn(Direct { v: FORMAT, event })
}

macro_rules! refuses_act {
    ($world:expr, $act:expr, $pattern:pat) => {{
        match refused(&$world, act($act)) {
            Violation::Memo { error, .. } => assert!(matches!(*error, $pattern), "{error:?}"),
            other => panic!("{other:?}"),
        }
    }};
}

#[test]
fn the_whole_story_is_accepted_and_counted() {
    let world = World::whole(false);
    let memo = world.replay.memo(world.memo.unwrap()).unwrap();
    let state = memo.state();
    assert_eq!((state.step, state.version), (Step::Responded, 2));
    let [v1, v2] = &state.tallies[..] else {
        panic!("two versions")
    };
    assert_eq!(
        (v1.signed, v1.endorsed, v1.late, v1.cohorts["field"]),
        (2, 0, 0, 1)
    );
    assert_eq!(
        (v2.signed, v2.endorsed, v2.late, v2.cohorts.len()),
        (2, 1, 1, 0)
    );
    // A fresh replay of the bytes comes to the same.
    let mut again = Replay::new(common::ORIGIN);
    let mut from = 0;
    for ended in world.replay.batches() {
        let to = usize::try_from(ended.checkpoint.size).unwrap();
        world.recall(&mut again, opened_places(&world.entries[from..to]));
        again.apply_batch(&world.entries[from..to]).unwrap();
        again
            .close_batch(ended.checkpoint, ended.published.unwrap())
            .unwrap();
        from = to;
    }
    assert_eq!(again.root(), world.replay.root());
    assert_eq!(again.memo(world.memo.unwrap()).unwrap().state(), state);
}

#[test]
fn witnessed_times_are_what_deadlines_go_by() {
    let world = World::whole(false);
    let memo = world.memo.unwrap();
    let filed = &world.replay.memo(memo).unwrap().steps()[0];
    let at = world.replay.time_of(filed.entry).unwrap();
    assert!(at.witnessed);
    assert_eq!(
        at.time,
        filed.time.plus(3),
        "when both witnesses had cosigned"
    );
    let case = world.replay.case(memo).unwrap();
    assert_eq!(case.time_of(Step::Filed), Some(at.time));
    let states: Vec<_> = case.deadlines(world.now).iter().map(|d| d.state).collect();
    assert_eq!(states, [DeadlineState::DoneInTime; 3]);
    assert_eq!(world.replay.time_of(world.replay.size()), None);
    // The checkpoint that dates it, for a receipt; the batch that holds it.
    let covering = world.replay.covering(filed.entry).unwrap();
    assert_eq!(covering.published.unwrap().time, Some(at.time));
    assert!(covering.checkpoint.size > filed.entry);
    let batch = world.replay.batch(filed.entry).unwrap();
    assert!((batch.first..batch.checkpoint.size).contains(&filed.entry));
    assert_eq!(world.replay.batch(world.replay.size()), None);
    assert_eq!(world.replay.covering(world.replay.size()), None);
    let (entry, first) = &world.replay.profiles()[0];
    assert_eq!((*entry < batch.first, first.version), (true, 1));
}

#[test]
fn a_state_leaf_proves_itself_and_nothing_else() {
    let world = filed();
    let Entry::State(state) = Entry::from_slice(world.entries.last().unwrap()).unwrap() else {
        panic!("a state")
    };
    let map: StateMap = world.replay.state_map().unwrap();
    let mut proof = map.prove(world.memo.unwrap()).unwrap();
    assert!(proof.verify(&state));
    proof.leaf.tallies[0].signed += 1;
    assert!(!proof.verify(&state));
    assert_eq!(map.prove(sha256(b"other")), None);
}

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

#[test]
fn keys_change_hands_as_the_table_says() {
    let world = founded();
    let steward = Entry::Keys(keys(Role::Steward, "eve", Some(public(99))));
    refuses!(
        world,
        steward.sign(&key(OVERSEER)).unwrap(),
        Violation::Authority {
            expected: "the office's key",
            ..
        }
    );
    let change = |keys: Keys, by: Option<u8>| {
        let entry = Entry::Keys(keys);
        by.map_or(entry.clone(), |by| entry.sign(&key(by)).unwrap())
    };
    let office = keys(Role::Office, "office", Some(public(99)));
    refuses!(world, change(office.clone(), None), Violation::Unsigned);
    refuses!(
        world,
        change(office.clone(), Some(OVERSEER)),
        Violation::Authority { .. }
    );
    refuses!(
        world,
        change(office.clone(), Some(99)),
        Violation::Authority { .. }
    );
    let second = keys(Role::Office, "second", Some(public(99)));
    refuses!(
        world,
        change(second, Some(OFFICE)),
        Violation::Authority { .. }
    );
    let Entry::Keys(mut forged) = change(office.clone(), Some(OFFICE)) else {
        panic!()
    };
    forged.seal = Some(format!("{SEAL}q"));
    refuses!(world, Entry::Keys(forged), Violation::Signature(_));
    for (role, name, by) in [
        (Role::Office, "office", OFFICE),
        (Role::Overseer, "overseer", OVERSEER),
        (Role::Registrar, "registrar", REGISTRAR),
    ] {
        let new = keys(role, name, Some(public(99)));
        let replay = batch(&world, &[opaque(), change(new, Some(by))]).unwrap();
        assert!(
            replay.keys().may_sign(role, public(99)) && !replay.keys().may_sign(role, public(by))
        );
    }
    for role in [Role::Steward, Role::Principal] {
        let new = keys(role, "new", Some(public(98)));
        refuses!(world, change(new.clone(), None), Violation::Unsigned);
        refuses!(
            world,
            change(new.clone(), Some(STEWARD)),
            Violation::Authority { .. }
        );
        batch(&world, &[opaque(), change(new, Some(OFFICE))]).unwrap();
    }
    let mut gone = keys(Role::Steward, "ada", Some(public(STEWARD)));
    gone.state = KeyState::Revoked;
    let replay = batch(&world, &[opaque(), change(gone.clone(), Some(OFFICE))]).unwrap();
    assert!(!replay.keys().may_sign(Role::Steward, public(STEWARD)));
    gone.name = "bea".to_owned();
    refuses!(
        world,
        change(gone, Some(OFFICE)),
        Violation::NothingToRevoke { .. }
    );
}

/// Which of signing key, sealing key and verifier key each role has: docs/protocol.md, section 3.
#[test]
fn each_role_has_its_keys_and_no_others() {
    let world = founded();
    let vkey = world.witnesses[0].verifier().to_string();
    // What is wrong with its form comes before who signed it: here nobody did.
    let fits = |keys: Keys| {
        let entry = Entry::Keys(keys);
        match batch(&world, &[opaque(), entry]).unwrap_err() {
            Violation::Field(_) => false,
            Violation::Unsigned => true,
            other => panic!("{other:?}"),
        }
    };
    let (no, yes, any) = (Some(false), Some(true), None);
    for (role, sign, seal, verifies) in [
        (Role::Office, yes, yes, no),
        (Role::Overseer, yes, yes, no),
        (Role::Registrar, yes, yes, no),
        (Role::Recovery, any, yes, no),
        (Role::Principal, any, yes, no),
        (Role::Steward, yes, any, no),
        (Role::Witness, no, no, yes),
    ] {
        for bits in 0..8_u8 {
            let has = [bits & 1 > 0, bits & 2 > 0, bits & 4 > 0];
            let wanted = [sign, seal, verifies]
                .iter()
                .zip(has)
                .all(|(wanted, has)| wanted.is_none_or(|wanted| wanted == has));
            let given = Keys {
                seal: has[1].then(|| SEAL.to_owned()),
                vkey: has[2].then(|| vkey.clone()),
                ..keys(role, "new", has[0].then(|| public(98)))
            };
            assert_eq!(fits(given), wanted, "{role:?} {has:?}");
        }
    }
    let named = |name: &str| fits(keys(Role::Steward, name, Some(public(98))));
    for good in ["a", "a-z.0-9", &"a".repeat(64)] {
        assert!(named(good), "{good}");
    }
    for bad in [
        "",
        "A",
        "a b",
        "a_b",
        "\u{e4}",
        &"a".repeat(65),
        &"a".repeat(66),
    ] {
        assert!(!named(bad), "{bad}");
    }
    let sealed = |seal: String| {
        let seal = Some(seal);
        fits(Keys {
            seal,
            ..keys(Role::Steward, "new", Some(public(98)))
        })
    };
    let of = |length: usize| format!("age1{}", "q".repeat(length - 4));
    for good in [of(5), of(4096), "age1az09".to_owned()] {
        assert!(sealed(good.clone()), "{good}");
    }
    for bad in [
        "",
        "age1",
        "age2qq",
        "age1Q",
        "age1-",
        "qq",
        &of(4097),
        &of(4098),
    ] {
        assert!(!sealed(bad.to_owned()), "{bad}");
    }
}

#[test]
fn keys_have_a_form() {
    let world = founded();
    let good = keys(Role::Steward, "new", Some(public(98)));
    let vkey = Some(world.witnesses[0].verifier().to_string());
    for wrong in [
        Keys {
            name: String::new(),
            ..good.clone()
        },
        Keys {
            name: "A".to_owned(),
            ..good.clone()
        },
        Keys {
            name: "a".repeat(65),
            ..good.clone()
        },
        Keys {
            seal: Some("age1A".to_owned()),
            ..good.clone()
        },
        Keys {
            sign: None,
            ..good.clone()
        },
        Keys {
            vkey: vkey.clone(),
            ..good.clone()
        },
        Keys {
            role: Role::Principal,
            seal: None,
            ..good.clone()
        },
        Keys {
            role: Role::Witness,
            vkey: None,
            ..good.clone()
        },
        Keys {
            role: Role::Witness,
            vkey: vkey.clone(),
            ..good.clone()
        },
        Keys {
            role: Role::Witness,
            vkey: Some(world.log.verifier().to_string()),
            sign: None,
            seal: None,
            ..good.clone()
        },
    ] {
        refuses!(
            world,
            Entry::Keys(wrong).sign(&key(OFFICE)).unwrap(),
            Violation::Field(_)
        );
    }
    let bad = Keys {
        role: Role::Witness,
        vkey: Some("w".to_owned()),
        sign: None,
        seal: None,
        ..good
    };
    refuses!(
        world,
        Entry::Keys(bad).sign(&key(OFFICE)).unwrap(),
        Violation::WitnessKey(_)
    );
}

#[test]
fn editions_are_numbered_signed_and_above_the_floor() {
    let mut world = founded();
    let Entry::Edition(good) = world.edition_entry(2) else {
        panic!()
    };
    let sign = |edition: demur_record::entry::Edition| {
        Entry::Edition(edition).sign(&key(REGISTRAR)).unwrap()
    };
    batch(&world, &[opaque(), sign(good.clone())]).unwrap();
    let third = demur_record::entry::Edition {
        number: 3,
        ..good.clone()
    };
    refuses!(
        world,
        sign(third),
        Violation::EditionNumber {
            expected: 2,
            found: 3
        }
    );
    refuses!(
        world,
        Entry::Edition(good.clone()).sign(&key(OFFICE)).unwrap(),
        Violation::Authority { .. }
    );
    let mut forged = good.clone();
    forged.signature.0[5] ^= 1;
    refuses!(world, Entry::Edition(forged), Violation::Signature(_));
    let with = |change: &dyn Fn(&mut demur_record::entry::Edition)| {
        let mut edition = good.clone();
        change(&mut edition);
        sign(edition)
    };
    refuses!(
        world,
        with(&|e| e.cohorts[1].size = 2),
        Violation::CohortFloor { .. }
    );
    // The same members under another name: acts bind the name.
    batch(
        &world,
        &[opaque(), with(&|e| e.cohorts[1].root = e.cohorts[0].root)],
    )
    .unwrap();
    let changes: [&dyn Fn(&mut demur_record::entry::Edition); 6] = [
        &|e| e.cohorts.reverse(),
        &|e| e.cohorts[0].name = "al".to_owned(),
        &|e| e.cohorts[1].size = 9,
        &|e| e.cohorts[1].root = Digest::new([0xff; 32]),
        &|e| e.certificates.size = 7,
        &|e| e.published = e.published.plus(1000),
    ];
    for change in changes {
        refuses!(world, with(change), Violation::Field(_));
    }
    // At its bounds: the clock's tolerance, the floor, all members, 256 cohorts, no name twice.
    let many = |e: &mut demur_record::entry::Edition, count: usize| {
        let one = e.cohorts[1].clone();
        e.cohorts.truncate(1);
        for n in 1..count {
            let name = format!("b{n:03}");
            e.cohorts.push(demur_record::entry::Cohort {
                name,
                ..one.clone()
            });
        }
    };
    let latest = world.now.plus(CLOCK_TOLERANCE_SECONDS);
    let fine: [&dyn Fn(&mut demur_record::entry::Edition); 4] = [
        &|e| e.published = latest,
        &|e| e.cohorts[1].size = 3,
        &|e| e.cohorts[1].size = 8,
        &|e| many(e, 256),
    ];
    for change in fine {
        batch(&world, &[opaque(), with(change)]).unwrap();
    }
    let over: [&dyn Fn(&mut demur_record::entry::Edition); 4] = [
        &|e| e.published = latest.plus(1),
        &|e| many(e, 257),
        &|e| many(e, 258),
        &|e| e.cohorts.push(e.cohorts[1].clone()),
    ];
    for change in over {
        refuses!(world, with(change), Violation::Field(_));
    }
    let attestation = world.attestation(&Entry::Edition(good));
    refuses!(world, attestation, Violation::NoEdition(2));
    let first = Entry::Edition(world.replay.editions()[0].edition.clone());
    refuses!(
        world,
        world.attestation(&first),
        Violation::AttestedTwice(1)
    );
    let Entry::Attestation(by_office) = world.attestation(&first) else {
        panic!()
    };
    // Of its number, but of another file.
    let mut other = by_office.clone();
    other.digest = sha256(b"another edition");
    let other = Entry::Attestation(other).sign(&key(OVERSEER)).unwrap();
    refuses!(world, other, Violation::NoEdition(1));
    refuses!(
        world,
        Entry::Attestation(by_office).sign(&key(OFFICE)).unwrap(),
        Violation::Authority { .. }
    );
}

#[test]
fn opaque_entries_have_the_profiles_size() {
    let world = founded();
    for n in [0, SLOTS - 1, SLOTS + 1] {
        let slots = vec![sha256(b"a"); n];
        let wrong = batch(&world, &[Entry::Opaque(Opaque { v: FORMAT, slots })]);
        assert!(matches!(wrong, Err(Violation::Slots { .. })));
    }
}

/// The entries of the filing, changed.
fn filing(
    world: &World,
    change: impl FnOnce(&mut Vec<Opened>, &mut demur_record::entry::Filed),
) -> Result<Replay, Violation> {
    let (mut opened, mut filed) = (world.opened(), world.filed_entry());
    change(&mut opened, &mut filed);
    let mut entries = vec![opaque()];
    entries.extend(opened.into_iter().map(Entry::Opened));
    entries.push(Entry::Filed(filed));
    batch(world, &entries)
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

/// A server asks so for each sign-on: its answer must be that of the whole memo.
#[test]
fn one_version_tells_of_a_sign_on_what_all_tell() {
    let mut world = filed();
    let view = world.replay.clone();
    let mut all = view.memo(world.memo.unwrap()).unwrap().log().clone();
    let at = view.pending(world.now);
    let early = world.sign_on(3, 1, Action::Sign, 1, Some("field"));
    all.apply_sign_on(&early, at, &view, true).unwrap();
    for number in [1, 2] {
        let version = signed(world.versions[number as usize - 1].clone(), AUTHORS[0]);
        let (_, stands) = all.version(number).unwrap();
        let one = MemoLog::from_verified(all.opening(), all.opened(), &version, stands, &view);
        let mut one = one.unwrap();
        // On another version, as the case may be.
        one.count_verified(&early, at, true).unwrap();
        assert_eq!(one.version(number), all.version(number));
        assert_eq!(one.version(3 - number), None);
        let good = world.sign_on(3, number, Action::Withdraw, 2, Some("field"));
        let changes: [fn(&mut SignOn); 9] = [
            |_| {},
            |a| a.seq = 1,
            |a| a.seq = 3,
            |a| a.cohort = None,
            |a| a.content_root = sha256(b"x"),
            |a| a.version = 3,
            |a| a.checkpoint.size += 1,
            |a| a.nullifier = Digest::new([0xff; 32]),
            |a| drop(a.proofs.pop()),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut act = good.clone();
            change(&mut act);
            let told = all.check_sign_on(&act, at, &view, true);
            assert_eq!(told.is_ok(), n == 0, "change {n}: {told:?}");
            assert_eq!(one.check_sign_on(&act, at, &view, true), told, "change {n}");
        }
        // Whether it stood long enough is told by its place.
        let quiet = view.pending(world.now);
        let young = MemoLog::from_verified(all.opening(), all.opened(), &version, quiet, &view)
            .map(|log| log.check_sign_on(&good, at, &view, true));
        assert!(
            matches!(young, Ok(Err(MemoError::Quiet { .. }))),
            "{young:?}"
        );
    }
    // What is of another memo, or out of order, is not counted.
    let version = signed(world.versions[0].clone(), AUTHORS[0]);
    let (_, stands) = all.version(1).unwrap();
    let mut one =
        MemoLog::from_verified(all.opening(), all.opened(), &version, stands, &view).unwrap();
    for change in [
        (|a| a.memo = sha256(b"x")) as fn(&mut SignOn),
        |a| a.seq = 2,
        |a| a.nullifier = Digest::new([0xff; 32]),
    ] {
        let mut act = early.clone();
        change(&mut act);
        one.count_verified(&act, at, true).unwrap_err();
        assert_eq!((one.sign_ons(), one.tallies()[0].signed), (0, 0));
    }
    let mut other = version;
    other.body.memo = sha256(b"x");
    MemoLog::from_verified(all.opening(), all.opened(), &other, stands, &view).unwrap_err();
}

#[test]
fn sign_ons_are_held_against_the_record() {
    let mut world = filed();
    let good = world.sign_on(3, 2, Action::Sign, 1, Some("field"));
    batch(&world, &[opaque(), act(good.clone())]).unwrap();
    let with = |change: &dyn Fn(&mut SignOn)| {
        let mut act = good.clone();
        change(&mut act);
        act
    };
    refuses_act!(world, with(&|a| a.v = 2), MemoError::Format(2));
    refuses_act!(
        world,
        with(&|a| a.circuit = sha256(b"x")),
        MemoError::Circuit(_)
    );
    refuses_act!(
        world,
        with(&|a| a.nullifier = Digest::new([0xff; 32])),
        MemoError::Nullifier
    );
    refuses_act!(world, with(&|a| a.version = 3), MemoError::NoVersion(3));
    refuses_act!(world, with(&|a| a.version = 0), MemoError::NoVersion(0));
    refuses_act!(
        world,
        with(&|a| a.content_root = sha256(b"x")),
        MemoError::NoVersion(2)
    );
    refuses_act!(
        world,
        with(&|a| a.cohort = Some("sea".to_owned())),
        MemoError::Cohort(_)
    );
    refuses_act!(
        world,
        with(&|a| a.cohort = Some("all".to_owned())),
        MemoError::Cohort(_)
    );
    // A cohort's proof stripped, with or without the cohort's name; one too many; a byte too many.
    refuses_act!(
        world,
        with(&|a| drop(a.proofs.pop())),
        MemoError::Proofs { expected: 2 }
    );
    refuses_act!(
        world,
        with(&|a| a.cohort = None),
        MemoError::Proofs { expected: 1 }
    );
    refuses_act!(
        world,
        with(&|a| a.proofs[0].0.push(0)),
        MemoError::Proofs { .. }
    );
    refuses_act!(
        world,
        with(&|a| a.proofs[1] = Bytes::default()),
        MemoError::Proofs { .. }
    );
    // Sequence: a gap, a replay, zero.
    refuses_act!(
        world,
        with(&|a| a.seq = 2),
        MemoError::Tally(TallyError::Gap { .. })
    );
    refuses_act!(
        world,
        with(&|a| a.seq = 0),
        MemoError::Tally(TallyError::Replayed { .. })
    );
    let again = world.sign_on(0, 2, Action::Sign, 3, None);
    refuses_act!(world, again, MemoError::Tally(TallyError::Replayed { .. }));
    // A cohort fixed at the first act.
    let other = world.sign_on(1, 2, Action::Sign, 2, None);
    refuses_act!(world, other, MemoError::Tally(TallyError::Cohort { .. }));
    // Checkpoints: unknown, not yet published, too early for the quiet period.
    refuses_act!(
        world,
        with(&|a| a.checkpoint.hash = sha256(b"x")),
        MemoError::Checkpoint(_)
    );
    refuses_act!(
        world,
        with(&|a| a.checkpoint.size += 1),
        MemoError::Checkpoint(_)
    );
    let version = world
        .replay
        .memo(world.memo.unwrap())
        .unwrap()
        .log()
        .version(2)
        .unwrap()
        .1;
    let batches = world.replay.batches().to_vec();
    let covering = batches
        .iter()
        .position(|b| b.checkpoint.size > version.entry)
        .unwrap();
    for (early, good) in [
        (covering - 1, false),
        (covering, false),
        (covering + 1, true),
    ] {
        let checkpoint = batches[early].checkpoint;
        let expires = batches[early].time.plus(3600);
        let act = world.sign_on_at(3, 2, Action::Sign, 1, None, checkpoint, expires);
        if good {
            batch(&world, &[opaque(), self::act(act)]).unwrap();
        } else {
            refuses_act!(world, act, MemoError::Quiet { version: 2, .. });
        }
    }
    refuses_act!(
        world,
        with(&|a| a.expires = a.expires.plus(3600)),
        MemoError::Expiry { .. }
    );
    // Twice in one batch.
    let twice = batch(&world, &[opaque(), act(good.clone()), act(good.clone())]);
    assert!(matches!(twice, Err(Violation::Memo { .. })));
    // Another memo, or one that was never filed.
    refuses!(
        world,
        act(with(&|a| a.memo = sha256(b"x"))),
        Violation::UnknownMemo(_)
    );
    refuses!(drafted(), act(good), Violation::UnknownMemo(_));
}

#[test]
fn an_act_recorded_after_its_expiry_is_void_and_its_number_used() {
    let mut world = filed();
    let (checkpoint, memo) = (world.checkpoint(), world.memo.unwrap());
    let before = world.replay.memo(memo).unwrap().state();
    let expired = Time::from_unix(world.now.unix() - 1);
    let void = world.sign_on_at(3, 2, Action::Sign, 1, Some("field"), checkpoint, expired);
    let applied = world
        .replay
        .admit(&bytes(&act(void.clone())), world.now)
        .unwrap();
    assert!(applied.void && applied.tasks.len() == 2);
    world.publish_with(vec![], vec![void]);
    // It is counted among what there is, and in no tally.
    let after = MemoState {
        sign_ons: before.sign_ons + 1,
        ..before
    };
    assert_eq!(world.replay.memo(memo).unwrap().state(), after);
    // The same number again, and another cohort than the void act fixed.
    for (seq, cohort) in [(1, Some("field")), (2, None), (3, Some("field"))] {
        let wrong = act(world.sign_on(3, 2, Action::Sign, seq, cohort));
        refuses!(world, wrong, Violation::Memo { .. });
    }
    let next = world.sign_on(3, 2, Action::Sign, 2, Some("field"));
    world.publish_with(vec![], vec![next]);
    assert_eq!(world.replay.memo(memo).unwrap().state().tallies[1].late, 1);
}

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

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(3)
}

#[test]
fn a_batch_has_room_for_as_many_slots_as_the_profile_says() {
    let world = founded();
    let slots: Vec<_> = (0..20u64)
        .map(|id| PendingSlot {
            id,
            slot: sha256(&id.to_be_bytes()),
            memo: sha256(b"memo"),
            order: SlotOrder::Access,
        })
        .collect();
    let built = build(
        &world.replay,
        &Pending {
            slots: slots.clone(),
            ..Pending::default()
        },
        world.now,
        &mut rng(),
    )
    .unwrap();
    let mut placed: Vec<_> = built.places.iter().map(|(id, _)| *id).collect();
    placed.sort_unstable();
    assert_eq!(
        placed,
        (0..SLOTS as u64).collect::<Vec<_>>(),
        "first come, first served"
    );
    let Entry::Opaque(opaque) = Entry::from_slice(&built.entries[0]).unwrap() else {
        panic!()
    };
    for (id, place) in &built.places {
        assert_eq!(place.entry, built.first);
        assert_eq!(
            opaque.slots[place.slot as usize],
            slots[usize::try_from(*id).unwrap()].slot
        );
    }
    // Another draw, other places.
    let other = build(
        &world.replay,
        &Pending {
            slots,
            ..Pending::default()
        },
        world.now,
        &mut ChaCha20Rng::seed_from_u64(4),
    );
    assert_ne!(other.unwrap().places, built.places);
}

#[test]
fn places_keep_what_must_be_in_order() {
    let world = founded();
    let member = |n: u8| sha256(&[n]);
    for seed in 0..30 {
        let orders = [
            SlotOrder::SignOn {
                nullifier: member(1),
                seq: 3,
            },
            SlotOrder::SignOn {
                nullifier: member(2),
                seq: 1,
            },
            SlotOrder::Version(2),
            SlotOrder::SignOn {
                nullifier: member(1),
                seq: 2,
            },
            SlotOrder::Opening,
            SlotOrder::Version(1),
        ];
        let slots = orders.iter().enumerate().map(|(id, order)| PendingSlot {
            id: id as u64,
            slot: member(u8::try_from(id).unwrap()),
            memo: sha256(b"memo"),
            order: *order,
        });
        let pending = Pending {
            slots: slots.collect(),
            ..Pending::default()
        };
        let built = build(
            &world.replay,
            &pending,
            world.now,
            &mut ChaCha20Rng::seed_from_u64(seed),
        )
        .unwrap();
        let place = |id: u64| {
            built
                .places
                .iter()
                .find(|(other, _)| *other == id)
                .unwrap()
                .1
        };
        assert!(place(4) < place(5) && place(5) < place(2));
        assert!(place(2) < place(3) && place(3) < place(0) && place(2) < place(1));
    }
}

#[test]
fn what_the_rules_forbid_is_left_out_and_named() {
    let mut world = drafted();
    let wait = |id, entry: &Entry| PendingEntry {
        id,
        bytes: bytes(entry),
    };
    let steps = [world.acknowledged(), world.distributed()];
    let (a, b) = (
        world.sign_on(3, 2, Action::Sign, 1, None),
        world.sign_on(3, 2, Action::Withdraw, 2, None),
    );
    let mut short = world.filed_entry();
    short.sign_ons -= 1;
    let due = |id, filed: demur_record::entry::Filed| DueFiling {
        id,
        filed: bytes(&Entry::Filed(filed)),
        events: world.events.clone(),
    };
    let waiting = DueFiling {
        id: 9,
        filed: vec![],
        events: vec![FilingEvent {
            at: Placement::Waiting(5),
            ..world.events[0].clone()
        }],
    };
    let pending = Pending {
        direct: vec![
            wait(1, &steps[0]),
            PendingEntry {
                id: 2,
                bytes: b"x".to_vec(),
            },
            wait(3, &opaque()),
        ],
        filings: vec![
            due(1, short),
            waiting,
            due(2, world.filed_entry()),
            due(3, world.filed_entry()),
        ],
        sign_ons: vec![wait(7, &act(b)), wait(6, &act(a)), wait(8, &steps[1])],
        ..Pending::default()
    };
    let mut replay = world.replay.clone();
    world.recall(&mut replay, pending.opened_places());
    let built = build(&replay, &pending, world.now, &mut rng()).unwrap();
    let mut refused: Vec<_> = built
        .refused
        .iter()
        .map(|refused| (refused.what, refused.id))
        .collect();
    refused.sort_unstable();
    let (direct, filing, sign_on) = (Waiting::Direct, Waiting::Filing, Waiting::SignOn);
    assert_eq!(
        refused,
        [
            (direct, 1),
            (direct, 2),
            (direct, 3),
            (filing, 1),
            (filing, 3),
            (sign_on, 8)
        ]
    );
    assert_eq!(built.filings.len(), 1);
    assert_eq!(
        built.sign_ons.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        [6, 7]
    );
    for (id, index) in built
        .direct
        .iter()
        .chain(&built.filings)
        .chain(&built.sign_ons)
    {
        assert!(
            *index >= built.first && *index < built.checkpoint.size,
            "{id}"
        );
    }
    // What was built is what a replay accepts.
    let mut replay = world.replay.clone();
    world.recall(&mut replay, opened_places(&built.entries));
    assert_eq!(replay.apply_batch(&built.entries).unwrap(), built.applied);
    assert_eq!(replay.root(), built.checkpoint.hash);
    assert_eq!(replay.checkpoint_time(built.checkpoint), Some(world.now));
}

#[test]
fn an_event_may_be_placed_and_opened_in_one_batch() {
    let mut world = drafted();
    let last = world.sign_on(4, 2, Action::Sign, 1, None);
    let event = Event::SignOn(last);
    let slot = PendingSlot {
        id: 77,
        slot: event.slot(sha256(b"s")).unwrap(),
        memo: world.memo.unwrap(),
        order: SlotOrder::of(&event),
    };
    world.events.push(FilingEvent {
        at: Placement::Waiting(77),
        salt: sha256(b"s"),
        event,
    });
    let filing = DueFiling {
        id: 1,
        filed: bytes(&Entry::Filed(world.filed_entry())),
        events: world.events.clone(),
    };
    let built = world.commit(&Pending {
        slots: vec![slot],
        filings: vec![filing],
        ..Pending::default()
    });
    assert_eq!(built.filings.len(), 1);
    let state = world.replay.memo(world.memo.unwrap()).unwrap().state();
    assert_eq!((state.tallies[1].signed, state.tallies[1].late), (2, 0));
}

#[test]
fn without_witnesses_the_logs_time_counts_and_is_said_so() {
    let world = founded();
    let mut replay = batch(&world, &[opaque()]).unwrap();
    let ended = *replay.batches().last().unwrap();
    replay
        .close_batch(
            ended.checkpoint,
            Published {
                digest: None,
                time: None,
            },
        )
        .unwrap();
    let time = replay.time_of(ended.first).unwrap();
    assert_eq!((time.time, time.witnessed), (world.now, false));
    assert_eq!(replay.as_of(), Some(time));
    assert_eq!(
        replay.covering(ended.first).unwrap().checkpoint,
        ended.checkpoint
    );
}

/// Changes one value of an entry: a number, a text, a place in a list.
fn mutate(value: &mut serde_json::Value, draw: &mut impl FnMut() -> usize) {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            let at = draw() % map.len().max(1);
            if let Some((_, inner)) = map.iter_mut().nth(at) {
                mutate(inner, draw);
            }
        }
        Value::Array(items) => match (draw() % 4, items.len()) {
            (_, 0) => {}
            (0, n) => drop(items.remove(draw() % n)),
            (1, n) => items.push(items[draw() % n].clone()),
            (_, n) => mutate(&mut items[draw() % n], draw),
        },
        Value::Number(number) => {
            let old = number.as_u64().unwrap_or(0);
            let choices = [
                0,
                1,
                old + 1,
                old.saturating_sub(1),
                u64::from(u32::MAX),
                (1 << 53) - 1,
            ];
            *value = Value::from(choices[draw() % choices.len()]);
        }
        Value::String(text) => {
            let mut chars: Vec<char> = text.chars().collect();
            match (draw() % 3, chars.len()) {
                (_, 0) | (0, _) => chars.push('0'),
                (1, n) => drop(chars.remove(draw() % n)),
                (_, n) => chars[draw() % n] = ['0', 'f', 'z', '9'][draw() % 4],
            }
            *value = Value::String(chars.into_iter().collect());
        }
        Value::Null => *value = Value::from("x"),
        Value::Bool(_) => {}
    }
}

#[test]
fn hostile_entries_are_refused_or_taken_but_never_panic_and_leave_no_trace() {
    let world = World::whole(false);
    let mut state = 88_172_645_463_325_252_u64;
    let mut draw = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).unwrap()
    };
    let mut replay = Replay::new(common::ORIGIN);
    let mut refused = 0;
    for ended in world.replay.batches() {
        let all: Vec<_> = (ended.first..ended.checkpoint.size)
            .map(|index| &world.entries[usize::try_from(index).unwrap()])
            .collect();
        world.recall(&mut replay, opened_places(&all));
        replay.begin_batch(ended.time).unwrap();
        for index in ended.first..ended.checkpoint.size {
            let good = &world.entries[usize::try_from(index).unwrap()];
            for _ in 0..40 {
                let mut value: serde_json::Value = serde_json::from_slice(good).unwrap();
                mutate(&mut value, &mut draw);
                let Ok(bad) = demur_encoding::canonical::to_vec(&value) else {
                    continue;
                };
                let (before, mut tried) = ((replay.size(), replay.root()), replay.clone());
                if tried.apply(index, &bad).is_err() {
                    refused += 1;
                    assert_eq!((tried.size(), tried.root()), before);
                    // What was refused left nothing behind: the true entry still fits.
                    tried.apply(index, good).unwrap();
                }
            }
            replay.apply(index, good).unwrap();
        }
        replay
            .close_batch(ended.checkpoint, ended.published.unwrap())
            .unwrap();
    }
    assert!(refused > 1000, "{refused}");
}
