//! Copies of real dissents against their registered text.

mod common;

use demur_check::copy::{CopyText, Overall, ParagraphState, Place, Rule, Text, compare};
use demur_memo::Memo;

use common::{alter, dissents, kinds, memo_of, rules};

fn check(copy: &str, versions: &[Text]) -> demur_check::copy::Comparison {
    compare(&CopyText::parse(copy.as_bytes()).unwrap(), versions, &[])
}

#[test]
fn real_texts_unchanged_altered_and_reset() {
    let Some(dissents) = dissents() else { return };
    for dissent in &dissents {
        let memo = memo_of(dissent);
        let versions = [common::disclosed(1, &memo)];
        let whole = memo.to_text();
        let same = check(&whole, &versions);
        assert_eq!(
            same.overall,
            Overall::Identical,
            "{}: {:?}",
            dissent.id,
            kinds(&same)
        );
        // The body alone, as plain text.
        let body = whole.splitn(3, "+++\n").nth(2).unwrap();
        let same = check(body, &versions);
        assert_eq!(
            same.overall,
            Overall::Identical,
            "{}: {:?}",
            dissent.id,
            kinds(&same)
        );

        // Each tenth word of the body in turn has one letter more.
        let words = body.split_whitespace().count();
        for n in (0..words).step_by(1 + words / 5) {
            let Some((copy, paragraph, before, after)) = alter(&memo, n) else {
                continue;
            };
            let verdict = check(&copy, &versions);
            assert_eq!(verdict.overall, Overall::Altered, "{} word {n}", dissent.id);
            let named = verdict
                .paragraphs
                .iter()
                .find(|p| p.place == Place::Paragraph(paragraph))
                .unwrap();
            let ParagraphState::Altered { changes } = &named.verdict else {
                panic!("{} paragraph {paragraph}: {named:?}", dissent.id)
            };
            assert_eq!(changes.len(), 1, "{changes:?}");
            assert_eq!(
                (changes[0].registered.as_str(), changes[0].copy.as_str()),
                (before.as_str(), after.as_str())
            );
            let others = verdict
                .paragraphs
                .iter()
                .filter(|p| p.place != Place::Paragraph(paragraph));
            assert!(
                others
                    .clone()
                    .all(|p| p.verdict == ParagraphState::Identical),
                "{:?}",
                kinds(&verdict)
            );
            assert!(verdict.inserted.is_empty());
        }

        let noisy = common::noise(body);
        let verdict = check(&noisy, &versions);
        assert_eq!(
            verdict.overall,
            Overall::LayoutOnly,
            "{}: {:?} {:?}",
            dissent.id,
            kinds(&verdict),
            verdict.inserted
        );
        assert!(verdict.disregarded.contains(&Rule::LineBreaks));
    }
}

#[test]
fn a_copy_without_markings_and_signs_has_the_same_words() {
    let text = "+++\ntitle = \"(U) T\"\n+++\n\n# (U) The upper stations\n\n(U) Nine stations are to close, six above the weir.\n\n\
                - (U) Keep the six of them\n- and close the three\n\n> (U) Nobody asked the towns.\n";
    let rules = demur_memo::marking::Rules::new("state", "SBU", &[] as &[&str], "refuse").unwrap();
    let memo = Memo::parse(text, &rules).unwrap();
    let versions = [common::disclosed(1, &memo)];
    for copy in [
        "The upper stations\n\nNine stations are to close, six above the weir.\n\nKeep the six of them\nand close the three\n\nNobody asked the towns.",
        "# The upper stations\n\nNine stations are to close,\nsix above the weir.\n\n- Keep the six of them\n- and close the three\n\n> Nobody asked the towns.",
    ] {
        let verdict = check(copy, &versions);
        assert_eq!(
            verdict.overall,
            Overall::LayoutOnly,
            "{copy}: {:?}",
            kinds(&verdict)
        );
        assert!(verdict.markings.iter().all(|m| m.copy.is_none()));
        let other = check(&copy.replace("six above", "five above"), &versions);
        assert_eq!(other.overall, Overall::Altered);
    }
}

#[test]
fn real_texts_are_not_each_other() {
    let Some(dissents) = dissents() else { return };
    let memos: Vec<Memo> = dissents.iter().map(memo_of).collect();
    for (i, memo) in memos.iter().enumerate() {
        let other = &memos[(i + 1) % memos.len()];
        let body = other.to_text();
        let body = body.splitn(3, "+++\n").nth(2).unwrap();
        let verdict = check(body, &[Text::of_memo(1, memo)]);
        assert_eq!(verdict.overall, Overall::NotFound, "{}", dissents[i].id);
    }
}

#[test]
fn real_paragraphs_are_excerpts() {
    let Some(dissents) = dissents() else { return };
    for dissent in &dissents {
        let memo = memo_of(dissent);
        let versions = [common::disclosed(1, &memo)];
        for portion in memo
            .portions()
            .iter()
            .filter(|p| p.words().count() >= 12)
            .step_by(5)
        {
            let verdict = check(portion.text(), &versions);
            let said = kinds(&verdict);
            assert_eq!(
                verdict.overall,
                Overall::Excerpt,
                "{} {}: {said:?}",
                dissent.id,
                portion.number()
            );
            // The middle of it, in quotation marks.
            let words: Vec<&str> = portion.words().collect();
            let part = &words[2..words.len() - 2];
            if !part.iter().all(|w| w.contains(char::is_alphanumeric)) {
                continue;
            }
            let verdict = check(&format!("“{}”", part.join(" ")), &versions);
            assert_eq!(
                verdict.overall,
                Overall::Excerpt,
                "{} {}: {:?}",
                dissent.id,
                portion.number(),
                kinds(&verdict)
            );
        }
    }
}

