//! Text that was quoted as mail programs do it: the sign `>` before each line, those between paragraphs, too.

use std::ops::Range;

/// No deeper are quotations within quotations looked for.
const MAX_DEPTH: usize = 16;

/// The text without the signs before its quoted lines, where a line of nothing but the sign divides paragraphs, and where those stand. A quotation of one
/// paragraph is left as it is: memos have such, and whoever compares knows them.
pub(crate) fn unquote(text: String) -> (String, Vec<Range<usize>>) {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut quoted = vec![false; lines.len()];
    for _ in 0..MAX_DEPTH {
        if !strip(&mut lines, &mut quoted) {
            break;
        }
    }
    if !quoted.contains(&true) {
        return (text, Vec::new());
    }
    let mut out = String::with_capacity(text.len());
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (line, quoted) in lines.iter().zip(quoted) {
        let from = out.len();
        out.push_str(line);
        match ranges.last_mut() {
            _ if !quoted => {}
            Some(last) if last.end == from => last.end = out.len(),
            _ => ranges.push(from..out.len()),
        }
    }
    (out, ranges)
}

/// Takes one sign from before each line of every quotation of several paragraphs; whether there was any.
fn strip(lines: &mut [&str], quoted: &mut [bool]) -> bool {
    let mut any = false;
    let mut at = 0;
    while at < lines.len() {
        let run: Vec<&str> = lines[at..]
            .iter()
            .map_while(|line| unsigned(line))
            .collect();
        let end = at + run.len().max(1);
        let says = |line: &&str| !line.chars().all(|c| c == '>' || c.is_whitespace());
        let first = run.iter().position(says);
        let last = run.iter().rposition(says);
        if let (Some(first), Some(last)) = (first, last)
            && !run[first..last].iter().all(says)
        {
            lines[at..end].copy_from_slice(&run);
            quoted[at..end].fill(true);
            any = true;
        }
        at = end;
    }
    any
}

/// A line without its sign; `None` where it has none, or one that a blank does not set apart.
fn unsigned(line: &str) -> Option<&str> {
    let rest = line.strip_prefix('>')?;
    match rest.strip_prefix(' ') {
        Some(rest) => Some(rest),
        None if rest.trim().is_empty() || rest.starts_with('>') => Some(rest),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_paragraphs_lose_their_signs() {
        for (text, plain) in [
            ("> a\n> b\n>\n> c\n", "a\nb\n\nc\n"),
            (
                "He wrote:\r\n> a\r\n>\r\n> b\r\n>\r\nEnd",
                "He wrote:\r\na\r\n\r\nb\r\n\r\nEnd",
            ),
            (">> a\n>>\n>> b", "a\n\nb"),
            ("> > a\n> > \n> > b", "a\n\nb"),
            // What the quoted text quotes stays a quotation.
            ("> a\n>\n> > b\n>\n> c", "a\n\n> b\n\nc"),
        ] {
            assert_eq!(unquote(text.to_owned()).0, plain, "{text:?}");
        }
        for text in [
            "> a\n> b",
            "> a\n\n> b",
            ">\n> 5 stations",
            "> 5 stations\n>",
            ">5\n>\n>6",
            "a > b\n>\nc",
        ] {
            assert_eq!(unquote(text.to_owned()), (text.to_owned(), Vec::new()));
        }
    }
}
