//! Making a bundle from a record.

use std::collections::{BTreeMap, BTreeSet};

use demur_encoding::{Digest, canonical, merkle};
use demur_memo::content::Disclosure;
use demur_record::{
    checkpoint::{Checkpoint, CheckpointError},
    entry::{Entry, EntryError, MemoState},
    event::Event,
    source::RecordSource,
    tiles::{OutOfRange, ReadError, Tree, read_entries},
};

use crate::bundle::{
    At, Bundle, BundleError, CheckpointSection, EntrySection, HistorySection, LeafSection,
    MemoSection, TreeSection,
};

/// A record as far as a bundle needs it: all entries up to a checkpoint, and the checkpoints.
#[derive(Debug, Clone)]
pub struct RecordFiles {
    /// The newest checkpoint, as it was published.
    pub note: Vec<u8>,
    /// Earlier ones by their size.
    pub history: BTreeMap<u64, Vec<u8>>,
    /// Each entry's canonical bytes, from entry 0.
    pub entries: Vec<Vec<u8>>,
}

/// Why no bundle can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A file of the record can't be had.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The checkpoint is not the record's.
    #[error("the record's checkpoint: {0}")]
    Checkpoint(String),
    /// An entry of the record can't be read.
    #[error("entry {index} of the record: {error}")]
    Entry {
        /// Which.
        index: u64,
        /// Why.
        error: EntryError,
    },
    /// The record does not have what a bundle needs.
    #[error("{0}")]
    Missing(String),
    /// The bundle that was made does not read back.
    #[error(transparent)]
    Form(#[from] BundleError),
}

impl RecordFiles {
    /// Reads a record's entries and checkpoints. Nothing is verified: the bundle is, later.
    ///
    /// # Errors
    /// When a file is missing or malformed.
    pub fn read<S: RecordSource + ?Sized>(source: &S) -> Result<Self, BuildError> {
        let get = |path: &str| -> Result<Vec<u8>, BuildError> {
            let bytes = source.read(path).map_err(ReadError::from)?;
            bytes.ok_or_else(|| ReadError::Missing(path.to_owned()).into())
        };
        let note = get("checkpoint")?;
        let size = text_of(&note)?.size;
        let entries = read_entries(source, 0, size)?;
        let mut history = BTreeMap::new();
        for (index, bytes) in entries.iter().enumerate() {
            // Every batch ends with a state entry, and its size has a file once it is superseded.
            if is_state(bytes) && (index as u64) + 1 < size {
                let size = index as u64 + 1;
                history.insert(size, get(&format!("history/{size}"))?);
            }
        }
        Ok(Self {
            note,
            history,
            entries,
        })
    }
}

fn is_state(bytes: &[u8]) -> bool {
    matches!(Entry::from_slice(bytes), Ok(Entry::State(_)))
}

fn text_of(note: &[u8]) -> Result<Checkpoint, BuildError> {
    let bad = |e: CheckpointError| BuildError::Checkpoint(e.to_string());
    let text = String::from_utf8_lossy(note);
    let end = text.find("\n\n").map_or(text.len(), |i| i + 1);
    Checkpoint::from_text(&text[..end]).map_err(bad)
}

