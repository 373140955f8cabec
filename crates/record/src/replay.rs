//! The rules of the record, as one machine that is fed entry by entry.
//!
//! The same machine judges a batch before the sequencer commits it, a record that is audited, and
//! what a device has fetched: all come to the same decisions. It is incremental and cheap to
//! clone, and an entry that is refused changes nothing.
//!
//! **Times.** Whether an entry may stand depends on the log's clock alone: the `time` of the state
//! entry that ends its batch, which is told beforehand ([`Replay::begin_batch`]). Witnesses' times
//! are facts about the record, for deadlines and for people ([`Replay::time_of`]), and bound how
//! far the log's clock may be off ([`CLOCK_TOLERANCE_SECONDS`]). docs/decisions/0003-times.md says why.
//!
//! Zero-knowledge proofs are not verified here: each is handed out as a [`ProofTask`].

mod acts;
mod keys;
mod roster;
mod violation;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use demur_channel::{Case, Profile, Step};
use demur_encoding::{Digest, Time};

pub use self::{
    keys::{ActiveKey, KeyRing, MAX_HOLDER_NAME, MAX_SEAL},
    violation::Violation,
};
use crate::{
    entry::{
        self, CheckpointRef, Entry, Filed, MemoState, Place, Previous, Released, Software, State,
    },
    memo_log::{KnownEdition, MemoLog, Position, ProofTask, RecordView},
    state::StateMap,
    tiles::Frontier,
};

/// How far, in seconds, the log's clock may be before the witnesses' time of the checkpoint before
/// its batch, or after their time of its own checkpoint.
pub const CLOCK_TOLERANCE_SECONDS: u64 = 300;

/// The record as far as it was fed.
#[derive(Debug, Clone)]
pub struct Replay {
    origin: String,
    frontier: Frontier,
    batches: Arc<Vec<Batch>>,
    open: Option<OpenBatch>,
    /// Each with the index of its entry.
    profiles: Vec<(u64, Arc<Profile>)>,
    keys: KeyRing,
    editions: Arc<Vec<KnownEdition>>,
    software: BTreeMap<String, Software>,
    /// The slots of each opaque entry.
    opaque: Arc<BTreeMap<u64, Vec<Digest>>>,
    opened: Arc<BTreeSet<Place>>,
    /// The nullifiers of published openings.
    openings: Arc<BTreeSet<Digest>>,
    memos: BTreeMap<Digest, Arc<FiledMemo>>,
    filing: Option<Filing>,
}

/// A batch that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The index of its first entry.
    pub first: u64,
    /// The size and root of the tree that it ended with.
    pub checkpoint: CheckpointRef,
    /// The log's time: its state entry's.
    pub time: Time,
    /// How its checkpoint was published; `None` until that is known.
    pub published: Option<Published>,
}

/// What is known of a published checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// SHA-256 of the file, with its cosignatures; `None` for a device that did not fetch it, which
    /// then can't check the next state entry's `previous.digest`.
    pub digest: Option<Digest>,
    /// The earliest time of a cosignature by a witness of the policy.
    pub time: Option<Time>,
}

/// When an entry was in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryTime {
    /// The time of the first checkpoint that covers it and has a witnessed time, else the log's.
    pub time: Time,
    /// Whether a witness says so.
    pub witnessed: bool,
}

/// A memo after filing.
#[derive(Debug, Clone)]
pub struct FiledMemo {
    log: MemoLog,
    filed: Filed,
    profile: Arc<Profile>,
    /// By the log's times: what the rules go by.
    case: Case,
    steps: Vec<TakenStep>,
    released: Vec<(u64, Released)>,
}

/// A step of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenStep {
    /// Which.
    pub step: Step,
    /// The index of its entry.
    pub entry: u64,
    /// The log's time of its batch.
    pub time: Time,
    /// The entry.
    pub what: Entry,
}

impl FiledMemo {
    /// Its opening, versions and sign-ons.
    #[must_use]
    pub const fn log(&self) -> &MemoLog {
        &self.log
    }

    /// The filed entry.
    #[must_use]
    pub const fn filed(&self) -> &Filed {
        &self.filed
    }

    /// The profile that it was filed under.
    #[must_use]
    pub const fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// The case by the log's times: what the record's rules go by. For deadlines use
    /// [`Replay::case`].
    #[must_use]
    pub const fn case_by_log(&self) -> &Case {
        &self.case
    }

    /// The steps in order, the filing first.
    #[must_use]
    pub fn steps(&self) -> &[TakenStep] {
        &self.steps
    }

