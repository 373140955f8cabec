//! One person on several devices, a browser that runs no WebAssembly, a desk that nobody uses, and a steward who signs.

use std::collections::{BTreeMap, BTreeSet};

use demur_e2e::{Browser, Person, Stage, sound};
use demur_pages::commands::TASKS;

use crate::{PASSPHRASE, enrol, keys, office, others, program, unlock};

const PEOPLE: [&str; 5] = [
    "ina-ilex",
    "jost-jarl",
    "kora-kees",
    "lars-lind",
    "mira-moll",
];

/// Somebody who brings the key file of a role.
async fn keeper(stage: &Stage, browser: &Browser, role: &str) -> anyhow::Result<Person> {
    let person = browser.person(stage, role).await?;
    person.go("/desk/import").await?;
    person.see("Bring a key file").await?;
    let file = stage.path(role).join("keys.age");
    person.choose("file", &file).await?;
    person.fill("file-passphrase", PASSPHRASE).await?;
    person.press("Bring it here").await?;
    person.see("Keys of:").await?;
    person.idle().await?;
    Ok(person)
}

/// The registrar takes in the list; returns the codes by the people's order.
async fn import(stage: &Stage, registrar: &Person) -> anyhow::Result<Vec<String>> {
    let line = |name: &&str| format!("{name},Clerk,{name}@rivers.example,\n");
    let list = PEOPLE.iter().map(line).collect::<String>();
    std::fs::write(stage.path("list.csv"), format!("name,title,email\n{list}"))?;
    registrar.visit("/desk/registrar").await?;
    registrar.choose("people", &stage.path("list.csv")).await?;
    registrar.press("Take in the list").await?;
    registrar.idle().await?;
    registrar.see("nothing was imported").await?;
    sound(registrar).await?;
    std::fs::write(
        stage.path("list.csv"),
        format!("name,title,email,cohorts\n{list}"),
    )?;
    registrar.choose("people", &stage.path("list.csv")).await?;
    registrar.press("Take in the list").await?;
    registrar.see("5 new, 0 changed").await?;
    sound(registrar).await?;
    registrar.press("Write the letters with the codes").await?;
    let letters = std::fs::read_to_string(registrar.downloaded("letters").await?)?;
    let codes: Vec<String> = letters
        .lines()
        .filter_map(|line| line.split("--code ").nth(1))
        .map(str::to_owned)
        .collect();
    registrar.fill("email", "jost-jarl@rivers.example").await?;
    registrar.press("Look up").await?;
    registrar.see("out, not used yet").await?;
    Ok(codes)
}

/// The registrar publishes, the overseer vouches for it.
async fn publish(registrar: &Person, overseer: &Person) -> anyhow::Result<()> {
    registrar.press("Publish edition 1").await?;
    registrar.see("Edition 1 is published").await?;
    sound(registrar).await?;
    overseer
        .until("/desk/overseer", "Nobody has vouched for it yet")
        .await?;
    sound(overseer).await?;
    overseer.press("Check and attest edition 1").await?;
    overseer.see("5 for new commitments").await?;
    sound(overseer).await?;
    overseer.until("/desk/overseer", "It is attested").await?;
    overseer.press("Write the letters of edition 1").await?;
    let letters = std::fs::read_to_string(overseer.downloaded("letters-1").await?)?;
    assert!(letters.contains("mira-moll@rivers.example"), "{letters}");
    Ok(())
}

/// Writes a memo with one point and one paragraph; returns its link.
async fn write(author: &Person) -> anyhow::Result<String> {
    author.go("/desk/write").await?;
    unlock(author).await?;
    author.see("Points of dissent").await?;
    for (field, text) in [
        ("title", "On the ferries"),
        ("to", "The Minister"),
        ("pp1", "Two ferries are to be sold."),
        ("pa1", "The islands have no other way."),
        ("pr1", "Keep both."),
        ("body", "(U) Nobody asked the islands."),
    ] {
        author.fill(field, text).await?;
    }
    author.idle().await?;
    author.press("Register as version 1").await?;
    author.see("Version 1 is registered").await?;
    author.press("Share the link").await?;
    author.see("Whoever holds this link").await?;
    let link = author.find("the-link").await?.prop("value").await?;
    Ok(link.unwrap_or_default())
}

/// The memo that a link is to.
fn memo_of(link: &str) -> &str {
    let rest = link.split_once("/m/").map_or("", |(_, rest)| rest);
    rest.split('#').next().unwrap_or_default()
}

