//! `POST /api/versions`: an author registers the memo's next version.

use axum::{Json, extract::State};
use demur_client::api::{Accepted, PostVersion};
use demur_encoding::{canonical, sha256};
use demur_memo::version::SignedVersion;
use demur_record::{
    entry::{self, Entry, FORMAT},
    event::Event,
    tiles::leaf_hash,
};
use demur_store::{ConflictKind, FileKind, MemoPhase, NewFile, NewVersion, Store, StoreError};

use super::rows;
use crate::{
    admit::{VersionRows, fits},
    app::App,
    direct,
    http::Body,
    limits::{MAX_SEALED_BYTES, MAX_VERSIONS},
    problem::Refusal,
};

pub(crate) async fn post<S: Store>(
    State(app): State<App<S>>,
    Body(PostVersion {
        salt,
        event: version,
        sealed,
    }): Body<PostVersion>,
) -> Result<Json<Accepted>, Refusal> {
    let malformed = |e: demur_encoding::CanonicalError| Refusal::malformed(e.to_string());
    let (memo, number) = (version.body.memo, version.body.number);
    super::small(&sealed, MAX_SEALED_BYTES)?;
    if sha256(&sealed.0) != version.body.sealed {
        return Err(Refusal::rule(
            "file",
            "the file's SHA-256 is not the one that the version names",
        ));
    }
    if number > MAX_VERSIONS {
        return Err(Refusal::rule(
            "too-many",
            format!("a memo has at most {MAX_VERSIONS} versions"),
        ));
    }
    let event = Event::Version(version.clone());
    fits(&event, salt)?;
    let slot = event.slot(salt).map_err(malformed)?;
    let bytes = canonical::to_vec(&event).map_err(malformed)?;
    let direct_entry = Entry::Version(entry::Direct {
        v: FORMAT,
        event: version.clone(),
    });
    let entry = direct_entry
        .to_vec()
        .map_err(|e| Refusal::malformed(e.to_string()))?;
    let leaf = leaf_hash(&entry);

    // Not beside a filing: whether it comes before or after one must not change in between.
    let mut beside = Some(app.entries_shared().await);
    let mut known = VersionRows::read(&app, memo).await?;
    let mut alone = None;
    if known.rows.memo.phase != MemoPhase::Draft {
        // It becomes an entry, and is judged on top of those that wait.
        drop(beside.take());
        alone = Some(app.entries_lock().await);
        known = VersionRows::read(&app, memo).await?;
    }
    if !known.rows.opening.body.has_author(version.author) {
        return Err(Refusal::unknown_memo());
    }
    let signed = SignedVersion {
        body: version.body.clone(),
        author: version.author,
        signature: version.signature.clone(),
    };
    signed
        .verify(&known.rows.opening.body)
        .map_err(|e| Refusal::forbidden("signature", e.to_string()))?;
    let retried = known.versions.iter().any(|(there, _)| *there == version);
    if !retried {
        if known
            .versions
            .last()
            .is_some_and(|(latest, _)| latest.body.number >= number)
        {
            return Err(sibling(&app, memo).await?);
        }
        app.room().await?;
        let view = app.view().await?;
        known
            .log(&view)?
            .apply_version(&version, view.next(), view.record())?;
        drop(view);
        match (known.rows.memo.phase, &alone) {
            (MemoPhase::Filed { .. }, Some(guard)) => {
                direct::judge(&app, guard, &direct_entry).await?;
            }
            (MemoPhase::Draft, _) => {}
            // Its filing came while this waited for its turn, or waits itself.
            (MemoPhase::Filing | MemoPhase::Filed { .. }, _) => {
                let message =
                    "the record does not hold the filing yet: try again after the next batch";
                return Err(Refusal::conflict("filed", message));
            }
        }
    }
    let sealed = NewFile {
        kind: FileKind::Version,
        digest: version.body.sealed,
        bytes: sealed.0,
    };
    let new = NewVersion {
        slot,
        salt,
        memo,
        number,
        event: bytes,
        entry,
        leaf,
        sealed,
    };
    match app.store().accept_version(new).await {
        Ok(accepted) => app.promised(accepted.held).await,
        Err(StoreError::Conflict(ConflictKind::Sibling(_))) => Err(sibling(&app, memo).await?),
        Err(error) => Err(error.into()),
    }
}

/// The refusal that shows the author the version that came first.
async fn sibling<S: Store>(app: &App<S>, memo: demur_encoding::Digest) -> Result<Refusal, Refusal> {
    let versions = app.store().versions(memo).await?;
    let latest = versions.last().map(rows::version).transpose()?;
    Ok(latest.map_or_else(Refusal::unknown_memo, Refusal::sibling))
}
