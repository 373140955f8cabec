//! Foreign files are read in a process of their own, which can't do harm: bounded in time, memory and what it writes, without
//! network, files and other programs.
//!
//! The program starts itself anew with a hidden command. What the child gives up, it gives up before it looks at the
//! first byte: resource limits (POSIX), a filter of system calls (Linux seccomp) and, where the kernel has it, all files and TCP
//! ports (Linux Landlock). The file comes by standard input, from an unnamed temporary file that is gone with the process.

use std::{
    io::{Read as _, Seek as _, Write as _},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use crate::fail::{Failure, Outcome};

/// How much reading a file may take.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// By the clock: then the reader is ended from outside.
    wall: Duration,
    /// In seconds of the processor.
    processor: u64,
    /// In bytes of address space.
    memory: u64,
}

/// The limits of every reader.
const LIMITS: Limits = Limits {
    wall: Duration::from_secs(40),
    processor: 10,
    memory: 1 << 30,
};

/// The most that a reader may answer, in bytes.
const MAX_ANSWER: u64 = 64 << 20;

/// The most of a reader's complaint that is kept, in bytes.
const MAX_COMPLAINT: u64 = 4 << 10;

/// How often a child's end is looked for.
const TICK: Duration = Duration::from_millis(5);

/// What a child must be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing but its own code.
    Nothing,
    /// To start one program, which reads its libraries.
    Program,
}

/// What a reader must have given up, by the words for it, and what it could do otherwise.
const WALLS: [(&str, &str); 3] = [
    (NO_FILES, "open files"),
    (NO_NETWORK, "use the network"),
    (NO_PROGRAM, "start other programs"),
];

const NO_FILES: &str = "no files but the system's";
const NO_NETWORK: &str = "no network";
const NO_PROGRAM: &str = "no other program";

/// What a reader could have done, given what it gave up.
pub(crate) fn open_ways<S: AsRef<str>>(held: &[S], needs: Needs) -> Vec<&'static str> {
    WALLS
        .into_iter()
        .filter(|(wall, _)| needs == Needs::Nothing || *wall != NO_PROGRAM)
        .filter(|(wall, _)| !held.iter().any(|held| held.as_ref() == *wall))
        .map(|(_, way)| way)
        .collect()
}

/// For people: that a copy was read without all walls around its reader; `None` where they stood.
pub(crate) fn warning<S: AsRef<str>>(held: &[S]) -> Option<String> {
    let ways = open_ways(held, Needs::Nothing);
    (!ways.is_empty()).then(|| {
        format!(
            "this system could not shut the reader of the copy in (Linux seccomp and Landlock do): a flaw in it could have let the copy {}. Read strangers' files on a machine that can",
            ways.join(", ")
        )
    })
}

/// Runs a program on bytes; what it writes.
pub(crate) fn run(command: Command, input: &[u8]) -> Outcome<Vec<u8>> {
    run_within(LIMITS, command, input)
}

fn run_within(limits: Limits, mut command: Command, input: &[u8]) -> Outcome<Vec<u8>> {
    let mut file = tempfile::tempfile().map_err(Failure::outside)?;
    file.write_all(input).map_err(Failure::outside)?;
    file.rewind().map_err(Failure::outside)?;
    let mut child = command
        .env_clear()
        .current_dir(std::path::MAIN_SEPARATOR_STR)
        .stdin(Stdio::from(file))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| Failure::outside(format!("the reader of copies can't be started: {e}")))?;
    let answer = gather(child.stdout.take(), MAX_ANSWER);
    let complaint = gather(child.stderr.take(), MAX_COMPLAINT);
    let status = wait(&mut child, limits.wall)?;
    let join = |thread: std::thread::JoinHandle<Vec<u8>>| thread.join().unwrap_or_default();
    let (answer, complaint) = (join(answer), join(complaint));
    if answer.len() as u64 > MAX_ANSWER {
        return Err(Failure::input("its text is too long to be a copy"));
    }
    match status {
        Some(status) if status.success() => Ok(answer),
        Some(status) => Err(Failure::input(ended(status, &complaint, limits))),
        None => Err(Failure::input(format!(
            "reading it took longer than {} s, so it was given up",
            limits.wall.as_secs()
        ))),
    }
}

