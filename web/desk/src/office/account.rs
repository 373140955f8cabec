//! Taking up an invitation; the accounts, and admitting a colleague's.

use askama::Template;
use demur_client::{
    api::Account,
    calls,
    device::Mirror,
    key_line::KeyLine,
    key_store::{AccountKeys, KeyStore},
    keys::RoleKeys,
    office::{self, ToldKeys},
};
use demur_record::entry::Role;

use super::{STEWARD, admission_waits};
use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    signing::sentence,
    store,
};

#[derive(Template)]
#[template(path = "join.html")]
struct Join {
    has_store: bool,
    account: String,
}

#[derive(Template)]
#[template(path = "joined.html")]
struct Joined {
    account: String,
    steward: bool,
    office: bool,
    admitted: bool,
    line: String,
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct Accounts {
    accounts: Vec<AccountLine>,
    office: bool,
    told: Option<String>,
}

struct AccountLine {
    name: String,
    role: String,
    seal: Option<String>,
    state: &'static str,
    /// Whether there is something to admit.
    waits: bool,
}

/// Under which role and name an account's key stands in the record.
fn standing(role: &str, name: &str) -> (Role, String) {
    if role == STEWARD {
        (Role::Steward, name.to_owned())
    } else {
        (Role::Principal, role.to_owned())
    }
}

fn account_line(account: &Account, waits: bool, mirror: &Mirror) -> AccountLine {
    let (role, name) = standing(&account.role, &account.name);
    let known = mirror.recipient_of(role, &name);
    let (state, waits) = match (&account.seal, known) {
        (None, _) => ("invited", false),
        (Some(_), _) if waits => ("admitted; the record shows it with the next batch", false),
        (Some(seal), Some(known)) if *seal == known => ("admitted", false),
        (Some(_), Some(_)) => (
            "its key is not the record's: admit it anew, if it is theirs",
            true,
        ),
        (Some(_), None) => ("waits to be admitted", true),
    };
    AccountLine {
        name: account.name.clone(),
        role: account.role.clone(),
        seal: account.seal.clone(),
        state,
        waits,
    }
}

impl<P: Platform> Desk<P> {
    /// Where an invitation is taken up; once that is done, the key that the office is to be told.
    pub(crate) async fn join_page(&mut self) -> Result<Answer, Trouble> {
        if store::exists(&self.platform).await? {
            self.opened()?;
        }
        self.sync().await?;
        let open = self.open.as_ref();
        let account = open.and_then(|open| open.keys.account.as_ref());
        let joining = open.is_some_and(|open| open.texts.joining);
        if let Some(account) = account.filter(|_| !joining) {
            return self.joined(account);
        }
        let page = Join {
            has_store: open.is_some(),
            account: account.map(|held| held.name.clone()).unwrap_or_default(),
        };
        Ok(Answer::page("Take up an invitation", &page)?.at("/desk/join"))
    }

    fn joined(&self, account: &AccountKeys) -> Result<Answer, Trouble> {
        let keys = &account.keys;
        let page = Joined {
            account: account.name.clone(),
            steward: keys.role == Role::Steward,
            office: self.opened()?.keys.role(Role::Office).is_some(),
            admitted: keys.is_in(self.mirror()?.keys()),
            line: KeyLine::from(keys).to_string(),
        };
        Ok(Answer::page("Your account", &page)?.at("/desk/join"))
    }

