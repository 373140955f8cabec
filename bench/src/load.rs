//! `demur-bench load`: many clients at once, every answer held against the record.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use demur_bench::{
    cache::{Cache, MadeMemo, MadeSignOn},
    channel::Channel,
    http::{Http, Wire},
    ledger::{Ledger, audited},
    machine, memo, now,
    program::Program,
    stats::Times,
};
use demur_client::{
    api::{Accepted, Approved},
    calls,
    device::Mirror,
    transport::Response,
};
use demur_encoding::Digest;
use demur_record::{event::Event, promise::Subject, tiles::leaf_hash};

use crate::{
    Cli,
    pages::pages,
    premade,
    report::{Checks, say},
    scratch,
};

/// The largest answer to a request here, in bytes: promises and refusals are far smaller.
const MAX_ANSWER: usize = 1 << 20;

/// The most memory that a server at rest may hold, in KiB: 40 MB.
const MAX_REST: u64 = 40_000_000 / 1024;

/// How long a server is left alone before its memory at rest is read.
const REST: Duration = Duration::from_secs(4);

/// A client's stack: it holds a request and an answer.
const STACK: usize = 256 << 10;

#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct LoadArgs {
    /// How many sign-ons are posted
    #[arg(long, default_value_t = 3_000)]
    sign_ons: usize,
    /// How many clients post at the same time
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// How many memos are filed in a row, and how many more at once
    #[arg(long, default_value_t = 1_000)]
    filings: usize,
}

pub(crate) fn run(args: &LoadArgs, cli: &Cli, program: &Program) -> Result<()> {
    let cache = premade(cli, program, args.sign_ons, args.filings * 2)?;
    say(&machine::describe());
    let mut checks = Checks::default();
    if args.sign_ons > 0 {
        sign_ons(args, cli, &cache, program, &mut checks)?;
    }
    if args.filings > 0 {
        filings(args, cli, &cache, program, &mut checks)?;
    }
    say(PEERS);
    checks.close()
}

const PEERS: &str = "\nbeside it, quoted from DESIGN section 7, not measured here: GlobaLeaks 5.0.15 on a two-core machine: submit 1.7-1.9 s, \
                     159 MB resident; of 12 concurrent submissions at 8 clients 3 were stored, the others were answered with HTTP 500";

/// A channel that runs on a copy of the snapshot, its memory at rest read.
fn started(
    cli: &Cli,
    cache: &Cache,
    program: &Program,
    dir: &tempfile::TempDir,
    checks: &mut Checks,
) -> Result<(Channel, Mirror)> {
    let _ = cli;
    let mut channel = cache.channel(program, &dir.path().join("channel"))?;
    channel.start()?;
    let mut mirror = channel.mirror()?;
    let before = cache.mirror()?.size();
    channel.until("a batch after the start", &mut mirror, |mirror| {
        (mirror.size() > before).then_some(())
    })?;
    thread::sleep(REST);
    let rest = machine::memory(channel.server()?.pid())?;
    say(&format!("server at rest: {} resident", mib(rest.resident)));
    checks.check(
        rest.resident < MAX_REST,
        "the server at rest holds less than 40 MB",
    );
    Ok((channel, mirror))
}

