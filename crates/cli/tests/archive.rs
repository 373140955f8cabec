//! `demur archive`: what is added is found by a copy, a quotation, its words; and nothing lies in the home in clear.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

const FERRY: &str = "+++
title = \"(U) The night ferry\"
+++

(U) The permit lets four hundred passengers board the night ferry, where two hundred may stand.

(SBU) We ask that the permit be withdrawn until the second lifeboat is aboard, and that the harbor master say who granted it.
";

const MARKET: &str = "+++
title = \"(U) The grain market\"
+++

(U) The price of grain doubled in the spring, and the embassy reported it to nobody for eleven weeks.
";

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Self { dir };
        home.write("ferry.v1.md", FERRY);
        home.write(
            "ferry.v2.md",
            &FERRY.replace("second lifeboat", "third lifeboat"),
        );
        home.write("market.md", MARKET);
        home
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn demur(&self, passphrase: &str, args: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_demur"))
            .arg("archive")
            .args(args)
            .current_dir(self.dir.path())
            .env("DEMUR_HOME", "home")
            .env("DEMUR_PASSPHRASE", passphrase)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    }

    /// What a command prints, with the exit code that it must have.
    fn says(&self, code: i32, args: &[&str], input: &str) -> String {
        let output = self.demur("a passphrase for tests", args, input);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}: {out}{err}");
        out + &err
    }
}

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut out: Vec<(String, Vec<u8>)> = (fs::read_dir(dir).unwrap())
        .map(|file| {
            let file = file.unwrap();
            (
                file.file_name().into_string().unwrap(),
                fs::read(file.path()).unwrap(),
            )
        })
        .collect();
    out.sort();
    out
}

