//! What a person gives the archive: memos to add, copies to ask about.

use demur_archive::Document;
use demur_check::{bundle::HEADER, copy::CopyText};
use demur_paper::Form as PaperForm;

use crate::{
    answer::Trouble, desk::Desk, form::Form, given::Believed, papers::Given, platform::Platform,
};

/// The most files that are added at a time.
pub(super) const MAX_FILES: usize = 200;

/// The number that the form gives its one file.
fn version(form: &Form) -> Result<Option<u32>, Trouble> {
    let text = form.text("version");
    let number = text.parse().ok().filter(|number| *number > 0);
    match number {
        None if !text.is_empty() => Err(Trouble::input("The version: a number from 1 on.")),
        number => Ok(number),
    }
}

impl<P: Platform> Desk<P> {
    /// The copy that was chosen or pasted, as a text, and what a reader should know of its file; `None` where there is none. One that can be read in several ways, or whose file may show something
    /// else, is not compared.
    pub(super) async fn asked_copy(
        &self,
        form: &Form,
    ) -> Result<Option<(CopyText, Vec<String>)>, Trouble> {
        let Some(copy) = self.copy_of(form).await? else {
            return Ok(None);
        };
        let text = CopyText::parse(copy.undoubted()?.as_bytes());
        let text = text.map_err(|e| Trouble::input(format!("{}: {e}.", copy.name)))?;
        Ok(Some((text, copy.told())))
    }

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
        let believed = self.believed(form)?;
        let mut documents = Vec::new();
        for ((name, bytes), done) in files.iter().zip(0_u64..) {
            self.platform
                .progress("Reading the files", done, files.len() as u64);
            let told = |why: &dyn std::fmt::Display| {
                Trouble::input(format!("{name}: {why}. Nothing was added."))
            };
            if bytes.starts_with(HEADER.as_bytes()) || PaperForm::of(bytes).is_some() {
                if memo.is_some() || version.is_some() {
                    return Err(told(
                        &"a bundle says itself which memo it is: leave the name and the version empty",
                    ));
                }
                documents.extend(self.proved(name, bytes, &believed)?);
            } else {
                let document = Document::of_file(name, bytes, memo, version);
                documents.push(document.map_err(|e| told(&e))?);
            }
        }
        Ok(documents)
    }

    /// The versions that a bundle, or the one inside a paper, shows whole, once it is verified.
    fn proved(
        &self,
        name: &str,
        bytes: &[u8],
        believed: &Believed,
    ) -> Result<Vec<Document>, Trouble> {
        let else_do = "Add the memo's bundle, or its text. Nothing was added.";
        let given = Given::of(name, bytes, else_do)?;
        let both = self.verified_both(name, &given.bundle, believed.trust());
        let both = both.map_err(|trouble| match trouble {
            Trouble::Told(why) => Trouble::input(format!("{why} Nothing was added.")),
            other => other,
        })?;
        let documents = Document::of_verified(&both.verified);
        if documents.is_empty() {
            return Err(Trouble::input(format!(
                "{name}: the bundle shows no version whole; an archive takes whole texts. Nothing was added."
            )));
        }
        Ok(documents)
    }
}
