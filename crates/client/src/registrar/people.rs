//! `people.csv`: who may enrol.

use std::collections::{BTreeMap, BTreeSet};

use demur_signon::roster::is_plain;
use serde::{Deserialize, Serialize};

/// The largest file, in bytes.
pub const MAX_PEOPLE_BYTES: usize = 64 << 20;

/// The most persons: what a cohort's tree holds.
pub const MAX_PEOPLE: usize = 1 << 20;

/// The longest name, title or e-mail address, in characters.
pub const MAX_FIELD: usize = 200;

/// The longest name of a cohort, in characters.
pub const MAX_COHORT: usize = 64;

/// The most cohorts of one person.
pub const MAX_COHORTS: usize = 32;

/// The cohort that everyone is in; nobody may write it.
pub const ALL: &str = "all";

/// The most problems that are told at once.
pub const MAX_PROBLEMS: usize = 100;

/// The columns, in any order.
const COLUMNS: [&str; 4] = ["name", "title", "email", "cohorts"];

/// A person who may enrol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The title; may be empty.
    pub title: String,
    /// The e-mail address, in lower case: tells persons apart.
    pub email: String,
    /// Named parts of the roster, without `all`.
    pub cohorts: BTreeSet<String>,
}

/// Something wrong in one row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {what}")]
pub struct RowProblem {
    /// The line in the file, from 1; the head is row 1.
    pub row: u64,
    /// What is wrong and what is expected.
    pub what: String,
}

/// Nothing was imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "nothing was imported: {}",
    .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
)]
pub struct PeopleError(pub Vec<RowProblem>);

/// Reads a CSV file with a head and the columns `name`, `title`, `email`, `cohorts` (separated
/// by `;`), in UTF-8.
///
/// # Errors
/// When any row is bad: all problems, at most [`MAX_PROBLEMS`], each with its row.
pub fn parse(csv: &[u8]) -> Result<Vec<Person>, PeopleError> {
    let one = |row, what: String| PeopleError(vec![RowProblem { row, what }]);
    if csv.len() > MAX_PEOPLE_BYTES {
        return Err(one(
            1,
            format!(
                "the file has {} bytes; at most {MAX_PEOPLE_BYTES} are read",
                csv.len()
            ),
        ));
    }
    // Spreadsheets write a byte order mark.
    let csv = csv.strip_prefix(b"\xef\xbb\xbf").unwrap_or(csv);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv);
    let head = reader
        .headers()
        .map_err(|e| one(1, read_problem(&e)))?
        .clone();
    let columns = columns(&head).map_err(|what| one(1, what))?;
    let mut problems = Vec::new();
    let mut people = Vec::new();
    let mut emails: BTreeMap<String, u64> = BTreeMap::new();
    for record in reader.records() {
        if problems.len() >= MAX_PROBLEMS {
            break;
        }
        let record = match record {
            Ok(record) => record,
            Err(e) => {
                let row = e.position().map_or(0, csv::Position::line);
                problems.push(RowProblem {
                    row,
                    what: read_problem(&e),
                });
                continue;
            }
        };
        let row = record.position().map_or(0, csv::Position::line);
        if record.len() != head.len() {
            let what = format!("{} fields; the head has {}", record.len(), head.len());
            problems.push(RowProblem { row, what });
            continue;
        }
        // Every column stands in the head and the row is as long as the head.
        let field = |i: usize| record.get(columns[i]).unwrap_or_default().trim();
        match person(field(0), field(1), field(2), field(3)) {
            Ok(person) => match emails.get(&person.email) {
                Some(first) => {
                    let what = format!(
                        "the e-mail address {} stands in row {first} already",
                        person.email
                    );
                    problems.push(RowProblem { row, what });
                }
                None => {
                    emails.insert(person.email.clone(), row);
                    people.push(person);
                }
            },
            Err(what) => problems.push(RowProblem { row, what }),
        }
        if people.len() > MAX_PEOPLE {
            return Err(one(row, format!("more than {MAX_PEOPLE} persons")));
        }
    }
    if problems.is_empty() && people.is_empty() {
        problems.push(RowProblem {
            row: 1,
            what: "no person stands in the file".to_owned(),
        });
    }
    if problems.is_empty() {
        Ok(people)
    } else {
        Err(PeopleError(problems))
    }
}

fn columns(head: &csv::StringRecord) -> Result<[usize; 4], String> {
    let mut columns = [0; 4];
    for (name, column) in COLUMNS.iter().zip(&mut columns) {
        let mut found = head
            .iter()
            .enumerate()
            .filter(|(_, h)| h.trim().eq_ignore_ascii_case(name));
        *column = match (found.next(), found.next()) {
            (Some((i, _)), None) => i,
            (None, _) => {
                return Err(format!(
                    "the column {name} is missing; expected {}",
                    COLUMNS.join(",")
                ));
            }
            (Some(_), Some(_)) => return Err(format!("the column {name} stands twice")),
        };
    }
    match head
        .iter()
        .find(|h| !COLUMNS.iter().any(|c| h.trim().eq_ignore_ascii_case(c)))
    {
        Some(other) => Err(format!(
            "unknown column {other:?}; expected {}",
            COLUMNS.join(",")
        )),
        None => Ok(columns),
    }
}

