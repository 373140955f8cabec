//! A channel, set up with the program as its operator, registrar and overseer would.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::{PATIENCE, Wire};

/// The record's name.
const ORIGIN: &str = "rivers.example/dissent";

/// The passphrase of everybody.
const PASSPHRASE: &str = "a passphrase for the test";

/// The password of every account.
const PASSWORD: &str = "a password for the test";

/// A channel with its server and a witness.
pub struct Stage {
    program: PathBuf,
    dir: tempfile::TempDir,
    _server: Served,
    _witness: Served,
    /// Where the pages are: the relay.
    pub url: String,
    /// What goes over the relay.
    pub wire: Wire,
}

/// Where a program is on the path.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}

/// The program that was built with these tests.
fn program() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("DEMUR_PROGRAM") {
        return Some(given.into());
    }
    let deps = std::env::current_exe().ok()?;
    let program = deps.parent()?.parent()?.join("demur");
    program.is_file().then_some(program)
}

impl Stage {
    /// Sets up a channel; `None`, with the reason printed, where these tests can't run.
    ///
    /// # Errors
    /// When a command fails, or these tests can't run though `DEMUR_BROWSERS=demanded`.
    pub async fn open() -> anyhow::Result<Option<Self>> {
        let skipped = |why: &str| {
            ensure!(
                !crate::demanded(),
                "{} asks for browsers: {why}",
                crate::DEMANDED
            );
            // The tests' own report.
            #[allow(clippy::print_stdout, reason = "says why nothing was tested")]
            {
                println!("skipped: {why}");
            }
            Ok(None)
        };
        let Some(program) = program() else {
            return skipped("the program is not built: cargo build --package demur");
        };
        if on_path("chromedriver").is_none() {
            return skipped("there is no chromedriver: apt-get install chromium chromium-driver");
        }
        let dir = tempfile::Builder::new().prefix("demur-e2e-").tempdir()?;
        let run = |args: Vec<String>| run(program.clone(), dir.path().to_owned(), args);
        let mut lines = Vec::new();
        for role in ["office", "recovery", "overseer", "registrar"] {
            let args = [
                "--home", role, "key", "new", "--role", role, "--origin", ORIGIN,
            ];
            let made = run(args.map(str::to_owned).to_vec()).await?;
            lines.push(text(&made, "key")?);
        }
        let args = [
            "witness",
            "--data",
            "witness",
            "--name",
            "witness.example",
            "--init-only",
        ];
        let made = run(args.map(str::to_owned).to_vec()).await?;
        let vkey = text(&made, "vkey")?;
        let (witness_port, server_port) = (free_port()?, free_port()?);
        let init = [
            "channel",
            "init",
            "--data",
            "data",
            "--origin",
            ORIGIN,
            "--profile",
            "demo",
            "--listen",
            &format!("127.0.0.1:{server_port}"),
            "--office",
            &lines[0],
            "--recovery",
            &lines[1],
            "--overseer",
            &lines[2],
            "--registrar",
            &lines[3],
            "--witness",
            &format!("{vkey} http://127.0.0.1:{witness_port}"),
        ];
        run(init.map(str::to_owned).to_vec()).await?;
        let witness = serve(
            &program,
            dir.path(),
            &[
                "witness",
                "--data",
                "witness",
                "--log",
                "data/channel.vkey",
                "--listen",
                &format!("127.0.0.1:{witness_port}"),
            ],
        )
        .await?;
        let server = serve(&program, dir.path(), &["serve", "--data", "data"]).await?;
        let address = format!("127.0.0.1:{server_port}");
        let (wire, relay) = Wire::relay(address).await?;
        let stage = Self {
            program: program.clone(),
            _server: server,
            _witness: witness,
            url: format!("http://{relay}"),
            wire,
            dir,
        };
        let page = stage.get("/desk").await?;
        if page.contains("no web part") {
            return skipped("the program has no web part: cargo xtask web, then build it again");
        }
        for home in ["office", "overseer", "registrar"] {
            stage
                .demur(
                    home,
                    &["trust", "--server", &stage.url, "--policy", "data/policy"],
                )
                .await?;
        }
        Ok(Some(stage))
    }

