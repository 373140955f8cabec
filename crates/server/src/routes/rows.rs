//! Rows of the store as values of the interface.

use demur_client::api::{MessageView, Placed, Waiting};
use demur_encoding::{CanonicalError, canonical};
use demur_memo::approval::Approval;
use demur_record::{
    entry::Place,
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
    Ok(Waiting {
        body: canonical::from_slice(&row.body).map_err(|e| unreadable(&e))?,
        approvals: approvals(&row)?,
        sealed: row.file.map(|file| file.bytes.into()),
    })
}

/// Who agreed to an act that waits.
pub(crate) fn approvals(row: &WaitingRow) -> Result<Vec<Approval>, Refusal> {
    let read = row
        .approvals
        .iter()
        .map(|bytes| canonical::from_slice(bytes));
    read.collect::<Result<_, _>>().map_err(|e| unreadable(&e))
}

fn unreadable(error: &CanonicalError) -> Refusal {
    Refusal::Internal(format!(
        "the database is damaged: an approval can't be read: {error}"
    ))
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
