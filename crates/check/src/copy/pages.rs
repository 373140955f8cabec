//! Which lines of a copy are page numbers, also where a page ends within a paragraph.

use std::collections::HashSet;

use crate::copy::source::page_number;

/// The numbers of the lines (from 0, divided at `\n`) that hold a page's number alone and stand directly before or after a page's
/// end (a line that is a form feed), empty lines between left aside, or in a row of such lines that rises by one.
///
/// A lone number that is neither is text: nobody can tell it from one that somebody put in. What is taken for a page's number
/// is told with the verdict, so that none is put in unseen.
pub(crate) fn numbers(text: &str) -> HashSet<usize> {
    let mut lines: Vec<(usize, Line)> = Vec::new();
    for (n, line) in text.split('\n').enumerate() {
        let kind = match page_number(line) {
            _ if line == "\u{c}" => Line::End,
            _ if line.trim().is_empty() => continue,
            Some(number) => Line::Number(number),
            None => Line::Text,
        };
        lines.push((n, kind));
    }
    let mut out = HashSet::new();
    // Of several at pages' ends each must fit another: as many pages lie between them as their numbers say.
    let ends = at_ends(&lines);
    for (n, place) in &ends {
        if ends.len() == 1 || ends.iter().any(|(other, p)| other != n && p == place) {
            out.insert(*n);
        }
    }
    let lone = lines.iter().filter_map(|(n, line)| match line {
        Line::Number(number) => Some((*n, *number)),
        _ => None,
    });
    let lone: Vec<(usize, u32)> = lone.collect();
    for pair in lone.windows(2) {
        let [(a, first), (b, second)] = pair else {
            continue;
        };
        // Right below each other they are a list, or a column of a table.
        let apart = lines
            .iter()
            .any(|(n, line)| a < n && n < b && *line == Line::Text);
        if first.checked_add(1) == Some(*second) && apart {
            out.extend([*a, *b]);
        }
    }
    out
}

/// The lone numbers beside pages' ends: their lines, and how far each is from the number of pages before it.
fn at_ends(lines: &[(usize, Line)]) -> Vec<(usize, i64)> {
    let (mut out, mut pages) = (Vec::new(), 0_i64);
    for (i, (n, line)) in lines.iter().enumerate() {
        match line {
            Line::End => pages += 1,
            Line::Number(number) => {
                let before = i.checked_sub(1).and_then(|i| lines.get(i));
                let beside = [before, lines.get(i + 1)];
                if { beside.into_iter().flatten() }.any(|(_, line)| *line == Line::End) {
                    out.push((*n, i64::from(*number) - pages));
                }
            }
            Line::Text => {}
        }
    }
    out
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// A page ends.
    End,
    Number(u32),
    Text,
}

#[cfg(test)]
mod tests {
    use super::numbers;

    fn sorted(text: &str) -> Vec<usize> {
        let mut out: Vec<usize> = numbers(text).into_iter().collect();
        out.sort_unstable();
        out
    }

    #[test]
    fn numbers_at_the_ends_of_pages_and_in_rows() {
        assert_eq!(sorted("a\n\n7\n\u{c}\nb"), [2]);
        assert_eq!(sorted("a\n\u{c}\n\nPage 7 of 9\nb"), [3]);
        assert_eq!(sorted("a\n- 3 -\nb\n- 4 -\nc\n9"), [1, 3]);
        assert_eq!(sorted("a\n3\nb\n5\nc\n4"), [0_usize; 0]);
        assert_eq!(sorted("a\n3\n4\n5\nb"), [0_usize; 0]);
        assert_eq!(sorted("a\n3\nb"), [0_usize; 0]);
        // Page 100 between the third and the fifth is none.
        let pages =
            |third: &str| format!("a\n2\n\u{c}\nb\n3\n\u{c}\nc\n{third}\n\u{c}\nd\n5\n\u{c}\n");
        assert_eq!(sorted(&pages("4")), [1, 4, 7, 10]);
        assert_eq!(sorted(&pages("100")), [1, 4, 10]);
    }
}
