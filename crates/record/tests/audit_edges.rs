//! What an audit must notice though every signature and hash is right, and that it reads no more than it needs.

mod common;

use std::{cell::RefCell, collections::BTreeMap, num::NonZeroUsize, sync::Mutex};

use common::World;
use demur_encoding::{Digest, Time};
use demur_record::{
    audit::{AuditReport, Found, Options, Progress, audit},
    checkpoint::{Checkpoint, cosign},
    source::{MemoryRecord, RecordSource, SourceError},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

fn options(world: &World) -> Options<'_> {
    Options {
        policy: &world.policy,
        threads: NonZeroUsize::MIN,
        progress: &|_| {},
    }
}

fn run<S: RecordSource>(world: &World, source: &S) -> AuditReport {
    audit(source, options(world), &mut ChaCha20Rng::seed_from_u64(1)).unwrap()
}

/// A checkpoint signed by the log and, at `time`, by both witnesses.
fn signed(world: &World, size: u64, root: Digest, time: Time) -> Vec<u8> {
    let checkpoint = Checkpoint::new(common::ORIGIN, size, root);
    let mut note = checkpoint.sign(&world.log).unwrap();
    for witness in &world.witnesses {
        note.extend(cosign(&note.clone(), witness.at(time)).unwrap());
    }
    note
}

/// Counts how often each file is read.
struct Counted<'a> {
    record: &'a MemoryRecord,
    reads: RefCell<BTreeMap<String, usize>>,
}

impl RecordSource for Counted<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        *self.reads.borrow_mut().entry(path.to_owned()).or_default() += 1;
        self.record.read(path)
    }
}

#[test]
fn an_empty_record_is_refused() {
    let mut world = World::founded(false);
    let root = demur_record::tiles::Tree::default().root();
    let note = signed(&world, 0, root, world.now);
    world.record = MemoryRecord::default();
    world.record.files.insert("checkpoint".to_owned(), note);
    let failure = run(&world, &world.record).failure.unwrap();
    assert_eq!(failure.found, Found::File("checkpoint".to_owned()));
    assert!(failure.reason.contains("empty"), "{failure}");
}

#[test]
fn a_checkpoint_of_the_past_must_commit_to_what_was_there() {
    let world = World::founded(false);
    let mut paths = world.record.files.keys();
    let path = paths.rfind(|path| path.starts_with("history/"));
    let path = path.unwrap();
    let size = path["history/".len()..].parse().unwrap();
    // Of the same size with another root, and of another size with that size's root.
    for (size, root) in [
        (size, Digest::new([7; 32])),
        (world.tree.size(), world.tree.root()),
    ] {
        let mut record = world.record.clone();
        let note = signed(&world, size, root, world.now);
        record.files.insert(path.clone(), note);
        let failure = run(&world, &record).failure.unwrap();
        assert_eq!(failure.found, Found::File(path.clone()), "{failure}");
        assert!(failure.reason.contains("commits to"), "{failure}");
    }
}

#[test]
fn a_log_whose_clock_is_ahead_of_the_witnesses_is_found_at_the_batch_s_end() {
    let mut world = World::founded(false);
    let early = "2026-11-22T09:00:00Z".parse().unwrap();
    let note = signed(&world, world.tree.size(), world.tree.root(), early);
    world.record.files.insert("checkpoint".to_owned(), note);
    let failure = run(&world, &world.record).failure.unwrap();
    assert_eq!(
        failure.found,
        Found::Entry(world.tree.size() - 1),
        "{failure}"
    );
}

#[test]
fn what_is_counted_was_looked_at_once() {
    let world = World::founded(false);
    let report = run(&world, &world.record);
    assert_eq!(report.failure, None);
    let history = |path: &&String| path.starts_with("history/");
    let checkpoints = world.record.files.keys().filter(history).count() as u64 + 1;
    let count = |what: &str| {
        let row = report.rows.iter().find(|row| row.what.contains(what));
        row.unwrap_or_else(|| panic!("{what}: {:#?}", report.rows))
            .count
    };
    assert_eq!(count("checkpoint"), checkpoints);
    assert_eq!(count("cosignatures"), 2 * checkpoints);
    let debug = format!("{:?}", options(&world));
    assert!(debug.starts_with("Options { threads: 1"), "{debug}");
}

