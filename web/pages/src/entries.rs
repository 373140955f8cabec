//! The record entry by entry.

use askama::Template;
use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use demur_encoding::{Digest, Time};
use demur_record::{
    entry::{Entry, Place},
    policy::Accepted,
    receipt::Receipt,
    replay::{Batch, Replay},
    tiles::leaf_hash,
};

use crate::{
    Failure, Pages, Seen, Source, Unavailable,
    list::{Turn, Wanted},
    page::{Head, plain},
    pretty,
    words::{moment, shown, summary, when},
};

/// How many entries stand on one page of the list.
const ENTRIES_A_PAGE: usize = 50;

/// How many entries of a list are in memory at the same time: each may have 64 KiB.
const ENTRIES_AT_ONCE: u32 = 8;

/// The longest summary of an entry in the list, in characters.
const SUMMARY: usize = 120;

/// How much of an entry's text its page shows, in bytes as they are sent.
const TEXT_SHOWN: usize = 16 << 10;

/// How much of a profile's text its page shows beside, in bytes as they are sent.
const PROFILE_SHOWN: usize = 16 << 10;

#[derive(Template)]
#[template(path = "entries.html")]
struct Entries {
    head: Head,
    entries: Vec<Line>,
    total: u64,
    turn: Turn,
}

struct Line {
    index: u64,
    kind: &'static str,
    summary: String,
    bytes: usize,
    when: String,
}

#[derive(Template)]
#[template(path = "entry.html")]
struct Page {
    head: Head,
    index: u64,
    last: u64,
    kind: &'static str,
    summary: String,
    links: Vec<Link>,
    bytes: usize,
    leaf: Digest,
    batch: Option<BatchBox>,
    text: String,
    whole: bool,
    profile: Option<String>,
}

/// Where an entry leads.
struct Link {
    path: String,
    label: String,
}

struct BatchBox {
    first: u64,
    last: u64,
    time: String,
    covering: Option<Covering>,
}

/// The checkpoint that a receipt is made under.
struct Covering {
    size: u64,
    root: Digest,
    witnesses: Vec<(String, String)>,
}

/// `GET /entries`.
pub(crate) async fn list<S: Source>(
    State(pages): State<Pages<S>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let total = seen.replay().size();
    // The newest page first, but each by a number that stays.
    let turn = Turn::ascending(
        wanted,
        usize::try_from(total).unwrap_or(usize::MAX),
        ENTRIES_A_PAGE,
    );
    let from = turn.skip(ENTRIES_A_PAGE) as u64;
    let replay = seen.replay();
    let mut entries = Vec::with_capacity(ENTRIES_A_PAGE);
    let mut next = from;
    let end = from.saturating_add(ENTRIES_A_PAGE as u64).min(total);
    while next < end {
        let most = u32::try_from(end - next).unwrap_or(u32::MAX);
        let read = seen.entries(next, most.min(ENTRIES_AT_ONCE)).await?;
        if read.is_empty() {
            return Err(broken(next, "it is missing"));
        }
        for bytes in read {
            let entry = parse(next, &bytes)?;
            entries.push(Line {
                index: next,
                kind: entry.kind(),
                summary: shown(&summary(&entry), SUMMARY),
                bytes: bytes.len(),
                when: when(replay.time_of(next)),
            });
            next += 1;
        }
    }
    entries.reverse();
    let page = Entries {
        head: Head::new(&pages, replay, "/entries")?.at("/entries"),
        entries,
        total,
        turn,
    };
    plain(StatusCode::OK, &page)
}

/// `GET /entries/{n}`.
pub(crate) async fn one<S: Source>(
    State(pages): State<Pages<S>>,
    Path(index): Path<String>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let (index, bytes) = find(&seen, &index).await?;
    let entry = parse(index, &bytes)?;
    let replay = seen.replay();
    let batch = match replay.batch(index) {
        Some(batch) => Some(batch_box(&pages, &seen, batch, index).await?),
        None => None,
    };
    let pretty = pretty::json(&bytes).map_err(|e| broken(index, e))?;
    let (text, whole) = pretty::cut(&pretty, TEXT_SHOWN);
    let profile = match &entry {
        Entry::Profile(profile) => {
            Some(pretty::cut(&pretty::visible(&profile.text), PROFILE_SHOWN).0)
        }
        _ => None,
    };
    let page = Page {
        head: Head::new(&pages, replay, "/entries")?.at("/entries"),
        index,
        last: replay.size().saturating_sub(1),
        kind: entry.kind(),
        summary: shown(&summary(&entry), SUMMARY),
        links: links(replay, index, &entry),
        bytes: bytes.len(),
        leaf: leaf_hash(&bytes),
        batch,
        text,
        whole,
        profile,
    };
    plain(StatusCode::OK, &page)
}

/// `GET /entries/{n}/json`: the canonical bytes.
pub(crate) async fn json<S: Source>(
    State(pages): State<Pages<S>>,
    Path(index): Path<String>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let (index, bytes) = find(&seen, &index).await?;
    file(&format!("entry-{index}.json"), "application/json", bytes)
}

