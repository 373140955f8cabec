//! The syntax of styles (CSS Syntax 3), as far as it is needed to see every declaration.
//!
//! What a browser would mend is not mended: a sheet that is not closed, strings and brackets that do not match, escapes outside of
//! strings, rules within rules are [`Broken`], since two readers may see different declarations in them.

/// The deepest nesting of brackets.
const MAX_BRACKETS: usize = 16;

/// It can't be told for sure which declarations a browser sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// One declaration, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declaration {
    pub(super) name: String,
    /// Without comments and `!important`, its parts one space apart.
    pub(super) value: String,
    pub(super) important: bool,
}

/// What stands at the top of a sheet or in a conditional rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'s> {
    /// `@name prelude;` or `@name prelude { block }`.
    At {
        name: String,
        block: Option<&'s str>,
    },
    /// `selectors { block }`.
    Rule { selectors: String, block: &'s str },
}

/// The rules of a sheet, one after the other.
pub(super) fn pieces(sheet: &str) -> Result<Vec<Piece<'_>>, Broken> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        at = beginning(sheet, at)?;
        if at >= sheet.len() {
            return Ok(out);
        }
        let mut end = at;
        let stop = loop {
            match sheet.as_bytes().get(end) {
                None => break None,
                Some(b'{') => break Some(b'{'),
                Some(b';') => break Some(b';'),
                Some(_) => end = component(sheet, end, 0)?,
            }
        };
        let prelude = without_comments(&sheet[at..end])?;
        let block = match stop {
            Some(b'{') => {
                let close = component(sheet, end, 0)?;
                let block = &sheet[end + 1..close - 1];
                at = close;
                Some(block)
            }
            Some(_) => {
                at = end + 1;
                None
            }
            None => return Err(Broken),
        };
        out.push(if let Some(rest) = prelude.trim_start().strip_prefix('@') {
            let name = rest
                .split(|c: char| c.is_whitespace() || "(:\"'".contains(c))
                .next();
            Piece::At {
                name: name.unwrap_or_default().to_ascii_lowercase(),
                block,
            }
        } else {
            Piece::Rule {
                selectors: prelude,
                block: block.ok_or(Broken)?,
            }
        });
    }
}

/// Past white space, comments and the signs that once hid sheets from old browsers.
fn beginning(sheet: &str, mut at: usize) -> Result<usize, Broken> {
    loop {
        let rest = &sheet[at..];
        let trimmed = rest.trim_start_matches(is_space);
        at += rest.len() - trimmed.len();
        if trimmed.starts_with("/*") {
            at = component(sheet, at, 0)?;
        } else if trimmed.starts_with("<!--") {
            at += 4;
        } else if trimmed.starts_with("-->") {
            at += 3;
        } else {
            return Ok(at);
        }
    }
}

/// The declarations of a block or of an attribute.
pub(super) fn declarations(block: &str) -> Result<Vec<Declaration>, Broken> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut at = 0;
    loop {
        let end = match block.as_bytes().get(at) {
            None | Some(b';') => at,
            // A rule within a rule.
            Some(b'{') => return Err(Broken),
            Some(_) => {
                at = component(block, at, 0)?;
                continue;
            }
        };
        if let Some(one) = declaration(&block[start..end])? {
            out.push(one);
        }
        if end >= block.len() {
            return Ok(out);
        }
        at = end + 1;
        start = at;
    }
}

fn declaration(text: &str) -> Result<Option<Declaration>, Broken> {
    let text = without_comments(text)?;
    let text = text.trim_matches(is_space);
    if text.is_empty() {
        return Ok(None);
    }
    let (name, value) = text.split_once(':').ok_or(Broken)?;
    let name = name.trim_end_matches(is_space).to_ascii_lowercase();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(Broken);
    }
    let value = value.to_ascii_lowercase();
    let words: Vec<&str> = value.split(is_space).filter(|w| !w.is_empty()).collect();
    let mut value = words.join(" ");
    let mut important = false;
    if let Some((before, after)) = value.rsplit_once('!') {
        if after.trim() != "important" {
            return Err(Broken);
        }
        important = true;
        value = before.trim_end().to_owned();
    }
    // In the names of Word's own properties a browser reads nothing.
    if value.contains('\\') && !name.starts_with("mso-") {
        return Err(Broken);
    }
    Ok(Some(Declaration {
        name,
        value,
        important,
    }))
}

