//! `demur roster`: the registrar's work, and the overseer's.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use demur_client::{
    api::{Enrolment, MAX_TICKETS, PostEntry},
    calls,
    keys::RoleKeys,
    overseer::{self, OpenedRegister},
    registrar::{Register, SmallCohorts, parse_people, parts},
};
use demur_encoding::Bytes;
use demur_record::entry::Role;
use serde_json::json;

use crate::{
    args::RosterCommand,
    desk::{Desk, from_call},
    fail::{Failure, Outcome},
    home::{Home, role},
    out::Out,
    sys,
};

const REGISTER_FILE: &str = "register.age";

pub(crate) fn run(command: RosterCommand, home: &Home, out: Out) -> Outcome {
    match command {
        RosterCommand::Import { people, letters } => import(&people, letters.as_deref(), home, out),
        RosterCommand::Status => status(home, out),
        RosterCommand::Publish { strict } => publish(strict, home, out),
        RosterCommand::Recode { email } => recode(&email, home, out),
        RosterCommand::Attest { letters } => attest(&letters, home, out),
    }
}

/// Takes in the list and gives the server the mailboxes of the new codes.
pub(crate) fn import(people: &Path, letters: Option<&Path>, home: &Home, out: Out) -> Outcome {
    let people_name = people.display().to_string();
    let people = parse_people(&sys::read(people)?)
        .map_err(|e| Failure::input(format!("{people_name}: {e}")))?;
    let desk = Desk::open(home, out)?;
    let keys = role(&desk.keys, Role::Registrar)?.clone();
    let mut register = load(&desk, &keys)?;
    let changes = register.import(people, &mut sys::rng());
    save(&desk, &keys, &register)?;
    send_tickets(&desk, &keys, &register)?;
    let mut written = 0;
    if let Some(dir) = letters {
        for member in register.members() {
            let Some(letter) = member.letter(&register.origin) else {
                continue;
            };
            let file = dir.join(format!("{}.txt", file_name(&member.person.email)));
            sys::write_private(&file, letter.as_bytes())?;
            written += 1;
        }
    }
    let mut text = format!(
        "{} new, {} changed, {} as they were",
        changes.added.len(),
        changes.changed.len(),
        changes.same
    );
    if !changes.absent.is_empty() {
        let _ = write!(
            text,
            "\nin the register and not in the file, kept: {}",
            changes.absent.join(", ")
        );
    }
    if written > 0 {
        let _ = write!(text, "\n{written} letters with codes written");
    }
    out.result(text, &changes)
}

fn status(home: &Home, out: Out) -> Outcome {
    let desk = Desk::open(home, out)?;
    let keys = role(&desk.keys, Role::Registrar)?.clone();
    let status = load(&desk, &keys)?.status();
    let edition = newest_edition(&desk);
    out.result(
        format_args!(
            "persons {}, enrolled {}, codes out {}; newest edition {}",
            status.persons,
            status.enrolled,
            status.codes,
            edition.map_or_else(|| "none".to_owned(), |n| n.to_string())
        ),
        &json!({ "register": status, "edition": edition }),
    )
}

/// Gives the server the mailboxes of the codes that are out.
fn send_tickets(desk: &Desk, keys: &RoleKeys, register: &Register) -> Outcome {
    for part in register.tickets().chunks(MAX_TICKETS) {
        calls::tickets(&keys.tickets(part.to_vec(), sys::now()))
            .send(&desk.http)
            .map_err(from_call)?;
    }
    Ok(())
}

