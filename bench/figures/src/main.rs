//! `demur-figures`: the figures of docs/figures.md; `cargo xtask bench` builds and runs it.
//!
//! It needs no server. What it measures is the library that every program of Demur uses: proving and verifying, beside
//! Semaphore; the audit of a record with many sign-ons; and how audit, publishing and signing grow.

mod audit;
mod chart;
mod cost;
mod growth;
mod peers;
mod proofs;
mod sample;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Measures proofs, audits and rosters, beside peers.
#[derive(Debug, Parser)]
#[command(name = "demur-figures")]
struct Cli {
    #[command(subcommand)]
    task: Option<Task>,
    /// Where proofs and peers are kept between runs
    #[arg(
        long,
        global = true,
        default_value = "target/bench-cache/figures",
        value_name = "D"
    )]
    cache: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Prove and verify beside Semaphore under Node
    Peers(peers::Args),
    /// Make a record with many sign-ons and audit it
    Audit(audit::Args),
    /// How audit, publishing and signing grow; draws the chart
    Growth(growth::Args),
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<()> {
    demur_signon::check_processor()?;
    std::fs::create_dir_all(&cli.cache)?;
    let cache: &Path = &cli.cache.canonicalize()?;
    match &cli.task {
        Some(Task::Peers(args)) => peers::run(args, cache),
        Some(Task::Audit(args)) => audit::run(args, cache),
        Some(Task::Growth(args)) => growth::run(args, cache),
        None => {
            peers::run(&peers::Args::default(), cache)?;
            audit::run(&audit::Args::default(), cache)?;
            growth::run(&growth::Args::default(), cache)
        }
    }
}

/// A line on standard output; a closed pipe is not an error here.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
