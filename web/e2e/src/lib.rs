//! The pages in a real browser: a channel set up with the program, people in Chromium, and everything that goes over
//! the wire between them written down.
//!
//! [`Stage`] is the channel, [`Person`] one person with a browser profile of their own, [`Wire`] what was sent. Where there is no
//! Chromium, or the program was built without the web part, [`Stage::open`] says so and the tests are skipped, unless `DEMUR_BROWSERS=demanded`: then they fail.

mod page;
mod person;
mod stage;
mod wire;

pub use page::sound;
pub use person::{Browser, Person};
pub use stage::{Served, Stage, pdf_text};
pub use thirtyfour::By;
pub use wire::{Answer, Exchange, Wire};

/// The variable by which `cargo xtask test` demands browsers and axe: what can't run then fails.
const DEMANDED: &str = "DEMUR_BROWSERS";

fn demanded() -> bool {
    std::env::var_os(DEMANDED).is_some_and(|value| value == "demanded")
}

/// How long a page may take for anything but what is measured, on a busy machine.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(90);
