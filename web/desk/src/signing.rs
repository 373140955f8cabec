//! Signing on, withdrawing, endorsing; claims.

use askama::Template;
use demur_client::{
    calls,
    signer::{self, ActRequest, ActStatus, Choice},
};
use demur_record::event::Action;

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    route, texts,
};

/// How often, and after what pause, the record is asked whether an act that was promised is in it.
const WATCHES: u32 = 90;
const WATCH_PAUSE: std::time::Duration = std::time::Duration::from_secs(2);

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

    /// Signs, withdraws or endorses: the act is kept, then sent, and the server's promise is checked.
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
                    choice: choice.clone(),
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
        // Saved before it is sent: if the answer is lost, the very same act is sent again.
        self.save().await?;
        if form.text("when") == "later" {
            self.wait(submission.delay).await;
        }
        self.platform.progress("Sending", 2, STEPS);
        let answer = self.send(&calls::sign_on(&submission.post)).await;
        let seq = submission.seq;
        let accepted = match answer {
            Ok(accepted) => accepted,
            Err(e) => {
                if e.is_definite() {
                    self.keep_outcome(|open, _| {
                        if let Some(identity) = open.keys.identity.as_mut() {
                            signer::refused(identity, draft.memo, seq);
                        }
                        Ok(())
                    })
                    .await?;
                }
                return Err(e.into());
            }
        };
        let now = self.platform.now();
        let promised = self
            .keep_outcome(|open, mirror| {
                let identity = { open.keys.identity.as_mut() }
                    .ok_or_else(|| Trouble::other("This key store holds no member secret."))?;
                signer::accepted(identity, draft.memo, seq, &accepted, mirror, now)
                    .map_err(Trouble::other)
            })
            .await?;
        let page = Receipt {
            id: draft.memo.to_string(),
            did: texts::did(action),
            version,
            seq,
            by: texts::moment(promised.by),
            state: String::new(),
            alarm: false,
            waiting: true,
            crowd: crowd_text(&prepared, &choice),
        };
        Ok(Answer::part("signing", &page)?.then("watch"))
    }

    async fn wait(&self, delay: std::time::Duration) {
        let of = delay.as_secs();
        for done in 0..of {
            self.platform.progress(
                "Waiting before it is sent, so that the time tells nothing. Leave this page open.",
                done,
                of,
            );
            self.platform.pause(std::time::Duration::from_secs(1)).await;
        }
    }

    /// Looks whether the last act is in the record.
    pub(crate) async fn watch(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let tries: u32 = form.text("tries").parse().unwrap_or(0);
        let memo = self
            .shown
            .as_ref()
            .ok_or_else(|| Trouble::input("Open the memo's link first."))?
            .draft
            .memo;
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
        let answer = Answer::part("signing", &page)?;
        Ok(if waiting && tries < WATCHES {
            answer.then(&format!("watch?tries={}", tries + 1))
        } else {
            answer
        })
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

fn crowd_text(prepared: &signer::Prepared, choice: &Choice) -> String {
    let crowd = prepared
        .crowds
        .iter()
        .find(|crowd| crowd.cohort.as_deref() == choice.cohort());
    let Some(crowd) = crowd else {
        return String::new();
    };
    let name = match &crowd.cohort {
        None => "everyone on the roster".to_owned(),
        Some(name) => format!("“{name}”"),
    };
    let named = if choice.is_named() {
        " The office, and it alone, is shown your name."
    } else {
        ""
    };
    format!("You are one of at most {} ({name}).{named}", crowd.members)
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
