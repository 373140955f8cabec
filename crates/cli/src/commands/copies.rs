//! Copies: reading a file that somebody holds, and the verdict on each way to read it.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    path::Path,
    process::Command,
};

use demur_channel::ResponseFile;
use demur_check::{
    bundle::Verified,
    copy::{Comparison, Doubt},
    verdict::{Verdict, doubt_line, gravest, judge_readings},
};
use demur_encoding::Bytes;
use demur_extract::{
    DoubtKind, Extracted, Format, Hint, Label, Reading, Rule, contradiction, extract,
    limits::MAX_FILE,
};
use demur_paper::{NoParts, Parts, Setting};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    args::ExtractCopyArgs,
    confine::{self, Needs},
    fail::{Failure, Outcome},
    out::complain,
    sys,
};

/// Where poppler's reader of PDF may be: not looked for elsewhere, since it is given a stranger's file.
const PDFTOTEXT: [&str; 3] = [
    "/usr/bin/pdftotext",
    "/usr/local/bin/pdftotext",
    "/opt/homebrew/bin/pdftotext",
];

/// What the confined reader answers.
#[derive(Serialize, Deserialize)]
struct Answer {
    /// What it gave up before it read.
    confined: Vec<String>,
    /// The copy, or why it can't be read.
    read: Result<Extracted, String>,
}

/// A copy as it was read.
pub(crate) struct Copy {
    name: String,
    extracted: Extracted,
    confined: Vec<String>,
}

/// A verdict with the file's own findings.
#[derive(Serialize)]
pub(crate) struct Checked {
    /// The gravest of the readings' verdicts.
    #[serde(flatten)]
    pub(crate) verdict: Verdict,
    /// Where it is a paper of the memo whose table says something else than the bundle: both.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    table: Vec<String>,
    /// What file it was.
    file: File,
}

#[derive(Serialize)]
struct File {
    format: Format,
    /// What was disregarded when its text was taken out.
    disregarded: Vec<Rule>,
    notes: Vec<String>,
    /// What the process that read it could not do.
    confined: Vec<String>,
    readings: Vec<Read>,
}

/// The verdict on one way to read the file.
#[derive(Serialize)]
struct Read {
    label: Label,
    headline: String,
    copy: Comparison,
}

impl Copy {
    /// Reads a file, or standard input for `-`, in a process that can do nothing else.
    pub(crate) fn read(path: &Path) -> Outcome<Self> {
        let (name, bytes) = bytes(path)?;
        Self::of(name, path.file_name().and_then(|n| n.to_str()), &bytes)
    }

    /// Reads bytes, of a file of that name, in a process that can do nothing else.
    pub(crate) fn of(name: String, file: Option<&str>, bytes: &[u8]) -> Outcome<Self> {
        if bytes.len() > MAX_FILE {
            return Err(Failure::input(format!(
                "{name}: more than {MAX_FILE} bytes; save its text alone"
            )));
        }
        let mut command = confine::own()?;
        command.arg("extract-copy");
        if let Some(file) = file {
            command.args(["--name", &format!("./{file}")]);
        }
        let answer: Answer = ask(command, &name, bytes)?;
        let mut extracted = { answer.read }.map_err(|e| Failure::input(format!("{name}: {e}")))?;
        if extracted.format == Format::Pdf {
            // What is installed is not ours: it is started only where it can be shut in.
            if confine::open_ways(&answer.confined, Needs::Program).is_empty() {
                second_reading(&mut extracted, bytes);
            } else {
                let note = "pdftotext was not started, since this system can't shut it in: read by one reader alone";
                extracted.notes.push(note.to_owned());
            }
        }
        Ok(Self {
            name,
            extracted,
            confined: answer.confined,
        })
    }

    /// The file's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What was read.
    pub(crate) const fn extracted(&self) -> &Extracted {
        &self.extracted
    }

    /// Something more that the reader of a verdict should know.
    pub(crate) fn noting(mut self, note: String) -> Self {
        self.extracted.notes.push(note);
        self
    }

