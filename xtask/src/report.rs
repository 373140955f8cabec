//! What the tasks tell the person who runs them.

use std::io::Write as _;

/// A line on standard output; a closed pipe is not an error here.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line on standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// How many steps passed, failed and were skipped, and why.
#[derive(Default)]
pub(crate) struct Tally {
    passed: u32,
    failed: Vec<String>,
    skipped: Vec<String>,
}

impl Tally {
    /// Runs one step and keeps count; a failed step does not keep the others from running.
    pub(crate) fn step(&mut self, name: &str, step: impl FnOnce() -> anyhow::Result<Outcome>) {
        say(&format!("\n== {name}"));
        match step() {
            Ok(Outcome::Passed) => self.passed += 1,
            Ok(Outcome::Skipped(why)) => {
                say(&format!("skipped: {why}"));
                self.skipped.push(format!("{name}: {why}"));
            }
            Err(error) => {
                complain(&format!("{name}: {error:#}"));
                self.failed.push(name.to_owned());
            }
        }
    }

    /// The closing lines; an error when a step failed.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        say("");
        for line in &self.skipped {
            say(&format!("skipped  {line}"));
        }
        for line in &self.failed {
            say(&format!("FAILED   {line}"));
        }
        let (failed, skipped) = (self.failed.len(), self.skipped.len());
        say(&format!(
            "steps: {} passed, {failed} failed, {skipped} skipped",
            self.passed
        ));
        anyhow::ensure!(
            failed == 0,
            "{failed} of the steps failed: {}",
            self.failed.join(", ")
        );
        Ok(())
    }
}

/// What came of a step that did not fail.
pub(crate) enum Outcome {
    /// It ran, and all was as it must be.
    Passed,
    /// It could not run here, and this is why.
    Skipped(String),
}
