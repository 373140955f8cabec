//! What a command says: lines for people, or one JSON value with `--json`.

use std::{fmt, io::Write as _, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::fail::{Failure, Outcome};

/// Where a command's words go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Out {
    json: bool,
    quiet: bool,
}

impl Out {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json, quiet: false }
    }

    /// Says nothing at all: for the demo, which tells its own story.
    pub(crate) const fn silent() -> Self {
        Self {
            json: false,
            quiet: true,
        }
    }

    /// A line for people; nothing with `--json`.
    pub(crate) fn line(self, text: impl fmt::Display) {
        if !self.json && !self.quiet {
            // A closed pipe is not our reader's problem.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    }

    /// The result: `text` for people, `value` for programs.
    pub(crate) fn result<T: Serialize>(self, text: impl fmt::Display, value: &T) -> Outcome {
        if self.json {
            let json = serde_json::to_string_pretty(value).map_err(Failure::outside)?;
            let _ = writeln!(std::io::stdout(), "{json}");
        } else {
            self.line(text);
        }
        Ok(())
    }

    /// A bar for long work; drawn on a terminal's standard error only.
    pub(crate) fn bar(self, what: &'static str) -> ProgressBar {
        let target = if self.json || self.quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target).with_message(what);
        bar.set_style(
            ProgressStyle::with_template("{msg:24} {wide_bar} {pos}/{len} {eta}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// A line on standard error.
pub(crate) fn complain(text: impl fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
