//! Files that want harm: each is refused with what is wrong, within the caps.

mod common;

use demur_extract::{
    ExtractError, Hint, extract,
    limits::{
        MAX_DIVIDERS, MAX_HTML_DEPTH, MAX_MULTIPARTS, MAX_PART, MAX_XML_DEPTH, MAX_ZIP_ENTRIES,
    },
};

use common::{Docx, p, read, refused, text, zipped};

fn limit(bytes: &[u8]) -> usize {
    match extract(bytes, Hint::default()) {
        Err(ExtractError::Limit { limit, .. }) => limit,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hundred_megabytes() {
    let bytes = vec![b'a'; 100 << 20];
    assert_eq!(
        extract(&bytes, Hint::default()),
        Err(ExtractError::TooLarge { size: 100 << 20 })
    );
}

#[test]
fn a_zip_bomb() {
    // 40 MB of blanks in a few kilobytes.
    let blanks = " ".repeat(MAX_PART + 1);
    let bytes = Docx::new(&format!("{}{blanks}", p("a"))).bytes();
    assert!(bytes.len() < 1 << 20);
    assert_eq!(limit(&bytes), MAX_PART);
    let many: Vec<(String, Vec<u8>)> = (0..=MAX_ZIP_ENTRIES)
        .map(|n| (n.to_string(), Vec::new()))
        .collect();
    assert_eq!(limit(&zipped(&many)), MAX_ZIP_ENTRIES);
}

#[test]
fn deep_nesting() {
    let deep =
        |open: &str, close: &str, n: usize| format!("{}x{}", open.repeat(n), close.repeat(n));
    let body = deep("<w:sdt>", "</w:sdt>", 100_000);
    assert_eq!(limit(&Docx::new(&body).bytes()), MAX_XML_DEPTH);
    let page = format!("<html>{}", deep("<div>", "</div>", 100_000));
    assert_eq!(limit(page.as_bytes()), MAX_HTML_DEPTH);
    let mut mail = String::from("From: a\r\nMIME-Version: 1.0\r\n");
    for n in 0..2_000 {
        mail.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"
        ));
    }
    assert_eq!(limit(mail.as_bytes()), MAX_MULTIPARTS);
    // The same in a spelling that only the parser takes for it: it goes no deeper than its own bound.
    for kind in [
        "multipart",
        "=?utf-8?q?m=75ltipart/mixed?=",
        "(x) multi part/mixed",
    ] {
        let mut mail = String::from("From: a\r\nMIME-Version: 1.0\r\n");
        for n in 0..2_000 {
            mail.push_str(&format!(
                "Content-Type: {kind}; boundary=b{n}\r\n\r\n--b{n}\r\n"
            ));
        }
        mail.push_str("\r\nWe do not agree.\r\n");
        if let Ok(copy) = extract(mail.as_bytes(), Hint::name("a.eml")) {
            assert!(!copy.doubts.is_empty(), "{kind}: {}", text(&copy));
        }
    }
    let mut mail = String::from(
        "From: a\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
    );
    mail.push_str(&"--b\r\n".repeat(MAX_DIVIDERS + 1));
    assert_eq!(limit(mail.as_bytes()), MAX_DIVIDERS);
}

#[test]
fn entities_and_document_types() {
    let parts = |xml: &str| {
        let mut parts = Docx::new("").into_parts();
        for (name, bytes) in &mut parts {
            if name == "word/document.xml" {
                *bytes = xml.as_bytes().to_vec();
            }
        }
        zipped(&parts)
    };
    let w = r#"xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main""#;
    for xml in [
        format!(
            r#"<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><w:document {w}><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>"#
        ),
        format!(
            r#"<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><w:document {w}><w:body/></w:document>"#
        ),
        format!(
            r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><w:document {w}><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>"#
        ),
    ] {
        assert!(refused(&parts(&xml)).contains("document type"), "{xml}");
    }
    let own = format!(
        "<w:document {w}><w:body><w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>"
    );
    assert!(refused(&parts(&own)).contains("entity"));
}

