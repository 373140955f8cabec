//! The copy of the record, and what it says.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use demur_channel::{Case, Profile};
use demur_encoding::{Bytes, Digest, Time};
use demur_record::{
    entry::{
        CheckpointRef, Direct, Distributed, Edition as EditionEntry, Entry, EntryError, FORMAT,
        Filed, Place, Rejoined, Responded, Returned, Role, Withdrawn,
    },
    event::{Event, SignOn},
    keys::VerifierKey,
    memo_log::{KnownEdition, MemoLog, Position, ProofTask, RecordView},
    policy::{ParsePolicyError, Policy},
    promise::{Promise, Subject},
    replay::{Applied, KeyRing, Replay},
    tiles::{Tree, leaf_hash},
};
use demur_signon::{
    Element,
    roster::{CertificatesHead, CohortHead, Edition, EditionError, EditionHead},
};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

use super::sync::SyncError;
use crate::{
    api::{Sealed, SignedRequest},
    calls,
    reader::DraftSignOn,
    transport::Call,
    watch::{PromiseError, Promised},
};

/// What is kept of a mirror between runs. It holds nothing secret, but what it was fetched for may be: keep it
/// on the device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    slots: HashMap<Digest, Place>,
    leaves: HashMap<Digest, u64>,
    tasks: BTreeMap<Digest, Vec<ProofTask>>,
    sign_ons: BTreeMap<Digest, Vec<DraftSignOn>>,
}

/// The office's and the authors' steps on one memo, as they stand in the record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFiles {
    /// The filing.
    pub filed: Option<Filed>,
    /// The return.
    pub returned: Option<Returned>,
    /// Distributions, in order.
    pub distributed: Vec<Distributed>,
    /// The response.
    pub responded: Option<Responded>,
    /// The rejoinder.
    pub rejoined: Option<Rejoined>,
    /// The withdrawal.
    pub withdrawn: Option<Withdrawn>,
}

