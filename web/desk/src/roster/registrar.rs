//! The registrar: who may enrol, who has, and the next edition.
//!
//! The register stays on this device, sealed to the registrar's key as the program keeps it (`register.age`).

use std::fmt::Write as _;

use askama::Template;
use demur_client::{
    api::{Enrolment, MAX_TICKETS},
    calls,
    registrar::{Changes, Member, Register, SmallCohorts, Status, parse_people, parts},
};
use demur_record::entry::Role;
use zeroize::Zeroizing;

use super::{newest, seal, unseal};
use crate::{
    answer::{Answer, Trouble},
    desk::Desk,
    form::Form,
    platform::Platform,
    texts,
};

/// The register's name in the browser's storage.
const REGISTER: &str = "register";

/// The most e-mail addresses that a page lists of one kind.
const LISTED: usize = 50;

#[derive(Template)]
#[template(path = "registrar.html")]
struct Registrar {
    status: Status,
    /// Whether the register must be somewhere else: there is an edition, and nobody in this one.
    elsewhere: bool,
    edition: Option<u64>,
    floor: Option<u32>,
    told: Option<String>,
    as_of: String,
}

#[derive(Template)]
#[template(path = "registrar_found.html")]
struct Found {
    member: Option<Line>,
    asked: String,
}

struct Line {
    name: String,
    title: String,
    email: String,
    cohorts: Vec<String>,
    code: bool,
    leaf: Option<String>,
}

#[derive(Template)]
#[template(path = "registrar_code.html")]
struct NewCode {
    email: String,
    code: Zeroizing<String>,
}

#[derive(Template)]
#[template(path = "registrar_published.html")]
struct Published {
    number: u64,
    digest: String,
    enrolled: usize,
    cohorts: Vec<(String, u64)>,
    left_out: Vec<(String, u64)>,
    floor: u32,
    refused: Vec<String>,
}

impl<P: Platform> Desk<P> {
    /// How the register stands, and all that can be done with it.
    pub(crate) async fn registrar_page(&mut self, told: Option<String>) -> Result<Answer, Trouble> {
        self.role_keys(Role::Registrar)?;
        self.sync().await?;
        let (register, _) = self.kept_register().await?;
        let mirror = self.mirror()?;
        let (status, edition) = (register.status(), newest(mirror));
        let page = Registrar {
            elsewhere: status.persons == 0 && edition.is_some(),
            status,
            edition,
            floor: mirror.profile().map(|profile| profile.roster.cohort_floor),
            told,
            as_of: texts::as_of(mirror),
        };
        Ok(Answer::page("Registrar", &page)?.at("/desk/registrar"))
    }

    /// Takes in the list of those who may enrol, and gives the server the mailboxes of the new codes.
    pub(crate) async fn roster_import(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let (_, file) = { form.files("people").next() }
            .ok_or_else(|| Trouble::input("Choose the list: a CSV file."))?;
        let people = parse_people(file).map_err(Trouble::input)?;
        self.role_keys(Role::Registrar)?;
        self.sync().await?;
        let (mut register, before) = self.kept_register().await?;
        let changes = register.import(people, &mut Self::rng());
        self.keep_register(&register, before).await?;
        self.send_tickets(&register).await?;
        self.registrar_page(Some(changed(&changes))).await
    }

    /// A new code for one person; the one before counts no more.
    pub(crate) async fn roster_recode(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let email = form.need("email", "The e-mail address")?.to_lowercase();
        self.role_keys(Role::Registrar)?;
        self.sync().await?;
        let (mut register, before) = self.kept_register().await?;
        let code = register
            .new_code(&email, &mut Self::rng())
            .map(|code| Zeroizing::new(code.reveal()))
            .ok_or_else(|| Trouble::input(format!("{email} is not in the register.")))?;
        self.keep_register(&register, before).await?;
        self.send_tickets(&register).await?;
        Answer::part("found", &NewCode { email, code })
    }

