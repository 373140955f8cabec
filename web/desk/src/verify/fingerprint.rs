//! A copy without a bundle: is it a text whose fingerprint its authors published?

use askama::Template;
use demur_check::{
    fingerprint::{CopyForms, FingerprintVerdict, find, published},
    verdict::Section,
};

use super::{beside, given};
use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
};

#[derive(Template)]
#[template(path = "verdict_fingerprint.html")]
struct Shown {
    headline: String,
    /// `success`, `warning` or `problem`.
    class: &'static str,
    sections: Vec<Section>,
    text: String,
    notes: Vec<String>,
    /// The memo that was found.
    memo: Option<String>,
}

impl<P: Platform> Desk<P> {
    /// Holds a copy against every fingerprint of the record. That is fetched whole and audited first, so that its server learns that somebody
    /// audits, and nothing of the copy.
    pub(crate) async fn verify_fingerprint(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let copy = self
            .copy_of(form)
            .await?
            .ok_or_else(|| Trouble::input("Choose the copy, or paste its text."))?;
        let forms = CopyForms::parse(copy.undoubted()?.as_bytes())
            .map_err(|e| Trouble::input(format!("{}: {e}.", copy.name)))?;
        let policy = self.believed(form)?.into_policy()?;
        let (mut report, _) = self.audited(&policy).await?;
        if let Some(failure) = &report.failure {
            return Err(Trouble::other(format!(
                "The audit of the record failed at {failure}: its fingerprints prove nothing."
            )));
        }
        let memo = form.text("memo").to_ascii_lowercase();
        report
            .fingerprints
            .retain(|row| row.memo.to_string().starts_with(&memo));
        let known = published(&report.fingerprints);
        let tell = self.platform.teller();
        let progress =
            |done: usize, of: usize| tell("Trying each fingerprint", done as u64, of as u64);
        let found = find(&forms, &known, &progress).map_err(Trouble::other)?;
        let verdict = FingerprintVerdict::new(&report, &forms, found);
        let amended = { verdict.found.as_ref() }.is_some_and(|row| row.version < row.latest);
        let page = Shown {
            headline: verdict.headline.clone(),
            class: match verdict.is_positive() {
                false => "problem",
                true if amended => "warning",
                true => "success",
            },
            sections: verdict.sections(),
            text: verdict.render().trim_end().to_owned(),
            notes: copy.told(),
            memo: verdict.found.as_ref().map(|row| row.memo.to_string()),
        };
        let files: Vec<_> = given::files(form).collect();
        self.report = Some(beside::report_of(&page.text, &page.notes, &files));
        Answer::part("verdict", &page)
    }
}
