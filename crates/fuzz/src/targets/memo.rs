//! The text, its markings, what is sealed and what is disclosed.

use std::sync::LazyLock;

use demur_encoding::{Digest, sha256};
use demur_memo::{
    Memo, Sealed,
    content::{Content, Counts, DisclosedRun, Disclosure, Run, Seed, Selection},
    diff::{Diff, PortionChange, WordRun, diff, diff_words},
    marking::{Rules, banner},
    merge::merge as merge_memos,
};

use crate::spellings;

/// Both schemes of marking, each without a ceiling that would refuse much.
pub(super) static RULES: LazyLock<[Rules; 2]> = LazyLock::new(|| {
    [
        Rules::new("state", "TS", &["NODIS"], "inherit-lowest"),
        Rules::new("cui", "CUI", &["SP-PCII"], "refuse"),
    ]
    .map(|rules| rules.expect("they are known words"))
});

/// A memo is read, written, hashed, sealed, opened, disclosed and compared with itself.
pub fn memo(data: &[u8]) -> bool {
    let mut read = false;
    for rules in &*RULES {
        if let Ok(memo) = Memo::parse_bytes(data, rules) {
            live(&memo, rules, sha256(data));
            read = true;
        }
    }
    read
}

/// What becomes of a memo that parses. The digest chooses seed and selection.
fn live(memo: &Memo, rules: &Rules, choice: Digest) {
    let text = memo.to_text();
    assert_eq!(Memo::parse(&text, rules).as_ref(), Ok(memo), "{text}");
    assert!(!memo.banner().is_empty());

    let seed = Seed::new(*choice.as_bytes());
    let content = Content::new(memo, seed.clone());
    let (root, counts) = (content.root(), content.counts());
    let sealed = Sealed::new(1, seed, memo);
    let envelope = sealed.to_bytes();
    let opened = Sealed::parse(&envelope).expect("what was written is read");
    let (again, _) = opened.open(rules, 1, root, counts).expect("its own root");
    assert_eq!(again, *memo);

    for selection in selections(memo, choice) {
        let disclosure = content.disclose(&selection).expect("it is there");
        let shown = disclosure.open(root, counts).expect("its own root");
        for (portion, registered) in shown.portions().iter().zip(memo.portions()) {
            let words: Vec<&str> = registered.words().collect();
            assert!(stand_there(&portion.runs, &words), "{portion:?}");
        }
        let other = sha256(root.as_ref());
        assert!(disclosure.open(other, counts).is_err(), "another root");
    }
    assert!(diff(memo, memo).is_empty());
}

fn selections(memo: &Memo, choice: Digest) -> [Selection; 3] {
    let bytes = choice.as_bytes();
    let mut some = Selection::nothing();
    let portions = memo.portions();
    if !portions.is_empty() {
        let portion = &portions[usize::from(bytes[0]) % portions.len()];
        let words = u32::try_from(portion.words().count()).expect("at most 100,000");
        let from = u32::from(bytes[1]) % words;
        let to = from + 1 + u32::from(bytes[2]) % (words - from);
        some = some.with_words(portion.number(), from..to);
    }
    if bytes[3].is_multiple_of(2) {
        some = some.with_head();
    }
    [Selection::whole(), Selection::nothing(), some]
}

/// Whether the shown words are the registered ones at their places.
fn stand_there(runs: &[Run], registered: &[&str]) -> bool {
    let mut rest = registered;
    for run in runs {
        let (taken, agrees) = match run {
            Run::Shown(text) => {
                let shown: Vec<&str> = text.split(' ').collect();
                (shown.len(), rest.starts_with(&shown))
            }
            Run::Hidden(words) => (*words as usize, rest.len() >= *words as usize),
        };
        if !agrees {
            return false;
        }
        rest = &rest[taken..];
    }
    rest.is_empty()
}

