//! Strangers: pages without a script, a verdict, an audit, each on their own device.

use std::path::Path;

use demur_e2e::{Browser, Person, Stage, sound};

use crate::{LONG, PASSPHRASE, everyone_sees, pages, unlock};

const COPY: &str = "On closing the gauging stations <script>alert(1)</script>\n\nWe measured, and it is wrong.\n\n\
                    Seven floods out of nine were seen by these stations.\n\nNothing else saw them.\n";

const QUOTES: &str = "The staff write that \"seven floods out of nine were seen by these stations\", and that \"the minister was \
                      asked about it many times\".";

/// Publishes the fingerprint of the latest version, with the program: its author's keys are brought there.
pub(crate) async fn fingerprint(
    stage: &Stage,
    browser: &Browser,
    link: &str,
) -> anyhow::Result<()> {
    let ada = browser.person(stage, "ada-alder").await?;
    ada.go("/desk/move").await?;
    unlock(&ada).await?;
    ada.see("Another device").await?;
    ada.fill("passphrase", PASSPHRASE).await?;
    ada.fill("again", PASSPHRASE).await?;
    ada.press("Write the key file").await?;
    let keys = ada.downloaded("demur-keys").await?;
    ada.leave().await?;
    let trust = ["trust", "--server", &stage.url, "--policy", "data/policy"];
    stage.demur("ada", &trust).await?;
    std::fs::copy(keys, stage.path("ada").join("keys.age"))?;
    stage
        .demur("ada", &["memo", "fingerprint", link, "--sure"])
        .await?;
    Ok(())
}

pub(crate) async fn verifies(stage: &Stage, browser: &Browser, memo: &str) -> anyhow::Result<()> {
    let stranger = browser.person_watched(stage, "stranger").await?;
    pages::all_sound(stage, &stranger, memo).await?;
    std::fs::write(stage.path("copy.txt"), COPY)?;
    std::fs::write(stage.path("altered.txt"), COPY.replace("Seven", "Six"))?;
    print(stage, &stranger, "copy", COPY).await?;
    let altered = COPY.replace("Seven", "Six");
    print(stage, &stranger, "altered", &altered).await?;
    stranger.go("/verify").await?;
    stranger.see("nothing that you choose").await?;
    stranger.idle().await?;
    sound(&stranger).await?;
    drops(&stranger).await?;
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
    // A PDF is read here, too.
    let page = judged(&stranger, &stage.path("copy.pdf")).await?;
    assert!(page.contains("Read as a PDF"), "{page}");
    // The last paragraph is left out.
    assert!(page.contains("TRUNCATED: every word"), "{page}");
    sound(&stranger).await?;
    let page = judged(&stranger, &stage.path("altered.pdf")).await?;
    assert!(page.contains("ALTERED: the copy is nearest"), "{page}");
    sound(&stranger).await?;
    papers(stage, &stranger).await?;
    stranger.choose("bundle", &stage.path("memo.demur")).await?;
    stranger.fill("quotes", QUOTES).await?;
    stranger.press("Verify").await?;
    stranger.see("Quoted passages").await?;
    stranger.see("verbatim").await?;
    stranger.see("not found").await?;
    sound(&stranger).await?;
    let sent = stage.wire.exchanges();
    assert!(sent.is_empty(), "nothing is sent for a verdict: {sent:?}");

    // Without a bundle, and a bundle beside the record: that is fetched whole, and nothing else.
    everyone_sees(stage, &format!("{memo}/released"), "Head and body").await?;
    stage.wire.clear();
    let body = COPY.split_once("\n\n").map_or(COPY, |(_, body)| body);
    std::fs::write(stage.path("whole.txt"), format!("{body}\n{LONG}\n"))?;
    let page = asked(
        &stranger,
        &stage.path("whole.txt"),
        "Look for its fingerprint",
    )
    .await?;
    assert!(page.contains("SAME WORDS: "), "{page}");
    assert!(page.contains("4 of 7"), "{page}");
    sound(&stranger).await?;
    let page = asked(
        &stranger,
        &stage.path("copy.txt"),
        "Look for its fingerprint",
    )
    .await?;
    assert!(page.contains("NOT FOUND"), "{page}");
    stranger.tick("record").await?;
    let page = judged(&stranger, &stage.path("copy.pdf")).await?;
    assert!(
        page.contains("The bundle stands in the public record"),
        "{page}"
    );
    sound(&stranger).await?;
    let sent = stage.wire.exchanges();
    let others = { sent.iter() }.filter(|e| !e.line.starts_with("GET /record/"));
    assert_eq!(
        others.map(|e| &e.line).collect::<Vec<_>>(),
        [] as [&String; 0]
    );

    stranger.go("/audit").await?;
    stranger.see("Audit the record here").await?;
    sound(&stranger).await?;
    stranger.press("Audit the record here").await?;
    stranger.see("Everything verified").await?;
    sound(&stranger).await?;
    // The channel's server was asked for what it publishes, and nobody for anything else.
    let asked = stranger.leave_and_tell().await?;
    let own = format!("GET {}/", stage.url);
    assert!(asked.iter().any(|line| line.ends_with("/verify")));
    let others: Vec<&String> = asked
        .iter()
        .filter(|line| !line.starts_with(&own))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    Ok(())
}

