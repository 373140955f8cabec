//! The public record: what the sequencer reads and writes.

use std::future::Future;

use demur_encoding::{Digest, Time};

use crate::{EventKind, EventRow, StoreError};

/// A slot that waits for its opaque entry. Everything here but `slot` only serves to keep events in
/// their order where one presupposes the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingSlot {
    /// The slot.
    pub slot: Digest,
    /// The memo.
    pub memo: Digest,
    /// What it is.
    pub kind: EventKind,
    /// Of a sign-on.
    pub nullifier: Option<Digest>,
    /// The version's or sign-on's number; 0 for others.
    pub number: u64,
    /// How many entries the record had when it came in: the interval, nothing finer.
    pub since: u64,
}

/// An entry of its own that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectRow {
    /// Its leaf hash.
    pub leaf: Digest,
    /// The canonical entry.
    pub entry: Vec<u8>,
    /// The memo that it belongs to.
    pub memo: Option<Digest>,
    /// Of a late sign-on.
    pub nullifier: Option<Digest>,
    /// The number of a late sign-on; 0 for others.
    pub number: u64,
    /// The log's time of the first batch that could not take it.
    pub refused: Option<Time>,
}

/// A filing that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilingRow {
    /// The memo.
    pub memo: Digest,
    /// The canonical `filed` entry.
    pub entry: Vec<u8>,
    /// Its leaf hash.
    pub leaf: Digest,
    /// The log's time of the first batch that could not take it.
    pub refused: Option<Time>,
}

/// All that waits for a batch. In each list what a batch could not take before comes last, so that it never
/// keeps others out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// Slots, sorted by slot; all of them.
    pub slots: Vec<PendingSlot>,
    /// Entries of their own in the order of acceptance; at most as many as asked for.
    pub direct: Vec<DirectRow>,
    /// Late sign-ons, sorted by number and leaf hash; at most as many as asked for, but then never a sign-on
    /// without the earlier ones of its nullifier. Those whose memo's filing waits come after the others; those whose
    /// memo's filing was given up are not among them.
    pub late: Vec<DirectRow>,
    /// Filings, in the order of acceptance, but for those that were given up.
    pub filings: Vec<FilingRow>,
}

/// Which list of [`Pending`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitingList {
    /// [`Pending::direct`].
    Direct,
    /// [`Pending::filings`].
    Filing,
    /// [`Pending::late`].
    Late,
}

/// Something that waited and that the record's rules kept out of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// Which list.
    pub list: WaitingList,
    /// Its leaf hash.
    pub leaf: Digest,
    /// The rule, in words for the operator.
    pub reason: String,
    /// The log's time of the batch.
    pub time: Time,
    /// Whether it is tried no more: see [`RecordStore::commit_batch`].
    pub give_up: bool,
    /// The case's file that came with it and that nothing else names; it goes when the entry is given up.
    pub file: Option<Digest>,
}

/// Something that was promised and is not in the record because its rules forbid it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptOut {
    /// Which list it waits or waited in.
    pub list: WaitingList,
    /// Its leaf hash, as the promise names it.
    pub leaf: Digest,
    /// The memo that it belongs to.
    pub memo: Option<Digest>,
    /// The rule.
    pub reason: String,
    /// The log's time of the first batch that could not take it; of the one that gave it up where it was.
    pub since: Time,
    /// Whether it is tried no more.
    pub given_up: bool,
    /// The canonical entry.
    pub entry: Vec<u8>,
}

/// An entry of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// Its index.
    pub index: u64,
    /// Its leaf hash.
    pub leaf: Digest,
    /// The canonical entry.
    pub bytes: Vec<u8>,
}

/// What an entry of a batch does to what waited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntrySource {
    /// The sequencer made it.
    Log,
    /// An opaque entry: the slots of waiting events, each with its number in the entry. A slot that
    /// was erased meanwhile is passed over.
    Slots(Vec<(Digest, u32)>),
    /// A direct entry that waited.
    Direct,
    /// A late sign-on that waited.
    Late,
    /// The memo's filing.
    Filing(Digest),
}

/// An entry of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchEntry {
    /// The canonical entry.
    pub bytes: Vec<u8>,
    /// Its leaf hash.
    pub leaf: Digest,
    /// Where it comes from.
    pub source: EntrySource,
}

/// One batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The index of its first entry: the number of entries before it.
    pub first: u64,
    /// Its entries in order.
    pub entries: Vec<BatchEntry>,
    /// The root of the tree with them.
    pub root: Digest,
    /// What waited and was not taken because the record's rules forbid it.
    pub refused: Vec<RefusedRow>,
}

