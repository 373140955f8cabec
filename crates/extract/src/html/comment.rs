//! Conditional comments, which Word and Outlook read and browsers do not.

use html5gum::Token;

use super::{lossy, tokens};

/// What a comment is to a program that knows conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Conditional {
    /// `<!--[if mso]> ... <![endif]-->`: to browsers all of it is a comment.
    Hidden(String),
    /// `<![if !supportLists]>` or `<!--[if !mso]><!-->`: what follows is shown by browsers, and to others on a condition.
    Begins(String),
    /// `<![endif]>`.
    Ends,
}

impl Conditional {
    pub(super) fn of(comment: &str) -> Option<Self> {
        let text = comment.trim();
        let lower = text.to_ascii_lowercase();
        if lower == "[endif]" || lower == "<![endif]" {
            return Some(Self::Ends);
        }
        let condition = lower.strip_prefix("[if")?;
        let Some((condition, content)) = condition.split_once("]>") else {
            let condition = condition.strip_suffix(']').unwrap_or(condition);
            return Some(Self::Begins(condition.trim().to_owned()));
        };
        if matches!(content, "<!" | "<!--" | "") {
            return Some(Self::Begins(condition.trim().to_owned()));
        }
        let content = &text[text.len() - content.len()..];
        let end = content.to_ascii_lowercase().rfind("<![endif]");
        Some(Self::Hidden(
            content[..end.unwrap_or(content.len())].to_owned(),
        ))
    }
}

/// What a hidden part may show to programs that read it; `None`: settings and sheets alone.
pub(super) fn shown_by_some(content: &str) -> Option<String> {
    let mut xml = 0_usize;
    let mut style = false;
    for token in tokens(content) {
        match token {
            Token::StartTag(tag) => {
                let name = lossy(&tag.name);
                if name == "xml" {
                    xml += 1;
                } else if name == "style" {
                    style = true;
                } else if xml == 0 && !matches!(name.as_str(), "meta" | "link") {
                    return Some(format!("<{name}>"));
                }
            }
            Token::EndTag(tag) => match lossy(&tag.name).as_str() {
                "xml" => xml = xml.saturating_sub(1),
                "style" => style = false,
                _ => {}
            },
            Token::String(text) => {
                let text = lossy(&text);
                if xml == 0 && !style && !text.trim().is_empty() {
                    return Some(text);
                }
            }
            Token::Comment(comment) => {
                if Conditional::of(&lossy(&comment)).is_some() {
                    return Some(lossy(&comment));
                }
            }
            Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    None
}

/// A list's sign as Word writes it out: its text, or a bullet.
pub(super) fn list_sign(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{a0}');
    // Those of Symbol, Wingdings and Courier New that Word gives to bullets.
    let bullets = [
        "·", "•", "◦", "▪", "o", "§", "Ø", "ü", "v", "q", "-", "–", "*", "\u{f0b7}", "\u{f0a7}",
    ];
    if bullets.contains(&text) {
        return Some("- ".to_owned());
    }
    let inside = text.strip_prefix('(').unwrap_or(text);
    let inside = inside.strip_suffix(['.', ')']).unwrap_or(inside);
    let numbered = inside.split('.').all(|part| {
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        let letters = part.bytes().all(|b| b.is_ascii_alphabetic());
        !part.is_empty() && part.len() <= 4 && (digits || letters)
    });
    (numbered && inside != text).then(|| format!("{text} "))
}
