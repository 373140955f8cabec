//! The pages that the program serves by itself, over a real channel's server with an ear in between.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

const ORIGIN: &str = "rivers.example/dissent";
const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const MEMO: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A program that runs until this is dropped, and the address that it printed.
struct Running {
    child: Child,
    url: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn demur(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_demur"));
    command
        .args(args)
        .env("DEMUR_HOME", home)
        .env("DEMUR_PASSPHRASE", "a passphrase for tests")
        .env_remove("DEMUR_PROXY");
    command
}

fn run(home: &Path, args: &[&str]) -> String {
    let done = demur(home, args).output().unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(
        done.status.success(),
        "{args:?}: {text}{}",
        String::from_utf8_lossy(&done.stderr)
    );
    text
}

fn start(home: &Path, args: &[&str]) -> Running {
    let mut child = demur(home, args)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let at = line
        .find("http://")
        .unwrap_or_else(|| panic!("{args:?}: {line}"));
    let mut url = line[at..].trim_end().to_owned();
    // `serving the pages of URL on URL`.
    if let Some(at) = url.find(" on ") {
        url = url[at + 4..].to_owned();
    }
    Running { child, url }
}

/// Passes on what it is sent, and keeps what was asked.
fn ear(server: String) -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heard);
    thread::spawn(move || {
        for asking in listener.incoming().map_while(Result::ok) {
            let answering = TcpStream::connect(server.trim_start_matches("http://")).unwrap();
            let (mut from, mut to) = (asking.try_clone().unwrap(), answering.try_clone().unwrap());
            let kept = Arc::clone(&kept);
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(n @ 1..) = from.read(&mut buffer) {
                    kept.lock().unwrap().extend_from_slice(&buffer[..n]);
                    if to.write_all(&buffer[..n]).is_err() {
                        return;
                    }
                }
                let _ = to.shutdown(std::net::Shutdown::Write);
            });
            thread::spawn(move || std::io::copy(&mut &answering, &mut &asking));
        }
    });
    (url, heard)
}

fn get(address: &str, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn address(url: &str) -> &str {
    let rest = url.strip_prefix("http://").unwrap();
    rest.split('/').next().unwrap()
}

#[test]
fn the_programs_own_pages_ask_for_the_record_and_for_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let mut lines = Vec::new();
    for role in ["office", "recovery", "overseer", "registrar"] {
        let home = dir.path().join(role);
        let line = run(&home, &["key", "new", "--role", role, "--origin", ORIGIN]);
        lines.push(line.lines().last().unwrap().trim().to_owned());
    }
    let data = path("data");
    let init = [
        "channel",
        "init",
        "--data",
        &data,
        "--origin",
        ORIGIN,
        "--profile",
        "demo",
        "--office",
        &lines[0],
        "--recovery",
        &lines[1],
        "--overseer",
        &lines[2],
        "--registrar",
        &lines[3],
    ];
    run(dir.path(), &init);
    let server = start(
        dir.path(),
        &["serve", "--data", &data, "--listen", "127.0.0.1:0"],
    );
    // The first batch.
    let mut tries = 0;
    while !get(address(&server.url), "/record/checkpoint", "x").starts_with("HTTP/1.1 200") {
        tries += 1;
        assert!(tries < 600, "no checkpoint is published");
        thread::sleep(std::time::Duration::from_millis(100));
    }
    let (channel, heard) = ear(server.url.clone());
    let policy = path("data/policy");
    let home = dir.path().join("reader");
    run(&home, &["trust", "--server", &channel, "--policy", &policy]);

    let link = format!("{channel}/m/{MEMO}#{SECRET}");
    let own = start(&home, &["open", "--no-browser", &link]);
    assert!(own.url.ends_with(&format!("/m/{MEMO}")), "{}", own.url);
    let here = address(&own.url).to_owned();
    for (page, status) in [
        ("/", 200),
        ("/entries", 200),
        ("/desk", 200),
        (&*format!("/m/{MEMO}"), 404),
    ] {
        let answer = get(&here, page, &here);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{page}: {answer}"
        );
        assert!(
            answer.contains("This page came from the program on this machine"),
            "{page}"
        );
        assert!(!answer.to_ascii_lowercase().contains("set-cookie"));
    }
    assert!(get(&here, "/desk", &here).contains(&format!("data-api=\"{channel}\"")));
    assert!(get(&here, "/", "evil.example").starts_with("HTTP/1.1 421"));
    // What the pages ask of the channel the program asks, and hands on nothing of what a browser adds.
    let browser = "sec-fetch-site: same-origin\r\nuser-agent: Mozilla/5.0\r\naccept-language: de-CH\r\ncookie: a=b";
    let asks = |origin: &str| {
        let host = format!("{here}\r\norigin: {origin}\r\n{browser}");
        get(&here, "/api/channel", &host)
    };
    let told = asks(&format!("http://{here}"));
    assert!(
        told.starts_with("HTTP/1.1 200") && told.contains(ORIGIN),
        "{told}"
    );
    assert!(asks("http://evil.example").starts_with("HTTP/1.1 403"));
    drop(own);
    // What a browser keeps belongs to the address: the next time it is the same.
    let again = start(&home, &["open", "--no-browser"]);
    assert_eq!(again.url, format!("http://{here}/"));
    drop(again);

    let other = start(
        dir.path(),
        &[
            "serve",
            "--pages-for",
            &channel,
            "--policy",
            &policy,
            "--listen",
            "127.0.0.1:0",
        ],
    );
    let answer = get(address(&other.url), "/desk", "union.example");
    assert!(
        answer.contains("This page came from another server than the channel's"),
        "{answer}"
    );
    drop(other);

    // A link of another channel is not opened with this home's trust.
    let foreign = format!("https://elsewhere.example/m/{MEMO}#{SECRET}");
    let refused = demur(&home, &["open", "--no-browser", &foreign])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(
        told.contains("elsewhere.example") && !told.contains(SECRET),
        "{told}"
    );

    let heard = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
    assert!(!heard.contains(SECRET) && !heard.contains(MEMO));
    let asked: Vec<&str> = heard
        .lines()
        .filter(|line| line.ends_with("HTTP/1.1"))
        .collect();
    assert!(asked.len() >= 4, "{heard}");
    let of_pages = "GET /api/channel HTTP/1.1";
    for line in &asked {
        assert!(
            line.starts_with("GET /record/") || *line == of_pages,
            "{line}"
        );
    }
    assert_eq!(asked.iter().filter(|line| **line == of_pages).count(), 1);
    assert!(!heard.contains("Mozilla") && !heard.contains("de-CH"));
    for line in heard.lines() {
        let name = line
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        assert!(
            ![
                "cookie",
                "authorization",
                "referer",
                "demur-access",
                "origin",
                "sec-fetch-site",
                "accept-language"
            ]
            .contains(&&*name),
            "{line}"
        );
    }
}
