//! The case as its authors see it: what happened, messages, the response beside the points, a rejoinder.

use askama::Template;
use demur_channel::{Case, Step, profile::Fingerprint};
use demur_check::fingerprint::RISK;
use demur_client::{
    api::Waiting,
    author::{self, AuthorCase, Proposal},
    calls,
    reader::{Draft, OpenedVersion},
};
use demur_encoding::Digest;
use demur_memo::content::OutlinePart;
use demur_record::entry::ApprovalBody;

use super::{
    fingerprint::fingerprints,
    follow::{DueLine, due_lines},
    release::{Disclosed, WHICH_VERSION},
    standing::why,
};
use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    letters::Letter,
    office::{AnsweredPoint, MessageLine, answered, history, message_lines},
    papers,
    platform::Platform,
    route,
    signing::sentence,
    texts,
};

/// The most sentences that are offered to be ticked: a form has at most 512 fields.
const MAX_TICKS: usize = 400;

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage {
    id: String,
    short: String,
    history: Vec<(String, String)>,
    pending: Vec<String>,
    due: Vec<DueLine>,
    messages: Vec<MessageLine>,
    returned: Option<ReturnLetter>,
    responded: bool,
    general: Option<String>,
    answers: Vec<AnsweredPoint>,
    rejoin: Together<String>,
    may_rejoin: bool,
    rejoin_until: Option<String>,
    text: String,
    message: String,
    release: Together<Disclosed>,
    /// Whether the profile lets authors publish fingerprints.
    may_fingerprint: bool,
    /// Of which version one is proposed.
    fingerprint: Together<u32>,
    /// Of which versions one is published.
    fingerprinted: Vec<u32>,
    /// What authors are told before they publish one.
    risk: &'static str,
    withdrawal: Together<()>,
    /// Why the memo can't be taken back, where it can't.
    no_withdrawal: Option<String>,
    latest: u32,
    /// Of which version a bundle may show one or some.
    of: u32,
    /// That version's sentences, to be ticked; none where they are too many for one form.
    outline: Vec<OutlinePart>,
    /// The version that papers are of.
    paper_version: u32,
    paper_act: &'static str,
    told: Option<String>,
    as_of: String,
}

/// What a bundle shows of one version.
#[derive(Template)]
#[template(path = "bundle_form.html")]
struct BundlePart {
    id: String,
    latest: u32,
    of: u32,
    outline: Vec<OutlinePart>,
}

struct ReturnLetter {
    reason: String,
    text: String,
    unread: bool,
}

/// What the authors may be agreeing on.
enum Together<T> {
    /// Nobody has proposed it.
    Nothing,
    /// This author has agreed: how many of how many.
    Waits(usize, u32),
    /// A co-author proposes it: what was looked into, and what names it.
    Asked(T, String),
    /// A co-author proposes it, and it is not to be agreed to.
    Wrong(String),
}

/// Whether something of this kind waits.
fn kind(step: Step) -> fn(&ApprovalBody) -> bool {
    match step {
        Step::Rejoined => |body| matches!(body, ApprovalBody::Rejoin { .. }),
        _ => |body| matches!(body, ApprovalBody::Withdraw { .. }),
    }
}

pub(super) fn releases(body: &ApprovalBody) -> bool {
    matches!(body, ApprovalBody::Release { .. })
}

/// What can be ticked; nothing where a form would not hold it all.
fn ticks(outline: Vec<OutlinePart>) -> Vec<OutlinePart> {
    let sentences: usize = outline.iter().map(|part| part.sentences.len()).sum();
    if sentences > MAX_TICKS {
        return Vec::new();
    }
    outline
}

impl<P: Platform> Desk<P> {
    /// The case of an own memo.
    pub(crate) async fn author_case_page(&mut self, memo: Digest) -> Result<Answer, Trouble> {
        self.author_case(memo, None).await
    }

