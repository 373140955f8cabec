//! `demur-bench-browser`: the figures of docs/browser-figures.md; `cargo xtask bench browser` builds and runs it.
//!
//! A member of a large roster signs in a headless Chromium, on the pages of a real server; beside it, in the same run, Semaphore's own
//! browser code does the same on a page of its own. What is measured stands in the page: from the click on, by the page's own clock.

mod semaphore;
mod sign;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::Parser;
use demur_bench::{cache::Cache, machine, program::Program, stats::Times};
use demur_e2e::Browser;

/// A sign-on in Chromium, from the click to the receipt, beside Semaphore's browser code.
#[derive(Debug, Parser)]
#[command(name = "demur-bench-browser")]
struct Cli {
    /// How many members the roster has
    #[arg(long, default_value_t = 25_000)]
    members: usize,
    /// How many of them sign, each in a browser profile of their own
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Leave Semaphore out
    #[arg(long)]
    alone: bool,
    /// Where channels and peers are kept between runs
    #[arg(long, default_value = "target/bench-cache", value_name = "D")]
    cache: PathBuf,
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
    let program = Program::find()?;
    std::fs::create_dir_all(&cli.cache)?;
    let folder: &Path = &cli.cache.canonicalize()?;
    say(&format!("{}\n", machine::describe()));
    let cache = Cache::open(folder, &program, cli.members)?;
    let scratch = tempfile::tempdir_in(folder)?;
    // The harness of the channel blocks; the browser's driver doesn't.
    let mut channel = cache.channel(&program, &scratch.path().join("channel"))?;
    channel.start()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let browser = runtime.block_on(Browser::start())?;
    let profiles = scratch.path().join("browsers");
    let plan = sign::Plan::new(&cache, &channel, cli.runs)?;
    let ours = runtime.block_on(plan.run(&browser, &profiles))?;

    say(&format!(
        "| with {} members | median | longest |",
        cli.members
    ));
    say("|---|---|---|");
    let times = |pick: fn(&sign::Signed) -> Duration| Times::new(ours.iter().map(pick).collect());
    row("Demur: from the click to the receipt", &times(|s| s.whole));
    row("of it, before the proof", &times(|s| s.before));
    row("of it, the proof", &times(|s| s.proof));
    row(
        "of it, sending, the server's answer, keeping it",
        &times(|s| s.after),
    );
    row(
        "Demur: opening the memo's page until it can be read",
        &times(|s| s.reading),
    );
    row(
        "Demur: unlocking until it can be signed",
        &times(|s| s.unlocking),
    );
    if !cli.alone {
        let theirs = runtime.block_on(semaphore::run(
            &browser,
            folder,
            &profiles,
            cli.members,
            cli.runs,
        ))?;
        let times = |pick: fn(&semaphore::Signed) -> Duration| {
            Times::new(theirs.iter().map(pick).collect())
        };
        row(
            "Semaphore: from the click to the answer",
            &times(|s| s.whole),
        );
        row("of it, the proof", &times(|s| s.proof));
        row(
            "Semaphore: building the group, before the click",
            &times(|s| s.group),
        );
    }
    let loaded = ours
        .iter()
        .map(|s| s.loaded)
        .max()
        .context("nobody signed")?;
    say(&format!(
        "\na signer's page loads {loaded} bytes in all, headers included, with nothing in the browser's cache and without the record and the roster"
    ));
    channel.stop_server()
}

fn row(what: &str, times: &Times) {
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    say(&format!(
        "| {what} | {:.0} ms | {:.0} ms |",
        ms(times.percentile(50)),
        ms(times.max())
    ));
}

/// A line on standard output; a closed pipe is not an error here.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