/// Takes in what is in the mailboxes, makes the edition, sends it and the replies.
pub(crate) fn publish(strict: bool, home: &Home, out: Out) -> Outcome {
    let mut desk = Desk::open(home, out)?;
    let keys = role(&desk.keys, Role::Registrar)?.clone();
    let mut register = load(&desk, &keys)?;
    let now = sys::now();
    let mut waiting = Vec::new();
    loop {
        let last = waiting
            .last()
            .map(|mail: &Enrolment| mail.ticket.to_string());
        let request = keys.request("enrolments", &last.unwrap_or_default(), sys::now());
        let page = calls::enrolments(&request)
            .send(&desk.http)
            .map_err(from_call)?;
        let more = page.more && !page.enrolments.is_empty();
        waiting.extend(page.enrolments);
        if !more {
            break;
        }
    }
    let received = register.receive(&waiting, &keys, now, &mut sys::rng());
    let profile = desk
        .mirror
        .profile()
        .ok_or_else(|| Failure::negative("the record holds no profile yet: try again soon"))?;
    let overseer = desk.mirror.recipient(Role::Overseer).ok_or_else(|| {
        Failure::negative("the record names no overseer's key to seal the register to")
    })?;
    let number = newest_edition(&desk).unwrap_or(0) + 1;
    let small = if strict {
        SmallCohorts::Refuse
    } else {
        SmallCohorts::LeaveOut
    };
    let floor = profile.roster.cohort_floor;
    let publication = register
        .publish(number, &keys, &overseer, floor, small, now, &mut sys::rng())
        .map_err(Failure::input)?;
    save(&desk, &keys, &register)?;
    let number32 = u32::try_from(number).map_err(Failure::input)?;
    let accepted = calls::publish_edition(number32, &publication.post)
        .send(&desk.http)
        .map_err(from_call)?;
    // Members get their certificates whatever the promise is worth.
    let kept = desk.keep_promise(&publication.post.entry, &accepted);
    for part in parts(&publication.replies) {
        calls::replies(&keys.replies(part.to_vec(), sys::now()))
            .send(&desk.http)
            .map_err(from_call)?;
    }
    kept?;
    let mut text = format!("edition {number}: {} enrolled now", received.enrolled.len());
    for cohort in &publication.edition.head().cohorts {
        let _ = write!(text, "\n  {:<28} {:>7}", cohort.name.as_str(), cohort.size);
    }
    for (name, size) in &publication.left_out {
        let _ = write!(
            text,
            "\n  {:<28} {size:>7}  left out: under the floor of {floor}",
            name.as_str()
        );
    }
    for refused in &received.refused {
        let _ = write!(text, "\nrefused: {refused}");
    }
    let left_out: Vec<_> = publication
        .left_out
        .iter()
        .map(|(name, size)| (name.as_str(), size))
        .collect();
    let refused: Vec<_> = received.refused.iter().map(ToString::to_string).collect();
    out.result(
        text,
        &json!({
            "edition": number,
            "digest": publication.edition.digest(),
            "enrolled": received.enrolled,
            "refused": refused,
            "left_out": left_out,
        }),
    )
}

fn recode(email: &str, home: &Home, out: Out) -> Outcome {
    let desk = Desk::open(home, out)?;
    let keys = role(&desk.keys, Role::Registrar)?.clone();
    let mut register = load(&desk, &keys)?;
    let code = register
        .new_code(email, &mut sys::rng())
        .ok_or_else(|| Failure::input(format!("{email}: not in the register")))?
        .reveal();
    save(&desk, &keys, &register)?;
    send_tickets(&desk, &keys, &register)?;
    out.result(
        format_args!("new code for {email}: {code}\nThe one before counts no more."),
        &json!({ "code": code }),
    )
}

