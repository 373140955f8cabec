//! The case as its authors see it.

use std::io::Read as _;

use demur_client::{
    author::{self, AuthorCase},
    calls,
    reader::Draft,
};
use serde_json::json;

use super::draft;
use crate::{
    args::MemoRef,
    desk::{Desk, from_call},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

/// The longest text that is taken from standard input, in bytes.
const MAX_INPUT: u64 = 1 << 20;

/// What only the authors see, held against the record.
pub(super) fn case(desk: &Desk, draft: &Draft) -> Outcome<AuthorCase> {
    desk.require_author(draft.memo)?;
    let my = &desk.keys.memos[&draft.memo];
    let request = author::view_request(my, sys::now());
    let view = calls::author_view(draft.memo, request)
        .send(&desk.http)
        .map_err(from_call)?;
    author::open_case(my, view, &desk.mirror).map_err(Failure::negative)
}

/// Writes to the office.
pub(crate) fn message(memo: &MemoRef, text: &str, home: &Home, out: Out) -> Outcome {
    let text = text_or_input(text)?;
    let mut desk = Desk::open(home, out)?;
    let (_, draft) = draft(&mut desk, memo)?;
    desk.require_author(draft.memo)?;
    let my = &desk.keys.memos[&draft.memo];
    let post = author::message(my, &text, &desk.mirror, sys::now()).map_err(Failure::input)?;
    let sent = calls::author_message(draft.memo, &post)
        .send(&desk.http)
        .map_err(from_call)?;
    out.result(
        format_args!("message {} sent to the office", sent.number),
        &json!({ "number": sent.number }),
    )
}

/// The text itself, or standard input for `-`.
pub(crate) fn text_or_input(text: &str) -> Outcome<String> {
    if text != "-" {
        return Ok(text.to_owned());
    }
    let mut input = String::new();
    std::io::stdin()
        .take(MAX_INPUT)
        .read_to_string(&mut input)
        .map_err(Failure::input)?;
    Ok(input)
}
