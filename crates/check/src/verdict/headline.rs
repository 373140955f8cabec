//! The answer in one line.

use std::collections::BTreeSet;

use super::{disclosed, list};
use crate::{
    bundle::{Verified, VersionInfo},
    copy::{
        Comparison, Edge, Overall, ParagraphState, ParagraphVerdict, Place, Truncated,
        source::TITLE,
    },
};

pub(super) fn headline(
    verified: &Verified,
    version: &VersionInfo,
    copy: Option<&Comparison>,
) -> String {
    let (n, latest) = (version.number, verified.latest().number);
    let Some(copy) = copy else {
        return format!("VERIFIED: the record proves this memo, up to version {latest}.");
    };
    let amended = if n < latest { ", amended since" } else { "" };
    match copy.overall {
        Overall::Identical => {
            let lacks = without(verified, n, copy);
            format!("IDENTICAL: the copy is version {n}, word for word{lacks}{amended}.")
        }
        Overall::LayoutOnly => {
            let lacks = without(verified, n, copy);
            let stripped = match copy.markings.iter().filter(|m| m.copy.is_none()).count() {
                0 => String::new(),
                1 => ", and a marking is left out".to_owned(),
                many => format!(", and {many} markings are left out"),
            };
            format!(
                "SAME WORDS: the copy is version {n}{lacks}{amended}; only its layout differs{stripped}."
            )
        }
        Overall::Excerpt => match &copy.truncated {
            Some(truncated) => format!(
                "TRUNCATED: every word of the copy stands so in version {n}{amended}, but it {}.",
                truncated_words(truncated)
            ),
            None => {
                format!("EXCERPT: every word of the copy stands so in version {n}{amended}.")
            }
        },
        Overall::Slips => {
            let what = match &copy.truncated {
                Some(truncated) => format!("it {} and", truncated_words(truncated)),
                None if copy
                    .distances
                    .iter()
                    .any(|d| d.version == n && d.missing > 0) =>
                {
                    "it is a part and".to_owned()
                }
                None => "it".to_owned(),
            };
            format!(
                "SLIPS: the copy is version {n}{amended}, but {what} has {} of retyping.",
                slips(copy.slips)
            )
        }
        Overall::Incomplete => format!(
            "INCOMPLETE: what the copy has stands in version {n}{amended}, but paragraphs between are left out{}.",
            and_slips(copy)
        ),
        Overall::NamesAdded => {
            let names: usize = copy.inserted.iter().map(|i| i.names.len()).sum();
            let names = if names == 1 {
                "a line was added after the text that may be a name".to_owned()
            } else {
                format!("{names} lines were added after the text that may be names")
            };
            format!(
                "NAMES ADDED: the copy is version {n}{amended}, and {names}; no registered text has names{}.",
                and_slips(copy)
            )
        }
        Overall::Mixed => {
            let mut versions: Vec<u32> = { copy.mixture.iter() }
                .filter_map(|source| {
                    // Of several that have it so the nearest says most.
                    let nearest = source.versions.iter().find(|v| **v == n);
                    nearest.or(source.versions.first()).copied()
                })
                .collect();
            versions.sort_unstable();
            versions.dedup();
            let versions: Vec<String> = versions.iter().map(u32::to_string).collect();
            format!(
                "MIXED: the copy has paragraphs of versions {}, and is none of them{}.",
                list(&versions),
                and_slips(copy)
            )
        }
        Overall::Altered => {
            let d = copy
                .distances
                .iter()
                .find(|d| d.version == n)
                .map_or(0, |d| d.different);
            if copy.letter_case && d == 0 {
                return format!(
                    "ALTERED: letter case differs throughout; else every word of the copy stands so in version {n}{amended}{}.",
                    and_slips(copy)
                );
            }
            let case = if copy.letter_case {
                ", and letter case throughout"
            } else {
                ""
            };
            format!(
                "ALTERED: the copy is nearest to version {n}, but {}{case}{}.",
                differences(copy, d),
                and_slips(copy)
            )
        }
        Overall::NotComparable if !copy.doubts.is_empty() => format!(
            "NOT COMPARABLE: the text is that of version {n}, but the file may show something else."
        ),
        Overall::NotComparable => format!(
            "UNDECIDED: what is shown of version {n} agrees, but {} words stand where it is hidden.",
            copy.not_compared
        ),
        Overall::NotShown => format!(
            "UNDECIDED: nothing of the copy stands in what the bundle shows; {}.",
            hidden_words(verified)
        ),
        Overall::NotFound => "NOT FOUND: no registered version has this text.".to_owned(),
    }
}

