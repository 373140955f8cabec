//! The quoted passages of a text.

/// The most passages that are taken from one text.
pub const MAX_QUOTATIONS: usize = 500;

/// How often each character of a text may be looked at for the end of a passage, in the mean.
const LOOKS: usize = 8;

/// A passage in single marks shorter than this, in words, may be an apostrophe's work.
const MIN_SINGLE: usize = 3;
const MIN_STRAIGHT_SINGLE: usize = 5;

/// A passage that a text quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotation {
    /// What stands between the marks, in one line; paragraphs are divided by an empty line.
    pub text: String,
    /// The line of the text where it begins, from 1.
    pub line: u32,
    /// Passages quoted within it.
    pub within: Vec<String>,
}

/// The quoted passages of a text, in order: in typographic or straight double marks, in guillemets, in single marks, and
/// block quotes (`>`). A passage that goes on in the next paragraph, which then begins with a mark again, is one.
#[must_use]
pub fn quotations(text: &str) -> Vec<Quotation> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut out: Vec<Quotation> = Vec::new();
    let mut open: Option<Open> = None;
    // Marks without end would be looked for to the end of the paragraph, each anew.
    let mut looks = text.len().saturating_mul(LOOKS);
    for paragraph in paragraphs(&text) {
        if out.len() >= MAX_QUOTATIONS {
            break;
        }
        if paragraph.block {
            close(&mut open, &mut out, &mut looks);
            out.push(quotation(paragraph.text(), paragraph.line, &mut looks));
            continue;
        }
        let chars = &paragraph.chars;
        let mut at = 0;
        // What was not closed goes on only where a mark says so.
        if let Some(before) = &mut open {
            if chars.first() == Some(&before.mark) {
                let (inside, end) = until(chars, 1, before.mark, &mut looks);
                before.text.push_str("\n\n");
                before.text.push_str(&inside);
                at = end.unwrap_or(chars.len());
                if end.is_some() {
                    close(&mut open, &mut out, &mut looks);
                }
            } else {
                close(&mut open, &mut out, &mut looks);
            }
        }
        while at < chars.len() && out.len() < MAX_QUOTATIONS {
            let Some(mark) = opens(chars, at) else {
                at += 1;
                continue;
            };
            let (inside, end) = until(chars, at + 1, mark, &mut looks);
            let line = paragraph.line_of(at);
            match end {
                Some(end) => {
                    let words = inside.split_whitespace().count();
                    let least = match mark {
                        '\'' => MIN_STRAIGHT_SINGLE,
                        '‘' => MIN_SINGLE,
                        _ => 1,
                    };
                    if words >= least {
                        out.push(quotation(inside, line, &mut looks));
                        at = end;
                    } else {
                        at += 1;
                    }
                }
                // An apostrophe has no other end, and an open single mark is one.
                None if matches!(mark, '\'' | '‘') => at += 1,
                None => {
                    open = Some(Open {
                        mark,
                        text: inside,
                        line,
                    });
                    at = chars.len();
                }
            }
        }
    }
    close(&mut open, &mut out, &mut looks);
    out.truncate(MAX_QUOTATIONS);
    out
}

/// A passage whose end was not seen yet.
struct Open {
    mark: char,
    text: String,
    line: u32,
}

fn close(open: &mut Option<Open>, out: &mut Vec<Quotation>, looks: &mut usize) {
    if let Some(open) = open.take() {
        out.push(quotation(open.text, open.line, looks));
    }
}

fn quotation(text: String, line: u32, looks: &mut usize) -> Quotation {
    let chars: Vec<char> = text.chars().collect();
    let mut within = Vec::new();
    let mut at = 0;
    while at < chars.len() && *looks > 0 {
        let inner = opens(&chars, at).map(|mark| until(&chars, at + 1, mark, looks));
        match inner {
            Some((inside, Some(end))) if inside.split_whitespace().count() >= MIN_SINGLE => {
                within.push(inside);
                at = end;
            }
            _ => at += 1,
        }
    }
    Quotation { text, line, within }
}

/// The mark that opens a passage here.
fn opens(chars: &[char], at: usize) -> Option<char> {
    let mark = chars[at];
    let before = at.checked_sub(1).map(|i| chars[i]);
    let free = before.is_none_or(|c| {
        c.is_whitespace()
            || matches!(c, '(' | '[' | '{' | '—' | '–' | '-' | '/' | ':')
            || is_mark(c)
    });
    let inside = chars.get(at + 1).is_some_and(|c| !c.is_whitespace());
    match mark {
        '“' | '„' | '«' => Some(mark),
        '"' | '‘' | '\'' if free && inside => Some(mark),
        _ => None,
    }
}

fn is_mark(c: char) -> bool {
    matches!(c, '“' | '„' | '«' | '"' | '‘' | '\'' | '”' | '’' | '»')
}