/// Where the hash tiles were changed too, they don't tell which entry was.
#[test]
fn no_entry_is_blamed_by_hashes_that_were_changed() {
    let world = World::founded(false);
    let path = |start: &str| {
        let mut paths = world.record.files.keys();
        paths.find(|path| path.starts_with(start)).unwrap().clone()
    };
    let (entries, hashes) = (path("tile/entries/"), path("tile/0/"));
    let changed = |also: bool| {
        let mut record = world.record.clone();
        // A letter of the fifth entry's text, so that its form stays as it is.
        let before: usize = world.entries[..4].iter().map(|entry| 2 + entry.len()).sum();
        let file = record.files.get_mut(&entries).unwrap();
        let entry = &mut file[before..];
        let name = entry.windows(6).position(|w| w == b"\"name\"").unwrap();
        entry[name + 8] ^= 1;
        if also {
            record.files.get_mut(&hashes).unwrap()[33] ^= 1;
        }
        let failure = run(&world, &record).failure.unwrap();
        (failure.found.clone(), failure.to_string())
    };
    let (found, said) = changed(false);
    assert_eq!(found, Found::Entry(4), "{said}");
    assert!(
        said.contains("entry 4") && said.contains("commits to"),
        "{said}"
    );
    let (found, said) = changed(true);
    assert_ne!(found, Found::Entry(1), "{said}");
}

/// What a filing opens may lie far back, in several bundles: each is read again, once.
#[test]
fn openings_are_held_against_places_in_several_bundles() {
    let mut world = World::drafted(true);
    while world.tree.size() < 300 {
        world.publish(vec![]);
    }
    world.add_version();
    world.publish(vec![]);
    world.file();
    let source = Counted {
        record: &world.record,
        reads: RefCell::default(),
    };
    let report = run(&world, &source);
    assert_eq!(report.failure, None);
    let reads = source.reads.borrow();
    let bundles: Vec<_> = reads
        .iter()
        .filter(|(path, _)| path.starts_with("tile/entries/"))
        .collect();
    assert!(
        bundles.len() == 2 && bundles.iter().all(|(_, reads)| **reads == 2),
        "{bundles:?}"
    );
}

#[test]
fn a_tile_that_differs_is_told_by_byte_and_hash() {
    let mut world = World::founded(false);
    while world.tree.size() < 515 {
        world.publish(vec![]);
    }
    for (path, byte, told) in [
        ("tile/0/001", 70, "byte 70, hash 258 of level 0"),
        ("tile/0/002.p/", 5, "byte 5, hash 512 of level 0"),
        ("tile/1/000.p/", 40, "byte 40, hash 1 of level 1"),
    ] {
        let mut record = world.record.clone();
        let mut files = record.files.iter_mut();
        let (path, file) = files.find(|(name, _)| name.starts_with(path)).unwrap();
        let path = path.clone();
        file[byte] ^= 1;
        let failure = run(&world, &record).failure.unwrap();
        assert_eq!(failure.found, Found::File(path));
        assert!(failure.reason.contains(told), "{failure}");
    }
}

#[test]
fn progress_counts_up_to_all_there_is() {
    let mut world = World::drafted(true);
    world.file();
    let told = Mutex::new(Vec::new());
    let options = Options {
        progress: &|progress| told.lock().unwrap().push(progress),
        ..options(&world)
    };
    let report = audit(&world.record, options, &mut ChaCha20Rng::seed_from_u64(1));
    assert!(report.unwrap().ok);
    let told = told.into_inner().unwrap();
    let of = |pick: fn(&Progress) -> Option<(u64, u64)>| -> Vec<(u64, u64)> {
        told.iter().filter_map(pick).collect()
    };
    let all = world.tree.size();
    let entries = of(|progress| match *progress {
        Progress::Entries { done, total } => Some((done, total)),
        _ => None,
    });
    assert_eq!(entries, [(all, all)]);
    let tiles = of(|progress| match *progress {
        Progress::Tiles { done, total } => Some((done, total)),
        _ => None,
    });
    assert_eq!(tiles, [(1, 1)]);
    let proofs = of(|progress| match *progress {
        Progress::Proofs { done, total } => Some((done, total)),
        _ => None,
    });
    // An opening and six acts.
    assert_eq!(proofs.last(), Some(&(7, 7)), "{proofs:?}");
    assert!(proofs.is_sorted(), "{proofs:?}");
}