    /// The folder of everything.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs a command of the program as somebody; returns its JSON.
    ///
    /// # Errors
    /// When it fails.
    pub async fn demur(&self, home: &str, args: &[&str]) -> anyhow::Result<Value> {
        let mut all = vec!["--home".to_owned(), home.to_owned()];
        all.extend(args.iter().map(|arg| (*arg).to_owned()));
        run(self.program.clone(), self.dir.path().to_owned(), all).await
    }

    /// The same until it is done: the record goes on by itself.
    ///
    /// # Errors
    /// When it does not within [`PATIENCE`].
    pub async fn demur_until(
        &self,
        home: &str,
        args: &[&str],
        done: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let until = Instant::now() + PATIENCE;
        loop {
            let last = self.demur(home, args).await;
            match last {
                Ok(value) if done(&value) => return Ok(value),
                last if Instant::now() > until => bail!("{args:?}: not within the time: {last:?}"),
                _ => tokio::time::sleep(Duration::from_millis(500)).await,
            }
        }
    }

    /// Imports people (name, email, cohorts) and returns their codes in the same order.
    ///
    /// # Errors
    /// When a command fails.
    pub async fn people(&self, people: &[(&str, &str)]) -> anyhow::Result<Vec<String>> {
        let email =
            |name: &str| format!("{}@rivers.example", name.to_lowercase().replace(' ', "."));
        let mut csv = "name,title,email,cohorts\n".to_owned();
        for (name, cohorts) in people {
            csv.push_str(&format!("{name},Engineer,{},{cohorts}\n", email(name)));
        }
        fs::write(self.path("people.csv"), csv)?;
        self.demur(
            "registrar",
            &["roster", "import", "people.csv", "--letters", "letters"],
        )
        .await?;
        let mut codes = Vec::new();
        for (name, _) in people {
            codes.push(code(&self.path("letters"), name, &email(name))?);
        }
        Ok(codes)
    }

    /// Publishes an edition and has it attested; waits until the record has both.
    ///
    /// # Errors
    /// When a command fails.
    pub async fn publish(&self) -> anyhow::Result<()> {
        self.demur("registrar", &["roster", "publish"]).await?;
        self.demur_until(
            "overseer",
            &["roster", "attest", "--letters", "letters.txt"],
            |_| true,
        )
        .await?;
        Ok(())
    }

    /// The pages that the program serves on the machine of somebody whose folder is `home`.
    ///
    /// # Errors
    /// When a command fails.
    pub async fn own_pages(&self, home: &str) -> anyhow::Result<Served> {
        let trust = ["trust", "--server", &self.url, "--policy", "data/policy"];
        self.demur(home, &trust).await?;
        let args = ["--home", home, "open", "--no-browser"];
        serve(&self.program, self.dir.path(), &args).await
    }

    /// The channel's pages as another origin serves them: a union's, a witness's.
    ///
    /// # Errors
    /// When they are not served.
    pub async fn others_pages(&self) -> anyhow::Result<Served> {
        let listen = format!("127.0.0.1:{}", free_port()?);
        let args = [
            "serve",
            "--pages-for",
            &self.url,
            "--policy",
            "data/policy",
            "--listen",
            &listen,
        ];
        serve(&self.program, self.dir.path(), &args).await
    }

    /// An invitation.
    ///
    /// # Errors
    /// When the command fails.
    pub async fn invite(&self, account: &str, role: &str) -> anyhow::Result<String> {
        let made = self
            .demur(
                "operator",
                &[
                    "account", "invite", "--data", "data", account, "--role", role,
                ],
            )
            .await?;
        text(&made, "invitation").or_else(|_| text(&made, "code"))
    }

    /// Whether the program has a command of these words.
    ///
    /// # Errors
    /// When the program can't be run.
    pub async fn knows(&self, words: &[&str]) -> anyhow::Result<bool> {
        let out = Command::new(&self.program)
            .args(words)
            .arg("--help")
            .output()
            .await?;
        Ok(out.status.success())
    }