    /// The form for a bundle of the version that is asked for: parts are chosen by its own sentences.
    pub(crate) async fn bundle_of(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let of = { form.text("of").parse() }.map_err(|_| Trouble::input(WHICH_VERSION))?;
        let link = self.known_link(memo)?;
        self.require_author(memo)?;
        let draft = self.draft(&link).await?;
        let opened = self.version(&link, &draft, Some(of)).await?;
        let part = BundlePart {
            id: memo.to_string(),
            latest: draft.latest().map_or(0, |v| v.link.body.number),
            of,
            outline: ticks(opened.content.outline()),
        };
        Answer::part("bundle-form", &part)
    }

    async fn author_case(&mut self, memo: Digest, told: Option<String>) -> Result<Answer, Trouble> {
        let link = self.known_link(memo)?;
        self.require_author(memo)?;
        let draft = self.draft(&link).await?;
        if !draft.filed {
            return Err(Trouble::input("The memo is not filed: it has no case yet."));
        }
        let opened = self.version(&link, &draft, None).await?;
        let case = self.author_view(memo).await?;
        let page = self.case_view(&draft, &opened, case, told)?;
        let title = format!("The case of memo {}", memo.short());
        Ok(Answer::page(&title, &page)?.at(format!("/desk/memo/{memo}/case")))
    }

    /// What the server shows an author of the case, held against the record.
    pub(super) async fn author_view(&mut self, memo: Digest) -> Result<AuthorCase, Trouble> {
        let request = author::view_request(self.require_author(memo)?, self.platform.now());
        let view = self.send(&calls::author_view(memo, request)).await?;
        // Opened after the view came: what it places in the record is in the copy then.
        self.sync().await?;
        author::open_case(self.require_author(memo)?, view, self.mirror()?)
            .map_err(|e| Trouble::other(sentence(&e.to_string())))
    }

    fn case_view(
        &self,
        draft: &Draft,
        opened: &OpenedVersion,
        view: AuthorCase,
        told: Option<String>,
    ) -> Result<CasePage, Trouble> {
        let (memo, mirror) = (draft.memo, self.mirror()?);
        let case = view.case.as_ref();
        let opening = |access: &author::AccessLine| {
            format!(
                "the sealed file was given to {} ({})",
                access.account, access.role
            )
        };
        let recorded = view.accesses.iter().filter(|access| access.recorded);
        let pending = view.accesses.iter().filter(|access| !access.recorded);
        let may = |case: &Case| {
            let now = mirror.time();
            now.is_some_and(|now| case.expected(now).contains(&Step::Rejoined))
        };
        let response = view.response.as_ref();
        Ok(CasePage {
            id: memo.to_string(),
            short: memo.short(),
            history: history(case, recorded.map(|access| (access.time, opening(access)))),
            pending: pending
                .map(|access| format!("{}: {}", texts::moment(access.time), opening(access)))
                .collect(),
            due: match (case, view.as_of) {
                (Some(case), Some(now)) => due_lines(case, now),
                _ => Vec::new(),
            },
            messages: message_lines(&view.messages),
            returned: view.returned.map(|returned| {
                let unread = returned.letter.is_err();
                let (Ok(text) | Err(text)) = returned.letter;
                ReturnLetter {
                    reason: returned.reason,
                    text: texts::plain(&text),
                    unread,
                }
            }),
            responded: response.is_some(),
            general: response.and_then(|response| response.general().map(texts::plain)),
            answers: response
                .map(|response| answered(response, Some(&opened.memo)))
                .unwrap_or_default(),
            rejoin: self.together(draft, kind(Step::Rejoined), |proposal| match proposal {
                Proposal::Rejoin { text } => Ok(texts::plain(&text.unwrap_or_default())),
                _ => Err(other_proposal()),
            }),
            may_rejoin: case.is_some_and(may),
            rejoin_until: case
                .and_then(Case::rejoin_until)
                .map(|due| due.date.to_string()),
            text: self.kept_letter(Letter::Rejoinder, memo)?,
            message: self.kept_letter(Letter::Message, memo)?,
            release: self.together(draft, releases, |proposal| match proposal {
                Proposal::Release { bundle } => self.disclosed(memo, &bundle),
                _ => Err(other_proposal()),
            }),
            may_fingerprint: mirror
                .profile()
                .is_some_and(|profile| profile.disclosure.fingerprint == Fingerprint::WholeText),
            fingerprint: self.together(draft, fingerprints, |proposal| match proposal {
                Proposal::Fingerprint { of, .. } => Ok(of),
                _ => Err(other_proposal()),
            }),
            fingerprinted: mirror.replay().memo(memo).map_or_else(Vec::new, |known| {
                known.fingerprints().iter().map(|(_, f)| f.of).collect()
            }),
            risk: RISK,
            withdrawal: self.together(draft, kind(Step::Withdrawn), |_| Ok(())),
            no_withdrawal: why(self.standing(memo, draft.filed)?.withdraw()),
            latest: opened.envelope.version(),
            of: opened.envelope.version(),
            outline: ticks(opened.content.outline()),
            paper_version: papers::filed_version(mirror, memo),
            paper_act: "author-paper",
            told,
            as_of: texts::as_of(mirror),
        })
    }