/// A file that is dropped on a field, and one beside all fields, is chosen; the page stays.
async fn drops(person: &Person) -> anyhow::Result<()> {
    let drop = "const [on, name] = arguments, target = on ? document.querySelector(on) : document.querySelector('h1'); \
        const carried = new DataTransfer(); carried.items.add(new File(['x'], name)); \
        const event = kind => new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }); \
        const over = event('dragover'); target.dispatchEvent(over); \
        const lit = document.querySelectorAll('.drop.over').length; \
        const dropped = event('drop'); target.dispatchEvent(dropped); \
        const chosen = id => [...document.getElementById(id).files].map(f => f.name); \
        return [over.defaultPrevented && dropped.defaultPrevented, lit, document.querySelectorAll('.drop.over').length, \
                chosen('bundle').concat(chosen('copy'))]";
    for (on, name, lit, chosen) in [
        // Either field takes one: the second is a copy beside the first.
        ("", "c.pdf", 0, vec!["c.pdf"]),
        ("", "d.pdf", 0, vec!["c.pdf", "d.pdf"]),
        ("[data-drop=bundle]", "a.demur", 1, vec!["a.demur", "d.pdf"]),
        // A person who puts a file where it does not belong is told so by the verdict.
        ("[data-drop=copy]", "a.txt", 1, vec!["a.demur", "a.txt"]),
        ("", "b.TXT", 0, vec!["a.demur", "b.TXT"]),
        ("", "b.demur", 0, vec!["b.demur", "b.TXT"]),
        ("", "b.exe", 0, vec!["b.demur", "b.TXT"]),
    ] {
        let done = person
            .driver
            .execute(drop, vec![on.into(), name.into()])
            .await?;
        let expected = serde_json::json!([true, lit, 0, chosen]);
        assert_eq!(*done.json(), expected, "{name} on {on:?}");
    }
    // Chosen anew below.
    person
        .driver
        .execute("document.querySelector('form').reset()", vec![])
        .await?;
    Ok(())
}

/// Prints a text as a PDF, from a page as word processors and mail programs show it.
async fn print(stage: &Stage, person: &Person, name: &str, text: &str) -> anyhow::Result<()> {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    // The title as a heading.
    let paragraphs: Vec<String> = { text.trim().split("\n\n").zip(0..) }
        .map(|(paragraph, n)| {
            // On one line: the title's signs stand together.
            if n == 0 {
                format!("<h1 style=\"font-size: 22px\">{paragraph}</h1>\n")
            } else {
                format!("<p>{paragraph}</p>\n")
            }
        })
        .collect();
    let page = stage.path(&format!("{name}.html"));
    let html = format!(
        "<!doctype html><meta charset=\"utf-8\"><title>A copy</title>{}",
        paragraphs.concat()
    );
    std::fs::write(&page, html)?;
    let address = format!("file://{}", page.display());
    person.driver.goto(address).await?;
    person.print(&stage.path(&format!("{name}.pdf"))).await
}

