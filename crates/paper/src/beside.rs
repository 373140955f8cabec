//! A file beside the paper that a bundle makes: of both, what was read out of them.

use demur_encoding::Digest;
use demur_extract::Extracted;

use crate::{Address, Form, Parts, Setting, Size, docx::difference};

/// What is said of a paper that is what its bundle makes.
pub const WHOLE: &str = "The paper is, byte for byte, the one that the bundle in it makes.";

/// The most characters of a paragraph that are shown where it differs.
const MAX_PARAGRAPH: usize = 160;

/// The most that is told of what differs.
const MAX_DIFFERENCES: usize = 12;

/// What a file with a bundle inside shows, which is not, byte for byte, the paper that this makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Whether its text is that of the paper, and, of a DOCX, nothing speaks against its showing that.
    pub same_text: bool,
    /// What speaks against that, of a DOCX: the first of it, and how much more there is.
    pub differs: Vec<String>,
}

impl Held {
    /// Holds what was read out of the file against what was read out of the paper; `None` where the bundle makes none.
    #[must_use]
    pub fn new(form: Form, copy: &Extracted, made: Option<&Extracted>) -> Self {
        match (form, made) {
            (Form::Pdf, made) => Self {
                same_text: made.is_some_and(|made| shows_the_same(copy, made)),
                differs: Vec::new(),
            },
            (Form::Docx, Some(made)) => {
                let mut differs = differs(copy, made);
                let same_text = differs.is_empty();
                let more = differs.len().saturating_sub(MAX_DIFFERENCES);
                differs.truncate(MAX_DIFFERENCES);
                if more > 0 {
                    differs.push(format!("and {more} more"));
                }
                Self { same_text, differs }
            }
            (Form::Docx, None) => Self {
                same_text: false,
                differs: vec!["of this bundle no paper can be made".to_owned()],
            },
        }
    }

    /// In words. Of a file that shows another text, [`Self::differs`] follows, and the verdict on it as on any copy.
    #[must_use]
    pub const fn said(&self, form: Form) -> &'static str {
        match (form, self.same_text) {
            (Form::Docx, true) => {
                "The paper was saved anew by another program: it is not, byte for byte, the one that the bundle in it makes. Its text was read, head and \
                 foot too, and is that of the one that the bundle makes, word for word; nothing was found that would show something else. Its look, and \
                 whatever else is in the file, were not compared."
            }
            (Form::Pdf, true) => {
                "THE PAPER IS NOT the one that the bundle in it makes: it was changed, or another version of this program made it. Its text was read, and is \
                 that of the one that the bundle makes, word for word, the table below the title too. Its look and whatever else is in the file were not \
                 compared."
            }
            (Form::Pdf, false) => {
                "THE PAPER IS NOT the one that the bundle in it makes: it was changed, or another version of this program made it. ITS TEXT IS ANOTHER, too. It \
                 was held against the bundle, as any copy is; what it says of dates and signatures was not, and is told as text that was inserted."
            }
            (Form::Docx, false) => {
                "THE PAPER IS NOT the one that the bundle in it makes: it was changed, or another version of this program made it. ITS TEXT IS ANOTHER, too, or \
                 something speaks against its being what is shown. It was held against the bundle, as any copy is; what it says of dates and signatures was not, \
                 and is told as text that was inserted. Beside the paper that the bundle makes:"
            }
        }
    }
}

/// What a copy says, beside a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// The same, and nothing speaks against its showing that.
    Same,
    /// The same but for the table below the title: the lines in which they differ.
    Table(Vec<String>),
    /// Another text, or one that may show another.
    Other,
}

impl Beside {
    /// Holds a copy, which has no bundle or another one, against the memo's paper of that form.
    #[must_use]
    pub fn new(form: Form, copy: &Extracted, made: &Extracted, memo: Digest) -> Self {
        let same = match form {
            // A drawing on the copy may cover words where the paper has its code: that both are drawn on says nothing.
            Form::Pdf => shows_the_same(copy, made) && copy.doubts.is_empty(),
            Form::Docx => differs(copy, made).is_empty(),
        };
        if same {
            return Self::Same;
        }
        // Where both tables are, the memo's identifier is.
        differs_in(copy, made, &memo.to_string()).map_or(Self::Other, Self::Table)
    }
}

/// What a copy is, beside the memo's own papers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// One of them, word for word: which, in one line.
    Paper(String),
    /// One of them but for its table, below the title: which, and the lines in which they differ. What it says of the memo's own words is the same.
    Table(String, Vec<String>),
    /// None of them.
    Other,
}

impl Known {
    /// A copy that is the paper which the bundle inside it makes; `version` is the one that was filed.
    #[must_use]
    pub fn by_its_own(parts: &Parts<'_>, version: u32) -> Self {
        let what = match parts.response {
            Some(_) => "the paper of the office's response".to_owned(),
            None => format!("the paper of version {version}"),
        };
        Self::Paper(format!(
            "SAME WORDS as {what} that the bundle inside it makes."
        ))
    }

