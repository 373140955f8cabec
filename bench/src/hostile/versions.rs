//! An author who never stops amending.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use demur_bench::http::Wire;
use demur_client::{
    api::{PostVersion, Problem},
    calls,
};
use demur_encoding::{Bytes, sha256};
use demur_record::event::Version;

use super::Target;

/// What the server takes of one memo.
const TAKEN: u32 = 1_000;

/// The versions of the first memo that was made beforehand, up to the last that is taken, and on.
pub(super) fn ten_thousand(target: &mut Target) -> Result<String> {
    let (until, last) = if target.args.short {
        (150, 150)
    } else {
        (TAKEN, 10_000)
    };
    let made = target.cache.memos(1)?.remove(0);
    let http = target.http();
    for wire in [&made.opening, &made.version] {
        let answer = http.wire(wire, 1 << 20)?;
        ensure!(
            answer.status == 200,
            "{}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
    }
    let mut body = made.first.event.body.clone();
    let (mut refused, mut busy) = (0, 0);
    let (mut first, mut slowest) = (Duration::ZERO, Duration::ZERO);
    for number in 2..=last {
        let sealed = format!("sealed version {number}").into_bytes();
        let mut next = body.clone();
        next.number = number;
        next.previous = Some(body.hash()?);
        next.content_root = sha256(&sealed);
        next.sealed = sha256(&sealed);
        let signed = next.sign(&made.my.keys.sign.key())?;
        let post = PostVersion {
            salt: sha256(&signed.signature.0),
            event: Version {
                v: 1,
                body: signed.body.clone(),
                author: signed.author,
                signature: signed.signature,
            },
            sealed: Bytes(sealed),
        };
        let wire = Wire::of(calls::version(&post).request());
        let start = Instant::now();
        loop {
            let answer = http.wire(&wire, 1 << 20)?;
            match answer.status {
                200 if number <= TAKEN => {
                    body = signed.body;
                    break;
                }
                // More than the batches can hold by the promised time: after the next there is room.
                503 => {
                    busy += 1;
                    thread::sleep(Duration::from_millis(200));
                }
                422 if number > TAKEN => {
                    let problem: Problem = serde_json::from_slice(&answer.body)?;
                    ensure!(problem.code == "too-many", "{problem:?}");
                    refused += 1;
                    break;
                }
                status => bail!(
                    "version {number}: {status} {}",
                    String::from_utf8_lossy(&answer.body)
                ),
            }
        }
        let took = start.elapsed();
        if number == 2 {
            first = took;
        }
        if number <= until {
            slowest = slowest.max(took);
        }
    }
    Ok(format!(
        "{} taken, {refused} refused, told {busy} times to come again; the second took {} ms, the slowest {} ms",
        last.min(TAKEN),
        first.as_millis(),
        slowest.as_millis()
    ))
}