    /// A page as a client without scripts sees it.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<String> {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let host = self.url.trim_start_matches("http://");
        let mut stream = tokio::net::TcpStream::connect(host).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// The text of each page of a PDF, by poppler's `pdftotext`; `None`, said so, where that is not there.
///
/// # Errors
/// When it fails, or is not there though `DEMUR_BROWSERS=demanded`.
pub async fn pdf_text(file: &Path) -> anyhow::Result<Option<Vec<String>>> {
    if on_path("pdftotext").is_none() {
        ensure!(
            !crate::demanded(),
            "there is no pdftotext, and {} asks for it: apt-get install poppler-utils",
            crate::DEMANDED
        );
        // The tests' own report.
        #[allow(clippy::print_stdout, reason = "says why nothing was tested")]
        {
            println!("skipped: a printed page: there is no pdftotext");
        }
        return Ok(None);
    }
    let out = Command::new("pdftotext")
        .arg("-layout")
        .arg(file)
        .arg("-")
        .output()
        .await?;
    ensure!(out.status.success(), "pdftotext: {}", out.status);
    let text = String::from_utf8(out.stdout)?;
    // A form feed ends each page.
    let pages = text.trim_end_matches('\u{c}').split('\u{c}');
    Ok(Some(pages.map(str::to_owned).collect()))
}

async fn run(program: PathBuf, dir: PathBuf, args: Vec<String>) -> anyhow::Result<Value> {
    let out = Command::new(program)
        .arg("--json")
        .args(&args)
        .current_dir(dir)
        .env("DEMUR_PASSPHRASE", PASSPHRASE)
        .env("DEMUR_PASSWORD", PASSWORD)
        .output()
        .await?;
    ensure!(
        out.status.success(),
        "{args:?}: {}\n{}{}",
        out.status,
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout)?;
    // All of it, or the last of several: a line of one may be JSON, too.
    let last = || {
        let mut lines = text.lines().rev();
        lines.find_map(|line| serde_json::from_str(line).ok())
    };
    Ok(serde_json::from_str(&text)
        .ok()
        .or_else(last)
        .unwrap_or(Value::Null))
}

/// A command that goes on until this is dropped.
pub struct Served {
    _child: Child,
    /// Where it listens.
    pub url: String,
}

/// Starts a command that goes on, and waits until it listens.
async fn serve(program: &Path, dir: &Path, args: &[&str]) -> anyhow::Result<Served> {
    let mut child = Command::new(program)
        .args(args)
        .current_dir(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().context("piped")?;
    let mut lines = BufReader::new(stdout).lines();
    let waiting = async {
        while let Some(line) = lines.next_line().await? {
            // The last: pages for a channel name that before.
            if let Some(at) = line.rfind("http://") {
                return anyhow::Ok(line[at..].trim_end_matches('/').to_owned());
            }
        }
        bail!("{args:?} ended before it listened")
    };
    let url = tokio::time::timeout(PATIENCE, waiting).await??;
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(Served { _child: child, url })
}

fn text(value: &Value, name: &str) -> anyhow::Result<String> {
    let text = value[name].as_str();
    text.map(str::to_owned)
        .with_context(|| format!("no {name} in {value}"))
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port())
}

/// The code in a person's letter.
fn code(letters: &Path, name: &str, email: &str) -> anyhow::Result<String> {
    for file in fs::read_dir(letters)? {
        let text = fs::read_to_string(file?.path())?;
        if !text.contains(email) && !text.contains(name) {
            continue;
        }
        let found = text.split_whitespace().find(|word| {
            word.len() >= 20
                && word.contains('-')
                && word
                    .chars()
                    .all(|c| c == '-' || c.is_ascii_uppercase() || c.is_ascii_digit())
        });
        if let Some(found) = found {
            return Ok(found.to_owned());
        }
    }
    bail!("no letter to {name}")
}
