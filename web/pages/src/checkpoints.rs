//! The checkpoints of the record, and who cosigned them.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use demur_encoding::Digest;
use demur_record::policy::Witness;

use crate::{
    Failure, Pages, Seen as _, Source,
    entries::witnesses,
    index::newest_published,
    list::{Turn, Wanted},
    page::{Head, plain},
    pretty,
    words::{as_of, moment, quorum},
};

/// How many checkpoints stand on one page of the list: the signatures of each are verified to say who cosigned it.
const CHECKPOINTS_A_PAGE: usize = 15;

/// How much of the newest checkpoint and of the trust policy the page shows, in bytes as they are sent.
const TEXT_SHOWN: usize = 8 << 10;

#[derive(Template)]
#[template(path = "checkpoints.html")]
struct Page {
    head: Head,
    note: Option<String>,
    as_of: String,
    witnesses: Vec<WitnessLine>,
    quorum: String,
    policy: String,
    checkpoints: Vec<Line>,
    turn: Turn,
}

struct WitnessLine {
    name: String,
    key: String,
    newest: Option<String>,
}

struct Line {
    size: u64,
    root: Digest,
    log: String,
    witnessed: String,
    by: String,
}

/// `GET /checkpoints`.
pub(crate) async fn get<S: Source>(
    State(pages): State<Pages<S>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let replay = seen.replay();
    let policy = pages.site().policy();
    let newest = match newest_published(replay) {
        Some(newest) => seen.note(newest.size).await?,
        None => None,
    };
    let cosigned = newest
        .as_deref()
        .and_then(|note| policy.evaluate(note).ok());
    let cosigned = cosigned.map(witnesses).unwrap_or_default();
    let line = |witness: &Witness| WitnessLine {
        name: witness.name.clone(),
        key: witness.key.to_string(),
        newest: cosigned
            .iter()
            .find(|(name, _)| *name == witness.name)
            .map(|(_, time)| time.clone()),
    };
    let batches = replay.batches();
    let turn = Turn::ascending(wanted, batches.len(), CHECKPOINTS_A_PAGE);
    let skipped = turn.skip(CHECKPOINTS_A_PAGE);
    let mut checkpoints = Vec::new();
    for batch in batches.iter().skip(skipped).take(CHECKPOINTS_A_PAGE) {
        let note = seen.note(batch.checkpoint.size).await?;
        let accepted = note.and_then(|note| policy.evaluate(&note).ok());
        let by: Vec<_> = accepted.map(witnesses).unwrap_or_default();
        let by: Vec<_> = by.into_iter().map(|(name, _)| name).collect();
        let witnessed = batch.published.map(|published| published.time);
        checkpoints.push(Line {
            size: batch.checkpoint.size,
            root: batch.checkpoint.hash,
            log: moment(batch.time),
            witnessed: match witnessed {
                Some(Some(time)) => moment(time),
                Some(None) => "by nobody".to_owned(),
                None => "not published yet".to_owned(),
            },
            by: by.join(", "),
        });
    }
    checkpoints.reverse();
    let page = Page {
        head: Head::new(&pages, replay, "/entries")?.at("/checkpoints"),
        note: newest
            .and_then(|note| String::from_utf8(note).ok())
            .map(|note| pretty::cut(&note, TEXT_SHOWN).0),
        as_of: as_of(replay),
        witnesses: policy.witnesses().iter().map(line).collect(),
        quorum: quorum(policy),
        policy: pretty::cut(&policy.to_string(), TEXT_SHOWN).0,
        checkpoints,
        turn,
    };
    plain(StatusCode::OK, &page)
}
