//! What a bundle's entries say about the memo, taken in the record's order.
//!
//! The rules are those of the record: `demur_record::memo_log` judges opening, versions and
//! sign-ons, `demur_channel::Case` the steps, as in an audit.

use std::{collections::BTreeMap, sync::Arc};

use demur_channel::{Case, Profile};
use demur_encoding::{Digest, Time};
use demur_record::{
    entry::{CheckpointRef, Entry, Filed, Opened, Role, Step},
    event::{Event, Opening},
    memo_log::{KnownEdition, MemoLog, Position, ProofTask, RecordView},
    replay::KeyRing,
    tiles::leaf_hash,
};
use demur_signon::{Proof, Statement};

use crate::bundle::{
    At, Bundle, BundleError, EntrySection, StepInfo,
    clock::{Clock, Witnessed},
};

/// A proof that must hold, and where it stands.
pub(super) struct Proven {
    pub(super) task: ProofTask,
    line: usize,
    what: String,
}

impl Proven {
    pub(super) fn fail(&self, why: &dyn std::fmt::Display) -> BundleError {
        BundleError::new(self.line, &self.what, why.to_string())
    }

    pub(super) fn pair(&self) -> (Statement, Proof) {
        (self.task.statement, self.task.proof.clone())
    }
}

/// The record as far as the bundle shows it.
struct View<'a> {
    origin: &'a str,
    clock: &'a Clock,
    profiles: Vec<(u64, Arc<Profile>)>,
    editions: BTreeMap<u32, KnownEdition>,
}

impl RecordView for View<'_> {
    fn origin(&self) -> &str {
        self.origin
    }

    fn profile_at(&self, index: u64) -> Option<&Arc<Profile>> {
        let before = self.profiles.iter().rev().find(|(entry, _)| *entry < index);
        before.map(|(_, profile)| profile)
    }

    fn edition(&self, number: u32) -> Option<&KnownEdition> {
        self.editions.get(&number)
    }

    fn checkpoint_time(&self, reference: CheckpointRef) -> Option<Time> {
        self.clock.published(reference)
    }
}

/// A memo after filing.
pub(super) struct FiledCase {
    /// By the log's times, which the rules go by.
    by_log: Case,
    /// By witnesses' times, which deadlines go by.
    pub(super) case: Case,
    pub(super) version: u32,
}

/// The walk through the entries.
pub(super) struct Facts<'a> {
    bundle: &'a Bundle,
    clock: &'a Clock,
    first_batch: u64,
    view: View<'a>,
    pub(super) keys: KeyRing,
    pub(super) log: Option<MemoLog>,
    last_place: Option<(u64, u32)>,
    /// When the record first held each version.
    pub(super) registered: Vec<Witnessed>,
    pub(super) filed: Option<FiledCase>,
    pub(super) steps: Vec<StepInfo>,
    pub(super) releases: Vec<Digest>,
    /// The root of the response's answers.
    pub(super) response: Option<Digest>,
    /// Who signed the office's last step.
    pub(super) office: Option<Digest>,
    pub(super) proofs: Vec<Proven>,
}

/// An entry and its name in errors.
struct Here<'a> {
    at: &'a At<EntrySection>,
    index: u64,
    what: String,
}

impl Here<'_> {
    fn fail(&self, why: impl ToString) -> BundleError {
        self.at.fail(self.what.clone(), why)
    }
}

impl<'a> Facts<'a> {
    /// Takes all entries in turn.
    pub(super) fn read(bundle: &'a Bundle, clock: &'a Clock) -> Result<Self, BundleError> {
        let mut facts = Self {
            bundle,
            clock,
            first_batch: bundle.first_batch(),
            view: View {
                origin: &bundle.about.it.origin,
                clock,
                profiles: Vec::new(),
                editions: BTreeMap::new(),
            },
            keys: KeyRing::default(),
            log: None,
            last_place: None,
            registered: Vec::new(),
            filed: None,
            steps: Vec::new(),
            releases: Vec::new(),
            response: None,
            office: None,
            proofs: Vec::new(),
        };
        for (index, at) in &bundle.entries {
            let index = *index;
            let what = at.it.name();
            facts.entry(&Here { at, index, what })?;
        }
        Ok(facts)
    }