const TEXT: &str = "+++
title = \"(U) On the closing of the Lower Sluice\"
[[point]]
number = 1
marking = \"U\"
policy = \"To close the Lower Sluice in 2027\"
argument = \"Paragraphs 1 and 2\"
recommendation = \"Keep it open for 10 years more\"
+++

(SBU) We do not agree that the Lower Sluice can be closed without harm to the 1,200 farms below it.

# (U) What was found

(U) The survey of 1998 found the dam sound – the engineers’ word – and asked for 10² days of watching.

- (U) first, keep the gate;
- second, pay the keeper;

(SBU) We can't see why the Ministry hurries. It should wait until the water-level falls, and then ask again.
";

fn memo() -> Memo {
    Memo::parse(TEXT, &rules()).unwrap()
}

fn versions() -> [Text; 1] {
    [Text::of_memo(1, &memo())]
}

fn body() -> String {
    TEXT.splitn(3, "+++\n")
        .nth(2)
        .unwrap()
        .trim_start()
        .to_owned()
}

#[test]
fn what_turns_the_meaning_is_found() {
    for (from, to, registered, copy, paragraph) in [
        ("We do not agree", "We do agree", "not", "", 1),
        ("1,200", "1,300", "1,200", "1,300", 1),
        ("10² days", "102 days", "10²", "102", 3),
        ("can't see", "can see", "can't", "can", 5),
        ("without harm", "with harm", "without", "with", 1),
        (
            "the Ministry hurries",
            "the Ministry never hurries",
            "",
            "never",
            5,
        ),
        ("first, keep", "First, keep", "first,", "First,", 4),
        (
            "hurries. It",
            "hurries, it",
            "hurries. It",
            "hurries, it",
            5,
        ),
        ("agree", "agr\u{0435}e", "agree", "agr\\u{435}e", 1),
        ("agree", "a\u{202e}gree", "agree", "a\\u{202e}gree", 1),
    ] {
        let verdict = check(&body().replace(from, to), &versions());
        assert_eq!(verdict.overall, Overall::Altered, "{from}");
        let named = verdict
            .paragraphs
            .iter()
            .find(|p| p.place == Place::Paragraph(paragraph))
            .unwrap();
        let ParagraphState::Altered { changes } = &named.verdict else {
            panic!("{named:?}")
        };
        assert_eq!(
            (changes[0].registered.as_str(), changes[0].copy.as_str()),
            (registered, copy)
        );
    }
}

#[test]
fn a_meaning_turned_in_a_quotation_is_found() {
    let verdict = check(
        "We do agree that the Lower Sluice can be closed",
        &versions(),
    );
    assert_eq!(verdict.overall, Overall::Altered, "{verdict:?}");
    let ParagraphState::Altered { changes } = &verdict.paragraphs[0].verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(changes[0].registered, "not");
}

#[test]
fn layout_is_layout() {
    for (from, to, rule) in [
        ("engineers’", "engineers'", Rule::Quotes),
        (
            "sound – the engineers’ word – and",
            "sound--the engineers’ word--and",
            Rule::Dashes,
        ),
        ("water-level", "water-\nlevel", Rule::Hyphenation),
        ("Ministry", "Min-\nistry", Rule::Hyphenation),
        ("can be", "can  be", Rule::Spaces),
        ("can be", "can\u{a0}be", Rule::Spaces),
        ("can be", "can\nbe", Rule::LineBreaks),
        ("found the", "found \u{200b} the", Rule::Invisible),
        ("hurries. It", "*hurries.* It", Rule::Markdown),
        ("hurries. It", "hurries.\n\nIt", Rule::Paragraphs),
        (
            "(U) The survey",
            "Page 2 of 3\n\n(U) The survey",
            Rule::Page,
        ),
    ] {
        let verdict = check(&body().replace(from, to), &versions());
        assert_eq!(
            verdict.overall,
            Overall::LayoutOnly,
            "{to}: {:?} {:?}",
            kinds(&verdict),
            verdict.inserted
        );
        assert!(
            verdict.disregarded.contains(&rule),
            "{to}: {:?}",
            verdict.disregarded
        );
    }
}

#[test]
fn paragraphs_left_out_put_in_and_moved() {
    let blocks: Vec<String> = body().split("\n\n").map(str::to_owned).collect();
    let without: Vec<String> = blocks
        .iter()
        .filter(|b| !b.contains("survey"))
        .cloned()
        .collect();
    let verdict = check(&without.join("\n\n"), &versions());
    assert_eq!(verdict.overall, Overall::Incomplete);
    assert!(
        verdict
            .paragraphs
            .iter()
            .any(|p| p.place == Place::Paragraph(3) && p.verdict == ParagraphState::Missing)
    );

    let mut more = blocks.clone();
    more.insert(
        2,
        "(U) The Minister has been paid by the builders.".to_owned(),
    );
    let verdict = check(&more.join("\n\n"), &versions());
    assert_eq!(verdict.overall, Overall::Altered);
    assert!(!verdict.inserted.is_empty(), "{verdict:?}");
    assert_eq!(
        verdict.inserted[0].text,
        "The Minister has been paid by the builders."
    );
    assert_eq!(verdict.inserted[0].after, Some(Place::Paragraph(2)));

    let mut moved = blocks.clone();
    moved.swap(0, 4);
    let verdict = check(&moved.join("\n\n"), &versions());
    assert_eq!(verdict.overall, Overall::Altered);
    assert!(
        verdict
            .paragraphs
            .iter()
            .any(|p| matches!(&p.verdict, ParagraphState::Moved { changes } if changes.is_empty())),
        "{:?}",
        kinds(&verdict)
    );

    // The end of a paragraph within the text is no quotation.
    let cut = body().replace(" and asked for 10² days of watching.", "");
    let verdict = check(&cut, &versions());
    assert_eq!(verdict.overall, Overall::Altered, "{:?}", kinds(&verdict));
}

