//! A data folder, a clock, and witnesses.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use demur_encoding::{Digest, Time, sha256};
use demur_record::{
    entry::{Direct, Entry, FORMAT, Software},
    event::Event,
    keys::{LogSigner, VerifierKey, WitnessSigner},
    policy::{Log, Policy, Witness as Named},
    source::{RecordSource, SourceError},
    tiles::leaf_hash,
    witness::{Witness, WitnessReply},
};
use demur_store::{
    CaseStore as _, EventStore as _, FileKind, NewDirect, NewFile, NewOpening, NewSignOn,
    NewVersion, RosterStore as _, testing,
};
use demur_store_sqlite::{Mode, SqliteStore};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use tempfile::TempDir;

use super::{
    super::{
        Parts, Sequencer, SequencerError, Step,
        fault::{FaultPoint, Faults},
        witness::{WitnessAnswer, WitnessClient},
    },
    world::{self, World},
};
use crate::clock::Clock;

pub(super) const START: Time = Time::from_unix(1_795_424_400);

pub(super) fn signer() -> LogSigner {
    LogSigner::new(world::ORIGIN, world::key(1)).unwrap()
}

#[derive(Debug)]
pub(super) struct TestClock(AtomicU64);

impl TestClock {
    pub(super) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Time {
        Time::from_unix(self.0.load(Ordering::SeqCst))
    }
}

/// A witness in the same process.
#[derive(Clone)]
pub(super) struct TestWitness {
    key: VerifierKey,
    witness: Arc<Mutex<Witness>>,
    clock: Arc<TestClock>,
    online: Arc<AtomicBool>,
    silent: Arc<AtomicBool>,
    /// What its clock is wrong by, in seconds.
    ahead: Arc<AtomicU64>,
}

impl TestWitness {
    pub(super) fn witness(&self) -> Arc<Mutex<Witness>> {
        Arc::clone(&self.witness)
    }
}

impl WitnessClient for TestWitness {
    fn key(&self) -> &VerifierKey {
        &self.key
    }

    async fn add_checkpoint(&self, body: Vec<u8>) -> Result<WitnessAnswer, String> {
        if self.silent.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if !self.online.load(Ordering::SeqCst) {
            return Err("offline".to_owned());
        }
        Ok(
            match self.witness.lock().unwrap().add_checkpoint(
                &body,
                self.clock.now().plus(self.ahead.load(Ordering::SeqCst)),
            ) {
                WitnessReply::Cosigned(lines) => WitnessAnswer::Cosigned(lines),
                WitnessReply::Conflict(size) => WitnessAnswer::Knows(size),
                other => WitnessAnswer::Refused(format!("{other:?}")),
            },
        )
    }
}

#[derive(Default)]
pub(super) struct StopAt(Mutex<Option<FaultPoint>>);

impl Faults for StopAt {
    fn stop_at(&self, point: FaultPoint) -> bool {
        *self.0.lock().unwrap() == Some(point)
    }
}

pub(super) struct Bench {
    dir: TempDir,
    pub(super) clock: Arc<TestClock>,
    pub(super) witnesses: Vec<TestWitness>,
    pub(super) quorum: usize,
    faults: Arc<StopAt>,
    store: OnceLock<SqliteStore>,
}

pub(super) type TestSequencer = Sequencer<SqliteStore, TestWitness, UnwrapErr<SysRng>>;

impl Bench {
    pub(super) fn new() -> Self {
        let clock = Arc::new(TestClock(AtomicU64::new(START.unix())));
        let witnesses = [2, 3].map(|n| {
            let signer = WitnessSigner::new(&format!("w{n}.example"), world::key(n)).unwrap();
            TestWitness {
                key: signer.verifier().clone(),
                witness: Arc::new(Mutex::new(
                    Witness::new(
                        signer,
                        vec![self::signer().verifier().clone()],
                        BTreeMap::new(),
                    )
                    .unwrap(),
                )),
                clock: Arc::clone(&clock),
                online: Arc::new(AtomicBool::new(true)),
                silent: Arc::default(),
                ahead: Arc::default(),
            }
        });
        Self {
            dir: TempDir::new().unwrap(),
            clock,
            witnesses: witnesses.into(),
            quorum: 2,
            faults: Arc::default(),
            store: OnceLock::new(),
        }
    }

