//! What the record says: profile, keys, editions, memos, cases.

use std::sync::Arc;

use demur_channel::{Case, Profile};
use demur_encoding::{Digest, Time};
use demur_record::{
    entry::{
        CheckpointRef, Distributed, Edition as EditionEntry, Entry, Filed, Rejoined, Responded,
        Returned, Role, Withdrawn,
    },
    memo_log::{KnownEdition, MemoLog, ProofTask, RecordView},
    replay::KeyRing,
};
use demur_signon::{
    Element,
    roster::{CertificatesHead, CohortHead, Edition, EditionError, EditionHead},
};
use ed25519_dalek::VerifyingKey;

use super::Mirror;
use crate::{calls, reader::DraftSignOn, transport::Call};

/// The office's and the authors' steps on one memo, as they stand in the record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseFiles {
    /// The filing.
    pub filed: Option<Filed>,
    /// The return.
    pub returned: Option<Returned>,
    /// Distributions, in order.
    pub distributed: Vec<Distributed>,
    /// The response.
    pub responded: Option<Responded>,
    /// The rejoinder.
    pub rejoined: Option<Rejoined>,
    /// The withdrawal.
    pub withdrawn: Option<Withdrawn>,
}

/// Why a file is not an edition of the record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditionFileError {
    /// The record doesn't have it.
    #[error("the record has no edition {0}")]
    Unknown(u64),
    /// See there.
    #[error(transparent)]
    Edition(#[from] EditionError),
    /// Another file than the entry names.
    #[error("the file is not the one that the record's edition {0} commits to")]
    OtherFile(u64),
}

impl Mirror {
    /// The profile in force.
    #[must_use]
    pub fn profile(&self) -> Option<&Profile> {
        self.replay.profile().map(Arc::as_ref)
    }

    /// The marking rules of the profile in force.
    ///
    /// # Errors
    /// When its words are not those of a scheme.
    pub fn rules(
        &self,
    ) -> Option<Result<demur_memo::marking::Rules, demur_memo::marking::RulesError>> {
        let marking = &self.profile()?.marking;
        Some(demur_memo::marking::Rules::new(
            marking.scheme.as_str(),
            &marking.ceiling,
            &marking.forbidden,
            marking.unmarked.as_str(),
        ))
    }

