//! Pages made from a copy of the record.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use demur_client::device::Mirror;
use demur_encoding::{Digest, Time};
use demur_record::{entry::CheckpointRef, replay::Replay};
use tokio::sync::{OwnedRwLockReadGuard, RwLock, RwLockWriteGuard};

use crate::{Seen, Site, Source, Unavailable};

/// A copy of the record that somebody keeps up to date; a cheap handle.
#[derive(Debug, Clone)]
pub struct Mirrored {
    site: Arc<Site>,
    mirror: Arc<RwLock<Mirror>>,
}

impl Mirrored {
    /// Pages from `mirror`.
    #[must_use]
    pub fn new(site: Site, mirror: Mirror) -> Self {
        Self {
            site: Arc::new(site),
            mirror: Arc::new(RwLock::new(mirror)),
        }
    }

    /// The copy, to bring it up to date. Pages wait meanwhile. For a thread of its own: an asynchronous task would wait for itself.
    ///
    /// # Panics
    /// Within an asynchronous runtime.
    pub fn change(&self) -> RwLockWriteGuard<'_, Mirror> {
        self.mirror.blocking_write()
    }

    /// What `ask` says of the copy; for a thread of its own, as [`Self::change`].
    ///
    /// # Panics
    /// Within an asynchronous runtime.
    pub fn ask<T>(&self, ask: impl FnOnce(&Mirror) -> T) -> T {
        ask(&self.mirror.blocking_read())
    }
}

impl Source for Mirrored {
    type Seen = SeenMirror;

    fn site(&self) -> &Site {
        &self.site
    }

    async fn seen(&self) -> Result<SeenMirror, Unavailable> {
        let mirror = Arc::clone(&self.mirror).read_owned().await;
        Ok(SeenMirror(mirror))
    }
}

/// See [`Seen`].
#[derive(Debug)]
pub struct SeenMirror(OwnedRwLockReadGuard<Mirror>);

impl Seen for SeenMirror {
    fn replay(&self) -> &Replay {
        self.0.replay()
    }

    fn now(&self) -> Time {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Time::from_unix(now.map_or(0, |now| now.as_secs()))
    }

    async fn entries(&self, from: u64, most: u32) -> Result<Vec<Vec<u8>>, Unavailable> {
        let wanted = from..from.saturating_add(u64::from(most)).min(self.0.size());
        let bytes = wanted.filter_map(|index| self.0.entry_bytes(index));
        Ok(bytes.map(<[u8]>::to_vec).collect())
    }

    async fn note(&self, size: u64) -> Result<Option<Vec<u8>>, Unavailable> {
        let note = self.0.state().checkpoints.get(&size);
        Ok(note.map(|note| note.clone().into_bytes()))
    }

    async fn manifest(&self, _: Digest) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(None)
    }

    async fn manifests(&self) -> Result<Option<BTreeSet<Digest>>, Unavailable> {
        Ok(None)
    }

    async fn proof(&self, index: u64, under: CheckpointRef) -> Result<Vec<Digest>, Unavailable> {
        let proof = self.0.tree().prove_inclusion(index, under.size);
        proof.map_err(|e| Unavailable::Failed(e.to_string()))
    }
}
