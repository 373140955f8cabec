//! Making a batch: what waits becomes entries, in the order of docs/protocol.md, section 2.
//!
//! Pure: the sequencer gives what waits, the time and randomness, and commits what comes out. Each
//! entry was judged by [`Replay`] before it is handed out, so that a batch that is built is a batch
//! that an audit accepts.

use std::collections::{BTreeMap, BTreeSet};

use demur_encoding::{Digest, Time};
use rand_core::CryptoRng;

use crate::{
    entry::{CheckpointRef, Entry, FORMAT, Opaque, Opened, Place},
    event::{Event, mark},
    replay::{Applied, OpenedPlaces, Replay, Violation},
};

/// The most direct entries that one batch takes; the others wait for the next.
pub const MAX_BATCH_DIRECT: usize = 1024;

/// The most filings that one batch takes.
pub const MAX_BATCH_FILINGS: usize = 64;

/// The most late sign-ons that one batch takes.
pub const MAX_BATCH_SIGN_ONS: usize = 8192;

/// All that waits for a batch, each list in the order of arrival. The identifiers are the caller's,
/// distinct within their list.
#[derive(Debug, Clone, Default)]
pub struct Pending {
    /// Events before filing.
    pub slots: Vec<PendingSlot>,
    /// Entries of all types but those of the other lists.
    pub direct: Vec<PendingEntry>,
    /// Filings that are due.
    pub filings: Vec<DueFiling>,
    /// Sign-ons after filing: canonical `sign-on` entries.
    pub sign_ons: Vec<PendingEntry>,
}

impl Pending {
    /// The slots that its filings open in opaque entries which the record has: these must be recalled before
    /// [`build`] ([`Replay::recall`]).
    #[must_use]
    pub fn opened_places(&self) -> OpenedPlaces {
        let mut places = OpenedPlaces::new();
        for event in self.filings.iter().flat_map(|filing| &filing.events) {
            if let Placement::At(Place { entry, slot }) = event.at {
                places.entry(entry).or_default().insert(slot);
            }
        }
        places
    }
}

/// The salted hash of an event that waits for its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingSlot {
    /// The caller's.
    pub id: u64,
    /// The hash.
    pub slot: Digest,
    /// The memo that the event belongs to.
    pub memo: Digest,
    /// What must come before it.
    pub order: SlotOrder,
}

/// How the events of one memo in one batch must be ordered, so that they can be replayed in the
/// order of their places. All else about their order is random.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotOrder {
    /// Before all else.
    Opening,
    /// Versions in order, before sign-ons.
    Version(u32),
    /// A nullifier's acts in order.
    SignOn {
        /// Whose.
        nullifier: Digest,
        /// Its number.
        seq: u64,
    },
    /// Anywhere.
    Access,
}

impl SlotOrder {
    /// The order of an event.
    #[must_use]
    pub const fn of(event: &Event) -> Self {
        match event {
            Event::Opening(_) => Self::Opening,
            Event::Version(version) => Self::Version(version.body.number),
            Event::SignOn(sign_on) => Self::SignOn {
                nullifier: sign_on.nullifier,
                seq: sign_on.seq,
            },
            Event::Access(_) => Self::Access,
        }
    }
}

impl PendingSlot {
    /// What stands in the slot before its own: a version's mark.
    fn mark(&self) -> Option<Digest> {
        match self.order {
            SlotOrder::Version(number) => Some(mark(self.memo, number)),
            _ => None,
        }
    }
}

/// An entry that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingEntry {
    /// The caller's.
    pub id: u64,
    /// Its canonical bytes, as promised.
    pub bytes: Vec<u8>,
}

/// A filing that is due.
#[derive(Debug, Clone)]
pub struct DueFiling {
    /// The caller's.
    pub id: u64,
    /// The canonical `filed` entry, as promised.
    pub filed: Vec<u8>,
    /// All placed openings, versions and sign-ons of the memo, in any order.
    pub events: Vec<FilingEvent>,
}

/// An event that is published at filing.
#[derive(Debug, Clone)]
pub struct FilingEvent {
    /// Where it stands.
    pub at: Placement,
    /// Of its slot.
    pub salt: Digest,
    /// The event.
    pub event: Event,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// In an earlier batch.
    At(Place),
    /// It waits for this batch: the identifier of a [`PendingSlot`].
    Waiting(u64),
}

