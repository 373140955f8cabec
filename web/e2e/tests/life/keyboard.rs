//! A sign-on with the keyboard alone.

use anyhow::ensure;
use demur_e2e::Person;
use thirtyfour::prelude::*;

use crate::PASSPHRASE;

/// The most stops before something is reached: more than any page of a signer has.
const STOPS_MAX: usize = 60;

/// What is focused: what it is called, and whether that is seen.
const FOCUSED: &str = "const e = document.activeElement, s = getComputedStyle(e); \
    const named = e.labels?.[0]?.innerText || e.innerText || e.id || e.tagName; \
    return [e.id, named.trim(), e === document.body || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)]";

/// Reads the memo behind the link, unlocks, and signs it, by Tab, Enter and the space bar.
pub(crate) async fn signs(person: &Person, link: &str) -> anyhow::Result<()> {
    person.go(link).await?;
    person.see("Unlock your key store to sign").await?;
    to(person, |id, _| id == "passphrase").await?;
    keys(person, PASSPHRASE).await?;
    keys(person, Key::Enter + "").await?;
    person.see("Whom you are hidden among").await?;
    person.idle().await?;
    // Of several choices one is a stop, and the arrows lead to the others.
    to(person, |id, _| id == "later").await?;
    keys(person, Key::Down + "").await?;
    let now = person.find("now").await?.is_selected().await?;
    ensure!(now, "the arrow did not choose");
    to(person, |_, name| name == "Sign").await?;
    keys(person, Key::Enter + "").await?;
    person.see("You signed version 2").await
}

/// Presses Tab until the focus is there; at each stop it must be seen where it is.
async fn to(person: &Person, there: impl Fn(&str, &str) -> bool) -> anyhow::Result<()> {
    let mut stops = Vec::new();
    for _ in 0..STOPS_MAX {
        keys(person, Key::Tab + "").await?;
        let focused = person.driver.execute(FOCUSED, vec![]).await?;
        let (id, name, seen): (String, String, bool) =
            serde_json::from_value(focused.json().clone())?;
        ensure!(seen, "the focus is not seen at {id} {name}");
        if there(&id, &name) {
            return Ok(());
        }
        stops.push(name);
    }
    anyhow::bail!("not reached by Tab; the stops were {stops:?}")
}

/// Presses keys, wherever the focus is.
async fn keys(person: &Person, keys: impl Into<TypingData>) -> anyhow::Result<()> {
    let chain = person.driver.action_chain().send_keys(keys);
    chain.perform().await?;
    Ok(())
}
