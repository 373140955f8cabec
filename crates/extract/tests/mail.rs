//! Messages.

mod common;

use demur_extract::{DoubtKind, Format, Label, Rule};

use common::{Docx, kinds, p, read, refused, text};

const HEAD: &str = "From: a@example.org\r\nTo: b@example.org\r\nSubject: =?utf-8?q?A_copy?=\r\nMIME-Version: 1.0\r\n";

fn mail(rest: &str) -> Vec<u8> {
    format!("{HEAD}{rest}").into_bytes()
}

#[test]
fn quoted_printable_base64_and_charsets() {
    let copy = read(&mail(
        "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nThe caf=E9 is clo=\r\nsed.\r\n",
    ));
    assert_eq!(copy.format, Format::Mail);
    assert_eq!(text(&copy).trim(), "The café is closed.");
    assert!(
        [Rule::Charset, Rule::TransferEncoding, Rule::MailHeaders]
            .iter()
            .all(|r| copy.disregarded.contains(r))
    );
    let copy = read(&mail(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nVGhlIGNhZsOpIGlzIGNsb3NlZC4=\r\n",
    ));
    assert_eq!(text(&copy), "The café is closed.");
}

#[test]
fn both_texts_of_an_alternative_are_read() {
    let copy = read(&mail(
        "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nWe do not agree.\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>We do agree.</p>\r\n--x--\r\n",
    ));
    let readings: Vec<_> = copy
        .readings
        .iter()
        .map(|r| (r.label, r.text.trim()))
        .collect();
    assert_eq!(
        readings,
        [
            (Label::PlainPart, "We do not agree."),
            (Label::HtmlPart, "We do agree.")
        ]
    );
}

#[test]
fn a_sole_attached_document_is_the_copy() {
    let docx = Docx::new(&p("The memo itself.")).bytes();
    let coded = base64(&docx);
    let copy = read(&mail(&format!(
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nSee attached.\r\n--x\r\nContent-Type: application/octet-stream; name=memo.docx\r\nContent-Disposition: attachment; filename=memo.docx\r\nContent-Transfer-Encoding: base64\r\n\r\n{coded}\r\n--x--\r\n"
    )));
    assert_eq!(
        (copy.format, text(&copy)),
        (Format::Docx, "The memo itself.")
    );
    assert!(copy.notes.iter().any(|n| n.contains("memo.docx")));
}

#[test]
fn pictures_are_told_and_what_is_encrypted_is_refused() {
    let copy = read(&mail(
        "Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>We do <img src=cid:1> agree.\r\n--x\r\nContent-Type: image/png; name=a.png\r\nContent-ID: <1>\r\n\r\nx\r\n--x--\r\n",
    ));
    assert!(kinds(&copy).contains(&DoubtKind::Picture));
    let encrypted =
        mail("Content-Type: multipart/encrypted; boundary=x\r\n\r\n--x\r\n\r\na\r\n--x--\r\n");
    assert!(refused(&encrypted).contains("encrypted"));
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sign = SIGNS[(n >> (18 - 6 * i)) as usize & 63];
            out.push(if i > chunk.len() {
                '='
            } else {
                char::from(sign)
            });
        }
    }
    out
}
