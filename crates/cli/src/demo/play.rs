//! The memo's life up to its filing.

use demur_client::{
    link::Link,
    reader::{Draft, Standing},
    signer::ActStatus,
};
use demur_encoding::Digest;
use demur_record::event::Action;

use super::{
    cast::{Cast, Signer},
    report::Report,
    stage::{SILENT, Stage, for_each},
    text,
};
use crate::{
    args::{AmendArgs, MemoCommand, MemoFileArgs, MemoRef, NewMemoArgs, SignArgs},
    commands::{identity, memo, sign},
    desk::{Desk, prover},
    fail::{Failure, Outcome},
    home::Home,
    sys,
};

/// What is played, and where it stands.
pub(super) struct Play {
    pub(super) stage: Stage,
    pub(super) cast: Cast,
    pub(super) report: Report,
}

/// The memo, once it is open.
pub(super) struct Opened {
    pub(super) id: Digest,
    pub(super) link: Link,
}

impl Opened {
    /// As it is written on a command line by somebody who was given the link.
    pub(super) fn by_link(&self) -> MemoRef {
        MemoRef {
            memo: self.link.reveal().to_string(),
        }
    }
}

impl Play {
    /// Opens the memo with a co-author; the first members sign it; it is amended, and signed again.
    pub(super) fn draft(&mut self) -> Outcome<Opened> {
        prover()?;
        let author = self.stage.home(&self.cast.author().slug);
        let co_author = self.stage.home(&self.cast.co_author().slug);
        let with = memo::play::key(&co_author, SILENT)?;
        let text = author.path("memo.md");
        sys::write_private(&text, text::first()?.as_bytes())?;
        let link = memo::play::new(
            &NewMemoArgs {
                text,
                with: vec![with.to_string()],
                threshold: None,
            },
            &author,
            SILENT,
        )?;
        let opened = Opened {
            id: link.memo,
            link,
        };
        let readers = [
            "the gauging service".to_owned(),
            "the harbour districts".to_owned(),
        ];
        let shared = memo::play::share(&opened.by_link(), &readers, &[], &author, SILENT)?;
        if shared != opened.link {
            return Err(Failure::negative(
                "the link to share is not the one that opened the memo",
            ));
        }
        self.report.step(format_args!(
            "memo {} opened by two authors, both needed to file; version 1, sealed to those who hold the link",
            opened.id.short()
        ));
        self.until_signable(&opened, 1, &author)?;
        self.report
            .step("version 1 in the record, as an opaque batch, and past its quiet period");

        let first: Vec<&Signer> = self
            .cast
            .reaffirming()
            .iter()
            .chain([&self.cast.first_only])
            .collect();
        self.sign(&opened, Action::Sign, &first)?;
        let expected = first.len() as u64;
        self.until_counted(&opened, &author, "the sign-ons on version 1", |draft| {
            draft.count(1).signed == expected
        })?;
        self.report.step(format_args!(
            "{expected} members signed version 1, without a login and without a name"
        ));

        self.amend(&opened, &author, &co_author)?;

        let second: Vec<&Signer> = self
            .cast
            .signers
            .iter()
            .chain([&self.cast.withdraws])
            .collect();
        self.sign(&opened, Action::Sign, &second)?;
        self.sign(&opened, Action::Endorse, &[&self.cast.endorser])?;
        let expected = second.len() as u64;
        self.until_counted(&opened, &author, "the sign-ons on version 2", |draft| {
            let count = draft.count(2);
            count.signed == expected && count.endorsed == 1
        })?;
        self.report.step(format_args!(
            "{expected} members signed version 2, {} of them re-affirmed; one endorsed it",
            self.cast.reaffirming().len()
        ));
        Ok(opened)
    }

    fn amend(&mut self, opened: &Opened, author: &Home, co_author: &Home) -> Outcome {
        let edited = co_author.path("memo.md");
        {
            let args = MemoFileArgs {
                memo: opened.by_link(),
                text: edited.clone(),
            };
            memo::run(MemoCommand::Edit(args), co_author, SILENT)
        }?;
        let changed = text::amend(&sys::read_text(&edited)?)?;
        sys::write_private(&edited, changed.as_bytes())?;
        let args = AmendArgs {
            memo: opened.by_link(),
            text: edited,
            base: Some(1),
            merge: false,
        };
        let number = memo::play::amend(&args, co_author, SILENT)?;
        if number != 2 {
            return Err(Failure::negative(format!(
                "the amendment became version {number}, not 2"
            )));
        }
        memo::play::diff(&opened.by_link(), Some(1), Some(2), author, SILENT)?;
        self.report
            .step("the co-author amended it: one sentence changed, one paragraph added; version 2");
        self.until_signable(opened, 2, author)?;
        self.report
            .step("version 2 in the record, past its quiet period");
        Ok(())
    }

