//! Proving and verifying beside Semaphore v4 under Node, in one run on one machine.

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use demur_signon::{Element, MemberSecret, Prover, Statement, Tree};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use serde::Deserialize;

use crate::{
    cost::{self, Cost},
    proofs, sample, say,
};

/// Members in each system's group.
const MEMBERS: usize = 1_000;

/// What Semaphore's folder is made from.
const PACKAGE: &str = include_str!("../semaphore/package.json");
const SCRIPT: &str = include_str!("../semaphore/bench.mjs");

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often each proves and verifies
    #[arg(long, default_value_t = 9)]
    runs: usize,
    /// How many distinct proofs are verified together
    #[arg(long, default_value_t = 192)]
    batch: usize,
    /// Leave Semaphore out
    #[arg(long)]
    alone: bool,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            runs: 9,
            batch: 192,
            alone: false,
        }
    }
}

pub(crate) fn run(args: &Args, cache: &Path) -> Result<()> {
    say(&format!(
        "\nproofs beside Semaphore ({})\n",
        cost::machine()
    ));
    let ours = ours(args, cache)?;
    say("| what | wall, best | CPU, best |");
    say("|---|---|---|");
    say(&format!("| Demur: prove, one thread | {} |", ours.prove));
    say(&format!("| Demur: verify one | {} |", ours.verify));
    say(&format!(
        "| Demur: verify in a batch of {} distinct proofs, one thread, each | {} |",
        args.batch, ours.batch
    ));
    if args.alone {
        return Ok(());
    }
    let theirs = semaphore(args, cache)?;
    say(&format!("| Semaphore: prove | {} |", theirs.prove));
    say(&format!("| Semaphore: verify | {} |", theirs.verify));
    let share = |a: Duration, b: Duration| 100.0 * a.as_secs_f64() / b.as_secs_f64();
    say(&format!(
        "\nof Semaphore's time: prove {:.0} % (CPU {:.0} %; aim 50 %), verify in a batch {:.1} % (CPU {:.1} %; aim 10 %), verify one {:.0} %",
        share(ours.prove.wall, theirs.prove.wall),
        share(ours.prove.cpu, theirs.prove.cpu),
        share(ours.batch.wall, theirs.verify.wall),
        share(ours.batch.cpu, theirs.verify.cpu),
        share(ours.verify.wall, theirs.verify.wall),
    ));
    Ok(())
}

struct Ours {
    prove: Cost,
    verify: Cost,
    batch: Cost,
}

fn ours(args: &Args, cache: &Path) -> Result<Ours> {
    let members: Vec<_> = (0..MEMBERS.max(args.batch)).map(sample::member).collect();
    let tree = Tree::from_unsorted(members.iter().map(MemberSecret::leaf).collect())?;
    let (scope, message) = (Element::from_wide(&[1; 64]), Element::from_wide(&[2; 64]));
    let kept = proofs::of_members(
        cache,
        &members[..args.batch],
        &tree,
        scope,
        message,
        &|_| (),
    )?;
    let statement = |member: &MemberSecret| Statement {
        root: tree.root(),
        nullifier: member.nullifier(scope),
        scope,
        message,
    };
    let batch: Vec<_> = members.iter().map(statement).zip(kept).collect();

    let prover = Prover::new()?;
    let verifier = prover.verifier();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let path = tree.path(members[0].leaf()).context("a member")?;
    let (mut prove, mut verify, mut together) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..args.runs.max(1) {
        let (made, cost) =
            Cost::of(|| prover.prove(&members[0], &path, tree.root(), scope, message, &mut rng));
        made?;
        prove.push(cost);
    }
    for _ in 0..args.runs.max(1) {
        // Enough at once for the processor's clock, which has steps of a hundredth of a second.
        let (valid, cost) = Cost::of(|| {
            batch[..32.min(batch.len())]
                .iter()
                .try_for_each(|(statement, proof)| verifier.verify(statement, proof))
        });
        valid?;
        verify.push(cost.each(32.min(batch.len())));
        let (valid, cost) =
            Cost::of(|| verifier.verify_batch(&batch, NonZeroUsize::MIN, &mut rng, &|_| ()));
        valid?;
        together.push(cost.each(batch.len()));
    }
    let least = |costs| Cost::least(costs).context("at least one run");
    Ok(Ours {
        prove: least(prove)?,
        verify: least(verify)?,
        batch: least(together)?,
    })
}

struct Theirs {
    prove: Cost,
    verify: Cost,
}

/// What the script prints: wall and CPU time of each run, in milliseconds.
#[derive(Deserialize)]
struct Printed {
    prove: Vec<(f64, f64)>,
    verify: Vec<(f64, f64)>,
}

fn semaphore(args: &Args, cache: &Path) -> Result<Theirs> {
    let folder = install(cache)?;
    let out = Command::new("node")
        .arg("bench.mjs")
        .arg(args.runs.to_string())
        .current_dir(&folder)
        .stderr(Stdio::inherit())
        .output()
        .context("node: Semaphore needs Node.js 20 or later (or give --alone)")?;
    ensure!(
        out.status.success(),
        "Semaphore's script ended with {}",
        out.status
    );
    let printed: Printed = serde_json::from_slice(&out.stdout).context("Semaphore's figures")?;
    let least = |runs: Vec<(f64, f64)>| {
        let costs = runs.into_iter().map(|(wall, cpu)| Cost {
            wall: Duration::from_secs_f64(wall / 1e3),
            cpu: Duration::from_secs_f64(cpu / 1e3),
        });
        Cost::least(costs).context("Semaphore did not run")
    };
    Ok(Theirs {
        prove: least(printed.prove)?,
        verify: least(printed.verify)?,
    })
}

/// Semaphore and its artifacts from npm, once.
fn install(cache: &Path) -> Result<PathBuf> {
    let folder = cache.join("semaphore");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("bench.mjs"), SCRIPT)?;
    let installed = folder.join("node_modules/@zk-kit/semaphore-artifacts/semaphore-20.zkey");
    let same = fs::read_to_string(folder.join("package.json")).is_ok_and(|have| have == PACKAGE);
    if same && installed.exists() {
        return Ok(folder);
    }
    fs::write(folder.join("package.json"), PACKAGE)?;
    let status = Command::new("npm")
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--silent",
        ])
        .current_dir(&folder)
        .status()
        .context("npm: Semaphore needs Node.js 20 or later (or give --alone)")?;
    ensure!(
        status.success(),
        "npm could not install Semaphore: {status}"
    );
    Ok(folder)
}
