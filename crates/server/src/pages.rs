//! The record of this server, for the pages.

use std::{collections::BTreeSet, fs, io, path::PathBuf};

use demur_encoding::{Digest, Time};
use demur_pages::{Seen, Site, Source, Unavailable};
use demur_record::{
    entry::CheckpointRef,
    replay::Replay,
    source::{RecordSource, SourceError},
    tiles::{RemoteTree, TileId},
};
use demur_store::Store;

use crate::{app::App, http::narrowed, problem::Refusal, view};

/// The record at one moment, and where its entries are.
pub(crate) struct SeenRecord<S> {
    app: App<S>,
    view: view::Seen,
}

impl<S: Store> Source for App<S> {
    type Seen = SeenRecord<S>;

    fn site(&self) -> &Site {
        self.site()
    }

    async fn seen(&self) -> Result<SeenRecord<S>, Unavailable> {
        Ok(SeenRecord {
            view: self.view().await?,
            app: self.clone(),
        })
    }
}

impl<S: Store> Seen for SeenRecord<S> {
    fn replay(&self) -> &Replay {
        self.view.record()
    }

    fn now(&self) -> Time {
        self.app.now()
    }

    async fn entries(&self, from: u64, most: u32) -> Result<Vec<Vec<u8>>, Unavailable> {
        let rows = self.app.store().entries(from, most).await;
        let rows = rows.map_err(Refusal::from)?;
        // What was committed since is not of this moment.
        let rows = rows.into_iter().filter(|row| row.index < self.view.size());
        Ok(rows.map(|row| row.bytes).collect())
    }

    async fn note(&self, size: u64) -> Result<Option<Vec<u8>>, Unavailable> {
        let rows = self.app.store().checkpoints(size, 1).await;
        let row = rows.map_err(Refusal::from)?.pop();
        Ok(row.filter(|row| row.size == size).and_then(|row| row.note))
    }

    async fn manifest(&self, digest: Digest) -> Result<Option<Vec<u8>>, Unavailable> {
        let manifest = self.app.store().manifest(digest).await;
        Ok(manifest.map_err(Refusal::from)?)
    }

    async fn manifests(&self) -> Result<Option<BTreeSet<Digest>>, Unavailable> {
        let kept = self.app.store().manifests().await;
        Ok(Some(kept.map_err(Refusal::from)?))
    }

    async fn proof(&self, index: u64, under: CheckpointRef) -> Result<Vec<Digest>, Unavailable> {
        let dir = self.app.record_dir().to_owned();
        let proof = tokio::task::spawn_blocking(move || {
            let folder = Folder { dir };
            RemoteTree::new(&folder, under).prove_inclusion(index)
        });
        let failed = |reason: String| Unavailable::Failed(reason);
        let proof = proof.await.map_err(|e| failed(e.to_string()))?;
        let (_, proof) = proof.map_err(|e| failed(e.to_string()))?;
        Ok(proof)
    }
}

impl From<Refusal> for Unavailable {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Busy => Self::Busy,
            other => Self::Failed(other.reason()),
        }
    }
}

/// The record's folder.
struct Folder {
    dir: PathBuf,
}

impl RecordSource for Folder {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        match fs::read(self.dir.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                Ok(narrowed(&self.dir, TileId::parse(path)))
            }
            Err(e) => Err(SourceError {
                path: path.to_owned(),
                reason: e.to_string(),
            }),
        }
    }
}
