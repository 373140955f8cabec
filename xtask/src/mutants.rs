//! `cargo xtask mutants`: the mutants that cargo-mutants lists of the crates whose tests must notice each small change.
//! All of a crate are switched into one build by `xtask/mutants/switch.py`, which is many times faster than a build for
//! each; `--one-by-one` leaves it to cargo-mutants itself. What survives is explained in docs/mutants.md.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, bail, ensure};

use crate::{report, root, run, setup};

/// A crate, and how its tests are best run: further options of `switch.py`.
struct Crate {
    name: &'static str,
    options: &'static [&'static str],
}

const CRATES: [Crate; 4] = [
    Crate {
        name: "channel",
        options: &["--timeout", "10"],
    },
    Crate {
        name: "memo",
        options: &[
            "--timeout",
            "10",
            "--optimise",
            "1",
            "--order",
            "vectors,version,frus,diff_merge",
        ],
    },
    Crate {
        name: "record",
        // The audit's tests, which prove and verify, take most of the time: last.
        options: &[
            "--timeout",
            "25",
            "--optimise",
            "1",
            "--order",
            "demur_record,batches,rules,fingerprints,authors,slots,editions,audit_edges,audit",
        ],
    },
    Crate {
        name: "signon",
        // What proves and verifies is tested by the circuit's own mutations (docs/circuit.md), which take minutes.
        options: &[
            "--timeout",
            "60",
            "--optimise",
            "1",
            "--exclude",
            "crates/signon/src/circuit.rs",
            "--exclude",
            "crates/signon/src/processor.rs",
            "--exclude",
            "crates/signon/src/prove.rs",
            "--exclude",
            "crates/signon/src/prove/**",
            "--leave-out",
            "negative",
            "--skip-test",
            "circuit::,prove::",
        ],
    },
];

#[derive(Debug, PartialEq, Eq)]
struct Options {
    names: Vec<String>,
    shard: String,
    one_by_one: bool,
}

/// Runs the crates that are named, or all.
pub(crate) fn mutants(args: &[String]) -> anyhow::Result<()> {
    let options = Options::read(args)?;
    let has = Command::new("cargo")
        .args(["mutants", "--version"])
        .output();
    ensure!(
        has.is_ok_and(|out| out.status.success()),
        "needs cargo-mutants: `cargo install --locked cargo-mutants`"
    );
    let dir = setup::target(&root()).join("mutants");
    fs::create_dir_all(&dir)?;
    if !options.one_by_one {
        copy(&dir.join("tree"))?;
    }
    for krate in &CRATES {
        if options.names.iter().any(|name| name == krate.name) {
            report::say(&format!("\n== demur-{}", krate.name));
            let mut command = command(krate, &options, &dir);
            run::run(command.env("CARGO_TARGET_DIR", dir.join("target")))?;
        }
    }
    report::say("\nhold what was missed against docs/mutants.md");
    Ok(())
}

fn command(krate: &Crate, options: &Options, dir: &Path) -> Command {
    if options.one_by_one {
        let mut command = Command::new("cargo");
        command
            .args(["mutants", "--package"])
            .arg(format!("demur-{}", krate.name))
            .args(["--shard", &options.shard, "--output"])
            .arg(dir.join(krate.name))
            .args(["--", "--lib", "--tests"]);
        return command;
    }
    let mut command = Command::new("python3");
    command
        .arg(root().join("xtask/mutants/switch.py"))
        .arg(krate.name)
        .arg("--copy")
        .arg(dir.join("tree"))
        .args(["--shard", &options.shard, "--out"])
        .arg(dir.join(format!("{}.jsonl", krate.name)))
        .args(krate.options);
    command
}

/// What is committed, in a folder of its own: the sources there are overwritten.
fn copy(tree: &Path) -> anyhow::Result<()> {
    if tree.exists() {
        fs::remove_dir_all(tree).with_context(|| tree.display().to_string())?;
    }
    let mut git = Command::new("git");
    run::run(
        git.args(["clone", "--quiet", "--shared"])
            .arg(root())
            .arg(tree),
    )
}

impl Options {
    fn read(args: &[String]) -> anyhow::Result<Self> {
        let mut options = Self {
            names: Vec::new(),
            shard: "0/1".to_owned(),
            one_by_one: false,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--shard" => {
                    let shard = args.next().context("--shard wants K/N")?;
                    options.shard.clone_from(shard);
                }
                "--one-by-one" => options.one_by_one = true,
                flag if flag.starts_with('-') => bail!("unknown option {flag}"),
                name if CRATES.iter().any(|krate| krate.name == name) => {
                    options.names.push(name.to_owned());
                }
                other => bail!("no crate {other} here: {}", names().join(", ")),
            }
        }
        if options.names.is_empty() {
            options.names = names();
        }
        Ok(options)
    }
}

fn names() -> Vec<String> {
    CRATES.iter().map(|krate| krate.name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let read = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
            Options::read(&words)
        };
        assert_eq!(
            read(&["memo", "--shard", "1/8"]).unwrap(),
            Options {
                names: vec!["memo".to_owned()],
                shard: "1/8".to_owned(),
                one_by_one: false
            }
        );
        let all = read(&["--one-by-one"]).unwrap();
        assert!(all.one_by_one);
        assert_eq!(all.names, names());
        assert!(read(&["server"]).is_err());
        assert!(read(&["--shard"]).is_err());
        assert!(read(&["--shards", "1/2"]).is_err());
    }
}
