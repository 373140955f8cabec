//! `demur check COPY --fingerprint RECORD`: what a stranger without a bundle can tell.

use std::path::Path;

use demur_check::fingerprint::{CopyForms, FingerprintVerdict, find, published};

use super::{
    audit::audited,
    copies::{Copy, Noted, with_notes},
};
use crate::{
    args::{CheckArgs, Common},
    fail::{Failure, Outcome},
    out::Out,
};

/// Holds a copy against the fingerprints of a record, which is audited first.
pub(super) fn check(
    args: &CheckArgs,
    file: &Path,
    record: &str,
    common: &Common,
    out: Out,
) -> Outcome {
    let (text, notes) = Copy::read(file)?.undoubted()?;
    let copy = CopyForms::parse(text.as_bytes())
        .map_err(|e| Failure::input(format!("{}: {e}", file.display())))?;
    let mut report = audited(record, args.key.as_deref(), common, out)?;
    if let Some(failure) = &report.failure {
        return Err(Failure::negative(format!(
            "{record}: audit failed at {failure}: its fingerprints prove nothing"
        )));
    }
    if let Some(memo) = &args.memo {
        let memo = memo.to_ascii_lowercase();
        report
            .fingerprints
            .retain(|row| row.memo.to_string().starts_with(&memo));
    }
    let known = published(&report.fingerprints);
    let bar = out.bar("fingerprints");
    let progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let found = find(&copy, &known, &progress);
    bar.finish_and_clear();
    let verdict = FingerprintVerdict::new(&report, &copy, found.map_err(Failure::outside)?);
    let noted = Noted {
        verdict: &verdict,
        notes: &notes,
    };
    out.result(with_notes(&verdict.render(), &notes), &noted)?;
    if verdict.is_positive() {
        Ok(())
    } else {
        Err(Failure::negative(&verdict.headline))
    }
}
