//! The public life of a memo.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::Response,
};
use demur_channel::DeadlineState;
use demur_encoding::Digest;
use demur_record::{
    entry::Tally,
    replay::{FiledMemo, Replay},
};

use crate::{
    Failure, Pages, Seen as _, Source,
    page::{Head, scripted},
    pretty,
    released::{ReleaseLine, releases},
    shell::Shell,
    words::{as_of, moment, obligation, step, when},
};

/// The most steps that stand on the page: the latest. Only distributions can be repeated.
const STEPS_SHOWN: usize = 40;

/// How much the steps' words take together, in bytes as they are sent.
const STEPS_BYTES: usize = 20 << 10;

/// The most versions whose tallies stand on the page: the latest.
const VERSIONS_SHOWN: usize = 50;

/// The most releases that stand on the page: the latest.
const RELEASES_SHOWN: usize = 20;

/// The most cohorts of one version's tally that stand on the page.
const COHORTS_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "memo.html")]
struct Memo {
    head: Head,
    shell: Shell,
    id: Digest,
    short: String,
    steps: Vec<StepLine>,
    due: Vec<DueLine>,
    reply: Option<String>,
    late: Option<String>,
    edition: u32,
    members: u64,
    tallies: Vec<TallyLine>,
    earlier: usize,
    releases: Vec<ReleaseLine>,
    released: usize,
    fingerprints: usize,
    as_of: String,
}

struct StepLine {
    what: String,
    when: String,
    entry: u64,
}

struct DueLine {
    what: &'static str,
    by: String,
    state: String,
    overdue: bool,
}

struct TallyLine {
    version: u32,
    signed: u64,
    late: u64,
    endorsed: u64,
    cohorts: String,
}

#[derive(Template)]
#[template(path = "unknown.html")]
struct Unknown {
    head: Head,
    shell: Shell,
}

/// `GET /m/{memo}`. For a draft and for nothing at all the same page, byte for byte.
pub(crate) async fn get<S: Source>(
    State(pages): State<Pages<S>>,
    memo: Result<Path<String>, PathRejection>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let replay = seen.replay();
    let head = Head::new(&pages, replay, "/memos")?;
    let shell = Shell::new(&pages, "memo");
    let memo = memo.ok().and_then(|Path(text)| text.parse().ok());
    let Some((id, filed)) = memo.and_then(|id| Some((id, replay.memo(id)?))) else {
        let page = Unknown { head, shell };
        return scripted(StatusCode::NOT_FOUND, &page, &pages);
    };
    let case = replay.case(id);
    let now = seen.now();
    let due = case.as_ref().map(|case| case.deadlines(now));
    let due = due.unwrap_or_default().into_iter().map(|due| DueLine {
        what: obligation(due.what),
        by: due.date.to_string(),
        state: due.state.to_string(),
        overdue: matches!(due.state, DeadlineState::Overdue | DeadlineState::DoneLate),
    });
    let edition = &filed.log().edition().edition;
    let tallies = filed.log().tallies();
    let page = Memo {
        head,
        shell,
        id,
        short: id.short(),
        steps: steps(replay, filed),
        due: due.collect(),
        late: case
            .as_ref()
            .filter(|case| case.accepts_sign_on(now))
            .map(|case| moment(case.sign_on_until())),
        reply: case
            .filter(|case| case.closed(now).is_none())
            .and_then(|case| case.rejoin_until())
            .map(|until| until.date.to_string()),
        edition: edition.number,
        members: edition.cohort("all").map_or(0, |all| all.size),
        earlier: tallies.len().saturating_sub(VERSIONS_SHOWN),
        tallies: tallies
            .iter()
            .rev()
            .take(VERSIONS_SHOWN)
            .map(tally)
            .collect(),
        releases: releases(replay, filed, 0, RELEASES_SHOWN),
        released: filed.released().len(),
        fingerprints: filed.fingerprints().len(),
        as_of: as_of(replay),
    };
    scripted(StatusCode::OK, &page, &pages)
}

fn steps(replay: &Replay, filed: &FiledMemo) -> Vec<StepLine> {
    let skipped = filed.steps().len().saturating_sub(STEPS_SHOWN);
    let mut left = STEPS_BYTES;
    let line = |taken| {
        let (what, _) = pretty::cut(&step(filed, taken), left);
        left -= pretty::size(&what);
        StepLine {
            what,
            when: when(replay.time_of(taken.entry)),
            entry: taken.entry,
        }
    };
    filed.steps().iter().skip(skipped).map(line).collect()
}

fn tally(tally: &Tally) -> TallyLine {
    let shown = tally.cohorts.iter().take(COHORTS_SHOWN);
    let mut cohorts: Vec<_> = shown
        .map(|(name, count)| format!("{name}: {count}"))
        .collect();
    if tally.cohorts.len() > COHORTS_SHOWN {
        cohorts.push(format!("{} more", tally.cohorts.len() - COHORTS_SHOWN));
    }
    TallyLine {
        version: tally.version,
        signed: tally.signed,
        late: tally.late,
        endorsed: tally.endorsed,
        cohorts: if cohorts.is_empty() {
            "none".to_owned()
        } else {
            cohorts.join(", ")
        },
    }
}
