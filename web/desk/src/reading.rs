//! A memo behind its link: the text, who stands behind it, and what its reader can do.

use askama::Template;
use demur_client::{
    link::Link,
    reader::{self, Draft, Standing},
    signer,
};
use demur_encoding::Time;
use demur_record::event::Action;

#[cfg(feature = "full")]
use crate::form::Form;
use crate::{
    answer::{Answer, Trouble},
    desk::{Desk, Shown},
    memo_view::{Changes, Paper},
    platform::Platform,
    store, texts,
};

#[derive(Template)]
#[template(path = "reading.html")]
struct Reading {
    id: String,
    paper: Paper,
    version: u32,
    standing: String,
    versions: Vec<VersionLine>,
    latest: u32,
    since: u32,
    since_signed: bool,
    changes: Option<Changes>,
    filed: bool,
    author: bool,
    signing: Option<SigningPart>,
    as_of: String,
}

/// What this reader can do, beside the text.
#[derive(Template)]
#[template(path = "signing.html")]
pub(crate) struct SigningPart {
    pub(crate) id: String,
    pub(crate) version: u32,
    pub(crate) signing: Signing,
    pub(crate) told: &'static str,
}

/// How many stand behind a version.
pub(crate) struct VersionLine {
    pub(crate) number: u32,
    pub(crate) signed: u64,
    pub(crate) endorsed: u64,
    pub(crate) late: u64,
    pub(crate) cohorts: String,
    pub(crate) standing: String,
}

/// What this reader can do.
pub(crate) enum Signing {
    /// The key store is locked, or there is none.
    Locked {
        /// Whether there is one.
        exists: bool,
    },
    /// No member secret in it.
    NoSecret,
    /// A member's choices.
    Member(Box<Choices>),
}

/// A member's choices.
pub(crate) struct Choices {
    pub(crate) crowds: Vec<CrowdLine>,
    pub(crate) fixed: bool,
    pub(crate) can_name: bool,
    /// Whether the act that was sent last, and not answered, has the name.
    pub(crate) named: bool,
    pub(crate) in_edition: bool,
    pub(crate) edition: u32,
    pub(crate) from: Option<String>,
    pub(crate) until: Option<String>,
    /// Why nothing is signed any more.
    pub(crate) ended: Option<String>,
    /// Whether the longest delay would be too long.
    pub(crate) soon: bool,
    /// How an act stands that was not sent yet, and whether it still can be.
    pub(crate) unsent: Option<(String, bool)>,
    pub(crate) last: Option<&'static str>,
    pub(crate) signed: bool,
    pub(crate) endorsed: bool,
    pub(crate) signed_earlier: Option<u32>,
    pub(crate) acts: Vec<ActLine>,
    pub(crate) alarm: bool,
}

/// How many one hides among.
pub(crate) struct CrowdLine {
    pub(crate) value: String,
    pub(crate) name: String,
    pub(crate) members: u64,
    pub(crate) signed: u64,
}

/// An own act.
pub(crate) struct ActLine {
    pub(crate) seq: u64,
    pub(crate) did: &'static str,
    pub(crate) version: u32,
    pub(crate) state: String,
    pub(crate) alarm: bool,
}

pub(crate) fn standing(standing: Standing) -> String {
    match standing {
        Standing::Waiting => "waits for the next batch of the record".to_owned(),
        Standing::Recorded { time, .. } => format!("in the record since {}", texts::moment(time)),
    }
}

pub(crate) fn version_lines(draft: &Draft) -> Vec<VersionLine> {
    let line = |version: &reader::DraftVersion| {
        let number = version.link.body.number;
        let count = draft.count(number);
        let cohorts: Vec<String> = count
            .cohorts
            .iter()
            .map(|(name, n)| format!("{name}: {n}"))
            .collect();
        VersionLine {
            number,
            signed: count.signed,
            endorsed: count.endorsed,
            late: count.late,
            cohorts: cohorts.join(", "),
            standing: standing(version.standing),
        }
    };
    draft.versions.iter().rev().map(line).collect()
}