/// Where the part of a style that begins at `at` ends: a comment, a string, what stands in brackets, or one character.
pub(super) fn component(text: &str, at: usize, depth: usize) -> Result<usize, Broken> {
    let rest = &text[at..];
    if let Some(comment) = rest.strip_prefix("/*") {
        let end = comment.find("*/").ok_or(Broken)?;
        return Ok(at + 2 + end + 2);
    }
    let Some(c) = rest.chars().next() else {
        return Err(Broken);
    };
    match c {
        '"' | '\'' => string(text, at, c),
        '(' | '[' | '{' => {
            if depth >= MAX_BRACKETS {
                return Err(Broken);
            }
            let before = &text[..at];
            let url = before.len() >= 3
                && before.is_char_boundary(before.len() - 3)
                && before[before.len() - 3..].eq_ignore_ascii_case("url");
            if c == '(' && url {
                return address(text, at);
            }
            let close = match c {
                '(' => b')',
                '[' => b']',
                _ => b'}',
            };
            let mut at = at + 1;
            loop {
                match text.as_bytes().get(at) {
                    None => return Err(Broken),
                    Some(b) if *b == close => return Ok(at + 1),
                    Some(_) => at = component(text, at, depth + 1)?,
                }
            }
        }
        ')' | ']' | '}' => Err(Broken),
        // An escape may stand for any letter: of a bracket's name as well.
        '\\' => match rest[1..].chars().next() {
            Some(next) if !next.is_ascii_hexdigit() && !matches!(next, '\n' | '\r' | '\u{c}') => {
                Ok(at + 1 + next.len_utf8())
            }
            _ => Err(Broken),
        },
        '\0' => Err(Broken),
        c => Ok(at + c.len_utf8()),
    }
}

fn string(text: &str, at: usize, quote: char) -> Result<usize, Broken> {
    let mut chars = text[at + 1..].char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '\n' | '\r' | '\u{c}' | '\0' => return Err(Broken),
            '\\' => match chars.next() {
                None | Some((_, '\n' | '\r' | '\u{c}')) => return Err(Broken),
                Some(_) => {}
            },
            c if c == quote => return Ok(at + 1 + i + 1),
            _ => {}
        }
    }
    Err(Broken)
}

/// An address in `url(...)`, in which comments are none.
fn address(text: &str, at: usize) -> Result<usize, Broken> {
    let inside = text[at + 1..].trim_start_matches(is_space);
    let start = text.len() - inside.len();
    let end = match inside.chars().next() {
        Some(quote @ ('"' | '\'')) => string(text, start, quote)?,
        _ => start + inside.find(')').ok_or(Broken)?,
    };
    let odd = |c: char| matches!(c, '"' | '\'' | '(' | '\\' | '{' | '}' | ';' | '\n') || c == '\0';
    if !inside.starts_with(['"', '\'']) && text[start..end].contains(odd) {
        return Err(Broken);
    }
    let rest = text[end..].trim_start_matches(is_space);
    let close = text.len() - rest.len();
    if rest.starts_with(')') {
        Ok(close + 1)
    } else {
        Err(Broken)
    }
}

fn without_comments(text: &str) -> Result<String, Broken> {
    if !text.contains("/*") {
        return Ok(text.to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let end = component(text, at, 0)?;
        if !text[at..].starts_with("/*") {
            out.push_str(&text[at..end]);
        } else if out.ends_with(is_word) && text[end..].starts_with(is_word) {
            // One word for us, two for a browser.
            return Err(Broken);
        }
        at = end;
    }
    Ok(out)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '#' | '%' | '.')
}

pub(super) const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}')
}
