//! A channel on a real server, and people with a desk each, as a browser would hold it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    pin::Pin,
    rc::Rc,
    time::{Duration, SystemTime},
};

use demur_client::{
    api::{MAX_TICKETS, PostEntry},
    calls,
    device::Mirror,
    identity::Identity,
    key_store::KeyStore,
    keys::RoleKeys,
    overseer::{self, OpenedRegister},
    registrar::{Register, SmallCohorts, parse_people, parts},
    transport::{Call, Method, Request, Response, Transport, TransportError},
};
use demur_desk::{Answer, Desk, Field, Form, PdfError, Platform, Served, Site, StorageError};
use demur_encoding::Time;
use demur_extract::{Extracted, Hint, extract};
use demur_paper::Job;
use demur_record::{
    entry::Role,
    policy::{Log, Policy},
};
use demur_seal::{SecretString, WorkFactor};
use demur_server::{InitOptions, PublicKeys, Running, ServeOptions};
use rand_core::UnwrapErr;
use tokio::runtime::Runtime;

pub(crate) const ORIGIN: &str = "rivers.example/dissent";
pub(crate) const PASSPHRASE: &str = "a passphrase for tests";
pub(crate) const PASSWORD: &str = "a password for tests";

/// How often something is looked for that the record is to show; a batch comes each second.
pub(crate) const TRIES: u32 = 400;
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

pub(crate) fn rng() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Time::from_unix(since.unwrap().as_secs())
}

/// The way to the server.
#[derive(Clone)]
pub(crate) struct Http {
    base: String,
    agent: ureq::Agent,
}

impl Transport for Http {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let told = |e: &dyn std::fmt::Display| TransportError(e.to_string());
        let mut builder = ureq::http::Request::builder()
            .method(request.method.as_str())
            .uri(format!("{}{}", self.base, request.path));
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let body = request.body.clone().unwrap_or_default();
        let call = builder.body(body).map_err(|e| told(&e))?;
        let mut response = self.agent.run(call).map_err(|e| told(&e))?;
        let status = response.status().as_u16();
        let body = {
            response
                .body_mut()
                .with_config()
                .limit(request.limit as u64)
        }
        .read_to_vec()
        .map_err(|e| told(&e))?;
        Ok(Response { status, body })
    }
}

/// What somebody does meanwhile.
type Act = Pin<Box<dyn Future<Output = ()>>>;

/// One browser: what it keeps, and what it has sent.
#[derive(Clone)]
pub(crate) struct Browser {
    http: Http,
    files: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
    pub(crate) sent: Rc<RefCell<Vec<String>>>,
    /// The answer to the next request at this path is lost.
    pub(crate) cut: Rc<Cell<Option<&'static str>>>,
    /// Whether the server takes this browser's session for none: another one is sent in its place.
    pub(crate) expired: Rc<Cell<bool>>,
    /// Whether its disk takes nothing more.
    pub(crate) full: Rc<Cell<bool>>,
    /// By how many seconds its clock is ahead.
    pub(crate) ahead: Rc<Cell<u64>>,
    /// At the next request another tab keeps something.
    crossed: Rc<Cell<bool>>,
    /// What another tab does before the next answer to a POST comes.
    beside: Rc<RefCell<Option<Act>>>,
    /// What another tab does before this one keeps something under that name.
    at_swap: Rc<RefCell<Option<(&'static str, Act)>>>,
    /// The lock that another tab makes when this one has kept its texts.
    lock: Rc<RefCell<Option<Vec<u8>>>>,
    /// The key store before the last one: what another tab would keep that knows nothing newer.
    another: Rc<RefCell<Option<Vec<u8>>>>,
}

impl Browser {
    /// All that is on its disk.
    pub(crate) fn disk(&self) -> Vec<u8> {
        self.files.borrow().values().flatten().copied().collect()
    }

    /// At the next request another tab keeps something: what this one kept before the last time.
    pub(crate) fn cross_at_next_request(&self) {
        self.crossed.set(true);
    }

    /// Something that is kept there.
    pub(crate) fn keep(&self, name: &str, bytes: &[u8]) {
        self.files
            .borrow_mut()
            .insert(name.to_owned(), bytes.to_vec());
    }

    /// What is kept under a name.
    pub(crate) fn kept(&self, name: &str) -> Option<Vec<u8>> {
        self.files.borrow().get(name).cloned()
    }

    /// Another tab, which has kept its keys, comes to its lock just before this one does.
    pub(crate) fn lock_first(&self, lock: &[u8]) {
        self.lock.replace(Some(lock.to_vec()));
    }

    /// What is kept under that name is lost.
    pub(crate) fn lose(&self, name: &str) {
        self.files.borrow_mut().remove(name);
    }

