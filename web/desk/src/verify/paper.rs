//! Papers: what is inside one, whether it is what that makes, and whether a copy is the memo's own paper.

use demur_extract::Extracted;
use demur_paper::{Beside, Form as PaperForm, Held, Parts, Setting, settings};

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    given::{Believed, Copy},
    papers::{Both, Given, Wanted, inside, page_of, paper_file},
    platform::Platform,
};

/// The most that is told of what differs.
const MAX_DIFFERENCES: usize = 12;

/// A paper beside the one that the bundle in it makes.
pub(super) struct Verdict {
    /// In words.
    pub(super) said: String,
    /// What differs, of a DOCX.
    pub(super) differs: Vec<String>,
    /// Where it is not that paper, byte for byte: whether its text is the same.
    pub(super) same_text: Option<bool>,
    /// Where its text is another: the paper as a copy.
    pub(super) copy: Option<Copy>,
}

/// What a copy is, beside the memo's own papers.
pub(super) enum Known {
    /// One of them, word for word.
    Paper(String),
    /// One of them but for its table: the lines in which they differ.
    Table(String, Vec<String>),
    /// None of them.
    Other,
}

impl<P: Platform> Desk<P> {
    /// What the reader makes of a paper that was made here.
    async fn read_again(&self, made: &[u8]) -> Result<Extracted, Trouble> {
        let read = self.readable("the paper", made).await;
        read.map_err(|why| Trouble::other(format!("The paper that the bundle makes: {why}.")))
    }

    /// Makes a paper once more out of what is in it, and compares.
    pub(super) async fn paper_verdict(
        &self,
        name: &str,
        file: &[u8],
        (form, parts): &(PaperForm, Parts<'_>),
        both: &Both,
    ) -> Result<Verdict, Trouble> {
        let points = match (&parts.setting.record, form) {
            (None, _) => String::new(),
            (Some(record), PaperForm::Pdf) => format!(
                " Its QR code points to {record}: the bundle does not prove that this address is the channel's."
            ),
            (Some(record), PaperForm::Docx) => format!(
                " As the memo's page it gives {record}: the bundle does not prove that this address is the channel's."
            ),
        };
        // A bundle of which no paper can be made has made none. Where the typesetter could not be loaded, this PDF can't be read below either,
        // and that is told.
        let made = self.made(parts, &both.recorded, *form).await.ok();
        if made.as_deref() == Some(file) {
            let said = format!(
                "The paper is, byte for byte, the one that the bundle in it makes.{points}"
            );
            return Ok(Verdict {
                said,
                differs: Vec::new(),
                same_text: None,
                copy: None,
            });
        }
        let text = self.readable(name, file).await;
        let copy = Copy {
            name: name.to_owned(),
            text: text.map_err(|why| Trouble::input(format!("{name}: {why}.")))?,
        };
        let made = match made {
            None => None,
            Some(made) => Some(self.read_again(&made).await?),
        };
        let held = Held::new(*form, &copy.text, made.as_ref());
        let mut said = held.said(*form).to_owned();
        if held.same_text {
            said.push_str(&points);
        }
        let mut differs = held.differs;
        let more = differs.len().saturating_sub(MAX_DIFFERENCES);
        differs.truncate(MAX_DIFFERENCES);
        if more > 0 {
            differs.push(format!("and {more} more"));
        }
        Ok(Verdict {
            said,
            differs,
            same_text: Some(held.same_text),
            copy: Some(copy),
        })
    }

    /// Whether a copy says, word for word, what a paper of the memo says: that which the bundle in it makes, or that which the bundle makes
    /// that it is held against. A paper that was printed or saved anew has lost its bundle, and says still the same.
    pub(super) async fn recognised(
        &self,
        copy: &Copy,
        file: &[u8],
        bundle: &[u8],
        both: &Both,
        believed: &Believed,
    ) -> Result<Known, Trouble> {
        let Some(form) = PaperForm::of(file) else {
            return Ok(Known::Other);
        };
        // Each paper says which memo it is of.
        let settings = settings(&copy.text, both.memo);
        if settings.is_empty() {
            return Ok(Known::Other);
        }
        if let Some(parts) = inside(form, &copy.name, file)? {
            // One that does not verify, or is another memo's, makes no paper of this one.
            let own = self.verified_both(&copy.name, &parts.bundle, believed.trust());
            if let Ok(own) = own
                && own.memo == both.memo
                && self.beside(copy, file, &parts, &own, form).await? == Beside::Same
            {
                let what = match parts.response {
                    Some(_) => "the paper of the office's response".to_owned(),
                    None => format!("the paper of version {}", own.verified.filed_version),
                };
                return Ok(Known::Paper(format!(
                    "SAME WORDS as {what} that the bundle inside it makes."
                )));
            }
        }
        let version = both.verified.filed_version;
        for setting in settings {
            let parts = Parts {
                bundle: bundle.into(),
                setting,
                response: None,
            };
            match self.beside(copy, file, &parts, both, form).await? {
                Beside::Same => {
                    return Ok(Known::Paper(format!(
                        "SAME WORDS as the paper of version {version} that this bundle makes."
                    )));
                }
                Beside::Table(rows) => {
                    let headline = format!(
                        "SAME MEMO, OTHER TABLE: all of the paper of version {version}, but for what its table says."
                    );
                    return Ok(Known::Table(headline, rows));
                }
                Beside::Other => {}
            }
        }
        Ok(Known::Other)
    }

    async fn beside(
        &self,
        copy: &Copy,
        file: &[u8],
        parts: &Parts<'_>,
        made_of: &Both,
        form: PaperForm,
    ) -> Result<Beside, Trouble> {
        let Ok(made) = self.made(parts, &made_of.recorded, form).await else {
            return Ok(Beside::Other);
        };
        if made == file {
            return Ok(Beside::Same);
        }
        Ok(Beside::new(
            form,
            &copy.text,
            &self.read_again(&made).await?,
            made_of.memo,
        ))
    }

    /// Makes the paper of a bundle that somebody holds.
    pub(crate) async fn verify_paper(&self, form: &Form) -> Result<Answer, Trouble> {
        let (name, file) = { form.files("bundle").next() }
            .ok_or_else(|| Trouble::input("Choose the bundle: a file that ends in .demur."))?;
        let wanted = Wanted::of(form)?;
        let given = Given::of(name, file, "Give the bundle.")?;
        let believed = self.believed(form)?;
        let both = self.verified_both(name, &given.bundle, believed.trust())?;
        let record = match form.ticked("page") {
            true => Some(page_of(&self.site.api, both.memo)?),
            false => None,
        };
        let parts = Parts {
            bundle: given.bundle,
            setting: Setting {
                size: wanted.size,
                record,
            },
            response: None,
        };
        let paper = self.made(&parts, &both.recorded, wanted.form).await?;
        Ok(paper_file(both.memo, &wanted, paper))
    }
}
