//! `demur receipt`: whether an entry stood in the record, offline.

use demur_encoding::Time;
use demur_record::{entry::Entry, receipt::Receipt};
use serde_json::json;

use crate::{
    args::{Common, ReceiptArgs},
    commands::believed::Believed,
    fail::{Failure, Outcome},
    out::Out,
    sys,
};

/// Verifies a receipt (C2SP tlog-proof) of an entry.
pub(crate) fn run(args: &ReceiptArgs, common: &Common, out: Out) -> Outcome {
    let believed = Believed::find(args.key.as_deref(), common, &[])?;
    let bytes = sys::read(&args.entry)?;
    let told = |e: &dyn std::fmt::Display| Failure::input(format!("{}: {e}", args.entry.display()));
    let entry = Entry::from_slice(&bytes).map_err(|e| told(&e))?;
    let receipt = Receipt::parse(&sys::read(&args.receipt)?)
        .map_err(|e| Failure::input(format!("{}: {e}", args.receipt.display())))?;
    let accepted = receipt
        .verify(&believed.into_policy()?, &bytes)
        .map_err(|e| Failure::negative(format!("{}: {e}", args.receipt.display())))?;
    let by: Vec<&str> = accepted
        .witnesses
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let when = match accepted.time {
        Some(time) => format!("at {time}, witnessed by {}", by.join(", ")),
        None => "by the log's word alone: give a trust policy that names witnesses for the time"
            .to_owned(),
    };
    let size = accepted.checkpoint.size;
    let time: Option<Time> = accepted.time;
    out.result(
        format_args!(
            "entry {} ({}) is in the record of {}, under the checkpoint of {size} entries, {when}",
            receipt.index,
            entry.kind(),
            accepted.checkpoint.origin
        ),
        &json!({
            "entry": receipt.index, "type": entry.kind(), "origin": accepted.checkpoint.origin,
            "size": size, "root": accepted.checkpoint.hash, "time": time, "witnesses": by,
        }),
    )
}
