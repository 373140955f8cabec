//! Negative tests first: what a disclosure must not be able to do.

use demur_encoding::{Digest, canonical};
use proptest::prelude::*;

use super::*;
use crate::{
    MAX_PORTIONS,
    marking::{MAX_MARKING, Rules},
};

mod choice;
mod forged;
mod salts;

const TEXT: &str = r#"+++
title = "(U) Keep the lower ferry open"
to = ["The Minister for Waterways", "The Harbour Board"]
date = "2026-11-20"

[[point]]
number = 1
marking = "SBU"
policy = "The ferry closes each winter"
argument = "See portions 2 and 3"
recommendation = "Run it at half its hours"
+++

# (U) Summary

(SBU) The ferry carries four hundred people a day, and no other bridge is nearer than nine miles.

(U) We would run it.

- (SBU) at six
- at noon
"#;

fn rules() -> Rules {
    Rules::new("state", "SBU", &["NODIS"], "refuse").unwrap()
}

fn content() -> Content {
    Content::new(&Memo::parse(TEXT, &rules()).unwrap(), Seed::new([7; 32]))
}

fn quote() -> Selection {
    Selection::nothing()
        .with_words(2, 4..8)
        .with_label(Label::Title)
}

/// Opens it, by way of its canonical JSON.
fn open(content: &Content, disclosure: &Disclosure) -> Result<Disclosed, DisclosureError> {
    let bytes = canonical::to_vec(disclosure).unwrap();
    let read: Disclosure = canonical::from_slice(&bytes).unwrap();
    read.open(content.root(), content.counts())
}

#[test]
fn nothing_in_a_disclosure_can_be_changed() {
    let content = content();
    let honest = content.disclose(&quote()).unwrap();
    assert!(open(&content, &honest).is_ok());
    let tamper = |what: &str, change: &dyn Fn(&mut Disclosure)| {
        let mut disclosure = honest.clone();
        change(&mut disclosure);
        assert_ne!(disclosure, honest, "{what} changed nothing");
        assert!(open(&content, &disclosure).is_err(), "{what} was accepted");
    };
    let shown = |text: &str| DisclosedRun::Shown(text.to_owned());
    let hidden = DisclosedRun::Hidden;
    // Portion 2: 4 hidden, 4 shown, 9 hidden.
    assert_eq!(
        honest.portions[1].runs,
        [hidden(4), shown("hundred people a day,"), hidden(9)]
    );
    tamper("another word", &|d| {
        d.portions[1].runs[1] = shown("thousand people a day,");
    });
    tamper("words in another order", &|d| {
        d.portions[1].runs[1] = shown("people hundred a day,");
    });
    tamper("words further on", &|d| {
        d.portions[1].runs[0] = hidden(5);
        d.portions[1].runs[2] = hidden(8);
    });
    tamper("words further back", &|d| {
        d.portions[1].runs[0] = hidden(3);
        d.portions[1].runs[2] = hidden(10);
    });
    tamper("fewer hidden words after", &|d| {
        d.portions[1].runs[2] = hidden(8);
    });
    tamper("hidden words left out", &|d| {
        d.portions[1].runs.pop();
    });
    tamper("a hidden word moved to another portion", &|d| {
        d.portions[1].runs[2] = hidden(8);
        d.portions[2].runs[0] = hidden(5);
    });
    tamper("shown words joined across what is hidden", &|d| {
        d.portions[1].runs = vec![shown("hundred people a day,"), hidden(13)];
    });
    tamper("a run cut in two", &|d| {
        d.portions[1].runs[0] = hidden(2);
        d.portions[1].runs.insert(0, hidden(2));
    });
    tamper("an empty run", &|d| d.portions[1].runs.push(shown("")));
    tamper("no words for nothing", &|d| {
        d.portions[1].runs.insert(1, hidden(0));
    });
    tamper("a hidden count beyond all bounds", &|d| {
        d.portions[1].runs[2] = hidden(u32::MAX);
    });
    tamper("two words as one", &|d| {
        d.portions[1].runs[1] = shown("hundredpeople a day,");
    });
    tamper("white space in a word", &|d| {
        d.portions[1].runs[1] = shown("hundred people a\u{a0}day,");
    });
    tamper("a bare character", &|d| {
        d.portions[1].runs[1] = shown("hundred people a day,\u{200b}");
    });
    tamper("a lower marking", &|d| {
        d.portions[1].marking = Some("U".to_owned());
    });
    tamper("no marking", &|d| {
        d.portions[1].marking = Some(String::new());
    });
    tamper("the marking hidden", &|d| d.portions[1].marking = None);
    tamper("a marking made up", &|d| {
        d.portions[2].marking = Some("U".to_owned());
    });
    tamper("another kind", &|d| {
        d.portions[1].label = "quote".to_owned();
    });
    tamper("another level", &|d| {
        d.portions[0].label = "heading/2".to_owned();
    });
    tamper("a portion left out", &|d| {
        d.portions.pop();
    });
    tamper("a portion put in", &|d| {
        d.portions.push(d.portions[2].clone());
    });
    tamper("portions in another order", &|d| d.portions.swap(1, 2));
    tamper("a title of other words", &|d| {
        d.head[0].runs = vec![shown("(U) Close the lower ferry now")];
    });
    tamper("the head left out", &|d| d.head.clear());
    tamper("an addressee left out", &|d| {
        d.head.remove(2);
    });
    tamper("addressees in another order", &|d| d.head.swap(1, 2));
    tamper("a text under another label", &|d| {
        d.head[0].label = "date".to_owned();
    });
    tamper("a label spelt otherwise", &|d| {
        d.head[1].label = "to/01".to_owned();
    });
    tamper("a portion as part of the head", &|d| {
        let part = d.portions.remove(0);
        d.head.push(part);
    });
    tamper("a seed left out", &|d| {
        d.seeds.pop();
    });
    tamper("a hash left out", &|d| {
        d.hashes.pop();
    });
    tamper("a seed that proves nothing", &|d| {
        d.seeds.push(Digest::new([0; 32]));
    });
    tamper("a hash that proves nothing", &|d| {
        d.hashes.push(Digest::new([0; 32]));
    });
    for i in 0..honest.seeds.len() {
        tamper("another seed", &|d| d.seeds[i] = Digest::new([9; 32]));
    }
    for i in 0..honest.hashes.len() {
        tamper("another hash", &|d| d.hashes[i] = Digest::new([9; 32]));
    }
}

