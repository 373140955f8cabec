//! A case before a steward: opening it, and the office's steps.

use askama::Template;
use demur_channel::{Case, Profile, ResponseFile, Step};
use demur_client::{
    api::{Accepted, CaseView, PostStep},
    calls,
    device::Mirror,
    keys::RoleKeys,
    office::{self, NamedSigner, OpenedCase, StepError},
    watch,
};
use demur_encoding::{Bytes, Digest, sha256};
use demur_record::entry::{Entry, Role};

use super::{AnsweredPoint, MessageLine, answered, history, message_lines, step_waits};
use crate::{
    answer::{Answer, Trouble},
    author::follow::{DueLine, due_lines, step_lines},
    desk::Desk,
    form::Form,
    letters::Letter,
    memo_view::Paper,
    papers,
    platform::Platform,
    reading::{VersionLine, version_lines},
    route,
    signing::sentence,
    texts,
};

/// A case that was opened. The file stays, so that to look again is no other opening.
pub(crate) struct CaseFile {
    file: Bytes,
    pub(super) opened: OpenedCase,
    /// What the office has answered, opened and held against the record.
    response: Option<ResponseFile>,
}

#[derive(Template)]
#[template(path = "office_unopened.html")]
struct Unopened {
    id: String,
    short: String,
    steps: Vec<(String, String)>,
    due: Vec<DueLine>,
    can: Can,
    told: Option<String>,
    as_of: String,
}

#[derive(Template)]
#[template(path = "office_case.html")]
struct CasePage {
    id: String,
    short: String,
    version: u32,
    latest: u32,
    paper: Paper,
    versions: Vec<VersionLine>,
    due: Vec<DueLine>,
    named: Vec<NamedLine>,
    problems: Vec<String>,
    messages: Vec<MessageLine>,
    history: Vec<(String, String)>,
    distributed: Vec<String>,
    returned: Option<String>,
    general: Option<String>,
    answers: Vec<AnsweredPoint>,
    rejoinder: Option<String>,
    /// Whether there is a response, for papers.
    responded: bool,
    paper_version: u32,
    paper_act: &'static str,
    can: Can,
    reasons: Vec<Reason>,
    message: String,
    letter: String,
    principals: Vec<PrincipalLine>,
    /// Whether there is anybody to distribute to still.
    to_whom: bool,
    told: Option<String>,
    as_of: String,
}

/// The steps that may come now.
#[derive(Default)]
struct Can {
    acknowledge: bool,
    send_back: bool,
    distribute: bool,
    respond: bool,
    /// A step is on its way into the record: none may come before it is there.
    waits: bool,
}

struct NamedLine {
    name: String,
    title: String,
    /// The e-mail address as far as its `@`, behind which a line may break.
    mailbox: String,
    /// What follows the `@`; empty where there is none.
    host: String,
    did: &'static str,
    version: u32,
}

struct Reason {
    code: String,
    text: String,
    elsewhere: String,
}

struct PrincipalLine {
    id: String,
    title: String,
    ticked: bool,
    /// Whether the record has a key to seal to.
    key: bool,
    had: bool,
}

impl Can {
    fn now(case: Option<&Case>, mirror: &Mirror, waits: bool) -> Self {
        let (Some(case), Some(now)) = (case, mirror.time()) else {
            return Self::default();
        };
        let may = |step| !waits && case.expected(now).contains(&step);
        Self {
            acknowledge: may(Step::Acknowledged),
            send_back: may(Step::Returned),
            distribute: may(Step::Distributed),
            respond: may(Step::Responded),
            waits,
        }
    }
}

