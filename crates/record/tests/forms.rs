//! What entries, notes and views are at their bounds, and what they tell of themselves.

mod common;

use std::sync::Arc;

use common::{STEWARD, World, key, keys, public};
use demur_channel::Profile;
use demur_encoding::{Bytes, Time, sha256};
use demur_record::{
    checkpoint::{CheckpointError, MAX_CHECKPOINT_BYTES, cosign},
    entry::{
        ApprovalBody, COST, CheckpointRef, Entry, EntryError, Extent, FORMAT, Keys,
        MAX_ENTRY_BYTES, Profile as ProfileEntry, Role, TextFingerprint,
    },
    event::Action,
    memo_log::{KnownEdition, MemoError, MemoLog, RecordView},
    source::{RecordSource, SourceError},
};

#[test]
fn an_entry_may_have_just_so_many_bytes() {
    let profile = |letters: usize| {
        Entry::Profile(ProfileEntry {
            v: FORMAT,
            version: 1,
            text: "a".repeat(letters),
        })
    };
    let most = MAX_ENTRY_BYTES - profile(0).to_vec().unwrap().len();
    let longest = profile(most).to_vec().unwrap();
    assert_eq!(longest.len(), MAX_ENTRY_BYTES);
    assert_eq!(Entry::from_slice(&longest), Ok(profile(most)));
    let bytes = MAX_ENTRY_BYTES + 1;
    assert_eq!(
        profile(most + 1).to_vec(),
        Err(EntryError::TooLong { bytes })
    );
    assert_eq!(
        Entry::from_slice(&vec![b' '; bytes]),
        Err(EntryError::TooLong { bytes })
    );
    assert_eq!(
        profile(most + 2).to_vec(),
        Err(EntryError::TooLong { bytes: bytes + 1 })
    );
}

#[test]
fn a_note_may_have_just_so_many_bytes() {
    let world = World::new(false);
    let cosigned = |bytes: usize| {
        let witness = &world.witnesses[0];
        cosign(&vec![b'a'; bytes], witness.at(world.now)).unwrap_err()
    };
    assert_eq!(cosigned(MAX_CHECKPOINT_BYTES), CheckpointError::Note);
    for bytes in [MAX_CHECKPOINT_BYTES + 1, MAX_CHECKPOINT_BYTES + 2] {
        assert_eq!(cosigned(bytes), CheckpointError::TooLong(bytes));
    }
    // What is signed is told, what signs is not.
    let debug = format!("{:?}", world.witnesses[0]);
    assert!(debug.contains("w2.example"), "{debug}");
    let secret = key(2).to_bytes();
    assert!(!debug.contains(&format!("{:?}", &secret[..4])), "{debug}");
}

#[test]
fn an_entry_tells_its_kind_and_who_signed_it() {
    let world = World::whole(false);
    let mut kinds = std::collections::BTreeSet::new();
    let mut signed = 0;
    for bytes in &world.entries {
        let entry = Entry::from_slice(bytes).unwrap();
        let value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(Some(entry.kind()), value["type"].as_str());
        kinds.insert(entry.kind());
        // As the JSON has it, where it has one.
        let by = value["by"].as_str();
        let told = entry.signature();
        assert_eq!(told.map(|(by, _)| by.to_string()).as_deref(), by);
        assert_eq!(entry.is_signed(), by.is_some());
        signed += u32::from(by.is_some());
    }
    assert!(kinds.len() >= 12 && signed >= 6, "{kinds:?}, {signed}");
    let steward = || keys(Role::Steward, "eve", Some(public(STEWARD)));
    let entry = Entry::Keys(steward()).sign(&key(common::OFFICE)).unwrap();
    assert_eq!(entry.signature().unwrap().0, public(common::OFFICE));
    assert!(entry.is_signed());
    let Entry::Keys(entry) = entry else {
        panic!("keys")
    };
    let with = |change: &dyn Fn(&mut Keys)| {
        let mut entry = entry.clone();
        change(&mut entry);
        Entry::Keys(entry)
    };
    for (unsigned, is_told) in [
        (with(&|e| e.name = "adam".to_owned()), true),
        (with(&|e| e.by = Some(public(STEWARD))), true),
        (with(&|e| e.signature = Some(Bytes(vec![0; 64]))), true),
        (with(&|e| e.signature = None), false),
        (with(&|e| e.by = None), false),
    ] {
        assert_eq!(unsigned.signature().is_some(), is_told);
        assert!(!unsigned.is_signed(), "{unsigned:?}");
    }
}

#[test]
fn an_act_of_the_authors_tells_what_they_approved() {
    let world = World::drafted(false);
    let filed = Entry::Filed(world.filed_entry());
    let (body, approvals) = filed.agreed().unwrap();
    assert_eq!(approvals, world.approvals(&body));
    let ApprovalBody::File { version, .. } = body else {
        panic!("{body:?}")
    };
    assert_eq!(version, 2);
}

