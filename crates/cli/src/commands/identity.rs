//! `demur identity`: a member's secret.

use demur_client::{
    calls,
    identity::{Identity, Phrase},
    registrar::Code,
};
use demur_record::entry::Role;
use serde_json::json;

use crate::{
    args::IdentityCommand,
    desk::{Desk, from_call},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

pub(crate) fn run(command: IdentityCommand, home: &Home, out: Out) -> Outcome {
    match command {
        IdentityCommand::New { code } => new(&code, home, out).map(drop),
        IdentityCommand::Restore => {
            let mut text = String::new();
            out.line("Type the 24 words, then end the line:");
            std::io::stdin()
                .read_line(&mut text)
                .map_err(Failure::outside)?;
            let text = zeroize::Zeroizing::new(text);
            restore(&text, home, out)
        }
        IdentityCommand::Show => show(home, out),
    }
}

/// Makes the secret (unless this home has one), shows its words once, and enrols.
pub(crate) fn new(code: &str, home: &Home, out: Out) -> Outcome<Option<Phrase>> {
    let code: Code = code
        .parse()
        .map_err(|e| Failure::input(format!("the code: {e}")))?;
    home.create()?;
    let mut desk = Desk::open(home, out)?;
    let registrar = desk.mirror.recipient(Role::Registrar).ok_or_else(|| {
        Failure::negative("the record names no registrar's key to seal the enrolment to")
    })?;
    let mut phrase = None;
    if desk.keys.identity.is_none() {
        let (identity, words) = Identity::new(desk.mirror.origin(), &mut sys::rng());
        desk.keys.identity = Some(identity);
        phrase = Some(words);
    }
    let identity = desk
        .keys
        .identity
        .as_mut()
        .ok_or_else(|| Failure::outside("no identity"))?;
    let (ticket, sealed) = identity
        .enrol(&code, &registrar, &mut sys::rng())
        .map_err(Failure::input)?;
    let leaf = identity.leaf;
    // Saved before it is sent: an enrolment whose secret is lost can't be undone without the registrar.
    desk.save()?;
    calls::enrol(ticket, sealed)
        .send(&desk.http)
        .map_err(from_call)?;
    if let Some(phrase) = &phrase {
        out.line("These 24 words are your secret. They are shown once. Write them on paper, and keep the paper");
        out.line("where nobody looks: whoever has them can sign in your place and see what you signed.\n");
        let words: Vec<&str> = phrase.reveal().split(' ').collect();
        for (i, row) in words.chunks(6).enumerate() {
            let row: Vec<String> = row
                .iter()
                .enumerate()
                .map(|(j, word)| format!("{:>2} {word:<10}", i * 6 + j + 1))
                .collect();
            out.line(format_args!("  {}", row.join(" ").trim_end()));
        }
        out.line("");
    }
    out.result(
        format_args!(
            "Enrolled. Your commitment is {leaf}\n\
             The overseer will write to you about it; it must be this one. After the next edition: demur identity show"
        ),
        &json!({ "leaf": leaf, "words": phrase.as_ref().map(Phrase::reveal) }),
    )?;
    Ok(phrase)
}

/// Makes the secret again from its words.
pub(crate) fn restore(words: &str, home: &Home, out: Out) -> Outcome {
    let phrase: Phrase = words.parse().map_err(Failure::input)?;
    home.create()?;
    let mut keys = home.keys()?;
    if keys.identity.is_some() {
        return Err(Failure::input(format!(
            "{}: this home holds an identity already; restore into a new one (--home)",
            home.dir().display()
        )));
    }
    let policy = home.policy()?;
    let origin = policy
        .logs()
        .first()
        .map(|log| log.key.name().to_owned())
        .unwrap_or_default();
    let identity = Identity::restore(&origin, &phrase);
    let leaf = identity.leaf;
    keys.identity = Some(identity);
    home.save(&keys)?;
    out.result(
        format_args!(
            "Restored. Your commitment is {leaf}\n\
             What you did on memos is found again when you open their links. To give your name to the office you \
             need a new certificate: ask the registrar for a new code."
        ),
        &json!({ "leaf": leaf }),
    )
}

/// Fetches the registrar's reply where there is a new one; says what the home holds.
pub(crate) fn show(home: &Home, out: Out) -> Outcome {
    let mut desk = Desk::open(home, out)?;
    if desk.keys.identity.is_none() {
        return Err(Failure::input(
            "this home holds no member secret yet: demur identity new --code CODE",
        ));
    }
    fetch_reply(&mut desk)?;
    let identity = desk
        .keys
        .identity
        .as_ref()
        .ok_or_else(|| Failure::outside("no identity"))?;
    let editions: Vec<u64> = identity.memberships.keys().copied().collect();
    let state = match editions.last() {
        Some(newest) => format!("certified in edition {newest} of {}", identity.origin),
        None if identity.enrolment.is_some() => {
            "enrolled; the registrar has not published it yet".to_owned()
        }
        None => "not enrolled".to_owned(),
    };
    out.result(
        format_args!(
            "commitment   {}\nstate        {state}\nmemos        {}",
            identity.leaf,
            identity.memos.len()
        ),
        &json!({
            "leaf": identity.leaf,
            "origin": identity.origin,
            "editions": editions,
            "memos": identity.memos.len(),
        }),
    )
}

/// Takes the registrar's reply out of the mailbox, if there is one that this home doesn't have. On a connection of its own,
/// and never beside an anonymous act: the mailbox was made for this member.
fn fetch_reply(desk: &mut Desk) -> Outcome {
    let Some(identity) = desk.keys.identity.as_mut() else {
        return Ok(());
    };
    let Some(ticket) = identity.mailbox(&desk.mirror) else {
        return Ok(());
    };
    let reply = match calls::enrolment_reply(ticket).send(&desk.http.apart()) {
        Ok(reply) => reply,
        Err(e) if e.is_not_found() => return Ok(()),
        Err(e) => return Err(from_call(e)),
    };
    let known = identity.memberships.len();
    identity
        .receive(&reply.sealed, &desk.mirror)
        .map_err(Failure::negative)?;
    if identity.memberships.len() != known {
        desk.save()?;
    }
    Ok(())
}
