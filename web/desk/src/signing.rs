//! Signing on, withdrawing, endorsing; claims.

use askama::Template;
use demur_client::{
    api::PostSignOn,
    calls,
    identity::Identity,
    signer::{self, ActRequest, ActStatus, Choice},
};
use demur_encoding::{Digest, Time};
use demur_record::event::Action;
use demur_signon::roster::Edition;

use crate::{
    answer::{Answer, Trouble},
    desk::{Desk, Shown},
    form::Form,
    platform::Platform,
    reading::SigningPart,
    route, texts,
};

/// How often, and after what pause, the record is asked whether an act that was promised is in it.
const WATCHES: u32 = 90;
const WATCH_PAUSE: std::time::Duration = std::time::Duration::from_secs(2);

/// How long a turn of waiting takes, and how many there are before an act goes whose time has passed: to throw it away in.
const TURN: std::time::Duration = std::time::Duration::from_secs(1);
const LATE_TURNS: u32 = 10;

/// After how many turns what another tab did with an act is shown.
const GONE_TURNS: u32 = 5;

/// What an act is made in, for the bar that shows how far it is: what was read is looked at again, the proof, the sending.
const STEPS: u64 = 3;

#[derive(Template)]
#[template(path = "receipt.html")]
struct Receipt {
    id: String,
    did: &'static str,
    version: u32,
    seq: u64,
    by: String,
    state: String,
    alarm: bool,
    waiting: bool,
    crowd: String,
}

impl<P: Platform> Desk<P> {
    /// Makes the prover ready while the person reads.
    pub(crate) async fn prepare_proofs(&mut self) -> Result<Answer, Trouble> {
        self.prover()?;
        Ok(Answer::default())
    }

    /// Signs, withdraws or endorses: the act is kept, then sent, at once or later, and the server's promise is checked. To withdraw
    /// what was not sent yet throws it away.
    pub(crate) async fn sign(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let action = match form.text("act") {
            "sign" => Action::Sign,
            "withdraw" => Action::Withdraw,
            "endorse" => Action::Endorse,
            _ => return Err(Trouble::NoPage),
        };
        self.opened()?;
        let link = self
            .shown
            .as_ref()
            .ok_or_else(|| Trouble::input("Open the memo's link first."))?
            .link
            .clone();
        if action == Action::Withdraw
            && let Some(identity) = &self.opened()?.keys.identity
            && signer::unsent(identity, self.mirror()?).any(|act| act.event.memo == link.memo)
        {
            return self.unsend(link.memo).await;
        }
        self.platform.progress("Preparing", 0, STEPS);
        // What others did meanwhile counts: the proof names the newest checkpoint.
        let draft = self.draft(&link).await?;
        self.edition(u64::from(draft.opening.edition.number))
            .await?;
        let mut identity = { self.opened()?.keys.identity.clone() }
            .ok_or_else(|| Trouble::input("This key store holds no member secret."))?;
        let mirror = self.mirror()?;
        let followed = signer::follow(&identity, &draft, mirror, self.asked);
        if followed.iter().any(|(_, status)| hidden(status)) {
            return Err(Trouble::other(
                "Something that you did on this memo is not shown to the others: don't sign again. Keep this browser's data, \
                 and tell the overseer.",
            ));
        }
        signer::recall(&mut identity, &draft, mirror);
        let edition = self.kept_edition(u64::from(draft.opening.edition.number))?;
        let prepared = signer::prepare(&identity, &draft, edition, mirror)
            .ok_or_else(|| Trouble::other("The memo has no version yet."))?;
        if let Ok(seen) = form.text("version").parse::<u32>()
            && seen != prepared.version
        {
            return Err(Trouble::input(format!(
                "There is a version {} now; you have read version {seen}. Load the page again and read it first.",
                prepared.version
            )));
        }
        let choice = choice(form, &prepared);
        let version = match action {
            // What was signed on an earlier version is taken back there.
            Action::Withdraw if prepared.last.is_none_or(|last| last == Action::Withdraw) => {
                prepared.signed_earlier.unwrap_or(prepared.version)
            }
            _ => prepared.version,
        };
        let same = (version, action);
        let again = signer::unanswered(&identity, draft.memo, same, &choice, mirror);
        let submission = match again {
            Some(again) => again,
            None => {
                let prover = self.prover()?;
                self.platform.progress("Making the proof", 1, STEPS);
                let request = ActRequest {
                    draft: &draft,
                    edition,
                    version,
                    action,
                    choice,
                };
                let now = self.platform.now();
                signer::act(
                    &mut identity,
                    &request,
                    mirror,
                    prover,
                    now,
                    &mut Self::rng(),
                )
                .map_err(|e| Trouble::input(sentence(&e.to_string())))?
            }
        };
        self.opened_mut()?.keys.identity = Some(identity);
        let memo = draft.memo;
        self.shown = Some(Shown { link, draft });
        // Saved before it is sent: if the answer is lost, the very same act is sent again.
        self.save().await?;
        match submission.due {
            None => self.send_act(&submission.post).await,
            Some(_) if form.text("when") == "later" => {
                let mut answer = self.signing_part("").await?;
                answer.then = self.turns();
                Ok(answer)
            }
            Some(_) => self.send_kept(memo).await,
        }
    }

