//! The copy of the record, and what it says.

use std::collections::{BTreeMap, HashMap};

use demur_channel::Profile;
use demur_encoding::{Bytes, Digest, Time, json_fields};
use demur_record::{
    entry::{CheckpointRef, Entry, Place},
    event::{Event, SignOn},
    keys::VerifierKey,
    memo_log::{KnownEdition, Position, ProofTask, RecordView as _},
    policy::{ParsePolicyError, Policy},
    replay::{Applied, Batch, Replay},
    tiles::{Tree, leaf_hash},
};
use serde::Serialize;

use super::sync::SyncError;
use crate::reader::DraftSignOn;

/// The longest period whose acts name one checkpoint: a day.
const COMMON_PERIOD_SECONDS: u64 = 86_400;

/// What is kept of a mirror between runs. It holds nothing secret, but what it was fetched for may be: keep it
/// on the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MirrorState {
    /// 1.
    pub v: u32,
    /// The trust policy, in the form of C2SP tlog-policy.
    pub policy: String,
    /// Every entry.
    pub entries: Vec<Bytes>,
    /// Every published checkpoint, by its size, as its file was.
    pub checkpoints: BTreeMap<u64, String>,
}

json_fields!(MirrorState only { v, policy, entries, checkpoints });

/// Why a mirror can't be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// See there.
    #[error("the trust policy: {0}")]
    Policy(#[from] ParsePolicyError),
    /// There must be one log.
    #[error("the trust policy names {0} logs; a device follows one")]
    Logs(usize),
    /// What was kept is not a record that the policy accepts.
    #[error(
        "the mirror on this device is damaged or was made under another policy ({0}): fetch the record anew"
    )]
    Kept(#[source] Box<SyncError>),
    /// Another version of the form.
    #[error("the mirror on this device has the form {0}; this program knows 1")]
    Form(u32),
}

/// A copy of the record under a trust policy.
#[derive(Debug, Clone)]
pub struct Mirror {
    pub(super) state: MirrorState,
    pub(super) policy: Policy,
    pub(super) tree: Tree,
    pub(super) replay: Replay,
    /// The replay before its newest batch was closed: that batch's checkpoint may still gain cosignatures,
    /// and is closed anew with the file of the history.
    pub(super) unclosed: Option<Replay>,
    /// Whether it was brought up to date since it was loaded: whoever serves the record knows then how far it goes.
    pub(super) told: bool,
    slots: HashMap<Digest, Place>,
    leaves: HashMap<Digest, u64>,
    pub(super) tasks: BTreeMap<Digest, Vec<ProofTask>>,
    pub(super) sign_ons: BTreeMap<Digest, Vec<DraftSignOn>>,
    /// Where the versions before filing stood.
    versions: BTreeMap<Digest, Vec<(u32, Place)>>,
}

impl Mirror {
    /// An empty mirror under a policy that came by a way other than the server: with the program, on
    /// paper, from the union.
    ///
    /// # Errors
    /// When the text is no policy, or names more or fewer logs than one.
    pub fn new(policy: &str) -> Result<Self, MirrorError> {
        let parsed: Policy = policy.parse()?;
        let [log] = parsed.logs() else {
            return Err(MirrorError::Logs(parsed.logs().len()));
        };
        let replay = Replay::new(log.key.name());
        Ok(Self {
            state: MirrorState {
                v: 1,
                policy: policy.to_owned(),
                entries: Vec::new(),
                checkpoints: BTreeMap::new(),
            },
            policy: parsed,
            tree: Tree::default(),
            replay,
            unclosed: None,
            told: false,
            slots: HashMap::new(),
            leaves: HashMap::new(),
            tasks: BTreeMap::new(),
            sign_ons: BTreeMap::new(),
            versions: BTreeMap::new(),
        })
    }

    /// The mirror that was kept, checked anew: a damaged file is found here.
    ///
    /// # Errors
    /// When it is not a record that its policy accepts.
    pub fn load(state: MirrorState) -> Result<Self, MirrorError> {
        if state.v != 1 {
            return Err(MirrorError::Form(state.v));
        }
        let mut mirror = Self::new(&state.policy)?;
        let entries: Vec<Vec<u8>> = state.entries.into_iter().map(|bytes| bytes.0).collect();
        let notes = state
            .checkpoints
            .into_iter()
            .map(|(n, text)| (n, text.into_bytes()));
        let kept = |e| MirrorError::Kept(Box::new(e));
        mirror.extend(entries, notes.collect()).map_err(kept)?;
        Ok(mirror)
    }

    /// What is to be kept.
    #[must_use]
    pub const fn state(&self) -> &MirrorState {
        &self.state
    }