/// The text from `start` to the mark that closes it, and where the rest begins. Where `looks` are used up, there is no end, and no
/// text of a passage in single marks.
fn until(chars: &[char], start: usize, mark: char, looks: &mut usize) -> (String, Option<usize>) {
    let closes = |i: usize| {
        let c = chars[i];
        let before = chars[i - 1];
        let after = chars.get(i + 1);
        let ends = after.is_none_or(|c| !c.is_alphanumeric());
        match mark {
            '“' => c == '”' || (c == '"' && !before.is_whitespace() && ends),
            '„' => matches!(c, '“' | '”') && !before.is_whitespace(),
            '«' => c == '»',
            '"' => (c == '"' || c == '”') && !before.is_whitespace() && ends,
            '‘' => c == '’' && !before.is_whitespace() && ends,
            _ => c == '\'' && !before.is_whitespace() && ends,
        }
    };
    let single = matches!(mark, '‘' | '\'');
    let mut depth = 0_usize;
    let mut first = None;
    for i in start.max(1)..chars.len() {
        let Some(rest) = looks.checked_sub(1) else {
            break;
        };
        *looks = rest;
        if mark == '“' && chars[i] == '“' {
            depth += 1;
        } else if closes(i) {
            if depth > 0 {
                depth -= 1;
            } else if !single {
                first = Some(i);
                break;
            } else {
                // After a word without a mark it may be a possessive: a surer end is looked for.
                let sure = matches!(chars[i - 1], '.' | ',' | ';' | '!' | '?' | '…')
                    || chars.get(i + 1).is_none_or(|c| {
                        matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | '”' | '"')
                    });
                first.get_or_insert(i);
                if sure {
                    first = Some(i);
                    break;
                }
            }
        }
    }
    if first.is_none() && single {
        return (String::new(), None);
    }
    let end = first.unwrap_or(chars.len());
    let inside: String = chars[start.min(end)..end].iter().collect();
    (inside.trim().to_owned(), first.map(|i| i + 1))
}

/// Lines between empty lines, as one line.
struct Paragraph {
    chars: Vec<char>,
    /// Where each line begins, in characters.
    starts: Vec<usize>,
    line: u32,
    block: bool,
}

impl Paragraph {
    fn text(&self) -> String {
        self.chars.iter().collect()
    }

    fn line_of(&self, at: usize) -> u32 {
        let before = self.starts.partition_point(|start| *start <= at);
        self.line + u32::try_from(before.saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

fn paragraphs(text: &str) -> Vec<Paragraph> {
    let mut out: Vec<Paragraph> = Vec::new();
    let mut fresh = true;
    for (line, number) in text.split('\n').zip(1_u32..) {
        let quoted = line.trim_start().strip_prefix('>');
        let line = quoted.unwrap_or(line).trim();
        if line.is_empty() {
            fresh = true;
            continue;
        }
        let block = quoted.is_some();
        match out.last_mut() {
            Some(last) if !fresh && last.block == block => {
                last.chars.push(' ');
                last.starts.push(last.chars.len());
                last.chars.extend(line.chars());
            }
            _ => out.push(Paragraph {
                chars: line.chars().collect(),
                starts: vec![0],
                line: number,
                block,
            }),
        }
        fresh = false;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(article: &str) -> Vec<String> {
        quotations(article).into_iter().map(|q| q.text).collect()
    }

    #[test]
    fn marks_of_all_kinds() {
        assert_eq!(
            texts(
                "The memo calls it “a grave mistake,” and says \"the farms below\" would drown; «le lac», „der See“."
            ),
            ["a grave mistake,", "the farms below", "le lac", "der See"]
        );
        assert_eq!(
            texts("It isn't so, said the '90s man. A 6\" pipe."),
            Vec::<String>::new()
        );
        assert_eq!(
            texts("He wrote: ‘The workers’ farms don’t drown.’ Then he left."),
            ["The workers’ farms don’t drown."]
        );
        assert_eq!(
            texts("He wrote: 'We don't agree that the gate be shut.' Then he left."),
            ["We don't agree that the gate be shut."]
        );
    }

    #[test]
    fn quotes_within_quotes_and_over_paragraphs() {
        let all = quotations("“They wrote ‘we do not agree at all’ to him,” she said.");
        assert_eq!(all[0].text, "They wrote ‘we do not agree at all’ to him,");
        assert_eq!(all[0].within, ["we do not agree at all"]);
        assert_eq!(
            texts("It says:\n\n“We do not agree.\n\n“We ask to wait.” That is all."),
            ["We do not agree.\n\nWe ask to wait."]
        );
        assert_eq!(
            texts("It says:\n\n> We do not\n> agree.\n\nSo it ends, “unclosed"),
            ["We do not agree.", "unclosed"]
        );
    }

    #[test]
    fn where_it_stands() {
        let all = quotations("One.\n\nTwo\nthree “four” and\n“five\nsix”.");
        let lines: Vec<u32> = all.iter().map(|q| q.line).collect();
        assert_eq!(lines, [4, 5]);
    }
}
