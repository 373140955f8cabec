//! One person at a browser.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use anyhow::{Context as _, bail};
use thirtyfour::{
    cdp::domains::network::ClearBrowserCache, common::print::PrintParameters, prelude::*,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::{PATIENCE, Stage};

/// Chromium's own log of its network, in a profile.
const LOG: &str = "network.json";

/// The driver of all browsers.
pub struct Browser {
    _driver: Child,
    port: u16,
}

impl Browser {
    /// Starts chromedriver on a port of its own choosing.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(driver.stdout.take().context("piped")?).lines();
        while let Some(line) = lines.next_line().await? {
            let port = line
                .rsplit_once("successfully on port ")
                .and_then(|(_, port)| port.trim_end_matches('.').parse().ok());
            if let Some(port) = port {
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Self {
                    _driver: driver,
                    port,
                });
            }
        }
        bail!("chromedriver ended")
    }

    /// A person sits down, with the browser profile of that name.
    ///
    /// # Errors
    /// When Chromium does not start.
    pub async fn person(&self, stage: &Stage, name: &str) -> anyhow::Result<Person> {
        self.person_at(&stage.url, &stage.path("browsers"), name)
            .await
    }

    /// The same in a browser that runs no WebAssembly.
    ///
    /// # Errors
    /// When Chromium does not start.
    pub async fn person_without_wasm(&self, stage: &Stage, name: &str) -> anyhow::Result<Person> {
        // Without a compiler at run time V8 has no WebAssembly either: as in Tor Browser's "Safer".
        const WITHOUT: &str = "--js-flags=--jitless";
        self.sit_down(&stage.url, &stage.path("browsers"), name, &[WITHOUT])
            .await
    }

    /// The same in a browser that writes down every request itself: see [`Person::leave_and_tell`].
    ///
    /// # Errors
    /// When Chromium does not start.
    pub async fn person_watched(&self, stage: &Stage, name: &str) -> anyhow::Result<Person> {
        let profiles = stage.path("browsers");
        self.person_watched_at(&stage.url, &profiles, name).await
    }

    /// The same with pages from `url`, another origin than the channel's.
    ///
    /// # Errors
    /// When Chromium does not start.
    pub async fn person_watched_at(
        &self,
        url: &str,
        profiles: &Path,
        name: &str,
    ) -> anyhow::Result<Person> {
        std::fs::create_dir_all(profiles.join(name))?;
        let log = format!("--log-net-log={}", profiles.join(name).join(LOG).display());
        self.sit_down(url, profiles, name, &[&log]).await
    }

    /// The same with pages from `url`, for those who have no [`Stage`]; the profile is a folder in `profiles`.
    ///
    /// # Errors
    /// When Chromium does not start.
    pub async fn person_at(
        &self,
        url: &str,
        profiles: &Path,
        name: &str,
    ) -> anyhow::Result<Person> {
        self.sit_down(url, profiles, name, &[]).await
    }

    async fn sit_down(
        &self,
        url: &str,
        profiles: &Path,
        name: &str,
        flags: &[&str],
    ) -> anyhow::Result<Person> {
        let profile = profiles.join(name);
        let downloads = profile.join("downloads");
        std::fs::create_dir_all(&downloads)?;
        let mut caps = DesiredCapabilities::chrome();
        for arg in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,1000",
        ] {
            caps.add_arg(arg)?;
        }
        for flag in flags {
            caps.add_arg(flag)?;
        }
        caps.add_arg(&format!("--user-data-dir={}", profile.display()))?;
        caps.add_experimental_option(
            "prefs",
            serde_json::json!({
                "download.default_directory": downloads,
                "download.prompt_for_download": false,
                // A person's click may be followed by as many files as clicks; a script's by one.
                "profile.default_content_setting_values.automatic_downloads": 1,
            }),
        )?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{}", self.port), caps).await?;
        driver.set_script_timeout(PATIENCE).await?;
        Ok(Person {
            driver,
            url: url.to_owned(),
            log: profile.join(LOG),
            downloads,
            name: name.to_owned(),
        })
    }
}

/// A person with a browser of their own.
pub struct Person {
    /// The driver, for what is not here.
    pub driver: WebDriver,
    url: String,
    log: PathBuf,
    downloads: PathBuf,
    name: String,
}