    /// Begins the turns in which the acts wait that were not sent yet; such turns as went on before end. `None` where no act waits.
    pub(crate) fn turns(&mut self) -> Option<String> {
        let (_, due) = self.next_unsent()?;
        self.turn += 1;
        let left = if due <= self.platform.now() {
            LATE_TURNS
        } else {
            0
        };
        Some(format!("wait?turn={}&left={left}", self.turn))
    }

    /// The memo whose act is to be sent next, of those that were not sent and still can be, and when.
    fn next_unsent(&self) -> Option<(Digest, Time)> {
        let identity = self.open.as_ref()?.keys.identity.as_ref()?;
        let now = self.platform.now();
        signer::unsent(identity, self.mirror().ok()?)
            .filter(|act| now < act.event.expires)
            .filter_map(|act| Some((act.event.memo, act.due?)))
            .min_by_key(|(_, due)| *due)
    }

    /// One turn of waiting: between two of them the page can be locked, or left, or used.
    pub(crate) async fn wait(&mut self, form: &Form) -> Result<Answer, Trouble> {
        if self.open.is_none() || form.text("turn") != self.turn.to_string() {
            return Ok(Answer::default());
        }
        let turns = |name| form.text(name).parse::<u32>().unwrap_or(0);
        let (left, gone) = (turns("left"), turns("gone"));
        match self.next_unsent() {
            // Another tab has thrown it away, or sends it, and keeps the answer in a moment; or this device slept too long.
            None if gone < GONE_TURNS => {
                self.platform.pause(TURN).await;
                let next = format!("wait?turn={}&gone={}", self.turn, gone + 1);
                Ok(Answer::default().then(&next))
            }
            None => self.signing_part("").await,
            Some((memo, due)) if left == 0 && due <= self.platform.now() => {
                self.send_kept(memo).await
            }
            Some(_) => {
                self.platform.pause(TURN).await;
                let left = left.saturating_sub(1);
                let next = format!("wait?turn={}&left={left}", self.turn);
                Ok(Answer::default().then(&next))
            }
        }
    }

    /// Sends the act on a memo that was not sent yet, unless another tab has begun to, or has thrown it away.
    pub(crate) async fn send_kept(&mut self, memo: Digest) -> Result<Answer, Trouble> {
        let own = self
            .keep_change(|identity| signer::sending(identity, memo))
            .await?;
        let Some(own) = own else {
            return self.signing_part("").await;
        };
        let post = PostSignOn {
            salt: own.salt,
            event: own.event,
            note: own.note,
        };
        self.send_act(&post).await
    }

