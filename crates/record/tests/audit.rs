//! The audit of a small real record, and of the same record with something changed in it.

mod common;

use std::{cell::Cell, num::NonZeroUsize, sync::OnceLock};

use common::World;
use demur_channel::{DeadlineState, Step};
use demur_encoding::sha256;
use demur_record::{
    audit::{AuditReport, Check, Found, Options, audit},
    checkpoint::{Checkpoint, add_cosignatures, cosign},
    entry::{COST, Direct, Entry, FORMAT, Fingerprint, NORMAL_FORM, TextFingerprint},
    event::{Action, Event},
    source::{MemoryRecord, RecordSource, SourceError},
};
use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

fn whole() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::whole(true))
}

fn run<S: RecordSource>(world: &World, source: &S) -> AuditReport {
    let options = Options {
        policy: &world.policy,
        threads: NonZeroUsize::MIN,
        progress: &|_| {},
    };
    audit(source, options, &mut ChaCha20Rng::seed_from_u64(1)).unwrap()
}

#[test]
fn published_fingerprints_are_listed() {
    let mut world = World::drafted(true);
    // So that each version has its own count.
    for member in [5, 6] {
        let more = world.sign_on(member, 2, Action::Sign, 1, None);
        world.publish_events(vec![Event::SignOn(more)]);
    }
    world.file();
    let text = TextFingerprint {
        form: NORMAL_FORM.to_owned(),
        hash: COST,
        whole: sha256(b"whole"),
        body: sha256(b"body"),
    };
    let latest = world.versions.last().unwrap();
    let entry = world.approved(Entry::Fingerprint(Fingerprint {
        v: FORMAT,
        memo: world.memo.unwrap(),
        of: 1,
        version: latest.number,
        version_hash: latest.hash().unwrap(),
        text: text.clone(),
        approvals: Vec::new(),
    }));
    world.publish(vec![entry]);
    let report = run(&world, &world.record);
    assert_eq!(report.failure, None);
    let [row] = &report.fingerprints[..] else {
        panic!("{:?}", report.fingerprints)
    };
    assert_eq!((row.memo, row.text.clone()), (world.memo.unwrap(), text));
    assert_eq!((row.version, row.latest), (1, 2));
    assert_eq!(row.version_hash, world.versions[0].hash().unwrap());
    assert!(row.registered < row.published);
    let memo = world.replay.memo(world.memo.unwrap()).unwrap();
    let tallies = memo.state().tallies;
    assert_ne!(tallies[0].signed, tallies[1].signed);
    assert_eq!(row.signed, tallies[0].signed);
}

#[test]
fn a_whole_record_is_verified() {
    let world = whole();
    let report = run(world, &world.record);
    assert_eq!(report.failure, None);
    assert!(report.ok && report.witnessed);
    assert_eq!(report.size, world.tree.size());
    assert!(
        report
            .rows
            .iter()
            .all(|row| row.check == Check::Verified && row.count > 0),
        "{:#?}",
        report.rows
    );
    let count = |what: &str| {
        report
            .rows
            .iter()
            .find(|row| row.what.contains(what))
            .unwrap()
            .count
    };
    assert_eq!(count("zero-knowledge"), 8);
    assert_eq!(count("sign-ons"), 6);
    assert_eq!(count("entries, by form"), world.entries.len() as u64);
    assert_eq!(
        count("tiles"),
        world
            .record
            .files
            .keys()
            .filter(|path| path.starts_with("tile/"))
            .count() as u64
    );
    let case = &report.cases[0];
    assert_eq!((case.step, case.deadlines.len()), (Step::Responded, 3));
    assert!(
        case.deadlines
            .iter()
            .all(|deadline| deadline.state == DeadlineState::DoneInTime)
    );
    // A source that can't be listed is verified just as well.
    struct Unlisted<'a>(&'a MemoryRecord);
    impl RecordSource for Unlisted<'_> {
        fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
            self.0.read(path)
        }
    }
    assert!(run(world, &Unlisted(&world.record)).ok);
    serde_json::to_string(&report).unwrap();
}

