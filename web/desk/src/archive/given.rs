//! What a person gives the archive: memos to add, copies to ask about.

use std::num::NonZeroUsize;

use demur_archive::Document;
use demur_check::{
    bundle::{Bundle, HEADER, Trust, Work},
    copy::CopyText,
};
use demur_extract::{Hint, extract};
use demur_record::{keys::VerifierKey, policy::Policy};

use crate::{answer::Trouble, desk::Desk, form::Form, platform::Platform};

/// The most files that are added at a time.
pub(super) const MAX_FILES: usize = 200;

/// How papers begin, which hold a bundle: PDF and DOCX.
const PAPERS: [&[u8]; 2] = [b"%PDF-", b"PK\x03\x04"];

/// What a text that was pasted is called.
const PASTED: &str = "The pasted text";

/// Whom the bundles are held against.
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

/// The number that the form gives its one file.
fn version(form: &Form) -> Result<Option<u32>, Trouble> {
    let text = form.text("version");
    let number = text.parse().ok().filter(|number| *number > 0);
    match number {
        None if !text.is_empty() => Err(Trouble::input("The version: a number from 1 on.")),
        number => Ok(number),
    }
}

/// The copy that was chosen or pasted, as a text; `None` where there is none. One that can be read in several ways, or whose file may show something
/// else, is not compared.
pub(super) fn copy(form: &Form) -> Result<Option<CopyText>, Trouble> {
    let pasted = form.raw("text").trim();
    let (name, bytes) = match form.files("copy").next() {
        Some(_) if !pasted.is_empty() => {
            return Err(Trouble::input(
                "A file and a pasted text were given: ask about one copy at a time.",
            ));
        }
        Some(file) => file,
        None if pasted.is_empty() => return Ok(None),
        None => (PASTED, pasted.as_bytes()),
    };
    let told = |why: String| Trouble::input(format!("{name}: {why}"));
    let hint = match name {
        PASTED => "pasted.txt",
        name => name,
    };
    let read = extract(bytes, Hint::name(hint)).map_err(|e| told(format!("{e}.")))?;
    if let Some(doubt) = read.doubts.first() {
        return Err(told(format!(
            "not comparable, since the file may show something else than its text: {} {}",
            doubt.kind.describe(),
            doubt.text
        )));
    }
    let [only] = read.readings.as_slice() else {
        return Err(told(
            "it can be read in more than one way; paste the text that you mean.".to_owned(),
        ));
    };
    let text = CopyText::parse(only.text.as_bytes()).map_err(|e| told(format!("{e}.")))?;
    Ok(Some(text))
}

impl<P: Platform> Desk<P> {
    /// The documents of all files of the form; none is taken if one can't be.
    pub(super) fn documents(&self, form: &Form) -> Result<Vec<Document>, Trouble> {
        let files: Vec<(&str, &[u8])> = form.files("file").collect();
        let memo = Some(form.text("memo")).filter(|memo| !memo.is_empty());
        let version = version(form)?;
        if files.is_empty() {
            return Err(Trouble::input(
                "Choose bundles (.demur) or memos' text files.",
            ));
        }
        if files.len() > MAX_FILES {
            return Err(Trouble::input(format!(
                "At most {MAX_FILES} files are added at a time. Nothing was added."
            )));
        }
        if version.is_some() && files.len() > 1 {
            return Err(Trouble::input(
                "The version is one file's: choose one file.",
            ));
        }
        let believed = match form.text("key") {
            "" => Believed::Policy(self.site.policy.parse().map_err(Trouble::other)?),
            text => Believed::parse(text)?,
        };
        let mut documents = Vec::new();
        for ((name, bytes), done) in files.iter().zip(0_u64..) {
            self.platform
                .progress("Reading the files", done, files.len() as u64);
            let told = |why: &dyn std::fmt::Display| {
                Trouble::input(format!("{name}: {why}. Nothing was added."))
            };
            if bytes.starts_with(HEADER.as_bytes()) {
                if memo.is_some() || version.is_some() {
                    return Err(told(
                        &"a bundle says itself which memo it is: leave the name and the version empty",
                    ));
                }
                documents.extend(self.bundled(name, bytes, &believed)?);
            } else if PAPERS.iter().any(|begin| bytes.starts_with(begin)) {
                return Err(told(
                    &"a PDF or DOCX; add the memo's bundle (.demur) or its text, or use the program: demur archive add",
                ));
            } else {
                let document = Document::of_file(name, bytes, memo, version);
                documents.push(document.map_err(|e| told(&e))?);
            }
        }
        Ok(documents)
    }

    /// The versions that a bundle shows whole, once it is verified.
    fn bundled(
        &self,
        name: &str,
        bytes: &[u8],
        believed: &Believed,
    ) -> Result<Vec<Document>, Trouble> {
        let told = |why: &dyn std::fmt::Display| {
            Trouble::input(format!("{name}: {why}. Nothing was added."))
        };
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
        let parsed = Bundle::parse(bytes).map_err(|e| told(&e))?;
        let verified = parsed.verify(trust, work).map_err(|e| told(&e))?;
        let documents = Document::of_verified(&verified);
        if documents.is_empty() {
            return Err(told(
                &"the bundle shows no version whole; an archive takes whole texts",
            ));
        }
        Ok(documents)
    }
}
