//! `demur memo bundle`.

use std::collections::{BTreeMap, BTreeSet};

use demur_check::bundle::{Bundle, RecordFiles};
use demur_memo::content::Selection;
use serde_json::json;

use super::{draft, open};
use crate::{
    args::BundleArgs,
    desk::Desk,
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys,
};

/// Writes a bundle: every version whole, or the chosen versions and portions.
pub(crate) fn bundle(args: &BundleArgs, home: &Home, out: Out) -> Outcome {
    let mut desk = Desk::open(home, out)?;
    let (link, draft) = draft(&mut desk, &args.memo)?;
    if !draft.filed {
        return Err(Failure::negative(
            "the memo is not filed: a bundle proves what the record shows, and it shows nothing of a draft",
        ));
    }
    let latest = draft.latest().map_or(0, |v| v.link.body.number);
    let versions = match &args.versions {
        Some(list) => numbers("--versions", list)?,
        // Portions are counted in the latest version, unless others are named.
        None if args.portions.is_some() => BTreeSet::from([latest]),
        None => (1..=latest).collect(),
    };
    let portions = args
        .portions
        .as_deref()
        .map(|list| numbers("--portions", list))
        .transpose()?;
    let mut disclosures = BTreeMap::new();
    for number in versions {
        let opened = open(&desk, &link, &draft, Some(number))?;
        let selection = match &portions {
            None => Selection::whole(),
            Some(chosen) => chosen
                .iter()
                .fold(Selection::nothing(), |s, n| s.with_portion(*n)),
        };
        let disclosure = opened
            .content
            .disclose(&selection)
            .map_err(|e| Failure::input(format!("version {number}: {e}")))?;
        disclosures.insert(number, disclosure);
    }
    let record = record(&desk)?;
    let map = desk.mirror.replay().state_map().map_err(Failure::outside)?;
    let bundle =
        Bundle::build(&record, draft.memo, map.leaves(), disclosures).map_err(Failure::outside)?;
    let bytes = bundle.to_bytes().map_err(Failure::outside)?;
    sys::write(&args.out, &bytes)?;
    out.result(
        format_args!(
            "{}: {} bytes; anyone who has the channel's key can verify it: demur verify {}",
            args.out.display(),
            bytes.len(),
            args.out.display()
        ),
        &json!({ "file": args.out, "bytes": bytes.len() }),
    )
}

/// The record as this home's mirror has it, accepted by its policy.
fn record(desk: &Desk) -> Outcome<RecordFiles> {
    let state = desk.mirror.state();
    let mut history: BTreeMap<u64, Vec<u8>> = state
        .checkpoints
        .iter()
        .map(|(size, note)| (*size, note.clone().into_bytes()))
        .collect();
    let (_, note) = history
        .pop_last()
        .ok_or_else(|| Failure::negative("the mirror holds no checkpoint yet"))?;
    Ok(RecordFiles {
        note,
        history,
        entries: state.entries.iter().map(|bytes| bytes.0.clone()).collect(),
    })
}

/// `1,4-6` as numbers.
fn numbers(what: &str, list: &str) -> Outcome<BTreeSet<u32>> {
    const MOST: u32 = 10_000;
    let bad = || {
        Failure::input(format!(
            "{what} {list}: expected numbers and ranges such as 1,4-6"
        ))
    };
    let mut all = BTreeSet::new();
    for part in list.split(',').map(str::trim) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let from: u32 = from.trim().parse().map_err(|_| bad())?;
        let to: u32 = to.trim().parse().map_err(|_| bad())?;
        if from == 0 || to < from || to > MOST {
            return Err(bad());
        }
        all.extend(from..=to);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_numbers() {
        assert_eq!(
            numbers("x", "1, 4-6")
                .unwrap()
                .into_iter()
                .collect::<Vec<_>>(),
            [1, 4, 5, 6]
        );
        for bad in ["", "0", "3-2", "a", "1,,2", "1-4000000000", "-1"] {
            assert!(numbers("x", bad).is_err(), "{bad}");
        }
    }
}