/// Three memos, with the byte 0xff between: a base and two amendments, compared and merged.
pub fn merge(data: &[u8]) -> bool {
    let rules = &RULES[0];
    let memos: Vec<Memo> = data
        .split(|byte| *byte == 0xff)
        .take(3)
        .map_while(|text| Memo::parse_bytes(text, rules).ok())
        .collect();
    let [base, mine, theirs] = memos.as_slice() else {
        return false;
    };
    for (old, new) in [(base, mine), (mine, theirs)] {
        tells_all(&diff(old, new), old, new);
    }
    assert_eq!(merge_memos(base, base, theirs).text, theirs.to_text());
    assert_eq!(merge_memos(base, mine, base).text, mine.to_text());
    assert_eq!(merge_memos(base, mine, mine).text, mine.to_text());
    let merged = merge_memos(base, mine, theirs);
    let other_way = merge_memos(base, theirs, mine);
    assert_eq!(merged.conflicts.len(), other_way.conflicts.len());
    // The marks of a conflict are no memo's text; without one, only bounds can keep it from being a memo.
    let read = Memo::parse(&merged.text, rules);
    if merged.conflicts.is_empty() {
        let small = mine.portions().len() + theirs.portions().len() < 1_000 && data.len() < 100_000;
        assert!(read.is_ok() || !small, "{read:?}\n{}", merged.text);
        assert_eq!(merged.text, other_way.text);
    } else {
        assert!(read.is_err(), "{}", merged.text);
    }
    true
}

/// Whether old and new can be told from the comparison.
fn tells_all(diff: &Diff, old: &Memo, new: &Memo) {
    let mut seen = 0;
    for change in &diff.portions {
        let (number, runs) = match change {
            PortionChange::Changed { new, runs, .. } => (*new, Some(runs)),
            PortionChange::Unchanged { new, .. }
            | PortionChange::Moved { new, .. }
            | PortionChange::Added { new } => (new.number(), None),
            PortionChange::Removed { .. } => continue,
        };
        seen += 1;
        assert_eq!(number, seen, "the new portions in order");
        if let Some(runs) = runs {
            let words = new.portions()[seen as usize - 1].words();
            assert_eq!(side(runs, true), words.collect::<Vec<_>>().join(" "));
        }
    }
    assert_eq!(seen as usize, new.portions().len());
    assert_eq!(
        diff.is_empty(),
        old.portions() == new.portions() && diff.head.is_empty()
    );
    let (a, b) = (old.to_text(), new.to_text());
    let (a, b): (Vec<&str>, Vec<&str>) = (
        a.split_whitespace().collect(),
        b.split_whitespace().collect(),
    );
    let runs = diff_words(&a, &b);
    assert_eq!(side(&runs, false), a.join(" "));
    assert_eq!(side(&runs, true), b.join(" "));
}