/// A batch that was built.
#[derive(Debug, Clone)]
pub struct Built {
    /// The index of the first entry.
    pub first: u64,
    /// The canonical entries.
    pub entries: Vec<Vec<u8>>,
    /// What each turned out to be, in the same order.
    pub applied: Vec<Applied>,
    /// Size and root of the tree after them.
    pub checkpoint: CheckpointRef,
    /// Where each pending slot stands now. Those that are not here wait for the next batch.
    pub places: Vec<(u64, Place)>,
    /// The indexes of the direct entries that were taken.
    pub direct: Vec<(u64, u64)>,
    /// The indexes of the `filed` entries of filings that were taken.
    pub filings: Vec<(u64, u64)>,
    /// The indexes of the late sign-ons that were taken.
    pub sign_ons: Vec<(u64, u64)>,
    /// What can't stand in the record now. The caller decides whether to try again.
    pub refused: Vec<Refused>,
    /// The record with the batch; to be closed with its published checkpoint.
    pub replay: Replay,
}

/// Something that the batch did not take because the record's rules forbid it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which list.
    pub what: Waiting,
    /// The caller's identifier.
    pub id: u64,
    /// Why.
    pub violation: Violation,
}

/// A list of [`Pending`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waiting {
    /// [`Pending::direct`].
    Direct,
    /// [`Pending::filings`].
    Filing,
    /// [`Pending::sign_ons`].
    SignOn,
}

/// How many of the slots, from the first, get a place in a batch of so many slots: with its mark, a version takes two.
#[must_use]
pub fn fitting(pending: &[PendingSlot], room: usize) -> usize {
    let mut taken = 0;
    let fits = pending.iter().take_while(|slot| {
        taken += 1 + usize::from(slot.mark().is_some());
        taken <= room
    });
    fits.count()
}

/// Builds the next batch, with the log's clock at `now`.
///
/// The opaque entries that its filings open events of are recalled in `replay` before: [`Pending::opened_places`].
/// What is not taken for lack of room stays out of every list of the result, and waits. Only what is taken takes
/// room: what the rules refuse, and a filing whose events have no place yet, never keep others out. So the work is bounded
/// by how much the caller puts into `pending`.
///
/// # Errors
/// When the record can't take a batch now: the last checkpoint was not published, the clock ran
/// backwards, or the record has no profile and the first direct entry is none.
pub fn build(
    replay: &Replay,
    pending: &Pending,
    now: Time,
    rng: &mut impl CryptoRng,
) -> Result<Built, Violation> {
    let mut replay = replay.clone();
    replay.begin_batch(now)?;
    let mut builder = Builder {
        first: replay.size(),
        replay,
        entries: Vec::new(),
        applied: Vec::new(),
        refused: Vec::new(),
    };
    let places = match builder.replay.profile() {
        None => Vec::new(),
        Some(profile) => {
            let room = usize::try_from(profile.record.opaque_slots).unwrap_or(usize::MAX);
            let (slots, places) = place(builder.first, &pending.slots, room, rng);
            builder.push(Entry::Opaque(Opaque { v: FORMAT, slots }).to_vec()?)?;
            places
        }
    };
    let direct = builder.push_all(Waiting::Direct, pending.direct.iter(), MAX_BATCH_DIRECT);
    let mut filings = Vec::new();
    let placed: BTreeMap<_, _> = places.iter().copied().collect();
    for filing in &pending.filings {
        if filings.len() == MAX_BATCH_FILINGS {
            break;
        }
        // A filing whose events have no place yet waits for them.
        if let Some(events) = placed_events(filing, &placed) {
            filings.extend(builder.push_filing(filing, events));
        }
    }
    let sign_ons = shuffled_sign_ons(&pending.sign_ons, rng);
    let sign_ons = builder.push_all(Waiting::SignOn, sign_ons.into_iter(), MAX_BATCH_SIGN_ONS);
    let state = builder.replay.state_entry()?;
    builder.push(Entry::State(state).to_vec()?)?;
    Ok(Built {
        first: builder.first,
        checkpoint: CheckpointRef {
            size: builder.replay.size(),
            hash: builder.replay.root(),
        },
        entries: builder.entries,
        applied: builder.applied,
        places,
        direct,
        filings,
        sign_ons,
        refused: builder.refused,
        replay: builder.replay,
    })
}