#[test]
fn markings_and_head() {
    let verdict = check(&body().replace("(SBU) We do", "(U) We do"), &versions());
    assert_eq!(verdict.overall, Overall::Altered);
    assert_eq!(verdict.markings[0].place, Place::Paragraph(1));
    assert_eq!(verdict.markings[0].copy.as_deref(), Some("U"));
    let verdict = check(
        &body().replace("(SBU) ", "").replace("(U) ", ""),
        &versions(),
    );
    assert_eq!(
        verdict.overall,
        Overall::LayoutOnly,
        "{:?}",
        kinds(&verdict)
    );
    // (U) may be left out: it says no more than no marking.
    assert_eq!(verdict.markings.len(), 2);

    let verdict = check(
        &TEXT.replace("open for 10 years", "open for 2 years"),
        &versions(),
    );
    assert_eq!(verdict.overall, Overall::Altered);
    let named = verdict
        .paragraphs
        .iter()
        .find(|p| p.place.to_string() == "point 1, recommendation")
        .unwrap();
    assert!(
        matches!(&named.verdict, ParagraphState::Altered { changes } if changes[0].copy == "2")
    );
}

#[test]
fn the_nearest_version_is_chosen() {
    let first = memo();
    let second = Memo::parse(&TEXT.replace("hurries", "delays"), &rules()).unwrap();
    let both = [Text::of_memo(1, &first), Text::of_memo(2, &second)];
    let verdict = check(&first.to_text(), &both);
    assert_eq!(
        (verdict.overall, verdict.nearest),
        (Overall::Identical, Some(1))
    );
    assert_eq!(verdict.distances[1].different, 1);
    // A passage that both have.
    let verdict = check("found the dam sound – the engineers’ word –", &both);
    assert_eq!(
        (verdict.overall, verdict.nearest, verdict.also),
        (Overall::Excerpt, Some(2), vec![1])
    );
}

#[test]
fn what_is_hidden_cannot_be_compared() {
    use demur_check::copy::Run;
    let mut text = versions()[0].clone();
    let hide = text
        .paragraphs
        .iter_mut()
        .find(|p| p.place == Place::Paragraph(1))
        .unwrap();
    hide.runs = vec![
        Run::Shown(["We", "do"].map(str::to_owned).to_vec()),
        Run::Hidden(14),
        Run::Shown(["farms", "below", "it."].map(str::to_owned).to_vec()),
    ];
    let note = hide.to_text();
    let verdict = check(&body(), &[text.clone()]);
    assert_eq!(
        verdict.overall,
        Overall::NotComparable,
        "{:?}",
        kinds(&verdict)
    );
    assert!(verdict.not_compared > 0);
    // The disclosed text itself, with the note of what is hidden.
    let shown = format!("(SBU) {note}\n\n{}", body().split_once("\n\n").unwrap().1);
    let verdict = check(&shown, &[text.clone()]);
    assert!(
        !matches!(verdict.overall, Overall::Altered | Overall::NotFound),
        "{:?}",
        kinds(&verdict)
    );
    // What is shown is still compared.
    let verdict = check(&body().replace("hurries", "sleeps"), &[text]);
    assert_eq!(verdict.overall, Overall::Altered);
}

