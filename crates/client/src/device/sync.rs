//! Bringing a mirror up to date.

use std::collections::BTreeMap;

use demur_encoding::{Bytes, sha256};
use demur_record::{
    checkpoint::{Checkpoint, MAX_CHECKPOINT_BYTES},
    entry::Entry,
    policy::{Accepted, Refusal},
    replay::{Batch, Published, Violation, opened_places},
    source::MAX_FILE_BYTES,
    tiles::{BundleError, TileId, Tree, bundles, decode_bundle},
};

use super::mirror::Mirror;
use crate::{
    calls,
    transport::{Call, CallError, Transport},
};

/// The most entries that one sync takes in.
pub const MAX_SYNC_ENTRIES: u64 = 1 << 22;

/// The most bytes of entry bundles that one sync takes in.
pub const MAX_SYNC_BYTES: usize = 1 << 30;

/// How often a sync begins anew when the record moves on while it is fetched.
const ATTEMPTS: usize = 3;

/// A copy's first sync since it was loaded begins at a batch whose number is a multiple of this, whatever the copy has beyond that, and asks
/// for the same files where it has all of them. Otherwise whoever serves the record would see how old each
/// copy is, to the batch, and would know it again by that: the visit of a steward who is signed in, or of a member who asks for their certificate, would name
/// the device that opens a memo afterwards. So it shows in steps of this many batches only (hourly ones: of eight hours).
pub const SYNC_STRIDE: usize = 8;

/// What a sync did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Synced {
    /// The number of entries before.
    pub from: u64,
    /// Now.
    pub to: u64,
}

/// What came of comparing two devices' records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Theirs, of that many entries, is the beginning of ours, or ours as a whole.
    Same(u64),
    /// Theirs has more entries than ours: fetch the record, and compare again.
    Ahead(u64),
}

/// Proof that the log signed two records that don't go together: both checkpoints carry its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The newest checkpoint that this device accepted before.
    pub ours: String,
    /// The checkpoint that was served now.
    pub theirs: String,
    /// The first entry that differs, where the served record was read far enough to tell.
    pub first: Option<u64>,
}

/// Why a mirror was not brought up to date. It stays as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// See there.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The policy doesn't accept the checkpoint.
    #[error("the checkpoint of the record is not accepted: {0}")]
    Refused(#[from] Refusal),
    /// The log has rewritten its record.
    #[error(
        "the log signed two records that do not go together{}: keep this evidence and show it to the overseer",
        .0.first.map(|i| format!(" (the first entry that differs is {i})")).unwrap_or_default()
    )]
    Fork(Box<Fork>),
    /// The files are not those of the checkpoint.
    #[error(
        "the record's files do not have the hash of its checkpoint of {size} entries: they were altered or cut on the way"
    )]
    Damaged {
        /// The checkpoint's size.
        size: u64,
    },
    /// A bundle that can't be read.
    #[error("the record's file {path}: {error}")]
    Bundle {
        /// Which.
        path: String,
        /// Why not.
        error: BundleError,
    },
    /// Too many at once.
    #[error("the record has {0} new entries; at most {MAX_SYNC_ENTRIES} are taken in at once")]
    TooMany(u64),
    /// Too many bytes at once.
    #[error("the record's new entries are over {MAX_SYNC_BYTES} bytes")]
    TooLong,
    /// The answer of another number of files.
    #[error("{found} files were given where {expected} were asked for")]
    Answers {
        /// Asked for.
        expected: usize,
        /// Given.
        found: usize,
    },
    /// An entry that breaks the record's rules: an audit will say the same.
    #[error("entry {index} breaks the record's rules: {rule}")]
    Rules {
        /// Which.
        index: u64,
        /// The rule.
        #[source]
        rule: Box<Violation>,
    },
    /// The last entry under a checkpoint is no state entry, or a checkpoint of the history is missing.
    #[error("the checkpoint of {0} entries does not end a batch, or is missing")]
    NoBatch(u64),
    /// A checkpoint of the history is not UTF-8, or not of the size that its name says.
    #[error("the checkpoint of {0} entries in the history is another one")]
    History(u64),
}

#[derive(Debug, Clone)]
enum Stage {
    Checkpoint,
    Bundles(Vec<TileId>),
    History(Vec<u64>),
    Done,
}

/// A sync in steps, for who fetches by other means than a [`Transport`]: fetch all of [`Self::wants`], hand the
/// answers to [`Self::give`], until nothing is wanted; then [`Mirror::finish`].
#[derive(Debug, Clone)]
pub struct Fetch {
    stage: Stage,
    /// The checkpoint's file, and that it is accepted; once it is known.
    newest: Option<(Vec<u8>, Accepted)>,
    /// How many entries the copy has.
    from: u64,
    /// Whether what the copy has is not to show: [`SYNC_STRIDE`].
    quiet: bool,
    /// The first entry that is asked for: `from`, or one before it.
    begin: u64,
    /// All entries from `from` on.
    entries: Vec<Vec<u8>>,
    notes: BTreeMap<u64, Vec<u8>>,
}

