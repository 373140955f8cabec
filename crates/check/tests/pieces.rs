//! Copies that are cut off, mixed from versions, divided otherwise, or have names after the text.

mod common;

use demur_check::copy::{Comparison, CopyText, Overall, ParagraphState, Place, Text, compare};
use demur_memo::Memo;

use common::{kinds, rules};

const TEXT: &str = "+++
title = \"(U) On the closing of the Lower Sluice\"
+++

(SBU) We do not agree that the Lower Sluice can be closed without harm to the 1,200 farms below it.

(U) The survey of 1998 found the dam sound and asked for ten days of watching in each spring.

(U) We ask that the keeper be paid and the gate be kept until the water falls.

(SBU) We can't see why the Ministry hurries. It should wait, and then ask again in the towns.

(U) The towns have offered to bear a third of the cost, which was not answered in two years.
";

fn memo(text: &str) -> Memo {
    Memo::parse(text, &rules()).unwrap()
}

fn versions() -> [Text; 2] {
    let second = TEXT
        .replace("ten days of watching", "fourteen days of measuring")
        .replace("a third of the cost", "half of the cost");
    [
        Text::of_memo(1, &memo(TEXT)),
        Text::of_memo(2, &memo(&second)),
    ]
}

fn blocks(version: &Text) -> Vec<String> {
    let body = version.paragraphs.iter();
    body.filter(|p| matches!(p.place, Place::Paragraph(_)))
        .map(|p| format!("({}) {}", p.marking.as_deref().unwrap_or(""), p.to_text()))
        .collect()
}

fn check(copy: &str) -> Comparison {
    compare(&CopyText::parse(copy.as_bytes()).unwrap(), &versions(), &[])
}

#[test]
fn two_versions_mixed() {
    let [first, second] = versions();
    let (first, second) = (blocks(&first), blocks(&second));
    // Paragraph 2 as in version 1, all else as in version 2.
    let mut mixed = second.clone();
    mixed[1].clone_from(&first[1]);
    let verdict = check(&mixed.join("\n\n"));
    assert_eq!(verdict.overall, Overall::Mixed, "{:?}", kinds(&verdict));
    let of: Vec<(String, Vec<u32>)> = { verdict.mixture.iter() }
        .map(|s| (s.place.to_string(), s.versions.clone()))
        .collect();
    assert_eq!(
        of,
        [
            ("paragraph 1".to_owned(), vec![2, 1]),
            ("paragraph 2".to_owned(), vec![1]),
            ("paragraph 3".to_owned(), vec![2, 1]),
            ("paragraph 4".to_owned(), vec![2, 1]),
            ("paragraph 5".to_owned(), vec![2]),
        ]
    );
    // The same with slips is mixed, too.
    let verdict = check(&mixed.join("\n\n").replace("survey", "survcy"));
    assert_eq!(
        (verdict.overall, verdict.slips),
        (Overall::Mixed, 1),
        "{:?}",
        kinds(&verdict)
    );
    // With a word changed beside, it is altered, and still said to be mixed.
    let verdict = check(&mixed.join("\n\n").replace("the keeper", "no keeper"));
    assert_eq!(verdict.overall, Overall::Altered);
    assert_eq!(verdict.mixture.len(), 5);
    assert!(
        verdict.mixture[2].versions.is_empty(),
        "{:?}",
        verdict.mixture
    );
    // Each version alone is not mixed.
    for (blocks, n) in [(first, 1), (second, 2)] {
        let verdict = check(&blocks.join("\n\n"));
        assert_eq!(
            (verdict.overall, verdict.nearest),
            (Overall::Identical, Some(n))
        );
        assert!(verdict.mixture.is_empty());
    }
}

#[test]
fn copies_that_are_cut_off() {
    let all = blocks(&versions()[1]);
    let text = all.join("\n\n");
    let end = text.find("wait, and").unwrap();
    let verdict = check(&text[..end]);
    assert_eq!(verdict.overall, Overall::Excerpt, "{:?}", kinds(&verdict));
    let cut = verdict.truncated.unwrap();
    assert_eq!(cut.begins, None);
    let ends = cut.ends.unwrap();
    assert_eq!(
        (ends.place, ends.word, ends.of),
        (Place::Paragraph(4), 9, 17)
    );
    // It begins in the middle.
    let start = text.find("found the dam").unwrap();
    let verdict = check(&text[start..]);
    assert_eq!(verdict.overall, Overall::Excerpt, "{:?}", kinds(&verdict));
    let cut = verdict.truncated.unwrap();
    assert_eq!(cut.ends, None);
    let begins = cut.begins.unwrap();
    assert_eq!(
        (begins.place, begins.word, begins.of),
        (Place::Paragraph(2), 5, 18)
    );
    // One paragraph is an excerpt, and a copy that lacks one in the middle is incomplete.
    assert_eq!(check(&all[2]).truncated, None);
    let verdict = check(
        &[&all[0], &all[1], &all[3], &all[4]]
            .map(String::as_str)
            .join("\n\n"),
    );
    assert_eq!(
        verdict.overall,
        Overall::Incomplete,
        "{:?}",
        kinds(&verdict)
    );
    assert_eq!(verdict.truncated, None);
}

