//! The bundle: one `.demur` file that proves a memo, or part of it, to a stranger.
//!
//! Format: `docs/bundle.md`. In scope: reading and writing it ([`Bundle`]), making it from a
//! record ([`RecordFiles`]), verifying it offline with nothing but the channel's key or a trust
//! policy ([`Bundle::verify`]). What it can't show is said in [`Verified`].

mod build;
mod clock;
mod facts;
mod verified;
mod verify;

use std::collections::BTreeMap;

use demur_encoding::{CanonicalError, Digest, canonical, sha256};
use demur_memo::content::Disclosure;
use demur_record::entry::{Entry, MemoState};
use serde::{Deserialize, Serialize};

pub use build::{BuildError, RecordFiles};
pub use clock::Witnessed;
pub use verified::{AsOf, EditionInfo, KeyInfo, StepInfo, Verified, VersionInfo};
pub use verify::{Trust, Work};

/// The first line of every bundle.
pub const HEADER: &str = "demur-bundle/1";

/// The longest bundle that is read, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 64 << 20;

/// The most lines that a bundle may have.
pub const MAX_BUNDLE_LINES: usize = 65_536;

/// Why a bundle proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} ({what}): {why}")]
pub struct BundleError {
    /// The line, from 1.
    pub line: usize,
    /// The section that stands there.
    pub what: String,
    /// What is wrong.
    pub why: String,
}

impl BundleError {
    fn new(line: usize, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            line,
            what: what.into(),
            why: why.into(),
        }
    }
}

/// One line of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "section", rename_all = "kebab-case")]
enum Section {
    Memo(MemoSection),
    Checkpoint(CheckpointSection),
    Tree(TreeSection),
    History(HistorySection),
    Entry(Box<EntrySection>),
    StateLeaf(LeafSection),
    Disclosure(DisclosureSection),
    Manifest(Manifest),
}

impl Section {
    fn name(&self) -> String {
        match self {
            Self::Memo(_) => "memo".to_owned(),
            Self::Checkpoint(_) => "checkpoint".to_owned(),
            Self::Tree(s) => s.name(),
            Self::History(s) => s.name(),
            Self::Entry(s) => s.name(),
            Self::StateLeaf(_) => "state-leaf".to_owned(),
            Self::Disclosure(s) => format!("disclosure of version {}", s.version),
            Self::Manifest(_) => "manifest".to_owned(),
        }
    }

    /// Sections stand in this order: by kind, then by number; none twice.
    const fn place(&self) -> (u8, u64) {
        match self {
            Self::Memo(_) => (0, 0),
            Self::Checkpoint(_) => (1, 0),
            Self::Tree(s) => (2, s.size),
            Self::History(s) => (3, s.size),
            Self::Entry(s) => (4, s.index),
            Self::StateLeaf(_) => (5, 0),
            Self::Disclosure(s) => (6, s.version as u64),
            Self::Manifest(_) => (7, 0),
        }
    }
}

/// What the bundle is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemoSection {
    memo: Digest,
    origin: String,
}

/// The newest checkpoint, as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointSection {
    note: String,
}

/// The size and root of an earlier tree, and that the newest tree begins with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TreeSection {
    size: u64,
    hash: Digest,
    proof: Vec<Digest>,
}

impl TreeSection {
    fn name(&self) -> String {
        format!("tree {}", self.size)
    }
}

/// An earlier checkpoint, as it was published. Its tree stands among the tree sections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HistorySection {
    size: u64,
    note: String,
}

impl HistorySection {
    fn name(&self) -> String {
        format!("history {}", self.size)
    }
}

/// An entry and its inclusion proof under the newest checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntrySection {
    index: u64,
    proof: Vec<Digest>,
    entry: Entry,
}

impl EntrySection {
    fn name(&self) -> String {
        format!("entry {}, {}", self.index, self.entry.kind())
    }
}

/// The memo's leaf of the newest state map and its inclusion proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafSection {
    index: u64,
    proof: Vec<Digest>,
    leaf: MemoState,
}

/// What is shown of one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DisclosureSection {
    version: u32,
    disclosure: Disclosure,
}

