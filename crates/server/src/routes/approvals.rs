//! What authors agree on: filing, withdrawal, rejoinder, release, fingerprint.

use axum::{Json, extract::State};
use demur_client::api::{Approved, PostApproval};
use demur_encoding::{Bytes, Digest, canonical, sha256};
use demur_memo::approval::Approval;
use demur_record::{
    entry::{
        ApprovalBody, Entry, FORMAT, Filed, Fingerprint, Rejoined, Released, Withdrawn,
        verify_signature,
    },
    event::Opening,
    tiles::leaf_hash,
};
use demur_store::{FileKind, MemoPhase, NewApproval, NewFile, NewFiling, Store, WaitingRow};

use super::{
    room::{self, Held},
    rows,
};
use crate::{
    app::App,
    direct::{self, Direct},
    http::{Body, MemoPath},
    limits::MAX_SEALED_BYTES,
    problem::Refusal,
};

/// `POST /api/memos/{memo}/approvals`.
pub(crate) async fn post<S: Store>(
    State(app): State<App<S>>,
    MemoPath(memo): MemoPath,
    Body(PostApproval {
        body,
        approval,
        file,
    }): Body<PostApproval>,
) -> Result<Json<Approved>, Refusal> {
    if body.memo() != memo {
        return Err(Refusal::rule(
            "memo",
            "the body names another memo than the path",
        ));
    }
    let row = app
        .store()
        .memo(memo)
        .await?
        .ok_or_else(Refusal::unknown_memo)?;
    let opening = rows::opening(&row.opening)?.event;
    if !opening.body.has_author(approval.author) {
        return Err(Refusal::unknown_memo());
    }
    let body_hash = body.signed_hash();
    if !verify_signature(body_hash, approval.author, &approval.signature) {
        return Err(Refusal::forbidden(
            "signature",
            "the signature is not that author's over this act",
        ));
    }
    let file = named_file(&body, file)?;

    // From here on one at a time: two authors' approvals must not both find the other's missing.
    let guard = app.entries_lock().await;
    if let Some((held, entry)) = direct::done_before(&app, &body).await? {
        return Ok(Json(Approved::Done {
            promise: Some(app.promise(held).await?),
            entry: Some(entry),
        }));
    }
    possible(&app, &row.phase, &body).await?;
    let there = app.store().waiting(memo).await?;
    let same = there.iter().find(|waiting| waiting.body_hash == body_hash);
    let needs_file = !matches!(
        body,
        ApprovalBody::Withdraw { .. } | ApprovalBody::Fingerprint { .. }
    );
    if needs_file && file.is_none() && same.is_none_or(|waiting| waiting.file.is_none()) {
        return Err(Refusal::rule(
            "file",
            "the first author to approve sends the file that is approved",
        ));
    }
    let instead_of = match same {
        // It brings nothing that would need room.
        Some(same) if file.is_none() || same.file.is_some() => None,
        _ => room(&there, &body_hash, approval.author, file.is_some())?,
    };
    let damaged = |e: demur_encoding::CanonicalError| Refusal::malformed(e.to_string());
    let new = NewApproval {
        memo,
        body_hash,
        body: canonical::to_vec(&body).map_err(damaged)?,
        author: approval.author,
        approval: canonical::to_vec(&approval).map_err(damaged)?,
        file,
        instead_of,
    };
    let waiting = app.store().add_approval(new).await?;
    let (have, need) = (waiting.approvals.len(), opening.body.threshold);
    if have < need as usize {
        let have = u32::try_from(have).unwrap_or(u32::MAX);
        return Ok(Json(Approved::Waiting { have, need }));
    }
    if matches!(body, ApprovalBody::File { .. }) {
        app.room_for_filing().await?;
    }
    let promise = act(&app, guard, &opening, &row.phase, waiting).await?;
    let entry = match promise {
        Some(_) => direct::done_before(&app, &body)
            .await?
            .map(|(_, entry)| entry),
        None => None,
    };
    Ok(Json(Approved::Done { promise, entry }))
}

/// The act that makes room for another one.
fn room(
    there: &[WaitingRow],
    body_hash: &Digest,
    author: Digest,
    file: bool,
) -> Result<Option<Digest>, Refusal> {
    let others = there.iter().filter(|row| row.body_hash != *body_hash);
    let held = others.map(|row| {
        let alone = match rows::approvals(row)?.as_slice() {
            [one] => Some(one.author),
            _ => None,
        };
        Ok(Held {
            body_hash: row.body_hash,
            file: row.file.is_some(),
            alone,
        })
    });
    room::for_another(&held.collect::<Result<Vec<_>, Refusal>>()?, author, file)
}

/// The file that the body speaks of, if it came with this approval.
fn named_file(body: &ApprovalBody, file: Option<Bytes>) -> Result<Option<NewFile>, Refusal> {
    let Some(file) = file else { return Ok(None) };
    let (kind, digest) = match body {
        ApprovalBody::File { sealed, .. } => (FileKind::Filing, *sealed),
        ApprovalBody::Rejoin { text, .. } => (FileKind::Rejoined, *text),
        ApprovalBody::Release { bundle, .. } => (FileKind::Bundle, *bundle),
        _ => return Err(Refusal::rule("file", "no file belongs to this act")),
    };
    super::small(&file, MAX_SEALED_BYTES)?;
    if sha256(&file.0) != digest {
        return Err(Refusal::rule(
            "file",
            "the file's SHA-256 is not the one that is approved",
        ));
    }
    Ok(Some(NewFile {
        kind,
        digest,
        bytes: file.0,
    }))
}

