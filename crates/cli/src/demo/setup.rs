//! Before the memo: keys, the channel, accounts, the roster.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use demur_record::entry::Role;
use zeroize::Zeroizing;

use super::{
    people,
    play::Play,
    stage::{ORIGIN, PASSWORD, RoleLines, SILENT, for_each},
};
use crate::{
    args::KeyRole,
    commands::{identity, key, office, roster, server},
    fail::{Failure, Outcome},
    sys,
};

/// The folders of those who work for the channel.
pub(super) const STEWARD: &str = "office-steward";
pub(super) const DEPUTY: &str = "office-deputy";
pub(super) const MINISTER: &str = "minister";
pub(super) const SECRETARY: &str = "permanent-secretary";
pub(super) const INSPECTOR: &str = "inspector-general";
const RECOVERY: &str = "office-recovery";
const OVERSEER: &str = "overseer";
const REGISTRAR: &str = "registrar";

impl Play {
    /// Keys, witnesses, the channel, the server.
    pub(super) fn set_up(&mut self) -> Outcome {
        let line = |role, slug: &str| key::new(role, ORIGIN, None, &self.stage.home(slug), SILENT);
        let lines = RoleLines {
            office: line(KeyRole::Office, STEWARD)?,
            recovery: line(KeyRole::Recovery, RECOVERY)?,
            overseer: line(KeyRole::Overseer, OVERSEER)?,
            registrar: line(KeyRole::Registrar, REGISTRAR)?,
        };
        self.report.step(
            "keys made by office, recovery, overseer and registrar, each in a folder of its own",
        );
        let policy = self.stage.open_channel(&lines)?;
        let witnesses = policy.witnesses().len();
        self.report.step(format_args!(
            "channel {ORIGIN} made (profile demo); server on {}, {witnesses} witnesses beside it",
            self.stage.url()
        ));
        let registrar = self.stage.trusting(REGISTRAR)?;
        let size = self
            .stage
            .until("the channel's first entries", &registrar, |desk| {
                Ok(desk
                    .mirror
                    .recipient(Role::Registrar)
                    .and_then(|_| desk.mirror.checkpoint())
                    .map(|c| c.size))
            })?;
        self.report.step(format_args!(
            "first checkpoint of {size} entries, cosigned by both witnesses"
        ));
        Ok(())
    }

    /// Two stewards and two principals take up their accounts; the office admits them.
    pub(super) fn accounts(&mut self) -> Outcome {
        const STEWARDS: &str = "steward";
        let accounts = [
            (STEWARD, STEWARDS),
            (DEPUTY, STEWARDS),
            (MINISTER, MINISTER),
            (SECRETARY, SECRETARY),
        ];
        let steward = self.stage.trusting(STEWARD)?;
        let mut told = Vec::new();
        for (name, role) in accounts {
            let code = server::invite(&self.stage.server_dir(), name, role, SILENT)?;
            let home = self.stage.trusting(name)?;
            told.push((name, office::join(name, &code, PASSWORD, &home, SILENT)?));
        }
        for (name, key) in told {
            office::admit(name, &key.to_string(), &steward, SILENT)?;
        }
        self.stage.until("the officials' keys", &steward, |desk| {
            let known = |role, name: &str| desk.mirror.recipient_of(role, name).is_some();
            let all = known(Role::Steward, STEWARD)
                && known(Role::Steward, DEPUTY)
                && known(Role::Principal, MINISTER)
                && known(Role::Principal, SECRETARY);
            Ok(all.then_some(()))
        })?;
        self.report.step(
            "two stewards and two principals joined by invitation; the record has their keys",
        );
        Ok(())
    }

    /// The register, every member's secret, the edition and its attestation. Returns the 24 words of the member who
    /// will lose a device.
    pub(super) fn roster(&mut self) -> Outcome<Zeroizing<String>> {
        let registrar = self.stage.home(REGISTRAR);
        let csv = registrar.path("people.csv");
        sys::write(&csv, people::csv(&self.cast.people).as_bytes())?;
        roster::import(&csv, Some(&registrar.path("letters")), &registrar, SILENT)?;
        let codes: BTreeMap<String, String> = roster::codes(&registrar)?.into_iter().collect();
        let members = self.cast.people.len();
        self.report.step(format_args!(
            "{members} persons imported; {} letters with one-time codes",
            codes.len()
        ));

        let kept = Mutex::new(Zeroizing::new(String::new()));
        for_each(
            self.report.out(),
            "enrolling",
            &self.cast.people,
            |person| {
                let code = codes.get(&person.email).ok_or_else(|| {
                    Failure::negative(format!("{}: no code was made", person.email))
                })?;
                let home = self.stage.trusting(&person.slug)?;
                let phrase =
                    identity::new(code, &home, SILENT).map_err(|e| e.during(&person.email))?;
                if *person == self.cast.withdraws.person
                    && let (Some(phrase), Ok(mut kept)) = (phrase, kept.lock())
                {
                    **kept = phrase.reveal().to_owned();
                }
                Ok(())
            },
        )?;
        self.report.step(format_args!(
            "{members} members made their secrets, each in a home of its own, and enrolled"
        ));

        roster::publish(false, &registrar, SILENT)?;
        let cohorts = self.stage.until("edition 1", &registrar, |desk| {
            Ok(desk
                .mirror
                .latest_edition()
                .map(|known| known.edition.cohorts.clone()))
        })?;
        let sizes: Vec<String> = cohorts
            .iter()
            .map(|cohort| format!("{} {}", cohort.name, cohort.size))
            .collect();
        if cohorts
            .iter()
            .any(|cohort| cohort.name == people::SMALL_COHORT)
            || people::COHORTS
                .iter()
                .any(|name| !cohorts.iter().any(|cohort| cohort.name == *name))
            || !cohorts
                .iter()
                .any(|cohort| cohort.name == "all" && cohort.size == members as u64)
        {
            return Err(Failure::negative(format!(
                "edition 1 has other cohorts than it must: {}",
                sizes.join(", ")
            )));
        }
        self.report.step(format_args!(
            "edition 1 published: {}; {} left out, under the floor",
            sizes.join(", "),
            people::SMALL_COHORT
        ));

        let overseer = self.stage.trusting(OVERSEER)?;
        roster::attest(&overseer.path("letters.txt"), &overseer, SILENT)?;
        self.stage
            .until("the overseer's attestation", &overseer, |desk| {
                Ok(desk
                    .mirror
                    .latest_edition()
                    .filter(|known| known.attestation.is_some())
                    .map(drop))
            })?;
        self.report.step(format_args!(
            "edition 1 attested by the overseer, with {members} letters to the members"
        ));
        Ok(kept.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}
