use demur_encoding::sha256;
use demur_memo::marking::Rules;
use proptest::prelude::*;

use super::*;

const HEAD: &str = "+++
title = \"(U) Keep the “Lower Ferry” open\"
to = [\"The Minister for Waterways\"]
date = \"2026-11-20\"

[[point]]
number = 1
marking = \"SBU\"
policy = \"The ferry closes each winter\"
argument = \"See portions 2 and 3\"
recommendation = \"Run it at half its hours\"
+++
";

const BODY: &str = "
# (U) Summary

(SBU) The ferry carries four hundred people a day — and no other bridge is nearer than nine miles. We don’t
think that “the villages” were asked in 1968–71.

(U) The *Ministry's* own well-known survey found 102 sound piers, and no reason for the office to close it.

- (SBU) at six
- at noon, and not at 10² o'clock

> (U) \"Nobody asked the villages…\"
";

fn memo(text: &str) -> Memo {
    let rules = Rules::new("state", "SBU", &[] as &[&str], "inherit-lowest").unwrap();
    Memo::parse(text, &rules).unwrap()
}

fn whole() -> String {
    format!("{HEAD}{BODY}")
}

/// Whether a reading of `copy` has the normal form of the memo, head and body.
fn same(copy: &str) -> bool {
    let (memo, copy) = (
        form::of_memo(&memo(&whole())),
        CopyForms::parse(copy.as_bytes()).unwrap(),
    );
    let extent = if copy.has_head() {
        Extent::Whole
    } else {
        Extent::Body
    };
    let wanted = memo.digests(extent).next().unwrap();
    copy.digests(extent).any(|form| form == wanted)
}

#[test]
fn one_changed_word_is_in_no_reading() {
    assert!(same(&whole()) && same(BODY));
    for (was, now) in [
        ("four hundred", "five hundred"),
        ("and not at", "and at"),
        ("10²", "102"),
        ("102 sound", "120 sound"),
        ("well-known", "well known"),
        ("well-known", "wellknown"),
        ("1968–71", "1968–72"),
        ("nine miles.", "nine miles"),
        ("day — and", "day and"),
        ("The ferry carries", "the ferry carries"),
        ("asked in", "аsked in"),
        ("(U) The *Ministry's*", "(U) Then the *Ministry's*"),
        ("- at noon, and not at 10² o'clock\n", ""),
        ("> (U) \"Nobody asked the villages…\"\n", ""),
        ("Summary", "Abstract"),
    ] {
        assert!(BODY.contains(was), "{was}");
        assert!(!same(&BODY.replace(was, now)), "{was} -> {now}");
        assert!(!same(&whole().replace(was, now)), "{was} -> {now}");
    }
    for (was, now) in [
        ("Lower Ferry", "Upper Ferry"),
        ("The Minister for", "A Minister for"),
        ("2026-11-20", "2026-11-21"),
        ("each winter", "this winter"),
        ("half its hours", "all its hours"),
        ("portions 2 and 3", "portion 2"),
    ] {
        assert!(!same(&whole().replace(was, now)), "{was} -> {now}");
    }
    // Paragraphs that changed places are other text.
    let (a, b) = (
        BODY.find("(SBU) The ferry").unwrap(),
        BODY.find("(U) The *").unwrap(),
    );
    let c = BODY.find("- (SBU)").unwrap();
    let swapped = [&BODY[..a], &BODY[b..c], &BODY[a..b], &BODY[c..]].concat();
    assert!(!same(&swapped));
}

#[test]
fn layout_is_in_some_reading() {
    for (was, now) in [
        ("—", "--"),
        (" — ", "—"),
        ("don’t", "don't"),
        ("“the villages”", "\"the villages\""),
        ("1968–71", "1968-71"),
        ("…", "..."),
        ("*Ministry's*", "Ministry's"),
        ("(SBU) The", "The"),
        ("(U) ", ""),
        ("# (U) ", "## "),
        ("> (U) ", ""),
        ("- (SBU) at", "• at"),
        ("\n", "\r\n"),
        (" ", "  "),
        (" a day", "\na day"),
        ("\n\n(U) The", "\n\n3\n\n(U) The"),
        (
            "\n\n(U) The",
            "\n\nSENSITIVE BUT UNCLASSIFIED\n\n- 2 -\n\n(U) The",
        ),
        ("hundred people", "hun-\ndred people"),
        ("well-known", "well-\nknown"),
        ("nearer than", "near\u{ad}er than"),
        ("office", "oﬃce"),
    ] {
        assert!(BODY.contains(was), "{was}");
        assert!(same(&BODY.replace(was, now)), "{was} -> {now}");
    }
    let divided = BODY
        .replace("well-known", "well-\nknown")
        .replace("hundred", "hun-\ndred");
    assert!(same(&divided.replace("found", "fo-\nund")));
}

#[test]
fn a_sign_before_a_number_and_a_soft_hyphen_are_in_every_reading() {
    for (was, now) in [
        (" 1968–71", "\n- 1968–71"),
        (" 1968–71", "\n> 1968–71"),
        (" a day", " a\u{ad}\nday"),
    ] {
        assert!(BODY.contains(was), "{was}");
        assert!(same(&BODY.replace(was, &was.replacen(' ', "\n", 1))));
        assert!(!same(&BODY.replace(was, now)), "{was} -> {now}");
    }
}

#[test]
fn a_copy_that_has_too_many_readings_says_so() {
    let many: String = (0..9).map(|n| format!("word{n} divi-\nded ")).collect();
    let copy = CopyForms::parse(many.as_bytes()).unwrap();
    assert_eq!(copy.digests(Extent::Body).count(), MAX_READINGS);
    assert_eq!(copy.untried(), 512 - MAX_READINGS);
    // All hyphens of words behind the first are read alike: all stay, or none.
    let joined = CopyForms::parse(many.replace("-\n", "").as_bytes()).unwrap();
    let wanted = joined.digests(Extent::Body).next().unwrap();
    assert!(copy.digests(Extent::Body).any(|form| form == wanted));
    assert_eq!(CopyForms::parse(BODY.as_bytes()).unwrap().untried(), 0);
}

#[test]
fn short_texts_get_no_fingerprint_and_short_copies_no_answer() {
    let (id, hash) = (sha256(b"memo"), sha256(b"version"));
    let error = of_memo(&memo(&whole()), id, hash).unwrap_err();
    assert!(
        matches!(error, HashError::TooShort(n) if n < MIN_WORDS),
        "{error}"
    );
    assert!(CopyForms::parse(b"four words are few").is_err());
    assert!(CopyForms::parse(b"\xff").is_err());
}

/// A memo that is long enough, and its fingerprint.
fn long() -> (String, Published) {
    let text = format!(
        "{}\n(U) {}\n",
        whole(),
        "There is more to say about the ferry. ".repeat(12)
    );
    let (memo_id, version_hash) = (sha256(b"memo"), sha256(b"version"));
    let parsed = memo(&text);
    let fingerprint = of_memo(&parsed, memo_id, version_hash).unwrap();
    let published = Published {
        memo: memo_id,
        version: 2,
        version_hash,
        words: 150,
        text: fingerprint,
    };
    (text, published)
}

#[test]
fn a_stranger_finds_the_version_and_nothing_else() {
    let (text, published) = long();
    let other = Published {
        memo: sha256(b"another memo"),
        ..published.clone()
    };
    let known = [other, published];
    let search = |copy: &str| {
        let copy = CopyForms::parse(copy.as_bytes()).unwrap();
        find(&copy, &known, &|_, _| {}).unwrap()
    };
    let found = |extent| Some(Match { index: 1, extent });
    let body = text.splitn(3, "+++\n").nth(2).unwrap();
    assert_eq!(search(&text), found(Extent::Whole));
    assert_eq!(search(body), found(Extent::Body));
    assert_eq!(
        search(&body.replace("(SBU) ", "").replace('\n', "\n\n")),
        found(Extent::Body)
    );
    // Another head over the same body is told from both.
    assert_eq!(
        search(&text.replace("Lower Ferry", "Upper Ferry")),
        found(Extent::Body)
    );
    assert_eq!(search(&body.replace("more to say", "less to say")), None);
    assert_eq!(search(&text.replace("more to say", "less to say")), None);
}

#[test]
fn a_fingerprint_of_weaker_parameters_is_never_tried() {
    let (text, mut published) = long();
    published.text.hash.memory_kib = 8;
    assert!(published.text.check().is_err());
    let copy = CopyForms::parse(text.as_bytes()).unwrap();
    assert_eq!(find(&copy, &[published], &|_, _| {}).unwrap(), None);
}

/// The form and the hash must never change: published fingerprints rest on them. If this fails, give the new form a new
/// name. Forms, salts and slow hashes were computed by another program from docs/protocol.md as well (Python, argon2-cffi).
#[test]
fn vectors() {
    let forms = form::of_memo(&memo(&whole()));
    let digests =
        [Extent::Whole, Extent::Body].map(|e| forms.digests(e).next().unwrap().to_string());
    assert_eq!(
        digests,
        [
            "ee4bb7b1684ab4a34e424b9422a01be5ed91538b76d69ed4bba96a65381d89e1",
            "90c41edd501541c0e7e65e06c8d08564ce2c2314d49169f483d9b1d298bde5c6",
        ]
    );
    let (text, published) = long();
    let forms = form::of_memo(&memo(&text));
    let mut found = Vec::new();
    for extent in [Extent::Whole, Extent::Body] {
        let salt = TextFingerprint::salt(published.memo, published.version_hash, extent);
        let form = forms.digests(extent).next().unwrap();
        found.extend([form, salt, published.text.digest(extent)].map(|d| d.to_string()));
    }
    assert_eq!(
        found,
        [
            "fb652df4071fdb4a81bcad826ffcd4049da2b52e3ba8f2031f23ba17f441030d",
            "76490aea40340e4663baf4d25ac1a9d9ddd1a7ea586b82a3d8b629b5132150d7",
            "bac354a2ce698c85613edc938c35580b7ac5b8a98f775c97ad2f700826097281",
            "956c1419b3143d4fc52f97fff9e76c391d3ad124885d043dc1039cc4dc9b6b56",
            "c705472f577fc05c59b1f8eb7d6012ebe6399696fc709a5c031e8c5b3a8cfe35",
            "f7bf32dfd9f77680a8c175c6a1c204773f0f5efd2a68659b6936400c4e97debb",
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_copy_panics_and_readings_are_bounded(text in "[a-z0-9 .()#>*\n+\u{ad}-]{0,300}") {
        if let Ok(copy) = CopyForms::parse(text.as_bytes()) {
            let readings = copy.digests(Extent::Body).count();
            prop_assert!((1..=MAX_READINGS).contains(&readings));
        }
    }

    /// Wherever lines end, and however wide the spaces are, the text is the same; with one word exchanged it is not.
    #[test]
    fn words_alone_count(breaks in prop::collection::vec(0_usize..4, 60), word in 0_usize..50) {
        let words: Vec<&str> = BODY.split("\n\n").nth(2).unwrap().split_whitespace().collect();
        let words = [words, vec!["and"; 5]].concat();
        let text = words.join(" ");
        let form = |text: &str| CopyForms::parse(text.as_bytes()).unwrap().digests(Extent::Body).next().unwrap();
        let mut out = String::new();
        for (word, gap) in words.iter().zip(&breaks) {
            out.push_str(word);
            out.push_str([" ", "\n", "   ", "\t"][*gap]);
        }
        prop_assert_eq!(form(&out), form(&text));
        let mut changed = words.clone();
        let at = word % changed.len();
        changed[at] = "otherwise";
        prop_assert_ne!(form(&changed.join(" ")), form(&text));
    }
}