#[test]
fn the_counts_are_those_that_were_signed() {
    let content = content();
    let disclosure = content.disclose(&quote()).unwrap();
    let Counts { portions, words } = content.counts();
    for counts in [
        Counts {
            portions: portions + 1,
            words,
        },
        Counts {
            portions,
            words: words + 1,
        },
        Counts {
            portions,
            words: words - 1,
        },
    ] {
        assert!(disclosure.open(content.root(), counts).is_err());
    }
    // Left out and counted down alike: the root commits to both.
    let mut shorter = disclosure.clone();
    shorter.portions.pop();
    let hidden = content.body.last().unwrap().words.len();
    let counts = Counts {
        portions: portions - 1,
        words: words - u32::try_from(hidden).unwrap(),
    };
    assert!(shorter.open(content.root(), counts).is_err());
    shorter.hashes.truncate(shorter.hashes.len() - 2);
    assert_eq!(
        shorter.open(content.root(), counts),
        Err(DisclosureError::Root)
    );
}

#[test]
fn a_disclosure_has_so_many_portions_and_so_long_a_marking_at_most() {
    let content = content();
    let hidden = content.disclose(&Selection::nothing()).unwrap();
    let of = |portions: usize| {
        let mut many = hidden.clone();
        // The heading has one word.
        many.portions = vec![hidden.portions[0].clone(); portions];
        let portions = u32::try_from(portions).unwrap();
        let words = portions;
        many.open(content.root(), Counts { portions, words })
    };
    let too_many = Err(DisclosureError::TooMany("parts"));
    assert_ne!(of(MAX_PORTIONS), too_many);
    assert_eq!(of(MAX_PORTIONS + 1), too_many);
    assert_eq!(of(MAX_PORTIONS + 2), too_many);

    let quoted = content.disclose(&quote()).unwrap();
    let marked = |length: usize| {
        let mut other = quoted.clone();
        other.portions[1].marking = Some("S".repeat(length));
        open(&content, &other)
    };
    assert_eq!(marked(MAX_MARKING), Err(DisclosureError::Root));
    let label = quoted.portions[1].label.clone();
    assert_eq!(marked(MAX_MARKING + 1), Err(DisclosureError::Form(label)));
}

#[test]
fn another_seed_shares_no_hash() {
    let memo = Memo::parse(TEXT, &rules()).unwrap();
    let [a, b] = [[1; 32], [2; 32]].map(|seed| {
        let content = Content::new(&memo, Seed::new(seed));
        (
            content.root(),
            content.disclose(&Selection::nothing()).unwrap().hashes,
        )
    });
    assert_ne!(a.0, b.0);
    assert!(a.1.iter().all(|hash| !b.1.contains(hash)));
}

#[test]
fn what_is_hidden_is_said_at_its_place() {
    let content = content();
    let disclosed = open(&content, &content.disclose(&quote()).unwrap()).unwrap();
    let text = disclosed.to_string();
    assert!(
        text.contains("title: (U) Keep the lower ferry open"),
        "{text}"
    );
    assert!(text.contains("\nto/1: [4 words hidden]"), "{text}");
    assert!(
        text.contains("[4 words hidden] hundred people a day, [9 words hidden]"),
        "{text}"
    );
    assert!(
        text.contains("3 (paragraph): [marking hidden] [4 words hidden]"),
        "{text}"
    );
    assert!(!disclosed.is_whole());
    let head: usize = content.head.iter().map(|part| part.words.len()).sum();
    let body = content.counts().words as usize;
    assert_eq!(disclosed.words() as usize, head + body);
    assert_eq!(
        disclosed.field(Label::Title),
        Some("Keep the lower ferry open")
    );
    assert_eq!(disclosed.field(Label::Date), None);
    assert_eq!(disclosed.portions()[1].text(), None);
}