impl Fetch {
    const fn new(from: u64, quiet: bool) -> Self {
        Self {
            stage: Stage::Checkpoint,
            newest: None,
            from,
            quiet,
            begin: from,
            entries: Vec::new(),
            notes: BTreeMap::new(),
        }
    }

    /// What is to be fetched next, all of it; nothing when the sync is complete.
    #[must_use]
    pub fn wants(&self) -> Vec<Call<Vec<u8>>> {
        match &self.stage {
            Stage::Checkpoint => vec![calls::record("checkpoint", MAX_CHECKPOINT_BYTES)],
            Stage::Bundles(bundles) => bundles
                .iter()
                .map(|id| calls::record(&id.path(), MAX_FILE_BYTES))
                .collect(),
            Stage::History(sizes) => {
                let path = |size: &u64| format!("history/{size}");
                sizes
                    .iter()
                    .map(|s| calls::record(&path(s), MAX_CHECKPOINT_BYTES))
                    .collect()
            }
            Stage::Done => Vec::new(),
        }
    }

    /// Takes what was fetched, in the order of [`Self::wants`].
    ///
    /// # Errors
    /// When the policy refuses the checkpoint, or the files are not those of the checkpoint.
    pub fn give(&mut self, answers: Vec<Vec<u8>>, mirror: &Mirror) -> Result<(), SyncError> {
        let expected = self.wants().len();
        if answers.len() != expected {
            return Err(SyncError::Answers {
                expected,
                found: answers.len(),
            });
        }
        self.stage = match &self.stage {
            Stage::Checkpoint => {
                let note = answers.into_iter().next().unwrap_or_default();
                self.checkpoint(note, mirror)?
            }
            Stage::Bundles(bundles) => {
                let bundles = bundles.clone();
                self.bundles(&bundles, answers, mirror)?
            }
            Stage::History(sizes) => {
                self.notes.extend(sizes.iter().copied().zip(answers));
                Stage::Done
            }
            Stage::Done => Stage::Done,
        };
        Ok(())
    }

    fn checkpoint(&mut self, note: Vec<u8>, mirror: &Mirror) -> Result<Stage, SyncError> {
        let accepted = mirror.policy.evaluate(&note)?;
        let (size, hash) = (accepted.checkpoint.size, accepted.checkpoint.hash);
        let known = mirror.replay.batches();
        if size <= mirror.size() {
            // An older checkpoint is no offence, but must be one of ours: nothing is rolled back.
            if mirror.tree.root_at(size).ok() != Some(hash) {
                return Err(fork(mirror, &note, None));
            }
            if !self.quiet {
                return Ok(Stage::Done);
            }
        }
        if self.quiet {
            let shown = known.partition_point(|batch| batch.checkpoint.size <= size);
            self.begin = begin(known.get(..shown).unwrap_or_default());
        }
        let new = size.saturating_sub(self.from);
        if new > MAX_SYNC_ENTRIES {
            return Err(SyncError::TooMany(new));
        }
        self.newest = Some((note, accepted));
        Ok(Stage::Bundles(bundles(self.begin, size).collect()))
    }

    fn bundles(
        &mut self,
        bundles: &[TileId],
        answers: Vec<Vec<u8>>,
        mirror: &Mirror,
    ) -> Result<Stage, SyncError> {
        let Some((_, accepted)) = &self.newest else {
            return Ok(Stage::Done);
        };
        let (size, hash) = (accepted.checkpoint.size, accepted.checkpoint.hash);
        let mut tree = if self.from == 0 {
            Tree::default()
        } else {
            mirror.tree.clone()
        };
        for (id, bytes) in bundles.iter().zip(answers) {
            let entries = decode_bundle(&bytes, id.width).map_err(|error| SyncError::Bundle {
                path: id.path(),
                error,
            })?;
            for (index, entry) in (id.index * 256..).zip(entries) {
                if index >= self.from {
                    tree.push(&entry);
                    self.entries.push(entry);
                }
            }
        }
        let is_new = size > self.from;
        if is_new && (tree.size() != size || tree.root() != hash) {
            return Err(SyncError::Damaged { size });
        }
        // The checkpoint of the batch before the first: with the copy's own newest one, which is in its final form by now.
        let mut sizes: Vec<u64> = (self.begin > 0).then_some(self.begin).into_iter().collect();
        let known = mirror.replay.batches().iter();
        let known = known.map(|batch| batch.checkpoint.size);
        sizes.extend(known.filter(|known| (self.begin + 1..=self.from.min(size)).contains(known)));
        for (index, bytes) in (self.from..).zip(&self.entries) {
            // Every other reader finds what is wrong with an entry later: here only states matter.
            if let Ok(Entry::State(_)) = Entry::from_slice(bytes) {
                sizes.push(index + 1);
            }
        }
        if sizes.pop_if(|last| *last == size).is_none() && is_new {
            return Err(SyncError::NoBatch(size));
        }
        Ok(if sizes.is_empty() {
            Stage::Done
        } else {
            Stage::History(sizes)
        })
    }
}

