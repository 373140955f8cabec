//! Plain text and Markdown.

use crate::{
    ExtractError, Extracted, Format, Label, Reading, Rule, charset,
    doubt::{DoubtKind, Doubts},
    limits::MAX_TEXT,
    quoted,
};

pub(crate) fn read(bytes: &[u8], format: Format) -> Result<Extracted, ExtractError> {
    let decoded = charset::decode(bytes, None);
    let mut notes = Vec::new();
    if decoded.charset != "UTF-8" {
        notes.push(format!("the text was read as {}", decoded.charset));
    }
    let (mut doubts, mut rules) = (Doubts::default(), Vec::new());
    let text = decoded.tell(&mut doubts, &mut rules);
    finish(format, vec![(Label::Only, text)], doubts, rules, notes)
}

/// The end of every reader: what holds for any text.
pub(crate) fn finish(
    format: Format,
    texts: Vec<(Label, String)>,
    mut doubts: Doubts,
    mut disregarded: Vec<Rule>,
    notes: Vec<String>,
) -> Result<Extracted, ExtractError> {
    let mut readings = Vec::with_capacity(texts.len());
    for (label, text) in texts {
        if text.len() > MAX_TEXT {
            return Err(ExtractError::Limit {
                what: "the text is too long",
                limit: MAX_TEXT,
            });
        }
        readings.push(reading(label, text, format, &mut doubts, &mut disregarded));
    }
    disregarded.sort_unstable();
    disregarded.dedup();
    if readings.iter().all(|r| r.text.trim().is_empty()) {
        return Err(ExtractError::Empty {
            format: match format {
                Format::Text | Format::Markdown => "file",
                Format::Html => "web page",
                Format::Mail => "message",
                Format::Docx => "DOCX",
                Format::Pdf => "PDF",
            },
            advice: "if it shows pictures of pages, type their text or read them with OCR",
        });
    }
    Ok(Extracted {
        format,
        readings,
        doubts: doubts.finish(),
        disregarded,
        notes,
        repeated: String::new(),
    })
}

/// One reading of a file of that format.
pub(crate) fn reading(
    label: Label,
    text: String,
    format: Format,
    doubts: &mut Doubts,
    disregarded: &mut Vec<Rule>,
) -> Reading {
    for line in text.lines().filter(|line| line.contains(turns)) {
        doubts.add(DoubtKind::Direction, "", line);
    }
    if let Some(line) = text.lines().find(|line| line.contains(is_control)) {
        doubts.add(
            DoubtKind::Contradiction,
            "",
            &format!("control characters in: {line}"),
        );
    }
    if let Some(line) = text.lines().find(|line| has_hair_space(line)) {
        doubts.add(
            DoubtKind::Tiny,
            "",
            &format!("a space that can hardly be seen in: {line}"),
        );
    }
    let (text, quoted) = match format {
        Format::Text | Format::Markdown | Format::Mail => quoted::unquote(text),
        Format::Html | Format::Docx | Format::Pdf => (text, Vec::new()),
    };
    if !quoted.is_empty() {
        disregarded.push(Rule::QuoteSigns);
    }
    Reading {
        label,
        text,
        quoted,
    }
}

/// Signs that turn the direction of writing: what follows is shown in another order than it is held.
fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters by which a screen or a printer is driven, and ends of lines that few programs know.
const fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}')
}

/// Whether two words stand so near to each other that they may be read as one.
fn has_hair_space(line: &str) -> bool {
    let mut before = ' ';
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let hair = matches!(
            c,
            '\u{2006}' | '\u{2008}'..='\u{200a}' | '\u{202f}' | '\u{205f}'
        );
        if hair && before.is_alphabetic() && chars.peek().is_some_and(|next| next.is_alphabetic()) {
            return true;
        }
        before = c;
    }
    false
}

/// The letters of a Latin ligature; `None` for any other character.
pub(crate) const fn ligature(c: char) -> Option<&'static str> {
    Some(match c {
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        _ => return None,
    })
}
