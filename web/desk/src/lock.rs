//! The lock: what a person sees before anything is shown.

use askama::Template;
use demur_seal::SecretString;

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    store,
};

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome<'a> {
    address: &'a str,
}

#[derive(Template)]
#[template(path = "unlock.html")]
struct Unlock<'a> {
    address: &'a str,
}

/// What a person sees whose browser keeps nothing yet.
pub(crate) fn welcome_page(address: &str) -> Result<Answer, Trouble> {
    let address = address.split('#').next().unwrap_or_default();
    Answer::page("Begin", &Welcome { address })
}

pub(crate) fn unlock_page(address: &str) -> Result<Answer, Trouble> {
    // A link's secret is not put into a page: after unlocking the address bar still has it.
    let address = address.split('#').next().unwrap_or_default();
    Answer::page("Unlock", &Unlock { address })
}

impl<P: Platform> Desk<P> {
    pub(crate) async fn unlock(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let passphrase = SecretString::from(form.raw("passphrase").to_owned());
        self.platform.progress("Unlocking", 0, 0);
        self.open = Some(store::unlock(&self.platform, &passphrase).await?);
        // A memo that is on the page already is shown again, now with what its reader can do.
        let mut answer = if let Some(shown) = self.shown.take() {
            self.reading(shown.link).await
        } else {
            match form.text("address") {
                "" => self.route("/desk").await,
                address => self.route(address).await,
            }
        }?;
        if answer.then.is_none() {
            answer.then = self.turns();
        }
        Ok(answer)
    }

    /// Forgets all that was unlocked. With `idle` it is the page that asks, after a time without use: who has nothing
    /// unlocked goes on reading then.
    pub(crate) fn lock(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let idle = form.ticked("idle");
        if idle && self.open.is_none() {
            return Ok(Answer::default());
        }
        self.open = None;
        self.shown = None;
        let page = match form.text("address") {
            // What was on the page is shown again once it is unlocked.
            address if idle && !address.is_empty() => unlock_page(address)?,
            _ => unlock_page("/desk")?.at("/desk"),
        };
        #[cfg(feature = "full")]
        if self.bench.leave() {
            // The lock does not wait for the server.
            return Ok(page.then("sign-out"));
        }
        Ok(page)
    }
}
