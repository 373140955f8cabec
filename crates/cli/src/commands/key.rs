//! `demur key`: keys of the roles.

use demur_client::key_line::{KeyLine, role_name};
use demur_client::keys::RoleKeys;
use demur_record::entry::Role;
use serde_json::json;

use crate::{
    args::{KeyCommand, KeyRole},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

pub(crate) fn run(command: KeyCommand, home: &Home, out: Out) -> Outcome {
    match command {
        KeyCommand::New { role, origin, name } => {
            new(role, &origin, name.as_deref(), home, out).map(drop)
        }
        KeyCommand::Show => show(home, out),
    }
}

/// Makes a role's keys, and prints their public line.
pub(crate) fn new(
    role: KeyRole,
    origin: &str,
    name: Option<&str>,
    home: &Home,
    out: Out,
) -> Outcome<KeyLine> {
    let role = match role {
        KeyRole::Office => Role::Office,
        KeyRole::Recovery => Role::Recovery,
        KeyRole::Overseer => Role::Overseer,
        KeyRole::Registrar => Role::Registrar,
    };
    let word = role_name(role);
    let name = name.unwrap_or(&word);
    if name.is_empty()
        || !name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        return Err(Failure::input(format!(
            "--name {name}: use lowercase letters, digits and dashes"
        )));
    }
    if !demur_server::is_origin(origin) {
        return Err(Failure::input(format!(
            "--origin {origin}: the record's name is a URL without its scheme and without a slash at its end, for \
             example rivers.example/dissent"
        )));
    }
    home.create()?;
    let keys = RoleKeys::generate(origin, role, name, &mut sys::rng());
    let line = KeyLine::from(&keys);
    home.change(|store| {
        if store.roles.iter().any(|held| held.role == role) {
            return Err(Failure::input(format!(
                "this home holds a key of the {word} already: demur key show"
            )));
        }
        store.roles.push(keys);
        Ok(())
    })?;
    out.result(&line, &json!({ "key": line.to_string() }))?;
    Ok(line)
}

fn show(home: &Home, out: Out) -> Outcome {
    let lines: Vec<String> = home
        .keys()?
        .roles
        .iter()
        .map(|keys| KeyLine::from(keys).to_string())
        .collect();
    if lines.is_empty() {
        return Err(Failure::negative("this home holds no role's key"));
    }
    out.result(lines.join("\n"), &lines)
}
