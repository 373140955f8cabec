//! Were promises kept? The log's signed word against the record.

use demur_encoding::{Digest, Time};
use demur_record::{
    entry::Entry,
    promise::{Kept, Promise, Subject},
};
use serde::{Deserialize, Serialize};

use crate::{
    author::{MyMemo, OwnEntry},
    device::Mirror,
    identity::Identity,
    key_store::KeyStore,
};

/// Why a note is not the promise that belongs to what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PromiseError {
    /// Not a promise by the log of this device's policy.
    #[error("the server's promise: {0}")]
    Promise(#[from] demur_record::promise::PromiseError),
    /// A promise of something else.
    #[error("the server promised to record something else than what was sent")]
    OtherSubject,
    /// Later than the profile allows.
    #[error("the server promised it by {by} only; the profile allows {most} seconds")]
    TooLate {
        /// By when.
        by: Time,
        /// The profile's most.
        most: u64,
    },
    /// Nothing of the kind was sent.
    #[error("nothing of the kind was sent from this device")]
    NotSent,
    /// What was sent has no canonical form.
    #[error("what was sent has no canonical form")]
    Form,
}

/// A promise that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promised {
    /// What the record will hold.
    pub subject: Subject,
    /// By when.
    pub by: Time,
}

/// A promise that this device holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnPromise {
    /// For people: `sign-on 1`, `version 2`.
    pub what: String,
    /// The memo; null for what belongs to none.
    pub memo: Option<Digest>,
    /// The signed note.
    pub note: String,
}

/// All promises that an identity and its memos hold.
#[must_use]
pub fn promises<'a>(
    identity: Option<&Identity>,
    memos: impl IntoIterator<Item = &'a MyMemo>,
) -> Vec<OwnPromise> {
    let mut all = Vec::new();
    let mut add = |what: String, memo: Digest, note: &Option<String>| {
        if let Some(note) = note {
            all.push(OwnPromise {
                what,
                memo: Some(memo),
                note: note.clone(),
            });
        }
    };
    for (memo, acts) in identity.iter().flat_map(|identity| &identity.memos) {
        for act in &acts.acts {
            add(format!("sign-on {}", act.event.seq), *memo, &act.promise);
        }
    }
    for my in memos {
        if let Some(opened) = &my.opened {
            add("opening".to_owned(), my.memo, &opened.promise);
        }
        for (number, version) in &my.versions {
            add(format!("version {number}"), my.memo, &version.promise);
        }
        for agreed in &my.agreed {
            add(
                agreed.entry.kind().to_owned(),
                my.memo,
                &Some(agreed.promise.clone()),
            );
        }
    }
    all
}

/// Takes the server's promise for an entry that was sent under the keys of a role, and lets go of those that the record has kept.
/// Save the key store afterwards: where the record doesn't hold the entry by then, entry and promise convict the log.
///
/// # Errors
/// When it is not the log's promise for this entry.
pub fn sent(
    keys: &mut KeyStore,
    entry: &Entry,
    promise: &str,
    mirror: &Mirror,
    now: Time,
) -> Result<Promised, PromiseError> {
    let promised = mirror.check_entry_promise(promise, entry, now)?;
    keys.sent
        .retain(|own| !matches!(kept(&own.promise, mirror), Ok(Kept::InTime { .. })));
    // The same again gives a fresh promise; the first one is the stricter.
    if !keys.sent.iter().any(|known| known.entry == *entry) {
        keys.sent.push(OwnEntry {
            entry: entry.clone(),
            promise: promise.to_owned(),
        });
    }
    Ok(promised)
}

/// The entries of [`sent`] that the record does not show yet.
pub fn waiting<'k>(keys: &'k KeyStore, mirror: &Mirror) -> impl Iterator<Item = &'k Entry> {
    let entries = keys.sent.iter().map(|own| &own.entry);
    entries.filter(|entry| mirror.find_entry(entry).is_none())
}

/// The entries of [`sent`] that the record should hold and does not, or holds too late.
#[must_use]
pub fn broken<'k>(keys: &'k KeyStore, mirror: &Mirror) -> Vec<&'k OwnEntry> {
    let broken = |own: &&OwnEntry| {
        matches!(
            kept(&own.promise, mirror),
            Ok(Kept::Broken | Kept::Late { .. })
        )
    };
    keys.sent.iter().filter(broken).collect()
}

/// How each promise stands as of the mirror's newest checkpoint.
///
/// [`Kept::Broken`], with the note and that checkpoint, convicts the log.
#[must_use]
pub fn watch(
    promises: &[OwnPromise],
    mirror: &Mirror,
) -> Vec<(OwnPromise, Result<Kept, PromiseError>)> {
    promises
        .iter()
        .map(|own| (own.clone(), kept(&own.note, mirror)))
        .collect()
}

/// How one promise stands.
///
/// # Errors
/// When the note is none.
pub fn kept(note: &str, mirror: &Mirror) -> Result<Kept, PromiseError> {
    let Promise { subject, by, .. } = mirror.promise(note)?;
    let place = match subject {
        Subject::Opaque(slot) => mirror.find_slot(slot).map(|p| (p.entry, Some(p.slot))),
        Subject::Entry(leaf) => mirror.find_leaf(leaf).map(|entry| (entry, None)),
    };
    let found = place.and_then(|(entry, slot)| Some((entry, slot, mirror.time_of(entry)?)));
    Ok(match (found, mirror.as_of()) {
        (Some((entry, slot, time)), _) if time <= by => Kept::InTime { entry, slot },
        (Some((entry, slot, time)), _) => Kept::Late { entry, slot, time },
        (None, Some(now)) if now > by => Kept::Broken,
        (None, _) => Kept::Waiting,
    })
}
