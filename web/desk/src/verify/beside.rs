//! The copy beside the registered text, as the page shows it; and the report to keep.

use std::fmt::Write as _;

use demur_check::{
    bundle::Verified,
    copy::Doubt,
    quote::{QuoteState, QuoteVerdict},
    verdict::{
        QuotesVerdict, Verdict,
        marked::{Mark, Marked, Piece, marked},
    },
};
use demur_encoding::sha256;

use super::Shown;

/// The most paragraphs that are shown beside each other; the rest are counted.
const MAX_ROWS: usize = 400;

/// One paragraph.
pub(crate) struct Row {
    pub(crate) number: usize,
    pub(crate) place: String,
    pub(crate) letter: char,
    pub(crate) describe: &'static str,
    pub(crate) class: &'static str,
    /// Whether both sides say the same: it is shown once.
    pub(crate) one: bool,
    pub(crate) registered: Vec<Bit>,
    pub(crate) copy: Vec<Bit>,
}

/// Words, marked or not.
pub(crate) struct Bit {
    /// `ins`, `del`, `slip`, `gone`, `hidden`, or empty.
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

/// A letter of the strip's legend.
pub(crate) struct Key {
    pub(crate) letter: char,
    pub(crate) describe: &'static str,
    pub(crate) class: &'static str,
}

/// A quoted passage.
pub(crate) struct QuoteRow {
    pub(crate) quote: String,
    pub(crate) state: &'static str,
    pub(crate) class: &'static str,
    pub(crate) places: Vec<String>,
    pub(crate) differs: Vec<(String, String)>,
    pub(crate) notes: Vec<String>,
}

/// A reason why the copy's file may show something else than its text.
pub(crate) struct DoubtRow {
    pub(crate) reason: String,
    /// Where in the file; may be empty.
    pub(crate) place: String,
    /// The text concerned; may be empty.
    pub(crate) text: String,
    /// Where a text like it is registered, and that text.
    pub(crate) registered: Option<(String, String)>,
}

const fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Identical | Mark::Layout => "same",
        Mark::Part => "part",
        Mark::Retyped => "slips",
        Mark::Missing | Mark::Hidden => "absent",
        _ => "differs",
    }
}

/// The paragraphs of the version that the copy is nearest to, numbered from `first` on, and how many are not shown.
pub(crate) fn rows(verdict: &Verdict, verified: &Verified, first: usize) -> (Vec<Row>, usize) {
    let texts = verified.texts();
    let near = { verdict.copy.as_ref() }.and_then(|copy| Some((copy, copy.nearest?)));
    let found = near.and_then(|(copy, nearest)| {
        let text = texts.iter().find(|text| text.version == nearest)?;
        Some(marked(copy, text))
    });
    let all = found.unwrap_or_default();
    let more = all.len().saturating_sub(MAX_ROWS);
    let rows = all.iter().take(MAX_ROWS).zip(first..).map(row).collect();
    (rows, more)
}

fn row((marked, number): (&Marked, usize)) -> Row {
    let bit = |kind, text: &str| Bit {
        kind,
        text: text.to_owned(),
    };
    let (mut registered, mut copy) = (Vec::new(), Vec::new());
    for piece in &marked.pieces {
        match piece {
            Piece::Same(text) => {
                registered.push(bit("", text));
                copy.push(bit("", text));
            }
            Piece::Absent(text) => registered.push(bit("gone", text)),
            Piece::Hidden(n) => {
                let hidden = format!("[{n} words hidden]");
                registered.push(bit("hidden", &hidden));
            }
            Piece::Change {
                registered: r,
                copy: c,
                slip,
            } => {
                let (gone, new) = if *slip {
                    ("slip", "slip")
                } else {
                    ("del", "ins")
                };
                registered.push(bit(gone, r));
                copy.push(bit(new, c));
            }
            Piece::Elsewhere {
                registered: r,
                copy: c,
            } => {
                registered.push(bit("del", r));
                copy.push(bit("ins", c));
            }
        }
    }
    registered.retain(|bit| !bit.text.is_empty());
    copy.retain(|bit| !bit.text.is_empty());
    Row {
        number,
        place: { marked.place.as_ref() }.map_or_else(|| "put in".to_owned(), ToString::to_string),
        letter: marked.mark.letter(),
        describe: marked.mark.describe(),
        class: class(marked.mark),
        one: matches!(marked.mark, Mark::Identical | Mark::Layout),
        registered,
        copy,
    }
}

/// What speaks against the copy's file.
pub(crate) fn doubts(verdict: &Verdict) -> Vec<DoubtRow> {
    let doubt = |doubt: &Doubt| DoubtRow {
        reason: doubt.reason.clone(),
        place: doubt.place.clone(),
        text: doubt.text.clone(),
        registered: { doubt.beside.as_ref() }
            .map(|beside| (beside.place.to_string(), beside.text.clone())),
    };
    let copy = verdict.copy.iter();
    copy.flat_map(|copy| &copy.doubts).map(doubt).collect()
}

/// The letters that these rows have.
pub(crate) fn legend(rows: &[Row]) -> Vec<Key> {
    let has = |mark: &Mark| rows.iter().any(|row| row.letter == mark.letter());
    let key = |mark: Mark| Key {
        letter: mark.letter(),
        describe: mark.describe(),
        class: class(mark),
    };
    Mark::ALL.into_iter().filter(has).map(key).collect()
}

