//! Choosing by a list: what does not exist is refused with its place, what is hidden stays hidden.

use super::*;

fn choice(list: &str) -> Choice {
    list.parse().unwrap()
}

/// What `show` without `hide` and without `phrases` shows, one line for each part of which anything is shown.
fn shown(show: &str, hide: &str, phrases: &[&str]) -> Vec<String> {
    let content = content();
    let mut selection = Selection::nothing()
        .showing(&content, &choice(show))
        .unwrap();
    if !hide.is_empty() {
        selection = selection.hiding(&content, &choice(hide)).unwrap();
    }
    for phrase in phrases {
        selection = selection.hiding_phrase(&content, phrase).unwrap();
    }
    let disclosure = content.disclose(&selection).unwrap();
    let disclosed = open(&content, &disclosure).unwrap();
    let any = |runs: &Vec<Run>| runs.iter().any(|run| matches!(run, Run::Shown(_)));
    let head = disclosed.head().iter().map(|f| any(&f.runs));
    let parts = head.chain(disclosed.portions().iter().map(|p| any(&p.runs)));
    let text = disclosed.to_string();
    let lines = text.lines().filter(|line| !line.is_empty());
    let lines = lines.zip(parts).filter(|(_, any)| *any);
    lines.map(|(line, _)| line.to_owned()).collect()
}

#[test]
fn what_does_not_exist_is_refused_with_its_place() {
    let content = content();
    for (list, why) in [
        ("5", "there is no portion 5: the memo has 4"),
        ("2-4000000000", "there is no portion 5: the memo has 4"),
        ("to/3", "the head has no to/3"),
        ("author", "the head has no author"),
        ("point/2", "the head has no point/2"),
        ("2.2", "portion 2 has no sentence 2: it has 1"),
        ("4.1-4.3", "portion 4 has no sentence 3: it has 2"),
        ("title.2", "title has no sentence 2: it has 1"),
        ("2:17-18", "portion 2 has no words 17 to 18: it has 17"),
        ("title:7", "title has no words 7 to 7: it has 5"),
        ("9.1", "there is no portion 9: the memo has 4"),
        ("1,2,9:1", "there is no portion 9: the memo has 4"),
    ] {
        for hide in [false, true] {
            let begin = Selection::whole();
            let chosen = if hide {
                begin.hiding(&content, &choice(list))
            } else {
                begin.showing(&content, &choice(list))
            };
            let error = chosen.unwrap_err().to_string();
            assert!(error.contains(why), "{list}: {error}");
        }
    }
    for phrase in ["", "...", "ferries", "a day and no ferry"] {
        let hidden = Selection::whole().hiding_phrase(&content, phrase);
        assert_eq!(
            hidden.unwrap_err(),
            SelectionError::Phrase(phrase.to_owned())
        );
    }
}

#[test]
fn what_is_no_list_is_refused_with_the_item() {
    for (list, item) in [
        ("", ""),
        ("1,,2", ""),
        ("1, x", "x"),
        ("0", "0"),
        ("+1", "+1"),
        ("3-2", "3-2"),
        ("2:0-4", "2:0-4"),
        ("2:9-4", "2:9-4"),
        ("2:4-3:9", "2:4-3:9"),
        ("4.1-5.2", "4.1-5.2"),
        ("4.1-3", "4.1-3"),
        ("4-4.2", "4-4.2"),
        ("4.", "4."),
        ("4.1.1", "4.1.1"),
        ("Title", "Title"),
        ("all:1", "all:1"),
        ("4294967296", "4294967296"),
        ("1-2-3", "1-2-3"),
        ("²", "²"),
    ] {
        let error = list.parse::<Choice>().unwrap_err();
        assert_eq!(error.item, item, "{list}");
    }
    for (list, why) in [
        ("4.1-5", "a range of sentences"),
        ("4-5.1", "a range of sentences"),
        ("4-x", "expected a portion"),
    ] {
        let error = list.parse::<Choice>().unwrap_err();
        assert!(error.why.contains(why), "{list}: {}", error.why);
    }
    let longest = format!("{}1", " ".repeat(MAX_CHOICE - 1));
    assert!(longest.parse::<Choice>().is_ok());
    assert!(format!(" {longest}").parse::<Choice>().is_err());
    assert!("1,".repeat(MAX_CHOICE).parse::<Choice>().is_err());
}

#[test]
fn a_list_names_portions_sentences_words_and_texts_of_the_head() {
    assert_eq!(
        shown("title,4.2,2:4-8", "", &[]),
        [
            "title: (U) Keep the lower ferry open",
            "2 (paragraph): (SBU) [3 words hidden] four hundred people a day, [9 words hidden]",
            "4 (list): (SBU) [3 words hidden] - at noon",
        ]
    );
    assert_eq!(
        shown("3,to/2", "", &[]),
        [
            "to/2: The Harbour Board",
            "3 (paragraph): (U) We would run it.",
        ]
    );
    assert_eq!(shown("point/1", "", &[]).len(), 3);
    assert_eq!(
        shown("to", "", &[]),
        [
            "to/1: The Minister for Waterways",
            "to/2: The Harbour Board"
        ]
    );
    let all = content().disclose(&Selection::whole()).unwrap();
    let listed = Selection::nothing()
        .showing(&content(), &choice("head,body"))
        .unwrap();
    assert_eq!(content().disclose(&listed).unwrap(), all);
    let listed = Selection::nothing()
        .showing(&content(), &choice("all"))
        .unwrap();
    assert_eq!(content().disclose(&listed).unwrap(), all);
}