/// The response that the office has sent, if the record commits to this file.
fn sent_response(
    keys: &RoleKeys,
    memo: Digest,
    file: Option<&Bytes>,
    mirror: &Mirror,
) -> Result<Option<ResponseFile>, Trouble> {
    let (Some(file), Some(entry)) = (file, mirror.case_files(memo).responded) else {
        return Ok(None);
    };
    let other = || {
        Trouble::other(
            "The response that the server shows is not the one that the record commits to: tell the overseer.",
        )
    };
    if sha256(&file.0) != entry.sealed {
        return Err(other());
    }
    let plain = keys.seal.open(file).map_err(Trouble::other)?;
    let file = ResponseFile::from_slice(&plain).map_err(Trouble::other)?;
    let root = file.tree().map_err(Trouble::other)?.root();
    if root != entry.root {
        return Err(other());
    }
    Ok(Some(file))
}

fn named_line(signer: &NamedSigner) -> NamedLine {
    let email = texts::plain(&signer.email);
    let (mailbox, host) = email.rsplit_once('@').unwrap_or((&email, ""));
    NamedLine {
        name: texts::plain(&signer.name),
        title: texts::plain(&signer.title),
        mailbox: mailbox.to_owned(),
        host: host.to_owned(),
        did: match signer.action {
            demur_signon::act::Action::Sign => "signed",
            demur_signon::act::Action::Withdraw => "withdrew from",
            demur_signon::act::Action::Endorse => "endorsed",
        },
        version: signer.version,
    }
}

/// A principal's title, as on the public page; the name of one who is no longer on the list.
fn title_of(profile: &Profile, id: &str) -> String {
    let listed = { profile.distribution.iter() }.find(|principal| principal.id.as_str() == id);
    listed.map_or_else(|| id.to_owned(), |principal| principal.title.clone())
}

fn refused(error: &StepError) -> Trouble {
    Trouble::input(sentence(&error.to_string()))
}

impl<P: Platform> Desk<P> {
    /// One case: what the record says of it, and all of it once it is opened.
    pub(crate) async fn office_case_page(
        &mut self,
        memo: Digest,
        told: Option<String>,
    ) -> Result<Answer, Trouble> {
        self.steward()?;
        self.sync().await?;
        let kept = self.bench.case.as_ref();
        let kept = kept.filter(|kept| kept.opened.draft.memo == memo);
        if let Some(file) = kept.map(|kept| kept.file.clone()) {
            let keys = self.office_keys().await?;
            self.look(memo, keys, file).await?;
            return self.case_page(memo, told);
        }
        let mirror = self.mirror()?;
        let case = mirror.case(memo);
        let page = Unopened {
            id: memo.to_string(),
            short: memo.short(),
            steps: case.as_ref().map(step_lines).unwrap_or_default(),
            due: match (&case, mirror.as_of()) {
                (Some(case), Some(now)) => due_lines(case, now),
                _ => Vec::new(),
            },
            can: Can::now(
                case.as_ref(),
                mirror,
                step_waits(&self.opened()?.keys, memo, mirror),
            ),
            told,
            as_of: texts::as_of(mirror),
        };
        let title = format!("Case {}", memo.short());
        Ok(Answer::page(&title, &page)?.at(format!("/desk/office/{memo}")))
    }

    /// Fetches the sealed file, which is recorded, and opens it.
    pub(crate) async fn office_open(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        self.steward()?;
        self.sync().await?;
        // Before the file is asked for: who can't open it has not had it.
        let keys = self.office_keys().await?;
        if self.mirror()?.case(memo).is_none() {
            return Err(Trouble::input(
                "The record does not show this memo as filed yet: try again after the next batch.",
            ));
        }
        let file = self
            .as_account(|session| calls::office_sealed(session, memo))
            .await?;
        self.look(memo, keys, Bytes(file)).await?;
        self.case_page(memo, None)
    }

    /// Holds what the server shows of a case against the record; keeps it on the bench.
    async fn look(&mut self, memo: Digest, keys: RoleKeys, file: Bytes) -> Result<(), Trouble> {
        let view: CaseView = self
            .as_account(|session| calls::office_case(session, memo))
            .await?;
        self.sync().await?;
        self.platform.progress("Checking every proof", 0, 0);
        let (rules, mirror) = (self.rules()?, self.mirror()?);
        let response = sent_response(&keys, memo, view.response.as_ref(), mirror)?;
        let opened = office::open(
            &keys,
            memo,
            view,
            &file,
            &rules,
            mirror,
            self.check()?,
            &mut Self::rng(),
        )
        .map_err(|e| Trouble::other(sentence(&e.to_string())))?;
        self.bench.case = Some(CaseFile {
            file,
            opened,
            response,
        });
        Ok(())
    }

