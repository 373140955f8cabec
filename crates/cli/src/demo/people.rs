//! The invented people of an invented ministry: the same list for the same number, every time.

use std::fmt::Write as _;

const FIRST: [&str; 40] = [
    "Ada", "Bela", "Carl", "Dora", "Emil", "Fina", "Gero", "Hedda", "Ivo", "Jana", "Kasimir",
    "Lena", "Milo", "Nora", "Otto", "Petra", "Quentin", "Rosa", "Simon", "Tilda", "Ulf", "Vera",
    "Wim", "Xenia", "Yorick", "Zita", "Anselm", "Birgit", "Cosmo", "Delia", "Egon", "Flora",
    "Gunnar", "Hilda", "Isak", "Judith", "Konrad", "Lotte", "Matthis", "Ottilie",
];

const LAST: [&str; 48] = [
    "Alder",
    "Barge",
    "Calder",
    "Dyke",
    "Eddy",
    "Fenn",
    "Gauge",
    "Heron",
    "Inlet",
    "Jetty",
    "Kelp",
    "Lock",
    "Marsh",
    "Narrow",
    "Osier",
    "Pike",
    "Quay",
    "Reed",
    "Sluice",
    "Tarn",
    "Upstream",
    "Vole",
    "Weir",
    "Yawl",
    "Ashby",
    "Brook",
    "Causey",
    "Delta",
    "Estuary",
    "Ford",
    "Grayling",
    "Haven",
    "Islet",
    "Juniper",
    "Kingfisher",
    "Levee",
    "Mooring",
    "Norland",
    "Otter",
    "Pilot",
    "Ripple",
    "Sallow",
    "Tide",
    "Umber",
    "Vessel",
    "Wharf",
    "Willow",
    "Current",
];

/// How many names there are before a number is put to them.
const NAMES: usize = FIRST.len() * LAST.len();

/// Every member of this cohort is on the roster, but the cohort is too small to be published.
pub(super) const SMALL_COHORT: &str = "ice-patrol";

/// How many it has: fewer than the profile's floor of 5.
const SMALL_COHORT_SIZE: usize = 3;

/// Cohorts large enough to be published, from 60 members on.
pub(super) const COHORTS: [&str; 3] = ["gauging-service", "harbour-districts", "senior-officers"];

/// One member of the ministry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) title: &'static str,
    pub(super) email: String,
    pub(super) cohorts: Vec<&'static str>,
    /// The name of this person's folder.
    pub(super) slug: String,
}

impl Person {
    pub(super) fn is_in(&self, cohort: &str) -> bool {
        self.cohorts.contains(&cohort)
    }
}

/// The ministry's staff.
pub(super) fn people(members: usize) -> Vec<Person> {
    (0..members).map(|i| person(i, members)).collect()
}

fn person(i: usize, members: usize) -> Person {
    let (pair, round) = (i % NAMES, i / NAMES);
    let first = FIRST[pair % FIRST.len()];
    // One more than the first names has no common factor with the last names: no pair comes twice.
    let last = LAST[(pair / FIRST.len() + pair) % LAST.len()];
    let (name, slug) = match round {
        0 => (format!("{first} {last}"), format!("{first}.{last}")),
        n => (
            format!("{first} {last} {}", n + 1),
            format!("{first}.{last}.{}", n + 1),
        ),
    };
    let slug = slug.to_lowercase();
    let (title, cohort) = match i % 10 {
        0 | 5 => ("Gauging officer", Some(COHORTS[0])),
        3 | 8 => ("Hydrologist", Some(COHORTS[0])),
        1 | 6 => ("Harbour officer", Some(COHORTS[1])),
        4 => ("Head of section", Some(COHORTS[2])),
        9 => ("Clerk of works", None),
        _ => ("Flood desk officer", None),
    };
    let mut cohorts: Vec<&str> = cohort.into_iter().collect();
    if i + SMALL_COHORT_SIZE >= members {
        cohorts.push(SMALL_COHORT);
    }
    Person {
        name,
        title,
        email: format!("{slug}@rivers.example"),
        cohorts,
        slug,
    }
}

/// The list as the ministry's personnel office would send it.
pub(super) fn csv(people: &[Person]) -> String {
    let mut text = "name,title,email,cohorts\n".to_owned();
    for person in people {
        let _ = writeln!(
            text,
            "{},{},{},{}",
            person.name,
            person.title,
            person.email,
            person.cohorts.join(";")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use demur_client::registrar::parse_people;

    use super::*;

    #[test]
    fn the_list_can_be_imported_and_nobody_is_in_it_twice() {
        for members in [60, 500, NAMES + 7] {
            let people = people(members);
            let parsed = parse_people(csv(&people).as_bytes()).unwrap();
            assert_eq!(parsed.len(), members);
            let slugs: BTreeSet<&str> = people.iter().map(|p| p.slug.as_str()).collect();
            assert_eq!(slugs.len(), members);
        }
    }

    #[test]
    fn cohorts_are_over_the_floor_but_for_one() {
        let people = people(60);
        let size = |cohort: &str| people.iter().filter(|p| p.is_in(cohort)).count();
        assert!(COHORTS.iter().all(|cohort| size(cohort) >= 5));
        assert_eq!(size(SMALL_COHORT), SMALL_COHORT_SIZE);
    }
}
