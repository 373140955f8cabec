//! What the channel is, and which memos were filed.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use demur_channel::DeadlineState;
use demur_encoding::{Digest, Time};
use demur_record::{
    entry::CheckpointRef,
    replay::{FiledMemo, Replay},
};

use crate::{
    Failure, Pages, Seen as _, Source,
    list::{Turn, Wanted},
    page::{Head, plain},
    words::{as_of, day, obligation, quorum},
};

/// How many memos the first page lists.
const NEWEST: usize = 10;

/// How many memos stand on one page of the list of all.
const MEMOS_A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "index.html")]
struct Index {
    head: Head,
    memos: Vec<MemoLine>,
    more: usize,
    record: RecordBox,
}

#[derive(Template)]
#[template(path = "memos.html")]
struct Memos {
    head: Head,
    memos: Vec<MemoLine>,
    total: usize,
    turn: Turn,
}

pub(crate) struct MemoLine {
    id: Digest,
    short: String,
    filed: String,
    step: &'static str,
    next: String,
    overdue: bool,
    signed: u64,
}

struct RecordBox {
    entries: u64,
    checkpoint: Option<CheckpointRef>,
    as_of: String,
    members: Option<u64>,
    edition: u32,
    witnesses: Vec<String>,
    quorum: String,
}

/// `GET /`.
pub(crate) async fn first<S: Source>(State(pages): State<Pages<S>>) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let (replay, now) = (seen.replay(), seen.now());
    let memos = newest_first(replay);
    let edition = replay.editions().last().map(|known| &known.edition);
    let policy = pages.site().policy();
    let page = Index {
        head: Head::new(&pages, replay, "/")?,
        memos: lines(replay, memos.iter().take(NEWEST), now),
        more: memos.len().saturating_sub(NEWEST),
        record: RecordBox {
            entries: replay.size(),
            checkpoint: newest_published(replay),
            as_of: as_of(replay),
            members: edition.and_then(|e| e.cohort("all")).map(|all| all.size),
            edition: edition.map_or(0, |e| e.number),
            witnesses: policy
                .witnesses()
                .iter()
                .map(|w| w.key.to_string())
                .collect(),
            quorum: quorum(policy),
        },
    };
    plain(StatusCode::OK, &page)
}

/// `GET /memos`.
pub(crate) async fn all<S: Source>(
    State(pages): State<Pages<S>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let (replay, now) = (seen.replay(), seen.now());
    let memos = newest_first(replay);
    let turn = Turn::new(wanted, memos.len(), MEMOS_A_PAGE);
    let these = memos
        .iter()
        .skip(turn.skip(MEMOS_A_PAGE))
        .take(MEMOS_A_PAGE);
    let page = Memos {
        head: Head::new(&pages, replay, "/memos")?,
        memos: lines(replay, these, now),
        total: memos.len(),
        turn,
    };
    plain(StatusCode::OK, &page)
}

/// The filed memos, the one filed last first.
pub(crate) fn newest_first(replay: &Replay) -> Vec<(Digest, &FiledMemo)> {
    let mut all: Vec<_> = replay.memos().collect();
    let filed = |memo: &FiledMemo| memo.steps().first().map(|step| step.entry);
    all.sort_by_key(|(_, memo)| std::cmp::Reverse(filed(memo)));
    all
}

pub(crate) fn newest_published(replay: &Replay) -> Option<CheckpointRef> {
    let mut batches = replay.batches().iter().rev();
    let newest = batches.find(|batch| batch.published.is_some());
    newest.map(|batch| batch.checkpoint)
}

fn lines<'a>(
    replay: &Replay,
    memos: impl Iterator<Item = &'a (Digest, &'a FiledMemo)>,
    now: Time,
) -> Vec<MemoLine> {
    memos
        .map(|(id, memo)| line(replay, *id, memo, now))
        .collect()
}

fn line(replay: &Replay, id: Digest, memo: &FiledMemo, now: Time) -> MemoLine {
    let case = replay.case(id);
    let deadlines = case.map(|case| case.deadlines(now)).unwrap_or_default();
    let open = deadlines
        .iter()
        .find(|d| matches!(d.state, DeadlineState::Due | DeadlineState::Overdue));
    let next = match open {
        Some(due) if due.state == DeadlineState::Overdue => {
            format!("{}: overdue since {}", obligation(due.what), due.date)
        }
        Some(due) => format!("{} by {}", obligation(due.what), due.date),
        None => "nothing is due".to_owned(),
    };
    let filed = memo
        .steps()
        .first()
        .and_then(|step| replay.time_of(step.entry));
    let latest = memo.log().latest().map_or(0, |link| link.body.number);
    MemoLine {
        id,
        short: id.short(),
        filed: filed.map_or_else(|| "not published yet".to_owned(), |at| day(at.time)),
        step: memo
            .steps()
            .last()
            .map_or("filed", |step| step.step.as_str()),
        next,
        overdue: open.is_some_and(|due| due.state == DeadlineState::Overdue),
        signed: memo.log().tally().version(u64::from(latest)).signed,
    }
}