/// Flips one bit and checks that the audit fails and names a fitting place.
fn flipped(world: &World, path: &str, at: usize) {
    let mut record = world.record.clone();
    let file = record.files.get_mut(path).unwrap();
    let at = at % (file.len() * 8);
    file[at / 8] ^= 1 << (at % 8);
    let failure = run(world, &record)
        .failure
        .unwrap_or_else(|| panic!("{path}, bit {at}"));
    match &failure.found {
        Found::File(file) => assert_eq!(file, path, "bit {at}: {failure}"),
        Found::Entry(entry) => {
            let bundle = path.strip_prefix("tile/entries/").unwrap_or_default();
            let number: usize = bundle.get(..3).unwrap_or("0").parse().unwrap();
            assert!(
                path.starts_with("tile/entries/"),
                "{path}, bit {at}: {failure}"
            );
            // The byte lies in the entry that is named.
            let starts = world.entries[number * 256..]
                .iter()
                .scan(0, |start, entry| {
                    let this = *start;
                    *start += 2 + entry.len();
                    Some(this)
                });
            let holder = starts.take_while(|start| *start <= at / 8).count() - 1 + number * 256;
            assert_eq!(*entry, holder as u64, "bit {at}: {failure}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn any_flipped_bit_of_any_file_is_found_and_named(file in any::<prop::sample::Index>(), at: usize) {
        let world = whole();
        let paths: Vec<&str> = world.record.files.keys().map(String::as_str).collect();
        let path: &&str = file.get(&paths);
        flipped(world, path, at);
    }
}

/// Several tiles: a record without memos, long enough for a second level.
fn long() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let mut world = World::founded(false);
        while world.tree.size() < 515 {
            world.publish(vec![]);
        }
        world
    })
}

#[test]
fn a_longer_record_is_verified_tile_by_tile() {
    let world = long();
    let report = run(world, &world.record);
    assert_eq!(report.failure, None);
    let tiles = |path: &&String| path.starts_with("tile/");
    assert_eq!(world.record.files.keys().filter(tiles).count(), 7);
    for path in world.record.files.keys().filter(tiles) {
        for at in [0, 7 * 8 + 3, 1999 * 8, usize::MAX] {
            flipped(world, path, at);
        }
    }
}

#[test]
#[ignore = "every byte of every file: some minutes with --release"]
fn every_flipped_byte_is_found_and_named() {
    let world = whole();
    for (path, file) in &world.record.files {
        for at in 0..file.len() {
            // Another bit of each byte in turn.
            flipped(world, path, at * 8 + at % 8);
        }
    }
}

/// Counts what is read.
struct Counted<'a> {
    record: &'a MemoryRecord,
    reads: Cell<usize>,
}

impl RecordSource for Counted<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        self.reads.set(self.reads.get() + 1);
        self.record.read(path)
    }
}

/// A hostile log can sign any size. Nothing is laid out by it: the audit ends at the first missing file.
#[test]
fn a_checkpoint_of_an_absurd_size_costs_nothing() {
    let mut world = World::founded(false);
    for size in [1_u64 << 50, (1 << 53) - 1] {
        let note = Checkpoint::new(common::ORIGIN, size, world.tree.root())
            .sign(&world.log)
            .unwrap();
        let lines: Vec<u8> = world
            .witnesses
            .iter()
            .flat_map(|witness| cosign(&note, witness.at(world.now)).unwrap())
            .collect();
        let keys: Vec<_> = world
            .witnesses
            .iter()
            .map(|w| w.verifier().clone())
            .collect();
        let note = add_cosignatures(&note, &lines, &keys).unwrap();
        world.record.files.insert("checkpoint".to_owned(), note);
        let source = Counted {
            record: &world.record,
            reads: Cell::new(0),
        };
        let failure = run(&world, &source).failure.unwrap();
        assert_eq!(
            (failure.found, failure.reason.as_str()),
            (Found::File("tile/entries/000".to_owned()), "missing")
        );
        assert!(source.reads.get() < 10, "{} reads", source.reads.get());
    }
}