    /// The verdict on a copy that is known to be a paper of the memo, word for word but for these lines of its table.
    pub(crate) fn known(
        self,
        headline: String,
        table: Vec<String>,
        verified: &Verified,
    ) -> Checked {
        // A paper is of the version that was filed.
        let mut verdict = Verdict::filed(verified);
        verdict.headline = headline;
        Checked {
            verdict,
            table,
            file: File {
                format: self.extracted.format,
                disregarded: self.extracted.disregarded,
                notes: self.extracted.notes,
                confined: self.confined,
                readings: Vec::new(),
            },
        }
    }

    /// What else the reader of a verdict should know.
    pub(crate) fn notes(&self) -> Vec<String> {
        let warning = confine::warning(&self.confined);
        { self.extracted.notes.iter().cloned() }
            .chain(warning)
            .collect()
    }

    /// Its text whatever speaks against it, which is said on standard error.
    pub(crate) fn quoting(self) -> String {
        if !self.extracted.doubts.is_empty() {
            complain(format!(
                "{}: it may show something else than its text:{}",
                self.name,
                self.doubts()
            ));
        }
        self.warned();
        let first = self.extracted.readings.first();
        first.map(Reading::article).unwrap_or_default()
    }

    /// What speaks against its text, each in a line of its own, as a verdict lists it.
    fn doubts(&self) -> String {
        let lines = { self.extracted.doubts.iter() }.map(|doubt| doubt_line(&plain(doubt)));
        lines.map(|line| format!("\n  {line}")).collect()
    }

    fn warned(&self) {
        if let Some(warning) = confine::warning(&self.confined) {
            complain(warning);
        }
    }

    /// Its text, where it can be read in one way and nothing speaks against that, and what the file adds.
    pub(crate) fn undoubted(self) -> Outcome<(String, Vec<String>)> {
        if !self.extracted.doubts.is_empty() {
            return Err(Failure::negative(format!(
                "{}: not comparable, since the file may show something else than its text:{}",
                self.name,
                self.doubts()
            )));
        }
        if self.extracted.readings.len() > 1 {
            return Err(Failure::input(format!(
                "{}: it can be read in more than one way; save the text that you mean as .txt",
                self.name
            )));
        }
        self.warned();
        let first = self.extracted.readings.into_iter().next();
        let text = first.map(|reading| reading.text).unwrap_or_default();
        Ok((text, self.extracted.notes))
    }

    /// Holds each reading against the bundle's versions.
    pub(crate) fn check(self, verified: &Verified) -> Outcome<Checked> {
        let doubts: Vec<Doubt> = self.extracted.doubts.iter().map(plain).collect();
        let readings = self.extracted.readings.iter();
        let readings = readings.map(|reading| (reading.label, reading.text.as_str()));
        let mut verdicts = judge_readings(verified, readings, &doubts)
            .map_err(|e| Failure::input(format!("{}: {e}", self.name)))?;
        let readings = verdicts.iter().filter_map(|(label, verdict)| {
            Some(Read {
                label: *label,
                headline: verdict.headline.clone(),
                copy: verdict.copy.clone()?,
            })
        });
        let file = File {
            format: self.extracted.format,
            disregarded: self.extracted.disregarded,
            notes: self.extracted.notes,
            confined: self.confined,
            readings: readings.collect(),
        };
        let worst = gravest(&verdicts)
            .ok_or_else(|| Failure::input(format!("{}: there is no text in it", self.name)))?;
        Ok(Checked {
            verdict: verdicts.swap_remove(worst).1,
            table: Vec::new(),
            file,
        })
    }
}

/// A doubt of the file as one of its text.
fn plain(doubt: &demur_extract::Doubt) -> Doubt {
    Doubt {
        reason: doubt.kind.describe().to_owned(),
        place: doubt.place.clone(),
        text: doubt.text.clone(),
        beside: None,
    }
}

/// What a verdict on a copy's text says, with what its file adds.
#[derive(Serialize)]
pub(crate) struct Noted<'a, T> {
    #[serde(flatten)]
    pub(crate) verdict: &'a T,
    /// What the file adds.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub(crate) notes: &'a [String],
}

