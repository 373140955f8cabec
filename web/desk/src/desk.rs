//! One person at one page.

use std::{cell::OnceCell, collections::BTreeMap, num::NonZeroUsize, time::Duration};

use demur_client::{
    calls,
    device::{Fork, Mirror, MirrorState, SyncError},
    link::Link,
    reader::{self, Check, Draft, DraftError, OpenedVersion},
    transport::{Call, CallError},
};
use demur_encoding::{Digest, json};
use demur_memo::marking::Rules;
use demur_signon::{Prover, Verifier, roster::Edition};

use crate::{
    answer::{Answer, Trouble},
    form::Form,
    platform::Platform,
    store::{self, Open, Part},
};

const MIRROR: &str = "mirror";
const FORK: &str = "fork";
const EDITION: &str = "edition-";

/// How often what came of an act is kept again, when other tabs keep something at the same time.
const KEEP_TRIES: u32 = 8;

/// How often, and after what pause, a draft is held against the record again whose batch is being published.
const BEHIND_TRIES: u32 = 40;
const BEHIND_PAUSE: Duration = Duration::from_millis(250);

/// How often a draft is asked for again that lacks a version which the record has.
const HIDDEN_TRIES: u32 = 3;

/// How often a sync begins anew whose partial files went away meanwhile.
const SYNC_TRIES: u32 = 3;

/// Who serves the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// The channel's own server.
    Channel,
    /// Somebody else's.
    Other,
    /// The program on this machine.
    Program,
}

/// What the document says of the channel.
#[derive(Debug, Clone)]
pub struct Site {
    /// The address of the channel's interface, as links name it: `https://dissent.example`.
    pub api: String,
    /// Who serves the pages.
    pub served: Served,
    /// The trust policy that comes with the page; what this browser keeps goes before it.
    pub policy: String,
}

/// What one page does in its worker.
pub struct Desk<P> {
    pub(crate) platform: P,
    pub(crate) site: Site,
    pub(crate) open: Option<Open>,
    pub(crate) shown: Option<Shown>,
    /// Which turns go on in which acts wait to be sent: the last ones that were begun.
    pub(crate) turn: u32,
    mirror: Option<Mirror>,
    editions: BTreeMap<u64, Edition>,
    prover: OnceCell<Prover>,
    verifier: OnceCell<Verifier>,
    /// The size of the mirror when the draft was asked for.
    pub(crate) asked: u64,
    /// What an account's holder has before them.
    #[cfg(feature = "full")]
    pub(crate) bench: crate::office::Bench,
    /// The report of the last verdict on a copy.
    #[cfg(feature = "full")]
    pub(crate) report: Option<String>,
}

/// The memo that is on the page.
pub(crate) struct Shown {
    pub(crate) link: Link,
    pub(crate) draft: Draft,
}

impl<P: Platform> Desk<P> {
    /// A desk with nothing on it yet.
    pub fn new(platform: P, site: Site) -> Self {
        Self {
            platform,
            site,
            open: None,
            shown: None,
            turn: 0,
            mirror: None,
            editions: BTreeMap::new(),
            prover: OnceCell::new(),
            verifier: OnceCell::new(),
            asked: 0,
            #[cfg(feature = "full")]
            bench: crate::office::Bench::default(),
            #[cfg(feature = "full")]
            report: None,
        }
    }

    /// The page at an address: a path, and behind it a query or a fragment.
    pub async fn page(&mut self, address: &str) -> Answer {
        let answer = self.page_at(address).await;
        self.told(answer)
    }

    /// What comes of a form or a button.
    pub async fn act(&mut self, action: &str, form: Form) -> Answer {
        let answer = self.acted(action, &form).await;
        self.told(answer)
    }

    const fn told(&self, mut answer: Answer) -> Answer {
        answer.unlocked = self.open.is_some();
        answer
    }

