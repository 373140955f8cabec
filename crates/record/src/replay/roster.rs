//! Profiles, editions and attestations.

use std::sync::Arc;

use super::{CLOCK_TOLERANCE_SECONDS, Replay, Violation};
use crate::{
    entry::{self, Attestation, Edition, Entry, Opaque, Role},
    memo_log::{KnownEdition, Position, element},
};

/// The most cohorts of an edition, `all` among them.
pub(super) const MAX_COHORTS: usize = demur_signon::roster::MAX_COHORTS;

impl Replay {
    pub(super) fn profile_entry(
        &mut self,
        entry: &entry::Profile,
        at: Position,
    ) -> Result<(), Violation> {
        let expected = self
            .profile()
            .map_or(1, |profile| profile.version.saturating_add(1));
        let profile = demur_channel::Profile::parse(&entry.text)
            .map_err(|error| Violation::Profile(Box::new(error)))?;
        for found in [entry.version, profile.version] {
            if found != expected {
                return Err(Violation::ProfileVersion { expected, found });
            }
        }
        self.profiles.push((at.entry, Arc::new(profile)));
        Ok(())
    }

    pub(super) fn edition_entry(
        &mut self,
        edition: &Edition,
        entry: &Entry,
        at: Position,
    ) -> Result<(), Violation> {
        let profile = self.profile().ok_or(Violation::NoProfile)?;
        let expected = self
            .editions
            .last()
            .map_or(1, |e| e.edition.number.saturating_add(1));
        if edition.number != expected {
            let found = edition.number;
            return Err(Violation::EditionNumber { expected, found });
        }
        if edition.published > at.time.plus(CLOCK_TOLERANCE_SECONDS) {
            return Err(Violation::Field("the edition was published in the future"));
        }
        let cohorts = &edition.cohorts;
        let all = edition
            .cohort("all")
            .ok_or(Violation::Field("an edition has a cohort \"all\""))?;
        if !cohorts.is_sorted_by(|a, b| a.name < b.name) || cohorts.len() > MAX_COHORTS {
            return Err(Violation::Field(
                "an edition's cohorts are sorted by name, none twice, and at most 256",
            ));
        }
        if edition.certificates.size != all.size {
            return Err(Violation::Field(
                "an edition has one certificate for each leaf",
            ));
        }
        let floor = profile.roster.cohort_floor;
        for cohort in cohorts {
            if cohort.size < u64::from(floor) {
                return Err(Violation::CohortFloor {
                    name: cohort.name.clone(),
                    size: cohort.size,
                    floor,
                });
            }
            if cohort.size > all.size || element(cohort.root).is_none() {
                return Err(Violation::Field(
                    "a cohort has at most as many members as \"all\" and a canonical root",
                ));
            }
        }
        self.keys.check_signed(Role::Registrar, entry)?;
        Arc::make_mut(&mut self.editions).push(KnownEdition {
            edition: edition.clone(),
            entry: at.entry,
            time: at.time,
            attestation: None,
        });
        Ok(())
    }

    pub(super) fn attestation_entry(
        &mut self,
        attestation: &Attestation,
        entry: &Entry,
        at: Position,
    ) -> Result<(), Violation> {
        let number = attestation.edition;
        let known = self.editions.iter().position(|known| {
            known.edition.number == number && known.edition.digest == attestation.digest
        });
        let known = known.ok_or(Violation::NoEdition(number))?;
        self.keys.check_signed(Role::Overseer, entry)?;
        let edition = Arc::make_mut(&mut self.editions).get_mut(known);
        let edition = edition.ok_or(Violation::NoEdition(number))?;
        if edition.attestation.is_some() {
            return Err(Violation::AttestedTwice(number));
        }
        edition.attestation = Some(at.entry);
        for memo in self.memos.values_mut() {
            if memo.log.edition().edition.number == number {
                Arc::make_mut(memo).attestation = Some(at.entry);
            }
        }
        self.touch();
        Ok(())
    }

    pub(super) fn opaque_entry(
        &mut self,
        opaque: &Opaque,
        bytes: &[u8],
        at: Position,
    ) -> Result<(), Violation> {
        let profile = self.profile().ok_or(Violation::NoProfile)?;
        let expected = profile.record.opaque_slots;
        if u32::try_from(opaque.slots.len()) != Ok(expected) {
            let found = opaque.slots.len();
            return Err(Violation::Slots { expected, found });
        }
        self.slots.push(at.entry, bytes, opaque);
        Ok(())
    }
}