    /// The releases, each with the index of its entry.
    #[must_use]
    pub fn released(&self) -> &[(u64, Released)] {
        &self.released
    }

    /// Its leaf in the state map.
    #[must_use]
    pub fn state(&self) -> MemoState {
        let latest = self.log.latest();
        let last = self.steps.last();
        MemoState {
            memo: self.log.memo(),
            step: last.map_or(Step::Filed, |step| step.step),
            step_entry: last.map_or(0, |step| step.entry),
            version: latest.map_or(self.filed.version, |link| link.body.number),
            version_hash: latest.map_or(self.filed.version_hash, |link| link.hash),
            content_root: latest.map_or(self.filed.content_root, |link| link.body.content_root),
            tallies: self.log.tallies(),
        }
    }
}

/// The part of a batch that an entry belongs to, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Opaque,
    Direct,
    Filing,
    SignOn,
}

#[derive(Debug, Clone, Copy)]
struct OpenBatch {
    first: u64,
    time: Time,
    section: Section,
}

/// A filing whose opened events are being read.
#[derive(Debug, Clone)]
struct Filing {
    log: MemoLog,
    last: Place,
    places: Vec<Place>,
}

/// What an entry turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The entry.
    pub entry: Entry,
    /// Proofs to verify. The sequencer's server has verified them at admission; everybody else must.
    pub tasks: Vec<ProofTask>,
    /// A sign-on that was recorded after its expiry, and counts for nothing.
    pub void: bool,
}

