//! `cargo xtask fuzz`: each target under libFuzzer for a while, by the time of the processor: on a busy machine ten minutes
//! of the clock may be seconds of work. What the targets do is in `crates/fuzz`; that they run on stable too, for a moment,
//! is one of the workspace's tests.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};

use crate::{report, root, run, setup};

/// How long each target runs when nothing else is said, in seconds of the processor.
const SECONDS: u64 = 600;

/// libFuzzer stops by the clock: a target is started again until it has had its time of the processor, so many times at most.
const MAX_ROUNDS: u32 = 40;

/// The longest round, in seconds of the clock: however small the share of the processor, it is looked at again after this.
const LONGEST_ROUND: u64 = 3_600;

/// Memory above which libFuzzer calls an input a finding, in MiB.
const RSS_LIMIT_MIB: u64 = 2_048;

/// Seconds above which libFuzzer calls an input a finding: far above what the slowest, a proof, takes on a busy machine.
const TIMEOUT_SECONDS: u64 = 60;

/// The field's assembly wants more registers than instrumented code has left: the fuzz binaries compute without it.
const PORTABLE_FIELDS: &str = "--cfg pasta_curves_noasm";

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
    build(&dir)?;
    let mut failed = Vec::new();
    for name in &names {
        match one(&dir, name, Duration::from_secs(seconds)) {
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

/// All binaries, so that no build is counted as time of a target. Without a sanitizer: no crate of ours has unsafe code, and
/// twice as much is tried.
fn build(dir: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("cargo");
    command
        .args(["+nightly", "fuzz", "build", "--sanitizer", "none"])
        .arg("--fuzz-dir")
        .arg(dir)
        .arg("--target-dir")
        .arg(dir.join("target"))
        .env("RUSTFLAGS", PORTABLE_FIELDS);
    run::run(&mut command)
}

/// One target, in as many rounds as it takes; its log stays in `fuzz/logs`.
fn one(dir: &Path, name: &str, wanted: Duration) -> anyhow::Result<String> {
    let (logs, corpus) = (dir.join("logs"), dir.join("corpus").join(name));
    let artifacts = dir.join("artifacts").join(name);
    for folder in [&logs, &corpus, &artifacts] {
        fs::create_dir_all(folder)?;
    }
    let log: PathBuf = logs.join(format!("{name}.log"));
    fs::write(&log, "")?;
    let program = binary(dir, name)?;
    let (started, before) = (Instant::now(), children()?);
    let mut spent = Duration::ZERO;
    let mut rounds = 0;
    while spent < wanted {
        ensure!(
            rounds < MAX_ROUNDS,
            "{} s of the processor in {rounds} rounds: the machine is too busy",
            spent.as_secs()
        );
        rounds += 1;
        let (out, err) = (appended(&log)?, appended(&log)?);
        let status = Command::new(&program)
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(format!(
                "-max_total_time={}",
                round(wanted, spent, started.elapsed())
            ))
            .arg(format!("-rss_limit_mb={RSS_LIMIT_MIB}"))
            .arg(format!("-timeout={TIMEOUT_SECONDS}"))
            .args(["-print_final_stats=1", "-max_len=65536"])
            .arg(&corpus)
            .arg(dir.join("seeds").join(name))
            .current_dir(dir)
            .stdout(out)
            .stderr(err)
            .status()?;
        spent = children()?.saturating_sub(before);
        ensure!(
            status.success(),
            "{status} after {} s of the processor; see {}",
            spent.as_secs(),
            log.display()
        );
    }
    let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
    Ok(format!(
        "{name}: {}; {} s of the processor, {} s of the clock, rounds: {rounds}",
        figures(&text),
        spent.as_secs(),
        started.elapsed().as_secs()
    ))
}

/// Where cargo-fuzz puts a target's binary: below the name of the platform, which is one folder here.
fn binary(dir: &Path, name: &str) -> anyhow::Result<PathBuf> {
    for platform in fs::read_dir(dir.join("target"))? {
        let binary = platform?.path().join("release").join(name);
        if binary.is_file() {
            return Ok(binary);
        }
    }
    bail!("cargo fuzz build left no binary {name}")
}

fn appended(log: &Path) -> anyhow::Result<fs::File> {
    Ok(fs::File::options().append(true).open(log)?)
}

/// How long the next round lasts, in seconds of the clock: what is left, at the share of the processor that the rounds had so
/// far.
fn round(wanted: Duration, spent: Duration, clock: Duration) -> u64 {
    let left = wanted.saturating_sub(spent).as_secs_f64();
    let share = if spent.is_zero() {
        1.0
    } else {
        (spent.as_secs_f64() / clock.as_secs_f64()).min(1.0)
    };
    // A positive number within u64: the share is not zero, and what is above the bound is cut.
    ((left / share).ceil() as u64).clamp(1, LONGEST_ROUND)
}

/// The time of the processor that ended children of this process had, user and system, to 10 ms (`/proc`; Linux).
fn children() -> anyhow::Result<Duration> {
    let path = "/proc/self/stat";
    let stat = fs::read_to_string(path).context("the time of the processor is read from /proc")?;
    // The name in parentheses may hold spaces; the children's user and system time are fields 16 and 17.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Option<u64> = rest
        .split_whitespace()
        .skip(13)
        .take(2)
        .map(|field| field.parse::<u64>().ok())
        .sum();
    // USER_HZ is 100 on every Linux that this runs on.
    Ok(Duration::from_millis(ticks.context(path)? * 10))
}

/// What libFuzzer's logs say at their ends: how many inputs all rounds ran, and how many edges and features the last one reached.
fn figures(log: &str) -> String {
    let inputs: u64 = log
        .lines()
        .filter_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .filter_map(|count| count.trim().parse::<u64>().ok())
        .sum();
    let last = |key: &str| {
        let number = log.lines().rev().find_map(|line| {
            let mut words = line.split_whitespace();
            words.find(|word| *word == key).and_then(|_| words.next())
        });
        number.unwrap_or("?").to_owned()
    };
    format!(
        "{inputs} inputs, {} edges, {} features, no finding",
        last("cov:"),
        last("ft:")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_log() {
        let log = "#2\tINITED cov: 12 ft: 13 corp: 1/1b\n#99\tDONE   cov: 345 ft: 400 corp: 7/1Kb\nDone 99 runs\nstat::number_of_executed_units: 99\n";
        assert_eq!(
            figures(log),
            "99 inputs, 345 edges, 400 features, no finding"
        );
        let second = log.replace("345", "346");
        assert_eq!(
            figures(&format!("{log}{second}")),
            "198 inputs, 346 edges, 400 features, no finding"
        );
        assert_eq!(figures(""), "0 inputs, ? edges, ? features, no finding");
    }

    #[test]
    fn a_round_lasts_as_long_as_its_share_demands() {
        let s = Duration::from_secs;
        assert_eq!(round(s(600), s(0), s(0)), 600);
        assert_eq!(round(s(600), s(300), s(600)), 600);
        assert_eq!(round(s(600), s(590), s(2_400)), 41);
        // Several threads, or none left: never less than a second, never at more than one core.
        assert_eq!(round(s(600), s(500), s(250)), 100);
        assert_eq!(round(s(600), s(600), s(600)), 1);
        assert_eq!(round(s(600), s(1), s(600)), LONGEST_ROUND);
    }

    #[test]
    fn the_time_of_children_is_counted_when_they_ended() {
        let before = children().unwrap();
        // It doesn't run backwards, whatever the machine does.
        assert!(Command::new("true").status().unwrap().success());
        assert!(children().unwrap() >= before);
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
