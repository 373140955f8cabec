//! `demur office` and `demur principal`: stewards and principals at work.

use std::{fmt::Write as _, path::Path};

use demur_channel::Response;
use demur_client::{
    api::{PostStep, Session},
    calls,
    key_line::KeyLine,
    key_store::AccountKeys,
    keys::RoleKeys,
    office::{self, OpenedCase, ToldKeys},
    reader::Check,
    transport::Call,
};
use demur_encoding::{Bytes, Digest};
use demur_record::entry::Role;
use serde_json::json;

use crate::{
    args::{MemoRef, OfficeCommand, PrincipalCommand},
    commands::memo,
    desk::{Desk, from_call, threads, verifier},
    fail::{Failure, Outcome},
    home::{Home, pick},
    out::Out,
    sys,
};

const STEWARD: &str = "steward";

pub(crate) fn run(command: OfficeCommand, home: &Home, out: Out) -> Outcome {
    match command {
        OfficeCommand::Join {
            account,
            invitation,
        } => {
            let password = home.password(&account)?;
            join(&account, &invitation, &password, home, out).map(drop)
        }
        OfficeCommand::Accounts => accounts(home, out),
        OfficeCommand::Admit { account, key } => admit(&account, &key, home, out),
        OfficeCommand::Inbox => inbox(home, out),
        OfficeCommand::Open { memo, out: file } => {
            open(&memo, file.as_deref(), home, out).map(drop)
        }
        OfficeCommand::Acknowledge { memo } => acknowledge(&memo, home, out),
        OfficeCommand::Return {
            memo,
            reason,
            letter,
        } => return_memo(&memo, &reason, letter.as_deref(), home, out),
        OfficeCommand::Distribute { memo, to } => distribute(&memo, &to, home, out),
        OfficeCommand::Respond { memo, text } => respond(&memo, &text, home, out),
        OfficeCommand::Message { memo, text } => message(&memo, &text, home, out),
    }
}

pub(crate) fn run_principal(command: PrincipalCommand, home: &Home, out: Out) -> Outcome {
    match command {
        PrincipalCommand::Inbox => principal_inbox(home, out),
        PrincipalCommand::Open { memo, out: file } => {
            principal_open(&memo, file.as_deref(), home, out)
        }
    }
}

/// An account's desk: signed in.
struct Bench {
    desk: Desk,
    account: AccountKeys,
    session: Session,
}

impl Bench {
    /// Signs in, or goes on with the session that this home holds.
    fn open(home: &Home, out: Out) -> Outcome<Self> {
        let desk = Desk::open(home, out)?;
        let account = desk.keys.account.clone().ok_or_else(|| {
            Failure::input(
                "this home holds no account: demur office join ACCOUNT --invitation CODE",
            )
        })?;
        if let Some(session) = account.session.clone() {
            return Ok(Self {
                desk,
                account,
                session,
            });
        }
        Self {
            desk,
            account,
            session: Session {
                session: String::new(),
                role: String::new(),
            },
        }
        .sign_in()
    }

    fn sign_in(mut self) -> Outcome<Self> {
        let password = self.desk.home.password(&self.account.name)?;
        let account = &self.account;
        let sign_in = office::sign_in(&account.name, &password, &account.keys, sys::now());
        let session = calls::sign_in(&sign_in)
            .send(&self.desk.http)
            .map_err(from_call)?;
        self.account.session = Some(session.clone());
        self.session = session;
        self.desk.keys.account = Some(self.account.clone());
        self.desk.save()?;
        Ok(self)
    }

    /// A call as this account; an expired session is opened again once.
    fn call<T>(mut self, call: impl Fn(&Session) -> Call<T>) -> Outcome<(Self, T)> {
        match call(&self.session).send(&self.desk.http) {
            Ok(answer) => Ok((self, answer)),
            Err(demur_client::transport::CallError::Refused { status: 401, .. }) => {
                self = self.sign_in()?;
                let answer = call(&self.session)
                    .send(&self.desk.http)
                    .map_err(from_call)?;
                Ok((self, answer))
            }
            Err(e) => Err(from_call(e)),
        }
    }

