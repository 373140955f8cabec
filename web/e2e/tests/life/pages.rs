//! Every address of the pages, as a stranger without a script or a key finds it.

use demur_e2e::{Person, Stage, sound};

/// What stands at an address of the router's table: where its pages are in this test's record; nothing for a file that a page
/// offers or loads.
fn addresses(path: &str, memo: &str) -> Option<Vec<String>> {
    let one = |address: &str| Some(vec![address.to_owned()]);
    match path {
        "/m/{memo}" => Some(vec![format!("/m/{memo}"), format!("/m/{}", "0".repeat(64))]),
        "/m/{memo}/released" => Some(vec![format!("/m/{memo}/released")]),
        // The channel's beginning, and one with a receipt.
        "/entries/{n}" => Some(vec!["/entries/0".to_owned(), "/entries/3".to_owned()]),
        "/roster/{n}" => one("/roster/1"),
        "/desk/{*rest}" => Some(vec!["/desk/link".to_owned(), "/desk/anything".to_owned()]),
        "/entries/{n}/json" | "/entries/{n}/receipt" | "/static/icon.svg" | "/static/{path}" => {
            None
        }
        plain => {
            assert!(
                !plain.contains('{'),
                "say where {plain} leads in this record"
            );
            one(plain)
        }
    }
}

/// Every page of the router's table is there, and sound; so is the one of an address that leads nowhere.
pub(crate) async fn all_sound(stage: &Stage, stranger: &Person, memo: &str) -> anyhow::Result<()> {
    for address in demur_pages::paths().filter_map(|path| addresses(path, memo)) {
        for address in address {
            let page = stage.get(&address).await?;
            let nobodys = address.contains(&"0".repeat(64));
            assert!(
                page.starts_with("HTTP/1.1 200") || nobodys,
                "{address}: {}",
                page.lines().next().unwrap_or_default()
            );
            stranger.go(&address).await?;
            stranger.see("Dissent Channel").await?;
            settled(stranger).await?;
            sound(stranger).await?;
        }
    }
    let nowhere = stage.get("/nowhere").await?;
    assert!(nowhere.starts_with("HTTP/1.1 404"), "{nowhere}");
    stranger.go("/nowhere").await?;
    stranger.see("There is no such page").await?;
    sound(stranger).await
}

/// Waits until what a page loads has come, where it loads something.
async fn settled(person: &Person) -> anyhow::Result<()> {
    let shell = "const d = document.getElementById('desk'); \
                 return !!d && !!d.dataset.wasm && (d.dataset.page !== 'memo' || !!location.hash)";
    let loads = person.driver.execute(shell, vec![]).await?;
    if loads.json().as_bool() == Some(true) {
        person.idle().await?;
    }
    Ok(())
}
