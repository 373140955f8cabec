//! What every page must be: axe's rules, no sideways scrolling.

use std::path::PathBuf;

use anyhow::{bail, ensure};

use crate::Person;

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
/// With every violation.
pub async fn axe(person: &Person) -> anyhow::Result<bool> {
    let Some(file) = axe_file() else {
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
pub async fn no_overflow(person: &Person) -> anyhow::Result<()> {
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
