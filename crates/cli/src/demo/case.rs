//! The memo's life from its filing on: authors, office, principals, an inspector.

use std::{collections::BTreeSet, path::PathBuf};

use demur_channel::Step;
use demur_client::{
    author::{self, AuthorCase},
    calls,
};
use demur_paper::Form;
use demur_record::event::Action;
use demur_seal::ExposeSecret as _;

use super::{
    cast::NAMED,
    play::{Opened, Play},
    setup::{DEPUTY, INSPECTOR, MINISTER, SECRETARY, STEWARD},
    stage::SILENT,
    text,
};
use crate::{
    args::{
        BundleArgs, MemoCommand, MemoRef, OfficeCommand, PaperArgs, PaperOf, PaperSize,
        PrincipalCommand, Readable,
    },
    commands::{identity, memo, memo::Done, office, sign},
    desk::from_call,
    fail::{Failure, Outcome},
    home::{Home, role},
    sys,
};

/// What the demo leaves, for the verdicts and for whoever looks.
pub(super) struct Files {
    pub(super) first: PathBuf,
    pub(super) filed: PathBuf,
    pub(super) bundle: PathBuf,
    pub(super) paragraph: PathBuf,
    /// The filed memo on paper.
    pub(super) paper: PathBuf,
    /// The same as a DOCX.
    pub(super) docx: PathBuf,
    /// The response on paper.
    pub(super) reply: PathBuf,
    pub(super) claim: PathBuf,
    /// The number and the text of the quoted paragraph of the filed version.
    pub(super) quoted: (u32, String),
    /// The number of the paragraph in which the altered copy differs.
    pub(super) altered: u32,
}

impl Play {
    /// Both authors file; another member signs afterwards.
    pub(super) fn file(&mut self, opened: &Opened) -> Outcome {
        let author = self.stage.home(&self.cast.author().slug);
        let co_author = self.stage.home(&self.cast.co_author().slug);
        if memo::play::file(&opened.by_link(), &author, SILENT)? != Done::Waiting {
            return Err(Failure::negative(
                "one author alone filed a memo that needs two",
            ));
        }
        if memo::play::file(&opened.by_link(), &co_author, SILENT)? != Done::Done {
            return Err(Failure::negative(
                "two of two authors agreed, and the memo is not filed",
            ));
        }
        self.until_step(opened, &author, Step::Filed)?;
        let before = self.cast.total() - 1;
        self.until_counted(opened, &author, "the filing with its sign-ons", |draft| {
            draft.filed && draft.count(2).signed == before
        })?;
        self.report.step(format_args!(
            "both authors filed it: the record shows {before} signatures on version 2, each with its place before the filing"
        ));
        self.sign(opened, Action::Sign, &[&self.cast.late])?;
        let total = self.cast.total();
        self.until_counted(opened, &author, "the late sign-on", |draft| {
            let count = draft.count(2);
            count.signed == total && count.late == 1
        })?;
        self.report.step(format_args!(
            "one more signed after the filing, and is shown as late: {total} in all"
        ));
        Ok(())
    }

    /// The office takes the case up and passes it on; a principal reads it, and the authors see that.
    pub(super) fn office(&mut self, opened: &Opened) -> Outcome {
        let steward = self.stage.home(STEWARD);
        let memo = by_id(opened);
        office::run(OfficeCommand::Inbox, &steward, SILENT)?;
        let text = steward.path("memo.md");
        let (case, sealed) = office::open(&memo, Some(&text), &steward, SILENT)?;
        let names: BTreeSet<&str> = case
            .named
            .iter()
            .filter(|s| s.stands && s.version == 2)
            .map(|s| s.email.as_str())
            .collect();
        let expected: BTreeSet<&str> = self
            .cast
            .signers
            .iter()
            .filter(|s| s.named)
            .map(|s| s.person.email.as_str())
            .collect();
        if names != expected || names.len() != NAMED || !case.problems.is_empty() {
            return Err(Failure::negative(format!(
                "the office sees other names than were given to it: {names:?}, {} notes can't be read",
                case.problems.len()
            )));
        }
        sys::write(&self.stage.path("memo.office.age"), &sealed.0)?;
        let keys = steward.keys()?;
        let secret = role(&keys, demur_record::entry::Role::Office)?
            .seal
            .to_secret();
        sys::write_private(
            &self.stage.path("office.age-identity"),
            format!("{}\n", secret.expose_secret()).as_bytes(),
        )?;
        self.report.step(format_args!(
            "a steward opened the case: {NAMED} names, given to the office alone, each proved"
        ));

        // The second steward got the office's key through the server, sealed.
        office::acknowledge(&memo, &self.stage.home(DEPUTY), SILENT)?;
        self.until_step(opened, &steward, Step::Acknowledged)?;
        self.report.step("the other steward acknowledged it");

        office::distribute(&memo, &[], &steward, SILENT)?;
        self.until_step(opened, &steward, Step::Distributed)?;
        let minister = self.stage.home(MINISTER);
        office::run_principal(PrincipalCommand::Inbox, &minister, SILENT)?;
        let read = minister.path("memo.md");
        office::principal_open(&memo, Some(&read), &minister, SILENT)?;
        if sys::read(&read)? != sys::read(&text)? {
            return Err(Failure::negative(
                "the minister read another text than the office",
            ));
        }
        self.report
            .step("distributed to the profile's default list; the minister opened it");

        let author = self.stage.home(&self.cast.author().slug);
        let accesses = self
            .stage
            .until("who was given the sealed file", &author, |desk| {
                let case = author_case(desk, opened)?;
                let by: BTreeSet<String> =
                    case.accesses.iter().map(|a| a.account.clone()).collect();
                let whole = by.contains(STEWARD)
                    && by.contains(MINISTER)
                    && case.accesses.iter().all(|a| a.recorded);
                if by.contains(SECRETARY) {
                    return Err(Failure::negative(
                        "the permanent secretary did not open it, and is shown as if",
                    ));
                }
                Ok(whole.then_some(case.accesses.len()))
            })?;
        memo::run(MemoCommand::Status { memo }, &author, SILENT)?;
        self.report.step(format_args!(
            "the authors see all {accesses} releases of the sealed file, each in the record"
        ));
        Ok(())
    }

