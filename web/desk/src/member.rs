//! A member's secret: enrolling, the 24 words, moving to another device.

use askama::Template;
use demur_client::{
    calls,
    identity::{Identity, Phrase},
    key_store::KeyStore,
    registrar::Code,
};
use demur_encoding::hash;
use demur_record::entry::Role;
use demur_seal::SecretString;
use zeroize::Zeroizing;

use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    store::{self, Unconfirmed},
};

/// How many of the 24 words are asked for, to see that they were written down.
const ASKED: usize = 3;

#[derive(Template)]
#[template(path = "enrol.html")]
struct Enrol {
    has_store: bool,
    has_secret: bool,
}

#[derive(Template)]
#[template(path = "words.html")]
struct Words {
    words: Vec<(usize, String)>,
    origin: String,
}

#[derive(Template)]
#[template(path = "words_check.html")]
struct WordsCheck {
    asked: Vec<usize>,
}

#[derive(Template)]
#[template(path = "member.html")]
struct Member {
    leaf: String,
    state: String,
    enrolled: bool,
    memos: usize,
}

#[derive(Template)]
#[template(path = "restore.html")]
struct Restore;

#[derive(Template)]
#[template(path = "import.html")]
struct Import;

#[derive(Template)]
#[template(path = "move.html")]
struct Move;

pub(crate) fn restore_page() -> Result<Answer, Trouble> {
    Ok(Answer::page("Restore from the 24 words", &Restore)?.at("/desk/restore"))
}

pub(crate) fn import_page() -> Result<Answer, Trouble> {
    Ok(Answer::page("Bring a key file", &Import)?.at("/desk/import"))
}

/// How far the enrolment is.
pub(crate) fn state(identity: &Identity) -> String {
    match identity.memberships.keys().next_back() {
        Some(edition) => format!("certified in roster edition {edition}"),
        None if identity.enrolment.is_some() => {
            "enrolled; the registrar has not published it yet".to_owned()
        }
        None => "not enrolled with a code on this device".to_owned(),
    }
}

/// The channels whose keys are in it.
pub(crate) fn origins(keys: &KeyStore) -> impl Iterator<Item = &str> {
    let member = keys.identity.iter().map(|identity| &identity.origin);
    let account = keys.account.iter().map(|account| &account.keys.origin);
    let roles = keys.roles.iter().map(|role| &role.origin);
    member.chain(account).chain(roles).map(String::as_str)
}

/// Whether nothing but keys of roles is in it.
fn only_roles(keys: &KeyStore) -> bool {
    let mut rest = keys.clone();
    rest.roles.clear();
    rest.is_empty()
}

/// Which words are asked for: fixed by the secret, so that to try again asks for the same.
fn asked(words: &str) -> Vec<usize> {
    let digest = hash("demur/desk/words", &[words.as_bytes()]);
    let mut asked: Vec<usize> = Vec::with_capacity(ASKED);
    for byte in digest.as_bytes() {
        let at = usize::from(*byte) % demur_client::identity::WORDS;
        if asked.len() < ASKED && !asked.contains(&at) {
            asked.push(at);
        }
    }
    asked.sort_unstable();
    asked
}

impl<P: Platform> Desk<P> {
    pub(crate) async fn enrol_page(&mut self) -> Result<Answer, Trouble> {
        if store::exists(&self.platform).await? {
            self.opened()?;
        }
        let page = Enrol {
            has_store: self.open.is_some(),
            has_secret: { self.open.as_ref() }.is_some_and(|open| open.keys.identity.is_some()),
        };
        Ok(Answer::page("Enrol", &page)?.at("/desk/enrol"))
    }

    /// Makes the secret, keeps it, and shows its words; nothing is sent before they were written down.
    pub(crate) async fn enrol(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let code = form.need("code", "The code of the registrar's letter")?;
        code.parse::<Code>()
            .map_err(|e| Trouble::input(format!("The code: {e}.")))?;
        self.sync().await?;
        self.create_store(form, KeyStore::default()).await?;
        let origin = self.mirror()?.origin().to_owned();
        let open = self.opened_mut()?;
        if open.keys.identity.is_some() && open.texts.unconfirmed.is_none() {
            // Another code for the secret that is there: a certificate for a later edition.
            let code = code.to_owned();
            return self.send_enrolment(&code).await;
        }
        let words = match &open.texts.unconfirmed {
            Some(unconfirmed) => unconfirmed.words.clone(),
            None => {
                let (identity, phrase) = Identity::new(&origin, &mut Self::rng());
                open.keys.identity = Some(identity);
                phrase.reveal().to_owned()
            }
        };
        open.texts.unconfirmed = Some(Unconfirmed {
            words,
            code: code.to_owned(),
        });
        let open = self.opened()?;
        // The words first: a secret without them could not be restored.
        open.save_texts(&self.platform).await?;
        open.save(&self.platform).await?;
        self.words_page().await
    }

