//! `demur audit | verify | check`: what anybody can do with files and the channel's key.

mod paper;

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use demur_check::{
    bundle::{Bundle, BundleError, HEADER, Trust, Verified, Work},
    verdict::Verdict,
};
use demur_paper::Form;
use demur_record::{
    audit::{self, AuditReport, Options, Progress},
    checkpoint::Checkpoint,
    entry::{Entry, Keys, Role},
    keys::VerifierKey,
    policy::{Log, Policy, Witness},
    source::RecordSource as _,
    tiles::{Tree, read_entries},
};

use self::paper::Known;
pub(crate) use self::paper::paper_with;
use crate::{
    args::{AuditArgs, CheckArgs, Common, VerifyArgs},
    commands::copies::{self, Checked, Copy},
    desk::threads,
    fail::{Failure, Outcome},
    out::{Out, complain},
    source::Source,
    sys,
};

/// How often an audit begins anew because the record grew while it was read.
const MAX_TRIES: u32 = 8;

/// Whom a stranger believes.
pub(super) enum Believed {
    Key(Box<VerifierKey>),
    Policy(Box<Policy>),
}

impl Believed {
    /// From a policy, a key, or a file that holds one of them.
    fn parse(text: &str) -> Outcome<Self> {
        let path = Path::new(text);
        let (content, place) = if path.is_file() {
            (sys::read_text(path)?, text)
        } else {
            (text.to_owned(), "--key")
        };
        if let Ok(key) = content.trim().parse() {
            return Ok(Self::Key(Box::new(key)));
        }
        match content.parse() {
            Ok(policy) => Ok(Self::Policy(Box::new(policy))),
            Err(e) if path.is_file() || content.contains('\n') => Err(Failure::input(format!(
                "{place}: neither a verifier key nor a trust policy: {e}"
            ))),
            Err(_) => Err(Failure::input(format!(
                "{text}: neither a file nor a verifier key"
            ))),
        }
    }

    /// What was given, else this home's own policy, else what lies beside the files, with a warning.
    pub(super) fn find(given: Option<&str>, common: &Common, beside: &[PathBuf]) -> Outcome<Self> {
        let home = common
            .home
            .clone()
            .or_else(|| std::env::home_dir().map(|dir| dir.join(".demur")));
        Self::find_in(given, home.as_deref(), beside)
    }

    /// The same where the home's folder is known.
    pub(super) fn find_in(
        given: Option<&str>,
        home: Option<&Path>,
        beside: &[PathBuf],
    ) -> Outcome<Self> {
        if let Some(text) = given {
            return Self::parse(text);
        }
        if let Some(policy) = home
            .map(|dir| dir.join("policy"))
            .filter(|path| path.is_file())
        {
            return Self::parse(&policy.display().to_string());
        }
        if let Some(path) = beside.iter().find(|path| path.is_file()) {
            complain(format_args!(
                "note: no --key was given and this home trusts no channel yet; using {}, which came with the files.\n\
                 note: whoever made the files could have made that too: get the key from somebody else (--key)",
                path.display()
            ));
            return Self::parse(&path.display().to_string());
        }
        Err(Failure::input(
            "which channel's key? give --key, a verifier key or a trust policy that you have from elsewhere",
        ))
    }

    /// As a policy; a key alone is one that asks for no witness.
    pub(super) fn into_policy(self) -> Outcome<Policy> {
        match self {
            Self::Policy(policy) => Ok(*policy),
            Self::Key(key) => Policy::of_key(*key).map_err(Failure::input),
        }
    }
}

/// Verifies the whole record.
pub(crate) fn audit(args: &AuditArgs, common: &Common, out: Out) -> Outcome {
    let threads = args.threads.unwrap_or_else(threads);
    let report = audited_by(&args.record, args.key.as_deref(), threads, common, out)?;
    out.result(audit_text(&report), &report)?;
    match &report.failure {
        None => Ok(()),
        Some(failure) => Err(Failure::negative(format!("audit failed at {failure}"))),
    }
}

/// The audit of the record at `place`, by `key` or by what is found to believe.
pub(super) fn audited(
    place: &str,
    key: Option<&str>,
    common: &Common,
    out: Out,
) -> Outcome<AuditReport> {
    audited_by(place, key, threads(), common, out)
}

fn audited_by(
    place: &str,
    key: Option<&str>,
    threads: std::num::NonZeroUsize,
    common: &Common,
    out: Out,
) -> Outcome<AuditReport> {
    let source = Source::new(place, common.proxy.as_deref())?;
    let beside = source
        .folder()
        .map(|dir| beside(&dir.join("x"), 2))
        .unwrap_or_default();
    let policy = match Believed::find(key, common, &beside)? {
        Believed::Policy(policy) => *policy,
        Believed::Key(key) => policy_of_record(&source, *key)?,
    };
    run_audit(&source, &policy, threads, out)
}