#[test]
fn the_whole_is_one_seed() {
    let content = content();
    let disclosure = content.disclose(&Selection::whole()).unwrap();
    assert_eq!((disclosure.seeds.len(), disclosure.hashes.len()), (1, 0));
    let disclosed = open(&content, &disclosure).unwrap();
    assert!(disclosed.is_whole());
    assert_eq!(disclosed.portions()[3].text(), Some("- at six - at noon"));
    assert_eq!(disclosed.portions()[3].kind, Kind::List);
    assert_eq!(disclosed.portions()[0].marking.as_deref(), Some("U"));
    assert_eq!(
        disclosed.field(Label::Point(1, PointText::Argument)),
        Some("See portions 2 and 3")
    );
}

#[test]
fn what_is_hidden_in_one_place_is_not_whole() {
    let content = content();
    let portions = |numbers: &[u32]| {
        let all = Selection::nothing();
        numbers
            .iter()
            .fold(all, |s, number| s.with_portion(*number))
    };
    for (selection, whole) in [
        (portions(&[1, 2, 3, 4]), false),
        (Selection::nothing().with_head(), false),
        (portions(&[1, 3, 4]).with_head().with_words(2, 4..8), false),
        (portions(&[1, 2, 3, 4]).with_head(), true),
    ] {
        let disclosed = open(&content, &content.disclose(&selection).unwrap()).unwrap();
        assert_eq!(disclosed.is_whole(), whole, "{selection:?}");
    }
}

#[test]
fn a_selection_names_what_there_is() {
    let content = content();
    for bad in [
        Selection::nothing().with_portion(0),
        Selection::nothing().with_portion(5),
        Selection::nothing().with_words(2, 4..4),
        Selection::nothing().with_words(2, 10..18),
        #[expect(clippy::reversed_empty_ranges, reason = "what a caller may pass")]
        Selection::nothing().with_words(2, 9..3),
        Selection::nothing().with_label(Label::To(3)),
        Selection::nothing().with_label(Label::Threshold),
    ] {
        assert!(content.disclose(&bad).is_err(), "{bad:?}");
    }
}

#[test]
fn labels_have_one_spelling() {
    for label in Label::all(2, true, 2, 2) {
        assert_eq!(Label::parse(&label.to_string()), Some(label));
    }
    for bad in [
        "",
        "Title",
        "to",
        "to/+1",
        "to/01",
        "to/1/",
        "point/1",
        "point/1/Policy",
        "point/1/policy/",
    ] {
        assert_eq!(Label::parse(bad), None, "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_selection_opens_to_exactly_itself(
        portions in prop::collection::btree_set(1_u32..5, 0..4),
        spans in prop::collection::vec((1_u32..5, 0_u32..17, 1_u32..6), 0..4),
        head in any::<bool>(),
    ) {
        let content = content();
        let mut selection = Selection::nothing();
        let mut wanted: Vec<Vec<bool>> = content.body.iter().map(|p| vec![false; p.words.len()]).collect();
        for number in portions {
            selection = selection.with_portion(number);
            wanted[number as usize - 1].fill(true);
        }
        for (number, start, len) in spans {
            let words = &mut wanted[number as usize - 1];
            let start = start.min(u32::try_from(words.len()).unwrap() - 1);
            let end = (start + len).min(u32::try_from(words.len()).unwrap());
            selection = selection.with_words(number, start..end);
            words[start as usize..end as usize].fill(true);
        }
        if head {
            selection = selection.with_head();
        }
        let disclosed = open(&content, &content.disclose(&selection).unwrap()).unwrap();
        for ((portion, part), wanted) in disclosed.portions().iter().zip(&content.body).zip(&wanted) {
            let mut seen = Vec::new();
            for run in &portion.runs {
                match run {
                    Run::Shown(text) => seen.extend(text.split(' ').map(Some)),
                    Run::Hidden(n) => seen.extend(vec![None; *n as usize]),
                }
            }
            let wanted: Vec<Option<&str>> =
                part.words.iter().zip(wanted).map(|(w, shown)| shown.then_some(w.as_str())).collect();
            prop_assert_eq!(seen, wanted);
        }
        prop_assert!(disclosed.head().iter().all(|f| f.text().is_some() == head));
    }

    /// A disclosure is canonical JSON: a flipped byte is either refused there or by the root.
    #[test]
    fn any_flipped_byte_is_refused(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let content = content();
        let mut bytes = canonical::to_vec(&content.disclose(&quote()).unwrap()).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(disclosure) = canonical::from_slice::<Disclosure>(&bytes) {
            prop_assert!(disclosure.open(content.root(), content.counts()).is_err());
        }
    }
}