impl Person {
    /// Goes to an address of the channel, or to a whole one.
    ///
    /// # Errors
    /// When the browser can't.
    pub async fn go(&self, address: &str) -> anyhow::Result<()> {
        let whole = if address.starts_with("http") {
            address.to_owned()
        } else {
            format!("{}{address}", self.url)
        };
        // To the same document with another fragment the browser does not go.
        self.driver.goto("about:blank").await?;
        self.driver.goto(&whole).await?;
        Ok(())
    }

    /// Empties the browser's cache of files that were loaded.
    ///
    /// # Errors
    /// When the browser can't.
    pub async fn forget_cache(&self) -> anyhow::Result<()> {
        let tools = self.driver.cdp();
        tools.send(ClearBrowserCache).await?;
        Ok(())
    }

    /// All that can be read on the page.
    ///
    /// # Errors
    /// When the browser can't say.
    pub async fn text(&self) -> anyhow::Result<String> {
        let text = self
            .driver
            .execute(
                "return document.body ? document.body.innerText : ''",
                vec![],
            )
            .await?;
        Ok(text.json().as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page says this.
    ///
    /// # Errors
    /// When it does not within [`PATIENCE`]; with what it says instead.
    pub async fn see(&self, text: &str) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let page = self.text().await.unwrap_or_default();
            if page.contains(text) {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("{} does not see “{text}”, but:\n{page}", self.name);
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// Waits until the desk has nothing more to do.
    ///
    /// # Errors
    /// When it goes on for longer than [`PATIENCE`].
    pub async fn idle(&self) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        let busy = "const d = document.getElementById('desk'); return !!d && d.getAttribute('aria-busy') !== 'false'";
        while self.driver.execute(busy, vec![]).await?.json().as_bool() != Some(false) {
            if Instant::now() > until {
                bail!(
                    "{}: the page is busy for ever:\n{}",
                    self.name,
                    self.text().await?
                );
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// The one element of that id, once it is there.
    ///
    /// # Errors
    /// When there is none.
    pub async fn find(&self, id: &str) -> anyhow::Result<WebElement> {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.driver.find(By::Id(id)).await {
                Ok(found) => return Ok(found),
                Err(_) if Instant::now() < until => {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                Err(e) => bail!("{}: no #{id} ({e}):\n{}", self.name, self.text().await?),
            }
        }
    }

    /// Types into a field.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn fill(&self, id: &str, text: &str) -> anyhow::Result<()> {
        let field = self.find(id).await?;
        // As a person would clear it; a date is not cleared, and not typed.
        self.driver
            .execute(
                "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', { bubbles: true }))",
                vec![field.to_json()?, text.into()],
            )
            .await?;
        Ok(())
    }

    /// Chooses a file.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn choose(&self, id: &str, file: &Path) -> anyhow::Result<()> {
        let field = self.find(id).await?;
        field.send_keys(file.display().to_string()).await?;
        Ok(())
    }

    /// Chooses from a menu.
    ///
    /// # Errors
    /// When there is no such menu.
    pub async fn pick(&self, id: &str, value: &str) -> anyhow::Result<()> {
        let menu = self.find(id).await?;
        self.driver
            .execute(
                "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', { bubbles: true }))",
                vec![menu.to_json()?, value.into()],
            )
            .await?;
        Ok(())
    }

    /// Goes to a page of the desk without leaving it: what is unlocked stays so.
    ///
    /// # Errors
    /// When the browser can't.
    pub async fn visit(&self, path: &str) -> anyhow::Result<()> {
        self.driver
            .execute(
                "const a = document.createElement('a'); a.href = arguments[0]; a.dataset.page = ''; \
                 document.body.append(a); a.click(); a.remove()",
                vec![path.into()],
            )
            .await?;
        self.idle().await
    }

    /// Visits a page again and again until it says this: the record goes on by itself.
    ///
    /// # Errors
    /// When it does not within [`PATIENCE`].
    pub async fn until(&self, path: &str, text: &str) -> anyhow::Result<()> {
        self.until_that(path, text, true).await
    }

    /// The same until it no longer says it.
    ///
    /// # Errors
    /// When it does within [`PATIENCE`].
    pub async fn until_gone(&self, path: &str, text: &str) -> anyhow::Result<()> {
        self.until_that(path, text, false).await
    }

    async fn until_that(&self, path: &str, text: &str, there: bool) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            self.visit(path).await?;
            let mut page = self.text().await?;
            // A case that is opened anew is recorded anew: say so before.
            const OPEN: &str = "Open it: the authors will see that you did";
            if page.contains(OPEN) && !page.contains(text) {
                self.press(OPEN).await?;
                self.idle().await?;
                page = self.text().await?;
            }
            if page.contains(text) == there {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("{}: {path} never came to say “{text}”:\n{page}", self.name);
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    }

    /// Signs an account in, where the page asks for it.
    ///
    /// # Errors
    /// When the browser can't.
    pub async fn sign_in(&self, password: &str) -> anyhow::Result<()> {
        self.idle().await?;
        if self.text().await?.contains("Sign in") {
            self.fill("password", password).await?;
            self.press("Sign in").await?;
            self.idle().await?;
        }
        Ok(())
    }

    /// Ticks a box, or chooses one of several.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn tick(&self, id: &str) -> anyhow::Result<()> {
        self.find(id).await?.click().await?;
        Ok(())
    }

    /// Presses the button, or follows the link, that says this.
    ///
    /// # Errors
    /// When there is none.
    pub async fn press(&self, text: &str) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        let script = "const t = arguments[0]; const all = [...document.querySelectorAll('button, a, summary')]; \
                      const e = all.find(e => e.innerText.trim() === t) ?? all.find(e => e.innerText.trim().startsWith(t)); \
                      if (!e) return false; e.scrollIntoView({ block: 'center' }); e.click(); return true";
        loop {
            let pressed = self.driver.execute(script, vec![text.into()]).await?;
            if pressed.json().as_bool() == Some(true) {
                return Ok(());
            }
            if Instant::now() > until {
                bail!(
                    "{}: nothing to press that says “{text}”:\n{}",
                    self.name,
                    self.text().await?
                );
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    /// The newest file whose name begins so, once it is there.
    ///
    /// # Errors
    /// When none comes.
    pub async fn downloaded(&self, begin: &str) -> anyhow::Result<PathBuf> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = newest(&self.downloads, begin)? {
                return Ok(found);
            }
            if Instant::now() > until {
                bail!("{}: no file {begin}… came", self.name);
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// Prints the page as a PDF, as a person's own browser does.
    ///
    /// # Errors
    /// When the browser can't.
    pub async fn print(&self, file: &Path) -> anyhow::Result<()> {
        // On a busy machine Chromium's print compositor may not come up in time: "Printing failed".
        const TRIES: u32 = 4;
        for _ in 1..TRIES {
            if let Ok(pdf) = self.driver.print_page(PrintParameters::default()).await {
                std::fs::write(file, pdf)?;
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
        let pdf = self.driver.print_page(PrintParameters::default()).await?;
        std::fs::write(file, pdf)?;
        Ok(())
    }

    /// Stands up, and tells what the channel's pages and their workers asked for, of whomever: `GET http://127.0.0.1:8080/verify`, as the browser itself
    /// wrote it down. Only of [`Browser::person_watched`].
    ///
    /// # Errors
    /// When the browser does not end, or wrote nothing down.
    pub async fn leave_and_tell(self) -> anyhow::Result<Vec<String>> {
        let (log, url) = (self.log.clone(), self.url.clone());
        self.leave().await?;
        let until = Instant::now() + PATIENCE;
        loop {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            if let Ok(whole) = serde_json::from_str(&text) {
                return Ok(asked(&whole, &url));
            }
            if Instant::now() > until {
                bail!("{}: the browser's log is not whole", log.display());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// Stands up; the profile stays.
    ///
    /// # Errors
    /// When the browser does not end.
    pub async fn leave(self) -> anyhow::Result<()> {
        self.driver.quit().await?;
        Ok(())
    }
}

/// The requests in Chromium's log that documents and workers of `url` made, or that went there. What the browser asks for by
/// itself has no origin.
fn asked(log: &serde_json::Value, url: &str) -> Vec<String> {
    let mut found = Vec::new();
    for event in log["events"].as_array().into_iter().flatten() {
        let text = |name: &str| event["params"][name].as_str().unwrap_or_default();
        // Only the beginning of a request has both.
        if event["params"]["initiator"].is_string()
            && !text("method").is_empty()
            && (text("initiator") == url || text("url").starts_with(url))
        {
            found.push(format!("{} {}", text("method"), text("url")));
        }
    }
    found
}

fn newest(dir: &Path, begin: &str) -> anyhow::Result<Option<PathBuf>> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(dir)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if name.starts_with(begin) && !name.ends_with(".crdownload") {
            found.push((file.metadata()?.modified()?, file.path()));
        }
    }
    found.sort();
    Ok(found.pop().map(|(_, path)| path))
}