impl Reading {
    /// Whether earlier versions can be read here: a signer's page loads no more than it needs, and leads to the desk for them.
    const fn full(&self) -> bool {
        cfg!(feature = "full")
    }
}

impl<P: Platform> Desk<P> {
    /// The memo behind a link.
    pub(crate) async fn reading(&mut self, link: Link) -> Result<Answer, Trouble> {
        self.reading_of(link, None).await
    }

    /// One version of the memo that is on the page.
    #[cfg(feature = "full")]
    pub(crate) async fn read_version(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let link = { self.shown.as_ref() }.ok_or(Trouble::NoPage)?.link.clone();
        let number = form.text("number").parse();
        self.reading_of(link, Some(number.map_err(|_| Trouble::NoPage)?))
            .await
    }

    /// The memo behind a link: this version of it, or the latest one.
    async fn reading_of(&mut self, link: Link, wanted: Option<u32>) -> Result<Answer, Trouble> {
        let draft = self.draft(&link).await?;
        self.join(&link, &draft).await?;
        let opened = self.version(&link, &draft, wanted).await?;
        let number = opened.envelope.version();
        let latest = draft.latest().map_or(0, |latest| latest.link.body.number);
        let signing = self.signing(&draft).await?;
        // To whom signed an earlier one it matters what is otherwise than there.
        let signed = match &signing {
            Signing::Member(choices) => choices.signed_earlier.filter(|_| number == latest),
            _ => None,
        };
        let since = signed.unwrap_or_else(|| number.saturating_sub(1));
        let changes = match since {
            0 => None,
            _ => {
                let before = self.version(&link, &draft, Some(since)).await;
                // A reader who was let in later can't open what was sealed to the earlier link.
                before
                    .ok()
                    .map(|before| Changes::of(&demur_memo::diff::diff(&before.memo, &opened.memo)))
            }
        };
        let then = self.turns().or_else(|| {
            let member = matches!(signing, Signing::Member(_));
            member.then(|| "prepare".to_owned())
        });
        let page = Reading {
            id: draft.memo.to_string(),
            paper: Paper::of(&opened.memo),
            version: number,
            standing: draft
                .version(number)
                .map_or_else(String::new, |version| standing(version.standing)),
            versions: version_lines(&draft),
            latest,
            since,
            since_signed: signed.is_some(),
            changes,
            filed: draft.filed,
            author: { self.open.as_ref() }
                .is_some_and(|open| open.keys.memos.contains_key(&draft.memo)),
            signing: (number == latest).then(|| SigningPart {
                id: draft.memo.to_string(),
                version: number,
                signing,
                told: "",
            }),
            as_of: texts::as_of(self.mirror()?),
        };
        let title = format!("Memo {}", draft.memo.short());
        let address = format!("/m/{}", draft.memo);
        self.shown = Some(Shown { link, draft });
        let mut answer = Answer::page(&title, &page)?.at(address);
        answer.then = then;
        Ok(answer)
    }

    /// An author whose key was offered becomes one of the memo's authors; an author's link is kept up to date; a link is
    /// kept where there is a key store.
    async fn join(&mut self, link: &Link, draft: &Draft) -> Result<(), Trouble> {
        let Some(open) = self.open.as_mut() else {
            return Ok(());
        };
        let latest = draft.latest().map_or(0, |v| v.link.body.number);
        let keys = &mut open.keys;
        let mut changed = false;
        let known = keys.links.get(&draft.memo);
        if known.is_none_or(|known| *known != *link.reveal()) {
            keys.keep_link(link);
            changed = true;
        }
        changed |= keys
            .join(link, &draft.opening, latest)
            .map_err(Trouble::input)?;
        if changed {
            self.save().await?;
        }
        Ok(())
    }

    /// What this reader can do with the memo.
    pub(crate) async fn signing(&mut self, draft: &Draft) -> Result<Signing, Trouble> {
        let Some(open) = self.open.as_ref() else {
            let exists = store::exists(&self.platform).await?;
            return Ok(Signing::Locked { exists });
        };
        if open.keys.identity.is_none() || open.texts.unconfirmed.is_some() {
            return Ok(Signing::NoSecret);
        }
        self.edition(u64::from(draft.opening.edition.number))
            .await?;
        self.choices(draft)
            .map(|choices| Signing::Member(Box::new(choices)))
    }

