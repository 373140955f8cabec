//! Every page, made from a device's copy of a record in which names and reasons are hostile.

#[path = "../../../crates/client/tests/common/mod.rs"]
mod common;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode},
};
use common::{World, profile_text, story::Story};
use demur_client::{office, signer::Choice};
use demur_encoding::{Digest, sha256};
use demur_pages::{
    Assets, File, Mirrored, PLAIN_POLICY, Served, Site, commands::TASKS, router, router_with,
};
use demur_record::{
    entry::{Entry, FORMAT, Profile},
    receipt::Receipt,
    tiles::leaf_hash,
};
use demur_signon::act::Action;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

/// The largest page, in bytes.
const MAX_PAGE: usize = 50_000;

const API: &str = "https://dissent.rivers.example";

const HOSTILE: &str = "</title><script>alert(1)</script>\" onload='x' <b>\u{202e}";

static WEB: [File; 8] = [
    file("desk.js", "desk-1.js", Some(b"zipped")),
    file("worker.js", "worker-1.js", None),
    file("demur.js", "demur-1.js", None),
    file("demur_bg.wasm", "demur_bg-1.wasm", None),
    file("signer.js", "signer-1.js", None),
    file("signer_bg.wasm", "signer_bg-1.wasm", None),
    file("pdf.js", "pdf-1.js", None),
    file("pdf_bg.wasm", "pdf_bg-1.wasm", None),
];

const fn file(name: &'static str, path: &'static str, gz: Option<&'static [u8]>) -> File {
    File {
        name,
        path,
        sha256: "0000",
        content: b"plain",
        gz,
        br: None,
    }
}

/// What this program was built with, and a web part.
fn with_web() -> Assets {
    Assets {
        manifest: Some(b"{\"files\":[]}"),
        files: &WEB,
        ..Assets::embedded()
    }
}

