//! The verdict in words that a reporter understands, on one screen.

mod differences;
mod headline;
pub(crate) mod layout;
pub mod marked;
mod quotes;
mod readings;

use std::{collections::BTreeMap, fmt};

use demur_channel::{DeadlineState, Obligation};
use demur_encoding::{Digest, Time};
use demur_memo::content::HiddenSpan;
use demur_record::entry::Step;
use serde::Serialize;

use self::{differences::differences, headline::headline, layout::Page};
pub use self::{
    layout::{Fact, Section, doubt_line},
    quotes::{QuotedVersion, QuotesVerdict},
    readings::{gravest, judge_readings},
};
use crate::{
    bundle::{KeyInfo, Verified, VersionInfo, Witnessed},
    copy::{Comparison, Overall, Place},
};

/// The most lines of a rendering without many differences, and the most columns of a line.
pub const MAX_LINES: usize = 24;
/// See [`MAX_LINES`].
pub const MAX_COLUMNS: usize = 80;

/// The most differences that a rendering lists, each in up to three lines; the rest are counted. With more than five it is
/// longer than a screen.
pub const MAX_DIFFERENCES: usize = 100;

/// So many differences or fewer stand on one screen.
const FEW_DIFFERENCES: usize = 5;

/// The most places with hidden words that a rendering lists for a version; the rest are counted.
const MAX_HIDDEN_PLACES: usize = 6;

/// What a bundle proves, and what a copy is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The answer in one line.
    pub headline: String,
    /// What was found in the copy, if one was held against the bundle.
    pub copy: Option<Comparison>,
    /// Whose memo: the institution.
    pub institution: String,
    /// The log's name.
    pub origin: String,
    /// The memo's identifier.
    pub memo: Digest,
    /// The version that this speaks of: the copy's, else the latest.
    pub version: u32,
    /// What the bundle shows and hides of each version of which it discloses something.
    pub disclosed: Vec<DisclosedLine>,
    /// When the record first held that version.
    pub registered: Witnessed,
    /// The latest version.
    pub latest: u32,
    /// Whether there is a later version.
    pub amended_since: bool,
    /// The version that was filed.
    pub filed_version: u32,
    /// Who stands behind the version.
    pub support: Support,
    /// What happened to the memo, in order.
    pub steps: Vec<StepLine>,
    /// The time zone that the days of steps and deadlines are those of (IANA name): the institution's.
    pub timezone: String,
    /// What the office owed and has not done.
    pub open: Vec<OpenLine>,
    /// Up to when all this holds.
    pub as_of: Witnessed,
    /// The record's size and root at that time.
    pub checkpoint: (u64, Digest),
    /// Whose keys this rests on.
    pub keys: KeyInfo,
    /// How many anonymous proofs were verified.
    pub proofs: u64,
}

/// See [`Verdict::support`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Support {
    /// Members who signed this version and stand by it.
    pub signed: u64,
    /// Out of how many on the roster.
    pub of: u64,
    /// How many of `signed` showed that they belong to a cohort, and that cohort's size.
    pub cohorts: BTreeMap<String, (u64, u64)>,
    /// Members who transmitted it with approval, without signing.
    pub endorsed: u64,
    /// How many of `signed` did so after filing.
    pub late: u64,
    /// The roster edition.
    pub edition: u32,
    /// Whether the overseer vouched for it.
    pub attested: bool,
}

/// See [`Verdict::disclosed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DisclosedLine {
    /// The version.
    pub version: u32,
    /// The words of its head and body.
    pub words: u32,
    /// How many of them are hidden.
    pub hidden: u32,
    /// Where, in order.
    pub places: Vec<HiddenLine>,
}

/// Words that the bundle hides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HiddenLine {
    /// In which text of the head, or which paragraph.
    pub place: Place,
    /// The first of them, from 1.
    pub from: u32,
    /// The last.
    pub to: u32,
    /// How many words stand there, shown and hidden.
    pub of: u32,
}

/// One step of the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepLine {
    /// What happened.
    pub step: Step,
    /// The day, in the institution's time zone.
    pub date: String,
    /// The instant.
    pub time: Time,
    /// Whether it was in time, where there is a deadline.
    pub in_time: Option<bool>,
    /// The last day for it.
    pub due: Option<String>,
    /// To whom it was distributed; why it was returned.
    pub detail: Vec<String>,
}

/// Something owed and not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenLine {
    /// What.
    pub what: Obligation,
    /// The last day for it.
    pub due: String,
    /// Whether that is over.
    pub overdue: bool,
}

