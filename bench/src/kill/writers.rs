//! People who go on writing whatever becomes of the server: what gets no answer is sent again, byte for byte.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context as _, Result};
use demur_bench::{
    cache::{MadeMemo, MadeSignOn},
    channel::Channel,
    http::{Http, Wire},
    ledger::{Ledger, Standing},
    memo::{self, next_version},
};
use demur_client::{
    api::{Accepted, Approved, PostOpening, PostVersion},
    calls,
    device::Mirror,
};
use demur_encoding::Digest;
use demur_memo::marking::Rules;
use demur_record::{event::Event, keys::VerifierKey, promise::Subject};

/// Between two requests of a writer.
const PAUSE: Duration = Duration::from_millis(50);

/// Before what got no answer is sent again.
const AGAIN: Duration = Duration::from_millis(10);

/// How many versions each memo gets.
const VERSIONS: usize = 30;

/// The largest answer here, in bytes.
const MAX_ANSWER: usize = 1 << 20;

/// The most failures that are told.
const MAX_TOLD: usize = 10;

/// What there is to write.
pub(super) struct Work {
    pub(super) sign_ons: Vec<MadeSignOn>,
    pub(super) memos: Vec<MadeMemo>,
    /// Over how many rounds the sign-ons are spread.
    pub(super) rounds: usize,
}

/// The people.
pub(super) struct Writers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What they leave.
pub(super) struct Done {
    pub(super) ledger: Ledger,
    /// Refusals, which there should be none of.
    pub(super) refused: Vec<String>,
    /// How often something was sent again.
    pub(super) again: usize,
    /// Every checkpoint that was seen.
    pub(super) seen: Vec<Vec<u8>>,
}

struct Shared {
    http: std::net::SocketAddr,
    log: VerifierKey,
    mirror: Mutex<Mirror>,
    rules: Rules,
    work: Work,
    next_sign_on: AtomicUsize,
    next_memo: AtomicUsize,
    /// How many sign-ons may have been sent by now.
    released: AtomicUsize,
    stop: AtomicBool,
    ledger: Mutex<Ledger>,
    refused: Mutex<Vec<String>>,
    again: AtomicUsize,
    filed: AtomicUsize,
    seen: Mutex<Vec<Vec<u8>>>,
}

impl Writers {
    /// Lets them begin: `writers` with memos, one with sign-ons, one who reads checkpoints.
    pub(super) fn start(channel: &Channel, writers: usize, work: Work) -> Result<Self> {
        let mut mirror = channel.mirror()?;
        mirror.sync(&channel.http())?;
        let shared = Arc::new(Shared {
            http: channel.address(),
            log: channel.log_key().clone(),
            rules: mirror.rules().context("no profile")??,
            mirror: Mutex::new(mirror),
            work,
            next_sign_on: AtomicUsize::new(0),
            next_memo: AtomicUsize::new(0),
            released: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            ledger: Mutex::default(),
            refused: Mutex::default(),
            again: AtomicUsize::new(0),
            filed: AtomicUsize::new(0),
            seen: Mutex::default(),
        });
        let mut threads = Vec::new();
        let mut begin = |work: fn(&Shared)| {
            let shared = Arc::clone(&shared);
            threads.push(thread::spawn(move || work(&shared)));
        };
        (0..writers).for_each(|_| begin(Shared::write_memos));
        begin(Shared::send_sign_ons);
        begin(Shared::read_checkpoints);
        let writers = Self { shared, threads };
        writers.round();
        Ok(writers)
    }

    /// Lets some more sign-ons be sent.
    pub(super) fn round(&self) {
        let work = &self.shared.work;
        let more = work.sign_ons.len().div_ceil(work.rounds + 1);
        self.shared.released.fetch_add(more, Ordering::Relaxed);
    }

    /// How the promises that were given stand.
    pub(super) fn hold(&self, mirror: &Mirror) -> Standing {
        lock(&self.shared.ledger).hold(mirror)
    }

    pub(super) fn tell(&self, mirror: &Mirror) -> String {
        format!(
            "{}; {} memos filed; {} requests sent again; {} checkpoints seen",
            self.hold(mirror),
            self.shared.filed.load(Ordering::Relaxed),
            self.shared.again.load(Ordering::Relaxed),
            lock(&self.shared.seen).len()
        )
    }

    /// Lets them end what they are at, the server being there.
    pub(super) fn stop(self) -> Result<Done> {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().ok().context("a writer panicked")?;
        }
        let shared = Arc::into_inner(self.shared).context("a writer goes on")?;
        let whole = |e: PoisonError<_>| e.into_inner();
        Ok(Done {
            ledger: shared.ledger.into_inner().unwrap_or_else(whole),
            refused: shared
                .refused
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
            again: shared.again.into_inner(),
            seen: shared
                .seen
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
        })
    }
}

