//! What authors decide together: file, withdraw.

use askama::Template;
use demur_client::{
    api::{Approved, PostApproval},
    author::{self, Proposal},
    calls,
    link::Link,
    reader::Draft,
};
use demur_encoding::Digest;
use demur_record::entry::{ApprovalBody, Role};

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    memo_view::Paper,
    platform::Platform,
    reading::{VersionLine, version_lines},
    route,
    signing::sentence,
};

#[derive(Template)]
#[template(path = "filing.html")]
struct Filing {
    id: String,
    short: String,
    version: u32,
    paper: Paper,
    versions: Vec<VersionLine>,
    authors: usize,
    threshold: u32,
    office: Vec<String>,
    recovery: Vec<String>,
    principals: Vec<String>,
    edition: u32,
    agree: bool,
    waits: bool,
    words: u64,
}

#[derive(Template)]
#[template(path = "decided.html")]
struct Decided<'a> {
    id: String,
    short: String,
    title: &'a str,
    text: String,
}

impl<P: Platform> Desk<P> {
    /// What filing discloses, to whom.
    pub(crate) async fn filing_page(&mut self, memo: Digest) -> Result<Answer, Trouble> {
        let link = self.known_link(memo)?;
        let draft = self.draft(&link).await?;
        let my = self.require_author(memo)?;
        if let Err(not_now) = self.standing(memo, draft.filed)?.file() {
            return self.not_now_page(memo, "File", not_now, "file");
        }
        let me = my.keys.sign.public();
        let latest = draft
            .latest()
            .ok_or_else(|| Trouble::input("The memo has no version yet."))?;
        let number = latest.link.body.number;
        let proposed = draft.waiting.iter().find(|w| files(&w.body, number));
        let agreed = proposed.is_some_and(|w| w.approvals.iter().any(|a| a.author == me));
        let opened = self.version(&link, &draft, None).await?;
        let mirror = self.mirror()?;
        let names = |role: Role| -> Vec<String> {
            { mirror.keys().of(role) }
                .map(|key| key.name.clone())
                .collect()
        };
        let principals = mirror.profile().map(|profile| {
            let standard = profile.default_distribution().map(|p| p.title.clone());
            standard.collect()
        });
        let page = Filing {
            id: memo.to_string(),
            short: memo.short(),
            version: number,
            paper: Paper::of(&opened.memo),
            versions: version_lines(&draft),
            authors: draft.opening.authors.len(),
            threshold: draft.opening.threshold,
            office: names(Role::Office),
            recovery: names(Role::Recovery),
            principals: principals.unwrap_or_default(),
            edition: draft.opening.edition.number,
            agree: proposed.is_some() && !agreed,
            waits: agreed,
            words: u64::from(latest.link.body.counts.words),
        };
        Ok(Answer::page("File", &page)?.at(format!("/desk/memo/{memo}/file")))
    }

    /// Files the latest version, or agrees to a co-author's filing after looking into the sealed file.
    pub(crate) async fn file(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        if !form.ticked("sure") {
            return Err(Trouble::input(
                "Tick the box: a filing can be withdrawn, but what it discloses can't be taken back.",
            ));
        }
        let link = self.known_link(memo)?;
        let draft = self.draft(&link).await?;
        let number = draft.latest().map_or(0, |v| v.link.body.number);
        if form.text("version").parse() != Ok(number) {
            return Err(Trouble::input(format!(
                "There is a version {number} now: look at it before you file it."
            )));
        }
        let post = self.filing(&link, &draft, number).await?;
        let done = "The office has the memo. The record will show it with every sign-on, from the next batch on.";
        self.approve(&draft, &post, "Filed", done).await
    }

    async fn filing(
        &self,
        link: &Link,
        draft: &Draft,
        number: u32,
    ) -> Result<PostApproval, Trouble> {
        let my = self.require_author(draft.memo)?;
        match self.reviewed(draft, |body| files(body, number))? {
            Some((Proposal::File { .. }, post)) => Ok(post),
            Some(_) => Err(Trouble::other(
                "The server shows another proposal than a filing.",
            )),
            None => {
                let opened = self.version(link, draft, None).await?;
                author::propose_filing(my, draft, &opened, self.mirror()?)
                    .map_err(|e| Trouble::input(sentence(&e.to_string())))
            }
        }
    }

    /// The proposal of a co-author that waits for this author's word, looked into, and this author's approval of it.
    pub(crate) fn reviewed(
        &self,
        draft: &Draft,
        wanted: impl Fn(&ApprovalBody) -> bool,
    ) -> Result<Option<(Proposal, PostApproval)>, Trouble> {
        let my = self.require_author(draft.memo)?;
        let me = my.keys.sign.public();
        let others = |w: &&demur_client::api::Waiting| {
            wanted(&w.body) && w.approvals.iter().all(|a| a.author != me)
        };
        let Some(waiting) = draft.waiting.iter().find(others) else {
            return Ok(None);
        };
        let proposed = author::review(my, waiting, draft, &self.rules()?, self.mirror()?)
            .map_err(|e| Trouble::other(format!("Don't agree to this: {e}.")))?;
        let post = author::approve(my, proposed.body, None);
        Ok(Some((proposed.proposal, post)))
    }

    /// Takes the memo back, or agrees to that.
    pub(crate) async fn withdraw(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        if !form.ticked("sure") {
            return Err(Trouble::input("Tick the box to withdraw the memo."));
        }
        let link = self.known_link(memo)?;
        let draft = self.draft(&link).await?;
        let my = self.require_author(memo)?;
        let post = author::propose_withdrawal(my, &draft, self.mirror()?)
            .map_err(|e| Trouble::input(sentence(&e.to_string())))?;
        let done = if draft.filed {
            "The case ends. The record will show that the authors withdrew the memo."
        } else {
            "The draft is erased; the record shows nothing of it."
        };
        self.approve(&draft, &post, "Withdrawn", done).await
    }

    /// Sends an approval; says what came of it.
    pub(crate) async fn approve(
        &mut self,
        draft: &Draft,
        post: &PostApproval,
        title: &str,
        done: &str,
    ) -> Result<Answer, Trouble> {
        let memo = draft.memo;
        let (title, text) = match self.send(&calls::approve(memo, post)).await? {
            Approved::Waiting { have, need } => (
                "Waiting for the other authors",
                format!("{have} of {need} authors agree. The others find it on the memo's page."),
            ),
            Approved::Done { promise, entry } => {
                let erased = !draft.filed && matches!(post.body, ApprovalBody::Withdraw { .. });
                let now = self.platform.now();
                if !erased {
                    self.keep_outcome(|open, mirror| {
                        if let Some(my) = open.keys.memos.get_mut(&memo) {
                            let (promise, entry) = (promise.as_deref(), entry.clone());
                            author::agreed(my, &post.body, promise, entry, mirror, now)
                                .map_err(Trouble::other)?;
                        }
                        Ok(())
                    })
                    .await?;
                }
                (title, done.to_owned())
            }
        };
        let page = Decided {
            id: memo.to_string(),
            short: memo.short(),
            title,
            text,
        };
        Ok(Answer::page(title, &page)?.at(format!("/desk/memo/{memo}")))
    }
}

fn files(body: &ApprovalBody, number: u32) -> bool {
    matches!(body, ApprovalBody::File { version, .. } if *version == number)
}
