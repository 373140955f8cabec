//! Those who take their time.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use demur_bench::http::{Connection, Wire};

use super::Target;

/// More than the server takes at the same time (1,024).
const IDLE: usize = 1_200;

/// More than the requests that are worked on at the same time (128).
const SLOW: usize = 300;

/// When the server must have ended what says nothing: 10 s for a head, as much for the next part of a body, and some.
const ENDED: Duration = Duration::from_secs(25);

/// Whether the server has ended the connection by now; whatever it had said before is read.
fn ended(stream: &mut TcpStream) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

fn until_ended(mut streams: Vec<TcpStream>, start: Instant) -> Result<Duration> {
    for stream in &streams {
        stream.set_nonblocking(true)?;
    }
    while !streams.is_empty() {
        streams.retain_mut(|stream| !ended(stream));
        ensure!(
            start.elapsed() < ENDED,
            "{} connections are still held",
            streams.len()
        );
        thread::sleep(Duration::from_millis(50));
    }
    Ok(start.elapsed())
}

fn ask(address: SocketAddr) -> Result<Duration> {
    let start = Instant::now();
    let wire = Wire(b"GET /api/channel HTTP/1.1\r\nhost: localhost\r\n\r\n".to_vec());
    let answer = Connection::open(address)?.send(&wire, 1 << 20)?;
    ensure!(
        answer.status == 200,
        "an ordinary request got {}",
        answer.status
    );
    Ok(start.elapsed())
}

/// Connections that say nothing, or never end their head.
pub(super) fn heads(target: &mut Target) -> Result<String> {
    let address = target.address();
    let start = Instant::now();
    let mut streams = Vec::new();
    for n in 0..IDLE {
        let mut stream = TcpStream::connect(address)?;
        if n % 2 == 0 {
            stream.write_all(b"GET /api/channel HTTP/1.1\r\nhost: x\r\nx: ")?;
        }
        streams.push(stream);
    }
    // Who comes now waits until the first of these are ended.
    let waited = ask(address)?;
    let ended = until_ended(streams, start)?;
    Ok(format!(
        "{IDLE} connections, all ended within {:.1} s; an ordinary request in between waited {:.1} s",
        ended.as_secs_f64(),
        waited.as_secs_f64()
    ))
}

/// Bodies of which a part comes, and no more: they hold none of the places of others.
pub(super) fn bodies(target: &mut Target) -> Result<String> {
    let address = target.address();
    let start = Instant::now();
    let mut streams = Vec::new();
    for n in 0..SLOW {
        let mut stream = TcpStream::connect(address)?;
        let path = ["/api/sign-ons", "/api/versions", "/api/session"][n % 3];
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 200000\r\n\r\n{{\"salt\":");
        stream.write_all(head.as_bytes())?;
        streams.push(stream);
    }
    let roster = b"PUT /api/editions/1 HTTP/1.1\r\nhost: x\r\ncontent-length: 60000000\r\n\r\n{";
    for _ in 0..8 {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(roster)?;
        streams.push(stream);
    }
    let mut longest = Duration::ZERO;
    for _ in 0..20 {
        longest = longest.max(ask(address)?);
    }
    ensure!(
        longest < Duration::from_secs(2),
        "an ordinary request waited {longest:?}"
    );
    // The registrar's path has places, too: a whole body is judged at once.
    let whole = b"PUT /api/editions/1 HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let answer = super::raw::send(address, whole)?;
    ensure!(
        super::raw::statuses(&answer) == [400],
        "{:?}",
        super::raw::statuses(&answer)
    );
    let ended = until_ended(streams, start)?;
    Ok(format!(
        "{} bodies, all ended within {:.1} s; ordinary requests in between took at most {} ms",
        SLOW + 8,
        ended.as_secs_f64(),
        longest.as_millis()
    ))
}
