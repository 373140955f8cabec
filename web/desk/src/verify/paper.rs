//! Papers: what is inside one, whether it is what that makes, and whether a copy is the memo's own paper.

use demur_extract::Extracted;
use demur_paper::{Beside, Form as PaperForm, Held, Known, Parts, Setting, WHOLE, settings};

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    given::{Believed, Copy},
    papers::{Both, Given, Wanted, inside, page_of, paper_file},
    platform::Platform,
};

/// A paper beside the one that the bundle in it makes.
pub(super) struct Verdict {
    /// In words.
    pub(super) said: String,
    /// What differs, of a DOCX.
    pub(super) differs: Vec<String>,
    /// Where it is not that paper, byte for byte: whether its text is the same.
    pub(super) same_text: Option<bool>,
    /// The same: what was read out of it.
    pub(super) copy: Option<Copy>,
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
        let points = parts.setting.points_to(*form).map(|points| {
            format!(" {points}: the bundle does not prove that this address is the channel's.")
        });
        let points = points.unwrap_or_default();
        // A bundle of which no paper can be made has made none. Where the typesetter could not be loaded, this PDF can't be read below either,
        // and that is told.
        let made = self.made(parts, &both.recorded, *form).await.ok();
        if made.as_deref() == Some(file) {
            return Ok(Verdict {
                said: format!("{WHOLE}{points}"),
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
        Ok(Verdict {
            said,
            differs: held.differs,
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
                return Ok(Known::by_its_own(&parts, own.verified.filed_version));
            }
        }
        let version = both.verified.filed_version;
        for setting in settings {
            let parts = Parts {
                bundle: bundle.into(),
                setting,
                response: None,
            };
            let beside = self.beside(copy, file, &parts, both, form).await?;
            let known = Known::by_the_bundle(beside, version);
            if known != Known::Other {
                return Ok(known);
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
