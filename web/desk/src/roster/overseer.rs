//! The overseer: each edition held against its certificates, the letters that it calls for, the attestation.
//!
//! The register of each edition that was attested here is kept, sealed as the registrar sent it: without the one before nobody can tell
//! whose commitment changed.

use askama::Template;
use demur_client::{
    api::PostEntry,
    calls,
    overseer::{self, Letter, OpenedRegister, Reason},
};
use demur_encoding::Bytes;
use demur_record::entry::Role;
use zeroize::Zeroizing;

use super::newest;
use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    texts,
};

#[derive(Template)]
#[template(path = "overseer.html")]
struct Overseer {
    edition: Option<u64>,
    attested: bool,
    /// Whether the letters of the newest edition can be written here.
    letters: bool,
    /// The edition before it, where its register is missing here.
    missing: Option<u64>,
    as_of: String,
}

#[derive(Template)]
#[template(path = "overseer_attested.html")]
struct Attested {
    edition: u64,
    new: usize,
    changed: usize,
    removed: usize,
}

/// The name of an edition's register in the browser's storage.
fn name(edition: u64) -> String {
    format!("register-of-{edition}")
}

impl<P: Platform> Desk<P> {
    /// Whether the newest edition is vouched for, and what there is to do.
    pub(crate) async fn overseer_page(&mut self) -> Result<Answer, Trouble> {
        self.role_keys(Role::Overseer)?;
        self.sync().await?;
        let mirror = self.mirror()?;
        let edition = newest(mirror);
        let attested = { mirror.latest_edition() }.is_some_and(|known| known.attestation.is_some());
        let as_of = texts::as_of(mirror);
        let (mut letters, mut missing) = (false, None);
        if let Some(number) = edition {
            letters = self.platform.load(&name(number)).await?.is_some();
            if let Some(before) = mirror.attested_before(number)
                && self.platform.load(&name(before)).await?.is_none()
            {
                missing = Some(before);
            }
        }
        let page = Overseer {
            edition,
            attested,
            letters,
            missing,
            as_of,
        };
        Ok(Answer::page("Overseer", &page)?.at("/desk/overseer"))
    }

    /// Holds the newest edition against its register and vouches for it; the letters come as a file.
    pub(crate) async fn attest(&mut self) -> Result<Answer, Trouble> {
        let (number, register, sealed) = self.newest_register().await?;
        self.platform.progress("Checking every certificate", 0, 0);
        self.edition(number).await?;
        let edition = self.kept_edition(number)?;
        let (_, registrar) = { self.mirror()?.edition_head(number) }
            .ok_or_else(|| Trouble::other("The record holds no such edition."))?;
        register.check(edition, &registrar).map_err(|e| {
            Trouble::other(format!(
                "Edition {number} is not what the registrar certified, and was not attested: {e}. Tell the union and the other overseers."
            ))
        })?;
        let letters = register.letters(self.register_before(number).await?.as_ref());
        let keys = self.role_keys(Role::Overseer)?;
        let recorded = { self.mirror()?.edition(number) }
            .ok_or_else(|| Trouble::other("The record holds no such edition."))?;
        let entry = overseer::attest(&recorded.edition, edition, letters.len(), keys)
            .map_err(Trouble::other)?;
        // Kept before it is sent: the letters can be written again, and the next edition compared.
        self.platform.save(&name(number), &sealed.0).await?;
        self.platform.progress("Sending", 0, 0);
        let post = PostEntry { entry };
        let accepted = self.send(&calls::entry(&post)).await?;
        self.promised(&accepted, &post.entry).await?;
        let count = |reason| {
            letters
                .iter()
                .filter(|letter| letter.reason == reason)
                .count()
        };
        let page = Attested {
            edition: number,
            new: count(Reason::New),
            changed: count(Reason::Changed),
            removed: count(Reason::Removed),
        };
        Answer::page("Attested", &page)
    }

