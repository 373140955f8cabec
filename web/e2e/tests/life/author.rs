//! An author's editor and link, looked at closely.

use demur_e2e::{By, Person};

/// A text that would harm a page which did not escape it: a style, a picture, links, a wide table; and a heading, a list and a
/// quotation, whose text stands close.
pub(crate) fn hostile() -> String {
    let cells = format!("| {} ", "wide".repeat(40)).repeat(12);
    format!(
        "(U) <style>body {{ display: none }}</style><img src=x onerror=alert(2)><iframe src=\"https://evil.example/\"></iframe> [a link](javascript:alert(3)) \
         <a href=\"https://evil.example/\">another</a> https://evil.example/\n\n(U) <table><tr><td>one</td></tr></table> {cells}|\n\n\
         ## (U) Aims\n\n- (U) One aim\n- Another\n\n> (U) Somebody said so."
    )
}

/// What the memo's text does to the page that shows it: nothing.
pub(crate) async fn stays_text(person: &Person) -> anyhow::Result<()> {
    let found = person
        .driver
        .execute(
            "const memo = document.querySelector('#desk .memo'); \
             const tags = ['a', 'style', 'img', 'table', 'iframe', 'script', 'b'].filter(t => memo.querySelector(t)); \
             const loose = [...memo.querySelectorAll('.portion')].filter(p => [...p.childNodes].some(n => n.nodeType === 3)); \
             return [tags, loose.map(p => p.outerHTML), memo.querySelectorAll('h4, li, blockquote').length >= 4]",
            vec![],
        )
        .await?;
    // A loose text would stand as an empty line under a heading.
    assert_eq!(*found.json(), serde_json::json!([[], [], true]));
    Ok(())
}

/// A heap of accents on one letter stays in its paragraph: what stands above looks as it does without them.
pub(crate) async fn keeps_within(ada: &Person) -> anyhow::Result<()> {
    // In an order that the fonts stack.
    let heap = "\u{301}\u{300}\u{302}\u{308}".repeat(150);
    ada.fill("body", &format!("(U) One.\n\n(U) Z{heap} end"))
        .await?;
    ada.see("\u{179}\u{300}").await?;
    ada.idle().await?;
    let picture = async || -> anyhow::Result<Vec<Vec<u8>>> {
        let mut parts = Vec::new();
        for part in [".check > h2", ".memo > .title", ".memo > .portion"] {
            let found = ada.driver.find(By::Css(part)).await?;
            parts.push(found.screenshot_as_png().await?);
        }
        Ok(parts)
    };
    let run = async |script: &str| ada.driver.execute(script, vec![]).await;
    let with = picture().await?;
    // So it is seen that it would show.
    run("document.styleSheets[0].insertRule('.check * { overflow: visible !important }', document.styleSheets[0].cssRules.length)").await?;
    let loose = picture().await?;
    run("document.styleSheets[0].deleteRule(document.styleSheets[0].cssRules.length - 1); \
         const walk = document.createTreeWalker(document.querySelector('.memo'), NodeFilter.SHOW_TEXT); \
         while (walk.nextNode()) walk.currentNode.data = walk.currentNode.data.replace(/\\p{M}+/gu, '')")
    .await?;
    let without = picture().await?;
    assert!(with == without, "the accents paint over what stands above");
    assert!(loose != without, "this would not be seen");
    Ok(())
}

/// The buttons of the markings: they mark the paragraph in which the cursor stands.
pub(crate) async fn markings(ada: &Person) -> anyhow::Result<()> {
    for (text, at, button, becomes) in [
        ("(U) One.\n\nTwo.", 12, "(SBU)", "(U) One.\n\n(SBU) Two."),
        ("(U) One.\n\nTwo.", 2, "(SBU)", "(SBU) One.\n\nTwo."),
        ("(U) One.\n\n# Two", 13, "(U)", "(U) One.\n\n# (U) Two"),
    ] {
        ada.fill("body", text).await?;
        let cursor = "const b = document.getElementById('body'); b.focus(); b.setSelectionRange(arguments[0], arguments[0])";
        ada.driver.execute(cursor, vec![at.into()]).await?;
        ada.press(button).await?;
        let value = ada.find("body").await?.prop("value").await?;
        assert_eq!(value.as_deref(), Some(becomes), "{button} in {text:?}");
    }
    ada.idle().await
}

/// What is said of the text stands where one types: beside it, and on a phone above it; the markings' buttons stand in a line.
pub(crate) async fn at_hand(ada: &Person) -> anyhow::Result<()> {
    let look = "const one = s => document.querySelector(s), seen = e => e.checkVisibility(); \
                const marks = [...document.querySelectorAll('[data-insert]')].map(b => b.getBoundingClientRect()); \
                return [getComputedStyle(one('.check')).position, seen(one('.here')), one('.here').textContent === one('.check > .banner').textContent, \
                        marks.length > 1 && marks[0].top === marks[1].top]";
    let tools = ada.driver.cdp();
    for (width, expected) in [
        (1280, serde_json::json!(["sticky", false, true, true])),
        (390, serde_json::json!(["static", true, true, true])),
    ] {
        let metrics = serde_json::json!({
            "width": width, "height": 844, "deviceScaleFactor": 1, "mobile": false,
        });
        tools
            .send_raw("Emulation.setDeviceMetricsOverride", metrics)
            .await?;
        let found = ada.driver.execute(look, vec![]).await?;
        assert_eq!(*found.json(), expected, "{width} wide");
    }
    let none = serde_json::json!({});
    tools
        .send_raw("Emulation.clearDeviceMetricsOverride", none)
        .await?;
    Ok(())
}

/// The text of the QR code on the page, as a phone reads it.
pub(crate) async fn scanned(ada: &Person) -> anyhow::Result<String> {
    // Each pixel of the drawing: dark where one of its paths covers it.
    let pixels = ada
        .driver
        .execute(
            "const svg = document.querySelector('.qr svg'), size = svg.viewBox.baseVal.width; \
             const dark = [...svg.querySelectorAll('path')].filter(p => p.getAttribute('fill') === '#000' || p.getAttribute('fill') === '#000000'); \
             const rows = []; for (let y = 0; y < size; y++) { let row = ''; for (let x = 0; x < size; x++) { \
             const at = new DOMPoint(x + 0.5, y + 0.5); row += dark.some(p => p.isPointInFill(at)) ? '1' : '0'; } rows.push(row); } return rows",
            vec![],
        )
        .await?;
    let rows: Vec<String> = serde_json::from_value(pixels.json().clone())?;
    let dark = |x: usize, y: usize| rows[y].as_bytes()[x] == b'1';
    let mut picture = rqrr::PreparedImage::prepare_from_bitmap(rows.len(), rows.len(), dark);
    let grids = picture.detect_grids();
    assert_eq!(
        grids.len(),
        1,
        "one code on a page of {} pixels",
        rows.len()
    );
    Ok(grids[0].decode()?.1)
}
