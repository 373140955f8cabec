//! The commands.

use std::{ffi::OsStr, path::Path, process::Command};

use anyhow::{Context as _, ensure};

use crate::{
    hostile, interop, licences,
    report::{self, Outcome, Tally},
    root, setup, web,
};

/// Builds the program for speed and hands over to `demur demo`.
pub(crate) fn demo(args: &[String]) -> anyhow::Result<()> {
    if let Err(error) = web::web() {
        report::complain(&format!(
            "the web part can't be built, and the pages that need it will say so: {error:#}"
        ));
    }
    cargo(["build", "--release", "--package", "demur"])?;
    let program = setup::target(&root()).join("release/demur");
    let status = Command::new(&program)
        .arg("demo")
        .args(args)
        .current_dir(root())
        .status()
        .with_context(|| program.display().to_string())?;
    ensure!(status.success(), "the demo ended with {status}");
    Ok(())
}

/// How the short campaign of the tests is cut: its requests are made in some seconds, and what takes minutes is left to
/// `cargo xtask kill`.
const SHORT: [&str; 12] = [
    "--members",
    "20",
    "--sign-ons",
    "12",
    "--memos",
    "8",
    "--writers",
    "4",
    "--kills",
    "5",
    "--no-points",
    "--no-checks",
];

/// The campaign of kills: the program as it ships, and a debug build, which can be stopped at named points.
pub(crate) fn kill(args: &[String]) -> anyhow::Result<()> {
    cargo(["build", "--package", "demur"])?;
    let debug = setup::target(&root()).join("debug/demur");
    let mut all = vec!["--debug-program".to_owned(), debug.display().to_string()];
    all.extend_from_slice(args);
    bench("kill", &all)
}

/// Builds program and harness for speed and hands over to `demur-bench`.
pub(crate) fn bench(task: &str, args: &[String]) -> anyhow::Result<()> {
    built(
        "demur-bench",
        true,
        std::iter::once(task).chain(args.iter().map(String::as_str)),
    )
}

/// Builds for speed and hands over to `demur-figures`, to `demur-copies`, or to the program that measures in a browser.
pub(crate) fn figures(args: &[String]) -> anyhow::Result<()> {
    let (package, args) = match args.split_first() {
        Some((task, rest)) if task == "browser" => return browser(rest),
        Some((task, rest)) if task == "copies" => ("demur-copies", rest),
        Some((task, rest)) if task == "archive" => return archive(rest),
        _ => ("demur-figures", args),
    };
    built(package, false, args.iter().map(String::as_str))
}

/// The archive, beside MinHash where Python's packages can be had.
fn archive(args: &[String]) -> anyhow::Result<()> {
    let peer = setup::venv(&root(), "archive-python", "bench/archive/requirements.txt");
    let mut all = args.to_vec();
    match peer {
        Ok(python) => all.extend(["--python".to_owned(), python.display().to_string()]),
        Err(why) => report::say(&format!("without a peer: {why:#}")),
    }
    built("demur-bench-archive", false, all.iter().map(String::as_str))
}

/// The program as it ships, with its web part, and a member in Chromium.
fn browser(args: &[String]) -> anyhow::Result<()> {
    setup::debian_packages();
    web::web()?;
    built("demur-bench-browser", true, args.iter().map(String::as_str))
}

/// Builds a package's program for speed, with `demur` beside it where it drives that, and runs it.
fn built<'a>(
    package: &str,
    beside: bool,
    args: impl Iterator<Item = &'a str>,
) -> anyhow::Result<()> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--release", "--package", package]);
    if beside {
        command.args(["--package", "demur"]);
    }
    run(&mut command)?;
    let program = setup::target(&root()).join("release").join(package);
    let status = Command::new(&program)
        .args(args)
        .current_dir(root())
        .status()
        .with_context(|| program.display().to_string())?;
    ensure!(status.success(), "{package} ended with {status}");
    Ok(())
}

