//! A disk that is full, or read-only.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, ensure};
use demur_bench::{
    cache::{Cache, MadeMemo},
    ledger::Ledger,
    program::Program,
};

use super::check::{all_kept, open_memos, refusal, size, tell};
use crate::{
    Cli,
    report::{Checks, say},
    scratch,
};

/// The size of the disk that gets full.
const SMALL_DISK: &str = "size=64m";

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

/// A disk of its own, taken away in both ways.
pub(super) fn full_and_read_only(
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
        // Were none refused, the disk would not have been full.
        full < memos.len() && then == memos.len() && kept.is_ok(),
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
