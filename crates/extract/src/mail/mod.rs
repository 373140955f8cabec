//! A mail message (RFC 5322, RFC 2045 to 2049, by `mailparse`): the text that it shows.
//!
//! Where a message holds its text as plain text and as HTML, both are read, and judged apart. A sole attached document
//! is the copy, rather than the message that brought it; what the message itself says beyond a covering line is read, too, or a doubt. A part of
//! another kind that a program may show as text is a doubt.

mod fields;
mod flowed;
mod parts;

use std::collections::HashSet;

use encoding_rs::Encoding;
use mailparse::{ParsedMail, body::Body};

use self::parts::{Found, Shown};
use crate::{
    ExtractError, Extracted, Format, Hint, Label, Rule, charset, docx,
    doubt::{DoubtKind, Doubts},
    html,
    limits::{MAX_COVER_CHARS, MAX_COVER_WORDS, MAX_DIVIDERS, MAX_FILE, MAX_MULTIPARTS, MAX_TEXT},
    sniff, text,
};

/// Texts are held against each other by so many words in a row.
const ALIKE: usize = 4;

/// What the library says of it, people can do nothing with.
fn damaged() -> ExtractError {
    ExtractError::Damaged {
        format: "message",
        reason: "its fields or parts are broken or cut off".to_owned(),
    }
}

pub(crate) fn read(bytes: &[u8]) -> Result<Extracted, ExtractError> {
    message(bytes, false)
}

/// Reads a message, which may itself be what another one brought.
fn message(bytes: &[u8], is_inner: bool) -> Result<Extracted, ExtractError> {
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
    let found = Found::in_message(&mail, &mut doubts)?;
    if let Some(line) = fields::odd_boundary(bytes, &found.boundaries) {
        doubts.add(DoubtKind::Contradiction, "", &line);
    }
    let mut notes: Vec<String> = found
        .attached
        .iter()
        .map(|(name, _)| format!("attached: {name}"))
        .collect();
    let mut rules = vec![Rule::MailHeaders];
    let own = Own::of(&found.shown)?;

    // A message within is read where the outer one says nothing of its own, and no deeper.
    let may_be = |part: &ParsedMail<'_>| !is_message(part) || !is_inner && own.is_cover();
    let mut documents = found
        .attached
        .iter()
        .filter(|(name, part)| is_document(name, part) && may_be(part));
    if let (Some((name, part)), None) = (documents.next(), documents.next()) {
        let bytes = decoded(part, &mut doubts, &mut rules)?;
        let inner = attachment(name, part, &bytes)?;
        let name = if is_message(part) {
            "the message within"
        } else {
            name
        };
        let words = longest(inner.readings.iter().map(|r| r.text.as_str()));
        if !is_short(words) || own.is_cover() && !is_message(part) {
            rules.extend(&inner.disregarded);
            return Ok(own.beside(name, inner, doubts, rules, notes));
        }
        // Too little to be a copy, which the message's own text may be.
        if !own.is_cover() {
            notes.push(format!(
                "{name}, \"{}\", has too few words to be a copy, and was not compared",
                in_one_line(words)
            ));
            doubts.extend(inner.doubts);
        }
    }

    let documents = found.attached.iter();
    if documents
        .filter(|(name, part)| is_document(name, part))
        .count()
        > 1
    {
        notes.push(
            "the copy is the message's own text; what is attached was not compared".to_owned(),
        );
    }
    doubts.extend(found.of_text.finish());
    own.alone(doubts, rules, notes)
}

/// What a message says itself.
struct Own {
    /// One text, or two forms of it.
    texts: Vec<(Label, String)>,
    doubts: Doubts,
    rules: Vec<Rule>,
}

impl Own {
    fn of(shown: &[Shown<'_, '_>]) -> Result<Self, ExtractError> {
        let (mut doubts, mut rules) = (Doubts::default(), Vec::new());
        let (plain, page) = readings(shown, &mut doubts, &mut rules)?;
        let twice = { shown.iter() }.any(|s| s.plain.is_some() && s.html.is_some());
        let some = |text: &str| !text.trim().is_empty();
        let texts = match (some(&plain), some(&page)) {
            (true, true) if twice => vec![(Label::PlainPart, plain), (Label::HtmlPart, page)],
            (true, _) => vec![(Label::Only, plain)],
            (false, true) => vec![(Label::Only, page)],
            (false, false) => Vec::new(),
        };
        if texts.iter().any(|(_, text)| text.len() > MAX_TEXT) {
            return Err(ExtractError::Limit {
                what: "the text is too long",
                limit: MAX_TEXT,
            });
        }
        Ok(Self {
            texts,
            doubts,
            rules,
        })
    }

    /// Whether it says no more than a covering line does.
    fn is_cover(&self) -> bool {
        self.texts.iter().all(|(_, text)| is_short(text))
    }

