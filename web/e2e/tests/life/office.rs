//! After the filing: a steward, a principal, and the authors again.

use demur_e2e::{Browser, Person, Stage, pdf_text, sound};
use thirtyfour::common::print::{PrintPage, PrintParameters};

use crate::{PASSPHRASE, everyone_sees, public::unfold, unlock};

const PASSWORD: &str = "a password of the account";

/// Takes up an invitation; returns the key line.
async fn join(
    person: &Person,
    account: &str,
    invitation: &str,
    new: bool,
) -> anyhow::Result<String> {
    person.go("/desk/join").await?;
    if !new {
        unlock(person).await?;
    }
    person.see("Take up an invitation").await?;
    sound(person).await?;
    person.fill("account", account).await?;
    person.fill("invitation", invitation).await?;
    person.fill("password", PASSWORD).await?;
    person.fill("password-again", PASSWORD).await?;
    if new {
        person.fill("passphrase", PASSPHRASE).await?;
        person.fill("again", PASSPHRASE).await?;
    }
    person.press("Join").await?;
    person.see("by another way than this server").await?;
    sound(person).await?;
    let line = person.find("key-line").await?.prop("value").await?;
    Ok(line.unwrap_or_default())
}

pub(crate) async fn answers(stage: &Stage, browser: &Browser, memo: &str) -> anyhow::Result<()> {
    let vera = stage.invite("vera.steward", "steward").await?;
    let invited = stage.invite("the.minister", "minister").await?;

    // The minister joins; the key line goes by another way.
    let minister = browser.person(stage, "minister").await?;
    let told = join(&minister, "the.minister", &invited, true).await?;
    minister.leave().await?;

    // The first steward brings the office's key, joins, and admits both.
    let steward = browser.person(stage, "steward").await?;
    steward.go("/desk/import").await?;
    steward.see("Bring a key file").await?;
    sound(&steward).await?;
    steward
        .choose("file", &stage.path("office/keys.age"))
        .await?;
    steward.fill("file-passphrase", PASSPHRASE).await?;
    steward.press("Bring it here").await?;
    steward.see("Keys of: office").await?;
    let own = join(&steward, "vera.steward", &vera, false).await?;
    steward.press("Admit accounts").await?;
    steward.see("Admit vera.steward").await?;
    sound(&steward).await?;
    for (account, line) in [("vera.steward", &own), ("the.minister", &told)] {
        let field = steward
            .driver
            .execute(
                "const f = [...document.querySelectorAll('form[data-act=admit]')].find(f => f.elements.account.value === arguments[0]); return f && f.elements.key.id",
                vec![account.into()],
            )
            .await?;
        let field = field.json().as_str().unwrap_or_default().to_owned();
        steward.fill(&field, line).await?;
        steward.press(&format!("Admit {account}")).await?;
        steward.idle().await?;
        // The record shows it with the next batch.
        steward.until("/desk/office/accounts", account).await?;
    }
    steward
        .until_gone("/desk/office/accounts", "Admit the.minister")
        .await?;

    // The case: opened with a word of warning, acknowledged, distributed.
    steward.press("Inbox").await?;
    steward.see("acknowledgement").await?;
    sound(&steward).await?;
    steward.press("What is due").await?;
    steward.see("2026").await?;
    sound(&steward).await?;
    let case = format!("/desk/office/{memo}");
    steward.visit(&case).await?;
    steward
        .see("Open it: the authors will see that you did")
        .await?;
    sound(&steward).await?;
    steward
        .press("Open it: the authors will see that you did")
        .await?;
    steward.see("Names given to the office").await?;
    steward.see("Dora Dyke").await?;
    sound(&steward).await?;
    let page = steward.text().await?;
    assert!(
        !page.contains("Carl Calder"),
        "no other name is known: {page}"
    );
    steward.press("Acknowledge receipt").await?;
    steward.until(&case, "Distribute").await?;
    steward
        .fill("text", "Which stations <i>exactly</i>?")
        .await?;
    steward.press("Send").await?;
    steward.see("Which stations <i>exactly</i>?").await?;
    steward.press("Distribute").await?;
    steward.until(&case, "Write the response").await?;

    // A locked screen shows nothing.
    steward.press("Lock").await?;
    steward.see("Locked").await?;
    let page = steward.text().await?;
    for hidden in ["Dora Dyke", "Seven floods", "acknowledgement"] {
        assert!(!page.contains(hidden), "{hidden}: {page}");
    }
    unlock(&steward).await?;

    // The response, point by point beside the memo; not before it is complete.
    steward.go(&case).await?;
    unlock(&steward).await?;
    steward.sign_in(PASSWORD).await?;
    steward.until(&case, "Write the response").await?;
    steward.press("Write the response").await?;
    steward.see("Not complete yet").await?;
    sound(&steward).await?;
    steward.press("Send the response").await?;
    steward.see("oint 1").await?;
    steward.pick("outcome-1", "accepted").await?;
    steward
        .fill("answer-1", "The seven stations stay open.")
        .await?;
    steward.see("Complete: 1 of 1").await?;
    sound(&steward).await?;
    steward.press("Send the response").await?;
    steward
        .until(&case, "The seven stations stay open.")
        .await?;
    sound(&steward).await?;
    steward.leave().await?;

    // The minister reads it, with the banner.
    let minister = browser.person(stage, "minister").await?;
    minister.go("/desk/principal").await?;
    unlock(&minister).await?;
    minister.sign_in(PASSWORD).await?;
    minister.see("Distributed to me").await?;
    sound(&minister).await?;
    minister.visit(&format!("/desk/principal/{memo}")).await?;
    minister
        .see("Open it: the authors will see that you did")
        .await?;
    minister
        .press("Open it: the authors will see that you did")
        .await?;
    minister.see("Seven floods out of nine").await?;
    minister.see("SENSITIVE BUT UNCLASSIFIED").await?;
    sound(&minister).await?;
    printed(stage, &minister).await?;
    minister.leave().await?;

    // The authors see who opened it, read the response, write back and rejoin.
    let ada = browser.person(stage, "ada-alder").await?;
    let case = format!("/desk/memo/{memo}/case");
    ada.go(&case).await?;
    unlock(&ada).await?;
    ada.see("The seven stations stay open.").await?;
    ada.see("vera.steward").await?;
    ada.see("the.minister").await?;
    ada.see("Which stations <i>exactly</i>?").await?;
    sound(&ada).await?;
    ada.fill("rejoinder", "We thank the Minister, and hold to point 1.")
        .await?;
    ada.tick("sure-rejoin").await?;
    ada.press("Send the rejoinder").await?;
    ada.idle().await?;
    everyone_sees(stage, memo, "The authors replied to the response").await?;

    // A bundle to give away: every version.
    ada.visit(&case).await?;
    ada.tick("what-all").await?;
    ada.press("Keep the bundle on this device").await?;
    let bundle = ada.downloaded("").await?;
    std::fs::copy(bundle, stage.path("memo.demur"))?;
    unfold(&ada).await?;
    sound(&ada).await?;
    for (what, form) in [("memo", "pdf"), ("response", "pdf"), ("memo", "docx")] {
        paper(stage, &ada, what, form).await?;
    }
    ada.leave().await
}

