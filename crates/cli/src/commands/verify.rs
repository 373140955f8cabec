//! `demur verify | check`: what anybody can do with files and the channel's key.

mod paper;

use std::path::Path;

use demur_check::{
    bundle::{Bundle, BundleError, HEADER, Trust, Verified, Work},
    verdict::Verdict,
};
use demur_paper::{Form, Known};
use demur_record::tiles::{Tree, read_entries};

pub(crate) use self::paper::paper_with;
use super::{
    audit::{policy_of_record, run_audit},
    believed::{Believed, beside},
    copies::{self, Checked, Copy},
};
use crate::{
    args::{CheckArgs, Common, VerifyArgs},
    desk::threads,
    fail::{Failure, Outcome},
    out::Out,
    source::Source,
    sys,
};

/// Verifies a bundle, or a paper, offline unless a record is named.
pub(crate) fn verify(args: &VerifyArgs, common: &Common, out: Out) -> Outcome {
    let believed = Believed::find(args.key.as_deref(), common, &beside(&args.bundle, 1))?;
    let file = sys::read(&args.bundle)?;
    if let Some(form) = Form::of(&file) {
        return paper::verify(args, form, &file, &believed, common, out);
    }
    let name = args.bundle.display().to_string();
    let (bundle, verified) = opened(&file, &name, &believed, out)?;
    if let Some(place) = &args.record {
        hold_against(&bundle, &verified, place, &believed, common, out)?;
    }
    let verdict = Verdict::new(&verified, None);
    out.result(verdict.render().trim_end(), &verdict)
}

/// Holds a copy, or quoted passages, against a bundle.
pub(crate) fn check(args: &CheckArgs, common: &Common, out: Out) -> Outcome {
    if let (Some(record), Some(copy)) = (&args.fingerprint, &args.copy) {
        return super::fingerprint::check(args, copy, record, common, out);
    }
    // Clap asks for one of the two.
    let against = { args.against.as_deref() }
        .ok_or_else(|| Failure::input("against what? give --against or --fingerprint"))?;
    let believed = Believed::find(args.key.as_deref(), common, &beside(against, 1))?;
    let Some(copy) = &args.copy else {
        return super::quotes::check(args, against, &believed, out);
    };
    let checked = checked(copy, against, &believed, out)?;
    out.result(checked.render().trim_end(), &checked)?;
    if checked.is_positive() {
        Ok(())
    } else {
        Err(Failure::negative(&checked.verdict.headline))
    }
}

/// The verdict on a copy, as the demo asks for it.
pub(crate) fn verdict_with(copy: &Path, bundle: &Path, key: &Path, out: Out) -> Outcome<Verdict> {
    let believed = Believed::parse(&key.display().to_string())?;
    checked(copy, bundle, &believed, out).map(|checked| checked.verdict)
}

/// A bundle's verification, as the demo asks for it.
pub(crate) fn verify_with(bundle: &Path, key: &Path, out: Out) -> Outcome<Verdict> {
    let (_, verified) = open(bundle, &Believed::parse(&key.display().to_string())?, out)?;
    Ok(Verdict::new(&verified, None))
}

fn checked(copy: &Path, against: &Path, believed: &Believed, out: Out) -> Outcome<Checked> {
    let (name, file) = copies::bytes(copy)?;
    if file.starts_with(HEADER.as_bytes()) {
        return Err(Failure::input(format!(
            "{name}: this is a bundle and no copy of a text: demur verify {name}"
        )));
    }
    let read = Copy::of(name, copy.file_name().and_then(|n| n.to_str()), &file)?;
    let Some(form) = Form::of(&file) else {
        let (_, verified) = open(against, believed, out)?;
        return read.check(&verified);
    };
    let bundle = bundle_file(against)?;
    let held = recorded(&bundle, &against.display().to_string(), believed, out)?;
    let (known, inside) = paper::recognise(&read, form, &file, &bundle, &held, believed, out)?;
    match known {
        Known::Paper(headline) => Ok(read.known(headline, Vec::new(), &held.verified)),
        Known::Table(headline, rows) => Ok(read.known(headline, rows, &held.verified)),
        Known::Other => match inside {
            Some(note) => read.noting(note).check(&held.verified),
            None => read.check(&held.verified),
        },
    }
}

