//! Memos as texts: reading, refusing, writing.

use demur_memo::{
    Kind, MAX_PORTIONS, MAX_TEXT, MAX_TO, MAX_WORDS, Memo, Problem,
    marking::{MAX_MARKING, Rules, Unmarked},
};
use proptest::prelude::*;

const HEAD: &str = "+++\ntitle = \"(U) A title\"\n+++\n\n";

fn rules() -> Rules {
    Rules::new("state", "S", &["NODIS"], "refuse").unwrap()
}

fn parse(body: &str) -> Memo {
    Memo::parse(&format!("{HEAD}{body}"), &rules()).unwrap_or_else(|e| panic!("{e}\n{body}"))
}

fn error(text: &str) -> (usize, String) {
    let error = Memo::parse(text, &rules()).unwrap_err();
    (error.line, error.problem.to_string())
}

#[test]
fn each_kind_of_block() {
    let memo = parse(
        "# (U) One\n(SBU) Two\nruns on\r\n\r\n> (U) Three\n> and\n>> more\n\n- (C) Four\n  - nested\nlazy\n- end\n\n(U) Five:\n1. a\n2. b\n",
    );
    let portions: Vec<_> = memo
        .portions()
        .iter()
        .map(|p| (p.number(), p.marking().to_string(), p.kind(), p.text()))
        .collect();
    let row = |n, m: &str, k, t| (n, m.to_owned(), k, t);
    assert_eq!(
        portions,
        [
            row(1, "U", Kind::Heading(1), "One"),
            row(2, "SBU", Kind::Paragraph, "Two runs on"),
            row(3, "U", Kind::Quote, "Three and > more"),
            row(4, "C", Kind::List, "- Four\n  - nested lazy\n- end"),
            row(5, "U", Kind::Paragraph, "Five:\n1. a\n2. b"),
        ]
    );
    assert_eq!(memo.banner(), "CONFIDENTIAL");
    let text = memo.to_text();
    assert_eq!(
        text,
        format!(
            "{HEAD}# (U) One\n\n(SBU) Two runs on\n\n> (U) Three and > more\n\n- (C) Four\n  - nested lazy\n- end\n\n(U) Five:\n1. a\n2. b\n"
        )
    );
    assert_eq!(Memo::parse(&text, &rules()).unwrap(), memo);
}

#[test]
fn a_full_head() {
    let key = "ab".repeat(32);
    let text = format!(
        "+++\ntitle = \"(SBU//NF) A \\\"quoted\\\" \\\\ title\"\nto = [\"A\", \"B  C\"]\ndate = \"2024-02-29\"\nauthors = [\"{key}\"]\nthreshold = 1\n\n[[point]]\nnumber = 1\nmarking = \"S\"\npolicy = \"\"\"\nTwo\nlines\"\"\"\nargument = \"Because\"\nrecommendation = \"Don't\"\n+++\n(U) Body.\n"
    );
    let memo = Memo::parse(&text, &rules()).unwrap();
    assert_eq!(memo.head().title, "A \"quoted\" \\ title");
    assert_eq!(memo.head().to, ["A", "B C"]);
    assert_eq!(memo.head().threshold, 1);
    assert_eq!(memo.head().points[0].policy, "Two lines");
    // Title, points and portions all count.
    assert_eq!(memo.banner(), "SECRET//NOFORN");
    assert_eq!(Memo::parse(&memo.to_text(), &rules()).unwrap(), memo);
}