impl Shared {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn refuse(&self, what: &str, why: &str) {
        let mut refused = lock(&self.refused);
        if refused.len() < MAX_TOLD {
            refused.push(format!("{what}: {why}"));
        }
    }

    /// Sends until there is an answer of success; `None` where it was refused, or it is time to stop.
    fn send(&self, http: &Http, what: &str, wire: &Wire) -> Option<Vec<u8>> {
        loop {
            match http.wire(wire, MAX_ANSWER) {
                Ok(response) if response.status == 200 => return Some(response.body),
                Ok(response) if response.status != 503 => {
                    let text = String::from_utf8_lossy(&response.body);
                    self.refuse(what, &format!("status {}: {text}", response.status));
                    return None;
                }
                _ => {}
            }
            if self.stopped() {
                return None;
            }
            self.again.fetch_add(1, Ordering::Relaxed);
            thread::sleep(AGAIN);
        }
    }

    /// The same, and the answer is the promise of an event.
    fn accept(&self, http: &Http, wire: &Wire, event: &Event, salt: Digest) -> Option<()> {
        let body = self.send(http, word(event), wire)?;
        let promised = serde_json::from_slice::<Accepted>(&body)
            .map_err(anyhow::Error::from)
            .and_then(|accepted| lock(&self.ledger).take(&accepted.promise, &self.log));
        match (promised, event.slot(salt)) {
            (Ok(Subject::Opaque(promised)), Ok(slot)) if promised == slot => Some(()),
            (promised, _) => {
                self.refuse(word(event), &format!("answered with {promised:?}"));
                None
            }
        }
    }

    fn write_memos(&self) {
        let http = Http::new(self.http);
        while !self.stopped() {
            let next = self.next_memo.fetch_add(1, Ordering::Relaxed);
            let Some(made) = self.work.memos.get(next) else {
                return;
            };
            // A refusal is noted; another memo is begun.
            let _ = self.write_memo(&http, made, next.is_multiple_of(2));
        }
    }

    fn write_memo(&self, http: &Http, made: &MadeMemo, file: bool) -> Option<()> {
        let opening: PostOpening = serde_json::from_slice(made.opening.body()).ok()?;
        let event = Event::Opening(opening.event);
        self.accept(http, &made.opening, &event, opening.salt)?;
        let mut latest = made.first.clone();
        self.register(http, &made.version, &latest)?;
        for _ in 1..VERSIONS {
            thread::sleep(PAUSE);
            if self.stopped() {
                return None;
            }
            latest = next_version(&made.my, &latest, &self.rules).ok()?;
            let wire = Wire::of(calls::version(&latest).request());
            self.register(http, &wire, &latest)?;
        }
        if file {
            let wire = memo::filing(&made.my, &latest, &lock(&self.mirror)).ok()?;
            let body = self.send(http, "filing", &wire)?;
            match serde_json::from_slice(&body) {
                Ok(Approved::Done {
                    promise: Some(note),
                    ..
                }) => {
                    if let Err(error) = lock(&self.ledger).take(&note, &self.log) {
                        self.refuse("filing", &error.to_string());
                    }
                    self.filed.fetch_add(1, Ordering::Relaxed);
                }
                other => self.refuse("filing", &format!("{other:?}")),
            }
        }
        Some(())
    }

    fn register(&self, http: &Http, wire: &Wire, post: &PostVersion) -> Option<()> {
        self.accept(http, wire, &Event::Version(post.event.clone()), post.salt)
    }

    fn send_sign_ons(&self) {
        let http = Http::new(self.http);
        while !self.stopped() {
            let next = self.next_sign_on.load(Ordering::Relaxed);
            if next >= self.released.load(Ordering::Relaxed) {
                thread::sleep(AGAIN);
                continue;
            }
            let Some(MadeSignOn { wire, post }) = self.work.sign_ons.get(next) else {
                return;
            };
            self.next_sign_on.store(next + 1, Ordering::Relaxed);
            let _ = self.accept(&http, wire, &Event::SignOn(post.event.clone()), post.salt);
        }
    }

    fn read_checkpoints(&self) {
        let http = Http::new(self.http);
        let wire = Wire::of(calls::record("checkpoint", MAX_ANSWER).request());
        while !self.stopped() {
            if let Ok(response) = http.wire(&wire, MAX_ANSWER)
                && response.status == 200
            {
                let mut seen = lock(&self.seen);
                if seen.last() != Some(&response.body) {
                    seen.push(response.body);
                }
            }
            thread::sleep(AGAIN);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an event is, for people.
const fn word(event: &Event) -> &'static str {
    match event {
        Event::Opening(_) => "opening",
        Event::Version(_) => "version",
        Event::SignOn(_) => "sign-on",
        _ => "access",
    }
}
