//! What is said of an archive and of what was found in it: the program and the page say the same.

use std::fmt;

use demur_check::{
    copy::{Change, Overall, ParagraphState},
    quote::QuoteState,
};

use crate::{Added, Archive, CopyMatch, CopyMatches, Hits, QuoteMatch, QuoteMatches};

/// How many changes of a match are shown.
pub const SHOWN_CHANGES: usize = 8;

/// What is said of a copy or a quotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Of each memo that it may be from, the likeliest first.
    pub matches: Vec<MatchTold>,
    /// What keeps it from being found word for word; `None` where it is.
    pub short_of: Option<&'static str>,
    /// That more memos may have it.
    pub more: Option<String>,
}

/// What is said of one memo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchTold {
    /// Which.
    pub memo: String,
    /// The version that a copy is nearest to; a quotation may stand in several.
    pub version: Option<u32>,
    /// What the comparison comes to.
    pub verdict: &'static str,
    /// Whether that is word for word, as `demur check` decides it.
    pub good: bool,
    /// Whether a bundle proved the memo.
    pub proved: bool,
    /// Its title, whether a bundle proved it, what it shares.
    pub about: String,
    /// Of each version: how far it is, or where it has the passage.
    pub versions: Vec<String>,
    /// What differs, as far as it is shown.
    pub changes: Vec<ChangeTold>,
    /// How many more changes there are.
    pub more_changes: usize,
    /// What stands in the copy alone, as far as it is shown.
    pub inserted: Vec<String>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeTold {
    /// Where.
    pub place: String,
    /// The memo's words; may be empty.
    pub registered: String,
    /// The copy's words; may be empty.
    pub copy: String,
    /// Whether it is one that retyping makes.
    pub slip: bool,
}

impl ChangeTold {
    fn new(place: String, change: &Change) -> Self {
        Self {
            place,
            registered: change.registered.clone(),
            copy: change.copy.clone(),
            slip: !change.slips.is_empty(),
        }
    }
}

impl From<&CopyMatches> for Told {
    fn from(found: &CopyMatches) -> Self {
        let told = |copy: &CopyMatch| of_copy(copy, found.looked_up);
        let matches: Vec<MatchTold> = found.matches.iter().map(told).collect();
        Self {
            short_of: match matches.first() {
                None => Some("no memo of the archive has this text"),
                Some(first) if first.good => None,
                Some(_) => Some("no memo of the archive has this text word for word"),
            },
            matches,
            more: more(found.more),
        }
    }
}

impl From<&QuoteMatches> for Told {
    fn from(found: &QuoteMatches) -> Self {
        let told = |quote: &QuoteMatch| of_quote(quote, found.looked_up);
        let matches: Vec<MatchTold> = found.matches.iter().map(told).collect();
        Self {
            short_of: match matches.first() {
                None => Some("no memo of the archive has this passage"),
                Some(first) if first.good => None,
                Some(_) => Some("no memo of the archive has this passage word for word"),
            },
            matches,
            more: more(found.more),
        }
    }
}

fn of_copy(found: &CopyMatch, looked_up: usize) -> MatchTold {
    let comparison = &found.comparison;
    let distances = comparison.distances.iter().filter(|d| d.found);
    let versions = distances.map(|distance| {
        format!(
            "version {}: {}, {}, {}",
            distance.version,
            count(distance.different, "word differs", "words differ"),
            count(distance.missing, "is missing", "are missing"),
            count(distance.slips, "slip of retyping", "slips of retyping")
        )
    });
    let mut changes = Vec::new();
    for paragraph in &comparison.paragraphs {
        if let ParagraphState::Altered { changes: some }
        | ParagraphState::Slips { changes: some }
        | ParagraphState::Moved { changes: some } = &paragraph.verdict
        {
            let place = || paragraph.place.to_string();
            changes.extend(some.iter().map(|change| ChangeTold::new(place(), change)));
        }
    }
    let inserted = comparison.inserted.iter().take(SHOWN_CHANGES);
    MatchTold {
        memo: found.memo.clone(),
        version: Some(comparison.nearest.unwrap_or_default()),
        verdict: said(comparison.overall),
        good: comparison.overall.is_good(),
        proved: found.proved,
        about: about(&found.title, found.proved, found.shared, looked_up),
        versions: versions.collect(),
        more_changes: cut(&mut changes),
        changes,
        inserted: inserted.map(|inserted| inserted.text.clone()).collect(),
    }
}

