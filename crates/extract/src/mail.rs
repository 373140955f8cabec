//! A mail message (RFC 5322, RFC 2045 to 2049, by `mailparse`): the text that it shows.
//!
//! Where a message holds its text as plain text and as HTML, both are read, and judged apart. A sole attached document
//! is the copy, rather than the message that brought it.

use mailparse::{DispositionType, ParsedMail};

use crate::{
    ExtractError, Extracted, Format, Hint, Label, Rule, charset, docx,
    doubt::{DoubtKind, Doubts},
    html,
    limits::{MAX_FILE, MAX_MAIL_PARTS, MAX_MULTIPARTS},
    sniff, text,
};

/// The parts that matter.
#[derive(Default)]
struct Found<'m, 'b> {
    plain: Vec<&'m ParsedMail<'b>>,
    html: Vec<&'m ParsedMail<'b>>,
    attached: Vec<(String, &'m ParsedMail<'b>)>,
    parts: usize,
}

fn damaged(reason: &impl ToString) -> ExtractError {
    ExtractError::Damaged {
        format: "message",
        reason: reason.to_string(),
    }
}

pub(crate) fn read(bytes: &[u8]) -> Result<Extracted, ExtractError> {
    // The parser descends once for each multipart: so many as there are words of it bound the descent.
    let named = bytes
        .windows(10)
        .filter(|w| w.eq_ignore_ascii_case(b"multipart/"))
        .take(MAX_MULTIPARTS + 1);
    if named.count() > MAX_MULTIPARTS {
        return Err(ExtractError::Limit {
            what: "too many multipart entities in the message",
            limit: MAX_MULTIPARTS,
        });
    }
    let mail = mailparse::parse_mail(bytes).map_err(|e| damaged(&e))?;
    let mut found = Found::default();
    let mut doubts = Doubts::default();
    collect(&mail, &mut found, &mut doubts)?;
    let mut notes: Vec<String> = found
        .attached
        .iter()
        .map(|(name, _)| format!("attached: {name}"))
        .collect();
    let mut rules = vec![Rule::MailHeaders];

    let mut documents = found
        .attached
        .iter()
        .filter(|(name, part)| is_document(name, part));
    if let (Some((name, part)), None) = (documents.next(), documents.next()) {
        let bytes = decoded(part, &mut rules)?;
        let mut inner = attachment(name, &bytes)?;
        notes.push(format!(
            "the copy is {name}; the message's own text was not compared"
        ));
        notes.append(&mut inner.notes);
        rules.append(&mut inner.disregarded);
        rules.sort_unstable();
        rules.dedup();
        doubts.extend(inner.doubts);
        return Ok(Extracted {
            disregarded: rules,
            notes,
            doubts: doubts.finish(),
            ..inner
        });
    }

    let mut plain = Vec::new();
    for part in &found.plain {
        let bytes = decoded(part, &mut rules)?;
        let text = charset::decode(&bytes, Some(&part.ctype.charset));
        if text.recoded {
            rules.push(Rule::Charset);
        }
        if text.broken {
            doubts.add(
                DoubtKind::Contradiction,
                "",
                "bytes that are no characters of its charset",
            );
        }
        plain.push(text.text);
    }
    let mut page = Vec::new();
    for part in &found.html {
        let bytes = decoded(part, &mut rules)?;
        let charset = part.ctype.params.get("charset").map(String::as_str);
        page.push(html::to_text(&bytes, charset, &mut doubts, &mut rules)?);
    }
    let plain = Some(plain.join("\n\n")).filter(|t| !t.trim().is_empty());
    let page = Some(page.join("\n\n")).filter(|t| !t.trim().is_empty());
    let texts = match (plain, page) {
        (Some(plain), Some(page)) => {
            notes.push("the message holds its text twice: both are read".to_owned());
            vec![(Label::PlainPart, plain), (Label::HtmlPart, page)]
        }
        (Some(text), None) | (None, Some(text)) => vec![(Label::Only, text)],
        (None, None) => {
            return Err(ExtractError::Empty {
                format: "message",
                advice: "if its text is in an attachment, save that and check it",
            });
        }
    };
    text::finish(Format::Mail, texts, doubts, rules, notes)
}

fn collect<'m, 'b>(
    mail: &'m ParsedMail<'b>,
    found: &mut Found<'m, 'b>,
    doubts: &mut Doubts,
) -> Result<(), ExtractError> {
    found.parts += 1;
    if found.parts > MAX_MAIL_PARTS {
        return Err(ExtractError::Limit {
            what: "too many parts in the message",
            limit: MAX_MAIL_PARTS,
        });
    }
    let kind = mail.ctype.mimetype.as_str();
    let disposition = mail.get_content_disposition();
    let name = disposition
        .params
        .get("filename")
        .or_else(|| mail.ctype.params.get("name"))
        .cloned();
    match kind {
        "multipart/encrypted" | "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
            return Err(ExtractError::Encrypted {
                what: "the message",
            });
        }
        "message/external-body" | "message/partial" => {
            doubts.add(DoubtKind::Embedded, "", kind);
            return Ok(());
        }
        _ if kind.starts_with("multipart/") && !mail.subparts.is_empty() => {
            for part in &mail.subparts {
                collect(part, found, doubts)?;
            }
            return Ok(());
        }
        _ => {}
    }
    let attached = disposition.disposition == DispositionType::Attachment;
    match kind {
        "text/plain" if !attached => found.plain.push(mail),
        "text/html" if !attached => found.html.push(mail),
        // Its signature says nothing of the text.
        "application/pgp-signature"
        | "application/pkcs7-signature"
        | "application/x-pkcs7-signature" => {}
        _ => {
            let name = name.unwrap_or_else(|| format!("a part of the kind {kind}"));
            let name: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
            if kind.starts_with("image/") && !attached {
                doubts.add(DoubtKind::Picture, "", &name);
            }
            found.attached.push((name, mail));
        }
    }
    Ok(())
}

fn is_document(name: &str, part: &ParsedMail<'_>) -> bool {
    let ending = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    matches!(
        ending.as_deref(),
        Some("docx" | "pdf" | "txt" | "md" | "html" | "htm")
    ) || matches!(
        part.ctype.mimetype.as_str(),
        "application/pdf"
            | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    )
}

fn decoded(part: &ParsedMail<'_>, rules: &mut Vec<Rule>) -> Result<Vec<u8>, ExtractError> {
    let coded = part.headers.iter().any(|h| {
        h.get_key_ref()
            .eq_ignore_ascii_case("content-transfer-encoding")
            && !matches!(
                h.get_value().trim().to_ascii_lowercase().as_str(),
                "7bit" | "8bit" | "binary"
            )
    });
    if coded {
        rules.push(Rule::TransferEncoding);
    }
    part.get_body_raw().map_err(|e| damaged(&e))
}

/// A document within a message; not another message.
fn attachment(name: &str, bytes: &[u8]) -> Result<Extracted, ExtractError> {
    if bytes.len() > MAX_FILE {
        return Err(ExtractError::TooLarge { size: bytes.len() });
    }
    match sniff::sniff(bytes, Hint::name(name))? {
        sniff::Kind::Text(format) => text::read(bytes, format),
        sniff::Kind::Html => html::read(bytes, None),
        sniff::Kind::Zip => docx::read(bytes),
        #[cfg(feature = "pdf")]
        sniff::Kind::Pdf => crate::pdf::read(bytes),
        sniff::Kind::Mail => Err(ExtractError::Unsupported {
            what: "a message within a message",
            advice: "save the inner one and check it",
        }),
    }
}