fn without_web() -> Assets {
    Assets {
        manifest: None,
        files: &[],
        ..Assets::embedded()
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

async fn get(router: &Router, path: &str) -> Answer {
    ask(router, path, "").await
}

async fn ask(router: &Router, path: &str, codings: &str) -> Answer {
    let request = Request::get(path).header("accept-encoding", codings);
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes().to_vec(),
    }
}

fn site(world: &World, served: Served) -> Site {
    let api = if served == Served::Channel { "" } else { API };
    Site::new(served, api, world.policy.clone()).unwrap()
}

fn pages(world: &World, served: Served, assets: Assets) -> Router {
    router_with(Mirrored::new(site(world, served), world.mirror()), assets)
}

/// A memo that was filed and returned, and a draft, in a channel whose profile says hostile things.
fn story() -> (Story, Digest) {
    let mut story = Story::begin(1);
    // As long as a profile's texts may be.
    let long = format!("{HOSTILE}{}", "<".repeat(4_000));
    let quoted = long.replace('"', "\\\"").replace('\u{202e}', "\\u202e");
    let text = profile_text()
        .replace("version = 1", "version = 2")
        .replace("\"Dissent Channel\"", &format!("\"{quoted}\""))
        .replace(
            "\"That institution's own channel.\"",
            &format!("\"{quoted}\""),
        );
    assert_eq!(text.matches("alert(1)").count(), 2);
    story.world.direct.push(Entry::Profile(Profile {
        v: FORMAT,
        version: 2,
        text,
    }));
    story.world.tick();
    story.act(1, 1, Action::Sign, Choice::All).unwrap();
    story.act(2, 1, Action::Sign, Choice::All).unwrap();
    story.world.tick();
    let draft = story.memo;
    (story, draft)
}

fn filed(mut story: Story) -> Story {
    story.file();
    let (memo, keys) = (story.memo, story.world.office.clone());
    let entry = office::acknowledge(&keys, memo, &story.world.mirror()).unwrap();
    story.world.direct.push(entry.entry);
    story.world.tick();
    let mirror = story.world.mirror();
    let step = office::return_memo(&keys, memo, "not-ours", "Sorry.", &mirror).unwrap();
    story.world.direct.push(step.entry);
    story.world.tick();
    story
}

#[tokio::test]
async fn every_page_is_small_plain_and_says_only_text() {
    let (story, memo) = story();
    let story = filed(story);
    let size = story.world.replay.size();
    let mut paths: Vec<String> = [
        "/",
        "/memos",
        "/figures",
        "/entries",
        "/entries?page=1",
        "/checkpoints",
        "/roster",
        "/roster/1",
        "/keys",
        "/software",
        "/desk",
        "/desk/",
        "/desk/office/inbox",
        "/verify",
        "/audit",
        "/m/x",
        "/nothing",
    ]
    .map(str::to_owned)
    .to_vec();
    paths.push(format!("/m/{memo}"));
    paths.extend((0..size).map(|n| format!("/entries/{n}")));
    for served in [Served::Channel, Served::Other, Served::Program] {
        let router =
            pages(&story.world, served, with_web()).fallback(async || demur_pages::not_found());
        for path in &paths {
            let page = get(&router, path).await;
            let text = page.text();
            let frame = ["/desk", "/verify", "/audit", "/m/"]
                .iter()
                .any(|p| path.starts_with(p));
            let missing = path == "/m/x" || path == "/nothing";
            let expected = if missing { 404 } else { 200 };
            assert_eq!(page.status, expected, "{path}: {text}");
            assert!(
                page.body.len() < MAX_PAGE,
                "{path}: {} bytes",
                page.body.len()
            );
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
            assert!(!page.headers.contains_key("set-cookie"));
            for never in [
                "<script>",
                "onload='",
                "<b>",
                "style=",
                "\u{202e}",
                "javascript:",
                "http-equiv",
            ] {
                assert!(!text.contains(never), "{path}: {never}");
            }
            assert_eq!(
                text.matches("<script").count(),
                usize::from(frame),
                "{path}"
            );
            if path == "/" || *path == format!("/m/{memo}") {
                let escaped = "&#60;script&#62;alert(1)&#60;/script&#62;";
                assert!(
                    text.contains(escaped),
                    "{path}: the test sees what is hostile"
                );
            }
            assert_eq!(text.matches("<main").count(), 1);
            assert_eq!(text.matches("<h1>").count(), 1, "{path}");
            assert!(text.contains("<html lang=\"en\">") && text.contains("name=\"viewport\""));
            let policy = page.header("content-security-policy");
            if frame {
                // The program asks the channel for its pages.
                let api = if served == Served::Other {
                    format!(" {API}")
                } else {
                    String::new()
                };
                assert_eq!(
                    policy,
                    format!(
                        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; \
                         connect-src 'self'{api}; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
                    )
                );
                assert!(
                    text.contains("<script type=\"module\" src=\"/static/desk-1.js\"></script>")
                );
                assert!(
                    text.contains(&format!("data-served=\"{}\"", served.as_str())),
                    "{path}"
                );
                // What a signer's page loads has no more than it needs, and reads no PDF.
                let signers = path.starts_with("/m/");
                let module = if signers { "signer" } else { "demur" };
                assert!(text.contains(&format!(
                    "data-worker=\"/static/worker-1.js\" data-glue=\"/static/{module}-1.js\" data-wasm=\"/static/{module}_bg-1.wasm\""
                )));
                let pdf =
                    "data-pdf-glue=\"/static/pdf-1.js\" data-pdf-wasm=\"/static/pdf_bg-1.wasm\"";
                assert_eq!(text.contains(pdf), !signers, "{path}");
                assert!(text.contains("Who served this page") && text.contains("<noscript>"));
            } else {
                assert_eq!(policy, PLAIN_POLICY, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_draft_and_nothing_are_one_page_until_it_is_filed() {
    let (story, memo) = story();
    let router = pages(&story.world, Served::Channel, with_web());
    let draft = get(&router, &format!("/m/{memo}")).await;
    assert_eq!(draft.status, 404);
    for nothing in [
        sha256(b"nothing").to_string(),
        "x".to_owned(),
        "%00".to_owned(),
    ] {
        let page = get(&router, &format!("/m/{nothing}")).await;
        assert_eq!(
            (page.status, page.body),
            (draft.status, draft.body.clone()),
            "{nothing}"
        );
        assert_eq!(page.headers, draft.headers);
    }
    assert!(draft.text().contains("data-page=\"memo\""));
    let policy = story.world.policy.to_string();
    assert!(draft.text().contains(&format!("data-policy=\"{policy}\"")));

    let story = filed(story);
    let router = pages(&story.world, Served::Channel, with_web());
    let page = get(&router, &format!("/m/{memo}")).await;
    for text in [
        "Filed with the office: version 1 of 1, with the word of 2 of 2 authors",
        "Acknowledged by the office",
        "Returned as out of scope",
        "2 of 5",
        "data-page=\"memo\"",
    ] {
        assert!(page.text().contains(text), "{text}");
    }
    let text = page.text();
    assert!(text.find("Acknowledged by").unwrap() < text.find("id=\"desk\"").unwrap());
    let figures = get(&router, "/figures").await;
    assert!(
        figures
            .text()
            .contains("<svg role=\"img\" aria-labelledby=\"acknowledged-title acknowledged-text\"")
    );
    assert!(
        figures
            .text()
            .contains("2026: in time 1, late 0, overdue 0, not due yet or no longer owed 0.")
    );
    let list = get(&router, "/memos").await;
    assert!(list.text().contains(&memo.short()) && list.text().contains("returned"));
}

#[tokio::test]
async fn an_entry_and_its_receipt_can_be_taken_along() {
    let (story, _) = story();
    let router = pages(&story.world, Served::Program, without_web());
    for (index, bytes) in (0..).zip(&story.world.entries) {
        let json = get(&router, &format!("/entries/{index}/json")).await;
        assert_eq!(&json.body, bytes);
        assert_eq!(
            json.header("content-disposition"),
            format!("attachment; filename=\"entry-{index}.json\"")
        );
        let file = get(&router, &format!("/entries/{index}/receipt")).await;
        let receipt = Receipt::parse(&file.body).unwrap();
        assert_eq!(receipt.index, index);
        let accepted = receipt.verify(&story.world.policy, bytes).unwrap();
        assert!(accepted.checkpoint.size > index && accepted.time.is_some());
        let page = get(&router, &format!("/entries/{index}")).await;
        assert!(page.text().contains(&leaf_hash(bytes).to_string()));
        assert!(page.text().contains("by union, "), "{}", page.text());
    }
    let size = story.world.replay.size();
    for none in [
        size.to_string(),
        "01".to_owned(),
        "+1".to_owned(),
        "-1".to_owned(),
        u64::MAX.to_string(),
        "x".to_owned(),
    ] {
        for of in ["", "/json", "/receipt"] {
            assert_eq!(
                get(&router, &format!("/entries/{none}{of}")).await.status,
                404,
                "{none}{of}"
            );
        }
    }
    // Lists answer whatever page is asked for.
    for path in [
        "/entries",
        "/memos",
        "/checkpoints",
        "/roster",
        "/keys",
        "/software",
    ] {
        for page in ["0", "1", "99999999999999999999", "x", "-1"] {
            let answer = get(&router, &format!("{path}?page={page}")).await;
            assert_eq!(answer.status, 200, "{path}?page={page}");
        }
    }
    for none in ["/roster/0", "/roster/2", "/roster/4294967296", "/roster/x"] {
        assert_eq!(get(&router, none).await.status, 404, "{none}");
    }
}

#[tokio::test]
async fn files_are_served_by_their_fingerprint() {
    let (story, _) = story();
    let router = pages(&story.world, Served::Channel, with_web());
    let plain = get(&router, "/static/desk-1.js").await;
    assert_eq!(
        (plain.body.as_slice(), plain.header("content-encoding")),
        (&b"plain"[..], "")
    );
    assert_eq!(
        plain.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    assert_eq!(
        plain.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    // A worker has the policy of its own file.
    let page = get(&router, "/desk").await;
    let policy = page.header("content-security-policy");
    let worker = get(&router, "/static/worker-1.js").await;
    assert_eq!(worker.header("content-security-policy"), policy);
    assert!(policy.contains("'wasm-unsafe-eval'"));
    let zipped = ask(&router, "/static/desk-1.js", "br, gzip").await;
    assert_eq!(
        (zipped.body.as_slice(), zipped.header("content-encoding")),
        (&b"zipped"[..], "gzip")
    );
    assert_eq!(zipped.header("vary"), "accept-encoding");
    let wasm = ask(&router, "/static/demur_bg-1.wasm", "gzip").await;
    assert_eq!(
        (wasm.header("content-type"), wasm.header("content-encoding")),
        ("application/wasm", "")
    );
    let icon = get(&router, "/static/icon.svg").await;
    assert_eq!(icon.header("content-type"), "image/svg+xml");
    assert!(icon.body.starts_with(b"<svg ") && icon.body.ends_with(b"</svg>"));
    let manifest = get(&router, "/static/manifest.json").await;
    assert_eq!(manifest.body, b"{\"files\":[]}");
    assert_eq!(manifest.header("cache-control"), "no-cache");
    // Under its hash too, as the record names it.
    let named = format!("/static/manifest-{}.json", sha256(&manifest.body));
    assert_eq!(get(&router, &named).await.body, manifest.body);
    let other = format!("/static/manifest-{}.json", sha256(b"other"));
    assert_eq!(get(&router, &other).await.status, 404);
    for none in [
        "/static/",
        "/static/desk.js",
        "/static/..%2flog.key",
        "/static/%00",
    ] {
        assert_eq!(get(&router, none).await.status, 404, "{none}");
    }

    let style = Assets::embedded().style;
    assert!(style.content.len() < 20_000);
    assert_eq!(sha256(style.content).to_string(), style.sha256);
    let sheet = ask(&router, &format!("/static/{}", style.path), "gzip").await;
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert!(sheet.body.len() < style.content.len());

    // Without a web part: no script, and the frames say what to do.
    let router = pages(&story.world, Served::Channel, without_web());
    for path in ["/desk", "/verify", "/audit", "/m/x"] {
        let page = get(&router, path).await;
        assert!(
            !page.text().contains("<script") && page.text().contains("cargo xtask web"),
            "{path}"
        );
        assert!(
            page.text().contains("<pre><code>demur ") || page.text().contains("<dd><code>demur ")
        );
        assert_eq!(page.header("content-security-policy"), PLAIN_POLICY);
    }
    assert_eq!(get(&router, "/static/manifest.json").await.status, 404);
}

#[tokio::test]
async fn the_table_of_paths_is_the_routers() {
    let (story, _) = story();
    let router = pages(&story.world, Served::Channel, without_web());
    let paths: Vec<&str> = demur_pages::paths().collect();
    let plain = paths.iter().filter(|path| !path.contains('{'));
    for path in plain {
        assert_eq!(get(&router, path).await.status, 200, "{path}");
    }
    for known in ["/", "/m/{memo}", "/entries/{n}", "/desk/{*rest}", "/audit"] {
        assert!(paths.contains(&known), "{known}");
    }
}

/// Where the desk can't run, each of its pages names its own commands first, then all others; which page was asked for
/// can't be told by the answer's length.
#[tokio::test]
async fn the_desk_names_the_commands_that_do_the_same() {
    let (story, _) = story();
    let router = pages(&story.world, Served::Channel, with_web());
    let length = get(&router, "/desk").await.body.len();
    for (path, first) in [
        ("/desk", "identity new --code CODE"),
        ("/desk/", "identity new --code CODE"),
        ("/desk/nowhere/at/all", "identity new --code CODE"),
        ("/desk/memo/0", "memo status MEMO"),
        ("/desk/memo/0/edit", "memo edit MEMO TEXT"),
        ("/desk/memo/0/changes?from=1&to=2", "memo diff MEMO"),
        ("/desk/office", "office inbox"),
        ("/desk/office/calendar?year=2026", "office inbox"),
        ("/desk/office/accounts", "office accounts"),
        ("/desk/office/0", "office open MEMO"),
        ("/desk/office/0/respond", "office respond MEMO TEXT"),
        ("/desk/registrar/", "roster import PEOPLE.csv"),
    ] {
        let page = get(&router, path).await;
        let text = page.text();
        assert_eq!(page.body.len(), length, "{path}");
        let named: Vec<&str> = text.split("<code>demur ").skip(1).collect();
        assert!(named[0].starts_with(first), "{path}: {}", named[0]);
        assert!(
            text.find(named[0]).unwrap() < text.find("<h2>The other pages</h2>").unwrap(),
            "{path}"
        );
        for task in &TASKS {
            for command in task.commands {
                let code = format!("<code>{command}</code>");
                assert_eq!(text.matches(&code).count(), 1, "{path}: {command}");
            }
        }
    }
}

#[tokio::test]
async fn who_served_a_page_stands_on_it() {
    let (story, _) = story();
    for (served, words) in [
        (
            Served::Channel,
            "This page came from the channel's own server.",
        ),
        (
            Served::Other,
            "This page came from another server than the channel's.",
        ),
        (
            Served::Program,
            "This page came from the program on this machine.",
        ),
    ] {
        let router = router(Mirrored::new(
            site(&story.world, served),
            story.world.mirror(),
        ));
        let page = get(&router, "/desk").await;
        assert!(page.text().contains(words), "{words}");
        let api = if served == Served::Channel { "" } else { API };
        assert!(page.text().contains(&format!("data-api=\"{api}\"")));
    }
    // A record that has not begun shows nothing yet.
    let mirror = demur_client::device::Mirror::new(&story.world.policy.to_string()).unwrap();
    let router = router(Mirrored::new(site(&story.world, Served::Other), mirror));
    let page = get(&router, "/").await;
    assert_eq!(
        (page.status.as_u16(), page.header("retry-after")),
        (503, "5")
    );
}
