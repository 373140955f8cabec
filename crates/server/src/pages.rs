//! Plain pages that need no script: what the channel is, and the public life of a filed memo.

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use demur_channel::{DeadlineState, Obligation};
use demur_encoding::{Digest, Time};
use demur_record::entry::{CheckpointRef, Tally};
use demur_store::Store;

use crate::{
    app::App,
    http::MemoPath,
    problem::Refusal,
    view::{CasePage, View},
};

/// The style sheet.
pub(crate) const STYLE: &str = include_str!("../static/demur.css");

/// What stands at an address that leads nowhere.
pub(crate) const NOT_FOUND: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Not here</title>\n\
    <link rel=\"stylesheet\" href=\"/static/demur.css\">\n</head>\n<body>\n<main>\n<h1>There is no such page</h1>\n\
    <p>The <a href=\"/\">first page</a> leads to everything that this server shows.</p>\n</main>\n</body>\n</html>\n";

/// How many memos the first page lists.
const LISTED: usize = 100;

struct ChannelHead {
    name: String,
    origin: String,
    software: &'static str,
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index {
    channel: ChannelHead,
    memos: Vec<MemoLine>,
    more: usize,
    record: RecordBox,
}

struct MemoLine {
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
    vkey: String,
    witnesses: Vec<String>,
    quorum: u32,
}

#[derive(Template)]
#[template(path = "memo.html")]
struct Memo {
    channel: ChannelHead,
    id: Digest,
    short: String,
    steps: Vec<StepLine>,
    due: Vec<DueLine>,
    edition: u32,
    members: u64,
    tallies: Vec<TallyLine>,
    as_of: String,
    vkey: String,
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
    channel: ChannelHead,
}

/// `GET /`.
pub(crate) async fn index<S: Store>(State(app): State<App<S>>) -> Result<Response, Refusal> {
    let view = app.view().await?;
    let now = app.now();
    let cases = view.case_pages();
    let memos = cases
        .iter()
        .rev()
        .take(LISTED)
        .map(|case| memo_line(case, now))
        .collect();
    let edition = view.newest_edition();
    let page = Index {
        channel: channel_head(&app, &view)?,
        memos,
        more: cases.len().saturating_sub(LISTED),
        record: RecordBox {
            entries: view.size(),
            checkpoint: view.newest_published(),
            as_of: as_of(&view),
            members: edition.and_then(|e| e.cohort("all")).map(|all| all.size),
            edition: edition.map_or(0, |e| e.number),
            vkey: app.signer().verifier().to_string(),
            witnesses: app
                .config()
                .witnesses
                .iter()
                .map(|w| w.vkey.to_string())
                .collect(),
            quorum: app.config().quorum,
        },
    };
    html(StatusCode::OK, &page)
}

/// `GET /m/{memo}`. For a draft and for nothing at all the same page, byte for byte.
pub(crate) async fn memo<S: Store>(
    State(app): State<App<S>>,
    memo: Result<MemoPath, Refusal>,
) -> Result<Response, Refusal> {
    let view = app.view().await?;
    let channel = channel_head(&app, &view)?;
    let case = memo.ok().and_then(|MemoPath(memo)| view.case_page(memo));
    let Some(case) = case else {
        return html(StatusCode::NOT_FOUND, &Unknown { channel });
    };
    let now = app.now();
    let steps = case.steps.iter().map(|step| StepLine {
        what: step.what.clone(),
        when: step
            .time
            .map_or_else(|| "not witnessed yet".to_owned(), moment),
        entry: step.entry,
    });
    let due = case
        .case
        .as_ref()
        .map(|case| case.deadlines(now))
        .unwrap_or_default();
    let due = due.iter().map(|due| DueLine {
        what: obligation(due.what),
        by: due.date.to_string(),
        state: due.state.to_string(),
        overdue: matches!(due.state, DeadlineState::Overdue | DeadlineState::DoneLate),
    });
    let page = Memo {
        channel,
        id: case.memo,
        short: case.memo.short(),
        steps: steps.collect(),
        due: due.collect(),
        edition: case.edition,
        members: case.members,
        tallies: case.tallies.iter().map(tally_line).collect(),
        as_of: as_of(&view),
        vkey: app.signer().verifier().to_string(),
    };
    html(StatusCode::OK, &page)
}

/// `GET /static/demur.css`.
pub(crate) async fn style() -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/css; charset=utf-8"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=3600"),
        ),
    ];
    (headers, STYLE).into_response()
}

fn html(status: StatusCode, page: &impl Template) -> Result<Response, Refusal> {
    let body = page
        .render()
        .map_err(|e| Refusal::Internal(e.to_string()))?;
    Ok((
        status,
        [(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        )],
        body,
    )
        .into_response())
}

fn channel_head<S: Store>(app: &App<S>, view: &View) -> Result<ChannelHead, Refusal> {
    Ok(ChannelHead {
        name: view.profile()?.name.clone(),
        origin: app.origin().to_owned(),
        software: env!("CARGO_PKG_VERSION"),
    })
}

fn memo_line(page: &CasePage, now: Time) -> MemoLine {
    let deadlines = page
        .case
        .as_ref()
        .map(|case| case.deadlines(now))
        .unwrap_or_default();
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
    MemoLine {
        id: page.memo,
        short: page.memo.short(),
        filed: page
            .filed
            .map_or_else(|| "not witnessed yet".to_owned(), day),
        step: page.step,
        next,
        overdue: open.is_some_and(|due| due.state == DeadlineState::Overdue),
        signed: page.tallies.last().map_or(0, |tally| tally.signed),
    }
}

fn tally_line(tally: &Tally) -> TallyLine {
    let cohorts: Vec<_> = tally
        .cohorts
        .iter()
        .map(|(name, count)| format!("{name}: {count}"))
        .collect();
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

const fn obligation(what: Obligation) -> &'static str {
    match what {
        Obligation::Acknowledge => "acknowledgement",
        Obligation::Respond => "response, normally",
        Obligation::RespondAtMost => "response, at the latest",
    }
}

fn as_of(view: &View) -> String {
    match view.as_of() {
        Some((time, true)) => format!("as of {} (witnessed)", moment(time)),
        Some((time, false)) => format!(
            "as of {} (the log's own clock: this channel has no witness)",
            moment(time)
        ),
        None => "no checkpoint has been published yet".to_owned(),
    }
}

/// `2026-11-23 21:50 UTC`.
fn moment(time: Time) -> String {
    let text = time.to_string();
    format!(
        "{} {} UTC",
        text.get(..10).unwrap_or_default(),
        text.get(11..16).unwrap_or_default()
    )
}

fn day(time: Time) -> String {
    time.to_string().chars().take(10).collect()
}