/// Reads a pipe to its end; what is over the limit is thrown away, one byte of it tells.
fn gather(
    pipe: Option<impl std::io::Read + Send + 'static>,
    most: u64,
) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.by_ref().take(most + 1).read_to_end(&mut bytes);
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        bytes
    })
}

/// `None`: it was too slow, and was ended.
fn wait(child: &mut Child, most: Duration) -> Outcome<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(Failure::outside)? {
            return Ok(Some(status));
        }
        if started.elapsed() > most {
            let _ = child.kill();
            let _ = child.wait();
            return Ok(None);
        }
        std::thread::sleep(TICK);
    }
}

fn ended(status: ExitStatus, complaint: &[u8], limits: Limits) -> String {
    let text = String::from_utf8_lossy(complaint);
    let line = text
        .lines()
        .find(|l| !l.trim().is_empty())
        .unwrap_or_default();
    let line: String = line.chars().filter(|c| !c.is_control()).take(200).collect();
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if status.signal().is_some() {
            return format!(
                "reading it took more than {} s of the processor or {} MiB of memory, so it was given up ({status}) {line}",
                limits.processor,
                limits.memory >> 20
            );
        }
    }
    #[cfg(not(unix))]
    let _ = limits;
    format!("it could not be read ({status}) {line}")
}

/// Gives up all that reading a file does not need; says what holds.
pub(crate) fn give_up(needs: Needs) -> Vec<&'static str> {
    let mut holds = Vec::new();
    #[cfg(unix)]
    holds.extend(bounded(LIMITS));
    #[cfg(target_os = "linux")]
    holds.extend(linux::give_up(needs));
    #[cfg(not(target_os = "linux"))]
    let _ = needs;
    holds
}

#[cfg(unix)]
fn bounded(limits: Limits) -> Vec<&'static str> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let set = |resource, most: u64| {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).is_ok()
    };
    [
        ("processor time", set(Resource::Cpu, limits.processor)),
        ("memory", set(Resource::As, limits.memory)),
        ("no file written", set(Resource::Fsize, 0)),
        ("no core dump", set(Resource::Core, 0)),
    ]
    .into_iter()
    .filter_map(|(what, holds)| holds.then_some(what))
    .collect()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;

    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, PathBeneath, PathFd,
        Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus,
    };
    use seccompiler::{SeccompAction, SeccompFilter, TargetArch};

    use super::Needs;

    /// What a program reads to run: its code, its libraries, fonts and their lists.
    const READ_ONLY: &[&str] = &[
        "/usr",
        "/lib",
        "/lib64",
        "/bin",
        "/etc/ld.so.cache",
        "/etc/fonts",
        "/etc/xpdf",
    ];

    pub(super) fn give_up(needs: Needs) -> Vec<&'static str> {
        let mut holds = Vec::new();
        if files(needs).unwrap_or(false) {
            holds.push(super::NO_FILES);
        }
        if calls(needs).is_some() {
            holds.push(super::NO_NETWORK);
            if needs == Needs::Nothing {
                holds.push(super::NO_PROGRAM);
            }
        }
        holds
    }

    fn files(needs: Needs) -> Result<bool, landlock::RulesetError> {
        let abi = ABI::V4;
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .create()?;
        if needs == Needs::Program {
            for path in READ_ONLY {
                let Ok(fd) = PathFd::new(path) else {
                    continue;
                };
                rules = rules.add_rule(PathBeneath::new(fd, AccessFs::from_read(abi)))?;
            }
        }
        let status = rules.restrict_self()?;
        Ok(status.ruleset != RulesetStatus::NotEnforced)
    }

    /// Calls that reading never needs end with "not permitted".
    fn calls(needs: Needs) -> Option<()> {
        let mut denied = vec![
            libc::SYS_socket,
            libc::SYS_socketpair,
            libc::SYS_connect,
            libc::SYS_bind,
            libc::SYS_listen,
            libc::SYS_sendto,
            libc::SYS_sendmsg,
            libc::SYS_io_uring_setup,
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
            libc::SYS_mount,
            libc::SYS_unshare,
            libc::SYS_setns,
            libc::SYS_bpf,
            libc::SYS_keyctl,
            libc::SYS_kill,
            libc::SYS_tkill,
            libc::SYS_clone,
            libc::SYS_clone3,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_fork,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_vfork,
        ];
        if needs == Needs::Nothing {
            denied.extend([libc::SYS_execve, libc::SYS_execveat]);
        }
        let rules: BTreeMap<i64, Vec<seccompiler::SeccompRule>> =
            denied.into_iter().map(|call| (call, Vec::new())).collect();
        let arch: TargetArch = std::env::consts::ARCH.try_into().ok()?;
        let denied = SeccompAction::Errno(u32::try_from(libc::EPERM).ok()?);
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, arch).ok()?;
        let program: seccompiler::BpfProgram = filter.try_into().ok()?;
        seccompiler::apply_filter(&program).ok()
    }
}