impl Bundle {
    /// The bundle of `memo` with the disclosures that its maker chose, by version number.
    ///
    /// `leaves` is the newest state map, sorted by memo, as the record's replay gives it.
    ///
    /// # Errors
    /// When the record does not have the memo, or not what its proof needs.
    pub fn build(
        record: &RecordFiles,
        memo: Digest,
        leaves: &[MemoState],
        disclosures: BTreeMap<u32, Disclosure>,
    ) -> Result<Self, BuildError> {
        let parse = |(index, bytes): (usize, &Vec<u8>)| {
            let index = index as u64;
            Entry::from_slice(bytes).map_err(|error| BuildError::Entry { index, error })
        };
        let entries: Vec<Entry> = record
            .entries
            .iter()
            .enumerate()
            .map(parse)
            .collect::<Result<_, _>>()?;
        let checkpoint = text_of(&record.note)?;
        let tree = Tree::rebuild(&record.entries);
        if (tree.size(), tree.root()) != (checkpoint.size, checkpoint.hash) {
            return Err(BuildError::Checkpoint(
                "it is not over these entries".to_owned(),
            ));
        }
        let wanted = Wanted::of(&entries, memo)?;
        let prove = |index: u64| {
            tree.prove_inclusion(index, checkpoint.size)
                .map_err(|e| BuildError::Missing(e.to_string()))
        };
        let mut chosen = BTreeMap::new();
        for index in wanted.entries {
            // Every wanted index was found among the entries.
            let entry = entries[usize::try_from(index).unwrap_or(usize::MAX)].clone();
            let proof = prove(index)?;
            chosen.insert(
                index,
                at(EntrySection {
                    index,
                    proof,
                    entry,
                }),
            );
        }
        let mut history = BTreeMap::new();
        for size in wanted.notes {
            let note = record.history.get(&size);
            let note =
                note.ok_or_else(|| BuildError::Missing(format!("history/{size} is missing")))?;
            let note = utf8(note)?;
            history.insert(size, at(HistorySection { size, note }));
        }
        let mut trees = BTreeMap::new();
        for size in wanted
            .trees
            .into_iter()
            .filter(|size| *size < checkpoint.size)
        {
            let missing = |e: OutOfRange| BuildError::Missing(e.to_string());
            let proof = tree
                .prove_consistency(size, checkpoint.size)
                .map_err(missing)?;
            let hash = tree.root_at(size).map_err(missing)?;
            trees.insert(size, at(TreeSection { size, hash, proof }));
        }
        let bundle = Self {
            about: at(MemoSection {
                memo,
                origin: checkpoint.origin,
            }),
            checkpoint: at(CheckpointSection {
                note: utf8(&record.note)?,
            }),
            trees,
            history,
            entries: chosen,
            leaf: at(leaf(leaves, memo)?),
            disclosures: disclosures.into_iter().map(|(n, d)| (n, at(d))).collect(),
        };
        // Reading it back gives each section its line.
        let bytes = bundle
            .to_bytes()
            .map_err(|e| BuildError::Missing(e.to_string()))?;
        Ok(Self::parse(&bytes)?)
    }
}

const fn at<T>(it: T) -> At<T> {
    At { line: 0, it }
}

fn utf8(note: &[u8]) -> Result<String, BuildError> {
    String::from_utf8(note.to_vec()).map_err(|_| BuildError::Checkpoint("not UTF-8".to_owned()))
}

fn leaf(leaves: &[MemoState], memo: Digest) -> Result<LeafSection, BuildError> {
    let place = leaves.iter().position(|l| l.memo == memo);
    let place =
        place.ok_or_else(|| BuildError::Missing("the newest state has no such memo".to_owned()))?;
    let bytes: Vec<Vec<u8>> = leaves
        .iter()
        .map(|l| canonical::to_vec(l).map_err(|e| BuildError::Missing(e.to_string())))
        .collect::<Result<_, _>>()?;
    let tree = merkle::Tree::new(&bytes);
    let index = place as u64;
    let proof = tree.prove(index).unwrap_or_default();
    Ok(LeafSection {
        index,
        proof,
        leaf: leaves[place].clone(),
    })
}

/// Which entries and checkpoints a memo's bundle needs.
#[derive(Default)]
struct Wanted {
    entries: BTreeSet<u64>,
    /// Sizes of trees that something names.
    trees: BTreeSet<u64>,
    /// Sizes of checkpoints whose witnesses' times are needed.
    notes: BTreeSet<u64>,
}

