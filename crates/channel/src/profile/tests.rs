use super::*;
use crate::{SHIPPED, shipped};

fn demo() -> &'static str {
    shipped("demo").unwrap()
}

/// The demo profile with one piece of its text replaced.
fn with(from: &str, to: &str) -> Result<Profile, ProfileError> {
    assert!(demo().contains(from), "{from}");
    Profile::parse(&demo().replacen(from, to, 1))
}

#[test]
fn every_shipped_profile_is_read() {
    for (id, text) in SHIPPED {
        let profile = Profile::parse(text).unwrap_or_else(|e| panic!("{id}: {e}"));
        assert_eq!(profile.id.as_str(), *id);
        assert_eq!(profile.text(), *text);
        assert_eq!(
            profile.digest(),
            hash("demur/profile", &[text.as_bytes()]),
            "{id}"
        );
    }
    assert_eq!(shipped("nowhere"), None);
}

#[test]
fn the_deadlines_are_those_of_the_sources() {
    let of = |id| Profile::parse(shipped(id).unwrap()).unwrap().deadlines;
    for id in ["state", "demo"] {
        let state = of(id);
        assert_eq!(state.acknowledge, Term::WorkingDays(2));
        assert_eq!(state.respond, Some(Term::WorkingDays(30)));
        assert_eq!(state.respond_at_most, Term::WorkingDays(60));
    }
    let eu = of("eu-directive");
    assert_eq!(eu.acknowledge, Term::Days(7));
    assert_eq!(eu.respond, None);
    assert_eq!(eu.respond_at_most, Term::Months(3));
}

#[test]
fn reads_every_section() {
    let profile = Profile::parse(demo()).unwrap();
    assert_eq!(profile.institution, "Ministry of Rivers and Harbours");
    assert_eq!(profile.marking.scheme.as_str(), "state");
    assert_eq!(profile.marking.unmarked.as_str(), "inherit-lowest");
    assert_eq!(profile.calendar.timezone(), "America/New_York");
    assert_eq!(profile.roster.cohort_floor, 5);
    assert_eq!(profile.record.opaque_slots, 64);
    assert_eq!(profile.roster.openings_per_month, 3);
    assert_eq!(profile.signing.note_bytes, 16_384);
    assert_eq!(with("version = 1", "version = 7").unwrap().version, 7);
    let default: Vec<_> = profile.default_distribution().map(|p| &p.id).collect();
    assert_eq!(default.len(), 2);
    assert!(profile.principal("inspector").is_some());
    assert!(profile.principal("nobody").is_none());
    assert!(profile.reason("personnel").is_some());
    assert!(profile.reason("because").is_none());
}

#[test]
fn an_error_says_where_and_what_to_do() {
    let line_of = |piece: &str| demo()[..demo().find(piece).unwrap()].lines().count() + 1;
    for (from, to, problem) in [
        ("opaque_slots = 64", "opaque_slots = 901", "give 2 to 900"),
        ("opaque_slots = 64", "opaque_slots = 0", "give 2 to 900"),
        ("opaque_slots = 64", "opaque_slots = 1", "give 2 to 900"),
        ("opaque_slots = 64", "opaque_slots = -1", "give 2 to 900"),
        ("opaque_slots = 64", "opaque_slot = 64", "unknown field"),
        ("lapse_days = 90", "lapse_days = \"90\"", "give 1 to"),
        ("{ working_days = 2 }", "{ working_days = 0 }", "give 1 to"),
        ("{ working_days = 2 }", "{ hours = 2 }", "hours"),
        ("{ working_days = 2 }", "2", ""),
        (
            "{ working_days = 30 }",
            "{ working_days = 61 }",
            "longer than respond_at_most",
        ),
        (
            "ceiling = \"SBU\"",
            "ceiling = \"CUI\"",
            "use U, SBU, C, S, TS",
        ),
        ("America/New_York", "America/Gotham", "IANA"),
        (
            "kind = \"working\"",
            "kind = \"calendar\"",
            "counts every day",
        ),
        ("id = \"demo\"", "id = \"Demo\"", "short name"),
        (
            "code = \"not-ours\"",
            "code = \"misconduct\"",
            "stands twice",
        ),
        ("id = \"inspector\"", "id = \"minister\"", "stands twice"),
        ("title = \"The Minister\"", "title = \" \"", "is empty"),
        (
            "promise_max_delay_seconds = 60",
            "promise_max_delay_seconds = 0",
            "give 1 to",
        ),
        (
            "interval_seconds = 1",
            "interval_seconds = 61",
            "no promise",
        ),
        (
            "fingerprint = \"whole-text\"",
            "fingerprint = \"some\"",
            "whole-text",
        ),
        ("version = 1\n", "", "missing field `version`; add it"),
        (
            "[draft]\nlapse_days = 90",
            "",
            "missing field `draft`; add it",
        ),
    ] {
        let error = with(from, to).expect_err(to);
        let text = error.to_string();
        assert!(text.contains(problem), "{to}: {text}");
        let ProfileError::At { line, .. } = error else {
            panic!("{text}")
        };
        // At the very line, or at the head of its section.
        let there = line_of(from);
        assert!(
            line <= there && there - line < 12 || text.contains("missing"),
            "{to}: {text}, changed line {there}"
        );
    }
}