    pub(super) fn record_dir(&self) -> PathBuf {
        self.dir.path().join("record")
    }

    /// Opened at first use, and then kept: only [`Self::copy`] gives a store that was not closed.
    pub(super) fn store(&self) -> SqliteStore {
        if let Some(store) = self.store.get() {
            return store.clone();
        }
        let path = self.dir.path().join("demur.sqlite");
        let store = std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .unwrap();
                    runtime
                        .block_on(SqliteStore::open(&path, Mode::Server))
                        .unwrap()
                })
                .join()
                .unwrap()
        });
        self.store.get_or_init(|| store).clone()
    }

    pub(super) fn policy(&self) -> Policy {
        let witnesses = self.witnesses.iter().enumerate().map(|(i, witness)| Named {
            name: format!("w{i}"),
            key: witness.key.clone(),
            url: None,
        });
        let log = Log {
            key: signer().verifier().clone(),
            url: None,
        };
        Policy::simple(log, witnesses.collect(), self.quorum).unwrap()
    }

    pub(super) async fn open(&self) -> Result<TestSequencer, SequencerError> {
        Sequencer::open(Parts {
            store: self.store(),
            clock: self.clock.clone(),
            rng: UnwrapErr(SysRng),
            signer: signer(),
            policy: self.policy(),
            witnesses: self.witnesses.clone(),
            witness_timeout: Duration::from_millis(200),
            record_dir: self.record_dir(),
            faults: self.faults.clone(),
        })
        .await
    }

    /// What a crash at this instant would leave: the files as they are, nothing closed. Clock and
    /// witnesses are the same.
    pub(super) fn copy(&self) -> Self {
        let copy = Self {
            dir: TempDir::new().unwrap(),
            clock: self.clock.clone(),
            witnesses: self.witnesses.clone(),
            quorum: self.quorum,
            faults: Arc::default(),
            store: OnceLock::new(),
        };
        for name in ["demur.sqlite", "demur.sqlite-wal"] {
            fs::copy(self.dir.path().join(name), copy.dir.path().join(name)).unwrap();
        }
        self.copy_record(&copy);
        copy
    }

    pub(super) fn copy_record(&self, to: &Self) {
        let _ = fs::remove_dir_all(to.record_dir());
        for (path, bytes) in self.files() {
            let target = to.record_dir().join(path);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, bytes).unwrap();
        }
    }

    /// The record's files by path.
    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.source().0
    }

    pub(super) fn source(&self) -> Files {
        let mut files = BTreeMap::new();
        collect(&self.record_dir(), &self.record_dir(), &mut files);
        Files(files)
    }

    pub(super) fn stop_at(&self, point: Option<FaultPoint>) {
        *self.faults.0.lock().unwrap() = point;
    }

    pub(super) fn online(&self, witness: usize, online: bool) {
        self.witnesses[witness]
            .online
            .store(online, Ordering::SeqCst);
    }

    pub(super) fn silent(&self, witness: usize) {
        self.witnesses[witness].silent.store(true, Ordering::SeqCst);
    }

    pub(super) fn ahead(&self, witness: usize, seconds: u64) {
        self.witnesses[witness]
            .ahead
            .store(seconds, Ordering::SeqCst);
    }

    /// One step that publishes its batch; an interval passes, and `world` sees the record.
    pub(super) async fn step(&self, sequencer: &mut TestSequencer, world: &mut World) -> Step {
        let step = sequencer.step().await.unwrap();
        assert_eq!(step.published, step.batch);
        assert_eq!(step.refused, 0);
        self.clock.advance(600);
        world.now = self.clock.now();
        world.replay = sequencer.replay.clone();
        step
    }

    /// Profile and keys wait for the first batch.
    pub(super) async fn found(&self, world: &mut World) {
        world.now = self.clock.now();
        for entry in world.founding() {
            self.accept(&entry, None).await;
        }
    }

    pub(super) async fn accept(&self, entry: &Entry, memo: Option<Digest>) {
        self.store()
            .accept_direct(direct(entry, memo))
            .await
            .unwrap();
    }

    pub(super) async fn accept_edition(&self, entry: &Entry, file: Vec<u8>) {
        self.store()
            .accept_edition(1, direct(entry, None), file, b"sealed register".to_vec())
            .await
            .unwrap();
    }

    /// A draft that the record never opens.
    pub(super) async fn event_by_name(&self, memo: &str) {
        self.store()
            .accept_opening(testing::opening(memo))
            .await
            .unwrap();
    }

    /// Accepts an event as the server does, and notes it in `world` as one to be opened.
    pub(super) async fn event(&self, world: &mut World, event: Event) {
        let bytes = demur_encoding::canonical::to_vec(&event).unwrap();
        let salt = sha256(&bytes);
        let (slot, memo) = (event.slot(salt).unwrap(), event.memo().unwrap());
        let store = self.store();
        let entry = |entry: Entry| {
            let bytes = entry.to_vec().unwrap();
            (leaf_hash(&bytes), bytes)
        };
        let file = |kind, digest| NewFile {
            kind,
            digest,
            bytes: b"sealed".to_vec(),
        };
        match event.clone() {
            Event::Opening(opening) => {
                let new = NewOpening {
                    slot,
                    salt,
                    memo,
                    nullifier: opening.nullifier,
                    event: bytes,
                };
                store.accept_opening(new).await.unwrap();
            }
            Event::Version(version) => {
                let (number, sealed) = (
                    version.body.number,
                    file(FileKind::Version, version.body.sealed),
                );
                let (leaf, entry) = entry(Entry::Version(Direct {
                    v: FORMAT,
                    event: version,
                }));
                let new = NewVersion {
                    slot,
                    salt,
                    memo,
                    number,
                    event: bytes,
                    entry,
                    leaf,
                    sealed,
                };
                store.accept_version(new).await.unwrap();
            }
            Event::SignOn(act) => {
                let (nullifier, seq, note) =
                    (act.nullifier, act.seq, file(FileKind::Note, act.note));
                let (leaf, entry) = entry(Entry::SignOn(Direct {
                    v: FORMAT,
                    event: act,
                }));
                let new = NewSignOn {
                    slot,
                    salt,
                    memo,
                    nullifier,
                    seq,
                    event: bytes,
                    entry,
                    leaf,
                    note,
                };
                store.accept_sign_on(new).await.unwrap();
            }
            other => panic!("{other:?}"),
        }
        world.events.push(demur_record::batch::FilingEvent {
            at: demur_record::batch::Placement::Waiting(0),
            salt,
            event,
        });
    }
}

/// A record in memory, read from a folder.
pub(super) struct Files(BTreeMap<String, Vec<u8>>);

impl RecordSource for Files {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        Ok(self.0.get(path).cloned())
    }

    fn list(&self) -> Result<Option<Vec<String>>, SourceError> {
        Ok(Some(self.0.keys().cloned().collect()))
    }
}

fn collect(root: &Path, dir: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

pub(super) fn software(name: &str) -> Entry {
    Entry::Software(Software {
        v: FORMAT,
        name: name.to_owned(),
        version: "1".to_owned(),
        digest: sha256(name.as_bytes()),
    })
}

fn direct(entry: &Entry, memo: Option<Digest>) -> NewDirect {
    let bytes = entry.to_vec().unwrap();
    NewDirect {
        leaf: leaf_hash(&bytes),
        entry: bytes,
        memo,
        claim: None,
        file: None,
        approved: None,
    }
}