fn of_quote(found: &QuoteMatch, looked_up: usize) -> MatchTold {
    let verdict = &found.verdict;
    let places = verdict.places.iter().map(|place| {
        let places: Vec<String> = place.places.iter().map(ToString::to_string).collect();
        format!("version {}: {}", place.version, places.join(", "))
    });
    let changes = verdict.changes.iter();
    let mut changes: Vec<ChangeTold> = changes
        .map(|change| ChangeTold::new("the passage".to_owned(), change))
        .collect();
    MatchTold {
        memo: found.memo.clone(),
        version: None,
        verdict: match verdict.verdict {
            QuoteState::Verbatim => "verbatim",
            QuoteState::Slips => "word for word but for slips of retyping",
            _ => "altered",
        },
        good: verdict.verdict == QuoteState::Verbatim,
        proved: found.proved,
        about: about(&found.title, found.proved, found.shared, looked_up),
        versions: places.collect(),
        more_changes: cut(&mut changes),
        changes,
        inserted: Vec::new(),
    }
}

/// Leaves as many as are shown; how many went.
fn cut(changes: &mut Vec<ChangeTold>) -> usize {
    let more = changes.len().saturating_sub(SHOWN_CHANGES);
    changes.truncate(SHOWN_CHANGES);
    more
}

fn about(title: &str, proved: bool, shared: usize, looked_up: usize) -> String {
    let from = if proved {
        "proved by a bundle"
    } else {
        "not proved by a bundle"
    };
    format!("{title} ({from}); shares {shared} of {looked_up} words and groups of words")
}

fn more(more: usize) -> Option<String> {
    (more > 0).then(|| {
        format!("{more} more memos share as much and were not compared: give a longer passage")
    })
}

const fn said(overall: Overall) -> &'static str {
    match overall {
        Overall::Identical => "IDENTICAL, word for word",
        Overall::LayoutOnly => "SAME WORDS; only the layout differs",
        Overall::Excerpt => "EXCERPT; every word of the copy stands so",
        Overall::Slips => "SLIPS of retyping; else its words",
        Overall::Incomplete => "INCOMPLETE; paragraphs between are left out",
        Overall::NamesAdded => "NAMES ADDED after its text",
        Overall::Mixed => "MIXED from several versions",
        Overall::NotComparable => "UNDECIDED; words of it stand where the text is hidden",
        _ => "ALTERED",
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (told, n) in self.matches.iter().zip(1..) {
            write!(f, "{n}. {told}")?;
        }
        match &self.more {
            Some(more) => writeln!(f, "{more}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for MatchTold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = { self.version }.map(|version| format!(", version {version}"));
        let version = version.unwrap_or_default();
        writeln!(f, "{}{version}: {}", self.memo, self.verdict)?;
        writeln!(f, "   {}", self.about)?;
        for line in &self.versions {
            writeln!(f, "   {line}")?;
        }
        for change in &self.changes {
            let slip = if change.slip {
                " (slip of retyping)"
            } else {
                ""
            };
            writeln!(
                f,
                "   {}: the memo has \"{}\", the copy \"{}\"{slip}",
                change.place, change.registered, change.copy
            )?;
        }
        if self.more_changes > 0 {
            writeln!(f, "   and {} more changes", self.more_changes)?;
        }
        for inserted in &self.inserted {
            writeln!(f, "   only in the copy: {inserted}")?;
        }
        Ok(())
    }
}

/// What a search has not shown.
#[must_use]
pub fn search_notes(found: &Hits) -> Vec<String> {
    let mut notes = Vec::new();
    if found.memos > found.hits.len() {
        let more = found.memos - found.hits.len();
        notes.push(format!("and {more} more: give more words"));
    }
    if !found.unknown.is_empty() {
        notes.push(format!("in no memo: {}", found.unknown.join(", ")));
    }
    notes
}

/// What a search says that finds nothing.
pub const NO_HIT: &str = "no memo of the archive has these words";

/// What came of adding.
#[must_use]
pub fn added(added: &Added, archive: &Archive) -> String {
    let known = match added.known {
        0 => String::new(),
        n => format!(", {n} known already"),
    };
    let replaced = match added.replaced {
        0 => String::new(),
        n => format!(
            ", {} in the place of another text that nothing had proved",
            versions(n)
        ),
    };
    format!(
        "{} added{known}{replaced}; the archive has {}",
        versions(added.new),
        size(archive)
    )
}

/// How much an archive has.
#[must_use]
pub fn size(archive: &Archive) -> String {
    format!(
        "{} of {}",
        versions(archive.len()),
        count(archive.memos() as u64, "memo", "memos")
    )
}

/// What was left out of what was to be added, each of which was told with its reason.
#[must_use]
pub fn left_out(n: usize) -> String {
    let what = count(n as u64, "memo or version was", "memos or versions were");
    format!("{what} left out")
}

fn versions(n: usize) -> String {
    count(n as u64, "version", "versions")
}

fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
