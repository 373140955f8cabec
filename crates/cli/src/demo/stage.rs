//! Where it is played: folders, two witnesses, the server; and the people's homes.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use demur_client::key_line::KeyLine;
use demur_record::policy::Policy;
use demur_seal::WorkFactor;
use demur_server::{Running, ServeOptions};
use tokio::{runtime::Runtime, sync::watch, task::JoinHandle};
use zeroize::Zeroizing;

use crate::{
    args::{InitArgs, TrustArgs},
    commands::{
        server, trust,
        witness::{self, Keeper},
    },
    desk::{Desk, threads},
    fail::{Failure, Outcome},
    home::Home,
    out::Out,
    sys::Passphrase,
};

/// The record's name.
pub(super) const ORIGIN: &str = "rivers.example/dissent";

/// What the demo's commands print: nothing; the demo tells its own story.
pub(super) const SILENT: Out = Out::silent();

/// The passphrase of every key store. The people are invented; so is their secrecy.
pub(super) const PASSPHRASE: &str = "a passphrase for the demo";

/// The password of every account.
pub(super) const PASSWORD: &str = "a password for the demo";

/// How long the record may take to show something; a batch comes each second.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long a witness may take to end its last connection.
const WITNESS_GRACE: Duration = Duration::from_secs(2);

/// The demo's folder, and what runs in it.
pub(super) struct Stage {
    dir: PathBuf,
    runtime: Runtime,
    witnesses: Vec<Cosigner>,
    listen: SocketAddr,
    running: Option<Running>,
}

/// A witness that answers.
struct Cosigner {
    dir: PathBuf,
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<Outcome>,
}

/// Public key lines of the four roles.
pub(super) struct RoleLines {
    pub(super) office: KeyLine,
    pub(super) recovery: KeyLine,
    pub(super) overseer: KeyLine,
    pub(super) registrar: KeyLine,
}

impl Stage {
    /// Takes a folder that does not exist yet or is empty.
    pub(super) fn new(dir: &Path, listen: SocketAddr) -> Outcome<Self> {
        let told = |e: std::io::Error| Failure::outside(format!("{}: {e}", dir.display()));
        match fs::read_dir(dir) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    let dir = dir.display();
                    return Err(Failure::input(format!(
                        "{dir}: not empty; give a new or an empty folder with --dir"
                    )));
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                fs::create_dir_all(dir).map_err(told)?;
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => {
                return Err(Failure::input(format!("{}: not a folder", dir.display())));
            }
            Err(e) => return Err(told(e)),
        }
        let dir = fs::canonicalize(dir).map_err(told)?;
        Ok(Self {
            dir,
            runtime: server::runtime()?,
            witnesses: Vec::new(),
            listen,
            running: None,
        })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(super) fn server_dir(&self) -> PathBuf {
        self.path("server")
    }

    pub(super) fn policy_file(&self) -> PathBuf {
        self.path("policy")
    }

    /// The folder of one person, who trusts nobody yet.
    pub(super) fn home(&self, slug: &str) -> Home {
        let passphrase = Passphrase::Given(Zeroizing::new(PASSPHRASE.to_owned()));
        Home::new(self.dir.join("people").join(slug), passphrase, None)
            .with_work_factor(WorkFactor::FAST)
            .with_password(Zeroizing::new(PASSWORD.to_owned()))
    }

    /// The same, with the trust policy that everybody is handed with the program.
    pub(super) fn trusting(&self, slug: &str) -> Outcome<Home> {
        let home = self.home(slug);
        trust::run(
            &TrustArgs {
                server: self.url(),
                policy: self.policy_file(),
            },
            &home,
            SILENT,
        )?;
        Ok(home)
    }

    /// Where the server answers, for who is on this machine.
    pub(super) fn url(&self) -> String {
        let mut address = self.listen;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("http://{address}")
    }

