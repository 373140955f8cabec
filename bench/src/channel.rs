//! A channel in a folder, and the processes that run it.
//!
//! The folder holds `server/` (the data folder), `witness-1/` and so on, `policy`, and `roles.json` with the secret keys
//! of office, recovery, overseer and registrar: nothing here is anybody's secret.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use demur_client::{device::Mirror, keys::RoleKeys};
use demur_record::{
    entry::Role,
    keys::VerifierKey,
    policy::{Log, Policy, Witness},
};
use demur_server::{ChannelConfig, InitOptions, PublicKeys};
use serde::{Deserialize, Serialize};

use crate::{
    http::Http,
    program::{Daemon, Program},
    rng,
};

/// The record's name.
pub const ORIGIN: &str = "bench.example/dissent";

/// How long the record may take to show something.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long between two looks at it.
const PAUSE: Duration = Duration::from_millis(100);

/// What a new channel is made of.
#[derive(Debug, Clone)]
pub struct Founding {
    /// The profile's text; see [`profile`].
    pub profile: String,
    /// How many witnesses there are, all run by `demur witness`.
    pub witnesses: usize,
    /// How many must cosign.
    pub quorum: usize,
}

/// The keys of those who work for the channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// The office.
    pub office: RoleKeys,
    /// Its recovery key.
    pub recovery: RoleKeys,
    /// The overseer.
    pub overseer: RoleKeys,
    /// The registrar.
    pub registrar: RoleKeys,
}

/// The demonstration's profile with times for a campaign: a batch each second with as many slots as an entry takes, requests
/// that were made a month ago still count, a member may open a thousand memos.
///
/// # Panics
/// When the demonstration's profile has changed its form.
#[must_use]
pub fn profile() -> String {
    let mut text = demur_channel::shipped("demo").expect("shipped").to_owned();
    for (from, to) in [
        ("openings_per_month = 3", "openings_per_month = 1000"),
        ("late_seconds = 600", "late_seconds = 31536000"),
        ("expiry_max_seconds = 3600", "expiry_max_seconds = 2592000"),
        ("opaque_slots = 64", "opaque_slots = 900"),
        (
            "promise_max_delay_seconds = 60",
            "promise_max_delay_seconds = 120",
        ),
        ("lapse_days = 90", "lapse_days = 365"),
    ] {
        assert!(
            text.contains(from),
            "the demonstration's profile has no line {from}"
        );
        text = text.replace(from, to);
    }
    text
}

/// A channel and what of it runs. Everything is killed when this is dropped.
#[derive(Debug)]
pub struct Channel {
    dir: PathBuf,
    program: Program,
    roles: Roles,
    policy: Policy,
    witnesses: Vec<Option<Daemon>>,
    /// Where each witness listened last, and the server.
    witness_addresses: Vec<SocketAddr>,
    server: Option<Daemon>,
    address: SocketAddr,
}