    /// The letters of the newest edition that was attested here.
    pub(crate) async fn overseer_letters(&mut self) -> Result<Answer, Trouble> {
        self.sync().await?;
        let none = || Trouble::input("No edition was attested in this browser yet.");
        let number = newest(self.mirror()?).ok_or_else(none)?;
        let register = self.kept_register_of(number).await?.ok_or_else(none)?;
        let letters = register.letters(self.register_before(number).await?.as_ref());
        if letters.is_empty() {
            return Err(Trouble::input(format!(
                "Edition {number} calls for no letter: nobody's commitment is new, changed or gone."
            )));
        }
        Ok(Answer::file(
            format!("letters-{number}.txt"),
            "text/plain",
            written(&letters).to_vec(),
        ))
    }

    /// Takes in the register of the edition before, from another device or from the program.
    pub(crate) async fn overseer_register_in(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let (_, file) = { form.files("register").next() }
            .ok_or_else(|| Trouble::input("Choose the file of the edition's register."))?;
        let keys = self.role_keys(Role::Overseer)?;
        let register = OpenedRegister::open(&Bytes(file.to_vec()), keys).map_err(Trouble::input)?;
        self.sync().await?;
        let mirror = self.mirror()?;
        let wanted = newest(mirror).and_then(|number| mirror.attested_before(number));
        let wanted = wanted.ok_or_else(|| {
            Trouble::input("No edition before the newest one is attested: no register is missing.")
        })?;
        if register.edition != wanted {
            return Err(Trouble::input(format!(
                "The file is the register of edition {}; that of edition {wanted} is missing.",
                register.edition
            )));
        }
        // Anybody can seal a file to the overseer: it must be what that edition commits to.
        self.edition(wanted).await?;
        let (_, registrar) = { self.mirror()?.edition_head(wanted) }
            .ok_or_else(|| Trouble::other("The record holds no such edition."))?;
        register
            .check(self.kept_edition(wanted)?, &registrar)
            .map_err(|e| Trouble::input(crate::signing::sentence(&e.to_string())))?;
        if !self.platform.swap(&name(wanted), None, file).await? {
            return Err(Trouble::input(format!(
                "The register of edition {wanted} is here already."
            )));
        }
        self.overseer_page().await
    }

    /// The newest edition's number, its register as the server gives it, opened and sealed.
    async fn newest_register(&mut self) -> Result<(u64, OpenedRegister, Bytes), Trouble> {
        self.role_keys(Role::Overseer)?;
        self.sync().await?;
        let number = newest(self.mirror()?)
            .ok_or_else(|| Trouble::input("The record holds no edition yet."))?;
        let keys = self.role_keys(Role::Overseer)?;
        let request = keys.request("register", &number.to_string(), self.platform.now());
        let short = u32::try_from(number).map_err(Trouble::other)?;
        let sealed = self.send(&calls::register(short, &request)).await?.sealed;
        let keys = self.role_keys(Role::Overseer)?;
        let register = OpenedRegister::open(&sealed, keys).map_err(Trouble::other)?;
        Ok((number, register, sealed))
    }

    async fn kept_register_of(&self, edition: u64) -> Result<Option<OpenedRegister>, Trouble> {
        let Some(sealed) = self.platform.load(&name(edition)).await? else {
            return Ok(None);
        };
        let keys = self.role_keys(Role::Overseer)?;
        let opened = OpenedRegister::open(&Bytes(sealed), keys);
        opened.map(Some).map_err(Trouble::other)
    }

    /// The register of the newest attested edition before; there must be one, unless it is the first.
    async fn register_before(&self, number: u64) -> Result<Option<OpenedRegister>, Trouble> {
        let Some(before) = self.mirror()?.attested_before(number) else {
            return Ok(None);
        };
        let kept = self.kept_register_of(before).await?;
        let missing = || {
            Trouble::input(format!(
                "The register of edition {before}, which is attested, is not in this browser: without it nobody can tell \
                 whose commitment changed. Bring its file."
            ))
        };
        kept.ok_or_else(missing).map(Some)
    }
}

/// The letters in one text, a form feed between them.
fn written(letters: &[Letter]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::new());
    for letter in letters {
        text.extend_from_slice(letter.text.trim_end().as_bytes());
        text.extend_from_slice(b"\n\x0c\n");
    }
    text
}
