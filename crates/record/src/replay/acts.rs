//! Openings, filings, late acts and the steps of a case.

use std::sync::Arc;

use demur_channel::{Case, Step};
use demur_encoding::Digest;

use super::{FiledMemo, Filing, Replay, TakenStep, Violation};
use crate::{
    entry::{ApprovalBody, Distributed, Entry, Filed, Opened, Place, Returned, Role},
    event::{Event, Opening, SignOn, Version, mark},
    memo_log::{MemoLog, Position, ProofTask, RecordView as _},
};

impl Replay {
    pub(super) fn opened_entry(
        &mut self,
        opened: &Opened,
    ) -> Result<(Vec<ProofTask>, bool), Violation> {
        let place = opened.at;
        let at = self.check_place(opened)?;
        if let Event::Access(_) = opened.event {
            return Err(Violation::AccessOpened);
        }
        let id = opened.event.memo().map_err(|error| Violation::Memo {
            memo: Digest::new([0; 32]),
            error: Box::new(error.into()),
        })?;
        let Some(mut filing) = self.filing.take() else {
            let Event::Opening(opening) = &opened.event else {
                return Err(Violation::OpeningFirst);
            };
            let (filing, task) = self.first_opened(id, opening, place, at)?;
            self.filing = Some(filing);
            return Ok((vec![task], false));
        };
        let result = self.next_opened(&mut filing, id, &opened.event, place, at);
        self.filing = Some(filing);
        result
    }

    /// Whether the event stood at its place; where that is.
    fn check_place(&self, opened: &Opened) -> Result<Position, Violation> {
        let place = opened.at;
        let slot = self.slots.at(place)?;
        let computed = opened
            .event
            .slot(opened.salt)
            .map_err(crate::entry::EntryError::from)?;
        if computed != slot {
            return Err(Violation::NotAtPlace(place));
        }
        let begun = self
            .filing
            .iter()
            .any(|filing| filing.places.contains(&place));
        if self.is_opened(place) || begun {
            return Err(Violation::OpenedTwice(place));
        }
        self.position(place.entry).ok_or(Violation::NoPlace(place))
    }

    fn first_opened(
        &self,
        memo: Digest,
        opening: &Opening,
        place: Place,
        at: Position,
    ) -> Result<(Filing, ProofTask), Violation> {
        if self.memo(memo).is_some() {
            return Err(Violation::FiledTwice(memo));
        }
        if self.openings.contains(&opening.nullifier) {
            return Err(Violation::OpeningUsed(opening.nullifier));
        }
        let (log, task) =
            MemoLog::open(opening, at, self).map_err(|error| Violation::memo(memo, error))?;
        let filing = Filing {
            log,
            last: place,
            places: vec![place],
        };
        Ok((filing, task))
    }

    fn next_opened(
        &self,
        filing: &mut Filing,
        memo: Digest,
        event: &Event,
        place: Place,
        at: Position,
    ) -> Result<(Vec<ProofTask>, bool), Violation> {
        if memo != filing.log.memo() {
            return Err(match event {
                Event::Opening(_) => Violation::FilingInterrupted(filing.log.memo()),
                _ => Violation::memo(
                    filing.log.memo(),
                    crate::memo_log::MemoError::OtherMemo(memo),
                ),
            });
        }
        if place <= filing.last {
            return Err(Violation::OpenedOrder(place));
        }
        let wrong = |error| Violation::memo(memo, error);
        let result = match event {
            Event::Opening(_) => return Err(Violation::OpeningFirst),
            Event::Access(_) => return Err(Violation::AccessOpened),
            Event::Version(version) => {
                filing.log.apply_version(version, at, self).map_err(wrong)?;
                self.check_mark(memo, version.body.number, place)?;
                (Vec::new(), false)
            }
            Event::SignOn(sign_on) => {
                let signed = filing.log.apply_sign_on(sign_on, at, self, false);
                let signed = signed.map_err(wrong)?;
                (signed.tasks, signed.void)
            }
        };
        filing.last = place;
        filing.places.push(place);
        Ok(result)
    }

