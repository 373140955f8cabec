//! The server's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use demur_encoding::Time;

/// What the server asks for the time, so that tests can set it.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Time;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        set_by_hand(Time::from_unix(since.as_secs()))
    }
}

#[cfg(not(debug_assertions))]
const fn set_by_hand(now: Time) -> Time {
    now
}

/// In a debug build: wrong by as many seconds as a file says that the environment names (`cargo xtask kill`).
#[cfg(debug_assertions)]
fn set_by_hand(now: Time) -> Time {
    let file = std::env::var_os("DEMUR_CLOCK");
    let text = file.and_then(|path| std::fs::read_to_string(path).ok());
    let wrong = text.and_then(|text| text.trim().parse::<i64>().ok());
    Time::from_unix(now.unix().saturating_add_signed(wrong.unwrap_or(0)))
}