    /// How many `profile` entries there are.
    pub(super) const fn profiles(&self) -> u64 {
        self.view.profiles.len() as u64
    }

    /// An edition, with what was said of it until the end.
    pub(super) fn edition(&self, number: u32) -> Option<&KnownEdition> {
        self.view.editions.get(&number)
    }

    fn entry(&mut self, here: &Here<'_>) -> Result<(), BundleError> {
        let entry = &here.at.it.entry;
        match entry {
            Entry::State(_) | Entry::Opaque(_) => Ok(()),
            Entry::Keys(keys) => {
                let first = here.index < self.first_batch;
                let applied = self.keys.apply(keys, here.index, first);
                applied.map_err(|e| here.fail(e))
            }
            Entry::Profile(profile) => {
                let parsed = Profile::parse(&profile.text).map_err(|e| here.fail(e))?;
                self.view.profiles.push((here.index, Arc::new(parsed)));
                Ok(())
            }
            Entry::Edition(edition) => {
                self.signed(here, Role::Registrar)?;
                let known = KnownEdition {
                    edition: edition.clone(),
                    entry: here.index,
                    time: self.position(here, here.index)?.time,
                    attestation: None,
                };
                match self.view.editions.insert(edition.number, known) {
                    None => Ok(()),
                    Some(_) => Err(here.fail("this edition stands twice")),
                }
            }
            Entry::Attestation(e) => {
                self.signed(here, Role::Overseer)?;
                match self.view.editions.get_mut(&e.edition) {
                    Some(known) if known.edition.digest == e.digest => {
                        known.attestation = Some(here.index);
                        Ok(())
                    }
                    _ => Err(here.fail("it attests an edition that the bundle does not have")),
                }
            }
            Entry::Opened(opened) => self.opened(here, opened),
            Entry::Version(direct) => {
                let at = self.position(here, here.index)?;
                if self.filed(here)?.by_log.closed(at.time).is_some() {
                    return Err(here.fail("the case was closed before"));
                }
                let (log, view) = self.log(here)?;
                log.apply_version(&direct.event, at, view)
                    .map_err(|e| here.fail(e))?;
                self.registered(here, here.index)
            }
            Entry::SignOn(direct) => {
                let at = self.position(here, here.index)?;
                if !self.filed(here)?.by_log.accepts_sign_on(at.time) {
                    return Err(here.fail("sign-ons were no longer accepted"));
                }
                let (log, view) = self.log(here)?;
                let signed = log.apply_sign_on(&direct.event, at, view, true);
                let tasks = signed.map_err(|e| here.fail(e))?.tasks;
                self.prove(here, tasks);
                Ok(())
            }
            Entry::Filed(filed) => self.file(here, filed),
            Entry::Acknowledged(e) => self.office_step(here, e.memo, Step::Acknowledged, &[]),
            Entry::Returned(e) => self.office_step(
                here,
                e.memo,
                Step::Returned,
                std::slice::from_ref(&e.reason),
            ),
            Entry::Distributed(e) => self.office_step(here, e.memo, Step::Distributed, &e.to),
            Entry::Responded(e) => {
                self.office_step(here, e.memo, Step::Responded, &[])?;
                self.response = Some(e.root);
                Ok(())
            }
            Entry::Rejoined(_) => {
                self.agreed(here)?;
                self.step(here, Step::Rejoined, &[])
            }
            Entry::Withdrawn(_) => {
                self.agreed(here)?;
                self.step(here, Step::Withdrawn, &[])
            }
            Entry::Released(e) => {
                self.agreed(here)?;
                self.releases.push(e.bundle);
                Ok(())
            }
            Entry::Fingerprint(e) => {
                self.agreed(here)?;
                let filed = self.filed.as_ref();
                let filed =
                    filed.ok_or_else(|| here.fail("the memo's filing must stand before it"))?;
                let profile = filed.case.profile().clone();
                let (log, _) = self.log(here)?;
                log.apply_fingerprint(e, &profile).map_err(|e| here.fail(e))
            }
            _ => Err(here.fail("such an entry does not belong in a bundle")),
        }
    }

