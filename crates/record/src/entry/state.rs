//! What the state map says of a memo.

use std::{collections::BTreeMap, num::NonZeroU64};

use demur_encoding::{Digest, json_fields};
use serde::{Deserialize, Deserializer, Serialize};

/// The step that a case is at, as the state map says it.
pub use demur_channel::Step;

/// How many stand behind one version, from the record alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// The version's number.
    pub version: u32,
    /// Members whose last action on this version is to sign.
    pub signed: u64,
    /// Of these, how many showed that they belong to a cohort.
    pub cohorts: BTreeMap<String, u64>,
    /// Members whose last action on this version is to endorse.
    pub endorsed: u64,
    /// Of those who signed, how many did so after filing.
    pub late: u64,
}

json_fields!(Tally only { version, signed, cohorts, endorsed, late });

/// A leaf of the state map: docs/protocol.md, section 8.
///
/// It counts every entry of the memo, so that who is shown some of them knows whether these are all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoState {
    /// The memo.
    pub memo: Digest,
    /// The last step.
    pub step: Step,
    /// The index of the entry that made it.
    pub step_entry: u64,
    /// How many steps were taken, the filing among them.
    pub steps: u64,
    /// How many `released` entries there are.
    pub releases: u64,
    /// How many `fingerprint` entries there are; left out where there is none, so that the leaf of a memo without any
    /// is what it was before there were fingerprints.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "some"
    )]
    pub fingerprints: Option<NonZeroU64>,
    /// The latest version's number.
    pub version: u32,
    /// The latest version's hash.
    pub version_hash: Digest,
    /// The latest version's content root.
    pub content_root: Digest,
    /// How many sign-ons were recorded, void ones among them.
    pub sign_ons: u64,
    /// The index of the entry that attests the memo's edition; null while there is none.
    pub attestation: Option<u64>,
    /// One for each version, in order.
    pub tallies: Vec<Tally>,
}

/// A number that stands there: `null` and 0 would be second ways to write that there is none.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NonZeroU64>, D::Error> {
    NonZeroU64::deserialize(deserializer).map(Some)
}
