//! Which code was served when.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use demur_encoding::{Digest, sha256};

use crate::{
    Failure, File, Pages, Seen as _, Source,
    assets::manifest_path,
    list::{Turn, Wanted},
    page::{Head, plain},
    words::{shown, when},
};

/// How many entries stand on one page of the list.
const ENTRIES_A_PAGE: usize = 30;

/// The longest name or version that is shown whole, in characters.
const NAME_SHOWN: usize = 80;

#[derive(Template)]
#[template(path = "software.html")]
struct Software {
    head: Head,
    manifest: Option<Digest>,
    files: Vec<&'static File>,
    entries: Vec<Line>,
    turn: Turn,
}

struct Line {
    name: String,
    version: String,
    digest: Digest,
    /// Whether no later entry has its name.
    newest: bool,
    /// Whether it is what this page's server serves: None for the program, which a page can't tell.
    served: Option<bool>,
    /// Where the list of the web part's files is that it stands for.
    manifest: Option<String>,
    since: String,
    entry: u64,
}

/// `GET /software`.
pub(crate) async fn get<S: Source>(
    State(pages): State<Pages<S>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let replay = seen.replay();
    let assets = pages.assets();
    let manifest = assets.manifest.map(sha256);
    let kept = seen.manifests().await?;
    let all = replay.served();
    let turn = Turn::new(wanted, all.len(), ENTRIES_A_PAGE);
    let these = all.iter().rev().skip(turn.skip(ENTRIES_A_PAGE));
    let last = |name: &str| {
        let last = all.iter().rfind(|(_, software)| software.name == name);
        last.map(|(entry, _)| *entry)
    };
    let line = |(entry, software): &(u64, demur_record::entry::Software)| Line {
        name: shown(&software.name, NAME_SHOWN),
        version: shown(&software.version, NAME_SHOWN),
        digest: software.digest,
        newest: last(&software.name) == Some(*entry),
        served: match software.name.as_str() {
            "web" => Some(manifest == Some(software.digest)),
            name if name == assets.style.name => {
                Some(assets.style.sha256 == software.digest.to_string())
            }
            _ => None,
        },
        manifest: (software.name == "web")
            .then(|| {
                let path = manifest_path(software.digest);
                match &kept {
                    _ if manifest == Some(software.digest) => Some(path),
                    Some(kept) => kept.contains(&software.digest).then_some(path),
                    None => Some(format!("{}{path}", pages.site().api())),
                }
            })
            .flatten(),
        since: when(replay.time_of(*entry)),
        entry: *entry,
    };
    let page = Software {
        head: Head::new(&pages, replay, "/entries")?.at("/software"),
        manifest,
        files: std::iter::once(assets.style).chain(assets.files).collect(),
        entries: these.take(ENTRIES_A_PAGE).map(line).collect(),
        turn,
    };
    plain(StatusCode::OK, &page)
}
