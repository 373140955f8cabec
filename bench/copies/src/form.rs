//! Exact copies as files: the body of a memo, written as a program would that is asked to keep its text.

use std::io::{Cursor, Write as _};

use demur_extract::write_pdf;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::Form;

/// How many characters of ten points stand on a PDF's line, and lines on its page: six inches of Courier, nine inches of lines.
const PDF_COLUMNS: usize = 72;
const PDF_LINES: usize = 46;

/// A line of quoted-printable is at most so long (RFC 2045, 6.7).
const QUOTED_LINE: usize = 72;

/// The file and its name; `None` where the form can't hold the text: PDF's standard fonts have Latin letters alone.
pub(crate) fn file(form: Form, paragraphs: &[String]) -> Option<(&'static str, Vec<u8>)> {
    let paragraphs: Vec<String> = paragraphs.iter().map(|p| format!("(S) {p}")).collect();
    Some(match form {
        // Texts are held against the versions as they are.
        Form::Text | Form::Markdown => return None,
        Form::Html => ("copy.html", html(&paragraphs).into_bytes()),
        Form::Mail => ("copy.eml", mail(&paragraphs).into_bytes()),
        Form::Docx => ("copy.docx", docx(&paragraphs)?),
        Form::Pdf => ("copy.pdf", pdf(&paragraphs)?),
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn html(paragraphs: &[String]) -> String {
    let body: Vec<String> = paragraphs
        .iter()
        .map(|p| format!("<p>{}</p>\n", escaped(p)))
        .collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>A cable</title></head>\n<body>\n{}</body>\n</html>\n",
        body.concat()
    )
}

fn mail(paragraphs: &[String]) -> String {
    let mut out = String::from(
        "From: a@example.org\r\nTo: b@example.org\r\nSubject: A cable\r\nDate: Fri, 27 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
    );
    for paragraph in paragraphs {
        let mut length = 0;
        for byte in paragraph.bytes() {
            let sign = match byte {
                b' '..=b'<' | b'>'..=b'~' => char::from(byte).to_string(),
                _ => format!("={byte:02X}"),
            };
            if length + sign.len() > QUOTED_LINE {
                out.push_str("=\r\n");
                length = 0;
            }
            length += sign.len();
            out.push_str(&sign);
        }
        out.push_str("\r\n\r\n");
    }
    out
}

fn docx(paragraphs: &[String]) -> Option<Vec<u8>> {
    let body: Vec<String> = paragraphs
        .iter()
        .map(|p| {
            let text = escaped(p);
            format!("<w:p><w:pPr><w:spacing w:after=\"160\" w:line=\"259\" w:lineRule=\"auto\"/></w:pPr><w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>")
        })
        .collect();
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{}<w:sectPr><w:pgSz w:w=\"12240\" w:h=\"15840\"/><w:pgMar w:top=\"1440\" w:right=\"1440\" w:bottom=\"1440\" w:left=\"1440\" w:header=\"720\" w:footer=\"720\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>",
        body.concat()
    );
    let types = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
    let relations = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>";
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("[Content_Types].xml", types),
        ("_rels/.rels", relations),
        ("word/document.xml", document.as_str()),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).ok()?;
        zip.write_all(content.as_bytes()).ok()?;
    }
    Some(zip.finish().ok()?.into_inner())
}

/// Lines of Courier, as many pages as are needed.
fn pdf(paragraphs: &[String]) -> Option<Vec<u8>> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in paragraphs {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > PDF_COLUMNS {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
        lines.push(String::new());
    }
    if lines.iter().any(|line| line.chars().count() > PDF_COLUMNS) {
        return None;
    }
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        String::new(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    let mut kids = Vec::new();
    for page in lines.chunks(PDF_LINES) {
        let mut content = String::from("BT /F 10 Tf 72 720 Td 14 TL\n");
        for line in page {
            let mut codes = String::new();
            for c in line.chars() {
                codes.push_str(&format!("{:02x}", win_ansi(c)?));
            }
            content.push_str(&format!("<{codes}> Tj T*\n"));
        }
        content.push_str("ET");
        objects.push(format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ));
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {} 0 R /Resources << /Font << /F 3 0 R >> >> >>",
            objects.len()
        ));
        kids.push(format!("{} 0 R", objects.len()));
    }
    objects[1] = format!(
        "<< /Type /Pages /Kids [{}] /Count {} >>",
        kids.join(" "),
        kids.len()
    );
    Some(write_pdf(&objects))
}

/// A character's code in WinAnsiEncoding (ISO 32000-1, annex D).
fn win_ansi(c: char) -> Option<u8> {
    Some(match c {
        ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}' => c as u8,
        '€' => 0x80,
        '…' => 0x85,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '•' => 0x95,
        '–' => 0x96,
        '—' => 0x97,
        _ => return None,
    })
}
