//! `demur serve` and `demur witness` as processes of their own.

use std::{
    collections::VecDeque,
    env,
    ffi::OsStr,
    io::{BufRead as _, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

/// How long a process may take until it listens, or ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// The most lines of a process's log that are kept.
const MAX_LINES: usize = 2_000;

/// Names the program where it does not lie beside this one.
pub const PROGRAM_VARIABLE: &str = "DEMUR_PROGRAM";

/// Where the program `demur` is.
#[derive(Debug, Clone)]
pub struct Program {
    path: PathBuf,
    environment: Vec<(String, String)>,
}

impl Program {
    /// At that path.
    ///
    /// # Errors
    /// When there is no file.
    pub fn new(path: &Path) -> Result<Self> {
        ensure!(path.is_file(), "{}: no such program", path.display());
        Ok(Self {
            path: path.to_owned(),
            environment: Vec::new(),
        })
    }

    /// The one that the environment names ([`PROGRAM_VARIABLE`]), or the one in the folder of this program, or above
    /// that (where tests lie).
    ///
    /// # Errors
    /// When there is none.
    pub fn find() -> Result<Self> {
        if let Some(path) = env::var_os(PROGRAM_VARIABLE) {
            return Self::new(Path::new(&path));
        }
        let this = env::current_exe()?;
        let beside = this
            .ancestors()
            .skip(1)
            .take(2)
            .map(|dir| dir.join("demur"))
            .find(|path| path.is_file());
        let beside = beside.with_context(|| {
            format!(
                "no program `demur` beside {}: cargo build -p demur",
                this.display()
            )
        })?;
        Self::new(&beside)
    }

    /// With a variable set in the environment of whatever is started.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// A command of the program, its environment cut down to what is given here.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.path);
        command.args(args).env("NO_COLOR", "1").stdin(Stdio::null());
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<Output> {
        let mut command = self.command(args);
        command
            .output()
            .with_context(|| self.path.display().to_string())
    }
}

/// The last lines that a process wrote.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<VecDeque<String>>>);

impl Log {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MAX_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// The lines, oldest first.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }

    /// Whether a line holds `text`.
    #[must_use]
    pub fn has(&self, text: &str) -> bool {
        self.lines().iter().any(|line| line.contains(text))
    }
}

/// A process that listens. Killed when dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    address: SocketAddr,
    log: Log,
}

impl Daemon {
    /// Starts it and waits until it says where it listens.
    ///
    /// # Errors
    /// [`Ended`] when it ended first; when it can't be started, or does not listen in time.
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{command:?}"))?;
        let log = Log::default();
        let (told, address) = mpsc::channel();
        if let Some(out) = child.stdout.take() {
            let told = told.clone();
            read(out, log.clone(), move |line| {
                if let Some(address) = listens_on(line) {
                    // Nobody waits any more after the first time.
                    let _ = told.send(address);
                }
            });
        }
        if let Some(err) = child.stderr.take() {
            read(err, log.clone(), |_| {});
        }
        drop(told);
        match address.recv_timeout(PATIENCE) {
            Ok(address) => Ok(Self {
                child,
                address,
                log,
            }),
            Err(why) => {
                if why == mpsc::RecvTimeoutError::Timeout {
                    child.kill()?;
                }
                let status = child.wait()?;
                // The other pipe may still hold the reason.
                thread::sleep(Duration::from_millis(50));
                Err(Ended {
                    status,
                    log: log.lines(),
                }
                .into())
            }
        }
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it wrote.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// Whether it has ended by itself, and how.
    ///
    /// # Errors
    /// When the system can't tell.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// When it still runs after `patience`.
    pub fn wait(&mut self, patience: Duration) -> Result<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < patience {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        bail!("process {} still runs after {patience:?}", self.pid())
    }

    /// SIGKILL, and waits for the end.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and waits for the end in good order.
    ///
    /// # Errors
    /// When it can't be told, or does not end in time.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status()?;
        ensure!(sent.success(), "kill -TERM {pid}: {sent}");
        self.wait(PATIENCE)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.kill();
    }
}

/// A process that ended before it listened.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// What it wrote.
    pub log: Vec<String>,
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ended with {}: {}", self.status, self.log.join(" | "))
    }
}

impl std::error::Error for Ended {}

fn read(pipe: impl Read + Send + 'static, log: Log, look: impl Fn(&str) + Send + 'static) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            // What is not UTF-8 is none of our program's lines.
            let Ok(line) = line else { break };
            look(&line);
            log.push(line);
        }
    });
}

/// `serving on http://127.0.0.1:8080`, `answers on http://127.0.0.1:8480`.
fn listens_on(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once(" on http://")?;
    address.trim().parse().ok()
}
