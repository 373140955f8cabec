//! Working days and due dates.
//!
//! The rule of counting, for every [`Term`]: **the day of the event is not counted**; the term ends
//! with the last second of its last day, in the profile's time zone.
//!
//! - Working days: the first working day after the event's civil day is day 1. (2 FAM 070 says
//!   "working days" and no more; leaving out the day of the event is the common rule, as in Fed. R.
//!   Civ. P. 6(a)(1)(A) and in article 3(1) of Regulation (EEC, Euratom) 1182/71.)
//! - Days: calendar days, weekends and holidays among them. The last day is *not* moved when it
//!   falls on a day off: that is the stricter reading for the one who must answer.
//! - Months: the same day of the later month, or that month's last day where it has no such day
//!   (article 3(2)(c) of Regulation 1182/71).

mod federal;
mod zone;

use std::collections::BTreeSet;

use demur_encoding::Time;
use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use serde::Serialize;

pub use federal::federal_day_off;

/// The most working days in a term.
pub const MAX_WORKING_DAYS: u32 = 1_000;
/// The most calendar days in a term.
pub const MAX_DAYS: u32 = 3_660;
/// The most months in a term.
pub const MAX_MONTHS: u32 = 120;
/// The most dates in each of a calendar's two override lists.
pub const MAX_LISTED_DATES: usize = 1_000;

/// A length of time as rules give it. In TOML `{ working_days = 2 }`, `{ days = 7 }` or
/// `{ months = 3 }`; at least 1, at most [`MAX_WORKING_DAYS`], [`MAX_DAYS`], [`MAX_MONTHS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// Days on which the institution works.
    WorkingDays(u32),
    /// Calendar days.
    Days(u32),
    /// Calendar months.
    Months(u32),
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (n, one) = match self {
            Self::WorkingDays(n) => (n, "working day"),
            Self::Days(n) => (n, "day"),
            Self::Months(n) => (n, "month"),
        };
        write!(f, "{n} {one}{}", if *n == 1 { "" } else { "s" })
    }
}

/// When something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DueDate {
    /// The last day, in the profile's time zone.
    pub date: Date,
    /// That day's last second. What happens in this second is in time.
    pub end: Time,
}

/// How the institution counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Terms may be in working days.
    Working,
    /// Terms are in calendar days and months only.
    Calendar,
}

/// Whose holidays are off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holidays {
    /// Those of U.S. federal staff: [`federal_day_off`].
    UsFederal,
    /// None but those that the calendar lists.
    None,
}

/// An institution's calendar.
#[derive(Debug, Clone)]
pub struct Calendar {
    kind: Kind,
    holidays: Holidays,
    zone: TimeZone,
    zone_name: String,
    extra_closed: BTreeSet<Date>,
    extra_open: BTreeSet<Date>,
}

/// Why a calendar can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CalendarError {
    /// No such time zone in the compiled-in IANA database.
    #[error(
        "timezone \"{0}\" is not in the IANA database; use a name such as \"America/New_York\" or \"Europe/Brussels\""
    )]
    Zone(String),
    /// A date is in both lists.
    #[error("{0} stands in both extra_closed and extra_open; take it out of one")]
    Contradiction(Date),
    /// Over [`MAX_LISTED_DATES`].
    #[error("{list} has {len} dates; at most {MAX_LISTED_DATES} are read")]
    TooMany {
        /// `extra_closed` or `extra_open`.
        list: &'static str,
        /// How many it has.
        len: usize,
    },
    /// The same date twice in one list.
    #[error("{list} has {date} twice; take one out")]
    Twice {
        /// `extra_closed` or `extra_open`.
        list: &'static str,
        /// The date.
        date: Date,
    },
    /// Holidays mean nothing where only calendar days are counted.
    #[error("kind = \"calendar\" counts every day: set holidays = \"none\" and list no dates")]
    NoDaysOff,
}