impl Verdict {
    /// The verdict of a verified bundle, and of a copy where one was compared with
    /// [`Verified::texts`].
    #[must_use]
    pub fn new(verified: &Verified, copy: Option<Comparison>) -> Self {
        let nearest = copy.as_ref().and_then(|c| c.nearest);
        let version = nearest.and_then(|n| verified.version(n));
        Self::about(verified, version.unwrap_or_else(|| verified.latest()), copy)
    }

    /// What the bundle proves of the version that was filed.
    #[must_use]
    pub fn filed(verified: &Verified) -> Self {
        let filed = verified.version(verified.filed_version);
        Self::about(verified, filed.unwrap_or_else(|| verified.latest()), None)
    }

    fn about(verified: &Verified, version: &VersionInfo, mut copy: Option<Comparison>) -> Self {
        // A version of which nothing is shown was not compared.
        if let Some(copy) = &mut copy
            && copy.overall == Overall::NotFound
            && verified.hides_words()
        {
            copy.overall = Overall::NotShown;
        }
        let latest = verified.latest().number;
        let day = |time: Time| verified.profile.calendar.date(time).to_string();
        Self {
            headline: headline(verified, version, copy.as_ref()),
            institution: verified.institution.clone(),
            origin: verified.origin.clone(),
            memo: verified.memo,
            version: version.number,
            disclosed: verified.versions.iter().filter_map(disclosed).collect(),
            registered: version.registered.clone(),
            latest,
            amended_since: version.number < latest,
            filed_version: verified.filed_version,
            support: support(verified, version),
            steps: steps(verified, &day),
            timezone: verified.profile.calendar.timezone().to_owned(),
            open: open(verified),
            as_of: verified.as_of.time.clone(),
            checkpoint: (verified.as_of.size, verified.as_of.hash),
            keys: verified.keys.clone(),
            proofs: verified.proofs,
            copy,
        }
    }

    /// Whether the answer is good: the bundle is verified, and a copy, if there was one, says
    /// nothing but what is registered.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.copy.as_ref().is_none_or(|copy| copy.overall.is_good())
    }

    /// Plain text of at most [`MAX_LINES`] lines of [`MAX_COLUMNS`] columns, or longer where a copy has many differences.
    #[must_use]
    pub fn render(&self) -> String {
        match self.page() {
            (page, true) => page.finish_long(),
            (page, false) => page.finish(),
        }
    }

    /// What [`Self::render`] says below the headline, uncut, for a page that lays it out itself.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        self.page().0.sections()
    }

    /// And whether it has so many differences that it is longer than a screen.
    fn page(&self) -> (Page, bool) {
        let mut page = Page::new(&self.headline);
        let memo = self.memo.short();
        page.text(&format!("{}, dissent memo {memo}", self.institution));
        page.blank();
        let mut many = false;
        if let Some(copy) = &self.copy {
            many = differences(&mut page, copy) > FEW_DIFFERENCES;
        }
        page.row("Version", &self.version_words());
        if let Some(words) = self.shown_words() {
            page.row("Shown", &words);
        }
        for (label, words) in self.facts() {
            page.row(label, &words);
        }
        page.row("Rests on", &keys_words(&self.keys, self.proofs));
        (page, many)
    }

    /// Who signed, what happened and when, what is due, and up to when this holds: each with its label.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("Signed by", self.support.words())];
        for (i, step) in self.steps.iter().enumerate() {
            let mut words = step.words();
            if i == 0 {
                // Instants are in UTC: a day beside them without its zone may look like the wrong one.
                words.push_str(&format!(" (days are those of {})", self.timezone));
            }
            facts.push((step_word(step.step), words));
        }
        for line in &self.open {
            let (what, normally) = match line.what {
                Obligation::Acknowledge => ("Acknowledged", ""),
                Obligation::Respond => ("Answered", "normally "),
                Obligation::RespondAtMost => ("Answered", "at the latest "),
            };
            let state = if line.overdue {
                "NO, OVERDUE: it was"
            } else {
                "not yet:"
            };
            facts.push((what, format!("{state} due {normally}by {}", line.due)));
        }
        facts.push(("As of", as_of_words(&self.as_of, &self.keys)));
        facts
    }

    /// Which version it is, since when it is on record, and whether there is a later one.
    #[must_use]
    pub fn version_words(&self) -> String {
        let mut words = format!(
            "{}, on record since {}",
            self.version,
            minute(self.registered.time)
        );
        words.push_str(
            &match (self.amended_since, self.version == self.filed_version) {
                (true, _) => format!("; AMENDED SINCE: the latest is version {}", self.latest),
                (false, true) => "; the latest, and the one that was filed".to_owned(),
                (false, false) => format!(
                    "; the latest, made after version {} was filed",
                    self.filed_version
                ),
            },
        );
        words
    }

    /// What of the versions the bundle shows, and where it hides words: in a copy's verdict of its version
    /// alone. Nothing where all that there is is shown.
    fn shown_words(&self) -> Option<String> {
        let concerned = |line: &&DisclosedLine| self.copy.is_none() || line.version == self.version;
        let lines: Vec<&DisclosedLine> = self.disclosed.iter().filter(concerned).collect();
        if lines.is_empty() {
            let nothing = "no word of any version: only what the record says";
            return self.disclosed.is_empty().then(|| nothing.to_owned());
        }
        let whole: Vec<String> = { lines.iter() }
            .filter(|line| line.hidden == 0)
            .map(|line| line.version.to_string())
            .collect();
        let mut parts = Vec::new();
        match (whole.len(), whole.len() == lines.len()) {
            (_, true) if self.copy.is_some() => return None,
            (0, _) => {}
            (1, _) => parts.push(format!("version {} whole", whole[0])),
            _ => parts.push(format!("versions {} whole", list(&whole))),
        }
        parts.extend(
            { lines.iter() }
                .filter(|line| line.hidden > 0)
                .map(|line| line.words()),
        );
        Some(parts.join("; "))
    }
}