/// Where the first sync of a copy with these batches begins: at a batch that others begin at, too.
fn begin(batches: &[Batch]) -> u64 {
    let last = batches.len() - batches.len() % SYNC_STRIDE;
    let before = last.checked_sub(1).and_then(|last| batches.get(last));
    before.map_or(0, |batch| batch.checkpoint.size)
}

impl Mirror {
    /// Begins a sync in steps.
    #[must_use]
    pub const fn fetch(&self) -> Fetch {
        Fetch::new(self.size(), !self.told)
    }

    /// Takes in a completed sync: all of it, or nothing.
    ///
    /// # Errors
    /// When an entry breaks the record's rules, or a checkpoint of the history is not accepted.
    pub fn finish(&mut self, fetch: Fetch) -> Result<Synced, SyncError> {
        let from = self.size();
        if fetch.from != from {
            return Err(SyncError::NoBatch(fetch.from));
        }
        if let Some((note, accepted)) = fetch.newest
            && accepted.checkpoint.size > from
        {
            let mut notes = fetch.notes;
            // What was asked for beside that is here already.
            notes.retain(|size, _| *size >= from && *size > 0);
            notes.insert(accepted.checkpoint.size, note);
            self.extend(fetch.entries, notes)?;
        }
        self.told = true;
        Ok(Synced {
            from,
            to: self.size(),
        })
    }

