//! Following a memo; sharing its link; what a version changed.

use askama::Template;
use demur_channel::Step;
use demur_client::reader;
use demur_encoding::Digest;
use qrcode::{EcLevel, QrCode, render::svg};

use super::standing::why;
use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    memo_view::Changes,
    platform::Platform,
    reading::{VersionLine, version_lines},
    route, texts,
};

/// The most readers that an author can note down.
const MAX_READERS: usize = 1_000;

#[derive(Template)]
#[template(path = "memo.html")]
struct MemoPage {
    id: String,
    short: String,
    author: bool,
    filed: bool,
    /// Whether the memo takes a next version.
    may_amend: bool,
    /// Why the memo can't be taken back, where it can't.
    no_withdrawal: Option<String>,
    versions: Vec<VersionLine>,
    waiting: Vec<String>,
    steps: Vec<(String, String)>,
    due: Vec<DueLine>,
    missing: Vec<String>,
    latest: u32,
    as_of: String,
}

pub(crate) struct DueLine {
    pub(crate) what: &'static str,
    pub(crate) by: String,
    pub(crate) state: String,
    pub(crate) overdue: bool,
}

#[derive(Template)]
#[template(path = "share.html")]
struct Share {
    id: String,
    short: String,
    link: String,
    qr: String,
    readers: Vec<String>,
    renew: bool,
    filed: bool,
}

#[derive(Template)]
#[template(path = "changes_page.html")]
struct ChangesPage {
    id: String,
    from: u32,
    to: u32,
    latest: u32,
    changes: Changes,
}

/// What is due on a case.
pub(crate) fn due_lines(case: &demur_channel::Case, now: demur_encoding::Time) -> Vec<DueLine> {
    case.deadlines(now).iter().map(due_line).collect()
}

pub(crate) fn due_line(due: &demur_channel::Deadline) -> DueLine {
    use demur_channel::DeadlineState::{DoneLate, Overdue};
    DueLine {
        what: texts::obligation(due.what),
        by: due.date.to_string(),
        state: due.state.to_string(),
        overdue: matches!(due.state, Overdue | DoneLate),
    }
}

/// The steps that a case has taken, and when.
pub(crate) fn step_lines(case: &demur_channel::Case) -> Vec<(String, String)> {
    Step::ALL
        .into_iter()
        .filter_map(|step| Some((step.to_string(), texts::moment(case.time_of(step)?))))
        .collect()
}

impl<P: Platform> Desk<P> {
    /// How a memo stands.
    pub(crate) async fn memo_page(&mut self, memo: Digest) -> Result<Answer, Trouble> {
        let link = self.known_link(memo)?;
        let draft = self.draft(&link).await?;
        let asked = self.asked;
        let mirror = self.mirror()?;
        let my = self.opened()?.keys.memos.get(&memo);
        let case = mirror.case(memo);
        let standing = self.standing(memo, draft.filed)?;
        let missing = my.map_or_else(Vec::new, |my| {
            reader::missing_versions(&draft, my, mirror)
                .into_iter()
                .filter(|missing| missing.at.entry < asked)
                .map(|missing| missing.what)
                .collect()
        });
        let waiting = draft.waiting.iter().map(|waiting| {
            let what = serde_json::to_value(&waiting.body).unwrap_or_default();
            let action = what["action"].as_str().unwrap_or("act").to_owned();
            let (have, need) = (waiting.approvals.len(), draft.opening.threshold);
            format!("To {action}: {have} of {need} authors agree.")
        });
        let page = MemoPage {
            id: memo.to_string(),
            short: memo.short(),
            author: my.is_some(),
            filed: draft.filed,
            may_amend: standing.amend().is_ok(),
            no_withdrawal: why(standing.withdraw()),
            versions: version_lines(&draft),
            waiting: waiting.collect(),
            steps: case.as_ref().map(step_lines).unwrap_or_default(),
            due: match (&case, mirror.time()) {
                (Some(case), Some(now)) => due_lines(case, now),
                _ => Vec::new(),
            },
            missing,
            latest: draft.latest().map_or(0, |v| v.link.body.number),
            as_of: texts::as_of(mirror),
        };
        Ok(
            Answer::page(&format!("Memo {}", memo.short()), &page)?
                .at(format!("/desk/memo/{memo}")),
        )
    }

    pub(crate) async fn share_page(&mut self, memo: Digest) -> Result<Answer, Trouble> {
        self.sync().await?;
        let my = self.require_author(memo)?;
        let link = my.link(&self.site.api).reveal().to_string();
        let qr = QrCode::with_error_correction_level(link.as_bytes(), EcLevel::M)
            .map_err(Trouble::other)?
            .render::<svg::Color<'_>>()
            .min_dimensions(192, 192)
            .build();
        // An inline picture has no XML head.
        let qr = qr
            .find("<svg")
            .map_or(String::new(), |at| qr[at..].to_owned());
        let readers = self.opened()?.keys.readers.get(&memo).cloned();
        let readers = readers.unwrap_or_default();
        let page = Share {
            id: memo.to_string(),
            short: memo.short(),
            link,
            qr,
            readers: readers.names,
            renew: readers.renew,
            filed: self.mirror()?.memo(memo).is_some(),
        };
        Ok(Answer::page("Share", &page)?.at(format!("/desk/memo/{memo}/share")))
    }

    /// Notes who gets the link; who is removed is kept out from the next version on.
    pub(crate) async fn reader(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        self.require_author(memo)?;
        let readers = self.opened_mut()?.keys.readers.entry(memo).or_default();
        let name = form.text("name").to_owned();
        match form.text("do") {
            "add" if name.is_empty() => {
                return Err(Trouble::input("Whom do you give the link to?"));
            }
            "add" if readers.names.len() >= MAX_READERS => {
                return Err(Trouble::input(format!(
                    "At most {MAX_READERS} readers are noted down."
                )));
            }
            "add" => {
                if !readers.names.contains(&name) {
                    readers.names.push(name);
                }
            }
            "remove" => {
                readers.names.retain(|known| *known != name);
                readers.renew = true;
            }
            _ => return Err(Trouble::NoPage),
        }
        self.save().await?;
        self.share_page(memo).await
    }

    pub(crate) async fn changes_page(
        &mut self,
        memo: Digest,
        (from, to): (Option<u32>, Option<u32>),
    ) -> Result<Answer, Trouble> {
        let link = self.known_link(memo)?;
        let draft = self.draft(&link).await?;
        let new = self.version(&link, &draft, to).await?;
        let to = new.envelope.version();
        let from = match from {
            Some(from) => from,
            None if to > 1 => to - 1,
            None => {
                return Err(Trouble::input(
                    "The memo has one version only: there is nothing to compare.",
                ));
            }
        };
        let old = self.version(&link, &draft, Some(from)).await?;
        let page = ChangesPage {
            id: memo.to_string(),
            from,
            to,
            latest: draft.latest().map_or(0, |v| v.link.body.number),
            changes: Changes::of(&demur_memo::diff::diff(&old.memo, &new.memo)),
        };
        let address = format!("/desk/memo/{memo}/changes?from={from}&to={to}");
        Ok(Answer::page("What changed", &page)?.at(address))
    }
}