/// Why a file is not an edition of the record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditionFileError {
    /// The record doesn't have it.
    #[error("the record has no edition {0}")]
    Unknown(u64),
    /// See there.
    #[error(transparent)]
    Edition(#[from] EditionError),
    /// Another file than the entry names.
    #[error("the file is not the one that the record's edition {0} commits to")]
    OtherFile(u64),
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
            slots: HashMap::new(),
            leaves: HashMap::new(),
            tasks: BTreeMap::new(),
            sign_ons: BTreeMap::new(),
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

    /// When an act that names `checkpoint` expires at the latest.
    #[must_use]
    pub fn expiry_of(&self, checkpoint: CheckpointRef) -> Time {
        let time = self
            .replay
            .checkpoint_time(checkpoint)
            .unwrap_or(Time::from_unix(0));
        time.plus(self.profile().map_or(0, |p| p.signing.expiry_max_seconds))
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

    /// The profile in force.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        self.replay.profile().map(Arc::as_ref)
    }

    /// The marking rules of the profile in force.
    ///
    /// # Errors
    /// When its words are not those of a scheme.
    pub fn rules(
        &self,
    ) -> Option<Result<demur_memo::marking::Rules, demur_memo::marking::RulesError>> {
        let marking = &self.profile()?.marking;
        Some(demur_memo::marking::Rules::new(
            marking.scheme.as_str(),
            &marking.ceiling,
            &marking.forbidden,
            marking.unmarked.as_str(),
        ))
    }

    /// The keys in force.
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        self.replay.keys()
    }

    /// The age recipient of a role that one holder has (office, recovery, overseer, registrar).
    #[must_use]
    pub fn recipient(&self, role: Role) -> Option<String> {
        self.keys().of(role).find_map(|key| key.seal.clone())
    }

    /// The age recipient of one holder.
    #[must_use]
    pub fn recipient_of(&self, role: Role, name: &str) -> Option<String> {
        self.keys().holder(role, name)?.seal.clone()
    }

    /// The edition of that number, from the record.
    #[must_use]
    pub fn edition(&self, number: u64) -> Option<&KnownEdition> {
        RecordView::edition(&self.replay, u32::try_from(number).ok()?)
    }

    /// The newest edition.
    #[must_use]
    pub fn latest_edition(&self) -> Option<&KnownEdition> {
        self.replay.editions().last()
    }

    /// The newest edition that is old enough for a memo to be pinned to it, by the log's time now.
    #[must_use]
    pub fn usable_edition(&self) -> Option<&KnownEdition> {
        let (now, least) = (self.time()?, self.profile()?.roster.min_age_seconds);
        self.replay
            .editions()
            .iter()
            .rev()
            .find(|e| now.since(e.time) >= least)
    }

    /// What an edition says of itself, and the registrar's key that signed it.
    #[must_use]
    pub fn edition_head(&self, number: u64) -> Option<(EditionHead, VerifyingKey)> {
        let entry = &self.edition(number)?.edition;
        let head = edition_head(self.origin(), entry)?;
        Some((head, VerifyingKey::from_bytes(entry.by.as_bytes()).ok()?))
    }

    /// The request for an edition's file: always the whole file.
    #[must_use]
    pub fn fetch_edition(&self, number: u64) -> Call<Vec<u8>> {
        calls::record(
            &format!("editions/{number}"),
            demur_signon::roster::MAX_EDITION_BYTES,
        )
    }

    /// Reads an edition's file: its digest must be the entry's, and every root is computed anew.
    ///
    /// # Errors
    /// When the record has no such edition, or another.
    pub fn open_edition(&self, number: u64, file: &[u8]) -> Result<Edition, EditionFileError> {
        let known = self
            .edition(number)
            .ok_or(EditionFileError::Unknown(number))?;
        let edition = Edition::parse(file)?;
        let head = edition_head(self.origin(), &known.edition);
        if edition.digest() != known.edition.digest || head.as_ref() != Some(edition.head()) {
            return Err(EditionFileError::OtherFile(number));
        }
        edition.verify()?;
        Ok(edition)
    }

    /// The memo as the record has it; `None` until it is filed.
    #[must_use]
    pub fn memo(&self, memo: Digest) -> Option<&MemoLog> {
        self.replay.memo(memo).map(|filed| filed.log())
    }

    /// What opened a filed memo.
    #[must_use]
    pub fn opening(&self, memo: Digest) -> Option<demur_memo::version::OpeningBody> {
        self.memo(memo).map(|log| log.opening().body.clone())
    }

    /// The case of a filed memo.
    #[must_use]
    pub fn case(&self, memo: Digest) -> Option<Case> {
        self.replay.case(memo)
    }

    /// All filed memos, in the order of their filing.
    #[must_use]
    pub fn filed_memos(&self) -> Vec<Digest> {
        let filed = self.entries().filter_map(|(_, entry)| match entry {
            Entry::Filed(filed) => Some(filed.memo),
            _ => None,
        });
        filed.collect()
    }

    /// The steps of a memo as they stand in the record.
    #[must_use]
    pub fn case_files(&self, memo: Digest) -> CaseFiles {
        let mut files = CaseFiles::default();
        let Some(filed) = self.replay.memo(memo) else {
            return files;
        };
        for step in filed.steps() {
            match step.what.clone() {
                Entry::Filed(e) => files.filed = Some(e),
                Entry::Returned(e) => files.returned = Some(e),
                Entry::Distributed(e) => files.distributed.push(e),
                Entry::Responded(e) => files.responded = Some(e),
                Entry::Rejoined(e) => files.rejoined = Some(e),
                Entry::Withdrawn(e) => files.withdrawn = Some(e),
                _ => {}
            }
        }
        files
    }

    /// The sign-ons on a filed memo, in the record's order.
    #[must_use]
    pub fn sign_ons(&self, memo: Digest) -> Vec<DraftSignOn> {
        self.sign_ons.get(&memo).cloned().unwrap_or_default()
    }

    /// The proofs of a filed memo: the replay takes them as they are, whoever relies on them verifies them.
    #[must_use]
    pub fn proof_tasks(&self, memo: Digest) -> Vec<ProofTask> {
        self.tasks.get(&memo).cloned().unwrap_or_default()
    }

    /// What stands in a slot.
    #[must_use]
    pub fn slot_at(&self, at: Place) -> Option<Digest> {
        self.replay
            .slots(at.entry)?
            .get(usize::try_from(at.slot).ok()?)
            .copied()
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

    /// Opens a promise of the log.
    ///
    /// # Errors
    /// When it is not one.
    pub fn promise(&self, note: &str) -> Result<Promise, PromiseError> {
        Ok(Promise::open(note, self.log_key())?)
    }

    /// Whether `note` is the log's promise to record `event` in a slot under `salt`, or as an entry of its
    /// own.
    ///
    /// # Errors
    /// When it is not, or promises it later than the profile allows (an hour is allowed for clocks that differ).
    pub fn check_promise(
        &self,
        note: &str,
        event: &Event,
        salt: Digest,
        now: Time,
    ) -> Result<Promised, PromiseError> {
        let direct = match event {
            Event::Version(e) => Some(Entry::Version(Direct {
                v: FORMAT,
                event: e.clone(),
            })),
            Event::SignOn(e) => Some(Entry::SignOn(Direct {
                v: FORMAT,
                event: e.clone(),
            })),
            _ => None,
        };
        let slot = event.slot(salt).map_err(|_| PromiseError::Form)?;
        self.check(note, now, |subject| match subject {
            Subject::Opaque(promised) => promised == slot,
            Subject::Entry(promised) => direct
                .as_ref()
                .and_then(|entry| entry.to_vec().ok())
                .is_some_and(|bytes| leaf_hash(&bytes) == promised),
        })
    }

    /// Whether `note` is the log's promise to record `entry`.
    ///
    /// # Errors
    /// As [`Self::check_promise`].
    pub fn check_entry_promise(
        &self,
        note: &str,
        entry: &Entry,
        now: Time,
    ) -> Result<Promised, PromiseError> {
        let bytes = entry.to_vec().map_err(|_: EntryError| PromiseError::Form)?;
        let leaf = leaf_hash(&bytes);
        self.check(note, now, |subject| subject == Subject::Entry(leaf))
    }

    fn check(
        &self,
        note: &str,
        now: Time,
        is_it: impl Fn(Subject) -> bool,
    ) -> Result<Promised, PromiseError> {
        let Promise { subject, by, .. } = self.promise(note)?;
        if !is_it(subject) {
            return Err(PromiseError::OtherSubject);
        }
        // Before the first sync the profile isn't known.
        let most = self
            .profile()
            .map_or(u64::MAX, |p| p.record.promise_max_delay_seconds);
        if by.since(now) > most.saturating_add(CLOCK_TOLERANCE_SECONDS) {
            return Err(PromiseError::TooLate { by, most });
        }
        Ok(Promised { subject, by })
    }

    /// The overseer's request for an edition's certificates.
    #[must_use]
    pub fn fetch_register(edition: u32, request: &SignedRequest) -> Call<Sealed> {
        calls::register(edition, request)
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
                if let Event::SignOn(event) = &opened.event {
                    self.note_sign_on(event, opened.at.entry, void);
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

/// By how much clocks may differ before a promise counts as too late.
const CLOCK_TOLERANCE_SECONDS: u64 = 3600;

impl RecordView for Mirror {
    fn origin(&self) -> &str {
        Mirror::origin(self)
    }

    fn profile_at(&self, index: u64) -> Option<&Arc<Profile>> {
        self.replay.profile_at(index)
    }

    fn edition(&self, number: u32) -> Option<&KnownEdition> {
        RecordView::edition(&self.replay, number)
    }

    fn checkpoint_time(&self, reference: CheckpointRef) -> Option<Time> {
        self.replay.checkpoint_time(reference)
    }
}

/// An edition's head as its entry has it; `None` where a name or root can't be one.
fn edition_head(origin: &str, entry: &EditionEntry) -> Option<EditionHead> {
    let cohorts = entry.cohorts.iter().map(|cohort| {
        Some(CohortHead {
            name: cohort.name.parse().ok()?,
            size: cohort.size,
            root: Element::from_bytes(*cohort.root.as_bytes()).ok()?,
        })
    });
    Some(EditionHead {
        origin: origin.to_owned(),
        number: entry.number.into(),
        published: entry.published,
        cohorts: cohorts.collect::<Option<_>>()?,
        certificates: CertificatesHead {
            root: entry.certificates.root,
            size: entry.certificates.size,
        },
    })
}