    async fn page_at(&mut self, address: &str) -> Answer {
        if let Err(trouble) = self.refresh().await {
            return self.troubled(trouble);
        }
        match self.route(address).await {
            Ok(answer) => answer,
            Err(Trouble::Locked) => self.locked(address).await,
            #[cfg(feature = "full")]
            Err(Trouble::NoPage) => crate::home::no_page().unwrap_or_else(|e| self.troubled(e)),
            Err(trouble) => self.troubled(trouble),
        }
    }

    async fn acted(&mut self, action: &str, form: &Form) -> Answer {
        if let Err(trouble) = self.refresh().await {
            return self.troubled(trouble);
        }
        match self.action(action, form).await {
            Ok(answer) => answer,
            Err(Trouble::Locked) => self.locked(form.text("address")).await,
            // What was typed stays on the page.
            #[cfg(feature = "full")]
            Err(Trouble::SignIn) => {
                crate::office::sign_in_part().unwrap_or_else(|e| self.troubled(e))
            }
            Err(trouble) => self.troubled(trouble),
        }
    }

    /// Takes in what another tab of this browser has kept since; locks where the key store is gone.
    async fn refresh(&mut self) -> Result<(), Trouble> {
        let Some(open) = &self.open else {
            return Ok(());
        };
        match open.newer(&self.platform).await {
            Ok(None) => {}
            Ok(Some(newer)) => self.open = Some(newer),
            Err(Trouble::Locked) => self.open = None,
            Err(trouble) => return Err(trouble),
        }
        Ok(())
    }

    pub(crate) fn troubled(&self, trouble: Trouble) -> Answer {
        let text = match trouble {
            Trouble::Locked => "The key store is locked.".to_owned(),
            #[cfg(feature = "full")]
            Trouble::SignIn => "Sign in to your account first.".to_owned(),
            Trouble::NoPage => "There is no such page here.".to_owned(),
            Trouble::Told(text) => text,
        };
        Answer {
            trouble: Some(text),
            ..Answer::default()
        }
    }

    /// The unlocked key store.
    pub(crate) fn opened(&self) -> Result<&Open, Trouble> {
        self.open.as_ref().ok_or(Trouble::Locked)
    }

    /// The unlocked key store, to change it. Follow it with [`Self::save`].
    pub(crate) fn opened_mut(&mut self) -> Result<&mut Open, Trouble> {
        self.open.as_mut().ok_or(Trouble::Locked)
    }

    /// The unlocked key store, to change it, beside the copy of the record.
    pub(crate) fn opened_with_mirror(&mut self) -> Result<(&mut Open, &Mirror), Trouble> {
        let open = self.open.as_mut().ok_or(Trouble::Locked)?;
        let mirror = { self.mirror.as_ref() }.ok_or_else(|| {
            Trouble::other("This page has not read the record yet: load it again.")
        })?;
        Ok((open, mirror))
    }

    /// Keeps the key store. If it can't be kept, the change is undone here, too: what is not kept is not shown as held.
    pub(crate) async fn save(&mut self) -> Result<(), Trouble> {
        let saved = self.opened()?.save(&self.platform).await;
        if saved.is_err() {
            self.opened_mut()?.undo_keys()?;
        }
        saved
    }

    /// Keeps what came of an act that was sent. It has happened: if another tab has kept something meanwhile, the change is made
    /// to that, and kept then.
    ///
    /// # Errors
    /// When the change fails, the storage does, or the key store is gone.
    pub(crate) async fn keep_outcome<T>(
        &mut self,
        mut change: impl FnMut(&mut Open, &Mirror) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        for _ in 0..KEEP_TRIES {
            let (open, mirror) = self.opened_with_mirror()?;
            let done = change(open, mirror)?;
            if self.kept_or_newer(Part::Keys).await? {
                return Ok(done);
            }
        }
        Err(store::changed())
    }