    /// The names of what is on its disk.
    pub(crate) fn names(&self) -> Vec<String> {
        self.files.borrow().keys().cloned().collect()
    }

    /// All of it is removed, as by another tab.
    pub(crate) fn remove_all(&self) {
        self.files.borrow_mut().clear();
    }
}

impl Platform for Browser {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let line = format!("{} {}", request.method.as_str(), request.path);
        self.sent.borrow_mut().push(line);
        if self.crossed.take() {
            let other = self.another.take().expect("kept twice");
            let before = self.files.borrow_mut().insert("keys".to_owned(), other);
            self.another.replace(before);
        }
        let mut request = request.clone();
        if self.expired.get() {
            let bearer = request
                .headers
                .iter_mut()
                .find(|(name, _)| *name == "authorization");
            if let Some((_, value)) = bearer {
                *value = format!("Bearer {}", "0".repeat(64));
            }
        }
        let answer = self.http.send(&request);
        let beside = match request.method {
            Method::Post => self.beside.take(),
            _ => None,
        };
        if let Some(beside) = beside {
            beside.await;
        }
        if self.cut.get().is_some_and(|path| request.path == path) {
            self.cut.set(None);
            return Err(TransportError("cut off by the test".to_owned()));
        }
        answer
    }

    async fn load(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.files.borrow().get(name).cloned())
    }

    async fn save(&self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let mut files = self.files.borrow_mut();
        files.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    async fn swap(
        &self,
        name: &str,
        before: Option<&[u8]>,
        bytes: &[u8],
    ) -> Result<bool, StorageError> {
        if self.full.get() {
            return Err(StorageError("the test's disk is full".to_owned()));
        }
        let at_swap = self.at_swap.take();
        match at_swap {
            Some((at, act)) if at == name => act.await,
            other => drop(self.at_swap.replace(other)),
        }
        let mut files = self.files.borrow_mut();
        let same = files.get(name).map(Vec::as_slice) == before;
        if same {
            let before = files.insert(name.to_owned(), bytes.to_vec());
            if name == "keys" {
                self.another.replace(before);
            } else if name == "texts"
                && let Some(lock) = self.lock.take()
            {
                files.insert("lock".to_owned(), lock);
            }
        }
        Ok(same)
    }

    async fn names(&self) -> Result<Vec<String>, StorageError> {
        Ok(self.files.borrow().keys().cloned().collect())
    }

    async fn remove(&self, name: &str) -> Result<(), StorageError> {
        self.files.borrow_mut().remove(name);
        Ok(())
    }

    async fn read_pdf(&self, name: &str, bytes: &[u8]) -> Result<Extracted, PdfError> {
        extract(bytes, Hint::name(name)).map_err(|e| PdfError(e.to_string()))
    }

    async fn set_pdf(&self, job: &Job) -> Result<Vec<u8>, PdfError> {
        job.set().map_err(|e| PdfError(e.to_string()))
    }

    async fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn now(&self) -> Time {
        now().plus(self.ahead.get())
    }

    fn progress(&self, _: &str, _: u64, _: u64) {}

    fn teller(&self) -> fn(&str, u64, u64) {
        |_, _, _| {}
    }
}

/// The channel: its folder, its server, and who keeps it.
pub(crate) struct Stage {
    runtime: Runtime,
    dir: tempfile::TempDir,
    running: Option<Running>,
    policy: String,
    pub(crate) http: Http,
    pub(crate) office: RoleKeys,
    overseer: RoleKeys,
    registrar: RoleKeys,
}