fn as_of_words(as_of: &Witnessed, keys: &KeyInfo) -> String {
    let clock = if as_of.witnesses.is_empty() {
        "by the channel's own clock only, which nobody else confirms".to_owned()
    } else {
        let whose = if keys.own_policy {
            "your own list"
        } else {
            "named by the channel"
        };
        format!("witnessed by {} ({whose})", list(&as_of.witnesses))
    };
    let time = minute(as_of.time);
    format!("{time}, {clock}; what came later is not shown")
}

fn keys_words(keys: &KeyInfo, proofs: u64) -> String {
    let office = keys
        .office
        .map(|key| format!(" and the office's {}", key.short()));
    // A verifier key is name+identifier+key: the first two name it for people.
    let short: Vec<&str> = keys.log.splitn(3, '+').take(2).collect();
    format!(
        "the record's key {}{}; {proofs} anonymous proofs checked on this device",
        short.join("+"),
        office.unwrap_or_default(),
    )
}

impl DisclosedLine {
    fn words(&self) -> String {
        let mut places: Vec<String> = Vec::new();
        let mut parts = self.places.as_slice();
        while let [first, rest @ ..] = parts {
            parts = rest;
            if !first.is_whole() {
                places.push(first.to_string());
                continue;
            }
            // Whole texts of the head are counted, and whole paragraphs on end are one place.
            if matches!(first.place, Place::Head(_)) {
                let head =
                    |line: &&HiddenLine| matches!(line.place, Place::Head(_)) && line.is_whole();
                let more = parts.iter().take_while(head).count();
                parts = &parts[more..];
                places.push(match more {
                    0 => first.place.to_string(),
                    _ => format!("{} whole texts of the head", more + 1),
                });
                continue;
            }
            let mut last = first;
            while let [next, rest @ ..] = parts
                && next.is_whole()
                && let (Place::Paragraph(a), Place::Paragraph(b)) = (&last.place, &next.place)
                && a + 1 == *b
            {
                (last, parts) = (next, rest);
            }
            places.push(match (&first.place, &last.place) {
                (Place::Paragraph(a), Place::Paragraph(b)) if a != b => {
                    format!("paragraphs {a}-{b}")
                }
                (place, _) => place.to_string(),
            });
        }
        let more = places.len().saturating_sub(MAX_HIDDEN_PLACES);
        places.truncate(MAX_HIDDEN_PLACES);
        if more > 0 {
            places.push(format!("{more} more places"));
        }
        format!(
            "{} of the {} words of version {}; hidden: {}",
            self.words - self.hidden,
            self.words,
            self.version,
            places.join("; ")
        )
    }
}

impl HiddenLine {
    const fn is_whole(&self) -> bool {
        self.from == 1 && self.to == self.of
    }
}

impl fmt::Display for HiddenLine {
    /// `paragraph 3 words 14-20`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (from, to) if from == to => write!(f, "{} word {from}", self.place),
            (from, to) => write!(f, "{} words {from}-{to}", self.place),
        }
    }
}

