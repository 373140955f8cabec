//! What kind of file it is, by its content.

use crate::{ExtractError, Format, Hint, foreign};

/// How far into a file its first signs are looked for, in bytes.
const WINDOW: usize = 1_024;

/// How far a header section is looked at, in bytes.
const HEADERS: usize = 16 << 10;

pub(crate) enum Kind {
    Text(Format),
    Html,
    Mail,
    Zip,
    #[cfg(feature = "pdf")]
    Pdf,
}

pub(crate) fn sniff(bytes: &[u8], hint: Hint<'_>) -> Result<Kind, ExtractError> {
    let start = &bytes[..bytes.len().min(WINDOW)];
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Kind::Zip);
    }
    let pdf = start.windows(5).any(|w| w == b"%PDF-");
    #[cfg(feature = "pdf")]
    if pdf {
        return Ok(Kind::Pdf);
    }
    #[cfg(not(feature = "pdf"))]
    if pdf {
        return Err(ExtractError::Pdf);
    }
    if let Some((what, advice)) = foreign::told(bytes) {
        return Err(ExtractError::Unsupported { what, advice });
    }
    let wide = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    if !wide && start.contains(&0) {
        return Err(ExtractError::Unsupported {
            what: "no text and no document that can be read",
            advice: "save it as DOCX, PDF or plain text",
        });
    }
    if start.trim_ascii().is_empty() {
        return Err(ExtractError::Empty {
            format: "file",
            advice: "give the copy's text",
        });
    }
    let told = told(hint);
    if let Some(Told::Text(format)) = told {
        return Ok(Kind::Text(format));
    }
    if told == Some(Told::Html) || looks_like_html(start) {
        return Ok(Kind::Html);
    }
    if told == Some(Told::Mail) || looks_like_mail(bytes) {
        return Ok(Kind::Mail);
    }
    Ok(Kind::Text(if start.starts_with(b"+++\n") {
        Format::Markdown
    } else {
        Format::Text
    }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Text(Format),
    Html,
    Mail,
}

fn told(hint: Hint<'_>) -> Option<Told> {
    let media = hint.media_type.map(|t| {
        let t = t.split(';').next().unwrap_or_default();
        t.trim().to_ascii_lowercase()
    });
    let by_media = match media.as_deref() {
        Some("text/plain") => Some(Told::Text(Format::Text)),
        Some("text/markdown") => Some(Told::Text(Format::Markdown)),
        Some("text/html" | "application/xhtml+xml") => Some(Told::Html),
        Some("message/rfc822") => Some(Told::Mail),
        _ => None,
    };
    let ending = hint.name.and_then(|n| n.rsplit_once('.'));
    let ending = ending.map(|(_, ending)| ending.to_ascii_lowercase());
    by_media.or(match ending.as_deref() {
        Some("txt" | "text") => Some(Told::Text(Format::Text)),
        Some("md" | "markdown") => Some(Told::Text(Format::Markdown)),
        Some("html" | "htm" | "xhtml") => Some(Told::Html),
        Some("eml") => Some(Told::Mail),
        _ => None,
    })
}

fn looks_like_html(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    let mut text = text.trim_start_matches('\u{feff}').trim_start();
    while let Some(rest) = text.strip_prefix("<!--").or(text.strip_prefix("<?xml")) {
        let Some((_, after)) = rest.split_once('>') else {
            return false;
        };
        text = after.trim_start();
    }
    ["<!doctype html", "<html", "<head", "<body"]
        .iter()
        .any(|sign| text.starts_with(sign))
}

/// A header section with a field that only mail programs write.
fn looks_like_mail(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(HEADERS)]);
    let mut fields = 0;
    let mut sure = false;
    for line in text.lines() {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) && fields > 0 {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else {
            return false;
        };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_graphic()) {
            return false;
        }
        fields += 1;
        sure |= [
            "mime-version",
            "message-id",
            "received",
            "return-path",
            "content-type",
            "dkim-signature",
        ]
        .contains(&name.to_ascii_lowercase().as_str());
    }
    sure && fields >= 2
}