#[test]
fn a_span_that_is_hidden_leaves_the_rest_proved() {
    assert_eq!(
        shown("2,3", "2:3-5", &[]),
        [
            "2 (paragraph): (SBU) The ferry [3 words hidden] people a day, and no other bridge is nearer than nine miles.",
            "3 (paragraph): (U) We would run it.",
        ]
    );
    // Order does not matter, and showing a part by another name does not bring its words back.
    let content = content();
    let hidden = Selection::nothing()
        .hiding(&content, &choice("2:3-5"))
        .unwrap();
    let hidden = hidden
        .showing(&content, &choice("2.1"))
        .unwrap()
        .with_portion(2);
    let disclosed = open(&content, &content.disclose(&hidden).unwrap()).unwrap();
    assert_eq!(
        disclosed
            .hidden()
            .iter()
            .filter(|h| h.part == PartName::Portion(2))
            .count(),
        1
    );
    // What is hidden wholly has no marking either.
    let disclosure = content
        .disclose(
            &Selection::whole()
                .hiding(&content, &choice("3:1-4"))
                .unwrap(),
        )
        .unwrap();
    assert_eq!(disclosure.portions[2].marking, None);
    assert!(open(&content, &disclosure).is_ok());
}

#[test]
fn a_phrase_is_hidden_wherever_it_stands() {
    assert_eq!(
        shown("2,title", "", &["LOWER Ferry", "nine miles"]),
        [
            "title: (U) Keep the [2 words hidden] open",
            "2 (paragraph): (SBU) The ferry carries four hundred people a day, and no other bridge is nearer than [2 words hidden]",
        ]
    );
    // Beside other marks, too: "day," and "ferry".
    assert_eq!(
        shown("2", "", &["day", "the ferry"]),
        [
            "2 (paragraph): (SBU) [2 words hidden] carries four hundred people a [1 word hidden] and no other bridge is nearer than nine miles.",
        ]
    );
}

#[test]
fn a_phrase_is_hidden_however_it_is_spelled() {
    let text = TEXT.replace(
        "We would run it.",
        "Ask Jos\u{e9} Gib*son* of the o\u{fb03}ce, Jose \u{ff27}ibson, or JOS\u{c9} Gib-son.",
    );
    let content = Content::new(&Memo::parse(&text, &rules()).unwrap(), Seed::new([7; 32]));
    for (phrase, hidden) in [
        ("Jose\u{301} Gibson", 6),
        ("office", 1),
        ("gib son", 3),
        // No part of a word.
        ("Gib", 2),
        ("son of the office", 4),
        ("Gibs", 0),
    ] {
        let selection = Selection::whole().hiding_phrase(&content, phrase);
        let Ok(selection) = selection else {
            assert_eq!(hidden, 0, "{phrase}");
            continue;
        };
        let disclosed = open(&content, &content.disclose(&selection).unwrap()).unwrap();
        let words: u32 = disclosed.hidden().iter().map(|span| span.words()).sum();
        assert_eq!(words, hidden, "{phrase}: {disclosed}");
    }
}

#[test]
fn hidden_spans_say_where() {
    let content = content();
    let selection = Selection::whole()
        .hiding(&content, &choice("3,2:3-5,2:17,title:1"))
        .unwrap();
    let disclosed = open(&content, &content.disclose(&selection).unwrap()).unwrap();
    let hidden = disclosed.hidden();
    let spans: Vec<String> = { hidden.iter() }
        .map(|h| {
            format!(
                "{} {}-{} of {}{}",
                h.part,
                h.from,
                h.to,
                h.of,
                if h.is_whole() { ", whole" } else { "" }
            )
        })
        .collect();
    assert_eq!(
        spans,
        [
            "title 1-1 of 5",
            "portion 2 3-5 of 17",
            "portion 2 17-17 of 17",
            "portion 3 1-4 of 4, whole",
        ]
    );
}