    fn unconfirmed(&self) -> Result<&Unconfirmed, Trouble> {
        self.opened()?.texts.unconfirmed.as_ref().ok_or_else(|| {
            Trouble::input("The words were shown once, and you confirmed that you have them.")
        })
    }

    pub(crate) async fn words_page(&mut self) -> Result<Answer, Trouble> {
        self.unconfirmed()?;
        self.sync().await?;
        let unconfirmed = self.unconfirmed()?;
        let words = unconfirmed.words.split(' ');
        let page = Words {
            words: words.map(str::to_owned).enumerate().collect(),
            origin: self.mirror()?.origin().to_owned(),
        };
        Ok(Answer::page("Your 24 words", &page)?.at("/desk/words"))
    }

    pub(crate) fn words_written(&self) -> Result<Answer, Trouble> {
        let asked = asked(&self.unconfirmed()?.words);
        Answer::page("Check your words", &WordsCheck { asked })
    }

    /// Holds the words that are asked for against the secret, then enrols.
    pub(crate) async fn words_check(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let unconfirmed = self.unconfirmed()?;
        let words: Vec<&str> = unconfirmed.words.split(' ').collect();
        let typed: Vec<&str> = form.all("word").map(str::trim).collect();
        let asked = asked(&unconfirmed.words);
        let wrong = asked.iter().enumerate().find(|(i, at)| {
            !typed
                .get(*i)
                .is_some_and(|word| word.eq_ignore_ascii_case(words[**at]))
        });
        if let Some((_, at)) = wrong {
            return Err(Trouble::input(format!(
                "Word {} is another one. Look at your sheet; if it is lost, go back and write the words down again.",
                at + 1
            )));
        }
        let code = unconfirmed.code.clone();
        self.send_enrolment(&code).await
    }

    async fn send_enrolment(&mut self, code: &str) -> Result<Answer, Trouble> {
        let code: Code = code
            .parse()
            .map_err(|e| Trouble::input(format!("The code: {e}.")))?;
        let registrar = self
            .sync()
            .await?
            .recipient(Role::Registrar)
            .ok_or_else(|| {
                Trouble::other("The record names no registrar's key to seal the enrolment to.")
            })?;
        let open = self.opened_mut()?;
        let identity = open
            .keys
            .identity
            .as_mut()
            .ok_or_else(|| Trouble::input("This key store holds no member secret."))?;
        let (ticket, sealed) = identity
            .enrol(&code, &registrar, &mut Self::rng())
            .map_err(Trouble::input)?;
        // Saved before it is sent: an enrolment whose secret is lost can't be undone without the registrar.
        self.save().await?;
        self.send(&calls::enrol(ticket, sealed)).await?;
        self.keep_texts(|texts| texts.unconfirmed = None).await?;
        self.member_page().await
    }

    fn memberships(&self) -> usize {
        let identity = { self.open.as_ref() }.and_then(|open| open.keys.identity.as_ref());
        identity.map_or(0, |identity| identity.memberships.len())
    }

