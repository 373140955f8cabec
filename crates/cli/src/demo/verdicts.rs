//! What a stranger finds: each verdict must be as it must be.

use std::path::{Path, PathBuf};

use demur_check::{
    copy::{Overall, ParagraphState, Place},
    verdict::Verdict,
};
use demur_record::{entry::Step, policy::Policy};
use serde::Serialize;

use super::{
    case::Files,
    cast::{BY_COHORT, Cast},
    play::Play,
    setup::INSPECTOR,
    stage::{SILENT, Stage},
    text,
};
use crate::{
    args::{ArchiveAddArgs, ArchiveCommand, AuditArgs, Common},
    commands::{archive, audit, sign, verify},
    fail::{Failure, Outcome},
    home::Home,
    sys,
};

/// One verdict.
#[derive(Debug, Serialize)]
pub(super) struct Ruling {
    /// What was asked.
    pub(super) what: &'static str,
    /// What was found, or why it is not as it must be.
    pub(super) found: String,
    /// Whether it is as it must be.
    pub(super) right: bool,
}

/// All verdicts, and the screen that the whole bundle's verification shows.
pub(super) struct Rulings {
    pub(super) list: Vec<Ruling>,
    pub(super) screen: String,
}

impl Rulings {
    pub(super) fn wrong(&self) -> impl Iterator<Item = &Ruling> {
        self.list.iter().filter(|ruling| !ruling.right)
    }
}

impl Play {
    /// Asks every question that the demo answers.
    pub(super) fn judge(&mut self, files: &Files) -> Outcome<Rulings> {
        let stage = &self.stage;
        let (policy, vkey) = (stage.policy_file(), stage.path("channel.vkey"));
        let copies = Copies::write(stage, files)?;
        let hold = |copy: &Path, bundle: &Path| verify::verdict_with(copy, bundle, &policy, SILENT);
        let mut screen = String::new();
        let mut list: Vec<Ruling> = Vec::new();
        let mut rule = |what: &'static str, found: Outcome<String>| {
            let (found, right) = match found {
                Ok(found) => (found, true),
                Err(failure) => (failure.to_string(), false),
            };
            let mark = if right { "as it must be" } else { "WRONG" };
            self.report.step(format_args!("{what}: {found} — {mark}"));
            list.push(Ruling { what, found, right });
        };

        rule(
            "verify memo.demur",
            verify::verify_with(&files.bundle, &policy, SILENT).and_then(|verdict| {
                screen = verdict.render();
                whole(&verdict, &self.cast)
            }),
        );
        rule(
            "verify memo.demur with the log's key alone",
            verify::verify_with(&files.bundle, &vkey, SILENT)
                .and_then(|verdict| whole(&verdict, &self.cast)),
        );
        rule(
            "verify memo.demur with one byte changed",
            damaged(stage, &files.bundle, &policy),
        );
        rule(
            "verify memo.pdf",
            verify::paper_with(&files.paper, &policy, SILENT)
                .and_then(|verdict| whole(&verdict, &self.cast)),
        );
        rule(
            "verify memo.docx",
            verify::paper_with(&files.docx, &policy, SILENT)
                .and_then(|verdict| whole(&verdict, &self.cast)),
        );
        rule(
            "verify response.pdf",
            verify::paper_with(&files.reply, &policy, SILENT)
                .and_then(|verdict| whole(&verdict, &self.cast)),
        );
        rule(
            "verify memo.pdf with one byte changed beside the bundle",
            changed_paper(stage, &files.paper, &policy),
        );
        rule(
            "check memo.md",
            hold(&files.filed, &files.bundle).and_then(|v| expect(&v, Overall::Identical, 2)),
        );
        rule(
            "check the copy with one word changed",
            hold(&copies.altered, &files.bundle).and_then(|v| {
                expect(&v, Overall::Altered, 2)?;
                one_word(&v, files.altered)
            }),
        );
        rule(
            "check memo.v1.md",
            hold(&files.first, &files.bundle).and_then(|v| {
                let found = expect(&v, Overall::Identical, 1)?;
                if v.amended_since {
                    Ok(found)
                } else {
                    Err(Failure::negative("nothing is said of the amendment"))
                }
            }),
        );
        rule(
            "check one quoted paragraph",
            hold(&copies.quote, &files.bundle).and_then(|v| quoted(&v, files.quoted.0)),
        );
        rule(
            "check it against paragraph.demur",
            hold(&copies.quote, &files.paragraph).and_then(|v| quoted(&v, files.quoted.0)),
        );
        rule(
            "check memo.md against paragraph.demur",
            hold(&files.filed, &files.paragraph)
                .and_then(|v| expect(&v, Overall::NotComparable, 2)),
        );
        rule(
            "which of the author's memos is the copy with one word changed",
            in_archive(
                &stage.home(&self.cast.author().slug),
                &files.bundle,
                &policy,
                &copies.altered,
            ),
        );
        rule("audit record/", audit(stage, &self.cast, &policy));
        rule(
            "the claim, for the Inspector General",
            claim(stage, &files.claim, "Inspector General"),
        );
        rule(
            "the claim, for the Minister",
            match claim(stage, &files.claim, "The Minister") {
                Err(refused) if refused.to_string().contains("not for you") => {
                    Ok(format!("refused: {refused}"))
                }
                Err(other) => Err(other),
                Ok(_) => Err(Failure::negative(
                    "accepted, though it was made for somebody else",
                )),
            },
        );
        Ok(Rulings { list, screen })
    }
}

