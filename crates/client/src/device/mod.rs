//! What a device trusts: a policy, and a copy of the record that only grows.
//!
//! The policy (C2SP tlog-policy) names the log's key, the witnesses' and the quorum. Keys, profiles,
//! editions and cases are taken from entries under a checkpoint that it accepts, and from nowhere
//! else: what `GET /api/channel` says is a hint for a first contact.
//!
//! The mirror holds every entry, so that each sync shows by itself whether the log has kept to
//! all that it published before; a log that has not is named with the evidence ([`Fork`]).

mod mirror;
mod promise;
mod query;
mod sync;

pub use mirror::{Mirror, MirrorError, MirrorState};
pub use query::{CaseFiles, EditionFileError};
pub use sync::{
    Compared, Fetch, Fork, MAX_SYNC_BYTES, MAX_SYNC_ENTRIES, SYNC_STRIDE, SyncError, Synced,
};