impl Stage {
    /// A new channel under the demo's profile: batches come each second.
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let keys = |role, name| RoleKeys::generate(ORIGIN, role, name, &mut rng());
        let office = keys(Role::Office, "office");
        let recovery = keys(Role::Recovery, "recovery");
        let overseer = keys(Role::Overseer, "overseer");
        let registrar = keys(Role::Registrar, "registrar");
        let public = |keys: &RoleKeys, signs: bool| PublicKeys {
            name: keys.name.clone(),
            sign: signs.then(|| keys.sign.public()),
            seal: keys.seal.recipient(),
        };
        let options = InitOptions {
            origin: ORIGIN.to_owned(),
            listen: "127.0.0.1:0".parse().unwrap(),
            profile: demur_channel::shipped("demo").unwrap().to_owned(),
            office: public(&office, true),
            recovery: public(&recovery, false),
            overseer: public(&overseer, true),
            registrar: public(&registrar, true),
            witnesses: Vec::new(),
            quorum: None,
        };
        let folder = dir.path().join("server");
        let made = runtime
            .block_on(demur_server::init(&folder, options))
            .unwrap();
        let log = Log {
            key: made.vkey,
            url: None,
        };
        let policy = Policy::simple(log, Vec::new(), 0).unwrap().to_string();
        let running = runtime
            .block_on(demur_server::serve(&folder, ServeOptions::default()))
            .unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        let http = Http {
            base: format!("http://{}", running.address()),
            agent,
        };
        let stage = Self {
            runtime,
            dir,
            running: Some(running),
            policy,
            http,
            office,
            overseer,
            registrar,
        };
        stage.until("the first batch", |m| m.recipient(Role::Registrar));
        stage
    }

    pub(crate) fn invite(&self, account: &str, role: &str) -> String {
        let folder = self.dir.path().join("server");
        let made = self
            .runtime
            .block_on(demur_server::invite(&folder, account, role));
        made.unwrap().code.to_string()
    }

    pub(crate) fn call<T>(&self, call: &Call<T>) -> T {
        call.send(&self.http).unwrap()
    }

    /// A fresh copy of the record, once `found` finds something in it.
    pub(crate) fn until<T>(&self, what: &str, found: impl Fn(&Mirror) -> Option<T>) -> T {
        let mut mirror = Mirror::new(&self.policy).unwrap();
        for _ in 0..TRIES {
            if mirror.sync(&self.http).is_ok()
                && let Some(found) = found(&mirror)
            {
                return found;
            }
            std::thread::sleep(PAUSE);
        }
        panic!("the record does not show: {what}");
    }

    /// A person with a browser of their own.
    pub(crate) fn person(&self) -> Person<'_> {
        let browser = Browser {
            http: self.http.clone(),
            files: Rc::default(),
            sent: Rc::default(),
            cut: Rc::default(),
            expired: Rc::default(),
            full: Rc::default(),
            ahead: Rc::default(),
            crossed: Rc::default(),
            beside: Rc::default(),
            at_swap: Rc::default(),
            lock: Rc::default(),
            another: Rc::default(),
        };
        self.page(browser)
    }

    /// Another page of the same browser: with what is kept, and nothing of what was in memory.
    pub(crate) fn page(&self, browser: Browser) -> Person<'_> {
        let site = Site {
            api: self.http.base.clone(),
            served: Served::Channel,
            policy: self.policy.clone(),
        };
        Person {
            stage: self,
            browser: browser.clone(),
            desk: Desk::new(browser, site),
        }
    }

    /// The codes of a new register of `people`, by e-mail address.
    pub(crate) fn register(&self, people: &str) -> (Register, BTreeMap<String, String>) {
        let mut register = Register::new(ORIGIN);
        register.import(parse_people(people.as_bytes()).unwrap(), &mut rng());
        for part in register.tickets().chunks(MAX_TICKETS) {
            self.call(&calls::tickets(
                &self.registrar.tickets(part.to_vec(), now()),
            ));
        }
        let code = |m: &demur_client::registrar::Member| {
            let code = m.code.as_ref().unwrap().reveal();
            (m.person.email.clone(), code)
        };
        let codes = register.members().map(code).collect();
        (register, codes)
    }

    /// Enrols somebody whose desk plays no part.
    pub(crate) fn enrol(&self, code: &str) {
        let (mut identity, _) = Identity::new(ORIGIN, &mut rng());
        let registrar = self.until("the registrar", |m| m.recipient(Role::Registrar));
        let code = code.parse().unwrap();
        let (ticket, sealed) = identity.enrol(&code, &registrar, &mut rng()).unwrap();
        self.call(&calls::enrol(ticket, sealed));
    }

    /// Publishes edition 1 of all who enrolled, and attests it.
    pub(crate) fn publish(&self, mut register: Register) {
        let (keys, now) = (&self.registrar, now());
        let page = self.call(&calls::enrolments(&keys.request("enrolments", "", now)));
        register.receive(&page.enrolments, keys, now, &mut rng());
        let overseer = self.overseer.seal.recipient();
        let (floor, small) = (5, SmallCohorts::LeaveOut);
        let made = register
            .publish(1, keys, &overseer, floor, small, now, &mut rng())
            .unwrap();
        self.call(&calls::publish_edition(1, &made.post));
        for part in parts(&made.replies) {
            self.call(&calls::replies(&keys.replies(part.to_vec(), now)));
        }
        let known = self.until("edition 1", |m| m.latest_edition().cloned());
        let request = self.overseer.request("register", "1", now);
        let sealed = self.call(&calls::register(1, &request)).sealed;
        let opened = OpenedRegister::open(&sealed, &self.overseer).unwrap();
        let letters = opened.letters(None).len();
        let edition = &made.edition;
        let entry = overseer::attest(&known.edition, edition, letters, &self.overseer).unwrap();
        self.call(&calls::entry(&PostEntry { entry }));
        self.until("the attestation", |m| {
            m.latest_edition()?.attestation.as_ref().map(drop)
        });
    }

    pub(crate) const fn overseer(&self) -> &RoleKeys {
        &self.overseer
    }

    pub(crate) const fn registrar(&self) -> &RoleKeys {
        &self.registrar
    }

    /// The key file of who holds the office's keys and nothing else, as the program keeps it.
    pub(crate) fn office_file(&self) -> Vec<u8> {
        key_file(&self.office)
    }
}

