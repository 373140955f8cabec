//! What is added is found; in whatever order; and what is damaged is refused.

use std::sync::LazyLock;

use demur_archive::{Archive, ArchiveError, Document, Segment};
use demur_check::{
    copy::{CopyText, Overall, Paragraph, Place, Text},
    quote::{QuoteState, check_quote},
};
use demur_memo::Kind;
use proptest::prelude::*;

/// Words that the invented memos are made of.
const WORDS: [&str; 48] = [
    "ferry",
    "river",
    "harbor",
    "pilot",
    "night",
    "license",
    "permit",
    "office",
    "letter",
    "treaty",
    "border",
    "market",
    "grain",
    "price",
    "railway",
    "bridge",
    "school",
    "teacher",
    "budget",
    "audit",
    "police",
    "court",
    "judge",
    "appeal",
    "island",
    "storm",
    "engine",
    "repair",
    "fuel",
    "captain",
    "crew",
    "passenger",
    "ticket",
    "summer",
    "winter",
    "minister",
    "embassy",
    "cable",
    "policy",
    "danger",
    "warning",
    "report",
    "figure",
    "hundred",
    "village",
    "council",
    "road",
    "medicine",
];

/// A memo of its own: which words follow which depends on `seed`.
fn document(seed: u32, version: u32) -> Document {
    let mut state = u64::from(seed) * 2 + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        WORDS[usize::try_from(state >> 33).unwrap() % WORDS.len()]
    };
    let mut paragraphs = vec![Paragraph::shown(
        Place::Head("title".to_owned()),
        Some("U".to_owned()),
        Kind::Paragraph,
        &format!("Memo {seed}"),
    )];
    for n in 1..=4 {
        let mut words: Vec<&str> = (0..25).map(|_| next()).collect();
        if n == 2 && version > 1 {
            words[7] = "amended";
        }
        paragraphs.push(Paragraph::shown(
            Place::Paragraph(n),
            Some("SBU".to_owned()),
            Kind::Paragraph,
            &words.join(" "),
        ));
    }
    Document {
        memo: format!("memo-{seed}"),
        version,
        proved: false,
        title: format!("Memo {seed}"),
        banner: "SENSITIVE BUT UNCLASSIFIED".to_owned(),
        text: Text {
            version,
            paragraphs,
        },
    }
}

