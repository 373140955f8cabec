//! The whole life of a memo in browsers: each person with a profile of their own.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use demur_e2e::{Browser, Exchange, PATIENCE, Person, Stage, sound};

mod archive;
mod author;
mod devices;
mod keyboard;
mod keys;
mod office;
mod others;
mod pages;
mod program;
mod public;
mod secrets;
mod waits;

const PASSPHRASE: &str = "a passphrase for the test";

/// The members, and the cohort of the first five.
const PEOPLE: [(&str, &str); 7] = [
    ("Ada Alder", "gauging"),
    ("Bela Barge", "gauging"),
    ("Carl Calder", "gauging"),
    ("Dora Dyke", "gauging"),
    ("Emil Eddy", "gauging"),
    ("Fina Fenn", ""),
    ("Gero Gauge", ""),
];

/// Enough words for a fingerprint.
const LONG: &str = "Each winter the ministry counts its stations and finds that the smallest of them cost more than they earn. We have \
    kept the books of the three on the upper reach since they were built, and the books say otherwise. A gauge that is read twice a day by a miller costs \
    nothing but his breakfast, and it is the only one that stood above water in the great flood. When the telegraph failed he rode to the bridge and the lower \
    villages had four hours to drive their cattle to the hill. No instrument that the ministry proposes would have done so, since each of them hangs on the \
    wire that broke first. We ask that somebody come and look before anything is closed.";

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// Enrols with a code: the words are shown, written down, and asked for. Returns them.
async fn enrol(person: &Person, code: &str) -> anyhow::Result<Vec<String>> {
    person.go("/desk").await?;
    person.see("Begin on this device").await?;
    sound(person).await?;
    person.press("I have a code from the registrar").await?;
    person.see("The registrar gave you a code").await?;
    sound(person).await?;
    person.fill("code", code).await?;
    person.fill("passphrase", PASSPHRASE).await?;
    person.fill("again", PASSPHRASE).await?;
    person.press("Make my secret").await?;
    person.see("Your 24 words").await?;
    sound(person).await?;
    let words = person
        .driver
        .execute(
            "return [...document.querySelectorAll('.words li')].map(li => li.textContent.trim())",
            vec![],
        )
        .await?;
    let words: Vec<String> = serde_json::from_value(words.json().clone())?;
    assert_eq!(words.len(), 24);
    person.press("I have written them down").await?;
    person.see("type three of the words").await?;
    // A wrong word enrols nobody.
    let fields = person
        .driver
        .execute(
            "return [...document.querySelectorAll('input[name=word]')].map(i => i.id)",
            vec![],
        )
        .await?;
    let fields: Vec<String> = serde_json::from_value(fields.json().clone())?;
    assert_eq!(fields.len(), 3);
    for field in &fields {
        person.fill(field, "zebra").await?;
    }
    person.press("Enrol").await?;
    person.see("is another one. Look at your sheet").await?;
    sound(person).await?;
    for field in &fields {
        let at: usize = field.trim_start_matches("word-").parse()?;
        person.fill(field, &words[at]).await?;
    }
    person.press("Enrol").await?;
    person.see("Your membership").await?;
    sound(person).await?;
    Ok(words)
}