#[test]
fn what_is_added_is_found() {
    let home = Home::new();
    assert!(
        home.says(2, &["search", "ferry"], "")
            .contains("no archive yet")
    );
    let said = home.says(0, &["add", "ferry.v1.md", "ferry.v2.md", "market.md"], "");
    assert!(
        said.contains("3 versions added; the archive has 3 versions of 2 memos"),
        "{said}"
    );
    let said = home.says(0, &["add", "market.md"], "");
    assert!(said.contains("0 versions added, 1 known already"), "{said}");

    // The second version's body, with other line ends.
    let body = FERRY.split("+++\n").nth(2).unwrap();
    let copy = body.replace("second lifeboat", "third\nlifeboat");
    let said = home.says(0, &["match", "-"], &copy);
    assert!(
        said.starts_with("1. ferry, version 2: SAME WORDS"),
        "{said}"
    );
    assert!(said.contains("version 1: 1 word differs"), "{said}");
    let json: serde_json::Value =
        serde_json::from_str(&home.says(0, &["match", "-", "--json"], &copy)).unwrap();
    assert_eq!(json["matches"][0]["memo"], "ferry");
    assert_eq!(json["matches"][0]["comparison"]["nearest"], 2);

    // A message: what its file adds is told, and what it says beside the copy.
    let message = |own: &str| {
        format!(
            "From: a@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\n{own}\n--x\nContent-Type: \
             text/plain\nContent-Disposition: attachment; filename=memo.txt\n\n{copy}\n--x--\n"
        )
    };
    let said = home.says(0, &["match", "-"], &message("See attached."));
    assert!(
        said.contains("the message's own text, \"See attached.\", was not compared"),
        "{said}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&home.says(0, &["match", "-", "--json"], &message("See attached.")))
            .unwrap();
    assert!(
        json["notes"]
            .as_array()
            .is_some_and(|notes| !notes.is_empty())
    );
    let said = home.says(
        1,
        &["match", "-"],
        &message("This memo was withdrawn. It is not valid."),
    );
    assert!(said.contains("It is not valid"), "{said}");
    home.says(2, &["match", "-"], &message(&copy.replace("four", "five")));

    let said = home.says(
        1,
        &["match", "-"],
        &copy.replace("four hundred", "five hundred"),
    );
    assert!(said.starts_with("1. ferry, version 2: ALTERED"), "{said}");
    assert!(
        said.contains("the memo has \"four\", the copy \"five\""),
        "{said}"
    );

    let said = home.says(
        0,
        &["match", "--quote", "until the second lifeboat is aboard"],
        "",
    );
    assert!(
        said.starts_with("1. ferry: verbatim") && said.contains("version 1: paragraph 2"),
        "{said}"
    );
    assert!(!said.contains("version 2"), "{said}");
    home.says(
        1,
        &["match", "--quote", "nobody wrote any of these words"],
        "",
    );
    home.says(
        1,
        &["match", "-"],
        "Of gardens and of roses this text speaks, at length and with joy.",
    );
    home.says(2, &["match", "--quote", "two words"], "");
    home.says(2, &["match"], "");

    let said = home.says(0, &["search", "PRICE", "embassy"], "");
    assert!(
        said.starts_with("market (version 1), paragraph 1: The grain market"),
        "{said}"
    );
    home.says(1, &["search", "zebra"], "");
}

#[test]
fn nothing_lies_in_clear_and_what_is_wrong_changes_nothing() {
    let home = Home::new();
    home.says(0, &["add", "ferry.v1.md", "market.md"], "");
    let before = files(&home.path("home/archive"));
    assert_eq!(before.len(), 2);
    for (name, bytes) in &before {
        assert!(
            bytes.starts_with(b"age-encryption.org/v1\n") || name == "key.age",
            "{name}"
        );
        for word in ["ferry", "lifeboat", "grain", "demur-archive"] {
            let found = bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes());
            assert!(!found, "{name} has {word} in clear");
        }
    }

    home.write("other.md", &FERRY.replace("four hundred", "five hundred"));
    let said = home.says(
        2,
        &["add", "other.md", "--memo", "ferry", "--version", "1"],
        "",
    );
    assert!(said.contains("a version never changes"), "{said}");
    let said = home.says(2, &["add", "other.md", "nowhere.md"], "");
    assert!(said.contains("nowhere.md: no such file"), "{said}");
    home.write("plain.md", "No memo.\n");
    home.says(2, &["add", "plain.md"], "");
    home.write("false.demur", "demur-bundle/1\n{}\n");
    home.says(2, &["add", "false.demur"], "");
    let other = home.demur("another passphrase", &["search", "ferry"], "");
    assert_eq!(other.status.code(), Some(2));
    assert!(files(&home.path("home/archive")) == before);

    let segment = home.path("home/archive/segment-0001.age");
    let bytes = fs::read(&segment).unwrap();
    fs::write(&segment, &bytes[..bytes.len() - 20]).unwrap();
    home.says(2, &["search", "ferry"], "");
    fs::remove_file(&segment).unwrap();
    fs::write(home.path("home/archive/segment-0002.age"), &bytes).unwrap();
    let said = home.says(2, &["search", "ferry"], "");
    assert!(said.contains("segment-0001.age: missing"), "{said}");
}

#[test]
fn two_commands_at_once_lose_nothing() {
    let home = Home::new();
    for n in 0..12 {
        let text = MARKET.replace("eleven", &format!("{} hundred and", n + 2));
        home.write(&format!("market-{n}.md"), &text);
    }
    // The home is not there yet: whoever comes second is told so, or waits.
    std::thread::scope(|scope| {
        for n in 0..2 {
            let home = &home;
            scope.spawn(move || {
                let file = format!("market-{n}.md");
                let add = ["add", file.as_str()];
                let first = home.demur("a passphrase for tests", &add, "");
                if first.status.code() == Some(2) {
                    let why = String::from_utf8(first.stderr).unwrap();
                    assert!(why.contains("meanwhile"), "{why}");
                    home.says(0, &add, "");
                }
            });
        }
    });
    std::thread::scope(|scope| {
        for n in 2..12 {
            let home = &home;
            scope.spawn(move || home.says(0, &["add", &format!("market-{n}.md")], ""));
        }
    });
    let all = home.says(0, &["add", "market-0.md"], "");
    assert!(
        all.contains("1 known already; the archive has 12 versions"),
        "{all}"
    );
}