/// What is shown beside hidden words is proved like any other, in the body and in the head.
#[test]
fn what_is_shown_beside_hidden_words_is_compared() {
    use demur_check::copy::Run;
    let text = "+++\ntitle = \"(U) T\"\n\n[[point]]\nnumber = 1\nmarking = \"U\"\npolicy = \"Close the dam below the lower weir\"\nargument = \"A\"\nrecommendation = \"R\"\n+++\n\n\
                (U) They gave a warning in good time and without any fault in seven floods out of nine. The directive counts only stations.\n\n\
                (U) Nobody has asked the towns that lie below it, and nobody will.\n";
    let rules = demur_memo::marking::Rules::new("state", "SBU", &[] as &[&str], "refuse").unwrap();
    let mut version = common::disclosed(1, &Memo::parse(text, &rules).unwrap());
    let mut hide = |place: Place, from: usize, to: usize| {
        let all = &mut version.paragraphs;
        let paragraph = all.iter_mut().find(|p| p.place == place).unwrap();
        let words: Vec<String> = paragraph.to_text().split(' ').map(str::to_owned).collect();
        paragraph.runs = vec![
            Run::Shown(words[..from].to_vec()),
            Run::Hidden((to - from) as u64),
            Run::Shown(words[to..].to_vec()),
        ];
    };
    hide(Place::Paragraph(1), 3, 11);
    hide(Place::Head("point 1, policy".to_owned()), 2, 3);
    let versions = [version];
    let said = |copy: &str| check(copy, &versions);
    for (from, to, overall, not_compared) in [
        ("", "", Overall::NotComparable, 9),
        // Of the hidden words nobody can say anything.
        ("good time", "no time", Overall::NotComparable, 9),
        ("the dam", "the mill", Overall::NotComparable, 9),
        // These stand beside them.
        ("seven floods", "six floods", Overall::Altered, 9),
        ("seven floods", "floods", Overall::Altered, 9),
        ("gave a warning", "gave no warning", Overall::Altered, 9),
        ("lower weir", "upper weir", Overall::Altered, 9),
        // There are only so many.
        (
            "in good time",
            "in good and proper and most generous time",
            Overall::Altered,
            9,
        ),
    ] {
        let copy = text.replace(from, to);
        let verdict = said(&copy);
        assert_eq!(verdict.overall, overall, "{to}: {:?}", kinds(&verdict));
        if overall == Overall::NotComparable {
            assert_eq!(verdict.not_compared, not_compared, "{to}");
            let hidden = |p: &&demur_check::copy::ParagraphVerdict| {
                matches!(p.verdict, ParagraphState::Hidden { .. })
            };
            // None of the two is called identical.
            assert_eq!(verdict.paragraphs.iter().filter(hidden).count(), 2);
        }
    }
}

/// A bare number is a page's where pages end, in a row of them, or at the copy's edge; else it is text.
#[test]
fn a_number_that_is_no_page_s_is_text() {
    let text = "+++\ntitle = \"(U) T\"\n+++\n\n(U) Nine stations are to close, six of them above the weir.\n\n(U) Nobody asked the towns below it:\n\n(U) They will ask us why.\n";
    let rules = demur_memo::marking::Rules::new("state", "SBU", &[] as &[&str], "refuse").unwrap();
    let versions = [common::disclosed(1, &Memo::parse(text, &rules).unwrap())];
    let body = text.rsplit("+++\n\n").next().unwrap();
    let after = |line: &str, n: usize| {
        let mut blocks: Vec<&str> = body.trim().split("\n\n").collect();
        blocks.insert(n, line);
        blocks.join("\n\n")
    };
    for (copy, overall) in [
        (after("14", 1), Overall::Altered),
        (after("2026", 1), Overall::Altered),
        (after("2026", 3), Overall::Altered),
        (after("- 14\n- 2026", 1), Overall::Altered),
        (after("14", 3), Overall::LayoutOnly),
        (after("14", 0), Overall::LayoutOnly),
        (
            after("14", 2)
                .split("\n\n(U) They")
                .next()
                .unwrap()
                .to_owned(),
            Overall::Altered,
        ),
        (after("- 14 -", 1), Overall::LayoutOnly),
        (after("Page 14 of 20", 1), Overall::LayoutOnly),
        (after("14\n\u{c}", 1), Overall::LayoutOnly),
        (format!("{}\n\n2", after("1", 1)), Overall::LayoutOnly),
    ] {
        let verdict = check(&copy, &versions);
        assert_eq!(verdict.overall, overall, "{copy}");
    }
}

/// A number that a line's end divides at its own hyphen is one, also where its end looks like a list's number.
#[test]
fn a_number_that_a_line_divides() {
    let text = "+++\ntitle = \"(U) T\"\n+++\n\n(U) We dissent from Directive 26-14. It closes nine stations, six of them above the weir.\n";
    let rules = demur_memo::marking::Rules::new("state", "SBU", &[] as &[&str], "refuse").unwrap();
    let versions = [common::disclosed(1, &Memo::parse(text, &rules).unwrap())];
    for (divided, overall) in [
        ("26-\n14. It", Overall::LayoutOnly),
        ("26-\n15. It", Overall::Altered),
        ("26\n14. It", Overall::Altered),
        ("2614. It", Overall::Altered),
    ] {
        let verdict = check(&text.replace("26-14. It", divided), &versions);
        assert_eq!(verdict.overall, overall, "{divided}");
    }
}

/// A dash that stands before a number may be its sign, wherever the number's own word is.
#[test]
fn a_sign_before_a_number_is_no_slip() {
    let text = "+++\ntitle = \"(U) T\"\n+++\n\n(U) The water rose by 0.7 metres in a day and nobody was told of it – not one.\n";
    let rules = demur_memo::marking::Rules::new("state", "SBU", &[] as &[&str], "refuse").unwrap();
    let versions = [common::disclosed(1, &Memo::parse(text, &rules).unwrap())];
    for sign in ["-", "–", "—", "\u{2212}", "– ", "— "] {
        let verdict = check(&text.replace("0.7", &format!("{sign}0.7")), &versions);
        assert_eq!(verdict.overall, Overall::Altered, "{sign}");
    }
    // Elsewhere a dash that is lost is one.
    let verdict = check(&text.replace("– ", ""), &versions);
    assert_eq!(verdict.overall, Overall::Slips);
}

#[test]
fn bad_input_is_refused() {
    assert!(CopyText::parse(b"four words are few").is_err());
    assert!(CopyText::parse(b"\xff\xfe").is_err());
    assert!(CopyText::parse(&vec![b'a'; demur_check::copy::MAX_COPY + 1]).is_err());
}

