//! Due dates, worked out by hand.

use demur_channel::{
    Calendar, Date, DueDate, Term,
    calendar::{CalendarError, Holidays, Kind, MAX_LISTED_DATES, MAX_WORKING_DAYS},
};
use demur_encoding::Time;
use proptest::prelude::*;

fn washington() -> Calendar {
    let zone = "America/New_York";
    Calendar::new(Kind::Working, zone, Holidays::UsFederal, &[], &[]).unwrap()
}

fn brussels() -> Calendar {
    let zone = "Europe/Brussels";
    Calendar::new(Kind::Calendar, zone, Holidays::None, &[], &[]).unwrap()
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

#[track_caller]
fn check(calendar: &Calendar, start: &str, term: Term, day: &str, end: &str) {
    let expected = DueDate {
        date: date(day),
        end: time(end),
    };
    assert_eq!(calendar.due(time(start), term), expected, "{start} {term}");
}

#[test]
fn the_day_of_the_event_is_not_counted() {
    let two = Term::WorkingDays(2);
    // Monday noon: Tuesday is 1, Wednesday 2.
    check(
        &washington(),
        "2026-11-16T17:00:00Z",
        two,
        "2026-11-18",
        "2026-11-19T04:59:59Z",
    );
    // Tuesday 04:59:59 UTC is still Monday in Washington; a second later it is Tuesday.
    check(
        &washington(),
        "2026-11-17T04:59:59Z",
        two,
        "2026-11-18",
        "2026-11-19T04:59:59Z",
    );
    check(
        &washington(),
        "2026-11-17T05:00:00Z",
        two,
        "2026-11-19",
        "2026-11-20T04:59:59Z",
    );
}

#[test]
fn days_off_are_stepped_over() {
    let two = Term::WorkingDays(2);
    // Friday, Saturday and Sunday all lead to Monday as day 1.
    for start in [
        "2026-11-13T17:00:00Z",
        "2026-11-14T17:00:00Z",
        "2026-11-15T17:00:00Z",
    ] {
        check(
            &washington(),
            start,
            two,
            "2026-11-17",
            "2026-11-18T04:59:59Z",
        );
    }
    // Wednesday before Thanksgiving: Friday 1, Monday 2.
    check(
        &washington(),
        "2026-11-25T17:00:00Z",
        two,
        "2026-11-30",
        "2026-12-01T04:59:59Z",
    );
    // Independence Day of 2026 is a Saturday: Friday 3 July is off.
    check(
        &washington(),
        "2026-07-01T16:00:00Z",
        two,
        "2026-07-06",
        "2026-07-07T03:59:59Z",
    );
    // Across the year's end, with New Year's Day of 2022 observed on Friday 31 December 2021.
    check(
        &washington(),
        "2021-12-29T17:00:00Z",
        two,
        "2022-01-03",
        "2022-01-04T04:59:59Z",
    );
}

#[test]
fn sixty_working_days_as_counted_from_a_table() {
    // From Monday 23 November 2026: Thanksgiving, Christmas, New Year, Martin Luther King and
    // Washington are off; counted with an independent script over the published table.
    check(
        &washington(),
        "2026-11-23T22:00:00Z",
        Term::WorkingDays(60),
        "2027-02-22",
        "2027-02-23T04:59:59Z",
    );
    check(
        &washington(),
        "2026-11-23T22:00:00Z",
        Term::WorkingDays(30),
        "2027-01-07",
        "2027-01-08T04:59:59Z",
    );
}

#[test]
fn overrides_come_before_the_rule() {
    let make = |closed: &[Date], open: &[Date]| {
        let zone = "America/New_York";
        Calendar::new(Kind::Working, zone, Holidays::UsFederal, closed, open)
    };
    // The day of mourning of 9 January 2025, a Thursday.
    let calendar = make(&[date("2025-01-09")], &[]).unwrap();
    let two = Term::WorkingDays(2);
    check(
        &calendar,
        "2025-01-07T17:00:00Z",
        two,
        "2025-01-10",
        "2025-01-11T04:59:59Z",
    );
    check(
        &washington(),
        "2025-01-07T17:00:00Z",
        two,
        "2025-01-09",
        "2025-01-10T04:59:59Z",
    );
    // A Saturday that is worked.
    let calendar = make(&[], &[date("2025-01-11")]).unwrap();
    check(
        &calendar,
        "2025-01-09T17:00:00Z",
        two,
        "2025-01-11",
        "2025-01-12T04:59:59Z",
    );

    let day = date("2025-01-09");
    assert_eq!(
        make(&[day], &[day]).unwrap_err(),
        CalendarError::Contradiction(day)
    );
    assert!(matches!(
        make(&[day, day], &[]),
        Err(CalendarError::Twice { .. })
    ));
    let many = vec![day; MAX_LISTED_DATES + 1];
    assert!(matches!(
        make(&[], &many),
        Err(CalendarError::TooMany { .. })
    ));
}

#[test]
fn calendar_days_and_months() {
    let seven = Term::Days(7);
    // Whatever the weekday; 23:30 in Brussels is the day before in UTC.
    check(
        &brussels(),
        "2026-11-23T22:30:00Z",
        seven,
        "2026-11-30",
        "2026-11-30T22:59:59Z",
    );
    check(
        &brussels(),
        "2026-11-23T23:30:00Z",
        seven,
        "2026-12-01",
        "2026-12-01T22:59:59Z",
    );
    // Across the change to summer time (29 March 2026).
    check(
        &brussels(),
        "2026-03-25T12:00:00Z",
        seven,
        "2026-04-01",
        "2026-04-01T21:59:59Z",
    );
    let three = Term::Months(3);
    check(
        &brussels(),
        "2026-11-23T12:00:00Z",
        three,
        "2027-02-23",
        "2027-02-23T22:59:59Z",
    );
    // No such day: the month's last.
    check(
        &brussels(),
        "2026-11-30T12:00:00Z",
        three,
        "2027-02-28",
        "2027-02-28T22:59:59Z",
    );
    check(
        &brussels(),
        "2027-11-30T12:00:00Z",
        three,
        "2028-02-29",
        "2028-02-29T22:59:59Z",
    );
    check(
        &brussels(),
        "2026-08-31T12:00:00Z",
        three,
        "2026-11-30",
        "2026-11-30T22:59:59Z",
    );
}

#[test]
fn days_that_begin_late() {
    // In Beirut the clocks go forward at midnight: 29 March 2026 begins at 01:00.
    let zone = "Asia/Beirut";
    let calendar = Calendar::new(Kind::Calendar, zone, Holidays::None, &[], &[]).unwrap();
    assert_eq!(
        calendar.end_of(date("2026-03-28")),
        time("2026-03-28T21:59:59Z")
    );
    assert_eq!(
        calendar.end_of(date("2026-03-29")),
        time("2026-03-29T20:59:59Z")
    );
}

#[test]
fn zones_and_kinds() {
    let zone = |name| Calendar::new(Kind::Working, name, Holidays::None, &[], &[]).map(|_| ());
    assert_eq!(zone("UTC"), Ok(()));
    for bad in [
        "",
        "Washington",
        "EST5EDT4",
        "../etc/passwd",
        "America/New York",
    ] {
        assert_eq!(zone(bad), Err(CalendarError::Zone(bad.to_owned())));
    }
    let federal = Calendar::new(Kind::Calendar, "UTC", Holidays::UsFederal, &[], &[]);
    assert_eq!(federal.unwrap_err(), CalendarError::NoDaysOff);
    assert_eq!(washington().month(time("2026-12-01T04:59:59Z")), "2026-11");
}

#[test]
fn as_many_dates_as_may_be_listed() {
    let first = date("2020-01-01");
    let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
    let days: Vec<Date> = days.take(MAX_LISTED_DATES).collect();
    let calendar = Calendar::new(Kind::Working, "UTC", Holidays::None, &days, &[]);
    let listed: Vec<Date> = calendar.unwrap().extra_closed().collect();
    assert_eq!(listed, days);
    let calendar = Calendar::new(Kind::Working, "UTC", Holidays::None, &[], &days);
    let listed: Vec<Date> = calendar.unwrap().extra_open().collect();
    assert_eq!(listed, days);
}

#[test]
fn terms_are_shown_to_people() {
    for (term, shown) in [
        (Term::WorkingDays(2), "2 working days"),
        (Term::WorkingDays(1), "1 working day"),
        (Term::Days(60), "60 days"),
        (Term::Months(3), "3 months"),
    ] {
        assert_eq!(term.to_string(), shown);
    }
}

#[test]
fn the_end_of_time_is_no_trouble() {
    for term in [
        Term::WorkingDays(u32::MAX),
        Term::Days(u32::MAX),
        Term::Months(u32::MAX),
    ] {
        let last = Time::from_unix(u64::MAX);
        assert!(washington().due(last, term).end >= last);
        assert!(washington().due(Time::from_unix(0), term).end > Time::from_unix(0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn working_days_add_up(start in 0..4_102_444_800_u64, n in 1..=MAX_WORKING_DAYS / 10) {
        let calendar = washington();
        let start = Time::from_unix(start);
        let due = calendar.due(start, Term::WorkingDays(n)).date;
        prop_assert!(calendar.is_working_day(due));
        // Counted one by one.
        let mut counted = 0;
        let mut day = calendar.date(start);
        while day < due {
            day = day.tomorrow().unwrap();
            counted += u32::from(calendar.is_working_day(day));
        }
        prop_assert_eq!(counted, n);
    }

    #[test]
    fn due_is_after_and_monotonic(start in 0..4_102_444_800_u64, later in 0..10_000_000_u64, n in 1..100_u32) {
        let calendar = brussels();
        for term in [Term::Days(n), Term::Months(n)] {
            let a = calendar.due(Time::from_unix(start), term);
            let b = calendar.due(Time::from_unix(start + later), term);
            prop_assert!(a.end > Time::from_unix(start) && a.end <= b.end);
            prop_assert_eq!(calendar.date(a.end), a.date);
            prop_assert_eq!(calendar.date(a.end.plus(1)), a.date.tomorrow().unwrap());
        }
    }
}
