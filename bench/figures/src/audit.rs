//! The audit of a record with many sign-ons.

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context as _, Result, ensure};
use demur_record::{
    audit::{Options, audit},
    policy::Policy,
    source::{RecordSource, SourceError},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use crate::{
    cost::{self, Cost},
    sample, say,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many sign-ons; each proof takes a fifth of a second to make, once
    #[arg(long, default_value_t = 10_000)]
    sign_ons: usize,
    /// How many members the roster has
    #[arg(long, default_value_t = 25_000)]
    members: usize,
    /// How often it is audited
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            sign_ons: 10_000,
            members: 25_000,
            runs: 3,
        }
    }
}

pub(crate) fn run(args: &Args, cache: &Path) -> Result<()> {
    say(&format!("\naudit ({})\n", cost::machine()));
    say("| sign-ons | members | entries | MB | threads | wall, best | CPU, best |");
    say("|---|---|---|---|---|---|---|");
    for threads in [thread::available_parallelism()?, NonZeroUsize::MIN] {
        let audited = measure(cache, args.members, args.sign_ons, args.runs, threads)?;
        say(&format!(
            "| {} | {} | {} | {:.1} | {threads} | {} |",
            args.sign_ons,
            args.members,
            audited.entries,
            audited.bytes as f64 / 1e6,
            audited.cost,
        ));
    }
    say(&format!("\nthe most memory: {} MiB", cost::peak_memory()));
    Ok(())
}

/// What an audit was of and took.
pub(crate) struct Audited {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    pub(crate) cost: Cost,
}

/// Makes the record as files in `cache`, and audits these.
pub(crate) fn measure(
    cache: &Path,
    members: usize,
    sign_ons: usize,
    runs: usize,
    threads: NonZeroUsize,
) -> Result<Audited> {
    let folder = cache.join(format!("record-{members}-{sign_ons}"));
    let told = |have| {
        if have % 160 == 0 {
            say(&format!("<!-- proofs: {have} of {sign_ons} -->"));
        }
    };
    let made = sample::make(cache, members, sign_ons, &told)?;
    let bytes = write(&folder, &made.record)?;
    let (policy, entries) = (made.policy, made.size);
    drop(made.record);
    let mut costs = Vec::new();
    for _ in 0..runs.max(1) {
        let (done, cost) = Cost::of(|| once(&Folder(folder.clone()), &policy, threads));
        ensure!(
            done? == sign_ons as u64 + 1,
            "the audit met another number of proofs"
        );
        costs.push(cost);
    }
    Ok(Audited {
        entries,
        bytes,
        cost: Cost::least(costs).context("at least one run")?,
    })
}

/// Audits; gives the number of proofs.
fn once(source: &Folder, policy: &Policy, threads: NonZeroUsize) -> Result<u64> {
    let options = Options {
        policy,
        threads,
        progress: &|_| (),
    };
    let report = audit(source, options, &mut ChaCha20Rng::seed_from_u64(1))?;
    ensure!(report.ok, "the audit failed: {:?}", report.failure);
    let row = report
        .rows
        .iter()
        .find(|row| row.what.contains("zero-knowledge"));
    Ok(row.context("a row of proofs")?.count)
}

fn write(folder: &Path, record: &demur_record::source::MemoryRecord) -> Result<u64> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut bytes = 0;
    for (path, content) in &record.files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().context("a folder")?)?;
        fs::write(&path, content)?;
        bytes += content.len() as u64;
    }
    Ok(bytes)
}

/// A record's folder, read as `demur audit` reads it.
struct Folder(PathBuf);

impl RecordSource for Folder {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        match fs::read(self.0.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SourceError {
                path: path.to_owned(),
                reason: error.to_string(),
            }),
        }
    }
}