#[test]
fn a_doubted_file_is_never_called_good() {
    let text = "+++\ntitle = \"(U) T\"\n+++\n\n(U) We do not agree that the weir can be closed.\n\n(U) Nobody asked the towns below it.\n";
    let rules = demur_memo::marking::Rules::new("state", "SBU", &[] as &[&str], "refuse").unwrap();
    let memo = Memo::parse(text, &rules).unwrap();
    let versions = [common::disclosed(1, &memo)];
    let doubt = |text: &str| demur_check::copy::Doubt {
        reason: "hidden text".to_owned(),
        place: "page 1".to_owned(),
        text: text.to_owned(),
        beside: None,
    };
    for copy in [text, "We do not agree that the weir can be closed."] {
        let doubted = check(copy, &versions).doubted(
            vec![doubt("do not agree")],
            &CopyText::parse(copy.as_bytes()).unwrap(),
            &versions,
        );
        assert_eq!(doubted.overall, Overall::NotComparable, "{copy}");
        let beside = doubted.doubts[0].beside.as_ref().unwrap();
        assert_eq!(beside.place, Place::Paragraph(1));
        assert!(beside.text.contains("We do not agree"));
    }
    // Without a doubt nothing changes, and what is bad stays what it is.
    let parsed = CopyText::parse(text.as_bytes()).unwrap();
    let same = check(text, &versions).doubted(Vec::new(), &parsed, &versions);
    assert_eq!(same.overall, Overall::Identical);
    let altered =
        check(&text.replace("not ", ""), &versions).doubted(vec![doubt("x")], &parsed, &versions);
    assert_eq!(altered.overall, Overall::Altered);
}

#[test]
fn a_head_that_says_more_than_a_memo_can_is_not_the_memo_s() {
    let text = "+++\ntitle = \"(U) On the ferries of the northern islands\"\n+++\n\n(U) Nobody asked the islands before the two ferries were sold to a stranger.\n";
    let versions = [Text::of_memo(1, &Memo::parse(text, &rules()).unwrap())];
    let check =
        |copy: &str| compare(&CopyText::parse(copy.as_bytes()).unwrap(), &versions, &[]).overall;
    assert_eq!(check(text), Overall::Identical);
    let head = "title = \"(U) On the ferries of the northern islands\"\n";
    for more in [
        "signed_by = [\"Henry Example, Under Secretary\"]\n",
        "# We demand that the Minister resigns at once.\n",
        "date = \"2026-01-02\" # We demand that the Minister resigns.\n",
    ] {
        let altered = text.replace(head, &format!("{head}{more}"));
        assert_ne!(altered, text);
        let found = check(&altered);
        assert!(
            !matches!(
                found,
                Overall::Identical | Overall::LayoutOnly | Overall::Excerpt
            ),
            "{more}: {found:?}"
        );
    }
    // A sign within a string is none of a comment.
    let numbered = text.replace("northern", "# 1 northern");
    let versions = [Text::of_memo(1, &Memo::parse(&numbered, &rules()).unwrap())];
    let copy = CopyText::parse(numbered.as_bytes()).unwrap();
    assert_eq!(compare(&copy, &versions, &[]).overall, Overall::Identical);
}

#[test]
fn a_stretch_of_the_title_put_into_the_body_is_an_alteration() {
    let text = "+++\ntitle = \"(U) It is false that the islands were asked before the sale\"\n+++\n\n(U) Nobody in the office went there before the two ferries were sold to a stranger.\n\n(U) They were the only way to the hospital in the months of winter.\n";
    let versions = [Text::of_memo(1, &Memo::parse(text, &rules()).unwrap())];
    let body = text.splitn(3, "+++\n").nth(2).unwrap().trim();
    let check = |copy: &str| {
        let copy = CopyText::parse(copy.as_bytes()).unwrap();
        compare(&copy, &versions, &[]).overall
    };
    assert_eq!(check(body), Overall::Identical);
    let put_in = body.replace(
        "\n\n(U) They",
        "\n\nthe islands were asked before the sale\n\n(U) They",
    );
    assert_eq!(check(&put_in), Overall::Altered);
}

/// The verdict on a copy of a memo's body.
fn of_body(registered: &str, copy: &str) -> Overall {
    let text = format!("+++\ntitle = \"(U) On the ferries\"\n+++\n\n{registered}\n");
    let versions = [Text::of_memo(1, &Memo::parse(&text, &rules()).unwrap())];
    check(copy, &versions).overall
}

#[track_caller]
fn is_same(registered: &str, copy: &str) {
    let overall = of_body(registered, copy);
    assert!(
        matches!(overall, Overall::Identical | Overall::LayoutOnly),
        "{copy:?}: {overall:?}"
    );
}

#[track_caller]
fn is_other(registered: &str, copy: &str) {
    let overall = of_body(registered, copy);
    assert!(
        !matches!(
            overall,
            Overall::Identical | Overall::LayoutOnly | Overall::Excerpt
        ),
        "{copy:?}: {overall:?}"
    );
}