    /// The message that is the copy.
    fn alone(
        self,
        mut doubts: Doubts,
        mut rules: Vec<Rule>,
        mut notes: Vec<String>,
    ) -> Result<Extracted, ExtractError> {
        let cover = self.is_cover();
        let mut texts = self.texts;
        doubts.extend(self.doubts.finish());
        rules.extend(self.rules);
        if texts.is_empty() {
            return Err(ExtractError::Empty {
                format: "message",
                advice: "if its text is in an attachment, save that and check it",
            });
        }
        if texts.len() > 1 {
            // "Please see the HTML part" is no copy.
            texts.retain(|(label, text)| {
                let left_out = !cover && is_short(text);
                if left_out {
                    notes.push(format!(
                        "{}, \"{}\", has too few words to be a copy, and was not compared",
                        label.describe(),
                        in_one_line(text)
                    ));
                }
                !left_out
            });
        }
        if texts.len() > 1 {
            notes.push("the message holds its text twice: both are read".to_owned());
        }
        text::finish(Format::Mail, texts, doubts, rules, notes)
    }

    /// The attached document that is the copy. Whoever opens the message reads its own text first: more of it than a covering line is a doubt, or
    /// read as the copy once more where it is like it.
    fn beside(
        self,
        name: &str,
        copy: Extracted,
        mut doubts: Doubts,
        mut rules: Vec<Rule>,
        mut notes: Vec<String>,
    ) -> Extracted {
        notes.push(format!("the copy is {name}"));
        notes.extend(copy.notes);
        doubts.extend(copy.doubts);
        // A picture beside a covering line is a letterhead's.
        let of_text = self.doubts.finish().into_iter();
        doubts.extend(of_text.filter(|d| d.kind != DoubtKind::Picture).collect());
        let mut readings = copy.readings;
        let count = readings.len();
        for (label, text) in self.texts {
            if is_short(&text) {
                notes.push(format!(
                    "the message's own text, \"{}\", was not compared",
                    in_one_line(&text)
                ));
            } else if readings[..count].iter().any(|r| is_like(&text, &r.text)) {
                let label = match label {
                    Label::Only => Label::Message,
                    label => label,
                };
                rules.extend(&self.rules);
                readings.push(text::reading(
                    label,
                    text,
                    Format::Mail,
                    &mut doubts,
                    &mut rules,
                ));
            } else {
                doubts.add(DoubtKind::Beside, "", &text);
            }
        }
        if readings.len() > count {
            notes.push("the message's own text is read, too".to_owned());
            for reading in &mut readings[..count] {
                if reading.label == Label::Only {
                    reading.label = Label::Attachment;
                }
            }
        }
        rules.sort_unstable();
        rules.dedup();
        notes.dedup();
        Extracted {
            format: copy.format,
            readings,
            doubts: doubts.finish(),
            disregarded: rules,
            notes,
            repeated: copy.repeated,
        }
    }
}

/// Whether a text has so few words, and letters, that it is no copy, and no more than a covering line.
fn is_short(text: &str) -> bool {
    words(text).count() <= MAX_COVER_WORDS && text.trim().chars().count() <= MAX_COVER_CHARS
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    { text.split(|c: char| !c.is_alphanumeric()) }.filter(|word| !word.is_empty())
}

fn longest<'t>(texts: impl Iterator<Item = &'t str>) -> &'t str {
    texts.max_by_key(|text| text.len()).unwrap_or_default()
}

fn in_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace(char::is_control, "")
}

/// Whether a third of a text's runs of words stand in another text, too.
fn is_like(text: &str, other: &str) -> bool {
    let runs = |text: &str| -> Vec<String> {
        let words: Vec<String> = words(text).map(str::to_lowercase).collect();
        words.windows(ALIKE).map(|run| run.join(" ")).collect()
    };
    let known: HashSet<String> = runs(other).into_iter().collect();
    let runs = runs(text);
    !runs.is_empty() && 3 * runs.iter().filter(|run| known.contains(*run)).count() >= runs.len()
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

fn is_message(part: &ParsedMail<'_>) -> bool {
    part.ctype.mimetype == "message/rfc822"
}

fn is_document(name: &str, part: &ParsedMail<'_>) -> bool {
    let ending = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    matches!(
        ending.as_deref(),
        Some("docx" | "pdf" | "txt" | "md" | "html" | "htm")
    ) || matches!(
        part.ctype.mimetype.as_str(),
        "message/rfc822"
            | "application/pdf"
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

/// A document within a message.
fn attachment(name: &str, part: &ParsedMail<'_>, bytes: &[u8]) -> Result<Extracted, ExtractError> {
    if bytes.len() > MAX_FILE {
        return Err(ExtractError::TooLarge { size: bytes.len() });
    }
    if is_message(part) {
        return message(bytes, true);
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
