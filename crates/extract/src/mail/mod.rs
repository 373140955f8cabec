//! A mail message (RFC 5322, RFC 2045 to 2049, by `mailparse`): the text that it shows.
//!
//! Where a message holds its text as plain text and as HTML, both are read, and judged apart. A sole attached document
//! is the copy, rather than the message that brought it. A part of another kind that a program may show as text is a doubt.

mod fields;
mod flowed;
mod parts;

use encoding_rs::Encoding;
use mailparse::{ParsedMail, body::Body};

use self::parts::{Found, Shown};
use crate::{
    ExtractError, Extracted, Format, Hint, Label, Rule, charset, docx,
    doubt::{DoubtKind, Doubts},
    html,
    limits::{MAX_DIVIDERS, MAX_FILE, MAX_MULTIPARTS},
    sniff, text,
};

/// What the library says of it, people can do nothing with.
fn damaged() -> ExtractError {
    ExtractError::Damaged {
        format: "message",
        reason: "its fields or parts are broken or cut off".to_owned(),
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
    // That is no bound by itself, since a field may be written in many ways (the parser goes no deeper than a hundred): parts are many where lines
    // that divide them are.
    let lines = bytes.split(|b| *b == b'\n');
    let dividers = lines.filter(|line| line.starts_with(b"--"));
    if dividers.take(MAX_DIVIDERS + 1).count() > MAX_DIVIDERS {
        return Err(ExtractError::Limit {
            what: "too many lines that may divide the message",
            limit: MAX_DIVIDERS,
        });
    }
    let mail = mailparse::parse_mail(bytes).map_err(|_| damaged())?;
    let mut doubts = Doubts::default();
    let mut found = Found::in_message(&mail, &mut doubts)?;
    if let Some(line) = fields::odd_boundary(bytes, &found.boundaries) {
        doubts.add(DoubtKind::Contradiction, "", &line);
    }
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
        let bytes = decoded(part, &mut doubts, &mut rules)?;
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

    doubts.extend(std::mem::take(&mut found.of_text).finish());
    let (plain, page) = readings(&found.shown, &mut doubts, &mut rules)?;
    let twice = found
        .shown
        .iter()
        .any(|s| s.plain.is_some() && s.html.is_some());
    let some = |text: &str| !text.trim().is_empty();
    let texts = match (some(&plain), some(&page)) {
        (true, true) if twice => {
            notes.push("the message holds its text twice: both are read".to_owned());
            vec![(Label::PlainPart, plain), (Label::HtmlPart, page)]
        }
        (true, _) => vec![(Label::Only, plain)],
        (false, true) => vec![(Label::Only, page)],
        (false, false) => {
            return Err(ExtractError::Empty {
                format: "message",
                advice: "if its text is in an attachment, save that and check it",
            });
        }
    };
    text::finish(Format::Mail, texts, doubts, rules, notes)
}

/// The message as it is read by programs that prefer plain text, and by those that prefer HTML.
fn readings(
    shown: &[Shown<'_, '_>],
    doubts: &mut Doubts,
    rules: &mut Vec<Rule>,
) -> Result<(String, String), ExtractError> {
    let (mut plain, mut page) = (Vec::new(), Vec::new());
    for part in shown {
        let as_plain = { part.plain }
            .map(|part| plain_text(part, doubts, rules))
            .transpose()?;
        let as_html = { part.html }
            .map(|part| html_text(part, doubts, rules))
            .transpose()?;
        // A program that finds the one form empty shows nothing: it does not turn to the other.
        plain.extend(as_plain.clone().or_else(|| as_html.clone()));
        page.extend(as_html.or(as_plain));
    }
    Ok((plain.join("\n\n"), page.join("\n\n")))
}

fn plain_text(
    part: &ParsedMail<'_>,
    doubts: &mut Doubts,
    rules: &mut Vec<Rule>,
) -> Result<String, ExtractError> {
    let bytes = decoded(part, doubts, rules)?;
    let label = part.ctype.params.get("charset");
    if let Some(label) = label
        && Encoding::for_label(label.as_bytes()).is_none()
    {
        charset::doubtful(label, doubts);
    }
    // Programs that follow the field show a mark of another encoding, and other letters.
    if let (Some(label), Some((mark, _))) = (label, Encoding::for_bom(&bytes))
        && Encoding::for_label(label.as_bytes()).is_some_and(|told| told != mark)
    {
        charset::doubtful(&format!("{label} and {}", mark.name()), doubts);
    }
    let text = charset::decode(&bytes, Some(&part.ctype.charset)).tell(doubts, rules);
    let is = |key: &str, value: &str| {
        let found = part.ctype.params.get(key);
        found.is_some_and(|v| v.eq_ignore_ascii_case(value))
    };
    Ok(if is("format", "flowed") {
        flowed::unfold(&text, is("delsp", "yes"))
    } else {
        text
    })
}

fn html_text(
    part: &ParsedMail<'_>,
    doubts: &mut Doubts,
    rules: &mut Vec<Rule>,
) -> Result<String, ExtractError> {
    let bytes = decoded(part, doubts, rules)?;
    let charset = part.ctype.params.get("charset").map(String::as_str);
    html::to_text(&bytes, charset, doubts, rules)
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

fn decoded(
    part: &ParsedMail<'_>,
    doubts: &mut Doubts,
    rules: &mut Vec<Rule>,
) -> Result<Vec<u8>, ExtractError> {
    match part.get_body_encoded() {
        Body::Base64(_) => rules.push(Rule::TransferEncoding),
        Body::QuotedPrintable(body) => {
            rules.push(Rule::TransferEncoding);
            if fields::is_badly_quoted(body.get_raw()) {
                doubts.add(
                    DoubtKind::Contradiction,
                    "",
                    "quoted-printable text that is none",
                );
            }
        }
        Body::SevenBit(_) | Body::EightBit(_) | Body::Binary(_) => {}
    }
    part.get_body_raw().map_err(|_| damaged())
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
