//! Verifying a bundle, offline.

use std::{
    collections::HashSet,
    num::NonZeroUsize,
    sync::{Arc, OnceLock},
};

use demur_encoding::{canonical, merkle};
use demur_record::{
    entry::{CheckpointRef, Entry, Role, State},
    keys::VerifierKey,
    policy::{Log, ParsePolicyError, Policy, Witness},
    replay::{ActiveKey, KeyRing},
    tiles::{leaf_hash, verify_inclusion},
};
use demur_signon::{Proof, SetupError, Statement, Verifier};
use rand_core::CryptoRng;

use crate::bundle::{
    AsOf, Bundle, BundleError, EditionInfo, KeyInfo, Verified, VersionInfo,
    clock::Clock,
    facts::{Facts, Proven},
};

/// What the reader believes beforehand.
#[derive(Debug, Clone, Copy)]
pub enum Trust<'a> {
    /// The channel's key alone; the record names the witnesses.
    Key(&'a VerifierKey),
    /// The reader's own trust policy.
    Policy(&'a Policy),
}

/// How the work is done.
pub struct Work<'a, R> {
    /// At most so many threads verify proofs.
    pub threads: NonZeroUsize,
    /// From where the random weights of the batch verifier come.
    pub rng: &'a mut R,
    /// Is told how many proofs of how many are done, from any thread.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl<R> std::fmt::Debug for Work<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

impl Bundle {
    /// Verifies everything that the bundle says.
    ///
    /// # Errors
    /// The first thing that is not so, and in which line.
    pub fn verify<R: CryptoRng>(
        &self,
        trust: Trust<'_>,
        work: Work<'_, R>,
    ) -> Result<Verified, BundleError> {
        let (verified, proofs) = self.judge(trust)?;
        check_proofs(&proofs, work)?;
        Ok(verified)
    }

    /// The same, and beside it what the log's key alone says: with the times that the record's own witnesses give. Each proof is
    /// verified once, since whom one believes changes none.
    ///
    /// # Errors
    /// The first thing that is not so either way, and in which line.
    pub fn verify_both<R: CryptoRng>(
        &self,
        trust: Trust<'_>,
        work: Work<'_, R>,
    ) -> Result<(Verified, Verified), BundleError> {
        let (verified, mut proofs) = self.judge(trust)?;
        let recorded = if matches!(trust, Trust::Key(_)) {
            verified.clone()
        } else {
            // The policy accepted the checkpoint by this key.
            let key: Result<VerifierKey, _> = verified.keys.log.parse();
            let key = key.map_err(|e| self.checkpoint.fail("checkpoint", e))?;
            let (recorded, more) = self.judge(Trust::Key(&key))?;
            let known: HashSet<(Statement, Proof)> = proofs.iter().map(Proven::pair).collect();
            proofs.extend({ more.into_iter() }.filter(|more| !known.contains(&more.pair())));
            recorded
        };
        check_proofs(&proofs, work)?;
        Ok((verified, recorded))
    }

    /// All but the proofs, which remain to be verified.
    fn judge(&self, trust: Trust<'_>) -> Result<(Verified, Vec<Proven>), BundleError> {
        let refuse = |e: &dyn std::fmt::Display| self.checkpoint.fail("checkpoint", e.to_string());
        let note = self.checkpoint.it.note.as_bytes();
        let first = match trust {
            Trust::Key(key) => log_alone(key, Vec::new())
                .map_err(|e| refuse(&e))?
                .evaluate(note),
            Trust::Policy(policy) => policy.evaluate(note),
        };
        let first = first.map_err(|e| refuse(&e))?;
        let newest = first.checkpoint.reference();
        if first.checkpoint.origin != self.about.it.origin {
            return Err(self
                .about
                .fail("memo", "the origin is not the checkpoint's"));
        }
        self.check_entries(newest)?;
        let state = self.newest_state(newest.size)?;
        self.check_leaf(state)?;
        let policy = match trust {
            Trust::Key(key) => log_alone(key, self.witnesses()?).map_err(|e| refuse(&e))?,
            Trust::Policy(policy) => without_quorum(policy, note).map_err(|e| refuse(&e))?,
        };
        let accepted = policy.evaluate(note).map_err(|e| refuse(&e))?;
        let clock = Clock::new(self, &accepted, &policy)?;
        let facts = Facts::read(self, &clock)?;
        let keys = KeyInfo {
            log: policy
                .logs()
                .first()
                .map(|log| log.key.to_string())
                .unwrap_or_default(),
            office: facts
                .office
                .or_else(|| facts.keys.of(Role::Office).find_map(|key| key.sign)),
            registrar: None,
            own_policy: matches!(trust, Trust::Policy(_)),
        };
        self.check_counts(state, &facts)?;
        let verified = self.conclude(&facts, &clock, newest, keys)?;
        Ok((verified, facts.proofs))
    }

    fn check_entries(&self, newest: CheckpointRef) -> Result<(), BundleError> {
        for at in self.entries.values() {
            let section = &at.it;
            let bytes = section
                .entry
                .to_vec()
                .map_err(|e| at.fail(section.name(), e))?;
            if !verify_inclusion(newest, section.index, leaf_hash(&bytes), &section.proof) {
                let why = format!(
                    "the record of {} entries does not have this entry there",
                    newest.size
                );
                return Err(at.fail(section.name(), why));
            }
        }
        Ok(())
    }

    /// The last entry of the record, which must be a state.
    fn newest_state(&self, size: u64) -> Result<&State, BundleError> {
        let at = size.checked_sub(1).and_then(|last| self.entries.get(&last));
        match at.map(|at| &at.it.entry) {
            Some(Entry::State(state)) => Ok(state),
            _ => Err(self
                .leaf
                .fail("state-leaf", "the record's newest state entry is missing")),
        }
    }

    /// That the memo's leaf stands in the newest state map.
    fn check_leaf(&self, state: &State) -> Result<(), BundleError> {
        let section = &self.leaf.it;
        let fail = |why: &str| Err(self.leaf.fail("state-leaf", why));
        if section.leaf.memo != self.about.it.memo {
            return fail("the leaf is another memo's");
        }
        let Ok(leaf) = canonical::to_vec(&section.leaf) else {
            return fail("the leaf has no canonical form");
        };
        if !merkle::verify(
            state.root,
            state.memos,
            section.index,
            &leaf,
            &section.proof,
        ) {
            return fail("the leaf does not stand in the record's newest state");
        }
        Ok(())
    }

    /// The witnesses that the record names, after all `keys` entries.
    fn witnesses(&self) -> Result<Vec<Witness>, BundleError> {
        let mut ring = KeyRing::default();
        let first_batch = self.first_batch();
        for (index, at) in &self.entries {
            if let Entry::Keys(keys) = &at.it.entry {
                let applied = ring.apply(keys, *index, *index < first_batch);
                applied.map_err(|e| at.fail(at.it.name(), e))?;
            }
        }
        let witness = |active: &ActiveKey| {
            Some(Witness {
                name: active.name.clone(),
                key: active.vkey.clone()?,
                url: None,
            })
        };
        Ok(ring.of(Role::Witness).filter_map(witness).collect())
    }

    /// How many entries the record's first batch has, as far as the bundle shows it.
    pub(super) fn first_batch(&self) -> u64 {
        let first = self.entries.iter().find(
            |(_, at)| matches!(&at.it.entry, Entry::State(state) if state.previous.is_none()),
        );
        first.map_or(0, |(index, _)| *index)
    }

    /// That no `profile` or `keys` entry was left out: the newest state counts them.
    fn check_counts(&self, state: &State, facts: &Facts<'_>) -> Result<(), BundleError> {
        for (what, ours, theirs) in [
            ("profile", facts.profiles(), state.profiles),
            ("keys", facts.keys.entries(), state.keys),
        ] {
            if ours != theirs {
                let why = format!(
                    "the record has {theirs} {what} entries, the bundle {ours}: one was left out"
                );
                return Err(self.checkpoint.fail("checkpoint", why));
            }
        }
        Ok(())
    }

    /// Holds what the entries add up to against the record's own state, and opens the disclosures.
    fn conclude(
        &self,
        facts: &Facts<'_>,
        clock: &Clock,
        newest: CheckpointRef,
        keys: KeyInfo,
    ) -> Result<Verified, BundleError> {
        let leaf = &self.leaf.it.leaf;
        let fail = |why: String| Err(self.leaf.fail("state-leaf", why));
        let (Some(log), Some(filed), Some(last)) = (&facts.log, &facts.filed, facts.steps.last())
        else {
            return fail("the memo's opening or filing is missing".to_owned());
        };
        if (leaf.step, leaf.step_entry) != (last.step, last.entry) {
            return fail(format!(
                "the record's last step is \"{}\" (entry {}), the bundle's \"{}\" (entry {}): a step was left out",
                leaf.step, leaf.step_entry, last.step, last.entry
            ));
        }
        // The last step alone would hide a distribution before another, or an acknowledgement before a withdrawal.
        let (steps, releases) = (facts.steps.len() as u64, facts.releases.len() as u64);
        if (steps, releases) != (leaf.steps, leaf.releases) {
            return fail(format!(
                "the record has {} steps and {} releases, the bundle {steps} and {releases}: one was left out",
                leaf.steps, leaf.releases
            ));
        }
        let fingerprints = log.fingerprints().len() as u64;
        let counted = leaf.fingerprints.map_or(0, std::num::NonZero::get);
        if fingerprints != counted {
            return fail(format!(
                "the record has {counted} fingerprints of the memo's text, the bundle {fingerprints}: one was left out"
            ));
        }
        let latest = log
            .latest()
            .map(|l| (l.body.number, l.hash, l.body.content_root));
        if latest != Some((leaf.version, leaf.version_hash, leaf.content_root)) {
            return fail(format!(
                "the record's latest version is {}, the bundle's {}: an amendment was left out",
                leaf.version,
                log.versions().len()
            ));
        }
        let tallies = log.tallies();
        let differs = tallies
            .iter()
            .zip(&leaf.tallies)
            .find(|(ours, theirs)| ours != theirs);
        if let Some((ours, theirs)) = differs {
            return fail(format!(
                "of version {} the bundle's sign-ons count to {} signed and {} endorsed, the record counts {} and {}: a sign-on or a withdrawal was left out",
                ours.version, ours.signed, ours.endorsed, theirs.signed, theirs.endorsed
            ));
        }
        if tallies.len() != leaf.tallies.len() {
            return fail("the record counts another number of versions".to_owned());
        }
        // Acts that undo each other leave no trace in a tally.
        let sign_ons = u64::from(log.sign_ons());
        if sign_ons != leaf.sign_ons {
            return fail(format!(
                "the record has {} sign-ons, the bundle {sign_ons}: one was left out",
                leaf.sign_ons
            ));
        }
        let edition = facts.edition(log.edition().edition.number);
        let edition = edition.unwrap_or_else(|| log.edition());
        if edition.attestation != leaf.attestation {
            return fail(match leaf.attestation {
                Some(entry) => format!(
                    "the memo's edition is attested by entry {entry}, which the bundle does not have: it was left out"
                ),
                None => "the record knows no attestation of the memo's edition".to_owned(),
            });
        }
        let mut versions = Vec::with_capacity(tallies.len());
        for ((link, tally), registered) in log.versions().iter().zip(tallies).zip(&facts.registered)
        {
            let number = link.body.number;
            let open = |at: &super::At<demur_memo::content::Disclosure>| {
                let opened = at.it.open(link.body.content_root, link.body.counts);
                opened.map_err(|e| at.fail(format!("disclosure of version {number}"), e))
            };
            versions.push(VersionInfo {
                number,
                hash: link.hash,
                content_root: link.body.content_root,
                counts: link.body.counts,
                registered: registered.clone(),
                tally,
                disclosed: self.disclosures.get(&number).map(open).transpose()?,
            });
        }
        let unknown = |n: u32| versions.iter().all(|v| v.number != n);
        if let Some((number, at)) = self.disclosures.iter().find(|(n, _)| unknown(**n)) {
            let what = format!("disclosure of version {number}");
            return Err(at.fail(what, "there is no such version"));
        }
        let time = clock
            .witnessed(newest.size.saturating_sub(1))
            .ok_or_else(|| {
                self.checkpoint.fail(
                    "checkpoint",
                    "the bundle does not prove the checkpoint's time",
                )
            })?;
        let profile = filed.case.profile();
        let body = &log.opening().body;
        Ok(Verified {
            origin: self.about.it.origin.clone(),
            institution: profile.institution.clone(),
            memo: log.memo(),
            deadlines: filed.case.deadlines(time.time),
            profile: Arc::new(profile.clone()),
            as_of: AsOf {
                size: newest.size,
                hash: newest.hash,
                time,
            },
            edition: EditionInfo {
                number: edition.edition.number,
                members: edition.edition.cohort("all").map_or(0, |c| c.size),
                cohorts: edition
                    .edition
                    .cohorts
                    .iter()
                    .map(|c| (c.name.clone(), c.size))
                    .collect(),
                digest: edition.edition.digest,
                attested: edition.attestation.is_some(),
            },
            versions,
            filed_version: filed.version,
            steps: facts.steps.clone(),
            releases: facts.releases.clone(),
            response: facts.response,
            fingerprints: log.fingerprints().clone(),
            // An opening has at most 32 authors.
            authors: u32::try_from(body.authors.len()).unwrap_or(u32::MAX),
            threshold: body.threshold,
            keys: KeyInfo {
                registrar: Some(edition.edition.by),
                ..keys
            },
            proofs: facts.proofs.len() as u64,
        })
    }
}

fn log_alone(key: &VerifierKey, witnesses: Vec<Witness>) -> Result<Policy, ParsePolicyError> {
    let log = Log {
        key: key.clone(),
        url: None,
    };
    Policy::simple(log, witnesses, 0)
}

/// The log that signed the note, with the same witnesses; older checkpoints may have fewer
/// cosignatures than the newest.
fn without_quorum(policy: &Policy, note: &[u8]) -> Result<Policy, ParsePolicyError> {
    for log in policy.logs() {
        let alone = Policy::simple(log.clone(), policy.witnesses().to_vec(), 0)?;
        if alone.evaluate(note).is_ok() {
            return Ok(alone);
        }
    }
    // The policy accepted the note, so that one of its logs signed it.
    Ok(policy.clone())
}

/// The verifier, whose keys are computed once: that takes as long as many proofs.
fn verifier() -> Result<&'static Verifier, SetupError> {
    static VERIFIER: OnceLock<Verifier> = OnceLock::new();
    if let Some(verifier) = VERIFIER.get() {
        return Ok(verifier);
    }
    let made = Verifier::new()?;
    Ok(VERIFIER.get_or_init(|| made))
}

fn check_proofs<R: CryptoRng>(proofs: &[Proven], work: Work<'_, R>) -> Result<(), BundleError> {
    let Some(first) = proofs.first() else {
        return Ok(());
    };
    let verifier = verifier().map_err(|e| first.fail(&e))?;
    let batch: Vec<(Statement, Proof)> = proofs.iter().map(Proven::pair).collect();
    let progress = |done| (work.progress)(done, batch.len());
    verifier
        .verify_batch(&batch, work.threads, work.rng, &progress)
        .map_err(|e| {
            let bad = e
                .invalid
                .first()
                .and_then(|i| proofs.get(*i))
                .unwrap_or(first);
            bad.fail(&"the proof does not hold: it is not a member's, or it is for something else")
        })
}