    pub(super) fn filed_entry(&mut self, filed: &Filed, at: Position) -> Result<(), Violation> {
        let memo = filed.memo;
        let filing = self.filing.as_ref().ok_or(Violation::NothingOpened(memo))?;
        if filing.log.memo() != memo {
            return Err(Violation::FilingInterrupted(filing.log.memo()));
        }
        let wrong = |what| Err(Violation::Filed { what });
        let Some(latest) = filing.log.latest() else {
            return Err(Violation::memo(memo, crate::memo_log::MemoError::Empty));
        };
        if filed.version != latest.body.number {
            return wrong("version");
        }
        if filed.version_hash != latest.hash {
            return wrong("version_hash");
        }
        if filed.content_root != latest.body.content_root {
            return wrong("content_root");
        }
        if u32::try_from(filing.log.versions().len()) != Ok(filed.versions) {
            return wrong("versions");
        }
        if filing.log.sign_ons() != filed.sign_ons {
            return wrong("sign_ons");
        }
        let body = ApprovalBody::File {
            memo,
            version: filed.version,
            version_hash: filed.version_hash,
            sealed: filed.sealed,
        };
        let approved = filing.log.check_approvals(&body, &filed.approvals);
        approved.map_err(|error| Violation::memo(memo, error))?;
        let profile = Arc::clone(self.profile().ok_or(Violation::NoProfile)?);
        let Some(filing) = self.filing.take() else {
            return Err(Violation::NothingOpened(memo));
        };
        Arc::make_mut(&mut self.opened).extend(filing.places);
        Arc::make_mut(&mut self.openings).insert(filing.log.opening().nullifier);
        let edition = self.edition(filing.log.edition().edition.number);
        let record = FiledMemo {
            attestation: edition.and_then(|known| known.attestation),
            case: Case::filed(Arc::clone(&profile), at.time),
            log: filing.log,
            filed: filed.clone(),
            profile,
            steps: vec![TakenStep {
                step: Step::Filed,
                entry: at.entry,
                time: at.time,
                what: Entry::Filed(filed.clone()),
            }],
            released: Vec::new(),
            fingerprints: Vec::new(),
        };
        self.memos.insert(memo, Arc::new(record));
        self.touch();
        Ok(())
    }

    /// Whether a version's mark stands in the slot before it. That it is the first one of its number is for those
    /// who hold all slots: devices, which show no other version to their people.
    fn check_mark(&self, memo: Digest, version: u32, place: Place) -> Result<(), Violation> {
        let Some(slot) = place.slot.checked_sub(1) else {
            return Err(Violation::Mark { memo, version });
        };
        if self.slots.at(Place { slot, ..place })? == mark(memo, version) {
            Ok(())
        } else {
            Err(Violation::Mark { memo, version })
        }
    }

    pub(super) fn version_entry(
        &mut self,
        version: &Version,
        at: Position,
    ) -> Result<(), Violation> {
        let memo = version.body.memo;
        let known = self.memos.get(&memo).ok_or(Violation::UnknownMemo(memo))?;
        if !known.case.accepts_version(at.time) {
            let what = "version";
            return Err(Violation::TooLate {
                memo,
                what,
                at: at.time,
            });
        }
        let mut changed = known.log.clone();
        let applied = changed.apply_version(version, at, self);
        applied.map_err(|error| Violation::memo(memo, error))?;
        if let Some(known) = self.memos.get_mut(&memo) {
            Arc::make_mut(known).log = changed;
        }
        self.touch();
        Ok(())
    }

    pub(super) fn sign_on_entry(
        &mut self,
        sign_on: &SignOn,
        at: Position,
    ) -> Result<(Vec<ProofTask>, bool), Violation> {
        let memo = sign_on.memo;
        let known = self.memos.get(&memo).ok_or(Violation::UnknownMemo(memo))?;
        if !known.case.accepts_sign_on(at.time) {
            let what = "sign-on";
            return Err(Violation::TooLate {
                memo,
                what,
                at: at.time,
            });
        }
        // Out of the map while it is judged by the rest of the record; back in any case.
        let Some(mut known) = self.memos.remove(&memo) else {
            return Err(Violation::UnknownMemo(memo));
        };
        let checked = known.log.check_sign_on(sign_on, at, self, true);
        let result = checked.and_then(|_| {
            Arc::make_mut(&mut known)
                .log
                .apply_sign_on(sign_on, at, self, true)
        });
        self.memos.insert(memo, known);
        self.touch();
        let signed = result.map_err(|error| Violation::memo(memo, error))?;
        Ok((signed.tasks, signed.void))
    }

