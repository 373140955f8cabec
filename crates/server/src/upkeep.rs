//! What is done from time to time: drafts that lapsed are erased, overdue deadlines and broken promises are logged.

use std::time::Duration;

use demur_channel::DeadlineState;
use demur_store::{ConflictKind, Store, StoreError};
use tokio::sync::watch;

use crate::{app::App, problem::Refusal};

/// How often.
const INTERVAL: Duration = Duration::from_secs(600);

const DAY_SECONDS: u64 = 86_400;

/// Looks after the channel until `stop` says so.
pub(crate) async fn run<S: Store>(app: App<S>, mut stop: watch::Receiver<bool>) {
    loop {
        match lapse(&app).await {
            Ok(0) => {}
            Ok(erased) => tracing::info!(erased, "drafts lapsed"),
            Err(error) => tracing::warn!(?error, "drafts could not be looked through"),
        }
        match overview(&app).await {
            Ok(Overview { due, overdue }) => tracing::info!(due, overdue, "deadlines"),
            Err(error) => tracing::warn!(?error, "deadlines could not be computed"),
        }
        match app.store().kept_out().await {
            Ok(kept) if kept.is_empty() => {}
            Ok(kept) => {
                let given_up = kept.iter().filter(|one| one.given_up).count();
                let tried = kept.len() - given_up;
                tracing::error!(
                    tried,
                    given_up,
                    "promised and kept out of the record by its rules: demur doctor shows what and why"
                );
            }
            Err(error) => {
                tracing::warn!(?error, "what is kept out of the record could not be read");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Erases the drafts whose opening and versions all stand, by witnessed times, for longer than the profile's
/// `draft.lapse_days`; says how many.
pub(crate) async fn lapse<S: Store>(app: &App<S>) -> Result<u32, Refusal> {
    // Read before the record, so that each place is one that the record has.
    let drafts = app.store().drafts().await?;
    let due: Vec<_> = {
        let view = app.view().await?;
        let Some(profile) = view.record().profile() else {
            return Ok(0);
        };
        let after = u64::from(profile.draft.lapse_days).saturating_mul(DAY_SECONDS);
        let now = app.now();
        let old = |entry| {
            view.record()
                .time_of(entry)
                .is_some_and(|at| now.since(at.time) > after)
        };
        drafts
            .into_iter()
            .filter(|draft| draft.newest.is_some_and(old))
            .collect()
    };
    let mut erased = 0;
    for draft in due {
        // A version may have come in meanwhile: look again while nothing can.
        let _one_at_a_time = app.entries_lock().await;
        let again = app.store().drafts().await?;
        if !again
            .iter()
            .any(|now| (now.memo, now.newest) == (draft.memo, draft.newest))
        {
            continue;
        }
        match app.store().erase_draft(draft.memo).await {
            Ok(()) => erased += 1,
            Err(StoreError::NotFound { .. } | StoreError::Conflict(ConflictKind::Filed)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(erased)
}

/// How the office stands with its deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overview {
    /// Not done, still in time.
    pub(crate) due: usize,
    /// Not done, and the time is over.
    pub(crate) overdue: usize,
}

/// Counts the deadlines of all cases.
pub(crate) async fn overview<S: Store>(app: &App<S>) -> Result<Overview, Refusal> {
    let view = app.view().await?;
    let now = app.now();
    let mut overview = Overview { due: 0, overdue: 0 };
    for (memo, _) in view.record().memos() {
        for deadline in view
            .record()
            .case(memo)
            .map(|case| case.deadlines(now))
            .unwrap_or_default()
        {
            match deadline.state {
                DeadlineState::Due => overview.due += 1,
                DeadlineState::Overdue => overview.overdue += 1,
                _ => {}
            }
        }
    }
    Ok(overview)
}
