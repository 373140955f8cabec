//! What a campaign tells the person who runs it.

use std::io::Write as _;

/// A line on standard output; a closed pipe is not an error here.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line on standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Named checks; each is told as it is made.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    passed: usize,
    failed: Vec<String>,
}

impl Checks {
    /// Tells whether `what` held.
    pub(crate) fn check(&mut self, holds: bool, what: &str) {
        if holds {
            self.passed += 1;
            say(&format!("  ok      {what}"));
        } else {
            self.failed.push(what.to_owned());
            say(&format!("  FAILED  {what}"));
        }
    }

    /// The closing line; an error when something did not hold.
    pub(crate) fn close(self) -> anyhow::Result<()> {
        say(&format!(
            "checks: {} held, {} did not",
            self.passed,
            self.failed.len()
        ));
        anyhow::ensure!(
            self.failed.is_empty(),
            "did not hold: {}",
            self.failed.join("; ")
        );
        Ok(())
    }
}