/// Standard input, whole; at most `most` bytes.
pub(crate) fn input(most: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let stdin = std::io::stdin();
    stdin.lock().take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The program that is running.
pub(crate) fn own() -> Outcome<Command> {
    std::env::current_exe()
        .map(Command::new)
        .map_err(Failure::outside)
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, path::Path};

    use rustix::process::{Pid, test_kill_process};

    use super::*;

    /// A program of the system's that writes its number to a file, and then what `more` says.
    fn shell(number: &Path, more: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("echo $$ > \"$0\"; {more}")]);
        command.arg(number);
        command
    }

    /// That the program which wrote its number there is gone, not even waiting for its end to be seen.
    fn is_gone(number: &Path) -> bool {
        let number = fs::read_to_string(number).unwrap().trim().parse().unwrap();
        test_kill_process(Pid::from_raw(number).unwrap()).is_err()
    }

    #[test]
    fn a_reader_that_never_ends_is_ended_by_the_clock() {
        let dir = tempfile::tempdir().unwrap();
        let number = dir.path().join("number");
        let limits = Limits {
            wall: Duration::from_secs(1),
            ..LIMITS
        };
        for (name, idles) in [("waits", "kill -STOP $$"), ("works", "while :; do :; done")] {
            let started = Instant::now();
            let refused = run_within(limits, shell(&number, idles), b"a copy").unwrap_err();
            assert!(started.elapsed() >= limits.wall, "{name}");
            let said = refused.to_string();
            assert!(
                said.contains("took longer than 1 s, so it was given up"),
                "{name}: {said}"
            );
            assert!(is_gone(&number), "{name}");
        }
        // What ends in time is heard.
        let answer = run_within(limits, shell(&number, "cat"), b"a copy").unwrap();
        assert_eq!(answer, b"a copy");
        assert!(is_gone(&number));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    /// Of the processor a reader may have so much, in seconds.
    const SECONDS: u64 = 1;

    #[test]
    fn a_reader_that_works_without_end_is_ended_by_the_system() {
        let limits = Limits {
            processor: SECONDS,
            ..LIMITS
        };
        // This program again, at the test below, which gives up what a reader gives up.
        let mut command = own().unwrap();
        let test = concat!(module_path!(), "::works_without_end");
        let test = test.split_once("::").unwrap().1;
        command.args([test, "--exact", "--ignored", "--nocapture"]);
        let refused = run_within(limits, command, b"a copy").unwrap_err();
        let said = refused.to_string();
        assert!(
            said.contains("took more than 1 s of the processor"),
            "{said}"
        );
    }

    #[test]
    #[ignore = "never ends: the test above starts it, in a process of its own"]
    fn works_without_end() {
        // With all that are ignored it is not meant.
        if std::env::args().all(|arg| arg != "--exact") {
            return;
        }
        let limits = Limits {
            processor: SECONDS,
            ..LIMITS
        };
        assert!(bounded(limits).contains(&"processor time"));
        let mut n = 0_u64;
        loop {
            n = std::hint::black_box(n.wrapping_add(1));
        }
    }
}