#[test]
fn what_hides_a_span_proves_no_other_words() {
    let content = content();
    let honest = content
        .disclose(
            &Selection::whole()
                .hiding(&content, &choice("2:3-5"))
                .unwrap(),
        )
        .unwrap();
    assert!(open(&content, &honest).is_ok());
    let runs = |runs: &[DisclosedRun]| {
        let mut changed = honest.clone();
        changed.portions[1].runs = runs.to_vec();
        open(&content, &changed)
    };
    let [before, hidden, after] = &honest.portions[1].runs[..] else {
        panic!("three runs")
    };
    let text = |run: &DisclosedRun| match run {
        DisclosedRun::Shown(text) => text.clone(),
        DisclosedRun::Hidden(_) => panic!("hidden"),
    };
    let (before_text, after_text) = (text(before), text(after));
    // Joined across, shortened, moved by a word, a word put in its place, or all as if shown.
    let more = DisclosedRun::Hidden(4);
    let fewer = DisclosedRun::Hidden(2);
    let first_cut = DisclosedRun::Shown("The".to_owned());
    let last_cut = DisclosedRun::Shown(after_text.rsplit_once(' ').unwrap().0.to_owned());
    let joined = DisclosedRun::Shown(format!("{before_text} {after_text}"));
    let filled = DisclosedRun::Shown(format!("{before_text} carries four hundred {after_text}"));
    let denied = DisclosedRun::Shown(after_text.replacen("people", "not", 1));
    for changed in [
        vec![joined],
        vec![filled],
        vec![before.clone(), fewer, after.clone()],
        vec![first_cut, more.clone(), after.clone()],
        vec![before.clone(), more, last_cut],
        vec![before.clone(), hidden.clone(), denied],
        vec![hidden.clone(), before.clone(), after.clone()],
    ] {
        assert!(runs(&changed).is_err(), "{changed:?}");
    }
}

#[test]
fn the_outline_names_every_sentence() {
    let content = content();
    let outline = content.outline();
    let names: Vec<&str> = outline.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "title",
            "to/1",
            "to/2",
            "date",
            "point/1/policy",
            "point/1/argument",
            "point/1/recommendation",
            "1",
            "2",
            "3",
            "4",
        ]
    );
    let list = &outline[10];
    assert_eq!(
        (list.kind.as_str(), list.marking.as_str(), list.words),
        ("list", "SBU", 6)
    );
    let texts: Vec<&str> = list.sentences.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(texts, ["- at six", "- at noon"]);
    // Each sentence, chosen by its name, is exactly its words.
    for part in &outline {
        let mut next = 1;
        for sentence in &part.sentences {
            assert_eq!(sentence.from, next, "{}", sentence.name);
            next = sentence.to + 1;
            let by_words = format!("{}:{}-{}", part.name, sentence.from, sentence.to);
            assert_eq!(shown(&sentence.name, "", &[]), shown(&by_words, "", &[]));
            assert!(shown(&sentence.name, "", &[])[0].contains(&sentence.text));
        }
        assert_eq!(next, part.words + 1);
    }
}

#[test]
fn a_dash_begins_a_sentence_in_a_list_alone() {
    let text = TEXT.replace("We would run it.", "We wait - they go.");
    let content = Content::new(&Memo::parse(&text, &rules()).unwrap(), Seed::new([7; 32]));
    assert_eq!(content.outline()[9].sentences.len(), 1);
    let second = Selection::whole().showing(&content, &choice("3.2"));
    let error = second.unwrap_err().to_string();
    assert!(error.contains("portion 3 has no sentence 2"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_list_reads_back_and_never_panics(text in "[0-9.:,a-z/-]{0,24}") {
        if let Ok(choice) = text.parse::<Choice>() {
            prop_assert_eq!(choice.to_string().parse::<Choice>().unwrap(), choice.clone());
            let _ = Selection::nothing().showing(&content(), &choice);
        }
    }

    #[test]
    fn what_is_hidden_is_nowhere_in_the_disclosure(
        show in prop::collection::vec((1_u32..5, 1_u32..18, 0_u32..18), 0..4),
        hide in prop::collection::vec((1_u32..5, 1_u32..18, 0_u32..18), 1..4),
        whole in any::<bool>(),
    ) {
        let content = content();
        let mut wanted: Vec<Vec<bool>> = { content.body.iter() }
            .map(|p| vec![whole; p.words.len()])
            .collect();
        let mut selection = if whole { Selection::whole() } else { Selection::nothing() };
        for (spans, value) in [(&show, true), (&hide, false)] {
            for (number, from, more) in spans {
                let words = &mut wanted[*number as usize - 1];
                let len = u32::try_from(words.len()).unwrap();
                let (from, to) = ((*from).min(len), (from + more).min(len));
                words[from as usize - 1..to as usize].fill(value);
                let list = choice(&format!("{number}:{from}-{to}"));
                selection = if value {
                    selection.showing(&content, &list).unwrap()
                } else {
                    selection.hiding(&content, &list).unwrap()
                };
            }
        }
        let disclosed = open(&content, &content.disclose(&selection).unwrap()).unwrap();
        for ((portion, part), wanted) in disclosed.portions().iter().zip(&content.body).zip(&wanted) {
            let seen: Vec<Option<String>> = { portion.runs.iter() }
                .flat_map(|run| match run {
                    Run::Shown(text) => text.split(' ').map(|w| Some(w.to_owned())).collect::<Vec<_>>(),
                    Run::Hidden(n) => vec![None; *n as usize],
                })
                .collect();
            let expected: Vec<Option<String>> = { part.words.iter().zip(wanted) }
                .map(|(word, shown)| shown.then(|| word.clone()))
                .collect();
            prop_assert_eq!(seen, expected);
        }
    }
}
