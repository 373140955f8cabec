//! A relay between browsers and server that writes down what goes over it.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// One request and its answer, as they were on the wire.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// `POST /api/sign-ons`, without the protocol.
    pub line: String,
    /// All header lines, as they came.
    pub headers: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
    /// What came back, if it came.
    pub answer: Option<Answer>,
    /// Where it began in what its connection sent.
    pub at: usize,
}

/// What came back for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// How many bytes it had on the wire, its head included.
    pub size: usize,
}

impl Exchange {
    /// Whether any part of the request holds `text`, whatever its case.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let inside = |part: &str| part.to_lowercase().contains(&text);
        inside(&self.line)
            || self.headers.iter().any(|header| inside(header))
            || inside(&String::from_utf8_lossy(&self.body))
    }

    /// The values of a header.
    pub fn header<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e str> {
        self.headers.iter().filter_map(move |line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What was sent so far, by connection.
#[derive(Debug, Clone, Default)]
pub struct Wire {
    connections: Arc<Mutex<Vec<Connection>>>,
    /// Counts what was read from any browser.
    clock: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
struct Connection {
    /// Where in `sent` something new began, and when, by the clock of all connections.
    reads: Vec<(usize, u64)>,
    sent: Vec<u8>,
    received: Vec<u8>,
}

impl Wire {
    /// Relays from a new port on this machine to `server`; returns the address.
    ///
    /// # Errors
    /// When there is no port.
    pub async fn relay(server: String) -> anyhow::Result<(Self, String)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let wire = Self::default();
        let kept = wire.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (wire, server) = (kept.clone(), server.clone());
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        wire.carry(client, server).await;
                    }
                });
            }
        });
        Ok((wire, address))
    }

    async fn carry(&self, client: TcpStream, server: TcpStream) {
        let number = {
            let mut all = self
                .connections
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            all.push(Connection::default());
            all.len() - 1
        };
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        let up = async {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(n @ 1..) = from_client.read(&mut buffer).await {
                let when = self.clock.fetch_add(1, Ordering::Relaxed);
                self.note(number, |c| {
                    c.reads.push((c.sent.len(), when));
                    c.sent.extend_from_slice(&buffer[..n]);
                });
                if to_server.write_all(&buffer[..n]).await.is_err() {
                    break;
                }
            }
            let _ = to_server.shutdown().await;
        };
        let down = async {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(n @ 1..) = from_server.read(&mut buffer).await {
                self.note(number, |c| c.received.extend_from_slice(&buffer[..n]));
                if to_client.write_all(&buffer[..n]).await.is_err() {
                    break;
                }
            }
            let _ = to_client.shutdown().await;
        };
        tokio::join!(up, down);
    }

    fn note(&self, number: usize, change: impl FnOnce(&mut Connection)) {
        let mut all = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = all.get_mut(number) {
            change(connection);
        }
    }

    /// Forgets what was sent; connections that are open go on.
    pub fn clear(&self) {
        let mut all = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for connection in all.iter_mut() {
            connection.reads.clear();
            connection.sent.clear();
            connection.received.clear();
        }
    }

    /// Every request that was sent whole, with what came back for it, in the order in which they began.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        let all = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let of = |connection: &Connection| {
            let mut requests = requests(&connection.sent);
            answers(&connection.received, &mut requests);
            let when = |at: usize| {
                let before = connection.reads.partition_point(|(from, _)| *from <= at);
                { before.checked_sub(1) }.map(|read| connection.reads[read].1)
            };
            requests
                .into_iter()
                .map(|e| (when(e.at), e))
                .collect::<Vec<_>>()
        };
        let mut exchanges: Vec<_> = all.iter().flat_map(of).collect();
        exchanges.sort_by_key(|(when, _)| *when);
        exchanges.into_iter().map(|(_, e)| e).collect()
    }
}

/// The end of a head, and its lines.
fn head(bytes: &[u8]) -> Option<(usize, String)> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    Some((end + 4, String::from_utf8_lossy(&bytes[..end]).into_owned()))
}

