//! `demur-copies`: the figures of docs/copies-figures.md; `cargo xtask bench copies` builds and runs it.

mod peers;

use std::{
    io::Write as _,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, ValueEnum};
use demur_check::copy::{CopyText, compare};
use demur_copies::{
    Registered, Rng,
    corpus::{self, Document, Words},
    long,
    score::{Matrix, Outcome, judge},
    with_errors,
};

/// Makes copies of real texts, and holds the verdicts on them against what was done.
#[derive(Debug, Parser)]
#[command(name = "demur-copies")]
struct Cli {
    /// Where dissents.jsonl and background.jsonl are
    #[arg(long, default_value = "../shared/data/frus", value_name = "D")]
    data: PathBuf,
    /// How many ordinary cables beside the dissents
    #[arg(long, default_value_t = 300)]
    ordinary: usize,
    /// On one half of the documents the rules were tuned, the other is reported
    #[arg(long, default_value = "reported")]
    half: Half,
    /// Where all that is random begins
    #[arg(long, default_value_t = 1971)]
    seed: u64,
    /// Of how many documents the peers get the copies; 0: none
    #[arg(long, default_value_t = 25)]
    peers: usize,
    /// Only measure a copy of 10,000 words against four versions
    #[arg(long)]
    speed: bool,
    /// Show the cases whose verdict is wrong, and words called changed under noise
    #[arg(long)]
    show: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Half {
    Tuned,
    Reported,
    Both,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: &Cli) -> Result<bool> {
    let (dissents, ordinary) = corpus::read(&cli.data, cli.ordinary)
        .with_context(|| format!("{}: the cables", cli.data.display()))?;
    let words = Words::of(dissents.iter().chain(&ordinary));
    if cli.speed {
        speed(&ordinary, &words, cli.seed);
        return Ok(true);
    }
    let all: Vec<&Document> = dissents.iter().chain(&ordinary).collect();
    let mut matrix = Matrix::default();
    let mut left = cli.peers;
    let mut tasks = Vec::new();
    let (mut documents, mut skipped, mut refused) = (0, 0, 0);
    for (n, document) in all.iter().enumerate() {
        let wanted = match cli.half {
            Half::Both => true,
            Half::Reported => document.is_reported(),
            Half::Tuned => !document.is_reported(),
        };
        if !wanted {
            continue;
        }
        let mut rng = Rng::new(cli.seed, &document.id);
        let Some(registered) = Registered::new(document, &words, &mut rng) else {
            skipped += 1;
            continue;
        };
        documents += 1;
        let other = all[(n + all.len() / 2) % all.len()];
        for case in registered.cases(other, &words, &mut rng) {
            let Some(outcome) = judge(&case, &registered) else {
                // A copy that is not read at all is judged wrongly, too.
                say(&format!("{} {}: refused", registered.id, case.label));
                refused += 1;
                continue;
            };
            if cli.show {
                show(&registered, &case, &outcome);
            }
            matrix.add(&outcome);
            // The peers compare texts, and read no files.
            if left > 0 && case.file.is_none() {
                tasks.push(peers::Task::new(&case, &registered));
            }
        }
        left = left.saturating_sub(1);
    }
    ensure!(documents > 0, "no document is long enough");
    say(&format!(
        "{documents} documents, {skipped} too short or no memo; seed {}\n",
        cli.seed
    ));
    say(&matrix.to_string());
    let (named, changes) = matrix.named(10);
    let (clean, all_clean) = matrix.named(0);
    say(&format!(
        "altered copies said to be the same: {}\nsingle changes named: {clean} of {all_clean} without noise, {named} of {changes} under 1 % ({:.1} %)\n",
        matrix.false_same,
        named as f64 * 100.0 / changes.max(1) as f64
    ));
    if !tasks.is_empty() {
        say(&peers::run(&tasks)?);
    }
    say(&format!("copies refused by a reader: {refused}"));
    Ok(matrix.false_same == 0 && refused == 0)
}

fn show(registered: &Registered, case: &demur_copies::Case, outcome: &Outcome) {
    use demur_check::copy::ParagraphState;
    let noisy = matches!(case.label, demur_copies::Label::Ocr(_));
    if outcome.is_right() && !noisy {
        return;
    }
    if !outcome.is_right() {
        say(&format!(
            "{} {}: {:?} {:?}",
            registered.id, case.label, outcome.comparison.overall, case.change
        ));
        if let Some(changed) = &case.change {
            // What the noise made of it.
            let block = case.copy.split("\n\n").nth(changed.paragraph as usize - 1);
            let words = block.unwrap_or("").split_whitespace();
            let near: Vec<&str> = words
                .skip((changed.word as usize).saturating_sub(4))
                .take(9)
                .collect();
            say(&format!("  the copy has: {}", near.join(" ")));
        }
    }
    for paragraph in &outcome.comparison.paragraphs {
        let place = &paragraph.place;
        match &paragraph.verdict {
            ParagraphState::Altered { changes } => {
                for change in changes.iter().filter(|c| c.slips.is_empty()) {
                    say(&format!(
                        "  {}: {place} {}: {:?} -> {:?} {:?}",
                        case.label, change.word, change.registered, change.copy, change.because
                    ));
                }
            }
            ParagraphState::Moved { .. } => say(&format!("  {}: {place} moved", case.label)),
            ParagraphState::Missing if noisy => say(&format!("  {}: {place} missing", case.label)),
            _ => {}
        }
    }
    for inserted in outcome.comparison.inserted.iter().take(3) {
        say(&format!("  {}: inserted {:?}", case.label, inserted.text));
    }
}

/// A copy of 20 pages against four versions.
fn speed(documents: &[Document], words: &Words, seed: u64) {
    let mut rng = Rng::new(seed, "speed");
    let (versions, copy) = long(documents, 10_000, 4, words, &mut rng);
    say("| copy of 10,000 words against 4 versions | best | median |\n|---|---|---|");
    for (what, rate) in [("exact", 0), ("OCR noise 1 %", 10), ("OCR noise 2 %", 20)] {
        let copy = with_errors(&copy, rate, &mut rng);
        let mut times: Vec<Duration> = (0..21)
            .map(|_| {
                let start = Instant::now();
                let text = CopyText::parse(copy.as_bytes()).expect("a text");
                std::hint::black_box(compare(&text, &versions, &[]));
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
        say(&format!(
            "| {what} | {} | {} |",
            ms(times[0]),
            ms(times[10])
        ));
    }
}

/// A line on standard output; a closed pipe is not an error here.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