/// Checks the newest edition against the register, writes the letters, and attests.
pub(crate) fn attest(letters: &Path, home: &Home, out: Out) -> Outcome {
    let mut desk = Desk::open(home, out)?;
    let keys = role(&desk.keys, Role::Overseer)?.clone();
    let number = newest_edition(&desk)
        .ok_or_else(|| Failure::negative("the record holds no edition yet"))?;
    let edition = desk.edition(number)?;
    let number32 = u32::try_from(number).map_err(Failure::input)?;
    let request = keys.request("register", &number.to_string(), sys::now());
    let sealed = calls::register(number32, &request)
        .send(&desk.http)
        .map_err(from_call)?
        .sealed;
    let register = OpenedRegister::open(&sealed, &keys).map_err(Failure::negative)?;
    let (_, registrar) = desk
        .mirror
        .edition_head(number)
        .ok_or_else(|| Failure::negative("the record holds no such edition"))?;
    register.check(&edition, &registrar).map_err(|e| {
        Failure::negative(format!(
            "edition {number} is not what the registrar certified: {e}"
        ))
    })?;
    let previous = match desk.mirror.attested_before(number) {
        None => None,
        Some(before) => {
            let name = register_file(before);
            let file = desk.home.path(&name);
            if !file.exists() {
                return Err(Failure::input(format!(
                    "{}: the register of edition {before}, which is attested, is missing: without it \
                     nobody can tell whose leaf changed",
                    file.display()
                )));
            }
            Some(OpenedRegister::open(&Bytes(sys::read(&file)?), &keys).map_err(Failure::input)?)
        }
    };
    let written = register.letters(previous.as_ref());
    let mut text = String::new();
    for letter in &written {
        let _ = write!(text, "{}\n{}\n\n", letter.text.trim_end(), "-".repeat(72));
    }
    sys::write_private(letters, text.as_bytes())?;
    sys::write_private(&desk.home.path(&register_file(number)), &sealed.0)?;
    let recorded = desk
        .mirror
        .edition(number)
        .ok_or_else(|| Failure::negative("the record holds no such edition"))?;
    let entry = overseer::attest(&recorded.edition, &edition, written.len(), &keys)
        .map_err(Failure::negative)?;
    let post = PostEntry { entry };
    let accepted = calls::entry(&post).send(&desk.http).map_err(from_call)?;
    desk.keep_promise(&post.entry, &accepted)?;
    out.result(
        format_args!(
            "edition {number} attested: every leaf is one certified person's; {} letters in {}",
            written.len(),
            letters.display()
        ),
        &json!({ "edition": number, "letters": written.len() }),
    )
}

/// The codes that are out, by e-mail address: for the demo, whose letters are read at once.
pub(crate) fn codes(home: &Home) -> Outcome<Vec<(String, String)>> {
    let keys = home.keys()?;
    let keys = role(&keys, Role::Registrar)?;
    let Some(register) = home.read_sealed(REGISTER_FILE, &keys.seal)? else {
        return Ok(Vec::new());
    };
    let register: Register = serde_json::from_slice(&register).map_err(Failure::input)?;
    let code = |m: &demur_client::registrar::Member| {
        m.code
            .as_ref()
            .map(|c| (m.person.email.clone(), c.reveal()))
    };
    Ok(register.members().filter_map(code).collect())
}

fn load(desk: &Desk, keys: &RoleKeys) -> Outcome<Register> {
    match desk.home.read_sealed(REGISTER_FILE, &keys.seal)? {
        None => Ok(Register::new(desk.mirror.origin())),
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| {
            Failure::input(format!("{REGISTER_FILE}: not a register of this version"))
        }),
    }
}

fn save(desk: &Desk, keys: &RoleKeys, register: &Register) -> Outcome {
    let bytes = zeroize::Zeroizing::new(serde_json::to_vec(register).map_err(Failure::outside)?);
    desk.home.write_sealed(REGISTER_FILE, &keys.seal, &bytes)
}

fn newest_edition(desk: &Desk) -> Option<u64> {
    desk.mirror
        .latest_edition()
        .map(|known| u64::from(known.edition.number))
}

fn register_file(edition: u64) -> String {
    PathBuf::from("registers")
        .join(format!("{edition}.age"))
        .display()
        .to_string()
}

/// An e-mail address as a file's name.
fn file_name(email: &str) -> String {
    email
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@') {
                c
            } else {
                '_'
            }
        })
        .collect()
}
