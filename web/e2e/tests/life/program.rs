//! The pages that the program serves on the reader's own machine.

use demur_e2e::{Browser, Stage, sound};

/// A reader opens a memo from the program: the channel hears what the program says, and nothing that a browser adds.
pub(crate) async fn reads(stage: &Stage, browser: &Browser, link: &str) -> anyhow::Result<()> {
    let own = stage.own_pages("reader").await?;
    let profiles = stage.path("own-pages");
    let person = browser.person_at(&own.url, &profiles, "reader").await?;
    stage.wire.clear();
    let at = link.find("/m/").unwrap_or_default();
    person.go(&link[at..]).await?;
    person.see("Who stands behind it").await?;
    person
        .see("This page came from the program on this machine")
        .await?;
    sound(&person).await?;
    let sent = stage.wire.exchanges();
    assert!(sent.iter().any(|asked| asked.line.contains(" /api/")));
    for asked in &sent {
        let names = asked
            .headers
            .iter()
            .filter_map(|line| line.split(':').next());
        for name in names {
            let name = name.trim().to_ascii_lowercase();
            assert!(
                [
                    "host",
                    "user-agent",
                    "accept",
                    "accept-encoding",
                    "demur-access",
                    "content-type",
                    "content-length"
                ]
                .contains(&&*name),
                "{}: {name}",
                asked.line
            );
        }
        assert_eq!(asked.header("user-agent").collect::<Vec<_>>(), ["demur"]);
    }
    person.leave().await
}