impl Calendar {
    /// A calendar.
    ///
    /// `extra_closed` are days off beyond the rule (closings by executive order), `extra_open`
    /// days that are worked although they are weekend or holiday.
    ///
    /// # Errors
    /// When the zone is unknown, or the lists contradict themselves or each other.
    pub fn new(
        kind: Kind,
        timezone: &str,
        holidays: Holidays,
        extra_closed: &[Date],
        extra_open: &[Date],
    ) -> Result<Self, CalendarError> {
        let zone = zone::of(timezone)
            .ok_or_else(|| CalendarError::Zone(timezone.chars().take(64).collect()))?;
        let listed = !extra_closed.is_empty() || !extra_open.is_empty();
        if kind == Kind::Calendar && (holidays != Holidays::None || listed) {
            return Err(CalendarError::NoDaysOff);
        }
        let extra_closed = date_set("extra_closed", extra_closed)?;
        let extra_open = date_set("extra_open", extra_open)?;
        if let Some(date) = extra_closed.intersection(&extra_open).next() {
            return Err(CalendarError::Contradiction(*date));
        }
        Ok(Self {
            kind,
            holidays,
            zone,
            zone_name: timezone.to_owned(),
            extra_closed,
            extra_open,
        })
    }

    /// How the institution counts.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whose holidays are off.
    #[must_use]
    pub const fn holidays(&self) -> Holidays {
        self.holidays
    }

    /// The time zone's IANA name.
    #[must_use]
    pub fn timezone(&self) -> &str {
        &self.zone_name
    }

    /// Days off beyond the rule, ascending.
    pub fn extra_closed(&self) -> impl Iterator<Item = Date> + '_ {
        self.extra_closed.iter().copied()
    }

    /// Days worked although the rule has them off, ascending.
    pub fn extra_open(&self) -> impl Iterator<Item = Date> + '_ {
        self.extra_open.iter().copied()
    }

    /// The civil date of an instant in the calendar's time zone.
    #[must_use]
    pub fn date(&self, at: Time) -> Date {
        self.zone.to_datetime(Timestamp::from(at)).date()
    }

    /// The month of an instant in the calendar's time zone, for example `2026-11`.
    #[must_use]
    pub fn month(&self, at: Time) -> String {
        let date = self.date(at);
        format!("{:04}-{:02}", date.year(), date.month())
    }

    /// Whether the institution works on `date`. The override lists come before the rule.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        if self.extra_open.contains(&date) {
            return true;
        }
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        let holiday = self.holidays == Holidays::UsFederal && federal_day_off(date).is_some();
        !weekend && !holiday && !self.extra_closed.contains(&date)
    }

    /// When a term that starts with an event at `start` is over.
    ///
    /// Near the end of the year 9999 the result is the last date there is.
    #[must_use]
    pub fn due(&self, start: Time, term: Term) -> DueDate {
        let day = self.date(start);
        let date = match term {
            Term::WorkingDays(n) => self.nth_working_day_after(day, n),
            Term::Days(n) => day.saturating_add(i64::from(n.min(MAX_DAYS)).days()),
            Term::Months(n) => day.saturating_add(i64::from(n.min(MAX_MONTHS)).months()),
        };
        DueDate {
            date,
            end: self.end_of(date),
        }
    }

    /// The last second of `date` in the calendar's time zone; of 1970-01-01 for earlier ones.
    ///
    /// It is the second before the next day begins, so that a change of the clocks at midnight does
    /// no harm.
    #[must_use]
    pub fn end_of(&self, date: Date) -> Time {
        let next = date
            .tomorrow()
            .and_then(|day| day.to_zoned_datetime(self.zone.clone()));
        match next {
            Ok(next) => {
                let second = next.timestamp().as_second().saturating_sub(1);
                Time::from_unix(u64::try_from(second).unwrap_or(0))
            }
            Err(_) => Time::from_unix(u64::MAX),
        }
    }

    // This ends soon: the term is bounded, and so are the days off between two working days
    // (weekends, holidays by rule, and at most MAX_LISTED_DATES listed ones).
    fn nth_working_day_after(&self, day: Date, n: u32) -> Date {
        let mut date = day;
        let mut left = n.clamp(1, MAX_WORKING_DAYS);
        while left > 0 {
            let Ok(next) = date.tomorrow() else {
                return Date::MAX;
            };
            date = next;
            if self.is_working_day(date) {
                left -= 1;
            }
        }
        date
    }
}

fn date_set(list: &'static str, dates: &[Date]) -> Result<BTreeSet<Date>, CalendarError> {
    if dates.len() > MAX_LISTED_DATES {
        let len = dates.len();
        return Err(CalendarError::TooMany { list, len });
    }
    let mut set = BTreeSet::new();
    for date in dates {
        if !set.insert(*date) {
            return Err(CalendarError::Twice { list, date: *date });
        }
    }
    Ok(set)
}