#[test]
fn errors_say_where() {
    let with = |body: &str| error(&format!("{HEAD}{body}"));
    let head = |lines: &str| error(&format!("+++\ntitle = \"(U) T\"\n{lines}\n+++\n(U) x\n"));
    for ((line, problem), wanted_line, wanted) in [
        (error("(U) no head"), 1, "+++"),
        (error("+++\ntitle = \"(U) T\"\n"), 1, "+++"),
        (error("+++\ntitle = 3\n+++\n(U) x"), 2, "string"),
        (error("+++\n+++\n(U) x"), 2, "title"),
        (
            error("+++\ntitle = \"T\"\n+++\n(U) x"),
            2,
            "the title has no marking",
        ),
        (
            error("+++\ntitle = \"(U)\"\n+++\n(U) x"),
            2,
            "title is empty",
        ),
        (head("colour = \"red\""), 3, "colour"),
        (head("date = \"2026-02-29\""), 3, "YYYY-MM-DD"),
        (head("date = \"2026-2-1\""), 3, "YYYY-MM-DD"),
        (head("threshold = 1"), 3, "threshold"),
        (
            head(&format!("authors = [\"{}\"]", "ab".repeat(32))),
            2,
            "threshold",
        ),
        (
            head(&format!(
                "authors = [\"{0}\",\n\"{0}\"]\nthreshold = 2",
                "ab".repeat(32)
            )),
            4,
            "twice",
        ),
        (
            head(&format!(
                "authors = [\"{}\"]\nthreshold = 2",
                "ab".repeat(32)
            )),
            4,
            "threshold",
        ),
        (head("authors = [\"AB\"]\nthreshold = 1"), 3, "64 lowercase"),
        (head("to = [\"a\", \"\"]"), 3, "to is empty"),
        (head("to = [\"a\\u200Bb\"]"), 3, "U+200B"),
        (
            head(
                "[[point]]\nnumber = 2\nmarking = \"U\"\npolicy = \"p\"\nargument = \"a\"\nrecommendation = \"r\"",
            ),
            4,
            "point 2 stands where point 1 must",
        ),
        (
            head("[[point]]\nnumber = 1\npolicy = \"p\"\nargument = \"a\"\nrecommendation = \"r\""),
            3,
            "point 1 has no marking",
        ),
        (
            head(
                "[[point]]\nnumber = 1\nmarking = \"TS\"\npolicy = \"p\"\nargument = \"a\"\nrecommendation = \"r\"",
            ),
            5,
            "above",
        ),
        (
            head(
                "[[point]]\nnumber = 1\nmarking = \"U\"\npolicy = \" \"\nargument = \"a\"\nrecommendation = \"r\"",
            ),
            6,
            "policy of point 1 is empty",
        ),
        (
            head(
                "[[point]]\nnumber = 1\nmarking = \"U\"\nargument = \"a\"\nrecommendation = \"r\"",
            ),
            3,
            "policy",
        ),
        (with(""), 5, "no text after its head"),
        (
            with("(U) ok\n\nno marking\n"),
            7,
            "portion 2 has no marking",
        ),
        (with("(U) ok\n\n(X) bad\n"), 7, "\"(X)\" is not a marking"),
        (with("(U)ok\n"), 5, "put a space"),
        (with("(TS) high\n"), 5, "portion 1 is marked (TS), above"),
        (with("(S//NF//ND) high\n"), 5, "NODIS"),
        (with("(U) ok\n\n# (SBU)\n"), 7, "no text after its marking"),
        (
            with("(U) ok\n\n(U) ## Summary\n"),
            7,
            "portion 2: the sign of a heading stands before its marking; write ## (U)",
        ),
        (with("(U) a\u{7}b\n"), 5, "U+0007"),
        (with("(U) a\n\n<<<<<<< mine\n(U) b\n"), 7, "merge"),
        (with("(U) a\n\n=======\n(U) b\n"), 7, "merge"),
        (with("(U) a\n\n>>>>>>> theirs\n(U) b\n"), 7, "merge"),
    ] {
        assert!(
            problem.contains(wanted),
            "{problem:?} does not say {wanted:?}"
        );
        assert_eq!(line, wanted_line, "{problem}");
    }
    let error = Memo::parse_bytes(b"+++\n\xff", &rules()).unwrap_err();
    assert_eq!((error.line, error.problem), (2, Problem::Utf8));
    let long = "x".repeat(MAX_TEXT + 1);
    assert_eq!(
        Memo::parse(&long, &rules()).unwrap_err().problem,
        Problem::TooLong
    );
}

#[test]
fn limits_hold() {
    let body = "(U) x\n\n".repeat(4097);
    assert!(matches!(
        Memo::parse(&format!("{HEAD}{body}"), &rules())
            .unwrap_err()
            .problem,
        Problem::TooMany {
            what: "portions",
            ..
        }
    ));
    let body = format!("(U){}", " x".repeat(100_000));
    assert!(matches!(
        Memo::parse(&format!("{HEAD}{body}"), &rules())
            .unwrap_err()
            .problem,
        Problem::TooMany { what: "words", .. }
    ));
}

