//! A copy, held against a bundle. Nothing is sent: what is dropped here stays here.

use std::num::NonZeroUsize;

use askama::Template;
use demur_check::{
    bundle::{Bundle, Trust, Work},
    copy::{CopyText, Overall, compare},
    verdict::Verdict,
};
use demur_record::{keys::VerifierKey, policy::Policy};

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
};

/// The longest copy that is read, in bytes.
const MAX_COPY: usize = 16 << 20;

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
    text: String,
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
        Answer::page("Verify a copy", &Page { log })
    }

    /// The verdict on a bundle, and on a copy where there is one.
    pub(crate) fn verify(&self, form: &Form) -> Result<Answer, Trouble> {
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
            (None, _) => Some(("The pasted text".to_owned(), form.raw("text").as_bytes())),
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
        let comparison = match &copy {
            None => None,
            Some((name, bytes)) => {
                let text =
                    CopyText::parse(bytes).map_err(|e| Trouble::input(format!("{name}: {e}.")))?;
                Some(compare(&text, &verified.texts(), &verified.banners()))
            }
        };
        let class = match comparison.as_ref().map(|c| &c.overall) {
            None | Some(Overall::Identical | Overall::LayoutOnly | Overall::Excerpt) => "success",
            Some(_) => "problem",
        };
        let verdict = Verdict::new(&verified, comparison);
        let page = Shown {
            headline: verdict.headline.clone(),
            class: if class == "success" && verdict.amended_since {
                "warning"
            } else {
                class
            },
            text: verdict.render().trim_end().to_owned(),
            copy: copy.is_some(),
            memo: verdict.memo.to_string(),
            signed: verdict.support.signed,
            of: verdict.support.of,
            version: verdict.version,
            latest: verdict.latest,
        };
        Answer::part("verdict", &page)
    }
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

/// A copy whose form is known.
fn readable<'b>(name: &str, bytes: &'b [u8]) -> Result<&'b [u8], Trouble> {
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    if !matches!(
        ending.as_deref(),
        None | Some("txt" | "md" | "markdown" | "text")
    ) {
        return Err(Trouble::input(format!(
            "{name}: files of this kind can't be read yet: save the text as .txt or .md, or paste it."
        )));
    }
    if bytes.len() > MAX_COPY {
        return Err(Trouble::input(format!(
            "{name}: more than {MAX_COPY} bytes."
        )));
    }
    Ok(bytes)
}