/// Papers alone, a paper as a copy, and one made of the bundle.
async fn papers(stage: &Stage, stranger: &Person) -> anyhow::Result<()> {
    let verdict = async |file: &str| {
        unfold(stranger).await?;
        let clear =
            "for (const name of ['bundle', 'copy']) document.getElementById(name).value = ''";
        stranger.driver.execute(clear, vec![]).await?;
        stranger.choose("bundle", &stage.path(file)).await?;
        stranger.press("Verify").await?;
        stranger.see("Keep the report").await?;
        stranger.idle().await?;
        stranger.text().await
    };
    for file in ["memo.pdf", "response.pdf", "memo.docx"] {
        let page = verdict(file).await?;
        assert!(page.contains("byte for byte"), "{file}: {page}");
        sound(stranger).await?;
    }
    // A bundle that does not hold, after one that does: nothing good is left to see.
    let mut damaged = std::fs::read(stage.path("memo.demur"))?;
    let at = damaged.len() / 2;
    damaged[at] ^= 1;
    std::fs::write(stage.path("damaged.demur"), damaged)?;
    stranger.choose("bundle", &stage.path("memo.demur")).await?;
    stranger.press("Verify").await?;
    stranger
        .see("VERIFIED: the record proves this memo")
        .await?;
    stranger
        .choose("bundle", &stage.path("damaged.demur"))
        .await?;
    let page = stranger.text().await?;
    assert!(!page.contains("VERIFIED"), "{page}");
    stranger.press("Verify").await?;
    stranger
        .see("NOT VERIFIED: the bundle proves nothing")
        .await?;
    let page = stranger.text().await?;
    assert!(!page.contains("the record proves this memo"), "{page}");
    sound(stranger).await?;
    // One byte of it that shows nothing.
    let mut changed = std::fs::read(stage.path("memo.pdf"))?;
    let at = changed.windows(7).position(|w| w == b"(Demur)");
    changed[at.unwrap_or_default() + 1] = b'L';
    std::fs::write(stage.path("changed.pdf"), changed)?;
    let page = verdict("changed.pdf").await?;
    assert!(page.contains("THE PAPER IS NOT"), "{page}");
    sound(stranger).await?;
    stranger.choose("bundle", &stage.path("memo.demur")).await?;
    for file in ["memo.pdf", "memo.docx"] {
        let page = judged(stranger, &stage.path(file)).await?;
        assert!(page.contains("SAME WORDS as the paper of"), "{page}");
    }
    sound(stranger).await?;
    let clear = "document.getElementById('copy').value = ''";
    stranger.driver.execute(clear, vec![]).await?;
    // Of the bundle in it.
    stranger
        .choose("paper-bundle", &stage.path("memo.pdf"))
        .await?;
    stranger.press("Keep the paper on this device").await?;
    stranger.idle().await?;
    let made = std::fs::read(stranger.downloaded("memo-").await?)?;
    assert!(
        made == std::fs::read(stage.path("memo.pdf"))?,
        "another paper"
    );
    Ok(())
}

/// What the page says of a copy beside the bundle that was chosen.
async fn judged(person: &Person, copy: &Path) -> anyhow::Result<String> {
    asked(person, copy, "Verify").await
}

/// Opens what is folded up.
pub(crate) async fn unfold(person: &Person) -> anyhow::Result<()> {
    let open = "document.querySelectorAll('details').forEach(d => d.open = true)";
    person.driver.execute(open, vec![]).await?;
    Ok(())
}

/// What the page says of a copy after that button.
async fn asked(person: &Person, copy: &Path, button: &str) -> anyhow::Result<String> {
    unfold(person).await?;
    person.choose("copy", copy).await?;
    // The verdict on the file before is gone.
    let page = person.text().await?;
    assert!(!page.contains("Keep the report"), "{page}");
    person.press(button).await?;
    person.see("Keep the report").await?;
    person.idle().await?;
    person.text().await
}
