//! The pages that another origin serves: a union's, a witness's.

use demur_e2e::{Browser, Stage, sound};

use crate::PASSPHRASE;

/// A member signs on from another origin's pages, with the words alone: the page says whose it is, and nobody but that origin and the channel is
/// asked for anything; neither sets a cookie or gets one.
pub(crate) async fn signs(
    stage: &Stage,
    browser: &Browser,
    link: &str,
    words: &[String],
) -> anyhow::Result<()> {
    let others = stage.others_pages().await?;
    let profiles = stage.path("others-pages");
    let person = browser
        .person_watched_at(&others.url, &profiles, "member")
        .await?;
    let at = link.find("/m/").unwrap_or_default();
    let path = &link[at..];
    person.go(path).await?;
    person.see("Who stands behind it").await?;
    person
        .see("This page came from another server than the channel's.")
        .await?;
    person.see(&stage.url).await?;
    sound(&person).await?;
    person.press("Restore from 24 words").await?;
    person.see("Restore from the 24 words").await?;
    person.fill("words", &words.join(" ")).await?;
    person.fill("passphrase", PASSPHRASE).await?;
    person.fill("again", PASSPHRASE).await?;
    person.press("Restore").await?;
    person.see("Your membership").await?;
    person.idle().await?;

    stage.wire.clear();
    person.go(path).await?;
    person.see("Unlock your key store to sign").await?;
    person.fill("passphrase", PASSPHRASE).await?;
    person.press("Unlock").await?;
    person.see("Whom you are hidden among").await?;
    person.idle().await?;
    person.tick("now").await?;
    person.press("Sign").await?;
    person.see("You signed version 2").await?;
    person.see("Confirmed on this device").await?;
    person.idle().await?;
    let secret = path.split('#').nth(1).unwrap_or_default();
    let sent = stage.wire.exchanges();
    assert!(sent.iter().any(|e| e.line == "POST /api/sign-ons"));
    for exchange in &sent {
        let line = &exchange.line;
        assert_eq!(exchange.header("cookie").count(), 0, "{line}");
        assert_eq!(exchange.header("authorization").count(), 0, "{line}");
        assert_eq!(exchange.header("referer").count(), 0, "{line}");
        assert!(!exchange.holds(secret), "{line}: the link's secret");
        // The channel is asked for its interface and its record; the pages come from elsewhere.
        assert!(
            line.contains(" /api/") || line.contains(" /record/"),
            "{line}"
        );
    }
    let cookies = person.driver.get_all_cookies().await?;
    assert!(cookies.is_empty(), "{cookies:?}");

    let (own, channel) = (format!("{}/", others.url), format!("{}/", stage.url));
    let asked = person.leave_and_tell().await?;
    let goes_to = |line: &str, to: &str| {
        line.split_once(' ')
            .is_some_and(|(_, url)| url.starts_with(to))
    };
    assert!(asked.iter().any(|line| goes_to(line, &channel)));
    let elsewhere: Vec<&String> = { asked.iter() }
        .filter(|line| !goes_to(line, &own) && !goes_to(line, &channel))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    // What goes to the other origin are its pages: it is told nothing.
    let told: Vec<&String> = { asked.iter() }
        .filter(|line| goes_to(line, &own) && !line.starts_with("GET "))
        .collect();
    assert!(told.is_empty(), "{told:?}");
    Ok(())
}