impl Wanted {
    fn of(entries: &[Entry], memo: Digest) -> Result<Self, BuildError> {
        let mut wanted = Self::default();
        let (mut logged, mut timed) = (BTreeSet::new(), BTreeSet::new());
        let (mut filed, mut opened_at) = (false, None);
        for (entry, index) in entries.iter().zip(0_u64..) {
            match entry {
                Entry::Keys(_) | Entry::Profile(_) => {
                    wanted.entries.insert(index);
                }
                Entry::Opened(opened) if opened.event.memo().is_ok_and(|m| m == memo) => {
                    let place = opened.at.entry;
                    wanted.entries.extend([index, place]);
                    logged.insert(place);
                    match &opened.event {
                        Event::Opening(opening) => {
                            opened_at =
                                Some((opening.body.edition.number, opening.body.checkpoint.size));
                            wanted.trees.insert(opening.body.checkpoint.size);
                        }
                        Event::Version(version) => {
                            wanted.trees.insert(version.body.checkpoint.size);
                            timed.insert(place);
                        }
                        Event::SignOn(sign_on) => {
                            wanted.trees.insert(sign_on.checkpoint.size);
                        }
                        _ => {}
                    }
                }
                Entry::Version(e) if e.event.body.memo == memo => {
                    wanted.entries.insert(index);
                    wanted.trees.insert(e.event.body.checkpoint.size);
                    timed.insert(index);
                }
                Entry::SignOn(e) if e.event.memo == memo => {
                    wanted.entries.insert(index);
                    wanted.trees.insert(e.event.checkpoint.size);
                    logged.insert(index);
                }
                Entry::Released(e) if e.memo == memo => {
                    wanted.entries.insert(index);
                }
                Entry::Fingerprint(e) if e.memo == memo => {
                    wanted.entries.insert(index);
                }
                other if step_of(other) == Some(memo) => {
                    filed |= matches!(other, Entry::Filed(_));
                    wanted.entries.insert(index);
                    timed.insert(index);
                }
                _ => {}
            }
        }
        let Some((edition, size)) = opened_at.filter(|_| filed) else {
            return Err(BuildError::Missing(format!(
                "the record has no filing of the memo {memo}"
            )));
        };
        for (entry, index) in entries.iter().zip(0_u64..) {
            match entry {
                // The next one, where the opening's checkpoint covers it, was too young to be pinned.
                Entry::Edition(e)
                    if e.number == edition
                        || (e.number == edition.saturating_add(1) && index < size) =>
                {
                    wanted.entries.insert(index);
                    logged.insert(index);
                }
                Entry::Attestation(e) if e.edition == edition => {
                    wanted.entries.insert(index);
                }
                _ => {}
            }
        }
        wanted.times(entries, &logged, &timed);
        Ok(wanted)
    }

    /// The state entries that give each time: the one that ends the batch; and where witnesses' times
    /// are needed, that checkpoint and the next state entry, which commits to it.
    fn times(&mut self, entries: &[Entry], logged: &BTreeSet<u64>, timed: &BTreeSet<u64>) {
        let states: Vec<u64> = entries
            .iter()
            .zip(0_u64..)
            .filter_map(|(e, i)| matches!(e, Entry::State(_)).then_some(i))
            .collect();
        // The first ends the batch in which keys need no signature; the last holds the newest map.
        self.entries.extend(states.first());
        self.entries.extend(states.last());
        // A tree that is named is one that the record published: its last entry is a state.
        let ends = self.trees.iter().filter_map(|size| size.checked_sub(1));
        self.entries
            .extend(ends.filter(|end| states.binary_search(end).is_ok()));
        for index in logged.iter().chain(timed) {
            let n = states.partition_point(|state| state < index);
            self.entries.extend(states.get(n));
            if let (Some(state), Some(next), true) =
                (states.get(n), states.get(n + 1), timed.contains(index))
            {
                self.entries.insert(*next);
                self.notes.insert(state + 1);
                self.trees.insert(state + 1);
            }
        }
    }
}

/// The memo that a step of a case is about.
const fn step_of(entry: &Entry) -> Option<Digest> {
    match entry {
        Entry::Filed(e) => Some(e.memo),
        Entry::Acknowledged(e) => Some(e.memo),
        Entry::Returned(e) => Some(e.memo),
        Entry::Distributed(e) => Some(e.memo),
        Entry::Responded(e) => Some(e.memo),
        Entry::Rejoined(e) => Some(e.memo),
        Entry::Withdrawn(e) => Some(e.memo),
        _ => None,
    }
}
