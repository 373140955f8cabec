//! An account's work: signing in, and what a steward has before them.
//!
//! The session and what was opened stay in memory alone, and go when the desk is locked.

mod account;
mod at_hand;
mod case;
mod history;
mod inbox;
mod respond;

use askama::Template;
use demur_client::{
    api::Session,
    calls,
    device::Mirror,
    key_store::{AccountKeys, KeyStore},
    keys::RoleKeys,
    office::{self, DistributedMemo},
    transport::{Call, CallError},
    watch,
};
use demur_encoding::Digest;
use demur_record::entry::{Entry, Role};

use self::case::CaseFile;
use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    route::Address,
};

pub(crate) use history::{MessageLine, history, message_lines};
pub(crate) use respond::{AnsweredPoint, answered};

/// A steward's role in a session; any other is an identifier of the distribution list.
const STEWARD: &str = "steward";

/// What an account's holder has before them.
#[derive(Default)]
pub(crate) struct Bench {
    session: Option<Session>,
    /// A session that is to be ended at the server, too.
    leaving: Option<Session>,
    /// The case that a steward has opened.
    pub(crate) case: Option<CaseFile>,
    /// The memo that a principal has opened: to look again is no other opening.
    pub(crate) reading: Option<DistributedMemo>,
}

impl Bench {
    /// Forgets all of it. Whether there is a session to be ended at the server.
    pub(crate) fn leave(&mut self) -> bool {
        let left = std::mem::take(self);
        self.leaving = left.session.or(left.leaving);
        self.leaving.is_some()
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    account: &'a str,
    address: String,
}

#[derive(Template)]
#[template(path = "sign_in_form.html")]
struct SignInForm {
    address: String,
}

#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedIn;

/// Asks for the password beside what is on the page.
pub(crate) fn sign_in_part() -> Result<Answer, Trouble> {
    let address = String::new();
    Answer::part("sign-in", &SignInForm { address })
}

/// Whether an entry was sent with which the office takes a step in the memo's case, and the record does not show it yet.
fn step_waits(keys: &KeyStore, memo: Digest, mirror: &Mirror) -> bool {
    watch::waiting(keys, mirror).any(|entry| match entry {
        Entry::Acknowledged(step) => step.memo == memo,
        Entry::Distributed(step) => step.memo == memo,
        Entry::Responded(step) => step.memo == memo,
        Entry::Returned(step) => step.memo == memo,
        _ => false,
    })
}

/// The same of an account's keys.
fn admission_waits(keys: &KeyStore, account: &str, mirror: &Mirror) -> bool {
    watch::waiting(keys, mirror)
        .any(|entry| matches!(entry, Entry::Keys(keys) if keys.name == account))
}

impl<P: Platform> Desk<P> {
    pub(crate) fn account(&self) -> Result<&AccountKeys, Trouble> {
        self.opened()?.keys.account.as_ref().ok_or_else(|| {
            Trouble::input(
                "This key store holds no account: take up your invitation under “I have an invitation”, or bring your key file.",
            )
        })
    }

    /// The page that asks for the password, and goes on at `at` then.
    pub(crate) fn sign_in_page(&self, at: &Address<'_>) -> Result<Answer, Trouble> {
        let page = SignInPage {
            account: &self.account()?.name,
            address: at.path(),
        };
        Ok(Answer::page("Sign in", &page)?.at(at.path()))
    }

    pub(crate) async fn sign_in(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let password = form.raw("password");
        if password.is_empty() {
            return Err(Trouble::input("The password: this is needed"));
        }
        let account = self.account()?;
        let now = self.platform.now();
        let post = office::sign_in(&account.name, password, &account.keys, now);
        self.bench.session = Some(self.send(&calls::sign_in(&post)).await?);
        match form.text("address") {
            "" => Answer::part("sign-in", &SignedIn),
            address => self.route(address).await,
        }
    }

    /// Ends the session at the server, once the desk is locked.
    pub(crate) async fn sign_out(&mut self) -> Result<Answer, Trouble> {
        if let Some(session) = self.bench.leaving.take() {
            // It is forgotten here in any case, and ends by itself there.
            let _ = self.send(&calls::sign_out(&session)).await;
        }
        Ok(Answer::default())
    }

    /// The session's role.
    pub(crate) fn session_role(&self) -> Result<&str, Trouble> {
        self.account()?;
        let session = self.bench.session.as_ref().ok_or(Trouble::SignIn)?;
        Ok(&session.role)
    }

    /// That a steward is signed in.
    pub(crate) fn steward(&self) -> Result<(), Trouble> {
        if self.session_role()? == STEWARD {
            Ok(())
        } else {
            Err(Trouble::input(
                "Your account is an official's of the distribution list: the office's pages are the stewards'.",
            ))
        }
    }

    /// A call as this account. A session that has ended is asked for again.
    pub(crate) async fn as_account<T>(
        &mut self,
        call: impl FnOnce(&Session) -> Call<T>,
    ) -> Result<T, Trouble> {
        Ok(self.call_as_account(call).await??)
    }

    async fn call_as_account<T>(
        &mut self,
        call: impl FnOnce(&Session) -> Call<T>,
    ) -> Result<Result<T, CallError>, Trouble> {
        self.account()?;
        let session = self.bench.session.as_ref().ok_or(Trouble::SignIn)?;
        let answer = self.send(&call(session)).await;
        if let Err(CallError::Refused { status: 401, .. }) = answer {
            self.bench.session = None;
            return Err(Trouble::SignIn);
        }
        Ok(answer)
    }

    /// The office's own keys: held here, or given by a colleague.
    pub(crate) async fn office_keys(&mut self) -> Result<RoleKeys, Trouble> {
        self.steward()?;
        if let Some(keys) = self.opened()?.keys.role(Role::Office) {
            return Ok(keys.clone());
        }
        let sealed = match self.call_as_account(calls::office_key).await? {
            Err(e) if e.is_not_found() => {
                return Err(Trouble::input(
                    "Nobody has given you the office's key yet. A colleague who holds it admits your account on the page \
                     “Accounts”; the office's first steward brings the key file.",
                ));
            }
            answer => answer?.sealed,
        };
        let keys = office::accept_key(&sealed, &self.account()?.keys, self.mirror()?)
            .map_err(Trouble::other)?;
        self.keep_outcome(|open, _| {
            if open.keys.role(Role::Office).is_none() {
                open.keys.roles.push(keys.clone());
            }
            Ok(())
        })
        .await?;
        Ok(keys)
    }
}
