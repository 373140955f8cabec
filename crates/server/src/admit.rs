//! What a memo's acts are held against: the record as it is, and what the store holds of the memo.

use demur_encoding::{Digest, canonical::MAX_INTEGER};
use demur_memo::version::VersionError;
use demur_record::{
    entry::{Entry, FORMAT, Opened, Place},
    event::{Event, Opening, SignOn, Version},
    memo_log::{MemoError, MemoLog, Position},
};
use demur_signon::tally::TallyError;
use demur_store::{EventRow, MemoRow, PlaceRow, Store};

use crate::{app::App, limits::MAX_ACTS, problem::Refusal, routes::rows, view::Seen};

/// Refuses an event that no filing could open: its `opened` entry would be too large, wherever it stands.
pub(crate) fn fits(event: &Event, salt: Digest) -> Result<(), Refusal> {
    let farthest = Place {
        entry: MAX_INTEGER,
        slot: u32::MAX,
    };
    let opened = Entry::Opened(Opened {
        v: FORMAT,
        at: farthest,
        salt,
        event: event.clone(),
    });
    let opened = opened.to_vec();
    opened
        .map(drop)
        .map_err(|e| Refusal::rule("too-large", format!("the record could not open it: {e}")))
}

/// A memo's rows, read before the view of the record that they are held against.
pub(crate) struct MemoRows {
    pub(crate) memo: MemoRow,
    pub(crate) opening: Opening,
    pub(crate) versions: Vec<(Version, Option<PlaceRow>)>,
    /// Earlier acts of one member, by number.
    pub(crate) acts: Vec<(SignOn, Option<PlaceRow>)>,
}

impl MemoRows {
    /// The opening and the versions.
    pub(crate) async fn read<S: Store>(app: &App<S>, memo: Digest) -> Result<Self, Refusal> {
        let row = app
            .store()
            .memo(memo)
            .await?
            .ok_or_else(Refusal::unknown_memo)?;
        let versions = app.store().versions(memo).await?;
        let versions = versions
            .iter()
            .map(|row| Ok((rows::version(row)?.event, row.at)));
        Ok(Self {
            opening: rows::opening(&row.opening)?.event,
            versions: versions.collect::<Result<_, Refusal>>()?,
            memo: row,
            acts: Vec::new(),
        })
    }

    /// Reads the member's acts before number `seq`.
    pub(crate) async fn read_acts<S: Store>(
        &mut self,
        app: &App<S>,
        memo: Digest,
        nullifier: Digest,
        seq: u64,
    ) -> Result<(), Refusal> {
        if !(1..=MAX_ACTS).contains(&seq) {
            let message = format!("a member's acts on a memo are numbered 1 to {MAX_ACTS}");
            return Err(Refusal::conflict("sequence", message));
        }
        for number in 1..seq {
            let row: EventRow = app
                .store()
                .sign_on(memo, nullifier, number)
                .await?
                .ok_or_else(|| {
                    Refusal::conflict(
                        "sequence",
                        format!("the next act of this member on this memo has the number {number}"),
                    )
                })?;
            self.acts.push((rows::sign_on(&row)?.event, row.at));
        }
        Ok(())
    }

    /// The rows judged again by the rules of the record. Other members' acts don't matter for what comes next, and
    /// are left out. Signatures and proofs were verified before the rows were stored, once: with a thousand versions
    /// that is most of what an act costs, and it would be theirs again for each.
    pub(crate) fn log(&self, view: &Seen) -> Result<MemoLog, Refusal> {
        let at = |place: Option<PlaceRow>| -> Position {
            place.map_or_else(|| view.next(), |place| view.position(place.entry))
        };
        // What was admitted is not judged by the clock again: until its place is known it stands where it came in.
        let damaged =
            |e: MemoError| Refusal::Internal(format!("what was admitted does not stand: {e}"));
        let (mut log, _) = MemoLog::open(&self.opening, at(self.memo.opening.at), view.record())
            .map_err(damaged)?;
        for (version, place) in &self.versions {
            log.apply_verified_version(version, at(*place), view.record())
                .map_err(damaged)?;
        }
        for (act, place) in &self.acts {
            let late = place.is_some_and(|place| place.slot.is_none());
            log.apply_sign_on(act, at(*place), view.record(), late)
                .map_err(damaged)?;
        }
        Ok(log)
    }
}

impl From<MemoError> for Refusal {
    fn from(error: MemoError) -> Self {
        let message = error.to_string();
        match error {
            MemoError::Tally(TallyError::Cohort { .. }) | MemoError::Cohort(_) => {
                Self::rule("cohort", message)
            }
            MemoError::Tally(_) => Self::conflict("sequence", message),
            MemoError::Version(VersionError::Signature(_) | VersionError::NotAnAuthor(_)) => {
                Self::forbidden("signature", message)
            }
            MemoError::Version(VersionError::Number { .. } | VersionError::Sibling { .. }) => {
                Self::conflict("version-gap", message)
            }
            MemoError::Version(_) => Self::rule("form", message),
            MemoError::Format(_) => Self::rule("format", message),
            MemoError::Origin(_) => Self::rule("origin", message),
            MemoError::Edition(_) => Self::rule("edition", message),
            MemoError::YoungEdition { .. } => Self::rule("young-edition", message),
            MemoError::OldEdition { .. } => Self::rule("old-edition", message),
            MemoError::Month { .. } => Self::rule("month", message),
            MemoError::Counter { .. } => Self::rule("counter", message),
            MemoError::Checkpoint(_) => Self::rule("checkpoint", message),
            MemoError::Expiry { .. } => Self::rule("expiry", message),
            MemoError::Circuit(_) => Self::rule("circuit", message),
            MemoError::Nullifier => Self::rule("nullifier", message),
            MemoError::Proofs { .. } => Self::rule("proof", message),
            MemoError::OtherMemo(_) => Self::rule("memo", message),
            MemoError::NoVersion(_) | MemoError::Empty => Self::rule("version", message),
            MemoError::Quiet { .. } => Self::rule("quiet", message),
            MemoError::NotAnAuthor(_) | MemoError::Approval(_) => {
                Self::forbidden("signature", message)
            }
            MemoError::NotLatest { .. } => Self::conflict("version", message),
            MemoError::OtherStep(_) => Self::conflict("step", message),
            MemoError::Threshold { .. } | MemoError::ApprovalOrder => {
                Self::rule("approvals", message)
            }
            // No profile: the record has not begun.
            _ => Self::Busy,
        }
    }
}