struct Builder {
    first: u64,
    replay: Replay,
    entries: Vec<Vec<u8>>,
    applied: Vec<Applied>,
    refused: Vec<Refused>,
}

impl Builder {
    fn push(&mut self, bytes: Vec<u8>) -> Result<u64, Violation> {
        let index = self.replay.size();
        self.applied.push(self.replay.apply(index, &bytes)?);
        self.entries.push(bytes);
        Ok(index)
    }

    fn push_all<'a>(
        &mut self,
        what: Waiting,
        entries: impl Iterator<Item = &'a PendingEntry>,
        room: usize,
    ) -> Vec<(u64, u64)> {
        let mut taken = Vec::new();
        for entry in entries {
            if taken.len() == room {
                break;
            }
            match self.push_one(what, &entry.bytes) {
                Ok(index) => taken.push((entry.id, index)),
                Err(violation) => self.refused.push(Refused {
                    what,
                    id: entry.id,
                    violation,
                }),
            }
        }
        taken
    }

    fn push_one(&mut self, what: Waiting, bytes: &[u8]) -> Result<u64, Violation> {
        // The other types have lists of their own, or are made here.
        let entry = Entry::from_slice(bytes)?;
        let wrong = match what {
            Waiting::SignOn => !matches!(entry, Entry::SignOn(_)),
            _ => matches!(
                entry,
                Entry::Opaque(_)
                    | Entry::Opened(_)
                    | Entry::Filed(_)
                    | Entry::SignOn(_)
                    | Entry::State(_)
            ),
        };
        if wrong {
            let kind = entry.kind();
            let why = "it waits in the wrong list";
            return Err(Violation::Section { kind, why });
        }
        self.push(bytes.to_vec())
    }

    /// All of a filing or nothing.
    fn push_filing(&mut self, filing: &DueFiling, events: Vec<Opened>) -> Option<(u64, u64)> {
        let before = (self.replay.clone(), self.entries.len());
        let all = || -> Result<u64, Violation> {
            for opened in events {
                self.push(Entry::Opened(opened).to_vec()?)?;
            }
            if !matches!(Entry::from_slice(&filing.filed)?, Entry::Filed(_)) {
                return Err(Violation::Field("a filing ends with a filed entry"));
            }
            self.push(filing.filed.clone())
        };
        match all() {
            Ok(index) => Some((filing.id, index)),
            Err(violation) => {
                self.replay = before.0;
                self.entries.truncate(before.1);
                self.applied.truncate(before.1);
                let (what, id) = (Waiting::Filing, filing.id);
                self.refused.push(Refused {
                    what,
                    id,
                    violation,
                });
                None
            }
        }
    }
}

/// The events of a filing in the order of their places; `None` while one has no place.
fn placed_events(filing: &DueFiling, placed: &BTreeMap<u64, Place>) -> Option<Vec<Opened>> {
    let mut events = Vec::new();
    for event in &filing.events {
        let at = match event.at {
            Placement::At(place) => place,
            Placement::Waiting(id) => *placed.get(&id)?,
        };
        events.push(Opened {
            v: FORMAT,
            at,
            salt: event.salt,
            event: event.event.clone(),
        });
    }
    events.sort_by_key(|opened| opened.at);
    Some(events)
}

