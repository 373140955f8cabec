//! Sign-ons whose proofs are wrong, by the hundred, while members sign.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use demur_bench::{
    http::{Http, Wire},
    machine,
};
use demur_client::calls;

use super::Target;

/// How many members sign meanwhile.
pub(super) const VALID: usize = 40;

/// How many who send wrong proofs at the same time.
const SENDERS: usize = 64;

/// How often a member sends again who is told to come again.
const TRIES: usize = 60;

pub(super) fn proofs(target: &mut Target) -> Result<String> {
    let seconds = if target.args.short { 5 } else { 30 };
    let all = target.cache.sign_ons(VALID)?;
    // Each wrong in another byte, so that none is answered from what was seen before.
    let wrong: Vec<Wire> = (0..512_usize)
        .map(|n| {
            let mut post = all[n % VALID].post.clone();
            post.event.proofs[0].0[n] ^= 1;
            Wire::of(calls::sign_on(&post).request())
        })
        .collect();
    let address = target.address();
    let pid = target.channel.server()?.pid();
    let before = machine::processor_time(pid)?;
    let (stop, refused, busy) = (
        AtomicBool::new(false),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let start = Instant::now();
    let waited = thread::scope(|scope| -> Result<Vec<Duration>> {
        for sender in 0..SENDERS {
            let (wrong, stop, refused, busy) = (&wrong, &stop, &refused, &busy);
            scope.spawn(move || {
                let http = Http::new(address);
                for wire in wrong.iter().cycle().skip(sender * 8) {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    match http.wire(wire, 1 << 20).map(|answer| answer.status) {
                        Ok(422) => refused.fetch_add(1, Ordering::Relaxed),
                        _ => busy.fetch_add(1, Ordering::Relaxed),
                    };
                }
            });
        }
        let signed = sign(address, &all, Duration::from_secs(seconds));
        stop.store(true, Ordering::Relaxed);
        signed
    })?;
    let (elapsed, used) = (
        start.elapsed(),
        machine::processor_time(pid)?.saturating_sub(before),
    );
    let mut waited = waited;
    waited.sort_unstable();
    let refused = refused.load(Ordering::Relaxed);
    ensure!(refused > 0, "no wrong proof was refused");
    Ok(format!(
        "{refused} wrong proofs refused ({:.0} a second, {:.1} of the server's processor seconds a second), {} told to come again; \
         {VALID} of {VALID} valid sign-ons taken, waiting {} ms in the median and {} ms at most",
        refused as f64 / elapsed.as_secs_f64(),
        used.as_secs_f64() / elapsed.as_secs_f64(),
        busy.load(Ordering::Relaxed),
        waited[waited.len() / 2].as_millis(),
        waited[waited.len() - 1].as_millis(),
    ))
}

/// Members sign one after the other, spread over the time.
fn sign(
    address: std::net::SocketAddr,
    all: &[demur_bench::cache::MadeSignOn],
    over: Duration,
) -> Result<Vec<Duration>> {
    let http = Http::new(address);
    let mut waited = Vec::new();
    for made in all {
        let start = Instant::now();
        let mut tries = 0;
        loop {
            let answer = http.wire(&made.wire, 1 << 20)?;
            match answer.status {
                200 => break,
                503 if tries < TRIES => thread::sleep(Duration::from_millis(100)),
                status => bail!(
                    "a valid sign-on got {status}: {}",
                    String::from_utf8_lossy(&answer.body)
                ),
            }
            tries += 1;
        }
        waited.push(start.elapsed());
        thread::sleep(over / u32::try_from(all.len())?);
    }
    Ok(waited)
}
