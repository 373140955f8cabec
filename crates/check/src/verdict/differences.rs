//! What the copy's paragraphs are, as rows of the page.

use std::collections::BTreeMap;

use super::{
    MAX_DIFFERENCES,
    layout::{COPY, IN_JSON, Page, difference_lines, doubt_line},
    list, shorten,
};
use crate::copy::{Comparison, Overall, ParagraphState, Place, Slip};

/// The most page lines that are shown; the rest are counted.
const MAX_DROPPED: usize = 12;

/// What the copy's paragraphs are; how many differences there are.
pub(super) fn differences(page: &mut Page, copy: &Comparison) -> usize {
    let count = |is: &dyn Fn(&ParagraphState) -> bool| {
        let body = copy
            .paragraphs
            .iter()
            .filter(|p| matches!(p.place, Place::Paragraph(_)));
        (
            body.clone().filter(|p| is(&p.verdict)).count(),
            body.count(),
        )
    };
    let same = |p: &ParagraphState| {
        matches!(
            p,
            ParagraphState::Identical | ParagraphState::LayoutOnly { .. }
        )
    };
    let (same, all) = count(&same);
    let mut label = COPY;
    if all > 0 && (same > 0 || copy.overall != Overall::Excerpt) {
        page.row(
            label,
            &format!("{same} of {all} paragraphs word for word as registered"),
        );
        label = "";
    }
    let doubts = copy.doubts.iter().map(doubt_line);
    let lines: Vec<String> = if copy.overall == Overall::NotComparable {
        doubts.chain(difference_lines(copy)).collect()
    } else {
        difference_lines(copy).into_iter().chain(doubts).collect()
    };
    for line in lines.iter().take(MAX_DIFFERENCES) {
        page.row(label, line);
        label = "";
    }
    if lines.len() > MAX_DIFFERENCES {
        page.row(
            "",
            &format!(
                "... and {} more differences{IN_JSON}",
                lines.len() - MAX_DIFFERENCES
            ),
        );
    }
    if !copy.also.is_empty() {
        let others: Vec<String> = copy.also.iter().map(u32::to_string).collect();
        page.row(
            "",
            &format!("it stands so in version {} too", list(&others)),
        );
    }
    let rules = slip_rules(copy);
    if !rules.is_empty() {
        page.row("Slips", &rules);
    }
    let others = others(copy);
    if !others.is_empty() {
        page.row("Not so near", &others);
    }
    if !copy.disregarded.is_empty() {
        let rules: Vec<String> = copy.disregarded.iter().map(ToString::to_string).collect();
        page.row("Disregarded", &rules.join(", "));
    }
    if !copy.dropped.is_empty() {
        page.row("Page lines", &dropped(&copy.dropped));
    }
    lines.len()
}

/// The page numbers and banners that were disregarded. Rows of plain numbers that rise by one go together, after all others: what
/// stands out is seen first.
fn dropped(lines: &[String]) -> String {
    let number = |line: &String| line.parse::<u32>().ok();
    let follows = |a: &String, b: &String| {
        let next = number(a).and_then(|n| n.checked_add(1));
        next.is_some() && next == number(b)
    };
    let (mut rows, mut others) = (Vec::new(), BTreeMap::<&str, u64>::new());
    for row in lines.chunk_by(follows) {
        match row {
            [first, .., last] if row.len() > 2 => rows.push(format!("{first} to {last}")),
            _ => {
                for line in row {
                    *others.entry(line).or_default() += 1;
                }
            }
        }
    }
    let others = others.into_iter().map(|(line, n)| {
        let times = if n > 1 {
            format!(" ({n} times)")
        } else {
            String::new()
        };
        format!("\"{}\"{times}", shorten(line, 48))
    });
    let mut all: Vec<String> = others.chain(rows).collect();
    let more = all.len().saturating_sub(MAX_DROPPED);
    all.truncate(MAX_DROPPED);
    if more > 0 {
        all.push(format!("{more} more (--json has all)"));
    }
    all.join(", ")
}

/// How often each rule of slips was needed.
fn slip_rules(copy: &Comparison) -> String {
    let mut counts: BTreeMap<Slip, u64> = BTreeMap::new();
    for paragraph in &copy.paragraphs {
        if let ParagraphState::Altered { changes }
        | ParagraphState::Slips { changes }
        | ParagraphState::Moved { changes } = &paragraph.verdict
        {
            for slip in changes.iter().flat_map(|change| &change.slips) {
                *counts.entry(*slip).or_default() += 1;
            }
        }
    }
    let words = counts
        .iter()
        .map(|(slip, n)| format!("{} ({n})", slip.describe()));
    words.collect::<Vec<_>>().join(", ")
}

/// How far the copy is from each version but the nearest.
fn others(copy: &Comparison) -> String {
    let other = copy
        .distances
        .iter()
        .filter(|d| Some(d.version) != copy.nearest && !copy.also.contains(&d.version));
    let words = other.map(|d| {
        if !d.found && d.hidden > 0 {
            return format!("version {}: nothing in what is shown of it", d.version);
        }
        if !d.found {
            return format!("version {}: another text", d.version);
        }
        let s = if d.different == 1 { "" } else { "s" };
        let missing = if d.missing > 0 {
            format!(", {} missing", d.missing)
        } else {
            String::new()
        };
        format!(
            "version {}: {} word{s} differ{}{missing}",
            d.version,
            d.different,
            if s.is_empty() { "s" } else { "" }
        )
    });
    words.collect::<Vec<_>>().join("; ")
}