#[test]
fn two_parts_of_one_name() {
    let mut docx = Docx::new(&p("We do not agree."));
    docx.part("WORD/document.xml", "<x/>");
    assert!(refused(&docx.bytes()).contains("one name"));
    // The very same name twice, which a writer of archives refuses: the second is renamed in the bytes.
    let mut docx = Docx::new(&p("We do not agree."));
    docx.part("word/documenx.xml", "<x/>");
    let mut bytes = docx.bytes();
    while let Some(at) = bytes.windows(12).position(|w| w == b"documenx.xml") {
        bytes[at..at + 12].copy_from_slice(b"document.xml");
    }
    assert!(refused(&bytes).contains("one name"));
}

#[test]
fn an_archive_with_two_ends() {
    // A second archive behind the first, in its comment or not: which one holds is up to the program.
    let first = Docx::new(&p("We do not agree.")).bytes();
    let second = Docx::new(&p("We do agree.")).bytes();
    let end = first.len() - 22;
    let mut hidden = first.clone();
    hidden[end + 20..end + 22].copy_from_slice(&(second.len() as u16).to_le_bytes());
    hidden.extend(&second);
    let mut after = first.clone();
    after.extend(&first[end..]);
    after.extend(b"PK\x05\x06 and more");
    let mut loose = first.clone();
    loose.extend(b"more");
    for bytes in [after, loose] {
        assert!(
            refused(&bytes).contains("more than one end"),
            "{}",
            refused(&bytes)
        );
    }
    // The last one holds for every program that looks from the end.
    assert!(extract(&hidden, Hint::default()).is_err() || text(&read(&hidden)) == "We do agree.");
    // A comment is harmless.
    let mut comment = first.clone();
    comment[end + 20] = 4;
    comment.extend(b"note");
    assert_eq!(text(&read(&comment)), "We do not agree.");
}

#[test]
fn truncated_anywhere() {
    let bytes = Docx::new(&p("We do not agree to this at all.")).bytes();
    for end in 4..bytes.len() {
        assert!(
            extract(&bytes[..end], Hint::name("a.docx")).is_err(),
            "{end} of {}",
            bytes.len()
        );
    }
}

#[test]
fn encrypted() {
    let package = zipped(&[("EncryptedPackage".to_owned(), b"x".to_vec())]);
    assert!(refused(&package).contains("encrypted"));
    // The flag of encryption (APPNOTE 4.4.4) on every entry.
    let mut bytes = Docx::new(&p("a")).bytes();
    for (sign, at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let places: Vec<usize> = (0..bytes.len() - 4)
            .filter(|i| &bytes[*i..i + 4] == sign)
            .collect();
        for place in places {
            bytes[place + at] |= 1;
        }
    }
    assert!(refused(&bytes).contains("encrypted"), "{}", refused(&bytes));
}

#[test]
fn no_text_at_all() {
    for bytes in [&b""[..], b" \n\n", b"<html><body></body></html>"] {
        assert!(matches!(
            extract(bytes, Hint::default()),
            Err(ExtractError::Empty { .. })
        ));
    }
    assert!(refused(&[0, 1, 2, 3]).contains("no text"));
    assert!(refused(b"\x89PNG\r\n\x1a\n\0").contains("picture"));
}

#[test]
fn a_name_is_a_hint_only() {
    // Plain text that is named a document is text; a document that is named text is a document.
    let copy = extract(b"We do not agree to this.", Hint::name("memo.docx")).unwrap();
    assert_eq!(text(&copy), "We do not agree to this.");
    let copy = extract(&Docx::new(&p("Hello")).bytes(), Hint::name("memo.txt")).unwrap();
    assert_eq!(text(&copy), "Hello");
    let turned = read("We do \u{202e}ton\u{202c} agree".as_bytes());
    assert_eq!(
        common::kinds(&turned),
        [demur_extract::DoubtKind::Direction]
    );
}