impl Replay {
    /// An empty record of the log `origin`.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            frontier: Frontier::default(),
            batches: Arc::default(),
            open: None,
            profiles: Vec::new(),
            keys: KeyRing::default(),
            editions: Arc::default(),
            software: BTreeMap::new(),
            opaque: Arc::default(),
            opened: Arc::default(),
            openings: Arc::default(),
            memos: BTreeMap::new(),
            filing: None,
        }
    }

    /// Begins a batch that will end with a state entry of that `time`.
    ///
    /// # Errors
    /// When a batch is open, the last one was not closed, or the clock ran backwards.
    pub fn begin_batch(&mut self, time: Time) -> Result<(), Violation> {
        if self.open.is_some() || self.batches.last().is_some_and(|b| b.published.is_none()) {
            return Err(Violation::NoBatch);
        }
        if let Some(last) = self.batches.last() {
            if time < last.time {
                let before = last.time;
                return Err(Violation::ClockBackwards { now: time, before });
            }
            if let Some(witnessed) = last.published.and_then(|p| p.time)
                && time.plus(CLOCK_TOLERANCE_SECONDS) < witnessed
            {
                let (log, side) = (time, "before");
                return Err(Violation::Clock {
                    log,
                    witnessed,
                    side,
                });
            }
        }
        self.open = Some(OpenBatch {
            first: self.size(),
            time,
            section: Section::Opaque,
        });
        Ok(())
    }

    /// Applies the next entry of the open batch, by its canonical bytes.
    ///
    /// # Errors
    /// When it can't stand there; nothing has changed then.
    pub fn apply(&mut self, index: u64, bytes: &[u8]) -> Result<Applied, Violation> {
        let expected = self.size();
        if index != expected {
            return Err(Violation::Index {
                expected,
                found: index,
            });
        }
        let open = self.open.ok_or(Violation::NoBatch)?;
        let entry = Entry::from_slice(bytes)?;
        let section = self.section(&entry, open)?;
        let at = Position {
            entry: index,
            time: open.time,
            published: self.published_size(),
        };
        let mut applied = self.dispatch(entry, at)?;
        for task in &mut applied.tasks {
            // An opened event was judged by its place; its proof is shown by this entry.
            task.entry = index;
        }
        self.frontier.push(bytes);
        if let Some(open) = &mut self.open {
            open.section = section;
        }
        if let Entry::State(state) = &applied.entry {
            self.open = None;
            Arc::make_mut(&mut self.batches).push(Batch {
                first: open.first,
                checkpoint: CheckpointRef {
                    size: self.frontier.size(),
                    hash: self.frontier.root(),
                },
                time: state.time,
                published: None,
            });
        }
        Ok(applied)
    }

    /// Applies a whole batch, whose last entry is its state entry.
    ///
    /// # Errors
    /// The index of the first entry that can't stand, and why. The batch is then half applied: work
    /// on a clone.
    pub fn apply_batch<T: AsRef<[u8]>>(
        &mut self,
        entries: &[T],
    ) -> Result<Vec<Applied>, (u64, Violation)> {
        let first = self.size();
        let at = |i: usize| first.saturating_add(u64::try_from(i).unwrap_or(u64::MAX));
        let last = entries.len().saturating_sub(1);
        let end = entries
            .last()
            .map(|bytes| Entry::from_slice(bytes.as_ref()));
        let time = match end {
            Some(Ok(Entry::State(state))) => state.time,
            Some(Err(error)) => return Err((at(last), error.into())),
            _ => return Err((at(last), Violation::NoState)),
        };
        self.begin_batch(time)
            .map_err(|violation| (at(last), violation))?;
        let mut applied = Vec::with_capacity(entries.len());
        for (i, bytes) in entries.iter().enumerate() {
            let index = at(i);
            let one = self.apply(index, bytes.as_ref());
            applied.push(one.map_err(|violation| (index, violation))?);
        }
        Ok(applied)
    }

    /// Closes the batch that ended last with its checkpoint as it was published.
    ///
    /// # Errors
    /// When `checkpoint` is not that of the entries so far, or the log's clock is too far after the
    /// witnesses'.
    pub fn close_batch(
        &mut self,
        checkpoint: CheckpointRef,
        published: Published,
    ) -> Result<(), Violation> {
        let Some(last) = self.batches.last().filter(|_| self.open.is_none()) else {
            return Err(Violation::NoBatch);
        };
        if last.published.is_some() {
            return Err(Violation::NoBatch);
        }
        if last.checkpoint != checkpoint {
            return Err(Violation::Checkpoint(checkpoint.size));
        }
        if let Some(witnessed) = published.time
            && last.time > witnessed.plus(CLOCK_TOLERANCE_SECONDS)
        {
            let (log, side) = (last.time, "after");
            return Err(Violation::Clock {
                log,
                witnessed,
                side,
            });
        }
        if let Some(last) = Arc::make_mut(&mut self.batches).last_mut() {
            last.published = Some(published);
        }
        Ok(())
    }

    /// Whether the entry could stand in the next batch, by itself, at `now`; its proofs to verify.
    /// For the server, before it accepts a direct entry. It doesn't see what else waits.
    ///
    /// # Errors
    /// When it couldn't.
    pub fn admit(&self, bytes: &[u8], now: Time) -> Result<Applied, Violation> {
        let mut ahead = self.clone();
        let first = ahead.size();
        // The next batch has its opaque entry first, which is of no interest here.
        ahead.open = Some(OpenBatch {
            first: first.saturating_sub(u64::from(!ahead.profiles.is_empty())),
            time: self.batches.last().map_or(now, |last| now.max(last.time)),
            section: Section::Direct,
        });
        ahead.apply(first, bytes)
    }

    /// The state entry that ends the open batch.
    ///
    /// # Errors
    /// When no batch is open, or the checkpoint before was not published, or a filing is incomplete.
    pub fn state_entry(&self) -> Result<State, Violation> {
        let open = self.open.ok_or(Violation::NoBatch)?;
        let map = self.state_map()?;
        let previous = match self.batches.last() {
            None => None,
            Some(last) => {
                let digest = last.published.and_then(|published| published.digest);
                Some(Previous {
                    size: last.checkpoint.size,
                    hash: last.checkpoint.hash,
                    digest: digest.ok_or(Violation::Previous)?,
                })
            }
        };
        Ok(State {
            v: entry::FORMAT,
            root: map.root(),
            memos: map.leaves().len() as u64,
            time: open.time,
            previous,
        })
    }

    /// The map that the next state entry commits to.
    ///
    /// # Errors
    /// When a leaf has no canonical form.
    pub fn state_map(&self) -> Result<StateMap, Violation> {
        Ok(StateMap::new(
            self.memos.values().map(|memo| memo.state()).collect(),
        )?)
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of entries so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over the entries so far.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.frontier.root()
    }

    /// The batches that ended, in order.
    #[must_use]
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// The profile in force.
    #[must_use]
    pub fn profile(&self) -> Option<&Arc<Profile>> {
        self.profiles.last().map(|(_, profile)| profile)
    }

    /// The keys in force.
    #[must_use]
    pub const fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// All editions, the first first.
    #[must_use]
    pub fn editions(&self) -> &[KnownEdition] {
        &self.editions
    }

    /// The newest software entry of each name.
    #[must_use]
    pub const fn software(&self) -> &BTreeMap<String, Software> {
        &self.software
    }

    /// The filed memos, by identifier.
    pub fn memos(&self) -> impl Iterator<Item = (Digest, &FiledMemo)> {
        self.memos.iter().map(|(id, memo)| (*id, &**memo))
    }

    /// A filed memo.
    #[must_use]
    pub fn memo(&self, memo: Digest) -> Option<&FiledMemo> {
        self.memos.get(&memo).map(|memo| &**memo)
    }

    /// The slots of the opaque entry at `index`.
    #[must_use]
    pub fn slots(&self, index: u64) -> Option<&[Digest]> {
        self.opaque.get(&index).map(Vec::as_slice)
    }

    /// Whether the slot at `place` was opened.
    #[must_use]
    pub fn is_opened(&self, place: Place) -> bool {
        self.opened.contains(&place)
    }

    /// Where an act stands whose entry, or whose slot's entry, has that index; `None` for an entry
    /// that the record doesn't have, or whose batch has not begun.
    #[must_use]
    pub fn position(&self, entry: u64) -> Option<Position> {
        if entry >= self.size() {
            return None;
        }
        match self.batch_of(entry) {
            Some(i) => Some(Position {
                entry,
                time: self.batches.get(i)?.time,
                published: i
                    .checked_sub(1)
                    .and_then(|i| self.batches.get(i))
                    .map_or(0, |batch| batch.checkpoint.size),
            }),
            None => Some(Position {
                entry,
                time: self.open?.time,
                published: self.published_size(),
            }),
        }
    }

    /// Where an act stands that waits for the next batch.
    #[must_use]
    pub fn pending(&self, now: Time) -> Position {
        Position {
            entry: self.size(),
            time: now,
            published: self.published_size(),
        }
    }

    /// When the entry was in the record; `None` while no closed batch holds it.
    #[must_use]
    pub fn time_of(&self, entry: u64) -> Option<EntryTime> {
        let covering = self.batches.get(self.batch_of(entry)?..)?;
        let first = covering.first().filter(|batch| batch.published.is_some())?;
        let witnessed = covering.iter().find_map(|batch| batch.published?.time);
        Some(EntryTime {
            time: witnessed.unwrap_or(first.time),
            witnessed: witnessed.is_some(),
        })
    }

    /// The time of the newest closed batch: what "as of" means.
    #[must_use]
    pub fn as_of(&self) -> Option<EntryTime> {
        let last = self
            .batches
            .iter()
            .rev()
            .find(|batch| batch.published.is_some())?;
        let witnessed = last.published.and_then(|published| published.time);
        Some(EntryTime {
            time: witnessed.unwrap_or(last.time),
            witnessed: witnessed.is_some(),
        })
    }

    /// A filed memo's case by the times that everybody can check: witnesses', where there are any.
    /// Deadlines are computed from this. `None` while its filing is in no closed batch.
    #[must_use]
    pub fn case(&self, memo: Digest) -> Option<Case> {
        let memo = self.memos.get(&memo)?;
        let mut steps = memo.steps.iter();
        let filed = self.time_of(steps.next()?.entry)?;
        let mut case = Case::filed(Arc::clone(&memo.profile), filed.time);
        for step in steps {
            let Some(at) = self.time_of(step.entry) else {
                break;
            };
            // The rules went by the log's clock: at the very end of a term the witnesses' may be past it.
            if case.apply(step.step, at.time).is_err() && case.apply(step.step, step.time).is_err()
            {
                break;
            }
        }
        Some(case)
    }

    fn batch_of(&self, entry: u64) -> Option<usize> {
        let i = self
            .batches
            .partition_point(|batch| batch.checkpoint.size <= entry);
        (i < self.batches.len()).then_some(i)
    }

    /// The size of the newest published checkpoint. While a batch is open that is the last one's.
    fn published_size(&self) -> u64 {
        let mut closed = self
            .batches
            .iter()
            .rev()
            .filter(|batch| batch.published.is_some());
        closed.next().map_or(0, |batch| batch.checkpoint.size)
    }

    fn section(&self, entry: &Entry, open: OpenBatch) -> Result<Section, Violation> {
        let kind = entry.kind();
        let fail = |why| Err(Violation::Section { kind, why });
        if let Some(filing) = &self.filing
            && !matches!(entry, Entry::Opened(_) | Entry::Filed(_))
        {
            return Err(Violation::FilingInterrupted(filing.log.memo()));
        }
        let first = self.size() == open.first;
        let section = match entry {
            Entry::Profile(_) if self.profiles.is_empty() && first => Section::Direct,
            _ if self.profiles.is_empty() => return Err(Violation::NoProfile),
            Entry::Opaque(_) if first => Section::Opaque,
            Entry::Opaque(_) => return fail("a batch has one, as its first entry"),
            _ if first => return fail("a batch begins with its opaque entry"),
            Entry::Opened(_) | Entry::Filed(_) => Section::Filing,
            Entry::SignOn(_) => Section::SignOn,
            Entry::State(_) => return Ok(Section::SignOn),
            _ => Section::Direct,
        };
        if section < open.section {
            return fail(
                "a batch holds opaque, direct entries, filings and late sign-ons in this order",
            );
        }
        Ok(section)
    }

    fn dispatch(&mut self, entry: Entry, at: Position) -> Result<Applied, Violation> {
        let mut applied = Applied {
            entry,
            tasks: Vec::new(),
            void: false,
        };
        match &applied.entry {
            Entry::Profile(e) => self.profile_entry(e, at)?,
            Entry::Keys(e) => {
                let first_batch = self.batches.is_empty();
                self.keys.apply(e, at.entry, first_batch)?;
            }
            Entry::Edition(e) => self.edition_entry(e, &applied.entry, at)?,
            Entry::Attestation(e) => self.attestation_entry(e, &applied.entry)?,
            Entry::Opaque(e) => self.opaque_entry(e, at)?,
            Entry::Opened(e) => (applied.tasks, applied.void) = self.opened_entry(e)?,
            Entry::Filed(e) => self.filed_entry(e, at)?,
            Entry::Version(e) => self.version_entry(&e.event, at)?,
            Entry::SignOn(e) => (applied.tasks, applied.void) = self.sign_on_entry(&e.event, at)?,
            Entry::Acknowledged(e) => {
                self.office_step(e.memo, Step::Acknowledged, &applied.entry, at)?;
            }
            Entry::Returned(e) => {
                self.check_reason(e)?;
                self.office_step(e.memo, Step::Returned, &applied.entry, at)?;
            }
            Entry::Distributed(e) => {
                self.check_distribution(e)?;
                self.office_step(e.memo, Step::Distributed, &applied.entry, at)?;
            }
            Entry::Responded(e) => {
                if e.points == 0 {
                    return Err(Violation::Field("a response answers at least one point"));
                }
                self.office_step(e.memo, Step::Responded, &applied.entry, at)?;
            }
            Entry::Rejoined(_) | Entry::Withdrawn(_) | Entry::Released(_) => {
                self.authors_step(&applied.entry, at)?;
            }
            Entry::Software(e) => {
                if e.name.is_empty() || e.name.len() > 255 || e.version.len() > 255 {
                    return Err(Violation::Field(
                        "software has a name and a version of at most 255 bytes",
                    ));
                }
                self.software.insert(e.name.clone(), e.clone());
            }
            Entry::State(e) => self.check_state(e)?,
        }
        Ok(applied)
    }

    fn check_state(&self, state: &State) -> Result<(), Violation> {
        let open = self.open.ok_or(Violation::NoBatch)?;
        if state.time != open.time {
            return Err(Violation::Time {
                expected: open.time,
                found: state.time,
            });
        }
        let map = self.state_map()?;
        let (root, memos) = (map.root(), map.leaves().len() as u64);
        if (state.root, state.memos) != (root, memos) {
            return Err(Violation::State {
                root,
                memos,
                found: state.root,
                found_memos: state.memos,
            });
        }
        let fits = match (self.batches.last(), &state.previous) {
            (None, None) => true,
            (Some(last), Some(previous)) => {
                let digest = last.published.and_then(|published| published.digest);
                previous.size == last.checkpoint.size
                    && previous.hash == last.checkpoint.hash
                    && digest.is_none_or(|digest| previous.digest == digest)
            }
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(Violation::Previous)
        }
    }
}

impl RecordView for Replay {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn profile_at(&self, index: u64) -> Option<&Arc<Profile>> {
        let later = self.profiles.partition_point(|(entry, _)| *entry < index);
        self.profiles
            .get(later.checked_sub(1)?)
            .map(|(_, profile)| profile)
    }

    fn edition(&self, number: u32) -> Option<&KnownEdition> {
        self.editions
            .get(usize::try_from(number.checked_sub(1)?).ok()?)
    }

    fn checkpoint_time(&self, reference: CheckpointRef) -> Option<Time> {
        let find = |batch: &Batch| batch.checkpoint.size.cmp(&reference.size);
        let batch = self
            .batches
            .get(self.batches.binary_search_by(find).ok()?)?;
        (batch.checkpoint == reference).then_some(batch.time)
    }
}