#[test]
fn the_bounds_themselves_are_within() {
    let read = |head: &str| {
        let text = format!("+++\ntitle = \"(U) T\"\n{head}\n+++\n\n(U) x\n");
        Memo::parse(&text, &rules()).map_err(|e| e.problem)
    };
    let to = |n: usize| format!("to = [{}]", vec!["\"a\""; n].join(", "));
    assert_eq!(read(&to(MAX_TO)).unwrap().head().to.len(), MAX_TO);
    for n in [MAX_TO + 1, MAX_TO + 2] {
        let refused = read(&to(n)).unwrap_err();
        assert!(
            matches!(refused, Problem::TooMany { max: MAX_TO, .. }),
            "{n}"
        );
    }
    let portions = |n: usize| Memo::parse(&format!("{HEAD}{}", "(U) x\n\n".repeat(n)), &rules());
    assert_eq!(
        portions(MAX_PORTIONS).unwrap().portions().len(),
        MAX_PORTIONS
    );
    // The head has four lines, each portion two.
    let refused = portions(MAX_PORTIONS + 1).unwrap_err();
    assert_eq!(refused.line, 4 + 2 * MAX_PORTIONS + 1);
    // The title's one word counts, and there is always room for a date and a threshold.
    let title = "+++\ntitle = \"(U) T\"\n+++\n\n";
    let words = |n: usize| Memo::parse(&format!("{title}(U){}", " x".repeat(n)), &rules());
    assert!(words(MAX_WORDS - 3).is_ok());
    assert!(words(MAX_WORDS - 2).is_err());
    let point = "[[point]]\nnumber = 1\nmarking = \"U\"\npolicy = \"a b\"\nargument = \"a b c\"\nrecommendation = \"a b c d e\"";
    let words = |n: usize| {
        let text = format!(
            "+++\ntitle = \"(U) T\"\n{point}\n+++\n\n(U){}",
            " x".repeat(n)
        );
        Memo::parse(&text, &rules())
    };
    assert!(words(MAX_WORDS - 13).is_ok());
    assert!(words(MAX_WORDS - 12).is_err());
    let words = |n: usize| {
        let keys = [1, 2].map(|i| demur_encoding::Digest::new([i; 32]));
        let short = parse(&format!("(U){}", " x".repeat(n)));
        let listed = short.with_authors(keys.to_vec(), 1).unwrap();
        Memo::parse(&listed.to_text(), &rules())
    };
    // "A title", and each author's key is a word.
    assert!(words(MAX_WORDS - 6).is_ok());
    assert!(words(MAX_WORDS - 5).is_err());
    let blank = |n: usize| Memo::parse(&format!("{HEAD}(U) x{}", " ".repeat(n)), &rules());
    let room = MAX_TEXT - HEAD.len() - "(U) x".len();
    assert!(blank(room).is_ok());
    assert_eq!(blank(room + 1).unwrap_err().problem, Problem::TooLong);
    let file = format!("{HEAD}(U) x{}", " ".repeat(room));
    assert!(Memo::parse_bytes(file.as_bytes(), &rules()).is_ok());
    // The length is looked at first, whatever the bytes are.
    for more in [1, 2] {
        let refused = Memo::parse_bytes(&vec![0xff; MAX_TEXT + more], &rules());
        assert_eq!(refused.unwrap_err().problem, Problem::TooLong);
    }
}

#[test]
fn dates_are_days_of_the_calendar() {
    let read = |date: &str| {
        let text = format!("+++\ntitle = \"(U) T\"\ndate = \"{date}\"\n+++\n\n(U) x\n");
        Memo::parse(&text, &rules()).is_ok()
    };
    let days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    for (month, days) in (1..).zip(days) {
        assert!(read(&format!("2026-{month:02}-01")));
        assert!(read(&format!("2026-{month:02}-{days}")));
        assert!(!read(&format!("2026-{month:02}-{}", days + 1)));
        assert!(!read(&format!("2026-{month:02}-00")));
    }
    for leap in ["2024", "2000", "1600", "0004"] {
        assert!(read(&format!("{leap}-02-29")), "{leap}");
    }
    for common in ["2023", "2026", "1900", "2100", "2003"] {
        assert!(!read(&format!("{common}-02-29")), "{common}");
    }
    for bad in [
        "2026-00-01",
        "2026-13-01",
        "2026/01-01",
        "2026-01/01",
        "2026-01-01 ",
        "2026-01-011",
        "+026-01-01",
        "2026-1-001",
    ] {
        assert!(!read(bad), "{bad}");
    }
}

