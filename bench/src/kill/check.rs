//! What may be taken from a server beside its life: disk, clock, witnesses, its newest data.

use std::{fs, thread, time::Duration};

use anyhow::{Context as _, Result, ensure};
use demur_bench::{
    cache::{Cache, MadeMemo},
    channel::{Channel, copy_folder},
    ledger::{Ledger, audited},
    program::{Ended, Program},
};
use demur_client::{api::Accepted, device::Mirror};

use super::{disk, lying::Lie, witnesses};
use crate::{
    Cli,
    report::{Checks, say},
    scratch,
};

/// The largest answer here, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// Some batches.
pub(super) const A_WHILE: Duration = Duration::from_secs(4);

/// How many memos a check opens.
const SOME: usize = 6;

/// Every check, each on a channel of its own. `program` is a debug build.
pub(super) fn all(cli: &Cli, cache: &Cache, program: &Program, checks: &mut Checks) -> Result<()> {
    say("\nbeside kills:");
    let memos = cache.memos(SOME * 5)?;
    let stage = |name: &str| {
        let dir = scratch(cli)?;
        let channel = cache.channel(program, &dir.path().join(name))?;
        Ok::<_, anyhow::Error>((dir, channel))
    };
    let (_dir, channel) = stage("two")?;
    two_servers(channel, checks)?;
    let (_dir, channel) = stage("backup")?;
    old_backup(channel, &memos, checks)?;
    let (_dir, channel) = stage("down")?;
    witnesses::one_down(channel, &memos[SOME..SOME * 2], checks)?;
    let (_dir, channel) = stage("clock")?;
    clock_back(channel, &memos, checks)?;
    let dir = scratch(cli)?;
    witnesses::only_one_down(program, &dir.path().join("one"), checks)?;
    for lie in Lie::ALL {
        let dir = scratch(cli)?;
        witnesses::lying(program, &dir.path().join("lying"), lie, checks)?;
    }
    disk::full_and_read_only(cli, cache, program, &memos[SOME * 4..], checks)
}

/// Opens memos; what is acknowledged goes into the ledger. Says how many were.
pub(super) fn open_memos(
    channel: &Channel,
    memos: &[MadeMemo],
    ledger: &mut Ledger,
) -> Result<usize> {
    let http = channel.http();
    let mut opened = 0;
    for memo in memos {
        match http.wire(&memo.opening, MAX_ANSWER) {
            Ok(response) if response.status == 200 => {
                let accepted: Accepted = serde_json::from_slice(&response.body)?;
                ledger.take(&accepted.promise, channel.log_key())?;
                opened += 1;
            }
            Ok(response) => say(&format!(
                "          answered with {}: {}",
                response.status,
                String::from_utf8_lossy(&response.body)
            )),
            Err(error) => say(&format!("          no answer: {error}")),
        }
    }
    Ok(opened)
}

/// Waits until the record holds all that was promised, and audits it.
pub(super) fn all_kept(channel: &Channel, ledger: &mut Ledger) -> Result<()> {
    let mut mirror = channel.mirror()?;
    let standing = channel.until("what was promised", &mut mirror, |mirror| {
        let standing = ledger.hold(mirror);
        (standing.waiting == 0).then_some(standing)
    })?;
    ensure!(standing.all_kept() && !ledger.is_empty(), "{standing}");
    audited(&channel.http(), channel.policy())?;
    Ok(())
}

/// What a mirror sees now.
pub(super) fn size(channel: &Channel, mirror: &mut Mirror) -> Result<u64> {
    mirror.sync(&channel.http())?;
    Ok(mirror.size())
}

/// Why the server did not start: its exit code and its words.
pub(super) fn refusal(channel: &mut Channel) -> Result<(Option<i32>, String)> {
    match channel.start_server() {
        Ok(()) => {
            channel.kill_server()?;
            Ok((None, "it started".to_owned()))
        }
        Err(error) => {
            let ended = error.downcast::<Ended>()?;
            Ok((ended.status.code(), ended.log.join(" | ")))
        }
    }
}

pub(super) fn tell(checks: &mut Checks, what: &str, result: Result<()>) {
    match result {
        Ok(()) => checks.check(true, what),
        Err(error) => checks.check(false, &format!("{what}: {error:#}")),
    }
}