#[test]
fn a_marking_within_a_paragraph_is_held_against_it() {
    let registered =
        "(SBU) The towns below the weir were never asked, and the cost was never told to them.";
    is_same(registered, registered);
    is_same(
        registered,
        &registered.replace("asked, and", "asked,\n\nand"),
    );
    is_same(
        registered,
        &registered.replace("asked, and", "asked,\n\n(SBU) and"),
    );
    is_other(
        registered,
        &registered.replace("asked, and", "asked,\n\n(S) and"),
    );
    is_other(
        registered,
        &registered.replace("asked, and", "asked,\n\n(U) and"),
    );
    // An enumeration's letter is none.
    let listed = "(U) They had (A) no boats at all left, and (C) the cost was never told to them by anybody.";
    assert_eq!(
        of_body(listed, "(C) the cost was never told to them by anybody."),
        Overall::Excerpt
    );
    // Of a part that begins within it, too.
    is_other(
        registered,
        "(S) were never asked, and the cost was never told to them.",
    );
}

#[test]
fn a_soft_hyphen_at_a_line_s_end_is_no_space() {
    let registered =
        "(U) There is no table of the towns, and it is notable that they were never asked.";
    is_same(registered, &registered.replace("notable", "no\u{ad}table"));
    is_same(
        registered,
        &registered.replace("notable", "no\u{ad}\ntable"),
    );
    is_same(
        registered,
        &registered.replace("notable", "not\u{ad}\nable"),
    );
    is_other(
        registered,
        &registered.replace("no table", "no\u{ad}\ntable"),
    );
    let numbers = "(U) There are 10 000 towns, and 10000 of them were never asked at all.";
    is_other(numbers, &numbers.replace("10 000", "10\u{ad}\n000"));
    is_other(numbers, &numbers.replace("10000", "10\u{ad}\n000"));
}

#[test]
fn signs_at_a_line_s_beginning_are_kept_before_numbers() {
    let registered =
        "(U) The water was at 5 degrees, and the towns of the valley were never asked.";
    is_same(registered, &registered.replace("at 5", "at\n5"));
    for sign in ["- ", "-", "> ", ">", "* ", "+ ", "− "] {
        is_other(
            registered,
            &registered.replace("at 5", &format!("at\n{sign}5")),
        );
    }
    let first = "(U) 5 degrees the water had, and the towns of the valley were never asked.";
    for sign in ["- ", "> ", "+ "] {
        is_other(first, &first.replace("(U) ", sign));
    }
    // A quotation's signs stand before each line.
    is_same(
        registered,
        &registered.replace("(U) ", "> ").replace("at 5", "at\n> 5"),
    );
    is_same(
        registered,
        &registered.replace("(U) ", "> > ").replace("at 5", "at\n5"),
    );
    // What has been quoted without its first line has not.
    is_other(registered, &registered.replace("the towns", "\n>the towns"));
    // A list is one, with numbers as well.
    let list =
        "- (U) 5 ships of the line\n- 7 planes of the coast guard\n- the towns of the valley";
    is_same(list, list);
    is_same(list, &list.replace("\n- ", "\n\n- ").replace("(U) ", ""));
    is_same(list, &list.replace("- ", "• "));
    is_same(list, &list.replace("- the", "the"));
    is_other(list, &list.replace("- 7", "-7"));
}

#[test]
fn a_head_s_text_counts_once_and_not_between_paragraphs() {
    let title = "It is false that the islands were asked before the sale";
    let text = format!(
        "+++\ntitle = \"(U) {title}\"\nto = [\"The Secretary of the islands\"]\n\n[[point]]\nnumber = 1\nmarking = \"U\"\npolicy = \"The ferries are sold to strangers.\"\nargument = \"Nobody can reach the hospital then.\"\nrecommendation = \"Keep both ferries for ten years.\"\n+++\n\n(U) Nobody in the office went there before the two ferries were sold to a stranger.\n\n(U) They were the only way to the hospital in the months of winter.\n"
    );
    let versions = [Text::of_memo(1, &Memo::parse(&text, &rules()).unwrap())];
    let body = text.splitn(3, "+++\n").nth(2).unwrap().trim();
    let good = |copy: &str| {
        let overall = check(copy, &versions).overall;
        matches!(overall, Overall::Identical | Overall::LayoutOnly)
    };
    let policy = "The ferries are sold to strangers.";
    assert!(good(body));
    assert!(good(&format!("{title}\n\n{body}")));
    assert!(good(&format!("{title}\n\n{policy}\n\n{body}")));
    assert!(good(&format!("{title}\n\n{body}\n\n{policy}")));
    for put_in in [
        title,
        policy,
        "To: The Secretary of the islands",
        "The Secretary of the islands",
    ] {
        assert!(
            !good(&body.replace("\n\n(U) They", &format!("\n\n{put_in}\n\n(U) They"))),
            "{put_in}"
        );
    }
    assert!(!good(&format!("{title}\n\n{title}\n\n{body}")));
    assert!(!good(&format!("{title}\n\n{body}\n\n{title}")));
    assert!(!good(&format!("{text}\n\n{title}")));
}

const WEIR: &str = "+++
title = \"(U) The closing of the stations on the Tarn\"
+++

# (U) Summary

(SBU) Nine stations are to close. Six of them stand above the weir at Sallow, where the river rises fastest.

(SBU) A flood comes down in thirty hours. Both figures are in the ministry's own handbook, which nobody reads.

(U) We do not say that nothing can move. Four posts could not.
";

fn weir() -> [Text; 1] {
    [Text::of_memo(1, &Memo::parse(WEIR, &rules()).unwrap())]
}

const PAGED: &str = "Summary

Nine stations are to close. Six of them stand above the
weir at Sallow, where the

1
\u{c}river rises fastest.

A flood comes down in thirty hours. Both figures are
in the ministry's
2

\u{c}own handbook, which nobody reads.

