//! `demur memo pdf` and `demur memo docx` of a bundle, and `demur verify` of what they wrote.

#[allow(dead_code, reason = "a part of it is used")]
#[allow(unreachable_pub, reason = "shared by several test programs")]
#[path = "../../check/tests/common/channel.rs"]
mod channel;

use std::{
    fs,
    io::{Cursor, Read as _, Write as _},
    path::Path,
    process::{Command, Output},
};

use channel::Channel;
use demur_memo::content::Selection;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

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

/// A folder with a channel's key, a bundle that shows all, the same of a later day, and one that shows nothing.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut channel = Channel::played();
    let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
    write("key", channel.vkey().to_string().as_bytes());
    write("memo.demur", &channel.bundle().to_bytes().unwrap());
    let one = channel.disclose(2, &Selection::nothing());
    let nothing = channel.bundle_of([(2, one)].into());
    write("hidden.demur", &nothing.to_bytes().unwrap());
    let none = channel.bundle_of([].into());
    write("none.demur", &none.to_bytes().unwrap());
    channel.idle();
    write("later.demur", &channel.bundle().to_bytes().unwrap());
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
    // Another program packs what is attached.
    let packed = |bytes: &[u8]| {
        let at = { bytes.windows(15) }
            .position(|w| w == b"demur-bundle/1\n")
            .unwrap();
        [&bytes[..at], b"x", &bytes[at + 1..]].concat()
    };
    fs::write(dir.join("packed.pdf"), packed(&bytes)).unwrap();
    let (code, text) = said(dir, &["verify", "packed.pdf", "--key", "key"]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("saved anew") && text.contains("pdfdetach"),
        "{text}"
    );
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

/// A paper is a copy like any other, and known as what it is, whatever became of the bundle in it.
#[test]
fn a_copy_that_is_a_paper_is_known() {
    let folder = folder();
    let dir = folder.path();
    let key = ["--key", "key"];
    for (name, form) in [("plain.pdf", "pdf"), ("plain.docx", "docx")] {
        let mut args = vec!["memo", form, "--bundle", "memo.demur", "--out", name];
        args.extend(key);
        let (code, text) = said(dir, &args);
        assert_eq!(code, 0, "{text}");
        // Without the bundle in it, as after printing.
        let bytes = fs::read(dir.join(name)).unwrap();
        let lost = if form == "docx" {
            saved(&bytes, "customXml/item1.xml", "urn:demur", "urn:other")
        } else {
            let mut bytes = bytes;
            let begin = bytes.windows(15).position(|w| w == b"demur-bundle/1\n");
            bytes[begin.unwrap() + 40] ^= 1;
            bytes
        };
        fs::write(dir.join(format!("lost-{name}")), lost).unwrap();
    }
    let check = |copy: &str, against: &str| {
        let mut args = vec!["check", copy, "--against", against];
        args.extend(key);
        said(dir, &args)
    };
    for (copy, against, words) in [
        ("plain.pdf", "memo.demur", "that the bundle inside it makes"),
        (
            "plain.docx",
            "memo.demur",
            "that the bundle inside it makes",
        ),
        // Of another day, but it is what its own bundle makes.
        (
            "plain.pdf",
            "later.demur",
            "that the bundle inside it makes",
        ),
        ("lost-plain.pdf", "memo.demur", "that this bundle makes"),
        ("lost-plain.docx", "memo.demur", "that this bundle makes"),
        // A paper serves as the bundle in it.
        ("lost-plain.pdf", "plain.docx", "that this bundle makes"),
    ] {
        let (code, text) = check(copy, against);
        assert_eq!(code, 0, "{copy}: {text}");
        let wanted = "SAME WORDS as the paper of version ";
        assert!(text.starts_with(wanted), "{copy}: {text}");
        assert!(text.replace('\n', " ").contains(words), "{copy}: {text}");
    }
    // Its table says something else than this bundle.
    let (code, text) = check("lost-plain.pdf", "later.demur");
    assert_eq!(code, 1, "{text}");
    assert!(text.starts_with("SAME MEMO, OTHER TABLE"), "{text}");
    for said in ["the paper: As of", "the bundle: As of"] {
        assert!(text.contains(said), "{said}: {text}");
    }

    // With a code on it, a drawing that covers a word would not be told from it: only byte for byte is it known then.
    let args = [
        "memo",
        "pdf",
        "--bundle",
        "memo.demur",
        "--out",
        "code.pdf",
        "--key",
        "key",
    ];
    let args = [&args[..], &["--record", "https://rivers.example/m/1"]].concat();
    assert_eq!(said(dir, &args).0, 0);
    assert_eq!(check("code.pdf", "memo.demur").0, 0);
    let mut longer = fs::read(dir.join("code.pdf")).unwrap();
    longer.extend_from_slice(b"\n");
    fs::write(dir.join("longer.pdf"), longer).unwrap();
    let (code, text) = check("longer.pdf", "memo.demur");
    assert!(
        code == 1 && !text.contains("SAME WORDS as the paper"),
        "{text}"
    );

    let bundle = "this is a bundle and no copy of a text: demur verify memo.demur";
    for (copy, told) in [("memo.demur", bundle), (".", ".: a folder; name a file")] {
        let (code, text) = check(copy, "memo.demur");
        assert!(code == 2 && text.contains(told), "{code}: {text}");
    }
}

