//! What can't be done with a memo now is not offered; who asks for it by its address is told why.

use askama::Template;
use demur_client::author::{NotNow, Standing};
use demur_encoding::Digest;

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    platform::Platform,
    signing::sentence,
};

#[derive(Template)]
#[template(path = "not_now.html")]
struct NotNowPage<'a> {
    id: String,
    title: &'a str,
    why: String,
    filed: bool,
    /// What was written for a next version and not registered.
    kept: Option<String>,
}

/// Why something can't be done, where it can't.
pub(super) fn why(may: Result<(), NotNow>) -> Option<String> {
    may.err().map(|why| sentence(&why.to_string()))
}

impl<P: Platform> Desk<P> {
    /// How far a memo is; `filed`: whether the server says so.
    pub(super) fn standing(&self, memo: Digest, filed: bool) -> Result<Standing, Trouble> {
        Ok(Standing::of(memo, filed, self.mirror()?))
    }

    /// The editor with the memo's text, where it takes a next version.
    pub(crate) async fn amend_page(&mut self, memo: Digest) -> Result<Answer, Trouble> {
        self.require_author(memo)?;
        self.sync().await?;
        // The record alone is asked: the editor asks the server, and between filing and batch that says what to wait for.
        match self.standing(memo, false)?.amend() {
            Ok(()) => self.editor_amend(memo).await,
            Err(not_now) => self.not_now_page(memo, "Amend", not_now, "edit"),
        }
    }

    pub(super) fn not_now_page(
        &self,
        memo: Digest,
        title: &str,
        why: NotNow,
        at: &str,
    ) -> Result<Answer, Trouble> {
        let kept = self.opened()?.texts.drafts.get(&memo.to_string());
        let body = kept.and_then(|fields| fields.get("body")?.first().cloned());
        let page = NotNowPage {
            id: memo.to_string(),
            title,
            why: sentence(&why.to_string()),
            filed: self.mirror()?.memo(memo).is_some(),
            kept: body.filter(|_| at == "edit"),
        };
        Ok(Answer::page(title, &page)?.at(format!("/desk/memo/{memo}/{at}")))
    }
}