    /// Throws away the act on a memo that was not sent yet.
    pub(crate) async fn unsend(&mut self, memo: Digest) -> Result<Answer, Trouble> {
        let gone = self
            .keep_change(|identity| signer::throw_away(identity, memo).then_some(()))
            .await?
            .is_some();
        self.turn += 1;
        let told = if gone {
            "Thrown away: nothing was sent."
        } else {
            ""
        };
        let mut answer = self.signing_part(told).await?;
        answer.then = self.turns();
        Ok(answer)
    }

    /// Changes what is kept of the acts, as another tab may have left it. What can't be kept is undone here, too.
    async fn keep_change<T>(
        &mut self,
        change: impl Fn(&mut Identity) -> Option<T>,
    ) -> Result<Option<T>, Trouble> {
        let kept = self
            .keep_outcome(|open, _| Ok(open.keys.identity.as_mut().and_then(&change)))
            .await;
        if kept.is_err() {
            self.opened_mut()?.undo_keys()?;
        }
        kept
    }

    /// Sends an act of which the key store says that it is being sent, and checks the server's promise.
    async fn send_act(&mut self, post: &PostSignOn) -> Result<Answer, Trouble> {
        let event = &post.event;
        let (memo, seq) = (event.memo, event.seq);
        self.platform.progress("Sending", 2, STEPS);
        let accepted = match self.send(&calls::sign_on(post)).await {
            Ok(accepted) => accepted,
            Err(e) => {
                if e.is_definite() {
                    self.keep_outcome(|open, _| {
                        if let Some(identity) = open.keys.identity.as_mut() {
                            signer::refused(identity, memo, seq);
                        }
                        Ok(())
                    })
                    .await?;
                }
                let mut answer = self.signing_part("").await?;
                answer.trouble = self.troubled(e.into()).trouble;
                return Ok(answer);
            }
        };
        let now = self.platform.now();
        let promised = self
            .keep_outcome(|open, mirror| {
                let identity = { open.keys.identity.as_mut() }
                    .ok_or_else(|| Trouble::other("This key store holds no member secret."))?;
                signer::accepted(identity, memo, seq, &accepted, mirror, now)
                    .map_err(Trouble::other)
            })
            .await?;
        let Some(number) = self.shown_edition(memo) else {
            // It waited while another page was opened here.
            return Ok(Answer {
                then: self.turns(),
                ..Answer::default()
            });
        };
        let own = { self.opened()?.keys.identity.as_ref() }
            .and_then(|identity| identity.memos.get(&memo)?.acts.last());
        let named = own.is_some_and(|own| own.named);
        let page = Receipt {
            id: memo.to_string(),
            did: texts::did(event.action),
            version: event.version,
            seq,
            by: texts::moment(promised.by),
            state: String::new(),
            alarm: false,
            waiting: true,
            crowd: crowd_text(self.kept_edition(number)?, event.cohort.as_deref(), named),
        };
        Ok(Answer::part("signing", &page)?.then(&format!("watch?memo={memo}")))
    }

    /// The edition of the memo that is on the page, if it is this one.
    fn shown_edition(&self, memo: Digest) -> Option<u64> {
        let shown = self
            .shown
            .as_ref()
            .filter(|shown| shown.draft.memo == memo)?;
        Some(u64::from(shown.draft.opening.edition.number))
    }

    /// What this reader can do with the memo that is on the page.
    async fn signing_part(&mut self, told: &'static str) -> Result<Answer, Trouble> {
        let Some(shown) = self.shown.take() else {
            return Ok(Answer::default());
        };
        let signing = self.signing(&shown.draft).await;
        let part = signing.map(|signing| SigningPart {
            id: shown.draft.memo.to_string(),
            version: shown
                .draft
                .latest()
                .map_or(0, |latest| latest.link.body.number),
            signing,
            told,
        });
        self.shown = Some(shown);
        Answer::part("signing", &part?)
    }

