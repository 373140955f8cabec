//! A witness that lies: over C2SP tlog-witness, with the key of one that the channel trusts.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};
use demur_bench::now;
use demur_encoding::Digest;
use demur_record::{checkpoint::cosign, keys::WitnessSigner, witness::MAX_REQUEST_BYTES};
use ed25519_dalek::SigningKey;
use serde::Deserialize;

/// How it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// A cosignature with a wrong signature.
    Signature,
    /// One that is dated a year ahead.
    Future,
    /// That it knows the log at one entry only, whatever is proved to it.
    Smaller,
    /// That it has cosigned more than there is.
    Larger,
    /// Half an answer, and then nothing.
    Silence,
}

impl Lie {
    pub(super) const ALL: [Self; 5] = [
        Self::Signature,
        Self::Future,
        Self::Smaller,
        Self::Larger,
        Self::Silence,
    ];

    pub(super) const fn what(self) -> &'static str {
        match self {
            Self::Signature => "gives a wrong signature",
            Self::Future => "dates its cosignature a year ahead",
            Self::Smaller => "says that it knows a smaller tree",
            Self::Larger => "says that it knows a larger tree",
            Self::Silence => "begins an answer and does not end it",
        }
    }
}

/// It runs until it is dropped.
#[derive(Debug)]
pub(super) struct Liar {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

/// As `demur witness` keeps it.
#[derive(Deserialize)]
struct KeyFile {
    name: String,
    seed: Digest,
}

impl Liar {
    /// With the key of the witness in that folder.
    pub(super) fn start(folder: &Path, lie: Lie) -> Result<Self> {
        let key: KeyFile = serde_json::from_slice(&fs::read(folder.join("witness.key"))?)?;
        let signer = WitnessSigner::new(&key.name, SigningKey::from_bytes(key.seed.as_bytes()))?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(AtomicUsize::new(0));
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                counted.fetch_add(1, Ordering::Relaxed);
                // A connection that breaks is the server's business.
                let _ = stream.map(|stream| answer(stream, &signer, lie));
            }
        });
        Ok(Self {
            address,
            stop,
            asked,
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often it was asked.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread, which then ends.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

fn answer(stream: TcpStream, signer: &WitnessSigner, lie: Lie) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        (&mut reader).take(8 << 10).read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse::<usize>()?.min(MAX_REQUEST_BYTES);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let at = body.windows(2).position(|two| two == b"\n\n");
    let note = &body[at.context("no note")? + 2..];
    let (status, body) = match lie {
        Lie::Signature => ("200 OK", wrong(cosign(note, signer.at(now()))?)),
        Lie::Future => ("200 OK", cosign(note, signer.at(now().plus(366 * 86_400)))?),
        Lie::Smaller => ("409 Conflict", b"1\n".to_vec()),
        Lie::Larger => ("409 Conflict", b"1000000\n".to_vec()),
        Lie::Silence => ("200 OK", Vec::new()),
    };
    let stream = reader.get_mut();
    let length = if lie == Lie::Silence { 200 } else { body.len() };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)?;
    if lie == Lie::Silence {
        thread::sleep(Duration::from_secs(3));
    }
    Ok(())
}

/// The line with another letter in its signature.
fn wrong(mut line: Vec<u8>) -> Vec<u8> {
    // The last ten letters of the line are of the signature itself, before the line's end and any padding.
    if let Some(letter) = line.iter_mut().rev().nth(10) {
        *letter = if *letter == b'A' { b'B' } else { b'A' };
    }
    line
}
