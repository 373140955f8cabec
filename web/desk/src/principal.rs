//! A principal: what was distributed to them.

use askama::Template;
use demur_channel::Step;
use demur_client::{calls, office};
use demur_encoding::{Bytes, Digest};

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    memo_view::Paper,
    papers,
    platform::Platform,
    reading::{VersionLine, version_lines},
    route,
    signing::sentence,
    texts,
};

#[derive(Template)]
#[template(path = "principal.html")]
struct Inbox {
    cases: Vec<CaseRow>,
    as_of: String,
}

struct CaseRow {
    id: String,
    short: String,
    version: u32,
    filed: String,
    step: String,
}

#[derive(Template)]
#[template(path = "principal_unopened.html")]
struct Unopened {
    id: String,
    short: String,
    recorded: bool,
}

#[derive(Template)]
#[template(path = "principal_memo.html")]
struct MemoPage {
    id: String,
    short: String,
    paper: Paper,
    versions: Vec<VersionLine>,
    paper_version: u32,
    paper_act: &'static str,
    responded: bool,
    as_of: String,
}

impl<P: Platform> Desk<P> {
    fn principal(&self) -> Result<(), Trouble> {
        if self.session_role()? == "steward" {
            return Err(Trouble::input(
                "Your account is a steward's: what is filed is on the office's pages.",
            ));
        }
        Ok(())
    }

    /// What was distributed to this account.
    pub(crate) async fn principal_page(&mut self) -> Result<Answer, Trouble> {
        self.principal()?;
        self.sync().await?;
        let list = self.as_account(calls::principal_cases).await?;
        let mirror = self.mirror()?;
        let row = |line: &demur_client::api::CaseLine| {
            let case = mirror.case(line.memo);
            let filed = case.as_ref().and_then(|c| c.time_of(Step::Filed));
            CaseRow {
                id: line.memo.to_string(),
                short: line.memo.short(),
                version: line.version,
                filed: filed.map_or_else(|| "not in the record yet".to_owned(), texts::moment),
                step: case.map_or_else(|| line.step, |c| c.step()).to_string(),
            }
        };
        let page = Inbox {
            cases: list.cases.iter().map(row).collect(),
            as_of: texts::as_of(mirror),
        };
        Ok(Answer::page("Distributed to me", &page)?.at("/desk/principal"))
    }

    /// Whether the record shows that a memo was distributed to this account: the server may know it a batch earlier.
    fn distributed(&self, memo: Digest) -> Result<bool, Trouble> {
        let role = self.session_role()?;
        let files = self.mirror()?.case_files(memo);
        Ok(files
            .distributed
            .iter()
            .any(|d| d.to.iter().any(|to| to == role)))
    }

    /// One memo: to be opened, or open.
    pub(crate) async fn principal_memo_page(&mut self, memo: Digest) -> Result<Answer, Trouble> {
        self.principal()?;
        self.sync().await?;
        let open = self.bench.reading.as_ref();
        let answer = match open.filter(|open| open.draft.memo == memo) {
            Some(open) => {
                let page = MemoPage {
                    id: memo.to_string(),
                    short: memo.short(),
                    paper: Paper::of(&open.memo),
                    versions: version_lines(&open.draft),
                    paper_version: papers::filed_version(self.mirror()?, memo),
                    paper_act: "principal-paper",
                    // The response is the authors' and the office's.
                    responded: false,
                    as_of: texts::as_of(self.mirror()?),
                };
                Answer::page(&format!("Memo {}", memo.short()), &page)?
            }
            None => {
                let page = Unopened {
                    id: memo.to_string(),
                    short: memo.short(),
                    recorded: self.distributed(memo)?,
                };
                Answer::page(&format!("Memo {}", memo.short()), &page)?
            }
        };
        Ok(answer.at(format!("/desk/principal/{memo}")))
    }

    /// Fetches the sealed file, which is recorded, and opens it.
    pub(crate) async fn principal_open(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        self.principal()?;
        self.sync().await?;
        // Before the file is asked for: what the record does not show can't be checked against it.
        if !self.distributed(memo)? {
            return Err(Trouble::input(
                "The record does not show yet that this memo was distributed to you: try again after the next batch.",
            ));
        }
        let sealed = self
            .as_account(|session| calls::principal_sealed(session, memo))
            .await?;
        self.platform.progress("Checking every proof", 0, 0);
        let opened = office::open_as_principal(
            &self.account()?.keys,
            memo,
            &Bytes(sealed),
            &self.rules()?,
            self.mirror()?,
            self.check()?,
            &mut Self::rng(),
        )
        .map_err(|e| Trouble::other(sentence(&e.to_string())))?;
        self.bench.reading = Some(opened);
        self.principal_memo_page(memo).await
    }

    /// The paper of the memo that is open.
    pub(crate) async fn principal_paper(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let wanted = papers::Wanted::of(form)?;
        self.principal()?;
        self.sync().await?;
        let open = { self.bench.reading.as_ref() }
            .filter(|open| open.draft.memo == memo)
            .ok_or_else(|| Trouble::input("Open the memo first."))?;
        let texts = papers::whole(open.version, &open.content)?;
        self.own_paper(memo, texts, None, &wanted).await
    }
}
