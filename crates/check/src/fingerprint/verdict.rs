//! What a fingerprint says of a copy, in words.

use demur_encoding::Time;
use demur_record::{
    audit::{AuditReport, FingerprintRow},
    entry::Extent,
};
use serde::Serialize;

use super::{CopyForms, Match, Published};
use crate::verdict::{Section, layout::Page};

/// What authors are told before they publish a fingerprint.
pub const RISK: &str = "\
A fingerprint lets anyone who has the whole text confirm that it is this version. It also lets anyone who has only
guessed the text confirm the guess. Each try is made slow; but who has nearly all of the text (an earlier version, a
draft, the text without one name or number) can try what may stand in the gap, and short texts can be searched. Where
the text must stay deniable, publish none. It stands in the record for ever and can't be taken back.";

/// The answer to: which registered version is this copy, by the fingerprints in the record?
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FingerprintVerdict {
    /// The answer in one line.
    pub headline: String,
    /// The log's name.
    pub origin: String,
    /// The version that the copy is, as the record shows it.
    pub found: Option<FingerprintRow>,
    /// How much of the version's text the fingerprint covers that the copy has.
    pub extent: Option<Extent>,
    /// Whether the copy has a head of its own.
    pub has_head: bool,
    /// How many published fingerprints there are.
    pub published: u64,
    /// How many readings of words that are divided at line ends were not tried.
    pub untried: u64,
    /// Up to when all this holds.
    pub as_of: Option<Time>,
    /// Whether a witness says so.
    pub witnessed: bool,
}

/// The fingerprints of an audited record, for [`super::find`].
#[must_use]
pub fn published(rows: &[FingerprintRow]) -> Vec<Published> {
    let one = |row: &FingerprintRow| Published {
        memo: row.memo,
        version: row.version,
        version_hash: row.version_hash,
        words: row.words,
        text: row.text.clone(),
    };
    rows.iter().map(one).collect()
}

impl FingerprintVerdict {
    /// The verdict on `copy`, which [`super::find`] held against the fingerprints of `report`, an audit without failure.
    #[must_use]
    pub fn new(report: &AuditReport, copy: &CopyForms, found: Option<Match>) -> Self {
        let row = found.and_then(|found| report.fingerprints.get(found.index));
        let extent = found.map(|found| found.extent);
        let mut verdict = Self {
            headline: String::new(),
            origin: report.origin.clone().unwrap_or_default(),
            found: row.cloned(),
            extent,
            has_head: copy.has_head(),
            published: report.fingerprints.len() as u64,
            untried: copy.untried() as u64,
            as_of: report.as_of,
            witnessed: report.witnessed,
        };
        verdict.headline = verdict.words();
        verdict
    }

    /// Whether all of the copy is a registered version's.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.found.is_some() && (self.extent == Some(Extent::Whole) || !self.has_head)
    }

    fn words(&self) -> String {
        let Some(row) = &self.found else {
            return match self.published {
                0 => "NOT FOUND: no fingerprint was ever published in this record.".to_owned(),
                _ => "NOT FOUND: no registered fingerprint has this text.".to_owned(),
            };
        };
        let (version, memo) = (row.version, row.memo.short());
        let amended = if version < row.latest {
            ", amended since"
        } else {
            ""
        };
        if self.is_positive() {
            format!(
                "SAME WORDS: the authors of memo {memo} published the copy's fingerprint, as version {version}{amended}."
            )
        } else {
            format!(
                "ALTERED: the authors of memo {memo} published the fingerprint of the copy's body, as version {version}{amended}; its head is another."
            )
        }
    }

    /// Plain text of at most a screen.
    #[must_use]
    pub fn render(&self) -> String {
        self.page().finish()
    }

    /// What [`Self::render`] says below the headline, for a page that lays it out itself.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        self.page().sections()
    }

    fn page(&self) -> Page {
        let mut page = Page::new(&self.headline);
        page.text(&format!("record of {}", self.origin));
        page.blank();
        if let Some(row) = &self.found {
            let covered = match self.extent {
                Some(Extent::Whole) => "every word of title, addressees, date, points and body",
                _ => "every word of the body",
            };
            page.row("Covers", covered);
            page.row("Not covered", match self.extent {
                Some(Extent::Whole) => "markings, layout, the authors' keys: a bundle shows these",
                _ if self.has_head => "markings, layout; the copy's head has no fingerprint: a bundle tells how it was altered",
                _ => "markings, layout, title and points: a bundle shows these",
            });
            let mut words = format!("{}, on record since {}", row.version, row.registered);
            if row.version < row.latest {
                words.push_str(&format!(
                    "; AMENDED SINCE: the latest is version {}",
                    row.latest
                ));
            }
            page.row("Version", &words);
            page.row(
                "Rests on",
                "the authors' word that this is the text that was signed: a bundle proves that, a fingerprint does not",
            );
            page.row(
                "Signed by",
                &format!("{} of {} members", row.signed, row.members),
            );
            page.row(
                "Published",
                &format!("by its authors in entry {}, {}", row.entry, row.published),
            );
        } else {
            page.row(
                "Tried",
                &format!(
                    "{} published fingerprint{}",
                    self.published,
                    if self.published == 1 { "" } else { "s" }
                ),
            );
            page.row(
                "Means",
                "it is none of the versions whose authors published a fingerprint, or a word of it was changed: one is \
                 enough. What was changed only a bundle can tell",
            );
        }
        if self.untried > 0 {
            page.row(
                "Not tried",
                "words of the copy are divided at line ends, and not every way to join them was tried: join them in \
                 the copy, and check it again",
            );
        }
        if let Some(as_of) = self.as_of {
            let clock = if self.witnessed {
                "witnessed"
            } else {
                "by the channel's own clock only"
            };
            page.row(
                "As of",
                &format!("{as_of}, {clock}; what came later is not shown"),
            );
        }
        page
    }
}
