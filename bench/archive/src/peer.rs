//! The same memos and questions for MinHash, by Python's datasketch.

use std::{
    io::{BufWriter, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::json;

const SCRIPT: &str = include_str!("peer.py");

/// What it says to a question.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    /// The memo's number.
    pub(crate) memo: usize,
    /// How long the question took.
    pub(crate) seconds: f64,
    /// How long adding all memos took.
    pub(crate) added: f64,
}

/// Asks all questions of an archive of these memos.
pub(crate) fn ask(
    python: &Path,
    memos: impl Iterator<Item = String> + Send,
    questions: &[String],
) -> anyhow::Result<Vec<Answer>> {
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| python.display().to_string())?;
    let input = child.stdin.take().context("its input")?;
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut input = BufWriter::new(input);
            let memos = memos.map(|text| json!({ "memo": text }));
            for line in memos.chain(questions.iter().map(|text| json!({ "question": text }))) {
                // Where it has ended, its exit code says so.
                if writeln!(input, "{line}").is_err() {
                    break;
                }
            }
        });
        child.wait_with_output()
    })?;
    ensure!(
        output.status.success(),
        "the peer ended with {}",
        output.status
    );
    String::from_utf8(output.stdout)?
        .lines()
        .map(|line| Ok(serde_json::from_str(line)?))
        .collect()
}