/// `GET /entries/{n}/receipt`: C2SP tlog-proof, under the first checkpoint that dates the entry.
pub(crate) async fn receipt<S: Source>(
    State(pages): State<Pages<S>>,
    Path(index): Path<String>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let index = number(&index)?;
    let covering = seen.replay().covering(index).ok_or(Failure::NotFound)?;
    let under = covering.checkpoint;
    let note = seen
        .note(under.size)
        .await?
        .ok_or_else(|| lost(under.size))?;
    let receipt = Receipt {
        extra: None,
        index,
        proof: seen.proof(index, under).await?,
        checkpoint: String::from_utf8(note).map_err(|_| lost(under.size))?,
    };
    let name = format!("entry-{index}.tlog-proof");
    file(
        &name,
        "text/plain; charset=utf-8",
        receipt.to_string().into_bytes(),
    )
}

async fn find<S: Seen>(seen: &S, index: &str) -> Result<(u64, Vec<u8>), Failure> {
    let index = number(index)?;
    let bytes = seen.entries(index, 1).await?.pop();
    Ok((index, bytes.ok_or(Failure::NotFound)?))
}

/// A number as it is written: no sign, no zero before it.
pub(crate) fn number(text: &str) -> Result<u64, Failure> {
    let number: u64 = text.parse().map_err(|_| Failure::NotFound)?;
    if number.to_string() == text {
        Ok(number)
    } else {
        Err(Failure::NotFound)
    }
}

/// That its form is canonical was found when it was replayed.
fn parse(index: u64, bytes: &[u8]) -> Result<Entry, Failure> {
    serde_json::from_slice(bytes).map_err(|e| broken(index, e))
}

fn broken(index: u64, reason: impl std::fmt::Display) -> Failure {
    Failure::Broken(format!("entry {index}: {reason}"))
}

fn lost(size: u64) -> Failure {
    let reason = format!("the checkpoint of {size} entries is missing");
    Unavailable::Failed(reason).into()
}

fn file(name: &str, kind: &'static str, bytes: Vec<u8>) -> Result<Response, Failure> {
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let name = name.map_err(|e| Failure::Broken(e.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}

async fn batch_box<S: Source>(
    pages: &Pages<S>,
    seen: &S::Seen,
    batch: &Batch,
    index: u64,
) -> Result<BatchBox, Failure> {
    let covering = match seen.replay().covering(index) {
        Some(covering) => {
            let under = covering.checkpoint;
            let note = seen
                .note(under.size)
                .await?
                .ok_or_else(|| lost(under.size))?;
            let accepted = pages.site().policy().evaluate(&note);
            Some(Covering {
                size: under.size,
                root: under.hash,
                witnesses: accepted.map(witnesses).unwrap_or_default(),
            })
        }
        None => None,
    };
    Ok(BatchBox {
        first: batch.first,
        last: batch.checkpoint.size.saturating_sub(1),
        time: moment(batch.time),
        covering,
    })
}

/// Who cosigned, and when.
pub(crate) fn witnesses(accepted: Accepted) -> Vec<(String, String)> {
    let told = |(name, time): (String, Time)| (name, moment(time));
    accepted.witnesses.into_iter().map(told).collect()
}

fn links(replay: &Replay, index: u64, entry: &Entry) -> Vec<Link> {
    let mut links = Vec::new();
    let mut link = |path: String, label: String| links.push(Link { path, label });
    let memo = match entry {
        Entry::Opened(e) => {
            link(
                format!("/entries/{}", e.at.entry),
                format!("stood in slot {} of entry {}", e.at.slot, e.at.entry),
            );
            e.event.memo().ok()
        }
        Entry::Version(e) => Some(e.event.body.memo),
        Entry::SignOn(e) => Some(e.event.memo),
        Entry::Filed(e) => Some(e.memo),
        Entry::Acknowledged(e) => Some(e.memo),
        Entry::Returned(e) => Some(e.memo),
        Entry::Distributed(e) => Some(e.memo),
        Entry::Responded(e) => Some(e.memo),
        Entry::Rejoined(e) => Some(e.memo),
        Entry::Withdrawn(e) => Some(e.memo),
        Entry::Released(e) => Some(e.memo),
        Entry::Fingerprint(e) => Some(e.memo),
        Entry::Edition(e) => {
            link(
                format!("/roster/{}", e.number),
                format!("roster edition {}", e.number),
            );
            None
        }
        Entry::Attestation(e) => {
            link(
                format!("/roster/{}", e.edition),
                format!("roster edition {}", e.edition),
            );
            None
        }
        Entry::Keys(_) => {
            link("/keys".to_owned(), "the keys in force".to_owned());
            None
        }
        Entry::Software(_) => {
            link("/software".to_owned(), "the software".to_owned());
            None
        }
        Entry::Opaque(e) => {
            let slots = u32::try_from(e.slots.len()).unwrap_or(u32::MAX);
            let opened = (0..slots).filter(|slot| {
                replay.is_opened(Place {
                    entry: index,
                    slot: *slot,
                })
            });
            link(
                "/memos".to_owned(),
                format!("{} of {slots} slots were opened by filings", opened.count()),
            );
            None
        }
        _ => None,
    };
    if let Some(memo) = memo {
        link(format!("/m/{memo}"), format!("memo {}", memo.short()));
    }
    links
}