fn named<'h>(headers: &'h [String], name: &str) -> Option<&'h str> {
    headers.iter().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn requests(mut bytes: &[u8]) -> Vec<Exchange> {
    let whole = bytes.len();
    let mut all = Vec::new();
    while let Some((end, head)) = head(bytes) {
        let mut lines = head.split("\r\n");
        let line = lines.next().unwrap_or_default();
        let line = line
            .rsplit_once(' ')
            .map_or(line, |(line, _)| line)
            .to_owned();
        let headers: Vec<String> = lines.map(str::to_owned).collect();
        let at = whole - bytes.len();
        bytes = &bytes[end..];
        let length = named(&headers, "content-length").and_then(|n| n.parse::<usize>().ok());
        let length = length.unwrap_or(0).min(bytes.len());
        let body = bytes[..length].to_vec();
        bytes = &bytes[length..];
        all.push(Exchange {
            line,
            headers,
            body,
            answer: None,
            at,
        });
    }
    all
}

/// The answers to these requests, as far as they came: browsers ask for the next only after the last has come.
fn answers(mut bytes: &[u8], requests: &mut [Exchange]) {
    for request in requests {
        let Some((end, head)) = head(bytes) else {
            return;
        };
        let mut lines = head.split("\r\n").map(str::to_owned);
        let status = lines.next().unwrap_or_default();
        let status = status.split(' ').nth(1).and_then(|n| n.parse().ok());
        let headers: Vec<String> = lines.collect();
        let rest = &bytes[end..];
        let length = if named(&headers, "transfer-encoding") == Some("chunked") {
            chunked(rest)
        } else {
            named(&headers, "content-length").and_then(|n| n.parse().ok())
        };
        let body = length.unwrap_or(0).min(rest.len());
        request.answer = status.map(|status| Answer {
            status,
            size: end + body,
        });
        bytes = &rest[body..];
    }
}

/// How long a body in chunks is, its framing included; `None` when it is not whole.
fn chunked(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = bytes.get(at..)?.windows(2).position(|w| w == b"\r\n")?;
        let size = str::from_utf8(&bytes[at..at + line]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        at += line + 2 + size + 2;
        if size == 0 {
            return (at <= bytes.len()).then_some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart() {
        let sent = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST /x HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcGET /y HTTP/1.1\r\n\r\n";
        let all = requests(sent);
        let lines: Vec<&str> = all.iter().map(|e| e.line.as_str()).collect();
        assert_eq!(lines, ["GET /", "POST /x", "GET /y"]);
        assert_eq!(all[1].body, b"abc");
        assert_eq!(all.iter().map(|e| e.at).collect::<Vec<_>>(), [0, 27, 69]);
        assert!(all[1].holds("ABC") && !all[0].holds("abc"));
        assert_eq!(all[0].header("host").collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn requests_stand_in_the_order_in_which_they_began() {
        let wire = Wire::default();
        let get = |path: &str| format!("GET {path} HTTP/1.1\r\n\r\n").into_bytes();
        let sent = [get("/a"), get("/d"), get("/b"), get("/c")];
        let connection = |first: usize, second: usize, reads: [u64; 2]| Connection {
            reads: vec![(0, reads[0]), (sent[first].len(), reads[1])],
            sent: [sent[first].clone(), sent[second].clone()].concat(),
            received: Vec::new(),
        };
        let both = vec![connection(0, 1, [0, 3]), connection(2, 3, [1, 2])];
        *wire.connections.lock().unwrap() = both;
        let lines = wire.exchanges().into_iter().map(|e| e.line);
        let lines: Vec<String> = lines.collect();
        assert_eq!(lines, ["GET /a", "GET /b", "GET /c", "GET /d"]);
    }

    #[test]
    fn answers_are_told_apart() {
        let sent = b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\nGET /d HTTP/1.1\r\n\r\n";
        let mut all = requests(sent);
        let first = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc";
        let second = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let third = b"HTTP/1.1 304 Not Modified\r\n\r\n";
        let came = [&first[..], second, third, b"HTTP/1.1 2"].concat();
        answers(&came, &mut all);
        let sizes: Vec<_> = all
            .iter()
            .map(|e| e.answer.map(|a| (a.status, a.size)))
            .collect();
        let whole = |status, bytes: &[u8]| Some((status, bytes.len()));
        assert_eq!(
            sizes,
            [
                whole(200, first),
                whole(200, second),
                whole(304, third),
                None
            ]
        );
    }
}
