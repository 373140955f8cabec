//! The editions of the roster. They hold commitments alone: nobody's name.

use askama::Template;
use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use demur_encoding::Digest;
use demur_record::memo_log::{KnownEdition, RecordView as _};

use crate::{
    Failure, Pages, Seen as _, Source,
    entries::number,
    list::{Turn, Wanted},
    page::{Head, plain},
    words::moment,
};

/// How many editions stand on one page of the list.
const EDITIONS_A_PAGE: usize = 50;

/// How many cohorts stand on one page of an edition.
const COHORTS_A_PAGE: usize = 100;

#[derive(Template)]
#[template(path = "roster.html")]
struct Roster {
    head: Head,
    editions: Vec<Line>,
    turn: Turn,
}

struct Line {
    number: u32,
    members: u64,
    cohorts: usize,
    published: String,
    attested: Option<u64>,
    entry: u64,
}

#[derive(Template)]
#[template(path = "edition.html")]
struct Edition {
    head: Head,
    line: Line,
    digest: Digest,
    certificates: Digest,
    cohorts: Vec<Cohort>,
    turn: Turn,
}

struct Cohort {
    name: String,
    size: u64,
    root: Digest,
}

/// `GET /roster`.
pub(crate) async fn list<S: Source>(
    State(pages): State<Pages<S>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let editions = seen.replay().editions();
    let turn = Turn::new(wanted, editions.len(), EDITIONS_A_PAGE);
    let these = editions.iter().rev().skip(turn.skip(EDITIONS_A_PAGE));
    let page = Roster {
        head: Head::new(&pages, seen.replay(), "/entries")?.at("/roster"),
        editions: these.take(EDITIONS_A_PAGE).map(line).collect(),
        turn,
    };
    plain(StatusCode::OK, &page)
}

/// `GET /roster/{n}`.
pub(crate) async fn one<S: Source>(
    State(pages): State<Pages<S>>,
    Path(wanted): Path<String>,
    turn: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let number = u32::try_from(number(&wanted)?).map_err(|_| Failure::NotFound)?;
    let known = seen.replay().edition(number).ok_or(Failure::NotFound)?;
    let cohorts = &known.edition.cohorts;
    let turn = Turn::new(turn, cohorts.len(), COHORTS_A_PAGE);
    let these = cohorts.iter().skip(turn.skip(COHORTS_A_PAGE));
    let page = Edition {
        head: Head::new(&pages, seen.replay(), "/entries")?.at("/roster"),
        line: line(known),
        digest: known.edition.digest,
        certificates: known.edition.certificates.root,
        cohorts: these
            .take(COHORTS_A_PAGE)
            .map(|cohort| Cohort {
                name: cohort.name.clone(),
                size: cohort.size,
                root: cohort.root,
            })
            .collect(),
        turn,
    };
    plain(StatusCode::OK, &page)
}

fn line(known: &KnownEdition) -> Line {
    let edition = &known.edition;
    Line {
        number: edition.number,
        members: edition.cohort("all").map_or(0, |all| all.size),
        cohorts: edition.cohorts.len().saturating_sub(1),
        published: moment(edition.published),
        attested: known.attestation,
        entry: known.entry,
    }
}
