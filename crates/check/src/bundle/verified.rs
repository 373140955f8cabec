//! What a verified bundle says.

use std::{collections::BTreeMap, sync::Arc};

use demur_channel::{Deadline, Profile};
use demur_encoding::Digest;
use demur_memo::{
    content::{Counts, Disclosed},
    marking::{self, Marking, Rules},
};
use demur_record::entry::{Step, Tally, TextFingerprint};
use serde::Serialize;

use crate::{bundle::Witnessed, copy::Text};

/// What a bundle proves, **as of** the checkpoint in it.
///
/// It does not show what came after, nor what only an audit of the whole record can: that the log
/// kept the rules beyond this memo.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// The log's name.
    pub origin: String,
    /// The institution, from the profile that the case was filed under.
    pub institution: String,
    /// The memo's identifier.
    pub memo: Digest,
    /// Up to where the bundle speaks.
    pub as_of: AsOf,
    /// The edition that the memo is pinned to.
    pub edition: EditionInfo,
    /// All versions, from the first.
    pub versions: Vec<VersionInfo>,
    /// The version that was filed.
    pub filed_version: u32,
    /// Steps in order.
    pub steps: Vec<StepInfo>,
    /// How it stands with each deadline, as of the checkpoint.
    pub deadlines: Vec<Deadline>,
    /// The root of the office's answers, if it responded (`demur_channel::ResponseFile`). The bundle shows none of them.
    pub response: Option<Digest>,
    /// Bundles that the authors made public.
    pub releases: Vec<Digest>,
    /// The fingerprints that the authors published, by the version that each is of.
    pub fingerprints: BTreeMap<u32, TextFingerprint>,
    /// How many authors there are.
    pub authors: u32,
    /// How many of them had to agree.
    pub threshold: u32,
    /// Whose keys this rests on.
    pub keys: KeyInfo,
    /// How many proofs were verified.
    pub proofs: u64,
    /// The profile that the case was filed under.
    #[serde(skip)]
    pub profile: Arc<Profile>,
}

/// The checkpoint that a bundle ends with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// The record's entries.
    pub size: u64,
    /// Its root.
    pub hash: Digest,
    /// When.
    pub time: Witnessed,
}

/// See [`Verified::edition`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EditionInfo {
    /// Its number.
    pub number: u32,
    /// How many members.
    pub members: u64,
    /// The size of each published cohort, `all` among them.
    pub cohorts: BTreeMap<String, u64>,
    /// SHA-256 of its file.
    pub digest: Digest,
    /// Whether the overseer attested it, as far as the bundle shows.
    pub attested: bool,
}

/// See [`Verified::versions`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionInfo {
    /// From 1.
    pub number: u32,
    /// Its hash.
    pub hash: Digest,
    /// Its content root.
    pub content_root: Digest,
    /// How much its body is.
    pub counts: Counts,
    /// When the record first held it.
    pub registered: Witnessed,
    /// Who stands behind it.
    pub tally: Tally,
    /// What is shown of it.
    #[serde(skip)]
    pub disclosed: Option<Disclosed>,
}

/// See [`Verified::steps`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepInfo {
    /// What happened.
    pub step: Step,
    /// When.
    pub time: Witnessed,
    /// The index of its entry.
    pub entry: u64,
    /// For a distribution, to whom; for a return, the reason's code; else nothing.
    pub detail: Vec<String>,
}

/// See [`Verified::keys`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyInfo {
    /// The log's key.
    pub log: String,
    /// The office's signing key.
    pub office: Option<Digest>,
    /// The registrar's.
    pub registrar: Option<Digest>,
    /// Whether the witnesses are those of the reader's own policy; else the record names them.
    pub own_policy: bool,
}

impl Verified {
    /// The latest version.
    ///
    /// # Panics
    /// Never: verification refuses a bundle without versions.
    #[must_use]
    pub fn latest(&self) -> &VersionInfo {
        self.versions.last().expect("a filed memo has a version")
    }

    /// The version of that number.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&VersionInfo> {
        self.versions.iter().find(|v| v.number == number)
    }

    /// The banners that printed copies of the disclosed versions may carry, for
    /// [`crate::copy::compare`]. A version with a hidden marking gives none.
    #[must_use]
    pub fn banners(&self) -> Vec<String> {
        let numbers = self.versions.iter().map(|v| v.number);
        numbers.filter_map(|number| self.banner(number)).collect()
    }

    /// The banner of that version, if all its markings are shown.
    #[must_use]
    pub fn banner(&self, number: u32) -> Option<String> {
        let disclosed = self.version(number)?.disclosed.as_ref()?;
        let scheme = self.profile.marking.scheme;
        // The highest that the scheme has: whether the memo was allowed is not asked here.
        let top = scheme.ceilings().last().copied().unwrap_or("U");
        let rules = Rules::new(scheme.as_str(), top, &[""; 0], "refuse").ok()?;
        let head = disclosed.head().iter().map(|f| &f.marking);
        let body = disclosed.portions().iter().map(|p| &p.marking);
        let all = head.chain(body).filter(|m| m.as_deref() != Some(""));
        let markings: Option<Vec<Marking>> = all.map(|m| rules.marking(m.as_ref()?).ok()).collect();
        Some(marking::banner(&markings?))
    }

    /// Whether words of any version are hidden: what is not found may stand there.
    #[must_use]
    pub fn hides_words(&self) -> bool {
        self.versions.iter().any(|version| {
            let shown = version.disclosed.as_ref();
            shown.is_none_or(|shown| !shown.hidden().is_empty())
        })
    }

    /// The disclosed versions as texts for [`crate::copy::compare`].
    #[must_use]
    pub fn texts(&self) -> Vec<Text> {
        let shown = self
            .versions
            .iter()
            .filter_map(|v| Some((v.number, v.disclosed.as_ref()?)));
        shown
            .map(|(number, disclosed)| Text::of_disclosed(number, disclosed))
            .collect()
    }
}
