//! `demur key`: keys of the roles.

use demur_client::{
    key_line::KeyLine,
    key_store::{NewRoleError, new_role_name},
};
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
    let told = |error| match error {
        NewRoleError::Name(_) => Failure::input(format!("--name {error}")),
        NewRoleError::Origin(_) => Failure::input(format!("--origin {error}")),
        _ => Failure::input(format!("{error}: demur key show")),
    };
    // Before a home is made, and a passphrase asked for.
    new_role_name(origin, role, name).map_err(told)?;
    home.create()?;
    let line = home.change(|store| {
        let keys = store.new_role(origin, role, name, &mut sys::rng());
        keys.map(KeyLine::from).map_err(told)
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