/// One side of a comparison.
fn side(runs: &[WordRun], new: bool) -> String {
    let words = runs.iter().filter_map(|run| match run {
        WordRun::Same(words) => Some(words.as_str()),
        WordRun::Added(words) if new => Some(words.as_str()),
        WordRun::Removed(words) if !new => Some(words.as_str()),
        _ => None,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Markings, one a line: each is read as it is written, and all roll up to a banner.
pub fn marking(data: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(data) else {
        return false;
    };
    let mut found = false;
    for rules in &*RULES {
        let read = text.lines().filter_map(|line| rules.marking(line).ok());
        let markings: Vec<_> = read.collect();
        for marking in &markings {
            assert_eq!(rules.marking(&marking.to_string()).as_ref(), Ok(marking));
            let _ = rules.check(marking);
        }
        for line in text.lines() {
            if let Ok((_, rest)) = rules.leading(line) {
                assert!(line.ends_with(rest));
            }
        }
        let once = banner(&markings);
        let twice = banner(markings.iter().rev().chain(&markings));
        assert_eq!(once, twice, "neither order nor repetition changes a banner");
        found |= !markings.is_empty();
    }
    found
}

/// What a version's age file holds.
pub fn sealed_envelope(data: &[u8]) -> bool {
    let Ok(sealed) = Sealed::parse(data) else {
        return false;
    };
    assert_eq!(sealed.to_bytes().as_slice(), data);
    let Ok(memo) = Memo::parse(sealed.text(), &RULES[0]) else {
        return false;
    };
    let content = Content::new(&memo, sealed.seed().clone());
    let (root, counts) = (content.root(), content.counts());
    let opened = sealed.open(&RULES[0], sealed.version(), root, counts);
    assert!(opened.is_ok());
    true
}

/// A disclosure: no bytes show other words under a root than were hashed.
pub fn disclosure(data: &[u8]) -> bool {
    static TRUE: LazyLock<(Memo, Digest, Counts)> = LazyLock::new(|| {
        let memo = seeds::parsed();
        let content = Content::new(&memo, Seed::new([9; 32]));
        (memo, content.root(), content.counts())
    });
    let mut read = false;
    for data in spellings(data) {
        let Ok(disclosure) = demur_encoding::canonical::from_slice::<Disclosure>(&data) else {
            continue;
        };
        read = true;
        let (memo, root, counts) = &*TRUE;
        if let Ok(shown) = disclosure.open(*root, *counts) {
            for (portion, registered) in shown.portions().iter().zip(memo.portions()) {
                let words: Vec<&str> = registered.words().collect();
                assert!(stand_there(&portion.runs, &words), "{portion:?}");
                assert_eq!(portion.kind, registered.kind());
            }
        }
        // With the counts that it wants, so that the walk through the tree is reached.
        let runs = disclosure.portions.iter().flat_map(|part| &part.runs);
        let words = runs.map(|run| match run {
            DisclosedRun::Shown(text) => u32::try_from(text.split(' ').count()).unwrap_or(0),
            DisclosedRun::Hidden(n) => *n,
        });
        let wanted = Counts {
            portions: u32::try_from(disclosure.portions.len()).unwrap_or(0),
            words: words.fold(0, u32::wrapping_add),
        };
        let _ = disclosure.open(sha256(&data), wanted);
    }
    read
}

/// See the module.
pub(crate) mod seeds {
    use demur_encoding::canonical;
    use demur_memo::{
        Memo,
        content::{Content, Seed, Selection},
    };

    use super::RULES;

    pub(crate) const MEMO: &str = "+++
title = \"(U) On the Lower Sluice\"
to = [\"The Minister for Waterways\"]
date = \"2026-11-23\"
authors = [\"1111111111111111111111111111111111111111111111111111111111111111\"]
threshold = 1

[[point]]
number = 1
marking = \"SBU\"
policy = \"To close it\"
argument = \"Paragraph 1\"
recommendation = \"Keep it\"
+++

# (U) What is wrong

(SBU) We do not agree.

- (U) first
- second

> (U) quoted
";

    const CUI: &str = "+++
title = \"(U) On the Lower Sluice\"
+++

(CUI//SP-PRVCY/PRIVILEGE//AC/NF) We do not agree.

1. (CUI) first
2. second
";

    pub(crate) fn parsed() -> Memo {
        Memo::parse(MEMO, &RULES[0]).expect("a valid memo")
    }

    pub(crate) fn memo() -> Vec<Vec<u8>> {
        vec![MEMO.into(), parsed().to_text().into_bytes(), CUI.into()]
    }

    pub(crate) fn merge() -> Vec<Vec<u8>> {
        let mine = MEMO.replace("We do not", "All of us do not");
        let theirs = MEMO.replace("> (U) quoted", "(U) More.\n\n> (U) quoted");
        let conflict = MEMO.replace("We do not", "None of us does");
        let join = |second: &str, third: &str| {
            [MEMO.as_bytes(), second.as_bytes(), third.as_bytes()].join(&0xff)
        };
        vec![
            join(&mine, &theirs),
            join(&mine, &conflict),
            join(MEMO, MEMO),
        ]
    }

    pub(crate) fn marking() -> Vec<Vec<u8>> {
        [
            "U\nSBU//NF\nSECRET//NOFORN//EXDIS\n(C//NF) text",
            "CUI//SP-PRVCY/PRIVILEGE//AC/REL TO USA, GBR\nCUI//FED ONLY\nCUI\nU",
        ]
        .map(Into::into)
        .into()
    }

    pub(crate) fn sealed_envelope() -> Vec<Vec<u8>> {
        let mut envelope = b"demur-sealed/1\nversion: 1\nseed: ".to_vec();
        envelope.extend_from_slice("09".repeat(32).as_bytes());
        envelope.extend_from_slice(b"\n\n");
        envelope.extend_from_slice(parsed().to_text().as_bytes());
        vec![envelope]
    }

    pub(crate) fn disclosure() -> Vec<Vec<u8>> {
        let content = Content::new(&parsed(), Seed::new([9; 32]));
        let part = Selection::nothing().with_portion(2).with_words(3, 0..2);
        [Selection::whole(), Selection::nothing(), part]
            .map(|selection| {
                let disclosure = content.disclose(&selection);
                let disclosure = disclosure.expect("it selects what is there");
                canonical::to_vec(&disclosure).expect("text and digests")
            })
            .into()
    }
}
