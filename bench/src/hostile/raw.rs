//! Bytes to the server, whatever they are.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use anyhow::Result;

/// How long an answer is waited for: longer than any limit of the server for a request that has come whole.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most that is read of an answer, in bytes.
const MAX_ANSWER: u64 = 16 << 20;

/// How long nothing may come after an answer until it counts as the last.
const QUIET: Duration = Duration::from_millis(300);

/// Sends the bytes on a connection of their own and reads until the server ends it or says nothing more.
///
/// # Errors
/// When nobody listens, or the connection is open after a while without an answer.
pub(super) fn send(address: SocketAddr, bytes: &[u8]) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(QUIET))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // The server may end the connection before it has read everything: that is an answer, too.
    let _ = stream.write_all(bytes);
    let start = Instant::now();
    let (mut answer, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(answer),
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return Ok(answer),
            Err(_) if !statuses(&answer).is_empty() => return Ok(answer),
            // It may wait for more: there is none. (Not before, as a server gives up a request whose sender has gone.)
            Err(_) if start.elapsed() > Duration::from_secs(2) => {
                let _ = stream.shutdown(Shutdown::Write);
                if start.elapsed() > PATIENCE {
                    anyhow::bail!("no answer and no end within {PATIENCE:?}");
                }
            }
            Err(_) => {}
        }
    }
}

/// Reads until the server ends the connection.
///
/// # Errors
/// When it is still open after a while.
pub(super) fn read_to_end(stream: TcpStream) -> Result<Vec<u8>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut answer = Vec::new();
    match stream.take(MAX_ANSWER).read_to_end(&mut answer) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            anyhow::bail!("the connection is still open after {PATIENCE:?}")
        }
        // Ended with or without a reset: what was read before counts.
        _ => Ok(answer),
    }
}

/// The statuses of the answers on a connection, in order.
pub(super) fn statuses(answer: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(answer);
    text.split("HTTP/1.1 ")
        .skip(1)
        .filter_map(|rest| rest.get(..3)?.parse().ok())
        .collect()
}
