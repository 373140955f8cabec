//! `cargo xtask fuzz`: each target under libFuzzer for a while. What the targets do is in `crates/fuzz`; that they
//! run on stable too, for a moment, is one of the workspace's tests.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context as _, bail, ensure};

use crate::{report, root, run, setup};

/// How long each target runs when nothing else is said, in seconds.
const SECONDS: u64 = 600;

/// Memory above which libFuzzer calls an input a finding, in MiB.
const RSS_LIMIT_MIB: u64 = 2_048;

/// Seconds above which libFuzzer calls an input a finding: far above what the slowest, a proof, takes on a busy machine.
const TIMEOUT_SECONDS: u64 = 60;

/// Runs the targets that are named, or all, one after the other.
pub(crate) fn fuzz(args: &[String]) -> anyhow::Result<()> {
    let (seconds, named) = options(args)?;
    let root = root();
    run::cargo(["build", "--package", "demur-fuzz", "--locked"])?;
    let program = setup::target(&root).join("debug/demur-fuzz");
    let all = list(&program)?;
    if let Some(unknown) = named.iter().find(|name| !all.contains(name)) {
        bail!("no target {unknown}: there are {}", all.join(", "));
    }
    let names = if named.is_empty() { all } else { named };
    if !Command::new("cargo")
        .args(["+nightly", "fuzz", "--version"])
        .output()
        .is_ok_and(|out| out.status.success())
    {
        bail!(
            "libFuzzer needs a nightly toolchain and cargo-fuzz: `rustup toolchain install nightly`, `cargo install --locked \
             cargo-fuzz`. The same targets run on stable with mutations of their seeds: \
             `DEMUR_FUZZ_ROUNDS=100 cargo test --package demur-fuzz`"
        );
    }
    let dir = root.join("fuzz");
    let mut command = Command::new(&program);
    run::run(command.arg("seeds").arg(dir.join("seeds")).args(&names))?;
    let mut failed = Vec::new();
    for name in &names {
        match one(&dir, name, seconds) {
            Ok(line) => report::say(&line),
            Err(error) => {
                report::complain(&format!("{name}: {error:#}"));
                failed.push(name.as_str());
            }
        }
    }
    ensure!(
        failed.is_empty(),
        "findings, or no run: {}; the inputs are in fuzz/artifacts",
        failed.join(", ")
    );
    Ok(())
}

fn options(args: &[String]) -> anyhow::Result<(u64, Vec<String>)> {
    let (mut seconds, mut names) = (SECONDS, Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => {
                let number = args.next().context("--seconds wants a number")?;
                seconds = number
                    .parse()
                    .with_context(|| format!("--seconds {number}"))?;
            }
            flag if flag.starts_with('-') => bail!("unknown option {flag}"),
            name => names.push(name.to_owned()),
        }
    }
    Ok((seconds, names))
}

fn list(program: &Path) -> anyhow::Result<Vec<String>> {
    let out = Command::new(program).arg("list").output()?;
    ensure!(
        out.status.success(),
        "demur-fuzz list ended with {}",
        out.status
    );
    Ok(String::from_utf8(out.stdout)?
        .lines()
        .map(str::to_owned)
        .collect())
}

/// One run; its log stays in `fuzz/logs`. Without a sanitizer: no crate of ours has unsafe code, and twice as much is tried.
fn one(dir: &Path, name: &str, seconds: u64) -> anyhow::Result<String> {
    let logs = dir.join("logs");
    for folder in [&logs, &dir.join("corpus").join(name)] {
        fs::create_dir_all(folder)?;
    }
    let log: PathBuf = logs.join(format!("{name}.log"));
    let (out, err) = (
        fs::File::create(&log)?,
        fs::File::options().append(true).open(&log)?,
    );
    let started = Instant::now();
    let status = Command::new("cargo")
        .args([
            "+nightly",
            "fuzz",
            "run",
            "--sanitizer",
            "none",
            "--fuzz-dir",
        ])
        .arg(dir)
        .arg("--target-dir")
        .arg(dir.join("target"))
        .arg(name)
        .arg(dir.join("corpus").join(name))
        .arg(dir.join("seeds").join(name))
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-rss_limit_mb={RSS_LIMIT_MIB}"))
        .arg(format!("-timeout={TIMEOUT_SECONDS}"))
        .args(["-print_final_stats=1", "-max_len=65536"])
        .stdout(out)
        .stderr(err)
        .status()?;
    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    ensure!(status.success(), "{status}; see {}", log.display());
    Ok(format!(
        "{name}: {}, {} s with its build",
        figures(&text),
        started.elapsed().as_secs()
    ))
}

/// What libFuzzer's log says at its end: how many inputs were run, and how many edges of the code they reached.
fn figures(log: &str) -> String {
    let executions = log
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    let word = |line: &str, key: &str| {
        let mut words = line.split_whitespace();
        words
            .find(|word| *word == key)
            .and_then(|_| words.next())
            .map(str::to_owned)
    };
    let edges = log.lines().rev().find_map(|line| word(line, "cov:"));
    format!(
        "{} inputs, {} edges, no finding",
        executions.unwrap_or("?").trim(),
        edges.unwrap_or_else(|| "?".to_owned())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_log() {
        let log = "#2\tINITED cov: 12 ft: 13 corp: 1/1b\n#99\tDONE   cov: 345 ft: 400 corp: 7/1Kb\nDone 99 runs\nstat::number_of_executed_units: 99\n";
        assert_eq!(figures(log), "99 inputs, 345 edges, no finding");
        assert_eq!(figures(""), "? inputs, ? edges, no finding");
    }

    #[test]
    fn options_are_read() {
        let args = ["--seconds", "5", "memo"].map(str::to_owned);
        assert_eq!(options(&args).unwrap(), (5, vec!["memo".to_owned()]));
        assert!(options(&["--seconds".to_owned()]).is_err());
        assert!(options(&["--second".to_owned()]).is_err());
        assert_eq!(options(&[]).unwrap(), (SECONDS, Vec::new()));
    }
}