impl Channel {
    /// Makes a new channel in `dir`, which must be empty or not there. Nothing runs yet.
    ///
    /// # Errors
    /// When the program or the system refuses.
    pub fn found(program: &Program, dir: &Path, founding: &Founding) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let keys = |role, name: &str| RoleKeys::generate(ORIGIN, role, name, &mut rng());
        let roles = Roles {
            office: keys(Role::Office, "office"),
            recovery: keys(Role::Recovery, "recovery"),
            overseer: keys(Role::Overseer, "overseer"),
            registrar: keys(Role::Registrar, "registrar"),
        };
        let mut witnesses = Vec::new();
        for n in 1..=founding.witnesses {
            let name = format!("witness-{n}.example");
            let folder = dir.join(format!("witness-{n}"));
            let made = program.run([
                "witness".as_ref(),
                "--data".as_ref(),
                folder.as_os_str(),
                "--name".as_ref(),
                name.as_ref(),
                "--init-only".as_ref(),
            ])?;
            ensure!(
                made.status.success(),
                "{}",
                String::from_utf8_lossy(&made.stderr)
            );
            let vkey: VerifierKey = String::from_utf8(made.stdout)?.trim().parse()?;
            witnesses.push(demur_server::Witness {
                vkey,
                // It is told when the witness listens.
                url: "http://127.0.0.1:1".to_owned(),
            });
        }
        let public = |keys: &RoleKeys, signs: bool| PublicKeys {
            name: keys.name.clone(),
            sign: signs.then(|| keys.sign.public()),
            seal: keys.seal.recipient(),
        };
        let options = InitOptions {
            origin: ORIGIN.to_owned(),
            listen: any_port(),
            profile: founding.profile.clone(),
            office: public(&roles.office, true),
            recovery: public(&roles.recovery, false),
            overseer: public(&roles.overseer, true),
            registrar: public(&roles.registrar, true),
            witnesses: witnesses.clone(),
            quorum: Some(u32::try_from(founding.quorum)?),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let made = runtime.block_on(demur_server::init(&dir.join("server"), options))?;
        let log = Log {
            key: made.vkey,
            url: None,
        };
        let named = witnesses.into_iter().map(|witness| Witness {
            name: witness.vkey.name().to_owned(),
            key: witness.vkey,
            url: None,
        });
        let policy = Policy::simple(log, named.collect(), founding.quorum)?;
        fs::write(dir.join("policy"), policy.to_string())?;
        fs::write(dir.join("roles.json"), serde_json::to_vec(&roles)?)?;
        Self::open(program, dir)
    }