fn person(name: &str, title: &str, email: &str, cohorts: &str) -> Result<Person, String> {
    text(name, "name")?;
    text(title, "title")?;
    text(email, "email")?;
    if name.is_empty() {
        return Err("the name is empty".to_owned());
    }
    let email = email.to_lowercase();
    if !is_email(&email) {
        return Err(format!("{email:?} is not an e-mail address"));
    }
    let mut set = BTreeSet::new();
    for cohort in cohorts.split(';').map(str::trim).filter(|c| !c.is_empty()) {
        if !is_cohort(cohort) {
            return Err(format!(
                "{cohort:?} is not a cohort's name: expected 1 to {MAX_COHORT} lower-case letters, digits and hyphens, such as mid-level"
            ));
        }
        if cohort == ALL {
            return Err(format!(
                "the cohort {ALL} holds everyone by itself: leave it out"
            ));
        }
        if !set.insert(cohort.to_owned()) {
            return Err(format!("the cohort {cohort} stands twice"));
        }
    }
    if set.len() > MAX_COHORTS {
        return Err(format!("{} cohorts; at most {MAX_COHORTS}", set.len()));
    }
    Ok(Person {
        name: name.to_owned(),
        title: title.to_owned(),
        email,
        cohorts: set,
    })
}

fn text(value: &str, column: &str) -> Result<(), String> {
    let length = value.chars().count();
    if length > MAX_FIELD {
        return Err(format!(
            "the {column} has {length} characters; at most {MAX_FIELD}"
        ));
    }
    if !is_plain(value) {
        return Err(format!(
            "the {column} holds a control character, or one that can't be seen or turns the direction of writing"
        ));
    }
    Ok(())
}

/// Whether the text is a cohort's name.
#[must_use]
pub fn is_cohort(name: &str) -> bool {
    let slug = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=MAX_COHORT).contains(&name.len())
        && name.bytes().all(slug)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// What every mail system accepts, not all that RFC 5321 allows: quoted local parts and address
/// literals are more likely mistakes here.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let labels = || domain.split('.');
    !local.is_empty()
        && local.len() <= 64
        && !text.contains(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '"'))
        && labels().count() >= 2
        && labels().all(|l| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-'))
        && !domain.contains('@')
}

fn read_problem(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "name,title,email,cohorts\n";

    fn problem(csv: &str) -> String {
        parse(csv.as_bytes())
            .unwrap_err()
            .0
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    }

    #[test]
    fn rows_are_read() {
        let csv = "\u{feff}Email,cohorts,NAME,title\n ann@x.example ,mid-level; far ,\"Lund, Ann\",Clerk\nB@X.example,,Bo,\n";
        let people = parse(csv.as_bytes()).unwrap();
        assert_eq!(people.len(), 2);
        assert_eq!(people[0].name, "Lund, Ann");
        assert_eq!(
            people[0].cohorts,
            BTreeSet::from(["far".to_owned(), "mid-level".to_owned()])
        );
        assert_eq!(people[1].email, "b@x.example");
    }

    #[test]
    fn every_bad_row_is_named_and_nothing_is_imported() {
        let csv = format!(
            "{HEAD}Ann,C,a@x.example,\n,C,b@x.example,\nCid,C,nobody,\nDee,C,A@x.example,\nEve,C,e@x.example,Bad One\nFay,C\nGus,C,g@x.example,all\nHal,C,h@x.example,a;a\n"
        );
        let text = problem(&csv);
        for part in [
            "row 3: the name is empty",
            "row 4: \"nobody\" is not an e-mail address",
            "row 5: the e-mail address a@x.example stands in row 2 already",
            "row 6: \"Bad One\" is not a cohort's name",
            "row 7: 2 fields; the head has 4",
            "row 8: the cohort all",
            "row 9: the cohort a stands twice",
        ] {
            assert!(text.contains(part), "{part} not in {text}");
        }
    }

    #[test]
    fn heads_and_sizes() {
        assert!(problem("name,email,cohorts\n").contains("row 1: the column title is missing"));
        assert!(problem("name,title,email,cohorts,ssn\n").contains("unknown column \"ssn\""));
        assert!(problem("name,title,email,cohorts,name\n").contains("stands twice"));
        assert!(problem(HEAD).contains("no person"));
        assert!(problem("").contains("missing"));
        let long = format!("{HEAD}{},C,a@x.example,\n", "x".repeat(MAX_FIELD + 1));
        assert!(problem(&long).contains("row 2: the name has 201 characters"));
        let bad = [HEAD.as_bytes(), b"\xff\xfe,C,a@x.example,\n"].concat();
        assert!(
            parse(&bad)
                .unwrap_err()
                .to_string()
                .contains("row 2: not UTF-8")
        );
        let many = format!("{HEAD}{}", ",,,\n".repeat(MAX_PROBLEMS * 2));
        assert_eq!(parse(many.as_bytes()).unwrap_err().0.len(), MAX_PROBLEMS);
    }

    #[test]
    fn addresses() {
        for good in ["a@b.example", "a.b+c@d-e.example.org", "o'neil@x.gov"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@b.c",
            "a@",
            "a@b..c",
            "a@b.c@d.e",
            "a b@c.d",
            "a@-b.c",
            "a,b@c.d",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