#[test]
fn the_bounds_themselves_are_within() {
    let text = |bytes| "x".repeat(bytes);
    let words = |n| (0..n).map(|i| format!("\"W{i}\"")).collect::<Vec<_>>();
    let list = |n| words(n).join(", ");
    let sources = "  \"Deadlines as in 2 FAM 070 (profiles/state.toml)\",\n";
    let title = "title = \"The Minister\"";
    for (from, good, bad, problem) in [
        (
            title,
            format!("title = \"{}\"", text(4_096)),
            format!("title = \"{}\"", text(4_097)),
            "is over 4096 bytes",
        ),
        (
            sources,
            list(63),
            list(64),
            "profile.sources has 65 items; give 1 to 64",
        ),
        (
            "ceiling = \"SBU\"",
            format!("ceiling = \"SBU\"\nforbidden = [{}]", list(64)),
            format!("ceiling = \"SBU\"\nforbidden = [{}]", list(66)),
            "marking.forbidden has over 64 words",
        ),
        (
            "{ working_days = 30 }",
            "{ working_days = 60 }".to_owned(),
            "{ working_days = 61 }".to_owned(),
            "deadlines.respond is longer than respond_at_most",
        ),
        (
            "interval_seconds = 1",
            "interval_seconds = 60".to_owned(),
            "interval_seconds = 61".to_owned(),
            "below interval_seconds",
        ),
        (
            "late_seconds = 600",
            "late_seconds = 316224000".to_owned(),
            "late_seconds = 316224001".to_owned(),
            "give 0 to 316224000",
        ),
    ] {
        if let Err(error) = with(from, &good) {
            panic!("{from}: {error}");
        }
        let error = with(from, &bad).expect_err(from).to_string();
        assert!(error.contains(problem), "{from}: {error}");
    }
    let none = with(
        "\"Invented for the demonstration: no such ministry exists\",",
        "",
    );
    let none = none.unwrap().text().replacen(sources, "", 1);
    let error = Profile::parse(&none).unwrap_err().to_string();
    assert!(error.contains("profile.sources has 0 items"), "{error}");
}

#[test]
fn override_lists() {
    let list = |lines: &str| {
        with(
            "holidays = \"us-federal\"\n",
            &format!("holidays = \"us-federal\"\n{lines}\n"),
        )
    };
    let profile = list("extra_closed = [2025-01-09]\nextra_open = [2026-11-28]").unwrap();
    let date = |text: &str| text.parse().unwrap();
    assert!(!profile.calendar.is_working_day(date("2025-01-09")));
    assert!(profile.calendar.is_working_day(date("2025-01-08")));
    assert!(profile.calendar.is_working_day(date("2026-11-28")));
    for (lines, problem) in [
        ("extra_closed = [\"2025-01-09\"]", "without quotes"),
        (
            "extra_closed = [2025-01-09T10:00:00]",
            "without quotes or time",
        ),
        ("extra_closed = [2025-01-09, 2025-01-09]", "twice"),
        (
            "extra_closed = [2025-01-09]\nextra_open = [2025-01-09]",
            "both",
        ),
        ("extra_closed = [2025-02-29]", ""),
    ] {
        let error = list(lines).expect_err(lines).to_string();
        assert!(error.contains(problem), "{lines}: {error}");
    }
}

#[test]
fn the_size_is_bounded() {
    let long = format!("{}\n#{}", demo(), "x".repeat(PROFILE_BYTES_MAX));
    assert!(matches!(
        Profile::parse(&long),
        Err(ProfileError::TooLong(_))
    ));
    // Line ends are two bytes each in JSON.
    let ends = format!("{}{}", demo(), "\n".repeat(PROFILE_BYTES_MAX / 2));
    assert!(matches!(
        Profile::parse(&ends),
        Err(ProfileError::TooLong(_))
    ));
    // The profile as a JSON string fills the bound, and then is one byte longer.
    let json = demur_encoding::canonical::to_vec(demo()).unwrap().len();
    let fill = "x".repeat(PROFILE_BYTES_MAX - json - 1);
    assert!(Profile::parse(&format!("{}#{fill}", demo())).is_ok());
    assert_eq!(
        Profile::parse(&format!("{}#{fill}x", demo())).unwrap_err(),
        ProfileError::TooLong(PROFILE_BYTES_MAX + 1)
    );
    // A text that fills it has no room for its quotation marks.
    let fill = "x".repeat(PROFILE_BYTES_MAX - demo().len() - 1);
    assert!(Profile::parse(&format!("{}#{fill}", demo())).is_err());
    let nest = format!("a = {}", "[".repeat(30_000));
    assert!(Profile::parse(&nest).is_err());
}

#[test]
fn lines_and_columns_count_from_one() {
    let place = |from: &str, to: &str| match with(from, to).expect_err(to) {
        ProfileError::At { line, column, .. } => (line, column),
        error => panic!("{error}"),
    };
    let line_of = |piece: &str| demo()[..demo().find(piece).unwrap()].lines().count() + 1;
    // A source that is empty: the error is at the string itself, behind two spaces.
    let source = "\"Deadlines as in 2 FAM 070 (profiles/state.toml)\"";
    assert_eq!(place(source, "\" \""), (line_of("  \"Deadlines as"), 3));
    let source = "\"Invented for the demonstration: no such ministry exists\"";
    assert_eq!(place(source, "\"\""), (line_of("  \"Invented for"), 3));
}

#[test]
fn unicode_columns_count_characters() {
    let error = Profile::parse("[profile]\nid = \"é\" \u{1F30A}").unwrap_err();
    let ProfileError::At { line, column, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(line, 2);
    assert!(column <= 11, "{column}");
}
