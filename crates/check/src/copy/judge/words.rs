//! Words as they are counted and shown.

use super::Findings;
use crate::copy::{
    Change, ParagraphState, Run,
    fold::Rules,
    registered::Paragraph,
    slips::{Step, Vocabulary, What, explain},
    source::STROKE,
    token::Token,
};

/// Words shown on each side of a part of a paragraph.
const CONTEXT: usize = 6;

pub(super) fn change_words(change: &Change) -> u64 {
    let words = |t: &str| t.split_whitespace().count() as u64;
    words(&change.registered).max(words(&change.copy)).max(1)
}

/// The registered words `from..to` of a paragraph whose tokens are all there.
pub(super) fn part_of(tokens: &[Token], from: usize, to: usize) -> ParagraphState {
    let words = |range: &[Token]| u32::try_from(count(range)).unwrap_or(u32::MAX);
    ParagraphState::Part {
        from: words(&tokens[..from]) + 1,
        to: words(&tokens[..to]),
        of: words(tokens),
        before: show_registered(&tokens[from.saturating_sub(CONTEXT)..from]),
        after: show_registered(&tokens[to..(to + CONTEXT).min(tokens.len())]),
    }
}

pub(super) fn hidden_words(paragraph: &Paragraph) -> u64 {
    let hidden = paragraph.runs.iter().map(|run| match run {
        Run::Hidden(n) => *n,
        Run::Shown(_) => 0,
    });
    hidden.sum()
}

/// How many words the tokens have, those that are hidden too.
pub(super) fn count(tokens: &[Token]) -> u64 {
    let words = tokens.iter().filter(|t| t.part == 0);
    words.map(|t| t.hidden.max(1)).sum()
}

/// Two short texts of a head.
pub(super) fn head_text(
    registered: &[Token],
    copy: &[Token],
    vocabulary: &Vocabulary,
) -> ParagraphState {
    let keys = |tokens: &[Token]| tokens.iter().map(|t| t.key.clone()).collect::<Vec<_>>();
    let (a, b) = (keys(registered), keys(copy));
    if a == b {
        let mut rules = Rules::NONE;
        for (r, c) in registered.iter().zip(copy) {
            if r.raw != c.raw {
                rules = rules.union(r.rules.union(c.rules));
            }
        }
        return if rules.is_empty() {
            ParagraphState::Identical
        } else {
            ParagraphState::LayoutOnly {
                rules: rules.to_vec(),
            }
        };
    }
    let mut findings = Findings::default();
    changes(&mut findings, registered, copy, vocabulary);
    findings.state()
}

/// The same where words of the registered one are hidden; and how many of the copy's stand there.
pub(super) fn hidden_head_text(
    registered: &[Token],
    copy: &[Token],
    vocabulary: &Vocabulary,
) -> (ParagraphState, u64) {
    let mut findings = Findings::default();
    let unseen = changes(&mut findings, registered, copy, vocabulary);
    let words = registered.iter().map(|token| token.hidden).sum();
    let state = if findings.changes.is_empty() {
        ParagraphState::Hidden { words }
    } else {
        findings.state()
    };
    (state, unseen)
}

/// What differs; how many of the copy's words stand where words are hidden.
fn changes(
    findings: &mut Findings,
    registered: &[Token],
    copy: &[Token],
    vocabulary: &Vocabulary,
) -> u64 {
    let same = |(r, c): &(&Token, &Token)| r.key == c.key && r.hidden == 0;
    let start = registered.iter().zip(copy).take_while(same).count();
    let end = registered[start..]
        .iter()
        .rev()
        .zip(copy[start..].iter().rev())
        .take_while(same)
        .count();
    let behind = [
        registered.get(registered.len() - end),
        copy.get(copy.len() - end),
    ];
    let copy: Vec<&Token> = copy[start..copy.len() - end].iter().collect();
    let registered: Vec<&Token> = registered[start..registered.len() - end].iter().collect();
    let steps = explain(&registered, &copy, vocabulary, None, behind);
    let word = |at: usize| u32::try_from(start + at + 1).unwrap_or(u32::MAX);
    findings.take(&steps, &registered, &copy, &word);
    unseen_words(&steps, &copy)
}

/// How many of the copy's words stand where words are hidden.
pub(super) fn unseen_words(steps: &[Step], copy: &[&Token]) -> u64 {
    let unseen = steps.iter().filter(|step| step.what == What::Unseen);
    let tokens = unseen.flat_map(|step| &copy[step.copy.clone()]);
    tokens.filter(|token| token.part == 0).count() as u64
}

/// Words as they stand, with characters that show nothing or turn the line made visible.
pub(super) fn show<'t>(tokens: impl IntoIterator<Item = &'t Token>) -> String {
    let mut out = String::new();
    let mut last: Option<(u32, u32)> = None;
    for token in tokens {
        // A word that a dash divides shows once.
        if last.replace((token.home, token.word)) == Some((token.home, token.word)) {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        for c in token.raw.chars() {
            let unseen = c.is_control()
                || matches!(c,
                '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
            if c == STROKE {
                out.push_str("\\u{1680}");
            } else if unseen {
                out.extend(c.escape_unicode());
            } else {
                out.push(c);
            }
        }
    }
    out
}

/// The same for registered words, of which some may be hidden.
pub(super) fn show_registered<'t>(tokens: impl IntoIterator<Item = &'t Token>) -> String {
    let tokens: Vec<&Token> = tokens.into_iter().collect();
    let mut parts: Vec<String> = Vec::new();
    for group in tokens.chunk_by(|a, b| a.hidden == 0 && b.hidden == 0) {
        parts.push(match group {
            [one] if one.hidden == 1 => "[1 word hidden]".to_owned(),
            [one] if one.hidden > 1 => format!("[{} words hidden]", one.hidden),
            words => show(words.iter().copied()),
        });
    }
    parts.join(" ")
}
