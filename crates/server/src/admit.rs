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

/// What the store holds of a memo, read before the view of the record that it is held against. All of it was verified
/// before it was stored, and is not verified again, nor judged by the clock: until its place is known it stands where it
/// came in.
pub(crate) struct MemoRows {
    pub(crate) memo: MemoRow,
    pub(crate) opening: Opening,
}

/// With all versions: what the next one follows.
pub(crate) struct VersionRows {
    pub(crate) rows: MemoRows,
    pub(crate) versions: Vec<(Version, Option<PlaceRow>)>,
}

/// With one version and one member's acts: what that member's next act on this version follows. Other members' acts and
/// other versions don't matter for it: however many there are, it costs no more.
pub(crate) struct SignOnRows {
    number: u32,
    version: Option<(Version, Option<PlaceRow>)>,
    /// Earlier acts of the member, by number.
    acts: Vec<(SignOn, Option<PlaceRow>)>,
}

impl MemoRows {
    pub(crate) async fn read<S: Store>(app: &App<S>, memo: Digest) -> Result<Self, Refusal> {
        let row = app
            .store()
            .memo(memo)
            .await?
            .ok_or_else(Refusal::unknown_memo)?;
        Ok(Self {
            opening: rows::opening(&row.opening)?.event,
            memo: row,
        })
    }
}

impl VersionRows {
    pub(crate) async fn read<S: Store>(app: &App<S>, memo: Digest) -> Result<Self, Refusal> {
        let rows = MemoRows::read(app, memo).await?;
        let versions = app.store().versions(memo).await?;
        let versions = versions
            .iter()
            .map(|row| Ok((rows::version(row)?.event, row.at)));
        Ok(Self {
            versions: versions.collect::<Result<_, Refusal>>()?,
            rows,
        })
    }

    /// The memo up to its latest version.
    pub(crate) fn log(&self, view: &Seen) -> Result<MemoLog, Refusal> {
        let MemoRows { memo, opening } = &self.rows;
        let (mut log, _) =
            MemoLog::open(opening, at(view, memo.opening.at), view.record()).map_err(damaged)?;
        for (version, place) in &self.versions {
            log.apply_verified_version(version, at(view, *place), view.record())
                .map_err(damaged)?;
        }
        Ok(log)
    }
}

impl SignOnRows {
    /// Reads the version of that number and the member's acts before number `seq`.
    pub(crate) async fn read<S: Store>(
        app: &App<S>,
        memo: Digest,
        number: u32,
        nullifier: Digest,
        seq: u64,
    ) -> Result<Self, Refusal> {
        if !(1..=MAX_ACTS).contains(&seq) {
            let message = format!("a member's acts on a memo are numbered 1 to {MAX_ACTS}");
            return Err(Refusal::conflict("sequence", message));
        }
        let mut acts = Vec::new();
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
            acts.push((rows::sign_on(&row)?.event, row.at));
        }
        let version = app.store().version(memo, number).await?;
        let version = version
            .map(|row| Ok::<_, Refusal>((rows::version(&row)?.event, row.at)))
            .transpose()?;
        Ok(Self {
            number,
            version,
            acts,
        })
    }

    /// The memo as far as it matters for the member's next act on the version.
    pub(crate) fn log(&self, memo: &MemoRows, view: &Seen) -> Result<MemoLog, Refusal> {
        let (version, place) = self
            .version
            .as_ref()
            .ok_or(MemoError::NoVersion(self.number))?;
        let mut log = MemoLog::from_verified(
            &memo.opening,
            at(view, memo.memo.opening.at),
            version,
            at(view, *place),
            view.record(),
        )
        .map_err(damaged)?;
        for (act, place) in &self.acts {
            let late = place.is_some_and(|place| place.slot.is_none());
            log.count_verified(act, at(view, *place), late)
                .map_err(damaged)?;
        }
        Ok(log)
    }
}

fn at(view: &Seen, place: Option<PlaceRow>) -> Position {
    place.map_or_else(|| view.next(), |place| view.position(place.entry))
}

fn damaged(error: MemoError) -> Refusal {
    Refusal::Internal(format!("what was admitted does not stand: {error}"))
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
            MemoError::Fingerprint(_) => Self::rule("fingerprint", message),
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
