//! What an amendment changed, and two amendments made at once.

use demur_memo::{
    Memo,
    content::Label,
    diff::{PortionChange, WordRun, diff, diff_words},
    marking::Rules,
    merge::merge,
};
use proptest::prelude::*;

fn rules() -> Rules {
    Rules::new("state", "S", &[] as &[&str], "refuse").unwrap()
}

fn memo(body: &str) -> Memo {
    with_head("", body)
}

fn with_head(head: &str, body: &str) -> Memo {
    let text = format!("+++\ntitle = \"(U) The lower ferry\"\n{head}+++\n{body}");
    Memo::parse(&text, &rules()).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn point(number: u32, policy: &str) -> String {
    format!(
        "[[point]]\nnumber = {number}\nmarking = \"U\"\npolicy = \"{policy}\"\nargument = \"It costs {policy} more\"\nrecommendation = \"Stop\"\n"
    )
}

const FOUR: &str = "(U) The ferry carries four hundred people each day.\n\n(U) No bridge is nearer than nine miles.\n\n(U) The Board has not asked the villages.\n\n(U) We ask that it be kept open.\n";

/// One letter a change, and its number before and now.
fn shape(old: &str, new: &str) -> String {
    let parts = diff(&memo(old), &memo(new))
        .portions
        .into_iter()
        .map(|change| match change {
            PortionChange::Unchanged { old, new } => format!("={old}>{}", new.number()),
            PortionChange::Changed { old, new, .. } => format!("~{old}>{new}"),
            PortionChange::Added { new } => format!("+{}", new.number()),
            PortionChange::Removed { old } => format!("-{}", old.number()),
            PortionChange::Moved { old, new } => format!("^{old}>{}", new.number()),
        });
    parts.collect::<Vec<_>>().join(" ")
}

#[test]
fn each_change_is_told_from_the_others() {
    assert_eq!(shape(FOUR, FOUR), "=1>1 =2>2 =3>3 =4>4");
    assert!(diff(&memo(FOUR), &memo(FOUR)).is_empty());
    let other = FOUR.replace("nine", "ten");
    assert!(!diff(&memo(FOUR), &memo(&other)).is_empty());
    let dated = with_head("date = \"2026-11-23\"\n", FOUR);
    assert!(!diff(&memo(FOUR), &dated).is_empty());
    assert_eq!(
        shape(FOUR, &FOUR.replace("nine", "ten")),
        "=1>1 ~2>2 =3>3 =4>4"
    );
    assert_eq!(
        shape(FOUR, &FOUR.replace("(U) No", "(SBU) No")),
        "=1>1 ~2>2 =3>3 =4>4"
    );
    assert_eq!(
        shape(FOUR, &FOUR.replace("(U) No", "> (U) No")),
        "=1>1 ~2>2 =3>3 =4>4"
    );
    assert_eq!(
        shape(FOUR, &format!("(U) First of all.\n\n{FOUR}")),
        "+1 =1>2 =2>3 =3>4 =4>5"
    );
    assert_eq!(
        shape(
            FOUR,
            &FOUR.replace("(U) The Board has not asked the villages.\n\n", "")
        ),
        "=1>1 =2>2 -3 =4>3"
    );
    let moved = "(U) No bridge is nearer than nine miles.\n\n(U) The Board has not asked the villages.\n\n(U) The ferry carries four hundred people each day.\n\n(U) We ask that it be kept open.\n";
    assert_eq!(shape(FOUR, moved), "=2>1 =3>2 ^1>3 =4>4");
    // Two changed beside each other, and one put between: alike is paired with alike.
    let new = FOUR.replace("four hundred", "five hundred").replace(
        "(U) No bridge is nearer",
        "(U) Something else entirely stands here.\n\n(U) No bridge stands nearer",
    );
    assert_eq!(shape(FOUR, &new), "~1>1 +2 ~2>3 =3>4 =4>5");
}

#[test]
fn alike_portions_are_paired_without_crossing() {
    let [ferry, bridge, board, open] = [
        "(U) The ferry carries four hundred people each day.\n\n",
        "(U) No bridge is nearer than nine miles.\n\n",
        "(U) The Board has not asked the villages.\n\n",
        "(U) We ask that it be kept open.\n\n",
    ];
    let changed = |text: &str| text.replace(".\n", ", we say.\n");
    let new = "(U) Something else entirely stands here now.\n\n";
    for (old, amended, wanted) in [
        // Nothing stands unchanged between them: all is one gap.
        (
            [ferry, bridge, board].concat(),
            [new, &changed(ferry), &changed(board)].concat(),
            "+1 ~1>2 -2 ~3>3",
        ),
        (
            [ferry, bridge, board, open].concat(),
            [&changed(bridge), &changed(open)]
                .map(String::as_str)
                .concat(),
            "-1 ~2>1 -3 ~4>2",
        ),
        (
            [bridge, open].concat(),
            [
                changed(ferry).as_str(),
                &changed(bridge),
                new,
                &changed(open),
            ]
            .concat(),
            "+1 ~1>2 +3 ~2>4",
        ),
        // Two that crossed: one of them is paired.
        (
            [ferry, bridge].concat(),
            [&changed(bridge), &changed(ferry)]
                .map(String::as_str)
                .concat(),
            "",
        ),
    ] {
        let found = shape(&old, &amended);
        if wanted.is_empty() {
            assert_eq!(found.matches('~').count(), 1, "{found}");
        } else {
            assert_eq!(found, wanted);
        }
    }
}

#[test]
fn words_are_marked() {
    let new = FOUR.replace(
        "(U) No bridge is nearer than nine miles",
        "(SBU) No bridge is nearer than twelve long miles",
    );
    let PortionChange::Changed {
        marking,
        kind,
        marked,
        runs,
        ..
    } = diff(&memo(FOUR), &memo(&new)).portions.remove(1)
    else {
        panic!("portion 2 was changed");
    };
    assert_eq!(marking, Some(("U".to_owned(), "SBU".to_owned())));
    assert_eq!((kind, marked.as_str()), (None, "SBU"));
    assert_eq!(
        runs,
        [
            WordRun::Same("No bridge is nearer than".to_owned()),
            WordRun::Removed("nine".to_owned()),
            WordRun::Added("twelve long".to_owned()),
            WordRun::Same("miles.".to_owned()),
        ]
    );
}

#[test]
fn the_head_is_compared_field_by_field() {
    let old = with_head(
        &format!("to = [\"The Board\"]\n{}", point(1, "closing")),
        FOUR,
    );
    let new = with_head(
        &format!(
            "to = [\"The Harbour Board\"]\ndate = \"2026-11-20\"\n{}{}",
            point(1, "closing"),
            point(2, "fares")
        ),
        FOUR,
    );
    let changes = diff(&old, &new).head;
    let labels: Vec<_> = changes.iter().map(|c| c.label.to_string()).collect();
    assert_eq!(
        labels,
        [
            "to/1",
            "date",
            "point/2/policy",
            "point/2/argument",
            "point/2/recommendation"
        ]
    );
    assert_eq!(changes[1].runs, [WordRun::Added("2026-11-20".to_owned())]);
    let back = diff(&new, &old).head;
    assert_eq!(back[1].label, Label::Date);
    assert_eq!(back[1].runs, [WordRun::Removed("2026-11-20".to_owned())]);
}

#[test]
fn a_hostile_pair_does_not_stall() {
    let words =
        |prefix: &str, n: usize| (0..n).map(|i| format!(" {prefix}{i}")).collect::<String>();
    let (a, b) = (
        memo(&format!("(U){}", words("a", 90_000))),
        memo(&format!("(U){}", words("b", 90_000))),
    );
    assert_eq!(diff(&a, &b).portions.len(), 1);
    let many = |prefix: &str| {
        memo(
            &(0..4000)
                .map(|i| format!("(U) {prefix}{i} common words here\n\n"))
                .collect::<String>(),
        )
    };
    assert_eq!(diff(&many("a"), &many("b")).portions.len(), 4000);
}

#[test]
fn what_only_one_changed_merges() {
    let base = with_head(&point(1, "closing"), FOUR);
    let mine = with_head(
        &point(1, "closing"),
        &FOUR.replace("four hundred", "five hundred"),
    );
    let theirs = with_head(
        &format!(
            "date = \"2026-11-20\"\n{}{}",
            point(1, "closing"),
            point(2, "fares")
        ),
        &format!("{}\n(U) One more.\n", FOUR.replace("nine", "ten")),
    );
    let merged = merge(&base, &mine, &theirs);
    assert_eq!(merged.conflicts, []);
    let wanted = with_head(
        &format!(
            "date = \"2026-11-20\"\n{}{}",
            point(1, "closing"),
            point(2, "fares")
        ),
        &format!(
            "{}\n(U) One more.\n",
            FOUR.replace("four hundred", "five hundred")
                .replace("nine", "ten")
        ),
    );
    assert_eq!(merged.text, wanted.to_text());
    assert_eq!(merge(&base, &theirs, &mine).text, wanted.to_text());
}

#[test]
fn what_both_changed_is_shown_twice() {
    let base = memo(FOUR);
    let mine = memo(&FOUR.replace("nine", "ten"));
    let theirs = memo(&FOUR.replace("nine", "eleven"));
    let merged = merge(&base, &mine, &theirs);
    assert_eq!(merged.conflicts.len(), 1);
    let conflict = &merged.conflicts[0];
    assert_eq!(conflict.what, "portion 2");
    assert_eq!(conflict.base, "(U) No bridge is nearer than nine miles.");
    assert_eq!(conflict.mine, "(U) No bridge is nearer than ten miles.");
    assert_eq!(
        conflict.theirs,
        "(U) No bridge is nearer than eleven miles."
    );
    assert!(merged.text.contains("<<<<<<< mine\n(U) No bridge is nearer than ten miles.\n=======\n(U) No bridge is nearer than eleven miles.\n>>>>>>> theirs\n"));
    // It is no memo until somebody has chosen.
    assert!(
        Memo::parse(&merged.text, &rules())
            .unwrap_err()
            .to_string()
            .contains("merge")
    );
    let kept = |line: &&str| {
        !["<<<<<<< mine", "=======", ">>>>>>> theirs"].contains(line) && !line.contains("eleven")
    };
    let chosen: Vec<_> = merged.text.lines().filter(kept).collect();
    assert_eq!(Memo::parse(&chosen.join("\n"), &rules()).unwrap(), mine);
}

#[test]
fn a_portion_taken_out_and_changed_is_a_conflict() {
    let base = memo(FOUR);
    let mine = memo(&FOUR.replace("(U) No bridge is nearer than nine miles.\n\n", ""));
    let theirs = memo(&FOUR.replace("nine", "ten"));
    let merged = merge(&base, &mine, &theirs);
    assert_eq!(merged.conflicts.len(), 1);
    assert_eq!(merged.conflicts[0].mine, "");
    assert!(merged.text.contains("ten miles"));
    assert_eq!(merge(&base, &mine, &base).text, mine.to_text());
    assert_eq!(merge(&base, &mine, &mine).text, mine.to_text());
}

#[test]
fn the_head_conflicts_too() {
    let base = with_head(&point(1, "closing"), FOUR);
    let mine = with_head(
        &format!("date = \"2026-11-20\"\n{}", point(1, "closing early")),
        FOUR,
    );
    let theirs = with_head(
        &format!("date = \"2026-11-21\"\n{}", point(1, "closing late")),
        FOUR,
    );
    let what: Vec<_> = merge(&base, &mine, &theirs)
        .conflicts
        .into_iter()
        .map(|c| c.what)
        .collect();
    assert_eq!(what, ["date", "points of dissent"]);
}

fn any_body() -> impl Strategy<Value = String> {
    let block = prop::sample::select(vec![
        "(U) a b c d e",
        "(U) a b c d f",
        "(SBU) a b c d e",
        "# (U) head",
        "(U) x y z",
        "- (U) one\n- two",
        "(U) x y",
        "(C) q",
    ]);
    prop::collection::vec(block, 1..7).prop_map(|b| b.join("\n\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_diff_holds_both_texts(old in any_body(), new in any_body()) {
        let (old, new) = (memo(&old), memo(&new));
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for change in diff(&old, &new).portions {
            match change {
                PortionChange::Unchanged { old, new } | PortionChange::Moved { old, new } => {
                    before.push(old);
                    after.push(new.number());
                }
                PortionChange::Changed { old: i, new: j, runs, .. } => {
                    before.push(i);
                    after.push(j);
                    let side = |keep: fn(&WordRun) -> Option<&String>| {
                        runs.iter().filter_map(keep).cloned().collect::<Vec<_>>().join(" ")
                    };
                    let words = |m: &Memo, n: u32| m.portions()[n as usize - 1].words().collect::<Vec<_>>().join(" ");
                    prop_assert_eq!(side(|r| match r { WordRun::Same(w) | WordRun::Removed(w) => Some(w), WordRun::Added(_) => None }), words(&old, i));
                    prop_assert_eq!(side(|r| match r { WordRun::Same(w) | WordRun::Added(w) => Some(w), WordRun::Removed(_) => None }), words(&new, j));
                }
                PortionChange::Added { new } => after.push(new.number()),
                PortionChange::Removed { old } => before.push(old.number()),
            }
        }
        let all = |m: &Memo| (1..=u32::try_from(m.portions().len()).unwrap()).collect::<Vec<_>>();
        prop_assert_eq!(after, all(&new));
        before.sort_unstable();
        prop_assert_eq!(before, all(&old));
    }

    #[test]
    fn merging_with_nothing_changed_is_the_other(base in any_body(), other in any_body()) {
        let (base, other) = (memo(&base), memo(&other));
        for merged in [merge(&base, &other, &base), merge(&base, &base, &other), merge(&base, &other, &other)] {
            prop_assert_eq!(merged.conflicts, []);
            prop_assert_eq!(merged.text, other.to_text());
        }
    }

    #[test]
    fn nothing_is_lost_in_a_merge(base in any_body(), mine in any_body(), theirs in any_body()) {
        let merged = merge(&memo(&base), &memo(&mine), &memo(&theirs));
        // What one side says and the base does not is in the text.
        for side in [&mine, &theirs] {
            for portion in memo(side).portions() {
                if !memo(&base).portions().iter().any(|p| p.same_as(portion)) {
                    prop_assert!(merged.text.contains(&portion.to_text()), "{}", merged.text);
                }
            }
        }
        prop_assert_eq!(merged.conflicts.is_empty(), Memo::parse(&merged.text, &rules()).is_ok());
    }

    #[test]
    fn words_of_any_texts(old in prop::collection::vec("[ab]", 0..12), new in prop::collection::vec("[ab]", 0..12)) {
        let (old, new): (Vec<&str>, Vec<&str>) = (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
        let runs = diff_words(&old, &new);
        prop_assert_eq!(runs.iter().all(|r| matches!(r, WordRun::Same(_))), old == new);
    }
}
