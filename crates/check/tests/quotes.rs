//! Quoted passages against the registered versions.

mod common;

use demur_check::{
    copy::{Because, Place, Rule, Text},
    quote::{QuoteState, QuoteVerdict, check_quotations, check_quote},
};
use demur_memo::Memo;

use common::{dissents, memo_of, rules};

const TEXT: &str = "+++
title = \"(U) On the closing of the Lower Sluice\"
+++

(SBU) We do not agree that the Lower Sluice can be closed without harm to the 1,200 farms below it.

(U) The survey of 1998 found the dam sound – the engineers’ word – and asked for ten days of watching. The Ministry called it “a matter of course” and did nothing.

(SBU) It should wait until the water falls, and then ask again.
";

fn versions() -> [Text; 2] {
    let second = TEXT.replace("ten days of watching", "fourteen days of measuring");
    [TEXT, &second]
        .map(|text| Memo::parse(text, &rules()).unwrap())
        .iter()
        .zip(1..)
        .map(|(memo, n)| Text::of_memo(n, memo))
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

fn check(quote: &str) -> QuoteVerdict {
    check_quote(quote, &versions()).unwrap()
}

#[test]
fn verbatim_quotations() {
    for (quote, rule) in [
        ("do not agree that the Lower Sluice can be closed", None),
        ("“The survey of 1998 found the dam sound”", None),
        ("the engineers' word -- and asked", Some(Rule::Quotes)),
        ("The Lower Sluice can be closed,", Some(Rule::FirstLetter)),
        ("closed without harm.", Some(Rule::QuotationEnds)),
        (
            "called it 'a matter of course' and did nothing",
            Some(Rule::NestedQuotes),
        ),
        // Over the end of a paragraph.
        ("farms below it. The survey of 1998", None),
        // In the head.
        ("the closing of the Lower Sluice", None),
    ] {
        let verdict = check(quote);
        assert_eq!(
            verdict.verdict,
            QuoteState::Verbatim,
            "{quote}: {verdict:?}"
        );
        let versions: Vec<u32> = verdict.places.iter().map(|p| p.version).collect();
        assert_eq!(versions, [2, 1], "{quote}");
        if let Some(rule) = rule {
            assert!(verdict.disregarded.contains(&rule), "{quote}: {verdict:?}");
        }
    }
    let verdict = check("asked for ten days of watching");
    assert_eq!((verdict.places.len(), verdict.places[0].version), (1, 1));
    assert_eq!(verdict.places[0].places, [Place::Paragraph(2)]);
}

#[test]
fn ellipses_and_brackets() {
    let verdict = check("We do not agree that … can be closed without harm to the 1,200 farms");
    assert_eq!(verdict.verdict, QuoteState::Verbatim, "{verdict:?}");
    assert_eq!(verdict.left_out, ["the Lower Sluice"]);
    let verdict =
        check("The survey of 1998 . . . asked for ten [...] of watching. The Ministry . . .");
    assert_eq!(verdict.verdict, QuoteState::Verbatim, "{verdict:?}");
    let verdict = check("[t]he Lower Sluice can be closed without harm to [the] farms");
    assert_eq!(verdict.verdict, QuoteState::Altered, "{verdict:?}");
    assert_eq!(verdict.changes[0].because, Some(Because::Number));
    let verdict = check("[The Ministry] should wait until the water fall[s]");
    assert_eq!(verdict.verdict, QuoteState::Verbatim, "{verdict:?}");
    assert_eq!(verdict.brackets[0].copy, "The Ministry");
    let verdict = check("The Ministry call[s] it “a matter [sic] of course”");
    assert_eq!(verdict.verdict, QuoteState::Verbatim, "{verdict:?}");
    let brackets: Vec<(&str, &str)> = { verdict.brackets.iter() }
        .map(|b| (b.copy.as_str(), b.registered.as_str()))
        .collect();
    assert_eq!(brackets, [("call[s]", "called"), ("sic", "")]);

    // What an ellipsis or a bracket turns round.
    for quote in [
        "We do … agree that the Lower Sluice can be closed",
        "We do not agree that the Lower Sluice can be closed … below it.",
        "We do [now] agree that the Lower Sluice can be closed",
        "It should [not] wait until the water falls",
    ] {
        let verdict = check(quote);
        assert_eq!(verdict.verdict, QuoteState::Altered, "{verdict:?}");
        assert_eq!(
            verdict.changes[0].because,
            Some(Because::Negation),
            "{verdict:?}"
        );
    }
}

fn check_text(body: &str, quote: &str) -> QuoteVerdict {
    let text = format!("+++\ntitle = \"(U) A title\"\n+++\n\n(U) {body}\n");
    let memo = Memo::parse(&text, &rules()).unwrap();
    check_quote(quote, &[Text::of_memo(1, &memo)]).unwrap()
}

#[test]
fn what_ellipses_leave_out() {
    let body = "We do, after all that was said by the U.S. side in the spring, not agree with the plan. \
                The gate stands. It was not asked for. We ask the Ministry to wait, though it will never listen, for the water to fall.";
    for (quote, state) in [
        // However long: a negation within the sentence that goes on.
        ("We do … agree with the plan", QuoteState::Altered),
        (
            "We do, after all that was said … agree with the plan",
            QuoteState::Altered,
        ),
        (
            "We ask the Ministry to wait … for the water to fall",
            QuoteState::Altered,
        ),
        // The end of one sentence, the beginning of another.
        ("We do … The gate stands", QuoteState::Altered),
        ("The gate stands … asked for", QuoteState::Altered),
        // A sentence that is left out whole.
        (
            "The gate stands. … We ask the Ministry to wait",
            QuoteState::Verbatim,
        ),
        (
            "agree with the plan. … We ask the Ministry",
            QuoteState::Verbatim,
        ),
        (
            "We do, after all … not agree with the plan",
            QuoteState::Verbatim,
        ),
    ] {
        let verdict = check_text(body, quote);
        assert_eq!(verdict.verdict, state, "{quote}: {verdict:?}");
        if state == QuoteState::Altered {
            assert_eq!(
                verdict.changes[0].because,
                Some(Because::Negation),
                "{quote}"
            );
        }
    }
}

#[test]
fn what_brackets_stand_for() {
    let body = "The Ministry condemns what was asked and wants to keep the gate; it does not note the survey’s wish.";
    for (quote, state) in [
        (
            "what was ask[ed] and want[ed] to keep the gate",
            QuoteState::Verbatim,
        ),
        (
            "what was ask[s] and wants to keep the gate",
            QuoteState::Verbatim,
        ),
        // The rest of a word is no ending.
        (
            "The Ministry con[firms] what was asked and wants",
            QuoteState::Altered,
        ),
        (
            "The Ministry condem[onstrates] what was asked and wants",
            QuoteState::Altered,
        ),
        // Another word, with another meaning.
        (
            "to keep the gate; it does not[e] note the survey’s wish",
            QuoteState::Altered,
        ),
        // A remark of whoever quotes stands for nothing.
        (
            "condemns what [sic] was asked and [emphasis added] wants",
            QuoteState::Verbatim,
        ),
        (
            "The Ministry [sic] to keep the gate; it does",
            QuoteState::Altered,
        ),
        (
            "to keep the gate; it does [sic] note the survey’s wish",
            QuoteState::Altered,
        ),
    ] {
        let verdict = check_text(body, quote);
        assert_eq!(verdict.verdict, state, "{quote}: {verdict:?}");
    }
}

#[test]
fn another_word_is_no_ending() {
    let body = "They see few risks and high costs, an objection, and then the old man who gave it up; we want that. We agree. The gate stands.";
    for (quote, state) in [
        ("They see few[er] risks and high costs", QuoteState::Altered),
        (
            "few risks and high[er] costs, an objection",
            QuoteState::Altered,
        ),
        ("high costs, an[y] objection, and then", QuoteState::Altered),
        ("an objection, and the[y] the old man", QuoteState::Altered),
        ("then the old ma[y] who gave it up", QuoteState::Altered),
        ("it up; we want[ed] that", QuoteState::Verbatim),
        // A bracket does not take the marks of its word away.
        (
            "we want that. We agree[]? The gate stands",
            QuoteState::Altered,
        ),
        (
            "who gave it up; we want[s]? that. We agree. The gate stands",
            QuoteState::Altered,
        ),
    ] {
        let verdict = check_text(body, quote);
        assert_eq!(verdict.verdict, state, "{quote}: {verdict:?}");
    }
}

#[test]
fn hostile_quotations_end() {
    let gaps = |sign: &str| format!("[x] {} one two three", sign.repeat(20_000));
    for quote in [gaps("… "), gaps("[a] "), gaps("a … ")] {
        let verdict = check(&quote[..quote.len().min(60_000)]).verdict;
        assert_ne!(verdict, QuoteState::Verbatim);
    }
    // Ellipses on end are one.
    let one = check("We do not agree that … … … can be closed without harm");
    assert_eq!(one.verdict, QuoteState::Verbatim, "{one:?}");
    let broken = check(&"the dam … ".repeat(70));
    assert_eq!(broken.verdict, QuoteState::Undecided);
    for article in [
        "'a ".repeat(60_000),
        "'a b' ".repeat(40_000),
        "“".repeat(60_000),
        format!("“{}”", "‘a b c’ ".repeat(2_000)).repeat(4),
    ] {
        let all = check_quotations(&article, &versions());
        assert!(all.len() <= demur_check::quote::MAX_QUOTATIONS);
        assert!(all.iter().all(|v| v.verdict != QuoteState::Verbatim));
    }
    // A passage that is too long leaves the others theirs.
    let article = format!(
        "“{}”\n\nIt says “do not agree that the Lower Sluice can be closed”.",
        "word ".repeat(20_000)
    );
    let all = check_quotations(&article, &versions());
    let states: Vec<QuoteState> = all.iter().map(|v| v.verdict).collect();
    assert_eq!(states, [QuoteState::Undecided, QuoteState::Verbatim]);
}

#[test]
fn pieces_in_another_order_within_one_paragraph() {
    let body = "The gate stands open in the spring, and the farms below it drown in the summer, and the gate stands open again.";
    let turned = check_text(
        body,
        "the farms below it drown … The gate stands open in the spring",
    );
    assert_eq!(turned.verdict, QuoteState::Altered, "{turned:?}");
    assert!(turned.reordered, "{turned:?}");
    // The same words stand behind it, too.
    let kept = check_text(body, "the farms below it drown … the gate stands open");
    assert_eq!(kept.verdict, QuoteState::Verbatim, "{kept:?}");
    let slip = check_text(
        body,
        "the farms below it drwon in the summer … the gate stands open again",
    );
    assert!(!slip.reordered, "{slip:?}");
}

#[test]
fn altered_and_not_found() {
    let verdict = check("We do agree that the Lower Sluice can be closed");
    assert_eq!(verdict.verdict, QuoteState::Altered);
    assert_eq!(verdict.changes[0].registered, "not");
    assert_eq!(verdict.places[0].places, [Place::Paragraph(1)]);
    let verdict = check("We do not agree that the Lower Sluioe can be closed");
    assert_eq!(verdict.verdict, QuoteState::Slips, "{verdict:?}");
    let verdict = check("[W]e do not agree that the Upper Sluice can be … below it");
    assert_eq!(verdict.verdict, QuoteState::Altered, "{verdict:?}");
    let changed: Vec<&str> = verdict.changes.iter().map(|c| c.copy.as_str()).collect();
    assert_eq!(changed, ["Upper"], "{verdict:?}");
    assert_eq!(
        check("The Minister had no comment on this matter").verdict,
        QuoteState::NotFound
    );
    assert_eq!(check("no comment").verdict, QuoteState::TooShort);
    // A capital at its beginning is no change beside one.
    let verdict = check("the Ministry called it “a matter of sorts” and did nothing.");
    assert_eq!(verdict.changes.len(), 1, "{verdict:?}");
    let verdict = check("[i]t should wait until the water falls");
    assert_eq!(verdict.verdict, QuoteState::Verbatim);
    let verdict = check("[it] should wait until the water falls");
    assert_eq!(
        (verdict.verdict, verdict.brackets.len()),
        (QuoteState::Verbatim, 0),
        "{verdict:?}"
    );
    // Passages in another order are not the text.
    let verdict =
        check("The survey of 1998 found the dam sound … We do not agree that the Lower Sluice");
    assert_ne!(verdict.verdict, QuoteState::Verbatim);
}

#[test]
fn the_quotations_of_an_article() {
    let article = "RIVERTON — Staff wrote to the Minister that “[w]e do not agree that the Lower Sluice can be closed,” and\n\
        that \"the survey of 1998 found the dam\nunsound.\"\n\nA spokesman said: “They told us ‘it should wait until the water falls’ and we heard them.”\n\n\
        > It should wait until the water falls, and then\n> ask again.\n\nThe Minister said “no comment” to us, and “we have always listened to the staff here.”\n";
    let all = check_quotations(article, &versions());
    let said: Vec<(QuoteState, Option<u32>)> = all.iter().map(|q| (q.verdict, q.line)).collect();
    assert_eq!(
        said,
        [
            (QuoteState::Verbatim, Some(1)),
            (QuoteState::Altered, Some(2)),
            (QuoteState::Verbatim, Some(5)),
            (QuoteState::Verbatim, Some(7)),
            (QuoteState::TooShort, Some(10)),
            (QuoteState::NotFound, Some(10)),
        ],
        "{all:?}"
    );
}

/// A quotation of a few words with one of them changed is found all the same.
#[test]
fn short_quotations_with_another_word() {
    let body = "Nine stations are to close, six of them above the weir. It is not a call centre. Nobody has asked the towns that lie below.";
    for (quote, registered, copy) in [
        ("six stations are to close", "Nine", "six"),
        ("Nine stations are to shut", "close,", "shut"),
        ("nine stations were to close", "are", "were"),
        ("Nine stations are not to close", "", "not"),
        ("It is a call centre", "not", ""),
        ("Nobody has asked the cities that lie", "towns", "cities"),
        (
            "Somebody has asked the towns that fell below",
            "Nobody",
            "Somebody",
        ),
    ] {
        let verdict = check_text(body, quote);
        assert_eq!(verdict.verdict, QuoteState::Altered, "{quote}");
        let first = &verdict.changes[0];
        assert_eq!(
            (first.registered.as_str(), first.copy.as_str()),
            (registered, copy)
        );
        assert!(!verdict.places.is_empty());
    }
    for quote in [
        "It is not the one for it",
        "Six houses were to open",
        "the cat sat on the mat",
    ] {
        assert_eq!(
            check_text(body, quote).verdict,
            QuoteState::NotFound,
            "{quote}"
        );
    }
}

/// Scraps from all over a memo say nothing of it; one that ends before `not` says the opposite.
#[test]
fn what_is_put_together_or_cut_off() {
    let body = "We have read the plan with care, and are of one mind. \
                Its figures were made in a hurry last spring, as the office knows, and they were never checked by anybody since then.\n\n\
                (U) Whoever is for the ministry is not against the towns. Four of the nine could not be reached.";
    for (quote, verdict) in [
        ("The office … was … wrong", QuoteState::NotFound),
        ("We … are … for the ministry", QuoteState::Undecided),
        (
            "We have read the plan … is not against the towns",
            QuoteState::Verbatim,
        ),
        ("We have … the plan with care", QuoteState::Verbatim),
        ("Four of the nine could", QuoteState::Altered),
        ("Whoever is for the ministry is", QuoteState::Altered),
        ("Four of the nine could not", QuoteState::Verbatim),
    ] {
        let said = check_text(body, quote);
        assert_eq!(said.verdict, verdict, "{quote}: {said:?}");
    }
}

/// What stands in another text is not taken for a changed quotation of this one.
#[test]
fn short_quotations_of_other_texts() {
    let Some(dissents) = dissents() else { return };
    let memos: Vec<_> = dissents.iter().map(memo_of).collect();
    let (mut tried, mut wrong) = (0, Vec::new());
    for (memo, other) in memos.iter().zip(memos.iter().skip(1)) {
        let versions = [Text::of_memo(1, other)];
        for portion in memo.portions().iter().step_by(7) {
            let words: Vec<&str> = portion.words().collect();
            for size in [5, 6, 7, 8] {
                let Some(some) = words.get(4..4 + size) else {
                    continue;
                };
                let verdict = check_quote(&some.join(" "), &versions).unwrap();
                tried += 1;
                if !matches!(verdict.verdict, QuoteState::NotFound) {
                    wrong.push((some.join(" "), verdict));
                }
            }
        }
    }
    // "the land war in South Viet-Nam" stands in another one, too.
    assert!(
        tried > 100 && wrong.len() <= 1,
        "{} of {tried}: {wrong:?}",
        wrong.len()
    );
}

#[test]
fn sentences_of_real_texts() {
    let Some(dissents) = dissents() else { return };
    for dissent in &dissents {
        let memo = memo_of(dissent);
        let versions = [Text::of_memo(1, &memo)];
        for portion in memo
            .portions()
            .iter()
            .filter(|p| p.words().count() >= 20)
            .step_by(3)
        {
            let words: Vec<&str> = portion.words().collect();
            let quote = words[3..15].join(" ");
            let verdict = check_quote(&quote, &versions).unwrap();
            assert_eq!(
                verdict.verdict,
                QuoteState::Verbatim,
                "{}: {quote}",
                dissent.id
            );
            let gap = format!("{} … {}", words[2..6].join(" "), words[14..19].join(" "));
            let verdict = check_quote(&gap, &versions).unwrap();
            assert!(
                !verdict.places.is_empty(),
                "{}: {gap} {verdict:?}",
                dissent.id
            );
            let mut other = words[3..15].to_vec();
            other[6] = "quicksilver";
            let verdict = check_quote(&other.join(" "), &versions).unwrap();
            assert_eq!(
                verdict.verdict,
                QuoteState::Altered,
                "{}: {other:?}",
                dissent.id
            );
        }
    }
}

#[test]
fn a_number_in_words_counts_in_brackets_and_at_ellipses() {
    let body = "Nine stations are to close. Both were built in the twenty-first year of the plan. We are writing because we are for it. It rose twice as fast.";
    for (quote, was) in [
        ("[Ten] stations are to close", "Nine"),
        ("[Some] stations are to close", "Nine"),
        ("Nine stations are to [half]", "close."),
        ("[One] were built in the twenty-first year", "Both"),
        (
            "were built in the [thirtieth] year of the plan",
            "twenty-first",
        ),
        ("were built in the … year of the plan", "twenty-first"),
        ("It rose … as fast", "twice"),
        ("It rose [thrice] as fast", "twice"),
    ] {
        let verdict = check_text(body, quote);
        assert_eq!(verdict.verdict, QuoteState::Altered, "{quote}: {verdict:?}");
        assert_eq!(verdict.changes[0].because, Some(Because::Number), "{quote}");
        assert_eq!(verdict.changes[0].registered, was, "{quote}");
    }
    // The neighbour of a bracket at an end is what it stands for, in its sentence alone.
    for (quote, copy, registered) in [
        (
            "[The gates] are to close. Both were",
            "The gates",
            "stations",
        ),
        ("We are writing because we are [against]", "against", "for"),
        ("[And] we are writing because we are for it", "And", ""),
        ("we are writing because we are for it [all]", "all", ""),
        (
            "we are [against] it",
            "against",
            "writing because we are for",
        ),
    ] {
        let verdict = check_text(body, quote);
        assert_eq!(
            verdict.verdict,
            QuoteState::Verbatim,
            "{quote}: {verdict:?}"
        );
        let own: Vec<(&str, &str)> = { verdict.in_own_words() }
            .map(|own| (own.copy.as_str(), own.registered.as_str()))
            .collect();
        assert_eq!(own, [(copy, registered)], "{quote}");
    }
    // A piece beside others that differ is no freer.
    let verdict = check_text(
        body,
        "[Ten] stations are to close … We are writing becouse we are for it",
    );
    assert_eq!(verdict.verdict, QuoteState::Altered, "{verdict:?}");
    assert!(
        verdict
            .changes
            .iter()
            .any(|c| c.because == Some(Because::Number))
    );
    let plain = check_text(body, "stations are to close. Both [sic] were");
    assert_eq!(plain.in_own_words().count(), 0);
}

#[test]
fn a_quotation_in_small_letters_is_held_against_a_sentence() {
    let body = "The desk at Sallow is eleven people. It is not a call centre. What it knows is which gauge sticks in frost.";
    for quote in [
        "it is a call centre",
        "It is a call centre",
        "… it is a call centre …",
    ] {
        let verdict = check_text(body, quote);
        assert_eq!(verdict.verdict, QuoteState::Altered, "{quote}: {verdict:?}");
        assert_eq!(verdict.changes.len(), 1, "{quote}: {verdict:?}");
        assert_eq!(verdict.changes[0].registered, "not", "{quote}");
    }
    let verdict = check_text(body, "it is a call centre");
    assert!(verdict.disregarded.contains(&Rule::FirstLetter));
    let verdict = check_text(body, "it is not\u{1680}a call centre");
    assert_ne!(verdict.verdict, QuoteState::Verbatim, "{verdict:?}");
}