/// The SHA-256 of each line before, without its line end, and of these digests together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    check: Digest,
    lines: Vec<Digest>,
}

impl Manifest {
    fn of(lines: Vec<Digest>) -> Self {
        Self {
            check: Self::check(&lines),
            lines,
        }
    }

    fn check(lines: &[Digest]) -> Digest {
        let all: Vec<u8> = lines.iter().flat_map(|d| *d.as_bytes()).collect();
        sha256(&all)
    }
}

/// A value and the line where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct At<T> {
    line: usize,
    it: T,
}

impl<T> At<T> {
    fn fail(&self, what: impl Into<String>, why: impl ToString) -> BundleError {
        BundleError::new(self.line, what, why.to_string())
    }
}

/// A bundle whose form is right. Nothing in it is believed before [`Bundle::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    about: At<MemoSection>,
    checkpoint: At<CheckpointSection>,
    trees: BTreeMap<u64, At<TreeSection>>,
    history: BTreeMap<u64, At<HistorySection>>,
    entries: BTreeMap<u64, At<EntrySection>>,
    leaf: At<LeafSection>,
    disclosures: BTreeMap<u32, At<Disclosure>>,
}

impl Bundle {
    /// Reads a bundle and holds each line against the manifest.
    ///
    /// # Errors
    /// The first line that is not as it was written, or not of the format.
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        let fail = |line, what: &str, why: String| BundleError::new(line, what, why);
        if bytes.len() > MAX_BUNDLE_BYTES {
            let why = format!("the file is longer than {MAX_BUNDLE_BYTES} bytes");
            return Err(fail(1, "file", why));
        }
        let Some(body) = bytes.strip_suffix(b"\n") else {
            let line = bytes.split(|b| *b == b'\n').count();
            return Err(fail(
                line,
                "file",
                "the file does not end with a line end: it was cut off".to_owned(),
            ));
        };
        let lines: Vec<&[u8]> = body.split(|b| *b == b'\n').collect();
        if lines.len() > MAX_BUNDLE_LINES {
            let why = format!("more than {MAX_BUNDLE_LINES} lines");
            return Err(fail(MAX_BUNDLE_LINES, "file", why));
        }
        if lines.first() != Some(&HEADER.as_bytes()) {
            return Err(fail(
                1,
                "header",
                format!("expected \"{HEADER}\": this is not a bundle that this program knows"),
            ));
        }
        check_manifest(&lines)?;
        let mut sections = Vec::with_capacity(lines.len());
        for (i, line) in lines.iter().enumerate().skip(1) {
            let section: Section = canonical::from_slice(line)
                .map_err(|e| fail(i + 1, &guess(line), e.to_string()))?;
            if let Some(At { it: before, .. }) = sections.last()
                && Section::place(before) >= section.place()
            {
                return Err(fail(
                    i + 1,
                    &section.name(),
                    format!("out of order, or twice: it stands after {}", before.name()),
                ));
            }
            sections.push(At {
                line: i + 1,
                it: section,
            });
        }
        Self::of_sections(sections, lines.len())
    }

    fn of_sections(sections: Vec<At<Section>>, last: usize) -> Result<Self, BundleError> {
        let (mut about, mut checkpoint, mut leaf) = (None, None, None);
        let (mut trees, mut history) = (BTreeMap::new(), BTreeMap::new());
        let mut entries = BTreeMap::new();
        let mut disclosures = BTreeMap::new();
        for At { line, it } in sections {
            match it {
                Section::Memo(it) => about = Some(At { line, it }),
                Section::Checkpoint(it) => checkpoint = Some(At { line, it }),
                Section::Tree(it) => {
                    trees.insert(it.size, At { line, it });
                }
                Section::History(it) => {
                    history.insert(it.size, At { line, it });
                }
                Section::Entry(it) => {
                    entries.insert(it.index, At { line, it: *it });
                }
                Section::StateLeaf(it) => leaf = Some(At { line, it }),
                Section::Disclosure(it) => {
                    let disclosure = it.disclosure;
                    disclosures.insert(
                        it.version,
                        At {
                            line,
                            it: disclosure,
                        },
                    );
                }
                Section::Manifest(_) => {}
            }
        }
        let missing = |what: &str| BundleError::new(last, what, "the section is missing");
        Ok(Self {
            about: about.ok_or_else(|| missing("memo"))?,
            checkpoint: checkpoint.ok_or_else(|| missing("checkpoint"))?,
            trees,
            history,
            entries,
            leaf: leaf.ok_or_else(|| missing("state-leaf"))?,
            disclosures,
        })
    }

    fn sections(&self) -> Vec<Section> {
        let mut out = vec![
            Section::Memo(self.about.it.clone()),
            Section::Checkpoint(self.checkpoint.it.clone()),
        ];
        out.extend(self.trees.values().map(|t| Section::Tree(t.it.clone())));
        out.extend(
            self.history
                .values()
                .map(|h| Section::History(h.it.clone())),
        );
        let entries = self.entries.values();
        out.extend(entries.map(|e| Section::Entry(Box::new(e.it.clone()))));
        out.push(Section::StateLeaf(self.leaf.it.clone()));
        out.extend(self.disclosures.iter().map(|(version, d)| {
            Section::Disclosure(DisclosureSection {
                version: *version,
                disclosure: d.it.clone(),
            })
        }));
        out
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// When something in it has no canonical form; what [`Bundle::parse`] read always has.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CanonicalError> {
        let mut out = format!("{HEADER}\n").into_bytes();
        let mut lines = vec![sha256(HEADER.as_bytes())];
        for section in self.sections() {
            let line = canonical::to_vec(&section)?;
            lines.push(sha256(&line));
            out.extend(line);
            out.push(b'\n');
        }
        out.extend(canonical::to_vec(&Section::Manifest(Manifest::of(lines)))?);
        out.push(b'\n');
        Ok(out)
    }

    /// The memo that the bundle says it is about.
    #[must_use]
    pub fn memo(&self) -> Digest {
        self.about.it.memo
    }

    /// The log that the bundle says it is from.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.about.it.origin
    }

    /// The versions of which it discloses something.
    pub fn disclosed(&self) -> impl Iterator<Item = u32> {
        self.disclosures.keys().copied()
    }
}

