//! The same copies for `git diff --word-diff` and Python's difflib.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use demur_check::copy::{CopyText, compare};
use demur_copies::{Case, Label, Registered};
use serde_json::{Value, json};

/// Words of both texts; what of them is equal, and what is not.
const SCRIPT: &str = r#"
import difflib, json, sys, time
for line in sys.stdin:
    task = json.loads(line)
    start = time.perf_counter()
    best = None
    for text in task["versions"]:
        a, b = text.split(), task["copy"].split()
        m = difflib.SequenceMatcher(None, a, b, autojunk=False)
        ops = [o for o in m.get_opcodes() if o[0] != "equal"]
        words = sum(max(o[2] - o[1], o[4] - o[3]) for o in ops)
        if best is None or words < best:
            best = words
    print(json.dumps({"different": best, "seconds": time.perf_counter() - start}), flush=True)
"#;

/// A copy, and both versions' bodies.
pub(crate) struct Task {
    label: Label,
    copy: String,
    versions: [String; 2],
    registered: [demur_check::copy::Text; 2],
}

impl Task {
    pub(crate) fn new(case: &Case, registered: &Registered) -> Self {
        Self {
            label: case.label,
            copy: case.copy.clone(),
            versions: registered.bodies(),
            registered: registered.versions.clone(),
        }
    }
}

#[derive(Default)]
struct Tally {
    cases: usize,
    git_equal: usize,
    git_words: usize,
    python_equal: usize,
    python_words: usize,
    ours_same: usize,
    ours_words: u64,
}

pub(crate) fn run(tasks: &[Task]) -> Result<String> {
    let mut rows: BTreeMap<Label, Tally> = BTreeMap::new();
    let mut times = [Duration::ZERO; 3];
    let folder = tempfile::tempdir()?;
    let python = difflib(tasks)?;
    for (task, (different, seconds)) in tasks.iter().zip(python) {
        let row = rows.entry(task.label).or_default();
        row.cases += 1;
        row.python_equal += usize::from(different == 0);
        row.python_words += different;
        times[2] += Duration::from_secs_f64(seconds);

        let start = Instant::now();
        let words = git(task, folder.path())?;
        times[1] += start.elapsed();
        row.git_equal += usize::from(words == 0);
        row.git_words += words;

        let start = Instant::now();
        let copy = CopyText::parse(task.copy.as_bytes())?;
        let found = compare(&copy, &task.registered, &[]);
        times[0] += start.elapsed();
        use demur_check::copy::Overall;
        row.ours_same += usize::from(matches!(
            found.overall,
            Overall::Identical | Overall::LayoutOnly | Overall::Excerpt
        ));
        let nearest = found
            .distances
            .iter()
            .find(|d| Some(d.version) == found.nearest);
        row.ours_words += nearest.map_or(0, |d| d.different);
    }
    let mut out = String::from(
        "| what was done | cases | Demur: the same | words changed | git: equal | words | difflib: equal | words |\n|---|---|---|---|---|---|---|---|\n",
    );
    for (label, row) in &rows {
        out.push_str(&format!(
            "| {label} | {} | {} | {} | {} | {} | {} | {} |\n",
            row.cases,
            row.ours_same,
            row.ours_words,
            row.git_equal,
            row.git_words,
            row.python_equal,
            row.python_words
        ));
    }
    let each = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3 / tasks.len() as f64);
    out.push_str(&format!(
        "\ntime for a copy against both versions, mean of {}: Demur {}, git (two processes) {}, difflib (without Python's start) {}\n",
        tasks.len(),
        each(times[0]),
        each(times[1]),
        each(times[2])
    ));
    Ok(out)
}

/// How many words differ from the nearer version, as git counts them.
fn git(task: &Task, folder: &std::path::Path) -> Result<usize> {
    fs::write(folder.join("copy"), &task.copy)?;
    let mut best = usize::MAX;
    for version in &task.versions {
        fs::write(folder.join("version"), version)?;
        let output = Command::new("git")
            .args([
                "diff",
                "--no-index",
                "--word-diff=porcelain",
                "--no-color",
                "version",
                "copy",
            ])
            .current_dir(folder)
            .output()
            .context("git")?;
        let code = output.status.code();
        ensure!(matches!(code, Some(0 | 1)), "git diff ended with {code:?}");
        let text = String::from_utf8_lossy(&output.stdout);
        let count = |sign: char| -> usize {
            { text.lines() }
                .filter(|line| {
                    line.starts_with(sign) && !line.starts_with("+++") && !line.starts_with("---")
                })
                .map(|line| line[1..].split_whitespace().count())
                .sum()
        };
        // Without a word that differs it still may name lines.
        let words = count('+').max(count('-'))
            + usize::from(code == Some(1) && count('+') + count('-') == 0);
        best = best.min(words);
    }
    Ok(best)
}

fn difflib(tasks: &[Task]) -> Result<Vec<(usize, f64)>> {
    let mut child = Command::new("python3")
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("python3")?;
    let mut input = child.stdin.take().context("its input")?;
    let lines: Vec<String> = { tasks.iter() }
        .map(|task| json!({"copy": task.copy, "versions": task.versions}).to_string())
        .collect();
    let writer = std::thread::spawn(move || {
        for line in lines {
            if writeln!(input, "{line}").is_err() {
                break;
            }
        }
    });
    let output = child.wait_with_output()?;
    let _ = writer.join();
    ensure!(
        output.status.success(),
        "python3 ended with {}",
        output.status
    );
    String::from_utf8(output.stdout)?
        .lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line)?;
            let different = value["different"].as_u64().context("a number of words")?;
            let seconds = value["seconds"].as_f64().context("a time")?;
            Ok((usize::try_from(different)?, seconds))
        })
        .collect()
}
