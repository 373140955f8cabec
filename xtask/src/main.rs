//! `cargo xtask demo | test | web | load | kill | bench | hostile | licences | interop | fuzz | mutants`: the commands of the
//! README, their parts, and the long runs.

use std::{env, path::PathBuf, process::ExitCode};

mod fuzz;
mod hostile;
mod interop;
mod licences;
mod mutants;
mod packing;
mod report;
mod run;
mod setup;
mod web;

const USAGE: &str = "usage: cargo xtask COMMAND

  demo [ARGS]   build the program, play one memo's whole life, then serve it
                (ARGS go to `demur demo`: --no-serve, --dir D, --members N, --signers K, --listen A)
  test          set up what is missing and run every test
  web           build the part that runs in browsers: the desk as WebAssembly, fingerprinted
  load [ARGS]   build for speed, and post sign-ons and filings to a real server by many clients at once
                (ARGS go to `demur-bench load`: --sign-ons N, --clients N, --filings N; see docs/load.md)
  kill [ARGS]   build, and kill a real server again and again under load; take its disk, clock and witnesses
                (ARGS go to `demur-bench kill`: --kills N, --seed N, --no-points, --no-checks; see docs/kills.md)
  bench [ARGS]  build for speed, and measure proofs beside Semaphore, audits, and how all grows
                (ARGS go to `demur-figures`: peers | audit [--sign-ons N] | growth; none: all; see docs/figures.md)
  bench browser [ARGS]
                the same for a sign-on in Chromium, beside Semaphore's browser code
                (ARGS: --members N, --runs N, --alone; see docs/browser-figures.md)
  bench copies [ARGS]
                build for speed, and hold the verdicts on copies of real texts against what was done to them
                (ARGS go to `demur-copies`: --half tuned|reported|both, --seed N, --speed; see docs/copies-figures.md)
  bench archive [ARGS]
                build for speed, and look for copies and quotations among many memos
                (ARGS go to `demur-bench-archive`: --memos N, --questions N; see docs/archive.md)
  hostile [ARGS]
                build for speed, and try on a real server what a stranger may try, schemathesis included
                (ARGS go to `demur-bench hostile`: --short, --examples N, --only WORDS; see docs/hostile.md)
  licences      hold every dependency's licence against deny.toml
  interop [DIR] build, play the demo, and let foreign programs verify what it left; or what a demo left in DIR
  fuzz [--seconds N] [TARGET...]
                each fuzz target under libFuzzer, 600 seconds unless said otherwise (docs/fuzzing.md)
  mutants [CRATE...] [--shard K/N] [--one-by-one]
                mutation tests of channel, memo, record and signon (docs/mutants.md)";

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    let command = args.next();
    let rest: Vec<String> = args.collect();
    let done = match command.as_deref() {
        Some("demo") => run::demo(&rest),
        Some("test") => run::test(),
        Some("web") => web::web(),
        Some("load") => run::bench("load", &rest),
        Some("kill") => run::kill(&rest),
        Some("bench") => run::figures(&rest),
        Some("hostile") => hostile::campaign(&rest),
        Some("licences") => licences::check().map(|line| report::say(&line)),
        Some("interop") => run::interop(&rest),
        Some("fuzz") => fuzz::fuzz(&rest),
        Some("mutants") => mutants::mutants(&rest),
        _ => {
            report::complain(USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    let mut dir = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    dir.pop();
    dir
}