fn two_servers(mut channel: Channel, checks: &mut Checks) -> Result<()> {
    channel.start()?;
    let second = channel.serve_command().output()?;
    let words = String::from_utf8_lossy(&second.stderr).into_owned();
    checks.check(
        second.status.code() == Some(2) && words.contains("another server runs on this folder"),
        &format!(
            "a second server on one folder ends with code 2 and says why: {}",
            words.trim()
        ),
    );
    let mut mirror = channel.mirror()?;
    let before = size(&channel, &mut mirror)?;
    let goes_on = channel.until("a batch", &mut mirror, |mirror| {
        (mirror.size() > before).then_some(())
    });
    tell(checks, "the first server goes on", goes_on);
    channel.stop_server()
}

fn old_backup(mut channel: Channel, memos: &[MadeMemo], checks: &mut Checks) -> Result<()> {
    let (data, backup, newest) = (
        channel.data(),
        channel.dir().join("backup"),
        channel.dir().join("newest"),
    );
    channel.start()?;
    let mut mirror = channel.mirror()?;
    channel.stop_server()?;
    copy_folder(&data, &backup)?;
    channel.start_server()?;
    // Beyond whatever an old copy makes of its own in a moment.
    let first = size(&channel, &mut mirror)?;
    let mut ledger = Ledger::default();
    open_memos(&channel, &memos[..SOME], &mut ledger)?;
    channel.until("some batches", &mut mirror, |mirror| {
        (mirror.size() > first + 10).then_some(())
    })?;
    channel.stop_server()?;
    copy_folder(&data, &newest)?;

    // The database alone is old: the record's folder knows better.
    fs::copy(backup.join("demur.sqlite"), data.join("demur.sqlite"))?;
    let (code, words) = refusal(&mut channel)?;
    checks.check(
        code == Some(3) && words.contains("restored from an old backup"),
        &format!(
            "an old database beside the newer record: the server ends with code {code:?}: {words}"
        ),
    );

    // Both are old: only the witnesses know better.
    fs::remove_dir_all(&data)?;
    copy_folder(&backup, &data)?;
    channel.start_server()?;
    let log = channel.server()?.log().clone();
    let warned = (0..60).any(|_| {
        thread::sleep(Duration::from_secs(1));
        log.has("knows more than this log")
    });
    let shown = fs::read(data.join("record/checkpoint"))?;
    checks.check(
        shown == fs::read(backup.join("record/checkpoint"))? && warned,
        "an old copy of the whole folder: the witnesses refuse, nothing is published, and the log says why",
    );
    let forks = mirror.sync(&channel.http());
    tell(
        checks,
        "a device that knows more is not shown a fork",
        forks.map(drop).map_err(Into::into),
    );
    channel.kill_server()?;

    fs::remove_dir_all(&data)?;
    copy_folder(&newest, &data)?;
    channel.start_server()?;
    tell(
        checks,
        "with the newest copy back the server goes on",
        all_kept(&channel, &mut ledger),
    );
    channel.stop_server()
}

fn clock_back(mut channel: Channel, memos: &[MadeMemo], checks: &mut Checks) -> Result<()> {
    let clock = channel.dir().join("clock");
    let set = |seconds: i64| fs::write(&clock, seconds.to_string()).context("the clock");
    set(0)?;
    let program = channel.program().clone();
    channel.set_program(program.with("DEMUR_CLOCK", clock.display().to_string()));
    // The witnesses keep the right time: they don't read the variable.
    channel.start()?;
    let mut mirror = channel.mirror()?;
    let mut ledger = Ledger::default();
    let before = size(&channel, &mut mirror)?;
    set(-200)?;
    let opened = open_memos(&channel, &memos[SOME * 2..SOME * 3], &mut ledger)?;
    let kept = all_kept(&channel, &mut ledger);
    let grown = size(&channel, &mut mirror)? > before;
    checks.check(
        opened == SOME && grown && kept.is_ok(),
        &format!(
            "the clock jumps back by 200 s: batches go on, and {opened} promises are kept {}",
            kept.err().map(|e| format!("{e:#}")).unwrap_or_default()
        ),
    );
    set(-86_400)?;
    let opened = open_memos(&channel, &memos[SOME * 3..SOME * 4], &mut ledger)?;
    thread::sleep(A_WHILE);
    set(0)?;
    tell(
        checks,
        &format!("it jumps back by a day and is set right again: {opened} more promises are kept"),
        all_kept(&channel, &mut ledger),
    );
    let times: Vec<_> = mirror
        .replay()
        .batches()
        .iter()
        .map(|batch| batch.time)
        .collect();
    checks.check(times.is_sorted(), "the record's time never ran backwards");
    channel.stop_server()
}