/// Opens the link and unlocks what is kept here.
async fn open(person: &Person, link: &str) -> anyhow::Result<()> {
    person.go(link).await?;
    person.see("Unlock your key store to sign").await?;
    unlock(person).await?;
    person.see("Whom you are hidden among").await?;
    person.idle().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_member_on_several_devices() -> anyhow::Result<()> {
    let Some(stage) = Stage::open().await? else {
        return Ok(());
    };
    let browser = Browser::start().await?;
    let registrar = keeper(&stage, &browser, "registrar").await?;
    let overseer = keeper(&stage, &browser, "overseer").await?;
    let codes = import(&stage, &registrar).await?;
    let mut words = Vec::new();
    for (name, code) in PEOPLE.iter().zip(&codes) {
        let person = browser.person(&stage, name).await?;
        words.push(enrol(&person, code).await?);
        person.leave().await?;
    }
    publish(&registrar, &overseer).await?;
    registrar.leave().await?;
    overseer.leave().await?;
    no_web_assembly(&stage, &browser).await?;
    keys::made(&stage, &browser).await?;

    let ina = browser.person(&stage, "ina-ilex").await?;
    let link = write(&ina).await?;
    // Everybody is answered alike: the same requests, and answers of the same sizes.
    let mut answers = Vec::new();
    for name in ["kora-kees", "lars-lind", "jost-jarl"] {
        let person = browser.person(&stage, name).await?;
        stage.wire.clear();
        open(&person, &link).await?;
        answers.push(answered(&stage));
        person.leave().await?;
    }
    assert!(
        answers[0].keys().any(|line| line.contains("/api/")),
        "{answers:?}"
    );
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let jost = browser.person(&stage, "jost-jarl").await?;
    open(&jost, &link).await?;
    jost.tick("now").await?;
    jost.press("Sign").await?;
    jost.see("You signed version 1").await?;
    jost.see("Confirmed on this device").await?;

    // The author amends, and is away: the desk locks itself.
    ina.press("Back to the memo").await?;
    ina.press("Amend").await?;
    ina.see("Register as the next version").await?;
    ina.fill("body", "(U) Nobody asked the islands, or the crews.")
        .await?;
    ina.idle().await?;
    ina.press("Register as the next version").await?;
    ina.see("Version 2 is registered").await?;
    ina.press("Follow the memo").await?;
    ina.see("Who stands behind it").await?;
    ina.press("What changed").await?;
    ina.see("or the crews").await?;
    ina.idle().await?;
    ina.driver
        .execute(
            "const now = Date.now.bind(Date); Date.now = () => now() + 11 * 60000",
            vec![],
        )
        .await?;
    ina.see("Unlock").await?;
    let locked = ina.text().await?;
    assert!(!locked.contains("crews"), "{locked}");
    sound(&ina).await?;
    unlock(&ina).await?;
    ina.see("or the crews").await?;
    ina.leave().await?;

    // Jost stands behind the new version as well, shows an inspector that he did, and moves to another device.
    open(&jost, &link).await?;
    jost.see("To stand behind this one as well, sign again")
        .await?;
    jost.tick("now").await?;
    jost.press("Re-affirm").await?;
    jost.see("You signed version 2").await?;
    jost.see("Confirmed on this device").await?;
    jost.press("Back to the memo").await?;
    jost.see("Act 2: you signed version 2").await?;
    jost.press("Show an inspector that you signed").await?;
    unlock(&jost).await?;
    jost.see("Show that you signed").await?;
    sound(&jost).await?;
    jost.fill("audience", "Inspector General").await?;
    // The certificate is fetched where nothing else tells who asks: not here.
    jost.press("Write the claim").await?;
    jost.see("certificate").await?;
    jost.visit("/desk").await?;
    jost.see("certified in roster edition 1").await?;
    let claim = format!("/desk/memo/{}/claim", memo_of(&link));
    jost.visit(&claim).await?;
    jost.fill("audience", "Inspector General").await?;
    jost.press("Write the claim").await?;
    let claim = jost.downloaded("claim-").await?;
    let claim = std::fs::read_to_string(claim)?;
    assert!(claim.contains("Inspector General"), "{claim}");
    jost.visit("/desk/move").await?;
    jost.see("Another device").await?;
    sound(&jost).await?;
    jost.fill("passphrase", PASSPHRASE).await?;
    jost.fill("again", PASSPHRASE).await?;
    jost.press("Write the key file").await?;
    let keys = jost.downloaded("demur-keys").await?;
    let phone = browser.person(&stage, "jost-on-the-phone").await?;
    phone.go("/desk/import").await?;
    phone.see("Bring a key file").await?;
    phone.choose("file", &keys).await?;
    phone.fill("file-passphrase", PASSPHRASE).await?;
    phone.press("Bring it here").await?;
    phone.see("Your desk").await?;
    phone.idle().await?;
    open_signed(&phone, &link).await?;
    phone.see("Act 2: you signed version 2").await?;
    phone.leave().await?;
    jost.leave().await?;

    // Kora has lost everything but her sheet of paper; and she is a steward as well, signed in beside.
    let kora = browser.person(&stage, "kora-restored").await?;
    kora.go("/desk/restore").await?;
    kora.see("Restore from the 24 words").await?;
    sound(&kora).await?;
    kora.fill("words", "not the words at all").await?;
    kora.fill("passphrase", PASSPHRASE).await?;
    kora.fill("again", PASSPHRASE).await?;
    kora.press("Restore").await?;
    kora.see("The words:").await?;
    kora.fill("words", &words[2].join(" ")).await?;
    kora.press("Restore").await?;
    kora.see("Your membership").await?;
    kora.idle().await?;
    let session = office::signed_in(&stage, &kora).await?;
    let desk = kora.driver.window().await?;
    let beside = kora.driver.new_tab().await?;
    kora.driver.switch_to_window(beside).await?;
    open(&kora, &link).await?;
    stage.wire.clear();
    kora.tick("now").await?;
    kora.press("Endorse").await?;
    kora.see("You endorsed version 2").await?;
    kora.see("Confirmed on this device").await?;
    let sent = stage.wire.exchanges();
    assert!(sent.iter().any(|e| e.line == "POST /api/sign-ons"));
    for exchange in &sent {
        let line = &exchange.line;
        assert_eq!(exchange.header("cookie").count(), 0, "{line}");
        assert!(!exchange.holds(&session), "{line}: the steward's session");
        // Whole names: any four letters come up by chance in 27 KB of proof and note.
        for name in ["kora-kees", "kora-restored", "third.steward"] {
            assert!(!exchange.holds(name), "{line}: {name}");
        }
    }
    // The steward's page is still signed in.
    kora.driver.switch_to_window(desk).await?;
    kora.visit("/desk/office").await?;
    kora.see("No memo was filed yet").await?;
    kora.leave().await?;
    others::signs(&stage, &browser, &link, &words[3]).await?;
    program::reads(&stage, &browser, &link).await
}

/// How long the answers were to what a browser asked for, by request; without the record's files, which grow meanwhile.
fn answered(stage: &Stage) -> BTreeMap<String, Vec<usize>> {
    let mut all: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for exchange in stage.wire.exchanges() {
        let Some(answer) = exchange.answer else {
            continue;
        };
        if !exchange.line.contains(" /record/") {
            all.entry(exchange.line).or_default().push(answer.size);
        }
    }
    all
}

/// As [`open`], where all that can be signed is signed.
async fn open_signed(person: &Person, link: &str) -> anyhow::Result<()> {
    person.go(link).await?;
    person.see("Unlock your key store to sign").await?;
    unlock(person).await?;
    person.see("Your acts on this memo").await?;
    person.idle().await
}

/// What a page says where nothing can run: so, and first the command that does what this page does.
async fn no_web_assembly(stage: &Stage, browser: &Browser) -> anyhow::Result<()> {
    let person = browser.person_without_wasm(stage, "safer").await?;
    let pages: BTreeSet<&str> = { TASKS.iter() }
        .flat_map(|task| task.pages.iter().copied())
        .collect();
    for page in pages {
        let address = page.replace('*', "0");
        person.go(&address).await?;
        person.see("This browser runs no WebAssembly").await?;
        let first = "return document.querySelector('#desk dd code').textContent";
        let first = person.driver.execute(first, vec![]).await?;
        let own = TASKS.iter().find(|task| task.pages.contains(&page));
        let wanted = own.map(|task| task.commands[0]);
        assert_eq!(first.json().as_str(), wanted, "{address}");
    }
    for (page, said) in [
        ("/desk/import", "keys.age"),
        ("/desk/memo/0/edit", "demur memo amend"),
        ("/desk/office/0", "demur office acknowledge MEMO"),
        ("/desk/office/accounts", "demur office admit"),
        ("/desk/registrar", "demur roster publish"),
    ] {
        person.go(page).await?;
        person.see(said).await?;
    }
    let nobodys = format!("/m/{}#demo", "0".repeat(64));
    // All pages of the desk name the same commands, each in an order of its own.
    for (page, command) in [
        ("/desk", "demur memo fingerprint"),
        ("/verify", "demur verify"),
        ("/audit", "demur audit"),
        (nobodys.as_str(), "demur memo read"),
    ] {
        person.go(page).await?;
        person.see("This browser runs no WebAssembly").await?;
        person.see(command).await?;
        known(stage, &person).await?;
        sound(&person).await?;
    }
    person.leave().await
}

/// That the program has each command that the page names.
async fn known(stage: &Stage, person: &Person) -> anyhow::Result<()> {
    let named = "return [...document.querySelectorAll('#desk code')].map(c => c.textContent.trim().split('\\n')).flat()";
    let named = person.driver.execute(named, vec![]).await?;
    let named: Vec<String> = serde_json::from_value(named.json().clone())?;
    let commands = named.iter().filter_map(|line| line.strip_prefix("demur "));
    for command in commands {
        // As far as its arguments.
        let words: Vec<&str> = command
            .split_whitespace()
            .take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()))
            .collect();
        assert!(stage.knows(&words).await?, "demur {command}");
    }
    Ok(())
}
