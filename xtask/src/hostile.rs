//! `cargo xtask hostile`: the campaign of docs/hostile.md, with schemathesis where it can be installed.

use std::{path::PathBuf, process::Command};

use anyhow::ensure;

use crate::{
    report::{self, Outcome},
    root, run, setup,
};

/// The whole campaign, built for speed.
pub(crate) fn campaign(args: &[String]) -> anyhow::Result<()> {
    let mut all = Vec::new();
    match schemathesis() {
        Ok(program) => all.extend(["--schemathesis".to_owned(), program.display().to_string()]),
        Err(why) => report::complain(&format!("without schemathesis: {why:#}")),
    }
    all.extend_from_slice(args);
    run::bench("hostile", &all)
}

/// A minute of it, on the build that the tests use.
pub(crate) fn short() -> anyhow::Result<Outcome> {
    run::cargo([
        "build",
        "--package",
        "demur",
        "--package",
        "demur-bench",
        "--locked",
    ])?;
    let mut command = Command::new(setup::target(&root()).join("debug/demur-bench"));
    command.args(["hostile", "--short", "--members", "60", "--examples", "5"]);
    let without = match schemathesis() {
        Ok(program) => {
            command.arg("--schemathesis").arg(program);
            None
        }
        Err(why) => Some(why),
    };
    let status = command.current_dir(root()).status()?;
    ensure!(status.success(), "the campaign ended with {status}");
    if let Some(why) = without {
        report::say(&format!("without schemathesis: {why:#}"));
    }
    Ok(Outcome::Passed)
}

fn schemathesis() -> anyhow::Result<PathBuf> {
    let python = setup::venv(&root(), "hostile-python", "bench/requirements.txt")?;
    Ok(python.with_file_name("schemathesis"))
}