    /// Takes the registrar's reply out of the mailbox, if there is one that is new. Never beside an anonymous act: the
    /// mailbox was made for this member.
    pub(crate) async fn fetch_certificate(&mut self) -> Result<(), Trouble> {
        let (open, mirror) = (self.opened()?, self.mirror()?);
        let ticket = { open.keys.identity.as_ref() }
            .filter(|_| open.texts.unconfirmed.is_none())
            .and_then(|identity| identity.mailbox(mirror));
        let Some(ticket) = ticket else {
            return Ok(());
        };
        let reply = match self.send(&calls::enrolment_reply(ticket)).await {
            Ok(reply) => reply,
            Err(e) if e.is_not_found() => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        let known = self.memberships();
        let (open, mirror) = self.opened_with_mirror()?;
        if let Some(identity) = open.keys.identity.as_mut() {
            identity
                .receive(&reply.sealed, mirror)
                .map_err(Trouble::other)?;
        }
        if self.memberships() == known {
            return Ok(());
        }
        // Received twice is received once.
        self.keep_outcome(|open, mirror| {
            { open.keys.identity.as_mut() }.map_or(Ok(()), |identity| {
                let received = identity.receive(&reply.sealed, mirror);
                received.map(drop).map_err(Trouble::other)
            })
        })
        .await
    }

    pub(crate) async fn member_page(&mut self) -> Result<Answer, Trouble> {
        self.opened()?;
        self.sync().await?;
        self.fetch_certificate().await?;
        let identity = self.opened()?.keys.identity.as_ref().ok_or_else(|| {
            Trouble::input("This key store holds no member secret: enrol with a code.")
        })?;
        let page = Member {
            leaf: identity.leaf.to_string(),
            state: state(identity),
            enrolled: identity.enrolment.is_some() || !identity.memberships.is_empty(),
            memos: identity.memos.len(),
        };
        Ok(Answer::page("Your membership", &page)?.at("/desk/member"))
    }

    /// Makes the secret again from its words.
    pub(crate) async fn restore(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let phrase: Phrase = form
            .need("words", "The 24 words")?
            .parse()
            .map_err(|e| Trouble::input(format!("The words: {e}.")))?;
        self.sync().await?;
        let origin = self.mirror()?.origin().to_owned();
        let identity = Identity::restore(&origin, &phrase);
        match self.open.as_mut() {
            Some(open) if open.keys.identity.is_some() => Err(Trouble::input(
                "This key store holds a member secret already.",
            )),
            Some(open) => {
                open.keys.identity = Some(identity);
                self.save().await?;
                self.member_page().await
            }
            None => {
                let mut keys = KeyStore::default();
                keys.identity.replace(identity);
                self.create_store(form, keys).await?;
                self.member_page().await
            }
        }
    }

    /// Takes in a key file of another device or of the program.
    pub(crate) async fn import(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let (_, file) = form
            .files("file")
            .next()
            .ok_or_else(|| Trouble::input("Choose the key file."))?;
        let passphrase = SecretString::from(form.raw("file-passphrase").to_owned());
        self.platform.progress("Opening the key file", 0, 0);
        let mut keys = store::import(file, &passphrase)?;
        // A session is kept in memory alone.
        if let Some(account) = &mut keys.account {
            account.session = None;
        }
        self.sync().await?;
        let here = self.mirror()?.origin();
        if let Some(other) = origins(&keys).find(|origin| *origin != here) {
            return Err(Trouble::input(format!(
                "The key file is of another channel: {other}."
            )));
        }
        match self.open.as_mut() {
            Some(open) if open.keys.is_empty() => {
                open.keys = keys;
                self.save().await?;
            }
            // The keys of a role alone, such as the office's: they come to what is here.
            Some(open) if only_roles(&keys) => {
                for role in keys.roles {
                    if open.keys.role(role.role).is_none() {
                        open.keys.roles.push(role);
                    }
                }
                self.save().await?;
            }
            Some(_) => {
                return Err(Trouble::input(
                    "This browser's key store is in use: remove it first, or bring the file into another browser profile.",
                ));
            }
            None => {
                // The file's own passphrase is good for this browser, too.
                let typed = Form::new()
                    .with("passphrase", form.raw("file-passphrase"))
                    .with("again", form.raw("file-passphrase"));
                self.create_store(&typed, keys).await?;
            }
        }
        self.overview().await
    }

    pub(crate) fn move_page(&self) -> Result<Answer, Trouble> {
        self.opened()?;
        Ok(Answer::page("Another device", &Move)?.at("/desk/move"))
    }

    /// The key store as a file, under a passphrase.
    pub(crate) fn export(&self, form: &Form) -> Result<Answer, Trouble> {
        let passphrase = store::passphrase(form.raw("passphrase"), form.raw("again"))?;
        self.platform.progress("Locking the key file", 0, 0);
        let file = Zeroizing::new(self.opened()?.export(&passphrase)?);
        Ok(Answer::file(
            "demur-keys.age",
            "application/octet-stream",
            file.to_vec(),
        ))
    }
}
