//! What the demo tells: each step in a line with its time.

use std::{
    fmt,
    time::{Duration, Instant},
};

use serde::Serialize;

use crate::out::Out;

/// What was told so far.
pub(super) struct Report {
    out: Out,
    start: Instant,
    steps: Vec<Step>,
}

/// One step.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// Seconds since the demo's start, at the step's end.
    seconds: f64,
    step: String,
}

impl Report {
    pub(super) fn new(out: Out) -> Self {
        Self {
            out,
            start: Instant::now(),
            steps: Vec::new(),
        }
    }

    pub(super) fn out(&self) -> Out {
        self.out
    }

    /// A step is done.
    pub(super) fn step(&mut self, text: impl fmt::Display) {
        let seconds = (self.start.elapsed().as_secs_f64() * 10.0).round() / 10.0;
        self.out.line(format_args!("{seconds:>7.1} s  {text}"));
        self.steps.push(Step {
            seconds,
            step: text.to_string(),
        });
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }
}