    /// Takes up an invitation, or goes on with one whose answer did not come.
    pub(crate) async fn join_office(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let name = form.need("account", "The account's name")?.to_owned();
        let invitation = form.need("invitation", "The invitation")?;
        let password = form.raw("password");
        if password.is_empty() {
            return Err(Trouble::input("The password: this is needed"));
        }
        if password != form.raw("password-again") {
            return Err(Trouble::input(
                "The two passwords differ. Nothing was sent.",
            ));
        }
        self.sync().await?;
        self.create_store(form, KeyStore::default()).await?;
        let origin = self.mirror()?.origin().to_owned();
        let open = self.opened_mut()?;
        let first = open.keys.account.is_none();
        let keys = match &open.keys.account {
            Some(held) if !open.texts.joining => {
                return Err(Trouble::input(format!(
                    "This key store holds the account {} already.",
                    held.name
                )));
            }
            Some(held) => RoleKeys {
                name: name.clone(),
                ..held.keys.clone()
            },
            // The server says the role when the account signs in; until then the keys are a steward's or an official's alike.
            None => RoleKeys::generate(&origin, Role::Steward, &name, &mut Self::rng()),
        };
        self.keep_account(&name, &keys, true).await?;
        // Saved before it is sent: an invitation is good once.
        let post = office::invite_reply(invitation, password, &keys);
        let refused = match self.send(&calls::create_account(&post)).await {
            Ok(_) => None,
            Err(e) if e.is_definite() && first => {
                self.keep_texts(|texts| texts.joining = false).await?;
                self.keep_outcome(|open, _| {
                    open.keys.account = None;
                    Ok(())
                })
                .await?;
                return Err(e.into());
            }
            // It may have been taken up by the first attempt, whose answer did not come: signing in tells.
            Err(e) if e.is_definite() => Some(e),
            Err(e) => return Err(e.into()),
        };
        let sign_in = office::sign_in(&name, password, &keys, self.platform.now());
        let session = match (self.send(&calls::sign_in(&sign_in)).await, refused) {
            (Ok(session), _) => session,
            (Err(_), Some(refused)) => return Err(refused.into()),
            (Err(e), None) => {
                return Err(Trouble::other(format!(
                    "The invitation was taken up, and the account can't be signed in to ({e}). Is its name {name}? Send the form again."
                )));
            }
        };
        let (role, stands_as) = standing(&session.role, &name);
        let keys = RoleKeys {
            role,
            name: stands_as,
            ..keys
        };
        self.keep_account(&name, &keys, false).await?;
        self.bench.session = Some(session);
        self.joined(self.account()?)
    }

    async fn keep_account(
        &mut self,
        name: &str,
        keys: &RoleKeys,
        joining: bool,
    ) -> Result<(), Trouble> {
        self.keep_texts(|texts| texts.joining = joining).await?;
        self.keep_outcome(|open, _| {
            open.keys.account = Some(AccountKeys {
                name: name.to_owned(),
                keys: keys.clone(),
                session: None,
            });
            Ok(())
        })
        .await
    }

    /// Who has an account, and whose key the record has.
    pub(crate) async fn accounts_page(&mut self, told: Option<String>) -> Result<Answer, Trouble> {
        self.steward()?;
        self.sync().await?;
        let list = self.as_account(calls::accounts).await?;
        let (mirror, keys) = (self.mirror()?, &self.opened()?.keys);
        let line = |account: &Account| {
            let waits = admission_waits(keys, &account.name, mirror);
            account_line(account, waits, mirror)
        };
        let page = Accounts {
            accounts: list.accounts.iter().map(line).collect(),
            office: keys.role(Role::Office).is_some(),
            told,
        };
        Ok(Answer::page("Accounts", &page)?.at("/desk/office/accounts"))
    }

    /// Enters an account's keys in the record; a steward is given the office's key as well.
    pub(crate) async fn admit(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let name = form.need("account", "The account")?.to_owned();
        let line: KeyLine = form
            .need("key", "The key that its holder told you")?
            .parse()
            .map_err(|e| Trouble::input(format!("The key: {e}.")))?;
        let told = ToldKeys {
            sign: line.sign,
            seal: line.seal,
        };
        self.sync().await?;
        let keys = self.office_keys().await?;
        let list = self.as_account(calls::accounts).await?;
        let found = { list.accounts.iter() }
            .find(|account| account.name == name)
            .ok_or_else(|| Trouble::input(format!("{name}: there is no such account.")))?;
        let entry = office::admit(found, &told, &keys)
            .map_err(|e| Trouble::other(sentence(&e.to_string())))?;
        let accepted = self.send(&calls::entry(&entry)).await?;
        let kept = self.promised(&accepted, &entry.entry).await;
        if found.role == STEWARD {
            let sealed = office::give_key(&keys, &told).map_err(Trouble::other)?;
            self.as_account(|session| calls::give_office_key(session, &name, sealed))
                .await?;
        }
        kept?;
        self.accounts_page(Some(format!(
            "{name} is admitted; the record will show it with the next batch."
        )))
        .await
    }
}
