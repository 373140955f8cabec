//! Publishing a checkpoint: tiles, cosignatures, history, the file itself.

use demur_encoding::{Time, sha256};
use demur_record::{
    checkpoint::{Checkpoint, add_cosignatures},
    keys::VerifierKey,
    policy::{Log, Policy, Witness},
    replay::Published,
    tiles::{TILE_WIDTH, TileId, TileKind, Tree, changed_tiles, encode_bundle, superseded_tiles},
};
use demur_store::Store;
use rand_core::CryptoRng;

use super::{
    FaultPoint, Sequencer, SequencerError, WitnessClient,
    folder::{NewFile, RecordFolder},
    rebuild,
    witness::{Gathered, gather},
};

/// How far a cosignature's time may lie from this server's clock, in seconds. The record's time is that by
/// which the quorum had cosigned, and never runs backwards: a witness dated years ahead that the quorum needs would hold
/// up every batch until then.
pub(super) const MAX_WITNESS_SKEW_SECONDS: u64 = 300;

impl<S: Store, W: WitnessClient, R: CryptoRng + Send + 'static> Sequencer<S, W, R> {
    /// Publishes the last batch's checkpoint; false without the quorum.
    pub(super) async fn publish(&mut self) -> Result<bool, SequencerError> {
        let Some(checkpoint) = self.unpublished() else {
            return Ok(false);
        };
        let before = self.published();
        // Whoever waits for the quorum does not write them again at each try.
        if self.written != checkpoint.size {
            self.write_tiles(before.size, checkpoint.size).await?;
            self.write_editions(checkpoint.size).await?;
            self.written = checkpoint.size;
        }
        self.fault(FaultPoint::Tiles)?;
        let note = Checkpoint::new(self.replay.origin(), checkpoint.size, checkpoint.hash)
            .sign(&self.signer)?;
        let note = self.cosigned(note).await?;
        self.fault(FaultPoint::Cosigned)?;
        let accepted = match self.policy.evaluate_exact(&note) {
            Ok(accepted) => accepted,
            Err(reason) => {
                tracing::warn!(size = checkpoint.size, %reason, "the checkpoint is not published yet");
                return Ok(false);
            }
        };
        let mut replay = self.replay.clone();
        replay.close_batch(
            checkpoint,
            Published {
                digest: Some(sha256(&note)),
                time: accepted.time,
            },
        )?;
        self.store.publish(checkpoint.size, note.clone()).await?;
        self.fault(FaultPoint::Published)?;
        if before.size > 0 {
            let row = self.store.checkpoints(before.size, 1).await?.pop();
            let superseded = row
                .filter(|row| row.size == before.size)
                .and_then(|row| row.note);
            let superseded = superseded
                .ok_or_else(|| SequencerError::damaged("a published checkpoint is gone"))?;
            self.folder
                .write(&format!("history/{}", before.size), superseded)
                .await?;
        }
        self.fault(FaultPoint::History)?;
        self.folder.write("checkpoint", note).await?;
        self.fault(FaultPoint::Checkpoint)?;
        for tile in superseded_tiles(before.size, checkpoint.size) {
            self.folder.remove(&tile.path()).await?;
        }
        self.fault(FaultPoint::Removed)?;
        // Last: until here `refresh` reads the database and completes the files.
        self.replay = replay;
        Ok(true)
    }

    async fn write_tiles(&self, old: u64, new: u64) -> Result<(), SequencerError> {
        for (i, tile) in changed_tiles(old, new).into_iter().enumerate() {
            new_tile(&self.store, &self.folder, &self.tree, &tile)
                .await?
                .keep()
                .await?;
            if i == 0 {
                self.fault(FaultPoint::FirstTile)?;
            }
        }
        Ok(())
    }

    async fn write_editions(&self, size: u64) -> Result<(), SequencerError> {
        for number in self.store.editions(size).await? {
            let path = format!("editions/{number}");
            if !self.folder.path(&path).exists() {
                self.folder
                    .write(&path, rebuild::edition(&self.store, number).await?)
                    .await?;
            }
        }
        Ok(())
    }

    /// The note with the cosignatures that could be had.
    async fn cosigned(&mut self, note: Vec<u8>) -> Result<Vec<u8>, SequencerError> {
        let answers = gather(
            &self.witnesses,
            &self.known,
            &self.tree,
            &note,
            self.witness_timeout,
        )
        .await;
        let size = self.tree.size();
        let now = self.clock.now();
        let mut full = note.clone();
        for ((witness, known), answer) in self.witnesses.iter().zip(&mut self.known).zip(answers) {
            let key = witness.key();
            match answer {
                Gathered::Lines(lines) => {
                    *known = size;
                    let time = cosigned_at(&note, &lines, self.signer.verifier(), key);
                    if let Some(time) =
                        time.filter(|time| skew(*time, now) > MAX_WITNESS_SKEW_SECONDS)
                    {
                        tracing::warn!(witness = %key, %time, %now, "a cosignature of another time is left out");
                        continue;
                    }
                    match add_cosignatures(&full, &lines, std::slice::from_ref(key)) {
                        Ok(more) => full = more,
                        Err(error) => {
                            tracing::warn!(witness = %key, %error, "an unusable cosignature");
                        }
                    }
                }
                // A lying witness must not stop the log; an honest one withholds what the quorum needs.
                Gathered::Ahead(size) => {
                    let known = self.tree.size();
                    let error = SequencerError::WitnessAhead {
                        witness: key.to_string(),
                        size,
                        known,
                    };
                    tracing::error!(%error, "a witness knows more than this log");
                }
                Gathered::Nothing(reason) => {
                    tracing::warn!(witness = %key, reason, "no cosignature");
                }
            }
        }
        Ok(full)
    }
}

/// The time in the witness's cosignature among `lines`, if there is a valid one.
fn cosigned_at(
    note: &[u8],
    lines: &[u8],
    log: &VerifierKey,
    witness: &VerifierKey,
) -> Option<Time> {
    let log = Log {
        key: log.clone(),
        url: None,
    };
    let named = Witness {
        name: "witness".to_owned(),
        key: witness.clone(),
        url: None,
    };
    let policy = Policy::simple(log, vec![named], 1).ok()?;
    let one = add_cosignatures(note, lines, std::slice::from_ref(witness)).ok()?;
    policy.evaluate(&one).ok()?.time
}

/// How many seconds lie between, whichever is first.
fn skew(a: Time, b: Time) -> u64 {
    a.since(b).max(b.since(a))
}

/// A tile or bundle, written and not kept yet. A bundle has up to 16 MiB: it is in memory in parts only.
pub(super) async fn new_tile<S: Store>(
    store: &S,
    folder: &RecordFolder,
    tree: &Tree,
    tile: &TileId,
) -> Result<NewFile, SequencerError> {
    let missing = || SequencerError::damaged(format!("{tile} needs entries that are not there"));
    let mut file = folder.begin(&tile.path()).await?;
    if let TileKind::Hashes(_) = tile.kind {
        let hashes = tree.tile(tile).ok_or_else(missing)?;
        return file.append(hashes).await;
    }
    let mut next = tile.index * TILE_WIDTH;
    let end = next + u64::from(tile.width);
    while next < end {
        let limit = u32::try_from(end - next).unwrap_or(u32::MAX);
        let rows = store.entries(next, limit).await?;
        next += rows.len() as u64;
        let entries: Vec<_> = rows.into_iter().map(|row| row.bytes).collect();
        if entries.is_empty() {
            return Err(missing());
        }
        // A bundle is its parts, one behind the other.
        file = file.append(encode_bundle(&entries)?).await?;
    }
    Ok(file)
}
