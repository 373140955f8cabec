//! An act that waits to be sent.

use anyhow::ensure;
use demur_e2e::{Person, sound};

use crate::unlock;

/// Endorses after a delay, pressing twice: meanwhile the page can be locked, and is used as ever. What waits is there again when it is
/// unlocked, and is thrown away.
pub(crate) async fn is_locked_and_thrown_away(person: &Person, link: &str) -> anyhow::Result<()> {
    let twice = "const e = [...document.querySelectorAll('button')].find(e => e.innerText.trim() === 'Endorse'); e.click(); e.click()";
    person.driver.execute(twice, vec![]).await?;
    person.see("Not sent yet: it goes at about 20").await?;
    // Nobody waits for the page.
    person.idle().await?;
    sound(person).await?;
    ensure!(
        !person.text().await?.contains("throw it away, first"),
        "it was done twice"
    );
    person.press("Lock").await?;
    person.see("Locked").await?;
    unlock(person).await?;
    person.see("Not sent yet: it goes at about 20").await?;
    // Loaded anew, as by a telephone that had thrown the page away.
    person.go(link).await?;
    unlock(person).await?;
    person.see("Not sent yet: it goes at about 20").await?;
    person.press("Throw it away").await?;
    person.see("Thrown away: nothing was sent.").await?;
    person.see("Whom you are hidden among").await?;
    ensure!(
        !person.text().await?.contains("not sent yet"),
        "it is still there"
    );
    sound(person).await
}