    /// How far the authors are with something that they do together.
    fn together<T>(
        &self,
        draft: &Draft,
        wanted: impl Fn(&ApprovalBody) -> bool,
        look: impl Fn(Proposal) -> Result<T, Trouble>,
    ) -> Together<T> {
        let wrong = |trouble: Trouble| match trouble {
            Trouble::Told(why) => Together::Wrong(why),
            _ => Together::Nothing,
        };
        match self.reviewed(draft, &wanted) {
            Err(trouble) => wrong(trouble),
            Ok(Some((proposal, post))) => match look(proposal) {
                Ok(shown) => Together::Asked(shown, post.body.signed_hash().to_string()),
                Err(trouble) => wrong(trouble),
            },
            // What waits and is not to be reviewed has this author's word.
            Ok(None) => match draft.waiting.iter().find(|w| wanted(&w.body)) {
                Some(Waiting { approvals, .. }) => {
                    Together::Waits(approvals.len(), draft.opening.threshold)
                }
                None => Together::Nothing,
            },
        }
    }

    /// Writes to the office.
    pub(crate) async fn author_message(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let text = form.text("text").replace("\r\n", "\n");
        self.sync().await?;
        let my = self.require_author(memo)?;
        let post = author::message(my, &text, self.mirror()?, self.platform.now())
            .map_err(|e| Trouble::input(sentence(&e.to_string())))?;
        self.keep_letter(Letter::Message, memo, form).await?;
        let sent = self.send(&calls::author_message(memo, &post)).await?;
        self.drop_letter(Letter::Message, memo).await?;
        let told = format!("Message {} is with the office.", sent.number);
        self.author_case(memo, Some(told)).await
    }

    /// Replies to the response, or agrees to a co-author's reply that was on the page.
    pub(crate) async fn rejoin(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        if !form.ticked("sure") {
            return Err(Trouble::input(
                "Tick the box: there is one rejoinder, and it ends the case.",
            ));
        }
        let agree = form.text("agree");
        if agree.is_empty() {
            self.keep_letter(Letter::Rejoinder, memo, form).await?;
        }
        let link = self.known_link(memo)?;
        let draft = self.draft(&link).await?;
        let post = if agree.is_empty() {
            let text = form.text("text").replace("\r\n", "\n");
            author::propose_rejoinder(self.require_author(memo)?, &text, self.mirror()?)
                .map_err(|e| Trouble::input(sentence(&e.to_string())))?
        } else {
            self.agreed_to(&draft, kind(Step::Rejoined), agree)?.1
        };
        let done = "The office has your reply; it ends the case.";
        let answer = self.approve(&draft, &post, "Rejoined", done).await?;
        self.drop_letter(Letter::Rejoinder, memo).await?;
        Ok(answer)
    }

    /// A co-author's proposal, if it is the one that was on the page.
    pub(super) fn agreed_to(
        &self,
        draft: &Draft,
        wanted: impl Fn(&ApprovalBody) -> bool,
        hash: &str,
    ) -> Result<(Proposal, demur_client::api::PostApproval), Trouble> {
        self.reviewed(draft, |body| {
            wanted(body) && body.signed_hash().to_string() == hash
        })?
        .ok_or_else(|| {
            Trouble::input(
                "What you looked at does not wait for your word any more: load the page again.",
            )
        })
    }
}

fn other_proposal() -> Trouble {
    Trouble::other("The server shows another proposal than it says.")
}
