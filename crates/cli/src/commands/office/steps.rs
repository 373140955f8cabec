//! The steps of a case, and writing to its authors.

use std::path::Path;

use demur_channel::Response;
use demur_client::{calls, office};
use serde_json::json;

use super::{Bench, cases::opened};
use crate::{
    args::MemoRef,
    commands::memo,
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

pub(crate) fn acknowledge(memo: &MemoRef, home: &Home, out: Out) -> Outcome {
    let (bench, keys) = Bench::open(home, out)?.office()?;
    let id = bench.named(memo)?;
    let post = office::acknowledge(&keys, id, &bench.desk.mirror).map_err(Failure::input)?;
    bench.step(id, &post)?;
    out.result(
        format_args!("{} acknowledged", id.short()),
        &json!({ "memo": id, "step": "acknowledged" }),
    )
}

/// Sends the memo back, with the reason and where to go instead.
pub(crate) fn return_memo(
    memo: &MemoRef,
    reason: &str,
    letter: Option<&Path>,
    home: &Home,
    out: Out,
) -> Outcome {
    let (bench, keys) = Bench::open(home, out)?.office()?;
    let id = bench.named(memo)?;
    let letter = letter.map(sys::read_text).transpose()?.unwrap_or_default();
    let post = office::return_memo(&keys, id, reason, &letter, &bench.desk.mirror)
        .map_err(Failure::input)?;
    bench.step(id, &post)?;
    out.result(
        format_args!("{} returned: {reason}", id.short()),
        &json!({ "memo": id, "step": "returned", "reason": reason }),
    )
}

pub(crate) fn distribute(memo: &MemoRef, to: &[String], home: &Home, out: Out) -> Outcome {
    let (bench, keys, case, _) = opened(memo, home, out)?;
    let id = case.draft.memo;
    let profile = bench
        .desk
        .mirror
        .profile()
        .ok_or_else(|| Failure::negative("the record holds no profile"))?;
    let to = if to.is_empty() {
        office::default_distribution(profile)
    } else {
        to.to_vec()
    };
    let post = office::distribute(&keys, id, &case.envelope, &to, &bench.desk.mirror)
        .map_err(Failure::input)?;
    bench.step(id, &post)?;
    out.result(
        format_args!("{} distributed to {}", id.short(), to.join(", ")),
        &json!({ "memo": id, "step": "distributed", "to": to }),
    )
}

/// Answers each point.
pub(crate) fn respond(memo: &MemoRef, text: &Path, home: &Home, out: Out) -> Outcome {
    let (bench, keys, case, _) = opened(memo, home, out)?;
    let id = case.draft.memo;
    let points = u32::try_from(case.memo.head().points.len()).map_err(Failure::input)?;
    let written = sys::read_text(text)?;
    let response: Response = Response::parse(&written).map_err(|e| {
        Failure::input(format!(
            "{}: {e}\n\nIt begins so:\n\n{}",
            text.display(),
            Response::template(id, points)
        ))
    })?;
    let post = office::respond(
        &keys,
        id,
        points,
        response,
        &bench.desk.mirror,
        &mut sys::rng(),
    )
    .map_err(|e| Failure::input(format!("{}: {e}", text.display())))?;
    bench.step(id, &post)?;
    out.result(
        format_args!("{} answered, all {points} points", id.short()),
        &json!({ "memo": id, "step": "responded", "points": points }),
    )
}

/// Writes to the authors, who have no account.
pub(crate) fn message(memo: &MemoRef, text: &str, home: &Home, out: Out) -> Outcome {
    let text = memo::text_or_input(text)?;
    let (bench, keys) = Bench::open(home, out)?.office()?;
    let id = bench.named(memo)?;
    let sealed = office::message(&keys, id, &text, &bench.desk.mirror, sys::now())
        .map_err(Failure::input)?;
    let (_, sent) = bench.call(|session| calls::office_message(session, id, sealed.clone()))?;
    out.result(
        format_args!("message {} sent to the authors", sent.number),
        &json!({ "number": sent.number }),
    )
}