#[test]
fn lists_and_quotations_as_people_write_them() {
    let lists = [
        // The first item may be empty, and its marking stands alone.
        ("- (U)\n- end", "-\n- end"),
        ("- (U)", "-"),
        ("1. (U)", "1."),
        ("- (U) a\n-\n- end", "- a\n-\n- end"),
        (
            "- (U) a\n\t- b\n                    - c",
            "- a\n    - b\n                - c",
        ),
        ("123456789. (U) a", "123456789. a"),
        ("1) (U) a", "1) a"),
    ];
    for (text, read) in lists {
        let memo = parse(&format!("{text}\n"));
        assert_eq!(memo.portions()[0].kind(), Kind::List, "{text}");
        assert_eq!(memo.portions()[0].text(), read);
        let again = memo.to_text();
        assert_eq!(Memo::parse(&again, &rules()).unwrap(), memo);
        assert!(!again.lines().any(|line| line.ends_with(' ')), "{again}");
    }
    // Lines that run on after an empty item are its text.
    assert_eq!(parse("- (U)\nlazy\n").portions()[0].text(), "- lazy");
    assert_eq!(parse("> (U) a\n>\n> b\n").portions()[0].text(), "a b");
    // Ten digits are a serial number, and so no item.
    assert!(Memo::parse(&format!("{HEAD}1234567890. (U) a\n"), &rules()).is_err());
    let telegram = parse("(U) 1234567890. a\n1234567890) b\n1x 2\n");
    assert_eq!(telegram.portions()[0].kind(), Kind::Paragraph);
    assert_eq!(
        telegram.portions()[0].text(),
        "1234567890. a 1234567890) b 1x 2"
    );
}

/// Nesting as deep as the cap on size lets it be neither overflows the stack nor takes long.
#[test]
fn a_hostile_head_is_refused() {
    let n = 500_000;
    for head in [
        format!("title = {}", "[".repeat(n)),
        format!("title = {}", "{a=".repeat(n / 2)),
        format!("{}a = 1", "a.".repeat(n / 2)),
        format!("[{}a]", "a.".repeat(n / 2)),
        "[[point]]\n".repeat(n / 10),
        format!("to = [{}]", "\"a\",".repeat(n / 4)),
        format!("title = \"(U) {}", "\\u0041".repeat(n / 6)),
    ] {
        assert!(Memo::parse(&format!("+++\n{head}\n+++\n(U) x"), &rules()).is_err());
    }
}

#[test]
fn without_a_marking_where_the_rules_allow_it() {
    let rules = Rules::new("cui", "CUI", &["CTI"], "inherit-lowest").unwrap();
    let parse = |body: &str| Memo::parse(&format!("{HEAD}{body}"), &rules);
    let memo = parse("No marking.\n\n(see the annex) Text.\n\n(CUI//PRVCY//NF) Marked.").unwrap();
    let texts: Vec<_> = memo
        .portions()
        .iter()
        .map(|p| (p.marking().to_string(), p.text().to_owned()))
        .collect();
    let row = |m: &str, t: &str| (m.to_owned(), t.to_owned());
    assert_eq!(
        texts,
        [
            row("U", "No marking."),
            row("U", "(see the annex) Text."),
            row("CUI//PRVCY//NF", "Marked.")
        ]
    );
    assert_eq!(memo.banner(), "CUI//PRVCY//NOFORN");
    assert_eq!(Memo::parse(&memo.to_text(), &rules).unwrap(), memo);
    // What only looks like a marking is not taken for text, nor what is forbidden let through.
    for bad in [
        "(Cui) x",
        "(SECRET) x",
        "(Secret) x",
        "(Top Secret//NF) x",
        "(sbu) x",
        "(nf//x) x",
        "(CUI//SP-CTI) x",
        "(CUI//CTI) x",
        "(CUI//PRVCY)x",
        "( CUI) x",
    ] {
        assert!(parse(bad).is_err(), "{bad}");
    }
    for text in [
        "(1) x",
        "(a) x",
        "(c) x",
        "(The Ministry said) x",
        "(secretly) x",
        "(no end",
        "() x",
        "(2 FAM 070, see there) x",
    ] {
        assert_eq!(parse(text).unwrap().portions()[0].text(), text);
    }
    let none = Rules::new("cui", "U", &[] as &[&str], "refuse").unwrap();
    assert!(Memo::parse(&format!("{HEAD}(CUI) x"), &none).is_err());
}

