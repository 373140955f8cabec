//! The archive in a browser.

use demur_e2e::{Person, Stage, sound};

const FERRY: &str = "+++\ntitle = \"(U) On the ferry\"\n+++\n\n(U) It carries four hundred passengers where only two hundred may stand.\n";

/// An author adds what their link opens and a text file, and asks which of the two a copy is from; nothing of that is sent.
pub(crate) async fn asks(stage: &Stage, ada: &Person, memo: &str) -> anyhow::Result<()> {
    ada.visit("/desk/archive").await?;
    ada.see("Nothing is in it yet.").await?;
    sound(ada).await?;
    ada.press("Add every version that they open").await?;
    ada.see("2 versions added; the archive has 2 versions of 1 memo.")
        .await?;
    ada.idle().await?;
    stage.wire.clear();
    let file = stage.path("ferry.v4.md");
    std::fs::write(&file, FERRY)?;
    ada.choose("file", &file).await?;
    ada.press("Add").await?;
    ada.see("the archive has 3 versions of 2 memos.").await?;
    ada.idle().await?;
    sound(ada).await?;

    let copy = stage.path("ferry.html");
    std::fs::write(
        &copy,
        "<!doctype html><title>x</title><p>It carries six hundred passengers where only two hundred may stand.</p>",
    )?;
    ada.choose("copy", &copy).await?;
    ada.press("Look it up").await?;
    ada.see("No memo of the archive has this text word for word.")
        .await?;
    ada.see("1. ferry, version 4: ALTERED").await?;
    ada.see("the memo has four, the copy six").await?;
    ada.idle().await?;
    sound(ada).await?;
    // A copy that was chosen stays chosen: a quotation is asked beside none.
    ada.visit("/desk/archive").await?;
    ada.fill("quote", "Seven floods out of nine were seen")
        .await?;
    ada.press("Look it up").await?;
    ada.see("Found, word for word, in a text that no bundle has proved.")
        .await?;
    ada.see(memo).await?;
    ada.fill("words", "floods stations").await?;
    ada.press("Search").await?;
    ada.see("(version 2, 1), paragraph").await?;
    ada.idle().await?;
    sound(ada).await?;
    let sent = stage.wire.exchanges();
    assert!(sent.is_empty(), "nothing is sent for a question: {sent:?}");
    Ok(())
}
