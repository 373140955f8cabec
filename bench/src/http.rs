//! HTTP/1.1 over one connection that is kept: as little work as a client can have, since it shares the cores with the
//! server that it measures.

use std::{
    cell::RefCell,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use demur_client::transport::{Request, Response, Transport, TransportError};
use demur_record::source::{MAX_FILE_BYTES, RecordSource, SourceError};

/// How long an answer may let itself be waited for; longer than the server's own limit.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A connection that was not used for so long may have been ended by the server.
const IDLE: Duration = Duration::from_secs(1);

/// The longest line of an answer's head, in bytes, and the most lines.
const MAX_LINE: u64 = 8 << 10;
const MAX_LINES: usize = 100;

/// A whole request, head and body, as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire(pub Vec<u8>);

impl Wire {
    /// The bytes of a request of `demur-client`.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let mut bytes = Vec::new();
        let mut line = |text: &str| {
            bytes.extend_from_slice(text.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        };
        let (method, path) = (request.method.as_str(), &request.path);
        line(&format!("{method} {path} HTTP/1.1"));
        line("host: localhost");
        for (name, value) in &request.headers {
            line(&format!("{name}: {value}"));
        }
        let body = request.body.as_deref().unwrap_or_default();
        if request.body.is_some() {
            line(&format!("content-length: {}", body.len()));
        }
        line("");
        bytes.extend_from_slice(body);
        Self(bytes)
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        let end = self.0.windows(4).position(|four| four == b"\r\n\r\n");
        end.map_or(&[], |at| &self.0[at + 4..])
    }
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    used: Instant,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
            used: Instant::now(),
        })
    }

    /// Whether a request may be sent. A server ends a connection that is idle for long: that is looked for, so that no
    /// request is lost in one that has ended.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        if self.used.elapsed() < IDLE {
            return true;
        }
        let stream = self.stream.get_ref();
        let quiet = stream.set_nonblocking(true).is_ok()
            && stream
                .peek(&mut [0])
                .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        quiet && stream.set_nonblocking(false).is_ok()
    }

    /// Sends a request and reads its answer, of at most `limit` bytes. After an error the connection is of no use.
    ///
    /// # Errors
    /// When the connection breaks, or the answer is not of the kind that this server gives: with a length, and whole.
    pub fn send(&mut self, wire: &Wire, limit: usize) -> io::Result<Response> {
        self.stream.get_mut().write_all(&wire.0)?;
        let status = self.line()?;
        let status = status
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or_else(|| bad("not an HTTP/1.1 status line"))?;
        let mut length = None;
        for _ in 0..MAX_LINES {
            let line = self.line()?;
            if line.is_empty() {
                let length = length.ok_or_else(|| bad("an answer without a length"))?;
                if length > limit {
                    return Err(bad("a longer answer than is read"));
                }
                let mut body = vec![0; length];
                self.stream.read_exact(&mut body)?;
                self.used = Instant::now();
                return Ok(Response { status, body });
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok();
            }
        }
        Err(bad("a head of too many lines"))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        (&mut self.stream).take(MAX_LINE).read_line(&mut line)?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None if line.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
            None => Err(bad("a line of the head does not end")),
        }
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A server's address; keeps a connection, and makes a new one when that has broken. For one thread.
#[derive(Debug)]
pub struct Http {
    address: SocketAddr,
    kept: RefCell<Option<Connection>>,
}

impl Http {
    /// Of the server that listens there.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self {
            address,
            kept: RefCell::new(None),
        }
    }

    /// Sends a request. Not twice: whether it was carried out is not known when this fails.
    ///
    /// # Errors
    /// When no whole answer came.
    pub fn wire(&self, wire: &Wire, limit: usize) -> io::Result<Response> {
        let mut kept = self.kept.borrow_mut();
        let mut connection = match kept.take().filter(Connection::is_usable) {
            Some(connection) => connection,
            None => Connection::open(self.address)?,
        };
        let response = connection.send(wire, limit)?;
        *kept = Some(connection);
        Ok(response)
    }
}

impl Transport for Http {
    fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let told = |e: io::Error| TransportError(format!("{}: {e}", self.address));
        self.wire(&Wire::of(request), request.limit).map_err(told)
    }
}

impl RecordSource for Http {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, SourceError> {
        let failed = |reason: String| SourceError {
            path: path.to_owned(),
            reason,
        };
        let call = demur_client::calls::record(path, MAX_FILE_BYTES);
        let response = self
            .send(call.request())
            .map_err(|error| failed(error.to_string()))?;
        match response.status {
            200 => Ok(Some(response.body)),
            404 => Ok(None),
            status => Err(failed(format!("status {status}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    /// Answers each connection with `answer`, whatever comes, and ends.
    fn answering(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = [0; 64];
            let _ = stream.read(&mut head).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    fn ask(answer: &'static str) -> io::Result<Response> {
        let http = Http::new(answering(answer));
        http.wire(&Wire(b"GET / HTTP/1.1\r\n\r\n".to_vec()), 10)
    }

    #[test]
    fn answers_are_read_whole_or_not_at_all() {
        let whole = ask("HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\nx: y\r\n\r\n{}").unwrap();
        assert_eq!((whole.status, &whole.body[..]), (409, &b"{}"[..]));
        for bad in [
            "",
            "HTTP/1.1 200",
            "HTTP/1.1 200 OK\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n12345678901",
            "SMTP 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        ] {
            assert!(ask(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_request_is_written_with_its_length() {
        let call = demur_client::calls::record("checkpoint", 10);
        let wire = Wire::of(call.request());
        assert_eq!(
            wire.0,
            b"GET /record/checkpoint HTTP/1.1\r\nhost: localhost\r\n\r\n"
        );
        assert_eq!(wire.body(), b"");
        let mut request = call.request().clone();
        request.body = Some(b"{}".to_vec());
        let wire = Wire::of(&request);
        assert!(wire.0.ends_with(b"content-length: 2\r\n\r\n{}"));
        assert_eq!(wire.body(), b"{}");
    }
}