    /// Brings the mirror up to date. It never goes back.
    ///
    /// # Errors
    /// When the policy refuses what is served; [`SyncError::Fork`] where the log signed two records that don't go
    /// together.
    pub fn sync(&mut self, transport: &(impl Transport + ?Sized)) -> Result<Synced, SyncError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.sync_once(transport, self.fetch()) {
                // A partial file goes when a wider one takes its place: begin anew.
                Err(SyncError::Call(e)) if e.is_not_found() && attempt < ATTEMPTS => {}
                Err(SyncError::Damaged { size }) if self.size() > 0 => {
                    return Err(self.explain(transport, size));
                }
                other => return other,
            }
        }
    }

    /// Holds a checkpoint that another device has (its [`Self::checkpoint_note`], handed over by any way) against this
    /// copy. Two people who compare see a record that was forked between them, even by a log with a whole quorum of
    /// witnesses on its side.
    ///
    /// # Errors
    /// When the note is not the log's; [`SyncError::Fork`] where the log signed two records.
    pub fn compare(&self, theirs: &[u8]) -> Result<Compared, SyncError> {
        // The log's signature is evidence enough.
        let checkpoint = Checkpoint::open(theirs, self.log_key()).map_err(Refusal::from)?;
        match self.tree.root_at(checkpoint.size) {
            Err(_) => Ok(Compared::Ahead(checkpoint.size)),
            Ok(root) if root == checkpoint.hash => Ok(Compared::Same(checkpoint.size)),
            Ok(_) => Err(fork(self, theirs, None)),
        }
    }

    fn sync_once(
        &mut self,
        transport: &(impl Transport + ?Sized),
        fetch: Fetch,
    ) -> Result<Synced, SyncError> {
        let fetch = run(fetch, transport, self)?;
        self.finish(fetch)
    }

    /// The new entries don't continue ours: either they were damaged, or the log's record is another one. Its
    /// whole record tells.
    fn explain(&self, transport: &(impl Transport + ?Sized), size: u64) -> SyncError {
        match run(self.fetch_whole(), transport, self) {
            Ok(whole) => self.differing(&whole, size),
            Err(fork @ SyncError::Fork(_)) => fork,
            Err(_) => SyncError::Damaged { size },
        }
    }

    /// Begins a fetch of the whole record, to find out why a sync in steps ended with [`SyncError::Damaged`].
    #[must_use]
    pub const fn fetch_whole(&self) -> Fetch {
        Fetch::new(0, false)
    }

    /// Why the files did not fit a checkpoint of `size` entries: [`SyncError::Fork`] with the first entry that differs
    /// where a whole record under the log's signature holds another one than this copy.
    #[must_use]
    pub fn differing(&self, whole: &Fetch, size: u64) -> SyncError {
        let Some((note, _)) = &whole.newest else {
            return SyncError::Damaged { size };
        };
        let ours = &self.state.entries;
        let first = ours.iter().zip(&whole.entries).position(|(a, b)| a.0 != *b);
        match first.and_then(|i| u64::try_from(i).ok()) {
            Some(first) => fork(self, note, Some(first)),
            None => SyncError::Damaged { size },
        }
    }

    /// Takes in whole batches: `notes` has the checkpoint of each, by its size.
    pub(super) fn extend(
        &mut self,
        entries: Vec<Vec<u8>>,
        notes: BTreeMap<u64, Vec<u8>>,
    ) -> Result<(), SyncError> {
        // A clone is changed, so that a refusal leaves everything as it was.
        let mut next = self.clone();
        let mut entries = entries.into_iter();
        let newest = notes.last_key_value().map(|(size, _)| *size);
        for (size, note) in notes {
            if size == next.size()
                && let Some(unclosed) = next.unclosed.take()
            {
                let accepted = next.policy.evaluate(&note)?;
                next.replay = unclosed;
                next.close(&accepted, note, false)?;
                continue;
            }
            let count = size.checked_sub(next.size()).filter(|n| *n > 0);
            let count = count
                .and_then(|n| usize::try_from(n).ok())
                .ok_or(SyncError::NoBatch(size))?;
            let batch: Vec<_> = entries.by_ref().take(count).collect();
            if batch.len() != count {
                return Err(SyncError::NoBatch(size));
            }
            next.batch(batch, size, note, newest == Some(size))?;
        }
        if entries.next().is_some() {
            return Err(SyncError::NoBatch(next.size()));
        }
        *self = next;
        Ok(())
    }

    fn batch(
        &mut self,
        batch: Vec<Vec<u8>>,
        size: u64,
        note: Vec<u8>,
        newest: bool,
    ) -> Result<(), SyncError> {
        let accepted = self.policy.evaluate(&note)?;
        for bytes in &batch {
            self.tree.push(bytes);
        }
        let checkpoint = accepted.checkpoint.reference();
        if checkpoint.size != size || checkpoint.hash != self.tree.root() {
            return Err(SyncError::History(size));
        }
        let first = self.replay.size();
        let broken = |index, rule| SyncError::Rules {
            index,
            rule: Box::new(rule),
        };
        for (index, slots) in opened_places(&batch) {
            // What stands in this batch, or nowhere, needs no recalling.
            let index_in = usize::try_from(index).unwrap_or(usize::MAX);
            if let Some(bytes) = self.state.entries.get(index_in) {
                let recalled = self.replay.recall(index, &bytes.0, &slots);
                recalled.map_err(|rule| broken(index, rule))?;
            }
        }
        let applied = self.replay.apply_batch(&batch);
        let applied = applied.map_err(|(index, rule)| broken(index, rule))?;
        self.unclosed = newest.then(|| self.replay.clone());
        self.close(&accepted, note, newest)?;
        for ((index, bytes), applied) in (first..).zip(batch).zip(applied) {
            self.index(index, &bytes, applied);
            self.state.entries.push(Bytes(bytes));
        }
        Ok(())
    }

    /// Closes the batch that ended last. The newest checkpoint's file may still grow: its digest is not held
    /// against the next state entry.
    fn close(&mut self, accepted: &Accepted, note: Vec<u8>, newest: bool) -> Result<(), SyncError> {
        let checkpoint = accepted.checkpoint.reference();
        let (size, digest) = (checkpoint.size, (!newest).then(|| sha256(&note)));
        let published = Published {
            digest,
            time: accepted.time,
        };
        let closed = self.replay.close_batch(checkpoint, published);
        closed.map_err(|rule| SyncError::Rules {
            index: size - 1,
            rule: Box::new(rule),
        })?;
        let note = String::from_utf8(note).map_err(|_| SyncError::History(size))?;
        self.state.checkpoints.insert(size, note);
        Ok(())
    }
}

fn run(
    mut fetch: Fetch,
    transport: &(impl Transport + ?Sized),
    mirror: &Mirror,
) -> Result<Fetch, SyncError> {
    loop {
        let wants = fetch.wants();
        if wants.is_empty() {
            return Ok(fetch);
        }
        let mut answers = Vec::with_capacity(wants.len());
        let mut bytes = 0_usize;
        for call in &wants {
            let answer = call.send(transport)?;
            bytes = bytes.saturating_add(answer.len());
            if bytes > MAX_SYNC_BYTES {
                return Err(SyncError::TooLong);
            }
            answers.push(answer);
        }
        fetch.give(answers, mirror)?;
    }
}

fn fork(mirror: &Mirror, theirs: &[u8], first: Option<u64>) -> SyncError {
    SyncError::Fork(Box::new(Fork {
        ours: mirror.checkpoint_note().unwrap_or_default().to_owned(),
        theirs: String::from_utf8_lossy(theirs).into_owned(),
        first,
    }))
}