/// Draws a place for each of the first slots that fit into `room`; the rest of the entry is random. A version takes
/// two neighbours: its mark, and its own.
fn place(
    entry: u64,
    pending: &[PendingSlot],
    room: usize,
    rng: &mut impl CryptoRng,
) -> (Vec<Digest>, Vec<(u64, Place)>) {
    let pending = &pending[..fitting(pending, room)];
    // Drawn among cells, each a slot or a pair of slots: so every arrangement is equally likely.
    let pairs = pending.iter().filter(|slot| slot.mark().is_some()).count();
    let mut free: Vec<usize> = (0..room - pairs).collect();
    shuffle(&mut free, rng);
    let mut of_memo: BTreeMap<Digest, Vec<(&PendingSlot, usize)>> = BTreeMap::new();
    for (slot, cell) in pending.iter().zip(free) {
        of_memo.entry(slot.memo).or_default().push((slot, cell));
    }
    let mut cells: BTreeMap<usize, &PendingSlot> = BTreeMap::new();
    for (_, mut drawn) in of_memo {
        // Who gets which of the memo's cells: what must be ordered takes them ascending.
        let mut own: Vec<usize> = drawn.iter().map(|(_, cell)| *cell).collect();
        own.sort_unstable();
        shuffle(&mut drawn, rng);
        let mut events: Vec<&PendingSlot> = drawn.into_iter().map(|(slot, _)| slot).collect();
        order(&mut events);
        cells.extend(own.into_iter().zip(events));
    }
    let mut slots: Vec<Digest> = (0..room).map(|_| random(rng)).collect();
    let mut places = Vec::new();
    let mut wider = 0;
    for (cell, event) in cells {
        let mut at = cell + wider;
        if let Some(mark) = event.mark() {
            slots[at] = mark;
            (at, wider) = (at + 1, wider + 1);
        }
        slots[at] = event.slot;
        // As many slots as the profile says, which is a u32.
        let slot = u32::try_from(at).unwrap_or(u32::MAX);
        places.push((event.id, Place { entry, slot }));
    }
    (slots, places)
}

/// Openings, versions in order, then sign-ons and accesses as they are but for each nullifier's order.
fn order(events: &mut [&PendingSlot]) {
    events.sort_by_key(|event| match event.order {
        SlotOrder::Opening => (0, 0),
        SlotOrder::Version(number) => (1, number),
        SlotOrder::SignOn { .. } | SlotOrder::Access => (2, 0),
    });
    in_sequence(events, |event| match event.order {
        SlotOrder::SignOn { nullifier, seq } => Some((nullifier, seq)),
        _ => None,
    });
}

/// Puts the acts of each nullifier in order among the places that they have.
fn in_sequence<T: Copy>(acts: &mut [T], key: impl Fn(&T) -> Option<(Digest, u64)>) {
    let mut of_member: BTreeMap<Digest, Vec<usize>> = BTreeMap::new();
    for (i, act) in acts.iter().enumerate() {
        if let Some((nullifier, _)) = key(act) {
            of_member.entry(nullifier).or_default().push(i);
        }
    }
    for at in of_member.into_values().filter(|at| at.len() > 1) {
        let mut sorted: Vec<T> = at.iter().map(|i| acts[*i]).collect();
        sorted.sort_by_key(|act| key(act).map(|(_, seq)| seq));
        for (i, act) in at.into_iter().zip(sorted) {
            acts[i] = act;
        }
    }
}

fn shuffled_sign_ons<'a>(
    pending: &'a [PendingEntry],
    rng: &mut impl CryptoRng,
) -> Vec<&'a PendingEntry> {
    let mut seen = BTreeSet::new();
    let mut acts: Vec<(&PendingEntry, Option<(Digest, u64)>)> = pending
        .iter()
        .filter(|entry| seen.insert(entry.id))
        .map(|entry| match Entry::from_slice(&entry.bytes) {
            Ok(Entry::SignOn(act)) => (entry, Some((act.event.nullifier, act.event.seq))),
            _ => (entry, None),
        })
        .collect();
    shuffle(&mut acts, rng);
    in_sequence(&mut acts, |(_, key)| *key);
    acts.into_iter().map(|(entry, _)| entry).collect()
}

fn random(rng: &mut impl CryptoRng) -> Digest {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    Digest::new(bytes)
}

/// Fisher and Yates; every order is equally likely.
fn shuffle<T>(items: &mut [T], rng: &mut impl CryptoRng) {
    for end in (1..items.len()).rev() {
        items.swap(end, below(end + 1, rng));
    }
}

/// A number below `n`, each equally likely.
fn below(n: usize, rng: &mut impl CryptoRng) -> usize {
    let n = n as u64;
    // The largest multiple of n that fits: what lies above would make small numbers likelier.
    let limit = u64::MAX - u64::MAX % n;
    loop {
        let draw = rng.next_u64();
        if draw < limit {
            return usize::try_from(draw % n).unwrap_or(0);
        }
    }
}
