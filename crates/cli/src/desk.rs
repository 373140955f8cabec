//! What a person's command works with: the home's keys, a fresh mirror of the record, the way to the server.

use std::{num::NonZeroUsize, sync::OnceLock, thread, time::Duration};

use demur_client::{
    api::Accepted,
    calls,
    device::{Fork, Mirror, SyncError},
    key_store::KeyStore,
    link::Link,
    reader::{self, Check, Draft, DraftError},
    transport::CallError,
    watch,
};
use demur_encoding::{Digest, sha256};
use demur_memo::marking::Rules;
use demur_record::entry::Entry;
use demur_signon::{Prover, Verifier, roster::Edition};

use crate::{
    fail::{Failure, Outcome},
    home::{self, Home, Named},
    http::Http,
    out::{Out, complain},
    sys,
};

/// How often, and after what pause, a draft is held against the record again whose batch is being published.
const BEHIND_TRIES: u32 = 40;
const BEHIND_PAUSE: Duration = Duration::from_millis(250);

/// How often a draft is asked for again that lacks a version which the record has.
const HIDDEN_TRIES: u32 = 3;

/// The entries that the log promised to record in time and did not, with its promises.
const BROKEN_FILE: &str = "broken-promises.json";

/// A home that was opened, and brought up to date with the record.
pub(crate) struct Desk {
    pub(crate) home: Home,
    pub(crate) out: Out,
    pub(crate) http: Http,
    pub(crate) keys: KeyStore,
    pub(crate) mirror: Mirror,
    /// The size of the mirror when the draft was asked for.
    pub(crate) asked: u64,
}

impl Desk {
    /// Opens the key store and fetches what is new in the record, under the home's trust policy.
    pub(crate) fn open(home: &Home, out: Out) -> Outcome<Self> {
        let keys = home.keys()?;
        let http = home.server()?;
        let mirror = home.mirror()?;
        let mut desk = Self {
            home: home.clone(),
            out,
            http,
            keys,
            mirror,
            asked: 0,
        };
        desk.sync()?;
        desk.tell_broken_promises()?;
        Ok(desk)
    }

    /// Checks and keeps the log's promise for an entry that was sent under the keys of a role.
    pub(crate) fn keep_promise(&mut self, entry: &Entry, accepted: &Accepted) -> Outcome {
        let promise = &accepted.promise;
        watch::sent(&mut self.keys, entry, promise, &self.mirror, sys::now()).map_err(|e| {
            Failure::negative(format!(
                "the server took it, and its promise to record it is none ({e}): tell the overseer"
            ))
        })?;
        self.save()
    }

    /// Says, with each command, what the log has promised to record and has not, and writes the evidence.
    fn tell_broken_promises(&self) -> Outcome {
        let broken = watch::broken(&self.keys, &self.mirror);
        if broken.is_empty() {
            return Ok(());
        }
        let file = self.home.path(BROKEN_FILE);
        let evidence = serde_json::to_vec_pretty(&broken).map_err(Failure::outside)?;
        sys::write_private(&file, &evidence)?;
        for own in broken {
            let kind = own.entry.kind();
            complain(format_args!(
                "THE LOG BROKE ITS PROMISE to record a {kind} entry in time. Give the overseer {} and the record's newest checkpoint.",
                file.display()
            ));
        }
        Ok(())
    }

    /// Fetches what is new in the record.
    pub(crate) fn sync(&mut self) -> Outcome {
        let before = self.mirror.size();
        if let Err(error) = self.mirror.sync(&self.http) {
            if let SyncError::Fork(fork) = &error {
                keep_evidence(&self.home, fork)?;
            }
            return Err(from_sync(error));
        }
        if self.mirror.size() != before {
            self.home.save_mirror(&self.mirror)?;
        }
        Ok(())
    }

    /// Writes the key store.
    pub(crate) fn save(&self) -> Outcome {
        self.home.save(&self.keys)
    }

    /// The memo that was named on the command line.
    pub(crate) fn named(&mut self, text: &str) -> Outcome<Named> {
        let before = self.keys.links.len();
        let named = home::named(&mut self.keys, text, self.http.base())?;
        if self.keys.links.len() != before {
            self.save()?;
        }
        Ok(named)
    }

    /// The link to a memo, or what to do.
    pub(crate) fn link(&self, named: &Named) -> Outcome<Link> {
        named.link.clone().ok_or_else(|| {
            Failure::input(format!(
                "memo {}: this home has no link to it; give the link",
                named.memo.short()
            ))
        })
    }