    /// A question and its answer; a response that leaves a point out, then a whole one; the rejoinder.
    pub(super) fn answer(&mut self, opened: &Opened) -> Outcome {
        const QUESTION: &str = "Which two floods did the stations above the weir not announce?";
        const ANSWER: &str =
            "Those of the springs of 2017 and 2021: ice had stopped two gauges. The desk saw both.";
        const REJOINDER: &str = "We thank the Minister. The three stations below the weir are the only ones that the \
                                 lock at Sallow has in a fog; we ask that one of them stay.\n";
        let (steward, author) = (
            self.stage.home(STEWARD),
            self.stage.home(&self.cast.author().slug),
        );
        let memo = by_id(opened);
        office::message(&memo, QUESTION, &steward, SILENT)?;
        memo::message(&memo, ANSWER, &author, SILENT)?;
        memo::run(
            MemoCommand::Read {
                memo: memo.clone(),
                what: Readable::Messages,
                version: None,
            },
            &author,
            SILENT,
        )?;
        self.stage.until("the messages", &author, |desk| {
            let texts: Vec<_> = author_case(desk, opened)?
                .messages
                .into_iter()
                .map(|line| line.text)
                .collect();
            Ok((texts == [Ok(QUESTION.to_owned()), Ok(ANSWER.to_owned())]).then_some(()))
        })?;
        self.report
            .step("the office asked a question and the authors, who have no account, answered it");

        let response = text::response(&opened.id.to_string())?;
        let cut = steward.path("response.incomplete.md");
        sys::write_private(&cut, text::incomplete(&response)?.as_bytes())?;
        match office::respond(&memo, &cut, &steward, SILENT) {
            Err(refused) if refused.to_string().contains("point 3") => {}
            Err(other) => return Err(other.during("the incomplete response")),
            Ok(()) => {
                return Err(Failure::negative(
                    "a response that leaves point 3 unanswered was sent",
                ));
            }
        }
        self.report
            .step("a response that leaves out point 3 was refused");
        let whole = self.stage.path("response.md");
        sys::write(&whole, response.as_bytes())?;
        office::respond(&memo, &whole, &steward, SILENT)?;
        self.until_step(opened, &author, Step::Responded)?;
        memo::run(
            MemoCommand::Read {
                memo: memo.clone(),
                what: Readable::Response,
                version: None,
            },
            &author,
            SILENT,
        )?;
        self.report.step(
            "the office answered all three points; the authors hold the answer against the record",
        );

        let rejoinder = author.path("rejoinder.md");
        sys::write_private(&rejoinder, REJOINDER.as_bytes())?;
        let co_author = self.stage.home(&self.cast.co_author().slug);
        if memo::play::rejoin(&memo, Some(&rejoinder), &author, SILENT)? != Done::Waiting
            || memo::play::rejoin(&memo, None, &co_author, SILENT)? != Done::Done
        {
            return Err(Failure::negative(
                "a rejoinder must need both authors, and no more than both",
            ));
        }
        self.until_step(opened, &author, Step::Rejoined)?;
        let (case, _) = office::open(&memo, Some(&steward.path("memo.md")), &steward, SILENT)?;
        if case.rejoinder.as_deref().map(str::trim) != Some(REJOINDER.trim()) {
            return Err(Failure::negative(
                "the office does not read the rejoinder that the authors wrote",
            ));
        }
        self.report
            .step("both authors replied to the response, and the office read it");
        Ok(())
    }