    /// A copy beside the paper which the bundle makes that it is held against; `version` is the one that was filed.
    #[must_use]
    pub fn by_the_bundle(beside: Beside, version: u32) -> Self {
        match beside {
            Beside::Same => Self::Paper(format!(
                "SAME WORDS as the paper of version {version} that this bundle makes."
            )),
            Beside::Table(rows) => {
                let headline = format!(
                    "SAME MEMO, OTHER TABLE: all of the paper of version {version}, but for what its table says."
                );
                Self::Table(headline, rows)
            }
            Beside::Other => Self::Other,
        }
    }
}

impl Setting {
    /// Where a paper of that form says that its memo's page is: in words, without a stop.
    #[must_use]
    pub fn points_to(&self, form: Form) -> Option<String> {
        let record = self.record.as_ref()?;
        Some(match form {
            Form::Pdf => format!("Its QR code points to {record}"),
            Form::Docx => format!("As the memo's page it gives {record}"),
        })
    }
}

/// The settings of the papers which a copy may be: none, unless the memo's identifier stands in it, as it does on each.
#[must_use]
pub fn settings(copy: &Extracted, memo: Digest) -> Vec<Setting> {
    let text = copy.readings.first().map_or("", |r| &r.text);
    // Lines end anywhere in it.
    let letters: String = text.split_whitespace().collect();
    if !letters.contains(&memo.to_string()) {
        return Vec::new();
    }
    let record = address(&letters, &format!("/m/{memo}"));
    let setting = |size| Setting {
        size,
        record: record.clone(),
    };
    Size::ALL.into_iter().map(setting).collect()
}

/// The address in a text without blanks that ends so.
fn address(letters: &str, end: &str) -> Option<Address> {
    let (before, _) = letters.split_once(end)?;
    let begin = before.rfind("http://").max(before.rfind("https://"))?;
    format!("{}{end}", &before[begin..]).parse().ok()
}

/// Whether both files show the same text, by all that reads them, and what speaks against one speaks against the other.
fn shows_the_same(one: &Extracted, two: &Extracted) -> bool {
    one.readings == two.readings && one.doubts == two.doubts
}

/// What speaks against its saying what the DOCX `made` says: nothing, if its text is that of the other but for the numbers
/// of pages.
fn differs(copy: &Extracted, made: &Extracted) -> Vec<String> {
    let mut out = Vec::new();
    if copy.readings.len() != 1 {
        out.push("it can be read in more than one way".to_owned());
    }
    let texts = copy.readings.first().zip(made.readings.first());
    let differs = texts.map(|(copy, made)| difference(&made.text, &copy.text));
    // What has no reading can't be told to be the same.
    if let Some(differs) = differs.unwrap_or_else(|| difference("", "")) {
        let before = out.len();
        for (what, paragraphs) in [
            ("it lacks", &differs.missing),
            ("it has beside", &differs.added),
        ] {
            let lines = paragraphs.iter();
            out.extend(lines.map(|p| format!("{what}: {}", shortened(p))));
        }
        if out.len() == before {
            out.push("its paragraphs stand in another order".to_owned());
        }
    }
    for doubt in copy.doubts.iter().chain(&made.doubts) {
        out.push(format!("{} {}", doubt.kind.describe(), doubt.text));
    }
    out
}

/// The lines in which the two differ, if they differ in one paragraph alone, in which both have these letters, and show all else alike.
fn differs_in(copy: &Extracted, made: &Extracted, letters: &str) -> Option<Vec<String>> {
    let ([one], [two]) = (&copy.readings[..], &made.readings[..]) else {
        return None;
    };
    let paragraphs = |text: &'_ str| text.split("\n\n").map(str::to_owned).collect::<Vec<_>>();
    let (one, two) = (paragraphs(&one.text), paragraphs(&two.text));
    let differ: Vec<_> = one.iter().zip(&two).filter(|(a, b)| a != b).collect();
    let [(ours, theirs)] = differ[..] else {
        return None;
    };
    let has = |text: &str| {
        let letters_of: String = text.split_whitespace().collect();
        letters_of.contains(letters)
    };
    if one.len() != two.len() || copy.doubts != made.doubts || !has(ours) || !has(theirs) {
        return None;
    }
    let lines = |said: &str, of: &str, beside: &str| -> Vec<String> {
        of.lines()
            .filter(|line| !beside.lines().any(|other| other == *line))
            .map(|line| format!("{said} {}", shortened(line)))
            .collect()
    };
    let mut out = lines("the paper:", ours, theirs);
    out.extend(lines("the bundle:", theirs, ours));
    Some(out)
}

/// The beginning of a paragraph, in one line.
fn shortened(paragraph: &str) -> String {
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let line = words.join(" ").replace(char::is_control, "");
    match line.char_indices().nth(MAX_PARAGRAPH) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
