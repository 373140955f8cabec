//! A copy, held against a bundle, or against the fingerprints that authors published. Nothing is sent: what is dropped here stays here.

mod beside;
mod fingerprint;
mod given;
mod proofs;
mod record;

use std::num::NonZeroUsize;

use askama::Template;
use demur_check::{
    bundle::{Bundle, Trust, Verified, Work},
    copy::{Doubt, Overall},
    verdict::{Verdict, gravest, judge_readings},
};
use demur_encoding::sha256;
use demur_extract::Label;
use demur_record::policy::Policy;

use self::{
    beside::{DoubtRow, Key, QuoteRow, Row},
    given::{Believed, Copy, Quoted},
};
use crate::{
    answer::{Answer, Trouble},
    author::release::Disclosed,
    desk::Desk,
    form::Form,
    platform::Platform,
};

#[derive(Template)]
#[template(path = "verify.html")]
struct Page {
    log: String,
    /// Whether this build reads PDF.
    pdf: bool,
}

#[derive(Template)]
#[template(path = "verdict.html")]
struct Shown {
    headline: String,
    /// `success`, `warning` or `problem`.
    class: &'static str,
    text: String,
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
    signed: u64,
    of: u64,
    version: u32,
    latest: u32,
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
        Answer::page(
            "Verify a copy",
            &Page {
                log,
                pdf: cfg!(feature = "pdf"),
            },
        )
    }

    /// The verdict on a bundle, and on a copy where there is one.
    pub(crate) async fn verify(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let (name, bundle) = { form.files("bundle").next() }
            .ok_or_else(|| Trouble::input("Choose the bundle: a file that ends in .demur."))?;
        let copy = Copy::of(form)?;
        let quoted = Quoted::of(form)?;
        let believed = self.believed(form)?;
        let verified = self.verified(name, bundle, &believed)?;
        let held = match form.ticked("record") {
            false => record::Held::default(),
            true => self.held(&verified, sha256(bundle), believed).await?,
        };
        let mut verdicts = match &copy {
            None => Vec::new(),
            Some(copy) => judged(copy, &verified)?,
        };
        let worst = gravest(&verdicts).map(|worst| verdicts.remove(worst));
        let (label, verdict) = worst.map_or_else(
            || (Label::Only, Verdict::new(&verified, None)),
            |(label, verdict)| (label, verdict),
        );
        let quotes = quoted.as_ref().map(|quoted| quoted.judged(&verified));
        let quotes = quotes.transpose()?;
        let (rows, more) = beside::rows(&verdict, &verified, 1);
        let mut notes = copy.as_ref().map_or_else(Vec::new, Copy::told);
        if !verdicts.is_empty() {
            notes.push(format!(
                "The verdict is on one reading of it: {}",
                label.describe()
            ));
        }
        notes.extend(quoted.iter().flat_map(Quoted::told));
        // The rows of all readings have numbers of their own.
        let mut first = rows.len() + 1;
        let readings: Vec<Reading> = { verdicts.iter() }
            .map(|(label, verdict)| {
                let (rows, more) = beside::rows(verdict, &verified, first);
                first += rows.len();
                Reading {
                    label: label.describe(),
                    headline: verdict.headline.clone(),
                    rows,
                    more,
                }
            })
            .collect();
        let retyped = { verdict.copy.as_ref() }.is_some_and(|c| c.overall == Overall::Slips);
        let class = match &quotes {
            _ if retyped => "warning",
            _ if !verdict.is_positive() => "problem",
            Some(quotes) if copy.is_none() && !quotes.is_positive() => "problem",
            _ if verdict.amended_since || held.amended => "warning",
            _ => "success",
        };
        let page = Shown {
            headline: match &quotes {
                Some(quotes) if copy.is_none() => quotes.headline.clone(),
                _ => verdict.headline.clone(),
            },
            class,
            text: verdict.render().trim_end().to_owned(),
            held: held.lines,
            doubts: beside::doubts(&verdict),
            notes,
            legend: beside::legend(&rows),
            rows,
            more,
            readings,
            quotes: quotes.as_ref().map_or_else(Vec::new, beside::quotes),
            shown: { copy.is_none() && quotes.is_none() }
                .then(|| Disclosed::new(&verified, bundle.len())),
            memo: verdict.memo.to_string(),
            signed: verdict.support.signed,
            of: verdict.support.of,
            version: verdict.version,
            latest: verdict.latest,
        };
        let mut files = vec![("Bundle", name, bundle)];
        files.extend(given::files(form));
        let said = quotes.map_or_else(String::new, |quotes| quotes.render());
        self.report = Some(beside::report(&page, &said, &files));
        Answer::part("verdict", &page)
    }

    /// The report of the last verdict.
    pub(crate) fn verify_report(&self) -> Result<Answer, Trouble> {
        let report = { self.report.as_ref() }.ok_or_else(|| Trouble::input("Verify first."))?;
        let bytes = report.clone().into_bytes();
        Ok(Answer::file("verdict.txt", "text/plain", bytes))
    }

    /// Whom the form, or this page, believes.
    fn believed(&self, form: &Form) -> Result<Believed, Trouble> {
        match form.text("key") {
            "" => Ok(Believed::Policy(
                self.site.policy.parse().map_err(Trouble::other)?,
            )),
            text => Believed::parse(text),
        }
    }

    fn verified(
        &self,
        name: &str,
        bundle: &[u8],
        believed: &Believed,
    ) -> Result<Verified, Trouble> {
        let named = |e: demur_check::bundle::BundleError| Trouble::input(format!("{name}: {e}."));
        let parsed = Bundle::parse(bundle).map_err(named)?;
        let tell = self.platform.teller();
        let progress =
            |done: usize, total: usize| tell("Verifying every proof", done as u64, total as u64);
        let mut rng = Self::rng();
        let work = Work {
            threads: NonZeroUsize::MIN,
            rng: &mut rng,
            progress: &progress,
        };
        let trust = match believed {
            Believed::Key(key) => Trust::Key(key),
            Believed::Policy(policy) => Trust::Policy(policy),
        };
        parsed.verify(trust, work).map_err(named)
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
