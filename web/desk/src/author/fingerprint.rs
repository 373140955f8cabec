//! Publishing the fingerprint of a version's text, together.

use demur_check::fingerprint::of_memo;
use demur_client::{
    author::{self, Proposal},
    link::Link,
    reader::Draft,
};
use demur_record::entry::{ApprovalBody, TextFingerprint};

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    route,
    signing::sentence,
};

/// Whether it is about a fingerprint.
pub(super) const fn fingerprints(body: &ApprovalBody) -> bool {
    matches!(body, ApprovalBody::Fingerprint { .. })
}

impl<P: Platform> Desk<P> {
    /// Publishes a fingerprint, or agrees to a co-author's that was on the page, after computing it again here.
    pub(crate) async fn fingerprint(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        if !form.ticked("sure") {
            return Err(Trouble::input(
                "Tick the box: a fingerprint stands in the record for ever.",
            ));
        }
        let link = self.known_link(memo)?;
        self.require_author(memo)?;
        let draft = self.draft(&link).await?;
        let agree = form.text("agree");
        let post = if agree.is_empty() {
            let of = form.text("of").parse().map_err(|_| {
                Trouble::input("Choose of which version a fingerprint is to be published.")
            })?;
            let text = self.computed(&link, &draft, of).await?;
            let (my, mirror) = (self.require_author(memo)?, self.mirror()?);
            author::propose_fingerprint(my, &draft, of, text, mirror)
                .map_err(|e| Trouble::input(sentence(&e.to_string())))?
        } else {
            let (proposal, post) = self.agreed_to(&draft, fingerprints, agree)?;
            let Proposal::Fingerprint { of, text } = proposal else {
                return Err(Trouble::other(
                    "The server shows another proposal than a fingerprint.",
                ));
            };
            if self.computed(&link, &draft, of).await? != text {
                return Err(Trouble::other(format!(
                    "Don't agree to this: the fingerprint that waits is not of the text of version {of}."
                )));
            }
            post
        };
        let done =
            "Whoever has the whole text of that version can tell it now. This can't be taken back.";
        self.approve(&draft, &post, "Published", done).await
    }

    /// The fingerprint of a version's text, opened with the link and held against what its author signed.
    async fn computed(
        &self,
        link: &Link,
        draft: &Draft,
        of: u32,
    ) -> Result<TextFingerprint, Trouble> {
        let hash = { draft.version(of) }
            .ok_or_else(|| Trouble::input(format!("The memo has no version {of}.")))?
            .link
            .hash;
        let opened = self.version(link, draft, Some(of)).await?;
        self.platform.progress("Computing the fingerprint", 0, 0);
        of_memo(&opened.memo, draft.memo, hash)
            .map_err(|e| Trouble::input(sentence(&e.to_string())))
    }
}
