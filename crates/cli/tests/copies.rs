//! The confined reader of copies, as a program: what it refuses, what it can't do, what it leaves.

#![cfg(unix)]

use std::{
    fs,
    io::{Cursor, Write as _},
    net::TcpListener,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use demur_extract::write_pdf;
use zip::{ZipWriter, write::SimpleFileOptions};

/// Longer than a reader may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs the hidden command on bytes, in a folder of its own for temporary files.
fn extract(bytes: &[u8], temporary: &std::path::Path) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_demur"))
        .arg("extract-copy")
        .env("TMPDIR", temporary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    // A reader that gives up does not read to the end.
    let writer = std::thread::spawn(move || drop(input.write_all(&bytes)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn answer(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"))
}

fn docx(document: &str) -> Vec<u8> {
    let relations = r#"<Relationships xmlns="x"><Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [("_rels/.rels", relations), ("word/document.xml", document)] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn stream(dict: &str, content: &str) -> String {
    format!(
        "<< {dict} /Length {} >>\nstream\n{content}\nendstream",
        content.len()
    )
}

#[test]
fn hostile_files_are_refused_and_nothing_is_fetched_or_left() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    let refused = [
        ("100 MB", vec![b'a'; 100 << 20]),
        (
            "zip bomb",
            docx(&format!(
                "<w:document xmlns:w=\"{w}\"><w:body>{}</w:body></w:document>",
                " ".repeat(40 << 20)
            )),
        ),
        (
            "entity",
            docx(&format!(
                "<!DOCTYPE x [<!ENTITY a SYSTEM \"{url}\">]><w:document xmlns:w=\"{w}\"><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>"
            )),
        ),
        ("cut off", docx("<x/>")[..60].to_vec()),
        ("old Word", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".repeat(9)),
    ];
    for (what, bytes) in refused {
        let output = extract(&bytes, dir.path());
        assert!(output.status.success(), "{what}: {output:?}");
        let answer = answer(&output);
        assert!(answer["read"]["Err"].is_string(), "{what}: {answer}");
    }
    let page = format!(
        "<html><img src={url}><script src={url}></script><link rel=stylesheet href={url}><iframe src={url}></iframe><p>We do not agree."
    );
    let output = extract(page.as_bytes(), dir.path());
    let answer = answer(&output);
    assert!(
        answer["read"]["Ok"]["doubts"].as_array().unwrap().len() > 3,
        "{answer}"
    );
    if cfg!(target_os = "linux") {
        for what in [
            "processor time",
            "memory",
            "no file written",
            "no network",
            "no other program",
        ] {
            assert!(
                answer["confined"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|c| c == what),
                "{what}: {answer}"
            );
        }
    }
    assert!(listener.accept().is_err(), "something was fetched");
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        0,
        "something was left"
    );
}

#[test]
fn a_pdf_that_draws_without_end_is_refused_before_it_is_drawn() {
    // Each form draws the next twice: 2^40 drawings.
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>".to_owned(),
        stream("", "/X Do"),
    ];
    for n in 0..40 {
        let next = format!("/Resources << /XObject << /X {} 0 R >> >>", 6 + n);
        let dict = format!("/Type /XObject /Subtype /Form /BBox [0 0 9 9] {next}");
        objects.push(stream(&dict, "/X Do /X Do"));
    }
    objects.push(stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 9 9]",
        "0 0 5 5 re f",
    ));
    let dir = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let output = extract(&write_pdf(&objects), dir.path());
    assert!(output.status.success(), "{output:?}");
    let answer = answer(&output);
    let refused = answer["read"]["Err"].as_str().unwrap_or_default();
    assert!(refused.contains("draw too much"), "{answer}");
    assert!(started.elapsed() < PATIENCE);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn each_doubt_of_a_file_has_a_line_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.html");
    let page = "<html><p>We do not agree that the weir can be closed.\n<p style=\"display:none\">We agree.\n<img src=a.png><script src=x></script>";
    fs::write(&copy, page).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_demur"))
        .arg("check")
        .arg(&copy)
        .arg("--fingerprint")
        .arg(dir.path().join("none"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    let first = lines.iter().position(|l| l.contains("not comparable"));
    let doubts = &lines[first.unwrap() + 1..];
    for what in ["\"display: none\"", "\"<img>\"", "a script"] {
        let found = doubts.iter().filter(|l| l.contains(what)).count();
        assert_eq!(found, 1, "{what}: {said}");
    }
    assert!(doubts.iter().all(|l| l.starts_with("  ")), "{said}");
}

/// Each file that is no copy ends with exit code 2, what it is and what to do.
#[test]
fn what_is_no_copy_is_told_as_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes, what, advice) in [
        (
            "a.rtf",
            &b"{\\rtf1 We do not agree.}"[..],
            "an RTF document",
            "save it as DOCX, PDF or plain text",
        ),
        (
            "a.png",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            "a picture",
            "type what it shows",
        ),
        (
            "a.docx",
            b"PK\x03\x04\x14\0",
            "damaged DOCX",
            "ask for it again",
        ),
        (
            "a.pdf",
            b"%PDF-1.7\n1 0 obj\n",
            "damaged PDF",
            "ask for it again",
        ),
    ] {
        let copy = dir.path().join(name);
        fs::write(&copy, bytes).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_demur"))
            .arg("check")
            .arg(&copy)
            .arg("--fingerprint")
            .arg(dir.path().join("none"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(what) && said.contains(advice), "{said}");
    }
}

/// Starts the program from a thread that can no longer be shut in further: what seccomp and Landlock ask for is refused, as
/// on a kernel without them.
#[cfg(target_os = "linux")]
fn without_walls(arguments: Vec<String>) -> Output {
    use std::collections::BTreeMap;

    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

    let limited = move || {
        let refused = SeccompAction::Errno(u32::try_from(libc::ENOSYS).unwrap());
        let calls = [libc::SYS_seccomp, libc::SYS_landlock_create_ruleset];
        let rules: BTreeMap<_, _> = calls.into_iter().map(|call| (call, Vec::new())).collect();
        let arch = std::env::consts::ARCH.try_into().unwrap();
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, arch).unwrap();
        let program: BpfProgram = filter.try_into().unwrap();
        seccompiler::apply_filter(&program).unwrap();
        Command::new(env!("CARGO_BIN_EXE_demur"))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    std::thread::spawn(limited).join().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn where_nothing_shuts_the_reader_in_it_says_so_and_starts_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.txt");
    fs::write(&copy, "We do not agree that the weir can be closed.").unwrap();
    let output = without_walls(vec![
        "check".to_owned(),
        copy.display().to_string(),
        "--fingerprint".to_owned(),
        dir.path().join("none").display().to_string(),
    ]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for way in [
        "could not shut the reader",
        "open files",
        "use the network",
        "start other programs",
    ] {
        assert!(said.contains(way), "{output:?}");
    }
    // Any program stands for pdftotext: it would repeat what it is given.
    let output = without_walls(vec![
        "extract-copy".to_owned(),
        "--pdftotext".to_owned(),
        "/bin/echo".to_owned(),
    ]);
    assert!(
        !output.status.success() && output.stdout.is_empty(),
        "{output:?}"
    );
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("not started"),
        "{output:?}"
    );
}
