//! Cases: what there is to do, and opening one.

use std::{fmt::Write as _, path::Path};

use demur_client::{
    calls,
    keys::RoleKeys,
    office::{self, OpenedCase},
    reader::Check,
};
use demur_encoding::Bytes;
use serde_json::json;

use super::Bench;
use crate::{
    args::MemoRef,
    desk::{threads, verifier},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

pub(crate) fn inbox(home: &Home, out: Out) -> Outcome {
    let (bench, cases) = Bench::open(home, out)?.call(calls::office_cases)?;
    inbox_lines(&bench, &cases, out)
}

fn inbox_lines(bench: &Bench, cases: &demur_client::api::Cases, out: Out) -> Outcome {
    let lines = office::inbox(cases, &bench.desk.mirror);
    let mut text = String::new();
    for line in &lines {
        let step = line.step.map_or("not in the record yet", |s| s.as_str());
        let _ = write!(
            text,
            "{}  {step:<13} version {}",
            line.memo.short(),
            line.version
        );
        if let Some(closed) = &line.closed {
            let _ = write!(text, "  closed: {}", closed.by);
        }
        for deadline in &line.deadlines {
            let _ = write!(
                text,
                "\n          {}: by {}, {}",
                deadline.what, deadline.date, deadline.state
            );
        }
        if line.messages > 0 {
            let _ = write!(
                text,
                "\n          {} messages from the authors",
                line.messages
            );
        }
        text.push('\n');
    }
    if text.is_empty() {
        text.push_str("no cases");
    }
    out.result(text.trim_end(), &lines)
}

/// Fetches and opens a case; the authors see that it was given to this account.
pub(super) fn opened(
    memo: &MemoRef,
    home: &Home,
    out: Out,
) -> Outcome<(Bench, RoleKeys, OpenedCase, Bytes)> {
    let (bench, keys) = Bench::open(home, out)?.office()?;
    let id = bench.named(memo)?;
    let (bench, view) = bench.call(|session| calls::office_case(session, id))?;
    let (bench, file) = bench.call(|session| calls::office_sealed(session, id))?;
    let file = Bytes(file);
    let check = Check {
        verifier: verifier()?,
        threads: threads(),
    };
    let rules = bench.desk.rules()?;
    let case = office::open(
        &keys,
        id,
        view,
        &file,
        &rules,
        &bench.desk.mirror,
        check,
        &mut sys::rng(),
    )
    .map_err(Failure::negative)?;
    Ok((bench, keys, case, file))
}

/// Opens a case: text, tallies, names, conversation. Returns the sealed file too.
pub(crate) fn open(
    memo: &MemoRef,
    file: Option<&Path>,
    home: &Home,
    out: Out,
) -> Outcome<(OpenedCase, Bytes)> {
    let (_, _, case, sealed) = opened(memo, home, out)?;
    let mut text = String::new();
    for version in &case.draft.versions {
        let number = version.link.body.number;
        let count = case.draft.count(number);
        let _ = writeln!(
            text,
            "version {number}: {} signed, {} endorse it, {} late",
            count.signed, count.endorsed, count.late
        );
    }
    for signer in case.named.iter().filter(|s| s.stands) {
        let (name, title, email) = (&signer.name, &signer.title, &signer.email);
        let _ = writeln!(
            text,
            "by name: {name} ({title}) <{email}>, {} version {}",
            signer.action.as_str(),
            signer.version
        );
    }
    for problem in &case.problems {
        let _ = writeln!(
            text,
            "a note that can't be read: sign-on {} of {}: {}",
            problem.seq,
            problem.nullifier.short(),
            problem.why
        );
    }
    for line in &case.messages {
        let body = line
            .text
            .clone()
            .unwrap_or_else(|why| format!("[can't be read: {why}]"));
        let _ = writeln!(
            text,
            "message {} ({}, {}): {body}",
            line.number, line.from, line.day
        );
    }
    if let Some(rejoinder) = &case.rejoinder {
        let _ = writeln!(text, "rejoinder:\n{rejoinder}");
    }
    let body = case.envelope.text();
    match file {
        Some(path) => {
            sys::write_private(path, body.as_bytes())?;
            let _ = write!(
                text,
                "the text of version {} is in {}",
                case.version,
                path.display()
            );
        }
        None => {
            let banner = case.memo.banner();
            let _ = write!(text, "\n{banner}\n\n{}\n{banner}", body.trim_end());
        }
    }
    out.result(
        text,
        &json!({
            "memo": case.draft.memo, "version": case.version, "text": body, "banner": case.memo.banner(),
            "named": case.named, "problems": case.problems, "rejoinder": case.rejoinder,
        }),
    )?;
    Ok((case, sealed))
}
