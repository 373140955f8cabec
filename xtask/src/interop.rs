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
pub(crate) const CHECKS: [(&str, Check); 6] = [
    (
        "Python's own hashes give the vectors of sign-on",
        signon_vectors,
    ),
    ("Go's sumdb/note and sumdb/tlog verify the record", go),
    ("Python's pymerkle verifies the record", python),
    ("stock age opens what was sealed to the office", age),
    (
        "poppler and qpdf read the paper and the bundle in it",
        paper,
    ),
    (
        "python-docx and pandoc read the DOCX, and what was saved anew verifies",
        docx,
    ),
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

/// What poppler's programs and qpdf see in the demo's paper: whole, its pages drawn, its words in order, the bundle in it as it is.
fn paper(_: &Path, program: &Path, dir: &Path) -> anyhow::Result<Outcome> {
    const POPPLER: &str = "/usr/bin/pdfdetach";
    const QPDF: &str = "/usr/bin/qpdf";
    if !Path::new(POPPLER).exists() {
        return Ok(Outcome::Skipped(
            "needs Debian's package poppler-utils".into(),
        ));
    }
    let pdf = dir.join("memo.pdf");
    let out = dir.join("foreign-paper");
    fs::create_dir_all(&out)?;
    let listed = said(Command::new(POPPLER).arg("-list").arg(&pdf))?;
    ensure!(
        listed.contains("2 embedded files")
            && listed.contains("1: memo.demur")
            && listed.contains("2: paper.json"),
        "pdfdetach lists: {listed}"
    );
    let saved = out.join("memo.demur");
    said(
        Command::new(POPPLER)
            .args(["-save", "1", "-o"])
            .args([&saved, &pdf]),
    )?;
    let (bundle, bytes) = (fs::read(&saved)?, fs::read(&pdf)?);
    ensure!(
        !bundle.is_empty() && bytes.windows(bundle.len()).any(|w| w == bundle),
        "what pdfdetach saved does not stand in the paper as it is"
    );
    for file in [&saved, &pdf] {
        let verified = Command::new(program)
            .arg("verify")
            .arg(file)
            .arg("--key")
            .arg(dir.join("policy"))
            .stdout(Stdio::null())
            .status()?;
        ensure!(verified.success(), "{} does not verify", file.display());
    }

    let info = said(Command::new("/usr/bin/pdfinfo").arg(&pdf))?;
    let field = |name: &str| {
        let mut lines = info.lines().filter_map(|l| l.split_once(':'));
        let line = lines.find(|(label, _)| *label == name);
        line.map(|(_, value)| value.trim().to_owned())
            .with_context(|| format!("pdfinfo has no {name}: {info}"))
    };
    let pages: usize = field("Pages")?.parse()?;
    ensure!(field("Tagged")? == "yes", "pdfinfo: {info}");

    let text = said(
        Command::new("/usr/bin/pdftotext")
            .args(["-raw", "-enc", "UTF-8"])
            .arg(&pdf)
            .arg("-"),
    )?;
    let words = in_order(dir, &text, "pdftotext")?;

    said(
        Command::new("/usr/bin/pdftoppm")
            .args(["-r", "50", "-gray"])
            .arg(&pdf)
            .arg(out.join("page")),
    )?;
    let mut drawn = 0;
    for entry in fs::read_dir(&out)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "pgm") {
            let picture = fs::read(&path)?;
            let dark = picture.iter().filter(|byte| **byte < 64).count();
            ensure!(dark > 100, "{} is blank", path.display());
            drawn += 1;
        }
    }
    ensure!(drawn == pages, "{pages} pages, {drawn} of them drawn");

    let qpdf = if Path::new(QPDF).exists() {
        said(Command::new(QPDF).arg("--check").arg(&pdf))?;
        "qpdf finds no error"
    } else {
        "qpdf is not installed"
    };
    report::say(&format!(
        "poppler drew {pages} pages, showed the {words} words of memo.md in order and saved a bundle of {} bytes; {qpdf}",
        bundle.len()
    ));
    Ok(Outcome::Passed)
}

/// How many words memo.md has, if a program's text shows each in its place.
fn in_order(dir: &Path, text: &str, program: &str) -> anyhow::Result<usize> {
    let mut shown = text.split_whitespace();
    let memo = fs::read_to_string(dir.join("memo.md"))?;
    let body = memo
        .splitn(3, "+++")
        .nth(2)
        .context("memo.md has no head")?;
    let signs = ["#", "##", "###", ">"];
    let words = { body.split_whitespace() }.filter(|word| !signs.contains(word));
    let mut count = 0;
    for word in words {
        ensure!(
            shown.any(|w| w == word),
            "{program} does not show {word:?} in its place"
        );
        count += 1;
    }
    Ok(count)
}

/// What python-docx and pandoc read in the demo's DOCX, and what is verified of it when the first has saved it anew.
fn docx(root: &Path, program: &Path, dir: &Path) -> anyhow::Result<Outcome> {
    const PANDOC: &str = "/usr/bin/pandoc";
    let python = match setup::python(root) {
        Ok(python) => python,
        Err(why) => return Ok(Outcome::Skipped(format!("{why:#}"))),
    };
    let docx = dir.join("memo.docx");
    let out = dir.join("foreign-paper");
    fs::create_dir_all(&out)?;
    let (saved, changed) = (out.join("saved.docx"), out.join("changed.docx"));
    let read = said(
        Command::new(python)
            .arg(root.join("interop/python/paper.py"))
            .args([&docx, &dir.join("memo.md"), &saved, &changed]),
    )?;
    for (file, paper, same_text) in [
        (&docx, true, None),
        (&saved, false, Some(true)),
        (&changed, false, Some(false)),
    ] {
        let verified = Command::new(program)
            .args(["verify", "--json", "--key"])
            .args([&dir.join("policy"), file])
            .stderr(Stdio::null())
            .output()?;
        let ends_well = same_text != Some(false);
        let json: serde_json::Value = serde_json::from_slice(&verified.stdout)
            .with_context(|| format!("{}: no verdict", file.display()))?;
        ensure!(
            verified.status.success() == ends_well
                && json["paper"] == paper
                && json["same_text"].as_bool() == same_text,
            "{}: {json}",
            file.display()
        );
    }
    let pandoc = if Path::new(PANDOC).exists() {
        let text = said(
            Command::new(PANDOC)
                .args(["--from", "docx", "--to", "plain", "--wrap", "none"])
                .arg(&docx),
        )?;
        format!("pandoc shows {} in order", in_order(dir, &text, "pandoc")?)
    } else {
        "pandoc is not installed".to_owned()
    };
    report::say(&format!(
        "python-docx read {}; what it saved anew verifies by its text, with a word changed not; {pandoc}",
        read.trim()
    ));
    Ok(Outcome::Passed)
}

/// What a program prints, if it ends well.
fn said(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command.output().with_context(|| name.clone())?;
    ensure!(
        out.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}