fn sign_ons(
    args: &LoadArgs,
    cli: &Cli,
    cache: &Cache,
    program: &Program,
    checks: &mut Checks,
) -> Result<()> {
    let made = cache.sign_ons(args.sign_ons)?;
    let dir = scratch(cli)?;
    say(&format!(
        "\nsign-ons: {} by {} clients",
        made.len(),
        args.clients
    ));
    let (mut channel, mut mirror) = started(cli, cache, program, &dir, checks)?;
    let wires: Vec<&Wire> = made.iter().map(|made| &made.wire).collect();
    let blast = blast(&mut channel, args.clients, &wires)?;
    blast.tell("sign-ons", checks);

    let mut ledger = Ledger::default();
    let mut accepted = 0_u64;
    let mut wrong = Vec::new();
    for (MadeSignOn { post, .. }, answer) in made.iter().zip(&blast.answers) {
        let Some(body) = answer.ok() else { continue };
        accepted += 1;
        let note = serde_json::from_slice::<Accepted>(body)?.promise;
        let event = Event::SignOn(post.event.clone());
        match mirror.check_promise(&note, &event, post.salt, now()) {
            Ok(_) => drop(ledger.take(&note, channel.log_key())?),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    checks.check(
        wrong.is_empty() && ledger.len() as u64 == accepted,
        &format!(
            "each of the {accepted} answers is the log's promise of just that sign-on {wrong:?}"
        ),
    );

    // At filing all sign-ons are published, for everybody to count.
    let http = channel.http();
    let mut memos = Vec::new();
    for (my, mut version) in cache.signed_memos()? {
        version.sealed =
            demur_encoding::Bytes(calls::draft_sealed(my.memo, 1, my.reader.token()).send(&http)?);
        let response = http.wire(&memo::filing(&my, &version, &mirror)?, MAX_ANSWER)?;
        take_filing(&mut ledger, &response, &channel)?;
        memos.push(my.memo);
    }
    settle(
        &mut channel,
        &mut mirror,
        &mut ledger,
        "the sign-ons and the filings",
        checks,
    )?;
    let counted: u64 = memos
        .iter()
        .filter_map(|memo| mirror.memo(*memo))
        .map(|log| log.tally().version(1).signed)
        .sum();
    checks.check(
        counted == accepted,
        &format!("the filed memos count {counted} signatures; {accepted} were acknowledged"),
    );
    pages(&http, memos.first().copied(), mirror.size(), checks)?;
    finish(&mut channel, checks)
}

fn filings(
    args: &LoadArgs,
    cli: &Cli,
    cache: &Cache,
    program: &Program,
    checks: &mut Checks,
) -> Result<()> {
    let made = cache.memos(args.filings * 2)?;
    let dir = scratch(cli)?;
    say(&format!(
        "\nfilings: {} in a row, then {} at once by {} clients",
        args.filings, args.filings, args.clients
    ));
    let (mut channel, mut mirror) = started(cli, cache, program, &dir, checks)?;
    let mut ledger = Ledger::default();
    for (what, of) in [
        (
            "openings",
            (|made: &MadeMemo| &made.opening) as fn(&MadeMemo) -> &Wire,
        ),
        ("versions", |made| &made.version),
    ] {
        let wires: Vec<&Wire> = made.iter().map(of).collect();
        let blast = blast(&mut channel, args.clients, &wires)?;
        blast.tell(what, checks);
        for body in blast.answers.iter().filter_map(Answer::ok) {
            ledger.take(
                &serde_json::from_slice::<Accepted>(body)?.promise,
                channel.log_key(),
            )?;
        }
    }
    let (row, at_once) = made.split_at(args.filings);
    let mut memos: Vec<Digest> = Vec::new();
    for (what, made, clients) in [
        ("filings in a row", row, 1),
        ("filings at once", at_once, args.clients),
    ] {
        let wires: Vec<&Wire> = made.iter().map(|made| &made.filing).collect();
        let blast = blast(&mut channel, clients, &wires)?;
        blast.tell(what, checks);
        for (made, answer) in made.iter().zip(&blast.answers) {
            if answer.ok().is_some()
                && let Ok(response) = &answer.response
            {
                take_filing(&mut ledger, response, &channel)?;
                memos.push(made.my.memo);
            }
        }
    }
    settle(
        &mut channel,
        &mut mirror,
        &mut ledger,
        "all of that",
        checks,
    )?;
    let mut shown: BTreeMap<Digest, usize> = BTreeMap::new();
    for memo in mirror.filed_memos() {
        *shown.entry(memo).or_default() += 1;
    }
    let once = memos
        .iter()
        .filter(|memo| shown.get(*memo) == Some(&1))
        .count();
    checks.check(
        once == memos.len() && shown.len() == once,
        &format!(
            "the record shows each of the {} filings once, and no other",
            memos.len()
        ),
    );
    let http = channel.http();
    pages(&http, memos.first().copied(), mirror.size(), checks)?;
    finish(&mut channel, checks)
}

/// Takes in the promise of a filing: it must be of the very entry that the answer shows.
fn take_filing(ledger: &mut Ledger, response: &Response, channel: &Channel) -> Result<()> {
    ensure!(
        response.status == 200,
        "a filing: status {}: {}",
        response.status,
        String::from_utf8_lossy(&response.body)
    );
    let answer: Approved = serde_json::from_slice(&response.body)?;
    let Approved::Done {
        promise: Some(promise),
        entry: Some(entry),
    } = answer
    else {
        anyhow::bail!("a filing was answered with {answer:?}");
    };
    let subject = ledger.take(&promise, channel.log_key())?;
    ensure!(
        subject == Subject::Entry(leaf_hash(&entry.to_vec()?)),
        "a filing's promise is of another entry than its answer shows"
    );
    Ok(())
}

/// Waits until the record holds all that was promised, or should.
fn settle(
    channel: &mut Channel,
    mirror: &mut Mirror,
    ledger: &mut Ledger,
    what: &str,
    checks: &mut Checks,
) -> Result<()> {
    let start = Instant::now();
    let standing = channel.until(what, mirror, |mirror| {
        let standing = ledger.hold(mirror);
        (standing.waiting == 0).then_some(standing)
    })?;
    say(&format!(
        "the record holds {what} {:.1} s after the last answer: {standing}",
        start.elapsed().as_secs_f64()
    ));
    checks.check(
        standing.all_kept(),
        "every promise is kept: in time, and exactly once",
    );
    let peak = machine::memory(channel.server()?.pid())?;
    say(&format!(
        "server after that: {} resident, at most {}",
        mib(peak.resident),
        mib(peak.peak)
    ));
    Ok(())
}

fn finish(channel: &mut Channel, checks: &mut Checks) -> Result<()> {
    let start = Instant::now();
    let report = audited(&channel.http(), channel.policy());
    match &report {
        Ok(report) => say(&format!(
            "audit over HTTP: {} entries in {:.1} s",
            report.size,
            start.elapsed().as_secs_f64()
        )),
        Err(error) => say(&format!("audit over HTTP: {error:#}")),
    }
    checks.check(report.is_ok(), "the audit passes");
    let log = channel.server()?.log().clone();
    let bad = ["ERROR", "panicked"].iter().any(|word| log.has(word));
    checks.check(!bad, "the server's log holds no error and no panic");
    if bad {
        log.lines()
            .iter()
            .for_each(|line| say(&format!("    {line}")));
    }
    channel.stop_server()
}

/// One request's end.
struct Answer {
    time: Duration,
    response: std::io::Result<Response>,
}

impl Answer {
    /// The body of an answer with status 200.
    fn ok(&self) -> Option<&[u8]> {
        let response = self.response.as_ref().ok()?;
        (response.status == 200).then_some(&response.body)
    }
}

/// Many requests' end.
struct Blast {
    wall: Duration,
    processor: Duration,
    answers: Vec<Answer>,
}

impl Blast {
    fn tell(&self, what: &str, checks: &mut Checks) {
        let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
        for answer in &self.answers {
            let status = match &answer.response {
                Ok(response) => response.status.to_string(),
                Err(error) => format!("no answer ({error})"),
            };
            *statuses.entry(status).or_default() += 1;
        }
        let count = self.answers.len();
        let times = Times::new(self.answers.iter().map(|answer| answer.time).collect());
        let each = self.processor.as_secs_f64() * 1_000.0 / count.max(1) as f64;
        say(&format!(
            "{what}: {count} in {:.2} s: {:.0} a second; {times}; the server's processor time {each:.2} ms each",
            self.wall.as_secs_f64(),
            count as f64 / self.wall.as_secs_f64(),
        ));
        let good = self
            .answers
            .iter()
            .filter(|answer| answer.ok().is_some())
            .count();
        checks.check(
            good == count,
            &format!("{what}: every answer is 200 {statuses:?}"),
        );
        let refused = self
            .answers
            .iter()
            .filter_map(|answer| answer.response.as_ref().ok())
            .find(|response| response.status != 200);
        if let Some(response) = refused {
            say(&format!(
                "    first refusal: {}",
                String::from_utf8_lossy(&response.body)
            ));
        }
    }
}

/// Sends all requests, each client over one connection, the next as soon as the last is answered.
fn blast(channel: &mut Channel, clients: usize, wires: &[&Wire]) -> Result<Blast> {
    let (address, pid) = (channel.address(), channel.server()?.pid());
    let next = AtomicUsize::new(0);
    let before = machine::processor_time(pid)?;
    let start = Instant::now();
    let mut answers: Vec<(usize, Answer)> = thread::scope(|scope| {
        let client = || {
            let http = Http::new(address);
            let mut answers = Vec::new();
            while let Some((i, wire)) = {
                let i = next.fetch_add(1, Ordering::Relaxed);
                wires.get(i).map(|wire| (i, wire))
            } {
                let start = Instant::now();
                let response = http.wire(wire, MAX_ANSWER);
                let time = start.elapsed();
                answers.push((i, Answer { time, response }));
            }
            answers
        };
        let clients: Vec<_> = (0..clients)
            .map(|_| {
                thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, client)
            })
            .collect::<Result<_, _>>()?;
        let mut all = Vec::with_capacity(wires.len());
        for client in clients {
            all.extend(client.join().ok().context("a client panicked")?);
        }
        Ok::<_, anyhow::Error>(all)
    })?;
    let wall = start.elapsed();
    let processor = machine::processor_time(pid)? - before;
    answers.sort_unstable_by_key(|(i, _)| *i);
    Ok(Blast {
        wall,
        processor,
        answers: answers.into_iter().map(|(_, answer)| answer).collect(),
    })
}

fn mib(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}
