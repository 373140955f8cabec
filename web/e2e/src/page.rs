//! What every page must be: axe's rules, no sideways scrolling.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{bail, ensure};
use thirtyfour::cdp::Cdp;

use crate::Person;

/// The widths that every page is looked at: a desk's, a phone's, and a desk's at 200 percent.
const WIDTHS: [(u32, u32); 3] = [(1280, 1000), (390, 844), (640, 500)];

/// What every page must be, wherever it is seen: axe's rules hold, nothing sticks out at any width, and everything that can be
/// used can be reached by keyboard. With `DEMUR_SHOTS` a picture of each is left in that folder, in light and in dark.
///
/// # Errors
/// With what is wrong.
pub async fn sound(person: &Person) -> anyhow::Result<()> {
    axe(person).await?;
    let tools = person.driver.cdp();
    for (width, height) in WIDTHS {
        let metrics = serde_json::json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        tools
            .send_raw("Emulation.setDeviceMetricsOverride", metrics)
            .await?;
        no_overflow(person).await?;
        shots(person, &tools, width).await?;
    }
    tools
        .send_raw(
            "Emulation.clearDeviceMetricsOverride",
            serde_json::json!({}),
        )
        .await?;
    reachable(person).await
}

async fn shots(person: &Person, tools: &Cdp, width: u32) -> anyhow::Result<()> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Some(dir) = std::env::var_os("DEMUR_SHOTS").map(PathBuf::from) else {
        return Ok(());
    };
    if width == 640 {
        return Ok(());
    }
    std::fs::create_dir_all(&dir)?;
    let path = person.driver.current_url().await?.path().replace('/', "_");
    let path: String = path.chars().take(40).collect();
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    for scheme in ["light", "dark"] {
        let media = serde_json::json!({
            "features": [{ "name": "prefers-color-scheme", "value": scheme }],
        });
        tools.send_raw("Emulation.setEmulatedMedia", media).await?;
        let shot = tools
            .send_raw(
                "Page.captureScreenshot",
                serde_json::json!({ "captureBeyondViewport": true }),
            )
            .await?;
        let data = shot["data"].as_str().unwrap_or_default();
        std::fs::write(
            dir.join(format!("{number:03}{path}-{width}-{scheme}.png.base64")),
            data,
        )?;
    }
    let media = serde_json::json!({ "features": [] });
    tools.send_raw("Emulation.setEmulatedMedia", media).await?;
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

/// Holds the page against axe's rules; `false` where axe is not there.
///
/// # Errors
/// With every violation; or where axe is demanded and not there.
async fn axe(person: &Person) -> anyhow::Result<bool> {
    let Some(file) = axe_file() else {
        ensure!(
            !crate::demanded(),
            "axe-core is not there, and {} asks for it: `cargo xtask test` fetches it, or DEMUR_AXE names it",
            crate::DEMANDED
        );
        return Ok(false);
    };
    person
        .driver
        .execute(std::fs::read_to_string(file)?, vec![])
        .await?;
    let found = person
        .driver
        .execute_async(
            "const done = arguments[0]; axe.run(document, { resultTypes: ['violations'] }).then(r => done(r.violations.map(v => \
             v.id + ': ' + v.nodes.map(n => n.html.slice(0, 160) + ' | ' + n.failureSummary).join(' ;; '))), e => done(['' + e]))",
            vec![],
        )
        .await?;
    let violations = found.json().as_array().cloned().unwrap_or_default();
    if !violations.is_empty() {
        let address = person.driver.current_url().await?;
        bail!("axe at {address}: {violations:#?}");
    }
    Ok(true)
}

/// That nothing sticks out of the page's side.
///
/// # Errors
/// When it does.
async fn no_overflow(person: &Person) -> anyhow::Result<()> {
    let wide = person
        .driver
        .execute(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
            vec![],
        )
        .await?;
    let wide = wide.json().as_i64().unwrap_or(0);
    let address = person.driver.current_url().await?;
    ensure!(
        wide <= 1,
        "{address} is {wide} pixels wider than the window"
    );
    Ok(())
}
