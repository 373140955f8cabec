//! `hostile`: what a stranger on the network may try against a real server, one thing after the other. After each the server must
//! still answer, its log must hold no panic and no failure, and its memory must be within bounds; at the end the record passes the audit.

mod calls;
mod flood;
mod heads;
mod raw;
mod schemathesis;
mod slow;
mod versions;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use demur_bench::{
    cache::{Cache, Wanted},
    channel::Channel,
    http::{Http, Wire},
    ledger::audited,
    machine,
    program::Program,
};

use crate::{Cli, premade, report::say, scratch};

/// The most memory that the server may ever have held, in MiB: what it holds at rest, both budgets for bodies several times over (a
/// body is held as it came, decoded, and as it is stored), and two password hashes.
const MAX_PEAK_MIB: u64 = 640;

/// How long an ordinary request may wait for its answer right after an attack.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct HostileArgs {
    /// A minute's worth: fewer versions, a shorter flood, fewer generated requests
    #[arg(long)]
    short: bool,
    /// schemathesis' program; left out where none is given
    #[arg(long, value_name = "FILE")]
    schemathesis: Option<PathBuf>,
    /// How many requests schemathesis makes up for each operation
    #[arg(long, default_value_t = 100, value_name = "N")]
    examples: u32,
    /// Only the attacks whose name holds this
    #[arg(long, value_name = "WORDS")]
    only: Option<String>,
}

/// A running channel and what the attacks need.
struct Target {
    channel: Channel,
    cache: Cache,
    args: HostileArgs,
}

impl Target {
    fn address(&self) -> std::net::SocketAddr {
        self.channel.address()
    }

    fn http(&self) -> Http {
        self.channel.http()
    }
}

/// What an attack does; its answer is a line for the report.
type Attack = fn(&mut Target) -> Result<String>;

const ATTACKS: [(&str, Attack); 9] = [
    ("bodies larger than they may be", heads::oversized),
    ("heads and paths that are none", heads::tricks),
    ("bodies that are no JSON", heads::bodies),
    ("every call without the right to it", calls::without_right),
    ("heads that come slowly, and idle connections", slow::heads),
    ("bodies that come slowly", slow::bodies),
    ("ten thousand versions of one memo", versions::ten_thousand),
    ("a flood of wrong proofs", flood::proofs),
    ("schemathesis", schemathesis::run),
];

pub(crate) fn run(args: &HostileArgs, cli: &Cli, program: &Program) -> Result<()> {
    let cache = premade(cli, program, flood::VALID, 1)?;
    cache.fill(
        Wanted {
            members: cli.members,
            sign_ons: flood::VALID,
            memos: 1,
        },
        &|_, _, _| {},
    )?;
    let dir = scratch(cli)?;
    let mut channel = cache.channel(program, &dir.path().join("channel"))?;
    channel.start()?;
    let at_rest = machine::memory(channel.server()?.pid())?;
    let mut target = Target {
        channel,
        cache,
        args: args.clone(),
    };
    say(&machine::describe());
    say(&format!("at rest: {} MiB resident", at_rest.resident >> 10));
    let wanted = |name: &str| {
        args.only
            .as_ref()
            .is_none_or(|only| name.contains(only.as_str()))
    };
    ensure!(
        ATTACKS.iter().any(|(name, _)| wanted(name)),
        "--only: no attack has such a name: {}",
        ATTACKS.map(|(name, _)| name).join("; ")
    );
    for (name, attack) in ATTACKS.into_iter().filter(|(name, _)| wanted(name)) {
        let start = Instant::now();
        let line = attack(&mut target).with_context(|| name.to_owned())?;
        let after = unharmed(&mut target).with_context(|| format!("after: {name}"))?;
        say(&format!(
            "{name}: {line}; {:.1} s, then {} MiB resident, {} MiB at most so far",
            start.elapsed().as_secs_f64(),
            after.resident >> 10,
            after.peak >> 10
        ));
    }
    let policy = target.channel.policy().clone();
    target.channel.stop_server()?;
    let record = demur_bench::cache::Folder(target.channel.data().join("record"));
    let report = audited(&record, &policy)?;
    say(&format!(
        "the record passes the audit: {} entries",
        report.size
    ));
    Ok(())
}

/// Whether the server answers, has not failed in any part, and keeps its memory bounded.
fn unharmed(target: &mut Target) -> Result<machine::Memory> {
    let channel = Wire(b"GET /api/channel HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec());
    let start = Instant::now();
    loop {
        match target.http().wire(&channel, 1 << 20) {
            Ok(answer) if answer.status == 200 => break,
            Ok(answer) => ensure!(
                answer.status == 503,
                "an ordinary request got {}",
                answer.status
            ),
            Err(error) => ensure!(
                start.elapsed() < PATIENCE,
                "no ordinary request is answered: {error}"
            ),
        }
        ensure!(start.elapsed() < PATIENCE, "no ordinary request is served");
        std::thread::sleep(Duration::from_millis(100));
    }
    let server = target.channel.server()?;
    if let Some(status) = server.ended()? {
        bail!("the server ended: {status}: {:?}", server.log().lines());
    }
    for line in server.log().lines() {
        let bad = [
            "panicked",
            "a request failed",
            "the server stops",
            "given up",
            "not taken into the record",
        ];
        ensure!(
            !bad.iter().any(|word| line.contains(word)),
            "the log says: {line}"
        );
    }
    let memory = machine::memory(server.pid())?;
    ensure!(
        memory.peak >> 10 <= MAX_PEAK_MIB,
        "{} MiB, more than {MAX_PEAK_MIB}",
        memory.peak >> 10
    );
    Ok(memory)
}