/// The passages that were quoted.
pub(crate) fn quotes(verdict: &QuotesVerdict) -> Vec<QuoteRow> {
    verdict.quotes.iter().map(quote).collect()
}

fn quote(verdict: &QuoteVerdict) -> QuoteRow {
    let (state, class) = match verdict.verdict {
        QuoteState::Verbatim if verdict.in_own_words().next().is_some() => {
            ("verbatim but for brackets", "part")
        }
        QuoteState::Verbatim => ("verbatim", "same"),
        QuoteState::Slips => ("slips of retyping", "slips"),
        QuoteState::Altered => ("altered", "differs"),
        QuoteState::NotFound => ("not found", "differs"),
        QuoteState::NotShown => ("not to be told from what the bundle shows", "absent"),
        QuoteState::TooShort => ("too short to tell", "absent"),
        QuoteState::Undecided => ("too long or broken up to tell", "absent"),
        _ => ("not known to this page", "absent"),
    };
    let place = |place: &demur_check::quote::QuotePlace| {
        let paragraphs: Vec<String> = place.places.iter().map(ToString::to_string).collect();
        format!("version {}, {}", place.version, paragraphs.join(" and "))
    };
    let differs =
        |change: &demur_check::copy::Change| (change.registered.clone(), change.copy.clone());
    let mut notes: Vec<String> = Vec::new();
    notes.extend(
        verdict
            .left_out
            .iter()
            .map(|text| format!("left out: {text}")),
    );
    notes.extend(verdict.brackets.iter().map(|bracket| {
        if bracket.registered.is_empty() {
            format!("put in, in brackets: {}", bracket.copy)
        } else {
            format!("in brackets: {} for {}", bracket.copy, bracket.registered)
        }
    }));
    if verdict.reordered {
        notes.push("its parts stand in another order".to_owned());
    }
    QuoteRow {
        quote: verdict.quote.clone(),
        state,
        class,
        places: verdict.places.iter().map(place).collect(),
        differs: verdict.changes.iter().map(differs).collect(),
        notes,
    }
}

/// The report: the verdict as the program prints it, what of the two texts differs, and the files' hashes.
pub(super) fn report(page: &Shown, quotes: &str, files: &[(&str, &str, &[u8])]) -> String {
    let mut text = format!("{}\n", page.text);
    if !quotes.is_empty() {
        let _ = writeln!(text, "\n{}", quotes.trim_end());
    }
    if let Some(paper) = &page.paper {
        let _ = writeln!(text, "\n{paper}");
    }
    for line in &page.differs {
        let _ = writeln!(text, "  {line}");
    }
    for line in &page.held {
        let _ = writeln!(text, "{line}.");
    }
    for doubt in &page.doubts {
        let place = match doubt.place.as_str() {
            "" => String::new(),
            place => format!(" ({place})"),
        };
        let _ = writeln!(text, "\nIn doubt{place}: {}: {}", doubt.reason, doubt.text);
        if let Some((place, registered)) = &doubt.registered {
            let _ = writeln!(text, "   registered, {place}: {registered}");
        }
    }
    if !page.rows.is_empty() {
        text.push_str(
            "\nParagraph by paragraph: [-registered, not in the copy-] {+the copy's own+} {~slips of retyping~} (registered, outside the excerpt)\n",
        );
    }
    say_rows(&mut text, &page.rows);
    for reading in &page.readings {
        let _ = writeln!(text, "\nRead {}: {}", reading.label, reading.headline);
        say_rows(&mut text, &reading.rows);
    }
    say_quotes(&mut text, &page.quotes);
    report_of(&text, &page.notes, files)
}

/// The report on a text: what the files add, and their hashes.
pub(super) fn report_of(text: &str, notes: &[String], files: &[(&str, &str, &[u8])]) -> String {
    let mut text = format!("{}\n\n", text.trim_end());
    for note in notes {
        let _ = writeln!(text, "{note}.");
    }
    for (what, name, bytes) in files {
        let _ = writeln!(text, "{what}: {name}, SHA-256 {}", sha256(bytes));
    }
    text
}

fn say_rows(text: &mut String, rows: &[Row]) {
    let say = |bits: &[Bit]| {
        let words: Vec<String> = bits
            .iter()
            .map(|bit| match bit.kind {
                "del" => format!("[-{}-]", bit.text),
                "ins" => format!("{{+{}+}}", bit.text),
                "slip" => format!("{{~{}~}}", bit.text),
                "gone" => format!("({})", bit.text),
                _ => bit.text.clone(),
            })
            .collect();
        words.join(" ")
    };
    for row in rows {
        let _ = write!(text, "\n{}  {}: {}\n", row.letter, row.place, row.describe);
        if !row.one {
            let _ = write!(
                text,
                "   registered: {}\n   the copy:   {}\n",
                say(&row.registered),
                say(&row.copy)
            );
        }
    }
}

fn say_quotes(text: &mut String, quotes: &[QuoteRow]) {
    for quote in quotes {
        let _ = write!(text, "\n\"{}\"\n   {}", quote.quote, quote.state);
        if !quote.places.is_empty() {
            let _ = write!(text, ": {}", quote.places.join("; "));
        }
        text.push('\n');
        for (registered, copy) in &quote.differs {
            let _ = write!(text, "   registered: {registered}\n   the quote:  {copy}\n");
        }
        for note in &quote.notes {
            let _ = writeln!(text, "   {note}");
        }
    }
}
