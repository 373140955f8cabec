//! A list's items. The content root commits to words, not to lines: where an item begins is told from its sign.

/// An item.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// `-`, `*`, `+`, `1.`, `1)`; none where it is hidden.
    pub(crate) sign: Option<String>,
    pub(crate) text: String,
    /// Whether it stands within another.
    pub(crate) inner: bool,
}

/// The items of a list's words; `marking` goes before the first one's.
///
/// An item begins at the sign that the list begins with, or at the number that follows the last one's. Within an item
/// another sign begins one only after punctuation: else it is a dash.
pub(crate) fn items(marking: String, words: &str) -> Vec<Item> {
    let all: Vec<&str> = words.split(' ').collect();
    let Some(mut sign) = all.first().filter(|w| is_sign(w)).map(|w| (*w).to_owned()) else {
        let text = format!("{marking}{words}");
        return vec![Item {
            sign: None,
            text,
            inner: false,
        }];
    };
    let mut next = following(&sign);
    let mut items: Vec<Item> = Vec::new();
    let mut text: Vec<&str> = Vec::new();
    let mut inner = false;
    let mut put = |sign: &str, text: &mut Vec<&str>, inner| {
        let marking = if items.is_empty() {
            marking.as_str()
        } else {
            ""
        };
        items.push(Item {
            sign: Some(sign.to_owned()),
            text: format!("{marking}{}", text.join(" ")).trim_end().to_owned(),
            inner,
        });
        text.clear();
    };
    for (i, word) in all.iter().enumerate().skip(1) {
        let outer = *word == next;
        let closed = all[i - 1].ends_with(['.', ';', ':', ',']);
        if outer || (closed && matches!(*word, "-" | "*" | "+")) {
            put(&sign, &mut text, inner);
            sign = (*word).to_owned();
            inner = !outer;
            if outer {
                next = following(word);
            }
        } else {
            text.push(word);
        }
    }
    put(&sign, &mut text, inner);
    items
}

/// Whether the line begins with a sign.
pub(crate) fn begins(line: &str) -> bool {
    sign(line).is_some()
}

/// The sign that a line begins with, and the rest.
pub(crate) fn sign(line: &str) -> Option<(&str, &str)> {
    let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
    is_sign(sign).then(|| (sign, rest.trim_start()))
}

fn is_sign(word: &str) -> bool {
    matches!(word, "-" | "*" | "+") || number(word).is_some()
}

/// What the next item begins with.
fn following(sign: &str) -> String {
    match number(sign) {
        Some((n, end)) => format!("{}{end}", n + 1),
        None => sign.to_owned(),
    }
}

fn number(word: &str) -> Option<(u64, &str)> {
    let digits = word.strip_suffix(['.', ')'])?;
    let plain = (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let end = &word[digits.len()..];
    if !plain {
        return None;
    }
    Some((digits.parse().ok()?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &str) -> Vec<String> {
        let item = |item: Item| {
            let inner = if item.inner { "  " } else { "" };
            format!("{inner}{}|{}", item.sign.unwrap_or_default(), item.text)
        };
        items("(U) ".to_owned(), words)
            .into_iter()
            .map(item)
            .collect()
    }

    #[test]
    fn items_begin_at_their_signs() {
        assert_eq!(told("- one two - three"), ["-|(U) one two", "-|three"]);
        assert_eq!(
            told("1. in 1998 - a dry year 2. ask: - him; - her. 3. 5. go"),
            [
                "1.|(U) in 1998 - a dry year",
                "2.|ask:",
                "  -|him;",
                "  -|her.",
                "3.|5. go"
            ]
        );
        assert_eq!(told("7) a 9) b"), ["7)|(U) a 9) b"]);
        assert_eq!(told("[3 words hidden] - a"), ["|(U) [3 words hidden] - a"]);
        assert_eq!(told("-"), ["-|(U)"]);
        assert_eq!(told("é b"), ["|(U) é b"]);
    }
}
