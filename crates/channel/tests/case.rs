//! The life of a case, and its deadlines.

use std::sync::Arc;

use demur_channel::{
    Case, Closed, ClosedBy, Deadline, DeadlineState, Obligation, OrderError, Profile, Step, shipped,
};
use demur_encoding::Time;

use DeadlineState::{DoneInTime, DoneLate, Due, NoLongerOwed, Overdue};

const STEPS: [Step; 7] = [
    Step::Filed,
    Step::Acknowledged,
    Step::Returned,
    Step::Distributed,
    Step::Responded,
    Step::Rejoined,
    Step::Withdrawn,
];

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn profile(id: &str) -> Arc<Profile> {
    Arc::new(Profile::parse(shipped(id).unwrap()).unwrap())
}

/// Filed on Monday 23 November 2026 under the profile of the demonstration.
fn filed() -> Case {
    Case::filed(profile("demo"), time("2026-11-23T17:00:00Z"))
}

fn after(steps: &[(Step, &str)]) -> Case {
    let mut case = filed();
    for (step, at) in steps {
        case.apply(*step, time(at)).unwrap();
    }
    case
}

fn states(case: &Case, now: &str) -> Vec<DeadlineState> {
    case.deadlines(time(now)).iter().map(|d| d.state).collect()
}

#[test]
fn a_whole_life() {
    let mut case = filed();
    let mut at = time("2026-11-24T17:00:00Z");
    let life = [
        Step::Acknowledged,
        Step::Distributed,
        Step::Distributed,
        Step::Responded,
        Step::Rejoined,
    ];
    for step in life {
        assert!(case.expected(at).contains(&step));
        assert_eq!(case.closed(at), None);
        case.apply(step, at).unwrap();
        assert_eq!(case.step(), step);
        at = at.plus(86_400);
    }
    assert_eq!(
        case.time_of(Step::Distributed),
        Some(time("2026-11-25T17:00:00Z"))
    );
    let closed = Closed {
        by: ClosedBy::Rejoined,
        at: time("2026-11-28T17:00:00Z"),
    };
    assert_eq!(case.closed(at), Some(closed));
    assert!(case.expected(at).is_empty());
}

#[test]
fn every_pair_of_steps_is_allowed_or_refused_by_the_table() {
    let to_here: [&[Step]; 7] = [
        &[],
        &[Step::Acknowledged],
        &[Step::Acknowledged, Step::Returned],
        &[Step::Acknowledged, Step::Distributed],
        &[Step::Acknowledged, Step::Distributed, Step::Responded],
        &[
            Step::Acknowledged,
            Step::Distributed,
            Step::Responded,
            Step::Rejoined,
        ],
        &[Step::Withdrawn],
    ];
    let allowed = [
        (Step::Filed, Step::Acknowledged),
        (Step::Filed, Step::Withdrawn),
        (Step::Acknowledged, Step::Returned),
        (Step::Acknowledged, Step::Distributed),
        (Step::Acknowledged, Step::Withdrawn),
        (Step::Distributed, Step::Distributed),
        (Step::Distributed, Step::Responded),
        (Step::Distributed, Step::Withdrawn),
        (Step::Responded, Step::Rejoined),
        (Step::Responded, Step::Withdrawn),
    ];
    let at = time("2026-11-24T17:00:00Z");
    for (here, path) in STEPS.into_iter().zip(to_here) {
        for next in STEPS {
            let mut case = filed();
            for step in path {
                case.apply(*step, at).unwrap();
            }
            let before = format!("{case:?}");
            let result = case.apply(next, at);
            assert_eq!(
                result.is_ok(),
                allowed.contains(&(here, next)),
                "{here} {next}"
            );
            if result.is_err() {
                assert_eq!(format!("{case:?}"), before, "an error changes nothing");
            }
        }
    }
}

#[test]
fn errors_name_what_was_expected() {
    let at = time("2026-11-24T17:00:00Z");
    let error = filed().apply(Step::Responded, at).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a memo that is filed cannot be responded now; expected: acknowledged or withdrawn"
    );
    let mut case = after(&[(Step::Withdrawn, "2026-11-24T12:00:00Z")]);
    let error = case.apply(Step::Acknowledged, at).unwrap_err();
    assert!(matches!(
        error,
        OrderError::Closed {
            by: ClosedBy::Withdrawn,
            ..
        }
    ));
    assert!(
        error
            .to_string()
            .contains("closed (withdrawn) since 2026-11-24T12:00:00Z")
    );
}

#[test]
fn the_time_for_a_rejoinder_closes_the_case() {
    let answered = || {
        after(&[
            (Step::Acknowledged, "2026-11-24T17:00:00Z"),
            (Step::Distributed, "2026-11-24T17:00:00Z"),
            (Step::Responded, "2026-12-01T17:00:00Z"),
        ])
    };
    // 30 days after 1 December, to the end of that day in Washington.
    let (last, first) = (time("2027-01-01T04:59:59Z"), time("2027-01-01T05:00:00Z"));
    assert_eq!(answered().rejoin_until().unwrap().end, last);
    assert_eq!(answered().closed(last), None);
    let closed = Closed {
        by: ClosedBy::RejoinTimePassed,
        at: last,
    };
    assert_eq!(answered().closed(first), Some(closed));
    assert!(answered().apply(Step::Rejoined, last).is_ok());
    assert!(answered().apply(Step::Withdrawn, last).is_ok());
    for step in [Step::Rejoined, Step::Withdrawn] {
        assert!(matches!(
            answered().apply(step, first),
            Err(OrderError::Closed { .. })
        ));
    }
}