async fn unlock(person: &Person) -> anyhow::Result<()> {
    person.see("Unlock").await?;
    person.fill("passphrase", PASSPHRASE).await?;
    person.press("Unlock").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memo_from_the_first_word_to_the_rejoinder() -> anyhow::Result<()> {
    let Some(stage) = Stage::open().await? else {
        return Ok(());
    };
    let browser = Browser::start().await?;
    let codes = stage.people(&PEOPLE).await?;
    let mut sheets = HashMap::new();
    let mut everyone = Vec::new();
    for ((name, _), code) in PEOPLE.iter().zip(&codes) {
        let person = browser.person(&stage, &slug(name)).await?;
        let words = enrol(&person, code).await?;
        everyone.push(secrets::of_words(&words)?);
        sheets.insert(slug(name), words);
        person.leave().await?;
    }
    stage.publish().await?;
    let gauging = PEOPLE.iter().zip(&everyone);
    let gauging = gauging.filter(|((_, cohort), _)| !cohort.is_empty());
    let crowds = [
        everyone.iter().collect(),
        gauging.map(|(_, secret)| secret).collect(),
    ];
    let trees = secrets::Trees::of(&stage, &crowds).await?;

    // The co-author makes a key; the author writes.
    let bela = browser.person(&stage, "bela-barge").await?;
    bela.go("/desk/write").await?;
    unlock(&bela).await?;
    bela.see("Make a key for a memo").await?;
    sound(&bela).await?;
    bela.press("Make a key for a memo that a colleague opens")
        .await?;
    bela.see("demur-author:").await?;
    let token = bela
        .driver
        .execute(
            "return document.querySelector('code.key').textContent",
            vec![],
        )
        .await?;
    let token = token.json().as_str().unwrap_or_default().to_owned();
    bela.idle().await?;
    bela.leave().await?;

    let ada = browser.person(&stage, "ada-alder").await?;
    ada.go("/desk/write").await?;
    unlock(&ada).await?;
    ada.see("Points of dissent").await?;
    ada.fill(
        "title",
        "On closing the gauging stations <script>alert(1)</script>",
    )
    .await?;
    ada.fill("to", "The Minister").await?;
    ada.fill("pp1", "Nine stations are to close.").await?;
    ada.fill("pa1", "Floods are not seen without them.").await?;
    ada.fill("pr1", "Keep the seven that pay.").await?;
    ada.fill("with", &token).await?;
    ada.fill("threshold", "1").await?;
    ada.fill(
        "body",
        "(U) At my post in Dacca we measured. <b>It is wrong.</b>\n\n(S) Too much.",
    )
    .await?;
    ada.see("my post … Dacca").await?;
    ada.see("Paragraph 2").await?;
    // The banner and the preview are there before all is ready.
    ada.see("[not shown: its marking is not allowed here]")
        .await?;
    // No roster has told this device her name yet.
    ada.fill("own-name", "Ada Dacca").await?;
    ada.see("a part of your own name, “Dacca”").await?;
    sound(&ada).await?;
    author::keeps_within(&ada).await?;
    author::markings(&ada).await?;
    ada.fill("body", &format!("(U) We measured, and <b>it is wrong</b>.\n\n(SBU) Seven floods out of nine were seen by these stations.\n\n{}", author::hostile())).await?;
    ada.see("Preview").await?;
    ada.see("SENSITIVE BUT UNCLASSIFIED").await?;
    ada.see("Somebody said so.").await?;
    ada.idle().await?;
    author::at_hand(&ada).await?;
    author::stays_text(&ada).await?;
    sound(&ada).await?;
    // What was typed is there again after the page is loaded anew.
    ada.go("/desk/write").await?;
    unlock(&ada).await?;
    ada.see("Points of dissent").await?;
    let body = ada
        .find("body")
        .await?
        .prop("value")
        .await?
        .unwrap_or_default();
    assert!(body.contains("Seven floods"), "{body}");
    secrets::not_on_disk(&stage, "ada-alder", "Seven floods out of")?;
    ada.press("Register as version 1").await?;
    ada.see("Version 1 is registered").await?;
    sound(&ada).await?;
    ada.press("Share the link").await?;
    ada.see("Whoever holds this link").await?;
    sound(&ada).await?;
    let link = ada
        .find("the-link")
        .await?
        .prop("value")
        .await?
        .unwrap_or_default();
    assert!(link.contains("/m/") && link.contains('#'), "{link}");
    assert_eq!(author::scanned(&ada).await?, link);
    ada.idle().await?;

    // A reader without anything: the text, and nothing of its tags.
    let stranger = browser.person(&stage, "stranger").await?;
    stranger.go(&link).await?;
    stranger.see("Seven floods out of nine").await?;
    stranger.see("<script>alert(1)</script>").await?;
    stranger.see("Signing needs your member secret").await?;
    sound(&stranger).await?;
    author::stays_text(&stranger).await?;
    // From the memo's page to the desk, and back by the link alone.
    stranger.press("Enrol with a code").await?;
    stranger.see("The registrar gave you a code").await?;
    stranger
        .go(link.split('#').next().unwrap_or_default())
        .await?;
    stranger.see("Nothing public under this address").await?;
    stranger
        .driver
        .execute(
            "location.hash = arguments[0]",
            vec![link.split('#').nth(1).unwrap_or_default().into()],
        )
        .await?;
    stranger.see("Seven floods out of nine").await?;
    stranger.leave().await?;

    // Ada amends; the others see what changed.
    ada.press("Back to the memo").await?;
    ada.see("Who stands behind it").await?;
    sound(&ada).await?;
    ada.press("Amend").await?;
    ada.see("Register as the next version").await?;
    ada.fill("body", &format!("(U) We measured, and it is wrong.\n\n(SBU) Seven floods out of nine were seen by these stations.\n\n(U) Nothing else saw them.\n\n(U) {LONG}")).await?;
    ada.press("Register as the next version").await?;
    ada.see("Version 2 is registered").await?;
    ada.press("Follow the memo").await?;
    ada.see("Version").await?;
    ada.press("What changed").await?;
    ada.see("Nothing else saw them.").await?;
    sound(&ada).await?;
    let memo = link
        .split("/m/")
        .nth(1)
        .and_then(|rest| rest.split('#').next())
        .unwrap_or_default();
    archive::asks(&stage, &ada, memo).await?;
    for page in [
        "/desk/keys",
        "/desk/link",
        "/desk/trust",
        "/desk/member",
        "/desk/nowhere",
    ] {
        ada.visit(page).await?;
        sound(&ada).await?;
    }
    ada.see("There is no such page").await?;
    ada.leave().await?;
    secrets::not_on_disk(&stage, "ada-alder", "Seven floods out of")?;

    // Five sign: two by cohort, one by name, one withdraws.
    let signers = [
        ("carl-calder", Some("crowd-2"), false),
        ("dora-dyke", None, true),
        ("emil-eddy", Some("crowd-2"), false),
        ("fina-fenn", None, false),
        ("gero-gauge", None, false),
    ];
    let mut first: Option<Vec<String>> = None;
    let mut answers: Option<Vec<(String, usize)>> = None;
    // By whether a cohort is shown.
    let mut sizes: BTreeMap<bool, usize> = BTreeMap::new();
    for (name, crowd, named) in signers {
        let person = browser.person(&stage, name).await?;
        // The certificate, which a name needs.
        person.go("/desk").await?;
        unlock(&person).await?;
        person.see("certified in roster edition 1").await?;
        sound(&person).await?;
        stage.wire.clear();
        if name == "fina-fenn" {
            keyboard::signs(&person, &link).await?;
        } else {
            person.go(&link).await?;
            person.see("Unlock your key store to sign").await?;
            unlock(&person).await?;
            person.see("Whom you are hidden among").await?;
            person.see("everyone on the roster").await?;
            person.see("One of 1, to the office alone").await?;
            sound(&person).await?;
            person.idle().await?;
            if let Some(crowd) = crowd {
                person.tick(crowd).await?;
            }
            if named {
                person.tick("named").await?;
            }
            // Whether it waited tells nothing, but for the time.
            if name == "emil-eddy" {
                person.press("Sign").await?;
                person.see("Not sent yet: it goes at about 20").await?;
                person.press("Send it now").await?;
            } else {
                person.tick("now").await?;
                person.press("Sign").await?;
            }
            person.see("Receipt").await?;
            person.see("You signed version 2").await?;
        }
        sound(&person).await?;
        person.see("Confirmed on this device").await?;
        person.press("Keep the receipt").await?;
        person.downloaded("receipt-").await?;
        person.idle().await?;
        private(&stage, &link, name)?;
        let words = &sheets[name];
        secrets::kept(&stage, &secrets::of_words(words)?, words, &everyone, &trees)?;
        // A sign-on by cohort has one more proof, whoever's it is; by name it is as long as without.
        let sent = sign_on_size(&stage);
        let known = *sizes.entry(crowd.is_some()).or_insert(sent);
        assert_eq!(known, sent, "{name}: the sign-on");
        // What comes back is the same whatever was chosen.
        let came = answer_sizes(&stage);
        assert_eq!(
            *answers.get_or_insert(came.clone()),
            came,
            "{name} is answered as everybody is"
        );
        let sequence = sequence(&stage);
        assert_eq!(
            *first.get_or_insert(sequence.clone()),
            sequence,
            "{name} asks for what everybody asks for"
        );
        if name == "gero-gauge" {
            person.press("Back to the memo").await?;
            person.see("Your acts on this memo").await?;
            person.idle().await?;
            person.tick("now").await?;
            person.press("Withdraw").await?;
            person.see("You withdrew from version 2").await?;
            person.see("Confirmed on this device").await?;
            person.press("Back to the memo").await?;
            person.see("You withdrew from version 2").await?;
            person.idle().await?;
            waits::is_locked_and_thrown_away(&person, &link).await?;
        }
        person.leave().await?;
    }
    let two = "all that can be sent alike was compared";
    assert!(sizes[&true] > sizes[&false], "{two}: {sizes:?}");
    assert!(answers.is_some_and(|all| all.len() > 1), "{two}");

    // Filing: what is disclosed is said before.
    let bela = browser.person(&stage, "bela-barge").await?;
    bela.go(&link).await?;
    bela.see("Unlock your key store").await?;
    unlock(&bela).await?;
    bela.see("You are one of its authors").await?;
    bela.go("/desk").await?;
    unlock(&bela).await?;
    bela.see("you are one of its authors").await?;
    bela.driver
        .execute("document.querySelector('tbody a').click()", vec![])
        .await?;
    bela.see("Take the memo back").await?;
    bela.press("File").await?;
    bela.see("What is disclosed, and to whom").await?;
    bela.see("No word of the text, and no name.").await?;
    sound(&bela).await?;
    bela.press("File version 2").await?;
    bela.see("Tick the box").await?;
    bela.tick("sure").await?;
    bela.press("File version 2").await?;
    bela.see("The office has the memo").await?;
    sound(&bela).await?;
    bela.leave().await?;

    everyone_sees(&stage, memo, "4 of 7").await?;
    office::answers(&stage, &browser, memo).await?;
    public::fingerprint(&stage, &browser, &link).await?;
    public::verifies(&stage, &browser, memo).await
}

/// Everyone sees it, without a script.
async fn everyone_sees(stage: &Stage, memo: &str, text: &str) -> anyhow::Result<()> {
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        let page = stage.get(&format!("/m/{memo}")).await?;
        if page.contains(text) {
            return Ok(());
        }
        assert!(std::time::Instant::now() < until, "{page}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

/// All that a signer's browser asked for up to the sign-on and its receipt, in the order of time, and how often: numbers left out, and the record's files,
/// whose number grows with the record for everybody alike.
fn sequence(stage: &Stage) -> Vec<String> {
    let exchanges = stage.wire.exchanges().into_iter();
    exchanges.filter_map(|exchange| alike(&exchange)).collect()
}

/// How a request reads that everybody makes alike.
fn alike(exchange: &Exchange) -> Option<String> {
    let line: String = { exchange.line.chars() }
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    let grows = [
        "GET /record/checkpoint",
        "GET /record/tile",
        "GET /record/history",
        "GET /favicon",
        "GET /static/",
    ];
    (!grows.iter().any(|begin| line.starts_with(begin))).then_some(line)
}

/// How long the answers of the interface were, in the order of time. The memo's view is left out, which has one sign-on more for each
/// signer (that those who open a link at the same time get views of one length: `devices`), and the page, which has the time.
fn answer_sizes(stage: &Stage) -> Vec<(String, usize)> {
    let mut all = Vec::new();
    for exchange in stage.wire.exchanges() {
        let Some(line) = alike(&exchange) else {
            continue;
        };
        let view = line.starts_with("GET /api/memos/") && !line.ends_with("/sealed");
        if !view && !line.starts_with("GET /m/") {
            all.push((line, exchange.answer.map_or(0, |answer| answer.size)));
        }
    }
    all
}

/// How long the sign-on was without its sealed note. Each note has the same size inside; `age` adds a stanza of random length to whatever it
/// seals.
fn sign_on_size(stage: &Stage) -> usize {
    let exchanges = stage.wire.exchanges();
    let sign_on = exchanges
        .iter()
        .rev()
        .find(|e| e.line == "POST /api/sign-ons");
    let body = sign_on.and_then(|e| serde_json::from_slice(&e.body).ok());
    let mut body: serde_json::Value = body.unwrap_or_default();
    let note = body.as_object_mut().and_then(|body| body.remove("note"));
    assert!(note.is_some(), "a sign-on has a note: {body}");
    // How many digits the record's size has is the same for everybody at one time, and these sign one after the other.
    body["event"]["checkpoint"]["size"] = 0.into();
    body.to_string().len()
}

/// What went over the wire while somebody signed: no cookie, no fragment, no secret, no name.
fn private(stage: &Stage, link: &str, name: &str) -> anyhow::Result<()> {
    let secret = link.split('#').nth(1).unwrap_or_default();
    let exchanges = stage.wire.exchanges();
    assert!(
        exchanges.iter().any(|e| e.line == "POST /api/sign-ons"),
        "{:?}",
        exchanges.iter().map(|e| &e.line).collect::<Vec<_>>()
    );
    let written = [name.replace('-', " "), name.replace('-', ".")];
    for exchange in &exchanges {
        assert_eq!(exchange.header("cookie").count(), 0, "{}", exchange.line);
        assert!(!exchange.line.contains('#'), "{}", exchange.line);
        assert!(
            !exchange.holds(secret),
            "{}: the link's secret",
            exchange.line
        );
        assert!(!exchange.holds(PASSPHRASE), "{}", exchange.line);
        for name in &written {
            assert!(!exchange.holds(name), "{}: {name}", exchange.line);
        }
        if exchange.line == "POST /api/sign-ons" {
            assert_eq!(exchange.header("authorization").count(), 0);
            assert_eq!(exchange.header("referer").count(), 0);
        }
    }
    Ok(())
}
