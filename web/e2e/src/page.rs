//! What every page must be: axe's rules, no sideways scrolling, nothing that the keyboard does not reach.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{bail, ensure};
use thirtyfour::cdp::Cdp;

use crate::Person;

/// The widths that every page is looked at: a desk's, a phone's, a desk's at 200 percent, and 320 pixels, which a page must do with
/// (WCAG 2.2, 1.4.10).
const WIDTHS: [(u32, u32); 4] = [(1280, 1000), (390, 844), (640, 500), (320, 600)];

/// The widths at which axe looks, and of which pictures are kept.
const LOOKED_AT: [u32; 2] = [1280, 390];

/// What every page must be, wherever it is seen: axe's rules hold at a desk's and a phone's width, in light and in dark; nothing
/// sticks out at any width; and everything that can be used can be reached by keyboard. With `DEMUR_SHOTS` a picture of each is left
/// in that folder.
///
/// # Errors
/// With what is wrong.
pub async fn sound(person: &Person) -> anyhow::Result<()> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let axe = Axe::load(person).await?;
    let tools = person.driver.cdp();
    for (width, height) in WIDTHS {
        let metrics = serde_json::json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        tools
            .send_raw("Emulation.setDeviceMetricsOverride", metrics)
            .await?;
        no_overflow(person).await?;
        if !LOOKED_AT.contains(&width) {
            continue;
        }
        for scheme in ["light", "dark"] {
            let media = serde_json::json!({
                "features": [{ "name": "prefers-color-scheme", "value": scheme }],
            });
            tools.send_raw("Emulation.setEmulatedMedia", media).await?;
            axe.holds(person, width, scheme).await?;
            shot(person, &tools, &format!("{width}-{scheme}"), number).await?;
        }
    }
    let media = serde_json::json!({ "features": [] });
    tools.send_raw("Emulation.setEmulatedMedia", media).await?;
    tools
        .send_raw(
            "Emulation.clearDeviceMetricsOverride",
            serde_json::json!({}),
        )
        .await?;
    reachable(person).await
}

async fn shot(person: &Person, tools: &Cdp, how: &str, number: u32) -> anyhow::Result<()> {
    let Some(dir) = std::env::var_os("DEMUR_SHOTS").map(PathBuf::from) else {
        return Ok(());
    };
    std::fs::create_dir_all(&dir)?;
    let path = person.driver.current_url().await?.path().replace('/', "_");
    let path: String = path.chars().take(40).collect();
    let shot = tools
        .send_raw(
            "Page.captureScreenshot",
            serde_json::json!({ "captureBeyondViewport": true }),
        )
        .await?;
    let data = shot["data"].as_str().unwrap_or_default();
    std::fs::write(
        dir.join(format!("{number:03}{path}-{how}.png.base64")),
        data,
    )?;
    Ok(())
}

/// That the keyboard reaches everything, and that it is seen where it is.
async fn reachable(person: &Person) -> anyhow::Result<()> {
    let found = person
        .driver
        .execute(
            "const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')] \
             .filter(e => e.offsetParent !== null && !e.disabled); \
             const out = []; for (const e of all) { if (e.tabIndex < 0) { out.push('no tab: ' + e.outerHTML.slice(0, 120)); } } \
             return out",
            vec![],
        )
        .await?;
    let found = found.json().as_array().cloned().unwrap_or_default();
    ensure!(found.is_empty(), "not reached by keyboard: {found:#?}");
    Ok(())
}

/// Where `cargo xtask test` puts axe-core, from npm, for the tests alone.
fn axe_file() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("DEMUR_AXE") {
        return Some(given.into());
    }
    let deps = std::env::current_exe().ok()?;
    let target = deps.ancestors().nth(3)?;
    let file = target.join("axe/axe.min.js");
    file.is_file().then_some(file)
}

/// axe on a page, where axe is there.
struct Axe(bool);

impl Axe {
    /// Loads axe's rules into the page.
    ///
    /// # Errors
    /// Where axe is asked for and is not there.
    async fn load(person: &Person) -> anyhow::Result<Self> {
        let Some(file) = axe_file() else {
            ensure!(
                !crate::demanded(),
                "axe-core is not there, and {} asks for it: `cargo xtask test` fetches it, or DEMUR_AXE names it",
                crate::DEMANDED
            );
            return Ok(Self(false));
        };
        let rules = std::fs::read_to_string(file)?;
        person.driver.execute(rules, vec![]).await?;
        Ok(Self(true))
    }

    /// Holds the page against the rules: against all in light, in dark against those of colours.
    ///
    /// # Errors
    /// With every violation.
    async fn holds(&self, person: &Person, width: u32, scheme: &str) -> anyhow::Result<()> {
        if !self.0 {
            return Ok(());
        }
        let mut options = serde_json::json!({ "resultTypes": ["violations"] });
        if scheme == "dark" {
            options["runOnly"] =
                serde_json::json!({ "type": "rule", "values": ["color-contrast"] });
        }
        let found = person
            .driver
            .execute_async(
                "const [options, done] = arguments; axe.run(document, options).then(r => done(r.violations.map(v => \
                 v.id + ': ' + v.nodes.map(n => n.html.slice(0, 160) + ' | ' + n.failureSummary).join(' ;; '))), e => done(['' + e]))",
                vec![options],
            )
            .await?;
        let violations = found.json().as_array().cloned().unwrap_or_default();
        if !violations.is_empty() {
            let address = person.driver.current_url().await?;
            bail!("axe at {address}, {width} wide, {scheme}: {violations:#?}");
        }
        Ok(())
    }
}

/// That nothing sticks out of the page's side.
///
/// # Errors
/// When it does: with what.
async fn no_overflow(person: &Person) -> anyhow::Result<()> {
    let wide = person
        .driver
        .execute(
            "const root = document.documentElement, out = root.scrollWidth - root.clientWidth; if (out <= 1) return null; \
             const all = [...document.body.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > root.clientWidth + 1); \
             return root.clientWidth + ' pixels: ' + out + ' too wide: ' + all.slice(-3).map(e => e.outerHTML.slice(0, 120)).join(' ;; ')",
            vec![],
        )
        .await?;
    if let Some(wide) = wide.json().as_str() {
        let address = person.driver.current_url().await?;
        bail!("{address} in {wide}");
    }
    Ok(())
}
