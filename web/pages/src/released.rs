//! What the authors of a memo made public: each release and fingerprint, for ever.

use askama::Template;
use axum::{
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::StatusCode,
    response::Response,
};
use demur_encoding::Digest;
use demur_record::{
    entry::COST,
    replay::{FiledMemo, Replay},
};

use crate::{
    Failure, Pages, Seen as _, Source,
    list::{Turn, Wanted},
    page::{Head, plain},
    words::{as_of, when},
};

/// How many releases stand on one page of the list.
const RELEASES_A_PAGE: usize = 40;

/// The most fingerprints that stand on the page: those of the latest versions.
const FINGERPRINTS_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "released.html")]
struct Released {
    head: Head,
    id: Digest,
    short: String,
    total: usize,
    releases: Vec<ReleaseLine>,
    turn: Turn,
    fingerprints: Vec<FingerprintLine>,
    earlier: usize,
    cost: String,
    as_of: String,
}

/// A release.
pub(crate) struct ReleaseLine {
    /// The how many-th.
    pub(crate) number: usize,
    pub(crate) bundle: Digest,
    pub(crate) version: u32,
    pub(crate) when: String,
    pub(crate) entry: u64,
}

struct FingerprintLine {
    version: u32,
    whole: Digest,
    body: Digest,
    when: String,
    entry: u64,
}

#[derive(Template)]
#[template(path = "released_unknown.html")]
struct Unknown {
    head: Head,
}

/// `GET /m/{memo}/released`. For a draft and for nothing at all the same page, byte for byte.
pub(crate) async fn get<S: Source>(
    State(pages): State<Pages<S>>,
    memo: Result<Path<String>, PathRejection>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let replay = seen.replay();
    let head = Head::new(&pages, replay, "/memos")?;
    let memo = memo.ok().and_then(|Path(text)| text.parse().ok());
    let Some((id, filed)) = memo.and_then(|id: Digest| Some((id, replay.memo(id)?))) else {
        return plain(StatusCode::NOT_FOUND, &Unknown { head });
    };
    let total = filed.released().len();
    let turn = Turn::new(wanted, total, RELEASES_A_PAGE);
    let published = filed.fingerprints();
    let page = Released {
        head,
        id,
        short: id.short(),
        total,
        releases: releases(replay, filed, turn.skip(RELEASES_A_PAGE), RELEASES_A_PAGE),
        turn,
        fingerprints: { published.iter().rev().take(FINGERPRINTS_SHOWN) }
            .map(|(entry, fingerprint)| FingerprintLine {
                version: fingerprint.of,
                whole: fingerprint.text.whole,
                body: fingerprint.text.body,
                when: when(replay.time_of(*entry)),
                entry: *entry,
            })
            .collect(),
        earlier: published.len().saturating_sub(FINGERPRINTS_SHOWN),
        cost: COST.to_string(),
        as_of: as_of(replay),
    };
    plain(StatusCode::OK, &page)
}

/// The releases, the newest first.
pub(crate) fn releases(
    replay: &Replay,
    filed: &FiledMemo,
    skip: usize,
    most: usize,
) -> Vec<ReleaseLine> {
    let numbered = (1..).zip(filed.released());
    let numbered: Vec<_> = numbered.collect();
    let newest = numbered.into_iter().rev().skip(skip).take(most);
    newest
        .map(|(number, (entry, released))| ReleaseLine {
            number,
            bundle: released.bundle,
            version: released.version,
            when: when(replay.time_of(*entry)),
            entry: *entry,
        })
        .collect()
}