    /// Bundles, texts, and the claim of one who signed without a name.
    pub(super) fn leave_files(&mut self, opened: &Opened) -> Outcome<Files> {
        let author = self.stage.home(&self.cast.author().slug);
        let memo = by_id(opened);
        let mut written = Vec::new();
        for number in [1, 2] {
            let (found, text) = memo::play::text_of(&memo, Some(number), &author, SILENT)?;
            if found != number {
                return Err(Failure::negative(format!(
                    "asked for version {number}, got {found}"
                )));
            }
            let path = self.stage.path(&format!("memo.v{number}.md"));
            sys::write(&path, text.as_bytes())?;
            written.push(path);
        }
        let filed = self.stage.path("memo.md");
        sys::write(&filed, &sys::read(&written[1])?)?;

        let (case, _) = office::open(
            &memo,
            Some(&self.stage.home(STEWARD).path("memo.md")),
            &self.stage.home(STEWARD),
            SILENT,
        )?;
        let portion = |start: &str| {
            let mut all = case
                .memo
                .portions()
                .iter()
                .filter(|p| p.text().starts_with(start));
            all.next()
                .map(|p| (p.number(), p.text().to_owned()))
                .ok_or_else(|| Failure::outside(format!("the memo has no paragraph “{start}”")))
        };
        let (quoted, (altered, _)) = (portion(text::QUOTED)?, portion(text::ALTERED)?);

        let (bundle, paragraph) = (
            self.stage.path("memo.demur"),
            self.stage.path("paragraph.demur"),
        );
        let mut args = BundleArgs {
            memo: memo.clone(),
            out: Some(bundle.clone()),
            show: None,
            redact: None,
            redact_words: Vec::new(),
            versions: None,
            dry_run: false,
            list: false,
        };
        memo::play::bundle(&args, &author, SILENT)?;
        args.out = Some(paragraph.clone());
        args.show = Some(quoted.0.to_string());
        memo::play::bundle(&args, &author, SILENT)?;
        self.report.step(format_args!(
            "an author made two bundles: every version whole, and paragraph {} with the rest hidden",
            quoted.0
        ));
        let paper = self.stage.path("memo.pdf");
        let mut args = PaperArgs {
            memo: Some(memo.memo.clone()),
            out: paper.clone(),
            what: PaperOf::Memo,
            paper: PaperSize::A4,
            bundle: None,
            record: None,
            key: None,
        };
        memo::play::paper(&args, Form::Pdf, &author, SILENT)?;
        let docx = self.stage.path("memo.docx");
        args.out = docx.clone();
        memo::play::paper(&args, Form::Docx, &author, SILENT)?;
        let reply = self.stage.path("response.pdf");
        args.out = reply.clone();
        args.what = PaperOf::Response;
        memo::play::paper(&args, Form::Pdf, &author, SILENT)?;
        self.report.step(
            "and memo and response on paper (PDF), and the memo as DOCX, with a bundle inside each",
        );

        let claim = self.stage.path("claim.demur-claim");
        let signer = self.claimant()?;
        let home = self.stage.home(&signer);
        identity::show(&home, SILENT)?;
        sign::new_claim(
            &opened.id.to_string(),
            "Inspector General",
            90,
            &claim,
            &home,
            SILENT,
        )?;
        self.stage.trusting(INSPECTOR)?;
        self.report
            .step("one who signed without a name wrote a claim for the Inspector General");
        Ok(Files {
            first: written.swap_remove(0),
            filed,
            bundle,
            paragraph,
            paper,
            docx,
            reply,
            claim,
            quoted,
            altered,
        })
    }

    /// Who writes the claim: somebody who signed without a name and without a cohort.
    fn claimant(&self) -> Outcome<String> {
        let mut plain = self
            .cast
            .signers
            .iter()
            .skip(2)
            .filter(|s| !s.named && s.cohort.is_none());
        let signer = plain
            .next()
            .ok_or_else(|| Failure::outside("nobody signed without a name"))?;
        Ok(signer.person.slug.clone())
    }

    /// Waits until the record shows the step.
    fn until_step(&self, opened: &Opened, home: &Home, step: Step) -> Outcome {
        self.stage
            .until(&format!("the memo as {step}"), home, |desk| {
                Ok(desk
                    .mirror
                    .case(opened.id)
                    .and_then(|case| case.time_of(step))
                    .map(drop))
            })
    }
}

/// The beginning of the memo's identifier, as the office and the authors type it.
fn by_id(opened: &Opened) -> MemoRef {
    let id = opened.id.to_string();
    MemoRef {
        memo: id.chars().take(12).collect(),
    }
}

/// What only the authors see, held against the record.
fn author_case(desk: &crate::desk::Desk, opened: &Opened) -> Outcome<AuthorCase> {
    desk.require_author(opened.id)?;
    let my = &desk.keys.memos[&opened.id];
    let request = author::view_request(my, sys::now());
    let view = calls::author_view(opened.id, request)
        .send(&desk.http)
        .map_err(from_call)?;
    author::open_case(my, view, &desk.mirror).map_err(Failure::negative)
}