/// A key file with one role's keys in it.
pub(crate) fn key_file(role: &RoleKeys) -> Vec<u8> {
    let mut keys = KeyStore::default();
    keys.roles.push(role.clone());
    let passphrase = SecretString::from(PASSPHRASE.to_owned());
    demur_seal::lock(&keys, &passphrase, WorkFactor::FAST).unwrap()
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            let _ = self.runtime.block_on(running.shutdown());
        }
    }
}

/// A person at a page.
pub(crate) struct Person<'s> {
    stage: &'s Stage,
    pub(crate) browser: Browser,
    desk: Desk<Browser>,
}

impl Person<'_> {
    pub(crate) fn open(&mut self, address: &str) -> Answer {
        let Self { stage, desk, .. } = self;
        stage.runtime.block_on(desk.page(address))
    }

    pub(crate) fn act(&mut self, action: &str, form: Form) -> Answer {
        let Self { stage, desk, .. } = self;
        stage.runtime.block_on(desk.act(action, form))
    }

    /// Does this before the answer to the next POST of another tab of the same browser comes.
    pub(crate) fn does_beside(self, browser: &Browser, action: &'static str, form: Form) {
        browser.beside.replace(Some(self.later(action, form)));
    }

    /// Does this just before another tab of the same browser keeps something under that name.
    pub(crate) fn does_at_swap(
        self,
        browser: &Browser,
        name: &'static str,
        action: &'static str,
        form: Form,
    ) {
        let act = self.later(action, form);
        browser.at_swap.replace(Some((name, act)));
    }

    fn later(self, action: &'static str, form: Form) -> Act {
        let mut desk = self.desk;
        Box::pin(async move {
            let answer = desk.act(action, form).await;
            assert_eq!(answer.trouble, None, "{action}");
        })
    }

    /// Does what an answer says is due; nothing where there is nothing.
    pub(crate) fn follow(&mut self, answer: &Answer) -> Option<Answer> {
        let (act, query) = answer.then.as_ref()?.split_once('?')?;
        let fields = { query.split('&') }.filter_map(|field| field.split_once('='));
        Some(self.act(act, form(&fields.collect::<Vec<_>>())))
    }

    /// A page that must be there.
    pub(crate) fn see(&mut self, address: &str) -> String {
        let answer = self.open(address);
        assert_eq!(answer.trouble, None, "{address}");
        answer.html
    }

    /// An act that must be done.
    pub(crate) fn does(&mut self, action: &str, form: Form) -> Answer {
        let answer = self.act(action, form);
        assert_eq!(answer.trouble, None, "{action}");
        answer
    }

    /// An act that must be refused; says why.
    pub(crate) fn refused(&mut self, action: &str, form: Form) -> String {
        let answer = self.act(action, form);
        answer.trouble.unwrap_or_else(|| {
            panic!("{action} was not refused: {}", answer.html);
        })
    }

    /// The page, once it holds a text: a batch comes each second.
    pub(crate) fn until(&mut self, address: &str, text: &str) -> String {
        let mut html = String::new();
        for _ in 0..TRIES {
            html = self.see(address);
            if html.contains(text) {
                return html;
            }
            std::thread::sleep(PAUSE);
        }
        panic!("{address} never showed {text:?}: {html}");
    }
}

pub(crate) fn form(fields: &[(&str, &str)]) -> Form {
    let with = |form: Form, (name, text): &(&str, &str)| form.with(name, text);
    fields.iter().fold(Form::new(), with)
}

pub(crate) fn with_file(form: Form, name: &str, bytes: Vec<u8>) -> Form {
    with_named(form, name, "keys.age", bytes)
}

/// With a file that is called so.
pub(crate) fn with_named(mut form: Form, name: &str, file: &str, bytes: Vec<u8>) -> Form {
    let file = Field::File {
        name: file.to_owned(),
        bytes,
    };
    form.push(name, file);
    form
}

/// The value of an attribute or of what stands between two texts.
pub(crate) fn between(html: &str, before: &str, after: &str) -> String {
    let from = html
        .find(before)
        .unwrap_or_else(|| panic!("no {before:?} in {html}"))
        + before.len();
    let rest = &html[from..];
    rest[..rest.find(after).unwrap()].to_owned()
}
