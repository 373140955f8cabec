//! `demur office` and `demur principal`: stewards and principals at work.

mod accounts;
mod cases;
mod principal;
mod steps;

use demur_client::{
    api::{PostStep, Session},
    calls,
    key_store::AccountKeys,
    keys::RoleKeys,
    office,
    transport::Call,
};
use demur_encoding::Digest;
use demur_record::entry::Role;

use crate::{
    args::{MemoRef, OfficeCommand},
    desk::{Desk, from_call},
    fail::{Failure, Outcome},
    home::{Home, pick},
    out::Out,
    sys,
};

pub(crate) use self::{
    accounts::{admit, join},
    cases::{inbox, open},
    principal::{principal_open, run_principal},
    steps::{acknowledge, distribute, message, respond},
};

pub(crate) fn run(command: OfficeCommand, home: &Home, out: Out) -> Outcome {
    match command {
        OfficeCommand::Join {
            account,
            invitation,
        } => {
            let password = home.password(&account)?;
            join(&account, &invitation, &password, home, out).map(drop)
        }
        OfficeCommand::Accounts => accounts::accounts(home, out),
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
        } => steps::return_memo(&memo, &reason, letter.as_deref(), home, out),
        OfficeCommand::Distribute { memo, to } => distribute(&memo, &to, home, out),
        OfficeCommand::Respond { memo, text } => respond(&memo, &text, home, out),
        OfficeCommand::Message { memo, text } => message(&memo, &text, home, out),
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