#[test]
fn names_after_the_text() {
    let text = blocks(&versions()[1]).join("\n\n");
    for (list, names) in [
        ("Signed:\n\nAnna Weir\nJ. B. Furrow\nMaria van der Laan", 3),
        ("Anna Weir, Josef B. Furrow, Maria van der Laan", 3),
        ("/s/ Anna Weir", 1),
        ("WEIR", 1),
        (
            "1. Anna Weir, Consul General\n2. Josef Furrow, Political Officer",
            2,
        ),
    ] {
        let verdict = check(&format!("{text}\n\n{list}\n"));
        assert_eq!(
            verdict.overall,
            Overall::NamesAdded,
            "{list}: {:?}",
            verdict.inserted
        );
        let told: usize = verdict.inserted.iter().map(|i| i.names.len()).sum();
        assert_eq!(told, names, "{list}: {:?}", verdict.inserted);
        assert_eq!(verdict.distances[1].different, 0);
    }
    // Right below the last line.
    for (list, names) in [("BLOOD", 1), ("Anna Weir\nJosef Furrow", 2)] {
        let verdict = check(&format!("{text}\n{list}\n"));
        assert_eq!(verdict.overall, Overall::NamesAdded, "{list}: {verdict:?}");
        let told: usize = verdict.inserted.iter().map(|i| i.names.len()).sum();
        assert_eq!(told, names);
    }
    let verdict = check(&format!("{text}\nand Anna Weir agreed\n"));
    assert_eq!(verdict.overall, Overall::Altered);
    for list in [
        "The keeper was paid by the builders.",
        "Approved without changes",
        "Anna Weir\nwas not asked",
        "Anna Weir signed 1,200 times",
        "Water Falls",
    ] {
        let verdict = check(&format!("{text}\n\n{list}\n"));
        assert_eq!(
            verdict.overall,
            Overall::Altered,
            "{list}: {:?}",
            verdict.inserted
        );
    }
    // Names before the text are text.
    let verdict = check(&format!("Anna Weir\n\n{text}\n"));
    assert_eq!(verdict.overall, Overall::Altered);
}

#[test]
fn paragraphs_split_and_joined() {
    let text = blocks(&versions()[1]).join("\n\n");
    let verdict = check(&text.replace("hurries. It", "hurries.\n\nIt"));
    assert_eq!(verdict.overall, Overall::LayoutOnly);
    let division = verdict.paragraphs.iter().find_map(|p| p.division.clone());
    assert_eq!(division.unwrap().blocks, 2);
    let verdict = check(&text.replace("spring.\n\n(U) We", "spring. We"));
    assert_eq!(
        verdict.overall,
        Overall::LayoutOnly,
        "{:?}",
        kinds(&verdict)
    );
    let joined: Vec<_> = { verdict.paragraphs.iter() }
        .filter_map(|p| Some((p.place.clone(), p.division.clone()?.joined)))
        .collect();
    assert_eq!(
        joined,
        [
            (Place::Paragraph(2), vec![Place::Paragraph(3)]),
            (Place::Paragraph(3), vec![Place::Paragraph(2)])
        ]
    );
}

#[test]
fn a_paragraph_moved_and_changed() {
    let mut all = blocks(&versions()[1]);
    let moved = all.remove(1).replace("survey", "survcy");
    all.push(moved.replace("sound", "rotten"));
    let verdict = check(&all.join("\n\n"));
    assert_eq!(verdict.overall, Overall::Altered);
    let changes = verdict.paragraphs.iter().find_map(|p| match &p.verdict {
        ParagraphState::Moved { changes } => Some(changes.clone()),
        _ => None,
    });
    let changes = changes.unwrap();
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(!changes[0].slips.is_empty() && changes[1].slips.is_empty());
    assert!(verdict.inserted.is_empty());
}
