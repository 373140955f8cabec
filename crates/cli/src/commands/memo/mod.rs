//! `demur memo`: an author's work, and a reader's.

mod bundle;
mod case;
mod fingerprint;
mod paper;
mod show;
mod together;
mod write;

use demur_client::{
    calls,
    link::Link,
    reader::{self, Draft, OpenedVersion},
};
use demur_paper::Form;

pub(crate) use case::{message, text_or_input};
pub(crate) use together::Done;

use crate::{
    args::{MemoCommand, MemoRef},
    desk::{Desk, from_call},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
};

pub(crate) fn run(command: MemoCommand, home: &Home, out: Out) -> Outcome {
    match command {
        MemoCommand::Key => write::key(home, out).map(drop),
        MemoCommand::New(args) => write::new(&args, home, out).map(drop),
        MemoCommand::Edit(args) => show::edit(&args, home, out),
        MemoCommand::Amend(args) => write::amend(&args, home, out).map(drop),
        MemoCommand::Diff { memo, from, to } => show::diff(&memo, from, to, home, out),
        MemoCommand::Share {
            memo,
            reader,
            remove,
        } => write::share(&memo, &reader, &remove, home, out).map(drop),
        MemoCommand::File { memo } => together::file(&memo, home, out).map(drop),
        MemoCommand::Withdraw { memo } => together::withdraw(&memo, home, out).map(drop),
        MemoCommand::Status { memo } => show::status(&memo, home, out),
        MemoCommand::Read {
            memo,
            what,
            version,
        } => show::read(&memo, what, version, home, out),
        MemoCommand::Message { memo, text } => message(&memo, &text, home, out),
        MemoCommand::Rejoin { memo, text } => {
            together::rejoin(&memo, text.as_deref(), home, out).map(drop)
        }
        MemoCommand::Bundle(args) => bundle::bundle(&args, home, out),
        MemoCommand::Pdf(args) => paper::paper(&args, Form::Pdf, home, out),
        MemoCommand::Docx(args) => paper::paper(&args, Form::Docx, home, out),
        MemoCommand::Fingerprint {
            memo,
            version,
            sure,
        } => fingerprint::fingerprint(&memo, version, sure, home, out).map(drop),
        MemoCommand::Release { memo, bundle } => {
            together::release(&memo, bundle.as_deref(), home, out).map(drop)
        }
    }
}

pub(crate) mod play {
    //! What the demo calls.
    pub(crate) use super::{
        bundle::bundle,
        paper::paper,
        show::{diff, text_of},
        together::{file, rejoin},
        write::{amend, key, new, share},
    };
}

/// The draft of a named memo, and the link that opened it. An author's home joins the memo by the way, when one of
/// its offered keys is among the memo's authors.
pub(super) fn draft(desk: &mut Desk, memo: &MemoRef) -> Outcome<(Link, Draft)> {
    let named = desk.named(&memo.memo)?;
    let link = desk.link(&named)?;
    let draft = desk.draft(&link)?;
    join(desk, &link, &draft)?;
    Ok((link, draft))
}

fn join(desk: &mut Desk, link: &Link, draft: &Draft) -> Outcome {
    let latest = draft.latest().map_or(0, |v| v.link.body.number);
    // An author's link that does not fit is the person's; an opening that does not is the server's.
    let fail = if desk.keys.memos.contains_key(&draft.memo) {
        Failure::input
    } else {
        Failure::negative
    };
    if desk.keys.join(link, &draft.opening, latest).map_err(fail)? {
        desk.save()?;
    }
    Ok(())
}

/// A version's text, opened with the link and held against what its author signed.
pub(super) fn open(
    desk: &Desk,
    link: &Link,
    draft: &Draft,
    number: Option<u32>,
) -> Outcome<OpenedVersion> {
    let latest = draft
        .latest()
        .ok_or_else(|| Failure::negative("the memo has no version yet"))?
        .link
        .body
        .number;
    let number = number.unwrap_or(latest);
    let version = draft.version(number).ok_or_else(|| {
        Failure::input(format!("the memo has versions 1 to {latest}, not {number}"))
    })?;
    let sealed = calls::draft_sealed(draft.memo, number, link.reader.token())
        .send(&desk.http)
        .map_err(from_call)?;
    let reader = desk.keys.reader_of(link, version.link.body.access);
    reader::open_version(draft, version, &sealed.into(), reader, &desk.rules()?)
        .map_err(Failure::negative)
}
