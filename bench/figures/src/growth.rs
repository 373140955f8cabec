//! How audit, publishing and signing grow with members and signers.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context as _, Result};
use demur_signon::{
    Element, Prover,
    roster::{CertificateTree, Edition},
};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use crate::{
    audit,
    chart::{Chart, Line},
    cost::{self, Cost},
    sample, say,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The largest roster
    #[arg(long, default_value_t = 1_000_000)]
    members: usize,
    /// The most sign-ons in a record; each proof takes a fifth of a second to make, once
    #[arg(long, default_value_t = 10_000)]
    signers: usize,
    /// How many members the roster has where the signers grow
    #[arg(long, default_value_t = 25_000)]
    roster: usize,
    /// Where the chart goes
    #[arg(long, default_value = "docs/figures/growth.svg", value_name = "FILE")]
    chart: PathBuf,
}

impl Default for Args {
    fn default() -> Self {
        Self {
            members: 1_000_000,
            signers: 10_000,
            roster: 25_000,
            chart: "docs/figures/growth.svg".into(),
        }
    }
}

pub(crate) fn run(args: &Args, cache: &Path) -> Result<()> {
    // Before an hour of proofs, not after it.
    sample::enough(args.roster, args.signers)?;
    say(&format!("\ngrowth ({})\n", cost::machine()));
    let members = members(args)?;
    let signers = signers(args, cache)?;
    let chart = Chart {
        title: "CPU time, seconds, by members on the roster or by sign-ons in the record",
        lines: members.into_iter().chain([signers]).collect(),
    };
    if let Some(folder) = args.chart.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&args.chart, chart.to_svg()).context("the chart")?;
    say(&format!("\nchart: {}", args.chart.display()));
    Ok(())
}

/// 100, 1,000, ... up to `most`, and `most`.
fn sizes(least: usize, most: usize) -> Vec<usize> {
    let mut sizes: Vec<_> = std::iter::successors(Some(least), |n| n.checked_mul(10))
        .take_while(|n| *n < most)
        .collect();
    sizes.push(most);
    sizes
}

fn members(args: &Args) -> Result<[Line; 3]> {
    say(
        "| members | publish: certificates and edition, wall | CPU | audit the edition, wall | CPU | sign: tree, path and proof, wall | CPU | edition, MB | memory, MiB |",
    );
    say("|---|---|---|---|---|---|---|---|---|");
    let prover = Prover::new()?;
    let mut lines = [
        Line::new("publish a roster (members)"),
        Line::new("audit a roster's edition (members)"),
        Line::new("sign: tree, path, proof (members)"),
    ];
    for size in sizes(1_000, args.members) {
        let me = sample::member(0);
        // The others' leaves are any elements: the hashing of secrets is their own devices' work.
        let mut leaves = vec![me.leaf()];
        leaves.extend((1..size).map(leaf));
        let now = sample::start();
        let (edition, publish) = Cost::of(|| {
            let certificates: Vec<_> = leaves
                .iter()
                .enumerate()
                .map(|(n, leaf)| sample::certificate_body(n, *leaf, now).sign(&sample::registrar()))
                .collect::<Result<_, _>>()?;
            let tree = CertificateTree::new(&certificates)?;
            // Each member is sent the place of the certificate.
            for leaf in &leaves {
                tree.prove(1, *leaf)
                    .context("every member has a certificate")?;
            }
            sample::edition(&leaves, &tree, now)
        });
        let edition = edition?;
        let bytes = edition.to_bytes();
        let (read, audit) = Cost::of(|| {
            let read = Edition::parse(&bytes)?;
            read.verify()?;
            let _ = read.digest();
            anyhow::Ok(read)
        });
        let read = read?;
        let (proof, sign) = Cost::of(|| {
            let tree = read.tree("all").context("every edition has it")??;
            let path = tree.path(me.leaf()).context("the member is in it")?;
            let (scope, message) = (Element::from_wide(&[1; 64]), Element::from_wide(&[2; 64]));
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            anyhow::Ok(prover.prove(&me, &path, tree.root(), scope, message, &mut rng)?)
        });
        proof?;
        for (line, cost) in lines.iter_mut().zip([publish, audit, sign]) {
            line.push(size, cost.cpu);
        }
        say(&format!(
            "| {size} | {publish} | {audit} | {sign} | {:.1} | {} |",
            bytes.len() as f64 / 1e6,
            cost::peak_memory(),
        ));
    }
    Ok(lines)
}

fn leaf(n: usize) -> Element {
    Element::from_wide(&demur_encoding::hash_wide(
        "demur/bench/leaf",
        &[&n.to_be_bytes()],
    ))
}

fn signers(args: &Args, cache: &Path) -> Result<Line> {
    let threads = thread::available_parallelism()?;
    say(&format!(
        "\n| sign-ons, of {} members | entries | record, MB | audit, {threads} threads, wall | CPU |",
        args.roster
    ));
    say("|---|---|---|---|---|");
    let mut line = Line::new("audit a record (sign-ons)");
    for size in sizes(100, args.signers) {
        let audited = audit::measure(cache, args.roster, size, 2, threads)?;
        line.push(size, audited.cost.cpu);
        say(&format!(
            "| {size} | {} | {:.1} | {} |",
            audited.entries,
            audited.bytes as f64 / 1e6,
            audited.cost,
        ));
    }
    Ok(line)
}