    /// The keys in force.
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        self.replay.keys()
    }

    /// The age recipient of a role that one holder has (office, recovery, overseer, registrar).
    #[must_use]
    pub fn recipient(&self, role: Role) -> Option<String> {
        self.keys().of(role).find_map(|key| key.seal.clone())
    }

    /// The age recipient of one holder.
    #[must_use]
    pub fn recipient_of(&self, role: Role, name: &str) -> Option<String> {
        self.keys().holder(role, name)?.seal.clone()
    }

    /// The edition of that number, from the record.
    #[must_use]
    pub fn edition(&self, number: u64) -> Option<&KnownEdition> {
        RecordView::edition(&self.replay, u32::try_from(number).ok()?)
    }

    /// The newest edition.
    #[must_use]
    pub fn latest_edition(&self) -> Option<&KnownEdition> {
        self.replay.editions().last()
    }

    /// The newest edition before `number` that is attested: against it an overseer's letters are written, so that nobody's leaf changes
    /// untold over editions that nobody vouched for.
    #[must_use]
    pub fn attested_before(&self, number: u64) -> Option<u64> {
        let known = self.replay.editions().iter().rev();
        known
            .filter(|known| known.attestation.is_some())
            .map(|known| u64::from(known.edition.number))
            .find(|before| *before < number)
    }

    /// The edition that a memo which is opened now is pinned to: see [`Self::opening_checkpoint`].
    #[must_use]
    pub fn usable_edition(&self) -> Option<&KnownEdition> {
        self.opening_checkpoint().map(|(_, _, edition)| edition)
    }

    /// What an edition says of itself, and the registrar's key that signed it.
    #[must_use]
    pub fn edition_head(&self, number: u64) -> Option<(EditionHead, VerifyingKey)> {
        let entry = &self.edition(number)?.edition;
        let head = edition_head(self.origin(), entry)?;
        Some((head, VerifyingKey::from_bytes(entry.by.as_bytes()).ok()?))
    }

    /// The request for an edition's file: always the whole file.
    #[must_use]
    pub fn fetch_edition(&self, number: u64) -> Call<Vec<u8>> {
        calls::record(
            &format!("editions/{number}"),
            demur_signon::roster::MAX_EDITION_BYTES,
        )
    }

    /// Reads an edition's file: its digest must be the entry's, and every root is computed anew.
    ///
    /// # Errors
    /// When the record has no such edition, or another.
    pub fn open_edition(&self, number: u64, file: &[u8]) -> Result<Edition, EditionFileError> {
        let known = self
            .edition(number)
            .ok_or(EditionFileError::Unknown(number))?;
        let edition = Edition::parse(file)?;
        let head = edition_head(self.origin(), &known.edition);
        if edition.digest() != known.edition.digest || head.as_ref() != Some(edition.head()) {
            return Err(EditionFileError::OtherFile(number));
        }
        // Whoever signs, claims or opens a memo wants a path in it later.
        Ok(edition.verify_and_keep()?)
    }

    /// The memo as the record has it; `None` until it is filed.
    #[must_use]
    pub fn memo(&self, memo: Digest) -> Option<&MemoLog> {
        self.replay.memo(memo).map(|filed| filed.log())
    }

    /// What opened a filed memo.
    #[must_use]
    pub fn opening(&self, memo: Digest) -> Option<demur_memo::version::OpeningBody> {
        self.memo(memo).map(|log| log.opening().body.clone())
    }

    /// The case of a filed memo.
    #[must_use]
    pub fn case(&self, memo: Digest) -> Option<Case> {
        self.replay.case(memo)
    }

    /// All filed memos, in the order of their filing.
    #[must_use]
    pub fn filed_memos(&self) -> Vec<Digest> {
        let filed = self.entries().filter_map(|(_, entry)| match entry {
            Entry::Filed(filed) => Some(filed.memo),
            _ => None,
        });
        filed.collect()
    }

    /// The steps of a memo as they stand in the record.
    #[must_use]
    pub fn case_files(&self, memo: Digest) -> CaseFiles {
        let mut files = CaseFiles::default();
        let Some(filed) = self.replay.memo(memo) else {
            return files;
        };
        for step in filed.steps() {
            match step.what.clone() {
                Entry::Filed(e) => files.filed = Some(e),
                Entry::Returned(e) => files.returned = Some(e),
                Entry::Distributed(e) => files.distributed.push(e),
                Entry::Responded(e) => files.responded = Some(e),
                Entry::Rejoined(e) => files.rejoined = Some(e),
                Entry::Withdrawn(e) => files.withdrawn = Some(e),
                _ => {}
            }
        }
        files
    }

    /// The sign-ons on a filed memo, in the record's order.
    #[must_use]
    pub fn sign_ons(&self, memo: Digest) -> Vec<DraftSignOn> {
        self.sign_ons.get(&memo).cloned().unwrap_or_default()
    }

    /// The proofs of a filed memo: the replay takes them as they are, whoever relies on them verifies them.
    #[must_use]
    pub fn proof_tasks(&self, memo: Digest) -> Vec<ProofTask> {
        self.tasks.get(&memo).cloned().unwrap_or_default()
    }
}

impl RecordView for Mirror {
    fn origin(&self) -> &str {
        Self::origin(self)
    }

    fn profile_at(&self, index: u64) -> Option<&Arc<Profile>> {
        self.replay.profile_at(index)
    }

    fn edition(&self, number: u32) -> Option<&KnownEdition> {
        RecordView::edition(&self.replay, number)
    }

    fn checkpoint_time(&self, reference: CheckpointRef) -> Option<Time> {
        self.replay.checkpoint_time(reference)
    }
}

/// An edition's head as its entry has it; `None` where a name or root can't be one.
fn edition_head(origin: &str, entry: &EditionEntry) -> Option<EditionHead> {
    let cohorts = entry.cohorts.iter().map(|cohort| {
        Some(CohortHead {
            name: cohort.name.parse().ok()?,
            size: cohort.size,
            root: Element::from_bytes(*cohort.root.as_bytes()).ok()?,
        })
    });
    Some(EditionHead {
        origin: origin.to_owned(),
        number: entry.number.into(),
        published: entry.published,
        cohorts: cohorts.collect::<Option<_>>()?,
        certificates: CertificatesHead {
            root: entry.certificates.root,
            size: entry.certificates.size,
        },
    })
}
