//! What the copy's paragraphs are, as rows of the page.

use std::collections::BTreeMap;

use super::{
    MAX_DIFFERENCES,
    layout::{Page, difference_lines, doubt_line},
    list,
};
use crate::copy::{Comparison, Overall, ParagraphState, Place, Slip};

/// What the copy's paragraphs are.
pub(super) fn differences(page: &mut Page, copy: &Comparison) {
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
    let mut label = "Copy";
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
            &format!("... and {} more differences", lines.len() - MAX_DIFFERENCES),
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
