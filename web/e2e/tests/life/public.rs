//! Strangers: pages without a script, a verdict, an audit, each on their own device.

use demur_e2e::{Browser, Stage, sound};

const COPY: &str = "On closing the gauging stations <script>alert(1)</script>\n\nWe measured, and it is wrong.\n\n\
                    Seven floods out of nine were seen by these stations.\n\nNothing else saw them.\n";

const QUOTES: &str = "The staff write that \"seven floods out of nine were seen by these stations\", and that \"the minister was \
                      asked about it many times\".";

pub(crate) async fn verifies(stage: &Stage, browser: &Browser, memo: &str) -> anyhow::Result<()> {
    let stranger = browser.person(stage, "stranger").await?;
    for path in [
        "/",
        "/memos",
        "/record",
        "/channel",
        "/roster",
        "/keys",
        "/software",
        &format!("/m/{memo}"),
    ] {
        let page = stage.get(path).await?;
        if page.starts_with("HTTP/1.1 404") {
            continue;
        }
        stranger.go(path).await?;
        stranger.see("Dissent Channel").await?;
        sound(&stranger).await?;
    }

    std::fs::write(stage.path("copy.txt"), COPY)?;
    std::fs::write(stage.path("altered.txt"), COPY.replace("Seven", "Six"))?;
    stranger.go("/verify").await?;
    stranger.see("nothing that you choose").await?;
    stranger.idle().await?;
    sound(&stranger).await?;
    stage.wire.clear();
    stranger.choose("bundle", &stage.path("memo.demur")).await?;
    stranger.choose("copy", &stage.path("altered.txt")).await?;
    stranger.press("Verify").await?;
    stranger.see("Verdict").await?;
    stranger.idle().await?;
    let altered = stranger.text().await?.to_lowercase();
    assert!(altered.contains("altered"), "{altered}");
    assert!(altered.contains("4 of 7"), "{altered}");
    // Beside each other, with what differs marked.
    let marked = stranger
        .driver
        .execute(
            "const all = s => [...document.querySelectorAll(s)].map(e => e.textContent); \
             return [all('.strip .mark').length, all('.row del'), all('.row ins')]",
            vec![],
        )
        .await?;
    let (strip, gone, new): (usize, Vec<String>, Vec<String>) =
        serde_json::from_value(marked.json().clone())?;
    assert!(strip >= 4, "{strip}");
    assert_eq!(
        (gone, new),
        (vec!["Seven".to_owned()], vec!["Six".to_owned()])
    );
    stranger.press("Keep the report").await?;
    let report = std::fs::read_to_string(stranger.downloaded("verdict").await?)?;
    assert!(
        report.contains("[-Seven-]") && report.contains("SHA-256"),
        "{report}"
    );
    sound(&stranger).await?;
    stranger.fill("quotes", QUOTES).await?;
    stranger.press("Verify").await?;
    stranger.see("Quoted passages").await?;
    stranger.see("verbatim").await?;
    stranger.see("not found").await?;
    sound(&stranger).await?;
    let sent = stage.wire.exchanges();
    assert!(sent.is_empty(), "nothing is sent for a verdict: {sent:?}");

    stranger.go("/audit").await?;
    stranger.see("Audit the record here").await?;
    sound(&stranger).await?;
    stranger.press("Audit the record here").await?;
    stranger.see("Everything verified").await?;
    sound(&stranger).await?;
    stranger.leave().await
}