    fn choices(&mut self, draft: &Draft) -> Result<Choices, Trouble> {
        let (asked, now) = (self.asked, self.platform.now());
        let number = u64::from(draft.opening.edition.number);
        let mut identity = { self.opened()?.keys.identity.clone() }
            .ok_or_else(|| Trouble::input("This key store holds no member secret."))?;
        let mirror = self.mirror()?;
        let followed = signer::follow(&identity, draft, mirror, asked);
        signer::recall(&mut identity, draft, mirror);
        let prepared = signer::prepare(&identity, draft, self.kept_edition(number)?, mirror)
            .ok_or_else(|| Trouble::other("The memo has no version yet."))?;
        let own = identity.memos.get(&draft.memo);
        let acts: Vec<ActLine> = followed
            .iter()
            .map(|(seq, status)| {
                let event = own.and_then(|own| own.acts.iter().find(|act| act.event.seq == *seq));
                let (state, alarm) = texts::act_status(status);
                ActLine {
                    seq: *seq,
                    did: event.map_or("acted on", |act| texts::did(act.event.action)),
                    version: event.map_or(0, |act| act.event.version),
                    state,
                    alarm,
                }
            })
            .collect();
        let until = prepared.until;
        let over = |until: &Time| now > *until;
        let case = mirror.case(draft.memo);
        let ended = match until.filter(over) {
            Some(until) => Some(format!("Sign-ons ended on {}.", texts::moment(until))),
            None => { case.filter(|case| !case.accepts_sign_on(now)) }.map(|_| {
                "Sign-ons ended: the memo was returned, or its authors took it back.".to_owned()
            }),
        };
        let unsent = signer::unsent(&identity, mirror)
            .find(|act| act.event.memo == draft.memo)
            .and_then(|act| act.due.map(|due| (due, now < act.event.expires)))
            .map(|(due, in_time)| {
                let can = in_time && ended.is_none();
                let at = texts::moment(due);
                let told = match () {
                    () if !can => "Not sent, and it is too late for it now.".to_owned(),
                    () if due <= now => format!("Not sent yet: it was due at {at}, and goes in a moment."),
                    () => format!(
                        "Not sent yet: it goes at about {at}. Leave this page open and unlocked, or it goes when you unlock it again."
                    ),
                };
                (told, can)
            });
        let has_acted = own.is_some_and(|own| own.next > 1);
        let crowds = prepared.crowds.iter().map(|crowd| CrowdLine {
            value: crowd.cohort.clone().unwrap_or_default(),
            name: crowd
                .cohort
                .clone()
                .unwrap_or_else(|| "everyone on the roster".to_owned()),
            members: crowd.members,
            signed: crowd.signed,
        });
        Ok(Choices {
            crowds: crowds.collect(),
            fixed: has_acted,
            can_name: prepared.can_name,
            named: { own.and_then(|own| own.acts.last()) }
                .is_some_and(|act| act.named && act.promise.is_none()),
            in_edition: prepared.in_edition,
            edition: draft.opening.edition.number,
            from: prepared
                .from
                .filter(|from| mirror.time().is_none_or(|now| now < *from))
                .map(texts::moment)
                .or_else(|| {
                    let waits = prepared.from.is_none();
                    waits.then(|| "it is in the record, with the next batch".to_owned())
                }),
            until: until.map(texts::moment),
            ended,
            soon: until.is_some_and(|until| now.plus(signer::MAX_DELAY.as_secs()) > until),
            unsent,
            last: prepared.last.map(texts::did),
            signed: prepared.last == Some(Action::Sign),
            endorsed: prepared.last == Some(Action::Endorse),
            signed_earlier: prepared.signed_earlier.filter(|_| prepared.last.is_none()),
            alarm: acts.iter().any(|act| act.alarm),
            acts,
        })
    }
}
