//! Claims: what a signer shows to an inspector.

use askama::Template;
use demur_client::signer;
use demur_encoding::Digest;

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    route,
    signing::sentence,
};

/// The most days that a claim is good for.
const MAX_CLAIM_DAYS: u32 = 366;

#[derive(Template)]
#[template(path = "claim.html")]
struct ClaimForm {
    id: String,
    short: String,
    acts: Vec<crate::reading::ActLine>,
    days: u32,
    most: u32,
}

impl<P: Platform> Desk<P> {
    /// What a claim is, and for whom it is to be.
    pub(crate) async fn claim_page(&mut self, memo: Digest) -> Result<Answer, Trouble> {
        let link = self.known_link(memo)?;
        let draft = self.draft(&link).await?;
        let acts = match self.signing(&draft).await? {
            crate::reading::Signing::Member(choices) => choices.acts,
            _ => Vec::new(),
        };
        let page = ClaimForm {
            id: memo.to_string(),
            short: memo.short(),
            acts,
            days: signer::CLAIM_DAYS,
            most: MAX_CLAIM_DAYS,
        };
        Ok(Answer::page("Show that you signed", &page)?
            .at(format!("/desk/memo/{memo}/claim"))
            .then("prepare"))
    }

    pub(crate) async fn claim(&mut self, form: &Form) -> Result<Answer, Trouble> {
        const DAY: u64 = 86_400;
        let memo = route::memo(form.text("memo"))?;
        let audience = form.need("audience", "To whom it is shown")?;
        let days: u32 = form
            .text("days")
            .parse()
            .ok()
            .filter(|days| (1..=MAX_CLAIM_DAYS).contains(days))
            .ok_or_else(|| {
                Trouble::input(format!(
                    "How many days it is good for: 1 to {MAX_CLAIM_DAYS}."
                ))
            })?;
        let link = self.known_link(memo)?;
        let draft = self.draft(&link).await?;
        let identity = { self.opened()?.keys.identity.as_ref() }
            .ok_or_else(|| Trouble::input("This key store holds no member secret."))?;
        let version = identity
            .memos
            .get(&memo)
            .and_then(|acts| acts.acts.last())
            .map(|act| act.event.version)
            .ok_or_else(|| {
                Trouble::input("You have not acted on this memo: there is nothing to show.")
            })?;
        let expires = self.platform.now().plus(DAY * u64::from(days));
        self.platform.progress("Making the proof", 0, 0);
        let claim = signer::claim(
            identity,
            &draft,
            version,
            audience,
            expires,
            self.mirror()?,
            self.prover()?,
            &mut Self::rng(),
        )
        .map_err(|e| Trouble::input(sentence(&e.to_string())))?;
        let name = format!("claim-{}.json", memo.short());
        let bytes = claim.to_vec().map_err(Trouble::other)?;
        Ok(Answer::file(name, "application/json", bytes))
    }
}