/// What of the head a copy without one lacks; its body is whole.
fn without(verified: &Verified, version: u32, copy: &Comparison) -> String {
    let has = |place: &Place| copy.paragraphs.iter().any(|p| p.place == *place);
    let texts = verified.texts();
    let text = texts.iter().find(|text| text.version == version);
    let lost = text.iter().flat_map(|text| &text.paragraphs);
    let lost: Vec<&str> = lost
        .filter(|paragraph| !has(&paragraph.place))
        .filter_map(|paragraph| match &paragraph.place {
            Place::Head(name) => Some(name.as_str()),
            Place::Paragraph(_) => None,
        })
        .collect();
    let points: BTreeSet<&str> = { lost.iter() }
        .filter_map(|name| name.strip_prefix("point ")?.split(',').next())
        .collect();
    let mut parts = Vec::new();
    if lost.contains(&TITLE) {
        parts.push("title".to_owned());
    }
    match points.len() {
        0 => {}
        1 => parts.push("point".to_owned()),
        many => parts.push(format!("{many} points")),
    }
    if parts.is_empty() {
        return String::new();
    }
    format!(", without its {}", list(&parts))
}

/// What differs, each kind by itself, so that no number says more than it counts.
fn differences(copy: &Comparison, different: u64) -> String {
    let of = |is: fn(&ParagraphState) -> bool| {
        let there = copy.paragraphs.iter().filter(|p| is(&p.verdict));
        let head = |p: &&ParagraphVerdict| matches!(p.place, Place::Head(_));
        (
            there.clone().count() as u64,
            there.filter(head).count() as u64,
        )
    };
    let (moved, _) = of(|state| matches!(state, ParagraphState::Moved { .. }));
    let (_, lost) = of(|state| matches!(state, ParagraphState::Missing));
    let markings = copy.markings.iter().filter(|m| m.copy.is_some()).count() as u64;
    let elsewhere = { copy.distances.iter() }
        .find(|d| Some(d.version) == copy.nearest)
        .map_or(0, |d| d.moved);
    // A text of the head that is lost and a marking that is another count as a word each.
    let words = different.saturating_sub(elsewhere + lost + markings);
    let mut altered =
        { copy.paragraphs.iter() }.filter(|p| matches!(p.verdict, ParagraphState::Altered { .. }));
    let place = match (altered.next(), altered.next()) {
        (Some(one), None) if copy.inserted.is_empty() => format!(" in {}", one.place),
        _ => String::new(),
    };
    let mut parts = Vec::new();
    let mut say = |n: u64, one: &str, many: &str| match n {
        0 => {}
        1 => parts.push(one.to_owned()),
        n => parts.push(format!("{n} {many}")),
    };
    say(
        words,
        &format!("1 word differs{place}"),
        &format!("words differ{place}"),
    );
    say(
        moved,
        "1 paragraph stands elsewhere",
        "paragraphs stand elsewhere",
    );
    say(
        lost,
        "1 text of the head is missing",
        "texts of the head are missing",
    );
    say(markings, "1 marking differs", "markings differ");
    if parts.is_empty() {
        return format!("{different} words differ");
    }
    list(&parts)
}

/// How much of which version the bundle hides.
pub(super) fn hidden_words(verified: &Verified) -> String {
    let mut parts = Vec::new();
    let mut one = false;
    for version in &verified.versions {
        match disclosed(version) {
            Some(line) if line.hidden == 0 => {}
            Some(line) => {
                one = line.hidden == 1;
                let s = if one { "" } else { "s" };
                parts.push(format!(
                    "{} word{s} of version {}",
                    line.hidden, line.version
                ));
            }
            None => {
                one = true;
                parts.push(format!("all of version {}", version.number));
            }
        }
    }
    let is = if one && parts.len() == 1 { "is" } else { "are" };
    format!("{} {is} hidden", list(&parts))
}

fn slips(n: u64) -> String {
    if n == 1 {
        "1 slip".to_owned()
    } else {
        format!("{n} slips")
    }
}

fn and_slips(copy: &Comparison) -> String {
    if copy.slips == 0 {
        return String::new();
    }
    format!("; {} of retyping beside", slips(copy.slips))
}

fn truncated_words(truncated: &Truncated) -> String {
    let at = |edge: &Edge| format!("in {}, at word {} of {}", edge.place, edge.word, edge.of);
    let begins = truncated.begins.as_ref().map(|edge| {
        if edge.word == 1 {
            format!("begins only at {}", edge.place)
        } else {
            format!("begins only {}", at(edge))
        }
    });
    let ends = truncated.ends.as_ref().map(|edge| {
        if edge.word == edge.of {
            format!("ends after {}", edge.place)
        } else {
            format!("ends {}", at(edge))
        }
    });
    let both: Vec<String> = begins.into_iter().chain(ends).collect();
    both.join(" and ")
}
