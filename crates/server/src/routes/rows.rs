//! Rows of the store as values of the interface.

use demur_client::api::{MessageView, Placed, Waiting};
use demur_encoding::canonical;
use demur_record::{
    entry::{ApprovalBody, Place},
    event::{Access, Event, Opening, SignOn, Version},
};
use demur_store::{EventRow, MessageRow, MessageSide, WaitingRow};

use crate::problem::Refusal;

/// The event of a row; the store holds only what was admitted.
pub(crate) fn event(row: &EventRow) -> Result<Event, Refusal> {
    canonical::from_slice(&row.event).map_err(|e| {
        Refusal::Internal(format!(
            "the database is damaged: an event can't be read: {e}"
        ))
    })
}

fn placed<T>(row: &EventRow, pick: impl FnOnce(Event) -> Option<T>) -> Result<Placed<T>, Refusal> {
    let event = pick(event(row)?).ok_or_else(|| {
        Refusal::Internal("the database is damaged: an event is of another kind".to_owned())
    })?;
    let at = row.at.and_then(|at| {
        at.slot.map(|slot| Place {
            entry: at.entry,
            slot,
        })
    });
    Ok(Placed {
        salt: row.salt,
        at,
        event,
    })
}

pub(crate) fn opening(row: &EventRow) -> Result<Placed<Opening>, Refusal> {
    placed(row, |event| {
        if let Event::Opening(e) = event {
            Some(e)
        } else {
            None
        }
    })
}

pub(crate) fn version(row: &EventRow) -> Result<Placed<Version>, Refusal> {
    placed(row, |event| {
        if let Event::Version(e) = event {
            Some(e)
        } else {
            None
        }
    })
}

pub(crate) fn sign_on(row: &EventRow) -> Result<Placed<SignOn>, Refusal> {
    placed(row, |event| {
        if let Event::SignOn(e) = event {
            Some(e)
        } else {
            None
        }
    })
}

pub(crate) fn access(row: &EventRow) -> Result<Placed<Access>, Refusal> {
    placed(row, |event| {
        if let Event::Access(e) = event {
            Some(e)
        } else {
            None
        }
    })
}

pub(crate) fn waiting(row: WaitingRow) -> Result<Waiting, Refusal> {
    let damaged = |e| {
        Refusal::Internal(format!(
            "the database is damaged: an approval can't be read: {e}"
        ))
    };
    let body: ApprovalBody = canonical::from_slice(&row.body).map_err(damaged)?;
    let approvals = row
        .approvals
        .iter()
        .map(|bytes| canonical::from_slice(bytes))
        .collect::<Result<_, _>>()
        .map_err(damaged)?;
    Ok(Waiting {
        body,
        approvals,
        sealed: row.file.map(|file| file.bytes.into()),
    })
}

pub(crate) fn message(row: MessageRow) -> MessageView {
    let from = match row.from {
        MessageSide::Authors => "authors",
        MessageSide::Office => "office",
    };
    MessageView {
        number: row.number,
        from: from.to_owned(),
        day: row.day,
        sealed: row.sealed.into(),
    }
}
