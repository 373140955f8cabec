//! What the server does around its pages: the record of what it serves, and the pages of a copy.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use demur_client::{
    device::Mirror,
    transport::{self, Transport, TransportError},
};
use demur_encoding::sha256;
use demur_pages::{Assets, Mirrored, Served, Site};
use demur_record::entry::Entry;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::world::{ORIGIN, World, key};
use crate::{
    Relay, SetupError,
    http::pages_router,
    init::{Noted, software_of},
    serve_pages,
    server::note_software,
};

#[test]
fn the_web_part_is_noted_where_there_is_one() {
    let of = |manifest| {
        let assets = Assets {
            manifest,
            ..Assets::embedded()
        };
        let entries = software_of(sha256(b"program"), assets).into_iter();
        let named = entries.map(|noted| match noted.entry {
            Entry::Software(software) => {
                let kept = noted.manifest.map(|m| (m.digest, sha256(&m.bytes)));
                let list = (software.name == "web").then_some((software.digest, software.digest));
                assert_eq!(kept, list, "{}", software.name);
                (software.name, software.digest)
            }
            other => panic!("{}", other.kind()),
        });
        named.collect::<Vec<_>>()
    };
    let style = Assets::embedded().style;
    let mut expected = vec![
        ("demur".to_owned(), sha256(b"program")),
        ("demur.css".to_owned(), sha256(style.content)),
    ];
    assert_eq!(of(None), expected);
    expected.push(("web".to_owned(), sha256(b"list")));
    assert_eq!(of(Some(b"list")), expected);
}

/// What the server says on its page is what its record says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_served_stands_in_the_record() {
    let world = World::new().await;
    let page = world.get("/software").await;
    let text = page.text();
    assert!(text.contains(Assets::embedded().style.sha256));
    for software in world.app.view().await.unwrap().record().software().values() {
        assert!(
            text.contains(&software.digest.to_string()),
            "{}",
            software.name
        );
    }
    assert!(!text.contains("not what this page"), "{text}");
}

/// Two builds in turn: what each one's entry stood for can be read for as long as the channel is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_list_of_files_that_the_record_names_is_kept() {
    let world = World::new().await;
    let lists: [&[u8]; 2] = [b"{\"files\":[1]}", b"{\"files\":[2]}"];
    for manifest in lists {
        let assets = Assets {
            manifest: Some(manifest),
            ..Assets::embedded()
        };
        // Twice: a server that is started again says nothing new.
        for _ in 0..2 {
            let noted = software_of(sha256(b"program"), assets);
            note_software(&world.app, noted).await.unwrap();
        }
        world.batch().await;
    }
    let noted = |world: &World| {
        let app = world.app.clone();
        async move {
            let view = app.view().await.unwrap();
            let web = { view.record().served().iter() }
                .filter(|(_, software)| lists.iter().any(|l| sha256(l) == software.digest));
            web.count()
        }
    };
    assert_eq!(noted(&world).await, 2);
    // Also after a restart.
    let world = world.restart().await;
    let page = world.get("/software").await.text();
    for manifest in lists {
        let path = format!("/static/manifest-{}.json", sha256(manifest));
        assert!(page.contains(&format!("href=\"{path}\"")), "{page}");
        assert_eq!(world.get(&path).await.bytes(), manifest);
    }
    for none in [sha256(b"other").to_string(), "x".to_owned(), String::new()] {
        let path = format!("/static/manifest-{none}.json");
        assert_eq!(world.get(&path).await.status, StatusCode::NOT_FOUND);
    }
}

/// A server of before kept none: what it wrote is found again by the program that has it still.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_was_named_and_not_kept_is_kept_by_the_next_start() {
    let world = World::new().await;
    let assets = Assets {
        manifest: Some(b"{\"files\":[3]}"),
        ..Assets::embedded()
    };
    let noted = || software_of(sha256(b"program"), assets);
    let bare = noted().into_iter().map(|noted| Noted {
        manifest: None,
        ..noted
    });
    note_software(&world.app, bare.collect()).await.unwrap();
    world.batch().await;
    let path = format!("/static/manifest-{}.json", sha256(b"{\"files\":[3]}"));
    assert_eq!(world.get(&path).await.status, StatusCode::NOT_FOUND);
    assert!(!world.get("/software").await.text().contains(&path));
    let named = |seen: crate::view::Seen| seen.record().served().len();
    let before = named(world.app.view().await.unwrap());
    note_software(&world.app, noted()).await.unwrap();
    world.batch().await;
    assert_eq!(world.get(&path).await.status, StatusCode::OK);
    assert_eq!(named(world.app.view().await.unwrap()), before);
}

fn copy(served: Served) -> Mirrored {
    let log = demur_record::keys::LogSigner::new(ORIGIN, key(1)).unwrap();
    let policy = format!("log {}\nquorum none\n", log.verifier());
    let site = Site::new(served, "https://rivers.example", policy.parse().unwrap()).unwrap();
    Mirrored::new(site, Mirror::new(&policy).unwrap())
}

async fn ask(router: &Router, path: &str, host: Option<&str>) -> axum::response::Response {
    let mut request = Request::get(path);
    if let Some(host) = host {
        request = request.header("host", host);
    }
    let request = request.body(Body::empty()).unwrap();
    router.clone().oneshot(request).await.unwrap()
}