const EMPTY: &[u8] = b"";

/// Holds each line against the manifest, which stands last.
fn check_manifest(lines: &[&[u8]]) -> Result<(), BundleError> {
    // The header was found, so that there is a last line.
    let (last, before) = lines.split_last().unwrap_or((&EMPTY, &[]));
    let fail = |why: String| BundleError::new(lines.len(), "manifest", why);
    let manifest = match canonical::from_slice::<Section>(last) {
        Ok(Section::Manifest(manifest)) => manifest,
        Ok(other) => {
            return Err(fail(format!(
                "the last line is not the manifest but {}: lines were cut off",
                other.name()
            )));
        }
        Err(e) => return Err(fail(format!("the last line is not the manifest: {e}"))),
    };
    if manifest.check != Manifest::check(&manifest.lines) {
        return Err(fail("the manifest itself was changed".to_owned()));
    }
    for (i, (line, digest)) in before.iter().zip(&manifest.lines).enumerate() {
        if sha256(line) != *digest {
            return Err(BundleError::new(
                i + 1,
                guess(line),
                "the line is not as it was written: its SHA-256 is not the manifest's",
            ));
        }
    }
    if before.len() != manifest.lines.len() {
        return Err(fail(format!(
            "the manifest has {} lines, the file {}",
            manifest.lines.len(),
            before.len()
        )));
    }
    Ok(())
}

/// What a damaged line probably is.
fn guess(line: &[u8]) -> String {
    if let Ok(section) = serde_json::from_slice::<Section>(line) {
        return section.name();
    }
    let text = String::from_utf8_lossy(&line[..line.len().min(65_536)]);
    let names = [
        "memo",
        "checkpoint",
        "tree",
        "history",
        "entry",
        "state-leaf",
        "disclosure",
        "manifest",
    ];
    let named = |name: &&&str| text.contains(&format!("\"section\":\"{name}\""));
    let name = names.iter().find(named);
    name.map_or_else(|| "a damaged line".to_owned(), |name| (*name).to_owned())
}
