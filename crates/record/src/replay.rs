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
mod facts;
mod keys;
mod roster;
mod slots;
mod view;
mod violation;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use demur_channel::{Profile, Step};
use demur_encoding::{Digest, Time};

use self::slots::Slots;
pub use self::{
    facts::{Batch, EntryTime, FiledMemo, Published, TakenStep},
    keys::{ActiveKey, KeyRing, MAX_HOLDER_NAME, MAX_SEAL},
    slots::{OpenedPlaces, opened_places},
    violation::Violation,
};
use crate::{
    entry::{self, CheckpointRef, Entry, Place, Previous, Software, State},
    memo_log::{KnownEdition, MemoLog, Position, ProofTask},
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
    /// The number of batches up to the last one with a witnessed time.
    witnessed: usize,
    open: Option<OpenBatch>,
    /// Each with the index of its entry.
    profiles: Vec<(u64, Arc<Profile>)>,
    keys: KeyRing,
    editions: Arc<Vec<KnownEdition>>,
    software: BTreeMap<String, Software>,
    /// All software entries, each with its index.
    served: Arc<Vec<(u64, Software)>>,
    slots: Slots,
    opened: Arc<BTreeSet<Place>>,
    /// The nullifiers of published openings.
    openings: Arc<BTreeSet<Digest>>,
    memos: BTreeMap<Digest, Arc<FiledMemo>>,
    filing: Option<Filing>,
    /// Root and size of the state map, once computed; a new cell with each change.
    committed: Arc<OnceLock<(Digest, u64)>>,
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
            witnessed: 0,
            open: None,
            profiles: Vec::new(),
            keys: KeyRing::default(),
            editions: Arc::default(),
            software: BTreeMap::new(),
            served: Arc::default(),
            slots: Slots::default(),
            opened: Arc::default(),
            openings: Arc::default(),
            memos: BTreeMap::new(),
            filing: None,
            committed: Arc::default(),
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
        let mut applied = self.dispatch(entry, bytes, at)?;
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
            self.slots.forget();
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

    /// Applies a whole batch, whose last entry is its state entry. The opaque entries of the events that it opens
    /// were recalled before: [`Self::recall`].
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
        let batches = Arc::make_mut(&mut self.batches);
        if let Some(last) = batches.last_mut() {
            last.published = Some(published);
        }
        if published.time.is_some() {
            self.witnessed = batches.len();
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
        let (root, memos) = self.committed()?;
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
            root,
            memos,
            profiles: self.profiles.len() as u64,
            keys: self.keys.entries(),
            editions: self.editions.len() as u64,
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

    fn dispatch(&mut self, entry: Entry, bytes: &[u8], at: Position) -> Result<Applied, Violation> {
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
            Entry::Attestation(e) => self.attestation_entry(e, &applied.entry, at)?,
            Entry::Opaque(e) => self.opaque_entry(e, bytes, at)?,
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
            Entry::Rejoined(_)
            | Entry::Withdrawn(_)
            | Entry::Released(_)
            | Entry::Fingerprint(_) => {
                self.authors_step(&applied.entry, at)?;
            }
            Entry::Software(e) => {
                if e.name.is_empty() || e.name.len() > 255 || e.version.len() > 255 {
                    return Err(Violation::Field(
                        "software has a name and a version of at most 255 bytes",
                    ));
                }
                self.software.insert(e.name.clone(), e.clone());
                Arc::make_mut(&mut self.served).push((at.entry, e.clone()));
            }
            Entry::State(e) => self.check_state(e)?,
        }
        Ok(applied)
    }

    /// Root and size of the state map. Most batches change no memo: it is computed when one did.
    fn committed(&self) -> Result<(Digest, u64), Violation> {
        if let Some(known) = self.committed.get() {
            return Ok(*known);
        }
        let map = self.state_map()?;
        let computed = (map.root(), map.leaves().len() as u64);
        Ok(*self.committed.get_or_init(|| computed))
    }

    /// A memo changed.
    fn touch(&mut self) {
        self.committed = Arc::default();
    }

    fn check_state(&self, state: &State) -> Result<(), Violation> {
        let open = self.open.ok_or(Violation::NoBatch)?;
        if state.time != open.time {
            return Err(Violation::Time {
                expected: open.time,
                found: state.time,
            });
        }
        let (root, memos) = self.committed()?;
        if (state.root, state.memos) != (root, memos) {
            return Err(Violation::State {
                root,
                memos,
                found: state.root,
                found_memos: state.memos,
            });
        }
        for (what, computed, found) in [
            ("profile", self.profiles.len() as u64, state.profiles),
            ("keys", self.keys.entries(), state.keys),
            ("edition", self.editions.len() as u64, state.editions),
        ] {
            if computed != found {
                return Err(Violation::StateCount {
                    what,
                    computed,
                    found,
                });
            }
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
