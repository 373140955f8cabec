//! Reading: text, differences, how a memo stands.

use std::fmt::Write as _;

use demur_channel::Step;
use demur_client::{
    author, calls,
    reader::{self, Draft, Standing},
};
use demur_memo::diff::{Diff, PortionChange, WordRun};
use serde::Serialize;
use serde_json::json;

use super::{draft, open};
use crate::{
    args::{MemoFileArgs, MemoRef, Readable},
    commands::sign,
    desk::{Desk, from_call},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

/// Writes the latest version's text to a file.
pub(crate) fn edit(args: &MemoFileArgs, home: &Home, out: Out) -> Outcome {
    if args.text.exists() {
        return Err(Failure::input(format!(
            "{}: exists; nothing was written",
            args.text.display()
        )));
    }
    let (number, text) = text_of(&args.memo, None, home, out)?;
    sys::write_private(&args.text, text.as_bytes())?;
    out.result(
        format_args!(
            "version {number} is in {}; when it is changed: demur memo amend … {} --base {number}",
            args.text.display(),
            args.text.display()
        ),
        &json!({ "version": number, "file": args.text }),
    )
}

/// A version's number and text.
pub(crate) fn text_of(
    memo: &MemoRef,
    version: Option<u32>,
    home: &Home,
    out: Out,
) -> Outcome<(u32, String)> {
    let mut desk = Desk::open(home, out)?;
    let (link, draft) = draft(&mut desk, memo)?;
    let opened = open(&desk, &link, &draft, version)?;
    Ok((opened.envelope.version(), opened.envelope.text().to_owned()))
}

pub(crate) fn read(
    memo: &MemoRef,
    what: Readable,
    version: Option<u32>,
    home: &Home,
    out: Out,
) -> Outcome {
    if what == Readable::Memo {
        let mut desk = Desk::open(home, out)?;
        let (link, draft) = draft(&mut desk, memo)?;
        let opened = open(&desk, &link, &draft, version)?;
        return out.result(
            format_args!("{}\n\n{}\n{}", opened.memo.banner(), opened.envelope.text().trim_end(), opened.memo.banner()),
            &json!({ "version": opened.envelope.version(), "banner": opened.memo.banner(), "text": opened.envelope.text() }),
        );
    }
    let mut desk = Desk::open(home, out)?;
    let (_, draft) = draft(&mut desk, memo)?;
    let case = super::case::case(&desk, &draft)?;
    match what {
        Readable::Response => {
            let response = case
                .response
                .ok_or_else(|| Failure::negative("the office has not responded yet"))?;
            out.result(
                response.to_text(),
                &json!({ "response": response.to_text() }),
            )
        }
        Readable::Return => {
            let returned = case
                .returned
                .ok_or_else(|| Failure::negative("the office did not return the memo"))?;
            let letter = returned.letter.map_err(Failure::negative)?;
            out.result(
                format_args!("reason: {}\n\n{letter}", returned.reason),
                &json!({ "reason": returned.reason, "letter": letter }),
            )
        }
        Readable::Messages | Readable::Memo => {
            let mut text = String::new();
            let mut list = Vec::new();
            for line in case.messages {
                let body = line
                    .text
                    .unwrap_or_else(|why| format!("[can't be read: {why}]"));
                let _ = writeln!(
                    text,
                    "{} · {} · {}\n{body}\n",
                    line.number, line.from, line.day
                );
                list.push(json!({ "number": line.number, "from": line.from, "day": line.day, "text": body }));
            }
            out.result(text.trim_end(), &list)
        }
    }
}

/// What an amendment changed.
pub(crate) fn diff(
    memo: &MemoRef,
    from: Option<u32>,
    to: Option<u32>,
    home: &Home,
    out: Out,
) -> Outcome {
    let mut desk = Desk::open(home, out)?;
    let (link, draft) = draft(&mut desk, memo)?;
    let new = open(&desk, &link, &draft, to)?;
    let number = new.envelope.version();
    let from = match from {
        Some(from) => from,
        None if number > 1 => number - 1,
        None => {
            return Err(Failure::input(
                "the memo has one version only: there is nothing to compare",
            ));
        }
    };
    let old = open(&desk, &link, &draft, Some(from))?;
    let diff = demur_memo::diff::diff(&old.memo, &new.memo);
    out.result(
        format_args!(
            "version {from} → version {number}    [-removed-] {{+added+}}\n\n{}",
            diff_text(&diff).trim_end()
        ),
        &json!({ "from": from, "to": number, "diff": diff_text(&diff) }),
    )
}

/// A difference paragraph by paragraph, words marked as `git diff --word-diff` does.
pub(super) fn diff_text(diff: &Diff) -> String {
    let mut text = String::new();
    if diff.is_empty() {
        text.push_str("nothing differs\n");
    }
    for field in &diff.head {
        let _ = writeln!(text, "head, {}: {}\n", field.label, runs(&field.runs));
    }
    let mut same = 0;
    for change in &diff.portions {
        if let PortionChange::Unchanged { .. } = change {
            same += 1;
            continue;
        }
        let _ = match change {
            PortionChange::Unchanged { .. } => Ok(()),
            PortionChange::Changed {
                old,
                new,
                marking,
                marked,
                runs: words,
                ..
            } => {
                let place = if old == new {
                    format!("paragraph {new}")
                } else {
                    format!("paragraph {old}, now {new}")
                };
                let marking = marking.as_ref().map_or_else(
                    || format!("({marked})"),
                    |(old, new)| format!("[-({old})-] {{+({new})+}}"),
                );
                writeln!(text, "{place}, changed: {marking} {}\n", runs(words))
            }
            PortionChange::Added { new } => {
                writeln!(
                    text,
                    "paragraph {}, added: {{+({}) {}+}}\n",
                    new.number(),
                    new.marking(),
                    new.text()
                )
            }
            PortionChange::Removed { old } => {
                writeln!(
                    text,
                    "paragraph {}, removed: [-({}) {}-]\n",
                    old.number(),
                    old.marking(),
                    old.text()
                )
            }
            PortionChange::Moved { old, new } => {
                writeln!(
                    text,
                    "paragraph {old}, moved: it is paragraph {} now\n",
                    new.number()
                )
            }
        };
    }
    if same > 0 {
        let _ = writeln!(text, "{same} paragraphs unchanged");
    }
    text
}

fn runs(runs: &[WordRun]) -> String {
    let run = |run: &WordRun| match run {
        WordRun::Same(words) => words.clone(),
        WordRun::Removed(words) => format!("[-{words}-]"),
        WordRun::Added(words) => format!("{{+{words}+}}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(" ")
}

/// How a memo stands, for people and for programs.
#[derive(Debug, Serialize)]
pub(crate) struct StatusLines {
    /// Lines for people.
    #[serde(skip)]
    pub(crate) text: String,
    versions: Vec<serde_json::Value>,
    filed: bool,
    steps: Vec<serde_json::Value>,
    deadlines: Vec<serde_json::Value>,
    accesses: Vec<serde_json::Value>,
    /// This device's own acts.
    acts: Vec<serde_json::Value>,
    /// What this device sent and the others don't see.
    #[serde(skip)]
    left_out: Option<String>,
}

pub(crate) fn status(memo: &MemoRef, home: &Home, out: Out) -> Outcome {
    let mut desk = Desk::open(home, out)?;
    let (_, draft) = draft(&mut desk, memo)?;
    let lines = status_lines(&desk, &draft)?;
    let text = lines.text.trim_end().to_owned();
    out.result(text, &lines)?;
    // The status was shown; that something is hidden is a negative verdict.
    lines
        .left_out
        .map_or(Ok(()), |why| Err(Failure::negative(why)))
}

pub(crate) fn status_lines(desk: &Desk, draft: &Draft) -> Outcome<StatusLines> {
    let mut lines = StatusLines {
        text: String::new(),
        versions: Vec::new(),
        filed: draft.filed,
        steps: Vec::new(),
        deadlines: Vec::new(),
        accesses: Vec::new(),
        acts: Vec::new(),
        left_out: None,
    };
    let text = &mut lines.text;
    let _ = writeln!(text, "memo {}", draft.memo);
    for version in &draft.versions {
        let number = version.link.body.number;
        let count = draft.count(number);
        let standing = match version.standing {
            Standing::Waiting => "waits for the next batch".to_owned(),
            Standing::Recorded { time, .. } => format!("in the record since {time}"),
        };
        let cohorts: Vec<String> = count
            .cohorts
            .iter()
            .map(|(name, n)| format!("{name} {n}"))
            .collect();
        let cohorts = if cohorts.is_empty() {
            String::new()
        } else {
            format!(" ({})", cohorts.join(", "))
        };
        let endorsed = if count.endorsed > 0 {
            format!(", {} endorse it", count.endorsed)
        } else {
            String::new()
        };
        let late = if count.late > 0 {
            format!(", {} of them late", count.late)
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "  version {number}: {} signed{cohorts}{late}{endorsed}; {standing}",
            count.signed
        );
        lines.versions.push(json!({
            "version": number, "content_root": version.link.body.content_root, "signed": count.signed,
            "cohorts": count.cohorts, "endorsed": count.endorsed, "late": count.late, "since": version.standing.since(),
        }));
    }
    if draft.waiting.is_empty() && !draft.filed {
        let _ = writeln!(text, "  a draft: nobody but who holds the link knows of it");
    }
    for waiting in &draft.waiting {
        let what = serde_json::to_value(&waiting.body).map_err(Failure::outside)?;
        let action = what["action"].as_str().unwrap_or_default();
        let _ = writeln!(
            text,
            "  to {action}: {} of {} authors agree",
            waiting.approvals.len(),
            draft.opening.threshold
        );
    }
    if let (Some(case), Some(now)) = (desk.mirror.case(draft.memo), desk.mirror.time()) {
        for (step, time) in Step::ALL
            .into_iter()
            .filter_map(|step| Some((step, case.time_of(step)?)))
        {
            let _ = writeln!(text, "  {step} {time}");
            lines
                .steps
                .push(json!({ "step": step.to_string(), "time": time }));
        }
        for deadline in case.deadlines(now) {
            let done = deadline
                .done
                .map_or_else(String::new, |at| format!(" on {at}"));
            let _ = writeln!(
                text,
                "  {}: by {}, {}{done}",
                deadline.what, deadline.date, deadline.state
            );
            lines.deadlines.push(json!({
                "what": deadline.what.to_string(), "due": deadline.date.to_string(),
                "state": deadline.state.to_string(), "done": deadline.done,
            }));
        }
    }
    if let Some(my) = desk.keys.memos.get(&draft.memo) {
        let request = author::view_request(my, sys::now());
        let view = calls::author_view(draft.memo, request)
            .send(&desk.http)
            .map_err(from_call)?;
        let case = author::open_case(my, view, &desk.mirror).map_err(Failure::negative)?;
        let text = &mut lines.text;
        for access in &case.accesses {
            let recorded = if access.recorded {
                ""
            } else {
                ", not in the record yet"
            };
            let _ = writeln!(
                text,
                "  the sealed file was given to {} ({}) {}{recorded}",
                access.account, access.role, access.time
            );
            lines.accesses.push(json!({
                "account": access.account, "role": access.role, "time": access.time, "recorded": access.recorded,
            }));
        }
        if !case.messages.is_empty() {
            let _ = writeln!(
                text,
                "  {} messages: demur memo read … --what messages",
                case.messages.len()
            );
        }
        if case.response.is_some() {
            let _ = writeln!(text, "  the response: demur memo read … --what response");
        }
        if case.returned.is_some() {
            let _ = writeln!(
                text,
                "  the letter of return: demur memo read … --what return"
            );
        }
    }
    let followed = sign::followed(desk, draft);
    for (seq, status) in &followed {
        let status = sign::status_text(status);
        let _ = writeln!(lines.text, "  your act {seq}: {status}");
        lines.acts.push(json!({ "seq": seq, "status": status }));
    }
    let mut left_out: Vec<String> = sign::left_out(&followed).into_iter().collect();
    if let Some(my) = desk.keys.memos.get(&draft.memo) {
        let missing = reader::missing_versions(draft, my, &desk.mirror);
        left_out.extend(missing.iter().filter(|m| m.at.entry < desk.asked).map(|m| {
            format!("your {} is in the record (entry {}) and is not shown with the memo: keep this home, and tell the overseer", m.what, m.at.entry)
        }));
    }
    lines.left_out = (!left_out.is_empty()).then(|| left_out.join("\n"));
    let _ = writeln!(
        lines.text,
        "  as of {}",
        desk.mirror
            .time()
            .map_or_else(|| "no witnessed time".to_owned(), |t| t.to_string())
    );
    Ok(lines)
}
