//! What a person gives beside a copy: quotations, an article.

use demur_check::{
    bundle::Verified,
    copy::CopyError,
    quote::{check_quotations, check_quote},
    verdict::QuotesVerdict,
};
use demur_extract::Reading;

use crate::{answer::Trouble, desk::Desk, form::Form, given::Copy, platform::Platform};

/// A text with quotations.
pub(super) struct Quoted {
    text: String,
    /// The file that it came from.
    file: Option<Copy>,
}

impl Quoted {
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

    /// Whether the article's file may show something else than its text, or can be read in more ways than the one that was taken.
    pub(super) fn is_doubted(&self) -> bool {
        { self.file.as_ref() }
            .is_some_and(|file| !file.text.doubts.is_empty() || file.text.readings.len() > 1)
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
        if file.text.readings.len() > 1 {
            out.push(
                "It can be read in more than one way, of which the first was taken".to_owned(),
            );
        }
        out.extend(file.doubted());
        out
    }
}

/// The files beside the bundle, for the report.
pub(super) fn files(form: &Form) -> impl Iterator<Item = (&'static str, &str, &[u8])> {
    let named = |what| move |(name, bytes)| (what, name, bytes);
    let copies = form.files("copy").map(named("Copy"));
    copies.chain(form.files("article").map(named("Article")))
}

impl<P: Platform> Desk<P> {
    /// The article, as a file or pasted, where there is one.
    pub(super) async fn quoted_of(&self, form: &Form) -> Result<Option<Quoted>, Trouble> {
        let pasted = form.raw("quotes").trim();
        let Some((name, bytes)) = form.files("article").next() else {
            return Ok((!pasted.is_empty()).then(|| Quoted {
                text: pasted.to_owned(),
                file: None,
            }));
        };
        if !pasted.is_empty() {
            return Err(Trouble::input(
                "An article's file and pasted quotations were given: look for those of one at a time.",
            ));
        }
        let text = self.readable(name, bytes).await;
        let text = text.map_err(|why| Trouble::input(format!("{name}: {why}.")))?;
        let file = Copy {
            name: name.to_owned(),
            text,
        };
        // Of several readings the first, as the program does.
        let text = { file.text.readings.first() }.map_or_else(String::new, Reading::article);
        Ok(Some(Quoted {
            text,
            file: Some(file),
        }))
    }
}
