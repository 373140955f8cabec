//! Keys for a role, made in a browser for a channel that is to be.

use anyhow::Context as _;
use demur_e2e::{Browser, Stage, sound};

use crate::PASSPHRASE;

const ORIGIN: &str = "lakes.example/dissent";

/// An overseer-to-be makes keys where nothing was kept, gives the line to the operator, and keeps a key file: the program takes both.
pub(crate) async fn made(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    let person = browser.person(stage, "new-overseer").await?;
    person.go("/desk").await?;
    person.press("I am to keep a role").await?;
    person.see("Whose keys").await?;
    sound(&person).await?;
    person.tick("role-overseer").await?;
    person.fill("origin", "https://lakes.example/").await?;
    person.fill("passphrase", PASSPHRASE).await?;
    person.fill("again", PASSPHRASE).await?;
    person.press("Make the keys").await?;
    person.see("a URL without its scheme").await?;
    person.fill("origin", ORIGIN).await?;
    person.press("Make the keys").await?;
    person.see("The keys of the overseer are made.").await?;
    person.see("They are of another channel").await?;
    person.idle().await?;
    sound(&person).await?;
    person.press("Keep it as a file").await?;
    let line = std::fs::read_to_string(person.downloaded("demur-key-overseer").await?)?;
    let line = line.trim();
    person.press("Write a key file").await?;
    person.see("Another device").await?;
    person.fill("passphrase", PASSPHRASE).await?;
    person.fill("again", PASSPHRASE).await?;
    person.press("Write the key file").await?;
    let file = person.downloaded("demur-keys").await?;
    person.leave().await?;

    std::fs::create_dir_all(stage.path("new-overseer"))?;
    std::fs::copy(file, stage.path("new-overseer/keys.age"))?;
    let shown = stage.demur("new-overseer", &["key", "show"]).await?;
    assert_eq!(shown[0].as_str(), Some(line));
    let mut init = vec![
        "channel",
        "init",
        "--data",
        "lakes",
        "--origin",
        ORIGIN,
        "--profile",
        "demo",
        "--overseer",
        line,
    ];
    let mut others = Vec::new();
    for role in ["office", "recovery", "registrar"] {
        let shown = stage.demur(role, &["key", "show"]).await?;
        let line = shown[0].as_str().context("a line")?.to_owned();
        others.extend([format!("--{role}"), line]);
    }
    init.extend(others.iter().map(String::as_str));
    stage.demur("operator", &init).await?;
    Ok(())
}
