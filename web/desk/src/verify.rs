//! A copy, held against a bundle, or against the fingerprints that authors published. Nothing is sent: what is dropped here stays here.

mod beside;
mod fingerprint;
mod given;
mod paper;
mod proofs;
mod record;

use askama::Template;
use demur_check::{
    bundle::Verified,
    copy::{Doubt, Overall},
    verdict::{QuotedVersion, QuotesVerdict, Section, Verdict, gravest, judge_readings},
};
use demur_encoding::sha256;
use demur_extract::Label;
use demur_paper::Known;
use demur_record::policy::Policy;

use self::{
    beside::{DoubtRow, Key, QuoteRow, Row},
    given::Quoted,
};
use crate::{
    answer::{Answer, Trouble},
    author::release::Disclosed,
    desk::Desk,
    form::Form,
    given::Copy,
    papers::Given,
    platform::Platform,
};

#[derive(Template)]
#[template(path = "verify.html")]
struct Page {
    log: String,
}

#[derive(Template)]
#[template(path = "verdict.html")]
struct Shown {
    headline: String,
    /// `success`, `warning` or `problem`.
    class: &'static str,
    /// What the verdict says below the headline.
    sections: Vec<Section>,
    /// The verdict as the program prints it, for the report.
    text: String,
    /// What a paper is, beside the one that the bundle in it makes.
    paper: Option<String>,
    /// What differs there, or in the table of a copy that is the memo's paper else.
    differs: Vec<String>,
    /// What the record adds.
    held: Vec<String>,
    /// Why the copy's file may show something else than its text.
    doubts: Vec<DoubtRow>,
    /// What the files add.
    notes: Vec<String>,
    rows: Vec<Row>,
    legend: Vec<Key>,
    /// How many paragraphs are not shown.
    more: usize,
    /// The other ways to read the copy.
    readings: Vec<Reading>,
    quotes: Vec<QuoteRow>,
    /// What the bundle shows, where no copy was given.
    shown: Option<Disclosed>,
    memo: String,
    /// The version that the verdict speaks of; those that are quoted, where only quotations were given.
    counted: Vec<Counted>,
}

/// How many have signed a version.
struct Counted {
    version: u32,
    latest: u32,
    signed: u64,
    of: u64,
}

impl Counted {
    const fn of(verdict: &Verdict) -> Self {
        Self {
            version: verdict.version,
            latest: verdict.latest,
            signed: verdict.support.signed,
            of: verdict.support.of,
        }
    }

    fn quoted(quotes: &QuotesVerdict) -> Vec<Self> {
        let counted = |version: &QuotedVersion| Self {
            version: version.version,
            latest: quotes.latest,
            signed: version.support.signed,
            of: version.support.of,
        };
        quotes.versions.iter().map(counted).collect()
    }
}

/// How a verdict is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gravity {
    Good,
    /// True, but there is something to know: slips of retyping, a later version, a doubt.
    Warning,
    Problem,
}

impl Gravity {
    fn of_copy(verdict: &Verdict) -> Self {
        let retyped = { verdict.copy.as_ref() }.is_some_and(|c| c.overall == Overall::Slips);
        match verdict.is_positive() {
            true if verdict.amended_since => Self::Warning,
            true => Self::Good,
            false if retyped => Self::Warning,
            false => Self::Problem,
        }
    }

    fn of_quotes(quotes: &QuotesVerdict, doubted: bool) -> Self {
        let own_words = { quotes.quotes.iter() }.any(|q| q.in_own_words().next().is_some());
        let known = doubted || own_words || quotes.is_of_an_earlier_version();
        match (quotes.is_negative(), quotes.is_positive()) {
            (true, _) => Self::Problem,
            (false, true) if !known => Self::Good,
            (false, _) => Self::Warning,
        }
    }
}

/// A copy as it can be read, too.
struct Reading {
    label: &'static str,
    headline: String,
    rows: Vec<Row>,
    more: usize,
}