    /// Changes what only this browser keeps, as [`Self::keep_outcome`] changes the key store.
    #[cfg(feature = "full")]
    pub(crate) async fn keep_texts(
        &mut self,
        mut change: impl FnMut(&mut store::Texts),
    ) -> Result<(), Trouble> {
        for _ in 0..KEEP_TRIES {
            change(&mut self.opened_mut()?.texts);
            if self.kept_or_newer(Part::Texts).await? {
                return Ok(());
            }
        }
        Err(store::changed())
    }

    /// Keeps a part; where another tab was first, takes in what it has kept.
    async fn kept_or_newer(&mut self, part: Part) -> Result<bool, Trouble> {
        let open = self.opened()?;
        if open.keep(&self.platform, part).await? {
            return Ok(true);
        }
        if let Some(newer) = open.newer(&self.platform).await? {
            self.open = Some(newer);
        }
        Ok(false)
    }

    pub(crate) fn rng() -> rand_core::UnwrapErr<getrandom::SysRng> {
        rand_core::UnwrapErr(getrandom::SysRng)
    }

    /// Sends a call.
    pub(crate) async fn send<T>(&self, call: &Call<T>) -> Result<T, CallError> {
        let request = call.request();
        let answer = self.platform.send(request).await;
        let answer = answer.map_err(|source| CallError::Transport {
            path: request.path.clone(),
            source,
        })?;
        call.read(answer)
    }

    /// The copy of the record.
    pub(crate) fn mirror(&self) -> Result<&Mirror, Trouble> {
        self.mirror
            .as_ref()
            .ok_or_else(|| Trouble::other("This page has not read the record yet: load it again."))
    }

    /// The copy of the record, brought up to date.
    pub(crate) async fn sync(&mut self) -> Result<&Mirror, Trouble> {
        let mut mirror = match self.mirror.take() {
            Some(mirror) => mirror,
            None => self.load_mirror().await?,
        };
        let before = mirror.size();
        let synced = self.sync_mirror(&mut mirror).await;
        let grown = mirror.size() != before;
        let mirror = self.mirror.insert(mirror);
        match synced {
            Ok(()) => {}
            Err(SyncError::Fork(fork)) => {
                keep_evidence(&self.platform, &fork).await?;
                return Err(SyncError::Fork(fork).into());
            }
            Err(error) => return Err(error.into()),
        }
        if grown {
            let bytes = json::to_vec(mirror.state()).map_err(Trouble::other)?;
            self.platform.save(MIRROR, &bytes).await?;
        }
        Ok(mirror)
    }

    /// Takes another copy of the record, made of the same entries.
    pub(crate) async fn replace_mirror(&mut self, mirror: Mirror) -> Result<(), Trouble> {
        let bytes = json::to_vec(mirror.state()).map_err(Trouble::other)?;
        self.platform.save(MIRROR, &bytes).await?;
        self.mirror = Some(mirror);
        Ok(())
    }

    async fn load_mirror(&self) -> Result<Mirror, Trouble> {
        let fresh = || Mirror::new(&self.site.policy).map_err(Trouble::other);
        let Some(bytes) = self.platform.load(MIRROR).await? else {
            return fresh();
        };
        let Ok(state) = json::from_slice::<MirrorState>(&bytes) else {
            // Damaged, or of another version: it is fetched again.
            return fresh();
        };
        let kept = Mirror::load(state).map_err(|e| {
            Trouble::other(format!(
                "What this browser keeps of the record does not fit its trust policy: {e}"
            ))
        })?;
        let offered = fresh()?;
        if offered.log_key() != kept.log_key() {
            return Err(Trouble::other(format!(
                "This page comes with another key of the log ({}) than the one that this browser trusts ({}). Don't go on: ask \
                 the overseer which of the two is the channel's.",
                offered.log_key(),
                kept.log_key()
            )));
        }
        Ok(kept)
    }