/// Copies as they come into a stranger's hands.
struct Copies {
    altered: PathBuf,
    quote: PathBuf,
}

impl Copies {
    fn write(stage: &Stage, files: &Files) -> Outcome<Self> {
        let copies = Self {
            altered: stage.path("copies/one-word-changed.md"),
            quote: stage.path("copies/quote.txt"),
        };
        sys::write(
            &copies.altered,
            text::alter(&sys::read_text(&files.filed)?)?.as_bytes(),
        )?;
        sys::write(&copies.quote, format!("{}\n", files.quoted.1).as_bytes())?;
        Ok(copies)
    }
}

/// The bundle of the whole memo.
fn whole(verdict: &Verdict, cast: &Cast) -> Outcome<String> {
    let support = &verdict.support;
    let by_cohort: u64 = support.cohorts.values().map(|(signed, _)| signed).sum();
    let steps: Vec<Step> = verdict.steps.iter().map(|line| line.step).collect();
    let expected = [
        Step::Filed,
        Step::Acknowledged,
        Step::Distributed,
        Step::Responded,
        Step::Rejoined,
    ];
    must("signatures", support.signed, cast.total())?;
    must("members", support.of, cast.people.len() as u64)?;
    must("signatures by cohort", by_cohort, BY_COHORT as u64)?;
    must("late signatures", support.late, 1)?;
    must("endorsements", support.endorsed, 1)?;
    must("the latest version", u64::from(verdict.latest), 2)?;
    must("witnesses", verdict.as_of.witnesses.len() as u64, 2)?;
    if !support.attested || steps != expected || !verdict.open.is_empty() || !verdict.is_positive()
    {
        return Err(Failure::negative(format!(
            "attested {}, steps {steps:?}, owed {:?}",
            support.attested, verdict.open
        )));
    }
    Ok(format!(
        "verified, {} of {} signed, {by_cohort} by cohort, {} late, {} endorsed, {} proofs",
        support.signed, support.of, support.late, support.endorsed, verdict.proofs
    ))
}

fn must(what: &str, found: u64, expected: u64) -> Outcome {
    if found == expected {
        Ok(())
    } else {
        Err(Failure::negative(format!(
            "{what}: {found}, must be {expected}"
        )))
    }
}

fn expect(verdict: &Verdict, overall: Overall, version: u32) -> Outcome<String> {
    let found = verdict.copy.as_ref().map(|copy| copy.overall);
    if found == Some(overall)
        && verdict.version == version
        && verdict.amended_since == (version < 2)
    {
        return Ok(verdict.headline.clone());
    }
    Err(Failure::negative(format!(
        "must be {overall:?}, version {version}; is: {}",
        verdict.headline
    )))
}

/// The copy differs in the one word, and the paragraph and the words are named.
fn one_word(verdict: &Verdict, paragraph: u32) -> Outcome<String> {
    let altered = verdict.copy.iter().flat_map(|copy| &copy.paragraphs);
    let altered: Vec<_> = altered
        .filter_map(|p| match &p.verdict {
            ParagraphState::Altered { changes } => Some((&p.place, changes)),
            _ => None,
        })
        .collect();
    let told = || {
        Failure::negative(format!(
            "names other changes than the one that was made: {altered:?}"
        ))
    };
    let [(place, changes)] = altered[..] else {
        return Err(told());
    };
    let [change] = &changes[..] else {
        return Err(told());
    };
    if *place != Place::Paragraph(paragraph)
        || (change.registered.as_str(), change.copy.as_str()) != text::WORD
    {
        return Err(told());
    }
    Ok(format!(
        "{} “{}” stands where “{}” is registered",
        verdict.headline, change.copy, change.registered
    ))
}

/// An author's archive: first with all that the author's links open, then with a bundle that proves the same.
fn in_archive(home: &Home, bundle: &Path, policy: &Path, copy: &Path) -> Outcome<String> {
    let add = |files: &[&Path]| {
        let args = ArchiveAddArgs {
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            mine: files.is_empty(),
            memo: None,
            version: None,
            key: Some(policy.display().to_string()),
        };
        let command = ArchiveCommand::Add(args);
        archive::run(&command, home, &Common::default(), SILENT)?;
        archive::match_copy(copy, home).map(|(found, _)| found)
    };
    for (files, proved) in [(&[][..], false), (&[bundle], true)] {
        let found = add(files)?;
        let [found] = found.matches.as_slice() else {
            return Err(Failure::negative(format!("{} memos", found.matches.len())));
        };
        let comparison = &found.comparison;
        if (comparison.overall, comparison.nearest) != (Overall::Altered, Some(2))
            || found.proved != proved
        {
            return Err(Failure::negative(format!("{found:?}")));
        }
    }
    Ok("the memo, version 2, altered".to_owned())
}