/// Makes a paper on the page that is open, and has the program verify it: what a browser sets is, byte for byte, what the program sets.
async fn paper(stage: &Stage, person: &Person, what: &str, form: &str) -> anyhow::Result<()> {
    unfold(person).await?;
    person.pick("paper-what", what).await?;
    person.pick("paper-form", form).await?;
    person.press("Keep the paper on this device").await?;
    person.idle().await?;
    let made = person.downloaded(&format!("{what}-")).await?;
    let kept = format!("{what}.{form}");
    std::fs::rename(made, stage.path(&kept))?;
    let verdict = { stage }
        .demur("stranger", &["verify", &kept, "--key", "data/policy"])
        .await?;
    assert_eq!(verdict["paper"], true, "{kept}: {verdict}");
    let page = verdict["points_to"].as_str().unwrap_or_default();
    assert!(page.starts_with(&format!("{}/m/", stage.url)), "{page}");
    Ok(())
}

/// On paper each page begins and ends with the banner, and holds nothing of the site around it.
async fn printed(stage: &Stage, minister: &Person) -> anyhow::Result<()> {
    const BANNER: &str = "SENSITIVE BUT UNCLASSIFIED";
    // Pages so low that there are several.
    let page = PrintPage {
        width: 21.0,
        height: 15.0,
    };
    let how = PrintParameters {
        page,
        ..PrintParameters::default()
    };
    let file = stage.path("printed.pdf");
    std::fs::write(&file, minister.driver.print_page(how).await?)?;
    let Some(pages) = pdf_text(&file).await? else {
        return Ok(());
    };
    assert!(pages.len() > 1, "{pages:?}");
    for page in &pages {
        let lines: Vec<&str> = { page.lines().map(str::trim) }
            .filter(|line| !line.is_empty())
            .collect();
        let ends = (lines.first().copied(), lines.last().copied());
        assert_eq!(ends, (Some(BANNER), Some(BANNER)), "{pages:#?}");
        assert!(!page.contains("The dissent channel at"), "{page}");
        assert!(!page.contains("This page came from"), "{page}");
    }
    Ok(())
}

/// Makes somebody a steward, signed in with the desk's page that is open; returns the session's secret.
pub(crate) async fn signed_in(stage: &Stage, person: &Person) -> anyhow::Result<String> {
    let invitation = stage.invite("third.steward", "steward").await?;
    join(person, "third.steward", &invitation, false).await?;
    stage.wire.clear();
    person.visit("/desk/office").await?;
    person.sign_in(PASSWORD).await?;
    person.see("No memo was filed yet").await?;
    let exchanges = stage.wire.exchanges();
    let session = exchanges
        .iter()
        .find_map(|e| e.header("authorization").next())
        .and_then(|value| value.rsplit_once(' '));
    let (_, session) = anyhow::Context::context(session, "no session was used")?;
    Ok(session.to_owned())
}
