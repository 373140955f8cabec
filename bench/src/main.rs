//! `demur-bench`: the campaigns of docs/load.md, docs/kills.md and docs/hostile.md; `cargo xtask load | kill | hostile` builds and runs it.

mod hostile;
mod kill;
mod load;
mod pages;
mod report;

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};
use demur_bench::{
    cache::{Cache, Wanted},
    program::Program,
};

use crate::report::say;

/// Measures a real server, and kills it.
#[derive(Debug, Parser)]
#[command(name = "demur-bench")]
struct Cli {
    #[command(subcommand)]
    command: Task,
    /// Where requests made beforehand are kept
    #[arg(
        long,
        global = true,
        default_value = "target/bench-cache",
        value_name = "D"
    )]
    cache: PathBuf,
    /// Where channels run; emptied afterwards
    #[arg(
        long,
        global = true,
        default_value = "target/bench-run",
        value_name = "D"
    )]
    run: PathBuf,
    /// How many members the roster has
    #[arg(long, global = true, default_value_t = 1_000)]
    members: usize,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Make requests beforehand
    Premake(PremakeArgs),
    /// Post sign-ons and filings, and hold the record against the answers
    Load(load::LoadArgs),
    /// Kill the server again and again while people write, and rob it of what it needs
    Kill(kill::KillArgs),
    /// Try what a stranger on the network may try
    Hostile(hostile::HostileArgs),
}

#[derive(Debug, Clone, Copy, clap::Args)]
struct PremakeArgs {
    /// How many sign-ons there are to be
    #[arg(long, default_value_t = 0)]
    sign_ons: usize,
    /// How many memos there are to be
    #[arg(long, default_value_t = 0)]
    memos: usize,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    let program = Program::find()?;
    match &cli.command {
        Task::Premake(args) => {
            let cache = Cache::open(&cli.cache, &program, cli.members)?;
            let wanted = Wanted {
                members: cli.members,
                sign_ons: args.sign_ons,
                memos: args.memos,
            };
            cache.fill(wanted, &|what, have, wanted| {
                say(&format!("{what}: {have} of {wanted}"));
            })
        }
        Task::Load(args) => load::run(args, cli, &program),
        Task::Kill(args) => kill::run(args, cli, &program),
        Task::Hostile(args) => hostile::run(args, cli, &program),
    }
}

/// Has what is wanted made by a process of low priority, so that nothing else on the machine suffers, and opens the cache.
fn premade(cli: &Cli, program: &Program, sign_ons: usize, memos: usize) -> Result<Cache> {
    let this = std::env::current_exe()?;
    let (members, sign_ons, memos) = (cli.members, sign_ons, memos);
    let made = Command::new("nice")
        .args(["-n", "10"])
        .arg(this)
        .args(["premake", "--members", &members.to_string()])
        .args(["--sign-ons", &sign_ons.to_string()])
        .args(["--memos", &memos.to_string()])
        .arg("--cache")
        .arg(&cli.cache)
        .status()
        .context("nice")?;
    ensure!(
        made.success(),
        "requests could not be made beforehand: {made}"
    );
    Cache::open(&cli.cache, program, members)
}

/// An empty folder for a channel to run in, removed when dropped.
fn scratch(cli: &Cli) -> Result<tempfile::TempDir> {
    std::fs::create_dir_all(&cli.run)?;
    let dir: &Path = &cli.run.canonicalize()?;
    Ok(tempfile::tempdir_in(dir)?)
}