fn run_audit(
    source: &Source,
    policy: &Policy,
    threads: std::num::NonZeroUsize,
    out: Out,
) -> Outcome<AuditReport> {
    let bar = out.bar("entries");
    let progress = |progress: Progress| {
        let (what, done, total) = match progress {
            Progress::Entries { done, total } => ("entries", done, total),
            Progress::Tiles { done, total } => ("tiles", done, total),
            Progress::Proofs { done, total } => ("proofs", done, total),
        };
        bar.set_message(what);
        bar.set_length(total);
        bar.set_position(done);
    };
    let options = Options {
        policy,
        threads,
        progress: &progress,
    };
    let mut tries = 0;
    let report = loop {
        tries += 1;
        let before = source.read("checkpoint").map_err(Failure::outside)?;
        let report = audit::audit(source, options, &mut sys::rng()).map_err(Failure::outside)?;
        // A log that is running replaces partial tiles as it grows: what was missing may only have moved on.
        let moved = || source.read("checkpoint").is_ok_and(|now| now != before);
        if report.ok || tries == MAX_TRIES || !moved() {
            break report;
        }
    };
    bar.finish_and_clear();
    Ok(report)
}

/// The audit as the demo runs it.
pub(crate) fn audit_folder(dir: &Path, policy: &Policy, out: Out) -> Outcome<AuditReport> {
    let source = Source::new(&dir.display().to_string(), None)?;
    run_audit(&source, policy, threads(), out)
}

fn audit_text(report: &AuditReport) -> String {
    let mut text = String::new();
    let origin = report.origin.as_deref().unwrap_or("an unknown log");
    let _ = writeln!(text, "record of {origin}, {} entries", report.size);
    for row in &report.rows {
        let check = match row.check {
            audit::Check::Verified => "verified",
            audit::Check::Unfinished => "unfinished",
        };
        let _ = writeln!(text, "  {:<56} {:>7}  {check}", row.what, row.count);
    }
    for case in &report.cases {
        let _ = writeln!(
            text,
            "  memo {} {}, filed {}",
            case.memo.short(),
            case.step,
            case.filed
        );
        for deadline in &case.deadlines {
            let _ = writeln!(
                text,
                "    {:<54} due {}  {}",
                deadline.what.to_string(),
                deadline.date,
                deadline.state
            );
        }
    }
    if let Some(as_of) = report.as_of {
        let by: Vec<&str> = report
            .witnesses
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let by = if report.witnessed {
            format!("witnessed by {}", by.join(", "))
        } else {
            "by the log's own clock: no witness".to_owned()
        };
        let _ = writeln!(text, "as of {as_of}, {by}");
    }
    let verdict = match &report.failure {
        None => "everything verified".to_owned(),
        Some(failure) => format!("FAILED at {failure}"),
    };
    text.push_str(&verdict);
    text
}

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
    match paper::recognise(&read, form, &file, &bundle, &held, believed, out)? {
        Known::Paper(headline) => Ok(read.known(headline, Vec::new(), &held.verified)),
        Known::Table(headline, rows) => Ok(read.known(headline, rows, &held.verified)),
        Known::Inside(note) => read.noting(note).check(&held.verified),
        Known::Nothing => read.check(&held.verified),
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

/// The log's key and the witnesses that its record names: what can be said without a trust policy. No quorum is
/// demanded, since only the record itself says who its witnesses are.
fn policy_of_record(source: &Source, key: VerifierKey) -> Outcome<Policy> {
    let note = source
        .read("checkpoint")
        .map_err(Failure::outside)?
        .ok_or_else(|| Failure::input("the record has no file `checkpoint`"))?;
    let size = Checkpoint::open(&note, &key)
        .map_err(|e| Failure::negative(format!("checkpoint: {e}")))?
        .size;
    let entries = read_entries(source, 0, size).map_err(Failure::negative)?;
    let mut witnesses: Vec<Witness> = Vec::new();
    for bytes in &entries {
        // An entry that can't be read is the audit's to name.
        let Ok(Entry::Keys(Keys {
            role: Role::Witness,
            vkey: Some(vkey),
            ..
        })) = Entry::from_slice(bytes)
        else {
            continue;
        };
        let Ok(key) = vkey.parse::<VerifierKey>() else {
            continue;
        };
        if !witnesses.iter().any(|known| known.key == key) {
            let name = format!("{}-{}", key.name().replace('/', "-"), witnesses.len() + 1);
            witnesses.push(Witness {
                name,
                key,
                url: None,
            });
        }
    }
    Policy::simple(Log { key, url: None }, witnesses, 0).map_err(Failure::negative)
}

/// Where a key may lie beside a file: its own folder, and the one above.
pub(super) fn beside(file: &Path, levels: usize) -> Vec<PathBuf> {
    file.ancestors()
        .skip(1)
        .take(levels + 1)
        .flat_map(|dir| {
            let dir = if dir.as_os_str().is_empty() {
                Path::new(".")
            } else {
                dir
            };
            [dir.join("policy"), dir.join("channel.vkey")]
        })
        .collect()
}
