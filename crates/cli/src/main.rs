//! The program `demur`: what a person, an office, an operator or a stranger does, one command each.

mod args;
mod commands;
mod confine;
mod demo;
mod desk;
mod fail;
mod home;
mod http;
mod out;
mod source;
mod sys;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser as _;
use demur_record::event::Action;
use zeroize::Zeroizing;

use crate::{
    args::{AccountCommand, ChannelCommand, Cli, Command, Common},
    fail::{Failure, Outcome},
    home::Home,
    out::{Out, complain},
    sys::Passphrase,
};

fn main() -> ExitCode {
    if let Err(error) = demur_signon::check_processor() {
        complain(format_args!("demur: {error}"));
        return ExitCode::from(2);
    }
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(format_args!("demur: {failure}"));
            failure.code()
        }
    }
}

fn run(cli: Cli) -> Outcome {
    let Cli { common, command } = cli;
    let out = Out::new(common.json);
    match command {
        Command::Demo(args) => demo::run(&args, out),
        Command::Serve(args) => match &args.pages_for {
            Some(channel) => {
                commands::open::elsewhere(channel, &args, common.proxy.as_deref(), out)
            }
            None => commands::server::serve(&args, out),
        },
        Command::Open(args) => commands::open::run(&args, &home(&common)?, out),
        Command::Receipt(args) => commands::receipt::run(&args, &common, out),
        Command::Channel {
            command: ChannelCommand::Init(args),
        } => commands::server::init(&args, out).map(drop),
        Command::Account {
            command:
                AccountCommand::Invite {
                    data,
                    account,
                    role,
                },
        } => commands::server::invite(&data, &account, &role, out).map(drop),
        Command::Backup(args) => commands::server::backup(&args, out),
        Command::Restore(args) => commands::server::restore(&args, common.proxy.as_deref(), out),
        Command::Doctor(args) => commands::server::doctor(&args, out),
        Command::Witness(args) => commands::witness::run(&args, out),
        Command::Audit(args) => commands::audit::audit(&args, &common, out),
        Command::Check(args) => commands::verify::check(&args, &common, out),
        Command::ExtractCopy(args) => commands::copies::extract_copy(&args),
        Command::Verify(args) => commands::verify::verify(&args, &common, out),
        Command::Archive { command } => {
            commands::archive::run(&command, &home(&common)?, &common, out)
        }
        Command::Key { command } => commands::key::run(command, &home(&common)?, out),
        Command::Trust(args) => commands::trust::run(&args, &home(&common)?, out),
        Command::Roster { command } => commands::roster::run(command, &home(&common)?, out),
        Command::Identity { command } => commands::identity::run(command, &home(&common)?, out),
        Command::Memo { command } => commands::memo::run(command, &home(&common)?, out),
        Command::Sign(args) => {
            commands::sign::act(Action::Sign, &args, &home(&common)?, out).map(drop)
        }
        Command::Unsign(args) => {
            commands::sign::act(Action::Withdraw, &args, &home(&common)?, out).map(drop)
        }
        Command::Endorse(args) => {
            commands::sign::act(Action::Endorse, &args, &home(&common)?, out).map(drop)
        }
        Command::Claim(args) => commands::sign::claim(args, &home(&common)?, out),
        Command::Office { command } => commands::office::run(command, &home(&common)?, out),
        Command::Principal { command } => {
            commands::office::run_principal(command, &home(&common)?, out)
        }
    }
}

/// This person's folder, for this command alone, and where its passphrase comes from.
fn home(common: &Common) -> Outcome<Home> {
    let dir = match &common.home {
        Some(dir) => dir.clone(),
        None => default_home()?,
    };
    let passphrase = match &common.passphrase_file {
        Some(file) => {
            let text = Zeroizing::new(sys::read_text(file)?);
            Passphrase::Given(Zeroizing::new(
                text.lines().next().unwrap_or_default().to_owned(),
            ))
        }
        None => match std::env::var("DEMUR_PASSPHRASE") {
            Ok(text) => Passphrase::Given(Zeroizing::new(text)),
            Err(_) => Passphrase::Ask,
        },
    };
    let home = Home::new(dir, passphrase, common.proxy.clone());
    match std::env::var("DEMUR_PASSWORD") {
        Ok(password) => home.with_password(Zeroizing::new(password)),
        Err(_) => home,
    }
    .held()
}

fn default_home() -> Outcome<PathBuf> {
    std::env::home_dir()
        .map(|dir| dir.join(".demur"))
        .ok_or_else(|| Failure::input("no home folder is known: give --home DIR"))
}