    /// The case that is open.
    pub(super) fn open_case(&self, memo: Digest) -> Result<&CaseFile, Trouble> {
        self.steward()?;
        { self.bench.case.as_ref() }
            .filter(|kept| kept.opened.draft.memo == memo)
            .ok_or_else(|| Trouble::input("Open the case first."))
    }

    fn case_page(&self, memo: Digest, told: Option<String>) -> Result<Answer, Trouble> {
        let kept = self.open_case(memo)?;
        let (opened, mirror) = (&kept.opened, self.mirror()?);
        let case = mirror.case(memo);
        let files = mirror.case_files(memo);
        let profile = case.as_ref().map(Case::profile);
        let had: Vec<&String> = files.distributed.iter().flat_map(|d| &d.to).collect();
        let named = opened.named.iter().filter(|signer| signer.stands);
        let openings = opened.accesses.iter().map(|access| {
            let what = format!("opened by {} ({})", access.account, access.role);
            (access.time, what)
        });
        let principals = profile.map_or_else(Vec::new, |profile| {
            let lines = profile.distribution.iter().map(|p| {
                let id = p.id.as_str();
                let key = mirror.recipient_of(Role::Principal, id).is_some();
                let had = had.iter().any(|other| *other == id);
                PrincipalLine {
                    id: id.to_owned(),
                    title: p.title.clone(),
                    ticked: p.default && key && !had,
                    key,
                    had,
                }
            });
            lines.collect()
        });
        let page = CasePage {
            id: memo.to_string(),
            short: memo.short(),
            version: opened.version,
            latest: opened.draft.latest().map_or(0, |v| v.link.body.number),
            paper: Paper::of(&opened.memo),
            versions: version_lines(&opened.draft),
            due: match (&case, mirror.as_of()) {
                (Some(case), Some(now)) => due_lines(case, now),
                _ => Vec::new(),
            },
            named: named.map(named_line).collect(),
            problems: { opened.problems.iter() }
                .map(|p| {
                    let why = texts::plain(&p.why);
                    format!("sign-on {} of {}: {why}", p.seq, p.nullifier.short())
                })
                .collect(),
            messages: message_lines(&opened.messages),
            history: history(case.as_ref(), openings),
            distributed: { had.iter() }
                .map(|id| profile.map_or_else(|| (*id).clone(), |p| title_of(p, id)))
                .collect(),
            returned: files.returned.map(|returned| returned.reason),
            general: { kept.response.as_ref() }
                .and_then(|file| file.response.general().map(texts::plain)),
            answers: { kept.response.as_ref() }
                .map(|file| answered(&file.response, Some(&opened.memo)))
                .unwrap_or_default(),
            rejoinder: opened.rejoinder.as_deref().map(texts::plain),
            responded: kept.response.is_some(),
            paper_version: papers::filed_version(mirror, memo),
            paper_act: "office-paper",
            can: Can::now(
                case.as_ref(),
                mirror,
                step_waits(&self.opened()?.keys, memo, mirror),
            ),
            reasons: profile.map_or_else(Vec::new, |profile| {
                let reasons = profile.scope.reasons.iter().map(|r| Reason {
                    code: r.code.as_str().to_owned(),
                    text: r.text.clone(),
                    elsewhere: r.elsewhere.clone(),
                });
                reasons.collect()
            }),
            message: self.kept_letter(Letter::Question, memo)?,
            letter: self.kept_letter(Letter::Return, memo)?,
            to_whom: principals.iter().any(|line| line.key && !line.had),
            principals,
            told,
            as_of: texts::as_of(mirror),
        };
        let title = format!("Case {}", memo.short());
        Ok(Answer::page(&title, &page)?.at(format!("/desk/office/{memo}")))
    }