/// Lines for [`Noted::notes`], after a verdict in words.
pub(crate) fn with_notes(verdict: &str, notes: &[String]) -> String {
    let mut out = verdict.trim_end().to_owned();
    let mut label = "File";
    for note in notes {
        let _ = write!(out, "\n{label:14}{note}");
        label = "";
    }
    out
}

/// A file's name and bytes; for `-` those of standard input.
pub(crate) fn bytes(path: &Path) -> Outcome<(String, Vec<u8>)> {
    if path != Path::new("-") {
        return Ok((path.display().to_string(), sys::read(path)?));
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(MAX_FILE as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(Failure::input)?;
    Ok(("standard input".to_owned(), bytes))
}

impl Checked {
    /// The verdict in words, and what the file adds.
    pub(crate) fn render(&self) -> String {
        let mut out = self.verdict.render();
        let mut label = "Its table";
        for line in &self.table {
            let _ = writeln!(out, "{label:14}{line}");
            label = "";
        }
        self.file.render(&mut out);
        out
    }

    /// Whether the copy says nothing but what is registered.
    pub(crate) fn is_positive(&self) -> bool {
        self.table.is_empty() && self.verdict.is_positive()
    }
}

impl File {
    fn render(&self, out: &mut String) {
        let file = self;
        let _ = write!(out, "{:14}{}", "File", file.format.describe());
        if !file.disregarded.is_empty() {
            let rules: Vec<&str> = file.disregarded.iter().map(|r| r.describe()).collect();
            let _ = write!(out, "; disregarded: {}", rules.join(", "));
        }
        out.push('\n');
        for note in &file.notes {
            let _ = writeln!(out, "{:14}{note}", "");
        }
        if file.readings.len() > 1 {
            let mut label = "Readings";
            for reading in &file.readings {
                let _ = writeln!(
                    out,
                    "{label:14}{}: {}",
                    reading.label.describe(),
                    reading.headline
                );
                label = "";
            }
        }
        if let Some(warning) = confine::warning(&file.confined) {
            let _ = writeln!(out, "{:14}{warning}", "Not shut in");
        }
    }
}

/// What poppler's pdftotext reads, confined in the same way, beside what was read: letters that differ are a doubt.
fn second_reading(extracted: &mut Extracted, bytes: &[u8]) {
    let found = PDFTOTEXT.iter().map(Path::new).find(|path| path.is_file());
    let read = found.map(|path| -> Outcome<Vec<u8>> {
        let mut command = confine::own()?;
        command.arg("extract-copy").arg("--pdftotext").arg(path);
        confine::run(command, bytes)
    });
    let other = match read {
        None => {
            let note = "pdftotext (poppler-utils) is not installed: read by one reader alone";
            extracted.notes.push(note.to_owned());
            return;
        }
        // A reader that can't read what the other can is no agreement.
        Some(Err(e)) => {
            extracted.doubts.push(demur_extract::Doubt {
                kind: DoubtKind::Contradiction,
                place: String::new(),
                text: format!("pdftotext can't read it: {e}"),
            });
            return;
        }
        Some(Ok(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
    };
    extracted
        .notes
        .push("read by a second reader, pdftotext, too".to_owned());
    let text = extracted.readings.first().map_or("", |r| r.text.as_str());
    let text = format!("{text}\n{}", extracted.repeated);
    if let Some(words) = contradiction(&text, &other) {
        extracted.doubts.push(demur_extract::Doubt {
            kind: DoubtKind::Contradiction,
            place: String::new(),
            text: format!("by pdftotext: {words}"),
        });
    }
}

/// What the confined reader answers to `bytes`.
fn ask<T: DeserializeOwned>(command: Command, name: &str, bytes: &[u8]) -> Outcome<T> {
    let answer = confine::run(command, bytes).map_err(|e| e.during(name))?;
    serde_json::from_slice(&answer)
        .map_err(|e| Failure::input(format!("{name}: it could not be read: {e}")))
}

/// What the confined reader answers of a paper.
#[derive(Serialize, Deserialize)]
struct Inside {
    confined: Vec<String>,
    parts: Result<Option<Files>, String>,
}

/// What a paper was made of.
#[derive(Serialize, Deserialize)]
struct Files {
    bundle: Bytes,
    setting: Setting,
    response: Option<ResponseFile>,
}

/// What a DOCX of ours was made of, taken out in a process that can do nothing else; `None` where it is none.
pub(crate) fn parts_of_docx(name: &str, bytes: &[u8]) -> Outcome<Option<Parts<'static>>> {
    let mut command = confine::own()?;
    command.args(["extract-copy", "--parts"]);
    let answer: Inside = ask(command, name, bytes)?;
    if let Some(warning) = confine::warning(&answer.confined) {
        complain(warning);
    }
    let files = { answer.parts }.map_err(|e| Failure::input(format!("{name}: {e}")))?;
    Ok(files.map(|files| Parts {
        bundle: files.bundle.0.into(),
        setting: files.setting,
        response: files.response,
    }))
}

/// The confined reader: a copy on standard input, an [`Answer`] on standard output.
pub(crate) fn extract_copy(args: &ExtractCopyArgs) -> Outcome {
    if let Some(program) = &args.pdftotext {
        return become_pdftotext(program);
    }
    let confined = confine::give_up(Needs::Nothing);
    let bytes = confine::input(MAX_FILE).map_err(Failure::outside)?;
    if args.parts {
        let answer = Inside {
            confined: confined.into_iter().map(str::to_owned).collect(),
            parts: match Parts::of_docx(&bytes) {
                Ok(parts) => Ok(Some(Files {
                    bundle: Bytes(parts.bundle.into_owned()),
                    setting: parts.setting,
                    response: parts.response,
                })),
                Err(NoParts::Unreadable(e)) => Err(e.to_string()),
                Err(_) => Ok(None),
            },
        };
        return answered(&answer);
    }
    let hint = Hint {
        name: args.name.as_deref(),
        media_type: None,
    };
    let answer = Answer {
        confined: confined.into_iter().map(str::to_owned).collect(),
        read: extract(&bytes, hint).map_err(|e| e.to_string()),
    };
    answered(&answer)
}

fn answered(answer: &impl Serialize) -> Outcome {
    let json = serde_json::to_vec(answer).map_err(Failure::outside)?;
    std::io::stdout().write_all(&json).map_err(Failure::outside)
}

/// Gives up all that pdftotext does not need, and becomes it.
fn become_pdftotext(program: &Path) -> Outcome {
    let held = confine::give_up(Needs::Program);
    let ways = confine::open_ways(&held, Needs::Program);
    if !ways.is_empty() {
        return Err(Failure::outside(format!(
            "it is not started, since it could {}",
            ways.join(", ")
        )));
    }
    let mut command = Command::new(program);
    command.args(["-q", "-enc", "UTF-8", "-nopgbrk", "-", "-"]);
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        Err(Failure::outside(command.exec()))
    }
    #[cfg(not(unix))]
    {
        let status = command.status().map_err(Failure::outside)?;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::input(status))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(confined: &[&str]) -> String {
        let file = File {
            format: Format::Text,
            disregarded: Vec::new(),
            notes: Vec::new(),
            confined: confined.iter().map(|held| (*held).to_owned()).collect(),
            readings: Vec::new(),
        };
        let mut out = String::new();
        file.render(&mut out);
        out
    }

    #[test]
    fn the_screen_says_what_the_reader_could_have_done() {
        let all = [
            "memory",
            "no files but the system's",
            "no network",
            "no other program",
        ];
        assert_eq!(screen(&all), "File          plain text\n");
        for (without, way) in [
            (1, "open files"),
            (2, "use the network"),
            (3, "start other programs"),
        ] {
            let mut held = all.to_vec();
            held.remove(without);
            let screen = screen(&held);
            assert!(
                screen.contains("Not shut in") && screen.contains(way),
                "{screen}"
            );
        }
        assert!(screen(&[]).contains("open files, use the network, start other programs"));
    }
}
