//! The office's inbox, and the calendar of what is due.

use std::collections::BTreeMap;

use askama::Template;
use demur_channel::{Deadline, DeadlineState};
use demur_client::{
    calls,
    office::{self, InboxLine},
};
use jiff::{ToSpan as _, civil::Date};

use crate::{
    answer::{Answer, Trouble},
    author::follow::{DueLine, due_line},
    desk::Desk,
    platform::Platform,
    texts,
};

/// The years that the calendar shows: weeks before and after each of their months are dates.
const YEARS: std::ops::RangeInclusive<u32> = 1970..=9998;

#[derive(Template)]
#[template(path = "office.html")]
struct Inbox {
    cases: Vec<CaseRow>,
    overdue: usize,
    as_of: String,
}

struct CaseRow {
    id: String,
    short: String,
    step: String,
    version: u32,
    filed: String,
    messages: u32,
    due: Vec<DueLine>,
    closed: Option<String>,
}

#[derive(Template)]
#[template(path = "calendar.html")]
struct Calendar {
    month: String,
    before: (i16, i8),
    after: (i16, i8),
    weeks: Vec<Vec<Day>>,
    list: Vec<Due>,
    /// Whether the month shows something, all of which is done where the list is empty.
    done: bool,
    as_of: String,
}

struct Day {
    number: i8,
    date: String,
    /// Whether it belongs to the month.
    within: bool,
    today: bool,
    off: bool,
    due: Vec<Due>,
}

#[derive(Clone)]
struct Due {
    date: String,
    id: String,
    short: String,
    what: &'static str,
    state: String,
    overdue: bool,
    /// Nothing is to be done any more.
    over: bool,
}

fn open(deadline: &Deadline) -> bool {
    matches!(deadline.state, DeadlineState::Due | DeadlineState::Overdue)
}

/// What comes first in the inbox: open cases, by what is due next.
fn order(line: &InboxLine) -> (bool, Option<Date>) {
    let next = line.deadlines.iter().filter(|d| open(d)).map(|d| d.date);
    (line.closed.is_some(), next.min())
}

fn row(line: &InboxLine) -> CaseRow {
    CaseRow {
        id: line.memo.to_string(),
        short: line.memo.short(),
        step: { line.step }.map_or_else(
            || "not in the record yet".to_owned(),
            |step| step.to_string(),
        ),
        version: line.version,
        filed: line.filed.map(texts::moment).unwrap_or_default(),
        messages: line.messages,
        due: line.deadlines.iter().map(due_line).collect(),
        closed: line.closed.map(|closed| closed.by.to_string()),
    }
}

fn due(line: &InboxLine, deadline: &Deadline) -> Due {
    Due {
        date: deadline.date.to_string(),
        id: line.memo.to_string(),
        short: line.memo.short(),
        what: texts::obligation(deadline.what),
        state: deadline.state.to_string(),
        overdue: matches!(
            deadline.state,
            DeadlineState::Overdue | DeadlineState::DoneLate
        ),
        over: !open(deadline),
    }
}

fn month_name(date: Date) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let at = usize::try_from(date.month() - 1).unwrap_or_default();
    NAMES.get(at).copied().unwrap_or_default()
}

/// Weeks of a month from Monday to Sunday, the days of the months beside it filled up.
fn weeks(first: Date, day: impl Fn(Date) -> Day) -> Vec<Vec<Day>> {
    let mut date = first.saturating_sub(i64::from(first.weekday().to_monday_zero_offset()).days());
    let last = first.last_of_month();
    let mut weeks = Vec::new();
    while date <= last {
        let week = (0..7).map(|i| day(date.saturating_add(i64::from(i).days())));
        weeks.push(week.collect());
        date = date.saturating_add(7.days());
    }
    weeks
}

impl<P: Platform> Desk<P> {
    async fn inbox(&mut self) -> Result<Vec<InboxLine>, Trouble> {
        self.steward()?;
        self.sync().await?;
        let cases = self.as_account(calls::office_cases).await?;
        let mut lines = office::inbox(&cases, self.mirror()?);
        lines.sort_by_key(order);
        Ok(lines)
    }

    /// What is with the office.
    pub(crate) async fn office_page(&mut self) -> Result<Answer, Trouble> {
        let lines = self.inbox().await?;
        let late = |line: &&InboxLine| {
            { line.deadlines.iter() }.any(|d| d.state == DeadlineState::Overdue)
        };
        let page = Inbox {
            cases: lines.iter().map(row).collect(),
            overdue: lines.iter().filter(late).count(),
            as_of: texts::as_of(self.mirror()?),
        };
        Ok(Answer::page("Office", &page)?.at("/desk/office"))
    }

    /// What is due, day by day.
    pub(crate) async fn calendar_page(
        &mut self,
        month: Option<(u32, u32)>,
    ) -> Result<Answer, Trouble> {
        let lines = self.inbox().await?;
        let mirror = self.mirror()?;
        let profile = mirror
            .profile()
            .ok_or_else(|| Trouble::other("The record holds no profile yet."))?;
        let today = profile
            .calendar
            .date(mirror.as_of().unwrap_or_else(|| self.platform.now()));
        let asked = month.filter(|(year, _)| YEARS.contains(year));
        let asked = asked.and_then(|(year, month)| {
            Date::new(year.try_into().ok()?, month.try_into().ok()?, 1).ok()
        });
        let first = asked.unwrap_or_else(|| today.first_of_month());
        let mut days: BTreeMap<Date, Vec<Due>> = BTreeMap::new();
        let mut list = Vec::new();
        for line in &lines {
            for deadline in &line.deadlines {
                let due = due(line, deadline);
                if open(deadline) {
                    list.push((deadline.date, due.clone()));
                }
                days.entry(deadline.date).or_default().push(due);
            }
        }
        list.sort_by_key(|(date, _)| *date);
        let day = |date: Date| Day {
            number: date.day(),
            date: date.to_string(),
            within: date.first_of_month() == first,
            today: date == today,
            off: !profile.calendar.is_working_day(date),
            due: days.get(&date).cloned().unwrap_or_default(),
        };
        let beside = |date: Date| (date.year(), date.month());
        let weeks = weeks(first, day);
        let page = Calendar {
            month: format!("{} {}", month_name(first), first.year()),
            before: beside(first.saturating_sub(1.month())),
            after: beside(first.saturating_add(1.month())),
            done: { weeks.iter().flatten() }.any(|day| !day.due.is_empty()),
            weeks,
            list: list.into_iter().map(|(_, due)| due).collect(),
            as_of: texts::as_of(mirror),
        };
        let (year, month) = beside(first);
        let address = match asked {
            Some(_) => format!("/desk/office/calendar?year={year}&month={month}"),
            None => "/desk/office/calendar".to_owned(),
        };
        Ok(Answer::page("What is due", &page)?.at(address))
    }
}