/// Whether the act could be done now, if enough authors agreed.
async fn possible<S: Store>(
    app: &App<S>,
    phase: &MemoPhase,
    body: &ApprovalBody,
) -> Result<(), Refusal> {
    match (phase, body) {
        (MemoPhase::Draft, ApprovalBody::File { .. }) => {}
        (_, ApprovalBody::File { .. }) => {
            return Err(Refusal::conflict("filed", "the memo is filed already"));
        }
        (MemoPhase::Draft, ApprovalBody::Withdraw { filed: None, .. }) => {}
        (MemoPhase::Draft, _) => {
            return Err(Refusal::conflict("not-filed", "the memo is not filed"));
        }
        (MemoPhase::Filing, _) => {
            return Err(Refusal::conflict(
                "not-filed",
                "the record does not hold the filing yet: try again after the next batch",
            ));
        }
        (MemoPhase::Filed { .. }, _) => direct::step_possible(app, body).await?,
    }
    match body.version() {
        Some(named) => latest(app, body, named).await,
        None => Ok(()),
    }
}

/// Refuses an act that is about another version than the latest, also of those that wait for the next batch.
async fn latest<S: Store>(
    app: &App<S>,
    body: &ApprovalBody,
    named: (u32, Digest),
) -> Result<(), Refusal> {
    let versions = app.store().versions(body.memo()).await?;
    let latest = match versions.last().map(rows::version).transpose()? {
        Some(latest) => {
            let body = latest.event.body;
            let hash = body.hash().map_err(|e| Refusal::Internal(e.to_string()))?;
            (body.number, hash)
        }
        None if matches!(body, ApprovalBody::File { .. }) => {
            return Err(Refusal::rule("version", "the memo has no version yet"));
        }
        None => (0, Digest::new([0; 32])),
    };
    if named == latest {
        return Ok(());
    }
    let message = format!("the latest version is {}: it must be about that", latest.0);
    Err(Refusal::conflict("version", message))
}

/// Does what enough authors have agreed on.
async fn act<S: Store>(
    app: &App<S>,
    guard: tokio::sync::RwLockWriteGuard<'_, ()>,
    opening: &Opening,
    phase: &MemoPhase,
    waiting: WaitingRow,
) -> Result<Option<String>, Refusal> {
    let agreed = rows::waiting(waiting.clone())?;
    let mut approvals: Vec<Approval> = agreed.approvals;
    approvals.sort_by_key(|approval| approval.author);
    approvals.retain(|approval| opening.body.has_author(approval.author));
    let missing = || Refusal::Internal("what the authors agreed on has no file".to_owned());
    let memo = agreed.body.memo();
    let (entry, file) = match agreed.body {
        ApprovalBody::File {
            version,
            version_hash,
            sealed,
            ..
        } => {
            let file = waiting.file.ok_or_else(missing)?;
            let root = content_root(app, memo, version).await?;
            let filing = NewFiling {
                memo,
                body_hash: waiting.body_hash,
                version,
                sealed: file,
            };
            // The counts are fixed in the same transaction that closes the draft.
            let entry = move |counts: demur_store::FilingCounts| {
                let filed = Filed {
                    v: FORMAT,
                    memo,
                    version,
                    version_hash,
                    content_root: root,
                    sealed,
                    versions: counts.versions,
                    sign_ons: counts.sign_ons,
                    approvals: approvals.clone(),
                };
                // At most 32 approvals of some 200 bytes and fixed fields: always canonical and far below the limit.
                let bytes = Entry::Filed(filed).to_vec().unwrap_or_default();
                let leaf = leaf_hash(&bytes);
                (bytes, leaf)
            };
            let accepted = app.store().file(filing, entry).await?;
            drop(guard);
            return app.promise(accepted.held).await.map(Some);
        }
        ApprovalBody::Withdraw { .. } if matches!(phase, MemoPhase::Draft) => {
            app.store().erase_draft(memo).await?;
            return Ok(None);
        }
        ApprovalBody::Withdraw {
            filed: Some(filed),
            version,
            version_hash,
            ..
        } => (
            Entry::Withdrawn(Withdrawn {
                v: FORMAT,
                memo,
                filed,
                version,
                version_hash,
                approvals,
            }),
            None,
        ),
        ApprovalBody::Rejoin {
            responded, text, ..
        } => (
            Entry::Rejoined(Rejoined {
                v: FORMAT,
                memo,
                responded,
                text,
                approvals,
            }),
            Some(waiting.file.ok_or_else(missing)?),
        ),
        ApprovalBody::Release {
            version,
            version_hash,
            bundle,
            ..
        } => (
            Entry::Released(Released {
                v: FORMAT,
                memo,
                version,
                version_hash,
                bundle,
                approvals,
            }),
            Some(waiting.file.ok_or_else(missing)?),
        ),
        ApprovalBody::Fingerprint {
            of,
            version,
            version_hash,
            text,
            ..
        } => (
            Entry::Fingerprint(Fingerprint {
                v: FORMAT,
                memo,
                of,
                version,
                version_hash,
                text,
                approvals,
            }),
            None,
        ),
        _ => return Err(Refusal::malformed("an act that this server does not know")),
    };
    let direct = Direct {
        entry,
        memo: Some(memo),
        file,
        approved: Some(waiting.body_hash),
    };
    let held = direct::accept_locked(app, &guard, direct).await?;
    app.promise(held).await.map(Some)
}

async fn content_root<S: Store>(
    app: &App<S>,
    memo: Digest,
    number: u32,
) -> Result<Digest, Refusal> {
    let versions = app.store().versions(memo).await?;
    for row in versions.iter().rev() {
        let version = rows::version(row)?.event.body;
        if version.number == number {
            return Ok(version.content_root);
        }
    }
    Err(Refusal::conflict(
        "version",
        "the memo has no version of that number",
    ))
}
