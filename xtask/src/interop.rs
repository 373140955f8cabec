//! Foreign programs on the files that the demo left: if they agree, our formats are what we say.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};

use crate::{
    report::{self, Outcome},
    setup,
};

type Check = fn(root: &Path, program: &Path, dir: &Path) -> anyhow::Result<Outcome>;

/// Each check by name.
pub(crate) const CHECKS: [(&str, Check); 4] = [
    (
        "Python's own hashes give the vectors of sign-on",
        signon_vectors,
    ),
    ("Go's sumdb/note and sumdb/tlog verify the record", go),
    ("Python's pymerkle verifies the record", python),
    ("stock age opens what was sealed to the office", age),
];

/// Needs no package and nothing of the demo.
fn signon_vectors(root: &Path, _: &Path, _: &Path) -> anyhow::Result<Outcome> {
    let status = Command::new("python3")
        .arg(root.join("interop/python/signon.py"))
        .arg(root.join("crates/signon/tests/vectors.json"))
        .status()
        .context("python3")?;
    ensure!(
        status.success(),
        "interop/python/signon.py does not agree with crates/signon/tests/vectors.json"
    );
    Ok(Outcome::Passed)
}

const GO: &str = "/usr/lib/go-1.19/bin/go";
const GO_MODULE: &str = "/usr/share/gocode/src/golang.org/x/mod/sumdb/note";

fn go(root: &Path, _: &Path, dir: &Path) -> anyhow::Result<Outcome> {
    if !Path::new(GO).exists() || !Path::new(GO_MODULE).exists() {
        return Ok(Outcome::Skipped(
            "needs golang-1.19-go and golang-golang-x-mod-dev".into(),
        ));
    }
    let status = Command::new(GO)
        .arg("run")
        .arg(root.join("interop/go/verify.go"))
        .arg(dir.join("record"))
        .arg(dir.join("channel.vkey"))
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode")
        .env("GOCACHE", setup::target(root).join("go-cache"))
        .status()?;
    ensure!(status.success(), "interop/go/verify.go refused the record");
    Ok(Outcome::Passed)
}

fn python(root: &Path, _: &Path, dir: &Path) -> anyhow::Result<Outcome> {
    let python = match setup::python(root) {
        Ok(python) => python,
        Err(why) => return Ok(Outcome::Skipped(format!("{why:#}"))),
    };
    let status = Command::new(python)
        .arg(root.join("interop/python/verify.py"))
        .arg(dir.join("record"))
        .arg(dir.join("channel.vkey"))
        .arg(dir.join("policy"))
        .status()?;
    ensure!(
        status.success(),
        "interop/python/verify.py refused the record"
    );
    Ok(Outcome::Passed)
}

/// The demo leaves the office's identity and the filed age file for this check: both are of an invented
/// ministry.
fn age(_: &Path, _: &Path, dir: &Path) -> anyhow::Result<Outcome> {
    if !Path::new("/usr/bin/age").exists() {
        return Ok(Outcome::Skipped("needs Debian's package age".into()));
    }
    let out = Command::new("/usr/bin/age")
        .arg("--decrypt")
        .arg("--identity")
        .arg(dir.join("office.age-identity"))
        .arg(dir.join("memo.office.age"))
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(
        out.status.success(),
        "age could not open memo.office.age with the office's identity"
    );
    let filed = fs::read(dir.join("memo.md")).context("memo.md")?;
    ensure!(!filed.is_empty(), "memo.md is empty");
    ensure!(
        out.stdout.ends_with(&filed),
        "what age opened does not end with the text of memo.md"
    );
    report::say(&format!(
        "age opened {} bytes, the text of memo.md among them",
        out.stdout.len()
    ));
    Ok(Outcome::Passed)
}