    /// What the register says of one person.
    pub(crate) async fn roster_find(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let asked = form.need("email", "The e-mail address")?.to_lowercase();
        self.role_keys(Role::Registrar)?;
        self.sync().await?;
        let (register, _) = self.kept_register().await?;
        let line = |member: &Member| Line {
            name: member.person.name.clone(),
            title: member.person.title.clone(),
            email: member.person.email.clone(),
            cohorts: member.person.cohorts.iter().cloned().collect(),
            code: member.code.is_some(),
            leaf: { member.enrolled.as_ref() }.map(|enrolled| enrolled.leaf.to_string()),
        };
        let member = register.members().find(|m| m.person.email == asked);
        let page = Found {
            member: member.map(line),
            asked,
        };
        Answer::part("found", &page)
    }

    /// One letter for each code that is out, a form feed between them.
    pub(crate) async fn roster_letters(&mut self) -> Result<Answer, Trouble> {
        self.role_keys(Role::Registrar)?;
        self.sync().await?;
        let (register, _) = self.kept_register().await?;
        let letters: Vec<Zeroizing<String>> = { register.members() }
            .filter_map(|member| Some(member.letter(&register.origin)?.into()))
            .collect();
        if letters.is_empty() {
            return Err(Trouble::input(
                "No code is out: everybody on the list has enrolled, or the list is empty.",
            ));
        }
        let mut text = Zeroizing::new(Vec::new());
        for letter in &letters {
            text.extend_from_slice(letter.as_bytes());
            text.extend_from_slice(b"\x0c\n");
        }
        Ok(Answer::file("letters.txt", "text/plain", text.to_vec()))
    }

    /// Takes in what is in the mailboxes, makes the next edition, sends it and the replies.
    pub(crate) async fn roster_publish(&mut self, form: &Form) -> Result<Answer, Trouble> {
        self.role_keys(Role::Registrar)?;
        self.sync().await?;
        let (mut register, before) = self.kept_register().await?;
        self.platform.progress("Reading the mailboxes", 0, 0);
        let waiting = self.enrolments().await?;
        let keys = self.role_keys(Role::Registrar)?;
        let now = self.platform.now();
        let received = register.receive(&waiting, keys, now, &mut Self::rng());
        let mirror = self.mirror()?;
        let profile = mirror.profile().ok_or_else(|| {
            Trouble::other("The record holds no profile yet: try again in a moment.")
        })?;
        let floor = profile.roster.cohort_floor;
        let overseer = mirror.recipient(Role::Overseer).ok_or_else(|| {
            Trouble::other("The record names no overseer's key to seal the register to.")
        })?;
        let number = newest(mirror).unwrap_or(0) + 1;
        let small = if form.ticked("strict") {
            SmallCohorts::Refuse
        } else {
            SmallCohorts::LeaveOut
        };
        self.platform.progress("Making the edition", 0, 0);
        let made = register
            .publish(number, keys, &overseer, floor, small, now, &mut Self::rng())
            .map_err(|e| Trouble::input(crate::signing::sentence(&e.to_string())))?;
        // Saved before sent: who enrolled is known here, whatever becomes of the answer.
        self.keep_register(&register, before).await?;
        self.platform.progress("Publishing", 0, 0);
        let short = u32::try_from(number).map_err(Trouble::other)?;
        let accepted = self
            .send(&calls::publish_edition(short, &made.post))
            .await?;
        // Members get their certificates whatever the promise is worth.
        let kept = self.promised(&accepted, &made.post.entry).await;
        for part in parts(&made.replies) {
            let keys = self.role_keys(Role::Registrar)?;
            let replies = keys.replies(part.to_vec(), self.platform.now());
            self.send(&calls::replies(&replies)).await?;
        }
        kept?;
        let cohorts = &made.edition.head().cohorts;
        let page = Published {
            number,
            digest: made.edition.digest().to_string(),
            enrolled: received.enrolled.len(),
            cohorts: { cohorts.iter() }
                .map(|cohort| (cohort.name.as_str().to_owned(), cohort.size))
                .collect(),
            left_out: { made.left_out.iter() }
                .map(|(name, size)| (name.as_str().to_owned(), *size))
                .collect(),
            floor,
            refused: received.refused.iter().map(ToString::to_string).collect(),
        };
        Answer::page("Published", &page)
    }