    /// Keeps the log's promise for an entry that was sent; says until when.
    pub(crate) async fn promised(
        &mut self,
        accepted: &Accepted,
        entry: &Entry,
    ) -> Result<String, Trouble> {
        let now = self.platform.now();
        let promised = self
            .keep_outcome(|open, mirror| {
                watch::sent(&mut open.keys, entry, &accepted.promise, mirror, now).map_err(|e| {
                    Trouble::other(format!(
                        "The server took it, and its promise to record it is none ({e}): tell the overseer."
                    ))
                })
            })
            .await?;
        Ok(texts::moment(promised.by))
    }

    /// Sends a step; shows the case with what came of it.
    pub(super) async fn step(
        &mut self,
        memo: Digest,
        post: &PostStep,
        done: &str,
    ) -> Result<Answer, Trouble> {
        let accepted = self
            .as_account(|session| calls::step(session, memo, post))
            .await?;
        let by = self.promised(&accepted, &post.entry).await?;
        let told = format!("{done} The record commits to it by {by}.");
        self.office_case_page(memo, Some(told)).await
    }

    pub(crate) async fn acknowledge(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        self.sync().await?;
        let keys = self.office_keys().await?;
        let post = office::acknowledge(&keys, memo, self.mirror()?).map_err(|e| refused(&e))?;
        self.step(memo, &post, "Acknowledged.").await
    }

    /// Sends the memo back, with the reason and where to go instead.
    pub(crate) async fn return_memo(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let code = form.need("reason", "The reason")?;
        if !form.ticked("sure") {
            return Err(Trouble::input(
                "Tick the box: a return ends the case, and the record shows its reason.",
            ));
        }
        self.sync().await?;
        let keys = self.office_keys().await?;
        let letter = form.text("letter").replace("\r\n", "\n");
        let post = office::return_memo(&keys, memo, code, &letter, self.mirror()?)
            .map_err(|e| refused(&e))?;
        self.keep_letter(Letter::Return, memo, form).await?;
        let answer = self.step(memo, &post, "Returned.").await?;
        self.drop_letter(Letter::Return, memo).await?;
        Ok(answer)
    }

    /// The paper of the case that is open, or of the response to it.
    pub(crate) async fn office_paper(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let wanted = papers::Wanted::of(form)?;
        self.sync().await?;
        let case = self.open_case(memo)?;
        let texts = papers::whole(case.opened.version, &case.opened.content)?;
        let response = case.response.clone();
        self.own_paper(memo, texts, response, &wanted).await
    }

    /// Seals the opened memo to officials of the list.
    pub(crate) async fn distribute(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let to: Vec<String> = form.all("to").map(str::to_owned).collect();
        self.sync().await?;
        let keys = self.office_keys().await?;
        let envelope = &self.open_case(memo)?.opened.envelope;
        let post = office::distribute(&keys, memo, envelope, &to, self.mirror()?)
            .map_err(|e| refused(&e))?;
        let done = format!("Distributed to {}.", to.join(", "));
        self.step(memo, &post, &done).await
    }

    /// Asks the authors, who have no account.
    pub(crate) async fn office_message(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let text = form.text("text").replace("\r\n", "\n");
        self.sync().await?;
        let keys = self.office_keys().await?;
        let now = self.platform.now();
        let sealed =
            office::message(&keys, memo, &text, self.mirror()?, now).map_err(|e| refused(&e))?;
        self.keep_letter(Letter::Question, memo, form).await?;
        let sent = self
            .as_account(|session| calls::office_message(session, memo, sealed))
            .await?;
        self.drop_letter(Letter::Question, memo).await?;
        let told = format!("Message {} is with the authors.", sent.number);
        self.office_case_page(memo, Some(told)).await
    }
}
