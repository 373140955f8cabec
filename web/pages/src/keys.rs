//! Whose word counts: the keys in force.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use demur_record::{
    entry::Role,
    replay::{ActiveKey, Replay},
};

use crate::{
    Failure, Pages, Seen as _, Source,
    list::{Turn, Wanted},
    page::{Head, plain},
    words::{role, shown, when},
};

/// How many keys stand on one page of the list.
const KEYS_A_PAGE: usize = 40;

/// The longest age recipient that is shown whole, in characters.
const SEAL_SHOWN: usize = 100;

const ROLES: [Role; 7] = [
    Role::Office,
    Role::Recovery,
    Role::Overseer,
    Role::Registrar,
    Role::Steward,
    Role::Principal,
    Role::Witness,
];

#[derive(Template)]
#[template(path = "keys.html")]
struct Keys {
    head: Head,
    keys: Vec<Line>,
    turn: Turn,
}

struct Line {
    role: &'static str,
    name: String,
    sign: Option<String>,
    seal: Option<String>,
    vkey: Option<String>,
    since: String,
    entry: u64,
}

/// `GET /keys`.
pub(crate) async fn get<S: Source>(
    State(pages): State<Pages<S>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Failure> {
    let seen = pages.seen().await?;
    let replay = seen.replay();
    let keys: Vec<_> = ROLES
        .iter()
        .flat_map(|role| replay.keys().of(*role))
        .collect();
    let turn = Turn::new(wanted, keys.len(), KEYS_A_PAGE);
    let these = keys.iter().skip(turn.skip(KEYS_A_PAGE)).take(KEYS_A_PAGE);
    let page = Keys {
        head: Head::new(&pages, replay, "/entries")?.at("/keys"),
        keys: these.map(|key| line(replay, key)).collect(),
        turn,
    };
    plain(StatusCode::OK, &page)
}

fn line(replay: &Replay, key: &ActiveKey) -> Line {
    Line {
        role: role(key.role),
        name: key.name.clone(),
        sign: key.sign.map(|key| key.to_string()),
        seal: key.seal.as_deref().map(|seal| shown(seal, SEAL_SHOWN)),
        vkey: key.vkey.as_ref().map(ToString::to_string),
        since: when(replay.time_of(key.entry)),
        entry: key.entry,
    }
}
