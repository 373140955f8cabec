//! Somebody without any key, who verifies on their own device: a released bundle, copies, an article.

use demur_client::calls;
use demur_encoding::Digest;

use crate::{
    people::harmless,
    stage::{PAUSE, Person, Stage, TRIES, between, form, with_file},
};

/// One reading says what is registered, the other one does not.
const MAIL: &str = "From: a@rivers.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"b\"\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nIt is wrong <script>alert(2)</script>.\r\n\r\nDo not.\r\n\
    --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>It is right &lt;script&gt;alert(2)&lt;/script&gt;.</p><p>Do not.</p>\r\n--b--\r\n";

const PAGE: &str = "<!doctype html><meta charset=\"utf-8\"><title>t</title><p>It is wrong &lt;script&gt;alert(2)&lt;/script&gt;.</p>\
    <p><s>Do not.</s></p>";

const ARTICLE: &str = "They write: “It is wrong <script>alert(2)</script>.” Nobody wrote: “The minister has never been asked.”";

/// The bundle of that hash is released and shows one paragraph; `latest` shows the whole version, and is not released.
pub(crate) fn verifies(stage: &Stage, released: Digest, latest: &[u8]) {
    let mut stranger = stage.person();
    let page = stranger.see("/verify");
    assert!(page.contains("name=\"article\"") && page.contains("Look for its fingerprint"));
    let bundle = stage.call(&calls::bundle(released));
    let page = until_public(&mut stranger, &bundle);
    harmless(&page);
    assert!(page.contains("The bundle stands in the public record"));
    assert!(page.contains("What the bundle shows") && page.contains("words hidden"));
    assert!(page.contains("Do not.") && !page.contains("It is wrong"));
    // The record alone was asked for, whole.
    let asked = stranger.browser.sent.borrow().clone();
    assert!(asked.iter().all(|line| line.starts_with("GET /record/")));

    let with = |name, bytes: &str| {
        let form = with_file(form(&[]), "bundle", latest.to_vec());
        with_file(form, name, bytes.as_bytes().to_vec())
    };
    let record = with("copy", PAGE).with("record", "yes");
    let page = stranger.does("verify", record).html;
    harmless(&page);
    assert!(page.contains("Its authors made one bundle public, which is another one than this"));

    // Nothing more is asked for.
    stranger.browser.sent.borrow_mut().clear();
    let page = stranger.does("verify", with("copy", PAGE)).html;
    assert!(
        page.contains("NOT COMPARABLE") && page.contains("Read as a web page"),
        "{page}"
    );
    assert!(
        page.contains("text that is struck out: <bdi>Do not.")
            && page.contains("registered, paragraph 2: Do not."),
        "{page}"
    );

    // A mail's two texts are judged apart, and the worse one decides.
    let page = stranger.does("verify", with("copy", MAIL)).html;
    harmless(&page);
    assert!(
        between(&page, "verdict\">", "</p>").starts_with("ALTERED"),
        "{page}"
    );
    assert!(
        page.contains("The verdict is on one reading of it: the message&#39;s HTML text"),
        "{page}"
    );
    let other = between(&page, "<details><summary>the message", "</summary>");
    assert!(other.contains("plain text: SAME WORDS"), "{page}");
    let report = stranger.does("verify-report", form(&[])).download.unwrap();
    let report = String::from_utf8(report.bytes).unwrap();
    assert!(
        report.contains("[-wrong-]") && report.contains("plain text: SAME WORDS"),
        "{report}"
    );

    let page = stranger.does("verify", with("article", ARTICLE)).html;
    harmless(&page);
    assert!(
        page.contains("The article was read as plain text"),
        "{page}"
    );
    assert!(
        page.contains(">verbatim<") && page.contains(">not found<"),
        "{page}"
    );
    let both = with("article", ARTICLE).with("quotes", "“It is wrong”");
    assert!(stranger.refused("verify", both).contains("one at a time"));
    // The graver of a copy and quotations decides the colour and the headline.
    let good = "It is wrong <script>alert(2)</script>.\n\nDo not.";
    let (slips, altered) = (good.replace("It", "lt"), good.replace("wrong", "right"));
    for (text, quote, class, first) in [
        (good, "It is wrong", "success", "SAME WORDS"),
        (good, "It was never wrong", "problem", ""),
        (
            good,
            "[The plan] is wrong <script>alert(2)</script>. Do not.",
            "warning",
            "VERBATIM BUT",
        ),
        (good, "is wrong", "warning", "UNDECIDED"),
        (&slips, "It is wrong", "warning", "SLIPS"),
        (
            &slips,
            "The minister has never been asked.",
            "problem",
            "NOT ALL FOUND",
        ),
        (&altered, "It is wrong", "problem", "ALTERED"),
        (
            &altered,
            "The minister has never been asked.",
            "problem",
            "ALTERED",
        ),
        (
            "",
            "The minister has never been asked.",
            "problem",
            "NOT ALL FOUND",
        ),
    ] {
        let given = with_file(form(&[("text", text)]), "bundle", latest.to_vec());
        let given = given.with("quotes", &format!("“{quote}”"));
        let page = stranger.does("verify", given).html;
        let wanted = format!("class=\"{class} verdict\">{first}");
        assert!(page.contains(&wanted), "{text} {quote} {wanted}: {page}");
    }
    let none = stranger.refused("verify", with("article", "Nobody is quoted here."));
    assert!(none.contains("no quoted passage"), "{none}");
    assert_eq!(stranger.browser.sent.borrow().as_slice(), [] as [String; 0]);

    // Without a bundle.
    let copy = form(&[("text", "It is wrong <script>alert(2)</script>.\n\nDo not.")]);
    let page = stranger.does("verify-fingerprint", copy).html;
    assert!(page.contains("no fingerprint was ever published"), "{page}");
    let doubted = with_file(form(&[]), "copy", PAGE.as_bytes().to_vec());
    let why = stranger.refused("verify-fingerprint", doubted);
    assert!(why.contains("not comparable"), "{why}");
    let asked = stranger.browser.sent.borrow().clone();
    assert!(!asked.is_empty() && asked.iter().all(|line| line.starts_with("GET /record/")));
}

/// The verdict on the bundle beside the record, once that shows the release.
fn until_public(stranger: &mut Person<'_>, bundle: &[u8]) -> String {
    let mut page = String::new();
    for _ in 0..TRIES {
        let given = with_file(form(&[("record", "yes")]), "bundle", bundle.to_vec());
        page = stranger.does("verify", given).html;
        if page.contains("This very file is public") {
            return page;
        }
        std::thread::sleep(PAUSE);
    }
    panic!("never public: {page}");
}