#[test]
fn late_sign_ons() {
    let case = filed();
    assert_eq!(case.sign_on_until(), time("2026-11-23T17:10:00Z"));
    assert!(case.accepts_sign_on(time("2026-11-23T17:10:00Z")));
    assert!(!case.accepts_sign_on(time("2026-11-23T17:10:01Z")));
    let withdrawn = after(&[(Step::Withdrawn, "2026-11-23T17:01:00Z")]);
    assert!(!withdrawn.accepts_sign_on(time("2026-11-23T17:02:00Z")));
}

#[test]
fn deadlines_of_the_state_profile() {
    let due: Vec<_> = filed()
        .deadlines(time("2026-11-23T17:00:00Z"))
        .iter()
        .map(
            |Deadline {
                 what, date, due, ..
             }| (*what, date.to_string(), *due),
        )
        .collect();
    let expected = [
        (
            Obligation::Acknowledge,
            "2026-11-25",
            "2026-11-26T04:59:59Z",
        ),
        (Obligation::Respond, "2027-01-07", "2027-01-08T04:59:59Z"),
        (
            Obligation::RespondAtMost,
            "2027-02-22",
            "2027-02-23T04:59:59Z",
        ),
    ];
    let expected = expected.map(|(what, date, due)| (what, date.to_owned(), time(due)));
    assert_eq!(due, expected);

    // The very second, and the one after.
    assert_eq!(states(&filed(), "2026-11-26T04:59:59Z"), [Due, Due, Due]);
    assert_eq!(
        states(&filed(), "2026-11-26T05:00:00Z"),
        [Overdue, Due, Due]
    );
    assert_eq!(states(&filed(), "2027-03-01T00:00:00Z"), [Overdue; 3]);
    let in_time = after(&[(Step::Acknowledged, "2026-11-26T04:59:59Z")]);
    assert_eq!(
        states(&in_time, "2026-12-01T00:00:00Z"),
        [DoneInTime, Due, Due]
    );
    let late = after(&[
        (Step::Acknowledged, "2026-11-26T05:00:00Z"),
        (Step::Distributed, "2026-12-01T00:00:00Z"),
        (Step::Responded, "2027-02-01T00:00:00Z"),
    ]);
    assert_eq!(
        states(&late, "2027-03-01T00:00:00Z"),
        [DoneLate, DoneLate, DoneInTime]
    );
    // As of a moment before those facts.
    assert_eq!(states(&late, "2026-11-26T05:00:00Z"), [DoneLate, Due, Due]);
    assert_eq!(states(&late, "2026-11-24T00:00:00Z"), [Due, Due, Due]);
}

#[test]
fn what_was_missed_stays_visible() {
    let returned = after(&[
        (Step::Acknowledged, "2026-11-24T17:00:00Z"),
        (Step::Returned, "2026-11-30T17:00:00Z"),
    ]);
    assert_eq!(states(&returned, "2027-03-01T00:00:00Z"), [DoneInTime; 3]);
    let withdrawn = after(&[(Step::Withdrawn, "2026-12-01T00:00:00Z")]);
    let states = states(&withdrawn, "2027-03-01T00:00:00Z");
    assert_eq!(states, [Overdue, NoLongerOwed, NoLongerOwed]);
}

#[test]
fn deadlines_of_the_directive() {
    let case = Case::filed(profile("eu-directive"), time("2026-11-30T12:00:00Z"));
    let due: Vec<_> = case
        .deadlines(time("2026-11-30T12:00:00Z"))
        .iter()
        .map(|d| (d.what, d.date.to_string()))
        .collect();
    let expected = [
        (Obligation::Acknowledge, "2026-12-07".to_owned()),
        (Obligation::RespondAtMost, "2027-02-28".to_owned()),
    ];
    assert_eq!(due, expected);
}

#[test]
fn a_case_keeps_its_profile() {
    let case = filed();
    assert_eq!(case.profile().version, 1);
    assert_eq!(case.profile().digest(), profile("demo").digest());
}

#[test]
fn what_is_owed_and_how_it_stands_is_shown_to_people() {
    let shown = |what: &[&dyn std::fmt::Display]| {
        let texts = what.iter().map(ToString::to_string);
        texts.collect::<Vec<_>>()
    };
    assert_eq!(
        shown(&[
            &Obligation::Acknowledge,
            &Obligation::Respond,
            &Obligation::RespondAtMost
        ]),
        ["acknowledge", "respond (normally)", "respond (at most)"]
    );
    assert_eq!(
        shown(&[&Due, &DoneInTime, &DoneLate, &Overdue, &NoLongerOwed]),
        [
            "due",
            "done in time",
            "done late",
            "overdue",
            "no longer owed"
        ]
    );
}