    fn opened(&mut self, here: &Here<'_>, opened: &Opened) -> Result<(), BundleError> {
        let place = (opened.at.entry, opened.at.slot);
        if self.last_place >= Some(place) || place.0 >= here.index || self.filed.is_some() {
            return Err(here.fail("it does not stand in the order of its place"));
        }
        self.last_place = Some(place);
        let slots = match self.bundle.entries.get(&place.0).map(|at| &at.it.entry) {
            Some(Entry::Opaque(opaque)) => &opaque.slots,
            _ => {
                return Err(here.fail(format!(
                    "the opaque entry {} that it stood in is missing",
                    place.0
                )));
            }
        };
        let slot = opened.event.slot(opened.salt).map_err(|e| here.fail(e))?;
        if slots.get(place.1 as usize) != Some(&slot) {
            return Err(here.fail(format!(
                "it did not stand in slot {} of entry {}",
                place.1, place.0
            )));
        }
        let at = self.position(here, place.0)?;
        match &opened.event {
            Event::Opening(opening) => {
                if self.log.is_some() {
                    return Err(here.fail("the memo is opened twice"));
                }
                self.newest_edition(here, opening)?;
                let open = MemoLog::open(opening, at, &self.view);
                let (log, task) = open.map_err(|e| here.fail(e))?;
                if log.memo() != self.bundle.about.it.memo {
                    return Err(here.fail("it opens another memo than the bundle is about"));
                }
                self.log = Some(log);
                self.prove(here, vec![task]);
                Ok(())
            }
            Event::Version(version) => {
                let (log, view) = self.log(here)?;
                log.apply_version(version, at, view)
                    .map_err(|e| here.fail(e))?;
                self.registered(here, place.0)
            }
            Event::SignOn(sign_on) => {
                let (log, view) = self.log(here)?;
                let signed = log.apply_sign_on(sign_on, at, view, false);
                let tasks = signed.map_err(|e| here.fail(e))?.tasks;
                self.prove(here, tasks);
                Ok(())
            }
            _ => Err(here.fail("such an event is never published")),
        }
    }

    /// That the edition after the pinned one was not left out, if the opening's checkpoint covers it: the rule
    /// that the newest one be pinned that is old enough needs it.
    fn newest_edition(&self, here: &Here<'_>, opening: &Opening) -> Result<(), BundleError> {
        let (pinned, size) = (opening.body.edition.number, opening.body.checkpoint.size);
        let end = size
            .checked_sub(1)
            .and_then(|end| self.bundle.entries.get(&end));
        let Some(Entry::State(state)) = end.map(|at| &at.it.entry) else {
            return Err(here.fail("the state entry of the checkpoint that it names is missing"));
        };
        let next = pinned.saturating_add(1);
        if state.editions > u64::from(pinned) && self.edition(next).is_none() {
            return Err(here.fail(format!(
                "the record had {} editions then, and the bundle does not have edition {next}: it was left out",
                state.editions
            )));
        }
        Ok(())
    }

    fn log(&mut self, here: &Here<'_>) -> Result<(&mut MemoLog, &View<'a>), BundleError> {
        match &mut self.log {
            Some(log) => Ok((log, &self.view)),
            None => Err(here.fail("the memo's opening must stand before it")),
        }
    }

    fn filed(&mut self, here: &Here<'_>) -> Result<&mut FiledCase, BundleError> {
        let missing = || here.fail("the memo's filing must stand before it");
        self.filed.as_mut().ok_or_else(missing)
    }

    fn position(&self, here: &Here<'_>, index: u64) -> Result<Position, BundleError> {
        self.clock
            .position(index)
            .ok_or_else(|| untimed(here, index))
    }

    fn registered(&mut self, here: &Here<'_>, index: u64) -> Result<(), BundleError> {
        let time = self
            .clock
            .witnessed(index)
            .ok_or_else(|| untimed(here, index))?;
        self.registered.push(time);
        Ok(())
    }

    fn prove(&mut self, here: &Here<'_>, tasks: Vec<ProofTask>) {
        self.proofs.extend(tasks.into_iter().map(|task| Proven {
            task,
            line: here.at.line,
            what: here.what.clone(),
        }));
    }

