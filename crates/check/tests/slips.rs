//! Slips of retyping, and what is never one.

mod common;

use demur_check::copy::{
    Because, Change, CopyText, Overall, ParagraphState, Place, Slip, Text, compare,
};
use demur_memo::Memo;
use proptest::prelude::*;

use common::{dissents, kinds, memo_of, rules};

const TEXT: &str = "+++
title = \"(U) On the modern form of government\"
+++

(SBU) The government can now form a modern ministry from the burnt records of the café, which is well-known and co-operative.

(U) The officials of the district did not accept the return of the 1,200 families, nor would the committee in any case alone.

(U) Ambassador Bruce, the Prime Minister of Sandrana and Mr. Farland met in the Ministry; it was the modern way.

(U) There may be a notable difference; the others ask for an apartment that is nowhere to be had.
";

fn versions() -> [Text; 1] {
    [Text::of_memo(1, &Memo::parse(TEXT, &rules()).unwrap())]
}

fn body() -> &'static str {
    TEXT.splitn(3, "+++\n").nth(2).unwrap().trim_start()
}

fn check(copy: &str, versions: &[Text]) -> demur_check::copy::Comparison {
    compare(&CopyText::parse(copy.as_bytes()).unwrap(), versions, &[])
}

fn changes(comparison: &demur_check::copy::Comparison) -> Vec<Change> {
    let all = comparison.paragraphs.iter();
    all.flat_map(|p| match &p.verdict {
        ParagraphState::Altered { changes }
        | ParagraphState::Slips { changes }
        | ParagraphState::Moved { changes } => changes.clone(),
        _ => Vec::new(),
    })
    .collect()
}

#[test]
fn each_slip_by_its_rule() {
    for (from, to, slip) in [
        ("government", "govemment", Slip::Lookalikes),
        ("ministry", "mlnistry", Slip::Lookalikes),
        ("ministry", "m1nistry", Slip::Lookalikes),
        ("records", "rec0rds", Slip::Lookalikes),
        ("records", "recorcls", Slip::Lookalikes),
        ("well-known", "vvell-known", Slip::Lookalikes),
        ("committee", "cornmittee", Slip::Lookalikes),
        ("families", "farnilies", Slip::Lookalikes),
        ("café", "cafe", Slip::Accents),
        ("officials", "oficials", Slip::Ligatures),
        ("officials", "o?cials", Slip::Ligatures),
        ("difference", "diference", Slip::Ligatures),
        ("of the district", "ofthe district", Slip::Spacing),
        ("ministry from", "minis try from", Slip::Spacing),
        ("well-known", "wellknown", Slip::Hyphens),
        ("well-known", "well known", Slip::Hyphens),
        ("café, which", "café which", Slip::Punctuation),
        ("Mr. Farland", "Mr Farland", Slip::Punctuation),
        ("Ministry; it", "Ministry: it", Slip::Punctuation),
        ("committee", "comittee", Slip::Typing),
        ("district", "distrcit", Slip::Typing),
    ] {
        let verdict = check(&body().replacen(from, to, 1), &versions());
        let changes = changes(&verdict);
        assert_eq!(
            (verdict.overall, verdict.slips),
            (Overall::Slips, 1),
            "{to}: {changes:?} {:?}",
            verdict.inserted
        );
        assert_eq!(verdict.distances[0].different, 0, "{to}");
        assert_eq!(changes.len(), 1, "{to}: {changes:?}");
        assert_eq!(changes[0].slips, [slip], "{to}: {changes:?}");
    }
}

#[test]
fn what_is_never_a_slip() {
    for (from, to, because) in [
        // Words that are words.
        ("modern ministry", "modem ministry", Some(Because::Word)),
        ("may be a", "maybe a", Some(Because::Word)),
        ("form a", "from a", None),
        ("others ask", "others tsk", None),
        ("accept", "except", Some(Because::Negation)),
        ("it was", "it is", None),
        ("Prime Minister", "prime Minister", None),
        ("can now", "can not", Some(Because::Negation)),
        ("nor would", "not would", Some(Because::Negation)),
        ("nor would", "no would", Some(Because::Negation)),
        ("did not accept", "did accept", Some(Because::Negation)),
        ("did not accept", "did n0t accept", Some(Because::Negation)),
        ("can now", "cannot now", Some(Because::Negation)),
        ("a notable", "a not able", Some(Because::Negation)),
        ("nowhere", "now here", Some(Because::Negation)),
        ("1,200", "1200", Some(Because::Number)),
        ("1,200", "l,200", Some(Because::Number)),
        ("1,200", "1.200", Some(Because::Number)),
        ("1,200", "(1,200)", Some(Because::Number)),
        ("1,200", ".1,200", Some(Because::Number)),
        ("1,200", "$1,200", Some(Because::Number)),
        ("Bruce,", "Grace,", Some(Because::Name)),
        ("Farland", "Garland", Some(Because::Name)),
        ("Farland", "Parland", Some(Because::Name)),
        ("Farland", "Fortland", Some(Because::Name)),
        ("records", "r\u{435}cords", Some(Because::Script)),
        ("records", "ｒecords", Some(Because::Script)),
    ] {
        let verdict = check(&body().replacen(from, to, 1), &versions());
        let changes = changes(&verdict);
        assert_eq!(verdict.overall, Overall::Altered, "{to}: {changes:?}");
        assert_eq!(changes.len(), 1, "{to}: {changes:?}");
        assert!(changes[0].slips.is_empty(), "{to}: {changes:?}");
        assert_eq!(changes[0].because, because, "{to}: {changes:?}");
    }
}

