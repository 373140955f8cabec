//! Requests that are wrong in themselves.

use std::{
    io::Write as _,
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use super::{
    Target,
    raw::{read_to_end, send, statuses},
};

/// Paths that take a body, one of each size, with more bytes than each takes.
const BODIES: [(&str, &str, usize); 4] = [
    ("POST", "/api/sign-ons", 256 << 10),
    ("POST", "/api/versions", 6 << 20),
    ("PUT", "/api/enrolments/replies", 6 << 20),
    ("PUT", "/api/editions/1", 64 << 20),
];

/// Bodies that are announced as too large are refused before they come; those that are not announced, when they are.
pub(super) fn oversized(target: &mut Target) -> Result<String> {
    let mut refused = 0;
    for (method, path, most) in BODIES {
        for length in [most + 1, usize::MAX >> 1] {
            let head =
                format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
            let start = Instant::now();
            let answer = send(target.address(), head.as_bytes())?;
            ensure!(
                statuses(&answer) == [413],
                "{path}: {:?}",
                statuses(&answer)
            );
            ensure!(
                start.elapsed() < Duration::from_secs(5),
                "{path}: the body was waited for"
            );
            refused += 1;
        }
        // In chunks, without an end.
        let mut stream = TcpStream::connect(target.address())?;
        stream.set_write_timeout(Some(Duration::from_secs(30)))?;
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        let chunk = vec![b'['; 64 << 10];
        // What the system's buffers take does not count as taken: the answer must come, and the end.
        let mut sent = 0;
        while sent < 4 * most {
            let head = format!("{:x}\r\n", chunk.len());
            let parts = [head.as_bytes(), &chunk, b"\r\n"];
            if parts.iter().any(|part| stream.write_all(part).is_err()) {
                break;
            }
            sent += chunk.len();
        }
        let answer = read_to_end(stream)?;
        ensure!(
            matches!(statuses(&answer)[..], [] | [413]),
            "{path}: {:?} after {sent} bytes",
            statuses(&answer)
        );
        refused += 1;
    }
    Ok(format!("{refused} refused"))
}

/// Heads and paths: each is answered with 4xx (or the connection ended), none with a file of the server.
pub(super) fn tricks(target: &mut Target) -> Result<String> {
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").into_bytes();
    let with = |headers: &str| {
        format!("GET /api/office/cases HTTP/1.1\r\nhost: x\r\n{headers}\r\n").into_bytes()
    };
    let mut requests: Vec<Vec<u8>> = Vec::new();
    for path in [
        "/record/../log.key",
        "/record/..%2flog.key",
        "/record/%2e%2e/log.key",
        "/record//log.key",
        "/record/tile/../../log.key",
        "/record/tile/0/..%5c..%5clog.key",
        "/record/./../demur.sqlite",
        "/record/checkpoint/",
        "/record/checkpoint%00",
        "/record/%63heckpoint%2f..%2f..%2flog.key",
        "/record/history/-1",
        "/record/history/99999999999999999999",
        "/record/tile/64/000",
        "/record/tile/0/x999/999.p/999",
        "/static/../log.key",
        "/static/demur.css/../../log.key",
        "/api/../log.key",
        "/api//office/cases",
        "/API/channel",
        "/api/memos/%c3%28",
        "/api/memos/%",
        "/api/memos/%zz",
        "/api/memos/%00",
        "/m/%ff%fe",
        "/m/<script>alert(1)</script>",
        "/api/memos/..;/office/cases",
        "/api/office/cases?/../../channel",
        "/api/editions/01/register",
        "/api/editions/+1",
        "/api/editions/4294967296",
        "/api/bundles/../../log.key",
        "/api/enrolments/\u{202e}",
    ] {
        requests.push(get(path));
    }
    requests.push(get(&format!("/record/{}", "a/".repeat(8_000))));
    requests.push(get(&format!("/{}", "x".repeat(60_000))));
    let many: String = (0..100).map(|n| format!("h{n}: x\r\n")).collect();
    requests.push(with(&many));
    requests.push(with(&format!("x: {}\r\n", "y".repeat(64 << 10))));
    for headers in [
        "authorization: Bearer\r\n",
        "authorization: Bearer \r\n",
        "authorization: Basic YTpi\r\n",
        "authorization: \u{ff}\r\n",
        "authorization: Bearer 0000000000000000000000000000000000000000000000000000000000000000\r\n",
        "cookie: session=0000000000000000000000000000000000000000000000000000000000000000\r\n",
        "x-forwarded-for: 127.0.0.1\r\n",
        "x-original-url: /api/office/cases\r\n",
        "x-http-method-override: DELETE\r\n",
        "host: y\r\n",
        "content-length: 0\r\ncontent-length: 5\r\n",
        "content-length: -1\r\n",
        "content-length: 0x10\r\n",
        "transfer-encoding: chunked, identity\r\ncontent-length: 5\r\n",
        "transfer-encoding: x\r\n",
        " folded: x\r\n",
        "x : y\r\n",
        "no colon\r\n",
        "x: a\0b\r\n",
        "expect: 200-ok\r\n",
        "upgrade: h2c\r\nconnection: upgrade\r\n",
        "connection: close, x\r\n",
    ] {
        requests.push(with(headers));
    }
    for raw in [
        "",
        "\r\n\r\n",
        "GET",
        "GET /\r\n\r\n",
        "GET / HTTP/0.9\r\n\r\n",
        "GET / HTTP/3.0\r\n\r\n",
        "G\0T / HTTP/1.1\r\nhost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "CONNECT localhost:22 HTTP/1.1\r\nhost: x\r\n\r\n",
        "TRACE /api/channel HTTP/1.1\r\nhost: x\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET http://localhost/api/office/cases HTTP/1.1\r\nhost: x\r\n\r\n",
        "BREW /api/channel HTTP/1.1\r\nhost: x\r\n\r\n",
        "get /api/channel HTTP/1.1\r\nhost: x\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}",
    ] {
        requests.push(raw.as_bytes().to_vec());
    }
    // Two lengths, and chunks beside a length: what follows must not be read as a request of its own.
    let smuggled = "0\r\n\r\nGET /api/channel HTTP/1.1\r\nhost: x\r\n\r\n";
    for headers in [
        format!(
            "content-length: {}\r\ntransfer-encoding: chunked\r\n",
            smuggled.len()
        ),
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\ncontent-length: 4\r\n"
            .to_owned(),
        "transfer-encoding:\x0bchunked\r\ncontent-length: 4\r\n".to_owned(),
    ] {
        requests.push(
            format!("POST /api/sign-ons HTTP/1.1\r\nhost: x\r\n{headers}\r\n{smuggled}")
                .into_bytes(),
        );
    }
    let secret = std::fs::read(target.channel.data().join("log.key")).context("log.key")?;
    let secret = secret.trim_ascii();
    let (mut refused, mut ended) = (0, 0);
    let smuggling = requests.len() - 3;
    for (i, request) in requests.iter().enumerate() {
        let told = || String::from_utf8_lossy(&request[..request.len().min(120)]).into_owned();
        let answer = send(target.address(), request)?;
        ensure!(
            !answer.windows(secret.len()).any(|part| part == secret)
                && !answer.windows(6).any(|part| part == b"SQLite"),
            "{}: a file of the server was given out",
            told()
        );
        ensure!(
            i < smuggling || statuses(&answer).len() <= 1,
            "{}: what followed the body was taken for a request",
            told()
        );
        match statuses(&answer)[..] {
            [] => ended += 1,
            [status, ..] if status < 500 => refused += 1,
            ref other => anyhow::bail!("{}: {other:?}", told()),
        }
    }
    Ok(format!(
        "{} tried: {refused} answered below 500, {ended} connections ended without an answer",
        requests.len()
    ))
}

/// Bodies that are no JSON, or JSON of no form.
pub(super) fn bodies(target: &mut Target) -> Result<String> {
    let deep = |open: &str, close: &str| {
        format!("{}1{}", open.repeat(100_000), close.repeat(100_000)).into_bytes()
    };
    let mut bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"null".to_vec(),
        b"\xff\xfe{}".to_vec(),
        b"{\"salt\":\"\xc3\x28\"}".to_vec(),
        b"\xed\xa0\x80".to_vec(),
        b"{\"salt\":\"\\ud800\"}".to_vec(),
        b"{\"a\":1,\"a\":2}".to_vec(),
        b"1e999999".to_vec(),
        b"-0".to_vec(),
        format!("[{}]", "1,".repeat(100_000)).into_bytes(),
        b"{\"request\":{}}".to_vec(),
        b"\0".repeat(1_000),
        deep("[", "]"),
        deep("{\"a\":", "}"),
        format!("{{\"{}\":1}}", "k".repeat(200_000)).into_bytes(),
        format!("{{\"entry\":{}}}", "{\"type\":\"keys\",".repeat(1_000)).into_bytes(),
    ];
    bodies.push(format!("{}", u128::MAX).into_bytes());
    let paths = super::calls::with_bodies(target)?;
    let mut refused = 0;
    for (method, path) in &paths {
        for body in &bodies {
            let mut request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len()).into_bytes();
            request.extend_from_slice(body);
            let answer = send(target.address(), &request)?;
            let statuses = statuses(&answer);
            ensure!(
                statuses.iter().all(|status| (400..500).contains(status)) && statuses.len() == 1,
                "{method} {path}: {statuses:?} for {:?}",
                String::from_utf8_lossy(&body[..body.len().min(60)])
            );
            refused += 1;
        }
    }
    Ok(format!("{refused} refused on {} paths", paths.len()))
}