    /// A channel that was made before, for example a copy of one. Nothing runs yet.
    ///
    /// # Errors
    /// When the folder holds none.
    pub fn open(program: &Program, dir: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = dir.join(name);
            fs::read_to_string(&path).with_context(|| path.display().to_string())
        };
        let policy: Policy = read("policy")?.parse()?;
        // As `demur channel init` leaves it, for `demur doctor`.
        fs::copy(dir.join("policy"), dir.join("server/policy"))?;
        let count = policy.witnesses().len();
        Ok(Self {
            dir: dir.to_owned(),
            program: program.clone(),
            roles: serde_json::from_str(&read("roles.json")?)?,
            policy,
            witnesses: (0..count).map(|_| None).collect(),
            witness_addresses: vec![any_port(); count],
            server: None,
            address: any_port(),
        })
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The server's data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.dir.join("server")
    }

    /// The program that runs it.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// Runs it with another program, or another environment, from the next start on.
    pub fn set_program(&mut self, program: Program) {
        self.program = program;
    }

    /// Keys of office, recovery, overseer, registrar.
    #[must_use]
    pub const fn roles(&self) -> &Roles {
        &self.roles
    }

    /// What every device of the channel trusts.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The log's key.
    ///
    /// # Panics
    /// Never: the policy was made with one log.
    #[must_use]
    pub fn log_key(&self) -> &VerifierKey {
        &self.policy.logs().first().expect("one log").key
    }

    /// Where the server listens, or did last.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection to the server.
    #[must_use]
    pub const fn http(&self) -> Http {
        Http::new(self.address)
    }

    /// The server's process.
    ///
    /// # Errors
    /// When it doesn't run.
    pub fn server(&mut self) -> Result<&mut Daemon> {
        self.server.as_mut().context("the server does not run")
    }

    /// Starts all witnesses, then the server.
    ///
    /// # Errors
    /// As [`Self::start_server`].
    pub fn start(&mut self) -> Result<()> {
        for n in 0..self.witnesses.len() {
            self.start_witness(n)?;
        }
        self.start_server()
    }

    /// Starts a witness (from 0), where it listened before.
    ///
    /// # Errors
    /// When it ends before it listens.
    pub fn start_witness(&mut self, n: usize) -> Result<()> {
        let folder = self.dir.join(format!("witness-{}", n + 1));
        let (vkey, listen) = (
            self.log_key().to_string(),
            self.witness_addresses[n].to_string(),
        );
        let mut command = self.program.command([
            "witness".as_ref(),
            "--data".as_ref(),
            folder.as_os_str(),
            "--log".as_ref(),
            vkey.as_ref(),
            "--listen".as_ref(),
            listen.as_ref(),
        ]);
        let daemon = Daemon::start(&mut command)?;
        self.set_witness(n, daemon.address())?;
        self.witnesses[n] = Some(daemon);
        Ok(())
    }

    /// Kills a witness.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill_witness(&mut self, n: usize) -> Result<()> {
        match self.witnesses[n].take() {
            Some(mut daemon) => daemon.kill(),
            None => Ok(()),
        }
    }

    /// Tells the server, for its next start, where a witness answers.
    ///
    /// # Errors
    /// When `channel.toml` can't be rewritten.
    pub fn set_witness(&mut self, n: usize, address: SocketAddr) -> Result<()> {
        let path = self.data().join("channel.toml");
        let mut config: ChannelConfig = toml::from_str(&fs::read_to_string(&path)?)?;
        let witness = config.witnesses.get_mut(n).context("no such witness")?;
        let url = format!("http://{address}");
        if witness.url != url {
            witness.url = url;
            fs::write(&path, toml::to_string(&config)?)?;
        }
        self.witness_addresses[n] = address;
        Ok(())
    }

    /// Starts the server, where it listened before.
    ///
    /// # Errors
    /// [`crate::program::Ended`] when it ends before it listens.
    pub fn start_server(&mut self) -> Result<()> {
        let daemon = Daemon::start(&mut self.serve_command())?;
        self.address = daemon.address();
        self.server = Some(daemon);
        Ok(())
    }

    /// The command that [`Self::start_server`] runs.
    #[must_use]
    pub fn serve_command(&self) -> std::process::Command {
        let (data, listen) = (self.data(), self.address.to_string());
        self.program.command([
            "serve".as_ref(),
            "--data".as_ref(),
            data.as_os_str(),
            "--listen".as_ref(),
            listen.as_ref(),
        ])
    }

    /// SIGKILL to the server.
    ///
    /// # Errors
    /// When it doesn't run.
    pub fn kill_server(&mut self) -> Result<Daemon> {
        let mut daemon = self.server.take().context("the server does not run")?;
        daemon.kill()?;
        Ok(daemon)
    }

    /// Stops the server in good order.
    ///
    /// # Errors
    /// When it doesn't run, or its end was none in good order.
    pub fn stop_server(&mut self) -> Result<()> {
        let mut daemon = self.server.take().context("the server does not run")?;
        let status = daemon.stop()?;
        ensure!(
            status.success(),
            "the server ended with {status}: {:?}",
            daemon.log().lines()
        );
        Ok(())
    }

    /// An empty mirror under the channel's policy.
    ///
    /// # Errors
    /// Never: the policy names one log.
    pub fn mirror(&self) -> Result<Mirror> {
        Ok(Mirror::new(&self.policy.to_string())?)
    }

    /// Brings a mirror up to date until `probe` finds something in it.
    ///
    /// # Errors
    /// When the record does not show it in time; at once when the record contradicts what the mirror holds.
    pub fn until<T>(
        &self,
        what: &str,
        mirror: &mut Mirror,
        mut probe: impl FnMut(&Mirror) -> Option<T>,
    ) -> Result<T> {
        use demur_client::device::SyncError;
        let (http, start) = (self.http(), Instant::now());
        loop {
            let last = match mirror.sync(&http) {
                Ok(_) => None,
                // Not there yet, or restarted.
                Err(error @ SyncError::Call(_)) => Some(error),
                Err(error) => return Err(error.into()),
            };
            if let Some(found) = probe(mirror) {
                return Ok(found);
            }
            if start.elapsed() > PATIENCE {
                let last = last.map(|e| format!(" ({e})")).unwrap_or_default();
                bail!(
                    "after {} s the record does not show {what}{last}",
                    PATIENCE.as_secs()
                );
            }
            thread::sleep(PAUSE);
        }
    }
}

const fn any_port() -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0)
}

/// Copies a folder of files and folders.
///
/// # Errors
/// When something can't be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for item in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let item = item?;
        let (source, target) = (item.path(), to.join(item.file_name()));
        if item.file_type()?.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            fs::copy(&source, &target).with_context(|| source.display().to_string())?;
        }
    }
    Ok(())
}