/// Every test: format, lints, licences, crates, the demo's verdicts, foreign verifiers.
pub(crate) fn test() -> anyhow::Result<()> {
    setup::debian_packages();
    let mut tally = Tally::default();
    tally.step("format", || match cargo(["fmt", "--all", "--check"]) {
        Err(_) if !has_component("fmt") => Ok(Outcome::Skipped("rustfmt is not installed".into())),
        other => other.map(|()| Outcome::Passed),
    });
    tally.step("licences and sources", || {
        report::say(&licences::check()?);
        Ok(Outcome::Passed)
    });
    tally.step("the web part, for browsers", || passed(web::web()));
    tally.step("axe-core's rules, for the tests of pages", setup::axe);
    let missing = setup::missing_for_browsers();
    tally.step("browsers, for the tests of pages", || {
        Ok(match &missing {
            None => Outcome::Passed,
            Some(missing) => Outcome::Skipped(format!("no page is tested in a browser: {missing}")),
        })
    });
    tally.step("crates", || {
        // The browsers of these tests drive the program as it is built here.
        cargo(["build", "--package", "demur", "--locked"])?;
        let mut tests = Command::new(env!("CARGO"));
        tests.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
        if missing.is_none() {
            // What can run here must.
            tests.env("DEMUR_BROWSERS", "demanded");
        }
        passed(run(&mut tests))
    });
    tally.step("lints", || {
        if !has_component("clippy") {
            return Ok(Outcome::Skipped("clippy is not installed".into()));
        }
        passed(cargo([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ]))
    });
    tally.step("documentation", || {
        let mut command = Command::new(env!("CARGO"));
        command.env("RUSTDOCFLAGS", "-D warnings");
        passed(run(command.args([
            "doc",
            "--workspace",
            "--no-deps",
            "--locked",
            "--quiet",
            "--document-private-items",
        ])))
    });
    play_and_verify(&mut tally);
    short_kills(&mut tally);
    tally.step("hostile input, a minute of it", hostile::short);
    tally.close()
}

/// The demo in a scratch folder, then the foreign verifiers on what it left; or these alone, on the folder of a demo that is named.
pub(crate) fn interop(args: &[String]) -> anyhow::Result<()> {
    setup::debian_packages();
    let mut tally = Tally::default();
    if let [dir] = args {
        let program = setup::target(&root()).join("debug/demur");
        foreign(&mut tally, &program, Path::new(dir));
    } else {
        cargo(["build", "--package", "demur"])?;
        play_and_verify(&mut tally);
    }
    tally.close()
}

fn play_and_verify(tally: &mut Tally) {
    let target = setup::target(&root());
    let dir = target.join("demo-test");
    let program = target.join("debug/demur");
    tally.step("demo: one memo's whole life through HTTP", || {
        if dir.exists() {
            std::fs::remove_dir_all(&dir)?;
        }
        cargo(["build", "--package", "demur", "--locked"])?;
        passed(run(Command::new(&program)
            .args(["demo", "--no-serve", "--dir"])
            .arg(&dir)))
    });
    foreign(tally, &program, &dir);
}

/// The foreign verifiers on what a demo left.
fn foreign(tally: &mut Tally, program: &Path, dir: &Path) {
    for (name, check) in interop::CHECKS {
        tally.step(name, || check(&root(), program, dir));
    }
}

/// A few kills at random instants, on the debug build.
fn short_kills(tally: &mut Tally) {
    tally.step(
        "kills: a short campaign (cargo xtask kill is the whole one)",
        || {
            cargo([
                "build",
                "--package",
                "demur",
                "--package",
                "demur-bench",
                "--locked",
            ])?;
            let harness = setup::target(&root()).join("debug/demur-bench");
            passed(run(Command::new(harness).arg("kill").args(SHORT)))
        },
    );
}

fn has_component(name: &str) -> bool {
    Command::new(env!("CARGO"))
        .args([name, "--version"])
        .output()
        .is_ok_and(|out| out.status.success())
}

pub(crate) fn cargo<const N: usize>(args: [&str; N]) -> anyhow::Result<()> {
    run(Command::new(env!("CARGO")).args(args))
}

pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let words: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    let name = Path::new(command.get_program())
        .file_name()
        .map(OsStr::to_string_lossy);
    let line = format!("{} {}", name.unwrap_or_default(), words.join(" "));
    let status = command
        .current_dir(root())
        .status()
        .with_context(|| line.clone())?;
    ensure!(status.success(), "`{line}` ended with {status}");
    Ok(())
}

fn passed(done: anyhow::Result<()>) -> anyhow::Result<Outcome> {
    done.map(|()| Outcome::Passed)
}
