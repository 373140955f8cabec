//! `demur memo pdf` of a bundle, and `demur verify` of what it wrote.

#[allow(dead_code, reason = "a part of it is used")]
#[allow(unreachable_pub, reason = "shared by several test programs")]
#[path = "../../check/tests/common/channel.rs"]
mod channel;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use channel::Channel;
use demur_memo::content::Selection;

fn demur(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_demur"))
        .args(args)
        .current_dir(dir)
        .env("DEMUR_HOME", dir.join("home"))
        .env_remove("DEMUR_PROXY")
        .output()
        .unwrap()
}

/// The exit code, and what was written to both streams.
fn said(dir: &Path, args: &[&str]) -> (i32, String) {
    let output = demur(dir, args);
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

/// A folder with a channel's key, a bundle that shows all and one that shows nothing.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let channel = Channel::played();
    let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
    write("key", channel.vkey().to_string().as_bytes());
    write("memo.demur", &channel.bundle().to_bytes().unwrap());
    let one = channel.disclose(2, &Selection::nothing());
    let nothing = channel.bundle_of([(2, one)].into());
    write("hidden.demur", &nothing.to_bytes().unwrap());
    let none = channel.bundle_of([].into());
    write("none.demur", &none.to_bytes().unwrap());
    dir
}

#[test]
fn a_paper_is_written_verified_and_refused_where_it_was_changed() {
    let folder = folder();
    let dir = folder.path();
    let key = ["--key", "key"];
    let pdf = |more: &[&str]| said(dir, &[&["memo", "pdf"], more, &key].concat());

    let (code, text) = pdf(&[
        "--bundle",
        "memo.demur",
        "--out",
        "a.pdf",
        "--record",
        "https://rivers.example/m/1",
    ]);
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("its QR code points to https://rivers.example/m/1"),
        "{text}"
    );
    let (code, text) = pdf(&[
        "--bundle",
        "memo.demur",
        "--out",
        "letter.pdf",
        "--paper",
        "letter",
    ]);
    assert_eq!(code, 0, "{text}");

    let (code, text) = said(dir, &["verify", "a.pdf", "--key", "key"]);
    assert_eq!(code, 0, "{text}");
    for wanted in [
        "VERIFIED: the record proves this memo",
        "byte for byte, the one that the bundle in it makes",
        "points to https://rivers.example/m/1",
        "does not prove that this address is the channel's",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let (code, text) = said(dir, &["verify", "letter.pdf", "--key", "key", "--json"]);
    assert_eq!(code, 0, "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&json["paper"], json.get("points_to")),
        (&true.into(), None)
    );
    // A reader's own policy, which may count other witnesses, gives the same paper.
    let policy = format!(
        "log {}\nquorum none\n",
        fs::read_to_string(dir.join("key")).unwrap()
    );
    fs::write(dir.join("policy"), policy).unwrap();
    let (code, text) = said(dir, &["verify", "a.pdf", "--key", "policy"]);
    assert_eq!(code, 0, "{text}");

    // A byte of a page; then something put after the end.
    let mut bytes = fs::read(dir.join("letter.pdf")).unwrap();
    let at = bytes.windows(7).position(|w| w == b"stream\n").unwrap() + 20;
    bytes[at] ^= 1;
    fs::write(dir.join("changed.pdf"), &bytes).unwrap();
    let (code, text) = said(dir, &["verify", "changed.pdf", "--key", "key"]);
    assert_ne!(code, 0, "{text}");
    bytes[at] ^= 1;
    bytes.extend_from_slice(b"\n%%EOF\n");
    fs::write(dir.join("longer.pdf"), &bytes).unwrap();
    let (code, text) = said(dir, &["verify", "longer.pdf", "--key", "key"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("THE PAPER IS NOT the one"), "{text}");
    assert!(text.contains("its text: the same"), "{text}");
    // A byte of the bundle inside.
    let at = bytes
        .windows(15)
        .position(|w| w == b"demur-bundle/1\n")
        .unwrap()
        + 40;
    bytes[at] ^= 1;
    fs::write(dir.join("damaged.pdf"), &bytes).unwrap();
    let (code, text) = said(dir, &["verify", "damaged.pdf", "--key", "key"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("damaged.pdf: line "), "{text}");

    let (code, text) = pdf(&["--bundle", "hidden.demur", "--out", "hidden.pdf"]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(said(dir, &["verify", "hidden.pdf", "--key", "key"]).0, 0);
}

#[test]
fn what_is_no_paper_s_is_refused_and_nothing_is_written() {
    let folder = folder();
    let dir = folder.path();
    fs::write(dir.join("other.pdf"), b"%PDF-1.7\n%%EOF\n").unwrap();
    fs::write(dir.join("text.demur"), b"no bundle\n").unwrap();
    let to = ["--out", "x.pdf", "--key", "key"];
    for (args, code, words) in [
        (
            &["memo", "pdf", "--bundle", "none.demur"][..],
            2,
            "shows nothing of version 2",
        ),
        (
            &["memo", "pdf", "--bundle", "nowhere.demur"],
            2,
            "nowhere.demur",
        ),
        (
            &["memo", "pdf", "--bundle", "text.demur"],
            1,
            "text.demur: line 1",
        ),
        (
            &["memo", "pdf", "--bundle", "memo.demur", "--paper", "a5"],
            2,
            "a5",
        ),
        (
            &[
                "memo",
                "pdf",
                "--bundle",
                "memo.demur",
                "--record",
                "rivers.example",
            ],
            2,
            "--record rivers.example: an address begins with",
        ),
        (
            &[
                "memo",
                "pdf",
                "--bundle",
                "memo.demur",
                "--record",
                "https://rivers.example/#k",
            ],
            2,
            "'#'",
        ),
        (
            &[
                "memo",
                "pdf",
                "--bundle",
                "memo.demur",
                "--what",
                "response",
            ],
            2,
            "a bundle has no response in it",
        ),
        (&["memo", "pdf"], 2, "required"),
    ] {
        let (found, text) = said(dir, &[args, &to].concat());
        assert_eq!(found, code, "{args:?}: {text}");
        assert!(text.contains(words), "{args:?}: {text}");
        assert!(!dir.join("x.pdf").exists(), "{args:?}");
    }
    let (code, text) = said(dir, &["verify", "other.pdf", "--key", "key"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("has its bundle inside, once and as it is; this PDF has not"),
        "{text}"
    );
}

/// For the channel.
fn rules() -> demur_memo::marking::Rules {
    demur_memo::marking::Rules::new("state", "TS", &[] as &[&str], "refuse").unwrap()
}
