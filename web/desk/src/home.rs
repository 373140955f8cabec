//! The first page, the trust in the channel.

use askama::Template;
use demur_client::{device::Mirror, key_store::KeyStore, link::Link, watch};
use demur_record::{entry::Role, policy::Policy};
use demur_seal::SecretString;

use crate::{
    answer::{Answer, Trouble},
    desk::{Desk, is_public},
    form::Form,
    platform::Platform,
    store, texts,
};

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    member: Option<String>,
    unconfirmed: bool,
    memos: Vec<MemoLine>,
    account: Option<String>,
    steward: bool,
    roles: Vec<String>,
    registrar: bool,
    overseer: bool,
    /// Kinds of entries that the log promised to record in time, and did not.
    broken: Vec<&'static str>,
    as_of: String,
}

struct MemoLine {
    id: String,
    short: String,
    part: &'static str,
    state: String,
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkForm;

#[derive(Template)]
#[template(path = "trust.html")]
struct Trust {
    policy: String,
    log: String,
    witnesses: Vec<String>,
    entries: u64,
    checkpoint: String,
    as_of: String,
}

#[derive(Template)]
#[template(path = "gone.html")]
struct Gone;

#[derive(Template)]
#[template(path = "no_page.html")]
struct NoPage;

pub(crate) fn link_page() -> Result<Answer, Trouble> {
    Ok(Answer::page("Open a link", &LinkForm)?.at("/desk/link"))
}

/// What stands at an address of the desk that leads nowhere.
pub(crate) fn no_page() -> Result<Answer, Trouble> {
    Answer::page("There is no such page", &NoPage)
}

impl<P: Platform> Desk<P> {
    /// What this person has to do with.
    pub(crate) async fn overview(&mut self) -> Result<Answer, Trouble> {
        self.opened()?;
        self.sync().await?;
        self.fetch_certificate().await?;
        let open = self.opened()?;
        let mirror = self.mirror()?;
        let keys = &open.keys;
        let memos = keys.known_memos();
        let line = |memo: &demur_encoding::Digest| MemoLine {
            id: memo.to_string(),
            short: memo.short(),
            part: part(keys, *memo),
            state: match mirror.case(*memo) {
                Some(case) => texts::case_state(&case, mirror.time()),
                None => "a draft: known to those who hold the link".to_owned(),
            },
        };
        let page = Overview {
            member: keys.identity.as_ref().map(crate::member::state),
            unconfirmed: open.texts.unconfirmed.is_some(),
            memos: memos.iter().map(line).collect(),
            account: keys.account.as_ref().map(|account| account.name.clone()),
            steward: { keys.account.as_ref() }
                .is_some_and(|account| account.keys.role == Role::Steward),
            registrar: keys.role(Role::Registrar).is_some(),
            overseer: keys.role(Role::Overseer).is_some(),
            roles: keys
                .roles
                .iter()
                .map(|role| demur_client::key_line::role_name(role.role))
                .collect(),
            broken: watch::broken(keys, mirror)
                .iter()
                .map(|own| own.entry.kind())
                .collect(),
            as_of: texts::as_of(mirror),
        };
        Ok(Answer::page("Your desk", &page)?.at("/desk"))
    }

    /// The entries that the log promised to record in time and did not, with its promises: they convict it.
    pub(crate) fn broken_promises(&self) -> Result<Answer, Trouble> {
        let broken = watch::broken(&self.opened()?.keys, self.mirror()?);
        if broken.is_empty() {
            return Err(Trouble::NoPage);
        }
        let bytes = serde_json::to_vec_pretty(&broken).map_err(Trouble::other)?;
        let kind = "application/json";
        Ok(Answer::file("broken-promises.json", kind, bytes))
    }

    /// Takes the key store from this browser, if its passphrase is shown once more.
    pub(crate) async fn forget(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let passphrase = SecretString::from(form.raw("passphrase").to_owned());
        store::unlock(&self.platform, &passphrase).await?;
        store::forget(&self.platform, is_public).await?;
        self.open = None;
        self.shown = None;
        Ok(Answer::page("Removed", &Gone)?.at("/desk"))
    }

    pub(crate) async fn open_link(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let link: Link = form
            .need("link", "The link")?
            .parse()
            .map_err(|e| Trouble::input(format!("The link: {e}.")))?;
        self.reading(link).await
    }

    /// Whom this browser trusts.
    pub(crate) async fn trust_page(&mut self) -> Result<Answer, Trouble> {
        let mirror = self.sync().await?;
        let policy: Policy = mirror.policy_text().parse().map_err(Trouble::other)?;
        let page = Trust {
            policy: mirror.policy_text().to_owned(),
            log: mirror.log_key().to_string(),
            witnesses: policy
                .witnesses()
                .iter()
                .map(|witness| witness.key.to_string())
                .collect(),
            entries: mirror.size(),
            checkpoint: mirror
                .checkpoint()
                .map_or_else(|| "none yet".to_owned(), |at| at.hash.to_string()),
            as_of: texts::as_of(mirror),
        };
        Ok(Answer::page("Whom this browser trusts", &page)?.at("/desk/trust"))
    }

    /// Takes another policy, if the copy of the record stands under it.
    pub(crate) async fn trust(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let policy = form.need("policy", "The trust policy")?;
        let mut state = self.sync().await?.state().clone();
        state.policy = policy.to_owned();
        let log = self.mirror()?.log_key().clone();
        let mirror = Mirror::load(state).map_err(|e| {
            Trouble::input(format!(
                "The record does not stand under this policy, and nothing was changed: {e}"
            ))
        })?;
        if *mirror.log_key() != log {
            return Err(Trouble::input(
                "This is the policy of another log: a browser trusts one channel at one address.",
            ));
        }
        self.replace_mirror(mirror).await?;
        self.trust_page().await
    }

    /// Makes the key store of a new person.
    pub(crate) async fn create_store(
        &mut self,
        form: &Form,
        keys: KeyStore,
    ) -> Result<(), Trouble> {
        if self.open.is_some() {
            return Ok(());
        }
        if store::exists(&self.platform).await? {
            return Err(Trouble::input(
                "This browser keeps a key store already: unlock it first.",
            ));
        }
        let passphrase = store::passphrase(form.raw("passphrase"), form.raw("again"))?;
        self.platform.progress("Locking the key store", 0, 0);
        let open = store::create(&self.platform, &passphrase, keys, &mut Self::rng()).await?;
        self.open = Some(open);
        Ok(())
    }
}

fn part(keys: &KeyStore, memo: demur_encoding::Digest) -> &'static str {
    let acted = keys
        .identity
        .as_ref()
        .and_then(|identity| identity.memos.get(&memo));
    match (keys.memos.contains_key(&memo), acted.map(|a| a.acts.last())) {
        (true, _) => "you are one of its authors",
        (false, Some(Some(_))) => "you acted on it",
        _ => "you hold its link",
    }
}