/// A bundle's file, or the bundle in a paper's file.
fn bundle_file(path: &Path) -> Outcome<Vec<u8>> {
    let file = sys::read(path)?;
    match Form::of(&file) {
        None => Ok(file),
        Some(form) => {
            let parts = paper::parts(form, &file, &path.display().to_string())?;
            Ok(parts.bundle.into_owned())
        }
    }
}

/// Verifies a bundle's file, or the bundle in a paper's file.
pub(super) fn open(file: &Path, believed: &Believed, out: Out) -> Outcome<(Bundle, Verified)> {
    opened(
        &bundle_file(file)?,
        &file.display().to_string(),
        believed,
        out,
    )
}

/// A bundle under the reader's own trust, and as everybody sees it.
pub(super) struct Recorded {
    pub(super) bundle: Bundle,
    pub(super) verified: Verified,
    /// By the log's key alone: with the times that the record's own witnesses give, as they stand on paper.
    pub(super) recorded: Verified,
}

/// Verifies a bundle that was read from `name` both ways.
pub(super) fn recorded(
    bytes: &[u8],
    name: &str,
    believed: &Believed,
    out: Out,
) -> Outcome<Recorded> {
    let (bundle, (verified, recorded)) =
        opened_by(bytes, name, believed, out, Bundle::verify_both)?;
    Ok(Recorded {
        bundle,
        verified,
        recorded,
    })
}

/// Verifies a bundle that was read from `name`.
pub(super) fn opened(
    bytes: &[u8],
    name: &str,
    believed: &Believed,
    out: Out,
) -> Outcome<(Bundle, Verified)> {
    opened_by(bytes, name, believed, out, Bundle::verify)
}

/// How a bundle is verified.
type Verify<T> = fn(&Bundle, Trust<'_>, Work<'_, sys::Rng>) -> Result<T, BundleError>;

fn opened_by<T>(
    bytes: &[u8],
    name: &str,
    believed: &Believed,
    out: Out,
    verify: Verify<T>,
) -> Outcome<(Bundle, T)> {
    let named = |e: BundleError| Failure::negative(format!("{name}: {e}"));
    let bundle = Bundle::parse(bytes).map_err(named)?;
    let bar = out.bar("proofs");
    let progress = |done: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let trust = match believed {
        Believed::Key(key) => Trust::Key(key),
        Believed::Policy(policy) => Trust::Policy(policy),
    };
    let mut rng = sys::rng();
    let work = Work {
        threads: threads(),
        rng: &mut rng,
        progress: &progress,
    };
    let verified = verify(&bundle, trust, work).map_err(named);
    bar.finish_and_clear();
    Ok((bundle, verified?))
}

/// The record must be an extension of the bundle's, and is audited whole; a later state is told.
fn hold_against(
    bundle: &Bundle,
    verified: &Verified,
    place: &str,
    believed: &Believed,
    common: &Common,
    out: Out,
) -> Outcome {
    let source = Source::new(place, common.proxy.as_deref())?;
    let policy = match believed {
        Believed::Policy(policy) => (**policy).clone(),
        Believed::Key(key) => policy_of_record(&source, (**key).clone())?,
    };
    let report = run_audit(&source, &policy, threads(), out)?;
    if let Some(failure) = &report.failure {
        return Err(Failure::negative(format!(
            "{place}: audit failed at {failure}"
        )));
    }
    if report.size < verified.as_of.size {
        return Err(Failure::negative(format!(
            "{place}: the record has {} entries, the bundle was made at {}: ask for a newer copy of the record",
            report.size, verified.as_of.size
        )));
    }
    let entries = read_entries(&source, 0, verified.as_of.size).map_err(Failure::outside)?;
    let root = Tree::rebuild(&entries).root();
    if root != verified.as_of.hash {
        return Err(Failure::negative(format!(
            "{place}: another record than the bundle's: at {} entries its root is {root}, the bundle's {}",
            verified.as_of.size, verified.as_of.hash
        )));
    }
    out.line(format_args!(
        "The bundle stands in the record at {place}, which was audited up to entry {}.",
        report.size
    ));
    if let Some(case) = report.cases.iter().find(|case| case.memo == bundle.memo())
        && report.size > verified.as_of.size
    {
        out.line(format_args!(
            "Since the bundle was made the memo came to be: {}.",
            case.step
        ));
    }
    Ok(())
}
