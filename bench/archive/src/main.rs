//! Copies and quotations looked for among many memos: how often the right one comes first, how long it takes, how large the
//! index is.
//!
//! The memos are made by program from real cables: each cable as it is, and so many relatives of it as are needed, in which
//! each fifth word is another of the cables'. So each memo has others that are much like it, which is harder than life.

mod peer;

use std::{io::Write as _, path::PathBuf, time::Instant};

use anyhow::{Context as _, ensure};
use clap::Parser;
use demur_archive::{Archive, Document, QuoteMatch, Segment};
use demur_check::{
    copy::{CopyText, Paragraph, Place, Text},
    quote::QuoteState,
};
use demur_copies::corpus::{self, Document as Cable};
use serde::Serialize;

/// How many memos are added at once.
const BATCH: usize = 1_000;

/// Which word of a relative is another: one of so many.
const CHANGED: u64 = 5;

#[derive(Parser)]
struct Args {
    /// How many memos
    #[arg(long, default_value_t = 10_000)]
    memos: usize,
    /// How many questions of each kind
    #[arg(long, default_value_t = 200)]
    questions: usize,
    /// Where the cables lie
    #[arg(long, default_value = "../shared/data/frus")]
    corpus: PathBuf,
    /// A Python that has datasketch (`cargo xtask bench archive` gives it): MinHash gets the same memos and questions
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Write every answer there, a line of JSON each: two builds that answer alike write the same bytes
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
}

/// What is asked, in how many words and how damaged.
enum Kind {
    Copy { misread: u64, words: Option<usize> },
    Quote { words: usize, changed: bool },
}

const KINDS: [(&str, Kind); 7] = [
    (
        "copy, other line breaks",
        Kind::Copy {
            misread: 0,
            words: None,
        },
    ),
    (
        "copy, 1 % of characters misread",
        Kind::Copy {
            misread: 10,
            words: None,
        },
    ),
    (
        "copy, 2 % of characters misread",
        Kind::Copy {
            misread: 20,
            words: None,
        },
    ),
    (
        "excerpt of 60 words, 1 % misread",
        Kind::Copy {
            misread: 10,
            words: Some(60),
        },
    ),
    (
        "quote of 8 words",
        Kind::Quote {
            words: 8,
            changed: false,
        },
    ),
    (
        "quote of 20 words",
        Kind::Quote {
            words: 20,
            changed: false,
        },
    ),
    (
        "quote of 20 words, one changed",
        Kind::Quote {
            words: 20,
            changed: true,
        },
    ),
];

/// A text, and the memo that it is from.
struct Question {
    memo: usize,
    text: String,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let (mut cables, more) = corpus::read(&args.corpus, usize::MAX)?;
    cables.extend(more);
    cables.retain(|cable| cable.paragraphs.iter().map(String::len).sum::<usize>() > 400);
    let words: Vec<&str> = { cables.iter() }
        .flat_map(|cable| cable.paragraphs.iter().flat_map(|text| text.split(' ')))
        .collect();
    let mut out = std::io::stdout().lock();

    let mut archive = Archive::default();
    let mut text = 0;
    let start = Instant::now();
    for from in (0..args.memos).step_by(BATCH) {
        let batch = from..args.memos.min(from + BATCH);
        let documents: Vec<Document> = batch.map(|n| memo(&cables, &words, n)).collect();
        let paragraphs = documents.iter().flat_map(|d| &d.text.paragraphs);
        text += paragraphs.map(|p| p.to_text().len()).sum::<usize>();
        archive.add(documents)?;
    }
    let made = start.elapsed();
    let index: usize = archive.segments().iter().map(Segment::index_bytes).sum();
    let files: Vec<Vec<u8>> = { archive.segments().iter() }
        .map(|segment| segment.as_bytes().to_vec())
        .collect();
    let all: usize = files.iter().map(Vec::len).sum();
    let start = Instant::now();
    let segments: Result<Vec<Segment>, _> = files
        .into_iter()
        .map(|bytes| Segment::parse(bytes.into()))
        .collect();
    let archive = Archive::new(segments?)?;
    let read = start.elapsed();
    writeln!(
        out,
        "memos       {} in {} segments, added in {:.1} s, read in {:.0} ms",
        archive.memos(),
        archive.segments().len(),
        made.as_secs_f64(),
        read.as_secs_f64() * 1e3
    )?;
    writeln!(
        out,
        "text        {:.1} MB; index {:.1} MB ({:.2} of the text); texts and index {:.1} MB ({:.2})",
        mb(text),
        mb(index),
        mb(index) / mb(text),
        mb(all),
        mb(all) / mb(text)
    )?;