impl Support {
    fn words(&self) -> String {
        let mut words = format!(
            "{} of {} members (roster {})",
            self.signed, self.of, self.edition
        );
        if self.late > 0 {
            words.push_str(&format!(", {} of them after filing", self.late));
        }
        let shown: Vec<String> = self
            .cohorts
            .iter()
            .map(|(name, (n, of))| format!("{n} of the {of} in {name}"))
            .collect();
        if !shown.is_empty() {
            words.push_str(&format!("; shown by group: {}", list(&shown)));
        }
        if self.endorsed > 0 {
            words.push_str(&format!("; passed on with approval by {}", self.endorsed));
        }
        if !self.attested {
            words.push_str("; nobody outside the office has vouched for this roster");
        }
        words
    }
}

impl StepLine {
    fn words(&self) -> String {
        let mut words = self.date.clone();
        if let (Some(in_time), Some(due)) = (self.in_time, &self.due) {
            words.push_str(if in_time {
                ", in time (by "
            } else {
                ", LATE (it was due by "
            });
            words.push_str(due);
            words.push(')');
        }
        match self.step {
            Step::Distributed => words.push_str(&format!(", to {}", list(&self.detail))),
            Step::Returned => {
                words.push_str(&format!(", as out of scope ({})", list(&self.detail)));
            }
            _ => {}
        }
        words
    }
}

fn disclosed(version: &VersionInfo) -> Option<DisclosedLine> {
    let shown = version.disclosed.as_ref()?;
    let spans = shown.hidden();
    Some(DisclosedLine {
        version: version.number,
        words: shown.words(),
        hidden: spans.iter().map(HiddenSpan::words).sum(),
        places: { spans.iter() }
            .map(|span| HiddenLine {
                place: Place::of(span.part),
                from: span.from,
                to: span.to,
                of: span.of,
            })
            .collect(),
    })
}

fn support(verified: &Verified, version: &VersionInfo) -> Support {
    let size = |name: &String| {
        verified
            .edition
            .cohorts
            .get(name)
            .copied()
            .unwrap_or_default()
    };
    let cohorts = version
        .tally
        .cohorts
        .iter()
        .map(|(name, n)| (name.clone(), (*n, size(name))));
    Support {
        signed: version.tally.signed,
        of: verified.edition.members,
        cohorts: cohorts.collect(),
        endorsed: version.tally.endorsed,
        late: version.tally.late,
        edition: verified.edition.number,
        attested: verified.edition.attested,
    }
}

fn steps(verified: &Verified, day: &dyn Fn(Time) -> String) -> Vec<StepLine> {
    let line = |step: &crate::bundle::StepInfo| {
        let mut deadlines = verified.deadlines.iter().filter(|d| {
            d.done.is_some()
                && match step.step {
                    Step::Acknowledged => d.what == Obligation::Acknowledge,
                    Step::Responded | Step::Returned => d.what != Obligation::Acknowledge,
                    _ => false,
                }
        });
        // The strictest that was kept; if none was, the last that could have been.
        let kept = deadlines
            .clone()
            .find(|d| d.state == DeadlineState::DoneInTime);
        let deadline = kept.or_else(|| deadlines.next_back());
        StepLine {
            step: step.step,
            date: day(step.time.time),
            time: step.time.time,
            in_time: deadline.map(|d| d.state == DeadlineState::DoneInTime),
            due: deadline.map(|d| d.date.to_string()),
            detail: step.detail.clone(),
        }
    };
    verified.steps.iter().map(line).collect()
}

fn open(verified: &Verified) -> Vec<OpenLine> {
    let owed = verified
        .deadlines
        .iter()
        .filter(|d| matches!(d.state, DeadlineState::Due | DeadlineState::Overdue));
    let mut out: Vec<OpenLine> = Vec::new();
    for deadline in owed {
        let overdue = deadline.state == DeadlineState::Overdue;
        // Of two limits for one answer the one that was missed says more, else the nearer.
        if deadline.what == Obligation::RespondAtMost
            && let Some(last) = out.last()
            && last.what == Obligation::Respond
        {
            if !overdue {
                continue;
            }
            out.pop();
        }
        out.push(OpenLine {
            what: deadline.what,
            due: deadline.date.to_string(),
            overdue,
        });
    }
    out
}

const fn step_word(step: Step) -> &'static str {
    match step {
        Step::Filed => "Filed",
        Step::Acknowledged => "Acknowledged",
        Step::Returned => "Sent back",
        Step::Distributed => "Passed on",
        Step::Responded => "Answered",
        Step::Rejoined => "Replied to",
        Step::Withdrawn => "Withdrawn",
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(items: &[String]) -> String {
    match items {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// A time to the second as people write it.
fn minute(time: Time) -> String {
    time.to_string().replace('T', " ").replace('Z', " UTC")
}

fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let start: String = text.chars().take(most.saturating_sub(3)).collect();
    format!("{start}...")
}
