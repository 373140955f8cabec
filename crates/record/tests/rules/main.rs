//! The rules of the record: for each of them something that breaks it.
//!
//! Replay hands proofs out and does not verify them, so that zeros stand for them here.

#[path = "../common/mod.rs"]
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

// The macros above reach only what is named after them.
mod batches;
mod building;
mod editions;
mod filings;
mod hostile;
mod openings;
mod roles;
mod sign_ons;
mod steps;
mod story;
