//! The interface's edges: malformed, oversized, slow and hostile requests.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use demur_client::api::Channel;
use demur_encoding::sha256;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::world::{ORIGIN, World};
use crate::{
    http::serve,
    limits::{MAX_BODY_BYTES, MAX_BODY_VALUES, MAX_SMALL_BODY_BYTES},
};

const POSTS: [&str; 9] = [
    "/api/openings",
    "/api/versions",
    "/api/sign-ons",
    "/api/session",
    "/api/accounts",
    "/api/entries",
    "/api/enrolments/list",
    "/api/memos/0000000000000000000000000000000000000000000000000000000000000000/approvals",
    "/api/memos/0000000000000000000000000000000000000000000000000000000000000000/author",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_and_oversized_bodies() {
    let world = World::new().await;
    for path in POSTS {
        for body in [
            "",
            "{",
            "null",
            "[]",
            "{}",
            "\u{0}",
            r#"{"salt":1e999}"#,
            r#"{"password":"secret"}"#,
        ] {
            let answer = world.send(Method::POST, path, &[], body.into()).await;
            let problem = answer.problem(400, "malformed");
            assert!(!problem.message.contains("secret"));
        }
        let deep = "[".repeat(100_000);
        world
            .send(Method::POST, path, &[], deep.into())
            .await
            .problem(400, "malformed");
        // Memory for a hundred thousand values, and for one more than that.
        let many = |values: usize| format!("[\"[,{{\\\"\"{}]", ",0".repeat(values - 2));
        for (values, said) in [
            (MAX_BODY_VALUES, "not of the form"),
            (MAX_BODY_VALUES + 1, "values"),
        ] {
            let answer = world
                .send(Method::POST, path, &[], many(values).into())
                .await;
            if values * 2 < MAX_SMALL_BODY_BYTES {
                let problem = answer.problem(400, "malformed");
                assert!(problem.message.contains(said), "{}", problem.message);
            }
        }
        let size = if path.ends_with("approvals") || path.ends_with("versions") {
            MAX_BODY_BYTES
        } else {
            MAX_SMALL_BODY_BYTES
        };
        let large = world
            .send(Method::POST, path, &[], vec![b' '; size + 1])
            .await;
        large.problem(413, "too-large");
    }
    // Unknown fields, a key twice, times and digests in other spellings.
    for body in [
        json!({ "account": "a", "password": "b", "admin": true }).to_string(),
        r#"{"account":"a","account":"b","password":"c"}"#.to_owned(),
    ] {
        world
            .send(Method::POST, "/api/session", &[], body.into())
            .await
            .problem(400, "malformed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_methods_and_headers() {
    let world = World::new().await;
    let channel = world.get("/api/channel").await.ok::<Channel>();
    assert_eq!(
        (channel.origin.as_str(), channel.profile.as_str()),
        (ORIGIN, "demo")
    );
    assert_eq!(channel.vkey, world.log().verifier().to_string());
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/memos/",
        "/record/",
        "/record/x",
        "/record/..%2flog.key",
        "/record/../log.key",
        "/record/%2e%2e/log.key",
        "/record/tile/0/%ff",
        "/record/checkpoint/",
        "/record/history/..",
        "/record/editions/1%00",
        "/record//checkpoint",
    ] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        if path.starts_with("/api/") || path.starts_with("/record/") {
            answer.problem(404, "not-found");
        }
    }
    for path in [
        "/api/memos/zz",
        "/api/memos/%00",
        &format!("/api/memos/{}", sha256(b"x")),
    ] {
        world.get(path).await.problem(404, "unknown-memo");
        let token = sha256(b"token").to_string();
        world
            .send(Method::GET, path, &[("demur-access", &token)], vec![])
            .await
            .problem(404, "unknown-memo");
    }
    for (method, path) in [
        (Method::GET, "/api/openings"),
        (Method::DELETE, "/api/channel"),
        (Method::POST, "/record/checkpoint"),
        (Method::PUT, "/"),
    ] {
        world
            .send(method, path, &[], vec![])
            .await
            .problem(405, "method");
    }
    let allowed = world
        .send(Method::DELETE, "/api/session/", &[], vec![])
        .await;
    assert_eq!(allowed.status, StatusCode::NOT_FOUND);
    let allow = world
        .send(Method::GET, "/api/openings", &[], vec![])
        .await
        .headers["allow"]
        .clone();
    assert_eq!(allow, "POST");
    assert_eq!(
        world.get("/favicon.ico").await.status,
        StatusCode::NOT_FOUND
    );

    // Pages: no script, nothing from elsewhere.
    let page = world.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'")
            && !policy.contains("script-src")
    );
    assert!(!page.text().contains("<script"));
    for text in [page.text(), world.get("/m/x").await.text()] {
        assert!(!text.contains("style=") && !text.contains("http-equiv"));
        assert!(text.contains("<html lang=\"en\">") && text.contains("name=\"viewport\""));
    }
    assert_eq!(
        world
            .get(&format!(
                "/static/{}",
                demur_pages::Assets::embedded().style.path
            ))
            .await
            .headers["content-type"],
        "text/css; charset=utf-8"
    );
    // A file of the record, whole and never as a page.
    std::fs::write(world.dir.path().join("data/record/checkpoint"), b"note").unwrap();
    let file = world.get("/record/checkpoint").await;
    assert_eq!(
        (file.bytes(), &file.headers["cache-control"]),
        (&b"note"[..], &"no-cache".parse().unwrap())
    );
    assert_eq!(file.headers["content-type"], "text/plain; charset=utf-8");
    let head = world
        .send(Method::HEAD, "/record/checkpoint", &[], vec![])
        .await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    // A link out of the folder is not a path of the record.
    world
        .get("/record/tile/0/000")
        .await
        .problem(404, "not-found");
}

