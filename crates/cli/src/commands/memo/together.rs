//! What authors decide together: file, withdraw, rejoin, release.

use std::path::Path;

use demur_check::bundle::Bundle;
use demur_client::{
    api::{Approved, PostApproval},
    author::{self, MyMemo, Proposal},
    calls,
    reader::Draft,
};
use demur_record::entry::ApprovalBody;
use serde_json::json;

use super::{draft, open};
use crate::{
    args::MemoRef,
    desk::{Desk, from_call},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

/// What came of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// More authors must agree.
    Waiting,
    /// It is done.
    Done,
}

/// Files the latest version, or agrees to a co-author's filing after looking into the sealed file.
pub(crate) fn file(memo: &MemoRef, home: &Home, out: Out) -> Outcome<Done> {
    let (mut desk, draft, my, link) = start(memo, home, out)?;
    let latest = draft
        .latest()
        .ok_or_else(|| Failure::negative("the memo has no version yet"))?
        .link
        .body
        .number;
    let waiting = |body: &ApprovalBody| matches!(body, ApprovalBody::File { version, .. } if *version == latest);
    let post = match reviewed(&desk, &my, &draft, waiting)? {
        Some((Proposal::File { version, memo }, post)) => {
            out.line(format_args!(
                "your co-author's file holds version {version}, “{}”, exactly as it is registered",
                memo.head().title
            ));
            post
        }
        Some(_) => {
            return Err(Failure::negative(
                "the server shows another proposal than a filing",
            ));
        }
        None => {
            let opened = open(&desk, &link, &draft, None)?;
            author::propose_filing(&my, &draft, &opened, &desk.mirror).map_err(Failure::input)?
        }
    };
    send(
        &mut desk,
        &draft,
        &post,
        "filed: the office has it, and the record will show it with every sign-on",
        out,
    )
}

/// Takes the memo back.
pub(crate) fn withdraw(memo: &MemoRef, home: &Home, out: Out) -> Outcome<Done> {
    let (mut desk, draft, my, _) = start(memo, home, out)?;
    let done = if draft.filed {
        "withdrawn"
    } else {
        "withdrawn: the draft is erased, the record shows nothing of it"
    };
    let post = author::propose_withdrawal(&my, &draft, &desk.mirror).map_err(Failure::input)?;
    send(&mut desk, &draft, &post, done, out)
}

/// Replies to the response, or agrees to a co-author's reply.
pub(crate) fn rejoin(memo: &MemoRef, text: Option<&Path>, home: &Home, out: Out) -> Outcome<Done> {
    let (mut desk, draft, my, _) = start(memo, home, out)?;
    let post = match text {
        Some(file) => author::propose_rejoinder(&my, &sys::read_text(file)?, &desk.mirror)
            .map_err(Failure::input)?,
        None => match reviewed(&desk, &my, &draft, |body| {
            matches!(body, ApprovalBody::Rejoin { .. })
        })? {
            Some((Proposal::Rejoin { text }, post)) => {
                out.line(format_args!(
                    "the rejoinder that waits:\n\n{}\n",
                    text.unwrap_or_default()
                ));
                post
            }
            _ => {
                return Err(Failure::input(
                    "no rejoinder waits for your word; give its text",
                ));
            }
        },
    };
    send(
        &mut desk,
        &draft,
        &post,
        "rejoined: the office has your reply",
        out,
    )
}