We do not say that nothing can move. Four posts could
not.

3
\u{c}";

#[test]
fn page_numbers_within_paragraphs_are_told() {
    let verdict = check(PAGED, &weir());
    assert_eq!(
        verdict.overall,
        Overall::LayoutOnly,
        "{:?}",
        kinds(&verdict)
    );
    assert!(verdict.disregarded.contains(&Rule::Page));
    assert_eq!(verdict.dropped, ["1", "2", "3"]);
    // Without form feeds a row that rises by one.
    let plain = PAGED.replace('\u{c}', "");
    let verdict = check(&plain, &weir());
    assert_eq!(
        verdict.overall,
        Overall::LayoutOnly,
        "{:?}",
        kinds(&verdict)
    );
    assert_eq!(verdict.dropped, ["1", "2", "3"]);
    let dashed = PAGED
        .replace("\n1\n", "\n- 1 -\n")
        .replace("\n2\n", "\n- 2 -\n");
    let verdict = check(&dashed, &weir());
    assert_eq!(
        verdict.overall,
        Overall::LayoutOnly,
        "{:?}",
        kinds(&verdict)
    );
    assert_eq!(verdict.dropped, ["- 1 -", "- 2 -", "3"]);

    // A number of no row, beside no page's end, is text; so is one that does not fit the pages.
    let lone = PAGED.replace("river rises", "river\n\n7\n\nrises");
    assert_eq!(check(&lone, &weir()).overall, Overall::Altered);
    let odd = PAGED.replace("\n2\n", "\n100\n");
    let verdict = check(&odd, &weir());
    assert_eq!(verdict.overall, Overall::Altered);
    assert_eq!(verdict.dropped, ["1", "3"]);
    // It takes no registered word's place.
    let instead = PAGED.replace("weir at Sallow, where the", "weir at Sallow, where");
    assert_eq!(check(&instead, &weir()).overall, Overall::Altered);
    // A number that is registered, and the copy's own, stays.
    let text = "+++\ntitle = \"(U) T\"\n+++\n\n(U) We asked the ministry for 2 days of watching and 3 of rest, and it said no.\n";
    let versions = [Text::of_memo(1, &Memo::parse(text, &rules()).unwrap())];
    let copy =
        "We asked the ministry for\n2\n\u{c}days of watching and\n3\n\u{c}of rest, and it said no.";
    let verdict = check(copy, &versions);
    assert_eq!(
        verdict.overall,
        Overall::LayoutOnly,
        "{:?}",
        kinds(&verdict)
    );
    assert_eq!(verdict.dropped, [""; 0]);
    let copy = copy.replace("3\n\u{c}of", "3\n\u{c}4 of");
    assert_eq!(check(&copy, &versions).overall, Overall::Altered);
    // A number between paragraphs, or last, is told, too.
    let last = PAGED.replace(['1', '2', '3', '\u{c}'], "");
    let verdict = check(&format!("{last}\n\n100"), &weir());
    assert_eq!(verdict.dropped, ["100"]);
}

#[test]
fn a_word_that_a_page_divides() {
    let whole = PAGED.replace("where the\n\n1\n\u{c}river", "where the river");
    let divided = |between: &str| {
        let copy = whole.replace("thirty", &format!("thir-{between}ty"));
        check(&copy, &weir())
    };
    // A page's end with its number on either side, near or apart, and without a number.
    for between in [
        "\n1\n\u{c}",
        "\n\n1\n\u{c}",
        "\n\n- 1 -\n\n\u{c}\n",
        "\n\u{c}Page 1 of 3\n",
        "\n\u{c}\n1\n\n",
        "\n1\n",
        "\n\n1\n\n",
        "\n\u{c}",
    ] {
        let verdict = divided(between);
        assert_eq!(
            verdict.overall,
            Overall::LayoutOnly,
            "{between:?}: {:?}",
            kinds(&verdict)
        );
        assert!(verdict.disregarded.contains(&Rule::Hyphenation));
        let numbers = if between == "\n\u{c}" { 2 } else { 3 };
        assert_eq!(
            verdict.dropped.len(),
            numbers,
            "{between:?}: {:?}",
            verdict.dropped
        );
    }
    // What is no page's number stands between them, or nothing that ends a page: two words.
    for between in [
        "\n100\n",
        "\n1 day\n",
        "\n1\n\u{c}- ",
        "\n1\n\u{c}(C) ",
        "\n\n",
        "\n\u{c}for",
        "\n1\n\u{c}\n> ",
    ] {
        let verdict = divided(between);
        assert!(!verdict.overall.is_good(), "{between:?}: {verdict:?}");
    }
    // Another second half, another word.
    let copy = whole.replace("thirty", "thir-\n1\n\u{c}teen");
    assert_eq!(check(&copy, &weir()).overall, Overall::Altered);
    // What is registered with its hyphen keeps it; the number is none of the word's.
    let text = "+++\ntitle = \"(U) T\"\n+++\n\n(U) We hold the well-known view that the Mark-2 gauge is of no use.\n";
    let versions = [Text::of_memo(1, &Memo::parse(text, &rules()).unwrap())];
    let copy = "We hold the well-\n1\n\u{c}known view that the Mark-2 gauge is of no use.";
    assert_eq!(check(copy, &versions).overall, Overall::LayoutOnly);
    let copy = "We hold the well-known view that the Mark-\n2\n\u{c}gauge is of no use.";
    assert_eq!(check(copy, &versions).overall, Overall::Altered);
    let copy = "We hold the well-known view that the Mark-2\n1\n\u{c}gauge is of no use.";
    assert_eq!(check(copy, &versions).overall, Overall::LayoutOnly);
}