    /// The policy's text.
    #[must_use]
    pub fn policy_text(&self) -> &str {
        &self.state.policy
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.log_key().name()
    }

    /// The log's key.
    #[must_use]
    pub fn log_key(&self) -> &VerifierKey {
        &self
            .policy
            .logs()
            .first()
            .expect("`new` demands one log")
            .key
    }

    /// How many entries there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The newest checkpoint; `None` before the first sync.
    #[must_use]
    pub fn checkpoint(&self) -> Option<CheckpointRef> {
        self.replay.batches().last().map(|batch| batch.checkpoint)
    }

    /// The newest checkpoint's file.
    #[must_use]
    pub fn checkpoint_note(&self) -> Option<&str> {
        self.state
            .checkpoints
            .last_key_value()
            .map(|(_, note)| note.as_str())
    }

    /// The log's time of the newest batch: what its rules (quiet period, minimum age, expiry) count by.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        self.replay.batches().last().map(|batch| batch.time)
    }

    /// The witnessed time of the newest batch; the log's own where no witness cosigned it.
    #[must_use]
    pub fn as_of(&self) -> Option<Time> {
        self.replay.as_of().map(|at| at.time)
    }

    /// Whether times are witnesses' times. Where they are not, what is shown must say so.
    #[must_use]
    pub fn has_witnesses(&self) -> bool {
        !self.policy.witnesses().is_empty()
    }

    /// The time of an entry: that of the first checkpoint that covers it and has a time.
    #[must_use]
    pub fn time_of(&self, entry: u64) -> Option<Time> {
        self.replay.time_of(entry).map(|at| at.time)
    }

    /// An entry's place in the record, by the log's time, as its rules count it.
    #[must_use]
    pub fn position_of(&self, entry: u64) -> Option<Position> {
        self.replay.position(entry)
    }

    /// The place of something that waits for the next batch; `None` before the first sync.
    #[must_use]
    pub fn next_position(&self) -> Option<Position> {
        Some(self.replay.pending(self.time()?))
    }

    /// Whether the record published this very checkpoint.
    #[must_use]
    pub fn published(&self, size: u64, hash: Digest) -> bool {
        self.replay
            .checkpoint_time(CheckpointRef { size, hash })
            .is_some()
    }

    /// The checkpoint that a sign-on on a version that stands at `version` names: the period's first one after
    /// the quiet period. `None` while that lasts.
    #[must_use]
    pub fn sign_on_checkpoint(&self, version: Position) -> Option<CheckpointRef> {
        let from = |profile: &Profile| version.time.plus(profile.signing.quiet_period_seconds);
        let first = self.common(Some(version.entry), from)?;
        Some(first.checkpoint)
    }

    /// The checkpoint that a version names: the period's first one that covers what it builds on, as far as this
    /// device's copy shows where that stands.
    #[must_use]
    pub fn version_checkpoint(&self, builds_on: Option<u64>) -> Option<CheckpointRef> {
        let first = self.common(builds_on, |_| Time::from_unix(0))?;
        Some(first.checkpoint)
    }

    /// The checkpoint that an opening names, its time, and the edition that a memo is then pinned to: the
    /// period's first checkpoint at which an edition is old enough, and the newest that is so at that checkpoint.
    /// An edition that becomes old enough later in the period can be used from the next one on.
    #[must_use]
    pub fn opening_checkpoint(&self) -> Option<(CheckpointRef, Time, &KnownEdition)> {
        let editions = self.replay.editions();
        let oldest = editions.first()?;
        let from = |profile: &Profile| oldest.time.plus(profile.roster.min_age_seconds);
        let first = self.common(Some(oldest.entry), from)?;
        let profile = self.replay.profile_at(first.checkpoint.size)?;
        let least = profile.roster.min_age_seconds;
        let usable = |edition: &&KnownEdition| {
            edition.entry < first.checkpoint.size && first.time.since(edition.time) >= least
        };
        let edition = editions.iter().rev().find(usable)?;
        Some((first.checkpoint, first.time, edition))
    }

    /// The first batch of the period in which the newest batch falls that covers `entry` and is not before
    /// `from`. Not the newest that this device happens to hold: few others hold just that one, and the server
    /// knows whom it gave it to.
    ///
    /// A period is a day in UTC, or half of the longest expiry where that is shorter, counted from the Unix
    /// epoch: half of the expiry at least is left at the period's end. The expiry, and what `from` takes of a
    /// profile, are those of the profile in force at the batch's checkpoint: by it the act will be judged.
    fn common(&self, entry: Option<u64>, from: impl Fn(&Profile) -> Time) -> Option<&Batch> {
        let newest = self.time()?.unix();
        let fits = |batch: &&Batch| {
            let Some(profile) = self.replay.profile_at(batch.checkpoint.size) else {
                return false;
            };
            let expiry = profile.signing.expiry_max_seconds;
            let period = (expiry / 2).clamp(1, COMMON_PERIOD_SECONDS);
            let began = Time::from_unix(newest - newest % period);
            batch.time >= from(profile).max(began)
        };
        // Sizes grow and the log's time never runs backwards.
        let earliest = Time::from_unix(newest.saturating_sub(COMMON_PERIOD_SECONDS));
        let before = |batch: &Batch| {
            entry.is_some_and(|entry| batch.checkpoint.size <= entry) || batch.time < earliest
        };
        let batches = self.replay.batches();
        let first = batches.partition_point(before);
        batches.get(first..)?.iter().find(fits)
    }

    /// When an act that names `checkpoint` expires at the latest.
    #[must_use]
    pub fn expiry_of(&self, checkpoint: CheckpointRef) -> Time {
        let time = self
            .replay
            .checkpoint_time(checkpoint)
            .unwrap_or(Time::from_unix(0));
        let profile = self.replay.profile_at(checkpoint.size);
        time.plus(profile.map_or(0, |p| p.signing.expiry_max_seconds))
    }

    /// An entry's bytes.
    #[must_use]
    pub fn entry_bytes(&self, index: u64) -> Option<&[u8]> {
        let index = usize::try_from(index).ok()?;
        self.state
            .entries
            .get(index)
            .map(|bytes| bytes.0.as_slice())
    }

    /// The tree, for receipts.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What was replayed, for all that has no function of its own here.
    #[must_use]
    pub const fn replay(&self) -> &Replay {
        &self.replay
    }

    /// What stands in a slot.
    #[must_use]
    pub fn slot_at(&self, at: Place) -> Option<Digest> {
        let Ok(Entry::Opaque(opaque)) = Entry::from_slice(self.entry_bytes(at.entry)?) else {
            return None;
        };
        opaque.slots.get(usize::try_from(at.slot).ok()?).copied()
    }

    /// Where a slot stands.
    #[must_use]
    pub fn find_slot(&self, slot: Digest) -> Option<Place> {
        self.slots.get(&slot).copied()
    }

    /// The index of the entry with that leaf hash.
    #[must_use]
    pub fn find_leaf(&self, leaf: Digest) -> Option<u64> {
        self.leaves.get(&leaf).copied()
    }

    /// The index of an entry.
    #[must_use]
    pub fn find_entry(&self, entry: &Entry) -> Option<u64> {
        self.find_leaf(leaf_hash(&entry.to_vec().ok()?))
    }

    /// The entries, parsed.
    pub fn entries(&self) -> impl Iterator<Item = (u64, Entry)> {
        let parse = |(i, bytes): (u64, &Bytes)| Some((i, Entry::from_slice(&bytes.0).ok()?));
        (0..).zip(&self.state.entries).filter_map(parse)
    }

    /// The versions of a filed memo that were registered before filing, and where each stood.
    pub(crate) fn opened_versions(&self, memo: Digest) -> Vec<(u32, Place)> {
        self.versions.get(&memo).cloned().unwrap_or_default()
    }

    /// Notes what an accepted entry holds.
    pub(super) fn index(&mut self, index: u64, bytes: &[u8], applied: Applied) {
        let Applied { entry, tasks, void } = applied;
        self.leaves.insert(leaf_hash(bytes), index);
        let mut memo = None;
        match &entry {
            Entry::Opaque(opaque) => {
                for (slot, digest) in (0..).zip(&opaque.slots) {
                    self.slots
                        .entry(*digest)
                        .or_insert(Place { entry: index, slot });
                }
            }
            Entry::Opened(opened) => {
                memo = opened.event.memo().ok();
                match &opened.event {
                    Event::SignOn(event) => self.note_sign_on(event, opened.at.entry, void),
                    Event::Version(event) => {
                        let versions = self.versions.entry(event.body.memo).or_default();
                        versions.push((event.body.number, opened.at));
                    }
                    _ => {}
                }
            }
            Entry::SignOn(direct) => {
                memo = Some(direct.event.memo);
                self.note_sign_on(&direct.event, index, void);
            }
            _ => {}
        }
        if let Some(memo) = memo {
            self.tasks.entry(memo).or_default().extend(tasks);
        }
    }

    fn note_sign_on(&mut self, event: &SignOn, entry: u64, void: bool) {
        let time = self
            .position_of(entry)
            .map_or(Time::from_unix(0), |at| at.time);
        let sign_on = DraftSignOn {
            event: event.clone(),
            entry,
            time,
            void,
        };
        self.sign_ons.entry(event.memo).or_default().push(sign_on);
    }
}