#[test]
fn every_missing_or_added_or_shortened_file_is_found_and_named() {
    let world = whole();
    for path in world.record.files.keys() {
        for change in 0..3 {
            let mut record = world.record.clone();
            let mut file = record.files.remove(path).unwrap();
            match change {
                0 => {}
                1 => {
                    file.pop();
                    record.files.insert(path.clone(), file);
                }
                _ => {
                    file.push(b'\n');
                    record.files.insert(path.clone(), file);
                }
            }
            let failure = run(world, &record)
                .failure
                .unwrap_or_else(|| panic!("{path}"));
            assert_eq!(failure.found, Found::File(path.clone()), "{failure}");
        }
    }
    for path in [
        "tile/0/001",
        "history/1",
        "editions/2",
        "note.txt",
        "tile/entries/000",
        "history/",
    ] {
        let mut record = world.record.clone();
        record.files.insert(path.to_owned(), vec![1]);
        assert_eq!(
            run(world, &record).failure.unwrap().found,
            Found::File(path.to_owned())
        );
    }
}

#[test]
fn a_history_of_another_time_is_found() {
    // The log and both witnesses sign an old checkpoint again: only the state entry's digest tells.
    let world = whole();
    let (path, note) = world
        .record
        .files
        .iter()
        .find(|(path, _)| path.starts_with("history/"))
        .unwrap();
    let text = std::str::from_utf8(note).unwrap();
    let end = text.find("\n\n").unwrap() + 1;
    let again = Checkpoint::from_text(&text[..end]).unwrap();
    let mut again = again.sign(&world.log).unwrap();
    for witness in &world.witnesses {
        let time = world.now.plus(5);
        again.extend(cosign(&again.clone(), witness.at(time)).unwrap());
    }
    let mut record = world.record.clone();
    record.files.insert(path.clone(), again);
    assert!(run(world, &record).failure.is_some());
}

#[test]
fn a_wrong_proof_is_found_in_its_entry() {
    // All signatures and roots are right; one proof is not.
    let mut world = whole().clone();
    let mut act = world.sign_on(4, 2, Action::Sign, 1, None);
    let good = act.proofs.clone();
    act.proofs[0].0[100] ^= 1;
    let entry = Entry::SignOn(Direct {
        v: FORMAT,
        event: act.clone(),
    });
    world.publish_with(vec![], vec![act]);
    let entry = entry.to_vec().unwrap();
    let index = world.entries.iter().position(|other| *other == entry);
    let failure = run(&world, &world.record).failure.unwrap();
    assert_eq!(
        failure.found,
        Found::Entry(index.unwrap() as u64),
        "{failure}"
    );
    // A good proof of another member's act doesn't help.
    let mut world = whole().clone();
    world.real = false;
    let mut other = world.sign_on(5, 2, Action::Sign, 1, None);
    other.proofs = good;
    world.publish_with(vec![], vec![other]);
    assert!(run(&world, &world.record).failure.is_some());
}

#[test]
fn zeros_are_no_proofs() {
    let world = World::whole(false);
    let failure = run(&world, &world.record).failure.unwrap();
    assert!(failure.reason.contains("proof"), "{failure}");
}

#[test]
fn another_policy_refuses() {
    let world = whole();
    let other = World::new(false);
    let mut text = other.policy.to_string();
    text = text.replace("group witnesses 2", "group witnesses 1");
    let policy = text.replace(&world.log.verifier().to_string(), &{
        let key = common::key(77);
        demur_record::keys::LogSigner::new(common::ORIGIN, key)
            .unwrap()
            .verifier()
            .to_string()
    });
    let policy = policy.parse().unwrap();
    let options = Options {
        policy: &policy,
        threads: NonZeroUsize::MIN,
        progress: &|_| {},
    };
    let report = audit(&world.record, options, &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
    assert_eq!(
        report.failure.unwrap().found,
        Found::File("checkpoint".to_owned())
    );
}

/// Writes the record to the folder that the environment names, for the foreign verifiers in `interop/`.
#[test]
fn export() {
    let Ok(folder) = std::env::var("DEMUR_RECORD_EXPORT") else {
        eprintln!("skipped: DEMUR_RECORD_EXPORT names no folder");
        return;
    };
    let folder = std::path::Path::new(&folder);
    for (name, world) in [("whole", whole()), ("long", long())] {
        let folder = folder.join(name);
        for (path, bytes) in &world.record.files {
            let path = folder.join("record").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        std::fs::write(
            folder.join("channel.vkey"),
            format!("{}\n", world.log.verifier()),
        )
        .unwrap();
        std::fs::write(folder.join("policy"), world.policy.to_string()).unwrap();
    }
}