/// A checkpoint: one for each batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointRow {
    /// The number of entries.
    pub size: u64,
    /// The root hash.
    pub root: Digest,
    /// The signed note as it was published; `None` until then.
    pub note: Option<Vec<u8>>,
}

/// The record, and what waits for it. Only the sequencer writes here.
pub trait RecordStore {
    /// What waits, with at most `direct` entries of their own and `late` late sign-ons.
    ///
    /// # Errors
    /// Storage errors only.
    fn pending(
        &self,
        direct: u32,
        late: u32,
    ) -> impl Future<Output = Result<Pending, StoreError>> + Send;

    /// What waits of one memo: its filing and its entries of their own. Neither slots nor late sign-ons.
    ///
    /// # Errors
    /// Storage errors only.
    fn pending_of(&self, memo: Digest) -> impl Future<Output = Result<Pending, StoreError>> + Send;

    /// How many slots and entries wait, but for those that a batch could not take before: these hold no place.
    ///
    /// # Errors
    /// Storage errors only.
    fn pending_count(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// How many filings wait, but for those that a batch could not take before.
    ///
    /// # Errors
    /// Storage errors only.
    fn filings_waiting(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// A memo's opening, versions and sign-ons that hold or wait for a slot; those that wait have
    /// no `at`. In no order.
    ///
    /// # Errors
    /// Storage errors only.
    fn slot_events(
        &self,
        memo: Digest,
    ) -> impl Future<Output = Result<Vec<EventRow>, StoreError>> + Send;

    /// Appends a batch and its checkpoint, gives the events their places and clears what waited.
    /// Then the journals are emptied ([`RecordStore::scrub`]); where readers stand in the way that
    /// is left for later.
    ///
    /// What was refused is marked, and tried again after the others. What is given up leaves the queue, with every later version
    /// of its memo or later act of its nullifier that waits on it; its number and claim are free again, files that came with it
    /// are erased (who sent them has them), and entry and reason are kept for ever ([`RecordStore::kept_out`]). A filing that
    /// is given up stays the memo's filing, and waits for [`RecordStore::retry_filings`].
    ///
    /// # Errors
    /// [`crate::ConflictKind::Stale`] where the batch does not begin at the end of the record.
    fn commit_batch(&self, batch: Batch) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What was promised and is not in the record because its rules forbid it: first what is still tried.
    ///
    /// # Errors
    /// Storage errors only.
    fn kept_out(&self) -> impl Future<Output = Result<Vec<KeptOut>, StoreError>> + Send;

    /// Why the last batch could not take what waits under that leaf hash; `None` for what was not refused, or does not wait.
    ///
    /// # Errors
    /// Storage errors only.
    fn refusal(
        &self,
        leaf: Digest,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Puts the filings that were given up back into the queue, as if no batch had refused them; says how many.
    ///
    /// # Errors
    /// Storage errors only.
    fn retry_filings(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Overwrites what the journals still hold of earlier transactions. False where readers stood
    /// in the way.
    ///
    /// # Errors
    /// Storage errors only.
    fn scrub(&self) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The number of entries.
    ///
    /// # Errors
    /// Storage errors only.
    fn size(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The entries from index `from` on: at most `limit`, and no more than have [`crate::MAX_READ_BYTES`] together, but at least
    /// one where there is one. Whoever wants more asks again.
    ///
    /// # Errors
    /// Storage errors only.
    fn entries(
        &self,
        from: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<EntryRow>, StoreError>> + Send;

    /// The entry with that leaf hash.
    ///
    /// # Errors
    /// Storage errors only.
    fn entry_of_leaf(
        &self,
        leaf: Digest,
    ) -> impl Future<Output = Result<Option<EntryRow>, StoreError>> + Send;

    /// Stores the bytes under which a checkpoint is published. The same bytes again change nothing.
    ///
    /// # Errors
    /// [`crate::ConflictKind::Published`] where it was published with other bytes or a larger one
    /// was published; [`StoreError::NotFound`].
    fn publish(
        &self,
        size: u64,
        note: Vec<u8>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The newest checkpoint, published or not.
    ///
    /// # Errors
    /// Storage errors only.
    fn newest_checkpoint(
        &self,
    ) -> impl Future<Output = Result<Option<CheckpointRow>, StoreError>> + Send;

    /// The newest published checkpoint.
    ///
    /// # Errors
    /// Storage errors only.
    fn published_checkpoint(
        &self,
    ) -> impl Future<Output = Result<Option<CheckpointRow>, StoreError>> + Send;

    /// At most `limit` checkpoints of at least `from` entries, by size.
    ///
    /// # Errors
    /// Storage errors only.
    fn checkpoints(
        &self,
        from: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<CheckpointRow>, StoreError>> + Send;
}