    /// Sends a step, and keeps the log's promise.
    fn step(self, memo: Digest, post: &PostStep) -> Outcome {
        let (mut bench, accepted) = self.call(|session| calls::step(session, memo, post))?;
        bench.desk.keep_promise(&post.entry, &accepted)
    }

    /// The office's own keys: held here, or given by a colleague.
    fn office(self) -> Outcome<(Self, RoleKeys)> {
        if let Some(keys) = self.desk.keys.role(Role::Office) {
            let keys = keys.clone();
            return Ok((self, keys));
        }
        let (mut bench, sealed) = self.call(calls::office_key)?;
        let keys = office::accept_key(&sealed.sealed, &bench.account.keys, &bench.desk.mirror)
            .map_err(Failure::negative)?;
        bench.desk.keys.roles.push(keys.clone());
        bench.desk.save()?;
        Ok((bench, keys))
    }

    /// The case that was named on the command line.
    fn named(&self, memo: &MemoRef) -> Outcome<Digest> {
        pick(&memo.memo, self.desk.mirror.filed_memos())
    }
}

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

fn accounts(home: &Home, out: Out) -> Outcome {
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

pub(crate) fn inbox(home: &Home, out: Out) -> Outcome {
    let (bench, cases) = Bench::open(home, out)?.call(calls::office_cases)?;
    inbox_lines(&bench, &cases, out)
}

fn principal_inbox(home: &Home, out: Out) -> Outcome {
    let (bench, cases) = Bench::open(home, out)?.call(calls::principal_cases)?;
    let mut text = String::new();
    for case in &cases.cases {
        let filed = bench
            .desk
            .mirror
            .case(case.memo)
            .and_then(|c| c.time_of(demur_channel::Step::Filed));
        let filed = filed.map_or_else(|| "not in the record yet".to_owned(), |t| t.to_string());
        let _ = writeln!(
            text,
            "{}  version {}  filed {filed}",
            case.memo.short(),
            case.version
        );
    }
    if text.is_empty() {
        text.push_str("nothing was distributed to you");
    }
    out.result(text.trim_end(), &cases)
}

fn inbox_lines(bench: &Bench, cases: &demur_client::api::Cases, out: Out) -> Outcome {
    let lines = office::inbox(cases, &bench.desk.mirror);
    let mut text = String::new();
    for line in &lines {
        let step = line.step.map_or("not in the record yet", |s| s.as_str());
        let _ = write!(
            text,
            "{}  {step:<13} version {}",
            line.memo.short(),
            line.version
        );
        if let Some(closed) = &line.closed {
            let _ = write!(text, "  closed: {}", closed.by);
        }
        for deadline in &line.deadlines {
            let _ = write!(
                text,
                "\n          {}: by {}, {}",
                deadline.what, deadline.date, deadline.state
            );
        }
        if line.messages > 0 {
            let _ = write!(
                text,
                "\n          {} messages from the authors",
                line.messages
            );
        }
        text.push('\n');
    }
    if text.is_empty() {
        text.push_str("no cases");
    }
    out.result(text.trim_end(), &lines)
}

/// Fetches and opens a case; the authors see that it was given to this account.
fn opened(memo: &MemoRef, home: &Home, out: Out) -> Outcome<(Bench, RoleKeys, OpenedCase, Bytes)> {
    let (bench, keys) = Bench::open(home, out)?.office()?;
    let id = bench.named(memo)?;
    let (bench, view) = bench.call(|session| calls::office_case(session, id))?;
    let (bench, file) = bench.call(|session| calls::office_sealed(session, id))?;
    let file = Bytes(file);
    let check = Check {
        verifier: verifier()?,
        threads: threads(),
    };
    let rules = bench.desk.rules()?;
    let case = office::open(
        &keys,
        id,
        view,
        &file,
        &rules,
        &bench.desk.mirror,
        check,
        &mut sys::rng(),
    )
    .map_err(Failure::negative)?;
    Ok((bench, keys, case, file))
}

/// Opens a case: text, tallies, names, conversation. Returns the sealed file too.
pub(crate) fn open(
    memo: &MemoRef,
    file: Option<&Path>,
    home: &Home,
    out: Out,
) -> Outcome<(OpenedCase, Bytes)> {
    let (_, _, case, sealed) = opened(memo, home, out)?;
    let mut text = String::new();
    for version in &case.draft.versions {
        let number = version.link.body.number;
        let count = case.draft.count(number);
        let _ = writeln!(
            text,
            "version {number}: {} signed, {} endorse it, {} late",
            count.signed, count.endorsed, count.late
        );
    }
    for signer in case.named.iter().filter(|s| s.stands) {
        let (name, title, email) = (&signer.name, &signer.title, &signer.email);
        let _ = writeln!(
            text,
            "by name: {name} ({title}) <{email}>, {} version {}",
            signer.action.as_str(),
            signer.version
        );
    }
    for problem in &case.problems {
        let _ = writeln!(
            text,
            "a note that can't be read: sign-on {} of {}: {}",
            problem.seq,
            problem.nullifier.short(),
            problem.why
        );
    }
    for line in &case.messages {
        let body = line
            .text
            .clone()
            .unwrap_or_else(|why| format!("[can't be read: {why}]"));
        let _ = writeln!(
            text,
            "message {} ({}, {}): {body}",
            line.number, line.from, line.day
        );
    }
    if let Some(rejoinder) = &case.rejoinder {
        let _ = writeln!(text, "rejoinder:\n{rejoinder}");
    }
    let body = case.envelope.text();
    match file {
        Some(path) => {
            sys::write_private(path, body.as_bytes())?;
            let _ = write!(
                text,
                "the text of version {} is in {}",
                case.version,
                path.display()
            );
        }
        None => {
            let banner = case.memo.banner();
            let _ = write!(text, "\n{banner}\n\n{}\n{banner}", body.trim_end());
        }
    }
    out.result(
        text,
        &json!({
            "memo": case.draft.memo, "version": case.version, "text": body, "banner": case.memo.banner(),
            "named": case.named, "problems": case.problems, "rejoinder": case.rejoinder,
        }),
    )?;
    Ok((case, sealed))
}

pub(crate) fn acknowledge(memo: &MemoRef, home: &Home, out: Out) -> Outcome {
    let (bench, keys) = Bench::open(home, out)?.office()?;
    let id = bench.named(memo)?;
    let post = office::acknowledge(&keys, id, &bench.desk.mirror).map_err(Failure::input)?;
    bench.step(id, &post)?;
    out.result(
        format_args!("{} acknowledged", id.short()),
        &json!({ "memo": id, "step": "acknowledged" }),
    )
}

/// Sends the memo back, with the reason and where to go instead.
pub(crate) fn return_memo(
    memo: &MemoRef,
    reason: &str,
    letter: Option<&Path>,
    home: &Home,
    out: Out,
) -> Outcome {
    let (bench, keys) = Bench::open(home, out)?.office()?;
    let id = bench.named(memo)?;
    let letter = letter.map(sys::read_text).transpose()?.unwrap_or_default();
    let post = office::return_memo(&keys, id, reason, &letter, &bench.desk.mirror)
        .map_err(Failure::input)?;
    bench.step(id, &post)?;
    out.result(
        format_args!("{} returned: {reason}", id.short()),
        &json!({ "memo": id, "step": "returned", "reason": reason }),
    )
}

pub(crate) fn distribute(memo: &MemoRef, to: &[String], home: &Home, out: Out) -> Outcome {
    let (bench, keys, case, _) = opened(memo, home, out)?;
    let id = case.draft.memo;
    let profile = bench
        .desk
        .mirror
        .profile()
        .ok_or_else(|| Failure::negative("the record holds no profile"))?;
    let to = if to.is_empty() {
        office::default_distribution(profile)
    } else {
        to.to_vec()
    };
    let post = office::distribute(&keys, id, &case.envelope, &to, &bench.desk.mirror)
        .map_err(Failure::input)?;
    bench.step(id, &post)?;
    out.result(
        format_args!("{} distributed to {}", id.short(), to.join(", ")),
        &json!({ "memo": id, "step": "distributed", "to": to }),
    )
}

/// Answers each point.
pub(crate) fn respond(memo: &MemoRef, text: &Path, home: &Home, out: Out) -> Outcome {
    let (bench, keys, case, _) = opened(memo, home, out)?;
    let id = case.draft.memo;
    let points = u32::try_from(case.memo.head().points.len()).map_err(Failure::input)?;
    let written = sys::read_text(text)?;
    let response: Response = Response::parse(&written).map_err(|e| {
        Failure::input(format!(
            "{}: {e}\n\nIt begins so:\n\n{}",
            text.display(),
            Response::template(id, points)
        ))
    })?;
    let post = office::respond(
        &keys,
        id,
        points,
        response,
        &bench.desk.mirror,
        &mut sys::rng(),
    )
    .map_err(|e| Failure::input(format!("{}: {e}", text.display())))?;
    bench.step(id, &post)?;
    out.result(
        format_args!("{} answered, all {points} points", id.short()),
        &json!({ "memo": id, "step": "responded", "points": points }),
    )
}

/// Writes to the authors, who have no account.
pub(crate) fn message(memo: &MemoRef, text: &str, home: &Home, out: Out) -> Outcome {
    let text = memo::text_or_input(text)?;
    let (bench, keys) = Bench::open(home, out)?.office()?;
    let id = bench.named(memo)?;
    let sealed = office::message(&keys, id, &text, &bench.desk.mirror, sys::now())
        .map_err(Failure::input)?;
    let (_, sent) = bench.call(|session| calls::office_message(session, id, sealed.clone()))?;
    out.result(
        format_args!("message {} sent to the authors", sent.number),
        &json!({ "number": sent.number }),
    )
}

/// Opens what was distributed to this principal.
pub(crate) fn principal_open(
    memo: &MemoRef,
    file: Option<&Path>,
    home: &Home,
    out: Out,
) -> Outcome {
    let bench = Bench::open(home, out)?;
    let id = bench.named(memo)?;
    let (bench, sealed) = bench.call(|session| calls::principal_sealed(session, id))?;
    let check = Check {
        verifier: verifier()?,
        threads: threads(),
    };
    let rules = bench.desk.rules()?;
    let (draft, text) = office::open_as_principal(
        &bench.account.keys,
        id,
        &Bytes(sealed),
        &rules,
        &bench.desk.mirror,
        check,
        &mut sys::rng(),
    )
    .map_err(Failure::negative)?;
    let signed: Vec<String> = draft
        .versions
        .iter()
        .map(|v| {
            format!(
                "version {}: {} signed",
                v.link.body.number,
                draft.count(v.link.body.number).signed
            )
        })
        .collect();
    let banner = text.banner();
    if let Some(path) = file {
        sys::write_private(path, text.to_text().as_bytes())?;
        return out.result(
            format_args!("{}\nthe text is in {}", signed.join("\n"), path.display()),
            &json!({ "memo": id, "file": path }),
        );
    }
    out.result(
        format_args!(
            "{}\n\n{banner}\n\n{}\n{banner}",
            signed.join("\n"),
            text.to_text().trim_end()
        ),
        &json!({ "memo": id, "banner": banner, "text": text.to_text() }),
    )
}