    async fn sync_mirror(&self, mirror: &mut Mirror) -> Result<(), SyncError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let fetch = mirror.fetch();
            match self.fetched(fetch, mirror).await {
                Ok(fetch) => return mirror.finish(fetch).map(drop),
                // A partial file goes when a wider one takes its place: begin anew.
                Err(SyncError::Call(e)) if e.is_not_found() && attempt < SYNC_TRIES => {}
                Err(SyncError::Damaged { size }) if mirror.size() > 0 => {
                    return Err(match self.fetched(mirror.fetch_whole(), mirror).await {
                        Ok(whole) => mirror.differing(&whole, size),
                        Err(fork @ SyncError::Fork(_)) => fork,
                        Err(_) => SyncError::Damaged { size },
                    });
                }
                Err(other) => return Err(other),
            }
        }
    }

    async fn fetched(
        &self,
        mut fetch: demur_client::device::Fetch,
        mirror: &Mirror,
    ) -> Result<demur_client::device::Fetch, SyncError> {
        loop {
            let wants = fetch.wants();
            if wants.is_empty() {
                return Ok(fetch);
            }
            let of = wants.len() as u64;
            let mut answers = Vec::with_capacity(wants.len());
            for (done, call) in wants.iter().enumerate() {
                if of > 8 {
                    self.platform
                        .progress("Reading the public record", done as u64, of);
                }
                answers.push(self.send(call).await?);
            }
            fetch.give(answers, mirror)?;
        }
    }

    /// The prover; its keys take a moment the first time.
    pub(crate) fn prover(&self) -> Result<&Prover, Trouble> {
        if self.prover.get().is_none() {
            self.platform.progress("Preparing the proof system", 0, 0);
            let prover = Prover::new().map_err(Trouble::other)?;
            let _ = self.prover.set(prover);
        }
        self.prover
            .get()
            .ok_or_else(|| Trouble::other("no proof system"))
    }

    /// The verifier of the same circuit.
    pub(crate) fn verifier(&self) -> Result<&Verifier, Trouble> {
        if self.verifier.get().is_none() {
            self.platform.progress("Preparing the proof system", 0, 0);
            let verifier = Verifier::new().map_err(Trouble::other)?;
            let _ = self.verifier.set(verifier);
        }
        self.verifier
            .get()
            .ok_or_else(|| Trouble::other("no proof system"))
    }

    /// How proofs are verified here: a worker has one thread.
    pub(crate) fn check(&self) -> Result<Check<'_>, Trouble> {
        Ok(Check {
            verifier: self.verifier()?,
            threads: NonZeroUsize::MIN,
        })
    }

    /// The profile's marking rules.
    pub(crate) fn rules(&self) -> Result<Rules, Trouble> {
        self.mirror()?
            .rules()
            .ok_or_else(|| Trouble::other("The record holds no profile yet."))?
            .map_err(Trouble::other)
    }

    /// The draft behind a link, held against the record.
    pub(crate) async fn draft(&mut self, link: &Link) -> Result<Draft, Trouble> {
        self.sync().await?;
        self.asked = self.mirror()?.size();
        let call = calls::draft(link.memo, link.reader.token());
        let gone = |error: CallError| {
            if error.is_not_found() {
                Trouble::input(
                    "The server shows no memo for this link. It may have been withdrawn by its authors, it may have lapsed, or a \
                     part of the link is missing: ask whoever gave it to you.",
                )
            } else {
                error.into()
            }
        };
        let mut view = self.send(&call).await.map_err(gone)?;
        let mut tries = 0;
        loop {
            // After the draft, so that its places are in the mirror.
            self.sync().await?;
            tries += 1;
            self.platform.progress("Checking every proof", 0, 0);
            let read = reader::read_draft(
                view.clone(),
                link.memo,
                self.mirror()?,
                self.check()?,
                &mut Self::rng(),
            );
            match read {
                // Between a batch's commit and its publication the witnesses are asked.
                Err(DraftError::Behind { .. }) if tries < BEHIND_TRIES => {
                    self.platform.pause(BEHIND_PAUSE).await;
                }
                // A version may have come in since the draft was asked for.
                Err(DraftError::Hidden(_) | DraftError::Filed) if tries < HIDDEN_TRIES => {
                    view = self.send(&call).await?;
                }
                read => return read.map_err(Trouble::other),
            }
        }
    }

    /// A version's text, opened with the link and held against what its author signed.
    pub(crate) async fn version(
        &self,
        link: &Link,
        draft: &Draft,
        number: Option<u32>,
    ) -> Result<OpenedVersion, Trouble> {
        let latest = draft
            .latest()
            .ok_or_else(|| Trouble::other("The memo has no version yet."))?
            .link
            .body
            .number;
        let number = number.unwrap_or(latest);
        let version = draft.version(number).ok_or_else(|| {
            Trouble::input(format!(
                "The memo has versions 1 to {latest}, not {number}."
            ))
        })?;
        let call = calls::draft_sealed(draft.memo, number, link.reader.token());
        let sealed = self.send(&call).await?;
        let reader = self.open.as_ref().map_or(&link.reader, |open| {
            open.keys.reader_of(link, version.link.body.access)
        });
        reader::open_version(draft, version, &sealed.into(), reader, &self.rules()?)
            .map_err(Trouble::other)
    }

    /// An edition, checked against the record. Kept in memory: hashing its trees takes a while.
    pub(crate) async fn edition(&mut self, number: u64) -> Result<&Edition, Trouble> {
        if !self.editions.contains_key(&number) {
            let name = format!("{EDITION}{number}");
            let mirror = self.mirror()?;
            let kept = match self.platform.load(&name).await? {
                Some(file) => mirror.open_edition(number, &file).ok(),
                None => None,
            };
            let edition = match kept {
                Some(edition) => edition,
                None => {
                    // Whole, all cohorts: to ask for a part would tell.
                    self.platform.progress("Fetching the roster edition", 0, 0);
                    let file = self.send(&mirror.fetch_edition(number)).await?;
                    let edition = mirror.open_edition(number, &file).map_err(Trouble::other)?;
                    self.platform.save(&name, &file).await?;
                    edition
                }
            };
            self.editions.insert(number, edition);
        }
        self.editions
            .get(&number)
            .ok_or_else(|| Trouble::other("no edition"))
    }

    /// An edition that [`Self::edition`] fetched.
    pub(crate) fn kept_edition(&self, number: u64) -> Result<&Edition, Trouble> {
        self.editions.get(&number).ok_or_else(|| {
            Trouble::other("The roster edition was not read yet: load the page again.")
        })
    }

    /// The link to a memo that this person knows.
    pub(crate) fn known_link(&self, memo: Digest) -> Result<Link, Trouble> {
        self.opened()?
            .keys
            .link(memo, &self.site.api)
            .ok_or_else(|| {
                Trouble::input(
                    "This browser has no link to that memo: open the link that you were given.",
                )
            })
    }
}

/// Whether what is kept under a name is the public record's, or speaks against its log: it outlives the key store.
#[cfg(feature = "full")]
pub(crate) fn is_public(name: &str) -> bool {
    name == MIRROR || name == FORK || name.starts_with(EDITION)
}

/// Keeps both checkpoints of a fork: each carries the log's signature.
async fn keep_evidence(platform: &impl Platform, fork: &Fork) -> Result<(), Trouble> {
    let both = format!("{}\n{}", fork.ours, fork.theirs);
    platform.save(FORK, both.as_bytes()).await?;
    Ok(())
}

/// Whether this browser keeps a key store; the unlock page asks.
impl<P: Platform> Desk<P> {
    async fn locked(&self, address: &str) -> Answer {
        let page = match store::exists(&self.platform).await {
            Ok(true) => crate::lock::unlock_page(address),
            Ok(false) => crate::lock::welcome_page(address),
            Err(trouble) => Err(trouble),
        };
        page.unwrap_or_else(|trouble| self.troubled(trouble))
    }
}
