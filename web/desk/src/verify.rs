//! A copy, held against a bundle. Nothing is sent: what is dropped here stays here.

mod beside;

use std::num::NonZeroUsize;

use askama::Template;
use demur_check::{
    bundle::{Bundle, Trust, Verified, Work},
    copy::{Doubt, Overall},
    quote::{check_quotations, check_quote},
    verdict::{QuotesVerdict, Verdict, gravest, judge_readings},
};
use demur_extract::{Extracted, Hint, Label, extract, limits::MAX_FILE};
use demur_record::{keys::VerifierKey, policy::Policy};

use self::beside::{Key, QuoteRow, Row};
use crate::{
    answer::{Answer, Trouble},
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
    /// What the copy's file adds.
    notes: Vec<String>,
    rows: Vec<Row>,
    legend: Vec<Key>,
    /// How many paragraphs are not shown.
    more: usize,
    quotes: Vec<QuoteRow>,
    copy: bool,
    memo: String,
    signed: u64,
    of: u64,
    version: u32,
    latest: u32,
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
    pub(crate) fn verify(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let (name, bundle) = { form.files("bundle").next() }
            .ok_or_else(|| Trouble::input("Choose the bundle: a file that ends in .demur."))?;
        let copy = match (form.files("copy").next(), form.text("text")) {
            (Some(_), text) if !text.is_empty() => {
                return Err(Trouble::input(
                    "A file and a pasted text were given: hold one copy against the bundle at a time.",
                ));
            }
            (Some((name, bytes)), _) => Some((name.to_owned(), readable(name, bytes)?)),
            (None, "") => None,
            (None, _) => {
                let name = "The pasted text";
                let text = readable(&format!("{name}.txt"), form.raw("text").as_bytes())?;
                Some((name.to_owned(), text))
            }
        };
        let named = |e: demur_check::bundle::BundleError| Trouble::input(format!("{name}: {e}."));
        let believed: Believed = match form.text("key") {
            "" => Believed::Policy(self.site.policy.parse().map_err(Trouble::other)?),
            text => Believed::parse(text)?,
        };
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
        let trust = match &believed {
            Believed::Key(key) => Trust::Key(key),
            Believed::Policy(policy) => Trust::Policy(policy),
        };
        let verified = parsed.verify(trust, work).map_err(named)?;
        let mut verdicts: Vec<(Label, Verdict)> = Vec::new();
        if let Some((name, copy)) = &copy {
            verdicts = judged(name, copy, &verified)?;
        }
        let mut notes = copy.as_ref().map_or_else(Vec::new, |(_, copy)| told(copy));
        if verdicts.len() > 1 {
            notes.extend(
                verdicts
                    .iter()
                    .map(|(label, v)| format!("{}: {}", label.describe(), v.headline)),
            );
        }
        let verdict = match gravest(&verdicts) {
            None => Verdict::new(&verified, None),
            Some(worst) => verdicts.swap_remove(worst).1,
        };
        let quoted = form.raw("quotes").trim();
        let quoted = (!quoted.is_empty())
            .then(|| passages(quoted, &verified))
            .transpose()?;
        let retyped = { verdict.copy.as_ref() }.is_some_and(|c| c.overall == Overall::Slips);
        let class = match &quoted {
            _ if retyped => "warning",
            _ if !verdict.is_positive() => "problem",
            Some(quoted) if copy.is_none() && !quoted.is_positive() => "problem",
            _ => "success",
        };
        let (rows, more) = beside::rows(&verdict, &verified);
        let quotes = quoted.as_ref().map_or_else(Vec::new, beside::quotes);
        let mut said = verdict.render();
        if let Some(quoted) = &quoted {
            said = format!("{}\n\n{}", said.trim_end(), quoted.render());
        }
        let mut files = vec![("Bundle", name, bundle)];
        files.extend(
            form.files("copy")
                .map(|(name, bytes)| ("Copy", name, bytes)),
        );
        self.report = Some(beside::report(&said, &rows, &quotes, &files));
        let page = Shown {
            headline: match &quoted {
                Some(quoted) if copy.is_none() => quoted.headline.clone(),
                _ => verdict.headline.clone(),
            },
            legend: beside::legend(&rows),
            rows,
            more,
            quotes,
            class: if class == "success" && verdict.amended_since {
                "warning"
            } else {
                class
            },
            text: said.trim_end().to_owned(),
            notes,
            copy: copy.is_some(),
            memo: verdict.memo.to_string(),
            signed: verdict.support.signed,
            of: verdict.support.of,
            version: verdict.version,
            latest: verdict.latest,
        };
        Answer::part("verdict", &page)
    }

    /// The report of the last verdict.
    pub(crate) fn verify_report(&self) -> Result<Answer, Trouble> {
        let report = { self.report.as_ref() }.ok_or_else(|| Trouble::input("Verify first."))?;
        let bytes = report.clone().into_bytes();
        Ok(Answer::file("verdict.txt", "text/plain", bytes))
    }
}

/// The verdict on quoted passages: those of an article, or, where it has no quotation marks, on all of it as one.
fn passages(text: &str, verified: &Verified) -> Result<QuotesVerdict, Trouble> {
    let texts = verified.texts();
    let told = |e: demur_check::copy::CopyError| Trouble::input(format!("The quotations: {e}."));
    let mut quotes = check_quotations(text, &texts);
    if quotes.is_empty() {
        quotes.push(check_quote(text, &texts).map_err(told)?);
    }
    Ok(QuotesVerdict::new(verified, quotes))
}

/// Whom a stranger believes.
enum Believed {
    Key(Box<VerifierKey>),
    Policy(Policy),
}

impl Believed {
    fn parse(text: &str) -> Result<Self, Trouble> {
        if let Ok(key) = text.parse() {
            return Ok(Self::Key(Box::new(key)));
        }
        text.parse().map(Self::Policy).map_err(|e| {
            Trouble::input(format!(
                "The channel's key: neither a verifier key nor a trust policy: {e}."
            ))
        })
    }
}

/// The text of a file, taken out on this device.
fn readable(name: &str, bytes: &[u8]) -> Result<Extracted, Trouble> {
    if bytes.len() > MAX_FILE {
        return Err(Trouble::input(format!(
            "{name}: more than {MAX_FILE} bytes."
        )));
    }
    extract(bytes, Hint::name(name)).map_err(|e| Trouble::input(format!("{name}: {e}.")))
}

/// The verdict on each way to read the file.
fn judged(
    name: &str,
    copy: &Extracted,
    verified: &Verified,
) -> Result<Vec<(Label, Verdict)>, Trouble> {
    let doubts: Vec<Doubt> = { copy.doubts.iter() }
        .map(|doubt| Doubt {
            reason: doubt.kind.describe().to_owned(),
            place: doubt.place.clone(),
            text: doubt.text.clone(),
            beside: None,
        })
        .collect();
    let readings = copy.readings.iter();
    let readings = readings.map(|reading| (reading.label, reading.text.as_str()));
    judge_readings(verified, readings, &doubts).map_err(|e| Trouble::input(format!("{name}: {e}.")))
}

/// What a reader of the verdict should know of the file.
fn told(copy: &Extracted) -> Vec<String> {
    let mut out = vec![format!("Read as {}", copy.format.describe())];
    if !copy.disregarded.is_empty() {
        let rules: Vec<&str> = copy.disregarded.iter().map(|r| r.describe()).collect();
        out.push(format!("Disregarded in the file: {}", rules.join(", ")));
    }
    out.extend(copy.notes.iter().cloned());
    out
}