/// Every word of the paragraph is registered, and it is named.
fn quoted(verdict: &Verdict, paragraph: u32) -> Outcome<String> {
    let found = expect(verdict, Overall::Excerpt, 2)?;
    let named = verdict
        .copy
        .iter()
        .flat_map(|copy| &copy.paragraphs)
        .any(|p| {
            p.place == Place::Paragraph(paragraph)
                && matches!(
                    p.verdict,
                    ParagraphState::Identical | ParagraphState::LayoutOnly { .. }
                )
        });
    if named {
        Ok(format!("{found} It is paragraph {paragraph}."))
    } else {
        Err(Failure::negative("another paragraph is named"))
    }
}

/// One byte in the middle of the bundle is changed: it must not verify.
fn damaged(stage: &Stage, bundle: &Path, policy: &Path) -> Outcome<String> {
    let mut bytes = sys::read(bundle)?;
    let middle = bytes.len() / 2;
    // A letter or digit stays one, so that it is not only the form that breaks.
    if let Some(at) = (middle..bytes.len()).find(|at| bytes[*at].is_ascii_alphanumeric()) {
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
    }
    let path = stage.path("copies/damaged.demur");
    sys::write(&path, &bytes)?;
    match verify::verify_with(&path, policy, SILENT) {
        Err(refused) => Ok(format!("refused: {refused}")),
        Ok(_) => Err(Failure::negative("it still verifies")),
    }
}

/// A byte beside the bundle in the paper, within what the pages are drawn from.
fn changed_paper(stage: &Stage, paper: &Path, policy: &Path) -> Outcome<String> {
    const STREAM: &[u8] = b"stream\n";
    let mut bytes = sys::read(paper)?;
    let mut starts = { bytes.windows(STREAM.len() + 6).enumerate() }
        .filter(|(_, w)| w.starts_with(STREAM) && !w.ends_with(b"demur-"))
        .map(|(at, _)| at + STREAM.len());
    let at = { starts.next() }.ok_or_else(|| Failure::negative("the paper has no stream"))?;
    if let Some(byte) = bytes.get_mut(at + 10) {
        *byte ^= 1;
    }
    let path = stage.path("copies/changed.pdf");
    sys::write(&path, &bytes)?;
    match verify::paper_with(&path, policy, SILENT) {
        Err(refused) => Ok(format!("refused: {refused}")),
        Ok(_) => Err(Failure::negative("it still verifies")),
    }
}

/// The whole record, from its files; then once more as the program's command does it.
fn audit(stage: &Stage, cast: &Cast, policy_file: &Path) -> Outcome<String> {
    let record = stage.path("record");
    let policy: Policy = sys::read_text(policy_file)?
        .parse()
        .map_err(Failure::input)?;
    let report = audit::audit_folder(&record, &policy, SILENT)?;
    if let Some(failure) = &report.failure {
        return Err(Failure::negative(format!("failed at {failure}")));
    }
    let [case] = &report.cases[..] else {
        return Err(Failure::negative(format!(
            "{} cases; one was filed",
            report.cases.len()
        )));
    };
    must("witnesses", report.witnesses.len() as u64, 2)?;
    if case.step != Step::Rejoined || !report.ok || !report.witnessed {
        return Err(Failure::negative(format!(
            "the case is {}, witnessed: {}",
            case.step, report.witnessed
        )));
    }
    let args = AuditArgs {
        record: record.display().to_string(),
        key: Some(stage.path("channel.vkey").display().to_string()),
        threads: None,
    };
    let common = Common::default();
    audit::audit(&args, &common, SILENT)?;
    let count = |what: &str| {
        report
            .rows
            .iter()
            .find(|row| row.what.contains(what))
            .map_or(0, |row| row.count)
    };
    let proofs = count("proofs");
    // One proof for each sign-on at least, and the opening's.
    if proofs <= cast.total() {
        return Err(Failure::negative(format!(
            "{proofs} proofs were verified; there must be more than {}",
            cast.total()
        )));
    }
    Ok(format!(
        "{} entries and {proofs} proofs verified, cosigned by two witnesses",
        report.size
    ))
}

fn claim(stage: &Stage, file: &Path, audience: &str) -> Outcome<String> {
    sign::verify_claim(file, Some(audience), &stage.home(INSPECTOR), SILENT)?;
    Ok("holds against the record".to_owned())
}
