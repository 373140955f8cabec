//! What a person gives to be held against something: a copy, and whom they believe.

use demur_check::bundle::Trust;
use demur_extract::{ExtractError, Extracted, Format, Hint, extract, limits::MAX_FILE};
use demur_paper::Form as PaperForm;
use demur_record::{keys::VerifierKey, policy::Policy};

use crate::{
    answer::Trouble,
    desk::Desk,
    form::Form,
    platform::{PdfError, Platform},
};

/// What a text that was pasted is called.
const PASTED: &str = "The pasted text";

/// The copy, with the text that was taken out of it on this device.
pub(crate) struct Copy {
    pub(crate) name: String,
    pub(crate) text: Extracted,
}

impl Copy {
    /// What a reader of the verdict should know of the file.
    pub(crate) fn told(&self) -> Vec<String> {
        let copy = &self.text;
        let mut out = vec![format!("Read as {}", copy.format.describe())];
        if !copy.disregarded.is_empty() {
            let rules: Vec<&str> = copy.disregarded.iter().map(|r| r.describe()).collect();
            out.push(format!("Disregarded in the file: {}", rules.join(", ")));
        }
        out.extend(copy.notes.iter().cloned());
        if copy.format == Format::Pdf {
            out.push("Read by one reader alone; the program has a second one beside it".to_owned());
        }
        out
    }

    /// Each reason why the file may show something else than its text.
    pub(crate) fn doubted(&self) -> impl Iterator<Item = String> {
        self.text.doubts.iter().map(|doubt| {
            format!(
                "The file may show something else than its text: {} {}",
                doubt.kind.describe(),
                doubt.text
            )
        })
    }

    /// Its text, where it can be read in one way and nothing speaks against that.
    pub(crate) fn undoubted(&self) -> Result<&str, Trouble> {
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

/// Whom a stranger believes.
pub(crate) enum Believed {
    Key(Box<VerifierKey>),
    Policy(Policy),
}

impl Believed {
    pub(crate) const fn trust(&self) -> Trust<'_> {
        match self {
            Self::Key(key) => Trust::Key(key),
            Self::Policy(policy) => Trust::Policy(policy),
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Trouble> {
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
    pub(crate) fn into_policy(self) -> Result<Policy, Trouble> {
        match self {
            Self::Policy(policy) => Ok(policy),
            Self::Key(key) => Policy::of_key(*key).map_err(Trouble::input),
        }
    }
}

impl<P: Platform> Desk<P> {
    /// The copy that was chosen or pasted, where there is one.
    pub(crate) async fn copy_of(&self, form: &Form) -> Result<Option<Copy>, Trouble> {
        let pasted = form.raw("text").trim();
        let (name, hint, bytes) = match form.files("copy").next() {
            Some(_) if !pasted.is_empty() => {
                return Err(Trouble::input(
                    "A file and a pasted text were given: give one copy at a time.",
                ));
            }
            Some((name, bytes)) => (name, name, bytes),
            None if pasted.is_empty() => return Ok(None),
            None => (PASTED, "pasted.txt", form.raw("text").as_bytes()),
        };
        let text = self.readable(hint, bytes).await;
        let text = text.map_err(|why| Trouble::input(format!("{name}: {why}.")))?;
        Ok(Some(Copy {
            name: name.to_owned(),
            text,
        }))
    }

    /// The text of a file, taken out on this device; else why not.
    pub(crate) async fn readable(&self, name: &str, bytes: &[u8]) -> Result<Extracted, String> {
        if bytes.len() > MAX_FILE {
            return Err(format!("more than {MAX_FILE} bytes"));
        }
        if PaperForm::of(bytes) != Some(PaperForm::Pdf) {
            match extract(bytes, Hint::name(name)) {
                // In a mail, or behind something else.
                Err(ExtractError::Pdf) => {}
                read => return read.map_err(|e| e.to_string()),
            }
        }
        self.platform.progress("Reading the PDF", 0, 0);
        let read = self.platform.read_pdf(name, bytes).await;
        read.map_err(|PdfError(why)| why)
    }

    /// Whom the form, or this page, believes.
    pub(crate) fn believed(&self, form: &Form) -> Result<Believed, Trouble> {
        match form.text("key") {
            "" => Ok(Believed::Policy(
                self.site.policy.parse().map_err(Trouble::other)?,
            )),
            text => Believed::parse(text),
        }
    }
}
