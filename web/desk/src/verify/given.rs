//! What a person gives to be verified: a copy, quotations, whom they believe.

use demur_check::{
    bundle::Verified,
    copy::CopyError,
    quote::{check_quotations, check_quote},
    verdict::QuotesVerdict,
};
use demur_extract::{Extracted, Hint, Reading, extract, limits::MAX_FILE};
use demur_record::{keys::VerifierKey, policy::Policy};

use crate::{answer::Trouble, form::Form};

/// The copy, with the text that was taken out of it on this device.
pub(super) struct Copy {
    pub(super) name: String,
    pub(super) text: Extracted,
}

impl Copy {
    /// The file or the pasted text, where there is one.
    pub(super) fn of(form: &Form) -> Result<Option<Self>, Trouble> {
        let pasted = form.raw("text");
        match (form.files("copy").next(), pasted.trim()) {
            (Some(_), text) if !text.is_empty() => Err(Trouble::input(
                "A file and a pasted text were given: hold one copy against the bundle at a time.",
            )),
            (Some((name, bytes)), _) => Ok(Some(Self {
                name: name.to_owned(),
                text: readable(name, bytes)?,
            })),
            (None, "") => Ok(None),
            (None, _) => {
                let name = "The pasted text";
                let text = readable(&format!("{name}.txt"), pasted.as_bytes())?;
                Ok(Some(Self {
                    name: name.to_owned(),
                    text,
                }))
            }
        }
    }

    /// What a reader of the verdict should know of the file.
    pub(super) fn told(&self) -> Vec<String> {
        let copy = &self.text;
        let mut out = vec![format!("Read as {}", copy.format.describe())];
        if !copy.disregarded.is_empty() {
            let rules: Vec<&str> = copy.disregarded.iter().map(|r| r.describe()).collect();
            out.push(format!("Disregarded in the file: {}", rules.join(", ")));
        }
        out.extend(copy.notes.iter().cloned());
        out
    }

    /// Its text, where it can be read in one way and nothing speaks against that.
    pub(super) fn undoubted(&self) -> Result<&str, Trouble> {
        if let Some(doubt) = self.text.doubts.first() {
            return Err(Trouble::input(format!(
                "{}: not comparable, since the file may show something else than its text: {} {}",
                self.name,
                doubt.kind.describe(),
                doubt.text
            )));
        }
        match self.text.readings.as_slice() {
            [only] => Ok(&only.text),
            _ => Err(Trouble::input(format!(
                "{}: it can be read in more than one way; paste the text that you mean.",
                self.name
            ))),
        }
    }
}

/// A text with quotations.
pub(super) struct Quoted {
    text: String,
    /// The file that it came from.
    file: Option<Copy>,
}

impl Quoted {
    /// The article, as a file or pasted, where there is one.
    pub(super) fn of(form: &Form) -> Result<Option<Self>, Trouble> {
        let pasted = form.raw("quotes").trim();
        let Some((name, bytes)) = form.files("article").next() else {
            return Ok((!pasted.is_empty()).then(|| Self {
                text: pasted.to_owned(),
                file: None,
            }));
        };
        if !pasted.is_empty() {
            return Err(Trouble::input(
                "An article's file and pasted quotations were given: look for those of one at a time.",
            ));
        }
        let file = Copy {
            name: name.to_owned(),
            text: readable(name, bytes)?,
        };
        // Of several readings the first, as the program does.
        let text = { file.text.readings.first() }.map_or_else(String::new, Reading::article);
        Ok(Some(Self {
            text,
            file: Some(file),
        }))
    }

    /// The verdict on each passage: those of an article, or, where a pasted text has no quotation marks, on all of it as one.
    pub(super) fn judged(&self, verified: &Verified) -> Result<QuotesVerdict, Trouble> {
        let texts = verified.texts();
        let told = |e: CopyError| Trouble::input(format!("The quotations: {e}."));
        let mut quotes = check_quotations(&self.text, &texts);
        if quotes.is_empty() {
            if let Some(file) = &self.file {
                return Err(Trouble::input(format!(
                    "{}: no quoted passage was found in it. Passages stand in quotation marks, or in lines that begin with >.",
                    file.name
                )));
            }
            quotes.push(check_quote(&self.text, &texts).map_err(told)?);
        }
        Ok(QuotesVerdict::new(verified, quotes))
    }

    /// What a reader of the verdict should know of the article's file.
    pub(super) fn told(&self) -> Vec<String> {
        let Some(file) = &self.file else {
            return Vec::new();
        };
        let mut out = vec![format!(
            "The article was read as {}",
            file.text.format.describe()
        )];
        if let Some(doubt) = file.text.doubts.first() {
            out.push(format!(
                "The article's file may show something else than its text: {} {}",
                doubt.kind.describe(),
                doubt.text
            ));
        }
        out
    }
}

/// The files beside the bundle, for the report.
pub(super) fn files(form: &Form) -> impl Iterator<Item = (&'static str, &str, &[u8])> {
    let named = |what| move |(name, bytes)| (what, name, bytes);
    let copies = form.files("copy").map(named("Copy"));
    copies.chain(form.files("article").map(named("Article")))
}

/// Whom a stranger believes.
pub(super) enum Believed {
    Key(Box<VerifierKey>),
    Policy(Policy),
}

impl Believed {
    pub(super) fn parse(text: &str) -> Result<Self, Trouble> {
        if let Ok(key) = text.parse() {
            return Ok(Self::Key(Box::new(key)));
        }
        text.parse().map(Self::Policy).map_err(|e| {
            Trouble::input(format!(
                "The channel's key: neither a verifier key nor a trust policy: {e}."
            ))
        })
    }

    /// As a policy; a key alone is one that asks for no witness.
    pub(super) fn into_policy(self) -> Result<Policy, Trouble> {
        match self {
            Self::Policy(policy) => Ok(policy),
            Self::Key(key) => Policy::of_key(*key).map_err(Trouble::input),
        }
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