impl<P: Platform> Desk<P> {
    pub(crate) fn verify_page(&self) -> Result<Answer, Trouble> {
        let policy: Policy = self.site.policy.parse().map_err(Trouble::other)?;
        let log = { policy.logs().first() }.map_or_else(String::new, |log| log.key.to_string());
        Answer::page("Verify a copy", &Page { log })
    }

    /// The verdict on a bundle, and on a copy where there is one.
    pub(crate) async fn verify(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let (name, file) = { form.files("bundle").next() }.ok_or_else(|| {
            Trouble::input("Choose the bundle: a file that ends in .demur, or an official paper.")
        })?;
        let given = Given::of(name, file, "Give the bundle, and this file as the copy.")?;
        let mut copy = self.copy_of(form).await?;
        let quoted = self.quoted_of(form).await?;
        let believed = self.believed(form)?;
        self.report = None;
        let both = match self.verified_both(name, &given.bundle, believed.trust()) {
            Err(Trouble::Told(why)) => return proofs::not_verified(why),
            both => both?,
        };
        let paper = match &given.paper {
            Some(paper) if copy.is_none() && quoted.is_none() => {
                Some(self.paper_verdict(name, file, paper, &both).await?)
            }
            _ => None,
        };
        let known = match (&copy, form.files("copy").next()) {
            (Some(copy), Some((_, file))) => {
                self.recognised(copy, file, &given.bundle, &both, &believed)
                    .await?
            }
            _ => Known::Other,
        };
        let verified = &both.verified;
        let held = match form.ticked("record") {
            false => record::Held::default(),
            true => {
                let hash = sha256(&given.bundle);
                self.held(verified, hash, believed).await?
            }
        };
        let mut notes = Vec::new();
        let (said, mut differs, same_text) = match paper {
            None => (None, Vec::new(), None),
            Some(paper) => {
                // One with another text is held against the bundle as any copy is; of another file with the same text is said what the reader found.
                match paper.copy {
                    Some(read) if paper.same_text == Some(true) => {
                        notes.extend(read.told());
                        notes.extend(read.doubted());
                    }
                    read => copy = read,
                }
                (Some(paper.said), paper.differs, paper.same_text)
            }
        };
        let mut verdicts = match &copy {
            Some(copy) if matches!(known, Known::Other) => judged(copy, verified)?,
            _ => Vec::new(),
        };
        let worst = gravest(&verdicts).map(|worst| verdicts.remove(worst));
        let (label, mut verdict) = worst.map_or_else(
            // A paper is of the version that was filed.
            || match (&said, &known) {
                (None, Known::Other) => (Label::Only, Verdict::new(verified, None)),
                _ => (Label::Only, Verdict::filed(verified)),
            },
            |(label, verdict)| (label, verdict),
        );
        let other_table = matches!(known, Known::Table(..));
        match known {
            Known::Paper(headline) => verdict.headline = headline,
            Known::Table(headline, rows) => {
                verdict.headline = headline;
                differs = rows;
            }
            Known::Other => {}
        }
        let quotes = quoted.as_ref().map(|quoted| quoted.judged(verified));
        let quotes = quotes.transpose()?;
        let (rows, more) = beside::rows(&verdict, verified, 1);
        notes.extend(copy.iter().flat_map(Copy::told));
        if !verdicts.is_empty() {
            notes.push(format!(
                "The verdict is on one reading of it: {}",
                label.describe()
            ));
        }
        if given.paper.is_some() && said.is_none() {
            let note = "The bundle was taken out of a paper, and the paper itself was not looked at: give it alone for that";
            notes.push(note.to_owned());
        }
        notes.extend(quoted.iter().flat_map(Quoted::told));
        // The rows of all readings have numbers of their own.
        let mut first = rows.len() + 1;
        let readings: Vec<Reading> = { verdicts.iter() }
            .map(|(label, verdict)| {
                let (rows, more) = beside::rows(verdict, verified, first);
                first += rows.len();
                Reading {
                    label: label.describe(),
                    headline: verdict.headline.clone(),
                    rows,
                    more,
                }
            })
            .collect();
        let copied = match (same_text, other_table) {
            (Some(false), _) | (_, true) => Gravity::Problem,
            (Some(true), _) => Gravity::Warning,
            _ => Gravity::of_copy(&verdict),
        };
        // Where nothing else was given, the verdict is on the quotations.
        let alone = { quotes.as_ref() }.filter(|_| copy.is_none() && said.is_none());
        let doubted = { quoted.as_ref() }.is_some_and(Quoted::is_doubted);
        let quoted_is = quotes
            .as_ref()
            .map(|quotes| Gravity::of_quotes(quotes, doubted));
        // Of a copy and quotations the graver decides, and is said first.
        let (gravity, of_quotes) = match (quoted_is, alone) {
            (Some(quoted), Some(_)) => (quoted, true),
            (Some(quoted), None) if quoted > copied => (quoted, true),
            _ => (copied, false),
        };
        let class = match gravity {
            Gravity::Problem => "problem",
            Gravity::Warning => "warning",
            Gravity::Good if held.amended => "warning",
            Gravity::Good => "success",
        };
        let page = Shown {
            headline: match (&quotes, same_text) {
                (Some(quotes), _) if of_quotes => quotes.headline.clone(),
                (_, Some(false)) => {
                    format!("ANOTHER PAPER than its bundle makes: {}", verdict.headline)
                }
                (_, Some(true)) => {
                    "ANOTHER FILE than its bundle makes, with the same text.".to_owned()
                }
                _ => verdict.headline.clone(),
            },
            class,
            sections: alone.map_or_else(|| verdict.sections(), QuotesVerdict::sections),
            text: alone
                .map_or_else(|| verdict.render(), QuotesVerdict::render)
                .trim_end()
                .to_owned(),
            paper: said,
            differs,
            held: held.lines,
            doubts: beside::doubts(&verdict),
            notes,
            legend: beside::legend(&rows),
            rows,
            more,
            readings,
            quotes: quotes.as_ref().map_or_else(Vec::new, beside::quotes),
            shown: { copy.is_none() && quotes.is_none() }
                .then(|| Disclosed::new(verified, given.bundle.len())),
            memo: verdict.memo.to_string(),
            counted: alone.map_or_else(|| vec![Counted::of(&verdict)], Counted::quoted),
        };
        let what = given.paper.as_ref().map_or("Bundle", |_| "Paper");
        let mut files = vec![(what, name, file)];
        files.extend(given::files(form));
        let said = match &quotes {
            Some(quotes) if alone.is_none() => quotes.render(),
            _ => String::new(),
        };
        self.report = Some(beside::report(&page, &said, &files));
        Answer::part("verdict", &page)
    }

    /// The report of the last verdict.
    pub(crate) fn verify_report(&self) -> Result<Answer, Trouble> {
        let report = { self.report.as_ref() }.ok_or_else(|| Trouble::input("Verify first."))?;
        let bytes = report.clone().into_bytes();
        Ok(Answer::file("verdict.txt", "text/plain", bytes))
    }
}

/// The verdict on each way to read the file.
fn judged(copy: &Copy, verified: &Verified) -> Result<Vec<(Label, Verdict)>, Trouble> {
    let doubts: Vec<Doubt> = { copy.text.doubts.iter() }
        .map(|doubt| Doubt {
            reason: doubt.kind.describe().to_owned(),
            place: doubt.place.clone(),
            text: doubt.text.clone(),
            beside: None,
        })
        .collect();
    let readings = copy.text.readings.iter();
    let readings = readings.map(|reading| (reading.label, reading.text.as_str()));
    judge_readings(verified, readings, &doubts)
        .map_err(|e| Trouble::input(format!("{}: {e}.", copy.name)))
}