/// Makes a bundle public, or agrees to that.
pub(crate) fn release(
    memo: &MemoRef,
    bundle: Option<&Path>,
    home: &Home,
    out: Out,
) -> Outcome<Done> {
    let (mut desk, draft, my, _) = start(memo, home, out)?;
    let post = match bundle {
        Some(file) => {
            let bundle = sys::read(file)?;
            about(&draft, file, &bundle)?;
            author::propose_release(&my, &draft, bundle).map_err(Failure::input)?
        }
        None => match reviewed(&desk, &my, &draft, |body| {
            matches!(body, ApprovalBody::Release { .. })
        })? {
            Some((Proposal::Release { bundle }, post)) => {
                let file = desk
                    .home
                    .path(&format!("{}.proposed.demur", draft.memo.short()));
                sys::write(&file, &bundle)?;
                about(&draft, &file, &bundle)?;
                out.line(format_args!(
                    "the bundle that you agree to make public is in {}",
                    file.display()
                ));
                post
            }
            _ => {
                return Err(Failure::input(
                    "no release waits for your word; give the bundle",
                ));
            }
        },
    };
    let earlier = { desk.mirror.replay().memo(draft.memo) }.map_or(0, |memo| memo.released().len());
    if earlier > 0 {
        let (s, they) = if earlier == 1 {
            ("", "it shows")
        } else {
            ("s", "they show")
        };
        out.line(format_args!(
            "{earlier} earlier release{s} of this memo in the record for ever: what {they}, this one can't hide"
        ));
    }
    send(
        &mut desk,
        &draft,
        &post,
        "released: anyone can fetch the bundle; this can't be taken back",
        out,
    )
}

/// Refuses to make public what is no bundle of this memo: a mistaken file can't be taken back.
fn about(draft: &Draft, file: &Path, bytes: &[u8]) -> Outcome {
    let bundle = Bundle::parse(bytes)
        .map_err(|e| Failure::input(format!("{}: {e}: nothing is released", file.display())))?;
    if bundle.memo() == draft.memo {
        return Ok(());
    }
    Err(Failure::input(format!(
        "{}: it is a bundle of memo {}, not of {}: nothing is released",
        file.display(),
        bundle.memo().short(),
        draft.memo.short()
    )))
}

pub(super) type Start = (Desk, Draft, MyMemo, demur_client::link::Link);

pub(super) fn start(memo: &MemoRef, home: &Home, out: Out) -> Outcome<Start> {
    let mut desk = Desk::open(home, out)?;
    let (link, draft) = draft(&mut desk, memo)?;
    desk.require_author(draft.memo)?;
    let my = desk.keys.memos[&draft.memo].clone();
    Ok((desk, draft, my, link))
}

/// The proposal of a co-author that waits for this author's word, looked into, and this author's approval of it.
pub(super) fn reviewed(
    desk: &Desk,
    my: &MyMemo,
    draft: &Draft,
    wanted: impl Fn(&ApprovalBody) -> bool,
) -> Outcome<Option<(Proposal, PostApproval)>> {
    let me = my.keys.sign.public();
    let others = |w: &&demur_client::api::Waiting| {
        wanted(&w.body) && w.approvals.iter().all(|a| a.author != me)
    };
    let Some(waiting) = draft.waiting.iter().find(others) else {
        return Ok(None);
    };
    let proposed = author::review(my, waiting, draft, &desk.rules()?, &desk.mirror)
        .map_err(|e| Failure::negative(format!("don't agree to this: {e}")))?;
    let post = author::approve(my, proposed.body, None);
    Ok(Some((proposed.proposal, post)))
}

pub(super) fn send(
    desk: &mut Desk,
    draft: &Draft,
    post: &PostApproval,
    done: &str,
    out: Out,
) -> Outcome<Done> {
    match calls::approve(draft.memo, post)
        .send(&desk.http)
        .map_err(from_call)?
    {
        Approved::Waiting { have, need } => {
            out.result(
                format_args!("{have} of {need} authors agree; the others run the same command"),
                &json!({ "state": "waiting", "have": have, "need": need }),
            )?;
            Ok(Done::Waiting)
        }
        Approved::Done { promise, entry } => {
            let erased = !draft.filed && matches!(post.body, ApprovalBody::Withdraw { .. });
            if let Some(my) = desk.keys.memos.get_mut(&draft.memo).filter(|_| !erased) {
                let (now, note) = (sys::now(), promise.as_deref());
                author::agreed(my, &post.body, note, entry, &desk.mirror, now)
                    .map_err(Failure::negative)?;
                desk.save()?;
            }
            out.result(done, &json!({ "state": "done", "promise": promise }))?;
            Ok(Done::Done)
        }
    }
}