    pub(super) fn check_reason(&self, returned: &Returned) -> Result<(), Violation> {
        let memo = self
            .memo(returned.memo)
            .ok_or(Violation::UnknownMemo(returned.memo))?;
        match memo.profile.reason(&returned.reason) {
            Some(_) => Ok(()),
            None => Err(Violation::Reason(returned.reason.clone())),
        }
    }

    pub(super) fn check_distribution(&self, distributed: &Distributed) -> Result<(), Violation> {
        let memo = distributed.memo;
        let memo = self.memo(memo).ok_or(Violation::UnknownMemo(memo))?;
        if distributed.to.is_empty() {
            return Err(Violation::Distribution(String::new()));
        }
        let mut before: Option<&String> = None;
        for to in &distributed.to {
            let listed = memo.profile.principal(to).is_some();
            let reachable = self.keys().holder(Role::Principal, to).is_some();
            if !listed || !reachable || before.is_some_and(|before| before >= to) {
                return Err(Violation::Distribution(to.clone()));
            }
            before = Some(to);
        }
        Ok(())
    }

    /// A step that the office takes and signs.
    pub(super) fn office_step(
        &mut self,
        memo: Digest,
        step: Step,
        entry: &Entry,
        at: Position,
    ) -> Result<(), Violation> {
        self.keys.check_signed(Role::Office, entry)?;
        self.take_step(memo, step, entry, at)
    }

    /// A step that the authors take together.
    pub(super) fn authors_step(&mut self, entry: &Entry, at: Position) -> Result<(), Violation> {
        let Some((body, approvals)) = entry.agreed() else {
            return Err(Violation::Field("not a step of the authors"));
        };
        let step = match entry {
            Entry::Rejoined(_) => Some(Step::Rejoined),
            Entry::Withdrawn(_) => Some(Step::Withdrawn),
            _ => None,
        };
        let memo = body.memo();
        let known = self.memos.get(&memo).ok_or(Violation::UnknownMemo(memo))?;
        if let Some(step) = step {
            let ordered = known.case.clone().apply(step, at.time);
            ordered.map_err(|error| Violation::Order { memo, error })?;
        }
        let agreed = known
            .log
            .check_agreed(&body, approvals, |step| known.leaf_of(step));
        agreed.map_err(|error| Violation::memo(memo, error))?;
        if let Some(step) = step {
            return self.take_step(memo, step, entry, at);
        }
        match (self.memos.get_mut(&memo), entry) {
            (Some(known), Entry::Released(released)) => Arc::make_mut(known)
                .released
                .push((at.entry, released.clone())),
            (Some(known), Entry::Fingerprint(fingerprint)) => {
                let profile = Arc::clone(&known.profile);
                let known = Arc::make_mut(known);
                let applied = known.log.apply_fingerprint(fingerprint, &profile);
                applied.map_err(|error| Violation::memo(memo, error.into()))?;
                known.fingerprints.push((at.entry, fingerprint.clone()));
            }
            _ => {}
        }
        self.touch();
        Ok(())
    }

    fn take_step(
        &mut self,
        memo: Digest,
        step: Step,
        entry: &Entry,
        at: Position,
    ) -> Result<(), Violation> {
        let known = self
            .memos
            .get_mut(&memo)
            .ok_or(Violation::UnknownMemo(memo))?;
        let mut case = known.case.clone();
        let applied = case.apply(step, at.time);
        applied.map_err(|error| Violation::Order { memo, error })?;
        let known = Arc::make_mut(known);
        known.case = case;
        known.steps.push(TakenStep {
            step,
            entry: at.entry,
            time: at.time,
            what: entry.clone(),
        });
        self.touch();
        Ok(())
    }
}