    /// Looks whether the last act is in the record.
    pub(crate) async fn watch(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let tries: u32 = form.text("tries").parse().unwrap_or(0);
        let memo = route::memo(form.text("memo"))?;
        // Locked meanwhile, or another memo is on the page.
        if self.open.is_none() || self.shown_edition(memo).is_none() {
            return Ok(Answer::default());
        }
        self.platform.pause(WATCH_PAUSE).await;
        self.sync().await?;
        let mirror = self.mirror()?;
        let identity = self.opened()?.keys.identity.as_ref();
        let own = identity.and_then(|identity| identity.memos.get(&memo));
        let last = own.and_then(|own| own.acts.last());
        let (Some(identity), Some(last)) = (identity, last) else {
            return Ok(Answer::default());
        };
        let statuses = signer::confirm(identity, memo, mirror);
        let status = statuses.iter().find(|(seq, _)| *seq == last.event.seq);
        let Some((_, status)) = status else {
            return Ok(Answer::default());
        };
        let waiting = matches!(status, ActStatus::Waiting { .. });
        let (state, alarm) = texts::act_status(status);
        let by = last
            .promise
            .as_deref()
            .and_then(|note| mirror.promise(note).ok())
            .map_or_else(String::new, |promise| texts::moment(promise.by));
        let page = Receipt {
            id: memo.to_string(),
            did: texts::did(last.event.action),
            version: last.event.version,
            seq: last.event.seq,
            by,
            state,
            alarm,
            waiting: waiting && tries < WATCHES,
            crowd: String::new(),
        };
        let mut answer = Answer::part("signing", &page)?;
        answer.then = if waiting && tries < WATCHES {
            Some(format!("watch?memo={memo}&tries={}", tries + 1))
        } else {
            self.turns()
        };
        Ok(answer)
    }

    /// The server's promise for an act, to keep: with the act it convicts the log if the act never appears.
    pub(crate) fn promise(&self, form: &Form) -> Result<Answer, Trouble> {
        let memo = route::memo(form.text("memo"))?;
        let seq: u64 = form.text("seq").parse().map_err(|_| Trouble::NoPage)?;
        let own = { self.opened()?.keys.identity.as_ref() }
            .and_then(|identity| identity.memos.get(&memo))
            .and_then(|own| own.acts.iter().find(|act| act.event.seq == seq))
            .ok_or(Trouble::NoPage)?;
        let promise = { own.promise.as_ref() }
            .ok_or_else(|| Trouble::input("No promise came back for this act."))?;
        let kept = serde_json::json!({ "promise": promise, "salt": own.salt, "event": own.event });
        let bytes = serde_json::to_vec_pretty(&kept).map_err(Trouble::other)?;
        let name = format!("receipt-{}-{seq}.json", memo.short());
        Ok(Answer::file(name, "application/json", bytes))
    }
}

const fn hidden(status: &ActStatus) -> bool {
    matches!(status, ActStatus::LeftOut { .. } | ActStatus::Broken { .. })
}

fn choice(form: &Form, prepared: &signer::Prepared) -> Choice {
    // After the first act there is one crowd: what that act showed.
    let cohort = match &prepared.crowds[..] {
        [only] => only.cohort.clone(),
        _ => Some(form.text("crowd").to_owned()).filter(|cohort| !cohort.is_empty()),
    };
    match (form.ticked("named"), cohort) {
        (true, cohort) => Choice::Named(cohort),
        (false, Some(cohort)) => Choice::Cohort(cohort),
        (false, None) => Choice::All,
    }
}

fn crowd_text(edition: &Edition, cohort: Option<&str>, named: bool) -> String {
    let shown = cohort.unwrap_or("all");
    let mut crowds = edition.head().cohorts.iter();
    let Some(crowd) = crowds.find(|crowd| crowd.name.as_str() == shown) else {
        return String::new();
    };
    let name = match cohort {
        None => "everyone on the roster".to_owned(),
        Some(name) => format!("“{name}”"),
    };
    let named = if named {
        " The office, and it alone, is shown your name."
    } else {
        ""
    };
    format!("You are one of at most {} ({name}).{named}", crowd.size)
}

/// An error's text as a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let mut sentence: String = chars
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + chars.as_str())
        .unwrap_or_default();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}
