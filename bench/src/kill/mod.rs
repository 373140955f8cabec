//! `demur-bench kill`: the server is killed, robbed of its disk, its clock, its witnesses, and must keep its word.

mod check;
mod disk;
mod lying;
mod places;
mod witnesses;
mod writers;

use std::{
    path::PathBuf,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use demur_bench::{cache::Cache, channel::Channel, ledger::audited, machine, program::Program};
use demur_client::device::{Mirror, SyncError};
use rand_core::{Rng as _, SeedableRng as _};

use self::writers::Writers;
use crate::{
    Cli, premade,
    report::{Checks, say},
    scratch,
};

/// The longest that a server runs before it is killed, in milliseconds: a batch and a half.
const LONGEST_LIFE: u64 = 1_500;

/// One of so many kills comes while the server starts.
const EARLY: u64 = 8;

/// The longest that a starting server runs before it is killed, in milliseconds.
const EARLIEST: u64 = 400;

/// At the end of each step of the sequencer, as `demur_server` calls them.
const POINTS: [&str; 10] = [
    "Begin",
    "Built",
    "Committed",
    "FirstTile",
    "Tiles",
    "Cosigned",
    "Published",
    "History",
    "Checkpoint",
    "Removed",
];

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct KillArgs {
    /// How often the server is killed at a random instant
    #[arg(long, default_value_t = 200)]
    kills: usize,
    /// How many sign-ons are posted meanwhile
    #[arg(long, default_value_t = 1_000)]
    sign_ons: usize,
    /// How many memos are opened, amended and filed meanwhile
    #[arg(long, default_value_t = 400)]
    memos: usize,
    /// How many clients write versions at the same time
    #[arg(long, default_value_t = 8)]
    writers: usize,
    /// What the random instants are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A debug build of the program: it can be stopped at named points, and its clock set
    #[arg(long, value_name = "P")]
    debug_program: Option<PathBuf>,
    /// Leave the named places of the sequencer out
    #[arg(long)]
    no_points: bool,
    /// Leave the checks beside the kills out
    #[arg(long)]
    no_checks: bool,
}

pub(crate) fn run(args: &KillArgs, cli: &Cli, program: &Program) -> Result<()> {
    let debug = match &args.debug_program {
        Some(path) => Program::new(path)?,
        None => program.clone(),
    };
    let cache = premade(cli, program, args.sign_ons, args.memos)?;
    say(&machine::describe());
    let mut checks = Checks::default();
    if args.kills > 0 || !args.no_points {
        campaign(args, cli, &cache, program, &debug, &mut checks)?;
    }
    if !args.no_checks {
        check::all(cli, &cache, &debug, &mut checks)?;
    }
    checks.close()
}

fn campaign(
    args: &KillArgs,
    cli: &Cli,
    cache: &Cache,
    program: &Program,
    debug: &Program,
    checks: &mut Checks,
) -> Result<()> {
    let dir = scratch(cli)?;
    let mut channel = cache.channel(program, &dir.path().join("channel"))?;
    channel.start()?;
    let mut mirror = channel.mirror()?;
    let rounds = args.kills + if args.no_points { 0 } else { POINTS.len() * 2 };
    say(&format!(
        "\nkills: {} at random instants (seed {}), {} writers, {} sign-ons",
        args.kills, args.seed, args.writers, args.sign_ons
    ));
    let start = Instant::now();
    let work = writers::Work {
        sign_ons: cache.sign_ons(args.sign_ons)?,
        memos: cache.memos(args.memos)?,
        rounds,
    };
    let writers = Writers::start(&channel, args.writers, work)?;
    let mut draw = rand_chacha::ChaCha20Rng::seed_from_u64(args.seed);
    let mut watch = Watch::default();
    for kill in 1..=args.kills {
        thread::sleep(Duration::from_millis(draw.next_u64() % LONGEST_LIFE));
        watch.died(&mut channel.kill_server()?);
        if draw.next_u64() % EARLY == 0 {
            let mut starting = channel.serve_command();
            let mut child = starting
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            thread::sleep(Duration::from_millis(draw.next_u64() % EARLIEST));
            child.kill()?;
            child.wait()?;
            watch.early += 1;
        }
        writers.round();
        channel.start_server()?;
        watch.look(&format!("kill {kill}"), &channel, &mut mirror, &writers)?;
        if kill % 20 == 0 {
            say(&format!("  after {kill} kills: {}", writers.tell(&mirror)));
        }
    }
    let random = writers.tell(&mirror);
    checks.check(
        watch.wrong.is_empty(),
        &format!(
            "after each of {} kills at random instants ({} more while it started) the record goes on from every one seen before, and \
             every promise is kept or can be {:?}",
            args.kills, watch.early, watch.wrong
        ),
    );
    say(&format!("  {random}"));
    if !args.no_points {
        points(&mut channel, debug, &writers, &mut mirror, checks)?;
        channel.set_program(program.clone());
        if channel.server().is_ok() {
            channel.stop_server()?;
        }
        channel.start_server()?;
    }
    finish(channel, mirror, writers, watch, checks)?;
    say(&format!("  in {:.0} s", start.elapsed().as_secs_f64()));
    Ok(())
}

/// The server ends itself at each point of a batch, twice in a row.
fn points(
    channel: &mut Channel,
    debug: &Program,
    writers: &Writers,
    mirror: &mut Mirror,
    checks: &mut Checks,
) -> Result<()> {
    channel.stop_server()?;
    for point in POINTS {
        let mut watch = Watch::default();
        for _ in 0..2 {
            channel.set_program(debug.clone().with("DEMUR_STOP_AT", point));
            // It may end before it listens: then its log says so.
            let died = match channel.start_server() {
                Ok(()) => {
                    let status = channel.server()?.wait(Duration::from_secs(60));
                    let daemon = channel.kill_server()?;
                    status.with_context(|| format!("the server did not end at {point}"))?;
                    daemon.log().has(&format!("stopped at {point}"))
                }
                Err(error) => format!("{error:#}").contains(&format!("stopped at {point}")),
            };
            if !died {
                watch.wrong.push(format!("it did not end at {point}"));
            }
            writers.round();
        }
        channel.set_program(debug.clone());
        channel.start_server()?;
        watch.look(point, channel, mirror, writers)?;
        let size = mirror.size();
        let grown = channel.until("a batch", mirror, |mirror| {
            (mirror.size() > size).then_some(())
        });
        if let Err(error) = grown {
            watch.wrong.push(format!("{error:#}"));
        }
        channel.stop_server()?;
        checks.check(
            watch.wrong.is_empty(),
            &format!(
                "ended twice at the point {point}: the record goes on {:?}",
                watch.wrong
            ),
        );
    }
    Ok(())
}

fn finish(
    mut channel: Channel,
    mut mirror: Mirror,
    writers: Writers,
    watch: Watch,
    checks: &mut Checks,
) -> Result<()> {
    let done = writers.stop()?;
    let mut ledger = done.ledger;
    let settled = channel.until("all that was acknowledged", &mut mirror, |mirror| {
        let standing = ledger.hold(mirror);
        (standing.waiting == 0).then_some(standing)
    });
    let told = settled
        .as_ref()
        .map_or_else(|e| format!("{e:#}"), ToString::to_string);
    checks.check(
        settled.is_ok_and(|standing| standing.all_kept()) && !ledger.is_empty(),
        &format!("of what was acknowledged: {told}"),
    );
    checks.check(
        done.refused.is_empty(),
        &format!(
            "no request was refused, {} that had lost their answer and were sent again among them {:?}",
            done.again, done.refused
        ),
    );
    let unlike = places::unlike(&done.seen, &mirror, &channel);
    checks.check(
        unlike.is_empty() && !done.seen.is_empty(),
        &format!(
            "the record extends each of the {} checkpoints that were seen, and still has their very bytes {unlike:?}",
            done.seen.len()
        ),
    );
    checks.check(
        watch.bad.is_empty(),
        &format!(
            "no server that was killed had logged an error or a panic {:?}",
            watch.bad
        ),
    );
    let report = audited(&channel.http(), channel.policy());
    let told = report.as_ref().map_or_else(
        |error| format!("{error:#}"),
        |report| format!("{} entries", report.size),
    );
    checks.check(report.is_ok(), &format!("the audit passes: {told}"));
    channel.stop_server()?;
    let data = channel.data();
    let doctor = channel
        .program()
        .run(["doctor".as_ref(), "--data".as_ref(), data.as_os_str()])?;
    checks.check(
        doctor.status.success(),
        "the stopped server's folder passes `demur doctor`",
    );
    Ok(())
}

/// What is seen of a server that is killed again and again.
#[derive(Debug, Default)]
struct Watch {
    wrong: Vec<String>,
    bad: Vec<String>,
    early: usize,
}

impl Watch {
    fn died(&mut self, daemon: &mut demur_bench::program::Daemon) {
        let lines = daemon.log().lines().into_iter();
        self.bad
            .extend(lines.filter(|line| line.contains("ERROR") || line.contains("panicked")));
    }

    /// Holds the record as it is now against all that was seen and promised.
    fn look(
        &mut self,
        when: &str,
        channel: &Channel,
        mirror: &mut Mirror,
        writers: &Writers,
    ) -> Result<()> {
        match mirror.sync(&channel.http()) {
            Ok(_) => {}
            Err(SyncError::Call(error)) => bail!("{when}: {error}"),
            Err(error) => self.wrong.push(format!("{when}: {error}")),
        }
        let standing = writers.hold(mirror);
        if !standing.is_good() {
            self.wrong.push(format!("{when}: {standing}"));
        }
        Ok(())
    }
}
