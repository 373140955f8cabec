//! Accounts: taking up an invitation, admitting who did.

use std::fmt::Write as _;

use demur_client::{
    calls,
    key_line::KeyLine,
    key_store::AccountKeys,
    keys::RoleKeys,
    office::{self, ToldKeys},
};
use demur_record::entry::Role;
use serde_json::json;

use super::Bench;
use crate::{
    desk::{Desk, from_call},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

const STEWARD: &str = "steward";

/// Takes up an invitation.
pub(crate) fn join(
    account: &str,
    invitation: &str,
    password: &str,
    home: &Home,
    out: Out,
) -> Outcome<KeyLine> {
    home.create()?;
    let mut desk = Desk::open(home, out)?;
    let first = desk.keys.account.is_none();
    let mut keys = match &desk.keys.account {
        // The answer to the first attempt may not have come.
        Some(held) if held.name == account && held.session.is_none() => held.keys.clone(),
        Some(held) => {
            return Err(Failure::input(format!(
                "this home holds the account {} already",
                held.name
            )));
        }
        // The server says the role when the account signs in; until then the keys are a steward's or a principal's alike.
        None => RoleKeys::generate(
            desk.mirror.origin(),
            Role::Steward,
            account,
            &mut sys::rng(),
        ),
    };
    desk.keys.account = Some(AccountKeys {
        name: account.to_owned(),
        keys: keys.clone(),
        session: None,
    });
    // Saved before it is sent: an invitation is good once.
    desk.save()?;
    let taken =
        calls::create_account(&office::invite_reply(invitation, password, &keys)).send(&desk.http);
    let refused = match taken {
        Ok(_) => None,
        Err(e) if e.is_definite() && first => {
            desk.keys.account = None;
            desk.save()?;
            return Err(from_call(e));
        }
        // The first attempt may have taken it up: signing in tells.
        Err(e) if e.is_definite() => Some(e),
        Err(e) => return Err(from_call(e)),
    };
    let signed =
        calls::sign_in(&office::sign_in(account, password, &keys, sys::now())).send(&desk.http);
    let session = match (signed, refused) {
        (Ok(session), _) => session,
        (Err(_), Some(refused)) => return Err(from_call(refused)),
        (Err(e), None) => return Err(from_call(e)),
    };
    if session.role != STEWARD {
        keys.role = Role::Principal;
        keys.name.clone_from(&session.role);
    }
    let role = session.role.clone();
    desk.keys.account = Some(AccountKeys {
        name: account.to_owned(),
        keys: keys.clone(),
        session: Some(session),
    });
    desk.save()?;
    let line = KeyLine::from(&keys);
    out.result(
        format_args!(
            "account {account} ({role}) is yours. Tell the office this key by another way than the server, so that it can\n\
             admit it: {line}"
        ),
        &json!({ "account": account, "role": role, "seal": line.seal, "sign": line.sign, "key": line.to_string() }),
    )?;
    Ok(line)
}

pub(super) fn accounts(home: &Home, out: Out) -> Outcome {
    let (bench, list) = Bench::open(home, out)?.call(calls::accounts)?;
    let mut text = String::new();
    for account in &list.accounts {
        let role = if account.role == STEWARD {
            Role::Steward
        } else {
            Role::Principal
        };
        let name = if account.role == STEWARD {
            &account.name
        } else {
            &account.role
        };
        let known = bench.desk.mirror.recipient_of(role, name);
        let state = match (&account.seal, known) {
            (None, _) => "invited",
            (Some(seal), Some(known)) if *seal == known => "admitted",
            (Some(_), Some(_)) => "its key is not the record's: admit it anew, if it is theirs",
            (Some(_), None) => "waits to be admitted",
        };
        let _ = writeln!(
            text,
            "{:<24} {:<24} {state}\n  {}",
            account.name,
            account.role,
            account.seal.as_deref().unwrap_or("-")
        );
    }
    out.result(text.trim_end(), &list)
}

/// Enters an account's keys in the record; a steward is given the office's key as well. `key` is the line that the
/// account's holder told by another way than the server.
pub(crate) fn admit(account: &str, key: &str, home: &Home, out: Out) -> Outcome {
    let line: KeyLine = key
        .parse()
        .map_err(|e| Failure::input(format!("--key: {e}")))?;
    let told = ToldKeys {
        sign: line.sign,
        seal: line.seal,
    };
    let (bench, keys) = Bench::open(home, out)?.office()?;
    let (mut bench, list) = bench.call(calls::accounts)?;
    let found = list
        .accounts
        .iter()
        .find(|a| a.name == account)
        .ok_or_else(|| Failure::input(format!("{account}: no such account")))?;
    let entry = office::admit(found, &told, &keys).map_err(Failure::negative)?;
    let accepted = calls::entry(&entry)
        .send(&bench.desk.http)
        .map_err(from_call)?;
    let kept = bench.desk.keep_promise(&entry.entry, &accepted);
    if found.role == STEWARD {
        let sealed = office::give_key(&keys, &told).map_err(Failure::input)?;
        bench.call(|session| calls::give_office_key(session, account, sealed.clone()))?;
    }
    kept?;
    out.result(
        format_args!("{account} admitted; the record will show it"),
        &json!({ "account": account, "role": found.role }),
    )
}