#[test]
fn a_rarer_word_in_the_place_of_another_is_no_slip() {
    for (from, to) in [
        ("prescribed", "proscribed"),
        ("prescribes", "proscribes"),
        ("accidental", "occidental"),
        ("exercised", "exorcised"),
    ] {
        let text = format!(
            "+++\ntitle = \"(U) On the law\"\n+++\n\n(U) What the law {from} in these cases has not been told to anybody in the district.\n"
        );
        let versions = [Text::of_memo(1, &Memo::parse(&text, &rules()).unwrap())];
        let body = text.splitn(3, "+++\n").nth(2).unwrap();
        let verdict = check(&body.replace(from, to), &versions);
        assert_eq!(verdict.overall, Overall::Altered, "{to}");
        assert_eq!(changes(&verdict)[0].because, Some(Because::Word), "{to}");
    }
}

#[test]
fn a_change_among_slips_is_told_apart() {
    let copy = body()
        .replace("government", "govemment")
        .replace("did not accept", "did accept")
        .replace("officials", "oficials")
        .replace("the Ministry", "tbe Ministry")
        .replace("(SBU)", "(S8U)");
    let verdict = check(&copy, &versions());
    assert_eq!(verdict.overall, Overall::Altered);
    assert_eq!((verdict.slips, verdict.distances[0].different), (4, 1));
    let grave: Vec<Change> = changes(&verdict)
        .into_iter()
        .filter(|c| c.slips.is_empty())
        .collect();
    assert_eq!(grave.len(), 1);
    assert_eq!(grave[0].registered, "not");
    assert!(verdict.markings.is_empty());

    // A slip in the first word hides no change of the marking.
    let copy = body().replace("(SBU) The", "(U) Tbe");
    let verdict = check(&copy, &versions());
    assert_eq!(verdict.overall, Overall::Altered, "{:?}", kinds(&verdict));
    assert_eq!(verdict.markings.len(), 1);
}

#[test]
fn an_excerpt_may_have_slips_at_its_ends() {
    let verdict = check(
        "0fficials of the district did not accept the retum",
        &versions(),
    );
    assert_eq!(verdict.overall, Overall::Slips, "{:?}", kinds(&verdict));
    assert_eq!(verdict.slips, 2);
}

/// A change at a place of the copy that no rule may excuse as layout.
fn edit(words: &mut Vec<String>, at: usize, kind: u8) -> bool {
    let word = words[at].clone();
    let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
    if letters < 2 || word.starts_with('(') || at == 0 || at + 1 >= words.len() {
        return false;
    }
    match kind {
        0 => words.insert(at, "not".to_owned()),
        1 => {
            words.remove(at);
        }
        2 => words[at] = format!("{word}x"),
        3 if words[at] != words[at + 1] => words.swap(at, at + 1),
        4 => words[at] = "never".to_owned(),
        5 if word.contains("rn") => words[at] = word.replace("rn", "m"),
        6 if word.contains('l') => words[at] = word.replacen('l', "1", 1),
        7 if word.is_ascii() => words[at] = word[1..].to_owned(),
        8 => words[at] = word.replacen('e', "\u{435}", 1),
        9 => {
            let digit = |c: char| char::from_digit((c.to_digit(10).unwrap_or(0) + 1) % 10, 10);
            words[at] = word
                .chars()
                .map(|c| digit(c).filter(|_| c.is_ascii_digit()).unwrap_or(c))
                .collect();
        }
        _ => return false,
    }
    words.get(at) != Some(&word)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_altered_copy_is_the_same(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), kind in 0_u8..10, also in any::<bool>()) {
        let Some(dissents) = dissents() else { return Ok(()) };
        let dissent = &dissents[which.index(dissents.len())];
        let memo = memo_of(dissent);
        let mut blocks: Vec<String> = memo.portions().iter().map(|p| format!("({}) {}", p.marking(), p.text())).collect();
        // Not within the first or last word of the copy: without these it is an excerpt.
        let long: Vec<usize> = (0..blocks.len()).filter(|b| blocks[*b].split_whitespace().count() > 6).collect();
        prop_assume!(!long.is_empty());
        let b = long[at.index(long.len())];
        let mut words: Vec<String> = blocks[b].split_whitespace().map(str::to_owned).collect();
        let place = 2 + at.index(words.len() - 3);
        prop_assume!(edit(&mut words, place, kind));
        blocks[b] = words.join(" ");
        let mut copy = blocks.join("\n\n");
        if also {
            copy = common::noise(&copy);
        }
        let verdict = check(&copy, &[Text::of_memo(1, &memo)]);
        prop_assert!(
            !matches!(verdict.overall, Overall::Identical | Overall::LayoutOnly | Overall::Excerpt),
            "{} {kind} {:?} {:?}: {:?}", dissent.id, Place::Paragraph(b as u32 + 1), words.get(place), verdict.overall
        );
    }
}
