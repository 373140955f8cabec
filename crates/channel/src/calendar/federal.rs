//! The days off of U.S. federal staff, by rule.

use jiff::civil::{Date, Weekday};

/// The federal holiday for which staff who work Monday to Friday are off on `date`.
///
/// The rule is [5 U.S.C. 6103]: (a) the holidays; (b) a holiday on a Saturday is observed on the
/// Friday before, so that a Saturday New Year's Day is the 31 December of the year before; one on
/// a Sunday is observed on the Monday after (Executive Order 11582 of 1971). Juneteenth counts from
/// 2021 (Public Law 117-17). The rule here is that of 1986 and after (Martin Luther King's
/// Birthday).
///
/// Not among them: Inauguration Day (6103(c): the Washington area only), and closings by
/// executive order (Christmas Eve, days of mourning), which a profile lists in `extra_closed`.
///
/// [5 U.S.C. 6103]: https://www.law.cornell.edu/uscode/text/5/6103
#[must_use]
pub fn federal_day_off(date: Date) -> Option<&'static str> {
    let (year, month, day) = (date.year(), date.month(), date.day());
    let nth = |n| nth_weekday(date) == n;
    let last = || day + 7 > date.days_in_month();
    let by_weekday = match (month, date.weekday()) {
        (1, Weekday::Monday) if nth(3) => Some("Birthday of Martin Luther King, Jr."),
        (2, Weekday::Monday) if nth(3) => Some("Washington's Birthday"),
        (5, Weekday::Monday) if last() => Some("Memorial Day"),
        (9, Weekday::Monday) if nth(1) => Some("Labor Day"),
        (10, Weekday::Monday) if nth(2) => Some("Columbus Day"),
        (11, Weekday::Thursday) if nth(4) => Some("Thanksgiving Day"),
        _ => None,
    };
    by_weekday.or_else(|| {
        // The date itself, unless it is on a weekend; a Friday for the Saturday after it; a
        // Monday for the Sunday before it.
        let stands_for = match date.weekday() {
            Weekday::Saturday | Weekday::Sunday => return None,
            Weekday::Friday => [Some(date), date.tomorrow().ok()],
            Weekday::Monday => [Some(date), date.yesterday().ok()],
            _ => [Some(date), None],
        };
        stands_for
            .into_iter()
            .flatten()
            .find_map(|d| fixed(d, year))
    })
}

/// Which weekday of its kind in its month: 1 for the first.
fn nth_weekday(date: Date) -> i8 {
    (date.day() - 1) / 7 + 1
}

fn fixed(date: Date, observed_in: i16) -> Option<&'static str> {
    match (date.month(), date.day()) {
        (1, 1) => Some("New Year's Day"),
        (6, 19) if observed_in >= 2021 => Some("Juneteenth National Independence Day"),
        (7, 4) => Some("Independence Day"),
        (11, 11) => Some("Veterans Day"),
        (12, 25) => Some("Christmas Day"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use jiff::civil::date;

    use super::*;

    #[test]
    fn equal_to_the_published_days_of_every_year() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/data/us_federal_nonworkdays_1999_2039.txt"
        );
        let Ok(text) = fs::read_to_string(path) else {
            eprintln!("skipped: no {path}");
            return;
        };
        let published: BTreeSet<Date> = text
            .lines()
            .map(|line| line.parse().expect("a date a line"))
            .collect();
        let (first, last) = (
            published.first().unwrap().year(),
            published.last().unwrap().year(),
        );
        assert_eq!((first, last), (1999, 2039));
        let by_rule: BTreeSet<Date> = date(first, 1, 1)
            .series(jiff::ToSpan::days(1))
            .take_while(|d| d.year() <= last)
            .filter(|d| federal_day_off(*d).is_some())
            .collect();
        assert_eq!(by_rule, published);
    }

    #[test]
    fn equal_to_the_list_of_two_years() {
        // As the Office of Personnel Management lists them. In 2027 Juneteenth and Christmas are on a Saturday,
        // Independence Day on a Sunday, and the New Year's Day of 2028 is observed in 2027.
        let listed = |year, days: &[(i8, i8)]| {
            days.iter()
                .map(|(month, day)| date(year, *month, *day))
                .collect::<Vec<_>>()
        };
        for (year, days) in [
            (
                2026,
                &[
                    (1, 1),
                    (1, 19),
                    (2, 16),
                    (5, 25),
                    (6, 19),
                    (7, 3),
                    (9, 7),
                    (10, 12),
                    (11, 11),
                    (11, 26),
                    (12, 25),
                ][..],
            ),
            (
                2027,
                &[
                    (1, 1),
                    (1, 18),
                    (2, 15),
                    (5, 31),
                    (6, 18),
                    (7, 5),
                    (9, 6),
                    (10, 11),
                    (11, 11),
                    (11, 25),
                    (12, 24),
                    (12, 31),
                ][..],
            ),
        ] {
            let by_rule: Vec<Date> = date(year, 1, 1)
                .series(jiff::ToSpan::days(1))
                .take_while(|d| d.year() == year)
                .filter(|d| federal_day_off(*d).is_some())
                .collect();
            assert_eq!(by_rule, listed(year, days));
        }
    }

    #[test]
    fn observed_days() {
        assert_eq!(federal_day_off(date(2021, 12, 31)), Some("New Year's Day"));
        assert_eq!(federal_day_off(date(2022, 1, 1)), None);
        assert_eq!(federal_day_off(date(2023, 1, 2)), Some("New Year's Day"));
        assert_eq!(
            federal_day_off(date(2021, 6, 18)),
            Some("Juneteenth National Independence Day")
        );
        assert_eq!(federal_day_off(date(2020, 6, 19)), None);
        assert_eq!(
            federal_day_off(date(2025, 1, 20)),
            Some("Birthday of Martin Luther King, Jr.")
        );
        // Inauguration Day of 2021.
        assert_eq!(federal_day_off(date(2021, 1, 20)), None);
        // The last day there is has no day after it.
        assert_eq!(federal_day_off(Date::MAX), None);
    }
}
