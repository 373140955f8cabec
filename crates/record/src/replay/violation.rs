//! Why an entry can't stand in the record.

use demur_channel::{OrderError, ProfileError};
use demur_encoding::{Digest, Time};

use super::CLOCK_TOLERANCE_SECONDS;
use crate::{
    entry::{EntryError, Place, Role},
    keys::ParseKeyError,
    memo_log::MemoError,
};

/// A rule of the record that an entry breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Not an entry.
    #[error("not an entry: {0}")]
    Entry(#[from] EntryError),
    /// Another index than the next.
    #[error("entry {found} where entry {expected} must come")]
    Index {
        /// The number of entries so far.
        expected: u64,
        /// What was given.
        found: u64,
    },
    /// No batch was begun, or the last one was not closed.
    #[error("no batch is open, or the last one's checkpoint is not known")]
    NoBatch,
    /// A batch has no state entry at its end.
    #[error("a batch ends with a state entry")]
    NoState,
    /// Out of the order of a batch.
    #[error("a {kind} entry cannot stand here: {why}")]
    Section {
        /// The entry's type.
        kind: &'static str,
        /// The rule.
        why: &'static str,
    },
    /// The first entry of the record is a profile.
    #[error("no profile is in force: the record's first entry is its profile")]
    NoProfile,
    /// A profile that can't be read.
    #[error("the profile does not parse: {0}")]
    Profile(Box<ProfileError>),
    /// A profile with another number than the next.
    #[error("profile version {found}, expected {expected}")]
    ProfileVersion {
        /// The next number.
        expected: u32,
        /// What the entry or its text says.
        found: u32,
    },
    /// A field that can't be.
    #[error("{0}")]
    Field(&'static str),
    /// A witness's key that can't be read.
    #[error("the witness's key: {0}")]
    WitnessKey(#[from] ParseKeyError),
    /// Signed by a key that has no authority for it.
    #[error("{by} is not an active key that may sign this; expected: {expected}")]
    Authority {
        /// Who signed.
        by: Digest,
        /// Who must.
        expected: &'static str,
    },
    /// Not signed, after the first batch.
    #[error("a keys entry after the record's first batch must be signed")]
    Unsigned,
    /// A wrong signature.
    #[error("the signature by {0} does not verify")]
    Signature(Digest),
    /// A key that is set as it is already, or revoked where there is none.
    #[error("there is no active {role:?} key {name:?} to revoke")]
    NothingToRevoke {
        /// The role.
        role: Role,
        /// The name.
        name: String,
    },
    /// An edition of another number than the next.
    #[error("edition {found}, expected {expected}")]
    EditionNumber {
        /// The next.
        expected: u32,
        /// What the entry says.
        found: u32,
    },
    /// A cohort below the profile's floor.
    #[error("cohort {name:?} has {size} members; the floor is {floor}")]
    CohortFloor {
        /// The cohort.
        name: String,
        /// Its size.
        size: u64,
        /// The profile's floor.
        floor: u32,
    },
    /// An attestation of an edition that the record doesn't have.
    #[error("the record has no edition {0} with that digest")]
    NoEdition(u32),
    /// An edition that is attested already.
    #[error("edition {0} is attested already")]
    AttestedTwice(u32),
    /// An opaque entry of another size.
    #[error("an opaque entry of {found} slots; the profile says {expected}")]
    Slots {
        /// The profile's number.
        expected: u32,
        /// What it has.
        found: usize,
    },
    /// An opened event whose place is no slot of an earlier opaque entry.
    #[error("there is no slot {} of entry {}", .0.slot, .0.entry)]
    NoPlace(Place),
    /// An opened event whose opaque entry was not shown again: see [`super::Replay::recall`].
    #[error("opaque entry {0} must be shown again before an event of it is opened")]
    NotRecalled(u64),
    /// An entry that was shown again is another one.
    #[error("entry {0}, which is needed again, is not the one that was read before")]
    OtherEntry(u64),
    /// An opened event that did not stand at its place.
    #[error("the event did not stand at slot {} of entry {}", .0.slot, .0.entry)]
    NotAtPlace(Place),
    /// A place opened twice.
    #[error("slot {} of entry {} was opened before", .0.slot, .0.entry)]
    OpenedTwice(Place),
    /// Opened events out of the order of their places.
    #[error("opened events stand in the order of their places; slot {} of entry {} comes too late", .0.slot, .0.entry)]
    OpenedOrder(Place),
    /// A filing's opened events begin with its opening and end with its filed entry.
    #[error(
        "the filing of memo {0} is not complete: its opened events and its filed entry stand together"
    )]
    FilingInterrupted(Digest),
    /// A filing without opened events before it.
    #[error("memo {0} was filed without its opened events just before")]
    NothingOpened(Digest),
    /// An event whose publication is not foreseen.
    #[error("an access stays opaque for ever")]
    AccessOpened,
    /// The first opened event of a filing is the opening.
    #[error("the first event of a filing is the memo's opening, and there is one alone")]
    OpeningFirst,
    /// One member's opening was used for two memos.
    #[error("the opening's nullifier {0} was used before")]
    OpeningUsed(Digest),
    /// The filed entry doesn't count or name what was opened.
    #[error("the filed entry's {what} is not that of the events just opened")]
    Filed {
        /// The field.
        what: &'static str,
    },
    /// A version without its mark in the slot before it.
    #[error("version {version} of memo {memo} does not stand just behind the mark of that number")]
    Mark {
        /// The memo.
        memo: Digest,
        /// The version's number.
        version: u32,
    },
    /// A memo that was filed before.
    #[error("memo {0} was filed before")]
    FiledTwice(Digest),
    /// A memo that was not filed.
    #[error("the record has no filed memo {0}")]
    UnknownMemo(Digest),
    /// An act on a memo that can't stand.
    #[error("memo {memo}: {error}")]
    Memo {
        /// The memo.
        memo: Digest,
        /// Why not.
        error: Box<MemoError>,
    },
    /// A step out of the order of a case.
    #[error("memo {memo}: {error}")]
    Order {
        /// The memo.
        memo: Digest,
        /// Why not.
        error: OrderError,
    },
    /// A sign-on or version when the case takes none any more.
    #[error("memo {memo} takes no {what} any more at {at}")]
    TooLate {
        /// The memo.
        memo: Digest,
        /// What.
        what: &'static str,
        /// The log's time.
        at: Time,
    },
    /// A reason that the profile doesn't have.
    #[error("the profile of the case has no reason {0:?}")]
    Reason(String),
    /// A distribution that is empty, unsorted, or to somebody who can't have it.
    #[error(
        "{0:?} is not on the case's distribution list, has no active key, or stands out of order"
    )]
    Distribution(String),
    /// The state entry's root or number is not that of the map.
    #[error(
        "the state entry says {found_memos} memos with root {found}, computed are {memos} with root {root}"
    )]
    State {
        /// Computed.
        root: Digest,
        /// Computed.
        memos: u64,
        /// What the entry says.
        found: Digest,
        /// What the entry says.
        found_memos: u64,
    },
    /// The state entry counts another number of entries of a type.
    #[error("the state entry says {found} {what} entries, the record has {computed}")]
    StateCount {
        /// The type.
        what: &'static str,
        /// Computed.
        computed: u64,
        /// What the entry says.
        found: u64,
    },
    /// The state entry's `previous` is not the checkpoint before.
    #[error("the state entry's \"previous\" is not the checkpoint before, as it was published")]
    Previous,
    /// The log's clock ran backwards.
    #[error("the log's time {now} is before {before}, that of the batch before")]
    ClockBackwards {
        /// The batch's.
        now: Time,
        /// The earlier one's.
        before: Time,
    },
    /// The state entry's time is another than the batch was begun with.
    #[error("the state entry says {found}, the batch was begun at {expected}")]
    Time {
        /// What the batch was judged by.
        expected: Time,
        /// What the entry says.
        found: Time,
    },
    /// The log's clock is not the witnesses'.
    #[error(
        "the log's time {log} is more than {CLOCK_TOLERANCE_SECONDS} seconds {side} the witnesses' {witnessed}"
    )]
    Clock {
        /// The log's.
        log: Time,
        /// The witnesses'.
        witnessed: Time,
        /// `before` or `after`.
        side: &'static str,
    },
    /// A checkpoint that is not the one of the batch that ended.
    #[error("the checkpoint of size {0} is not that of the entries so far")]
    Checkpoint(u64),
}

impl Violation {
    pub(super) fn memo(memo: Digest, error: MemoError) -> Self {
        Self::Memo {
            memo,
            error: Box::new(error),
        }
    }
}