    let asked: Vec<Vec<Question>> = { KINDS.iter() }
        .map(|(_, kind)| {
            let questions = 0..args.questions;
            let question = |n| question(kind, &cables, &words, args.memos, n);
            questions.map(question).collect()
        })
        .collect();
    head(&mut out, "Demur")?;
    let mut answers = args.answers.as_ref().map(|_| Vec::new());
    for ((what, kind), questions) in KINDS.iter().zip(&asked) {
        let mut run = Run::default();
        for question in questions {
            let (seconds, right) = ask(&archive, kind, question, answers.as_mut())?;
            run.add(seconds, right);
        }
        run.print(&mut out, what)?;
    }
    if let (Some(file), Some(answers)) = (&args.answers, answers) {
        std::fs::write(file, answers).with_context(|| file.display().to_string())?;
    }
    let Some(python) = &args.python else {
        return Ok(());
    };
    let memos = (0..args.memos).map(|n| body(&cables, &words, n).join("\n\n"));
    let texts: Vec<String> = asked.iter().flatten().map(|q| q.text.clone()).collect();
    let answers = peer::ask(python, memos, &texts)?;
    ensure!(answers.len() == texts.len(), "the peer left questions out");
    let added = answers.first().map_or(0.0, |a| a.added);
    head(&mut out, &format!("MinHash, added in {added:.0} s"))?;
    let mut answers = answers.iter();
    for ((what, _), questions) in KINDS.iter().zip(&asked) {
        let mut run = Run::default();
        for (question, answer) in questions.iter().zip(answers.by_ref()) {
            run.add(answer.seconds, answer.memo == question.memo);
        }
        run.print(&mut out, what)?;
    }
    Ok(())
}

fn head(out: &mut impl std::io::Write, who: &str) -> std::io::Result<()> {
    writeln!(
        out,
        "\n{who:<34} {:>7} {:>9} {:>9} {:>9}",
        "first", "median", "95 %", "max"
    )
}

/// The seconds that a question takes, and whether the right memo comes first; the answer goes to `answers`.
fn ask(
    archive: &Archive,
    kind: &Kind,
    question: &Question,
    answers: Option<&mut Vec<u8>>,
) -> anyhow::Result<(f64, bool)> {
    let wanted = name(question.memo);
    let Kind::Quote { changed, .. } = kind else {
        let copy = CopyText::parse(question.text.as_bytes())?;
        let start = Instant::now();
        let found = archive.match_copy(&copy);
        let seconds = start.elapsed().as_secs_f64();
        keep(answers, &found)?;
        return Ok((
            seconds,
            found.matches.first().is_some_and(|m| m.memo == wanted),
        ));
    };
    let start = Instant::now();
    let found = archive.match_quote(&question.text)?;
    let seconds = start.elapsed().as_secs_f64();
    keep(answers, &found)?;
    // Two memos may have the same passage: then either is right.
    let right = { found.matches.iter() }
        .take_while(|m| m.verdict.verdict == found.matches[0].verdict.verdict)
        .any(|m| m.memo == wanted);
    let verbatim = |m: &QuoteMatch| m.verdict.verdict == QuoteState::Verbatim;
    Ok((
        seconds,
        right && (*changed || found.matches.iter().any(verbatim)),
    ))
}

fn keep(answers: Option<&mut Vec<u8>>, answer: &impl Serialize) -> anyhow::Result<()> {
    if let Some(answers) = answers {
        serde_json::to_writer(&mut *answers, answer)?;
        answers.push(b'\n');
    }
    Ok(())
}

fn name(number: usize) -> String {
    format!("memo-{number}")
}

