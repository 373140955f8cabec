//! What may be taken from a server beside its life: disk, clock, witnesses, its newest data.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use demur_bench::{
    cache::{Cache, MadeMemo},
    channel::{Channel, Founding, copy_folder, profile},
    ledger::{Ledger, audited},
    program::{Ended, Program},
};
use demur_client::{api::Accepted, device::Mirror};

use super::lying::{Liar, Lie};
use crate::{
    Cli,
    report::{Checks, say},
    scratch,
};

/// The largest answer here, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// Some batches.
const A_WHILE: Duration = Duration::from_secs(4);

/// The size of the disk that gets full.
const SMALL_DISK: &str = "size=64m";

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
    witness_down(channel, &memos, checks)?;
    let (_dir, channel) = stage("clock")?;
    clock_back(channel, &memos, checks)?;
    for lie in Lie::ALL {
        let dir = scratch(cli)?;
        lying_witness(program, &dir.path().join("lying"), lie, checks)?;
    }
    disks(cli, cache, program, &memos, checks)
}

/// Opens memos; what is acknowledged goes into the ledger. Says how many were.
fn open_memos(channel: &Channel, memos: &[MadeMemo], ledger: &mut Ledger) -> Result<usize> {
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
fn all_kept(channel: &Channel, ledger: &mut Ledger) -> Result<()> {
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
fn size(channel: &Channel, mirror: &mut Mirror) -> Result<u64> {
    mirror.sync(&channel.http())?;
    Ok(mirror.size())
}

/// Why the server did not start: its exit code and its words.
fn refusal(channel: &mut Channel) -> Result<(Option<i32>, String)> {
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

fn tell(checks: &mut Checks, what: &str, result: Result<()>) {
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

fn witness_down(mut channel: Channel, memos: &[MadeMemo], checks: &mut Checks) -> Result<()> {
    channel.start()?;
    let mut mirror = channel.mirror()?;
    size(&channel, &mut mirror)?;
    channel.kill_witness(1)?;
    // A batch may be under way.
    thread::sleep(A_WHILE);
    let before = size(&channel, &mut mirror)?;
    let mut ledger = Ledger::default();
    let opened = open_memos(&channel, &memos[SOME..SOME * 2], &mut ledger)?;
    thread::sleep(A_WHILE);
    let after = size(&channel, &mut mirror)?;
    checks.check(
        opened == SOME && after == before,
        "one of two needed witnesses is down: nothing is published, and requests are accepted",
    );
    channel.kill_server()?;
    channel.start_server()?;
    channel.start_witness(1)?;
    tell(
        checks,
        "the server was killed meanwhile and the witness is back: every promise is kept",
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

fn lying_witness(program: &Program, dir: &Path, lie: Lie, checks: &mut Checks) -> Result<()> {
    let founding = Founding {
        profile: profile(),
        witnesses: 2,
        quorum: 1,
    };
    let mut channel = Channel::found(program, dir, &founding)?;
    channel.start_witness(0)?;
    let liar = Liar::start(&dir.join("witness-2"), lie)?;
    channel.set_witness(1, liar.address())?;
    channel.start_server()?;
    let mut mirror = channel.mirror()?;
    let grown = channel.until("some batches", &mut mirror, |mirror| {
        (mirror.replay().batches().len() >= 4).then_some(())
    });
    // Whatever the liar signed, the record's time is the honest witness's.
    let now = demur_bench::now();
    let sane = mirror
        .as_of()
        .is_some_and(|time| time.since(now).max(now.since(time)) < 300);
    let asked = liar.asked();
    let audit = audited(&channel.http(), channel.policy());
    checks.check(
        grown.is_ok() && sane && asked >= 3 && audit.is_ok(),
        &format!(
            "one of two witnesses {}: the record goes on with the other ({asked} lies told)",
            lie.what()
        ),
    );
    channel.stop_server()
}

/// A small disk of its own; gone when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let disk = Self(dir.to_owned());
        disk.run("mount", &["-t", "tmpfs", "-o", SMALL_DISK, "tmpfs"])?;
        Ok(disk)
    }

    fn remount(&self, how: &str) -> Result<()> {
        self.run("mount", &["-o", &format!("remount,{how}")])
    }

    fn run(&self, command: &str, args: &[&str]) -> Result<()> {
        let output = Command::new(command).args(args).arg(&self.0).output()?;
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{command}: {}", words.trim());
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process may still be ending there.
        let _ = self.run("umount", &["-l"]);
    }
}

fn disks(
    cli: &Cli,
    cache: &Cache,
    program: &Program,
    memos: &[MadeMemo],
    checks: &mut Checks,
) -> Result<()> {
    let dir = scratch(cli)?;
    let disk = match Disk::mount(&dir.path().join("disk")) {
        Ok(disk) => disk,
        Err(why) => {
            say(&format!(
                "  skipped full and read-only disk: a file system can't be mounted here ({why:#})"
            ));
            return Ok(());
        }
    };
    let mut channel = cache.channel(program, &disk.0.join("channel"))?;
    channel.start()?;
    let mut ledger = Ledger::default();
    let memos = &memos[SOME * 4..];
    let filler = disk.0.join("filler");
    fill(&filler)?;
    let full = open_memos(&channel, memos, &mut ledger)?;
    let runs = channel.server()?.ended()?.is_none();
    let log = channel.server()?.log().clone();
    fs::remove_file(&filler)?;
    if !runs {
        channel.start_server()?;
    }
    let then = open_memos(&channel, memos, &mut ledger)?;
    let kept = all_kept(&channel, &mut ledger);
    if then < memos.len() {
        log.lines()
            .iter()
            .for_each(|line| say(&format!("          {line}")));
    }
    checks.check(
        then == memos.len() && kept.is_ok(),
        &format!(
            "the disk is full: {full} of {} requests acknowledged, {}; with room again all {then} are, and every promise is kept {}",
            memos.len(),
            if runs { "the server stays" } else { "the server ends" },
            kept.err().map(|e| format!("{e:#}")).unwrap_or_default()
        ),
    );

    let mut mirror = channel.mirror()?;
    let before = size(&channel, &mut mirror)?;
    channel.kill_server()?;
    disk.remount("ro")?;
    let (code, words) = refusal(&mut channel)?;
    checks.check(
        code == Some(3) || code == Some(2),
        &format!("the disk is read-only: the server ends with code {code:?}: {words}"),
    );
    disk.remount("rw")?;
    channel.start_server()?;
    let goes_on = channel.until("a batch", &mut mirror, |mirror| {
        (mirror.size() > before).then_some(())
    });
    tell(
        checks,
        "it can be written again: the server goes on",
        goes_on,
    );
    channel.stop_server()?;
    drop(channel);
    drop(disk);
    Ok(())
}

/// Writes until nothing more fits.
fn fill(path: &Path) -> Result<()> {
    use std::io::Write as _;
    let mut file = fs::File::create(path)?;
    for size in [1 << 20, 4 << 10, 1] {
        let block = vec![0; size];
        while file.write_all(&block).is_ok() {}
    }
    Ok(())
}