    /// The register as the program keeps it, sealed to the registrar's key.
    pub(crate) async fn register_out(&self) -> Result<Answer, Trouble> {
        self.role_keys(Role::Registrar)?;
        let sealed = { self.platform.load(REGISTER).await? }
            .ok_or_else(|| Trouble::input("This browser keeps no register yet."))?;
        Ok(Answer::file(
            "register.age",
            "application/octet-stream",
            sealed,
        ))
    }

    /// Takes in the register of another device or of the program, where this browser has none.
    pub(crate) async fn register_in(&mut self, form: &Form) -> Result<Answer, Trouble> {
        let (_, file) = { form.files("register").next() }
            .ok_or_else(|| Trouble::input("Choose the file register.age."))?;
        let keys = self.role_keys(Role::Registrar)?;
        let register = read(&unseal(file.to_vec(), keys)?)?;
        self.sync().await?;
        if register.origin != self.mirror()?.origin() {
            return Err(Trouble::input(format!(
                "The register is of another channel: {}.",
                register.origin
            )));
        }
        if !self.platform.swap(REGISTER, None, file).await? {
            return Err(Trouble::input(
                "This browser keeps a register already, and there is one register only: use another browser profile to look at this one.",
            ));
        }
        let persons = register.status().persons;
        self.registrar_page(Some(format!(
            "The register of {persons} persons is here now."
        )))
        .await
    }

    /// The register, and the sealed bytes that it was read from.
    async fn kept_register(&self) -> Result<(Register, Option<Vec<u8>>), Trouble> {
        let Some(sealed) = self.platform.load(REGISTER).await? else {
            return Ok((Register::new(self.mirror()?.origin()), None));
        };
        let keys = self.role_keys(Role::Registrar)?;
        let register = read(&unseal(sealed.clone(), keys)?)?;
        Ok((register, Some(sealed)))
    }

    async fn keep_register(
        &self,
        register: &Register,
        before: Option<Vec<u8>>,
    ) -> Result<(), Trouble> {
        let plain = Zeroizing::new(serde_json::to_vec(register).map_err(Trouble::other)?);
        let sealed = seal(&plain, self.role_keys(Role::Registrar)?)?;
        if self
            .platform
            .swap(REGISTER, before.as_deref(), &sealed)
            .await?
        {
            Ok(())
        } else {
            Err(crate::store::changed())
        }
    }

    /// Gives the server the mailboxes of the codes that are out.
    async fn send_tickets(&self, register: &Register) -> Result<(), Trouble> {
        for part in register.tickets().chunks(MAX_TICKETS) {
            let keys = self.role_keys(Role::Registrar)?;
            let tickets = keys.tickets(part.to_vec(), self.platform.now());
            self.send(&calls::tickets(&tickets)).await?;
        }
        Ok(())
    }

    /// All that is in the mailboxes.
    async fn enrolments(&self) -> Result<Vec<Enrolment>, Trouble> {
        let mut all: Vec<Enrolment> = Vec::new();
        loop {
            let last = all.last().map(|mail| mail.ticket.to_string());
            let keys = self.role_keys(Role::Registrar)?;
            let now = self.platform.now();
            let request = keys.request("enrolments", &last.unwrap_or_default(), now);
            let page = self.send(&calls::enrolments(&request)).await?;
            let more = page.more && !page.enrolments.is_empty();
            all.extend(page.enrolments);
            if !more {
                return Ok(all);
            }
        }
    }
}

fn read(plain: &[u8]) -> Result<Register, Trouble> {
    serde_json::from_slice(plain)
        .map_err(|_| Trouble::input("That is not a register of this version of Demur."))
}

fn changed(changes: &Changes) -> String {
    let mut text = format!(
        "{} new, {} changed, {} as they were.",
        changes.added.len(),
        changes.changed.len(),
        changes.same
    );
    if !changes.absent.is_empty() {
        let shown: Vec<&str> = changes
            .absent
            .iter()
            .map(String::as_str)
            .take(LISTED)
            .collect();
        let _ = write!(
            text,
            " In the register and not in the list, kept: {}",
            shown.join(", ")
        );
        match changes.absent.len().saturating_sub(LISTED) {
            0 => text.push('.'),
            more => {
                let _ = write!(text, " and {more} more.");
            }
        }
    }
    text
}
