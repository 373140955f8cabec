//! What the server does around its pages: the record of what it serves, and the pages of a copy.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use demur_client::device::Mirror;
use demur_encoding::sha256;
use demur_pages::{Assets, Mirrored, Served, Site};
use demur_record::entry::Entry;
use tower::ServiceExt as _;

use super::world::{ORIGIN, World, key};
use crate::{SetupError, http::pages_router, init::software_of, serve_pages};

#[test]
fn the_web_part_is_noted_where_there_is_one() {
    let of = |manifest| {
        let assets = Assets {
            manifest,
            ..Assets::embedded()
        };
        let entries = software_of(sha256(b"program"), assets).into_iter();
        let named = entries.map(|entry| match entry {
            Entry::Software(software) => (software.name, software.digest),
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
    let own = pages_router(copy(Served::Program), Some(address));
    let style = format!("/static/{}", Assets::embedded().style.path);
    for path in ["/", "/desk", &style, "/nothing"] {
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
    let refused = serve_pages(listen, copy(Served::Program)).await;
    assert!(matches!(
        refused,
        Err(SetupError::Option { what: "listen", .. })
    ));
    let running = serve_pages("127.0.0.1:0".parse().unwrap(), copy(Served::Program))
        .await
        .unwrap();
    assert!(running.address().ip().is_loopback() && running.address().port() != 0);
    let taken = serve_pages(running.address(), copy(Served::Program)).await;
    assert!(matches!(taken, Err(SetupError::Listen { .. })));
    running.shutdown().await;
}
