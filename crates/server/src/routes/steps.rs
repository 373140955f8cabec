//! `POST /api/office/cases/{memo}/steps`: what the office does with a case.

use axum::{Json, extract::State};
use demur_client::api::{Accepted, PostStep};
use demur_encoding::{Bytes, Digest, sha256};
use demur_record::entry::Entry;
use demur_store::{FileKind, NewFile, Store};

use super::accounts::steward;
use crate::{
    app::App,
    direct::{self, Direct},
    http::{Bearer, Body, MemoPath},
    limits::MAX_SEALED_BYTES,
    problem::Refusal,
};

pub(crate) async fn post<S: Store>(
    State(app): State<App<S>>,
    bearer: Bearer,
    MemoPath(memo): MemoPath,
    Body(PostStep { entry, sealed }): Body<PostStep>,
) -> Result<Json<Accepted>, Refusal> {
    steward(&app, bearer).await?;
    let (of, file) = match &entry {
        Entry::Acknowledged(e) => (e.memo, None),
        Entry::Returned(e) => (e.memo, Some((FileKind::Returned, e.text))),
        Entry::Distributed(e) => (e.memo, Some((FileKind::Distributed, e.sealed))),
        Entry::Responded(e) => (e.memo, Some((FileKind::Responded, e.sealed))),
        other => {
            let message = format!("a {} entry is not one of the office's steps", other.kind());
            return Err(Refusal::rule("step", message));
        }
    };
    if of != memo {
        return Err(Refusal::rule(
            "memo",
            "the entry names another memo than the path",
        ));
    }
    let file = named_file(file, sealed)?;
    let held = direct::accept(
        &app,
        Direct {
            entry,
            memo: Some(memo),
            file,
            approved: None,
        },
    )
    .await?;
    app.promised(held).await
}

fn named_file(
    named: Option<(FileKind, Digest)>,
    sealed: Option<Bytes>,
) -> Result<Option<NewFile>, Refusal> {
    match (named, sealed) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Refusal::rule("file", "no file belongs to this step")),
        (Some(_), None) => Err(Refusal::rule(
            "file",
            "the sealed file that the entry names is missing",
        )),
        (Some((kind, digest)), Some(sealed)) => {
            super::small(&sealed, MAX_SEALED_BYTES)?;
            if sha256(&sealed.0) != digest {
                return Err(Refusal::rule(
                    "file",
                    "the file's SHA-256 is not the one that the entry names",
                ));
            }
            Ok(Some(NewFile {
                kind,
                digest,
                bytes: sealed.0,
            }))
        }
    }
}