/// A page from elsewhere whose name was made to lead to this machine gets nothing, not even a file.
#[tokio::test]
async fn pages_of_one_machine_answer_to_its_own_name_alone() {
    let address = "127.0.0.1:4000".parse().unwrap();
    let own = pages_router(copy(Served::Program), Some((address, Channel::relay().0)));
    let style = format!("/static/{}", Assets::embedded().style.path);
    for path in ["/", "/desk", &style, "/api/channel", "/nothing"] {
        for host in [
            None,
            Some("evil.example:4000"),
            Some("127.0.0.1:4001"),
            Some("127.0.0.1"),
        ] {
            let answer = ask(&own, path, host).await;
            assert_eq!(
                answer.status(),
                StatusCode::MISDIRECTED_REQUEST,
                "{path} {host:?}"
            );
            assert!(answer.headers().contains_key("content-security-policy"));
        }
    }
    for host in ["127.0.0.1:4000", "localhost:4000"] {
        assert_eq!(ask(&own, &style, Some(host)).await.status(), StatusCode::OK);
        // Nothing was fetched yet.
        assert_eq!(
            ask(&own, "/", Some(host)).await.status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
    }
    // Another origin's have the name that its proxy gives them.
    let other = pages_router(copy(Served::Other), None);
    assert_eq!(
        ask(&other, &style, Some("union.example")).await.status(),
        StatusCode::OK
    );
    // Neither has an interface or a record of its own.
    for path in ["/api/channel", "/record/checkpoint"] {
        assert_eq!(
            ask(&other, path, None).await.status(),
            StatusCode::NOT_FOUND
        );
    }
}

#[tokio::test]
async fn pages_of_one_machine_are_not_served_to_others() {
    let listen = "0.0.0.0:0".parse().unwrap();
    let relay = || Some(Channel::relay().0);
    let refused = serve_pages(listen, copy(Served::Program), relay()).await;
    assert!(matches!(
        refused,
        Err(SetupError::Option { what: "listen", .. })
    ));
    let listen = "127.0.0.1:0".parse().unwrap();
    for (served, relay) in [(Served::Program, None), (Served::Other, relay())] {
        let refused = serve_pages(listen, copy(served), relay).await;
        assert!(matches!(
            refused,
            Err(SetupError::Option { what: "relay", .. })
        ));
    }
    let running = serve_pages(listen, copy(Served::Program), relay())
        .await
        .unwrap();
    assert!(running.address().ip().is_loopback() && running.address().port() != 0);
    let taken = serve_pages(running.address(), copy(Served::Program), relay()).await;
    assert!(matches!(taken, Err(SetupError::Listen { .. })));
    running.shutdown().await;
}

/// Keeps what it is asked.
struct Channel(Mutex<Vec<transport::Request>>);

impl Channel {
    fn relay() -> (Relay, Arc<Self>) {
        let channel = Arc::new(Self(Mutex::default()));
        (channel.clone(), channel)
    }
}

impl Transport for Channel {
    fn send(&self, request: &transport::Request) -> Result<transport::Response, TransportError> {
        self.0.lock().unwrap().push(request.clone());
        match request.path.as_str() {
            "/api/down" => Err(TransportError("nobody is there".to_owned())),
            path => Ok(transport::Response {
                status: if path == "/api/channel" { 200 } else { 404 },
                body: path.as_bytes().to_vec(),
            }),
        }
    }
}

/// What a browser adds by itself stays on this machine, and pages from elsewhere reach nothing through it.
#[tokio::test]
async fn what_pages_of_one_machine_ask_is_handed_on_and_nothing_else() {
    let (relay, channel) = Channel::relay();
    let own = "127.0.0.1:4000";
    let router = pages_router(copy(Served::Program), Some((own.parse().unwrap(), relay)));
    let send = async |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", own);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    let browsers = [
        ("origin", "http://127.0.0.1:4000"),
        ("sec-fetch-site", "same-origin"),
        ("user-agent", "Mozilla/5.0"),
        ("accept-language", "de-CH"),
        ("cookie", "a=b"),
        ("x-forwarded-for", "192.0.2.1"),
        ("authorization", "Bearer 0123"),
        ("content-type", "application/json"),
        ("demur-access", "4567"),
    ];
    let told = send("POST", "/api/channel?a=b", &browsers, "{}").await;
    assert_eq!(told, (404, "/api/channel?a=b".to_owned()));
    let told = send("GET", "/api/channel", &browsers[..6], "").await;
    assert_eq!(told, (200, "/api/channel".to_owned()));
    assert_eq!(send("GET", "/record/checkpoint", &[], "").await.0, 404);
    let asked = std::mem::take(&mut *channel.0.lock().unwrap());
    let headers: Vec<_> = asked.iter().map(|asked| asked.headers.clone()).collect();
    let named = |name, value: &str| (name, value.to_owned());
    let all = vec![
        named("authorization", "Bearer 0123"),
        named("content-type", "application/json"),
        named("demur-access", "4567"),
    ];
    assert_eq!(headers, [all, vec![], vec![]]);
    assert_eq!(asked[0].body.as_deref(), Some(&b"{}"[..]));
    assert_eq!(asked[1].body, None);
    assert_eq!(asked[2].path, "/record/checkpoint");

    let (status, told) = send("GET", "/api/down", &[], "").await;
    assert!(status == 502 && told.contains("nobody is there"), "{told}");
    channel.0.lock().unwrap().clear();
    // Of another page, by another method, of another path: the channel hears nothing.
    for (method, path, headers, status) in [
        (
            "GET",
            "/api/channel",
            &[("origin", "http://evil.example")][..],
            403,
        ),
        (
            "GET",
            "/api/channel",
            &[("sec-fetch-site", "cross-site")],
            403,
        ),
        ("OPTIONS", "/api/channel", &[], 405),
        ("PATCH", "/api/channel", &[], 405),
        ("GET", "/apiary/channel", &[], 404),
        ("GET", "/api", &[], 404),
    ] {
        let (found, told) = send(method, path, headers, "").await;
        assert_eq!(found, status, "{method} {path} {headers:?}: {told}");
    }
    assert!(channel.0.lock().unwrap().is_empty());
}
