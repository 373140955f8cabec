//! Members who sign on the pages of a real server.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use demur_bench::{cache::Cache, channel::Channel};
use demur_client::key_store::KeyStore;
use demur_e2e::{Browser, Person, Wire};
use demur_seal::WorkFactor;
use secrecy::SecretString;
use serde::Deserialize;

const PASSPHRASE: &str = "a passphrase for the bench";

/// Notes, by the page's clock, when it was clicked, when the proof began and ended, and when the receipt stood there.
const WATCH: &str = "
    const marks = window.marks = {};
    const now = name => { marks[name] ??= performance.now(); };
    const look = () => {
        const said = document.body.textContent;
        if (said.includes('Making the proof')) now('proving');
        if (said.includes('Sending')) now('sending');
        if (document.querySelector('#signing h2')?.textContent === 'Receipt') now('receipt');
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    const button = [...document.querySelectorAll('button')].find(b => b.textContent.trim() === 'Sign');
    button.addEventListener('click', () => now('clicked'), { capture: true, once: true });
    button.click();
";

/// How one sign-on went.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signed {
    pub(crate) reading: Duration,
    pub(crate) unlocking: Duration,
    pub(crate) before: Duration,
    pub(crate) proof: Duration,
    pub(crate) after: Duration,
    pub(crate) whole: Duration,
    /// Bytes of page, style sheet, scripts and module.
    pub(crate) loaded: usize,
}

#[derive(Debug, Deserialize)]
struct Marks {
    clicked: f64,
    proving: f64,
    sending: f64,
    receipt: f64,
}

/// Who signs what, and where.
pub(crate) struct Plan {
    server: String,
    /// The memo's address after the server's, with its fragment.
    link: String,
    keys: Vec<Vec<u8>>,
}

impl Plan {
    pub(crate) fn new(cache: &Cache, channel: &Channel, runs: usize) -> Result<Self> {
        let server = channel.address().to_string();
        let (memo, _) = cache
            .signed_memos()?
            .into_iter()
            .next()
            .context("no memo")?;
        let link = memo.link(&format!("http://{server}")).reveal().to_string();
        let path = link.find("/m/").context("a link to a memo")?;
        let passphrase = SecretString::from(PASSPHRASE);
        let mut keys = Vec::new();
        // The first members wrote the memos.
        for identity in cache.members()?.into_iter().rev().take(runs) {
            let mut store = KeyStore::default();
            store.identity.replace(identity);
            keys.push(demur_seal::lock(&store, &passphrase, WorkFactor::NATIVE)?);
        }
        Ok(Self {
            server,
            link: link[path..].to_owned(),
            keys,
        })
    }

    pub(crate) async fn run(&self, browser: &Browser, profiles: &Path) -> Result<Vec<Signed>> {
        let mut all = Vec::new();
        for (n, keys) in self.keys.iter().enumerate() {
            // A relay for each: what another one's browser still asks for is not counted.
            let (wire, relay) = Wire::relay(self.server.clone()).await?;
            let file = profiles.join(format!("member-{n}.age"));
            fs::create_dir_all(profiles)?;
            fs::write(&file, keys)?;
            let person = browser
                .person_at(&format!("http://{relay}"), profiles, &format!("member-{n}"))
                .await?;
            all.push(self.one(&person, &wire, file).await?);
            person.leave().await?;
        }
        Ok(all)
    }

    async fn one(&self, person: &Person, wire: &Wire, file: PathBuf) -> Result<Signed> {
        person.go("/desk/import").await?;
        person.see("Bring a key file").await?;
        person.choose("file", &file).await?;
        person.fill("file-passphrase", PASSPHRASE).await?;
        person.press("Bring it here").await?;
        person.see("Your desk").await?;
        person.idle().await?;

        person.forget_cache().await?;
        wire.clear();
        let start = Instant::now();
        person.go(&self.link).await?;
        person.see("Unlock your key store to sign").await?;
        let reading = start.elapsed();
        person.idle().await?;
        let exchanges = wire.exchanges();
        let data = |line: &str| line.contains(" /record/") || line.contains(" /api/");
        let answers = exchanges
            .iter()
            .filter(|e| !data(&e.line))
            .filter_map(|e| e.answer);
        let loaded = answers.map(|answer| answer.size).sum();
        person.fill("passphrase", PASSPHRASE).await?;
        let start = Instant::now();
        person.press("Unlock").await?;
        person.see("Whom you are hidden among").await?;
        let unlocking = start.elapsed();
        person.idle().await?;
        person.tick("now").await?;
        person.driver.execute(WATCH, vec![]).await?;
        person.see("You signed version 1").await?;
        let marks = person.driver.execute("return window.marks", vec![]).await?;
        let marks: Marks = serde_json::from_value(marks.json().clone())?;
        let between = |from: f64, to: f64| Duration::from_secs_f64((to - from).max(0.0) / 1e3);
        Ok(Signed {
            reading,
            unlocking,
            before: between(marks.clicked, marks.proving),
            proof: between(marks.proving, marks.sending),
            after: between(marks.sending, marks.receipt),
            whole: between(marks.clicked, marks.receipt),
            loaded,
        })
    }
}