#[test]
fn a_fingerprint_names_its_extent_and_its_cost() {
    for extent in [Extent::Whole, Extent::Body] {
        let written = serde_json::to_value(extent).unwrap();
        assert_eq!(written.as_str(), Some(extent.as_str()));
    }
    let told = COST.to_string();
    assert_eq!(
        told,
        format!(
            "argon2id version {} with {} KiB, {} passes, {} lanes",
            COST.version, COST.memory_kib, COST.passes, COST.lanes
        )
    );
}

/// The record with another time of its first edition.
struct Dated<'a> {
    world: &'a World,
    edition: KnownEdition,
    next: Option<KnownEdition>,
}

impl RecordView for Dated<'_> {
    fn origin(&self) -> &str {
        self.world.replay.origin()
    }

    fn profile_at(&self, size: u64) -> Option<&Arc<Profile>> {
        self.world.replay.profile_at(size)
    }

    fn edition(&self, number: u32) -> Option<&KnownEdition> {
        match number {
            1 => Some(&self.edition),
            _ => self.next.as_ref().filter(|_| number == 2),
        }
    }

    fn checkpoint_time(&self, reference: CheckpointRef) -> Option<Time> {
        self.world.replay.checkpoint_time(reference)
    }
}

#[test]
fn an_edition_is_old_enough_to_the_second() {
    let mut world = World::founded(false);
    let opening = world.opening();
    let at = world.replay.pending(world.now);
    let open = |age: u64| {
        let mut edition = world.replay.edition(1).unwrap().clone();
        edition.time = Time::from_unix(world.checkpoint_time().unix() - age);
        let dated = Dated {
            world: &world,
            edition,
            next: None,
        };
        MemoLog::open(&opening, at, &dated).map(|_| ())
    };
    open(600).unwrap();
    let (age, minimum) = (599, 600);
    let number = 1;
    assert_eq!(
        open(age),
        Err(MemoError::YoungEdition {
            number,
            age,
            minimum
        })
    );
}

/// A newer edition counts from the checkpoint on that has its entry.
#[test]
fn a_newer_edition_counts_where_the_checkpoint_has_it() {
    let mut world = World::founded(false);
    let opening = world.opening();
    let at = world.replay.pending(world.now);
    let size = opening.body.checkpoint.size;
    let open = |entry: u64| {
        let edition = world.replay.edition(1).unwrap().clone();
        let mut next = edition.clone();
        (next.edition.number, next.entry) = (2, entry);
        let dated = Dated {
            world: &world,
            edition,
            next: Some(next),
        };
        MemoLog::open(&opening, at, &dated).map(|_| ())
    };
    open(size).unwrap();
    let (number, newer) = (1, 2);
    assert_eq!(open(size - 1), Err(MemoError::OldEdition { number, newer }));
}

#[test]
fn a_log_tells_what_was_counted_and_what_was_published() {
    let mut world = World::drafted(false);
    world.file();
    let (checkpoint, memo) = (world.checkpoint(), world.memo.unwrap());
    let late = |world: &World| {
        let log = world.replay.memo(memo).unwrap().log();
        // As the state map has it, and as a device reads it.
        assert_eq!(
            log.tally().version(2).late,
            log.tallies()[1].late,
            "{:?}",
            log.tally()
        );
        assert_eq!(log.tally().version(1).signed, log.tallies()[0].signed);
        assert!(log.fingerprints().is_empty());
        log.tallies()[1].late
    };
    // It expires in the second in which it is recorded, and the second before.
    let expires = |seconds: i64| Time::from_unix(world.now.unix().saturating_add_signed(seconds));
    let (now, before) = (expires(0), expires(-1));
    for (member, expires, counted) in [(3, before, 0), (4, now, 1)] {
        let mut world = world.clone();
        let act = world.sign_on_at(member, 2, Action::Sign, 1, None, checkpoint, expires);
        world.publish_with(vec![], vec![act]);
        assert_eq!(late(&world), counted, "{expires}");
    }
    let text = TextFingerprint {
        form: demur_record::entry::NORMAL_FORM.to_owned(),
        hash: COST,
        whole: sha256(b"whole"),
        body: sha256(b"body"),
    };
    let entry = world.approved(Entry::Fingerprint(demur_record::entry::Fingerprint {
        v: FORMAT,
        memo,
        of: 2,
        version: 2,
        version_hash: world.versions[1].hash().unwrap(),
        text: text.clone(),
        approvals: Vec::new(),
    }));
    world.publish(vec![entry]);
    let memo = world.replay.memo(memo).unwrap();
    assert_eq!(memo.log().fingerprints().get(&2), Some(&text));
}

#[test]
fn a_source_need_not_know_its_files() {
    struct Remote;
    impl RecordSource for Remote {
        fn read(&self, _: &str) -> Result<Option<Vec<u8>>, SourceError> {
            Ok(None)
        }
    }
    assert_eq!(Remote.list(), Ok(None));
}