/// A DOCX as another program would save it, with something replaced in a part.
fn saved(docx: &[u8], part: &str, from: &str, to: &str) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(docx)).unwrap();
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let mut replaced = false;
    for n in 0..zip.len() {
        let mut file = zip.by_index(n).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        if name == part {
            replaced = text.contains(from);
            text = text.replacen(from, to, 1);
        }
        out.start_file(name, SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    assert!(replaced, "{part}: {from}");
    out.finish().unwrap().into_inner()
}

#[test]
fn a_docx_is_verified_as_it_was_made_and_by_its_text_where_it_was_saved_anew() {
    let folder = folder();
    let dir = folder.path();
    let make = |bundle: &str, out: &str, more: &[&str]| {
        let args = [
            "memo", "docx", "--bundle", bundle, "--out", out, "--key", "key",
        ];
        let (code, text) = said(dir, &[&args[..], more].concat());
        assert_eq!(code, 0, "{text}");
        text
    };
    let verify = |file: &str| said(dir, &["verify", file, "--key", "key"]);
    let url = "https://rivers.example/m/1";
    let text = make("memo.demur", "a.docx", &["--record", url]);
    assert!(
        text.contains("it gives https://rivers.example/m/1"),
        "{text}"
    );
    make("memo.demur", "letter.docx", &["--paper", "letter"]);
    make("hidden.demur", "hidden.docx", &[]);
    let bytes = fs::read(dir.join("a.docx")).unwrap();
    make("memo.demur", "b.docx", &["--record", url]);
    assert_eq!(fs::read(dir.join("b.docx")).unwrap(), bytes);
    for file in ["a.docx", "letter.docx", "hidden.docx"] {
        let (code, text) = verify(file);
        assert_eq!(code, 0, "{text}");
        for wanted in [
            "VERIFIED: the record proves this memo",
            "byte for byte, the one that the bundle in it makes",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        let address = text.contains("As the memo's page it gives https://rivers.example/m/1");
        assert_eq!(address, file == "a.docx", "{text}");
    }
    // To the reader of copies it is one like any other.
    let (_, text) = said(
        dir,
        &["check", "a.docx", "--against", "memo.demur", "--key", "key"],
    );
    assert!(!text.contains("not comparable"), "{text}");

    let body = "word/document.xml";
    let write = |name: &str, bytes: &[u8]| fs::write(dir.join(name), bytes).unwrap();
    // Saved anew, the pages counted.
    let again = saved(&bytes, "word/footer1.xml", ">1</w:t>", ">3</w:t>");
    write("again.docx", &again);
    let (code, text) = verify("again.docx");
    assert_eq!(code, 0, "{text}");
    for wanted in [
        "VERIFIED: the record proves this memo",
        "saved anew by another program: it is not, byte for byte",
        "that of the one that the bundle makes, word for word",
        "does not prove that this address is the channel's",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let (code, text) = said(dir, &["verify", "again.docx", "--key", "key", "--json"]);
    assert_eq!(code, 0, "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&json["form"], &json["paper"], &json["same_text"]),
        (&"docx".into(), &false.into(), &true.into())
    );
    // Changed.
    let hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>We agree.</w:t></w:r></w:p><w:sectPr>";
    for (part, from, to, words) in [
        (body, "Lower Sluice", "Upper Sluice", "Upper"),
        (body, "<w:sectPr>", hidden, "hidden text"),
        (
            "word/header1.xml",
            "UNCLASSIFIED",
            "CLASSIFIED",
            "CLASSIFIED",
        ),
        ("word/footer1.xml", "version 2", "version 1", "version 1"),
    ] {
        write("changed.docx", &saved(&bytes, part, from, to));
        let (code, text) = verify("changed.docx");
        assert_eq!(code, 1, "{text}");
        for wanted in ["THE PAPER IS NOT the one", "ITS TEXT IS ANOTHER", words] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        assert!(
            !text.contains("that of the one that the bundle makes"),
            "{text}"
        );
    }
    // Another bundle in it, of the same memo; then none, then one that is damaged.
    let item = |docx: &[u8]| {
        let mut zip = ZipArchive::new(Cursor::new(docx)).unwrap();
        let mut text = String::new();
        let mut file = zip.by_name("customXml/item1.xml").unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    };
    let (own, other) = (
        item(&bytes),
        item(&fs::read(dir.join("hidden.docx")).unwrap()),
    );
    let custom = "customXml/item1.xml";
    write("swapped.docx", &saved(&bytes, custom, &own, &other));
    let (code, text) = verify("swapped.docx");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("THE PAPER IS NOT the one"), "{text}");
    write(
        "none.docx",
        &saved(&bytes, custom, "urn:demur", "urn:other"),
    );
    let (code, text) = verify("none.docx");
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("once and as it is; this DOCX has not"),
        "{text}"
    );
    // Its first line ends with "1\n" in base64.
    write("damaged.docx", &saved(&bytes, custom, "LzEKe", "LzEKf"));
    let (code, text) = verify("damaged.docx");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("damaged.docx: line "), "{text}");
    write("cut.docx", &bytes[..bytes.len() / 2]);
    let (code, text) = verify("cut.docx");
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("cut.docx: damaged DOCX"), "{text}");
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
        (
            &["memo", "docx", "--bundle", "none.demur"],
            2,
            "shows nothing of version 2",
        ),
        (
            &["memo", "docx", "--bundle", "memo.demur", "--paper", "a5"],
            2,
            "a5",
        ),
        (&["memo", "docx"], 2, "required"),
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
