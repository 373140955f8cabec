//! The copy beside the registered text: both can be read out of the marked paragraphs, word by word.

mod common;

use demur_check::{
    copy::{Comparison, CopyText, Place, Text, compare},
    verdict::marked::{Mark, Marked, Piece, marked},
};
use demur_memo::Memo;
use proptest::prelude::*;

use common::rules;

const TEXT: &str = "+++
title = \"(U) On the gauging stations\"
+++

(SBU) Nine stations on the upper river are to close before the winter, and nobody asked the people who read them.

(U) Seven floods out of nine were seen by these stations first, two days before the town had water in its streets.

(U) The saving is forty thousand a year; one flood that comes unseen costs more than the stations did since they were built.
";

fn version() -> Text {
    Text::of_memo(1, &Memo::parse(TEXT, &rules()).unwrap())
}

fn view(copy: &str) -> (Comparison, Vec<Marked>) {
    let text = version();
    let copy = CopyText::parse(copy.as_bytes()).unwrap();
    let comparison = compare(&copy, std::slice::from_ref(&text), &[]);
    let view = marked(&comparison, &text);
    (comparison, view)
}

/// The registered words and the copy's, as the pieces have them.
fn read(pieces: &[Piece]) -> (String, String) {
    let (mut registered, mut copy): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Same(text) => {
                registered.push(text);
                copy.push(text);
            }
            Piece::Absent(text) => registered.push(text),
            Piece::Change {
                registered: r,
                copy: c,
                ..
            } => {
                registered.push(r);
                copy.push(c);
            }
            other => panic!("{other:?}"),
        }
    }
    let join = |parts: Vec<&str>| {
        let words = parts.into_iter().flat_map(str::split_whitespace);
        words.collect::<Vec<_>>().join(" ")
    };
    (join(registered), join(copy))
}

fn paragraphs() -> Vec<String> {
    let body = TEXT.splitn(3, "+++\n").nth(2).unwrap().trim();
    body.split("\n\n").map(str::to_owned).collect()
}

/// A paragraph without its marking.
fn words(paragraph: &str) -> Vec<String> {
    let (_, text) = paragraph.split_once(") ").unwrap();
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn each_letter_is_another() {
    let mut letters: Vec<char> = Mark::ALL.iter().map(|mark| mark.letter()).collect();
    letters.sort_unstable();
    letters.dedup();
    assert_eq!(letters.len(), Mark::ALL.len());
}

#[test]
fn what_was_put_in_and_left_out_stands_in_its_place() {
    let all = paragraphs();
    let copy = format!(
        "{}\n\nNothing of the kind was ever said by anybody at all in this office.\n\n{}\n",
        all[0], all[2]
    );
    let (_, view) = view(&copy);
    let body: Vec<(Option<&Place>, Mark)> = view
        .iter()
        .filter(|m| !matches!(m.place, Some(Place::Head(_))))
        .map(|m| (m.place.as_ref(), m.mark))
        .collect();
    let first = Place::Paragraph(1);
    assert_eq!(body[0], (Some(&first), Mark::Identical));
    assert!(
        body.iter()
            .any(|(place, mark)| place.is_none() && *mark == Mark::New),
        "{body:?}"
    );
    let second = Place::Paragraph(2);
    assert!(body.contains(&(Some(&second), Mark::Missing)), "{body:?}");
}

#[test]
fn a_part_shows_what_surrounds_it() {
    let all = words(&paragraphs()[1]);
    let (_, view) = view(&all[3..12].join(" "));
    let part = view.iter().find(|m| m.mark == Mark::Part).unwrap();
    let (registered, copy) = read(&part.pieces);
    assert_eq!(registered, all.join(" "));
    assert_eq!(copy, all[3..12].join(" "));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn both_texts_can_be_read_out(
        at in any::<prop::sample::Index>(),
        edit in 0..3_usize,
        new in "[bcdfg]{5,9}",
    ) {
        let mut all = paragraphs();
        let mut changed = words(&all[1]);
        // Not at an edge: there a copy may as well be cut off.
        let at = 2 + at.index(changed.len() - 4);
        match edit {
            0 => changed[at] = new,
            1 => { changed.remove(at); }
            _ => changed.insert(at, new),
        }
        let registered = words(&all[1]).join(" ");
        all[1] = format!("(U) {}", changed.join(" "));
        let (comparison, view) = view(&all.join("\n\n"));
        let paragraph = view.iter().find(|m| m.place == Some(Place::Paragraph(2))).unwrap();
        prop_assert_eq!(paragraph.mark, Mark::Altered, "{:?}", comparison);
        let (left, right) = read(&paragraph.pieces);
        prop_assert_eq!(left, registered);
        prop_assert_eq!(right, changed.join(" "));
    }
}