    /// Makes the channel with two witnesses, and starts all three.
    pub(super) fn open_channel(&mut self, lines: &RoleLines) -> Outcome<Policy> {
        let mut keepers = Vec::new();
        for n in 1..=2 {
            let dir = self.path(&format!("witness-{n}"));
            let keeper = Keeper::open(&dir, Some(&format!("witness-{n}.example")), &[])?;
            let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let listener = self.runtime.block_on(witness::listen(any))?;
            let address = listener.local_addr().map_err(Failure::outside)?;
            keepers.push((dir, keeper.vkey(), address, listener));
        }
        // The links have the port in them, so it is chosen once and kept.
        self.listen = free_port(self.listen)?;
        let policy = server::init(
            &InitArgs {
                data: self.server_dir(),
                origin: ORIGIN.to_owned(),
                profile: "demo".to_owned(),
                listen: self.listen,
                office: lines.office.to_string(),
                recovery: lines.recovery.to_string(),
                overseer: lines.overseer.to_string(),
                registrar: lines.registrar.to_string(),
                witness: keepers
                    .iter()
                    .map(|(_, vkey, address, _)| format!("{vkey} http://{address}"))
                    .collect(),
                quorum: None,
            },
            SILENT,
        )?;
        for name in ["channel.vkey", "policy"] {
            let (from, to) = (self.server_dir().join(name), self.path(name));
            fs::copy(&from, &to).map_err(|e| Failure::outside(format!("{}: {e}", to.display())))?;
        }
        let log = self.path("channel.vkey").display().to_string();
        for (dir, _, address, listener) in keepers {
            let keeper = Keeper::open(&dir, None, std::slice::from_ref(&log))?;
            let (stop, mut stopped) = watch::channel(false);
            let stopped = async move {
                // A sender that is gone is a stop, too.
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            let task = self
                .runtime
                .spawn(witness::serve(keeper, listener, stopped));
            self.witnesses.push(Cosigner {
                dir,
                address,
                stop,
                task,
            });
        }
        self.start_server()?;
        Ok(policy)
    }

    /// Starts the server, at the address where it was before.
    pub(super) fn start_server(&mut self) -> Outcome {
        let options = ServeOptions {
            listen: Some(self.listen),
            profile: None,
        };
        let running = self
            .runtime
            .block_on(demur_server::serve(&self.server_dir(), options))
            .map_err(Failure::outside)?;
        self.listen = running.address();
        self.running = Some(running);
        Ok(())
    }

    /// Stops the server; the batch under way is finished.
    pub(super) fn stop_server(&mut self) -> Outcome {
        match self.running.take() {
            Some(running) => self
                .runtime
                .block_on(running.shutdown())
                .map_err(Failure::outside),
            None => Ok(()),
        }
    }

    /// Serves until it is told to stop, or can't go on.
    pub(super) fn wait_for_stop(&self) {
        let Some(running) = &self.running else { return };
        self.runtime.block_on(async {
            tokio::select! {
                () = server::stop_signal() => {}
                () = running.failed() => {}
            }
        });
    }

    /// Stops the server, then the witnesses.
    pub(super) fn close(mut self) -> Outcome {
        let stopped = self.stop_server();
        for Cosigner { stop, task, .. } in self.witnesses.drain(..) {
            stop.send_replace(true);
            // An idle connection must not hold up the end; what was cosigned is on disk.
            let ended = self
                .runtime
                .block_on(async { tokio::time::timeout(WITNESS_GRACE, task).await });
            if let Ok(Ok(ended)) = ended {
                ended?;
            }
        }
        stopped
    }

    /// The commands that bring server and witnesses back when this program has ended.
    pub(super) fn restart_commands(&self) -> Vec<String> {
        let witness = |w: &Cosigner| {
            format!(
                "demur witness --data {} --listen {}",
                w.dir.display(),
                w.address
            )
        };
        let mut commands: Vec<String> = self.witnesses.iter().map(witness).collect();
        commands.push(format!(
            "demur serve --data {}",
            self.server_dir().display()
        ));
        commands
    }

    /// Waits until the record, as `home` sees it under its policy, shows something.
    pub(super) fn until<T>(
        &self,
        what: &str,
        home: &Home,
        mut probe: impl FnMut(&mut Desk) -> Outcome<Option<T>>,
    ) -> Outcome<T> {
        const PAUSE: Duration = Duration::from_millis(150);
        let start = Instant::now();
        let mut desk: Option<Desk> = None;
        loop {
            let look = match &mut desk {
                Some(desk) => desk.sync().and_then(|()| probe(desk)),
                None => Desk::open(home, SILENT).and_then(|opened| probe(desk.insert(opened))),
            };
            let last = match look {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => None,
                Err(failure) => Some(failure),
            };
            if start.elapsed() >= PATIENCE {
                let told = format!(
                    "after {} s the record does not show {what}",
                    PATIENCE.as_secs()
                );
                return Err(
                    last.map_or_else(|| Failure::negative(&told), |failure| failure.during(&told))
                );
            }
            thread::sleep(PAUSE);
        }
    }
}

/// The address with a port that is free now, if any would do.
fn free_port(address: SocketAddr) -> Outcome<SocketAddr> {
    let told = |e: std::io::Error| Failure::outside(format!("can't listen on {address}: {e}"));
    TcpListener::bind(address)
        .and_then(|listener| listener.local_addr())
        .map_err(told)
}

/// Lets `work` be done for each, on as many threads as there are cores; stops at the first failure.
pub(super) fn for_each<T: Sync>(
    out: Out,
    what: &'static str,
    items: &[T],
    work: impl Fn(&T) -> Outcome + Sync,
) -> Outcome {
    let bar = out.bar(what);
    bar.set_length(items.len() as u64);
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<Failure>> = Mutex::new(None);
    let worker = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            match work(item) {
                Ok(()) => bar.inc(1),
                Err(failure) => {
                    failed
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .get_or_insert(failure);
                    // Nobody begins another one.
                    next.store(items.len(), Ordering::Relaxed);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads().get().min(items.len()) {
            scope.spawn(worker);
        }
    });
    bar.finish_and_clear();
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}
