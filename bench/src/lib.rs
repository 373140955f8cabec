//! A harness around the real program: a fresh channel in a folder, `demur serve` and `demur witness` as processes of their
//! own, members with secrets, memos, requests made beforehand, and what the server promised held against its record.
//!
//! In scope: what the campaigns of docs/load.md and docs/kills.md need and others may build on. Out of scope: anything
//! that ships; tests of single crates. Everything here listens on and connects to loopback addresses only.
//!
//! The harness sees the server as a stranger does: HTTP, the public record, the process table. Where it plays a person,
//! it is `demur-client` that does the person's work.

pub mod cache;
pub mod channel;
pub mod http;
pub mod ledger;
pub mod machine;
pub mod memo;
pub mod program;
pub mod roster;
pub mod stats;

use std::{
    num::NonZeroUsize,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use demur_encoding::Time;

/// Now, by this machine's clock.
#[must_use]
pub fn now() -> Time {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Time::from_unix(since.as_secs())
}

/// The operating system's random numbers.
#[must_use]
pub fn rng() -> rand_core::UnwrapErr<getrandom::SysRng> {
    rand_core::UnwrapErr(getrandom::SysRng)
}

/// As many threads as there are cores.
#[must_use]
pub fn threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