#[test]
fn a_copy_in_capitals_is_altered_and_found() {
    let body = "Summary\n\nNine stations are to close. Six of them stand above the weir at Sallow, where the river rises fastest.\n\n\
                A flood comes down in thirty hours. Both figures are in the ministry's own handbook, which nobody reads.\n\n\
                We do not say that nothing can move. Four posts could not.";
    let verdict = check(&body.to_uppercase(), &weir());
    assert_eq!(
        (verdict.overall, verdict.nearest, verdict.letter_case),
        (Overall::Altered, Some(1), true)
    );
    assert_eq!(verdict.distances[0].different, 0);
    assert!(verdict.inserted.is_empty());
    for paragraph in &verdict.paragraphs {
        let ParagraphState::Altered { changes } = &paragraph.verdict else {
            panic!("{paragraph:?}")
        };
        let because: Vec<_> = changes.iter().map(|c| c.because).collect();
        assert_eq!(because, [Some(demur_check::copy::Because::Case)]);
    }
    // With the title, and with a word that differs beside.
    let titled = format!("The closing of the stations on the Tarn\n\n{body}").to_uppercase();
    let verdict = check(&titled, &weir());
    assert!(
        verdict.letter_case && verdict.inserted.is_empty(),
        "{verdict:?}"
    );
    let other = check(
        &body.replace("do not say", "do say").to_uppercase(),
        &weir(),
    );
    assert_eq!(
        (other.overall, other.distances[0].different),
        (Overall::Altered, 1)
    );
    assert!(other.letter_case);
    // A part of it; and one that is registered in capitals.
    let part = check("SIX OF THEM STAND ABOVE THE WEIR AT SALLOW", &weir());
    assert_eq!((part.overall, part.letter_case), (Overall::Altered, true));
    let memo = Memo::parse(&WEIR.replace("Nine stations are to close. Six of them stand above the weir at Sallow, where the river rises fastest.", "NINE STATIONS ARE TO CLOSE AND NOBODY WAS ASKED"), &rules()).unwrap();
    let copy = "NINE STATIONS ARE TO CLOSE AND NOBODY WAS ASKED";
    let same = check(copy, &[Text::of_memo(1, &memo)]);
    assert_eq!((same.overall, same.letter_case), (Overall::Excerpt, false));
    // Another text is not found so either.
    let none = check(
        "THIS WAS NEVER WRITTEN BY ANYBODY WHO IS KNOWN HERE",
        &weir(),
    );
    assert_eq!((none.overall, none.letter_case), (Overall::NotFound, false));
}

#[test]
fn marks_that_look_like_others_are_no_layout() {
    let body = "A flood comes down in thirty hours. Both figures are in the ministry's own handbook, which nobody reads.";
    for (from, to, shown) in [
        ("ministry's", "ministry\u{201a}s", "ministry\u{201a}s"),
        ("handbook,", "handbook\u{201a}", "handbook\u{201a}"),
        ("thirty hours", "thirty\u{1680}hours", "\\u{1680}"),
        ("nobody reads.", "nobody reads.\u{1680}", "\\u{1680}"),
    ] {
        let verdict = check(&body.replace(from, to), &weir());
        assert!(
            matches!(verdict.overall, Overall::Altered | Overall::Slips),
            "{to}: {:?}",
            verdict.overall
        );
        let said = format!("{:?}{:?}", kinds(&verdict), verdict.inserted);
        assert!(said.contains(&shown.replace('\\', "\\\\")), "{to}: {said}");
    }
}

#[test]
fn what_stands_beside_a_doubt_is_where_it_stands() {
    let versions = weir();
    let beside = |copy: &str, text: &str| {
        let doubt = demur_check::copy::Doubt {
            reason: "faint text".to_owned(),
            place: String::new(),
            text: text.to_owned(),
            beside: None,
        };
        let parsed = CopyText::parse(copy.as_bytes()).unwrap();
        let doubted = check(copy, &versions).doubted(vec![doubt], &parsed, &versions);
        let beside = doubted.doubts[0].beside.clone();
        beside.map(|beside| beside.place)
    };
    let body = PAGED.replace(['1', '2', '3', '\u{c}'], "");
    let third = Some(Place::Paragraph(3));
    assert_eq!(beside(&body, "handbook"), third);
    // \"nobody\" stands in no other paragraph, \"not\" and \"in\" do; the block says which is meant.
    assert_eq!(beside(&body, "nobody"), third);
    let one =
        "A flood comes down in thirty hours. Both figures are in the ministry's own handbook.";
    assert_eq!(beside(one, "thirty"), third);
    assert_eq!(beside(one, "the"), third);
    // In two blocks: nobody knows which is meant.
    assert_eq!(beside(&body, "the"), None);
    // Not in the text: by its own words, where these say one paragraph alone.
    assert_eq!(
        beside(one, "the river rises fastest"),
        Some(Place::Paragraph(2))
    );
    assert_eq!(beside(one, "of them"), Some(Place::Paragraph(2)));
    assert_eq!(beside(one, "could"), Some(Place::Paragraph(4)));
    assert_eq!(
        beside("Four posts could not.  We do not say that.", "zebra"),
        None
    );
}