    fn signed(&self, here: &Here<'_>, role: Role) -> Result<Digest, BundleError> {
        let signed = self.keys.check_signed(role, &here.at.it.entry);
        signed.map_err(|e| here.fail(e))
    }

    /// That enough authors approve the entry, which is an act of theirs, and that it is about the memo as it
    /// stands here.
    fn agreed(&mut self, here: &Here<'_>) -> Result<(), BundleError> {
        let Some((body, approvals)) = here.at.it.entry.agreed() else {
            return Err(here.fail("it is no act of the authors"));
        };
        let taken = |step: Step| {
            let taken = self.steps.iter().rev().find(|taken| taken.step == step)?;
            let entry = &self.bundle.entries.get(&taken.entry)?.it.entry;
            Some(leaf_hash(&entry.to_vec().ok()?))
        };
        let log = self.log.as_ref();
        let log = log.ok_or_else(|| here.fail("the memo's opening must stand before it"))?;
        log.check_agreed(&body, approvals, taken)
            .map_err(|e| here.fail(e))
    }

    fn file(&mut self, here: &Here<'_>, filed: &Filed) -> Result<(), BundleError> {
        if self.filed.is_some() {
            return Err(here.fail("the memo is filed twice"));
        }
        let (log, _) = self.log(here)?;
        let had = (log.versions().len() as u64, log.sign_ons());
        if had != (u64::from(filed.versions), filed.sign_ons) {
            return Err(here.fail(format!(
                "{} versions and {} sign-ons were opened at filing, the bundle has {} and {}: something was left out",
                filed.versions, filed.sign_ons, had.0, had.1
            )));
        }
        let latest = log
            .latest()
            .map(|l| (l.body.number, l.hash, l.body.content_root));
        if latest != Some((filed.version, filed.version_hash, filed.content_root)) {
            return Err(here.fail("it files another version than the latest that the bundle has"));
        }
        self.agreed(here)?;
        let view = &self.view;
        let profile = view.profile_at(here.index).cloned();
        let profile = profile.ok_or_else(|| here.fail("the channel's profile is missing"))?;
        let at = self.position(here, here.index)?;
        let time = self
            .clock
            .witnessed(here.index)
            .ok_or_else(|| untimed(here, here.index))?;
        self.filed = Some(FiledCase {
            by_log: Case::filed(Arc::clone(&profile), at.time),
            case: Case::filed(profile, time.time),
            version: filed.version,
        });
        self.push_step(here, Step::Filed, time, &[]);
        Ok(())
    }

    fn office_step(
        &mut self,
        here: &Here<'_>,
        memo: Digest,
        step: Step,
        detail: &[String],
    ) -> Result<(), BundleError> {
        self.office = Some(self.signed(here, Role::Office)?);
        if memo != self.bundle.about.it.memo {
            return Err(here.fail("it is of another memo"));
        }
        self.step(here, step, detail)
    }

    fn step(&mut self, here: &Here<'_>, step: Step, detail: &[String]) -> Result<(), BundleError> {
        let at = self.position(here, here.index)?;
        let time = self
            .clock
            .witnessed(here.index)
            .ok_or_else(|| untimed(here, here.index))?;
        let filed = self.filed(here)?;
        filed.by_log.apply(step, at.time).map_err(|e| {
            here.fail(format!(
                "{e}: a step was left out, or the record is out of order"
            ))
        })?;
        // The rules went by the log's clock: at the very end of a term the witnesses' may be past it.
        let applied = filed.case.apply(step, time.time);
        if applied.is_err() {
            filed.case.apply(step, at.time).map_err(|e| here.fail(e))?;
        }
        self.push_step(here, step, time, detail);
        Ok(())
    }

    fn push_step(&mut self, here: &Here<'_>, step: Step, time: Witnessed, detail: &[String]) {
        self.steps.push(StepInfo {
            step,
            time,
            entry: here.index,
            detail: detail.to_vec(),
        });
    }
}

fn untimed(here: &Here<'_>, index: u64) -> BundleError {
    here.fail(format!(
        "the bundle does not prove when entry {index} was recorded"
    ))
}