/// Pages of another origin may use the interface and read the record, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_origins() {
    let world = World::new().await;
    let origin = ("origin", "https://union.example");
    let ask = [
        origin,
        ("access-control-request-method", "POST"),
        (
            "access-control-request-headers",
            "content-type,demur-access",
        ),
    ];
    for (path, methods) in [
        ("/api/sign-ons", "GET, POST, PUT, DELETE"),
        ("/api/nothing", "GET, POST, PUT, DELETE"),
        ("/record/checkpoint", "GET"),
    ] {
        let told = world.send(Method::OPTIONS, path, &ask, vec![]).await;
        assert_eq!((told.status, told.body.len()), (StatusCode::NO_CONTENT, 0));
        assert_eq!(told.headers["access-control-allow-origin"], "*");
        assert_eq!(told.headers["access-control-allow-methods"], methods);
        assert_eq!(
            told.headers["access-control-allow-headers"],
            "authorization, content-type, demur-access"
        );
        assert_eq!(told.headers["access-control-max-age"], "86400");
        assert!(
            !told
                .headers
                .contains_key("access-control-allow-credentials")
        );
    }
    // Answers and refusals alike, whoever asks.
    for (method, path) in [
        (Method::GET, "/api/channel"),
        (Method::GET, "/api/nothing"),
        (Method::POST, "/api/sign-ons"),
        (Method::GET, "/record/checkpoint"),
        (Method::OPTIONS, "/api/channel"),
    ] {
        let one = world.send(method.clone(), path, &[origin], vec![]).await;
        let other = world.send(method, path, &[], vec![]).await;
        assert_eq!(one.headers["access-control-allow-origin"], "*", "{path}");
        assert_eq!(
            one.headers["access-control-expose-headers"], "retry-after",
            "{path}"
        );
        assert!(!one.headers.contains_key("access-control-allow-credentials"));
        assert_eq!((one.status, one.headers), (other.status, other.headers));
    }
    for path in ["/", "/m/x", "/static/manifest.json", "/api", "/nothing"] {
        let page = world.send(Method::OPTIONS, path, &ask, vec![]).await;
        assert!(page.status.is_client_error(), "{path}: {}", page.status);
        let read = world.send(Method::GET, path, &[origin], vec![]).await;
        for headers in [page.headers, read.headers] {
            assert!(
                !headers.contains_key("access-control-allow-origin"),
                "{path}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_dawdle_are_ended_and_shutdown_is_graceful() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(serve(listener, world.router.clone(), stopped));

    let mut whole = TcpStream::connect(address).await.unwrap();
    whole
        .write_all(
            b"GET /api/channel HTTP/1.1\r\nhost: x\r\ncookie: a=b\r\nconnection: close\r\n\r\n",
        )
        .await
        .unwrap();
    let mut answer = String::new();
    whole.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("set-cookie"));

    // A head too long, and a body whose rest does not come.
    let mut long = TcpStream::connect(address).await.unwrap();
    let _ = long
        .write_all(format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(100_000)).as_bytes())
        .await;
    let mut answer = Vec::new();
    let _ = long.read_to_end(&mut answer).await;
    assert!(
        answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"POST /api/session HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{")
        .await
        .unwrap();
    let mut answer = String::new();
    let read =
        tokio::time::timeout(Duration::from_secs(20), slow.read_to_string(&mut answer)).await;
    assert!(read.is_ok(), "a body that does not come is not waited for");
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");

    stop.send_replace(true);
    tokio::time::timeout(Duration::from_secs(5), server)
        .await
        .unwrap()
        .unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
