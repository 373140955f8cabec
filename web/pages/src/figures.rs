//! How the channel does: what was filed, answered, and when, from the record alone.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use demur_channel::{Case, Deadline, DeadlineState, Obligation, Step};
use demur_encoding::Time;
use demur_record::replay::Replay;

use crate::{
    Failure, Pages, Seen as _, Source,
    chart::{Chart, Group, Kind, number},
    index::newest_published,
    page::{Head, plain},
    words::as_of,
};

/// How many years stand on the page: the last ones in which a memo was filed.
const YEARS_SHOWN: usize = 12;

/// The seconds of a tenth of a day.
const TENTH_OF_A_DAY: u64 = 8_640;

#[derive(Template)]
#[template(path = "figures.html")]
struct Page {
    head: Head,
    as_of: String,
    all: Line,
    years: Vec<Line>,
    earlier: usize,
    terms: Vec<(&'static str, String)>,
    /// The version of the profile in force, and its entry.
    rules: Option<(u32, u64)>,
    charts: Vec<Chart>,
}

/// The cases of one year of filing, or all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Figures {
    filed: u64,
    acknowledged: Kept,
    /// Within the longest term.
    answered: Kept,
    /// Answered within the term that is the rule.
    normally: u64,
    overdue_now: u64,
    days_to_acknowledge: Vec<u64>,
    days_to_answer: Vec<u64>,
}

/// How an obligation was kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Kept {
    in_time: u64,
    late: u64,
    /// Not done, and the time is over.
    overdue: u64,
    /// Not done, and there is time; or no longer owed.
    open: u64,
}

struct Line {
    year: String,
    filed: u64,
    acknowledged: Kept,
    answered: Kept,
    normally: u64,
    overdue_now: u64,
    median_acknowledge: String,
    median_answer: String,
}

impl Figures {
    fn add(&mut self, case: &Case, now: Time) {
        let deadlines = case.deadlines(now);
        self.filed += 1;
        for Deadline { what, state, .. } in &deadlines {
            match what {
                Obligation::Acknowledge => self.acknowledged.add(*state),
                Obligation::RespondAtMost => self.answered.add(*state),
                Obligation::Respond => {
                    self.normally += u64::from(*state == DeadlineState::DoneInTime);
                }
            }
        }
        let overdue =
            |d: &Deadline| d.what != Obligation::Respond && d.state == DeadlineState::Overdue;
        // What was withdrawn is late for ever, but nobody waits for it.
        let waits = case.closed(now).is_none();
        self.overdue_now += u64::from(waits && deadlines.iter().any(overdue));
        let filed = case.time_of(Step::Filed);
        let tenths = |done: Option<Time>| Some(done?.since(filed?) / TENTH_OF_A_DAY);
        let answered = case
            .time_of(Step::Responded)
            .or(case.time_of(Step::Returned));
        self.days_to_acknowledge
            .extend(tenths(case.time_of(Step::Acknowledged)));
        self.days_to_answer.extend(tenths(answered));
    }

    fn line(&self, year: String) -> Line {
        let median = |tenths: &[u64]| median(tenths).map_or_else(|| "none".to_owned(), number);
        Line {
            year,
            filed: self.filed,
            acknowledged: self.acknowledged,
            answered: self.answered,
            normally: self.normally,
            overdue_now: self.overdue_now,
            median_acknowledge: median(&self.days_to_acknowledge),
            median_answer: median(&self.days_to_answer),
        }
    }
}

impl Kept {
    fn add(&mut self, state: DeadlineState) {
        match state {
            DeadlineState::DoneInTime => self.in_time += 1,
            DeadlineState::DoneLate => self.late += 1,
            DeadlineState::Overdue => self.overdue += 1,
            _ => self.open += 1,
        }
    }

    fn tenths(self) -> Vec<u64> {
        [self.in_time, self.late, self.overdue, self.open]
            .map(|n| n * 10)
            .to_vec()
    }
}

/// The middle one; of two, what lies halfway between them.
fn median(values: &[u64]) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some((lower + upper) / 2)
}

/// The figures of all cases, and by the year of filing (in UTC).
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    all: Figures,
    years: BTreeMap<String, Figures>,
}

/// What was counted last. Every case is looked at for it, so that it is kept while nothing is published, for a minute at most.
#[derive(Debug, Default)]
pub(crate) struct LastCount(Mutex<Option<(Moment, Arc<Counted>)>>);

/// The size of the newest published checkpoint, and the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moment {
    published: u64,
    minute: u64,
}

impl LastCount {
    fn counted(&self, replay: &Replay, now: Time) -> Arc<Counted> {
        let moment = Moment {
            published: newest_published(replay).map_or(0, |checkpoint| checkpoint.size),
            minute: now.unix() / 60,
        };
        // Held while it is counted: others would count the same.
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, counted)) = &*last
            && *at == moment
        {
            return Arc::clone(counted);
        }
        let counted = Arc::new(count(replay, now));
        *last = Some((moment, Arc::clone(&counted)));
        counted
    }
}