fn body(document: &Document) -> String {
    let paragraphs = document.text.paragraphs.iter().skip(1);
    paragraphs
        .map(Paragraph::to_text)
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn archive(documents: Vec<Document>) -> Archive {
    let mut archive = Archive::default();
    archive.add(documents).unwrap();
    archive
}

fn forty() -> Vec<Document> {
    (0..40)
        .flat_map(|seed| [document(seed, 1), document(seed, 2)])
        .collect()
}

fn copy(text: &str) -> CopyText {
    CopyText::parse(text.as_bytes()).unwrap()
}

#[test]
fn a_copy_is_found_and_its_version_told() {
    let archive = archive(forty());
    assert_eq!((archive.memos(), archive.len()), (40, 80));
    for (seed, version) in [(3, 1), (3, 2), (39, 2)] {
        let found = archive.match_copy(&copy(&body(&document(seed, version))));
        let first = &found.matches[0];
        assert_eq!(first.memo, format!("memo-{seed}"));
        assert_eq!(first.comparison.nearest, Some(version));
        assert!(
            matches!(
                first.comparison.overall,
                Overall::Identical | Overall::LayoutOnly
            ),
            "{first:?}"
        );
        let other = first
            .comparison
            .distances
            .iter()
            .find(|d| d.version != version)
            .unwrap();
        assert_eq!(other.different, 1);
    }
}

#[test]
fn layout_and_errors_of_a_reading_machine_do_not_hide_it() {
    let archive = archive(forty());
    let text = body(&document(11, 1));
    let broken = text
        .replace("passenger", "pas-\nsenger")
        .replace("\n\n", "\n\nPage 2\n\n");
    assert_eq!(
        archive.match_copy(&copy(&broken)).matches[0].memo,
        "memo-11"
    );
    let misread: Vec<String> = (text.split(' ').zip(0..))
        .map(|(word, n)| {
            if n % 9 == 4 {
                word.replacen(['i', 'e'], "c", 1)
            } else {
                word.replace("rn", "m")
            }
        })
        .collect();
    let found = archive.match_copy(&copy(&misread.join(" ")));
    assert_eq!(found.matches[0].memo, "memo-11");
    assert!(!matches!(
        found.matches[0].comparison.overall,
        Overall::Identical | Overall::LayoutOnly
    ));
}

#[test]
fn an_excerpt_and_a_quote_are_found() {
    let archive = archive(forty());
    let text = body(&document(20, 2));
    let words: Vec<&str> = text.split_whitespace().collect();
    let found = archive.match_copy(&copy(&words[30..48].join(" ")));
    assert_eq!(
        (
            found.matches[0].memo.as_str(),
            found.matches[0].comparison.overall
        ),
        ("memo-20", Overall::Excerpt)
    );

    let quote = words[29..36].join(" ");
    assert!(quote.contains("amended"));
    let found = archive.match_quote(&quote).unwrap();
    let first = &found.matches[0];
    assert_eq!(
        (first.memo.as_str(), first.verdict.verdict),
        ("memo-20", QuoteState::Verbatim)
    );
    let versions: Vec<u32> = first
        .verdict
        .places
        .iter()
        .map(|place| place.version)
        .collect();
    assert_eq!(versions, [2], "only the second version has the word");

    let changed = quote.replace("amended", "revised");
    let found = archive.match_quote(&changed).unwrap();
    assert_eq!(
        (
            found.matches[0].memo.as_str(),
            found.matches[0].verdict.verdict
        ),
        ("memo-20", QuoteState::Altered)
    );

    let nothing = archive
        .match_quote("no memo of these has such words")
        .unwrap();
    assert!(nothing.matches.is_empty());
    for short in ["", "two words", "…"] {
        assert!(
            matches!(archive.match_quote(short), Err(ArchiveError::Question(_))),
            "{short}"
        );
    }
}

#[test]
fn other_texts_are_not_found() {
    let archive = archive(forty());
    let other = "A wholly different text about gardens, in which nothing of those memos stands, and nobody should find any.";
    assert!(archive.match_copy(&copy(other)).matches.is_empty());
    assert!(
        Archive::default()
            .match_copy(&copy(other))
            .matches
            .is_empty()
    );
}

#[test]
fn a_search_finds_words_in_any_order() {
    let archive = archive(forty());
    let hits = archive.search("AMENDED Memo 5").unwrap();
    assert_eq!(hits.hits[0].memo, "memo-5");
    assert_eq!(
        (hits.hits[0].versions.as_slice(), hits.hits[0].words),
        ([2].as_slice(), 3)
    );
    assert_eq!(
        hits.hits[0].place,
        Place::Head("title".to_owned()),
        "it has two of the three"
    );
    assert_eq!(hits.hits[0].text, "Memo 5");
    let hits = archive.search("ferry zebra").unwrap();
    assert_eq!(hits.unknown, ["zebra"]);
    assert!(hits.hits.iter().all(|hit| hit.words == 1) && !hits.hits.is_empty());
    assert!(archive.search("— ").is_err());
}

#[test]
fn a_version_never_changes() {
    let mut archive = archive(forty());
    let again = archive.add(vec![document(7, 1)]).unwrap();
    assert_eq!((again.new, again.known, again.segments.len()), (0, 1, 0));
    let mut proved = document(7, 1);
    proved.proved = true;
    assert_eq!(archive.add(vec![proved]).unwrap().segments.len(), 1);
    assert!(archive.match_copy(&copy(&body(&document(7, 1)))).matches[0].proved);
    let mut other = document(8, 1);
    other.version = 2;
    other.text.version = 2;
    let before = archive.segments()[0].as_bytes().to_vec();
    let refused = archive.add(vec![document(90, 1), other]);
    assert!(
        matches!(refused, Err(ArchiveError::Conflict { version: 2, .. })),
        "{refused:?}"
    );
    assert_eq!(archive.segments()[0].as_bytes(), before);
    assert_eq!(archive.memos(), 40);
}

/// A text that somebody gave a memo's name by hand keeps nothing out that a bundle proves, and takes no such place itself.
#[test]
fn what_is_proved_takes_the_place_of_what_is_not() {
    let wrong = |n: u32| {
        let mut wrong = document(100 + n, 1);
        wrong.memo = format!("memo-{n}");
        wrong
    };
    let proved = |n: u32| Document {
        proved: true,
        ..document(n, 1)
    };
    let mut archive = archive(forty());
    let mut with_wrong = Archive::default();
    with_wrong.add((0..40).map(wrong).collect()).unwrap();
    // Of one command's documents, too, in either order of the two that agree.
    let added = with_wrong.add(vec![proved(7), proved(8), document(7, 1)]);
    let added = added.unwrap();
    assert_eq!(
        (added.new, added.known, added.replaced, added.segments.len()),
        (0, 1, 2, 1)
    );
    for n in [7, 8] {
        let found = with_wrong.match_copy(&copy(&body(&document(n, 1))));
        let first = &found.matches[0];
        assert!(
            first.proved && first.comparison.overall.is_good(),
            "{found:?}"
        );
        assert_eq!(first.memo, format!("memo-{n}"));
        let gone = with_wrong.match_copy(&copy(&body(&wrong(n))));
        assert!(
            gone.matches.iter().all(|m| !m.comparison.overall.is_good()),
            "{gone:?}"
        );
    }
    assert!(
        with_wrong.match_copy(&copy(&body(&wrong(9)))).matches[0]
            .comparison
            .overall
            .is_good()
    );
    assert_eq!(with_wrong.len(), 40);

    // What is proved never gives way.
    archive.add(vec![proved(7)]).unwrap();
    for other in [
        wrong(7),
        Document {
            proved: true,
            ..wrong(7)
        },
    ] {
        let refused = archive.add(vec![other]);
        assert!(matches!(refused, Err(ArchiveError::Conflict { .. })));
    }
    let mut fresh = Archive::default();
    let added = fresh.add(vec![wrong(1), proved(1)]).unwrap();
    assert_eq!((added.new, added.known, added.replaced), (1, 0, 1));
    assert!(fresh.match_copy(&copy(&body(&document(1, 1)))).matches[0].proved);
    assert!(Archive::default().add(vec![proved(1), wrong(1)]).is_err());
}

#[test]
fn what_is_hidden_or_nameless_is_refused() {
    let mut nameless = document(1, 1);
    nameless.memo = String::new();
    assert_eq!(
        Archive::default().add(vec![nameless]),
        Err(ArchiveError::Name)
    );
    let mut hidden = document(1, 1);
    hidden.text.paragraphs[1]
        .runs
        .push(demur_check::copy::Run::Hidden(3));
    assert_eq!(Document::of_bundle("memo", hidden.text.clone(), ""), None);
    assert_eq!(
        Archive::default().add(vec![hidden]),
        Err(ArchiveError::Hidden)
    );
}

#[test]
fn a_damaged_file_is_refused_or_harmless() {
    let segment = Segment::new(&forty()[..6]).unwrap();
    let bytes = segment.as_bytes().to_vec();
    assert!(segment.index_bytes() < 2 * segment.text_bytes());
    for end in 0..bytes.len() {
        assert!(
            Segment::parse(bytes[..end].to_vec().into()).is_err(),
            "{end}"
        );
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(Segment::parse(longer.into()).is_err());
    for at in (0..bytes.len()).step_by(7) {
        let mut other = bytes.clone();
        other[at] ^= 0x11;
        if let Ok(segment) = Segment::parse(other.into()) {
            let archive = Archive::new(vec![segment]).unwrap();
            let _ = archive.match_copy(&copy(&body(&document(2, 1))));
            let _ = archive.search("ferry river");
        }
    }
}

static WHOLE: LazyLock<Archive> = LazyLock::new(|| archive(forty()));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// The order in which memos are added, and how they lie in segments, changes no answer.
    #[test]
    fn order_does_not_matter(shuffled in Just(forty()).prop_shuffle(), cut in 1_usize..79, seed in 0_u32..40, version in 1_u32..3) {
        let whole = &*WHOLE;
        let (first, second) = shuffled.split_at(cut);
        let mut steps = archive(first.to_vec());
        steps.add(second.to_vec()).unwrap();
        let parts = Archive::new(vec![Segment::new(first).unwrap(), Segment::new(second).unwrap()]).unwrap();
        let text = copy(&body(&document(seed, version)));
        let expected = whole.match_copy(&text);
        prop_assert_eq!(&expected.matches[0].memo, &format!("memo-{seed}"));
        prop_assert_eq!(&steps.match_copy(&text), &expected);
        prop_assert_eq!(&parts.match_copy(&text), &expected);
        prop_assert_eq!(whole.search("ferry storm").unwrap(), parts.search("ferry storm").unwrap());
    }

    /// Any passage of a memo is found in it.
    #[test]
    fn a_passage_is_found(seed in 0_u32..40, from in 0_usize..90, length in 5_usize..10) {
        let archive = &*WHOLE;
        let text = body(&document(seed, 1));
        let quote: Vec<&str> = text.split_whitespace().skip(from).take(length).collect();
        let found = archive.match_quote(&quote.join(" ")).unwrap();
        let hit = found.matches.iter().find(|m| m.memo == format!("memo-{seed}"));
        prop_assert!(hit.is_some_and(|m| m.verdict.verdict == QuoteState::Verbatim), "{:?}", found);
    }

    /// What is said of a quotation, changed words or not, is what holding it against the memo's versions says.
    #[test]
    fn a_quotation_is_judged_as_by_check(seed in 0_u32..40, version in 1_u32..3, from in 0_usize..80, length in 5_usize..14, changed in 0_usize..14, other in "[A-Z]?[a-z]{1,7}") {
        let archive = &*WHOLE;
        let text = body(&document(seed, version));
        let mut quote: Vec<&str> = text.split_whitespace().skip(from).take(length).collect();
        if let Some(word) = quote.get_mut(changed) {
            *word = &other;
        }
        let quote = quote.join(" ");
        let found = archive.match_quote(&quote).unwrap();
        let by_check = |seed| check_quote(&quote, &[document(seed, 1).text, document(seed, 2).text]).unwrap();
        for one in &found.matches {
            let seed = one.memo.trim_start_matches("memo-").parse().unwrap();
            // The archive leaves out versions that share little: what it says of those that it has is the same.
            let alone = |n: u32| check_quote(&quote, &[document(seed, n).text]).unwrap();
            prop_assert!([by_check(seed), alone(1), alone(2)].contains(&one.verdict), "{:?}", one);
        }
        let verbatim = |seed: &u32| by_check(*seed).verdict == QuoteState::Verbatim;
        let listed = |seed: u32| found.matches.iter().any(|m| m.memo == format!("memo-{seed}") && m.verdict.verdict == QuoteState::Verbatim);
        prop_assert!((0..40).filter(verbatim).all(listed), "{:?}", found);
    }

    /// Bytes that are no segment are refused without a panic.
    #[test]
    fn noise_is_refused(noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = demur_archive::MAGIC.to_vec();
        bytes.extend(&noise);
        let _ = Segment::parse(bytes.into());
        let refused = Segment::parse(noise.into());
        prop_assert!(refused.is_err());
    }
}