/// The paragraphs of memo `number`.
fn body(cables: &[Cable], words: &[&str], number: usize) -> Vec<String> {
    let cable = &cables[number % cables.len()];
    if number < cables.len() {
        return cable.paragraphs.clone();
    }
    let mut rng = Rng(number as u64);
    let other = |text: &String| {
        let all = text.split(' ').map(|word| {
            if rng.next().is_multiple_of(CHANGED) {
                words[rng.below(words.len())]
            } else {
                word
            }
        });
        all.collect::<Vec<_>>().join(" ")
    };
    cable.paragraphs.iter().map(other).collect()
}

fn memo(cables: &[Cable], words: &[&str], number: usize) -> Document {
    let body = body(cables, words, number);
    let paragraphs = body.iter().zip(1..).map(|(text, n)| {
        Paragraph::shown(
            Place::Paragraph(n),
            Some("SBU".to_owned()),
            demur_memo::Kind::Paragraph,
            text,
        )
    });
    Document {
        memo: name(number),
        version: 1,
        proved: false,
        title: cables[number % cables.len()].id.clone(),
        banner: "SENSITIVE BUT UNCLASSIFIED".to_owned(),
        text: Text {
            version: 1,
            paragraphs: paragraphs.collect(),
        },
    }
}

/// Question `n` of a kind.
fn question(kind: &Kind, cables: &[Cable], words: &[&str], memos: usize, n: usize) -> Question {
    let memo = Rng(n as u64).below(memos);
    let body = body(cables, words, memo);
    let text = match *kind {
        Kind::Copy { misread, words } => {
            let mut rng = Rng(n as u64 ^ 0x5eed);
            let text = match words {
                None => body.join("\n\n"),
                Some(length) => passage(&body, length, &mut rng),
            };
            damaged(&text, misread, &mut rng)
        }
        Kind::Quote {
            words: length,
            changed,
        } => {
            let mut rng = Rng(n as u64 ^ 0xc0de);
            let quote = passage(&body, length, &mut rng);
            let mut all: Vec<&str> = quote.split(' ').collect();
            if changed {
                let at = rng.below(all.len());
                all[at] = words[rng.below(words.len())];
            }
            all.join(" ")
        }
    };
    Question { memo, text }
}

fn passage(body: &[String], length: usize, rng: &mut Rng) -> String {
    let all: Vec<&str> = body.iter().flat_map(|text| text.split(' ')).collect();
    let from = rng.below(all.len().saturating_sub(length).max(1));
    let some = all.iter().skip(from).take(length).copied();
    some.collect::<Vec<_>>().join(" ")
}

/// The text with lines of another length, and so many of a thousand letters misread.
fn damaged(text: &str, noise: u64, rng: &mut Rng) -> String {
    const LINE: usize = 68;
    let mut out = String::new();
    let mut column = 0;
    for c in text.chars() {
        if c == ' ' && column > LINE {
            out.push('\n');
            column = 0;
            continue;
        }
        column = if c == '\n' { 0 } else { column + 1 };
        out.push(if c.is_ascii_lowercase() && rng.next() % 1000 < noise {
            char::from(b'a' + u8::try_from(rng.below(26)).unwrap_or(0))
        } else {
            c
        });
    }
    out
}

#[derive(Default)]
struct Run {
    times: Vec<f64>,
    right: usize,
}

impl Run {
    fn add(&mut self, seconds: f64, right: bool) {
        self.times.push(seconds * 1e3);
        self.right += usize::from(right);
    }

    fn print(mut self, out: &mut impl std::io::Write, what: &str) -> std::io::Result<()> {
        self.times.sort_by(f64::total_cmp);
        let at = |part: usize| {
            let at = (self.times.len() * part / 100).min(self.times.len().saturating_sub(1));
            self.times.get(at).copied().unwrap_or(f64::NAN)
        };
        let right = format!("{}/{}", self.right, self.times.len());
        writeln!(
            out,
            "{what:<34} {right:>7} {:>6.1} ms {:>6.1} ms {:>6.1} ms",
            at(50),
            at(95),
            at(100)
        )
    }
}

fn mb(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// SplitMix64: the same memos and questions each time.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n.max(1) as u64).unwrap_or(0)
    }
}
