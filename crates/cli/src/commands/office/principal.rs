//! `demur principal`: what was distributed to me.

use std::{fmt::Write as _, path::Path};

use demur_client::{
    calls,
    office::{self, DistributedMemo},
    reader::Check,
};
use demur_encoding::Bytes;
use serde_json::json;

use super::Bench;
use crate::{
    args::{MemoRef, PrincipalCommand},
    desk::{threads, verifier},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

pub(crate) fn run_principal(command: PrincipalCommand, home: &Home, out: Out) -> Outcome {
    match command {
        PrincipalCommand::Inbox => principal_inbox(home, out),
        PrincipalCommand::Open { memo, out: file } => {
            principal_open(&memo, file.as_deref(), home, out)
        }
    }
}

fn principal_inbox(home: &Home, out: Out) -> Outcome {
    let (bench, cases) = Bench::open(home, out)?.call(calls::principal_cases)?;
    let mut text = String::new();
    for case in &cases.cases {
        let filed = bench
            .desk
            .mirror
            .case(case.memo)
            .and_then(|c| c.time_of(demur_channel::Step::Filed));
        let filed = filed.map_or_else(|| "not in the record yet".to_owned(), |t| t.to_string());
        let _ = writeln!(
            text,
            "{}  version {}  filed {filed}",
            case.memo.short(),
            case.version
        );
    }
    if text.is_empty() {
        text.push_str("nothing was distributed to you");
    }
    out.result(text.trim_end(), &cases)
}

/// Opens what was distributed to this principal.
pub(crate) fn principal_open(
    memo: &MemoRef,
    file: Option<&Path>,
    home: &Home,
    out: Out,
) -> Outcome {
    let bench = Bench::open(home, out)?;
    let id = bench.named(memo)?;
    let (bench, sealed) = bench.call(|session| calls::principal_sealed(session, id))?;
    let check = Check {
        verifier: verifier()?,
        threads: threads(),
    };
    let rules = bench.desk.rules()?;
    let DistributedMemo {
        draft, memo: text, ..
    } = office::open_as_principal(
        &bench.account.keys,
        id,
        &Bytes(sealed),
        &rules,
        &bench.desk.mirror,
        check,
        &mut sys::rng(),
    )
    .map_err(Failure::negative)?;
    let signed: Vec<String> = draft
        .versions
        .iter()
        .map(|v| {
            format!(
                "version {}: {} signed",
                v.link.body.number,
                draft.count(v.link.body.number).signed
            )
        })
        .collect();
    let banner = text.banner();
    if let Some(path) = file {
        sys::write_private(path, text.to_text().as_bytes())?;
        return out.result(
            format_args!("{}\nthe text is in {}", signed.join("\n"), path.display()),
            &json!({ "memo": id, "file": path }),
        );
    }
    out.result(
        format_args!(
            "{}\n\n{banner}\n\n{}\n{banner}",
            signed.join("\n"),
            text.to_text().trim_end()
        ),
        &json!({ "memo": id, "banner": banner, "text": text.to_text() }),
    )
}