    /// A member who lost the device restores the secret from the 24 words elsewhere, and withdraws.
    pub(super) fn withdraw(&mut self, opened: &Opened, words: &str) -> Outcome {
        let signer = &self.cast.withdraws;
        let home = self
            .stage
            .trusting(&format!("{}-new-device", signer.person.slug))?;
        identity::restore(words, &home, SILENT)?;
        sign::act(Action::Withdraw, &sign_args(opened, signer), &home, SILENT)?;
        let expected = self.cast.total() - 1;
        self.until_counted(opened, &home, "the withdrawal", |draft| {
            draft.count(2).signed == expected
        })?;
        self.report.step(format_args!(
            "one restored the secret from 24 words on a new device and withdrew: {expected} stand by version 2"
        ));
        Ok(())
    }

    /// Each signer's own device finds its act in the record.
    pub(super) fn confirm(&mut self, opened: &Opened) -> Outcome {
        for_each(self.report.out(), "looking", &self.cast.signers, |signer| {
            let home = self.stage.home(&signer.person.slug);
            let acts = sign::confirm(opened.id, &home, SILENT)?;
            let recorded = acts
                .iter()
                .all(|(_, status)| matches!(status, ActStatus::Recorded { .. }));
            if acts.is_empty() || !recorded {
                return Err(Failure::negative(format!(
                    "{}: not all acts are in the record: {acts:?}",
                    signer.person.slug
                )));
            }
            Ok(())
        })?;
        let devices = self.cast.signers.len();
        self.report.step(format_args!(
            "each of {devices} signers' devices found its own act in the record"
        ));
        Ok(())
    }

    /// Lets members act at the same time, each from its own home.
    pub(super) fn sign(&self, opened: &Opened, action: Action, signers: &[&Signer]) -> Outcome {
        for_each(self.report.out(), "signing", signers, |signer| {
            let home = self.stage.home(&signer.person.slug);
            if signer.named {
                // At another time than signing: the mailbox of the registrar's reply tells whose it is.
                identity::show(&home, SILENT)?;
            }
            sign::act(action, &sign_args(opened, signer), &home, SILENT)
                .map(drop)
                .map_err(|e| e.during(&signer.person.slug))
        })
    }

    /// Waits until the draft, as the home sees it, counts so.
    pub(super) fn until_counted(
        &self,
        opened: &Opened,
        home: &Home,
        what: &str,
        counts: impl Fn(&Draft) -> bool,
    ) -> Outcome {
        self.stage.until(what, home, |desk: &mut Desk| {
            Ok(counts(&desk.draft(&opened.link)?).then_some(()))
        })
    }

    /// Waits until a version has stood in the record for the quiet period.
    fn until_signable(&self, opened: &Opened, version: u32, home: &Home) -> Outcome {
        self.stage.until(
            &format!("version {version}, past its quiet period"),
            home,
            |desk| {
                let draft = desk.draft(&opened.link)?;
                let standing = draft.version(version).map(|v| v.standing);
                let Some(Standing::Recorded { entry, time }) = standing else {
                    return Ok(None);
                };
                let time = time.max(desk.mirror.time_of(entry).unwrap_or(time));
                let quiet = desk
                    .mirror
                    .profile()
                    .map_or(0, |profile| profile.signing.quiet_period_seconds);
                let from = time.plus(quiet);
                Ok(desk
                    .mirror
                    .time()
                    .filter(|now| *now >= from && sys::now() >= from)
                    .map(drop))
            },
        )
    }
}

/// What the member types.
fn sign_args(opened: &Opened, signer: &Signer) -> SignArgs {
    SignArgs {
        link: opened.link.reveal().to_string(),
        cohort: signer.cohort.map(str::to_owned),
        named: signer.named,
        // The random delay hides when somebody sat down; nobody sits down here.
        now: true,
        dry_run: false,
    }
}