    /// The draft behind a link, held against the record.
    pub(crate) fn draft(&mut self, link: &Link) -> Outcome<Draft> {
        if link.server != self.http.base() {
            self.out.line(format_args!(
                "note: the link names {}; asking {}",
                link.server,
                self.http.base()
            ));
        }
        self.asked = self.mirror.size();
        let call = calls::draft(link.memo, link.reader.token());
        let mut view = call.send(&self.http).map_err(from_call)?;
        let check = Check {
            verifier: verifier()?,
            threads: threads(),
        };
        let mut tries = 0;
        loop {
            // After the draft, so that its places are in the mirror.
            self.sync()?;
            tries += 1;
            match reader::read_draft(
                view.clone(),
                link.memo,
                &self.mirror,
                check,
                &mut sys::rng(),
            ) {
                // Between a batch's commit and its publication the witnesses are asked.
                Err(DraftError::Behind { .. }) if tries < BEHIND_TRIES => {
                    thread::sleep(BEHIND_PAUSE);
                }
                // A version may have come in since the draft was asked for.
                Err(DraftError::Hidden(_) | DraftError::Filed) if tries < HIDDEN_TRIES => {
                    view = call.send(&self.http).map_err(from_call)?;
                }
                read => return read.map_err(Failure::negative),
            }
        }
    }

    /// An edition's file, checked against the record.
    pub(crate) fn edition(&mut self, number: u64) -> Outcome<Edition> {
        let name = format!("editions/{number}");
        let path = self.home.path(&name);
        if path.exists()
            && let Ok(edition) = self.mirror.open_edition(number, &sys::read(&path)?)
        {
            return Ok(edition);
        }
        let file = self
            .mirror
            .fetch_edition(number)
            .send(&self.http)
            .map_err(from_call)?;
        let edition = self
            .mirror
            .open_edition(number, &file)
            .map_err(Failure::negative)?;
        sys::write(&path, &file)?;
        Ok(edition)
    }

    /// The profile's marking rules.
    pub(crate) fn rules(&self) -> Outcome<Rules> {
        self.mirror
            .rules()
            .ok_or_else(|| Failure::negative("the record holds no profile yet"))?
            .map_err(Failure::negative)
    }

    /// The memo's own author's keys, or why not.
    pub(crate) fn require_author(&self, memo: Digest) -> Outcome {
        if self.keys.memos.contains_key(&memo) {
            return Ok(());
        }
        Err(Failure::input(format!(
            "memo {}: this home is none of its authors'",
            memo.short()
        )))
    }
}

/// The prover, made once: its keys take about half a second.
pub(crate) fn prover() -> Outcome<&'static Prover> {
    static PROVER: OnceLock<Result<Prover, String>> = OnceLock::new();
    PROVER
        .get_or_init(|| Prover::new().map_err(|e| e.to_string()))
        .as_ref()
        .map_err(|e| Failure::outside(format!("the proof system's keys: {e}")))
}

/// The verifier of the same circuit.
pub(crate) fn verifier() -> Outcome<&'static Verifier> {
    static VERIFIER: OnceLock<Verifier> = OnceLock::new();
    let prover = prover()?;
    Ok(VERIFIER.get_or_init(|| prover.verifier()))
}

/// As many threads as there are cores.
pub(crate) fn threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// A refusal is bad input, an answer that can't be read or none at all is the outside's.
pub(crate) fn from_call(error: CallError) -> Failure {
    match &error {
        CallError::Refused { status: 404, .. } => Failure::negative(error),
        CallError::Refused { status: 500.., .. } => Failure::outside(error),
        CallError::Refused { .. } => Failure::input(error),
        _ => Failure::outside(error),
    }
}

/// Keeps both checkpoints of a fork: each carries the log's signature.
pub(crate) fn keep_evidence(home: &Home, fork: &Fork) -> Outcome {
    let both = format!("{}\n{}", fork.ours, fork.theirs);
    let name = format!("fork-{}.txt", sha256(both.as_bytes()).short());
    let path = home.path(&name);
    sys::write(&path, both.as_bytes())?;
    complain(format_args!(
        "{}: the two checkpoints, as evidence; show it to the overseer",
        path.display()
    ));
    Ok(())
}

/// What the network did is the outside's; what the record is, is a verdict.
pub(crate) fn from_sync(error: SyncError) -> Failure {
    match error {
        SyncError::Call(error) => from_call(error),
        error => Failure::negative(error),
    }
}
