//! Messages, letters and rejoinders while they are written: kept, sealed, on this device until they are sent.

use askama::Template;
use demur_encoding::Digest;

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    route,
};

/// What somebody writes about a memo.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Letter {
    /// An author's, to the office.
    Message,
    /// The office's, to the authors.
    Question,
    /// With which the office returns a memo.
    Return,
    /// The authors' reply to the response.
    Rejoinder,
}

/// Each with its name in forms, and the field in which it is written.
const LETTERS: [(Letter, &str, &str); 4] = [
    (Letter::Message, "message", "text"),
    (Letter::Question, "question", "text"),
    (Letter::Return, "return", "letter"),
    (Letter::Rejoinder, "rejoin", "text"),
];

#[derive(Template)]
#[template(path = "letter_kept.html")]
struct Kept;

impl Letter {
    fn form(self) -> (&'static str, &'static str) {
        let found = LETTERS.iter().find(|(letter, ..)| *letter == self);
        found.map_or(("", ""), |(_, name, field)| (name, field))
    }

    fn key(self, memo: Digest) -> String {
        format!("{}-{memo}", self.form().0)
    }
}

impl<P: Platform> Desk<P> {
    /// While one writes it is kept.
    pub(crate) async fn letter_live(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let wanted = form.text("kept");
        let (letter, name, _) = LETTERS
            .iter()
            .find(|(_, name, _)| *name == wanted)
            .ok_or(Trouble::NoPage)?;
        self.keep_letter(*letter, memo, form).await?;
        Answer::part(&format!("{name}-kept"), &Kept)
    }

    pub(crate) async fn keep_letter(
        &mut self,
        letter: Letter,
        memo: Digest,
        form: &Form,
    ) -> Result<(), Trouble> {
        self.keep_text(letter.key(memo), form, &[letter.form().1])
            .await
    }

    pub(crate) async fn drop_letter(
        &mut self,
        letter: Letter,
        memo: Digest,
    ) -> Result<(), Trouble> {
        self.drop_text(&letter.key(memo)).await
    }

    /// What was written and not sent; nothing where nothing was.
    pub(crate) fn kept_letter(&self, letter: Letter, memo: Digest) -> Result<String, Trouble> {
        let kept = self.kept_text(&letter.key(memo))?;
        Ok(kept.raw(letter.form().1).to_owned())
    }
}