#[test]
fn a_marking_has_a_bound_and_a_refusal_quotes_its_beginning() {
    let cui = Rules::new("cui", "CUI", &[] as &[&str], "refuse").unwrap();
    assert_eq!(cui.unmarked(), Unmarked::Refuse);
    let inherit = Rules::new("cui", "CUI", &[] as &[&str], "inherit-lowest").unwrap();
    assert_eq!(inherit.unmarked(), Unmarked::InheritLowest);

    // Categories of five letters and one that fills the rest.
    let long = |bytes: usize| {
        let mut text = "CUI//".to_owned();
        for n in b'A'..=b'Z' {
            text.push_str(&format!("{}AAAA/", char::from(n)));
        }
        let rest = bytes - text.len();
        format!("{text}Z{}", "Z".repeat(rest - 1))
    };
    let fits = long(MAX_MARKING);
    assert_eq!(fits.len(), MAX_MARKING);
    for bytes in [MAX_MARKING + 1, MAX_MARKING + 2] {
        let refused = cui.marking(&long(bytes)).unwrap_err().to_string();
        assert!(refused.contains("longer than 256 bytes"), "{refused}");
        assert!(
            refused.contains("CUI//AAAAA/BAAAA/CAAAA/DAAAA/EAAAA/FAAAA…"),
            "{refused}"
        );
    }
    if let Err(other) = cui.marking(&fits) {
        assert!(!other.to_string().contains("longer than"), "{other}");
    }
    let short = cui.marking("CUI//PRVCY//").unwrap_err().to_string();
    assert!(
        short.contains("CUI//PRVCY//") && !short.contains('…'),
        "{short}"
    );
}

#[test]
fn authors_are_filled_in() {
    let keys: Vec<_> = (1..=3)
        .map(|i| demur_encoding::Digest::new([i; 32]))
        .collect();
    let memo = parse("(U) x").with_authors(keys.clone(), 2).unwrap();
    assert_eq!(Memo::parse(&memo.to_text(), &rules()).unwrap(), memo);
    let most: Vec<_> = (0..32)
        .map(|i| demur_encoding::Digest::new([i; 32]))
        .collect();
    assert!(parse("(U) x").with_authors(most, 32).is_ok());
    for (keys, threshold) in [
        (vec![], 0),
        (vec![], 1),
        (keys.clone(), 0),
        (keys.clone(), 4),
        (vec![keys[0], keys[0]], 1),
        (
            (0..33)
                .map(|i| demur_encoding::Digest::new([i; 32]))
                .collect(),
            1,
        ),
    ] {
        assert!(parse("(U) x").with_authors(keys, threshold).is_err());
    }
}

/// Text that is likely to be a memo's, with what is special in it.
fn scrap() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "(U) ", "(SBU) ", "(C//NF) ", "(", ")", "# ", "## ", "> ", ">", "- ", "* ", "+ ", "1. ",
        "23) ", "\n", "\n\n", "  ", "\t", "\r\n", "word", "été", "e\u{301}", "\u{301}", "\u{338}",
        "\u{a0}", "+++", "=======", "\"", "\\", "…", "[x](y)", "—",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_read_is_written_and_read_alike(
        blocks in prop::collection::vec(("(#|##|>|-|1\\.|) ?", prop::sample::select(vec!["(U) ", "(SBU//NF) ", "(C) "]), scrap()), 1..5),
        title in scrap(), policy in scrap(), loose in any::<bool>(),
    ) {
        let rules = Rules::new("state", "S", &[] as &[&str], if loose { "inherit-lowest" } else { "refuse" }).unwrap();
        let quote = |t: &str| t.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
        let mut text = format!(
            "+++\ntitle = \"(U) t{}\"\n[[point]]\nnumber = 1\nmarking = \"U\"\npolicy = \"p{}\"\nargument = \"a\"\nrecommendation = \"r\"\n+++\n",
            quote(&title), quote(&policy)
        );
        for (sign, marking, block) in &blocks {
            text.push_str(&format!("{sign}{marking}{block}\n\n"));
        }
        if let Ok(memo) = Memo::parse(&text, &rules) {
            let written = memo.to_text();
            let again = Memo::parse(&written, &rules);
            prop_assert_eq!(again.as_ref(), Ok(&memo), "{}", written);
            prop_assert_eq!(again.unwrap().to_text(), written);
        }
    }

    #[test]
    fn reading_never_panics(text in any::<String>(), body in scrap(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for scheme in ["state", "cui"] {
            let rules = Rules::new(scheme, "U", &[] as &[&str], "inherit-lowest").unwrap();
            let _ = Memo::parse(&text, &rules);
            let _ = Memo::parse(&format!("+++\n{text}\n+++\n{text}"), &rules);
            let _ = Memo::parse(&format!("{HEAD}{body}{text}"), &rules);
            let _ = Memo::parse(&format!("{HEAD}({text}) x"), &rules);
            let _ = Memo::parse_bytes(&bytes, &rules);
            let _ = rules.marking(&text);
        }
        let _ = demur_memo::Sealed::parse(&bytes);
        let _ = demur_memo::Sealed::parse(format!("demur-sealed/1\nversion: 1\nseed: {text}").as_bytes());
    }
}