fn count(replay: &Replay, now: Time) -> Counted {
    let mut all = Figures::default();
    let mut years: BTreeMap<String, Figures> = BTreeMap::new();
    for (memo, _) in replay.memos() {
        // Not published yet: it will count in a moment.
        let Some(case) = replay.case(memo) else {
            continue;
        };
        let filed = case.time_of(Step::Filed).unwrap_or(now);
        let year: String = filed.to_string().chars().take(4).collect();
        all.add(&case, now);
        years.entry(year).or_default().add(&case, now);
    }
    Counted { all, years }
}

/// `GET /figures`.
pub(crate) async fn get<S: Source>(State(pages): State<Pages<S>>) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let replay = seen.replay();
    let counted = pages.figures().counted(replay, seen.now());
    let earlier = counted.years.len().saturating_sub(YEARS_SHOWN);
    let shown: Vec<_> = counted.years.iter().skip(earlier).collect();
    let page = Page {
        head: Head::new(&pages, replay, "/figures")?,
        as_of: as_of(replay),
        all: counted.all.line("All".to_owned()),
        charts: charts(&shown),
        years: shown
            .iter()
            .rev()
            .map(|(year, figures)| figures.line((*year).clone()))
            .collect(),
        earlier,
        terms: terms(replay),
        rules: replay
            .profiles()
            .last()
            .map(|(entry, profile)| (profile.version, *entry)),
    };
    plain(StatusCode::OK, &page)
}

fn terms(replay: &Replay) -> Vec<(&'static str, String)> {
    let Some(profile) = replay.profile() else {
        return Vec::new();
    };
    let deadlines = &profile.deadlines;
    let mut terms = vec![("To acknowledge", deadlines.acknowledge.to_string())];
    terms.extend(
        deadlines
            .respond
            .map(|term| ("To answer, normally", term.to_string())),
    );
    terms.push((
        "To answer, at the latest",
        deadlines.respond_at_most.to_string(),
    ));
    terms
}

fn charts(years: &[(&String, &Figures)]) -> Vec<Chart> {
    let chart =
        |id, title, legend: &[&'static str], kind, of: &dyn Fn(&Figures) -> Vec<u64>| Chart {
            id,
            title,
            legend: legend.to_vec(),
            groups: years
                .iter()
                .map(|(year, figures)| Group {
                    label: (*year).clone(),
                    tenths: of(figures),
                })
                .collect(),
            kind,
        };
    let kept = [
        "in time",
        "late",
        "overdue",
        "not due yet or no longer owed",
    ];
    vec![
        chart(
            "acknowledged",
            "Acknowledged, by year of filing",
            &kept,
            Kind::Stacked,
            &|figures| figures.acknowledged.tenths(),
        ),
        chart(
            "answered",
            "Answered, by year of filing",
            &kept,
            Kind::Stacked,
            &|figures| figures.answered.tenths(),
        ),
        chart(
            "days",
            "Median days from filing, by year of filing",
            &["to the acknowledgement", "to the answer"],
            Kind::Beside,
            &|figures| {
                let median = |tenths: &[u64]| median(tenths).unwrap_or(0);
                vec![
                    median(&figures.days_to_acknowledge),
                    median(&figures.days_to_answer),
                ]
            },
        ),
    ]
}

#[cfg(test)]
mod tests {
    use demur_channel::Profile;

    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[7]), Some(7));
        assert_eq!(median(&[9, 1, 5]), Some(5));
        assert_eq!(median(&[10, 1, 4, 5]), Some(4));
    }

    /// Every way in which a case can stand is counted once.
    #[test]
    fn cases_are_counted_by_how_they_stand() {
        let profile = Profile::parse(demur_channel::shipped("state").unwrap()).unwrap();
        let profile = Arc::new(profile);
        let at = |text: &str| text.parse::<Time>().unwrap();
        let case = |steps: &[(Step, &str)]| {
            let mut case = Case::filed(Arc::clone(&profile), at("2026-03-02T12:00:00Z"));
            for (step, when) in steps {
                case.apply(*step, at(when)).unwrap();
            }
            case
        };
        // The Department's terms: two working days to acknowledge, 30 to 60 to answer.
        let now = at("2026-12-01T12:00:00Z");
        let mut figures = Figures::default();
        let quick = [
            (Step::Acknowledged, "2026-03-03T12:00:00Z"),
            (Step::Distributed, "2026-03-04T12:00:00Z"),
            (Step::Responded, "2026-03-12T12:00:00Z"),
        ];
        figures.add(&case(&quick), now);
        let slow = [
            (Step::Acknowledged, "2026-03-20T12:00:00Z"),
            (Step::Distributed, "2026-03-21T12:00:00Z"),
            (Step::Responded, "2026-11-12T12:00:00Z"),
        ];
        figures.add(&case(&slow), now);
        figures.add(&case(&[]), now);
        figures.add(&case(&[(Step::Withdrawn, "2026-03-02T13:00:00Z")]), now);
        let kept = |in_time, late, overdue, open| Kept {
            in_time,
            late,
            overdue,
            open,
        };
        assert_eq!(figures.filed, 4);
        assert_eq!(figures.acknowledged, kept(1, 1, 1, 1));
        assert_eq!(figures.answered, kept(1, 1, 1, 1));
        assert_eq!((figures.normally, figures.overdue_now), (1, 1));
        let line = figures.line("2026".to_owned());
        assert_eq!(
            (
                line.median_acknowledge.as_str(),
                line.median_answer.as_str()
            ),
            ("9.5", "132.5")
        );
    }
}
